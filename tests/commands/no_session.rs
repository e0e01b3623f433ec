//! `--no-session`: the keys of a profile as they are, for those that cannot have a session.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use serde_json::{Value, json};

trials![
    a_shell_gets_the_keys_and_renews_them,
    a_command_gets_the_keys,
    a_program_gets_the_keys,
    every_format_has_the_keys,
    refuses_roles_and_the_options_of_sessions,
    other_commands_start_sessions,
    is_in_help_and_completion,
];

const WARNING: &str = "mfa-env: warning: programs get the long-term access key of profile ci, which never expires and is denied \
     what requires MFA; with an MFA device, omit --no-session [keys-as-they-are]\n";

/// Alice with the profiles `ci`, whose keys have no device, `temporary`, and `prod`, which assumes a role.
fn machine() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("prod", &role, "")]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
    home.write(".aws/config", config + "[profile ci]\nregion = eu-west-1\naws_account_id = 123456789012\n");
    let temporary = "[temporary]\naws_access_key_id = ASIATEMPORARY0000000\naws_secret_access_key = secret0\n\
        aws_session_token = token0\n";
    let credentials = credentials_section("main", &alice) + &credentials_section("ci", &alice) + temporary;
    home.write(".aws/credentials", credentials);
    (sts, alice, home)
}

fn variable<'a>(home: &'a Home, name: &str) -> Option<&'a str> {
    home.variables.get(name.as_ref() as &std::ffi::OsStr)?.to_str()
}

fn a_shell_gets_the_keys_and_renews_them() {
    let (sts, alice, mut home) = machine();
    home.set("LC_ALL", "C.UTF-8").set("AWS_SESSION_TOKEN", "left over").set("AWS_PROFILE", "prod");
    let host = format!("{} (AWS_ENDPOINT_URL_STS)", sts.url().trim_start_matches("http://"));
    let ran = Program::new(&home, ["ci", "--no-session", "--format", "json"])
        .stderr(format!("{WARNING}ci · 123456789012 · eu-west-1 · keys without a session · via {host}\n"));
    ran.run().apply_to(&mut home);
    for renewal in [false, true] {
        if renewal {
            let ran = Program::new(&home, ["--format", "json"]).says("keys without a session").says(WARNING).run();
            ran.apply_to(&mut home);
        }
        assert_eq!(variable(&home, "AWS_ACCESS_KEY_ID"), Some(alice.access_key_id.as_str()));
        assert_eq!(variable(&home, "AWS_SECRET_ACCESS_KEY"), Some(alice.secret_access_key.as_str()));
        assert_eq!(variable(&home, "AWS_REGION"), Some("eu-west-1"));
        for name in ["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE"] {
            assert_eq!(variable(&home, name), None, "{name}");
        }
    }
    Program::new(&home, ["status"])
        .fails(1)
        .stdout("not signed in: this shell's credentials are not a session\n")
        .run();
    // A code has no use.
    Program::new(&home, ["ci", "123456", "--no-session", "-s", "sh"]).says("[code-not-needed]").run();
    // The profile itself cannot have a session.
    Program::new(&home, ["ci", "-s", "sh"]).fails(3).says("profile ci has no MFA device").run();
    let ran = Program::new(&home, ["unset", "-s", "sh"]).run();
    for (name, before) in [("AWS_ACCESS_KEY_ID", None), ("MFA_ENV_OPTIONS", None), ("AWS_PROFILE", Some("prod"))] {
        assert_eq!(ran.variable(name), Some(before), "{name}");
    }
    assert!(sts.take_calls().is_empty() && !home.cache().exists());
}

fn a_command_gets_the_keys() {
    let (sts, alice, mut home) = machine();
    home.set("AWS_SESSION_TOKEN", "left over");
    let show = ["sh", "-c", "echo $AWS_ACCESS_KEY_ID ${AWS_SESSION_TOKEN-none} $*", "sh", "--no-session"];
    let expected = format!("{} none --no-session\n", alice.access_key_id);
    for own in [["exec", "ci", "--no-session", "--"], ["exec", "--no-session", "ci", "--"]] {
        Program::new(&home, own.iter().chain(&show)).stdout(&expected).stderr(WARNING).run();
    }
    Program::new(&home, ["exec", "--no-session", "ci"].iter().chain(&show)).stdout(&expected).stderr(WARNING).run();
    // Of the command, it is none of ours.
    Program::new(&home, ["exec", "ci"].iter().chain(&show)).fails(3).says("profile ci has no MFA device").run();
    assert!(sts.take_calls().is_empty());
}

fn a_program_gets_the_keys() {
    let (_sts, alice, home) = machine();
    let answer = |profile: &str| {
        let ran = Program::new(&home, ["credential-process", profile, "--no-session"]).run();
        serde_json::from_str::<Value>(&ran.stdout).expect("JSON")
    };
    let mut expected = json!({
        "AccessKeyId": alice.access_key_id, "SecretAccessKey": alice.secret_access_key, "Version": 1,
        "AccountId": "123456789012",
    });
    assert_eq!(answer("ci"), expected);
    // Also where a session is possible: it was asked for.
    expected.as_object_mut().expect("an object").remove("AccountId");
    assert_eq!(answer("main"), expected);
    assert_eq!(
        answer("temporary"),
        json!({"AccessKeyId": "ASIATEMPORARY0000000", "SecretAccessKey": "secret0", "SessionToken": "token0",
               "Version": 1})
    );
    // When they expire, so that programs ask again, is known if the one that wrote them says so.
    let credentials = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("text");
    for (written, expected) in [
        ("x_security_token_expires = 2100-01-01T00:00:00Z", json!("2100-01-01T00:00:00Z")),
        ("expiration = 2100-01-01T02:00:00+02:00", json!("2100-01-01T00:00:00Z")),
        ("aws_session_expiration = 2001-01-01T00:00:00Z", Value::Null),
        ("aws_expiration = soon", Value::Null),
    ] {
        home.write(".aws/credentials", format!("{credentials}{written}\n"));
        assert_eq!(answer("temporary")["Expiration"], expected, "{written}");
    }
    let printed = Program::new(&home, ["credential-process", "ci", "--no-session", "--print-config"]).run().stdout;
    let program = crate::support::program::binary();
    assert_eq!(
        printed,
        format!(
            "[profile ci-process]\nregion = eu-west-1\ncredential_process = {} credential-process ci --no-session\n",
            program.display()
        )
    );
}

fn every_format_has_the_keys() {
    let (_sts, alice, home) = machine();
    let env_file = home.write("github.env", "");
    let formatted = |profile: &str, format: &str| {
        let ran = Program::new(&home, [profile, "--no-session", "-q", "--format", format]);
        ran.env("GITHUB_ENV", &env_file).writes("github.env").run().stdout
    };
    let (id, secret) = (alice.access_key_id.as_str(), alice.secret_access_key.as_str());
    let keys = format!("{{\"Credentials\":{{\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"{secret}\"}}}}\n");
    assert_eq!(formatted("ci", "sts"), keys);
    let terragrunt: Value = serde_json::from_str(&formatted("ci", "terragrunt")).expect("JSON");
    assert_eq!(terragrunt["awsCredentials"], json!({"ACCESS_KEY_ID": id, "SECRET_ACCESS_KEY": secret}));
    let temporary: Value = serde_json::from_str(&formatted("temporary", "terragrunt")).expect("JSON");
    assert_eq!(temporary["awsCredentials"]["SESSION_TOKEN"], "token0");
    let lines = formatted("ci", "env-file");
    assert!(lines.contains(&format!("AWS_SECRET_ACCESS_KEY={secret}\n")) && !lines.contains("TOKEN"), "{lines}");
    assert_eq!(formatted("ci", "github-env"), format!("::add-mask::{secret}\n::add-mask::{id}\n"));
    let masked = formatted("temporary", "github-env");
    assert_eq!(masked, "::add-mask::secret0\n::add-mask::token0\n::add-mask::ASIATEMPORARY0000000\n");
}

fn refuses_roles_and_the_options_of_sessions() {
    let (sts, _, home) = machine();
    let failure = failure_statement::of("sh", 2);
    Program::new(&home, ["prod", "--no-session", "-s", "sh"])
        .fails(2)
        .stdout(&failure)
        .stderr(
            "mfa-env: profile prod assumes a role (~/.aws/config:4), for which there is always a session\n  omit \
             --no-session, or name the profile whose keys you want\n",
        )
        .run();
    let options = [
        ["--role-arn", "arn:aws:iam::123456789012:role/x"],
        ["-d", "1h"],
        ["--mfa-serial", "none"],
        ["--min-ttl", "5m"],
        ["--mfa-max-age", "5m"],
        ["--external-id", "abc"],
        ["--role-session-name", "abc"],
    ];
    let more = options.map(|option| option.to_vec()).into_iter().chain([vec!["--renew"], vec!["--all"]]);
    for more in more {
        let arguments = ["ci", "--no-session", "-s", "sh"].into_iter().chain(more);
        Program::new(&home, arguments).fails(2).stdout(&failure).says("cannot be used with").run();
    }
    for command in ["save", "serve", "console", "explain"] {
        Program::new(&home, [command, "ci", "--no-session"]).fails(2).says("unexpected argument '--no-session'").run();
    }
    assert!(sts.take_calls().is_empty());
}

/// In a shell that has keys without a session.
fn other_commands_start_sessions() {
    let (_sts, _, mut home) = machine();
    Program::new(&home, ["ci", "--no-session", "--format", "json", "-q"]).run().apply_to(&mut home);
    for command in [["save", "ci"].as_slice(), &["serve", "--", "true"], &["explain"]] {
        Program::new(&home, command).fails(3).says("profile ci has no MFA device").run();
    }
    // In a shell with the keys of `main`, which has a device.
    Program::new(&home, ["main", "--no-session", "--format", "json", "-q"]).run().apply_to(&mut home);
    let explained = Program::new(&home, ["explain"]).run().stdout;
    assert!(explained.contains("GetSessionToken"), "{explained}");
    Program::new(&home, ["main", "--no-input", "-s", "sh"]).fails(5).says("aws-mfa main").run();
}

fn is_in_help_and_completion() {
    let (_sts, _, home) = machine();
    for command in [["--help"].as_slice(), &["export", "--help"], &["help", "exec"], &["credential-process", "--help"]]
    {
        assert!(Program::new(&home, command).run().stdout.contains("--no-session"), "{command:?}");
    }
    let help = Program::new(&home, ["save", "--help"]).run().stdout;
    assert!(!help.contains("--no-session"), "{help}");
    let completed = Program::new(&home, ["__complete", "2", "mfa-env", "exec", "--no-s"]).run().stdout;
    assert!(completed.lines().any(|line| line == "--no-session"), "{completed}");
}

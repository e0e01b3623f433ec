//! The view: a copy of the AWS files in which each profile gets its credentials from mfa-env, so that programs can use
//! every profile by its own name.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use mfa_env::profile::ViewHeader;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

trials![
    shows_every_profile_with_its_settings,
    a_shell_gets_the_view_and_what_was_there_back,
    reads_the_files_that_a_view_shows,
    is_replaced_when_a_file_changes,
    other_files_have_another_view,
    signs_in_to_a_profile_of_its_own_choice,
    a_profile_without_a_session_can_be_the_default,
    renews_the_view_of_a_shell,
    refuses_what_a_view_cannot_hold,
    needs_a_cache_directory,
    hostile_names_are_shown_as_they_are,
    a_first_line_is_read_as_it_was_written,
    a_view_that_was_set_before_stays,
    is_replaced_when_a_file_changes_at_the_same_time,
    every_sign_in_replaces_the_view,
    a_command_has_a_session_instead_of_the_view,
    keys_without_a_device_work_through_the_view,
    no_secret_of_a_file_is_in_the_view,
    other_sections_are_shown_however_they_are_written,
    a_profile_that_cannot_be_read_is_left_out,
    the_line_to_type_keeps_the_view,
    what_mfa_env_shows_is_that_of_the_files,
];

const MORE: &str = "\
[sso-session corp]
sso_start_url = https://example.com/start
sso_region = us-east-1
[profile sso]
sso_session = corp
sso_account_id = 123456789012
[services local]
sts =
  endpoint_url = http://127.0.0.1:9
[profile plain]
Region = us-west-1
s3 =
  max_concurrent_requests = 5
  addressing_style = path
[profile keyless]
output = text
mfa_process = echo JBSWY3DPEHPK3PXP
";

/// Alice, with the role of profile `prod`, profiles of other kinds, and `bare`, which has keys but no device.
fn machine() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-1\noutput = json")]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
    home.write(".aws/config", config + MORE);
    let credentials = credentials_section("main", &alice) + &credentials_section("bare", &alice);
    home.write(".aws/credentials", credentials + "[keyless]\ncli_pager =\nregion = us-east-2\n");
    (sts, alice, home)
}

fn path_of(home: &Home, arguments: &[&str]) -> PathBuf {
    let ran = Program::new(home, ["view"].iter().chain(arguments)).run();
    PathBuf::from(ran.stdout.strip_suffix('\n').expect("a line"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("text")
}

/// Signs in with `--all`, as an `eval` in this home would.
fn sign_in(home: &mut Home, arguments: &[&str]) {
    let ran = Program::new(home, arguments.iter().chain(&["--all", "--format", "json"]));
    ran.says("; every profile can be used by its name\n").run().apply_to(home);
}

fn variable<'a>(home: &'a Home, name: &str) -> Option<&'a str> {
    home.variables.get(name.as_ref() as &std::ffi::OsStr)?.to_str()
}

fn shows_every_profile_with_its_settings() {
    let (sts, alice, home) = machine();
    let (config, credentials) = (path_of(&home, &[]), path_of(&home, &["--credentials"]));
    let program = crate::support::program::binary();
    let process = |name| format!("credential_process = {} credential-process --profile {name}\n", program.display());
    let shown = text(&config);
    let (first, rest) = shown.split_once('\n').expect("lines");
    let aws = home.path().join(".aws");
    assert!(
        first.starts_with(&format!("# mfa-env view of {0}/config and {0}/credentials, ", aws.display())),
        "{first}"
    );
    let expected = [
        "[sso-session corp]\nsso_start_url = https://example.com/start\nsso_region = us-east-1\n",
        "[services local]\nsts =\n    endpoint_url = http://127.0.0.1:9\n",
        &format!("[profile main]\n{}", process("main")),
        &format!("[profile prod]\nregion = eu-west-1\noutput = json\n{}", process("prod")),
        "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\n",
        "[profile plain]\nregion = us-west-1\ns3 =\n    max_concurrent_requests = 5\n    addressing_style = path\n",
        "[profile keyless]\noutput = text\ncli_pager =\nregion = us-east-2\n",
        &format!("[profile bare]\n{}", process("bare").replace("--profile", "--no-session --profile")),
    ];
    assert_eq!(rest, expected.concat());
    assert_eq!(text(&credentials), format!("{first}\n"));
    for path in [&config, &credentials] {
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o400, "{}", path.display());
        let shown = text(path);
        for secret in [alice.secret_access_key.as_str(), &alice.access_key_id, "JBSWY3DPEHPK3PXP"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    // Nothing was asked or sent.
    assert!(sts.take_calls().is_empty());
    let explained = Program::new(&home, ["explain", "--all"]).run().stdout;
    assert!(explained.contains("prod: mfa-env signs in\n"), "{explained}");
    assert!(explained.contains("sso: as it is: ") && explained.contains("plain: as it is: "), "{explained}");
    assert!(explained.contains("bare: its keys as they are: it has no MFA device\n"), "{explained}");
}

fn a_shell_gets_the_view_and_what_was_there_back() {
    let (sts, alice, mut home) = machine();
    home.set("AWS_PROFILE", "plain").set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x");
    home.set("AWS_CONFIG_FILE", "~/.aws/config");
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    assert_eq!(variable(&home, "AWS_PROFILE"), Some("prod"));
    assert_eq!(variable(&home, "MFA_ENV_PROFILE"), Some("prod"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"] {
        assert_eq!(variable(&home, name), None, "{name}");
    }
    let view = path_of(&home, &[]);
    assert_eq!(variable(&home, "AWS_CONFIG_FILE"), view.to_str());
    let status = Program::new(&home, ["status"]).run().stdout;
    assert!(status.starts_with("prod, and every profile by its name, from ~/.cache/mfa-env/"), "{status}");
    // Each profile without another code.
    for profile in ["prod", "main"] {
        let ran = Program::new(&home, ["credential-process", "--profile", profile, "--no-input"]).run();
        assert!(ran.stdout.contains("\"AccessKeyId\":\"ASIA"), "{}", ran.stdout);
    }
    Program::new(&home, ["unset", "--format", "json"]).fails(2).stdout("").says("").run();
    let restored = Program::new(&home, ["unset", "-s", "sh"]).run();
    assert_eq!(restored.variable("AWS_CONFIG_FILE"), Some(Some("~/.aws/config")));
    assert_eq!(restored.variable("AWS_SHARED_CREDENTIALS_FILE"), Some(None));
    assert_eq!(restored.variable("AWS_PROFILE"), Some(Some("plain")));
    assert_eq!(restored.variable("AWS_ROLE_ARN"), Some(Some("arn:aws:iam::123456789012:role/x")));
    // A session of one profile takes the place of the view.
    let ran = Program::new(&home, ["prod", "-s", "sh"]).signs_in_to("prod").run();
    assert_eq!(ran.variable("AWS_CONFIG_FILE"), Some(Some("~/.aws/config")));
    assert_eq!(ran.variable("AWS_PROFILE"), Some(None));
}

fn reads_the_files_that_a_view_shows() {
    let (sts, alice, mut home) = machine();
    let list = Program::new(&home, ["list", "--json"]).run().stdout;
    let view = path_of(&home, &[]);
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    // Also for somebody whose variables name the view, but not where it came from.
    home.variables.remove("MFA_ENV_BEFORE".as_ref() as &std::ffi::OsStr);
    let names = |json: &str| {
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        value["profiles"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| (p["profile"].clone(), p["kind"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&Program::new(&home, ["list", "--json"]).run().stdout), names(&list));
    assert_eq!(path_of(&home, &[]), view);
    let explained = Program::new(&home, ["explain", "--verbose", "prod"]).run().stdout;
    assert!(explained.contains("role_arn arn:aws:iam::123456789012:role/admin (~/.aws/config:4)"), "{explained}");
}

fn is_replaced_when_a_file_changes() {
    let (sts, alice, mut home) = machine();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let view = path_of(&home, &[]);
    let stale = |home: &Home| {
        let ran = Program::new(home, ["status", "--json"]).run();
        serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON")["view"]["stale"].as_bool()
    };
    assert_eq!(stale(&home), Some(false));
    let before = text(&view);
    let config = home.path().join(".aws/config");
    home.write(".aws/config", text(&config) + "[profile late]\nregion = eu-north-1\n");
    assert_eq!((stale(&home), text(&view)), (Some(true), before.clone()));
    let status = Program::new(&home, ["status"]).run().stdout;
    assert!(status.ends_with("; it is out of date: it lacks late; update it with: mfa-env view\n"), "{status}");
    // A program runs it.
    Program::new(&home, ["credential-process", "--profile", "prod"]).run();
    assert_eq!(stale(&home), Some(false));
    assert!(text(&view).contains("[profile late]\nregion = eu-north-1\n"));
    home.write(".aws/config", text(&config).replace("eu-north-1", "eu-north-2"));
    assert!(Program::new(&home, ["status"]).run().stdout.ends_with("; it is out of date until the next sign-in\n"));
    // A file that is gone, one that comes, and one that cannot be read now.
    std::fs::remove_file(home.path().join(".aws/credentials")).expect("a file");
    Program::new(&home, ["view"]).run();
    assert!(!text(&view).contains("[profile keyless]\noutput = text\ncli_pager"));
    home.write(".aws/config", "\0");
    Program::new(&home, ["credential-process", "--profile", "prod"]).fails(3).says("").run();
    assert!(text(&view).contains("[profile late]"), "what was there must stay");
}

fn other_files_have_another_view() {
    let (_sts, _alice, mut home) = machine();
    let first = path_of(&home, &[]);
    let config = text(&home.path().join(".aws/config"));
    let other = home.write("else where/config", config);
    home.set("AWS_CONFIG_FILE", other.clone());
    let second = path_of(&home, &[]);
    assert_ne!(first, second);
    let header = ViewHeader::read(&second).expect("a view");
    assert_eq!(header.config, other);
    assert!(text(&second).starts_with("# mfa-env view of ") && text(&second).contains("else%20where"));
}

fn signs_in_to_a_profile_of_its_own_choice() {
    let (sts, alice, mut home) = machine();
    // There is no profile `default`, and none is named: any code is enough for all.
    sign_in(&mut home, &[&sts.code(&alice.mfa_serial)]);
    assert_eq!((variable(&home, "AWS_PROFILE"), variable(&home, "MFA_ENV_PROFILE")), (None, None));
    let ran = Program::new(&home, ["credential-process", "--profile", "prod", "--no-input"]).run();
    assert!(ran.stdout.contains("ASIA"));
    let status = Program::new(&home, ["status"]).run().stdout;
    assert!(status.starts_with("every profile by its name, from "), "{status}");
}

/// Programs get its credentials without a session; the code is for the others.
fn a_profile_without_a_session_can_be_the_default() {
    for profile in ["bare", "sso"] {
        let (sts, alice, mut home) = machine();
        sign_in(&mut home, &[profile, &sts.code(&alice.mfa_serial)]);
        assert_eq!(variable(&home, "AWS_PROFILE"), Some(profile));
        Program::new(&home, ["credential-process", "--profile", "prod", "--no-input"]).run();
        // The next code as well.
        sts.advance(60);
        sign_in(&mut home, &[&sts.code(&alice.mfa_serial)]);
        assert_eq!(variable(&home, "AWS_PROFILE"), Some(profile));
    }
    let (sts, alice, home) = machine();
    for profile in ["plain", "nosuch"] {
        let arguments = [profile, &sts.code(&alice.mfa_serial), "--all", "--format", "json"];
        Program::new(&home, arguments).fails(3).says(profile).stdout("").any_files().run();
    }
}

fn renews_the_view_of_a_shell() {
    let (sts, alice, mut home) = machine();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let ran = Program::new(&home, ["--format", "json"]).says("every profile can be used by its name").run();
    assert!(ran.stdout.contains("\"AWS_PROFILE\":\"prod\""), "{}", ran.stdout);
    // The user has selected another one.
    home.set("AWS_PROFILE", "main");
    let ran = Program::new(&home, ["--format", "json"]).says("every profile can be used by its name").run();
    assert!(ran.stdout.contains("\"AWS_PROFILE\":\"main\""), "{}", ran.stdout);
    // A startup file has set the variable again: it is no longer our view.
    home.set("AWS_CONFIG_FILE", home.path().join(".aws/config"));
    let ran = Program::new(&home, ["main", "-s", "sh"]).signs_in_to("main").run();
    assert!(ran.variable("AWS_ACCESS_KEY_ID").is_some());
    let kept = home.path().join(".aws/config");
    assert_eq!(ran.variable("AWS_CONFIG_FILE"), None, "{} is the user's", kept.display());
}

fn refuses_what_a_view_cannot_hold() {
    let (sts, alice, home) = machine();
    let code = sts.code(&alice.mfa_serial);
    for more in [
        ["--role-arn", "arn:aws:iam::123456789012:role/x"],
        ["-r", "eu-west-1"],
        ["-d", "1h"],
        ["--mfa-serial", "none"],
    ] {
        let arguments = ["prod", &code, "--all", "-s", "sh"].into_iter().chain(more);
        Program::new(&home, arguments)
            .fails(2)
            .stdout(crate::support::failure_statement::of("sh", 2))
            .says("cannot be used with")
            .run();
    }
    for format in ["env-file", "sts", "terragrunt"] {
        Program::new(&home, ["prod", &code, "--all", "--format", format]).fails(2).stdout("").says("with --all").run();
    }
    Program::new(&home, ["explain", "--all", "prod"]).fails(2).says("--all").run();
    assert!(sts.take_calls().is_empty());
}

fn needs_a_cache_directory() {
    let (sts, alice, mut home) = machine();
    let cache = home.path().join("open");
    std::fs::create_dir(&cache).expect("a directory");
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    home.set("MFA_ENV_CACHE_DIR", cache);
    let ran = Program::new(&home, ["view"]).fails(7).says("the view of your profiles cannot be written");
    ran.says("accessible to other users").stdout("").run();
    let ran = Program::new(&home, ["prod", &sts.code(&alice.mfa_serial), "--all", "-s", "sh"]).fails(7);
    ran.stdout(crate::support::failure_statement::of("sh", 7))
        .says("the view of your profiles cannot be written")
        .run();
}

fn hostile_names_are_shown_as_they_are() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let names = ["\"with blank\"", "'a$b'", "\"ü\"", "'x;y'", "save", "123456", "'q\"uote'", "-dash", "a`b", "self"];
    let mut home = Home::with_user(&sts, &alice, &[]);
    let mut config = text(&home.path().join(".aws/config"));
    for name in names {
        let source = if name == "self" { "self" } else { "main" };
        config.push_str(&format!("[profile {name}]\nrole_arn = {role}\nsource_profile = {source}\n"));
    }
    home.write(".aws/config", config);
    home.set("LC_ALL", "C.UTF-8");
    let shown = text(&path_of(&home, &[]));
    for managed in [
        "--profile \"with blank\"\n",
        "--profile save\n",
        "--profile 123456\n",
        "\"--profile=-dash\"\n",
        "--profile \"ü\"\n",
    ] {
        assert!(shown.contains(managed), "{managed}: {shown}");
    }
    // The rest cannot be part of a command that every SDK splits alike, and one names itself.
    assert_eq!(shown.matches("credential_process = ").count(), 6, "{shown}");
    assert_eq!(shown.matches(&format!("role_arn = {role}\n")).count(), 5, "{shown}");
    let explained = Program::new(&home, ["explain", "--all"]).run().stdout;
    assert_eq!(explained.matches(": as it is: ").count(), 5, "{explained}");
}

fn a_first_line_is_read_as_it_was_written() {
    for path in ["/home/a/.aws/config", "/with blank and more/ü, state x", "/a\nb", "/%41", "C:\\Users\\x"] {
        let header = ViewHeader { config: path.into(), credentials: "/c".into(), state: "1:2".into() };
        let line = header.line();
        assert!(!line.contains('\n') && line.starts_with("# "), "{line}");
        let read = ViewHeader::parse(&line);
        if path.starts_with('/') {
            assert_eq!(read, Some(header));
        } else {
            assert_eq!(read, None, "relative here");
        }
    }
    for other in [
        "",
        "# mfa-env view of ",
        "# mfa-env view of a and b, state c; edit those files, this one is replaced",
        "[default]",
    ] {
        assert_eq!(ViewHeader::parse(other), None, "{other}");
    }
    assert!(!ViewHeader::may_be_at(Path::new("/home/a/.aws/config")));
    assert!(!ViewHeader::may_be_at(Path::new("abc.config")));
    assert!(ViewHeader::may_be_at(Path::new(&format!("/x/{}.config", "0a".repeat(32)))));
}

/// Whoever sets the variables in a startup file gets them back.
fn a_view_that_was_set_before_stays() {
    let (sts, alice, mut home) = machine();
    let (config, credentials) = (path_of(&home, &[]), path_of(&home, &["--credentials"]));
    home.set("AWS_CONFIG_FILE", config.clone()).set("AWS_SHARED_CREDENTIALS_FILE", credentials);
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    assert_eq!(variable(&home, "AWS_CONFIG_FILE"), config.to_str());
    assert!(Program::new(&home, ["status"]).run().stdout.starts_with("prod, and every profile by its name"));
    let ran = Program::new(&home, ["unset", "-s", "sh"]).run();
    assert_eq!(ran.variable("AWS_CONFIG_FILE"), None);
    assert_eq!(ran.variable("AWS_PROFILE"), Some(None));
    assert_eq!(ran.variable("MFA_ENV_BEFORE"), Some(None));
}

/// Changes that the file system cannot tell apart by their time are found, too.
fn is_replaced_when_a_file_changes_at_the_same_time() {
    let (sts, alice, mut home) = machine();
    let config = home.path().join(".aws/config");
    let changed = config.metadata().and_then(|metadata| metadata.modified()).expect("a time");
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let view = path_of(&home, &[]);
    home.write(".aws/config", text(&config).replace("eu-west-1", "eu-west-3"));
    std::fs::File::options().append(true).open(&config).expect("a file").set_modified(changed).expect("a time");
    Program::new(&home, ["credential-process", "--profile", "prod"]).run();
    assert!(text(&view).contains("[profile prod]\nregion = eu-west-3\n"), "{}", text(&view));
    // Later nothing is written if nothing has changed.
    let past = changed - std::time::Duration::from_mins(1);
    std::fs::File::options().append(true).open(&config).expect("a file").set_modified(past).expect("a time");
    Program::new(&home, ["credential-process", "--profile", "prod"]).run();
    let credentials = home.path().join(".aws/credentials");
    std::fs::File::options().append(true).open(&credentials).expect("a file").set_modified(past).expect("a time");
    Program::new(&home, ["credential-process", "--profile", "prod"]).run();
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&path.metadata().expect("a file"));
    let before = inode(&view);
    Program::new(&home, ["credential-process", "--profile", "prod"]).run();
    assert_eq!(inode(&view), before);
}

/// Each command that signs in, in a shell with the view, and `list`.
fn every_sign_in_replaces_the_view() {
    let (sts, alice, mut home) = machine();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let view = path_of(&home, &[]);
    let shim = Program::new(&home, ["shim", "env", "-p", "prod"]).run().stdout;
    let shim = home.write("env", shim);
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let commands: [&[&str]; 9] = [
        &["prod", "-s", "sh"],
        &["exec", "prod", "--", "true"],
        &["each", "prod", "--", "true"],
        &["credential-process", "prod"],
        &["save", "prod"],
        &["serve", "prod", "--", "true"],
        &["__shim", "env", "-p", "prod", "--", "env"],
        &["list"],
        // Even if it fails.
        &["exec", "prod", "--renew", "--no-input", "--", "true"],
    ];
    for (number, command) in commands.into_iter().enumerate() {
        let config = home.path().join(".aws/config");
        home.write(".aws/config", text(&config) + &format!("[profile late{number}]\noutput = json\n"));
        let run = Program::new(&home, command).any_files().command().output().expect("it runs");
        let is_last = number == 8;
        assert_eq!(run.status.success(), !is_last, "{command:?}: {}", String::from_utf8_lossy(&run.stderr));
        assert!(text(&view).contains(&format!("[profile late{number}]\n")), "{command:?}");
    }
    // Others do not.
    let config = home.path().join(".aws/config");
    home.write(".aws/config", text(&config) + "[profile last]\n");
    for command in [["doctor"].as_slice(), &["explain", "prod"], &["status"]] {
        Program::new(&home, command).run();
    }
    Program::new(&home, ["logout", "prod"]).any_files().says("removed 1 cached session of prod").run();
    assert!(!text(&view).contains("[profile last]\n"));
}

/// The command has the session alone: no profile is selected, and the files are the user's.
fn a_command_has_a_session_instead_of_the_view() {
    let (sts, alice, mut home) = machine();
    home.set("AWS_CONFIG_FILE", "~/.aws/config");
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let show = "echo $AWS_CONFIG_FILE ${AWS_SHARED_CREDENTIALS_FILE-none} ${AWS_PROFILE-none} $AWS_ACCESS_KEY_ID";
    let ran = Program::new(&home, ["exec", "main", "--", "sh", "-c", show]).run();
    let session = sts.sessions().into_iter().find(|session| session.access_key_id.starts_with("ASIA"));
    let key = session.expect("the MFA session").access_key_id;
    assert_eq!(ran.stdout, format!("~/.aws/config none none {key}\n"));
    // Without a profile, it is the one that this shell has selected.
    let ran = Program::new(&home, ["exec", "--", "sh", "-c", "echo $MFA_ENV_PROFILE"]).run();
    assert_eq!(ran.stdout, "prod\n");
}

/// Profiles whose keys have no session, in the view and through it.
fn keys_without_a_device_work_through_the_view() {
    let (sts, alice, mut home) = machine();
    let credentials = text(&home.path().join(".aws/credentials"));
    let temporary = "[other]\naws_access_key_id = ASIATEMPORARY0000000\naws_secret_access_key = secret0\n\
        aws_session_token = token0\n['no$']\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    home.write(".aws/credentials", credentials + temporary);
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    Program::new(&home, ["save", "prod"]).any_files().says("prod-mfa").run();
    let shown = text(&path_of(&home, &[]));
    for command in ["--no-session --profile bare\n", "--no-session --profile other\n", "process --profile prod-mfa\n"] {
        assert!(shown.contains(command), "{command}: {shown}");
    }
    let key_of = |profile: &str, more: &[&str]| {
        let ran = Program::new(&home, ["credential-process", "--profile", profile].iter().chain(more)).run();
        serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON")["AccessKeyId"].clone()
    };
    assert_eq!(key_of("bare", &["--no-session"]), alice.access_key_id.as_str());
    assert_eq!(key_of("other", &["--no-session"]), "ASIATEMPORARY0000000");
    assert_eq!(key_of("prod-mfa", &[]), key_of("prod", &[]));
    let explained = Program::new(&home, ["explain", "--all"]).run().stdout;
    assert!(explained.contains("other: its keys as they are: they are temporary\n"), "{explained}");
    assert!(explained.contains("'no$': as it is, but without its keys: "), "{explained}");
    for secret in ["secret0", "token0", "ASIATEMPORARY0000000", "AKIAIOSFODNN7EXAMPLE"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // With a device for all profiles, there is a session for these keys, in a view of its own.
    let device = alice.mfa_serial.clone();
    let other = Program::new(&home, ["view"]).env("MFA_ENV_MFA_SERIAL", device).run().stdout;
    assert!(text(Path::new(other.trim_end())).contains("credential-process --profile bare\n"));
    assert!(text(&path_of(&home, &[])).contains("--no-session --profile bare\n"));
}

/// Neither those that are not needed nor those that people leave in comments or in the wrong place.
fn no_secret_of_a_file_is_in_the_view() {
    let (_sts, alice, home) = machine();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let keys = format!("aws_access_key_id = {}\naws_secret_access_key = {secret}\n", alice.access_key_id);
    let commented: String = keys.lines().map(|line| format!("# {line}\n  ; {line}\n")).collect();
    let config = text(&home.path().join(".aws/config"));
    home.write(
        ".aws/config",
        format!(
            "{commented}{config}{commented}\
             [sso-session other] # {secret}\nsso_region = us-east-1\n{commented}{keys}old_key = {secret}\n\
             [sso-session {secret}]\nsso_region = ap-south-2\n\
             [profile a] # [{secret}]\nregion = us-east-1\nname = {secret}\n{commented}\
             [services x]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n{commented}sqs =\n  key = {secret}\n\
             [plugins]\nkey = {secret}\nendpoint = awscli_plugin_endpoint\n[alice]\n{keys}"
        ),
    );
    let shown = text(&path_of(&home, &[]));
    for hidden in [secret, &alice.access_key_id, &alice.secret_access_key, "[alice]", "ap-south-2"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    for expected in [
        "\n[sso-session other]\nsso_region = us-east-1\n[services x]\ns3 =\n    endpoint_url = http://127.0.0.1:1\n\
         [plugins]\nendpoint = awscli_plugin_endpoint\n",
        "\n[profile a]\nregion = us-east-1\n",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

fn other_sections_are_shown_however_they_are_written() {
    let (_sts, _alice, home) = machine();
    let config = text(&home.path().join(".aws/config"));
    for (written, shown) in [
        ("  [sso-session first]\n  sso_region = eu-west-1\n", "\n[sso-session first]\nsso_region = eu-west-1\n"),
        ("\t[preview]\ncloudfront = true\n", "\n[preview]\ncloudfront = true\n"),
        ("# mine\n\n   [services s] # x\ns3 =\n  a = b\n", "\n[services s]\ns3 =\n    a = b\n"),
        ("[sso-session 'a b']\n\n# x\nsso_region: eu-west-1", "\n[sso-session 'a b']\nsso_region = eu-west-1\n"),
        // botocore would reject the view.
        (
            "[sso-session a]\nx = 1\n[ sso-session a ]\nx = 2\ny = 3\n",
            "\n[sso-session a]\nx = 2\ny = 3\n[sso-session corp]\n",
        ),
        (
            "[services s]\ns3 =\n  a: b\n[sso-session broken]\nno equals sign\n",
            "\n[services s]\ns3 =\n    a = b\n[sso-session corp]\n",
        ),
    ] {
        home.write(".aws/config", format!("{written}\n{config}"));
        let view = text(&path_of(&home, &[]));
        assert!(view.contains(shown) && view.contains("[profile prod]\n"), "{written}: {view}");
    }
}

/// Its other settings may be another profile's, and some program would reject the whole view.
fn a_profile_that_cannot_be_read_is_left_out() {
    let (_sts, _alice, home) = machine();
    let config = text(&home.path().join(".aws/config"));
    for (broken, why) in [
        ("region = eu-west-1\nno equals sign\n", "line without ="),
        ("= x\n", "setting without a name"),
        ("s3 =\n  nested\n", "line"),
    ] {
        home.write(".aws/config", format!("{config}[profile broken]\n{broken}[profile after]\noutput = json\n"));
        let view = text(&path_of(&home, &[]));
        assert!(!view.contains("broken") && view.contains("[profile after]\noutput = json\n"), "{view}");
        let explained = Program::new(&home, ["explain", "--all"]).run().stdout;
        let line = explained.lines().find(|line| line.starts_with("broken: left out: ~/.aws/config:")).expect("a line");
        assert!(line.contains(why), "{line}");
        assert!(explained.contains("\nafter: as it is: "), "{explained}");
    }
}

/// `aws-mfa prod` would put the keys of one session in the place of the view.
fn the_line_to_type_keeps_the_view() {
    let (sts, alice, mut home) = machine();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    Program::new(&home, ["logout", "--all"]).any_files().says("removed").run();
    assert!(path_of(&home, &[]).is_file());
    let needs_code = |home: &Home, line: &str| {
        let ran = Program::new(home, ["credential-process", "--profile", "main"]).fails(5).stdout("");
        ran.says(format!("sign in first, in a terminal: {line}")).run();
    };
    needs_code(&home, "aws-mfa --all main");
    sts.advance(60);
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    assert!(variable(&home, "AWS_CONFIG_FILE").is_some());
    Program::new(&home, ["credential-process", "--profile", "main"]).run();
    let (_sts, _alice, home) = machine();
    needs_code(&home, "aws-mfa main");
}

/// Also while the view is out of date.
fn what_mfa_env_shows_is_that_of_the_files() {
    let (sts, alice, mut home) = machine();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let view = path_of(&home, &[]);
    let config = text(&home.path().join(".aws/config"));
    home.write(".aws/config", config.replace("eu-west-1", "eu-west-3") + "[profile late]\nregion = eu-north-1\n");
    let explained = Program::new(&home, ["explain", "prod", "--verbose"]).run().stdout;
    assert!(explained.contains("region eu-west-3 (~/.aws/config:6)"), "{explained}");
    let all = Program::new(&home, ["explain", "--all"]).run().stdout;
    assert!(all.contains("\nlate: as it is: ") && all.ends_with(", which is out of date\n"), "{all}");
    let completed = Program::new(&home, ["__complete", "1", "mfa-env", "la"]).run().stdout;
    assert!(completed.contains("late"), "{completed}");
    assert!(!text(&view).contains("late"), "nothing has signed in");
    let listed = Program::new(&home, ["list"]).run().stdout;
    assert!(listed.contains("eu-north-1") && listed.contains("eu-west-3"), "{listed}");
}

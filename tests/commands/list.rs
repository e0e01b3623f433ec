//! `list`: one row per profile, whatever its source and whatever is wrong with it.

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};
use serde_json::Value;

trials![
    shows_every_kind_of_profile,
    lists_broken_profiles_too,
    shows_the_time_left,
    aligns_wide_and_hostile_names,
    lists_two_thousand_profiles_and_sessions,
    fails_without_aws_files,
    warns_about_an_unreadable_cache,
    uses_colours_only_on_a_terminal,
];

fn json(home: &Home) -> Vec<Value> {
    let ran = Program::new(home, ["list", "--json"]).run();
    let mut found: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    serde_json::from_value(found["profiles"].take()).expect("a list")
}

fn shows_every_kind_of_profile() {
    let config = "\
[default]
region = eu-west-1
[profile main]
mfa_serial = arn:aws:iam::123456789012:mfa/team/alice
region = eu-central-1
[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = main
[profile on-top]
role_arn = arn:aws:iam::210987654321:role/other
source_profile = admin
mfa_serial = GAHT12345678
region = us-west-2
[profile hand]
[profile own]
role_arn = arn:aws:iam::123456789012:role/own
source_profile = own
[profile sso-old]
sso_start_url = https://x.awsapps.com/start
region = eu-west-3
[profile sso-new]
sso_session = x
[profile console]
login_session = arn:aws:iam::123456789012:user/alice
[profile ci]
role_arn = arn:aws:iam::123456789012:role/ci
web_identity_token_file = /token
[profile vault]
credential_process = vault get
[profile ec2]
role_arn = arn:aws:iam::123456789012:role/ec2
credential_source = Ec2InstanceMetadata
[profile lost]
role_arn = arn:aws:iam::123456789012:role/lost
source_profile = nosuch
[sso-session x]
sso_region = eu-west-1
";
    let keys = |name: &str, id: &str| format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = hidden\n");
    let credentials = keys("main", "AKIAIOSFODNN7EXAMPLE")
        + &keys("own", "AKIAIOSFODNN7EXAMPLE")
        + &keys("hand", "ASIAIOSFODNN7EXAMPLE")
        + "aws_session_token = hidden\n"
        + &keys("only-keys", "AKIAIOSFODNN7EXAMPLE");
    let home = Home::with(config, &credentials);
    let expected = "\
PROFILE    KIND               SOURCE  MFA           REGION        LEFT
default    settings                                 eu-west-1
main       keys                       team/alice    eu-central-1
admin      role               main    team/alice
on-top     chain              main    GAHT12345678  us-west-2
hand       session
own        role               own
sso-old    sso                                      eu-west-3
sso-new    sso
console    login
ci         web identity
vault      process
ec2        credential source
lost       broken
only-keys  keys
";
    Program::new(&home, ["list"]).stdout(expected).run();
    Program::new(&home, ["list", "more"]).fails(2).stdout("").says("unexpected argument").run();
    let kinds: Vec<String> = json(&home).iter().filter_map(|row| row["kind"].as_str().map(str::to_owned)).collect();
    let in_text: Vec<&str> =
        expected.lines().skip(1).map(|line| line[11..].get(..17).unwrap_or(&line[11..]).trim()).collect();
    assert_eq!(kinds, in_text);
}

// faults 41, 59, 61, 62, 65
fn lists_broken_profiles_too() {
    let role = "role_arn = arn:aws:iam::123456789012:role/a\n";
    let config = format!(
        "[profile line]\nregion = eu-west-1\nno equals sign\n\
         [profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = a\n\
         [profile alone]\n{role}region = eu-west-2\n[profile arn]\nrole_arn = nonsense\nsource_profile = good\n\
         [profile region]\nregion = \"eu-west-1\"\n[profile good]\nmfa_serial = GAHT12345678\n"
    );
    let home =
        Home::with(&config, "[good]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden\n");
    let expected = "\
PROFILE  KIND    SOURCE  MFA           REGION     LEFT
line     broken
a        broken
b        broken
alone    broken                        eu-west-2
arn      broken
region   broken
good     keys            GAHT12345678
";
    Program::new(&home, ["list"]).stdout(expected).run();
    // The problem in JSON is the message of a sign-in.
    for row in json(&home) {
        let name = row["profile"].as_str().expect("a name").to_owned();
        let Some(problem) = row["problem"].as_str() else {
            assert_eq!(name, "good");
            continue;
        };
        assert!(!problem.contains("hidden"), "{problem}");
        let says = format!("mfa-env: {problem}\n");
        Program::new(&home, ["explain", &name]).fails(3).stdout("").says(says).run();
    }
}

fn shows_the_time_left() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { max_session_duration: 7200, ..RoleSpec::default() });
    let roles = [("admin", role.as_str(), ""), ("same", &role, ""), ("long", &role, "duration_seconds = 7200")];
    let home = Home::with_user(&sts, &alice, &roles);
    let left = || -> Vec<String> {
        let text = Program::new(&home, ["list"]).run().stdout;
        let column = text.lines().next().expect("a head").find("LEFT").expect("a column");
        text.lines().skip(1).map(|line| line.get(column..).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(left(), ["", "", "", ""]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(left(), ["12 h", "", "", ""]);
    Program::new(&home, ["admin", "--shell", "sh"]).signs_in().run();
    // Two profiles with the same role share a session; a longer duration needs another one.
    assert_eq!(left(), ["12 h", "1 h", "1 h", ""]);
    cached::age(&home, 3000);
    assert_eq!(left(), ["11 h 10 min", "10 min", "10 min", ""]);
    cached::age(&home, 3000);
    assert_eq!(left(), ["10 h 20 min", "", "", ""]);
    // It makes no call.
    sts.take_calls();
    left();
    assert_eq!(sts.take_calls(), []);
}

// faults 4, 31
fn aligns_wide_and_hostile_names() {
    let config = "[profile 日本]\nregion = eu-west-1\n[profile ü]\nregion = eu-west-1\n\
                  [profile \"a b\"]\nregion = eu-west-1\n\
                  [profile x\u{202e}y]\nregion = eu-west-1\n[profile e\u{301}]\nregion = eu-west-1\n\
                  [profile \x1b[2Jz]\nregion = eu-west-1\n";
    let home = Home::with(config, "");
    let expected = "\
PROFILE     KIND      SOURCE  MFA  REGION     LEFT
日本        settings               eu-west-1
ü           settings               eu-west-1
a b         settings               eu-west-1
x\\u{202e}y  settings               eu-west-1
e\u{301}           settings               eu-west-1
";
    let found = Program::new(&home, ["list"]).run().stdout;
    let known: Vec<&str> = found.lines().filter(|line| !line.contains("\\x1b")).collect();
    assert_eq!(known, expected.lines().collect::<Vec<_>>());
    assert!(!found.contains(|c: char| c.is_control() && c != '\n'), "{found:?}");
    assert!(found.lines().any(|line| line.starts_with("\\x1b[2Jz")), "{found}");
}

// fault 50
fn lists_two_thousand_profiles_and_sessions() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let first = sts.add_role("r0", RoleSpec::default());
    let mut config = format!("[profile main]\nmfa_serial = {}\n", alice.mfa_serial);
    for i in 0..2000 {
        let role = format!("{}{i}", first.trim_end_matches('0'));
        config.push_str(&format!("[profile r{i}]\nrole_arn = {role}\nsource_profile = main\nregion = eu-west-1\n"));
    }
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["r0", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let table = || Program::new(&home, ["list"]).run().stdout;
    let text = table();
    assert_eq!(text.lines().count(), 2002);
    assert_eq!(text.lines().nth(2), Some("r0       role  main    alice  eu-west-1  1 h"));
    assert_eq!(text.lines().nth(1500), Some("r1498    role  main    alice  eu-west-1"));

    // A session for each, copied from the first one with another role in its key.
    let one = cached::only(&home.cache(), "role");
    let text = serde_json::Value::from(one.fields.clone()).to_string();
    for i in 1..2000 {
        let other =
            text.replace(&format!("role_arn={first} "), &format!("role_arn={}{i} ", first.trim_end_matches('0')));
        assert_ne!(other, text, "the role is part of the key");
        write_private(&home.cache().join(format!("{i:064x}.json")), &other);
    }
    assert_eq!(table().lines().filter(|line| line.ends_with("  1 h")).count(), 2000);
}

/// Writes a file with the permissions of the program's own files.
fn write_private(path: &std::path::Path, content: &str) {
    std::fs::write(path, content).expect("a file that we own");
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a file that we own");
}

// fault 35
fn fails_without_aws_files() {
    Program::new(&Home::empty(), ["list"]).fails(3).stdout("").says("no AWS config found at ").run();
    Program::new(&Home::with("", ""), ["list"]).stdout("PROFILE  KIND  SOURCE  MFA  REGION  LEFT\n").run();
    // One file is enough; a missing one that a variable names causes a warning.
    let home = Home::with("[profile a]\n", "");
    let missing = "mfa-env: warning: AWS_SHARED_CREDENTIALS_FILE names /nowhere, which does not exist; correct or \
        unset AWS_SHARED_CREDENTIALS_FILE [missing-file]\n";
    Program::new(&home, ["list"]).env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere").says(missing).run();
}

// fault 98
fn warns_about_an_unreadable_cache() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("[profile main]\nmfa_serial = GAHT12345678\n", &credentials_section("main", &alice));
    let file = home.write("file", "");
    home.set("MFA_ENV_CACHE_DIR", file);
    let table = "PROFILE  KIND  SOURCE  MFA           REGION  LEFT\nmain     keys          GAHT12345678\n";
    Program::new(&home, ["list"]).stdout(table).says("mfa-env: warning: sessions are not cached: ").run();
}

// fault 17
#[cfg(unix)]
fn uses_colours_only_on_a_terminal() {
    use crate::support::terminal::Terminal;
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("admin", &role, ""), ("broken", "nonsense", "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let shown = |variables: &[(&str, &str)]| {
        let mut program = Program::new(&home, ["list"]);
        for (name, value) in variables {
            program = program.env(*name, *value);
        }
        let terminal = Terminal::spawn(program.command());
        assert!(terminal.wait().success());
        terminal.output().replace("\r\n", "\n")
    };
    let plain = "\
PROFILE  KIND    SOURCE  MFA    REGION  LEFT
main     keys            alice          12 h
admin    role    main    alice
broken   broken
";
    let coloured = "\
\x1b[1mPROFILE  KIND    SOURCE  MFA    REGION  LEFT\x1b[0m
\x1b[32mmain     keys            alice          12 h\x1b[0m
admin    role    main    alice
\x1b[31mbroken   broken\x1b[0m
";
    let xterm = ("TERM", "xterm-256color");
    assert_eq!(shown(&[xterm]), coloured);
    assert_eq!(shown(&[xterm, ("NO_COLOR", "")]), coloured, "an empty NO_COLOR is ignored");
    for variables in [&[xterm, ("NO_COLOR", "1")][..], &[xterm, ("CI", "true")], &[("TERM", "dumb")], &[]] {
        assert_eq!(shown(variables), plain, "{variables:?}");
    }
    // A pipe never gets colours, whatever the variables say.
    let forced = [xterm, ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")];
    let piped = forced.iter().fold(Program::new(&home, ["list"]), |program, (name, value)| program.env(name, value));
    piped.stdout(plain).run();
}

#[cfg(not(unix))]
fn uses_colours_only_on_a_terminal() {
    let home = Home::with("[profile a]\n", "");
    Program::new(&home, ["list"]).stdout("PROFILE  KIND      SOURCE  MFA  REGION  LEFT\na        settings\n").run();
}

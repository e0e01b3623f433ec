//! `list`: one row per profile, whatever its source and whatever is wrong with it. `list_on_terminal` is about how it
//! looks there.

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use serde_json::Value;

trials![
    shows_every_kind_of_profile,
    lists_broken_profiles_too,
    shows_the_time_left,
    aligns_wide_and_hostile_names,
    lists_two_thousand_profiles_and_sessions,
    fails_without_aws_files,
    warns_about_an_unreadable_cache,
    lists_profiles_by_account,
    lists_those_that_a_filter_selects,
    sorts_by_what_is_asked_for,
    lists_sessions_that_belong_to_no_profile,
    marks_the_profile_of_this_shell,
    names_the_user_if_it_is_known,
    uses_the_device_that_a_variable_names,
];

fn json(home: &Home) -> Vec<Value> {
    let ran = Program::new(home, ["list", "--json"]).env("MFA_ENV_SILENCE", "rejected-file").run();
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
    let unsupported = "gets its credentials from KIND, which this version does not support (~/.aws/config:LINE)";
    let unsupported = |kind: &str, line: &str| unsupported.replace("KIND", kind).replace("LINE", line);
    let expected = format!(
        "\
PROFILE    ACCOUNT       ROLE OR USER           REGION        TIME LEFT  PROBLEM
main       123456789012  MFA device team/alice  eu-central-1
admin      123456789012  admin
own        123456789012  own
on-top     210987654321  other                  us-west-2
only-keys                access key
default                                         eu-west-1                has no credentials: it sets neither access keys \
nor role_arn
hand                                                                     has temporary credentials (~/.aws/credentials:8), \
for which AWS does not issue an MFA session
sso-old                                         eu-west-3                {}
sso-new                                                                  {}
console                                                                  {}
ci                                                                       {}
vault                                                                    {}
ec2                                                                      {}
lost                                                                     source_profile `nosuch` of profile lost does not \
exist (~/.aws/config:35)
",
        unsupported("IAM Identity Center (SSO)", "19"),
        unsupported("IAM Identity Center (SSO)", "22"),
        unsupported("aws login", "24"),
        unsupported("a web identity token", "27"),
        unsupported("credential_process", "29"),
        unsupported("credential_source", "32"),
    );
    Program::new(&home, ["list"]).stdout(expected).run();
    Program::new(&home, ["list", "ma", "more"]).fails(2).stdout("").says("unexpected argument").run();
    // JSON is in the order of the files.
    let kinds: Vec<String> = json(&home).iter().filter_map(|row| row["kind"].as_str().map(str::to_owned)).collect();
    let sources = ["sso", "sso", "login", "web identity", "process", "credential source"];
    let kinds_of = [&["settings", "keys", "role", "chain", "session", "role"][..], &sources, &["broken", "keys"]];
    assert_eq!(kinds, kinds_of.concat());
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
PROFILE  ACCOUNT  ROLE OR USER             REGION     TIME LEFT  PROBLEM
good              MFA device GAHT12345678
line                                                             line without = (~/.aws/config:3)
a                                                                source_profile forms a loop: a → b → a
b                                                                source_profile forms a loop: b → a → b
alone                                      eu-west-2             sets role_arn, but neither source_profile nor \
credential_source (~/.aws/config:11)
arn                                                              role_arn is `nonsense`, which is not a role ARN \
(~/.aws/config:14)
region                                                           region is `\"eu-west-1\"`, which includes the quotes \
(~/.aws/config:17)
";
    // For the AWS CLI, one of them breaks all.
    let rejected = "~/.aws/config:3: a line that is neither a header nor a setting; the AWS CLI and boto3 reject the whole \
                    file, with every profile in it: correct or remove it [rejected-file]\n";
    Program::new(&home, ["list"]).stdout(expected).says(rejected).run();
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
        let column = text.lines().next().expect("a head").find("TIME LEFT").expect("a column");
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
    let role = "role_arn = arn:aws:iam::123456789012:role/a\nsource_profile = main\nregion = eu-west-1\n";
    let names = ["日本", "ü", "\"a b\"", "x\u{202e}y", "e\u{301}", "\x1b[2Jz"];
    let config: String = names.iter().map(|name| format!("[profile {name}]\n{role}")).collect();
    let home = Home::with(&config, "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    let expected = "\
PROFILE     ACCOUNT       ROLE OR USER  REGION     TIME LEFT  PROBLEM
日本        123456789012  a             eu-west-1
ü           123456789012  a             eu-west-1
a b         123456789012  a             eu-west-1
x\\u{202e}y  123456789012  a             eu-west-1
e\u{301}           123456789012  a             eu-west-1
main                      access key
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
    assert_eq!(text.lines().nth(2), Some("r0       123456789012  r0            eu-west-1  1 h"));
    assert_eq!(text.lines().nth(1500), Some("r1498    123456789012  r1498         eu-west-1"));

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
    let header = "PROFILE  ACCOUNT  ROLE OR USER  REGION  TIME LEFT  PROBLEM\n";
    Program::new(&Home::with("", ""), ["list"]).stdout(header).run();
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
    let table = "\
PROFILE  ACCOUNT  ROLE OR USER             REGION  TIME LEFT  PROBLEM
main              MFA device GAHT12345678
";
    Program::new(&home, ["list"]).stdout(table).says("mfa-env: warning: sessions are not cached: ").run();
}

/// A role in another account that alice may assume.
fn in_account(account: &str) -> RoleSpec {
    let trusts = vec!["arn:aws:iam::123456789012:root".to_owned()];
    RoleSpec { account: account.to_owned(), trusts, ..RoleSpec::default() }
}

/// alice with roles in two accounts.
fn two_accounts() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec::default());
    let audit = sts.add_role("audit", in_account("210987654321"));
    let roles = [
        ("prod-audit", audit.as_str(), "region = us-east-1"),
        ("prod", &admin, "region = eu-west-1"),
        ("Dev", &audit, ""),
        ("broken", "nonsense", ""),
        ("test", &admin, "region = eu-west-1"),
    ];
    let home = Home::with_user(&sts, &alice, &roles);
    (sts, alice, home)
}

/// The names of the listed profiles, in order.
fn names(home: &Home, arguments: &[&str]) -> Vec<String> {
    let text = Program::new(home, ["list"].iter().chain(arguments).copied()).run().stdout;
    text.lines().skip(1).map(|line| line.split_whitespace().next().expect("a name").to_owned()).collect()
}

fn lists_profiles_by_account() {
    let (.., home) = two_accounts();
    assert_eq!(names(&home, &[]), ["main", "prod", "test", "prod-audit", "Dev", "broken"]);
    assert_eq!(names(&home, &["--sort", "account"]), names(&home, &[]));
}

fn lists_those_that_a_filter_selects() {
    let (sts, alice, home) = two_accounts();
    for (filter, expected) in [
        ("prod", &["prod", "prod-audit"][..]),
        ("PROD", &["prod", "prod-audit"]),
        ("dev", &["main", "Dev"]),
        ("210987654321", &["prod-audit", "Dev"]),
        ("audit", &["prod-audit", "Dev"]),
        ("us-east", &["prod-audit"]),
        ("device alice", &["main"]),
        ("pro*", &["prod", "prod-audit"]),
        ("*-audit", &["prod-audit"]),
        ("[dD]ev", &["Dev"]),
        ("eu-west-?", &["prod", "test"]),
        ("oken", &["broken"]),
        ("", &["main", "prod", "test", "prod-audit", "Dev", "broken"]),
    ] {
        assert_eq!(names(&home, &[filter]), expected, "{filter}");
    }
    let none = Program::new(&home, ["list", "prdo"]).fails(3).stdout("");
    none.stderr("mfa-env: no profile matches `prdo`\n  did you mean prod?\n").run();
    let none = Program::new(&home, ["list", "x*"]).fails(3).stdout("");
    none.stderr("mfa-env: no profile matches `x*`\n  list the profiles with: mfa-env list\n").run();
    Program::new(&home, ["list", "\x1b[2J"]).fails(3).stdout("").says("`\\x1b[2J`").run();
    // The same in JSON.
    let found = Program::new(&home, ["list", "us-east", "--json"]).run().stdout;
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found["profiles"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["profiles"][0]["profile"], "prod-audit");
    // A session that belongs to a profile which is not selected belongs to it all the same.
    Program::new(&home, ["prod", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(names(&home, &["audit"]), ["prod-audit", "Dev"]);
}

fn sorts_by_what_is_asked_for() {
    let (sts, alice, home) = two_accounts();
    Program::new(&home, ["prod-audit", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    cached::age(&home, 600);
    Program::new(&home, ["prod", "--shell", "sh"]).signs_in().run();
    for (by, expected) in [
        ("name", ["Dev", "main", "prod", "prod-audit", "test", "broken"]),
        ("role", ["prod", "test", "prod-audit", "Dev", "main", "broken"]),
        ("region", ["prod", "test", "prod-audit", "main", "Dev", "broken"]),
        // Two profiles have the same role.
        ("left", ["prod-audit", "Dev", "prod", "test", "main", "broken"]),
    ] {
        assert_eq!(names(&home, &["--sort", by]), expected, "{by}");
    }
    let says = "[possible values: account, name, role, region, left]";
    Program::new(&home, ["list", "--sort", "colour"]).fails(2).stdout("").says(says).run();
    let found = Program::new(&home, ["list", "--sort", "name", "--json"]).run().stdout;
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found["profiles"][0]["profile"], "Dev");
    assert_eq!(json(&home)[0]["profile"], "main");
}

fn lists_sessions_that_belong_to_no_profile() {
    let (sts, alice, home) = two_accounts();
    let rows = |home: &Home| -> Vec<String> {
        let text = Program::new(home, ["list"]).run().stdout;
        text.lines().filter(|line| line.starts_with("- ")).map(str::to_owned).collect()
    };
    let other = sts.add_role("other", in_account("345678901234"));
    Program::new(&home, ["prod", "--role-arn", &other, &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(rows(&home), ["-           345678901234  other                    1 h"]);
    Program::new(&home, ["prod", "--shell", "sh"]).signs_in().run();
    assert_eq!(rows(&home).len(), 1);
    // They come before the profiles that cannot sign in.
    assert_eq!(names(&home, &[]), ["main", "prod", "test", "prod-audit", "Dev", "-", "broken"]);
    // The profile is removed.
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(".aws/config", config.replace("[profile main]", "[profile gone]").replace("= main", "= gone"));
    let found = rows(&home);
    assert_eq!(found.len(), 3, "{found:?}");
    for (row, part) in found.iter().zip(["  user alice  ", "  admin  ", "  other  "]) {
        assert!(row.contains(part), "{found:?}");
    }
    // Once they have expired, they are not listed.
    cached::age(&home, 50_000);
    assert_eq!(rows(&home), [""; 0]);
}

fn marks_the_profile_of_this_shell() {
    let (sts, alice, mut home) = two_accounts();
    let current = |home: &Home| -> Vec<String> {
        let found = Program::new(home, ["list", "--json"]).run().stdout;
        let found: Value = serde_json::from_str(&found).expect("JSON");
        let all = ["profiles", "sessions"].into_iter().flat_map(|list| found[list].as_array().expect("a list").clone());
        let is_current = all.filter(|row| row["current"].as_bool().expect("a bool"));
        is_current.map(|row| row["profile"].as_str().or(row["role_arn"].as_str()).expect("a name").to_owned()).collect()
    };
    assert_eq!(current(&home), [""; 0]);
    let sign_in = |home: &mut Home, arguments: &[&str]| {
        Program::new(home, arguments.iter().chain(&["--format", "json"]).copied()).signs_in().run().apply_to(home);
    };
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    // Profile `test` has the same session.
    assert_eq!(current(&home), ["prod"]);
    sign_in(&mut home, &["prod", "-r", "us-west-2"]);
    assert_eq!(current(&home), ["prod"]);
    // An option gave the role, so it is not the session of the profile.
    let other = sts.add_role("other", RoleSpec::default());
    sign_in(&mut home, &["prod", "--role-arn", &other]);
    assert_eq!(current(&home), [other]);
    // Another tool's keys.
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    assert_eq!(current(&home), [""; 0]);
}

fn names_the_user_if_it_is_known() {
    let (sts, alice, home) = two_accounts();
    assert!(Program::new(&home, ["list"]).run().stdout.contains("  MFA device alice\n"));
    // A role session has the name of the user.
    Program::new(&home, ["prod", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let found = Program::new(&home, ["list"]).run().stdout;
    assert!(found.contains("main        123456789012  user alice "), "{found}");
    assert_eq!(json(&home)[0]["user"], "alice");
    // Without a device, AWS has said the account as well.
    home.write(".aws/config", "");
    let found = Program::new(&home, ["list"]).run().stdout;
    assert!(found.contains("main     123456789012  user alice\n"), "{found}");
}

fn uses_the_device_that_a_variable_names() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("", &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("MFA_ENV_MFA_SERIAL", &alice.mfa_serial);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let found = Program::new(&home, ["list"]).run().stdout;
    assert_eq!(found.lines().count(), 2, "{found}");
    assert!(found.ends_with("  12 h\n"), "{found}");
}

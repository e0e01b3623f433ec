//! Real programs after a sign-in: boto3, the AWS CLI and the SDK for JavaScript. The tests' STS sees who signed, for which
//! region, and where the call went.

#![cfg(unix)]

use crate::support::consumers::installed;
use crate::support::home::{Home, credentials_section};
use crate::support::program::path_with_program;
use crate::support::shells;
use crate::support::sts::{Call, RoleSpec, Sts};
use std::process::Command;

consumer_trials![
    they_use_the_session_and_the_endpoint_of_the_profile,
    they_follow_the_next_sign_in,
    they_use_the_region_that_replaces_a_foreign_one,
    they_use_what_unset_has_put_back,
];

const JAVASCRIPT: &str = "const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');\
     new STSClient({}).send(new GetCallerIdentityCommand({})).then(answer => console.log(answer.Arn))";

/// Each of the three programs, asking who it is.
fn programs() -> [(&'static str, String); 3] {
    let path = |name: &str| installed(name).display().to_string();
    [
        (
            "boto3",
            format!(
                "'{}' -c 'import boto3; print(boto3.client(\"sts\").get_caller_identity()[\"Arn\"])'",
                path("bin/python")
            ),
        ),
        ("the AWS CLI", format!("'{}' sts get-caller-identity --output text --query Arn", path("bin/aws"))),
        (
            "the SDK for JavaScript",
            format!("NODE_PATH='{}' '{}' -e \"{JAVASCRIPT}\"", path("js/node_modules"), path("bin/node")),
        ),
    ]
}

/// Profiles with a role that needs no code, each with these lines.
fn home(sts: &Sts, profiles: &[(&str, &str)], default: &str) -> Home {
    let alice = sts.add_user("alice");
    let mut config = default.to_owned();
    for (name, lines) in profiles {
        let role = sts.add_role(name, RoleSpec::default());
        config += &format!("[profile {name}]\nrole_arn = {role}\nsource_profile = keys\n{lines}\n");
    }
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8").set("AWS_EC2_METADATA_DISABLED", "true");
    home
}

/// Runs the sign-ins and then each program. Returns what each printed, and the call that it made.
fn ask(sts: &Sts, home: &Home, sign_ins: &str) -> Vec<(&'static str, String, Call)> {
    programs()
        .into_iter()
        .map(|(name, program)| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &format!("set -e\n{sign_ins}\n{program}")]).env_clear().envs(&home.variables);
            let outcome = shells::finish(shell);
            assert!(outcome.status.success(), "{name}: {outcome}");
            let call = sts.take_calls().pop().expect("a call");
            assert_eq!((call.action.as_str(), call.status), ("GetCallerIdentity", Some(200)), "{name}: {outcome}");
            (name, String::from_utf8_lossy(&outcome.stdout).trim().to_owned(), call)
        })
        .collect()
}

fn they_use_the_session_and_the_endpoint_of_the_profile() {
    let (sts, elsewhere) = (Sts::start(), Sts::start());
    let own = format!("endpoint_url = {}\nregion = eu-north-1\nuse_dualstack_endpoint = false", sts.url());
    let default = format!("[default]\nregion = us-east-1\nendpoint_url = {}\n", elsewhere.url());
    let mut home = home(&sts, &[("dev", &own)], &default);
    // Another identity, which a sign-in must displace for every program.
    home.set("AWS_PROFILE", "default").set("AWS_EB_PROFILE", "default").set("AWS_ACCESS_KEY_ID", "AKIAOLD");
    for (name, arn, call) in ask(&sts, &home, "eval \"$(mfa-env dev -q)\"") {
        let session = sts.sessions().pop().expect("a session");
        assert!(arn.contains(":assumed-role/dev/"), "{name}: {arn}");
        assert_eq!((call.access_key_id, call.region), (session.access_key_id, "eu-north-1".to_owned()), "{name}");
    }
    assert_eq!(elsewhere.take_calls(), []);
}

fn they_follow_the_next_sign_in() {
    let sts = Sts::start();
    let (here, there) = (sts.url(), sts.url().replace("127.0.0.1", "localhost"));
    let home = home(
        &sts,
        &[
            ("dev", &format!("endpoint_url = {here}\nregion = eu-north-1")),
            ("prod", &format!("endpoint_url = {there}\nregion = us-west-2")),
        ],
        "",
    );
    for (name, arn, call) in ask(&sts, &home, "eval \"$(mfa-env dev -q)\"\neval \"$(mfa-env prod -q)\"") {
        assert!(arn.contains(":assumed-role/prod/"), "{name}: {arn}");
        let host = there.trim_start_matches("http://");
        assert_eq!((call.host.as_str(), call.region.as_str()), (host, "us-west-2"), "{name}");
    }
}

fn they_use_the_region_that_replaces_a_foreign_one() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("dev", &format!("endpoint_url = {}", sts.url()))], "");
    home.set("AWS_REGION", "us-gov-west-1").set("AWS_DEFAULT_REGION", "us-gov-west-1");
    for (name, _, call) in ask(&sts, &home, "eval \"$(mfa-env dev -q 2>/dev/null)\"") {
        assert_eq!(call.region, "us-east-1", "{name}");
    }
}

fn they_use_what_unset_has_put_back() {
    let sts = Sts::start();
    let own = format!("endpoint_url = {}\nregion = eu-north-1", sts.url());
    let home = home(&sts, &[("dev", &own)], "");
    let user = sts.add_user("bob");
    let default = format!("[default]\nregion = ap-south-1\nendpoint_url = {}\n", sts.url());
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let credentials = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/config", default + &config);
    home.write(".aws/credentials", credentials_section("default", &user) + &credentials);
    let sign_ins = "eval \"$(mfa-env dev -q)\"\neval \"$(mfa-env unset -q)\"";
    for (name, arn, call) in ask(&sts, &home, sign_ins) {
        assert!(arn.ends_with(":user/bob"), "{name}: {arn}");
        assert_eq!((call.access_key_id, call.region), (user.access_key_id.clone(), "ap-south-1".to_owned()), "{name}");
    }
}

//! `export --format`: what programs read instead of a shell.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::shells;
use crate::support::sts::{RoleSpec, Session, Sts};
use serde_json::Value;
use std::collections::BTreeMap;

trials![
    env_file_has_what_every_reader_reads_alike,
    env_file_refuses_what_it_cannot_carry,
    github_env_hides_the_secrets_and_adds_the_variables,
    github_env_is_refused_elsewhere,
    terragrunt_and_sts_are_one_object,
    a_failure_prints_nothing_in_any_format,
];

/// The role `reader` of the profile `plain` needs no code.
fn home(more: &str) -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let config = format!("[profile plain]\nrole_arn = {role}\nsource_profile = keys\n{more}[profile keys]\n");
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    (sts, home)
}

fn session(sts: &Sts) -> Session {
    sts.sessions().pop().expect("a session")
}

fn lines(text: &str) -> BTreeMap<&str, &str> {
    text.lines().map(|line| line.split_once('=').expect("a line NAME=value")).collect()
}

fn env_file_has_what_every_reader_reads_alike() {
    let (sts, home) = home("region = eu-west-3\n");
    let ran = Program::new(&home, ["plain", "--format", "env-file", "-q"]).run();
    let found = lines(&ran.stdout);
    assert_eq!(found["AWS_SECRET_ACCESS_KEY"], session(&sts).secret_access_key);
    assert_eq!((found["AWS_REGION"], found["AWS_DEFAULT_REGION"]), ("eu-west-3", "eu-west-3"));
    assert!(found.keys().all(|name| name.starts_with("AWS_")), "{found:?}");
    assert!(!ran.stdout.contains(['"', '\'', '$', ' ']), "{}", ran.stdout);
}

fn env_file_refuses_what_it_cannot_carry() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.pem();
    for name in ["a#b", "a$HOME", "a'b", "a\"b", "a`b", "a\\b"] {
        let (_sts, home) = home("");
        let bundle = home.write(name, &certificate);
        let bundle = bundle.to_str().expect("UTF-8");
        let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        home.write(".aws/config", config.replace("[profile keys]", &format!("ca_bundle = {bundle}\n[profile keys]")));
        let says = "mfa-env: the value of AWS_CA_BUNDLE cannot be written to an .env file that every tool reads alike\n  \
                    run the tool with mfa-env exec instead\n";
        Program::new(&home, ["plain", "--format", "env-file", "-q"]).fails(2).stdout("").stderr(says).run();
        // The command itself has any value.
        let ran = Program::new(&home, ["exec", "plain", "-q", "--", "/usr/bin/printenv", "AWS_CA_BUNDLE"]);
        ran.stdout(format!("{bundle}\n")).run();
    }
}

fn github_env_hides_the_secrets_and_adds_the_variables() {
    let (sts, mut home) = home("region = eu-west-3\n");
    let file = home.write("env", "KEPT=1");
    home.set("GITHUB_ENV", file.to_str().expect("UTF-8"));
    let ran = Program::new(&home, ["plain", "--format", "github-env", "-q"]).writes("env").run();
    let session = session(&sts);
    let secrets = [&session.secret_access_key, &session.session_token, &session.access_key_id];
    let masks: Vec<String> = secrets.iter().map(|secret| format!("::add-mask::{secret}")).collect();
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), masks);
    let text = std::fs::read_to_string(&file).expect("a file");
    let found = lines(&text);
    assert_eq!((found["KEPT"], found["AWS_REGION"]), ("1", "eu-west-3"));
    assert_eq!(found["AWS_SESSION_TOKEN"], session.session_token);
    // The file of a runner that is gone.
    home.set("GITHUB_ENV", "/no/such/env");
    let ran = Program::new(&home, ["plain", "--format", "github-env", "-q"]);
    ran.fails(7).stdout("").says("/no/such/env cannot be written").run();
}

fn github_env_is_refused_elsewhere() {
    let (sts, home) = home("");
    let ran = Program::new(&home, ["plain", "--format", "github-env"]);
    ran.fails(2).stdout("").says("mfa-env: GITHUB_ENV is not set").run();
    assert_eq!(sts.take_calls(), []);
}

fn terragrunt_and_sts_are_one_object() {
    let (sts, home) = home("region = eu-west-3\n");
    let object = |format: &str| -> Value {
        let ran = Program::new(&home, ["plain", "--format", format, "-q"]).run();
        assert_eq!(ran.stdout.lines().count(), 1);
        serde_json::from_str(&ran.stdout).expect("JSON")
    };
    let terragrunt = object("terragrunt");
    let session = session(&sts);
    let keys = serde_json::json!({
        "ACCESS_KEY_ID": session.access_key_id,
        "SECRET_ACCESS_KEY": session.secret_access_key,
        "SESSION_TOKEN": session.session_token,
    });
    assert_eq!(terragrunt["awsCredentials"], keys);
    assert_eq!(terragrunt["envs"]["AWS_REGION"], "eu-west-3");
    assert!(!terragrunt["envs"].to_string().contains(session.session_token.as_str()));
    let sts_response = object("sts");
    assert_eq!(sts_response["Credentials"]["SecretAccessKey"], session.secret_access_key);
    let arn = sts_response["AssumedRoleUser"]["Arn"].as_str().expect("text");
    assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/reader/"), "{arn}");
}

fn a_failure_prints_nothing_in_any_format() {
    let (_sts, home) = home("");
    for format in ["json", "env-file", "terragrunt", "sts"] {
        let outcome = shells::finish(Program::new(&home, ["nosuch", "--format", format]).command());
        assert_eq!((outcome.status.code(), outcome.stdout.as_slice()), (Some(3), &b""[..]), "{format}");
    }
    // A format that does not exist was probably meant for the shell, whose eval must fail.
    let ran = Program::new(&home, ["plain", "--format", "nosuch", "--shell", "sh"]);
    ran.fails(2).stdout(crate::support::failure_statement::of("sh", 2)).says("nosuch").run();
}

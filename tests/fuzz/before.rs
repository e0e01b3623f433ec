//! `MFA_ENV_BEFORE`, in a shell that is signed in.

#![cfg(unix)]

use crate::support::fixture::{Fixture, MFA};
use crate::support::fuzz::{Checked, Target, ensure, outcome};
use crate::support::powershell::{self, Statement};
use crate::support::program::Program;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

trials![survives_any_record];

const DICTIONARY: [&str; 40] = [
    "1:",
    "2:",
    "3:",
    ",",
    "=",
    ">",
    "->",
    "-",
    "%",
    "%2D",
    "%00",
    "%0a",
    "%27",
    "%E2%80%AE",
    "@",
    "@/tmp",
    ">-",
    "=->",
    "AWS_PROFILE=->x",
    ",AWS_PROFILE=a>b",
    ",AWS_PROFILE=prod>-",
    ",AWS_REGION=eu-central-1>-",
    ",AWS_REGION=x y>-",
    ",AWS_SECRET_ACCESS_KEY=a>b",
    ",PATH=/tmp>-",
    ",LD_PRELOAD=/tmp/x>-",
    ",AWS_ENDPOINT_URL=http://127.0.0.1:1>-",
    ",AWS_ENDPOINT_URL_S3=https://x>-",
    ",AWS_CONFIG_FILE=/tmp/x>-",
    ",AWS_CA_BUNDLE=/x>-",
    ",AWS_ROLE_ARN=x>-",
    ",AWS_ACCOUNT_ID=123456789012>-",
    "AWS_ACCESS_KEY_ID=->ASIA",
    "'",
    ";",
    "$(touch pwn)",
    "\n",
    " ",
    "\u{202e}",
    "\u{e9}",
];

/// Every variable that statements may name, besides the endpoints of services.
const KNOWN: [&str; 38] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "MFA_ENV_PROFILE",
    "AWSUME_PROFILE",
    "MFA_ENV_BEFORE",
    "MFA_ENV_OPTIONS",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_EB_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCOUNT_ID",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_VAULT",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_EXPIRATION",
    "AWS_ENDPOINT_URL",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

fn survives_any_record() {
    let fixture = Fixture::with(&[]);
    let code = fixture.code();
    let signed_in = fixture.program(&["main", "-r", "eu-central-1", "--code", &code]).signs_in().run();
    assert_eq!(fixture.sts.take_calls().len(), 1, "{MFA} only");
    let variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "MFA_ENV_PROFILE"];
    let session = variables.map(|name| (name, signed_in.variable(name).flatten().unwrap_or("main").to_owned()));
    let record = signed_in.variable("MFA_ENV_BEFORE").flatten().expect("a record").to_owned();
    let check = |input: &[u8]| -> Checked {
        // No variable contains NUL.
        let record: Vec<u8> = input.iter().copied().filter(|byte| *byte != 0).collect();
        for arguments in [&["unset"][..], &["main"]] {
            let ran = outcome(|| {
                let mut command =
                    Program::new(&fixture.home, arguments.iter().copied().chain(["--shell", "powershell"])).command();
                command.envs(session.clone()).env("AWS_REGION", "eu-central-1");
                command.env("MFA_ENV_BEFORE", OsStr::from_bytes(&record));
                command
            })?;
            ensure(ran.status.success(), || format!("a record must not make a sign-in fail: {ran}"))?;
            // The strict reader accepts no statement but these.
            let read = powershell::read(&String::from_utf8_lossy(&ran.stdout)).map_err(|e| format!("{e}: {ran}"))?;
            let (mut sets, mut unsets) = (BTreeSet::new(), BTreeSet::new());
            for statement in &read {
                match statement {
                    Statement::Set { name, .. } => sets.insert(name.as_str()),
                    Statement::Unset { name } => unsets.insert(name.as_str()),
                    Statement::Fail { .. } => return Err(format!("a failure: {ran}")),
                };
            }
            for name in sets.iter().chain(&unsets) {
                let is_known = KNOWN.contains(name) || name.starts_with("AWS_ENDPOINT_URL_");
                ensure(is_known, || format!("{name} is changed: {ran}"))?;
            }
            ensure(sets.is_disjoint(&unsets), || format!("a variable is set and unset: {ran}"))?;
        }
        Ok(())
    };
    let valid = [
        record,
        "2:AWS_ACCESS_KEY_ID=->A,AWS_ENDPOINT_URL_S3=https%3A%2F%2Fx>-".to_owned(),
        "2:AWS_ACCESS_KEY_ID=->ASIAEXAMPLE,AWS_PROFILE=prod>-@-%2Fsrv".to_owned(),
    ];
    let valid = valid.map(String::into_bytes).to_vec();
    Target { corpus: include_str!("corpus/before.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

//! `MFA_ENV_OPTIONS`, in a shell that is signed in: the program gets the session that the text describes, or refuses.

#![cfg(unix)]

use crate::support::exported::KEY_ID;
use crate::support::failure_statement;
use crate::support::fixture::Fixture;
use crate::support::fuzz::{Checked, Target, ensure, outcome};
use crate::support::program::Program;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

trials![survives_any_options];

const ROLE: &str = "1:role-arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fadmin";

const DICTIONARY: [&str; 32] = [
    "1:",
    "2:",
    ",",
    "=",
    "role-arn=",
    "region=",
    ",region=us-west-2",
    ",role-session-name=a-b",
    ",external-id=a%3Ab",
    ",mfa-serial=GAHT12345678",
    ",duration=3600",
    "duration=900",
    "duration=99999",
    "profile=admin",
    ",shell=sh",
    ",renew=",
    "--region",
    "%",
    "%2D",
    "%00",
    "%0a",
    "%27",
    "%E2%80%AE",
    "us-west-2",
    "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F",
    "$(touch pwn)",
    "'",
    "\n",
    " ",
    "\u{202e}",
    "\u{e9}",
    "-",
];

fn survives_any_options() {
    let fixture = Fixture::with(&[]);
    let check = |input: &[u8]| -> Checked {
        // No variable contains NUL.
        let options: Vec<u8> = input.iter().copied().filter(|byte| *byte != 0).collect();
        let run = |arguments: &[&str]| {
            outcome(|| {
                let mut command = Program::new(&fixture.home, arguments.iter().copied()).command();
                command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("MFA_ENV_PROFILE", "main");
                command.env("MFA_ENV_BEFORE", format!("2:AWS_ACCESS_KEY_ID=->{KEY_ID}"));
                command.env("MFA_ENV_OPTIONS", OsStr::from_bytes(&options));
                command
            })
        };
        let explained = run(&["explain", "--verbose"])?;
        if explained.status.success() {
            // The role and the region are those of the text, if it has any.
            let text = String::from_utf8_lossy(&explained.stdout);
            for (option, name) in [("role-arn=", "AssumeRole"), ("region=", "AWS_REGION")] {
                let has_option = options.windows(option.len()).any(|part| part == option.as_bytes());
                ensure(text.contains(name) || !has_option, || format!("{option} is ignored: {explained}"))?;
            }
        } else {
            let stderr = String::from_utf8_lossy(&explained.stderr).into_owned();
            ensure(explained.status.code() == Some(2), || format!("another failure: {explained}"))?;
            ensure(stderr.lines().all(|line| !line.contains('\u{202e}')), || format!("not escaped: {explained}"))?;
        }
        // Nobody can be asked for a code, so every sign-in fails, without touching the environment.
        let ran = run(&["--shell", "sh"])?;
        let code = ran.status.code().unwrap_or_default();
        ensure([2, 5].contains(&code), || format!("signed in or failed in another way: {ran}"))?;
        let statement = failure_statement::of("sh", code);
        ensure(ran.stdout == statement.as_bytes(), || format!("not the failing statement: {ran}"))
    };
    let valid = [ROLE.to_owned(), format!("{ROLE},region=us-west-2"), "1:duration=900".to_owned()];
    let valid = valid.map(String::into_bytes).to_vec();
    Target { corpus: include_str!("corpus/options.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

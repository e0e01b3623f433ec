//! Cache entries.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA};
use crate::support::fuzz::{
    Checked, Target, ensure, no_statements_on_failure, outcome, outcome_or, session_needs_no_quotes,
};
use crate::support::program::Program;
use std::fs;

trials![survives_any_cache_entry];

const DICTIONARY: [&str; 36] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "9223372036854775808",
    "1.5",
    "\\u0000",
    "\\u202e",
    "\\n",
    "\\u001b",
    "\\",
    "'",
    "$(touch pwn)",
    "`",
    ";",
    " ",
    "\"version\":1",
    "\"version\":2",
    "\"expires\":0",
    "\"expires\":99999999999",
    "\"key\":\"\"",
    "\"access_key_id\":\"\"",
    "\"session_token\":\"a b\"",
    "\"identity\":null",
    "\"made\":0",
    "\"mfa_made\":-1",
    "\u{feff}",
    "\u{202e}",
];

fn survives_any_cache_entry() {
    let fixture = Fixture::with(&[]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let path = cached::only(&fixture.home.cache(), "mfa").path;
    let valid = fs::read(&path).expect("a cached session");
    let secret = fixture.sts.sessions().remove(0).secret_access_key;
    let check = |input: &[u8]| -> Checked {
        fs::write(&path, input).expect("a cached session");
        let run = |arguments: &[&str]| outcome(|| fixture.program(arguments).command());
        // There is no code, so the session is the one in the entry, or there is none.
        let ran = run(&["main"])?;
        no_statements_on_failure(&ran)?;
        session_needs_no_quotes(&ran)?;
        for arguments in [&["explain", "--verbose", "main"][..], &["list"], &["status"], &["logout", "main"]] {
            let command = || Program::new(&fixture.home, arguments.iter().copied()).command();
            let ran = outcome_or(if arguments == ["status"] { &[1] } else { &[] }, command)?;
            let stderr = String::from_utf8_lossy(&ran.stderr);
            ensure(!stderr.contains(&secret), || format!("a secret on stderr: {ran}"))?;
        }
        Ok(())
    };
    Target { corpus: include_str!("corpus/cache_entries.txt"), valid: vec![valid], dictionary: &DICTIONARY }.run(check);
}

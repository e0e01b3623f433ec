//! "Nothing", as the list of faults calls it: no statement but the one that fails, no file changed, no call to STS, and no code asked for.

use super::home::Home;
use super::program::Program;
use super::sts::Sts;

/// Runs `mfa-env ARGUMENTS` twice, without a code and with one. There is no terminal, so a program that asked first would end with 5
/// instead of `status`; and a code at hand must not make it call.
///
/// Each part of `says` is on stderr, and nothing is on stdout but the failing statement.
#[track_caller]
pub fn assert_nothing_happens(home: &Home, sts: &Sts, arguments: &[&str], status: i32, says: &[&str]) {
    for code in [&[][..], &["--code", "123456"]] {
        let words = arguments.iter().chain(&["--shell", "sh"]).chain(code);
        let mut program = Program::new(home, words.copied()).fails(status).stdout(format!("(exit {status});\n"));
        for part in says {
            program = program.says(*part);
        }
        let ran = program.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
        assert_eq!(ran.stderr.matches("mfa-env: ").count(), 1, "one message: {}", ran.stderr);
        assert!(ran.stderr.contains("\n  "), "an error says what to do: {}", ran.stderr);
    }
    assert!(sts.calls().is_empty(), "no call: {:?}", sts.calls());
}

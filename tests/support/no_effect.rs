//! Asserts that a failure has no effect: stdout is only the failure statement, no file changes, STS is not called, and
//! no code is asked for.

use super::home::Home;
use super::program::Program;
use super::sts::Sts;

/// Runs `mfa-env ARGUMENTS` twice, without a code and with one. There is no terminal, so a program that asked first
/// would exit with 5 instead of `status`; with a code, it must still not call STS.
///
/// Stderr must contain each part of `says`.
#[track_caller]
pub fn assert_no_effect(home: &Home, sts: &Sts, arguments: &[&str], status: i32, says: &[&str]) {
    for code in [&[][..], &["--code", "123456"]] {
        let words = arguments.iter().chain(&["--shell", "sh"]).chain(code);
        let mut program =
            Program::new(home, words.copied()).fails(status).stdout(super::failure_statement::of("sh", status));
        for part in says {
            program = program.says(*part);
        }
        let ran = program.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
        assert_eq!(ran.stderr.matches("mfa-env: ").count(), 1, "expected one message: {}", ran.stderr);
        assert!(ran.stderr.contains("\n  "), "the error does not say what to do: {}", ran.stderr);
    }
    assert!(sts.calls().is_empty(), "unexpected calls: {:?}", sts.calls());
}

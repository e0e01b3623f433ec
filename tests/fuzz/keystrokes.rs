//! Keys at the prompt.

#![cfg(unix)]

use crate::support::fixture::Fixture;
use crate::support::fuzz::{Checked, Target, ensure};
use crate::support::prompted_run::PromptedRun;
use std::os::unix::process::ExitStatusExt;

trials![survives_any_keystrokes];

const DICTIONARY: [&str; 50] = [
    "\r",
    "\n",
    "\r\n",
    "\x7f",
    "\x08",
    "\x15",
    "\x17",
    "\x16",
    "\x12",
    "\x0b",
    "\x01",
    "\x03",
    "\x04",
    "\x1a",
    "\x1c",
    "\x11",
    "\x13",
    "\x0f",
    "\x1b",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[A",
    "\x1bOq",
    "\x1bOM",
    "\x1b[",
    ";",
    ":",
    "u",
    "~",
    "\x1b[13u",
    "\x1b[13;1:3u",
    "\x1b[49:33:49;129:1;49u",
    "\x1b[57400u",
    "\x1b[127u",
    "\x1b[99;5u",
    "\x1b[100;5u",
    "\x1b[92;5u",
    "\x1b[27;5;99~",
    "\x1b[27;1;13~",
    "99999999999",
    "123456",
    "12345",
    " ",
    "\t",
    "\u{ff11}",
    "\u{202e}",
    "\u{e9}",
    "\0",
    "000000\r",
    "000000\r000000\r000000\r",
];

fn survives_any_keystrokes() {
    let fixture = Fixture::with(&[]);
    let secret = fixture.alice.secret_access_key.clone();
    let check = |input: &[u8]| -> Checked {
        let mut run = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight", "--no-cache"]);
        run.terminal.send(input);
        // A new prompt discards what was typed before it.
        run.terminal.repeat_until_exit("\x03");
        // Ctrl-Q, in case that Ctrl-S has stopped the output; twice, in case that Ctrl-V quotes the next key.
        run.terminal.send("\x11\x11");
        let outcome = run.end_with_any_screen();
        let how = outcome.status.code().or(outcome.status.signal().map(|signal| 128 + signal));
        let expected = how.filter(|how| [4, 5, 130, 131].contains(how));
        ensure(expected.is_some(), || format!("ended in {how:?}: {outcome:?}"))?;
        let failure = crate::support::failure_statement::of("sh", expected.unwrap_or_default());
        ensure(outcome.stdout == failure, || format!("not the failure statement: {outcome:?}"))?;
        ensure(!outcome.stderr.contains(&secret), || format!("a secret on stderr: {outcome:?}"))
    };
    let valid = [
        "000000\r",
        "12 34 56\r",
        "12345\x7f6\r",
        "\x1b[200~000000\x1b[201~\r",
        "\x04",
        "\x03",
        "\x1b[48u\x1b[48;1:3u\x1b[13u",
        "\x1b[27;5;99~",
    ];
    let valid = valid.map(|input| input.as_bytes().to_vec()).to_vec();
    Target { corpus: include_str!("corpus/keystrokes.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

//! A terminal on which a crashed program has left a newer keyboard protocol on: that of kitty, with any of its flags, or
//! modifyOtherKeys of xterm. Keys are then control sequences, which the kernel does not understand.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::interactive_shell::in_every_shell;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::shells::Shell;
use crate::support::sts::{Sts, User};
use crate::support::terminal::Terminal;
use nix::sys::signal::Signal;
use std::process::{Command, Stdio};

trials![
    reads_digits_and_enter_in_every_form,
    erases_in_every_form,
    what_is_not_a_key_is_part_of_the_answer,
    sequences_without_a_character_type_nothing,
    ctrl_c_and_ctrl_backslash_end_the_prompt_in_every_form,
    what_is_not_ctrl_c_does_not_end_the_prompt,
    ctrl_c_ends_the_prompt_of_a_process_that_ignores_sigint,
    ctrl_d_on_an_empty_line_is_no_input,
    keys_may_arrive_in_pieces,
    works_with_echo,
    works_on_a_raw_terminal_with_other_control_characters,
    ctrl_c_drops_the_line_of_the_shell,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

const ARGUMENTS: [&str; 5] = ["main", "--shell", "sh", "--no-preflight", "--no-cache"];

fn start(home: &Home) -> PromptedRun<'_> {
    PromptedRun::start(home, ARGUMENTS)
}

/// Types the keys for a code at a prompt, which must sign in with that code.
fn signs_in_with(keys: impl Fn(&str) -> String) {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let keys = keys(&code);
    let mut prompted = start(&home);
    prompted.terminal.send(&keys);
    prompted.end().signs_in();
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call with {keys:?}: {calls:?}") };
    assert_eq!(call.param("TokenCode"), Some(code.as_str()), "{keys:?}");
}

const NOT_A_CODE: &str = "that is not an MFA code: a code has six digits, 0 to 9";

const ENTER: [&str; 9] = [
    "\x1b[13u",
    "\x1b[13;1u",
    "\x1b[13;1:1u\x1b[13;1:3u",
    "\x1b[13;129u",
    "\x1b[13;2u",
    "\x1b[57414u",
    "\x1b[27;1;13~",
    "\x1b[109;5u",
    "\x1b[27;5;106~",
];

/// `D` stands for the code of a digit's character, and `K` for that of the digit on the keypad.
const DIGITS: [&str; 19] = [
    "\x1b[Du",
    "\x1b[D;1u",
    "\x1b[D;1:1u",
    "\x1b[D;1:2u",
    "\x1b[D;1:1u\x1b[D;1:3u",
    // Caps Lock, Num Lock, and both.
    "\x1b[D;65u",
    "\x1b[D;129u",
    "\x1b[D;193:1u",
    // With the other characters of the key, and with the text that it types.
    "\x1b[D:33u",
    "\x1b[D::Du",
    "\x1b[D:33:D;1:1;Du\x1b[D:33:D;1:3u",
    "\x1b[D;;Du",
    // On a layout where digits need Shift.
    "\x1b[38:D;2u",
    "\x1b[38;2;Du",
    "\x1b[27;2;D~",
    "\x1b[27;1;D~",
    "\x1b[Ku",
    "\x1b[K;129:1;Du\x1b[K;129:3u",
    // Shift itself, Num Lock, and the key of an arrow on the keypad.
    "\x1b[57441;2u\x1b[57360;129u\x1b[57419u\x1b[57441;1:3uD",
];

fn typed(form: &str, code: &str) -> String {
    let key = |digit: u8| {
        let (character, keypad) = (u32::from(digit), 57_399 + u32::from(digit - b'0'));
        match form.strip_suffix('D') {
            Some(keys) => format!("{keys}{}", char::from(digit)),
            None => form.replace('D', &character.to_string()).replace('K', &keypad.to_string()),
        }
    };
    code.bytes().map(key).collect()
}

// fault 171
fn reads_digits_and_enter_in_every_form() {
    for (at, form) in DIGITS.into_iter().enumerate() {
        signs_in_with(|code| typed(form, code) + ENTER[at % ENTER.len()]);
    }
    for enter in ENTER.into_iter().chain(["\r", "\x1bOM\r"]) {
        signs_in_with(|code| format!("{code}{enter}"));
    }
}

// fault 171
fn erases_in_every_form() {
    let backspaces = [
        "\x7f",
        "\x08",
        "\x1b[127u",
        "\x1b[8u",
        "\x1b[127;1:1u\x1b[127;1:3u",
        "\x1b[127;129u",
        "\x1b[104;5u",
        "\x1b[27;5;8~",
        "\x1b[27;1;127~",
    ];
    // The kernel has already delivered what ends in `u` or `~`.
    let wrong = ["7", "u", "~", "\u{e9}", "\x1b[55u", "\u{20ac}"];
    for (at, backspace) in backspaces.into_iter().enumerate() {
        signs_in_with(|code| format!("{}{}{backspace}{}\r", &code[..3], wrong[at % wrong.len()], &code[3..]));
        signs_in_with(|code| format!("{backspace}u~{backspace}{backspace}{code}\x1b[13u"));
    }
    for line in ["\x15", "\x1b[117;5u", "\x1b[27;5;117~", "\x17", "\x1b[119;5u", "\x1b[27;5;119~", "  \x17"] {
        signs_in_with(|code| format!("999u9~9{line}{code}\r"));
    }
    signs_in_with(|code| format!("{}\x15{code}\r", "u".repeat(1000)));
}

fn what_is_not_a_key_is_part_of_the_answer() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let long = "9".repeat(5000);
    let separators = ";".repeat(3000);
    for typed in [
        "u".to_owned(),
        format!("{}u{}", &code[..3], &code[3..]),
        format!("~{code}"),
        format!("\x1b[{long}u{code}"),
        format!("\x1b[{separators}u{code}"),
        format!("\x1b[{code}"),
        format!("\x1b\x1b[A{code}"),
        // Shift and a digit, on a layout that is not known; two characters; an e.
        format!("{}\x1b[{};2u", &code[..5], code.as_bytes()[5]),
        format!("{}\x1b[49;;49:49u", &code[..5]),
        format!("{}\x1b[101u", &code[..5]),
        format!("{}\x1b[1114112u", &code[..5]),
        format!("{}\x1b[", &code[..5]),
    ] {
        let shown = typed.chars().take(30).collect::<String>();
        let outcome = start(&home).rejects_three_times(&typed, NOT_A_CODE);
        assert!(!outcome.stderr.contains('\x1b'), "{shown:?}");
    }
    assert_eq!(sts.take_calls(), []);
}

/// Keys without a character, and reports of the focus, the mouse and the terminal that a crashed program has left on.
fn sequences_without_a_character_type_nothing() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let silent = [
        "\x1b[u",
        "\x1b[;;u",
        "\x1b[?1u",
        "\x1b[3~",
        "\x1b[27;5~",
        "\x1b[99999999999999999999u",
        "\x1b[1;2;3;4u",
        "\x1b[O",
        "\x1b[I",
        "\x1b[A",
        "\x1b[1;5D",
        "\x1b[<0;10;10M",
        "\x1b[<0;10;10m",
        "\x1b[?62;22c",
        "\x1b[12;40R",
    ];
    let (first, last) = code.split_at(3);
    let typed = format!("{}{first}{}{last}{}", silent[0], silent.concat(), silent[9]);
    start(&home).answer(&typed).signs_in();
}

// faults 18, 171
fn ctrl_c_and_ctrl_backslash_end_the_prompt_in_every_form() {
    let (sts, _alice, home) = alice();
    let forms = [
        ("\x1b[99;5u", Signal::SIGINT),
        ("\x1b[99;5:1u\x1b[99;5:3u", Signal::SIGINT),
        ("\x1b[99;133u", Signal::SIGINT),
        ("\x1b[99;69:2u", Signal::SIGINT),
        ("\x1b[99:67;6u", Signal::SIGINT),
        // On a Cyrillic layout, with the key of the Latin one.
        ("\x1b[1089::99;5u", Signal::SIGINT),
        ("\x1b[27;5;99~", Signal::SIGINT),
        ("\x1b[27;6;67~", Signal::SIGINT),
        ("\x1b[57442;5u\x1b[99;5u", Signal::SIGINT),
        ("\x1b[92;5u", Signal::SIGQUIT),
        ("\x1b[27;5;92~", Signal::SIGQUIT),
    ];
    for (keys, signal) in forms {
        for before in ["", "123", "12u", "\x1b[49u", "\x1b[", "\x1b[200~123"] {
            let mut prompted = start(&home);
            prompted.terminal.send(format!("{before}{keys}"));
            prompted.end().dies(signal);
        }
    }
    assert_eq!(sts.take_calls(), []);
}

/// Releasing it, Alt-C, and Ctrl-Z, which is ignored at the prompt.
fn what_is_not_ctrl_c_does_not_end_the_prompt() {
    for keys in ["\x1b[99;5:3u", "\x1b[99;3u", "\x1b[99;7u", "\x1b[122;5u", "\x1b[27;5;122~", "\x1b[27;3;99~\x08"] {
        signs_in_with(|code| format!("{keys}{code}\r"));
    }
}

// fault 171
fn ctrl_c_ends_the_prompt_of_a_process_that_ignores_sigint() {
    let (sts, _alice, home) = alice();
    for keys in ["\x1b[99;5u", "\x1b[27;5;99~"] {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]).arg(crate::support::program::binary()).args(ARGUMENTS);
        shell.env_clear().envs(&home.variables).current_dir(home.path());
        let mut prompted = PromptedRun::start_with(&home, shell, Stdio::null());
        prompted.terminal.send(keys);
        let outcome = prompted.end();
        assert_eq!((outcome.status.code(), outcome.stderr.as_str()), (Some(130), ""), "{outcome:?}");
        assert_eq!(outcome.stdout, crate::support::failure_statement::of("sh", 130));
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 171
fn ctrl_d_on_an_empty_line_is_no_input() {
    let (sts, _alice, home) = alice();
    for keys in ["\x1b[100;5u", "\x1b[27;5;100~", "\x1b[100;133:1u", "1\x7f\x1b[100;5u", "u\x7f\x04", "12\x15\x04"] {
        let mut prompted = start(&home);
        prompted.terminal.send(keys);
        prompted.end().fails(5, "no MFA code entered\n");
    }
    assert_eq!(sts.take_calls(), []);
    signs_in_with(|code| format!("{}\x1b[100;5u{}\r", &code[..2], &code[2..]));
}

// fault 171
fn keys_may_arrive_in_pieces() {
    let (sts, alice, home) = alice();
    let keys = |code: &str| typed("\x1b[D:33:D;129:1;Du", code) + "\x1b[13;129u";
    // One byte at a time; then with Ctrl-D, which makes the kernel deliver what there is, before every byte.
    for before in ["", "\x04"] {
        let code = sts.code(&alice.mfa_serial);
        let mut prompted = start(&home);
        for (at, byte) in keys(&code).bytes().enumerate() {
            if at > 0 && !before.is_empty() && !matches!(byte, b'\x1b') {
                prompted.terminal.send(before);
            }
            prompted.terminal.send([byte]);
        }
        prompted.end().signs_in();
    }
    for keys in ["\x1b[99;5u", "\x1b[27;5;99~"] {
        for at in 1..keys.len() {
            let mut prompted = start(&home);
            prompted.terminal.send(format!("1{}", &keys[..at]));
            prompted.terminal.send("\x04");
            prompted.terminal.send(&keys[at..]);
            prompted.end().dies(Signal::SIGINT);
        }
    }
}

fn works_with_echo() {
    let (sts, alice, mut home) = alice();
    home.set("MFA_ENV_ECHO", "1");
    for form in ["\x1b[Du", "\x1b[27;1;D~", "9\x7fD"] {
        let code = sts.code(&alice.mfa_serial);
        let mut prompted = PromptedRun::before_prompt(&home, Program::new(&home, ARGUMENTS).command(), Stdio::null());
        prompted.prompt();
        prompted.terminal.send(typed(form, &code) + "\x1b[13u");
        prompted.end_with_any_screen().signs_in();
    }
}

// fault 171
fn works_on_a_raw_terminal_with_other_control_characters() {
    for (settings, keys) in
        [("raw -iexten", "\x1b[99;5u"), ("eol x eol2 y intr ^X", "\x1b[120;5u"), ("-isig", "\x1b[27;5;99~")]
    {
        let (_sts, _alice, home) = alice();
        let mut command = Command::new("/bin/sh");
        let script = format!("stty {settings}; stty -g >before; \"$0\" \"$@\" >text; echo $? >status; stty -g >after");
        command.args(["-c", &format!("trap : INT; {script}")]).arg(crate::support::program::binary()).args(ARGUMENTS);
        command.env_clear().envs(&home.variables).current_dir(home.path());
        let mut terminal = Terminal::spawn(command);
        terminal.expect("MFA code");
        terminal.expect(": ");
        terminal.send(format!("12u\x7f{keys}"));
        terminal.wait();
        let read = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("a file");
        assert_eq!(read("status"), "130\n", "{settings}");
        assert_eq!(read("before"), read("after"), "{settings}");
    }
}

/// As the kernel's SIGINT does, which the shell receives as well.
fn ctrl_c_drops_the_line_of_the_shell() {
    in_every_shell(|shell_session| {
        let line = shell_session.sign_in_line_and("mfa-env main");
        // A terminal has two characters that deliver a line before its end. In PowerShell, Ctrl-C itself is one of them.
        let protocols = if shell_session.shell == Shell::Pwsh { 1 } else { 2 };
        for keys in ["\x1b[99;5u", "\x1b[27;5;99~"].into_iter().take(protocols) {
            shell_session.ask(&line);
            shell_session.terminal.send(format!("12{keys}"));
            shell_session.assert_failed();
        }
    });
}

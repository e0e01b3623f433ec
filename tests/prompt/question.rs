//! The prompt for the code: its text, the input it accepts, and when there is no prompt at all.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};
use std::io::{Seek, Write};
use std::process::{Command, Stdio};

trials![
    hides_the_code_and_signs_in,
    says_what_the_code_is_for,
    omits_the_endpoint_when_it_is_the_aws_default,
    escapes_control_characters_in_names,
    rejects_input_that_is_not_a_code,
    takes_empty_input_and_ctrl_d_as_no_code,
    accepts_a_code_with_blanks_and_corrections,
    rejects_a_paste_of_any_length,
    echoes_the_code_on_request,
    discards_input_typed_before_the_prompt,
    prompts_on_the_terminal_when_stdin_and_stdout_are_pipes,
    does_not_read_stdin,
    reads_a_code_from_stdin_without_a_terminal,
    fails_without_a_terminal,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

/// The prompt for `main`, without the preflight call.
fn start(home: &Home) -> PromptedRun<'_> {
    PromptedRun::start(home, ["main", "--shell", "sh", "--no-preflight"])
}

const NO_INPUT: &str = "no MFA code entered";
const NOT_A_CODE: &str = "that is not an MFA code: a code has six digits, 0 to 9";

// fault 32
fn hides_the_code_and_signs_in() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let outcome = PromptedRun::start(&home, ["main", "--shell", "sh"]).answer(&code);
    outcome.signs_in();
    let calls = sts.take_calls();
    let [who, session] = calls.as_slice() else { panic!("two calls: {calls:?}") };
    assert_eq!((who.action.as_str(), session.action.as_str()), ("GetCallerIdentity", "GetSessionToken"));
    assert_eq!(who.connection, session.connection, "the preflight opened another connection");
    assert_eq!(session.param("TokenCode"), Some(code.as_str()));
    assert_eq!(session.param("SerialNumber"), Some(alice.mfa_serial.as_str()));
}

fn says_what_the_code_is_for() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec { max_session_duration: 7200, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("prod", &admin, "duration_seconds = 7200")]);
    let to = format!("sent to {} (AWS_ENDPOINT_URL_STS)", sts.url().trim_start_matches("http://"));
    for (profile, what) in [("main", "12 h session for all roles"), ("prod", "2 h session as admin")] {
        let prompted = PromptedRun::start(&home, [profile, "--shell", "sh", "--no-preflight"]);
        assert_eq!(prompted.prompt, format!("MFA code for alice (123456789012), {what}, {to}: "));
        prompted.rejects_three_times("", NO_INPUT);
    }
    // A role of another account.
    let other = sts.add_role(
        "audit",
        RoleSpec { account: "210987654321".into(), max_session_duration: 14400, ..RoleSpec::default() },
    );
    let elsewhere = Home::with_user(&sts, &alice, &[("audit", &other, "duration_seconds = 14400")]);
    let prompted = PromptedRun::start(&elsewhere, ["audit", "--shell", "sh", "--no-preflight"]);
    let what = "4 h session as audit@210987654321";
    assert_eq!(prompted.prompt, format!("MFA code for alice (123456789012), {what}, {to}: "));
    prompted.rejects_three_times("", NO_INPUT);
    // There is an MFA session, which cannot be used for more than an hour.
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["main", &code, "--shell", "sh", "--no-preflight"]).signs_in().run();
    sts.take_calls();
    let prompted = PromptedRun::start(&home, ["prod", "--shell", "sh", "--no-preflight"]);
    let what = "2 h session as admin (more than 1 h needs its own code)";
    assert_eq!(prompted.prompt, format!("MFA code for alice (123456789012), {what}, {to}: "));
    prompted.rejects_three_times("", NO_INPUT);
    // Who asks for a new session has another reason.
    let prompted = PromptedRun::start(&home, ["prod", "--renew", "--shell", "sh", "--no-preflight"]);
    assert_eq!(prompted.prompt, format!("MFA code for alice (123456789012), 2 h session as admin, {to}: "));
    prompted.rejects_three_times("", NO_INPUT);
    // A role session of an hour comes from the MFA session. The serial of a hardware device contains no account.
    let arguments = ["prod", "-d1h", "--shell=sh", "--no-preflight", "--mfa-serial", "GAHT12345678"];
    let prompted = PromptedRun::start(&home, arguments);
    assert_eq!(prompted.prompt, format!("MFA code for GAHT12345678, 12 h session for all roles, {to}: "));
    prompted.rejects_three_times("", NO_INPUT);
    assert_eq!(sts.take_calls(), []);
}

fn omits_the_endpoint_when_it_is_the_aws_default() {
    let (_sts, _alice, mut home) = alice();
    home.variables.remove("AWS_ENDPOINT_URL_STS".as_ref() as &std::ffi::OsStr);
    // Without the preflight and without a code nothing is sent to the real endpoint.
    let prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    assert_eq!(prompted.prompt, "MFA code for alice (123456789012), 12 h session for all roles: ");
    prompted.rejects_three_times("", NO_INPUT);
}

// fault 31
fn escapes_control_characters_in_names() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    // A role ARN may contain any ASCII character except blanks, and a path anything except NUL.
    let role = "arn:aws:iam::123456789012:role/\x1b]0;pwn\x07\x1b[2Aadmin\x7f";
    let profiles = format!(
        "[profile main]\nmfa_serial = {}\n[profile prod]\nrole_arn = {role}\nsource_profile = main\n\
         duration_seconds = 7200\nendpoint_url = {}\n",
        alice.mfa_serial,
        sts.url()
    );
    let mut home = Home::with("", &credentials_section("main", &alice));
    let config = home.write("\u{1b}[31m\n\u{202e}config", profiles);
    home.set("AWS_CONFIG_FILE", config);
    let prompted = PromptedRun::start(&home, ["prod", "--shell", "sh", "--no-preflight"]);
    assert!(prompted.prompt.contains(", 2 h session as \\x1b]0;pwn\\x07\\x1b[2Aadmin\\x7f, sent to 127.0.0.1:"));
    assert!(prompted.prompt.ends_with("\\x1b[31m\\x0a\\u{202e}config:7): "), "{:?}", prompted.prompt);
    assert!(!prompted.prompt.contains(|c: char| c.is_control() || c == '\u{202e}'), "{:?}", prompted.prompt);
    prompted.rejects_three_times("", NO_INPUT);

    // A device serial with characters that STS does not allow is rejected before the prompt, and shown escaped.
    for serial in ["arn:aws:iam::123456789012:mfa/a\x1b[2Jb", "arn:aws:iam::123456789012:mfa/a\u{202e}b"] {
        home.write(".aws/hostile", format!("[profile main]\nmfa_serial = {serial}\n"));
        home.set("AWS_CONFIG_FILE", home.path().join(".aws/hostile"));
        let ran = Program::new(&home, ["main", "--shell", "sh"])
            .fails(3)
            .stdout(failure_statement::of("sh", 3))
            .says("mfa_serial")
            .run();
        assert!(!ran.stderr.contains(['\x1b', '\u{202e}']), "{:?}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
}

// faults 24, 25
fn rejects_input_that_is_not_a_code() {
    let (sts, _alice, home) = alice();
    let yubikey = "ccccccbcgujhingjrdejhgfnuetrgigvejhhgbkugded";
    for typed in [
        "12345",
        "1234567",
        "abcdef",
        "12345a",
        "１２３４５６",
        "١٢٣٤٥٦",
        "123-456",
        "-12345",
        "+12345",
        "123\u{a0}456",
        "\x1b[200~12345\x1b[201~",
        "\x1b[201~123456\x1b[200~",
        "123456\x1b[201~",
        "$(id)",
        yubikey,
    ] {
        let outcome = start(&home).rejects_three_times(typed, NOT_A_CODE);
        assert!(!outcome.stderr.contains(typed), "{typed}");
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 23
fn takes_empty_input_and_ctrl_d_as_no_code() {
    let (sts, _alice, home) = alice();
    for typed in ["", "   ", "\t"] {
        start(&home).rejects_three_times(typed, NO_INPUT);
    }
    // Ctrl-D ends the prompt.
    let mut prompted = start(&home);
    prompted.terminal.send_control('d');
    prompted.end().fails(5, "no MFA code entered\n");
    // Ctrl-D after some digits only flushes them to the program; a second one ends the input.
    let mut prompted = start(&home);
    prompted.rejects("12345", &format!("{NOT_A_CODE} (2 tries left)"));
    prompted.terminal.send_control('d');
    prompted.end().fails(5, "no MFA code entered\n");
    let mut prompted = start(&home);
    prompted.rejects("12345", &format!("{NOT_A_CODE} (2 tries left)"));
    prompted.rejects("", &format!("{NO_INPUT} (1 try left)"));
    prompted.terminal.send("123");
    prompted.terminal.send_control('d');
    prompted.terminal.send_control('d');
    prompted.end().fails(5, &format!("{NOT_A_CODE}\n"));
    assert_eq!(sts.take_calls(), []);
}

// faults 25, 171
fn accepts_a_code_with_blanks_and_corrections() {
    let variants: [fn(&str) -> String; 9] = [
        |code| format!("{} {}", &code[..3], &code[3..]),
        |code| format!(" {code} "),
        |code| format!("\t{}  {}\t", &code[..3], &code[3..]),
        // Ctrl-U and Backspace, which the kernel handles.
        |code| format!("99\x15{}7\x7f{}", &code[..2], &code[2..]),
        // Bracketed paste.
        |code| format!("\x1b[200~{code}\x1b[201~"),
        |code| format!("\x1b[200~ {} {}", &code[..3], &code[3..]),
        // The Backspace that is not the terminal's, and a keypad in application mode.
        |code| format!("9\x08{}7\x08{}", &code[..2], &code[2..]),
        |code| code.bytes().map(|digit| format!("\x1bO{}", char::from(b'p' + (digit - b'0')))).collect(),
        |code| format!("\x1bOq\x08{code}"),
    ];
    for typed in variants {
        let (sts, alice, home) = alice();
        let code = sts.code(&alice.mfa_serial);
        start(&home).answer(&typed(&code)).signs_in();
        let calls = sts.take_calls();
        let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
        assert_eq!(call.param("TokenCode"), Some(code.as_str()));
    }
}

// fault 26
fn rejects_a_paste_of_any_length() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    for paste in ["7".repeat(10_000_000), format!("{code}{}x", " ".repeat(300)), format!("{code}{}", "7".repeat(5000))]
    {
        start(&home).rejects_three_times(&paste, NOT_A_CODE);
    }
    // A long line on stdin.
    let paste = format!("{code}{}x\n", " ".repeat(2000));
    Program::new(&home, ["main", "--code", "-", "--shell", "sh"])
        .stdin(paste)
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says("that is not an MFA code: a code has six digits")
        .run();
    assert_eq!(sts.take_calls(), []);
}

// fault 32
fn echoes_the_code_on_request() {
    let (sts, alice, mut home) = alice();
    let code = sts.code(&alice.mfa_serial);
    home.set("MFA_ENV_ECHO", "1");
    let command = Program::new(&home, ["main", "--shell", "sh", "--no-cache"]).command();
    let mut prompted = PromptedRun::before_prompt(&home, command, Stdio::null());
    prompted.prompt();
    assert!(prompted.stty().echo());
    prompted.terminal.send_line(&code);
    let expected = format!("{}{code}\r\n", prompted.prompt);
    let outcome = prompted.end_with_any_screen();
    outcome.signs_in();
    assert_eq!(outcome.screen, expected);

    // Any other value hides it.
    home.set("MFA_ENV_ECHO", "0");
    start(&home).rejects_three_times("12345", NOT_A_CODE);
}

fn discards_input_typed_before_the_prompt() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let code = sts.code(&alice.mfa_serial);
    // The program starts while a typed line is still unread.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "read go; exec mfa-env main --shell sh"]);
    command.env_clear().envs(&home.variables).env("PATH", path_with_program());
    let mut prompted = PromptedRun::before_prompt(&home, command, Stdio::piped());
    prompted.terminal.send_line(&wrong);
    prompted.terminal.expect("\n");
    prompted.terminal.stdin.take().expect("piped").write_all(b"go\n").expect("the shell reads");
    prompted.prompt();
    prompted.terminal.send_line(&code);
    let prompt = prompted.prompt.clone();
    let outcome = prompted.end_with_any_screen();
    assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
    assert!(outcome.screen.ends_with(&format!("{prompt}\r\n")), "{outcome:?}");
    let calls = sts.take_calls();
    assert_eq!(calls.last().and_then(|call| call.param("TokenCode")), Some(code.as_str()));
    assert_eq!(calls.len(), 2, "{calls:?}");
}

// fault 30
fn prompts_on_the_terminal_when_stdin_and_stdout_are_pipes() {
    let (sts, alice, home) = alice();
    let command = Program::new(&home, ["main", "--format", "json"]).command();
    let outcome = PromptedRun::start_with(&home, command, Stdio::piped()).answer(&sts.code(&alice.mfa_serial));
    assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
    let object: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("stdout is JSON and nothing else");
    assert_eq!(object["AWS_ACCESS_KEY_ID"], sts.sessions()[0].access_key_id.as_str());
    assert_eq!(outcome.stdout.lines().count(), 1);
}

// fault 29
fn does_not_read_stdin() {
    let (sts, alice, home) = alice();
    let mut data = tempfile::tempfile().expect("a file");
    data.write_all(b"000000\nmore\n").expect("data");
    data.rewind().expect("a file");
    let stdin = Stdio::from(data.try_clone().expect("a file"));
    let command = Program::new(&home, ["main", "--shell", "sh"]).command();
    PromptedRun::start_with(&home, command, stdin).answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(data.stream_position().expect("a position"), 0);
}

// fault 27
fn reads_a_code_from_stdin_without_a_terminal() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let mut data = tempfile::tempfile().expect("a file");
    data.write_all(format!("{code}\nfor the next reader\n").as_bytes()).expect("data");
    data.rewind().expect("a file");
    let mut command = Program::new(&home, ["main", "--code", "-", "--shell", "sh", "--quiet"]).command();
    command.stdin(data.try_clone().expect("a file"));
    let printed = crate::support::shells::finish(command).ok();
    assert!(String::from_utf8_lossy(&printed).contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{}", printed.escape_ascii());
    assert_eq!(data.stream_position().expect("a position"), 7, "one line is read");
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!(call.param("TokenCode"), Some(code.as_str()));

    // Input that is not a code is not shown: it may be a secret piped in by mistake.
    for (stdin, message) in [
        ("", "no MFA code on stdin\n"),
        ("\n123456\n", "that is not an MFA code"),
        ("12345\n", "that is not an MFA code"),
        ("secret-in-a-pipe\n", "that is not an MFA code"),
    ] {
        let run = Program::new(&home, ["main", "--code", "-", "--shell", "sh"]).stdin(stdin).fails(5);
        let ran = run.stdout(failure_statement::of("sh", 5)).says(message).run();
        assert!(!ran.stderr.contains("12345\n") && !ran.stderr.contains("secret"), "{}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 27
fn fails_without_a_terminal() {
    let (sts, _alice, home) = alice();
    let ran = Program::new(&home, ["main", "--shell", "sh"])
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says("mfa-env: an MFA code is needed, but there is no terminal to prompt on\n")
        .says("--code CODE")
        .says("--code -")
        .says("sign in from a terminal first")
        .run();
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
    assert_eq!(sts.take_calls(), []);
}

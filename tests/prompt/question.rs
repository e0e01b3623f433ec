//! The question for the code: what it says, what it takes for an answer, and when it is not asked at all.

#![cfg(unix)]

use crate::support::home::{Home, keys_of};
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};
use std::io::{Seek, Write};
use std::process::{Command, Stdio};

trials![
    asks_hides_and_signs_in,
    says_what_the_code_is_for,
    names_no_endpoint_that_is_aws_own,
    stays_one_line_whatever_the_names,
    refuses_what_is_no_code,
    hears_nothing_as_no_code,
    takes_a_code_with_blanks_and_corrections,
    refuses_a_paste_of_any_length,
    shows_the_code_when_told_to,
    forgets_what_was_typed_before_the_prompt,
    prompts_on_the_terminal_of_a_child_with_pipes,
    leaves_stdin_to_others,
    needs_no_terminal_for_a_code_on_stdin,
    fails_at_once_without_a_terminal,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

/// The prompt of `main`, with no call but the one that a code makes.
fn start(home: &Home) -> PromptedRun<'_> {
    PromptedRun::start(home, ["main", "--shell", "sh", "--no-preflight"])
}

const NOTHING: &str = "no MFA code entered";
const NO_CODE: &str = "that is not an MFA code: a code has six digits, 0 to 9";

// fault 32
pub fn asks_hides_and_signs_in() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let asked = PromptedRun::start(&home, ["main", "--shell", "sh"]).answer(&code);
    asked.signs_in();
    let calls = sts.take_calls();
    let [who, session] = calls.as_slice() else { panic!("two calls: {calls:?}") };
    assert_eq!((who.action.as_str(), session.action.as_str()), ("GetCallerIdentity", "GetSessionToken"));
    assert_eq!(who.connection, session.connection, "the preflight made the connection ready");
    assert_eq!(session.param("TokenCode"), Some(code.as_str()));
    assert_eq!(session.param("SerialNumber"), Some(alice.mfa_serial.as_str()));
}

pub fn says_what_the_code_is_for() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec { max_session_duration: 7200, ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("prod", &admin, "duration_seconds = 7200")]);
    let to = format!("sent to {} (AWS_ENDPOINT_URL_STS)", sts.url().trim_start_matches("http://"));
    for (profile, what) in [("main", "12 h session for all roles"), ("prod", "2 h session as admin")] {
        let asking = PromptedRun::start(&home, [profile, "--shell", "sh", "--no-preflight"]);
        assert_eq!(asking.prompt, format!("MFA code for alice (123456789012), {what}, {to}: "));
        asking.refused_thrice("", NOTHING);
    }
    // A role of another account.
    let other = sts.add_role(
        "audit",
        RoleSpec { account: "210987654321".into(), max_session_duration: 14400, ..RoleSpec::default() },
    );
    let elsewhere = Home::signed_up(&sts, &alice, &[("audit", &other, "duration_seconds = 14400")]);
    let asking = PromptedRun::start(&elsewhere, ["audit", "--shell", "sh", "--no-preflight"]);
    let what = "4 h session as audit@210987654321";
    assert_eq!(asking.prompt, format!("MFA code for alice (123456789012), {what}, {to}: "));
    asking.refused_thrice("", NOTHING);
    // A role for an hour is assumed from the session of all roles. A hardware device says no account.
    let arguments = ["prod", "-d1h", "--shell=sh", "--no-preflight", "--mfa-serial", "GAHT12345678"];
    let asking = PromptedRun::start(&home, arguments);
    assert_eq!(asking.prompt, format!("MFA code for GAHT12345678, 12 h session for all roles, {to}: "));
    asking.refused_thrice("", NOTHING);
    assert_eq!(sts.take_calls(), []);
}

pub fn names_no_endpoint_that_is_aws_own() {
    let (_sts, _alice, mut home) = alice();
    home.variables.remove("AWS_ENDPOINT_URL_STS".as_ref() as &std::ffi::OsStr);
    // Without the preflight and without an answer nothing is sent there.
    let asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    assert_eq!(asking.prompt, "MFA code for alice (123456789012), 12 h session for all roles: ");
    asking.refused_thrice("", NOTHING);
}

// fault 31
pub fn stays_one_line_whatever_the_names() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    // Through the check of role ARNs comes what is ASCII and no blank; a path may be anything but NUL.
    let role = "arn:aws:iam::123456789012:role/\x1b]0;pwn\x07\x1b[2Aadmin\x7f";
    let profiles = format!(
        "[profile main]\nmfa_serial = {}\n[profile prod]\nrole_arn = {role}\nsource_profile = main\n\
         duration_seconds = 7200\nendpoint_url = {}\n",
        alice.mfa_serial,
        sts.url()
    );
    let mut home = Home::with("", &keys_of("main", &alice));
    let config = home.write("\u{1b}[31m\n\u{202e}config", profiles);
    home.set("AWS_CONFIG_FILE", config);
    let asking = PromptedRun::start(&home, ["prod", "--shell", "sh", "--no-preflight"]);
    assert!(asking.prompt.contains(", 2 h session as \\x1b]0;pwn\\x07\\x1b[2Aadmin\\x7f, sent to 127.0.0.1:"));
    assert!(asking.prompt.ends_with("\\x1b[31m\\x0a\\u{202e}config:7): "), "{:?}", asking.prompt);
    assert!(!asking.prompt.contains(|c: char| c.is_control() || c == '\u{202e}'), "{:?}", asking.prompt);
    asking.refused_thrice("", NOTHING);

    // The device's name is held to STS's characters, so it is refused, and shown harmless, before anything is asked.
    for serial in ["arn:aws:iam::123456789012:mfa/a\x1b[2Jb", "arn:aws:iam::123456789012:mfa/a\u{202e}b"] {
        home.write(".aws/hostile", format!("[profile main]\nmfa_serial = {serial}\n"));
        home.set("AWS_CONFIG_FILE", home.path().join(".aws/hostile"));
        let ran =
            Program::new(&home, ["main", "--shell", "sh"]).fails(3).stdout("(exit 3);\n").says("mfa_serial").run();
        assert!(!ran.stderr.contains(['\x1b', '\u{202e}']), "{:?}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
}

// faults 24, 25
pub fn refuses_what_is_no_code() {
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
        let asked = start(&home).refused_thrice(typed, NO_CODE);
        assert!(!asked.stderr.contains(typed), "{typed}");
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 23
pub fn hears_nothing_as_no_code() {
    let (sts, _alice, home) = alice();
    for typed in ["", "   ", "\t"] {
        start(&home).refused_thrice(typed, NOTHING);
    }
    // Ctrl-D is no answer: it ends the question.
    let mut asking = start(&home);
    asking.terminal.send_control('d');
    asking.end().fails(5, "no MFA code entered\n");
    // Behind a part of a code Ctrl-D hands that part over, and a second one ends the answer.
    let mut asking = start(&home);
    asking.refused("12345", &format!("{NO_CODE} (2 tries left)"));
    asking.terminal.send_control('d');
    asking.end().fails(5, "no MFA code entered\n");
    let mut asking = start(&home);
    asking.refused("12345", &format!("{NO_CODE} (2 tries left)"));
    asking.refused("", &format!("{NOTHING} (1 try left)"));
    asking.terminal.send("123");
    asking.terminal.send_control('d');
    asking.terminal.send_control('d');
    asking.end().fails(5, &format!("{NO_CODE}\n"));
    assert_eq!(sts.take_calls(), []);
}

// fault 25
pub fn takes_a_code_with_blanks_and_corrections() {
    let with_blanks: [fn(&str) -> String; 6] = [
        |code| format!("{} {}", &code[..3], &code[3..]),
        |code| format!(" {code} "),
        |code| format!("\t{}  {}\t", &code[..3], &code[3..]),
        // The keys of line editing are the kernel's: rub out, and start again.
        |code| format!("99\x15{}7\x7f{}", &code[..2], &code[2..]),
        // What a terminal puts around a paste.
        |code| format!("\x1b[200~{code}\x1b[201~"),
        |code| format!("\x1b[200~ {} {}", &code[..3], &code[3..]),
    ];
    for typed in with_blanks {
        let (sts, alice, home) = alice();
        let code = sts.code(&alice.mfa_serial);
        start(&home).answer(&typed(&code)).signs_in();
        let calls = sts.take_calls();
        let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
        assert_eq!(call.param("TokenCode"), Some(code.as_str()));
    }
}

// fault 26
pub fn refuses_a_paste_of_any_length() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    for paste in ["7".repeat(10_000_000), format!("{code}{}x", " ".repeat(300)), format!("{code}{}", "7".repeat(5000))]
    {
        start(&home).refused_thrice(&paste, NO_CODE);
    }
    // As long, from stdin.
    let paste = format!("{code}{}x\n", " ".repeat(2000));
    Program::new(&home, ["main", "--code", "-", "--shell", "sh"])
        .stdin(paste)
        .fails(5)
        .stdout("(exit 5);\n")
        .says("that is not an MFA code: a code has six digits")
        .run();
    assert_eq!(sts.take_calls(), []);
}

// fault 32
pub fn shows_the_code_when_told_to() {
    let (sts, alice, mut home) = alice();
    let code = sts.code(&alice.mfa_serial);
    home.set("MFA_ENV_ECHO", "1");
    let command = Program::new(&home, ["main", "--shell", "sh", "--no-cache"]).command();
    let mut asking = PromptedRun::before_prompt(&home, command, Stdio::null());
    asking.prompt();
    assert!(asking.stty().echo());
    asking.terminal.send_line(&code);
    let expected = format!("{}{code}\r\n", asking.prompt);
    let asked = asking.end_showing();
    asked.signs_in();
    assert_eq!(asked.screen, expected);

    // Any other value hides it.
    home.set("MFA_ENV_ECHO", "0");
    start(&home).refused_thrice("12345", NO_CODE);
}

pub fn forgets_what_was_typed_before_the_prompt() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let code = sts.code(&alice.mfa_serial);
    // The program starts behind a line that is still unread.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "read go; exec mfa-env main --shell sh"]);
    command.env_clear().envs(&home.variables).env("PATH", path_with_program());
    let mut asking = PromptedRun::before_prompt(&home, command, Stdio::piped());
    asking.terminal.send_line(&wrong);
    asking.terminal.expect("\n");
    asking.terminal.stdin.take().expect("piped").write_all(b"go\n").expect("the shell reads");
    asking.prompt();
    asking.terminal.send_line(&code);
    let prompt = asking.prompt.clone();
    let asked = asking.end_showing();
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    assert!(asked.screen.ends_with(&format!("{prompt}\r\n")), "{asked:?}");
    let calls = sts.take_calls();
    assert_eq!(calls.last().and_then(|call| call.param("TokenCode")), Some(code.as_str()));
    assert_eq!(calls.len(), 2, "{calls:?}");
}

// fault 30
pub fn prompts_on_the_terminal_of_a_child_with_pipes() {
    let (sts, alice, home) = alice();
    let command = Program::new(&home, ["main", "--format", "json"]).command();
    let asked = PromptedRun::start_with(&home, command, Stdio::piped()).answer(&sts.code(&alice.mfa_serial));
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    let object: serde_json::Value = serde_json::from_str(&asked.stdout).expect("stdout is JSON and nothing else");
    assert_eq!(object["AWS_ACCESS_KEY_ID"], sts.sessions()[0].access_key_id.as_str());
    assert_eq!(asked.stdout.lines().count(), 1);
}

// fault 29
pub fn leaves_stdin_to_others() {
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
pub fn needs_no_terminal_for_a_code_on_stdin() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    let mut data = tempfile::tempfile().expect("a file");
    data.write_all(format!("{code}\nfor the next reader\n").as_bytes()).expect("data");
    data.rewind().expect("a file");
    let mut command = Program::new(&home, ["main", "--code", "-", "--shell", "sh", "--quiet"]).command();
    command.stdin(data.try_clone().expect("a file"));
    let printed = crate::support::shells::finish(command).ok();
    assert!(printed.starts_with(b"export AWS_ACCESS_KEY_ID='ASIA"), "{}", printed.escape_ascii());
    assert_eq!(data.stream_position().expect("a position"), 7, "one line is read");
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!(call.param("TokenCode"), Some(code.as_str()));

    // What is no code is not repeated: it may be a secret that was led here by mistake.
    for (stdin, says) in [
        ("", "no MFA code on stdin\n"),
        ("\n123456\n", "that is not an MFA code"),
        ("12345\n", "that is not an MFA code"),
        ("secret-in-a-pipe\n", "that is not an MFA code"),
    ] {
        let run = Program::new(&home, ["main", "--code", "-", "--shell", "sh"]).stdin(stdin).fails(5);
        let ran = run.stdout("(exit 5);\n").says(says).run();
        assert!(!ran.stderr.contains("12345\n") && !ran.stderr.contains("secret"), "{}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 27
pub fn fails_at_once_without_a_terminal() {
    let (sts, _alice, home) = alice();
    let ran = Program::new(&home, ["main", "--shell", "sh"])
        .fails(5)
        .stdout("(exit 5);\n")
        .says("mfa-env: an MFA code is needed, but there is no terminal to ask for it\n")
        .says("--code CODE")
        .says("--code -")
        .says("sign in from a terminal first")
        .run();
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
    assert_eq!(sts.take_calls(), []);
}

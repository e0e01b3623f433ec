//! `exec`: which words are whose, what the command sees, and what is found out before anything is asked.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::Terminal;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

trials![
    arguments_reach_the_command_unchanged,
    the_command_begins_where_the_arguments_of_mfa_env_end,
    the_status_is_that_of_the_command,
    the_program_is_found_before_anything_is_asked,
    the_environment_is_that_of_the_session,
    an_inner_session_replaces_the_outer_one,
    starts_the_calling_shell_without_a_command,
    asks_on_the_terminal_and_leaves_it_to_the_command,
    the_command_inherits_what_is_ignored,
    no_input_asks_nothing_and_waits_for_nobody,
    the_function_runs_commands_in_every_shell,
];

/// alice, the role `reader` that needs no code, and the role `admin`.
fn home() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let (reader, admin) = (sts.add_role("reader", RoleSpec::default()), sts.add_role("admin", RoleSpec::default()));
    let mut home = Home::with_user(&sts, &alice, &[("admin", &admin, "region = eu-west-3\n")]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let plain = format!("[profile plain]\nrole_arn = {reader}\nsource_profile = keys\n[profile keys]\n");
    home.write(".aws/config", config + &plain);
    let keys = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/credentials", keys + &credentials_section("keys", &alice));
    home.set("PATH", std::env::var_os("PATH").expect("PATH"));
    (sts, alice, home)
}

// fault 126
fn arguments_reach_the_command_unchanged() {
    let (_sts, _alice, home) = home();
    let words: Vec<OsString> = ["--help", "-v", "", "--", "-p", "plain", "123456", "a b", "$HOME", "*", "ü"]
        .into_iter()
        .map(OsString::from)
        .chain([OsStr::from_bytes(b"\xff\xfe=\x01\n").to_owned()])
        .collect();
    let script = "for word; do printf '%s\\0' \"$word\"; done >words";
    for start in [&["exec", "plain"][..], &["exec", "plain", "--"], &["exec", "-p", "plain", "-q", "--"]] {
        let command = ["sh", "-c", script, "name"].map(OsString::from);
        let all = start.iter().map(OsString::from).chain(command).chain(words.iter().cloned());
        let outcome = shells::finish(Program::new(&home, all).command());
        assert!(outcome.status.success(), "{start:?}: {outcome}");
        let seen = std::fs::read(home.path().join("words")).expect("a file");
        let expected: Vec<u8> = words.iter().flat_map(|w| w.as_bytes().iter().copied().chain([0])).collect();
        assert_eq!(seen, expected, "{start:?}");
    }
    // The name is the one that was typed, as in a shell.
    let ran = Program::new(&home, ["exec", "plain", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline | cut -c1-5"]);
    ran.stdout("sh -c\n").run();
}

fn the_command_begins_where_the_arguments_of_mfa_env_end() {
    let (sts, alice, home) = home();
    let code = || {
        sts.advance(60);
        sts.code(&alice.mfa_serial)
    };
    let cases: [&[&str]; 9] = [
        &["admin", "CODE"],
        &["CODE", "admin"],
        &["admin", "-c", "CODE"],
        &["admin", "--code=CODE", "-q"],
        &["-cCODE", "admin", "-r", "eu-west-3"],
        &["-p", "admin", "CODE"],
        &["CODE", "-p", "admin", "--"],
        &["-qp", "admin", "-c", "CODE"],
        &["admin", "CODE", "--duration", "1h", "--"],
    ];
    for case in cases {
        // A code is used only if there is no session.
        let _ = std::fs::remove_dir_all(home.path().join(".cache"));
        let code = code();
        let words = case.iter().map(|word| word.replace("CODE", &code));
        let all = ["exec".to_owned()].into_iter().chain(words).chain(["printenv", "MFA_ENV_PROFILE"].map(String::from));
        Program::new(&home, all).env("MFA_ENV_SILENCE", "clock-offset").stdout("admin\n").run();
        let calls = sts.take_calls();
        assert!(calls.iter().any(|call| call.param("TokenCode") == Some(&code)), "{case:?}");
    }
    // The first word is a profile, never a command, and nothing runs in its place.
    Program::new(&home, ["exec", "true"]).fails(3).stdout("").says("profile `true` not found\n").run();
    Program::new(&home, ["exec", "plain", "--nosuch", "true"]).fails(2).stdout("").says("--nosuch").run();
}

// fault 123
fn the_status_is_that_of_the_command() {
    let (_sts, _alice, home) = home();
    let run =
        |words: &[&str]| shells::finish(Program::new(&home, ["exec", "plain"].iter().chain(words).copied()).command());
    assert_eq!(run(&["sh", "-c", "exit 3"]).status.code(), Some(3));
    assert_eq!(run(&["sh", "-c", "kill -9 $$"]).status.signal(), Some(9));
    assert_eq!(run(&["true"]).stderr, b"");
    // A script without `#!` is run by sh, as shells do it.
    let script = home.write("script", "echo plain $1\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!(run(&["./script", "text"]).stdout, b"plain text\n");
}

// faults 123, 193
fn the_program_is_found_before_anything_is_asked() {
    let (sts, alice, home) = home();
    home.write("text", "x");
    std::fs::create_dir(home.path().join("directory")).expect("a directory");
    let code = sts.code(&alice.mfa_serial);
    for (program, status) in [
        ("nosuch", 127),
        ("", 127),
        ("./nosuch", 127),
        ("/no/such", 127),
        ("text/x", 127),
        ("./text", 126),
        ("./directory", 126),
    ] {
        let ran = Program::new(&home, ["exec", "admin", "-c", &code, "--", program, "x"]);
        ran.fails(status).stdout("").says(format!("`{program}`")).run();
    }
    assert_eq!(sts.take_calls(), []);
    // A directory on PATH that cannot be executed from does not hide the next one.
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").expect("PATH"));
    home.write("true", "");
    Program::new(&home, ["exec", "plain", "true"]).env("PATH", path).run();
}

// fault 125
fn the_environment_is_that_of_the_session() {
    let (_sts, _alice, mut home) = home();
    home.set("AWS_PROFILE", "admin").set("AWS_SECURITY_TOKEN", "old").set("AWS_VAULT", "old");
    home.set("AWS_ACCESS_KEY_ID", "AKIAOLDOLDOLDOLDOLD1").set("AWS_SECRET_ACCESS_KEY", "old").set("OTHER", "kept");
    let dump = env_dump::dump("seen");
    let outcome = shells::finish(Program::new(&home, ["exec", "plain", "sh", "-c", &dump]).command());
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("[keys-replaced]"), "{outcome}");
    let seen = env_dump::read(&home.path().join("seen"));
    assert!(seen["AWS_ACCESS_KEY_ID"].starts_with(b"ASIA"), "{seen:?}");
    assert_eq!(seen["OTHER"], b"kept");
    for name in ["AWS_PROFILE", "AWS_SECURITY_TOKEN", "AWS_VAULT"] {
        assert!(!seen.contains_key(name), "{name} is still set");
    }
}

// fault 127
fn an_inner_session_replaces_the_outer_one() {
    let (sts, alice, mut home) = home();
    let code = sts.code(&alice.mfa_serial);
    let program = binary();
    let program = program.to_str().expect("UTF-8");
    let inner = [
        "exec",
        "admin",
        "-c",
        &code,
        "--",
        program,
        "exec",
        "plain",
        "--",
        "printenv",
        "MFA_ENV_PROFILE",
        "AWS_REGION",
    ];
    let outcome = shells::finish(Program::new(&home, inner).command());
    // `plain` has no region, and that of `admin` is not left behind.
    assert_eq!(outcome.stdout, b"plain\n", "{outcome}");
    // In a shell that is signed in as well.
    Program::new(&home, ["admin", "--format", "json", "-q"]).run().apply_to(&mut home);
    Program::new(&home, ["exec", "plain", "printenv", "MFA_ENV_PROFILE"]).stdout("plain\n").run();
    Program::new(&home, ["exec", "--", "printenv", "MFA_ENV_PROFILE"]).stdout("admin\n").run();
}

fn starts_the_calling_shell_without_a_command() {
    let (_sts, _alice, home) = home();
    for shell in ["bash", "zsh", "dash", "fish"]
        .into_iter()
        .filter(|shell| shells::installed().iter().any(|installed| installed.name() == *shell))
    {
        let mut caller = Command::new(shell);
        let line = "\"$MFA_ENV\" exec plain; echo \"back $MFA_ENV_PROFILE.\"";
        let line = if shell == "fish" { "$MFA_ENV exec plain; echo \"back $MFA_ENV_PROFILE.\"" } else { line };
        caller.args(["-c", line]).env_clear().envs(&home.variables).current_dir(home.path());
        caller.env("MFA_ENV", binary()).env("SHELL", "/bin/false").env("TERM", "dumb");
        let mut terminal = Terminal::spawn(caller);
        terminal.expect(" left");
        terminal.send_line("echo in $MFA_ENV_PROFILE; sh -c 'ps -o comm= -p $PPID'; exit");
        terminal.expect("in plain");
        terminal.expect(shell);
        terminal.expect("back .");
        terminal.wait();
    }
}

/// The code is asked for while stdin, stdout and stderr belong to the command.
fn asks_on_the_terminal_and_leaves_it_to_the_command() {
    let (sts, alice, home) = home();
    let command = Program::new(&home, ["exec", "admin", "sh", "-c", "read x; echo \"$x $MFA_ENV_PROFILE\""]).command();
    let mut stdin = tempfile::tempfile().expect("a file");
    std::io::Write::write_all(&mut stdin, b"123456\n").expect("stdin");
    std::io::Seek::rewind(&mut stdin).expect("stdin");
    let mut run = PromptedRun::start_with(&home, command, Stdio::from(stdin));
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert_eq!((outcome.status.code(), outcome.stdout.as_str()), (Some(0), "123456 admin\n"), "{outcome:?}");
}

// fault 124
fn the_command_inherits_what_is_ignored() {
    let (_sts, _alice, home) = home();
    let program = binary();
    let line = format!("trap '' XFSZ TSTP HUP; exec '{}' exec plain cat /proc/self/status", program.display());
    let mut shell = Command::new("/bin/bash");
    shell.args(["-c", &line]).env_clear().envs(&home.variables).current_dir(home.path());
    let ignored = |outcome: &shells::Outcome| {
        let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask").trim().to_owned();
        u64::from_str_radix(&mask, 16).expect("a hexadecimal number")
    };
    let with = ignored(&shells::finish(shell));
    let without =
        ignored(&shells::finish(Program::new(&home, ["exec", "plain", "cat", "/proc/self/status"]).command()));
    for signal in [nix::libc::SIGXFSZ, nix::libc::SIGTSTP, nix::libc::SIGHUP] {
        assert_ne!(with & 1 << (signal - 1), 0, "signal {signal} was ignored");
        assert_eq!(without & 1 << (signal - 1), 0, "signal {signal} was not ignored");
    }
}

fn no_input_asks_nothing_and_waits_for_nobody() {
    let (sts, alice, home) = home();
    let says = "mfa-env: an MFA code is needed, but nobody can be asked for it\n  sign in first, in a terminal: aws-mfa admin\n  \
                the device is set at ~/.aws/config:2; for a role that needs no MFA, add --mfa-serial none\n";
    for words in [&["exec", "admin", "--no-input", "true"][..], &["exec", "-qp", "admin", "--no-input", "--", "true"]] {
        let terminal = Terminal::spawn(Program::new(&home, words.iter().copied()).command());
        let status = terminal.wait();
        assert_eq!(status.code(), Some(5), "{}", terminal.output());
        assert_eq!(terminal.output().replace("\r\n", "\n"), says);
    }
    assert_eq!(sts.take_calls(), []);
    // While somebody is asked in another terminal.
    let mut run =
        PromptedRun::start_with(&home, Program::new(&home, ["admin", "--shell", "sh"]).command(), Stdio::null());
    let waiting = Program::new(&home, ["exec", "admin", "--no-input", "true"]).command();
    let outcome = shells::finish(waiting);
    assert_eq!(outcome.status.code(), Some(5), "{outcome}");
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    assert!(run.end_with_any_screen().status.success());
    // A session that is there needs no input.
    Program::new(&home, ["exec", "admin", "--no-input", "true"]).run();
}

/// The function passes everything on; PowerShell drops the `--`, which is not needed.
fn the_function_runs_commands_in_every_shell() {
    let (_sts, _alice, mut home) = home();
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    for &shell in shells::installed() {
        let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
        let f = shell.function_name();
        let status = if shell == Shell::Pwsh {
            "$LASTEXITCODE"
        } else if shell == Shell::Fish {
            "$status"
        } else {
            "$?"
        };
        for dashes in ["", "-- "] {
            let script = format!(
                "{init}\n{f} exec plain -q {dashes}sh -c 'printf \"<%s>\" \"$MFA_ENV_PROFILE\" \"$@\"; exit 3' n -auto-approve --x=1 'a b'\n\
                 echo \"status {status} $MFA_ENV_PROFILE.\""
            );
            let outcome = shell.run(&script, &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
            assert!(stdout.contains("<plain><-auto-approve><--x=1><a b>status 3 ."), "{shell}: {outcome}");
            assert_eq!(outcome.stderr, b"", "{shell}: {outcome}");
        }
    }
}

//! A fatal signal prints the failure statement before the process dies of it. stdout carries that or all statements,
//! never nothing.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Outcome, Running};
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use crate::support::summary;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

trials![
    prints_the_failure_statement_of_each_dialect,
    prints_the_failure_statement_on_every_fatal_signal,
    a_signal_during_the_final_write_leaves_no_partial_output,
    keeps_ignoring_signals_that_were_ignored_at_start,
    a_signal_between_the_response_and_the_cache_loses_no_code,
    a_signal_after_a_rejection_ends_the_sign_in,
];

const TIMEOUT: Duration = Duration::from_secs(20);

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("PATH", path_with_program()).set("AWS_ACCESS_KEY_ID", "old");
    (sts, alice, home)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The program while it waits for a response from STS.
fn waiting_for_sts(sts: &Sts, command: Command) -> (Running, Gate) {
    let gate = Gate::new();
    sts.take_calls();
    sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
    let running = shells::start(command);
    assert!(sts.wait_for_calls(1, TIMEOUT));
    (running, gate)
}

fn killed(sts: &Sts, command: Command, signal: Signal) -> Outcome {
    let (running, gate) = waiting_for_sts(sts, command);
    kill(Pid::from_raw(running.pid().cast_signed()), signal).expect("the program is running");
    let ran = running.finish();
    gate.open();
    ran
}

// fault 19
fn prints_the_failure_statement_of_each_dialect() {
    for name in ["bash", "zsh", "sh", "dash", "ksh", "mksh", "ash", "posix", "fish", "powershell", "pwsh"] {
        let (sts, _alice, home) = alice();
        for (options, expected) in [
            (vec!["--shell", name], failure_statement::of(name, 143)),
            (vec!["--format", "json", "--shell", name], String::new()),
            (vec!["--format=env-file"], String::new()),
        ] {
            let arguments = ["main", "123456"].into_iter().chain(options);
            let ran = killed(&sts, Program::new(&home, arguments).command(), Signal::SIGTERM);
            assert_eq!(ran.status.signal(), Some(Signal::SIGTERM as i32), "{name}: {ran}");
            assert_eq!((text(&ran.stdout), text(&ran.stderr)), (expected, String::new()), "{name}");
        }
    }
}

/// Whether the default action of a signal is something other than ending the process.
fn is_not_fatal(signal: Signal) -> bool {
    use Signal::{SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
    // Outside Linux these are ignored by default.
    let elsewhere = cfg!(not(target_os = "linux")) && matches!(signal.as_str(), "SIGIO" | "SIGINFO");
    elsewhere || matches!(signal, SIGCHLD | SIGCONT | SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU | SIGURG | SIGWINCH)
}

// fault 19
fn prints_the_failure_statement_on_every_fatal_signal() {
    let (sts, _alice, home) = alice();
    for signal in Signal::iterator().filter(|signal| !is_not_fatal(*signal)) {
        let ran = match signal {
            // SIGKILL cannot be caught. SIGPIPE means that nothing reads stdout, and SIGXFSZ that a file is too large:
            // both are ignored, and the write fails.
            Signal::SIGKILL | Signal::SIGPIPE | Signal::SIGXFSZ => continue,
            signal => killed(&sts, Program::new(&home, ["main", "123456", "--shell", "sh"]).command(), signal),
        };
        assert_eq!(ran.status.signal(), Some(signal as i32), "{signal}: {ran}");
        assert_eq!(text(&ran.stdout), failure_statement::of("sh", 128 + signal as i32), "{signal}");
        assert_eq!(text(&ran.stderr), "", "{signal}");
        assert!(!ran.status.core_dumped(), "{signal}");
    }
}

/// A signal during the write to stdout: the shell gets either all statements or the failure statement.
// fault 19
fn a_signal_during_the_final_write_leaves_no_partial_output() {
    for _ in 0..10 {
        let (sts, alice, home) = alice();
        let (mut reader, writer) = full_pipe();
        let code = sts.code(&alice.mfa_serial);
        let mut command = Program::new(&home, ["main", &code, "--shell", "sh"]).command();
        shells::own_session(&mut command);
        let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(command);
        // The summary comes right before the statements, and the write of those blocks on the full pipe.
        let mut printed_so_far = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        while !summary::is_in(&printed_so_far, "main") {
            assert_ne!(stderr.read_line(&mut printed_so_far).expect("UTF-8"), 0, "{printed_so_far}");
        }
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).expect("the program is running");
        let mut printed = String::new();
        reader.read_to_string(&mut printed).expect("UTF-8");
        let (status, printed) = (child.wait().expect("a child"), printed.trim_start_matches('.'));
        match status.signal() {
            None => {
                assert!(status.success() && printed.starts_with("_=") && printed.lines().count() == 4, "{printed}");
            }
            Some(number) => {
                assert_eq!((number, printed), (Signal::SIGTERM as i32, failure_statement::of("sh", 143).as_str()));
            }
        }
    }
}

/// A pipe whose buffer is full.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let flags = OFlag::from_bits_retain(fcntl(&writer, FcntlArg::F_GETFL).expect("flags"));
    fcntl(&writer, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).expect("flags");
    while writer.write(&[b'.'; 4096]).is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(flags)).expect("flags");
    (reader, writer)
}

/// As under `nohup`, and for background jobs of a script.
fn keeps_ignoring_signals_that_were_ignored_at_start() {
    let (sts, alice, home) = alice();
    let script = format!("trap '' HUP INT; exec mfa-env main {} --shell sh -q", sts.code(&alice.mfa_serial));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear().envs(&home.variables).env_remove("AWS_ACCESS_KEY_ID");
    let (running, gate) = waiting_for_sts(&sts, command);
    for signal in [Signal::SIGHUP, Signal::SIGINT] {
        kill(Pid::from_raw(running.pid().cast_signed()), signal).expect("the program is running");
    }
    gate.open();
    let printed = text(&running.finish().ok());
    assert!(printed.contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{printed}");
}

/// The program while it is stopped, with a response that it has not read yet and this signal pending; then it goes on.
fn signalled_with_an_unread_response(sts: &Sts, command: Command, signal: Signal) -> Outcome {
    let (running, gate) = waiting_for_sts(sts, command);
    let pid = Pid::from_raw(running.pid().cast_signed());
    let send = |signal| kill(pid, signal).expect("the program is running");
    send(Signal::SIGSTOP);
    wait_until_stopped(pid);
    gate.open();
    while sts.calls().last().expect("a call").status.is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    send(signal);
    send(Signal::SIGCONT);
    running.finish()
}

fn wait_until_stopped(pid: Pid) {
    let state = || Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().expect("ps").stdout;
    while !state().starts_with(b"T") {
        std::thread::sleep(Duration::from_millis(1));
    }
}

// fault 154
fn a_signal_between_the_response_and_the_cache_loses_no_code() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGALRM] {
        let (sts, alice, home) = alice();
        let code = sts.code(&alice.mfa_serial);
        let command = Program::new(&home, ["main", &code, "--shell", "sh"]).command();
        let ran = signalled_with_an_unread_response(&sts, command, signal);
        assert_eq!(ran.status.signal(), Some(signal as i32), "{signal}: {ran}");
        assert_eq!(text(&ran.stdout), failure_statement::of("sh", 128 + signal as i32), "{signal}");
        // The session is there, without another code or call.
        sts.take_calls();
        let again = Program::new(&home, ["main", "--shell", "sh"]).signs_in().run();
        assert!(again.stdout.contains(&sts.sessions()[0].access_key_id), "{signal}");
        assert_eq!(sts.take_calls(), [], "{signal}");
    }
}

// fault 154
fn a_signal_after_a_rejection_ends_the_sign_in() {
    let (sts, _alice, home) = alice();
    let command = Program::new(&home, ["main", "000000", "--shell", "sh"]).command();
    let ran = signalled_with_an_unread_response(&sts, command, Signal::SIGTERM);
    assert_eq!(ran.status.signal(), Some(Signal::SIGTERM as i32), "{ran}");
    assert_eq!((text(&ran.stdout), text(&ran.stderr)), (failure_statement::of("sh", 143), String::new()));
}

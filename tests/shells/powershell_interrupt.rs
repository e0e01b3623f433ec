//! Ctrl-C while a PowerShell script waits for mfa-env. PowerShell ends with status 0 if it receives the signal too.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::{binary, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use crate::support::terminal::{PATIENCE, Terminal};
use nix::sys::signal::{Signal, kill};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

trials![
    an_interrupted_script_fails,
    every_prompt_of_a_script_ends_it,
    every_wait_of_a_script_ends_it,
    the_interrupt_key_may_be_another,
    typing_goes_on_after_the_key_that_was_interrupt,
    a_signal_from_elsewhere_does_not_end_the_script,
    the_command_has_the_foreground_of_the_script,
    the_foreground_returns_after_sigkill,
];

/// The status of a script that has failed.
const FAILED: &str = "1";
/// The status of one that goes on after a program that fails, and was ended.
const ENDED: &str = "143";

const EVALUATED: &str = "mfa-env main --no-preflight | Out-String | Invoke-Expression";

struct Script {
    sts: Sts,
    alice: User,
    home: Home,
}

impl Script {
    fn new(script: &str) -> Option<Self> {
        // Listed at the end of the run as skipped, and required by `.ci/run`.
        shells::installed().contains(&Shell::Pwsh).then_some(())?;
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home.write("s.ps1", format!("{script}\n[Console]::Out.Write('went ' + 'on')\n"));
        Some(Script { sts, alice, home })
    }

    /// Runs it in a shell that goes on only if it succeeds.
    fn run(&self, stty: &str, arguments: &str) -> Terminal {
        let engine = Shell::Pwsh.program();
        let mut command = std::process::Command::new("/bin/sh");
        // The session leader must stay alive, as a login shell does, because the terminal is lost when it exits.
        let line =
            format!("trap : INT; {stty}\n\"$0\" -NoProfile {arguments} && echo ne''xt; echo \"status $?\"; read end");
        command.args(["-c", &line]).arg(engine.get_program()).current_dir(self.home.path()).env_clear();
        command.envs(engine.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(&self.home.variables);
        Terminal::spawn(command)
    }
}

/// A script at its prompt, in a shell that goes on only if it succeeds.
fn at_prompt(script: &str, stty: &str) -> Option<(Sts, Home, Terminal)> {
    let script = Script::new(script)?;
    let mut terminal = script.run(stty, "-File s.ps1");
    terminal.expect("MFA code");
    terminal.expect(": ");
    Some((script.sts, script.home, terminal))
}

/// The script has ended with this status, and nothing went on.
#[track_caller]
fn assert_ended(terminal: &mut Terminal, expected: &str, what: &str) {
    let shown = terminal.expect("status ");
    let status = terminal.expect("\n");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{what}: {shown:?}");
    assert_eq!(status.trim(), expected, "{what}: {shown:?}");
    let initial = terminal.initial.clone();
    terminal.wait_until("the initial settings", |stty| stty.difference(&initial).is_none());
    assert_eq!(terminal.foreground(), terminal.leader(), "{what}");
}

// fault 197
fn an_interrupted_script_fails() {
    let load = "mfa-env init powershell | Out-String | Invoke-Expression";
    let plain = EVALUATED.to_owned();
    let function = format!("{load}\naws-mfa main --no-preflight");
    let guarded = format!("{load}\n$ErrorActionPreference = 'SilentlyContinue'\naws-mfa main --no-preflight && 'more'");
    for (script, typed, key) in [
        (&plain, "", true),
        (&plain, "123", true),
        (&function, "1234567", true),
        (&guarded, "", true),
        (&function, "12", false),
    ] {
        let Some((sts, _home, mut terminal)) = at_prompt(script, "") else { return };
        terminal.send(typed);
        if key {
            terminal.send_control('c');
        } else {
            kill(terminal.process("mfa-env"), Signal::SIGINT).expect("the program is running");
        }
        assert_ended(&mut terminal, FAILED, &format!("{script} {typed:?}"));
        assert_eq!(sts.take_calls(), [], "{script}");
    }
}

/// The key as terminals send it, with and without the newer keyboard protocols.
const CTRL_C: [&str; 4] = ["\x03", "\x1b[99;5u", "\x1b[27;5;99~", "12\x1b[99;5:1u"];

// fault 197
fn every_prompt_of_a_script_ends_it() {
    for (at, (script, status)) in [
        (EVALUATED, FAILED),
        ("mfa-env exec main --no-preflight -- echo ran", ENDED),
        ("mfa-env save main --as other --no-preflight", ENDED),
        ("$x = mfa-env main --no-preflight --format json", ENDED),
        ("mfa-env main --no-preflight --format env-file > env", ENDED),
        ("try { mfa-env credential-process main --no-preflight } catch { }", ENDED),
        ("$ErrorActionPreference = 'SilentlyContinue'; mfa-env each main --no-preflight -- echo ran", ENDED),
    ]
    .into_iter()
    .enumerate()
    {
        for key in [CTRL_C[0], CTRL_C[1 + at % 3]] {
            let Some((sts, home, mut terminal)) = at_prompt(script, "") else { return };
            let before = home.files();
            terminal.send(key);
            assert_ended(&mut terminal, status, &format!("{script} {key:?}"));
            assert!(sts.take_calls().iter().all(|call| call.action == "GetCallerIdentity"), "{script}");
            assert!(!terminal.output().contains("ran"), "{script}");
            let sections = |files: &BTreeMap<PathBuf, Vec<u8>>| files.get(Path::new(".aws/credentials")).cloned();
            assert_eq!(sections(&home.files()), sections(&before), "{script}");
        }
    }
    // What is on the command line is a script, too.
    let Some(script) = Script::new("") else { return };
    let mut terminal = script.run("", "-Command 'mfa-env exec main -- echo ran; [Console]::Out.Write(\"went on\")'");
    terminal.expect(": ");
    terminal.send_control('c');
    assert_ended(&mut terminal, ENDED, "-Command");
}

// fault 197
fn every_wait_of_a_script_ends_it() {
    for (command, status) in [(EVALUATED, FAILED), ("mfa-env exec main --no-preflight -- echo ran", ENDED)] {
        // AWS does not answer.
        let Some(script) = Script::new(command) else { return };
        script.sts.always(Action::GetSessionToken, Fault::Hold(Gate::new()));
        let mut terminal = script.run("", "-File s.ps1");
        terminal.expect("MFA code");
        terminal.expect(": ");
        terminal.send_line(&script.sts.code(&script.alice.mfa_serial));
        assert!(script.sts.wait_for_calls(1, PATIENCE), "{}", terminal.output());
        terminal.send_control('c');
        assert_ended(&mut terminal, status, &format!("a call of {command}"));

        // The mfa_process prints nothing.
        let Some(script) = Script::new(command) else { return };
        let config = std::fs::read_to_string(script.home.path().join(".aws/config")).expect("a file");
        let process = "[profile main]\nmfa_process = echo 'the ''process' >&2; exec sleep 1000\n";
        script.home.write(".aws/config", config.replace("[profile main]\n", process));
        let mut terminal = script.run("", "-File s.ps1");
        terminal.expect("the process");
        terminal.send_control('c');
        assert_ended(&mut terminal, status, &format!("the mfa_process of {command}"));
        assert_eq!(script.sts.take_calls(), []);

        // Another terminal asks.
        let Some(script) = Script::new(command) else { return };
        let mut other = std::process::Command::new(binary());
        other.args(["exec", "main", "--no-preflight", "--", "true"]).env_clear().envs(&script.home.variables);
        let mut other = Terminal::spawn(other);
        other.expect("MFA code");
        let mut terminal = script.run("", "-File s.ps1");
        terminal.expect("waiting for process");
        terminal.send_control('c');
        assert_ended(&mut terminal, status, &format!("the lock of {command}"));
        assert_eq!(script.sts.take_calls(), []);
    }
}

/// Only the key is meant for the script as well.
fn a_signal_from_elsewhere_does_not_end_the_script() {
    let Some((_sts, _home, mut terminal)) = at_prompt("mfa-env exec main --no-preflight -- echo ran", "") else {
        return;
    };
    kill(terminal.process("mfa-env"), Signal::SIGINT).expect("the program is running");
    terminal.expect("went on");
    terminal.expect("status 0");
}

fn the_command_has_the_foreground_of_the_script() {
    let run = "sh -c 'trap \"echo got it; exit 7\" INT; echo ready; while :; do read -r line; done'";
    let Some(script) = Script::new(&format!("mfa-env exec main -- {run}")) else { return };
    let mut terminal = script.run("", "-File s.ps1");
    terminal.expect(": ");
    terminal.send_line(&script.sts.code(&script.alice.mfa_serial));
    terminal.expect("ready");
    assert_eq!(terminal.foreground(), terminal.leader());
    terminal.send_control('c');
    terminal.expect("got it");
    terminal.expect("status ");
}

fn the_foreground_returns_after_sigkill() {
    let Some((_sts, _home, mut terminal)) = at_prompt("mfa-env exec main --no-preflight -- echo ran", "") else {
        return;
    };
    kill(terminal.process("mfa-env"), Signal::SIGKILL).expect("the program is running");
    terminal.expect("status 0");
    let (initial, leader) = (terminal.initial.clone(), terminal.leader());
    terminal.wait_until("the initial settings", |stty| stty.difference(&initial).is_none());
    let start = Instant::now();
    while terminal.foreground() != leader {
        assert!(start.elapsed() < PATIENCE, "{}", terminal.output());
        std::thread::sleep(Duration::from_millis(2));
    }
}

// fault 197
fn the_interrupt_key_may_be_another() {
    let Some((sts, _home, mut terminal)) = at_prompt(EVALUATED, "stty intr '^G' <&2") else { return };
    terminal.send("12\x07");
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{shown:?}");
    assert_eq!(terminal.expect("\n").trim(), "1", "{shown:?}");
    assert_eq!(sts.take_calls(), []);
}

/// If no key interrupts, as in `stty intr undef`, a Ctrl-C is input that is no code.
fn typing_goes_on_after_the_key_that_was_interrupt() {
    let Some((_sts, _home, mut terminal)) = at_prompt(EVALUATED, "stty intr undef <&2") else { return };
    terminal.send("\x03\r");
    terminal.expect("2 tries left");
    terminal.expect(": ");
    terminal.send_control('d');
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on"), "{shown:?}");
}

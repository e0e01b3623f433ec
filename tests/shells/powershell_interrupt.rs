//! Ctrl-C at the prompt of a PowerShell script. PowerShell ends with status 0 if it receives the signal too.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::Sts;
use crate::support::terminal::Terminal;
use nix::sys::signal::{Signal, kill};

trials![an_interrupted_script_fails, the_interrupt_key_may_be_another, typing_goes_on_after_the_key_that_was_interrupt];

/// A script that signs in at a prompt, in a shell that goes on only if it succeeds.
fn at_prompt(script: &str, stty: &str) -> Option<(Sts, Home, Terminal)> {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    let engine = shells::installed().contains(&Shell::Pwsh).then(|| Shell::Pwsh.program())?;
    let sts = Sts::start();
    let mut home = Home::with_user(&sts, &sts.add_user("alice"), &[]);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    home.write("s.ps1", format!("{script}\n[Console]::Out.Write('went ' + 'on')\n"));
    let mut command = std::process::Command::new("/bin/sh");
    // The session leader must stay alive, as a login shell does, because the terminal is lost when it exits.
    let line =
        format!("trap : INT; {stty}\n\"$0\" -NoProfile -File s.ps1 && echo ne''xt; echo \"status $?\"; read end");
    command.args(["-c", &line]).arg(engine.get_program()).current_dir(home.path()).env_clear();
    command.envs(engine.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(&home.variables);
    let mut terminal = Terminal::spawn(command);
    terminal.expect("MFA code");
    terminal.expect(": ");
    Some((sts, home, terminal))
}

/// The script has failed, and nothing went on.
#[track_caller]
fn assert_ended(sts: &Sts, terminal: &mut Terminal, what: &str) {
    let shown = terminal.expect("status ");
    let status = terminal.expect("\n");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{what}: {shown:?}");
    assert_eq!(status.trim(), "1", "{what}: {shown:?}");
    let initial = terminal.initial.clone();
    terminal.wait_until("the initial settings", |stty| stty.difference(&initial).is_none());
    assert_eq!(sts.take_calls(), [], "{what}");
}

// fault 197
fn an_interrupted_script_fails() {
    let load = "mfa-env init powershell | Out-String | Invoke-Expression";
    let plain = "mfa-env main --no-preflight | Out-String | Invoke-Expression".to_owned();
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
        assert_ended(&sts, &mut terminal, &format!("{script} {typed:?}"));
    }
}

// fault 197
fn the_interrupt_key_may_be_another() {
    let plain = "mfa-env main --no-preflight | Out-String | Invoke-Expression";
    let Some((sts, _home, mut terminal)) = at_prompt(plain, "stty intr '^G' <&2") else { return };
    terminal.send("12\x07");
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{shown:?}");
    assert_eq!(terminal.expect("\n").trim(), "1", "{shown:?}");
    assert_eq!(sts.take_calls(), []);
}

/// If no key interrupts, as in `stty intr undef`, a Ctrl-C is input that is no code.
fn typing_goes_on_after_the_key_that_was_interrupt() {
    let plain = "mfa-env main --no-preflight | Out-String | Invoke-Expression";
    let Some((_sts, _home, mut terminal)) = at_prompt(plain, "stty intr undef <&2") else { return };
    terminal.send("\x03\r");
    terminal.expect("2 tries left");
    terminal.expect(": ");
    terminal.send_control('d');
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on"), "{shown:?}");
}

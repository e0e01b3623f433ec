//! Ctrl-Z while a PowerShell script waits for mfa-env, which has the foreground: it stops the script, as it does with any
//! other program.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::interactive_shell::InteractiveShell;
use crate::support::powershell_script::{self, ENDED, EVALUATED, RUN, assert_ended};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, Sts};
use crate::support::terminal::PATIENCE;

trials![
    a_prompt_of_a_script_is_suspended,
    a_call_of_a_script_is_suspended,
    what_waits_for_another_prompt_is_suspended,
    a_suspended_script_can_be_interrupted,
    where_no_shell_waits_the_prompt_goes_on,
];

/// Shells that control jobs.
fn in_every_shell(script: &str, test: impl Fn(&mut InteractiveShell, &str)) {
    if !shells::installed().contains(&Shell::Pwsh) {
        // Listed at the end of the run as skipped, and required by `.ci/run`.
        return;
    }
    let engine = Shell::Pwsh.program();
    let run = format!("'{}' -NoProfile -File s.ps1", engine.get_program().display());
    for shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let mut session = InteractiveShell::start(*shell);
        session.home.write("s.ps1", format!("{script}\n[Console]::Out.Write(\"went on <$env:MFA_ENV_PROFILE>`n\")\n"));
        for (name, value) in engine.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            let line = match shell {
                Shell::Fish => format!("set -gx {} '{}'", name.display(), value.display()),
                _ => format!("export {}='{}'", name.display(), value.display()),
            };
            session.terminal.run_line(&line);
        }
        test(&mut session, &run);
    }
}

/// Stops the job, which has left the terminal to the shell.
fn suspend(session: &mut InteractiveShell) {
    session.terminal.send_control('z');
    session.terminal.expect_prompt();
    let settings = session.settings.clone();
    assert_eq!(session.first_output_line("stty -g"), settings, "{}", session.shell);
}

// fault 20
fn a_prompt_of_a_script_is_suspended() {
    in_every_shell(EVALUATED, |session, run| {
        session.ask(run);
        for _ in 0..2 {
            session.terminal.send("12");
            suspend(session);
            session.ask("fg");
        }
        let code = session.sts.code(&session.alice.mfa_serial);
        session.terminal.send_line(&code);
        session.terminal.expect("went on <main>");
        session.terminal.expect_prompt();
        let settings = session.settings.clone();
        assert_eq!(session.first_output_line("stty -g"), settings, "{}", session.shell);
        assert_eq!(session.code_calls().len(), 1, "{}", session.shell);
    });
}

// fault 20
fn a_call_of_a_script_is_suspended() {
    in_every_shell("mfa-env exec main --no-preflight -- echo ran", |session, run| {
        let gate = Gate::new();
        session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        session.ask(run);
        let code = session.sts.code(&session.alice.mfa_serial);
        session.terminal.send_line(&code);
        assert!(session.sts.wait_for_calls(1, PATIENCE));
        suspend(session);
        session.terminal.type_line("fg");
        gate.open();
        session.terminal.expect("ran");
        session.terminal.expect("went on <>");
        session.terminal.expect_prompt();
    });
}

// fault 20
fn what_waits_for_another_prompt_is_suspended() {
    in_every_shell("mfa-env exec main --no-preflight -- echo ran", |session, run| {
        let mut other = session.another(Shell::Bash);
        other.ask("mfa-env exec main --no-preflight -- true");
        session.terminal.type_line(run);
        session.terminal.expect("waiting for process");
        session.terminal.wait_until("typing is hidden", |stty| !stty.echo());
        suspend(session);
        session.terminal.type_line("fg");
        let code = session.sts.code(&session.alice.mfa_serial);
        other.terminal.send_line(&code);
        session.terminal.expect("ran");
        session.terminal.expect("went on <>");
        session.terminal.expect_prompt();
        let settings = session.settings.clone();
        assert_eq!(session.first_output_line("stty -g"), settings, "{}", session.shell);
    });
}

// faults 20, 197
fn a_suspended_script_can_be_interrupted() {
    in_every_shell("mfa-env exec main --no-preflight -- echo ran", |session, run| {
        session.ask(run);
        suspend(session);
        session.ask("fg");
        session.terminal.send_control('c');
        let shown = session.terminal.expect_prompt();
        assert!(!shown.contains("went on") && !shown.contains("ran"), "{}: {shown}", session.shell);
        // fish forgets the status, and ksh adds another number to that of a signal.
        if session.shell != Shell::Fish {
            let ended = if session.shell == Shell::Ksh { "271" } else { ENDED };
            assert_eq!(session.first_output_line("echo $?"), ended, "{}", session.shell);
        }
        assert_eq!(session.code_calls(), [], "{}", session.shell);
    });
}

/// The system stops no group that nothing could continue, so the digits before the key are kept.
// fault 145
fn where_no_shell_waits_the_prompt_goes_on() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    let Some(()) = powershell_script::write(&mut home, EVALUATED) else { return };
    let mut terminal = powershell_script::run(&home, RUN);
    terminal.expect("MFA code");
    terminal.expect(": ");
    let code = sts.code(&alice.mfa_serial);
    terminal.send(&code[..3]);
    terminal.send_control('z');
    terminal.send_line(&code[3..]);
    terminal.expect("went on");
    terminal.expect("status 0");
    assert_eq!(terminal.output().matches("MFA code").count(), 1, "{}", terminal.output());
    // A key that interrupts afterwards is one for the shell.
    drop(terminal);
    let _ = std::fs::remove_dir_all(home.cache());
    let mut terminal = powershell_script::run(&home, RUN);
    terminal.expect(": ");
    terminal.send_control('z');
    terminal.send_control('c');
    assert_ended(&mut terminal, powershell_script::INTERRUPTED, "Ctrl-Z before it");
}

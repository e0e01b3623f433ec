//! A PowerShell script on a terminal, in a shell that goes on only if it succeeds.

use super::home::Home;
use super::program::path_with_program;
use super::shells::{self, Shell};
use super::terminal::Terminal;
use std::process::Command;

/// The status of one that goes on after a program that fails, and was ended.
pub const ENDED: &str = "143";

/// The status of a script that evaluates what mfa-env prints, or uses the function, if a key interrupts mfa-env.
pub const INTERRUPTED: &str = "130";

/// The line whose evaluation fails if the sign-in does.
pub const EVALUATED: &str = "mfa-env main --no-preflight | Out-String | Invoke-Expression";

/// How a shell runs the script; `"$0"` is PowerShell.
pub const RUN: &str = "\"$0\" -NoProfile -File s.ps1";

/// Writes the script, which says so if it goes on after these lines. `None` if PowerShell is not installed, which is listed
/// at the end of the run as skipped, and required by `.ci/run`.
pub fn write(home: &mut Home, script: &str) -> Option<()> {
    shells::installed().contains(&Shell::Pwsh).then_some(())?;
    let path = home.variables.entry("PATH".into()).or_default();
    let folders = std::env::split_paths(&path_with_program()).chain(std::env::split_paths(path)).collect::<Vec<_>>();
    *path = std::env::join_paths(folders).expect("a PATH");
    home.set("LC_ALL", "C.UTF-8");
    home.write("s.ps1", format!("{script}\n[Console]::Out.Write('went ' + 'on')\n"));
    Some(())
}

/// Runs a line that runs the script.
pub fn run(home: &Home, line: &str) -> Terminal {
    let engine = Shell::Pwsh.program();
    let mut command = Command::new("/bin/sh");
    // The session leader must stay alive, as a login shell does, because the terminal is lost when it exits.
    let line = format!("trap : INT QUIT; {line} && echo ne''xt; echo \"status $?\"; read end");
    command.args(["-c", &line]).arg(engine.get_program()).current_dir(home.path()).env_clear();
    command.envs(engine.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(&home.variables);
    Terminal::spawn(command)
}

/// The script has ended with this status, and nothing went on.
#[track_caller]
pub fn assert_ended(terminal: &mut Terminal, expected: &str, what: &str) {
    let shown = terminal.expect("status ");
    let status = terminal.expect("\n");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{what}: {shown:?}");
    assert_eq!(status.trim(), expected, "{what}: {shown:?}");
    let initial = terminal.initial.clone();
    terminal.wait_until("the initial settings", |stty| stty.difference(&initial).is_none());
    assert_eq!(terminal.foreground(), terminal.leader(), "{what}");
}

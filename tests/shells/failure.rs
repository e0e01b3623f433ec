//! Failures as seen by the evaluating shell: commands that depend on the line do not run, and the old keys stay.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::Command;
use std::time::Duration;

trials![
    stops_commands_chained_to_the_line,
    ends_scripts_that_exit_on_errors,
    scripts_can_handle_the_failure,
    fails_the_line_when_the_program_is_killed,
    prints_a_failure_statement_for_wrong_arguments,
    json_and_env_file_print_nothing_on_failure,
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

// fault 8
fn stops_commands_chained_to_the_line() {
    let (sts, _alice, home) = alice();
    for shell in shells::installed() {
        let after = match shell {
            Shell::Pwsh => "[Console]::Out.Write(\"never\")".to_owned(),
            Shell::Fish => format!("echo \"status $status\"; {}", shell.show("AWS_ACCESS_KEY_ID")),
            _ => format!("echo \"status $?\"; {}", shell.show("AWS_ACCESS_KEY_ID")),
        };
        let mut lines = vec![shell.eval_and("mfa-env nosuch", "echo went on")];
        if *shell == Shell::Fish {
            lines.push("mfa-env nosuch | source; and echo went on".to_owned());
        }
        for line in lines {
            let ran = shell.run(&format!("{line}\n{after}"), &home.variables, home.path());
            // PowerShell's error ends the script.
            let (status, stdout) = if *shell == Shell::Pwsh { (1, "") } else { (0, "status 3\nold") };
            assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(status), stdout), "{shell}: {ran}");
            assert!(text(&ran.stderr).starts_with("mfa-env: profile `nosuch` not found\n"), "{shell}: {ran}");
        }
    }
    assert_eq!(sts.take_calls(), []);
}

// faults 7, 8
fn ends_scripts_that_exit_on_errors() {
    let (_sts, _alice, home) = alice();
    for shell in shells::installed() {
        let scripts: &[&str] = match shell {
            // In fish the failure statement is a `return`, which ends the script.
            Shell::Fish => &[
                "eval (mfa-env nosuch); and echo on",
                "function f; eval (mfa-env nosuch); and echo on; end; f; and echo on",
                "mfa-env nosuch | source; or exit",
            ],
            Shell::Pwsh => &[
                "mfa-env nosuch | Out-String | Invoke-Expression; 'went on'",
                "Invoke-Expression (mfa-env nosuch); 'went on'",
            ],
            _ => &[
                "set -e; eval \"$(mfa-env nosuch)\"; echo went on",
                "set -eu; f() { eval \"$(mfa-env nosuch)\"; echo went on; }; f; echo went on",
                "set -e; eval $(mfa-env nosuch); echo went on",
            ],
        };
        for script in scripts {
            let ran = shell.run(script, &home.variables, home.path());
            let status = if *shell == Shell::Pwsh { 1 } else { 3 };
            assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(status), ""), "{shell} {script}: {ran}");
        }
    }
}

/// The line fails like any other command, so a script can catch it.
// fault 8
fn scripts_can_handle_the_failure() {
    let (_sts, _alice, home) = alice();
    for shell in shells::installed() {
        let script = match shell {
            Shell::Fish => "mfa-env -q nosuch 2>/dev/null | source; or echo caught".to_owned(),
            Shell::Pwsh => {
                "try { mfa-env nosuch 2>$null | Out-String | Invoke-Expression } catch { 'caught' }".to_owned()
            }
            _ => "set -e; if eval \"$(mfa-env nosuch 2>/dev/null)\"; then echo on; else echo caught; fi".to_owned(),
        };
        assert_eq!(text(&shell.run(&script, &home.variables, home.path()).ok()).trim_end(), "caught", "{shell}");
    }
}

// fault 19
fn fails_the_line_when_the_program_is_killed() {
    for shell in shells::installed() {
        let (sts, alice, home) = alice();
        let gate = Gate::new();
        sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        let program = format!("mfa-env main {}", sts.code(&alice.mfa_serial));
        let line = format!("{}\n{}", shell.eval_and(&program, "echo went on"), shell.show("AWS_ACCESS_KEY_ID"));
        let running = shells::start(shell.command(&line, &home.variables, home.path()));
        assert!(sts.wait_for_calls(1, TIMEOUT), "{shell}");
        kill(descendant(running.pid(), "mfa-env"), Signal::SIGTERM).expect("the program is running");
        let ran = running.finish();
        gate.open();
        let stdout = if *shell == Shell::Pwsh { "" } else { "old" };
        assert_eq!(text(&ran.stdout), stdout, "{shell}: {ran}");
        assert_eq!(sts.take_calls().len(), 1, "{shell}");
    }
}

/// The process called `name` in the session of `leader`.
fn descendant(leader: u32, name: &str) -> Pid {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,sess=,comm="]).output().expect("ps");
    let listed = text(&listed.stdout);
    let of_session = |line: &str| {
        let mut words = line.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        (words.next() == Some(&leader.to_string()) && words.next() == Some(name)).then(|| Pid::from_raw(pid))
    };
    listed.lines().find_map(of_session).unwrap_or_else(|| panic!("no {name}:\n{listed}"))
}

// fault 6
fn prints_a_failure_statement_for_wrong_arguments() {
    let (sts, _alice, home) = alice();
    let unknown = "shell `nosuch` is not supported\n  \
        use one of: bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)\n";
    for (arguments, expected, message) in [
        (vec!["main", "--shell", "nosuch"], failure_statement::of("unknown", 2), unknown),
        (vec!["unset", "--shell", "nosuch"], failure_statement::of("unknown", 2), unknown),
        (vec!["main", "--shell"], failure_statement::of("unknown", 2), "a value is required for '--shell <SHELL>'"),
        (
            vec!["main", "--nosuch", "--shell", "fish"],
            failure_statement::of("fish", 2),
            "unexpected argument '--nosuch'",
        ),
        (vec!["main", "-sfish", "--nosuch"], failure_statement::of("fish", 2), "unexpected argument '--nosuch'"),
        (vec!["--shell=powershell", "a", "b", "c"], failure_statement::of("powershell", 2), "unexpected argument 'c'"),
        (vec!["main", "-s", "zsh", "-d", "1y"], failure_statement::of("zsh", 2), "--duration"),
        (vec!["main", "12345", "--shell", "sh"], failure_statement::of("sh", 2), "`12345` is not an MFA code"),
        (vec!["unset", "main", "--shell", "sh"], failure_statement::of("sh", 2), "unexpected argument 'main'"),
    ] {
        let ran = Program::new(&home, &arguments).fails(2).stdout(expected).says(message).run();
        assert!(ran.stderr.starts_with("mfa-env: "), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
}

fn json_and_env_file_print_nothing_on_failure() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    for format in ["json", "env-file"] {
        for (arguments, status, message) in [
            (vec!["nosuch"], 3, "profile `nosuch` not found"),
            (vec!["main", wrong.as_str()], 4, "AWS rejected the MFA code"),
            (vec!["main"], 5, "there is no terminal"),
            (vec!["main", "--nosuch"], 2, "unexpected argument"),
        ] {
            let arguments = arguments.into_iter().chain(["--format", format]);
            Program::new(&home, arguments).fails(status).stdout("").says(message).run();
        }
    }
}

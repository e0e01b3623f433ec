//! Ctrl-C while a PowerShell script waits for mfa-env. PowerShell ends with status 0 if it receives the signal too.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::powershell_script::{self, ENDED, EVALUATED, INTERRUPTED, RUN, assert_ended};
use crate::support::program::binary;
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use crate::support::terminal::{PATIENCE, Terminal};
use nix::sys::signal::{Signal, kill};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

trials![
    an_interrupted_script_fails,
    nothing_in_a_script_catches_the_key,
    finally_runs_whichever_command_of_the_function_asked,
    an_interrupted_session_goes_on,
    every_prompt_of_a_script_ends_it,
    every_wait_of_a_script_ends_it,
    every_way_to_start_a_script_counts,
    the_whole_job_ends,
    a_script_that_ignores_the_key_goes_on,
    the_interrupt_key_may_be_another,
    typing_goes_on_after_the_key_that_was_interrupt,
    a_signal_from_elsewhere_does_not_end_the_script,
    the_command_has_the_foreground_of_the_script,
    the_foreground_returns_after_sigkill,
];

const LOAD: &str = "mfa-env init powershell | Out-String | Invoke-Expression";
const CONSTRAIN: &str = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'";

struct Script {
    sts: Sts,
    alice: User,
    home: Home,
}

impl Script {
    fn new(script: &str) -> Option<Self> {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let mut home = Home::with_user(&sts, &alice, &[]);
        powershell_script::write(&mut home, script)?;
        Some(Script { sts, alice, home })
    }

    fn run(&self) -> Terminal {
        powershell_script::run(&self.home, RUN)
    }
}

/// A script at its prompt, in a shell that goes on only if it succeeds. `run` is how that shell runs it.
fn at_prompt(script: &str, run: &str) -> Option<(Sts, Home, Terminal)> {
    let script = Script::new(script)?;
    let mut terminal = powershell_script::run(&script.home, run);
    terminal.expect("MFA code");
    terminal.expect(": ");
    Some((script.sts, script.home, terminal))
}

// fault 197
fn an_interrupted_script_fails() {
    let plain = EVALUATED.to_owned();
    let function = format!("{LOAD}\naws-mfa main --no-preflight");
    let guarded = format!("{LOAD}\n$ErrorActionPreference = 'SilentlyContinue'\naws-mfa main --no-preflight && 'more'");
    for (script, typed, key) in [
        (&plain, "", true),
        (&plain, "123", true),
        (&function, "1234567", true),
        (&guarded, "", true),
        (&function, "12", false),
        (&plain, "12", false),
    ] {
        let Some((sts, _home, mut terminal)) = at_prompt(script, RUN) else { return };
        terminal.send(typed);
        if key {
            terminal.send_control('c');
        } else {
            kill(terminal.process("mfa-env"), Signal::SIGINT).expect("the program is running");
        }
        assert_ended(&mut terminal, INTERRUPTED, &format!("{script} {typed:?}"));
        assert_eq!(sts.take_calls(), [], "{script}");
    }
}

/// A script in both language modes, with the function.
fn in_both_modes(script: &str) -> [String; 2] {
    ["", CONSTRAIN].map(|mode| format!("{mode}\n{LOAD}\n{script}\n'went ' + 'on'"))
}

const SIGN_IN: &str = "aws-mfa main --no-preflight";

// fault 197
fn nothing_in_a_script_catches_the_key() {
    for (script, key) in [
        (format!("try {{ {SIGN_IN} }} catch {{ 'went on' }} finally {{ New-Item finally >$null }}"), "12\x03"),
        (format!("trap {{ 'went on'; continue }}\n{SIGN_IN}\nNew-Item finally"), INTERRUPTS[0]),
        (format!("while ($true) {{ try {{ {SIGN_IN}; break }} catch {{ 'went on' }} }}"), INTERRUPTS[1]),
        ("try { ./inner.ps1 } catch { 'went on' }".to_owned(), "\x03"),
        // Without the function.
        (format!("try {{ {EVALUATED} }} catch {{ 'went on' }} finally {{ New-Item finally >$null }}"), "12\x03"),
        ("trap { 'went on'; continue }\nforeach ($i in 1, 2) { iex (mfa-env main --no-preflight) }".to_owned(), "\x03"),
        (format!("1..3 | ForEach-Object {{ & {{ try {{ {SIGN_IN} && 'went on' }} catch {{ 'went on' }} }} }}"), "\x03"),
        (format!("$x = $(try {{ {SIGN_IN} | Out-Null }} catch {{ 'went on' }})"), "\x03"),
    ] {
        for whole in in_both_modes(&script) {
            let Some(user) = Script::new(&whole) else { return };
            user.home.write("inner.ps1", format!("try {{ {SIGN_IN} }} catch {{ 'went on' }}\n'went ' + 'on'\n"));
            let mut terminal = user.run();
            terminal.expect("MFA code");
            terminal.expect(": ");
            terminal.send(key);
            assert_ended(&mut terminal, INTERRUPTED, &whole);
            assert_eq!(user.home.path().join("finally").exists(), script.contains("finally {"), "{whole}");
            assert_eq!(user.sts.take_calls(), [], "{whole}");
        }
    }
}

// fault 197
fn finally_runs_whichever_command_of_the_function_asked() {
    for command in [
        "aws-mfa exec main --no-preflight '--' echo ran",
        "aws-mfa each main --no-preflight '--' echo ran",
        "$x = aws-mfa credential-process main --no-preflight",
        "aws-mfa save main --as other --no-preflight | Out-Null",
        "aws-mfa main --no-preflight --format json",
    ] {
        let script = format!("try {{ {command} }} catch {{ 'went on' }} finally {{ New-Item finally >$null }}");
        for whole in in_both_modes(&script) {
            let Some((sts, home, mut terminal)) = at_prompt(&whole, RUN) else { return };
            terminal.send("12\x03");
            assert_ended(&mut terminal, INTERRUPTED, &whole);
            assert!(home.path().join("finally").exists(), "{whole}");
            assert!(!terminal.output().contains("ran"), "{whole}");
            assert!(sts.take_calls().iter().all(|call| call.action == "GetCallerIdentity"), "{whole}");
        }
    }
    // The script around it ends as well.
    let inner = format!("{LOAD}\ntry {{ aws-mfa exec main '--' echo ran }} finally {{ New-Item finally >$null }}");
    let Some(outer) = Script::new("& (Get-Process -Id $PID).Path -NoProfile -File inner.ps1") else { return };
    outer.home.write("inner.ps1", inner);
    let mut terminal = outer.run();
    terminal.expect(": ");
    terminal.send_control('c');
    assert_ended(&mut terminal, ENDED, "a script within a script");
}

/// Somebody types in PowerShell, and goes on to do so.
fn an_interrupted_session_goes_on() {
    for whole in in_both_modes("") {
        let Some(user) = Script::new(&whole) else { return };
        for key in [true, false] {
            let mut terminal = powershell_script::run(&user.home, "\"$0\" -NoProfile -NoExit -File s.ps1");
            terminal.expect("PS ");
            for command in [SIGN_IN, "aws-mfa exec main --no-preflight '--' echo ran"] {
                terminal.send_line(&format!("try {{ {command} }} catch {{ 'cau' + 'ght' }}; 'fur' + 'ther'"));
                terminal.expect("MFA code");
                terminal.expect(": ");
                if key {
                    terminal.send_control('c');
                } else {
                    kill(terminal.process("mfa-env"), Signal::SIGINT).expect("the program is running");
                }
                let shown = terminal.expect("PS ");
                assert!(!shown.contains("caught") && !shown.contains("further"), "{whole} {command}: {shown}");
            }
            terminal.send_line("exit 3");
            assert_ended(&mut terminal, "3", &whole);
        }
    }
}

/// Ctrl-\\ and Ctrl-C as terminals send them, with and without the newer keyboard protocols.
const INTERRUPTS: [&str; 4] = ["\x1c", "\x1b[99;5u", "\x1b[27;5;99~", "12\x1b[99;5:1u"];

// fault 197
fn every_prompt_of_a_script_ends_it() {
    for (at, (script, status)) in [
        (EVALUATED, INTERRUPTED),
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
        for key in ["\x03", INTERRUPTS[at % INTERRUPTS.len()]] {
            let Some((sts, home, mut terminal)) = at_prompt(script, RUN) else { return };
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
    let command = "'mfa-env exec main -- echo ran; [Console]::Out.Write(\"went on\")'";
    let mut terminal = powershell_script::run(&script.home, &format!("\"$0\" -NoProfile -Command {command}"));
    terminal.expect(": ");
    terminal.send_control('c');
    assert_ended(&mut terminal, ENDED, "-Command");
}

// fault 197
fn every_wait_of_a_script_ends_it() {
    for (command, status) in [(EVALUATED, INTERRUPTED), ("mfa-env exec main --no-preflight -- echo ran", ENDED)] {
        // AWS does not answer.
        let Some(script) = Script::new(command) else { return };
        script.sts.always(Action::GetSessionToken, Fault::Hold(Gate::new()));
        let mut terminal = script.run();
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
        let mut terminal = script.run();
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
        let mut terminal = script.run();
        terminal.expect("waiting for process");
        terminal.send_control('c');
        assert_ended(&mut terminal, status, &format!("the lock of {command}"));
        assert_eq!(script.sts.take_calls(), []);
    }
}

// fault 197
fn every_way_to_start_a_script_counts() {
    let script = "mfa-env exec main --no-preflight -- echo ran";
    // `./s.ps1` in UTF-16 and Base64.
    let encoded = "LgAvAHMALgBwAHMAMQA=";
    for arguments in [
        "s.ps1 -Parameter x",
        "-nop -noni -nol -ex Bypass -wd . -f s.ps1",
        "--noprofile /file s.ps1",
        "-o Text -if Text -CommandWithArgs ./s.ps1",
        &format!("-EncodedCommand {encoded}"),
        &format!("-NoProfileLoadTime -e {encoded}"),
    ] {
        let Some((sts, _home, mut terminal)) = at_prompt(script, &format!("\"$0\" {arguments}")) else { return };
        terminal.send_control('c');
        assert_ended(&mut terminal, ENDED, arguments);
        assert_eq!(sts.take_calls(), [], "{arguments}");
    }
    // By its first line.
    let Some(by_line) = Script::new(script) else { return };
    let engine = crate::support::shells::Shell::Pwsh.program();
    let line = format!("#!{} -NoProfile\n", engine.get_program().display());
    let path = by_line.home.write("script", format!("{line}{script}\n[Console]::Out.Write('went ' + 'on')\n"));
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let mut terminal = powershell_script::run(&by_line.home, "./script");
    terminal.expect(": ");
    terminal.send_control('c');
    assert_ended(&mut terminal, ENDED, "#!");
    // It stays, and somebody types in it.
    for arguments in ["-NoProfile -NoExit -File s.ps1", "-noe -c ./s.ps1"] {
        let Some((_sts, _home, mut terminal)) = at_prompt(script, &format!("\"$0\" {arguments}")) else { return };
        terminal.send_control('c');
        terminal.expect("PS ");
        terminal.send_line("exit 3");
        assert_ended(&mut terminal, "3", arguments);
    }
}

/// Programs between PowerShell and mfa-env, scripts that run scripts, the rest of a pipeline, and the shell around it get the
/// signal of the key as well, although PowerShell does not.
// fault 197
fn the_whole_job_ends() {
    let sign_in = "mfa-env credential-process main --no-preflight";
    for (script, run, status) in [
        (format!("sh -c '{sign_in}; echo went on'"), RUN, ENDED),
        ("bash -c 'eval \"$(mfa-env main --no-preflight)\"; echo went on'".to_string(), RUN, ENDED),
        // A command that cleans up when it is interrupted.
        (format!("bash -c 'trap \"echo cleaned up; exit 1\" INT; {sign_in}; echo went on'"), RUN, ENDED),
        ("& (Get-Process -Id $PID).Path -NoProfile -File inner.ps1".to_owned(), RUN, ENDED),
        ("& (Get-Process -Id $PID).Path -NoProfile -File evaluated.ps1".to_owned(), RUN, ENDED),
        (EVALUATED.to_owned(), "\"$0\" -NoProfile -File s.ps1 | cat", "130"),
        (sign_in.to_owned(), "\"$0\" -NoProfile -File s.ps1 | cat", "130"),
        // It passes the signal on, which PowerShell must not get.
        (EVALUATED.to_owned(), "timeout --foreground 100 \"$0\" -NoProfile -File s.ps1", INTERRUPTED),
        (sign_in.to_owned(), "timeout --foreground 100 \"$0\" -NoProfile -File s.ps1", ENDED),
        (sign_in.to_owned(), "sh -c '\"$0\" -NoProfile -File s.ps1; echo went on' \"$0\"", "130"),
        (EVALUATED.to_owned(), "sh -c '\"$0\" -NoProfile -File s.ps1; echo went on' \"$0\"", "130"),
    ] {
        let Some(script_of_user) = Script::new(&script) else { return };
        script_of_user.home.write("inner.ps1", format!("{sign_in}\n[Console]::Out.Write('went ' + 'on')\n"));
        script_of_user.home.write("evaluated.ps1", format!("{EVALUATED}\n[Console]::Out.Write('went ' + 'on')\n"));
        let mut terminal = powershell_script::run(&script_of_user.home, run);
        terminal.expect("MFA code");
        terminal.expect(": ");
        terminal.send("12");
        terminal.send_control('c');
        assert_ended(&mut terminal, status, &format!("{script} in {run}"));
        if script.contains("cleaned") && !terminal.output().contains("cleaned up") {
            terminal.expect("cleaned up");
        }
        assert_eq!(script_of_user.sts.take_calls(), [], "{script}");
    }
}

/// Whoever starts PowerShell with the signal of the key ignored wants it to go on; the prompt ends, and so does a script that
/// evaluates the output.
fn a_script_that_ignores_the_key_goes_on() {
    let run = &format!("(trap '' INT; {RUN})");
    let Some((sts, _home, mut terminal)) = at_prompt(EVALUATED, run) else { return };
    terminal.send_control('c');
    assert_ended(&mut terminal, INTERRUPTED, "evaluated");
    assert_eq!(sts.take_calls(), []);
    let exec = "mfa-env exec main --no-preflight -- echo ran\n\"status of exec: $LASTEXITCODE\"";
    let Some((_sts, _home, mut terminal)) = at_prompt(exec, run) else { return };
    terminal.send_control('c');
    let shown = terminal.expect("status of exec: 130");
    assert!(!shown.contains("ran"), "{shown}");
    terminal.expect("went on");
    terminal.expect("status 0");
}

/// Only the key is meant for the script as well.
fn a_signal_from_elsewhere_does_not_end_the_script() {
    let Some((_sts, _home, mut terminal)) = at_prompt("mfa-env exec main --no-preflight -- echo ran", RUN) else {
        return;
    };
    kill(terminal.process("mfa-env"), Signal::SIGINT).expect("the program is running");
    terminal.expect("went on");
    terminal.expect("status 0");
}

fn the_command_has_the_foreground_of_the_script() {
    let run = "sh -c 'trap \"echo got it; exit 7\" INT; echo ready; while :; do read -r line; done'";
    let Some(script) = Script::new(&format!("mfa-env exec main -- {run}")) else { return };
    let mut terminal = script.run();
    terminal.expect(": ");
    terminal.send_line(&script.sts.code(&script.alice.mfa_serial));
    terminal.expect("ready");
    assert_eq!(terminal.foreground(), terminal.leader());
    terminal.send_control('c');
    terminal.expect("got it");
    terminal.expect("status ");
}

fn the_foreground_returns_after_sigkill() {
    let Some((_sts, _home, mut terminal)) = at_prompt("mfa-env exec main --no-preflight -- echo ran", RUN) else {
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
    let Some((sts, _home, mut terminal)) = at_prompt(EVALUATED, &format!("stty intr '^G' <&2; {RUN}")) else { return };
    terminal.send("12\x07");
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on") && !shown.contains("next"), "{shown:?}");
    assert_eq!(terminal.expect("\n").trim(), INTERRUPTED, "{shown:?}");
    assert_eq!(sts.take_calls(), []);
}

/// If no key interrupts, as in `stty intr undef`, a Ctrl-C is input that is no code.
fn typing_goes_on_after_the_key_that_was_interrupt() {
    let Some((_sts, _home, mut terminal)) = at_prompt(EVALUATED, &format!("stty intr undef <&2; {RUN}")) else {
        return;
    };
    terminal.send("\x03\r");
    terminal.expect("2 tries left");
    terminal.expect(": ");
    terminal.send_control('d');
    let shown = terminal.expect("status ");
    assert!(!shown.contains("went on"), "{shown:?}");
}

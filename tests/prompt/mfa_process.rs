//! A profile's `mfa_process`: a command that prints the code, and what happens when it prints none.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::interactive_shell::InteractiveShell;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::shells::Shell;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::summary;
use crate::support::terminal::{PATIENCE, Terminal, assert_same};
use mfa_env::credentials::Secret;
use mfa_env::mfa::process;
use mfa_env::origin::Origin;
use mfa_env::profile::{MfaProcess, ProfileName};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

trials![
    uses_the_first_line_of_output,
    prompts_when_the_command_prints_no_code,
    fails_without_a_terminal_to_prompt_on,
    kills_a_command_that_hangs,
    the_command_can_use_the_terminal,
    the_command_does_not_get_our_stdin,
    the_no_mfa_process_flag_and_a_code_argument_skip_the_command,
    prompts_when_the_code_of_the_command_is_rejected,
    runs_the_command_again_when_its_code_was_already_sent,
    the_profile_nearest_to_the_target_wins,
    does_not_run_the_command_for_another_device,
    the_command_has_the_foreground,
    nothing_of_the_command_reads_what_is_typed_later,
    ends_a_whole_group_that_hangs,
    ctrl_c_at_the_command_ends_the_sign_in_and_the_script,
    ctrl_z_does_not_stop_the_command_alone,
    the_command_dies_with_the_program_and_the_foreground_returns,
    explain_does_not_show_the_command,
];

/// alice with this `mfa_process`, which can read a valid code from the file `code`.
fn alice(process: &str) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(
        ".aws/config",
        config.replace("[profile main]\n", &format!("[profile main]\nmfa_process = {process}\n")),
    );
    home.write("code", sts.code(&alice.mfa_serial));
    (sts, alice, home)
}

fn sign_in(home: &Home) -> Program<'_> {
    Program::new(home, ["main", "--shell", "sh"])
}

const FAILED: &str = "mfa_process of profile main ";

// fault 33
fn uses_the_first_line_of_output() {
    for process in [
        "cat code",
        "cat code; echo",
        "echo $(cat code); echo 999999",
        "printf ' %s \\r\\n' $(cat code)",
        "yes $(cat code) | head -n 100000",
    ] {
        let (sts, alice, home) = alice(process);
        let code = fs::read_to_string(home.path().join("code")).expect("a code");
        let ran = sign_in(&home)
            .says(": using the code from main's mfa_process\n")
            .says("mfa-env: MFA code for alice (")
            .signs_in_to("main")
            .run();
        assert!(ran.stdout.contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{}", ran.stdout);
        assert!(!ran.stderr.contains(&code), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        let calls = sts.take_calls();
        let last = calls.last().expect("a call");
        assert_eq!(
            (last.param("TokenCode"), last.param("SerialNumber")),
            (Some(code.as_str()), Some(alice.mfa_serial.as_str()))
        );
    }
    let (_sts, _alice, home) = alice("cat code");
    let ran = Program::new(&home, ["main", "--shell", "sh", "-q"]).run();
    assert!(ran.stdout.contains("\nAWS_ACCESS_KEY_ID="), "{}", ran.stdout);
}

// fault 33
fn prompts_when_the_command_prints_no_code() {
    for (process, what) in [
        ("true", "printed nothing"),
        ("echo", "printed nothing"),
        ("echo 12345", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("echo hello; cat code", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("head -c 100000 /dev/zero", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("cat code; exit 3", "failed (exit status: 3)"),
        ("no-such-command 2>/dev/null", "failed (exit status: 127)"),
        ("cat code; kill -9 $$", "failed (signal: 9 (SIGKILL))"),
    ] {
        let (sts, alice, home) = alice(process);
        let prompted = PromptedRun::start_with(&home, sign_in(&home).command(), Stdio::null());
        let outcome = prompted.answer_with_any_screen(&sts.code(&alice.mfa_serial));
        assert!(outcome.status.success(), "{outcome:?}");
        assert!(outcome.stderr.starts_with(&format!("mfa-env: {FAILED}{what}\n")), "{outcome:?}");
        assert!(outcome.stderr.lines().count() == 2 && summary::is_in(&outcome.stderr, "main"), "{outcome:?}");
        assert_eq!(sts.take_calls().iter().filter(|call| call.param("TokenCode").is_some()).count(), 1);
    }
}

// fault 33
fn fails_without_a_terminal_to_prompt_on() {
    let (sts, _alice, home) = alice("echo top-secret-seed 12345; echo said it >&2; exit 1");
    let ran = sign_in(&home)
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says("said it\n")
        .says("mfa-env: mfa_process of profile main failed (exit status: 1)\n")
        .says("  run the command at ~/.aws/config:2 yourself to see why, or skip it with --no-mfa-process\n")
        .run();
    assert!(!ran.stderr.contains("top-secret-seed"), "{}", ran.stderr);
    assert!(sts.take_calls().iter().all(|call| call.action == "GetCallerIdentity"));
}

// fault 33
fn kills_a_command_that_hangs() {
    let process_with = |command: &str| MfaProcess {
        profile: ProfileName::parse("main").expect("a name"),
        command: Secret::new(command),
        origin: Origin::Default,
    };
    let home = Home::empty();
    let pid_file = home.path().join("pid");
    // The second command needs time to print its line, even on a busy machine.
    for (command, timeout, what) in [
        ("exec sleep 1000", 0, "printed nothing within 0 s"),
        (&format!("echo $$ >'{}'; echo 123456; exec sleep 1000", pid_file.display()), 5, "did not exit within 5 s"),
    ] {
        let timeout = Duration::from_secs(timeout) + Duration::from_millis(200);
        let failed = process::run(&process_with(command), timeout, || {}).expect_err("no code");
        let message = mfa_env::error::Error::from(failed).what();
        assert_eq!(message, format!("mfa_process of profile main {what}"));
    }
    let pid = fs::read_to_string(pid_file).expect("the command has started").trim().parse().expect("a pid");
    assert_eq!(kill(Pid::from_raw(pid), None), Err(Errno::ESRCH), "process {pid} is still running");
    assert!(!format!("{:?}", process_with("top-secret-seed")).contains("seed"));
}

fn the_command_can_use_the_terminal() {
    let (sts, _alice, home) = alice("printf 'Touch the key: ' >&2; read touch; test \"$touch\" = touched && cat code");
    let mut prompted = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
    prompted.terminal.expect("Touch the key: ");
    prompted.terminal.send_line("touched");
    let outcome = prompted.end_with_any_screen();
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(outcome.screen, "Touch the key: touched\r\n");
    assert_eq!(sts.take_calls().last().expect("a call").status, Some(200));
}

fn the_command_does_not_get_our_stdin() {
    let (_sts, _alice, home) = alice("cat; cat code");
    // Without a terminal the command reads nothing: our stdin may be meant for another program.
    sign_in(&home).stdin("000000\n").signs_in_to("main").run();
}

fn the_no_mfa_process_flag_and_a_code_argument_skip_the_command() {
    let (sts, alice, home) = alice("touch ran; cat code");
    let prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-mfa-process"]);
    prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
    // A code argument is used instead of the command.
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["main", &code, "--shell", "sh", "--renew"]).signs_in_to("main").run();
    assert!(!home.path().join("ran").exists());
}

fn prompts_when_the_code_of_the_command_is_rejected() {
    let (sts, alice, home) = alice("cat wrong");
    home.write("wrong", sts.wrong_code(&alice.mfa_serial));
    let mut prompted = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
    let message = prompted.terminal.expect(" (2 tries left)\r\n");
    assert!(message.starts_with("mfa-env: AWS rejected the MFA code: "), "{message}");
    prompted.prompt();
    let outcome = prompted.answer_with_any_screen(&sts.code(&alice.mfa_serial));
    assert!(outcome.status.success(), "{outcome:?}");
    // Without a terminal a rejected code is final.
    let ran = Program::new(&home, ["main", "--renew", "--shell", "sh"])
        .fails(4)
        .stdout(failure_statement::of("sh", 4))
        .says("using the code from main's mfa_process")
        .says("mfa-env: AWS rejected the MFA code\n")
        .run();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// A generator prints the same code for up to 30 s.
// fault 104
fn runs_the_command_again_when_its_code_was_already_sent() {
    let dir = tempfile::tempdir().expect("a directory");
    let (sts, alice, home) = alice(&format!(
        "cd {}; test -e next || : >again; read go; cat code; if test -e next; then mv next code; fi",
        dir.path().display()
    ));
    let used = fs::read_to_string(home.path().join("code")).expect("a code");
    Program::new(&home, ["main", &used, "--shell", "sh"]).signs_in_to("main").run();
    fs::write(dir.path().join("code"), &used).expect("a file");
    fs::write(dir.path().join("next"), sts.code(&alice.mfa_serial)).expect("a file");
    // AWS's clock, which the preflight reports, is two seconds before the next code.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
    sts.set_clock(28 - i64::try_from(now % 30).expect("a small number"));
    sts.take_calls();
    let command = Program::new(&home, ["main", "--renew", "--shell", "sh"]).command();
    let mut prompted = PromptedRun::before_prompt(&home, command, Stdio::null());
    assert!(sts.wait_for_calls(1, PATIENCE));
    prompted.terminal.send_line("");
    // The command runs again, and again waits for a line.
    let start = std::time::Instant::now();
    while !dir.path().join("again").exists() {
        assert!(start.elapsed() < PATIENCE, "{}", prompted.terminal.output());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    prompted.terminal.send_line("");
    let outcome = prompted.end_with_any_screen();
    assert!(outcome.status.success(), "{outcome:?}");
    let notice = "mfa-env: mfa_process of profile main printed a code that was already used; waiting ";
    assert!(outcome.stderr.starts_with(notice), "{outcome:?}");
    let codes: Vec<String> = sts.take_calls().iter().filter_map(|c| c.param("TokenCode").map(str::to_owned)).collect();
    assert_eq!(codes.len(), 1);
    assert_ne!(codes[0], used);
}

fn the_profile_nearest_to_the_target_wins() {
    let (sts, alice, home) = alice("touch far; cat code");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let near = format!("[profile near]\nrole_arn = {role}\nsource_profile = main\nmfa_process = cat code\n");
    home.write(".aws/config", config + &near + &format!("[profile far]\nrole_arn = {role}\nsource_profile = main\n"));
    Program::new(&home, ["near", "--shell", "sh"]).says("using the code from near's mfa_process").signs_in().run();
    assert!(!home.path().join("far").exists());
    let found = Program::new(&home, ["explain", "--verbose", "far", "--renew"]).run().stdout;
    assert!(found.contains("code      from main's mfa_process ("), "{found}");
    assert_eq!(alice.mfa_serial, sts.take_calls()[1].param("SerialNumber").expect("a device"));
}

fn does_not_run_the_command_for_another_device() {
    let (sts, _alice, home) = alice("touch ran; cat code");
    let arguments = ["main", "--shell", "sh", "--mfa-serial", "GAHT12345678"];
    Program::new(&home, arguments)
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says("there is no terminal to prompt on")
        .run();
    assert!(!home.path().join("ran").exists());
    assert_eq!(sts.take_calls(), []);
}

// fault 150
fn the_command_has_the_foreground() {
    let ps = "ps -o pgid=,tpgid= -p $$ | { read group foreground; test \"$group\" = \"$foreground\"; }";
    let (_sts, _alice, home) = alice(&format!("{ps} && cat code"));
    let prompted = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
    let outcome = prompted.end_with_any_screen();
    assert!(outcome.status.success(), "{outcome:?}");
    // In the background, there is none to have.
    let (_sts, _alice, home) = alice("cat code");
    let program = sign_in(&home).command();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-mc", "\"$0\" \"$@\" --renew >out & wait $!; echo status $?"]).arg(program.get_program());
    shell.args(program.get_args()).env_clear().envs(&home.variables).current_dir(home.path());
    let mut terminal = Terminal::spawn(shell);
    terminal.expect("status 0");
    assert!(terminal.wait().success());
}

/// Whether a process is there and not only waits to be collected.
fn is_alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn wait_for_end(pid: &str, of: &str) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while is_alive(pid) {
        assert!(std::time::Instant::now() < deadline, "process {pid} outlives {of}");
        std::thread::yield_now();
    }
}

// fault 150
fn nothing_of_the_command_reads_what_is_typed_later() {
    for left_behind in [
        "cat >left </dev/tty",
        "trap '' TERM; cat >left </dev/tty",
        "kill -STOP $$; cat >left </dev/tty",
        "stty -echo -icanon </dev/tty; cat >left </dev/tty",
    ] {
        // It runs as a process of its own, which the command does not wait for.
        let (sts, alice, home) = alice("sh left.sh & echo $! >pid; until test -e left; do :; done; exit 1");
        let script = left_behind.replace("cat", "echo >left; cat").replace("kill", "echo >left; kill");
        home.write("left.sh", script);
        let run = PromptedRun::start_with(&home, sign_in(&home).command(), Stdio::null());
        let pid = fs::read_to_string(home.path().join("pid")).expect("a process").trim().to_owned();
        assert!(!is_alive(&pid), "{left_behind}: it is there when the code is asked for");
        let mut terminal = run.terminal;
        terminal.send_line(&sts.code(&alice.mfa_serial));
        assert!(terminal.wait().success(), "{left_behind}: {}", terminal.output());
        assert_same(&terminal.initial, &terminal.stty());
        assert_eq!(fs::read_to_string(home.path().join("left")).expect("a file").trim(), "", "{left_behind}");
    }
}

// fault 150
fn ends_a_whole_group_that_hangs() {
    let home = Home::empty();
    let pids = home.path().join("pids");
    let command = format!("sleep 1000 & echo $! $$ >'{}'; true; cat; true", pids.display());
    let process = MfaProcess {
        profile: ProfileName::parse("main").expect("a name"),
        command: Secret::new(format!("{command} <&- ; sleep 1000")),
        origin: Origin::Default,
    };
    process::run(&process, Duration::from_secs(2), || {}).expect_err("no code");
    for pid in fs::read_to_string(pids).expect("the command has started").split_whitespace() {
        assert!(!is_alive(pid), "process {pid} is still running");
    }
}

// fault 150
fn ctrl_c_at_the_command_ends_the_sign_in_and_the_script() {
    for (process, key, signal) in [
        ("echo started >&2; exec sleep 1000", 'c', Signal::SIGINT),
        ("trap 'exit 130' INT; echo started >&2; while :; do :; done", 'c', Signal::SIGINT),
        ("echo started >&2; exec sleep 1000", '\\', Signal::SIGQUIT),
    ] {
        let (sts, _alice, home) = alice(process);
        let program = sign_in(&home).command();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "\"$0\" \"$@\" >out; echo went on"]).arg(program.get_program());
        shell.args(program.get_args()).env_clear().envs(&home.variables).current_dir(home.path());
        let mut terminal = Terminal::spawn(shell);
        terminal.expect("started");
        terminal.send_control(key);
        assert_eq!(terminal.wait().signal(), Some(signal as i32), "{process}: {}", terminal.output());
        assert!(!terminal.output().contains("went on"), "{}", terminal.output());
        // The program may die a moment after the script, which leads the session here, so that its end is a hangup.
        let statements = [signal, Signal::SIGHUP].map(|signal| failure_statement::of("sh", 128 + signal as i32));
        let deadline = std::time::Instant::now() + PATIENCE;
        while !statements.contains(&fs::read_to_string(home.path().join("out")).expect("a file")) {
            assert!(std::time::Instant::now() < deadline, "{process}: no statement");
            std::thread::yield_now();
        }
        assert!(sts.take_calls().iter().all(|call| call.param("TokenCode").is_none()));
    }
}

/// In a shell that could continue only the program, which waits for the command.
// fault 20
fn ctrl_z_does_not_stop_the_command_alone() {
    let mut session = InteractiveShell::start(Shell::Bash);
    let code = session.sts.code(&session.alice.mfa_serial);
    let path = session.home.path().join(".aws/config");
    let process = format!("mfa_process = echo started >&2; read answer </dev/tty; echo {code}\n");
    fs::write(&path, fs::read_to_string(&path).expect("a file") + &process).expect("a file");
    session.terminal.type_line("mfa-env exec main --no-preflight -- echo ran");
    session.terminal.expect("started");
    session.terminal.send_control('z');
    session.terminal.send_line("answer");
    session.terminal.expect("\nran");
    session.terminal.expect_prompt();
}

/// A surviving command would compete with the shell for the terminal's input. The shell here leads the session and
/// lives on, so that nothing but the program ends the command.
// fault 150
fn the_command_dies_with_the_program_and_the_foreground_returns() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGKILL] {
        let (_sts, _alice, home) = alice("stty -echo; echo started $$ >&2; trap '' TERM HUP; sleep 1000; sleep 1000");
        let program = sign_in(&home).command();
        let mut shell = Command::new("/bin/sh");
        // The shell reads from the terminal again, for which it needs the foreground. After SIGKILL, it comes a moment
        // later.
        let wait = "until test $(ps -o tpgid= -p $$) = $$; do :; done;";
        let wait = if signal == Signal::SIGKILL { wait } else { "" };
        shell.args(["-c", &format!("\"$0\" \"$@\" >out; {wait} echo reading; read line; echo \"read $line\"")]);
        shell.arg(program.get_program()).args(program.get_args());
        shell.env_clear().envs(&home.variables).current_dir(home.path());
        let mut terminal = Terminal::spawn(shell);
        terminal.expect("started ");
        let pid = terminal.expect("\r\n").trim().to_owned();
        kill(terminal.process("mfa-env"), signal).expect("the program is running");
        terminal.expect("reading");
        wait_for_end(&pid, signal.as_str());
        let leader = terminal.leader();
        terminal.wait_until("the settings from before", |now| terminal.initial.difference(now).is_none());
        assert_eq!(terminal.foreground(), leader, "{signal}");
        terminal.send_line("again");
        terminal.expect("read again");
        let statement =
            if signal == Signal::SIGKILL { String::new() } else { failure_statement::of("sh", 128 + signal as i32) };
        assert_eq!(fs::read_to_string(home.path().join("out")).expect("a file"), statement, "{signal}");
    }
}

fn explain_does_not_show_the_command() {
    let (sts, _alice, home) = alice("oathtool --totp top-secret-seed");
    let config = home.path().join(".aws/config");
    let found = Program::new(&home, ["explain", "--verbose", "main"]).run().stdout;
    let line = "code      from main's mfa_process (~/.aws/config:2); if it fails, mfa-env prompts\n";
    assert!(found.contains(line), "{found}");
    let json = Program::new(&home, ["explain", "main", "--json"]).run().stdout;
    let fields: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let origin = format!("{}:2", config.display());
    assert_eq!(fields["mfa_process"], serde_json::json!({ "profile": "main", "origin": origin }));
    assert_eq!(fields["code"], "process");
    for text in [found, json, Program::new(&home, ["list", "--json"]).run().stdout] {
        assert!(!text.contains("top-secret-seed"), "{text}");
    }
    let without = Program::new(&home, ["explain", "--verbose", "main", "--no-mfa-process"]).run().stdout;
    assert!(without.contains("code      mfa-env prompts for it\n"), "{without}");
    assert_eq!(sts.take_calls(), []);
}

//! `setup` where it is not at home: nobody answers, the shell has no function or job control, the terminal is simple.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::home::{Home, credentials_section};
use crate::support::interactive_shell::in_every_shell;
use crate::support::program::{Program, binary};
use crate::support::shells::Shell;
use crate::support::sts::Sts;
use crate::support::terminal::{Streams, Terminal, assert_same};
use std::fs;
use std::process::Command;

trials![
    a_question_that_nobody_answers_ends,
    ctrl_z_does_not_suspend_a_question,
    shells_without_a_function_get_another_line,
    without_any_shell_it_is_a_guess,
];

#[cfg(target_os = "linux")]
read_only_trials![a_home_that_cannot_be_written_is_found_before_the_key];

const REGION: &str = "Region of your resources [us-east-1]: ";
/// How many ancestor processes the program looks at.
const ANCESTORS: usize = 64;
const KEY_ID: &str = "Access key ID, or the path of accessKeys.csv: ";

/// The real timeout is ten minutes, so this sets up through the library with a short one.
fn a_question_that_nobody_answers_ends() {
    let [with_region, empty] = ["[profile main]\nregion = us-east-1\n", ""].map(|config| Home::with(config, ""));
    // A question that shows what is typed, and one that does not.
    for (home, profile, question, go_on) in [
        (&empty, None, "Name of the profile for your access key [main]: ", "mfa-env setup"),
        (&empty, Some("main"), REGION, "mfa-env setup main"),
        (&with_region, Some("main"), KEY_ID, "mfa-env setup main"),
    ] {
        let before = home.files();
        let mut command = child_programs::setting_up_briefly(profile);
        command.env_clear().envs(&home.variables).current_dir(home.path());
        let mut terminal = Terminal::spawn(command);
        terminal.expect(question);
        terminal.send("half of an ans");
        let status = terminal.wait();
        let said = terminal.output().replace("\r\n", "\n");
        assert_eq!(status.code(), Some(5), "{said}");
        let progress = format!("mfa-env: nothing has been written; go on with: {go_on}\n");
        assert!(said.contains(&progress) && said.contains("the question was not answered"), "{said}");
        assert_same(&terminal.initial, &terminal.stty());
        assert_eq!(home.files(), before);
    }
}

/// As at every prompt, in shells with job control.
// faults 20, 145
fn ctrl_z_does_not_suspend_a_question() {
    in_every_shell(|session| {
        let terminal = &mut session.terminal;
        terminal.type_line("mfa-env setup other");
        terminal.expect(REGION);
        terminal.send_control('z');
        terminal.send_control('z');
        terminal.send_line("eu-west-1");
        terminal.expect(KEY_ID);
        terminal.send_control('z');
        terminal.send_line("AKIAIOSFODNN7EXAMPLE");
        terminal.expect("Secret access key of AKIAIOSFODNN7EXAMPLE: ");
        terminal.send_control('z');
        terminal.send_control('c');
        let shown = terminal.expect_prompt();
        assert!(shown.contains("nothing has been written; go on with: mfa-env setup other"), "{shown}");
        let jobs = if session.shell == Shell::Pwsh { "Get-Job" } else { "jobs" };
        let jobs = session.terminal.run_line(jobs);
        assert!(!jobs.contains("mfa-env"), "{}: {jobs}", session.shell);
    });
}

/// A machine with a profile that has everything but a region.
fn machine() -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let config = format!("[profile main]\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "dumb").set("LANG", "C.UTF-8");
    (sts, home)
}

/// Goes through the questions of [`machine`], and returns what is said at the end.
fn set_up(sts: &Sts, command: Command) -> String {
    let streams = Streams { size: Some((100, 40)), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command, streams);
    terminal.expect(REGION);
    terminal.send_line("");
    terminal.expect("Role to assume, as ARN or ACCOUNT:ROLE (Enter for none): ");
    terminal.send_line("");
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    terminal.send_line(&sts.code("arn:aws:iam::123456789012:mfa/alice"));
    let status = terminal.wait();
    let said = terminal.output().replace("\r\n", "\n");
    assert_eq!(status.code(), Some(0), "{said}");
    said
}

fn shells_without_a_function_get_another_line() {
    let program = std::env::current_exe().expect("the path of this program");
    // A hard link gives this program the process name of that shell.
    let folder = tempfile::tempdir_in(program.parent().expect("a directory")).expect("a directory");
    for name in ["tcsh", "nu", "xonsh"] {
        let shell = folder.path().join(name);
        fs::hard_link(&program, &shell).expect("a hard link");
        let (sts, home) = machine();
        let mut command = Command::new(&shell);
        command.args(child_programs::wrappers(1).iter().skip(1)).arg(binary()).args(["setup", "main"]);
        command.env_clear().envs(&home.variables).current_dir(home.path());
        let said = set_up(&sts, command);
        let line = "This shell has no function for sign-ins; sign in with: mfa-env exec main -- COMMAND\n";
        assert!(said.ends_with(line), "{name}: {said}");
        assert!(!said.contains("mfa-env init"), "{name}: {said}");
        // The line works there.
        let ran = Program::new(&home, ["exec", "main", "--", "env"]).run();
        assert!(ran.stdout.contains("\nAWS_SESSION_TOKEN="), "{}", ran.stdout);
    }
}

/// A program without a shell above it, and without SHELL: an editor that was started from a menu, for example.
fn without_any_shell_it_is_a_guess() {
    for shell in [None, Some("/bin/tcsh"), Some("/usr/bin/nologin")] {
        let (sts, home) = machine();
        let words = child_programs::wrappers(ANCESTORS);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(binary()).args(["setup", "main"]);
        command.env_clear().envs(&home.variables).current_dir(home.path());
        shell.map(|shell| command.env("SHELL", shell));
        let said = set_up(&sts, command);
        let line = "The calling shell is not recognized; sign in with: mfa-env exec main -- COMMAND\n";
        assert!(said.ends_with(line), "{said}");
    }
}

#[cfg(target_os = "linux")]
fn a_home_that_cannot_be_written_is_found_before_the_key() {
    use crate::support::read_only;
    let (without_folder, with_folder, with_link) = (Home::empty(), Home::with("[profile x]\n", ""), Home::empty());
    let elsewhere = Home::with("", "");
    std::os::unix::fs::symlink(elsewhere.path().join(".aws"), with_link.path().join(".aws")).expect("a link");
    for (home, read_only) in
        [(&without_folder, &without_folder), (&with_folder, &with_folder), (&with_link, &elsewhere)]
    {
        let mut command = read_only::command(read_only.path());
        command.arg(binary()).args(["setup", "main"]).env_clear().envs(&home.variables).current_dir("/");
        let before = home.files();
        let mut terminal = Terminal::spawn(command);
        terminal.expect(REGION);
        terminal.send_line("");
        let status = terminal.wait();
        let said = terminal.output().replace("\r\n", "\n");
        assert_eq!(status.code(), Some(7), "{said}");
        assert!(said.contains("~/.aws/credentials cannot be written: Read-only file system\n"), "{said}");
        assert!(said.contains("mfa-env: nothing has been written; go on with: mfa-env setup main\n"), "{said}");
        assert!(!said.contains(KEY_ID), "{said}");
        assert_eq!(home.files(), before);
    }
}

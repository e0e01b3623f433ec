//! `why` on a terminal, in pipes, and in each shell.

#![cfg(unix)]

use crate::support::evaluation::shells as all_shells;
use crate::support::home::Home;
use crate::support::program::{Program, binary, path_with_program};
use crate::support::shells;
use crate::support::terminal::{Streams, Terminal};
use std::fs::File;
use std::io::{Write, pipe};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

trials![
    looks_at_the_shell_alone_on_a_terminal,
    reads_what_is_typed_if_asked_to,
    ctrl_c_ends_it_while_it_reads,
    says_that_it_reads_if_nothing_comes,
    says_how_much_it_has_read,
    works_without_stdin,
    works_in_the_pipes_of_each_shell,
    shows_the_lines_of_the_shell_that_calls_it,
    ends_quietly_if_nobody_reads_it,
    reads_a_pipe_that_has_a_name,
    needs_little_memory,
];

const EXPIRED: &str = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token \
                       included in the request is expired";

fn terminal(home: &Home, script: &str) -> Terminal {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).env_clear().envs(&home.variables).env("PATH", path_with_program());
    Terminal::spawn(command)
}

fn looks_at_the_shell_alone_on_a_terminal() {
    let home = Home::empty();
    let terminal = Terminal::spawn(Program::new(&home, ["why"]).command());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert!(terminal.output().starts_with("this shell has no credentials: "), "{}", terminal.output());
}

fn reads_what_is_typed_if_asked_to() {
    let home = Home::empty();
    let mut terminal = Terminal::spawn(Program::new(&home, ["why", "-"]).command());
    terminal.send_line(EXPIRED);
    terminal.send_control('d');
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert!(terminal.output().contains("the session that the program used has expired"), "{}", terminal.output());
}

fn ctrl_c_ends_it_while_it_reads() {
    let home = Home::empty();
    // The other program of the pipe does not end by the key.
    let mut terminal = terminal(&home, "(trap '' INT; sleep 1000) | exec mfa-env why");
    terminal.expect("mfa-env: reading");
    let why = terminal.process("mfa-env");
    terminal.send_control('c');
    terminal.wait_until("the program ends", |_| !std::path::Path::new(&format!("/proc/{why}/exe")).exists());
    terminal.close();
    // A signal from elsewhere.
    let (reader, _writer) = pipe().expect("a pipe");
    let mut command = Program::new(&home, ["why"]).command();
    let mut child = command.stdin(reader).stdout(Stdio::piped()).spawn().expect("the program");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), nix::sys::signal::Signal::SIGTERM)
        .expect("a signal");
    let status = child.wait().expect("a status");
    assert_eq!(status.signal(), Some(15), "{status:?}");
}

/// The pipe hides what a program asks, so somebody may wait for it forever.
fn says_that_it_reads_if_nothing_comes() {
    let home = Home::empty();
    let (reader, mut writer) = pipe().expect("a pipe");
    let command = Program::new(&home, ["why"]).command();
    let streams = Streams { stdin: Some(reader.into()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command, streams);
    terminal.expect("mfa-env: reading; what the program asks now is not shown");
    writer.write_all(EXPIRED.as_bytes()).expect("a pipe");
    drop(writer);
    terminal.expect("the session that the program used has expired");
    assert_eq!(terminal.wait().code(), Some(0));
}

/// A large text takes some seconds.
fn says_how_much_it_has_read() {
    let home = Home::empty();
    let (reader, mut writer) = pipe().expect("a pipe");
    let command = Program::new(&home, ["why"]).command();
    let streams = Streams { stdin: Some(reader.into()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command, streams);
    while !terminal.output().contains("MB so far") {
        writer.write_all(&b"the text goes on\n".repeat(4096)).expect("a pipe");
    }
    writer.write_all(EXPIRED.as_bytes()).expect("a pipe");
    drop(writer);
    terminal.expect("the session that the program used has expired");
    assert_eq!(terminal.wait().code(), Some(0));
}

fn works_without_stdin() {
    let home = Home::empty();
    for closed in ["<&-", "</dev/null"] {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec mfa-env why {closed}")]).env_clear().envs(&home.variables);
        command.env("PATH", path_with_program());
        let ran = shells::finish(command);
        let shown = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && shown.starts_with("there was no text; "), "{closed}: {ran}");
    }
    // One that cannot be read.
    let directory = File::open("/").expect("a directory");
    let mut command = Program::new(&home, ["why"]).command();
    command.stdin(directory);
    let ran = command.output().expect("the program");
    assert_eq!(ran.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&ran.stderr).starts_with("mfa-env: stdin cannot be read: "));
}

fn works_in_the_pipes_of_each_shell() {
    for shell in all_shells() {
        let mut home = Home::empty();
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home.write("fails", format!("#!/bin/sh\necho '{EXPIRED}' >&2\nexit 1\n"));
        let dialect = mfa_env::shell::Shell::named(shell.dialect()).expect("a dialect");
        let load = shell.eval(&format!("mfa-env init {}", dialect.name()));
        for program in ["mfa-env", shell.function_name()] {
            let ran = shell.run(&format!("{load}\nsh ./fails 2>&1 | {program} why"), &home.variables, home.path());
            let shown = String::from_utf8_lossy(&ran.stdout);
            assert!(shown.contains("the session that the program used has expired"), "{shell} {program}: {ran}");
            assert!(shown.contains("(ExpiredToken)"), "{shell} {program}: {ran}");
        }
    }
}

fn shows_the_lines_of_the_shell_that_calls_it() {
    for shell in all_shells() {
        let mut home = Home::empty();
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x");
        home.set("AWS_SESSION_TOKEN", "y").set("AWS_REGION", "us-east-1").set("AWS_DEFAULT_REGION", "us-west-1");
        let ran = shell.run("mfa-env why /dev/null", &home.variables, home.path());
        let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
        let line = |what: &str| {
            let rest = shown.split_once(&format!("  {what}: ")).unwrap_or_else(|| panic!("{shell}: {ran}")).1;
            rest.lines().next().expect("a line").to_owned()
        };
        let (unset, set) = (line("remove it with"), line("use one for all with"));
        let script = format!("{unset}\n{set}\nsh -c 'echo \"<$AWS_SESSION_TOKEN> <$AWS_DEFAULT_REGION>\"'");
        let ran = shell.run(&script, &home.variables, home.path());
        assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), "<> <us-east-1>", "{shell}: {script}\n{ran}");
    }
}

fn ends_quietly_if_nobody_reads_it() {
    let home = Home::empty();
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut command = Program::new(&home, ["why", "/dev/null"]).command();
    let ran = command.stdout(writer).output().expect("the program");
    assert_eq!((ran.status.code(), ran.stderr.as_slice()), (Some(7), [].as_slice()));
}

fn reads_a_pipe_that_has_a_name() {
    let home = Home::empty();
    nix::unistd::mkfifo(&home.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let mut command = Program::new(&home, ["why", "pipe"]).command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    std::fs::write(home.path().join("pipe"), EXPIRED).expect("a pipe");
    let ran = child.wait_with_output().expect("a status");
    assert!(ran.status.success() && String::from_utf8_lossy(&ran.stdout).contains("has expired"), "{ran:?}");
}

/// 10 MB of text, and room for 5 MB more than a short text needs.
fn needs_little_memory() {
    let home = Home::empty();
    let limited = |megabytes: u64, input: &str| {
        let script = format!("ulimit -v {}; {input} | (exec '{}' why)", megabytes * 1024, binary().display());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).env_clear().envs(&home.variables);
        shells::finish(command)
    };
    let enough =
        (8..400).step_by(2).find(|limit| limited(*limit, &format!("echo '{EXPIRED}'")).stdout.starts_with(b"> "));
    // Lines, and one that never ends, of letters with which errors begin.
    let text = "(yes 'The security token was accepted' | head -c 5000000; head -c 5000000 /dev/zero | tr '\\0' 'T'";
    let ran = limited(enough.expect("a limit") + 5, &format!("{text}; echo; echo '{EXPIRED}')"));
    assert!(String::from_utf8_lossy(&ran.stdout).contains("has expired"), "{ran}");
}

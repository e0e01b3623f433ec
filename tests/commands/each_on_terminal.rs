//! `each` on a terminal: what is shown of lines that a terminal would change later, and Ctrl-Z.

#![cfg(unix)]

use super::each::{command, forget, is_running, signed_in_home, started};
use crate::support::home::Home;
use crate::support::program::binary;
use crate::support::shells::Shell;
use crate::support::terminal::Terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::time::{Duration, Instant};

trials![
    a_progress_bar_shows_its_last_state_in_each_line,
    commands_cannot_change_the_lines_of_others,
    colors_end_with_their_line_and_go_on_in_the_next,
    a_progress_bar_does_not_fill_the_memory,
    ctrl_z_stops_the_commands_and_fg_and_bg_continue_them,
    a_stopped_run_can_be_ended,
    ctrl_z_without_a_shell_stops_nothing,
];

/// What is shown of the output of a command, without the prefix of each line.
#[track_caller]
fn shown(home: &Home, output: &str) -> Vec<String> {
    home.write("output", output);
    let terminal = Terminal::spawn(command(home, &["a", "-q"], "cat output"));
    assert!(terminal.wait().success(), "{}", terminal.output());
    let screen = terminal.output();
    let line = |line: &str| line.strip_prefix("a | ").unwrap_or_else(|| panic!("{screen:?}")).to_owned();
    screen.split_terminator("\r\n").map(line).collect()
}

fn a_progress_bar_shows_its_last_state_in_each_line() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let cases: &[(&str, &[&str])] = &[
        ("Completed 1 MiB\rCompleted 12 MiB\rdownload: x\nnext\n", &["download: x", "next"]),
        // The last one stays, with and without a newline.
        ("1%\r20%\r100%\r\n", &["100%"]),
        ("1%\r20%\r100%\r", &["100%"]),
        ("1%\r20%\r100%", &["100%"]),
        ("\r1%\r\r2%\r\r\n", &["2%"]),
        // Text with the line ends of Windows.
        ("one\r\ntwo\r\n\r\n", &["one", "two", ""]),
        // A bar that erases itself.
        ("50%\r\x1b[Kdone\n", &["done"]),
        ("50%\x1b[2K\rdone\n", &["done"]),
        ("50%\x1b[1Gdone\n", &["done"]),
        ("50%\r\x1b[K", &[""]),
        ("50%\x1b[K\n", &["50%"]),
        // A spinner, and the bold text of a manual.
        ("wait |\x08/\x08-\x08ok\n", &["wait ok"]),
        ("N\x08NA\x08A\u{e4}\x08\u{fc}\x08\x08\x08\x08\x08x\n", &["x"]),
    ];
    for (output, expected) in cases {
        assert_eq!(shown(&home, output), *expected, "{output:?}");
    }
    // Several profiles at once, each line of which is written in two parts.
    let script = "for i in 1 2 3 4 5; do printf \"$i%%\\r\"; sleep 0.01; done; echo done";
    let terminal = Terminal::spawn(command(&home, &["?", "-q"], script));
    assert!(terminal.wait().success());
    let mut lines: Vec<String> = terminal.output().lines().map(str::to_owned).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a | done", "b | done"]);
}

fn commands_cannot_change_the_lines_of_others() {
    let (_sts, home) = signed_in_home(&["a"]);
    let nothing = [
        "\x1b[A",
        "\x1b[10A",
        "\x1b[2J",
        "\x1b[H",
        "\x1b[5;1H",
        "\x1b[K",
        "\x1b[?1049h",
        "\x1b[?25l",
        "\x1b[6n",
        "\x1b[1M",
        "\x1b[>4;1m",
        "\x1b[ q",
        "\x1b[!p",
        "\x1b7",
        "\x1b8",
        "\x1bc",
        "\x1bM",
        "\x1bD",
        "\x1b(0",
        "\x1b#8",
        "\x1b%G",
        "\x1b",
        "\x1b]0;title\x07",
        "\x1b]8;;https://example.com\x1b\\",
        "\x1bPq#0\x1b\\",
        "\x1b_x\x1b\\",
        "\x1b[\x1b[A",
        "\x0b",
        "\x0c",
        "\x0e",
        "\x0f",
        "\x07",
        "\0",
        "\x7f",
        "\u{9b}",
        "\u{84}",
        "\u{8d}",
    ];
    for sequence in nothing {
        assert_eq!(shown(&home, &format!("1{sequence}\u{e4}2\nnext\n")), ["1\u{e4}2", "next"], "{sequence:?}");
    }
    // A sequence that does not end takes the rest of its line only.
    for (output, expected) in [
        ("1\x1b]0;title\nnext\n", ["1", "next"]),
        ("1\x1b[12\nnext\n", ["1", "next"]),
        ("1\x1b\nnext\n", ["1", "next"]),
        ("1\x1b[3\tx\nnext", ["1\tx", "next"]),
        ("1\u{9b}2J\nnext", ["12J", "next"]),
    ] {
        assert_eq!(shown(&home, output), expected, "{output:?}");
    }
    // What is not UTF-8 is text, but not its control characters.
    fs::write(home.path().join("bytes"), b"a\xe4\x9bb\x84\xff\n").expect("a file");
    let terminal =
        Terminal::spawn(command(&home, &["a", "-q"], "cat bytes | od -c >seen; cat bytes | tr '\\344\\377' xx"));
    assert!(terminal.wait().success());
    assert_eq!(terminal.output(), "a | axbx\r\n");
}

fn colors_end_with_their_line_and_go_on_in_the_next() {
    let (_sts, home) = signed_in_home(&["a"]);
    let cases: &[(&str, &[&str])] = &[
        ("\x1b[31mred\x1b[0m plain\n", &["\x1b[31mred\x1b[0m plain"]),
        ("\x1b[1;31mred\nred too\x1b[m\nplain\n", &["\x1b[1;31mred\x1b[0m", "\x1b[1;31mred too\x1b[0m", "plain"]),
        ("\x1b[38;5;0m\x1b[48:2::1:2:3mx\n\n", &["\x1b[38;5;0m\x1b[48:2::1:2:3mx\x1b[0m", ""]),
        ("\x1b[31m\x1b[0;32mgreen", &["\x1b[0;32mgreen\x1b[0m"]),
        ("\x1b[31m\x1b[0;0mplain", &["plain"]),
        ("\x1b[31m1%\r\x1b[32m2%\x1b[0m\n", &["\x1b[31m\x1b[32m2%\x1b[0m"]),
    ];
    for (output, expected) in cases {
        assert_eq!(shown(&home, output), *expected, "{output:?}");
    }
    // However many there are.
    let many: String = (0..3000).map(|color| format!("\x1b[38;2;{color};0;0m")).collect();
    let lines = shown(&home, &format!("{many}x\ny\n"));
    assert!(lines[1].len() < 500 && lines[1].ends_with("\x1b[38;2;2999;0;0my\x1b[0m"), "{lines:?}");
}

/// The last state is whole.
fn a_progress_bar_does_not_fill_the_memory() {
    let (_sts, home) = signed_in_home(&["a"]);
    let output: String = (0..200_000).map(|number| format!("Completed {number} of 200000\r")).collect();
    assert!(output.len() > 4 << 20);
    assert_eq!(shown(&home, &output), ["Completed 199999 of 200000"]);
}

fn state(pid: Pid) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    stat.rsplit(") ").next().expect("a state")[..1].to_owned()
}

/// Whether a process does nothing because of a signal: it is stopped, or waits until the program that it is starting, which
/// is stopped, has begun.
fn is_held(state: &str) -> bool {
    matches!(state, "T" | "D")
}

fn parent(pid: Pid) -> Pid {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let after_name = stat.rsplit(") ").next().expect("a state");
    Pid::from_raw(after_name.split(' ').nth(1).expect("a parent").parse().expect("a process ID"))
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "not {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A shell in which two commands run, which end once there is a file, and the processes of the commands. A part of each has
/// a process group of its own.
fn running_in_bash(home: &Home) -> (Terminal, Vec<Pid>) {
    let mut terminal = Terminal::shell(Shell::Bash, &home.variables, home.path());
    home.write(
        "wait",
        "#!/bin/sh\ntimeout 1000 sleep 1000 & echo $$ $! >up-$1\nwhile [ ! -e go ]; do sleep 0.01; done\nkill $!\necho done\n",
    );
    terminal.type_line(&format!("'{}' each '?' -q -- sh wait {{}}", binary().display()));
    let pids = started(home.path(), 2);
    (terminal, pids)
}

fn ctrl_z_stops_the_commands_and_fg_and_bg_continue_them() {
    if Shell::Bash.path().is_none() {
        return;
    }
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let (mut terminal, pids) = running_in_bash(&home);
    let are = |wanted: fn(&str) -> bool| pids.iter().all(|pid| wanted(&state(*pid)));
    for continued in ["fg", "bg"] {
        terminal.send_control('z');
        terminal.expect("Stopped");
        terminal.expect_prompt();
        wait_until("stopped", || are(is_held));
        terminal.type_line(continued);
        terminal.expect("each");
        wait_until("continued", || are(|state| state != "T"));
        if continued == "bg" {
            terminal.expect_prompt();
            terminal.type_line("fg");
            terminal.expect("each");
        }
    }
    // Once more, and continued by a program.
    terminal.send_control('z');
    terminal.expect("Stopped");
    terminal.expect_prompt();
    wait_until("stopped", || are(is_held));
    home.write("go", "");
    terminal.type_line("kill -CONT %1; wait; echo status $?");
    for _ in 0..2 {
        terminal.expect(" | done");
    }
    terminal.expect("status 0");
}

fn a_stopped_run_can_be_ended() {
    if Shell::Bash.path().is_none() {
        return;
    }
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let (mut terminal, pids) = running_in_bash(&home);
    terminal.send_control('z');
    terminal.expect("Stopped");
    terminal.expect_prompt();
    let each = parent(pids[0]);
    terminal.type_line("kill %1");
    wait_until("ended", || pids.iter().all(|pid| !is_running(*pid)));
    // The program ends after its commands, and bash has to notice it.
    terminal.type_line(&format!("while kill -0 {each} 2>/dev/null; do sleep 0.02; done; jobs; wait; echo none left"));
    terminal.expect("Terminated");
    terminal.expect("\nnone left");
}

/// Nobody could continue it.
fn ctrl_z_without_a_shell_stops_nothing() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    for signal in [Signal::SIGTSTP, Signal::SIGCONT] {
        forget(home.path());
        let script = "echo $$ >up-$1; while [ ! -e go-$1 ]; do sleep 0.01; done; echo done";
        let terminal = Terminal::spawn(command(&home, &["?", "-q"], script));
        started(home.path(), 2);
        kill(terminal.leader(), signal).expect("it runs");
        for name in ["go-a", "go-b"] {
            home.write(name, "");
        }
        assert!(terminal.wait().success(), "{}", terminal.output());
        assert_eq!(terminal.output().matches("done").count(), 2);
        for name in ["go-a", "go-b"] {
            fs::remove_file(home.path().join(name)).expect("a file");
        }
    }
}

//! The program on a terminal, with stdout and stderr captured separately.
//!
//! These checks apply to every prompt, whatever the test is about: echo is off before the prompt is shown, the terminal
//! shows the prompt and a newline and nothing else, its settings are restored, and no file changes.

use super::home::Home;
use super::program::Program;
use super::summary::is_summary;
use super::terminal::{Streams, Stty, Terminal, assert_same};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

pub struct PromptedRun<'a> {
    pub terminal: Terminal,
    /// From `MFA code` to the colon and the space; empty before [`PromptedRun::prompt`].
    pub prompt: String,
    /// What the terminal showed before the current prompt.
    shown: String,
    home: &'a Home,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// The exit status and everything that the program wrote.
#[derive(Debug)]
pub struct PromptedOutcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// Everything that the terminal showed.
    pub screen: String,
}

impl<'a> PromptedRun<'a> {
    /// Starts the program and waits for its prompt.
    pub fn start<I: IntoIterator<Item = S>, S: Into<OsString>>(home: &'a Home, arguments: I) -> Self {
        PromptedRun::start_with(home, Program::new(home, arguments).command(), Stdio::null())
    }

    /// Like [`PromptedRun::start`], with the given command and stdin.
    pub fn start_with(home: &'a Home, command: Command, stdin: Stdio) -> Self {
        let mut run = PromptedRun::before_prompt(home, command, stdin);
        run.prompt();
        assert!(run.terminal.stty().is_hidden(), "echo is still on at the prompt");
        run
    }

    /// Like [`PromptedRun::start_with`], but does not wait for the prompt.
    pub fn before_prompt(home: &'a Home, command: Command, stdin: Stdio) -> Self {
        let files = home.files();
        let streams = Streams {
            stdin: Some(stdin),
            stdout: Some(Stdio::piped()),
            stderr: Some(Stdio::piped()),
            ..Streams::default()
        };
        let (prompt, shown) = (String::new(), String::new());
        PromptedRun { terminal: Terminal::spawn_with(command, streams), prompt, shown, home, files }
    }

    /// Waits for the prompt.
    pub fn prompt(&mut self) {
        // A colon and a space occur only at the end of the prompt.
        self.prompt = self.terminal.expect(": ");
        assert!(self.prompt.starts_with("MFA code"), "{:?}", self.prompt);
    }

    /// Types text that the prompt rejects: it says why and asks again.
    #[track_caller]
    pub fn rejects(&mut self, text: &str, why: &str) {
        assert_eq!(self.rejects_ending_in(text, ""), why);
    }

    /// Like [`PromptedRun::rejects`] for a reason that ends in `end`; returns the reason without it.
    #[track_caller]
    pub fn rejects_ending_in(&mut self, text: &str, end: &str) -> String {
        self.terminal.send_line(text);
        let text = self.terminal.expect("\r\nMFA code");
        let why = text.strip_prefix("\r\nmfa-env: ").and_then(|text| text.strip_suffix("\r\nMFA code"));
        let why = why.unwrap_or_else(|| panic!("no reason: {text:?}"));
        assert_eq!(format!("MFA code{}", self.terminal.expect(": ")), self.prompt);
        assert!(self.stty().is_hidden(), "echo is still on at the prompt");
        self.shown.push_str(&format!("{}\r\nmfa-env: {why}\r\n", self.prompt));
        why.strip_suffix(end).unwrap_or_else(|| panic!("{why:?} does not end in {end:?}")).to_owned()
    }

    /// Returns a notice that appears while the prompt is open; the prompt is then shown again.
    #[track_caller]
    pub fn notice(&mut self) -> String {
        let text = self.terminal.expect("\r\nMFA code");
        let text = text.strip_prefix("\r\nmfa-env: ").and_then(|text| text.strip_suffix("\r\nMFA code"));
        let text = text.expect("a notice").to_owned();
        assert_eq!(format!("MFA code{}", self.terminal.expect(": ")), self.prompt);
        self.shown.push_str(&format!("{}\r\nmfa-env: {text}\r\n", self.prompt));
        text
    }

    /// Types the same text three times; the prompt rejects it each time for the given reason.
    #[track_caller]
    pub fn rejects_three_times(mut self, text: &str, why: &str) -> PromptedOutcome {
        self.rejects(text, &format!("{why} (2 tries left)"));
        self.rejects(text, &format!("{why} (1 try left)"));
        let outcome = self.answer(text);
        outcome.fails(5, &format!("{why}\n"));
        outcome
    }

    /// Types text and Enter.
    pub fn answer(mut self, text: &str) -> PromptedOutcome {
        self.terminal.send_line(text);
        self.end()
    }

    /// Like [`PromptedRun::answer`], but does not check what the terminal shows.
    pub fn answer_with_any_screen(mut self, text: &str) -> PromptedOutcome {
        self.terminal.send_line(text);
        self.end_with_any_screen()
    }

    /// Waits for the program to exit; the terminal must show rejected input, the prompt, and nothing that was typed.
    pub fn end(self) -> PromptedOutcome {
        let expected = format!("{}{}\r\n", self.shown, self.prompt);
        let outcome = self.end_with_any_screen();
        assert_eq!(outcome.screen, expected, "unexpected screen: {outcome:?}");
        outcome
    }

    /// Like [`PromptedRun::end`], but does not check what the terminal shows.
    pub fn end_with_any_screen(mut self) -> PromptedOutcome {
        let status = self.terminal.wait();
        let (stdout, stderr) = self.streams();
        let outcome = PromptedOutcome { status, stdout, stderr, screen: self.terminal.output() };
        assert_same(&self.terminal.initial, &self.terminal.stty());
        assert_eq!(self.home.files(), self.files, "files changed: {outcome:?}");
        outcome
    }

    /// Waits for the program to exit after the terminal was closed; returns status, stdout and stderr.
    pub fn end_after_hangup(mut self) -> (ExitStatus, String, String) {
        let status = self.terminal.wait();
        let (stdout, stderr) = self.streams();
        assert_eq!(self.home.files(), self.files, "files changed: {stderr}");
        (status, stdout, stderr)
    }

    fn streams(&mut self) -> (String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.terminal.stdout.take().expect("piped").read_to_string(&mut stdout).expect("stdout is UTF-8");
        self.terminal.stderr.take().expect("piped").read_to_string(&mut stderr).expect("stderr is UTF-8");
        (stdout, stderr)
    }

    /// The current settings of the terminal.
    pub fn stty(&self) -> Stty {
        self.terminal.stty()
    }
}

impl PromptedOutcome {
    /// Failure with this status; stdout is exactly the failure statement of a POSIX shell.
    #[track_caller]
    pub fn fails(&self, status: i32, says: &str) {
        assert_eq!(self.status.code(), Some(status), "{self:?}");
        assert_eq!(self.stdout, super::failure_statement::of("sh", status), "{self:?}");
        assert!(self.stderr.starts_with(&format!("mfa-env: {says}")), "{self:?}");
    }

    /// Death by this signal; stderr is empty and stdout is exactly the failure statement of a POSIX shell.
    #[track_caller]
    pub fn dies(&self, signal: nix::sys::signal::Signal) {
        assert_eq!(self.status.signal(), Some(signal as i32), "{self:?}");
        assert_eq!(self.stdout, super::failure_statement::of("sh", 128 + signal as i32), "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
    }

    /// Success, with the statements on stdout and the summary on stderr.
    #[track_caller]
    pub fn signs_in(&self) {
        assert_eq!(self.status.code(), Some(0), "{self:?}");
        assert!(self.stdout.contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{self:?}");
        assert_eq!(self.stdout.lines().count(), 4, "{self:?}");
        assert!(is_summary(&self.stderr, None), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
    }
}

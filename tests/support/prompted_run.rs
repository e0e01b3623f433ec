//! The program alone on a terminal, its stdout and stderr apart from it: what it shows, what it prints, and how it ends.
//!
//! What must hold of every prompt is checked here, whatever the test is about: what is typed is hidden before the prompt is
//! seen, the terminal shows the prompt and the end of its line and nothing else, its settings are put back, no file changes.

use super::home::Home;
use super::program::Program;
use super::terminal::{Streams, Stty, Terminal, assert_same};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

pub struct PromptedRun<'a> {
    pub terminal: Terminal,
    /// From `MFA code` to the colon and the blank; empty before [`PromptedRun::prompt`].
    pub prompt: String,
    /// What the terminal showed before that prompt.
    shown: String,
    home: &'a Home,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// How it ended and everything that it wrote.
#[derive(Debug)]
pub struct PromptedOutcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// The terminal, from first to last.
    pub screen: String,
}

impl<'a> PromptedRun<'a> {
    /// Starts the program and waits for its prompt.
    pub fn start<I: IntoIterator<Item = S>, S: Into<OsString>>(home: &'a Home, arguments: I) -> Self {
        PromptedRun::start_with(home, Program::new(home, arguments).command(), Stdio::null())
    }

    /// As [`PromptedRun::start`], with a command and a stdin of the test's own.
    pub fn start_with(home: &'a Home, command: Command, stdin: Stdio) -> Self {
        let mut asking = PromptedRun::before_prompt(home, command, stdin);
        asking.prompt();
        assert!(asking.terminal.stty().is_hidden(), "the prompt is shown and what is typed would be too");
        asking
    }

    /// As [`PromptedRun::start_with`], but waits for nothing.
    pub fn before_prompt(home: &'a Home, command: Command, stdin: Stdio) -> Self {
        let files = home.files();
        let streams = Streams { stdin: Some(stdin), stdout: Some(Stdio::piped()), stderr: Some(Stdio::piped()) };
        let (prompt, shown) = (String::new(), String::new());
        PromptedRun { terminal: Terminal::spawn_with(command, streams), prompt, shown, home, files }
    }

    /// Waits for the prompt.
    pub fn prompt(&mut self) {
        // Nothing in it but its end is a colon and a blank.
        self.prompt = self.terminal.expect(": ");
        assert!(self.prompt.starts_with("MFA code"), "{:?}", self.prompt);
    }

    /// Types an answer that is not taken: the terminal says why, and asks the same again.
    #[track_caller]
    pub fn refused(&mut self, text: &str, why: &str) {
        assert_eq!(self.refused_by(text, ""), why);
    }

    /// As [`PromptedRun::refused`], where the reason ends like this; the rest of it.
    #[track_caller]
    pub fn refused_by(&mut self, text: &str, end: &str) -> String {
        self.terminal.send_line(text);
        let said = self.terminal.expect("\r\nMFA code");
        let why = said.strip_prefix("\r\nmfa-env: ").and_then(|said| said.strip_suffix("\r\nMFA code"));
        let why = why.unwrap_or_else(|| panic!("no reason: {said:?}"));
        assert_eq!(format!("MFA code{}", self.terminal.expect(": ")), self.prompt);
        assert!(self.stty().is_hidden(), "the prompt is shown and what is typed would be too");
        self.shown.push_str(&format!("{}\r\nmfa-env: {why}\r\n", self.prompt));
        why.strip_suffix(end).unwrap_or_else(|| panic!("{why:?} does not end in {end:?}")).to_owned()
    }

    /// What is said beside the question, which then stands there again.
    #[track_caller]
    pub fn told(&mut self) -> String {
        let said = self.terminal.expect("\r\nMFA code");
        let said = said.strip_prefix("\r\nmfa-env: ").and_then(|said| said.strip_suffix("\r\nMFA code"));
        let said = said.expect("something is said").to_owned();
        assert_eq!(format!("MFA code{}", self.terminal.expect(": ")), self.prompt);
        self.shown.push_str(&format!("{}\r\nmfa-env: {said}\r\n", self.prompt));
        said
    }

    /// Types the same answer three times, which is not taken for the reason given.
    #[track_caller]
    pub fn refused_thrice(mut self, text: &str, why: &str) -> PromptedOutcome {
        self.refused(text, &format!("{why} (2 tries left)"));
        self.refused(text, &format!("{why} (1 try left)"));
        let asked = self.answer(text);
        asked.fails(5, &format!("{why}\n"));
        asked
    }

    /// Types an answer and Enter.
    pub fn answer(mut self, text: &str) -> PromptedOutcome {
        self.terminal.send_line(text);
        self.end()
    }

    /// Types an answer and Enter, whatever the terminal shows besides.
    pub fn answer_showing(mut self, text: &str) -> PromptedOutcome {
        self.terminal.send_line(text);
        self.end_showing()
    }

    /// Waits for the end; the terminal shows what was refused, the prompt's line, and nothing typed.
    pub fn end(self) -> PromptedOutcome {
        let expected = format!("{}{}\r\n", self.shown, self.prompt);
        let asked = self.end_showing();
        assert_eq!(asked.screen, expected, "the terminal of {asked:?}");
        asked
    }

    /// Waits for the end, whatever the terminal shows.
    pub fn end_showing(mut self) -> PromptedOutcome {
        let status = self.terminal.wait();
        let (stdout, stderr) = self.streams();
        let asked = PromptedOutcome { status, stdout, stderr, screen: self.terminal.output() };
        assert_same(&self.terminal.initial, &self.terminal.stty());
        assert_eq!(self.home.files(), self.files, "the files after {asked:?}");
        asked
    }

    /// Waits for the end after the terminal was closed: status, stdout and stderr.
    pub fn end_in_the_dark(mut self) -> (ExitStatus, String, String) {
        let status = self.terminal.wait();
        let (stdout, stderr) = self.streams();
        assert_eq!(self.home.files(), self.files, "the files after {stderr}");
        (status, stdout, stderr)
    }

    fn streams(&mut self) -> (String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.terminal.stdout.take().expect("piped").read_to_string(&mut stdout).expect("stdout is UTF-8");
        self.terminal.stderr.take().expect("piped").read_to_string(&mut stderr).expect("stderr is UTF-8");
        (stdout, stderr)
    }

    /// The settings of the terminal now.
    pub fn stty(&self) -> Stty {
        self.terminal.stty()
    }
}

impl PromptedOutcome {
    /// A failure with this status, whose whole stdout is the failing statement of a POSIX shell.
    #[track_caller]
    pub fn fails(&self, status: i32, says: &str) {
        assert_eq!(self.status.code(), Some(status), "{self:?}");
        assert_eq!(self.stdout, format!("(exit {status});\n"), "{self:?}");
        assert!(self.stderr.starts_with(&format!("mfa-env: {says}")), "{self:?}");
    }

    /// Death by this signal, with nothing said but the failing statement of a POSIX shell.
    #[track_caller]
    pub fn dies(&self, signal: nix::sys::signal::Signal) {
        assert_eq!(self.status.signal(), Some(signal as i32), "{self:?}");
        assert_eq!(self.stdout, format!("(exit {});\n", 128 + signal as i32), "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
    }

    /// Success: statements on stdout, the summary on stderr.
    #[track_caller]
    pub fn signs_in(&self) {
        assert_eq!(self.status.code(), Some(0), "{self:?}");
        assert!(self.stdout.starts_with("export AWS_ACCESS_KEY_ID='ASIA"), "{self:?}");
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("mfa-env: signed in to "), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
    }
}

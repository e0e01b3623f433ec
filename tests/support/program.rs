//! Runs the program under test and checks its whole outcome: status, stdout, stderr, and the files in the home.
//!
//! By default the status must be 0, stderr must be empty, and no file may change.

use super::home::Home;
use super::shells;
use super::summary::is_summary;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The binary that cargo built for this run.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_mfa-env"))
}

type Configure = Box<dyn Fn(&mut Command)>;

/// One run of the program in a home.
pub struct Program<'a> {
    home: &'a Home,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    status: i32,
    stdout: Option<Vec<u8>>,
    stderr: Vec<String>,
    whole_stderr: Option<String>,
    /// Stderr has the summary of a sign-in, to this profile if one is given.
    summary: Option<Option<String>>,
    configure: Vec<Configure>,
    /// The files that the run may write.
    written: Vec<PathBuf>,
    writes_any: bool,
}

impl<'a> Program<'a> {
    pub fn new<I: IntoIterator<Item = S>, S: Into<OsString>>(home: &'a Home, arguments: I) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Program {
            home,
            arguments,
            variables: Vec::new(),
            stdin: Vec::new(),
            status: 0,
            stdout: None,
            stderr: Vec::new(),
            whole_stderr: None,
            summary: None,
            configure: Vec::new(),
            written: Vec::new(),
            writes_any: false,
        }
    }

    /// A variable for this run only.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().into();
        self
    }

    /// Changes the command before it starts.
    pub fn configure(mut self, configure: impl Fn(&mut Command) + 'static) -> Self {
        self.configure.push(Box::new(configure));
        self
    }

    /// Lets the run write this file of the home.
    pub fn writes(mut self, name: &str) -> Self {
        self.written.push(self.home.path().join(name));
        self
    }

    /// Lets the run write and remove any file of the home.
    pub fn any_files(mut self) -> Self {
        self.writes_any = true;
        self
    }

    /// Expects this exit status.
    pub fn fails(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Expects exactly this on stdout.
    pub fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdout = Some(text.as_ref().to_owned());
        self
    }

    /// Expects stderr to contain this text.
    pub fn says(mut self, part: impl Into<String>) -> Self {
        self.stderr.push(part.into());
        self
    }

    /// Expects the summary of a sign-in on stderr.
    pub fn signs_in(mut self) -> Self {
        self.summary = Some(None);
        self
    }

    /// Expects the summary of a sign-in to this profile on stderr.
    pub fn signs_in_to(mut self, profile: &str) -> Self {
        self.summary = Some(Some(profile.to_owned()));
        self
    }

    /// Expects exactly this on stderr.
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.whole_stderr = Some(text.into());
        self
    }

    /// Runs the program, checks every expectation, and returns what it printed.
    pub fn run(self) -> Ran {
        let files = || {
            let mut files = if self.writes_any { BTreeMap::new() } else { self.home.files() };
            self.written.iter().for_each(|written| drop(files.remove(written)));
            files
        };
        let before = files();
        let outcome = self.outcome();
        let context = format!("mfa-env {:?}\n{outcome}", self.arguments);
        assert_eq!(outcome.status.code(), Some(self.status), "unexpected status: {context}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        for part in &self.stderr {
            assert!(stderr.contains(part.as_str()), "stderr lacks {part:?}: {context}");
        }
        if let Some(profile) = &self.summary {
            let is_there = stderr.lines().any(|line| is_summary(line, profile.as_deref()));
            assert!(is_there, "stderr lacks the summary of {profile:?}: {context}");
        }
        match &self.whole_stderr {
            Some(whole) => assert_eq!(&stderr, whole, "unexpected stderr: {context}"),
            None if self.stderr.is_empty() && self.summary.is_none() => {
                assert_eq!(stderr, "", "unexpected stderr: {context}");
            }
            None => {}
        }
        if let Some(stdout) = &self.stdout {
            assert_eq!(&outcome.stdout, stdout, "unexpected stdout: {context}");
        }
        assert_eq!(files(), before, "files changed: {context}");
        Ran { stdout: String::from_utf8(outcome.stdout).expect("stdout is UTF-8"), stderr }
    }

    fn outcome(&self) -> shells::Outcome {
        let mut command = self.command();
        // With a pipe, writing would fail or block if the program does not read its stdin.
        let mut stdin = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut stdin, &self.stdin).expect("stdin");
        std::io::Seek::rewind(&mut stdin).expect("stdin");
        command.stdin(Stdio::from(stdin));
        shells::finish(command)
    }

    /// The command; [`shells::finish`] runs it in its own session, so it has no terminal.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.args(&self.arguments).env_clear().envs(&self.home.variables).current_dir(self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        self.configure.iter().for_each(|configure| configure(&mut command));
        command
    }
}

/// What a run printed.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Makes the changes of `--format json` to the environment of a home, as an `eval` makes those of statements.
    pub fn apply_to(&self, home: &mut Home) {
        let changes: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        for (name, value) in changes.as_object().expect("an object") {
            match value.as_str() {
                Some(value) => drop(home.variables.insert(name.into(), value.into())),
                None => drop(home.variables.remove(std::ffi::OsStr::new(name))),
            }
        }
    }

    /// The value that the statements of `--shell sh` give to a variable: `None` if they leave it alone, `Some(None)` if
    /// they unset it. Supports only values without quotes; tests with other values run a real shell.
    pub fn variable(&self, name: &str) -> Option<Option<&str>> {
        let set = self.stdout.split_once(&format!("{name}='"));
        if let Some((_, rest)) = set {
            return Some(Some(rest.split_once('\'').expect("a closing quote").0));
        }
        let unset = self.stdout.split_once("unset ").map_or("", |(_, names)| names.trim_end());
        unset.split(' ').any(|n| n == name).then_some(None)
    }
}

/// A PATH that starts with the program's directory, for shells that call it by name.
pub fn path_with_program() -> OsString {
    let dir = binary().parent().expect("a directory").to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&rest))).expect("a PATH")
}

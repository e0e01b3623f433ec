//! The program under test and its whole outcome: status, stdout, stderr, and the files of the home.
//!
//! What a test does not expect must not happen: unless told otherwise the status is 0, stdout and stderr are empty, and no file changes.

use super::home::Home;
use super::shells;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The binary that cargo built for this run.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_mfa-env"))
}

type Prepare = Box<dyn Fn(&mut Command)>;

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
    prepare: Vec<Prepare>,
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
            prepare: Vec::new(),
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

    /// What else is done to the command before it starts.
    pub fn prepared(mut self, prepare: impl Fn(&mut Command) + 'static) -> Self {
        self.prepare.push(Box::new(prepare));
        self
    }

    /// The status that it must end with.
    pub fn fails(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// The whole of stdout.
    pub fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdout = Some(text.as_ref().to_owned());
        self
    }

    /// A part of stderr; with at least one of them stderr need not be empty.
    pub fn says(mut self, part: impl Into<String>) -> Self {
        self.stderr.push(part.into());
        self
    }

    /// The whole of stderr.
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.whole_stderr = Some(text.into());
        self
    }

    /// Runs it and checks everything; gives back stdout where the test did not state it.
    pub fn run(self) -> Ran {
        let before = self.home.files();
        let outcome = self.outcome();
        let context = format!("mfa-env {:?}\n{outcome}", self.arguments);
        assert_eq!(outcome.status.code(), Some(self.status), "the status of {context}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        for part in &self.stderr {
            assert!(stderr.contains(part.as_str()), "stderr lacks {part:?}: {context}");
        }
        match &self.whole_stderr {
            Some(whole) => assert_eq!(&stderr, whole, "the stderr of {context}"),
            None if self.stderr.is_empty() => assert_eq!(stderr, "", "the stderr of {context}"),
            None => {}
        }
        if let Some(stdout) = &self.stdout {
            assert_eq!(&outcome.stdout, stdout, "the stdout of {context}");
        }
        assert_eq!(self.home.files(), before, "the files after {context}");
        Ran { stdout: String::from_utf8(outcome.stdout).expect("stdout is UTF-8"), stderr }
    }

    fn outcome(&self) -> shells::Outcome {
        let mut command = self.command();
        // A file, not a pipe: the program need not read it.
        let mut stdin = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut stdin, &self.stdin).expect("stdin");
        std::io::Seek::rewind(&mut stdin).expect("stdin");
        command.stdin(Stdio::from(stdin));
        shells::finish(command)
    }

    /// The command; `finish` gives it a session of its own, so it has no terminal.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.args(&self.arguments).env_clear().envs(&self.home.variables).current_dir(self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        self.prepare.iter().for_each(|prepare| prepare(&mut command));
        command
    }
}

/// What a run printed.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The value that the statements of `--shell sh` give to a variable: `None` if they leave it alone, `Some(None)` if they unset it.
    /// Reads only values without quotes in them; others are read by real shells.
    pub fn variable(&self, name: &str) -> Option<Option<&str>> {
        let set = self.stdout.split_once(&format!("export {name}='"));
        if let Some((_, rest)) = set {
            return Some(Some(rest.split_once('\'').expect("a closing quote").0));
        }
        let unset = self.stdout.split_once("unset ").map_or("", |(_, names)| names.trim_end().trim_end_matches(';'));
        unset.split(' ').any(|n| n == name).then_some(None)
    }
}

/// A PATH with the program in front, for shells that call it by name.
pub fn path_with_program() -> OsString {
    let dir = binary().parent().expect("a directory").to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&rest))).expect("a PATH")
}

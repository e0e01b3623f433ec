//! A home with a mistake, the message about it, and the ways to follow the message's advice, each of which must work.

use super::error_kinds::{kind, kinds};
use super::home::Home;
use super::program::Program;
use mfa_env::error::Error;
use mfa_env::plan::Overrides;
use mfa_env::profile::{AwsFiles, ProfileName};
use mfa_env::sign_in::{plan_by_name, read_aws_files};
use mfa_env::variables::Variables;
use mfa_env::warning::Warnings;
use std::fs;

/// A mistake and its message.
pub struct Case {
    /// The kind of the error, as `error_kinds` names it, or the name of the warning.
    pub kind: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    variables: Vec<(&'static str, String)>,
    arguments: Vec<String>,
    /// The exit status, for an error that depends on an option.
    status: i32,
    says: String,
    ways: Vec<Vec<Step>>,
}

/// One thing that a user does. File names are relative to `~/.aws`.
#[derive(Clone)]
pub enum Step {
    /// Replaces text that occurs once in a file.
    Replace(&'static str, String, String),
    /// Adds text to the end of a file, which need not exist.
    Append(&'static str, String),
    /// Writes a file, instead of what has its name.
    Write(&'static str, String),
    /// Sets a variable; `@HOME@` is the path of the home.
    Set(&'static str, String),
    /// Removes a variable.
    Unset(&'static str),
    /// Runs the program with other arguments.
    Run(Vec<String>),
}

pub fn edit(file: &'static str, from: impl Into<String>, to: impl Into<String>) -> Step {
    Step::Replace(file, from.into(), to.into())
}

pub fn append(file: &'static str, text: impl Into<String>) -> Step {
    Step::Append(file, text.into())
}

pub fn run(arguments: &[&str]) -> Step {
    Step::Run(arguments.iter().map(|word| (*word).to_owned()).collect())
}

impl Case {
    /// A case in which `mfa-env explain ARGUMENTS` is run.
    pub fn of(kind: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        Case {
            kind,
            files: Vec::new(),
            variables: Vec::new(),
            arguments,
            status: 3,
            says: String::new(),
            ways: Vec::new(),
        }
    }

    pub fn config(self, text: impl AsRef<[u8]>) -> Self {
        self.file("config", text)
    }

    pub fn credentials(self, text: impl AsRef<[u8]>) -> Self {
        self.file("credentials", text)
    }

    pub fn file(mut self, name: &'static str, text: impl AsRef<[u8]>) -> Self {
        self.files.push((name, text.as_ref().to_owned()));
        self
    }

    pub fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub fn fails(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// The whole message, or the whole warning without its name.
    pub fn says(mut self, says: impl Into<String>) -> Self {
        self.says = says.into();
        self
    }

    /// One way to follow the advice.
    pub fn way(mut self, steps: &[Step]) -> Self {
        self.ways.push(steps.to_vec());
        self
    }

    fn home(&self) -> Home {
        let mut home = Home::empty();
        for (name, text) in &self.files {
            home.write(&format!(".aws/{name}"), text);
        }
        for (name, value) in &self.variables {
            home.set(*name, value);
        }
        home
    }

    /// Asserts that the error has this message, and that each way to follow its advice works.
    pub fn check_error(&self) {
        let home = self.home();
        let error = self.error(&home);
        let status = error.as_ref().map_or(self.status, |error| i32::from(error.exit_code()));
        let arguments = ["explain"].into_iter().chain(self.arguments.iter().map(String::as_str));
        Program::new(&home, arguments).fails(status).stderr(format!("mfa-env: {}\n", self.says)).run();
        assert!(kinds().iter().any(|kind| kind == self.kind), "{}", self.kind);
        if let Some(error) = error {
            assert_eq!(kind(&error), self.kind, "{}", self.says);
        }
        for way in &self.ways {
            let (home, arguments) = self.follow(way);
            let arguments = ["explain"].into_iter().chain(arguments.iter().map(String::as_str));
            Program::new(&home, arguments).run();
        }
    }

    /// Asserts that `explain` has this warning, and that each way to follow its advice removes it.
    pub fn check_warning(&self) {
        let warning = format!("warning   {} [{}]\n", self.says, self.kind);
        let explain = |home: &Home, arguments: &[String]| {
            Program::new(home, ["explain"].into_iter().chain(arguments.iter().map(String::as_str))).run().stdout
        };
        let before = explain(&self.home(), &self.arguments);
        assert!(before.contains(&warning), "{warning:?} is not in {before}");
        assert!(!self.ways.is_empty(), "{}", self.kind);
        for way in &self.ways {
            let (home, arguments) = self.follow(way);
            let after = explain(&home, &arguments);
            assert!(!after.contains("warning"), "{after}");
        }
    }

    /// The error as the library returns it; `None` if it depends on an option.
    fn error(&self, home: &Home) -> Option<Error> {
        let [name] = &self.arguments[..] else { return None };
        let variables: Variables = home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let warnings = Warnings::default();
        let plan = || {
            let texts = read_aws_files(&variables, &warnings)?;
            let files = AwsFiles::index(&texts);
            let name = ProfileName::parse(name).expect("a profile name");
            plan_by_name(&files, &name, &Overrides::default(), &variables, &warnings).map(|_| ())
        };
        Some(plan().expect_err(&self.says).with_missing(warnings.missing_files()))
    }

    /// The home and the arguments after these steps.
    fn follow(&self, way: &[Step]) -> (Home, Vec<String>) {
        let (mut home, mut arguments) = (self.home(), self.arguments.clone());
        let path = |home: &Home, name: &str| home.path().join(".aws").join(name);
        for step in way {
            match step.clone() {
                Step::Replace(file, from, to) => {
                    let text = fs::read(path(&home, file)).expect("a file");
                    let text = String::from_utf8_lossy(&text).into_owned();
                    assert_eq!(text.matches(&from).count(), 1, "{from:?} in {text:?}");
                    home.write(&format!(".aws/{file}"), text.replace(&from, &to));
                }
                Step::Append(file, more) => {
                    let text = fs::read_to_string(path(&home, file)).unwrap_or_default();
                    home.write(&format!(".aws/{file}"), text + &more);
                }
                Step::Write(file, text) => {
                    let path = path(&home, file);
                    let _ = fs::remove_dir_all(&path);
                    let _ = fs::remove_file(&path);
                    home.write(&format!(".aws/{file}"), text);
                }
                Step::Set(name, value) => {
                    let value = value.replace("@HOME@", home.path().to_str().expect("UTF-8"));
                    home.set(name, value);
                }
                Step::Unset(name) => drop(home.variables.remove(std::ffi::OsStr::new(name))),
                Step::Run(words) => arguments = words,
            }
        }
        (home, arguments)
    }
}

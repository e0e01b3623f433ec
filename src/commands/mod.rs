//! One file per command; `sign_in` is the pipeline that those share which make a session.

mod complete;
mod explain;
mod export;
mod init;
mod list;
mod logout;
mod request;
mod sign_in;
mod status;
mod time_left;
mod unset;

use crate::cli::{self, Evaluator, Typed};
use crate::clock;
use crate::error::{Error, FileError, Result, UsageError};
use crate::failure_statement::FAILURE_ANYWHERE;
use crate::platform;
use crate::printable::{printable, printable_lines, set_home};
use crate::shell::{Shell, find_shell};
use crate::variables::Variables;
use crate::warning::Warning;
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use zeroize::Zeroizing;

/// What a run leaves behind: text for stdout and the status to end with.
pub struct Outcome {
    pub stdout: Zeroizing<String>,
    pub status: u8,
}

impl Outcome {
    /// A command that did what it was asked.
    fn done(stdout: impl Into<Zeroizing<String>>) -> Self {
        Outcome { stdout: stdout.into(), status: 0 }
    }
}

/// What every command may look at; taken once.
pub struct Context {
    pub variables: Variables,
    /// When this run began, in milliseconds since 1970.
    pub started: i64,
    /// The words after the program's name.
    pub words: Vec<OsString>,
}

/// Runs the command line and turns every failure into its words on stderr and its statement on stdout.
pub fn run(argv: Vec<OsString>, variables: Variables) -> Outcome {
    if let Some(home) = platform::home(&variables) {
        set_home(home);
    }
    let context = Context { variables, started: clock::now_ms(), words: argv.get(1..).unwrap_or_default().to_vec() };
    let reader = Evaluator::of(&context.words);
    announce(reader);
    match parse(argv, &context).and_then(|parsed| dispatch(parsed, &context)) {
        Ok(outcome) => outcome,
        Err(e) => {
            if !e.is_silent() {
                say(&e.to_string());
            }
            Outcome { stdout: Zeroizing::new(failure(reader, &context, e.exit_code())), status: e.exit_code() }
        }
    }
}

/// Tells whoever ends us by force what to print, where a shell waits for it.
fn announce(reader: Evaluator) {
    if reader == Evaluator::Other || stdout_is_terminal() {
        return;
    }
    platform::ignore_suspend_key();
    match reader {
        Evaluator::Shell(Some(shell)) => platform::set_failure_statement(shell.failure_statement()),
        Evaluator::Shell(None) | Evaluator::Other => platform::set_failure_statement(&FAILURE_ANYWHERE),
    }
}

/// What the command line came to.
enum Parsed {
    Command(Typed),
    /// clap has answered already: help, or the version.
    Text(String),
}

fn parse(argv: Vec<OsString>, context: &Context) -> Result<Parsed> {
    match cli::parse(argv) {
        Ok(typed) => Ok(Parsed::Command(typed?)),
        Err(e) if e.use_stderr() => {
            let text = e.to_string();
            Err(UsageError::Arguments(text.strip_prefix("error: ").unwrap_or(&text).to_owned()).into())
        }
        // Help asked for through a function whose output is evaluated must not be evaluated.
        Err(e) if cli::has_option(&context.words, "--shell", "-s") => {
            say_lines(&e.to_string());
            Ok(Parsed::Text(String::new()))
        }
        Err(e) => Ok(Parsed::Text(e.to_string())),
    }
}

fn dispatch(parsed: Parsed, context: &Context) -> Result<Outcome> {
    Ok(match parsed {
        Parsed::Text(text) => Outcome::done(text),
        Parsed::Command(Typed::Export(args)) => Outcome::done(export::run(*args, context)?),
        Parsed::Command(Typed::Unset(args)) => Outcome::done(unset::run(&args, context)?),
        Parsed::Command(Typed::Explain(args)) => Outcome::done(explain::run(&args, context)?),
        Parsed::Command(Typed::List(args)) => Outcome::done(list::run(&args, context)?),
        Parsed::Command(Typed::Status(args)) => status::run(&args, context)?,
        Parsed::Command(Typed::Logout(args)) => logout::run(&args, context).map(Outcome::done)?,
        Parsed::Command(Typed::Init(args)) => Outcome::done(init::run(&args)?),
        Parsed::Command(Typed::Complete(args)) => Outcome::done(complete::run(&args, &context.variables)),
    })
}

/// The statement that fails the evaluation; nothing where nobody evaluates.
fn failure(reader: Evaluator, context: &Context, status: u8) -> String {
    match reader {
        Evaluator::Other => String::new(),
        Evaluator::Shell(_) if stdout_is_terminal() && !cli::has_option(&context.words, "--show", "") => String::new(),
        Evaluator::Shell(Some(shell)) => shell.failure(status),
        Evaluator::Shell(None) => match shell_of(None, context) {
            Ok((shell, _)) if !cli::has_option(&context.words, "--shell", "-s") => shell.failure(status),
            _ => FAILURE_ANYWHERE.with(status),
        },
    }
}

/// The shell that evaluates, by `--shell` or by looking around; from now on a death speaks its dialect.
fn shell_of(named: Option<&str>, context: &Context) -> Result<(Shell, Vec<Warning>)> {
    if let Some(name) = named {
        let unknown = || UsageError::UnknownShell { name: name.to_owned(), known: Shell::NAMES };
        return Ok((Shell::named(name).ok_or_else(unknown)?, Vec::new()));
    }
    let usual = Shell::named(platform::DEFAULT_SHELL).unwrap_or(Shell::Sh);
    let found = find_shell(platform::ancestors(), &context.variables, usual)?;
    if !stdout_is_terminal() {
        platform::set_failure_statement(found.shell.failure_statement());
    }
    Ok((found.shell, found.is_guess.then_some(Warning::ShellUnknown).into_iter().collect()))
}

/// Statements on a terminal help nobody: says the line that does, before anything is asked.
fn refuse_terminal(shell: Shell, show: bool, context: &Context) -> Result<()> {
    if show || !stdout_is_terminal() {
        return Ok(());
    }
    let words = context.words.iter().map(|w| shell.word(&w.to_string_lossy()));
    let command = std::iter::once("mfa-env".to_owned()).chain(words).collect::<Vec<_>>().join(" ");
    Err(UsageError::StdoutIsTerminal { eval_line: shell.eval_line(&command), init_line: shell.init_line() }.into())
}

fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// One message on stderr, its foreign parts escaped already. In one write, or messages of many processes on one terminal run into each other.
fn say(text: &str) {
    // stderr may be closed; there is nowhere left to say so.
    let _ = std::io::stderr().write_all(format!("mfa-env: {text}\n").as_bytes());
}

fn say_lines(text: &str) {
    let _ = std::io::stderr().write_all(printable_lines(text).to_string().as_bytes());
}

/// Says the warnings, unless the person wants none.
fn say_warnings(warnings: &[Warning], quiet: bool) {
    if !quiet {
        for warning in warnings {
            say(&format!("warning: {warning}"));
        }
    }
}

/// For the places that have a path or name to show.
fn shown(text: &str) -> Cow<'_, str> {
    printable(text).into()
}

/// What happens when the program has a defect: one line, no content that might be secret, and the evaluation fails.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        // First of all: the prompt's line ends, and stderr may be the same terminal.
        platform::restore_terminal();
        say(&format!(
            "something went wrong{place}; this is a defect of mfa-env, please report it with the command you typed"
        ));
        platform::exit_failed();
    }));
}

/// Writes the outcome to stdout, once.
///
/// # Errors
/// The status to end with if stdout does not take it: 7. Where the reader has gone away there is nobody to tell.
pub fn deliver(outcome: &Outcome) -> std::result::Result<(), u8> {
    if outcome.stdout.is_empty() {
        return Ok(());
    }
    platform::write_stdout(outcome.stdout.as_bytes()).map_err(|e| {
        let error = Error::from(match e.kind() {
            std::io::ErrorKind::BrokenPipe => FileError::ReaderGone,
            _ => FileError::Stdout(e.to_string()),
        });
        if !error.is_silent() {
            say(&error.to_string());
        }
        error.exit_code()
    })
}

//! A sign-in in a shell with settings, variables and definitions of the user: by a plain `eval` or the function, with a
//! session or with a failure. Every cell of a table asserts the same.

use super::env_dump::{self, Exported};
use super::shells::{self, Outcome, Shell};
use super::stub_program;
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;

/// Stands for the sign-in in the settings of a cell. Settings without it come before the sign-in.
pub const SIGN_IN: &str = "SIGN_IN";

/// A word in every secret value, and in the shell's old ones.
const SECRETS: [&str; 2] = ["NEWSECRET", "OLDSECRET"];

/// How the output of the program is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Eval,
    Function,
}

pub const FORMS: [Form; 2] = [Form::Eval, Form::Function];

/// What must happen when the program succeeds. If it fails, the sign-in must always fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    SignsIn,
    Fails,
    Either,
}

/// The session: values that `typeset -i`, `-u` or `-L3` would change.
pub fn changes() -> Vec<EnvChange> {
    vec![
        EnvChange::set("AWS_ACCESS_KEY_ID", "ASIAnew"),
        EnvChange::set("AWS_SECRET_ACCESS_KEY", "NEWSECRET/aB+9"),
        EnvChange::set("AWS_SESSION_TOKEN", "NEWSECRETtoken=="),
        EnvChange::set("AWS_REGION", "eu-Central-1"),
        EnvChange::unset("AWS_PROFILE"),
        EnvChange::unset("AWS_SECURITY_TOKEN"),
        EnvChange::unset("AWS_ROLE_ARN"),
    ]
}

const BEFORE: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIAOLD"),
    ("AWS_SECRET_ACCESS_KEY", "OLDSECRET"),
    ("AWS_PROFILE", "old"),
    ("AWS_SECURITY_TOKEN", "OLDSECRETtoken"),
];

/// One cell of a table.
pub struct Cell<'a> {
    pub shell: Shell,
    /// Commands of the user, with [`SIGN_IN`] where they sign in.
    pub settings: &'a str,
    /// Whether the settings come before the snippet is loaded, and not after it.
    pub before_loading: bool,
    pub form: Form,
    pub expected: Expected,
}

impl Cell<'_> {
    /// Runs the sign-in with a session and with a failure.
    ///
    /// Commands chained to the sign-in run if and only if a child sees exactly the session, then and at the end of the
    /// script. A failure changes nothing. No secret is shown, or passed to a function that writes to `seen`.
    fn check(&self) -> Result<(), String> {
        let (went_on, shown) = self.run(true)?;
        match self.expected {
            Expected::SignsIn if !went_on => return Err(format!("it failed\n{shown}")),
            Expected::Fails if went_on => return Err(format!("it went on\n{shown}")),
            _ => {}
        }
        match self.run(false)? {
            (true, shown) => Err(format!("it went on after a failure\n{shown}")),
            (false, _) => Ok(()),
        }
    }

    fn run(&self, succeeds: bool) -> Result<(bool, Outcome), String> {
        let dialect = Dialect::named(self.shell.dialect()).expect("a dialect");
        let mut home = stub_program::home(if succeeds { "cat text" } else { "cat text; exit 4" });
        let changes = changes();
        let text = if succeeds { dialect.statements(&changes).to_string() } else { dialect.failure(4) };
        home.write("text", text);
        for (name, value) in BEFORE {
            home.set(name, value);
        }
        home.set("LC_ALL", "C.UTF-8");
        let load = self.shell.eval(&format!("mfa-env init {}", dialect.name()));
        let (load, evaluation) = match self.form {
            Form::Eval => (String::new(), self.shell.eval("/bin/cat text")),
            Form::Function => (load, format!("{} prod", self.shell.function_name())),
        };
        let sign_in = format!(
            "/bin/{}; {evaluation} && /bin/{} || /bin/{}",
            env_dump::dump("before"),
            env_dump::dump("next"),
            env_dump::dump("failed")
        );
        let (settings, after) = match self.settings.split_once(SIGN_IN) {
            Some((before, after)) => (before, format!("{sign_in}{after}")),
            None => (self.settings, sign_in),
        };
        let start = if self.before_loading { format!("{settings}\n{load}") } else { format!("{load}\n{settings}") };
        // A new line only where the sign-in does not follow other words on its line.
        let join = if self.settings.contains(SIGN_IN) && !self.before_loading { "" } else { "\n" };
        let script = format!("{start}{join}{after}\n/bin/{}", env_dump::dump("after"));
        home.write("script", &script);
        // zsh parses an argument as a whole, before an alias is defined.
        let script = if self.shell == Shell::Zsh { ". ./script" } else { &script };
        let outcome = self.shell.run(script, &home.variables, home.path());
        let read = |name: &str| {
            let path = home.path().join(name);
            let ours = |name: &String| name.starts_with("AWS") || name.starts_with("MFA_ENV");
            path.exists()
                .then(|| env_dump::read(&path).into_iter().filter(|(name, _)| ours(name)).collect::<Exported>())
        };
        let (next, after) = (read("next"), read("after"));
        for (when, seen) in
            next.iter().map(|next| ("then", next)).chain(next.as_ref().and(after.as_ref()).map(|s| ("later", s)))
        {
            for change in &changes {
                let expected = change.value.as_ref().map(|value| value.expose().as_bytes());
                let seen = seen.get(&*change.name).map(Vec::as_slice);
                if seen != expected {
                    let seen = seen.map(String::from_utf8_lossy);
                    return Err(format!("it went on, {when} with {} = {seen:?}\n{outcome}", change.name));
                }
            }
        }
        if let Some(failed) = read("failed")
            && Some(&failed) != read("before").as_ref()
        {
            return Err(format!("a failure changed the environment to {failed:?}\n{outcome}"));
        }
        let seen = std::fs::read(home.path().join("seen")).unwrap_or_default();
        for shown in [&outcome.stdout, &outcome.stderr, &seen] {
            let shown = String::from_utf8_lossy(shown);
            if SECRETS.iter().any(|secret| shown.contains(secret)) {
                return Err(format!("a secret is shown: {shown}"));
            }
        }
        Ok((next.is_some(), outcome))
    }
}

/// Cells that are checked one after another; all failures are reported together.
#[derive(Default)]
pub struct Table {
    cells: usize,
    failures: Vec<String>,
}

impl Table {
    pub fn check(&mut self, cell: &Cell<'_>) {
        self.cells += 1;
        if let Err(error) = cell.check() {
            let Cell { shell, settings, before_loading, form, .. } = cell;
            let error: String = error.chars().take(600).collect();
            let early = if *before_loading { " before loading" } else { "" };
            self.failures.push(format!("{shell} {form:?} with {settings:?}{early}: {error}"));
        }
    }

    /// Fails if a cell failed, or if there were not `expected` cells where every shell is installed.
    #[track_caller]
    pub fn finish(self, expected: usize) {
        let failures = self.failures.len();
        assert!(failures == 0, "{failures} of {} cells failed:\n{}", self.cells, self.failures.join("\n"));
        let posix_and_fish = shells::ALL.into_iter().filter(|shell| *shell != Shell::Pwsh);
        if posix_and_fish.into_iter().all(|shell| shell.path().is_some()) {
            assert_eq!(self.cells, expected, "cells");
        }
    }
}

/// The shells of these tables.
pub fn shells() -> impl Iterator<Item = Shell> {
    shells::installed().iter().copied().filter(|shell| *shell != Shell::Pwsh)
}

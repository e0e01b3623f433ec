//! A person at an interactive shell, with AWS files in the home and STS behind them.

use super::home::Home;
use super::program::path_with_program;
use super::shells::{self, Shell};
use super::sts::{Call, Sts, User};
use super::terminal::Terminal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

pub struct InteractiveShell {
    pub shell: Shell,
    pub sts: Sts,
    pub alice: User,
    pub terminal: Terminal,
    home: Rc<Home>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// As programs find it, which is not as the shell's line editor has it.
    settings: String,
}

/// Runs a test at each installed shell, with a person and an STS of its own.
pub fn in_every_shell(test: impl Fn(&mut InteractiveShell)) {
    for shell in shells::installed() {
        test(&mut InteractiveShell::at(*shell));
    }
}

/// What the shell's environment holds before anything is signed in.
pub const OLD: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAOLD"), ("AWS_SECRET_ACCESS_KEY", "old-secret"), ("AWS_SESSION_TOKEN", "old-token")];

impl InteractiveShell {
    /// An interactive shell with alice's profile `main`. Its environment holds the keys of [`OLD`].
    pub fn at(shell: Shell) -> InteractiveShell {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let mut home = Home::signed_up(&sts, &alice, &[]);
        home.set("PATH", path_with_program());
        // The shell keeps a home of its own: it may write its history there.
        for (variable, file) in [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
            home.set(variable, home.path().join(".aws").join(file));
        }
        home.variables.remove("HOME".as_ref() as &std::ffi::OsStr);
        for (name, value) in OLD {
            home.set(name, value);
        }
        home.set("MFA_ENV_CACHE_DIR", home.cache());
        InteractiveShell::with(shell, sts, alice, Rc::new(home))
    }

    /// Another terminal of the same person, with another shell.
    pub fn beside(&self, shell: Shell) -> InteractiveShell {
        InteractiveShell::with(shell, self.sts.clone(), self.alice.clone(), Rc::clone(&self.home))
    }

    fn with(shell: Shell, sts: Sts, alice: User, home: Rc<Home>) -> InteractiveShell {
        let files = home.files();
        let terminal = Terminal::shell(shell, &home.variables, home.path());
        let mut shell_session = InteractiveShell { shell, sts, alice, terminal, home, files, settings: String::new() };
        shell_session.settings = shell_session.answer("stty -g");
        assert!(shell_session.settings.contains(':'), "{shell}: {:?}", shell_session.settings);
        shell_session
    }

    /// The documented line.
    pub fn line(&self, program: &str) -> String {
        self.shell.eval(program)
    }

    /// The documented line, and what must not come after it when it fails.
    pub fn line_and(&self, program: &str) -> String {
        self.shell.eval_and(program, "echo went on")
    }

    /// Types a line and waits for the program's prompt, which must find the terminal hidden.
    pub fn ask(&mut self, line: &str) {
        self.terminal.type_line(line);
        self.terminal.expect("MFA code");
        assert!(self.terminal.stty().is_hidden(), "{}: the prompt is shown and what is typed would be too", self.shell);
        self.terminal.expect(": ");
    }

    /// After a failed line: what came on the terminal up to the shell's prompt does not go on, the shell is alive and gets
    /// nothing of what was typed before, the settings and the old keys are what they were. Returns what was shown.
    #[track_caller]
    pub fn failed(&mut self) -> String {
        let shown = self.terminal.expect_prompt();
        self.unchanged(&shown);
        shown
    }

    #[track_caller]
    pub fn unchanged(&mut self, shown: &str) {
        let shell = self.shell;
        assert!(!shown.contains("went on"), "{shell} went on: {shown:?}");
        assert_eq!(self.answer("echo alive"), "alive", "{shell}");
        assert_eq!(self.answer("stty -g"), self.settings, "{shell}");
        for (name, value) in OLD {
            assert_eq!(self.value(name), value, "{shell}");
        }
        assert_eq!(self.home.files(), self.files, "{shell}");
    }

    /// After a line that signed in: the shell holds the newest session, and the settings are what they were.
    #[track_caller]
    pub fn signed_in(&mut self) {
        let shell = self.shell;
        self.terminal.expect_prompt();
        let session = self.sts.sessions().pop().expect("a session");
        assert_eq!(self.value("AWS_ACCESS_KEY_ID"), session.access_key_id, "{shell}");
        assert_eq!(self.value("AWS_SECRET_ACCESS_KEY"), session.secret_access_key, "{shell}");
        assert_eq!(self.value("AWS_SESSION_TOKEN"), session.session_token, "{shell}");
        assert_eq!(self.value("MFA_ENV_PROFILE"), "main", "{shell}");
        assert_eq!(self.answer("stty -g"), self.settings, "{shell}");
        assert_eq!(self.home.files(), self.files, "{shell}");
    }

    /// The calls that carried a code.
    pub fn code_calls(&self) -> Vec<Call> {
        self.sts.calls().into_iter().filter(|call| call.param("TokenCode").is_some()).collect()
    }

    /// The one line that a line prints. Behind it may stand what the shell paints before its prompt.
    pub fn answer(&mut self, line: &str) -> String {
        let shown = self.terminal.run_line(line);
        shown.split_once('\n').map_or(shown.as_str(), |(first, _)| first).to_owned()
    }

    /// A variable of the shell.
    pub fn value(&mut self, variable: &str) -> String {
        let line = match self.shell {
            Shell::Pwsh => format!("\"<$env:{variable}>\""),
            _ => format!("echo \"<${variable}>\""),
        };
        let shown = self.answer(&line);
        let value = shown.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        value.unwrap_or_else(|| panic!("{}: {shown:?}", self.shell)).to_owned()
    }
}

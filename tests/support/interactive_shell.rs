//! A user at an interactive shell, with AWS files and an STS.

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
    pub home: Rc<Home>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The terminal settings that programs see; the line editor uses others.
    pub settings: String,
}

/// Runs a test in each installed shell, each with its own user and STS.
pub fn in_every_shell(test: impl Fn(&mut InteractiveShell)) {
    for shell in shells::installed() {
        test(&mut InteractiveShell::start(*shell));
    }
}

/// The credentials in the shell's environment before it signs in.
pub const OLD_VARIABLES: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAOLD"), ("AWS_SECRET_ACCESS_KEY", "old-secret"), ("AWS_SESSION_TOKEN", "old-token")];

impl InteractiveShell {
    /// Starts an interactive shell with alice's profile `main` and [`OLD_VARIABLES`] in the environment.
    pub fn start(shell: Shell) -> InteractiveShell {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.set("PATH", path_with_program());
        // The shell gets a separate home, because it may write its history there.
        for (variable, file) in [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
            home.set(variable, home.path().join(".aws").join(file));
        }
        home.variables.remove("HOME".as_ref() as &std::ffi::OsStr);
        for (name, value) in OLD_VARIABLES {
            home.set(name, value);
        }
        home.set("MFA_ENV_CACHE_DIR", home.cache());
        InteractiveShell::with(shell, sts, alice, Rc::new(home))
    }

    /// Another shell of the same user, on another terminal.
    pub fn another(&self, shell: Shell) -> InteractiveShell {
        InteractiveShell::with(shell, self.sts.clone(), self.alice.clone(), Rc::clone(&self.home))
    }

    fn with(shell: Shell, sts: Sts, alice: User, home: Rc<Home>) -> InteractiveShell {
        let files = home.files();
        let terminal = Terminal::shell(shell, &home.variables, home.path());
        let mut shell_session = InteractiveShell { shell, sts, alice, terminal, home, files, settings: String::new() };
        shell_session.settings = shell_session.first_output_line("stty -g");
        assert!(shell_session.settings.contains(':'), "{shell}: {:?}", shell_session.settings);
        shell_session
    }

    /// The documented line that signs in.
    pub fn sign_in_line(&self, program: &str) -> String {
        self.shell.eval(program)
    }

    /// The documented line followed by a command that must not run if it fails.
    pub fn sign_in_line_and(&self, program: &str) -> String {
        self.shell.eval_and(program, "echo went on")
    }

    /// Types a line and waits for the program's prompt; echo must be off by then.
    pub fn ask(&mut self, line: &str) {
        self.terminal.type_line(line);
        self.terminal.expect("MFA code");
        assert!(self.terminal.stty().is_hidden(), "{}: echo is still on at the prompt", self.shell);
        self.terminal.expect(": ");
    }

    /// After a line that failed: the next command did not run, the shell is alive and received nothing of what was
    /// typed before, and the settings and the old credentials are unchanged. Returns what was shown.
    #[track_caller]
    pub fn assert_failed(&mut self) -> String {
        let shown = self.terminal.expect_prompt();
        self.assert_unchanged(&shown);
        shown
    }

    #[track_caller]
    pub fn assert_unchanged(&mut self, shown: &str) {
        let shell = self.shell;
        assert!(!shown.contains("went on"), "{shell} went on: {shown:?}");
        assert_eq!(self.first_output_line("echo alive"), "alive", "{shell}");
        assert_eq!(self.first_output_line("stty -g"), self.settings, "{shell}");
        for (name, value) in OLD_VARIABLES {
            assert_eq!(self.variable(name), value, "{shell}");
        }
        assert_eq!(self.home.files(), self.files, "{shell}");
    }

    /// After a line that signed in: the shell has the newest session, and the settings are unchanged.
    #[track_caller]
    pub fn assert_signed_in(&mut self) {
        let shell = self.shell;
        self.terminal.expect_prompt();
        let session = self.sts.sessions().pop().expect("a session");
        assert_eq!(self.variable("AWS_ACCESS_KEY_ID"), session.access_key_id, "{shell}");
        assert_eq!(self.variable("AWS_SECRET_ACCESS_KEY"), session.secret_access_key, "{shell}");
        assert_eq!(self.variable("AWS_SESSION_TOKEN"), session.session_token, "{shell}");
        assert_eq!(self.variable("MFA_ENV_PROFILE"), "main", "{shell}");
        assert_eq!(self.first_output_line("stty -g"), self.settings, "{shell}");
        assert_eq!(self.home.files(), self.files, "{shell}");
    }

    /// The STS calls that carried a code.
    pub fn code_calls(&self) -> Vec<Call> {
        self.sts.calls().into_iter().filter(|call| call.param("TokenCode").is_some()).collect()
    }

    /// Runs a line and returns the first line that it prints; the shell may draw more before its prompt.
    pub fn first_output_line(&mut self, line: &str) -> String {
        let shown = self.terminal.run_line(line);
        shown.split_once('\n').map_or(shown.as_str(), |(first, _)| first).to_owned()
    }

    /// The value of a variable in the shell.
    pub fn variable(&mut self, variable: &str) -> String {
        let line = match self.shell {
            Shell::Pwsh => format!("\"<$env:{variable}>\""),
            _ => format!("echo \"<${variable}>\""),
        };
        let shown = self.first_output_line(&line);
        let value = shown.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        value.unwrap_or_else(|| panic!("{}: {shown:?}", self.shell)).to_owned()
    }
}

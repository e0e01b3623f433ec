//! Alice with her access key, her MFA device and some roles, and assertions on which STS calls a sign-in makes.
//! There is no terminal, so an MFA code can only come from `--code`.

use super::home::Home;
use super::program::{Program, Ran};
use super::sts::{RoleSpec, Sts, User};

pub struct Fixture {
    pub sts: Sts,
    pub alice: User,
    pub home: Home,
}

const WARNING: &str = "mfa-env: warning: ";

impl Fixture {
    /// Roles as `(profile, further lines)`. Each profile has its own role, which requires MFA.
    pub fn with(roles: &[(&str, &str)]) -> Fixture {
        let requires_mfa = RoleSpec { requires_mfa: true, ..RoleSpec::default() };
        let roles: Vec<_> = roles.iter().map(|(profile, more)| (*profile, requires_mfa.clone(), *more)).collect();
        Fixture::with_specs(&roles)
    }

    pub fn with_specs(roles: &[(&str, RoleSpec, &str)]) -> Fixture {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let arns: Vec<String> = roles.iter().map(|(profile, spec, _)| sts.add_role(profile, spec.clone())).collect();
        let sections: Vec<_> =
            roles.iter().zip(&arns).map(|((profile, _, more), arn)| (*profile, arn.as_str(), *more)).collect();
        let home = Home::with_user(&sts, &alice, &sections);
        Fixture { sts, alice, home }
    }

    /// A valid MFA code.
    pub fn code(&self) -> String {
        self.sts.code(&self.alice.mfa_serial)
    }

    /// Signs in, which must make exactly these calls and print exactly these warnings. Returns the access key id that
    /// the shell gets.
    #[track_caller]
    pub fn sign_in(&self, arguments: &[&str], calls: &[&str], warnings: &[&str]) -> String {
        let ran = self.program(arguments).signs_in().run();
        self.check(&ran, calls, warnings);
        let lines = ran.stderr.lines().count();
        assert_eq!(lines, warnings.len() + 1, "unexpected lines on stderr: {}", ran.stderr);
        ran.variable("AWS_ACCESS_KEY_ID").flatten().expect("a key").to_owned()
    }

    /// Like [`Fixture::sign_in`], with `--code` and a valid code appended.
    #[track_caller]
    pub fn sign_in_with_code(&self, arguments: &[&str], calls: &[&str], warnings: &[&str]) -> String {
        let code = self.code();
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--code", &code]).collect();
        self.sign_in(&arguments, calls, warnings)
    }

    /// Fails with this status and error after making exactly these calls. Warnings are allowed.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], status: i32, error: &str, calls: &[&str]) -> Ran {
        let ran = self
            .program(arguments)
            .fails(status)
            .stdout(super::failure_statement::of("sh", status))
            .says(format!("mfa-env: {error}"))
            .run();
        self.check_calls(&ran, calls);
        ran
    }

    /// No cached session can be used: the program asks for a code and makes no call.
    #[track_caller]
    pub fn needs_code(&self, arguments: &[&str]) {
        let ran = self.fails(arguments, 5, "an MFA code is needed, but there is no terminal", &[]);
        assert!(ran.stderr.starts_with("mfa-env: an MFA code"), "a warning was printed: {}", ran.stderr);
    }

    pub fn program(&self, arguments: &[&str]) -> Program<'_> {
        Program::new(&self.home, arguments.iter().copied().chain(["--shell", "sh"]))
    }

    #[track_caller]
    fn check(&self, ran: &Ran, calls: &[&str], warnings: &[&str]) {
        self.check_calls(ran, calls);
        let printed: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix(WARNING)).collect();
        assert_eq!(printed.len(), warnings.len(), "expected the warnings {warnings:?}: {}", ran.stderr);
        for (printed, part) in printed.iter().zip(warnings) {
            assert!(printed.contains(part), "{printed:?} does not contain {part:?}");
        }
    }

    #[track_caller]
    fn check_calls(&self, ran: &Ran, calls: &[&str]) {
        let sent = self.sts.take_session_calls();
        let actions: Vec<&str> = sent.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(actions, calls, "stderr: {}", ran.stderr);
    }
}

/// The call that issues an MFA session.
pub const MFA: &str = "GetSessionToken";
/// The call that issues a role session.
pub const ROLE: &str = "AssumeRole";

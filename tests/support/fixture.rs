//! A day of alice's: her key and device, some roles, and what each sign-in costs. Nobody sits at a terminal, so a code that is not given
//! is not to be had.

use super::home::Home;
use super::program::{Program, Ran};
use super::sts::{RoleSpec, Sts, User};

pub struct Fixture {
    pub sts: Sts,
    pub alice: User,
    pub home: Home,
}

/// The line that stands for success; it says no more than one warning does, so every other line of stderr is counted.
const DONE: &str = "mfa-env: signed in to ";
const WARNING: &str = "mfa-env: warning: ";

impl Fixture {
    /// Roles as `(profile, further lines)`, each of a name of its own and open to whoever has shown a code.
    pub fn with(roles: &[(&str, &str)]) -> Fixture {
        let asking = RoleSpec { requires_mfa: true, ..RoleSpec::default() };
        let roles: Vec<_> = roles.iter().map(|(profile, more)| (*profile, asking.clone(), *more)).collect();
        Fixture::with_specs(&roles)
    }

    pub fn with_specs(roles: &[(&str, RoleSpec, &str)]) -> Fixture {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let arns: Vec<String> = roles.iter().map(|(profile, spec, _)| sts.add_role(profile, spec.clone())).collect();
        let sections: Vec<_> =
            roles.iter().zip(&arns).map(|((profile, _, more), arn)| (*profile, arn.as_str(), *more)).collect();
        let home = Home::signed_up(&sts, &alice, &sections);
        Fixture { sts, alice, home }
    }

    /// A code that works.
    pub fn code(&self) -> String {
        self.sts.code(&self.alice.mfa_serial)
    }

    /// Signs in, which must cost these calls and no other, with exactly these warnings. The access key ID that the shell gets.
    #[track_caller]
    pub fn sign_in(&self, words: &[&str], costs: &[&str], warnings: &[&str]) -> String {
        let ran = self.program(words).says(DONE).run();
        self.check(&ran, costs, warnings);
        let lines = ran.stderr.lines().count();
        assert_eq!(lines, warnings.len() + 1, "each line of stderr is expected: {}", ran.stderr);
        ran.variable("AWS_ACCESS_KEY_ID").flatten().expect("a key").to_owned()
    }

    /// As [`Fixture::sign_in`], with a code that works as the last word.
    #[track_caller]
    pub fn sign_in_with_code(&self, words: &[&str], costs: &[&str], warnings: &[&str]) -> String {
        let code = self.code();
        let words: Vec<&str> = words.iter().copied().chain(["--code", &code]).collect();
        self.sign_in(&words, costs, warnings)
    }

    /// Fails with this status and, before or after warnings, this error, at the cost of these calls.
    #[track_caller]
    pub fn fails(&self, words: &[&str], status: i32, error: &str, costs: &[&str]) -> Ran {
        let ran = self
            .program(words)
            .fails(status)
            .stdout(format!("(exit {status});\n"))
            .says(format!("mfa-env: {error}"))
            .run();
        self.check_calls(&ran, costs);
        ran
    }

    /// Nothing that is kept serves: a code is needed, and nobody is called without it.
    #[track_caller]
    pub fn needs_code(&self, words: &[&str]) {
        let ran = self.fails(words, 5, "an MFA code is needed, but there is no terminal", &[]);
        assert!(ran.stderr.starts_with("mfa-env: an MFA code"), "no warning: {}", ran.stderr);
    }

    pub fn program(&self, words: &[&str]) -> Program<'_> {
        Program::new(&self.home, words.iter().copied().chain(["--shell", "sh"]))
    }

    #[track_caller]
    fn check(&self, ran: &Ran, costs: &[&str], warnings: &[&str]) {
        self.check_calls(ran, costs);
        let said: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix(WARNING)).collect();
        assert_eq!(said.len(), warnings.len(), "the warnings are {warnings:?}: {}", ran.stderr);
        for (said, part) in said.iter().zip(warnings) {
            assert!(said.contains(part), "{part:?} in {said:?}");
        }
    }

    #[track_caller]
    fn check_calls(&self, ran: &Ran, costs: &[&str]) {
        let calls = self.sts.take_calls();
        let actions: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(actions, costs, "the calls of {}", ran.stderr);
    }
}

/// What an MFA session, and a role session from it, cost.
pub const MFA: &str = "GetSessionToken";
pub const ROLE: &str = "AssumeRole";

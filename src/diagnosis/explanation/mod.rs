//! What a known error means in a shell. A fact about the shell that explains the error comes first; without one, the row of
//! the table says what is certain, and what is merely possible is called so.

mod access;
mod keys;
mod places;
mod profiles;

use super::advice::{Advice, Typing};
use super::search::FoundError;
use super::shell_problem::ShellProblem;
use super::shell_state::ShellState;
use super::sign_in_line::SignInLine;
use super::{Kind, ProfileCredentials};
use crate::clock::SET_CLOCK;
use crate::error::Result;
use crate::function_name::{FunctionName, function_name};
use crate::printable::{printable, shown_value};
use crate::profile::{AwsFiles, ProfileName};
use crate::sign_in::read_aws_files;
use crate::variables::Variables;
use crate::warning::Warnings;

/// The cause of an error, or what is wrong with a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The row of the table; `None` for a problem of the shell.
    pub error: Option<&'static str>,
    /// The problem of the shell that is the cause.
    pub problem: Option<&'static str>,
    /// The line of the text, without secrets. It is not escaped yet.
    pub line: Option<String>,
    /// The cause, in one line, or what is certain if the cause is not known. Untrusted text is escaped.
    pub cause: String,
    /// Whether that is certainly so. If not, it is one possible cause.
    pub is_certain: bool,
    /// A possible reason for the cause.
    pub possibly: Option<String>,
    /// What to do.
    pub advice: Vec<Advice>,
}

/// What is needed to explain an error.
pub struct Explainer<'a> {
    pub(super) shell: &'a ShellState<'a>,
    pub(super) variables: &'a Variables,
    pub(super) typing: Typing,
}

impl<'a> Explainer<'a> {
    /// For errors of programs that were started from this shell.
    pub fn of(shell: &'a ShellState<'a>, variables: &'a Variables, typing: Typing) -> Self {
        Explainer { shell, variables, typing }
    }

    /// What is wrong with the shell, the most serious first.
    pub fn problems(&self) -> Vec<Explanation> {
        self.shell.problems.iter().map(|problem| self.of_problem(problem)).collect()
    }

    /// What the errors mean, without repetitions.
    pub fn explain_all(&self, errors: &[FoundError]) -> Vec<Explanation> {
        let mut explanations: Vec<Explanation> = Vec::new();
        for explanation in errors.iter().filter_map(|found| self.explain(found)) {
            // One line is explained once, by what comes last in it.
            let is_of_line = |known: &Explanation| match (&known.line, &explanation.line) {
                (Some(known), Some(line)) => known.contains(line.as_str()) || line.contains(known.as_str()),
                _ => false,
            };
            let is_known = explanations.iter().any(|known| known.cause == explanation.cause || is_of_line(known));
            if !is_known {
                explanations.push(explanation);
            }
        }
        explanations
    }

    /// What an error means; `None` if nothing in this shell explains it, and its row says nothing by itself.
    fn explain(&self, found: &FoundError) -> Option<Explanation> {
        let found = &self.with_whole_names(found);
        let explanation = match found.error.kind {
            Kind::AsItSays => None,
            Kind::Expired => self.expired(found),
            Kind::UnknownKey => self.unknown_key(found),
            Kind::WrongSecret => self.wrong_secret(found),
            Kind::Clock => self.wrong_clock(found),
            Kind::NoCredentials => self.no_credentials(found),
            Kind::CodeNeeded => self.code_needed(found),
            Kind::ProfileNotFound => self.profile_not_found(found),
            Kind::ProfileBroken => self.profile_broken(found),
            Kind::Denied => self.denied(found),
            Kind::RoleRefused => self.role_refused(found),
            Kind::Sso => Some(self.other_sign_in(found, "aws sso login")),
            Kind::Login => Some(self.other_sign_in(found, "aws login")),
            Kind::OwnLine => self.own_line(found),
            Kind::Process => self.process(found),
            Kind::ProcessMissing => self.process_missing(found),
            Kind::NoRegion => self.no_region(found),
            Kind::Region => self.region(found),
            Kind::RegionNamed => self.region_named(found),
            Kind::Unreachable => self.unreachable(found),
            Kind::Proxy => self.proxy(found),
            Kind::Certificate => self.certificate(found),
            Kind::Kubectl => self.kubectl(),
            Kind::Registry => self.registry(found),
        };
        let explanation = explanation.or_else(|| (!found.error.cause.is_empty()).then(|| self.as_it_says(found)))?;
        let is_certain = explanation.is_certain && !found.is_doubtful;
        Some(Explanation { error: Some(found.error.name), line: Some(found.line.clone()), is_certain, ..explanation })
    }

    /// The error without a name that may be cut off at the end of a line, unless this shell's files know it.
    fn with_whole_names(&self, found: &FoundError) -> FoundError {
        let mut found = found.clone();
        let Some(cut) = found.cut.take() else { return found };
        let is_known = |candidate: &&String| match cut.name {
            "role" => self.profile_with_role(Some(candidate)).is_some(),
            "profile" | "source" => self.has_profile(candidate),
            "line" => self.line_of(candidate).is_some(),
            _ => false,
        };
        match cut.candidates.iter().rev().find(is_known) {
            Some(known) => drop(found.parts.insert(cut.name, known.clone())),
            None => drop(found.parts.remove(cut.name)),
        }
        found
    }

    /// Whether the AWS files of this shell have a profile of that name.
    fn has_profile(&self, name: &str) -> bool {
        let profile = ProfileName::parse(name).ok();
        profile.is_some_and(|profile| {
            self.with_files(|files| files.existing_profile(&profile).is_ok()).unwrap_or_default()
        })
    }

    /// The cause and the advice of the row.
    fn as_it_says(&self, found: &FoundError) -> Explanation {
        Explainer::says(found, found.error.advice.iter().map(|(what, line)| self.advice(what, *line, found)).collect())
    }

    /// The cause of the row, with other advice.
    fn says(found: &FoundError, advice: Vec<Advice>) -> Explanation {
        let possibly = found.error.possibly.map(str::to_owned);
        Explanation { possibly, ..certain(found.error.cause, advice) }
    }

    /// A problem of the shell, as the cause of an error.
    fn of_problem(&self, problem: &ShellProblem) -> Explanation {
        let advice = vec![problem.advice(&self.shell.sign_in, &self.typing)];
        Explanation { problem: Some(problem.name()), ..certain(problem.what(), advice) }
    }

    /// The first problem of one of these kinds, in the order of the kinds.
    fn first_of(&self, names: &[&str]) -> Option<Explanation> {
        let found = names.iter().find_map(|name| self.shell.problem(|problem| problem.name() == *name));
        found.map(|problem| self.of_problem(problem))
    }

    fn sign_in(&self) -> Advice {
        self.typing.sign_in(&self.shell.sign_in)
    }

    fn sign_in_again(&self) -> Advice {
        self.typing.sign_in_as("sign in again with", &self.shell.sign_in)
    }

    /// What the AWS files of this shell say about a profile.
    fn profile(&self, name: &str) -> Result<ProfileCredentials> {
        self.with_files(|files| ProfileCredentials::of(name, files))?
    }

    /// What to type to sign in to a profile, if that is possible.
    fn line_to(&self, name: &str) -> Option<SignInLine> {
        self.with_files(|files| SignInLine::to(name, files)).ok().flatten()
    }

    fn with_files<T>(&self, read: impl FnOnce(&AwsFiles<'_>) -> T) -> Result<T> {
        let texts = read_aws_files(self.variables, &Warnings::default())?;
        Ok(read(&AwsFiles::index(&texts)))
    }

    /// Advice of the table, in which names in braces stand for facts.
    fn advice(&self, what: &str, line: Option<&str>, found: &FoundError) -> Advice {
        let Some(line) = line else { return Advice::of(what) };
        let profile = found.parts.get("profile").or(found.parts.get("source"));
        let profile = profile.map(String::as_str).or_else(|| self.profile_at_hand());
        let sign_in_word = profile.map(|name| self.typing.profile(name));
        let line = match line {
            "{sign-in}" => return self.typing.sign_in_as(what, &self.shell.sign_in),
            "{clock}" => SET_CLOCK.to_owned(),
            "{unset-session}" => return self.unset_session(what),
            _ => match line.strip_prefix(FunctionName::DEFAULT.as_str()) {
                Some(arguments) => format!("{}{arguments}", function_name()),
                None => line.to_owned(),
            },
        };
        let mut line = line;
        for (name, word) in [("{profile}", profile), ("{source}", found.parts.get("source").map(String::as_str))] {
            line = line
                .replace(name, &word.map_or_else(|| name.to_ascii_uppercase(), |word| self.typing.shell.word(word)));
        }
        if line.starts_with(function_name()) || line.starts_with("mfa-env") {
            line = line.replace("PROFILE", sign_in_word.as_deref().unwrap_or("PROFILE"));
        }
        Advice::line(what, line)
    }

    /// The profile that this shell is signed in to, or would sign in to.
    fn profile_at_hand(&self) -> Option<&str> {
        match &self.shell.sign_in {
            SignInLine::Profile(name) => Some(name),
            _ => self.shell.credentials.profile,
        }
    }

    fn unset_session(&self, what: &str) -> Advice {
        match self.shell.credentials.access_key_id {
            Some(_) if self.shell.credentials.is_ours => Advice::line(what, format!("{} unset", function_name())),
            Some(_) => Advice::line(what, self.typing.shell.unset_line("AWS_ACCESS_KEY_ID")),
            None => Advice::of("run the program with the long-term keys of a user, not with a session"),
        }
    }
}

fn certain(cause: impl Into<String>, advice: Vec<Advice>) -> Explanation {
    let cause = cause.into();
    Explanation { error: None, problem: None, line: None, cause, is_certain: true, possibly: None, advice }
}

fn possible(cause: impl Into<String>, advice: Vec<Advice>) -> Explanation {
    Explanation { is_certain: false, ..certain(cause, advice) }
}

/// Untrusted text, as it is shown.
fn shown(text: &str) -> String {
    printable(&shown_value(text)).to_string()
}

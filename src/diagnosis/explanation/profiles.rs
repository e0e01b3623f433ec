//! Errors about profiles, and about where credentials come from.

use super::{Explainer, Explanation, certain, possible, shown};
use crate::clock::{duration, now};
use crate::diagnosis::advice::Advice;
use crate::diagnosis::search::FoundError;
use crate::diagnosis::selected_profile::{process, process_origin, profile_in_process};
use crate::diagnosis::sign_in_line::SignInLine;
use crate::error::{ConfigError, Error, SourceKind};
use crate::function_name::{FunctionName, function_name};
use crate::origin::Origin;
use crate::profile::{AwsFiles, FileKind, FileText, ProfileName, ViewHeader};
use std::path::Path;

/// Among more profiles, it would take long to find the only one with a `credential_process`.
const MOST_PROFILES: usize = 200;
/// Where a line throws its output away.
const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

impl Explainer<'_> {
    pub(super) fn no_credentials(&self, found: &FoundError) -> Option<Explanation> {
        const KINDS: [&str; 6] =
            ["incomplete-keys", "unusable-profile", "lost-view", "code-needed", "missing-file", "no-credentials"];
        if let Some(explanation) = self.first_of(&KINDS) {
            return Some(explanation);
        }
        if let Some(explanation) = self.of_other_source(found) {
            return Some(explanation);
        }
        let credentials = &self.shell.credentials;
        let left = credentials.expiration.filter(|at| !at.is_past()).map(|at| at.unix() - now());
        credentials.access_key_id?;
        let valid = left.map(|left| format!(", valid for {}", duration(left))).unwrap_or_default();
        let cause = format!("{}, but this shell has credentials{valid}", found.error.cause);
        let possibly = "it runs elsewhere: in a container, with sudo, as a service, or in another shell";
        let line = match self.profile_at_hand() {
            Some(profile) => format!("mfa-env exec {} COMMAND", self.typing.profile(profile)),
            None => "mfa-env help docker".to_owned(),
        };
        let advice = vec![Advice::line("start it from this shell, or pass the session on", line)];
        Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(cause, advice) })
    }

    /// The selected profile gets credentials by a sign-in of its own.
    fn of_other_source(&self, found: &FoundError) -> Option<Explanation> {
        let profile = self.shell.source.profile()?;
        let (command, what) = match profile.other_source()? {
            SourceKind::Sso => ("aws sso login", "IAM Identity Center (SSO)"),
            SourceKind::Login => ("aws login", "`aws login`"),
            SourceKind::MfaEnv | SourceKind::Process => return self.process(found),
            SourceKind::WebIdentity | SourceKind::CredentialSource => return None,
        };
        let cause =
            format!("profile {} gets its credentials from {what}, and that sign-in has expired", shown(&profile.name));
        let line = format!("{command} --profile {}", self.typing.shell.word(&profile.name));
        Some(possible(cause, vec![Advice::line("sign in with", line)]))
    }

    pub(super) fn code_needed(&self, found: &FoundError) -> Option<Explanation> {
        let selected = self.shell.source.profile().map(|selected| selected.name.as_str());
        let named = found.parts.get("profile").or(found.profile.as_ref()).map(String::as_str);
        // Without a name it is the profile that the shell selects, if that needs a code.
        if named.is_none_or(|named| Some(named) == selected)
            && let Some(explanation) = self.first_of(&["code-needed"])
        {
            return Some(explanation);
        }
        if matches!(self.shell.sign_in, SignInLine::Elsewhere | SignInLine::SetUp | SignInLine::Unreadable(_)) {
            return None;
        }
        // Keys come before the profile of a variable, but not before one that the program names. With a session in the
        // variables, the program would ask again.
        let cause = match named {
            Some(named) => {
                format!("the program names profile {}, which needs an MFA code for which it cannot ask", shown(named))
            }
            None if self.shell.credentials.access_key_id.is_some() => "the program does not use this shell's keys, but a \
                                                                        profile that it names itself, which needs an MFA code"
                .to_owned(),
            None => "the program names a profile itself, which needs an MFA code for which it cannot ask".to_owned(),
        };
        let profile = match named {
            Some(named) => Some(self.line_to(named).map(|_| named)?),
            None => self.profile_at_hand(),
        };
        let line = match profile {
            Some(profile) => format!("{} --all {}", function_name(), self.typing.profile(profile)),
            None => format!("{} --all", function_name()),
        };
        Some(certain(cause, vec![Advice::line("let programs use every profile by its name with", line)]))
    }

    pub(super) fn profile_not_found(&self, found: &FoundError) -> Option<Explanation> {
        let name = found.parts.get("profile")?;
        if name.trim().is_empty() {
            return self.first_of(&["empty-profile"]);
        }
        let selected = self.shell.source.profile().filter(|selected| selected.name == *name);
        if selected.is_some() {
            return self.first_of(&["missing-file", "unusable-profile"]).or_else(|| self.is_elsewhere(name));
        }
        let profile = ProfileName::parse(name).ok()?;
        // Keys hide the profile that a variable selects.
        let variable = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
            .into_iter()
            .find(|variable| self.variables.os(variable).is_some_and(|value| value == name.as_str()));
        let error = self.with_files(|files| files.existing_profile(&profile).err()).ok()?;
        let Some(error) = error else { return self.is_elsewhere(name) };
        let advice = match (error.advice(), variable) {
            (_, Some(variable)) if self.shell.credentials.access_key_id.is_some() => self.typing.unset(variable),
            (Some(advice), _) => Advice::of_error(&advice),
            (None, _) => return None,
        };
        let from = variable.map(|variable| format!(" (from {variable})")).unwrap_or_default();
        let what = match &error {
            Error::Config(ConfigError::ProfileNotFound { .. }) => {
                format!("this shell's AWS files have no profile `{}`{from}", shown(name))
            }
            other => other.what(),
        };
        Some(certain(what, vec![advice]))
    }

    /// A profile that a program did not find is in the files of this shell.
    fn is_elsewhere(&self, name: &str) -> Option<Explanation> {
        let profile = ProfileName::parse(name).ok()?;
        let origin = self.with_files(|files| files.header_origin(&profile)).ok().flatten()?;
        if self.view_lacks(&profile) {
            let cause = format!("profile {} ({origin}) is not in the view that this shell's programs use", shown(name));
            return Some(certain(cause, vec![Advice::line("update the view with", "mfa-env view")]));
        }
        let cause =
            format!("profile {} is in this shell's AWS files ({origin}), but the program did not find it", shown(name));
        let possibly = "it reads other files (sudo, a container, another HOME or AWS_CONFIG_FILE)";
        let line = format!("mfa-env explain {}", self.typing.profile(name));
        let advice = vec![Advice::line("see how other programs read it with", line)];
        Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(cause, advice) })
    }

    /// Whether programs read a view without this profile: it is out of date.
    fn view_lacks(&self, profile: &ProfileName) -> bool {
        let path = self.variables.os("AWS_CONFIG_FILE").map(Path::new).filter(|path| ViewHeader::read(path).is_some());
        let text = path.and_then(|path| FileText::read(FileKind::Config, path).ok()?);
        text.is_some_and(|text| AwsFiles::index(&[text]).header_origin(profile).is_none())
    }

    pub(super) fn profile_broken(&self, found: &FoundError) -> Option<Explanation> {
        let is_of_variables = found.parts.get("place").is_some_and(|place| place == "env");
        if is_of_variables {
            return self.first_of(&["incomplete-keys"]);
        }
        let selected = self.shell.source.profile().map(|selected| selected.name.clone());
        let name = found.parts.get("profile").cloned().or(selected)?;
        let error =
            self.profile(&name).err().filter(|e| !matches!(e, Error::Config(ConfigError::ProfileNotFound { .. })))?;
        let advice = error.advice().map(|advice| Advice::of_error(&advice));
        Some(certain(error.what(), advice.into_iter().collect()))
    }

    /// A sign-in of another program is needed.
    pub(super) fn other_sign_in(&self, found: &FoundError, command: &str) -> Explanation {
        let kind = if command == "aws login" { SourceKind::Login } else { SourceKind::Sso };
        let selected = self.shell.source.profile().filter(|selected| selected.other_source() == Some(kind));
        let profile = found.parts.get("profile").or(selected.map(|selected| &selected.name));
        let word = profile.map_or_else(|| "PROFILE".to_owned(), |name| self.typing.shell.word(name));
        Explainer::says(found, vec![Advice::line("sign in with", format!("{command} --profile {word}"))])
    }

    /// mfa-env itself has said what to type. The text is untrusted, so only the profile is taken from it, if it exists.
    pub(super) fn own_line(&self, found: &FoundError) -> Option<Explanation> {
        let line = self.line_of(found.parts.get("line")?)?;
        Some(Explainer::says(found, vec![self.typing.sign_in_as("sign in first, in a terminal", &line)]))
    }

    /// The line to sign in to the profile that `aws-mfa PROFILE` names, if it exists.
    pub(super) fn line_of(&self, line: &str) -> Option<SignInLine> {
        // The shell that it comes from may have another name for the function.
        let names = [function_name(), FunctionName::DEFAULT.as_str()];
        let line = names.iter().find_map(|name| line.strip_prefix(name)?.strip_prefix(' '))?;
        let name = line.trim().trim_start_matches("--profile").trim_start_matches([' ', '=']).trim_matches(['\'', '"']);
        self.line_to(name)
    }

    /// The profile whose `credential_process` a program has run: the one that the text names, else the one that the shell
    /// selects, else the only one; with the command, and where it is.
    fn process_of(&self, found: &FoundError) -> Option<(String, String, Origin)> {
        let selected = self.shell.source.profile().map(|selected| selected.name.clone());
        let of_files = |files: &AwsFiles<'_>| {
            let has_process = |name: &str| Some((name.to_owned(), process(name, files)?, process_origin(name, files)?));
            let named = found.profile.as_deref().and_then(has_process);
            named.or_else(|| has_process(selected.as_deref()?)).or_else(|| {
                let names = files.names();
                let mut all = names.into_iter().take(MOST_PROFILES).filter_map(has_process);
                all.next().filter(|_| all.next().is_none())
            })
        };
        self.with_files(of_files).ok().flatten()
    }

    pub(super) fn process(&self, found: &FoundError) -> Option<Explanation> {
        let (name, command, origin) = self.process_of(found)?;
        let kind = self.profile(&name).err();
        let is_ours =
            matches!(kind, Some(Error::Config(ConfigError::SourceUnsupported { kind: SourceKind::MfaEnv, .. })));
        if !is_ours {
            // It may have a secret, so it is not shown.
            let cause = format!("the credential_process of profile {} ({origin}) failed", shown(&name));
            let line = format!("aws configure get credential_process --profile {}", self.typing.shell.word(&name));
            return Some(certain(
                cause,
                vec![Advice::line("run that command yourself to see why; it is shown by", line)],
            ));
        }
        let cause = format!("mfa-env, which the credential_process of profile {} calls, failed", shown(&name));
        let status = found.parts.get("status").and_then(|status| status.trim_end_matches('.').parse::<u8>().ok());
        let why = match status {
            Some(2) => ": the line is wrong",
            Some(3) => ": the profile that it names is wrong",
            Some(4) => ": AWS rejected the call",
            Some(5) => ": it needs an MFA code, and nobody could type it",
            Some(6) => ": there was no connection to AWS",
            Some(7) => ": a file cannot be read or written",
            Some(127) => ": it was not found",
            _ => "",
        };
        let named = profile_in_process(&command);
        let advice = match (status, named) {
            (Some(5), Some(named)) => Advice::line("sign in first, in a terminal", self.typing.sign_in_to(&named)),
            (Some(127), Some(_)) => Advice::of("correct the path of mfa-env in that line of the config file"),
            (_, Some(named)) => {
                let line =
                    format!("mfa-env credential-process --profile {} >{}", self.typing.shell.word(&named), NULL_DEVICE);
                Advice::line("run it yourself to see why", line)
            }
            (_, None) => Advice::of("correct the credential_process, which names no profile"),
        };
        Some(certain(format!("{cause}{why}"), vec![advice]))
    }

    /// The AWS CLI and boto3 did not find a file: that of the `credential_process`, if it is the first word of its line.
    pub(super) fn process_missing(&self, found: &FoundError) -> Option<Explanation> {
        let (name, command, origin) = self.process_of(found)?;
        let file = found.parts.get("file").filter(|file| !file.is_empty())?;
        if !command.trim_start_matches('"').starts_with(file.as_str()) {
            return None;
        }
        let cause = format!(
            "{}, which the credential_process of profile {} ({origin}) calls, was not found",
            shown(file),
            shown(&name)
        );
        Some(certain(cause, vec![Advice::of("install it, or correct the line in the config file")]))
    }
}

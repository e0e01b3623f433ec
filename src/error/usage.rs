//! The command line is wrong.

use super::{Message, quoted};
use crate::clock::HumanDuration;
use crate::function_name::function_name;
use crate::origin::Origin;
use crate::printable::{printable_path, shown_value};
use std::path::PathBuf;

/// What is wrong with the command line or a variable.
#[derive(Debug, PartialEq, Eq)]
pub enum UsageError {
    /// clap's own message, which may have several lines.
    Arguments(String),
    /// Help for something that is neither a command nor a topic.
    UnknownHelpTopic {
        about: String,
        /// Commands and topics with similar names.
        similar: Vec<String>,
    },
    /// A reserved command that this version does not have.
    NotAvailable { command: String },
    /// `--shell` or `init` names a shell that mfa-env does not know; `known` lists those that it does.
    UnknownShell { name: String, known: String },
    /// `init --name` has a word that is not safe as the name of a function.
    FunctionName { name: String },
    /// The calling shell is one that mfa-env cannot quote for.
    UnsupportedShell { name: String, known: String },
    /// `export` or `unset` would print statements that no shell evaluates.
    StdoutIsTerminal {
        /// The line to type instead.
        eval_line: String,
        /// The line for the shell's startup file.
        init_line: String,
    },
    /// A code was expected, but this was passed.
    NotACode { typed: String },
    /// Two positional arguments, of which the second is not a code.
    TwoProfiles {
        first: String,
        second: String,
        /// What the first one means if it is the word of a command: what for, and what to type.
        meaning: Option<String>,
    },
    /// What was typed is a profile and something that is not a code, or a code in two parts.
    ProfileOrCode { profile: String },
    /// The code was passed twice.
    TwoCodes,
    /// This shell's session was made with options that are not known, so it cannot be renewed without them.
    OptionsUnknown {
        profile: Option<String>,
        /// Why, as a clause about `MFA_ENV_OPTIONS`.
        reason: &'static str,
    },
    /// A variable contains bytes that are not UTF-8.
    VariableNotUtf8 { name: &'static str },
    /// An option that begins with another character than `-`.
    NotADash {
        typed: String,
        character: char,
        /// The option as it is typed.
        meant: String,
    },
    /// Options that other tools have, each with ours.
    OtherToolsOptions { options: Vec<(&'static str, &'static str)> },
    /// A variable that takes only `true` or `false` has another value.
    NotABoolean { name: &'static str, value: String },
    /// An option that applies only to a role, for a profile that assumes none.
    NoRole { option: &'static str, profile: String },
    /// `--no-session` for a profile that assumes a role, which is named there.
    RoleWithoutSession { profile: String, origin: Origin },
    /// `--duration` above the hour that STS allows for a role assumed from a session.
    ChainedDuration {
        /// The requested duration in seconds.
        seconds: u32,
        /// Why the limit applies, as a clause.
        reason: &'static str,
    },
    /// `console --service` with something that cannot be in an address of the console.
    NotAService { name: String },
    /// `serve --print-env` with a command, which gets its variables anyway.
    PrintEnvWithCommand,
    /// `each` without a command.
    NoCommand,
    /// An option that `each` cannot have; `reason` is the advice.
    NotForEach { option: &'static str, reason: &'static str },
    /// `each --code` for profiles with this many devices.
    CodeForDevices { count: usize },
    /// `--account` with something else.
    NotAnAccount { typed: String },
    /// `credential-process` without a profile.
    ProfileMissing,
    /// A word cannot be written into a `credential_process` line that every program reads alike.
    NotQuotable {
        word: String,
        /// The first character that prevents it.
        character: char,
    },
    /// `save` to the name of a profile of the same sign-in, or of the default profile.
    NameInUse { name: String },
    /// `save` to a name that not every program reads in a section header.
    NameNotWritable { name: String },
    /// `--format github-env` outside of GitHub Actions.
    NotInGithubActions,
    /// `--all` with a format that holds one session.
    AllInFormat,
    /// A value that readers of `.env` files read differently.
    NotInEnvFile { name: String },
    /// `shim` for something that is not the name of a program.
    NotAProgramName { name: String },
    /// `shim --install` would replace a file that it did not write.
    NotAShim { path: PathBuf },
    /// `--print-config` would print the section of a profile that exists.
    ProfileExists { name: String, origin: Origin },
    /// `enroll --device-name` with characters that AWS does not allow.
    DeviceName { typed: String },
    /// `enroll --otpauth` without a pipe.
    SeedNotToPipe { is_terminal: bool },
    /// A command that shows a secret on the terminal, while stdout is redirected.
    StdoutNotTerminal,
    /// `device` with two words, of which the first is not an action.
    NotADeviceAction { typed: String, profile: String },
    /// `device --device-name` without `replace`.
    OnlyForReplace,
    /// `--min-ttl` above the planned duration, both in seconds.
    MinTtlTooLong { min_ttl: u32, duration: u32 },
}

impl UsageError {
    pub(super) fn message(&self) -> Message {
        match self {
            UsageError::Arguments(text) => match shown_value(text).split_once('\n') {
                Some((first, rest)) => Message::new(first).advise(rest.trim_matches('\n')),
                None => Message::new(shown_value(text)),
            },
            UsageError::UnknownHelpTopic { about, similar } => {
                Message::new(format!("`{}` is not a command or a topic", shown_value(about))).advise(
                    match similar.as_slice() {
                        [] => "list both with: mfa-env help".to_owned(),
                        similar => format!("did you mean {}?", similar.join(" or ")),
                    },
                )
            }
            UsageError::NotAvailable { command } => {
                Message::new(format!("command `{command}` is not available in this version"))
                    .advise(format!("to sign in to a profile with this name, run: mfa-env --profile {command}"))
            }
            UsageError::UnknownShell { name, known } => {
                Message::new(format!("shell `{}` is not supported", shown_value(name)))
                    .advise(format!("use one of: {known}"))
            }
            UsageError::FunctionName { name } => {
                Message::new(format!("`{}` cannot be the name of the function", shown_value(name)))
                    .advise("use a letter, then letters, digits, - and _ (at most 64), and no word that a shell knows")
            }
            UsageError::UnsupportedShell { name, known } => {
                Message::new(format!("the calling shell, `{name}`, is not supported")).advise(format!(
                    "pass --shell with the shell that evaluates the output, one of: {known}\n\
                     or get the session as data: mfa-env --format json"
                ))
            }
            UsageError::StdoutIsTerminal { eval_line, init_line } => {
                Message::new("the output is meant for `eval`, but stdout is a terminal").advise(format!(
                    "run:   {eval_line}\n\
                     or add   {init_line}   to your shell's startup file and use {};\n\
                     to print the output anyway, add --show",
                    function_name()
                ))
            }
            UsageError::NotACode { typed } => {
                Message::new(format!("`{}` is not an MFA code: a code has six digits, 0 to 9", shown_value(typed)))
                    .advise("pass the code that your authenticator app shows, or omit it to be prompted")
            }
            UsageError::DeviceName { typed } => {
                Message::new(format!("`{}` cannot be the name of an MFA device", shown_value(typed)))
                    .advise("use letters without accents, digits and _+=,.@- only; name it with --device-name")
            }
            UsageError::SeedNotToPipe { is_terminal } => {
                let stdout = if *is_terminal { "a terminal" } else { "not a pipe" };
                Message::new(format!("--otpauth writes the key of the MFA device to stdout, which is {stdout}"))
                    .advise("pipe it into a program that keeps it, such as a password manager, or omit --otpauth")
            }
            UsageError::StdoutNotTerminal => {
                Message::new("the key of the MFA device is shown on the terminal only, but stdout is redirected")
                    .advise("do not redirect it; to give the key to another program, use --otpauth with enroll")
            }
            UsageError::NotADeviceAction { typed, profile } => {
                Message::new(format!("`{}` is not something that can be done with a device", shown_value(typed)))
                    .advise(format!("use resync, remove or replace: mfa-env device resync {}", quoted(profile)))
            }
            UsageError::OnlyForReplace => Message::new("--device-name is the name of a new device")
                .advise("use it with: mfa-env device replace, or mfa-env enroll"),
            UsageError::TwoProfiles { first, second, meaning } => {
                let taken = format!("pass one profile and one code; `{}` was taken as the profile", shown_value(first));
                let meaning = meaning.iter().map(|meaning| format!("\n{meaning}"));
                Message::new(format!("`{}` is not an MFA code: a code has six digits, 0 to 9", shown_value(second)))
                    .advise(taken + &meaning.collect::<String>())
            }
            UsageError::ProfileOrCode { profile } => {
                Message::new(format!("`{profile}` is a profile, and may also be the first half of the MFA code"))
                    .advise(format!(
                        "for the code, type its six digits as one word; for the profile, use --profile {profile}"
                    ))
            }
            UsageError::TwoCodes => {
                Message::new("the MFA code was passed twice").advise("pass it once, either as CODE or with --code")
            }
            UsageError::OptionsUnknown { profile, reason } => {
                let session = profile.as_ref().map(|profile| format!("the session of {profile}"));
                let session = session.as_deref().unwrap_or("this shell's session");
                let profile = profile.as_deref().unwrap_or("PROFILE");
                Message::new(format!("{session} cannot be renewed: MFA_ENV_OPTIONS is not usable ({reason})")).advise(
                    format!(
                        "name the profile, with the options of the session that you want, such as: \
                         {} {profile} --role-arn ARN",
                        function_name()
                    ),
                )
            }
            UsageError::VariableNotUtf8 { name } => {
                Message::new(format!("{name} is not valid UTF-8")).advise(format!("correct or unset {name}"))
            }
            UsageError::NotADash { typed, character, meant } => {
                Message::new(format!("`{typed}` begins with U+{:04X}, which is not a hyphen", u32::from(*character)))
                    .advise(format!("type it with hyphens: {meant}"))
            }
            UsageError::OtherToolsOptions { options } => {
                let names: Vec<&str> = options.iter().map(|(other, _)| *other).collect();
                let ours = |(other, ours): &(&str, &str)| format!("instead of {other}, use {ours}");
                let is_one = names.len() == 1;
                Message::new(format!(
                    "{} {} of another tool; nothing was sent",
                    names.join(" and "),
                    if is_one { "is an option" } else { "are options" }
                ))
                .advise(options.iter().map(ours).collect::<Vec<_>>().join("\n"))
            }
            UsageError::NotABoolean { name, value } => {
                Message::new(format!("{name} is `{}`, which is neither true nor false", shown_value(value)))
                    .advise(format!("set {name} to true or false, or unset it"))
            }
            UsageError::NoRole { option, profile } => {
                Message::new(format!("{option} applies only to a role, and profile {profile} does not assume one"))
                    .advise("add --role-arn ARN, or set role_arn and source_profile in the profile")
            }
            UsageError::RoleWithoutSession { profile, origin } => Message::new(format!(
                "profile {profile} assumes a role ({origin}), for which there is always a session"
            ))
            .advise("omit --no-session, or name the profile whose keys you want"),
            UsageError::ChainedDuration { seconds, reason } => Message::new(format!(
                "a session of {} is too long: {reason}, which AWS limits to 1 h",
                HumanDuration((*seconds).into())
            ))
            .advise("use -d 1h, or omit --duration"),
            UsageError::NotAService { name } => Message::new(format!("`{name}` is not the name of a service"))
                .advise("use its name in the AWS CLI, such as s3, ec2 or cloudformation"),
            UsageError::PrintEnvWithCommand => Message::new("--print-env cannot be used with a command")
                .advise("the command gets its variables anyway; omit one of the two"),
            UsageError::NoCommand => {
                Message::new("no command to run").advise("write it after --, as in: mfa-env each 'prod-*' -- aws s3 ls")
            }
            UsageError::NotForEach { option, reason } => {
                Message::new(format!("{option} cannot be used for several profiles")).advise(*reason)
            }
            UsageError::CodeForDevices { count } => {
                Message::new(format!("--code has the code of one MFA device, but the profiles have {count}"))
                    .advise("omit --code to be prompted for each, or select profiles of one device")
            }
            UsageError::NotAnAccount { typed } => {
                Message::new(format!("`{}` is not an AWS account ID, which has 12 digits", shown_value(typed)))
                    .advise("use the digits alone, as in: --account 123456789012")
            }
            UsageError::ProfileMissing => Message::new("no profile named")
                .advise("name it, because the variables of the calling program may mean another one"),
            UsageError::NotQuotable { word, character } => Message::new(format!(
                "`{word}` cannot be part of a credential_process line, because programs read `{character}` differently"
            ))
            .advise("rename it, or use a link with a plain name"),
            UsageError::NameInUse { name } => {
                Message::new(format!("profile {name} is the default profile or a part of this sign-in"))
                    .advise("choose another name with --as NAME")
            }
            UsageError::NameNotWritable { name } => {
                Message::new(format!("not every program can read a section with the name {name}"))
                    .advise("choose another name with --as NAME, best of letters, digits and -")
            }
            UsageError::NotInGithubActions => {
                Message::new("GITHUB_ENV is not set, so this is not a step of GitHub Actions")
                    .advise("use another format, or set GITHUB_ENV to the file that the variables are to be added to")
            }
            UsageError::AllInFormat => Message::new("this format holds one session, so it cannot be used with --all")
                .advise("use --format json, or name one profile without --all"),
            UsageError::NotInEnvFile { name } => Message::new(format!(
                "the value of {name} cannot be written to an .env file that every tool reads alike"
            ))
            .advise("run the tool with mfa-env exec instead"),
            UsageError::NotAProgramName { name } => {
                Message::new(format!("`{}` is not the name of a program", shown_value(name)))
                    .advise("a name has letters, digits and . _ + -; paths are not needed")
            }
            UsageError::NotAShim { path } => {
                Message::new(format!("{} exists, and mfa-env did not write it", printable_path(path)))
                    .advise("choose another directory, or move that file away")
            }
            UsageError::ProfileExists { name, origin } => {
                Message::new(format!("profile {name} already exists ({origin})"))
                    .advise("choose another name with --as NAME")
            }
            UsageError::MinTtlTooLong { min_ttl, duration } => Message::new(format!(
                "--min-ttl asks for {}, but the session lasts only {}",
                HumanDuration((*min_ttl).into()),
                HumanDuration((*duration).into())
            ))
            .advise("use a shorter --min-ttl, or a longer --duration"),
        }
    }
}

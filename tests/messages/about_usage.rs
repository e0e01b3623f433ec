//! The command line or a variable is wrong.

use crate::support::messages::{Case, case, config};
use mfa_env::error::UsageError;
use std::path::PathBuf;

pub fn cases() -> Vec<Case> {
    let text = str::to_owned;
    let known = || "bash, zsh, fish, powershell, sh".to_owned();
    vec![
        case(
            "an option that does not exist",
            UsageError::Arguments("unexpected argument '--foo' found\n\nUsage: mfa-env PROFILE".to_owned()),
        ),
        case("`help` for something unknown", UsageError::UnknownHelpTopic { about: text("quux"), similar: vec![] }),
        case(
            "`help` for a misspelt topic",
            UsageError::UnknownHelpTopic { about: text("shels"), similar: vec![text("shells")] },
        ),
        case("a word that a later version may have", UsageError::NotAvailable { command: text("agent") }),
        case("`--shell` with an unknown shell", UsageError::UnknownShell { name: text("tcsh"), known: known() }),
        case("`init --name`", UsageError::FunctionName { name: text("my mfa") }),
        case("called by an unsupported shell", UsageError::UnsupportedShell { name: text("tcsh"), known: known() }),
        case(
            "statements on a terminal",
            UsageError::StdoutIsTerminal {
                eval_line: text("eval \"$(mfa-env prod)\""),
                init_line: text("eval \"$(mfa-env init bash)\""),
            },
        ),
        case("a code of five digits", UsageError::NotACode { typed: text("12345") }),
        case(
            "two words that are no code",
            UsageError::TwoProfiles { first: text("prod"), second: text("dev"), meaning: None },
        ),
        case(
            "the command of another tool",
            UsageError::TwoProfiles {
                first: text("login"),
                second: text("prod"),
                meaning: Some(text("to sign in, omit `login`: aws-mfa prod")),
            },
        ),
        case("a profile of three digits", UsageError::ProfileOrCode { profile: text("123") }),
        case("a code twice", UsageError::TwoCodes),
        case(
            "renewal with unknown options",
            UsageError::OptionsUnknown {
                profile: Some(text("prod")),
                reason: "it has an option that this version does not know",
            },
        ),
        case(
            "renewal with unknown options, of an unknown profile",
            UsageError::OptionsUnknown { profile: None, reason: "it has an option that this version does not know" },
        ),
        case("a variable that is not UTF-8", UsageError::VariableNotUtf8 { name: "AWS_PROFILE" }),
        case(
            "a dash from a web page",
            UsageError::NotADash { typed: text("–region"), character: '–', meant: text("--region") },
        ),
        case(
            "an option of another tool",
            UsageError::OtherToolsOptions { options: vec![("--long-term-profile", "--profile")] },
        ),
        case(
            "two options of other tools",
            UsageError::OtherToolsOptions { options: vec![("--mfa-token", "--code"), ("--assume-role", "--role-arn")] },
        ),
        case("true or false", UsageError::NotABoolean { name: "AWS_USE_FIPS_ENDPOINT", value: text("maybe") }),
        case("an option for a role", UsageError::NoRole { option: "--external-id", profile: text("main") }),
        case("`--no-session` for a role", UsageError::RoleWithoutSession { profile: text("prod"), origin: config(4) }),
        case(
            "`--duration` over an hour",
            UsageError::ChainedDuration { seconds: 7200, reason: "the role is assumed from another role" },
        ),
        case("`console --service`", UsageError::NotAService { name: text("S 3") }),
        case("`serve --print-env` with a command", UsageError::PrintEnvWithCommand),
        case("`each` without a command", UsageError::NoCommand),
        case(
            "an option that `each` cannot have",
            UsageError::NotForEach { option: "--role-arn", reason: "set role_arn in the profiles" },
        ),
        case("`each --code` with two devices", UsageError::CodeForDevices { count: 2 }),
        case("`--account`", UsageError::NotAnAccount { typed: text("1234") }),
        case("`credential-process` without a profile", UsageError::ProfileMissing),
        case(
            "a path that cannot be quoted",
            UsageError::NotQuotable { word: text("/opt/a\"b/mfa-env"), character: '"' },
        ),
        case("`save` to a name in use", UsageError::NameInUse { name: text("main") }),
        case("`save` to a name with a bracket", UsageError::NameNotWritable { name: text("a]b") }),
        case("`--format github-env` elsewhere", UsageError::NotInGithubActions),
        case("`--all` with a format", UsageError::AllInFormat),
        case("`--format env-file`", UsageError::NotInEnvFile { name: text("AWS_REGION") }),
        case("`shim` of a path", UsageError::NotAProgramName { name: text("bin/terraform") }),
        case(
            "`shim --install` over a file of the user",
            UsageError::NotAShim { path: PathBuf::from("/home/alice/bin/terraform") },
        ),
        case("`--print-config` of a profile", UsageError::ProfileExists { name: text("tf"), origin: config(9) }),
        case("`enroll --device-name`", UsageError::DeviceName { typed: text("älice") }),
        case("`enroll --otpauth` to a terminal", UsageError::SeedNotToPipe { is_terminal: true }),
        case("`enroll --otpauth` to a file", UsageError::SeedNotToPipe { is_terminal: false }),
        case("`enroll` with redirected stdout", UsageError::StdoutNotTerminal),
        case("`device` with two words", UsageError::NotADeviceAction { typed: text("sync"), profile: text("main") }),
        case("`device --device-name`", UsageError::OnlyForReplace),
        case("`--min-ttl` over the duration", UsageError::MinTtlTooLong { min_ttl: 7200, duration: 3600 }),
    ]
}

//! The parts of the command line that commands share: the program itself, the options of every command that signs in,
//! and how to look at arguments before clap parses them. Arguments of a single command are in its own file. Nothing
//! runs here, and no file is opened.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::ffi::{OsStr, OsString};

/// What the program is for, in one line.
pub const ABOUT: &str = "Sign in to AWS with one MFA code a day";

const EXAMPLES: &str = "\
Examples:
  aws-mfa prod                       sign in; prompts if a code is needed
  aws-mfa                            sign in again to this shell's profile
  aws-mfa unset                      clear the session, restore what it replaced
  mfa-env exec prod terraform plan   run a command in a session

aws-mfa is a function of your shell (mfa-env help init). Without it, type:
  eval \"$(mfa-env prod)\"                            bash, zsh, sh
  mfa-env prod | source                             fish
  mfa-env prod | Out-String | Invoke-Expression     PowerShell";

/// Options of every command that signs in, as typed. Switches are `Option`s, because clap parses the default value of
/// every `bool`: for seven of them, that is 1 % of a cached sign-in.
#[derive(Args, Clone, Debug, Default)]
pub struct SignInArgs {
    /// Profile, even if its name is also a command or a code
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    pub profile: Option<String>,
    /// MFA code; `-` reads it from one line of stdin
    #[arg(short, long = "code", value_name = "CODE", id = "code_flag", allow_hyphen_values = true)]
    pub code: Option<String>,
    /// Duration of the session, 15m to 12h, or in seconds
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    pub duration: Option<String>,
    /// Region for the calls to AWS and for the session
    #[arg(short, long, value_name = "REGION")]
    pub region: Option<String>,
    /// MFA device to use instead of the profile's mfa_serial
    #[arg(long, value_name = "ARN|SERIAL")]
    pub mfa_serial: Option<String>,
    /// Role to assume, instead of the profile's role_arn if it has one
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Name of the role session, as shown in CloudTrail
    #[arg(long, value_name = "NAME")]
    pub role_session_name: Option<String>,
    /// External ID that the role's trust policy requires
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Minimum time left for a cached session to be used [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub min_ttl: Option<String>,
    /// Maximum age of the MFA code behind a cached session
    #[arg(long, value_name = "TIME")]
    pub mfa_max_age: Option<String>,
    /// Get new sessions, including the MFA session
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub renew: Option<bool>,
    /// Do not read or write the cache
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub no_cache: Option<bool>,
    /// Do not check the keys with GetCallerIdentity while the prompt waits
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub no_preflight: Option<bool>,
    /// Prompt for the code even if the profile has an mfa_process
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub no_mfa_process: Option<bool>,
    /// Ask nothing, wait for nobody; exit with 5 if a code is needed
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub no_input: Option<bool>,
    /// Show only errors
    #[arg(short, long, num_args = 0, default_missing_value = "true")]
    pub quiet: Option<bool>,
    /// Whether `--no-session` is set.
    #[command(flatten)]
    pub no_session: NoSession,
}

/// The option `--no-session`. It is not among the arguments that are built for every run, of which each takes 1 % of a
/// cached sign-in: [`NoSession::add`] adds it where somebody has typed it, and for help and completion.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSession(pub bool);

impl NoSession {
    /// Its name for clap.
    pub const ID: &str = "no-session";
    /// Options that shape a session.
    const OF_SESSIONS: [&str; 8] =
        ["duration", "mfa_serial", "role_arn", "role_session_name", "external_id", "min_ttl", "mfa_max_age", "renew"];

    /// Whether it is among the arguments before `--`.
    pub fn is_typed(arguments: &[OsString]) -> bool {
        arguments.iter().take_while(|word| *word != "--").any(|word| word == "--no-session")
    }

    /// Adds it to a command.
    pub fn add(command: Command) -> Command {
        let help = "Use the profile's keys as they are, without a session";
        let option = Arg::new(NoSession::ID).long(NoSession::ID).action(ArgAction::SetTrue).help(help);
        command.arg(option.conflicts_with_all(NoSession::OF_SESSIONS))
    }
}

impl FromArgMatches for NoSession {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(NoSession(matches.try_get_one(NoSession::ID).ok().flatten().copied().unwrap_or_default()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = NoSession::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for NoSession {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// The positional arguments of a sign-in: the profile and the code, in either order.
#[derive(Args, Debug, Default)]
pub struct ProfileAndCode {
    /// Profile in the AWS files [default: AWS_PROFILE, this shell's profile, AWS_DEFAULT_PROFILE or default]
    #[arg(value_name = "PROFILE")]
    pub first: Option<String>,
    /// MFA code, six digits; mfa-env prompts for it when needed
    #[arg(value_name = "CODE")]
    pub second: Option<String>,
}

/// The program without its commands and their arguments.
pub fn root() -> Command {
    Command::new("mfa-env").version(env!("CARGO_PKG_VERSION")).after_help(EXAMPLES).disable_help_subcommand(true)
}

/// Whether an option has a value, so that the next word may belong to it.
pub fn takes_value(option: &clap::Arg) -> bool {
    option.get_action().takes_values() && option.get_num_args().is_none_or(|count| count.takes_values())
}

/// Whether the arguments before `--` ask for help.
pub fn asks_for_help(arguments: &[OsString]) -> bool {
    let is_help = |word: &OsString| ["-h", "--help"].iter().any(|option| word == option);
    arguments.iter().take_while(|word| *word != "--").any(is_help)
}

/// How many arguments follow `--`. No option has a use for `--` as its value, so the first one is the separator.
pub fn count_after_dashes(arguments: &[OsString]) -> usize {
    arguments.iter().position(|word| word == "--").map_or(0, |at| arguments.len() - at - 1)
}

/// Whether an option is among the arguments before `--`, in any of its spellings.
pub fn has_option(arguments: &[OsString], long: &str, short: &str) -> bool {
    option(arguments, long, short).is_some()
}

/// The last value of an option before `--`, in any of its spellings: `--long VALUE`, `--long=VALUE`, `-s VALUE`,
/// `-sVALUE`. Used before clap has parsed the arguments, or if it cannot parse them.
pub fn option<'a>(arguments: &'a [OsString], long: &str, short: &str) -> Option<&'a OsStr> {
    let mut before_dashes = arguments.iter().take_while(|w| *w != "--").peekable();
    let mut found = None;
    while let Some(word) = before_dashes.next() {
        if word == long || (!short.is_empty() && word == short) {
            found = Some(before_dashes.peek().map_or(OsStr::new(""), |w| w.as_os_str()));
        } else if let Some(text) = word.to_str() {
            let joined = text.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
            let short_joined =
                (!short.is_empty() && !text.starts_with("--")).then(|| text.strip_prefix(short)).flatten();
            if let Some(value) = joined.or_else(|| short_joined.map(|v| v.strip_prefix('=').unwrap_or(v))) {
                found = Some(OsStr::new(value));
            }
        }
    }
    found
}

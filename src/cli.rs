//! What can be typed, as far as several commands share it: the program itself, and the options of everything that signs
//! in. The arguments of a single command are in its own file. Nothing runs here and no file is opened.

use clap::{Args, Command};
use std::ffi::{OsStr, OsString};

/// What the program is for, in one line.
pub const ABOUT: &str = "Sign in to AWS with one MFA code a day";

const EXAMPLES: &str = "\
Examples:
  eval \"$(mfa-env prod)\"                            sign in, in bash, zsh or sh; asks for the code if it is needed
  mfa-env prod | source                             the same in fish
  mfa-env prod | Out-String | Invoke-Expression     the same in PowerShell
  eval \"$(mfa-env unset)\"                           clear the session and restore what it displaced
  mfa-env explain prod                              which STS calls will be made, and why
  mfa-env list, mfa-env status, mfa-env logout      profiles, this shell's session, remove cached sessions
  eval \"$(mfa-env init bash)\"                       in ~/.bashrc: define the function aws-mfa

With the function:
  aws-mfa prod      aws-mfa prod 123456      aws-mfa 123456      aws-mfa unset";

/// Options of every command that signs in.
#[derive(Args, Debug, Default)]
pub struct SignInArgs {
    /// Profile, even if its name is a command or six digits
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    pub profile: Option<String>,
    /// MFA code; `-` reads one line of stdin
    #[arg(short, long = "code", value_name = "CODE", id = "code_flag", allow_hyphen_values = true)]
    pub code: Option<String>,
    /// Duration of the session: seconds, 45m or 12h; 900 to 43200 s
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    pub duration: Option<String>,
    /// Region to call and to export
    #[arg(short, long, value_name = "REGION")]
    pub region: Option<String>,
    /// MFA device, instead of the profile's mfa_serial
    #[arg(long, value_name = "ARN|SERIAL")]
    pub mfa_serial: Option<String>,
    /// Role to assume, instead of the profile's role_arn or on top of its keys
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Name of the role session, as CloudTrail shows it
    #[arg(long, value_name = "NAME")]
    pub role_session_name: Option<String>,
    /// External ID that the role's trust policy requires
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Reuse a cached session only if it has at least this much time left [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub min_ttl: Option<String>,
    /// Get new sessions, including the MFA session
    #[arg(long)]
    pub renew: bool,
    /// Neither read nor write cached sessions and locks
    #[arg(long)]
    pub no_cache: bool,
    /// Do not call GetCallerIdentity while the code is typed
    #[arg(long)]
    pub no_preflight: bool,
    /// Ask for the code even if the profile has an mfa_process that prints it
    #[arg(long)]
    pub no_mfa_process: bool,
    /// Show errors only
    #[arg(short, long)]
    pub quiet: bool,
}

/// The program without its commands.
pub fn root() -> Command {
    Command::new("mfa-env").version(env!("CARGO_PKG_VERSION")).after_help(EXAMPLES).disable_help_subcommand(true)
}

/// Whether help is asked for, before `--`.
pub fn asks_for_help(arguments: &[OsString]) -> bool {
    let is_help = |word: &OsString| ["-h", "--help"].iter().any(|asked| word == asked);
    arguments.iter().take_while(|word| *word != "--").any(is_help)
}

/// How many arguments follow `--`. No option takes `--` as its value and makes sense.
pub fn count_after_dashes(arguments: &[OsString]) -> usize {
    arguments.iter().position(|word| word == "--").map_or(0, |at| arguments.len() - at - 1)
}

/// Whether an option is among the arguments, in any of its spellings, before `--`.
pub fn has_option(arguments: &[OsString], long: &str, short: &str) -> bool {
    option(arguments, long, short).is_some()
}

/// The last value of an option, in any of its spellings, before `--`. For what must be known before clap has read the
/// arguments.
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

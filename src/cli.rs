//! What can be typed. Nothing runs and no file is opened here.

use crate::error::UsageError;
use crate::shell::Shell;
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use std::ffi::{OsStr, OsString};

/// One command with its arguments, as typed.
#[derive(Debug)]
pub enum Typed {
    Export(Box<ExportArgs>),
    Unset(UnsetArgs),
    Explain(Box<ExplainArgs>),
    List(ListArgs),
    Status(StatusArgs),
    Logout(LogoutArgs),
    Init(InitArgs),
    Complete(CompleteArgs),
}

/// Commands that DESIGN reserves and this version does not have: as a first word they are no profile.
pub const RESERVED: [&str; 11] = [
    "exec",
    "credential-process",
    "save",
    "console",
    "serve",
    "shim",
    "totp",
    "enroll",
    "rotate",
    "doctor",
    "completion",
];

/// Commands of this version that a person types.
pub const COMMANDS: [&str; 8] = ["export", "unset", "explain", "list", "status", "logout", "init", "help"];

const ABOUT: &str = "One MFA code a day: AWS sessions for the shell you are in, as statements it evaluates";

const EXAMPLES: &str = "\
Examples:
  eval \"$(mfa-env prod)\"                            bash, zsh, sh: sign in, asking for the code
  mfa-env prod | source                             fish
  mfa-env prod | Out-String | Invoke-Expression     PowerShell
  eval \"$(mfa-env unset)\"                           back to what was there before
  mfa-env explain prod                              which calls will be made, and why
  mfa-env list, mfa-env status, mfa-env logout      profiles, this shell's session, forget sessions
  eval \"$(mfa-env init bash)\"                       in ~/.bashrc: the function aws-mfa

With the function:
  aws-mfa prod      aws-mfa prod 123456      aws-mfa 123456      aws-mfa unset";

const EXPLAIN: &str = "\
Examples:
  mfa-env explain prod                   the calls, their parameters, and where each value comes from
  mfa-env explain prod -d 4h             what a longer session would take
  mfa-env explain prod --json            the same for programs";

const LIST: &str = "\
Examples:
  mfa-env list                           profiles, and what is left of their sessions
  mfa-env list --json                    the same for programs, with what is wrong with a broken one";

const STATUS: &str = "\
Examples:
  mfa-env status                         profile, account, until when
  mfa-env status --quiet || aws-mfa      sign in unless this shell is
  mfa-env status --json                  the same for programs";

const LOGOUT: &str = "\
Examples:
  mfa-env logout                         the sessions of this shell's profile
  mfa-env logout prod                    those of prod
  mfa-env logout --all                   all of them, so that the next sign-in asks for a code

A shell that is signed in stays so: `aws-mfa unset`, or eval \"$(mfa-env unset)\".";

/// Sign in: what every command takes that makes a session.
#[derive(Args, Debug, Default)]
pub struct SignInArgs {
    /// The profile; also reaches names that are commands or six digits
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    pub profile: Option<String>,
    /// The MFA code; `-` reads one line of stdin
    #[arg(short, long = "code", value_name = "CODE", id = "code_flag", allow_hyphen_values = true)]
    pub code: Option<String>,
    /// How long the session lasts: seconds, 45m or 12h; 900 to 43200 s
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    pub duration: Option<String>,
    /// Region to call and to export
    #[arg(short, long, value_name = "REGION")]
    pub region: Option<String>,
    /// The MFA device, instead of the profile's mfa_serial
    #[arg(long, value_name = "ARN|SERIAL")]
    pub mfa_serial: Option<String>,
    /// The role to assume, instead of the profile's role_arn or on top of its keys
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// The name of the role session, as CloudTrail shows it
    #[arg(long, value_name = "NAME")]
    pub role_session_name: Option<String>,
    /// What the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Reuse a kept session only if this much of it is left [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub min_ttl: Option<String>,
    /// New sessions, the MFA session included
    #[arg(long)]
    pub renew: bool,
    /// Neither read nor write kept sessions and locks
    #[arg(long)]
    pub no_cache: bool,
    /// Do not call GetCallerIdentity while the code is typed
    #[arg(long)]
    pub no_preflight: bool,
    /// Ask for the code even where the profile has an mfa_process that prints it
    #[arg(long)]
    pub no_mfa_process: bool,
    /// No summary and no warnings; errors are still said
    #[arg(short, long)]
    pub quiet: bool,
}

/// Sign in and print the statements.
#[derive(Args, Debug, Default)]
pub struct ExportArgs {
    /// Profile of the AWS files [default: AWS_PROFILE, else this shell's session's, else default]
    #[arg(value_name = "PROFILE")]
    pub first: Option<String>,
    /// The six digits of the authenticator app; asked for on the terminal if needed
    #[arg(value_name = "CODE")]
    pub second: Option<String>,
    #[command(flatten)]
    pub sign_in: SignInArgs,
    /// The shell that evaluates: bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)
    #[arg(short, long, value_name = "SHELL")]
    pub shell: Option<String>,
    /// What is printed [default: statements]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Print the statements even to a terminal
    #[arg(long)]
    pub show: bool,
}

impl ExportArgs {
    /// A first word behind `--` is a profile whatever it looks like, as after `--profile`.
    fn naming(mut self, behind_dashes: usize) -> Self {
        let words = usize::from(self.first.is_some()) + usize::from(self.second.is_some());
        if words > 0 && words == behind_dashes && self.sign_in.profile.is_none() {
            self.sign_in.profile = self.first.take();
            self.first = self.second.take();
        }
        self
    }
}

/// How a session is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Statements for the shell
    #[default]
    Statements,
    /// One JSON object of the variables; null is to be unset
    Json,
    /// NAME=value lines, for tools that read .env files
    EnvFile,
}

/// Print the statements that clear the session and put back what it displaced.
#[derive(Args, Debug)]
pub struct UnsetArgs {
    /// The shell that evaluates: bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)
    #[arg(short, long, value_name = "SHELL")]
    pub shell: Option<String>,
    /// Print the statements even to a terminal
    #[arg(long)]
    pub show: bool,
    /// No warnings
    #[arg(short, long)]
    pub quiet: bool,
}

/// Say what a sign-in would do, without the network.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Profile of the AWS files [default: as in `export`]
    #[arg(value_name = "PROFILE")]
    pub first: Option<String>,
    #[command(flatten)]
    pub sign_in: SignInArgs,
    /// One JSON object; its fields are described in the README
    #[arg(long)]
    pub json: bool,
}

/// List the profiles of the AWS files.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// One JSON object; its fields are described in the README
    #[arg(long)]
    pub json: bool,
}

/// Say who this shell is signed in as, and for how long; status 1 if it is not.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// One JSON object; its fields are described in the README
    #[arg(long)]
    pub json: bool,
    /// Print nothing; the status says it
    #[arg(short, long)]
    pub quiet: bool,
}

/// Forget kept sessions; the environment of shells stays as it is.
#[derive(Args, Debug)]
pub struct LogoutArgs {
    /// Profile whose sessions are forgotten: a role's own, or everything made with a profile's keys [default: this shell's]
    #[arg(value_name = "PROFILE", conflicts_with = "all")]
    pub profile: Option<String>,
    /// The profile; also reaches names that are commands or six digits
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag", conflicts_with_all = ["profile", "all"])]
    pub profile_flag: Option<String>,
    /// Forget every session
    #[arg(long)]
    pub all: bool,
    /// No summary and no warnings
    #[arg(short, long)]
    pub quiet: bool,
}

/// Print the function aws-mfa, with completion, for the shell's startup file.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)
    #[arg(value_name = "SHELL")]
    pub shell: String,
}

/// Words that fit where the cursor is, one a line; called by the completion of `init`.
#[derive(Args, Debug)]
pub struct CompleteArgs {
    /// The index of the word at the cursor; 0 is the command itself
    pub index: usize,
    /// The command line
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    pub words: Vec<String>,
}

/// The whole command line as clap knows it: for help, and for mistakes.
pub fn command() -> Command {
    let whole = COMMANDS.into_iter().filter(|name| *name != "help").chain(["__complete"]).filter_map(subcommand);
    // A profile may follow; a command may not follow a profile.
    ExportArgs::augment_args(root()).about(ABOUT).args_conflicts_with_subcommands(true).subcommands(whole)
}

/// As much of it as this command line needs: building what nobody asks for is a good part of a run that finds its session kept.
/// `mfa-env …` without a command is `mfa-env export …`.
fn command_for(words: &[OsString]) -> Command {
    let first = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    let is_about_us = |word: &&OsString| ["-h", "--help", "-V", "--version"].iter().any(|asked| word == asked);
    if first == "help" || words.iter().take_while(|word| *word != "--").any(|word| is_about_us(&word)) {
        return command();
    }
    match subcommand(first) {
        Some(command) => root().subcommand(command),
        None => ExportArgs::augment_args(root()).about(ABOUT),
    }
}

fn root() -> Command {
    Command::new("mfa-env").version(env!("CARGO_PKG_VERSION")).about(ABOUT).after_help(EXAMPLES)
}

/// A command of this version; its arguments are built when it is chosen.
fn subcommand(name: &str) -> Option<Command> {
    let about = |name, text| Command::new(name).about(text);
    Some(match name {
        "export" => about("export", "Sign in and print the statements (the default)").defer(ExportArgs::augment_args),
        "unset" => about("unset", "Print the statements that clear the session").defer(UnsetArgs::augment_args),
        "explain" => about("explain", "Say what a sign-in would do and why")
            .defer(|c| ExplainArgs::augment_args(c).after_help(EXPLAIN)),
        "list" => about("list", "List the profiles and what is left of their sessions")
            .defer(|c| ListArgs::augment_args(c).after_help(LIST)),
        "status" => about("status", "Say who this shell is signed in as")
            .defer(|c| StatusArgs::augment_args(c).after_help(STATUS)),
        "logout" => about("logout", "Forget kept sessions").defer(|c| LogoutArgs::augment_args(c).after_help(LOGOUT)),
        "init" => {
            about("init", "Print the function aws-mfa for the shell's startup file").defer(InitArgs::augment_args)
        }
        "__complete" => about("__complete", "").hide(true).defer(CompleteArgs::augment_args),
        _ => return None,
    })
}

/// Parses a command line, the program's name first.
///
/// # Errors
/// clap's: a mistake, or a request for help or the version. A reserved command is a mistake too.
pub fn parse(argv: Vec<OsString>) -> Result<Result<Typed, UsageError>, clap::Error> {
    if let Some(reserved) = argv.get(1).and_then(|word| RESERVED.into_iter().find(|r| word == r)) {
        return Ok(Err(UsageError::NotBuilt { command: reserved.to_owned() }));
    }
    // Words behind `--`; none of our options takes `--` for its value and makes sense.
    let behind_dashes = argv.iter().position(|word| word == "--").map_or(0, |at| argv.len() - at - 1);
    let mut command = command_for(argv.get(1..).unwrap_or_default());
    let matches = command.try_get_matches_from_mut(argv)?;
    let typed = typed(&matches, behind_dashes)?;
    // The process ends before anybody needs this memory again; taking it apart costs as much as a tenth of the whole run.
    std::mem::forget((command, matches));
    Ok(Ok(typed))
}

fn typed(matches: &ArgMatches, behind_dashes: usize) -> Result<Typed, clap::Error> {
    let export = |m| ExportArgs::from_arg_matches(m).map(|args| Typed::Export(Box::new(args.naming(behind_dashes))));
    Ok(match matches.subcommand() {
        Some(("unset", m)) => Typed::Unset(UnsetArgs::from_arg_matches(m)?),
        Some(("explain", m)) => Typed::Explain(Box::new(ExplainArgs::from_arg_matches(m)?)),
        Some(("list", m)) => Typed::List(ListArgs::from_arg_matches(m)?),
        Some(("status", m)) => Typed::Status(StatusArgs::from_arg_matches(m)?),
        Some(("logout", m)) => Typed::Logout(LogoutArgs::from_arg_matches(m)?),
        Some(("init", m)) => Typed::Init(InitArgs::from_arg_matches(m)?),
        Some(("__complete", m)) => Typed::Complete(CompleteArgs::from_arg_matches(m)?),
        Some((_, m)) => export(m)?,
        None => export(matches)?,
    })
}

/// Who reads stdout, told from the raw command line: a mistake in it must fail the evaluation as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// A shell that evaluates; which one is only known if `--shell` says so.
    Shell(Option<Shell>),
    /// A person or a program: on failure nothing is printed.
    Other,
}

impl Evaluator {
    /// Scans the words after the program's name.
    pub fn of(words: &[OsString]) -> Self {
        let first = words.first().and_then(|w| w.to_str()).unwrap_or_default();
        let is_plain = first == "__complete" || COMMANDS.contains(&first) && !matches!(first, "export" | "unset");
        if is_plain || RESERVED.contains(&first) && !has_option(words, "--shell", "-s") {
            return Evaluator::Other;
        }
        if option(words, "--format", "").is_some_and(|f| f == "json" || f == "env-file") {
            return Evaluator::Other;
        }
        Evaluator::Shell(option(words, "--shell", "-s").and_then(|name| Shell::named(name.to_str()?)))
    }
}

/// Whether an option stands on the command line, in any of its spellings, before `--`.
pub fn has_option(words: &[OsString], long: &str, short: &str) -> bool {
    option(words, long, short).is_some()
}

fn option<'a>(words: &'a [OsString], long: &str, short: &str) -> Option<&'a OsStr> {
    let mut before_dashes = words.iter().take_while(|w| *w != "--").peekable();
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

//! How help is laid out: examples first, and the options in groups. `-h` fits one screen: it shows the options that
//! people type every day, and the names of the commands.

use crate::cli::NoSession;
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;
use terminal_size::terminal_size_of;
use textwrap::Options;

/// On a wider terminal, lines would be hard to read.
const WIDEST: usize = 100;
/// The indent of an explanation that has no room beside its example.
const BELOW_EXAMPLE: &str = "        ";
/// The narrowest column for an explanation.
const NARROWEST: usize = 20;

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// One screen (`-h`).
    Brief,
    /// Everything (`--help`).
    Full,
}

impl Detail {
    /// What the arguments ask for.
    pub(super) fn asked_for(arguments: &[OsString]) -> Self {
        match arguments.iter().take_while(|word| *word != "--").find(|word| *word == "-h" || *word == "--help") {
            Some(word) if word == "-h" => Detail::Brief,
            _ => Detail::Full,
        }
    }
}

/// What a group of options is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    SignIn,
    Role,
    Mfa,
    Cache,
    Output,
}

impl Group {
    fn heading(self) -> &'static str {
        match self {
            Group::SignIn => "Sign-in",
            Group::Role => "Role",
            Group::Mfa => "MFA",
            Group::Cache => "Cache",
            Group::Output => "Output",
        }
    }
}

/// The group of an option that commands share, and whether people type it every day.
fn shared_option(id: &str) -> Option<(Group, bool)> {
    Some(match id {
        "profile_flag" | "code_flag" | "duration" | "region" | "no_input" => (Group::SignIn, true),
        "no_preflight" | NoSession::ID => (Group::SignIn, false),
        "role_arn" => (Group::Role, true),
        "role_session_name" | "external_id" => (Group::Role, false),
        "mfa_serial" | "mfa_max_age" | "no_mfa_process" => (Group::Mfa, false),
        "renew" => (Group::Cache, true),
        "min_ttl" | "no_cache" => (Group::Cache, false),
        "quiet" | "shell" | "format" | "json" | "show" => (Group::Output, true),
        _ => return None,
    })
}

/// The commands in the summary of the program, by what people use them for.
const COMMANDS_BY_PURPOSE: [(&str, &str); 5] = [
    ("this shell", "export (the default command), unset, status, console"),
    ("other programs", "exec, each, shim, credential-process, view, serve, save"),
    ("what and why", "list, explain, why, doctor, help"),
    ("cache", "logout"),
    ("set up", "setup, init, device, enroll, rotate, policy"),
];

/// The program as it shows its help.
pub(super) fn laid_out(program: Command, detail: Detail) -> Command {
    let template = match detail {
        Detail::Full => template_of(&program, detail),
        Detail::Brief => {
            let commands = COMMANDS_BY_PURPOSE.map(|(purpose, names)| format!("  {purpose:<14}  {names}\n")).concat();
            format!(
                "{{about}}{{after-help}}\n\n{{usage-heading}} {{usage}}\n\nCommands:\n{commands}\n\
                 More: mfa-env --help, mfa-env COMMAND -h, mfa-env help TOPIC"
            )
        }
    };
    command(program.help_template(template), detail).mut_subcommands(|each| {
        let template = template_of(&each, detail);
        command(each.help_template(template), detail)
    })
}

fn template_of(command: &Command, detail: Detail) -> String {
    let all = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";
    let is_shortened = command.get_arguments().any(is_rare);
    match detail {
        Detail::Brief if is_shortened => format!("{all}\n\nAll options: mfa-env {} --help", command.get_name()),
        _ => all.to_owned(),
    }
}

fn command(command: Command, detail: Detail) -> Command {
    // In a pipe, no line is wrapped. For a shell that evaluates stdout, help goes to stderr.
    let terminal = terminal_size_of(std::io::stdout()).or_else(|| terminal_size_of(std::io::stderr()));
    let columns = terminal.map(|(columns, _)| usize::from(columns.0).min(WIDEST));
    let examples = command.get_after_help().map(ToString::to_string);
    let command = match (columns, examples) {
        (Some(columns), Some(text)) => command.term_width(columns).after_help(fitted(&text, columns)),
        (Some(columns), None) => command.term_width(columns),
        (None, _) => command.term_width(0),
    };
    // The short layout for both: the long one takes three lines for an option.
    let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).hide(detail == Detail::Brief);
    let help = help.help("Print help; -h is shorter");
    command.disable_help_flag(true).arg(help).mut_args(|argument| match detail {
        Detail::Brief if is_rare(&argument) => argument.hide(true),
        Detail::Brief => argument,
        Detail::Full => match shared_option(argument.get_id().as_str()).filter(|_| !argument.is_positional()) {
            Some((group, _)) => argument.help_heading(group.heading()),
            None => argument,
        },
    })
}

fn is_rare(argument: &Arg) -> bool {
    shared_option(argument.get_id().as_str()).is_some_and(|(_, is_daily)| !is_daily)
}

/// Wraps the explanations of examples that do not fit, in their column or below the example.
fn fitted(text: &str, columns: usize) -> String {
    let lines = text.lines().flat_map(|line| {
        let example = line.strip_prefix("  ").and_then(|rest| rest.split_once("  "));
        let Some((example, explanation)) = example.filter(|_| line.chars().count() > columns) else {
            return vec![line.to_owned()];
        };
        let explanation = explanation.trim_start();
        let start = line.chars().count() - explanation.chars().count();
        let (first, indent) = if columns.saturating_sub(start) >= NARROWEST {
            (line[..line.len() - explanation.len()].to_owned(), " ".repeat(start))
        } else {
            (format!("  {example}\n{BELOW_EXAMPLE}"), BELOW_EXAMPLE.to_owned())
        };
        let options = Options::new(columns.saturating_sub(indent.len()).max(1));
        let wrapped = textwrap::wrap(explanation, options).join(&format!("\n{indent}"));
        vec![format!("{first}{wrapped}")]
    });
    lines.collect::<Vec<_>>().join("\n")
}

//! The commands, one thin file each; their table; and the dispatch from the arguments to a command.

mod command_line;
mod complete;
mod console;
mod credential_process;
mod device;
mod doctor;
mod duration;
mod each;
mod enroll;
mod evaluator;
mod exec;
mod explain;
mod export;
mod foreign_words;
mod formats;
mod help;
mod help_layout;
mod init;
mod json_line;
mod list;
mod logout;
mod outcome;
mod pattern;
mod policy;
mod program;
mod request;
mod rotate;
mod save;
mod serve;
mod setup;
mod shim;
mod startup;
mod status;
mod summary;
mod table;
mod unset;
mod view;
mod why;

pub use doctor::{DoctorAdvice, Removal};
pub use evaluator::Evaluator;
pub use outcome::Outcome;
pub use table::{Command, Output};

use crate::cli::{self, NoSession};
use crate::context::Context;
use crate::error::{Error, Result, UsageError};
use crate::function_name::{FUNCTION_VARIABLE, FunctionName, set_function_name};
use crate::platform;
use crate::printable::set_home;
use crate::shell::{self, Shell};
use clap::Args;
use help_layout::Detail;
use std::ffi::{OsStr, OsString};
use table::{CommandStart, arguments};
use zeroize::Zeroizing;

/// The commands, in the order in which help lists them. The first one is the default. The names of planned
/// commands are reserved: as the first word, they are never a profile.
pub static COMMANDS: [Command; 28] = {
    use CommandStart::{AfterDashes, AfterProfile};
    use Output::{Evaluated, Printed};
    [
        Command::new(
            "export",
            "Sign in and print the session for your shell (the default command)",
            Evaluated,
            |c| export::ExportArgs::augment_args(c).after_help(export::EXAMPLES),
            |m, context| export::run(arguments(m)?, context),
        )
        .replacing_view()
        .with_rare_options(|c| NoSession::add(c).mut_arg("all", |all| all.conflicts_with(NoSession::ID))),
        Command::new(
            "unset",
            "Clear the session and restore what it replaced",
            Evaluated,
            unset::UnsetArgs::augment_args,
            |m, context| unset::run(&arguments(m)?, context),
        ),
        Command::new(
            "exec",
            "Sign in and run a command in the session",
            Printed,
            |c| exec::ExecArgs::augment_args(c).override_usage(exec::USAGE).after_help(exec::EXAMPLES),
            |m, context| exec::run(arguments(m)?, context),
        )
        .replacing_view()
        .with_rare_options(NoSession::add)
        .taking_command(AfterProfile),
        Command::new(
            "each",
            "Sign in to every matching profile and run a command in each session",
            Printed,
            each::arguments,
            |m, context| each::run(&arguments(m)?, context),
        )
        .replacing_view()
        .taking_command(AfterDashes),
        Command::new(
            "credential-process",
            "Sign in and print credentials for a program that calls this as its credential_process",
            Printed,
            credential_process::arguments,
            |m, context| credential_process::run(&arguments(m)?, context),
        )
        .replacing_view()
        .with_rare_options(NoSession::add)
        .answering_program(),
        Command::new(
            "save",
            "Sign in and write the session to the credentials file as a profile",
            Printed,
            |c| save::SaveArgs::augment_args(c).after_help(save::EXAMPLES),
            |m, context| save::run(arguments(m)?, context),
        )
        .replacing_view(),
        Command::new(
            "serve",
            "Sign in and serve the session to programs that run longer than it",
            Printed,
            |c| serve::ServeArgs::augment_args(c).override_usage(serve::USAGE).after_help(serve::EXAMPLES),
            |m, context| serve::run(&arguments(m)?, context),
        )
        .replacing_view()
        .taking_command(AfterProfile),
        Command::new(
            "shim",
            "Print a script that runs a program in a session, in place of the program",
            Printed,
            |c| shim::ShimArgs::augment_args(c).after_help(shim::EXAMPLES),
            |m, context| shim::run(&arguments(m)?, context),
        ),
        Command::new(
            "console",
            "Sign in and print a link that opens the AWS console, or open it",
            Printed,
            |c| console::ConsoleArgs::augment_args(c).after_help(console::EXAMPLES),
            |m, context| console::run(arguments(m)?, context),
        )
        .replacing_view(),
        Command::new("__shim", "", Printed, shim::ScriptArgs::augment_args, |m, context| {
            shim::run_script(&arguments(m)?, context)
        })
        .replacing_view()
        .hidden()
        .taking_command(AfterProfile),
        Command::new(
            "explain",
            "Show which calls a sign-in would make, and why, without making them",
            Printed,
            |c| explain::ExplainArgs::augment_args(c).after_help(explain::EXAMPLES),
            |m, context| explain::run(&arguments(m)?, context),
        ),
        Command::new(
            "list",
            "List profiles and the time left on their sessions",
            Printed,
            |c| list::ListArgs::augment_args(c).after_help(list::EXAMPLES),
            |m, context| list::run(&arguments(m)?, context),
        )
        .replacing_view(),
        Command::new(
            "status",
            "Show who this shell is signed in as; exit with status 1 if it is not",
            Printed,
            |c| status::StatusArgs::augment_args(c).after_help(status::EXAMPLES),
            |m, context| status::run(&arguments(m)?, context),
        ),
        Command::new(
            "logout",
            "Remove cached sessions",
            Printed,
            |c| logout::LogoutArgs::augment_args(c).after_help(logout::EXAMPLES),
            |m, context| logout::run(&arguments(m)?, context),
        ),
        Command::new(
            "init",
            "Print the function aws-mfa for your shell's startup file",
            Printed,
            |c| init::InitArgs::augment_args(c).after_help(init::EXAMPLES),
            |m, _| init::run(&arguments(m)?, &COMMANDS),
        ),
        Command::new("help", "Show help for a command or a topic", Printed, help::HelpArgs::augment_args, |m, _| {
            help::run(&arguments(m)?, &COMMANDS, with_all_commands())
        }),
        Command::new("__complete", "", Printed, complete::CompleteArgs::augment_args, |m, context| {
            Ok(complete::run(&arguments(m)?, &with_all_commands(), &COMMANDS, &context.variables))
        })
        .hidden(),
        // Status 0 if PowerShell runs a script, 1 if somebody types in it, 2 if that is unknown.
        Command::new(
            "__runs_script",
            "",
            Printed,
            |c| c,
            |_, _| {
                Ok(Outcome::Exit(match shell::runs_script(platform::ancestors()) {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                }))
            },
        )
        .hidden(),
        Command::new(
            "view",
            "Print the path of a config file with every profile, for programs that sign in by profile name",
            Printed,
            |c| view::ViewArgs::augment_args(c).after_help(view::EXAMPLES),
            |m, context| view::run(&arguments(m)?, context),
        ),
        Command::new(
            "device",
            "List, resync, remove or replace the MFA devices of a user",
            Printed,
            |c| device::DeviceArgs::augment_args(c).override_usage(device::USAGE).after_help(device::EXAMPLES),
            |m, context| device::run(arguments(m)?, context),
        ),
        Command::new(
            "enroll",
            "Register an authenticator app as MFA device",
            Printed,
            |c| enroll::EnrollArgs::augment_args(c).after_help(enroll::EXAMPLES),
            |m, context| enroll::run(arguments(m)?, context),
        ),
        Command::new(
            "doctor",
            "Find what is wrong with this setup, without a code",
            Printed,
            |c| doctor::DoctorArgs::augment_args(c).after_help(doctor::EXAMPLES),
            |m, context| doctor::run(arguments(m)?, context),
        ),
        Command::new(
            "rotate",
            "Replace the access key of a user",
            Printed,
            |c| rotate::RotateArgs::augment_args(c).after_help(rotate::EXAMPLES),
            |m, context| rotate::run(arguments(m)?, context),
        ),
        Command::new(
            "why",
            "Explain an error of a program, or what is wrong with this shell",
            Printed,
            |c| why::WhyArgs::augment_args(c).after_help(why::EXAMPLES),
            |m, context| why::run(&arguments(m)?, context),
        ),
        Command::new(
            "policy",
            "Print the IAM policy that a user needs for what mfa-env does for a profile",
            Printed,
            |c| policy::PolicyArgs::augment_args(c).after_help(policy::EXAMPLES),
            |m, context| policy::run(arguments(m)?, context),
        ),
        Command::new(
            "setup",
            "Set up a profile: its access key, MFA device and roles, question by question",
            Printed,
            |c| setup::SetupArgs::augment_args(c).after_help(setup::EXAMPLES),
            |m, context| setup::run(arguments(m)?, context),
        ),
        Command::reserved("totp", Printed),
        Command::reserved("keys", Printed),
    ]
};

/// The first argument if the function `aws-mfa` of PowerShell runs another command than `export` and `unset`.
const IN_FUNCTION: &str = "__function";

/// The snippet for a shell's startup file, as `init` prints it.
pub fn snippet(shell: Shell, function: FunctionName<'_>) -> String {
    init::snippet(shell, &COMMANDS, function)
}

/// Runs a command line that begins with the program's name. An error is reported on stderr and becomes the text that
/// makes the `eval` fail, with the exit status of the error.
pub fn run(argv: Vec<OsString>, context: &mut Context) -> Outcome {
    if let Some(home) = platform::home(&context.variables) {
        set_home(home);
    }
    if let Some(name) = context.variables.os(FUNCTION_VARIABLE).and_then(OsStr::to_str) {
        set_function_name(name);
    }
    if context.arguments.first().is_some_and(|word| word == IN_FUNCTION) {
        context.arguments.remove(0);
        platform::set_in_function();
    }
    let evaluator = Evaluator::of(&context.arguments, &COMMANDS);
    evaluator.prepare();
    dispatch(argv, context).unwrap_or_else(|e| {
        let e = foreign_words::with_meaning(e, &context.arguments);
        context.show_error(&e);
        let status = e.exit_code();
        Outcome::Print { text: Zeroizing::new(evaluator.failure(context, status)), status: status.into() }
    })
}

fn dispatch(mut argv: Vec<OsString>, context: &mut Context) -> Result<Outcome> {
    let first = context.arguments.first().and_then(|word| word.to_str()).unwrap_or_default();
    let named = COMMANDS.iter().find(|command| command.name == first);
    let arguments_of = || named.and_then(Command::clap_now).unwrap_or_else(without_commands);
    let command_start = named.and_then(|command| command.implementation?.other_command);
    // Before `--` alone there are any number of profiles and no code.
    if command_start != Some(CommandStart::AfterDashes) {
        foreign_words::join_code(&mut context.arguments, named.is_some(), arguments_of);
    }
    argv.splice(1.., context.arguments.iter().cloned());
    if let Some(Command { name, implementation: None, .. }) = named {
        return Err(UsageError::NotAvailable { command: (*name).to_owned() }.into());
    }
    if named.and_then(|command| command.implementation).is_some_and(|command| command.answers_program) {
        context.report.set_one_line();
    }
    let before_command = named.and_then(Command::clap_before_command);
    if let Some((clap, start)) = &before_command {
        context.split_command(|words| match start {
            CommandStart::AfterProfile => command_line::split(words, clap),
            CommandStart::AfterDashes => command_line::split_at_dashes(words),
        });
        argv.truncate(1 + context.arguments.len());
    }
    foreign_words::check_dashes(&context.arguments)?;
    if named.is_none_or(Command::is_listed) {
        let with_rare = |command: &Command| Some(command.add_rare_options(command.clap_now()?));
        let all = || named.and_then(with_rare).unwrap_or_else(|| COMMANDS[0].add_rare_options(without_commands()));
        foreign_words::check_long_names(&context.arguments, all)?;
    }
    // Building the arguments of every command would be a large part of a run whose session is cached, so only those of
    // the chosen command are built. Without a command that is `export`.
    let mut clap = if cli::asks_for_help(&context.arguments) {
        help_layout::laid_out(with_all_commands(), Detail::asked_for(&context.arguments))
    } else if NoSession::is_typed(&context.arguments) {
        match named.and_then(|command| Some(command.add_rare_options(command.clap_now()?))) {
            Some(command) => cli::root().subcommand(command),
            None => COMMANDS[0].add_rare_options(without_commands()),
        }
    } else {
        match before_command.map(|(clap, _)| clap).or_else(|| named.and_then(Command::clap)) {
            Some(command) => cli::root().subcommand(command),
            None => without_commands(),
        }
    };
    let matches = match clap.try_get_matches_from_mut(argv) {
        Ok(matches) => matches,
        Err(e) if e.use_stderr() => {
            let other = foreign_words::of_other_tools(&context.arguments);
            return Err(other.map_or_else(|| table::usage_error(&e), Error::from));
        }
        // The caller evaluates stdout, so help goes to stderr.
        Err(e) if cli::has_option(&context.arguments, "--shell", "-s") => {
            context.report.text(&e.to_string());
            return Ok(Outcome::Exit(0));
        }
        Err(e) => {
            std::mem::forget(clap);
            return Ok(Outcome::text(e.to_string()));
        }
    };
    let (command, arguments) = match matches.subcommand() {
        Some((name, arguments)) => (COMMANDS.iter().find(|command| command.name == name), arguments),
        None => (COMMANDS.first(), &matches),
    };
    let command = command.and_then(|command| command.implementation).expect("clap knows only commands of the table");
    context.report.set_quiet(arguments.try_get_one("quiet").ok().flatten().copied().unwrap_or(false));
    if command.replaces_view {
        view::refresh(context);
    }
    let mut outcome = (command.run)(arguments, context);
    if command.answers_program && is_about_files(&outcome) {
        // An SDK does not ask again.
        let deadline = view::deadline();
        while is_about_files(&outcome) && view::may_be_complete_soon(context, deadline) {
            outcome = (command.run)(arguments, context);
        }
    }
    // Dropping them would take 3 % of a cached sign-in. The only secret among the arguments is the one-time code, which
    // is not wiped.
    std::mem::forget((clap, matches));
    outcome
}

/// Whether the AWS files were the reason that nothing was done.
fn is_about_files(outcome: &Result<Outcome>) -> bool {
    matches!(outcome, Err(Error::Config(_) | Error::File(_)))
}

/// The program with the arguments of `export`, its default command.
fn without_commands() -> clap::Command {
    export::ExportArgs::augment_args(cli::root()).about(cli::ABOUT)
}

/// The command line of the program, with all its commands, for man pages.
pub fn clap_program() -> clap::Command {
    with_all_commands()
}

/// The program with all its commands, for help, completion and usage errors.
fn with_all_commands() -> clap::Command {
    let commands = COMMANDS.iter().filter_map(Command::clap_with_arguments);
    let program = table::with_shell_names(COMMANDS[0].add_rare_options(without_commands()));
    program.args_conflicts_with_subcommands(true).subcommands(commands)
}

//! The process boundary. It passes the arguments to a command, and ends with one write to stdout and an exit status, or
//! becomes another process.

use mfa_env::{clock, commands, context::Context, platform, report, variables::Variables};

fn main() {
    platform::disable_core_dumps();
    report::on_panic();
    platform::ignore_file_size_signal();
    let argv: Vec<_> = std::env::args_os().collect();
    let arguments = argv.get(1..).unwrap_or_default().to_vec();
    let mut context = Context::new(arguments, Variables::of_this_process(), clock::now_ms());
    let outcome = commands::run(argv, &mut context);
    platform::begin_final_write();
    std::process::exit(outcome.finish(&context.report));
}

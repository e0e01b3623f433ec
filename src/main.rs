//! The border post: argv in, one write out, an exit code.

use mfa_env::{commands, platform, variables::Variables};
use std::process::ExitCode;

fn main() -> ExitCode {
    platform::disable_core_dumps();
    commands::on_panic();
    let outcome = commands::run(std::env::args_os().collect(), Variables::of_this_process());
    platform::begin_final_write();
    match commands::deliver(&outcome) {
        Ok(()) => ExitCode::from(outcome.status),
        Err(status) => ExitCode::from(status),
    }
}

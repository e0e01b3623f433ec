//! The process boundary. It passes the arguments to a command, and ends with one write to stdout and an exit status, or
//! becomes another process.

#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

use mfa_env::{clock, commands, context::Context, platform, report, variables::Variables};

/// Called by glibc. The standard library's own start has glibc read /proc/self/maps to find the bounds of the stack, which
/// takes 15 % of a sign-in with a cached session.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "this is the symbol that glibc calls")]
#[unsafe(no_mangle)]
extern "C" fn main() -> std::ffi::c_int {
    platform::begin();
    run()
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() {
    run()
}

fn run() -> ! {
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

//! The integration tests, in one binary. Where does a new test go?
//!
//! | folder | what it tests |
//! |---|---|
//! | `files` | what the AWS files may contain, and the chain from a profile to its keys |
//! | `calls` | which STS calls are planned and sent, to which endpoint, and how errors are reported |
//! | `prompt` | the MFA prompt: its text, retries, `mfa_process`, every way it can end |
//! | `cache` | when a cached session is reused, what is on disk, many processes at once |
//! | `messages` | the whole text of every error |
//! | `network` | connections, proxies, certificates, responses that are not from STS |
//! | `shells` | statements, environment, shell functions and completion, in real shells |
//! | `commands` | the arguments and the output of each command |
//! | `consumers` | SDKs, Terraform and containers that use the session |
//! | `fuzz` | mutations of every kind of untrusted input, and a corpus of those that have failed before |
//! | `platform` | signals, becoming another process, secrets, and the Windows program |
//!
//! Every file in one of these folders is a module, and its `trials!` lists its tests. `support` is their support code.
//! `pictures` are those of the README, which `prompt/pictures.rs` draws.
//! `demo.rs`, `man.rs` and `floor.rs` are examples, not tests, and `rust-sdk` is a program that the consumers' tests run.

#[allow(unsafe_code, reason = "code between fork and exec, and terminal ioctls, have no safe API")]
mod support;

use libtest_mimic::{Arguments, Trial};
use support::shells as real_shells;

/// The tests of one module. Modules register themselves, because libtest-mimic does not discover tests. A run with
/// libtest-mimic can end with a list of what was skipped.
struct Module {
    trials: fn() -> Vec<Trial>,
}

inventory::collect!(Module);

/// Registers the test functions of a module.
macro_rules! trials {
    ($($name:ident),+ $(,)?) => {
        inventory::submit! {
            crate::Module { trials: || vec![$(crate::trial(module_path!(), stringify!($name), $name)),+] }
        }
    };
}

/// Registers tests that need the programs of others, which only `.ci/run` installs.
#[cfg(unix)]
macro_rules! consumer_trials {
    ($($name:ident),+ $(,)?) => {
        inventory::submit! {
            crate::Module {
                trials: || match crate::support::consumers::are_installed() {
                    true => vec![$(crate::trial(module_path!(), stringify!($name), $name)),+],
                    false => Vec::new(),
                },
            }
        }
    };
}

/// Registers tests that need a read-only file system, which not every user can mount.
#[cfg(target_os = "linux")]
macro_rules! read_only_trials {
    ($($name:ident),+ $(,)?) => {
        inventory::submit! {
            crate::Module {
                trials: || match crate::support::read_only::is_available() {
                    true => vec![$(crate::trial(module_path!(), stringify!($name), $name)),+],
                    false => Vec::new(),
                },
            }
        }
    };
}

fn trial(module: &str, name: &str, test: fn()) -> Trial {
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    Trial::test(format!("{module}::{name}"), move || {
        test();
        Ok(())
    })
}

mod cache {
    automod::dir!("tests/cache");
}
mod calls {
    automod::dir!("tests/calls");
}
mod commands {
    automod::dir!("tests/commands");
}
#[cfg(unix)]
mod consumers {
    automod::dir!("tests/consumers");
}
mod faults;
mod files {
    automod::dir!("tests/files");
}
mod fuzz {
    automod::dir!("tests/fuzz");
}
mod messages {
    automod::dir!("tests/messages");
}
mod network {
    automod::dir!("tests/network");
}
mod platform {
    automod::dir!(pub(crate) "tests/platform");
}
mod prompt {
    automod::dir!("tests/prompt");
}
mod shells {
    automod::dir!("tests/shells");
}

fn main() {
    #[cfg(unix)]
    support::child_programs::run_if_requested();
    real_shells::check_required();
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = inventory::iter::<Module>().flat_map(|module| (module.trials)()).collect();
    trials.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    let running = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(faults::table_trial(running));
    let conclusion = libtest_mimic::run(&arguments, trials);
    print_what_was_skipped(&arguments);
    conclusion.exit();
}

/// The programs of others that are not installed.
fn consumers_absent() -> Option<&'static str> {
    #[cfg(unix)]
    return support::consumers::absent();
    #[cfg(not(unix))]
    None
}

fn read_only_absent() -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    return support::read_only::absent();
    #[cfg(not(target_os = "linux"))]
    None
}

#[expect(clippy::print_stdout, reason = "the harness prints for people")]
fn print_what_was_skipped(arguments: &Arguments) {
    if arguments.list {
        return;
    }
    let absent: Vec<&str> = real_shells::absent()
        .into_iter()
        .chain(platform::windows::absent())
        .chain(consumers_absent())
        .chain(read_only_absent())
        .collect();
    match absent.as_slice() {
        [] => println!("nothing was skipped"),
        absent => println!("skipped because not installed: {}", absent.join(", ")),
    }
}

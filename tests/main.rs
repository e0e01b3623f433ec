//! The integration tests, as one binary. Where does a new test go?
//!
//! | folder | what it shows |
//! |---|---|
//! | `files` | what the AWS files may contain, and where a profile leads |
//! | `calls` | which STS calls are planned and sent, to which endpoint, and what a refusal becomes |
//! | `prompt` | asking for the MFA code: the question, retries, `mfa_process`, every way it can end |
//! | `cache` | which cached session is used, what is on disk, many processes at once |
//! | `network` | connections, proxies, certificates, answers that are not STS's |
//! | `shells` | the statements, the environment, the functions and the completion, in real shells |
//! | `commands` | what each command prints, and how its arguments are read |
//! | `platform` | signals, secrets, and the Windows program |
//!
//! A file in one of these folders is a module by being there, and its `trials!` lists its tests. `support` is what they are made with.

#[allow(unsafe_code, reason = "what a child does between fork and exec, and ioctls of terminals, have no safe form")]
mod support;

use libtest_mimic::{Arguments, Trial};
use support::shells as real_shells;

/// The tests of one module. The harness is libtest-mimic, which names what is not installed; it does not find tests by itself.
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
mod faults;
mod files {
    automod::dir!("tests/files");
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
    name_what_was_absent(&arguments);
    conclusion.exit();
}

#[expect(clippy::print_stdout, reason = "the harness speaks to a person")]
fn name_what_was_absent(arguments: &Arguments) {
    if arguments.list {
        return;
    }
    let absent: Vec<&str> = real_shells::absent().into_iter().chain(platform::windows::absent()).collect();
    match absent.as_slice() {
        [] => println!("nothing was left out"),
        absent => println!("not here, so not run: {}", absent.join(", ")),
    }
}

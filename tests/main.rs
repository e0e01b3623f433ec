//! The one integration binary. Its harness names what was not there to be run, which libtest would swallow.

#[allow(unsafe_code, reason = "what a child does between fork and exec, and ioctls of terminals, have no safe form")]
mod support;

use libtest_mimic::{Arguments, Trial};
use support::shells;

/// Makes the `trials()` of a module out of its test functions.
macro_rules! trials {
    ($($name:ident),+ $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            let module = module_path!().rsplit("::").next().expect("a module");
            vec![$(libtest_mimic::Trial::test(format!("{module}::{}", stringify!($name)), || {
                $name();
                Ok(())
            })),+]
        }
    };
}

mod arguments;
#[cfg(unix)]
mod asking_again;
mod aws_files;
mod aws_files_property;
mod broken_answers;
mod cache;
mod cache_codes;
mod cache_entries;
#[cfg(unix)]
mod cache_files;
mod code_gone;
mod completion;
#[cfg(unix)]
mod countdown;
#[cfg(unix)]
mod deaths;
mod devices;
mod displaced;
mod endpoints;
mod environment;
#[cfg(unix)]
mod evaluator;
mod explain;
mod explain_remarks;
mod export;
#[cfg(unix)]
mod failure;
#[cfg(unix)]
mod failure_shells;
mod faults;
mod foreign_files;
mod foreign_values;
#[cfg(unix)]
mod interrupted;
mod json;
mod list;
#[cfg(unix)]
mod logout;
#[cfg(unix)]
mod mfa_process;
mod network;
mod output;
mod plan;
mod planned_calls;
mod powershell_reader;
#[cfg(unix)]
mod preflight;
mod profiles;
#[cfg(unix)]
mod prompt;
#[cfg(unix)]
mod prompt_end;
#[cfg(unix)]
mod prompt_shells;
mod refusals;
#[cfg(unix)]
mod renewing;
mod secrets;
#[cfg(unix)]
mod single_flight;
mod snippets;
#[cfg(unix)]
mod special_files;
mod statements;
mod status;
mod sts_answers;
mod sts_endpoint;
mod sts_trouble;
mod sts_values;
mod windows;

fn main() {
    #[cfg(unix)]
    support::understudy::play();
    shells::check_required();
    let arguments = Arguments::from_args();
    let trials = [
        arguments::trials(),
        #[cfg(unix)]
        asking_again::trials(),
        aws_files::trials(),
        aws_files_property::trials(),
        broken_answers::trials(),
        cache::trials(),
        cache_codes::trials(),
        cache_entries::trials(),
        #[cfg(unix)]
        cache_files::trials(),
        code_gone::trials(),
        completion::trials(),
        #[cfg(unix)]
        countdown::trials(),
        devices::trials(),
        displaced::trials(),
        #[cfg(unix)]
        deaths::trials(),
        endpoints::trials(),
        environment::trials(),
        #[cfg(unix)]
        evaluator::trials(),
        explain::trials(),
        explain_remarks::trials(),
        export::trials(),
        #[cfg(unix)]
        failure::trials(),
        #[cfg(unix)]
        failure_shells::trials(),
        faults::trials(),
        foreign_values::trials(),
        foreign_files::trials(),
        #[cfg(unix)]
        interrupted::trials(),
        json::trials(),
        list::trials(),
        #[cfg(unix)]
        mfa_process::trials(),
        #[cfg(unix)]
        logout::trials(),
        network::trials(),
        output::trials(),
        plan::trials(),
        planned_calls::trials(),
        powershell_reader::trials(),
        profiles::trials(),
        #[cfg(unix)]
        preflight::trials(),
        #[cfg(unix)]
        prompt::trials(),
        #[cfg(unix)]
        prompt_end::trials(),
        #[cfg(unix)]
        prompt_shells::trials(),
        refusals::trials(),
        #[cfg(unix)]
        renewing::trials(),
        secrets::trials(),
        #[cfg(unix)]
        single_flight::trials(),
        snippets::trials(),
        #[cfg(unix)]
        special_files::trials(),
        statements::trials(),
        status::trials(),
        sts_answers::trials(),
        sts_endpoint::trials(),
        sts_trouble::trials(),
        sts_values::trials(),
        windows::trials(),
    ];
    let mut trials: Vec<Trial> = trials.into_iter().flatten().collect();
    let running = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(faults::agreement(running));
    let conclusion = libtest_mimic::run(&arguments, trials);
    name_what_was_absent(&arguments);
    conclusion.exit();
}

#[expect(clippy::print_stdout, reason = "the harness speaks to a person")]
fn name_what_was_absent(arguments: &Arguments) {
    if arguments.list {
        return;
    }
    let absent: Vec<&str> = shells::absent().into_iter().chain(windows::absent()).collect();
    match absent.as_slice() {
        [] => println!("nothing was left out"),
        absent => println!("not here, so not run: {}", absent.join(", ")),
    }
}

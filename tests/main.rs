//! The one integration binary. Its harness names the shells that were not there, which libtest would swallow.

#[allow(unsafe_code, reason = "what a child does between fork and exec, and ioctls of terminals, have no safe form")]
mod support;

use libtest_mimic::Arguments;
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
mod aws_files;
mod aws_files_property;
mod completion;
mod endpoints;
mod environment;
mod export;
mod failure;
mod foreign_files;
mod output;
mod plan;
mod powershell_reader;
mod profiles;
mod prompt;
mod secrets;
mod snippets;
#[cfg(unix)]
mod special_files;
mod statements;
mod sts_answers;
mod sts_endpoint;
mod sts_values;

fn main() {
    shells::check_required();
    let arguments = Arguments::from_args();
    let trials = [
        arguments::trials(),
        aws_files::trials(),
        aws_files_property::trials(),
        completion::trials(),
        endpoints::trials(),
        environment::trials(),
        export::trials(),
        failure::trials(),
        foreign_files::trials(),
        output::trials(),
        plan::trials(),
        powershell_reader::trials(),
        profiles::trials(),
        prompt::trials(),
        secrets::trials(),
        snippets::trials(),
        #[cfg(unix)]
        special_files::trials(),
        statements::trials(),
        sts_answers::trials(),
        sts_endpoint::trials(),
        sts_values::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    name_absent_shells(&arguments);
    conclusion.exit();
}

#[expect(clippy::print_stdout, reason = "the harness speaks to a person")]
fn name_absent_shells(arguments: &Arguments) {
    if !arguments.list {
        match shells::absent().as_slice() {
            [] => println!("every shell was there"),
            absent => println!("not installed here, so not run: {}", absent.join(", ")),
        }
    }
}

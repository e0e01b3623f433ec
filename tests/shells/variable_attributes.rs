//! A sign-in where a variable of the session is readonly, local, an array, a reference or universal, or has an
//! attribute that changes its values: afterwards every child sees exactly the session, or the sign-in fails and changes
//! nothing.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::evaluation::{self, Cell, Expected, FORMS, Table};
use crate::support::home::Home;
use crate::support::shells::{self, Shell};
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;
use std::process::Command;

trials![variables_with_attributes, variables_that_are_local, universal_variables_of_fish];

/// Variables of the session: set, set and secret, and unset.
const VARIABLES: [&str; 4] = ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE"];

/// Commands that give a variable an attribute, `NAME` being the variable, and whether the sign-in can be carried out.
fn attributes(shell: Shell) -> Vec<(&'static str, Expected)> {
    use Expected::{Either, Fails, SignsIn};
    let readonly = [("readonly NAME", Fails), ("readonly NAME=x", Fails), ("unset NAME", SignsIn)];
    let own: &[(&str, Expected)] = match shell {
        Shell::Bash => &[
            ("declare -i NAME", SignsIn),
            ("declare -u NAME", SignsIn),
            ("declare -l NAME", SignsIn),
            ("declare -c NAME", SignsIn),
            ("declare -t NAME", SignsIn),
            ("declare +x NAME", SignsIn),
            ("unset NAME; declare -a NAME", SignsIn),
            ("unset NAME; declare -A NAME", SignsIn),
            ("unset NAME; NAME=(a b)", SignsIn),
            ("unset NAME; declare -n NAME=other", Fails),
            ("declare -rx NAME", Fails),
        ],
        Shell::Zsh => &[
            ("typeset -i NAME=1", SignsIn),
            ("typeset -F NAME=1", SignsIn),
            ("typeset -u NAME", SignsIn),
            ("typeset -l NAME", SignsIn),
            ("typeset -L3 NAME", SignsIn),
            ("typeset -R3 NAME", SignsIn),
            ("typeset -Z3 NAME", SignsIn),
            ("typeset -t NAME", SignsIn),
            ("typeset -U NAME", SignsIn),
            ("typeset +x NAME", SignsIn),
            ("unset NAME; typeset -a NAME", SignsIn),
            ("unset NAME; typeset -A NAME", SignsIn),
            ("unset NAME; NAME=(a b)", SignsIn),
            ("unset NAME; typeset -T NAME name", SignsIn),
            ("typeset -rx NAME", Fails),
        ],
        Shell::Ksh => &[
            ("typeset -i NAME=1", SignsIn),
            ("typeset -F NAME=1", SignsIn),
            ("typeset -u NAME", SignsIn),
            ("typeset -l NAME", SignsIn),
            ("typeset -L3 NAME", SignsIn),
            ("typeset -R3 NAME", SignsIn),
            ("typeset -Z3 NAME", SignsIn),
            ("typeset -t NAME", SignsIn),
            ("typeset +x NAME", SignsIn),
            ("unset NAME; typeset -a NAME", SignsIn),
            ("unset NAME; typeset -A NAME", SignsIn),
            ("unset NAME; NAME=(a b)", SignsIn),
            ("unset NAME; typeset -n NAME=other", Fails),
            ("typeset -rx NAME", Fails),
        ],
        Shell::Mksh => &[
            ("typeset -i NAME=1", SignsIn),
            ("typeset -u NAME", SignsIn),
            ("typeset -l NAME", SignsIn),
            ("typeset -L3 NAME", SignsIn),
            ("typeset -R3 NAME", SignsIn),
            ("typeset -Z3 NAME", SignsIn),
            ("typeset +x NAME", SignsIn),
            ("unset NAME; set -A NAME a b", SignsIn),
            ("unset NAME; typeset -n NAME=other", Fails),
            ("typeset -rx NAME", Fails),
        ],
        Shell::Fish => {
            return vec![
                ("set -gx NAME a b", SignsIn),
                ("set -g --path NAME a:b", Either),
                ("set -gu NAME", SignsIn),
                ("set -eg NAME", SignsIn),
            ];
        }
        Shell::Dash | Shell::Busybox | Shell::Pwsh => &[],
    };
    readonly.into_iter().chain(own.iter().copied()).collect()
}

// faults 142, 143
fn variables_with_attributes() {
    let mut table = Table::default();
    for shell in evaluation::shells() {
        for (settings, expected) in attributes(shell) {
            for name in VARIABLES {
                let settings = settings.replace("NAME", name);
                for form in FORMS {
                    table.check(&Cell { shell, settings: &settings, before_loading: false, form, expected });
                }
            }
        }
    }
    table.finish(576);
}

/// Functions that sign in while a variable is local, with `NAME` for the variable. dash, busybox and ksh tell no
/// command that a variable is local, so there the old value is back after the function.
fn locals(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Bash => &[
            "f() { local NAME=x; SIGN_IN; }; f",
            "f() { local NAME; SIGN_IN; }; f",
            "f() { local -x NAME=x; SIGN_IN; }; f",
            "f() { local -i NAME=1; SIGN_IN; }; f",
            "f() { local -n NAME=other; SIGN_IN; }; f",
            "f() { local -r NAME=x; SIGN_IN; }; f",
            "f() { SIGN_IN; }; g() { local NAME=x; f; }; g",
            "f() { local NAME=x; g; }; g() { local NAME=y; SIGN_IN; }; f",
            "shopt -s localvar_unset; f() { local NAME=x; SIGN_IN; }; f",
            "shopt -s localvar_inherit; f() { local NAME; SIGN_IN; }; f",
            "f() { SIGN_IN; }; NAME=x f",
        ],
        Shell::Zsh => &[
            "f() { local NAME=x; SIGN_IN; }; f",
            "f() { local NAME; SIGN_IN; }; f",
            "f() { local -x NAME=x; SIGN_IN; }; f",
            "f() { typeset -u NAME=x; SIGN_IN; }; f",
            "f() { local -r NAME=x; SIGN_IN; }; f",
            "f() { SIGN_IN; }; g() { local NAME=x; f; }; g",
            "emulate sh; f() { local NAME=x; SIGN_IN; }; f",
            "setopt ksh_arrays; f() { local -a NAME; SIGN_IN; }; f",
            "() { local NAME=x; SIGN_IN; }",
        ],
        Shell::Mksh => &[
            "f() { local NAME=x; SIGN_IN; }; f",
            "f() { typeset -x NAME=x; SIGN_IN; }; f",
            "f() { SIGN_IN; }; g() { local NAME=x; f; }; g",
        ],
        Shell::Fish => &[
            "function f; set -l NAME x; SIGN_IN; end; f",
            "function f; set -lx NAME x; SIGN_IN; end; f",
            "function f; set -f NAME x; SIGN_IN; end; f",
            "function f; set -l NAME; SIGN_IN; end; f",
            "function f; set -l NAME x; if true; SIGN_IN; end; end; f",
            "begin; set -l NAME x; SIGN_IN; end",
            "function f; SIGN_IN; end; function g; set -lx NAME x; f; end; g",
            "function f; SIGN_IN; end; NAME=x f",
        ],
        Shell::Dash | Shell::Busybox | Shell::Ksh | Shell::Pwsh => &[],
    }
}

// fault 142
fn variables_that_are_local() {
    let mut table = Table::default();
    for shell in evaluation::shells() {
        for settings in locals(shell) {
            for name in VARIABLES {
                let settings = settings.replace("NAME", name);
                for form in FORMS {
                    let expected = Expected::Either;
                    table.check(&Cell { shell, settings: &settings, before_loading: false, form, expected });
                }
            }
        }
    }
    table.finish(248);
}

/// fish exports a universal variable even if a global one hides it, and it must not be erased for other shells.
// fault 142
fn universal_variables_of_fish() {
    for shell in evaluation::shells().filter(|shell| *shell == Shell::Fish) {
        for name in VARIABLES {
            for (scope, goes_on) in [("-U", true), ("-Ux", name != "AWS_PROFILE")] {
                let mut home = Home::empty();
                home.set("LC_ALL", "C.UTF-8");
                let statements = |changes: &[EnvChange]| Dialect::Fish.statements(changes);
                home.write("text", statements(&evaluation::changes()).as_bytes());
                let clear: Vec<EnvChange> =
                    evaluation::changes().iter().map(|change| EnvChange::unset(change.name.clone())).collect();
                home.write("unset", statements(&clear).as_bytes());
                let script = format!(
                    "set {scope} {name} universal\ncat text | source; and {}\ncat unset | source; and echo \"${name}\"",
                    env_dump::dump("next")
                );
                // Without `--no-config`, which would make universal variables global.
                let mut command = Command::new(shell.path().expect("fish"));
                command.args(["-c", &script]).env_clear().envs(&home.variables).current_dir(home.path());
                let outcome = shells::finish(command);
                let next = home.path().join("next");
                assert_eq!(next.exists(), goes_on, "{scope} {name}: {outcome}");
                if goes_on {
                    let seen = env_dump::read(&next);
                    for change in evaluation::changes() {
                        let expected = change.value.as_ref().map(|value| value.expose().as_bytes().to_vec());
                        assert_eq!(seen.get(&*change.name), expected.as_ref(), "{scope} {name}, {}", change.name);
                    }
                }
                assert_eq!(outcome.stdout, b"universal\n", "{scope} {name}: {outcome}");
            }
        }
    }
}

//! A sign-in in shells with aliases, functions, traps and options of the user: it is carried out or fails, and no
//! definition of the user sees a secret.

#![cfg(unix)]

use crate::support::evaluation::{self, Cell, Expected, FORMS, Form, Table};
use crate::support::shells::{self, Shell};

trials![
    functions_with_the_names_of_builtins,
    aliases_with_the_names_of_builtins,
    traps_options_and_disabled_builtins,
    traps_do_not_see_what_the_function_evaluates,
];

/// Words that the statements and the snippets consist of, and others that they could.
const NAMES: [&str; 27] = [
    "export", "unset", "eval", "printf", "command", "exit", "return", "false", "true", ":", "set", "trap", "shift",
    "source", ".", "test", "[", "echo", "hash", "alias", "unalias", "builtin", "declare", "typeset", "local",
    "emulate", "mfa-env",
];

/// Whether the shell allows a function with this name.
fn allows(shell: Shell, name: &str) -> bool {
    let script = format!("{}\n", function(shell, name));
    let cwd = tempfile::tempdir().expect("a directory");
    shell.run(&script, std::iter::empty::<(&str, &str)>(), cwd.path()).status.success()
}

/// A definition that records its arguments, and succeeds.
fn function(shell: Shell, name: &str) -> String {
    match shell {
        Shell::Fish => format!("function {name}; /bin/sh -c 'echo \"$@\" >>seen' {name} $argv; end"),
        _ => format!("{name}() {{ /bin/sh -c 'echo \"$@\" >>seen' {name} \"$@\"; }}"),
    }
}

/// Whether the user's own line consists of this word.
fn is_typed(shell: Shell, name: &str, form: Form) -> bool {
    form == Form::Eval && name == if shell == Shell::Fish { "source" } else { "eval" }
}

// faults 166, 167
fn functions_with_the_names_of_builtins() {
    let mut table = Table::default();
    for shell in evaluation::shells() {
        for name in NAMES.into_iter().filter(|name| allows(shell, name)) {
            let settings = function(shell, name);
            let is_builtin = name == "builtin" && matches!(shell, Shell::Bash | Shell::Zsh);
            let expected = if is_builtin { Expected::Fails } else { Expected::SignsIn };
            for form in FORMS.into_iter().filter(|form| !is_typed(shell, name, *form)) {
                table.check(&Cell { shell, settings: &settings, before_loading: false, form, expected });
            }
        }
    }
    table.finish(278);
}

// faults 166, 167
fn aliases_with_the_names_of_builtins() {
    let mut table = Table::default();
    for shell in evaluation::shells().filter(|shell| shell.is_posix()) {
        let expand = if shell == Shell::Bash { "shopt -s expand_aliases\n" } else { "" };
        for name in NAMES {
            for value in ["/bin/true", "/bin/echo >>seen"] {
                let settings = format!("{expand}\\alias '{name}={value}' 2>/dev/null || :");
                for (form, before_loading) in [(Form::Eval, false), (Form::Function, false), (Form::Function, true)] {
                    // The word is part of the user's own lines.
                    if is_typed(shell, name, form) || before_loading && ["eval", "mfa-env"].contains(&name) {
                        continue;
                    }
                    table.check(&Cell {
                        shell,
                        settings: &settings,
                        before_loading,
                        form,
                        expected: Expected::SignsIn,
                    });
                }
            }
            if shell == Shell::Zsh && name != "eval" {
                for form in FORMS {
                    let settings = format!("alias -g {name}=/bin/true");
                    let expected = Expected::Either;
                    table.check(&Cell { shell, settings: &settings, before_loading: false, form, expected });
                }
            }
        }
    }
    table.finish(988);
}

/// Settings that change which commands a shell executes, and whether the sign-in can still be carried out.
fn settings(shell: Shell) -> Vec<(&'static str, Expected)> {
    use Expected::{Either, Fails, SignsIn};
    let common = [
        ("set -e", SignsIn),
        ("set -u", SignsIn),
        ("set -eu", SignsIn),
        ("set -f", SignsIn),
        ("set -a", SignsIn),
        ("set -C", SignsIn),
        ("IFS=_", SignsIn),
        ("IFS=aAsS0", SignsIn),
        ("IFS=", SignsIn),
        ("trap 'echo out' EXIT", SignsIn),
        ("PATH=$PATH; readonly PATH", SignsIn),
        ("POSIXLY_CORRECT=1", SignsIn),
        ("export POSIXLY_CORRECT=1; set -eu", SignsIn),
    ];
    let own: &[(&str, Expected)] = match shell {
        Shell::Bash => &[
            ("set -k", SignsIn),
            ("set -o posix", SignsIn),
            ("set -o pipefail", SignsIn),
            ("shopt -s failglob nocasematch extglob", SignsIn),
            ("shopt -s nullglob inherit_errexit; set -e", SignsIn),
            ("shopt -s localvar_inherit localvar_unset", SignsIn),
            ("trap 'echo ERR' ERR; set -E", SignsIn),
            ("trap 'false' DEBUG", SignsIn),
            ("trap 'echo debug' DEBUG", SignsIn),
            ("trap 'echo debug' DEBUG; set -T", SignsIn),
            ("shopt -s extdebug", SignsIn),
            ("shopt -s extdebug; trap false DEBUG", Fails),
            ("trap 'case $BASH_COMMAND in *export*) false ;; esac' DEBUG; shopt -s extdebug", Either),
            ("trap 'case $BASH_COMMAND in *unset*|*declare*) false ;; esac' DEBUG; shopt -s extdebug", Either),
            ("trap 'case $BASH_COMMAND in *AWS*) false ;; esac' DEBUG; shopt -s extdebug", Either),
            ("trap 'case $BASH_COMMAND in *builtin*) false ;; esac' DEBUG; shopt -s extdebug", Either),
            ("enable -n export", Fails),
            ("enable -n unset", Fails),
            ("enable -n builtin", Fails),
            ("enable -n printf test [ true false", SignsIn),
            ("enable -n declare", SignsIn),
        ],
        Shell::Zsh => &[
            ("setopt err_return", SignsIn),
            ("trap 'print ERR' ZERR", SignsIn),
            ("TRAPZERR() { print ERR; }", SignsIn),
            ("TRAPDEBUG() { print debug; }", SignsIn),
            ("setopt warn_create_global all_export", SignsIn),
            ("disable export", Fails),
            ("disable unset", Fails),
            ("disable -r export typeset local", SignsIn),
            ("disable -r '[['", Either),
            ("unset NULLCMD READNULLCMD", SignsIn),
            ("NULLCMD=/bin/false READNULLCMD=/bin/false", SignsIn),
            ("unalias -a; setopt no_aliases", SignsIn),
        ],
        Shell::Ksh => &[
            ("trap 'print ERR' ERR", SignsIn),
            ("trap 'print debug' DEBUG", SignsIn),
            ("trap 'return 2' DEBUG", Either),
        ],
        Shell::Mksh => &[("trap 'print ERR' ERR", SignsIn), ("set -o sh; set -o posix", SignsIn)],
        Shell::Fish => {
            return vec![
                ("abbr -a set true; abbr -a builtin false", SignsIn),
                ("alias true=false; alias echo=true; alias false=true", SignsIn),
                ("function on --on-variable AWS_PROFILE; false; end", SignsIn),
                ("function on --on-variable AWS_ACCESS_KEY_ID; return 3; end", SignsIn),
                ("set -g IFS :", SignsIn),
            ];
        }
        Shell::Dash | Shell::Busybox | Shell::Pwsh => &[],
    };
    common.into_iter().chain(own.iter().copied()).collect()
}

// faults 166, 167
fn traps_options_and_disabled_builtins() {
    let mut table = Table::default();
    for shell in evaluation::shells() {
        for (settings, expected) in settings(shell) {
            for form in FORMS {
                table.check(&Cell { shell, settings, before_loading: false, form, expected });
            }
        }
    }
    table.finish(242);
}

fn traps_do_not_see_what_the_function_evaluates() {
    let mut table = Table::default();
    for (shell, settings) in [
        (Shell::Bash, "trap '/bin/echo \"$BASH_COMMAND\" >>seen' DEBUG; set -T"),
        (Shell::Bash, "trap '/bin/echo \"$BASH_COMMAND\" >>seen' DEBUG; shopt -s extdebug"),
        (Shell::Zsh, "TRAPDEBUG() { /bin/echo \"$ZSH_DEBUG_CMD\" >>seen; }"),
        (Shell::Zsh, "trap '/bin/echo \"$ZSH_DEBUG_CMD\" >>seen' DEBUG"),
    ] {
        if shells::installed().contains(&shell) {
            let (form, expected) = (Form::Function, Expected::SignsIn);
            table.check(&Cell { shell, settings, before_loading: false, form, expected });
        }
    }
    table.finish(4);
}

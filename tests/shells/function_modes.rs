//! The snippets in every mode of their shells: they load, the function works, and it leaves help and other formats to
//! the program.

#![cfg(unix)]

use crate::support::evaluation::{self, Cell, Expected, Form, Table};
use crate::support::shells::{self, Shell};
use crate::support::stub_program;
use mfa_env::shell::Shell as Dialect;

trials![
    loads_and_signs_in_with_every_option,
    tells_once_about_an_alias_with_its_name,
    runs_help_and_other_formats_unchanged,
    refuses_output_that_is_not_a_statement,
    finds_a_program_that_has_moved,
];

/// Options that are set before the snippet is loaded.
fn options(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Bash => &[
            "set -o posix",
            "set -o posix; set -eu",
            "set -euo pipefail",
            "shopt -s expand_aliases",
            "shopt -u interactive_comments",
            "set -f; shopt -s failglob",
            "function builtin { command builtin \"$@\"; }; unset -f builtin",
        ],
        Shell::Zsh => &[
            "emulate sh",
            "emulate ksh",
            "emulate csh",
            "setopt ignore_braces",
            "setopt ignore_close_braces",
            "setopt ksh_arrays",
            "setopt sh_word_split",
            "setopt no_function_argzero",
            "setopt no_aliases",
            "setopt posix_builtins",
            "setopt posix_identifiers posix_strings posix_traps",
            "setopt warn_create_global warn_nested_var",
            "setopt typeset_silent",
            "setopt no_unset",
            "setopt rc_expand_param",
            "setopt csh_junkie_quotes",
            "setopt csh_junkie_loops",
            "setopt sh_glob",
            "setopt ksh_glob",
            "setopt glob_subst",
            "setopt err_exit",
            "setopt null_glob",
            "setopt magic_equal_subst",
            "setopt no_nomatch no_bare_glob_qual no_equals",
            "setopt all_export",
            "setopt no_local_options",
            "setopt local_options local_traps",
        ],
        Shell::Dash | Shell::Busybox | Shell::Ksh | Shell::Mksh => &["set -u", "set -e", "set -f", "set -eu", "IFS=:"],
        Shell::Fish => &["set -g IFS :"],
        Shell::Pwsh => &[],
    }
}

// fault 165
fn loads_and_signs_in_with_every_option() {
    let mut table = Table::default();
    for shell in evaluation::shells() {
        for settings in options(shell) {
            for name in ["", "alias aws-mfa=/bin/false; ", "alias aws_mfa=/bin/false; "] {
                if shell == Shell::Fish && !name.is_empty() {
                    continue;
                }
                // The alias of an earlier line; the snippet is loaded twice.
                let again =
                    shell.eval(&format!("mfa-env init {}", Dialect::named(shell.dialect()).expect("a dialect").name()));
                let settings = format!("{name}\n{settings}\n{again}");
                let (form, expected) = (Form::Function, Expected::SignsIn);
                table.check(&Cell { shell, settings: &settings, before_loading: true, form, expected });
            }
        }
    }
    table.finish(163);
}

fn load(shell: Shell) -> String {
    shell.eval(&format!("mfa-env init {}", Dialect::named(shell.dialect()).expect("a dialect").name()))
}

// fault 165
fn tells_once_about_an_alias_with_its_name() {
    for shell in evaluation::shells().filter(|shell| shell.is_posix()) {
        let home = stub_program::home("echo '# </dev/null'");
        let f = shell.function_name();
        let expand = if shell == Shell::Bash { "shopt -s expand_aliases" } else { "" };
        let script =
            format!("{expand}\nalias aws-mfa='echo mine'\n{load}\n{load}\n{f} a\n{f} b\naws-mfa c", load = load(shell));
        home.write("script", &script);
        // zsh parses an argument as a whole, and ksh a file, before an alias is defined.
        let script = if shell == Shell::Zsh { ". ./script" } else { &script };
        let outcome = shell.run(script, &home.variables, home.path());
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
        assert_eq!(stderr.matches("echo mine").count(), 1, "{shell}: {outcome}");
        assert!(stderr.starts_with("mfa-env: aws-mfa is a function now"), "{shell}: {outcome}");
    }
}

fn runs_help_and_other_formats_unchanged() {
    let unchanged = [
        "prod --help",
        "prod -h",
        "export prod --help",
        "unset -h",
        "prod -q --version",
        "-qh",
        "prod --format json",
        "prod --format=env-file",
        "export --format json prod",
        "prod --show",
        "prod --shell fish",
        "unset -s zsh",
    ];
    let evaluated = ["prod", "prod --format statements", "--format=statements prod", "export prod", "-- --help"];
    for shell in evaluation::shells() {
        let home = stub_program::home("echo 'true # </dev/null'");
        let f = shell.function_name();
        for (words, output) in
            unchanged.map(|words| (words, true)).into_iter().chain(evaluated.map(|words| (words, false)))
        {
            let outcome = shell.run(&format!("{}\n{f} {words}", load(shell)), &home.variables, home.path());
            let expected: &[u8] = if output { b"true # </dev/null\n" } else { b"" };
            assert!(outcome.status.success() && outcome.stdout == expected, "{shell} {words}: {outcome}");
            let arguments = stub_program::take_arguments(&home).expect("it ran").join(" ");
            assert_eq!(arguments == words, output, "{shell} {words}: {arguments}");
        }
    }
}

/// The POSIX functions evaluate nothing else; what they refuse is not shown.
fn refuses_output_that_is_not_a_statement() {
    for shell in evaluation::shells().filter(|shell| shell.is_posix()) {
        for output in ["", "{\"AWS_SECRET_ACCESS_KEY\": \"NEWSECRET\"}", "AWS_SECRET_ACCESS_KEY=NEWSECRET", "touch pwn"]
        {
            let home = stub_program::home(&format!("printf '%s\\n' '{output}'"));
            let script = format!("{}\n{} prod && echo on", load(shell), shell.function_name());
            let outcome = shell.run(&script, &home.variables, home.path());
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert_eq!(outcome.status.code(), Some(1), "{shell} {output}: {outcome}");
            assert_eq!(
                stderr, "mfa-env: not signed in: the output cannot be evaluated\n",
                "{shell} {output}: {outcome}"
            );
            assert!(outcome.stdout.is_empty() && !home.path().join("pwn").exists(), "{shell} {output}: {outcome}");
        }
    }
}

// fault 227
fn finds_a_program_that_has_moved() {
    for &shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = stub_program::home("echo '# </dev/null'");
        let (f, load) = (shell.function_name(), load(shell));
        let path = match shell {
            Shell::Fish => "set -gx PATH $PWD/bin $PWD/other $PATH",
            _ => "PATH=$PWD/bin:$PWD/other:$PATH",
        };
        // The shell finds the program once, so that it may remember where it was.
        let gone = "rm other/mfa-env; PATH=$PWD/bin:$PWD/other:/bin:/usr/bin";
        let gone = if shell == Shell::Fish { "rm other/mfa-env; set -gx PATH /bin /usr/bin" } else { gone };
        let script = format!(
            "mkdir other\n{path}\n{load}\nmfa-env list >first\n{f} prod\nmv bin/mfa-env other/mfa-env\n\
             {f} prod && echo moved\n{f} list >second && echo ran\n{gone}\n{f} prod || echo {status}\n{f} list || echo {status}",
            status = if shell == Shell::Fish { "$status" } else { "$?" }
        );
        let outcome = shell.run(&script, &home.variables, home.path());
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "moved\nran\n127\n127\n", "{shell}: {outcome}");
    }
}

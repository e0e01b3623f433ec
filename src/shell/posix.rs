//! bash, zsh, dash, ksh, mksh and busybox ash.
//!
//! Values are quoted by the rule of [`super::quote`].
//!
//! The text is a single list in three or four lines. The first two do nothing here, but fail in fish and PowerShell, and
//! contain no value that their error message could show. The third one tries in a subshell what could fail, so that a
//! failure changes nothing, and then unsets every variable, which also removes attributes such as `typeset -u`. The
//! fourth one sets the values. Nothing ends in `;`, so that `eval "$(mfa-env prod) && next"` works.
//!
//! The user may have an alias or a function with any name. A backslash gets past aliases, and `builtin` past functions,
//! unless it is a function itself, which the second line finds out without running it.

use super::dialect::{Dialect, instead};
use super::quote::quote;
use crate::environment::EnvChange;
use crate::failure_statement::PORTABLE_FAILURE;
use std::fmt::Write;

/// Of bash. The assignments are a separate command, because with `set -k` bash would take them as the environment of
/// `export`.
pub(super) const BASH: Dialect = Dialect { statements: bash_statements, ..SH };

/// Of zsh. The assignments are arguments of `export`, because with `setopt warn_create_global` zsh warns about other
/// assignments in a function.
pub(super) const ZSH: Dialect = Dialect { statements: zsh_statements, ..SH };

/// Of the other shells, in which the commands used here take precedence over functions.
pub(super) const SH: Dialect = Dialect {
    statements: sh_statements,
    failure: &PORTABLE_FAILURE,
    word: |text| shell_escape::unix::escape(text.into()).into_owned(),
    unset: "unset ",
    set: ["export ", "=", ""],
    list_separator: "|",
};

/// What to type before and after a command so that its output is evaluated. It is quoted, so that the shell does not
/// split the output into words.
pub(super) const EVALUATE: (&str, &str) = ("eval \"$(", ")\"");

/// Two assignments, which no alias or function can change. `eval (mfa-env prod)` in fish joins all lines into one and
/// would show it if it could not parse it. For fish `\'` is a quote within a string, so it sees `_='…' builtin false` and
/// a comment.
const FISH_GUARD: &str = "_='\\' && _=' builtin false #' &&\n";

/// In POSIX mode, `export` and `unset` take precedence over functions. `export -f` fails unless it names a function.
const BASH_GUARD: &str = "! (POSIXLY_CORRECT=y && \\export -f builtin 2>/dev/null && \\unset -f builtin \
    && \\builtin echo 'mfa-env: no sign-in while builtin is a function' >&2) </dev/null && </dev/null &&\n";

const ZSH_GUARD: &str = "((!${+functions[builtin]})) </dev/null && </dev/null \\builtin : &&\n";

const SH_GUARD: &str = "\\: </dev/null && </dev/null \\: &&\n";

/// The message where variables would hide the session, now or after the function.
fn hidden(changes: &[EnvChange]) -> String {
    let command = instead(changes);
    format!("variables of a function or of this command would hide the session; run only: {command}")
}

fn bash_statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str(FISH_GUARD);
    text.push_str(BASH_GUARD);
    let Some(names) = Names::of(changes) else { return text.push_str("\\builtin :") };
    let all = &names.all;
    // A name is still declared after `unset` if it is local to a function or refers to another variable. With `!`, a
    // command that a DEBUG trap skips counts as failed.
    append(
        text,
        format_args!(
            "(\\builtin unset {all} && (! [[ $(\\builtin declare -p {all} 2>/dev/null) == *'declare -'[!p]* ]] \
             || ! \\builtin echo 'mfa-env: {}' >&2)",
            hidden(changes)
        ),
    );
    names.export(text, " && \\builtin export ");
    append(text, format_args!(") && \\builtin unset {all} &&"));
    if names.has_values() {
        text.push('\n');
        assign(text, changes);
        names.export(text, "&& \\builtin export ");
        text.push_str(" &&");
    }
    text.push_str(" ! [[ ");
    for (i, change) in changes.iter().enumerate() {
        let (join, test) = (if i > 0 { " || " } else { "" }, if change.value.is_some() { "-z ${" } else { "-n ${" });
        for part in [join, test, &change.name, "+x}"] {
            text.push_str(part);
        }
    }
    text.push_str(" ]]");
}

fn zsh_statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str(FISH_GUARD);
    text.push_str(ZSH_GUARD);
    let Some(names) = Names::of(changes) else { return text.push_str("\\builtin :") };
    let all = &names.all;
    text.push_str("([[ \"");
    for change in changes {
        for part in ["${(t)", &change.name, "-}"] {
            text.push_str(part);
        }
    }
    append(
        text,
        format_args!(
            "\" != *local* ]] || (\\builtin \\echo 'mfa-env: {}' >&2 && \\builtin \\false)) \
             && (\\builtin \\unset {all}",
            hidden(changes)
        ),
    );
    names.export(text, " && \\builtin \\export ");
    append(text, format_args!(") && \\builtin \\unset {all}"));
    if names.has_values() {
        text.push_str(" &&\n\\builtin \\export ");
        assign(text, changes);
        text.truncate(text.trim_end().len());
    }
}

/// A value by which variables that are local are found.
const LOCAL: &str = "mfa-env-local";

fn sh_statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str(FISH_GUARD);
    text.push_str(SH_GUARD);
    let Some(names) = Names::of(changes) else { return text.push_str("\\:") };
    let all = &names.all;
    append(text, format_args!("(\\set +a && \\unset {all} && \\set -- '' \""));
    for change in changes {
        for part in ["${", &change.name, "+ ", &change.name, "}"] {
            text.push_str(part);
        }
    }
    // In ksh and mksh, `${!A}` is the name of the variable that A refers to, and otherwise A.
    append(
        text,
        format_args!("\" '{}' && case ${{KSH_VERSION+x}} in (x) \\set +u && \\eval 'case \"", hidden(changes)),
    );
    for change in changes {
        for part in ["${!", &change.name, "} "] {
            text.push_str(part);
        }
    }
    append(text, format_args!("\" in (\"{all} \") ;; (*) \\set -- \"\" \" typeset -n\" \"$3\" ;; esac' ;; esac &&"));
    // An exported variable that is local to a function, or lasts only as long as it, is still exported after `unset`,
    // except in ksh.
    for change in changes {
        append(text, format_args!(" {}={LOCAL}", change.name));
    }
    append(
        text,
        format_args!(
            " && case $(\\export -p) in (*={LOCAL}*|*=\\'{LOCAL}*) \\set -- '' \"$2 local\" \"$3\" ;; esac \
             && case ${{KSH_VERSION-}} in (Version*) mfa_env= && \\trap '{{ .sh.level=0; case \""
        ),
    );
    // In ksh, a DEBUG trap can look at the variables outside of all functions.
    for change in changes {
        for part in ["${", &change.name, "-}"] {
            text.push_str(part);
        }
    }
    append(
        text,
        format_args!(
            "\" in ({}) ;; (*) mfa_env=1 ;; esac; }}' DEBUG && \\: && \\trap - DEBUG && case $mfa_env in (1) \
             \\set -- '' local \"$3\" ;; esac ;; esac && \\: \"${{2:+${{1:?$3}}}}\"",
            LOCAL.repeat(changes.len())
        ),
    );
    names.export(text, " && \\export ");
    append(text, format_args!(") && \\unset {all}"));
    if names.has_values() {
        text.push_str(" &&\n");
        assign(text, changes);
        names.export(text, "&& \\export ");
    }
}

/// The names of the variables, separated by blanks.
struct Names {
    /// All that change.
    all: String,
    /// Those that get a value.
    set: String,
}

impl Names {
    /// `None` if nothing changes.
    fn of(changes: &[EnvChange]) -> Option<Self> {
        let mut names = Names { all: String::with_capacity(1024), set: String::with_capacity(512) };
        let add = |list: &mut String, name: &str| {
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(name);
        };
        for change in changes {
            add(&mut names.all, &change.name);
            if change.value.is_some() {
                add(&mut names.set, &change.name);
            }
        }
        (!changes.is_empty()).then_some(names)
    }

    fn has_values(&self) -> bool {
        !self.set.is_empty()
    }

    /// Appends the command, with its separator, for the names that get a value, if there are any.
    fn export(&self, text: &mut String, command: &str) {
        if self.has_values() {
            text.push_str(command);
            text.push_str(&self.set);
        }
    }
}

fn append(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(more);
}

/// `A='…' B='…' `, with a blank at the end.
fn assign(text: &mut String, changes: &[EnvChange]) {
    for change in changes {
        if let Some(value) = &change.value {
            text.push_str(&change.name);
            text.push('=');
            quote(text, value.expose());
            text.push(' ');
        }
    }
}

//! PowerShell 5.1 and 7.
//!
//! Quoting rule: printable ASCII is written within `'…'`, with single quotes doubled. All other characters are written
//! as `[char]0xNNNN`, one for each UTF-16 code unit, and the parts are joined. They would not be safe within quotes:
//! PowerShell also accepts U+2018 to U+201B as quotes, and if the console's code page is not UTF-8, other characters
//! can be decoded as those.
//!
//! The text is one line, because `Invoke-Expression (mfa-env prod)` fails on several. It starts with commands that do
//! nothing here, but hide the rest from other shells. No value contains a `"` in the text, so that nothing ends the
//! string that opens in a shell that has turned comments off.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // This stops scripts, `&&` and every form of evaluation, can be caught, and leaves the PowerShell session running.
    // A printed `throw` would not do all of that.
    failure: &FailureStatement {
        before: "Write-Error -CategoryActivity 'mfa-env' -Message 'not signed in' -ErrorAction Stop\n",
        after: None,
        of_interruption: Some(INTERRUPTION),
    },
    word: |text| {
        let mut word = String::new();
        quote(&mut word, text, is_printable);
        word
    },
    unset: "Remove-Item Env:",
    set: ["$env:", " = '", "'"],
    list_separator: "', '",
};

/// Two commands that print nothing. For POSIX shells and fish `\"` is a quote within a string, so they see
/// `echo "…" >/dev/null; false` and a comment. Therefore they fail without showing the line.
const GUARD: &str = r#"echo "\" |Out-Null; echo " >/dev/null; false #" |Out-Null"#;

/// After the guard: a jump to a label that nobody has, which nothing can catch, but which runs every `finally`. In
/// constrained language mode, only another runspace can set the status of the script.
const INTERRUPTION: &str = concat!(
    r#"echo "\" |Out-Null; echo " >/dev/null; false #" |Out-Null; "#,
    "if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') { $Host.SetShouldExit(130) } ",
    "else { try { $null = Start-ThreadJob -StreamingHost $Host { exit 130 } | Wait-Job } catch { throw 'not signed in' } }; ",
    "break __mfa_env_interrupted\n"
);

fn statements(line: &mut String, changes: &[EnvChange]) {
    line.push_str(GUARD);
    for change in changes {
        // Writing to a String cannot fail.
        let _ = write!(line, "; $env:{} = ", change.name);
        match &change.value {
            // Before PowerShell 7.5, an empty value unsets the variable.
            Some(value) => quote(line, value.expose(), |c| is_printable(c) && c != '"'),
            None => line.push_str("$null"),
        }
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
}

/// Appends the value by the quoting rule; only plain characters are written within quotes.
fn quote(line: &mut String, value: &str, is_plain: impl Fn(char) -> bool) {
    if value.chars().all(&is_plain) {
        literal(line, value);
        return;
    }
    line.push_str("(-join(");
    let mut rest = value;
    let mut units = [0; 2];
    while let Some(first) = rest.chars().next() {
        if rest.len() < value.len() {
            line.push(',');
        }
        if is_plain(first) {
            let end = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
            literal(line, &rest[..end]);
            rest = &rest[end..];
        } else {
            let codes: Vec<String> =
                first.encode_utf16(&mut units).iter().map(|unit| format!("[char]0x{unit:04X}")).collect();
            line.push_str(&codes.join(","));
            rest = &rest[first.len_utf8()..];
        }
    }
    line.push_str("))");
}

/// Appends printable ASCII in single quotes.
fn literal(line: &mut String, ascii: &str) {
    line.push('\'');
    line.push_str(&ascii.replace('\'', "''"));
    line.push('\'');
}

//! PowerShell 5.1 and 7.
//!
//! Rule: printable ASCII within `'…'`, a quote doubled; everything else as `[char]0xNNNN`, one per UTF-16 unit, joined.
//! Raw text is not safe: PowerShell also takes U+2018 to U+201B for quotes, and if the console's code page is not
//! UTF-8, other letters decode to them.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // Stops scripts, `&&` and every form of evaluation, can be caught, and leaves the session alive; a printed `throw`
    // does not.
    failure: &FailureStatement {
        before: "Write-Error -CategoryActivity 'mfa-env' -Message 'not signed in' -ErrorAction Stop\n",
        after: None,
    },
    word: |text| {
        let mut word = String::new();
        quote(&mut word, text);
        word
    },
    list_separator: "', '",
};

fn statements(line: &mut String, changes: &[EnvChange]) {
    for (i, change) in changes.iter().enumerate() {
        if i > 0 {
            line.push_str("; ");
        }
        // Writing to a String cannot fail.
        let _ = write!(line, "$env:{} = ", change.name);
        match &change.value {
            // An empty value is a variable that is set since 7.5; before that it is the same as none.
            Some(value) => quote(line, value.expose()),
            None => line.push_str("$null"),
        }
    }
}

fn quote(line: &mut String, value: &str) {
    let is_plain = |c: char| matches!(c, ' '..='~');
    if value.chars().all(is_plain) {
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

fn literal(line: &mut String, ascii: &str) {
    line.push('\'');
    line.push_str(&ascii.replace('\'', "''"));
    line.push('\'');
}

//! Quoting that POSIX shells and fish read alike.
//!
//! Quoting rule: everything is within `'…'`, except a single quote, which is written `"'"`, and a backslash, which is
//! written `"\\"`. The shorter forms of each shell, such as `'\''`, would end the quotes too early or too late in the
//! other one, so that a part of the value could run there, or be shown in an error message.

use memchr::memchr2;

/// Appends the value by the quoting rule.
pub(super) fn quote(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = memchr2(b'\'', b'\\', rest.as_bytes()) {
        literal(text, &rest[..at]);
        text.push_str(if rest.as_bytes()[at] == b'\'' { "\"'\"" } else { r#""\\""# });
        rest = &rest[at + 1..];
    }
    literal(text, rest);
    if value.is_empty() {
        text.push_str("''");
    }
}

/// Appends text that contains neither a single quote nor a backslash.
fn literal(text: &mut String, plain: &str) {
    if !plain.is_empty() {
        text.extend(["'", plain, "'"]);
    }
}

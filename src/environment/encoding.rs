//! How values are written in `MFA_ENV_BEFORE` and `MFA_ENV_OPTIONS`: percent-encoded, so that the separators of the two
//! formats never occur in a value, and nothing in them is special in a shell or a terminal.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters to encode: the separators, and all that could be special in a shell or a terminal.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

pub(super) fn encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// Decodes a value. It accepts more than [`encode`] writes; to find such text, encode the result again.
pub(super) fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|value| value.into_owned())
}

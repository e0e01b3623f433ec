//! JSON in one line, as every `--json` prints it.

use crate::printable::is_safe;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// The object in one line. Characters that a terminal would interpret or not show are written as `\uXXXX`, because
/// people also read the output of `--json`.
pub(super) fn json_line<T: Serialize>(object: &T) -> String {
    let mut json = Vec::with_capacity(1024);
    let serialized = object.serialize(&mut Serializer::with_formatter(&mut json, Escaping));
    serialized.expect("text and numbers are JSON, and a Vec can be written");
    json.push(b'\n');
    String::from_utf8(json).expect("JSON is UTF-8")
}

/// Escapes more characters than JSON requires.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut start = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !is_safe(*c)) {
            writer.write_all(&fragment.as_bytes()[start..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            start = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }
}

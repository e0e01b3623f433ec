//! Where codes come from, and reading one from stdin.

use super::prompt::PromptStyle;
use crate::credentials::TokenCode;
use crate::error::{FileError, NoCode, Result};
use std::io::Read;
use zeroize::Zeroizing;

/// Where the codes of this run come from.
#[derive(Clone, Debug)]
pub enum CodeSource {
    /// A code that was passed as an argument or on stdin. There is no other attempt.
    Given(TokenCode),
    /// The profile's `mfa_process` if there is one, or else the user at the terminal.
    Interactive(PromptStyle),
    /// The profile's `mfa_process`; nobody is asked.
    Unattended,
}

/// How much of stdin is read, in bytes; a line with a code is much shorter.
const MAX_LINE_LENGTH: usize = 1024;

/// Reads a code from the first line of `input`. Reads byte by byte, because what follows may be for another process.
///
/// # Errors
/// The input is empty or cannot be read, or the line is not a code.
pub fn read_code(input: &mut impl Read) -> Result<TokenCode> {
    let mut line = Zeroizing::new(Vec::new());
    let mut byte = [0];
    while line.len() < MAX_LINE_LENGTH {
        match input.read(&mut byte) {
            Ok(0) if line.is_empty() => return Err(NoCode::StdinEmpty.into()),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) => line.push(byte[0]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(FileError::Stdin(e.kind().to_string()).into()),
        }
    }
    let text = std::str::from_utf8(&line).unwrap_or_default();
    // PowerShell writes a byte order mark, if `$OutputEncoding` has one.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    // The error does not repeat the line: if the wrong thing was piped in, it may be a secret.
    let code = if line.len() < MAX_LINE_LENGTH { TokenCode::parse(text) } else { None };
    code.ok_or_else(|| NoCode::NotSixDigits.into())
}

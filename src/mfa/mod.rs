//! Getting a code: from the command line, from stdin, from the profile's `mfa_process`, or from the person at the
//! terminal.

mod attempts;
pub mod process;
mod prompt;
mod window;

pub use attempts::{CodeAttempts, CodeRequest, Progress};
pub use prompt::Question;

use crate::credentials::TokenCode;
use crate::error::{FileError, NoCode, Result};
use std::io::Read;
use zeroize::Zeroizing;

/// Where codes come from in this run.
#[derive(Debug)]
pub enum CodeSource {
    /// Typed with the command, checked already. It is the only one.
    Given(TokenCode),
    /// The person, whom a process may spare the typing.
    Person(PromptStyle),
}

/// What the person gets to see of the question.
#[derive(Clone, Copy, Debug)]
pub struct PromptStyle {
    /// What is typed is shown.
    pub echo: bool,
    /// The terminal can go back to the start of a row.
    pub can_repaint: bool,
}

/// No line of stdin that is a code comes near this.
const LONGEST_LINE: usize = 1024;

/// Reads a code from one line of `input`, byte by byte: what follows belongs to somebody else.
///
/// # Errors
/// The input ends at once, cannot be read, or its first line is no code.
pub fn read_code(input: &mut impl Read) -> Result<TokenCode> {
    let mut line = Zeroizing::new(Vec::new());
    let mut byte = [0];
    while line.len() < LONGEST_LINE {
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
    let text = text.strip_suffix('\r').unwrap_or(text);
    // Not repeated in the message: a pipe that leads here by mistake may carry any secret.
    let code = if line.len() < LONGEST_LINE { TokenCode::parse(text) } else { None };
    code.ok_or_else(|| NoCode::NotSixDigits.into())
}

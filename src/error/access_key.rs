//! Access keys in the AWS files that AWS would reject. Their values are never shown.

use super::Message;
use super::value::{REMOVE_QUOTES, continued};
use crate::origin::Origin;

/// Why a value is not an access key ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessKeyIdProblem {
    /// The secret, which is set at `secret`, is one.
    Swapped { secret: Origin },
    /// It is in quotes.
    Quoted,
    /// A character that no ID contains, or too many characters.
    Characters,
}

/// Why a value cannot be part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTextProblem {
    /// It continues on a further line, or on one that is meant to be the header of a section.
    Continued { with_header: bool },
    /// It is in quotes.
    Quoted,
    /// A character that no key contains, and its position, counted from 1.
    Character { character: char, position: usize },
}

impl AccessKeyIdProblem {
    pub(super) fn message(&self, origin: &Origin) -> Message {
        Message::new(format!("{origin}: aws_access_key_id is not an access key ID (AKIA…)")).advise(match self {
            AccessKeyIdProblem::Swapped { secret } => {
                format!("it is swapped with aws_secret_access_key ({secret}): exchange the two values")
            }
            AccessKeyIdProblem::Quoted => REMOVE_QUOTES.to_owned(),
            AccessKeyIdProblem::Characters => {
                "correct it: it has at most 128 characters, only letters, digits and _".to_owned()
            }
        })
    }
}

impl KeyTextProblem {
    pub(super) fn message(self, setting: &str, origin: &Origin) -> Message {
        match self {
            KeyTextProblem::Continued { with_header } => continued(&format!("{origin}: {setting}"), with_header),
            KeyTextProblem::Quoted => Message::new(format!("{origin}: {setting} is in quotes")).advise(REMOVE_QUOTES),
            KeyTextProblem::Character { character, position } => Message::new(format!(
                "{origin}: {setting} contains {}, which no access key contains",
                character_name(character)
            ))
            .advise(format!("remove character {position} of the value")),
        }
    }
}

/// A character that is not shown, because a terminal would interpret it or show nothing.
fn character_name(c: char) -> String {
    let kind = match c {
        ' ' => return "a space".to_owned(),
        '\t' => return "a tab".to_owned(),
        '\u{a0}' => "a no-break space",
        c if c.is_control() => "a control character",
        _ => "a character that is not ASCII",
    };
    format!("{kind} (U+{:04X})", u32::from(c))
}

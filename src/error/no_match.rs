//! No profile matches what was typed.

use super::Message;
use crate::printable::shown_value;

/// Why no profile is left to run a command for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// A pattern matches none.
    Pattern {
        pattern: String,
        /// Profiles with similar names.
        similar: Vec<String>,
        /// Whether a file has this name: the shell may have replaced a pattern without quotes.
        is_file: bool,
    },
    /// None that matches is in the account.
    Account {
        account: String,
        /// The accounts that the matching profiles are in.
        others: Vec<String>,
    },
}

impl NoMatch {
    pub(super) fn message(&self) -> Message {
        match self {
            NoMatch::Pattern { pattern, similar, is_file } => {
                let advice = match similar.as_slice() {
                    _ if *is_file => "it is a file here; write patterns in quotes, so that the shell does not replace \
                                      them by the names of files"
                        .to_owned(),
                    [] => "list the profiles with: mfa-env list".to_owned(),
                    similar => format!("did you mean {}?", similar.join(" or ")),
                };
                Message::new(format!("no profile matches `{}`", shown_value(pattern))).advise(advice)
            }
            NoMatch::Account { account, others } => {
                Message::new(format!("no matching profile is in account {account}")).advise(match others.as_slice() {
                    [] => "the accounts of the matching profiles are not known; omit --account".to_owned(),
                    others => format!("the matching profiles are in {}", others.join(", ")),
                })
            }
        }
    }
}

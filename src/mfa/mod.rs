//! MFA codes: from the command line, from stdin, from the profile's `mfa_process`, or from the user at the terminal. Other
//! questions to the user, too.

mod attempts;
mod choice;
mod code_source;
pub mod process;
mod prompt;
mod two_codes;
mod window;

pub use attempts::{CodeAttempts, CodeRequest, Progress};
pub use choice::{choose, confirm};
pub use code_source::{CodeSource, read_code};
pub use prompt::{CodePrompt, PromptStyle, without_paste_markers};
pub use two_codes::TwoCodes;

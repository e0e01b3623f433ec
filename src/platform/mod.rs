//! What differs by operating system, each in a file of its own with the same names.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

/// No AWS file comes near this; beyond it we would be reading something else.
const LARGEST_FILE: u64 = 64_000_000;

/// A question as it is put on the terminal.
pub struct PromptRequest<'a> {
    /// The line to ask with, for a terminal of so many columns where that is known.
    pub prompt: &'a mut dyn FnMut(Option<usize>) -> PromptText,
    /// Whether what is typed is shown.
    pub echo: bool,
    /// How long an answer is waited for.
    pub patience: std::time::Duration,
    /// Rung when `watch` has something to look at.
    pub wakeup: Option<&'a mut Wakeup>,
    pub watch: &'a mut dyn FnMut() -> WatchResult,
}

/// A line to ask with.
pub struct PromptText {
    pub text: String,
    /// It reads differently by then, and can be painted over: it fits into one row, and nothing is shown behind it.
    pub changes_in: Option<std::time::Duration>,
}

/// What the one who watches while an answer is waited for makes of it.
pub enum WatchResult {
    Nothing,
    /// To be shown beside the question, which stays open.
    Say(String),
    Stop,
}

/// How a question on the terminal ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// A line without its end, of [`MAX_REPLY`] bytes at most.
    Line(zeroize::Zeroizing<String>),
    /// A longer line: something pasted by mistake, which may begin like an answer.
    TooLong,
    /// Ctrl-D.
    Nothing,
    /// The one who watched while we waited said stop.
    Stopped,
    TimedOut,
}

/// A code has six digits; of whatever is pasted by mistake only this much is kept.
pub const MAX_REPLY: usize = 256;

/// Why a directory or a file in it is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryError {
    NotADirectory,
    NotAFile,
    NotMine,
    OpenToOthers,
    Unusable(String),
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DirectoryError::NotADirectory => "not a directory",
            DirectoryError::NotAFile => "not a regular file",
            DirectoryError::NotMine => "owned by another user",
            DirectoryError::OpenToOthers => "accessible to other users",
            DirectoryError::Unusable(problem) => problem,
        })
    }
}

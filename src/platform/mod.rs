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

/// How a question on the terminal ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line without its end, of [`LONGEST_ANSWER`] bytes at most.
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
pub const LONGEST_ANSWER: usize = 256;

/// Why a directory or a file in it is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirFlaw {
    NotADirectory,
    NotAFile,
    NotMine,
    OpenToOthers,
    Unusable(String),
}

impl std::fmt::Display for DirFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DirFlaw::NotADirectory => "it is no directory",
            DirFlaw::NotAFile => "it is no file",
            DirFlaw::NotMine => "it belongs to another user",
            DirFlaw::OpenToOthers => "it is open to other users",
            DirFlaw::Unusable(problem) => problem,
        })
    }
}

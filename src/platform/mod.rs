//! Everything that differs between operating systems. Each system has a module with the same public items.

mod command_output;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

pub use command_output::OutputPipe;

/// Removes a variable from the environment of this process and of those that it starts. Only for the start of the run.
#[allow(unsafe_code, reason = "the standard library cannot rule out other threads")]
pub fn remove_variable(name: &str) {
    // SAFETY: called before the first thread is started.
    unsafe { std::env::remove_var(name) };
}

/// The size limit of input files in bytes; no real AWS file or certificate bundle is this large.
const MAX_FILE_SIZE: u64 = 64_000_000;

/// The exit status if a key has interrupted this process, and the function `aws-mfa` of PowerShell runs it. Programs hardly
/// ever end with it.
const INTERRUPTED_IN_FUNCTION: u8 = 244;

/// A prompt on the terminal, and what to do while it waits.
pub struct PromptRequest<'a> {
    /// Returns the text of the prompt for a terminal with this many columns, if the width is known.
    pub prompt: &'a mut dyn FnMut(Option<usize>) -> PromptText,
    /// Whether to echo the input.
    pub echo: bool,
    /// How long to wait for input.
    pub timeout: std::time::Duration,
    /// Signals that `watch` should be called. Not used on Windows.
    pub wakeup: Option<&'a mut Wakeup>,
    /// Called on each `wakeup` and after each `watch_interval`; it can print a message or end the prompt.
    pub watch: &'a mut dyn FnMut() -> WatchResult,
    /// On Windows, `watch` is only called once, at the end.
    pub watch_interval: std::time::Duration,
}

/// The text of a prompt.
pub struct PromptText {
    /// The prompt itself, without a line ending.
    pub text: String,
    /// The time after which a new text is requested and the line redrawn in place. Only for a text that fits on one
    /// row, and only without echo.
    pub changes_in: Option<std::time::Duration>,
}

/// What [`PromptRequest::watch`] wants done.
pub enum WatchResult {
    /// Keep waiting for input.
    Nothing,
    /// Print this line and show the prompt again.
    Say(String),
    /// End the prompt.
    Stop,
}

/// How a prompt on the terminal ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// A line without its line ending, of at most [`MAX_REPLY`] bytes.
    Line(zeroize::Zeroizing<String>),
    /// A longer line, which was probably pasted by mistake.
    TooLong,
    /// Ctrl-D on an empty line.
    Nothing,
    /// [`PromptRequest::watch`] returned [`WatchResult::Stop`].
    Stopped,
    /// No complete line within [`PromptRequest::timeout`].
    TimedOut,
}

/// What the key that interrupts this process does to an ancestor that must not get the signal of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// It ends the ancestor.
    Ends,
    /// Nothing: the ancestor notices that this process, or another one, has failed.
    Spares,
}

/// The longest line in bytes that a prompt returns; a code has six digits.
pub const MAX_REPLY: usize = 256;

/// Who may do what with a file or a folder, as far as its owner and its mode say. Access control lists are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAccess {
    /// Whether it belongs to another user than the one who runs this.
    pub is_of_other: bool,
    /// Whether it belongs to the administrator, who can do everything anyway.
    pub is_of_root: bool,
    /// Whether its group or others can read it.
    pub is_readable: bool,
    /// Whether its group or others can change it; in a folder that is sticky, only what is theirs. A group that only this
    /// user has does not count.
    pub is_writable: bool,
}

/// Why a private directory, or a file in it, cannot be used. Displayed as the predicate of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryError {
    /// The path leads to something other than a directory.
    NotADirectory,
    /// Not a regular file.
    NotAFile,
    /// Owned by another user.
    OtherOwner,
    /// The file has another name, perhaps in another directory.
    HardLinked,
    /// The mode gives the group or others access.
    AccessibleToOthers,
    /// The system's message for any other error.
    Unusable(String),
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DirectoryError::NotADirectory => "not a directory",
            DirectoryError::NotAFile => "not a regular file",
            DirectoryError::OtherOwner => "owned by another user",
            DirectoryError::HardLinked => "a hard link to another file",
            DirectoryError::AccessibleToOthers => "accessible to other users",
            DirectoryError::Unusable(problem) => problem,
        })
    }
}

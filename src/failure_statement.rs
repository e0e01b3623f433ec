//! The statement that makes a shell's `eval` fail. Each shell has its own.

/// A line that makes `eval` fail. It is in two parts because a signal handler must not allocate memory to format it.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureStatement {
    /// The part before the exit status, or the whole line if it has no status.
    pub before: &'static str,
    /// The part after the exit status; `None` if the line has none.
    pub after: Option<&'static str>,
    /// The line instead if a key has interrupted this process, and the shell runs a script: it ends the script. Such a shell
    /// must not receive the SIGINT of Ctrl-C at a prompt, because it would end the script with status 0.
    pub of_interruption: Option<&'static str>,
}

/// For POSIX shells and for an unknown shell. In POSIX shells the status of the subshell becomes that of `eval`, and
/// `exit` ends only the subshell; if the user has redefined `exit`, the redirection fails. In fish the redirection
/// fails, and PowerShell cannot parse the line.
pub const PORTABLE_FAILURE: FailureStatement =
    FailureStatement { before: "(exit ", after: Some(") </dev/null && </dev/null/.\n"), of_interruption: None };

impl FailureStatement {
    /// The whole line with this exit status.
    pub fn with_status(&self, status: u8) -> String {
        self.after.map_or_else(|| self.before.to_owned(), |after| format!("{}{status}{after}", self.before))
    }
}

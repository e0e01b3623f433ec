//! The statement that makes a shell's `eval` fail. Each shell has its own.

/// A line that makes `eval` fail. It is in two parts because a signal handler must not allocate memory to format it.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureStatement {
    /// The part before the exit status, or the whole line if it has no status.
    pub before: &'static str,
    /// The part after the exit status; `None` if the line has none.
    pub after: Option<&'static str>,
}

/// For an unknown shell: every shell either has a failing command `false` or reports it as unknown.
pub const PORTABLE_FAILURE: FailureStatement = FailureStatement { before: "false\n", after: None };

impl FailureStatement {
    /// The whole line with this exit status.
    pub fn with_status(&self, status: u8) -> String {
        self.after.map_or_else(|| self.before.to_owned(), |after| format!("{}{status}{after}", self.before))
    }
}

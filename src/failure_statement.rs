//! The statement that makes a shell's `eval` fail; each dialect defines its own.

/// A line that makes the evaluation fail, in parts, because a signal handler may not allocate to format it.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureStatement {
    /// The whole line, or its part before the exit status.
    pub before: &'static str,
    /// The part after the exit status; `None` if the line has no status.
    pub after: Option<&'static str>,
}

/// For an unknown shell: in every shell, `false` either fails or is an error.
pub const FAILURE_ANYWHERE: FailureStatement = FailureStatement { before: "false\n", after: None };

impl FailureStatement {
    /// The whole line.
    pub fn with(&self, status: u8) -> String {
        self.after.map_or_else(|| self.before.to_owned(), |after| format!("{}{status}{after}", self.before))
    }
}

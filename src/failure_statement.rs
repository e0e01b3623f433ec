//! What a shell evaluates so that the evaluation fails; which line, is each dialect's to say.

/// A line that makes the evaluation fail.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureStatement {
    /// The line, or its part before the status.
    pub before: &'static str,
    /// Its part after the status; `None` where the shell has only one way to fail.
    pub after: Option<&'static str>,
}

/// While the shell is not known: every shell has this, or an error for want of it.
pub const FAILURE_ANYWHERE: FailureStatement = FailureStatement { before: "false\n", after: None };

impl FailureStatement {
    /// The whole line.
    pub fn with(&self, status: u8) -> String {
        self.after.map_or_else(|| self.before.to_owned(), |after| format!("{}{status}{after}", self.before))
    }
}

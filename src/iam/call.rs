//! One call, as a value.

use crate::credentials::TokenCode;
use std::fmt::{self, Debug, Formatter};
use zeroize::Zeroizing;

/// Attempts at a call that can be repeated without an effect of its own.
const MAX_ATTEMPTS: u32 = 3;

/// An operation with its parameters.
#[derive(Clone)]
pub(super) struct Call {
    pub operation: &'static str,
    /// What it is about, for error messages.
    pub subject: String,
    /// A call is not repeated if the first attempt may have changed something or used a code.
    pub attempts: u32,
    pub has_codes: bool,
    /// A value may be a code.
    pub parameters: Vec<(&'static str, Zeroizing<String>)>,
}

impl Call {
    /// A call that may be repeated.
    pub(super) fn repeated(operation: &'static str) -> Self {
        let (subject, parameters) = ("the user".to_owned(), Vec::new());
        Call { operation, subject, attempts: MAX_ATTEMPTS, has_codes: false, parameters }
    }

    /// A call that is sent once.
    pub(super) fn once(operation: &'static str) -> Self {
        Call { attempts: 1, ..Call::repeated(operation) }
    }

    pub(super) fn about(self, subject: String) -> Self {
        Call { subject, ..self }
    }

    pub(super) fn about_device(self, device: &str) -> Self {
        self.about(format!("MFA device {device}"))
    }

    pub(super) fn about_key(self, id: &str) -> Self {
        self.about(format!("access key {id}"))
    }

    /// The same call with another parameter.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.parameters.push((name, Zeroizing::new(value.to_owned())));
        self
    }

    /// The same call with two codes in a row.
    pub(super) fn with_codes(self, [first, second]: [&TokenCode; 2]) -> Self {
        let call = self.with("AuthenticationCode1", first.expose()).with("AuthenticationCode2", second.expose());
        Call { has_codes: true, ..call }
    }
}

impl Debug for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…)", self.operation)
    }
}

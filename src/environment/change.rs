//! A change of one variable, as data: each shell's dialect writes it in its own syntax.

use crate::credentials::Secret;
use std::borrow::Cow;

/// What happens to one environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvChange {
    /// The name of the variable: ASCII, and valid in every shell.
    pub name: Cow<'static, str>,
    /// The new value; `None` unsets the variable.
    pub value: Option<EnvValue>,
}

/// A value of a variable, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// May be shown.
    Plain(String),
    /// Must not be shown.
    Secret(Secret),
}

impl EnvValue {
    /// The text, for code that quotes it or writes it out.
    pub fn expose(&self) -> &str {
        match self {
            EnvValue::Plain(text) => text,
            EnvValue::Secret(secret) => secret.expose(),
        }
    }
}

impl EnvChange {
    /// Sets a variable to a value that is not a secret.
    pub fn set(name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        EnvChange { name: name.into(), value: Some(EnvValue::Plain(value.into())) }
    }

    /// Sets a variable to a secret.
    pub(super) fn secret(name: &'static str, value: &Secret) -> Self {
        EnvChange { name: name.into(), value: Some(EnvValue::Secret(value.clone())) }
    }

    /// Unsets a variable.
    pub fn unset(name: impl Into<Cow<'static, str>>) -> Self {
        EnvChange { name: name.into(), value: None }
    }
}

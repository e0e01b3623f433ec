//! A setting that is checked by its rule.

use crate::error::{InvalidValue, Result, ValueError};
use crate::origin::{Origin, Sourced};

/// Parses the value of a setting, and adds its origin to the result or the error.
///
/// # Errors
/// The value is invalid. The error shows it, so it must not be a secret.
pub fn checked<T>(
    setting: &'static str,
    value: &str,
    origin: &Origin,
    parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
) -> Result<Sourced<T>> {
    match parse(value) {
        Ok(value) => Ok(Sourced::new(value, origin.clone())),
        Err(problem) => Err(InvalidValue { setting, value: value.to_owned(), problem, origin: origin.clone() }.into()),
    }
}

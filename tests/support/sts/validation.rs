//! The constraints of STS's service model, and its messages for violations.
//!
//! STS checks all parameters before anything else and reports all violations in one message.

use super::refusal::Refusal;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The length and the characters that a string parameter may have.
pub struct Rule {
    length: RangeInclusive<usize>,
    /// The regular expression as STS prints it, its characters besides the class, and the class.
    pattern: Option<(&'static str, &'static str, Characters)>,
}

/// The names of virtual devices and users in IAM.
pub const ENTITY_NAME: Rule = Rule { length: 1..=226, pattern: Some((r"[\w+=,.@-]+", "+=,.@-", Characters::Words)) };
pub const ACCESS_KEY_ID: Rule = Rule { length: 16..=128, pattern: Some((r"[\w]+", "", Characters::Words)) };

enum Characters {
    Words,
    Digits,
}

pub const SERIAL_NUMBER: Rule =
    Rule { length: 9..=256, pattern: Some((r"[\w+=/:,.@-]*", "+=/:,.@-", Characters::Words)) };
pub const TOKEN_CODE: Rule = Rule { length: 6..=6, pattern: Some((r"[\d]*", "", Characters::Digits)) };
pub const ROLE_ARN: Rule = Rule { length: 20..=2048, pattern: None };
/// Also applies to a source identity.
pub const ROLE_SESSION_NAME: Rule =
    Rule { length: 2..=64, pattern: Some((r"[\w+=,.@-]*", "+=,.@-", Characters::Words)) };
pub const EXTERNAL_ID: Rule =
    Rule { length: 2..=1224, pattern: Some((r"[\w+=,.@:\/-]*", "+=,.@:/-", Characters::Words)) };

impl Rule {
    fn violations(&self, value: &str) -> Vec<String> {
        let mut found = Vec::new();
        let (shortest, longest) = (*self.length.start(), *self.length.end());
        let length = value.chars().count();
        if length < shortest {
            found.push(format!("Member must have length greater than or equal to {shortest}"));
        }
        if length > longest {
            found.push(format!("Member must have length less than or equal to {longest}"));
        }
        if let Some((pattern, others, characters)) = &self.pattern {
            let allowed = |character: char| match characters {
                Characters::Words => {
                    character.is_ascii_alphanumeric() || character == '_' || others.contains(character)
                }
                Characters::Digits => character.is_ascii_digit(),
            };
            if !value.chars().all(allowed) {
                found.push(format!("Member must satisfy regular expression pattern: {pattern}"));
            }
        }
        found
    }
}

/// Reads the parameters of one call and collects all violations.
pub struct Validation<'a> {
    params: &'a BTreeMap<String, String>,
    violations: Vec<String>,
    malformed: bool,
}

impl<'a> Validation<'a> {
    pub fn of(params: &'a BTreeMap<String, String>) -> Validation<'a> {
        Validation { params, violations: Vec::new(), malformed: false }
    }

    pub fn optional(&mut self, name: &str, rule: &Rule) -> Option<&'a str> {
        let value = self.params.get(name)?;
        for constraint in rule.violations(value) {
            self.violate(name, &format!("'{value}'"), &constraint);
        }
        Some(value)
    }

    pub fn required(&mut self, name: &str, rule: &Rule) -> &'a str {
        if !self.params.contains_key(name) {
            self.violate(name, "null", "Member must not be null");
        }
        self.optional(name, rule).unwrap_or_default()
    }

    pub fn duration(&mut self, range: RangeInclusive<u32>, default: u32) -> u32 {
        let name = "DurationSeconds";
        let Some(text) = self.params.get(name) else {
            return default;
        };
        let Ok(seconds) = text.parse::<i32>() else {
            self.malformed = true;
            return default;
        };
        if seconds < range.start().cast_signed() {
            let constraint = format!("Member must have value greater than or equal to {}", range.start());
            self.violate(name, &format!("'{text}'"), &constraint);
        }
        if seconds > range.end().cast_signed() {
            let constraint = format!("Member must have value less than or equal to {}", range.end());
            self.violate(name, &format!("'{text}'"), &constraint);
        }
        seconds.unsigned_abs()
    }

    /// Fails if there were any violations.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.malformed {
            return Err(Refusal::new(400, "MalformedInput", "DurationSeconds is not an integer"));
        }
        let count = self.violations.len();
        if count == 0 {
            return Ok(());
        }
        let plural = if count == 1 { "" } else { "s" };
        let all = self.violations.join("; ");
        Err(Refusal::validation(&format!("{count} validation error{plural} detected: {all}")))
    }

    fn violate(&mut self, name: &str, value: &str, constraint: &str) {
        // STS's messages write `DurationSeconds` as `durationSeconds`.
        let member = name[..1].to_ascii_lowercase() + &name[1..];
        self.violations.push(format!("Value {value} at '{member}' failed to satisfy constraint: {constraint}"));
    }
}

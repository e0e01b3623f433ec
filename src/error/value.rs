//! A value that breaks a rule of STS or of the AWS files.

use super::Message;
use crate::origin::Origin;

/// A value, where it stands and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The setting's name in the AWS files.
    pub setting: &'static str,
    pub value: String,
    pub flaw: ValueError,
    pub origin: Origin,
}

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueError {
    Empty,
    Length {
        min: usize,
        max: usize,
    },
    Characters {
        allowed: &'static str,
    },
    Control,
    /// Seconds in a file: digits only.
    NotSeconds,
    /// Seconds on the command line: digits, or a number with m or h.
    NotADuration,
    Range {
        min: u32,
        max: u32,
    },
    NotARoleArn,
    UserArn,
    AccountDigits,
    Quoted,
    NotADevice,
    U2fDevice,
    UserAsDevice,
    NotARegion,
}

impl InvalidValue {
    pub(super) fn exit_code(&self) -> u8 {
        match self.origin {
            Origin::File { .. } => 3,
            Origin::Flag(_) | Origin::Variable(_) | Origin::Default => 2,
        }
    }

    pub(super) fn message(&self) -> Message {
        let InvalidValue { setting, value, flaw, origin } = self;
        let place = match origin {
            Origin::File { .. } => format!("{origin}: {setting}"),
            _ => origin.to_string(),
        };
        // A value of megabytes is not worth showing in full.
        let shown: String = value.chars().take(120).collect();
        let shown = if shown.len() < value.len() { format!("{shown}…") } else { shown };
        let (problem, advice) = flaw.message();
        Message::new(format!("{place} is `{shown}`: {problem}")).advise(advice)
    }
}

impl ValueError {
    fn message(self) -> (String, String) {
        match self {
            ValueError::Empty => ("it is empty".into(), "give it a value, or remove it".into()),
            ValueError::Length { min, max } => (format!("it must have {min} to {max} characters"), "correct its length".into()),
            ValueError::Characters { allowed } => ("it has a character that AWS does not allow".into(), format!("allowed are {allowed}")),
            ValueError::Control => ("it has a control character".into(), "remove the character".into()),
            ValueError::NotSeconds => ("not a whole number of seconds".into(), "write seconds in digits, 900 to 43200".into()),
            ValueError::NotADuration => ("not a duration".into(), "write seconds, or minutes and hours as 45m and 12h; 900 s to 43200 s (12h)".into()),
            ValueError::Range { min, max } => ("out of range".into(), format!("it must be {min} to {max} s ({} min to {} h)", min / 60, max / 3600)),
            ValueError::NotARoleArn => ("not the ARN of a role".into(), "a role is arn:aws:iam::123456789012:role/NAME".into()),
            ValueError::UserArn => ("that is a user, not a role".into(), "a role is arn:aws:iam::123456789012:role/NAME".into()),
            ValueError::AccountDigits => ("its account is not twelve digits".into(), "write the account id with all twelve digits, leading zeros included".into()),
            ValueError::Quoted => ("the quotes are part of the value".into(), "remove the quotes: the AWS files take values as they stand".into()),
            ValueError::NotADevice => (
                "not the serial number of an MFA device".into(),
                "a device is arn:aws:iam::123456789012:mfa/NAME, or the number on a hardware token".into(),
            ),
            ValueError::U2fDevice => (
                "a security key or passkey gives no codes, and STS takes nothing but codes".into(),
                "register an authenticator app beside it (IAM console, Security credentials, Assign MFA device) and name that device:\narn:aws:iam::123456789012:mfa/NAME".into(),
            ),
            ValueError::UserAsDevice => (
                "that is the user, not the user's MFA device".into(),
                "a device is arn:aws:iam::123456789012:mfa/NAME; see: aws iam list-mfa-devices".into(),
            ),
            ValueError::NotARegion => ("not the name of a region".into(), "a region is like eu-central-1".into()),
        }
    }
}

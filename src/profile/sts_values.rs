//! The parameters of STS calls as types. Each is checked once, by the limits that the AWS STS API Reference (version
//! 2011-06-15) gives for GetSessionToken and AssumeRole; there, `\w` means ASCII letters, digits and `_`.

use crate::error::ValueError;
use crate::printable::contains_secret;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// The ARN of a role, `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`, 20 to 2048 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn(Arc<str>);

impl RoleArn {
    /// Checks the ARN of a role.
    ///
    /// # Errors
    /// The text is not an ARN of a role, has an account that is not twelve digits, is in quotes, or has a length out of
    /// range. The ARN of a user has a separate error, because people paste it by mistake.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        check_text(text)?;
        let arn = Arn::split(text).ok_or(ValueError::NotARoleArn)?;
        if arn.service != "iam" || !arn.region.is_empty() {
            return Err(ValueError::NotARoleArn);
        }
        match arn.resource.split_once('/') {
            Some(("role", name)) if !name.is_empty() && !name.ends_with('/') => {}
            Some(("user", _)) => return Err(ValueError::UserArn),
            _ => return Err(ValueError::NotARoleArn),
        }
        if !is_account(arn.account) {
            return Err(ValueError::AccountDigits);
        }
        check_length(text, 20, 2048)?;
        // All bytes at once: stopping at the first one would take 1 % of `list`.
        if text.bytes().fold(false, |found, b| found | matches!(b, b'\t'..=b'\r' | b' ') | !b.is_ascii()) {
            return Err(ValueError::NotARoleArn);
        }
        Ok(RoleArn(text.into()))
    }

    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its path: the part after the last slash.
    pub fn name(&self) -> &str {
        // With `rsplit`, `list` takes 1 % more instructions.
        memchr::memrchr(b'/', self.0.as_bytes()).map_or(&self.0, |slash| &self.0[slash + 1..])
    }

    /// The ARN of this role's session with a name, as STS returns it (IAM user guide, "IAM identifiers"). It does not
    /// contain the role's path.
    pub fn session_arn(&self, session_name: &str) -> String {
        format!("arn:{}:sts::{}:assumed-role/{}/{session_name}", self.partition(), self.account(), self.name())
    }

    /// `aws`, `aws-cn`, `aws-us-gov` or another group of regions with separate accounts.
    pub fn partition(&self) -> &str {
        Arn::split(&self.0).map_or("", |arn| arn.partition)
    }

    /// The account that the role belongs to: twelve digits.
    pub fn account(&self) -> &str {
        // Its place follows from the length of the partition. Splitting the ARN takes 2 % of `list`.
        let partition = "arn:".len();
        let after = memchr::memchr(b':', &self.0.as_bytes()[partition..]).unwrap_or_default() + partition;
        let account = after + ":iam::".len();
        self.0.get(account..account + 12).unwrap_or_default()
    }
}

/// An MFA device (`SerialNumber`): the ARN of a virtual device, or the serial number on the back of a hardware token.
/// 9 to 256 characters of `[\w+=/:,.@-]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaSerial(Arc<str>);

/// Not a serial number, because of its length.
const NOT_LISTED_YET: &str = "?";

impl MfaSerial {
    /// Checks an ARN or a serial number.
    ///
    /// # Errors
    /// The ARN is not that of an MFA device, the text is in quotes, or has a length or characters that are out of
    /// range. Security keys (`:u2f/`), which have no codes, and the ARN of the user have separate errors, because
    /// people paste them by mistake.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        check_text(text)?;
        if let Some(arn) = Arn::split(text) {
            match arn.resource.split_once('/') {
                // An ARN that was pasted twice.
                Some(("mfa" | "sms-mfa", name)) if !name.is_empty() && !name.contains("arn:") => {}
                Some(("u2f", _)) => return Err(ValueError::U2fDevice),
                Some(("user", _)) => return Err(ValueError::UserAsDevice),
                _ => return Err(ValueError::NotADevice),
            }
            if arn.service != "iam" {
                return Err(ValueError::NotADevice);
            }
            if !is_account(arn.account) {
                return Err(ValueError::AccountDigits);
            }
        } else if text.starts_with("arn:") || text.contains("://") || contains_secret(text) {
            return Err(ValueError::NotADevice);
        }
        check_length(text, 9, 256)?;
        check_characters(text, "+=/:,.@-", "letters, digits and _+=/:,.@-")?;
        Ok(MfaSerial(text.into()))
    }

    /// Stands for the device that a sign-in will look up, until it is known.
    pub fn not_listed_yet() -> Self {
        MfaSerial(NOT_LISTED_YET.into())
    }

    /// Whether it stands for a device that is not known yet.
    pub fn is_not_listed_yet(&self) -> bool {
        &*self.0 == NOT_LISTED_YET
    }

    /// The ARN or serial number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for messages: the part of the ARN after `mfa/`, or the whole serial number.
    pub fn name(&self) -> &str {
        // With `split_once`, `list` takes 1 % more instructions.
        let slash = if self.0.starts_with("arn:") { memchr::memchr(b'/', self.0.as_bytes()) } else { None };
        slash.map_or(&self.0, |slash| &self.0[slash + 1..])
    }

    /// The partition of the ARN; `None` for a hardware token.
    pub fn partition(&self) -> Option<&str> {
        Arn::split(&self.0).map(|arn| arn.partition)
    }

    /// The account of the ARN, twelve digits; `None` for a hardware token.
    pub fn account(&self) -> Option<&str> {
        Arn::split(&self.0).map(|arn| arn.account)
    }
}

/// The name of a role session, which CloudTrail logs: 2 to 64 characters of `[\w+=,.@-]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSessionName(Arc<str>);

impl RoleSessionName {
    /// Checks a name.
    ///
    /// # Errors
    /// The name is empty, or has a length or characters that are out of range.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        check_characters(text, "+=,.@-", "letters, digits and _+=,.@-")?;
        check_length(text, 2, 64)?;
        Ok(RoleSessionName(text.into()))
    }

    /// The name of the IAM user with this ARN, `arn:PARTITION:iam::ACCOUNT:user/PATH/NAME`. `None` for others, and for a
    /// user whose name has only one character.
    pub fn of_user(arn: &str) -> Option<Self> {
        let path = Arn::split(arn)?.resource.strip_prefix("user/")?;
        RoleSessionName::parse(path.rsplit('/').next()?).ok()
    }

    /// The last part of the device's ARN, which is usually the name of the user, or `mfa-env`.
    /// Characters that STS does not allow are replaced by hyphens.
    pub fn from_device(device: Option<&MfaSerial>) -> Self {
        let name =
            device.filter(|d| d.partition().is_some()).and_then(|d| d.as_str().rsplit('/').next()).unwrap_or_default();
        let clean: String = name.chars().map(|c| if is_word(c, "+=,.@-") { c } else { '-' }).take(64).collect();
        RoleSessionName(if clean.len() < 2 { "mfa-env".into() } else { clean.into() })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What `--mfa-serial` chooses: a device, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// No MFA for this sign-in, whatever the profiles say.
    None,
    /// This device.
    Device(MfaSerial),
}

impl DeviceChoice {
    /// Parses `none` or the serial number of a device.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text == "none" { Ok(DeviceChoice::None) } else { MfaSerial::parse(text).map(DeviceChoice::Device) }
    }

    /// As it is typed.
    pub fn as_str(&self) -> &str {
        match self {
            DeviceChoice::None => "none",
            DeviceChoice::Device(serial) => serial.as_str(),
        }
    }
}

/// The external ID that a role's trust policy may require: 2 to 1224 characters of `[\w+=,.@:\/-]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// Checks an ID.
    ///
    /// # Errors
    /// The ID is empty, or has a length or characters that are out of range.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        check_characters(text, "+=,.@:/-", "letters, digits and _+=,.@:/-")?;
        check_length(text, 2, 1224)?;
        Ok(ExternalId(text.to_owned()))
    }

    /// The ID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The duration of a session, from 900 s (15 min) to 43200 s (12 h), which are the limits of AssumeRole.
/// GetSessionToken allows up to 129600 s (36 h); mfa-env does not, because 12 h cover a working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionDuration(u32);

impl SessionDuration {
    /// In seconds.
    pub const MIN: u32 = 900;
    /// In seconds.
    pub const MAX: u32 = 43_200;
    /// 12 h.
    pub const LONGEST: SessionDuration = SessionDuration(Self::MAX);
    /// 1 h, which every role allows. It is also the maximum for role chaining, that is, for a role that is assumed with
    /// the credentials of another role session.
    pub const ONE_HOUR: SessionDuration = SessionDuration(3_600);

    /// Parses the value of `duration_seconds`.
    ///
    /// # Errors
    /// The text is not a number of seconds, or is out of range.
    pub fn parse_seconds(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(if text.is_empty() { ValueError::Empty } else { ValueError::NotSeconds });
        }
        text.parse().ok().and_then(Self::in_range).ok_or(ValueError::Range { min: Self::MIN, max: Self::MAX })
    }

    /// Parses what a user types: `3600`, `45m`, `12h`.
    ///
    /// # Errors
    /// The text is not a duration, or is out of range.
    pub fn parse_typed(text: &str) -> Result<Self, ValueError> {
        let seconds = typed_seconds(text)?;
        Self::in_range(seconds).ok_or(ValueError::Range { min: Self::MIN, max: Self::MAX })
    }

    fn in_range(seconds: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&seconds).then_some(SessionDuration(seconds))
    }

    /// From [`SessionDuration::MIN`] to [`SessionDuration::MAX`].
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// How old an MFA session may be: 1 s to 36 h, which is how long such a session can last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MfaMaxAge(u32);

impl MfaMaxAge {
    /// In seconds.
    const MAX: u32 = 129_600;

    /// Parses what a user types or writes: `3600`, `45m`, `12h`.
    ///
    /// # Errors
    /// The text is not a duration, or is out of range.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        let seconds = typed_seconds(text)?;
        if (1..=Self::MAX).contains(&seconds) {
            Ok(MfaMaxAge(seconds))
        } else {
            Err(ValueError::Range { min: 1, max: Self::MAX })
        }
    }

    /// From 1 to 129600.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// `12 h`, `45 min`, `1 h 30 min`, `950 s`.
impl Display for SessionDuration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.0 / 3600, self.0 % 3600 / 60, self.0 % 60) {
            (h, 0, 0) => write!(f, "{h} h"),
            (0, m, 0) => write!(f, "{m} min"),
            (h, m, 0) => write!(f, "{h} h {m} min"),
            _ => write!(f, "{} s", self.0),
        }
    }
}

/// Parses a duration that a user types: `90` and `90s` are seconds, `45m` minutes, `12h` hours. Returns seconds; a
/// duration that does not fit is `u32::MAX`, which every caller rejects as out of range.
///
/// # Errors
/// The text is not a duration ([`ValueError::NotADuration`]).
pub fn typed_seconds(text: &str) -> Result<u32, ValueError> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'h') => (&text[..text.len() - 1], 3600),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b's') => (&text[..text.len() - 1], 1),
        _ => (text, 1),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ValueError::NotADuration);
    }
    Ok(digits.parse::<u32>().ok().and_then(|n| n.checked_mul(unit)).unwrap_or(u32::MAX))
}

/// An ARN in its parts: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn split(text: &'a str) -> Option<Self> {
        // By bytes, because `splitn` takes 0.6 % more instructions of a cached sign-in, 1.9 % with ten roles and 5 % of
        // `list`.
        let mut rest = text;
        let mut part = || {
            let colon = rest.bytes().position(|b| b == b':')?;
            let part = &rest[..colon];
            rest = &rest[colon + 1..];
            Some(part)
        };
        let (arn, partition, service) = (part()?, part()?, part()?);
        let (region, account) = (part()?, part()?);
        let resource = rest;
        (arn == "arn" && !partition.is_empty()).then_some(Arn { partition, service, region, account, resource })
    }
}

/// Whether `text` is an account ID.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `c` matches `\w` or is one of `also`.
fn is_word(c: char, also: &str) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || also.contains(c)
}

/// Rejects values that are empty or in quotes: the AWS files have no quotes around values, but people write them.
fn check_text(text: &str) -> Result<(), ValueError> {
    if text.is_empty() {
        Err(ValueError::Empty)
    } else if text.len() > 1 && text.starts_with(['"', '\'']) {
        Err(ValueError::Quoted)
    } else {
        Ok(())
    }
}

fn check_characters(text: &str, also: &str, allowed: &'static str) -> Result<(), ValueError> {
    if text.chars().all(|c| is_word(c, also)) { Ok(()) } else { Err(ValueError::Characters { allowed }) }
}

fn check_length(text: &str, min: usize, max: usize) -> Result<(), ValueError> {
    // Counting the characters of ASCII would take 1 % of `list`.
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    if (min..=max).contains(&length) { Ok(()) } else { Err(ValueError::Length { min, max }) }
}

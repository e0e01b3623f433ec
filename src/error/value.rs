//! A value that breaks a rule of STS or of the AWS files.

use super::Message;
use crate::clock::HumanDuration;
use crate::origin::Origin;
use crate::printable::{looks_like_secret, shown_value};

/// A value, where it was found and which rule it breaks.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The setting's name in the AWS files.
    pub setting: &'static str,
    /// The value as it was read.
    pub value: String,
    /// The rule that it breaks.
    pub problem: ValueError,
    /// Where it was found.
    pub origin: Origin,
}

/// The broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueError {
    /// No characters, or only blanks.
    Empty,
    /// In characters.
    Length { min: usize, max: usize },
    /// A character that is not among `allowed`.
    Characters { allowed: &'static str },
    /// A control character.
    Control,
    /// Seconds in a file: digits only.
    NotSeconds,
    /// A duration on the command line: digits, or a number with `s`, `m` or `h`.
    NotADuration,
    /// In seconds.
    Range { min: u32, max: u32 },
    /// Not the ARN of a role.
    NotARoleArn,
    /// The ARN of a user instead of a role.
    UserArn,
    /// An ARN whose account ID is not twelve digits.
    AccountDigits,
    /// A value in quotes, which are part of the value in the AWS files.
    Quoted,
    /// Not the ARN of an MFA device.
    NotADevice,
    /// A security key, which has no codes.
    U2fDevice,
    /// The ARN of the user instead of the MFA device.
    UserAsDevice,
    /// Not a host name label, which every region name is.
    NotARegion,
}

/// In characters: what is shown of a value. An environment variable may hold megabytes.
const LONGEST_SHOWN: usize = 120;

impl InvalidValue {
    pub(super) fn exit_code(&self) -> u8 {
        match self.origin {
            Origin::File { .. } => 3,
            Origin::Flag(_) | Origin::Renewed(_) | Origin::Variable(_) | Origin::Listed | Origin::Default => 2,
        }
    }

    pub(super) fn message(&self) -> Message {
        let InvalidValue { setting, value, problem, origin } = self;
        let place = match origin {
            Origin::File { .. } => format!("{origin}: {setting}"),
            _ => origin.to_string(),
        };
        if value.contains('\n') && matches!(origin, Origin::File { .. }) {
            return continued(&place, continues_with_header(value));
        }
        if *problem == ValueError::Empty {
            return Message::new(format!("{place} is empty")).advise("give it a value, or remove it");
        }
        let problem = match *problem {
            // A value too short for any device is usually a user name; its length is not what is wrong with it.
            ValueError::Length { min, .. } if setting.contains("serial") && value.chars().count() < min => {
                ValueError::NotADevice
            }
            problem => problem,
        };
        if looks_like_secret(value.trim_matches(['"', '\''])) {
            return Message::new(format!("{place} has a value that looks like a secret access key")).advise(format!(
                "move it to aws_secret_access_key in the credentials file, and give {setting} a value of its own"
            ));
        }
        let value = shown_value(value);
        let shown: String = value.chars().take(LONGEST_SHOWN).collect();
        let shown = if shown.len() < value.len() { format!("{shown}…") } else { shown };
        let (what, advice) = match (problem, origin) {
            (ValueError::Quoted, _) => (problem.message(&value).0, remove_quotes(origin)),
            _ => problem.message(&value),
        };
        Message::new(format!("{place} is `{shown}`, {what}")).advise(advice)
    }
}

/// A value in the AWS files that continues on the next line, which is usually the next setting or the next header.
pub(super) fn continued(place: &str, with_header: bool) -> Message {
    Message::new(format!("{place} continues on an indented line")).advise(if with_header {
        "the line is a section header; remove its indentation"
    } else {
        "write it in one line, and do not indent the settings below it"
    })
}

/// Whether a line that continues a value is meant to be the header of a section.
pub fn continues_with_header(value: &str) -> bool {
    value.split('\n').skip(1).any(|line| line.starts_with('['))
}
/// For a value in the AWS files.
pub(super) const REMOVE_QUOTES: &str = "remove the quotes; in the AWS files they are part of the value";

/// How to correct a value in quotes.
pub(super) fn remove_quotes(origin: &Origin) -> String {
    match origin {
        Origin::Variable(name) | Origin::Flag(name) => format!("remove the quotes from the value of {name}"),
        Origin::File { .. } | Origin::Renewed(_) | Origin::Listed | Origin::Default => REMOVE_QUOTES.to_owned(),
    }
}

/// Cities and other names of regions, as the console shows them.
const PLACES: [(&str, &str); 24] = [
    ("virginia", "us-east-1"),
    ("ohio", "us-east-2"),
    ("california", "us-west-1"),
    ("oregon", "us-west-2"),
    ("ireland", "eu-west-1"),
    ("london", "eu-west-2"),
    ("paris", "eu-west-3"),
    ("frankfurt", "eu-central-1"),
    ("zurich", "eu-central-2"),
    ("stockholm", "eu-north-1"),
    ("milan", "eu-south-1"),
    ("spain", "eu-south-2"),
    ("mumbai", "ap-south-1"),
    ("hyderabad", "ap-south-2"),
    ("tokyo", "ap-northeast-1"),
    ("seoul", "ap-northeast-2"),
    ("osaka", "ap-northeast-3"),
    ("singapore", "ap-southeast-1"),
    ("sydney", "ap-southeast-2"),
    ("hong kong", "ap-east-1"),
    ("canada", "ca-central-1"),
    ("paulo", "sa-east-1"),
    ("cape town", "af-south-1"),
    ("bahrain", "me-south-1"),
];

/// What a value is that is not the name of a region, and which region may be meant.
fn region_message(value: &str) -> (String, String) {
    let lower = value.to_ascii_lowercase();
    let zone = lower.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|name| is_region_name(name));
    let place = PLACES.iter().find(|(place, _)| lower.contains(place)).map(|(_, region)| *region);
    let not_a_region = "which is not a region name".to_owned();
    match (zone, place) {
        (Some(region), _) => ("which is an availability zone, not a region".to_owned(), format!("use {region}")),
        (None, Some(region)) => (not_a_region, format!("use {region}")),
        (None, None) if is_region_name(&lower) => (not_a_region, format!("use {lower}")),
        (None, None) if ["none", "null", "nil", "undefined"].contains(&lower.as_str()) => {
            (not_a_region, "remove it, or use the name of a region, such as eu-central-1".to_owned())
        }
        (None, None) => (not_a_region, "a region name looks like eu-central-1".to_owned()),
    }
}

/// Regions whose words no city above has.
const OTHER_REGIONS: &str = "us-gov-east-1 us-gov-west-1 cn-north-1 cn-northwest-1 me-central-1 il-central-1 ca-west-1 \
                             mx-central-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 \
                             us-isof-south-1 us-isof-east-1 eu-isoe-west-1";

/// Whether a region of this name may exist: AWS adds regions whose names differ in the number alone.
pub fn is_likely_region(name: &str) -> bool {
    let word = |region: &str| region.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let known = PLACES.iter().map(|(_, region)| *region).chain(OTHER_REGIONS.split(' '));
    let name = word(name);
    known.into_iter().any(|region| word(region) == name)
}

/// The region that is meant by a name that no region has, as far as is known: a similar one.
pub fn similar_region(name: &str) -> Option<&'static str> {
    let known = || PLACES.iter().map(|(_, region)| *region);
    if is_likely_region(name) {
        return None;
    }
    let distances = || known().map(|region| (strsim::osa_distance(region, name), region));
    let (nearest, region) = distances().filter(|(distance, _)| *distance <= 2).min()?;
    let is_only_one = distances().filter(|(distance, _)| *distance == nearest).count() == 1;
    is_only_one.then_some(region)
}

/// Whether a text has the form of a region name: words with hyphens and a number at the end, such as `us-gov-west-1`.
pub fn is_region_name(name: &str) -> bool {
    // One pass by bytes: with `split`, `list` takes 1 % more instructions.
    let (mut hyphens, mut length, mut is_number) = (0, 0, true);
    for byte in name.bytes() {
        match byte {
            b'-' if length > 0 => (hyphens, length, is_number) = (hyphens + 1, 0, true),
            b'a'..=b'z' => (length, is_number) = (length + 1, false),
            b'0'..=b'9' => length += 1,
            _ => return false,
        }
    }
    length > 0 && (hyphens > 1 && is_number || hyphens == 1 && name.ends_with("-global"))
}

const ROLE_ARN: &str = "a role ARN looks like arn:aws:iam::123456789012:role/NAME";
const DEVICE_ARN: &str = "an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice";

impl ValueError {
    /// The rest of the sentence "X is `VALUE`, …", and the advice.
    fn message(self, value: &str) -> (String, String) {
        let plain = |problem: &str, advice: &str| (problem.to_owned(), advice.to_owned());
        match self {
            ValueError::Empty => plain("which is empty", "give it a value, or remove it"),
            ValueError::Length { min, max } if value.chars().count() < min => {
                (format!("which has fewer than {min} characters"), format!("use {min} to {max} characters"))
            }
            ValueError::Length { min, max } => {
                (format!("which has more than {max} characters"), format!("use {min} to {max} characters"))
            }
            ValueError::Characters { allowed } => {
                ("which contains a character that AWS does not allow".to_owned(), format!("use only {allowed}"))
            }
            ValueError::Control => plain("which contains a control character", "remove that character"),
            ValueError::NotSeconds => {
                plain("which is not a whole number of seconds", "use digits only, 900 to 43200 seconds")
            }
            ValueError::NotADuration => {
                plain("which is not a duration", "use a number of seconds, or a duration such as 45m or 12h")
            }
            ValueError::Range { min, max } => (
                "which is out of range".to_owned(),
                format!("use {min} to {max} seconds ({} to {})", HumanDuration(min.into()), HumanDuration(max.into())),
            ),
            ValueError::NotARoleArn => plain("which is not a role ARN", ROLE_ARN),
            ValueError::UserArn => plain("which is a user, not a role", ROLE_ARN),
            ValueError::AccountDigits => plain(
                "whose account ID does not have 12 digits",
                "write all 12 digits of the account ID, including leading zeros",
            ),
            ValueError::Quoted => plain("which includes the quotes", REMOVE_QUOTES),
            ValueError::NotADevice if !value.starts_with("arn:") => (
                "which is not an ARN".to_owned(),
                format!("{DEVICE_ARN};\nfor a hardware token, use its serial number"),
            ),
            ValueError::NotADevice => plain("which is not an MFA device ARN", DEVICE_ARN),
            ValueError::U2fDevice => plain(
                "which is a security key or passkey and does not generate codes",
                "register an authenticator app as well, and use that: mfa-env enroll PROFILE",
            ),
            ValueError::UserAsDevice => (
                "which is the user, not the user's MFA device".to_owned(),
                format!("{DEVICE_ARN};\nfind yours with: mfa-env device PROFILE"),
            ),
            ValueError::NotARegion => region_message(value),
        }
    }
}

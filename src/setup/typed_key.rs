//! An access key as people paste it: its two parts alone, with a label, quotes or blanks around them, both in one line,
//! or the file that the AWS console offers.

use crate::credentials::Secret;
use crate::printable::{contains_secret, looks_like_secret};
use zeroize::Zeroizing;

/// In characters, of those that AWS creates. It documents only limits (IAM API reference, `AccessKey`).
const SECRET_LENGTH: usize = 40;
/// In characters (IAM API reference, `AccessKeyId`).
const ID_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
/// Fewer characters are a slip of the finger.
const SHORTEST_SECRET: usize = 16;

/// What the first characters of other identifiers say (IAM user guide, "IAM identifiers", unique IDs).
const OTHER_IDS: [(&str, &str); 6] = [
    ("AIDA", "the unique ID of a user"),
    ("AROA", "the unique ID of a role"),
    ("AGPA", "the unique ID of a group"),
    ("ANPA", "the unique ID of a policy"),
    ("ASCA", "the unique ID of a certificate"),
    ("APKA", "the ID of a public key"),
];

/// An access key, as far as it has been entered.
#[derive(Debug, Default)]
pub struct TypedKey {
    /// `AKIA…`
    pub id: Option<String>,
    /// The other part.
    pub secret: Option<Secret>,
    /// A secret of an unusual length, which is accepted if it is entered again.
    unusual: Option<Secret>,
}

/// What was entered.
#[derive(Debug, PartialEq, Eq)]
pub enum Entered {
    /// A part of the key, or nothing that needs an answer.
    Part,
    /// Perhaps the name of a file.
    Path(String),
    /// Something else, with the reason for the message. It may be a secret, so it is not shown.
    Wrong(String),
}

impl TypedKey {
    /// Whether both parts are there.
    pub fn is_complete(&self) -> bool {
        self.id.is_some() && self.secret.is_some()
    }

    /// Takes a line that was typed or pasted.
    pub fn take(&mut self, line: &str) -> Entered {
        let parts = Parts::of(line);
        match (parts.ids.as_slice(), parts.secrets.as_slice()) {
            // Secrets may begin with a slash.
            ([], []) if self.id.is_none() && is_path(line) && !contains_secret(line) => {
                Entered::Path(without_quotes(line).to_owned())
            }
            ([], []) if is_header(line) => Entered::Part,
            ([], []) if self.id.is_none() => Entered::Wrong(why_no_id(line)),
            ([], []) => self.take_unusual(line),
            ([_, _, ..], _) | (_, [_, _, ..]) => {
                Entered::Wrong("that has several access keys; enter one of them".to_owned())
            }
            ([id], _) if id.starts_with("ASIA") => Entered::Wrong(TEMPORARY.to_owned()),
            (ids, secrets) => {
                // Another ID has another secret.
                if let Some(id) = ids.first().filter(|id| self.id.as_deref().is_some_and(|known| known != **id)) {
                    (self.id, self.secret) = (Some((*id).to_owned()), None);
                }
                self.id = self.id.take().or_else(|| ids.first().map(|id| (*id).to_owned()));
                self.secret = secrets.first().map(|secret| Secret::new(*secret)).or(self.secret.take());
                if self.id.is_none() {
                    return Entered::Wrong("that is the secret access key; now enter its ID".to_owned());
                }
                Entered::Part
            }
        }
    }

    /// Takes the content of a file with one key.
    pub fn take_file(&mut self, text: &str) -> Entered {
        let parts = Parts::of(text);
        match (parts.ids.as_slice(), parts.secrets.as_slice()) {
            ([id], _) if id.starts_with("ASIA") => Entered::Wrong(TEMPORARY.to_owned()),
            ([id], [secret]) => {
                (self.id, self.secret) = (Some((*id).to_owned()), Some(Secret::new(*secret)));
                Entered::Part
            }
            ([], _) => Entered::Wrong("has no access key ID, which begins with AKIA".to_owned()),
            ([_], []) => Entered::Wrong("has an access key ID, but not its secret".to_owned()),
            _ => Entered::Wrong("has several access keys; enter one of them".to_owned()),
        }
    }

    /// Takes what does not look like a secret. AWS decides what is one, but a usual mistake is noticed here.
    fn take_unusual(&mut self, line: &str) -> Entered {
        let is_labelled = Zeroizing::new(line.to_ascii_lowercase()).contains("secret");
        let value = line.rsplit_once(['=', ':']).filter(|_| is_labelled).map_or(line, |(_, value)| value);
        let secret = Secret::new(without_quotes(value));
        let length = secret.expose().chars().count();
        let is_word = secret.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"/+=".contains(&b));
        let has_length = format!("that has {length} characters; a secret access key has {SECRET_LENGTH}");
        match length {
            0 => return Entered::Wrong("enter the secret access key".to_owned()),
            _ if !is_word => return Entered::Wrong("that has a character that no secret access key has".to_owned()),
            1..SHORTEST_SECRET => return Entered::Wrong(has_length),
            _ => {}
        }
        if length != SECRET_LENGTH && self.unusual.as_ref() != Some(&secret) {
            self.unusual = Some(secret);
            return Entered::Wrong(format!("{has_length}; enter it again to use it all the same"));
        }
        self.secret = Some(secret);
        Entered::Part
    }
}

const TEMPORARY: &str =
    "an ID that begins with ASIA is that of a session, which expires; enter the access key of an IAM user (AKIA…)";

/// The words of a text that are IDs or secrets, each once.
struct Parts<'a> {
    ids: Vec<&'a str>,
    secrets: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (mut ids, mut secrets, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '+') {
            let list = if is_id(word) {
                &mut ids
            } else if word.len() == SECRET_LENGTH {
                if looks_like_secret(word) { &mut secrets } else { &mut others }
            } else {
                continue;
            };
            if !list.contains(&word) {
                list.push(word);
            }
        }
        // One secret in a thousand has no digit. Next to an ID, it is certain.
        if secrets.is_empty() && !ids.is_empty() && others.len() == 1 {
            secrets = others;
        }
        Parts { ids, secrets }
    }
}

/// What a text has that must not become a name or another setting, which everybody may read, as a clause for the message.
/// Nothing of the text is repeated.
pub fn misplaced_secret(text: &str) -> Option<&'static str> {
    let Parts { ids, .. } = Parts::of(text);
    let is_word_of_key = |word: &str| word.len() == SECRET_LENGTH && has_both_cases(word);
    if !ids.is_empty() {
        return Some("that is an access key");
    }
    if contains_secret(text)
        || text.split(|c: char| !c.is_ascii_alphanumeric() && !"/+".contains(c)).any(is_word_of_key)
    {
        return Some("that looks like a secret access key or a session token");
    }
    let has_scheme = text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("otpauth:"));
    let is_seed = has_scheme || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_seed);
    is_seed.then_some("that looks like the seed of an MFA device")
}

/// Names have dashes, or are all in one case.
fn has_both_cases(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_uppercase()) && word.bytes().any(|b| b.is_ascii_lowercase())
}

/// Whether a word may be the base32 seed of a virtual device. Those of AWS have 64 characters, which is a valid name.
fn is_seed(word: &str) -> bool {
    const SHORTEST: usize = 32;
    let is_digit = |b: u8| matches!(b, b'2'..=b'7');
    word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_uppercase() || is_digit(b)) && word.bytes().any(is_digit)
}

fn is_id(word: &str) -> bool {
    let is_prefixed = word.starts_with("AKIA") || word.starts_with("ASIA");
    is_prefixed
        && ID_LENGTHS.contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The header of the console's file, or of a profile, which somebody has pasted with the rest.
fn is_header(line: &str) -> bool {
    let lower = Zeroizing::new(line.to_ascii_lowercase());
    let text = lower.trim_matches(['\u{feff}', ' ', '\t']);
    text.contains("access key id") && text.contains(',') || text.starts_with('[') && text.ends_with(']')
}

/// Why a line has no ID.
fn why_no_id(line: &str) -> String {
    let text = without_quotes(line);
    let other = OTHER_IDS.iter().find(|(prefix, _)| text.starts_with(prefix));
    let is_number = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    match other {
        _ if text.is_empty() => "enter an access key ID, or the path of the file with it".to_owned(),
        Some((_, what)) => format!("that is {what}, not of an access key, which begins with AKIA"),
        None if is_number => "that is an account ID; an access key ID begins with AKIA".to_owned(),
        None if text.starts_with("arn:") => "that is an ARN; an access key ID begins with AKIA".to_owned(),
        None if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("AKIA")) => {
            "that is not a whole access key ID, which has 20 capital letters and digits".to_owned()
        }
        None => "that is not an access key ID, which begins with AKIA".to_owned(),
    }
}

/// A value without blanks, the quotes around it, and a comma after it.
pub(super) fn without_quotes(text: &str) -> &str {
    let text = text.trim().trim_end_matches([',', ';']).trim_end();
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text).trim()
}

/// Whether a line is written like the name of a file: it begins with a directory, or has the suffix of the console's
/// file.
pub(super) fn is_path(line: &str) -> bool {
    let text = without_quotes(line);
    let starts = ["/", "~", "./", "../", "\\", "file:"].iter().any(|start| text.starts_with(start));
    let has_suffix = text.len() > 4 && text.as_bytes()[text.len() - 4..].eq_ignore_ascii_case(b".csv");
    let is_windows = text.chars().nth(1) == Some(':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
    starts || has_suffix || is_windows
}

//! The view: a config file that shows every profile of the user's AWS files to other programs. Where mfa-env signs in to
//! a profile, the view has a `credential_process` that calls it instead of keys and roles. It contains no secret.

use super::file::{Setting, Settings, split_setting};
use super::section::{BLANKS, header, is_plain, without_comment};
use super::text::FileKind;
use super::{AwsFiles, Profile, ProfileName};
use crate::platform;
use crate::printable::contains_secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The first line begins with this.
const MARK: &str = "# mfa-env view of ";
/// Between the paths of the two originals, and after them.
const SEPARATORS: [&str; 2] = [" and ", ", state "];
const END: &str = "; edit those files, this one is replaced";
/// In a path, everything but these is encoded, so that the line has no other blanks.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':').remove(b'\\');

/// Settings that hold a secret, or a command that may.
const SECRETS: [&str; 5] =
    ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "mfa_process"];

/// Settings from which other programs would get credentials by themselves, before they run a `credential_process`.
const SOURCES: [&str; 13] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "mfa_serial",
    "external_id",
    "role_session_name",
    "duration_seconds",
    "credential_process",
    "web_identity_token_file",
    "login_session",
    "include_profile",
    "parent_profile",
    "mfa_max_age",
];

/// The first line of a view, which names the files that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewHeader {
    /// The path of the config file.
    pub config: PathBuf,
    /// The path of the credentials file.
    pub credentials: PathBuf,
    /// What the view was made from and by: it is out of date if this differs. Without blanks.
    pub state: String,
}

impl ViewHeader {
    /// In bytes. The line is shorter: the longest paths have 4096 bytes each.
    pub const MAX_LENGTH: u64 = 32_768;

    /// Whether a file of this name may be a view: 64 hexadecimal digits and `.config` or `.credentials`.
    pub fn may_be_at(path: &Path) -> bool {
        let is_digest = |stem: &OsStr| {
            let digits = stem.as_encoded_bytes();
            digits.len() == 64 && digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        path.extension().is_some_and(|kind| kind == "config" || kind == "credentials")
            && path.file_stem().is_some_and(is_digest)
    }

    /// Whether this path can only be that of a view, which was removed.
    pub fn was_at(path: &Path) -> bool {
        let is_missing = || std::fs::symlink_metadata(path).is_err_and(|e| e.kind() == ErrorKind::NotFound);
        ViewHeader::may_be_at(path) && is_missing()
    }

    /// The first line of the view at `path`; `None` if there is no view.
    pub fn read(path: &Path) -> Option<Self> {
        if !ViewHeader::may_be_at(path) {
            return None;
        }
        ViewHeader::at_start_of(&platform::read_start(path, ViewHeader::MAX_LENGTH)?)
    }

    /// The first line of a file that begins with these bytes; `None` if it is no view.
    pub fn at_start_of(bytes: &[u8]) -> Option<Self> {
        let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        ViewHeader::parse(std::str::from_utf8(line).ok()?)
    }

    /// Parses what [`ViewHeader::line`] returns.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix(MARK)?.strip_suffix(END)?;
        let (config, rest) = line.split_once(SEPARATORS[0])?;
        let (credentials, state) = rest.split_once(SEPARATORS[1])?;
        let path = |text: &str| platform::path_of_bytes(percent_decode_str(text).collect());
        let header = ViewHeader { config: path(config)?, credentials: path(credentials)?, state: state.to_owned() };
        (header.config.is_absolute() && header.credentials.is_absolute()).then_some(header)
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let encoded = |path: &Path| percent_encode(path.as_os_str().as_encoded_bytes(), ENCODED).to_string();
        let [and, state] = SEPARATORS;
        format!("{MARK}{}{and}{}{state}{}{END}", encoded(&self.config), encoded(&self.credentials), self.state)
    }
}

/// The text of a view of `files`. `command` returns the command from which programs get the credentials of a profile;
/// without one, they get them from its settings, of which those with keys are left out.
pub fn view_text(header_line: &str, files: &AwsFiles<'_>, command: impl Fn(&str) -> Option<String>) -> String {
    let size = files.files().iter().map(|file| file.text().text.len()).sum::<usize>();
    let mut text = String::with_capacity(2 * size + header_line.len());
    text.extend([header_line, "\n"]);
    for (header, settings) in other_sections(files) {
        text.push_str(&header);
        push_settings(&mut text, settings.iter(), |_| true);
    }
    for name in files.names() {
        if let Some(profile) = shown_profile(name, files) {
            let command = command(name);
            text.push_str(&view_header(name, files));
            push_settings(&mut text, profile.settings(), |key| command.is_none() || !is_source(key));
            if let Some(command) = command {
                text.extend(["credential_process = ", &command, "\n"]);
            }
        }
    }
    text
}

/// The profile with this name, if it is in the view: it can be read, and its name does not look like a secret.
pub fn shown_profile<'a>(name: &str, files: &AwsFiles<'a>) -> Option<Profile<'a>> {
    let name = ProfileName::parse(name).ok().filter(|name| !contains_secret(name.as_str()))?;
    files.profile(&name).ok()?
}

/// The header of a profile. A name that is read by all has the usual one; others are as they are written, because programs
/// differ in which quotes and brackets they read, and some reject the whole file.
fn view_header(name: &str, files: &AwsFiles<'_>) -> String {
    let written = if is_plain(name) { None } else { files.config_header(name).and_then(normalized) };
    written.unwrap_or_else(|| header(name, FileKind::Config, false))
}

/// A header without the comment after it, and without blanks around the text in its brackets, which the SDKs ignore, but
/// botocore does not. `None` if it has a secret.
fn normalized(header: &str) -> Option<String> {
    let inner = without_comment(header).strip_prefix('[')?.strip_suffix(']')?.trim_matches(BLANKS);
    (!contains_secret(inner)).then(|| format!("[{inner}]"))
}

/// The sections that belong to no profile, each once, because botocore rejects a file that has one twice. Those with a
/// malformed line are left out.
fn other_sections<'a>(files: &AwsFiles<'a>) -> Vec<(String, Settings<'a>)> {
    let mut all: Vec<(String, Settings<'a>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (file, section) in
        files.files().iter().flat_map(|file| file.other_sections().into_iter().map(move |s| (file, s)))
    {
        let Some(header) = normalized(file.header_text(&section)) else { continue };
        let mut settings = Settings::default();
        if file.settings_into(&section, &mut settings, &mut Vec::new()).is_err() {
            continue;
        }
        match places.get(&header) {
            // Into those that are there already; it has no malformed line.
            Some(place) => drop(file.settings_into(&section, &mut all[*place].1, &mut Vec::new())),
            None => {
                places.insert(header.clone(), all.len());
                all.push((header, settings));
            }
        }
    }
    all
}

/// Adds the end of a header line, and the settings that contain no secret. Comments, in which people leave old keys, are
/// not among them.
fn push_settings<'s, 'a: 's>(
    text: &mut String,
    settings: impl Iterator<Item = &'s Setting<'a>>,
    is_shown: impl Fn(&str) -> bool,
) {
    text.push('\n');
    let has_secret = |setting: &Setting<'_>| SECRETS.contains(&&*setting.key) || contains_secret(&setting.value);
    for setting in settings.filter(|setting| is_shown(&setting.key) && !has_secret(setting)) {
        let mut lines = setting.value.split('\n');
        let first = lines.next().unwrap_or_default();
        text.extend([&*setting.key, if first.is_empty() { " =" } else { " = " }, first, "\n"]);
        for line in lines {
            match split_setting(line) {
                // botocore rejects a file in which something else separates nested settings.
                Ok((name, value)) if first.is_empty() => text.extend(["    ", name, " = ", value, "\n"]),
                _ => text.extend(["    ", line, "\n"]),
            }
        }
    }
}

fn is_source(key: &str) -> bool {
    SOURCES.contains(&key) || key.starts_with("sso_")
}

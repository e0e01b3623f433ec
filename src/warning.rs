//! What the user should know although the sign-in succeeds: one line each on stderr, and in `explain`.

use crate::clock::{ClockOffset, HumanDuration, SET_CLOCK};
use crate::credentials::Expiration;
use crate::error::{IgnoredSection, MissingFile};
use crate::origin::Origin;
use crate::platform::DEFAULT_SHELL;
use crate::printable::{printable, printable_path, shown_value};
use crate::rejected_file::RejectedFile;
use crate::section_difference::SectionDifference;
use crate::timestamp::NotATime;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something the user should know although the sign-in succeeds. Origins are where the setting is, `reason` is shown in
/// parentheses, and durations are in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A section (with its brackets) or key is defined twice. The last one is used; botocore rejects the file.
    Duplicate { what: String, first: Origin, last: Origin },
    /// A file starts with a byte order mark.
    ByteOrderMark { path: Arc<Path> },
    /// A setting is written `key: value`; nested, if it is below a `key =`.
    Colon { origin: Origin, is_nested: bool },
    /// A comment after a value.
    CommentCut { setting: &'static str, origin: Origin },
    /// Quotes around a value.
    Quoted { setting: &'static str, origin: Origin },
    /// A section that the AWS CLI reads differently.
    SectionDiffers(SectionDifference),
    /// A variable names a file that does not exist, and the other file suffices.
    FileMissing(MissingFile),
    /// `aws_session_token` with a long-term key, left over from a session.
    TokenIgnored { profile: String, origin: Origin },
    /// The MFA device belongs to another account than the keys.
    DeviceOfOtherAccount { device: String, origin: Origin, account: String },
    /// A line outside of sections that is malformed, so it is not read; what is wrong with it.
    LineIgnored { origin: Origin, problem: &'static str },
    /// The AWS CLI rejects a file as a whole.
    FileRejected(Box<RejectedFile>),
    /// A setting that nothing reads, because its name is misspelt.
    SettingMisspelt { key: String, origin: Origin, meant: &'static str },
    /// A section that is meant for the profile, but not read.
    SectionNotRead(IgnoredSection),
    /// A profile includes another one, which aws-vault and mfa-env read, but no other tool.
    ProfileIncluded { origin: Origin, profile: String },
    /// A profile on the way to the keys has a device of another account than the keys, whose profile has its own.
    OtherDevice { used: String, origin: Origin, ignored: Origin },
    /// An MFA device is configured, but temporary keys cannot be used with a code.
    DeviceUnused { profile: String },
    /// `duration_seconds` is longer than STS allows for a role assumed from a session.
    DurationCut { profile: String, origin: Origin, from: u32 },
    /// The role allows less than its profile's `duration_seconds`; it is assumed for an hour.
    DurationRefused { profile: String, origin: Origin, from: u32 },
    /// A region of the environment is in another partition than the credentials.
    RegionIgnored { region: String, origin: Origin, partition: String, used: String },
    /// `[default]` sets an endpoint that other programs would use for the session of another profile.
    DefaultEndpoint { origin: Origin, is_ignored: bool },
    /// Other programs use the region of `[default]`, because nothing else gives them one.
    DefaultRegion { region: String, origin: Origin, profile: String },
    /// `[default]` has this setting, from which programs take credentials before they ask an endpoint.
    DefaultCredentials { setting: String, origin: Origin },
    /// An endpoint or other setting of the profile does not fit into `MFA_ENV_BEFORE`, so it is not exported.
    NotCarried { variable: Cow<'static, str>, origin: Origin },
    /// A service uses this token instead of the session.
    BearerToken { variable: String },
    /// Keys that mfa-env did not set, or the identity of a container or workload, are removed from the environment;
    /// they are not stored anywhere.
    IdentityReplaced { variable: &'static str },
    /// `unset` leaves keys in the environment that mfa-env did not set.
    KeysKept,
    /// A variable names root certificates that do not exist.
    CertificatesMissing { variable: &'static str, path: PathBuf },
    /// `MFA_ENV_BEFORE` was not written by mfa-env, or was changed.
    BeforeIgnored,
    /// The value of a variable cannot be recorded in `MFA_ENV_BEFORE`.
    NotRestorable { variable: Cow<'static, str> },
    /// No shell among the ancestor processes and none in a variable.
    ShellUnknown,
    /// Root in another user's home, as under sudo.
    HomeOfOtherUser,
    /// `MFA_ENV_CACHE_DIR` is a relative path, so it is ignored.
    RelativeCacheDirectory { value: PathBuf },
    /// The cache directory cannot be trusted or created.
    CacheUnusable { path: PathBuf, reason: String },
    /// A cached session cannot be trusted or read.
    EntryIgnored { path: PathBuf, reason: String },
    /// Something other than a lock file had the name of one.
    LockReplaced { path: PathBuf, reason: String },
    /// The file system does not support locks.
    NoLock { path: PathBuf, reason: String },
    /// A session could not be written to the cache or removed from it.
    CacheNotWritable { path: PathBuf, reason: String },
    /// A role session of more than an hour needs a separate code.
    LongRole { seconds: u32, origin: Origin, is_mfa_session_cached: bool },
    /// `AWS_PROFILE` is set together with a session, and tools disagree on which one to use.
    ProfileAndSession { variable: &'static str, profile: String },
    /// The credentials in the environment are from different sessions.
    MixedKeys { access_key_id: String, variable: &'static str },
    /// `AWS_CREDENTIAL_EXPIRATION` does not say when the session expires.
    ExpirationUnreadable { problem: NotATime },
    /// The session in the environment is not the one that is cached for its profile.
    OtherSessionCached { profile: String, end: Expiration },
    /// A code was passed, but another process has just signed in with this device.
    CodeNotUsed,
    /// A code was passed for a sign-in without MFA.
    CodeNotNeeded,
    /// Keys are handed out without a session.
    KeysAsTheyAre { profile: String, are_temporary: bool },
    /// The clock differs from STS's.
    ClockDiffers(ClockOffset),
}

/// How serious a warning is. The most serious ones sort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// About the identity or keys that are lost. `MFA_ENV_SILENCE` cannot silence these.
    Security,
    /// The session differs from what was asked for, or something will fail.
    Session,
    /// Sign-ins will need more codes than necessary.
    Cache,
    /// Other tools read the AWS files differently.
    Files,
    /// Everything works, and there is a better way.
    Hint,
}

impl Warning {
    /// The name that ends the warning's text, for `MFA_ENV_SILENCE`. Names are an interface: they never change.
    pub fn name(&self) -> &'static str {
        match self {
            Warning::Duplicate { what, .. } if what.starts_with('[') => "duplicate-section",
            Warning::Duplicate { .. } => "duplicate-key",
            Warning::ByteOrderMark { .. } => "byte-order-mark",
            Warning::Colon { .. } => "colon-separator",
            Warning::CommentCut { .. } => "inline-comment",
            Warning::Quoted { .. } => "quoted-value",
            Warning::SectionDiffers(_) => "section-read-differently",
            Warning::FileMissing(_) => "missing-file",
            Warning::TokenIgnored { .. } => "stray-session-token",
            Warning::DeviceOfOtherAccount { .. } => "device-of-other-account",
            Warning::LineIgnored { .. } => "malformed-line",
            Warning::FileRejected(_) => "rejected-file",
            Warning::SettingMisspelt { .. } => "misspelt-setting",
            Warning::SectionNotRead(_) => "section-not-read",
            Warning::ProfileIncluded { .. } => "include-profile",
            Warning::OtherDevice { .. } => "two-devices",
            Warning::DeviceUnused { .. } => "unused-device",
            Warning::DurationCut { .. } => "duration-reduced",
            Warning::DurationRefused { .. } => "duration-rejected",
            Warning::RegionIgnored { .. } => "region-replaced",
            Warning::DefaultEndpoint { .. } => "default-endpoint",
            Warning::DefaultRegion { .. } => "default-region",
            Warning::DefaultCredentials { .. } => "default-credentials",
            Warning::NotCarried { .. } => "not-exported",
            Warning::BearerToken { .. } => "bearer-token",
            Warning::IdentityReplaced { .. } => "keys-replaced",
            Warning::KeysKept => "keys-kept",
            Warning::CertificatesMissing { .. } => "missing-certificates",
            Warning::BeforeIgnored => "invalid-before",
            Warning::NotRestorable { .. } => "not-restorable",
            Warning::ShellUnknown => "unknown-shell",
            Warning::HomeOfOtherUser => "home-of-other-user",
            Warning::RelativeCacheDirectory { .. } => "relative-cache-directory",
            Warning::CacheUnusable { .. } => "cache-unusable",
            Warning::EntryIgnored { .. } => "cached-session-ignored",
            Warning::LockReplaced { .. } => "lock-replaced",
            Warning::NoLock { .. } => "no-locks",
            Warning::CacheNotWritable { .. } => "cache-not-writable",
            Warning::LongRole { .. } => "separate-code",
            Warning::ProfileAndSession { .. } => "profile-and-session",
            Warning::MixedKeys { .. } => "mixed-credentials",
            Warning::ExpirationUnreadable { .. } => "unreadable-expiration",
            Warning::OtherSessionCached { .. } => "other-session-cached",
            Warning::CodeNotUsed => "code-not-used",
            Warning::CodeNotNeeded => "code-not-needed",
            Warning::KeysAsTheyAre { .. } => "keys-as-they-are",
            Warning::ClockDiffers(_) => "clock-offset",
        }
    }

    /// How serious it is.
    pub fn severity(&self) -> Severity {
        match self {
            Warning::DeviceOfOtherAccount { .. }
            | Warning::IdentityReplaced { .. }
            | Warning::KeysKept
            | Warning::DefaultEndpoint { .. }
            | Warning::DefaultCredentials { .. }
            | Warning::BearerToken { .. }
            | Warning::ProfileAndSession { .. }
            | Warning::MixedKeys { .. } => Severity::Security,
            Warning::TokenIgnored { .. }
            | Warning::OtherDevice { .. }
            | Warning::DeviceUnused { .. }
            | Warning::DurationCut { .. }
            | Warning::DurationRefused { .. }
            | Warning::RegionIgnored { .. }
            | Warning::DefaultRegion { .. }
            | Warning::NotCarried { .. }
            | Warning::CertificatesMissing { .. }
            | Warning::BeforeIgnored
            | Warning::NotRestorable { .. }
            | Warning::ExpirationUnreadable { .. }
            | Warning::ShellUnknown
            | Warning::CodeNotUsed
            | Warning::CodeNotNeeded
            | Warning::KeysAsTheyAre { .. }
            | Warning::ClockDiffers(_) => Severity::Session,
            Warning::HomeOfOtherUser
            | Warning::RelativeCacheDirectory { .. }
            | Warning::CacheUnusable { .. }
            | Warning::EntryIgnored { .. }
            | Warning::LockReplaced { .. }
            | Warning::NoLock { .. }
            | Warning::CacheNotWritable { .. } => Severity::Cache,
            Warning::Duplicate { .. }
            | Warning::LineIgnored { .. }
            | Warning::FileRejected(_)
            | Warning::SettingMisspelt { .. }
            | Warning::SectionNotRead(_)
            | Warning::ProfileIncluded { .. }
            | Warning::ByteOrderMark { .. }
            | Warning::Colon { .. }
            | Warning::CommentCut { .. }
            | Warning::Quoted { .. }
            | Warning::SectionDiffers(_)
            | Warning::FileMissing(_) => Severity::Files,
            Warning::LongRole { .. } | Warning::OtherSessionCached { .. } => Severity::Hint,
        }
    }

    /// Whether `MFA_ENV_SILENCE` cannot silence it, so that an attacker who can set a variable cannot hide the attack.
    pub fn is_protected(&self) -> bool {
        self.severity() == Severity::Security
    }
}

/// One line that ends with the name in brackets. Following its advice makes the warning go away.
impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.text(f)?;
        write!(f, " [{}]", self.name())
    }
}

impl Warning {
    fn text(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Duplicate { what, first, last } => {
                write!(f, "{} is defined twice ({first}, {last}): ", printable(what))?;
                f.write_str("the last one is used, but the AWS CLI rejects the file; remove one of them")
            }
            Warning::ByteOrderMark { path } => write!(
                f,
                "{} starts with a byte order mark, and the AWS CLI rejects the file; save it without one",
                printable_path(path)
            ),
            Warning::Colon { origin, is_nested } => {
                write!(f, "{origin}: a setting with `:` instead of `=`; ")?;
                f.write_str(if *is_nested {
                    "mfa-env reads it, but the AWS CLI and the SDKs for Java and Rust reject the file; "
                } else {
                    "the AWS CLI reads it, but the SDK for JavaScript ignores the line, and those for Java and Rust \
                     reject the file; "
                })?;
                f.write_str("write `=`")
            }
            Warning::CommentCut { setting, origin } => {
                write!(f, "the AWS CLI reads the comment after {setting} ({origin}) as part of the value; ")?;
                f.write_str("move it to a separate line")
            }
            Warning::Quoted { setting, origin } => write!(
                f,
                "every tool except the SDK for Go reads the quotes around {setting} ({origin}) as part of the value; \
                 remove them"
            ),
            Warning::SectionDiffers(difference) => difference.fmt(f),
            Warning::FileMissing(missing) => f.write_str(&missing.advice()),
            Warning::TokenIgnored { profile, origin } => {
                write!(
                    f,
                    "profile {} has a session token ({origin}) with a long-term access key; ",
                    printable(profile)
                )?;
                f.write_str("AWS rejects the two together, so the token is ignored: remove that line")
            }
            Warning::DeviceOfOtherAccount { device, origin, account } => write!(
                f,
                "MFA device {} ({origin}) belongs to a different account than the access keys ({}); \
                 correct the device or aws_account_id",
                printable(device),
                printable(account)
            ),
            Warning::LineIgnored { origin, problem } => write!(f, "{origin}: {problem}; the line is not read"),
            Warning::FileRejected(file) => file.fmt(f),
            Warning::SettingMisspelt { key, origin, meant } => {
                write!(f, "{origin}: `{}` is not a setting; did you mean {meant}?", printable(&shown_value(key)))
            }
            Warning::SectionNotRead(section) => {
                write!(f, "{}; its settings are not read", printable(&section.advice()))
            }
            Warning::ProfileIncluded { origin, profile } => write!(
                f,
                "include_profile ({origin}) is followed, but the AWS CLI and the SDKs do not know it; write the settings \
                 in [profile {}]",
                printable(profile)
            ),
            Warning::OtherDevice { used, origin, ignored } => write!(
                f,
                "the device {} ({origin}) is used, because that of {ignored} is not in the account of the keys",
                printable(used)
            ),
            Warning::DeviceUnused { profile } => write!(
                f,
                "profile {} has temporary credentials, which AWS does not accept with an MFA code, \
                 so none is asked for; remove the MFA device, or use a long-term access key",
                printable(profile)
            ),
            Warning::DurationCut { profile, origin, from } => write!(
                f,
                "duration_seconds of profile {} is reduced from {from} to 3600 ({origin}), \
                 the most that AWS allows for a role assumed from a session; set it to 3600",
                printable(profile)
            ),
            Warning::DurationRefused { profile, origin, from } => write!(
                f,
                "the role of profile {} does not allow its duration_seconds of {from} ({origin}); \
                 the session lasts 1 h instead: set it to 3600",
                printable(profile)
            ),
            Warning::RegionIgnored { region, origin, partition, used } => write!(
                f,
                "region {} ({origin}) is not in partition {}, where the session works, so {used} is used and exported \
                 instead; set region in the profile",
                printable(region),
                printable(partition)
            ),
            Warning::DefaultEndpoint { origin, is_ignored: true } => write!(
                f,
                "[default] sets endpoint_url ({origin}), which other programs would use for this session, so \
                 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true is set; move it to the profiles that need it"
            ),
            Warning::DefaultEndpoint { origin, is_ignored: false } => write!(
                f,
                "[default] sets endpoint_url ({origin}), and other programs use it for this session; move it to the \
                 profiles that need it"
            ),
            Warning::DefaultCredentials { setting, origin } => write!(
                f,
                "[default] has {} ({origin}), which programs use instead of this session; omit --with-profiles",
                printable(setting)
            ),
            Warning::DefaultRegion { region, origin, profile } => write!(
                f,
                "[default] sets region {} ({origin}), and other programs use it for this session; set region in \
                 profile {}",
                printable(region),
                printable(profile)
            ),
            Warning::NotCarried { variable, origin } => write!(
                f,
                "{variable} ({origin}) is not exported, because `mfa-env unset` could not clear it; shorten or remove it"
            ),
            Warning::BearerToken { variable } => write!(
                f,
                "{} is set, and its service uses that token instead of the session; unset it",
                printable(variable)
            ),
            Warning::IdentityReplaced { variable } => write!(
                f,
                "the credentials in this shell's environment ({variable}) are replaced, \
                 and `mfa-env unset` cannot restore them"
            ),
            Warning::KeysKept => f.write_str(
                "the credentials in this shell are not from mfa-env, so they are kept; to clear them, \
                 unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
            ),
            Warning::CertificatesMissing { variable, path } => write!(
                f,
                "{variable} names {}, which does not exist; the system's certificates are used; unset or correct it",
                printable_path(path)
            ),
            Warning::BeforeIgnored => f.write_str(
                "MFA_ENV_BEFORE was not written by mfa-env and is ignored; \
                 variables from before the session are not restored",
            ),
            Warning::NotRestorable { variable } => {
                write!(f, "{variable} has an invalid value, which `mfa-env unset` cannot restore")
            }
            Warning::ShellUnknown => write!(
                f,
                "the calling shell is not recognized, so the output is for {DEFAULT_SHELL}; name yours with --shell"
            ),
            Warning::HomeOfOtherUser => {
                f.write_str("sessions are not cached, because the home directory belongs to another user (sudo?)")
            }
            Warning::RelativeCacheDirectory { value } => write!(
                f,
                "MFA_ENV_CACHE_DIR is ignored: {} is a relative path; give an absolute one, or one that begins with ~/",
                printable_path(value)
            ),
            Warning::CacheUnusable { path, reason } => {
                write!(f, "sessions are not cached: {} cannot be used ", printable_path(path))?;
                write!(f, "({}); correct that, or set MFA_ENV_CACHE_DIR", printable(reason))
            }
            Warning::EntryIgnored { path, reason } => {
                write!(f, "a cached session is ignored: {} ({})", printable_path(path), printable(reason))
            }
            Warning::LockReplaced { path, reason } => {
                write!(f, "a lock file was replaced: {} ({})", printable_path(path), printable(reason))
            }
            Warning::NoLock { path, reason } => write!(
                f,
                "files in {} cannot be locked ({}), so other processes may ask for a code as well",
                printable_path(path),
                printable(reason)
            ),
            Warning::CacheNotWritable { path, reason } => {
                write!(
                    f,
                    "the cache is not updated: {} cannot be written ({})",
                    printable_path(path),
                    printable(reason)
                )
            }
            Warning::LongRole { seconds, origin, is_mfa_session_cached } => {
                let duration = HumanDuration((*seconds).into());
                write!(f, "a role session of {duration} ({origin}) needs a separate MFA code; with -d 1h, ")?;
                f.write_str(if *is_mfa_session_cached {
                    "no code is needed, because an MFA session is cached"
                } else {
                    "one code serves all roles for the day"
                })
            }
            Warning::ProfileAndSession { variable, profile } => write!(
                f,
                "{variable} is set to `{}` together with a session, and tools disagree on which to use: \
                 unset {variable}",
                printable(profile)
            ),
            Warning::MixedKeys { access_key_id, variable } if *variable == "AWS_ACCESS_KEY_ID" => write!(
                f,
                "{variable} is another one than {}, to which the other variables of the session belong, so AWS will reject \
                 the credentials: sign in again",
                printable(access_key_id)
            ),
            Warning::MixedKeys { access_key_id, variable } => write!(
                f,
                "{variable} does not belong to access key {}, so AWS will reject the credentials: sign in again",
                printable(access_key_id)
            ),
            // The value is not shown: it may be a secret that was pasted into the wrong variable.
            Warning::ExpirationUnreadable { problem } => {
                f.write_str(match problem {
                    NotATime::NoZone => {
                        "AWS_CREDENTIAL_EXPIRATION has no time zone, and boto3 and the AWS CLI fail on such a time; "
                    }
                    NotATime::Unknown => {
                        "AWS_CREDENTIAL_EXPIRATION cannot be read as a time such as 2026-11-27T10:15:00Z; "
                    }
                })?;
                f.write_str("sign in again, or unset it")
            }
            Warning::OtherSessionCached { profile, end } => write!(
                f,
                "another session of profile {} is cached until {}; sign in again to use it (no code is needed)",
                printable(profile),
                end.local_time()
            ),
            Warning::CodeNotUsed => {
                f.write_str("the MFA code was not used: another process has just signed in with this device")
            }
            Warning::CodeNotNeeded => {
                f.write_str("the MFA code was not used: this sign-in has no MFA device; omit the code")
            }
            Warning::KeysAsTheyAre { profile, are_temporary: false } => write!(
                f,
                "programs get the long-term access key of profile {}, which never expires and is denied what requires MFA; \
                 with an MFA device, omit --no-session",
                printable(profile)
            ),
            Warning::KeysAsTheyAre { profile, are_temporary: true } => write!(
                f,
                "programs get the temporary credentials of profile {}, which mfa-env cannot renew; with the access key of \
                 an IAM user, omit --no-session",
                printable(profile)
            ),
            Warning::ClockDiffers(offset) => write!(f, "{offset}; set it with: {SET_CLOCK}"),
        }
    }
}

/// The warnings of a run that have not been shown yet, without duplicates, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Warnings(RefCell<Vec<Warning>>);

impl Warnings {
    /// Adds a warning; one that is there already is not repeated.
    pub fn add(&self, warning: Warning) {
        let mut all = self.0.borrow_mut();
        if !all.contains(&warning) {
            all.push(warning);
        }
    }

    /// Removes and returns all warnings.
    pub fn take(&self) -> Vec<Warning> {
        self.0.take()
    }

    /// The files that variables name but that do not exist, as far as that has not been shown yet.
    pub fn missing_files(&self) -> Vec<MissingFile> {
        let all = self.0.borrow();
        let missing = all.iter().filter_map(|warning| match warning {
            Warning::FileMissing(missing) => Some(missing.clone()),
            _ => None,
        });
        missing.collect()
    }

    /// Removes and returns the warnings about security, the session and the cache.
    pub fn take_serious(&self) -> Vec<Warning> {
        let (serious, others) = self.take().into_iter().partition(|warning| warning.severity() <= Severity::Cache);
        self.0.replace(others);
        serious
    }
}

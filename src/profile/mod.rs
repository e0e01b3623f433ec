//! Profiles: names and ARNs, the parser of the AWS files, which records the line of every value, and the chain from a
//! profile to its keys.

mod carried;
mod causes;
mod chain;
mod checked;
mod colons;
mod default_settings;
mod file;
mod files;
mod headers;
mod include;
mod key_lines;
mod left_behind;
mod merged;
mod mfa_process;
mod name;
mod path_expansion;
mod profile_settings;
mod rejected;
mod role_profile;
mod section;
mod section_differences;
mod section_edit;
mod service;
mod similar;
mod source;
mod source_settings;
mod sts_values;
mod text;
mod view;

pub use carried::CarriedSetting;
pub use chain::Chain;
pub use checked::checked;
pub use colons::ColonLine;
pub use default_settings::DefaultSettings;
pub use file::{AwsFile, Duplicate, Section, Setting, Settings};
pub use files::AwsFiles;
pub use key_lines::KeyLines;
pub use left_behind::LeftBehind;
pub use merged::Profile;
pub use mfa_process::MfaProcess;
pub use name::{ProfileName, Region};
pub use path_expansion::may_be_expanded;
pub use profile_settings::{ParserDifference, ProfileSettings, ShownSetting};
pub use role_profile::RoleProfile;
pub use section::SectionKind;
pub use section_edit::{
    SAVED_PROFILE, has_long_term_keys, section_header, with_section, with_setting, without_section,
};
pub use service::{ServiceSettings, legacy_endpoint};
pub use similar::similar_names;
pub use source::{AccessKey, KeyLifetime, Source, SourceIdentity, SourceProfile, credentials_setting};
pub use sts_values::{
    DeviceChoice, ExternalId, MfaMaxAge, MfaSerial, RoleArn, RoleSessionName, SessionDuration, is_account,
    typed_seconds,
};
pub use text::{FileKind, FileText, Locations};
pub use view::{ViewHeader, shown_profile, view_text};

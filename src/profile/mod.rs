//! Profiles: names and ARNs, the reader of the AWS files with the line of every value, and the walk from a profile to
//! its keys.

mod chain;
mod file;
mod files;
mod name;
mod profile_settings;
mod section;
mod service;
mod similar;
mod source;
mod sts_values;
mod text;

pub use chain::{Chain, MfaProcess, RoleProfile};
pub use file::{AwsFile, Duplicate, Setting, Settings};
pub use files::{AwsFiles, Profile, checked};
pub use name::{ProfileName, Region};
pub use profile_settings::{ParserDifference, ProfileSettings, ShownSetting};
pub use section::SectionKind;
pub use service::{ServiceSettings, legacy_endpoint};
pub use similar::similar_names;
pub use source::{AccessKey, KeyLifetime, Source, SourceIdentity, SourceProfile};
pub use sts_values::{ExternalId, MfaSerial, RoleArn, RoleSessionName, SessionDuration, typed_seconds};
pub use text::{FileKind, FileText, Locations};

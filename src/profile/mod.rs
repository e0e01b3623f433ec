//! Profiles: names and ARNs, the reader of the AWS files with the line of every value, and the walk from a profile to its keys.

mod chain;
mod file;
mod files;
mod key_source;
mod name;
mod near;
mod section;
mod service;
mod stated;
mod sts_values;
mod text;

pub use chain::{Chain, MfaProcess, RoleProfile};
pub use file::{AwsFile, Duplicate, Setting, Settings};
pub use files::{AwsFiles, Profile, checked};
pub use key_source::KeySource;
pub use name::{ProfileName, Region};
pub use section::SectionKind;
pub use service::{ServiceSettings, legacy_endpoint};
pub use stated::{OtherReading, Stated, Statement};
pub use sts_values::{ExternalId, MfaSerial, RoleArn, RoleSessionName, SessionDuration, typed_seconds};
pub use text::{FileKind, FileText, Locations};

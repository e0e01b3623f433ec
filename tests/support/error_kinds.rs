//! The kinds of errors about the AWS files, so that a test can tell that it has a case of each.

use super::error_names::Variants;
use mfa_env::error::{
    AccessKeyIdProblem, ConfigError, Error, FileError, KeyTextProblem, SourceKind, SyntaxError, ValueError,
};

/// The kinds of errors about the AWS files. A new one needs a case in `tests/files`.
pub fn kinds() -> Vec<String> {
    // Those that have kinds of their own, and the one that only a call of IAM meets.
    let others = ["Syntax", "BadAccessKeyId", "BadKeyText", "SourceUnsupported", "NoIamEndpoint"];
    let own = names::<ConfigError>("").filter(|name| !others.contains(&name.as_str()));
    own.chain(names::<SyntaxError>(""))
        .chain(names::<AccessKeyIdProblem>("id "))
        .chain(names::<KeyTextProblem>("key "))
        .chain(names::<SourceKind>("from "))
        .chain(names::<ValueError>("value "))
        .chain(["value Continued", "file Unreadable", "file NotAFile", "file TooLarge"].map(str::to_owned))
        .collect()
}

fn names<T: Variants>(prefix: &str) -> impl Iterator<Item = String> {
    T::ALL.iter().filter_map(|variant| variant.split_once(' ')).map(move |(_, name)| format!("{prefix}{name}"))
}

/// The kind of an error.
pub fn kind(error: &Error) -> String {
    match error {
        Error::Config(e) => match e {
            ConfigError::Syntax { problem, .. } => problem.name().to_owned(),
            ConfigError::BadAccessKeyId { problem, .. } => format!("id {}", problem.name()),
            ConfigError::BadKeyText { problem, .. } => format!("key {}", problem.name()),
            ConfigError::SourceUnsupported { kind, .. } => format!("from {}", kind.name()),
            other => other.name().to_owned(),
        },
        Error::Value(e) if e.value.contains('\n') => "value Continued".to_owned(),
        Error::Value(e) => format!("value {}", e.problem.name()),
        Error::File(e @ (FileError::Unreadable { .. } | FileError::NotAFile { .. } | FileError::TooLarge { .. })) => {
            format!("file {}", e.name())
        }
        _ => "not about the AWS files".to_owned(),
    }
}

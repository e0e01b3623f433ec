//! Every message about the AWS files says how to correct them. Each case of the files `advice_*.rs` applies the advice
//! as a user would, and then `explain` succeeds, which reads the files as a sign-in does.

use super::{
    advice_about_chains, advice_about_endpoints, advice_about_files, advice_about_keys, advice_about_profiles,
    advice_about_syntax, advice_about_values,
};
use crate::support::advised::{Case, Step, append};
use crate::support::error_kinds::kinds;
use std::collections::BTreeSet;

trials![every_kind_of_error_has_a_case];

pub const ID: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n";
pub const SECRET: &str = "aws_secret_access_key = x\n";
pub const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
pub const TEMPORARY: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
pub const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
pub const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/admin\n";

/// What `aws configure --profile k` writes to the credentials file.
pub fn configure(profile: &str) -> Step {
    append("credentials", KEYS.replace("[k]", &format!("[{profile}]")))
}

/// A role profile `r` with these settings, whose source profile has the keys.
pub fn role(kind: &'static str, settings: &str) -> Case {
    let role = if settings.contains("role_arn") { "" } else { ROLE };
    let config = format!("[profile r]\n{settings}\n{role}source_profile = k\n");
    Case::of(kind, &["r"]).config(config).credentials(KEYS)
}

/// A new kind of error does not compile without a name in `support/error_names.rs`, and then needs a case.
fn every_kind_of_error_has_a_case() {
    let cases = [
        advice_about_chains::cases(),
        advice_about_endpoints::cases(),
        advice_about_files::cases(),
        advice_about_keys::cases(),
        advice_about_profiles::cases(),
        advice_about_syntax::cases(),
        advice_about_values::cases(),
    ];
    let mut with_case: BTreeSet<String> = cases.iter().flatten().map(|case| case.kind.to_owned()).collect();
    // The password database has a home for everyone who can run the tests.
    with_case.insert("NoHome".to_owned());
    assert_eq!(with_case, BTreeSet::from_iter(kinds()));
}

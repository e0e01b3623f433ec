//! Advice about files that are missing, are not text, or cannot be read; see `advice.rs`.

use super::advice::{DEVICE, KEYS, configure};
use crate::support::advised::Step::{Set, Unset, Write};
use crate::support::advised::{Case, append};

trials![advice_about_missing_files_works, advice_about_encodings_works, advice_about_special_files_works,];

// fault 158
fn advice_about_missing_files_works() {
    missing_files().iter().for_each(Case::check_error);
}

fn advice_about_encodings_works() {
    encodings().iter().for_each(Case::check_error);
}

fn advice_about_special_files_works() {
    special_files().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    [missing_files(), encodings(), special_files()].into_iter().flatten().collect()
}

fn missing_files() -> Vec<Case> {
    let names = |variable: &str| format!("{variable} names ~/old, which does not exist; correct or unset {variable}");
    let (config, keys) = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE");
    let none = "no AWS config found at ~/.aws/config or ~/.aws/credentials\n  create one with: mfa-env setup";
    let old = "~/old".to_owned();
    let with_files = |kind| Case::of(kind, &["k"]).config(format!("[profile k]\n{DEVICE}")).credentials(KEYS);
    vec![
        Case::of("NoFiles", &["default"])
            .says(none)
            .way(&[configure("default"), append("config", format!("[default]\n{DEVICE}"))]),
        with_files("NoFiles")
            .variable(config, &*old)
            .variable(keys, &*old)
            .says(format!(
                "no AWS config found at ~/old or ~/old\n  {}\n  {}\n  create one with: mfa-env setup",
                names(config),
                names(keys)
            ))
            .way(&[Unset(config), Unset(keys)])
            .way(&[Set(config, "~/.aws/config".into()), Set(keys, "$HOME/.aws/credentials".into())]),
        with_files("WithoutFile")
            .variable(keys, &*old)
            .says(format!(
                "profile k has no credentials: it sets neither access keys nor role_arn\n  {}\n  \
                 add access keys with: aws configure --profile k",
                names(keys)
            ))
            .way(&[Unset(keys)])
            .way(&[Set(keys, "${HOME}/.aws/credentials".into())]),
        with_files("WithoutFile")
            .variable(config, &*old)
            .says(format!(
                "profile k has no MFA device, and a session without MFA cannot call IAM\n  {}\n  \
                 add to [profile k]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n  \
                 find the ARN with: mfa-env device k",
                names(config)
            ))
            .way(&[Unset(config)])
            .way(&[Set(config, "~/.aws/config".into())]),
        with_files("HomeRelative")
            .variable("HOME", "here")
            .says(
                "HOME is `here`, which is a relative path\n  set HOME to an absolute path, \
                 or set both AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
            )
            .way(&[Set("HOME", "@HOME@".into())])
            .way(&[Set(config, "@HOME@/.aws/config".into()), Set(keys, "@HOME@/.aws/credentials".into())]),
    ]
}

fn encodings() -> Vec<Case> {
    let advice = "save the file as UTF-8; Windows PowerShell 5 writes UTF-16 with `>`";
    let text = format!("[profile k]\nname = für alice\n{DEVICE}");
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    let utf16: Vec<u8> = KEYS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        Case::of("NotUtf8", &["k"])
            .config(latin1)
            .credentials(KEYS)
            .says(format!("~/.aws/config:2: not valid UTF-8\n  {advice}"))
            .way(&[Write("config", text.clone())]),
        Case::of("NulByte", &["k"])
            .config(&text)
            .credentials(utf16)
            .says(format!("~/.aws/credentials:1: not valid UTF-8 text (NUL byte)\n  {advice}"))
            .way(&[Write("credentials", KEYS.into())]),
    ]
}

fn special_files() -> Vec<Case> {
    let advice = "or correct the variable or setting that names it";
    let config = format!("[profile k]\n{DEVICE}");
    let too_large = vec![b'\n'; 64_000_001];
    vec![
        Case::of("file NotAFile", &["k"])
            .file("config/x", "")
            .credentials(KEYS)
            .says(format!("~/.aws/config is a directory, not a file\n  replace it with a file, {advice}"))
            .way(&[Write("config", config.clone())]),
        Case::of("file NotAFile", &["k"])
            .config(&config)
            .credentials(KEYS)
            .variable("AWS_CONFIG_FILE", "~/.aws")
            .says(format!("~/.aws is a directory, not a file\n  replace it with a file, {advice}"))
            .way(&[Set("AWS_CONFIG_FILE", "~/.aws/config".into())]),
        Case::of("file Unreadable", &["k"])
            .config(&config)
            .credentials(KEYS)
            .variable("AWS_CONFIG_FILE", "~/.aws/config/x")
            .says(
                "~/.aws/config/x cannot be read: not a directory\n  \
                 correct the file or its permissions, or the variable or setting that names it",
            )
            .way(&[Set("AWS_CONFIG_FILE", "~/.aws/config".into())])
            .way(&[Unset("AWS_CONFIG_FILE")]),
        Case::of("file TooLarge", &["k"])
            .config(too_large)
            .credentials(KEYS)
            .says(format!("~/.aws/config is larger than 64 MB\n  replace it with the right file, {advice}"))
            .way(&[Write("config", config)]),
    ]
}

//! AWS files in which `rotate` replaces an access key.

use crate::support::fuzz::{Checked, Target, ensure};
use mfa_env::credentials::{Keys, Secret};
use mfa_env::profile::{AwsFile, FileKind, FileText, KeyLines, Settings};
use std::path::Path;

trials![replaces_a_key_in_any_file_and_nothing_else];

const OLD: [&str; 2] = ["AKIAOLD", "old/secret+"];
const NEW: [&str; 2] = ["AKIANEWANDLONGER", "NEW"];

const DICTIONARY: [&str; 20] = [
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "[b]\n",
    "[",
    "#",
    " ; ",
    "=",
    ":",
    "AKIAOLD",
    "old/secret+",
    "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY",
    "aws_access_key_id = AKIAOLD\n",
    "aws_secret_access_key:old/secret+\r\n",
    "s3 =\n  aws_access_key_id = AKIAOLD\n",
    "\u{feff}",
    "ü\u{a0}",
];

fn keys([id, secret]: [&str; 2]) -> Keys {
    Keys { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret), session_token: None }
}

fn read(text: &str) -> Option<FileText> {
    FileText::from_bytes(FileKind::Credentials, Path::new("/credentials").into(), text.as_bytes().to_vec()).ok()
}

/// The settings of each section, in which the new key is the old one; `None` for settings that cannot be read.
fn content(file: &AwsFile<'_>) -> Vec<Option<Vec<(String, String)>>> {
    let settings = |section| {
        let mut settings = Settings::default();
        file.settings_into(section, &mut settings, &mut Vec::new()).ok()?;
        // An indented line may belong to the value above it.
        let value = |value: &str| value.replace(NEW[0], OLD[0]).replace(NEW[1], OLD[1]);
        Some(settings.iter().map(|s| (s.key.to_string(), value(&s.value))).collect())
    };
    file.sections.iter().map(settings).collect()
}

fn replaces_a_key_in_any_file_and_nothing_else() {
    let (old, new) = (keys(OLD), keys(NEW));
    let check = |input: &[u8]| -> Checked {
        let Ok(raw) = std::str::from_utf8(input) else { return Ok(()) };
        let Some(text) = read(raw) else { return Ok(()) };
        let index = AwsFile::index(&text);
        let lines = KeyLines::of(&index, &old);
        let edited = lines.with_key(raw, &old, &new);
        let Some(text) = read(&edited) else { return ensure(false, || format!("{edited:?} cannot be read")) };
        let after = AwsFile::index(&text);
        let found = KeyLines::of(&after, &new);
        ensure(found == lines, || format!("{raw:?} became {edited:?}: {found:?}, not {lines:?}"))?;
        let is_left = KeyLines::of(&after, &old) != KeyLines::default();
        ensure(!is_left, || format!("{raw:?} became {edited:?}"))?;
        let (before, after) = (content(&index), content(&after));
        ensure(before == after, || format!("{raw:?} became {edited:?}: {after:?}, not {before:?}"))?;
        let back = lines.with_key(&edited, &new, &old);
        ensure(*back == raw, || format!("{raw:?} became {edited:?}, and {back:?} again"))
    };
    let valid = [
        "[a]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old/secret+\n# AKIAOLD\n[b]\nk = v\n",
        "\u{feff}[a]\r\nAWS_ACCESS_KEY_ID=AKIAOLD # AKIAOLD\r\n  aws_secret_access_key:old/secret+ \r\n",
        "[a]\r\n  aws_access_key_id=AKIAOLD # AKIAOLD\r\n  aws_secret_access_key:old/secret+ ;old/secret+\r\n",
        "[a]\raws_access_key_id = AKIAOLD\raws_secret_access_key = old/secret+\r[b]",
        "aws_access_key_id = AKIAOLD",
        "",
    ];
    let valid = valid.map(|text| text.as_bytes().to_vec()).to_vec();
    Target { corpus: include_str!("corpus/key_lines.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

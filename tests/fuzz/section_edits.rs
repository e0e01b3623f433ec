//! Credentials files in which `save` replaces, adds and removes a section.

use crate::support::fuzz::{Checked, Target, ensure};
use mfa_env::profile::{
    AwsFile, FileKind, FileText, ProfileName, SectionKind, Settings, with_section, with_setting, without_section,
};
use std::ops::Range;
use std::path::Path;

trials![changes_one_section_of_any_file];

const DICTIONARY: [&str; 25] = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    "\t",
    "[a]\n",
    "[b]\r\n",
    "[new]\n",
    "[",
    "]",
    "#",
    ";",
    "\n# x\n",
    "k = v\n",
    "k =\n  n = v\n",
    "  more\n",
    "=",
    "\u{feff}",
    "[profile a]\n",
    "mfa_env_profile = a\n",
    "ü",
    "  [b]\n",
    "\n\t",
    "mfa_serial = x\n",
];

/// The lines of the section that is written.
fn lines() -> Vec<String> {
    ["[new]", "aws_access_key_id = ASIAX", "mfa_env_profile = a"].map(str::to_owned).to_vec()
}

fn read(text: &str) -> Option<FileText> {
    FileText::from_bytes(FileKind::Credentials, Path::new("/credentials").into(), text.as_bytes().to_vec()).ok()
}

/// The name and the settings of each section; `None` for settings that cannot be read.
type Content = Vec<(String, Option<Vec<(String, String)>>)>;

fn content(file: &AwsFile<'_>) -> Content {
    let settings = |section| {
        let mut settings = Settings::default();
        file.settings_into(section, &mut settings, &mut Vec::new()).ok()?;
        Some(settings.iter().map(|s| (s.key.to_string(), s.value.to_string())).collect())
    };
    file.sections.iter().map(|section| (section.name.to_string(), settings(section))).collect()
}

fn written() -> (String, Option<Vec<(String, String)>>) {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    ("new".to_owned(), Some(vec![pair("aws_access_key_id", "ASIAX"), pair("mfa_env_profile", "a")]))
}

/// Reads the edited text and compares it with what is expected, and with the bytes around the change.
fn check_edit(raw: &str, edited: &str, replaced: Option<Range<usize>>, expected: &Content) -> Checked {
    let Some(text) = read(edited) else { return ensure(false, || format!("{edited:?} cannot be read")) };
    let index = AwsFile::index(&text);
    ensure(content(&index) == *expected, || {
        format!("{raw:?} became {edited:?}: {:?}, not {expected:?}", content(&index))
    })?;
    match replaced {
        Some(lines) => {
            let around = |text: &str, lines: &Range<usize>| {
                let all: Vec<&str> = text.split_inclusive('\n').collect();
                (all[..lines.start.min(all.len())].concat(), all[lines.end.min(all.len())..].concat())
            };
            // Where only LF ends lines, the lines before and after are the same bytes.
            if raw.contains('\r') {
                return Ok(());
            }
            let new = lines.start..lines.start + self::lines().len();
            ensure(around(raw, &lines) == around(edited, &new), || format!("{raw:?} became {edited:?}"))
        }
        None => ensure(edited.starts_with(raw), || format!("{raw:?} became {edited:?}")),
    }
}

/// Sets the device in one section, which must change nothing else.
fn check_setting(raw: &str, index: &AwsFile<'_>, at: usize, before: &Content) -> Checked {
    let (name, settings) = &before[at];
    let is_only_one = before.iter().filter(|(other, _)| other == name).count() == 1;
    let Some(name) = ProfileName::parse(name).ok().filter(|_| is_only_one) else { return Ok(()) };
    let Some(settings) = settings.clone().filter(|_| matches!(index.sections[at].kind, SectionKind::Profile { .. }))
    else {
        return Ok(());
    };
    let Ok(Some(edited)) = with_setting(raw, index, "[x]", &name, ("mfa_serial", "device")) else { return Ok(()) };
    let Some(text) = read(&edited) else { return ensure(false, || format!("{edited:?} cannot be read")) };
    let mut expected = before.clone();
    // With a value of several lines, nobody can sign in, and nothing is written.
    if settings.iter().any(|(key, value)| key == "mfa_serial" && value.contains('\n')) {
        return Ok(());
    }
    let others = settings.iter().filter(|(key, _)| key != "mfa_serial").cloned();
    let place = settings.iter().position(|(key, _)| key == "mfa_serial").unwrap_or(settings.len());
    let mut with: Vec<_> = others.collect();
    with.insert(place, ("mfa_serial".to_owned(), "device".to_owned()));
    expected[at].1 = Some(with);
    ensure(content(&AwsFile::index(&text)) == expected, || format!("{raw:?} became {edited:?}, not {expected:?}"))
}

/// Whether the header after these lines is indented more than theirs: without theirs, it would continue what is above.
fn keeps_header(raw: &str, place: &Range<usize>) -> bool {
    let raw = raw.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let is_read =
        |line: &&&str| !line.trim_matches([' ', '\t']).is_empty() && !line.trim_start().starts_with(['#', ';']);
    let next = lines.iter().skip(place.end).find(is_read);
    next.is_some_and(|next| next.trim_start().starts_with('[') && blanks(next) > blanks(lines[place.start]))
}

fn changes_one_section_of_any_file() {
    let check = |input: &[u8]| -> Checked {
        let Ok(raw) = std::str::from_utf8(input) else { return Ok(()) };
        let Some(text) = read(raw) else { return Ok(()) };
        let index = AwsFile::index(&text);
        let before = content(&index);
        let mut added = before.clone();
        added.push(written());
        let with_new = with_section(raw, None, &lines());
        check_edit(raw, &with_new, None, &added)?;
        for (at, section) in index.sections.iter().enumerate() {
            check_setting(raw, &index, at, &before)?;
            let place = index.lines_of(section);
            let mut expected = before.clone();
            expected[at] = written();
            check_edit(raw, &with_section(raw, Some(&place), &lines()), Some(place.clone()), &expected)?;
            let without = without_section(raw, &place);
            let Some(text) = read(&without) else { return ensure(false, || format!("{without:?} cannot be read")) };
            let mut expected = before.clone();
            if keeps_header(raw, &place) {
                expected[at].1 = Some(Vec::new());
            } else {
                expected.remove(at);
            }
            // What follows a first section that is removed may not be the start of a file.
            let index = AwsFile::index(&text);
            if index.malformed.is_empty() {
                ensure(content(&index) == expected, || format!("{raw:?} became {without:?}, not {expected:?}"))?;
            }
        }
        Ok(())
    };
    let valid = [
        "[a]\naws_access_key_id = x\n\n# of b\n[b]\nk = v\n",
        "\u{feff}[a]\r\nk = v\r\n\r\n[b]\r\nk =\r\n  n = v",
        "# first\n[new]\nk = v\n# last",
        "[a]\rk = v\r[b]\rk = v",
        "  [a]\n  mfa_serial = x\n  k = v\n\n  [b]\n  k =\n    n = v\n",
        "",
    ];
    let valid = valid.map(|text| text.as_bytes().to_vec()).to_vec();
    Target { corpus: include_str!("corpus/section_edits.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

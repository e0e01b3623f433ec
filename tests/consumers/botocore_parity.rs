//! The AWS files as botocore itself reads them, on generated files with the layouts that people and generators write.

#![cfg(unix)]

use crate::support::consumers;
use crate::support::file_texts;
use mfa_env::profile::{AwsFiles, ProfileName, view_text};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::{Command, Stdio};

consumer_trials![
    reads_files_as_botocore_does,
    rejects_what_botocore_rejects,
    botocore_reads_the_view_as_mfa_env_reads_the_files
];

/// The files of one run of botocore.
const CASES: usize = 4_000;

/// Reads pairs of files from stdin, and prints the profiles of each, or null where botocore rejects one of them.
const JUDGE: &str = r"
import json, os, sys, tempfile
from botocore.configloader import build_profile_map, raw_config_parse
from botocore.exceptions import ConfigParseError
folder = tempfile.mkdtemp()
def read(name, text):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write(text)
    return raw_config_parse(path)
for config, credentials in json.load(sys.stdin):
    try:
        profiles = {name: dict(values) for name, values in build_profile_map(read('config', config))['profiles'].items()}
        # As botocore's session does: every section of this file is a profile.
        for name, values in read('credentials', credentials).items():
            profiles.setdefault(name, {}).update(values)
        print(json.dumps(profiles))
    except ConfigParseError:
        print('null')
";

const NAMES: [&str; 14] =
    ["default", "default", "a", "b", "c", "default", "x.y", "a-[b]/c", "d]", "e f", "g", "h@i", "ü", "[j"];
const KEYS: [&str; 5] = ["region", "output", "role_arn", "source_profile", "mfa_serial"];

/// Before a header or a setting.
fn indentation() -> impl Strategy<Value = &'static str> {
    select(&["", "", "", "", "", "  ", "    ", "\t"][..])
}

fn header(is_config: bool) -> impl Strategy<Value = String> {
    let after = select(&["", "", "", "", "", "", "", "", "", "  ", " mine", "x", "\t[z", " [", ";x]"][..]);
    let around = prop_oneof![20 => Just(("", "")), 1 => Just((" ", "")), 1 => Just(("", " ")), 1 => Just(("\t", " "))];
    let quote = select(&["", "", "", "\"", "'"][..]);
    (indentation(), select(&NAMES[..]), around, quote, after, 0..50).prop_map(
        move |(indentation, name, (left, right), quote, after, kind)| {
            let quote = if name.contains(' ') && quote.is_empty() { "'" } else { quote };
            let quoted = format!("{quote}{name}{quote}");
            let inner = match (is_config, kind) {
                (true, 0) => "services s".to_owned(),
                (true, 1) => format!("sso-session {quoted}"),
                (true, 2) => name.to_owned(),
                (true, 3) => format!("Profile {quoted}"),
                (true, 4) => format!("profile {name} more"),
                (true, 5) => format!("profile o'{name}"),
                (true, 6) => format!("profiles {quoted}"),
                (true, 7) => format!("profile\t{quoted}"),
                (true, 8) => format!("profile  {quoted}"),
                (true, _) if name == "default" && kind % 2 == 0 => "profile default".to_owned(),
                (true, _) if name == "default" => name.to_owned(),
                (true, _) => format!("profile {quoted}"),
                (false, 0) => format!("profile {name}"),
                (false, 1) => quoted,
                (false, _) => name.to_owned(),
            };
            format!("{indentation}[{left}{inner}{right}]{after}")
        },
    )
}

fn line() -> impl Strategy<Value = String> {
    let separator = select(&["=", " = ", ": ", ":", "\t=\t", " :"][..]);
    let value = select(
        &["x", "a b", "a=b", "a:b", "x ", "eu-west-1", "'q'", "é", "x#y", "[x]", "a\tb", "y", "z", "", "x # y"][..],
    );
    let key = select(
        &["region", "output", "role_arn", "source_profile", "mfa_serial", "Region", "OUTPUT", "Role_Arn", "odd key"][..],
    );
    let setting = (key, separator, value);
    prop_oneof![
        12 => (indentation(), setting).prop_map(|(indentation, (key, separator, value))| {
            format!("{indentation}{key}{separator}{value}")
        }),
        2 => select(&["", "  ", "# comment", "; comment", "  # comment", "\t; x"][..]).prop_map(str::to_owned),
        1 => select(&["s3 =\n  region = x\n  max = 5", "    s3 =\n        region = x", "  s3 =\n\n    # x\n    a = [b]"][..])
            .prop_map(str::to_owned),
    ]
}

fn file(is_config: bool) -> impl Strategy<Value = String> {
    let section = (header(is_config), prop::collection::vec(line(), 0..5));
    let start = select(&["", "", "", "# comment\n", "\n\n", "  "][..]);
    let end = select(&["\n", "\n", "\r\n"][..]);
    // Half of the files have the indentation of whatever wrote them.
    let whole = select(&["", "", "  ", "\t"][..]);
    (start, prop::collection::vec(section, 0..4), end, any::<bool>(), whole).prop_map(
        |(start, sections, end, has_last, whole)| {
            let mut text = start.to_owned();
            for (header, lines) in sections {
                let _ = writeln!(text, "{header}");
                // botocore rejects a file in which one is set twice.
                let name = |line: &str| line.split(['=', ':']).next().unwrap_or_default().trim().to_lowercase();
                let mut seen = BTreeSet::new();
                for line in lines.into_iter().filter(|line| name(line).is_empty() || seen.insert(name(line))) {
                    let _ = writeln!(text, "{line}");
                }
            }
            if !has_last {
                text.truncate(text.trim_end_matches('\n').len());
            }
            let indented =
                text.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{whole}{line}") });
            indented.collect::<Vec<_>>().join(end)
        },
    )
}

type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// What both are asked for: these keys, as text. A blank value is none.
fn ours(config: &str, credentials: &str) -> Profiles {
    let texts = file_texts::of(config, credentials);
    let files = AwsFiles::index(&texts);
    let names = files.names().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let read = |name: &String| {
        let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
        let settings = KEYS.iter().filter_map(|key| Some(((*key).to_owned(), profile.get(key)?.value.to_string())));
        // With settings of its own below it, it is not text for botocore, and not accepted here.
        Some((name.clone(), settings.filter(|(_, value)| !value.starts_with('\n')).collect()))
    };
    names.iter().filter_map(read).collect()
}

/// A difference that is meant.
struct Difference {
    /// Why mfa-env does not do what botocore does.
    reason: &'static str,
    /// Whether these files have it.
    is_in: fn(&str, &str) -> bool,
}

/// All of them. Each is needed: some generated files differ for this reason only.
const DIFFERENCES: [Difference; 9] = [
    Difference {
        reason: "words before a `:` are a line without its `=`, as in `role_arn arn:aws:…`, and the profile is not used; \
                 botocore reads a setting whose name has blanks",
        is_in: |config, credentials| {
            let name = |line: &str| line.split([':', '=']).next().map(|name| name.trim().to_owned());
            let has_blanks = |line: &str| name(line).is_some_and(|name| name.contains([' ', '\t']));
            lines(config, credentials).any(|line| has_blanks(line) && line.contains(':'))
        },
    },
    Difference {
        reason: "` #` and ` ;` begin a comment after a value, as the SDKs read it; botocore makes it a part of the value",
        is_in: |config, credentials| {
            let has_comment = |line: &str| [" #", "\t#", " ;", "\t;"].iter().any(|sign| line.trim().contains(sign));
            lines(config, credentials).any(|line| !is_header(line) && has_comment(line))
        },
    },
    Difference {
        reason: "a comment after a header is one, as the SDKs read it, even if it has a `]`; for botocore the last `]` of \
                 the line ends the name",
        is_in: |config, credentials| headers(config, credentials).any(|header| header.contains(['#', ';'])),
    },
    Difference {
        reason: "blanks around the text in the brackets are ignored, as the SDKs do; for botocore they are a part of it, \
                 so that it finds no profile, or one with blanks in its name",
        is_in: |config, credentials| {
            headers(config, credentials).any(|header| {
                let inner = header.trim_start()[1..].rsplit_once(']').map_or("", |(inner, _)| inner);
                inner.trim() != inner
            })
        },
    },
    Difference {
        reason: "[profile default] takes precedence over [default], as in the SDKs; botocore uses the last one",
        is_in: |config, _| {
            let of_default = || headers(config, "").filter(|header| header.contains("default"));
            of_default().count() > 1 && of_default().any(|header| header.contains("profile"))
        },
    },
    Difference {
        reason: "two headers of one profile are one section, as in the SDKs; where they are spelled differently, botocore \
                 uses the last one",
        is_in: |config, credentials| {
            file_texts::of(config, credentials).iter().any(|text| {
                let files = AwsFiles::index(std::slice::from_ref(text));
                let sections = || files.files().iter().flat_map(|file| file.sections.iter());
                let others = |name: &str| sections().filter(|section| section.name == name).count() > 1;
                sections().any(|section| section.name != "default" && others(&section.name))
            })
        },
    },
    Difference {
        reason: "a quote that is not closed is a part of the name, as in `o'neil`; botocore ignores the section",
        is_in: |config, _| headers(config, "").any(|header| header.contains("o'")),
    },
    Difference {
        reason: "[profiles a] is not a profile, nor for any SDK; botocore takes every word that begins with `profile`",
        is_in: |config, _| headers(config, "").any(|header| header.contains("profiles")),
    },
    Difference {
        reason: "[profile a] in the credentials file is a mistake that is named; for botocore it is the profile `profile a`",
        is_in: |_, credentials| headers("", credentials).any(|header| header.contains("profile")),
    },
];

fn lines<'a>(config: &'a str, credentials: &'a str) -> impl Iterator<Item = &'a str> {
    config.lines().chain(credentials.lines())
}

fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

fn headers<'a>(config: &'a str, credentials: &'a str) -> impl Iterator<Item = &'a str> {
    lines(config, credentials).filter(|line| is_header(line))
}

/// Pairs of files, always the same.
fn cases() -> Vec<(String, String)> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (file(true), file(false));
    (0..CASES).map(|_| strategy.new_tree(&mut runner).expect("a file").current()).collect()
}

/// What botocore reads in each pair; `None` where it rejects a file.
fn judged(cases: &[(String, String)]) -> Vec<Option<Profiles>> {
    let mut judge = Command::new(consumers::installed("bin/python"));
    let mut judge = judge.args(["-c", JUDGE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    let input = serde_json::to_vec(cases).expect("JSON");
    let mut stdin = judge.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
    let output = judge.wait_with_output().expect("an answer");
    writer.join().expect("a writer").expect("botocore reads all");
    let answers = String::from_utf8(output.stdout).expect("text");
    let profiles = |line: &str| {
        let read: Option<BTreeMap<String, _>> = serde_json::from_str(line).expect("JSON");
        Some(read?.into_iter().map(|(name, values)| (name, settings_of(values))).collect())
    };
    let answers: Vec<Option<Profiles>> = answers.lines().map(profiles).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

fn reasons(config: &str, credentials: &str) -> Vec<&'static str> {
    let is_in = |difference: &Difference| (difference.is_in)(config, credentials);
    DIFFERENCES.into_iter().filter(is_in).map(|difference| difference.reason).collect()
}

fn reads_files_as_botocore_does() {
    let cases = cases();
    let (mut compared, mut settings) = (0, 0);
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for ((config, credentials), theirs) in cases.iter().zip(judged(&cases)) {
        // A file that botocore rejects costs only some sections.
        let Some(theirs) = theirs else { continue };
        let ours = ours(config, credentials);
        match reasons(config, credentials).as_slice() {
            [] => {
                assert_eq!(ours, theirs, "config:\n{config:?}\ncredentials:\n{credentials:?}");
                compared += 1;
                settings += theirs.values().map(BTreeMap::len).sum::<usize>();
            }
            [reason] if ours != theirs => drop(needed.insert(reason)),
            _ => {}
        }
    }
    // Otherwise, the comparison would prove nothing.
    assert!(compared > CASES / 4 && settings > CASES / 3, "{compared} files with {settings} settings");
    for Difference { reason, .. } in DIFFERENCES {
        assert!(needed.contains(reason), "nothing differs because {reason}");
    }
}

/// The files of the cases, and each of them with one more line that people mistype.
fn rejects_what_botocore_rejects() {
    const ODD: [&str; 12] = [
        "foo",
        "  foo",
        "= x",
        "s3 =\n  foo",
        "[",
        "[]",
        "[broken",
        ": x",
        "\tbar",
        "[]]",
        "[DEFAULT]\nx = 1",
        "# foo",
    ];
    let mut all = cases();
    let with_odd = |(number, (config, credentials)): (usize, &(String, String))| {
        let insert = |text: &str| {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let odd = format!("{}\n", ODD[number % ODD.len()]);
            lines.insert(number / ODD.len() % (lines.len() + 1), &odd);
            lines.concat()
        };
        if number % 2 == 0 { (insert(config), credentials.clone()) } else { (config.clone(), insert(credentials)) }
    };
    let odd: Vec<_> = all.iter().enumerate().map(with_odd).collect();
    all.extend(odd);
    let mut rejected = 0;
    for ((config, credentials), theirs) in all.iter().zip(judged(&all)) {
        let texts = file_texts::of(config, credentials);
        let ours = AwsFiles::index(&texts).rejected();
        assert_eq!(ours.is_empty(), theirs.is_some(), "config:\n{config:?}\ncredentials:\n{credentials:?}\n{ours:?}");
        rejected += usize::from(theirs.is_none());
    }
    assert!(rejected > CASES / 4 && rejected < CASES * 7 / 4, "{rejected}");
}

/// Everybody who reads the view finds what mfa-env finds in the files, even where botocore rejects those.
fn botocore_reads_the_view_as_mfa_env_reads_the_files() {
    let cases = cases();
    let view = |(config, credentials): &(String, String)| {
        let texts = file_texts::of(config, credentials);
        (view_text("# a view", &AwsFiles::index(&texts).for_listing(), |_| None), String::new())
    };
    let views: Vec<_> = cases.iter().map(view).collect();
    let (mut compared, mut repaired) = (0, 0);
    let files = judged(&cases);
    for (((config, credentials), (view, _)), (theirs, read)) in
        cases.iter().zip(&views).zip(judged(&views).into_iter().zip(files))
    {
        let context = format!("config:\n{config:?}\ncredentials:\n{credentials:?}\nview:\n{view}");
        // Those are as they were.
        let has_others = headers(view, "").any(|header| !header.contains("profile") && header != "[default]");
        let Some(theirs) = theirs else {
            assert!(has_others && read.is_none(), "{context}");
            continue;
        };
        let ours = ours(config, credentials);
        // A header that botocore reads as that of no profile, or of another one, is in the view as it is written.
        let is_read_otherwise = |reason: &str| reason.starts_with("a quote") || reason.starts_with("[profiles a]");
        if reasons(config, credentials).into_iter().any(is_read_otherwise) {
            let both = theirs.iter().filter_map(|(name, settings)| Some((settings, ours.get(name)?)));
            assert!(both.into_iter().all(|(theirs, ours)| theirs == ours), "{context}");
        } else {
            assert_eq!(theirs, ours, "{context}");
            compared += 1;
            repaired += usize::from(read.is_none());
        }
    }
    assert!(compared > CASES / 4 && repaired > CASES / 20, "{compared} views, {repaired} of files that are rejected");
}

/// What botocore has read of the settings that both are asked for. A blank line within a value is part of it only there;
/// mfa-env accepts no value of several lines.
fn settings_of(values: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| {
        let lines: Vec<&str> = value.as_str()?.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Some(lines.join("\n")).filter(|text| !text.is_empty())
    };
    let values = values.into_iter().filter(|(key, _)| KEYS.contains(&key.as_str()));
    values.filter_map(|(key, value)| Some((key, text(&value)?))).collect()
}

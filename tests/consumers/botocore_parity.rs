//! The AWS files as botocore itself reads them, on generated files with the layouts that people and generators write.

#![cfg(unix)]

use crate::support::consumers;
use crate::support::file_texts;
use mfa_env::profile::{AwsFiles, ProfileName};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::{Command, Stdio};

consumer_trials![reads_files_as_botocore_does];

/// The files of one run of botocore.
const CASES: usize = 1_500;

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

const NAMES: [&str; 7] = ["a", "b", "default", "x.y", "a-[b]/c", "d]", "e f"];
const KEYS: [&str; 5] = ["region", "output", "role_arn", "source_profile", "mfa_serial"];

fn header(is_config: bool) -> impl Strategy<Value = String> {
    let after = select(&["", "", "", "  ", " mine", "x", "\t[z"][..]);
    let blanks = select(&["", "", " "][..]);
    (select(&NAMES[..]), blanks, after, 0..8).prop_map(move |(name, blanks, after, kind)| {
        let quoted = if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() };
        let inner = match (is_config, kind) {
            (true, 0) => "services s".to_owned(),
            (true, _) if name == "default" => name.to_owned(),
            (true, 1) => format!("profile\t{quoted}"),
            (true, _) => format!("profile {quoted}"),
            // Blanks would be part of the name.
            (false, _) => name.to_owned(),
        };
        let blanks = if is_config { blanks } else { "" };
        format!("[{inner}]{blanks}{after}")
    })
}

fn line() -> impl Strategy<Value = String> {
    let separator = select(&["=", " = ", ": ", ":", "\t=\t", " :"][..]);
    let value = select(&["x", "a b", "a=b", "a:b", "x ", "eu-west-1", "'q'", "é"][..]);
    let setting = (select(&KEYS[..]), separator, value);
    let indentation = select(&["", "", "", "", "  ", "    ", "\t"][..]);
    prop_oneof![
        12 => (indentation, setting).prop_map(|(indentation, (key, separator, value))| {
            format!("{indentation}{key}{separator}{value}")
        }),
        2 => select(&["", "# comment", "; comment", "  # comment", "\t; x"][..]).prop_map(str::to_owned),
        1 => select(&["s3 =\n  region = x\n  max = 5", "    s3 =\n        region = x"][..]).prop_map(str::to_owned),
    ]
}

fn file(is_config: bool) -> impl Strategy<Value = String> {
    let section = (header(is_config), prop::collection::vec(line(), 0..6));
    let start = select(&["", "", "", "# comment\n", "\n\n", "  "][..]);
    let end = select(&["\n", "\n", "\r\n"][..]);
    (start, prop::collection::vec(section, 0..4), end, any::<bool>()).prop_map(|(start, sections, end, has_last)| {
        let mut text = start.to_owned();
        for (header, lines) in sections {
            let _ = writeln!(text, "{header}");
            for line in lines {
                let _ = writeln!(text, "{line}");
            }
        }
        if !has_last {
            text.truncate(text.trim_end_matches('\n').len());
        }
        text.replace('\n', end)
    })
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
        Some((name.clone(), settings.collect()))
    };
    names.iter().filter_map(read).collect()
}

/// Why the two may read a file differently; the reasons are those of DESIGN.md.
fn is_deliberate(config: &str, credentials: &str) -> bool {
    let all = || config.lines().chain(credentials.lines());
    // A header whose first bracket is followed by a comment, which the SDKs read as one.
    all().any(|line| line.starts_with('[') && line.contains(['#', ';']))
        // `[profile default]` takes precedence over `[default]`, as in the SDKs.
        || config.contains("profile default") || config.contains("profile\tdefault")
        // Two headers of one profile in different spellings: mfa-env merges the sections, as the SDKs do.
        || file_texts::of(config, credentials).iter().any(|text| {
            let texts = std::slice::from_ref(text);
            let files = AwsFiles::index(texts);
            let sections = || files.files().iter().flat_map(|file| file.sections.iter());
            sections().any(|section| sections().filter(|other| other.name == section.name).count() > 1)
        })
}

fn reads_files_as_botocore_does() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (file(true), file(false));
    let cases: Vec<(String, String)> =
        (0..CASES).map(|_| strategy.new_tree(&mut runner).expect("a file").current()).collect();
    let mut judge = Command::new(consumers::installed("bin/python"));
    let mut judge = judge.args(["-c", JUDGE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    let input = serde_json::to_vec(&cases).expect("JSON");
    let mut stdin = judge.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
    let output = judge.wait_with_output().expect("an answer");
    writer.join().expect("a writer").expect("botocore reads all");
    let answers = String::from_utf8(output.stdout).expect("text");
    let answers: Vec<Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>> =
        answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), cases.len());
    let (mut compared, mut settings) = (0, 0);
    for ((config, credentials), answer) in cases.iter().zip(answers) {
        // A file that botocore rejects costs only some sections.
        let Some(answer) = answer.filter(|_| !is_deliberate(config, credentials)) else { continue };
        // A blank line within a value is part of it only there; mfa-env accepts no value of several lines.
        let text = |value: &serde_json::Value| {
            let lines: Vec<&str> = value.as_str()?.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            Some(lines.join("\n")).filter(|text| !text.is_empty())
        };
        let keep = |values: BTreeMap<String, serde_json::Value>| {
            let values = values.into_iter().filter(|(key, _)| KEYS.contains(&key.as_str()));
            values.filter_map(|(key, value)| Some((key, text(&value)?))).collect::<BTreeMap<_, _>>()
        };
        let theirs: Profiles = answer.into_iter().map(|(name, values)| (name, keep(values))).collect();
        let ours: Profiles = ours(config, credentials);
        // A profile of ours may be one that we refuse because of a line that botocore reads as something else.
        assert_eq!(ours, theirs, "config:\n{config:?}\ncredentials:\n{credentials:?}");
        compared += 1;
        settings += theirs.values().map(BTreeMap::len).sum::<usize>();
    }
    // Otherwise, the comparison would prove nothing.
    assert!(compared > CASES / 4 && settings > CASES, "{compared} files with {settings} settings");
}

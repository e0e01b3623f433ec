//! `AWS_CREDENTIAL_EXPIRATION` as botocore itself reads it, in forms that tools and people write.

#![cfg(unix)]

use crate::support::consumers;
use mfa_env::timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::process::{Command, Stdio};

consumer_trials![reads_an_expiration_as_botocore_does];

const CASES: usize = 4_000;

/// Reads texts from stdin, and prints for each when a session with it expires, or null where botocore cannot use it.
const JUDGE: &str = r"
import json, os, sys, warnings
from botocore.credentials import EnvProvider
warnings.simplefilter('ignore')
os.environ.update(AWS_ACCESS_KEY_ID='ASIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY='x', AWS_SESSION_TOKEN='x')
for text in json.load(sys.stdin):
    os.environ['AWS_CREDENTIAL_EXPIRATION'] = text
    try:
        credentials = EnvProvider().load()
        credentials.get_frozen_credentials()
        print(int(credentials._expiry_time.timestamp()))
    except Exception:
        print('null')
";

/// Times after 2090, because botocore tries to renew a session that has expired. Every part is mostly a usual one.
///
/// What dateutil reads beyond these forms is left out, because mfa-env reports it: names of months, numbers of one digit,
/// fractions of a minute, a date without its day, and an offset after a zone.
fn text() -> impl Strategy<Value = String> {
    let part = |usual: &'static [&'static str], rare: &'static [&'static str]| prop_oneof![4 => select(usual), 1 => select(rare)];
    let date =
        part(&["2099-11-27", "20991127", "2096-02-29"], &["2099/11/27", "2099-02-30", "2099-00-10", "2099-1127"]);
    let between = part(&["T", " "], &["t", "  ", "_", "TT"]);
    let time = part(
        &["10:15:00", "101500", "00:00:00", "10:15:00.5", "101500.123456"],
        &[
            "10:15",
            "1015",
            "10",
            "24:00:00",
            "23:59:60",
            "10:60",
            "",
            "10:",
            "10:15:00,5",
            "00:00:00.123456789012",
            "1:",
        ],
    );
    let zone = part(
        &["Z", "+02:00", "+0200", "-05:30", ""],
        &[
            "z",
            "+02",
            "-00:00",
            "+25:00",
            "+23:59",
            " Z",
            " +0100",
            "UTC",
            " GMT",
            "+02:",
            "+020",
            "ZZ",
            " x",
            "+00:00:30",
        ],
    );
    let around = part(&[""], &[" ", "\n", "\r"]);
    (date, between, time, zone, around)
        .prop_map(|(date, between, time, zone, around)| format!("{around}{date}{between}{time}{zone}{around}"))
}

fn reads_an_expiration_as_botocore_does() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = text();
    let cases: Vec<String> = (0..CASES).map(|_| strategy.new_tree(&mut runner).expect("a text").current()).collect();
    let mut judge = Command::new(consumers::installed("bin/python"));
    let mut judge = judge.args(["-c", JUDGE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    let input = serde_json::to_vec(&cases).expect("JSON");
    let mut stdin = judge.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
    let output = judge.wait_with_output().expect("an answer");
    writer.join().expect("a writer").expect("botocore reads all");
    let answers = String::from_utf8(output.stdout).expect("text");
    let answers: Vec<Option<i64>> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), cases.len());
    let mut read = 0;
    for (text, theirs) in cases.iter().zip(answers) {
        assert_eq!(timestamp::parse(text).ok(), theirs, "{text:?}");
        read += usize::from(theirs.is_some());
    }
    // Otherwise, the comparison would prove nothing.
    assert!(read > CASES / 5, "{read} times");
}

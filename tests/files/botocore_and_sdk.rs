//! Our reader held to the parser of the AWS SDK for Rust, over generated files: the same profiles, keys and values, and what the SDK
//! refuses we refuse.
//!
//! Where the two may differ, the generator does not go, and `ours_alone` states what we do there instead:
//! - quoted names (`[profile 'a b']`), names that are not ASCII, and blanks in names of the credentials file: botocore writes and reads
//!   them, the SDK passes over the section;
//! - a byte order mark and a lone CR: the SDK has them in the first header or in a value;
//! - `#` and `;` within brackets: the SDK takes them for a comment and misses the `]`;
//! - text after `]`: the SDK takes `[a]b]` for a bad name and passes over it, for us the header is broken;
//! - the empty name `[]` in the credentials file, which is a profile for the SDK;
//! - a broken line in a section that is none of ours (`[sso-session x]`, `[Profile x]`): the SDK refuses the file, we do not look at it;
//! - one name in two spellings, `[profile a]` and `[profile  a]`: the SDK takes the two in no certain order.

use crate::support::file_texts;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use mfa_env::profile::{AwsFiles, FileText, ProfileName, SectionKind, Settings};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

trials![reads_as_the_sdk_does, the_sdk_refuses_some_of_them_and_reads_others, ours_alone];

/// Names of every kind that both know, and others that both pass over.
const NAMES: [&str; 8] = ["a", "b", "default", "A", "x/y.z%1@2:3+4-5_6", "profile", "services", "123456"];
const KEYS: [&str; 8] = ["region", "Region", "mfa_serial", "sts", "odd key", "aws_access_key_id", "ü", "s3.x%@:+-/_9"];
const VALUES: [&str; 12] =
    ["x", "", "a = b", "x # c", "x ; c", "x#y;z", "\"quoted\"", "'", "ü 日本", "[a]", "\\n", "x\t#"];

#[derive(Clone, Debug)]
struct Section {
    header: String,
    lines: Vec<String>,
}

/// A header of the config file (`profile` and blanks in one spelling for each name) or of the credentials file.
fn header(config: bool) -> impl Strategy<Value = (String, bool)> {
    (select(&NAMES[..]), 0..12u8, select(&["", " ", "  # c", " ; c", "\t"][..])).prop_map(move |(name, kind, rest)| {
        let (inner, is_ours) = match (config, kind) {
            (true, 0) => (format!("sso-session {name}"), false),
            (true, 1) => (format!("Profile {name}"), false),
            (true, 2) => (format!("profile {name} more"), false),
            (true, 3 | 6 | 7) => (format!("services {name}"), true),
            (true, 4) => (name.to_owned(), true),
            (true, 5) => ("default".to_owned(), true),
            (true, _) if name == "b" => ("profile\t b".to_owned(), true),
            (true, _) if name == "A" => (" profile A ".to_owned(), true),
            (true, _) | (false, 0) => (format!("profile {name}"), true),
            (false, _) if name == "b" => ("\tb ".to_owned(), true),
            (false, _) => (name.to_owned(), true),
        };
        (format!("[{inner}]{rest}"), is_ours)
    })
}

fn setting() -> impl Strategy<Value = String> {
    let equals = select(&["=", " = ", "\t=", "=  "][..]);
    (select(&KEYS[..]), equals, select(&VALUES[..])).prop_map(|(key, equals, value)| format!("{key}{equals}{value}"))
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        24 => setting(),
        2 => select(&["", "  ", "\t", "# comment", ";comment", "#[profile c]"][..]).prop_map(str::to_owned),
        4 => (select(&["x", "", " "][..]), select(&["", "\n  region = y", "\n  Region = ", "\n # z"][..]))
            .prop_map(|(value, more)| format!("sts =\n  region = {value}{more}")),
        1 => (select(&[" ", "\t", "   "][..]), setting()).prop_map(|(indent, setting)| format!("{indent}{setting}")),
        1 => select(&["  more", " # more", "\t[profile d]", "  endpoint_url = https://x", "  = y", "   more ; still"][..])
            .prop_map(str::to_owned),
    ]
}

fn broken_line() -> impl Strategy<Value = String> {
    select(&["no equals sign", "= no key", "[profile a", "# = x\nstray", "key # = x", "[]x", "key"][..])
        .prop_map(str::to_owned)
}

fn section(config: bool) -> impl Strategy<Value = Section> {
    (header(config), prop::collection::vec(line(), 0..7), proptest::option::weighted(0.02, (broken_line(), 0..7usize)))
        .prop_map(|((header, is_ours), mut lines, broken)| {
            if !is_ours {
                // Nothing in it may be broken for the SDK: an indented line might have nothing to continue.
                lines.retain(|line| line.trim().is_empty() || !line.starts_with([' ', '\t']) && !line.contains("\n #"));
            } else if let Some((line, at)) = broken {
                lines.insert(at.min(lines.len()), line);
            }
            Section { header, lines }
        })
}

fn file(config: bool) -> impl Strategy<Value = String> {
    let preamble = select(&["", "# comment\n", "\n  \n; c\n", "\n", "  indented = x\n", "region = x\n"][..]);
    let preamble = prop_oneof![20 => Just(""), 1 => preamble];
    let end = select(&["\n", "\n", "\r\n"][..]);
    (preamble, prop::collection::vec(section(config), 0..6), end, any::<bool>()).prop_map(
        |(preamble, sections, end, last)| {
            let lines = sections.iter().flat_map(|s| std::iter::once(&s.header).chain(&s.lines));
            let mut text: String = preamble.to_owned() + &lines.map(|line| format!("{line}\n")).collect::<String>();
            if !last {
                text.truncate(text.trim_end_matches('\n').len());
            }
            text.replace('\n', end)
        },
    )
}

type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// What is compared: the profiles, and `sts` → `endpoint_url` of each services section.
type Read = (Profiles, BTreeMap<String, String>);

fn by_the_sdk(config: &str, credentials: &str) -> Option<Read> {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build();
    let (env, fs) = (Env::from_slice(&[]), Fs::from_slice(&[]));
    let source = at_once(source::load(&env, &fs, &files)).expect("texts, not files");
    let sections = EnvConfigSections::parse(source).ok()?;
    let settings = |name: &str| {
        let profile = sections.get_profile(name).expect("it is in the list");
        let keys: BTreeSet<String> = KEYS.iter().map(|key| key.to_ascii_lowercase()).collect();
        keys.into_iter().filter_map(|key| profile.get(&key).map(|value| (key.clone(), value.to_owned()))).collect()
    };
    let profiles = sections.profiles().map(|name| (name.to_owned(), settings(name))).collect();
    let endpoint = |name: &str| {
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(name)
            .property_name("sts")
            .sub_property_name("region")
            .build();
        sections.other_sections().get(&key.expect("all four")).filter(|value| !value.is_empty()).cloned()
    };
    Some((profiles, NAMES.iter().filter_map(|name| endpoint(name).map(|url| ((*name).to_owned(), url))).collect()))
}

fn by_us(texts: &[FileText]) -> Option<Read> {
    let files = AwsFiles::index(texts).ok()?;
    for file in files.files() {
        for section in &file.sections {
            file.settings_into(section, &mut Settings::default(), &mut Vec::new()).ok()?;
        }
    }
    let settings = |name: &str| {
        let profile = files.profile(&ProfileName::parse(name).expect("a name")).ok()?.expect("it is in the list");
        let keys: BTreeSet<String> = KEYS.iter().map(|key| key.to_ascii_lowercase()).collect();
        Some(
            keys.into_iter()
                .filter_map(|key| profile.raw(&key).map(|s| (key.clone(), s.value.clone().into_owned())))
                .collect(),
        )
    };
    let profiles =
        files.names().into_iter().map(|name| Some((name.to_owned(), settings(name)?))).collect::<Option<_>>()?;
    let endpoint = |name: &str| files.service_setting(name, "sts", "region").ok().flatten().map(|s| s.value);
    Some((profiles, NAMES.iter().filter_map(|name| endpoint(name).map(|url| ((*name).to_owned(), url))).collect()))
}

/// The SDK's loading is asynchronous by name only.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the SDK waits for something"),
    }
}

// faults 37, 40 to 48
pub fn reads_as_the_sdk_does() {
    let mut runner = TestRunner::new(Config { cases: 3_000, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(file(true), file(false)), |(config, credentials)| {
        let (sdk, ours) = (by_the_sdk(&config, &credentials), by_us(&file_texts::of(&config, &credentials)));
        prop_assert_eq!(ours, sdk, "config:\n{}\ncredentials:\n{}", config, credentials);
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

/// A property over files that are all refused, or all empty, would say nothing.
pub fn the_sdk_refuses_some_of_them_and_reads_others() {
    let seen = std::cell::RefCell::new(BTreeMap::<&str, usize>::new());
    let count = |what| *seen.borrow_mut().entry(what).or_default() += 1;
    // Always the same files: a count must not depend on luck.
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&(file(true), file(false)), |(config, credentials)| {
        match by_the_sdk(&config, &credentials) {
            None => count("refused"),
            Some((profiles, services)) => {
                count("read");
                profiles.values().flatten().for_each(|_| count("settings"));
                profiles.values().flatten().filter(|(_, v)| v.contains('\n')).for_each(|_| count("continued"));
                for _ in &services {
                    count("services");
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
    let seen = seen.into_inner();
    for (what, least) in [("refused", 50), ("read", 100), ("settings", 300), ("continued", 30), ("services", 8)] {
        assert!(seen.get(what).is_some_and(|n| *n >= least), "{what}: {seen:?}");
    }
}

// faults 38, 40, 42: where we differ on purpose
pub fn ours_alone() {
    let cases = [
        ("[profile 'a b']\nregion = x\n", "", "a b"),
        ("[profile ü]\nregion = x\n", "", "ü"),
        ("", "[a b]\nregion = x\n", "a b"),
        ("\u{feff}[profile a]\nregion = x\n", "", "a"),
        ("[profile a]\rregion = x\r", "", "a"),
        ("[profile a#b]\nregion = x\n", "", "a#b"),
        ("[profile a]\nregion = x\n[sso-session s]\nbroken\n", "", "a"),
    ];
    for (config, credentials, name) in cases {
        let sdk = by_the_sdk(config, credentials).and_then(|(profiles, _)| profiles.get(name).cloned());
        let expected = BTreeMap::from([("region".to_owned(), "x".to_owned())]);
        assert_ne!(sdk.as_ref(), Some(&expected), "the SDK reads {config:?} by now: let the generator go there");
        let ours = by_us(&file_texts::of(config, credentials)).expect("a file that we read").0;
        assert_eq!(ours.get(name), Some(&expected), "{config:?}");
    }
    assert!(by_the_sdk("[profile a]b]\n", "").is_some() && by_us(&file_texts::of("[profile a]b]\n", "")).is_none());
    let (sdk, ours) = (by_the_sdk("", "[]\n").expect("read"), by_us(&file_texts::of("", "[]\n")).expect("read"));
    assert!(sdk.0.contains_key("") && ours.0.is_empty());
    // A section that is nobody's profile is kept only for the hint.
    let texts = file_texts::of("[a]\n", "[profile b]\n");
    let kinds: Vec<SectionKind> = AwsFiles::index(&texts)
        .expect("headers")
        .files()
        .iter()
        .flat_map(|file| file.sections.iter().map(|s| s.kind))
        .collect();
    assert_eq!(kinds, [SectionKind::BareInConfig, SectionKind::PrefixedInCredentials]);
}

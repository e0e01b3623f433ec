//! Compares our parser with that of the AWS SDK for Rust on generated files: both must find the same profiles, keys and
//! values, and reject the same files.
//!
//! The generator avoids inputs on which the two differ on purpose. `differs_from_the_sdk_only_as_documented` tests
//! them:
//! - quoted names (`[profile 'a b']`), non-ASCII names, and spaces in names in the credentials file: botocore writes
//!   and reads them, the SDK skips the section;
//! - a byte order mark and a lone CR: the SDK makes them part of the first header or of a value;
//! - `#` and `;` within brackets: the SDK treats them as a comment and misses the `]`;
//! - text after `]`: the SDK treats `[a]b]` as an invalid name and skips it, we reject the header;
//! - the empty name `[]` in the credentials file: a profile for the SDK, but not for us;
//! - a malformed line in an unrelated section (`[sso-session x]`, `[Profile x]`): the SDK rejects the file, we ignore
//!   it;
//! - an indented comment: the SDK reads it as part of the value above it, or rejects the file;
//! - one name in two spellings, `[profile a]` and `[profile  a]`: the SDK reads the two in an unspecified order.

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

trials![
    matches_the_sdk_on_generated_files,
    generates_both_valid_and_invalid_files,
    differs_from_the_sdk_only_as_documented
];

/// Names of every kind that both accept, and some that both skip.
const NAMES: [&str; 8] = ["a", "b", "default", "A", "x/y.z%1@2:3+4-5_6", "profile", "services", "123456"];
const KEYS: [&str; 8] = ["region", "Region", "mfa_serial", "sts", "odd key", "aws_access_key_id", "ü", "s3.x%@+-/_9"];
const VALUES: [&str; 12] =
    ["x", "", "a = b", "x # c", "x ; c", "x#y;z", "\"quoted\"", "'", "ü 日本", "[a]", "\\n", "x\t#"];

#[derive(Clone, Debug)]
struct Section {
    header: String,
    lines: Vec<String>,
}

/// A header for the config file or the credentials file. Each name has one spelling of `profile` and spaces.
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
        4 => (select(&["x", "", " "][..]), select(&["", "\n  region = y", "\n  Region = ", "\n z # c"][..]))
            .prop_map(|(value, more)| format!("sts =\n  region = {value}{more}")),
        1 => (select(&[" ", "\t", "   "][..]), setting()).prop_map(|(indent, setting)| format!("{indent}{setting}")),
        1 => select(
            &["  more", " more # c", "\t[profile d]", "  endpoint_url = https://x", "  = y", "   more ; still"][..]
        )
        .prop_map(str::to_owned),
    ]
}

fn malformed_line() -> impl Strategy<Value = String> {
    select(&["no equals sign", "= no key", "[profile a", "# = x\nstray", "key # = x", "[]x", "key"][..])
        .prop_map(str::to_owned)
}

fn section(config: bool) -> impl Strategy<Value = Section> {
    (
        header(config),
        prop::collection::vec(line(), 0..7),
        proptest::option::weighted(0.02, (malformed_line(), 0..7usize)),
    )
        .prop_map(|((header, is_ours), mut lines, malformed)| {
            if !is_ours {
                // The SDK would reject an indented line that continues nothing.
                lines.retain(|line| line.trim().is_empty() || !line.starts_with([' ', '\t']) && !line.contains("\n z"));
            } else if let Some((line, at)) = malformed {
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

/// What is compared: the profiles, and the nested `region` under `sts` of each services section.
type Parsed = (Profiles, BTreeMap<String, String>);

fn parse_with_sdk(config: &str, credentials: &str) -> Option<Parsed> {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build();
    let (env, fs) = (Env::from_slice(&[]), Fs::from_slice(&[]));
    let source = block_on(source::load(&env, &fs, &files)).expect("in-memory files");
    let sections = EnvConfigSections::parse(source).ok()?;
    let settings = |name: &str| {
        let profile = sections.get_profile(name).expect("a listed profile");
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
        sections.other_sections().get(&key.expect("a complete key")).filter(|value| !value.is_empty()).cloned()
    };
    Some((profiles, NAMES.iter().filter_map(|name| endpoint(name).map(|url| ((*name).to_owned(), url))).collect()))
}

fn parse_with_ours(texts: &[FileText]) -> Option<Parsed> {
    let files = AwsFiles::index(texts);
    for file in files.files() {
        for section in &file.sections {
            file.settings_into(section, &mut Settings::default(), &mut Vec::new()).ok()?;
        }
    }
    let settings = |name: &str| {
        let profile = files.profile(&ProfileName::parse(name).expect("a name")).ok()?.expect("a listed profile");
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

/// Runs a future that is ready at once, as loading in-memory files is.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the SDK is waiting for something"),
    }
}

/// Whether a file that the SDK rejects has one of the layouts that are read on purpose: a malformed line outside of the
/// sections that are read, an indented setting below a header, text after a header.
fn may_be_read_although_rejected(text: &str) -> bool {
    let texts = file_texts::of(text, "");
    let has_malformed = AwsFiles::index(&texts).files().iter().any(|file| !file.malformed.is_empty());
    let lines = || text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with(['#', ';']));
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    let is_below_header = lines().zip(lines().skip(1)).any(|(above, line)| above.starts_with('[') && is_indented(line));
    let has_text_after = |line: &str| {
        let rest = line.rsplit_once(']').map_or("", |(_, rest)| rest.trim());
        line.starts_with('[') && !rest.is_empty() && !rest.starts_with(['#', ';'])
    };
    has_malformed || is_below_header || lines().any(has_text_after) || lines().next().is_some_and(is_indented)
}

// faults 37, 40 to 48
fn matches_the_sdk_on_generated_files() {
    let mut runner = TestRunner::new(Config { cases: 3_000, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(file(true), file(false)), |(config, credentials)| {
        let (sdk, ours) =
            (parse_with_sdk(&config, &credentials), parse_with_ours(&file_texts::of(&config, &credentials)));
        // A file that the SDK rejects costs only the profiles of the lines that it rejects.
        let is_documented = || [&config, &credentials].into_iter().any(|text| may_be_read_although_rejected(text));
        if sdk.is_some() || ours.is_some() && !is_documented() {
            prop_assert_eq!(ours, sdk, "config:\n{}\ncredentials:\n{}", config, credentials);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

/// The comparison would prove nothing if the generated files were all rejected or all empty.
fn generates_both_valid_and_invalid_files() {
    let seen = std::cell::RefCell::new(BTreeMap::<&str, usize>::new());
    let count = |what| *seen.borrow_mut().entry(what).or_default() += 1;
    // A fixed seed, so that the counts are reproducible.
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&(file(true), file(false)), |(config, credentials)| {
        match parse_with_sdk(&config, &credentials) {
            None => count("rejected"),
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
    for (what, least) in [("rejected", 50), ("read", 100), ("settings", 300), ("continued", 30), ("services", 8)] {
        assert!(seen.get(what).is_some_and(|n| *n >= least), "{what}: {seen:?}");
    }
}

// faults 38, 40, 42
fn differs_from_the_sdk_only_as_documented() {
    let cases = [
        ("[profile 'a b']\nregion = x\n", "", "a b"),
        ("[profile ü]\nregion = x\n", "", "ü"),
        ("", "[a b]\nregion = x\n", "a b"),
        ("\u{feff}[profile a]\nregion = x\n", "", "a"),
        ("[profile a]\rregion = x\r", "", "a"),
        ("[profile a#b]\nregion = x\n", "", "a#b"),
        ("[profile a]\nregion = x\n[sso-session s]\nbroken\n", "", "a"),
        ("[profile a]\nregion = x\n  # comment\n", "", "a"),
        ("[profile a]\n  ; comment\nregion = x\n", "", "a"),
        ("  # comment\n[profile a]\nregion = x\n", "", "a"),
        ("[profile a]\nregion = x\ns3 =\n  # comment\n  x = y\n", "", "a"),
    ];
    for (config, credentials, name) in cases {
        let sdk = parse_with_sdk(config, credentials).and_then(|(profiles, _)| profiles.get(name).cloned());
        let expected = BTreeMap::from([("region".to_owned(), "x".to_owned())]);
        assert_ne!(sdk.as_ref(), Some(&expected), "the SDK now reads {config:?}: let the generator produce it");
        let ours = parse_with_ours(&file_texts::of(config, credentials)).expect("a file that we accept").0;
        assert_eq!(ours.get(name), Some(&expected), "{config:?}");
    }
    // As in botocore, the last bracket ends the name.
    let sdk = parse_with_sdk("[profile a]b]\n", "").expect("read");
    let ours = parse_with_ours(&file_texts::of("[profile a]b]\n", "")).expect("read");
    assert!(!sdk.0.contains_key("a]b") && ours.0.contains_key("a]b"), "{sdk:?}, {ours:?}");
    // As in botocore, the first of `=` and `:` separates.
    let ours = parse_with_ours(&file_texts::of("[profile a]\nregion: x\n", "")).expect("read").0;
    assert_eq!(ours.get("a").and_then(|a| a.get("region")).map(String::as_str), Some("x"));
    for line in ["region: x", "s3 =\n  addressing_style: x"] {
        assert!(parse_with_sdk(&format!("[profile a]\n{line}\n"), "").is_none(), "{line}");
    }
    // What is malformed costs only its own section.
    for config in ["[profile a]\nregion = x\n[profile b\n", "region = y\n[profile a]\nregion = x\n"] {
        assert!(parse_with_sdk(config, "").is_none(), "{config:?}");
        let ours = parse_with_ours(&file_texts::of(config, "")).expect("read").0;
        assert_eq!(ours.get("a").and_then(|a| a.get("region")).map(String::as_str), Some("x"), "{config:?}");
    }
    let (sdk, ours) =
        (parse_with_sdk("", "[]\n").expect("read"), parse_with_ours(&file_texts::of("", "[]\n")).expect("read"));
    assert!(sdk.0.contains_key("") && ours.0.is_empty());
    // Sections in the wrong form are not profiles; they are recorded only for the hint.
    let texts = file_texts::of("[a]\n", "[profile b]\n");
    let kinds: Vec<SectionKind> =
        AwsFiles::index(&texts).files().iter().flat_map(|file| file.sections.iter().map(|s| s.kind)).collect();
    assert_eq!(kinds, [SectionKind::BareInConfig, SectionKind::PrefixedInCredentials]);
}

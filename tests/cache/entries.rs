//! What the program makes of kept sessions that it did not write: a miss, never an error, and nothing of them ever reaches a shell.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::plan::SessionKey;
use mfa_env::session::Entry;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::fs;

trials![
    is_a_miss_wherever_it_is_cut_off,
    is_a_miss_whatever_else_it_is,
    is_a_miss_under_the_name_of_another,
    what_is_over_or_left_over_is_swept_away,
    reads_back_what_it_writes,
    reads_anything_without_a_panic,
    a_key_is_all_of_its_fields,
    a_key_knows_where_a_field_ends,
];

const IGNORED: &str = "it is not as this version writes it";

// fault 90
pub fn is_a_miss_wherever_it_is_cut_off() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let whole = fs::read(cached::only(&fixture.home.cache(), "role").path).expect("a kept session");
    assert!(Entry::parse(&whole).is_some());
    for length in 0..whole.len() {
        assert!(Entry::parse(&whole[..length]).is_none(), "of {length} bytes");
    }
    // The whole program at some of them: warned of once, made anew, and then as good as ever.
    let path = cached::only(&fixture.home.cache(), "role").path;
    for length in [0, 1, 2, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("a kept session");
        let warning =
            format!("a cached session is ignored: {} ({IGNORED}) [cached-session-ignored]", fixture.home.shown(&path));
        fixture.sign_in(&["r1"], &[ROLE], &[&warning]);
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

// fault 90
pub fn is_a_miss_whatever_else_it_is() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let role = cached::only(&fixture.home.cache(), "role");
    let with = |name: &str, value: Value| {
        let mut fields = role.fields.clone();
        fields.insert(name.to_owned(), value);
        Value::from(fields).to_string().into_bytes()
    };
    let mut broken: Vec<Vec<u8>> = ["{}", "[]", "null", "1", "\"text\"", "{\"version\":1}", "\u{feff}{}", "\0", "[[[["]
        .map(|text| text.as_bytes().to_vec())
        .into();
    broken.extend([vec![0xff; 100], vec![b'['; 200_000], vec![b' '; 2_000_000]]);
    // A later version, or what was never one.
    broken.extend([json!(0), json!(2), json!("1"), json!(1.5), json!(null)].map(|version| with("version", version)));
    // An end that is written otherwise, or that no calendar has.
    let local = [json!("1795256000"), json!("2026-11-21T10:00:00"), json!("2026-11-21T10:00:00+01:00"), json!(null)];
    let ends = [json!(1.5e9), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(-62_167_219_201_i64)];
    broken.extend(local.into_iter().chain(ends).map(|end| with("expires", end)));
    broken.extend(["made", "mfa_made"].map(|name| with(name, json!("now"))));
    // Characters that would end a line, and fields that are empty, missing or of another kind.
    for name in ["access_key_id", "secret_access_key", "session_token"] {
        broken.extend([json!("a\nb"), json!("a\u{1b}[2J"), json!(""), json!(5), json!(null)].map(|v| with(name, v)));
    }
    broken.extend([json!({}), json!([]), json!(null), json!(""), json!("kind=role")].map(|key| with("key", key)));
    let of_r1 = role.fields["key"].as_str().expect("a text");
    broken.extend([format!("{of_r1} "), format!("{of_r1}0"), of_r1.to_uppercase()].map(|key| with("key", json!(key))));
    // What a later version adds.
    broken.push(with("console", json!("https://example.org")));
    for content in broken {
        fs::write(&role.path, &content).expect("a kept session");
        let shown = String::from_utf8_lossy(&content[..content.len().min(80)]).into_owned();
        let ran = fixture.program(&["r1"]).says(IGNORED).says("mfa-env: signed in to r1").run();
        assert_eq!(ran.stderr.lines().count(), 2, "{shown}: {}", ran.stderr);
        assert_eq!(fixture.sts.take_calls().len(), 1, "{shown}");
    }
}

// fault 91
pub fn is_a_miss_under_the_name_of_another() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path_of_r1 = cached::only(&fixture.home.cache(), "role").path;
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    let mfa = cached::only(&fixture.home.cache(), "mfa").path;
    let path_of_r2 =
        cached::of_kind(&fixture.home.cache(), "role").into_iter().map(|k| k.path).find(|path| *path != path_of_r1);
    let path_of_r2 = path_of_r2.expect("two roles");
    for other in [&path_of_r1, &mfa] {
        fs::copy(other, &path_of_r2).expect("a copy");
        let made = fixture.sign_in(&["r2"], &[ROLE], &[IGNORED]);
        assert_ne!(made, first);
    }
    // Exchanged, both are.
    let (r1, r2) = (fs::read(&path_of_r1).expect("a session"), fs::read(&path_of_r2).expect("a session"));
    fs::write(&path_of_r1, r2).expect("a session");
    fs::write(&path_of_r2, r1).expect("a session");
    fixture.sign_in(&["r1"], &[ROLE], &[IGNORED]);
    fixture.sign_in(&["r2"], &[ROLE], &[IGNORED]);
}

pub fn what_is_over_or_left_over_is_swept_away() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let cache = fixture.home.cache();
    let mut over = cached::only(&cache, "role");
    over.ends_in(-1);
    // What is not ours to judge stays: another version's entry, somebody's notes, a file that a living process writes.
    let living = format!(".x.json.{}", std::process::id());
    for name in ["other.json", "notes", ".hidden", ".x.json.", ".x.json.12a", living.as_str()] {
        fs::write(cache.join(name), "{\"version\":2}").expect("a file");
    }
    // No process has the highest number that there is.
    fs::write(cache.join(format!(".x.json.{}", i32::MAX)), "half").expect("a file");
    // A lock that nobody has held for three days, and one of yesterday.
    let now = std::time::SystemTime::now();
    for (name, days) in [("old.lock", 3), ("young.lock", 1)] {
        let file = fs::File::create(cache.join(name)).expect("a file");
        #[cfg(unix)]
        fs::set_permissions(cache.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("our own");
        file.set_modified(now - std::time::Duration::from_secs(days * 86_400)).expect("a time");
    }
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    let names = cached::names(&cache);
    let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.len() < 40).collect();
    let mut expected = vec![".hidden", ".x.json.", ".x.json.12a", living.as_str(), "notes", "other.json", "young.lock"];
    expected.sort_unstable();
    assert_eq!(others, expected);
    assert!(!over.path.exists(), "its hour is over");

    // What a killed process leaves is found by its name.
    #[cfg(target_os = "linux")]
    {
        use crate::support::{seccomp, shells};
        use nix::libc::{SYS_renameat, SYS_renameat2};
        let killed = |command: &mut std::process::Command| seccomp::kill(command, &[SYS_renameat, SYS_renameat2]);
        let before = cached::names(&cache);
        let outcome = shells::finish(fixture.program(&["r2", "--external-id", "id"]).prepared(killed).command());
        assert_eq!(outcome.status.code(), None, "{outcome}");
        let left: Vec<String> = cached::names(&cache).into_iter().filter(|name| !before.contains(name)).collect();
        assert!(matches!(left.as_slice(), [half, lock] if half.starts_with('.') && cached::is_lock(lock)), "{left:?}");
        fixture.sts.take_calls();
        fixture.sign_in(&["r2", "--external-id", "id"], &[ROLE], &[]);
        assert!(!cache.join(&left[0]).exists(), "{left:?}");
    }
}

fn entries() -> impl Strategy<Value = Entry> {
    let text = "[ -~\u{a0}-\u{ff}日本\t]{1,40}";
    let key = ".{0,80}";
    let times = (any::<i64>(), any::<i64>(), -62_000_000_000_i64..253_402_300_800);
    (key, text, text, text, proptest::option::of(".{0,30}"), times).prop_map(
        |(key, id, secret, token, identity, (made, mfa_made, end))| Entry {
            key,
            credentials: SessionCredentials {
                access_key_id: id,
                secret_access_key: Secret::new(secret),
                session_token: Secret::new(token),
                expiration: Expiration::from_unix(end).expect("a year of four digits"),
                identity,
            },
            made,
            mfa_made,
        },
    )
}

/// An entry by all that it holds, for comparing.
fn parts(entry: &Entry) -> impl PartialEq + std::fmt::Debug {
    let SessionCredentials { access_key_id, secret_access_key, session_token, expiration, identity } =
        entry.credentials.clone();
    let texts = (access_key_id, secret_access_key.expose().to_owned(), session_token.expose().to_owned(), identity);
    (entry.key.clone(), texts, expiration, entry.made, entry.mfa_made)
}

fn runner() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(300) })
}

pub fn reads_back_what_it_writes() {
    let same = |entry: Entry| {
        let read = Entry::parse(&entry.to_bytes()).expect("its own");
        prop_assert_eq!(parts(&read), parts(&entry));
        Ok(())
    };
    runner().run(&entries(), same).expect("what is read is what was written");
}

// fault 90
pub fn reads_anything_without_a_panic() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    let is_none = |bytes: Vec<u8>| {
        prop_assert!(Entry::parse(&bytes).is_none());
        Ok(())
    };
    runner().run(&bytes, is_none).expect("noise is no session");
    // Nearly right: bytes of a session changed here and there.
    let changed = (entries(), proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4));
    let survives = |(entry, changes): (Entry, Vec<(usize, u8)>)| {
        let mut bytes = entry.to_bytes().to_vec();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some(read) = Entry::parse(&bytes) {
            let all = [&read.credentials.access_key_id, read.credentials.session_token.expose()].concat();
            prop_assert!(!all.contains(|c: char| c.is_control() && c != '\t'), "{:?}", all);
        }
        Ok(())
    };
    runner().run(&changed, survives).expect("no control characters get in");
}

const NAMES: [&str; 4] = ["kind", "device", "role_arn", "duration"];

fn keys() -> impl Strategy<Value = SessionKey> {
    proptest::collection::vec((proptest::sample::select(&NAMES[..]), "[ab]{0,3}"), 1..6)
        .prop_map(|fields| SessionKey { fields })
}

pub fn a_key_is_all_of_its_fields() {
    let same_as_fields = |(one, other): (SessionKey, SessionKey)| {
        // The names are fixed by the first two values.
        let values = |key: &SessionKey| key.fields.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        prop_assert_eq!(one.digest() == other.digest(), values(&one) == values(&other));
        prop_assert_eq!(one.text() == other.text(), one == other);
        // Each value counts, and each place.
        for index in 0..one.fields.len() {
            let mut changed = one.clone();
            changed.fields[index].1.push('x');
            prop_assert_ne!(changed.digest(), one.digest());
            let mut shorter = one.clone();
            shorter.fields.remove(index);
            prop_assert_ne!(shorter.digest(), one.digest());
        }
        Ok(())
    };
    runner().run(&(keys(), keys()), same_as_fields).expect("other fields, another name");
}

pub fn a_key_knows_where_a_field_ends() {
    let key = |values: [&str; 2]| SessionKey { fields: NAMES.into_iter().zip(values.map(str::to_owned)).collect() };
    let pairs = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"], ["a\0", "bc"], ["abdevicec", ""]];
    let mut digests: Vec<String> = pairs.iter().map(|values| key(*values).digest()).collect();
    assert!(digests.iter().all(|digest| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())));
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), pairs.len());
}

//! Cache entries that the program did not write are a cache miss, never an error, and nothing in them reaches a shell.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::plan::{SessionIdentity, SessionKey};
use mfa_env::session::Entry;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::fs;

trials![
    a_truncated_entry_is_a_miss,
    an_invalid_entry_is_a_miss,
    an_entry_under_the_name_of_another_is_a_miss,
    removes_expired_entries_and_stale_files,
    reads_back_what_it_writes,
    parses_anything_without_a_panic,
    every_field_of_a_key_matters,
    keys_separate_their_fields,
];

const IGNORED: &str = "written by another version, or damaged";

// fault 90
fn a_truncated_entry_is_a_miss() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let whole = fs::read(cached::only(&fixture.home.cache(), "role").path).expect("a cached session");
    assert!(Entry::parse(&whole).is_some());
    for length in 0..whole.len() {
        assert!(Entry::parse(&whole[..length]).is_none(), "{length} bytes");
    }
    // The whole program, with some of these files: one warning, a new session, and then a valid entry again.
    let path = cached::only(&fixture.home.cache(), "role").path;
    for length in [0, 1, 2, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("a cached session");
        let warning =
            format!("a cached session is ignored: {} ({IGNORED}) [cached-session-ignored]", fixture.home.shown(&path));
        fixture.sign_in(&["r1"], &[ROLE], &[&warning]);
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

// fault 90
fn an_invalid_entry_is_a_miss() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let role = cached::only(&fixture.home.cache(), "role");
    let with = |name: &str, value: Value| {
        let mut fields = role.fields.clone();
        fields.insert(name.to_owned(), value);
        Value::from(fields).to_string().into_bytes()
    };
    let mut invalid: Vec<Vec<u8>> =
        ["{}", "[]", "null", "1", "\"text\"", "{\"version\":1}", "\u{feff}{}", "\0", "[[[["]
            .map(|text| text.as_bytes().to_vec())
            .into();
    invalid.extend([vec![0xff; 100], vec![b'['; 200_000], vec![b' '; 2_000_000]]);
    // A later version, and values that were never a version.
    invalid.extend([json!(0), json!(2), json!("1"), json!(1.5), json!(null)].map(|version| with("version", version)));
    // An expiry in another format or outside the calendar.
    let dates = [json!("1795256000"), json!("2026-11-21T10:00:00"), json!("2026-11-21T10:00:00+01:00"), json!(null)];
    let numbers = [json!(1.5e9), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(-62_167_219_201_i64)];
    invalid.extend(dates.into_iter().chain(numbers).map(|expiry| with("expires", expiry)));
    invalid.extend(["made", "mfa_made"].map(|name| with(name, json!("now"))));
    // Control characters, and fields that are empty, null or of another type.
    for name in ["access_key_id", "secret_access_key", "session_token"] {
        invalid.extend([json!("a\nb"), json!("a\u{1b}[2J"), json!(""), json!(5), json!(null)].map(|v| with(name, v)));
    }
    invalid.extend([json!({}), json!([]), json!(null), json!(""), json!("kind=role")].map(|key| with("key", key)));
    let of_r1 = role.fields["key"].as_str().expect("a string");
    invalid.extend([format!("{of_r1} "), format!("{of_r1}0"), of_r1.to_uppercase()].map(|key| with("key", json!(key))));
    // A field that a later version may add.
    invalid.push(with("console", json!("https://example.org")));
    for content in invalid {
        fs::write(&role.path, &content).expect("a cached session");
        let shown = String::from_utf8_lossy(&content[..content.len().min(80)]).into_owned();
        let ran = fixture.program(&["r1"]).says(IGNORED).signs_in_to("r1").run();
        assert_eq!(ran.stderr.lines().count(), 2, "{shown}: {}", ran.stderr);
        assert_eq!(fixture.sts.take_calls().len(), 1, "{shown}");
    }
}

// fault 91
fn an_entry_under_the_name_of_another_is_a_miss() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path_of_r1 = cached::only(&fixture.home.cache(), "role").path;
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    let mfa = cached::only(&fixture.home.cache(), "mfa").path;
    let path_of_r2 = cached::of_kind(&fixture.home.cache(), "role")
        .into_iter()
        .map(|file| file.path)
        .find(|path| *path != path_of_r1);
    let path_of_r2 = path_of_r2.expect("two roles");
    for other in [&path_of_r1, &mfa] {
        fs::copy(other, &path_of_r2).expect("a copy");
        let made = fixture.sign_in(&["r2"], &[ROLE], &[IGNORED]);
        assert_ne!(made, first);
    }
    // The same with the two files swapped.
    let (r1, r2) = (fs::read(&path_of_r1).expect("a session"), fs::read(&path_of_r2).expect("a session"));
    fs::write(&path_of_r1, r2).expect("a session");
    fs::write(&path_of_r2, r1).expect("a session");
    fixture.sign_in(&["r1"], &[ROLE], &[IGNORED]);
    fixture.sign_in(&["r2"], &[ROLE], &[IGNORED]);
}

fn removes_expired_entries_and_stale_files() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let cache = fixture.home.cache();
    let mut expired = cached::only(&cache, "role");
    expired.expires_in(-1);
    let digest = |digit: &str| digit.repeat(64);
    // Unknown files stay: an entry of another version, a user's notes, the temporary file of a running process.
    let entry = format!("{}.json", digest("a"));
    let in_use = format!(".{entry}.{}", std::process::id());
    let mut kept =
        vec![entry.clone(), "notes".into(), ".hidden".into(), format!(".{entry}."), format!(".{entry}.12a"), in_use];
    for name in &kept {
        fs::write(cache.join(name), "{\"version\":2}").expect("a file");
    }
    // No process has this pid.
    let abandoned = format!(".{entry}.{}", i32::MAX);
    fs::write(cache.join(&abandoned), "half").expect("a file");
    // A lock that was last held three days ago, and one from yesterday.
    let now = std::time::SystemTime::now();
    let [old, young] = ["b", "c"].map(|digit| format!("{}.lock", digest(digit)));
    for (name, days) in [(&old, 3), (&young, 1)] {
        let file = fs::File::create(cache.join(name)).expect("a file");
        #[cfg(unix)]
        fs::set_permissions(cache.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
        file.set_modified(now - std::time::Duration::from_secs(days * 86_400)).expect("a time");
    }
    kept.push(young);
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    let names = cached::names(&cache);
    for name in &kept {
        assert!(names.contains(name), "{name} was removed: {names:?}");
    }
    assert!(!names.contains(&abandoned) && !names.contains(&old), "{names:?}");
    assert!(!expired.path.exists(), "it has expired");

    // The temporary file of a killed process is recognized by its name.
    #[cfg(target_os = "linux")]
    {
        use crate::support::{seccomp, shells};
        use nix::libc::{SYS_renameat, SYS_renameat2};
        let killed = |command: &mut std::process::Command| seccomp::kill(command, &[SYS_renameat, SYS_renameat2]);
        let before = cached::names(&cache);
        let outcome = shells::finish(fixture.program(&["r2", "--external-id", "id"]).configure(killed).command());
        assert_eq!(outcome.status.code(), None, "{outcome}");
        let left: Vec<String> = cached::names(&cache).into_iter().filter(|name| !before.contains(name)).collect();
        assert!(
            matches!(left.as_slice(), [temporary, lock] if temporary.starts_with('.') && cached::is_lock(lock)),
            "{left:?}"
        );
        fixture.sts.take_calls();
        fixture.sign_in(&["r2", "--external-id", "id"], &[ROLE], &[]);
        assert!(!cache.join(&left[0]).exists(), "{left:?}");
    }
}

fn entries() -> impl Strategy<Value = Entry> {
    let text = "[A-Za-z0-9/+=_.:~%@,-]{1,40}";
    let key = ".{0,80}";
    let times = (any::<i64>(), any::<i64>(), -62_000_000_000_i64..253_402_300_800);
    let name = || proptest::option::of(".{0,30}");
    (key, text, text, text, name(), name(), times).prop_map(
        |(key, id, secret, token, identity, user_name, (made, mfa_made, expiry))| Entry {
            key,
            user_name,
            credentials: SessionCredentials {
                access_key_id: id,
                secret_access_key: Secret::new(secret),
                session_token: Secret::new(token),
                expiration: Expiration::from_unix(expiry).expect("a year of four digits"),
                identity,
            },
            made,
            mfa_made,
        },
    )
}

/// All fields of an entry, for comparison.
fn parts(entry: &Entry) -> impl PartialEq + std::fmt::Debug {
    let SessionCredentials { access_key_id, secret_access_key, session_token, expiration, identity } =
        entry.credentials.clone();
    let texts = (access_key_id, secret_access_key.expose().to_owned(), session_token.expose().to_owned(), identity);
    (entry.key.clone(), entry.user_name.clone(), texts, expiration, entry.made, entry.mfa_made)
}

fn runner() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(300) })
}

fn reads_back_what_it_writes() {
    let same = |entry: Entry| {
        let read = Entry::parse(&entry.to_bytes()).expect("its own format");
        prop_assert_eq!(parts(&read), parts(&entry));
        Ok(())
    };
    runner().run(&entries(), same).expect("entries survive a round trip");
}

// fault 90
fn parses_anything_without_a_panic() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    let is_none = |bytes: Vec<u8>| {
        prop_assert!(Entry::parse(&bytes).is_none());
        Ok(())
    };
    runner().run(&bytes, is_none).expect("random bytes are not an entry");
    // A valid entry with a few changed bytes.
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
    runner().run(&changed, survives).expect("no control characters are accepted");
}

const NAMES: [&str; 4] = ["kind", "device", "role_arn", "duration"];

fn keys() -> impl Strategy<Value = SessionKey> {
    proptest::collection::vec((proptest::sample::select(&NAMES[..]), "[ab]{0,3}"), 1..6)
        .prop_map(|fields| SessionKey { fields, identity: SessionIdentity::User })
}

fn every_field_of_a_key_matters() {
    let same_as_fields = |(one, other): (SessionKey, SessionKey)| {
        // The digest covers the values, in order.
        let values = |key: &SessionKey| key.fields.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        prop_assert_eq!(one.digest() == other.digest(), values(&one) == values(&other));
        prop_assert_eq!(one.text() == other.text(), one == other);
        // Every value matters, and every position.
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
    runner().run(&(keys(), keys()), same_as_fields).expect("different fields have different digests");
}

fn keys_separate_their_fields() {
    let key = |values: [&str; 2]| SessionKey {
        fields: NAMES.into_iter().zip(values.map(str::to_owned)).collect(),
        identity: SessionIdentity::User,
    };
    let pairs = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"], ["a\0", "bc"], ["abdevicec", ""]];
    let mut digests: Vec<String> = pairs.iter().map(|values| key(*values).digest()).collect();
    assert!(digests.iter().all(|digest| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())));
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), pairs.len());
}

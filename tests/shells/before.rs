//! `MFA_ENV_BEFORE`: what it holds, what comes back from it, and what is never taken from it.

use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::environment::{self, Before, EnvChange, Session};
use mfa_env::profile::{ProfileName, Region};
use mfa_env::variables::Variables;
use mfa_env::warning::{Warning, Warnings};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

trials![
    is_written_as_documented,
    reads_back_what_it_wrote,
    reads_nothing_that_it_does_not_write,
    is_void_where_it_is_not_ours,
    comes_back_after_any_walk,
    says_what_cannot_come_back,
    names_no_variable_twice,
];

/// A shell's environment, without the shell.
type Shell = BTreeMap<String, OsString>;

fn apply(shell: &mut Shell, changes: Vec<EnvChange>) {
    for change in changes {
        match change.value {
            Some(value) => shell.insert(change.name.to_owned(), value.expose().into()),
            None => shell.remove(change.name),
        };
    }
}

fn changes_of_sign_in(shell: &Shell, region: Option<&str>) -> (Vec<EnvChange>, Vec<Warning>) {
    let credentials = SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: Secret::new("s"),
        session_token: Secret::new("t"),
        expiration: Expiration::from_unix(1_800_000_000).expect("a time"),
        identity: None,
    };
    let profile = ProfileName::parse("prod").expect("a name");
    let region = region.map(|name| Region::parse(name).expect("a region"));
    let session =
        Session { profile: &profile, credentials: &credentials, region: region.as_ref(), is_renewable_by_name: true };
    let warnings = Warnings::default();
    let changes = environment::sign_in(&session, &shell.clone().into_iter().collect::<Variables>(), &warnings);
    (changes, warnings.take())
}

fn sign_in(shell: &mut Shell, region: Option<&str>) -> Vec<Warning> {
    let (changes, warnings) = changes_of_sign_in(shell, region);
    apply(shell, changes);
    warnings
}

fn unset(shell: &mut Shell) -> Vec<Warning> {
    let warnings = Warnings::default();
    let changes = environment::unset(&shell.clone().into_iter().collect::<Variables>(), &warnings);
    apply(shell, changes);
    warnings.take()
}

fn shell(pairs: &[(&str, &str)]) -> Shell {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(*value))).collect()
}

fn written(shell: &Shell) -> &str {
    shell["MFA_ENV_BEFORE"].to_str().expect("ASCII")
}

fn is_written_as_documented() {
    let mut plain = shell(&[]);
    sign_in(&mut plain, None);
    assert_eq!(written(&plain), "1:");
    sign_in(&mut plain, Some("eu-central-1"));
    assert_eq!(written(&plain), "1:AWS_REGION=->eu-central-1,AWS_DEFAULT_REGION=->eu-central-1");

    let mut odd = shell(&[
        ("AWS_PROFILE", "a b,c=d>e%\u{fc}"),
        ("AWS_DEFAULT_PROFILE", "-"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ]);
    sign_in(&mut odd, Some("eu-central-1"));
    assert_eq!(
        written(&odd),
        "1:AWS_PROFILE=a%20b%2Cc%3Dd%3Ee%25%C3%BC>-,AWS_DEFAULT_PROFILE=%2D>-,AWS_DEFAULT_REGION=us-west-2>eu-central-1"
    );
}

fn value_of(name: &str) -> BoxedStrategy<String> {
    match name {
        "AWS_REGION" | "AWS_DEFAULT_REGION" => "[a-z]{2}-[a-z]{4,9}-[1-9]".boxed(),
        _ => "[ -~\u{a1}-\u{17f}\u{2019}]{1,24}".prop_filter("blank", |name| !name.trim().is_empty()).boxed(),
    }
}

const RESTORED: [&str; 5] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_VAULT"];

/// Any of the variables that come back, each with a value that it can have, an empty one included.
fn starts() -> impl Strategy<Value = Shell> {
    let each = RESTORED.map(|name| {
        prop_oneof![2 => Just(None), 1 => Just(Some(String::new())), 4 => value_of(name).prop_map(Some)]
            .prop_map(move |value| value.map(|value| (name.to_owned(), OsString::from(value))))
    });
    each.to_vec().prop_map(|pairs| pairs.into_iter().flatten().collect())
}

fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(strategy, test).unwrap_or_else(|error| panic!("{error}"));
}

fn reads_back_what_it_wrote() {
    run(256, &starts(), |mut start| {
        sign_in(&mut start, Some("eu-central-1"));
        let text = written(&start);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.%=>,:-".contains(&b);
        prop_assert!(text.bytes().all(allowed) && text.len() <= 4096, "{}", text);
        let read = Before::parse(text);
        prop_assert!(read.is_some(), "{}", text);
        prop_assert_eq!(read.expect("checked").write(), text);
        Ok(())
    });
    // The longest names that there can be.
    let longest = "\u{65e5}".repeat(85);
    let mut long = shell(&[("AWS_PROFILE", &longest), ("AWS_DEFAULT_PROFILE", &longest), ("AWS_VAULT", &longest)]);
    let before = long.clone();
    assert_eq!(sign_in(&mut long, Some(&"a".repeat(63))), []);
    assert_eq!(unset(&mut long), []);
    assert_eq!(long, before);
}

fn reads_nothing_that_it_does_not_write() {
    let pieces = [
        "1:",
        "2:",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_VAULT",
        "PATH",
        "LD_PRELOAD",
        "AWS_SECRET_ACCESS_KEY",
        "=",
        ">",
        ",",
        "-",
        "%20",
        "%2d",
        "%2D",
        "%41",
        "%00",
        "%0A",
        "%C3",
        "%C3%BC",
        "%",
        "a",
        "us-west-2",
        " ",
        "/",
        "\u{fc}",
        "$(x)",
    ];
    let noise = prop::collection::vec(select(pieces.to_vec()), 0..8).prop_map(|parts| parts.concat());
    let entry = (select(pieces.to_vec()), select(pieces.to_vec()), select(pieces.to_vec()));
    let entries = prop::collection::vec(entry, 0..4).prop_map(|entries| {
        let entries: Vec<String> = entries.into_iter().map(|(name, was, is)| format!("{name}={was}>{is}")).collect();
        format!("1:{}", entries.join(","))
    });
    let names = |text: &str| -> BTreeSet<String> {
        text.trim_start_matches("1:").split(',').filter_map(|e| Some(e.split_once('=')?.0.to_owned())).collect()
    };
    run(4096, &prop_oneof![noise, entries], |text| {
        if let Some(before) = Before::parse(&text) {
            prop_assert_eq!(before.write(), text.clone());
            prop_assert!(names(&text).iter().all(|name| RESTORED.contains(&name.as_str())), "{}", text);
        }
        Ok(())
    });
}

fn is_void_where_it_is_not_ours() {
    let good = "AWS_REGION=us-west-2>eu-central-1";
    let long = format!("1:AWS_PROFILE={}>-,{good}", "a".repeat(4096));
    let bad = [
        format!("1:{good},PATH=/tmp/evil>-"),
        format!("1:LD_PRELOAD=evil.so>-,{good}"),
        format!("1:{good},AWS_ACCESS_KEY_ID=a>-"),
        format!("1:{good},aws_profile=a>-"),
        format!("1:{good},{good}"),
        format!("1:{good},"),
        format!("1:,{good}"),
        format!("1:{good} "),
        format!("2:{good}"),
        good.to_owned(),
        format!("1:{good},AWS_PROFILE=a"),
        format!("1:{good},AWS_PROFILE=a>b>c"),
        format!("1:{good},AWS_PROFILE=%>-"),
        format!("1:{good},AWS_PROFILE=%2>-"),
        format!("1:{good},AWS_PROFILE=%2d>-"),
        format!("1:{good},AWS_PROFILE=%41>-"),
        format!("1:{good},AWS_PROFILE=%FF>-"),
        format!("1:{good},AWS_PROFILE=a%0Ab>-"),
        format!("1:{good},AWS_PROFILE=a b>-"),
        format!("1:{good},AWS_PROFILE=$(touch pwn)>-"),
        format!("1:{good},AWS_PROFILE={}>-", "a".repeat(257)),
        format!("1:{good},AWS_DEFAULT_REGION=evil.example.com>-"),
        format!("1:{good},AWS_DEFAULT_REGION=a%2Fb>-"),
        long,
    ];
    for text in bad {
        assert_eq!(Before::parse(&text), None, "{text}");
        let mut person = shell(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(unset(&mut person), [Warning::BeforeIgnored], "{text}");
        assert_eq!(person, shell(&[("AWS_REGION", "eu-central-1")]), "{text}");

        let mut person = shell(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(sign_in(&mut person, Some("us-east-1")), [Warning::BeforeIgnored], "{text}");
        assert_eq!(written(&person), "1:AWS_REGION=eu-central-1>us-east-1,AWS_DEFAULT_REGION=->us-east-1", "{text}");
    }
    // Nor does it say whose keys stand beside it.
    let mut person = shell(&[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("MFA_ENV_BEFORE", "?")]);
    assert_eq!(sign_in(&mut person, None), [Warning::BeforeIgnored, Warning::KeysOverwritten]);
    // The good part alone is good, so each of these failed for its own reason.
    let mut person = shell(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &format!("1:{good}"))]);
    assert_eq!(unset(&mut person), []);
    assert_eq!(person, shell(&[("AWS_REGION", "us-west-2")]));
}

#[derive(Clone, Debug)]
enum Step {
    SignIn(Option<&'static str>),
    /// The person sets a variable to something that no session sets it to.
    Sets(&'static str, String),
}

fn walks() -> impl Strategy<Value = Vec<Step>> {
    let sign_in = select(vec![None, Some("eu-central-1"), Some("us-east-1")]).prop_map(Step::SignIn);
    let sets = select(RESTORED.to_vec())
        .prop_flat_map(|name| value_of(name).prop_map(move |value| Step::Sets(name, value)))
        .prop_filter(
            "a session's",
            |step| !matches!(step, Step::Sets(_, v) if v == "eu-central-1" || v == "us-east-1"),
        );
    prop::collection::vec(prop_oneof![3 => sign_in, 1 => sets], 1..8)
}

/// Whatever the order of sign-ins and of changes by the person: afterwards each variable is what the person last made of it.
fn comes_back_after_any_walk() {
    run(512, &(starts(), walks()), |(start, steps)| {
        let (mut shell, mut persons) = (start.clone(), start);
        for step in steps {
            match step {
                Step::SignIn(region) => prop_assert_eq!(sign_in(&mut shell, region), vec![]),
                Step::Sets(name, value) => {
                    shell.insert(name.into(), value.clone().into());
                    persons.insert(name.into(), value.into());
                }
            }
        }
        prop_assert_eq!(unset(&mut shell), vec![]);
        prop_assert_eq!(shell, persons);
        Ok(())
    });
}

fn says_what_cannot_come_back() {
    let not_a_name = shell(&[("AWS_PROFILE", "a\nb"), ("AWS_REGION", "not a region"), ("AWS_DEFAULT_REGION", "x y")]);
    let not_restorable = |names: &[&'static str]| -> Vec<Warning> {
        names.iter().map(|variable| Warning::NotRestorable { variable }).collect()
    };
    let mut person = not_a_name.clone();
    assert_eq!(sign_in(&mut person, None), not_restorable(&["AWS_PROFILE"]));
    assert_eq!(person["AWS_REGION"], "not a region"); // untouched, so nothing is lost
    let mut person = not_a_name;
    let all = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];
    assert_eq!(sign_in(&mut person, Some("eu-central-1")), not_restorable(&all));
    assert_eq!(person["AWS_REGION"], "eu-central-1");
    assert_eq!(written(&person), "1:");

    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let bytes = || OsString::from_vec(b"a\xff".to_vec());
        let mut person = Shell::from([("AWS_PROFILE".to_owned(), bytes()), ("AWS_REGION".to_owned(), bytes())]);
        assert_eq!(sign_in(&mut person, Some("eu-central-1")), not_restorable(&["AWS_PROFILE", "AWS_REGION"]));
        assert_eq!(person.get("AWS_PROFILE"), None);
        assert_eq!(person["AWS_REGION"], "eu-central-1");
    }
}

fn names_no_variable_twice() {
    run(128, &starts(), |start| {
        for region in [None, Some("eu-central-1")] {
            let (changes, _) = changes_of_sign_in(&start, region);
            let names: BTreeSet<&str> = changes.iter().map(|change| change.name).collect();
            prop_assert_eq!(names.len(), changes.len());
        }
        Ok(())
    });
}

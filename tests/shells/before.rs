//! `MFA_ENV_BEFORE`: its format, the variables that it restores, and the input that is rejected.

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
    has_the_documented_format,
    parses_what_it_writes,
    parses_nothing_that_it_would_not_write,
    ignores_an_invalid_value_as_a_whole,
    restores_the_users_values_after_any_sequence_of_sign_ins,
    warns_about_values_that_cannot_be_restored,
    changes_no_variable_twice,
];

/// The environment variables of a shell.
type Environment = BTreeMap<String, OsString>;

fn apply(env: &mut Environment, changes: Vec<EnvChange>) {
    for change in changes {
        match change.value {
            Some(value) => env.insert(change.name.to_owned(), value.expose().into()),
            None => env.remove(change.name),
        };
    }
}

fn changes_of_sign_in(env: &Environment, region: Option<&str>) -> (Vec<EnvChange>, Vec<Warning>) {
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
    let changes = environment::sign_in(&session, &env.clone().into_iter().collect::<Variables>(), &warnings);
    (changes, warnings.take())
}

fn sign_in(env: &mut Environment, region: Option<&str>) -> Vec<Warning> {
    let (changes, warnings) = changes_of_sign_in(env, region);
    apply(env, changes);
    warnings
}

fn unset(env: &mut Environment) -> Vec<Warning> {
    let warnings = Warnings::default();
    let changes = environment::unset(&env.clone().into_iter().collect::<Variables>(), &warnings);
    apply(env, changes);
    warnings.take()
}

fn env_of(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(*value))).collect()
}

fn written(env: &Environment) -> &str {
    env["MFA_ENV_BEFORE"].to_str().expect("ASCII")
}

fn has_the_documented_format() {
    let mut plain = env_of(&[]);
    sign_in(&mut plain, None);
    assert_eq!(written(&plain), "1:");
    sign_in(&mut plain, Some("eu-central-1"));
    assert_eq!(written(&plain), "1:AWS_REGION=->eu-central-1,AWS_DEFAULT_REGION=->eu-central-1");

    let mut odd = env_of(&[
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
        _ => "[ -~\u{a1}-\u{17f}\u{2019}]{1,24}".prop_filter("a blank name", |name| !name.trim().is_empty()).boxed(),
    }
}

const RESTORED: [&str; 5] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_VAULT"];

/// An environment with any of the restorable variables, each with a possible value or an empty one.
fn initial_environments() -> impl Strategy<Value = Environment> {
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

fn parses_what_it_writes() {
    run(256, &initial_environments(), |mut start| {
        sign_in(&mut start, Some("eu-central-1"));
        let text = written(&start);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.%=>,:-".contains(&b);
        prop_assert!(text.bytes().all(allowed) && text.len() <= 4096, "{}", text);
        let read = Before::parse(text);
        prop_assert!(read.is_some(), "{}", text);
        prop_assert_eq!(read.expect("checked").write(), text);
        Ok(())
    });
    // The longest profile names that are allowed.
    let longest = "\u{65e5}".repeat(85);
    let mut long = env_of(&[("AWS_PROFILE", &longest), ("AWS_DEFAULT_PROFILE", &longest), ("AWS_VAULT", &longest)]);
    let before = long.clone();
    assert_eq!(sign_in(&mut long, Some(&"a".repeat(63))), []);
    assert_eq!(unset(&mut long), []);
    assert_eq!(long, before);
}

fn parses_nothing_that_it_would_not_write() {
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

fn ignores_an_invalid_value_as_a_whole() {
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
        let mut env = env_of(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(unset(&mut env), [Warning::BeforeIgnored], "{text}");
        assert_eq!(env, env_of(&[("AWS_REGION", "eu-central-1")]), "{text}");

        let mut env = env_of(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(sign_in(&mut env, Some("us-east-1")), [Warning::BeforeIgnored], "{text}");
        assert_eq!(written(&env), "1:AWS_REGION=eu-central-1>us-east-1,AWS_DEFAULT_REGION=->us-east-1", "{text}");
    }
    // An invalid value is not taken as a sign that the keys are those of a session.
    let mut env = env_of(&[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("MFA_ENV_BEFORE", "?")]);
    assert_eq!(sign_in(&mut env, None), [Warning::BeforeIgnored, Warning::KeysOverwritten]);
    // The valid part alone is accepted, so each text above was rejected for its own defect.
    let mut env = env_of(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &format!("1:{good}"))]);
    assert_eq!(unset(&mut env), []);
    assert_eq!(env, env_of(&[("AWS_REGION", "us-west-2")]));
}

#[derive(Clone, Debug)]
enum Step {
    SignIn(Option<&'static str>),
    /// The user sets a variable to a value that no sign-in sets.
    Set(&'static str, String),
}

fn sequences() -> impl Strategy<Value = Vec<Step>> {
    let sign_in = select(vec![None, Some("eu-central-1"), Some("us-east-1")]).prop_map(Step::SignIn);
    let set = select(RESTORED.to_vec())
        .prop_flat_map(|name| value_of(name).prop_map(move |value| Step::Set(name, value)))
        .prop_filter(
            "set by a sign-in",
            |step| !matches!(step, Step::Set(_, v) if v == "eu-central-1" || v == "us-east-1"),
        );
    prop::collection::vec(prop_oneof![3 => sign_in, 1 => set], 1..8)
}

/// Whatever the order of sign-ins and of changes by the user, `unset` restores the user's last value of each variable.
fn restores_the_users_values_after_any_sequence_of_sign_ins() {
    run(512, &(initial_environments(), sequences()), |(start, steps)| {
        let (mut env, mut expected) = (start.clone(), start);
        for step in steps {
            match step {
                Step::SignIn(region) => prop_assert_eq!(sign_in(&mut env, region), vec![]),
                Step::Set(name, value) => {
                    env.insert(name.into(), value.clone().into());
                    expected.insert(name.into(), value.into());
                }
            }
        }
        prop_assert_eq!(unset(&mut env), vec![]);
        prop_assert_eq!(env, expected);
        Ok(())
    });
}

fn warns_about_values_that_cannot_be_restored() {
    let not_a_name = env_of(&[("AWS_PROFILE", "a\nb"), ("AWS_REGION", "not a region"), ("AWS_DEFAULT_REGION", "x y")]);
    let not_restorable = |names: &[&'static str]| -> Vec<Warning> {
        names.iter().map(|variable| Warning::NotRestorable { variable }).collect()
    };
    let mut env = not_a_name.clone();
    assert_eq!(sign_in(&mut env, None), not_restorable(&["AWS_PROFILE"]));
    assert_eq!(env["AWS_REGION"], "not a region"); // not overwritten, so no warning
    let mut env = not_a_name;
    let all = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];
    assert_eq!(sign_in(&mut env, Some("eu-central-1")), not_restorable(&all));
    assert_eq!(env["AWS_REGION"], "eu-central-1");
    assert_eq!(written(&env), "1:");

    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let bytes = || OsString::from_vec(b"a\xff".to_vec());
        let mut env = Environment::from([("AWS_PROFILE".to_owned(), bytes()), ("AWS_REGION".to_owned(), bytes())]);
        assert_eq!(sign_in(&mut env, Some("eu-central-1")), not_restorable(&["AWS_PROFILE", "AWS_REGION"]));
        assert_eq!(env.get("AWS_PROFILE"), None);
        assert_eq!(env["AWS_REGION"], "eu-central-1");
    }
}

fn changes_no_variable_twice() {
    run(128, &initial_environments(), |start| {
        for region in [None, Some("eu-central-1")] {
            let (changes, _) = changes_of_sign_in(&start, region);
            let names: BTreeSet<&str> = changes.iter().map(|change| change.name).collect();
            prop_assert_eq!(names.len(), changes.len());
        }
        Ok(())
    });
}

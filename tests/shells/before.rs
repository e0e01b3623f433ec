//! `MFA_ENV_BEFORE`: its format, the variables that it restores, and the input that is rejected.

use crate::support::exported::{ACCOUNT, Environment, KEY_ID, changes_of, env_of, plan, sign_in, unset};
use mfa_env::environment::Before;
use mfa_env::plan::Overrides;
use mfa_env::warning::Warning;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::ffi::OsString;

trials![
    has_the_documented_format,
    parses_what_it_writes,
    parses_nothing_that_it_would_not_write,
    ignores_an_invalid_value_as_a_whole,
    restores_every_kind_of_variable,
    restores_a_directorys_values_only_there,
    keeps_keys_from_elsewhere,
    warns_about_an_identity_that_cannot_be_restored,
    records_no_more_than_fits,
    restores_the_users_values_after_any_sequence_of_sign_ins,
    warns_about_values_that_cannot_be_restored,
    changes_no_variable_twice,
];

/// How every record here begins.
const START: &str = "2:AWS_ACCESS_KEY_ID=->ASIAIOSFODNN7EXAMPLE";

fn written(env: &Environment) -> &str {
    env["MFA_ENV_BEFORE"].to_str().expect("ASCII")
}

fn has_the_documented_format() {
    let mut plain = env_of(&[]);
    sign_in(&mut plain, None);
    assert_eq!(written(&plain), START);
    sign_in(&mut plain, Some("eu-central-1"));
    assert_eq!(written(&plain), format!("{START},AWS_REGION=->eu-central-1,AWS_DEFAULT_REGION=->eu-central-1"));

    let mut odd = env_of(&[
        ("AWS_PROFILE", "a b,c=d>e%@\u{fc}"),
        ("AWS_DEFAULT_PROFILE", "-"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
        ("AWS_ACCOUNT_ID", "210987654321"),
    ]);
    sign_in(&mut odd, Some("eu-central-1"));
    assert_eq!(
        written(&odd),
        format!(
            "{START},AWS_PROFILE=a%20b%2Cc%3Dd%3Ee%25%40%C3%BC>-,AWS_DEFAULT_PROFILE=%2D>-,\
             AWS_DEFAULT_REGION=us-west-2>eu-central-1,AWS_ACCOUNT_ID=210987654321>{ACCOUNT}"
        )
    );
    let mut in_directory = env_of(&[("AWS_PROFILE", "dev"), ("DIRENV_DIR", "-/home/al ice")]);
    sign_in(&mut in_directory, None);
    assert_eq!(written(&in_directory), format!("{START},AWS_PROFILE=dev>-@-%2Fhome%2Fal%20ice"));
}

fn value_of(name: &str) -> BoxedStrategy<String> {
    match name {
        "AWS_REGION" | "AWS_DEFAULT_REGION" => "[a-z]{2}-[a-z]{4,9}-[1-9]".boxed(),
        "AWS_ACCOUNT_ID" => "2[0-9]{11}".boxed(),
        "AWS_ROLE_ARN" => "arn:aws:iam::[0-9]{12}:role/[a-z,=]{1,9}".boxed(),
        "AWS_ROLE_SESSION_NAME" => "[a-z0-9_+=,.@-]{2,64}".boxed(),
        _ => "[ -~\u{a1}-\u{17f}\u{2019}]{1,24}".prop_filter("a blank name", |name| !name.trim().is_empty()).boxed(),
    }
}

/// The variables that any session changes.
const RESTORED: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_EB_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCOUNT_ID",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
];

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
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.%=>,:@-".contains(&b);
        prop_assert!(text.bytes().all(allowed) && text.len() <= 8192, "{}", text);
        let read = Before::parse(text);
        prop_assert!(read.is_some(), "{}", text);
        let read = read.expect("checked");
        prop_assert_eq!(read.write(), text);
        Ok(())
    });
    // The longest profile names that are allowed.
    let longest = "\u{65e5}".repeat(85);
    let mut long =
        env_of(&[("AWS_PROFILE", &longest), ("AWS_DEFAULT_PROFILE", &longest), ("AWS_EB_PROFILE", &longest)]);
    let before = long.clone();
    assert_eq!(sign_in(&mut long, Some(&format!("{}-b-1", "a".repeat(59)))), []);
    assert_eq!(unset(&mut long), []);
    assert_eq!(long, before);
}

fn parses_nothing_that_it_would_not_write() {
    let pieces = [
        "1:",
        "2:",
        START,
        ",",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_CONFIG_FILE",
        "https%3A%2F%2Fx",
        "true",
        "@",
        "@d",
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
        format!("{START},{}", entries.join(","))
    });
    let names = |text: &str| -> BTreeSet<String> {
        text.split(',').skip(1).filter_map(|e| Some(e.split_once('=')?.0.to_owned())).collect()
    };
    run(4096, &prop_oneof![noise, entries], |text| {
        if let Some(before) = Before::parse(&text) {
            prop_assert_eq!(before.write(), text.clone());
            let known = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_USE_FIPS_ENDPOINT", "AWS_CONFIG_FILE"];
            let is_known = |name: &String| RESTORED.iter().chain(&known).any(|known| known == name);
            prop_assert!(names(&text).iter().all(is_known), "{}", text);
        }
        Ok(())
    });
}

fn ignores_an_invalid_value_as_a_whole() {
    let good = format!("{START},AWS_REGION=us-west-2>eu-central-1");
    let services: String = (0..33).map(|i| format!(",AWS_ENDPOINT_URL_S{i}=->https%3A%2F%2Fx")).collect();
    let bad = [
        format!("{good},PATH=%2Ftmp%2Fevil>-"),
        format!("{good},LD_PRELOAD=evil.so>-"),
        format!("{good},AWS_SECRET_ACCESS_KEY=a>-"),
        format!("{good},AWS_ACCESS_KEY_ID=->{KEY_ID}"),
        format!("{good},aws_profile=a>-"),
        format!("{good},AWS_REGION=us-west-2>eu-central-1"),
        format!("{good},"),
        format!(",{good}"),
        format!("{good} "),
        good.replace("2:", "1:"),
        good.replace("2:", "3:"),
        good.replace("2:", ""),
        "2:".to_owned(),
        "2:AWS_REGION=us-west-2>eu-central-1".to_owned(),
        "1:AWS_REGION=us-west-2>eu-central-1".to_owned(),
        good.replace("=->", "=AKIA>"),
        good.replace(KEY_ID, ""),
        good.replace(KEY_ID, "-"),
        good.replace(KEY_ID, &"A".repeat(129)),
        good.replace(KEY_ID, "ASIA%20"),
        good.replace(KEY_ID, "ASIA@x"),
        format!("{good},AWS_PROFILE=a"),
        format!("{good},AWS_PROFILE=a>b>c"),
        format!("{good},AWS_PROFILE=%>-"),
        format!("{good},AWS_PROFILE=%2>-"),
        format!("{good},AWS_PROFILE=%2d>-"),
        format!("{good},AWS_PROFILE=%41>-"),
        format!("{good},AWS_PROFILE=%FF>-"),
        format!("{good},AWS_PROFILE=a%0Ab>-"),
        format!("{good},AWS_PROFILE=a b>-"),
        format!("{good},AWS_PROFILE=$(touch pwn)>-"),
        format!("{good},AWS_PROFILE={}>-", "a".repeat(257)),
        format!("{good},AWS_PROFILE=a>-@%0a"),
        format!("{good},AWS_PROFILE=a>-@b@c"),
        format!("{good},AWS_PROFILE=a@b>-"),
        format!("{good},AWS_DEFAULT_REGION=evil.example.com>-"),
        format!("{good},AWS_DEFAULT_REGION=a%2Fb>-"),
        format!("{good},AWS_ACCOUNT_ID=12345678901>-"),
        format!("{good},AWS_ROLE_ARN=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx>-"),
        format!("{good},AWS_CONFIG_FILE=a%0Ab>-"),
        format!("{good},AWS_ENDPOINT_URL=ftp%3A%2F%2Fx>-"),
        format!("{good},AWS_ENDPOINT_URL=https%3A%2F%2Fuser%3Apassword%40x>-"),
        format!("{good},AWS_ENDPOINT_URL_s3=https%3A%2F%2Fx>-"),
        format!("{good},AWS_ENDPOINT_URL_=https%3A%2F%2Fx>-"),
        format!("{good},AWS_ENDPOINT_URL_{}=https%3A%2F%2Fx>-", "A".repeat(41)),
        format!("{good},AWS_USE_FIPS_ENDPOINT=yes>-"),
        format!("{good},AWS_STS_REGIONAL_ENDPOINTS=x>-"),
        format!("{good},AWS_VAULT=x>-"),
        format!("{good}{services}"),
        format!("{good},AWS_CONFIG_FILE={}>-,AWS_CA_BUNDLE={0}>-", "a".repeat(4096)),
    ];
    for text in bad {
        assert_eq!(Before::parse(&text), None, "{text}");
        let region = ("AWS_REGION", "eu-central-1");
        let mut env = env_of(&[region, ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(unset(&mut env), [Warning::BeforeIgnored], "{text}");
        assert_eq!(env, env_of(&[region]), "{text}");

        let mut env = env_of(&[region, ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(sign_in(&mut env, Some("us-east-1")), [Warning::BeforeIgnored], "{text}");
        let expected = format!("{START},AWS_REGION=eu-central-1>us-east-1,AWS_DEFAULT_REGION=->us-east-1");
        assert_eq!(written(&env), expected, "{text}");

        // It is not a sign that the keys are those of a session, so they stay.
        let keys = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", "x")];
        let mut env = env_of(&[keys[0], keys[1], ("MFA_ENV_BEFORE", &text)]);
        assert_eq!(unset(&mut env), [Warning::BeforeIgnored, Warning::KeysKept], "{text}");
        assert_eq!(env, env_of(&keys), "{text}");
    }
    // The valid part alone is accepted, so each text above was rejected for its own defect.
    let mut env = env_of(&[("AWS_REGION", "eu-central-1"), ("MFA_ENV_BEFORE", &good)]);
    assert_eq!(unset(&mut env), []);
    assert_eq!(env, env_of(&[("AWS_REGION", "us-west-2")]));
}

/// Every kind of variable, as a later version or another session may have recorded it.
fn restores_every_kind_of_variable() {
    let url = "https%3A%2F%2Flocalhost%3A4566";
    let entries = [
        ("AWS_CONFIG_FILE", "%2Fhome%2Fa%20b%2Fconfig", "/home/a b/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "%2Fhome%2Fc", "/home/c"),
        ("AWS_ENDPOINT_URL", url, "https://localhost:4566"),
        ("AWS_ENDPOINT_URL_S3", url, "https://localhost:4566"),
        ("AWS_ENDPOINT_URL_AUTO_SCALING_2", url, "https://localhost:4566"),
        ("AWS_USE_FIPS_ENDPOINT", "TRUE", "TRUE"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "false", "false"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", "true"),
        ("AWS_CA_BUNDLE", "%2Fca.pem", "/ca.pem"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "legacy", "legacy"),
        ("AWS_EB_PROFILE", "", ""),
    ];
    let record: String = entries.iter().map(|(name, was, _)| format!(",{name}={was}>-")).collect();
    let record = format!("{START}{record}");
    let restored = env_of(&entries.map(|(name, _, value)| (name, value)));
    let mut env = env_of(&[("MFA_ENV_BEFORE", &record)]);
    assert_eq!(unset(&mut env), []);
    assert_eq!(env, restored);
    // A session's values are put back before those of the next one are set.
    let mut env = env_of(&[("AWS_ACCESS_KEY_ID", KEY_ID), ("MFA_ENV_BEFORE", &record)]);
    assert_eq!(sign_in(&mut env, None), []);
    for (name, _, value) in entries {
        let expected = if name == "AWS_EB_PROFILE" { None } else { Some(value) };
        assert_eq!(env.get(name).and_then(|value| value.to_str()), expected, "{name}");
    }
    assert_eq!(written(&env), format!("{START},AWS_EB_PROFILE=>-"));
}

/// What a directory's environment had set is not taken to other directories.
fn restores_a_directorys_values_only_there() {
    let there = ("DIRENV_DIR", "-/srv/app");
    let start = env_of(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "us-west-2"), there]);
    let mut signed_in = start.clone();
    sign_in(&mut signed_in, Some("eu-central-1"));
    let mut env = signed_in.clone();
    assert_eq!(unset(&mut env), []);
    assert_eq!(env, start);
    for elsewhere in [None, Some("-/srv/other")] {
        let mut env = signed_in.clone();
        env.remove("DIRENV_DIR");
        env.extend(elsewhere.map(|directory| ("DIRENV_DIR".to_owned(), OsString::from(directory))));
        let mut unsigned = env.clone();
        assert_eq!(unset(&mut unsigned), []);
        unsigned.remove("DIRENV_DIR");
        assert_eq!(unsigned, env_of(&[]), "{elsewhere:?}");
        // The next sign-in does not record it either.
        sign_in(&mut env, None);
        assert_eq!(written(&env), START, "{elsewhere:?}");
        assert_eq!(env.get("AWS_REGION"), None, "{elsewhere:?}");
    }
}

/// Keys count as those of the session only while its access key ID is there.
fn keeps_keys_from_elsewhere() {
    let mut session = env_of(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "us-west-2")]);
    sign_in(&mut session, Some("eu-central-1"));
    let other = [
        ("AWS_ACCESS_KEY_ID", "ASIAOTHEROTHEROTHER1"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "other"),
        ("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z"),
        ("AWS_SECURITY_TOKEN", "other"),
    ];
    let mut env = session.clone();
    env.extend(env_of(&other));
    let mut signed_in_again = env.clone();
    assert_eq!(unset(&mut env), [Warning::KeysKept]);
    let mut expected = env_of(&other);
    expected.extend(env_of(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "us-west-2")]));
    assert_eq!(env, expected);
    assert_eq!(sign_in(&mut signed_in_again, None), [Warning::IdentityReplaced { variable: "AWS_ACCESS_KEY_ID" }]);
    assert_eq!(unset(&mut signed_in_again), []);
    assert_eq!(signed_in_again, env_of(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "us-west-2")]));
    // Without the key, what is left of the session is no use to anybody.
    session.remove("AWS_ACCESS_KEY_ID");
    session.remove("AWSUME_PROFILE");
    assert_eq!(unset(&mut session), []);
    assert_eq!(session, env_of(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "us-west-2")]));
    // A name that another tool set for its own keys stays.
    let mut env = env_of(&[("AWSUME_PROFILE", "theirs"), ("MFA_ENV_PROFILE", "prod"), other[0]]);
    assert_eq!(unset(&mut env), [Warning::KeysKept]);
    assert_eq!(env, env_of(&[("AWSUME_PROFILE", "theirs"), other[0]]));
}

fn warns_about_an_identity_that_cannot_be_restored() {
    let workloads = [
        "AWS_ACCESS_KEY_ID",
        "AWS_ACCESS_KEY",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ];
    for variable in workloads {
        let mut env = env_of(&[(variable, "x")]);
        assert_eq!(sign_in(&mut env, None), [Warning::IdentityReplaced { variable }]);
        assert_ne!(env.get(variable).and_then(|value| value.to_str()), Some("x"));
        assert_eq!(sign_in(&mut env, None), []);
    }
    // One warning is enough.
    let mut all = env_of(&workloads.map(|name| (name, "x")));
    assert_eq!(sign_in(&mut all, None), [Warning::IdentityReplaced { variable: "AWS_ACCESS_KEY_ID" }]);
}

fn records_no_more_than_fits() {
    // Three names of 768 bytes in the record, each with a directory of 3 kB.
    let longest = "\u{65e5}".repeat(85);
    let directory = format!("-{}", "/d".repeat(750));
    let mut env = env_of(&[
        ("AWS_PROFILE", &longest),
        ("AWS_DEFAULT_PROFILE", &longest),
        ("AWS_EB_PROFILE", &longest),
        ("DIRENV_DIR", &directory),
    ]);
    let not_restorable = Warning::NotRestorable { variable: "AWS_EB_PROFILE".into() };
    assert_eq!(sign_in(&mut env, None), [not_restorable]);
    assert!(written(&env).len() <= 8192);
    assert_eq!(unset(&mut env), []);
    assert_eq!(env.get("AWS_DEFAULT_PROFILE"), Some(&longest.clone().into()));
    assert_eq!(env.get("AWS_EB_PROFILE"), None);
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
        names.iter().map(|name| Warning::NotRestorable { variable: (*name).into() }).collect()
    };
    let mut env = not_a_name.clone();
    assert_eq!(sign_in(&mut env, None), not_restorable(&["AWS_PROFILE"]));
    assert_eq!(env["AWS_REGION"], "not a region"); // not overwritten, so no warning
    let mut env = not_a_name;
    let all = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];
    assert_eq!(sign_in(&mut env, Some("eu-central-1")), not_restorable(&all));
    assert_eq!(env["AWS_REGION"], "eu-central-1");
    assert_eq!(written(&env), START);

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
            let (changes, _) = changes_of(&plan(region, &Overrides::default()), &start);
            let names: BTreeSet<&str> = changes.iter().map(|change| &*change.name).collect();
            prop_assert_eq!(names.len(), changes.len());
        }
        Ok(())
    });
}

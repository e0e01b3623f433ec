//! `why --online`: AWS's answer decides, and what it does not answer is said.

#![cfg(unix)]

use super::why_advice::{EXPIRED, INVALID, Machine, Said, machine, past};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::Sts;
use crate::support::sts_client::Client;
use serde_json::Value;
use std::ffi::OsStr;

trials![
    keys_that_aws_accepts_are_not_the_cause,
    the_session_of_a_role_is_accepted,
    a_session_with_mfa_in_a_container_is_accepted,
    a_profile_beside_the_accepted_keys_is_the_reason,
    what_the_variables_show_explains_a_rejection,
    never_advises_the_command_that_was_run,
    explains_without_a_network,
    a_text_without_a_known_error_has_no_cause,
    without_a_text_the_problems_of_the_shell_are_the_causes,
    says_what_is_not_known_of_keys_of_others,
    an_id_of_another_session,
    an_expiration_that_was_set_after_the_sign_in,
    an_id_and_a_secret_that_are_swapped,
];

const WRONG_SECRET: &str = "An error occurred (SignatureDoesNotMatch) when calling the ListUsers operation: The request \
                            signature we calculated does not match the signature you provided.\n";

fn online(m: &Machine, text: &str) -> Said {
    Said::of(&m.why(Some(text), "--online")["causes"][0])
}

#[track_caller]
fn assert_accepted(m: &Machine, text: &str, whose: &str, arn: &str) {
    let said = online(m, text);
    let expected = format!("AWS accepts {whose} as {arn}");
    assert!(said.cause.starts_with(&expected) && said.is_certain, "{text}: {:#}", said.all);
    assert!(said.cause.ends_with("; the program used others, or they were renewed since"), "{:#}", said.all);
    assert!(said.all["advice"][0]["what"] == "run it again, from this shell", "{:#}", said.all);
}

/// A shell with these keys in its variables.
fn keys(m: &mut Machine, keys: &Client) {
    m.set("AWS_ACCESS_KEY_ID", &keys.access_key_id).set("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
    match &keys.session_token {
        Some(token) => drop(m.set("AWS_SESSION_TOKEN", token)),
        None => m.unset("AWS_SESSION_TOKEN"),
    }
}

fn keys_that_aws_accepts_are_not_the_cause() {
    let mut m = machine();
    let arn = m.alice.arn.clone();
    m.set("AWS_PROFILE", "main");
    for text in [INVALID, EXPIRED, WRONG_SECRET] {
        assert_accepted(&m, text, "the keys of profile main", &arn);
    }
    // AWS was asked about the keys with which the role is assumed.
    m.set("AWS_PROFILE", "prod");
    assert_accepted(&m, INVALID, "the keys of profile main", &arn);
    let mut m = machine();
    let alice = Client::of(&m.sts, &m.alice);
    keys(&mut m, &alice);
    for text in [INVALID, EXPIRED, WRONG_SECRET] {
        assert_accepted(&m, text, "this shell's keys", &m.alice.arn);
    }
    // Whatever the variable says.
    m.set("AWS_CREDENTIAL_EXPIRATION", past(60));
    assert_accepted(&m, EXPIRED, "this shell's keys", &m.alice.arn);
}

fn the_session_of_a_role_is_accepted() {
    let mut m = machine();
    m.sign_in("prod");
    for text in [INVALID, EXPIRED, WRONG_SECRET] {
        assert_accepted(&m, text, "this shell's keys", "arn:aws:sts::123456789012:assumed-role/admin/alice");
    }
}

/// The third of the three stories, the other way round.
fn a_session_with_mfa_in_a_container_is_accepted() {
    let mut m = machine();
    m.sign_in("main");
    let mut container = Home::empty();
    for name in
        ["AWS_ENDPOINT_URL", "PATH", "LC_ALL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    {
        container.set(name, m.home.variables[OsStr::new(name)].clone());
    }
    m.home = container;
    let offline = m.explain(INVALID);
    assert!(!offline.is_certain && offline.cause.contains("without MFA"), "{:#}", offline.all);
    assert_accepted(&m, INVALID, "this shell's keys", &m.alice.arn);
}

fn a_profile_beside_the_accepted_keys_is_the_reason() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_PROFILE", "main");
    let said = online(&m, INVALID);
    assert!(said.cause.starts_with("AWS accepts this shell's keys as "), "{:#}", said.all);
    assert_eq!(said.lines, ["unset AWS_PROFILE"]);
    let possibly = said.all["possibly"].as_str().expect("text");
    assert!(possibly.starts_with("AWS_PROFILE is set to `main` together with keys"), "{possibly}");
}

/// What AWS says is less than what the variables show.
fn what_the_variables_show_explains_a_rejection() {
    let mut m = machine();
    let alice = Client::of(&m.sts, &m.alice);
    keys(&mut m, &alice);
    m.set("AWS_SESSION_TOKEN", "foo");
    let said = online(&m, INVALID);
    assert!(said.cause.starts_with("AWS_SESSION_TOKEN is set together with the long-term"), "{:#}", said.all);
    assert_eq!(said.lines, ["unset AWS_SESSION_TOKEN"]);
    let problems = m.why(None, "--online");
    assert_eq!(problems["problems"][0]["problem"], "token-with-long-term-key", "{problems:#}");
    assert_eq!(problems["problems"][1]["problem"], "rejected", "{problems:#}");
    // A session that has expired, which AWS does not accept any more.
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_SECRET_ACCESS_KEY", "other");
    let said = online(&m, WRONG_SECRET);
    assert!(said.cause.starts_with("AWS_SECRET_ACCESS_KEY does not belong to access key ASIA"), "{:#}", said.all);
}

fn never_advises_the_command_that_was_run() {
    let mut m = machine();
    let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
    keys(&mut m, &session);
    for text in [INVALID, EXPIRED, WRONG_SECRET] {
        let shown = m.why(Some(text), "--online").to_string();
        assert!(!shown.contains("why --online"), "{shown}");
    }
    m.sts.stop();
    for text in [INVALID, EXPIRED, WRONG_SECRET] {
        let shown = m.why(Some(text), "--online").to_string();
        assert!(!shown.contains("why --online"), "{shown}");
    }
    assert!(m.why(Some(INVALID), "").to_string().contains("why --online"));
}

fn explains_without_a_network() {
    let mut m = machine();
    m.sign_in("prod");
    let stopped = Sts::start();
    stopped.stop();
    m.set("AWS_ENDPOINT_URL", stopped.url()).set("AWS_ENDPOINT_URL_STS", stopped.url());
    let all = m.why(Some(EXPIRED), "--online");
    assert_eq!(all["causes"][0]["error"], "expired-session", "{all:#}");
    assert!(all["not_asked"].as_str().expect("a reason").contains("127.0.0.1"), "{all:#}");
    assert_eq!(m.why(Some(EXPIRED), "")["not_asked"], Value::Null);
    let ran = m.bash("mfa-env why --online output.log; echo \"status $?\"");
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(shown.contains("but this shell's session is valid for 1 h"), "{shown}");
    assert!(shown.contains("\nAWS could not be asked: ") && shown.ends_with("status 0\n"), "{shown}");
    // The shell alone.
    let ran = m.bash("mfa-env why --online /dev/null; echo \"status $?\"");
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(shown.contains("\nAWS could not be asked: ") && shown.ends_with("status 1\n"), "{shown}");
}

fn a_text_without_a_known_error_has_no_cause() {
    let home = Home::empty();
    for text in ["hello\n", "make: *** [all] Error 2\n"] {
        let ran = Program::new(&home, ["why"]).stdin(text).fails(1).run();
        assert!(ran.stdout.starts_with("no known error was found in the text\n\nthis shell has no "), "{}", ran.stdout);
        let ran = Program::new(&home, ["why", "--json"]).stdin(text).fails(1).run();
        let all: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(all["causes"], Value::Array(Vec::new()));
        assert_eq!(all["problems"][0]["problem"], "no-credentials");
    }
}

fn without_a_text_the_problems_of_the_shell_are_the_causes() {
    let home = Home::empty();
    let ran = Program::new(&home, ["why", "--json", "/dev/null"]).run();
    let all: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(all["causes"][0]["problem"], "no-credentials", "{all:#}");
    assert_eq!((&all["causes"][0]["error"], &all["causes"][0]["text"]), (&Value::Null, &Value::Null));
    assert_eq!(all["causes"][0]["cause"], all["problems"][0]["cause"]);
}

fn says_what_is_not_known_of_keys_of_others() {
    let mut m = machine();
    let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
    keys(&mut m, &session);
    let shown = |m: &Machine, options: &str| {
        String::from_utf8_lossy(&m.bash(&format!("mfa-env why {options} /dev/null")).stdout).into_owned()
    };
    let text = shown(&m, "");
    assert!(text.contains("nothing wrong was found in this shell: it has the keys ASIA"), "{text}");
    let unknown = "  not known: whether AWS accepts the keys, whether the session has MFA, when the session expires\n  \
                   ask AWS with: mfa-env why --online\n";
    assert!(text.contains(unknown), "{text}");
    // Asked, it is a session without MFA.
    assert!(shown(&m, "--online").contains("a session of user alice without MFA"));
    m.sign_in("main");
    for name in ["MFA_ENV_BEFORE", "MFA_ENV_PROFILE", "MFA_ENV_OPTIONS", "AWS_CREDENTIAL_EXPIRATION"] {
        m.unset(name);
    }
    let empty = m.home.path().join("cache-of-nobody");
    m.set("MFA_ENV_CACHE_DIR", empty.clone());
    let text = shown(&m, "--online");
    assert!(text.contains("  not known: when the session expires\n") && !text.contains("ask AWS with"), "{text}");
    // One that mfa-env has made is known.
    let mut m = machine();
    m.sign_in("prod");
    let text = shown(&m, "");
    assert!(text.contains("nothing is wrong with this shell: ") && !text.contains("not known"), "{text}");
    // A long-term key, in a profile.
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    let text = shown(&m, "");
    assert!(
        text.contains("  not known: whether AWS accepts the keys\n  ask AWS with: mfa-env why --online\n"),
        "{text}"
    );
    assert!(
        shown(&m, "--online").contains("nothing is wrong with this shell: programs use profile main; AWS accepts it")
    );
}

fn an_id_of_another_session() {
    let mut m = machine();
    m.sign_in("prod");
    let own = m.home.variables[OsStr::new("AWS_ACCESS_KEY_ID")].to_str().expect("UTF-8").to_owned();
    for other in ["ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"] {
        m.set("AWS_ACCESS_KEY_ID", other);
        let problem = m.why(None, "");
        let found =
            problem["problems"].as_array().expect("a list").iter().find(|p| p["problem"] == "mixed-credentials");
        let cause = found.unwrap_or_else(|| panic!("{problem:#}"))["cause"].as_str().expect("text");
        let expected = format!("AWS_ACCESS_KEY_ID is another one than {own}, to which the other variables");
        assert!(cause.starts_with(&expected), "{cause}");
    }
    m.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    let line = m.line_for(INVALID, "AWS_ACCESS_KEY_ID is another one than ASIA");
    m.follow(&line);
    m.assert_works_as_role();
}

/// The AWS CLI says that the refreshed credentials are still expired.
fn an_expiration_that_was_set_after_the_sign_in() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_CREDENTIAL_EXPIRATION", past(60));
    assert_eq!(m.why(None, "")["problems"][0]["problem"], "other-expiration");
    let text = "Credentials were refreshed, but the refreshed credentials are still expired.\n";
    let line = m.line_for(text, "AWS_CREDENTIAL_EXPIRATION is past, but not that of this shell's keys");
    m.follow(&line);
    m.assert_works_as_role();
}

fn an_id_and_a_secret_that_are_swapped() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let mut m = machine();
    m.set("AWS_ACCESS_KEY_ID", secret).set("AWS_SECRET_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE");
    let incomplete = "An error occurred (IncompleteSignature) when calling the GetCallerIdentity operation: Credential must \
                      have exactly 5 slash-delimited elements\n";
    for text in [INVALID, WRONG_SECRET, incomplete] {
        for options in ["", "--online"] {
            let said = Said::of(&m.why(Some(text), options)["causes"][0]);
            assert_eq!(
                said.cause,
                "AWS_ACCESS_KEY_ID has a secret access key, and AWS_SECRET_ACCESS_KEY the ID of an access key"
            );
            assert_eq!(said.all["advice"][0]["what"], "exchange the values of the two variables");
        }
    }
    for command in ["mfa-env why /dev/null", "mfa-env why --json /dev/null", "mfa-env why --online output.log"] {
        let ran = m.bash(command);
        let shown = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(!shown.contains(&secret[..20]) && !shown.contains("AKIAIOSFODNN7EXAMPLE"), "{shown}");
    }
}

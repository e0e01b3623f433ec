//! STS receives exactly the planned calls, each with all its parameters and the right signer.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Call, RoleSpec, Sts, User};

trials![
    requests_an_mfa_session,
    requests_an_mfa_session_and_a_role,
    requests_a_long_role_session_with_the_code,
    requests_a_role_without_a_code,
    requests_three_chained_roles,
    requests_a_session_and_a_role_for_a_profile_that_is_its_own_source,
    requests_the_role_given_by_flag,
    signs_with_the_chosen_region,
];

/// Signs in with a code, in a new home, and returns the calls.
fn sign_in(sts: &Sts, user: &User, roles: &[(&str, &str, &str)], arguments: &[&str]) -> Vec<Call> {
    let home = Home::with_user(sts, user, roles);
    sign_in_at(sts, &home, user, arguments)
}

fn sign_in_at(sts: &Sts, home: &Home, user: &User, arguments: &[&str]) -> Vec<Call> {
    let code = sts.code(&user.mfa_serial);
    sts.take_calls();
    let arguments = arguments.iter().copied().chain(["--code", &code, "--shell", "sh"]);
    let ran = Program::new(home, arguments).signs_in().run();
    let last = sts.sessions().pop().expect("a session");
    assert_eq!(ran.variable("AWS_ACCESS_KEY_ID"), Some(Some(last.access_key_id.as_str())));
    let calls = sts.take_session_calls();
    assert!(calls.iter().all(|call| call.status == Some(200)), "{calls:?}");
    calls
}

/// The action and the sorted parameters, without the version and without the value of the code.
fn parameters(call: &Call) -> Vec<String> {
    let own = call.params.iter().filter(|(name, _)| !matches!(name.as_str(), "Action" | "Version"));
    let shown = own.map(|(name, value)| match name.as_str() {
        "TokenCode" => name.clone(),
        _ => format!("{name}={value}"),
    });
    std::iter::once(call.action.clone()).chain(shown).collect()
}

fn callers(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.caller.as_deref().unwrap_or("nobody")).collect()
}

const ALICE: &str = "SerialNumber=arn:aws:iam::123456789012:mfa/alice";

fn requests_an_mfa_session() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let calls = sign_in(&sts, &alice, &[], &["main", "--duration", "45m"]);
    assert_eq!(calls.len(), 1);
    assert_eq!(parameters(&calls[0]), ["GetSessionToken", "DurationSeconds=2700", ALICE, "TokenCode"]);
    assert_eq!(callers(&calls), [alice.arn.as_str()]);
}

fn requests_an_mfa_session_and_a_role() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, path: "/ops/".into(), ..RoleSpec::default() });
    let calls = sign_in(&sts, &alice, &[("r", &role, "duration_seconds = 1800")], &["r"]);
    assert_eq!(calls.len(), 2);
    assert_eq!(parameters(&calls[0]), ["GetSessionToken", "DurationSeconds=43200", ALICE, "TokenCode"]);
    assert_eq!(
        parameters(&calls[1]),
        [
            "AssumeRole",
            "DurationSeconds=1800",
            "RoleArn=arn:aws:iam::123456789012:role/ops/admin",
            "RoleSessionName=alice"
        ]
    );
    assert_eq!(calls[1].access_key_id, sts.sessions()[0].access_key_id);
    assert!(calls[1].session_token_sent && !calls[0].session_token_sent);
}

fn requests_a_long_role_session_with_the_code() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { requires_mfa: true, max_session_duration: 43_200, ..RoleSpec::default() };
    let role = sts.add_role("admin", spec);
    for (more, arguments) in [("duration_seconds = 43200", &["r"][..]), ("", &["r", "-d", "12h"])] {
        let calls = sign_in(&sts, &alice, &[("r", &role, more)], arguments);
        assert_eq!(calls.len(), 1);
        assert_eq!(
            parameters(&calls[0]),
            [
                "AssumeRole",
                "DurationSeconds=43200",
                "RoleArn=arn:aws:iam::123456789012:role/admin",
                "RoleSessionName=alice",
                ALICE,
                "TokenCode"
            ]
        );
        assert_eq!(callers(&calls), [alice.arn.as_str()]);
    }
}

fn requests_a_role_without_a_code() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { external_id: Some("some:id/1".into()), max_session_duration: 7200, ..RoleSpec::default() };
    let role = sts.add_role("admin", spec);
    let config = format!(
        "[profile r]\nrole_arn = {role}\nsource_profile = main\nexternal_id = some:id/1\n\
         duration_seconds = 7200\nrole_session_name = a@b.c\n"
    );
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    // Without a terminal or `--code`, this would fail if a code were needed.
    let ran = Program::new(&home, ["r", "--shell", "sh"]).says("r, admin@123456789012, ").says("2 h left").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("r")));
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        parameters(&calls[0]),
        [
            "AssumeRole",
            "DurationSeconds=7200",
            "ExternalId=some:id/1",
            "RoleArn=arn:aws:iam::123456789012:role/admin",
            "RoleSessionName=a@b.c"
        ]
    );
}

fn requests_three_chained_roles() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let first = sts.add_role("first", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let second = sts.add_role(
        "second",
        RoleSpec {
            account: "210987654321".into(),
            trusts: vec![first.clone()],
            external_id: Some("two".into()),
            ..RoleSpec::default()
        },
    );
    let third = sts.add_role(
        "third",
        RoleSpec { trusts: vec![second.clone()], account: "111122223333".into(), ..RoleSpec::default() },
    );
    let config = format!(
        "[profile main]\nmfa_serial = {}\n[profile a]\nrole_arn = {first}\nsource_profile = main\nregion = eu-west-1\n\
         [profile b]\nrole_arn = {second}\nsource_profile = a\nexternal_id = two\nrole_session_name = bb\n\
         [profile c]\nrole_arn = {third}\nsource_profile = b\nduration_seconds = 43200\nregion = eu-central-1\n",
        alice.mfa_serial
    );
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let calls = sign_in_at(&sts, &home, &alice, &["c"]);
    let all: Vec<Vec<String>> = calls.iter().map(parameters).collect();
    assert_eq!(
        all,
        [
            vec!["GetSessionToken", "DurationSeconds=43200", ALICE, "TokenCode"],
            vec![
                "AssumeRole",
                "DurationSeconds=3600",
                "RoleArn=arn:aws:iam::123456789012:role/first",
                "RoleSessionName=alice"
            ],
            vec![
                "AssumeRole",
                "DurationSeconds=3600",
                "ExternalId=two",
                "RoleArn=arn:aws:iam::210987654321:role/second",
                "RoleSessionName=bb"
            ],
            vec![
                "AssumeRole",
                "DurationSeconds=3600",
                "RoleArn=arn:aws:iam::111122223333:role/third",
                "RoleSessionName=alice"
            ],
        ]
    );
    assert_eq!(
        callers(&calls),
        [
            &alice.arn,
            &alice.arn,
            "arn:aws:sts::123456789012:assumed-role/first/alice",
            "arn:aws:sts::210987654321:assumed-role/second/bb"
        ]
    );
    // All calls use the region of the requested profile.
    assert!(calls.iter().all(|call| call.region == "eu-central-1"), "{calls:?}");
    // One connection, and one for the call beside the first one that learns the name of the user.
    assert!(sts.connections() <= 2, "{calls:?}");
}

// fault 63
fn requests_a_session_and_a_role_for_a_profile_that_is_its_own_source() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mfa = &alice.mfa_serial;
    let config = format!("[profile main]\nrole_arn = {role}\nsource_profile = main\nmfa_serial = {mfa}\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let calls = sign_in_at(&sts, &home, &alice, &["main"]);
    assert_eq!(calls.iter().map(|c| c.action.as_str()).collect::<Vec<_>>(), ["GetSessionToken", "AssumeRole"]);
}

fn requests_the_role_given_by_flag() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { requires_mfa: true, external_id: Some("id-1".into()), ..RoleSpec::default() };
    let role = sts.add_role("flagged", spec);
    let other = sts.add_role("other", RoleSpec::default());
    for profile in ["main", "r"] {
        let arguments =
            [profile, "--role-arn", &role, "--external-id", "id-1", "--role-session-name", "mine", "-d", "20m"];
        let calls = sign_in(&sts, &alice, &[("r", &other, "")], &arguments);
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert_eq!(
            parameters(&calls[1]),
            [
                "AssumeRole",
                "DurationSeconds=1200",
                "ExternalId=id-1",
                "RoleArn=arn:aws:iam::123456789012:role/flagged",
                "RoleSessionName=mine"
            ]
        );
    }
}

// fault 119
fn signs_with_the_chosen_region() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    for (more, arguments, variables, region) in [
        ("region = eu-west-3", &["r"][..], &[][..], "eu-west-3"),
        ("region = eu-west-3", &["r", "--region", "sa-east-1"], &[("AWS_REGION", "eu-west-2")], "sa-east-1"),
        ("", &["r"], &[("AWS_REGION", "eu-west-2"), ("AWS_DEFAULT_REGION", "eu-west-1")], "eu-west-2"),
        ("", &["r"], &[("AWS_DEFAULT_REGION", "eu-west-1")], "eu-west-1"),
        ("", &["r"], &[], "us-east-1"),
    ] {
        sts.advance(120);
        let mut home = Home::with_user(&sts, &alice, &[("r", &role, more)]);
        for (name, value) in variables {
            home.set(*name, *value);
        }
        let calls = sign_in_at(&sts, &home, &alice, arguments);
        assert!(calls.iter().all(|call| call.region == region), "{region}: {calls:?}");
    }
}

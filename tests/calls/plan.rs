//! Which calls are planned, and with which parameters, from the files alone: no network, no clock.

use crate::support::file_texts;
use crate::support::planned::Planned;
use mfa_env::error::Result;
use mfa_env::origin::{Origin, Sourced};
use mfa_env::plan::{Operation, Overrides, Plan, Signer, StsCall};
use mfa_env::profile::{
    AwsFiles, Chain, DeviceChoice, ExternalId, MfaSerial, ProfileName, RoleArn, RoleSessionName, SessionDuration,
};
use mfa_env::variables::Variables;

trials![
    gets_an_mfa_session_from_keys_and_a_device,
    assumes_a_role_for_up_to_an_hour_from_an_mfa_session,
    assumes_a_role_for_longer_with_the_code_itself,
    assumes_a_role_without_mfa_if_there_is_no_device,
    limits_chained_roles_to_an_hour,
    refuses_keys_without_a_device,
    uses_the_first_device_in_the_chain,
    applies_each_duration_to_its_own_session,
    role_arn_flag_adds_or_replaces_a_role,
    refuses_role_options_without_a_role,
    names_role_sessions_after_the_device_if_the_user_is_not_known,
    plans_a_chain_of_64_roles,
    exports_the_region_of_the_flag_or_of_the_profile_itself,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
const TEMPORARY: &str =
    "[k]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n";
const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";

#[expect(clippy::unnecessary_wraps, reason = "the fields of Overrides are options")]
fn from_flag<T>(value: T) -> Option<Sourced<T>> {
    Some(Sourced::new(value, Origin::Flag("--flag")))
}

fn duration(n: &str) -> Option<Sourced<SessionDuration>> {
    from_flag(SessionDuration::parse_typed(n).expect("a duration"))
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// `[profile NAME]` with role NAME and this source profile.
fn role_profile(name: &str, source: &str, more: &str) -> String {
    format!("[profile {name}]\nrole_arn = {}\nsource_profile = {source}\n{more}\n", role(name))
}

fn make(config: &str, credentials: &str, profile: &str, overrides: &Overrides) -> Result<Planned> {
    let texts = file_texts::of(config, credentials);
    let files = AwsFiles::index(&texts);
    let chain = Chain::walk(&files, &ProfileName::parse(profile).expect("a name"), overrides.role_arn.clone())?;
    Planned::make(chain, overrides, None, &Variables::default())
}

/// The calls in order, one string each: operation, duration, device, and for a role its name, session name and external
/// id.
fn calls(plan: &Plan) -> Vec<String> {
    fn describe(call: &StsCall) -> String {
        let mut text = format!("{} {}", call.name(), call.duration.value.seconds());
        if let Some(device) = &call.mfa {
            text += &format!(" mfa {}", device.value.name());
        }
        if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
            let name = role_session_name.as_ref().map_or("the user", |name| name.value.as_str());
            text += &format!(" {} as {name}", role_arn.value.name());
            if let Some(id) = external_id {
                text += &format!(" id {}", id.value.as_str());
            }
        }
        if let Signer::Keys(keys) = &call.signer {
            text += &format!(" by {}", keys.profile);
        }
        text
    }
    let mut all: Vec<String> = std::iter::successors(Some(&plan.call), |call| call.parent()).map(describe).collect();
    all.reverse();
    all
}

fn planned(config: &str, profile: &str, overrides: &Overrides) -> Vec<String> {
    calls(&make(config, KEYS, profile, overrides).unwrap_or_else(|e| panic!("{e}\n{config}")))
}

fn plan_error(config: &str, credentials: &str, profile: &str, overrides: &Overrides) -> (u8, String) {
    match make(config, credentials, profile, overrides) {
        Ok(plan) => panic!("expected an error, got: {:?}", calls(&plan)),
        Err(e) => (e.exit_code(), e.to_string()),
    }
}

fn gets_an_mfa_session_from_keys_and_a_device() {
    let config = |more: &str| format!("[profile k]\nmfa_serial = {ALICE}\n{more}");
    assert_eq!(planned(&config(""), "k", &Overrides::default()), ["GetSessionToken 43200 mfa alice by k"]);
    let own = planned(&config("duration_seconds = 900\n"), "k", &Overrides::default());
    assert_eq!(own, ["GetSessionToken 900 mfa alice by k"]);
    let flag = Overrides { duration: duration("45m"), ..Overrides::default() };
    assert_eq!(planned(&config("duration_seconds = 900\n"), "k", &flag), ["GetSessionToken 2700 mfa alice by k"]);
}

fn assumes_a_role_for_up_to_an_hour_from_an_mfa_session() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\n");
    for (more, requested, got) in [
        ("", None, 3600),
        ("duration_seconds = 900", None, 900),
        ("duration_seconds = 3600", None, 3600),
        ("", Some("15m"), 900),
        ("duration_seconds = 43200", Some("1h"), 3600),
    ] {
        let overrides = Overrides { duration: requested.and_then(duration), ..Overrides::default() };
        let found = planned(&(config.clone() + &role_profile("r", "k", more)), "r", &overrides);
        assert_eq!(
            found,
            ["GetSessionToken 43200 mfa alice by k".to_owned(), format!("AssumeRole {got} r as the user")],
            "{more} {requested:?}"
        );
    }
}

fn assumes_a_role_for_longer_with_the_code_itself() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\n");
    for (more, requested, got) in [
        ("duration_seconds = 3601", None, 3601),
        ("duration_seconds = 43200", None, 43200),
        ("duration_seconds = 900", Some("12h"), 43200),
        ("", Some("3601"), 3601),
    ] {
        let overrides = Overrides { duration: requested.and_then(duration), ..Overrides::default() };
        let plan = make(&(config.clone() + &role_profile("r", "k", more)), KEYS, "r", &overrides).expect("a plan");
        assert_eq!(calls(&plan), [format!("AssumeRole {got} mfa alice r as the user by k")], "{more} {requested:?}");
        assert_eq!(plan.warnings, Vec::<String>::new());
    }
}

fn assumes_a_role_without_mfa_if_there_is_no_device() {
    for (more, got) in [("", 3600), ("duration_seconds = 900", 900), ("duration_seconds = 7200", 7200)] {
        let found = planned(&role_profile("r", "k", more), "r", &Overrides::default());
        assert_eq!(found, [format!("AssumeRole {got} r as the user by k")], "{more}");
    }
    // Two chained roles last at most an hour, even without a device.
    let chain = role_profile("a", "b", "duration_seconds = 7200") + &role_profile("b", "k", "duration_seconds = 7200");
    let plan = make(&chain, KEYS, "a", &Overrides::default()).expect("a plan");
    assert_eq!(calls(&plan)[1..], ["AssumeRole 3600 a as the user"]);
}

fn limits_chained_roles_to_an_hour() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\n")
        + &role_profile("a", "b", "external_id = ida\nduration_seconds = 7200")
        + &role_profile("b", "c", "external_id = idb\nduration_seconds = 900")
        + &role_profile("c", "k", "role_session_name = cc");
    let plan = make(&config, KEYS, "a", &Overrides::default()).expect("a plan");
    let chain = [
        "GetSessionToken 43200 mfa alice by k",
        "AssumeRole 3600 c as cc",
        "AssumeRole 900 b as the user id idb",
        "AssumeRole 3600 a as the user id ida",
    ];
    assert_eq!(calls(&plan), chain);
    // Shortened, with a warning.
    assert_eq!(
        plan.warnings,
        ["duration_seconds of profile a is reduced from 7200 to 3600 (/config:7), the most that AWS allows for a \
             role assumed from a session; set it to 3600 [duration-reduced]"]
    );
    // A flag applies only to the last role, and is refused if it is too long.
    let (status, text) =
        plan_error(&config, KEYS, "a", &Overrides { duration: duration("2h"), ..Overrides::default() });
    assert_eq!(status, 2);
    assert_eq!(
        text,
        "a session of 2 h is too long: the role is assumed from another role, which AWS limits to 1 h\n  \
         use -d 1h, or omit --duration"
    );
    let shorter = planned(&config, "a", &Overrides { duration: duration("20m"), ..Overrides::default() });
    assert_eq!(
        shorter[1..],
        ["AssumeRole 3600 c as cc", "AssumeRole 900 b as the user id idb", "AssumeRole 1200 a as the user id ida"]
    );
    // The chain ends at a source profile with its own keys, even if it has a role.
    let ends = planned(&config, "c", &Overrides::default());
    assert_eq!(ends, ["GetSessionToken 43200 mfa alice by k", "AssumeRole 3600 c as cc"]);
    let keys_win = role_profile("a", "k", "") + &format!("[profile k]\nrole_arn = {}\nsource_profile = z\n", role("z"));
    assert_eq!(planned(&keys_win, "a", &Overrides::default()), ["AssumeRole 3600 a as the user by k"]);
}

// fault 116
fn refuses_keys_without_a_device() {
    let (status, text) = plan_error("", KEYS, "k", &Overrides::default());
    assert_eq!(status, 3);
    assert_eq!(
        text,
        "profile k has no MFA device, and a session without MFA cannot call IAM\n  \
         add to [profile k]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n  \
         find the ARN with: mfa-env device k"
    );
    let quoted = KEYS.replace("[k]", "[it's me]");
    let (_, text) = plan_error("", &quoted, "it's me", &Overrides::default());
    assert!(text.ends_with("mfa-env device 'it'\\''s me'"), "{text}");
    let default = KEYS.replace("[k]", "[default]");
    let (_, text) = plan_error("", &default, "default", &Overrides::default());
    assert!(text.contains("add to [default]: mfa_serial"), "{text}");
}

// fault 70
fn uses_the_first_device_in_the_chain() {
    let device = |name: &str| format!("mfa_serial = arn:aws:iam::123456789012:mfa/{name}\n");
    let mfa_device = |config: &str, profile: &str, overrides: &Overrides| {
        let plan = make(config, KEYS, profile, overrides).expect("a plan");
        let all = std::iter::successors(Some(&plan.call), |call| call.parent());
        let devices: Vec<Sourced<MfaSerial>> = all.filter_map(|call| call.mfa.clone()).collect();
        assert!(devices.len() < 2, "at most one code");
        devices.into_iter().next().map(|d| (d.value.name().to_owned(), d.origin.to_string()))
    };
    let found = |name: &str, origin: &str| Some((name.to_owned(), origin.to_owned()));
    let all = role_profile("a", "b", &device("of-a"))
        + &role_profile("b", "k", &device("of-b"))
        + "[profile k]\n"
        + &device("of-k");
    assert_eq!(mfa_device(&all, "a", &Overrides::default()), found("of-a", "/config:4"));
    assert_eq!(mfa_device(&all, "b", &Overrides::default()), found("of-b", "/config:9"));
    assert_eq!(mfa_device(&all, "k", &Overrides::default()), found("of-k", "/config:12"));
    let flag = Overrides {
        mfa_serial: from_flag(DeviceChoice::parse("GAHT12345678").expect("a device")),
        ..Overrides::default()
    };
    assert_eq!(mfa_device(&all, "a", &flag), found("GAHT12345678", "--flag"));
    let below = role_profile("a", "b", "") + &role_profile("b", "k", &device("of-b"));
    assert_eq!(mfa_device(&below, "a", &Overrides::default()), found("of-b", "/config:8"));
    let with_the_keys = role_profile("a", "b", "") + &role_profile("b", "k", "") + "[profile k]\n" + &device("of-k");
    assert_eq!(mfa_device(&with_the_keys, "a", &Overrides::default()), found("of-k", "/config:10"));
    // [default] matters only if it is part of the chain.
    let default = "[default]\n".to_owned() + &device("of-default");
    assert_eq!(mfa_device(&(role_profile("a", "k", "") + &default), "a", &Overrides::default()), None);
    let in_the_chain = role_profile("a", "default", "")
        + &default
        + "role_arn = arn:aws:iam::123456789012:role/d\nsource_profile = k\n";
    assert_eq!(mfa_device(&in_the_chain, "a", &Overrides::default()), found("of-default", "/config:6"));
    // A blank value counts as unset.
    assert_eq!(mfa_device(&role_profile("a", "k", "mfa_serial =  "), "a", &Overrides::default()), None);
}

// fault 58
fn applies_each_duration_to_its_own_session() {
    // The duration in the profile with the keys is that of the MFA session, even for a role.
    let config = format!("[profile k]\nmfa_serial = {ALICE}\nduration_seconds = 7200\n") + &role_profile("r", "k", "");
    assert_eq!(
        planned(&config, "r", &Overrides::default()),
        ["GetSessionToken 7200 mfa alice by k", "AssumeRole 3600 r as the user"]
    );
    // --duration applies to the role, not to the MFA session.
    let flag = Overrides { duration: duration("30m"), ..Overrides::default() };
    assert_eq!(planned(&config, "r", &flag), ["GetSessionToken 7200 mfa alice by k", "AssumeRole 1800 r as the user"]);
    // In a profile that is its own source, it applies to the role.
    let own = format!(
        "[profile k]\nrole_arn = {}\nsource_profile = k\nmfa_serial = {ALICE}\nduration_seconds = 1800\n",
        role("r")
    );
    assert_eq!(
        planned(&own, "k", &Overrides::default()),
        ["GetSessionToken 43200 mfa alice by k", "AssumeRole 1800 r as the user"]
    );
    let long = own.replace("1800", "7200");
    assert_eq!(planned(&long, "k", &Overrides::default()), ["AssumeRole 7200 mfa alice r as the user by k"]);
    // With temporary keys: no code, at most an hour.
    let config = format!("[profile k]\nmfa_serial = {ALICE}\n") + &role_profile("r", "k", "duration_seconds = 7200");
    let plan = make(&config, TEMPORARY, "r", &Overrides::default()).expect("a plan");
    assert_eq!(calls(&plan), ["AssumeRole 3600 r as the user by k"]);
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    let (status, text) =
        plan_error(&config, TEMPORARY, "r", &Overrides { duration: duration("2h"), ..Overrides::default() });
    assert_eq!(status, 2);
    assert!(text.starts_with("a session of 2 h is too long: the role is assumed from temporary keys"), "{text}");
}

fn role_arn_flag_adds_or_replaces_a_role() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\nduration_seconds = 7200\n")
        + &role_profile("a", "b", "external_id = ida\nrole_session_name = of-a")
        + &role_profile("b", "k", "");
    let flag = |name: &str| Overrides {
        role_arn: from_flag(RoleArn::parse(&role(name)).expect("an ARN")),
        ..Overrides::default()
    };
    // Assumed with the profile's keys, whose duration is that of the MFA session.
    assert_eq!(
        planned(&config, "k", &flag("x")),
        ["GetSessionToken 7200 mfa alice by k", "AssumeRole 3600 x as the user"]
    );
    let long = Overrides { duration: duration("12h"), ..flag("x") };
    assert_eq!(planned(&config, "k", &long), ["AssumeRole 43200 mfa alice x as the user by k"]);
    // Replaces the profile's own role; its other settings still apply.
    assert_eq!(
        planned(&config, "a", &flag("x")),
        ["GetSessionToken 7200 mfa alice by k", "AssumeRole 3600 b as the user", "AssumeRole 3600 x as of-a id ida"]
    );
    let all = Overrides {
        role_session_name: from_flag(RoleSessionName::parse("mine").expect("a name")),
        external_id: from_flag(ExternalId::parse("idx").expect("an id")),
        ..flag("x")
    };
    assert_eq!(planned(&config, "a", &all)[1..], ["AssumeRole 3600 b as the user", "AssumeRole 3600 x as mine id idx"]);
    let (status, text) = plan_error("[profile e]\nregion = eu-west-1\n", "", "e", &flag("x"));
    assert_eq!(
        (status, text.lines().next()),
        (3, Some("profile e has no credentials: it sets neither access keys nor role_arn"))
    );
}

fn refuses_role_options_without_a_role() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\n");
    let name = Overrides {
        role_session_name: from_flag(RoleSessionName::parse("mine").expect("a name")),
        ..Overrides::default()
    };
    let id = Overrides { external_id: from_flag(ExternalId::parse("idx").expect("an id")), ..Overrides::default() };
    for (overrides, option) in [(name, "--role-session-name"), (id, "--external-id")] {
        let (status, text) = plan_error(&config, KEYS, "k", &overrides);
        assert_eq!(status, 2);
        let what = format!("{option} applies only to a role, and profile k does not assume one\n");
        assert!(text.starts_with(&what), "{text}");
        assert!(text.contains("--role-arn ARN"), "{text}");
    }
}

// fault 67
fn names_role_sessions_after_the_device_if_the_user_is_not_known() {
    let long = "x".repeat(80);
    for (device, name) in [
        ("arn:aws:iam::123456789012:mfa/alice", "alice"),
        ("arn:aws:iam::123456789012:mfa/team/ops/alice", "alice"),
        ("arn:aws:iam::123456789012:mfa/a+b=c,d.e@f-g_h", "a+b=c,d.e@f-g_h"),
        ("arn:aws:iam::123456789012:mfa/a:b", "a-b"),
        ("arn:aws:iam::123456789012:mfa/x", "mfa-env"),
        ("GAHT12345678", "mfa-env"),
        (&format!("arn:aws:iam::123456789012:mfa/{long}"), &long[..64]),
    ] {
        let config = format!("[profile k]\nmfa_serial = {device}\n") + &role_profile("r", "k", "");
        let plan = make(&config, KEYS, "r", &Overrides::default()).expect("a plan");
        assert_eq!(plan.name_without_user().as_str(), name, "{device}");
    }
}

// fault 62
fn plans_a_chain_of_64_roles() {
    let chain: String = (0..64).map(|i| role_profile(&format!("p{i}"), &format!("p{}", i + 1), "")).collect();
    let config = chain + &format!("[profile p64]\nmfa_serial = {ALICE}\n");
    let keys = KEYS.replace("[k]", "[p64]");
    let plan = make(&config, &keys, "p0", &Overrides::default()).expect("a plan");
    let all = calls(&plan);
    assert_eq!(all.len(), 65);
    assert_eq!(
        (all[0].as_str(), all[1].as_str()),
        ("GetSessionToken 43200 mfa alice by p64", "AssumeRole 3600 p63 as the user")
    );
    assert_eq!(all[64], "AssumeRole 3600 p0 as the user");
}

fn exports_the_region_of_the_flag_or_of_the_profile_itself() {
    let config = format!("[profile k]\nmfa_serial = {ALICE}\nregion = eu-west-1\n") + &role_profile("r", "k", "");
    let region = from_flag(mfa_env::profile::Region::parse("eu-west-2").expect("a region"));
    for overrides in [Overrides::default(), Overrides { region, ..Overrides::default() }] {
        let plan = make(&config, KEYS, "r", &overrides).expect("a plan");
        let region = plan.plan.region.map(|r| r.value.to_string());
        assert_eq!(region.as_deref(), overrides.region.is_some().then_some("eu-west-2"));
    }
}

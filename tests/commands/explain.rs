//! `explain`: the complete text for each kind of profile, and that it changes nothing.

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use std::collections::BTreeMap;
use std::net::TcpListener;

trials![
    explains_keys_with_a_device,
    explains_a_role,
    explains_a_role_for_longer_than_an_hour,
    explains_a_role_without_a_device,
    explains_three_chained_roles,
    explains_a_profile_that_is_its_own_source,
    explains_temporary_keys,
    shows_which_settings_flags_and_variables_override,
    says_where_the_endpoint_comes_from,
    lists_the_variables_that_are_set_and_unset,
    shows_which_sessions_are_cached,
    warns_that_a_longer_role_needs_its_own_code,
    says_that_a_passed_code_is_used,
    lists_the_settings_that_stay_behind,
    makes_no_connection,
    changes_nothing_and_does_not_wait,
    fails_like_a_sign_in,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden-secret\n";
const TEMPORARY: &str = "[k]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden-secret\n\
                         aws_session_token = hidden-token\n";
const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";

/// The details without `set` and `unset`, then the warnings of the overview, with `~` for the home and `HH:MM` for the time
/// of day.
fn explained(home: &Home, arguments: &[&str]) -> String {
    let ran = Program::new(home, ["explain", "--verbose"].iter().chain(arguments).copied()).run();
    assert!(!ran.stdout.contains("hidden") && !ran.stdout.contains('\x1b'), "{}", ran.stdout);
    let text = ran.stdout.replace(home.path().to_str().expect("UTF-8"), "~");
    let (overview, details) = text.split_once("\n\n").expect("an overview and details");
    let warnings = overview.lines().filter(|line| line.starts_with("warning "));
    let mut lines = String::new();
    for line in details.lines().chain(warnings).filter(|line| !line.starts_with("set ") && !line.starts_with("unset "))
    {
        match line.split_once("cached until ") {
            Some((before, after)) => lines.push_str(&format!("{before}cached until HH:MM{}\n", &after[5..])),
            None => lines.push_str(&format!("{line}\n")),
        }
    }
    lines
}

#[track_caller]
fn assert_explained(home: &Home, arguments: &[&str], expected: &str) {
    let found = explained(home, arguments);
    assert!(found == expected, "{arguments:?} printed\n{found}\ninstead of\n{expected}");
}

fn explains_keys_with_a_device() {
    let home = Home::with(&format!("[profile k]\n{DEVICE}duration_seconds = 900\nregion = eu-west-3\n"), KEYS);
    let expected = "\
profile   k (PROFILE)
chain     k
            duration_seconds 900 (~/.aws/config:3)
            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
            region eu-west-3 (~/.aws/config:4)
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
endpoint  sts.eu-west-3.amazonaws.com, AWS's endpoint for the region
          region eu-west-3 (~/.aws/config:4)
calls     1. GetSessionToken with an MFA code, signed with the keys of k
             the profile has long-term keys and an MFA device, but no role
             DurationSeconds 900 (~/.aws/config:3)
             SerialNumber arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
code      mfa-env prompts for it
region    eu-west-3 (~/.aws/config:4)
";
    assert_explained(&home, &["k"], expected);
    assert_explained(&home, &["--profile", "k"], &expected.replacen("PROFILE", "--profile", 1));
}

fn explains_a_role() {
    let role =
        "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/path/admin\nsource_profile = k\nexternal_id = id-1\n";
    let home = Home::with(&format!("[profile k]\n{DEVICE}region = eu-west-3\n{role}"), KEYS);
    assert_explained(
        &home,
        &["r"],
        "\
profile   r (PROFILE)
chain     r
            role_arn arn:aws:iam::123456789012:role/path/admin (~/.aws/config:5)
            source_profile k (~/.aws/config:6)
            external_id id-1 (~/.aws/config:7)
          k
            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
            region eu-west-3 (~/.aws/config:3), not used
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
endpoint  sts.us-east-1.amazonaws.com, AWS's endpoint for the region
          region us-east-1 (the device's partition)
calls     1. GetSessionToken with an MFA code, signed with the keys of k
             this session serves all roles of this user, so one code is enough until it expires
             DurationSeconds 43200 (default)
             SerialNumber arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
          2. AssumeRole, signed with the session from call 1
             a call signed with a session needs no code, and STS limits the role session to 1 h
             RoleArn arn:aws:iam::123456789012:role/path/admin (~/.aws/config:5)
             RoleSessionName is the name of the IAM user, which is not known yet (default)
             ExternalId id-1 (~/.aws/config:7)
             DurationSeconds 3600 (default)
code      mfa-env prompts for it
region    unchanged
",
    );
}

fn explains_a_role_for_longer_than_an_hour() {
    let role = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = k\n";
    let chain = "\
profile   r (PROFILE)
chain     r
            role_arn arn:aws:iam::123456789012:role/admin (~/.aws/config:4)
            source_profile k (~/.aws/config:5)
DURATION          k
            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
endpoint  sts.us-east-1.amazonaws.com, AWS's endpoint for the region
          region us-east-1 (the device's partition)
calls     1. AssumeRole with an MFA code, signed with the keys of k
             STS limits a role assumed from a session to 1 h; a longer one needs long-term keys and a code
             RoleArn arn:aws:iam::123456789012:role/admin (~/.aws/config:4)
             RoleSessionName is the name of the IAM user, which is not known yet (default)
             DurationSeconds 14400 (ORIGIN)
             SerialNumber arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)
code      mfa-env prompts for it
region    unchanged
warning   a role session of 4 h (ORIGIN) needs a separate MFA code; with -d 1h, one code serves all roles for the \
    day [separate-code]
";
    let by_file = Home::with(&format!("[profile k]\n{DEVICE}{role}duration_seconds = 14400\n"), KEYS);
    let duration = "            duration_seconds 14400 (~/.aws/config:6)\n";
    let expected = chain.replace("DURATION", duration).replace("ORIGIN", "~/.aws/config:6");
    assert_explained(&by_file, &["r"], &expected);
    let with_flag = Home::with(&format!("[profile k]\n{DEVICE}{role}"), KEYS);
    assert_explained(&with_flag, &["r", "-d", "4h"], &chain.replace("DURATION", "").replace("ORIGIN", "--duration"));
    // With both, the flag is used, and the line is shown as not used.
    let ran = explained(&by_file, &["r", "-d", "2h"]);
    assert!(ran.contains("duration_seconds 14400 (~/.aws/config:6), not used\n"), "{ran}");
    assert!(ran.contains("   DurationSeconds 7200 (--duration)\n"), "{ran}");
}

fn explains_a_role_without_a_device() {
    let role =
        "[profile r]\nrole_arn = arn:aws-cn:iam::123456789012:role/admin\nsource_profile = k\nrole_session_name = me\n";
    let home = Home::with(role, KEYS);
    assert_explained(
        &home,
        &["r"],
        "\
profile   r (PROFILE)
chain     r
            role_arn arn:aws-cn:iam::123456789012:role/admin (~/.aws/config:2)
            source_profile k (~/.aws/config:3)
            role_session_name me (~/.aws/config:4)
          k
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    none
endpoint  sts.cn-northwest-1.amazonaws.com.cn, AWS's endpoint for the region
          region cn-northwest-1 (the role's partition)
calls     1. AssumeRole, signed with the keys of k
             no profile in the chain has an MFA device, so no code is sent
             RoleArn arn:aws-cn:iam::123456789012:role/admin (~/.aws/config:2)
             RoleSessionName me (~/.aws/config:4)
             DurationSeconds 3600 (default)
code      not needed
region    unchanged
",
    );
}

fn explains_three_chained_roles() {
    let role = |name: &str, source: &str, more: &str| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = {source}\n{more}")
    };
    let config = format!("[profile k]\n{DEVICE}")
        + &role("a1", "b1", "duration_seconds = 7200\nregion = eu-west-1\n")
        + &role("b1", "c1", "region = eu-west-2\nexternal_id = idb\n")
        + &role("c1", "k", "mfa_serial = GAHT12345678\n");
    let home = Home::with(&config, KEYS);
    assert_explained(
        &home,
        &["a1"],
        "\
profile   a1 (PROFILE)
chain     a1
            role_arn arn:aws:iam::123456789012:role/a1 (~/.aws/config:4)
            source_profile b1 (~/.aws/config:5)
            duration_seconds 7200 (~/.aws/config:6)
            region eu-west-1 (~/.aws/config:7)
          b1
            role_arn arn:aws:iam::123456789012:role/b1 (~/.aws/config:9)
            source_profile c1 (~/.aws/config:10)
            external_id idb (~/.aws/config:12)
            region eu-west-2 (~/.aws/config:11), not used
          c1
            role_arn arn:aws:iam::123456789012:role/c1 (~/.aws/config:14)
            source_profile k (~/.aws/config:15)
            mfa_serial GAHT12345678 (~/.aws/config:16)
          k
            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2), not used
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    GAHT12345678 (~/.aws/config:16)
endpoint  sts.eu-west-1.amazonaws.com, AWS's endpoint for the region
          region eu-west-1 (~/.aws/config:7)
calls     1. GetSessionToken with an MFA code, signed with the keys of k
             this session serves all roles of this user, so one code is enough until it expires
             DurationSeconds 43200 (default)
             SerialNumber GAHT12345678 (~/.aws/config:16)
          2. AssumeRole, signed with the session from call 1
             a call signed with a session needs no code, and STS limits the role session to 1 h
             RoleArn arn:aws:iam::123456789012:role/c1 (~/.aws/config:14)
             RoleSessionName is the name of the IAM user, which is not known yet (default)
             DurationSeconds 3600 (default)
          3. AssumeRole, signed with the session from call 2
             a call signed with a session needs no code, and STS limits the role session to 1 h
             RoleArn arn:aws:iam::123456789012:role/b1 (~/.aws/config:9)
             RoleSessionName is the name of the IAM user, which is not known yet (default)
             ExternalId idb (~/.aws/config:12)
             DurationSeconds 3600 (default)
          4. AssumeRole, signed with the session from call 3
             a call signed with a session needs no code, and STS limits the role session to 1 h
             RoleArn arn:aws:iam::123456789012:role/a1 (~/.aws/config:4)
             RoleSessionName is the name of the IAM user, which is not known yet (default)
             DurationSeconds 3600 (~/.aws/config:6)
code      mfa-env prompts for it
region    eu-west-1 (~/.aws/config:7)
warning   duration_seconds of profile a1 is reduced from 7200 to 3600 (~/.aws/config:6), the most that AWS allows \
    for a role assumed from a session; set it to 3600 [duration-reduced]
",
    );
}

// fault 63
fn explains_a_profile_that_is_its_own_source() {
    let config = format!("[profile k]\nrole_arn = arn:aws:iam::123456789012:role/own\nsource_profile = k\n{DEVICE}");
    let found = explained(&Home::with(&config, KEYS), &["k"]);
    // It is listed once, with both its role and its keys.
    let chain = "\
chain     k
            role_arn arn:aws:iam::123456789012:role/own (~/.aws/config:2)
            source_profile k (~/.aws/config:3)
            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:4)
            aws_access_key_id AKIAIOSFODNN7EXAMPLE (~/.aws/credentials:2)
device    ";
    assert!(found.contains(chain), "{found}");
    assert!(found.contains("calls     1. GetSessionToken with an MFA code, signed with the keys of k\n"), "{found}");
    assert!(found.contains("          2. AssumeRole, signed with the session from call 1\n"), "{found}");
}

// fault 58
fn explains_temporary_keys() {
    let role = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = k\n";
    let found = explained(&Home::with(&format!("[profile k]\n{DEVICE}{role}"), TEMPORARY), &["r"]);
    for part in [
        "            mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2), not used\n",
        "            aws_access_key_id ASIAIOSFODNN7EXAMPLE (~/.aws/credentials:2), temporary\n",
        "calls     1. AssumeRole, signed with the keys of k\n             \
         the keys are temporary, so STS limits the role session to 1 h\n",
        "code      not needed\n",
        "warning   profile k has temporary credentials, which AWS does not accept with an MFA code, so none is asked \
         for; remove the MFA device, or use a long-term access key [unused-device]\n",
    ] {
        assert!(found.contains(part), "{part}{found}");
    }
}

fn shows_which_settings_flags_and_variables_override() {
    let config = format!(
        "[profile k]\n{DEVICE}[profile r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = k\n\
         external_id = of-file\nrole_session_name = of-file\nregion = eu-west-3\n"
    );
    let mut home = Home::with(&config, KEYS);
    home.set("AWS_PROFILE", "r").set("MFA_ENV_MFA_SERIAL", "GAHT12345678");
    let role = "arn:aws:iam::123456789012:role/other";
    let flags = ["--role-arn", role, "--external-id", "typed", "--role-session-name", "me", "-r", "sa-east-1"];
    let found = explained(&home, &flags);
    for part in [
        "profile   r (AWS_PROFILE)\n",
        "  role_arn arn:aws:iam::123456789012:role/admin (~/.aws/config:4), not used\n",
        "  source_profile k (~/.aws/config:5)\n",
        "  external_id of-file (~/.aws/config:6), not used\n",
        "  role_session_name of-file (~/.aws/config:7), not used\n",
        "  region eu-west-3 (~/.aws/config:8), not used\n",
        "  mfa_serial arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2), not used\n",
        "device    GAHT12345678 (MFA_ENV_MFA_SERIAL)\n",
        "          region sa-east-1 (--region)\n",
        "   RoleArn arn:aws:iam::123456789012:role/other (--role-arn)\n",
        "   RoleSessionName me (--role-session-name)\n",
        "   ExternalId typed (--external-id)\n",
        "   SerialNumber GAHT12345678 (MFA_ENV_MFA_SERIAL)\n",
        "region    sa-east-1 (--region)\n",
    ] {
        assert!(found.contains(part), "{part}{found}");
    }
    home.variables.remove("AWS_PROFILE".as_ref() as &std::ffi::OsStr);
    home.set("MFA_ENV_PROFILE", "k");
    assert!(explained(&home, &[]).starts_with("profile   k (MFA_ENV_PROFILE)\n"));
}

fn says_where_the_endpoint_comes_from() {
    let keys = format!("[profile k]\n{DEVICE}");
    let lines = |more: &str, variables: &[(&str, &str)]| {
        let mut home = Home::with(&format!("{keys}{more}"), KEYS);
        for (name, value) in variables {
            home.set(*name, *value);
        }
        let found = explained(&home, &["k"]);
        let from = found.find("endpoint  ").expect("an endpoint");
        found[from..found.find("calls ").expect("calls")].to_owned()
    };
    let own = "endpoint  sts.eu-west-3.amazonaws.com, AWS's endpoint for the region\n          region eu-west-3 ";
    assert_eq!(lines("", &[("AWS_REGION", "eu-west-3")]), format!("{own}(AWS_REGION)\n"));
    assert_eq!(lines("", &[("AWS_DEFAULT_REGION", "eu-west-3")]), format!("{own}(AWS_DEFAULT_REGION)\n"));
    assert_eq!(
        lines("", &[("AWS_ENDPOINT_URL_STS", "https://sts.test:444/x")]),
        "endpoint  sts.test:444, from AWS_ENDPOINT_URL_STS\n          region us-east-1 (the device's partition)\n"
    );
    assert_eq!(
        lines("endpoint_url = https://sts.test\nca_bundle = /ca.pem\nregion = eu-west-1\n", &[]),
        "endpoint  sts.test, from ~/.aws/config:3\n          region eu-west-1 (~/.aws/config:5)\n          \
         trusting /ca.pem (~/.aws/config:4)\n"
    );
    assert_eq!(
        lines("use_fips_endpoint = true\nregion = eu-west-1\n", &[("AWS_USE_DUALSTACK_ENDPOINT", "true")]),
        "endpoint  sts-fips.eu-west-1.api.aws, AWS's endpoint for the region\n          \
         region eu-west-1 (~/.aws/config:4)\n          \
         FIPS (~/.aws/config:3)\n          dual stack (AWS_USE_DUALSTACK_ENDPOINT)\n"
    );
    assert_eq!(
        lines("sts_regional_endpoints = legacy\nregion = eu-west-1\n", &[]),
        "endpoint  sts.amazonaws.com, AWS's global endpoint (~/.aws/config:3), whose sessions are not valid in opt-in regions\n          \
         region aws-global (~/.aws/config:4)\n"
    );
    // A region of another partition in the environment is ignored with a warning.
    let ambient = Home::with(&keys, KEYS);
    let ran = Program::new(&ambient, ["explain", "k", "--verbose"]).env("AWS_REGION", "cn-north-1").run();
    let warning = "warning   region cn-north-1 (AWS_REGION) is not in partition aws, where the session \
        works, so us-east-1 is used and exported instead; set region in the profile [region-replaced]\n";
    assert!(ran.stdout.contains("          region us-east-1 (the device's partition)\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains(warning), "{}", ran.stdout);
    // The serial number of a hardware device does not name a partition.
    let home = Home::with("[profile k]\nmfa_serial = GAHT12345678\n", KEYS);
    assert!(explained(&home, &["k"]).contains("          region us-east-1 (default)\n"));
}

fn lists_the_variables_that_are_set_and_unset() {
    let line = |home: &Home, arguments: &[&str], head: &str| -> Vec<String> {
        let ran = Program::new(home, ["explain", "--verbose"].iter().chain(arguments).copied()).run();
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix(head)).expect("the line").to_owned();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let home = Home::with(&format!("[profile k]\n{DEVICE}"), KEYS);
    let session = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
    let set = line(&home, &["k"], "set ");
    assert_eq!(set[..4], session);
    assert_eq!(set[4..], ["AWSUME_PROFILE", "MFA_ENV_PROFILE", "MFA_ENV_BEFORE"]);
    let unset = line(&home, &["k"], "unset ");
    assert_eq!(unset[..3], ["MFA_ENV_OPTIONS", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    assert!(unset.contains(&"AWS_SECURITY_TOKEN".to_owned()), "{unset:?}");
    // A region given by flag is exported, and so is the flag, so that the session can be renewed.
    let set = line(&home, &["k", "-r", "eu-west-1"], "set ");
    assert!(set.contains(&"AWS_REGION".to_owned()) && set.contains(&"AWS_DEFAULT_REGION".to_owned()), "{set:?}");
    assert!(set.contains(&"MFA_ENV_OPTIONS".to_owned()), "{set:?}");
    // A sign-in then does exactly that.
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("AWS_REGION", "eu-west-2");
    let (set, unset) = (line(&home, &["main"], "set "), line(&home, &["main"], "unset "));
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["main", &code, "--format", "json"]).signs_in().run();
    let changes: BTreeMap<String, serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    let (removed, present): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(_, value)| value.is_null());
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(set), sorted(present.into_iter().map(|(name, _)| name).collect()));
    assert_eq!(sorted(unset), sorted(removed.into_iter().map(|(name, _)| name).collect()));
}

/// alice with two roles, one of them for two hours.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let long = sts.add_role("long", RoleSpec { max_session_duration: 7200, ..RoleSpec::default() });
    let roles = [("r", role.as_str(), ""), ("long", long.as_str(), "duration_seconds = 7200")];
    let home = Home::with_user(&sts, &alice, &roles);
    (sts, alice, home)
}

fn calls_of(home: &Home, arguments: &[&str]) -> Vec<String> {
    let found = explained(home, arguments);
    let is_call = |line: &&str| line.get(10..12).is_some_and(|n| n.ends_with('.')) || line.starts_with("code ");
    found.lines().filter(is_call).map(|line| line[10..].to_owned()).collect()
}

fn shows_which_sessions_are_cached() {
    let (sts, alice, home) = alice();
    let first = "1. GetSessionToken with an MFA code, signed with the keys of main";
    let second = "2. AssumeRole, signed with the session from call 1";
    assert_eq!(calls_of(&home, &["r"]), [first, second, "mfa-env prompts for it"]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let cached_call = format!("{first}: cached until HH:MM (12 h left), MFA just now");
    assert_eq!(calls_of(&home, &["main"]), [cached_call.as_str(), "not needed"]);
    assert_eq!(calls_of(&home, &["r"]), [cached_call.as_str(), second, "not needed"]);
    Program::new(&home, ["r", "--shell", "sh"]).signs_in().run();
    let both = [
        format!("{first}: not needed, because a later session is cached"),
        format!("{second}: cached until HH:MM (1 h left), MFA just now"),
        "not needed".to_owned(),
    ];
    assert_eq!(calls_of(&home, &["r"]), both);
    // The cached sessions are not used with --renew or --no-cache, or if --min-ttl asks for more time than is left.
    assert_eq!(calls_of(&home, &["r", "--renew"]), [first, second, "mfa-env prompts for it"]);
    assert_eq!(calls_of(&home, &["r", "--no-cache"]), [first, second, "mfa-env prompts for it"]);
    cached::age(&home, 1200);
    let cached_call = format!("{first}: cached until HH:MM (11 h 40 min left), MFA 20 min ago");
    assert_eq!(calls_of(&home, &["r"])[1], format!("{second}: cached until HH:MM (40 min left), MFA 20 min ago"));
    assert_eq!(calls_of(&home, &["r", "--min-ttl", "3600"]), [cached_call.as_str(), second, "not needed"]);
    // A sign-in does exactly that.
    sts.take_calls();
    Program::new(&home, ["r", "--min-ttl", "3600", "--shell", "sh"]).signs_in().run();
    assert_eq!(sts.take_calls().iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
}

fn warns_that_a_longer_role_needs_its_own_code() {
    let (sts, alice, home) = alice();
    let warning = |home: &Home| {
        let found = explained(home, &["long"]);
        found.lines().find_map(|line| line.strip_prefix("warning   ")).expect("a warning").to_owned()
    };
    let needs_own_code = |what: &str| {
        format!(
            "a role session of 2 h (~/.aws/config:10) needs a separate MFA code; with -d 1h, {what} [separate-code]"
        )
    };
    assert_eq!(warning(&home), needs_own_code("one code serves all roles for the day"));
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(warning(&home), needs_own_code("no code is needed, because an MFA session is cached"));
    let calls = ["1. AssumeRole with an MFA code, signed with the keys of main", "mfa-env prompts for it"];
    assert_eq!(calls_of(&home, &["long"]), calls);
    assert_eq!(calls_of(&home, &["long", "-d", "1h"])[2], "not needed");
}

fn says_that_a_passed_code_is_used() {
    let (sts, alice, home) = alice();
    assert_eq!(calls_of(&home, &["main", "-c", "123456"])[1], "the one that you pass");
    // `explain` does not read stdin.
    assert_eq!(calls_of(&home, &["main", "-c", "-"])[1], "the one that you pass");
    Program::new(&home, ["explain", "main", "-c", "12345"])
        .fails(2)
        .stdout("")
        .says("`12345` is not an MFA code")
        .run();
    assert_eq!(sts.take_calls(), []);
    // A role without a device does not use the code.
    let role = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n";
    let home = Home::with(role, &credentials_section("main", &alice));
    assert_eq!(calls_of(&home, &["r", "-c", "123456"])[1], "not needed");
}

// fault 176
fn lists_the_settings_that_stay_behind() {
    let more = "s3 =\n  addressing_style = path\noutput = json\nretry_mode = adaptive\ncli_history = enabled\nregion = eu-west-3\n";
    let mut home =
        Home::with(&format!("[profile k]\n{DEVICE}{more}[default]\ns3 =\n  use_accelerate_endpoint = true\n"), KEYS);
    home.set("AWS_RETRY_MODE", "standard");
    let lines = |home: &Home, profile: &str| -> Vec<String> {
        let text = explained(home, &[profile]);
        let lines = text.lines().filter(|line| line.contains(", so other programs use that of [default]"));
        lines.map(str::to_owned).collect()
    };
    let rest = "so other programs use that of [default]";
    assert_eq!(
        lines(&home, "k"),
        [
            format!("not set   s3 (~/.aws/config:3), {rest}"),
            format!("          cli_history (~/.aws/config:7), {rest}"),
            format!("          output (~/.aws/config:5), {rest}; AWS_DEFAULT_OUTPUT can carry it"),
        ]
    );
    let json = Program::new(&home, ["explain", "k", "--json"]).run().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["left_behind"][1]["name"], "cli_history");
    assert_eq!(json["left_behind"][2]["variable"], "AWS_DEFAULT_OUTPUT");
    // Everybody reads those of [default].
    home.write(".aws/config", format!("[default]\n{DEVICE}{more}"));
    home.write(".aws/credentials", KEYS.replace("[k]", "[default]"));
    assert_eq!(lines(&home, "default"), [""; 0]);
}

fn makes_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let mut home = Home::with(&format!("[profile k]\n{DEVICE}"), KEYS);
    home.set("AWS_ENDPOINT_URL_STS", &url);
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"] {
        home.set(proxy, &url);
    }
    let expected = format!("endpoint  {}, from AWS_ENDPOINT_URL_STS\n", &url["http://".len()..]);
    for arguments in [&["k"][..], &["k", "--renew"], &["k", "--no-cache"], &["k", "-c", "123456"]] {
        let found = explained(&home, arguments);
        assert!(found.contains(&expected), "{found}");
    }
    Program::new(&home, ["list"])
        .stdout("PROFILE  ACCOUNT       ROLE OR USER      REGION  TIME LEFT  PROBLEM\nk        123456789012  MFA device alice\n")
        .run();
    Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
    let accepted = listener.accept().map(|_| ()).expect_err("no connection");
    assert_eq!(accepted.kind(), std::io::ErrorKind::WouldBlock);
    // It also works if nothing is listening there.
    drop(listener);
    assert!(explained(&home, &["k"]).contains(&expected));
}

fn changes_nothing_and_does_not_wait() {
    let (sts, alice, home) = alice();
    explained(&home, &["r"]);
    assert!(!home.path().join(".cache").exists(), "the cache directory was created");
    Program::new(&home, ["r", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    sts.take_calls();
    // `explain` must not create lock files.
    for (path, _) in cached::files(&home).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "lock"))
    {
        std::fs::remove_file(path).expect("a file that we own");
    }
    let before = cached::files(&home);
    assert_eq!(before.len(), 4, "expected two sessions, the used codes and the user: {:?}", before.keys());
    explained(&home, &["r"]);
    explained(&home, &["long"]);
    explained(&home, &["r", "--renew"]);
    assert_eq!(cached::files(&home), before);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // An entry that other users can read is not used, but `explain` does not delete it.
        for path in before.keys() {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("a file that we own");
        }
        let found = explained(&home, &["r"]);
        assert_eq!(found.matches("warning   a cached session is ignored: ~/.cache/mfa-env/").count(), 2, "{found}");
        assert!(found.contains("code      mfa-env prompts for it\n"), "{found}");
        assert_eq!(cached::files(&home), before);

        // Another process is prompting for this device's code.
        let mut run =
            crate::support::prompted_run::PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
        explained(&home, &["main"]);
        run.terminal.send_control('d');
        run.end().fails(5, "warning: a cached session is ignored");
    }
    assert_eq!(sts.take_calls(), []);
}

fn fails_like_a_sign_in() {
    let home = Home::with(
        &format!(
            "[profile k]\n{DEVICE}[profile alone]\nregion = eu-west-1\n[profile bad]\n{DEVICE}duration_seconds = 1h\n"
        ),
        &format!("{KEYS}{}", KEYS.replace("[k]", "[bad]")),
    );
    let cases: [(&[&str], u8, &str); 8] = [
        (&["nosuch"], 3, "mfa-env: profile `nosuch` not found"),
        (&["alone"], 3, "mfa-env: profile alone has no credentials"),
        (&["bad"], 3, ": duration_seconds is `1h`, which is not a whole number"),
        (&["12345"], 2, "mfa-env: `12345` is not an MFA code: a code has six digits"),
        (&["k", "-d", "1s"], 2, "mfa-env: --duration"),
        (&["k", "-d", "1h", "--min-ttl", "2h"], 2, "mfa-env: "),
        (&["k", "--external-id", "id"], 2, "mfa-env: --external-id"),
        (&["k", "--nosuch"], 2, "mfa-env: "),
    ];
    for (arguments, status, says) in cases {
        for json in [&[][..], &["--json"]] {
            let all = ["explain"].iter().chain(arguments).chain(json).copied();
            let explained = Program::new(&home, all).fails(status.into()).stdout("").says(says).run();
            // The same message, except for clap's errors, which show the usage of the command.
            if arguments != ["k", "--nosuch"] {
                let arguments = arguments.iter().copied().chain(["--format", "json"]);
                let signing = Program::new(&home, arguments).fails(status.into()).stdout("").says(says).run();
                assert_eq!(explained.stderr, signing.stderr);
            }
        }
    }
    Program::new(&Home::empty(), ["explain", "k"]).fails(3).stdout("").says("no AWS config found").run();
}

//! The walk from a profile to its keys: what is missing, mixed or in a loop is said before any code is asked for.

use crate::support::home::{Home, keys_of};
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![
    half_a_pair_of_keys,
    keys_are_never_mixed_from_two_files,
    a_stray_token_is_left_out,
    temporary_keys_cannot_start_a_session,
    a_role_needs_a_source,
    two_sources_are_one_too_many,
    the_source_must_exist,
    loops_end,
    a_profile_can_be_its_own_source,
    a_device_is_not_inherited,
    sources_that_are_not_built_are_named,
    a_profile_without_anything,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/admin";

/// Both files, what `mfa-env PROFILE` says (`CONFIG` and `CREDENTIALS` stand for the paths), status 3.
fn refused(config: &str, credentials: &str, profile: &str, says: &[&str]) {
    let home = Home::with(config, credentials);
    let says: Vec<String> = says
        .iter()
        .map(|part| part.replace("CONFIG", "~/.aws/config").replace("CREDENTIALS", "~/.aws/credentials"))
        .collect();
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    no_effect::assert_nothing_happens(&home, &Sts::start(), &["--profile", profile], 3, &says);
    let ran = Program::new(&home, ["--profile", profile, "--shell", "sh"]).fails(3).says("").run();
    assert!(!ran.stderr.contains("TOPSECRET"), "{}", ran.stderr);
}

// fault 55
pub fn half_a_pair_of_keys() {
    let (id, secret) = ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "aws_secret_access_key = TOPSECRET\n");
    refused(
        "",
        &format!("[a]\n{id}"),
        "a",
        &["mfa-env: CREDENTIALS:2: partial credentials in profile a: aws_secret_access_key is missing\n  \
             add it, or configure both with: aws configure --profile a\n"],
    );
    refused(
        "",
        &format!("[a]\nx = y\n{secret}"),
        "a",
        &["CREDENTIALS:3: partial credentials in profile a: aws_access_key_id is missing\n"],
    );
    refused(
        &format!("[profile a]\n{id}"),
        "",
        "a",
        &["CONFIG:2: partial credentials in profile a: aws_secret_access_key is missing\n"],
    );
    refused("", &format!("[a]\n{id}aws_secret_access_key =\n"), "a", &["aws_secret_access_key is missing\n"]);
    // The names of the two have changed places: the secret is not shown.
    refused(
        "",
        "[a]\naws_access_key_id = TOPSECRET/TOPSECRET+\naws_secret_access_key = AKIAIOSFODNN7EXAMPLE\n",
        "a",
        &["CREDENTIALS:2: aws_access_key_id is not an access key ID (AKIA…)\n  \
             check whether aws_access_key_id and aws_secret_access_key are swapped\n"],
    );
    // In a source profile too.
    let config = format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = a\n");
    refused(&config, &format!("[a]\n{id}"), "r", &["CREDENTIALS:2: partial credentials in profile a:"]);
}

// fault 56
pub fn keys_are_never_mixed_from_two_files() {
    let (id, secret) = ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "aws_secret_access_key = TOPSECRET\n");
    refused(
        &format!("[profile a]\n{secret}"),
        &format!("[a]\n{id}"),
        "a",
        &["CREDENTIALS:2: partial credentials in profile a: aws_secret_access_key is missing\n  \
             CONFIG:2 sets it, but keys are never combined from two files: put both in one file\n"],
    );
    refused(
        &format!("[profile a]\n{id}"),
        &format!("[a]\n{secret}"),
        "a",
        &["CONFIG:2 sets it, but keys are never combined"],
    );

    // A whole pair in each: that of the credentials file, and no token of the config file with it.
    let sts = Sts::start();
    let (alice, bob) = (sts.add_user("alice"), sts.add_user("bob"));
    let config = format!(
        "[profile main]\nmfa_serial = {}\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = TOPSECRET\n",
        alice.mfa_serial, bob.access_key_id, bob.secret_access_key
    );
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).says("signed in").run();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].access_key_id.as_str(), calls[0].session_token_sent), (alice.access_key_id.as_str(), false));

    // All in the config file, none of it in the other: from there.
    let all = keys_of("profile main", &alice) + &format!("mfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&all, "[main]\naws_session_token = TOPSECRET\n");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh", "-q"]).run();
    assert!(!sts.take_calls()[0].session_token_sent);
}

// fault 57
pub fn a_stray_token_is_left_out() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for key in ["aws_session_token", "aws_security_token"] {
        let mut home = Home::signed_up(&sts, &alice, &[]);
        home.write(".aws/credentials", keys_of("main", &alice) + &format!("{key} = TOPSECRET\n"));
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
            .says(
                "mfa-env: warning: profile main has a session token (~/.aws/credentials:4) with a long-term access key; \
                AWS rejects the two together, so the token is ignored: remove that line [stray-session-token]\n",
            )
            .says("signed in to main")
            .run();
        assert!(!ran.stderr.contains("TOPSECRET") && !sts.take_calls()[0].session_token_sent);
    }
}

// fault 58
pub fn temporary_keys_cannot_start_a_session() {
    let temporary = "[t]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\naws_session_token = TOPSECRET\n";
    for config in ["", "[profile t]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n"] {
        refused(
            config,
            temporary,
            "t",
            &["mfa-env: profile t has temporary credentials (CREDENTIALS:2), for which AWS does not issue an MFA \
                 session\n  use the access key of an IAM user (AKIA…), or assume a role: role_arn, or --role-arn ARN\n"],
        );
    }
    let without = "[t]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\n";
    refused(
        "",
        without,
        "t",
        &["partial credentials in profile t: temporary access key (ASIA…) without aws_session_token\n"],
    );

    // A role can be assumed from them, without a code and for an hour at most.
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", crate::support::sts::RoleSpec::default());
    let home = Home::signed_up(&sts, &alice, &[("admin", &role, "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh", "-q"]).run();
    let session = &sts.sessions()[0];
    home.write(
        ".aws/credentials",
        format!(
            "[main]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            session.access_key_id, session.secret_access_key, session.session_token
        ),
    );
    sts.take_calls();
    Program::new(&home, ["admin", "--shell", "sh"])
        .says(
            "warning: profile main has temporary credentials, which AWS does not accept with an MFA code, so none is \
            asked for; remove the MFA device, or use a long-term access key [unused-device]\n",
        )
        .says("signed in to admin")
        .run();
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!((calls[0].action.as_str(), calls[0].param("TokenCode")), ("AssumeRole", None));
    assert_eq!(calls[0].param("DurationSeconds"), Some("3600"));
    no_effect::assert_nothing_happens(
        &home,
        &sts,
        &["admin", "--duration", "2h"],
        2,
        &["a session of 2 h is too long: the role is assumed from temporary keys, which AWS limits to 1 h\n  \
             use -d 1h, or omit --duration\n"],
    );
}

// fault 59
pub fn a_role_needs_a_source() {
    refused(
        &format!("[profile r]\nrole_arn = {ROLE}\n"),
        "",
        "r",
        &["mfa-env: CONFIG:2: profile r sets role_arn, but neither source_profile nor credential_source\n  \
             add source_profile with the name of the profile that has the access keys\n"],
    );
    refused(
        &format!("[profile k]\nrole_arn = {ROLE}\n"),
        KEYS,
        "k",
        &["CONFIG:2: profile k sets role_arn, but neither source_profile nor credential_source\n  \
             to assume the role with the profile's own access keys, add: source_profile = k\n"],
    );
}

// fault 60
pub fn two_sources_are_one_too_many() {
    let config = format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = k\ncredential_source = Environment\n");
    refused(
        &config,
        KEYS,
        "r",
        &["mfa-env: profile r sets both source_profile (CONFIG:3) and credential_source (CONFIG:4)\n  \
             remove one of them\n"],
    );
}

// faults 61, 64
pub fn the_source_must_exist() {
    let config = |source: &str| format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = {source}\n");
    refused(
        &config("nosuch"),
        KEYS,
        "r",
        &["mfa-env: CONFIG:3: source_profile `nosuch` of profile r does not exist\n  \
             use the name of an existing profile; list them with: mfa-env list\n"],
    );
    // Of names the case counts.
    refused(&config("K"), KEYS, "r", &["source_profile `K` of profile r does not exist\n  did you mean k"]);
    for blank in ["", "  ", "\t"] {
        refused(
            &config(blank),
            KEYS,
            "r",
            &["mfa-env: CONFIG:3: source_profile of profile r is empty\n  \
                 set it to the profile that has the access keys\n"],
        );
    }
    refused(
        &config("k"),
        "[k]\nregion = x\n",
        "r",
        &["mfa-env: profile k, the source_profile of r, has no credentials\n  \
             add access keys with: aws configure --profile k\n"],
    );
    refused(&config("'k'"), KEYS, "r", &["source_profile `'k'` of profile r does not exist\n"]);
}

// fault 62
pub fn loops_end() {
    let chain = |links: &[(&str, &str)]| -> String {
        links.iter().map(|(a, b)| format!("[profile {a}]\nrole_arn = {ROLE}\nsource_profile = {b}\n")).collect()
    };
    let advice = "\n  set source_profile of one of these profiles to the profile that has the access keys\n";
    for (links, said) in [
        (&[("a", "b"), ("b", "a")][..], "a → b → a"),
        (&[("a", "b"), ("b", "c"), ("c", "b")], "a → b → c → b"),
        (&[("a", "a")], "a → a"),
        (&[("a", "b"), ("b", "b")], "a → b → b"),
    ] {
        refused(&chain(links), "", "a", &[&format!("mfa-env: source_profile forms a loop: {said}{advice}")]);
    }
    // 64 roles are an hour's work for STS and no mistake to us; 65 are.
    let long = |roles: usize| -> String {
        (0..roles).map(|i| format!("[profile p{i}]\nrole_arn = {ROLE}\nsource_profile = p{}\n", i + 1)).collect()
    };
    refused(
        &long(65),
        "[p65]\n",
        "p0",
        &["the role chain has more than 64 roles\n  shorten the chain of source_profile settings\n"],
    );
    refused(&long(64), "[p64]\n", "p0", &["profile p64, the source_profile of p63, has no credentials\n"]);
    refused(&long(10_000), "", "p0", &["the role chain has more than 64 roles\n"]);
}

// fault 63
pub fn a_profile_can_be_its_own_source() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", crate::support::sts::RoleSpec { requires_mfa: true, ..Default::default() });
    let config = format!("[profile a]\nrole_arn = {role}\nsource_profile = a\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&config, &keys_of("a", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["a", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says("signed in to a, account 123456789012, as admin/alice, until ")
        .says("(1 h)")
        .run();
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSessionToken", "AssumeRole"]);
}

// fault 70
pub fn a_device_is_not_inherited() {
    let config = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n[profile k]\nregion = eu-west-1\n";
    refused(
        config,
        KEYS,
        "k",
        &[
            "mfa-env: profile k has no MFA device, and a session without MFA cannot call IAM\n",
            "  add to [profile k]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n",
            "  find the ARN with: aws iam list-mfa-devices --profile k\n",
            "  the mfa_serial of [default] (CONFIG:2) does not apply to other profiles\n",
        ],
    );
}

// faults 71, 72
pub fn sources_that_are_not_built_are_named() {
    let version = "which this version does not support\n";
    for (lines, how, next) in [
        ("sso_session = s\n", "IAM Identity Center (SSO)", "aws sso login --profile 'a b'\n"),
        ("sso_start_url = https://x\n", "IAM Identity Center (SSO)", "aws sso login --profile 'a b'\n"),
        ("login_session = arn:aws:iam::123456789012:user/a\n", "aws login", "aws login --profile 'a b'\n"),
        (
            "web_identity_token_file = /x\nrole_arn = arn:aws:iam::123456789012:role/x\n",
            "a web identity token",
            "the access keys of an IAM user",
        ),
        ("credential_process = touch pwned\n", "credential_process", "the access keys of an IAM user"),
        (
            "credential_source = Ec2InstanceMetadata\nrole_arn = arn:aws:iam::123456789012:role/x\n",
            "credential_source",
            "the access keys of an IAM user",
        ),
    ] {
        let said = format!("mfa-env: CONFIG:2: profile a b gets its credentials from {how}, {version}");
        let config = format!("[profile 'a b']\n{lines}");
        refused(&config, "", "a b", &[&said, next]);
        // As the source of a role too.
        refused(&format!("{config}[profile r]\nrole_arn = {ROLE}\nsource_profile = a b\n"), "", "r", &[&said, next]);
    }
}

pub fn a_profile_without_anything() {
    refused(
        "[profile a]\nregion = eu-west-1\n",
        "",
        "a",
        &["mfa-env: profile a has no credentials: it sets neither access keys nor role_arn\n  \
             add access keys with: aws configure --profile a\n"],
    );
    refused("[profile 'a b']\n", "", "a b", &["aws configure --profile 'a b'\n"]);
}

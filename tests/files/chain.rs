//! The chain from a profile to its access keys: missing, mixed or circular configuration is reported before a code is
//! asked for.

use crate::support::home::{Home, credentials_section};
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![
    refuses_half_a_key_pair,
    refuses_keys_with_characters_that_no_key_contains,
    never_mixes_keys_from_two_files,
    ignores_a_session_token_next_to_long_term_keys,
    refuses_to_start_a_session_from_temporary_keys,
    refuses_a_role_without_a_source,
    refuses_a_role_with_two_sources,
    refuses_a_missing_source_profile,
    refuses_loops_and_very_long_chains,
    a_profile_can_be_its_own_source,
    does_not_inherit_a_device_from_default,
    names_a_credential_source_that_is_not_implemented,
    refuses_a_profile_without_credentials,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/admin";

/// Asserts that `mfa-env PROFILE` fails with status 3, no effect, and these messages, in which `CONFIG` and
/// `CREDENTIALS` stand for the paths of the two files.
fn assert_refused(config: &str, credentials: &str, profile: &str, says: &[&str]) {
    let home = Home::with(config, credentials);
    let says: Vec<String> = says
        .iter()
        .map(|part| part.replace("CONFIG", "~/.aws/config").replace("CREDENTIALS", "~/.aws/credentials"))
        .collect();
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    no_effect::assert_no_effect(&home, &Sts::start(), &["--profile", profile], 3, &says);
    let ran =
        Program::new(&home, ["--profile", profile, "--no-input", "--shell", "sh"]).fails(3).says("mfa-env: ").run();
    assert!(!ran.stderr.contains("TOPSECRET"), "{}", ran.stderr);
}

// fault 55
fn refuses_half_a_key_pair() {
    let (id, secret) = ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "aws_secret_access_key = TOPSECRET\n");
    assert_refused(
        "",
        &format!("[a]\n{id}"),
        "a",
        &["mfa-env: CREDENTIALS:2: partial credentials in profile a: aws_secret_access_key is missing\n  \
             add it, or configure both with: aws configure --profile a\n"],
    );
    assert_refused(
        "",
        &format!("[a]\nx = y\n{secret}"),
        "a",
        &["CREDENTIALS:3: partial credentials in profile a: aws_access_key_id is missing\n"],
    );
    assert_refused(
        &format!("[profile a]\n{id}"),
        "",
        "a",
        &["CONFIG:2: partial credentials in profile a: aws_secret_access_key is missing\n"],
    );
    assert_refused("", &format!("[a]\n{id}aws_secret_access_key =\n"), "a", &["aws_secret_access_key is missing\n"]);
    // With id and secret swapped, the message must not show the secret.
    assert_refused(
        "",
        "[a]\naws_access_key_id = TOPSECRET/TOPSECRET+\naws_secret_access_key = AKIAIOSFODNN7EXAMPLE\n",
        "a",
        &["CREDENTIALS:2: aws_access_key_id is not an access key ID (AKIA…)\n  \
             it is swapped with aws_secret_access_key (CREDENTIALS:3): exchange the two values\n"],
    );
    // A secret without special characters could be an ID, but for its length.
    assert_refused(
        "",
        "[a]\naws_access_key_id = TOPSECRETTOPSECRETTOPSECRETTOPSECRETTOPS\n\
         aws_secret_access_key = AKIAIOSFODNN7EXAMPLE\n",
        "a",
        &["CREDENTIALS:2: aws_access_key_id is not an access key ID (AKIA…)\n  it is swapped with"],
    );
    for (id, advice) in [
        ("\"AKIAIOSFODNN7EXAMPLE\"", "remove the quotes; in the AWS files they are part of the value\n"),
        ("AKIA-IOSFODNN7EXAMPLE", "correct it: it has at most 128 characters, only letters, digits and _\n"),
    ] {
        let keys = format!("[a]\naws_access_key_id = {id}\naws_secret_access_key = TOPSECRET\n");
        assert_refused("", &keys, "a", &["is not an access key ID (AKIA…)\n  ", advice]);
    }
    // The same in a source profile.
    let config = format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = a\n");
    assert_refused(&config, &format!("[a]\n{id}"), "r", &["CREDENTIALS:2: partial credentials in profile a:"]);
}

// fault 157
fn refuses_keys_with_characters_that_no_key_contains() {
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "TOPSECRETTOPSECRET");
    let temporary = format!("[k]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n");
    let keys = format!("[k]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    for (token, token_name) in [(false, ""), (true, "aws_session_token"), (true, "aws_security_token")] {
        let text = if token { format!("{temporary}{token_name} = {secret}+token\n") } else { keys.clone() };
        for (line, name) in [(2, "aws_access_key_id"), (3, "aws_secret_access_key"), (4, token_name)] {
            if name.is_empty() {
                continue;
            }
            for (bad, called) in [
                ('\u{1b}', "a control character (U+001B)"),
                ('\u{7f}', "a control character (U+007F)"),
                ('\u{85}', "a control character (U+0085)"),
                ('\u{a0}', "a no-break space (U+00A0)"),
                ('\u{200b}', "a character that is not ASCII (U+200B)"),
                (' ', "a space"),
                ('\t', "a tab"),
            ] {
                let says = format!(
                    "mfa-env: CREDENTIALS:{line}: {name} contains {called}, which no access key contains\n  \
                     remove character 5 of the value\n"
                );
                let start = text.find(&format!("{name} = ")).expect("a setting") + name.len() + " = ".len();
                let (before, after) = text.split_at(start + 4);
                assert_refused("", &format!("{before}{bad}{after}"), "k", &[&says]);
                let role = format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = k\n");
                assert_refused(&role, &format!("{before}{bad}{after}"), "r", &[&says]);
            }
            let says = format!(
                "mfa-env: CREDENTIALS:{line}: {name} continues on an indented line\n  \
                 write it in one line, and do not indent the settings below it\n"
            );
            let end = text.find(&format!("{name} = ")).expect("a setting");
            let end = end + text[end..].find('\n').expect("the end of a line");
            let (before, after) = text.split_at(end);
            assert_refused("", &format!("{before}\n  TOPSECRET{after}"), "k", &[&says]);
            assert_refused("", &format!("{before}\n  region = eu-west-1{after}"), "k", &[&says]);
        }
    }
    // A token that is not used does not matter.
    let home = Home::with(
        "[profile k]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
        &format!("{keys}aws_session_token = TOP\u{a0}SECRET\n"),
    );
    let ran = Program::new(&home, ["explain", "--verbose", "k"]).run();
    assert!(ran.stdout.contains("[stray-session-token]"), "{}", ran.stdout);
    // An unusual character at either end, where other tools may cut it off.
    for value in ["\u{a0}TOPSECRET", "TOPSECRET\u{a0}", "\u{feff}TOPSECRET"] {
        let keys = format!("[k]\naws_access_key_id = {id}\naws_secret_access_key = {value}\n");
        assert_refused("", &keys, "k", &["CREDENTIALS:3: aws_secret_access_key contains a "]);
    }
}

// fault 56
fn never_mixes_keys_from_two_files() {
    let (id, secret) = ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "aws_secret_access_key = TOPSECRET\n");
    assert_refused(
        &format!("[profile a]\n{secret}"),
        &format!("[a]\n{id}"),
        "a",
        &["CREDENTIALS:2: partial credentials in profile a: aws_secret_access_key is missing\n  \
             CONFIG:2 sets it, but keys are never combined from two files: put both in one file\n"],
    );
    assert_refused(
        &format!("[profile a]\n{id}"),
        &format!("[a]\n{secret}"),
        "a",
        &["CONFIG:2 sets it, but keys are never combined"],
    );

    // With a complete pair in each file, the credentials file wins, and the token from the config file is not used with
    // it.
    let sts = Sts::start();
    let (alice, bob) = (sts.add_user("alice"), sts.add_user("bob"));
    let config = format!(
        "[profile main]\nmfa_serial = {}\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         aws_session_token = TOPSECRET\n",
        alice.mfa_serial, bob.access_key_id, bob.secret_access_key
    );
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].access_key_id.as_str(), calls[0].session_token_sent), (alice.access_key_id.as_str(), false));

    // With keys only in the config file, they are used, without the token from the credentials file.
    let all = credentials_section("profile main", &alice) + &format!("mfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&all, "[main]\naws_session_token = TOPSECRET\n");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh", "-q"]).run();
    assert!(!sts.take_calls()[0].session_token_sent);
}

// fault 57
fn ignores_a_session_token_next_to_long_term_keys() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for key in ["aws_session_token", "aws_security_token"] {
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.write(".aws/credentials", credentials_section("main", &alice) + &format!("{key} = TOPSECRET\n"));
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
            .says(
                "mfa-env: warning: profile main has a session token (~/.aws/credentials:4) with a long-term access \
                key; AWS rejects the two together, so the token is ignored: remove that line [stray-session-token]\n",
            )
            .signs_in_to("main")
            .run();
        assert!(!ran.stderr.contains("TOPSECRET") && !sts.take_calls()[0].session_token_sent);
    }
}

// fault 58
fn refuses_to_start_a_session_from_temporary_keys() {
    let temporary = "[t]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\n\
                     aws_session_token = TOPSECRET\n";
    for config in ["", "[profile t]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n"] {
        assert_refused(
            config,
            temporary,
            "t",
            &["mfa-env: profile t has temporary credentials (CREDENTIALS:2), for which AWS does not issue an MFA \
                 session\n  \
                 use the access key of an IAM user (AKIA…), or assume a role:\n  \
                 --role-arn ARN, or role_arn and source_profile = t in the profile\n"],
        );
    }
    let without = "[t]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRET\n";
    assert_refused(
        "",
        without,
        "t",
        &["partial credentials in profile t: temporary access key (ASIA…) without aws_session_token\n"],
    );

    // A role can be assumed with them, without a code and for at most an hour.
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", crate::support::sts::RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("admin", &role, "")]);
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
        .signs_in_to("admin")
        .run();
    let calls = sts.take_session_calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!((calls[0].action.as_str(), calls[0].param("TokenCode")), ("AssumeRole", None));
    assert_eq!(calls[0].param("DurationSeconds"), Some("3600"));
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["admin", "--duration", "2h"],
        2,
        &["a session of 2 h is too long: the role is assumed from temporary keys, which AWS limits to 1 h\n  \
             use -d 1h, or omit --duration\n"],
    );
}

// fault 59
fn refuses_a_role_without_a_source() {
    assert_refused(
        &format!("[profile r]\nrole_arn = {ROLE}\n"),
        "",
        "r",
        &["mfa-env: CONFIG:2: profile r sets role_arn, but neither source_profile nor credential_source\n  \
             add source_profile with the name of the profile that has the access keys\n"],
    );
    assert_refused(
        &format!("[profile k]\nrole_arn = {ROLE}\n"),
        KEYS,
        "k",
        &["CONFIG:2: profile k sets role_arn, but neither source_profile nor credential_source\n  \
             to assume the role with the profile's own access keys, add: source_profile = k\n"],
    );
}

// fault 60
fn refuses_a_role_with_two_sources() {
    let config = format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = k\ncredential_source = Environment\n");
    assert_refused(
        &config,
        KEYS,
        "r",
        &["mfa-env: profile r sets both source_profile (CONFIG:3) and credential_source (CONFIG:4)\n  \
             remove credential_source, which this version does not support\n"],
    );
}

// faults 61, 64
fn refuses_a_missing_source_profile() {
    let config = |source: &str| format!("[profile r]\nrole_arn = {ROLE}\nsource_profile = {source}\n");
    assert_refused(
        &config("nosuch"),
        KEYS,
        "r",
        &["mfa-env: CONFIG:3: source_profile `nosuch` of profile r does not exist\n  \
             use the name of an existing profile; list them with: mfa-env list\n"],
    );
    // Profile names are case-sensitive.
    assert_refused(&config("K"), KEYS, "r", &["source_profile `K` of profile r does not exist\n  did you mean k"]);
    for blank in ["", "  ", "\t"] {
        assert_refused(
            &config(blank),
            KEYS,
            "r",
            &["mfa-env: CONFIG:3: source_profile of profile r is empty\n  \
                 set it to the profile that has the access keys\n"],
        );
    }
    assert_refused(
        &config("k"),
        "[k]\nregion = x\n",
        "r",
        &["mfa-env: profile k, the source_profile of r, has no credentials\n  \
             add access keys with: aws configure --profile k\n"],
    );
    assert_refused(&config("'k'"), KEYS, "r", &["source_profile `'k'` of profile r does not exist\n"]);
}

// fault 62
fn refuses_loops_and_very_long_chains() {
    let chain = |links: &[(&str, &str)]| -> String {
        links.iter().map(|(a, b)| format!("[profile {a}]\nrole_arn = {ROLE}\nsource_profile = {b}\n")).collect()
    };
    let hint = "\n  set source_profile of one of these profiles to the profile that has the access keys\n";
    for (links, message) in [
        (&[("a", "b"), ("b", "a")][..], "a → b → a"),
        (&[("a", "b"), ("b", "c"), ("c", "b")], "a → b → c → b"),
        (&[("a", "a")], "a → a"),
        (&[("a", "b"), ("b", "b")], "a → b → b"),
    ] {
        assert_refused(&chain(links), "", "a", &[&format!("mfa-env: source_profile forms a loop: {message}{hint}")]);
    }
    // 64 roles are allowed, 65 are not.
    let long = |roles: usize| -> String {
        (0..roles).map(|i| format!("[profile p{i}]\nrole_arn = {ROLE}\nsource_profile = p{}\n", i + 1)).collect()
    };
    assert_refused(
        &long(65),
        "[p65]\n",
        "p0",
        &["the role chain has more than 64 roles\n  shorten the chain of source_profile settings\n"],
    );
    assert_refused(&long(64), "[p64]\n", "p0", &["profile p64, the source_profile of p63, has no credentials\n"]);
    assert_refused(&long(10_000), "", "p0", &["the role chain has more than 64 roles\n"]);
}

// fault 63
fn a_profile_can_be_its_own_source() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", crate::support::sts::RoleSpec { requires_mfa: true, ..Default::default() });
    let config = format!("[profile a]\nrole_arn = {role}\nsource_profile = a\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&config, &credentials_section("a", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["a", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says("a, admin@123456789012, ")
        .says("1 h left")
        .run();
    let actions: Vec<String> = sts.take_session_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSessionToken", "AssumeRole"]);
}

// fault 70
fn does_not_inherit_a_device_from_default() {
    let config = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n[profile k]\nregion = eu-west-1\n";
    assert_refused(
        config,
        KEYS,
        "k",
        &[
            "mfa-env: profile k has no MFA device, and a session without MFA cannot call IAM\n",
            "  add to [profile k]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n",
            "  find the ARN with: mfa-env device k\n",
            "  the mfa_serial of [default] (CONFIG:2) does not apply to other profiles\n",
        ],
    );
}

// faults 71, 72
fn names_a_credential_source_that_is_not_implemented() {
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
        let message = format!("mfa-env: CONFIG:2: profile a b gets its credentials from {how}, {version}");
        let config = format!("[profile 'a b']\n{lines}");
        assert_refused(&config, "", "a b", &[&message, next]);
        // The same as the source of a role.
        assert_refused(
            &format!("{config}[profile r]\nrole_arn = {ROLE}\nsource_profile = a b\n"),
            "",
            "r",
            &[&message, next],
        );
    }
}

fn refuses_a_profile_without_credentials() {
    assert_refused(
        "[profile a]\nregion = eu-west-1\n",
        "",
        "a",
        &["mfa-env: profile a has no credentials: it sets neither access keys nor role_arn\n  \
             add access keys with: aws configure --profile a\n"],
    );
    assert_refused("[profile 'a b']\n", "", "a b", &["aws configure --profile 'a b'\n"]);
}

//! The variables that a sign-in sets and clears in a shell, and how `unset` restores the previous ones.

use crate::support::env_dump::{self, Exported};
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use std::collections::BTreeMap;

trials![
    sets_and_clears_the_documented_variables,
    sets_a_region_only_from_the_profile_or_the_flag,
    the_expiration_is_the_one_from_sts,
    exports_the_options_that_shaped_the_session,
    sets_the_account_only_where_the_user_had_set_one,
    never_clears_keys_from_elsewhere,
    unset_restores_the_environment,
    unset_without_a_session_changes_nothing,
    unset_keeps_values_that_the_user_set_in_between,
    a_failed_sign_in_leaves_the_previous_session_complete,
    replacing_other_keys_gives_one_warning,
    a_tampered_mfa_env_before_is_ignored_in_every_shell,
];

const CLEARED: [&str; 20] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_EB_PROFILE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "MFA_ENV_OPTIONS",
    "AWS_CREDENTIAL_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_VAULT",
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_EXPIRATION",
];

const SESSION_VARIABLES: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "MFA_ENV_PROFILE",
    "AWSUME_PROFILE",
    "MFA_ENV_BEFORE",
    "MFA_ENV_OPTIONS",
];

/// Profiles `plain` and `european` with the same role, which needs no code; only `european` has a region.
fn home_with_two_profiles(sts: &Sts) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let profile =
        |name: &str, more: &str| format!("[profile {name}]\nrole_arn = {role}\nsource_profile = keys\n{more}");
    let config = format!(
        "{}{}[profile keys]\nregion = us-gov-north-9\n",
        profile("plain", ""),
        profile("european", "region = eu-central-1\n")
    );
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    home
}

fn sign_in(shell: Shell, profile: &str) -> String {
    shell.eval(&format!("mfa-env {profile} -q --shell {}", shell.dialect()))
}

fn unset(shell: Shell) -> String {
    shell.eval(&format!("mfa-env unset --shell {}", shell.dialect()))
}

fn set(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Fish => format!("set -gx {name} '{value}'"),
        Shell::Pwsh => format!("$env:{name} = '{value}'"),
        _ => format!("export {name}='{value}'"),
    }
}

fn text<'a>(seen: &'a Exported, name: &str) -> Option<&'a str> {
    seen.get(name).map(|value| std::str::from_utf8(value).expect("UTF-8"))
}

// faults 13, 14
fn sets_and_clears_the_documented_variables() {
    let sts = Sts::start();
    let mut home = home_with_two_profiles(&sts);
    for name in CLEARED {
        home.set(name, "old");
    }
    for &shell in shells::installed() {
        let before = env_dump::after(shell, "", &home.variables, home.path());
        let after = env_dump::after(shell, &sign_in(shell, "european"), &home.variables, home.path());
        let session = sts.sessions().pop().expect("a session");
        let before_of_session = format!(
            "2:AWS_ACCESS_KEY_ID=->{},AWS_PROFILE=old>-,AWS_DEFAULT_PROFILE=old>-,AWS_EB_PROFILE=old>-,\
             AWS_ROLE_SESSION_NAME=old>-,AWS_REGION=->eu-central-1,AWS_DEFAULT_REGION=->eu-central-1",
            session.access_key_id
        );
        let expected: BTreeMap<&str, &str> = BTreeMap::from([
            ("AWS_ACCESS_KEY_ID", session.access_key_id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", &session.secret_access_key),
            ("AWS_SESSION_TOKEN", &session.session_token),
            ("AWS_CREDENTIAL_EXPIRATION", &session.expiration),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("MFA_ENV_PROFILE", "european"),
            ("AWSUME_PROFILE", "european"),
            ("MFA_ENV_BEFORE", &before_of_session),
        ]);
        for (name, value) in &expected {
            assert_eq!(text(&after, name), Some(*value), "{name} in {shell}");
        }
        for name in CLEARED {
            assert_eq!(text(&after, name), None, "{name} in {shell}");
        }
        let others = |seen: &Exported| -> Exported {
            let ours = |name: &String| CLEARED.contains(&name.as_str()) || expected.contains_key(name.as_str());
            seen.clone().into_iter().filter(|(name, _)| !ours(name)).collect()
        };
        assert_eq!(others(&before), others(&after), "{shell}");
    }
}

// fault 11
fn sets_a_region_only_from_the_profile_or_the_flag() {
    let sts = Sts::start();
    let home = home_with_two_profiles(&sts);
    let regions = |arguments: &[&str], previous: Option<&str>| {
        let mut program = Program::new(&home, arguments.iter().chain(&["-q", "--shell", "sh"]).copied());
        if let Some(previous) = previous {
            program = program.env("AWS_REGION", previous).env("AWS_DEFAULT_REGION", previous);
        }
        let ran = program.run();
        ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| ran.variable(name).map(|value| value.map(str::to_owned)))
    };
    let both = |region: &str| [Some(Some(region.to_owned())), Some(Some(region.to_owned()))];
    for previous in [None, Some("us-west-2")] {
        assert_eq!(regions(&["plain"], previous), [None, None]);
        assert_eq!(regions(&["european"], previous), both("eu-central-1"));
        assert_eq!(regions(&["european", "--region", "eu-north-1"], previous), both("eu-north-1"));
        assert_eq!(regions(&["plain", "--region", "eu-north-1"], previous), both("eu-north-1"));
    }
}

fn the_expiration_is_the_one_from_sts() {
    let sts = Sts::start();
    let home = home_with_two_profiles(&sts);
    let ran = Program::new(&home, ["plain", "-q", "--shell", "sh"]).run();
    let expiration = ran.variable("AWS_CREDENTIAL_EXPIRATION").flatten().expect("it is set");
    assert_eq!(expiration, sts.sessions()[0].expiration);
    let shape: String = expiration.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z");
}

fn exports_the_options_that_shaped_the_session() {
    let sts = Sts::start();
    let home = home_with_two_profiles(&sts);
    let other = sts.add_role("other", RoleSpec { path: "/team/".into(), ..RoleSpec::default() });
    let cases: [(&[&str], Option<&str>, &str); 6] = [
        (&[], None, "plain"),
        (&["--duration", "20m"], Some("1:duration=1200"), "plain"),
        (&["--region", "eu-north-1"], Some("1:region=eu-north-1"), "plain"),
        (&["--role-session-name", "m=e"], Some("1:role-session-name=m%3De"), "plain"),
        (&["--external-id", "id"], Some("1:external-id=id"), "plain"),
        (
            &["-r", "eu-north-1", "--role-arn", &other],
            Some("1:role-arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam%2Fother,region=eu-north-1"),
            "other@123456789012",
        ),
    ];
    for (flags, options, name) in cases {
        let ran = Program::new(&home, ["plain", "-q", "--shell", "sh"].iter().chain(flags).copied()).run();
        assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("plain")), "{flags:?}");
        assert_eq!(ran.variable("MFA_ENV_OPTIONS"), Some(options), "{flags:?}");
        assert_eq!(ran.variable("AWSUME_PROFILE"), Some(Some(name)), "{flags:?}");
    }
    // An external ID of 1224 characters that must be encoded, and a long ARN, do not fit.
    let long = ":".repeat(1224);
    let spec = RoleSpec { path: format!("/{}", "p/".repeat(250)), ..RoleSpec::default() };
    let arn = sts.add_role("x", spec);
    let ran = Program::new(&home, ["plain", "-q", "--shell", "sh", "--external-id", &long, "--role-arn", &arn]).run();
    assert_eq!(ran.variable("MFA_ENV_OPTIONS"), Some(Some("1:")));
}

/// It decides the endpoints of some services, so it is only ever replaced.
fn sets_the_account_only_where_the_user_had_set_one() {
    let sts = Sts::start();
    let mut home = home_with_two_profiles(&sts);
    for &shell in shells::installed() {
        home.variables.remove(std::ffi::OsStr::new("AWS_ACCOUNT_ID"));
        let after = env_dump::after(shell, &sign_in(shell, "plain"), &home.variables, home.path());
        assert_eq!(text(&after, "AWS_ACCOUNT_ID"), None, "{shell}");
        home.set("AWS_ACCOUNT_ID", "210987654321");
        let script = format!("{}\n{}\n{}", sign_in(shell, "plain"), env_dump::dump("within"), unset(shell));
        let after = env_dump::after(shell, &script, &home.variables, home.path());
        let within = env_dump::read(&home.path().join("within"));
        assert_eq!(text(&within, "AWS_ACCOUNT_ID"), Some("123456789012"), "{shell}");
        assert_eq!(text(&after, "AWS_ACCOUNT_ID"), Some("210987654321"), "{shell}");
    }
}

fn unset_restores_the_environment() {
    let variables =
        [("AWS_PROFILE", "x y"), ("AWS_DEFAULT_PROFILE", ""), ("AWS_REGION", "us-west-2"), ("AWS_EB_PROFILE", "-")];
    for start in [&[][..], &variables] {
        let sts = Sts::start();
        let mut home = home_with_two_profiles(&sts);
        for (name, value) in start {
            home.set(*name, *value);
        }
        for &shell in shells::installed() {
            let before = env_dump::after(shell, "", &home.variables, home.path());
            for profiles in [&["european"][..], &["plain"], &["european", "plain"], &["plain", "european", "european"]]
            {
                let mut script: Vec<String> = profiles.iter().map(|profile| sign_in(shell, profile)).collect();
                script.push(unset(shell));
                let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
                // PowerShell before 7.5 has no empty variables.
                let start_of = |mut seen: Exported| {
                    seen.retain(|_, value| shell != Shell::Pwsh || !value.is_empty());
                    seen
                };
                assert_eq!(start_of(before.clone()), start_of(after), "{shell} after {profiles:?}");
            }
        }
    }
}

// fault 15
fn unset_without_a_session_changes_nothing() {
    let mut home = Home::empty();
    home.set("PATH", path_with_program()).set("AWS_PROFILE", "mine").set("AWS_REGION", "us-west-2");
    for &shell in shells::installed() {
        let strict = if shell.is_posix() { "set -eu\n" } else { "" };
        let before = env_dump::after(shell, strict, &home.variables, home.path());
        let twice = format!("{strict}{}\n{}", unset(shell), unset(shell));
        let after = env_dump::after(shell, &twice, &home.variables, home.path());
        assert_eq!(before, after, "{shell}");
    }
}

fn unset_keeps_values_that_the_user_set_in_between() {
    let sts = Sts::start();
    let mut home = home_with_two_profiles(&sts);
    home.set("AWS_REGION", "us-west-2").set("AWS_PROFILE", "first");
    for &shell in shells::installed() {
        // A value set between two sign-ins is restored.
        let script = [
            sign_in(shell, "european"),
            set(shell, "AWS_REGION", "us-east-2"),
            set(shell, "AWS_PROFILE", "second"),
            sign_in(shell, "european"),
        ];
        let within = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
        assert_eq!(text(&within, "AWS_REGION"), Some("eu-central-1"), "{shell}");
        assert_eq!(text(&within, "AWS_PROFILE"), None, "{shell}");
        let after =
            env_dump::after(shell, &format!("{}\n{}", script.join("\n"), unset(shell)), &home.variables, home.path());
        assert_eq!(text(&after, "AWS_REGION"), Some("us-east-2"), "{shell}");
        assert_eq!(text(&after, "AWS_DEFAULT_REGION"), None, "{shell}");
        assert_eq!(text(&after, "AWS_PROFILE"), Some("second"), "{shell}");
        // A value set after the last sign-in stays.
        let script = [sign_in(shell, "european"), set(shell, "AWS_REGION", "us-east-2"), unset(shell)];
        let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
        assert_eq!(text(&after, "AWS_REGION"), Some("us-east-2"), "{shell}");
        assert_eq!(text(&after, "AWS_PROFILE"), Some("first"), "{shell}");
        // A session without a region removes the region of the previous session.
        let script = [sign_in(shell, "european"), sign_in(shell, "plain")];
        let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
        assert_eq!(text(&after, "AWS_REGION"), Some("us-west-2"), "{shell}");
        assert_eq!(text(&after, "AWS_DEFAULT_REGION"), None, "{shell}");
    }
}

// fault 12: a profile without a session is an error, so the variables of the previous session stay consistent
fn a_failed_sign_in_leaves_the_previous_session_complete() {
    let sts = Sts::start();
    let home = home_with_two_profiles(&sts);
    for &shell in shells::installed() {
        let fails = shell.eval(&format!("mfa-env keys -q --shell {} 2>errors", shell.dialect()));
        let fails =
            if shell == Shell::Pwsh { format!("try {{ {fails} }} catch {{ }}") } else { format!("{fails} || :") };
        let script = format!("{}\n{}\n{fails}", sign_in(shell, "plain"), env_dump::dump("first"));
        let second = env_dump::after(shell, &script, &home.variables, home.path());
        assert_eq!(env_dump::read(&home.path().join("first")), second, "{shell}");
        assert!(second.contains_key("AWS_SESSION_TOKEN"), "{shell}");
        let cleared = env_dump::after(shell, &format!("{script}\n{}", unset(shell)), &home.variables, home.path());
        for name in SESSION_VARIABLES {
            assert_eq!(text(&cleared, name), None, "{name} in {shell}");
        }
    }
}

fn replacing_other_keys_gives_one_warning() {
    let sts = Sts::start();
    let home = home_with_two_profiles(&sts);
    let warning = "warning: the credentials in this shell's environment (AWS_ACCESS_KEY_ID) are replaced, and `mfa-env unset` \
         cannot restore them";
    let with_other_keys = || {
        let program = Program::new(&home, ["plain", "--shell", "sh"]).env("AWS_VAULT", "x");
        program.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "x")
    };
    let ran = with_other_keys().says(warning).run();
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    assert_eq!(ran.variable("AWS_VAULT"), Some(None));
    // The keys of a session of our own give none.
    let key_id = ran.variable("AWS_ACCESS_KEY_ID").flatten().expect("a key").to_owned();
    let ours = ran.variable("MFA_ENV_BEFORE").flatten().expect("a record").to_owned();
    let again = with_other_keys().env("AWS_ACCESS_KEY_ID", key_id).env("MFA_ENV_BEFORE", &ours).signs_in().run();
    assert!(!again.stderr.contains("warning"), "{}", again.stderr);
    // Its record next to other keys does not make them ours.
    let ran = with_other_keys().env("MFA_ENV_BEFORE", ours).says(warning).run();
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
}

/// As after `aws-vault exec` in a shell that is signed in, or after keys were exported by hand.
fn never_clears_keys_from_elsewhere() {
    let sts = Sts::start();
    let mut home = home_with_two_profiles(&sts);
    home.set("AWS_PROFILE", "mine");
    let other = [
        ("AWS_ACCESS_KEY_ID", "ASIAOTHEROTHEROTHER1"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "other"),
        ("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z"),
    ];
    for &shell in shells::installed() {
        for start in [String::new(), sign_in(shell, "european")] {
            let keys: Vec<String> = other.iter().map(|(name, value)| set(shell, name, value)).collect();
            let script = format!("{start}\n{}\n{}", keys.join("\n"), unset(shell));
            let outcome = shell.run(&format!("{script}\n{}", env_dump::dump("after")), &home.variables, home.path());
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let warning = "the credentials in this shell are not from mfa-env, so they are kept";
            assert!(stderr.contains(warning), "{shell}: {outcome}");
            let after = env_dump::read(&home.path().join("after"));
            for (name, value) in other {
                assert_eq!(text(&after, name), Some(value), "{name} in {shell}");
            }
            for name in ["MFA_ENV_PROFILE", "MFA_ENV_BEFORE", "AWSUME_PROFILE", "AWS_REGION"] {
                assert_eq!(text(&after, name), None, "{name} in {shell}");
            }
            assert_eq!(text(&after, "AWS_PROFILE"), Some("mine"), "{shell}");
        }
    }
}

fn a_tampered_mfa_env_before_is_ignored_in_every_shell() {
    let mut home = Home::empty();
    home.set("PATH", path_with_program()).set("AWS_REGION", "eu-central-1");
    home.set("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIA1,AWS_REGION=us-west-2>eu-central-1,LD_PRELOAD=evil.so>-");
    for &shell in shells::installed() {
        let outcome =
            shell.run(&format!("{}\n{}", unset(shell), env_dump::dump("after")), &home.variables, home.path());
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(
            stderr,
            "mfa-env: warning: MFA_ENV_BEFORE was not written by mfa-env and is ignored; variables from before the \
             session are not restored [invalid-before]\n",
            "{shell}"
        );
        assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
        let after = env_dump::read(&home.path().join("after"));
        assert_eq!(text(&after, "AWS_REGION"), Some("eu-central-1"), "{shell}");
        assert_eq!(text(&after, "LD_PRELOAD"), None, "{shell}");
        assert_eq!(text(&after, "MFA_ENV_BEFORE"), None, "{shell}");
    }
}

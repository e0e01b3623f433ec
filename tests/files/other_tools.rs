//! Files of aws-vault, aws-mfa and others, as they are.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};

trials![
    a_dead_session_names_the_section_with_the_keys,
    the_device_of_aws_mfa_is_read,
    an_expired_session_says_when,
    included_profiles_of_aws_vault_are_followed,
    the_only_profile_with_keys_is_named,
    an_included_profile_must_exist_if_the_device_may_be_in_it,
];

fn machine() -> (Sts, User, String) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    (sts, alice, role)
}

fn home(sts: &Sts, config: &str, credentials: &str) -> Home {
    let mut home = Home::with(config, credentials);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    home
}

const DEAD: &str = "aws_access_key_id = ASIALABDEAD000000000\naws_secret_access_key = dead-secret\n\
                    aws_session_token = dead-token\naws_security_token = dead-token\n";

// faults 174, 220
fn a_dead_session_names_the_section_with_the_keys() {
    let (sts, alice, _) = machine();
    for (dead, keys) in [("default", "default-long-term"), ("work", "work-long-term"), ("work-mfa", "work-long-term")] {
        let section = credentials_section(keys, &alice);
        let text = format!(
            "{section}aws_mfa_device = {}\n[{dead}]\nassumed_role = False\n{DEAD}expiration = 2023-02-01 09:14:21\n",
            alice.mfa_serial
        );
        let home = home(&sts, "[default]\nregion = us-east-1\n", &text);
        let ran = Program::new(&home, [dead, "--shell", "sh"]).fails(3);
        let ran = ran
            .says(format!("profile {dead} is a session that expired at 2023-02-01 09:14:21 (~/.aws/credentials:11)"));
        ran.says(format!("[{keys}] has the access key")).says("aws_mfa_device").says(format!("aws-mfa {keys}\n")).run();
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        Program::new(&home, [keys, &code, "--shell", "sh"]).signs_in_to(keys).run();
    }
}

// fault 174
fn the_device_of_aws_mfa_is_read() {
    let (sts, alice, role) = machine();
    for name in ["aws_mfa_device", "aws_mfa_serial"] {
        let keys = format!("{}{name} = {}\n", credentials_section("k", &alice), alice.mfa_serial);
        let home = home(&sts, &format!("[profile r]\nrole_arn = {role}\nsource_profile = k\n"), &keys);
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        Program::new(&home, ["r", &code, "--shell", "sh"]).signs_in_to("r").run();
        let ran = Program::new(&home, ["explain", "--verbose", "k"]).run();
        assert!(ran.stdout.contains(&format!("{} (~/.aws/credentials:4)", alice.mfa_serial)), "{}", ran.stdout);
        // Our own name comes first.
        let other = keys.replace("[k]\n", "[k]\nmfa_serial = GAHT12345678\n");
        let home = self::home(&sts, "", &other);
        assert!(Program::new(&home, ["explain", "--verbose", "k"]).run().stdout.contains("GAHT12345678"));
    }
}

// fault 220
fn an_expired_session_says_when() {
    let (sts, _, _) = machine();
    for (name, value) in [
        ("expiration", "2023-02-01T09:14:21Z"),
        ("x_security_token_expires", "2023-02-01T09:14:21+00:00"),
        ("aws_expiration", "2023-02-01T10:14:21+01:00"),
        ("aws_session_expiration", "2023-02-01 09:14:21"),
    ] {
        let home = home(&sts, "", &format!("[s]\n{DEAD}{name} = {value}\n"));
        let ran = Program::new(&home, ["s", "--shell", "sh"]).fails(3);
        ran.says(format!("profile s is a session that expired at {value} (~/.aws/credentials:6)")).run();
    }
    for value in ["2999-02-01 09:14:21", "soon", ""] {
        let home = home(&sts, "", &format!("[s]\n{DEAD}expiration = {value}\n"));
        Program::new(&home, ["s", "--shell", "sh"]).fails(3).says("profile s has temporary credentials").run();
    }
}

// fault 174
fn included_profiles_of_aws_vault_are_followed() {
    let (sts, alice, role) = machine();
    let keys = credentials_section("work", &alice);
    let base =
        format!("[profile base]\nmfa_serial = {}\nregion = eu-west-1\nrole_session_name = alice.w\n", alice.mfa_serial);
    for include in ["include_profile", "parent_profile"] {
        let config = format!(
            "{base}[profile outer]\n{include} = base\nduration_seconds = 1800\n\
             [profile prod]\nsource_profile = work\n{include} = outer\nrole_arn = {role}\n"
        );
        let home = home(&sts, &config, &keys);
        sts.advance(60);
        sts.take_calls();
        let code = sts.code(&alice.mfa_serial);
        let ran = Program::new(&home, ["prod", &code, "--shell", "sh"]).signs_in_to("prod");
        let ran = ran.says("include_profile (~/.aws/config:10) is followed").says("[include-profile]").run();
        assert_eq!(ran.variable("AWS_REGION"), Some(Some("eu-west-1")));
        let calls = sts.take_calls();
        let assume = calls.iter().find(|call| call.action == "AssumeRole").expect("a call");
        assert_eq!(assume.params["RoleSessionName"], "alice.w");
        assert_eq!(assume.params["DurationSeconds"], "1800");
    }
    // Its own settings come first; a loop, and a profile that does not exist, end the search.
    let config = format!(
        "{base}include_profile = prod\n[profile prod]\nsource_profile = work\ninclude_profile = base\nregion = eu-west-3\nrole_arn = {role}\n\
         [profile lost]\nsource_profile = work\ninclude_profile = nowhere\nmfa_serial = {}\nrole_arn = {role}\n",
        alice.mfa_serial
    );
    let home = home(&sts, &config, &keys);
    let ran = Program::new(&home, ["explain", "--verbose", "prod"]).run();
    assert!(ran.stdout.contains("eu-west-3") && ran.stdout.contains("RoleSessionName alice.w"), "{}", ran.stdout);
    Program::new(&home, ["explain", "--verbose", "lost"]).run();
}

// fault 174
fn the_only_profile_with_keys_is_named() {
    let (sts, alice, role) = machine();
    let role = |more: &str| format!("[profile account1]\nrole_arn = {role}\nregion = us-east-1\n{more}");
    let device = format!("mfa_serial = {}\n", alice.mfa_serial);
    let (one, other) = (credentials_section("default", &alice), credentials_section("other", &alice));
    for (config, credentials, advice) in [
        (role(""), one.clone(), "add to [profile account1]: source_profile = default"),
        (role(&device), format!("{one}{device}{other}"), "add to [profile account1]: source_profile = default"),
        (role(&device), format!("{one}{device}{other}{device}"), "add source_profile with the name of the profile"),
        (role(""), format!("{one}{other}"), "add source_profile with the name of the profile"),
        (role(""), format!("[s]\n{DEAD}"), "add source_profile with the name of the profile"),
    ] {
        let home = home(&sts, &config, &credentials);
        Program::new(&home, ["account1", "123456", "--shell", "sh"]).fails(3).says(advice).run();
    }
    assert!(sts.take_calls().is_empty());
}

// fault 174
fn an_included_profile_must_exist_if_the_device_may_be_in_it() {
    let (sts, alice, role) = machine();
    let keys = credentials_section("work", &alice);
    for include in ["include_profile", "parent_profile"] {
        let profile = format!("[profile prod]\nrole_arn = {role}\nsource_profile = work\n{include} = bsae\n");
        let home = home(&sts, &format!("{profile}[profile base]\nregion = eu-west-1\n"), &keys);
        let ran = Program::new(&home, ["prod", "123456", "-s", "sh"]).fails(3);
        ran.says(format!("~/.aws/config:4: {include} `bsae` of profile prod does not exist\n")).says("base").run();
        assert!(sts.take_calls().is_empty());
    }
}

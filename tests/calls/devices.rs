//! Which device is used, how to do without one, and what a refusal on the way says.

use crate::support::file_texts;
use crate::support::home::Home;
use crate::support::planned::Planned;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use mfa_env::plan::{Overrides, SessionKey};
use mfa_env::profile::{AwsFiles, Chain, ProfileName};
use mfa_env::variables::Variables;

trials![
    a_role_that_needs_no_mfa_can_do_without,
    the_device_of_the_keys_account_is_used,
    the_refused_hop_is_named,
    a_session_of_the_global_endpoint_stays_out_of_opt_in_regions,
];

fn machine() -> (Sts, User, String, String) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let open = sts.add_role("open", RoleSpec::default());
    let strict = sts.add_role("strict", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    (sts, alice, open, strict)
}

// fault 184
fn a_role_that_needs_no_mfa_can_do_without() {
    let (sts, alice, open, strict) = machine();
    let roles = [("nightly", &*open, ""), ("empty", &*open, "mfa_serial =\n"), ("admin", &*strict, "")];
    let home = Home::with_user(&sts, &alice, &roles);
    // Nobody can be asked: the error names the line, and the way.
    let ran = Program::new(&home, ["nightly", "-s", "sh"]).fails(5);
    ran.says("the device is set at ~/.aws/config:2; for a role that needs no MFA, add --mfa-serial none").run();
    let ran = Program::new(&home, ["nightly", "--no-input", "-s", "sh"]).fails(5);
    ran.says("~/.aws/config:2").says("--mfa-serial none").run();
    // For keys there is no other way.
    assert!(!Program::new(&home, ["main", "-s", "sh"]).fails(5).says("").run().stderr.contains("mfa-serial none"));
    assert!(sts.take_calls().is_empty());
    let ran = Program::new(&home, ["nightly", "--mfa-serial", "none", "-s", "sh"]).signs_in_to("nightly").run();
    let calls: Vec<String> = sts.take_session_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["AssumeRole"]);
    // Signing in again gets the same session.
    assert!(ran.stdout.contains("mfa-serial=none"), "{}", ran.stdout);
    Program::new(&home, ["empty", "-s", "sh"]).signs_in_to("empty").run();
    Program::new(&home, ["nightly", "-s", "sh"]).env("MFA_ENV_MFA_SERIAL", "none").signs_in_to("nightly").run();
    assert!(
        sts.take_calls().iter().all(|call| call.action == "AssumeRole" && !call.params.contains_key("SerialNumber"))
    );
    Program::new(&home, ["admin", "--mfa-serial", "none", "-s", "sh"])
        .fails(4)
        .says("cannot be assumed without MFA")
        .run();
    Program::new(&home, ["main", "--mfa-serial", "none", "-s", "sh"])
        .fails(3)
        .says("a session without MFA cannot call IAM")
        .run();
}

// fault 184
fn the_device_of_the_keys_account_is_used() {
    let (sts, alice, _, strict) = machine();
    let other = "mfa_serial = arn:aws:iam::999988887777:mfa/alice\n";
    let home = Home::with_user(&sts, &alice, &[("r", &strict, other)]);
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["r", &code, "-s", "sh"]).signs_in_to("r");
    ran.says(
        "(~/.aws/config:2) is used, because that of ~/.aws/config:6 is not in the account of the keys [two-devices]",
    )
    .run();
    // Another device of the same account, and a hardware token, may be meant.
    for device in ["arn:aws:iam::123456789012:mfa/second", "GAHT12345678"] {
        let home = Home::with_user(&sts, &alice, &[("r", &strict, &format!("mfa_serial = {device}\n"))]);
        let ran = Program::new(&home, ["explain", "--verbose", "r"]).run();
        assert!(
            ran.stdout.contains(&format!("device    {device}")) && !ran.stdout.contains("two-devices"),
            "{}",
            ran.stdout
        );
    }
}

// fault 186
fn the_refused_hop_is_named() {
    let (sts, alice, _, strict) = machine();
    let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("admin2", &admin, ""), ("audit", &strict, "")]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let at = config.find("[profile audit]").expect("a profile");
    home.write(
        ".aws/config",
        config[..at].to_owned() + &config[at..].replace("source_profile = main", "source_profile = admin2"),
    );
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["audit", &code, "-s", "sh"]).fails(4);
    let ran = ran.says("AWS does not allow role admin (profile admin2) to assume role `strict`").run();
    let advice = ran.stderr.split_once("check that\n").expect("advice").1;
    assert!(
        advice.trim_start().starts_with("- the role does not require MFA, which AWS does not pass on"),
        "{}",
        ran.stderr
    );
    assert!(advice.contains("source_profile = main in profile audit"), "{}", ran.stderr);
    assert!(
        !ran.stderr.contains("alice to assume") && !ran.stderr.contains("profile main to assume"),
        "{}",
        ran.stderr
    );
    // Following it works.
    home.write(".aws/config", config);
    Program::new(&home, ["audit", "-s", "sh"]).signs_in_to("audit").run();
}

// fault 186
fn a_session_of_the_global_endpoint_stays_out_of_opt_in_regions() {
    let keys = "[alice]\naws_access_key_id = AKIALABALICE00000000\naws_secret_access_key = s\n";
    let role = "role_arn = arn:aws:iam::444455556666:role/admin\nsource_profile = alice\n";
    let config = format!(
        "[profile alice]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         sts_regional_endpoints = legacy\n[profile bahrain]\nregion = me-south-1\n{role}[profile paris]\nregion = eu-west-3\n{role}"
    );
    let mfa_key = |profile: &str, alternative: bool| {
        let texts = file_texts::of(&config, keys);
        let files = AwsFiles::index(&texts);
        let chain = Chain::walk(&files, &ProfileName::parse(profile).expect("a name"), None).expect("a chain");
        let planned = Planned::make(chain, &Overrides::default(), None, &Variables::default()).expect("a plan");
        let plan = planned.plan;
        let mut call = &plan.call;
        while let Some(parent) = call.parent() {
            call = parent;
        }
        if alternative { SessionKey::alternative(call, &plan) } else { Some(SessionKey::of(call, &plan)) }
    };
    // A regional session serves all of them; a global one only where it is valid.
    assert_ne!(mfa_key("alice", false), mfa_key("bahrain", false));
    assert_eq!(mfa_key("alice", true), mfa_key("bahrain", false));
    assert_eq!(mfa_key("paris", false), mfa_key("bahrain", false));
    assert_eq!(mfa_key("paris", true), None);
    let home = Home::with(&config, keys);
    let ran = Program::new(&home, ["explain", "--verbose", "alice"]).run();
    assert!(ran.stdout.contains("whose sessions are not valid in opt-in regions"), "{}", ran.stdout);
    let ran = Program::new(&home, ["explain", "--verbose", "bahrain"]).run();
    assert!(ran.stdout.contains("sts.me-south-1.amazonaws.com") && !ran.stdout.contains("opt-in"), "{}", ran.stdout);
}

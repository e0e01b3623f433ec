//! Parameters of the STS calls are checked before a code is asked for. The exit status is 3 for a value from a file and
//! 2 for one from the command line.

use crate::support::home::Home;
use crate::support::no_effect;
use crate::support::sts::Sts;

trials![
    refuses_invalid_role_arns,
    refuses_mixed_partitions,
    refuses_invalid_durations,
    refuses_invalid_role_session_names,
    refuses_invalid_external_ids,
    refuses_invalid_devices,
    warns_of_a_device_in_another_account,
    accepts_values_at_their_limits,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/admin";

/// Asserts that `value` is refused for `setting` in a role's profile and for the corresponding option.
fn assert_refused(setting: &str, option: &str, value: &str, says: &str) {
    let sts = Sts::start();
    let role = if setting == "role_arn" { String::new() } else { format!("role_arn = {ROLE}\n") };
    let home = Home::with(&format!("[profile r]\nsource_profile = k\n{role}{setting} = {value}\n"), KEYS);
    let line = if role.is_empty() { 3 } else { 4 };
    let place = format!("mfa-env: {}:{line}: {setting} is `", home.path().join(".aws/config").display());
    no_effect::assert_no_effect(&home, &sts, &["r"], 3, &[&place, says]);
    assert_option_refused(option, value, says);
}

/// Asserts that `value` is refused for an option.
fn assert_option_refused(option: &str, value: &str, says: &str) {
    let home = Home::with(&format!("[profile r]\nsource_profile = k\nrole_arn = {ROLE}\n"), KEYS);
    no_effect::assert_no_effect(
        &home,
        &Sts::start(),
        &["r", option, value],
        2,
        &[&format!("mfa-env: {option} is `"), says],
    );
}

// fault 65
pub fn refuses_invalid_role_arns() {
    for (arn, says) in [
        ("admin", "not the ARN of a role"),
        (
            "arn:aws:iam::123456789012:user/alice",
            "that is a user, not a role\n  a role is arn:aws:iam::123456789012:role/NAME\n",
        ),
        ("arn:aws:iam::12345678901:role/admin", "its account is not twelve digits"),
        ("arn:aws:iam::1234-5678-901:role/admin", "its account is not twelve digits"),
        ("arn:aws:iam::123456789012:role/ad min", "not the ARN of a role"),
        ("arn:aws:iam::123456789012:role/ädmin", "not the ARN of a role"),
        ("arn:aws:iam::123456789012:role/", "not the ARN of a role"),
        ("arn:aws:iam::123456789012:role", "not the ARN of a role"),
        ("arn:aws:iam::123456789012:instance-profile/x", "not the ARN of a role"),
        ("arn:aws:sts::123456789012:assumed-role/admin/x", "not the ARN of a role"),
        ("arn:aws:iam:eu-west-1:123456789012:role/admin", "not the ARN of a role"),
        ("arn::iam::123456789012:role/admin", "not the ARN of a role"),
        ("\"arn:aws:iam::123456789012:role/admin\"", "the quotes are part of the value"),
    ] {
        assert_refused("role_arn", "--role-arn", arn, says);
    }
    let long = format!("{ROLE}{}", "x".repeat(2048));
    assert_refused("role_arn", "--role-arn", &long, "…`: it must have 20 to 2048 characters");
}

// fault 65
pub fn refuses_mixed_partitions() {
    let china = "arn:aws-cn:iam::123456789012:role/admin";
    let device = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let home = Home::with(&format!("[profile k]\n{device}[profile r]\nsource_profile = k\nrole_arn = {china}\n"), KEYS);
    let config = home.path().join(".aws/config").display().to_string();
    let sts = Sts::start();
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["r"],
        3,
        &[
            &format!(
                "mfa-env: partition aws-cn ({config}:5) and partition aws ({config}:2) are of different AWS partitions\n"
            ),
            "  credentials of one partition are unknown in every other: correct one of the two\n",
        ],
    );
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["k", "--role-arn", china],
        3,
        &[&format!("partition aws-cn (--role-arn) and partition aws ({config}:2) are of different AWS partitions\n")],
    );
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["r", "--mfa-serial", "arn:aws-us-gov:iam::123456789012:mfa/alice"],
        3,
        &[&format!("partition aws-cn ({config}:5) and partition aws-us-gov (--mfa-serial) are of different")],
    );
    let chain = format!(
        "[profile k]\n[profile r]\nsource_profile = k\nrole_arn = {china}\n[profile s]\nsource_profile = r\nrole_arn = {ROLE}\n"
    );
    let home = Home::with(&chain, KEYS);
    let config = home.path().join(".aws/config").display().to_string();
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["s"],
        3,
        &[&format!("partition aws ({config}:7) and partition aws-cn ({config}:4) are of different")],
    );
}

// fault 66
pub fn refuses_invalid_durations() {
    for (value, says) in [
        ("1h", "not a whole number of seconds\n  write seconds in digits, 900 to 43200\n"),
        ("1e3", "not a whole number of seconds"),
        ("-1", "not a whole number of seconds"),
        ("3600.0", "not a whole number of seconds"),
        ("３６００", "not a whole number of seconds"),
        ("0", "out of range\n  it must be 900 to 43200 s (15 min to 12 h)\n"),
        ("899", "out of range"),
        ("43201", "out of range"),
        ("18446744073709551616", "out of range"),
    ] {
        let home = Home::with(
            &format!("[profile r]\nsource_profile = k\nrole_arn = {ROLE}\nduration_seconds = {value}\n"),
            KEYS,
        );
        let place = format!("{}:4: duration_seconds is `{value}`: ", home.path().join(".aws/config").display());
        no_effect::assert_no_effect(&home, &Sts::start(), &["r"], 3, &[&place, says]);
    }
    let forms = "not a duration\n  write seconds, or minutes and hours as 45m and 12h; 900 s to 43200 s (12h)\n";
    let range = "out of range\n  it must be 900 to 43200 s (15 min to 12 h)\n";
    for (value, says) in [
        ("899", range),
        ("43201", range),
        ("14m", range),
        ("13h", range),
        ("0", range),
        ("18446744073709551616", range),
        ("99999999999999999999h", range),
        ("1193047h", range),
        ("1e3", forms),
        ("-1", forms),
        ("-1h", forms),
        ("1.5h", forms),
        ("h", forms),
        ("", forms),
        (" ", forms),
        ("1d", forms),
        ("12H", forms),
        ("1h30m", forms),
        ("０h", forms),
    ] {
        assert_option_refused("--duration", value, says);
    }
}

// fault 67
pub fn refuses_invalid_role_session_names() {
    let allowed = "it has a character that AWS does not allow\n  allowed are letters, digits and _+=,.@-\n";
    for (name, says) in [
        ("x", "it must have 2 to 64 characters"),
        (&"x".repeat(65), "it must have 2 to 64 characters"),
        ("zoë", allowed),
        ("a b", allowed),
        ("a/b", allowed),
        ("a:b", allowed),
    ] {
        assert_refused("role_session_name", "--role-session-name", name, says);
    }
    assert_option_refused("--role-session-name", "", "it is empty");
}

// fault 68
pub fn refuses_invalid_external_ids() {
    let allowed = "it has a character that AWS does not allow\n  allowed are letters, digits and _+=,.@:/-\n";
    for (id, says) in [
        ("", "it is empty\n  give it a value, or remove it\n"),
        ("x", "it must have 2 to 1224 characters"),
        (&"x".repeat(1225), "it must have 2 to 1224 characters"),
        ("a b", allowed),
        ("a#b", allowed),
        ("ü1", allowed),
        ("\"ab\"", allowed),
    ] {
        assert_refused("external_id", "--external-id", id, says);
    }
}

// fault 69
pub fn refuses_invalid_devices() {
    for (serial, says) in [
        (
            "arn:aws:iam::123456789012:u2f/user/alice/key-ABC",
            "a security key or passkey gives no codes, and STS takes nothing but codes\n  register an authenticator app beside it",
        ),
        ("arn:aws:iam::123456789012:user/alice", "that is the user, not the user's MFA device\n"),
        ("arn:aws:iam::123456789012:role/alice", "not the serial number of an MFA device\n"),
        ("arn:aws:sts::123456789012:mfa/alice", "not the serial number of an MFA device\n"),
        ("arn:aws:iam::123456789012:mfa/", "not the serial number of an MFA device\n"),
        ("arn:aws:iam::12345678901:mfa/alice", "its account is not twelve digits"),
        ("GAHT1234", "it must have 9 to 256 characters"),
        ("GAHT 12345678", "it has a character that AWS does not allow\n  allowed are letters, digits and _+=/:,.@-\n"),
        ("'GAHT12345678'", "the quotes are part of the value"),
    ] {
        assert_refused("mfa_serial", "--mfa-serial", serial, says);
    }
    let mut home = Home::with("[profile k]\n", KEYS);
    home.set("MFA_ENV_MFA_SERIAL", "GAHT1234");
    no_effect::assert_no_effect(
        &home,
        &Sts::start(),
        &["k"],
        2,
        &["mfa-env: MFA_ENV_MFA_SERIAL is `GAHT1234`: it must have"],
    );
}

// fault 69
pub fn warns_of_a_device_in_another_account() {
    let sts = Sts::start();
    let home = Home::with(
        "[profile k]\naws_account_id = 210987654321\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
        KEYS,
    );
    let place = format!("{}:3", home.path().join(".aws/config").display());
    // It fails because there is no code, not because of the device.
    crate::support::program::Program::new(&home, ["k", "--shell", "sh"])
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .fails(5)
        .stdout("(exit 5);\n")
        .says(format!(
            "mfa-env: warning: the MFA device arn:aws:iam::123456789012:mfa/alice ({place}) is not of account 210987654321, whose keys are used\n"
        ))
        .run();
}

/// The checks above are not too strict: all of these values reach STS.
// faults 66 to 69
pub fn accepts_values_at_their_limits() {
    use crate::support::program::Program;
    use crate::support::sts::{Devices, RoleSpec, UserSpec};
    let sts = Sts::start();
    let serials = vec!["GAHT12345".to_owned()];
    let alice = sts.add_user_with("alice", UserSpec { devices: Devices::Serials(serials), ..Default::default() });
    let external = format!("{}=,.@:/-+_", "x".repeat(1215));
    let role = sts.add_role(
        "a+=,.@-_",
        RoleSpec {
            path: "/team/ops/".into(),
            external_id: Some(external.clone()),
            max_session_duration: 43200,
            ..Default::default()
        },
    );
    let name = "x".repeat(60) + "+=,.";
    let more = format!(
        "external_id = {external}\nrole_session_name = {name}\nduration_seconds = 43200\nmfa_serial = GAHT12345\n"
    );
    let home = Home::with_user(&sts, &alice, &[("r", &role, &more)]);
    let ran = Program::new(&home, ["r", &sts.code("GAHT12345"), "--shell", "sh"]).says("(12 h)").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("r")));
    let [call] = &sts.take_calls()[..] else { panic!("one call") };
    for (parameter, value) in [
        ("RoleArn", role.as_str()),
        ("RoleSessionName", &name),
        ("ExternalId", &external),
        ("DurationSeconds", "43200"),
        ("SerialNumber", "GAHT12345"),
    ] {
        assert_eq!(call.param(parameter), Some(value));
    }
}

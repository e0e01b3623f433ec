//! Parameters of the STS calls are checked before a code is asked for. The exit status is 3 for a value from a file and
//! 2 for one from the command line.

use crate::support::failure_statement;
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
    warns_about_a_device_in_another_account,
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
    let place = format!("mfa-env: ~/.aws/config:{line}: {setting} is");
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
        &[&format!("mfa-env: {option} is"), says],
    );
}

// fault 65
fn refuses_invalid_role_arns() {
    for (arn, says) in [
        ("admin", "`, which is not a role ARN\n"),
        (
            "arn:aws:iam::123456789012:user/alice",
            "`, which is a user, not a role\n  a role ARN looks like arn:aws:iam::123456789012:role/NAME\n",
        ),
        ("arn:aws:iam::12345678901:role/admin", "`, whose account ID does not have 12 digits\n"),
        ("arn:aws:iam::1234-5678-901:role/admin", "`, whose account ID does not have 12 digits\n"),
        ("arn:aws:iam::123456789012:role/ad min", "`, which is not a role ARN\n"),
        ("arn:aws:iam::123456789012:role/ädmin", "`, which is not a role ARN\n"),
        ("arn:aws:iam::123456789012:role/", "`, which is not a role ARN\n"),
        ("arn:aws:iam::123456789012:role", "`, which is not a role ARN\n"),
        ("arn:aws:iam::123456789012:instance-profile/x", "`, which is not a role ARN\n"),
        ("arn:aws:sts::123456789012:assumed-role/admin/x", "`, which is not a role ARN\n"),
        ("arn:aws:iam:eu-west-1:123456789012:role/admin", "`, which is not a role ARN\n"),
        ("arn::iam::123456789012:role/admin", "`, which is not a role ARN\n"),
        ("\"arn:aws:iam::123456789012:role/admin\"", "`, which includes the quotes\n"),
    ] {
        assert_refused("role_arn", "--role-arn", arn, says);
    }
    let long = format!("{ROLE}{}", "x".repeat(2048));
    assert_refused(
        "role_arn",
        "--role-arn",
        &long,
        "…`, which has more than 2048 characters\n  use 20 to 2048 characters\n",
    );
}

// fault 65
fn refuses_mixed_partitions() {
    let china = "arn:aws-cn:iam::123456789012:role/admin";
    let device = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let home = Home::with(&format!("[profile k]\n{device}[profile r]\nsource_profile = k\nrole_arn = {china}\n"), KEYS);
    let sts = Sts::start();
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["r"],
        3,
        &[
            "mfa-env: partition aws-cn (~/.aws/config:5) does not match partition aws (~/.aws/config:2)\n",
            "  correct one of them: credentials are valid in one AWS partition only\n",
        ],
    );
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["k", "--role-arn", china],
        3,
        &["partition aws-cn (--role-arn) does not match partition aws (~/.aws/config:2)\n"],
    );
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["r", "--mfa-serial", "arn:aws-us-gov:iam::123456789012:mfa/alice"],
        3,
        &["partition aws-cn (~/.aws/config:5) does not match partition aws-us-gov (--mfa-serial)\n"],
    );
    let chain = format!(
        "[profile k]\n[profile r]\nsource_profile = k\nrole_arn = {china}\n\
         [profile s]\nsource_profile = r\nrole_arn = {ROLE}\n"
    );
    let home = Home::with(&chain, KEYS);
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["s"],
        3,
        &["partition aws (~/.aws/config:7) does not match partition aws-cn (~/.aws/config:4)\n"],
    );
}

// fault 66
fn refuses_invalid_durations() {
    for (value, says) in [
        ("1h", "which is not a whole number of seconds\n  use digits only, 900 to 43200 seconds\n"),
        ("1e3", "which is not a whole number of seconds\n"),
        ("-1", "which is not a whole number of seconds\n"),
        ("3600.0", "which is not a whole number of seconds\n"),
        ("３６００", "which is not a whole number of seconds\n"),
        ("0", "which is out of range\n  use 900 to 43200 seconds (15 min to 12 h)\n"),
        ("899", "which is out of range\n"),
        ("43201", "which is out of range\n"),
        ("18446744073709551616", "which is out of range\n"),
    ] {
        let home = Home::with(
            &format!("[profile r]\nsource_profile = k\nrole_arn = {ROLE}\nduration_seconds = {value}\n"),
            KEYS,
        );
        let place = format!("~/.aws/config:4: duration_seconds is `{value}`, ");
        no_effect::assert_no_effect(&home, &Sts::start(), &["r"], 3, &[&place, says]);
    }
    let forms = "`, which is not a duration\n  use a number of seconds, or a duration such as 45m or 12h\n";
    let range = "which is out of range\n  use 900 to 43200 seconds (15 min to 12 h)\n";
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
fn refuses_invalid_role_session_names() {
    let allowed = "`, which contains a character that AWS does not allow\n  use only letters, digits and _+=,.@-\n";
    for (name, says) in [
        ("x", "`, which has fewer than 2 characters\n  use 2 to 64 characters\n"),
        (&"x".repeat(65), "`, which has more than 64 characters\n  use 2 to 64 characters\n"),
        ("zoë", allowed),
        ("a b", allowed),
        ("a/b", allowed),
        ("a:b", allowed),
    ] {
        assert_refused("role_session_name", "--role-session-name", name, says);
    }
    assert_option_refused("--role-session-name", "", "--role-session-name is empty\n");
}

// fault 68
fn refuses_invalid_external_ids() {
    let allowed = "`, which contains a character that AWS does not allow\n  use only letters, digits and _+=,.@:/-\n";
    for (id, says) in [
        ("", " is empty\n  give it a value, or remove it\n"),
        ("x", "`, which has fewer than 2 characters\n  use 2 to 1224 characters\n"),
        (&"x".repeat(1225), "`, which has more than 1224 characters\n  use 2 to 1224 characters\n"),
        ("a b", allowed),
        ("a#b", allowed),
        ("ü1", allowed),
        ("\"ab\"", allowed),
    ] {
        assert_refused("external_id", "--external-id", id, says);
    }
}

// fault 69
fn refuses_invalid_devices() {
    for (serial, says) in [
        (
            "arn:aws:iam::123456789012:u2f/user/alice/key-ABC",
            "`, which is a security key or passkey and does not generate codes\n  \
             register an authenticator app as well",
        ),
        ("arn:aws:iam::123456789012:user/alice", "`, which is the user, not the user's MFA device\n"),
        (
            "arn:aws:iam::123456789012:role/alice",
            "`, which is not an MFA device ARN\n  an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice\n",
        ),
        (
            "arn:aws:sts::123456789012:mfa/alice",
            "`, which is not an MFA device ARN\n  an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice\n",
        ),
        (
            "arn:aws:iam::123456789012:mfa/",
            "`, which is not an MFA device ARN\n  an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice\n",
        ),
        ("arn:aws:iam::12345678901:mfa/alice", "`, whose account ID does not have 12 digits\n"),
        (
            "GAHT1234",
            "`, which is not an ARN\n  an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice;\n  \
             for a hardware token, use its serial number\n",
        ),
        (
            "GAHT 12345678",
            "`, which contains a character that AWS does not allow\n  use only letters, digits and _+=/:,.@-\n",
        ),
        ("'GAHT12345678'", "`, which includes the quotes\n"),
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
        &["mfa-env: MFA_ENV_MFA_SERIAL is `GAHT1234`, which is not an ARN\n"],
    );
}

// fault 69
fn warns_about_a_device_in_another_account() {
    let sts = Sts::start();
    let home = Home::with(
        "[profile k]\naws_account_id = 210987654321\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
        KEYS,
    );
    // It fails because there is no code, not because of the device.
    crate::support::program::Program::new(&home, ["k", "--shell", "sh"])
        .env("AWS_ENDPOINT_URL_STS", sts.url())
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says(
            "mfa-env: warning: MFA device arn:aws:iam::123456789012:mfa/alice (~/.aws/config:3) belongs to a \
            different account than the access keys (210987654321); correct the device or aws_account_id \
            [device-of-other-account]\n",
        )
        .run();
}

/// The checks above are not too strict: all of these values reach STS.
// faults 66 to 69
fn accepts_values_at_their_limits() {
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
    let ran = Program::new(&home, ["r", &sts.code("GAHT12345"), "--shell", "sh"]).says("12 h left").run();
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

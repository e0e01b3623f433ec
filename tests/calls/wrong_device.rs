//! A device that is not the user's own: the message names the user's devices if IAM lists them, and otherwise gives
//! general advice.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::sts::{Action, Devices, Fault, Gate, Sts, UserSpec};
use crate::support::tls::Tls;
use std::time::{Duration, Instant};

trials![
    names_the_users_only_device,
    names_all_of_the_users_devices,
    names_the_flag_or_variable_that_set_the_device,
    says_that_the_user_has_no_device_with_codes,
    explains_how_to_resync_a_device,
    escapes_device_names,
    gives_general_advice_if_iam_fails,
    does_not_wait_long_for_iam,
    corrects_the_clock_for_iam,
    calls_iam_over_tls,
    does_not_call_aws_iam_for_a_custom_sts,
];

const WRONG: &str = "arn:aws:iam::123456789012:mfa/alcie";
const AWS_MESSAGE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                           serial number is valid and associated with this user.";

struct Setup {
    sts: Sts,
    home: Home,
    /// File and line of `mfa_serial`.
    place: String,
}

/// Alice has these devices, and her profile names `serial`. STS and IAM share an address.
fn set_up(devices: Devices, serial: &str) -> Setup {
    let sts = Sts::start();
    let alice = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let config = format!("[profile main]\nmfa_serial = {serial}\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL", sts.url());
    let place = "~/.aws/config:2".to_owned();
    Setup { sts, home, place }
}

impl Setup {
    /// Asserts that the sign-in fails with this advice and makes exactly these calls.
    #[track_caller]
    fn assert_fails(&self, arguments: &[&str], device: &str, advice: &[&str], calls: &[&str]) {
        let what = format!(
            "mfa-env: AWS cannot verify codes from {device} for arn:aws:iam::123456789012:user/alice, the user of \
             profile main\n"
        );
        let advice: String = advice.iter().map(|line| format!("  {line}\n")).collect();
        let arguments = ["main", "123456", "--shell", "sh"].into_iter().chain(arguments.iter().copied());
        Program::new(&self.home, arguments)
            .fails(4)
            .stdout(failure_statement::of("sh", 4))
            .stderr(format!("{what}{advice}  AWS said: AccessDenied: {AWS_MESSAGE}\n"))
            .run();
        let made: Vec<String> = self.sts.take_calls().into_iter().map(|call| call.action).collect();
        assert_eq!(made, calls);
    }
}

const CALLS: [&str; 3] = ["GetSessionToken", "GetCallerIdentity", "ListMFADevices"];
const GENERAL_ADVICE: [&str; 2] = [
    "use the ARN of this user's own MFA device (with :mfa/); find it with: mfa-env device main",
    "if it is the right one, it is out of sync with AWS; resync it with two codes in a row: mfa-env device resync main",
];

// fault 105
fn names_the_users_only_device() {
    let setup = set_up(Devices::Virtual, WRONG);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        setup.place
    );
    setup.assert_fails(&[], WRONG, &[&advice], &CALLS);
}

// fault 105
fn names_all_of_the_users_devices() {
    let serials =
        ["arn:aws:iam::123456789012:mfa/phone", "arn:aws:iam::123456789012:u2f/user/alice/key", "GAHT12345678"];
    let setup = set_up(Devices::Serials(serials.map(str::to_owned).to_vec()), WRONG);
    let advice = format!("this user has other MFA devices; change {} to one of:", setup.place);
    let lines = ["  mfa_serial = arn:aws:iam::123456789012:mfa/phone", "  mfa_serial = GAHT12345678"];
    setup.assert_fails(&[], WRONG, &[&advice, lines[0], lines[1]], &CALLS);
}

// fault 105
fn names_the_flag_or_variable_that_set_the_device() {
    let mut setup = set_up(Devices::Virtual, "arn:aws:iam::123456789012:mfa/alice");
    let advice = "this user has another MFA device; use --mfa-serial arn:aws:iam::123456789012:mfa/alice";
    setup.assert_fails(&["--mfa-serial", WRONG], WRONG, &[advice], &CALLS);
    setup.home.set("MFA_ENV_MFA_SERIAL", WRONG);
    let advice = "this user has another MFA device; set MFA_ENV_MFA_SERIAL=arn:aws:iam::123456789012:mfa/alice";
    setup.assert_fails(&[], WRONG, &[advice], &CALLS);
}

// fault 105
fn says_that_the_user_has_no_device_with_codes() {
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key".to_owned();
    for devices in [Devices::None, Devices::Serials(vec![key])] {
        let setup = set_up(devices, WRONG);
        let advice = "this user has no MFA device that generates codes; register an authenticator app with: \
            mfa-env enroll main";
        setup.assert_fails(&[], WRONG, &[advice], &CALLS);
    }
}

// fault 105
fn explains_how_to_resync_a_device() {
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let setup = set_up(Devices::Virtual, serial);
    setup.sts.on(
        Action::GetSessionToken,
        Fault::Refuse { status: 403, code: "AccessDenied".into(), message: AWS_MESSAGE.into() },
    );
    setup.assert_fails(
        &[],
        serial,
        &[
            "the device belongs to this user, so it is out of sync with AWS; resync it with two codes in a row:",
            "mfa-env device resync main",
        ],
        &CALLS,
    );
}

// faults 31, 105
fn escapes_device_names() {
    let setup = set_up(Devices::Virtual, WRONG);
    let long = "x".repeat(300);
    let body = format!(
        "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult>\
         <IsTruncated>false</IsTruncated><MFADevices>\
         <member><UserName>a</UserName><SerialNumber>a&#27;[2J&#10;  mfa-env: b\u{202e}</SerialNumber></member>\
         <member><UserName>a</UserName><SerialNumber>{long}</SerialNumber></member>\
         </MFADevices></ListMFADevicesResult></ListMFADevicesResponse>"
    );
    let raw = Fault::Raw { status: 200, content_type: "text/xml".into(), body: body.into_bytes() };
    setup.sts.on(Action::ListMFADevices, raw);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = a\\x1b[2J\\x0a  mfa-env: b\\u{{202e}}",
        setup.place
    );
    setup.assert_fails(&[], WRONG, &[&advice], &CALLS);
}

// fault 105
fn gives_general_advice_if_iam_fails() {
    let denied = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListMFADevices on \
                  resource: user alice because no identity-based policy allows the iam:ListMFADevices action";
    let page = Fault::Raw { status: 200, content_type: "text/html".into(), body: b"<html>log in</html>".to_vec() };
    let again = ["GetSessionToken", "GetCallerIdentity", "ListMFADevices", "ListMFADevices"];
    for (fault, calls) in [
        (Fault::Refuse { status: 403, code: "AccessDenied".into(), message: denied.into() }, &CALLS[..]),
        (page, &CALLS),
        (Fault::CloseUnprocessed, &again),
    ] {
        let setup = set_up(Devices::Virtual, WRONG);
        setup.sts.always(Action::ListMFADevices, fault);
        setup.assert_fails(&[], WRONG, &GENERAL_ADVICE, calls);
    }
}

// fault 105
fn does_not_wait_long_for_iam() {
    let setup = set_up(Devices::Virtual, WRONG);
    setup.sts.on(Action::ListMFADevices, Fault::Hold(Gate::new()));
    let start = Instant::now();
    let ran = Program::new(&setup.home, ["main", "123456", "--shell", "sh"])
        .fails(4)
        .stdout(failure_statement::of("sh", 4))
        .says("mfa-env: waiting for ")
        .says(format!("  {}\n  AWS said: AccessDenied: {AWS_MESSAGE}\n", GENERAL_ADVICE.join("\n  ")))
        .run();
    assert!(start.elapsed() < Duration::from_secs(3 + 5), "{:?}", start.elapsed());
    assert_eq!(ran.stderr.lines().count(), 5, "{}", ran.stderr);
}

// faults 105, 111
fn corrects_the_clock_for_iam() {
    let setup = set_up(Devices::Virtual, WRONG);
    setup.sts.set_clock(7200);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        setup.place
    );
    let calls = ["GetSessionToken", "GetSessionToken", "GetCallerIdentity", "ListMFADevices", "ListMFADevices"];
    setup.assert_fails(&[], WRONG, &[&advice], &calls);
}

// faults 105, 117
fn calls_iam_over_tls() {
    let mut setup = set_up(Devices::Virtual, WRONG);
    let tls = Tls::in_front_of(&setup.sts, &["127.0.0.1"]);
    let bundle = setup.home.write(".aws/ca.pem", &tls.pem);
    setup.home.set("AWS_ENDPOINT_URL_IAM", format!("https://{}", tls.address));
    // The certificate is not trusted, so IAM is not called; the user of the keys is named anyway.
    setup.assert_fails(&[], WRONG, &GENERAL_ADVICE, &CALLS[..2]);
    setup.home.set("AWS_CA_BUNDLE", bundle);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        setup.place
    );
    setup.assert_fails(&[], WRONG, &[&advice], &CALLS);
}

// faults 105, 120
fn does_not_call_aws_iam_for_a_custom_sts() {
    let mut setup = set_up(Devices::Virtual, WRONG);
    setup.home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL"));
    setup.home.set("AWS_ENDPOINT_URL_STS", setup.sts.url());
    // A call to AWS would go through this proxy.
    let proxy = Proxy::responding("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    setup.home.set("HTTPS_PROXY", format!("http://{}", proxy.address));
    setup.assert_fails(&[], WRONG, &GENERAL_ADVICE, &CALLS[..2]);
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

//! A device that is not the user's: the user's own are named where IAM lists them, and where it does not nothing is lost but their names.

use crate::support::home::{Home, keys_of};
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::sts::{Action, Devices, Fault, Gate, Sts, UserSpec};
use crate::support::tls::Tls;
use std::time::{Duration, Instant};

trials![
    the_only_device_is_another,
    one_of_several,
    a_device_by_flag,
    no_device_with_codes,
    a_device_out_of_step,
    names_that_would_move_the_cursor,
    iam_says_no_or_nothing,
    iam_takes_too_long,
    iam_by_a_clock_that_is_off,
    iam_behind_tls,
    nobody_is_asked_where_sts_is_somebody_elses,
];

const WRONG: &str = "arn:aws:iam::123456789012:mfa/alcie";
const SAID: &str = "AWS said: AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
const NO: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";

struct InteractiveShell {
    sts: Sts,
    home: Home,
    /// Where `mfa_serial` stands.
    place: String,
}

/// Alice has these devices, and her profile names `serial`. STS and IAM are at one address.
fn shell_session(devices: Devices, serial: &str) -> InteractiveShell {
    let sts = Sts::start();
    let alice = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let config = format!("[profile main]\nmfa_serial = {serial}\n");
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL", sts.url());
    let place = "~/.aws/config:2".to_owned();
    InteractiveShell { sts, home, place }
}

impl InteractiveShell {
    /// The sign-in fails: what is wrong, this advice, what AWS said; and these calls were made.
    #[track_caller]
    fn fails(&self, words: &[&str], device: &str, advice: &[&str], calls: &[&str]) {
        let what = format!(
            "mfa-env: AWS cannot verify codes of {device} for arn:aws:iam::123456789012:user/alice, the user of \
             profile main\n"
        );
        let advice: String = advice.iter().map(|line| format!("  {line}\n")).collect();
        let words = ["main", "123456", "--shell", "sh"].into_iter().chain(words.iter().copied());
        Program::new(&self.home, words)
            .fails(4)
            .stdout("(exit 4);\n")
            .stderr(format!("{what}{advice}  {SAID}\n"))
            .run();
        let made: Vec<String> = self.sts.take_calls().into_iter().map(|call| call.action).collect();
        assert_eq!(made, calls);
    }
}

const CALLS: [&str; 3] = ["GetSessionToken", "GetCallerIdentity", "ListMFADevices"];
const UNKNOWN: [&str; 2] = [
    "use the ARN of this user's own MFA device (with :mfa/); find it with: aws iam list-mfa-devices --profile main",
    "if it is the right one, it is out of sync with AWS: resync it in the IAM console",
];

// fault 105
pub fn the_only_device_is_another() {
    let shell_session = shell_session(Devices::Virtual, WRONG);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        shell_session.place
    );
    shell_session.fails(&[], WRONG, &[&advice], &CALLS);
}

// fault 105
pub fn one_of_several() {
    let serials =
        ["arn:aws:iam::123456789012:mfa/phone", "arn:aws:iam::123456789012:u2f/user/alice/key", "GAHT12345678"];
    let shell_session = shell_session(Devices::Serials(serials.map(str::to_owned).to_vec()), WRONG);
    let advice = format!("this user has other MFA devices; change {} to one of:", shell_session.place);
    let lines = ["  mfa_serial = arn:aws:iam::123456789012:mfa/phone", "  mfa_serial = GAHT12345678"];
    shell_session.fails(&[], WRONG, &[&advice, lines[0], lines[1]], &CALLS);
}

// fault 105
pub fn a_device_by_flag() {
    let shell_session = shell_session(Devices::Virtual, "arn:aws:iam::123456789012:mfa/alice");
    let advice = "this user has another MFA device; use --mfa-serial arn:aws:iam::123456789012:mfa/alice";
    shell_session.fails(&["--mfa-serial", WRONG], WRONG, &[advice], &CALLS);
    let mut shell_session = shell_session;
    shell_session.home.set("MFA_ENV_MFA_SERIAL", WRONG);
    let advice = "this user has another MFA device; set MFA_ENV_MFA_SERIAL=arn:aws:iam::123456789012:mfa/alice";
    shell_session.fails(&[], WRONG, &[advice], &CALLS);
}

// fault 105
pub fn no_device_with_codes() {
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key".to_owned();
    for devices in [Devices::None, Devices::Serials(vec![key])] {
        let shell_session = shell_session(devices, WRONG);
        let advice = "this user has no MFA device that generates codes; register an authenticator app in the IAM \
            console (Security credentials)";
        shell_session.fails(&[], WRONG, &[advice], &CALLS);
    }
}

// fault 105
pub fn a_device_out_of_step() {
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let shell_session = shell_session(Devices::Virtual, serial);
    shell_session
        .sts
        .on(Action::GetSessionToken, Fault::Refuse { status: 403, code: "AccessDenied".into(), message: NO.into() });
    shell_session.fails(
        &[],
        serial,
        &[
            "the device belongs to this user, so it is out of sync with AWS; resync it with two codes in a row:",
            "aws iam resync-mfa-device --user-name alice --serial-number 'arn:aws:iam::123456789012:mfa/alice' --authentication-code1 CODE --authentication-code2 NEXT",
        ],
        &CALLS,
    );
}

// faults 31, 105
pub fn names_that_would_move_the_cursor() {
    let shell_session = shell_session(Devices::Virtual, WRONG);
    let long = "x".repeat(300);
    let body = format!(
        "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult><IsTruncated>false</IsTruncated>\
         <MFADevices><member><UserName>a</UserName><SerialNumber>a&#27;[2J&#10;  mfa-env: b\u{202e}</SerialNumber></member>\
         <member><UserName>a</UserName><SerialNumber>{long}</SerialNumber></member></MFADevices></ListMFADevicesResult></ListMFADevicesResponse>"
    );
    let raw = Fault::Raw { status: 200, content_type: "text/xml".into(), body: body.into_bytes() };
    shell_session.sts.on(Action::ListMFADevices, raw);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = a\\x1b[2J\\x0a  mfa-env: b\\u{{202e}}",
        shell_session.place
    );
    shell_session.fails(&[], WRONG, &[&advice], &CALLS);
}

// fault 105
pub fn iam_says_no_or_nothing() {
    let denied = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListMFADevices on resource: user alice because no identity-based policy allows the iam:ListMFADevices action";
    let page = Fault::Raw { status: 200, content_type: "text/html".into(), body: b"<html>log in</html>".to_vec() };
    let again = ["GetSessionToken", "GetCallerIdentity", "ListMFADevices", "ListMFADevices"];
    for (fault, calls) in [
        (Fault::Refuse { status: 403, code: "AccessDenied".into(), message: denied.into() }, &CALLS[..]),
        (page, &CALLS),
        (Fault::CloseUnprocessed, &again),
    ] {
        let shell_session = shell_session(Devices::Virtual, WRONG);
        shell_session.sts.always(Action::ListMFADevices, fault);
        shell_session.fails(&[], WRONG, &UNKNOWN, calls);
    }
}

// fault 105
pub fn iam_takes_too_long() {
    let shell_session = shell_session(Devices::Virtual, WRONG);
    shell_session.sts.on(Action::ListMFADevices, Fault::Hold(Gate::new()));
    let start = Instant::now();
    let said = "mfa-env: waiting for ";
    let ran = Program::new(&shell_session.home, ["main", "123456", "--shell", "sh"])
        .fails(4)
        .stdout("(exit 4);\n")
        .says(said)
        .says(format!("  {}\n  {}\n  {SAID}\n", UNKNOWN[0], UNKNOWN[1]))
        .run();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert_eq!(ran.stderr.lines().count(), 5, "{}", ran.stderr);
}

// faults 105, 111
pub fn iam_by_a_clock_that_is_off() {
    let shell_session = shell_session(Devices::Virtual, WRONG);
    shell_session.sts.set_clock(7200);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        shell_session.place
    );
    let calls = ["GetSessionToken", "GetSessionToken", "GetCallerIdentity", "ListMFADevices", "ListMFADevices"];
    shell_session.fails(&[], WRONG, &[&advice], &calls);
}

// faults 105, 117
pub fn iam_behind_tls() {
    let mut shell_session = shell_session(Devices::Virtual, WRONG);
    let tls = Tls::before(&shell_session.sts, &["127.0.0.1"]);
    let bundle = shell_session.home.write(".aws/ca.pem", &tls.pem);
    shell_session.home.set("AWS_ENDPOINT_URL_IAM", format!("https://{}", tls.address));
    // Nobody trusts that one; the keys' user is named all the same.
    shell_session.fails(&[], WRONG, &UNKNOWN, &CALLS[..2]);
    shell_session.home.set("AWS_CA_BUNDLE", bundle);
    let advice = format!(
        "this user has another MFA device; change {} to mfa_serial = arn:aws:iam::123456789012:mfa/alice",
        shell_session.place
    );
    shell_session.fails(&[], WRONG, &[&advice], &CALLS);
}

// faults 105, 120
pub fn nobody_is_asked_where_sts_is_somebody_elses() {
    let mut shell_session = shell_session(Devices::Virtual, WRONG);
    shell_session.home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL"));
    shell_session.home.set("AWS_ENDPOINT_URL_STS", shell_session.sts.url());
    // A proxy that AWS would be asked through sees nobody.
    let proxy = Proxy::answering("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    shell_session.home.set("HTTPS_PROXY", format!("http://{}", proxy.address));
    shell_session.fails(&[], WRONG, &UNKNOWN, &CALLS[..2]);
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

//! STS that is busy or slow, and clocks that differ: calls without a code are tried three times, and a slow response is
//! announced.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts};
use mfa_env::clock::SET_CLOCK;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

trials![
    retries_calls_without_a_code,
    gives_up_after_three_attempts_if_busy,
    gives_up_after_three_attempts_if_throttled,
    gives_up_after_three_attempts_if_disconnected,
    warns_if_the_clocks_differ,
    corrects_a_clock_that_invalidates_the_signature,
    announces_a_slow_response,
];

fn refuse(status: u16, code: &str) -> Fault {
    Fault::Refuse { status, code: code.into(), message: "Please try again".into() }
}

/// A role without a device, which is assumed without a code.
fn role_without_device() -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    (sts, home)
}

// fault 113
fn retries_calls_without_a_code() {
    let (sts, home) = role_without_device();
    sts.on(Action::AssumeRole, refuse(503, "ServiceUnavailable"));
    sts.on(Action::AssumeRole, Fault::CloseProcessed);
    Program::new(&home, ["r", "--shell", "sh"]).signs_in_to("r").run();
    let statuses: Vec<Option<u16>> = sts.take_session_calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(503), None, Some(200)]);
}

fn assert_three_attempts(fault: Fault, says: &str) {
    let (sts, home) = role_without_device();
    sts.always(Action::AssumeRole, fault);
    let ran =
        Program::new(&home, ["r", "--shell", "sh"]).fails(6).stdout(failure_statement::of("sh", 6)).says(says).run();
    assert_eq!(sts.take_session_calls().len(), 3);
    assert!(!ran.stderr.contains("code may have been used"), "no code was sent: {}", ran.stderr);
}

// fault 113
fn gives_up_after_three_attempts_if_busy() {
    assert_three_attempts(refuse(503, "ServiceUnavailable"), "is busy (ServiceUnavailable)\n");
}

// fault 113
fn gives_up_after_three_attempts_if_throttled() {
    assert_three_attempts(Fault::Throttle, "is busy (Throttling)\n");
}

// fault 113
fn gives_up_after_three_attempts_if_disconnected() {
    assert_three_attempts(Fault::CloseUnprocessed, "cannot be reached: ");
}

/// Signs in to a role with a code while STS's clock is `seconds` ahead; returns the calls with their statuses.
fn sign_in_with_clock(seconds: i64, says: &str) -> Vec<(String, Option<u16>)> {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("r", &role, "")]);
    sts.set_clock(seconds);
    let ran = Program::new(&home, ["r", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says("mfa-env: warning: this machine's clock (")
        .says(says)
        .says(format!("; set it with: {SET_CLOCK} [clock-offset]\n"))
        .says("1 h left")
        .run();
    // One warning, although each response shows the difference.
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    // The two times in the warning differ by this much.
    let times: Vec<time::OffsetDateTime> = ran
        .stderr
        .split(['(', ')'])
        .filter_map(|t| time::OffsetDateTime::parse(t, &time::format_description::well_known::Rfc3339).ok())
        .collect();
    let [ours, theirs] = times[..] else { panic!("expected two times: {}", ran.stderr) };
    assert!(((theirs - ours).whole_seconds() - seconds).abs() < 20, "{}", ran.stderr);
    // The expiration is in this machine's time, because tools compare it with this machine's clock.
    let expiration = ran.variable("AWS_CREDENTIAL_EXPIRATION").flatten().expect("an expiration");
    let expiration =
        time::OffsetDateTime::parse(expiration, &time::format_description::well_known::Rfc3339).expect("RFC 3339");
    assert!(((expiration - ours).whole_seconds() - 3600).abs() < 20, "{expiration}: {}", ran.stderr);
    sts.take_session_calls().into_iter().map(|call| (call.action, call.status)).collect()
}

fn ok(action: &str) -> (String, Option<u16>) {
    (action.to_owned(), Some(200))
}

// fault 111
fn warns_if_the_clocks_differ() {
    assert_eq!(sign_in_with_clock(600, " behind AWS's ("), [ok("GetSessionToken"), ok("AssumeRole")]);
    assert_eq!(sign_in_with_clock(-600, " ahead of AWS's ("), [ok("GetSessionToken"), ok("AssumeRole")]);
}

// faults 111, 228
fn corrects_a_clock_that_invalidates_the_signature() {
    // STS rejects the first signature before it reads the code, so the code is sent again with a corrected time.
    let refused = ("GetSessionToken".to_owned(), Some(403));
    for seconds in [3600, -3600, 400_000] {
        let says = if seconds > 0 { " behind AWS's (" } else { " ahead of AWS's (" };
        assert_eq!(
            sign_in_with_clock(seconds, says),
            [refused.clone(), ok("GetSessionToken"), ok("AssumeRole")],
            "{seconds}"
        );
    }
}

fn announces_a_slow_response() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for quiet in [false, true] {
        let home = Home::with_user(&sts, &alice, &[]);
        let gate = Gate::new();
        let mut arguments = vec!["main".to_owned(), sts.code(&alice.mfa_serial), "--shell".to_owned(), "sh".to_owned()];
        if quiet {
            // Nothing is announced, so the response comes when it would have been announced for a second.
            arguments.push("-q".to_owned());
            sts.on(Action::GetSessionToken, Fault::Delay(Duration::from_secs(2 + 1)));
        } else {
            sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        }
        let mut command = Program::new(&home, arguments).command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
        if !quiet {
            let host = sts.url().replace("http://", "");
            assert_eq!(lines.next(), Some(format!("mfa-env: waiting for {host}")));
            gate.open();
        }
        let rest: Vec<String> = lines.collect();
        assert_eq!(rest.len(), usize::from(!quiet), "{rest:?}");
        assert!(child.wait().expect("exit status").success());
    }
}

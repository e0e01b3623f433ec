//! STS in trouble, and clocks that differ: what holds no code goes out three times, and a slow answer is spoken of.

use crate::support::home::{Home, keys_of};
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts};
use mfa_env::clock::SET_CLOCK;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

trials![
    calls_without_a_code_are_tried_again,
    calls_without_a_code_end_after_three_attempts_when_busy,
    calls_without_a_code_end_after_three_attempts_when_throttled,
    calls_without_a_code_end_after_three_attempts_when_cut_off,
    clocks_that_differ_a_little,
    clocks_that_differ_too_much_for_the_signature,
    a_slow_answer_is_spoken_of,
];

fn refuse(status: u16, code: &str) -> Fault {
    Fault::Refuse { status, code: code.into(), message: "Please try again".into() }
}

/// A role without a device, so a call without a code.
fn role_without_device() -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n");
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    (sts, home)
}

// fault 113
pub fn calls_without_a_code_are_tried_again() {
    let (sts, home) = role_without_device();
    sts.on(Action::AssumeRole, refuse(503, "ServiceUnavailable"));
    sts.on(Action::AssumeRole, Fault::CloseProcessed);
    Program::new(&home, ["r", "--shell", "sh"]).says("mfa-env: signed in to r").run();
    assert_eq!(sts.take_calls().iter().map(|call| call.status).collect::<Vec<_>>(), [Some(503), None, Some(200)]);
}

fn ends_after_three(fault: Fault, says: &str) {
    let (sts, home) = role_without_device();
    sts.always(Action::AssumeRole, fault);
    let ran = Program::new(&home, ["r", "--shell", "sh"]).fails(6).stdout("(exit 6);\n").says(says).run();
    assert_eq!(sts.take_calls().len(), 3);
    assert!(!ran.stderr.contains("code may have been used"), "no code was sent: {}", ran.stderr);
}

// fault 113
pub fn calls_without_a_code_end_after_three_attempts_when_busy() {
    ends_after_three(refuse(503, "ServiceUnavailable"), "is busy (ServiceUnavailable)\n");
}

// fault 113
pub fn calls_without_a_code_end_after_three_attempts_when_throttled() {
    ends_after_three(Fault::Throttle, "is busy (Throttling)\n");
}

// fault 113
pub fn calls_without_a_code_end_after_three_attempts_when_cut_off() {
    ends_after_three(Fault::CloseUnprocessed, "cannot be reached: ");
}

/// Signs in to a role with a code while STS's clock is `seconds` ahead; the calls by their statuses.
fn with_clock(seconds: i64, says: &str) -> Vec<(String, Option<u16>)> {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    sts.set_clock(seconds);
    let ran = Program::new(&home, ["r", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says("mfa-env: warning: this machine's clock (")
        .says(says)
        .says(format!("; set it with: {SET_CLOCK} [clock-offset]\n"))
        .says("(1 h)")
        .run();
    // Said once, though each of the answers shows it.
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    // Two times that differ by as much.
    let times: Vec<time::OffsetDateTime> = ran
        .stderr
        .split(['(', ')'])
        .filter_map(|t| time::OffsetDateTime::parse(t, &time::format_description::well_known::Rfc3339).ok())
        .collect();
    let [ours, theirs] = times[..] else { panic!("two times: {}", ran.stderr) };
    assert!(((theirs - ours).whole_seconds() - seconds).abs() < 20, "{}", ran.stderr);
    // The end is in this machine's time, by which everybody will compare it.
    let end = ran.variable("AWS_CREDENTIAL_EXPIRATION").flatten().expect("an expiration");
    let end = time::OffsetDateTime::parse(end, &time::format_description::well_known::Rfc3339).expect("RFC 3339");
    assert!(((end - ours).whole_seconds() - 3600).abs() < 20, "{end}: {}", ran.stderr);
    sts.take_calls().into_iter().map(|call| (call.action, call.status)).collect()
}

fn ok(action: &str) -> (String, Option<u16>) {
    (action.to_owned(), Some(200))
}

// fault 111
pub fn clocks_that_differ_a_little() {
    assert_eq!(with_clock(600, " behind AWS's ("), [ok("GetSessionToken"), ok("AssumeRole")]);
    assert_eq!(with_clock(-600, " ahead of AWS's ("), [ok("GetSessionToken"), ok("AssumeRole")]);
}

// fault 111
pub fn clocks_that_differ_too_much_for_the_signature() {
    // The first is refused for its time before STS looks at the code; so the code goes out again, with a signature that is in time.
    let refused = ("GetSessionToken".to_owned(), Some(403));
    for seconds in [3600, -3600, 400_000] {
        let says = if seconds > 0 { " behind AWS's (" } else { " ahead of AWS's (" };
        assert_eq!(with_clock(seconds, says), [refused.clone(), ok("GetSessionToken"), ok("AssumeRole")], "{seconds}");
    }
}

pub fn a_slow_answer_is_spoken_of() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for quiet in [false, true] {
        let home = Home::signed_up(&sts, &alice, &[]);
        let gate = Gate::new();
        sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        let mut words = vec!["main".to_owned(), sts.code(&alice.mfa_serial), "--shell".to_owned(), "sh".to_owned()];
        if quiet {
            // Nothing would tell us when to open it.
            words.push("-q".to_owned());
            gate.open();
        }
        let mut command = Program::new(&home, words).command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let mut said = BufReader::new(child.stderr.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
        if !quiet {
            let host = sts.url().replace("http://", "");
            assert_eq!(said.next(), Some(format!("mfa-env: waiting for {host}")));
            gate.open();
        }
        let rest: Vec<String> = said.collect();
        assert_eq!(rest.len(), usize::from(!quiet), "{rest:?}");
        assert!(child.wait().expect("its end").success());
    }
}

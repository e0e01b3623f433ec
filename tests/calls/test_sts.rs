//! Tests of the test STS itself: it behaves like AWS, for requests signed by the SDK's own signer.

use crate::support::sts::{ACCOUNT, Action, Devices, Fault, Gate, Patch, RoleSpec, Sts, Text, UserSpec};
use crate::support::sts_client::{Client, send};
use std::thread;
use std::time::{Duration, Instant};

trials![
    answers_get_caller_identity,
    rejects_a_request_that_was_changed_after_signing,
    accepts_each_code_once,
    accepts_a_device_only_from_its_user,
    does_not_carry_mfa_beyond_the_first_role,
    enforces_parameter_limits,
    enforces_trust_policies,
    supports_other_partitions,
    uses_its_own_clock,
    injects_faults,
    holds_a_response_until_the_gate_opens,
    releases_waiting_clients_when_it_stops,
    shows_no_secret_in_debug_output,
];

const WHO: &str = "GetCallerIdentity";
const SESSION: &str = "GetSessionToken";
const TIMEOUT: Duration = Duration::from_secs(20);

fn answers_get_caller_identity() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let response = Client::of(&sts, &alice).call(WHO);
    assert_eq!(response.element("Arn"), alice.arn);
    assert_eq!(response.element("Account"), alice.account);
    assert_eq!(alice.arn, format!("arn:aws:iam::{ACCOUNT}:user/{}", alice.name));

    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!((call.number, call.connection, call.action.as_str()), (1, 1, WHO));
    assert_eq!(call.access_key_id, alice.access_key_id);
    assert_eq!(call.caller, Some(alice.arn));
    assert_eq!((call.region.as_str(), call.session_token_sent), ("eu-central-1", false));
    assert_eq!(format!("http://{}", call.host), sts.url());
    assert_eq!((call.status, &call.error), (Some(200), &None));
    assert!(sts.calls().is_empty());
}

fn rejects_a_request_that_was_changed_after_signing() {
    let sts = Sts::start();
    let client = Client::of(&sts, &sts.add_user("alice"));
    let signed = client.request("GetSessionToken&DurationSeconds=900");
    assert_eq!(send(&sts, &signed).expect("a response").status, 200);
    for (from, to) in [
        ("DurationSeconds=900", "DurationSeconds=901"),
        ("POST / ", "POST /x "),
        ("POST / ", "POST /?x=y "),
        ("/eu-central-1/", "/eu-central-2/"),
        ("Signature=", "Signature=0"),
        (";x-amz-date", ""),
    ] {
        assert!(signed.contains(from), "{from} is not in the request");
        let response = send(&sts, &signed.replace(from, to)).expect("a response");
        assert_eq!(response.element("Code"), "SignatureDoesNotMatch", "{to}");
    }
    let wrong = Client { secret_access_key: "not/the+secret".into(), ..client.clone() };
    wrong.assert_refused(WHO, "SignatureDoesNotMatch: The request signature we calculated does not");
    let lost = Client { region: "nowhere", ..client.clone() };
    lost.assert_refused(WHO, "SignatureDoesNotMatch: Credential should be scoped to a valid region. ");
    sts.remove_key(&client.access_key_id);
    client.assert_refused(WHO, "InvalidClientTokenId: The security token included in the request is inv");

    let unsigned = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let response = send(&sts, unsigned).expect("a response");
    assert_eq!(response.element("Code"), "MissingAuthenticationToken");
    assert_eq!(send(&sts, "this is not HTTP\r\n\r\n").expect("a response").status, 400);
}

fn accepts_each_code_once() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let serial = &alice.mfa_serial;
    let client = Client::of(&sts, &alice);
    let with = |code: &str| format!("{SESSION}&SerialNumber={serial}&TokenCode={code}");
    let invalid = "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    let mut codes = Vec::new();
    for _ in 0..3 {
        let code = sts.code(serial);
        assert_eq!(client.call(&with(&code)).status, 200);
        client.assert_refused(&with(&code), invalid);
        codes.push(code);
    }
    assert!(codes.contains(&sts.current_code(serial)));
    client.assert_refused(&with(&sts.wrong_code(serial)), invalid);
    sts.advance(300);
    let later = sts.code(serial);
    sts.set_clock(0);
    client.assert_refused(&with(&later), invalid);
    let only_one = "AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial";
    client.assert_refused("GetSessionToken&TokenCode=123456", only_one);
    assert_eq!(sts.seed(serial).len(), 64);
}

fn accepts_a_device_only_from_its_user() {
    let sts = Sts::start();
    let alice = Client::of(&sts, &sts.add_user("alice"));
    let two = Devices::Serials(vec!["GAHT12345678".into(), "GAHT87654321".into()]);
    let bob = sts.add_user_with("bob", UserSpec { devices: two, ..UserSpec::default() });
    for serial in &bob.mfa_serials {
        let form = format!("{SESSION}&SerialNumber={serial}&TokenCode={}", sts.code(serial));
        alice.assert_refused(&form, "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  P");
        assert_eq!(Client::of(&sts, &bob).call(&form).status, 200);
    }
    let none = UserSpec { devices: Devices::None, ..UserSpec::default() };
    assert_eq!(sts.add_user_with("nobody", none).mfa_serial, "");
}

fn does_not_carry_mfa_beyond_the_first_role() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let plain = sts.add_role("plain", RoleSpec::default());
    let [admin, plain] = [admin, plain].map(|arn| format!("AssumeRole&RoleArn={arn}&RoleSessionName=al"));
    let mfa = || format!("&SerialNumber={}&TokenCode={}", alice.mfa_serial, sts.code(&alice.mfa_serial));
    let keys = Client::of(&sts, &alice);
    keys.assert_refused(&admin, &format!("AccessDenied: User: {} is not authorized to perform", alice.arn));
    assert_eq!(keys.call(&format!("{admin}{}", mfa())).status, 200);

    let user_session = keys.session(&format!("{SESSION}{}", mfa()));
    user_session.assert_refused(SESSION, "AccessDenied: Cannot call GetSessionToken with session credentials");
    let role_session = user_session.session(&admin);
    let who = role_session.call(WHO).element("Arn");
    assert_eq!(who, format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/al"));
    role_session.assert_refused(&admin, &format!("AccessDenied: User: {who} is not authorized to perform"));
    assert_eq!(role_session.call(&plain).status, 200);
    keys.session(SESSION).assert_refused(&admin, "AccessDenied: User: ");

    let stale = Client { session_token: None, ..role_session.clone() };
    stale.assert_refused(WHO, "InvalidClientTokenId: The security token included in the request is invalid");
    sts.expire_sessions();
    role_session.assert_refused(WHO, "ExpiredToken: The security token included in the request is expired");
}

fn enforces_parameter_limits() {
    let sts = Sts::start();
    let spec = RoleSpec { max_session_duration: 7200, path: "/team/".into(), ..RoleSpec::default() };
    let role = sts.add_role("ops", spec);
    let keys = Client::of(&sts, &sts.add_user("alice"));
    let session = keys.session(SESSION);
    let lasting = |time| format!("AssumeRole&RoleArn={role}&RoleSessionName=al&DurationSeconds={time}");
    assert_eq!(keys.call(&lasting(7200)).status, 200);
    assert_eq!(session.call(&lasting(3600)).status, 200);
    let assert_invalid =
        |client: &Client, form: &str, text| client.assert_refused(form, &format!("ValidationError: {text}"));
    assert_invalid(
        &keys,
        &lasting(7201),
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    assert_invalid(
        &session,
        &lasting(3601),
        "The requested DurationSeconds exceeds the 1 hour session limit for roles",
    );
    let broken = "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: \
                  Member must have value less than or equal to 43200";
    assert_invalid(&keys, &lasting(43201), broken);
    let codes = "GetSessionToken&SerialNumber=short&TokenCode=12a";
    assert_invalid(&keys, codes, "3 validation errors detected: Value 'short' at 'serialNumber' failed to satisfy");
}

fn enforces_trust_policies() {
    let sts = Sts::start();
    let (alice, bob) = (sts.add_user("alice"), sts.add_user("bob"));
    let spec = RoleSpec {
        account: "111111111111".into(),
        trusts: vec![alice.arn.clone()],
        external_id: Some("e:1".into()),
        ..RoleSpec::default()
    };
    let assume = format!("AssumeRole&RoleArn={}&RoleSessionName=me", sts.add_role("vendor", spec));
    let with_id = format!("{assume}&ExternalId=e:1");
    let [alice, bob] = [alice, bob].map(|user| Client::of(&sts, &user));
    assert_eq!(alice.call(&with_id).status, 200);
    alice.assert_refused(&assume, "AccessDenied: User: ");
    bob.assert_refused(&with_id, "AccessDenied: User: ");
    let ghost = "AssumeRole&RoleArn=arn:aws:iam::123456789012:role/ghost&RoleSessionName=me";
    alice.assert_refused(ghost, "AccessDenied: User: ");
}

fn supports_other_partitions() {
    let sts = Sts::start();
    let (partition, account) = (String::from("aws-cn"), String::from("210987654321"));
    let here = RoleSpec { partition: partition.clone(), account: account.clone(), ..RoleSpec::default() };
    let assume = format!("AssumeRole&RoleArn={}&RoleSessionName=wei", sts.add_role("ops", here));
    let wei = sts.add_user_with("wei", UserSpec { partition, account, ..UserSpec::default() });
    assert_eq!(wei.mfa_serial, "arn:aws-cn:iam::210987654321:mfa/wei");
    let abroad = Client::of(&sts, &wei);
    abroad.assert_refused(&assume, "InvalidClientTokenId: The security token included in the request is invalid");
    let response = Client { region: "cn-northwest-1", ..abroad }.call(&assume);
    assert_eq!(response.element("Arn"), "arn:aws-cn:sts::210987654321:assumed-role/ops/wei");
}

fn uses_its_own_clock() {
    let sts = Sts::start();
    let client = Client::of(&sts, &sts.add_user("alice"));
    let session = client.session("GetSessionToken&DurationSeconds=900");
    sts.set_clock(1000);
    client.assert_refused(WHO, "SignatureDoesNotMatch: Signature expired: ");
    sts.set_clock(-1000);
    client.assert_refused(WHO, "SignatureDoesNotMatch: Signature not yet current: ");
    sts.set_clock(800);
    assert_eq!(session.call(WHO).status, 200);
    sts.advance(200);
    session.assert_refused(WHO, "ExpiredToken: The security token included in the request is expired");
}

fn injects_faults() {
    let sts = Sts::start();
    let client = Client::of(&sts, &sts.add_user("alice"));
    let (code, message) = ("ServiceUnavailable".into(), "<later>".into());
    sts.on(Action::GetCallerIdentity, Fault::Refuse { status: 503, code, message });
    sts.on(Action::AssumeRole, Fault::Throttle);
    client.assert_refused(WHO, "ServiceUnavailable: &lt;later&gt;");
    assert_eq!(client.call(WHO).status, 200);
    client.assert_refused("AssumeRole", "Throttling: Rate exceeded");

    let content_type = String::from("text/html");
    sts.always(Action::Any, Fault::Raw { status: 200, content_type, body: b"<html>".to_vec() });
    assert_eq!([client.call(WHO).body, client.call(WHO).body], ["<html>", "<html>"]);
    sts.clear_faults();
    sts.on(Action::Any, Fault::Wire(b"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n".to_vec()));
    assert_eq!(client.call(WHO).status, 302);
    sts.on(Action::Any, Fault::Account("999999999999".into()));
    assert_eq!(client.call(WHO).element("Account"), "999999999999");
    sts.on(Action::Any, Fault::TruncatedResponse);
    let truncated = client.call(WHO).body;
    assert!(truncated.starts_with("<GetCallerIdentityResponse") && !truncated.contains("</GetCallerIdentityResponse>"));

    for (fault, performed) in [(Fault::CloseUnprocessed, 0), (Fault::CloseProcessed, 1)] {
        sts.on(Action::GetSessionToken, fault);
        assert!(send(&sts, &client.request(SESSION)).is_err());
        assert_eq!(sts.sessions().len(), performed);
    }
    let patch = Patch {
        access_key_id: None,
        secret_access_key: Some("a<b>\u{1b}&\n".into()),
        session_token: Some(Text::Raw("<x/>".into())),
        expiration: Some(Text::Absent),
        ..Patch::default()
    };
    sts.on(Action::GetSessionToken, Fault::Credentials(patch));
    let hostile = client.call(SESSION);
    assert_eq!(hostile.element("SecretAccessKey"), "a&lt;b&gt;&#27;&amp;&#10;");
    assert_eq!(hostile.element("SessionToken"), "<x/>");
    assert!(!hostile.body.contains("Expiration"));
}

fn holds_a_response_until_the_gate_opens() {
    let sts = Sts::start();
    let client = Client::of(&sts, &sts.add_user("alice"));
    let gate = Gate::new();
    sts.on(Action::Any, Fault::Hold(gate.clone()));
    thread::scope(|scope| {
        let pending = scope.spawn(|| client.call(WHO).status);
        assert!(sts.wait_for_calls(1, TIMEOUT));
        assert_eq!(sts.calls()[0].status, None);
        gate.open();
        assert_eq!(pending.join().expect("no panic"), 200);
    });
    assert!(!sts.wait_for_calls(2, Duration::from_millis(1)));
}

fn releases_waiting_clients_when_it_stops() {
    for fault in [Fault::Hold(Gate::new()), Fault::Delay(Duration::from_mins(10))] {
        let sts = Sts::start();
        let client = Client::of(&sts, &sts.add_user("alice"));
        sts.on(Action::Any, fault);
        let begin = Instant::now();
        thread::scope(|scope| {
            let pending = scope.spawn(|| send(&sts, &client.request(WHO)).is_err());
            assert!(sts.wait_for_calls(1, TIMEOUT));
            sts.stop();
            assert!(pending.join().expect("no panic"));
        });
        assert!(send(&sts, "").is_err(), "the server is still listening");
        assert!(begin.elapsed() < TIMEOUT);
    }
}

fn shows_no_secret_in_debug_output() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let (serial, code) = (&alice.mfa_serial, sts.code(&alice.mfa_serial));
    let response = Client::of(&sts, &alice).call(&format!("{SESSION}&SerialNumber={serial}&TokenCode={code}"));
    let session = sts.sessions().pop().expect("a session");
    assert_eq!(response.element("SessionToken"), session.session_token);
    assert_eq!(response.element("Expiration"), session.expiration);
    assert_eq!(sts.calls()[0].param("TokenCode"), Some(code.as_str()));
    let shown = format!("{sts:?} {alice:?} {session:?} {:?}", sts.calls());
    for secret in [&alice.secret_access_key, &session.secret_access_key, &session.session_token, &code] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

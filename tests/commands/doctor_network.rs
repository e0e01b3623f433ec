//! `doctor` on the way to AWS: what fails has a ✗ on its own line, what comes before it has a ✓ only if it is known to be
//! good, and the advice helps.

#![cfg(unix)]

use crate::support::doctor::Machine;
use crate::support::proxy::Proxy;
use crate::support::sts::{Action, Fault, NO_LISTENER, Policy, User};
use crate::support::tls::Tls;
use crate::support::typed_lines::stand_in;
use mfa_env::error::{Error, IamRefusal, NetworkCause, NetworkError, ProxyCause, Refusal, UnexpectedResponse};
use std::net::TcpListener;

trials![
    a_name_that_cannot_be_resolved,
    an_endpoint_that_refuses_connections,
    an_endpoint_that_never_answers,
    an_endpoint_that_is_busy,
    something_that_is_not_aws,
    a_proxy_that_does_not_lead_there,
    certificates_that_are_not_trusted,
    certificates_that_cannot_be_read,
    keys_that_aws_does_not_know,
    a_secret_that_does_not_match,
    a_call_without_its_signature,
    a_region_that_sts_does_not_serve,
    what_aws_alone_can_explain,
    a_user_who_may_not_list_devices,
];

const GOOD: &str = "✓ proxy, ✓ DNS, ✓ TLS, ! endpoint, ✓ clock, ✓ keys, ✓ device";
const GOOD_WITH_BUNDLE: &str = "✓ proxy, ✓ DNS, ! TLS, ! endpoint, ✓ clock, ✓ keys, ✓ device";

/// The test in which the advice about a failure is followed. A new cause needs one.
fn test_of(cause: &NetworkCause) -> fn() {
    match cause {
        NetworkCause::Dns => a_name_that_cannot_be_resolved,
        NetworkCause::Connect(_) => an_endpoint_that_refuses_connections,
        NetworkCause::Timeout => an_endpoint_that_never_answers,
        NetworkCause::Busy(_) => an_endpoint_that_is_busy,
        NetworkCause::NotAws { .. } => something_that_is_not_aws,
        NetworkCause::Proxy { problem: ProxyCause::Dns | ProxyCause::Connect(_) | ProxyCause::Refused, .. } => {
            a_proxy_that_does_not_lead_there
        }
        NetworkCause::Tls(_) => certificates_that_are_not_trusted,
        NetworkCause::CaBundle { .. } => certificates_that_cannot_be_read,
    }
}

/// The same for what AWS answers to GetCallerIdentity with long-term keys, and to ListMFADevices.
fn test_of_refusal(refusal: &Refusal) -> Option<fn()> {
    Some(match refusal {
        Refusal::UnknownKey => keys_that_aws_does_not_know,
        Refusal::WrongSecret | Refusal::UnreadableKeyId => a_secret_that_does_not_match,
        Refusal::Unsigned => a_call_without_its_signature,
        Refusal::BadScope => a_region_that_sts_does_not_serve,
        Refusal::Other => what_aws_alone_can_explain,
        Refusal::Iam { .. } => a_user_who_may_not_list_devices,
        // The line of the clock says it; the others are answers to other calls, or to keys of a session.
        Refusal::ClockSkew(_)
        | Refusal::WrongCode(_)
        | Refusal::WrongCodeBefore
        | Refusal::WrongDevice(_)
        | Refusal::MfaIncomplete
        | Refusal::SessionCannotStartSession
        | Refusal::RoleNotAssumable
        | Refusal::Denied
        | Refusal::RootCannotAssume
        | Refusal::Expired
        | Refusal::DurationOverRole
        | Refusal::DurationOverChain
        | Refusal::InvalidParameter
        | Refusal::RegionDisabled
        | Refusal::OtherIdentity(_)
        | Refusal::OtherAccount { .. }
        | Refusal::Unusable(_) => return None,
    })
}

/// Asserts that a cause, which this test is about, has the ✗ at the end of these lines, and its advice below it. Returns
/// the advice.
#[track_caller]
fn fails(m: &Machine, test: fn(), lines: &str, host: &str, problem: NetworkCause) -> String {
    assert!(std::ptr::fn_addr_eq(test_of(&problem), test), "another test is about {problem:?}");
    let e: Error = NetworkError { host: host.to_owned(), problem, is_sent: false, code_may_be_used: false }.into();
    let failure = m.shows(lines);
    assert_eq!((&failure.message, Some(&failure.advice)), (&e.what(), e.advice().as_ref()));
    failure.advice
}

#[track_caller]
fn is_refused(test: fn(), refusal: &Refusal) {
    let expected = test_of_refusal(refusal).unwrap_or_else(|| panic!("{refusal:?}"));
    assert!(std::ptr::fn_addr_eq(expected, test), "another test is about {refusal:?}");
}

fn a_name_that_cannot_be_resolved() {
    let mut m = Machine::start();
    m.set("AWS_ENDPOINT_URL_STS", "https://nowhere.invalid");
    let lines = "✓ proxy, ✗ DNS";
    let advice = fails(&m, a_name_that_cannot_be_resolved, lines, "nowhere.invalid", NetworkCause::Dns);
    assert_eq!(advice, "check the network, the region and the endpoint URL");
    m.unset("AWS_ENDPOINT_URL_STS");
    m.shows(GOOD);
}

fn an_endpoint_that_refuses_connections() {
    let mut m = Machine::start();
    let refused = || NetworkCause::Connect("Connection refused (os error 111)".to_owned());
    for (scheme, lines) in [("http", "✓ proxy, ✓ DNS, ✗ endpoint"), ("https", "✓ proxy, ✓ DNS, ✗ endpoint")]
    {
        m.set("AWS_ENDPOINT_URL_STS", format!("{scheme}://{NO_LISTENER}"));
        let advice = fails(&m, an_endpoint_that_refuses_connections, lines, NO_LISTENER, refused());
        assert!(advice.ends_with("and the endpoint URL"), "{advice}");
    }
    m.unset("AWS_ENDPOINT_URL_STS");
    m.shows(GOOD);
    // The connection breaks after the request.
    m.sts.always(Action::GetCallerIdentity, Fault::CloseUnprocessed);
    m.shows("✓ proxy, ✓ DNS, ✓ TLS, ✗ endpoint");
    m.sts.clear_faults();
    m.shows(GOOD);
}

/// Before the request is sent, any part may be what does not answer.
fn an_endpoint_that_never_answers() {
    let mut m = Machine::start();
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    let address = silent.local_addr().expect("its address").to_string();
    let test = an_endpoint_that_never_answers;
    m.set("AWS_ENDPOINT_URL_STS", format!("https://{address}"));
    let advice = fails(&m, test, "✓ proxy, ✗ endpoint", &address, NetworkCause::Timeout);
    assert_eq!(advice, "check the network and try again");
    m.set("HTTPS_PROXY", format!("http://{address}")).set("AWS_ENDPOINT_URL_STS", "https://nowhere.invalid");
    fails(&m, test, "✗ endpoint", "nowhere.invalid", NetworkCause::Timeout);
    m.unset("HTTPS_PROXY");
    m.unset("AWS_ENDPOINT_URL_STS");
    m.shows(GOOD);
}

fn an_endpoint_that_is_busy() {
    let m = Machine::start();
    let host = m.sts.url().replace("http://", "");
    m.sts.always(Action::GetCallerIdentity, Fault::Throttle);
    let busy = NetworkCause::Busy("Throttling".to_owned());
    let lines = "✓ proxy, ✓ DNS, ✓ TLS, ✗ endpoint";
    assert_eq!(fails(&m, an_endpoint_that_is_busy, lines, &host, busy), "try again in a minute");
    m.sts.clear_faults();
    m.shows(GOOD);
}

fn something_that_is_not_aws() {
    let mut m = Machine::start();
    let portal = Proxy::responding("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi");
    let other = Proxy::responding("220 ready\r\n");
    let page = UnexpectedResponse::Page { status: 200, content_type: Some("text/html".to_owned()) };
    for (server, response) in [(&portal, page), (&other, UnexpectedResponse::NotHttp)] {
        m.set("AWS_ENDPOINT_URL_STS", format!("http://{}", server.address));
        let problem = NetworkCause::NotAws { service: "STS", response };
        let lines = "✓ proxy, ✓ DNS, ✓ TLS, ✗ endpoint";
        let advice = fails(&m, something_that_is_not_aws, lines, &server.address.to_string(), problem);
        assert!(advice.starts_with("check the network and the endpoint URL"), "{advice}");
    }
    m.unset("AWS_ENDPOINT_URL_STS");
    m.shows(GOOD);
}

/// The advice has two ways, of which one is to go around the proxy.
fn a_proxy_that_does_not_lead_there() {
    let mut m = Machine::start();
    let tls = Tls::in_front_of(&m.sts, &["127.0.0.1"]);
    let bundle = m.home.write("ca.pem", &tls.pem);
    let host = tls.address.to_string();
    m.set("AWS_ENDPOINT_URL", format!("https://{host}")).set("AWS_CA_BUNDLE", bundle);
    let refusing = Proxy::responding("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let refusing = refusing.address.to_string();
    for (proxy, problem) in [
        ("nowhere.invalid:3128", ProxyCause::Dns),
        (NO_LISTENER, ProxyCause::Connect("Connection refused (os error 111)".to_owned())),
        (&refusing, ProxyCause::Refused),
    ] {
        m.set("HTTPS_PROXY", format!("http://user:hunter2@{proxy}")).unset("NO_PROXY");
        let problem = NetworkCause::Proxy { proxy: Some(proxy.to_owned()), problem };
        let advice = fails(&m, a_proxy_that_does_not_lead_there, "✗ proxy", &host, problem);
        assert_eq!(advice, "check HTTPS_PROXY and its credentials, or add the host to NO_PROXY");
        assert!(!format!("{:?}", m.findings()).contains("hunter2"));
        m.set("NO_PROXY", "127.0.0.1");
        m.shows(GOOD_WITH_BUNDLE);
    }
    let right = Proxy::to(tls.address).address;
    m.set("HTTPS_PROXY", format!("http://{right}")).unset("NO_PROXY");
    m.shows(GOOD_WITH_BUNDLE);
    m.finds(('✓', "proxy", &right.to_string()));
    m.finds(('✓', "DNS", &format!("left to the proxy: {host}")));
    // A certificate that is not trusted is behind the proxy, which has opened its tunnel.
    m.unset("AWS_CA_BUNDLE");
    m.shows("✓ proxy, ✓ DNS, ✗ TLS");
}

fn certificates_that_are_not_trusted() {
    let mut m = Machine::start();
    let tls = Tls::in_front_of(&m.sts, &["127.0.0.1"]);
    let (host, bundle) = (tls.address.to_string(), m.home.write("ca.pem", &tls.pem));
    m.set("AWS_ENDPOINT_URL", format!("https://{host}"));
    let failure = m.shows("✓ proxy, ✓ DNS, ✗ TLS");
    let (says, advice) = (format!("the certificate of {host} is not trusted: "), failure.advice);
    assert!(failure.message.starts_with(&says), "{}", failure.message);
    assert!(std::ptr::fn_addr_eq(
        test_of(&NetworkCause::Tls(String::new())),
        certificates_that_are_not_trusted as fn()
    ));
    assert!(advice.starts_with("behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n"), "{advice}");
    m.set("AWS_CA_BUNDLE", bundle);
    m.shows(GOOD_WITH_BUNDLE);
    // One of another name.
    let other = Tls::in_front_of(&m.sts, &["sts.example.com"]);
    let bundle = m.home.write("other.pem", &other.pem);
    m.set("AWS_CA_BUNDLE", bundle).set("AWS_ENDPOINT_URL", format!("https://{}", other.address));
    m.shows("✓ proxy, ✓ DNS, ✗ TLS");
}

/// They are read before anything is sent, so nothing is known of the rest.
fn certificates_that_cannot_be_read() {
    let mut m = Machine::start();
    let tls = Tls::in_front_of(&m.sts, &["127.0.0.1"]);
    let (host, path) = (tls.address.to_string(), m.home.path().join("ca.pem"));
    m.set("AWS_ENDPOINT_URL", format!("https://{host}")).set("AWS_CA_BUNDLE", &path);
    let test = certificates_that_cannot_be_read;
    for (content, problem) in [
        (None, "the file does not exist"),
        (Some(""), "it contains no certificate, or an invalid one"),
        (Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "it is not in PEM format"),
    ] {
        content.map(|content| m.home.write("ca.pem", content));
        let problem = NetworkCause::CaBundle { path: path.display().to_string(), problem: problem.to_owned() };
        let e: Error = NetworkError { host: host.clone(), problem, is_sent: false, code_may_be_used: false }.into();
        let failure = m.shows("✗ TLS");
        assert!(failure.message.starts_with("the CA bundle ~/ca.pem cannot be used: "), "{failure:?}");
        assert_eq!(Some(&failure.advice), e.advice().as_ref());
        assert_eq!(failure.advice, "correct AWS_CA_BUNDLE or ca_bundle");
    }
    let unreadable = NetworkCause::CaBundle { path: String::new(), problem: String::new() };
    assert!(std::ptr::fn_addr_eq(test_of(&unreadable), test as fn()));
    m.home.write("ca.pem", &tls.pem);
    m.shows(GOOD_WITH_BUNDLE);
}

const BAD_KEYS: &str = "✓ proxy, ✓ DNS, ✓ TLS, ! endpoint, ✓ clock, ✗ keys";

/// `aws configure` asks for the keys and writes them; here a stand-in writes them, and `consumers::doctor` runs the real one.
#[track_caller]
fn configure(m: &mut Machine, advice: &str) {
    let keys = std::fs::read_to_string(m.home.path().join(".aws/credentials")).expect("the file");
    let right = crate::support::home::credentials_section("main", &m.alice);
    assert_ne!(keys, right);
    m.home.write("right", right);
    stand_in(&mut m.home, "aws", "[ \"$*\" = 'configure --profile main' ] && cat right >.aws/credentials");
    let line = advice.lines().find(|line| line.contains("aws configure")).expect("the line");
    m.follow(line.rsplit_once(": ").expect("a line").1);
    m.shows(GOOD);
}

fn keys_that_aws_does_not_know() {
    is_refused(keys_that_aws_does_not_know, &Refusal::UnknownKey);
    let mut m = Machine::start();
    let bob = m.sts.add_user("bob");
    m.keys_of(&bob);
    m.sts.remove_key(&bob.access_key_id);
    m.shows(BAD_KEYS);
    let says = format!("AWS does not recognize access key {} of profile main", bob.access_key_id);
    let advice = m.finds(('✗', "keys", &says));
    configure(&mut m, &advice);
}

fn a_secret_that_does_not_match() {
    is_refused(a_secret_that_does_not_match, &Refusal::WrongSecret);
    is_refused(a_secret_that_does_not_match, &Refusal::UnreadableKeyId);
    let mut m = Machine::start();
    let wrong = User { secret_access_key: "wrong".to_owned(), ..m.alice.clone() };
    m.keys_of(&wrong);
    m.shows(BAD_KEYS);
    let advice = m.finds(('✗', "keys", "the secret access key of profile main does not match"));
    configure(&mut m, &advice);
    let refused = |code: &str, message: &str| Fault::Refuse { status: 400, code: code.into(), message: message.into() };
    m.keys_of(&wrong);
    m.sts.on(Action::GetCallerIdentity, refused("IncompleteSignature", "Credential must have exactly 5 elements"));
    let advice = m.finds(('✗', "keys", "AWS cannot read the access key ID of profile main"));
    configure(&mut m, &advice);
}

/// The proxy that removes the signature is gone with the line.
fn a_call_without_its_signature() {
    is_refused(a_call_without_its_signature, &Refusal::Unsigned);
    let mut m = Machine::start();
    let (code, message) = ("MissingAuthenticationToken".to_owned(), "Request is missing a token".to_owned());
    m.sts.on(Action::GetCallerIdentity, Fault::Refuse { status: 403, code, message });
    let advice = m.finds(('✗', "keys", "received the call without its signature"));
    let (_, line) = advice.lines().next().and_then(|line| line.rsplit_once(": ")).expect("a line");
    assert_eq!(line, format!("NO_PROXY={}", m.sts.url().replace("http://", "")));
    m.follow(&format!("export {line}"));
    m.shows(GOOD);
}

fn a_region_that_sts_does_not_serve() {
    is_refused(a_region_that_sts_does_not_serve, &Refusal::BadScope);
    let mut m = Machine::start();
    m.set("AWS_REGION", "us-east-1");
    let (code, message) =
        ("SignatureDoesNotMatch".to_owned(), "Credential should be scoped to a valid region.".to_owned());
    m.sts.on(Action::GetCallerIdentity, Fault::Refuse { status: 403, code, message });
    let advice = m.finds(('✗', "keys", "does not serve region us-east-1"));
    assert!(advice.starts_with("correct the region (-r, or region in the profile) or the endpoint URL\n"), "{advice}");
    m.set("AWS_REGION", "eu-west-1");
    m.shows(GOOD);
}

/// It is shown in AWS's words, without advice of ours.
fn what_aws_alone_can_explain() {
    is_refused(what_aws_alone_can_explain, &Refusal::Other);
    let m = Machine::start();
    let (code, message) = ("OptInRequired".to_owned(), "You are not subscribed to this service".to_owned());
    m.sts.on(Action::GetCallerIdentity, Fault::Refuse { status: 403, code, message });
    let advice = m.finds(('✗', "keys", "AWS rejected GetCallerIdentity"));
    assert_eq!(advice, "AWS said: OptInRequired: You are not subscribed to this service");
}

/// The administrator gives the user the policy that the line prints.
fn a_user_who_may_not_list_devices() {
    let refusal = Refusal::Iam { reason: IamRefusal::NotAllowed, subject: String::new() };
    is_refused(a_user_who_may_not_list_devices, &refusal);
    let mut m = Machine::start();
    m.sts.restrict(&m.alice, Policy::document("{\"Version\": \"2012-10-17\", \"Statement\": []}"));
    m.shows("✓ proxy, ✓ DNS, ✓ TLS, ! endpoint, ✓ clock, ✓ keys, ! device");
    let says = "AWS does not allow the user of profile main to call iam:ListMFADevices";
    let advice = m.finds(('!', "device", says));
    let line = advice.lines().find(|line| line.contains("mfa-env policy")).expect("a line");
    let policy = m.follow(line.rsplit_once(": ").expect("a line").1);
    m.sts.restrict(&m.alice, Policy::document(&policy));
    m.shows(GOOD);
}

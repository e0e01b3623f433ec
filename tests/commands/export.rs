//! A complete sign-in: what is printed, what STS receives, and what changes.

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![signs_in_with_a_code_as_an_argument];

fn signs_in_with_a_code_as_an_argument() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says("main, 123456789012, ")
        .says("12 h left")
        .run();
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!(call.action, "GetSessionToken");
    assert_eq!(call.param("SerialNumber"), Some(alice.mfa_serial.as_str()));
    assert_eq!(call.param("DurationSeconds"), Some("43200"));
    let session = &sts.sessions()[0];
    assert_eq!(ran.variable("AWS_ACCESS_KEY_ID"), Some(Some(session.access_key_id.as_str())));
    assert_eq!(ran.variable("AWS_SECRET_ACCESS_KEY"), Some(Some(session.secret_access_key.as_str())));
    assert_eq!(ran.variable("AWS_SESSION_TOKEN"), Some(Some(session.session_token.as_str())));
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("main")));
    assert_eq!(ran.variable("AWS_PROFILE"), Some(None));
    assert_eq!(ran.variable("AWS_REGION"), None);
}

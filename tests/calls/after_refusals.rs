//! Calls that the test STS refuses by its own rules: the message is clear, and nothing is sent again that would need a
//! second code.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, Ran};
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};

trials![
    reports_a_wrong_or_used_code,
    reports_another_users_device,
    reports_a_role_that_does_not_allow_the_user,
    fails_if_the_role_refuses_a_duration_flag,
    fails_if_the_role_refuses_a_profile_duration_that_used_the_code,
    falls_back_to_an_hour_if_no_code_is_needed,
    reports_an_unknown_key,
    reports_a_wrong_secret_key,
];

/// An endpoint, and a user whose profile `main` has her keys and device.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

/// Asserts that `mfa-env ARGUMENTS --shell sh` fails with `status` and all of these messages.
fn assert_refused(home: &Home, arguments: &[&str], status: i32, says: &[&str]) -> Ran {
    let arguments = arguments.iter().copied().chain(["--shell", "sh"]);
    let program = Program::new(home, arguments).fails(status).stdout(failure_statement::of("sh", status));
    says.iter().fold(program, |program, part| program.says(*part)).run()
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_session_calls().into_iter().map(|call| call.action).collect()
}

// fault 103
fn reports_a_wrong_or_used_code() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let ran = assert_refused(
        &home,
        &["main", &wrong],
        4,
        &[
            "mfa-env: AWS rejected the MFA code\n  \
             it was mistyped, has expired, or was already used; enter the next one\n  \
             MFA device: arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)\n",
            "  AWS said: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.\n",
        ],
    );
    assert!(!ran.stderr.contains(&wrong));
    assert_eq!(actions(&sts), ["GetSessionToken"]);
    // A used code counts as wrong.
    let code = sts.code(&alice.mfa_serial);
    let elsewhere = Home::with_user(&sts, &alice, &[]);
    Program::new(&elsewhere, ["main", &code, "--shell", "sh", "-q"]).run();
    assert_refused(&home, &["main", &code], 4, &["AWS rejected the MFA code\n"]);
}

// fault 105
fn reports_another_users_device() {
    let (sts, _, home) = alice();
    let bob = sts.add_user("bob");
    assert_refused(
        &home,
        &["main", &sts.code(&bob.mfa_serial), "--mfa-serial", &bob.mfa_serial],
        4,
        &[
            "mfa-env: AWS cannot verify codes from arn:aws:iam::123456789012:mfa/bob for \
             arn:aws:iam::123456789012:user/alice, the user of profile main\n",
            "use the ARN of this user's own MFA device (with :mfa/); find it with: mfa-env device main\n",
            "if it is the right one, it is out of sync with AWS; resync it with two codes in a row: mfa-env device \
             resync main\n",
            "AWS said: AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.",
        ],
    );
    // The second call finds out which user the keys belong to.
    let calls: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["GetSessionToken", "GetCallerIdentity"]);
}

// fault 106
fn reports_a_role_that_does_not_allow_the_user() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { external_id: Some("secret-id".into()), ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("r", &role, "")]);
    let ran = assert_refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: AWS does not allow profile main to assume role `admin`\n  AWS does not say why; check that\n",
            "  - the user's policies allow sts:AssumeRole on arn:aws:iam::123456789012:role/admin\n",
            "  - the role's trust policy names the user or its account\n",
            "  - external_id is the one that the trust policy requires, if any\n",
            "  AWS said: AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
             sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin\n",
        ],
    );
    assert!(!ran.stderr.contains("wrong"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole"]);
}

// fault 107
fn fails_if_the_role_refuses_a_duration_flag() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("r", &role, "")]);
    let ran = assert_refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial), "-d", "12h"],
        4,
        &[
            "mfa-env: role `admin` does not allow sessions of 12 h\n  \
             use -d 1h, which always works, or raise the role's maximum:\n",
            "AWS said: ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this \
             role.\n",
        ],
    );
    assert!(!ran.stderr.contains("duration_seconds"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // The same without a device: a duration from the command line is never changed silently.
    let home = Home::with(
        &format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n"),
        &credentials_section("main", &alice),
    );
    let ran = Program::new(&home, ["r", "-d", "2h", "--shell", "sh"]).env("AWS_ENDPOINT_URL_STS", sts.url());
    ran.fails(4)
        .stdout(failure_statement::of("sh", 4))
        .says("role `admin` does not allow sessions of 2 h")
        .says("use -d 1h, which always works")
        .run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
}

// fault 107
fn fails_if_the_role_refuses_a_profile_duration_that_used_the_code() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("r", &role, "duration_seconds = 43200")]);
    assert_refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: role `admin` does not allow sessions of 12 h\n",
            "  use -d 1h, which always works, lower duration_seconds in the profile, or raise the role's maximum:\n",
        ],
    );
    assert_eq!(actions(&sts), ["AssumeRole"], "a second call would need a second code");
    // The corresponding error for chained roles, in case STS disagrees with us on what counts as chaining.
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    sts.on(Action::AssumeRole, Fault::Refuse { status: 400, code: "ValidationError".into(), message: message.into() });
    let home = Home::with_user(&sts, &alice, &[("r", &role, "duration_seconds = 7200")]);
    assert_refused(
        &home,
        &["r", "123456"],
        4,
        &[
            "role `admin` is assumed from a session, so it lasts 1 h at most, not 2 h\n",
            "use -d 1h, which always works\n",
        ],
    );
}

// fault 107
fn falls_back_to_an_hour_if_no_code_is_needed() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\nduration_seconds = 43200\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["r", "--shell", "sh"])
        .says(
            "mfa-env: warning: the role of profile r does not allow its duration_seconds of 43200 \
            (~/.aws/config:4); the session lasts 1 h instead: set it to 3600 [duration-rejected]\n",
        )
        .says("r, admin@123456789012, ")
        .says("1 h left")
        .run();
    let requested: Vec<Option<String>> =
        sts.take_session_calls().iter().map(|call| call.param("DurationSeconds").map(str::to_owned)).collect();
    assert_eq!(requested, [Some("43200".to_owned()), Some("3600".to_owned())]);
}

// fault 108
fn reports_an_unknown_key() {
    let (sts, alice, home) = alice();
    sts.remove_key(&alice.access_key_id);
    let host = sts.url().replace("http://", "");
    assert_refused(
        &home,
        &["main", "123456"],
        4,
        &[
            &format!("mfa-env: AWS does not recognize access key {} of profile main\n", alice.access_key_id),
            &format!(
                "  it was deleted or deactivated, or belongs to another partition (region us-east-1 at {host})\n  \
                 ask an administrator to check it with: aws iam list-access-keys --user-name NAME\n"
            ),
            "AWS said: InvalidClientTokenId: The security token included in the request is invalid.\n",
        ],
    );
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}

// fault 110
fn reports_a_wrong_secret_key() {
    let (sts, alice, home) = alice();
    let keys =
        credentials_section("main", &alice).replace("aws_secret_access_key = ", "aws_secret_access_key = TOPSECRET");
    home.write(".aws/credentials", keys);
    let ran = assert_refused(
        &home,
        &["main", &sts.code(&alice.mfa_serial)],
        4,
        &[&format!(
            "mfa-env: the secret access key of profile main does not match access key {}\n  \
             it is wrong or contains stray characters; configure the access key again: aws configure --profile \
             main\n  AWS said: SignatureDoesNotMatch\n",
            alice.access_key_id
        )],
    );
    assert!(!ran.stderr.contains("TOPSECRET"));
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}

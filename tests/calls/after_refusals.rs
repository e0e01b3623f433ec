//! What STS says no to by itself, and what becomes of the sign-in: refusals in plain words, and nothing tried that costs a second code.

use crate::support::home::{Home, keys_of};
use crate::support::program::{Program, Ran};
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};

trials![
    a_wrong_code,
    a_device_of_somebody_else,
    a_role_that_does_not_let_in,
    a_duration_by_flag_that_the_role_refuses,
    a_duration_by_profile_that_the_role_refuses,
    a_duration_that_falls_back,
    an_unknown_key,
    a_wrong_secret,
];

/// A user with keys and device in `main`, and an endpoint.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

/// `mfa-env ARGUMENTS --shell sh`, which fails with `status` and says all of `says`.
fn refused(home: &Home, arguments: &[&str], status: i32, says: &[&str]) -> Ran {
    let words = arguments.iter().copied().chain(["--shell", "sh"]);
    let program = Program::new(home, words).fails(status).stdout(format!("(exit {status});\n"));
    says.iter().fold(program, |program, part| program.says(*part)).run()
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_calls().into_iter().map(|call| call.action).collect()
}

// fault 103
pub fn a_wrong_code() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let ran = refused(
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
    // One that was used already is a wrong one.
    let code = sts.code(&alice.mfa_serial);
    let elsewhere = Home::signed_up(&sts, &alice, &[]);
    Program::new(&elsewhere, ["main", &code, "--shell", "sh", "-q"]).run();
    refused(&home, &["main", &code], 4, &["AWS rejected the MFA code\n"]);
}

// fault 105
pub fn a_device_of_somebody_else() {
    let (sts, _, home) = alice();
    let bob = sts.add_user("bob");
    refused(
        &home,
        &["main", &sts.code(&bob.mfa_serial), "--mfa-serial", &bob.mfa_serial],
        4,
        &[
            "mfa-env: AWS cannot verify codes of arn:aws:iam::123456789012:mfa/bob for \
             arn:aws:iam::123456789012:user/alice, the user of profile main\n",
            "use the ARN of this user's own MFA device (with :mfa/); find it with: aws iam list-mfa-devices \
             --profile main\n",
            "if it is the right one, it is out of sync with AWS: resync it in the IAM console\n",
            "AWS said: AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.",
        ],
    );
    // Nobody had asked STS whose the keys are.
    assert_eq!(actions(&sts), ["GetSessionToken", "GetCallerIdentity"]);
}

// fault 106
pub fn a_role_that_does_not_let_in() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { external_id: Some("secret-id".into()), ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    let ran = refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: AWS does not allow profile main to assume role `admin`\n  AWS does not say why; check that\n",
            "  - the user's policies allow sts:AssumeRole on arn:aws:iam::123456789012:role/admin\n",
            "  - the role's trust policy names the user or its account\n",
            "  - no other role is in between if the trust policy requires MFA, which is not passed on from role to \
             role\n",
            "  - external_id is the one that the trust policy requires, if any\n",
            "  AWS said: AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin\n",
        ],
    );
    assert!(!ran.stderr.contains("wrong"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole"]);
}

// fault 107
pub fn a_duration_by_flag_that_the_role_refuses() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    let ran = refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial), "-d", "12h"],
        4,
        &[
            "mfa-env: role `admin` does not allow sessions of 12 h\n  \
             use -d 1h, which always works, or raise the role's maximum:\n",
            "AWS said: ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.\n",
        ],
    );
    assert!(!ran.stderr.contains("duration_seconds"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // Without a device too: what was typed is not changed behind the person's back.
    let home =
        Home::with(&format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n"), &keys_of("main", &alice));
    let ran = Program::new(&home, ["r", "-d", "2h", "--shell", "sh"]).env("AWS_ENDPOINT_URL_STS", sts.url());
    ran.fails(4)
        .stdout("(exit 4);\n")
        .says("role `admin` does not allow sessions of 2 h")
        .says("use -d 1h, which always works")
        .run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
}

// fault 107
pub fn a_duration_by_profile_that_the_role_refuses() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "duration_seconds = 43200")]);
    refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: role `admin` does not allow sessions of 12 h\n",
            "  use -d 1h, which always works, lower duration_seconds in the profile, or raise the role's maximum:\n",
        ],
    );
    assert_eq!(actions(&sts), ["AssumeRole"], "a second one would need a second code");
    // The other text of the same kind, where STS disagrees with us about what is a chain.
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    sts.on(Action::AssumeRole, Fault::Refuse { status: 400, code: "ValidationError".into(), message: message.into() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "duration_seconds = 7200")]);
    refused(
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
pub fn a_duration_that_falls_back() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\nduration_seconds = 43200\n");
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["r", "--shell", "sh"])
        .says(
            "mfa-env: warning: the role of profile r does not allow its duration_seconds of 43200 \
            (~/.aws/config:4); the session lasts 1 h instead: set it to 3600 [duration-rejected]\n",
        )
        .says("signed in to r, account 123456789012, as admin/mfa-env, until ")
        .says("(1 h)")
        .run();
    let asked: Vec<Option<String>> =
        sts.take_calls().iter().map(|call| call.param("DurationSeconds").map(str::to_owned)).collect();
    assert_eq!(asked, [Some("43200".to_owned()), Some("3600".to_owned())]);
}

// fault 108
pub fn an_unknown_key() {
    let (sts, alice, home) = alice();
    sts.remove_key(&alice.access_key_id);
    let host = sts.url().replace("http://", "");
    refused(
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
pub fn a_wrong_secret() {
    let (sts, alice, home) = alice();
    let keys = keys_of("main", &alice).replace("aws_secret_access_key = ", "aws_secret_access_key = TOPSECRET");
    home.write(".aws/credentials", keys);
    let ran = refused(
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

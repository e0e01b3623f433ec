//! `why` with what real programs print: the AWS CLI, boto3, SDKs, Terraform and kubectl, run with AWS's answers.

#![cfg(unix)]

use super::matrix::backend;
use crate::support::cached;
use crate::support::consumers::{self, Moto, Tool};
use crate::support::home::Home;
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};
use crate::support::sts_client::Client;
use mfa_env::diagnosis::known_errors;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

consumer_trials![
    knows_what_programs_print_about_answers_of_aws,
    knows_what_programs_print_about_profiles,
    terraform_on_a_profile_that_needs_a_code,
    the_aws_cli_with_a_session_that_has_expired,
    the_aws_cli_in_a_container_with_a_session_without_mfa,
    a_key_with_a_line_end,
    the_command_that_shows_a_credential_process,
    kubectl_without_credentials,
    lines_of_the_aws_cli_are_accepted_by_it,
    the_operations_of_iam_are_those_of_botocore,
];

/// A role that needs MFA, in the profile `prod`.
struct Machine {
    sts: Sts,
    alice: User,
    home: Home,
}

fn machine(tool: &Tool, moto: &str) -> Machine {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    // The SDKs read the device of a role only from its own profile.
    let more = format!("region = us-east-1\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, &more)]);
    home.write("tf/main.tf", backend(&sts.url(), moto, ""));
    consumers::prepare_tool(&mut home, tool);
    home.set("AWS_ENDPOINT_URL", sts.url()).set("AWS_DEFAULT_REGION", "us-east-1").set("AWS_REGION", "us-east-1");
    home.set("AWS_MAX_ATTEMPTS", "1");
    Machine { sts, alice, home }
}

fn tool(program: &str) -> Tool {
    consumers::signers().into_iter().find(|tool| tool.program == program).expect("a tool")
}

impl Machine {
    /// A shell with a session.
    fn with_session(mut self, session: &Client) -> Self {
        self.home.set("AWS_ACCESS_KEY_ID", &session.access_key_id);
        self.home.set("AWS_SECRET_ACCESS_KEY", &session.secret_access_key);
        self.home.set("AWS_SESSION_TOKEN", session.session_token.as_deref().expect("a token"));
        self
    }

    /// What `why` says about the errors of a command.
    fn why(&self, command: &str, options: &str) -> Value {
        let ran =
            consumers::run(&self.home, &format!("cd tf; ({command}) 2>&1 </dev/null | mfa-env why --json {options}"));
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{command}: {ran}"))
    }

    /// The row of the last error, with what the program printed if it is another one.
    #[track_caller]
    fn assert_row(&self, tool: &Tool, row: &str) {
        let command = format!("{} {}", tool.program, tool.arguments);
        let said = self.why(&command, "");
        if said["causes"][0]["error"] != row {
            let printed = consumers::run(&self.home, &format!("cd tf; {command} 2>&1"));
            panic!("{}: {row} is not in {said:#}\n{printed}", tool.name);
        }
    }
}

/// Errors of AWS that the table of facts about it has; for each, the row.
const ANSWERS: [(&str, u16, &str, &str); 12] = [
    ("expired-session", 403, "ExpiredToken", "The security token included in the request is expired"),
    ("unknown-key", 403, "InvalidClientTokenId", "The security token included in the request is invalid."),
    (
        "wrong-secret",
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.",
    ),
    (
        "clock",
        403,
        "SignatureDoesNotMatch",
        "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z (20210502T174643Z - 15 min.)",
    ),
    ("wrong-scope", 403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. "),
    ("not-signed", 403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    (
        "sts-not-activated",
        403,
        "RegionDisabledException",
        "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this \
         region using the IAM Console.",
    ),
    (
        "denied-explicitly",
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetCallerIdentity with an explicit deny \
         in an identity-based policy",
    ),
    (
        "denied-by-organization",
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetCallerIdentity on resource: * with an \
         explicit deny in a service control policy",
    ),
    ("wrong-code", 403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "),
    (
        "role-too-long",
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    ),
    ("no-iam-session", 403, "AccessDenied", "Cannot call GetSessionToken with session credentials"),
];

fn knows_what_programs_print_about_answers_of_aws() {
    for tool in consumers::signers() {
        let m = machine(&tool, "http://127.0.0.1:9");
        let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
        let m = m.with_session(&session);
        for (row, status, code, message) in ANSWERS {
            let (code, message) = (code.to_owned(), message.to_owned());
            m.sts.always(Action::Any, Fault::Refuse { status, code, message });
            m.assert_row(&tool, row);
        }
    }
}

fn knows_what_programs_print_about_profiles() {
    for tool in consumers::signers() {
        let mut m = machine(&tool, "http://127.0.0.1:9");
        let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
        let role = "role_arn = arn:aws:iam::123456789012:role/admin\nregion = us-east-1\n";
        let more = format!(
            "[profile no-source]\n{role}[profile bad-source]\n{role}source_profile = nosuch\n[profile empty-source]\n{role}\
             source_profile = empty\n[profile empty]\nregion = us-east-1\n[profile half]\n\
             aws_access_key_id = AKIAIOSFODNN7EXAMPLE\nregion = us-east-1\n"
        );
        m.home.write(".aws/config", config + &more);
        let is_botocore = ["aws1", "aws2", "boto3"].contains(&tool.program);
        // The SDK for JavaScript gives one message for nearly everything, and then the shell says what is wrong.
        let is_javascript = tool.program == "javascript";
        let is_rust = tool.program == "rust";
        let cases = [
            ("", "no-credentials"),
            // The old SDK for Go ignores a profile that does not exist.
            ("nosuch", if is_javascript || tool.program == "go" { "no-credentials" } else { "profile-not-found" }),
            ("no-source", if is_botocore || is_rust { "no-source" } else { "no-credentials" }),
            ("bad-source", if is_javascript { "no-credentials" } else { "source-not-found" }),
            ("empty-source", if is_javascript { "no-credentials" } else { "source-without-keys" }),
            ("half", if is_javascript { "no-credentials" } else { "partial-keys" }),
            (
                "prod",
                match tool.program {
                    "aws1" | "aws2" | "boto3" => "botocore-cannot-ask",
                    "javascript" => "javascript-cannot-ask",
                    // It sends no code, and AWS does not say that one is missing.
                    "rust" => "role-refused",
                    _ => "terraform-cannot-ask",
                },
            ),
        ];
        for (profile, row) in cases {
            match profile {
                "" => drop(m.home.variables.remove(std::ffi::OsStr::new("AWS_PROFILE"))),
                profile => drop(m.home.set("AWS_PROFILE", profile)),
            }
            m.assert_row(&tool, row);
            // Whatever the program says, the cause is the same, and certain.
            let said = m.why(&format!("{} {}", tool.program, tool.arguments), "");
            let (cause, is_certain) =
                (said["causes"][0]["cause"].as_str().expect("text"), &said["causes"][0]["certain"]);
            let expected = match profile {
                "" => "this shell has no credentials",
                "nosuch" => "profile `nosuch` (from AWS_PROFILE) not found",
                "no-source" => "sets role_arn, but neither source_profile nor credential_source",
                "bad-source" => "source_profile `nosuch` of profile bad-source does not exist",
                "empty-source" => "profile empty, the source_profile of empty-source, has no credentials",
                "half" => "aws_secret_access_key is missing",
                _ if is_rust => "user alice (123456789012) may not assume role admin",
                _ => "needs an MFA code",
            };
            assert!(cause.contains(expected) && is_certain == true, "{}, {profile}: {said:#}", tool.name);
        }
    }
}

/// The line that `why` shows.
#[track_caller]
fn line(said: &Value) -> String {
    let line = said["causes"][0]["advice"][0]["line"].as_str();
    line.unwrap_or_else(|| panic!("{said:#}")).to_owned()
}

/// What the function `aws-mfa` does with a line, and then a command.
fn typed(line: &str, command: &str) -> String {
    let arguments = line.strip_prefix("aws-mfa").expect("a sign-in");
    format!("eval \"$(mfa-env export{arguments} -q)\" && {command}")
}

/// The first of the three stories.
fn terraform_on_a_profile_that_needs_a_code() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let mut m = machine(&tool("terraform"), &moto.url);
    m.home.set("AWS_PROFILE", "prod");
    let init = "terraform init -input=false -reconfigure";
    let said = m.why(init, "");
    assert_eq!(said["causes"][0]["error"], "terraform-cannot-ask", "{said:#}");
    assert_eq!(line(&said), "aws-mfa prod");
    consumers::run_with_code(&m.home, &format!("cd tf; {}", typed("aws-mfa prod", init)), &m.sts, &m.alice.mfa_serial);
}

/// The second of the three stories.
fn the_aws_cli_with_a_session_that_has_expired() {
    for program in ["aws1", "aws2", "boto3", "javascript", "go", "rust"] {
        let tool = tool(program);
        let mut m = machine(&tool, "http://127.0.0.1:9");
        let code = m.sts.code(&m.alice.mfa_serial);
        let signed_in = consumers::run(&m.home, &format!("mfa-env prod --code {code} --format json"));
        crate::support::program::Ran {
            stdout: String::from_utf8(signed_in.stdout).expect("UTF-8"),
            stderr: String::new(),
        }
        .apply_to(&mut m.home);
        m.sts.expire_sessions();
        for kind in ["mfa", "role"] {
            for mut session in cached::of_kind(&m.home.cache(), kind) {
                session.expires_in(-60);
            }
        }
        let command = format!("{program} {}", tool.arguments);
        let past = mfa_env::credentials::Expiration::from_unix(mfa_env::clock::now() - 60).expect("a time").rfc3339();
        // botocore itself refuses keys that have expired by the variable.
        let expected =
            if ["aws1", "aws2", "boto3"].contains(&program) { "expired-at-refresh" } else { "expired-session" };
        m.home.set("AWS_CREDENTIAL_EXPIRATION", past);
        let said = m.why(&command, "");
        assert_eq!(said["causes"][0]["error"], expected, "{program}: {said:#}");
        let cause = said["causes"][0]["cause"].as_str().expect("text");
        assert!(cause.starts_with("this shell's session of prod expired at "), "{program}: {cause}");
        assert_eq!(line(&said), "aws-mfa");
        // AWS answers an old session with InvalidClientTokenId, too.
        m.sts.on(
            Action::Any,
            Fault::Refuse {
                status: 403,
                code: "InvalidClientTokenId".to_owned(),
                message: "The security token included in the request is invalid.".to_owned(),
            },
        );
        if expected == "expired-session" {
            let said = m.why(&command, "");
            assert_eq!(said["causes"][0]["error"], "unknown-key", "{program}: {said:#}");
            assert!(
                said["causes"][0]["cause"].as_str().expect("text").starts_with("this shell's session of prod expired")
            );
        }
        m.sts.clear_faults();
        consumers::run_with_code(&m.home, &typed("aws-mfa", &command), &m.sts, &m.alice.mfa_serial);
    }
}

/// The third of the three stories: the container has the keys, and neither files nor a cache.
fn the_aws_cli_in_a_container_with_a_session_without_mfa() {
    for program in ["aws1", "aws2"] {
        let tool = tool(program);
        let m = machine(&tool, "http://127.0.0.1:9");
        let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
        let mut container = Home::empty();
        consumers::prepare_tool(&mut container, &tool);
        for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION"] {
            container.set(name, m.home.variables[std::ffi::OsStr::new(name)].clone());
        }
        container.write("tf/empty", "");
        let Machine { sts, alice, home } = m;
        let mut m = Machine { sts, alice, home: container }.with_session(&session);
        // This IAM has no ListUsers.
        let command = format!("{program} iam list-access-keys");
        let who = consumers::run(&m.home, &format!("{program} sts get-caller-identity"));
        assert!(who.status.success(), "{who}");
        let said = m.why(&command, "");
        assert_eq!(
            (&said["causes"][0]["error"], &said["causes"][0]["certain"]),
            (&"unknown-key".into(), &false.into())
        );
        let said = m.why(&command, "--online");
        let cause = said["causes"][0]["cause"].as_str().expect("text");
        assert_eq!(cause, "these keys (AWS_ACCESS_KEY_ID) are a session of user alice without MFA, which IAM refuses");
        assert_eq!(said["causes"][0]["certain"], true);
        // Signed in where the files are, and passed on.
        let code = m.sts.code(&m.alice.mfa_serial);
        let signed_in = consumers::run(&home, &format!("mfa-env main --code {code} --format json"));
        let changes: Value = serde_json::from_slice(&signed_in.stdout).expect("JSON");
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            m.home.set(name, changes[name].as_str().expect("text"));
        }
        let listed = consumers::run(&m.home, &command);
        assert!(listed.status.success(), "{listed}");
    }
}

/// The AWS CLI shows the whole header.
fn a_key_with_a_line_end() {
    for program in ["aws1", "aws2"] {
        let tool = tool(program);
        let mut m = machine(&tool, "http://127.0.0.1:9");
        m.home.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE\n").set("AWS_SECRET_ACCESS_KEY", "x");
        m.assert_row(&tool, "line-end-in-key");
        let said = m.why(&format!("{} {}", tool.program, tool.arguments), "");
        assert_eq!(said["causes"][0]["cause"], "AWS_ACCESS_KEY_ID ends in a line end", "{said:#}");
        assert!(!said.to_string().contains("aws4_request"), "{said:#}");
    }
}

/// `why` names this line, and not the command, which may have a secret.
fn the_command_that_shows_a_credential_process() {
    for program in ["aws1", "aws2"] {
        let tool = tool(program);
        let m = machine(&tool, "http://127.0.0.1:9");
        let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
        m.home.write(".aws/config", config + "[profile cp]\nregion = us-east-1\ncredential_process = sh -c 'exit 9'\n");
        let said = m.why(&format!("{program} --profile cp {}", tool.arguments), "");
        assert_eq!(said["causes"][0]["error"], "process-failed", "{said:#}");
        let line = line(&said);
        let shown = consumers::run(&m.home, &line.replacen("aws", program, 1));
        assert_eq!(String::from_utf8_lossy(&shown.stdout), "sh -c 'exit 9'\n", "{line}: {shown}");
    }
}

fn kubectl_without_credentials() {
    if !consumers::has_kubectl() {
        return;
    }
    let m = machine(&tool("aws1"), "http://127.0.0.1:9");
    let config = |api: &str, program: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:9\"}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\ncurrent-context: c\nusers: [{{name: u, user: {{exec: \
             {{apiVersion: client.authentication.k8s.io/{api}, command: {program}, args: [eks, get-token, --cluster-name, c], \
             interactiveMode: IfAvailable}}}}}}]\n"
        )
    };
    let kubectl = "KUBECONFIG=$HOME/kube kubectl get ns";
    for (api, program, profile, row) in [
        ("v1beta1", "aws1", "", "no-credentials"),
        ("v1beta1", "aws1", "AWS_PROFILE=nosuch", "profile-not-found"),
        ("v1beta1", "aws1", "AWS_PROFILE=", "profile-not-found"),
        ("v1beta1", "aws-iam-authenticator-nosuch", "", "kubectl-plugin-missing"),
        ("v1alpha1", "aws1", "", "kubectl-old-plugin"),
    ] {
        m.home.write("kube", config(api, program));
        let said = m.why(&format!("{profile} {kubectl}"), "");
        assert_eq!(said["causes"][0]["error"], row, "{said:#}");
    }
}

/// Whether it exists with these options; the calls go to nobody. `aws login` is newer than the AWS CLI 2 of Debian.
fn lines_of_the_aws_cli_are_accepted_by_it() {
    let lines: BTreeSet<&str> = known_errors()
        .iter()
        .flat_map(|row| &row.advice)
        .filter_map(|(_, line)| *line)
        .filter(|l| l.starts_with("aws "))
        .collect();
    assert!(lines.len() > 6, "{lines:?}");
    let mut m = machine(&tool("aws2"), "http://127.0.0.1:9");
    m.home.write(".aws/config", "[profile x]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n");
    m.home.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x");
    m.home.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let mut accepted = 0;
    for line in lines {
        let (call, _) = line.split_once(" | ").unwrap_or((line, ""));
        let mut call = call.strip_prefix("aws ").expect("the program").to_owned();
        let values = [("REGION", "us-east-1"), ("PROFILE", "x"), ("BUCKET", "b"), ("MESSAGE", "m"), ("CLUSTER", "c")];
        for (name, value) in values {
            call = call.replace(name, value);
        }
        if call.starts_with("login") {
            continue;
        }
        // The AWS CLI 1 has no sign-in to SSO, and this AWS CLI 2 does not list regions.
        let program = if call.starts_with("sso") { "/usr/bin/aws".into() } else { consumers::installed("bin/aws") };
        let ran = consumers::run(&m.home, &format!("yes '' | head -9 | '{}' {call}", program.display()));
        let shown = String::from_utf8_lossy(&ran.stderr).into_owned();
        let is_usage = matches!(ran.status.code(), Some(2 | 252))
            || shown.contains("usage: ")
            || shown.contains("Unknown options");
        assert!(!is_usage, "{line}: {ran}");
        accepted += 1;
    }
    assert!(accepted > 6);
}

/// Prints the operations of IAM that no other service with such errors has.
const OPERATIONS: &str = "
import botocore.session
session = botocore.session.get_session()
iam, others = set(), set()
for service in session.get_available_services():
    model = session.get_service_model(service)
    if service == 'iam':
        iam = set(model.operation_names)
    elif model.protocol in ('query', 'ec2'):
        others |= set(model.operation_names)
print(' '.join(sorted(iam - others)))
";

fn the_operations_of_iam_are_those_of_botocore() {
    let mut home = Home::empty();
    home.write("operations.py", OPERATIONS);
    home.set("PATH", "/usr/bin:/bin");
    let python = consumers::installed("bin/python").display().to_string();
    let ran = consumers::run(&home, &format!("'{python}' operations.py"));
    assert!(ran.status.success(), "{ran}");
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    let theirs: BTreeSet<&str> = text.split_whitespace().collect();
    let file = include_str!("../../src/diagnosis/explanation/iam_operations.txt");
    let ours: BTreeSet<&str> = file.split_whitespace().collect();
    // A newer botocore may have more of them; those that are listed must be right.
    let wrong: Vec<&&str> = ours.difference(&theirs).collect();
    assert!(wrong.is_empty() && ours.len() > 170, "{wrong:?}");
    let mut missing = String::new();
    for operation in theirs.difference(&ours) {
        let _ = write!(missing, " {operation}");
    }
    assert_eq!(missing, "", "add them to the list");
}

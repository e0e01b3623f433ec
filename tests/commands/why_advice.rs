//! Whoever does what `why` says is rid of the problem: each line that it shows is typed in a shell, and then AWS accepts the
//! calls of programs in that shell.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::shells::Outcome;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::sts_client::Client;
use crate::support::typed_lines;
use mfa_env::clock::now;
use mfa_env::credentials::Expiration;
use mfa_env::diagnosis::{Explainer, Search, ShellState, Typing, known_errors};
use mfa_env::shell::Shell as Dialect;
use mfa_env::variables::Variables;
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

trials![
    terraform_that_cannot_ask,
    terraform_that_names_a_profile_in_a_shell_that_is_signed_in,
    a_session_that_has_expired,
    a_container_with_a_session_without_mfa,
    a_session_that_another_tool_has_put_there,
    a_profile_that_needs_a_code,
    no_credentials,
    keys_without_their_secret_or_token,
    a_token_with_long_term_keys,
    two_tokens,
    keys_of_two_sessions,
    damaged_keys,
    an_expiration_that_is_not_that_of_the_keys,
    a_profile_together_with_keys,
    a_file_that_does_not_exist,
    a_view_that_was_replaced,
    a_saved_profile_that_has_expired,
    a_profile_that_does_not_exist,
    a_region_of_another_partition,
    two_regions,
    no_region,
    a_bucket_in_another_region,
    an_endpoint_that_does_not_answer,
    a_proxy_that_does_not_answer,
    certificates_that_do_not_exist,
    a_service_with_a_token_of_its_own,
    a_clock_that_is_wrong,
    keys_that_aws_does_not_know,
    a_wrong_secret,
    a_role_that_needs_mfa,
    a_role_that_allows_less,
    a_policy_that_asks_for_mfa,
    a_call_that_needs_the_keys_themselves,
    a_program_that_runs_elsewhere,
    a_process_that_needs_a_code,
    lines_that_show_more,
    every_line_is_typed_in_one_of_these_tests,
];

/// What these tests type; names and regions are left out.
const TYPED: [&str; 20] = [
    "aws-mfa",
    "aws-mfa PROFILE",
    "aws-mfa --all PROFILE",
    "aws-mfa --all",
    "aws-mfa PROFILE -d 1h",
    "aws-mfa PROFILE -d 12h",
    "aws-mfa PROFILE -r REGION",
    "aws-mfa PROFILE --region REGION",
    "aws-mfa unset",
    "unset NAME",
    "export NAME=VALUE",
    "mfa-env save PROFILE",
    "mfa-env exec PROFILE COMMAND",
    "mfa-env list",
    "mfa-env status",
    "mfa-env explain PROFILE",
    "mfa-env device PROFILE",
    "mfa-env help docker",
    "mfa-env why --online",
    "CLOCK",
];

/// Lines of commands that ask, or open a browser; the tests of those commands type them.
const OF_OTHER_TESTS: [&str; 6] = [
    "mfa-env doctor",
    "mfa-env setup",
    "mfa-env enroll PROFILE",
    "mfa-env enroll PROFILE --device-name NAME",
    "mfa-env console --open PROFILE",
    "mfa-env credential-process --profile PROFILE >/dev/null",
];

/// Lines of other programs; `consumers::why` runs those of the AWS CLI with the real one.
const OF_OTHER_PROGRAMS: [&str; 2] = ["aws ", "pip install "];

pub(super) const TERRAFORM: &str =
    "Error: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.\n";
pub(super) const EXPIRED: &str = "An error occurred (ExpiredToken) when calling the ListBuckets operation: The provided token has \
                       expired.\n";
pub(super) const INVALID: &str = "An error occurred (InvalidClientTokenId) when calling the ListUsers operation: The security token \
                       included in the request is invalid.\n";
pub(super) const NO_CREDENTIALS: &str =
    "Unable to locate credentials. You can configure credentials by running \"aws configure\".\n";
const NO_REGION: &str = "You must specify a region. You can also configure your region by running \"aws configure\".\n";

pub(super) struct Machine {
    pub(super) sts: Sts,
    pub(super) alice: User,
    pub(super) home: Home,
}

/// Two profiles: `main` with alice's keys, and `prod`, a role that needs MFA. A code was entered already, so that no
/// sign-in asks.
pub(super) fn machine() -> Machine {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-central-1")]);
    home.set("AWS_ENDPOINT_URL", sts.url()).set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    Program::new(&home, ["main", "--code", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    Machine { sts, alice, home }
}

/// What `why` says about a text, or about the shell alone.
pub(super) struct Said {
    pub(super) cause: String,
    pub(super) is_certain: bool,
    pub(super) lines: Vec<String>,
    pub(super) all: Value,
}

impl Machine {
    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.home.set(name, value);
        self
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.home.variables.remove(OsStr::new(name));
    }

    pub(super) fn bash(&self, script: &str) -> Outcome {
        typed_lines::bash(&self.home, script)
    }

    /// A shell that is signed in to this profile.
    pub(super) fn sign_in(&mut self, profile: &str) {
        self.follow(&format!("aws-mfa {profile}"));
    }

    #[track_caller]
    pub(super) fn follow(&mut self, line: &str) -> String {
        typed_lines::follow(&mut self.home, line)
    }

    pub(super) fn why(&self, text: Option<&str>, options: &str) -> Value {
        let file = text.map_or("/dev/null", |text| {
            self.home.write("output.log", text);
            "output.log"
        });
        let ran = self.bash(&format!("mfa-env why --json {options} {file}"));
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"))
    }

    /// The explanation of a text in this shell.
    #[track_caller]
    pub(super) fn explain(&self, text: &str) -> Said {
        Said::of(&self.why(Some(text), "")["causes"][0])
    }

    /// The explanation of a text, in which `certain` is the cause; the one line that is to be typed.
    #[track_caller]
    pub(super) fn line_for(&self, text: &str, cause: &str) -> String {
        let said = self.explain(text);
        assert!(said.cause.contains(cause) && said.is_certain, "{:#}", said.all);
        assert_eq!(said.lines.len(), 1, "{:#}", said.all);
        said.lines[0].clone()
    }

    /// What is wrong with this shell.
    #[track_caller]
    pub(super) fn problem(&self) -> Said {
        Said::of(&self.why(None, "")["problems"][0])
    }

    /// Asserts that nothing is wrong with this shell, and that AWS accepts its keys as those of `identity`.
    #[track_caller]
    pub(super) fn assert_works_as(&self, identity: &str) {
        let all = self.why(None, "--online");
        assert_eq!(all["problems"], Value::Array(Vec::new()), "{all:#}");
        let found = all["shell"]["identity"].as_str().unwrap_or_default();
        assert!(found.contains(identity), "{all:#}");
    }

    #[track_caller]
    pub(super) fn assert_works_as_role(&self) {
        self.assert_works_as(":assumed-role/admin/");
    }
}

impl Said {
    #[track_caller]
    pub(super) fn of(explanation: &Value) -> Self {
        let advice = explanation["advice"].as_array().unwrap_or_else(|| panic!("nothing was explained"));
        Said {
            cause: explanation["cause"].as_str().expect("text").to_owned(),
            is_certain: explanation["certain"].as_bool().unwrap_or(true),
            lines: advice.iter().filter_map(|advice| advice["line"].as_str().map(str::to_owned)).collect(),
            all: explanation.clone(),
        }
    }
}

pub(super) fn past(seconds: i64) -> String {
    Expiration::from_unix(now() - seconds).expect("a time").rfc3339()
}

/// The first of the three stories.
fn terraform_that_cannot_ask() {
    let mut m = machine();
    m.set("AWS_PROFILE", "prod");
    let line = m.line_for(TERRAFORM, "profile prod (AWS_PROFILE) needs an MFA code (mfa_serial, ~/.aws/config:2)");
    assert_eq!(line, "aws-mfa prod");
    m.follow(&line);
    m.assert_works_as_role();
    // Without AWS_PROFILE, the profile of the shell is `default`.
    let mut m = machine();
    let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
    m.home.write(".aws/config", config.replace("[profile prod]", "[default]"));
    assert_eq!(m.line_for(TERRAFORM, "profile default needs an MFA code"), "aws-mfa default");
    m.follow("aws-mfa default");
    m.assert_works_as_role();
}

fn terraform_that_names_a_profile_in_a_shell_that_is_signed_in() {
    let mut m = machine();
    m.sign_in("prod");
    let line = m.line_for(TERRAFORM, "does not use this shell's keys, but a profile that it names itself");
    assert_eq!(line, "aws-mfa --all prod");
    m.follow(&line);
    // What Terraform reads by the name of the profile.
    let config = m.home.variables[OsStr::new("AWS_CONFIG_FILE")].clone();
    let view = std::fs::read_to_string(config).expect("a view");
    assert!(view.contains("[profile prod]") && !view.contains("mfa_serial"), "{view}");
    let ran = m.bash("mfa-env credential-process --profile prod --no-input");
    assert!(ran.status.success(), "{ran}");
}

/// The second of the three stories: AWS answers with both errors.
fn a_session_that_has_expired() {
    for text in [EXPIRED, INVALID] {
        let mut m = machine();
        m.sign_in("prod");
        m.set("AWS_CREDENTIAL_EXPIRATION", past(600));
        // The entry of an expired session is removed by the next sign-in.
        for mut session in cached::of_kind(&m.home.cache(), "role") {
            session.expires_in(-600);
        }
        m.sts.expire_sessions();
        for mut session in cached::of_kind(&m.home.cache(), "mfa") {
            session.expires_in(-600);
        }
        let line = m.line_for(text, "this shell's session of prod expired at ");
        assert_eq!(line, "aws-mfa");
        // A new code is needed now.
        let code = m.sts.code(&m.alice.mfa_serial);
        m.follow(&format!("{line} {code}"));
        m.assert_works_as_role();
    }
}

/// The third of the three stories.
fn a_container_with_a_session_without_mfa() {
    let m = machine();
    let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
    let mut container = Home::empty();
    for name in ["AWS_ENDPOINT_URL", "PATH", "LC_ALL"] {
        container.set(name, m.home.variables[OsStr::new(name)].clone());
    }
    container.set("AWS_ACCESS_KEY_ID", &session.access_key_id);
    container.set("AWS_SECRET_ACCESS_KEY", &session.secret_access_key);
    container.set("AWS_SESSION_TOKEN", session.session_token.as_deref().expect("a token"));
    let Machine { sts, alice, home } = m;
    let mut m = Machine { sts, alice, home: container };
    // Offline it is only possible: the keys do not say how they were made.
    let said = m.explain(INVALID);
    assert_eq!(said.cause, "this shell's keys are a session without MFA: IAM refuses one with this error");
    assert!(!said.is_certain);
    assert_eq!(said.lines, ["mfa-env help docker", "mfa-env why --online"]);
    let said = Said::of(&m.why(Some(INVALID), "--online")["causes"][0]);
    assert_eq!(said.cause, "these keys (AWS_ACCESS_KEY_ID) are a session of user alice without MFA, which IAM refuses");
    assert!(said.is_certain);
    assert_eq!(said.lines, ["mfa-env help docker"]);
    // The topic says how a session gets into a container; that of prod works there.
    assert!(m.follow("mfa-env help docker").contains("mfa-env exec prod"), "the topic");
    let signed_in = Program::new(&home, ["prod", "--format", "json", "--no-input"]).signs_in().run();
    signed_in.apply_to(&mut m.home);
    m.assert_works_as_role();
}

fn a_session_that_another_tool_has_put_there() {
    let mut m = machine();
    let session = Client::of(&m.sts, &m.alice).session("GetSessionToken");
    m.set("AWS_ACCESS_KEY_ID", &session.access_key_id).set("AWS_SECRET_ACCESS_KEY", &session.secret_access_key);
    m.set("AWS_SESSION_TOKEN", session.session_token.as_deref().expect("a token")).set("AWS_PROFILE", "prod");
    let said = Said::of(&m.why(Some(INVALID), "--online")["causes"][0]);
    assert!(said.is_certain && said.cause.contains("a session of user alice without MFA"), "{:#}", said.all);
    assert_eq!(said.lines, ["aws-mfa prod"]);
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
}

fn a_profile_that_needs_a_code() {
    let mut m = machine();
    m.set("AWS_PROFILE", "prod");
    let text = "CredentialsProviderError: Profile prod requires multi-factor authentication, but no MFA code callback was \
                provided.\n";
    let line = m.line_for(text, "profile prod (AWS_PROFILE) needs an MFA code");
    assert_eq!(line, "aws-mfa prod");
    m.follow(&line);
    m.assert_works_as_role();
    // The shell alone.
    let mut m = machine();
    m.set("AWS_PROFILE", "prod");
    assert_eq!(m.problem().lines, ["aws-mfa prod"]);
}

fn no_credentials() {
    let mut m = machine();
    let said = m.explain(NO_CREDENTIALS);
    assert!(said.is_certain && said.cause.starts_with("this shell has no credentials: "), "{:#}", said.all);
    // Two profiles can be meant.
    assert_eq!(said.lines, ["aws-mfa PROFILE"]);
    m.follow("aws-mfa prod");
    m.assert_works_as_role();
    // With one profile, it is that one.
    let m = machine();
    m.home.write(".aws/config", "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n");
    assert_eq!(m.explain(NO_CREDENTIALS).lines, ["aws-mfa main"]);
    // One that has the name of a command.
    let config = "[profile list]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    m.home.write(".aws/config", config);
    m.home.write(".aws/credentials", credentials_section("list", &m.alice));
    let mut m = m;
    assert_eq!(m.explain(NO_CREDENTIALS).lines, ["aws-mfa --profile list"]);
    m.follow("aws-mfa --profile list");
    m.assert_works_as(":user/alice");
}

fn keys_without_their_secret_or_token() {
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let mut m = machine();
        m.sign_in("prod");
        m.unset(name);
        let text = if name == "AWS_SESSION_TOKEN" {
            INVALID.to_owned()
        } else {
            format!("Partial credentials found in env, missing: {name}\n")
        };
        let line = m.line_for(&text, &format!("{name} is not"));
        m.follow(&line);
        m.assert_works_as_role();
    }
}

fn a_token_with_long_term_keys() {
    let mut m = machine();
    m.sign_in("prod");
    let (id, secret) = (m.alice.access_key_id.clone(), m.alice.secret_access_key.clone());
    m.set("AWS_ACCESS_KEY_ID", id).set("AWS_SECRET_ACCESS_KEY", secret);
    let line = m.line_for(INVALID, "AWS_SESSION_TOKEN is set together with the long-term access key AKIA");
    assert_eq!(line, "unset AWS_SESSION_TOKEN");
    m.follow(&line);
    m.unset("AWS_CREDENTIAL_EXPIRATION");
    m.assert_works_as(":user/alice");
}

fn two_tokens() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_SECURITY_TOKEN", "another");
    let line = m.line_for(INVALID, "AWS_SECURITY_TOKEN has another token");
    assert_eq!(line, "unset AWS_SECURITY_TOKEN");
    m.follow(&line);
    m.assert_works_as_role();
}

fn keys_of_two_sessions() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEJr");
    let line = m.line_for(INVALID, "AWS_SESSION_TOKEN does not belong to access key ASIA");
    m.follow(&line);
    m.assert_works_as_role();
}

fn damaged_keys() {
    let text = "An error occurred (SignatureDoesNotMatch) when calling the ListUsers operation: The request signature we \
                calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\n";
    for (before, after, what) in
        [("", "\r", "ends in a line end"), ("\"", "\"", "is in quotes"), (" ", "", "has a blank")]
    {
        let mut m = machine();
        m.sign_in("prod");
        let secret = m.home.variables[OsStr::new("AWS_SECRET_ACCESS_KEY")].to_str().expect("UTF-8").to_owned();
        m.set("AWS_SECRET_ACCESS_KEY", format!("{before}{secret}{after}"));
        let line = m.line_for(text, &format!("AWS_SECRET_ACCESS_KEY {what}"));
        m.follow(&line);
        m.assert_works_as_role();
    }
}

fn an_expiration_that_is_not_that_of_the_keys() {
    let refreshed = "Credentials were refreshed, but the refreshed credentials are still expired.\n";
    let naive = "can't subtract offset-naive and offset-aware datetimes\n";
    for (value, text) in [(past(60), refreshed), ("2099-01-01T00:00:00".to_owned(), naive)] {
        let mut m = machine();
        let (id, secret) = (m.alice.access_key_id.clone(), m.alice.secret_access_key.clone());
        m.set("AWS_ACCESS_KEY_ID", id).set("AWS_SECRET_ACCESS_KEY", secret);
        m.set("AWS_CREDENTIAL_EXPIRATION", value);
        let line = m.line_for(text, "AWS_CREDENTIAL_EXPIRATION");
        assert_eq!(line, "unset AWS_CREDENTIAL_EXPIRATION");
        m.follow(&line);
        m.assert_works_as(":user/alice");
    }
}

fn a_profile_together_with_keys() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_PROFILE", "main");
    let said = m.explain(EXPIRED);
    assert!(said.cause.contains("but this shell's session is valid for 1 h"), "{:#}", said.all);
    assert!(
        said.all["possibly"].as_str().expect("text").starts_with("AWS_PROFILE is set to `main` together with keys")
    );
    assert_eq!(said.lines, ["unset AWS_PROFILE"]);
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
}

fn a_file_that_does_not_exist() {
    let mut m = machine();
    m.set("AWS_CONFIG_FILE", "/nonexistent/config").set("AWS_PROFILE", "prod");
    let line =
        m.line_for("The config profile (prod) could not be found\n", "AWS_CONFIG_FILE names /nonexistent/config");
    assert_eq!(line, "unset AWS_CONFIG_FILE");
    m.follow(&line);
    m.follow("aws-mfa prod");
    m.assert_works_as_role();
}

fn a_view_that_was_replaced() {
    let mut m = machine();
    m.follow("aws-mfa --all");
    let config = m.home.path().join(".aws/config");
    m.set("AWS_CONFIG_FILE", config);
    let line = m.line_for(NO_CREDENTIALS, "AWS_CONFIG_FILE was set after the sign-in");
    assert_eq!(line, "aws-mfa --all");
    m.unset("AWS_CONFIG_FILE");
    m.follow(&line);
    assert_eq!(m.why(None, "")["shell"]["source"], "view");
    assert_eq!(m.why(None, "")["problems"], Value::Array(Vec::new()));
}

fn a_saved_profile_that_has_expired() {
    let mut m = machine();
    m.follow("mfa-env save prod");
    let path = m.home.path().join(".aws/credentials");
    let saved = std::fs::read_to_string(&path).expect("a file");
    let end = saved.lines().find_map(|line| line.strip_prefix("x_security_token_expires = ")).expect("an expiration");
    m.home.write(".aws/credentials", saved.replace(end, &past(60)));
    m.set("AWS_PROFILE", "prod-mfa");
    let line = m.line_for(EXPIRED, "the session in profile prod-mfa expired at ");
    assert_eq!(line, "mfa-env save prod");
    m.follow(&line);
    m.assert_works_as_role();
}

fn a_profile_that_does_not_exist() {
    let text = |name: &str| format!("The config profile ({name}) could not be found\n");
    let mut m = machine();
    m.set("AWS_PROFILE", "prdo");
    let said = m.explain(&text("prdo"));
    assert_eq!(said.cause, "profile `prdo` (from AWS_PROFILE) not found");
    assert_eq!(said.all["advice"][0]["what"], "did you mean prod?");
    m.set("AWS_PROFILE", "prod");
    m.follow("aws-mfa prod");
    m.assert_works_as_role();
    // Beside keys, the variable is of no use.
    m.set("AWS_PROFILE", "prdo");
    let line = m.line_for(&text("prdo"), "this shell's AWS files have no profile `prdo` (from AWS_PROFILE)");
    assert_eq!(line, "unset AWS_PROFILE");
    m.follow(&line);
    m.assert_works_as_role();
    // One without a name.
    m.set("AWS_PROFILE", "");
    let line = m.line_for(&text(""), "AWS_PROFILE is set, but empty");
    assert_eq!(line, "unset AWS_PROFILE");
    m.follow(&line);
    m.assert_works_as_role();
    // One that is there, but not for the program.
    let said = m.explain(&text("prod"));
    assert!(said.cause.contains("is in this shell's AWS files (~/.aws/config:3)"), "{:#}", said.all);
    assert_eq!(said.lines, ["mfa-env explain prod"]);
    assert!(m.follow(&said.lines[0]).contains("prod"));
}

fn a_region_of_another_partition() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_REGION", "cn-north-1").set("AWS_DEFAULT_REGION", "us-east-1");
    let line = m.line_for(INVALID, "region cn-north-1 (AWS_REGION) is not in the partition of this session, aws");
    assert_eq!(line, "export AWS_REGION=us-east-1");
    m.follow(&line);
    m.assert_works_as_role();
}

fn two_regions() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_DEFAULT_REGION", "us-east-1");
    let said = m.problem();
    assert_eq!(said.cause, "AWS_REGION is eu-central-1, but AWS_DEFAULT_REGION is us-east-1, which boto3 uses");
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
}

fn no_region() {
    let mut m = machine();
    m.sign_in("prod");
    m.unset("AWS_DEFAULT_REGION");
    let line = m.line_for(NO_REGION, "AWS_REGION is set, but AWS_DEFAULT_REGION is not");
    assert_eq!(line, "export AWS_DEFAULT_REGION=eu-central-1");
    m.follow(&line);
    assert_eq!(m.home.variables[OsStr::new("AWS_DEFAULT_REGION")], "eu-central-1");
    let mut m = machine();
    m.sign_in("main");
    let line = m.line_for(NO_REGION, "AWS_REGION and AWS_DEFAULT_REGION are not set");
    assert_eq!(line, "aws-mfa main --region REGION");
    m.follow(&line.replace("REGION", "eu-west-1"));
    assert_eq!(m.home.variables[OsStr::new("AWS_DEFAULT_REGION")], "eu-west-1");
    m.assert_works_as(":user/alice");
}

fn a_bucket_in_another_region() {
    let mut m = machine();
    m.sign_in("prod");
    let text = "An error occurred (AuthorizationHeaderMalformed) when calling the ListBuckets operation: The authorization \
                header is malformed; the region 'eu-central-1' is wrong; expecting 'us-east-2'\n";
    let said = m.explain(text);
    assert_eq!(said.lines, ["export AWS_REGION=us-east-2", "export AWS_DEFAULT_REGION=us-east-2"]);
    for line in said.lines {
        m.follow(&line);
    }
    m.assert_works_as_role();
}

fn an_endpoint_that_does_not_answer() {
    let mut m = machine();
    m.sign_in("prod");
    let stopped = Sts::start();
    stopped.stop();
    m.set("AWS_ENDPOINT_URL_S3", stopped.url());
    let text = format!("Could not connect to the endpoint URL: \"{}/\"\n", stopped.url());
    let line = m.line_for(&text, "AWS_ENDPOINT_URL_S3 sends calls to 127.0.0.1");
    assert_eq!(line, "unset AWS_ENDPOINT_URL_S3");
    m.follow(&line);
    m.assert_works_as_role();
    // A region that does not exist.
    m.set("AWS_DEFAULT_REGION", "eu-nowhere-1");
    let text = "Could not connect to the endpoint URL: \"https://sts.eu-nowhere-1.amazonaws.com/\"\n";
    let said = m.explain(text);
    let possibly = said.all["possibly"].as_str().expect("text");
    assert!(possibly.starts_with("there is no region eu-nowhere-1 (AWS_DEFAULT_REGION)"), "{possibly}");
    assert_eq!(said.lines, ["export AWS_DEFAULT_REGION=REGION"]);
    m.follow("export AWS_DEFAULT_REGION=eu-central-1");
    m.assert_works_as_role();
    // What is no region at all is certain.
    m.set("AWS_REGION", "eu-central-1a");
    let said = m.explain(text);
    assert!(said.is_certain && said.cause.contains("AWS_REGION"), "{:#}", said.all);
}

fn a_proxy_that_does_not_answer() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:9");
    let text = "Failed to connect to proxy URL: \"http://127.0.0.1:9\"\n";
    m.set("https_proxy", "http://192.0.2.1:3128");
    let line = m.line_for(text, "the proxy in HTTPS_PROXY cannot be reached");
    assert_eq!(line, "unset HTTPS_PROXY");
    m.unset("https_proxy");
    // Go shows an address only.
    let said = m.explain("proxyconnect tcp: dial tcp 192.0.2.7:3128: i/o timeout\n");
    assert!(!said.is_certain && said.lines == ["unset HTTPS_PROXY"], "{:#}", said.all);
    m.follow(&line);
    m.assert_works_as_role();
    let said = m.explain(text);
    assert_eq!((said.cause.as_str(), said.lines.len()), ("the program cannot reach its proxy", 0));
}

fn certificates_that_do_not_exist() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem");
    let text = "SSL validation failed for https://sts.eu-central-1.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED]\n";
    let line = m.line_for(text, "AWS_CA_BUNDLE names a file that does not exist");
    assert_eq!(line, "unset AWS_CA_BUNDLE");
    m.follow(&line);
    m.assert_works_as_role();
    let said = m.explain(text);
    assert_eq!(said.lines, ["export AWS_CA_BUNDLE=FILE"]);
    assert!(said.all["possibly"].as_str().expect("text").contains("a proxy of your network"));
}

fn a_service_with_a_token_of_its_own() {
    let mut m = machine();
    m.sign_in("prod");
    m.set("AWS_BEARER_TOKEN_BEDROCK", "hidden");
    let said = m.problem();
    assert_eq!(said.lines, ["unset AWS_BEARER_TOKEN_BEDROCK"]);
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
}

/// The line sets the clock of the machine, so the programs in it are stand-ins, and the tests' AWS sees their effect.
fn a_clock_that_is_wrong() {
    let mut m = machine();
    m.sign_in("prod");
    m.sts.set_clock(11_162);
    let said = Said::of(&m.why(Some(EXPIRED), "--online")["causes"][0]);
    assert!(said.is_certain && said.cause.contains("is 3 h 6 min 2 s behind AWS's"), "{:#}", said.all);
    // The same from the text alone. The request was sent a moment ago.
    let stamp = |seconds: i64| past(-seconds).replace(['-', ':'], "");
    let text = format!(
        "Signature expired: {} is now earlier than {} ({} - 15 min.)\n",
        stamp(0),
        stamp(11_162 - 900),
        stamp(11_162)
    );
    let line = m.line_for(&text, "this machine's clock was 3 h 6 min 2 s behind AWS's");
    assert_eq!(said.lines, std::slice::from_ref(&line));
    for (name, script) in
        [("sudo", "exec \"$@\""), ("timedatectl", "touch \"$HOME/clock-set\""), ("sntp", "touch \"$HOME/clock-set\"")]
    {
        typed_lines::stand_in(&mut m.home, name, script);
    }
    m.follow(&line);
    assert!(m.home.path().join("clock-set").exists(), "{line}");
    m.sts.set_clock(0);
    m.assert_works_as_role();
    // An old text is about some machine.
    let old = "Signature not yet current: 20210502T183640Z is still later than 20210502T175140Z (20210502T173640Z + 15 min.)\n";
    assert!(m.explain(old).cause.starts_with("the clock of the machine that sent the request was 1 h ahead of AWS's"));
}

fn keys_that_aws_does_not_know() {
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    m.sts.remove_key(&m.alice.access_key_id);
    let said = m.explain(INVALID);
    assert!(!said.is_certain && said.cause.contains("(profile main) was deleted or deactivated"), "{:#}", said.all);
    assert_eq!(said.lines, ["mfa-env why --online"]);
    let said = Said::of(&m.why(Some(INVALID), "--online")["causes"][0]);
    assert!(said.is_certain && said.cause.starts_with("AWS does not know access key AKIA"), "{:#}", said.all);
    assert_eq!(said.lines, ["aws configure --profile main"]);
    // `aws configure` writes the new key to the credentials file.
    let bob = m.sts.add_user("bob");
    m.home.write(".aws/credentials", credentials_section("main", &bob));
    m.assert_works_as(":user/bob");
}

fn a_wrong_secret() {
    let text = "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature \
                we calculated does not match the signature you provided. Check your AWS Secret Access Key.\n";
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    let right = std::fs::read_to_string(m.home.path().join(".aws/credentials")).expect("a file");
    m.home.write(".aws/credentials", right.replace(&m.alice.secret_access_key, "wrong"));
    let said = m.explain(text);
    assert_eq!((said.is_certain, &said.lines[..]), (false, &["aws configure --profile main".to_owned()][..]));
    let said = Said::of(&m.why(Some(text), "--online")["causes"][0]);
    assert_eq!((said.is_certain, &said.lines[..]), (true, &["aws configure --profile main".to_owned()][..]));
    m.home.write(".aws/credentials", right);
    m.assert_works_as(":user/alice");
    // In the variables.
    let mut m = machine();
    m.sign_in("prod");
    // With this error, AWS has not got as far as to the secret.
    let incomplete = "An error occurred (IncompleteSignature) when calling the GetCallerIdentity operation: Credential must have \
                      exactly 5 slash-delimited elements\n";
    assert_eq!(m.explain(incomplete).cause, "AWS cannot read the access key ID or the region in the signature");
    m.set("AWS_SECRET_ACCESS_KEY", "wrong");
    let line = m.line_for(text, "AWS_SECRET_ACCESS_KEY does not belong to access key ASIA");
    m.follow(&line);
    m.assert_works_as_role();
}

fn refused(arn: &str, what: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the X operation: User: {arn} is not authorized to perform: {what}\n"
    )
}

fn a_role_that_needs_mfa() {
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    let arn = "arn:aws:iam::123456789012:role/admin";
    let text = refused(&m.alice.arn, &format!("sts:AssumeRole on resource: {arn}"));
    let said = m.explain(&text);
    assert_eq!(said.cause, "user alice (123456789012) may not assume role admin");
    assert_eq!(said.all["possibly"], "the role asks for MFA, and these keys were used without a code");
    assert_eq!(said.lines, ["aws-mfa prod"]);
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
    // The session of another role has no part in it.
    let text = refused("arn:aws:sts::123456789012:assumed-role/audit/x", &format!("sts:AssumeRole on resource: {arn}"));
    let said = m.explain(&text);
    assert_eq!(said.cause, "role audit (123456789012) may not assume role admin");
    assert_eq!(said.lines, ["aws-mfa prod"]);
}

fn a_role_that_allows_less() {
    let text = "An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds \
                exceeds the MaxSessionDuration set for this role.\n";
    let mut m = machine();
    m.set("AWS_PROFILE", "prod");
    let line = m.line_for(text, "the role allows only shorter sessions");
    assert_eq!(line, "aws-mfa prod -d 1h");
    m.follow(&line);
    m.assert_works_as_role();
    // Up to 12 h for the session of a user, and in another region.
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    let range = "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must \
                 have value less than or equal to 43200\n";
    let line = m.line_for(range, "AWS allows sessions of 15 min to 12 h");
    assert_eq!(line, "aws-mfa main -d 12h");
    let code = m.sts.code(&m.alice.mfa_serial);
    m.follow(&format!("{line} --code {code}"));
    m.assert_works_as(":user/alice");
    let disabled = "STS is not activated in this region for account:123456789012. Your account administrator can activate \
                    STS in this region using the IAM Console.\n";
    let line = m.line_for(disabled, "STS is not activated in this region");
    assert_eq!(line, "aws-mfa main -r REGION");
    m.follow(&line.replace("REGION", "us-east-1"));
    m.assert_works_as(":user/alice");
}

fn a_policy_that_asks_for_mfa() {
    let mut m = machine();
    m.set("AWS_PROFILE", "main");
    for what in ["iam:ListUsers on resource: * with an explicit deny in an identity-based policy", "iam:ListUsers"] {
        let said = m.explain(&refused(&m.alice.arn, what));
        assert!(said.cause.starts_with("user alice (123456789012) may not call iam:ListUsers: "), "{:#}", said.all);
        assert!(said.all["possibly"].as_str().expect("text").contains("without MFA"));
        assert_eq!(said.lines, ["aws-mfa main"]);
    }
    m.follow("aws-mfa main");
    m.assert_works_as(":user/alice");
    // What does not depend on a sign-in is not answered with one.
    m.sign_in("prod");
    for what in ["an explicit deny in a service control policy", "an explicit deny in a permissions boundary"] {
        let caller = "arn:aws:sts::123456789012:assumed-role/admin/alice";
        let said = m.explain(&refused(caller, &format!("iam:ListUsers on resource: * with {what}")));
        assert!(said.is_certain && said.lines.is_empty(), "{:#}", said.all);
    }
    // Another caller than this shell's session.
    let said = m.explain(&refused(&m.alice.arn, "iam:ListUsers"));
    assert!(
        said.cause.contains("not with this shell's session (admin@123456789012), but with user alice"),
        "{:#}",
        said.all
    );
    assert_eq!(said.all["possibly"], "it names a profile itself, or was started elsewhere");
    // A role may have been assumed with that session, which is no mistake.
    let said = m.explain(&refused("arn:aws:sts::210987654321:assumed-role/deploy/x", "iam:ListUsers"));
    assert_eq!(said.all["possibly"], "it assumes that role itself");
    assert_eq!(said.all["advice"][0]["what"], "ask who manages account 210987654321");
    m.set("AWS_PROFILE", "main");
    let said = m.explain(&refused(&m.alice.arn, "iam:ListUsers"));
    assert!(
        said.all["possibly"].as_str().expect("text").starts_with("AWS_PROFILE is set to `main` together with keys")
    );
    assert_eq!(said.lines, ["unset AWS_PROFILE"]);
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
}

fn a_call_that_needs_the_keys_themselves() {
    let text = "An error occurred (AccessDenied) when calling the GetSessionToken operation: Cannot call GetSessionToken with \
                session credentials\n";
    let mut m = machine();
    m.sign_in("prod");
    let line = m.line_for(text, "asked for a session with the keys of a session");
    assert_eq!(line, "aws-mfa unset");
    m.follow(&line);
    assert!(!m.home.variables.contains_key(OsStr::new("AWS_ACCESS_KEY_ID")));
    m.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x").set("AWS_SESSION_TOKEN", "y");
    let line = m.line_for(text, "asked for a session");
    m.follow(&line);
    assert!(!m.home.variables.contains_key(OsStr::new("AWS_ACCESS_KEY_ID")));
}

fn a_program_that_runs_elsewhere() {
    let mut m = machine();
    m.sign_in("prod");
    let line =
        m.line_for(NO_CREDENTIALS, "the program found no credentials, but this shell has credentials, valid for 1 h");
    assert_eq!(line, "mfa-env exec prod COMMAND");
    let shown = m.follow(&line.replace("COMMAND", "sh -c 'echo $AWS_ACCESS_KEY_ID'"));
    assert!(shown.starts_with("ASIA"), "{shown}");
}

fn a_process_that_needs_a_code() {
    let mut m = machine();
    m.follow("mfa-env credential-process prod --print-config >>~/.aws/config");
    m.set("AWS_PROFILE", "prod-process");
    // What the AWS CLI shows of mfa-env's own words.
    let text = "Error when retrieving credentials from custom-process: mfa-env: an MFA code is needed, but there is no \
                terminal; sign in first, in a terminal: aws-mfa prod\n";
    let line = m.line_for(text, "the program gets its credentials from mfa-env, which needs an MFA code");
    assert_eq!(line, "aws-mfa prod");
    // What the SDK for Go shows.
    let text =
        "failed to refresh cached credentials, process provider error: error in credential_process: exit status 5\n";
    let line =
        m.line_for(text, "mfa-env, which the credential_process of profile prod-process calls, failed: it needs");
    assert_eq!(line, "aws-mfa prod");
    m.follow(&line);
    m.assert_works_as_role();
    // The text is untrusted: nothing of it is shown as a line to type, unless it is the name of a profile.
    for hostile in ["aws-mfa prod; rm -rf ~", "aws-mfa $(touch pwn)", "rm -rf ~", "aws-mfa nosuch"] {
        let text = format!("custom-process: mfa-env: x; sign in first, in a terminal: {hostile}\n");
        assert_eq!(m.explain(&text).lines, [""; 0], "{hostile}");
    }
    let mut m = machine();
    m.follow("mfa-env credential-process prod --print-config >>~/.aws/config");
    m.set("AWS_PROFILE", "prod-process");
    let text = "process provider error: error in credential_process: exit status 4\n";
    let line = m.line_for(text, "failed: AWS rejected the call");
    m.follow(&line);
}

fn lines_that_show_more() {
    let mut m = machine();
    for (line, shows) in [
        ("mfa-env list", "prod"),
        ("mfa-env explain prod", "AssumeRole"),
        ("mfa-env device main", ":mfa/alice"),
        ("mfa-env help docker", "#"),
    ] {
        let shown = m.follow(line);
        assert!(shown.contains(shows), "{line}: {shown}");
    }
    m.sign_in("prod");
    assert!(m.follow("mfa-env status").contains("admin@123456789012"));
}

/// Every line that the table and the problems of shells can lead to is typed above, or belongs to another program.
fn every_line_is_typed_in_one_of_these_tests() {
    let samples = include_str!("../fixtures/known_errors.txt").split("\n== ").skip(1);
    let texts: Vec<&str> = samples.filter_map(|sample| Some(sample.split_once('\n')?.1)).collect();
    let config = "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n\
                  mfa_serial = arn:aws:iam::123456789012:mfa/alice\n[profile proc]\n\
                  credential_process = mfa-env credential-process --profile prod\n[profile sso]\nsso_session = x\n";
    let keys = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let mut shells = vec![Home::empty()];
    let states: [&[(&str, &str)]; 9] = [
        &[],
        &[("AWS_PROFILE", "prod")],
        &[("AWS_PROFILE", "main")],
        &[("AWS_PROFILE", "proc")],
        &[("AWS_PROFILE", "sso")],
        &[("AWS_PROFILE", "nosuch"), ("AWS_REGION", "x")],
        &[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_REGION", "us-east-1")],
        &[("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_SESSION_TOKEN", "y")],
        &[
            ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_SESSION_TOKEN", "y"),
            ("MFA_ENV_PROFILE", "prod"),
            ("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIAIOSFODNN7EXAMPLE"),
            ("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z"),
            ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ],
    ];
    for state in states {
        let mut home = Home::with(config, keys);
        for (name, value) in state {
            home.set(*name, *value);
        }
        shells.push(home);
    }
    let mut lines = BTreeSet::new();
    for home in shells {
        let variables: Variables = home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let shell = ShellState::read(&variables).expect("UTF-8");
        let explainer = Explainer::of(&shell, &variables, Typing { shell: Dialect::Bash, is_command: |_| false });
        let mut explanations = explainer.problems();
        for text in &texts {
            let mut search = Search::default();
            search.push(text);
            explanations.extend(explainer.explain_all(&search.finish().errors));
        }
        lines.extend(explanations.into_iter().flat_map(|e| e.advice).filter_map(|advice| advice.line));
    }
    assert!(known_errors().len() >= 70 && lines.len() > 40, "{lines:#?}");
    let known: BTreeSet<&str> = TYPED.into_iter().chain(OF_OTHER_TESTS).collect();
    let unknown: BTreeSet<String> =
        lines.iter().map(|line| kind(line)).filter(|kind| !known.contains(&kind[..])).collect();
    assert_eq!(unknown, BTreeSet::new(), "{lines:#?}");
}

/// A line without names and regions.
fn kind(line: &str) -> String {
    if line == mfa_env::clock::SET_CLOCK {
        return "CLOCK".to_owned();
    }
    if let Some(rest) = line.strip_prefix("unset ") {
        return format!("unset {}", if rest.starts_with("AWS_") || rest.ends_with("_PROXY") { "NAME" } else { rest });
    }
    if line.starts_with("export AWS_") {
        return "export NAME=VALUE".to_owned();
    }
    if OF_OTHER_PROGRAMS.iter().any(|program| line.starts_with(program)) {
        return TYPED[0].to_owned();
    }
    let names = ["prod", "main", "proc", "sso", "default", "badsource", "missing"];
    let words = line.split(' ').map(|word| if names.contains(&word) { "PROFILE" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

//! `why` and profiles that programs name themselves, `credential_process`, and shells in which nothing is set up.

#![cfg(unix)]

use super::why_advice::{EXPIRED, INVALID, NO_CREDENTIALS, Said, TERRAFORM, machine};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::unprivileged;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;

trials![
    a_program_that_names_a_profile_in_a_shell_that_is_not_signed_in,
    a_program_that_names_a_profile_that_the_shell_does_not_select,
    a_process_of_a_profile_that_the_text_names,
    a_process_of_the_only_profile_with_one,
    a_process_that_is_not_found,
    nothing_is_set_up,
    nothing_is_set_up_in_a_container,
    files_that_cannot_be_read,
    no_advice_removes_what_is_not_there,
    a_line_is_explained_once,
    a_key_with_a_line_end,
    a_file_that_programs_cannot_read,
];

const PROCESS: &str =
    "Error when retrieving credentials from custom-process: aws-vault: error: exec: Failed to get credentials\n";

fn a_program_that_names_a_profile_in_a_shell_that_is_not_signed_in() {
    let view = |line: &str, text: &str| {
        let mut m = machine();
        let said = m.explain(text);
        assert!(said.is_certain, "{:#}", said.all);
        assert_eq!(said.lines, [line]);
        m.follow(line);
        let config = m.home.variables[OsStr::new("AWS_CONFIG_FILE")].clone();
        let view = std::fs::read_to_string(config).expect("a view");
        assert!(view.contains("[profile prod]") && !view.contains("mfa_serial"), "{view}");
        let ran = m.bash("mfa-env credential-process --profile prod --no-input");
        assert!(ran.status.success(), "{ran}");
    };
    view("aws-mfa --all", TERRAFORM);
    let botocore = "+ aws s3 ls --profile prod\nEnter MFA code for arn:aws:iam::123456789012:mfa/alice: \n";
    view("aws-mfa --all prod", botocore);
    view("aws-mfa --all prod", &format!("$ AWS_PROFILE=prod terraform plan\n{TERRAFORM}"));
}

fn a_program_that_names_a_profile_that_the_shell_does_not_select() {
    let mut m = machine();
    m.set("AWS_PROFILE", "prod");
    let other = "+ aws s3 ls --profile main\nEnter MFA code for arn:aws:iam::123456789012:mfa/alice: \n";
    assert_eq!(m.explain(other).lines, ["aws-mfa --all main"]);
    let same = "+ aws s3 ls --profile prod\nEnter MFA code for arn:aws:iam::123456789012:mfa/alice: \n";
    assert_eq!(m.explain(same).lines, ["aws-mfa prod"]);
    // The text is untrusted.
    let hostile = "+ aws s3 ls --profile $(touch pwned)\nEnter MFA code for arn:aws:iam::123456789012:mfa/alice: \n";
    assert!(!m.why(Some(hostile), "").to_string().contains("touch"));
}

fn a_process_of_a_profile_that_the_text_names() {
    let m = machine();
    let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
    let more =
        "[profile cp]\ncredential_process = vault export --password hunter2\n[profile cq]\ncredential_process = x\n";
    m.home.write(".aws/config", config + more);
    for command in ["aws --profile cp s3 ls", "aws s3 ls --profile=cp", "AWS_PROFILE=cp aws s3 ls"] {
        let said = m.explain(&format!("$ {command}\n{PROCESS}"));
        assert!(said.cause.starts_with("the credential_process of profile cp (~/.aws/config:"), "{:#}", said.all);
        assert!(said.is_certain && !said.all.to_string().contains("hunter2"), "{:#}", said.all);
        assert_eq!(said.lines, ["aws configure get credential_process --profile cp"]);
    }
    // Which of the two is not known.
    let said = m.explain(PROCESS);
    assert_eq!(said.cause, "the credential_process of the profile failed");
    assert!(said.lines.is_empty(), "{:#}", said.all);
    let mut m = m;
    m.set("AWS_PROFILE", "cq");
    assert_eq!(m.explain(PROCESS).lines, ["aws configure get credential_process --profile cq"]);
}

fn a_process_of_the_only_profile_with_one() {
    let m = machine();
    let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
    m.home.write(".aws/config", config + "[profile cp]\ncredential_process = x\n");
    assert_eq!(m.explain(PROCESS).lines, ["aws configure get credential_process --profile cp"]);
}

fn a_process_that_is_not_found() {
    let m = machine();
    let config = std::fs::read_to_string(m.home.path().join(".aws/config")).expect("a file");
    m.home.write(".aws/config", config + "[profile cp]\ncredential_process = /opt/vault export\n");
    let said = m.explain("$ aws --profile cp s3 ls\n\n[Errno 2] No such file or directory: '/opt/vault'\n");
    assert!(
        said.cause.starts_with("/opt/vault, which the credential_process of profile cp (~/.aws/config:"),
        "{:#}",
        said.all
    );
}

fn nothing_is_set_up() {
    let home = Home::empty();
    for text in [NO_CREDENTIALS, TERRAFORM, EXPIRED, ""] {
        let shown = Program::new(&home, ["why"]).stdin(text).run().stdout;
        assert!(shown.contains("mfa-env setup\n") && !shown.contains("docker"), "{text}: {shown}");
    }
}

fn nothing_is_set_up_in_a_container() {
    for (variable, value) in [("container", "podman"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")] {
        let mut home = Home::empty();
        home.set(variable, value);
        let shown = Program::new(&home, ["why"]).stdin(NO_CREDENTIALS).run().stdout;
        assert!(shown.contains("mfa-env help docker\n") && !shown.contains("setup"), "{shown}");
    }
    // Keys that somebody has passed on.
    let mut home = Home::empty();
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE")
        .set("AWS_SECRET_ACCESS_KEY", "x")
        .set("AWS_SESSION_TOKEN", "y");
    let shown = Program::new(&home, ["why"]).stdin(EXPIRED).run().stdout;
    assert!(shown.contains("mfa-env help docker\n"), "{shown}");
}

fn files_that_cannot_be_read() {
    let m = machine();
    let path = m.home.path().join(".aws/credentials");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).expect("a mode");
    for text in [NO_CREDENTIALS, TERRAFORM, EXPIRED] {
        m.home.write("text", text);
        let file = m.home.path().join("text");
        let ran = unprivileged::run(&m.home, &["why", file.to_str().expect("UTF-8")]);
        let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(shown.contains(".aws/credentials cannot be read: "), "{text}: {shown}");
        assert!(!shown.contains("docker") && !shown.contains("setup"), "{text}: {shown}");
    }
}

fn no_advice_removes_what_is_not_there() {
    let m = machine();
    let text = "An error occurred (AccessDenied) when calling the GetSessionToken operation: Cannot call GetSessionToken with \
                session credentials\n";
    let said = m.explain(text);
    assert!(said.lines.is_empty(), "{:#}", said.all);
    assert_eq!(said.all["advice"][0]["what"], "run the program with the long-term keys of a user, not with a session");
}

fn a_line_is_explained_once() {
    let m = machine();
    let line = "Unable to connect: getting credentials: exec: executable aws not found: SSL validation failed for https://x/ \
                certificate verify failed, SubscriptionRequiredException: The AWS Access Key Id needs a subscription\n";
    let causes = m.why(Some(line), "")["causes"].as_array().expect("a list").len();
    assert_eq!(causes, 1, "{:#}", m.why(Some(line), ""));
}

fn a_key_with_a_line_end() {
    let text = "An HTTP Client raised an unhandled exception: Invalid header value b'AWS4-HMAC-SHA256 \
                Credential=AKIAIOSFODNN7EXAMPLE\\n/20261128/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=aec867a5'\n";
    let mut m = machine();
    m.sign_in("prod");
    let id = m.home.variables[OsStr::new("AWS_ACCESS_KEY_ID")].to_str().expect("UTF-8").to_owned();
    m.set("AWS_ACCESS_KEY_ID", format!("{id}\n"));
    let said = m.explain(text);
    assert_eq!(said.cause, "AWS_ACCESS_KEY_ID ends in a line end", "{:#}", said.all);
    let all = said.all.to_string();
    assert!(!all.contains("aec867a5") && !all.contains("aws4_request") && all.contains("not shown"), "{all}");
    m.follow(&said.lines[0]);
    m.assert_works_as_role();
    assert!(Said::of(&m.why(Some(text), "")["causes"][0]).cause.contains("line end"));
}

fn a_file_that_programs_cannot_read() {
    let m = machine();
    assert_eq!(m.explain("Unable to parse config file: /home/x/.aws/config\n").lines, ["mfa-env doctor"]);
    assert!(m.explain(INVALID).lines != ["mfa-env list"]);
}

//! The AWS files.

use crate::support::fixture::Fixture;
use crate::support::fuzz::{Checked, Target, ensure, no_statements_on_failure, outcome};
use crate::support::program::Program;
use std::fs;

trials![survives_any_aws_files];

/// Separates the config file from the credentials file in an input.
const SEPARATOR: &[u8] = b"\n%%\n";

const DICTIONARY: [&str; 64] = [
    "\n",
    "\r\n",
    "\r",
    "\n ",
    "\n\t",
    "[",
    "]",
    "[profile ",
    "[profile main]\n",
    "[default]\n",
    "[ profile r1 ]\n",
    "[r1]\n",
    "[profile 'a b']\n",
    "[services x]\n",
    "[sso-session x]\n",
    "#",
    ";",
    " #",
    "\n#",
    "\n ;",
    "=",
    ":",
    " = ",
    "\n=x\n",
    "\nx\n",
    "role_arn = ",
    "source_profile = ",
    "source_profile = main\n",
    "source_profile = r1\n",
    "mfa_serial = ",
    "mfa_serial =\n",
    "region = ",
    "duration_seconds = ",
    "duration_seconds = 99999\n",
    "external_id = ",
    "s3 =\n  a = b\n",
    "role_session_name = ",
    "credential_source = Environment\n",
    "credential_process = x\n",
    "sso_session = x\n",
    "web_identity_token_file = x\n",
    "endpoint_url = http://127.0.0.1:1\n",
    "ca_bundle = /nonexistent\n",
    "'",
    "\"",
    "\u{feff}",
    "\u{202e}",
    "\u{a0}",
    "\u{200b}",
    "\u{85}",
    "\u{1b}[2J",
    "\u{7f}",
    "\0",
    "%%",
    "aws_access_key_id = ",
    "aws_secret_access_key = ",
    "aws_session_token = ",
    "aws_session_token = x\n",
    "arn:aws:iam::123456789012:role/x\n",
    "arn:aws:iam::123456789012:mfa/x\n",
    "include_profile = main\n",
    "use_fips_endpoint = true\n",
    "999999999999999999999",
    "[profile \u{e9}]\n",
];

fn survives_any_aws_files() {
    let mut fixture = Fixture::with(&[("r1", "region = eu-central-1")]);
    // No input can send a request anywhere else.
    fixture.home.set("AWS_ENDPOINT_URL_IAM", fixture.sts.url());
    let [config, credentials] =
        ["config", "credentials"].map(|name| fs::read(fixture.home.path().join(".aws").join(name)).expect("a file"));
    let secret = fixture.alice.secret_access_key.clone();
    let valid = [config, credentials].join(SEPARATOR);
    let check = |input: &[u8]| -> Checked {
        let at = input.windows(SEPARATOR.len()).position(|window| window == SEPARATOR).unwrap_or(input.len());
        fixture.home.write(".aws/config", &input[..at]);
        fixture.home.write(".aws/credentials", input.get(at + SEPARATOR.len()..).unwrap_or_default());
        let run = |arguments: &[&str]| outcome(|| Program::new(&fixture.home, arguments.iter().copied()).command());
        // A wrong code, so that no input needs a new one; a profile without MFA signs in.
        let ran = run(&["r1", "--code", "000000", "--no-cache", "--no-mfa-process", "--shell", "sh"])?;
        no_statements_on_failure(&ran)?;
        for ran in
            [ran, run(&["explain", "--verbose", "r1"])?, run(&["list"])?, run(&["__complete", "1", "mfa-env", ""])?]
        {
            for text in [&ran.stdout, &ran.stderr] {
                let text = String::from_utf8_lossy(text);
                ensure(!text.contains(&secret), || format!("the secret key is shown: {ran}"))?;
            }
        }
        for json in [run(&["explain", "r1", "--json"])?, run(&["list", "--json"])?] {
            let is_json = json.stdout.is_empty() || serde_json::from_slice::<serde_json::Value>(&json.stdout).is_ok();
            ensure(is_json, || format!("not JSON: {json}"))?;
        }
        Ok(())
    };
    Target { corpus: include_str!("corpus/aws_files.txt"), valid: vec![valid], dictionary: &DICTIONARY }.run(check);
}

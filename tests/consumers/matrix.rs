//! Every program in every way, with a role that needs MFA: each cell of `tests/consumers.md` is run. STS sees which key
//! signed.

#![cfg(unix)]

use crate::support::consumers::{self, Moto, Tool, Way};
use crate::support::home::Home;
use crate::support::sts::{RoleSpec, Sts};
use std::fmt::Write;
use std::path::Path;

consumer_trials![every_program_in_every_way];

const TABLE: &str = "tests/consumers.md";
/// If set, the test writes the table.
const WRITE: &str = "MFA_ENV_TEST_WRITE_CONSUMERS";

fn every_program_in_every_way() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let ways: Vec<&str> = Way::ALL.iter().map(|way| way.name()).collect();
    let mut table = format!(
        "# Programs and ways\n\nWritten by `tests/consumers/matrix.rs`. Each ✓ is a run in which STS saw that the session signed.\n\n\
         | program | {} |\n|---|{}\n",
        ways.join(" | "),
        "---|".repeat(ways.len())
    );
    for tool in consumers::signers() {
        let _ = write!(table, "| {} |", tool.name);
        let (sts, device, home) = machine(&tool, &moto);
        // The first way asks for the code; the others find the MFA session.
        let [eval, exec, shim, process, save, serve, all] = Way::ALL;
        for way in [process, eval, exec, shim, save, serve, all] {
            sts.take_calls();
            let line = format!("cd tf && {}", way.line(&tool));
            if way == process {
                consumers::run_with_code(&home, &line, &sts, &device);
            } else {
                let outcome = consumers::run(&home, &line);
                assert!(outcome.status.success(), "{}, {way:?}: {outcome}", tool.name);
            }
            let calls = sts.take_calls();
            let key = consumers::cached_key(&home, "prod");
            let signed = calls.iter().any(|call| call.action == "GetCallerIdentity" && call.access_key_id == key);
            assert!(signed, "{}, {way:?}: {calls:?}", tool.name);
        }
        table.push_str(&" ✓ |".repeat(Way::ALL.len()));
        table.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &table).expect("the table");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, table, "to write the table, run this test with {WRITE}=1");
}

/// The profile `prod`, whose role needs MFA, and a Terraform configuration whose state is in S3.
fn machine(tool: &Tool, moto: &Moto) -> (Sts, String, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = us-east-1\n")]);
    home.write("tf/main.tf", backend(&sts.url(), &moto.url, ""));
    consumers::prepare(&mut home, tool);
    (sts, alice.mfa_serial, home)
}

/// A configuration whose state is in S3, with more settings of the backend.
pub fn backend(sts: &str, s3: &str, more: &str) -> String {
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"tfstate\"\n    key = \"state\"\n    region = \"us-east-1\"\n    \
         endpoints = {{ s3 = \"{s3}\", sts = \"{sts}\", iam = \"{sts}\" }}\n    use_path_style = true\n    \
         skip_metadata_api_check = true\n    skip_region_validation = true\n    skip_s3_checksum = true\n    {more}\n  }}\n}}\n"
    )
}

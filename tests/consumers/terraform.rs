//! Terraform on a profile whose role needs MFA: by itself it cannot ask, and with mfa-env it need not.

#![cfg(unix)]

use super::matrix::backend;
use crate::support::consumers::{self, Moto, Tool};
use crate::support::home::Home;
use crate::support::sts::{RoleSpec, Sts};

consumer_trials![
    a_profile_in_the_configuration_needs_the_printed_profile,
    a_script_that_reads_from_the_terminal_still_works
];

/// What people meet without mfa-env.
const ERROR: &str = "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.";

fn machine(program: &str) -> (Sts, String, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let more = format!("region = us-east-1\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, &more)]);
    let is_tool = |tool: &Tool| tool.program == program;
    consumers::prepare(&mut home, &consumers::signers().into_iter().find(is_tool).expect("a tool"));
    (sts, alice.mfa_serial, home)
}

fn a_profile_in_the_configuration_needs_the_printed_profile() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let (sts, device, home) = machine("terraform");
    let init = "cd tf && terraform init -input=false -no-color -reconfigure 2>&1";
    home.write("tf/main.tf", backend(&sts.url(), &moto.url, ""));
    // By its environment, Terraform selects the profile, and fails before it sends anything.
    let outcome = consumers::run(&home, &format!("export AWS_PROFILE=prod; {init}"));
    assert!(!outcome.status.success() && String::from_utf8_lossy(&outcome.stdout).contains(ERROR), "{outcome}");
    assert_eq!(sts.take_calls(), []);
    consumers::run_with_code(&home, &format!("PATH=$HOME/shims:$PATH; {init}"), &sts, &device);
    let key = consumers::cached_key(&home, "prod");
    let signed = |sts: &Sts| sts.take_calls().into_iter().filter(|call| call.access_key_id == key).count();
    assert!(signed(&sts) > 0);
    // A profile that its own configuration names is read from the files, whatever keys are in the environment.
    home.write("tf/main.tf", backend(&sts.url(), &moto.url, "profile = \"prod\""));
    for way in ["mfa-env exec prod sh -c '", "eval \"$(mfa-env prod -q)\"; eval '", "PATH=$HOME/shims:$PATH; eval '"] {
        let outcome = consumers::run(&home, &format!("{way}{init}'"));
        assert!(
            !outcome.status.success() && String::from_utf8_lossy(&outcome.stdout).contains(ERROR),
            "{way}: {outcome}"
        );
    }
    assert_eq!(signed(&sts), 0);
    home.write("tf/main.tf", backend(&sts.url(), &moto.url, "profile = \"prod-process\""));
    let outcome = consumers::run(&home, init);
    assert!(outcome.status.success(), "{outcome}");
    assert!(signed(&sts) > 0);
}

/// People send the prompt to the terminal by hand; it works, and the line without a shell does the same.
fn a_script_that_reads_from_the_terminal_still_works() {
    let by_hand = "sh -c 'mfa-env credential-process prod 2> $(tty)'";
    let reads =
        "echo \"MFA code for alice, typed here: \" >$(tty); read code; exec mfa-env credential-process prod \"$code\"";
    for line in [by_hand.to_owned(), format!("sh -c '{reads}'")] {
        let (sts, device, home) = machine("boto3");
        let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        home.write(".aws/config", format!("{config}[profile hand]\nregion = us-east-1\ncredential_process = {line}\n"));
        consumers::run_with_code(&home, "AWS_PROFILE=hand boto3", &sts, &device);
        let key = consumers::cached_key(&home, "prod");
        assert!(sts.take_calls().iter().any(|call| call.access_key_id == key), "{line}");
        // Replaced by what `--print-config` prints, it asks no more than before.
        let outcome = consumers::run(&home, "AWS_PROFILE=prod-process boto3");
        assert!(outcome.status.success(), "{outcome}");
        assert!(sts.take_calls().iter().any(|call| call.access_key_id == key), "{line}");
    }
}

//! The Windows program under wine, where the run names one: `MFA_ENV_TEST_WINDOWS_EXE`. What this cannot show is in the README's table of platforms.

use crate::support::home::{Home, credentials_section};
use crate::support::powershell::{self, Statement};
use crate::support::shells::{self, Outcome};
use crate::support::sts::Sts;
use std::collections::BTreeMap;
use std::process::Command;

/// The variable that names the program; CI sets it.
const PROGRAM: &str = "MFA_ENV_TEST_WINDOWS_EXE";

inventory::submit! {
    crate::Module { trials: || if absent().is_some() { Vec::new() } else { vec![crate::trial(module_path!(), "signs_in_under_wine", signs_in_under_wine)] } }
}

/// What to say at the end of a run that has no Windows program.
pub fn absent() -> Option<&'static str> {
    std::env::var_os(PROGRAM).is_none().then_some("the Windows program")
}

/// One test, not five: wine's server starts once for all of them.
fn signs_in_under_wine() {
    let home = Home::empty();

    let version = run(&home, &["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.ok()), format!("mfa-env {}\n", env!("CARGO_PKG_VERSION")));

    let snippet = run(&home, &["init", "powershell"]).ok();
    assert_eq!(
        String::from_utf8_lossy(&snippet).replace("\r\n", "\n"),
        include_str!("../../shell/aws-mfa.ps1").replace("\r\n", "\n")
    );

    let failed = run(&home, &["nosuch", "--shell", "powershell"]);
    assert_eq!(failed.status.code(), Some(3), "{failed}");
    assert_eq!(read(&failed), [Statement::Fail { message: "not signed in".to_owned() }]);

    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let config =
        format!("[profile jörg’s]\nmfa_serial = {}\nsource_profile = x\nregion = eu-central-1\n", alice.mfa_serial);
    home.write("config", config);
    home.write("credentials", credentials_section("jörg’s", &alice));
    let signed_in = run_at(&sts, &home, &["jörg’s", "--code", &sts.code(&alice.mfa_serial), "--shell", "powershell"]);
    assert_eq!(signed_in.status.code(), Some(0), "{signed_in}");
    let set: BTreeMap<String, String> = read(&signed_in)
        .into_iter()
        .filter_map(|statement| match statement {
            Statement::Set { name, value } => Some((name, value)),
            _ => None,
        })
        .collect();
    let session = &sts.sessions()[0];
    assert_eq!(set["AWS_ACCESS_KEY_ID"], session.access_key_id);
    assert_eq!(set["AWS_SECRET_ACCESS_KEY"], session.secret_access_key);
    assert_eq!(set["AWS_SESSION_TOKEN"], session.session_token);
    assert_eq!(set["AWS_REGION"], "eu-central-1");
    assert_eq!(set["MFA_ENV_PROFILE"], "jörg’s");
}

fn read(outcome: &Outcome) -> Vec<Statement> {
    let text = std::str::from_utf8(&outcome.stdout).expect("ASCII");
    powershell::read(text).unwrap_or_else(|problem| panic!("{problem}: {outcome}"))
}

fn run(home: &Home, arguments: &[&str]) -> Outcome {
    shells::finish(wine(home, arguments))
}

fn run_at(sts: &Sts, home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = wine(home, arguments);
    command.env("AWS_ENDPOINT_URL_STS", sts.url());
    shells::finish(command)
}

fn wine(home: &Home, arguments: &[&str]) -> Command {
    // Wine shows the file system as drive Z.
    let file = |name: &str| format!("Z:{}", home.path().join(name).display().to_string().replace('/', "\\"));
    let mut command = Command::new("wine");
    command.arg(std::env::var_os(PROGRAM).expect("the program")).args(arguments).current_dir(home.path());
    command.env_clear().env("WINEDEBUG", "-all").env("LC_ALL", "C.UTF-8");
    command.envs(["PATH", "HOME", "WINEPREFIX"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("AWS_CONFIG_FILE", file("config")).env("AWS_SHARED_CREDENTIALS_FILE", file("credentials"));
    command
}

//! The Windows program under wine, if `MFA_ENV_TEST_WINDOWS_EXE` names one. The README's table of platforms says what
//! this cannot show.

use crate::support::home::{Home, credentials_section};
use crate::support::powershell::{self, Statement};
use crate::support::shells::{self, Outcome};
use crate::support::sts::Sts;
use mfa_env::{commands, shell};
use std::collections::BTreeMap;
use std::process::Command;

/// The path of the Windows program; CI sets it.
const PROGRAM: &str = "MFA_ENV_TEST_WINDOWS_EXE";

inventory::submit! {
    crate::Module {
        trials: || match absent() {
            Some(_) => Vec::new(),
            None => vec![crate::trial(module_path!(), "signs_in_under_wine", signs_in_under_wine)],
        },
    }
}

/// What the last line of a test run names as skipped if there is no Windows program.
pub fn absent() -> Option<&'static str> {
    std::env::var_os(PROGRAM).is_none().then_some("the Windows program")
}

/// One test for everything, because wine's server is slow to start.
fn signs_in_under_wine() {
    let home = Home::empty();

    let version = run(&home, &["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.ok()), format!("mfa-env {}\n", env!("CARGO_PKG_VERSION")));

    let snippet = run(&home, &["init", "powershell"]).ok();
    assert_eq!(String::from_utf8_lossy(&snippet).replace("\r\n", "\n"), commands::snippet(shell::Shell::PowerShell));

    let failed = run(&home, &["nosuch", "--shell", "powershell"]);
    assert_eq!(failed.status.code(), Some(3), "{failed}");
    assert_eq!(statements(&failed), [Statement::Fail { message: "not signed in".to_owned() }]);

    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let config =
        format!("[profile jörg’s]\nmfa_serial = {}\nsource_profile = x\nregion = eu-central-1\n", alice.mfa_serial);
    home.write("config", config);
    home.write("credentials", credentials_section("jörg’s", &alice));
    let signed_in =
        run_with_sts(&sts, &home, &["jörg’s", "--code", &sts.code(&alice.mfa_serial), "--shell", "powershell"]);
    assert_eq!(signed_in.status.code(), Some(0), "{signed_in}");
    let set: BTreeMap<String, String> = statements(&signed_in)
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

fn statements(outcome: &Outcome) -> Vec<Statement> {
    let text = std::str::from_utf8(&outcome.stdout).expect("ASCII");
    powershell::read(text).unwrap_or_else(|problem| panic!("{problem}: {outcome}"))
}

fn run(home: &Home, arguments: &[&str]) -> Outcome {
    shells::finish(wine(home, arguments))
}

fn run_with_sts(sts: &Sts, home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = wine(home, arguments);
    command.env("AWS_ENDPOINT_URL_STS", sts.url());
    shells::finish(command)
}

fn wine(home: &Home, arguments: &[&str]) -> Command {
    // Wine maps the file system to drive Z.
    let file = |name: &str| format!("Z:{}", home.path().join(name).display().to_string().replace('/', "\\"));
    let mut command = Command::new("wine");
    command.arg(std::env::var_os(PROGRAM).expect("the program")).args(arguments).current_dir(home.path());
    command.env_clear().env("WINEDEBUG", "-all").env("LC_ALL", "C.UTF-8");
    command.envs(["PATH", "HOME", "WINEPREFIX"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("AWS_CONFIG_FILE", file("config")).env("AWS_SHARED_CREDENTIALS_FILE", file("credentials"));
    command
}

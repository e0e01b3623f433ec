//! The Windows program under wine, if `MFA_ENV_TEST_WINDOWS_EXE` names one. The README's table of platforms says what
//! this cannot show.

use crate::support::home::{Home, credentials_section};
use crate::support::powershell::{self, Statement};
use crate::support::shells::{self, Outcome};
use crate::support::sts::Sts;
use mfa_env::{commands, shell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the Windows program; CI sets it.
const PROGRAM: &str = "MFA_ENV_TEST_WINDOWS_EXE";

inventory::submit! {
    crate::Module {
        trials: || {
            let trial = |name, test| crate::trial(module_path!(), name, test);
            let mut trials = vec![trial("signs_in_under_wine", signs_in_under_wine as fn())];
            trials.push(trial("signs_in_from_powershell", signs_in_from_powershell));
            trials.into_iter().zip([is_absent(), engine().is_none() || is_absent()]).filter(|(_, absent)| !absent).map(|(t, _)| t).collect()
        },
    }
}

/// What the last line of a test run names as skipped: the Windows program, or PowerShell for Windows.
pub fn absent() -> Option<&'static str> {
    if is_absent() { Some("the Windows program") } else { engine().is_none().then_some("PowerShell for Windows") }
}

fn is_absent() -> bool {
    std::env::var_os(PROGRAM).is_none()
}

/// PowerShell for Windows in the folder of the engines. It has no console, and one start takes several seconds.
fn engine() -> Option<PathBuf> {
    let host = PathBuf::from(std::env::var_os("MFA_ENV_TEST_PWSH")?).join("windows/pwsh-host.exe");
    host.is_file().then_some(host)
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

    // The environment of a command, its arguments and its status, which has 32 bits.
    let script = home.write("show.cmd", "@echo %MFA_ENV_PROFILE% %1 %2\r\n@exit 70000\r\n");
    let name = on_drive_z(&script);
    let ran = run_with_sts(&sts, &home, &["exec", "jörg’s", "--", name.trim_end_matches(".cmd"), "a b", "-x"]);
    assert!(String::from_utf8_lossy(&ran.stdout).contains("\"a b\" -x"), "{ran}");
    // The status that a Unix process sees of one under wine has 8 bits.
    assert_eq!(ran.status.code(), Some(70_000 % 256), "{ran}");
    for program in ["nosuch", "Z:\\"] {
        assert_eq!(run_with_sts(&sts, &home, &["exec", "jörg’s", "--", program]).status.code(), Some(127));
    }
    let printed = run_with_sts(&sts, &home, &["credential-process", "jörg’s"]).ok();
    let object: serde_json::Value = serde_json::from_slice(&printed).expect("JSON");
    assert_eq!(object["AccessKeyId"], session.access_key_id);
}

/// The path as Windows programs see it: wine maps the file system to drive Z.
fn on_drive_z(path: &Path) -> String {
    format!("Z:{}", path.display().to_string().replace('/', "\\"))
}

/// In one script, because every start takes several seconds: the function and the plain line, failures, and `unset`.
fn signs_in_from_powershell() {
    let home = Home::empty();
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    home.write("config", format!("[profile main]\nmfa_serial = {}\nregion = eu-central-1\n", alice.mfa_serial));
    home.write("credentials", credentials_section("main", &alice));
    let program = PathBuf::from(std::env::var_os(PROGRAM).expect("the program"));
    let script = format!(
        "Set-Alias mfa-env '{}'
        function show($what) {{ [Console]::Out.Write(\"$what <$env:AWS_ACCESS_KEY_ID> <$env:AWS_REGION>`n\") }}
        mfa-env init powershell | Out-String | Invoke-Expression
        aws-mfa main {}
        show signed-in
        try {{ aws-mfa nosuch; show went-on }} catch {{ show failed }}
        try {{ mfa-env nosuch | Out-String | Invoke-Expression; show went-on }} catch {{ show failed }}
        aws-mfa unset
        show unset
        mfa-env main | Out-String | Invoke-Expression
        show signed-in
        try {{ aws-mfa $undefined; show went-on }} catch {{ show failed }}
        aws-mfa explain nosuch && (show went-on)
        aws-mfa status --quiet && (show still)
        aws-mfa explain '*' || (show failed)
        function Invoke-Expression {{ show went-on }}
        aws-mfa export main --no-input && (show signed-in)
        Remove-Item Function:Invoke-Expression
        \"set -gx A b`n\", ': </dev/null && A=b' | ForEach-Object {{
            try {{ Invoke-Expression $_; if ($env:A) {{ show went-on }} }} catch {{ show failed }}
        }}",
        on_drive_z(&program),
        sts.code(&alice.mfa_serial)
    );
    let script = home.write("script.ps1", script);
    let mut command = Command::new("wine");
    command.arg(engine().expect("the engine")).arg(on_drive_z(&script));
    command
        .env_clear()
        .envs(wine(&home, &[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(home.path());
    command.env("DOTNET_EnableWriteXorExecute", "0").env("AWS_ENDPOINT_URL_STS", sts.url()).env("WINEDEBUG", "-all");
    let ran = shells::finish(command);
    let key = &sts.sessions()[0].access_key_id;
    let signed_in = format!("signed-in <{key}> <eu-central-1>");
    let failed = format!("failed <{key}> <eu-central-1>");
    let shown = String::from_utf8_lossy(&ran.stdout).replace("\r\n", "\n");
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains(" <")).collect();
    let still = format!("still <{key}> <eu-central-1>");
    let expected = [
        &signed_in,
        &failed,
        &failed,
        "unset <> <>",
        &signed_in,
        &failed,
        &still,
        &failed,
        &signed_in,
        &failed,
        &failed,
    ];
    assert_eq!(lines, expected, "{ran}");
    assert_eq!(sts.take_calls().len(), 1, "one code");
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
    let file = |name: &str| on_drive_z(&home.path().join(name));
    let mut command = Command::new("wine");
    command.arg(std::env::var_os(PROGRAM).expect("the program")).args(arguments).current_dir(home.path());
    command.env_clear().env("WINEDEBUG", "-all").env("LC_ALL", "C.UTF-8");
    command.envs(["PATH", "HOME", "WINEPREFIX"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("AWS_CONFIG_FILE", file("config")).env("AWS_SHARED_CREDENTIALS_FILE", file("credentials"));
    command
}

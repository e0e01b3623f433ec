//! The Windows program under wine, if `MFA_ENV_TEST_WINDOWS_EXE` names one. The README's table of platforms says what
//! this cannot show.

use crate::support::home::{Home, credentials_section};
use crate::support::powershell::{self, Statement};
use crate::support::shells::{self, Outcome};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::terminal::Terminal;
use mfa_env::function_name::FunctionName;
use mfa_env::{commands, shell};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The path of the Windows program; CI sets it.
const PROGRAM: &str = "MFA_ENV_TEST_WINDOWS_EXE";

inventory::submit! {
    crate::Module {
        trials: || {
            let trial = |name, test| crate::trial(module_path!(), name, test);
            let mut trials = vec![trial("signs_in_under_wine", signs_in_under_wine as fn())];
            trials.push(trial("runs_commands_at_the_same_time_under_wine", runs_commands_at_the_same_time_under_wine));
            trials.push(trial("shows_a_view_under_wine", shows_a_view_under_wine));
            trials.push(trial("sets_up_and_checks_under_wine", sets_up_and_checks_under_wine));
            trials.push(trial("signs_in_from_powershell", signs_in_from_powershell));
            trials.into_iter().zip([is_absent(), is_absent(), is_absent(), is_absent(), engine().is_none() || is_absent()]).filter(|(_, absent)| !absent).map(|(t, _)| t).collect()
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
    assert_eq!(
        String::from_utf8_lossy(&snippet).replace("\r\n", "\n"),
        commands::snippet(shell::Shell::PowerShell, FunctionName::DEFAULT)
    );

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

/// `each`, whose commands are in a job: Ctrl-C ends all of them, and so does the end of the program.
fn runs_commands_at_the_same_time_under_wine() {
    let (home, sts) = (Home::empty(), Sts::start());
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let roles = ["a", "b"].map(|name| format!("[profile {name}]\nrole_arn = {role}\nsource_profile = main\n"));
    home.write("config", format!("[profile main]\nmfa_serial = {}\n{}", alice.mfa_serial, roles.concat()));
    home.write("credentials", credentials_section("main", &alice));
    // The `ping` of this run has a count that no other process has.
    let count = sts.url().rsplit(':').next().expect("a port").to_owned() + "0";
    let run =
        "@echo started %1 %MFA_ENV_PROFILE%\r\n@if not \"%2\"==\"\" ping -n %2 127.0.0.1 >nul\r\n@if %1==b exit 7\r\n";
    let name = on_drive_z(&home.write("run.cmd", run));
    let code = sts.code(&alice.mfa_serial);
    let ran = run_with_sts(&sts, &home, &["each", "?", "--code", &code, "--", &name, "{}"]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "started a a\r\nstarted b b\r\n", "{ran}");
    assert_eq!(ran.status.code(), Some(7), "{ran}");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("1 of 2 failed: b (status 7)"), "{ran}");

    for is_killed in [false, true] {
        let mut command = wine(&home, &["each", "?", "--no-input", "--", &name, "{}", &count]);
        command.env("AWS_ENDPOINT_URL_STS", sts.url());
        let mut terminal = Terminal::spawn(command);
        terminal.expect("started");
        wait_for_pings(&count, 2);
        if is_killed {
            let program = processes("each").into_iter().find(|(_, words)| words.contains(&count));
            let program = nix::unistd::Pid::from_raw(program.expect("it runs").0);
            nix::sys::signal::kill(program, nix::sys::signal::Signal::SIGKILL).expect("it runs");
            wait_for_pings(&count, 0);
        } else {
            terminal.send_control('c');
            assert_eq!(terminal.wait().code(), Some(130), "{}", terminal.output());
            assert_eq!(pings(&count), 0);
        }
    }
}

/// The processes with this word among their arguments, with all of them.
fn processes(word: &str) -> Vec<(i32, Vec<String>)> {
    let all = std::fs::read_dir("/proc").expect("a directory").flatten();
    let all = all.filter_map(|entry| {
        let words = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words = words.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        Some((entry.file_name().to_str()?.parse().ok()?, words))
    });
    all.filter(|(_, words): &(i32, Vec<String>)| words.iter().any(|other| other == word)).collect()
}

fn pings(count: &str) -> usize {
    processes("-n").into_iter().filter(|(_, words)| words.iter().any(|word| word == count)).count()
}

fn wait_for_pings(count: &str, expected: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while pings(count) != expected {
        assert!(Instant::now() < deadline, "{:?}", processes("-n"));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The view is replaced when a file has changed, although nobody can write to it.
fn shows_a_view_under_wine() {
    let home = Home::empty();
    let config = "[profile ci]\nregion = eu-west-1\n[profile \"with blank\"]\nregion = us-east-1\n";
    home.write("config", config);
    let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    home.write("credentials", format!("[ci]\n{keys}[with blank]\n{keys}"));
    let view = || String::from_utf8(run(&home, &["view"]).ok()).expect("a path").trim_end().to_owned();
    let path = view();
    let text = |path: &str| {
        let script = home.write("type.cmd", format!("@type \"{path}\"\r\n"));
        let ran = run(&home, &["exec", "ci", "--no-session", "-q", "--", &on_drive_z(&script)]);
        String::from_utf8(ran.ok()).expect("text")
    };
    let program = on_drive_z(Path::new(&std::env::var_os(PROGRAM).expect("the program")));
    let shown = text(&path);
    for name in ["ci", "\"with blank\""] {
        let line = format!("credential_process = {program} credential-process --no-session --profile {name}\n");
        assert!(shown.contains(&line), "{line}: {shown}");
    }
    // A line may have one word in quotes, because of `cmd.exe /C`: here that of the program.
    let folder = home.path().join("My Programs");
    std::fs::create_dir(&folder).expect("a folder");
    let program = PathBuf::from(std::env::var_os(PROGRAM).expect("the program"));
    for file in [program.clone(), program.with_file_name("bcryptprimitives.dll")] {
        std::fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("a file");
    }
    let elsewhere = folder.join(program.file_name().expect("a name"));
    let run_elsewhere = |arguments: &[&str]| shells::finish(wine_program(elsewhere.as_os_str(), &home, arguments));
    assert_eq!(String::from_utf8_lossy(&run_elsewhere(&["view"]).ok()).trim_end(), path);
    let line = format!("\"{}\" credential-process --no-session --profile ci", on_drive_z(&elsewhere));
    let text_elsewhere = text(&path);
    assert!(text_elsewhere.contains(&format!("credential_process = {line}\n")), "{text_elsewhere}");
    assert_eq!(text_elsewhere.matches("credential_process").count(), 1, "{text_elsewhere}");
    let explained = String::from_utf8(run_elsewhere(&["explain", "--all"]).ok()).expect("text");
    assert!(explained.contains("with blank: as it is, but without its keys: "), "{explained}");
    // What programs do with the line, except botocore, which splits it as C programs do.
    let script = home.write("call.cmd", format!("@cmd.exe /C {line}\r\n"));
    let called = run(&home, &["exec", "ci", "--no-session", "-q", "--", &on_drive_z(&script)]).ok();
    assert!(String::from_utf8_lossy(&called).contains("\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\""));
    assert_eq!(view(), path);
    // Root can change it anyway, so what Windows programs see is the mode that wine shows them as an attribute.
    let prefix = PathBuf::from(std::env::var_os("WINEPREFIX").expect("wine's folder"));
    let file = prefix.join("drive_c").join(path.trim_start_matches("C:\\").replace('\\', "/"));
    let is_read_only = || file.metadata().expect("a file").permissions().readonly();
    assert!(is_read_only());
    home.write("config", format!("{config}[profile late]\n"));
    assert_eq!(view(), path);
    assert!(text(&path).contains("[profile late]\n") && is_read_only());
}

/// `setup` asks in a console only, and what it leads to can be read by `doctor`.
fn sets_up_and_checks_under_wine() {
    let (sts, home) = (Sts::start(), Home::empty());
    let alice = sts.add_user("alice");
    let refused = run(&home, &["setup", "main"]);
    let says = "mfa-env: setup asks questions, and nobody can answer them here";
    assert_eq!(refused.status.code(), Some(5), "{refused}");
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with(says), "{refused}");

    // The Enter key must reach wine as it is.
    let windows = wine(&home, &["setup"]);
    let mut command = Command::new("sh");
    command.args(["-c", "stty -icrnl && exec \"$@\"", "sh"]).arg(windows.get_program()).args(windows.get_args());
    command.env_clear().envs(windows.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(home.path()).env("AWS_ENDPOINT_URL", sts.url());
    let mut terminal = Terminal::spawn(command);
    for (question, answer) in [
        ("Name of the profile for your access key [main]:", ""),
        ("Region of your resources [us-east-1]:", "eu-west-1"),
        ("Access key ID, or the path of accessKeys.csv:", &alice.access_key_id),
        ("Secret access key of", &alice.secret_access_key),
        ("Role to assume, as ARN or ACCOUNT:ROLE (Enter for none):", ""),
        ("MFA code for alice", &sts.code(&alice.mfa_serial)),
    ] {
        terminal.expect_within(question, Duration::from_mins(1));
        terminal.send(format!("{answer}\r"));
    }
    let status = terminal.wait();
    assert!(status.success(), "{}", terminal.output());
    assert!(!terminal.output().contains(&alice.secret_access_key), "{}", terminal.output());
    let written = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("a file").replace("\r\n", "\n");
    assert_eq!(written("credentials"), credentials_section("main", &alice));
    assert_eq!(written("config"), format!("[profile main]\nregion = eu-west-1\nmfa_serial = {}\n", alice.mfa_serial));

    let mut command = wine(&home, &["doctor", "main"]);
    command.env("AWS_ENDPOINT_URL", sts.url());
    let checked = shells::finish(command);
    let text = String::from_utf8_lossy(&checked.stdout).replace("\r\n", "\n");
    for check in ["keys", "device", "clock", "DNS"] {
        assert!(text.lines().any(|line| !line.starts_with(['x', '✗', '!', ' ']) && line.contains(check)), "{checked}");
    }
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
        $json = aws-mfa main --no-input --format json
        if (\"$json\" -like '*Secret*') {{ show data }}
        Set-StrictMode -Version Latest
        $ErrorActionPreference = 'Stop'
        Set-PSDebug -Trace 2
        aws-mfa main --no-input
        Set-PSDebug -Off
        try {{ aws-mfa nosuch; show went-on }} catch {{ show failed }}
        try {{ '123' | aws-mfa main --code -; show went-on }} catch {{ show failed }}
        \"set -gx A b`n\", ': </dev/null && A=b' | ForEach-Object {{
            try {{ Invoke-Expression $_; if ($env:A) {{ show went-on }} }} catch {{ show failed }}
        }}
        $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
        mfa-env init powershell | Out-String | Invoke-Expression
        try {{ aws-mfa nosuch; show went-on }} catch {{ show failed }}
        aws-mfa main --no-input
        show signed-in
        aws-mfa unset
        show unset",
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
    let data = format!("data <{key}> <eu-central-1>");
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
        &data,
        &failed,
        &failed,
        &failed,
        &failed,
        &failed,
        &signed_in,
        "unset <> <>",
    ];
    assert_eq!(lines, expected, "{ran}");
    let secret = &sts.sessions()[0].secret_access_key;
    for bytes in [&ran.stdout, &ran.stderr] {
        assert!(!String::from_utf8_lossy(bytes).contains(secret.as_str()), "a trace shows the secret: {ran}");
    }
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
    wine_program(&std::env::var_os(PROGRAM).expect("the program"), home, arguments)
}

fn wine_program(program: &OsStr, home: &Home, arguments: &[&str]) -> Command {
    let file = |name: &str| on_drive_z(&home.path().join(name));
    let mut command = Command::new("wine");
    command.arg(program).args(arguments).current_dir(home.path());
    command.env_clear().env("WINEDEBUG", "-all").env("LC_ALL", "C.UTF-8");
    command.envs(["PATH", "HOME", "WINEPREFIX"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("AWS_CONFIG_FILE", file("config")).env("AWS_SHARED_CREDENTIALS_FILE", file("credentials"));
    command
}

//! The demo from the README: the real program signs in to a test STS on loopback. It needs no account and no network.
//!
//! On a terminal, the program asks for the code that the demo shows in place of an authenticator app; without a
//! terminal, the demo supplies the code itself. A real shell evaluates the statements and runs the other commands.
//!
//! With arguments (`cargo run --example demo -- COMMAND…`), the demo runs that command in the same environment instead
//! and replaces `CODE` by the current code.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a demo prints for people")]

#[allow(dead_code, unused_imports, reason = "the demo uses only part of the test STS")]
#[path = "support/sts/mod.rs"]
mod sts;

#[path = "demo/authenticator.rs"]
mod authenticator;

use authenticator::Authenticator;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// With this argument the demo acts as the program that asks STS who the shell is signed in as.
const WHO_AM_I: &str = "--who-am-i";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = if words.first().is_some_and(|word| word == WHO_AM_I) { who_am_i() } else { demo(&words) };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

type DemoResult = Result<(), Box<dyn std::error::Error>>;

fn demo(command: &[String]) -> DemoResult {
    let program_dir = build_program()?;
    let sts = sts::Sts::start();
    let alice = sts.add_user("alice");
    let requires_mfa = sts::RoleSpec { requires_mfa: true, ..sts::RoleSpec::default() };
    let role = sts.add_role("admin", requires_mfa);
    let second_role = sts.add_role("audit", sts::RoleSpec::default());
    let config = format!(
        "[profile main]\nmfa_serial = {}\n\n\
         [profile prod]\nrole_arn = {role}\nsource_profile = main\nregion = eu-central-1\n\n\
         [profile audit]\nrole_arn = {second_role}\nsource_profile = main\nregion = us-east-1\n",
        alice.mfa_serial
    );
    let home = tempfile::Builder::new().prefix("mfa-env-demo").tempdir()?;
    write_aws_files(home.path(), &config, &alice)?;
    let stand_in = write_stand_in(home.path())?;

    let in_demo_environment = |mut command: Command| -> Result<Command, Box<dyn std::error::Error>> {
        let inherited = ["TERM", "LANG", "TZ", "SystemRoot"];
        command
            .current_dir(home.path())
            .env_clear()
            .envs(inherited.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("HOME", home.path())
            .env("PATH", path_with(&[&stand_in, &program_dir]))
            .env("AWS_ENDPOINT_URL_STS", sts.url())
            .env("AWS_ENDPOINT_URL_IAM", sts.url())
            .env("AWS_ENDPOINT_URL_SIGNIN", sts.url())
            .env("DEMO", std::env::current_exe()?);
        Ok(command)
    };
    if let Some((program, arguments)) = command.split_first() {
        let code = sts.current_code(&alice.mfa_serial);
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|word| if word == "CODE" { &code } else { word }));
        let status = in_demo_environment(command)?.status()?;
        return if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}").into()) };
    }

    let with_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let shell = ["bash", "zsh", "sh"].into_iter().find(|name| on_path(name)).ok_or("no bash, zsh or sh on PATH")?;
    let app = with_terminal.then(|| Authenticator::show(&sts, "alice", &alice.mfa_serial)).transpose()?;
    println!(
        "A test STS is running at {}, with the IAM user alice and her authenticator app, the role admin, which \
         requires MFA, and the role audit. `aws` below is a stand-in that asks STS who it is called by.",
        sts.url()
    );
    println!("~/.aws/config in {}:\n\n{}", home.path().display(), indented(&config));
    let sign_in = if with_terminal {
        println!("Type the code that the app shows; it stays hidden.");
        "eval \"$(mfa-env prod)\""
    } else {
        let code = sts.current_code(&alice.mfa_serial);
        println!("The app shows   {code}   (no terminal here, so the demo reads it from a file)");
        std::fs::write(home.path().join("code"), code)?;
        "eval \"$(mfa-env prod --code - <code)\""
    };
    std::io::stdout().flush()?;

    let mut command = Command::new(shell);
    command.args(["-c", SCRIPT, shell, sign_in]).stdin(if with_terminal { Stdio::inherit() } else { Stdio::null() });
    let mut command = in_demo_environment(command)?;
    let status = surviving_interrupts(|| command.status())?;
    drop(app);
    if !status.success() {
        return Err(format!("the shell ended with {status}").into());
    }
    println!("\nCalls that STS received:");
    for call in sts.calls() {
        println!("  {} signed by {}", call.action, call.access_key_id);
    }
    Ok(())
}

/// What the shell runs: it shows each line like a prompt would. `$0` is its name, `$1` the sign-in.
const SCRIPT: &str = r#"
run() { printf '\n%s$ %s\n' "$name" "$1"; eval "$1"; }
name=$0
run "$1" || exit
echo; echo "$name$ env | grep AWS"
env | LC_ALL=C sort | sed -n 's/^\(AWS_[A-Z_]*=.\{0,40\}\).*/\1/p' | sed '/SECRET\|TOKEN/s/=.*/=…/'
run 'aws sts get-caller-identity' || exit
run 'eval "$(mfa-env audit)"      # another role, no second code' || exit
run 'aws sts get-caller-identity' || exit
run 'mfa-env list' || exit
run 'mfa-env explain audit        # what a sign-in does, and why' || exit
run 'mfa-env exec prod aws sts get-caller-identity      # one command in another session' || exit
run 'mfa-env status' || exit
run 'eval "$(mfa-env unset)"' || exit
run 'mfa-env status'
[ $? = 1 ]
"#;

/// Runs something during which Ctrl-C and Ctrl-\ end only what runs on the terminal, so that the terminal is left as it
/// was found.
#[cfg(unix)]
fn surviving_interrupts<T>(run: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigHandler, Signal, signal};
    extern "C" fn nothing(_: i32) {}
    // Not ignored: programs that are started would inherit that.
    let both = [Signal::SIGINT, Signal::SIGQUIT];
    // SAFETY: the handler does nothing, and the previous one is put back.
    #[allow(unsafe_code, reason = "handlers of signals have no safe API")]
    let set = |signals: [(Signal, SigHandler); 2]| {
        signals.map(|(number, handler)| unsafe { signal(number, handler) }.unwrap_or(SigHandler::SigDfl))
    };
    let before = set(both.map(|number| (number, SigHandler::Handler(nothing))));
    let result = run();
    set([(both[0], before[0]), (both[1], before[1])]);
    result
}

#[cfg(not(unix))]
fn surviving_interrupts<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// A program `aws` that knows one command.
fn write_stand_in(home: &Path) -> std::io::Result<PathBuf> {
    let dir = home.join("bin");
    std::fs::create_dir(&dir)?;
    let script = format!("#!/bin/sh\n[ \"$*\" = 'sts get-caller-identity' ] && exec \"$DEMO\" {WHO_AM_I}\nexit 2\n");
    let path = dir.join("aws");
    std::fs::write(&path, script)?;
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(dir)
}

/// Builds the program, because `cargo run --example` does not.
fn build_program() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let cargo = std::env::var_os("CARGO").ok_or("run it with: cargo run --example demo")?;
    let here = std::env::current_exe()?;
    let dir = here.parent().and_then(Path::parent).ok_or("the example is not in a target directory")?.to_owned();
    let mut build = Command::new(cargo);
    build.args(["build", "--bin", "mfa-env"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if std::io::stderr().is_terminal() {
        eprintln!("Building the program mfa-env; the first time, this takes about a minute.");
    } else {
        build.arg("--quiet");
    }
    if dir.ends_with("release") {
        build.arg("--release");
    }
    if !build.status()?.success() {
        return Err("the program cannot be built".into());
    }
    Ok(dir)
}

fn write_aws_files(home: &Path, config: &str, user: &sts::User) -> std::io::Result<()> {
    let aws = home.join(".aws");
    std::fs::create_dir(&aws)?;
    std::fs::write(aws.join("config"), config)?;
    let (id, secret) = (&user.access_key_id, &user.secret_access_key);
    std::fs::write(
        aws.join("credentials"),
        format!("[main]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"),
    )
}

/// Does what `aws sts get-caller-identity` does with the credentials in the environment.
fn who_am_i() -> DemoResult {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let credentials = aws_credential_types::Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        Some(variable("AWS_SESSION_TOKEN")?),
        None,
        "environment",
    );
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
        .region(aws_sdk_sts::config::Region::new(variable("AWS_REGION")?))
        .endpoint_url(variable("AWS_ENDPOINT_URL_STS")?)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(credentials)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let identity = runtime.block_on(aws_sdk_sts::Client::from_conf(config).get_caller_identity().send())?;
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}

fn on_path(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(program).is_file())
}

fn path_with(dirs: &[&Path]) -> OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let first = dirs.iter().map(|dir| dir.to_path_buf());
    std::env::join_paths(first.chain(std::env::split_paths(&rest))).unwrap_or(rest)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

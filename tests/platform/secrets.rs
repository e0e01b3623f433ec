//! Secrets appear in no message, file, process list, core dump, shell history or `Debug` output.

#![cfg(unix)]

use crate::support::exported;
use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{binary, path_with_program};
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{Action, Fault, Gate, Patch, RoleSpec, Session, Sts, Text, User};
use crate::support::summary;
use crate::support::terminal::{PATIENCE, Streams, Terminal};
use crate::support::unprivileged;
use mfa_env::credentials::{Keys, Secret, TokenCode};
use mfa_env::plan::{Overrides, Plan};
use mfa_env::profile::{AwsFiles, Chain, Locations, ProfileName};
use mfa_env::variables::Variables;
use mfa_env::warning::Warnings;
use nix::sys::signal::Signal;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

trials![
    secrets_appear_in_no_message_or_file,
    secrets_appear_in_no_error_message,
    a_crash_dumps_no_core,
    secrets_are_not_in_the_process_list,
    secrets_are_not_in_the_shell_history,
    debug_output_hides_secrets,
];

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(&home.variables).current_dir(home.path());
    command
}

/// Turns on every log that a library might write.
fn enable_all_logs(home: &mut Home) {
    for (name, value) in [
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("RUST_LIB_BACKTRACE", "full"),
        ("AWS_LOG_LEVEL", "trace"),
        ("SSLKEYLOGFILE", "keys.log"),
        ("CLAP_DEBUG", "1"),
    ] {
        home.set(name, value);
    }
}

/// The values that must not appear, each with a name for messages.
fn secrets<'a>(user: &'a User, code: &'a str, sessions: &'a [Session]) -> Vec<(&'static str, &'a str)> {
    let mut all = vec![("the user's secret key", user.secret_access_key.as_str()), ("the code", code)];
    for session in sessions {
        all.push(("a session's secret key", &session.secret_access_key));
        all.push(("a session token", &session.session_token));
    }
    all
}

#[track_caller]
fn assert_hidden(place: &str, text: &[u8], secrets: &[(&str, &str)]) {
    for (name, secret) in secrets {
        let found = !secret.is_empty() && text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{name} is in {place}");
    }
}

/// Only the credentials file may hold the secrets, and the cache may hold those of sessions.
#[track_caller]
fn assert_no_file_holds(home: &Home, secrets: &[(&str, &str)]) {
    for (path, content) in home.files() {
        if !path.ends_with(".aws/credentials") {
            assert_hidden(&path.display().to_string(), &content, secrets);
        }
    }
    let not_of_sessions: Vec<_> = secrets.iter().copied().filter(|(name, _)| !name.starts_with("a session")).collect();
    for entry in std::fs::read_dir(home.cache()).into_iter().flatten().flatten() {
        let content = std::fs::read(entry.path()).expect("a cache file");
        assert_hidden(&entry.path().display().to_string(), &content, &not_of_sessions);
    }
}

fn with_user(sts: &Sts) -> (Home, User) {
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    (Home::with_user(sts, &alice, &[("prod", &role, "")]), alice)
}

// fault 136
fn secrets_appear_in_no_message_or_file() {
    let sts = Sts::start();
    let (mut home, alice) = with_user(&sts);
    enable_all_logs(&mut home);
    let temp = tempfile::tempdir().expect("a directory");
    home.set("TMPDIR", temp.path());
    let code = sts.code(&alice.mfa_serial);
    let outcome = shells::finish(command(&home, &["prod", &code, "--shell", "sh"]));
    assert!(outcome.status.success(), "{}", outcome.status);
    let sessions = sts.sessions();
    assert_eq!(sessions.len(), 2);
    assert_hidden("stderr", &outcome.stderr, &secrets(&alice, &code, &sessions));
    // stdout holds the role session only.
    assert_hidden("stdout", &outcome.stdout, &secrets(&alice, &code, &sessions[..1]));
    let token = sessions[1].session_token.as_bytes();
    assert_eq!(outcome.stdout.windows(token.len()).filter(|window| *window == token).count(), 1);
    assert_no_file_holds(&home, &secrets(&alice, &code, &sessions));
    assert!(std::fs::read_dir(home.cache()).is_ok_and(|entries| entries.count() >= 2), "no session was cached");
    assert_eq!(std::fs::read_dir(temp.path()).expect("a directory").count(), 0, "a temporary file was left");
    // No command shows the secrets of a cached session, even in a shell that holds it.
    home.set("AWS_SESSION_TOKEN", &sessions[1].session_token).set("MFA_ENV_PROFILE", "prod");
    home.set("AWS_SECRET_ACCESS_KEY", &sessions[1].secret_access_key);
    home.set("AWS_ACCESS_KEY_ID", &sessions[1].access_key_id);
    home.set("AWS_CREDENTIAL_EXPIRATION", &sessions[1].expiration);
    for command in ["explain", "list", "status", "unset", "logout"] {
        for format in [&[][..], &["--json"]] {
            if !format.is_empty() && ["unset", "logout"].contains(&command) {
                continue;
            }
            let shown = shells::finish(self::command(&home, &[&[command], format].concat()));
            assert!(
                shown.status.success() && !(shown.stdout.is_empty() && shown.stderr.is_empty()),
                "{command}: {shown}"
            );
            for text in [&shown.stdout, &shown.stderr] {
                assert_hidden(command, text, &secrets(&alice, &code, &sessions));
            }
        }
    }
    // There is no verbose mode.
    let outcome = shells::finish(command(&home, &["prod", &code, "-vvv", "--shell", "sh"]));
    assert_eq!(outcome.status.code(), Some(2), "{outcome}");
    assert_hidden("stderr", &outcome.stderr, &secrets(&alice, &code, &sessions));
}

// fault 136
fn secrets_appear_in_no_error_message() {
    let sts = Sts::start();
    let (mut home, alice) = with_user(&sts);
    enable_all_logs(&mut home);
    let wrong_code = sts.wrong_code(&alice.mfa_serial);
    let fails = |home: &Home, arguments: &[&str], status: i32, message: &str| {
        let Outcome { status: exit, stdout, stderr } =
            shells::finish(command(home, &[arguments, &["--shell", "sh"]].concat()));
        let text = String::from_utf8_lossy(&stderr).into_owned();
        assert!(exit.code() == Some(status) && text.contains(message), "{arguments:?}, {message:?}: {exit}, {text}");
        let sessions = sts.sessions();
        let mut hidden = secrets(&alice, arguments.get(1).copied().unwrap_or_default(), &sessions);
        hidden.extend([("a misplaced token", "TOKENoutOFplace"), ("a misplaced secret key", "SECRETkeyOUTofPLACE")]);
        assert_hidden(&format!("stderr of {message:?}"), &stderr, &hidden);
        assert_eq!(stdout, failure_statement::of("sh", status).as_bytes(), "{message:?}");
        assert_no_file_holds(home, &hidden);
    };
    fails(&home, &["prod", &wrong_code], 4, "AWS rejected the MFA code");

    // A role that needs no code, with a response that is broken after the call succeeded.
    let role = sts.add_role("reader", RoleSpec::default());
    let (config, keys) =
        (format!("[profile plain]\nrole_arn = {role}\nsource_profile = keys\n"), credentials_section("keys", &alice));
    home.write(".aws/config", config);
    home.write(".aws/credentials", &keys);
    let misplaced = |text: &str| Patch {
        session_token: Some(Text::Escaped(format!("TOKENoutOFplace{text}"))),
        secret_access_key: Some(Text::Escaped(format!("SECRETkeyOUTofPLACE{text}"))),
        ..Patch::default()
    };
    let past = Patch { expiration: Some("2001-01-01T00:00:00Z".into()), ..misplaced("") };
    let bad_date = Patch { expiration: Some("TOKENoutOFplace".into()), ..misplaced("") };
    let markup = Patch { session_token: Some(Text::Raw("TOKENoutOFplace</SessionToken><".into())), ..misplaced("") };
    let raw = |body: &str| Fault::Raw { status: 200, content_type: "text/xml".into(), body: body.into() };
    let refusal = |status, code: &str| Fault::Refuse { status, code: code.into(), message: "refused".into() };
    let cases: [(&str, Fault, i32); 9] = [
        ("characters that STS never uses", Fault::Credentials(misplaced("\u{1b}[31m")), 4),
        ("has already expired", Fault::Credentials(past), 4),
        ("is not from STS", Fault::Credentials(bad_date), 6),
        ("unexpected response", Fault::Credentials(markup), 4), // the broken tag hides the expiration
        ("127.0.0.1", Fault::TruncatedResponse, 6),
        ("is not from STS", raw("SECRETkeyOUTofPLACE TOKENoutOFplace"), 6),
        ("is not from STS", raw("<a><SessionToken>TOKENoutOFplace</SessionToken></a>"), 6),
        ("Whatever", refusal(400, "Whatever"), 4),
        ("AccessDenied", refusal(403, "AccessDenied"), 4),
    ];
    for (message, fault, status) in cases {
        sts.clear_faults();
        sts.always(Action::AssumeRole, fault);
        fails(&home, &["plain"], status, message);
    }
    sts.clear_faults();

    // A secret key with an extra character, and one that belongs to another access key.
    for wrong in [format!("{}x", alice.secret_access_key), sts.add_user("bob").secret_access_key] {
        home.write(
            ".aws/credentials",
            credentials_section("keys", &User { secret_access_key: wrong.clone(), ..alice.clone() }),
        );
        let outcome = shells::finish(command(&home, &["plain", "--shell", "sh"]));
        assert_eq!(outcome.status.code(), Some(4), "{outcome}");
        assert_hidden("stderr", &outcome.stderr, &[("the secret key", &wrong)]);
    }
    // Errors in the files name the line without showing it.
    for broken in [
        "[keys]\naws_secret_access_key SECRETkeyOUTofPLACE\n",
        "aws_secret_access_key = SECRETkeyOUTofPLACE\n",
        "[keys\naws_secret_access_key = SECRETkeyOUTofPLACE\n",
        "[keys]\n= SECRETkeyOUTofPLACE\n",
        "[keys]\naws_secret_access_key = SECRETkeyOUTofPLACE\n",
        "[keys]\naws_access_key_id = SECRETkeyOUTofPLACE\naws_session_token = TOKENoutOFplace\n",
    ] {
        home.write(".aws/credentials", broken);
        let outcome = shells::finish(command(&home, &["plain", "--shell", "sh"]));
        assert_eq!(outcome.status.code(), Some(3), "{broken}: {outcome}");
        assert_hidden("stderr", &outcome.stderr, &[("a key", "SECRETkeyOUTofPLACE"), ("a token", "TOKENoutOFplace")]);
        assert_eq!(outcome.stdout, failure_statement::of("sh", 3).as_bytes(), "{broken}");
    }
}

// fault 137
fn a_crash_dumps_no_core() {
    let sts = Sts::start();
    let (home, alice) = with_user(&sts);
    // Root may read any process's memory, so the program runs as an unprivileged user.
    let program = unprivileged::UnprivilegedProgram::new();
    for path in home.files().into_keys().chain([home.path().to_owned(), home.path().join(".aws")]) {
        unprivileged::give(&path);
    }
    let with_core_dumps = |arguments: &[&str]| {
        let quoted = arguments.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("ulimit -c unlimited; exec '{}' {quoted}", program.path().display())]);
        shell.env_clear().envs(&home.variables).current_dir(home.path());
        unprivileged::drop_privileges(&mut shell);
        shell
    };
    let before = home.files();
    let check = |terminal: &Terminal, place: &str| {
        // The /proc files of a process that cannot be dumped belong to root.
        #[cfg(target_os = "linux")]
        {
            let owner = |pid: nix::unistd::Pid| std::fs::metadata(format!("/proc/{pid}/environ")).map(|m| m.uid());
            assert_eq!(owner(terminal.leader()).expect("the process runs"), 0, "{place}: its memory can be read");
        }
        terminal.signal(Signal::SIGSEGV);
        let status = terminal.wait();
        assert_eq!(status.signal(), Some(Signal::SIGSEGV as i32), "{place}: {status}");
        assert!(!status.core_dumped(), "{place}: a core was dumped");
        assert_eq!(home.files(), before, "{place}");
    };
    let streams = || Streams { stdout: Some(Stdio::piped()), ..Streams::default() };

    let mut terminal = Terminal::spawn_with(with_core_dumps(&["prod", "--shell", "sh"]), streams());
    terminal.expect("MFA code for alice");
    terminal.send("12345");
    check(&terminal, "at the prompt");

    let gate = Gate::new();
    sts.take_calls();
    sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
    let code = sts.code(&alice.mfa_serial);
    let terminal = Terminal::spawn_with(with_core_dumps(&["prod", &code, "--shell", "sh"]), streams());
    assert!(sts.wait_for_calls(1, PATIENCE), "{}", terminal.output());
    check(&terminal, "during the call");
    gate.open();

    // To show that this check can fail: the /proc files of an ordinary process belong to its user.
    #[cfg(target_os = "linux")]
    {
        let mut ordinary = Command::new("/bin/cat");
        let uid = unprivileged::drop_privileges(&mut ordinary);
        let terminal = Terminal::spawn(ordinary);
        let owner = std::fs::metadata(format!("/proc/{}/environ", terminal.leader())).expect("the process runs").uid();
        assert_eq!(owner, uid);
    }
}

// fault 138
#[cfg(target_os = "linux")]
fn secrets_are_not_in_the_process_list() {
    let sts = Sts::start();
    let (home, alice) = with_user(&sts);
    let gate = Gate::new();
    // During AssumeRole the keys, the code and the MFA session are all in memory.
    sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let streams = Streams { stdout: Some(Stdio::piped()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command(&home, &["prod", "--no-preflight", "--shell", "sh"]), streams);
    terminal.expect("MFA code for alice");
    let code = sts.code(&alice.mfa_serial);
    terminal.send_line(&code);
    // GetSessionToken, GetCallerIdentity and AssumeRole.
    assert!(sts.wait_for_calls(3, PATIENCE), "{}", terminal.output());
    let sessions = sts.sessions();
    let hidden = secrets(&alice, &code, &sessions);
    assert!(hidden.len() >= 4);
    let of_process =
        |file: &str| std::fs::read(format!("/proc/{}/{file}", terminal.leader())).expect("the process runs");
    for file in ["cmdline", "comm"] {
        assert_hidden(file, &of_process(file), &hidden);
    }
    // These files are readable by root only, not even by the user who runs the process.
    if nix::unistd::Uid::effective().is_root() {
        assert_hidden("environ", &of_process("environ"), &hidden);
    } else {
        for file in ["environ", "mem"] {
            let read = std::fs::File::open(format!("/proc/{}/{file}", terminal.leader()));
            assert_eq!(read.expect_err(file).kind(), std::io::ErrorKind::PermissionDenied, "{file}");
        }
    }
    assert!(of_process("cmdline").starts_with(binary().as_os_str().as_encoded_bytes()));
    for thread in std::fs::read_dir(format!("/proc/{}/task", terminal.leader())).expect("the process runs").flatten() {
        let name = std::fs::read(thread.path().join("comm")).unwrap_or_default();
        assert_hidden("the name of a thread", &name, &hidden);
    }
    // The process has no file open that could hold secrets, other than the cache.
    let open = std::fs::read_dir(format!("/proc/{}/fd", terminal.leader()));
    assert_eq!(open.is_ok(), nix::unistd::Uid::effective().is_root());
    for fd in open.into_iter().flatten().flatten() {
        let target = std::fs::read_link(fd.path()).unwrap_or_default();
        let target = target.to_string_lossy().into_owned();
        let kinds = ["/dev/", "pipe:", "socket:", "anon_inode:"];
        let is_cache = std::path::Path::new(&target).starts_with(home.cache());
        assert!(is_cache || kinds.iter().any(|kind| target.starts_with(kind)), "it holds {target} open");
    }
    gate.open();
    assert!(terminal.wait().success(), "{}", terminal.output());
    assert_hidden("the terminal", terminal.output().as_bytes(), &secrets(&alice, &code, &sts.sessions()));
    assert_no_file_holds(&home, &secrets(&alice, &code, &sts.sessions()));
}

/// Without /proc, `ps` shows the arguments and the environment.
#[cfg(not(target_os = "linux"))]
fn secrets_are_not_in_the_process_list() {
    let sts = Sts::start();
    let (home, alice) = with_user(&sts);
    let streams = Streams { stdout: Some(Stdio::piped()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command(&home, &["prod", "--shell", "sh"]), streams);
    terminal.expect("MFA code for alice");
    let pid = terminal.leader().to_string();
    let listed = Command::new("ps").args(["-E", "-ww", "-p", &pid]).output().expect("ps");
    assert_hidden("the process list", &listed.stdout, &secrets(&alice, "", &[]));
}

// fault 138
fn secrets_are_not_in_the_shell_history() {
    let sts = Sts::start();
    for &shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let alice = sts.add_user(shell.name());
        let mut home = Home::with_user(&sts, &alice, &[]);
        let (history, data) = (home.path().join("history"), home.path().join("data"));
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home.set("HISTFILE", history).set("HISTSIZE", "100").set("SAVEHIST", "100").set("XDG_DATA_HOME", data);
        let mut terminal = Terminal::shell(shell, &home.variables, home.path());
        let dialect = match shell {
            Shell::Bash | Shell::Zsh | Shell::Fish => shell.name(),
            _ => "sh",
        };
        terminal.run_line(&shell.eval(&format!("mfa-env init {dialect}")));
        terminal.type_line("aws-mfa main");
        terminal.expect("MFA code for ");
        assert!(terminal.stty().is_hidden(), "{shell}");
        let code = sts.code(&alice.mfa_serial);
        terminal.send_line(&code);
        let shown = terminal.expect_prompt();
        assert!(summary::is_in(&shown, "main"), "{shell}: {shown}");
        let history = match shell {
            Shell::Bash | Shell::Busybox => "history",
            Shell::Fish => "history | cat",    // to avoid the pager
            Shell::Dash => "fc -l 2>&1 | cat", // Debian's dash has no history and prints an error
            _ => "fc -l",
        };
        let listed = terminal.run_line(history);
        assert!(listed.contains("aws-mfa main") || shell == Shell::Dash, "{shell}: {listed}");
        terminal.send_line("exit");
        terminal.wait();
        let session = sts.sessions().pop().expect("a session");
        let sessions = [session];
        let hidden = secrets(&alice, &code, &sessions);
        assert_hidden(&format!("the terminal of {shell}"), terminal.output().as_bytes(), &hidden);
        assert_no_file_holds(&home, &hidden);
    }
}

// fault 136
fn debug_output_hides_secrets() {
    let secret = Secret::new("TOPSECRETKEY");
    let keys = Keys {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: secret.clone(),
        session_token: Some(Secret::new("TOPSECRETTOKEN")),
    };
    let credentials = exported::credentials();
    let (changes, _) = exported::changes_of(&exported::plan(None, &Overrides::default()), &exported::env_of(&[]));
    let shown = [
        format!("{secret:?} {secret:#?}"),
        format!("{:?}", TokenCode::parse("314159").expect("a code")),
        format!("{keys:?} {keys:#?}"),
        format!("{credentials:?} {:?}", credentials.keys()),
        format!("{changes:?} {changes:#?}"),
        debug_output_of_a_plan(),
    ];
    for text in shown {
        for hidden in ["TOPSECRET", "314159"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

fn debug_output_of_a_plan() -> String {
    let home = Home::with(
        "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
        "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = TOPSECRETKEY\n",
    );
    let variables: Variables = home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let (texts, _) = AwsFiles::read(&Locations::from(&variables).expect("a home")).expect("files");
    let files = AwsFiles::index(&texts);
    let chain = Chain::walk(&files, &ProfileName::parse("prod").expect("a name"), None).expect("a chain");
    let chain_shown = format!("{chain:?}");
    let plan = Plan::make(chain, &Overrides::default(), None, &variables, &Warnings::default()).expect("a plan");
    let text = format!("{plan:?} {plan:#?} {chain_shown}");
    assert!(text.contains("AKIAIOSFODNN7EXAMPLE"), "the access key id is missing: {text}");
    text
}

//! What goes to stdout: statements, data or help, and in which cases nothing.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary, path_with_program};
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::terminal::{Streams, Terminal};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

trials![
    refuses_to_print_statements_to_a_terminal,
    suggests_the_line_for_the_current_shell,
    show_prints_statements_to_a_terminal,
    fails_when_stdout_cannot_be_written,
    a_closed_pipe_fails_without_a_message,
    warnings_do_not_appear_in_json,
    env_file_holds_names_and_values,
    data_formats_print_nothing_on_failure,
    never_prints_escapes,
    prints_help_and_version_on_stdout,
    prints_help_on_stderr_when_a_shell_is_named,
    usage_errors_print_a_failure_statement,
];

/// A profile `role` that needs no code, and `main`, which does.
fn home(sts: &Sts) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let config = format!(
        "[profile main]\nmfa_serial = {}\n\
         [profile role]\nrole_arn = {role}\nsource_profile = keys\nregion = eu-central-1\n",
        alice.mfa_serial
    );
    let mut home =
        Home::with(&config, &format!("{}{}", credentials_section("main", &alice), credentials_section("keys", &alice)));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    home
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(&home.variables).current_dir(home.path());
    command
}

const SHELLS: [&str; 5] = ["bash", "zsh", "sh", "fish", "powershell"];

// fault 9
fn refuses_to_print_statements_to_a_terminal() {
    let sts = Sts::start();
    let home = home(&sts);
    for shell in SHELLS {
        for arguments in [&["main"][..], &["export", "main"], &["unset"], &[]] {
            let line = arguments.join(" ");
            let arguments: Vec<&str> = arguments.iter().copied().chain(["--shell", shell]).collect();
            let mut terminal = Terminal::spawn_with(
                command(&home, &arguments),
                Streams { stderr: Some(Stdio::piped()), ..Streams::default() },
            );
            let mut stderr = String::new();
            std::io::Read::read_to_string(&mut terminal.stderr.take().expect("piped"), &mut stderr).expect("stderr");
            assert_eq!(terminal.wait().code(), Some(2), "{shell} {arguments:?}: {stderr}");
            assert_eq!(terminal.output(), "", "{shell} {arguments:?}");
            let typed = format!("mfa-env{}{line} --shell {shell}", if line.is_empty() { "" } else { " " });
            let (eval, init) = match shell {
                "fish" => (format!("{typed} | source"), "mfa-env init fish | source".to_owned()),
                "powershell" => (
                    format!("{typed} | Out-String | Invoke-Expression"),
                    "mfa-env init powershell | Out-String | Invoke-Expression".to_owned(),
                ),
                posix => (format!("eval \"$({typed})\""), format!("eval \"$(mfa-env init {posix})\"")),
            };
            assert!(stderr.contains(&format!("run:   {eval}\n")), "{stderr}");
            assert!(stderr.contains(&init) && stderr.contains("--show"), "{stderr}");
            assert!(!stderr.contains("MFA code for"), "{stderr}");
        }
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 9
fn suggests_the_line_for_the_current_shell() {
    let sts = Sts::start();
    let mut home = home(&sts);
    // The parent process says which shell it is, so SHELL is ignored.
    home.set("PATH", path_with_program()).set("SHELL", "/bin/tcsh");
    for &shell in shells::installed() {
        let mut terminal = Terminal::shell(shell, &home.variables, home.path());
        for line in ["mfa-env main", "mfa-env unset"] {
            let shown = terminal.run_line(line);
            let init = mfa_env::shell::Shell::named(shell.dialect()).expect("a dialect").init_line();
            assert!(shown.contains(&format!("run:   {}\n", shell.eval(line))), "{shell}: {shown}");
            assert!(shown.contains(&format!("or add   {init}   to your shell's startup file")), "{shell}: {shown}");
            assert!(!shown.contains("MFA code for") && !shown.contains("unset AWS"), "{shell}: {shown}");
        }
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 9
fn show_prints_statements_to_a_terminal() {
    let sts = Sts::start();
    let home = home(&sts);
    let terminal = Terminal::spawn(command(&home, &["role", "--show", "-q", "--shell", "sh"]));
    assert!(terminal.wait().success(), "{}", terminal.output());
    let shown = terminal.output();
    let session = sts.sessions().pop().expect("a session");
    assert!(shown.contains(&format!("\nAWS_ACCESS_KEY_ID='{}' ", session.access_key_id)), "{shown}");
    assert!(shown.ends_with("\r\n") && shown.lines().count() == 4, "{shown}");

    let terminal = Terminal::spawn(command(&home, &["unset", "--show", "--shell", "fish"]));
    assert!(terminal.wait().success(), "{}", terminal.output());
    assert!(terminal.output().contains("set -eg MFA_ENV_PROFILE "), "{}", terminal.output());

    // A failed run shows its message.
    let terminal = Terminal::spawn(command(&home, &["nosuch", "--show", "--shell", "sh"]));
    assert_eq!(terminal.wait().code(), Some(3));
    assert!(terminal.output().contains("profile `nosuch` not found"), "{}", terminal.output());
}

fn run_in_bash(home: &Home, line: &str) -> Outcome {
    let mut variables = home.variables.clone();
    variables.insert("PATH".into(), path_with_program());
    Shell::Bash.run(line, &variables, home.path())
}

// fault 10
fn fails_when_stdout_cannot_be_written() {
    let sts = Sts::start();
    let home = home(&sts);
    for (redirection, problem) in [(">&-", "it is closed"), (">/dev/full", "No space left on device")] {
        for arguments in
            ["role -q --shell sh", "unset --shell sh", "role -q --format json", "init bash", "--help", "--version"]
        {
            let outcome = run_in_bash(&home, &format!("mfa-env {arguments} {redirection}"));
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert_eq!(outcome.status.code(), Some(7), "{arguments} {redirection}: {outcome}");
            assert!(outcome.stdout.is_empty(), "{arguments} {redirection}: {outcome}");
            assert!(stderr.starts_with("mfa-env: stdout cannot be written: "), "{arguments} {redirection}: {stderr}");
            assert!(stderr.contains(problem) && stderr.lines().count() == 2, "{arguments} {redirection}: {stderr}");
        }
    }
    // /dev/null is not a closed stdout.
    let outcome = run_in_bash(&home, "mfa-env role -q --shell sh >/dev/null");
    assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome}");
    // Only the first run called STS; the others found its session in the cache.
    assert_eq!(sts.take_session_calls().len(), 1);
}

// fault 10
fn a_closed_pipe_fails_without_a_message() {
    let sts = Sts::start();
    let home = home(&sts);
    for arguments in [&["role", "-q", "--shell", "sh"][..], &["unset", "--shell", "sh"], &["init", "bash"], &["--help"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut program = command(&home, arguments);
        shells::own_session(&mut program);
        let ran = program.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().expect("it starts");
        assert_eq!(ran.status.code(), Some(7), "{arguments:?}: {}", ran.status);
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{arguments:?}");
    }
    // The session is cached although nothing read it.
    Program::new(&home, ["role", "-q", "--shell", "sh"]).run();
    assert_eq!(sts.take_session_calls().len(), 1);
}

// fault 16
fn warnings_do_not_appear_in_json() {
    let sts = Sts::start();
    let home = home(&sts);
    let ran = Program::new(&home, ["role", "--format", "json"])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_CONFIG_FILE", home.path().join(".aws/config"))
        .env("MFA_ENV_BEFORE", "junk")
        .says("warning: the credentials in this shell's environment (AWS_ACCESS_KEY_ID) are replaced")
        .says("warning: MFA_ENV_BEFORE was not written by mfa-env")
        .signs_in_to("role")
        .run();
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&ran.stdout).expect("pure JSON");
    let session = sts.sessions().pop().expect("a session");
    assert_eq!(object["AWS_SESSION_TOKEN"], session.session_token);
    assert_eq!(object["AWS_REGION"], "eu-central-1");
    assert!(object["AWS_PROFILE"].is_null());
    assert!(ran.stdout.ends_with("}\n") && ran.stdout.lines().count() == 1, "{}", ran.stdout);
}

// fault 16
fn env_file_holds_names_and_values() {
    let sts = Sts::start();
    let home = home(&sts);
    let ran = Program::new(&home, ["role", "--format", "env-file"])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .says("warning: the credentials in this shell's environment (AWS_ACCESS_KEY_ID) are replaced")
        .run();
    let session = sts.sessions().pop().expect("a session");
    let expected = [
        format!("AWS_ACCESS_KEY_ID={}", session.access_key_id),
        format!("AWS_SECRET_ACCESS_KEY={}", session.secret_access_key),
        format!("AWS_SESSION_TOKEN={}", session.session_token),
        format!("AWS_CREDENTIAL_EXPIRATION={}", session.expiration),
        "AWS_REGION=eu-central-1".to_owned(),
        "AWS_DEFAULT_REGION=eu-central-1".to_owned(),
    ];
    let seen: BTreeSet<&str> = ran.stdout.lines().collect();
    assert_eq!(seen, expected.iter().map(String::as_str).collect());
    assert!(ran.stdout.ends_with('\n'));
}

fn data_formats_print_nothing_on_failure() {
    let home = Home::with("[profile other]\n", "");
    for format in ["json", "env-file"] {
        let not_found = "profile `nosuch` not found";
        Program::new(&home, ["nosuch", "--format", format]).fails(3).stdout("").says(not_found).run();
        Program::new(&home, ["nosuch", &format!("--format={format}")]).fails(3).stdout("").says(not_found).run();
        Program::new(&home, ["--nosuch", "--format", format]).fails(2).stdout("").says("--nosuch").run();
    }
}

// fault 17
fn never_prints_escapes() {
    let sts = Sts::start();
    let home = home(&sts);
    let environments: [&[(&str, &str)]; 6] = [
        &[],
        &[("NO_COLOR", "1")],
        &[("TERM", "dumb")],
        &[("CI", "true")],
        &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
        &[("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1"), ("TERM", "xterm-256color")],
    ];
    for variables in environments {
        let runs: [(&[&str], i32); 12] = [
            (&["explain", "--verbose", "role"], 0),
            (&["list"], 0),
            (&["status"], 1),
            (&["role", "--shell", "sh"], 0),
            (&["role", "--shell", "powershell"], 0),
            (&["role", "--format", "json"], 0),
            (&["unset", "--shell", "fish"], 0),
            (&["init", "zsh"], 0),
            (&["--help"], 0),
            (&["--version"], 0),
            (&["nosuch", "--shell", "sh"], 3),
            (&["--nosuch", "--shell", "sh"], 2),
        ];
        for (arguments, status) in runs {
            let mut program = command(&home, arguments);
            program.envs(variables.iter().copied());
            let outcome = shells::finish(program);
            assert_eq!(outcome.status.code(), Some(status), "{arguments:?} with {variables:?}: {outcome}");
            // Only what people read, and only if they ask for it.
            let is_styled =
                ["explain", "list", "status"].contains(&arguments[0]) && variables.contains(&("CLICOLOR_FORCE", "1"));
            assert_eq!(outcome.stdout.contains(&0x1b), is_styled, "{arguments:?} with {variables:?}: {outcome}");
            assert!(!outcome.stderr.contains(&0x1b), "{arguments:?} with {variables:?}: {outcome}");
        }
        // Not even in the help on a terminal.
        let mut program = command(&home, &["--help"]);
        program.envs(variables.iter().copied());
        let terminal = Terminal::spawn(program);
        assert!(terminal.wait().success());
        assert!(!terminal.output().contains('\x1b'), "with {variables:?}: {}", terminal.output());
    }
}

fn prints_help_and_version_on_stdout() {
    let home = Home::empty();
    for arguments in [&["--help"][..], &["-h"], &["help"], &["export", "--help"], &["unset", "-h"], &["help", "unset"]]
    {
        let ran = Program::new(&home, arguments.iter().copied()).run();
        assert!(ran.stdout.contains("Usage: mfa-env"), "{arguments:?}: {}", ran.stdout);
    }
    for command in ["explain", "list", "status", "logout"] {
        let ran = Program::new(&home, [command, "--help"]).run();
        let examples = ran.stdout.split_once("\nExamples:\n").map_or("", |(_, examples)| examples);
        assert!(examples.starts_with(&format!("  mfa-env {command} ")), "{command}: {}", ran.stdout);
    }
    let version = format!("mfa-env {}\n", env!("CARGO_PKG_VERSION"));
    Program::new(&home, ["--version"]).stdout(&version).run();
    Program::new(&home, ["-V"]).stdout(&version).run();
}

fn prints_help_on_stderr_when_a_shell_is_named() {
    let home = Home::empty();
    for shell in SHELLS {
        for arguments in
            [&["--shell", shell, "--help"][..], &["unset", "--shell", shell, "--help"], &["-h", "-s", shell]]
        {
            Program::new(&home, arguments.iter().copied()).stdout("").says("Usage: mfa-env").run();
        }
        let version = Program::new(&home, ["--version", "--shell", shell]).stdout("").says("mfa-env ").run();
        assert!(version.stderr.ends_with(&format!("{}\n", env!("CARGO_PKG_VERSION"))), "{}", version.stderr);
    }
}

// faults 6, 8
fn usage_errors_print_a_failure_statement() {
    let home = Home::with("[profile other]\n", "");
    for shell in SHELLS {
        for (arguments, text) in [
            (&["--nosuch"][..], "--nosuch"),
            (&["-vvv"], "-v"),
            (&["a", "b", "c"], "'c'"),
            (&["other", "--format", "xml"], "xml"),
            (&["unset", "--renew"], "--renew"),
            (&["unset", "other"], "other"),
            (&["other", "--duration", "1s"], "--duration"),
        ] {
            let arguments = arguments.iter().copied().chain(["--shell", shell]);
            Program::new(&home, arguments).fails(2).stdout(failure_statement::of(shell, 2)).says(text).run();
        }
    }
    Program::new(&home, ["other", "--shell", "tcsh"])
        .fails(2)
        .stdout(failure_statement::of("unknown", 2))
        .says("shell `tcsh` is not supported")
        .run();
    Program::new(&home, ["init", "tcsh"]).fails(2).stdout("").says("shell `tcsh` is not supported").run();
    Program::new(&home, ["init"]).fails(2).stdout("").says("SHELL").run();
}

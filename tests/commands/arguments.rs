//! The command line: which argument is the profile and which is the code, and what is refused before anything is sent.

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::no_effect;
use crate::support::program::{Program, path_with_program};
use crate::support::shells;
use crate::support::sts::{Sts, User};
use mfa_env::commands::COMMANDS;

trials![
    accepts_a_code_without_a_profile,
    reports_a_malformed_code_without_a_profile,
    accepts_a_profile_and_a_code,
    accepts_profiles_named_like_codes_or_commands,
    refuses_reserved_commands,
    refuses_malformed_codes,
    ignores_spaces_in_a_code,
    reads_a_code_from_stdin,
    refuses_malformed_codes_from_stdin,
    refuses_duplicate_arguments,
    takes_the_profile_from_the_environment,
    refuses_values_that_are_not_utf8,
    accepts_durations_in_every_form,
];

/// A home in which each of these profiles has the user's keys.
fn home_with_profiles(sts: &Sts, user: &User, profiles: &[&str]) -> Home {
    let mut home = Home::empty();
    let device = &user.mfa_serial;
    let config: String = profiles
        .iter()
        .map(|name| match *name {
            "default" => format!("[default]\nmfa_serial = {device}\n"),
            name => format!("[profile {name}]\nmfa_serial = {device}\n"),
        })
        .collect();
    let keys: String = profiles.iter().map(|name| crate::support::home::credentials_section(name, user)).collect();
    home.write(".aws/config", config);
    home.write(".aws/credentials", keys);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    home
}

/// Signs in with these arguments, in which `CODE` stands for a valid code, and variables; returns the profile.
fn sign_in(profiles: &[&str], arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_with_profiles(&sts, &alice, profiles);
    let code = sts.code(&alice.mfa_serial);
    // The options come first, because `--` ends them, but a subcommand must precede them.
    let (command, arguments) = arguments.split_at(usize::from(arguments.first() == Some(&"export")));
    let arguments = command.iter().chain(&["--shell", "sh"]).chain(arguments).map(|word| word.replace("CODE", &code));
    let program =
        variables.iter().fold(Program::new(&home, arguments), |program, (name, value)| program.env(*name, *value));
    let ran = program.signs_in().run();
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].param("TokenCode"), Some(code.as_str()));
    ran.variable("MFA_ENV_PROFILE").flatten().expect("a profile").to_owned()
}

/// Asserts that these arguments are refused with status 2 and this message, before anything is sent.
fn assert_refused(arguments: &[&str], says: &str) {
    let (sts, home) = (Sts::start(), Home::with("[profile prod]\n[profile 123456]\n", ""));
    let program =
        Program::new(&home, arguments.iter().copied().chain(["--shell", "sh"])).env("AWS_ENDPOINT_URL_STS", sts.url());
    program.fails(2).stdout(failure_statement::of("sh", 2)).says(says).run();
    assert!(sts.calls().is_empty());
}

fn accepts_a_code_without_a_profile() {
    assert_eq!(sign_in(&["default", "123456"], &["CODE"], &[]), "default");
    assert_eq!(sign_in(&["default", "prod"], &["CODE"], &[("AWS_PROFILE", "prod")]), "prod");
    assert_eq!(sign_in(&["prod"], &["--profile", "prod", "CODE"], &[]), "prod");
    assert_eq!(sign_in(&["prod"], &["CODE", "-p", "prod"], &[]), "prod");
    assert_eq!(sign_in(&["default"], &["--code", "CODE"], &[]), "default");
    assert_eq!(sign_in(&["default"], &["-cCODE"], &[]), "default");
    assert_eq!(sign_in(&["default"], &["--code=CODE"], &[]), "default");
}

// fault 24
fn reports_a_malformed_code_without_a_profile() {
    for typed in ["12345", "1234567", "１２３４５６", "١٢٣٤٥٦", "123-456", "123 45"] {
        let message = format!(
            "mfa-env: `{typed}` is not an MFA code: a code has six digits, 0 to 9\n  \
             pass the code that your authenticator app shows, or omit it to be prompted\n"
        );
        assert_refused(&[typed], &message);
    }
    // A profile with such a name still works.
    assert_eq!(sign_in(&["12345"], &["12345", "CODE"], &[]), "12345");
    assert_eq!(sign_in(&["12345"], &["12345", "--code", "CODE"], &[]), "12345");
}

fn accepts_a_profile_and_a_code() {
    assert_eq!(sign_in(&["default", "prod"], &["prod", "CODE"], &[]), "prod");
    assert_eq!(sign_in(&["default", "prod"], &["prod", "-c", "CODE"], &[]), "prod");
    // The argument takes precedence over what the shell is signed in to.
    let variables = [("AWS_PROFILE", "default"), ("MFA_ENV_PROFILE", "default")];
    assert_eq!(sign_in(&["default", "prod"], &["prod", "CODE"], &variables), "prod");
    // In either order.
    assert_eq!(sign_in(&["default", "prod"], &["CODE", "prod"], &[]), "prod");
    assert_refused(
        &["prod", "12345"],
        "`12345` is not an MFA code: a code has six digits, 0 to 9\n  \
         pass one profile and one code; `prod` was taken as the profile\n",
    );
    assert_refused(&["prod", "--code", "12345"], "`12345` is not an MFA code");
    assert_refused(&["--profile", "prod", "dev"], "`dev` is not an MFA code");
    assert_refused(&[""], "PROFILE is empty\n");
    assert_refused(&["--profile", " "], "--profile is empty\n");
    assert_refused(&["a\u{1b}b"], "PROFILE is `a\\x1bb`, which contains a control character\n");
    assert_refused(&[&"x".repeat(257)], ", which has more than 256 characters\n  use 1 to 256 characters\n");
}

fn accepts_profiles_named_like_codes_or_commands() {
    assert_eq!(sign_in(&["123456"], &["--profile", "123456", "CODE"], &[]), "123456");
    assert_eq!(sign_in(&["123456"], &["--code", "CODE", "--", "123456"], &[]), "123456");
    assert_eq!(sign_in(&["123456"], &["--", "123456", "CODE"], &[]), "123456");
    assert_eq!(sign_in(&["prod"], &["prod", "--", "CODE"], &[]), "prod");
    for name in ["export", "unset", "init", "help", "list", "exec", "status", "-h", "--help", "-", "__complete"] {
        assert_eq!(sign_in(&[name], &["--code", "CODE", "--", name], &[]), name);
        assert_eq!(sign_in(&[name], &[&format!("--profile={name}"), "CODE"], &[]), name);
    }
    assert_eq!(sign_in(&["default"], &["export", "CODE"], &[]).as_str(), "default");
}

fn refuses_reserved_commands() {
    let home = Home::with("[profile list]\n", "");
    for command in COMMANDS.iter().filter(|command| command.implementation.is_none()).map(|command| command.name) {
        let message = format!(
            "mfa-env: command `{command}` is not available in this version\n  \
             to sign in to a profile with this name, run: mfa-env --profile {command}\n"
        );
        Program::new(&home, [command, "--shell", "sh"])
            .fails(2)
            .stdout(failure_statement::of("sh", 2))
            .says(&message)
            .run();
    }
    // The name may be that of a profile, so the `eval` fails.
    for shell in shells::installed() {
        let script = shell.eval_and("mfa-env keys", "echo went on");
        let outcome = shell.run(&script, [("PATH", path_with_program())], home.path());
        assert!(outcome.stdout.is_empty() && !outcome.stderr.is_empty(), "{shell}: {outcome}");
    }
}

// faults 24, 25
fn refuses_malformed_codes() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_with_profiles(&sts, &alice, &["main"]);
    let yubikey = "cccccccccccccccccccccccccccccccccccccccccccc";
    for typed in [
        "",
        " ",
        "12345",
        "1234567",
        "abcdef",
        "12345a",
        "123-456",
        "１２３４５６",
        "١٢٣٤٥٦",
        "+12345",
        "-12345",
        "0x1234",
        "1e4000",
        "12345\n",
        "123\n456",
        "\u{1b}[200~123456\u{1b}[201~",
        "123\u{a0}456",
        "123,456",
        yubikey,
    ] {
        let ran = Program::new(&home, ["main", "--code", typed, "--shell", "sh"])
            .fails(2)
            .stdout(failure_statement::of("sh", 2))
            .says("is not an MFA code: a code has six digits, 0 to 9\n")
            .run();
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    }
    let long = "1".repeat(100_000);
    let ran = Program::new(&home, ["main", "--code", &long, "--shell", "sh"]).fails(2).says("is not an MFA code").run();
    assert!(ran.stderr.len() < 1000, "{} bytes", ran.stderr.len());
    assert!(sts.calls().is_empty(), "{:?}", sts.calls());
}

// fault 25
fn ignores_spaces_in_a_code() {
    let split = |code: &str| format!(" {} {}\t", &code[..3], &code[3..]);
    for with_flag in [false, true] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = home_with_profiles(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        let typed = split(&code);
        let arguments = if with_flag { vec!["main", "--code", &typed] } else { vec!["main", &typed] };
        Program::new(&home, arguments.into_iter().chain(["--shell", "sh", "-q"])).run();
        assert_eq!(sts.take_calls()[0].param("TokenCode"), Some(code.as_str()));
    }
}

// fault 25
fn reads_a_code_from_stdin() {
    let rests = ["\n", "\r\n", "", " \n", "\nnext line\n", "\r\nnext line"].map(|rest| ("", rest));
    // PowerShell with `$OutputEncoding = [Text.Encoding]::UTF8` writes a byte order mark.
    for (mark, rest_of_input) in rests.into_iter().chain([("\u{feff}", "\n"), ("\u{feff}", "\r\nnext line")]) {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = home_with_profiles(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        // The rest of stdin is left for the next program, here `cat`.
        let script = "mfa-env main --code - --shell sh -q >statements && cat";
        let mut command = std::process::Command::new("sh");
        let mut stdin = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut stdin, format!("{mark}{code}{rest_of_input}").as_bytes()).expect("stdin");
        std::io::Seek::rewind(&mut stdin).expect("stdin");
        command.args(["-c", script]).env_clear().envs(&home.variables).current_dir(home.path());
        command.env("PATH", crate::support::program::path_with_program()).stdin(stdin);
        let outcome = crate::support::shells::finish(command);
        let rest = rest_of_input.split_once('\n').map_or("", |(_, rest)| rest);
        assert_eq!(outcome.stdout, rest.as_bytes(), "{rest_of_input:?}: {outcome}");
        assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome}");
        assert_eq!(sts.take_calls()[0].param("TokenCode"), Some(code.as_str()), "{rest_of_input:?}");
    }
}

// faults 23 to 26
fn refuses_malformed_codes_from_stdin() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_with_profiles(&sts, &alice, &["main"]);
    let arguments = ["main", "--code", "-", "--shell", "sh"];
    let empty = Program::new(&home, arguments).fails(5).stdout(failure_statement::of("sh", 5));
    empty.says("mfa-env: no MFA code on stdin\n  with --code -, write the code to stdin as one line\n").run();
    for typed in [
        &b"\n"[..],
        b"12345\n",
        b"1234567\n",
        b"abcdef\n",
        b"\xff\xfe\n",
        b"123456 789\n",
        b"\n123456\n",
        &vec![b'1'; 10_000_000],
    ] {
        let program = Program::new(&home, arguments).stdin(typed);
        let outcome = program.fails(5).stdout(failure_statement::of("sh", 5)).says("mfa-env: ").run();
        assert!(outcome.stderr.len() < 1000, "{} bytes", outcome.stderr.len());
    }
    assert!(sts.calls().is_empty(), "{:?}", sts.calls());
    // A configuration error is reported instead of reading it.
    let home = Home::with("[profile main]\n", "");
    no_effect::assert_no_effect(&home, &sts, &["main"], 3, &["profile main has no credentials"]);
    Program::new(&home, arguments).fails(3).stdin("123456\n").says("profile main has no credentials").run();
}

fn refuses_duplicate_arguments() {
    assert_refused(
        &["prod", "123456", "--code", "123456"],
        "the MFA code was passed twice\n  pass it once, either as CODE or with --code\n",
    );
    assert_refused(&["prod", "123456", "--code", "-"], "the MFA code was passed twice\n");
    assert_refused(&["--profile", "prod", "123456", "654321"], "the MFA code was passed twice\n");
    assert_refused(&["--profile", "prod", "dev", "123456"], "`dev` is not an MFA code");
    assert_refused(&["prod", "-c", "123456", "-c", "123456"], "cannot be used multiple times");
    assert_refused(&["-p", "prod", "-p", "dev"], "cannot be used multiple times");
    assert_refused(&["prod", "-d", "1h", "--duration", "2h"], "cannot be used multiple times");
    assert_refused(&["prod", "--no-such-option"], "unexpected argument '--no-such-option' found");
    assert_refused(&["prod", "123456", "more"], "unexpected argument 'more' found");
}

fn takes_the_profile_from_the_environment() {
    let all = ["default", "one", "two", "three"];
    let (one, two, three) = (("AWS_PROFILE", "one"), ("MFA_ENV_PROFILE", "two"), ("AWS_DEFAULT_PROFILE", "three"));
    for (variables, profile) in [
        (&[one, two, three][..], "one"),
        (&[two, three], "two"),
        (&[three], "three"),
        (&[], "default"),
        (&[("AWS_PROFILE", ""), two], "two"),
        (&[("AWS_PROFILE", " \t"), ("MFA_ENV_PROFILE", ""), three], "three"),
        (&[("AWS_PROFILE", ""), ("MFA_ENV_PROFILE", ""), ("AWS_DEFAULT_PROFILE", "")], "default"),
    ] {
        assert_eq!(sign_in(&all, &["CODE"], variables), profile, "{variables:?}");
    }
    let (sts, home) = (Sts::start(), Home::with("[profile one]\n", ""));
    let message = "mfa-env: profile `nosuch` (from AWS_PROFILE) not found\n  \
        the AWS files contain 1 profile, with another name; list it with: mfa-env list\n";
    let program = Program::new(&home, ["--shell", "sh"])
        .env("AWS_PROFILE", "nosuch")
        .fails(3)
        .stdout(failure_statement::of("sh", 3));
    program.says(message).run();
    let program = Program::new(&home, ["--shell", "sh"])
        .env("AWS_PROFILE", "a\nb")
        .fails(2)
        .stdout(failure_statement::of("sh", 2));
    program.says("mfa-env: AWS_PROFILE is `a\\x0ab`, which contains a control character\n").run();
    assert!(sts.calls().is_empty());
}

#[cfg(unix)]
fn refuses_values_that_are_not_utf8() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    let bad = || OsStr::from_bytes(b"pr\xffod").to_owned();
    let home = Home::with("[profile prod]\n", "");
    for arguments in [
        vec![bad()],
        vec!["--profile".into(), bad()],
        vec!["prod".into(), "--region".into(), bad()],
        vec!["prod".into(), bad()],
    ] {
        let arguments = arguments.into_iter().chain(["--shell".into(), "sh".into()]);
        Program::new(&home, arguments)
            .fails(2)
            .stdout(failure_statement::of("sh", 2))
            .says("mfa-env: invalid UTF-8")
            .run();
    }
    let arguments: [OsString; 3] = ["prod".into(), "--shell".into(), bad()];
    Program::new(&home, arguments).fails(2).stdout(failure_statement::of("unknown", 2)).says("mfa-env: ").run();
    for name in ["AWS_PROFILE", "MFA_ENV_MFA_SERIAL"] {
        let message = format!("mfa-env: {name} is not valid UTF-8\n  correct or unset {name}\n");
        Program::new(&home, ["--shell", "sh"])
            .env(name, bad())
            .fails(2)
            .stdout(failure_statement::of("sh", 2))
            .says(message)
            .run();
    }
    // Variables that are not needed are not checked, and a path may contain any bytes.
    let program =
        Program::new(&home, ["prod", "--shell", "sh"]).env("AWS_PROFILE", bad()).env("EDITOR", bad()).fails(3);
    program.says("profile prod has no credentials").run();
    let file = home.path().join(OsStr::from_bytes(b"conf\xff"));
    std::fs::write(&file, "[profile other]\n").expect("a file");
    let program = Program::new(&home, ["other", "--shell", "sh"]).env("AWS_CONFIG_FILE", &file).fails(3);
    program.says("profile other has no credentials").run();
}

#[cfg(not(unix))]
fn refuses_values_that_are_not_utf8() {
    use std::os::windows::ffi::OsStringExt;
    let home = Home::with("[profile prod]\n", "");
    let bad = std::ffi::OsString::from_wide(&[0xd800]);
    Program::new(&home, [bad, "--shell".into(), "sh".into()])
        .fails(2)
        .stdout(failure_statement::of("sh", 2))
        .says("mfa-env: ")
        .run();
}

// fault 66
fn accepts_durations_in_every_form() {
    for (typed, seconds) in [
        ("900", "900"),
        ("15m", "900"),
        ("45m", "2700"),
        ("900s", "900"),
        ("1h", "3600"),
        ("12h", "43200"),
        ("720m", "43200"),
        ("43200", "43200"),
        ("0900", "900"),
    ] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = home_with_profiles(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        let arguments = ["main", &code, "--shell", "sh", "-q", "-d", typed];
        Program::new(&home, arguments).run();
        assert_eq!(sts.take_calls()[0].param("DurationSeconds"), Some(seconds), "{typed}");
    }
}

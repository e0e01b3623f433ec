//! What can be typed: which word is the profile and which the code, what is refused before anything is read or sent.

use crate::support::home::Home;
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::{Sts, User};

trials![
    a_lone_code_is_the_code,
    a_lone_wrong_code_is_called_one,
    profile_and_code,
    names_that_are_codes_or_commands,
    commands_that_are_not_built,
    codes_of_the_wrong_shape,
    blanks_in_a_code_do_not_count,
    a_code_on_stdin,
    codes_on_stdin_that_are_none,
    twice_is_once_too_often,
    the_profile_when_none_is_typed,
    values_that_are_not_utf8,
    durations_in_every_form,
];

/// A user whose keys are in each of these profiles.
fn home_of(sts: &Sts, user: &User, profiles: &[&str]) -> Home {
    let mut home = Home::empty();
    let device = &user.mfa_serial;
    let config: String = profiles
        .iter()
        .map(|name| match *name {
            "default" => format!("[default]\nmfa_serial = {device}\n"),
            name => format!("[profile {name}]\nmfa_serial = {device}\n"),
        })
        .collect();
    let keys: String = profiles.iter().map(|name| crate::support::home::keys_of(name, user)).collect();
    home.write(".aws/config", config);
    home.write(".aws/credentials", keys);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    home
}

/// Signs in with these words (`CODE` stands for one) and variables; the profile that it was.
fn signed_in(profiles: &[&str], words: &[&str], variables: &[(&str, &str)]) -> String {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_of(&sts, &alice, profiles);
    let code = sts.code(&alice.mfa_serial);
    // Before everything, because `--` ends the options; but a command is the first word.
    let (command, words) = words.split_at(usize::from(words.first() == Some(&"export")));
    let words = command.iter().chain(&["--shell", "sh"]).chain(words).map(|word| word.replace("CODE", &code));
    let program =
        variables.iter().fold(Program::new(&home, words), |program, (name, value)| program.env(*name, *value));
    let ran = program.says("mfa-env: signed in to ").run();
    let calls = sts.take_calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].param("TokenCode"), Some(code.as_str()));
    ran.variable("MFA_ENV_PROFILE").flatten().expect("a profile").to_owned()
}

/// Fails with 2 and this text, before anything is sent.
fn refused(words: &[&str], says: &str) {
    let (sts, home) = (Sts::start(), Home::with("[profile prod]\n[profile 123456]\n", ""));
    let program =
        Program::new(&home, words.iter().copied().chain(["--shell", "sh"])).env("AWS_ENDPOINT_URL_STS", sts.url());
    program.fails(2).stdout("(exit 2);\n").says(says).run();
    assert!(sts.calls().is_empty());
}

pub fn a_lone_code_is_the_code() {
    assert_eq!(signed_in(&["default", "123456"], &["CODE"], &[]), "default");
    assert_eq!(signed_in(&["default", "prod"], &["CODE"], &[("AWS_PROFILE", "prod")]), "prod");
    assert_eq!(signed_in(&["prod"], &["--profile", "prod", "CODE"], &[]), "prod");
    assert_eq!(signed_in(&["prod"], &["CODE", "-p", "prod"], &[]), "prod");
    assert_eq!(signed_in(&["default"], &["--code", "CODE"], &[]), "default");
    assert_eq!(signed_in(&["default"], &["-cCODE"], &[]), "default");
    assert_eq!(signed_in(&["default"], &["--code=CODE"], &[]), "default");
}

// fault 24
pub fn a_lone_wrong_code_is_called_one() {
    for typed in ["12345", "1234567", "１２３４５６", "١٢٣٤٥٦", "123-456", "123 45"] {
        let said = format!(
            "mfa-env: `{typed}` is not an MFA code: a code has six digits, 0 to 9\n  \
             pass the code that your authenticator app shows, or omit it to be asked\n"
        );
        refused(&[typed], &said);
    }
    // A profile of such a name is one.
    assert_eq!(signed_in(&["12345"], &["12345", "CODE"], &[]), "12345");
    assert_eq!(signed_in(&["12345"], &["12345", "--code", "CODE"], &[]), "12345");
}

pub fn profile_and_code() {
    assert_eq!(signed_in(&["default", "prod"], &["prod", "CODE"], &[]), "prod");
    assert_eq!(signed_in(&["default", "prod"], &["prod", "-c", "CODE"], &[]), "prod");
    // What is typed goes before what the shell is signed in to.
    let variables = [("AWS_PROFILE", "default"), ("MFA_ENV_PROFILE", "default")];
    assert_eq!(signed_in(&["default", "prod"], &["prod", "CODE"], &variables), "prod");
    refused(
        &["123456", "prod"],
        "`prod` is not an MFA code: a code has six digits, 0 to 9\n  \
         pass one profile and one code; `123456` was taken as the profile\n",
    );
    refused(
        &["prod", "12345"],
        "`12345` is not an MFA code: a code has six digits, 0 to 9\n  \
         pass one profile and one code; `prod` was taken as the profile\n",
    );
    refused(&["prod", "--code", "12345"], "`12345` is not an MFA code");
    refused(&["--profile", "prod", "dev"], "`dev` is not an MFA code");
    refused(&[""], "PROFILE is empty\n");
    refused(&["--profile", " "], "--profile is empty\n");
    refused(&["a\u{1b}b"], "PROFILE is `a\\x1bb`, which contains a control character\n");
    refused(&[&"x".repeat(257)], ", which has more than 256 characters\n  use 1 to 256 characters\n");
}

pub fn names_that_are_codes_or_commands() {
    assert_eq!(signed_in(&["123456"], &["--profile", "123456", "CODE"], &[]), "123456");
    assert_eq!(signed_in(&["123456"], &["--code", "CODE", "--", "123456"], &[]), "123456");
    assert_eq!(signed_in(&["123456"], &["--", "123456", "CODE"], &[]), "123456");
    assert_eq!(signed_in(&["prod"], &["prod", "--", "CODE"], &[]), "prod");
    for name in ["export", "unset", "init", "help", "list", "exec", "status", "-h", "--help", "-", "__complete"] {
        assert_eq!(signed_in(&[name], &["--code", "CODE", "--", name], &[]), name);
        assert_eq!(signed_in(&[name], &[&format!("--profile={name}"), "CODE"], &[]), name);
    }
    assert_eq!(signed_in(&["default"], &["export", "CODE"], &[]).as_str(), "default");
}

pub fn commands_that_are_not_built() {
    use mfa_env::cli::RESERVED;
    let home = Home::with("[profile list]\n", "");
    for command in RESERVED {
        let said = format!(
            "mfa-env: command `{command}` is not available in this version\n  \
             to use a profile with this name: mfa-env --profile {command}\n"
        );
        Program::new(&home, [command, "--shell", "sh"]).fails(2).stdout("(exit 2);\n").says(&said).run();
        // Nobody evaluates what they print, so nothing is printed.
        Program::new(&home, [command]).fails(2).stdout("").says(&said).run();
    }
}

// faults 24, 25
pub fn codes_of_the_wrong_shape() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_of(&sts, &alice, &["main"]);
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
        "123456\n",
        "\u{1b}[200~123456\u{1b}[201~",
        "123\u{a0}456",
        "123,456",
        yubikey,
    ] {
        let ran = Program::new(&home, ["main", "--code", typed, "--shell", "sh"])
            .fails(2)
            .stdout("(exit 2);\n")
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
pub fn blanks_in_a_code_do_not_count() {
    let split = |code: &str| format!(" {} {}\t", &code[..3], &code[3..]);
    for by_flag in [false, true] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = home_of(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        let typed = split(&code);
        let words = if by_flag { vec!["main", "--code", &typed] } else { vec!["main", &typed] };
        Program::new(&home, words.into_iter().chain(["--shell", "sh", "-q"])).run();
        assert_eq!(sts.take_calls()[0].param("TokenCode"), Some(code.as_str()));
    }
}

// fault 25
pub fn a_code_on_stdin() {
    for end in ["\n", "\r\n", "", " \n", "\nnext line\n", "\r\nnext line"] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = home_of(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        // The rest belongs to whoever reads after us: `cat` on the same descriptor.
        let script = "mfa-env main --code - --shell sh -q >statements && cat";
        let mut command = std::process::Command::new("sh");
        let mut stdin = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut stdin, format!("{code}{end}").as_bytes()).expect("stdin");
        std::io::Seek::rewind(&mut stdin).expect("stdin");
        command.args(["-c", script]).env_clear().envs(&home.variables).current_dir(home.path());
        command.env("PATH", crate::support::program::path_with_program()).stdin(stdin);
        let outcome = crate::support::shells::finish(command);
        let rest = end.split_once('\n').map_or("", |(_, rest)| rest);
        assert_eq!(outcome.stdout, rest.as_bytes(), "{end:?}: {outcome}");
        assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome}");
        assert_eq!(sts.take_calls()[0].param("TokenCode"), Some(code.as_str()), "{end:?}");
    }
}

// faults 23 to 26
pub fn codes_on_stdin_that_are_none() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = home_of(&sts, &alice, &["main"]);
    let words = ["main", "--code", "-", "--shell", "sh"];
    let empty = Program::new(&home, words).fails(5).stdout("(exit 5);\n");
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
        let program = Program::new(&home, words).stdin(typed);
        let outcome = program.fails(5).stdout("(exit 5);\n").says("mfa-env: ").run();
        assert!(outcome.stderr.len() < 1000, "{} bytes", outcome.stderr.len());
    }
    assert!(sts.calls().is_empty(), "{:?}", sts.calls());
    // It is not read where something else is wrong already.
    let home = Home::with("[profile main]\n", "");
    no_effect::assert_nothing_happens(&home, &sts, &["main"], 3, &["profile main has no credentials"]);
    Program::new(&home, words).fails(3).stdin("123456\n").says("profile main has no credentials").run();
}

pub fn twice_is_once_too_often() {
    refused(
        &["prod", "123456", "--code", "123456"],
        "the MFA code was given twice\n  pass it once, either as CODE or with --code\n",
    );
    refused(&["prod", "123456", "--code", "-"], "the MFA code was given twice\n");
    refused(&["--profile", "prod", "123456", "654321"], "the MFA code was given twice\n");
    refused(&["--profile", "prod", "dev", "123456"], "`dev` is not an MFA code");
    refused(&["prod", "-c", "123456", "-c", "123456"], "cannot be used multiple times");
    refused(&["-p", "prod", "-p", "dev"], "cannot be used multiple times");
    refused(&["prod", "-d", "1h", "--duration", "2h"], "cannot be used multiple times");
    refused(&["prod", "--no-such-option"], "unexpected argument '--no-such-option' found");
    refused(&["prod", "123456", "more"], "");
}

pub fn the_profile_when_none_is_typed() {
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
        assert_eq!(signed_in(&all, &["CODE"], variables), profile, "{variables:?}");
    }
    let (sts, home) = (Sts::start(), Home::with("[profile one]\n", ""));
    let said = "mfa-env: profile `nosuch` (from AWS_PROFILE) not found\n  \
        the AWS files contain 1 profile, with another name; list it with: mfa-env list\n";
    let program = Program::new(&home, ["--shell", "sh"]).env("AWS_PROFILE", "nosuch").fails(3).stdout("(exit 3);\n");
    program.says(said).run();
    let program = Program::new(&home, ["--shell", "sh"]).env("AWS_PROFILE", "a\nb").fails(2).stdout("(exit 2);\n");
    program.says("mfa-env: AWS_PROFILE is `a\\x0ab`, which contains a control character\n").run();
    assert!(sts.calls().is_empty());
}

#[cfg(unix)]
pub fn values_that_are_not_utf8() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    let bad = || OsStr::from_bytes(b"pr\xffod").to_owned();
    let home = Home::with("[profile prod]\n", "");
    for words in [
        vec![bad()],
        vec!["--profile".into(), bad()],
        vec!["prod".into(), "--region".into(), bad()],
        vec!["prod".into(), bad()],
    ] {
        let words = words.into_iter().chain(["--shell".into(), "sh".into()]);
        Program::new(&home, words).fails(2).stdout("(exit 2);\n").says("mfa-env: invalid UTF-8").run();
    }
    let words: [OsString; 3] = ["prod".into(), "--shell".into(), bad()];
    Program::new(&home, words).fails(2).stdout("false\n").says("mfa-env: ").run();
    for name in ["AWS_PROFILE", "MFA_ENV_MFA_SERIAL"] {
        let said = format!("mfa-env: {name} is not valid UTF-8\n  correct or unset {name}\n");
        Program::new(&home, ["--shell", "sh"]).env(name, bad()).fails(2).stdout("(exit 2);\n").says(said).run();
    }
    // A variable that is not asked for is nobody's business, and a path may have any bytes.
    let program =
        Program::new(&home, ["prod", "--shell", "sh"]).env("AWS_PROFILE", bad()).env("EDITOR", bad()).fails(3);
    program.says("profile prod has no credentials").run();
    let file = home.path().join(OsStr::from_bytes(b"conf\xff"));
    std::fs::write(&file, "[profile other]\n").expect("a file");
    let program = Program::new(&home, ["other", "--shell", "sh"]).env("AWS_CONFIG_FILE", &file).fails(3);
    program.says("profile other has no credentials").run();
}

#[cfg(not(unix))]
pub fn values_that_are_not_utf8() {
    use std::os::windows::ffi::OsStringExt;
    let home = Home::with("[profile prod]\n", "");
    let bad = std::ffi::OsString::from_wide(&[0xd800]);
    Program::new(&home, [bad, "--shell".into(), "sh".into()]).fails(2).stdout("(exit 2);\n").says("mfa-env: ").run();
}

// fault 66
pub fn durations_in_every_form() {
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
        let home = home_of(&sts, &alice, &["main"]);
        let code = sts.code(&alice.mfa_serial);
        let words = ["main", &code, "--shell", "sh", "-q", "-d", typed];
        Program::new(&home, words).run();
        assert_eq!(sts.take_calls()[0].param("DurationSeconds"), Some(seconds), "{typed}");
    }
}

//! Values from STS and profile names, followed all the way into the shell.

use crate::support::env_dump;
use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::hostile;
use crate::support::powershell::{self, Statement};
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Patch, RoleSpec, Sts, Text};
use std::collections::BTreeSet;

trials![
    tokens_arrive_unchanged,
    powershell_statements_hold_the_token,
    refuses_characters_that_sts_never_uses,
    profile_names_arrive_unchanged,
    a_name_without_a_profile_never_runs,
    powershell_statements_hold_the_profile_name_in_ascii,
];

/// One profile per name, each with a role that needs no code, so that a sign-in is one call.
fn roles_without_codes(sts: &Sts, names: &[&str]) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let sections = names.iter().map(|name| format!("[{}]\nrole_arn = {role}\nsource_profile = main\n", header(name)));
    let config: String = sections.collect();
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("PATH", path_with_program());
    // fish decodes variables by the locale.
    home.set("LC_ALL", "C.UTF-8");
    home
}

/// A section header, quoted where the AWS files require it.
fn header(name: &str) -> String {
    match name {
        _ if name.contains('"') => format!("profile '{name}'"),
        _ if name.contains([' ', '\'']) => format!("profile \"{name}\""),
        _ => format!("profile {name}"),
    }
}

/// Tokens of every character that STS uses, and some whose first characters a shell may take for something else.
const TOKENS: [&str; 8] = [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+=_.:~%@,-",
    "-n",
    "--",
    "~root",
    "=ls",
    "%1",
    "@a",
    "a=~:~b,~",
];

// faults 1, 2
fn tokens_arrive_unchanged() {
    let sts = Sts::start();
    let home = roles_without_codes(&sts, &["role"]);
    for &shell in shells::installed() {
        let mut script = String::new();
        for (i, token) in TOKENS.into_iter().enumerate() {
            let patch = Patch {
                session_token: Some(token.into()),
                secret_access_key: Some(Text::Escaped(format!("{token}s"))),
                ..Patch::default()
            };
            sts.on(Action::AssumeRole, Fault::Credentials(patch));
            let sign_in = shell.eval(&format!("mfa-env role -q --no-cache --shell {}", shell.dialect()));
            script.push_str(&format!("{sign_in}\n{}\n", env_dump::dump(&format!("out{i}"))));
        }
        let outcome = shell.run(&script, &home.variables, home.path());
        assert!(
            outcome.status.success() && outcome.stdout.is_empty() && outcome.stderr.is_empty(),
            "{shell}: {outcome}"
        );
        assert!(!home.path().join("pwn").exists(), "{shell}: a token ran");
        for (i, token) in TOKENS.into_iter().enumerate() {
            let seen = env_dump::read(&home.path().join(format!("out{i}")));
            let text = |name: &str| seen.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
            assert_eq!(text("AWS_SESSION_TOKEN").as_deref(), Some(token), "{shell}");
            assert_eq!(text("AWS_SECRET_ACCESS_KEY"), Some(format!("{token}s")), "{shell}");
        }
    }
    assert_eq!(sts.take_session_calls().len(), TOKENS.len() * shells::installed().len());
}

// fault 1: checks the statements without running PowerShell
fn powershell_statements_hold_the_token() {
    let sts = Sts::start();
    let home = roles_without_codes(&sts, &["role"]);
    for token in TOKENS {
        let patch = Patch { session_token: Some(token.into()), ..Patch::default() };
        sts.on(Action::AssumeRole, Fault::Credentials(patch));
        let ran = Program::new(&home, ["role", "-q", "--no-cache", "--shell", "powershell"]).run();
        let statements = powershell::read(&ran.stdout).unwrap_or_else(|error| panic!("{error}"));
        assert!(statements.contains(&Statement::Set { name: "AWS_SESSION_TOKEN".into(), value: token.into() }));
    }
}

// faults 3, 141: whatever could break out of quotes, in any shell
fn refuses_characters_that_sts_never_uses() {
    let sts = Sts::start();
    let home = roles_without_codes(&sts, &["role"]);
    let refused = |bad: &str, part: usize| {
        let at = |i: usize| (i == part).then(|| Text::from(bad));
        let patch = Patch { access_key_id: at(0), secret_access_key: at(1), session_token: at(2), ..Patch::default() };
        sts.on(Action::AssumeRole, Fault::Credentials(patch));
        Program::new(&home, ["role", "--shell", "sh"])
            .fails(4)
            .stdout(failure_statement::of("sh", 4))
            .says("its credentials contain characters that STS never uses")
            .run();
    };
    for bad in ["a\rb", "a\nb", "a\r\n", "\u{1b}[31m", "a\0b", "\u{7f}", "a\u{9b}b", "a\u{85}", " ", "a'b", "\u{202e}a"]
    {
        (0..3).for_each(|part| refused(bad, part));
    }
    // XML cannot contain U+FFFE and U+FFFF.
    let is_refused = |c: &char| !(c.is_ascii_alphanumeric() || "/+=_.:~%@,-\u{fffe}\u{ffff}".contains(*c));
    let characters: BTreeSet<char> =
        hostile::values().iter().flat_map(|value| value.chars()).filter(is_refused).collect();
    assert!(characters.len() > 200, "{characters:?}");
    for (i, character) in characters.into_iter().enumerate() {
        refused(&format!("a{character}b"), i % 3);
    }
}

/// Names that would run as a command, break out of quotes, or be taken for an option.
const NAMES: [&str; 13] = [
    "$(touch pwn)",
    "`touch pwn`",
    "a;touch pwn",
    "-h",
    "--",
    "a b",
    "a'b",
    "a\"b",
    "\u{fc}",
    "\u{65e5}\u{672c}",
    "a%b",
    "\u{1f600}",
    "a\u{2019}; touch pwn; \u{2019}",
];

// fault 4
fn profile_names_arrive_unchanged() {
    let sts = Sts::start();
    let mut home = roles_without_codes(&sts, &NAMES);
    for (i, name) in NAMES.iter().enumerate() {
        home.set(format!("NAME_{i}"), *name);
    }
    for &shell in shells::installed() {
        let variable = |i: usize| if shell == Shell::Pwsh { format!("$env:NAME_{i}") } else { format!("$NAME_{i}") };
        let mut script = String::new();
        for (i, _) in NAMES.iter().enumerate() {
            let program = format!("mfa-env \"--profile={}\" -q --shell {}", variable(i), shell.dialect());
            script.push_str(&format!("{}\n{}\n", shell.eval(&program), env_dump::dump(&format!("out{i}"))));
        }
        let outcome = shell.run(&script, &home.variables, home.path());
        assert!(
            outcome.status.success() && outcome.stdout.is_empty() && outcome.stderr.is_empty(),
            "{shell}: {outcome}"
        );
        assert!(!home.path().join("pwn").exists(), "{shell}: a name ran");
        for (i, name) in NAMES.iter().enumerate() {
            let seen = env_dump::read(&home.path().join(format!("out{i}")));
            for variable in ["MFA_ENV_PROFILE", "AWSUME_PROFILE"] {
                let value = seen.get(variable).map(|value| String::from_utf8_lossy(value));
                assert_eq!(value.as_deref(), Some(*name), "{variable} in {shell}");
            }
        }
    }
}

// fault 4
fn a_name_without_a_profile_never_runs() {
    let mut home = Home::with("[profile other]\nregion = eu-central-1\n", "");
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    for &shell in shells::installed() {
        for name in NAMES {
            let sign_in = shell.eval_and(&format!("mfa-env --shell {}", shell.dialect()), "echo on");
            let mut variables = home.variables.clone();
            variables.insert("AWS_PROFILE".into(), name.into());
            let outcome = shell.run(&sign_in, &variables, home.path());
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert!(!outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
            assert!(stderr.contains(&format!("profile `{name}` (from AWS_PROFILE) not found")), "{shell}: {outcome}");
            assert!(!home.path().join("pwn").exists(), "{shell}: {name} ran");
        }
    }
}

// fault 5
fn powershell_statements_hold_the_profile_name_in_ascii() {
    let sts = Sts::start();
    let names: Vec<String> = "\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}"
        .chars()
        .map(|quote| format!("a{quote}; touch pwn; {quote}b"))
        .collect();
    let home = roles_without_codes(&sts, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for name in &names {
        let ran = Program::new(&home, ["--profile", name, "-q", "--shell", "powershell"]).run();
        assert!(ran.stdout.is_ascii());
        let statements = powershell::read(&ran.stdout).unwrap_or_else(|error| panic!("{error}"));
        for variable in ["MFA_ENV_PROFILE", "AWSUME_PROFILE"] {
            assert!(statements.contains(&Statement::Set { name: variable.into(), value: name.clone() }), "{variable}");
        }
    }
}

//! What `explain` opens with: the calls in one line each, and the warnings, at every width.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};
use crate::support::terminal::{Streams, Terminal};
use mfa_env::width::width;

trials![
    opens_with_the_calls,
    says_which_sessions_are_cached,
    names_what_the_calls_depend_on,
    shows_the_most_serious_warning_first,
    fits_the_terminal,
    uses_styles_by_the_usual_rules,
];

const KEYS: &str = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden\n";
const MAIN: &str = "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
const PROD: &str =
    "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/x/admin\nsource_profile = main\nregion = eu-central-1\n";

#[track_caller]
fn assert_overview(home: &Home, arguments: &[&str], expected: &str) {
    let text = Program::new(home, ["explain"].iter().chain(arguments).copied()).run().stdout;
    let overview = text.strip_suffix("(details: add --verbose)\n").expect("the hint");
    assert_eq!(overview, expected, "{arguments:?}");
    // The details come after it.
    let text = Program::new(home, ["explain", "--verbose"].iter().chain(arguments).copied()).run().stdout;
    assert!(text.strip_prefix(overview).is_some_and(|details| details.starts_with("\nprofile   ")), "{text}");
}

fn opens_with_the_calls() {
    let chained = "[profile on-top]\nrole_arn = arn:aws:iam::210987654321:role/other\nsource_profile = prod\n";
    let home = Home::with(&format!("{MAIN}{PROD}{chained}"), KEYS);
    let prod = "\
prod  role admin, account 123456789012, region eu-central-1
  1  GetSessionToken   keys of main (AKIAIOSFODNN7EXAMPLE), MFA device alice  12 h  not yet
  2  AssumeRole admin  with session 1                                         1 h   not yet
code      mfa-env prompts for it
";
    assert_overview(&home, &["prod"], prod);
    assert_overview(&home, &["prod", "-c", "123456"], &prod.replace("mfa-env prompts for it", "the one that you pass"));
    let main = "\
main  MFA session, account 123456789012
  1  GetSessionToken  keys of main (AKIAIOSFODNN7EXAMPLE), MFA device alice  12 h  not yet
code      mfa-env prompts for it
";
    assert_overview(&home, &["main"], main);
    // A role in another account than the last one is named with it.
    let on_top = "\
on-top  role other, account 210987654321
  1  GetSessionToken                keys of main (AKIAIOSFODNN7EXAMPLE), MFA device alice  12 h  not yet
  2  AssumeRole admin@123456789012  with session 1                                         1 h   not yet
  3  AssumeRole other               with session 2                                         1 h   not yet
code      mfa-env prompts for it
";
    assert_overview(&home, &["on-top"], on_top);
    let without = "\
prod  role admin, account 123456789012, region eu-central-1
  1  AssumeRole admin  keys of main (AKIAIOSFODNN7EXAMPLE)  1 h  not yet
code      not needed
";
    assert_overview(&home, &["prod", "--mfa-serial", "none"], without);
    // The device would be looked up.
    let home = Home::with("", KEYS);
    let looked_up = "\
main  MFA session
  1  GetSessionToken  keys of main (AKIAIOSFODNN7EXAMPLE), MFA device not known yet  12 h  not yet
code      mfa-env prompts for it
";
    assert_overview(&home, &["main"], looked_up);
}

fn says_which_sessions_are_cached() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "")]);
    home.set("TZ", "UTC0");
    let states = |home: &Home| -> Vec<String> {
        let text = Program::new(home, ["explain", "prod"]).run().stdout;
        let calls = text.lines().filter(|line| line.starts_with("  "));
        calls.map(|line| line.rsplit("  ").next().expect("a state").to_owned()).collect()
    };
    let until = |kind: &str| {
        let end = cached::only(&home.cache(), kind).number("expires");
        format!("cached until {:02}:{:02}", end.rem_euclid(86_400) / 3600, end.rem_euclid(3600) / 60)
    };
    assert_eq!(states(&home), ["not yet", "not yet"]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(states(&home), [until("mfa"), "not yet".to_owned()]);
    Program::new(&home, ["prod", "--shell", "sh"]).signs_in().run();
    assert_eq!(states(&home), ["not needed".to_owned(), until("role")]);
    // The name of the user is known by then.
    let text = Program::new(&home, ["explain", "main"]).run().stdout;
    assert!(text.starts_with("main  user alice, account 123456789012\n"), "{text}");
}

fn names_what_the_calls_depend_on() {
    let mut home = Home::with(&format!("{MAIN}{PROD}"), KEYS);
    home.set("AWS_ENDPOINT_URL_STS", "https://sts.test:444").set("AWS_CA_BUNDLE", "/ca.pem");
    home.set("HTTPS_PROXY", "http://user:hidden@proxy.test:3128");
    let expected = "\
prod  role admin, account 123456789012, region eu-central-1
  1  GetSessionToken   keys of main (AKIAIOSFODNN7EXAMPLE), MFA device alice  12 h  not yet
  2  AssumeRole admin  with session 1                                         1 h   not yet
code      mfa-env prompts for it
via       sts.test:444 (AWS_ENDPOINT_URL_STS)
TLS       trusting /ca.pem (AWS_CA_BUNDLE)
proxy     proxy.test:3128
";
    assert_overview(&home, &["prod"], expected);
}

/// Of each kind, with the most serious one last in the files.
fn with_warnings() -> Home {
    let role = "role_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = main\n";
    let config = format!(
        "{MAIN}aws_account_id = 210987654321\n[profile long]\n{role}duration_seconds = 14400 # comment\n\
         [profile long]\nregion = eu-west-1\n"
    );
    Home::with(&config, KEYS)
}

fn shows_the_most_serious_warning_first() {
    let text = Program::new(&with_warnings(), ["explain", "long"]).run().stdout;
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("warning   ")?.rsplit_once('['))
        .map(|(_, name)| name)
        .collect();
    assert_eq!(names, ["device-of-other-account]", "duplicate-section]", "inline-comment]", "separate-code]"]);
}

fn on_terminal(home: &Home, arguments: &[&str], columns: u16) -> String {
    let program = Program::new(home, ["explain"].iter().chain(arguments).copied()).env("LANG", "C.UTF-8");
    let size = Some((columns, 24));
    let terminal = Terminal::spawn_with(program.command(), Streams { size, ..Streams::default() });
    assert!(terminal.wait().success());
    terminal.output().replace("\r\n", "\n")
}

fn fits_the_terminal() {
    let home = Home::with(&format!("{MAIN}{PROD}"), KEYS);
    let eighty = "\
prod  role admin, account 123456789012, region eu-central-1
  1  GetSessionToken   keys of main, MFA device alice  12 h  not yet
  2  AssumeRole admin  with session 1                  1 h   not yet
code      mfa-env prompts for it
(details: add --verbose)
";
    assert_eq!(on_terminal(&home, &["prod"], 80), eighty);
    let forty = "\
prod  role admin, account 123456789012,
      region eu-central-1
  1  GetSessionToken, 12 h
     keys of main
     (AKIAIOSFODNN7EXAMPLE), MFA device
     alice
     not yet
  2  AssumeRole admin, 1 h
     with session 1
     not yet
code      mfa-env prompts for it
(details: add --verbose)
";
    assert_eq!(on_terminal(&home, &["prod"], 40), forty);
    // Nothing is left out of the warnings.
    let home = with_warnings();
    let whole = Program::new(&home, ["explain", "long"]).run().stdout;
    for columns in (40..=160).step_by(5) {
        let text = on_terminal(&home, &["long"], columns);
        for line in text.lines() {
            // An ARN stays in one piece, so that it can be copied.
            let is_one_word = !line.trim_start().contains(' ');
            assert!(width(line) <= columns.into() || is_one_word, "{columns}: {line:?}");
        }
        let words = |text: &str| -> Vec<String> {
            let (_, warnings) = text.split_once("\nwarning").expect("a warning");
            warnings.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(words(&text), words(&whole), "{columns}");
    }
    // Even if there is no room for anything, or for the name.
    let long = "n".repeat(100);
    let home = Home::with(&format!("{MAIN}{}", PROD.replace("prod", &long)), KEYS);
    for columns in [1, 2, 9, 20, 60] {
        assert!(on_terminal(&home, &[&long], columns).ends_with("(details: add --verbose)\n"));
    }
    assert!(on_terminal(&home, &[&long], 60).starts_with(&format!("{}…{}\n  role admin, ", &long[..30], &long[..29])));
}

// fault 17
fn uses_styles_by_the_usual_rules() {
    let mut home = with_warnings();
    home.set("TERM", "xterm");
    let text = on_terminal(&home, &["long"], 500);
    for part in [
        "\x1b[1mlong\x1b[0m  role deploy, account 123456789012, region eu-west-1\n",
        "  1  \x1b[1mAssumeRole deploy\x1b[0m  keys of main (",
        "\n\x1b[33mwarning\x1b[0m   ",
        "\n\x1b[2m(details: add --verbose)\x1b[0m\n",
    ] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
    let text = on_terminal(&home, &["long", "--verbose"], 500);
    for part in [
        "calls     1. \x1b[1mAssumeRole\x1b[0m with an MFA code",
        "chain     \x1b[1mlong\x1b[0m\n",
        "            duration_seconds 14400 \x1b[2m(~/.aws/config:7)\x1b[0m\n",
    ] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
    home.set("NO_COLOR", "1");
    assert!(!on_terminal(&home, &["long", "--verbose"], 500).contains('\x1b'));
}

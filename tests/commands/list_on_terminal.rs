//! What `list` looks like on a terminal: as wide as that, grouped by account, with the same styles as everywhere.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};
use crate::support::terminal::{Streams, Terminal};
use mfa_env::width::{cut, shortened, width};
use proptest::prelude::*;
use std::io::Read;

trials![
    groups_profiles_by_account,
    shortens_names_and_leaves_out_columns,
    never_wraps_a_line,
    asks_the_terminal_for_its_width,
    uses_styles_by_the_usual_rules,
    shows_a_pipe_everything,
    shortens_by_display_width,
    shortened_text_fits,
];

/// What is shown on a terminal of this width, without styles.
fn shown(home: &Home, arguments: &[&str], columns: u16) -> String {
    let program = Program::new(home, ["list"].iter().chain(arguments).copied()).env("LANG", "C.UTF-8");
    on_terminal(&program, columns)
}

fn on_terminal(program: &Program<'_>, columns: u16) -> String {
    let size = Some((columns, 24));
    let terminal = Terminal::spawn_with(program.command(), Streams { size, ..Streams::default() });
    assert!(terminal.wait().success());
    terminal.output().replace("\r\n", "\n")
}

/// One profile of each kind, in two accounts, with names of every width.
fn home() -> Home {
    let role = |name: &str, arn: &str, more: &str| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::{arn}\nsource_profile = main\n{more}")
    };
    let config = "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nregion = eu-central-1\n".to_owned()
        + &role("prod", "123456789012:role/admin", "region = eu-central-1\n")
        + &role("data-platform-production-readonly-eu-central-1", "210987654321:role/DataPlatformReadOnly", "")
        + &role("audit", "210987654321:role/x/ReadOnlyAuditorOfTheWholeOrganization", "region = us-east-1\n")
        + &role("日本の本番環境", "123456789012:role/tokyo", "region = ap-northeast-1\n")
        + "[profile sso-dev]\nsso_session = x\n[default]\nregion = eu-west-1\n";
    let keys =
        |name: &str| format!("[{name}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden\n");
    Home::with(&config, &(keys("main") + &keys("keys")))
}

fn groups_profiles_by_account() {
    let expected = "  \
  PROFILE                                         ROLE OR USER                           REGION          TIME LEFT
account 123456789012
  main                                            MFA device alice                       eu-central-1
  prod                                            admin                                  eu-central-1
  日本の本番環境                                  tokyo                                  ap-northeast-1
account 210987654321
  data-platform-production-readonly-eu-central-1  DataPlatformReadOnly
  audit                                           ReadOnlyAuditorOfTheWholeOrganization  us-east-1
account not known
  keys                                            access key
cannot sign in
  sso-dev  gets its credentials from IAM Identity Center (SSO), which this version does not support (~/.aws/config:20)
  default  has no credentials: it sets neither access keys nor role_arn
";
    assert_eq!(shown(&home(), &[], 200), expected);
    // Sorted by something else, each row says its account.
    let flat = shown(&home(), &["prod", "--sort", "name"], 200);
    let expected = "  \
  PROFILE                                         ACCOUNT       ROLE OR USER          REGION        TIME LEFT
  data-platform-production-readonly-eu-central-1  210987654321  DataPlatformReadOnly
  prod                                            123456789012  admin                 eu-central-1
";
    assert_eq!(flat, expected);
}

fn shortens_names_and_leaves_out_columns() {
    let eighty = "  \
  PROFILE                    ROLE OR USER              REGION          TIME LEFT
account 123456789012
  main                       MFA device alice          eu-central-1
  prod                       admin                     eu-central-1
  日本の本番環境             tokyo                     ap-northeast-1
account 210987654321
  data-platfor…eu-central-1  DataPlatformReadOnly
  audit                      ReadOnlyAudi…rganization  us-east-1
account not known
  keys                       access key
cannot sign in
  sso-dev  gets its credentials from IAM Identity Center (SSO), which this vers…
  default  has no credentials: it sets neither access keys nor role_arn
";
    assert_eq!(shown(&home(), &[], 80), eighty);
    // Without a region, the names say more.
    let forty = "  \
  PROFILE        ROLE OR USER  TIME LEFT
account 123456789012
  main           MFA de…alice
  prod           admin
  日本の…番環境  tokyo
account 210987654321
  data-p…tral-1  DataPl…dOnly
  audit          ReadOn…ation
account not known
  keys           access key
cannot sign in
  sso-dev  gets its credentials from IA…
  default  has no credentials: it sets…
";
    assert_eq!(shown(&home(), &[], 40), forty);
    let twenty =
        "  PROFILE  TIME LEFT\naccount 123456789012\n  main\n  prod\n  日…境\naccount 210987654321\n  dat…l-1\n";
    assert!(shown(&home(), &[], 20).starts_with(twenty), "{}", shown(&home(), &[], 20));
    // In another encoding, dots stand for what is left out.
    let home = home();
    let ascii = on_terminal(&Program::new(&home, ["list", "platform"]), 60);
    assert!(ascii.contains("  data-plat..entral-1  DataPlat..ReadOnly\n"), "{ascii}");
}

fn never_wraps_a_line() {
    let home = home();
    for columns in (20..=130).step_by(7) {
        for arguments in [&[][..], &["--sort", "left"]] {
            let text = shown(&home, arguments, columns);
            for line in text.lines() {
                assert!(width(line) <= columns.into(), "{columns} {arguments:?}: {line:?}");
                assert_eq!(line.trim_end(), line, "{columns}: spaces at the end");
            }
            assert_eq!(text.lines().filter(|line| line.starts_with("  ")).count(), 9, "{text}");
        }
    }
    // Even if there is no room for anything.
    for columns in 1..=19 {
        assert!(!shown(&home, &[], columns).is_empty());
    }
}

fn asks_the_terminal_for_its_width() {
    let home = home();
    // A shell may have exported it before the window was resized.
    let program = || Program::new(&home, ["list"]).env("LANG", "C.UTF-8").env("COLUMNS", "40");
    assert_eq!(on_terminal(&program(), 80), shown(&home, &[], 80));
    // A terminal that does not know its size.
    assert_eq!(on_terminal(&program(), 0), shown(&home, &[], 40));
    for unusable in ["", "0", "-1", "eighty", "99999999999999999999", "\u{ff}"] {
        let program = program().env("COLUMNS", unusable);
        assert_eq!(on_terminal(&program, 0), shown(&home, &[], 1000), "{unusable:?}");
    }
}

// fault 17
fn uses_styles_by_the_usual_rules() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let mut home = Home::with_user(&sts, &alice, &[("admin", &role, ""), ("broken", "nonsense", "")]);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["admin", &code, "--format", "json"]).signs_in().run().apply_to(&mut home);
    cached::age(&home, 3100);
    let shown = |variables: &[(&str, &str)]| {
        let program =
            variables.iter().fold(Program::new(&home, ["list"]), |program, (name, value)| program.env(name, value));
        on_terminal(&program, 100)
    };
    let plain = "  \
  PROFILE  ROLE OR USER  REGION  TIME LEFT
account 123456789012
  main     user alice            11 h 8 min
* admin    admin                 8 min
cannot sign in
  broken  role_arn is `nonsense`, which is not a role ARN (~/.aws/config:8)
";
    let styled = "  \
  \x1b[1mPROFILE\x1b[0m  \x1b[1mROLE OR USER\x1b[0m  \x1b[1mREGION\x1b[0m  \x1b[1mTIME LEFT\x1b[0m
\x1b[1maccount 123456789012\x1b[0m
  main     user alice            11 h 8 min
* \x1b[1madmin\x1b[0m    admin                 \x1b[33m8 min\x1b[0m
\x1b[1mcannot sign in\x1b[0m
\x1b[2m  broken  role_arn is `nonsense`, which is not a role ARN (~/.aws/config:8)\x1b[0m
";
    let xterm = ("TERM", "xterm-256color");
    let force = ("CLICOLOR_FORCE", "1");
    assert_eq!(shown(&[xterm]), styled);
    assert_eq!(shown(&[xterm, ("NO_COLOR", "")]), styled, "an empty NO_COLOR is ignored");
    assert_eq!(shown(&[("TERM", "dumb"), force]), styled);
    assert_eq!(shown(&[xterm, ("CI", "true"), force]), styled);
    for variables in [
        &[xterm, ("NO_COLOR", "1")][..],
        &[xterm, ("NO_COLOR", "1"), force],
        &[xterm, ("CI", "true")],
        &[xterm, ("CLICOLOR", "0")],
        &[("TERM", "dumb")],
        &[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")],
        &[],
    ] {
        assert_eq!(shown(variables), plain, "{variables:?}");
    }
    // So do errors and warnings.
    let terminal = Terminal::spawn(Program::new(&home, ["list", "nosuch"]).env("TERM", "xterm").command());
    assert_eq!(terminal.wait().code(), Some(3));
    assert!(terminal.output().starts_with("\x1b[31mmfa-env:\x1b[0m no profile matches"), "{}", terminal.output());
    let program = Program::new(&home, ["list"]).env("TERM", "xterm").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    let shown = on_terminal(&program, 500);
    assert!(shown.starts_with("mfa-env: \x1b[33mwarning:\x1b[0m AWS_SHARED_CREDENTIALS_FILE names"), "{shown}");
}

fn shows_a_pipe_everything() {
    let home = home();
    let plain = Program::new(&home, ["list"]).run().stdout;
    assert!(
        plain.contains("data-platform-production-readonly-eu-central-1  210987654321  DataPlatformReadOnly"),
        "{plain}"
    );
    assert!(plain.lines().all(|line| !line.starts_with(' ')), "{plain}");
    // Whatever the variables say, except the one that asks for styles in a pipe.
    for (name, value) in [("COLUMNS", "40"), ("TERM", "xterm"), ("FORCE_COLOR", "1"), ("CLICOLOR", "1")] {
        Program::new(&home, ["list"]).env(name, value).stdout(&plain).run();
    }
    let forced = Program::new(&home, ["list"]).env("CLICOLOR_FORCE", "1").run().stdout;
    assert!(forced.starts_with("\x1b[1mPROFILE\x1b[0m"), "{forced}");
    // Only stderr is a terminal.
    let mut terminal = Terminal::spawn_with(
        Program::new(&home, ["list"]).env("TERM", "xterm").command(),
        Streams { stdout: Some(std::process::Stdio::piped()), size: Some((40, 24)), ..Streams::default() },
    );
    assert!(terminal.wait().success());
    let mut found = String::new();
    terminal.stdout.take().expect("a pipe").read_to_string(&mut found).expect("text");
    assert_eq!(found, plain);
}

fn shortens_by_display_width() {
    for (name, columns, expected) in [
        ("prod", 4, "prod"),
        ("production", 5, "pr…on"),
        ("production", 4, "pr…n"),
        ("production", 2, "p…"),
        ("production", 1, "…"),
        ("production", 0, ""),
        // Each of these takes two columns.
        ("日本の本番環境", 14, "日本の本番環境"),
        ("日本の本番環境", 13, "日本の…番環境"),
        ("日本の本番環境", 12, "日本の…環境"),
        ("日本の本番環境", 3, "…"),
        // A mark stays with its letter.
        ("e\u{301}e\u{301}e\u{301}e\u{301}", 3, "e\u{301}…e\u{301}"),
        ("ae\u{301}", 1, "…"),
        // With its selector, this one takes two columns instead of one.
        ("\u{2764}\u{fe0f}\u{2764}\u{fe0f}x", 3, "\u{2764}…x"),
        ("\u{2764}\u{fe0f}\u{2764}\u{fe0f}x", 4, "\u{2764}\u{fe0f}…x"),
    ] {
        assert_eq!(shortened(name, columns, "…"), expected, "{name} {columns}");
    }
    assert_eq!(cut("has no credentials", 10, "…"), "has no cr…");
    assert_eq!(cut("has no credentials", 8, "…"), "has no…");
    assert_eq!(cut("has no credentials", 18, "…"), "has no credentials");
    assert_eq!(cut("日本", 1, ".."), "");
}

fn shortened_text_fits() {
    proptest!(|(text in r"[ -~日本e\u{301}\u{2764}\u{fe0f}👩ｱ\u{1f1e9}\u{1f1ea}]{0,40}", columns in 0_usize..60)| {
        for ellipsis in ["…", ".."] {
            for short in [shortened(&text, columns, ellipsis), cut(&text, columns, ellipsis)] {
                prop_assert!(width(&short) <= columns, "{short:?}");
                prop_assert!(short == text || short.contains(ellipsis) || columns < 3, "{short:?}");
            }
        }
    });
}

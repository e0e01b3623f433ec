//! The pictures of the README show what the program writes to a terminal today.
//!
//! They are drawn from every byte that a bash writes while it runs the commands. The STS answers under AWS's own names,
//! so the text is what a user of AWS sees. They contain no time of day and no random name.

#![cfg(target_os = "linux")]

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::real_names;
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::terminal::{Streams, Terminal};
use std::path::Path;
use std::process::Command;
use styled_str::StyledString;
use term_transcript::svg::{NamedPalette, Template, TemplateOptions};
use term_transcript::{Transcript, UserInput};

trials![an_explanation];
read_only_trials![a_sign_in];

/// If set, the tests write the pictures.
const WRITE: &str = "MFA_ENV_TEST_WRITE_PICTURES";
const PROMPT: &str = "$ ";
const HOSTS: [&str; 3] = ["sts.eu-central-1.amazonaws.com", "sts.us-east-1.amazonaws.com", "iam.amazonaws.com"];

/// A bash at its prompt, with the function and the profiles of the README.
struct Desk {
    terminal: Terminal,
    /// How much the terminal had shown before the first command.
    before: usize,
    _home: Home,
}

impl Desk {
    /// `command` starts a bash in this home.
    fn new(mut home: Home, command: impl Fn(&Home, &Path) -> Command) -> Desk {
        // Bash's editor would ask the terminal to mark pasted text.
        home.write(".inputrc", "set enable-bracketed-paste off\n");
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8").set("TERM", "xterm").set("PS1", PROMPT);
        let mut command = command(&home, Shell::Bash.path().expect("bash"));
        command.args(Shell::Bash.interactive().get_args());
        let mut terminal = Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() });
        terminal.expect(PROMPT);
        let mut desk = Desk { terminal, before: 0, _home: home };
        desk.run("eval \"$(mfa-env init bash)\"");
        desk.before = desk.terminal.output().len() - PROMPT.len();
        desk
    }

    /// Types a line and waits for the next prompt.
    fn run(&mut self, line: &str) {
        self.terminal.send_line(line);
        self.terminal.expect(&format!("\n{PROMPT}"));
    }

    /// Everything that the terminal was told to show since the first prompt with the function.
    fn shown(&self) -> String {
        self.terminal.output()[self.before..].replace("\r\n", "\n")
    }
}

/// The roles of the README, for `Home::with_user`.
fn roles(sts: &Sts) -> [(&'static str, String, &'static str); 2] {
    let requires_mfa = || RoleSpec { requires_mfa: true, ..RoleSpec::default() };
    [
        ("prod", sts.add_role("admin", requires_mfa()), "region = eu-central-1"),
        ("audit", sts.add_role("audit", requires_mfa()), "region = us-east-1"),
    ]
}

fn a_sign_in() {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    if !shells::installed().contains(&Shell::Bash) {
        return;
    }
    let sts = Sts::start();
    // The time left is rounded to minutes, and this test may take one.
    sts.set_clock(25);
    let alice = sts.add_user("alice");
    let roles = roles(&sts);
    let roles: Vec<_> = roles.iter().map(|(profile, arn, more)| (*profile, arn.as_str(), *more)).collect();
    let mut home = Home::with_user(&sts, &alice, &roles);
    real_names::use_in(&mut home, &sts, &HOSTS);
    let mut desk = Desk::new(home, |home, bash| real_names::command(home, bash));
    desk.terminal.send_line("aws-mfa prod");
    desk.terminal.expect("roles: ");
    // It stays hidden.
    desk.run(&sts.code(&alice.mfa_serial));
    desk.run("aws-mfa audit");
    desk.run("mfa-env list");
    compare("sign-in", &desk.shown());
}

/// Nothing is sent, so this needs neither an STS nor its names.
fn an_explanation() {
    if !shells::installed().contains(&Shell::Bash) {
        return;
    }
    let home = Home::with(
        "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n\
         [profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n\
         region = eu-central-1\n",
        "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
    );
    let mut desk = Desk::new(home, |home, bash| {
        let mut command = Command::new(bash);
        command.env_clear().envs(&home.variables).current_dir(home.path());
        command
    });
    desk.run("mfa-env explain prod");
    compare("explain", &desk.shown());
}

/// Compares a picture of this terminal with the committed one.
fn compare(name: &str, shown: &str) {
    let drawn = picture(shown);
    assert!(!drawn.contains("foreignObject"), "not every viewer draws HTML");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(format!("{name}.svg"));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &drawn).expect("the picture");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == drawn, "{name} shows something else now; to draw it, run this test with {WRITE}=1:\n{shown}");
}

fn picture(shown: &str) -> String {
    let mut transcript = Transcript::new();
    let output = StyledString::from_ansi(shown).expect("only text and styles");
    transcript.add_interaction(UserInput::command("").hide(), output);
    let options = TemplateOptions {
        palette: NamedPalette::Gjm8.into(),
        // Of most monospaced fonts; not every viewer makes the text as long as the picture says.
        advance_width: Some(0.6),
        ..TemplateOptions::default()
    };
    let mut svg = Vec::new();
    Template::pure_svg(options.validated().expect("options")).render(&transcript, &mut svg).expect("a picture");
    // Not every viewer knows the style that keeps blanks.
    let named = "xmlns=\"http://www.w3.org/2000/svg\"";
    String::from_utf8(svg).expect("UTF-8").replacen(named, &format!("{named} xml:space=\"preserve\""), 1)
}

//! A device that was looked up, on a terminal: which one of several, and the line for the config file.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Devices, RoleSpec, Sts, User, UserSpec};
use crate::support::terminal::{Streams, Terminal, assert_same};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

trials![
    offers_the_line_after_the_sign_in,
    shows_the_line_if_the_answer_is_no,
    lets_the_user_choose,
    remembers_the_choice,
    a_role_asks_for_the_code_of_the_device,
    asks_nothing_about_a_remembered_device,
    asks_nothing_where_a_program_waits,
    writes_nothing_else,
    ends_at_ctrl_c,
];

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
const TOKEN: &str = "GAHT12345678";

struct Machine {
    sts: Sts,
    home: Home,
    user: User,
}

fn machine(serials: &[&str], config: &str) -> Machine {
    let sts = Sts::start();
    let devices = Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect());
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let mut home = Home::with(config, &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url());
    Machine { sts, home, user }
}

impl Machine {
    fn start(&self, arguments: &[&str]) -> Terminal {
        let command = Program::new(&self.home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { stdout: Some(Stdio::piped()), ..Streams::default() })
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.path().join(".aws/config")).expect("a config file")
    }
}

#[track_caller]
fn type_code(terminal: &mut Terminal, code: &str) {
    terminal.expect("MFA code for ");
    terminal.expect(": ");
    terminal.send_line(code);
}

#[track_caller]
fn ends(terminal: &Terminal, status: i32) {
    assert_eq!(terminal.wait().code(), Some(status), "{}", terminal.output());
    assert_same(&terminal.initial, &terminal.stty());
}

fn offers_the_line_after_the_sign_in() {
    let machine = machine(&[PHONE], "");
    let mut terminal = machine.start(&["main", "-s", "sh"]);
    type_code(&mut terminal, &machine.sts.code(PHONE));
    terminal.expect(&format!("Add to [profile main] in ~/.aws/config: mfa_serial = {PHONE}? [y/N] "));
    terminal.send_line("y");
    terminal.expect("mfa-env: written to [profile main] in ~/.aws/config\r\n");
    terminal.expect("main, 123456789012, 12 h left");
    ends(&terminal, 0);
    assert_eq!(machine.config(), format!("[profile main]\nmfa_serial = {PHONE}\n"));
    machine.sts.take_calls();
    Program::new(&machine.home, ["main", "--no-input", "-s", "sh"]).signs_in().run();
    assert!(machine.sts.take_calls().is_empty());
}

fn shows_the_line_if_the_answer_is_no() {
    for answer in ["n", "", "yes please"] {
        let machine = machine(&[PHONE], "[default]\n");
        let mut terminal = machine.start(&["main", "-s", "sh"]);
        type_code(&mut terminal, &machine.sts.code(PHONE));
        terminal.expect("[y/N] ");
        terminal.send_line(answer);
        terminal.expect(&format!("mfa-env: add to [profile main]: mfa_serial = {PHONE}\r\n"));
        ends(&terminal, 0);
        assert_eq!(machine.config(), "[default]\n");
    }
}

fn lets_the_user_choose() {
    let machine = machine(&[PHONE, "arn:aws:iam::123456789012:u2f/user/alice/key", TOKEN], "");
    let mut terminal = machine.start(&["main", "-s", "sh"]);
    terminal.expect("The user of profile main has 2 MFA devices:\r\n");
    let items = terminal.expect("Number (1-2): ");
    assert_eq!(items, format!("  1  phone ({PHONE})\r\n  2  {TOKEN} (hardware)\r\nNumber (1-2): "));
    for wrong in ["0", "x", ""] {
        terminal.send_line(wrong);
        if wrong.is_empty() {
            break;
        }
        terminal.expect("mfa-env: enter a number from 1 to 2\r\n");
        terminal.expect("Number (1-2): ");
    }
    ends(&terminal, 5);
    let mut terminal = machine.start(&["main", "-s", "sh"]);
    terminal.expect("Number (1-2): ");
    terminal.send_line("2");
    type_code(&mut terminal, &machine.sts.code(TOKEN));
    terminal.expect(&format!("mfa_serial = {TOKEN}? [y/N] "));
    terminal.send_line("n");
    ends(&terminal, 0);
}

fn remembers_the_choice() {
    let machine = machine(&[PHONE, TOKEN], "");
    let mut terminal = machine.start(&["main", "-s", "sh"]);
    terminal.expect("Number (1-2): ");
    terminal.send_line(" 1 ");
    type_code(&mut terminal, &machine.sts.code(PHONE));
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    ends(&terminal, 0);
    machine.sts.take_calls();
    let ran = Program::new(&machine.home, ["main", "--renew", &machine.sts.code(PHONE), "-s", "sh"]).signs_in();
    ran.run();
    assert!(machine.sts.take_calls().iter().all(|call| call.action != "ListMFADevices"));
}

fn a_role_asks_for_the_code_of_the_device() {
    let machine = machine(&[PHONE], "");
    let admin = machine.sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    machine.home.write(".aws/config", format!("[profile admin]\nrole_arn = {admin}\nsource_profile = main\n"));
    let mut terminal = machine.start(&["admin", "-s", "sh"]);
    type_code(&mut terminal, &machine.sts.code(PHONE));
    terminal.expect("Add to [profile main] in ~/.aws/config: ");
    terminal.expect("[y/N] ");
    terminal.send_line("y");
    ends(&terminal, 0);
    assert!(machine.config().ends_with(&format!("\n\n[profile main]\nmfa_serial = {PHONE}\n")), "{}", machine.config());
    let actions: Vec<String> = machine.sts.take_session_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["AssumeRole", "ListMFADevices", "GetSessionToken", "AssumeRole"]);
    Program::new(&machine.home, ["admin", "--no-input", "-s", "sh"]).signs_in_to("admin").run();
    assert!(machine.sts.take_calls().is_empty());
}

fn asks_nothing_about_a_remembered_device() {
    let machine = machine(&[PHONE], "");
    Program::new(&machine.home, ["main", &machine.sts.code(PHONE), "-s", "sh"]).signs_in().run();
    let mut terminal = machine.start(&["main", "--renew", "-s", "sh"]);
    type_code(&mut terminal, &machine.sts.code(PHONE));
    ends(&terminal, 0);
    assert!(!terminal.output().contains("mfa_serial"), "{}", terminal.output());
}

fn asks_nothing_where_a_program_waits() {
    let machine = machine(&[PHONE], "");
    let mut terminal = machine.start(&["credential-process", "main"]);
    type_code(&mut terminal, &machine.sts.code(PHONE));
    ends(&terminal, 0);
    let output = terminal.output();
    assert!(output.contains(&format!("add to [profile main]: mfa_serial = {PHONE}")), "{output}");
    assert!(!output.contains("[y/N]"), "{output}");
    // A code that is passed may come from a script.
    Program::new(&machine.home, ["logout", "--all"]).says("").run();
    let terminal = machine.start(&["main", &machine.sts.code(PHONE), "-s", "sh"]);
    ends(&terminal, 0);
    assert!(!terminal.output().contains("[y/N]"), "{}", terminal.output());
}

fn writes_nothing_else() {
    for (before, after) in [
        ("[profile main]", "[profile main]\n+"),
        (
            "[profile main]\r\nregion = eu-west-1\r\n\r\n# end\r\n",
            "[profile main]\r\nregion = eu-west-1\r\n+\r\n# end\r\n",
        ),
        (
            "[default]\nregion = eu-west-2\n[profile main]\nregion = eu-west-1\n[profile z]\n",
            "[default]\nregion = eu-west-2\n[profile main]\nregion = eu-west-1\n+[profile z]\n",
        ),
        ("# only a comment", "# only a comment\n\n[profile main]\n+"),
        ("[profile main]\n s3 =\n  a = b\n", "[profile main]\n s3 =\n  a = b\n+"),
    ] {
        let machine = machine(&[PHONE], before);
        let mut terminal = machine.start(&["main", "-s", "sh"]);
        type_code(&mut terminal, &machine.sts.code(PHONE));
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        ends(&terminal, 0);
        let ending = if before.contains('\r') { "\r\n" } else { "\n" };
        assert_eq!(machine.config(), after.replace('+', &format!("mfa_serial = {PHONE}{ending}")), "{before:?}");
        assert_eq!(
            fs::read_to_string(machine.home.path().join(".aws/credentials")).expect("text"),
            credentials_section("main", &machine.user)
        );
    }
}

fn ends_at_ctrl_c() {
    let machine = machine(&[PHONE, TOKEN], "");
    let mut terminal = machine.start(&["main", "-s", "sh"]);
    terminal.expect("Number (1-2): ");
    terminal.send_control('c');
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
    assert_same(&terminal.initial, &terminal.stty());
}

//! `setup` on a pseudo-terminal: from nothing to a signed-in shell, left at every question, and with hostile answers.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Devices, RoleSpec, Sts, User, UserSpec};
use crate::support::terminal::{Streams, Terminal};
use std::fs;

trials![goes_from_nothing_to_a_session];

const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";

struct Machine {
    sts: Sts,
    user: User,
    home: Home,
}

fn machine(devices: Devices) -> Machine {
    let sts = Sts::start();
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let mut home = Home::empty();
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("LANG", "C.UTF-8").set("SHELL", "/bin/bash");
    Machine { sts, user, home }
}

impl Machine {
    fn start(&self, arguments: &[&str]) -> Terminal {
        let command = Program::new(&self.home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { size: Some((100, 40)), ..Streams::default() })
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(".aws").join(name)).expect("a file")
    }
}

fn goes_from_nothing_to_a_session() {
    let machine = machine(Devices::Virtual);
    let role = machine.sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut terminal = machine.start(&["setup"]);
    terminal.expect("Name of the profile [main]: ");
    terminal.send_line("");
    terminal.expect("Region of your resources [us-east-1]: ");
    terminal.send_line("eu-west-1");
    terminal.expect("Access key ID, or the path of accessKeys.csv: ");
    terminal.send_line(&machine.user.access_key_id);
    terminal.expect("Secret access key of ");
    terminal.expect(": ");
    terminal.send_line(&machine.user.secret_access_key);
    terminal.expect("Role to assume");
    terminal.expect(": ");
    terminal.send_line(&role);
    terminal.expect("Name of its profile [admin]: ");
    terminal.send_line("");
    terminal.expect("Another role (Enter for none): ");
    terminal.send_line("");
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    terminal.send_line(&machine.sts.code(ALICE));
    let status = terminal.wait();
    eprintln!("{}", terminal.output());
    eprintln!("{}\n{}", machine.file("config"), machine.file("credentials"));
    assert_eq!(status.code(), Some(0));
    assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user));
}

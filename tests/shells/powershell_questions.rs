//! Ctrl-C in a PowerShell script at everything that commands ask for or wait for, besides a sign-in.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::powershell_script::{self, ENDED, INTERRUPTED, RUN, assert_ended};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, Gate, RoleSpec, Sts, UserSpec};
use crate::support::terminal::{PATIENCE, Terminal};
use std::net::TcpListener;

trials![
    questions_about_the_device_end_the_script,
    the_look_up_of_a_device_ends_the_script,
    registering_a_device_ends_the_script,
    changing_a_device_ends_the_script,
    waiting_for_the_console_ends_the_script,
    the_question_of_a_server_ends_the_script,
];

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
const TABLET: &str = "arn:aws:iam::123456789012:mfa/tablet";
const EXEC: &str = "mfa-env exec main -- echo ran";

/// alice with these devices, none of which a file names.
fn home(serials: &[&str], script: &str) -> Option<(Sts, Home)> {
    let sts = Sts::start();
    let devices = match serials {
        [] => Devices::None,
        _ => Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect()),
    };
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let mut home = Home::with("[profile main]\nregion = eu-west-1\n", &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm");
    powershell_script::write(&mut home, script)?;
    Some((sts, home))
}

#[track_caller]
fn interrupt(mut terminal: Terminal, status: &str, what: &str) {
    terminal.send_control('c');
    assert_ended(&mut terminal, status, what);
    assert!(!terminal.output().contains("ran"), "{what}: {}", terminal.output());
}

// fault 197
fn questions_about_the_device_end_the_script() {
    for (script, status) in [(EXEC, ENDED), ("mfa-env main | Out-String | Invoke-Expression", INTERRUPTED)] {
        let Some((sts, home)) = home(&[PHONE, TABLET], script) else { return };
        let mut terminal = powershell_script::run(&home, RUN);
        terminal.expect("Number (1-2): ");
        interrupt(terminal, status, "which device");
        assert!(sts.take_calls().iter().all(|call| call.action == "ListMFADevices"));

        let Some((sts, home)) = self::home(&[PHONE], script) else { return };
        let config = || std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        let before = config();
        let mut terminal = powershell_script::run(&home, RUN);
        terminal.expect("MFA code");
        terminal.expect(": ");
        terminal.send_line(&sts.code(PHONE));
        terminal.expect("[y/N] ");
        interrupt(terminal, status, "whether to write the line");
        assert_eq!(config(), before);
    }
}

// fault 197
fn the_look_up_of_a_device_ends_the_script() {
    let Some((sts, home)) = home(&[PHONE], EXEC) else { return };
    sts.always(Action::ListMFADevices, Fault::Hold(Gate::new()));
    let terminal = powershell_script::run(&home, RUN);
    assert!(sts.wait_for_calls(1, PATIENCE), "{}", terminal.output());
    interrupt(terminal, ENDED, "the look-up");
}

// fault 197
fn registering_a_device_ends_the_script() {
    let Some((sts, home)) = home(&[], "mfa-env enroll main") else { return };
    let mut terminal = powershell_script::run(&home, RUN);
    terminal.expect("First code of ");
    terminal.expect(": ");
    interrupt(terminal, ENDED, "the code of a new device");
    assert_eq!(sts.unassigned_devices(), Vec::<String>::new());
}

// fault 197
fn changing_a_device_ends_the_script() {
    for (script, question) in [("mfa-env device main resync", "Next code"), ("mfa-env device main remove", "[y/N] ")] {
        let Some((sts, home)) = home(&[PHONE], script) else { return };
        let mut terminal = powershell_script::run(&home, RUN);
        if question == "Next code" {
            terminal.expect(": ");
            terminal.send_line(&sts.code(PHONE));
        }
        terminal.expect(question);
        interrupt(terminal, ENDED, script);
        let changes = ["ResyncMFADevice", "DeactivateMFADevice"];
        assert!(sts.take_calls().iter().all(|call| !changes.contains(&call.action.as_str())), "{script}");
    }
}

// fault 197
fn waiting_for_the_console_ends_the_script() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec::default());
    let mut home = Home::with_user(&sts, &alice, &[("prod", &admin, "")]);
    // It accepts connections, and does not answer.
    let federation = TcpListener::bind("127.0.0.1:0").expect("a port");
    home.set("AWS_ENDPOINT_URL_SIGNIN", format!("http://{}", federation.local_addr().expect("an address")));
    let script = format!("$link = mfa-env console prod {} --no-preflight", sts.code(&alice.mfa_serial));
    let Some(()) = powershell_script::write(&mut home, &script) else { return };
    let terminal = powershell_script::run(&home, RUN);
    let _connection = federation.accept().expect("a connection");
    interrupt(terminal, ENDED, "the console");
}

// fault 197
fn the_question_of_a_server_ends_the_script() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    Program::new(&home, ["export", "main", &sts.code(&alice.mfa_serial), "-q", "-s", "sh"]).run();
    cached::only(&home.cache(), "mfa").expires_in(600);
    let Some(()) = powershell_script::write(&mut home, "mfa-env serve main") else { return };
    let mut terminal = powershell_script::run(&home, RUN);
    terminal.expect("min left: ");
    interrupt(terminal, ENDED, "serve");
}

//! `device`: the list of a user's MFA devices, and what can be done with them.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::picture::{Background, qr_code};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, Policy, Sts, User, UserSpec};
use crate::support::terminal::{Streams, Terminal};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::process::ExitStatusExt;

trials![
    lists_the_devices,
    resyncs_a_device,
    an_interrupted_resync_changes_nothing,
    removes_a_device,
    removes_a_device_with_mfa_where_that_is_needed,
    asks_which_device_is_meant,
    replaces_a_device_with_the_help_of_the_old_one,
    a_replacement_that_fails_keeps_the_old_device,
    names_the_old_device_that_was_not_removed,
    profiles_with_the_names_of_commands_stay_reachable,
    a_device_that_is_named_need_not_be_listed,
    refuses_what_makes_no_sense,
    a_role_leads_to_the_user_of_its_keys,
    finds_the_device_in_place_of_a_damaged_setting,
];

const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";
const NEW: &str = "arn:aws:iam::123456789012:mfa/alice-2";
const KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key";
const TOKEN: &str = "GAHT12345678";

struct Machine {
    sts: Sts,
    user: User,
    home: Home,
}

fn machine(serials: &[&str]) -> Machine {
    let sts = Sts::start();
    let devices = Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect());
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let config = format!("[profile main]\nmfa_serial = {ALICE}\n# the rest\n");
    let mut home = Home::with(&config, &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("LANG", "C.UTF-8");
    Machine { sts, user, home }
}

impl Machine {
    fn start(&self, arguments: &[&str]) -> Terminal {
        let command = Program::new(&self.home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() })
    }

    fn actions(&self) -> Vec<String> {
        let calls = self.sts.take_calls().into_iter().filter(|call| call.action != "GetCallerIdentity");
        calls
            .map(|call| if call.session_token_sent { format!("{} in a session", call.action) } else { call.action })
            .collect()
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.path().join(".aws/config")).expect("a config file")
    }
}

#[track_caller]
fn type_codes(terminal: &mut Terminal, codes: &[String; 2]) {
    terminal.expect("First code of ");
    terminal.expect(": ");
    terminal.send_line(&codes[0]);
    terminal.expect("Next code");
    terminal.expect(": ");
    terminal.send_line(&codes[1]);
}

#[track_caller]
fn ends(terminal: &Terminal, status: i32) {
    assert_eq!(terminal.wait().code(), Some(status), "{}", terminal.output());
}

fn lists_the_devices() {
    let machine = machine(&[ALICE, KEY, TOKEN]);
    let listed = format!(
        "{ALICE}  authenticator app, since 2024-05-06, set as mfa_serial\n\
         {KEY}  security key or passkey, without codes, since 2024-05-06\n\
         {TOKEN}  hardware token, since 2024-05-06\n"
    );
    Program::new(&machine.home, ["device", "main"]).stdout(&listed).run();
    Program::new(&machine.home, ["device"]).env("AWS_PROFILE", "main").stdout(&listed).run();
    assert_eq!(machine.actions(), ["ListMFADevices", "ListMFADevices"]);
    machine.sts.restrict(&machine.user, Policy::denying(&["ListMFADevices"]));
    Program::new(&machine.home, ["device", "main"]).fails(4).says("to call iam:ListMFADevices").run();
    let none = machine_without_device();
    Program::new(&none.home, ["device", "main"]).stdout("").says("the user of profile main has no MFA device").run();
    Program::new(&none.home, ["device", "other"]).fails(3).says("profile `other` not found").run();
}

fn machine_without_device() -> Machine {
    machine(&[])
}

fn resyncs_a_device() {
    let machine = machine(&[ALICE]);
    machine.sts.drift_device(ALICE, 9);
    let mut terminal = machine.start(&["device", "resync", "main"]);
    type_codes(&mut terminal, &machine.sts.consecutive_codes(ALICE));
    terminal.expect(&format!("mfa-env: resynced MFA device {ALICE}\r\n"));
    ends(&terminal, 0);
    assert_eq!(machine.actions(), ["ListMFADevices", "ResyncMFADevice"]);
    machine.sts.advance(60);
    let code = machine.sts.current_code(ALICE);
    Program::new(&machine.home, ["main", &code, "-s", "sh"]).signs_in().run();
    // Wrong codes are rejected.
    let mut terminal = machine.start(&["device", "resync", "main"]);
    let mut codes = machine.sts.consecutive_codes(ALICE);
    codes.reverse();
    type_codes(&mut terminal, &codes);
    terminal.expect(" AWS rejected the two codes for MFA device");
    ends(&terminal, 4);
}

fn an_interrupted_resync_changes_nothing() {
    let machine = machine(&[ALICE]);
    let mut terminal = machine.start(&["device", "resync", "main"]);
    terminal.expect("First code of ");
    terminal.expect(": ");
    terminal.send_control('c');
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
    assert_eq!(machine.actions(), ["ListMFADevices"]);
}

fn removes_a_device() {
    let machine = machine(&[ALICE, TOKEN]);
    let mut terminal = machine.start(&["device", "remove", "main"]);
    terminal.expect(&format!("Remove MFA device {ALICE} of alice? [y/N] "));
    terminal.send_line("");
    ends(&terminal, 5);
    assert!(terminal.output().contains("not confirmed, so nothing was done"), "{}", terminal.output());
    assert_eq!(machine.sts.devices_of(&machine.user).len(), 2);
    let mut terminal = machine.start(&["device", "remove", "main"]);
    terminal.expect("[y/N] ");
    terminal.send_line("yes");
    terminal.expect(&format!("mfa-env: removed MFA device {ALICE}\r\n"));
    terminal.expect(
        "mfa-env: profile main still names it (~/.aws/config:2), so remove that line, or register another one with: \
         mfa-env enroll main\r\n",
    );
    ends(&terminal, 0);
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
    machine.actions();
    // A token is not deleted.
    let mut terminal = machine.start(&["device", "remove", "main", "--mfa-serial", TOKEN]);
    terminal.expect("[y/N] ");
    terminal.send_line("y");
    terminal.expect("removed MFA device");
    ends(&terminal, 0);
    assert_eq!(machine.actions(), ["ListMFADevices", "DeactivateMFADevice"]);
    assert_eq!(machine.sts.devices_of(&machine.user), Vec::<String>::new());
    Program::new(&machine.home, ["device", "remove", "main"]).fails(5).says("terminal").run();
}

fn removes_a_device_with_mfa_where_that_is_needed() {
    let machine = machine(&[ALICE]);
    machine.sts.restrict(&machine.user, Policy::requiring_mfa());
    let mut terminal = machine.start(&["device", "remove", "main"]);
    terminal.expect("[y/N] ");
    terminal.send_line("y");
    terminal.expect("MFA code for alice (123456789012), ");
    terminal.expect(": ");
    terminal.send_line(&machine.sts.code(ALICE));
    terminal.expect(&format!("mfa-env: removed MFA device {ALICE}\r\n"));
    ends(&terminal, 0);
    let actions = machine.actions();
    let session = ["DeactivateMFADevice in a session", "DeleteVirtualMFADevice in a session"];
    assert_eq!(actions[..3], ["ListMFADevices", "DeactivateMFADevice", "GetSessionToken"]);
    assert_eq!(actions[3..], session);
    assert_eq!(machine.sts.devices_of(&machine.user), Vec::<String>::new());
}

fn asks_which_device_is_meant() {
    let machine = machine(&[ALICE, TOKEN]);
    machine.home.write(".aws/config", "[profile main]\n");
    let mut terminal = machine.start(&["device", "remove", "main"]);
    terminal.expect(&format!(
        "The user of profile main has 2 MFA devices:\r\n  1  {ALICE} (authenticator app)\r\n  2  {TOKEN} (hardware token)\r\n"
    ));
    terminal.expect("Number (1-2): ");
    terminal.send_line("3");
    terminal.expect("mfa-env: enter a number from 1 to 2\r\n");
    terminal.expect("Number (1-2): ");
    terminal.send_line("2");
    terminal.expect(&format!("Remove MFA device {TOKEN} of alice? [y/N] "));
    terminal.send_line("n");
    ends(&terminal, 5);
    let mut terminal = machine.start(&["device", "remove", "main"]);
    terminal.expect("Number (1-2): ");
    terminal.send_control('d');
    ends(&terminal, 5);
    // A name is the last part of an ARN, and the words may be in either order.
    let mut terminal = machine.start(&["device", "main", "resync", "--mfa-serial", "alice"]);
    terminal.expect(&format!("First code of {ALICE}"));
    terminal.send_control('c');
    terminal.wait();
    let terminal = machine.start(&["device", "resync", "main", "--mfa-serial", "bob"]);
    ends(&terminal, 3);
    assert!(terminal.output().contains("the user of profile main has no MFA device `bob`"), "{}", terminal.output());
}

fn replaces_a_device_with_the_help_of_the_old_one() {
    let machine = machine(&[ALICE]);
    machine.sts.restrict(&machine.user, Policy::requiring_mfa());
    let mut terminal = machine.start(&["device", "replace", "main"]);
    terminal.expect("MFA code for alice (123456789012), ");
    terminal.expect(": ");
    terminal.send_line(&machine.sts.code(ALICE));
    let shown = terminal.expect("First code of ");
    let uri = qr_code(&shown, Background::Dark).expect("a QR code");
    assert_eq!(uri, format!("otpauth://totp/AWS:alice-2@123456789012?secret={}", machine.sts.seed(NEW)));
    terminal.expect(": ");
    let [first, second] = machine.sts.consecutive_codes(NEW);
    terminal.send_line(&first);
    terminal.expect("Next code");
    terminal.expect(": ");
    terminal.send_line(&second);
    terminal.expect(&format!("mfa-env: registered MFA device {NEW} for alice\r\n"));
    let question = terminal.expect("[y/N] ");
    assert_eq!(question, format!("Change in [profile main] in ~/.aws/config: mfa_serial = {NEW}? [y/N] "));
    terminal.send_line("y");
    terminal.expect(&format!("mfa-env: removed MFA device {ALICE}\r\n"));
    ends(&terminal, 0);
    assert_eq!(machine.config(), format!("[profile main]\nmfa_serial = {NEW}\n# the rest\n"));
    assert_eq!(machine.sts.devices_of(&machine.user), [NEW]);
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
    // The next one gets the next number.
    machine.sts.advance(60);
    let code = machine.sts.current_code(NEW);
    Program::new(&machine.home, ["main", &code, "-s", "sh"]).signs_in().run();
    let mut terminal = machine.start(&["device", "replace", "main"]);
    terminal.expect("First code of alice-3 (123456789012)");
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.sts.devices_of(&machine.user), [NEW]);
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
}

fn a_replacement_that_fails_keeps_the_old_device() {
    let machine = machine(&[ALICE]);
    machine.sts.restrict(&machine.user, Policy::requiring_mfa());
    Program::new(&machine.home, ["main", &machine.sts.code(ALICE), "-s", "sh"]).signs_in().run();
    let mut terminal = machine.start(&["device", "replace", "main"]);
    terminal.expect("First code of ");
    terminal.expect(": ");
    terminal.signal(Signal::SIGTERM);
    terminal.expect("removed MFA device");
    assert_eq!(terminal.wait().signal(), Some(libc::SIGTERM));
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
    assert!(machine.config().contains(ALICE));
}

fn names_the_old_device_that_was_not_removed() {
    let machine = machine(&[ALICE]);
    Program::new(&machine.home, ["main", &machine.sts.code(ALICE), "-s", "sh"]).signs_in().run();
    machine.sts.always(Action::DeactivateMFADevice, Fault::Throttle);
    let mut terminal = machine.start(&["device", "replace", "main", "--device-name", "phone"]);
    let phone = "arn:aws:iam::123456789012:mfa/phone";
    terminal.expect("First code of ");
    terminal.expect(": ");
    let [first, second] = machine.sts.consecutive_codes(phone);
    terminal.send_line(&first);
    terminal.expect("Next code");
    terminal.expect(": ");
    terminal.send_line(&second);
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    terminal.expect(&format!("mfa-env: MFA device {ALICE} was not removed; {phone} works already\r\n"));
    ends(&terminal, 6);
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE, phone]);
}

fn profiles_with_the_names_of_commands_stay_reachable() {
    let machine = machine(&[ALICE]);
    for name in ["device", "enroll", "resync", "remove"] {
        let config = format!("[profile {name}]\nmfa_serial = {ALICE}\n");
        machine.home.write(".aws/config", config);
        machine.home.write(".aws/credentials", credentials_section(name, &machine.user));
        Program::new(&machine.home, ["device", "-p", name])
            .says("")
            .stdout(format!("{ALICE}  authenticator app, since 2024-05-06, set as mfa_serial\n"))
            .run();
        let mut terminal = machine.start(&["device", "resync", name]);
        terminal.expect("First code of ");
        terminal.send_control('c');
        terminal.wait();
        let refused = Program::new(&machine.home, ["--profile", name, "--no-input", "-s", "sh"]).fails(5);
        refused.says("aws-mfa").run();
        let refused = Program::new(&machine.home, ["--no-input", "-s", "sh", "--", name]).fails(5);
        refused.says("aws-mfa").run();
    }
}

fn a_device_that_is_named_need_not_be_listed() {
    let machine = machine(&[ALICE]);
    machine.sts.restrict(&machine.user, Policy::denying(&["ListMFADevices"]));
    let mut terminal = machine.start(&["device", "resync", "main", "-q"]);
    type_codes(&mut terminal, &machine.sts.consecutive_codes(ALICE));
    ends(&terminal, 0);
    assert_eq!(machine.actions(), ["ListMFADevices", "ResyncMFADevice"]);
    assert!(!terminal.output().contains("resynced"), "{}", terminal.output());
}

fn refuses_what_makes_no_sense() {
    let machine = machine(&[ALICE, KEY]);
    for (arguments, says) in [
        (&["device", "rename", "main"][..], "`rename` is not something that can be done with a device"),
        (&["device", "main", "--device-name", "x"], "--device-name is the name of a new device"),
        (&["device", "replace", "main", "--device-name", "ä"], "cannot be the name of an MFA device"),
    ] {
        Program::new(&machine.home, arguments.iter().copied()).fails(2).says(says).run();
    }
    assert!(machine.actions().is_empty());
    let terminal = machine.start(&["device", "resync", "main", "--mfa-serial", KEY]);
    ends(&terminal, 3);
    assert!(terminal.output().contains("has no codes"), "{}", terminal.output());
}

fn a_role_leads_to_the_user_of_its_keys() {
    let machine = machine(&[ALICE]);
    let role = "role_arn = arn:aws:iam::999999999999:role/x\nsource_profile = main\nmfa_serial =\n";
    machine.home.write(".aws/config", format!("[profile prod]\n{role}[profile main]\nmfa_serial =\n"));
    Program::new(&machine.home, ["device", "prod"])
        .stdout(format!("{ALICE}  authenticator app, since 2024-05-06\n"))
        .run();
    machine.home.write(
        ".aws/credentials",
        "[main]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n",
    );
    Program::new(&machine.home, ["device", "prod"]).fails(3).says("has temporary credentials").run();
}

/// The usual mistakes, and one in the credentials file.
fn finds_the_device_in_place_of_a_damaged_setting() {
    let user = "arn:aws:iam::123456789012:user/alice";
    let listed = |device: &str| format!("{device}  authenticator app, since 2024-05-06\n");
    for damaged in [user, KEY, "alice", "\"arn:aws:iam::123456789012:mfa/alice\""] {
        let machine = machine(&[ALICE]);
        let config = machine.config().replace(ALICE, damaged);
        machine.home.write(".aws/config", &config);
        let says = format!("mfa-env: ~/.aws/config:2: mfa_serial is `{damaged}`, which ");
        Program::new(&machine.home, ["device", "main"]).stdout(listed(ALICE)).says(&says).run();
        // A sign-in does not guess.
        Program::new(&machine.home, ["main", "-s", "sh"]).fails(3).says(&says).run();
        machine.sts.restrict(&machine.user, Policy::requiring_mfa());
        let mut terminal = machine.start(&["device", "replace", "main"]);
        terminal.expect("MFA code for alice (123456789012), ");
        terminal.expect(": ");
        terminal.send_line(&machine.sts.code(ALICE));
        terminal.expect("First code of ");
        terminal.expect(": ");
        let [first, second] = machine.sts.consecutive_codes(NEW);
        terminal.send_line(&first);
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line(&second);
        terminal.expect(&format!("Change in [profile main] in ~/.aws/config: mfa_serial = {NEW}? [y/N] "));
        terminal.send_line("y");
        ends(&terminal, 0);
        assert_eq!(machine.config(), config.replace(damaged, NEW));
    }
    let machine = machine(&[ALICE]);
    machine.home.write(".aws/config", "[profile main]\nregion = eu-central-1\n");
    let keys = credentials_section("main", &machine.user);
    let write = |more: &str| machine.home.write(".aws/credentials", format!("{keys}mfa_serial = {user}\n{more}"));
    write("  continued\n");
    Program::new(&machine.home, ["device", "main"]).fails(3).says("continues on an indented line").run();
    write("");
    let says = "~/.aws/credentials:4: mfa_serial is `";
    Program::new(&machine.home, ["device", "main"]).stdout(listed(ALICE)).says(says).run();
}

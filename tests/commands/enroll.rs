//! `enroll`: the QR code and the key on the terminal, two codes in a row, and nothing left behind.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::picture::{Background, drawn_size, qr_code};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, Gate, Policy, Sts, User, UserSpec};
use crate::support::terminal::{Streams, Terminal, assert_same};
use nix::sys::signal::Signal;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

trials![
    registers_a_device_and_writes_its_line,
    the_new_device_signs_in,
    the_qr_code_is_readable_on_every_terminal,
    shows_the_text_where_the_code_does_not_fit,
    keeps_what_the_terminal_showed,
    refuses_the_first_code_again,
    rejected_codes_can_be_typed_again,
    a_device_that_is_not_enabled_is_removed,
    signals_remove_the_device,
    a_killed_program_does_not_leave_the_code_on_the_screen,
    a_signal_during_the_last_call_keeps_an_enabled_device,
    names_what_could_not_be_removed,
    a_lost_answer_is_looked_up,
    names_a_device_that_may_have_been_created,
    what_aws_refuses_is_named,
    checks_the_name_first,
    writes_the_uri_to_a_pipe_only,
    a_file_that_cannot_be_written_leaves_the_device,
    says_where_the_codes_go,
];

const TIMEOUT: Duration = Duration::from_secs(20);
const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";

struct Machine {
    sts: Sts,
    user: User,
    home: Home,
}

fn machine() -> Machine {
    let sts = Sts::start();
    let user = sts.add_user_with("alice", UserSpec { devices: Devices::None, ..UserSpec::default() });
    let mut home = Home::with("[profile main]\nregion = eu-west-1\n", &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("LANG", "C.UTF-8");
    Machine { sts, user, home }
}

impl Machine {
    fn start(&self, arguments: &[&str]) -> Terminal {
        self.start_in(arguments, (80, 24))
    }

    fn start_in(&self, arguments: &[&str], size: (u16, u16)) -> Terminal {
        let command = Program::new(&self.home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { size: Some(size), ..Streams::default() })
    }

    /// Types two codes in a row at the prompts.
    fn type_codes(&self, terminal: &mut Terminal, serial: &str) {
        let [first, second] = self.sts.consecutive_codes(serial);
        terminal.send_line(&first);
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line(&second);
    }

    /// Asserts that the device is neither registered nor left behind.
    #[track_caller]
    fn assert_nothing_left(&self) {
        assert_eq!(self.sts.unassigned_devices(), Vec::<String>::new());
        assert_eq!(self.sts.devices_of(&self.user), Vec::<String>::new());
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.path().join(".aws/config")).expect("a config file")
    }
}

/// Waits for the prompt for the first code, and returns what the terminal has shown.
fn first_prompt(terminal: &mut Terminal) -> String {
    let shown = terminal.expect("First code of ");
    terminal.expect(": ");
    terminal.wait_until("echo is off", |stty| stty.is_hidden());
    shown
}

fn registers_a_device_and_writes_its_line() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    assert_eq!(machine.sts.unassigned_devices(), [ALICE]);
    let seed = machine.sts.seed(ALICE);
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect(&format!("mfa-env: registered MFA device {ALICE} for alice\r\n"));
    let question = terminal.expect("[y/N] ");
    assert_eq!(question, format!("Add to [profile main] in ~/.aws/config: mfa_serial = {ALICE}? [y/N] "));
    terminal.send_line("y");
    terminal.expect("mfa-env: written to [profile main] in ~/.aws/config\r\n");
    assert_eq!(terminal.wait().code(), Some(0));
    assert_eq!(machine.config(), format!("[profile main]\nregion = eu-west-1\nmfa_serial = {ALICE}\n"));
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
    assert_same(&terminal.initial, &terminal.stty());
    // The seed is in no file and in no call.
    let files = machine.home.files();
    assert!(files.values().all(|content| !String::from_utf8_lossy(content).contains(&seed)));
    let cached = fs::read_dir(machine.home.cache()).expect("a cache").flatten();
    let cached: Vec<String> = cached.map(|entry| fs::read_to_string(entry.path()).unwrap_or_default()).collect();
    assert!(cached.iter().all(|content| !content.contains(&seed)));
    let actions: Vec<String> = machine.sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "CreateVirtualMFADevice", "EnableMFADevice"]);
}

fn the_new_device_signs_in() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main", "--device-name", "phone"]);
    let shown = first_prompt(&mut terminal);
    let phone = "arn:aws:iam::123456789012:mfa/phone";
    let uri = qr_code(&shown, Background::Dark).expect("a QR code");
    assert_eq!(uri, format!("otpauth://totp/AWS:phone@123456789012?secret={}", machine.sts.seed(phone)));
    let [_, second] = machine.sts.consecutive_codes(phone);
    machine.type_codes(&mut terminal, phone);
    terminal.expect("[y/N] ");
    // Anything but yes is a no, and then the line is shown.
    terminal.send_line("");
    terminal.expect(&format!("mfa-env: add to [profile main]: mfa_serial = {phone}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0));
    assert_eq!(machine.config(), "[profile main]\nregion = eu-west-1\n");
    // The codes are used up, and this is known without asking AWS.
    machine.sts.take_calls();
    let again = Program::new(&machine.home, ["main", &second, "--mfa-serial", phone, "-s", "sh"]).fails(5);
    again.says("this MFA code was already sent to AWS").run();
    machine.sts.advance(60);
    let code = machine.sts.current_code(phone);
    Program::new(&machine.home, ["main", &code, "-s", "sh"]).signs_in().run();
}

// fault 133
fn the_qr_code_is_readable_on_every_terminal() {
    let machine = machine();
    let label = "AWS:alice@123456789012";
    for (size, language, label, drawn) in [
        ((80, 24), "C.UTF-8", label, (41, 21)),
        ((200, 60), "C.UTF-8", label, (41, 21)),
        // Where it does not fit beside the text, the text is below it; where that does not fit, the label is shorter.
        ((50, 40), "C.UTF-8", label, (41, 21)),
        ((41, 40), "C.UTF-8", label, (41, 21)),
        ((40, 40), "C.UTF-8", "AWS:alice", (37, 19)),
        ((74, 23), "C.UTF-8", "AWS:alice", (37, 19)),
        // Without UTF-8, a module has two blanks.
        ((120, 50), "C", label, (82, 41)),
        ((80, 50), "C", "AWS:alice", (74, 37)),
    ] {
        machine.sts.take_calls();
        let mut command = Program::new(&machine.home, ["enroll", "main"]).command();
        command.env("LANG", language);
        let streams = Streams { size: Some(size), ..Streams::default() };
        let mut terminal = Terminal::spawn_with(command, streams);
        let shown = first_prompt(&mut terminal);
        let expected = format!("otpauth://totp/{label}?secret={}", machine.sts.seed(ALICE));
        for background in [Background::Dark, Background::Light] {
            assert_eq!(qr_code(&shown, background).as_deref(), Some(expected.as_str()), "{size:?} {language}: {shown}");
        }
        assert_eq!(drawn_size(&shown), drawn, "{size:?} {language}");
        // The key is there as text, too.
        let key: String =
            shown.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit()).filter(|g| g.len() == 4).collect();
        assert!(key.contains(&machine.sts.seed(ALICE)), "{size:?} {language}: {shown}");
        assert!(language != "C" || shown.is_ascii(), "{shown}");
        assert!(shown.lines().count() <= usize::from(size.1) - 2, "{size:?}: {shown}");
        terminal.send_control('c');
        assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
        machine.assert_nothing_left();
    }
}

// fault 133
fn shows_the_text_where_the_code_does_not_fit() {
    let machine = machine();
    let seed = |shown: &str| {
        let uri = format!("otpauth://totp/AWS:alice@123456789012?secret={}", machine.sts.seed(ALICE));
        assert!(shown.contains(&uri), "{shown}");
        assert!(!shown.contains("\x1b[30;47m") && !shown.contains('█'), "{shown}");
    };
    for (size, variables, why) in [
        ((30, 40), vec![], "it needs 37 columns and 27 rows, and the terminal has 30 and 40"),
        ((80, 20), vec![], "it needs 37 columns and 22 rows, and the terminal has 80 and 20"),
        ((70, 60), vec![("LANG", "C")], "it needs 74 columns and 45 rows, and the terminal has 70 and 60"),
        ((0, 0), vec![], "the size of the terminal is not known"),
        ((80, 24), vec![("NO_COLOR", "1")], "NO_COLOR is set, and a QR code needs black and white"),
        ((80, 24), vec![("TERM", "dumb")], "the terminal has no colours (TERM)"),
    ] {
        let mut command = Program::new(&machine.home, ["enroll", "main"]).command();
        command.envs(variables.iter().copied());
        let mut terminal = Terminal::spawn_with(command, Streams { size: Some(size), ..Streams::default() });
        let shown = first_prompt(&mut terminal);
        assert!(shown.contains(&format!("No QR code: {why}.")), "{shown}");
        seed(&shown);
        terminal.send_control('c');
        assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
        machine.assert_nothing_left();
    }
}

/// What a terminal with an alternate screen shows after this output: what was printed on the main screen.
fn main_screen(output: &str) -> String {
    let mut text = String::new();
    for (number, part) in output.split("\x1b[?1049h").enumerate() {
        match (number, part.split_once("\x1b[?1049l")) {
            (0, _) => text.push_str(part),
            (_, Some((_, after))) => text.push_str(after),
            (_, None) => {}
        }
    }
    text
}

// fault 133
fn keeps_what_the_terminal_showed() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    let key: String = machine.sts.seed(ALICE)[..4].to_owned();
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    assert_eq!(terminal.wait().code(), Some(0));
    let output = terminal.output();
    assert!(output.contains(&key));
    let left = main_screen(&output);
    assert!(!left.contains(&key) && !left.contains('▀') && !left.contains("otpauth"), "{left}");
    assert!(left.contains("registered MFA device"), "{left}");
    // It is erased before it is left.
    assert!(output.contains("\x1b[2J\x1b[?1049l"), "{output}");
}

// fault 132
fn refuses_the_first_code_again() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    let [first, second] = machine.sts.consecutive_codes(ALICE);
    terminal.send_line("12345");
    terminal.expect("mfa-env: a code has six digits\r\n");
    terminal.expect(": ");
    terminal.send_line(&first);
    let countdown = terminal.expect(": ");
    assert!(countdown.contains("Next code, in ") && countdown.ends_with(" s: "), "{countdown}");
    terminal.send_line(&first);
    terminal.expect("mfa-env: that is the first code again; wait for the next one\r\n");
    terminal.expect(": ");
    terminal.send_line(&second);
    terminal.expect("registered MFA device");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    assert_eq!(terminal.wait().code(), Some(0));
    let sent = machine.sts.take_calls().into_iter().filter(|call| call.action == "EnableMFADevice").count();
    assert_eq!(sent, 1);
}

// fault 131
fn rejected_codes_can_be_typed_again() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    let [first, second] = machine.sts.consecutive_codes(ALICE);
    for _ in 0..2 {
        terminal.send_line(&second);
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line(&first);
        let said = terminal.expect("enter the next two\r\n");
        assert!(said.contains("AWS rejected the two codes for MFA device"), "{said}");
        terminal.expect("First code of ");
        terminal.expect(": ");
    }
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect("registered MFA device");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    assert_eq!(terminal.wait().code(), Some(0));
}

// fault 131
fn a_device_that_is_not_enabled_is_removed() {
    let machine = machine();
    let removed = format!("mfa-env: removed MFA device {ALICE} again, which was not enabled\r\n");
    // Three rejections.
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    let [first, second] = machine.sts.consecutive_codes(ALICE);
    for number in 0..3 {
        terminal.send_line(&second);
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line(&first);
        if number < 2 {
            terminal.expect("First code of ");
            terminal.expect(": ");
        }
    }
    terminal.expect(&removed);
    terminal.expect(" AWS rejected the two codes");
    assert_eq!(terminal.wait().code(), Some(4));
    machine.assert_nothing_left();
    // Ctrl-D.
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    terminal.send_control('d');
    terminal.expect(&removed);
    assert_eq!(terminal.wait().code(), Some(5));
    machine.assert_nothing_left();
    // Another refusal.
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    machine.sts.restrict(&machine.user, Policy::denying(&["EnableMFADevice"]));
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect(&removed);
    terminal.expect("to call iam:EnableMFADevice");
    assert_eq!(terminal.wait().code(), Some(4));
    machine.assert_nothing_left();
}

// fault 131
fn signals_remove_the_device() {
    let machine = machine();
    for (signal, at_second) in [
        (Signal::SIGINT, false),
        (Signal::SIGINT, true),
        (Signal::SIGTERM, false),
        (Signal::SIGTERM, true),
        (Signal::SIGHUP, false),
        (Signal::SIGQUIT, true),
    ] {
        let mut terminal = machine.start(&["enroll", "main"]);
        first_prompt(&mut terminal);
        if at_second {
            terminal.send_line(&machine.sts.consecutive_codes(ALICE)[0]);
            terminal.expect("Next code");
            terminal.expect(": ");
        }
        terminal.signal(signal);
        terminal.expect("mfa-env: removed MFA device");
        assert_eq!(terminal.wait().signal(), Some(signal as i32), "{signal}");
        machine.assert_nothing_left();
        assert_same(&terminal.initial, &terminal.stty());
        let left = main_screen(&terminal.output());
        assert!(!left.contains(&machine.sts.url()) && !left.contains('▀'), "{left}");
    }
    // The terminal is closed.
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    machine.sts.take_calls();
    terminal.close();
    assert!(machine.sts.wait_for_calls(1, TIMEOUT));
    terminal.wait();
    machine.assert_nothing_left();
    // Ctrl-C was ignored when the program was started.
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; \"$0\" enroll main", &crate::support::program::binary().display().to_string()]);
    command.env_clear().envs(&machine.home.variables);
    let mut terminal = Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() });
    first_prompt(&mut terminal);
    terminal.send_control('c');
    terminal.expect("mfa-env: removed MFA device");
    terminal.wait();
    machine.assert_nothing_left();
}

fn a_killed_program_does_not_leave_the_code_on_the_screen() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    terminal.signal(Signal::SIGKILL);
    assert_eq!(terminal.wait().signal(), Some(libc::SIGKILL));
    terminal.wait_until("the settings are restored", |stty| stty.echo());
    let left = main_screen(&terminal.output());
    assert!(!left.contains('▀'), "{left}");
}

fn a_signal_during_the_last_call_keeps_an_enabled_device() {
    let machine = machine();
    let gate = Gate::new();
    machine.sts.on(Action::EnableMFADevice, Fault::Hold(gate.clone()));
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    machine.sts.take_calls();
    machine.type_codes(&mut terminal, ALICE);
    assert!(machine.sts.wait_for_calls(1, TIMEOUT));
    terminal.signal(Signal::SIGTERM);
    gate.open();
    terminal.expect(&format!("mfa-env: MFA device {ALICE} is registered\r\n"));
    assert_eq!(terminal.wait().signal(), Some(libc::SIGTERM));
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
}

// fault 131
fn names_what_could_not_be_removed() {
    let machine = machine();
    let how = format!("  remove it with: aws iam delete-virtual-mfa-device --serial-number '{ALICE}'\r\n");
    machine.sts.restrict(&machine.user, Policy::requiring_mfa());
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    terminal.send_control('c');
    let said = terminal.expect(&how);
    assert!(
        said.contains(&format!("MFA device {ALICE} was created, but could not be removed: AWS does not")),
        "{said}"
    );
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
    assert_eq!(machine.sts.unassigned_devices(), [ALICE]);
    // The next attempt says what to do about it.
    let mut terminal = machine.start(&["enroll", "main"]);
    let said = terminal.expect("--device-name");
    assert!(said.contains(&format!("MFA device {ALICE} exists already")), "{said}");
    assert_eq!(terminal.wait().code(), Some(4));
    assert_eq!(machine.sts.unassigned_devices(), [ALICE]);
}

// fault 131
fn a_lost_answer_is_looked_up() {
    let machine = machine();
    machine.sts.on(Action::EnableMFADevice, Fault::CloseProcessed);
    let mut terminal = machine.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect("registered MFA device");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    assert_eq!(terminal.wait().code(), Some(0));
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);

    // The network is gone before the codes arrive.
    let second = "arn:aws:iam::123456789012:mfa/second";
    machine.sts.on(Action::EnableMFADevice, Fault::CloseUnprocessed);
    let mut terminal = machine.start(&["enroll", "main", "--device-name", "second"]);
    first_prompt(&mut terminal);
    machine.type_codes(&mut terminal, second);
    terminal.expect(&format!("mfa-env: removed MFA device {second} again"));
    assert_eq!(terminal.wait().code(), Some(6));
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
    // It stays away.
    let third = "arn:aws:iam::123456789012:mfa/third";
    let mut terminal = machine.start(&["enroll", "main", "--device-name", "third"]);
    first_prompt(&mut terminal);
    let codes = machine.sts.consecutive_codes(third);
    terminal.send_line(&codes[0]);
    terminal.expect("Next code");
    terminal.expect(": ");
    machine.sts.stop();
    terminal.send_line(&codes[1]);
    terminal.expect(&format!("MFA device {third} was created, but could not be removed: "));
    terminal.expect(&format!("remove it with: aws iam delete-virtual-mfa-device --serial-number '{third}'\r\n"));
    assert_eq!(terminal.wait().code(), Some(6));
}

fn names_a_device_that_may_have_been_created() {
    let machine = machine();
    machine.sts.on(Action::CreateVirtualMFADevice, Fault::CloseProcessed);
    let mut terminal = machine.start(&["enroll", "main"]);
    terminal.expect(&format!(" MFA device {ALICE} may have been created\r\n"));
    terminal.expect(&format!("--serial-number '{ALICE}'\r\n"));
    assert_eq!(terminal.wait().code(), Some(6));
    assert_eq!(machine.sts.unassigned_devices(), [ALICE]);
    // Without a connection there is none.
    machine.sts.stop();
    let terminal = machine.start(&["enroll", "main"]);
    assert_eq!(terminal.wait().code(), Some(6));
    assert!(!terminal.output().contains("may have been created"), "{}", terminal.output());
}

// fault 130
fn what_aws_refuses_is_named() {
    let machine = machine();
    machine.sts.add_device(ALICE, None);
    let refused = |arguments: &[&str], status: i32, says: &[&str]| {
        let terminal = machine.start(arguments);
        assert_eq!(terminal.wait().code(), Some(status), "{}", terminal.output());
        for part in says {
            assert!(terminal.output().contains(part), "{part}: {}", terminal.output());
        }
    };
    refused(&["enroll", "main"], 4, &["exists already", "--device-name", "EntityAlreadyExists"]);
    machine.sts.restrict(&machine.user, Policy::denying(&["CreateVirtualMFADevice"]));
    refused(
        &["enroll", "main"],
        4,
        &["to call iam:CreateVirtualMFADevice", "the permission iam:CreateVirtualMFADevice"],
    );
    machine.sts.restrict(&machine.user, Policy::default());
    let root = machine.sts.add_root();
    machine.home.write(".aws/credentials", credentials_section("main", &root));
    refused(&["enroll", "main"], 4, &["the access key of profile main is that of the account's root user"]);
    machine.home.write(".aws/credentials", credentials_section("main", &machine.user));
    machine.sts.remove_key(&machine.user.access_key_id);
    refused(&["enroll", "main"], 4, &["AWS does not recognize access key"]);
    refused(&["enroll", "nobody"], 3, &["profile `nobody` not found"]);
    assert_eq!(machine.sts.unassigned_devices(), [ALICE]);

    // Eight devices are the limit.
    let full = crate::commands::enroll::machine();
    for number in 0..8 {
        full.sts.add_device(&format!("arn:aws:iam::123456789012:mfa/{number}"), Some(&full.user));
    }
    let mut terminal = full.start(&["enroll", "main"]);
    first_prompt(&mut terminal);
    full.type_codes(&mut terminal, ALICE);
    terminal.expect("removed MFA device");
    terminal.expect("LimitExceeded");
    assert_eq!(terminal.wait().code(), Some(4));
    assert_eq!(full.sts.unassigned_devices(), Vec::<String>::new());
}

// fault 134
fn checks_the_name_first() {
    let machine = machine();
    for name in ["my phone", "ü", "a/b", "", "a\u{7}", &"x".repeat(129)] {
        let terminal = machine.start(&["enroll", "main", "--device-name", name]);
        assert_eq!(terminal.wait().code(), Some(2), "{name:?}");
        assert!(terminal.output().contains("cannot be the name of an MFA device"), "{}", terminal.output());
    }
    assert!(machine.sts.take_calls().is_empty());
}

// fault 133
fn writes_the_uri_to_a_pipe_only() {
    let machine = machine();
    // Neither to a terminal, nor to a file.
    let terminal = machine.start(&["enroll", "main", "--otpauth"]);
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.output().contains("which is a terminal"), "{}", terminal.output());
    let file = fs::File::create(machine.home.path().join("out")).expect("a file");
    let command = Program::new(&machine.home, ["enroll", "main", "--otpauth"]).command();
    let terminal = Terminal::spawn_with(command, Streams { stdout: Some(file.into()), ..Streams::default() });
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.output().contains("which is not a pipe"), "{}", terminal.output());
    let command = Program::new(&machine.home, ["enroll", "main"]).command();
    let terminal = Terminal::spawn_with(command, Streams { stdout: Some(Stdio::piped()), ..Streams::default() });
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.output().contains("shown on the terminal only"), "{}", terminal.output());
    // Without a terminal, nobody can be asked for the codes.
    Program::new(&machine.home, ["enroll", "main", "--otpauth"]).fails(5).says("no terminal").run();
    assert!(machine.sts.take_calls().is_empty());

    let command = Program::new(&machine.home, ["enroll", "main", "--otpauth"]).command();
    let mut terminal = Terminal::spawn_with(command, Streams { stdout: Some(Stdio::piped()), ..Streams::default() });
    let mut uri = String::new();
    // Its end comes before the codes are asked for.
    terminal.stdout.take().expect("a pipe").read_to_string(&mut uri).expect("a URI");
    let seed = machine.sts.seed(ALICE);
    assert_eq!(uri, format!("otpauth://totp/AWS:alice@123456789012?secret={seed}\n"));
    first_prompt(&mut terminal);
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect("registered MFA device");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    assert_eq!(terminal.wait().code(), Some(0));
    assert!(!terminal.output().contains(&seed) && !terminal.output().contains(&seed[..4]), "{}", terminal.output());

    // The reader is gone.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let command = Program::new(&machine.home, ["enroll", "main", "--otpauth", "--device-name", "b"]).command();
    let mut terminal = Terminal::spawn_with(command, Streams { stdout: Some(writer.into()), ..Streams::default() });
    terminal.expect("removed MFA device arn:aws:iam::123456789012:mfa/b again");
    assert_eq!(terminal.wait().code(), Some(7));
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
}

// fault 135
fn a_file_that_cannot_be_written_leaves_the_device() {
    let machine = machine();
    let config = machine.home.path().join(".aws/config");
    fs::remove_file(&config).expect("a file");
    fs::create_dir(&config).expect("a directory");
    let mut command = Program::new(&machine.home, ["enroll", "main"]).command();
    // The directory is in the way only when the line is written.
    command.env("AWS_CONFIG_FILE", "/dev/null");
    let mut terminal = Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() });
    first_prompt(&mut terminal);
    machine.type_codes(&mut terminal, ALICE);
    terminal.expect("[y/N] ");
    terminal.send_line("y");
    terminal.expect(&format!("mfa-env: add to [profile main]: mfa_serial = {ALICE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(7));
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
}

fn says_where_the_codes_go() {
    let machine = machine();
    let mut terminal = machine.start(&["enroll", "main"]);
    terminal.expect("First code of ");
    let prompt = terminal.expect(": ");
    let host = machine.sts.url().replace("http://", "");
    assert_eq!(prompt, format!("alice (123456789012), sent to {host} (AWS_ENDPOINT_URL): "));
    terminal.send_control('c');
    terminal.wait();
    machine.assert_nothing_left();
}

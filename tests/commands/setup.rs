//! `setup` on a pseudo-terminal: from nothing to a signed-in shell, left at every question, and with hostile answers.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary, path_with_program};
#[cfg(target_os = "linux")]
use crate::support::seccomp;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Devices, Fault, Gate, NO_LISTENER, Policy, RoleSpec, Sts, User, UserSpec};
use crate::support::terminal::{PROMPT, Streams, Terminal, assert_same};
use crate::support::umask;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

trials![
    goes_from_nothing_to_a_session,
    ends_with_the_line_for_every_shell,
    can_be_left_at_every_question,
    a_network_that_is_lost_leaves_what_is_written,
    what_is_written_is_said_at_every_code,
    a_secret_is_written_only_as_a_key,
    says_what_is_there_already,
    hostile_names_are_refused,
    hostile_regions_are_refused,
    keys_are_found_in_what_is_pasted,
    nothing_that_is_pasted_is_shown,
    takes_the_file_of_the_console,
    refuses_files_without_one_key,
    keys_that_aws_refuses_are_not_written,
    a_key_that_is_not_distributed_yet_is_tried_again,
    root_and_temporary_keys_are_refused,
    a_key_that_is_there_already_is_named,
    registers_a_device_in_between,
    a_registration_that_is_left_keeps_the_profile,
    without_a_device_it_has_not_succeeded,
    files_that_cannot_be_changed_are_found_before_the_key,
    asks_which_device_is_meant,
    a_device_that_aws_does_not_list_is_typed,
    roles_become_profiles,
    a_role_that_aws_refuses_stays_in_the_file,
    every_other_byte_stays,
    what_must_not_be_changed_is_not_changed,
    new_files_are_private,
    another_process_may_take_the_name,
    says_what_variables_mean,
    names_an_endpoint_that_is_not_aws,
    finds_its_way_among_2000_profiles,
    without_a_cache_it_works,
    fits_a_narrow_terminal,
    needs_a_terminal,
    profiles_that_are_no_place_for_a_key,
];

const TIMEOUT: Duration = Duration::from_secs(20);
const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";
const ADMIN: &str = "arn:aws:iam::123456789012:role/admin";

const NAME: &str = "Name of the profile for your access key [main]: ";
const REGION: &str = "Region of your resources [us-east-1]: ";
const KEY_ID: &str = "Access key ID, or the path of accessKeys.csv: ";
const ROLE: &str = "Role to assume, as ARN or ACCOUNT:ROLE (Enter for none): ";
const ROLE_NAME: &str = "Name of its profile [admin]: ";
const ANOTHER: &str = "Another role (Enter for none): ";

struct Machine {
    sts: Sts,
    user: User,
    home: Home,
}

/// A user with these devices and the role `admin`, and a home without AWS files.
fn machine(devices: Devices) -> Machine {
    let sts = Sts::start();
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::empty();
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("LANG", "C.UTF-8");
    Machine { sts, user, home }
}

impl Machine {
    fn start(&self, arguments: &[&str]) -> Terminal {
        let arguments = std::iter::once("setup").chain(arguments.iter().copied());
        start_with(Program::new(&self.home, arguments).command())
    }

    fn secret_prompt(&self) -> String {
        format!("Secret access key of {}: ", self.user.access_key_id)
    }

    /// The questions about the profile and its key, and their answers.
    fn key_answers(&self) -> Vec<(String, String)> {
        vec![
            (NAME.to_owned(), String::new()),
            (REGION.to_owned(), "eu-west-1".to_owned()),
            (KEY_ID.to_owned(), self.user.access_key_id.clone()),
            (self.secret_prompt(), self.user.secret_access_key.clone()),
        ]
    }

    fn role_answers() -> Vec<(String, String)> {
        [(ROLE, ADMIN), (ROLE_NAME, ""), (ANOTHER, "")].map(|(prompt, answer)| (prompt.into(), answer.into())).into()
    }

    /// Answers the questions about the profile and its key.
    fn enter_key(&self, terminal: &mut Terminal) {
        answer(terminal, &self.key_answers());
    }

    fn enter_code(&self, terminal: &mut Terminal) {
        terminal.expect("MFA code for alice (123456789012), 12 h session for all roles");
        terminal.expect(": ");
        terminal.send_line(&self.sts.code(ALICE));
    }

    /// Answers what is left after the key.
    #[track_caller]
    fn finish(&self, terminal: &mut Terminal) {
        answer(terminal, &[(ROLE.to_owned(), String::new())]);
        self.enter_code(terminal);
        ends(terminal, 0);
    }

    fn aws(&self, name: &str) -> PathBuf {
        self.home.path().join(".aws").join(name)
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.aws(name)).unwrap_or_default()
    }

    /// The files after all questions are answered.
    fn complete_files(&self) -> [String; 2] {
        let config = format!(
            "[profile main]\nregion = eu-west-1\nmfa_serial = {ALICE}\n\n\
             [profile admin]\nrole_arn = {ADMIN}\nsource_profile = main\nregion = eu-west-1\n"
        );
        [config, credentials_section("main", &self.user)]
    }

    fn files(&self) -> [String; 2] {
        ["config", "credentials"].map(|name| self.file(name))
    }

    /// The secret is in the credentials file, and nowhere else: on no screen, in no other file.
    #[track_caller]
    fn assert_secret_is_kept(&self, terminal: &Terminal) {
        let secret = &self.user.secret_access_key;
        assert!(!terminal.output().contains(secret.as_str()), "{}", terminal.output());
        let mut files: BTreeMap<_, _> = self.home.files();
        files.retain(|path, _| *path != self.aws("credentials") && path.extension().is_none_or(|end| end != "csv"));
        let cached = fs::read_dir(self.home.cache()).into_iter().flatten().flatten();
        files.extend(cached.map(|entry| (entry.path(), fs::read(entry.path()).unwrap_or_default())));
        for (path, content) in files {
            assert!(!String::from_utf8_lossy(&content).contains(secret.as_str()), "{}", path.display());
        }
    }
}

fn start_with(command: std::process::Command) -> Terminal {
    Terminal::spawn_with(command, Streams { size: Some((100, 40)), ..Streams::default() })
}

/// Answers these questions, which come in this order.
#[track_caller]
fn answer(terminal: &mut Terminal, answers: &[(String, String)]) {
    for (prompt, answer) in answers {
        terminal.expect(prompt);
        terminal.send_line(answer);
    }
}

#[track_caller]
fn ends(terminal: &Terminal, status: i32) {
    assert_eq!(terminal.wait().code(), Some(status), "{}", terminal.output());
    assert_same(&terminal.initial, &terminal.stty());
}

/// Types something that is refused for this reason; the question is asked again.
#[track_caller]
fn refuses(terminal: &mut Terminal, typed: &str, why: &str, prompt: &str) {
    terminal.send_line(typed);
    let shown = terminal.expect(prompt);
    let said = shown.split("mfa-env: ").nth(1).unwrap_or_else(|| panic!("{typed:?}: no reason: {shown:?}"));
    assert!(said.contains(why), "{typed:?}: {shown:?}");
    assert!(!said.contains(['\x1b', '\u{202e}', '\u{7}']), "{typed:?}: {shown:?}");
}

fn goes_from_nothing_to_a_session() {
    let machine = machine(Devices::Virtual);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect(&format!(
        "mfa-env: access key {} of alice (123456789012) is written to [main] in ~/.aws/credentials\r\n\
         mfa-env: region eu-west-1 is written to profile main in ~/.aws/config\r\n\
         mfa-env: MFA device {ALICE} is written to profile main in ~/.aws/config\r\n",
        machine.user.access_key_id
    ));
    answer(&mut terminal, &Machine::role_answers());
    machine.enter_code(&mut terminal);
    terminal.expect("admin · admin@123456789012 · eu-west-1 · 1 h left");
    ends(&terminal, 0);
    assert_eq!(machine.files(), machine.complete_files());
    machine.assert_secret_is_kept(&terminal);
    let actions: Vec<String> = machine.sts.take_calls().into_iter().map(|call| call.action).collect();
    let signed_in = ["GetSessionToken", "AssumeRole"];
    assert_eq!(actions[..2], ["GetCallerIdentity", "ListMFADevices"], "{actions:?}");
    assert_eq!(actions.iter().filter(|action| signed_in.contains(&action.as_str())).count(), 2, "{actions:?}");
    // The session is cached, and it is not asked for again.
    Program::new(&machine.home, ["admin", "-s", "sh"]).signs_in_to("admin").run();
    let mut terminal = machine.start(&[]);
    answer(&mut terminal, &[(NAME.to_owned(), String::new())]);
    terminal.expect(&format!("mfa-env: profile main has access key {} of alice", machine.user.access_key_id));
    terminal.expect(&format!("mfa-env: profile main has MFA device {ALICE} (~/.aws/config:3)\r\n"));
    answer(&mut terminal, &[(ROLE.to_owned(), "admin".to_owned())]);
    terminal.expect("mfa-env: profile admin has that role already\r\n");
    answer(&mut terminal, &[(ANOTHER.to_owned(), String::new())]);
    ends(&terminal, 0);
    assert_eq!(machine.files(), machine.complete_files());
}

/// A whole run in each shell, and then the lines that it ends with.
fn ends_with_the_line_for_every_shell() {
    for shell in shells::installed() {
        let mut machine = machine(Devices::Virtual);
        machine.home.set("PATH", path_with_program());
        let mut terminal = Terminal::shell(*shell, &machine.home.variables, machine.home.path());
        terminal.type_line("mfa-env setup");
        machine.enter_key(&mut terminal);
        answer(&mut terminal, &Machine::role_answers());
        machine.enter_code(&mut terminal);
        let shown = terminal.expect_prompt().replace("\r\n", "\n");
        let shown = shown.strip_suffix(PROMPT).unwrap_or(&shown);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let at = lines.iter().position(|line| line.starts_with("Add this line to ")).expect("the line");
        let [line, from_then_on, sign_in] = lines[at + 1..at + 4] else { panic!("{shell}: {lines:?}") };
        assert_eq!(from_then_on, "From then on, sign in with:", "{shell}");
        assert_eq!(sign_in, "    aws-mfa admin", "{shell}");
        terminal.run_line(line.trim());
        let said = terminal.run_line(sign_in.trim());
        assert!(said.contains("admin · admin@123456789012"), "{shell}: {said}");
        let key = machine.sts.sessions().pop().expect("a session").access_key_id;
        let variable =
            if *shell == Shell::Pwsh { "\"<$env:AWS_ACCESS_KEY_ID>\"" } else { "echo \"<$AWS_ACCESS_KEY_ID>\"" };
        let value = terminal.run_line(variable);
        assert!(value.contains(&format!("<{key}>")), "{shell}: {value}");
        // The function passes it on.
        terminal.type_line("aws-mfa setup main");
        terminal.expect(ROLE);
        terminal.send_control('d');
        let shown = terminal.expect_prompt();
        assert!(shown.contains("nothing has been written; go on with: mfa-env setup main"), "{shell}: {shown}");
    }
}

/// How a question is left.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    Key(char),
    Signal(Signal),
}

// faults 18, 19
fn can_be_left_at_every_question() {
    let everywhere = [0, 1, 2, 3, 4, 5, 6].as_slice();
    let ways = [
        (Leaving::Key('c'), everywhere),
        (Leaving::Key('d'), everywhere),
        (Leaving::Signal(Signal::SIGTERM), everywhere),
        // At one question that shows what is typed, and at one that does not.
        (Leaving::Key('\\'), &[1, 3]),
        (Leaving::Signal(Signal::SIGHUP), &[1, 3]),
    ];
    for (way, questions_left) in ways {
        for &count in questions_left {
            let machine = machine(Devices::Virtual);
            let mut questions = machine.key_answers();
            questions.extend(Machine::role_answers());
            let mut terminal = machine.start(&[]);
            answer(&mut terminal, &questions[..count]);
            terminal.expect(&questions[count].0);
            // Ctrl-Z does nothing, as at every prompt.
            terminal.send_control('z');
            terminal.send("half of an answer");
            match way {
                // It leaves only an empty line.
                Leaving::Key('d') => {
                    terminal.send_control('u');
                    terminal.send_control('d');
                }
                Leaving::Key(key) => terminal.send_control(key),
                Leaving::Signal(signal) => terminal.signal(signal),
            }
            let status = terminal.wait();
            let context = format!("{way:?} at question {count}: {}", terminal.output());
            match way {
                Leaving::Key('c') => assert_eq!(status.signal(), Some(libc::SIGINT), "{context}"),
                Leaving::Key('\\') => assert_eq!(status.signal(), Some(libc::SIGQUIT), "{context}"),
                Leaving::Key(_) => assert_eq!(status.code(), Some(5), "{context}"),
                Leaving::Signal(signal) => assert_eq!(status.signal(), Some(signal as i32), "{context}"),
            }
            assert_same(&terminal.initial, &terminal.stty());
            let said = terminal.output().replace("\r\n", "\n");
            let progress = match count {
                0 => "nothing has been written; go on with: mfa-env setup\n".to_owned(),
                1..4 => "nothing has been written; go on with: mfa-env setup main\n".to_owned(),
                4 | 5 => "written: the access key of profile main, its region eu-west-1, its MFA device; \
                          go on with: mfa-env setup main\n"
                    .to_owned(),
                _ => "written: the access key of profile main, its region eu-west-1, its MFA device, profile admin; \
                      go on with: mfa-env setup main\n"
                    .to_owned(),
            };
            assert!(said.contains(&format!("mfa-env: {progress}")), "{context}");
            let [config, credentials] = machine.complete_files();
            let config_without_role = config.split_once("\n[profile admin]").expect("a role").0.to_owned();
            let expected = match count {
                0..4 => [String::new(), String::new()],
                4 | 5 => [config_without_role, credentials],
                _ => [config, credentials],
            };
            assert_eq!(machine.files(), expected, "{context}");
            machine.assert_secret_is_kept(&terminal);

            // It goes on from there.
            let mut terminal = machine.start(&["main"]);
            let rest = if count < 4 { &questions[1..4] } else { &[] };
            answer(&mut terminal, rest);
            answer(&mut terminal, &[(ROLE.to_owned(), ADMIN.to_owned())]);
            if count < 6 {
                answer(&mut terminal, &[(ROLE_NAME.to_owned(), String::new())]);
            }
            answer(&mut terminal, &[(ANOTHER.to_owned(), String::new())]);
            machine.enter_code(&mut terminal);
            ends(&terminal, 0);
            assert_eq!(machine.files(), machine.complete_files(), "{context}");
        }
    }
    // At the code, everything is written and said.
    let machine = machine(Devices::Virtual);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    answer(&mut terminal, &Machine::role_answers());
    terminal.expect("Signing in to admin, to show that it works.\r\n");
    terminal.expect("MFA code for alice");
    terminal.send_control('c');
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
    assert_eq!(machine.files(), machine.complete_files());
    assert_same(&terminal.initial, &terminal.stty());
    // Ctrl-C was ignored when the program was started.
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; \"$0\" setup other", &binary().display().to_string()]);
    command.env_clear().envs(&machine.home.variables);
    let mut terminal = start_with(command);
    terminal.expect(REGION);
    terminal.send_control('c');
    terminal.expect("mfa-env: nothing has been written; go on with: mfa-env setup other\r\n");
    terminal.wait();
    assert_same(&terminal.initial, &terminal.stty());
    // A killed program leaves no terminal without echo.
    let mut terminal = machine.start(&["other"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect(KEY_ID);
    assert!(terminal.stty().is_hidden());
    terminal.signal(Signal::SIGKILL);
    assert_eq!(terminal.wait().signal(), Some(libc::SIGKILL));
    terminal.wait_until("the settings are restored", |stty| stty.echo());
    // The window is closed.
    let mut terminal = machine.start(&["other"]);
    terminal.expect(REGION);
    terminal.close();
    terminal.wait();
    assert_eq!(machine.files(), machine.complete_files());
}

fn a_network_that_is_lost_leaves_what_is_written() {
    let lost = [
        (Action::GetCallerIdentity, "nothing has been written"),
        (Action::ListMFADevices, "written: the access key of profile main, its region eu-west-1;"),
        (
            Action::GetSessionToken,
            "written: the access key of profile main, its region eu-west-1, its MFA device, profile",
        ),
        (Action::AssumeRole, "written: the access key of profile main, its region eu-west-1, its MFA device, profile"),
    ];
    for (action, progress) in lost {
        let machine = machine(Devices::Virtual);
        machine.sts.always(action, Fault::CloseUnprocessed);
        let mut terminal = machine.start(&[]);
        machine.enter_key(&mut terminal);
        if matches!(action, Action::GetSessionToken | Action::AssumeRole) {
            answer(&mut terminal, &Machine::role_answers());
            // A code that may have been used is asked for again.
            let attempts = if action == Action::GetSessionToken { 3 } else { 1 };
            for _ in 0..attempts {
                machine.enter_code(&mut terminal);
            }
        }
        terminal.expect(&format!("mfa-env: {progress}"));
        ends(&terminal, 6);
        machine.sts.clear_faults();
        machine.sts.advance(120);
        let mut terminal = machine.start(&["main"]);
        if action == Action::GetCallerIdentity {
            answer(&mut terminal, &machine.key_answers()[1..]);
        }
        let has_role = machine.file("config").contains("[profile admin]");
        answer(&mut terminal, &[(ROLE.to_owned(), ADMIN.to_owned())]);
        if !has_role {
            answer(&mut terminal, &[(ROLE_NAME.to_owned(), String::new())]);
        }
        answer(&mut terminal, &[(ANOTHER.to_owned(), String::new())]);
        if action != Action::AssumeRole {
            terminal.expect("MFA code for alice");
            terminal.expect(": ");
            terminal.send_line(&machine.sts.current_code(ALICE));
        }
        ends(&terminal, 0);
        assert_eq!(machine.files(), machine.complete_files(), "{action:?}");
    }
    // Nobody is there, from the beginning.
    let mut machine = machine(Devices::Virtual);
    machine.home.set("AWS_ENDPOINT_URL", format!("http://{NO_LISTENER}"));
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect("mfa-env: nothing has been written; go on with: mfa-env setup main\r\n");
    ends(&terminal, 6);
    assert_eq!(machine.files(), [String::new(), String::new()]);
    // A call that takes long can be left.
    machine.home.set("AWS_ENDPOINT_URL", machine.sts.url());
    let gate = Gate::new();
    machine.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    assert!(machine.sts.wait_for_calls(1, TIMEOUT));
    terminal.send_control('c');
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT));
    gate.open();
    // It is said even then.
    let said = "mfa-env: nothing has been written; go on with: mfa-env setup main\r\n";
    assert!(terminal.output().ends_with(&format!("^C\r\n{said}")), "{}", terminal.output());
    assert_eq!(machine.files(), [String::new(), String::new()]);
}

/// The code of the sign-in, and the codes of a new device, are asked for by other parts of the program.
fn what_is_written_is_said_at_every_code() {
    let written = "written: the access key of profile main, its region eu-west-1";
    let ways = [
        (Leaving::Key('c'), Signal::SIGINT),
        (Leaving::Key('\\'), Signal::SIGQUIT),
        (Leaving::Signal(Signal::SIGTERM), Signal::SIGTERM),
    ];
    for (way, signal) in ways {
        for question in ["MFA code for alice", "First code of alice", "Next code"] {
            let is_new = question != "MFA code for alice";
            let machine = machine(if is_new { Devices::None } else { Devices::Virtual });
            let mut terminal = machine.start(&[]);
            machine.enter_key(&mut terminal);
            if is_new {
                answer(&mut terminal, &[("[Y/n]: ".to_owned(), String::new())]);
            } else {
                answer(&mut terminal, &[(ROLE.to_owned(), String::new())]);
            }
            if question == "Next code" {
                terminal.expect("First code of alice");
                terminal.expect(": ");
                terminal.send_line("123456");
            }
            terminal.expect(question);
            terminal.expect(": ");
            match way {
                Leaving::Key(key) => terminal.send_control(key),
                Leaving::Signal(signal) => terminal.signal(signal),
            }
            assert_eq!(terminal.wait().signal(), Some(signal as i32), "{question}");
            let removed = format!("mfa-env: removed MFA device {ALICE} again, which was not enabled\r\n");
            let (before, device) =
                if is_new { (removed.as_str(), "") } else { ("(AWS_ENDPOINT_URL): \r\n", ", its MFA device") };
            let said = format!("{before}mfa-env: {written}{device}; go on with: mfa-env setup main\r\n");
            assert!(terminal.output().ends_with(&said), "{way:?} at {question}: {}", terminal.output());
            assert_same(&terminal.initial, &terminal.stty());
            assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
        }
    }
}

/// What the user has done already need not be done again, and what others cannot read is said before it is written to.
fn says_what_is_there_already() {
    let mut machine = machine(Devices::Virtual);
    machine.home.set("PATH", path_with_program());
    machine.home.write(".aws/config", "[profile x]\nregion = us-east-1\nregion = us-east-1\n");
    machine.home.write(".bashrc", "eval \"$(mfa-env init bash --name awsp)\"\n");
    let mut shell = Terminal::shell(Shell::Bash, &machine.home.variables, machine.home.path());
    shell.type_line("mfa-env setup main");
    shell.expect("mfa-env: ~/.aws/config:3: region is set twice in its section (first ~/.aws/config:2); the AWS CLI");
    answer(&mut shell, &machine.key_answers()[1..]);
    answer(&mut shell, &[(ROLE.to_owned(), String::new())]);
    machine.enter_code(&mut shell);
    shell.expect("~/.bashrc defines the function awsp; in a new terminal, sign in with:\r\n    awsp main\r\n");
    assert!(!shell.output().contains("Add this line"), "{}", shell.output());
}

fn hostile_names_are_refused() {
    let machine = machine(Devices::Virtual);
    let mut terminal = machine.start(&[]);
    terminal.expect(NAME);
    for (typed, why) in [
        ("list", "as a command or a code"),
        ("setup", "as a command or a code"),
        ("123456", "as a command or a code"),
        ("-x", "as an option"),
        ("my profile", "with a blank in it"),
        ("$(touch pwn)", "with `$` in it"),
        ("ü", "with `\\u{fc}` in it"),
        ("a\u{202e}b", "with `\\u{202e}` in it"),
        ("[x]", "with `[` in it"),
    ] {
        refuses(&mut terminal, typed, why, NAME);
    }
    // After ten answers it is over.
    terminal.send_line("?");
    terminal.expect("the question was not answered");
    ends(&terminal, 5);
    let mut terminal = machine.start(&[]);
    terminal.expect(NAME);
    // An answer that is too long to be one is none, not the default.
    refuses(&mut terminal, &"x".repeat(300), "too long", NAME);
    // Whoever pastes the key here has shown it already, but it goes nowhere.
    terminal.send_line(&machine.user.access_key_id);
    terminal.expect("that is an access key, not a name\r\n");
    terminal.expect(NAME);
    terminal.send_line("work.eu/prod@1");
    terminal.expect(REGION);
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.files(), [String::new(), String::new()]);
    assert!(!machine.home.path().join("pwn").exists());
    for (name, why) in
        [("list", "as a command or a code"), ("a b", "with a blank"), ("", "no character"), ("-x", "option")]
    {
        let terminal = machine.start(&["-p", name, "--"]);
        let status = terminal.wait();
        assert_eq!(status.code(), Some(2), "{name}: {}", terminal.output());
        assert!(name == "-x" || terminal.output().contains(why), "{name}: {}", terminal.output());
    }
    assert_eq!(machine.sts.connections(), 0);
}

// fault 179
fn hostile_regions_are_refused() {
    let machine = machine(Devices::Virtual);
    let mut terminal = machine.start(&["main"]);
    terminal.expect(REGION);
    for (typed, why) in [
        ("Ireland", "use eu-west-1"),
        ("us-east-1a", "an availability zone"),
        ("eu west 1", "not a region name"),
        ("eu-west-1;id", "not a region name"),
        ("eu-centrl-1", "not a region that mfa-env knows, but eu-central-1 is"),
        ("xx-nowhere-7", "not a region that mfa-env knows; enter it again"),
        ("eu\u{202e}-west-1", "not a region name"),
    ] {
        refuses(&mut terminal, typed, why, REGION);
    }
    // One that is new.
    terminal.send_line("xx-nowhere-8");
    terminal.expect("enter it again to use it anyway");
    terminal.expect(REGION);
    terminal.send_line("xx-nowhere-8");
    terminal.expect(KEY_ID);
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.files(), [String::new(), String::new()]);
}

fn keys_are_found_in_what_is_pasted() {
    for form in [
        // Everything at once, with a line at the end, as a terminal pastes it.
        "[default]\raws_access_key_id = @id\raws_secret_access_key = @secret\r",
        "Access key ID,Secret access key\r@id,@secret\r",
        "@id,@secret\r",
        "@id\r@secret\r",
        "\x1b[200~@id\r@secret\x1b[201~\r",
        "  \"@id\"  \r  '@secret',\r",
        // In the wrong order, with blank lines, and from another shell's startup file.
        "@secret\r@id\r",
        "\r\r@id\r\r  \r@secret\r",
        "export AWS_ACCESS_KEY_ID=@id\rexport AWS_SECRET_ACCESS_KEY=@secret\r",
        "$env:AWS_ACCESS_KEY_ID = \"@id\"\r$env:AWS_SECRET_ACCESS_KEY = \"@secret\"\r",
        "@id\t@secret\r",
        "@id;@secret\r",
        "{\r\"AccessKey\": {\r\"AccessKeyId\": \"@id\",\r\"Status\": \"Active\",\r\"SecretAccessKey\": \"@secret\"\r",
    ] {
        let machine = machine(Devices::Virtual);
        let mut terminal = machine.start(&["main"]);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        terminal.expect(KEY_ID);
        let User { access_key_id, secret_access_key, .. } = &machine.user;
        terminal.send(form.replace("@id", access_key_id).replace("@secret", secret_access_key));
        terminal.expect("is written to [main] in ~/.aws/credentials");
        machine.finish(&mut terminal);
        assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user), "{form}");
        machine.assert_secret_is_kept(&terminal);
    }
}

/// Wherever it is pasted, and whatever happens then.
fn nothing_that_is_pasted_is_shown() {
    let machine = machine(Devices::Virtual);
    let secret = &machine.user.secret_access_key;
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect(KEY_ID);
    refuses(&mut terminal, secret, "now enter its ID", KEY_ID);
    refuses(&mut terminal, &secret[1..], "not an access key ID", KEY_ID);
    refuses(&mut terminal, &format!("/{secret}"), "", KEY_ID);
    // Parts of secrets with slashes in them, which might be paths.
    for part in ["/xI+4SdBP+/dYMP5DX6C/ErLgIElazU1eHUl7W8NX", "/xI4SdBP/dYMP5DX6C/ErLgIElazU"] {
        refuses(&mut terminal, part, "neither an access key ID nor the path of a file", KEY_ID);
        assert!(!terminal.output().contains(part), "{}", terminal.output());
    }
    terminal.send(format!("{secret}\r{secret}\r{secret}\r"));
    terminal.expect("now enter its ID");
    terminal.send_control('c');
    terminal.wait();
    machine.assert_secret_is_kept(&terminal);
    // More than was asked for is discarded, and no shell gets it.
    let mut shell = Terminal::shell(Shell::Bash, &machine.home.variables, machine.home.path());
    shell.type_line(&format!("{} setup main", binary().display()));
    answer(&mut shell, &machine.key_answers()[1..2]);
    shell.expect(KEY_ID);
    shell.send(format!("{}\r{secret}\r{secret}\r{secret}\r", machine.user.access_key_id));
    shell.expect(ROLE);
    shell.send_control('c');
    shell.expect_prompt();
    let said = shell.run_line("echo alive");
    assert!(said.contains("alive\n") && !said.contains("not found"), "{said}");
    machine.assert_secret_is_kept(&shell);
}

/// At every question that is not about the key.
fn a_secret_is_written_only_as_a_key() {
    let machine = machine(Devices::None);
    machine.sts.restrict(&machine.user, Policy::denying(&["ListMFADevices"]));
    let secret = &machine.user.secret_access_key;
    let secrets = [secret.clone(), format!("{},{secret}", machine.user.access_key_id)];
    let mut terminal = machine.start(&["main"]);
    terminal.expect(REGION);
    for secret in &secrets {
        refuses(&mut terminal, secret, "not a region name", REGION);
    }
    terminal.send_line("eu-west-1");
    answer(&mut terminal, &machine.key_answers()[2..]);
    let question = "ARN or serial number of your MFA device (Enter if you have none): ";
    terminal.expect(question);
    for secret in &secrets {
        refuses(&mut terminal, secret, ", not an MFA device", question);
    }
    terminal.send_line(ALICE);
    terminal.expect(ROLE);
    for secret in &secrets {
        refuses(&mut terminal, secret, "a role with such a name is entered as its ARN", ROLE);
    }
    terminal.send_line(ADMIN);
    terminal.expect(ROLE_NAME);
    for secret in &secrets {
        refuses(&mut terminal, secret, ", not a name", ROLE_NAME);
    }
    terminal.send_control('c');
    terminal.wait();
    assert!(!machine.file("config").contains(secret.as_str()), "{}", machine.file("config"));
}

fn takes_the_file_of_the_console() {
    let machine = machine(Devices::Virtual);
    let User { access_key_id, secret_access_key, .. } = machine.user.clone();
    let csv = format!("\u{feff}Access key ID,Secret access key\r\n{access_key_id},{secret_access_key}\r\n");
    let path = machine.home.write("My Downloads/alice_accessKeys.csv", &csv);
    let shown = path.display().to_string();
    for typed in [
        shown.clone(),
        "~/My Downloads/alice_accessKeys.csv".to_owned(),
        "My Downloads/alice_accessKeys.csv".to_owned(),
        format!("'{shown}'"),
        shown.replace(' ', "\\ "),
        format!("file://{}", shown.replace(' ', "%20")),
    ] {
        let mut terminal = machine.start(&["main"]);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        answer(&mut terminal, &[(KEY_ID.to_owned(), typed.clone())]);
        terminal.expect(&format!("mfa-env: access key {access_key_id} of alice (123456789012) is written"));
        terminal.expect("mfa-env: ~/My Downloads/alice_accessKeys.csv has the secret, too; delete it\r\n");
        terminal.expect(ROLE);
        terminal.send_control('c');
        terminal.wait();
        assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user), "{typed}");
        machine.assert_secret_is_kept(&terminal);
        assert_eq!(fs::read_to_string(&path).ok().as_ref(), Some(&csv), "it is deleted only by its owner");
        fs::remove_dir_all(machine.home.path().join(".aws")).expect("the files");
    }
    // Other files of the console, and what spreadsheets make of them.
    for text in [
        "User name,Access key ID,Secret access key\nalice,@id,@secret",
        "User name,Password,Access key ID,Secret access key,Console login link\r\n\
         alice,,@id,@secret,https://123456789012.signin.aws.amazon.com/console\r\n",
        "\"Access key ID\";\"Secret access key\"\r\n\"@id\";\"@secret\"\r\n\r\n",
        "Access key ID\tSecret access key\n@id\t@secret\n;;\n",
        "[alice]\naws_access_key_id = @id\naws_secret_access_key = @secret\n",
    ] {
        let text = text.replace("@id", &access_key_id).replace("@secret", &secret_access_key);
        machine.home.write("My Downloads/other.csv", text.clone());
        let mut terminal = machine.start(&["main"]);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        answer(&mut terminal, &[(KEY_ID.to_owned(), "My Downloads/other.csv".to_owned())]);
        terminal.expect("has the secret, too; delete it\r\n");
        terminal.send_control('c');
        terminal.wait();
        assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user), "{text}");
        machine.assert_secret_is_kept(&terminal);
        fs::remove_dir_all(machine.home.path().join(".aws")).expect("the files");
    }
    // As an option, nothing about the key is asked.
    let mut terminal = machine.start(&["main", "--csv", &shown]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect("has the secret, too; delete it\r\n");
    machine.finish(&mut terminal);
    assert!(!terminal.output().contains(KEY_ID), "{}", terminal.output());
    assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user));
}

fn refuses_files_without_one_key() {
    let machine = machine(Devices::Virtual);
    let two = "AKIAAAAAAAAAAAAAAAAA,x\nAKIABBBBBBBBBBBBBBBB,y\n";
    machine.home.write("empty.csv", "");
    machine.home.write("two.csv", two);
    machine.home.write("half.csv", "Access key ID\nAKIAAAAAAAAAAAAAAAAA\n");
    machine.home.write("bytes.csv", [0xff, 0xfe, 0x41, 0, 0x4b, 0]);
    fs::create_dir(machine.home.path().join("folder.csv")).expect("a folder");
    nix::unistd::mkfifo(&machine.home.path().join("fifo.csv"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    symlink("loop.csv", machine.home.path().join("loop.csv")).expect("a link");
    let cases = [
        ("empty.csv", "has no access key ID", 3),
        ("two.csv", "has several access keys", 3),
        ("half.csv", "but not its secret", 3),
        ("bytes.csv", "has no access key ID", 3),
        ("missing.csv", "it does not exist", 7),
        ("folder.csv", "is a directory", 7),
        ("fifo.csv", "is a FIFO", 7),
        ("loop.csv", "cannot be read", 7),
    ];
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect(KEY_ID);
    for (name, why, _) in cases {
        refuses(&mut terminal, name, why, KEY_ID);
    }
    terminal.send_control('c');
    terminal.wait();
    for (name, why, status) in cases {
        let mut terminal = machine.start(&["main", "--csv", name]);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        terminal.expect(why);
        ends(&terminal, status);
    }
    assert_eq!(machine.files(), [String::new(), String::new()]);
    assert_eq!(machine.sts.connections(), 0);
}

// faults 108, 110
fn keys_that_aws_refuses_are_not_written() {
    let machine = machine(Devices::Virtual);
    let (id, secret) = (&machine.user.access_key_id, &machine.user.secret_access_key);
    let unknown = "AKIAIOSFODNN7EXAMPLE";
    let wrong = secret.chars().rev().collect::<String>();
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect(KEY_ID);
    terminal.send_line(&format!("{unknown} {secret}"));
    terminal.expect(&format!("mfa-env: AWS does not recognize {unknown}: it was deleted or deactivated"));
    // Another key is entered, whose ID is right.
    terminal.expect(&format!("Access key ID, or Enter to try {unknown} again: "));
    terminal.send_line(&format!("{id},{wrong}"));
    terminal.expect(&format!("mfa-env: AWS knows {id}, but that is not its secret\r\n"));
    // Only the secret is asked for.
    terminal.expect(&machine.secret_prompt());
    terminal.send_line(secret);
    terminal.expect("is written to [main]");
    machine.finish(&mut terminal);
    assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user));
    assert!(!terminal.output().contains(&wrong));
    // Three times, and then it is over.
    fs::remove_dir_all(machine.home.path().join(".aws")).expect("the files");
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..3]);
    for _ in 0..3 {
        answer(&mut terminal, &[(machine.secret_prompt(), wrong.clone())]);
    }
    terminal.expect("mfa-env: nothing has been written; go on with: mfa-env setup main\r\n");
    terminal.expect("does not match");
    ends(&terminal, 4);
    assert_eq!(machine.files(), [String::new(), String::new()]);
    // A region of another partition.
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &[(REGION.to_owned(), "cn-north-1".to_owned())]);
    answer(&mut terminal, &machine.key_answers()[2..]);
    terminal.expect("belongs to another partition than this region");
    terminal.expect(" again: ");
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.files(), [String::new(), String::new()]);
}

fn a_key_that_is_not_distributed_yet_is_tried_again() {
    let machine = machine(Devices::Virtual);
    machine.sts.delay_new_keys(1);
    let new = machine.sts.add_access_key(&machine.user);
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    answer(&mut terminal, &[(KEY_ID.to_owned(), format!("{} {}", new.access_key_id, new.secret_access_key))]);
    terminal.expect("or was created a few seconds ago");
    answer(&mut terminal, &[(format!("Access key ID, or Enter to try {} again: ", new.access_key_id), String::new())]);
    terminal.expect("is written to [main]");
    machine.finish(&mut terminal);
    assert_eq!(machine.file("credentials"), credentials_section("main", &new));
}

fn root_and_temporary_keys_are_refused() {
    let machine = machine(Devices::Virtual);
    let root = machine.sts.add_root();
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    answer(&mut terminal, &[(KEY_ID.to_owned(), format!("{} {}", root.access_key_id, root.secret_access_key))]);
    terminal.expect("mfa-env: nothing has been written");
    terminal.expect("that of the account's root user");
    ends(&terminal, 4);
    assert!(!terminal.output().contains(&root.secret_access_key));
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..2]);
    terminal.expect(KEY_ID);
    refuses(&mut terminal, "ASIAIOSFODNN7EXAMPLE", "is that of a session, which expires", KEY_ID);
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.files(), [String::new(), String::new()]);
}

fn a_key_that_is_there_already_is_named() {
    let machine = machine(Devices::Virtual);
    let credentials = credentials_section("work", &machine.user);
    machine.home.write(".aws/credentials", &credentials);
    // The only profile with keys is proposed.
    let mut terminal = machine.start(&[]);
    terminal.expect("Name of the profile for your access key [work]: ");
    terminal.send_line("main");
    answer(&mut terminal, &machine.key_answers()[1..]);
    terminal.expect("Profile work has this key already (~/.aws/credentials:2). Go on with work? [Y/n]: ");
    terminal.send_line("");
    terminal.expect(&format!("mfa-env: profile work has access key {} of alice", machine.user.access_key_id));
    terminal.expect(&format!("mfa-env: MFA device {ALICE} is written to profile work in ~/.aws/config\r\n"));
    machine.finish(&mut terminal);
    let config = format!("[profile work]\nregion = eu-west-1\nmfa_serial = {ALICE}\n");
    assert_eq!(machine.files(), [config, credentials.clone()]);
    // Or under both names.
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..]);
    terminal.expect("[Y/n]: ");
    refuses(&mut terminal, "maybe", "enter y or n", "[Y/n]: ");
    terminal.send_line("n");
    terminal.expect("is written to [main]");
    terminal.expect(ROLE);
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.file("credentials"), format!("{credentials}\n{}", credentials_section("main", &machine.user)));
}

/// Types two codes in a row.
fn type_codes(machine: &Machine, terminal: &mut Terminal, serial: &str) {
    terminal.expect("First code of ");
    terminal.expect(": ");
    let [first, second] = machine.sts.consecutive_codes(serial);
    terminal.send_line(&first);
    terminal.expect("Next code");
    terminal.expect(": ");
    terminal.send_line(&second);
}

// fault 130
fn registers_a_device_in_between() {
    let machine = machine(Devices::None);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect("alice has no MFA device.\r\nRegister an authenticator app now? [Y/n]: ");
    terminal.send_line("");
    type_codes(&machine, &mut terminal, ALICE);
    terminal.expect(&format!("mfa-env: MFA device {ALICE} is written to profile main in ~/.aws/config\r\n"));
    answer(&mut terminal, &Machine::role_answers());
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    machine.sts.advance(60);
    terminal.send_line(&machine.sts.current_code(ALICE));
    ends(&terminal, 0);
    assert_eq!(machine.files(), machine.complete_files());
    assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
    machine.assert_secret_is_kept(&terminal);
    let seed = machine.sts.seed(ALICE);
    assert!(machine.home.files().values().all(|content| !String::from_utf8_lossy(content).contains(&seed)));
    // One of that name is left over, or somebody else's.
    let machine = self::machine(Devices::None);
    machine.sts.add_device(ALICE, None);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    answer(&mut terminal, &[("Register an authenticator app now? [Y/n]: ".to_owned(), "y".to_owned())]);
    terminal.expect(&format!("mfa-env: MFA device {ALICE} exists already; if it is left over"));
    terminal.expect(&format!("    aws iam delete-virtual-mfa-device --serial-number '{ALICE}' --profile main\r\n"));
    terminal.expect("Name of the new device [alice-2]: ");
    refuses(&mut terminal, "123456", "that is a code", "[alice-2]: ");
    refuses(&mut terminal, "ä", "cannot be the name of an MFA device", "[alice-2]: ");
    terminal.send_line("");
    type_codes(&machine, &mut terminal, "arn:aws:iam::123456789012:mfa/alice-2");
    terminal.expect("MFA device arn:aws:iam::123456789012:mfa/alice-2 is written");
    terminal.expect(ROLE);
    terminal.send_control('c');
    terminal.wait();
    // Only security keys.
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key".to_owned();
    let machine = self::machine(Devices::Serials(vec![key]));
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect("alice has only security keys or passkeys, which generate no codes");
    answer(&mut terminal, &[("[Y/n]: ".to_owned(), "no".to_owned()), (ROLE.to_owned(), String::new())]);
    terminal.expect("or register an authenticator app as well: mfa-env enroll main\r\n");
    ends(&terminal, 3);
}

/// What is missing is said, and nothing that would fail.
fn without_a_device_it_has_not_succeeded() {
    let written = "mfa-env: written: the access key of profile main, its region eu-west-1";
    let machine = machine(Devices::None);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    answer(&mut terminal, &[("[Y/n]: ".to_owned(), "n".to_owned()), (ROLE.to_owned(), String::new())]);
    terminal.expect(&format!("{written}; go on with: mfa-env setup main\r\n"));
    terminal.expect(
        "the user of profile main has no MFA device, and a session without MFA cannot call IAM\r\n  \
         register an authenticator app with: mfa-env enroll main\r\n",
    );
    ends(&terminal, 3);
    assert!(!terminal.output().contains("sign in with: "), "{}", terminal.output());
    // A role that requires MFA.
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &[("[Y/n]: ".to_owned(), "n".to_owned())]);
    answer(&mut terminal, &Machine::role_answers());
    terminal.expect("go on with: mfa-env setup main\r\n");
    terminal.expect(
        "role `admin` cannot be assumed without MFA\r\n  \
         the user of profile main has no MFA device, so no code was sent\r\n  \
         register an authenticator app with: mfa-env enroll main\r\n",
    );
    ends(&terminal, 4);
    assert!(!terminal.output().contains("find the ARN"), "{}", terminal.output());
    // One that does not.
    machine.sts.add_role("open", RoleSpec { requires_mfa: false, ..RoleSpec::default() });
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &[("[Y/n]: ".to_owned(), "n".to_owned()), (ROLE.to_owned(), "open".to_owned())]);
    answer(&mut terminal, &[("[open]: ".to_owned(), String::new()), (ANOTHER.to_owned(), String::new())]);
    terminal.expect("open · open@123456789012");
    ends(&terminal, 0);
}

fn files_that_cannot_be_changed_are_found_before_the_key() {
    let machine = machine(Devices::Virtual);
    for (name, other) in [("config", "AWS_CONFIG_FILE"), ("credentials", "AWS_SHARED_CREDENTIALS_FILE")] {
        machine.home.write(&format!(".aws/{name}"), b"[profile \xff]\nregion = eu-west-1\n".as_slice());
        let mut terminal = machine.start(&["main"]);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        terminal.expect("nothing has been written; go on with: mfa-env setup main\r\n");
        terminal.expect(&format!("~/.aws/{name} is not valid UTF-8"));
        terminal.expect(&format!("correct that, or name another file with {other}\r\n"));
        ends(&terminal, 7);
        assert!(!terminal.output().contains(KEY_ID), "{}", terminal.output());
        fs::remove_file(machine.aws(name)).expect("the file");
    }
    // What access(2) says of an immutable file, which not every file system can have.
    #[cfg(target_os = "linux")]
    {
        machine.home.write(".aws/credentials", "");
        let mut command = Program::new(&machine.home, ["setup", "main"]).command();
        seccomp::fail(&mut command, &[libc::SYS_faccessat, libc::SYS_faccessat2], nix::errno::Errno::EPERM);
        let mut terminal = start_with(command);
        answer(&mut terminal, &machine.key_answers()[1..2]);
        terminal.expect("~/.aws/credentials is immutable, so not even its owner can change it");
        ends(&terminal, 7);
        assert!(!terminal.output().contains(KEY_ID), "{}", terminal.output());
    }
    let mut machine = machine;
    machine.home.set("AWS_REGION", "$(id)");
    let terminal = machine.start(&["main"]);
    assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.output());
    assert!(terminal.output().contains("AWS_REGION"), "{}", terminal.output());
    assert!(!terminal.output().contains(KEY_ID), "{}", terminal.output());
}

// fault 131
fn a_registration_that_is_left_keeps_the_profile() {
    for (leave, status) in [('c', None), ('d', Some(5))] {
        let machine = machine(Devices::None);
        let mut terminal = machine.start(&[]);
        machine.enter_key(&mut terminal);
        answer(&mut terminal, &[("[Y/n]: ".to_owned(), String::new())]);
        terminal.expect("First code of ");
        terminal.expect(": ");
        terminal.send_control(leave);
        terminal.expect(&format!("mfa-env: removed MFA device {ALICE} again, which was not enabled\r\n"));
        assert_eq!(terminal.wait().code(), status);
        assert_same(&terminal.initial, &terminal.stty());
        assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
        assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user));
        // It goes on with the device.
        let mut terminal = machine.start(&["main"]);
        terminal.expect("alice has no MFA device.");
        terminal.send_control('c');
        terminal.wait();
    }
    // The network is lost before the device is enabled.
    let machine = machine(Devices::None);
    machine.sts.always(Action::CreateVirtualMFADevice, Fault::CloseUnprocessed);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    answer(&mut terminal, &[("[Y/n]: ".to_owned(), String::new())]);
    terminal
        .expect("written: the access key of profile main, its region eu-west-1; go on with: mfa-env setup main\r\n");
    ends(&terminal, 6);
}

fn asks_which_device_is_meant() {
    let token = "GAHT12345678".to_owned();
    let machine = machine(Devices::Serials(vec![ALICE.to_owned(), token.clone()]));
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect(&format!("alice has 2 MFA devices:\r\n  1  {ALICE}\r\n  2  {token}\r\n"));
    let question = "Number of the one you have at hand (1-2): ";
    terminal.expect(question);
    for typed in ["0", "3", "", "x", "-1", "1.0"] {
        refuses(&mut terminal, typed, "enter a number from 1 to 2", question);
    }
    terminal.send_line("2");
    terminal.expect(&format!("mfa-env: MFA device {token} is written to profile main"));
    terminal.expect(ROLE);
    terminal.send_control('c');
    terminal.wait();
}

fn a_device_that_aws_does_not_list_is_typed() {
    let machine = machine(Devices::Virtual);
    machine.sts.restrict(&machine.user, Policy::denying(&["ListMFADevices"]));
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect("AWS does not let alice list MFA devices.");
    let question = "ARN or serial number of your MFA device (Enter if you have none): ";
    terminal.expect(question);
    refuses(&mut terminal, "alice", "not an ARN", question);
    refuses(&mut terminal, "arn:aws:iam::123456789012:user/alice", "not the user's MFA device", question);
    refuses(&mut terminal, "arn:aws:iam::123456789012:u2f/user/alice/k", "does not generate codes", question);
    terminal.send_line(ALICE);
    terminal.expect(&format!("mfa-env: MFA device {ALICE} is written"));
    machine.finish(&mut terminal);
}

fn roles_become_profiles() {
    let machine = machine(Devices::Virtual);
    let audit = machine.sts.add_role("audit", RoleSpec { path: "/team/".into(), ..RoleSpec::default() });
    let config = "[profile audit]\nregion = us-west-2\n\n[profile admin-123456789012]\n";
    machine.home.write(".aws/config", config);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect(ROLE);
    refuses(&mut terminal, "arn:aws:iam::123456789012:user/alice", "not a role", ROLE);
    refuses(&mut terminal, "arn:aws-cn:iam::123456789012:role/admin", "in another partition than the access key", ROLE);
    refuses(&mut terminal, "arn:aws:iam::123456789012:role/*", "no role has", ROLE);
    terminal.send_line("https://signin.aws.amazon.com/switchrole?roleName=admin&account=123456789012");
    terminal.expect(ROLE_NAME);
    refuses(&mut terminal, "main", "there is a profile main (~/.aws/config:", ROLE_NAME);
    refuses(&mut terminal, "list", "as a command or a code", ROLE_NAME);
    terminal.send_line("");
    terminal.expect(ANOTHER);
    terminal.send_line(&audit);
    // The name is taken, so the one with the account is proposed.
    terminal.expect("Name of its profile [audit-123456789012]: ");
    terminal.send_line("");
    terminal.expect(ANOTHER);
    terminal.send_line("");
    terminal.expect("Signing in to admin, to show that it works.");
    machine.enter_code(&mut terminal);
    ends(&terminal, 0);
    let role = |name: &str, arn: &str| {
        format!("\n[profile {name}]\nrole_arn = {arn}\nsource_profile = main\nregion = eu-west-1\n")
    };
    let main = format!("\n[profile main]\nregion = eu-west-1\nmfa_serial = {ALICE}\n");
    let expected = format!("{config}{main}{}{}", role("admin", ADMIN), role("audit-123456789012", &audit));
    assert_eq!(machine.file("config"), expected);
    Program::new(&machine.home, ["audit-123456789012", "-s", "sh"]).signs_in().run();
    // A role leads to the profile with its keys.
    let mut terminal = machine.start(&["audit-123456789012"]);
    terminal.expect("mfa-env: audit-123456789012 is a role; its keys are those of profile main\r\n");
    terminal.expect(ROLE);
    terminal.send_control('c');
    terminal.wait();
}

fn a_role_that_aws_refuses_stays_in_the_file() {
    let machine = machine(Devices::Virtual);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    let typo = [(ROLE, "amdin"), ("Name of its profile [amdin]: ", "ops"), (ANOTHER, "")];
    answer(&mut terminal, &typo.map(|(prompt, answer)| (prompt.to_owned(), answer.to_owned())));
    machine.enter_code(&mut terminal);
    terminal.expect("its MFA device, profile ops; go on with: mfa-env setup main\r\n");
    terminal.expect("AWS does not allow profile main to assume role `amdin`");
    ends(&terminal, 4);
    assert!(machine.file("config").contains("[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/amdin\n"));
}

// fault 80
/// What setup adds to files of all sorts is a few lines, and nothing else changes.
fn every_other_byte_stays() {
    let others =
        "[default]\nregion=eu-north-1 # mine\n\n  [profile indented]\n[profile 'my prof']\nx = 1\n= y\n[broken\n";
    let keys = "# keys\n[other]\naws_access_key_id=AKIAX\naws_secret_access_key=y\n[junk\n";
    let main = format!("[profile main]\nregion = eu-west-1\nmfa_serial = {ALICE}\n");
    for (config, credentials) in [
        (String::new(), String::new()),
        (others.to_owned(), keys.to_owned()),
        (others.replace('\n', "\r\n"), keys.replace('\n', "\r\n")),
        (format!("\u{feff}{others}"), format!("\u{feff}{keys}")),
        (others.trim_end().to_owned(), keys.trim_end().to_owned()),
        (format!("{others}\n\n\n"), format!("{keys}\n# the end\n\n\n")),
    ] {
        let machine = machine(Devices::Virtual);
        machine.home.write(".aws/config", &config);
        machine.home.write(".aws/credentials", &credentials);
        let mut terminal = machine.start(&["main"]);
        terminal.expect("Region of your resources [");
        terminal.expect(": ");
        terminal.send_line("eu-west-1");
        answer(&mut terminal, &machine.key_answers()[2..]);
        machine.finish(&mut terminal);
        for (name, before, added) in [
            ("config", &config, main.clone()),
            ("credentials", &credentials, credentials_section("main", &machine.user)),
        ] {
            let after = machine.file(name);
            let ending = if before.contains("\r\n") { "\r\n" } else { "\n" };
            let rest = after.strip_prefix(before.as_str()).unwrap_or_else(|| panic!("{name}: {after:?}"));
            let rest = rest.trim_start_matches(['\r', '\n']);
            assert_eq!(rest, added.replace('\n', ending), "{name}");
        }
    }
    // Sections that exist already get the lines.
    let machine = machine(Devices::Virtual);
    machine.home.write(".aws/config", "[profile main]\noutput = json\n\n# next\n[profile x]\n");
    machine.home.write(".aws/credentials", "[main]\n# nothing yet\n\n[x]\n");
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    machine.finish(&mut terminal);
    let section = credentials_section("main", &machine.user);
    let lines = section.strip_prefix("[main]\n").expect("a header");
    assert_eq!(machine.file("credentials"), format!("[main]\n{lines}# nothing yet\n\n[x]\n"));
    let config =
        format!("[profile main]\noutput = json\nregion = eu-west-1\nmfa_serial = {ALICE}\n\n# next\n[profile x]\n");
    assert_eq!(machine.file("config"), config);
}

/// Puts a file where setup would write.
type Prepare<'a> = &'a dyn Fn(&Machine);

// faults 76, 78, 87
fn what_must_not_be_changed_is_not_changed() {
    let keys = "[other]\naws_access_key_id=AKIAX\naws_secret_access_key=y\n";
    let replace = |m: &Machine, link: &str| {
        fs::remove_file(m.aws("credentials")).expect("the file");
        symlink(link, m.aws("credentials")).expect("a link");
    };
    let close = |m: &Machine| fs::set_permissions(m.aws("credentials"), Permissions::from_mode(0o400)).expect("chmod");
    let folder = |m: &Machine| {
        fs::remove_file(m.aws("credentials")).expect("the file");
        fs::create_dir(m.aws("credentials")).expect("a folder");
    };
    // With the number of questions before it is found.
    let cases: [(&str, Prepare<'_>, usize); 6] = [
        ("is a directory", &folder, 0),
        ("is a dangling link", &|m| replace(m, "nowhere"), 0),
        ("cannot be read", &|m| replace(m, "credentials"), 0),
        ("is read-only", &close, 1),
        ("(a hard link)", &|m| fs::hard_link(m.aws("credentials"), m.aws("copy")).expect("a link"), 1),
        ("not valid UTF-8", &|m| fs::write(m.aws("credentials"), b"[a]\n# \xff\n").expect("a file"), 1),
    ];
    for (says, prepare, questions) in cases {
        let machine = machine(Devices::Virtual);
        machine.home.write(".aws/credentials", keys);
        prepare(&machine);
        let before = machine.home.files();
        let mut terminal = machine.start(&["main"]);
        answer(&mut terminal, &machine.key_answers()[1..=questions]);
        let status = terminal.wait();
        let output = terminal.output();
        assert_eq!(status.code(), Some(7), "{says}: {output}");
        assert!(output.contains(says) && output.contains("nothing has been written"), "{says}: {output}");
        assert!(!output.contains(KEY_ID), "{output}");
        assert_eq!(machine.home.files(), before, "{says}");
    }
    // `~/.aws` is a file.
    let machine = machine(Devices::Virtual);
    machine.home.write(".aws", "not a folder");
    let terminal = machine.start(&["main"]);
    assert_eq!(terminal.wait().code(), Some(7), "{}", terminal.output());
    assert_eq!(fs::read_to_string(machine.home.path().join(".aws")).ok().as_deref(), Some("not a folder"));
}

// faults 75, 78, 86, 87
fn new_files_are_private() {
    for mask in [0o000, 0o022, 0o777] {
        let machine = machine(Devices::Virtual);
        let mut command = Program::new(&machine.home, ["setup"]).command();
        umask::set(&mut command, mask);
        let mut terminal = start_with(command);
        machine.enter_key(&mut terminal);
        machine.finish(&mut terminal);
        let mode = |path: PathBuf| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
        let modes =
            [mode(machine.home.path().join(".aws")), mode(machine.aws("credentials")), mode(machine.aws("config"))];
        assert_eq!(modes, [0o700, 0o600, 0o600], "umask {mask:o}");
    }
    // What others could read is closed, and a link is followed.
    let machine = machine(Devices::Virtual);
    machine.home.write("dotfiles/credentials", "# mine\n");
    fs::set_permissions(machine.home.path().join("dotfiles/credentials"), Permissions::from_mode(0o644))
        .expect("chmod");
    fs::create_dir(machine.home.path().join(".aws")).expect("a folder");
    symlink("../dotfiles/credentials", machine.aws("credentials")).expect("a link");
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    terminal.expect("~/.aws/credentials was accessible to others; now only you can read it");
    machine.finish(&mut terminal);
    assert!(machine.aws("credentials").is_symlink());
    assert_eq!(fs::metadata(machine.aws("credentials")).expect("it exists").permissions().mode() & 0o777, 0o600);
    assert_eq!(machine.file("credentials"), format!("# mine\n\n{}", credentials_section("main", &machine.user)));
}

// fault 84
fn another_process_may_take_the_name() {
    let machine = machine(Devices::Virtual);
    let gate = Gate::new();
    machine.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut terminal = machine.start(&["main"]);
    answer(&mut terminal, &machine.key_answers()[1..]);
    assert!(machine.sts.wait_for_calls(1, TIMEOUT));
    let theirs = "[main]\naws_access_key_id = AKIATHEIRS\naws_secret_access_key = theirs\n";
    machine.home.write(".aws/credentials", theirs);
    gate.open();
    terminal.expect("profile main has its own settings by now (~/.aws/credentials:2), which are not replaced");
    ends(&terminal, 3);
    assert_eq!(machine.files(), [String::new(), theirs.to_owned()]);
}

fn says_what_variables_mean() {
    let mut machine = machine(Devices::Virtual);
    let elsewhere = machine.home.path().join("elsewhere");
    machine.home.set("AWS_CONFIG_FILE", elsewhere.join("config"));
    machine.home.set("AWS_SHARED_CREDENTIALS_FILE", elsewhere.join("credentials"));
    machine.home.set("AWS_PROFILE", "work").set("AWS_REGION", "eu-north-1");
    machine.home.set("AWS_ACCESS_KEY_ID", "AKIAOTHER").set("AWS_SECRET_ACCESS_KEY", "other");
    let mut terminal = machine.start(&[]);
    let shown = terminal.expect("Name of the profile for your access key [work]: ");
    for line in [
        "mfa-env: AWS_CONFIG_FILE is set, so this writes to ~/elsewhere/config\r\n",
        "mfa-env: AWS_SHARED_CREDENTIALS_FILE is set, so this writes to ~/elsewhere/credentials\r\n",
        "mfa-env: AWS_ACCESS_KEY_ID is set in this shell; until you sign in or unset it, other programs use that key",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    terminal.send_line("");
    terminal.expect("Region of your resources [eu-north-1]: ");
    terminal.send_line("");
    answer(&mut terminal, &machine.key_answers()[2..]);
    machine.finish(&mut terminal);
    assert!(!machine.home.path().join(".aws").exists());
    let credentials = fs::read_to_string(elsewhere.join("credentials")).expect("a file");
    assert_eq!(credentials, credentials_section("work", &machine.user));
    let config = fs::read_to_string(elsewhere.join("config")).expect("a file");
    assert_eq!(config, format!("[profile work]\nregion = eu-north-1\nmfa_serial = {ALICE}\n"));
    // The keys of our own session are no obstacle.
    let session = Program::new(&machine.home, ["work", "--format", "json"]).signs_in().run();
    session.apply_to(&mut machine.home);
    let mut terminal = machine.start(&["work"]);
    let shown = terminal.expect(ROLE);
    assert!(!shown.contains("is set in this shell"), "{shown}");
    terminal.send_line("");
    ends(&terminal, 0);
}

/// A region, an endpoint and a device that the environment gives.
fn names_an_endpoint_that_is_not_aws() {
    let machine = machine(Devices::Virtual);
    let host = machine.sts.url().replace("http://", "");
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    let line = format!("mfa-env: calls do not go to AWS, but to {host} (AWS_ENDPOINT_URL)\r\n");
    terminal.expect(&line);
    machine.finish(&mut terminal);
    assert_eq!(terminal.output().matches(&line).count(), 1);
}

fn finds_its_way_among_2000_profiles() {
    let machine = machine(Devices::Virtual);
    let role = |number: usize| format!("[profile r{number}]\nrole_arn = {ADMIN}{number}\nsource_profile = main\n");
    machine.home.write(".aws/config", (0..2000).map(role).collect::<String>());
    machine.home.write(".aws/credentials", credentials_section("main", &machine.user));
    let mut terminal = machine.start(&[]);
    answer(&mut terminal, &[(NAME.to_owned(), String::new()), (REGION.to_owned(), String::new())]);
    machine.finish(&mut terminal);
    assert!(machine.file("config").ends_with(&format!("\n[profile main]\nregion = us-east-1\nmfa_serial = {ALICE}\n")));
}

fn without_a_cache_it_works() {
    let mut machine = machine(Devices::Virtual);
    let file = machine.home.write("not-a-folder", "");
    machine.home.set("MFA_ENV_CACHE_DIR", &file);
    let mut terminal = machine.start(&[]);
    machine.enter_key(&mut terminal);
    machine.finish(&mut terminal);
    assert!(terminal.output().contains("sessions are not cached"), "{}", terminal.output());
    assert_eq!(machine.file("credentials"), credentials_section("main", &machine.user));
}

fn fits_a_narrow_terminal() {
    for size in [(20, 5), (1, 1), (0, 0)] {
        let machine = machine(Devices::Virtual);
        let command = Program::new(&machine.home, ["setup"]).command();
        let mut terminal = Terminal::spawn_with(command, Streams { size: Some(size), ..Streams::default() });
        machine.enter_key(&mut terminal);
        answer(&mut terminal, &Machine::role_answers());
        machine.enter_code(&mut terminal);
        ends(&terminal, 0);
        assert_eq!(machine.files(), machine.complete_files(), "{size:?}");
    }
}

// fault 27
fn needs_a_terminal() {
    let machine = machine(Devices::Virtual);
    let says = "setup asks questions, and nobody can answer them here";
    for (arguments, advice) in [
        (&["setup"][..], "run it in a terminal: mfa-env setup\n"),
        (&["setup", "work"], "run it in a terminal: mfa-env setup work\n"),
        (&["setup", "my work", "--no-input"], "mfa-env setup 'my work'\n"),
    ] {
        let ran = Program::new(&machine.home, arguments.iter().copied()).fails(5).stdout("").says(says).run();
        assert!(ran.stderr.contains(advice), "{}", ran.stderr);
    }
    let terminal = machine.start(&["--no-input"]);
    ends(&terminal, 5);
    // The output would be evaluated.
    let command = Program::new(&machine.home, ["setup"]).command();
    let streams = Streams { stdout: Some(Stdio::piped()), ..Streams::default() };
    let terminal = Terminal::spawn_with(command, streams);
    ends(&terminal, 2);
    assert!(terminal.output().contains("without eval or a pipe: mfa-env setup"), "{}", terminal.output());
    assert_eq!(machine.sts.connections(), 0);
}

/// They are refused, with the reason, before anything is asked.
fn profiles_that_are_no_place_for_a_key() {
    let machine = machine(Devices::Virtual);
    machine.home.write(
        ".aws/config",
        "[profile sso]\nsso_start_url = https://x\n[profile process]\ncredential_process = x\n\
         [profile half]\naws_access_key_id = AKIAX\n[profile loose]\nrole_arn = arn:aws:iam::123456789012:role/x\n",
    );
    machine.home.write(
        ".aws/credentials",
        "[session]\naws_access_key_id = ASIAX\naws_secret_access_key = y\naws_session_token = z\n",
    );
    let before = machine.home.files();
    for (name, why) in [
        ("sso", "sso"),
        ("process", "credential_process"),
        ("half", "aws_secret_access_key"),
        ("loose", "source_profile"),
        ("session", "it has the keys of a session (~/.aws/credentials:2)"),
    ] {
        let terminal = machine.start(&[name]);
        assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.output());
        assert!(terminal.output().contains(why), "{name}: {}", terminal.output());
    }
    let mut terminal = machine.start(&[]);
    terminal.expect(NAME);
    for name in ["sso", "process", "half", "loose", "session"] {
        refuses(&mut terminal, name, "choose another name", NAME);
    }
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(machine.home.files(), before);
    assert_eq!(machine.sts.connections(), 0);
}

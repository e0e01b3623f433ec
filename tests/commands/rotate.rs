//! `rotate`: an access key is replaced, and however that ends, the key in the file works.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, Policy, Sts, User, UserSpec};
use crate::support::sts_client::Client;
use crate::support::terminal::{Streams, Terminal};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

trials![
    replaces_the_key_and_no_other_byte,
    the_old_key_is_deleted_on_request,
    nothing_is_done_without_a_yes,
    asks_nothing_with_no_input,
    the_next_sign_in_asks_for_a_code,
    waits_until_the_key_is_accepted_everywhere,
    replaces_every_copy_in_both_files,
    keeps_links_and_tightens_modes,
    signs_without_mfa_if_told_so,
    signs_in_again_if_the_session_ended_with_the_key,
    offers_what_can_be_done_with_a_second_key,
    two_keys_without_anybody_to_ask,
    refuses_keys_that_cannot_be_replaced,
    refuses_files_that_cannot_be_replaced,
    names_a_custom_endpoint,
    says_which_permission_is_missing,
    works_with_a_wrong_clock,
    list_shows_the_age,
];

pub const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";

pub struct Machine {
    pub sts: Sts,
    pub user: User,
    pub home: Home,
}

/// A machine whose profile `main` has the keys of alice, and whose profile `prod` assumes a role with them.
pub fn machine() -> Machine {
    machine_with(Devices::Virtual)
}

fn machine_with(devices: Devices) -> Machine {
    let sts = Sts::start();
    let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    let config = format!(
        "[profile main]\nmfa_serial = {ALICE}\nregion = eu-west-1\n\
         [profile prod]\nrole_arn = arn:aws:iam::123456789012:role/prod\nsource_profile = main\n"
    );
    let mut home = Home::with(&config, &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("NO_COLOR", "1").set("LANG", "C.UTF-8");
    Machine { sts, user, home }
}

impl Machine {
    /// Signs in, so that the session with MFA is cached.
    pub fn sign_in(&self) {
        Program::new(&self.home, ["main", &self.sts.code(ALICE), "-s", "sh"]).signs_in().run();
        self.sts.take_calls();
    }

    pub fn start(&self, arguments: &[&str]) -> Terminal {
        let command = Program::new(&self.home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() })
    }

    /// Starts `rotate`, and answers its first question with yes.
    pub fn confirmed(&self, arguments: &[&str]) -> Terminal {
        let arguments: Vec<&str> = ["rotate", "main"].iter().chain(arguments).copied().collect();
        let mut terminal = self.start(&arguments);
        terminal.expect("Replace access key ");
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        terminal
    }

    pub fn unasked(&self, arguments: &[&str]) -> Program<'_> {
        Program::new(&self.home, ["rotate", "main", "--no-input"].iter().chain(arguments).copied())
            .writes(".aws/credentials")
    }

    pub fn actions(&self) -> Vec<String> {
        let calls = self.sts.take_calls().into_iter().filter(|call| call.action != "GetCallerIdentity");
        calls
            .map(|call| if call.session_token_sent { format!("{} in a session", call.action) } else { call.action })
            .collect()
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.home.path().join(".aws").join(file)).expect("a file")
    }

    /// The ID and the secret in the credentials file.
    pub fn key_in_file(&self) -> (String, String) {
        let text = self.text("credentials");
        let value = |name: &str| {
            let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("no {name}: {text}"));
            let rest = rest.trim_start_matches([' ', '=', ':']);
            rest.split([' ', '\r', '\n']).next().expect("a value").to_owned()
        };
        (value("aws_access_key_id"), value("aws_secret_access_key"))
    }

    /// Asserts that the key in the file works, and returns its ID.
    #[track_caller]
    pub fn working_key(&self) -> String {
        let (access_key_id, secret_access_key) = self.key_in_file();
        let client =
            Client { access_key_id: access_key_id.clone(), secret_access_key, ..Client::of(&self.sts, &self.user) };
        assert_eq!(client.call("GetCallerIdentity").element("Arn"), self.user.arn);
        self.sts.take_calls();
        access_key_id
    }

    /// The user's keys, with whether they are active.
    pub fn keys(&self) -> Vec<(String, bool)> {
        self.sts.access_keys(&self.user)
    }

    pub fn old(&self) -> String {
        self.user.access_key_id.clone()
    }

    /// The key that the user has besides the first one.
    #[track_caller]
    pub fn new_key(&self) -> String {
        let others: Vec<String> = self.keys().into_iter().map(|(id, _)| id).filter(|id| *id != self.old()).collect();
        assert_eq!(others.len(), 1, "{:?}", self.keys());
        others[0].clone()
    }
}

#[track_caller]
pub fn ends(terminal: &Terminal, status: i32) {
    assert_eq!(terminal.wait().code(), Some(status), "{}", terminal.output());
}

// faults 73, 80, 136
fn replaces_the_key_and_no_other_byte() {
    let mut machine = machine();
    machine.home.set("RUST_LOG", "trace").set("RUST_BACKTRACE", "1");
    let User { access_key_id: id, secret_access_key: secret, .. } = &machine.user;
    let text = |id: &str, secret: &str| {
        format!(
            "\u{feff}; mine\r\n[ main ]\r\n  AWS_Access_Key_ID={id} # work\r\n\taws_secret_access_key :  {secret} \r\n\
             \r\n\r\n[broken\r\nregion\r\n[other]\r\naws_access_key_id = AKIAOTHER\r\naws_secret_access_key = x\r\n# end"
        )
    };
    let path = machine.home.write(".aws/credentials", text(id, secret));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let mut terminal = machine.start(&["rotate", "main"]);
    terminal.expect("MFA code for alice (123456789012), ");
    terminal.expect(": ");
    terminal.send_line(&machine.sts.code(ALICE));
    let said = terminal.expect("[y/N] ");
    let url = machine.sts.url();
    let host = url.trim_start_matches("http://");
    assert_eq!(
        said.trim_start_matches("\r\n"),
        format!(
            "mfa-env: access key {id} of alice (123456789012), at {host} (AWS_ENDPOINT_URL), created 90 days ago, in \
             ~/.aws/credentials:3 (profile main)\r\n\
             mfa-env: copies of it elsewhere stop working when it is replaced, and the next sign-in asks for a code\r\n\
             Replace access key {id} of alice, at {host} (AWS_ENDPOINT_URL)? [y/N] "
        )
    );
    terminal.send_line("y");
    let said = terminal.expect("[y/N] ");
    let new = machine.new_key();
    assert_eq!(
        said.trim_start_matches("y\r\n"),
        format!(
            "mfa-env: created access key {new}\r\nmfa-env: wrote access key {new} to ~/.aws/credentials\r\n\
             mfa-env: deactivated access key {id}\r\n\
             Delete {id}, too? It is inactive now, and can be made active again until then. [y/N] "
        )
    );
    terminal.send_line("n");
    let left = format!(
        "mfa-env: access key {id} still exists; once nothing needs it, delete it with: mfa-env rotate main\r\n\
         main has access key {new} in ~/.aws/credentials\r\n"
    );
    terminal.expect(&left);
    ends(&terminal, 0);
    assert_eq!(machine.keys(), [(id.clone(), false), (new.clone(), true)]);
    let written = machine.text("credentials");
    let (_, rest) = written.split_once("aws_secret_access_key :  ").expect("a secret");
    let new_secret = rest.split(' ').next().expect("a secret");
    assert_eq!(written, text(&new, new_secret));
    assert_ne!(new_secret, secret);
    assert_eq!(
        machine.actions(),
        [
            "GetSessionToken",
            "ListAccessKeys in a session",
            "CreateAccessKey in a session",
            "UpdateAccessKey in a session"
        ]
    );
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
    // No other file has either secret.
    let files = machine.home.files();
    let has_secret = |content: &[u8]| {
        let content = String::from_utf8_lossy(content);
        content.contains(secret) || content.contains(new_secret)
    };
    let with_secret: Vec<_> = files.iter().filter(|(_, content)| has_secret(content)).map(|(path, _)| path).collect();
    assert_eq!(with_secret, [&path]);
    let cached = fs::read_dir(machine.home.cache()).expect("a cache").flatten();
    assert!(cached.into_iter().all(|entry| !has_secret(&fs::read(entry.path()).unwrap_or_default())));
    assert!(!terminal.output().contains(secret) && !terminal.output().contains(new_secret));
}

fn the_old_key_is_deleted_on_request() {
    let machine = machine();
    machine.sign_in();
    let mut terminal = machine.confirmed(&[]);
    terminal.expect("[y/N] ");
    terminal.send_line("yes");
    terminal.expect(&format!("mfa-env: deleted access key {}\r\n", machine.old()));
    ends(&terminal, 0);
    assert_eq!(machine.keys(), [(machine.working_key(), true)]);
    assert_ne!(machine.working_key(), machine.old());
    // Without a question, and without a word.
    let second = machine.working_key();
    machine.sts.advance(60);
    machine.sign_in();
    let mut terminal = machine.confirmed(&["--delete", "-q"]);
    assert_eq!(terminal.expect("\r\n"), "y\r\n");
    ends(&terminal, 0);
    assert!(terminal.output().ends_with("[y/N] y\r\n"), "{}", terminal.output());
    assert_eq!(machine.keys(), [(machine.working_key(), true)]);
    assert_ne!(machine.working_key(), second);
}

fn nothing_is_done_without_a_yes() {
    let machine = machine();
    machine.sign_in();
    let before = machine.home.files();
    for answer in ["", "n", "later"] {
        let mut terminal = machine.start(&["rotate", "main"]);
        terminal.expect("[y/N] ");
        terminal.send_line(answer);
        terminal.expect("mfa-env: not confirmed, so nothing was done\r\n");
        ends(&terminal, 5);
    }
    let mut terminal = machine.start(&["rotate", "main"]);
    terminal.expect("[y/N] ");
    terminal.send_control('c');
    assert_eq!(terminal.wait().code(), None);
    let refused = Program::new(&machine.home, ["rotate", "main"]).fails(5);
    refused.says("there is no terminal to ask on whether to replace the access key\n  to replace it without").run();
    assert_eq!(machine.actions(), ["ListAccessKeys in a session"; 4]);
    assert_eq!((machine.keys().len(), machine.home.files()), (1, before));
}

fn asks_nothing_with_no_input() {
    let machine = machine();
    let refused = machine.unasked(&[]).fails(5);
    refused.says("an MFA code is needed, but nobody can be asked for it").run();
    assert_eq!(machine.keys().len(), 1);
    let code = machine.sts.code(ALICE);
    let ran = machine.unasked(&["--code", &code]).stdout("").says("mfa-env: created access key ").run();
    assert!(ran.stderr.contains("mfa-env: copies of it elsewhere stop working"), "{}", ran.stderr);
    let new = machine.working_key();
    assert_eq!(machine.keys(), [(machine.old(), false), (new.clone(), true)]);
    // The one that it has replaced makes room.
    machine.sts.advance(60);
    let code = machine.sts.code(ALICE);
    let refused = machine.unasked(&["--code", &code]).fails(3);
    let says = format!("to delete {}, and to replace the other one, add --delete", machine.old());
    let refused = refused.says("alice has two access keys, and AWS allows no more\n").says(says);
    let refused = refused.says(format!("{}, inactive, created 90 days ago, last used ", machine.old()));
    refused.says(format!(" s ago (sts), replaced by {new}\n")).run();
    assert_eq!((machine.keys().len(), machine.working_key()), (2, new.clone()));
    machine.unasked(&["--delete", "-q"]).stdout("").stderr("").run();
    let newest = machine.working_key();
    assert_eq!(machine.keys(), [(newest.clone(), true)]);
    assert_ne!(newest, new);
}

// fault 99
fn the_next_sign_in_asks_for_a_code() {
    let machine = machine();
    machine.sign_in();
    machine.sts.add_role("prod", crate::support::sts::RoleSpec::default());
    Program::new(&machine.home, ["prod", "-s", "sh"]).signs_in().run();
    let entries = || {
        let names = fs::read_dir(machine.home.cache()).expect("a cache").flatten();
        names.filter(|entry| entry.path().extension().is_some_and(|suffix| suffix == "json")).count()
    };
    assert_eq!(entries(), 2);
    machine.unasked(&[]).says("deactivated").run();
    assert_eq!(entries(), 0);
    let refused = Program::new(&machine.home, ["prod", "-s", "sh", "--no-input"]).fails(5);
    refused.says("an MFA code is needed").run();
    machine.sts.advance(60);
    Program::new(&machine.home, ["prod", &machine.sts.code(ALICE), "-s", "sh"]).signs_in().run();
}

fn waits_until_the_key_is_accepted_everywhere() {
    let machine = machine();
    machine.sign_in();
    machine.sts.delay_new_keys(3);
    let ran = machine.unasked(&["--delete"]).says("mfa-env: waiting until AWS accepts AKIA").run();
    assert!(ran.stderr.contains(" everywhere, 90 s at most\n"), "{}", ran.stderr);
    let new = machine.working_key();
    // Three successes in a row after the last failure, and one more once it is written.
    machine.sts.advance(60);
    machine.sign_in();
    machine.sts.delay_new_keys(1);
    machine.sts.on(Action::UpdateAccessKey, Fault::Throttle);
    machine.unasked(&[]).says("deactivated").run();
    let calls = machine.sts.take_calls();
    let of_new: Vec<bool> = calls
        .iter()
        .filter(|call| call.action == "GetCallerIdentity" && call.access_key_id != new)
        .map(|call| call.error.is_none())
        .collect();
    assert_eq!(of_new, [false, true, true, true, true]);
    let first_update = calls.iter().position(|call| call.action == "UpdateAccessKey").expect("an update");
    assert!(calls[first_update..].iter().all(|call| call.action == "UpdateAccessKey"));

    // Another profile calls another endpoint. One that does not accept the old key either, and one that does not exist,
    // are not needed.
    let other = Sts::start();
    let port = machine.sts.url().rsplit(':').next().expect("a port").to_owned();
    machine.home.write(
        ".aws/config",
        format!(
            "[profile main]\nmfa_serial = {ALICE}\nendpoint_url = {0}\n\
             [profile elsewhere]\nrole_arn = arn:aws:iam::123456789012:role/prod\nsource_profile = main\n\
             endpoint_url = http://localhost:{port}\n\
             [profile other]\nrole_arn = arn:aws:iam::123456789012:role/prod\nsource_profile = main\n\
             endpoint_url = {1}\n\
             [profile gone]\nrole_arn = arn:aws:iam::123456789012:role/prod\nsource_profile = main\n\
             endpoint_url = http://127.0.0.1:1\n",
            machine.sts.url(),
            other.url()
        ),
    );
    let mut machine = machine;
    machine.home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL"));
    machine.sts.advance(60);
    machine.sts.delay_new_keys(0);
    Program::new(&machine.home, ["main", &machine.sts.code(ALICE), "-s", "sh"]).any_files().says("main · ").run();
    machine.sts.take_calls();
    let old = machine.working_key();
    machine.unasked(&["--delete"]).says("deleted").run();
    let calls = machine.sts.take_calls();
    let asked = |host: &str| {
        let of_new = calls.iter().filter(|call| call.action == "GetCallerIdentity" && call.access_key_id != old);
        of_new.filter(|call| call.host.starts_with(host)).count()
    };
    assert_eq!((asked("127.0.0.1"), asked("localhost")), (4, 4));
    assert!(other.take_calls().iter().all(|call| call.access_key_id == old));
}

// fault 75
fn keeps_links_and_tightens_modes() {
    let machine = machine();
    machine.sign_in();
    let dotfiles = machine.home.path().join("dotfiles");
    fs::create_dir(&dotfiles).expect("a directory");
    let (link, target) = (machine.home.path().join(".aws/credentials"), dotfiles.join("credentials"));
    fs::rename(&link, &target).expect("moved");
    symlink(&target, &link).expect("a link");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).expect("a mode");
    let ran = machine.unasked(&["--delete"]).any_files();
    ran.says("~/.aws/credentials was accessible to others; now only you can read it").run();
    assert_eq!(fs::read_link(&link).expect("a link"), target);
    assert_eq!(fs::metadata(&target).expect("a file").mode() & 0o777, 0o600);
    let new = machine.working_key();
    assert_ne!(new, machine.old());
    // A view names the files that it shows.
    let view = Program::new(&machine.home, ["view"]).run().stdout;
    let view = view.trim_end();
    machine.sts.advance(60);
    machine.sign_in();
    let program = machine.unasked(&["--delete"]).any_files().env("AWS_CONFIG_FILE", view);
    let program = program.env("AWS_SHARED_CREDENTIALS_FILE", view.replace(".config", ".credentials"));
    program.says("main has access key AKIA").run();
    assert_ne!(machine.working_key(), new);
    let new = machine.working_key();
    // Also where the keys are in the config file, and both variables name it.
    machine.home.write(".aws/config", machine.text("config") + &machine.text("credentials").replace("[main]", ""));
    let keys = machine.text("credentials").replace("[main]", "[profile main]");
    let path = machine.home.write(".aws/config", format!("{keys}mfa_serial = {ALICE}\n"));
    fs::remove_file(&link).expect("removed");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    machine.sts.advance(60);
    machine.sign_in();
    let program = machine.unasked(&["--delete"]).any_files().env("AWS_SHARED_CREDENTIALS_FILE", &path);
    program.says("~/.aws/config was accessible to others; now only you can read it").run();
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
    let in_config = machine.text("config");
    assert!(!in_config.contains(&new) && in_config.ends_with(&format!("mfa_serial = {ALICE}\n")), "{in_config}");
    assert_eq!(machine.keys().len(), 1);
    assert!(in_config.contains(&machine.keys()[0].0));
}

fn replaces_every_copy_in_both_files() {
    let machine = machine();
    machine.sign_in();
    let (id, secret) = machine.key_in_file();
    let pair = |id: &str, secret: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let credentials = |id: &str, secret: &str, old: &str| {
        format!("[main]\n{0}[ci]\n{0}# was {old} once\n[profile odd]\n{0}", pair(id, secret))
    };
    let config = |id: &str, secret: &str| {
        let rest = machine.text("config");
        format!("{rest}[profile copy]\n{}[profile half]\naws_access_key_id = AKIAHALF\n", pair(id, secret))
    };
    machine.home.write(".aws/credentials", credentials(&id, &secret, &id));
    let before = config(&id, &secret);
    let template = config("ID", "SECRET");
    machine.home.write(".aws/config", before);
    machine.home.write(".aws/credentials.mfa-env-backup", pair(&id, &secret));
    let ran = machine.unasked(&["--delete"]).writes(".aws/config");
    let ran = ran
        .says(format!("mfa-env: access key {id} still occurs at ~/.aws/credentials:7\n"))
        .says(format!("mfa-env: access key {id} still occurs at ~/.aws/credentials.mfa-env-backup:1, "))
        .run();
    let places = "in ~/.aws/credentials:2 (profile main) and ~/.aws/credentials:5 (profile ci) and \
                  ~/.aws/credentials:9 (profile odd) and ~/.aws/config:8 (profile copy)\n";
    assert!(ran.stderr.contains(places), "{}", ran.stderr);
    let new = machine.working_key();
    let (_, new_secret) = machine.key_in_file();
    assert_eq!(machine.text("credentials"), credentials(&new, &new_secret, &id));
    assert_eq!(machine.text("config"), template.replace("ID\n", &format!("{new}\n")).replace("SECRET", &new_secret));
}

fn signs_without_mfa_if_told_so() {
    let machine = machine_with(Devices::None);
    let none = "[profile main]\nregion = eu-west-1\n";
    machine.home.write(".aws/config", none);
    let mut terminal = machine.start(&["rotate", "main"]);
    terminal
        .expect("mfa-env: the user of profile main has no MFA device, and a session without MFA cannot call IAM\r\n");
    terminal.expect("mfa-env rotate main --mfa-serial none");
    ends(&terminal, 3);
    machine.actions();
    let program = machine.unasked(&["123456", "--mfa-serial", "none", "--delete"]);
    program.says("[code-not-needed]").says("deleted").run();
    let calls = ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"];
    assert_eq!(machine.actions(), calls);
    let new = machine.working_key();
    assert_eq!(machine.keys(), [(new.clone(), true)]);
    machine.home.write(".aws/config", format!("{none}mfa_serial =\n"));
    machine.sts.on(Action::GetCallerIdentity, Fault::Throttle);
    machine.unasked(&[]).says("deactivated").run();
    assert_eq!(machine.actions(), calls[..3]);
    assert_eq!(machine.keys(), [(new, false), (machine.working_key(), true)]);
}

fn signs_in_again_if_the_session_ended_with_the_key() {
    let machine = machine();
    machine.sign_in();
    let ended = || Fault::Refuse {
        status: 403,
        code: "InvalidClientTokenId".into(),
        message: "The security token included in the request is invalid.".into(),
    };
    machine.sts.on(Action::DeleteAccessKey, ended());
    let mut terminal = machine.confirmed(&["--delete"]);
    terminal.expect("MFA code for alice (123456789012), ");
    terminal.expect(": ");
    machine.sts.advance(60);
    terminal.send_line(&machine.sts.code(ALICE));
    terminal.expect(&format!("mfa-env: deleted access key {}\r\n", machine.old()));
    ends(&terminal, 0);
    assert_eq!(machine.keys(), [(machine.working_key(), true)]);
    // If nobody can be asked, the key stays inactive.
    let old = machine.working_key();
    machine.sts.on(Action::DeleteAccessKey, ended());
    let ran = machine.unasked(&["--delete"]).fails(5).says("an MFA code is needed, but nobody can be asked for it");
    let ran = ran.says(format!("the old one, {old}, is inactive\n  to delete it, run: mfa-env rotate main\n")).run();
    let new = machine.working_key();
    assert!(ran.stderr.contains(&format!("the new access key, {new}, is in ~/.aws/credentials:2, and works;")));
    assert_eq!(machine.keys(), [(old, false), (new, true)]);
}

fn offers_what_can_be_done_with_a_second_key() {
    let machine = machine();
    machine.sign_in();
    let old = machine.old();
    let second = machine.sts.add_access_key(&machine.user).access_key_id;
    machine.sts.age_access_key(&second, 3);
    let heading = |status: &str, place: &str| {
        format!(
            "alice has two access keys, and AWS allows no more:\r\n  \
             {old}, active, created 90 days ago, in ~/.aws/credentials:2 (profile main)\r\n  \
             {second}, {status}, created 3 days ago, never used, {place}\r\n"
        )
    };
    let start = |status: &str, place: &str, choices: usize| {
        let mut terminal = machine.start(&["rotate", "main"]);
        let shown = terminal.expect(&format!("Number (1-{choices}): "));
        assert!(shown.contains(&heading(status, place)), "{shown}");
        let all = [
            format!("deactivate {second}, and keep {old}"),
            format!("delete {second}, and keep {old}"),
            format!("delete {second}, and replace {old} by a new key"),
            "change nothing".to_owned(),
        ];
        for (number, choice) in all[4 - choices..].iter().enumerate() {
            assert!(shown.contains(&format!("\r\n  {}  {choice}\r\n", number + 1)), "{shown}");
        }
        terminal
    };
    let mut terminal = start("active", "not in your AWS files", 4);
    terminal.send_line("4");
    terminal.expect("not confirmed, so nothing was done");
    ends(&terminal, 5);
    // Another profile has it.
    let text = machine.text("credentials") + &format!("[ci]\naws_access_key_id = {second}\n");
    machine.home.write(".aws/credentials", text);
    let mut terminal = start("active", "in ~/.aws/credentials:5 (profile ci)", 4);
    terminal.send_line("2");
    terminal.expect(&format!("{second} is active; what uses it stops working. Delete it? [y/N] "));
    terminal.send_line("n");
    ends(&terminal, 5);
    let mut terminal = start("active", "in ~/.aws/credentials:5 (profile ci)", 4);
    terminal.send_line("1");
    terminal.expect(&format!("mfa-env: deactivated access key {second}\r\n"));
    ends(&terminal, 0);
    assert_eq!(machine.keys(), [(old.clone(), true), (second.clone(), false)]);
    let mut terminal = start("inactive", "in ~/.aws/credentials:5 (profile ci)", 3);
    terminal.send_line("2");
    terminal.expect(&format!("mfa-env: deleted access key {second}\r\n"));
    terminal.expect("mfa-env: created access key ");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    ends(&terminal, 0);
    let new = machine.working_key();
    assert_eq!(machine.keys(), [(old.clone(), false), (new.clone(), true)]);
    // What is left of the first one is deleted, and nothing else.
    machine.sts.advance(60);
    machine.sign_in();
    let mut terminal = machine.start(&["rotate", "main"]);
    let shown = terminal.expect("Number (1-3): ");
    assert!(shown.contains(&format!("{old}, inactive, created 90 days ago, ")), "{shown}");
    assert!(shown.contains(&format!(", replaced by {new}\r\n")), "{shown}");
    terminal.send_line("1");
    terminal.expect(&format!("mfa-env: deleted access key {old}\r\n"));
    ends(&terminal, 0);
    assert_eq!((machine.keys(), machine.working_key()), (vec![(new.clone(), true)], new));
}

fn two_keys_without_anybody_to_ask() {
    let machine = machine();
    machine.sign_in();
    let second = machine.sts.add_access_key(&machine.user).access_key_id;
    machine.sts.age_access_key(&second, 3);
    for more in [&[][..], &["--delete"]] {
        let refused = machine.unasked(more).fails(3).says("alice has two access keys, and AWS allows no more\n");
        let refused =
            refused.says(format!("{second}, active, created 3 days ago, never used, not in your AWS files\n"));
        refused.says("to choose what to do with them, run in a terminal: mfa-env rotate main").run();
    }
    // Without the list, AWS says so.
    machine.sts.restrict(&machine.user, Policy::denying(&["ListAccessKeys"]));
    let refused = machine.unasked(&[]).fails(3).says("alice has two access keys, and AWS allows no more\n");
    refused.says(format!("access key {} is still the one in ~/.aws/credentials:2, and works", machine.old())).run();
    assert_eq!(machine.keys(), [(machine.old(), true), (second, true)]);
    machine.sts.remove_key(&machine.new_key());
    machine.unasked(&[]).says("deactivated").run();
    assert_eq!(machine.keys(), [(machine.old(), false), (machine.working_key(), true)]);
}

fn refuses_keys_that_cannot_be_replaced() {
    let machine = machine();
    let root = machine.sts.add_root();
    let config = "\
        [profile sso]\nsso_session = x\n[profile process]\ncredential_process = vault get\n\
        [profile web]\nrole_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /x\n\
        [profile ec2]\nrole_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Environment\n\
        [profile own]\ncredential_process = /bin/mfa-env credential-process main\n";
    machine.home.write(".aws/config", machine.text("config") + config);
    let session = "[hand]\naws_access_key_id = ASIAX\naws_secret_access_key = x\naws_session_token = x\n";
    let keys = machine.text("credentials") + session + &credentials_section("root", &root);
    machine.home.write(".aws/credentials", &keys);
    for (profile, status, says, advice) in [
        (
            "hand",
            3,
            "profile hand has temporary keys (~/.aws/credentials:5), which cannot be replaced",
            "they expire by",
        ),
        (
            "sso",
            3,
            "profile sso has no access key: it gets its credentials from IAM Identity Center (SSO) (",
            "those are new",
        ),
        (
            "process",
            3,
            "profile process has no access key: it gets its credentials from credential_process (",
            "replace it where",
        ),
        (
            "web",
            3,
            "profile web has no access key: it gets its credentials from a web identity token (",
            "those are new",
        ),
        ("ec2", 3, "profile ec2 has no access key: it gets its credentials from credential_source (", "in variables"),
        (
            "own",
            3,
            "profile own has no access key: it gets its credentials from mfa-env itself (",
            "name the profile that",
        ),
        ("nosuch", 3, "profile `nosuch` not found", ""),
        (
            "root",
            4,
            "the access key of profile root is that of the account's root user",
            "delete it in the AWS console",
        ),
    ] {
        let refused = Program::new(&machine.home, ["rotate", profile, "--no-input"]).fails(status).stdout("");
        refused.says(format!("mfa-env: {says}")).says(advice).run();
    }
    // The key of this shell is meant, and that is not in the files.
    for variables in [&[("AWS_PROFILE", "main")][..], &[]] {
        let mut refused = Program::new(&machine.home, ["rotate", "--no-input"]).fails(3);
        for (name, value) in variables {
            refused = refused.env(name, value);
        }
        let refused = refused.env("AWS_ACCESS_KEY_ID", "AKIASHELL").env("AWS_SECRET_ACCESS_KEY", "x");
        refused.says("this shell has access key AKIASHELL in AWS_ACCESS_KEY_ID, which is not that of profile").run();
    }
    assert!(machine.actions().is_empty());
    // A profile that is named is meant, and a role leads to the keys of its source profile.
    machine.sign_in();
    let program = Program::new(&machine.home, ["rotate", "prod", "--no-input"]).writes(".aws/credentials");
    let program = program.env("AWS_ACCESS_KEY_ID", machine.old()).env("AWS_SECRET_ACCESS_KEY", "x");
    let program = program.says(format!("AWS_ACCESS_KEY_ID in this shell is still {}; unset it", machine.old()));
    program.says("main has access key AKIA").run();
    assert_eq!(machine.keys(), [(machine.old(), false), (machine.working_key(), true)]);
    Program::new(&machine.home, ["rotate", "main", "--renew"]).fails(2).says("unexpected argument").run();
}

// faults 76, 78, 77
fn refuses_files_that_cannot_be_replaced() {
    let machine = machine();
    machine.sign_in();
    let path = machine.home.path().join(".aws/credentials");
    let refused = |says: &str| {
        machine.unasked(&[]).any_files().fails(7).says(says).run();
        assert_eq!(machine.keys(), [(machine.old(), true)]);
        assert!(machine.actions().is_empty());
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("a mode");
    refused("~/.aws/credentials is read-only");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let other = path.with_file_name("other");
    fs::hard_link(&path, &other).expect("a link");
    refused("~/.aws/credentials has another name as well (a hard link)");
    fs::remove_file(&other).expect("removed");
    let text = machine.text("credentials");
    machine.home.write(".aws/credentials", [text.as_bytes(), b"# \xff\n"].concat());
    refused("~/.aws/credentials is not valid UTF-8");
    machine.home.write(".aws/credentials", &text);
    // A file without the key need not be one that can be changed.
    let config = machine.home.path().join(".aws/config");
    fs::hard_link(&config, machine.home.path().join(".aws/again")).expect("a link");
    machine.unasked(&[]).says("deactivated").run();
}

fn names_a_custom_endpoint() {
    let mut machine = machine();
    machine.sign_in();
    let url = machine.sts.url();
    machine.home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL"));
    machine.home.set("AWS_ENDPOINT_URL_STS", &url);
    machine.unasked(&[]).fails(3).says("STS has a custom endpoint (AWS_ENDPOINT_URL_STS), but IAM has none").run();
    machine.home.set("AWS_ENDPOINT_URL_IAM", &url);
    let host = url.trim_start_matches("http://");
    machine.unasked(&[]).says(format!("(123456789012), at {host} (AWS_ENDPOINT_URL_IAM), created")).run();
}

fn says_which_permission_is_missing() {
    let machine = machine();
    machine.sign_in();
    let denied = |action: &str| Fault::Refuse {
        status: 403,
        code: "AccessDenied".into(),
        message: format!(
            "User: arn:aws-cn:iam::123456789012:user/alice is not authorized to perform: iam:{action} on resource: user \
             alice because no identity-based policy allows the iam:{action} action"
        ),
    };
    machine.sts.on(Action::CreateAccessKey, denied("CreateAccessKey"));
    let refused = machine.unasked(&[]).fails(4);
    let refused = refused.says("AWS does not allow the user of profile main to call iam:CreateAccessKey\n");
    let refused = refused.says(
        "ask your AWS administrator for the permission iam:CreateAccessKey, such as:\n  \
         {\"Effect\": \"Allow\", \"Action\": [\"iam:ListAccessKeys\", \"iam:CreateAccessKey\", \
         \"iam:UpdateAccessKey\", \"iam:DeleteAccessKey\"],\n   \
         \"Resource\": \"arn:aws-cn:iam::*:user/${aws:username}\"}\n",
    );
    refused
        .says(format!("access key {} is still the one in ~/.aws/credentials:2, and works; nothing", machine.old()))
        .run();
    // A denial prevails, so a statement would not help.
    machine.sts.restrict(&machine.user, Policy::denying(&["UpdateAccessKey"]));
    let refused = machine.unasked(&[]).fails(4).says("to call iam:UpdateAccessKey\n  a policy denies it\n");
    let refused = refused
        .says(format!("the old one, {}, is still active\n  to go on, run: mfa-env rotate main\n", machine.old()));
    let ran = refused.run();
    let new = machine.working_key();
    assert!(ran.stderr.contains(&format!("the new access key, {new}, is in ~/.aws/credentials:2, and works")));
    assert!(!ran.stderr.contains("Effect"), "{}", ran.stderr);
    assert_eq!(machine.keys(), [(machine.old(), true), (new, true)]);
}

// fault 111
fn works_with_a_wrong_clock() {
    for offset in [-7200, 7200] {
        let machine = machine();
        machine.sts.set_clock(offset);
        let code = machine.sts.code(ALICE);
        machine.unasked(&["--code", &code, "--delete"]).says("[clock-offset]").says("mfa-env: deleted").run();
        assert_eq!(machine.keys(), [(machine.key_in_file().0, true)]);
        assert_ne!(machine.key_in_file().0, machine.old());
    }
}

fn list_shows_the_age() {
    let machine = machine();
    let before = Program::new(&machine.home, ["list"]).run().stdout;
    assert!(!before.contains(" old"), "{before}");
    machine.sign_in();
    // It is learned from IAM's list, too.
    let mut terminal = machine.start(&["rotate", "main"]);
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    ends(&terminal, 5);
    machine.sts.take_calls();
    let table = Program::new(&machine.home, ["list"]).run().stdout;
    let line = |table: &str, profile: &str| table.lines().find(|line| line.contains(profile)).map(str::to_owned);
    assert!(line(&table, "main").is_some_and(|line| line.contains(", key 90 days old ")), "{table}");
    // The key of a role is in the line of its profile.
    assert!(line(&table, "prod").is_some_and(|line| !line.contains("key")), "{table}");
    let found = Program::new(&machine.home, ["doctor", "main"]).any_files().run().stdout;
    assert!(found.contains("user alice in account 123456789012, 90 days old\n"), "{found}");
    machine.unasked(&["--delete"]).says("deleted").run();
    machine.sts.take_calls();
    let ran = Program::new(&machine.home, ["list", "--json"]).run();
    let list: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let created = list["profiles"][0]["access_key_created"].as_str().expect("a time").to_owned();
    assert!(created.ends_with('Z') && created.starts_with("20"), "{created}");
    assert!(list["profiles"][1]["access_key_created"].is_null());
    let table = Program::new(&machine.home, ["list"]).run().stdout;
    assert!(line(&table, "main").is_some_and(|line| line.contains(", key ") && line.contains(" s old ")), "{table}");
    // No call was made for that, and the facts are removed with the others.
    assert!(machine.sts.take_calls().is_empty());
    Program::new(&machine.home, ["logout", "--all"]).says("no cached session").run();
    let after = Program::new(&machine.home, ["list"]).run().stdout;
    assert!(!after.contains(" old"), "{after}");
}

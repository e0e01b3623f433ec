//! A sign-in at moto, an STS that was written by others, and the MFA devices and access keys in its IAM. moto does not check
//! codes, and lists devices and keys only for a user who is named.

#![cfg(unix)]

use crate::support::consumers::{self, Moto};
use crate::support::home::Home;
use crate::support::picture::{Background, qr_code};
use crate::support::program::Program;
use crate::support::terminal::{Streams, Terminal};

consumer_trials![
    signs_in_at_moto,
    registers_replaces_and_removes_devices_at_moto,
    replaces_and_deletes_access_keys_at_moto,
    sets_up_a_profile_at_moto,
];

/// A home whose profile `main` has the keys of a new user of moto, alice.
fn home_of_alice(moto: &Moto) -> Home {
    moto.aws("iam create-user --user-name alice");
    let created = moto.aws("iam create-access-key --user-name alice --output json");
    let created: serde_json::Value = serde_json::from_str(&created).expect("JSON");
    let part = |name: &str| created["AccessKey"][name].as_str().expect("text").to_owned();
    let keys = format!(
        "[main]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        part("AccessKeyId"),
        part("SecretAccessKey")
    );
    let mut home = Home::with("[profile main]\nregion = us-east-1\n", &keys);
    home.set("AWS_ENDPOINT_URL", &moto.url).set("TERM", "xterm").set("LANG", "C.UTF-8");
    home
}

fn signs_in_at_moto() {
    let moto = Moto::start();
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
    moto.aws(&format!("iam create-role --role-name admin --assume-role-policy-document '{policy}'"));
    let mut home = Home::with(
        "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\nregion = eu-west-1\n",
        "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = any\n",
    );
    home.set("AWS_ENDPOINT_URL", &moto.url).set("PATH", crate::support::program::path_with_program());
    let aws = consumers::installed("bin/aws").display().to_string();
    let who = format!("'{aws}' sts get-caller-identity --query Arn --output text");
    for line in [
        format!("eval \"$(mfa-env prod 123456 -q --no-preflight)\" && {who}"),
        format!("mfa-env exec prod -- {who}"),
        format!("mfa-env exec prod --renew -c 654321 --no-preflight -- {who}"),
    ] {
        let outcome = consumers::run(&home, &line);
        let arn = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/admin/"), "{line}: {outcome}");
    }
}

fn registers_replaces_and_removes_devices_at_moto() {
    let moto = Moto::start();
    let home = home_of_alice(&moto);
    let start = |arguments: &[&str]| {
        let command = Program::new(&home, arguments.iter().copied()).command();
        Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() })
    };
    let register = |terminal: &mut Terminal, name: &str| {
        let shown = terminal.expect("First code of ");
        let uri = qr_code(&shown, Background::Dark).expect("a QR code");
        assert!(uri.starts_with(&format!("otpauth://totp/AWS:{name}@123456789012?secret=")), "{uri}");
        terminal.expect(": ");
        terminal.send_line("123456");
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line("654321");
        terminal.expect(&format!("registered MFA device arn:aws:iam::123456789012:mfa/{name} for alice"));
        terminal.expect("[y/N] ");
        terminal.send_line("y");
    };
    let listed = || moto.aws("iam list-mfa-devices --user-name alice --query MFADevices[].SerialNumber --output text");
    let created = || moto.aws("iam list-virtual-mfa-devices --query VirtualMFADevices[].SerialNumber --output text");

    let mut terminal = start(&["enroll", "main"]);
    register(&mut terminal, "alice");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert_eq!(listed().trim(), "arn:aws:iam::123456789012:mfa/alice");

    // One that is not enabled does not stay.
    let mut terminal = start(&["enroll", "main", "--device-name", "phone"]);
    terminal.expect("First code of ");
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(created().trim(), "arn:aws:iam::123456789012:mfa/alice");
    let terminal = start(&["enroll", "main"]);
    assert_eq!(terminal.wait().code(), Some(4), "{}", terminal.output());
    assert!(terminal.output().contains("exists already"), "{}", terminal.output());

    let mut terminal = start(&["device", "replace", "main"]);
    terminal.expect("MFA code for alice (123456789012)");
    terminal.expect(": ");
    terminal.send_line("111111");
    register(&mut terminal, "alice-2");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert_eq!(listed().trim(), "arn:aws:iam::123456789012:mfa/alice-2");
    assert_eq!(created().trim(), "arn:aws:iam::123456789012:mfa/alice-2");

    let mut terminal = start(&["device", "remove", "main"]);
    terminal.expect("[y/N] ");
    terminal.send_line("y");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert_eq!(created().trim(), "");
    // moto knows no user for a call that names none.
    Program::new(&home, ["device", "main"]).fails(4).says("NoSuchEntity").run();
}

fn replaces_and_deletes_access_keys_at_moto() {
    let moto = Moto::start();
    let home = home_of_alice(&moto);
    let config = "[profile main]\nregion = us-east-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    home.write(".aws/config", config);
    let listed = || {
        let query = "AccessKeyMetadata[].[AccessKeyId,Status]";
        moto.aws(&format!("iam list-access-keys --user-name alice --query {query} --output text"))
    };
    let in_file = || {
        let text = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
        text.lines().find_map(|line| line.strip_prefix("aws_access_key_id = ")).expect("a key").to_owned()
    };
    let old = in_file();
    let rotate = |arguments: &[&str]| {
        let arguments = ["rotate", "main", "--no-input"].iter().chain(arguments).copied();
        Program::new(&home, arguments).writes(".aws/credentials").stdout("")
    };
    rotate(&["--code", "111111"]).says(format!("mfa-env: deactivated access key {old}\n")).run();
    let new = in_file();
    assert_eq!(listed(), format!("{old}\tInactive\n{new}\tActive\n"));
    // The new key works, also without MFA.
    rotate(&["--mfa-serial", "none"]).fails(3).says("alice has two access keys, and AWS allows no more").run();
    rotate(&["--mfa-serial", "none", "--delete"]).says(format!("mfa-env: deleted access key {new}\n")).run();
    assert_eq!(listed(), format!("{}\tActive\n", in_file()));
    assert!(![old, new].contains(&in_file()));
}

/// From nothing, with a device that is registered on the way, to a session that the AWS CLI uses.
fn sets_up_a_profile_at_moto() {
    let moto = Moto::start();
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
    moto.aws(&format!("iam create-role --role-name admin --assume-role-policy-document '{policy}'"));
    moto.aws("iam create-user --user-name alice");
    let created = moto.aws("iam create-access-key --user-name alice --output json");
    let mut home = Home::empty();
    home.set("AWS_ENDPOINT_URL", &moto.url).set("TERM", "xterm").set("LANG", "C.UTF-8");
    home.set("PATH", crate::support::program::path_with_program());
    let command = Program::new(&home, ["setup", "main"]).command();
    let mut terminal = Terminal::spawn_with(command, Streams { size: Some((100, 40)), ..Streams::default() });
    for (prompt, answer) in [
        ("Region of your resources [us-east-1]: ", String::new()),
        // What the AWS CLI has printed, as it is.
        ("Access key ID, or the path of accessKeys.csv: ", created.replace('\n', "\r")),
        ("Register an authenticator app now? [Y/n]: ", String::new()),
        ("First code of ", "123456".to_owned()),
        ("Next code", "654321".to_owned()),
        ("(Enter for none): ", "123456789012:role/admin".to_owned()),
        ("Name of its profile [admin]: ", String::new()),
        ("Another role (Enter for none): ", String::new()),
        ("MFA code for alice", "111111".to_owned()),
    ] {
        terminal.expect(prompt);
        if !prompt.ends_with(": ") {
            terminal.expect(": ");
        }
        terminal.send_line(&answer);
    }
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    let aws = consumers::installed("bin/aws").display().to_string();
    let who = format!("mfa-env exec admin -- '{aws}' sts get-caller-identity --query Arn --output text");
    let outcome = consumers::run(&home, &who);
    let arn = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/admin/alice"), "{outcome}");
}

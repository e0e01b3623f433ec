//! Paths that are not regular files, and unusable homes: refused without hanging and without writing.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::Sts;
use crate::support::unprivileged;
use mfa_env::profile::Locations;
use nix::sys::stat::Mode;
use nix::unistd::{Uid, User, mkfifo};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

trials![
    expands_the_home_directory_of_a_named_user,
    refuses_what_is_not_a_regular_file,
    refuses_an_unreadable_file,
    reads_dev_null_as_an_empty_file,
    looks_up_the_home_in_the_user_database_if_home_is_unset,
    refuses_a_relative_home,
    root_writes_nothing_in_another_users_home,
];

// fault 51
fn refuses_what_is_not_a_regular_file() {
    let sts = Sts::start();
    let home = Home::empty();
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("dir")).expect("a directory");
    // It has no writer, so a plain open would block forever.
    mkfifo(&at("fifo"), Mode::S_IRWXU).expect("a FIFO");
    let _socket = UnixListener::bind(at("socket")).expect("a socket");
    symlink("nowhere", at("dangling")).expect("a symlink");
    symlink("fifo", at("link-to-fifo")).expect("a symlink");
    symlink("loop", at("loop")).expect("a symlink");
    fs::write(at("file"), "").expect("a file");
    let cases = [
        ("dir", "is a directory, not a file\n"),
        ("fifo", "is a FIFO, not a file\n"),
        ("link-to-fifo", "is a FIFO, not a file\n"),
        ("socket", "is a socket, not a file\n"),
        ("dangling", "is a dangling link, not a file\n"),
        ("loop", "cannot be read: "),
        ("file/config", "cannot be read: "),
        ("/dev/zero", "is a device, not a file\n"),
    ];
    for (name, what) in cases {
        for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            let path = at(name).display().to_string();
            let mut home = Home::with("[profile main]\n", "[main]\n");
            home.set(variable, &path);
            no_effect::assert_no_effect(&home, &sts, &["main"], 7, &[&format!("mfa-env: {path} {what}")]);
        }
    }
}

// fault 51
fn refuses_an_unreadable_file() {
    let home = Home::with("[profile main]\n", "[main]\n");
    for path in [".aws/config", ".aws/credentials"] {
        unprivileged::give(&home.path().join(path));
    }
    // With permission, both are read.
    let read = unprivileged::run(&home, &["main", "--shell", "sh"]);
    assert_eq!(read.status.code(), Some(3), "{read}");
    for name in [".aws/config", ".aws/credentials"] {
        let path = home.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("chmod");
        let ran = unprivileged::run(&home, &["main", "--shell", "sh", "--code", "123456"]);
        assert_eq!(
            (ran.status.code(), ran.stdout.as_slice()),
            (Some(7), failure_statement::of("sh", 7).as_bytes()),
            "{ran}"
        );
        let message = format!("mfa-env: ~/{name} cannot be read: permission denied\n");
        assert!(String::from_utf8_lossy(&ran.stderr).starts_with(&message), "{ran}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
    }
}

// fault 51
fn reads_dev_null_as_an_empty_file() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("[profile main]\nregion = eu-west-1\n", &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("AWS_CONFIG_FILE", "/dev/null");
    let arguments = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh", "--mfa-serial", &alice.mfa_serial];
    let ran = Program::new(&home, arguments).signs_in_to("main").run();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!(ran.variable("AWS_REGION"), None);
    home.set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    no_effect::assert_no_effect(
        &home,
        &Sts::start(),
        &["main"],
        3,
        &["mfa-env: profile `main` not found\n  the AWS files contain no profile; create one with: mfa-env setup\n"],
    );
}

// fault 53
fn looks_up_the_home_in_the_user_database_if_home_is_unset() {
    // Names that do not exist, so that the real home of the user who runs the tests is not read.
    let names = ["mfa-env-test-no-such-dir/config", "mfa-env-test-no-such-dir/credentials"];
    for home_variable in [None, Some(""), Some(" ")] {
        let mut home = Home::empty();
        home.variables.remove(std::ffi::OsStr::new("HOME"));
        if let Some(blank) = home_variable {
            home.set("HOME", blank);
        }
        home.set("AWS_CONFIG_FILE", format!("~/{}", names[0]));
        home.set("AWS_SHARED_CREDENTIALS_FILE", format!("~/{}", names[1]));
        let user = User::from_uid(Uid::current()).expect("a user database").expect("the current user");
        let locations = Locations::from(&home.variables.clone().into_iter().collect()).expect("a home");
        assert_eq!((locations.config, locations.credentials), (user.dir.join(names[0]), user.dir.join(names[1])));
        let at = |name: &str| if user.dir.parent().is_some() { format!("~/{name}") } else { format!("/{name}") };
        let message = format!("mfa-env: no AWS config found at {} or {}\n", at(names[0]), at(names[1]));
        no_effect::assert_no_effect(&home, &Sts::start(), &["main"], 3, &[&message]);
    }
    // A user who is not in the user database, as in a container with an arbitrary uid. Only root can switch to one.
    if unprivileged::is_root() {
        let mut home = Home::empty();
        home.variables.remove(std::ffi::OsStr::new("HOME"));
        let ran = unprivileged::run(&home, &["main", "--shell", "sh"]);
        assert_eq!(
            (ran.status.code(), ran.stdout.as_slice()),
            (Some(3), failure_statement::of("sh", 3).as_bytes()),
            "{ran}"
        );
        let message = "mfa-env: HOME is not set, so the AWS files cannot be located\n  \
            set HOME, or both AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE\n";
        assert_eq!(String::from_utf8_lossy(&ran.stderr), message);
        // Following the advice helps.
        home.write("config", "[profile main]\n");
        home.write("credentials", "");
        home.set("AWS_CONFIG_FILE", home.path().join("config"));
        home.set("AWS_SHARED_CREDENTIALS_FILE", home.path().join("credentials"));
        let ran = unprivileged::run(&home, &["main", "--shell", "sh"]);
        assert!(String::from_utf8_lossy(&ran.stderr).contains("profile main has no credentials"), "{ran}");
    }
}

// fault 53
fn refuses_a_relative_home() {
    let sts = Sts::start();
    for relative in [".", "home", "./home", "~"] {
        // The working directory has the files; a relative path must not find them.
        let mut home = Home::with("[profile main]\n", "[main]\n");
        home.set("HOME", relative);
        no_effect::assert_no_effect(
            &home,
            &sts,
            &["main"],
            3,
            &[&format!("mfa-env: HOME is `{relative}`, which is a relative path\n")],
        );
    }
    let mut gone = Home::empty();
    let nowhere = gone.path().join("gone");
    gone.set("HOME", &nowhere);
    let message = "no AWS config found at ~/.aws/config or ~/.aws/credentials\n";
    no_effect::assert_no_effect(&gone, &sts, &["main"], 3, &[message]);
    // The root directory is a valid home; the file names keep its real contents out of the test.
    let mut root = Home::empty();
    root.set("HOME", "/").set("AWS_CONFIG_FILE", "~/mfa-env-test-no-such-dir/config");
    root.set("AWS_SHARED_CREDENTIALS_FILE", "~/mfa-env-test-no-such-dir/credentials");
    no_effect::assert_no_effect(
        &root,
        &sts,
        &["main"],
        3,
        &["no AWS config found at /mfa-env-test-no-such-dir/config or /mfa-env-test-no-such-dir/credentials\n"],
    );
}

// fault 54
fn root_writes_nothing_in_another_users_home() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("SUDO_USER", "alice").set("SUDO_UID", unprivileged::UID.to_string());
    for path in ["", ".aws", ".aws/config", ".aws/credentials"] {
        unprivileged::give(&home.path().join(path));
    }
    // `run` checks that no file changes.
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["main", &code, "--shell", "sh"]).signs_in_to("main").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("main")));
    let entries = fs::read_dir(home.path()).expect("the home").count();
    // For an ordinary user it is their own home, whatever sudo's variables say, so the session is cached.
    let cache = usize::from(!nix::unistd::Uid::effective().is_root());
    assert_eq!(entries, 1 + cache, "expected .aws, and .cache unless root");
}

/// The home directory of another user is in the password database.
// fault 158
fn expands_the_home_directory_of_a_named_user() {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::current()).expect("the password database");
    let user = user.expect("this user");
    let home = Home::empty();
    let shown = user.dir.join("no/such/file");
    Program::new(&home, ["list"])
        .env("AWS_CONFIG_FILE", format!("~{}/no/such/file", user.name))
        .fails(3)
        .says(format!("no AWS config found at {} or ", shown.display()))
        .run();
}

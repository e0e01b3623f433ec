//! What may go wrong with a view: files that change at any time, views that are not what they seem, and directories that
//! cannot be used.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::unprivileged;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

trials![
    originals_that_change_while_the_view_is_written,
    a_view_of_a_view_is_one_of_the_originals,
    a_view_of_another_program_is_replaced,
    nothing_is_asked_where_the_view_cannot_be_written,
    the_view_of_another_user_is_not_read,
    profiles_that_name_each_other_end,
    a_variable_that_is_set_after_the_sign_in_counts,
    two_shells_with_different_originals_have_two_views,
];

fn machine() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-1")]);
    (sts, alice, home)
}

fn sign_in(sts: &Sts, alice: &User, home: &mut Home) -> PathBuf {
    let ran = Program::new(home, ["prod", &sts.code(&alice.mfa_serial), "--all", "--format", "json", "-q"]);
    ran.run().apply_to(home);
    PathBuf::from(&home.variables[OsStr::new("AWS_CONFIG_FILE")])
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("text")
}

/// Whoever reads the view sees one that is complete, and in the end it is that of the last change.
fn originals_that_change_while_the_view_is_written() {
    let (sts, alice, mut home) = machine();
    let config = home.path().join(".aws/config");
    let start = text(&config);
    let version = |number: usize| {
        let profiles: String = (0..200).map(|i| format!("[profile p{i}]\nregion = version-{number}\n")).collect();
        format!("{start}{profiles}[profile last]\nregion = version-{number}\n")
    };
    home.write(".aws/config", version(100));
    let view = sign_in(&sts, &alice, &mut home);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // As an editor that replaces the file, and as one that writes it in place.
        scope.spawn(|| {
            for number in 100..160 {
                let new = home.write(".aws/new", version(number));
                if number % 2 == 0 {
                    fs::rename(new, &config).expect("a file");
                } else {
                    fs::copy(new, &config).expect("a file");
                }
            }
            is_done.store(true, Ordering::SeqCst);
        });
        scope.spawn(|| {
            while !is_done.load(Ordering::SeqCst) {
                let shown = text(&view);
                assert!(shown.starts_with("# mfa-env view of ") && shown.ends_with('\n'), "{shown}");
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    let _ = Program::new(&home, ["view"]).command().output();
                }
            });
        }
    });
    Program::new(&home, ["credential-process", "--profile", "prod"]).any_files().run();
    let shown = text(&view);
    assert_eq!(shown.matches("region = version-159\n").count(), 201);
    assert_eq!(shown.matches("version-").count(), 201);
    let left = fs::read_dir(home.cache()).expect("a directory").flatten().map(|entry| entry.file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

fn a_view_of_a_view_is_one_of_the_originals() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    let before = text(&view);
    // Made from within a shell that has the view, with and without the record of what was there.
    for without in ["", "MFA_ENV_BEFORE"] {
        home.variables.remove(OsStr::new(without));
        assert_eq!(Program::new(&home, ["view"]).run().stdout, format!("{}\n", view.display()));
        assert_eq!(text(&view), before);
    }
    // A copy of it in place of the original has no keys, and is not followed.
    let copy = home.path().join("copy");
    fs::copy(&view, &copy).expect("a file");
    home.set("AWS_CONFIG_FILE", &copy).set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    Program::new(&home, ["credential-process", "prod"]).fails(3).says("mfa-env itself").run();
    // One that names itself, or another one.
    let names = ["0a".repeat(32), "0b".repeat(32)];
    let paths = names.map(|name| home.path().join(format!("{name}.config")));
    for (path, target) in [(&paths[0], &paths[0]), (&paths[0], &paths[1]), (&paths[1], &paths[0])] {
        let (_, rest) = before.split_once(" and ").expect("a first line");
        home.write(path.to_str().expect("UTF-8"), format!("# mfa-env view of {} and {rest}", target.display()));
        home.set("AWS_CONFIG_FILE", &paths[0]);
        Program::new(&home, ["credential-process", "prod", "--no-input"]).any_files().fails(3).says("prod").run();
        Program::new(&home, ["list"]).run();
    }
}

fn a_view_of_another_program_is_replaced() {
    let (sts, alice, mut home) = machine();
    // It was installed somewhere else, and is gone now.
    let old = home.path().join("old/mfa-env");
    fs::create_dir(old.parent().expect("a folder")).expect("a folder");
    let copied = std::process::Command::new("cp").arg(binary()).arg(&old).status().expect("cp");
    assert!(copied.success());
    let code = sts.code(&alice.mfa_serial);
    let mut command = std::process::Command::new(&old);
    command.args(["prod", &code, "--all", "--format", "json"]).env_clear().envs(&home.variables);
    let output = command.output().expect("it runs");
    let changes =
        crate::support::program::Ran { stdout: String::from_utf8(output.stdout).expect("JSON"), stderr: String::new() };
    changes.apply_to(&mut home);
    let view = PathBuf::from(&home.variables[OsStr::new("AWS_CONFIG_FILE")]);
    assert!(text(&view).contains(&format!("credential_process = {} ", old.display())));
    fs::remove_file(old).expect("a file");
    Program::new(&home, ["prod", "-s", "sh"]).any_files().signs_in_to("prod").run();
    assert!(text(&view).contains(&format!("credential_process = {} ", binary().display())));
}

fn nothing_is_asked_where_the_view_cannot_be_written() {
    let (sts, alice, home) = machine();
    // As on a read-only file system, nobody can write there.
    let read_only = home.path().join("read-only");
    fs::create_dir(&read_only).expect("a folder");
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o555)).expect("a mode");
    let code = sts.code(&alice.mfa_serial);
    let mut read_only_home = machine_in(&home);
    read_only_home.set("XDG_CACHE_HOME", &read_only);
    for arguments in [["prod", code.as_str(), "--all", "-s", "sh"].as_slice(), &["view"]] {
        let outcome = unprivileged::run(&read_only_home, arguments);
        assert_eq!(outcome.status.code(), Some(7), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(stderr.contains("the view of your profiles cannot be written"), "{outcome}");
        let expected = if arguments.len() > 1 { failure_statement::of("sh", 7) } else { String::new() };
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected);
    }
    assert!(sts.take_calls().is_empty(), "the code is still good");
}

/// The same variables, for a copy of the files that another user can read.
fn machine_in(home: &Home) -> Home {
    let mut other = Home::empty();
    for (name, value) in &home.variables {
        if name != "HOME" {
            other.set(name.clone(), value.clone());
        }
    }
    for name in ["config", "credentials"] {
        other.write(&format!(".aws/{name}"), text(&home.path().join(".aws").join(name)));
    }
    other
}

fn the_view_of_another_user_is_not_read() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    let before = text(&view);
    // Somebody else with these variables, as after `su`: without the record of what was there, they name a file that this
    // user cannot read; with it, this user's own.
    let mut other = machine_in(&home);
    if unprivileged::is_root() {
        let outcome = unprivileged::run(&other, &["credential-process", "prod", "--no-input"]);
        assert_eq!(outcome.status.code(), Some(5), "{outcome}");
        other.variables.remove(OsStr::new("MFA_ENV_BEFORE"));
        let outcome = unprivileged::run(&other, &["credential-process", "prod", "--no-input"]);
        assert_eq!(outcome.status.code(), Some(7), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(stderr.contains("permission denied") && stderr.contains(view.to_str().expect("UTF-8")), "{outcome}");
    }
    assert_eq!(text(&view), before);
    // Their cache directory, named by a variable.
    other.variables.remove(OsStr::new("AWS_CONFIG_FILE"));
    other.variables.remove(OsStr::new("AWS_SHARED_CREDENTIALS_FILE"));
    other.set("MFA_ENV_CACHE_DIR", home.cache());
    if unprivileged::is_root() {
        let outcome = unprivileged::run(&other, &["view"]);
        assert_eq!(outcome.status.code(), Some(7), "{outcome}");
    }
    assert_eq!(text(&view), before);
}

fn profiles_that_name_each_other_end() {
    let (sts, alice, mut home) = machine();
    let role = "role_arn = arn:aws:iam::123456789012:role/x\n";
    let process = |name: &str| format!("credential_process = {} credential-process {name}\n", binary().display());
    let config = text(&home.path().join(".aws/config"))
        + &format!("[profile self]\n{role}source_profile = self\n[profile a]\n{role}source_profile = b\n")
        + &format!("[profile b]\n{role}source_profile = a\n[profile loop]\n{}", process("loop"))
        + &format!("[profile there]\n{}[profile back]\n{}", process("back"), process("there"))
        + &format!("[profile own]\nmfa_serial = {}\n{}", alice.mfa_serial, process("own"));
    home.write(".aws/config", config);
    let credentials = text(&home.path().join(".aws/credentials")) + &credentials_section("own", &alice);
    home.write(".aws/credentials", credentials);
    let view = sign_in(&sts, &alice, &mut home);
    let explained = Program::new(&home, ["explain", "--all"]).run().stdout;
    for name in ["self", "a", "b", "loop", "there", "back"] {
        assert!(explained.contains(&format!("\n{name}: as it is: ")), "{name}: {explained}");
        // What a program would call.
        let ran = Program::new(&home, ["credential-process", "--profile", name, "--no-input"]).fails(3);
        ran.says(name).stdout("").run();
    }
    // Its keys come first, as without the view.
    Program::new(&home, ["credential-process", "--profile", "own", "--no-input"]).run();
    let shown = text(&view);
    assert_eq!(shown.matches("credential-process --profile own\n").count(), 1, "{shown}");
    assert!(shown.contains(&format!("[profile loop]\n{}", process("loop"))), "{shown}");
}

fn a_variable_that_is_set_after_the_sign_in_counts() {
    let (sts, alice, mut home) = machine();
    sign_in(&sts, &alice, &mut home);
    // As by a startup file, in a shell that was started in this one.
    let config = home.path().join(".aws/config");
    home.set("AWS_CONFIG_FILE", &config);
    Program::new(&home, ["status"])
        .fails(1)
        .stdout(
            "not signed in: AWS_CONFIG_FILE was set after the sign-in, so programs do not use the view; sign in again \
             with: aws-mfa --all\n",
        )
        .run();
    Program::new(&home, ["status", "--quiet"]).fails(1).run();
    // What mfa-env reads is complete, and programs that call it get sessions.
    Program::new(&home, ["credential-process", "prod", "--no-input"]).run();
    let ran = Program::new(&home, ["unset", "-s", "sh"]).run();
    assert_eq!(ran.variable("AWS_CONFIG_FILE"), None, "it is the user's");
    assert_eq!(ran.variable("AWS_SHARED_CREDENTIALS_FILE"), Some(None));
    // Signing in again is what the message says.
    let ran = Program::new(&home, ["--all", "--format", "json"]).says("every profile can be used by its name");
    ran.run().apply_to(&mut home);
    assert!(Program::new(&home, ["status"]).run().stdout.starts_with("prod, and every profile by its name"));
    let ran = Program::new(&home, ["unset", "-s", "sh"]).run();
    assert_eq!(ran.variable("AWS_CONFIG_FILE"), Some(config.to_str()));
}

fn two_shells_with_different_originals_have_two_views() {
    let (sts, alice, mut first) = machine();
    let work = text(&first.path().join(".aws/config")).replace("eu-west-1", "ap-south-1");
    let work = first.write("work/config", work);
    let before = first.variables.clone();
    let own = sign_in(&sts, &alice, &mut first);
    let of_first = std::mem::replace(&mut first.variables, before);
    first.set("AWS_CONFIG_FILE", &work);
    sts.advance(60);
    let other = sign_in(&sts, &alice, &mut first);
    assert_ne!(own, other);
    let region = |home: &Home, expected: &str| {
        let explained = Program::new(home, ["explain", "--verbose", "prod"]).run().stdout;
        assert!(explained.contains(expected), "{explained}");
    };
    region(&first, "region ap-south-1 (~/work/config:");
    let of_second = std::mem::replace(&mut first.variables, of_first);
    region(&first, "region eu-west-1 (~/.aws/config:");
    // A change of one file makes one view stale.
    first.write("work/config", text(&work) + "[profile late]\n");
    let is_stale = |home: &Home| Program::new(home, ["status"]).run().stdout.contains("out of date");
    assert!(!is_stale(&first));
    first.variables = of_second;
    assert!(is_stale(&first));
    Program::new(&first, ["exec", "prod", "--", "true"]).any_files().run();
    assert!(!is_stale(&first) && text(&other).contains("[profile late]") && !text(&own).contains("[profile late]"));
}

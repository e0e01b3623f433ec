//! A view that is used in another directory or with another home than the one in which it was made.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

trials![
    relative_originals_are_those_of_the_sign_in,
    another_home_does_not_matter,
    one_variable_names_both_files,
    a_removed_view_of_relative_originals_shows_no_other_files,
    what_was_set_later_is_read_where_it_is_used,
];

const FILES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// Alice, and a directory `p` with AWS files in which `prod` is another role.
fn machine() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    sts.add_role("other", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-1")]);
    let aws = home.path().join(".aws");
    let text = |name: &str| fs::read_to_string(aws.join(name)).expect("text");
    home.write("p/.aws/config", text("config").replace("role/admin", "role/other"));
    home.write("p/.aws/credentials", text("credentials"));
    (sts, alice, home)
}

fn sign_in(sts: &Sts, alice: &User, home: &mut Home) -> PathBuf {
    let ran = Program::new(home, ["prod", &sts.code(&alice.mfa_serial), "--all", "--format", "json", "-q"]);
    ran.run().apply_to(home);
    sts.take_calls();
    PathBuf::from(&home.variables[OsStr::new(FILES[0])])
}

fn within<'a>(home: &'a Home, directory: &Path, arguments: &[&str]) -> Program<'a> {
    let directory = directory.to_owned();
    Program::new(home, arguments).configure(move |command| {
        command.current_dir(&directory);
    })
}

fn assert_reads_originals(home: &Home, directory: &Path, sts: &Sts) {
    let ran = within(home, directory, &["credential-process", "--profile", "prod", "--no-input"]).any_files().run();
    assert!(ran.stdout.contains("\"AccessKeyId\":\"ASIA"), "{}", ran.stdout);
    let calls = sts.take_calls();
    assert!(calls.iter().all(|call| !format!("{call:?}").contains("role/other")), "{calls:?}");
    let config = home.path().join(".aws/config");
    let explained = within(home, directory, &["explain", "--json", "prod"]).run().stdout;
    let value: serde_json::Value = serde_json::from_str(&explained).expect("JSON");
    let text = value.to_string();
    assert!(text.contains("role/admin") && text.contains(config.to_str().expect("UTF-8")), "{text}");
    assert!(!text.contains("role/other"), "{text}");
}

/// The record of what was there before names them relative to another directory.
fn relative_originals_are_those_of_the_sign_in() {
    for names in [
        [Some(".aws/config"), None],
        [None, Some(".aws/credentials")],
        [Some(".aws/config"), Some("./.aws/credentials")],
    ] {
        let (sts, alice, mut home) = machine();
        for (variable, name) in FILES.into_iter().zip(names) {
            if let Some(name) = name {
                home.set(variable, name);
            }
        }
        let view = sign_in(&sts, &alice, &mut home);
        for directory in [home.path().to_owned(), home.path().join("p"), PathBuf::from("/")] {
            assert_reads_originals(&home, &directory, &sts);
            // It is the same view.
            let again = within(&home, &directory, &["view"]).any_files().run().stdout;
            assert_eq!(Path::new(again.trim_end()), view);
            // A change of the originals is found.
            let config = home.path().join(".aws/config");
            let number = fs::read_to_string(&config).expect("text").lines().count();
            home.write(".aws/config", fs::read_to_string(&config).expect("text") + &format!("[profile l{number}]\n"));
            within(&home, &directory, &["credential-process", "prod", "--no-input"]).any_files().run();
            assert!(fs::read_to_string(&view).expect("text").contains(&format!("[profile l{number}]\n")));
        }
        // `unset` puts back what was there.
        let ran = within(&home, Path::new("/"), &["unset", "-s", "sh"]).run();
        for (variable, name) in FILES.into_iter().zip(names) {
            assert_eq!(ran.variable(variable), Some(name), "{variable}");
        }
    }
}

fn another_home_does_not_matter() {
    for before in [None, Some("~/.aws/config"), Some("$HOME/.aws/config")] {
        let (sts, alice, mut home) = machine();
        if let Some(before) = before {
            home.set(FILES[0], before);
        }
        let view = sign_in(&sts, &alice, &mut home);
        for other in ["p", "nosuch"] {
            home.set("HOME", home.path().join(other));
            assert_reads_originals(&home, Path::new("/"), &sts);
            let again = Program::new(&home, ["view"]).run().stdout;
            assert_eq!(Path::new(again.trim_end()), view);
        }
        // Sandboxes of desktops set it; what was set on purpose counts.
        home.set("XDG_CACHE_HOME", home.path().join("xdg"));
        assert_reads_originals(&home, Path::new("/"), &sts);
        home.set("MFA_ENV_CACHE_DIR", home.path().join("own"));
        let ran = Program::new(&home, ["credential-process", "--profile", "prod", "--no-input"]).any_files().fails(5);
        ran.says("aws-mfa --all prod").stdout("").run();
        assert!(!home.path().join("xdg").exists());
    }
}

/// As a desktop that sets only one of them.
fn one_variable_names_both_files() {
    let (sts, alice, mut home) = machine();
    sign_in(&sts, &alice, &mut home);
    let values = FILES.map(|name| home.variables[OsStr::new(name)].clone());
    for name in ["MFA_ENV_BEFORE", "MFA_ENV_PROFILE", "AWS_PROFILE", FILES[0], FILES[1]] {
        home.variables.remove(OsStr::new(name));
    }
    home.set("HOME", home.path().join("p"));
    for (name, value) in FILES.into_iter().zip(values) {
        home.set(name, value);
        assert_reads_originals(&home, Path::new("/"), &sts);
        home.variables.remove(OsStr::new(name));
    }
}

/// Which files those were is not known elsewhere, and the files there are others.
fn a_removed_view_of_relative_originals_shows_no_other_files() {
    let (sts, alice, mut home) = machine();
    fs::rename(home.path().join(".aws"), home.path().join("aws")).expect("a folder");
    fs::rename(home.path().join("p/.aws"), home.path().join("p/aws")).expect("a folder");
    home.set(FILES[0], "aws/config").set(FILES[1], "aws/credentials");
    let view = sign_in(&sts, &alice, &mut home);
    fs::remove_file(&view).expect("a file");
    fs::remove_file(view.with_extension("credentials")).expect("a file");
    for directory in [home.path().join("p"), PathBuf::from("/")] {
        let ran = within(&home, &directory, &["credential-process", "prod", "--no-input"]).fails(3).stdout("");
        ran.says("a view of your profiles that was removed; unset AWS_CONFIG_FILE").run();
        assert!(sts.take_calls().is_empty());
    }
    // Where it was made, it is known.
    within(&home, home.path(), &["credential-process", "prod", "--no-input"]).any_files().run();
    assert!(view.is_file());
    within(&home, &home.path().join("p"), &["credential-process", "prod", "--no-input"]).run();
}

/// As by a startup file: it is not the view, so it is what the user says.
fn what_was_set_later_is_read_where_it_is_used() {
    let (sts, alice, mut home) = machine();
    home.set(FILES[0], ".aws/config");
    sign_in(&sts, &alice, &mut home);
    home.set(FILES[0], ".aws/config");
    for (directory, role) in [(home.path().to_owned(), "role/admin"), (home.path().join("p"), "role/other")] {
        let explained = within(&home, &directory, &["explain", "--json", "prod"]).run().stdout;
        assert!(explained.contains(role), "{explained}");
    }
    let ran = Program::new(&home, ["unset", "-s", "sh"]).run();
    assert_eq!(ran.variable(FILES[0]), None, "it is the user's");
}

//! What may go wrong with a view: files that change at any time, views that are not what they seem, and directories that
//! cannot be used.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::shells;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::unprivileged;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
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
    a_view_that_others_can_change_is_not_handed_out,
    a_file_of_the_same_size_and_time_is_another_one,
    what_programs_would_read_differently_is_refused,
    a_removed_view_is_made_again,
    originals_whose_path_is_not_utf_8_are_found,
];

#[cfg(target_os = "linux")]
read_only_trials![nothing_is_asked_on_a_read_only_file_system];

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
    let work = first.write("project/config", work);
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
    region(&first, "region ap-south-1 (~/project/config:");
    let of_second = std::mem::replace(&mut first.variables, of_first);
    region(&first, "region eu-west-1 (~/.aws/config:");
    // A change of one file makes one view stale.
    first.write("project/config", text(&work) + "[profile late]\n");
    let is_stale = |home: &Home| Program::new(home, ["status"]).run().stdout.contains("out of date");
    assert!(!is_stale(&first));
    first.variables = of_second;
    assert!(is_stale(&first));
    Program::new(&first, ["exec", "prod", "--", "true"]).any_files().run();
    assert!(!is_stale(&first) && text(&other).contains("[profile late]") && !text(&own).contains("[profile late]"));
}

/// A second ago, a file that changes now is distinguished from one that has not changed.
fn set_time(path: &Path, seconds_ago: u64) {
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds_ago);
    fs::File::options().append(true).open(path).expect("a file").set_modified(time).expect("a time");
}

/// A view names a program, so whoever can write it could run theirs.
fn a_view_that_others_can_change_is_not_handed_out() {
    let (_sts, _alice, mut home) = machine();
    for name in ["config", "credentials"] {
        set_time(&home.path().join(".aws").join(name), 3600);
    }
    let made = |home: &Home, arguments: &[&str]| {
        PathBuf::from(Program::new(home, ["view"].iter().chain(arguments)).run().stdout.trim_end())
    };
    let views = [made(&home, &[]), made(&home, &["--credentials"])];
    let forged = views.each_ref().map(|view| text(view).replace(&format!("= {} ", binary().display()), "= /tmp/evil "));
    // Those that look like ours, in a directory of somebody else.
    let forge = |directory: &Path, mode: u32| {
        for (view, forged) in views.iter().zip(&forged) {
            let path = directory.join(view.file_name().expect("a name"));
            fs::write(&path, forged).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
    };
    let own = home.cache();
    for (mode, problem) in [(0o777, "accessible to other users"), (0o750, "accessible to other users")] {
        let cache = home.path().join(format!("cache-{mode:o}"));
        fs::create_dir(&cache).expect("a folder");
        forge(&cache, 0o400);
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).expect("a mode");
        home.set("MFA_ENV_CACHE_DIR", &cache);
        Program::new(&home, ["view"]).fails(7).stdout("").says(problem).run();
        Program::new(&home, ["prod", "123456", "--all", "-s", "sh"]).fails(7).says(problem).run();
    }
    if unprivileged::is_root() {
        let cache = home.path().join("foreign");
        fs::create_dir(&cache).expect("a folder");
        forge(&cache, 0o400);
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).expect("a mode");
        unprivileged::give(&cache);
        home.set("MFA_ENV_CACHE_DIR", &cache);
        Program::new(&home, ["view"]).fails(7).stdout("").says("owned by another user").run();
    }
    // Only the files: they are replaced.
    home.set("MFA_ENV_CACHE_DIR", &own);
    let is_own = |home: &Home| {
        let view = made(home, &[]);
        let is_file = fs::symlink_metadata(&view).expect("a file").is_file();
        is_file && text(&view).contains(&format!("= {} ", binary().display())) && !text(&view).contains("/tmp/evil")
    };
    for mode in [0o404, 0o460] {
        for view in &views {
            fs::remove_file(view).expect("a file");
        }
        forge(&own, mode);
        assert!(is_own(&home), "{mode:o}");
    }
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    forge(&elsewhere, 0o400);
    for link in [std::os::unix::fs::symlink::<PathBuf, &PathBuf>, |from: PathBuf, to: &PathBuf| fs::hard_link(from, to)]
    {
        for view in &views {
            fs::remove_file(view).expect("a file");
            link(elsewhere.join(view.file_name().expect("a name")), view).expect("a link");
        }
        assert!(is_own(&home));
    }
}

/// As with Nix, which gives all its files the same time.
fn a_file_of_the_same_size_and_time_is_another_one() {
    let (_sts, _alice, home) = machine();
    let config = home.path().join(".aws/config");
    let generations = ["eu-west-1", "eu-west-2"].map(|region| {
        let path = home.write(&format!("store/{region}"), text(&config).replace("eu-west-1", region));
        set_time(&path, 1_000_000);
        path
    });
    set_time(&home.path().join(".aws/credentials"), 3600);
    for (generation, region) in generations.iter().zip(["eu-west-1", "eu-west-2"]).cycle().take(4) {
        fs::remove_file(&config).expect("a file");
        std::os::unix::fs::symlink(generation, &config).expect("a link");
        let view = Program::new(&home, ["view"]).run().stdout;
        let shown = text(Path::new(view.trim_end()));
        assert!(shown.contains(&format!("[profile prod]\nregion = {region}\n")), "{shown}");
    }
}

fn what_programs_would_read_differently_is_refused() {
    let (sts, alice, mut home) = machine();
    let code = sts.code(&alice.mfa_serial);
    let refuses = |home: &Home, status: i32, says: &str| {
        Program::new(home, ["view"]).fails(status).stdout("").says(says).run();
        let ran = Program::new(home, ["prod", &code, "--all", "-s", "sh"]).fails(status);
        ran.stdout(failure_statement::of("sh", status)).says(says).run();
    };
    // botocore looks for a variable in the path.
    for (name, says) in [
        ("a$HOME", "would look for a variable in its path"),
        ("a${X}b", "would look for a variable in its path"),
        ("a\nb", "contains a control character"),
        ("a\x1bb", "contains a control character"),
    ] {
        home.set("MFA_ENV_CACHE_DIR", home.path().join(name));
        refuses(&home, 7, says);
    }
    home.set("MFA_ENV_CACHE_DIR", OsStr::from_bytes(&[home.path().as_os_str().as_bytes(), b"/\xff"].concat()));
    refuses(&home, 7, "its path is not UTF-8");
    home.variables.remove(OsStr::new("MFA_ENV_CACHE_DIR"));
    // `unset` could not put it back.
    home.set("AWS_CONFIG_FILE", OsStr::from_bytes(&[home.path().as_os_str().as_bytes(), b"/\xff"].concat()));
    let ran = Program::new(&home, ["prod", &code, "--all", "-s", "sh"]).fails(7);
    ran.says("AWS_CONFIG_FILE has an invalid value, which `mfa-env unset` could not restore\n").run();
    home.variables.remove(OsStr::new("AWS_CONFIG_FILE"));
    // The program itself; a link with another name helps, as the message says.
    let folder = home.path().join("my $programs");
    fs::create_dir(&folder).expect("a folder");
    let program = folder.join("mfa-env");
    assert!(std::process::Command::new("cp").arg(binary()).arg(&program).status().expect("cp").success());
    let run = |home: &Home, arguments: &[&str]| {
        let mut command = std::process::Command::new(&program);
        command.args(arguments).env_clear().envs(&home.variables).current_dir("/");
        shells::finish(command)
    };
    for arguments in [["view"].as_slice(), &["prod", &code, "--all", "-s", "sh"], &["explain", "--all"]] {
        let outcome = run(&home, arguments);
        assert_eq!(outcome.status.code(), Some(2), "{outcome}");
        assert!(
            String::from_utf8_lossy(&outcome.stderr).contains("because programs read `$` differently"),
            "{outcome}"
        );
    }
    fs::create_dir(home.path().join("bin")).expect("a folder");
    std::os::unix::fs::symlink(&program, home.path().join("bin/mfa-env")).expect("a link");
    home.set("PATH", home.path().join("bin"));
    let outcome = run(&home, &["view"]);
    let view = String::from_utf8_lossy(&outcome.stdout).trim_end().to_owned();
    assert!(text(Path::new(&view)).contains(&format!("= {}/bin/mfa-env ", home.path().display())), "{outcome}");
    assert!(sts.take_calls().is_empty(), "the code is still good");
}

/// By a program that cleans caches.
fn a_removed_view_is_made_again() {
    let (sts, alice, mut home) = machine();
    let before = home.variables.clone();
    let view = sign_in(&sts, &alice, &mut home);
    let remove = || {
        let _ = fs::remove_file(&view);
        let _ = fs::remove_file(view.with_extension("credentials"));
    };
    // In the shell that has signed in, a command that signs in makes it again.
    let commands: [&[&str]; 4] = [
        &["view"],
        &["credential-process", "prod"],
        &["exec", "main", "--", "true"],
        &["--all", "--format", "json", "-q"],
    ];
    for command in commands {
        remove();
        let status = Program::new(&home, ["status"]).fails(1).run().stdout;
        assert_eq!(status, "not signed in: the view of your profiles was removed; make it again with: mfa-env view\n");
        Program::new(&home, ["explain", "prod"]).run();
        Program::new(&home, command).any_files().run();
        assert!(text(&view).contains("[profile prod]"), "{command:?}");
    }
    assert!(Program::new(&home, ["status"]).run().stdout.starts_with("prod, and every profile"));
    // Where a startup file has set the variables, it is known what the view showed if that were the usual files.
    let [config, credentials] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
    let values = [config, credentials].map(|name| home.variables[OsStr::new(name)].clone());
    home.variables = before;
    home.set(config, &values[0]).set(credentials, &values[1]);
    assert_eq!(
        Program::new(&home, ["status"]).fails(1).run().stdout,
        format!("not signed in; programs use every profile by its name, from {}\n", home.shown(&view))
    );
    for command in &commands[..3] {
        remove();
        assert!(Program::new(&home, ["status"]).fails(1).run().stdout.contains("mfa-env view"));
        assert!(Program::new(&home, ["list"]).run().stdout.contains("prod"));
        Program::new(&home, *command).any_files().run();
        assert!(text(&view).contains("[profile prod]"), "{command:?}");
    }
    // For other files it is not, and no other files are read instead.
    let other = home.write("other/config", text(&home.path().join(".aws/config")));
    home.variables.remove(OsStr::new(credentials));
    home.set(config, other);
    let of_other = Program::new(&home, ["view"]).run().stdout.trim_end().to_owned();
    fs::remove_file(&of_other).expect("a file");
    home.set(config, &of_other).set(credentials, "/dev/null");
    let says = format!(
        "AWS_CONFIG_FILE names {}, a view of your profiles that was removed; unset AWS_CONFIG_FILE",
        home.shown(&of_other)
    );
    let ran = Program::new(&home, ["credential-process", "prod", "--no-input"]).fails(3).says(says);
    let said = ran.run().stderr;
    assert!(!said.contains("aws configure"), "{said}");
}

fn originals_whose_path_is_not_utf_8_are_found() {
    let (_sts, _alice, mut home) = machine();
    let folder = home.path().join(OsStr::from_bytes(b"x\xff %2F"));
    fs::create_dir(&folder).expect("a folder");
    fs::copy(home.path().join(".aws/config"), folder.join("config")).expect("a copy");
    home.set("AWS_CONFIG_FILE", folder.join("config"));
    let view = Program::new(&home, ["view"]).run().stdout;
    home.set("AWS_CONFIG_FILE", view.trim_end());
    assert!(Program::new(&home, ["list"]).run().stdout.contains("prod"));
    fs::write(folder.join("config"), "[profile other]\nregion = eu-west-1\n").expect("a file");
    let listed = Program::new(&home, ["list"]).run().stdout;
    assert!(listed.contains("other") && !listed.contains("prod"), "{listed}");
}

/// A home directory or a cache on one, as in containers. Nobody can write there, not even root.
#[cfg(target_os = "linux")]
fn nothing_is_asked_on_a_read_only_file_system() {
    use crate::support::read_only;
    let (sts, alice, mut home) = machine();
    let code = sts.code(&alice.mfa_serial);
    let all = ["prod", code.as_str(), "--all", "-s", "sh"];
    let fails = |home: &Home, directory: &Path, arguments: &[&str]| {
        let outcome = read_only::run(home, directory, arguments);
        assert_eq!(outcome.status.code(), Some(7), "{outcome}");
        let expected = if arguments.len() > 1 { failure_statement::of("sh", 7) } else { String::new() };
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected);
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        let says = "the view of your profiles cannot be written to the cache directory: read-only file";
        assert!(stderr.to_lowercase().contains(says), "{outcome}");
        assert!(sts.take_calls().is_empty(), "the code is still good");
    };
    // There is no cache yet.
    fails(&home, home.path(), &["view"]);
    fails(&home, home.path(), &all);
    // There is a view that is up to date: it can be used, but no program would find the session of a sign-in.
    let view = Program::new(&home, ["view"]).run().stdout;
    let past = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    for name in ["config", "credentials"] {
        let file = fs::File::options().append(true).open(home.path().join(".aws").join(name)).expect("a file");
        file.set_modified(past).expect("a time");
    }
    assert_eq!(Program::new(&home, ["view"]).run().stdout, view);
    let outcome = read_only::run(&home, home.path(), ["view"]);
    assert_eq!((outcome.status.code(), String::from_utf8_lossy(&outcome.stdout).into_owned()), (Some(0), view.clone()));
    fails(&home, home.path(), &all);
    // One that is not.
    home.write(".aws/config", text(&home.path().join(".aws/config")) + "[profile late]\nregion = eu-west-1\n");
    fails(&home, home.path(), &["view"]);
    // Signed in before the file system became read-only, programs still get credentials through the old view.
    sign_in(&sts, &alice, &mut home);
    home.write(".aws/config", text(&home.path().join(".aws/config")) + "[profile later]\nregion = eu-west-1\n");
    let outcome = read_only::run(&home, home.path(), ["credential-process", "--profile", "prod"]);
    assert!(outcome.status.success() && outcome.stdout.starts_with(b"{\"AccessKeyId\":\"ASIA"), "{outcome}");
    assert!(!text(Path::new(view.trim_end())).contains("later"));
    assert!(Program::new(&home, ["status"]).run().stdout.contains("out of date"));
    // With a cache elsewhere, only the home is read-only.
    let cache = tempfile::tempdir().expect("a temporary directory");
    home.set("MFA_ENV_CACHE_DIR", cache.path().join("mfa-env"));
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    let outcome = read_only::run(&home, home.path(), ["prod", &code, "--all", "-s", "sh"]);
    assert!(
        outcome.status.success() && String::from_utf8_lossy(&outcome.stdout).contains("AWS_CONFIG_FILE="),
        "{outcome}"
    );
}

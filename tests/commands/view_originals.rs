//! A view whose originals are missing, empty, half-written or not readable for a while: what programs can use stays, and
//! `status` and `doctor` say what is wrong.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

trials![
    a_file_that_is_lost_takes_nothing_away,
    a_file_that_is_half_written_takes_nothing_away,
    profiles_that_were_removed_leave_the_view,
    a_view_without_callers_is_made_only_on_purpose,
    no_profile_gets_keys_instead_of_a_session,
    programs_succeed_while_a_file_is_written_again_and_again,
    what_is_missing_is_shown_and_made_again,
];

#[cfg(target_os = "linux")]
trials![a_file_that_comes_back_is_waited_for];

/// Alice, with the roles of `prod` and `audit`, and a profile of another kind at the end.
fn machine() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let roles = ["admin", "audit"].map(|name| sts.add_role(name, RoleSpec::default()));
    let more = "region = eu-west-1";
    let home = Home::with_user(&sts, &alice, &[("prod", &roles[0], more), ("audit", &roles[1], more)]);
    home.write(".aws/config", text(&home.path().join(".aws/config")) + "[profile plain]\nregion = us-west-1\n");
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

/// What is below the first line.
fn profiles(view: &str) -> &str {
    view.split_once('\n').expect("lines").1
}

/// As if everything had last changed then.
fn set_times(home: &Home, time: SystemTime) {
    let aws = home.path().join(".aws");
    let entries = fs::read_dir(&aws).expect("a folder").flatten().map(|entry| entry.path());
    for path in entries.chain([aws.clone()]).filter(|path| path.exists()) {
        fs::File::open(path).expect("a file").set_modified(time).expect("a time");
    }
}

fn long_ago() -> SystemTime {
    SystemTime::now() - Duration::from_hours(1)
}

/// Ahead, as on a file server, so that it stays recent however slow this machine is.
fn recently() -> SystemTime {
    SystemTime::now() + Duration::from_hours(1)
}

/// What runs without being told to make a view, whether it succeeds or not.
fn run_all(home: &Home) {
    for command in [
        ["credential-process", "--profile", "audit", "--no-input"].as_slice(),
        &["exec", "prod", "--no-input", "--", "true"],
        &["each", "*", "--no-input", "--", "true"],
        &["prod", "-s", "sh", "--no-input"],
        &["list"],
    ] {
        drop(Program::new(home, command).command().output().expect("it runs"));
    }
}

fn assert_heals(home: &Home, view: &Path, before: &str) {
    let ran = Program::new(home, ["credential-process", "--profile", "audit", "--no-input"]).any_files().run();
    assert!(ran.stdout.contains("ASIA"), "{}", ran.stdout);
    assert_eq!(profiles(&text(view)), profiles(before));
    assert!(!Program::new(home, ["status"]).run().stdout.contains("out of date"));
    let doctor = Program::new(home, ["doctor"]).command().output().expect("it runs").stdout;
    assert!(!String::from_utf8_lossy(&doctor).contains("out of date"), "{}", String::from_utf8_lossy(&doctor));
}

/// An editor that truncates a file first, a program that replaces links, a home that is not mounted yet.
fn a_file_that_is_lost_takes_nothing_away() {
    type Damage<'a> = (&'a dyn Fn(&Path), &'a str, &'a str);
    const RESTORE: &str = "; restore that file, or let the view show what is left with: mfa-env view\n";
    const CORRECT: &str = "; correct that; then update it with: mfa-env view\n";
    let remove = |path: &Path| fs::remove_file(path).expect("a file");
    let empty = |path: &Path| fs::write(path, "").expect("a file");
    let link = |path: &Path| {
        fs::remove_file(path).expect("a file");
        std::os::unix::fs::symlink("nowhere", path).expect("a link");
    };
    let folder = |path: &Path| {
        fs::remove_file(path).expect("a file");
        fs::create_dir(path).expect("a folder");
    };
    let wide = |path: &Path| fs::write(path, b"\xff\xfe[\0d\0").expect("a file");
    let damages: [Damage<'_>; 5] = [
        (&remove, "is missing", RESTORE),
        (&empty, "is empty", RESTORE),
        (&link, "is missing", RESTORE),
        (&folder, "is a directory", CORRECT),
        (&wide, "NUL byte", CORRECT),
    ];
    for name in ["config", "credentials"] {
        let (sts, alice, mut home) = machine();
        set_times(&home, long_ago());
        let view = sign_in(&sts, &alice, &mut home);
        let (before, path) = (text(&view), home.path().join(".aws").join(name));
        let content = text(&path);
        for (damage, what, advice) in damages {
            damage(&path);
            set_times(&home, long_ago());
            run_all(&home);
            assert_eq!(profiles(&text(&view)), profiles(&before), "{name} {what}");
            let status = Program::new(&home, ["status"]).run().stdout;
            let says = status.split_once("; it is out of date: ").expect(what).1;
            assert!(says.starts_with(&format!("~/.aws/{name}")) && says.contains(what), "{status}");
            assert!(says.ends_with(advice), "{status}");
            // Any of a file, a link and a folder.
            drop(fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)));
            home.write(&format!(".aws/{name}"), &content);
            set_times(&home, long_ago());
            assert_heals(&home, &view, &before);
        }
        // Both at once.
        for other in ["config", "credentials"] {
            fs::rename(home.path().join(".aws").join(other), home.path().join(other)).expect("a file");
        }
        set_times(&home, long_ago());
        run_all(&home);
        let shown = text(&view);
        assert!(shown.contains("--profile prod\n") && shown.contains("--profile audit\n"), "{shown}");
        for other in ["config", "credentials"] {
            fs::rename(home.path().join(other), home.path().join(".aws").join(other)).expect("a file");
        }
        assert_heals(&home, &view, &before);
    }
}

/// At every length that a file may have had when it was read.
fn a_file_that_is_half_written_takes_nothing_away() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    let before = text(&view);
    for name in ["config", "credentials"] {
        let path = home.path().join(".aws").join(name);
        let content = text(&path);
        let lengths = (1..content.len()).step_by(content.len() / 12);
        for length in lengths {
            fs::write(&path, &content[..length]).expect("a file");
            set_times(&home, recently());
            let run = Program::new(&home, ["credential-process", "--profile", "audit", "--no-input"]);
            drop(run.command().output().expect("it runs"));
            let shown = text(&view);
            for profile in ["main", "prod", "audit"] {
                let command = format!(" credential-process --profile {profile}\n");
                assert!(shown.contains(&command), "{name}, {length} bytes: {shown}");
            }
        }
        fs::write(&path, &content).expect("a file");
        assert_heals(&home, &view, &before);
    }
}

fn profiles_that_were_removed_leave_the_view() {
    for is_asked_for in [true, false] {
        let (sts, alice, mut home) = machine();
        let view = sign_in(&sts, &alice, &mut home);
        let config = text(&home.path().join(".aws/config"));
        let (start, _) = config.split_once("[profile audit]").expect("a profile");
        home.write(".aws/config", start);
        set_times(&home, recently());
        run_all(&home);
        assert!(text(&view).contains("--profile audit\n") && text(&view).contains("[profile plain]\n"));
        let status = Program::new(&home, ["status"]).run().stdout;
        let says =
            "; it is out of date: it has audit and 1 more as before your last change; update it with: mfa-env view\n";
        assert!(status.ends_with(says), "{status}");
        let json = Program::new(&home, ["status", "--json"]).run().stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["view"]["problem"], "it has audit and 1 more as before your last change");
        // A program that still uses it is told so.
        let ran = Program::new(&home, ["credential-process", "--profile", "audit", "--no-input"]).fails(3).stdout("");
        ran.says("audit").run();
        if is_asked_for {
            Program::new(&home, ["view"]).run();
        } else {
            set_times(&home, SystemTime::now() - Duration::from_secs(10));
            Program::new(&home, ["credential-process", "--profile", "prod", "--no-input"]).any_files().run();
        }
        let shown = text(&view);
        assert!(!shown.contains("audit") && !shown.contains("plain") && shown.contains("--profile prod\n"), "{shown}");
    }
}

/// As a placeholder that a program has put there.
fn a_view_without_callers_is_made_only_on_purpose() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    let before = text(&view);
    let contents = ["config", "credentials"].map(|name| {
        let content = text(&home.path().join(".aws").join(name));
        home.write(&format!(".aws/{name}"), "# the files are somewhere else\n[profile plain]\n");
        content
    });
    set_times(&home, long_ago());
    run_all(&home);
    assert_eq!(profiles(&text(&view)), profiles(&before));
    for (name, content) in ["config", "credentials"].into_iter().zip(contents) {
        home.write(&format!(".aws/{name}"), content);
    }
    home.write(".aws/config", text(&home.path().join(".aws/config")) + "[profile late]\n");
    Program::new(&home, ["credential-process", "--profile", "audit", "--no-input"]).any_files().run();
    assert!(text(&view).contains("[profile late]\n"));
    for name in ["config", "credentials"] {
        home.write(&format!(".aws/{name}"), "# nothing\n[profile plain]\n");
    }
    Program::new(&home, ["view"]).run();
    assert_eq!(profiles(&text(&view)), "[profile plain]\n");
}

/// Without the config file, the keys of `main` have no device.
fn no_profile_gets_keys_instead_of_a_session() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    home.write(".aws/config", "[profile plain]\nregion = us-west-1\n[profile prod]\n");
    set_times(&home, recently());
    run_all(&home);
    let shown = text(&view);
    assert!(shown.contains(" credential-process --profile main\n") && !shown.contains("--no-session"), "{shown}");
}

/// As `cat >` and many editors do, without end.
fn programs_succeed_while_a_file_is_written_again_and_again() {
    let (sts, alice, mut home) = machine();
    let view = sign_in(&sts, &alice, &mut home);
    let (before, config) = (text(&view), home.path().join(".aws/config"));
    let content = text(&config);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut writes = 0;
            while !is_done.load(Ordering::SeqCst) {
                fs::write(&config, &content).expect("a file");
                std::thread::sleep(Duration::from_millis(1));
                writes += 1;
            }
            writes
        });
        let calls: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    let run = Program::new(&home, ["credential-process", "--profile", "audit", "--no-input"]);
                    let output = run.command().output().expect("it runs");
                    let shown = text(&view);
                    (output, shown)
                })
            })
            .collect();
        let outcomes: Vec<_> = calls.into_iter().map(|call| call.join().expect("it runs")).collect();
        is_done.store(true, Ordering::SeqCst);
        assert!(writer.join().expect("it runs") > 10);
        for (output, shown) in outcomes {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(shown.contains("--profile prod\n") && shown.contains("--profile audit\n"), "{shown}");
        }
    });
    assert_heals(&home, &view, &before);
}

/// By whoever was told to make the view while the file was not there.
fn what_is_missing_is_shown_and_made_again() {
    for command in [["list"].as_slice(), &["exec", "main", "--", "true"], &["main", "-s", "sh", "-q"]] {
        let (sts, alice, mut home) = machine();
        let view = sign_in(&sts, &alice, &mut home);
        let config = home.path().join(".aws/config");
        fs::rename(&config, home.path().join("away")).expect("a file");
        Program::new(&home, ["view"]).run();
        assert!(!text(&view).contains("profile prod"));
        fs::rename(home.path().join("away"), &config).expect("a file");
        let status = Program::new(&home, ["status"]).run().stdout;
        let says = "; it is out of date: it lacks audit and 3 more; update it with: mfa-env view\n";
        assert!(status.ends_with(says), "{status}");
        let doctor = Program::new(&home, ["doctor"]).command().output().expect("it runs").stdout;
        let doctor = String::from_utf8_lossy(&doctor).into_owned();
        assert!(doctor.contains("the view is out of date: it lacks audit and 3 more\n"), "{doctor}");
        assert!(doctor.contains("  update it with: mfa-env view\n"), "{doctor}");
        let error = "aws: [ERROR]: The config profile (audit) could not be found\n";
        let why = Program::new(&home, ["why"]).stdin(error).run().stdout;
        assert!(why.contains("is not in the view that this shell's programs use\n"), "{why}");
        assert!(why.contains("update the view with: mfa-env view\n"), "{why}");
        Program::new(&home, command).any_files().run();
        let shown = text(&view);
        assert!(shown.contains(" --profile audit\n") && shown.contains("[profile plain]\n"), "{command:?}: {shown}");
        assert!(!Program::new(&home, ["status"]).run().stdout.contains("out of date"));
    }
}

/// While it is away for a moment, because a program replaces it.
#[cfg(target_os = "linux")]
fn a_file_that_comes_back_is_waited_for() {
    let (sts, alice, mut home) = machine();
    sign_in(&sts, &alice, &mut home);
    let config = home.path().join(".aws/config");
    let content = text(&config);
    let away: [&dyn Fn(); 2] =
        [&|| fs::write(&config, "").expect("a file"), &|| fs::remove_file(&config).expect("a file")];
    for take_away in away {
        take_away();
        set_times(&home, recently());
        let mut command = Program::new(&home, ["credential-process", "--profile", "audit", "--no-input"]).command();
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().expect("it runs");
        // It has found nothing, and waits.
        let state = || fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
        while !state().contains("State:\tS") {
            assert!(!state().contains("State:\tZ"), "it has not waited");
            std::thread::yield_now();
        }
        fs::write(&config, &content).expect("a file");
        let output = child.wait_with_output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

//! `logout`: which sessions are deleted, and what stays.

#![cfg(unix)]

use crate::support::cached;
use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::summary;

trials![
    deletes_the_sessions_of_a_role,
    deletes_all_sessions_of_a_profile_with_keys,
    deletes_all_sessions,
    defaults_to_the_profile_of_the_shell,
    logs_out_of_keys_without_a_device,
    prints_nothing_with_quiet,
    refuses_a_profile_that_does_not_exist,
    does_not_follow_symlinks,
    logs_out_during_a_sign_in,
];

/// Signs in alice to two roles, one of them also for two hours, and bob.
fn set_up() -> (Sts, User, Home) {
    let sts = Sts::start();
    let (alice, bob) = (sts.add_user("alice"), sts.add_user("bob"));
    let spec = RoleSpec { max_session_duration: 7200, ..RoleSpec::default() };
    let (admin, audit) = (sts.add_role("admin", spec), sts.add_role("audit", RoleSpec::default()));
    let config = format!(
        "[profile alice]\nmfa_serial = {}\n[profile bob]\nmfa_serial = {}\n\
         [profile admin]\nrole_arn = {admin}\nsource_profile = alice\n\
         [profile audit]\nrole_arn = {audit}\nsource_profile = alice\n\
         [profile again]\nrole_arn = {audit}\nsource_profile = admin\n",
        alice.mfa_serial, bob.mfa_serial
    );
    let mut home = Home::with(&config, &(credentials_section("alice", &alice) + &credentials_section("bob", &bob)));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["admin", &code, "--shell", "sh"]).signs_in().run();
    for profile in ["audit", "again"] {
        Program::new(&home, [profile, "--shell", "sh"]).signs_in().run();
    }
    sts.advance(60);
    let long = ["admin", "-d", "2h", &sts.code(&alice.mfa_serial), "--shell", "sh"];
    Program::new(&home, long).signs_in().run();
    Program::new(&home, ["bob", &sts.code(&bob.mfa_serial), "--shell", "sh"]).signs_in().run();
    assert_eq!(names(&home), ["admin", "admin", "alice", "audit", "audit", "bob"]);
    sts.take_calls();
    (sts, alice, home)
}

/// The cached sessions, sorted: the role of each, or the device of an MFA session.
fn names(home: &Home) -> Vec<String> {
    let of_kind = |(kind, field)| {
        let name = move |session: cached::CachedFile| {
            session.key(field).and_then(|arn| arn.rsplit('/').next()).map(str::to_owned)
        };
        cached::of_kind(&home.cache(), kind).into_iter().map(move |session| name(session).expect("an ARN"))
    };
    let mut all: Vec<String> = [("mfa", "device"), ("role", "role_arn")].into_iter().flat_map(of_kind).collect();
    all.sort();
    all
}

fn deletes_the_sessions_of_a_role() {
    let (sts, _, home) = set_up();
    // Sessions of both durations are deleted, but not those of roles chained to it or the MFA session.
    let says = "mfa-env: removed 2 cached sessions of admin; AWS still accepts them until they expire\n";
    assert_eq!(Program::new(&home, ["logout", "admin"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), ["alice", "audit", "audit", "bob"]);
    let says = "mfa-env: removed 1 cached session of audit; AWS still accepts it until it expires\n";
    assert_eq!(Program::new(&home, ["logout", "--profile", "audit"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), ["alice", "audit", "bob"]);
    let says = "mfa-env: no cached session of audit\n";
    assert_eq!(Program::new(&home, ["logout", "audit"]).stdout("").says(says).run().stderr, says);
    // A new session needs no code.
    Program::new(&home, ["admin", "--shell", "sh"]).signs_in().run();
    assert_eq!(sts.take_calls().iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
}

fn deletes_all_sessions_of_a_profile_with_keys() {
    let (sts, alice, home) = set_up();
    Program::new(&home, ["logout", "alice"]).stdout("").says("mfa-env: removed 5 cached sessions of alice; ").run();
    assert_eq!(names(&home), ["bob"]);
    // The next sign-in needs a code.
    Program::new(&home, ["admin", "--shell", "sh"])
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says("an MFA code is needed")
        .run();
    sts.advance(60);
    Program::new(&home, ["admin", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
}

fn deletes_all_sessions() {
    let (_sts, _, home) = set_up();
    let says = "mfa-env: removed 6 cached sessions; AWS still accepts them until they expire\n";
    assert_eq!(Program::new(&home, ["logout", "--all"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), [""; 0]);
    let says = "mfa-env: no cached session\n";
    assert_eq!(Program::new(&home, ["logout", "--all"]).stdout("").says(says).run().stderr, says);
    // It works without AWS files and without a cache.
    let empty = Home::empty();
    Program::new(&empty, ["logout", "--all"]).stdout("").says("mfa-env: no cached session\n").run();
    assert!(!empty.path().join(".cache").exists(), "the cache directory was created");
}

fn defaults_to_the_profile_of_the_shell() {
    let (_sts, _, mut home) = set_up();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_DEFAULT_PROFILE", "bob");
    Program::new(&home, ["logout"]).stdout("").says("mfa-env: removed 1 cached session of audit; ").run();
    Program::new(&home, ["logout"])
        .env("AWS_PROFILE", "again")
        .says("mfa-env: removed 1 cached session of again; ")
        .run();
    assert_eq!(names(&home), ["admin", "admin", "alice", "bob"]);
    home.variables.remove("MFA_ENV_PROFILE".as_ref() as &std::ffi::OsStr);
    Program::new(&home, ["logout"]).stdout("").says("mfa-env: removed 1 cached session of bob; ").run();
}

fn logs_out_of_keys_without_a_device() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("", &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let with_flag = ["main", &sts.code(&alice.mfa_serial), "--mfa-serial", &alice.mfa_serial, "--shell", "sh"];
    Program::new(&home, with_flag).signs_in().run();
    Program::new(&home, ["logout", "main"]).says("mfa-env: removed 1 cached session of main; ").run();
    assert_eq!(names(&home), [""; 0]);
}

fn prints_nothing_with_quiet() {
    let (_sts, _, home) = set_up();
    Program::new(&home, ["logout", "admin", "-q"]).stdout("").run();
    Program::new(&home, ["logout", "--all", "--quiet"]).stdout("").run();
    assert_eq!(names(&home), [""; 0]);
}

fn refuses_a_profile_that_does_not_exist() {
    let (_sts, _, home) = set_up();
    let before = cached::files(&home);
    Program::new(&home, ["logout", "audti"]).fails(3).stdout("").says("profile `audti` not found").run();
    Program::new(&home, ["logout"]).fails(3).stdout("").says("profile `default` not found").run();
    Program::new(&home, ["logout", "admin", "--all"]).fails(2).stdout("").says("cannot be used with").run();
    Program::new(&home, ["logout", "admin", "-p", "audit"]).fails(2).stdout("").says("cannot be used with").run();
    assert_eq!(cached::files(&home), before);
}

// fault 88
fn does_not_follow_symlinks() {
    use std::os::unix::fs::symlink;
    let (_sts, _, mut home) = set_up();
    // An entry is replaced by a symlink: the link is deleted, its target stays.
    let (path, bytes) = cached::files(&home)
        .into_iter()
        .find(|(path, _)| path.extension().is_some_and(|e| e == "json"))
        .expect("an entry");
    let away = home.write("away", &bytes);
    std::fs::remove_file(&path).expect("a file that we own");
    symlink(&away, &path).expect("a symlink");
    let name = |digit: &str| format!("{}.json", digit.repeat(64));
    let victim = home.write("victim", "precious");
    symlink(&victim, home.cache().join(name("0"))).expect("a symlink");
    std::fs::create_dir(home.cache().join(name("1"))).expect("a directory");
    let ran = Program::new(&home, ["logout", "--all"]).stdout("").says("mfa-env: removed 5 cached sessions; ").run();
    assert!(ran.stderr.contains(&name("1")), "{}", ran.stderr);
    assert_eq!(std::fs::read(&away).expect("the file"), bytes);
    assert_eq!(std::fs::read(&victim).expect("the file"), b"precious");
    // A cache directory that is a symlink is not used.
    let elsewhere = home.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a directory");
    std::fs::write(elsewhere.join(name("2")), &bytes).expect("a file");
    symlink(&elsewhere, home.path().join("link")).expect("a symlink");
    home.set("MFA_ENV_CACHE_DIR", home.path().join("link"));
    Program::new(&home, ["logout", "--all"]).stdout("").says("mfa-env: warning: sessions are not cached: ").run();
    assert_eq!(std::fs::read(elsewhere.join(name("2"))).expect("the file"), bytes);
}

// fault 102
fn logs_out_during_a_sign_in() {
    use crate::support::prompted_run::PromptedRun;
    let (sts, alice, home) = set_up();
    sts.advance(60);
    let mut run = PromptedRun::start(&home, ["admin", "--renew", "--shell", "sh"]);
    Program::new(&home, ["logout", "--all"]).says("mfa-env: removed 6 cached sessions; ").run();
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    let outcome = run.end();
    // stderr also warns about the test STS's clock, which is ahead by now.
    assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{outcome:?}");
    assert!(summary::is_in(&outcome.stderr, "admin"), "{outcome:?}");
    // The sessions issued after the logout are cached.
    assert_eq!(names(&home), ["admin", "alice"]);
}

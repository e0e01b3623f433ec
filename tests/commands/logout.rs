//! `logout`: which sessions are forgotten, and what stays as it is.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::{Home, keys_of};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};

trials![
    a_role_forgets_its_own,
    keys_forget_everything_made_with_them,
    all_of_them,
    without_an_argument_it_is_the_shell_s_profile,
    keys_without_a_device_can_be_logged_out,
    says_nothing_when_quiet,
    a_profile_that_is_not_there,
    follows_no_links,
    during_a_sign_in,
];

/// alice with two roles of her own account, one of them for two hours as well, and bob.
fn signed_in() -> (Sts, User, Home) {
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
    let mut home = Home::with(&config, &(keys_of("alice", &alice) + &keys_of("bob", &bob)));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["admin", &code, "--shell", "sh"]).says("signed in").run();
    for profile in ["audit", "again"] {
        Program::new(&home, [profile, "--shell", "sh"]).says("signed in").run();
    }
    sts.advance(60);
    let long = ["admin", "-d", "2h", &sts.code(&alice.mfa_serial), "--shell", "sh"];
    Program::new(&home, long).says("signed in").run();
    Program::new(&home, ["bob", &sts.code(&bob.mfa_serial), "--shell", "sh"]).says("signed in").run();
    assert_eq!(names(&home), ["admin", "admin", "alice", "audit", "audit", "bob"]);
    sts.take_calls();
    (sts, alice, home)
}

/// What is kept, each by its role, or by its device where it is an MFA session; sorted.
fn names(home: &Home) -> Vec<String> {
    let of_kind = |(kind, field)| {
        let name =
            move |kept: cached::CachedFile| kept.key(field).and_then(|arn| arn.rsplit('/').next()).map(str::to_owned);
        cached::of_kind(&home.cache(), kind).into_iter().map(move |kept| name(kept).expect("an ARN"))
    };
    let mut all: Vec<String> = [("mfa", "device"), ("role", "role_arn")].into_iter().flat_map(of_kind).collect();
    all.sort();
    all
}

fn a_role_forgets_its_own() {
    let (sts, _, home) = signed_in();
    // Both durations; not the chain on top of it, and not the session that it was made from.
    let says = "mfa-env: 2 sessions of admin forgotten; at AWS they stay valid until their end\n";
    assert_eq!(Program::new(&home, ["logout", "admin"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), ["alice", "audit", "audit", "bob"]);
    let says = "mfa-env: 1 session of audit forgotten; at AWS it stays valid until its end\n";
    assert_eq!(Program::new(&home, ["logout", "--profile", "audit"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), ["alice", "audit", "bob"]);
    let says = "mfa-env: no session of audit was kept\n";
    assert_eq!(Program::new(&home, ["logout", "audit"]).stdout("").says(says).run().stderr, says);
    // It is had again without a code.
    Program::new(&home, ["admin", "--shell", "sh"]).says("signed in").run();
    assert_eq!(sts.take_calls().iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
}

fn keys_forget_everything_made_with_them() {
    let (sts, alice, home) = signed_in();
    Program::new(&home, ["logout", "alice"]).stdout("").says("mfa-env: 5 sessions of alice forgotten; ").run();
    assert_eq!(names(&home), ["bob"]);
    // So that the next sign-in asks.
    Program::new(&home, ["admin", "--shell", "sh"]).fails(5).stdout("(exit 5);\n").says("an MFA code is needed").run();
    sts.advance(60);
    Program::new(&home, ["admin", &sts.code(&alice.mfa_serial), "--shell", "sh"]).says("signed in").run();
}

fn all_of_them() {
    let (_sts, _, home) = signed_in();
    let says = "mfa-env: 6 sessions forgotten; at AWS they stay valid until their end\n";
    assert_eq!(Program::new(&home, ["logout", "--all"]).stdout("").says(says).run().stderr, says);
    assert_eq!(names(&home), [""; 0]);
    let says = "mfa-env: no session was kept\n";
    assert_eq!(Program::new(&home, ["logout", "--all"]).stdout("").says(says).run().stderr, says);
    // It needs no AWS files and no cache.
    let empty = Home::empty();
    Program::new(&empty, ["logout", "--all"]).stdout("").says("mfa-env: no session was kept\n").run();
    assert!(!empty.path().join(".cache").exists(), "no directory is made for nothing");
}

fn without_an_argument_it_is_the_shell_s_profile() {
    let (_sts, _, mut home) = signed_in();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_DEFAULT_PROFILE", "bob");
    Program::new(&home, ["logout"]).stdout("").says("mfa-env: 1 session of audit forgotten; ").run();
    Program::new(&home, ["logout"]).env("AWS_PROFILE", "again").says("mfa-env: 1 session of again forgotten; ").run();
    assert_eq!(names(&home), ["admin", "admin", "alice", "bob"]);
    home.variables.remove("MFA_ENV_PROFILE".as_ref() as &std::ffi::OsStr);
    Program::new(&home, ["logout"]).stdout("").says("mfa-env: 1 session of bob forgotten; ").run();
}

fn keys_without_a_device_can_be_logged_out() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("", &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let by_flag = ["main", &sts.code(&alice.mfa_serial), "--mfa-serial", &alice.mfa_serial, "--shell", "sh"];
    Program::new(&home, by_flag).says("signed in").run();
    Program::new(&home, ["logout", "main"]).says("mfa-env: 1 session of main forgotten; ").run();
    assert_eq!(names(&home), [""; 0]);
}

fn says_nothing_when_quiet() {
    let (_sts, _, home) = signed_in();
    Program::new(&home, ["logout", "admin", "-q"]).stdout("").run();
    Program::new(&home, ["logout", "--all", "--quiet"]).stdout("").run();
    assert_eq!(names(&home), [""; 0]);
}

fn a_profile_that_is_not_there() {
    let (_sts, _, home) = signed_in();
    let before = cached::files(&home);
    Program::new(&home, ["logout", "audti"]).fails(3).stdout("").says("profile `audti` not found").run();
    Program::new(&home, ["logout"]).fails(3).stdout("").says("profile `default` not found").run();
    Program::new(&home, ["logout", "admin", "--all"]).fails(2).stdout("").says("cannot be used with").run();
    Program::new(&home, ["logout", "admin", "-p", "audit"]).fails(2).stdout("").says("cannot be used with").run();
    assert_eq!(cached::files(&home), before);
}

// fault 88
fn follows_no_links() {
    use std::os::unix::fs::symlink;
    let (_sts, _, mut home) = signed_in();
    // An entry of ours is moved away and linked to: it goes as an entry, and what it leads to stays.
    let (path, bytes) =
        cached::files(&home).into_iter().find(|(path, _)| path.extension().is_some_and(|e| e == "json")).expect("one");
    let away = home.write("away", &bytes);
    std::fs::remove_file(&path).expect("our own file");
    symlink(&away, &path).expect("a link");
    let victim = home.write("victim", "precious");
    symlink(&victim, home.cache().join("0000.json")).expect("a link");
    std::fs::create_dir(home.cache().join("1111.json")).expect("a directory");
    let ran = Program::new(&home, ["logout", "--all"]).stdout("").says("mfa-env: 5 sessions forgotten; ").run();
    assert!(ran.stderr.contains("1111.json"), "{}", ran.stderr);
    assert_eq!(std::fs::read(&away).expect("it is there"), bytes);
    assert_eq!(std::fs::read(&victim).expect("it is there"), b"precious");
    // A directory that is a link is not entered.
    let elsewhere = home.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a directory");
    std::fs::write(elsewhere.join("2222.json"), &bytes).expect("a file");
    symlink(&elsewhere, home.path().join("link")).expect("a link");
    home.set("MFA_ENV_CACHE_DIR", home.path().join("link"));
    Program::new(&home, ["logout", "--all"]).stdout("").says("mfa-env: warning: sessions are not cached: ").run();
    assert_eq!(std::fs::read(elsewhere.join("2222.json")).expect("it is there"), bytes);
}

// fault 102
fn during_a_sign_in() {
    use crate::support::prompted_run::PromptedRun;
    let (sts, alice, home) = signed_in();
    sts.advance(60);
    let mut asking = PromptedRun::start(&home, ["admin", "--renew", "--shell", "sh"]);
    Program::new(&home, ["logout", "--all"]).says("mfa-env: 6 sessions forgotten; ").run();
    asking.terminal.send_line(&sts.code(&alice.mfa_serial));
    let asked = asking.end();
    // The STS of this test is ahead by now, which is said as well.
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    assert!(asked.stdout.starts_with("export AWS_ACCESS_KEY_ID='ASIA"), "{asked:?}");
    assert!(asked.stderr.contains("mfa-env: signed in to admin, "), "{asked:?}");
    // What was made after it is kept.
    assert_eq!(names(&home), ["admin", "alice"]);
}

//! When a cached session is reused: what its key contains, how much time must be left, and what asks for a new one.

use crate::support::cached::{self, CachedFile};
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::credentials_section;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};

trials![
    three_roles_in_three_regions_need_one_code,
    reuses_an_mfa_session_for_the_same_key_and_device,
    does_not_reuse_a_session_at_another_endpoint,
    reuses_a_role_session_for_the_same_parameters,
    reuses_a_chained_session_for_the_same_chain,
    does_not_reuse_a_session_after_an_edit,
    renews_a_session_that_is_about_to_expire,
    min_ttl_sets_the_time_that_must_be_left,
    refuses_a_min_ttl_longer_than_the_session,
    does_not_reuse_a_session_after_the_clock_was_set_back,
    expires_sessions_early_after_the_clock_was_set_forward,
    renew_replaces_all_sessions,
    no_cache_neither_reads_nor_writes,
    a_cached_session_needs_no_network,
];

fn region(name: &str) -> String {
    format!("region = {name}")
}

/// The only cached MFA session and the only cached role session.
fn cached_sessions(fixture: &Fixture) -> (CachedFile, CachedFile) {
    (cached::only(&fixture.home.cache(), "mfa"), cached::only(&fixture.home.cache(), "role"))
}

fn three_roles_in_three_regions_need_one_code() {
    let regions = ["eu-west-1", "us-east-2", "ap-south-1"].map(region);
    let fixture = Fixture::with(&[("r1", &regions[0]), ("r2", &regions[1]), ("r3", &regions[2])]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let second = fixture.sign_in(&["r2"], &[ROLE], &[]);
    let third = fixture.sign_in(&["r3"], &[ROLE], &[]);
    // From now on no call is made, in any order; profile main exports the MFA session itself.
    let sessions: Vec<String> = fixture.sts.sessions().into_iter().map(|s| s.access_key_id).collect();
    let again = ["main", "r3", "r1", "r2"].map(|profile| fixture.sign_in(&[profile], &[], &[]));
    assert_eq!(again, [sessions[0].clone(), third, first, second]);
    assert_eq!(sessions.len(), 4);
    let names = cached::names(&fixture.home.cache());
    assert_eq!(names.iter().filter(|name| cached::is_session(name)).count(), 4, "{names:?}");
}

// fault 99
fn reuses_an_mfa_session_for_the_same_key_and_device() {
    let fixture = Fixture::with(&[("r1", "duration_seconds = 1800")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    let bob = fixture.sts.add_user("bob");
    let mut more = config.clone();
    more.push_str(&format!("[profile twin]\nmfa_serial = {}\nregion = eu-west-3\n", fixture.alice.mfa_serial));
    more.push_str(&format!("[profile bob]\nmfa_serial = {}\n", fixture.alice.mfa_serial));
    fixture.home.write(".aws/config", more);
    let keys = [
        credentials_section("main", &fixture.alice),
        credentials_section("twin", &fixture.alice),
        credentials_section("bob", &bob),
    ]
    .concat();
    fixture.home.write(".aws/credentials", keys);

    let session = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    // The profile that names the key, the region, and the settings of a role do not matter.
    for arguments in [&["main"][..], &["twin"], &["main", "-r", "sa-east-1"], &["twin", "--min-ttl", "11h"]] {
        assert_eq!(fixture.sign_in(arguments, &[], &[]), session, "{arguments:?}");
    }
    for arguments in [&["r1"][..], &["r1", "-d", "15m"], &["twin", "--role-arn", &role_of(&fixture, "r1")]] {
        fixture.sign_in(arguments, &[ROLE], &[]);
    }
    // Another key, another device or a duration by flag needs another session.
    fixture.needs_code(&["bob"]);
    fixture.needs_code(&["main", "--mfa-serial", "arn:aws:iam::123456789012:mfa/alice-2"]);
    fixture.needs_code(&["main", "-d", "2h"]);
    let short = fixture.sign_in_with_code(&["main", "-d", "2h"], &[MFA], &[]);
    assert_eq!(fixture.sign_in(&["main", "-d", "120m"], &[], &[]), short);
    assert_eq!(fixture.sign_in(&["main"], &[], &[]), session);
    // The profile's duration is not part of the key, but a session with more time left than that is not used.
    fixture.home.write(".aws/config", config.replace("[profile main]", "[profile main]\nduration_seconds = 3600"));
    fixture.needs_code(&["main"]);
}

fn role_of(fixture: &Fixture, profile: &str) -> String {
    format!("arn:aws:iam::{}:role/{profile}", fixture.alice.account)
}

fn does_not_reuse_a_session_at_another_endpoint() {
    let mut fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let usual = fixture.sts.url();
    fixture.home.set("AWS_ENDPOINT_URL_STS", usual.replace("127.0.0.1", "localhost"));
    fixture.needs_code(&["main"]);
    fixture.needs_code(&["r1"]);
    // A session from one STS is never sent to another.
    fixture.home.set("AWS_ENDPOINT_URL_STS", Sts::start().url());
    fixture.needs_code(&["r1"]);
    fixture.home.set("AWS_ENDPOINT_URL_STS", usual);
    fixture.sign_in(&["r1"], &[], &[]);
}

// fault 99
fn reuses_a_role_session_for_the_same_parameters() {
    let spec = RoleSpec { max_session_duration: 7200, ..RoleSpec::default() };
    let fixture = Fixture::with_specs(&[("r1", spec.clone(), ""), ("r2", spec, "")]);
    let usual = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let r2 = role_of(&fixture, "r2");
    let mut sessions = vec![usual.clone()];
    for more in [
        &["--role-arn", &r2][..],
        &["--external-id", "id-1"],
        &["--external-id", "id-2"],
        &["--role-session-name", "somebody"],
        &["-d", "15m"],
        &["-d", "16m"],
    ] {
        let arguments: Vec<&str> = ["r1"].iter().chain(more).copied().collect();
        let made = fixture.sign_in(&arguments, &[ROLE], &[]);
        assert_eq!(fixture.sign_in(&arguments, &[], &[]), made, "{arguments:?}");
        sessions.push(made);
    }
    // All are cached at once, and equivalent arguments find the same session.
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), 7);
    for same in
        [&["r1"][..], &["r1", "-d", "3600"], &["r1", "--role-session-name", "alice"], &["r1", "-r", "eu-west-1"]]
    {
        assert_eq!(fixture.sign_in(same, &[], &[]), usual, "{same:?}");
    }
    assert_eq!(fixture.sign_in(&["r2"], &[], &[]), fixture.sign_in(&["r1", "--role-arn", &r2], &[], &[]));
}

// fault 99
fn reuses_a_chained_session_for_the_same_chain() {
    let any = RoleSpec { trusts: vec!["arn:aws:iam::123456789012:root".into()], ..RoleSpec::default() };
    let fixture = Fixture::with_specs(&[("a", any.clone(), ""), ("b", any.clone(), ""), ("c", any, "")]);
    let config = |of_a: &str| {
        let [a, b, c] = ["a", "b", "c"].map(|name| role_of(&fixture, name));
        format!(
            "[profile main]\nmfa_serial = {}\n[profile a]\nrole_arn = {a}\nsource_profile = main\n{of_a}\n\
             [profile b]\nrole_arn = {b}\nsource_profile = a\n[profile c]\nrole_arn = {c}\nsource_profile = b\n",
            fixture.alice.mfa_serial
        )
    };
    fixture.home.write(".aws/config", config(""));
    let usual = fixture.sign_in_with_code(&["c"], &[MFA, ROLE, ROLE, ROLE], &[]);
    // Every role session of the chain is cached, and the last one is enough.
    assert_eq!(fixture.sign_in(&["c"], &[], &[]), usual);
    fixture.sign_in(&["a"], &[], &[]);
    fixture.sign_in(&["b"], &[], &[]);
    for of_a in ["external_id = id-1", "role_session_name = somebody", "duration_seconds = 900"] {
        fixture.home.write(".aws/config", config(of_a));
        fixture.sign_in(&["c"], &[ROLE, ROLE, ROLE], &[]);
        fixture.sign_in(&["c"], &[], &[]);
    }
    fixture.home.write(".aws/config", config(""));
    assert_eq!(fixture.sign_in(&["c"], &[], &[]), usual);
}

// fault 99
fn does_not_reuse_a_session_after_an_edit() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), ""), ("r2", RoleSpec::default(), "")]);
    let [r1, r2] = ["r1", "r2"].map(|name| role_of(&fixture, name));
    let config = |device: &str, role: &str| {
        format!("[profile main]\n{device}\n[profile r1]\nrole_arn = {role}\nsource_profile = main\n")
    };
    // Without a device no code is needed; once there is one, the earlier session is not used.
    fixture.home.write(".aws/config", config("", &r1));
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    fixture.sign_in(&["r1"], &[], &[]);
    let device = format!("mfa_serial = {}", fixture.alice.mfa_serial);
    fixture.home.write(".aws/config", config(&device, &r1));
    fixture.needs_code(&["r1"]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.home.write(".aws/config", config(&device, &r2));
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // After a key rotation, sessions from the old key are not used.
    let rotated = fixture.sts.add_user("alice-rotated");
    fixture.home.write(".aws/credentials", credentials_section("main", &rotated));
    fixture.needs_code(&["r1"]);
    fixture.needs_code(&["main"]);
    // With the old key restored, they are used again.
    fixture.home.write(".aws/credentials", credentials_section("main", &fixture.alice));
    fixture.sign_in(&["r1"], &[], &[]);
}

// fault 92
fn renews_a_session_that_is_about_to_expire() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = cached_sessions(&fixture);
    role.expires_in(330);
    fixture.sign_in(&["r1"], &[], &[]);
    for left in [299, 1, 0, -1] {
        role.expires_in(left);
        fixture.sign_in(&["r1"], &[ROLE], &[]);
    }
    // An MFA session that only signs the next call needs a minute left; one that is exported needs more.
    mfa.expires_in(290);
    fixture.needs_code(&["main"]);
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    mfa.expires_in(59);
    fixture.needs_code(&["r2", "-d", "15m"]);
    fixture.sign_in(&["r2"], &[], &[]);
}

// fault 92
fn min_ttl_sets_the_time_that_must_be_left() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = cached_sessions(&fixture);
    role.expires_in(1200);
    fixture.sign_in(&["r1", "--min-ttl", "15m"], &[], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "30m"], &[ROLE], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "30m"], &[], &[]);
    // Less than the default margin is possible, down to zero; an expired session is never used.
    role.expires_in(100);
    fixture.sign_in(&["r1", "--min-ttl", "90"], &[], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "0"], &[], &[]);
    role.expires_in(-1);
    fixture.sign_in(&["r1", "--min-ttl", "0"], &[ROLE], &[]);
    // It applies to the exported session, not to the one that signs the call.
    mfa.expires_in(1200);
    fixture.sign_in(&["r1", "--min-ttl", "55m", "-d", "1h", "--external-id", "id"], &[ROLE], &[]);
    fixture.needs_code(&["main", "--min-ttl", "30m"]);
}

// fault 92
fn refuses_a_min_ttl_longer_than_the_session() {
    let fixture = Fixture::with(&[("r1", "")]);
    let code = fixture.code();
    for (arguments, asked, planned) in [
        (&["r1", "--min-ttl", "3601"][..], "1 h 1 s", "1 h"),
        (&["r1", "--min-ttl", "12h", "-d", "15m"], "12 h", "15 min"),
        (&["main", "--min-ttl", "43201"], "12 h 1 s", "12 h"),
    ] {
        let message = format!("--min-ttl asks for {asked}, but the session lasts only {planned}\n");
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--code", &code]).collect();
        fixture.fails(&arguments, 2, &message, &[]);
    }
    assert!(!fixture.home.cache().exists());
}

// faults 90, 93
fn does_not_reuse_a_session_after_the_clock_was_set_back() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = cached_sessions(&fixture);
    // A small deviation is tolerated.
    role.backdate_issue(-240);
    fixture.sign_in(&["r1"], &[], &[]);
    // Issued an hour in the future, so it may expire an hour earlier than it says.
    role.backdate(-3600);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // More time left than was ever requested.
    role.expires_in(3600 + 600);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    mfa.expires_in(43_200 + 600);
    fixture.needs_code(&["main"]);
    mfa.expires_in(43_200).backdate_issue(-3600);
    fixture.needs_code(&["main"]);
    // Extreme times.
    mfa.backdate_issue(3600);
    for expiry in [253_402_300_799, 253_402_300_800, i64::MAX] {
        role.set("expires", expiry);
        let warnings: &[&str] =
            if expiry > 253_402_300_799 { &["written by another version, or damaged"] } else { &[] };
        fixture.sign_in(&["r1"], &[ROLE], warnings);
    }
}

// fault 93
fn expires_sessions_early_after_the_clock_was_set_forward() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = cached_sessions(&fixture);
    // The clock was set forward two hours: the role session has expired, the MFA session has not.
    role.backdate(7200);
    mfa.backdate(7200);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // Forward a day: both have.
    mfa.backdate(86_400);
    role.backdate(86_400);
    fixture.needs_code(&["r1"]);
}

// fault 100
fn renew_replaces_all_sessions() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.needs_code(&["r1", "--renew"]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), first, "the cached session stays until it is replaced");
    let second = fixture.sign_in_with_code(&["r1", "--renew"], &[MFA, ROLE], &[]);
    assert_ne!(first, second);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), second);
    // The new MFA session serves other roles.
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    assert_eq!(cached::of_kind(&fixture.home.cache(), "mfa").len(), 1);
}

// fault 100
fn no_cache_neither_reads_nor_writes() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = fixture.sign_in_with_code(&["r1", "--no-cache"], &[MFA, ROLE], &[]);
    assert!(!fixture.home.path().join(".cache").exists(), "not even the directory is created");
    fixture.needs_code(&["r1"]);
    let second = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (names, modified) = (cached::names(&fixture.home.cache()), modified(&fixture));
    fixture.needs_code(&["r1", "--no-cache"]);
    let third = fixture.sign_in_with_code(&["r1", "--no-cache"], &[MFA, ROLE], &[]);
    assert_eq!((cached::names(&fixture.home.cache()), self::modified(&fixture)), (names, modified));
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), second);
    assert!(first != second && second != third);
}

/// The modification times of the cache's files and directory.
fn modified(fixture: &Fixture) -> Vec<std::time::SystemTime> {
    let cache = fixture.home.cache();
    let files = cached::names(&cache).into_iter().map(|name| cache.join(name));
    files.chain([cache.clone()]).map(|p| p.metadata().and_then(|m| m.modified()).expect("a time")).collect()
}

fn a_cached_session_needs_no_network() {
    let fixture = Fixture::with(&[("r1", "")]);
    let session = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let modified = modified(&fixture);
    // Any call would fail from now on.
    fixture.sts.stop();
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), session);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!(self::modified(&fixture), modified, "nothing is written");
    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::libc;
        // The kernel kills it if it creates a thread, a process or a socket.
        let forbidden = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_socket, libc::SYS_connect];
        let ran = Program::new(&fixture.home, ["r1", "--shell", "sh"])
            .configure(move |command| seccomp::kill(command, &forbidden))
            .signs_in_to("r1")
            .run();
        assert_eq!(ran.variable("AWS_ACCESS_KEY_ID"), Some(Some(session.as_str())));
        // To prove that the filter works: a sign-in that makes a call is killed.
        let command = Program::new(&fixture.home, ["r1", "--shell", "sh", "--renew", "--code", "123456"])
            .configure(move |command| seccomp::kill(command, &forbidden))
            .command();
        let outcome = crate::support::shells::finish(command);
        let signal = std::os::unix::process::ExitStatusExt::signal(&outcome.status);
        assert_eq!(signal, Some(libc::SIGSYS), "{outcome}");
    }
}

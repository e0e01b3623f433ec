//! Which kept session serves which sign-in: what it is kept under, how much must be left of it, and what asks for a new one.

use crate::support::cached::{self, CachedFile};
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::keys_of;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};

trials![
    three_roles_in_three_regions_cost_one_code,
    an_mfa_session_belongs_to_a_key_and_a_device,
    an_mfa_session_belongs_to_its_endpoint,
    a_role_session_belongs_to_its_parameters,
    a_role_session_belongs_to_every_hop_before_it,
    an_edited_profile_is_another_one,
    what_is_nearly_over_is_renewed,
    more_can_be_asked_to_be_left,
    the_margin_is_less_than_the_session,
    a_clock_that_was_set_back_is_noticed,
    a_clock_that_was_set_forward_costs_a_session,
    renew_makes_all_anew,
    no_cache_neither_reads_nor_writes,
    what_is_kept_needs_nobody,
];

fn region(name: &str) -> String {
    format!("region = {name}")
}

/// One role session beside one MFA session, kept both.
fn kept_of(fixture: &Fixture) -> (CachedFile, CachedFile) {
    (cached::only(&fixture.home.cache(), "mfa"), cached::only(&fixture.home.cache(), "role"))
}

pub fn three_roles_in_three_regions_cost_one_code() {
    let regions = ["eu-west-1", "us-east-2", "ap-south-1"].map(region);
    let fixture = Fixture::with(&[("r1", &regions[0]), ("r2", &regions[1]), ("r3", &regions[2])]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let second = fixture.sign_in(&["r2"], &[ROLE], &[]);
    let third = fixture.sign_in(&["r3"], &[ROLE], &[]);
    // And from now on nothing, in any order; the keys' own profile hands out the session that the code made.
    let sessions: Vec<String> = fixture.sts.sessions().into_iter().map(|s| s.access_key_id).collect();
    let again = ["main", "r3", "r1", "r2"].map(|profile| fixture.sign_in(&[profile], &[], &[]));
    assert_eq!(again, [sessions[0].clone(), third, first, second]);
    assert_eq!(sessions.len(), 4);
    let kept = cached::names(&fixture.home.cache());
    assert_eq!(kept.iter().filter(|name| cached::is_session(name)).count(), 4, "{kept:?}");
}

// fault 99
pub fn an_mfa_session_belongs_to_a_key_and_a_device() {
    let fixture = Fixture::with(&[("r1", "duration_seconds = 1800")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    let bob = fixture.sts.add_user("bob");
    let mut more = config.clone();
    more.push_str(&format!("[profile twin]\nmfa_serial = {}\nregion = eu-west-3\n", fixture.alice.mfa_serial));
    more.push_str(&format!("[profile bob]\nmfa_serial = {}\n", fixture.alice.mfa_serial));
    fixture.home.write(".aws/config", more);
    let keys = [keys_of("main", &fixture.alice), keys_of("twin", &fixture.alice), keys_of("bob", &bob)].concat();
    fixture.home.write(".aws/credentials", keys);

    let session = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    // Which profile names the key, which region is asked for, and what a role overrides, is nothing to it.
    for words in [&["main"][..], &["twin"], &["main", "-r", "sa-east-1"], &["twin", "--min-ttl", "11h"]] {
        assert_eq!(fixture.sign_in(words, &[], &[]), session, "{words:?}");
    }
    for words in [&["r1"][..], &["r1", "-d", "15m"], &["twin", "--role-arn", &role_of(&fixture, "r1")]] {
        fixture.sign_in(words, &[ROLE], &[]);
    }
    // Another key, another device, another duration than the usual one: another session.
    fixture.needs_code(&["bob"]);
    fixture.needs_code(&["main", "--mfa-serial", "arn:aws:iam::123456789012:mfa/alice-2"]);
    fixture.needs_code(&["main", "-d", "2h"]);
    let short = fixture.sign_in_with_code(&["main", "-d", "2h"], &[MFA], &[]);
    assert_eq!(fixture.sign_in(&["main", "-d", "120m"], &[], &[]), short);
    assert_eq!(fixture.sign_in(&["main"], &[], &[]), session);
    // The duration of a profile is not part of its name; but what was asked for is a bound to what can be left.
    fixture.home.write(".aws/config", config.replace("[profile main]", "[profile main]\nduration_seconds = 3600"));
    fixture.needs_code(&["main"]);
}

fn role_of(fixture: &Fixture, profile: &str) -> String {
    format!("arn:aws:iam::{}:role/{profile}", fixture.alice.account)
}

pub fn an_mfa_session_belongs_to_its_endpoint() {
    let mut fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let usual = fixture.sts.url();
    fixture.home.set("AWS_ENDPOINT_URL_STS", usual.replace("127.0.0.1", "localhost"));
    fixture.needs_code(&["main"]);
    fixture.needs_code(&["r1"]);
    // Nor is a session of one STS ever sent to another.
    fixture.home.set("AWS_ENDPOINT_URL_STS", Sts::start().url());
    fixture.needs_code(&["r1"]);
    fixture.home.set("AWS_ENDPOINT_URL_STS", usual);
    fixture.sign_in(&["r1"], &[], &[]);
}

// fault 99
pub fn a_role_session_belongs_to_its_parameters() {
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
        let words: Vec<&str> = ["r1"].iter().chain(more).copied().collect();
        let made = fixture.sign_in(&words, &[ROLE], &[]);
        assert_eq!(fixture.sign_in(&words, &[], &[]), made, "{words:?}");
        sessions.push(made);
    }
    // All are kept side by side, and what is the same by another way is the same.
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
pub fn a_role_session_belongs_to_every_hop_before_it() {
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
    // Each hop is kept on the way, and the last one is all that is needed.
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
pub fn an_edited_profile_is_another_one() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), ""), ("r2", RoleSpec::default(), "")]);
    let [r1, r2] = ["r1", "r2"].map(|name| role_of(&fixture, name));
    let config = |device: &str, role: &str| {
        format!("[profile main]\n{device}\n[profile r1]\nrole_arn = {role}\nsource_profile = main\n")
    };
    // Without a device no code is asked for; with one, the session of before is no longer good enough.
    fixture.home.write(".aws/config", config("", &r1));
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    fixture.sign_in(&["r1"], &[], &[]);
    let device = format!("mfa_serial = {}", fixture.alice.mfa_serial);
    fixture.home.write(".aws/config", config(&device, &r1));
    fixture.needs_code(&["r1"]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.home.write(".aws/config", config(&device, &r2));
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // The key was rotated: what was made with the old one may have to die with it.
    let rotated = fixture.sts.add_user("alice-rotated");
    fixture.home.write(".aws/credentials", keys_of("main", &rotated));
    fixture.needs_code(&["r1"]);
    fixture.needs_code(&["main"]);
    // Back to what it was, and it is there.
    fixture.home.write(".aws/credentials", keys_of("main", &fixture.alice));
    fixture.sign_in(&["r1"], &[], &[]);
}

// fault 92
pub fn what_is_nearly_over_is_renewed() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = kept_of(&fixture);
    role.ends_in(330);
    fixture.sign_in(&["r1"], &[], &[]);
    for left in [299, 1, 0, -1] {
        role.ends_in(left);
        fixture.sign_in(&["r1"], &[ROLE], &[]);
    }
    // For one that only signs a minute is enough; to be handed out it has to last.
    mfa.ends_in(290);
    fixture.needs_code(&["main"]);
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    mfa.ends_in(59);
    fixture.needs_code(&["r2", "-d", "15m"]);
    fixture.sign_in(&["r2"], &[], &[]);
}

// fault 92
pub fn more_can_be_asked_to_be_left() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = kept_of(&fixture);
    role.ends_in(1200);
    fixture.sign_in(&["r1", "--min-ttl", "15m"], &[], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "30m"], &[ROLE], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "30m"], &[], &[]);
    // Less than the usual margin, down to nothing; but what is over is over.
    role.ends_in(100);
    fixture.sign_in(&["r1", "--min-ttl", "90"], &[], &[]);
    fixture.sign_in(&["r1", "--min-ttl", "0"], &[], &[]);
    role.ends_in(-1);
    fixture.sign_in(&["r1", "--min-ttl", "0"], &[ROLE], &[]);
    // It is for what is handed out, not for what signs.
    mfa.ends_in(1200);
    fixture.sign_in(&["r1", "--min-ttl", "55m", "-d", "1h", "--external-id", "id"], &[ROLE], &[]);
    fixture.needs_code(&["main", "--min-ttl", "30m"]);
}

// fault 92
pub fn the_margin_is_less_than_the_session() {
    let fixture = Fixture::with(&[("r1", "")]);
    let code = fixture.code();
    for (words, asked, planned) in [
        (&["r1", "--min-ttl", "3601"][..], "1 h 1 s", "1 h"),
        (&["r1", "--min-ttl", "12h", "-d", "15m"], "12 h", "15 min"),
        (&["main", "--min-ttl", "43201"], "12 h 1 s", "12 h"),
    ] {
        let said = format!("--min-ttl asks for {asked}, but the session lasts only {planned}\n");
        let words: Vec<&str> = words.iter().copied().chain(["--code", &code]).collect();
        fixture.fails(&words, 2, &said, &[]);
    }
    assert!(!fixture.home.cache().exists());
}

// faults 90, 93
pub fn a_clock_that_was_set_back_is_noticed() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = kept_of(&fixture);
    // A little is in any clock.
    role.was_made_earlier(-240);
    fixture.sign_in(&["r1"], &[], &[]);
    // Made an hour from now, so it may end an hour earlier than it says.
    role.is_older(-3600);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // More left than was ever asked for, whatever it says of when it was made.
    role.ends_in(3600 + 600);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    mfa.ends_in(43_200 + 600);
    fixture.needs_code(&["main"]);
    mfa.ends_in(43_200).was_made_earlier(-3600);
    fixture.needs_code(&["main"]);
    // Any time that can be written.
    mfa.was_made_earlier(3600);
    for end in [253_402_300_799, 253_402_300_800, i64::MAX] {
        role.set("expires", end);
        let warnings: &[&str] = if end > 253_402_300_799 { &["it is not as this version writes it"] } else { &[] };
        fixture.sign_in(&["r1"], &[ROLE], warnings);
    }
}

// fault 93
pub fn a_clock_that_was_set_forward_costs_a_session() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (mut mfa, mut role) = kept_of(&fixture);
    // Two hours later by the clock of this machine: the role is over and the rest of the day is not.
    role.is_older(7200);
    mfa.is_older(7200);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    // A day later all is.
    mfa.is_older(86_400);
    role.is_older(86_400);
    fixture.needs_code(&["r1"]);
}

// fault 100
pub fn renew_makes_all_anew() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.needs_code(&["r1", "--renew"]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), first, "what is kept stays until there is another one");
    let second = fixture.sign_in_with_code(&["r1", "--renew"], &[MFA, ROLE], &[]);
    assert_ne!(first, second);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), second);
    // The new session of the device serves the others.
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    assert_eq!(cached::of_kind(&fixture.home.cache(), "mfa").len(), 1);
}

// fault 100
pub fn no_cache_neither_reads_nor_writes() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = fixture.sign_in_with_code(&["r1", "--no-cache"], &[MFA, ROLE], &[]);
    assert!(!fixture.home.path().join(".cache").exists(), "no session, no lock, not even a directory");
    fixture.needs_code(&["r1"]);
    let second = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let (names, modified) = (cached::names(&fixture.home.cache()), modified(&fixture));
    fixture.needs_code(&["r1", "--no-cache"]);
    let third = fixture.sign_in_with_code(&["r1", "--no-cache"], &[MFA, ROLE], &[]);
    assert_eq!((cached::names(&fixture.home.cache()), self::modified(&fixture)), (names, modified));
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), second);
    assert!(first != second && second != third);
}

/// When each file of the cache was written last, and it itself.
fn modified(fixture: &Fixture) -> Vec<std::time::SystemTime> {
    let cache = fixture.home.cache();
    let files = cached::names(&cache).into_iter().map(|name| cache.join(name));
    files.chain([cache.clone()]).map(|p| p.metadata().and_then(|m| m.modified()).expect("a time")).collect()
}

pub fn what_is_kept_needs_nobody() {
    let fixture = Fixture::with(&[("r1", "")]);
    let session = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let modified = modified(&fixture);
    // Nobody listens there any more.
    fixture.sts.stop();
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), session);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!(self::modified(&fixture), modified, "nothing is written either");
    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::libc;
        // The kernel ends it at the first thread, process or socket.
        let forbidden = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_socket, libc::SYS_connect];
        let ran = Program::new(&fixture.home, ["r1", "--shell", "sh"])
            .prepared(move |command| seccomp::kill(command, &forbidden))
            .says("mfa-env: signed in to r1")
            .run();
        assert_eq!(ran.variable("AWS_ACCESS_KEY_ID"), Some(Some(session.as_str())));
        // Which it does: a session that has to be made needs all of them.
        let command = Program::new(&fixture.home, ["r1", "--shell", "sh", "--renew", "--code", "123456"])
            .prepared(move |command| seccomp::kill(command, &forbidden))
            .command();
        let outcome = crate::support::shells::finish(command);
        let signal = std::os::unix::process::ExitStatusExt::signal(&outcome.status);
        assert_eq!(signal, Some(libc::SIGSYS), "{outcome}");
    }
}

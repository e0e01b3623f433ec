//! The files that sessions are kept in: nobody else can read them, nothing that stands in their place is followed or written through, and
//! where they cannot be had the person is signed in all the same.

#![cfg(unix)]

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::shells::{self, Outcome};
use crate::support::sts::RoleSpec;
use crate::support::umask;
use crate::support::unprivileged;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

trials![
    is_private_whatever_the_umask,
    follows_no_link_to_the_directory,
    takes_a_way_with_links_in_it,
    replaces_what_stands_in_the_place_of_a_session,
    replaces_what_stands_in_the_place_of_a_lock,
    a_directory_in_the_way_costs_the_cache,
    what_others_could_read_or_write_is_dropped,
    a_directory_that_is_not_mine_alone_is_not_used,
    goes_without_a_cache_that_cannot_be_written,
    keeps_sessions_where_it_is_told_to,
    takes_only_its_own_directory_in_a_shared_one,
    keeps_nothing_for_root_in_a_home_of_somebody_else,
];

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display())).mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own file");
}

/// Gives the home to somebody without rights, and runs the program as that person.
struct Stranger {
    fixture: Fixture,
    program: unprivileged::Program,
}

impl Stranger {
    fn new(roles: &[(&str, &str)]) -> Stranger {
        let fixture = Fixture::with(roles);
        set_mode(fixture.home.path(), 0o755);
        for name in ["", ".aws", ".aws/config", ".aws/credentials"] {
            unprivileged::own(&fixture.home.path().join(name));
        }
        Stranger { fixture, program: unprivileged::Program::copied() }
    }

    fn run(&self, words: &[&str], prepare: impl FnOnce(&mut Command)) -> Outcome {
        let mut command = self.program.command();
        command.args(words).args(["--shell", "sh"]).env_clear().envs(&self.fixture.home.variables).current_dir("/");
        prepare(&mut command);
        shells::finish(command)
    }

    /// Signed in at the cost of these calls, with exactly these warnings.
    #[track_caller]
    fn signs_in(&self, words: &[&str], costs: &[&str], warnings: &[&str], prepare: impl FnOnce(&mut Command)) {
        let outcome = self.run(words, prepare);
        assert_eq!(outcome.status.code(), Some(0), "{outcome}");
        assert!(outcome.stdout.starts_with(b"export AWS_ACCESS_KEY_ID='ASIA"), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        let said: Vec<&str> = stderr.lines().filter(|line| !line.starts_with("mfa-env: signed in to ")).collect();
        assert_eq!(said.len(), warnings.len(), "{outcome}");
        for (said, part) in said.iter().zip(warnings) {
            assert!(said.starts_with("mfa-env: warning: ") && said.contains(part), "{part:?} in {said:?}");
        }
        let calls = self.fixture.sts.take_calls();
        assert_eq!(calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), costs, "{outcome}");
    }
}

// fault 86
pub fn is_private_whatever_the_umask() {
    for mask in [0o000, 0o022, 0o077, 0o777] {
        let stranger = Stranger::new(&[("r1", "")]);
        let fixture = &stranger.fixture;
        let code = fixture.code();
        stranger.signs_in(&["r1", "--code", &code], &[MFA, ROLE], &[], |c| umask::set(c, mask));
        // Again, now that all of it is there; and what was kept can be read.
        stranger.signs_in(&["r1", "--external-id", "id"], &[ROLE], &[], |c| umask::set(c, mask));
        stranger.signs_in(&["r1"], &[], &[], |c| umask::set(c, mask));
        let cache = fixture.home.cache();
        for dir in [cache.parent().expect("a parent"), &cache] {
            assert_eq!(mode(dir), 0o700, "umask {mask:o}: {}", dir.display());
        }
        let names = cached::names(&cache);
        assert_eq!(names.len(), 7, "three sessions, their locks, and the code that was used: {names:?}");
        for name in names {
            assert_eq!(mode(&cache.join(&name)), 0o600, "umask {mask:o}: {name}");
        }
    }
    // Not only in the end: at the moment that a file has come to be, which is the end of the program here.
    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::libc::{SYS_fchmod, SYS_fsync};
        for at in [SYS_fchmod, SYS_fsync] {
            let fixture = Fixture::with(&[]);
            let code = fixture.code();
            let command = fixture.program(&["main", "--code", &code]).prepared(move |command| {
                umask::set(command, 0o000);
                seccomp::kill(command, &[at]);
            });
            let outcome = shells::finish(command.command());
            assert_eq!(outcome.status.code(), None, "{outcome}");
            let names = cached::names(&fixture.home.cache());
            assert!(!names.is_empty());
            for name in names {
                assert_eq!(mode(&fixture.home.cache().join(&name)), 0o600, "{name}");
            }
        }
    }
}

// fault 88
pub fn follows_no_link_to_the_directory() {
    let fixture = Fixture::with(&[]);
    let (cache, target) = (fixture.home.cache(), fixture.home.path().join("target"));
    fs::create_dir_all(cache.parent().expect("a parent")).expect("a directory");
    for exists in [false, true] {
        if exists {
            fs::create_dir(&target).expect("a directory");
            set_mode(&target, 0o700);
        }
        let _ = fs::remove_file(&cache);
        symlink(&target, &cache).expect("a link");
        let flaw = format!(
            "sessions are not cached: {} is unusable (not a directory) [cache-unusable]",
            fixture.home.shown(&cache)
        );
        fixture.sign_in_with_code(&["main"], &[MFA], &[&flaw]);
        assert!(cache.is_symlink() && target.exists() == exists);
        assert!(!exists || cached::names(&target).is_empty());
    }
}

// fault 88
pub fn takes_a_way_with_links_in_it() {
    let fixture = Fixture::with(&[]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    symlink(elsewhere.path(), fixture.home.path().join(".cache")).expect("a link");
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!(cached::of_kind(&elsewhere.path().join("mfa-env"), "mfa").len(), 1);
}

type StandIn = Box<dyn Fn(&Path)>;

/// What can stand where a file should be. What a link leads to lies in the home, where every run sees to it that nothing changes.
fn stand_ins(fixture: &Fixture) -> Vec<(&'static str, StandIn)> {
    let victim = fixture.home.write("victim", "precious\n");
    let nothing = fixture.home.path().join("nothing");
    vec![
        ("link", Box::new(move |path: &Path| symlink(&victim, path).expect("a link"))),
        ("dangling link", Box::new(move |path| symlink(&nothing, path).expect("a link"))),
        ("link to itself", Box::new(|path| symlink(path, path).expect("a link"))),
        ("FIFO", Box::new(|path| mkfifo(path, Mode::S_IRWXU).expect("a FIFO"))),
    ]
}

// fault 88
pub fn replaces_what_stands_in_the_place_of_a_session() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    for (what, put) in stand_ins(&fixture) {
        fs::remove_file(&path).expect("a kept session");
        put(&path);
        let flaw = format!(
            "a cached session is ignored: {} (not a regular file) [cached-session-ignored]",
            fixture.home.shown(&path)
        );
        let made = fixture.sign_in(&["r1"], &[ROLE], &[&flaw]);
        assert!(path.symlink_metadata().expect("a file").is_file(), "{what}");
        assert_eq!(mode(&path), 0o600, "{what}");
        assert_eq!(fixture.sign_in(&["r1"], &[], &[]), made, "{what}");
    }
    assert!(!fixture.home.path().join("nothing").exists());
}

// fault 88
pub fn replaces_what_stands_in_the_place_of_a_lock() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    let lock = path.with_extension("lock");
    for (what, put) in stand_ins(&fixture) {
        fs::remove_file(&path).expect("a kept session");
        fs::remove_file(&lock).expect("its lock");
        put(&lock);
        let flaw =
            format!("a lock file was replaced: {} (not a regular file) [lock-replaced]", fixture.home.shown(&lock));
        fixture.sign_in(&["r1"], &[ROLE], &[&flaw]);
        assert!(lock.symlink_metadata().expect("a file").is_file(), "{what}");
        assert_eq!(mode(&lock), 0o600, "{what}");
    }
    assert!(!fixture.home.path().join("nothing").exists());
    // What a lock says is of no account, nor is its mode.
    let long = "9".repeat(100_000);
    for content in ["", "process 1 on \x1b[2J\n", "\u{202e}", long.as_str()] {
        fs::write(&lock, content).expect("a lock");
        set_mode(&lock, 0o666);
        fs::remove_file(&path).expect("a kept session");
        fixture.sign_in(&["r1"], &[ROLE], &[]);
        assert_eq!(mode(&lock), 0o600);
    }
}

// fault 88
pub fn a_directory_in_the_way_costs_the_cache() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    fs::remove_file(&path).expect("a kept session");
    fs::create_dir(&path).expect("a directory");
    fs::write(path.join("inside"), "precious\n").expect("a file");
    let not_kept = format!(
        "the cache is not updated: {} cannot be written (is a directory) [cache-not-writable]",
        fixture.home.shown(fixture.home.cache())
    );
    for _ in 0..2 {
        fixture.sign_in(&["r1"], &[ROLE], &["(not a regular file)", &not_kept]);
    }
    let lock = path.with_extension("lock");
    fs::remove_file(&lock).expect("a lock");
    fs::create_dir(&lock).expect("a directory");
    fixture.sign_in(&["r1"], &[ROLE], &["(not a regular file)", "cannot be locked (", &not_kept]);
    assert_eq!(fs::read(path.join("inside")).expect("still there"), b"precious\n");
    assert!(lock.is_dir());
}

// fault 89
pub fn what_others_could_read_or_write_is_dropped() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let role = cached::only(&fixture.home.cache(), "role");
    let path = &role.path;
    let ignored = |flaw: &str| {
        format!("a cached session is ignored: {} ({flaw}) [cached-session-ignored]", fixture.home.shown(path))
    };
    for open in [0o644, 0o604, 0o640, 0o620, 0o601, 0o777] {
        set_mode(path, open);
        fixture.sign_in(&["r1"], &[ROLE], &[&ignored("accessible to other users")]);
        assert_eq!(mode(path), 0o600);
        fixture.sign_in(&["r1"], &[], &[]);
    }
    // It is gone even where there is nothing to put in its place.
    let mfa = cached::only(&fixture.home.cache(), "mfa").path;
    set_mode(&mfa, 0o644);
    let ran = fixture.fails(&["main"], 5, "an MFA code is needed", &[]);
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    assert!(!mfa.exists());
    // Of our own rights none is needed but to read.
    set_mode(path, 0o400);
    fixture.sign_in(&["r1"], &[], &[]);
    // Only root can have given it to somebody else; and it does not take such a file away.
    if unprivileged::is_root() {
        unprivileged::own(path);
        let ran = fixture.fails(&["r1"], 5, "an MFA code is needed", &[]);
        assert!(ran.stderr.starts_with(&format!("mfa-env: warning: {}\n", ignored("owned by another user"))));
        assert_eq!(path.metadata().expect("it is left").uid(), unprivileged::UID);
        fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[&ignored("owned by another user")]);
        assert_eq!(path.metadata().expect("a new one").uid(), 0);
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

// faults 98, 101
pub fn a_directory_that_is_not_mine_alone_is_not_used() {
    // Without a device, so that no code limits how often it can be tried.
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    let config = fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let cache = fixture.home.cache();
    let flaw = |what: &str| {
        format!("sessions are not cached: {} is unusable ({what}) [cache-unusable]", fixture.home.shown(&cache))
    };
    fs::create_dir_all(&cache).expect("a directory");
    for open in [0o755, 0o770, 0o701, 0o710, 0o1777] {
        set_mode(&cache, open);
        fixture.sign_in(&["r1"], &[ROLE], &[&flaw("accessible to other users")]);
        assert_eq!(mode(&cache), open, "it is not changed");
        assert!(cached::names(&cache).is_empty());
    }
    set_mode(&cache, 0o700);
    if unprivileged::is_root() {
        unprivileged::own(&cache);
        fixture.sign_in(&["r1"], &[ROLE], &[&flaw("owned by another user")]);
        assert!(cached::names(&cache).is_empty());
    }
    fs::remove_dir(&cache).expect("a directory");
    fixture.home.write(".cache/mfa-env", "a file\n");
    fixture.sign_in(&["r1"], &[ROLE], &[&flaw("not a directory")]);
    assert_eq!(fs::read(&cache).expect("a file"), b"a file\n");
    fs::remove_dir_all(fixture.home.path().join(".cache")).expect("a directory");
    fixture.home.write(".cache", "a file\n");
    fixture.sign_in(&["r1"], &[ROLE], &[&flaw("not a directory")]);
}

// fault 98
pub fn goes_without_a_cache_that_cannot_be_written() {
    let stranger = Stranger::new(&[("r1", "")]);
    let fixture = &stranger.fixture;
    let cache = fixture.home.cache();
    // Nowhere to make it.
    set_mode(fixture.home.path(), 0o555);
    let flaw = format!(
        "sessions are not cached: {} is unusable (Permission denied) [cache-unusable]",
        fixture.home.shown(&cache)
    );
    stranger.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[&flaw], |_| {});
    // There, but read-only: what is in it is still used.
    set_mode(fixture.home.path(), 0o755);
    stranger.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[], |_| {});
    set_mode(&cache, 0o500);
    stranger.signs_in(&["r1"], &[], &[], |_| {});
    let (no_locks, not_kept) = (
        format!("files in {} cannot be locked (Permission denied)", fixture.home.shown(&cache)),
        format!(
            "the cache is not updated: {} cannot be written (permission denied) [cache-not-writable]",
            fixture.home.shown(&cache)
        ),
    );
    let names = cached::names(&cache);
    stranger.signs_in(&["r1", "--external-id", "id"], &[ROLE], &[&no_locks, &not_kept], |_| {});
    assert_eq!(cached::names(&cache), names);
    // Without the right to look into it.
    set_mode(&cache, 0o000);
    stranger.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[&flaw], |_| {});
    assert_eq!(mode(&cache), 0o000);

    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::errno::Errno;
        use nix::libc::{SYS_fsync, SYS_mkdirat, SYS_renameat, SYS_renameat2};
        for (error, said) in [(Errno::ENOSPC, "no storage space"), (Errno::EDQUOT, "quota exceeded")] {
            let fixture = Fixture::with(&[("r1", "")]);
            let code = fixture.code();
            let not_kept = format!(
                "the cache is not updated: {} cannot be written ({said}) [cache-not-writable]",
                fixture.home.shown(fixture.home.cache())
            );
            let full = move |command: &mut Command| seccomp::fail(command, &[SYS_fsync], error);
            let ran = fixture.program(&["r1", "--code", &code]).prepared(full).says(&not_kept).run();
            assert_eq!(ran.stderr.matches("warning").count(), 1, "said once, not for each session: {}", ran.stderr);
            let names = cached::names(&fixture.home.cache());
            assert!(names.iter().all(|name| cached::is_lock(name)), "nothing is left behind: {names:?}");
        }
        for calls in [&[SYS_mkdirat][..], &[SYS_renameat, SYS_renameat2]] {
            let fixture = Fixture::with(&[]);
            let code = fixture.code();
            let read_only = move |command: &mut Command| seccomp::fail(command, calls, Errno::EROFS);
            let ran = fixture.program(&["main", "--code", &code]).prepared(read_only).says("ead-only file").run();
            assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        }
    }
}

// fault 101
pub fn keeps_sessions_where_it_is_told_to() {
    let at = |variables: &[(&str, &str)], expected: &str| {
        let mut fixture = Fixture::with(&[]);
        let in_home = |path: &str| path.replace('~', &fixture.home.path().display().to_string());
        let expected = PathBuf::from(in_home(expected));
        let pairs: Vec<(String, String)> = variables.iter().map(|(n, v)| ((*n).to_owned(), in_home(v))).collect();
        for (name, value) in pairs {
            fixture.home.set(name, value);
        }
        let code = fixture.code();
        // Not through `Program::run`, for which these are files that come to be in the home.
        let outcome = shells::finish(fixture.program(&["main", "--code", &code]).command());
        assert_eq!(outcome.status.code(), Some(0), "{variables:?}: {outcome}");
        assert_eq!(String::from_utf8_lossy(&outcome.stderr).lines().count(), 1, "{variables:?}: {outcome}");
        assert_eq!(cached::of_kind(&expected, "mfa").len(), 1, "{variables:?}");
        assert_eq!((mode(&expected), found(fixture.home.path())), (0o700, 1), "{variables:?}");
    };
    let usual = "~/.cache/mfa-env";
    at(&[], usual);
    at(&[("XDG_CACHE_HOME", "~/x/y")], "~/x/y/mfa-env");
    for relative in ["x", "./x", "../x", ".", "", " ", "x/../../y"] {
        at(&[("XDG_CACHE_HOME", relative)], usual);
        at(&[("MFA_ENV_CACHE_DIR", relative)], usual);
    }
    at(&[("MFA_ENV_CACHE_DIR", "~/deep/er/still")], "~/deep/er/still");
    at(&[("MFA_ENV_CACHE_DIR", "~/mine"), ("XDG_CACHE_HOME", "~/x")], "~/mine");
    at(&[("MFA_ENV_CACHE_DIR", "mine"), ("XDG_CACHE_HOME", "~/x")], "~/x/mfa-env");
}

/// How many sessions are kept anywhere below.
fn found(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).expect("a directory").flatten().map(|entry| entry.path());
    entries
        .map(
            |path| {
                if path.is_dir() { found(&path) } else { usize::from(path.extension().is_some_and(|e| e == "json")) }
            },
        )
        .sum()
}

// fault 101
pub fn takes_only_its_own_directory_in_a_shared_one() {
    let mut fixture = Fixture::with(&[]);
    let shared = tempfile::tempdir().expect("a directory");
    set_mode(shared.path(), 0o1777);
    fixture.home.set("XDG_CACHE_HOME", shared.path());
    let own = shared.path().join("mfa-env");
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!((mode(&own), mode(shared.path())), (0o700, 0o1777));
    // Somebody was there first.
    fs::remove_dir_all(&own).expect("a directory");
    fs::create_dir(&own).expect("a directory");
    set_mode(&own, 0o777);
    fixture.sign_in_with_code(&["main"], &[MFA], &["accessible to other users"]);
    assert!(cached::names(&own).is_empty());
}

// fault 54
pub fn keeps_nothing_for_root_in_a_home_of_somebody_else() {
    if !unprivileged::is_root() {
        return;
    }
    let mut fixture = Fixture::with(&[("r1", "")]);
    for name in ["", ".aws", ".aws/config", ".aws/credentials"] {
        unprivileged::own(&fixture.home.path().join(name));
    }
    let elsewhere = tempfile::tempdir().expect("a directory");
    for dir in [None, Some(elsewhere.path().join("cache"))] {
        if let Some(dir) = &dir {
            fixture.home.set("MFA_ENV_CACHE_DIR", dir);
        }
        let said =
            "sessions are not cached, because the home directory belongs to another user (sudo?) [home-of-other-user]";
        fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[said]);
        assert!(!fixture.home.path().join(".cache").exists());
        assert!(cached::names(elsewhere.path()).is_empty());
    }
}

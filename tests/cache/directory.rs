//! The cache directory and its files: other users cannot read them, links and special files in their place are never
//! followed or written through, and without a usable cache the sign-in still succeeds.

#![cfg(unix)]

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::program::Program;
use crate::support::shells::{self, Outcome};
use crate::support::sts::RoleSpec;
use crate::support::summary::{is_in, is_summary};
use crate::support::umask;
use crate::support::unprivileged;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

trials![
    is_private_whatever_the_umask,
    does_not_follow_a_symlink_to_the_directory,
    accepts_symlinks_in_parent_directories,
    never_changes_a_mode_by_path,
    does_not_use_a_hard_link_in_place_of_a_file,
    tells_backup_programs_to_leave_it_out,
    replaces_a_special_file_in_place_of_a_session,
    replaces_a_special_file_in_place_of_a_lock,
    does_without_the_cache_if_a_directory_replaces_a_file,
    drops_files_that_others_can_read_or_write,
    does_not_use_a_directory_that_others_can_access,
    does_without_a_cache_that_cannot_be_written,
    caches_sessions_where_the_variables_say,
    uses_only_its_own_directory_inside_a_shared_one,
    root_caches_nothing_in_another_users_home,
    never_touches_files_with_other_names,
    delivers_the_session_if_the_file_size_is_limited,
];

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display())).mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
}

/// A fixture whose home belongs to an unprivileged user, who also runs the program.
struct UnprivilegedUser {
    fixture: Fixture,
    program: unprivileged::UnprivilegedProgram,
}

impl UnprivilegedUser {
    fn new(roles: &[(&str, &str)]) -> UnprivilegedUser {
        let fixture = Fixture::with(roles);
        set_mode(fixture.home.path(), 0o755);
        for name in ["", ".aws", ".aws/config", ".aws/credentials"] {
            unprivileged::give(&fixture.home.path().join(name));
        }
        UnprivilegedUser { fixture, program: unprivileged::UnprivilegedProgram::new() }
    }

    fn run(&self, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Outcome {
        let mut command = self.program.command();
        command.args(arguments).args(["--shell", "sh"]).env_clear().envs(&self.fixture.home.variables).current_dir("/");
        prepare(&mut command);
        shells::finish(command)
    }

    /// Asserts that a sign-in succeeds with exactly these calls and warnings.
    #[track_caller]
    fn signs_in(&self, arguments: &[&str], calls: &[&str], warnings: &[&str], prepare: impl FnOnce(&mut Command)) {
        let outcome = self.run(arguments, prepare);
        assert_eq!(outcome.status.code(), Some(0), "{outcome}");
        assert!(String::from_utf8_lossy(&outcome.stdout).contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        let lines: Vec<&str> = stderr.lines().filter(|line| !is_summary(line, None)).collect();
        assert_eq!(lines.len(), warnings.len(), "{outcome}");
        for (line, part) in lines.iter().zip(warnings) {
            assert!(line.starts_with("mfa-env: warning: ") && line.contains(part), "{part:?} in {line:?}");
        }
        let sent = self.fixture.sts.take_session_calls();
        assert_eq!(sent.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), calls, "{outcome}");
    }
}

// fault 86
fn is_private_whatever_the_umask() {
    for mask in [0o000, 0o022, 0o077, 0o777] {
        let user = UnprivilegedUser::new(&[("r1", "")]);
        let fixture = &user.fixture;
        let code = fixture.code();
        user.signs_in(&["r1", "--code", &code], &[MFA, ROLE], &[], |c| umask::set(c, mask));
        // Again with everything in place; the cached sessions can be read.
        user.signs_in(&["r1", "--external-id", "id"], &[ROLE], &[], |c| umask::set(c, mask));
        user.signs_in(&["r1"], &[], &[], |c| umask::set(c, mask));
        let cache = fixture.home.cache();
        for dir in [cache.parent().expect("a parent"), &cache] {
            assert_eq!(mode(dir), 0o700, "umask {mask:o}: {}", dir.display());
        }
        let names = cached::names(&cache);
        assert_eq!(names.len(), 8, "expected three sessions, their locks, the used codes and the user: {names:?}");
        for name in names {
            assert_eq!(mode(&cache.join(&name)), 0o600, "umask {mask:o}: {name}");
        }
    }
    // Files are private from the moment they are created: the program is killed right after that.
    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::libc::{SYS_fchmod, SYS_fsync};
        for at in [SYS_fchmod, SYS_fsync] {
            let fixture = Fixture::with(&[]);
            let code = fixture.code();
            let command = fixture.program(&["main", "--code", &code]).configure(move |command| {
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
fn does_not_follow_a_symlink_to_the_directory() {
    let fixture = Fixture::with(&[]);
    let (cache, target) = (fixture.home.cache(), fixture.home.path().join("target"));
    fs::create_dir_all(cache.parent().expect("a parent")).expect("a directory");
    for exists in [false, true] {
        if exists {
            fs::create_dir(&target).expect("a directory");
            set_mode(&target, 0o700);
        }
        let _ = fs::remove_file(&cache);
        symlink(&target, &cache).expect("a symlink");
        let warning = format!(
            "sessions are not cached: {} cannot be used (not a directory); correct that, or set \
             MFA_ENV_CACHE_DIR [cache-unusable]",
            fixture.home.shown(&cache)
        );
        fixture.sign_in_with_code(&["main"], &[MFA], &[&warning]);
        assert!(cache.is_symlink() && target.exists() == exists);
        assert!(!exists || cached::names(&target).is_empty());
    }
}

// fault 88
fn accepts_symlinks_in_parent_directories() {
    let fixture = Fixture::with(&[]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    symlink(elsewhere.path(), fixture.home.path().join(".cache")).expect("a symlink");
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!(cached::of_kind(&elsewhere.path().join("mfa-env"), "mfa").len(), 1);
}

// fault 152: while the directory is being created, its name could be made a link to something else
#[cfg(target_os = "linux")]
fn never_changes_a_mode_by_path() {
    use crate::support::{seccomp, shells, umask};
    use nix::libc::{SYS_fchmodat, SYS_fchmodat2};
    let mut by_path = vec![SYS_fchmodat, SYS_fchmodat2];
    #[cfg(target_arch = "x86_64")]
    by_path.push(nix::libc::SYS_chmod);
    for mask in [0o000, 0o022, 0o777] {
        let fixture = Fixture::with(&[]);
        let mut command = fixture.program(&["main", &fixture.code()]).command();
        seccomp::kill(&mut command, &by_path);
        umask::set(&mut command, mask);
        let outcome = shells::finish(command);
        assert!(outcome.status.success(), "umask {mask:o}: {outcome}");
        assert_eq!(mode(&fixture.home.cache()), 0o700, "umask {mask:o}");
        fixture.sts.take_calls();
        fixture.sign_in(&["main"], &[], &[]);
    }
}

#[cfg(not(target_os = "linux"))]
fn never_changes_a_mode_by_path() {}

// fault 152
fn does_not_use_a_hard_link_in_place_of_a_file() {
    let fixture = Fixture::with(&[("r1", "")]);
    let session = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    let lock = path.with_extension("lock");
    // It keeps its content and its mode, which mfa-env sets for a lock file of its own.
    let victim = fixture.home.write("victim", "precious\n");
    for victim_mode in [0o644, 0o600] {
        set_mode(&victim, victim_mode);
        for place in [&lock, &path] {
            fs::remove_file(&path).expect("a cached session");
            let _ = fs::remove_file(place);
            fs::hard_link(&victim, place).expect("a hard link");
            let what = if place == &lock { "a lock file was replaced" } else { "a cached session is ignored" };
            let warning = format!("{what}: {} (a hard link to another file)", fixture.home.shown(place));
            let made = fixture.sign_in(&["r1"], &[ROLE], &[&warning]);
            assert_ne!(made, session);
            assert_eq!(
                (fs::read(&victim).expect("the victim").as_slice(), mode(&victim)),
                (&b"precious\n"[..], victim_mode)
            );
            assert_eq!(fixture.sign_in(&["r1"], &[], &[]), made);
        }
    }
    // A hard link elsewhere would keep the session readable after it is removed here, and is not read either.
    fs::hard_link(&path, fixture.home.path().join("kept")).expect("a hard link");
    let ignored = format!("a cached session is ignored: {} (a hard link", fixture.home.shown(&path));
    fixture.sign_in(&["r1"], &[ROLE], &[&ignored]);
}

fn tells_backup_programs_to_leave_it_out() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let tag = fixture.home.cache().join(cached::TAG);
    let content = fs::read_to_string(&tag).expect("the tag");
    assert!(content.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n#"), "{content}");
    assert_eq!(mode(&tag), 0o600);
    // Somebody else's is left alone, also by `logout --all`.
    fs::write(&tag, "mine").expect("our own file");
    fixture.sign_in_with_code(&["main", "-d", "1h"], &[MFA], &[]);
    Program::new(&fixture.home, ["logout", "--all", "-q"]).stdout("").run();
    assert_eq!(fs::read_to_string(&tag).expect("the tag"), "mine");
}

type PutInPlace = Box<dyn Fn(&Path)>;

/// What may be found in place of a file. The targets of links are in the home, where every run checks that nothing
/// changes.
fn special_files(fixture: &Fixture) -> Vec<(&'static str, PutInPlace)> {
    let victim = fixture.home.write("victim", "precious\n");
    let nothing = fixture.home.path().join("nothing");
    vec![
        ("link", Box::new(move |path: &Path| symlink(&victim, path).expect("a symlink"))),
        ("dangling link", Box::new(move |path| symlink(&nothing, path).expect("a symlink"))),
        ("link to itself", Box::new(|path| symlink(path, path).expect("a symlink"))),
        ("FIFO", Box::new(|path| mkfifo(path, Mode::S_IRWXU).expect("a FIFO"))),
    ]
}

// fault 88
fn replaces_a_special_file_in_place_of_a_session() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    for (what, put) in special_files(&fixture) {
        fs::remove_file(&path).expect("a cached session");
        put(&path);
        let warning = format!(
            "a cached session is ignored: {} (not a regular file) [cached-session-ignored]",
            fixture.home.shown(&path)
        );
        let made = fixture.sign_in(&["r1"], &[ROLE], &[&warning]);
        assert!(path.symlink_metadata().expect("a file").is_file(), "{what}");
        assert_eq!(mode(&path), 0o600, "{what}");
        assert_eq!(fixture.sign_in(&["r1"], &[], &[]), made, "{what}");
    }
    assert!(!fixture.home.path().join("nothing").exists());
}

// fault 88
fn replaces_a_special_file_in_place_of_a_lock() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    let lock = path.with_extension("lock");
    for (what, put) in special_files(&fixture) {
        fs::remove_file(&path).expect("a cached session");
        fs::remove_file(&lock).expect("its lock");
        put(&lock);
        let warning =
            format!("a lock file was replaced: {} (not a regular file) [lock-replaced]", fixture.home.shown(&lock));
        fixture.sign_in(&["r1"], &[ROLE], &[&warning]);
        assert!(lock.symlink_metadata().expect("a file").is_file(), "{what}");
        assert_eq!(mode(&lock), 0o600, "{what}");
    }
    assert!(!fixture.home.path().join("nothing").exists());
    // The content and the mode of a lock file do not matter.
    let long = "9".repeat(100_000);
    for content in ["", "process 1 on \x1b[2J\n", "\u{202e}", long.as_str()] {
        fs::write(&lock, content).expect("a lock");
        set_mode(&lock, 0o666);
        fs::remove_file(&path).expect("a cached session");
        fixture.sign_in(&["r1"], &[ROLE], &[]);
        assert_eq!(mode(&lock), 0o600);
    }
}

// fault 88
fn does_without_the_cache_if_a_directory_replaces_a_file() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let path = cached::only(&fixture.home.cache(), "role").path;
    fs::remove_file(&path).expect("a cached session");
    fs::create_dir(&path).expect("a directory");
    fs::write(path.join("inside"), "precious\n").expect("a file");
    let not_cached = format!(
        "the cache is not updated: {} cannot be written (is a directory) [cache-not-writable]",
        fixture.home.shown(fixture.home.cache())
    );
    for _ in 0..2 {
        fixture.sign_in(&["r1"], &[ROLE], &["(not a regular file)", &not_cached]);
    }
    let lock = path.with_extension("lock");
    fs::remove_file(&lock).expect("a lock");
    fs::create_dir(&lock).expect("a directory");
    fixture.sign_in(&["r1"], &[ROLE], &["(not a regular file)", "cannot be locked (", &not_cached]);
    assert_eq!(fs::read(path.join("inside")).expect("the file"), b"precious\n");
    assert!(lock.is_dir());
}

// fault 89
fn drops_files_that_others_can_read_or_write() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let role = cached::only(&fixture.home.cache(), "role");
    let path = &role.path;
    let ignored = |reason: &str| {
        format!("a cached session is ignored: {} ({reason}) [cached-session-ignored]", fixture.home.shown(path))
    };
    for open in [0o644, 0o604, 0o640, 0o620, 0o601, 0o777] {
        set_mode(path, open);
        fixture.sign_in(&["r1"], &[ROLE], &[&ignored("accessible to other users")]);
        assert_eq!(mode(path), 0o600);
        fixture.sign_in(&["r1"], &[], &[]);
    }
    // It is deleted even if nothing replaces it.
    let mfa = cached::only(&fixture.home.cache(), "mfa").path;
    set_mode(&mfa, 0o644);
    let ran = fixture.fails(&["main"], 5, "an MFA code is needed", &[]);
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    assert!(!mfa.exists());
    // Read permission is enough.
    set_mode(path, 0o400);
    fixture.sign_in(&["r1"], &[], &[]);
    // Only root can give a file away, and the program does not delete another user's file.
    if unprivileged::is_root() {
        unprivileged::give(path);
        let ran = fixture.fails(&["r1"], 5, "an MFA code is needed", &[]);
        assert!(ran.stderr.starts_with(&format!("mfa-env: warning: {}\n", ignored("owned by another user"))));
        assert_eq!(path.metadata().expect("the file").uid(), unprivileged::UID);
        fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[&ignored("owned by another user")]);
        assert_eq!(path.metadata().expect("a new file").uid(), 0);
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

// faults 98, 101
fn does_not_use_a_directory_that_others_can_access() {
    // Without a device, so that the number of valid codes does not limit the number of attempts.
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    let config = fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let cache = fixture.home.cache();
    let warning = |what: &str| {
        format!(
            "sessions are not cached: {} cannot be used ({what}); correct that, or set MFA_ENV_CACHE_DIR \
             [cache-unusable]",
            fixture.home.shown(&cache)
        )
    };
    fs::create_dir_all(&cache).expect("a directory");
    for open in [0o755, 0o770, 0o701, 0o710, 0o1777] {
        set_mode(&cache, open);
        fixture.sign_in(&["r1"], &[ROLE], &[&warning("accessible to other users")]);
        assert_eq!(mode(&cache), open, "the mode is unchanged");
        assert!(cached::names(&cache).is_empty());
    }
    set_mode(&cache, 0o700);
    if unprivileged::is_root() {
        unprivileged::give(&cache);
        fixture.sign_in(&["r1"], &[ROLE], &[&warning("owned by another user")]);
        assert!(cached::names(&cache).is_empty());
    }
    fs::remove_dir(&cache).expect("a directory");
    fixture.home.write(".cache/mfa-env", "a file\n");
    fixture.sign_in(&["r1"], &[ROLE], &[&warning("not a directory")]);
    assert_eq!(fs::read(&cache).expect("a file"), b"a file\n");
    fs::remove_dir_all(fixture.home.path().join(".cache")).expect("a directory");
    fixture.home.write(".cache", "a file\n");
    fixture.sign_in(&["r1"], &[ROLE], &[&warning("not a directory")]);
}

// fault 98
fn does_without_a_cache_that_cannot_be_written() {
    let user = UnprivilegedUser::new(&[("r1", "")]);
    let fixture = &user.fixture;
    let cache = fixture.home.cache();
    // The directory cannot be created.
    set_mode(fixture.home.path(), 0o555);
    let warning = format!(
        "sessions are not cached: {} cannot be used (Permission denied); correct that, or set \
         MFA_ENV_CACHE_DIR [cache-unusable]",
        fixture.home.shown(&cache)
    );
    user.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[&warning], |_| {});
    // The directory is read-only; its contents are still used.
    set_mode(fixture.home.path(), 0o755);
    user.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[], |_| {});
    set_mode(&cache, 0o500);
    user.signs_in(&["r1"], &[], &[], |_| {});
    let (no_locks, not_cached) = (
        format!("files in {} cannot be locked (Permission denied)", fixture.home.shown(&cache)),
        format!(
            "the cache is not updated: {} cannot be written (permission denied) [cache-not-writable]",
            fixture.home.shown(&cache)
        ),
    );
    let names = cached::names(&cache);
    user.signs_in(&["r1", "--external-id", "id"], &[ROLE], &[&no_locks, &not_cached], |_| {});
    assert_eq!(cached::names(&cache), names);
    // The directory cannot be read.
    set_mode(&cache, 0o000);
    user.signs_in(&["r1", "--code", &fixture.code()], &[MFA, ROLE], &[&warning], |_| {});
    assert_eq!(mode(&cache), 0o000);

    #[cfg(target_os = "linux")]
    {
        use crate::support::seccomp;
        use nix::errno::Errno;
        use nix::libc::{SYS_fsync, SYS_mkdirat, SYS_renameat, SYS_renameat2};
        for (error, reason) in [(Errno::ENOSPC, "no storage space"), (Errno::EDQUOT, "quota exceeded")] {
            let fixture = Fixture::with(&[("r1", "")]);
            let code = fixture.code();
            let not_cached = format!(
                "the cache is not updated: {} cannot be written ({reason}) [cache-not-writable]",
                fixture.home.shown(fixture.home.cache())
            );
            let full = move |command: &mut Command| seccomp::fail(command, &[SYS_fsync], error);
            let ran = fixture.program(&["r1", "--code", &code]).configure(full).says(&not_cached).run();
            assert_eq!(
                ran.stderr.matches("warning").count(),
                1,
                "expected one warning, not one per session: {}",
                ran.stderr
            );
            let names = cached::names(&fixture.home.cache());
            assert!(names.iter().all(|name| cached::is_lock(name)), "files were left behind: {names:?}");
        }
        for (calls, reason) in [
            (&[SYS_mkdirat][..], "cannot be used (Read-only file system)"),
            (&[SYS_renameat, SYS_renameat2], "cannot be written (read-only filesystem or storage medium)"),
        ] {
            let fixture = Fixture::with(&[]);
            let code = fixture.code();
            let read_only = move |command: &mut Command| seccomp::fail(command, calls, Errno::EROFS);
            let ran = fixture.program(&["main", "--code", &code]).configure(read_only).says(reason).run();
            assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        }
    }
}

// fault 101
fn caches_sessions_where_the_variables_say() {
    let at = |variables: &[(&str, &str)], expected: &str| {
        let mut fixture = Fixture::with(&[]);
        let in_home = |path: &str| path.replace('~', &fixture.home.path().display().to_string());
        let expected = PathBuf::from(in_home(expected));
        // `$` stands for a `~` that mfa-env itself expands.
        let value = |text: &str| in_home(text).replace('$', "~");
        let pairs: Vec<(String, String)> = variables.iter().map(|(n, v)| ((*n).to_owned(), value(v))).collect();
        for (name, value) in pairs {
            fixture.home.set(name, value);
        }
        let code = fixture.code();
        // Not with `Program::run`, which would report these files as changes in the home.
        let outcome = shells::finish(fixture.program(&["main", "--code", &code]).command());
        assert_eq!(outcome.status.code(), Some(0), "{variables:?}: {outcome}");
        let relative = variables.iter().find(|(name, value)| {
            *name == "MFA_ENV_CACHE_DIR" && !value.trim().is_empty() && !value.starts_with(['~', '$'])
        });
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(stderr.lines().count(), 1 + usize::from(relative.is_some()), "{variables:?}: {outcome}");
        if let Some((_, value)) = relative {
            let says = format!(
                "warning: MFA_ENV_CACHE_DIR is ignored: {value} is a relative path; give an absolute one, or one that \
                 begins with ~/ [relative-cache-directory]\n"
            );
            assert_eq!(stderr.matches(&says).count(), 1, "{outcome}");
        }
        assert_eq!(cached::of_kind(&expected, "mfa").len(), 1, "{variables:?}");
        assert_eq!((mode(&expected), count_sessions(fixture.home.path())), (0o700, 1), "{variables:?}");
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
    at(&[("MFA_ENV_CACHE_DIR", "$/mine/deep")], "~/mine/deep");
    at(&[("MFA_ENV_CACHE_DIR", "mine"), ("XDG_CACHE_HOME", "~/x")], "~/x/mfa-env");
}

/// The number of cached sessions anywhere below a directory.
fn count_sessions(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).expect("a directory").flatten().map(|entry| entry.path());
    entries
        .map(|path| {
            if path.is_dir() {
                count_sessions(&path)
            } else {
                usize::from(path.extension().is_some_and(|e| e == "json"))
            }
        })
        .sum()
}

// fault 101
fn uses_only_its_own_directory_inside_a_shared_one() {
    let mut fixture = Fixture::with(&[]);
    let shared = tempfile::tempdir().expect("a directory");
    set_mode(shared.path(), 0o1777);
    fixture.home.set("XDG_CACHE_HOME", shared.path());
    let own = shared.path().join("mfa-env");
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    assert_eq!((mode(&own), mode(shared.path())), (0o700, 0o1777));
    // Another user created it first.
    fs::remove_dir_all(&own).expect("a directory");
    fs::create_dir(&own).expect("a directory");
    set_mode(&own, 0o777);
    fixture.sign_in_with_code(&["main"], &[MFA], &["accessible to other users"]);
    assert!(cached::names(&own).is_empty());
}

// fault 54
fn root_caches_nothing_in_another_users_home() {
    if !unprivileged::is_root() {
        return;
    }
    let mut fixture = Fixture::with(&[("r1", "")]);
    for name in ["", ".aws", ".aws/config", ".aws/credentials"] {
        unprivileged::give(&fixture.home.path().join(name));
    }
    let elsewhere = tempfile::tempdir().expect("a directory");
    for dir in [None, Some(elsewhere.path().join("cache"))] {
        if let Some(dir) = &dir {
            fixture.home.set("MFA_ENV_CACHE_DIR", dir);
        }
        let warning =
            "sessions are not cached, because the home directory belongs to another user (sudo?) [home-of-other-user]";
        fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[warning]);
        assert!(!fixture.home.path().join(".cache").exists());
        assert!(cached::names(elsewhere.path()).is_empty());
    }
}

// fault 151
fn never_touches_files_with_other_names() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let digest = "0123456789abcdef".repeat(4);
    let names = [
        "Cargo.lock".to_owned(),
        "package.json".to_owned(),
        "notes.used".to_owned(),
        ".bashrc.2024".to_owned(),
        // No process has this id.
        format!(".package.json.{}", i32::MAX),
        format!(".{digest}.lock.{}", i32::MAX),
        format!(".{digest}.json.x"),
        format!("{}.json", &digest[1..]),
        format!("{digest}0.json"),
        format!("{}.lock", digest.to_uppercase()),
        format!("{digest}.json.bak"),
        format!("a{digest}.used"),
    ];
    let long_ago = SystemTime::now() - Duration::from_hours(100);
    for name in &names {
        let path = fixture.home.cache().join(name);
        fs::write(&path, "mine").expect("a file");
        fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("a time");
        set_mode(&path, 0o644);
    }
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    for arguments in [&["list"][..], &["status"], &["explain", "r1"], &["logout", "r1"], &["logout", "--all"]] {
        let ran = shells::finish(Program::new(&fixture.home, arguments.iter().copied()).command());
        assert!(!String::from_utf8_lossy(&ran.stderr).contains("ignored"), "{arguments:?}: {ran}");
    }
    for name in &names {
        let path = fixture.home.cache().join(name);
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("mine"), "{name}");
        assert_eq!(mode(&path), 0o644, "{name}");
    }
    assert!(!cached::names(&fixture.home.cache()).iter().any(|name| cached::is_session(name) && !names.contains(name)));
}

// fault 153
fn delivers_the_session_if_the_file_size_is_limited() {
    // In blocks of 512 bytes; an entry is larger.
    for limit in [0, 1] {
        let fixture = Fixture::with(&[]);
        let program = fixture.program(&["main", "--code", &fixture.code()]).command();
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", &format!("ulimit -f {limit}; exec \"$0\" \"$@\"")]);
        limited.arg(program.get_program()).args(program.get_args());
        limited.env_clear().envs(&fixture.home.variables).current_dir(fixture.home.path());
        let ran = shells::finish(limited);
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(0), "{limit}: {ran}");
        assert!(stderr.contains("[cache-not-writable]") && is_in(&stderr, "main"), "{limit}: {ran}");
        let key = &fixture.sts.sessions()[0].access_key_id;
        assert!(String::from_utf8_lossy(&ran.stdout).contains(key.as_str()), "{limit}: {ran}");
    }
}

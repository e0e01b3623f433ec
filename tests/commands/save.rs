//! `save`: the section that it writes, every other byte of the file, and what it refuses.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::shells;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::unprivileged;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

trials![
    writes_one_section_and_no_other_byte,
    updates_its_own_section,
    keeps_links_and_never_widens_the_mode,
    refuses_files_that_must_not_be_replaced,
    says_that_others_can_replace_the_file,
    keeps_attributes_and_names_those_that_it_cannot_keep,
    never_replaces_what_is_not_its_own,
    refuses_names_that_mean_another_profile,
    a_bare_sign_in_renews_the_profile_that_the_section_came_from,
    writes_the_region_only_if_asked_to,
    logout_removes_only_saved_sections,
    twenty_processes_write_twenty_sections,
    begins_again_if_another_program_writes_the_file,
    a_full_disk_and_a_kill_leave_the_old_file,
];

/// `plain` and `p0` to `p19` are roles that need no code.
pub(super) fn home() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let mut config = String::from("[profile keys]\n");
    for name in std::iter::once("plain".to_owned()).chain((0..20).map(|i| format!("p{i}"))) {
        config += &format!("[profile {name}]\nrole_arn = {role}\nsource_profile = keys\nregion = eu-west-3\n");
    }
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    fs::set_permissions(credentials(&home), fs::Permissions::from_mode(0o600)).expect("a mode");
    (sts, alice, home)
}

fn credentials(home: &Home) -> PathBuf {
    home.path().join(".aws/credentials")
}

pub(super) fn text(home: &Home) -> String {
    String::from_utf8(fs::read(credentials(home)).expect("a file")).expect("UTF-8")
}

pub(super) fn save<'a>(home: &'a Home, arguments: &[&str]) -> Program<'a> {
    Program::new(home, ["save"].iter().chain(arguments).copied()).writes(".aws/credentials")
}

/// The section as it is written now.
fn section(sts: &Sts, name: &str, profile: &str, ending: &str) -> String {
    let session = sts.sessions().pop().expect("a session");
    [
        format!("[{name}]"),
        format!("aws_access_key_id = {}", session.access_key_id),
        format!("aws_secret_access_key = {}", session.secret_access_key),
        format!("aws_session_token = {}", session.session_token),
        "x_security_token_expires = ".to_owned(),
        format!("mfa_env_profile = {profile}"),
        String::new(),
    ]
    .join(ending)
}

/// The text without the time at which the session expires.
fn without_time(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line.split_once("x_security_token_expires = ") {
        Some((before, time)) => {
            assert!(time.len() >= 20, "{line}");
            format!("{before}x_security_token_expires = {}", if time.ends_with('\r') { "\r" } else { "" })
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

// fault 80
fn writes_one_section_and_no_other_byte() {
    let (sts, alice, home) = home();
    let keys = credentials_section("keys", &alice);
    let crlf = keys.replace('\n', "\r\n");
    for (before, ending, gap) in [
        (keys.clone(), "\n", "\n"),
        (format!("# first\n\n{keys}  # last, without an end"), "\n", "\n\n"),
        (format!("{keys}\n\n"), "\n", ""),
        (crlf.clone(), "\r\n", "\r\n"),
        (format!("\u{feff}{crlf}; comment"), "\r\n", "\r\n\r\n"),
        (keys.replace('\n', "\r"), "\n", "\n"),
        (format!("[other]\nx = y\n[sso-session a]\nz\n = 1\n{keys}").replace("z\n = 1\n", "z = 1\n"), "\n", "\n"),
    ] {
        home.write(".aws/credentials", &before);
        save(&home, &["plain"]).says("[plain-mfa] in ~/.aws/credentials has the session of plain ").run();
        let expected = format!("{before}{gap}{}", section(&sts, "plain-mfa", "plain", ending));
        assert_eq!(without_time(&text(&home)), expected, "{before:?}");
    }
}

// fault 83
fn updates_its_own_section() {
    let (sts, alice, home) = home();
    let keys = credentials_section("keys", &alice);
    save(&home, &["plain"]).says("has the session").run();
    let first = text(&home);
    home.write(".aws/credentials", format!("{first}# of the next section\n\n[next]\na = b\n"));
    save(&home, &["plain", "--renew"]).says("has the session").run();
    let expected =
        format!("{keys}\n{}# of the next section\n\n[next]\na = b\n", section(&sts, "plain-mfa", "plain", "\n"));
    assert_eq!(without_time(&text(&home)), expected);
    save(&home, &["plain"]).says("has the session").run();
    assert_eq!(without_time(&text(&home)), expected);
}

// faults 75, 78, 86
fn keeps_links_and_never_widens_the_mode() {
    let (_sts, _alice, home) = home();
    fs::create_dir(home.path().join("dotfiles")).expect("a folder");
    let target = home.path().join("dotfiles/credentials");
    fs::rename(credentials(&home), &target).expect("a file");
    symlink("../dotfiles/credentials", credentials(&home)).expect("a link");
    save(&home, &["plain"]).writes("dotfiles/credentials").says("has the session").run();
    assert!(credentials(&home).symlink_metadata().expect("a link").is_symlink());
    assert!(fs::read_to_string(&target).expect("a file").contains("[plain-mfa]"));
    for (mode, said) in [(0o644, true), (0o660, true), (0o600, false)] {
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).expect("a mode");
        // With a umask of 0, so that only an explicit mode protects the file.
        let line = format!("umask 0; exec '{}' save plain", binary().display());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear().envs(&home.variables).current_dir(home.path());
        let outcome = shells::finish(shell);
        assert!(outcome.status.success(), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert_eq!(stderr.contains("was accessible to others"), said, "{mode:o}: {stderr}");
        assert_eq!(fs::metadata(&target).expect("a file").mode() & 0o777, 0o600, "{mode:o}");
    }
}

// faults 76, 78, 87
fn refuses_files_that_must_not_be_replaced() {
    let (sts, _alice, home) = home();
    let path = credentials(&home);
    let refuses = |why: &str| {
        sts.take_calls();
        save(&home, &["plain"]).fails(7).stdout("").says(format!("mfa-env: ~/.aws/credentials {why}")).run();
        assert_eq!(sts.take_calls(), []);
    };
    fs::hard_link(&path, home.path().join("other")).expect("a link");
    refuses("has another name as well");
    fs::remove_file(home.path().join("other")).expect("a link");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("a mode");
    refuses("is read-only");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    if nix::unistd::Uid::effective().is_root() {
        nix::unistd::chown(&path, Some(nix::unistd::Uid::from_raw(12345)), None).expect("another owner");
        refuses("belongs to another user");
        nix::unistd::chown(&path, Some(nix::unistd::Uid::effective()), None).expect("its owner");
        let folder = path.parent().expect("a folder");
        nix::unistd::chown(folder, Some(nix::unistd::Uid::from_raw(12345)), None).expect("another owner");
        refuses("is in a folder that belongs to another user");
    }
}

// fault 87
fn says_that_others_can_replace_the_file() {
    let (_sts, _alice, home) = home();
    let folder = home.path().join(".aws");
    for (mode, said) in [(0o777, true), (0o770, true), (0o1777, false), (0o755, false)] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).expect("a mode");
        let ran = save(&home, &["plain"]).says("has the session").run();
        let notice = "mfa-env: other users can replace ~/.aws/credentials; run: chmod go-w ~/.aws\n";
        assert_eq!(ran.stderr.contains(notice), said, "{mode:o}: {}", ran.stderr);
    }
}

/// An access control list in the form of `system.posix_acl_access`: the owner, one user, the group, the mask, others.
fn access_list(user: u32) -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let entries = [(1, 6, NOBODY), (2, 4, user), (4, 0, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY)];
    let entry = |(tag, permissions, id): (u16, u16, u32)| {
        [tag.to_le_bytes().to_vec(), permissions.to_le_bytes().to_vec(), id.to_le_bytes().to_vec()].concat()
    };
    entries.into_iter().fold(2_u32.to_le_bytes().to_vec(), |list, next| [list, entry(next)].concat())
}

// fault 79
#[cfg(target_os = "linux")]
fn keeps_attributes_and_names_those_that_it_cannot_keep() {
    let (_sts, _alice, home) = home();
    let path = credentials(&home);
    let (note, list) = ("user.note", "system.posix_acl_access");
    xattr::set(&path, note, b"mine").expect("a file system with attributes");
    let has_list = xattr::set(&path, list, &access_list(4242)).is_ok();
    save(&home, &["plain"]).says("has the session").run();
    assert_eq!(xattr::get(&path, note).expect("attributes").as_deref(), Some(b"mine".as_slice()));
    if has_list {
        // The entry is there, but the mask leaves it nothing: the file has a new secret.
        let mut expected = access_list(4242);
        expected[4 + 3 * 8 + 2] = 0;
        assert_eq!(xattr::get(&path, list).expect("attributes"), Some(expected));
    }
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
    if !unprivileged::is_root() {
        return;
    }
    // Only root may give a file this group and this attribute. It may keep them, too.
    let group = || fs::metadata(&path).expect("a file").gid();
    nix::unistd::chown(&path, None, Some(54_321.into())).expect("a group");
    xattr::set(&path, "security.note", b"root's").expect("an attribute");
    save(&home, &["plain"]).says("has the session").run();
    assert_eq!(group(), 54_321);
    assert_eq!(xattr::get(&path, "security.note").expect("attributes").as_deref(), Some(b"root's".as_slice()));
    for name in ["", ".aws", ".aws/config", ".aws/credentials"] {
        unprivileged::give(&home.path().join(name));
    }
    fs::remove_dir_all(home.cache()).expect("a cache");
    unprivileged::give(&home.path().join(".cache"));
    nix::unistd::chown(&path, None, Some(54_321.into())).expect("a group");
    let outcome = unprivileged::run(&home, &["save", "plain"]);
    assert!(outcome.status.success(), "{outcome}");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let notice = "credentials is a new file that could not keep these attributes: group, security.note\n";
    assert!(stderr.contains(notice), "{stderr}");
    assert_eq!(xattr::get(&path, note).expect("attributes").as_deref(), Some(b"mine".as_slice()));
}

// fault 81
fn never_replaces_what_is_not_its_own() {
    let (_sts, alice, home) = home();
    let keys = credentials_section("keys", &alice);
    let with = |section: &str| home.write(".aws/credentials", format!("{keys}[x]\n{section}"));
    let name = ["plain", "--as", "x"];
    let long_term = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n";
    with(long_term);
    for more in [&[][..], &["--force"]] {
        let ran = save(&home, &[&name[..], more].concat()).fails(3).stdout("");
        ran.says("mfa-env: [x] has long-term keys (~/.aws/credentials:4), which are never replaced\n").run();
    }
    assert!(text(&home).ends_with(long_term));
    // The temporary keys of another tool are of no use later.
    with("aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n");
    save(&home, &name).says("had temporary keys of another tool, which are replaced\n").run();
    with("region = eu-west-1\n");
    save(&home, &name).fails(3).says("[x] was not written by mfa-env (~/.aws/credentials:4)").run();
    let before = text(&home);
    save(&home, &[&name[..], &["--force"]].concat()).says("has the session").any_files().run();
    assert_eq!(fs::read_to_string(home.path().join(".aws/credentials.mfa-env-backup")).expect("a backup"), before);
    assert!(!text(&home).contains("eu-west-1"));
    with("[x]\na = b\n");
    save(&home, &name).fails(3).says("[x] is defined several times, first at ~/.aws/credentials:4").run();
}

// faults 82, 191
fn refuses_names_that_mean_another_profile() {
    let (sts, _alice, home) = home();
    for name in ["default", "plain", "keys"] {
        let says = format!("mfa-env: profile {name} is the default profile or a part of this sign-in\n");
        save(&home, &["plain", "--as", name]).fails(2).stdout("").says(says).run();
    }
    for name in ["a]b", "a\nb", "", " a", "profile x", "a#b", "a;b"] {
        save(&home, &["plain", "--as", name]).fails(2).stdout("").says("mfa-env: ").run();
    }
    for setting in [
        "role_arn = arn:aws:iam::123456789012:role/x",
        "credential_process = x",
        "sso_session = x",
        "source_profile = y",
    ] {
        let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        home.write(".aws/config", format!("[profile y]\n{setting}\n{config}"));
        let key = setting.split(' ').next().expect("a key");
        let says = format!("mfa-env: profile y has {key} (~/.aws/config:2), which programs would use instead");
        save(&home, &["plain", "--as", "y"]).fails(3).stdout("").says(says).run();
        home.write(".aws/config", config);
    }
    assert_eq!(sts.take_calls(), []);
}

fn a_bare_sign_in_renews_the_profile_that_the_section_came_from() {
    let (sts, _alice, mut home) = home();
    save(&home, &["plain"]).says("has the session").run();
    sts.take_calls();
    home.set("AWS_PROFILE", "plain-mfa");
    let ran = Program::new(&home, ["--shell", "sh", "--renew"]).signs_in_to("plain").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("plain")));
    assert_eq!(sts.take_calls()[0].action, "AssumeRole");
    // And it can be saved again in the same way.
    save(&home, &[]).says("[plain-mfa] in ~/.aws/credentials has the session of plain").run();
}

fn writes_the_region_only_if_asked_to() {
    let (_sts, _alice, home) = home();
    let config = || fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let before = config();
    save(&home, &["plain"]).says("has the session").run();
    assert_eq!(config(), before);
    save(&home, &["plain", "--with-region"]).says("has the session").any_files().run();
    assert_eq!(config(), format!("{before}\n[profile plain-mfa]\nregion = eu-west-3\n"));
    save(&home, &["plain", "--with-region"]).says("has the session").run();
    // The config file gets no secret, so its mode stays; a name with a blank is quoted there.
    let path = home.path().join(".aws/config");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    for _ in 0..2 {
        save(&home, &["plain", "--with-region", "--as", "a b"]).any_files().says("has the session").run();
        assert_eq!(config().matches("[profile 'a b']\nregion = eu-west-3\n").count(), 1, "{}", config());
        assert_eq!(text(&home).matches("[a b]\n").count(), 1);
    }
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o644);
    save(&home, &["plain", "--with-region", "-r", "us-east-1"]).fails(3).says("has the region eu-west-3").run();
}

// fault 85
fn logout_removes_only_saved_sections() {
    let (_sts, alice, home) = home();
    let keys = credentials_section("keys", &alice);
    let before = format!("{keys}\n[other]\naws_access_key_id = ASIAX\naws_session_token = t\n");
    home.write(".aws/credentials", &before);
    for arguments in [&["plain"][..], &["p1"], &["p1", "--as", "work"]] {
        save(&home, arguments).says("has the session").run();
    }
    let with_all = text(&home);
    // Neither long-term keys nor what cannot be read is removed, or keeps the others.
    let own = "[own]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\nmfa_env_profile = p1\n[bad]\njunk\n";
    home.write(".aws/credentials", format!("{with_all}\n{own}"));
    let both = ["logout", "p1"];
    Program::new(&home, both).writes(".aws/credentials").says("removed 2 saved profiles").run();
    assert!(text(&home).ends_with(own), "{}", text(&home));
    home.write(".aws/credentials", &with_all);
    let logout = |arguments: &[&str]| {
        let all = ["logout"].iter().chain(arguments).copied();
        Program::new(&home, all).writes(".aws/credentials")
    };
    logout(&["p1"]).says("removed 2 saved profiles from the credentials file\n").run();
    let plain = with_all.split_once("\n[p1-mfa]").expect("the section").0;
    assert_eq!(text(&home), plain);
    logout(&["--all"]).says("removed 1 saved profile from the credentials file\n").run();
    assert_eq!(text(&home), before);
    logout(&["--all"]).says("no cached session").run();
    assert_eq!(text(&home), before);
}

// fault 84
fn twenty_processes_write_twenty_sections() {
    let (_sts, _alice, home) = home();
    let path = credentials(&home);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // A reader never sees anything but whole sections.
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) || reads < 100_000 {
                let text = fs::read_to_string(&path).expect("the file is always there");
                assert!(text.starts_with("[keys]\n") && text.ends_with('\n'), "{text}");
                assert_eq!(text.matches("aws_session_token").count(), text.matches("mfa_env_profile").count());
                reads += 1;
            }
        });
        let running: Vec<_> = (0..20)
            .map(|i| {
                let mut command = Command::new(binary());
                command.args(["save", &format!("p{i}"), "-q"]).env_clear().envs(&home.variables);
                command.stdin(Stdio::null()).spawn().expect("the program")
            })
            .collect();
        for mut process in running {
            assert!(process.wait().expect("a status").success());
        }
        done.store(true, Ordering::SeqCst);
        reader.join().expect("the reader");
    });
    let found = ini::Ini::load_from_str(&text(&home)).expect("another parser reads it");
    for i in 0..20 {
        let section = found.section(Some(format!("p{i}-mfa"))).expect("a section");
        assert!(section["aws_access_key_id"].starts_with("ASIA"));
        assert_eq!(&section["mfa_env_profile"], format!("p{i}"));
    }
    assert_eq!(found.sections().flatten().count(), 21);
    let left: Vec<_> = fs::read_dir(home.path().join(".aws")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

// fault 84
fn begins_again_if_another_program_writes_the_file() {
    let (_sts, alice, home) = home();
    let path = credentials(&home);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // Like the AWS CLI: reads, adds a section, writes.
            let mut added = 0;
            while !done.load(Ordering::SeqCst) {
                let name = format!("[cli{added}]\naws_access_key_id = ASIA{added}\naws_session_token = t\n");
                let temporary = home.path().join("new");
                let text = fs::read_to_string(&path).expect("the file");
                fs::write(&temporary, text + &name).expect("a file");
                fs::rename(&temporary, &path).expect("a file");
                added += 1;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            added
        });
        for _ in 0..5 {
            let outcome = shells::finish(Program::new(&home, ["save", "plain", "-q", "--renew"]).command());
            assert!(outcome.status.success(), "{outcome}");
        }
        done.store(true, Ordering::SeqCst);
        assert!(writer.join().expect("the writer") > 0);
    });
    let text = text(&home);
    assert!(text.starts_with(&credentials_section("keys", &alice)), "{text}");
    ini::Ini::load_from_str(&text).expect("another parser reads it");
}

// faults 73, 74
fn a_full_disk_and_a_kill_leave_the_old_file() {
    let (_sts, _alice, home) = home();
    save(&home, &["plain"]).says("has the session").run();
    let before = text(&home);
    // Nothing can be written beyond this size, as on a full disk.
    let limited = format!("ulimit -f 0; exec '{}' save p1 -q --no-cache", binary().display());
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &limited]).env_clear().envs(&home.variables).current_dir(home.path());
    let outcome = shells::finish(shell);
    assert_eq!(outcome.status.code(), Some(7), "{outcome}");
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("~/.aws/credentials cannot be written"), "{outcome}");
    assert_eq!(text(&home), before);
    // What a killed process has left is removed by the next one.
    let gone = Command::new("/bin/true").spawn().and_then(|mut child| child.wait().map(|_| child.id())).expect("true");
    home.write(&format!(".aws/.credentials.mfa-env-{gone}"), "half a file");
    save(&home, &["p1"]).says("has the session").any_files().run();
    let left: Vec<_> = fs::read_dir(home.path().join(".aws")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(text(&home).starts_with(&before));
}

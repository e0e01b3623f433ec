//! `each`: which profiles it selects, how it signs in to them, and how it runs their commands and passes on the output.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::shells::{self, Event, Outcome};
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::Terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

trials![
    patterns_select_profiles_in_the_order_of_the_files,
    a_wildcard_leaves_out_what_is_no_identity_of_its_own,
    the_account_is_that_of_the_role_or_the_device,
    a_pattern_that_matches_nothing_is_an_error,
    one_code_signs_in_to_all_profiles_of_a_device,
    one_code_is_enough_for_roles_with_long_sessions,
    the_code_of_each_device_is_asked_once_before_anything_runs,
    without_a_code_the_profiles_of_other_devices_still_run,
    a_profile_that_cannot_be_signed_in_to_does_not_stop_the_others,
    the_status_is_the_highest_and_the_summary_names_what_failed,
    the_name_of_the_profile_replaces_the_placeholder,
    each_command_has_its_own_session_and_no_stdin,
    what_is_wrong_is_found_before_a_code_is_asked_for,
    output_in_a_pipe_is_in_blocks_in_the_order_of_the_profiles,
    a_block_without_a_last_newline_gets_one,
    what_a_command_leaves_running_is_not_waited_for,
    without_a_code_on_stdin_nothing_runs,
    large_blocks_wait_in_a_file_without_a_name,
    lines_on_a_terminal_begin_with_their_profile,
    a_limited_number_of_commands_run_at_the_same_time,
    few_files_and_processes_are_enough_for_many_profiles,
    roles_are_assumed_when_their_commands_start,
    one_code_is_enough_where_nothing_can_be_cached,
    a_session_that_expires_in_the_queue_is_renewed_without_a_code,
    a_signal_ends_everything_that_was_started,
    a_second_signal_kills_at_once,
    ctrl_c_ends_all_commands,
    commands_have_no_terminal,
    commands_end_when_nobody_reads_their_output,
    nothing_is_lost_where_writing_does_not_wait,
    a_warning_about_all_profiles_is_shown_once,
    the_function_passes_everything_on_in_every_shell,
    completion_offers_profiles_and_usable_options,
];

/// A home with alice's profile `main`, and roles that need MFA and belong to her device.
fn home(roles: &[&str]) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { requires_mfa: true, ..RoleSpec::default() };
    let arns: Vec<String> = roles.iter().map(|name| sts.add_role(&role_name(name), spec.clone())).collect();
    let headers: Vec<String> =
        roles.iter().map(|name| if name.contains(' ') { format!("\"{name}\"") } else { (*name).to_owned() }).collect();
    let sections: Vec<_> = headers.iter().zip(&arns).map(|(name, arn)| (name.as_str(), arn.as_str(), "")).collect();
    let mut home = Home::with_user(&sts, &alice, &sections);
    home.set("PATH", std::env::var_os("PATH").expect("PATH"));
    (sts, alice, home)
}

fn role_name(profile: &str) -> String {
    profile.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// The same, with an MFA session in the cache, so that no code is needed.
pub fn signed_in_home(roles: &[&str]) -> (Sts, Home) {
    let (sts, alice, home) = home(roles);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "main", "-c", &code, "-q", "-s", "sh"]).run();
    sts.take_calls();
    (sts, home)
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_session_calls().into_iter().map(|call| call.action).collect()
}

/// Runs `each` with a shell script, in which `$1` is the profile.
fn each(home: &Home, words: &[&str], script: &str) -> Outcome {
    shells::finish(command(home, words, script))
}

pub fn command(home: &Home, words: &[&str], script: &str) -> std::process::Command {
    let all = ["each"].iter().chain(words).copied().chain(["--", "sh", "-c", script, "sh", "{}"]);
    Program::new(home, all).command()
}

#[track_caller]
fn says(outcome: &Outcome, text: &str) {
    assert!(String::from_utf8_lossy(&outcome.stderr).contains(text), "stderr lacks {text:?}: {outcome}");
}

fn patterns_select_profiles_in_the_order_of_the_files() {
    let roles = ["prod-b", "prod-a", "dev", "Prod-c", "prod-ä", "a[b]", "x*y", "prod-ab"];
    let (_sts, home) = signed_in_home(&roles);
    let cases: &[(&[&str], &str)] = &[
        (&["prod-a"], "prod-a"),
        (&["prod-*"], "prod-b prod-a prod-ä prod-ab"),
        (&["prod-?"], "prod-b prod-a prod-ä"),
        (&["prod-[a-c]"], "prod-b prod-a"),
        (&["prod-[!a]"], "prod-b prod-ä"),
        (&["prod-[^b]"], "prod-a prod-ä"),
        (&["[Pp]rod-[bc]"], "prod-b Prod-c"),
        (&["*b*"], "prod-b a[b] prod-ab"),
        (&["**d*a*b"], "prod-ab"),
        // Each once, and not in the order of the patterns.
        (&["dev", "prod-a", "prod-?", "dev"], "prod-b prod-a dev prod-ä"),
        // A name that looks like a pattern, also as one.
        (&["a[b]"], "a[b]"),
        (&["a[[]b]"], "a[b]"),
        (&["x*y"], "x*y"),
        (&["x[*]y"], "x*y"),
        (&["a["], ""),
        (&["[]x]?y"], "x*y"),
        (&["main", "d?v"], "main dev"),
    ];
    for (patterns, expected) in cases {
        let outcome = each(&home, patterns, "printf '%s' \"$1\"");
        let status = if expected.is_empty() { 3 } else { 0 };
        assert_eq!(outcome.status.code(), Some(status), "{patterns:?}: {outcome}");
        let names: Vec<_> = String::from_utf8_lossy(&outcome.stdout).lines().map(str::to_owned).collect();
        assert_eq!(names.join(" "), *expected, "{patterns:?}");
    }
}

fn a_wildcard_leaves_out_what_is_no_identity_of_its_own() {
    let (_sts, home) = signed_in_home(&["prod"]);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let more = "[default]\nregion = eu-west-1\n[profile prod-settings]\noutput = json\n\
                [profile prod-process]\ncredential_process = mfa-env credential-process prod\n";
    home.write(".aws/config", config + more);
    Program::new(&home, ["save", "prod", "--as", "prod-saved", "-q"]).any_files().run();
    let outcome = each(&home, &["*", "-q"], "echo $1");
    assert_eq!((outcome.status.code(), outcome.stdout.as_slice()), (Some(0), b"main\nprod\n".as_slice()), "{outcome}");
    // Whoever names it wants it.
    let outcome = each(&home, &["p*", "prod-settings", "-q"], "echo $1");
    assert_eq!(outcome.stdout, b"prod\n");
    says(&outcome, "mfa-env: 1 of 2 failed: prod-settings (not signed in)\n");
    assert_eq!(outcome.status.code(), Some(3));
}

fn the_account_is_that_of_the_role_or_the_device() {
    let (sts, home) = signed_in_home(&["here"]);
    let other = RoleSpec {
        account: "210987654321".into(),
        trusts: vec!["arn:aws:iam::123456789012:root".into()],
        ..RoleSpec::default()
    };
    let arn = sts.add_role("there", other);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(
        ".aws/config",
        format!(
            "{config}[profile there]\nrole_arn = {arn}\nsource_profile = main\n[profile broken]\nrole_arn = {arn}\n"
        ),
    );
    let outcome = each(&home, &["*", "--account", "123456789012"], "echo $1");
    assert_eq!(outcome.stdout, b"main\nhere\n", "{outcome}");
    let outcome = each(&home, &["*e*", "--account=210987654321"], "echo $1");
    assert_eq!(outcome.stdout, b"there\n", "{outcome}");
    let says = "mfa-env: no matching profile is in account 111111111111\n  the matching profiles are in 123456789012, 210987654321\n";
    Program::new(&home, ["each", "*", "--account", "111111111111", "--", "true"])
        .fails(3)
        .stdout("")
        .stderr(says)
        .run();
    for typed in ["12345678901", "1234-5678-9012", "here", ""] {
        let ran = Program::new(&home, ["each", "*", "--account", typed, "--", "true"]);
        ran.fails(2).stdout("").says("is not an AWS account ID").run();
    }
}

fn a_pattern_that_matches_nothing_is_an_error() {
    let (sts, _, home) = home(&["prod-a", "prod-b", "dev"]);
    home.write("notes.txt", "");
    let cases: &[(&[&str], &str)] = &[
        (&["nosuch"], "`nosuch`\n  list the profiles with: mfa-env list\n"),
        (&["prdo-*"], "`prdo-*`\n  did you mean prod-a or prod-b?\n"),
        (&["prod-d"], "`prod-d`\n  did you mean prod-a or prod-b?\n"),
        // One of several, too: a script names what it needs.
        (&["prod-a", "dve", "*"], "`dve`\n  did you mean dev?\n"),
        (
            &["dev", "notes.txt"],
            "`notes.txt`\n  it is a file here; write patterns in quotes, so that the shell does not replace them by the names of files\n",
        ),
        (&["[z]*\x1b"], "`[z]*\\x1b`\n  list the profiles with: mfa-env list\n"),
    ];
    for (patterns, expected) in cases {
        let words = ["each"].iter().chain(*patterns).chain(&["--", "true"]).copied();
        Program::new(&home, words).fails(3).stdout("").stderr(format!("mfa-env: no profile matches {expected}")).run();
    }
    assert_eq!(sts.take_calls(), []);
}

fn one_code_signs_in_to_all_profiles_of_a_device() {
    let (sts, alice, home) = home(&["a", "b", "c"]);
    let code = sts.code(&alice.mfa_serial);
    let outcome = each(&home, &["*", "--code", &code], "echo $1 $MFA_ENV_PROFILE");
    assert_eq!(outcome.stdout, b"main main\na a\nb b\nc c\n", "{outcome}");
    assert_eq!(outcome.stderr, b"mfa-env: 4 of 4 succeeded\n");
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
    // No profile is signed in to again.
    let outcome = each(&home, &["*", "-q"], "echo $1");
    assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_slice()), (b"main\na\nb\nc\n".as_slice(), b"".as_slice()));
    assert_eq!(actions(&sts), Vec::<String>::new());
    // New sessions, from one new code.
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    let outcome = each(&home, &["?", "--renew", "--code", &code, "-q"], "echo $1");
    assert_eq!(outcome.stdout, b"a\nb\nc\n", "{outcome}");
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
}

fn one_code_is_enough_for_roles_with_long_sessions() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { requires_mfa: true, max_session_duration: 14_400, ..RoleSpec::default() };
    let arns: Vec<String> = ["a", "b"].iter().map(|name| sts.add_role(name, spec.clone())).collect();
    let long = "duration_seconds = 14400\n";
    let home = Home::with_user(&sts, &alice, &[("a", &arns[0], long), ("b", &arns[1], long)]);
    let code = sts.code(&alice.mfa_serial);
    let outcome = each(&home, &["?", "--code", &code], "echo $1");
    assert_eq!(outcome.stdout, b"a\nb\n", "{outcome}");
    says(&outcome, "mfa-env: roles are assumed for 1 h, so that one code is enough for all\n");
    let calls = sts.take_session_calls();
    assert_eq!(
        calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(),
        ["GetSessionToken", "AssumeRole", "AssumeRole"]
    );
    assert!(calls[1..].iter().all(|call| call.param("DurationSeconds") == Some("3600")), "{calls:?}");
    // A long session that is there is used.
    let _ = fs::remove_dir_all(home.cache());
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "a", "-c", &code, "-q", "-s", "sh"]).run();
    sts.take_calls();
    let outcome = each(&home, &["a", "-q", "--no-input"], "echo $1");
    assert_eq!((outcome.stdout.as_slice(), sts.take_calls()), (b"a\n".as_slice(), vec![]), "{outcome}");
}

fn without_a_code_on_stdin_nothing_runs() {
    let (sts, home) = signed_in_home(&["a", "b"]);
    for (input, says) in [("", "no MFA code on stdin"), ("12345\n", "six digits")] {
        let ran = Program::new(&home, ["each", "*", "-c", "-", "--", "touch", "ran-{}"]).stdin(input);
        let ran = ran.fails(5).stdout("").says(says).run();
        assert!(!ran.stderr.contains("failed:"), "{}", ran.stderr);
    }
    assert_eq!(sts.take_calls(), []);
    assert!(!home.path().join("ran-a").exists() && !home.path().join("ran-b").exists());
}

/// alice and bob, each with two roles.
fn two_devices() -> (Sts, User, User, Home) {
    let (sts, alice, home) = home(&["a1", "a2"]);
    let bob = sts.add_user("bob");
    let spec = RoleSpec { requires_mfa: true, ..RoleSpec::default() };
    let mut config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    config.push_str(&format!("[profile bob]\nmfa_serial = {}\n", bob.mfa_serial));
    for name in ["b1", "b2"] {
        let arn = sts.add_role(name, spec.clone());
        config.push_str(&format!("[profile {name}]\nrole_arn = {arn}\nsource_profile = bob\n"));
    }
    home.write(".aws/config", config);
    let keys = fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/credentials", keys + &credentials_section("bob", &bob));
    (sts, alice, bob, home)
}

fn the_code_of_each_device_is_asked_once_before_anything_runs() {
    let (sts, alice, bob, home) = two_devices();
    let run = command(&home, &["a?", "b?"], "echo $1");
    let mut run = PromptedRun::start_with(&home, run, Stdio::null());
    assert!(run.prompt.contains("alice"), "{}", run.prompt);
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    run.terminal.expect("MFA code for bob");
    run.terminal.expect(": ");
    // Nothing has run yet. The role of a2 will be assumed when its command starts.
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole"]);
    run.terminal.send_line(&sts.code(&bob.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert_eq!((outcome.status.code(), outcome.stdout.as_str()), (Some(0), "a1\na2\nb1\nb2\n"), "{outcome:?}");
    assert_eq!(outcome.screen.matches("MFA code").count(), 2, "{outcome:?}");
    assert_eq!(outcome.stderr, "mfa-env: 4 of 4 succeeded\n");
    // A code belongs to one device.
    let _ = fs::remove_dir_all(home.cache());
    let code = sts.code(&alice.mfa_serial);
    sts.take_calls();
    let says = "mfa-env: --code has the code of one MFA device, but the profiles have 2\n  \
                omit --code to be prompted for each, or select profiles of one device\n";
    Program::new(&home, ["each", "??", "--code", &code, "--", "true"]).fails(2).stdout("").stderr(says).run();
    assert_eq!(sts.take_calls(), []);
}

fn without_a_code_the_profiles_of_other_devices_still_run() {
    let (sts, _, bob, home) = two_devices();
    let mut run = PromptedRun::start_with(&home, command(&home, &["a?", "b?"], "echo $1"), Stdio::null());
    run.terminal.send_control('d');
    run.terminal.expect("MFA code for bob");
    run.terminal.expect(": ");
    run.terminal.send_line(&sts.code(&bob.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert_eq!((outcome.status.code(), outcome.stdout.as_str()), (Some(5), "b1\nb2\n"), "{outcome:?}");
    assert_eq!(
        outcome.stderr,
        "mfa-env: a1: no MFA code entered\n  sign in again when you have your authenticator app at hand\n\
         mfa-env: 2 of 4 failed: a1 (no MFA code), a2 (no MFA code)\n"
    );
    // Ctrl-C ends everything, before anything has run.
    let _ = fs::remove_dir_all(home.cache());
    let mut run = PromptedRun::start_with(&home, command(&home, &["a?", "b?"], "echo $1"), Stdio::null());
    run.terminal.send_control('c');
    let outcome = run.end_with_any_screen();
    assert_eq!((outcome.status.signal(), outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
    // Where nobody can be asked.
    let outcome = each(&home, &["a?", "--no-input"], "echo $1");
    assert_eq!((outcome.status.code(), outcome.stdout.as_slice()), (Some(5), b"".as_slice()), "{outcome}");
    says(&outcome, "mfa-env: a1: an MFA code is needed, but nobody can be asked for it\n");
    says(&outcome, "mfa-env: 2 of 2 failed: a1 (no MFA code), a2 (no MFA code)\n");
}

fn a_profile_that_cannot_be_signed_in_to_does_not_stop_the_others() {
    let (sts, home) = signed_in_home(&["a", "c"]);
    let denied = sts.add_role(
        "denied",
        RoleSpec { trusts: vec!["arn:aws:iam::123456789012:user/nobody".into()], ..RoleSpec::default() },
    );
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let more = format!(
        "[profile b]\nrole_arn = {denied}\nsource_profile = main\n[profile d]\nrole_arn = {denied}\nsource_profile = gone\n\
         [profile e]\nrole_arn = {denied}\nno equals sign\n"
    );
    home.write(".aws/config", config + &more);
    let outcome = each(&home, &["?", "-q"], "echo $1");
    assert_eq!(outcome.stdout, b"a\nc\n", "{outcome}");
    // The highest of 0, 4, 0, 3 and 3.
    assert_eq!(outcome.status.code(), Some(4), "{outcome}");
    says(&outcome, "mfa-env: b: ");
    says(&outcome, "mfa-env: d: ");
    says(&outcome, "mfa-env: e: ");
    says(&outcome, "mfa-env: 3 of 5 failed: b (not signed in), d (not signed in), e (not signed in)\n");
}

fn the_status_is_the_highest_and_the_summary_names_what_failed() {
    let (_sts, home) = signed_in_home(&["a", "b", "c"]);
    let run = |a: &str, b: &str, c: &str| {
        let script = format!("case $1 in a) {a};; b) {b};; c) {c};; esac");
        let outcome = each(&home, &["?"], &script);
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        (outcome.status.code().expect("a status"), stderr)
    };
    let expected = |status, text: &str| (status, format!("mfa-env: {text}\n"));
    assert_eq!(run("exit 0", "true", ":"), expected(0, "3 of 3 succeeded"));
    assert_eq!(run("exit 1", "true", "exit 0"), expected(1, "1 of 3 failed: a (status 1)"));
    assert_eq!(
        run("exit 3", "exit 255", "exit 9"),
        expected(255, "3 of 3 failed: a (status 3), b (status 255), c (status 9)")
    );
    assert_eq!(run("exit 1", "kill -SEGV $$", ":"), expected(139, "2 of 3 failed: a (status 1), b (SIGSEGV)"));
    assert_eq!(run("kill -9 $$", "exit 130", ":"), expected(137, "2 of 3 failed: a (SIGKILL), b (status 130)"));
    assert_eq!(run("kill -40 $$", "exit 130", ":"), expected(168, "2 of 3 failed: a (signal 40), b (status 130)"));
    // --quiet hides the summary only if there is nothing to say.
    assert_eq!(each(&home, &["?", "-q"], ":").stderr, b"");
    says(&each(&home, &["?", "-q"], "exit 1"), "mfa-env: 3 of 3 failed: ");
    // Removed after it was found.
    fs::write(home.path().join("script"), "#!/no/such/interpreter\n").expect("a file");
    fs::set_permissions(home.path().join("script"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("a mode");
    let outcome = shells::finish(Program::new(&home, ["each", "a", "b", "--", "./script"]).command());
    assert_eq!(outcome.status.code(), Some(127), "{outcome}");
    says(&outcome, "mfa-env: 2 of 2 failed: a (not started), b (not started)\n");
}

fn the_name_of_the_profile_replaces_the_placeholder() {
    let roles = ["plain", "a b", "$(touch hacked)", "-rf", "ü;{}", "'\"\\"];
    let (_sts, home) = signed_in_home(&roles);
    let words: Vec<OsString> = ["{}", "x{}y{}", "{", "{ }", "${}", "", "--", "{}={}", "*"].map(OsString::from).into();
    let raw = OsStr::from_bytes(b"\xff{}\xfe").to_owned();
    let start = ["each", "*", "-q", "--", "sh", "-c", "printf '<%s>' \"$@\"; echo", "sh"].map(OsString::from);
    let all = start.into_iter().chain(words.iter().cloned()).chain([raw]);
    let outcome = shells::finish(Program::new(&home, all).command());
    let expected: Vec<u8> = ["main"]
        .iter()
        .chain(&roles)
        .flat_map(|name| {
            let name = name.as_bytes();
            [
                b"<",
                name,
                b"><x",
                name,
                b"y",
                name,
                b"><{><{ }><$",
                name,
                b"><><--><",
                name,
                b"=",
                name,
                b"><*><\xff",
                name,
                b"\xfe>\n",
            ]
            .concat()
        })
        .collect();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&expected), "{outcome}");
    assert_eq!(outcome.stdout, expected);
    assert!(!home.path().join("hacked").exists());
    // Without it, nothing is added; and it may be the program.
    let outcome = shells::finish(Program::new(&home, ["each", "plain", "-q", "--", "printf", "%s.", "x"]).command());
    assert_eq!(outcome.stdout, b"x.\n");
    home.write("run-plain", "#!/bin/sh\necho ran $0\n");
    fs::set_permissions(home.path().join("run-plain"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("a mode");
    let outcome = shells::finish(Program::new(&home, ["each", "plain", "-q", "--", "./run-{}"]).command());
    assert_eq!(outcome.stdout, b"ran ./run-plain\n", "{outcome}");
}

fn each_command_has_its_own_session_and_no_stdin() {
    let (_sts, mut home) = signed_in_home(&["a", "b"]);
    home.set("AWS_PROFILE", "a").set("AWS_VAULT", "old").set("OTHER", "kept");
    let dump = env_dump::dump("seen-$1");
    let script = format!("cat; readlink /proc/self/fd/0; {}", dump.replace("sh -c 'env", "env").trim_end_matches('\''));
    let mut run = Program::new(&home, ["each", "a", "b", "-q", "--", "sh", "-c", &script, "sh", "{}"]).command();
    run.stdin(Stdio::piped());
    let outcome = shells::finish(run);
    assert_eq!(outcome.stdout, b"/dev/null\n/dev/null\n", "{outcome}");
    let seen = ["a", "b"].map(|name| env_dump::read(&home.path().join(format!("seen-{name}"))));
    for (name, seen) in ["a", "b"].iter().zip(&seen) {
        // As `exec` sets it.
        let exec = ["exec", *name, "-q", "--", "sh", "-c", "env -0 >exec-seen"];
        assert!(shells::finish(Program::new(&home, exec).command()).status.success());
        assert_eq!(*seen, env_dump::read(&home.path().join("exec-seen")));
        assert_eq!(seen["MFA_ENV_PROFILE"], name.as_bytes());
        assert!(!seen.contains_key("AWS_PROFILE") && !seen.contains_key("AWS_VAULT"));
    }
    assert_ne!(seen[0]["AWS_ACCESS_KEY_ID"], seen[1]["AWS_ACCESS_KEY_ID"]);
}

fn what_is_wrong_is_found_before_a_code_is_asked_for() {
    let (sts, alice, home) = home(&["a", "b"]);
    let code = sts.code(&alice.mfa_serial);
    home.write("text", "x");
    for (program, status) in [("nosuch", 127), ("", 127), ("./text", 126), ("./run-{}", 127)] {
        let ran = Program::new(&home, ["each", "?", "-c", &code, "--", program, "x"]);
        ran.fails(status).stdout("").says(format!("`{}`", program.replace("{}", "a"))).run();
    }
    let cases: &[(&[&str], &str)] = &[
        (&["a"], "no command to run"),
        (&["a", "--"], "no command to run"),
        (&["a", "b", "true"], "no command to run"),
        (&["--", "true"], "PATTERN"),
        (&["a", "--jobs", "0", "--", "true"], "--jobs"),
        (&["a", "--jobs", "-1", "--", "true"], "--jobs"),
        (&["a", "--jobs", "many", "--", "true"], "--jobs"),
        (&["a", "-p", "b", "--", "true"], "--profile cannot be used for several profiles"),
        (&["a", "-d", "2h", "--", "true"], "--duration cannot be used for several profiles"),
        (&["a", "--role-arn=arn:aws:iam::123456789012:role/x", "--", "true"], "--role-arn cannot be used"),
        (&["a", "--external-id", "x", "--", "true"], "--external-id cannot be used"),
        (&["a", "--no-cache", "--", "true"], "--no-cache cannot be used"),
        (&["a", "--code", "12345", "--", "true"], "is not an MFA code"),
        (&["a", "--region", "nowhere!", "--", "true"], "region"),
    ];
    for (words, says) in cases {
        let all = ["each"].iter().chain(*words).copied();
        Program::new(&home, all).fails(2).stdout("").says(*says).run();
    }
    assert_eq!(sts.take_calls(), []);
    // Digits are names.
    let mut config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    for name in ["123", "456", "123456"] {
        config = config.replace(
            "[profile a]",
            &format!(
                "[profile {name}]\nsource_profile = main\nrole_arn = {}\n[profile a]",
                sts.add_role(&format!("r{name}"), RoleSpec::default())
            ),
        );
    }
    home.write(".aws/config", config);
    let outcome = each(&home, &["123", "456", "123456", "-q", "-c", &code], "echo $1");
    let mut names: Vec<_> = outcome.stdout.split(|byte| *byte == b'\n').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    assert_eq!(names, [b"123".as_slice(), b"123456", b"456"], "{outcome}");
}

fn output_in_a_pipe_is_in_blocks_in_the_order_of_the_profiles() {
    let (_sts, home) = signed_in_home(&["a", "b", "c", "d"]);
    // Each waits until the next one has written, so the output comes in the opposite order.
    let script = "echo begin $1; echo error $1 >&2; \
                  case $1 in a) n=b;; b) n=c;; c) n=d;; d) n=;; esac; \
                  if [ -n \"$n\" ]; then while [ ! -e did-$n ]; do sleep 0.01; done; fi; printf 'end %s' $1; : >did-$1";
    let outcome = each(&home, &["?", "--jobs", "4"], script);
    let expected: String = ["a", "b", "c", "d"].iter().map(|name| format!("begin {name}\nend {name}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected, "{outcome}");
    assert_eq!(outcome.stderr, b"error a\nerror b\nerror c\nerror d\nmfa-env: 4 of 4 succeeded\n");
    // What a background process of the command writes belongs to the block, also right after the command has exited.
    let late = "(until grep -q 'State:.Z' /proc/$$/status; do :; done; echo late $1) & echo early $1";
    let outcome = each(&home, &["a", "b", "-q"], late);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "early a\nlate a\nearly b\nlate b\n", "{outcome}");
    // Bytes stay as they are.
    let outcome = each(&home, &["a", "b", "-q"], "printf '\\000\\377\\r\\n\\033[1m\\r\\n'");
    assert_eq!(outcome.stdout, b"\0\xff\r\n\x1b[1m\r\n\0\xff\r\n\x1b[1m\r\n");
}

fn a_block_without_a_last_newline_gets_one() {
    let (_sts, home) = signed_in_home(&["a", "b", "c"]);
    let outcome = each(&home, &["?"], "printf '{\"p\":\"%s\"}' $1");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "{\"p\":\"a\"}\n{\"p\":\"b\"}\n{\"p\":\"c\"}\n");
    assert_eq!(outcome.stderr, b"mfa-env: 3 of 3 succeeded\n");
    // Each stream of its own, in parts, and none where nothing was written.
    let script =
        "case $1 in a) echo out; printf rest; printf error >&2;; b) printf x >&2; echo y >&2;; c) echo z;; esac";
    let outcome = each(&home, &["?", "--jobs", "1"], script);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "out\nrest\nz\n");
    assert_eq!(String::from_utf8_lossy(&outcome.stderr), "error\nxy\nmfa-env: 3 of 3 succeeded\n");
    // Also those that have waited for their turn.
    let script = "[ $1 != a ] || while [ ! -e did-c ]; do sleep 0.01; done; printf $1; printf e >&2; : >did-$1";
    let outcome = each(&home, &["?", "-q"], script);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "a\nb\nc\n");
    assert_eq!(String::from_utf8_lossy(&outcome.stderr), "e\ne\ne\n");
}

/// Such as a daemon or an agent.
fn what_a_command_leaves_running_is_not_waited_for() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let end = || {
        let pids = started(home.path(), 2);
        assert!(pids.iter().all(|pid| is_running(*pid)), "it was ended");
        for pid in pids {
            kill(pid, Signal::SIGKILL).expect("it runs");
        }
        forget(home.path());
    };
    let notice = |name: &str| {
        format!("mfa-env: {name}: the command has left something running, whose output is not shown any more\n")
    };
    let outcome = each(&home, &["?", "--jobs", "1"], "sleep 1000 & echo $! >up-$1; echo started; exit 3");
    assert_eq!((outcome.status.code(), text(&outcome.stdout)), (Some(3), "started\nstarted\n".to_owned()), "{outcome}");
    let all = notice("a") + &notice("b") + "mfa-env: 2 of 2 failed: a (status 3), b (status 3)\n";
    assert_eq!(text(&outcome.stderr), all);
    end();
    // One that never stops to write, and one that has closed stdout only.
    for script in [
        "(trap '' PIPE; exec 2>/dev/null; while :; do echo more; done) & echo $! >up-$1",
        "sleep 1000 >/dev/null & echo $! >up-$1",
    ] {
        let outcome = each(&home, &["?"], script);
        assert_eq!(outcome.status.code(), Some(0), "{script}");
        assert!(outcome.stdout.is_empty() || outcome.stdout.starts_with(b"more\n"), "{script}");
        assert!(text(&outcome.stderr).ends_with("mfa-env: 2 of 2 succeeded\n"), "{outcome}");
        end();
    }
    // One that holds nothing is none of our business.
    let outcome = each(&home, &["?"], "sleep 1000 >/dev/null 2>&1 & echo $! >up-$1");
    assert_eq!(text(&outcome.stderr), "mfa-env: 2 of 2 succeeded\n");
    end();
    // What was written before is not lost, however slowly it is read.
    let script = "head -c 3000000 /dev/zero | tr '\\0' x; sleep 1000 & echo $! >up-$1";
    let mut run = command(&home, &["?", "-q"], script);
    let mut program = run.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    // Longer than what is left running is waited for.
    std::thread::sleep(Duration::from_secs(3));
    let mut stdout = Vec::new();
    std::io::Read::read_to_end(program.stdout.as_mut().expect("piped"), &mut stdout).expect("it can be read");
    assert!(program.wait().expect("it ends").success());
    end();
    let lines: Vec<usize> = stdout.split(|byte| *byte == b'\n').map(<[u8]>::len).collect();
    assert_eq!(lines, [3_000_000, 3_000_000, 0]);
}

fn large_blocks_wait_in_a_file_without_a_name() {
    let (_sts, mut home) = signed_in_home(&["a", "b", "c"]);
    let temporary = home.path().join("tmp");
    fs::create_dir(&temporary).expect("a directory");
    home.set("TMPDIR", &temporary);
    // 40 MB of each of b and c wait for a, with both streams alternating in b.
    let script = "case $1 in \
        a) while [ ! -e did-b ] || [ ! -e did-c ]; do sleep 0.01; done; echo first; ls tmp;; \
        b) for i in 1 2 3 4; do head -c 10000000 /dev/zero | tr '\\0' $i; echo error $i >&2; done; : >did-b;; \
        c) head -c 40000000 /dev/zero | tr '\\0' c; : >did-c;; esac";
    let outcome = each(&home, &["?", "--jobs", "3", "-q"], script);
    assert!(outcome.status.success(), "{}", outcome.status);
    let mut expected = b"first\n".to_vec();
    for byte in b"1234" {
        expected.extend(std::iter::repeat_n(*byte, 10_000_000));
    }
    expected.push(b'\n');
    expected.extend(std::iter::repeat_n(b'c', 40_000_000));
    expected.push(b'\n');
    assert!(outcome.stdout == expected, "{} bytes", outcome.stdout.len());
    assert_eq!(outcome.stderr, b"error 1\nerror 2\nerror 3\nerror 4\n");
    // Where there is no room for it.
    home.set("TMPDIR", home.path().join("missing"));
    for name in ["did-b", "did-c"] {
        fs::remove_file(home.path().join(name)).expect("a file");
    }
    let outcome = each(&home, &["?", "--jobs", "3", "-q"], script);
    assert_eq!(outcome.status.code(), Some(7), "{}", outcome.status);
    says(&outcome, "mfa-env: the temporary file for the output of the commands cannot be used: ");
}

fn lines_on_a_terminal_begin_with_their_profile() {
    let (_sts, home) = signed_in_home(&["a", "long-name", "z\u{202e}"]);
    let script = "case $1 in main) exit;; esac; printf '\\033[1mone\\t\\n\\n'; echo two >&2; printf three";
    let on_terminal = |script: &str, words: &[&str]| {
        let terminal = Terminal::spawn(command(&home, words, script));
        let status = terminal.wait();
        (status.code(), terminal.output().replace("\r\n", "\n"))
    };
    // One at a time, so that the order is known.
    let (status, screen) = on_terminal(script, &["*", "--jobs", "1"]);
    assert_eq!(status, Some(0), "{screen}");
    for name in ["a        ", "long-name", "z\\u{202e}"] {
        // The two streams of a command may overtake each other.
        let lines: Vec<&str> = screen.lines().filter(|line| line.starts_with(name)).collect();
        let (errors, lines): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| line.ends_with("two"));
        assert_eq!(errors, [format!("{name} | two")], "{screen}");
        assert_eq!(
            lines,
            [format!("{name} | \x1b[1mone\t\x1b[0m"), format!("{name} | "), format!("{name} | \x1b[1mthree\x1b[0m")],
            "{screen}"
        );
    }
    assert!(screen.ends_with("mfa-env: 4 of 4 succeeded\n"), "{screen}");
    // Lines of commands that run at the same time are whole, also if they are written in parts.
    let script = "for i in 1 2 3 4 5 6 7 8 9; do printf abc; printf def; echo ghi; done";
    let (_, screen) = on_terminal(script, &["*", "-q", "--jobs", "4"]);
    assert_eq!(screen.lines().count(), 36);
    assert!(screen.lines().all(|line| line.ends_with(" | abcdefghi")), "{screen}");
    // What is not the terminal gets its lines, too.
    let mut run = command(&home, &["a", "-q"], "echo out; echo error >&2; exit 3");
    run.env("TERM", "dumb");
    let streams = crate::support::terminal::Streams { stderr: Some(Stdio::piped()), ..Default::default() };
    let mut terminal = Terminal::spawn_with(run, streams);
    assert_eq!(terminal.wait().code(), Some(3));
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut terminal.stderr.take().expect("piped"), &mut stderr).expect("UTF-8");
    assert_eq!(terminal.output(), "a | out\r\n");
    assert_eq!(stderr, "a | error\nmfa-env: 1 of 1 failed: a (status 3)\n");
}

/// A home whose profiles `p001` and so on have a role that needs no code.
fn many(count: usize) -> (Sts, Home) {
    let (sts, home) = signed_in_home(&["first"]);
    let arn = sts.add_role("shared", RoleSpec::default());
    let mut config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    for number in 1..=count {
        config.push_str(&format!("[profile p{number:03}]\nrole_arn = {arn}\nsource_profile = main\n"));
    }
    home.write(".aws/config", config);
    (sts, home)
}

fn a_limited_number_of_commands_run_at_the_same_time() {
    let (sts, home) = many(24);
    fs::create_dir(home.path().join("running")).expect("a directory");
    let script = "mkdir running/$1; ls running | wc -l; sleep 0.02; rmdir running/$1";
    let counts = |words: &[&str]| -> Vec<usize> {
        let outcome = each(&home, words, script);
        assert!(outcome.status.success(), "{outcome}");
        String::from_utf8_lossy(&outcome.stdout).split_whitespace().map(|n| n.parse().expect("a number")).collect()
    };
    for (words, limit) in [(&["p*", "-q", "--jobs", "1"][..], 1), (&["p*", "-q", "-j3"], 3), (&["p*", "-q"], 64)] {
        let counts = counts(words);
        assert_eq!(counts.len(), 24);
        assert!(counts.iter().all(|count| *count <= limit), "{counts:?}");
    }
    // One role session serves all of them.
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // At least four, however few CPUs there are: each waits for the others.
    let script = "mkdir running/$1; while [ $(ls running | wc -l) -lt 4 ]; do sleep 0.01; done";
    assert!(each(&home, &["p00[1-4]", "-q"], script).status.success());
}

fn few_files_and_processes_are_enough_for_many_profiles() {
    let (_sts, home) = many(200);
    let run = command(&home, &["p*", "-q", "--jobs", "100"], "echo $1; sleep 0.01");
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 40; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    limited.env_clear().envs(&home.variables).current_dir(home.path());
    let outcome = shells::finish(limited);
    let expected: String = (1..=200).map(|number| format!("p{number:03}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected, "{outcome}");
    assert_eq!((outcome.status.code(), outcome.stderr.as_slice()), (Some(0), b"".as_slice()), "{outcome}");
}

fn roles_are_assumed_when_their_commands_start() {
    let (sts, home) = signed_in_home(&["a", "b"]);
    let script = "echo $$ >up-$1; [ $1 = b ] || while [ ! -e go ]; do sleep 0.01; done; echo $AWS_ACCESS_KEY_ID";
    let running = shells::start(command(&home, &["a", "b", "--jobs", "1", "-q"], script));
    started(home.path(), 1);
    assert_eq!(actions(&sts), ["AssumeRole"]);
    home.write("go", "");
    let outcome = running.finish();
    assert!(outcome.status.success(), "{outcome}");
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // What is wrong is still found before anything runs, unless AWS says it.
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(
        ".aws/config",
        config + "[profile c]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = gone\n",
    );
    let outcome = each(&home, &["?", "--jobs", "1"], "echo ran $1 >&2");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(stderr.find("mfa-env: c: ") < stderr.find("ran a"), "{outcome}");
}

/// Also where no other run would find the sessions.
fn one_code_is_enough_where_nothing_can_be_cached() {
    let (sts, alice, home) = home(&["a", "b", "c"]);
    let open = home.path().join("open");
    fs::create_dir(&open).expect("a directory");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("a mode");
    for cache in [open.as_path(), Path::new("/dev/null/cache")] {
        for jobs in ["1", "3"] {
            sts.advance(60);
            let code = sts.code(&alice.mfa_serial);
            let all = ["each", "?", "main", "--jobs", jobs, "--code", &code, "--", "sh", "-c", "echo $MFA_ENV_PROFILE"];
            let ran = Program::new(&home, all).env("MFA_ENV_CACHE_DIR", cache).says("[cache-unusable]").run();
            assert_eq!(ran.stdout, "main\na\nb\nc\n", "{}", ran.stderr);
            assert!(ran.stderr.ends_with("mfa-env: 4 of 4 succeeded\n"), "{}", ran.stderr);
            assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
        }
    }
    // At a prompt, which is the same.
    let mut run = command(&home, &["?"], "echo $1");
    run.env("MFA_ENV_CACHE_DIR", &open);
    let mut run = PromptedRun::start_with(&home, run, Stdio::null());
    sts.advance(60);
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert_eq!((outcome.status.code(), outcome.stdout.as_str()), (Some(0), "a\nb\nc\n"), "{outcome:?}");
    assert_eq!(outcome.screen.matches("MFA code").count(), 1, "{outcome:?}");
}

fn a_session_that_expires_in_the_queue_is_renewed_without_a_code() {
    let (sts, alice, bob, home) = two_devices();
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "main", "-c", &code, "-q", "-s", "sh"]).run();
    sts.take_calls();
    // For the code of bob, b1 is signed in to before a1 runs. Then its session lasts no longer than the option allows.
    let slow = "[ $1 = b1 ] || sleep 3; echo $AWS_ACCESS_KEY_ID";
    let words = ["a1", "b1", "--jobs", "1", "--min-ttl", "3598", "-q"];
    let mut run = PromptedRun::start_with(&home, command(&home, &words, slow), Stdio::null());
    run.terminal.send_line(&sts.code(&bob.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let words = ["a", "b", "--jobs", "1", "-q"];
    // Nobody is asked in the middle, not even on a terminal.
    let lost = "[ $1 = b ] || { rm .cache/mfa-env/*.json; sleep 3; }; echo ran $1";
    let terminal = Terminal::spawn(command(&home, &words, lost));
    assert_eq!(terminal.wait().code(), Some(5), "{}", terminal.output());
    let screen = terminal.output().replace("\r\n", "\n");
    assert_eq!(
        screen,
        "a | ran a\nmfa-env: b: an MFA code is needed, but nobody can be asked for it\n  \
         sign in first, in a terminal: aws-mfa b\n  \
         the device is set at ~/.aws/config:2; for a role that needs no MFA, add --mfa-serial none\n\
         mfa-env: 1 of 2 failed: b (no MFA code)\n"
    );
}

/// Waits until this many files whose names begin with `up-` exist, and returns the process ids in them.
pub fn started(home: &Path, count: usize) -> Vec<Pid> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let files = fs::read_dir(home).expect("a directory").flatten().map(|entry| entry.path());
        let files = files.filter(|path| path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"up-")));
        let texts: Vec<String> = files.map(|path| fs::read_to_string(path).expect("a file")).collect();
        let complete: Vec<&String> = texts.iter().filter(|text| text.ends_with('\n')).collect();
        if complete.len() == count {
            let ids = complete.iter().flat_map(|text| text.split_whitespace());
            return ids.map(|id| Pid::from_raw(id.parse().expect("a number"))).collect();
        }
        assert!(Instant::now() < deadline, "only {} of {count} have started", complete.len());
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn forget(home: &Path) {
    for entry in fs::read_dir(home).expect("a directory").flatten() {
        if entry.file_name().as_bytes().starts_with(b"up-") {
            fs::remove_file(entry.path()).expect("a file");
        }
    }
}

/// Whether a process runs; one that has ended but was not waited for does not.
pub fn is_running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
}

/// A script that writes its process id and that of its child, which makes a process group of its own.
const WITH_CHILD: &str = "timeout 1000 sleep 1000 & echo started $1; echo $$ $! >up-$1; wait";

fn a_signal_ends_everything_that_was_started() {
    let (_sts, home) = signed_in_home(&["a", "b", "c", "d", "e"]);
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR1] {
        forget(home.path());
        let running = shells::start(command(&home, &["?", "--jobs", "3"], WITH_CHILD));
        let pids = started(home.path(), 3);
        kill(Pid::from_raw(running.pid().cast_signed()), signal).expect("it runs");
        let outcome = running.finish();
        assert_eq!(outcome.status.signal(), Some(signal as i32), "{outcome}");
        // The others are not started, and what was written is not lost.
        assert_eq!(outcome.stdout, b"started a\nstarted b\nstarted c\n", "{outcome}");
        assert_eq!(outcome.stderr, b"", "{outcome}");
        assert_eq!(pids.len(), 6);
        assert!(pids.iter().all(|pid| !is_running(*pid)), "{signal}");
    }
    // One ignores SIGTERM, and one has a child in the background that does.
    forget(home.path());
    let stubborn = "trap '' TERM; echo $$ >up-$1; while :; do sleep 0.05; done";
    let child = "(trap '' TERM; exec >/dev/null 2>&1; echo $$ >/dev/null; while :; do sleep 0.05; done) & echo $$ $! >up-$1; wait";
    let script = format!("case $1 in a) {stubborn};; b) {child};; esac");
    let begun = Instant::now();
    let running = shells::start(command(&home, &["a", "b"], &script));
    let pids = started(home.path(), 2);
    kill(Pid::from_raw(running.pid().cast_signed()), Signal::SIGTERM).expect("it runs");
    let outcome = running.finish();
    assert_eq!(outcome.status.signal(), Some(Signal::SIGTERM as i32), "{outcome}");
    assert!(begun.elapsed() >= Duration::from_secs(5), "they had no time to end");
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| !is_running(*pid)));
}

/// It ends before another one that has got only the first signal, and earlier. On a machine that stands still for as long as
/// commands may take to end, both are killed; then it is tried again.
fn a_second_signal_kills_at_once() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let script = "trap 'echo asked' TERM; echo $$ >up-$1; while :; do sleep 0.05; done";
    let is_first = (0..5).any(|_| {
        forget(home.path());
        let mut patient = shells::start(command(&home, &["a"], script));
        let patient_command = started(home.path(), 1)[0];
        let interrupt = |running: &shells::Running| {
            kill(Pid::from_raw(running.pid().cast_signed()), Signal::SIGINT).expect("it runs");
        };
        interrupt(&patient);
        is_asked(&mut patient);
        forget(home.path());
        let mut hurried = shells::start(command(&home, &["b"], script));
        let hurried_command = started(home.path(), 1)[0];
        interrupt(&hurried);
        is_asked(&mut hurried);
        interrupt(&hurried);
        let outcome = hurried.finish();
        let is_first = is_running(patient_command);
        assert_eq!(outcome.status.signal(), Some(Signal::SIGINT as i32), "{outcome}");
        assert!(!is_running(hurried_command));
        if is_first {
            interrupt(&patient);
        }
        patient.finish();
        is_first
    });
    assert!(is_first, "it was not killed");
}

/// Waits until the command has got the signal.
fn is_asked(running: &mut shells::Running) {
    loop {
        match running.next_event() {
            Event::Stdout(bytes) => break assert_eq!(bytes, b"asked\n"),
            // The shell says what has become of `sleep`.
            Event::Stderr(_) => {}
            Event::Closed | Event::Ended(_) => panic!("it has ended"),
        }
    }
}

fn ctrl_c_ends_all_commands() {
    let (_sts, home) = signed_in_home(&["a", "b", "c"]);
    let mut terminal = Terminal::spawn(command(&home, &["?", "--jobs", "2"], WITH_CHILD));
    let pids = started(home.path(), 2);
    terminal.expect("started");
    terminal.send_control('c');
    let status = terminal.wait();
    assert_eq!(status.signal(), Some(Signal::SIGINT as i32), "{}", terminal.output());
    assert!(pids.iter().all(|pid| !is_running(*pid)));
    assert!(!terminal.output().contains("started c"), "{}", terminal.output());
    // The window is closed.
    forget(home.path());
    let mut terminal = Terminal::spawn(command(&home, &["?", "--jobs", "2"], WITH_CHILD));
    let pids = started(home.path(), 2);
    terminal.close();
    assert_eq!(terminal.wait().signal(), Some(Signal::SIGHUP as i32));
    assert!(pids.iter().all(|pid| !is_running(*pid)));
}

/// Several of them would ask at once.
fn commands_have_no_terminal() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let terminal = Terminal::spawn(command(
        &home,
        &["?", "-q"],
        "if (: </dev/tty) 2>/dev/null; then echo has one; else echo has none; fi",
    ));
    assert!(terminal.wait().success());
    let screen = terminal.output();
    let mut lines: Vec<&str> = screen.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a | has none", "b | has none"]);
}

fn commands_end_when_nobody_reads_their_output() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let script = "echo $$ >up-$1; while echo line; do sleep 0.01; done 2>/dev/null; sleep 1000";
    let mut run = command(&home, &["?"], script);
    shells::own_session(&mut run);
    let mut program = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pids = started(home.path(), 2);
    let mut stdout = program.stdout.take().expect("piped");
    std::io::Read::read_exact(&mut stdout, &mut [0; 5]).expect("a line");
    drop(stdout);
    let outcome = program.wait_with_output().expect("it ends");
    assert_eq!((outcome.status.code(), outcome.stderr.as_slice()), (Some(7), b"".as_slice()));
    assert!(pids.iter().all(|pid| !is_running(*pid)));
}

/// Programs that share a pipe or a terminal may set it to non-blocking.
fn nothing_is_lost_where_writing_does_not_wait() {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let (_sts, home) = signed_in_home(&["a"]);
    let script = "head -c 1000000 /dev/zero | tr '\\0' o; head -c 1000000 /dev/zero | tr '\\0' e >&2";
    let mut run = command(&home, &["a", "-q"], script);
    let [(out, out_writer), (err, err_writer)] = [(); 2].map(|()| std::io::pipe().expect("a pipe"));
    for writer in [&out_writer, &err_writer] {
        fcntl(writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a pipe");
    }
    let mut program = run.stdin(Stdio::null()).stdout(out_writer).stderr(err_writer).spawn().expect("it starts");
    drop(run);
    let read = |mut pipe: std::io::PipeReader| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = std::io::Read::read(&mut pipe, &mut buffer) {
                bytes.extend_from_slice(&buffer[..count]);
            }
            bytes
        })
    };
    let (out, err) = (read(out), read(err));
    assert!(program.wait().expect("it ends").success());
    let line = |byte| [vec![byte; 1_000_000], vec![b'\n']].concat();
    assert!(out.join().expect("no panic") == line(b'o'));
    assert!(err.join().expect("no panic") == line(b'e'));
}

fn a_warning_about_all_profiles_is_shown_once() {
    let (_sts, mut home) = signed_in_home(&["a", "b", "c"]);
    home.set("AWS_ACCESS_KEY_ID", "AKIAOLDOLDOLDOLDOLD1").set("AWS_SECRET_ACCESS_KEY", "old");
    home.set("AWS_BEARER_TOKEN_BEDROCK", "old");
    let outcome = each(&home, &["?"], ":");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    for name in ["[keys-replaced]", "[bearer-token]"] {
        assert_eq!(stderr.matches(name).count(), 1, "{stderr}");
    }
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
}

fn the_function_passes_everything_on_in_every_shell() {
    let (_sts, mut home) = signed_in_home(&["a1", "a2", "b"]);
    home.set("PATH", crate::support::program::path_with_program()).set("LC_ALL", "C.UTF-8");
    for &shell in shells::installed() {
        let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
        let f = shell.function_name();
        let script = format!("{init}\n{f} each 'a*' -q --jobs 2 -- printf '<%s %s>' '{{}}' '-x y'");
        let outcome = shell.run(&script, &home.variables, home.path());
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "<a1 -x y>\n<a2 -x y>\n", "{shell}: {outcome}");
        assert_eq!(outcome.stderr, b"", "{shell}: {outcome}");
    }
}

fn completion_offers_profiles_and_usable_options() {
    let (_sts, home) = signed_in_home(&["a", "b"]);
    let complete = |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let all = ["__complete", &index, "--"].into_iter().chain(words.iter().copied());
        Program::new(&home, all).run().stdout
    };
    assert_eq!(complete(&["mfa-env", "each", ""]), "main\na\nb\n");
    assert_eq!(complete(&["mfa-env", "each", "a", ""]), "main\na\nb\n");
    let options = complete(&["mfa-env", "each", "-"]);
    for (option, is_there) in
        [("--account", true), ("--jobs", true), ("--region", true), ("--duration", false), ("--profile", false)]
    {
        assert_eq!(options.lines().any(|line| line == option), is_there, "{option}: {options}");
    }
}

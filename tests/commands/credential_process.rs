//! `credential-process`: what it hands out, when it asks, and the profile that it prints for other programs.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::{Streams, Terminal};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

trials![
    prints_one_object_or_nothing,
    an_error_is_one_line,
    shows_no_warning_about_files,
    asks_on_the_terminal_of_the_caller,
    asks_nothing_while_another_program_owns_the_terminal,
    hands_out_a_session_that_lasts_longer_than_the_refresh_window,
    hands_out_what_is_left_if_nobody_can_be_asked,
    one_prompt_for_twenty_callers,
    gives_up_before_the_caller_does,
    a_code_is_used_although_the_caller_has_gone,
    prints_a_profile_for_other_programs,
    refuses_a_line_that_programs_read_differently,
    a_profile_that_names_itself_uses_its_own_keys,
];

fn home() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec::default());
    let home = Home::with_user(&sts, &alice, &[("admin", &admin, "region = eu-west-3\n")]);
    (sts, alice, home)
}

fn object(stdout: &str) -> Value {
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    serde_json::from_str(stdout).expect("JSON")
}

// fault 128
fn prints_one_object_or_nothing() {
    let (sts, alice, mut home) = home();
    // Nothing in the environment of the caller changes what is handed out.
    home.set("AWS_PROFILE", "nosuch")
        .set("AWS_ACCESS_KEY_ID", "AKIAOLDOLDOLDOLDOLD1")
        .set("AWS_SECRET_ACCESS_KEY", "old");
    let ran = Program::new(&home, ["credential-process", "admin", &sts.code(&alice.mfa_serial)]).run();
    let object = object(&ran.stdout);
    let session = sts.sessions().pop().expect("a session");
    let names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]);
    assert_eq!(object["Version"], 1);
    assert_eq!(object["AccessKeyId"], session.access_key_id);
    assert_eq!(object["SecretAccessKey"], session.secret_access_key);
    assert_eq!(object["SessionToken"], session.session_token);
    assert_eq!(object["AccountId"], "123456789012");
    let end = object["Expiration"].as_str().expect("text");
    assert!(end.len() == 20 && end.ends_with('Z'), "{end}");
    // From the cache, it is the same one.
    let again = Program::new(&home, ["credential-process", "admin"]).run();
    assert_eq!(again.stdout, ran.stdout);
}

// faults 128, 30
fn an_error_is_one_line() {
    let (_sts, alice, home) = home();
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["admin"],
            5,
            "mfa-env: an MFA code is needed, but nobody can be asked for it; sign in first, in a terminal: aws-mfa admin; \
             the device is set at ~/.aws/config:2; for a role that needs no MFA, add --mfa-serial none\n",
        ),
        (
            &["admin", "--no-input"],
            5,
            "mfa-env: an MFA code is needed, but nobody can be asked for it; sign in first, in a terminal: aws-mfa admin; \
             the device is set at ~/.aws/config:2; for a role that needs no MFA, add --mfa-serial none\n",
        ),
        (&["nosuch"], 3, "mfa-env: profile `nosuch` not found; "),
        (&[], 2, "mfa-env: no profile named; "),
        (&["admin", "12345"], 2, "mfa-env: `12345` is not an MFA code: "),
        (&["admin", "--nosuch"], 2, "mfa-env: "),
    ];
    for (words, status, says) in cases {
        let all = ["credential-process"].iter().chain(words);
        let ran = Program::new(&home, all.copied()).fails(status).stdout("").says(says).run();
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.contains(alice.secret_access_key.as_str()), "{}", ran.stderr);
    }
}

/// Warnings about files would be in the log of the caller each time.
fn shows_no_warning_about_files() {
    let (sts, alice, home) = home();
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(".aws/config", format!("{config}region = eu-west-1\n"));
    let code = sts.code(&alice.mfa_serial);
    assert!(Program::new(&home, ["explain", "--verbose", "admin"]).run().stdout.contains("[duplicate-key]"));
    Program::new(&home, ["credential-process", "admin", &code]).stderr("").run();
    let ran = Program::new(&home, ["credential-process", "main", "--renew"]).fails(5).stdout("").says("nobody").run();
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

// fault 30
fn asks_on_the_terminal_of_the_caller() {
    let (sts, alice, home) = home();
    let command = Program::new(&home, ["credential-process", "admin"]).command();
    let mut run = PromptedRun::start_with(&home, command, Stdio::null());
    run.terminal.send_line(&sts.code(&alice.mfa_serial));
    let outcome = run.end_with_any_screen();
    assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome:?}");
    assert_eq!(object(&outcome.stdout)["Version"], 1);
}

// fault 172
fn asks_nothing_while_another_program_owns_the_terminal() {
    let (sts, _alice, home) = home();
    let program = Program::new(&home, ["credential-process", "admin"]).command();
    for modes in ["raw -echo", "-icanon min 1", "cbreak"] {
        let line = format!(
            "stty {modes}; before=$(stty -g); \"$0\" \"$@\" </dev/null >out 2>err; status=$?; \
             test \"$before\" = \"$(stty -g)\" && same=same; stty sane; echo \"status $status $same\""
        );
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &line]).arg(program.get_program()).args(program.get_args());
        shell.env_clear().envs(&home.variables).env("PATH", "/bin:/usr/bin").current_dir(home.path());
        let mut terminal = Terminal::spawn(shell);
        let shown = terminal.expect("status 5 same");
        assert!(!shown.contains("MFA"), "{shown}");
        terminal.wait();
        let said = std::fs::read_to_string(home.path().join("err")).expect("a file");
        assert_eq!(
            said,
            "mfa-env: an MFA code is needed, but another program uses the terminal for itself; \
             sign in first, in another terminal: aws-mfa admin\n"
        );
        assert_eq!(std::fs::read_to_string(home.path().join("out")).expect("a file"), "");
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 129
fn hands_out_a_session_that_lasts_longer_than_the_refresh_window() {
    let (sts, alice, home) = home();
    let ran = Program::new(&home, ["credential-process", "admin", &sts.code(&alice.mfa_serial)]).run();
    let key = |stdout: &str| object(stdout)["AccessKeyId"].clone();
    cached::age(&home, 3600 - 901);
    let same = Program::new(&home, ["credential-process", "admin"]).run();
    assert_eq!(key(&same.stdout), key(&ran.stdout));
    cached::age(&home, 3);
    sts.take_calls();
    // The MFA session is still good, so no code is needed.
    let renewed = Program::new(&home, ["credential-process", "admin"]).run();
    assert_ne!(key(&renewed.stdout), key(&ran.stdout));
    assert_eq!(sts.take_calls().len(), 1);
    // A session that never lasts that long is renewed after half of its time.
    let main = ["credential-process", "main", "-d", "900", "--no-preflight"];
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    let short =
        Program::new(&home, main.iter().copied().chain(["-c", &code])).env("MFA_ENV_SILENCE", "clock-offset").run();
    let again = Program::new(&home, main).run();
    assert_eq!(key(&again.stdout), key(&short.stdout));
}

// fault 129
fn hands_out_what_is_left_if_nobody_can_be_asked() {
    let (sts, alice, home) = home();
    let ran = Program::new(&home, ["credential-process", "main", &sts.code(&alice.mfa_serial)]).run();
    cached::age(&home, 43_200 - 600);
    sts.take_calls();
    assert_eq!(Program::new(&home, ["credential-process", "main"]).run().stdout.len(), ran.stdout.len());
    assert_eq!(sts.take_calls(), []);
    // Where somebody can be asked, the code is asked for.
    let run =
        PromptedRun::start_with(&home, Program::new(&home, ["credential-process", "main"]).command(), Stdio::null());
    sts.advance(60);
    let outcome = run.answer_with_any_screen(&sts.code(&alice.mfa_serial));
    assert_ne!(outcome.stdout, ran.stdout);
    // A session that ends at once is not handed out.
    cached::age(&home, 43_200 - 30);
    Program::new(&home, ["credential-process", "main"]).fails(5).stdout("").says("nobody can be asked").run();
    // An explicit limit holds.
    Program::new(&home, ["credential-process", "main", "--min-ttl", "1h"]).fails(5).stdout("").says("nobody").run();
}

fn one_prompt_for_twenty_callers() {
    let (sts, alice, home) = home();
    let line = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \"$0\" credential-process admin >out.$i 2>err.$i & done; \
                wait; echo finished";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).arg(binary()).env_clear().envs(&home.variables).env("PATH", "/bin:/usr/bin");
    shell.current_dir(home.path());
    let mut terminal = Terminal::spawn(shell);
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    terminal.send_line(&sts.code(&alice.mfa_serial));
    let rest = terminal.expect("finished");
    assert!(!rest.contains("MFA code"), "{rest}");
    terminal.wait();
    let first = std::fs::read_to_string(home.path().join("out.1")).expect("a file");
    for i in 1..=20 {
        let out = std::fs::read_to_string(home.path().join(format!("out.{i}"))).expect("a file");
        assert_eq!(object(&out)["AccessKeyId"], object(&first)["AccessKeyId"], "{i}");
    }
    let calls = sts.take_calls();
    assert_eq!(calls.iter().filter(|call| call.param("TokenCode").is_some()).count(), 1);
}

/// Also if another process has the prompt for all of that time: a caller that kills after a minute sees an error.
fn gives_up_before_the_caller_does() {
    let (sts, _alice, home) = home();
    let line = "{ \"$0\" credential-process admin 2>one; echo \"one $?.\"; } & \"$0\" credential-process main 2>two; echo \"two $?.\"; wait";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).arg(binary()).env_clear().envs(&home.variables).current_dir(home.path());
    let start = Instant::now();
    let mut terminal = Terminal::spawn(shell);
    terminal.expect(": ");
    for end in [" 5.", " 5."] {
        terminal.expect_within(end, Duration::from_secs(58).saturating_sub(start.elapsed()));
    }
    assert!(start.elapsed() >= Duration::from_secs(45), "{}", terminal.output());
    assert!(terminal.output().matches("MFA code").count() <= 2, "{}", terminal.output());
    terminal.wait();
    assert!(sts.take_calls().iter().all(|call| call.param("TokenCode").is_none()));
}

// fault 221
fn a_code_is_used_although_the_caller_has_gone() {
    let (sts, alice, home) = home();
    // The reader of stdout exits at once.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let streams = Streams { stdin: Some(Stdio::null()), stdout: Some(writer.into()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(Program::new(&home, ["credential-process", "admin"]).command(), streams);
    drop(reader);
    terminal.expect(": ");
    terminal.send_line(&sts.code(&alice.mfa_serial));
    let status = terminal.wait();
    assert_eq!(status.code(), Some(7), "{}", terminal.output());
    let says = "mfa-env: signed in, but the program that asked for the session has exited; run it again: no code is needed now\r\n";
    assert!(terminal.output().ends_with(says), "{}", terminal.output());
    Program::new(&home, ["credential-process", "admin"]).run();
}

/// What botocore and `sh -c` make of the line.
fn words_of(line: &str) -> Vec<String> {
    let command = line.strip_prefix("credential_process = ").expect("the setting");
    let script = format!("for word in {command}; do printf '%s\\n' \"$word\"; done");
    let output = Command::new("/bin/sh").args(["-c", &script]).output().expect("sh");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

fn prints_a_profile_for_other_programs() {
    let (_sts, _alice, home) = home();
    let program = binary().to_str().expect("UTF-8").to_owned();
    let ran = Program::new(&home, ["credential-process", "admin", "--print-config"]).run();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["[profile admin-process]", "region = eu-west-3"]);
    assert_eq!(words_of(lines[2]), [&program, "credential-process", "admin"]);
    assert_eq!(lines.len(), 3);
    let ran = Program::new(
        &home,
        ["credential-process", "--print-config", "admin", "--as", "a b", "-d", "1h", "--external-id", "x/y=z"],
    )
    .run();
    assert!(ran.stdout.starts_with("[profile \"a b\"]\n"), "{}", ran.stdout);
    let line = ran.stdout.lines().last().expect("a line");
    assert_eq!(words_of(line), [&program, "credential-process", "admin", "-d", "1h", "--external-id", "x/y=z"]);
    Program::new(&home, ["credential-process", "admin", "--print-config", "--as", "main"])
        .fails(2)
        .stdout("")
        .says("mfa-env: profile main already exists (~/.aws/config:1); choose another name with --as NAME\n")
        .run();
    // A profile that has neither a role nor keys can have the line itself.
    home.write(".aws/config", "[profile shell]\nregion = eu-west-1\n");
    home.write(".aws/credentials", "");
    Program::new(&home, ["credential-process", "shell", "--print-config"]).fails(3).says("no credentials").run();
}

fn refuses_a_line_that_programs_read_differently() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for name in ["a$b", "a'b", "a`b", "a;b", "a\\\\b"] {
        let config = format!("[profile \"{name}\"]\nmfa_serial = {}\n", alice.mfa_serial);
        let name = name.replace("\\\\", "\\");
        let home = Home::with(&config, &credentials_section(&name, &alice));
        let ran = Program::new(&home, ["credential-process", &name, "--print-config"]);
        ran.fails(2).stdout("").says("cannot be part of a credential_process line").run();
    }
}

fn a_profile_that_names_itself_uses_its_own_keys() {
    let (sts, alice, home) = home();
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let line = format!("credential_process = \"{}\" credential-process main\n", binary().display());
    home.write(".aws/config", config.replace("[profile main]\n", &format!("[profile main]\n{line}")));
    let ran = Program::new(&home, ["credential-process", "main", &sts.code(&alice.mfa_serial)]).run();
    assert_eq!(object(&ran.stdout)["Version"], 1);
    // Without keys, it is an error and not an endless loop.
    home.write(".aws/credentials", "");
    Program::new(&home, ["credential-process", "main"]).fails(3).stdout("").says("from mfa-env itself").run();
}

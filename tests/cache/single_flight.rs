//! Many processes at once: one of them asks for the code, the others wait and reuse its session.
//!
//! The processes share one terminal, as when started from a Makefile. The tests wait for the notice that each prints
//! when it waits, and for its prompt.

#![cfg(unix)]

use crate::support::cached;
use crate::support::failure_statement;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::Home;
use crate::support::interactive_shell::in_every_shell;
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::shells;
use crate::support::sts::{Action, Call, Fault, Gate};
use crate::support::summary::is_summary;
use crate::support::terminal::{PATIENCE, Streams, Terminal};
use mfa_env::clock;
use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::error::{Error, NoCode};
use mfa_env::plan::{SessionIdentity, SessionKey};
use mfa_env::session::{Cache, Entry, ReuseCriteria};
use mfa_env::variables::Variables;
use mfa_env::warning::Warnings;
use nix::sys::signal::Signal;
#[cfg(target_os = "linux")]
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

trials![
    fifty_roles_need_one_prompt,
    fifty_processes_for_one_role_need_one_prompt,
    fifty_processes_with_the_same_code_send_it_once,
    fifty_processes_with_the_same_wrong_code_send_it_once,
    a_passed_code_does_not_wait_behind_a_prompt,
    fifty_passed_codes_do_not_wait_behind_a_prompt,
    a_typed_code_is_not_sent_if_another_process_has_signed_in,
    a_prompt_for_another_session_stays_open,
    hides_what_is_typed_while_waiting_for_another_terminal,
    typing_for_another_terminal_does_not_reach_the_shell,
    the_next_process_asks_when_the_first_gives_up,
    the_next_process_asks_at_once_when_the_first_is_killed,
    says_which_process_it_waits_for,
    can_be_interrupted_while_waiting,
    eventually_gives_up_waiting,
    a_slow_role_does_not_block_others,
    replaces_an_ended_session_once,
    logout_all_does_not_disturb_a_sign_in,
    works_on_a_file_system_without_locks,
    locks_are_not_inherited_by_child_processes,
    does_not_wait_without_a_cache,
];

const PROCESSES: usize = 50;

/// Profiles r1 to r50, each with its own role.
fn fifty_roles() -> Fixture {
    let names: Vec<String> = (1..=PROCESSES).map(|n| format!("r{n}")).collect();
    Fixture::with(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>())
}

/// Fifty processes on one terminal. Their stdout and exit status go to files, their stderr to the terminal.
struct FiftyProcesses {
    terminal: Terminal,
    results: TempDir,
}

impl FiftyProcesses {
    /// `$n` in the arguments is the number of the process.
    fn start(home: &Home, arguments: &str) -> FiftyProcesses {
        let results = tempfile::tempdir().expect("a directory");
        let script = format!(
            "n=0; while [ $n -lt {PROCESSES} ]; do n=$((n + 1)); \
             {{ mfa-env {arguments} --shell sh >out.$n; echo $? >status.$n; }} & done; wait; echo all done"
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).env_clear().envs(&home.variables).env("PATH", path_with_program());
        command.current_dir(results.path());
        FiftyProcesses { terminal: Terminal::spawn(command), results }
    }

    /// Waits until `count` processes are waiting.
    fn expect_waiting(&mut self, count: usize) {
        for _ in 0..count {
            // `waiting for process 1, which is …`, or `another process` if that has not yet written its lock file.
            self.terminal.expect(", which is ");
        }
    }

    /// Waits until all have exited, and returns the screen and the exit status of each as a line.
    fn end_with_statuses(mut self) -> (String, Vec<String>) {
        self.terminal.expect_within("all done", 3 * PATIENCE);
        assert!(self.terminal.wait().success());
        let status = |n: usize| fs::read_to_string(self.results.path().join(format!("status.{n}"))).expect("a status");
        (self.terminal.output(), (1..=PROCESSES).map(status).collect())
    }

    /// Waits until all have exited, and returns the screen and the access key id of each.
    fn end(mut self) -> (String, Vec<String>) {
        self.terminal.expect_within("all done", 3 * PATIENCE);
        assert!(self.terminal.wait().success());
        let result = |name: &str, n: usize| fs::read_to_string(self.results.path().join(format!("{name}.{n}")));
        let mut keys = Vec::new();
        for n in 1..=PROCESSES {
            assert_eq!(result("status", n).expect("a status"), "0\n", "process {n}: {}", self.terminal.output());
            let out = result("out", n).expect("statements");
            let (_, rest) = out.split_once("\nAWS_ACCESS_KEY_ID='").expect("a session");
            keys.push(rest.split('\'').next().expect("a key").to_owned());
        }
        (self.terminal.output(), keys)
    }
}

fn count(calls: &[Call], action: &str) -> usize {
    calls.iter().filter(|call| call.action == action).count()
}

/// The number of distinct keys.
fn distinct(keys: &[String]) -> usize {
    keys.iter().collect::<BTreeSet<_>>().len()
}

// fault 94
fn fifty_roles_need_one_prompt() {
    let fixture = fifty_roles();
    let mut processes = FiftyProcesses::start(&fixture.home, "r$n");
    // One process asks and all others are waiting before the code is typed.
    processes.expect_waiting(PROCESSES - 1);
    assert!(fixture.sts.wait_for_calls(1, PATIENCE));
    processes.terminal.send_line(&fixture.code());
    let (screen, keys) = processes.end();
    assert_eq!(screen.matches("MFA code for alice").count(), 1, "{screen}");
    assert_eq!(screen.matches(" is signing in with alice").count(), PROCESSES - 1);
    assert_eq!(screen.lines().filter(|line| is_summary(line, None)).count(), PROCESSES);
    assert!(!screen.contains("warning"), "{screen}");
    let calls = fixture.sts.calls();
    // Only the process that asks checks the keys.
    assert_eq!(calls[0].action, "GetCallerIdentity");
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, PROCESSES, PROCESSES + 2));
    assert!(calls.iter().all(|call| call.status == Some(200)));
    assert_eq!(distinct(&keys), PROCESSES);
}

// fault 94
fn fifty_processes_for_one_role_need_one_prompt() {
    let fixture = Fixture::with(&[("r1", "")]);
    let mut processes = FiftyProcesses::start(&fixture.home, "r1 --no-preflight");
    processes.expect_waiting(PROCESSES - 1);
    processes.terminal.send_line(&fixture.code());
    let (screen, keys) = processes.end();
    assert_eq!(screen.matches("MFA code for alice").count(), 1, "{screen}");
    assert_eq!(screen.matches(" is assuming the same role").count(), PROCESSES - 1);
    let calls = fixture.sts.calls();
    // The third call looks up the user, after whom the role session is named.
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, 1, 3));
    assert_eq!(distinct(&keys), 1);
    assert_eq!(keys[0], fixture.sts.sessions()[1].access_key_id);
}

// fault 94
fn fifty_processes_with_the_same_code_send_it_once() {
    let code_not_used =
        "the MFA code was not used: another process has just signed in with this device [code-not-used]";
    for (arguments, roles) in [("r$n", PROCESSES), ("r1", 1)] {
        let fixture = fifty_roles();
        let code = fixture.code();
        let (screen, keys) = FiftyProcesses::start(&fixture.home, &format!("{arguments} {code}")).end();
        assert!(!screen.contains("MFA code for"), "{screen}");
        assert_eq!(screen.matches(code_not_used).count(), PROCESSES - 1, "{screen}");
        assert_eq!(screen.matches("warning").count(), PROCESSES - 1, "{screen}");
        let calls = fixture.sts.calls();
        assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, roles, roles + 2));
        assert_eq!(distinct(&keys), roles);
    }
}

fn fifty_processes_with_the_same_wrong_code_send_it_once() {
    let fixture = fifty_roles();
    let wrong = fixture.sts.wrong_code(&fixture.alice.mfa_serial);
    let processes = FiftyProcesses::start(&fixture.home, &format!("r$n {wrong}"));
    let (screen, statuses) = processes.end_with_statuses();
    assert_eq!(statuses, ["4\n"; PROCESSES], "{screen}");
    assert_eq!(screen.matches("mfa-env: AWS rejected the MFA code\r\n").count(), PROCESSES, "{screen}");
    assert_eq!(screen.matches("it was not sent again").count(), PROCESSES - 1, "{screen}");
    assert_eq!(count(&fixture.sts.take_calls(), MFA), 1);
    // At the prompt, it costs a try and no call. Another code is sent, and so is this one after 90 s.
    let mut prompted = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    let why = "AWS rejected the MFA code: it was mistyped, has expired, or was already used; enter the next one";
    prompted.rejects(&wrong, &format!("{why} (2 tries left)"));
    assert_eq!(fixture.sts.take_calls(), []);
    let outcome = prompted.answer_with_any_screen(&fixture.code());
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(count(&fixture.sts.take_calls(), MFA), 1);
    let names = cached::names(&fixture.home.cache());
    let used = names.iter().find(|name| cached::is_used_codes(name)).expect("the used codes");
    let used = fixture.home.cache().join(used);
    let mut fields: serde_json::Value = serde_json::from_slice(&fs::read(&used).expect("a file")).expect("JSON");
    for code in fields["codes"].as_array_mut().expect("a list") {
        code["at"] = (code["at"].as_i64().expect("a time") - 90_000).into();
    }
    fs::write(&used, fields.to_string()).expect("our own file");
    fixture.fails(&["main", &wrong, "--renew"], 4, "AWS rejected the MFA code", &[MFA]);
}

// fault 225
fn a_passed_code_does_not_wait_behind_a_prompt() {
    for profile in ["main", "r1"] {
        let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
        let prompted = PromptedRun::start(&fixture.home, [profile, "--shell", "sh", "--no-preflight"]);
        fixture.program(&["r2", &fixture.code()]).signs_in().run();
        // The open prompt ends by itself, in the session that is there now.
        let outcome = prompted.end();
        assert!(outcome.status.success(), "{outcome:?}");
        assert!(outcome.stderr.starts_with("mfa-env: signed in from another terminal\n"), "{outcome:?}");
        assert_eq!(count(&fixture.sts.calls(), MFA), 1);
        assert_eq!(count(&fixture.sts.calls(), ROLE), if profile == "main" { 1 } else { 2 });
    }
}

// fault 225
fn fifty_passed_codes_do_not_wait_behind_a_prompt() {
    let fixture = fifty_roles();
    let prompted = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    let code = fixture.code();
    let (screen, keys) = FiftyProcesses::start(&fixture.home, &format!("r$n {code}")).end();
    assert!(!screen.contains("MFA code for"), "{screen}");
    assert_eq!(distinct(&keys), PROCESSES);
    assert!(prompted.end().status.success());
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE)), (1, PROCESSES));
}

// fault 225: the prompt looks at the cache a few times a second, so somebody may press Enter in between
fn a_typed_code_is_not_sent_if_another_process_has_signed_in() {
    let fixture = Fixture::with(&[]);
    let gate = Gate::new();
    fixture.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
    let mut prompted = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    let code = fixture.code();
    thread::scope(|threads| {
        let passed = threads.spawn(|| fixture.program(&["main", &code]).signs_in().run());
        assert!(fixture.sts.wait_for_calls(1, PATIENCE), "the passed code waits");
        prompted.terminal.send_line(&code);
        // Its own call would be rejected, so it waits for that of the other process.
        let mut shown = Vec::new();
        let stderr = prompted.terminal.stderr.as_mut().expect("piped");
        while !shown.ends_with(b"\n") {
            let mut byte = [0];
            stderr.read_exact(&mut byte).expect("a line");
            shown.extend(byte);
        }
        assert!(shown.starts_with(b"mfa-env: waiting for process "), "{}", shown.escape_ascii());
        gate.open();
        passed.join().expect("no panic");
    });
    let outcome = prompted.end();
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(fixture.sts.calls().len(), 1);
}

// fault 225
fn a_prompt_for_another_session_stays_open() {
    let fixture = Fixture::with(&[]);
    // Its MFA session has a duration of its own, so that of another sign-in does not help.
    let arguments = ["main", "-d", "1h", "--shell", "sh", "--no-preflight"];
    let mut prompted = PromptedRun::start(&fixture.home, arguments);
    fixture.program(&["main", &fixture.code()]).signs_in().run();
    prompted.rejects("12", "that is not an MFA code: a code has six digits, 0 to 9 (2 tries left)");
    fixture.sts.advance(60);
    let outcome = prompted.answer(&fixture.code());
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(count(&fixture.sts.calls(), MFA), 2);
}

// fault 146
fn hides_what_is_typed_while_waiting_for_another_terminal() {
    let fixture = Fixture::with(&[("r1", "")]);
    let mut first = on_a_terminal(&fixture, &["main"]);
    first.expect("MFA code for alice");
    first.expect(": ");
    for ending in ["session", "prompt", "signal"] {
        let mut second = on_a_terminal(&fixture, &["r1", "--external-id", ending]);
        second.expect(" is signing in with alice");
        second.wait_until("hidden typing", |stty| stty.is_hidden());
        second.send("314159\r");
        match ending {
            "session" => {
                first.send_line(&fixture.code());
                signs_in(&mut first);
                signs_in(&mut second);
            }
            "prompt" => {
                first.send_control('c');
                first.wait();
                second.expect("MFA code for alice");
                second.expect(": ");
                second.send_line(&fixture.code());
                signs_in(&mut second);
            }
            _ => {
                second.send_control('c');
                assert_eq!(second.wait().signal(), Some(Signal::SIGINT as i32));
            }
        }
        second.wait_until("the settings from before", |now| second.initial.difference(now).is_none());
        assert!(!second.output().contains("314"), "{}", second.output());
        Program::new(&fixture.home, ["logout", "--all", "-q"]).stdout("").run();
        fixture.sts.advance(60);
        first = on_a_terminal(&fixture, &["main"]);
        first.expect("MFA code for alice");
        first.expect(": ");
    }
}

// fault 146
fn typing_for_another_terminal_does_not_reach_the_shell() {
    in_every_shell(|shell_session| {
        let mut first = Terminal::spawn_with(
            Program::new(&shell_session.home, ["main", "--shell", "sh", "--no-preflight", "--renew"]).command(),
            Streams { stdout: Some(Stdio::piped()), ..Streams::default() },
        );
        first.expect("MFA code for alice");
        first.expect(": ");
        shell_session.terminal.type_line(&shell_session.sign_in_line("mfa-env main --no-preflight"));
        shell_session.terminal.expect(" is signing in with alice");
        shell_session.terminal.wait_until("hidden typing", |stty| stty.is_hidden());
        shell_session.terminal.send("echo wrong");
        first.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        signs_in(&mut first);
        shell_session.terminal.wait_until("the end of line editing", |stty| !stty.canonical());
        shell_session.terminal.send(" terminal\r");
        let shown = shell_session.terminal.expect_prompt();
        assert!(!shown.contains("wrong"), "{}: {shown:?}", shell_session.shell);
        assert_eq!(shell_session.first_output_line("echo alive"), "alive", "{}", shell_session.shell);
        assert_eq!(shell_session.first_output_line("stty -g"), shell_session.settings, "{}", shell_session.shell);
    });
}

/// Another process of the same user, on its own terminal, which shows its stderr but not its stdout.
fn on_a_terminal(fixture: &Fixture, arguments: &[&str]) -> Terminal {
    let command = fixture.program(&[arguments, &["--no-preflight"]].concat()).command();
    Terminal::spawn_with(command, Streams { stdout: Some(Stdio::piped()), ..Streams::default() })
}

fn printed(terminal: &mut Terminal) -> String {
    let mut text = String::new();
    terminal.stdout.take().expect("piped").read_to_string(&mut text).expect("stdout is UTF-8");
    text
}

#[track_caller]
fn signs_in(terminal: &mut Terminal) {
    let status = terminal.wait();
    assert!(status.success(), "{status}: {}", terminal.output());
    assert!(printed(terminal).contains("\nAWS_ACCESS_KEY_ID='ASIA"));
}

// fault 95
fn the_next_process_asks_when_the_first_gives_up() {
    for key in ['d', 'c'] {
        let fixture = Fixture::with(&[("r1", ""), ("r2", ""), ("r3", "")]);
        let mut first = on_a_terminal(&fixture, &["r1"]);
        first.expect("MFA code for alice");
        first.expect(": ");
        let mut others = [on_a_terminal(&fixture, &["r2"]), on_a_terminal(&fixture, &["r3"])];
        for other in &mut others {
            other.expect("mfa-env: waiting for process ");
        }
        first.send_control(key);
        let status = first.wait();
        match key {
            'd' => assert_eq!(status.code(), Some(5)),
            _ => assert_eq!(status.signal(), Some(Signal::SIGINT as i32)),
        }
        let code = if key == 'd' { 5 } else { 130 };
        assert_eq!(printed(&mut first), failure_statement::of("sh", code));
        // One of the two asks now, and the other keeps waiting.
        let [one, two] = &mut others;
        let asks = |terminal: &Terminal| terminal.output().contains("MFA code for alice");
        let start = Instant::now();
        while !asks(one) && !asks(two) {
            assert!(start.elapsed() < PATIENCE, "neither asks: {} {}", one.output(), two.output());
            std::thread::sleep(Duration::from_millis(2));
        }
        let (prompt, waiting) = if asks(one) { (one, two) } else { (two, one) };
        prompt.expect(": ");
        prompt.send_line(&fixture.code());
        signs_in(prompt);
        signs_in(waiting);
        assert!(!asks(waiting), "{}", waiting.output());
        let calls = fixture.sts.calls();
        assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, 2, 4));
    }
}

// fault 96
fn the_next_process_asks_at_once_when_the_first_is_killed() {
    // First with the lock of the device, then with that of a role.
    for other in ["r2", "r1"] {
        let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
        let mut first = on_a_terminal(&fixture, &["r1"]);
        first.expect("MFA code for alice");
        let mut next = on_a_terminal(&fixture, &[other]);
        next.expect("mfa-env: waiting for process ");
        first.signal(Signal::SIGKILL);
        let start = Instant::now();
        next.expect("MFA code for alice");
        // 1 s, and 5 s for a busy machine.
        assert!(start.elapsed() < Duration::from_secs(1 + 5), "{:?}", start.elapsed());
        next.expect(": ");
        next.send_line(&fixture.code());
        signs_in(&mut next);
        assert_eq!(first.wait().signal(), Some(Signal::SIGKILL as i32));
        assert_eq!(fixture.sts.take_session_calls().len(), 2);
    }
}

// fault 34
fn says_which_process_it_waits_for() {
    let fixture = Fixture::with(&[("r1", "")]);
    let mut first = on_a_terminal(&fixture, &["main"]);
    first.expect("MFA code for alice");
    let mut second = on_a_terminal(&fixture, &["r1"]);
    let shown = second.expect(" is signing in with alice");
    let process = format!("mfa-env: waiting for process {} on /dev/", first.leader());
    assert!(shown.starts_with(&process), "{shown:?}");
    // The content of the lock file is untrusted and shown escaped.
    let lock = fs::read_dir(fixture.home.cache()).expect("the cache").flatten().map(|entry| entry.path());
    for path in lock.filter(|path| path.extension().is_some_and(|e| e == "lock")) {
        fs::write(path, "\x1b]0;pwn\x07\u{202e}\nprocess 1").expect("a lock");
    }
    let mut third = on_a_terminal(&fixture, &["r1", "--external-id", "id"]);
    let shown = third.expect(" is signing in with alice");
    assert_eq!(shown, "mfa-env: waiting for \\x1b]0;pwn\\x07\\u{202e}\\x0aprocess 1, which is signing in with alice");
    first.expect(": ");
    first.send_line(&fixture.code());
    for terminal in [&mut first, &mut second, &mut third] {
        signs_in(terminal);
    }
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE)), (1, 2));
}

// fault 95
fn can_be_interrupted_while_waiting() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut waiter = on_a_terminal(&fixture, &["r1"]);
        waiter.expect("is signing in with alice");
        match signal {
            Signal::SIGINT => waiter.send_control('c'),
            signal => waiter.signal(signal),
        }
        // The process itself would wait for two minutes.
        let status = waiter.wait();
        assert_eq!(status.signal(), Some(signal as i32));
        assert_eq!(printed(&mut waiter), failure_statement::of("sh", 128 + signal as i32));
    }
    // The first process is unaffected, and no call was made.
    assert_eq!(fixture.sts.calls(), []);
    first.answer(&fixture.code()).signs_in();
    fixture.sts.take_calls();
    fixture.sign_in(&["r1"], &[ROLE], &[]);
}

/// The program waits for two minutes; here the library is told to wait for 50 ms.
// fault 34
fn eventually_gives_up_waiting() {
    let home = Home::empty();
    let variables: Variables = home.variables.iter().collect();
    let key = SessionKey { fields: vec![("kind", "mfa".to_owned())], identity: SessionIdentity::User };
    let criteria = ReuseCriteria { min_ttl: 1, mfa_made_since: None, duration: 3600 };
    let flight = |patience, waiting: &mut dyn FnMut(&str), make: &mut dyn FnMut() -> Result<Entry, Error>| {
        let warnings = Warnings::default();
        let cache = Cache::of(&variables, &warnings);
        let make = || make().inspect(|entry| cache.put(&key, entry));
        let found = cache.single_flight(&key, || "device".to_owned(), &criteria, patience, waiting, make);
        found.map(|entry| entry.credentials.access_key_id)
    };
    let (locked, is_locked) = channel();
    thread::scope(|threads| {
        // If this test fails, the channel closes and the first thread ends.
        let (release, released) = channel::<()>();
        let (flight, key) = (&flight, &key);
        let first = threads.spawn(move || {
            flight(PATIENCE, &mut |holder| panic!("unexpectedly waiting for {holder}"), &mut || {
                locked.send(()).expect("a receiver");
                released.recv().expect("a message");
                Ok(hour_long_entry(key))
            })
        });
        is_locked.recv_timeout(PATIENCE).expect("the lock is held");
        let mut waited_for = Vec::new();
        let mut waiting = |holder: &str| waited_for.push(holder.to_owned());
        let error = flight(Duration::from_millis(50), &mut waiting, &mut || panic!("makes a session without the lock"));
        let Err(Error::NoCode(reason)) = &error else { panic!("{error:?}") };
        assert_eq!(reason, &NoCode::LockHeld { seconds: 0 });
        assert!(
            matches!(waited_for.as_slice(), [holder] if holder.starts_with(&format!("process {}", process::id()))),
            "{waited_for:?}"
        );
        // The holder is unaffected, and later processes find its session.
        release.send(()).expect("a receiver");
        let made = first.join().expect("no panic").expect("a session");
        let found = flight(PATIENCE, &mut |holder| panic!("unexpectedly waiting for {holder}"), &mut || {
            panic!("makes another session")
        });
        assert_eq!((made.as_str(), found.expect("a session").as_str()), ("ASIA1", "ASIA1"));
    });
    let error = Error::from(NoCode::LockHeld { seconds: 120 });
    assert_eq!(error.exit_code(), 5);
    assert_eq!(
        error.to_string(),
        "another process has been signing in with this MFA device for more than 2 min\n  \
         answer its prompt or stop it, then try again"
    );
}

fn hour_long_entry(key: &SessionKey) -> Entry {
    let made = clock::now_ms();
    let credentials = SessionCredentials {
        access_key_id: "ASIA1".to_owned(),
        secret_access_key: Secret::new("secret"),
        session_token: Secret::new("token"),
        expiration: Expiration::from_unix(clock::now() + 3600).expect("a time"),
        identity: None,
    };
    Entry { key: key.text(), credentials, user_name: None, made, mfa_made: made }
}

fn a_slow_role_does_not_block_others() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let slow = shells::start(fixture.program(&["r1"]).command());
    // That of the user's name, and the role's.
    assert!(fixture.sts.wait_for_calls(2, PATIENCE));
    fixture.sts.take_calls();
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    // A second process for the slow role waits for it and makes no call.
    let mut second = on_a_terminal(&fixture, &["r1"]);
    second.expect("is assuming the same role");
    gate.open();
    let outcome = slow.finish();
    assert!(outcome.status.success(), "{outcome}");
    signs_in(&mut second);
    assert_eq!(fixture.sts.take_calls(), []);
}

// fault 109
fn replaces_an_ended_session_once() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sts.expire_sessions();
    // Both find the same cached session; the slow one learns that it has ended after the other one has replaced it.
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let mut slow = on_a_terminal(&fixture, &["r1"]);
    assert!(fixture.sts.wait_for_calls(2, PATIENCE));
    let mut quick = on_a_terminal(&fixture, &["r2"]);
    quick.expect("MFA code for alice");
    quick.expect(": ");
    quick.send_line(&fixture.code());
    signs_in(&mut quick);
    gate.open();
    signs_in(&mut slow);
    assert!(!slow.output().contains("MFA code"), "{}", slow.output());
    let calls = fixture.sts.calls();
    let others = calls.iter().filter(|call| call.action == "GetCallerIdentity").count();
    // One more learns the name of the user.
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), others, calls.len()), (1, 4, 1, 6), "{calls:?}");
}

// fault 102
fn logout_all_does_not_disturb_a_sign_in() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    // First while a process asks, then during a call.
    let prompt = PromptedRun::start(&fixture.home, ["main", "--renew", "--shell", "sh", "--no-preflight"]);
    let mut waiter = on_a_terminal(&fixture, &["r2", "--renew"]);
    waiter.expect("is signing in with alice");
    let log_out = || Program::new(&fixture.home, ["logout", "--all"]).says("removed ").run().stderr;
    assert!(log_out().starts_with("mfa-env: removed 2 cached sessions"));
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    fixture.sts.take_calls();
    prompt.answer(&fixture.code()).signs_in();
    assert!(fixture.sts.wait_for_calls(2, PATIENCE));
    assert!(log_out().starts_with("mfa-env: removed 1 cached session"));
    gate.open();
    signs_in(&mut waiter);
    // The session issued after that is cached.
    fixture.sts.take_calls();
    fixture.sign_in(&["r2"], &[], &[]);
    fixture.needs_code(&["main"]);
    // If the directory disappears, the session is cached in a new one.
    let prompt = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    fs::remove_dir_all(fixture.home.cache()).expect("the cache");
    prompt.answer(&fixture.code()).signs_in();
    fixture.sts.take_calls();
    fixture.sign_in(&["main"], &[], &[]);
}

// fault 97
#[cfg(target_os = "linux")]
fn works_on_a_file_system_without_locks() {
    use crate::support::seccomp;
    use nix::errno::Errno;
    for error in [Errno::ENOLCK, Errno::ENOSYS] {
        let fixture = Fixture::with(&[("r1", "")]);
        let code = fixture.code();
        let no_locks = move |c: &mut Command| seccomp::fail(c, &[nix::libc::SYS_flock], error);
        let ran =
            fixture.program(&["r1", &code]).configure(no_locks).says(" cannot be locked (").signs_in_to("r1").run();
        assert_eq!(ran.stderr.lines().count(), 2, "expected one warning: {}", ran.stderr);
        assert!(ran.stderr.contains("so other processes may ask for a code as well [no-locks]"), "{}", ran.stderr);
        // The session is cached anyway.
        fixture.sts.take_calls();
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

#[cfg(not(target_os = "linux"))]
fn works_on_a_file_system_without_locks() {}

/// The files below this directory that a process has open, and whether each is close-on-exec.
#[cfg(target_os = "linux")]
fn open_below(pid: Pid, dir: &std::path::Path) -> Vec<(String, bool)> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").flatten();
    let named = open.filter_map(|entry| Some((fs::read_link(entry.path()).ok()?, entry.file_name())));
    let below = named.filter(|(path, _)| path.starts_with(dir));
    let closes = |fd: &std::ffi::OsStr| {
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", fd.display())).expect("a descriptor");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("flags").trim();
        i32::from_str_radix(flags, 8).expect("octal") & nix::libc::O_CLOEXEC != 0
    };
    below.map(|(path, fd)| (path.display().to_string(), closes(&fd))).collect()
}

#[cfg(target_os = "linux")]
fn locks_are_not_inherited_by_child_processes() {
    let fixture = Fixture::with(&[("r1", "")]);
    let prompt = PromptedRun::start(&fixture.home, ["r1", "--shell", "sh", "--no-preflight"]);
    if !nix::unistd::Uid::effective().is_root() {
        // The program hides its descriptors from everyone but root, so only the lock files can be checked.
        let hidden = fs::read_dir(format!("/proc/{}/fd", prompt.terminal.leader())).expect_err("hidden");
        assert_eq!(hidden.kind(), std::io::ErrorKind::PermissionDenied);
        let locks = cached::names(&fixture.home.cache()).into_iter().filter(|name| cached::is_lock(name)).count();
        assert_eq!(locks, 2, "expected the locks of the role and of the device");
        return;
    }
    let open = open_below(prompt.terminal.leader(), &fixture.home.cache());
    let locks = open.iter().filter(|(path, _)| cached::is_lock(path)).count();
    assert_eq!(locks, 2, "expected the locks of the role and of the device: {open:?}");
    assert!(open.iter().all(|(_, closes)| *closes), "{open:?}");
    // A lock file says who holds it.
    for (path, _) in open.iter().filter(|(path, _)| cached::is_lock(path)) {
        let shown = fs::read_to_string(path).expect("a lock");
        assert_eq!(shown, format!("process {}", prompt.terminal.leader()));
    }
    prompt.answer(&fixture.code()).signs_in();
}

#[cfg(not(target_os = "linux"))]
fn locks_are_not_inherited_by_child_processes() {}

fn does_not_wait_without_a_cache() {
    let fixture = Fixture::with(&[("r1", "")]);
    let prompt = PromptedRun::start(&fixture.home, ["r1", "--shell", "sh", "--no-preflight"]);
    let names = cached::names(&fixture.home.cache());
    // Nor does anyone wait for a process without a cache.
    let alone = PromptedRun::start(&fixture.home, ["r1", "--no-cache", "--shell", "sh", "--no-preflight"]);
    alone.answer(&fixture.code()).signs_in();
    assert_eq!(cached::names(&fixture.home.cache()), names);
    prompt.answer(&fixture.code()).signs_in();
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE)), (2, 2));
}

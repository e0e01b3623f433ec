//! Many processes at once: one of them asks, the others wait and find what it got.
//!
//! The crowd runs on one terminal, as from a Makefile; whoever waits or asks there says so, which is what the tests wait for.

#![cfg(unix)]

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::shells;
use crate::support::sts::{Action, Call, Fault, Gate};
use crate::support::terminal::{PATIENCE, Streams, Terminal};
use mfa_env::clock;
use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::error::{Error, NoCode};
use mfa_env::plan::SessionKey;
use mfa_env::session::{Cache, Entry, ReuseCriteria};
use mfa_env::variables::Variables;
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
    fifty_roles_cost_one_prompt,
    fifty_of_one_role_cost_one_prompt,
    fifty_with_the_same_code_send_it_once,
    the_next_asks_when_the_first_gives_up,
    the_next_asks_at_once_when_the_first_is_killed,
    says_whom_it_waits_for,
    a_waiter_can_be_interrupted,
    a_waiter_gives_up_in_the_end,
    a_slow_role_holds_up_no_other,
    a_session_that_ended_is_made_anew_once,
    forgetting_all_in_the_middle_of_it,
    a_file_system_without_locks,
    locks_are_nobody_elses,
    without_a_cache_nobody_waits,
];

const CROWD: usize = 50;

/// Profiles r1 to r50, each with a role of its own.
fn crowd() -> Fixture {
    let names: Vec<String> = (1..=CROWD).map(|n| format!("r{n}")).collect();
    Fixture::with(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>())
}

/// Fifty processes on one terminal. What each prints and ends with is in files; what each says is on the terminal.
struct Crowd {
    terminal: Terminal,
    results: TempDir,
}

impl Crowd {
    /// `$n` in the words is the number of the process.
    fn start(home: &Home, words: &str) -> Crowd {
        let results = tempfile::tempdir().expect("a directory");
        let script = format!(
            "n=0; while [ $n -lt {CROWD} ]; do n=$((n + 1)); \
             {{ mfa-env {words} --shell sh >out.$n; echo $? >status.$n; }} & done; wait; echo all over"
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).env_clear().envs(&home.variables).env("PATH", path_with_program());
        command.current_dir(results.path());
        Crowd { terminal: Terminal::spawn(command), results }
    }

    /// Waits until so many wait.
    fn waiting(&mut self, count: usize) {
        for _ in 0..count {
            self.terminal.expect("mfa-env: waiting: ");
        }
    }

    /// Waits for the end, and gives the access key that each was handed.
    fn end(mut self) -> (String, Vec<String>) {
        self.terminal.expect_within("all over", 3 * PATIENCE);
        assert!(self.terminal.wait().success());
        let result = |name: &str, n: usize| fs::read_to_string(self.results.path().join(format!("{name}.{n}")));
        let mut keys = Vec::new();
        for n in 1..=CROWD {
            assert_eq!(result("status", n).expect("a status"), "0\n", "process {n}: {}", self.terminal.output());
            let out = result("out", n).expect("statements");
            let (_, rest) = out.split_once("export AWS_ACCESS_KEY_ID='").expect("a session");
            keys.push(rest.split('\'').next().expect("a key").to_owned());
        }
        (self.terminal.output(), keys)
    }
}

fn count(calls: &[Call], action: &str) -> usize {
    calls.iter().filter(|call| call.action == action).count()
}

/// How many different ones.
fn different(keys: &[String]) -> usize {
    keys.iter().collect::<BTreeSet<_>>().len()
}

// fault 94
pub fn fifty_roles_cost_one_prompt() {
    let fixture = crowd();
    let mut crowd = Crowd::start(&fixture.home, "r$n");
    // One asks and all others wait for it, before it is answered.
    crowd.waiting(CROWD - 1);
    assert!(fixture.sts.wait_for_calls(1, PATIENCE));
    crowd.terminal.send_line(&fixture.code());
    let (screen, keys) = crowd.end();
    assert_eq!(screen.matches("MFA code for alice").count(), 1, "{screen}");
    assert_eq!(screen.matches(" is signing in with alice").count(), CROWD - 1);
    assert_eq!(screen.matches("signed in to r").count(), CROWD);
    assert!(!screen.contains("warning"), "{screen}");
    let calls = fixture.sts.calls();
    // Only the one who asks looks at the keys.
    assert_eq!(calls[0].action, "GetCallerIdentity");
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, CROWD, CROWD + 2));
    assert!(calls.iter().all(|call| call.status == Some(200)));
    assert_eq!(different(&keys), CROWD);
}

// fault 94
pub fn fifty_of_one_role_cost_one_prompt() {
    let fixture = Fixture::with(&[("r1", "")]);
    let mut crowd = Crowd::start(&fixture.home, "r1 --no-preflight");
    crowd.waiting(CROWD - 1);
    crowd.terminal.send_line(&fixture.code());
    let (screen, keys) = crowd.end();
    assert_eq!(screen.matches("MFA code for alice").count(), 1, "{screen}");
    assert_eq!(screen.matches(" is signing in with the same role").count(), CROWD - 1);
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, 1, 2));
    assert_eq!(different(&keys), 1);
    assert_eq!(keys[0], fixture.sts.sessions()[1].access_key_id);
}

// fault 94
pub fn fifty_with_the_same_code_send_it_once() {
    let unspent = "the MFA code was not used: another process has just signed in with this device [code-not-used]";
    for (words, roles) in [("r$n", CROWD), ("r1", 1)] {
        let fixture = crowd();
        let code = fixture.code();
        let (screen, keys) = Crowd::start(&fixture.home, &format!("{words} {code}")).end();
        assert!(!screen.contains("MFA code for"), "{screen}");
        assert_eq!(screen.matches(unspent).count(), CROWD - 1, "{screen}");
        assert_eq!(screen.matches("warning").count(), CROWD - 1, "{screen}");
        let calls = fixture.sts.calls();
        assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, roles, roles + 1));
        assert_eq!(different(&keys), roles);
    }
}

/// One more process of this person, on a terminal of its own: what it says is shown there, what it prints is not.
fn on_a_terminal(fixture: &Fixture, words: &[&str]) -> Terminal {
    let command = fixture.program(&[words, &["--no-preflight"]].concat()).command();
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
    assert!(printed(terminal).starts_with("export AWS_ACCESS_KEY_ID='ASIA"));
}

// fault 95
pub fn the_next_asks_when_the_first_gives_up() {
    for key in ['d', 'c'] {
        let fixture = Fixture::with(&[("r1", ""), ("r2", ""), ("r3", "")]);
        let mut first = on_a_terminal(&fixture, &["r1"]);
        first.expect("MFA code for alice");
        first.expect(": ");
        let mut others = [on_a_terminal(&fixture, &["r2"]), on_a_terminal(&fixture, &["r3"])];
        for other in &mut others {
            other.expect("mfa-env: waiting: ");
        }
        first.send_control(key);
        let status = first.wait();
        match key {
            'd' => assert_eq!(status.code(), Some(5)),
            _ => assert_eq!(status.signal(), Some(Signal::SIGINT as i32)),
        }
        let code = if key == 'd' { 5 } else { 130 };
        assert_eq!(printed(&mut first), format!("(exit {code});\n"));
        // One of the two asks now, whichever it is, and the other one goes on waiting.
        let [one, two] = &mut others;
        let asks = |terminal: &Terminal| terminal.output().contains("MFA code for alice");
        let start = Instant::now();
        while !asks(one) && !asks(two) {
            assert!(start.elapsed() < PATIENCE, "nobody asks: {} {}", one.output(), two.output());
            std::thread::sleep(Duration::from_millis(2));
        }
        let (asking, waiting) = if asks(one) { (one, two) } else { (two, one) };
        asking.expect(": ");
        asking.send_line(&fixture.code());
        signs_in(asking);
        signs_in(waiting);
        assert!(!asks(waiting), "{}", waiting.output());
        let calls = fixture.sts.calls();
        assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, 2, 3));
    }
}

// fault 96
pub fn the_next_asks_at_once_when_the_first_is_killed() {
    // Once the lock of the device, once that of a role.
    for other in ["r2", "r1"] {
        let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
        let mut first = on_a_terminal(&fixture, &["r1"]);
        first.expect("MFA code for alice");
        let mut next = on_a_terminal(&fixture, &[other]);
        next.expect("mfa-env: waiting: ");
        first.signal(Signal::SIGKILL);
        let start = Instant::now();
        next.expect("MFA code for alice");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        next.expect(": ");
        next.send_line(&fixture.code());
        signs_in(&mut next);
        assert_eq!(first.wait().signal(), Some(Signal::SIGKILL as i32));
        assert_eq!(fixture.sts.calls().len(), 2);
    }
}

// fault 34
pub fn says_whom_it_waits_for() {
    let fixture = Fixture::with(&[("r1", "")]);
    let mut first = on_a_terminal(&fixture, &["main"]);
    first.expect("MFA code for alice");
    let mut second = on_a_terminal(&fixture, &["r1"]);
    let said = second.expect(" is signing in with alice");
    let process = format!("mfa-env: waiting: process {} on /dev/", first.leader());
    assert!(said.starts_with(&process), "{said:?}");
    // Nobody is told with --quiet, and what the lock says is shown harmless.
    let lock = fs::read_dir(fixture.home.cache()).expect("the cache").flatten().map(|entry| entry.path());
    for path in lock.filter(|path| path.extension().is_some_and(|e| e == "lock")) {
        fs::write(path, "\x1b]0;pwn\x07\u{202e}\nprocess 1").expect("a lock");
    }
    let mut third = on_a_terminal(&fixture, &["r1", "--external-id", "id"]);
    let said = third.expect(" is signing in with alice");
    assert_eq!(said, "mfa-env: waiting: \\x1b]0;pwn\\x07\\u{202e}\\x0aprocess 1 is signing in with alice");
    first.expect(": ");
    first.send_line(&fixture.code());
    for terminal in [&mut first, &mut second, &mut third] {
        signs_in(terminal);
    }
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE)), (1, 2));
}

// fault 95
pub fn a_waiter_can_be_interrupted() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut waiter = on_a_terminal(&fixture, &["r1"]);
        waiter.expect("is signing in with alice");
        match signal {
            Signal::SIGINT => waiter.send_control('c'),
            signal => waiter.signal(signal),
        }
        // This waits for seconds at most; the waiter would for two minutes.
        let status = waiter.wait();
        assert_eq!(status.signal(), Some(signal as i32));
        assert_eq!(printed(&mut waiter), format!("(exit {});\n", 128 + signal as i32));
    }
    // The one that it waited for has not noticed, and nobody has been called.
    assert_eq!(fixture.sts.calls(), []);
    first.answer(&fixture.code()).signs_in();
    fixture.sts.take_calls();
    fixture.sign_in(&["r1"], &[ROLE], &[]);
}

/// The program waits for minutes; the library is told to wait for a moment.
// fault 34
pub fn a_waiter_gives_up_in_the_end() {
    let home = Home::empty();
    let variables: Variables = home.variables.iter().collect();
    let key = SessionKey { fields: vec![("kind", "mfa".to_owned())] };
    let terms = ReuseCriteria { min_left: 1, made_since: None, duration: 3600 };
    let flight = |patience, waiting: &mut dyn FnMut(&str), make: &mut dyn FnMut() -> Result<Entry, Error>| {
        let found = Cache::of(&variables).single_flight(&key, || "device".to_owned(), &terms, patience, waiting, make);
        found.map(|entry| entry.credentials.access_key_id)
    };
    let (holds, held) = channel();
    thread::scope(|threads| {
        // Gone with a failure of this test, and the first then ends.
        let (let_go, gone) = channel::<()>();
        let (flight, key) = (&flight, &key);
        let first = threads.spawn(move || {
            flight(PATIENCE, &mut |holder| panic!("waits for {holder}"), &mut || {
                holds.send(()).expect("somebody waits");
                gone.recv().expect("the other has given up");
                Ok(an_hour_of(key))
            })
        });
        held.recv_timeout(PATIENCE).expect("the lock is held");
        let mut told = Vec::new();
        let mut waiting = |holder: &str| told.push(holder.to_owned());
        let error = flight(Duration::from_millis(50), &mut waiting, &mut || panic!("makes one without the lock"));
        let Err(Error::NoCode(reason)) = &error else { panic!("{error:?}") };
        assert_eq!(reason, &NoCode::LockHeld { seconds: 0 });
        assert!(
            matches!(told.as_slice(), [holder] if holder.starts_with(&format!("process {}", process::id()))),
            "{told:?}"
        );
        // The holder has not noticed, and who comes later finds what it made.
        let_go.send(()).expect("the holder is at work");
        let made = first.join().expect("no panic").expect("a session");
        let found = flight(PATIENCE, &mut |holder| panic!("waits for {holder}"), &mut || panic!("makes another"));
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

fn an_hour_of(key: &SessionKey) -> Entry {
    let made = clock::now_ms();
    let credentials = SessionCredentials {
        access_key_id: "ASIA1".to_owned(),
        secret_access_key: Secret::new("secret"),
        session_token: Secret::new("token"),
        expiration: Expiration::from_unix(clock::now() + 3600).expect("a time"),
        identity: None,
    };
    Entry { key: key.text(), credentials, made, mfa_made: made }
}

pub fn a_slow_role_holds_up_no_other() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let slow = shells::start(fixture.program(&["r1"]).command());
    assert!(fixture.sts.wait_for_calls(1, PATIENCE));
    fixture.sts.take_calls();
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    // A second one of the slow role waits for it, and makes no call of its own.
    let mut second = on_a_terminal(&fixture, &["r1"]);
    second.expect("is signing in with the same role");
    gate.open();
    let outcome = slow.finish();
    assert!(outcome.status.success(), "{outcome}");
    signs_in(&mut second);
    assert_eq!(fixture.sts.take_calls(), []);
}

// fault 109
pub fn a_session_that_ended_is_made_anew_once() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    fixture.sts.expire_sessions();
    // Both find the same kept session; the slow one hears that it is over when the other one has made another.
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let mut slow = on_a_terminal(&fixture, &["r1"]);
    assert!(fixture.sts.wait_for_calls(1, PATIENCE));
    let mut quick = on_a_terminal(&fixture, &["r2"]);
    quick.expect("MFA code for alice");
    quick.expect(": ");
    quick.send_line(&fixture.code());
    signs_in(&mut quick);
    gate.open();
    signs_in(&mut slow);
    assert!(!slow.output().contains("MFA code"), "{}", slow.output());
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE), calls.len()), (1, 4, 5), "{calls:?}");
}

// fault 102
pub fn forgetting_all_in_the_middle_of_it() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    // While it asks, and while it is called.
    let asking = PromptedRun::start(&fixture.home, ["main", "--renew", "--shell", "sh", "--no-preflight"]);
    let mut waiter = on_a_terminal(&fixture, &["r2", "--renew"]);
    waiter.expect("is signing in with alice");
    let forget = || Program::new(&fixture.home, ["logout", "--all"]).says(" forgotten").run().stderr;
    assert!(forget().starts_with("mfa-env: 2 sessions forgotten"));
    let gate = Gate::new();
    fixture.sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    fixture.sts.take_calls();
    asking.answer(&fixture.code()).signs_in();
    assert!(fixture.sts.wait_for_calls(2, PATIENCE));
    assert!(forget().starts_with("mfa-env: 1 session forgotten"));
    gate.open();
    signs_in(&mut waiter);
    // What was made after that is kept.
    fixture.sts.take_calls();
    fixture.sign_in(&["r2"], &[], &[]);
    fixture.needs_code(&["main"]);
    // Even the directory may go.
    let asking = PromptedRun::start(&fixture.home, ["main", "--shell", "sh", "--no-preflight"]);
    fs::remove_dir_all(fixture.home.cache()).expect("the cache");
    let asked = asking.answer(&fixture.code());
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    assert!(asked.stderr.contains("the cache is not updated: "), "{asked:?}");
}

// fault 97
#[cfg(target_os = "linux")]
pub fn a_file_system_without_locks() {
    use crate::support::seccomp;
    use nix::errno::Errno;
    for error in [Errno::ENOLCK, Errno::ENOSYS] {
        let fixture = Fixture::with(&[("r1", "")]);
        let code = fixture.code();
        let no_locks = move |c: &mut Command| seccomp::fail(c, &[nix::libc::SYS_flock], error);
        let ran = fixture
            .program(&["r1", &code])
            .prepared(no_locks)
            .says(" cannot be locked (")
            .says("signed in to r1")
            .run();
        assert_eq!(ran.stderr.lines().count(), 2, "said once: {}", ran.stderr);
        assert!(ran.stderr.contains("so other processes may ask for a code as well [no-locks]"), "{}", ran.stderr);
        // CachedFile it is all the same.
        fixture.sts.take_calls();
        fixture.sign_in(&["r1"], &[], &[]);
    }
}

#[cfg(not(target_os = "linux"))]
pub fn a_file_system_without_locks() {}

/// The descriptors of a process under this directory, each with whether it is closed in the programs that it starts.
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
pub fn locks_are_nobody_elses() {
    let fixture = Fixture::with(&[("r1", "")]);
    let asking = PromptedRun::start(&fixture.home, ["r1", "--shell", "sh", "--no-preflight"]);
    if !nix::unistd::Uid::effective().is_root() {
        // The program hides its descriptors from everybody but root: there are the files, and no way to see more.
        let hidden = fs::read_dir(format!("/proc/{}/fd", asking.terminal.leader())).expect_err("hidden");
        assert_eq!(hidden.kind(), std::io::ErrorKind::PermissionDenied);
        let locks = cached::names(&fixture.home.cache()).into_iter().filter(|name| cached::is_lock(name)).count();
        assert_eq!(locks, 2, "of the role and of the device");
        return;
    }
    let open = open_below(asking.terminal.leader(), &fixture.home.cache());
    let locks = open.iter().filter(|(path, _)| cached::is_lock(path)).count();
    assert_eq!(locks, 2, "of the role and of the device: {open:?}");
    assert!(open.iter().all(|(_, closes)| *closes), "{open:?}");
    // Anybody may read them; what they say is who holds them.
    for (path, _) in open.iter().filter(|(path, _)| cached::is_lock(path)) {
        let said = fs::read_to_string(path).expect("a lock");
        assert_eq!(said, format!("process {}", asking.terminal.leader()));
    }
    asking.answer(&fixture.code()).signs_in();
}

#[cfg(not(target_os = "linux"))]
pub fn locks_are_nobody_elses() {}

pub fn without_a_cache_nobody_waits() {
    let fixture = Fixture::with(&[("r1", "")]);
    let asking = PromptedRun::start(&fixture.home, ["r1", "--shell", "sh", "--no-preflight"]);
    let names = cached::names(&fixture.home.cache());
    // Nor does it hold up anybody.
    let alone = PromptedRun::start(&fixture.home, ["r1", "--no-cache", "--shell", "sh", "--no-preflight"]);
    alone.answer(&fixture.code()).signs_in();
    assert_eq!(cached::names(&fixture.home.cache()), names);
    asking.answer(&fixture.code()).signs_in();
    let calls = fixture.sts.calls();
    assert_eq!((count(&calls, MFA), count(&calls, ROLE)), (2, 2));
}

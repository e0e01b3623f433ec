//! The profile's `mfa_process`: a command that prints the code, and what is done when it does not.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::PATIENCE;
use mfa_env::credentials::Secret;
use mfa_env::mfa::process;
use mfa_env::origin::Origin;
use mfa_env::profile::{MfaProcess, ProfileName};
use nix::sys::signal::Signal;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

trials![
    takes_the_first_line,
    asks_where_it_prints_no_code,
    fails_where_there_is_nobody_to_ask,
    ends_what_hangs,
    has_the_terminal_for_its_own,
    leaves_stdin_to_others,
    is_left_out_on_demand,
    asks_when_its_code_is_rejected,
    waits_for_the_next_code,
    takes_the_first_on_the_way_to_the_keys,
    prints_no_codes_of_another_device,
    dies_with_the_program,
    is_explained_without_its_words,
];

/// alice with an `mfa_process`, which may name a file `code` with a code that works.
fn alice(process: &str) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(
        ".aws/config",
        config.replace("[profile main]\n", &format!("[profile main]\nmfa_process = {process}\n")),
    );
    home.write("code", sts.code(&alice.mfa_serial));
    (sts, alice, home)
}

fn sign_in(home: &Home) -> Program<'_> {
    Program::new(home, ["main", "--shell", "sh"])
}

const FAILED: &str = "warning: mfa_process of profile main ";

// fault 33
pub fn takes_the_first_line() {
    for process in [
        "cat code",
        "cat code; echo",
        "echo $(cat code); echo 999999",
        "printf ' %s \\r\\n' $(cat code)",
        "yes $(cat code) | head -n 100000",
    ] {
        let (sts, alice, home) = alice(process);
        let code = fs::read_to_string(home.path().join("code")).expect("a code");
        let ran = sign_in(&home)
            .says("mfa-env: main's mfa_process said the MFA code for alice (")
            .says("signed in to main")
            .run();
        assert!(ran.stdout.starts_with("export AWS_ACCESS_KEY_ID='ASIA"), "{}", ran.stdout);
        assert!(!ran.stderr.contains(&code), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        let calls = sts.take_calls();
        let last = calls.last().expect("a call");
        assert_eq!(
            (last.param("TokenCode"), last.param("SerialNumber")),
            (Some(code.as_str()), Some(alice.mfa_serial.as_str()))
        );
    }
    let (_sts, _alice, home) = alice("cat code");
    let ran = Program::new(&home, ["main", "--shell", "sh", "-q"]).run();
    assert!(ran.stdout.starts_with("export "), "{}", ran.stdout);
}

// fault 33
pub fn asks_where_it_prints_no_code() {
    for (process, what) in [
        ("true", "printed nothing"),
        ("echo", "printed nothing"),
        ("echo 12345", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("echo hello; cat code", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("head -c 100000 /dev/zero", "printed something that is not an MFA code: a code has six digits, 0 to 9"),
        ("cat code; exit 3", "failed (exit status: 3)"),
        ("no-such-command 2>/dev/null", "failed (exit status: 127)"),
        ("cat code; kill -9 $$", "failed (signal: 9 (SIGKILL))"),
    ] {
        let (sts, alice, home) = alice(process);
        let asking = PromptedRun::start_with(&home, sign_in(&home).command(), Stdio::null());
        let asked = asking.answer_showing(&sts.code(&alice.mfa_serial));
        assert!(asked.status.success(), "{asked:?}");
        assert!(asked.stderr.starts_with(&format!("mfa-env: {FAILED}{what}\n")), "{asked:?}");
        assert!(asked.stderr.lines().count() == 2 && asked.stderr.contains("signed in to main"), "{asked:?}");
        assert_eq!(sts.take_calls().iter().filter(|call| call.param("TokenCode").is_some()).count(), 1);
    }
}

// fault 33
pub fn fails_where_there_is_nobody_to_ask() {
    let (sts, _alice, home) = alice("echo top-secret-seed 12345; echo said it >&2; exit 1");
    let ran = sign_in(&home)
        .fails(5)
        .stdout("(exit 5);\n")
        .says("said it\n")
        .says("mfa-env: mfa_process of profile main failed (exit status: 1)\n")
        .says("  run the command at ~/.aws/config:2 yourself, or enter the code with --no-mfa-process\n")
        .run();
    assert!(!ran.stderr.contains("top-secret-seed"), "{}", ran.stderr);
    assert!(sts.take_calls().iter().all(|call| call.action == "GetCallerIdentity"));
}

// fault 33
pub fn ends_what_hangs() {
    let sleeps = |command: &str| MfaProcess {
        profile: ProfileName::parse("main").expect("a name"),
        command: Secret::new(command),
        origin: Origin::Default,
    };
    for (command, what) in
        [("exec sleep 1000", "printed nothing within 0 s"), ("echo 123456; exec sleep 1000", "did not exit within 0 s")]
    {
        let failed = process::run(&sleeps(command), Duration::from_millis(200), || {}).expect_err("no code");
        let said = mfa_env::error::Error::from(failed).what();
        assert_eq!(said, format!("mfa_process of profile main {what}"));
    }
    assert!(!format!("{:?}", sleeps("top-secret-seed")).contains("seed"));
}

pub fn has_the_terminal_for_its_own() {
    let (sts, _alice, home) = alice("printf 'Touch the key: ' >&2; read touch; test \"$touch\" = touched && cat code");
    let mut asking = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
    asking.terminal.expect("Touch the key: ");
    asking.terminal.send_line("touched");
    let asked = asking.end_showing();
    assert!(asked.status.success(), "{asked:?}");
    assert_eq!(asked.screen, "Touch the key: touched\r\n");
    assert_eq!(sts.take_calls().last().expect("a call").status, Some(200));
}

pub fn leaves_stdin_to_others() {
    let (_sts, _alice, home) = alice("cat; cat code");
    // Without a terminal there is nothing for it to read, and least of all what somebody else is to read.
    sign_in(&home).stdin("000000\n").says("signed in to main").run();
}

pub fn is_left_out_on_demand() {
    let (sts, alice, home) = alice("touch ran; cat code");
    let asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-mfa-process"]);
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    // A code that is given is the only one.
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["main", &code, "--shell", "sh", "--renew"]).says("signed in to main").run();
    assert!(!home.path().join("ran").exists());
}

pub fn asks_when_its_code_is_rejected() {
    let (sts, alice, home) = alice("cat wrong");
    home.write("wrong", sts.wrong_code(&alice.mfa_serial));
    let asking = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
    let mut asking = asking;
    let said = asking.terminal.expect(" (2 tries left)\r\n");
    assert!(said.starts_with("mfa-env: AWS rejected the MFA code: "), "{said}");
    asking.prompt();
    let asked = asking.answer_showing(&sts.code(&alice.mfa_serial));
    assert!(asked.status.success(), "{asked:?}");
    // Without a terminal that was all.
    let ran = Program::new(&home, ["main", "--renew", "--shell", "sh"])
        .fails(4)
        .stdout("(exit 4);\n")
        .says("said the MFA code for alice")
        .says("mfa-env: AWS rejected the MFA code\n")
        .run();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// A generator prints the same code for half a minute.
// fault 104
pub fn waits_for_the_next_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let (sts, alice, home) =
        alice(&format!("read go; cd {}; cat code; if test -e next; then mv next code; fi", dir.path().display()));
    let used = fs::read_to_string(home.path().join("code")).expect("a code");
    Program::new(&home, ["main", &used, "--shell", "sh"]).says("signed in to main").run();
    fs::write(dir.path().join("code"), &used).expect("a file");
    fs::write(dir.path().join("next"), sts.code(&alice.mfa_serial)).expect("a file");
    // AWS's clock, which the check of the keys tells, is two seconds before the next code.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
    sts.set_clock(28 - i64::try_from(now % 30).expect("a small number"));
    sts.take_calls();
    let command = Program::new(&home, ["main", "--renew", "--shell", "sh"]).command();
    let mut asking = PromptedRun::before_prompt(&home, command, Stdio::null());
    assert!(sts.wait_for_calls(1, PATIENCE));
    asking.terminal.send_line("");
    // Run again, it waits for the next line.
    asking.terminal.send_line("");
    let asked = asking.end_showing();
    assert!(asked.status.success(), "{asked:?}");
    let said = "mfa-env: warning: mfa_process of profile main printed a code that was already used; waiting ";
    assert!(asked.stderr.starts_with(said), "{asked:?}");
    let codes: Vec<String> = sts.take_calls().iter().filter_map(|c| c.param("TokenCode").map(str::to_owned)).collect();
    assert_eq!(codes.len(), 1);
    assert_ne!(codes[0], used);
}

pub fn takes_the_first_on_the_way_to_the_keys() {
    let (sts, alice, home) = alice("touch far; cat code");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let near = format!("[profile near]\nrole_arn = {role}\nsource_profile = main\nmfa_process = cat code\n");
    home.write(".aws/config", config + &near + &format!("[profile far]\nrole_arn = {role}\nsource_profile = main\n"));
    Program::new(&home, ["near", "--shell", "sh"])
        .says("near's mfa_process said the MFA code for alice")
        .says("signed in")
        .run();
    assert!(!home.path().join("far").exists());
    let found = Program::new(&home, ["explain", "far", "--renew"]).run().stdout;
    assert!(found.contains("code      main's mfa_process ("), "{found}");
    assert_eq!(alice.mfa_serial, sts.take_calls()[1].param("SerialNumber").expect("a device"));
}

pub fn prints_no_codes_of_another_device() {
    let (sts, _alice, home) = alice("touch ran; cat code");
    let arguments = ["main", "--shell", "sh", "--mfa-serial", "GAHT12345678"];
    Program::new(&home, arguments).fails(5).stdout("(exit 5);\n").says("there is no terminal to ask for it").run();
    assert!(!home.path().join("ran").exists());
    assert_eq!(sts.take_calls(), []);
}

/// It would go on reading the terminal beside the shell.
pub fn dies_with_the_program() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let (_sts, _alice, home) = alice("echo started $$ >&2; exec sleep 1000");
        let mut asking = PromptedRun::before_prompt(&home, sign_in(&home).command(), Stdio::null());
        asking.terminal.expect("started ");
        let pid = asking.terminal.expect("\r\n").trim().to_owned();
        asking.terminal.signal(signal);
        asking.end_showing().dies(signal);
        let stat = format!("/proc/{pid}/stat");
        let lives = || fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        let deadline = std::time::Instant::now() + PATIENCE;
        while lives() {
            assert!(std::time::Instant::now() < deadline, "process {pid} outlives {signal}");
            std::thread::yield_now();
        }
    }
}

pub fn is_explained_without_its_words() {
    let (sts, _alice, home) = alice("oathtool --totp top-secret-seed");
    let config = home.path().join(".aws/config");
    let found = Program::new(&home, ["explain", "main"]).run().stdout;
    let line = "code      main's mfa_process (~/.aws/config:2) will be run for it; if it fails, you are asked\n";
    assert!(found.contains(line), "{found}");
    let json = Program::new(&home, ["explain", "main", "--json"]).run().stdout;
    let fields: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let origin = format!("{}:2", config.display());
    assert_eq!(fields["mfa_process"], serde_json::json!({ "profile": "main", "origin": origin }));
    assert_eq!(fields["code"], "process");
    for text in [found, json, Program::new(&home, ["list", "--json"]).run().stdout] {
        assert!(!text.contains("top-secret-seed"), "{text}");
    }
    let without = Program::new(&home, ["explain", "main", "--no-mfa-process"]).run().stdout;
    assert!(without.contains("code      will be asked for\n"), "{without}");
    assert_eq!(sts.take_calls(), []);
}

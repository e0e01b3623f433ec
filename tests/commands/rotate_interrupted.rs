//! `rotate` when a call or a file fails, when it is interrupted or killed, and when it is run again afterwards.

#![cfg(unix)]

use super::rotate::{ALICE, Machine, ends, machine};
use crate::support::sts::{Action, Fault, Gate, Policy};
use crate::support::terminal::Terminal;
use mfa_env::context::Context;
use mfa_env::enrollment::{Owner, plan_of_keys};
use mfa_env::error::Error;
use mfa_env::origin::{Origin, Sourced};
use mfa_env::plan::{FactKey, Overrides};
use mfa_env::profile::{AwsFiles, ProfileName};
use mfa_env::rotation::{Acceptance, Stop};
use mfa_env::session::{Cache, KeyRecord, KeyStage};
use mfa_env::sign_in::{Asking, CodeOption, Options, Request, read_aws_files};
use mfa_env::source;
use mfa_env::variables::Variables;
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

trials![
    a_failed_call_leaves_a_working_key,
    a_lost_answer_is_looked_up,
    a_key_of_somebody_else_is_not_written,
    an_answer_with_another_key_is_not_written,
    gives_up_after_a_while,
    signals_leave_a_working_key,
    a_kill_at_each_call_leaves_a_working_key,
    another_program_may_write_the_file_meanwhile,
    names_the_file_that_was_not_written,
    a_key_that_is_not_accepted_any_more_keeps_the_old_one_active,
    one_process_at_a_time,
    what_is_typed_early_is_no_answer,
    a_kill_before_the_cache_is_written_is_recovered_from,
];

const LIMIT: Duration = Duration::from_secs(20);

/// A machine on which the session with MFA is cached.
pub fn signed_in() -> Machine {
    let machine = machine();
    machine.sign_in();
    machine
}

impl Machine {
    /// Holds the answer to the first call that tests the new key.
    fn hold_test(&self) -> Gate {
        let gate = Gate::new();
        // The first one asks whose key the old one is.
        self.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::ZERO));
        self.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        gate
    }

    /// Holds the answer to the call that tests the new key once it is written.
    fn hold_last_test(&self) -> Gate {
        let gate = Gate::new();
        for _ in 0..4 {
            self.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::ZERO));
        }
        self.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        gate
    }

    /// Waits until this many calls have arrived.
    #[track_caller]
    fn wait_for_calls(&self, count: usize) {
        assert!(self.sts.wait_for_calls(count, LIMIT), "{:?}", self.sts.calls());
    }

    /// Asserts that nothing but the first key is left, and that it works.
    #[track_caller]
    pub fn assert_as_before(&self) {
        assert_eq!((self.working_key(), self.keys()), (self.old(), vec![(self.old(), true)]));
    }

    /// Replaces the key again, in a script; asserts that one key is left, and that it works.
    #[track_caller]
    pub fn finish(&self) {
        self.sts.clear_faults();
        self.sts.restrict(&self.user, Policy::default());
        self.sts.advance(60);
        let code = self.sts.current_code(ALICE);
        let before = self.working_key();
        self.unasked(&["--delete", "--code", &code]).any_files().says("mfa-env: deleted access key").run();
        let after = self.working_key();
        assert_ne!(after, before);
        assert_eq!(self.keys(), [(after, true)]);
    }
}

fn a_failed_call_leaves_a_working_key() {
    let page = || Fault::Raw { status: 200, content_type: "text/html".into(), body: b"<html>".to_vec() };
    let is_unchanged = "; nothing was changed\n";
    let may_exist =
        "\n  a new one may have been created; to see the keys, and to delete it, run: mfa-env rotate main\n";
    for (action, fault, says) in [
        (Action::ListAccessKeys, Fault::Throttle, "is busy (Throttling)"),
        (Action::CreateAccessKey, Fault::Throttle, is_unchanged),
        (Action::CreateAccessKey, Fault::CloseUnprocessed, may_exist),
        (Action::CreateAccessKey, page(), may_exist),
    ] {
        let machine = signed_in();
        machine.sts.always(action, fault);
        let ran = machine.unasked(&["--delete"]).fails(6).says(says).run();
        let works = format!("access key {} is still the one in ~/.aws/credentials:2, and works", machine.old());
        assert_eq!(ran.stderr.contains(&works), action != Action::ListAccessKeys, "{}", ran.stderr);
        machine.assert_as_before();
        machine.finish();
    }
    for (action, status, old_is_active) in [(Action::UpdateAccessKey, 6, true), (Action::DeleteAccessKey, 6, false)] {
        let machine = signed_in();
        machine.sts.always(action, Fault::Throttle);
        let ran = machine.unasked(&["--delete"]).fails(status).says("").run().stderr;
        let (new, old) = (machine.working_key(), machine.old());
        let works =
            format!("the new access key, {new}, is in ~/.aws/credentials:2, and works; the old one, {old}, is ");
        assert!(ran.contains(&works), "{ran}");
        let next = if old_is_active { "still active\n  to go on, run" } else { "inactive\n  to delete it, run" };
        assert!(ran.contains(&format!("{works}{next}: mfa-env rotate main\n")), "{ran}");
        assert_eq!(machine.keys(), [(old, old_is_active), (new, true)]);
        machine.finish();
    }
    // What changes nothing more is repeated.
    let machine = signed_in();
    for action in [Action::UpdateAccessKey, Action::DeleteAccessKey] {
        machine.sts.on(action, Fault::CloseProcessed);
    }
    machine.unasked(&["--delete"]).says("mfa-env: deleted").run();
    assert_eq!(machine.keys(), [(machine.working_key(), true)]);
}

fn a_lost_answer_is_looked_up() {
    for fault in [Fault::CloseProcessed, Fault::TruncatedResponse] {
        let machine = signed_in();
        machine.sts.on(Action::CreateAccessKey, fault);
        let ran = machine.unasked(&["--delete", "-q"]).fails(6).says("").run().stderr;
        let new = machine.new_key();
        let found = format!("\n  {new} has been created meanwhile, and its secret is lost; to see the keys,");
        assert!(ran.contains(&found), "{ran}");
        assert!(ran.contains(&format!("access key {} is still the one in ~/.aws/cred", machine.old())), "{ran}");
        assert_eq!(machine.working_key(), machine.old());
        // Somebody else may have created it, so that is asked about.
        machine.unasked(&["--delete"]).fails(3).says("to choose what to do with them, run in a terminal").run();
        let mut terminal = machine.start(&["rotate", "main", "--delete"]);
        terminal.expect("Number (1-4): ");
        terminal.send_line("3");
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        terminal.expect(&format!("mfa-env: deleted access key {}\r\n", machine.old()));
        ends(&terminal, 0);
        assert_eq!(machine.keys(), [(machine.working_key(), true)]);
    }
}

fn a_key_of_somebody_else_is_not_written() {
    let machine = signed_in();
    machine.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::ZERO));
    machine.sts.on(Action::GetCallerIdentity, Fault::Account("999999999999".into()));
    let ran = machine.unasked(&[]).fails(4).says("").run().stderr;
    assert!(ran.contains(" belongs to arn:aws:iam::999999999999:user/alice\n"), "{ran}");
    assert!(ran.contains(&format!("access key {} is still the one in ", machine.old())), "{ran}");
    assert!(ran.contains(", was deleted again\n"), "{ran}");
    machine.assert_as_before();
    // If it cannot be deleted again, it is named, and the next run deletes it.
    machine.sts.restrict(&machine.user, Policy::denying(&["DeleteAccessKey"]));
    machine.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::ZERO));
    machine.sts.on(Action::GetCallerIdentity, Fault::Account("999999999999".into()));
    let ran = machine.unasked(&[]).fails(4).says("").run().stderr;
    let new = machine.new_key();
    let left =
        format!("the new one, {new}, could not be deleted again: AWS does not allow the user of profile main to");
    assert!(ran.contains(&left), "{ran}");
    assert_eq!(machine.working_key(), machine.old());
    let terminal = machine.start(&["rotate", "main"]);
    let mut terminal = terminal;
    terminal.expect(&format!("{new}, active, created "));
    terminal.expect("left by an interrupted rotation\r\n");
    terminal.send_control('c');
    terminal.wait();
    machine.finish();
}

fn context(machine: &Machine) -> Context {
    let mut context = Context::new(Vec::new(), Variables::from_iter(machine.home.variables.clone()), 0);
    context.report.set_quiet(true);
    context
}

/// A request for profile `main`, in a script.
fn request() -> Request {
    let profile = Sourced::new(ProfileName::parse("main").expect("a name"), Origin::Flag("PROFILE"));
    let options = Options {
        min_ttl: None,
        default_min_ttl: 300,
        renew: false,
        no_cache: true,
        no_preflight: true,
        asking: Asking::Forbidden,
        memory: None,
    };
    let overrides = Overrides::default();
    Request { profile, may_be_code: false, first_half: None, code: CodeOption::Ask, overrides, options }
}

/// The answer of an endpoint that is not AWS's may contain anything.
fn an_answer_with_another_key_is_not_written() {
    let machine = signed_in();
    let answer = |id: &str, secret: &str| Fault::Raw {
        status: 200,
        content_type: "text/xml".into(),
        body: format!(
            "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><AccessKeyId>{id}</AccessKeyId>\
             <SecretAccessKey>{secret}</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"
        )
        .into_bytes(),
    };
    for (id, secret) in [
        ("AKIA#IOSFODNN7EXAMPLE", "secret"),
        ("AKIAIOSFODNN7\nEXAMPLE", "secret"),
        ("ASIAIOSFODNN7EXAMPLE", "secret"),
        ("AKIA", "secret"),
        ("AKIAIOSFODNN7EXAMPLE", "secret\n[other]"),
        ("AKIAIOSFODNN7EXAMPLE", "'secret'"),
        ("AKIAIOSFODNN7EXAMPLE", ""),
    ] {
        machine.sts.on(Action::CreateAccessKey, answer(id, secret));
        let says = "unexpected response from 127.0.0.1";
        let ran = machine.unasked(&[]).fails(4).says(says).says("it contains no usable access key").run().stderr;
        assert!(ran.contains("\n  a new one may have been created;"), "{ran}");
        machine.assert_as_before();
    }
    // A key that another profile has already, which works.
    let other = machine.sts.add_access_key(&machine.user);
    let text = machine.text("credentials") + &format!("[other]\naws_access_key_id = {}\n", other.access_key_id);
    machine.home.write(".aws/credentials", &text);
    machine.sts.restrict(&machine.user, Policy::denying(&["ListAccessKeys"]));
    machine.sts.on(Action::CreateAccessKey, answer(&other.access_key_id, &other.secret_access_key));
    let says = format!("access key {} cannot be written to ~/.aws/credentials so that it", other.access_key_id);
    machine.unasked(&[]).fails(4).says(says).run();
    assert_eq!(machine.text("credentials"), text);
}

/// The wait has a limit, which is the caller's.
fn gives_up_after_a_while() {
    let machine = machine();
    let context = context(&machine);
    let texts = read_aws_files(&context.variables, &context.warnings).expect("AWS files");
    let files = AwsFiles::index(&texts);
    let owner = Owner::of(plan_of_keys(&files, &request(), &context).expect("a plan"), &context).expect("a user");
    let keys = source::resolve(owner.source()).expect("keys");
    let acceptance = Acceptance::of(&owner, &keys, &files, &context).expect("an endpoint");
    let wait = |limit| acceptance.wait(&keys, 2, limit);
    wait(Duration::from_secs(20)).expect("the key works");
    machine.sts.remove_key(&machine.old());
    let host = machine.sts.url().trim_start_matches("http://").to_owned();
    let says = format!(
        "AWS did not accept the new access key {} within 1 s ({host})\n  try again in a few minutes",
        machine.old()
    );
    match wait(Duration::from_secs(1)) {
        Err(Stop::Failed(e)) => assert_eq!((e.to_string(), e.exit_code()), (says, 4)),
        other => panic!("{other:?}"),
    }
    machine.sts.stop();
    assert!(matches!(wait(Duration::ZERO), Err(Stop::Failed(Error::Network(_)))));
}

fn signals_leave_a_working_key() {
    // While AWS creates the key, and while it is tested.
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let machine = signed_in();
        let gate = Gate::new();
        machine.sts.on(Action::CreateAccessKey, Fault::Hold(gate.clone()));
        let mut terminal = machine.confirmed(&[]);
        machine.wait_for_calls(3);
        terminal.signal(signal);
        gate.open();
        terminal.expect("mfa-env: stopped by a signal\r\n");
        terminal
            .expect(&format!("access key {} is still the one in ~/.aws/credentials:2, and works; the ", machine.old()));
        terminal.expect("was deleted again\r\n");
        assert_eq!(terminal.wait().signal(), Some(signal as i32), "{}", terminal.output());
        machine.assert_as_before();
    }
    let machine = signed_in();
    machine.sts.delay_new_keys(1000);
    let mut terminal = machine.confirmed(&[]);
    terminal.expect("mfa-env: waiting until AWS accepts AKIA");
    terminal.send_control('c');
    terminal.expect("was deleted again\r\n");
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT), "{}", terminal.output());
    machine.assert_as_before();
    machine.sts.delay_new_keys(0);
    // An endpoint that does not respond is not waited for.
    let gate = machine.hold_test();
    machine.sts.take_calls();
    let mut terminal = machine.confirmed(&[]);
    machine.wait_for_calls(4);
    terminal.send_control('c');
    terminal.expect("was deleted again\r\n");
    assert_eq!(terminal.wait().signal(), Some(libc::SIGINT), "{}", terminal.output());
    gate.open();
    machine.assert_as_before();
    // Once the key is in the file, it stays, and the old one stays active.
    let machine = signed_in();
    let gate = machine.hold_last_test();
    let mut terminal = machine.confirmed(&[]);
    machine.wait_for_calls(7);
    terminal.signal(Signal::SIGTERM);
    gate.open();
    terminal.expect("mfa-env: stopped by a signal\r\n");
    let new = machine.new_key();
    terminal.expect(&format!("the new access key, {new}, is in ~/.aws/credentials:2, and works; the old one, "));
    terminal.expect("is still active\r\n");
    assert_eq!(terminal.wait().signal(), Some(Signal::SIGTERM as i32), "{}", terminal.output());
    assert_eq!((machine.working_key(), machine.keys()), (new.clone(), vec![(machine.old(), true), (new, true)]));
    machine.finish();
    // A call that has begun is done.
    let machine = signed_in();
    let gate = Gate::new();
    machine.sts.on(Action::UpdateAccessKey, Fault::Hold(gate.clone()));
    let mut terminal = machine.confirmed(&["-q"]);
    machine.wait_for_calls(8);
    terminal.signal(Signal::SIGTERM);
    gate.open();
    terminal.expect("mfa-env: stopped by a signal\r\n");
    let new = machine.new_key();
    terminal.expect(&format!("the new access key, {new}, is in ~/.aws/credentials:2, and works; the old one, "));
    terminal.expect("is inactive\r\n");
    assert_eq!(terminal.wait().signal(), Some(Signal::SIGTERM as i32), "{}", terminal.output());
    assert_eq!(machine.keys(), [(machine.old(), false), (new.clone(), true)]);
    assert_eq!(machine.working_key(), new);
    machine.finish();
}

// fault 73
fn a_kill_at_each_call_leaves_a_working_key() {
    // The number of the call during which the program is killed, and whether the new key is in the file then.
    for (action, number, is_written) in [
        (Action::CreateAccessKey, 3, false),
        (Action::GetCallerIdentity, 4, false),
        (Action::UpdateAccessKey, 8, true),
        (Action::DeleteAccessKey, 9, true),
    ] {
        let machine = signed_in();
        let gate = if action == Action::GetCallerIdentity { machine.hold_test() } else { Gate::new() };
        if action != Action::GetCallerIdentity {
            machine.sts.on(action, Fault::Hold(gate.clone()));
        }
        let mut terminal = machine.confirmed(&["--delete"]);
        machine.wait_for_calls(number);
        terminal.signal(Signal::SIGKILL);
        assert_eq!(terminal.wait().signal(), Some(libc::SIGKILL));
        gate.open();
        let is_new = machine.working_key() != machine.old();
        assert_eq!(is_new, is_written, "{action:?}");
        if action == Action::CreateAccessKey {
            // Nobody knows who has created it.
            machine.unasked(&["--delete"]).fails(3).says("alice has two access keys, and AWS allows no more").run();
            terminal = machine.start(&["rotate", "main"]);
            terminal.expect("Number (1-4): ");
            terminal.send_line("2");
            terminal.expect("[y/N] ");
            terminal.send_line("y");
            ends(&terminal, 0);
            machine.assert_as_before();
        }
        machine.finish();
    }
}

// fault 84
fn another_program_may_write_the_file_meanwhile() {
    let path = ".aws/credentials";
    // What it adds stays.
    let machine = signed_in();
    let gate = machine.hold_test();
    let mut terminal = machine.confirmed(&["--delete"]);
    machine.wait_for_calls(4);
    let added = format!("# first\n{}[more]\nregion = eu-west-1\n", machine.text("credentials"));
    machine.home.write(path, &added);
    gate.open();
    terminal.expect("mfa-env: deleted access key");
    ends(&terminal, 0);
    let text = machine.text("credentials");
    assert!(text.starts_with("# first\n[main]\n") && text.ends_with("[more]\nregion = eu-west-1\n"), "{text}");
    assert_eq!(machine.keys(), [(machine.working_key(), true)]);
    // A key that somebody else has written instead stays, too.
    let machine = signed_in();
    let gate = machine.hold_test();
    let mut terminal = machine.confirmed(&["--delete"]);
    machine.wait_for_calls(4);
    let other = machine.text("credentials").replace(&machine.old(), "AKIAOTHER");
    machine.home.write(path, &other);
    gate.open();
    terminal.expect(&format!("mfa-env: ~/.aws/credentials does not have access key {} any more\r\n", machine.old()));
    terminal.expect("was deleted again\r\n");
    ends(&terminal, 7);
    assert_eq!((machine.text("credentials"), machine.keys()), (other, vec![(machine.old(), true)]));
    // It puts back the old file just after the new key was written: the old key stays active.
    let machine = signed_in();
    let gate = machine.hold_last_test();
    let before = machine.text("credentials");
    let mut terminal = machine.confirmed(&["--delete"]);
    machine.wait_for_calls(7);
    assert_ne!(machine.text("credentials"), before);
    machine.home.write(path, &before);
    gate.open();
    let new = machine.new_key();
    terminal.expect(&format!("mfa-env: ~/.aws/credentials does not have access key {new} any more\r\n"));
    terminal.expect(&format!("both {} and {new} are active; to see them, run: mfa-env rotate main\r\n", machine.old()));
    ends(&terminal, 7);
    assert_eq!(machine.keys(), [(machine.old(), true), (new, true)]);
    assert_eq!(machine.working_key(), machine.old());
}

fn names_the_file_that_was_not_written() {
    let machine = signed_in();
    let copy = machine.text("credentials").replace("[main]", "[profile copy]");
    let config = machine.home.write(".aws/config", machine.text("config") + &copy);
    let gate = machine.hold_test();
    let mut terminal = machine.confirmed(&["--delete"]);
    machine.wait_for_calls(4);
    let link = config.with_file_name("link");
    fs::hard_link(&config, &link).expect("a link");
    gate.open();
    terminal.expect("mfa-env: ~/.aws/config has another name as well (a hard link)");
    terminal.expect(&format!(
        "is in ~/.aws/credentials, and works; the old one, {}, is still in ~/.aws/config, and works, too\r\n",
        machine.old()
    ));
    ends(&terminal, 7);
    let new = machine.working_key();
    assert_eq!(machine.keys(), [(machine.old(), true), (new, true)]);
    assert!(machine.text("config").contains(&machine.old()));
}

fn a_key_that_is_not_accepted_any_more_keeps_the_old_one_active() {
    let machine = signed_in();
    for _ in 0..4 {
        machine.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::ZERO));
    }
    machine.sts.on(Action::GetCallerIdentity, Fault::Account("999999999999".into()));
    let ran = machine.unasked(&["--delete"]).fails(4).says("").run().stderr;
    assert!(ran.contains(" belongs to arn:aws:iam::999999999999:user/alice\n"), "{ran}");
    let (new, old) = (machine.working_key(), machine.old());
    let state =
        format!("\n  {new} is in ~/.aws/credentials:2; the old one, {old}, is still active\n  to go on, run: mfa-env");
    assert!(ran.contains(&state), "{ran}");
    assert_eq!(machine.keys(), [(old, true), (new, true)]);
    machine.finish();
}

fn one_process_at_a_time() {
    let machine = signed_in();
    let mut first: Terminal = machine.start(&["rotate", "main"]);
    first.expect("[y/N] ");
    let holder = format!("process {}", first.leader());
    let refused = machine.unasked(&["--delete"]).fails(5).says(format!("mfa-env: {holder} on /dev/"));
    refused.says(format!("is replacing access key {}\n  wait until it has ended, or stop it\n", machine.old())).run();
    first.signal(Signal::SIGKILL);
    first.wait();
    machine.finish();
}

fn what_is_typed_early_is_no_answer() {
    let machine = signed_in();
    let gate = Gate::new();
    machine.sts.on(Action::CreateAccessKey, Fault::Hold(gate.clone()));
    let mut terminal = machine.confirmed(&[]);
    machine.wait_for_calls(3);
    terminal.send_line("y");
    terminal.expect("y\r\n");
    gate.open();
    terminal.expect("Delete ");
    terminal.expect("[y/N] ");
    terminal.send_line("n");
    ends(&terminal, 0);
    assert_eq!(machine.keys(), [(machine.old(), false), (machine.working_key(), true)]);
}

/// The new key is in the file, and the cache does not say so.
fn a_kill_before_the_cache_is_written_is_recovered_from() {
    let machine = signed_in();
    machine.unasked(&[]).says("mfa-env: deactivated").run();
    let context = context(&machine);
    let texts = read_aws_files(&context.variables, &context.warnings).expect("AWS files");
    let plan = plan_of_keys(&AwsFiles::index(&texts), &request(), &context).expect("a plan");
    let cache = Cache::of(&context.variables, &context.warnings);
    let key = FactKey::access_key(&machine.working_key(), &plan);
    let record = cache.access_key(&key).expect("a record");
    assert_eq!(record.stage, KeyStage::Written(machine.old()));
    cache.add_access_key(&key, &KeyRecord { stage: KeyStage::Created(machine.old()), ..record });
    machine.finish();
}

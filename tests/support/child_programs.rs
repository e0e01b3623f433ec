//! Other programs that the test binary can act as when a test starts it again.

use mfa_env::commands::Outcome;
use mfa_env::context::Context;
use mfa_env::error::NoCode;
use mfa_env::platform::{PromptRequest, PromptText, WatchResult};
use mfa_env::setup::Setup;
use mfa_env::style::{Screen, Stream};
use mfa_env::variables::Variables;
use mfa_env::{platform, report};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

const PANIC_AT_PROMPT: &str = "--panic-at-prompt";
const PROMPT_BRIEFLY: &str = "--prompt-briefly";
const SETUP_BRIEFLY: &str = "--setup-briefly";
const RUN_COMMAND: &str = "--run-command";
const BECOME_COMMAND: &str = "--become-command";

/// Called first in `main`: runs the program that the command line asks for, or returns if it asks for none.
pub fn run_if_requested() {
    let mut words = std::env::args_os().skip(1);
    match words.next().as_ref().and_then(|word| word.to_str()) {
        Some(PANIC_AT_PROMPT) => panic_at_prompt(),
        Some(PROMPT_BRIEFLY) => {
            let terminal = platform::Terminal::open().expect("a terminal");
            let (mut waker, mut wakeup) = platform::waker().expect("a pipe");
            waker.wake();
            // The parent writes a line to stdin, or closes it, when it has finished typing.
            let watch = &mut || match std::io::stdin().read_line(&mut String::new()) {
                Ok(_) => WatchResult::Nothing,
                Err(_) => WatchResult::Stop,
            };
            let reply = ask(&terminal, Duration::from_millis(50), Some(&mut wakeup), watch);
            std::process::exit(if matches!(reply, Ok(platform::Reply::TimedOut)) { 5 } else { 1 });
        }
        Some(SETUP_BRIEFLY) => setup_briefly(words.next().and_then(|word| word.into_string().ok())),
        Some(RUN_COMMAND) => {
            let program = words.next().expect("a program to run");
            let status = Command::new(program).args(words).status().expect("the program starts");
            std::process::exit(status.code().or(status.signal().map(|n| 128 + n)).expect("a status"));
        }
        Some(BECOME_COMMAND) => {
            // The state after a sign-in: signals have handlers and are blocked for the final write.
            platform::ignore_suspend_key();
            platform::set_failure_statement(mfa_env::shell::Shell::Sh.failure_statement());
            platform::begin_final_write();
            let mut command = Command::new(words.next().expect("a program to become"));
            command.args(words);
            std::process::exit(Outcome::Become(Box::new(command)).finish(&report::Report::default()));
        }
        _ => {}
    }
}

/// A program that replaces itself with this command.
pub fn becoming(words: &[&str]) -> Command {
    let mut command = Command::new(this_binary());
    command.arg(BECOME_COMMAND).args(words);
    command
}

/// A program that panics in the library while its prompt is open.
pub fn panicking() -> Command {
    let mut command = Command::new(this_binary());
    command.arg(PANIC_AT_PROMPT);
    command
}

/// A program whose prompt waits for a line on stdin and then 50 ms; it exits with 5 if nothing was entered.
pub fn prompting_briefly() -> Command {
    let mut command = Command::new(this_binary());
    command.arg(PROMPT_BRIEFLY);
    command
}

/// `mfa-env setup [PROFILE]`, whose questions wait for 50 ms.
pub fn setting_up_briefly(profile: Option<&str>) -> Command {
    let mut command = Command::new(this_binary());
    command.arg(SETUP_BRIEFLY).args(profile);
    command
}

fn setup_briefly(profile: Option<String>) -> ! {
    let context = Context::new(Vec::new(), Variables::of_this_process(), mfa_env::clock::now_ms());
    let terminal = platform::Terminal::open().expect("a terminal");
    let setup = Setup {
        profile,
        key_file: None,
        is_reserved: &|_| false,
        request: &|_| unreachable!("no key is entered"),
        terminal: &terminal,
        timeout: Duration::from_millis(50),
        context: &context,
    };
    let e = setup.run().err().expect("nobody answers");
    context.report.error(&e, &Screen::of(Stream::Stderr, &context.variables));
    std::process::exit(i32::from(e.exit_code()))
}

/// Words to put before a command so that it runs below `count` processes that are not shells.
pub fn wrappers(count: usize) -> Vec<String> {
    let this_binary = this_binary().to_str().expect("a path in UTF-8").to_owned();
    (0..count).flat_map(|_| [this_binary.clone(), RUN_COMMAND.to_owned()]).collect()
}

fn this_binary() -> std::path::PathBuf {
    std::env::current_exe().expect("the path of this program")
}

fn panic_at_prompt() -> ! {
    report::on_panic();
    platform::set_failure_statement(mfa_env::shell::Shell::Sh.failure_statement());
    let (mut waker, mut wakeup) = platform::waker().expect("a pipe");
    let terminal = platform::Terminal::open().expect("a terminal");
    waker.wake();
    let watch = &mut || panic!("secret-of-the-panic");
    let _ = ask(&terminal, Duration::from_mins(1), Some(&mut wakeup), watch);
    unreachable!("the panic hook ends the process")
}

fn ask(
    terminal: &platform::Terminal,
    timeout: Duration,
    wakeup: Option<&mut platform::Wakeup>,
    watch: &mut dyn FnMut() -> WatchResult,
) -> Result<platform::Reply, NoCode> {
    let prompt = &mut |_| PromptText { text: "MFA code: ".to_owned(), changes_in: None };
    let watch_interval = timeout;
    terminal.ask(&mut PromptRequest { prompt, echo: false, timeout, wakeup, watch, watch_interval })
}

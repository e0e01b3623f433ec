//! What the test binary does when a test starts it again in the place of another program.

use mfa_env::error::NoCode;
use mfa_env::platform::{PromptRequest, PromptText, WatchResult};
use mfa_env::{platform, report};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

const PANICS: &str = "--panic-at-the-prompt";
const IS_IMPATIENT: &str = "--ask-for-a-moment";
const STANDS_BETWEEN: &str = "--stand-between";

/// For the top of `main`: plays the part that the command line asks for, or returns if it asks for none.
pub fn play() {
    let mut words = std::env::args_os().skip(1);
    match words.next().as_ref().and_then(|word| word.to_str()) {
        Some(PANICS) => panic_at_the_prompt(),
        Some(IS_IMPATIENT) => {
            let terminal = platform::Terminal::open().expect("a terminal");
            let (mut waker, mut wakeup) = platform::waker().expect("a pipe");
            waker.ring();
            // Whoever started it says on stdin, by a line or its end, that all has been typed that will be.
            let watch = &mut || match std::io::stdin().read_line(&mut String::new()) {
                Ok(_) => WatchResult::Nothing,
                Err(_) => WatchResult::Stop,
            };
            let answer = ask(&terminal, Duration::from_millis(50), Some(&mut wakeup), watch);
            std::process::exit(if matches!(answer, Ok(platform::Reply::TimedOut)) { 5 } else { 1 });
        }
        Some(STANDS_BETWEEN) => {
            let program = words.next().expect("a program to run");
            let status = Command::new(program).args(words).status().expect("the program starts");
            std::process::exit(status.code().or(status.signal().map(|n| 128 + n)).expect("a status"));
        }
        _ => {}
    }
}

/// A program that panics inside the library while its prompt is open.
pub fn panicking() -> Command {
    let mut command = Command::new(myself());
    command.arg(PANICS);
    command
}

/// A program whose prompt waits for a moment, and for a line on stdin; its status is 5 if nobody answered.
pub fn impatient() -> Command {
    let mut command = Command::new(myself());
    command.arg(IS_IMPATIENT);
    command
}

/// So many processes of a name that is no shell's, then the program: words in front of a command.
pub fn between(count: usize) -> Vec<String> {
    let myself = myself().to_str().expect("a path in UTF-8").to_owned();
    (0..count).flat_map(|_| [myself.clone(), STANDS_BETWEEN.to_owned()]).collect()
}

fn myself() -> std::path::PathBuf {
    std::env::current_exe().expect("the path of this program")
}

fn panic_at_the_prompt() -> ! {
    report::on_panic();
    platform::set_failure_statement(mfa_env::shell::Shell::Sh.failure_statement());
    let (mut waker, mut wakeup) = platform::waker().expect("a pipe");
    let terminal = platform::Terminal::open().expect("a terminal");
    waker.ring();
    let watch = &mut || panic!("secret-of-the-panic");
    let _ = ask(&terminal, Duration::from_mins(1), Some(&mut wakeup), watch);
    unreachable!("the panic hook ends the process")
}

fn ask(
    terminal: &platform::Terminal,
    patience: Duration,
    wakeup: Option<&mut platform::Wakeup>,
    watch: &mut dyn FnMut() -> WatchResult,
) -> Result<platform::Reply, NoCode> {
    let prompt = &mut |_| PromptText { text: "MFA code: ".to_owned(), changes_in: None };
    terminal.ask(&mut PromptRequest { prompt, echo: false, patience, wakeup, watch })
}

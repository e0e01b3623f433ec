//! Makes the evaluation fail if a signal kills mfa-env.
//!
//! A killed program prints nothing, and evaluating an empty string succeeds in every shell. Until the statements are
//! written, the handler of every fatal signal therefore restores the terminal, writes the failure statement, and then
//! lets the signal end the process. Only SIGKILL cannot be handled. The handler is limited to async-signal-safe calls:
//! atomics, kill, tcsetattr, tcsetpgrp, setpgid, tcflush, write, sigaction, getpgid, raise.

#![allow(unsafe_code, reason = "signal handlers and what they may call have no safe API")]

use super::super::INTERRUPTED_IN_FUNCTION;
use super::{foreground_group, job_group, settings};
use crate::failure_statement::FailureStatement;
use nix::libc;
use nix::unistd::Pid;
use std::io::PipeWriter;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering::SeqCst};

/// Every signal that ends the process by default, except SIGKILL, SIGPIPE and SIGXFSZ, which are ignored, and the
/// real-time signals.
const FATAL: &[libc::c_int] = &[
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGXCPU,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGSYS,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    libc::SIGIO,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    libc::SIGPWR,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    libc::SIGSTKFLT,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    libc::SIGEMT,
];

/// The signals of a thread's own faults, which cannot wait.
const OF_FAULTS: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGSYS];

/// The statement that makes the evaluation fail; null if the output is not evaluated.
static STATEMENT: AtomicPtr<FailureStatement> = AtomicPtr::new(ptr::null_mut());
/// The text to write if a signal ends the process, after a newline; null for none.
static LAST_NOTICE: AtomicPtr<String> = AtomicPtr::new(ptr::null_mut());
/// The size of the buffer for a statement, in bytes; none is this long.
const MAX_STATEMENT: usize = 256;

/// Whether a signal must wait, and the one that does; 0 for none.
static HOLDING: AtomicBool = AtomicBool::new(false);
static HELD: AtomicI32 = AtomicI32::new(0);
/// In seconds. A signal waits no longer than this, even if the disk does not respond.
const LONGEST_HOLD: libc::c_uint = 2;

/// The command that signals are passed on to; 0 for none.
static COMMAND: AtomicI32 = AtomicI32::new(0);
/// The value of [`COMMAND`] once it has exited.
const HAS_EXITED: i32 = -1;
/// Where the first fatal signal is written instead of ending the process; -1 for nowhere.
static FIRST_TO: AtomicI32 = AtomicI32::new(-1);
/// The one that was written there; 0 for none.
static WRITTEN: AtomicI32 = AtomicI32::new(0);

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Whether this process ignores these signals although it was not started so. A command that replaces it does not inherit
/// that.
static IGNORES_SUSPEND: AtomicBool = AtomicBool::new(false);
static IGNORES_FILE_SIZE: AtomicBool = AtomicBool::new(false);
/// Whether the function `aws-mfa` of PowerShell runs this program.
static IN_FUNCTION: AtomicBool = AtomicBool::new(false);
static DYING: AtomicBool = AtomicBool::new(false);

/// From now on a fatal signal or a panic prints `statement` with its status: 128 plus the signal's number, or 1 for a
/// panic. A later call replaces the statement, once the shell is known.
pub fn set_failure_statement(statement: &'static FailureStatement) {
    STATEMENT.store(ptr::from_ref(statement).cast_mut(), SeqCst);
    install();
}

/// From now on, a signal that ends the process is followed by this line on standard error. There are few of them in a run,
/// and a handler may be using the one before, so they stay in memory.
pub fn set_last_notice(line: Option<&str>) {
    let notice = line.map_or(ptr::null_mut(), |line| Box::into_raw(Box::new(format!("\n{line}\n"))));
    LAST_NOTICE.store(notice, SeqCst);
}

/// Whether the shell that evaluates the output must not receive the SIGINT of Ctrl-C.
pub fn hides_interrupt() -> bool {
    // SAFETY: the pointer is null or points to a static.
    unsafe { STATEMENT.load(SeqCst).as_ref() }.is_some_and(|statement| statement.of_interruption.is_some())
}

/// The function `aws-mfa` of PowerShell runs this program, and ends a script if a key interrupts it. From now on that has an
/// exit status of its own, so that it is not taken for that of a command.
pub fn set_in_function() {
    IN_FUNCTION.store(true, SeqCst);
}

/// Whether that function runs this program.
pub fn is_in_function() -> bool {
    IN_FUNCTION.load(SeqCst)
}

/// Ignores Ctrl-Z. Within `$(…)` or before `| source` a command is not a separate job, so the shell would wait
/// forever for a stopped one.
pub fn ignore_suspend_key() {
    // SAFETY: ignoring a signal runs no code.
    unsafe { ignore(libc::SIGTSTP, &IGNORES_SUSPEND) };
}

/// Whether this process was started with Ctrl-Z ignored.
pub(super) fn was_suspend_ignored() -> bool {
    // SAFETY: the call is valid with an initialized result.
    let is_ignored = unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGTSTP, ptr::null(), &raw mut now);
        now.sa_sigaction == libc::SIG_IGN
    };
    is_ignored && !IGNORES_SUSPEND.load(SeqCst)
}

/// Ignores the signal of the file size limit, so that a cache entry that cannot be written is an error, like a full disk,
/// and the session is delivered.
pub fn ignore_file_size_signal() {
    // SAFETY: ignoring a signal runs no code.
    unsafe { ignore(libc::SIGXFSZ, &IGNORES_FILE_SIZE) };
}

/// Ignores a signal, and remembers that it was not ignored before.
///
/// # Safety
/// The signal may be ignored.
unsafe fn ignore(signal: libc::c_int, is_changed: &AtomicBool) {
    // SAFETY: as the caller guarantees.
    let before = unsafe { libc::signal(signal, libc::SIG_IGN) };
    is_changed.fetch_or(before != libc::SIG_IGN, SeqCst);
}

/// Starts a thread on which no signal is handled, so that the main thread, which owns the terminal, handles them all. A
/// handler on another thread could restore the terminal just before a prompt changes it.
///
/// # Errors
/// The system allows no more threads.
pub fn spawn_thread(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    // The thread inherits the blocked signals. If it blocked them itself, one could arrive before that.
    without_signals(|_| std::thread::Builder::new().name(name.to_owned()).spawn(run)).map(drop)
}

/// Calls `run` with signals blocked, and with those that were blocked before; signals that arrive meanwhile are handled
/// afterwards, except those of faults.
pub(super) fn without_signals<T>(run: impl FnOnce(libc::sigset_t) -> T) -> T {
    let old = block_signals_except(&OF_FAULTS);
    let result = run(old);
    // SAFETY: the set is initialized.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut()) };
    result
}

/// Returns the signals that were blocked before.
fn block_signals_except(others: &[libc::c_int]) -> libc::sigset_t {
    // SAFETY: the signal sets are initialized before they are used.
    unsafe {
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut blocked);
        for &signal in others {
            libc::sigdelset(&raw mut blocked, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, &raw mut old);
        old
    }
}

/// Blocks all signals, so that the final write and the exit are not interrupted. If another thread is handling a signal
/// already, that thread ends the process and this call does not return.
pub fn begin_final_write() {
    block_signals_except(&[]);
    if DYING.swap(true, SeqCst) {
        wait_forever();
    }
}

/// Restores the signals for the program that replaces this one. An `exec` keeps blocked signals and an ignored suspend
/// key, and a signal that is pending must not meet the handler once it is unblocked.
pub(super) fn reset() {
    // SAFETY: plain calls with initialized arguments; setting a default runs no code.
    unsafe {
        if INSTALLED.load(SeqCst) {
            for &signal in FATAL {
                let mut action: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, ptr::null(), &raw mut action);
                if action.sa_sigaction == on_signal as *const () as usize {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        for (signal, is_changed) in [(libc::SIGTSTP, &IGNORES_SUSPEND), (libc::SIGXFSZ, &IGNORES_FILE_SIZE)] {
            if is_changed.load(SeqCst) {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// For the panic hook: restores the terminal, prints the failure statement, and exits with status 1.
pub fn exit_failed() -> ! {
    if !DYING.swap(true, SeqCst) {
        give_back_terminal();
        print_statement(1);
    }
    // SAFETY: always safe to call; it does not return.
    unsafe { libc::_exit(1) }
}

/// While this exists, a fatal signal waits, for two seconds at most, and a second one ends the process. When it is dropped,
/// the signal that waited ends the process.
pub struct SignalHold(());

/// Begins to hold signals. There can be only one hold at a time.
pub fn hold_signals() -> SignalHold {
    install();
    HOLDING.store(true, SeqCst);
    SignalHold(())
}

/// Whether a signal is waiting.
pub fn is_signal_held() -> bool {
    HELD.load(SeqCst) != 0
}

/// Lets the signal that is waiting end the process. Returns if there is none.
pub fn release_signal() {
    HOLDING.store(false, SeqCst);
    let held = HELD.load(SeqCst);
    if held != 0 {
        die(held, is_of_key(held));
    }
}

impl Drop for SignalHold {
    fn drop(&mut self) {
        release_signal();
    }
}

/// From now on, fatal signals that somebody sends to this process are passed on to this command.
pub(super) fn pass_on_to(command: Pid) {
    COMMAND.store(command.as_raw(), SeqCst);
}

/// From now on, fatal signals are ignored: the command has exited, and this process is about to, with the same status.
/// The signal of a key may reach this process only now, and it must not end it before it has cleaned up.
pub(super) fn command_has_exited() {
    COMMAND.store(HAS_EXITED, SeqCst);
}

/// From now on, the first fatal signal is written to this pipe, as one byte.
pub(super) fn write_first_to(pipe: PipeWriter) {
    install();
    FIRST_TO.store(pipe.into_raw_fd(), SeqCst);
}

/// The signal that was written to such a pipe.
pub(super) fn written() -> Option<i32> {
    Some(WRITTEN.load(SeqCst)).filter(|signal| *signal != 0)
}

/// From now on, fatal signals end the process again.
pub(super) fn write_no_more() {
    let pipe = FIRST_TO.swap(-1, SeqCst);
    if pipe >= 0 {
        // SAFETY: the descriptor came from `into_raw_fd`, and nobody else has it any more.
        drop(unsafe { PipeWriter::from_raw_fd(pipe) });
    }
}

/// Writes a signal to that pipe, if it is the first one. Async-signal-safe.
fn write_first(signal: libc::c_int) -> bool {
    let pipe = FIRST_TO.swap(-1, SeqCst);
    let first = u8::try_from(signal).unwrap_or_default();
    // SAFETY: async-signal-safe; the pipe stays open, and is empty.
    let is_written = pipe >= 0 && unsafe { libc::write(pipe, (&raw const first).cast(), 1) } == 1;
    if is_written {
        WRITTEN.store(signal, SeqCst);
    }
    is_written
}

/// Installs the handler of the fatal signals, once.
pub(super) fn install() {
    if INSTALLED.swap(true, SeqCst) {
        return;
    }
    // SAFETY: all arguments are initialized, and the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        // Use the alternate stack that Rust sets up, because the signal may be a stack overflow. A signal that is held
        // must not disturb what goes on.
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART | libc::SA_SIGINFO;
        libc::sigfillset(&raw mut action.sa_mask);
        for &signal in FATAL {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut old);
            // Signals that were ignored at the start stay ignored, as `nohup` and background jobs of scripts expect.
            if old.sa_sigaction != libc::SIG_IGN {
                libc::sigaction(signal, &raw const action, ptr::null_mut());
            }
        }
    }
}

extern "C" fn on_signal(signal: libc::c_int, information: *const libc::siginfo_t, _: *const libc::c_void) {
    // SAFETY: the system passes the information of the signal, because the handler was installed with SA_SIGINFO.
    if signal == libc::SIGHUP && is_of_system(unsafe { &*information }) {
        foreground_group::hang_up();
    }
    // SAFETY: as above. This process sends it itself for a key that the kernel does not know.
    if is_of_key(signal) && unsafe { is_of_system(&*information) || (*information).si_pid() == libc::getpid() } {
        foreground_group::key_interrupts();
    }
    let is_fault = OF_FAULTS.contains(&signal);
    let command = COMMAND.load(SeqCst);
    if command > 0 && !is_fault {
        // SAFETY: the system passes the information of the signal, because the handler was installed with SA_SIGINFO.
        unsafe { pass_on(signal, &*information, command) };
        return;
    }
    if command == HAS_EXITED && !is_fault {
        return;
    }
    let can_wait = HOLDING.load(SeqCst) && !is_fault;
    if can_wait && HELD.compare_exchange(0, signal, SeqCst, SeqCst).is_ok() {
        // SAFETY: async-signal-safe.
        unsafe { libc::alarm(LONGEST_HOLD) };
        return;
    }
    let held = HELD.load(SeqCst);
    if !is_fault && write_first(signal) {
        return;
    }
    let signal = if can_wait && held != 0 { held } else { signal };
    die(signal, is_of_key(signal))
}

/// Ends the prompt of a process that was started with Ctrl-C ignored, as by direnv, or whose output PowerShell evaluates:
/// status 130, and not the signal. Async-signal-safe.
pub(super) extern "C" fn on_interrupted_prompt(signal: libc::c_int) {
    if write_first(signal) {
        return;
    }
    if DYING.swap(true, SeqCst) {
        wait_forever();
    }
    show_last_notice(!give_back_terminal());
    print_statement(128 + signal.unsigned_abs());
    let status = if is_in_function() { INTERRUPTED_IN_FUNCTION.into() } else { 128 + signal };
    // SAFETY: async-signal-safe; it does not return.
    unsafe { libc::_exit(status) }
}

/// Ends the command that uses the terminal, and restores its settings and its foreground. Returns whether that has ended
/// the line of a prompt. Async-signal-safe.
fn give_back_terminal() -> bool {
    job_group::end();
    let has_ended_line = settings::restore();
    foreground_group::give_back();
    has_ended_line
}

/// Says what has been done, on a line of its own. Async-signal-safe.
fn show_last_notice(is_within_line: bool) {
    // SAFETY: the pointer is null or points to a text that is never freed.
    let Some(text) = (unsafe { LAST_NOTICE.swap(ptr::null_mut(), SeqCst).as_ref() }) else { return };
    let text = &text.as_bytes()[usize::from(!is_within_line)..];
    // SAFETY: async-signal-safe, with the length of the text. If it fails, there is nowhere to report it.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Passes a signal on to the command, unless the command has received it as well. Async-signal-safe.
///
/// # Safety
/// The information is that of the signal.
unsafe fn pass_on(signal: libc::c_int, information: &libc::siginfo_t, command: libc::pid_t) {
    // SAFETY: as the caller guarantees.
    let sender = unsafe { information.si_pid() };
    // SAFETY: async-signal-safe.
    let (senders_group, own_group) = unsafe { (libc::getpgid(sender), libc::getpgrp()) };
    // Whoever is in the group sends them to the group, too, as `timeout` does. A second one ends many programs at once.
    let is_sent_to_group = is_of_key(signal) && sender > 0 && senders_group == own_group;
    // The system sends the signals of the terminal's keys to the whole group.
    if !is_of_system(information) && !is_sent_to_group && sender != command {
        // SAFETY: async-signal-safe. The command has not been waited for.
        unsafe { libc::kill(command, signal) };
    }
}

/// Whether a key of the terminal may have sent a signal.
fn is_of_key(signal: libc::c_int) -> bool {
    matches!(signal, libc::SIGINT | libc::SIGQUIT)
}

/// Whether the system has sent a signal, as it does for the terminal's keys. Outside of Linux, only its sender tells.
fn is_of_system(information: &libc::siginfo_t) -> bool {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return information.si_code > 0;
    }
    // SAFETY: a signal without a sender has 0 there.
    unsafe { information.si_pid() == 0 }
}

/// Ends the process as `signal` does, after the terminal is restored and the failure statement printed. For PowerShell
/// it does not die of SIGINT, but exits with status 130. Async-signal-safe.
pub fn die_of(signal: libc::c_int) -> ! {
    die(signal, false)
}

/// The same, when the terminal may have shown the key of the signal, as `^C`. Async-signal-safe.
fn die(signal: libc::c_int, may_be_shown: bool) -> ! {
    if DYING.swap(true, SeqCst) {
        wait_forever();
    }
    let has_ended_line = give_back_terminal();
    show_last_notice(may_be_shown && !has_ended_line);
    let is_hidden = signal == libc::SIGINT && hides_interrupt();
    print_statement(128 + signal.unsigned_abs());
    if is_of_key(signal) {
        foreground_group::interrupt_others(signal);
    }
    if is_hidden {
        // SAFETY: async-signal-safe; it does not return.
        unsafe { libc::_exit(128 + signal) }
    }
    if is_of_key(signal) && is_in_function() {
        // SAFETY: as above.
        unsafe { libc::_exit(INTERRUPTED_IN_FUNCTION.into()) }
    }
    end_by(signal)
}

/// Ends the process by the default action of this signal, which tells the parent process how this one died.
/// Async-signal-safe.
pub(super) fn end_by(signal: libc::c_int) -> ! {
    // SAFETY: async-signal-safe calls with initialized arguments.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &raw const default, ptr::null_mut());
        let mut only: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut only);
        libc::sigaddset(&raw mut only, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, ptr::null_mut());
        libc::raise(signal);
        libc::_exit(128 + signal);
    }
}

/// Waits until another thread, which is ending the process, has done so.
pub(super) fn wait_forever() -> ! {
    loop {
        // SAFETY: always safe to call.
        unsafe { libc::pause() };
    }
}

/// Writes the statement with this status in one call, without allocating.
fn print_statement(status: u32) {
    // SAFETY: the pointer is null or points to a static.
    let Some(statement) = (unsafe { STATEMENT.load(SeqCst).as_ref() }) else { return };
    let is_of_key = status.checked_sub(128).is_some_and(|signal| is_of_key(signal.cast_signed()));
    if let Some(line) = statement.of_interruption.filter(|_| is_of_key && foreground_group::scripts() > 0) {
        // SAFETY: the line is this long. If the write fails, there is nowhere to report it.
        unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) };
        return;
    }
    let mut text = [0; MAX_STATEMENT];
    let mut length = 0;
    let mut append = |bytes: &[u8]| {
        for byte in bytes {
            if let Some(slot) = text.get_mut(length) {
                *slot = *byte;
                length += 1;
            }
        }
    };
    append(statement.before.as_bytes());
    if let Some(after) = statement.after {
        let digits = [status / 100, status / 10 % 10, status % 10].map(|d| b"0123456789"[d as usize % 10]);
        let zeros = digits.iter().take(2).take_while(|d| **d == b'0').count();
        append(&digits[zeros..]);
        append(after.as_bytes());
    }
    // If the write fails, there is nowhere to report it.
    // SAFETY: `length` is at most the size of the buffer.
    unsafe { libc::write(libc::STDOUT_FILENO, text.as_ptr().cast(), length) };
}

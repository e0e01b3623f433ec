//! Death by a signal counts as failure: whoever evaluates our output must see it fail.
//!
//! A program that is killed prints nothing, and evaluating nothing succeeds in every shell. So from the start until the statements are
//! written, every signal that would end us first gives the terminal back, then writes the failing statement, then ends us as it would have.
//! Only SIGKILL is out of reach. What runs here is async-signal-safe: atomics, kill, tcsetattr, tcflush, write, sigaction, raise.

#![allow(unsafe_code, reason = "signal handlers and what they may call have no safe form")]

use super::settings;
use crate::failure_statement::FailureStatement;
use nix::libc;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering::SeqCst};

/// Every signal whose default is to end the process, SIGKILL, the ignored SIGPIPE and those for real time aside.
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
    libc::SIGXFSZ,
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

/// The line that makes the evaluation fail; null while nobody evaluates.
static LINE: AtomicPtr<FailureStatement> = AtomicPtr::new(ptr::null_mut());
/// Room for the longest of them.
const LONGEST: usize = 256;

/// The process that is not to outlive us; 0 for none.
static CHILD: AtomicI32 = AtomicI32::new(0);

static INSTALLED: AtomicBool = AtomicBool::new(false);
static DYING: AtomicBool = AtomicBool::new(false);

/// From now on a death prints `line` with its status: 128 and the signal's number, or 1 for a panic.
/// May be called again when more is known of the shell.
pub fn set_failure_statement(line: &'static FailureStatement) {
    LINE.store(ptr::from_ref(line).cast_mut(), SeqCst);
    install();
}

/// Ctrl-Z does not stop us. For a command whose output a shell evaluates: under `$(…)` or before `| source` it is no job of its own,
/// and the shell would wait for ever for what is stopped.
pub fn ignore_suspend_key() {
    // SAFETY: ignoring a signal runs no code.
    unsafe { libc::signal(libc::SIGTSTP, libc::SIG_IGN) };
}

/// The outcome is about to be written, and then the process ends: no signal comes in between any more. One that is being handled in
/// another thread at this moment has the last word.
pub fn begin_final_write() {
    // SAFETY: plain calls with initialised arguments.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, ptr::null_mut());
    }
    if DYING.swap(true, SeqCst) {
        wait_for_the_end();
    }
}

/// Gives the next program of this process the signals as this one got them. An `exec` would keep the blocked signals and the ignored suspend
/// key, and a signal that is pending now must not meet the handler.
pub(super) fn reset() {
    // SAFETY: plain calls with initialised arguments; setting a default runs no code.
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
        libc::signal(libc::SIGTSTP, libc::SIG_DFL);
    }
}

/// For the panic hook: gives the terminal back, prints the failing statement, and ends the process with status 1.
pub fn exit_failed() -> ! {
    if !DYING.swap(true, SeqCst) {
        end_child();
        settings::restore();
        say(1);
    }
    // SAFETY: ends the process.
    unsafe { libc::_exit(1) }
}

/// From now on a death ends this process too.
pub(super) fn set_child(pid: libc::pid_t) {
    install();
    CHILD.store(pid, SeqCst);
}

fn end_child() {
    let child = CHILD.swap(0, SeqCst);
    if child > 0 {
        // SAFETY: async-signal-safe; it is our child and nobody has waited for it yet, so the number is still its own.
        unsafe { libc::kill(child, libc::SIGTERM) };
    }
}

/// Makes signals that would end us give back the terminal first.
pub(super) fn install() {
    if INSTALLED.swap(true, SeqCst) {
        return;
    }
    // SAFETY: plain sigaction calls with initialised arguments; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        // On the alternate stack that Rust sets up: the signal may be a stack overflow.
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigfillset(&raw mut action.sa_mask);
        for &signal in FATAL {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut old);
            // `nohup` and background jobs of scripts start us with signals ignored; they stay so.
            if old.sa_sigaction != libc::SIG_IGN {
                libc::sigaction(signal, &raw const action, ptr::null_mut());
            }
        }
    }
}

extern "C" fn on_signal(signal: libc::c_int) {
    if DYING.swap(true, SeqCst) {
        wait_for_the_end();
    }
    end_child();
    settings::restore();
    say(128 + signal.unsigned_abs());
    // SAFETY: async-signal-safe calls with initialised arguments; dying by the signal itself tells the parent what happened.
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

/// Another thread is at it and ends the process.
fn wait_for_the_end() -> ! {
    loop {
        // SAFETY: waits for a signal.
        unsafe { libc::pause() };
    }
}

/// Writes the line in one piece, without allocating.
fn say(status: u32) {
    // SAFETY: the pointer is null or to a constant.
    let Some(line) = (unsafe { LINE.load(SeqCst).as_ref() }) else { return };
    let mut text = [0; LONGEST];
    let mut length = 0;
    let mut put = |piece: &[u8]| {
        for byte in piece {
            if let Some(place) = text.get_mut(length) {
                *place = *byte;
                length += 1;
            }
        }
    };
    put(line.before.as_bytes());
    if let Some(after) = line.after {
        let digits = [status / 100, status / 10 % 10, status % 10].map(|d| b"0123456789"[d as usize % 10]);
        let zeros = digits.iter().take(2).take_while(|d| **d == b'0').count();
        put(&digits[zeros..]);
        put(after.as_bytes());
    }
    // SAFETY: the buffer is live and `length` bytes of it are written. Should the reader be gone there is nobody to tell.
    unsafe { libc::write(libc::STDOUT_FILENO, text.as_ptr().cast(), length) };
}

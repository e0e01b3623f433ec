//! A process group of its own for this process, which has the foreground of the terminal, so that Ctrl-C reaches this
//! process alone: PowerShell ends a script with status 0 if it receives that SIGINT, too.
//!
//! Nothing about the terminal changes but its foreground group. However this process ends, the foreground goes back to the
//! group that had it; after SIGKILL, a keeper does that. What the key would have done to the others of that group, this
//! process does: a script that does not evaluate what this process prints would go on after Ctrl-C, because PowerShell goes
//! on after a program that fails, so PowerShell is ended; and Ctrl-Z stops all of them.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::super::KeyEffect;
use super::settings::{self, SavedSettings};
use super::signals::{self, without_signals};
use super::terminal_keeper::{self, MARK};
use super::{Ancestor, process, secret_screen};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Pid, getpgid, getpgrp, getsid, setpgid, tcgetpgrp, tcsetpgrp};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering::SeqCst};

/// The group that had the foreground, and gets it back; 0 for none.
static GROUP_BEFORE: AtomicI32 = AtomicI32::new(0);
/// The terminal. It is open while there is such a group.
static TERMINAL: AtomicI32 = AtomicI32::new(-1);
/// The process that gives it back if this one is killed; 0 for none.
static KEEPER: AtomicI32 = AtomicI32::new(0);

/// The others of that group; null for none. They exist while this process has a foreground of its own.
static OTHERS: AtomicPtr<Others> = AtomicPtr::new(ptr::null_mut());
/// Whether a key has interrupted this process.
static IS_KEY: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-Z stops the group, and this process with it.
static CAN_SUSPEND: AtomicBool = AtomicBool::new(false);
/// Whether that must wait, and whether it does.
static HOLDS_SUSPENSION: AtomicBool = AtomicBool::new(false);
static MUST_SUSPEND: AtomicBool = AtomicBool::new(false);

/// How long PowerShell may take to end, and the time between two looks at whether it has, in milliseconds.
const END_MS: libc::c_int = 2_000;
const LOOK_MS: libc::c_int = 2;
/// How long PowerShell may take, when it is continued, to set the terminal as it was, in milliseconds.
const CONTINUE_MS: libc::c_int = 500;

/// The processes that had the foreground together with this process.
struct Others {
    group: libc::pid_t,
    /// Those that get the signal of the key: around the ancestors that do not, before they go on to their next commands, and
    /// within.
    around: Vec<libc::pid_t>,
    within: Vec<libc::pid_t>,
    /// The outermost first, so that none of them sees another one end.
    ended: Vec<libc::pid_t>,
    /// How many processes of PowerShell there are.
    scripts: usize,
}

impl Others {
    /// Those of this group; without `ancestors` that must not get the signal of the key, nobody gets it.
    fn of(group: Pid, ancestors: &[(Ancestor, KeyEffect)]) -> Self {
        let all = if ancestors.is_empty() { Vec::new() } else { process::ids() };
        let is_one = |pid: libc::pid_t| ancestors.iter().any(|(ancestor, _)| ancestor.pid == pid);
        let is_other = |pid: &libc::pid_t| {
            !is_one(*pid) && *pid != Pid::this().as_raw() && getpgid(Some(Pid::from_raw(*pid))) == Ok(group)
        };
        let is_within = |pid: &libc::pid_t| super::with_ancestors(*pid).any(|ancestor| is_one(ancestor.pid));
        let (within, around) = all.into_iter().filter(is_other).partition(is_within);
        let ended = ancestors.iter().rev().filter(|(_, effect)| *effect == KeyEffect::Ends);
        let ended: Vec<_> = ended.map(|(script, _)| script.pid).collect();
        // The nearest one is a script, too.
        let is_spared = ancestors.first().is_some_and(|(_, effect)| *effect == KeyEffect::Spares);
        Others { group: group.as_raw(), around, within, scripts: ended.len() + usize::from(is_spared), ended }
    }

    /// Sends a signal to each. Async-signal-safe.
    fn signal(&self, pids: &[libc::pid_t], signal: libc::c_int) {
        for &pid in pids.iter().filter(|pid| self.has(**pid)) {
            // SAFETY: async-signal-safe.
            unsafe { libc::kill(pid, signal) };
        }
    }

    /// Whether this is still one of them: an id may be used again. Async-signal-safe.
    fn has(&self, pid: libc::pid_t) -> bool {
        // SAFETY: async-signal-safe.
        unsafe { libc::getpgid(pid) == self.group }
    }
}

/// A foreground that this process does not share with its parent. Dropping it goes back to the group from before.
pub struct OwnForeground {
    suspend_action: SigAction,
    _terminal: File,
    /// The keeper waits for its other end to close.
    _keeper: Option<OwnedFd>,
    /// Dropped after nothing refers to it any more.
    _others: Box<Others>,
}

impl OwnForeground {
    /// Takes the foreground, if `find` does not return `None`, but the ancestors that must not get the signal of the key that
    /// interrupts this process, parent first. `None` also if this process has a group of its own already, shares a
    /// background, or has no terminal.
    pub fn take(find: impl FnOnce() -> Option<Vec<(Ancestor, KeyEffect)>>) -> Option<Self> {
        let before = getpgrp();
        if before == Pid::this() || GROUP_BEFORE.load(SeqCst) != 0 {
            return None;
        }
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        // In raw mode, another program of the group reads each key, and would be stopped.
        let is_raw = |settings: libc::termios| settings.c_lflag & libc::ICANON == 0;
        let is_in_use = settings::current(terminal.as_raw_fd()).is_none_or(is_raw);
        if tcgetpgrp(&terminal) != Ok(before) || is_in_use {
            return None;
        }
        let ancestors = find()?;
        let others = Box::new(Others::of(before, &ancestors));
        signals::install();
        // A shell notices that its own job is stopped, but not that this group is.
        let can_suspend = !ancestors.is_empty() && !signals::was_suspend_ignored() && can_be_stopped();
        let handler = if can_suspend { SigHandler::Handler(on_suspend_key) } else { SigHandler::SigIgn };
        let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::all());
        // SAFETY: ignoring a signal runs no code, and the handler is async-signal-safe.
        let suspend_action = unsafe { sigaction(Signal::SIGTSTP, &action) }.ok()?;
        // A signal in between would leave the foreground with a group that has no process. With all signals blocked,
        // SIGTTOU does not stop a process that changes the foreground from the background.
        let keeper = without_signals(|_| {
            let settings = SavedSettings { before: settings::current(terminal.as_raw_fd())?, ours: None };
            let keeper = terminal_keeper::start(terminal.as_raw_fd(), &settings, Some(before), |keeper| {
                KEEPER.store(keeper, SeqCst);
            });
            TERMINAL.store(terminal.as_raw_fd(), SeqCst);
            GROUP_BEFORE.store(before.as_raw(), SeqCst);
            let own = Pid::this();
            let is_taken = setpgid(own, own).is_ok() && tcsetpgrp(&terminal, own).is_ok();
            if let (true, Some(keeper)) = (is_taken, &keeper) {
                terminal_keeper::tell_group(keeper.as_raw_fd(), own.as_raw());
            }
            if !is_taken {
                give_back();
                return None;
            }
            OTHERS.store(ptr::from_ref(&*others).cast_mut(), SeqCst);
            CAN_SUSPEND.store(can_suspend, SeqCst);
            Some(keeper)
        });
        let Some(keeper) = keeper else {
            // SAFETY: restores the previous action.
            let _ = unsafe { sigaction(Signal::SIGTSTP, &suspend_action) };
            return None;
        };
        Some(OwnForeground { suspend_action, _terminal: terminal, _keeper: keeper, _others: others })
    }
}

impl Drop for OwnForeground {
    fn drop(&mut self) {
        without_signals(|_| {
            CAN_SUSPEND.store(false, SeqCst);
            OTHERS.store(ptr::null_mut(), SeqCst);
            give_back();
        });
        // SAFETY: restores the previous action.
        let _ = unsafe { sigaction(Signal::SIGTSTP, &self.suspend_action) };
    }
}

/// Whether a shell waits for this process's group, so that it can be continued: the system stops no other group.
fn can_be_stopped() -> bool {
    let outside = super::ancestors().find(|ancestor| !ancestor.shares_group());
    outside.is_some_and(|ancestor| getsid(Some(Pid::from_raw(ancestor.pid))) == getsid(None))
}

/// The group that gets the foreground if this process is killed: the one from before, or its own.
pub(super) fn group_after_death() -> Pid {
    match GROUP_BEFORE.load(SeqCst) {
        0 => getpgrp(),
        group => Pid::from_raw(group),
    }
}

/// A key has interrupted this process. Async-signal-safe.
pub(super) fn key_interrupts() {
    IS_KEY.store(true, SeqCst);
}

/// If a key has interrupted this process, does to the others of its group what it did not do to them, and waits for the end of
/// PowerShell: if it noticed the end of a program before its own, it could leave the terminal in raw mode.
/// Async-signal-safe.
pub(super) fn interrupt_others(signal: libc::c_int) {
    // SAFETY: the pointer is null, or what it points to exists.
    let others = unsafe { OTHERS.swap(ptr::null_mut(), SeqCst).as_ref() };
    let Some(others) = others.filter(|_| IS_KEY.load(SeqCst)) else { return };
    others.signal(&others.around, signal);
    for &script in &others.ended {
        // SAFETY: async-signal-safe.
        unsafe {
            let is_parent = libc::getppid() == script;
            for look in 0..END_MS / LOOK_MS {
                // A parent that has exited is no parent any more; of others, somebody must take notice.
                if !others.has(script) || is_parent && libc::getppid() != script {
                    break;
                }
                if look == 0 {
                    libc::kill(script, libc::SIGTERM);
                }
                libc::poll(ptr::null_mut(), 0, LOOK_MS);
            }
        }
    }
    others.signal(&others.within, signal);
}

/// Passes on that the terminal was closed: the system tells only the group that has the foreground. Async-signal-safe.
pub(super) fn hang_up() {
    signal_group(GROUP_BEFORE.load(SeqCst), libc::SIGHUP);
}

/// Goes back to the group from before, and gives it the foreground, unless another one has that by now. Does nothing
/// without [`OwnForeground`]. Async-signal-safe.
pub(super) fn give_back() {
    let group = GROUP_BEFORE.swap(0, SeqCst);
    if group == 0 {
        return;
    }
    go_back_to(group);
    // Whoever has read from the terminal meanwhile was stopped.
    signal_group(group, libc::SIGCONT);
    let keeper = KEEPER.swap(0, SeqCst);
    if keeper > 0 {
        settings::end_keeper(keeper);
    }
}

/// Sends a signal to this group. Async-signal-safe.
fn signal_group(group: libc::pid_t, signal: libc::c_int) {
    // That of the first process of a container is 1, and -1 stands for all processes.
    if group > 1 {
        // SAFETY: async-signal-safe.
        unsafe { libc::kill(-group, signal) };
    }
}

/// Goes to this group, and gives it the foreground that this process has. Async-signal-safe.
fn go_back_to(group: libc::pid_t) {
    let terminal = TERMINAL.load(SeqCst);
    // SAFETY: async-signal-safe; the terminal is open as long as there is a group to go back to.
    unsafe {
        if libc::tcgetpgrp(terminal) == libc::getpgrp() {
            libc::tcsetpgrp(terminal, group);
        }
        libc::setpgid(0, group);
    }
}

/// Whether Ctrl-Z stops this process.
pub(super) fn can_suspend() -> bool {
    CAN_SUSPEND.load(SeqCst) && !secret_screen::is_shown()
}

/// While this exists, Ctrl-Z waits: this process changes the terminal, or has a prompt that must let go of it first.
pub(super) struct SuspensionHold(());

impl SuspensionHold {
    pub(super) fn begin() -> Self {
        HOLDS_SUSPENSION.store(true, SeqCst);
        SuspensionHold(())
    }
}

impl Drop for SuspensionHold {
    fn drop(&mut self) {
        HOLDS_SUSPENSION.store(false, SeqCst);
        if is_suspension_held() {
            suspend();
        }
    }
}

/// Whether Ctrl-Z waits.
pub(super) fn is_suspension_held() -> bool {
    MUST_SUSPEND.load(SeqCst)
}

extern "C" fn on_suspend_key(_: libc::c_int) {
    if HOLDS_SUSPENSION.load(SeqCst) {
        MUST_SUSPEND.store(true, SeqCst);
        return;
    }
    let errno = Errno::last_raw();
    suspend();
    Errno::set_raw(errno);
}

/// Takes the foreground again, if a shell has continued the group in the background: stops it until it has the foreground.
pub(super) fn regain() {
    let group = GROUP_BEFORE.load(SeqCst);
    if group != 0 && getpgrp().as_raw() == group {
        suspend();
    }
}

/// Stops the group that had the foreground, with this process, as Ctrl-Z does without [`OwnForeground`]. If that group has
/// the foreground once it is continued, this process takes it again. Async-signal-safe.
pub(super) fn suspend() {
    MUST_SUSPEND.store(false, SeqCst);
    let group = GROUP_BEFORE.load(SeqCst);
    if group == 0 || !can_suspend() {
        return;
    }
    settings::restore_silently();
    let terminal = TERMINAL.load(SeqCst);
    // SAFETY: async-signal-safe calls with initialized arguments. With all other signals blocked, SIGTTOU does not stop a
    // process that changes the foreground from the background.
    unsafe {
        let (mut all, mut key): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigemptyset(&raw mut key);
        libc::sigaddset(&raw mut key, libc::SIGTSTP);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut old);
        if libc::tcgetpgrp(terminal) != group {
            go_back_to(group);
            let before = set_action(libc::SIGTSTP, libc::SIG_DFL);
            signal_group(group, libc::SIGTSTP);
            // This process stops here.
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const key, ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const key, ptr::null_mut());
            libc::sigaction(libc::SIGTSTP, &raw const before, ptr::null_mut());
            if libc::tcgetpgrp(terminal) == group {
                wait_for_settings(terminal);
            }
            // If PowerShell was continued in the background, that has sent the signal to its group.
            let before = set_action(libc::SIGTTOU, libc::SIG_IGN);
            libc::sigaction(libc::SIGTTOU, &raw const before, ptr::null_mut());
        }
        if libc::tcgetpgrp(terminal) == group && libc::setpgid(0, 0) == 0 {
            libc::tcsetpgrp(terminal, libc::getpid());
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut());
    }
}

/// Waits until PowerShell, which was continued in the foreground, has set the terminal as it was: in the background, that
/// could stop it. Until then, the settings have a mark. Async-signal-safe.
fn wait_for_settings(terminal: libc::c_int) {
    // SAFETY: the pointer is null, or what it points to exists.
    let scripts = unsafe { OTHERS.load(SeqCst).as_ref() }.map_or(0, |others| others.scripts);
    for _ in 0..scripts {
        let Some(before) = settings::current(terminal) else { return };
        let mut marked = before;
        marked.c_cc[MARK] = before.c_cc[MARK].wrapping_add(1);
        let is_marked = || settings::current(terminal).is_some_and(|now| now.c_cc[MARK] != before.c_cc[MARK]);
        // SAFETY: async-signal-safe calls with initialized arguments.
        unsafe {
            libc::tcsetattr(terminal, libc::TCSANOW, &raw const marked);
            for _ in 0..CONTINUE_MS / LOOK_MS {
                if !is_marked() {
                    break;
                }
                libc::poll(ptr::null_mut(), 0, LOOK_MS);
            }
            if is_marked() {
                libc::tcsetattr(terminal, libc::TCSANOW, &raw const before);
            }
        }
    }
}

/// Sets the action of a signal, and returns the previous one. Async-signal-safe.
///
/// # Safety
/// The action runs no code.
unsafe fn set_action(signal: libc::c_int, action: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: async-signal-safe calls with initialized arguments.
    unsafe {
        let (mut new, mut before): (libc::sigaction, libc::sigaction) = (std::mem::zeroed(), std::mem::zeroed());
        new.sa_sigaction = action;
        libc::sigaction(signal, &raw const new, &raw mut before);
        before
    }
}

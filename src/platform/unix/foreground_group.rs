//! The group that had the foreground before this process took it for itself: how it gets it back, and what a key does to
//! its processes. Accessible to a signal handler.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::super::KeyEffect;
use super::{Ancestor, process, settings};
use nix::libc;
use nix::unistd::{Pid, getpgid, getpgrp};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering::SeqCst};

/// The group that had the foreground, and gets it back; 0 for none.
static GROUP_BEFORE: AtomicI32 = AtomicI32::new(0);
/// The terminal. It is open while there is such a group.
static TERMINAL: AtomicI32 = AtomicI32::new(-1);
/// The process that gives it back if this one is killed; 0 for none.
static KEEPER: AtomicI32 = AtomicI32::new(0);
/// The other processes of that group; null for none. They exist while this process has a foreground of its own.
static OTHERS: AtomicPtr<Others> = AtomicPtr::new(ptr::null_mut());
/// Whether a key has interrupted this process.
static IS_KEY: AtomicBool = AtomicBool::new(false);

/// How long PowerShell may take to end, and the time between two looks at whether it has, in milliseconds.
const END_MS: libc::c_int = 2_000;
const LOOK_MS: libc::c_int = 2;

/// The processes that had the foreground together with this process.
pub(super) struct Others {
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
    pub(super) fn of(group: Pid, ancestors: &[(Ancestor, KeyEffect)]) -> Self {
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

/// This process is about to leave this group, which has the foreground of this terminal.
pub(super) fn leave(group: Pid, terminal: libc::c_int) {
    TERMINAL.store(terminal, SeqCst);
    GROUP_BEFORE.store(group.as_raw(), SeqCst);
}

/// The keeper ends when the group gets the foreground back.
pub(super) fn set_keeper(keeper: libc::pid_t) {
    KEEPER.store(keeper, SeqCst);
}

/// The group that gets the foreground if this process is killed: the one from before, or its own.
pub(super) fn group_after_death() -> Pid {
    match GROUP_BEFORE.load(SeqCst) {
        0 => getpgrp(),
        group => Pid::from_raw(group),
    }
}

/// Passes on that the terminal was closed: the system tells only the group that has the foreground. Async-signal-safe.
pub(super) fn hang_up() {
    signal_group(GROUP_BEFORE.load(SeqCst), libc::SIGHUP);
}

/// Goes back to the group from before, and gives it the foreground, unless another one has that by now. Does nothing
/// without such a group. Async-signal-safe.
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

/// That group, and the terminal; `None` while this process shares its foreground. Async-signal-safe.
pub(super) fn group_before() -> Option<(libc::pid_t, libc::c_int)> {
    let group = GROUP_BEFORE.load(SeqCst);
    (group != 0).then(|| (group, TERMINAL.load(SeqCst)))
}

/// Sends a signal to this group. Async-signal-safe.
pub(super) fn signal_group(group: libc::pid_t, signal: libc::c_int) {
    // That of the first process of a container is 1, and -1 stands for all processes.
    if group > 1 {
        // SAFETY: async-signal-safe.
        unsafe { libc::kill(-group, signal) };
    }
}

/// Goes to this group, and gives it the foreground that this process has. Async-signal-safe.
pub(super) fn go_back_to(group: libc::pid_t) {
    let terminal = TERMINAL.load(SeqCst);
    // SAFETY: async-signal-safe; the terminal is open as long as there is a group to go back to.
    unsafe {
        if libc::tcgetpgrp(terminal) == libc::getpgrp() {
            libc::tcsetpgrp(terminal, group);
        }
        libc::setpgid(0, group);
    }
}

/// From now on, these are the others, which must exist until they are replaced.
pub(super) fn set_others(others: Option<&Others>) {
    OTHERS.store(others.map_or(ptr::null_mut(), |others| ptr::from_ref(others).cast_mut()), SeqCst);
}

/// How many of them are PowerShell with a script. Async-signal-safe.
pub(super) fn scripts() -> usize {
    // SAFETY: the pointer is null, or what it points to exists.
    unsafe { OTHERS.load(SeqCst).as_ref() }.map_or(0, |others| others.scripts)
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
                // A parent that has exited is not the parent any more; the others must be reaped first.
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

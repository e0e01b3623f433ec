//! A command that runs while this process does something for it. Both are in the same process group, so the keys of the
//! terminal reach both of them, and a shell stops and continues both.

#![allow(unsafe_code, reason = "what happens between fork and exec, and waiting without the status, have no safe API")]

use super::{process, signals};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

/// A command that is running. Signals that are sent to this process are passed on to it.
pub struct Companion(Child);

impl Companion {
    /// Starts it.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        signals::install();
        // A signal in between would end this process, but not the command.
        signals::without_signals(|_| {
            let prepare = || {
                signals::reset();
                process::restore_core_limit();
                Ok(())
            };
            // SAFETY: it makes only async-signal-safe calls.
            let child = unsafe { command.pre_exec(prepare) }.spawn()?;
            signals::pass_on_to(Pid::from_raw(child.id().cast_signed()));
            Ok(Companion(child))
        })
    }

    /// Waits until it exits.
    ///
    /// # Errors
    /// Its status cannot be determined.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        wait_without_status(self.0.id());
        signals::command_has_exited();
        self.0.wait()
    }
}

/// Waits until a child exits. Its id belongs to it only as long as nobody has asked for its status.
pub(super) fn wait_without_status(child: libc::id_t) {
    // SAFETY: the structure is valid if it is zeroed, and nothing in it is read.
    unsafe {
        let mut information: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOWAIT;
        while libc::waitid(libc::P_PID, child, &raw mut information, flags) < 0 && Errno::last() == Errno::EINTR {}
    }
}

/// Whether a child has exited. Nobody may have asked for its status.
pub(super) fn has_exited(child: libc::id_t) -> bool {
    // SAFETY: the structure is valid if it is zeroed, and `si_pid` stays 0 if the child has not exited.
    unsafe {
        let mut information: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
        libc::waitid(libc::P_PID, child, &raw mut information, flags) == 0 && information.si_pid() != 0
    }
}

/// The exit status for the caller of this process. If a signal ended the command, it ends this process too, so that a
/// shell stops its script after Ctrl-C.
pub fn exit_status_of(status: ExitStatus) -> i32 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => signals::end_by(signal),
        (None, None) => 1,
    }
}

/// Lets a command go on when this process has exited, and when Ctrl-C ends it.
pub fn detach(command: &mut Command) {
    command.process_group(0);
}

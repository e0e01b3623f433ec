//! A command that may use the terminal: in a process group of its own, which has the foreground while it runs and is
//! ended as a whole. A part of it that outlived it could read the code that is typed at the prompt.

#![allow(unsafe_code, reason = "giving away the foreground in the child has no safe API")]

use super::settings::{self, SavedSettings};
use super::signals::{install, without_signals};
use super::terminal_keeper;
use super::{foreground_group, job_group};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::tcgetattr;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long the group may take to end before it is killed.
const TERM_GRACE: Duration = Duration::from_millis(500);
/// How long to wait for the end of a group that was killed; longer if the system does not end it.
const KILL_WAIT: Duration = Duration::from_secs(1);

/// A running command, with its process group. Dropping it ends the group and takes back the foreground.
pub struct Job {
    child: Child,
    group: Pid,
    terminal: Option<JobTerminal>,
}

/// A terminal whose foreground the job has.
struct JobTerminal {
    file: File,
    own_group: Pid,
    /// The keeper waits for its other end to close.
    keeper: Option<OwnedFd>,
}

/// From now on the settings are restored, and the foreground is given back, whatever happens to this process.
fn keep(terminal: &File) -> Option<OwnedFd> {
    let settings = SavedSettings { before: tcgetattr(terminal).ok()?.into(), ours: None };
    settings::save(terminal.as_raw_fd(), &settings);
    let group_after = foreground_group::group_after_death();
    terminal_keeper::start(terminal.as_raw_fd(), &settings, Some(group_after), settings::set_keeper)
}

/// Takes back the foreground, and restores the settings.
fn take_back(terminal: Option<&JobTerminal>) {
    if let Some(JobTerminal { file, own_group, .. }) = terminal {
        if tcgetpgrp(file) != Ok(*own_group) {
            let _ = tcsetpgrp(file, *own_group);
        }
        settings::restore_silently();
    }
}

impl Job {
    /// Starts the command. It gets the foreground if this process has it.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start(mut command: Command) -> std::io::Result<Job> {
        let own_group = getpgrp();
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok();
        let terminal = terminal.filter(|terminal| tcgetpgrp(terminal) == Ok(own_group));
        let fd = terminal.as_ref().map(AsRawFd::as_raw_fd);
        command.process_group(0);
        job_group::become_subreaper(true);
        install();
        // A signal in between would leave a job that nothing ends.
        without_signals(|old| {
            // Before the command, which may change the settings, or see this process killed, as soon as it runs.
            let terminal = terminal.map(|file| JobTerminal { keeper: keep(&file), file, own_group });
            let keeper = terminal.as_ref().and_then(|terminal| terminal.keeper.as_ref()).map(AsRawFd::as_raw_fd);
            let prepare = move || {
                // SAFETY: async-signal-safe calls with initialized arguments. With all signals blocked, SIGTTOU does not
                // stop a process that changes the foreground from the background.
                unsafe {
                    let group = libc::getpid();
                    if let Some(keeper) = keeper {
                        terminal_keeper::tell_group(keeper, group);
                    }
                    if let Some(fd) = fd {
                        libc::tcsetpgrp(fd, group);
                    }
                    // Ctrl-Z would stop this group alone, which nothing continues.
                    libc::signal(libc::SIGTSTP, libc::SIG_IGN);
                    libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, std::ptr::null_mut());
                }
                Ok(())
            };
            // SAFETY: it makes only async-signal-safe calls.
            let child = unsafe { command.pre_exec(prepare) }.spawn();
            let child = child.inspect_err(|_| take_back(terminal.as_ref()))?;
            let group = Pid::from_raw(child.id().cast_signed());
            let foreground = terminal.as_ref().map(|terminal| (terminal.file.as_raw_fd(), own_group));
            job_group::set(group, foreground);
            Ok(Job { child, group, terminal })
        })
    }

    /// The command's stdout, if it is piped and was not taken before.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// The status of the command, if it has exited.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends the job. If Ctrl-C or Ctrl-\ ended the command, which had the foreground, passes the signal on to this
    /// process and its group, as if they had had it.
    pub fn end(mut self) {
        let status = self.child.try_wait().ok().flatten();
        let own_group = self.terminal.as_ref().map(|terminal| terminal.own_group);
        drop(self);
        let keys = [Signal::SIGINT, Signal::SIGQUIT];
        let is_end = |signal: &Signal, status: ExitStatus| {
            let number = *signal as i32;
            status.signal() == Some(number) || status.code() == Some(128 + number)
        };
        if let (Some(status), Some(own_group)) = (status, own_group)
            && let Some(signal) = keys.into_iter().find(|signal| is_end(signal, status))
        {
            let _ = killpg(own_group, signal);
        }
    }

    /// Waits until no process of the group is left.
    fn wait_for_group(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let has_exited = self.try_wait().is_some();
            // Processes whose parent has exited; they are this process's own children by now.
            while has_exited
                && waitpid(Pid::from_raw(-self.group.as_raw()), Some(WaitPidFlag::WNOHANG))
                    .is_ok_and(|status| status != WaitStatus::StillAlive)
            {}
            if has_exited && killpg(self.group, None) == Err(Errno::ESRCH) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.wait_for_group(Duration::ZERO) {
            let _ = killpg(self.group, Signal::SIGTERM);
            // A stopped process does not end.
            let _ = killpg(self.group, Signal::SIGCONT);
            if !self.wait_for_group(TERM_GRACE) {
                let _ = killpg(self.group, Signal::SIGKILL);
                self.wait_for_group(KILL_WAIT);
            }
        }
        job_group::become_subreaper(false);
        without_signals(|_| {
            take_back(self.terminal.as_ref());
            job_group::clear();
        });
    }
}

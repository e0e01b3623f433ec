//! Commands that run at the same time. Each has a session of its own, without a terminal: one that asks for something
//! there fails at once instead of waiting behind the others. The session can be stopped and ended as a whole.

#![allow(unsafe_code, reason = "what happens between fork and exec has no safe API")]

use super::super::command_output::{Found, OutputPipe, READ_SIZE, read_until_end};
use super::companion::{has_exited, wait_without_status};
use super::{parallel_suspension, process, signals};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgid, getsid};
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the commands may take to end before they are killed.
const TERM_GRACE: Duration = Duration::from_secs(5);
/// How long to wait for the end of commands that were killed; longer if the system does not end them.
const KILL_WAIT: Duration = Duration::from_secs(1);
/// How long the output of ended commands may take to be written: a terminal or a pipe may not accept it.
const LAST_OUTPUT_WAIT: Duration = Duration::from_secs(1);
/// How long to wait between two looks at whether they have ended, in milliseconds.
const LOOK_MS: u16 = 5;

/// How many processors this process may run on, at least one. With the standard library's function, which needs a symbol
/// that nothing else does, every start of the program took 1.4 % more instructions.
pub fn processors() -> usize {
    // SAFETY: it takes a number and returns one. nix knows this number on Linux only.
    let count = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    usize::try_from(count).unwrap_or(1).max(1)
}

/// The commands that are running.
pub struct ParallelCommands(Arc<Mutex<Groups>>);

/// One of them.
pub struct ParallelCommand {
    child: Child,
    groups: Arc<Mutex<Groups>>,
}

#[derive(Default)]
struct Groups {
    /// The process groups of commands whose status nobody has asked for, so that their ids belong to them. When they are
    /// being ended, also the other groups of their sessions.
    running: Vec<Pid>,
    is_ending: bool,
}

fn lock(groups: &Mutex<Groups>) -> MutexGuard<'_, Groups> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ParallelCommands {
    /// From now on, the first fatal signal ends the commands, calls `on_end` with its number, and then ends this process;
    /// a second one kills the commands. Ctrl-Z stops them with this process. Only once.
    ///
    /// # Errors
    /// The process has no file descriptors or threads left.
    pub fn new(on_end: impl FnOnce(i32) + Send + 'static) -> io::Result<Self> {
        let groups = Arc::<Mutex<Groups>>::default();
        let (reader, writer) = io::pipe()?;
        let shared = groups.clone();
        let suspensions = writer.try_clone()?;
        signals::spawn_thread("signals", move || follow_signals(reader, &shared, on_end))?;
        signals::write_first_to(writer);
        parallel_suspension::write_to(suspensions);
        Ok(ParallelCommands(groups))
    }

    /// Starts a command.
    ///
    /// # Errors
    /// The command cannot be started; [`ErrorKind::Interrupted`] if the commands are being ended.
    pub fn start(&self, mut command: Command) -> io::Result<ParallelCommand> {
        let mut groups = lock(&self.0);
        if groups.is_ending {
            return Err(ErrorKind::Interrupted.into());
        }
        // A signal must not meet this process's handler in the child.
        let child = signals::without_signals(|_| {
            let prepare = || {
                // SAFETY: async-signal-safe; the process leads no group, so this succeeds.
                unsafe { libc::setsid() };
                parallel_suspension::reset();
                signals::reset();
                process::restore_core_limit();
                Ok(())
            };
            // SAFETY: it makes only async-signal-safe calls.
            unsafe { command.pre_exec(prepare) }.spawn()
        })?;
        groups.running.push(group_of(&child));
        Ok(ParallelCommand { child, groups: self.0.clone() })
    }

    /// Ends the commands with everything that they have started and that has stayed in their sessions. Does not return if a
    /// signal is ending them, and then this process: a terminal that was closed cannot be written any more, either.
    pub fn end(&self) {
        end(&self.0, None);
        if signals::written().is_some() {
            signals::wait_forever();
        }
    }
}

impl ParallelCommand {
    /// Passes on what is written to its stdout and stderr until it has exited and nobody can write to them any more, or
    /// `pass_on` returns `false`. Something that it leaves running is not waited for; then the result is `true`.
    pub fn read_output(&mut self, mut pass_on: impl FnMut(OutputPipe, &[u8]) -> bool) -> bool {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let stdout = stdout.map(|pipe| (OutputPipe::Stdout, File::from(OwnedFd::from(pipe))));
        let stderr = stderr.map(|pipe| (OutputPipe::Stderr, File::from(OwnedFd::from(pipe))));
        let mut pipes: Vec<(OutputPipe, File)> = stdout.into_iter().chain(stderr).collect();
        let mut buffer = vec![0; READ_SIZE];
        let read = |limit| read_ready(&mut pipes, limit, &mut buffer, &mut pass_on);
        read_until_end(read, || has_exited(self.child.id()))
    }

    /// Waits until it exits.
    ///
    /// # Errors
    /// Its status cannot be determined; [`ErrorKind::Interrupted`] if the commands are being ended.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        wait_without_status(self.child.id());
        let mut groups = lock(&self.groups);
        if groups.is_ending {
            return Err(ErrorKind::Interrupted.into());
        }
        let group = group_of(&self.child);
        groups.running.retain(|running| *running != group);
        self.child.wait()
    }
}

/// Reads once from each pipe to which something is written within the time, and removes those that have ended.
fn read_ready(
    pipes: &mut Vec<(OutputPipe, File)>,
    limit: Duration,
    buffer: &mut [u8],
    pass_on: &mut impl FnMut(OutputPipe, &[u8]) -> bool,
) -> Found {
    let mut files: Vec<PollFd<'_>> =
        pipes.iter().map(|(_, pipe)| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)).collect();
    let is_ready =
        poll(&mut files, PollTimeout::try_from(limit).unwrap_or(PollTimeout::ZERO)).is_ok_and(|ready| ready > 0);
    let ready: Vec<bool> = files.iter().map(|file| is_ready && file.any().unwrap_or_default()).collect();
    let mut total = 0;
    let mut ready = ready.into_iter();
    let mut is_wanted = true;
    pipes.retain_mut(|(output, pipe)| {
        if !ready.next().unwrap_or_default() || !is_wanted {
            return true;
        }
        let count = pipe.read(buffer).unwrap_or_default();
        total += count;
        is_wanted = count == 0 || pass_on(*output, &buffer[..count]);
        count > 0
    });
    match (is_ready, pipes.is_empty() || !is_wanted) {
        (_, true) => Found::End,
        (true, _) => Found::Bytes(total),
        (false, _) => Found::Nothing,
    }
}

/// Every command leads its group.
fn group_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Stops the commands with this process at each Ctrl-Z. At a fatal signal, ends the commands, and then this process by the
/// same signal.
fn follow_signals(mut signals: PipeReader, groups: &Mutex<Groups>, on_end: impl FnOnce(i32) + Send + 'static) {
    let signal = loop {
        let mut signal = [0];
        if signals.read_exact(&mut signal).is_err() {
            return;
        }
        match signal[0].into() {
            libc::SIGTSTP => stop(groups),
            fatal => break fatal,
        }
    };
    let next = io::pipe().ok().map(|(reader, writer)| {
        signals::write_first_to(writer);
        reader
    });
    end(groups, next.as_ref());
    // What it does may wait for somebody who reads the output.
    let _ = signals::spawn_thread("last output", move || on_end(signal));
    std::thread::sleep(LAST_OUTPUT_WAIT);
    signals::die_of(signal)
}

/// Stops all groups and this process, until somebody continues it. No other command is started meanwhile.
fn stop(groups: &Mutex<Groups>) {
    let groups = lock(groups);
    let mut all = Vec::new();
    loop {
        let found = groups_of_sessions(&groups.running);
        let count = all.len();
        for group in found {
            if !all.contains(&group) {
                // The system does not let Ctrl-Z's own signal stop a session that no shell belongs to.
                let _ = killpg(group, Signal::SIGSTOP);
                all.push(group);
            }
        }
        // A process may have left for a group of its own before its signal came. One that is stopped makes no other.
        if all.len() == count {
            break;
        }
    }
    parallel_suspension::stop_this_process();
    for group in &all {
        let _ = killpg(*group, Signal::SIGCONT);
    }
}

/// These groups, and the others in the sessions that they lead: `timeout` makes one, and so does a shell with job control.
fn groups_of_sessions(leaders: &[Pid]) -> Vec<Pid> {
    let mut all = leaders.to_vec();
    for process in process::ids().into_iter().map(Pid::from_raw) {
        let is_inside = getsid(Some(process)).is_ok_and(|session| leaders.contains(&session));
        match getpgid(Some(process)) {
            Ok(group) if is_inside && !all.contains(&group) => all.push(group),
            _ => {}
        }
    }
    all
}

/// Ends all groups: with SIGTERM, and after some time, or if a signal is written to `hurry`, with SIGKILL.
fn end(groups: &Mutex<Groups>, hurry: Option<&PipeReader>) {
    let send = |signal| {
        let mut groups = lock(groups);
        groups.is_ending = true;
        groups.running = groups_of_sessions(&groups.running);
        for group in &groups.running {
            let _ = killpg(*group, signal);
            // A stopped process does not end.
            let _ = killpg(*group, Signal::SIGCONT);
        }
    };
    send(Signal::SIGTERM);
    if !wait_for_end(groups, TERM_GRACE, hurry) {
        send(Signal::SIGKILL);
        wait_for_end(groups, KILL_WAIT, None);
    }
}

/// Waits until no process of the groups is left; `false` if that takes too long, or if something is written to `hurry`.
fn wait_for_end(groups: &Mutex<Groups>, limit: Duration, hurry: Option<&PipeReader>) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        let mut groups = lock(groups);
        groups.running.retain(|group| !is_gone(*group));
        if groups.running.is_empty() {
            return true;
        }
        drop(groups);
        let mut files: Vec<PollFd<'_>> =
            hurry.iter().map(|hurry| PollFd::new(hurry.as_fd(), PollFlags::POLLIN)).collect();
        let is_hurried = poll(&mut files, PollTimeout::from(LOOK_MS)).is_ok_and(|ready| ready > 0);
        if is_hurried || Instant::now() >= deadline {
            return false;
        }
    }
}

/// Whether no process of a group is left. Those that have exited are waited for here, if they are children of this
/// process.
fn is_gone(group: Pid) -> bool {
    let all = Pid::from_raw(-group.as_raw());
    while waitpid(all, Some(WaitPidFlag::WNOHANG)).is_ok_and(|status| status != WaitStatus::StillAlive) {}
    killpg(group, None) == Err(Errno::ESRCH)
}

/// Whether a command could not be started because of a limit, which the end of another one may change.
pub fn is_exhausted(e: &io::Error) -> bool {
    matches!(e.raw_os_error().map(Errno::from_raw), Some(Errno::EAGAIN | Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM))
}

/// The number and the name of the signal that ended a command.
pub fn ending_signal(status: ExitStatus) -> Option<(i32, String)> {
    let number = status.signal()?;
    let name = Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |signal| signal.to_string());
    Some((number, name))
}

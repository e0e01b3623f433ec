//! Commands that run at the same time, in a job: a group of processes that can be ended as a whole, with everything that
//! they have started. It ends with this process, however that ends.

use super::super::command_output::{Found, OutputPipe, READ_SIZE, read_until_end};
use super::{INTERRUPTED, die, on_console_event, spawn_thread};
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{CloseHandle, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, OpenThread, ResumeThread, THREAD_SUSPEND_RESUME,
};

/// How long the commands may take to end before they are killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long the output of ended commands may take to be written: a pipe may not accept it.
const LAST_OUTPUT_WAIT: Duration = Duration::from_secs(1);
/// How often to look whether a command has exited. Nothing can end a command that another thread waits for.
const LOOK: Duration = Duration::from_millis(10);
/// SIGINT, the number that `on_end` gets.
const INTERRUPT: i32 = 2;

/// Where the handler of console events reports them, while commands run.
static EVENTS: Mutex<Option<Sender<()>>> = Mutex::new(None);

/// The commands that are running.
pub struct ParallelCommands(Arc<Job>);

/// One of them.
pub struct ParallelCommand {
    child: Child,
    job: Arc<Job>,
}

struct Job {
    handle: OwnedHandle,
    commands: Mutex<Commands>,
}

#[derive(Default)]
struct Commands {
    /// The process groups of those that nobody has waited for, so that their ids belong to them.
    running: Vec<u32>,
    is_ending: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports Ctrl-C, Ctrl-Break or the closed window, if commands run. Does not return for a closed window, after which
/// Windows ends the process.
pub(super) fn report_event(event: u32) -> bool {
    let is_reported = lock(&EVENTS).as_ref().is_some_and(|events| events.send(()).is_ok());
    while is_reported && event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT {
        std::thread::sleep(GRACE);
    }
    is_reported
}

impl ParallelCommands {
    /// From now on, the first Ctrl-C ends the commands, calls `on_end` with the number of SIGINT, and then ends this
    /// process; a second one kills the commands. Only once.
    ///
    /// # Errors
    /// The process has no handles or threads left.
    pub fn new(on_end: impl FnOnce(i32) + Send + 'static) -> Result<Self> {
        let job = Arc::new(Job::new()?);
        let (events, received) = channel();
        let shared = job.clone();
        spawn_thread("console events", move || end_on_event(&received, &shared, on_end))?;
        *lock(&EVENTS) = Some(events);
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
        Ok(ParallelCommands(job))
    }

    /// Starts a command.
    ///
    /// # Errors
    /// The command cannot be started; [`ErrorKind::Interrupted`] if the commands are being ended.
    pub fn start(&self, mut command: Command) -> Result<ParallelCommand> {
        let mut commands = lock(&self.0.commands);
        if commands.is_ending {
            return Err(ErrorKind::Interrupted.into());
        }
        // In a group of its own it gets no Ctrl-C, which would end it before this process knows. What it starts before it
        // is in the job would not be.
        let mut child = command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_SUSPENDED).spawn()?;
        if let Err(e) = self.0.add(&child).and_then(|()| resume(child.id())) {
            let _ = child.kill();
            return Err(e);
        }
        commands.running.push(child.id());
        Ok(ParallelCommand { child, job: self.0.clone() })
    }

    /// Ends the commands with everything that they have started.
    pub fn end(&self) {
        lock(&self.0.commands).is_ending = true;
        self.0.kill();
    }
}

impl Drop for ParallelCommands {
    /// What the commands have left running may outlive this process, as it may without a job.
    fn drop(&mut self) {
        *lock(&EVENTS) = None;
        let _ = self.0.set_limits(0);
    }
}

impl ParallelCommand {
    /// Passes on what is written to its stdout and stderr until it has exited and nobody can write to them any more, or
    /// `pass_on` returns `false`. Something that it leaves running is not waited for; then the result is `true`.
    pub fn read_output(&mut self, mut pass_on: impl FnMut(OutputPipe, &[u8]) -> bool) -> bool {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let stdout = stdout.map(|pipe| (OutputPipe::Stdout, File::from(OwnedHandle::from(pipe))));
        let stderr = stderr.map(|pipe| (OutputPipe::Stderr, File::from(OwnedHandle::from(pipe))));
        let mut pipes: Vec<(OutputPipe, File)> = stdout.into_iter().chain(stderr).collect();
        let mut buffer = vec![0; READ_SIZE];
        let read = |limit| read_ready(&mut pipes, limit, &mut buffer, &mut pass_on);
        read_until_end(read, || !matches!(self.child.try_wait(), Ok(None)))
    }

    /// Waits until it exits.
    ///
    /// # Errors
    /// Its status cannot be determined; [`ErrorKind::Interrupted`] if the commands are being ended.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait()?;
        let mut commands = lock(&self.job.commands);
        // While `child` is there, its id belongs to it.
        commands.running.retain(|group| *group != self.child.id());
        if commands.is_ending { Err(ErrorKind::Interrupted.into()) } else { Ok(status) }
    }
}

/// Reads once from each pipe to which something is written within the time, and removes those that have ended.
fn read_ready(
    pipes: &mut Vec<(OutputPipe, File)>,
    limit: Duration,
    buffer: &mut [u8],
    pass_on: &mut impl FnMut(OutputPipe, &[u8]) -> bool,
) -> Found {
    let deadline = Instant::now() + limit;
    loop {
        let (mut total, mut is_wanted) = (0, true);
        pipes.retain_mut(|(output, pipe)| {
            if !is_wanted || is_waiting(pipe) {
                return true;
            }
            let count = pipe.read(buffer).unwrap_or_default();
            total += count;
            is_wanted = count == 0 || pass_on(*output, &buffer[..count]);
            count > 0
        });
        if pipes.is_empty() || !is_wanted {
            return Found::End;
        }
        if total > 0 {
            return Found::Bytes(total);
        }
        if Instant::now() >= deadline {
            return Found::Nothing;
        }
        std::thread::sleep(LOOK);
    }
}

/// Whether a read would wait.
fn is_waiting(pipe: &File) -> bool {
    let mut available = 0;
    // SAFETY: the handle is open, and only the number of bytes is asked for.
    let is_open =
        unsafe { PeekNamedPipe(pipe.as_raw_handle(), null_mut(), 0, null_mut(), &raw mut available, null_mut()) != 0 };
    is_open && available == 0
}

impl Job {
    fn new() -> Result<Self> {
        // SAFETY: a job without a name and with the default access; the handle is checked and belongs to the job alone.
        let handle = unsafe {
            let handle = CreateJobObjectW(null(), null());
            if handle.is_null() {
                return Err(Error::last_os_error());
            }
            OwnedHandle::from_raw_handle(handle)
        };
        let job = Job { handle, commands: Mutex::default() };
        job.set_limits(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(job)
    }

    fn set_limits(&self, flags: u32) -> Result<()> {
        let size = u32::try_from(size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>()).unwrap_or(0);
        // SAFETY: the structure consists of numbers, and its size is passed with it.
        let is_set = unsafe {
            let mut limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION = std::mem::zeroed();
            limits.BasicLimitInformation.LimitFlags = flags;
            let (job, limits) = (self.handle.as_raw_handle(), (&raw const limits).cast());
            SetInformationJobObject(job, JobObjectExtendedLimitInformation, limits, size)
        };
        if is_set == 0 { Err(Error::last_os_error()) } else { Ok(()) }
    }

    fn add(&self, child: &Child) -> Result<()> {
        // SAFETY: both handles are open.
        let is_added = unsafe { AssignProcessToJobObject(self.handle.as_raw_handle(), child.as_raw_handle()) };
        if is_added == 0 { Err(Error::last_os_error()) } else { Ok(()) }
    }

    fn kill(&self) {
        // SAFETY: the handle is open.
        unsafe { TerminateJobObject(self.handle.as_raw_handle(), INTERRUPTED.into()) };
    }

    /// Whether no process is left.
    fn is_empty(&self) -> bool {
        let size = u32::try_from(size_of::<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION>()).unwrap_or(0);
        // SAFETY: the structure consists of numbers, and its size is passed with it.
        unsafe {
            let mut information: JOBOBJECT_BASIC_ACCOUNTING_INFORMATION = std::mem::zeroed();
            let (job, target) = (self.handle.as_raw_handle(), (&raw mut information).cast());
            let kind = JobObjectBasicAccountingInformation;
            let is_known = QueryInformationJobObject(job, kind, target, size, std::ptr::null_mut()) != 0;
            is_known && information.ActiveProcesses == 0
        }
    }
}

/// Waits for Ctrl-C, ends the commands, and then this process.
fn end_on_event(events: &Receiver<()>, job: &Job, on_end: impl FnOnce(i32) + Send + 'static) {
    if events.recv().is_err() {
        return;
    }
    {
        let mut commands = lock(&job.commands);
        commands.is_ending = true;
        for group in &commands.running {
            // SAFETY: it has no requirements. Ctrl-Break, because the first process of a group ignores Ctrl-C.
            unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, *group) };
        }
    }
    let deadline = Instant::now() + GRACE;
    while !job.is_empty() {
        let is_hurried = events.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout);
        if is_hurried || Instant::now() >= deadline {
            job.kill();
            break;
        }
    }
    // What it does may wait for somebody who reads the output.
    let _ = spawn_thread("last output", move || on_end(INTERRUPT));
    std::thread::sleep(LAST_OUTPUT_WAIT);
    die(INTERRUPTED)
}

/// Lets a process run that was started suspended. It has one thread, whose handle std does not tell.
fn resume(process: u32) -> Result<()> {
    // SAFETY: the entry holds its own size, and the handles are checked before use and closed.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        if snapshot == INVALID_HANDLE_VALUE {
            return Err(Error::last_os_error());
        }
        let mut entry: THREADENTRY32 = std::mem::zeroed();
        entry.dwSize = u32::try_from(size_of::<THREADENTRY32>()).unwrap_or(0);
        let mut more = Thread32First(snapshot, &raw mut entry) != 0;
        while more && entry.th32OwnerProcessID != process {
            more = Thread32Next(snapshot, &raw mut entry) != 0;
        }
        CloseHandle(snapshot);
        if !more {
            return Err(ErrorKind::NotFound.into());
        }
        let thread = OpenThread(THREAD_SUSPEND_RESUME, 0, entry.th32ThreadID);
        if thread.is_null() {
            return Err(Error::last_os_error());
        }
        let previous = ResumeThread(thread);
        let error = Error::last_os_error();
        CloseHandle(thread);
        if previous == u32::MAX { Err(error) } else { Ok(()) }
    }
}

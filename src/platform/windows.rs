//! Windows: the console, the process list, and directories without Unix permissions.

#![allow(unsafe_code, reason = "the process list and console events have no safe API")]

mod parallel;

pub use parallel::{ParallelCommand, ParallelCommands};

use super::{
    DirectoryError, INTERRUPTED_IN_FUNCTION, KeyEffect, MAX_FILE_SIZE, MAX_REPLY, PromptRequest, Reply, WatchResult,
};
use crate::error::{FileError, NoCode, Result};
use crate::failure_statement::FailureStatement;
use crate::variables::Variables;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use time::UtcOffset;
use windows_sys::Win32::Foundation::{CloseHandle, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{GetConsoleOutputCP, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::core::BOOL;
use zeroize::Zeroizing;

/// The shell to write statements for if nothing says which one evaluates them.
pub const DEFAULT_SHELL: &str = "powershell";

/// The home directory as the AWS SDKs find it: `HOME`, then `USERPROFILE`, then `HOMEDRIVE` with `HOMEPATH`.
pub fn home(variables: &Variables) -> Option<PathBuf> {
    let directory = variables.os("HOME").or_else(|| variables.os("USERPROFILE")).map(PathBuf::from);
    directory.or_else(|| {
        let (drive, path) = (variables.os("HOMEDRIVE")?, variables.os("HOMEPATH")?);
        let mut home = drive.to_owned();
        home.push(path);
        Some(PathBuf::from(home))
    })
}

/// Does nothing: Windows has no such signal.
pub fn ignore_file_size_signal() {}

/// Holds nothing: Windows ends a program soon after Ctrl-C, whatever it does.
pub struct SignalHold;

/// Does nothing, like [`SignalHold`].
pub fn hold_signals() -> SignalHold {
    SignalHold
}

/// No signal is ever held.
pub fn is_signal_held() -> bool {
    false
}

/// Does nothing, because no signal is ever held.
pub fn release_signal() {}

/// Starts a thread. Windows handles Ctrl-C on a thread of its own.
///
/// # Errors
/// The system allows no more threads.
pub fn spawn_thread(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Does nothing: Windows writes no core dumps by default.
pub fn disable_core_dumps() {}

/// An ancestor process of this one.
pub struct Ancestor {
    /// The name of its executable.
    pub executable: String,
}

impl Ancestor {
    /// Always empty: they are needed only for programs that run PowerShell, which is the default on Windows anyway.
    pub fn arguments(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The ancestor processes that the signals of keys reach together with this one. None: they reach all of a console.
pub fn ancestors_in_group() -> impl Iterator<Item = Ancestor> {
    std::iter::empty()
}

/// The ancestor processes, parent first.
pub fn ancestors() -> impl Iterator<Item = Ancestor> {
    let mut processes = processes();
    let mut pid = std::process::id();
    std::iter::from_fn(move || {
        // Removed, because the id of a parent that has ended may belong to a descendant by now.
        pid = processes.remove(&pid)?.0;
        processes.get(&pid).map(|(_, name)| Ancestor { executable: name.clone() })
    })
}

/// Whether no process has this id.
pub fn process_is_gone(pid: u32) -> bool {
    !processes().contains_key(&pid)
}

/// The parent id and program name of every process, by process id.
fn processes() -> HashMap<u32, (u32, String)> {
    let mut found = HashMap::new();
    // SAFETY: the entry holds its own size, and the handle is checked before use and closed.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
        if snapshot == INVALID_HANDLE_VALUE {
            return found;
        }
        let mut entry: PROCESSENTRY32W = std::mem::zeroed();
        entry.dwSize = u32::try_from(size_of::<PROCESSENTRY32W>()).unwrap_or(0);
        let mut more = Process32FirstW(snapshot, &raw mut entry) != 0;
        while more {
            let name = entry.szExeFile.iter().take_while(|c| **c != 0).copied().collect::<Vec<_>>();
            found.insert(entry.th32ProcessID, (entry.th32ParentProcessID, String::from_utf16_lossy(&name)));
            more = Process32NextW(snapshot, &raw mut entry) != 0;
        }
        CloseHandle(snapshot);
    }
    found
}

/// The offset of local time from UTC at `unix_time`, in seconds; positive east of Greenwich, 0 if unknown.
pub fn local_offset(unix_time: i64) -> i32 {
    let moment = time::OffsetDateTime::from_unix_timestamp(unix_time).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    UtcOffset::local_offset_at(moment).map_or(0, UtcOffset::whole_seconds)
}

/// Writes `bytes` to standard output.
///
/// # Errors
/// If standard output cannot be written.
pub fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes `bytes` to standard error.
///
/// # Errors
/// If standard error cannot be written.
pub fn write_stderr(bytes: &[u8]) -> std::io::Result<()> {
    std::io::stderr().write_all(bytes)
}

/// Standard input.
pub fn stdin() -> impl Read {
    std::io::stdin()
}

/// The content of a regular file: `None` if it does not exist.
///
/// # Errors
/// [`FileError`] if the path is not a regular file, if the file cannot be read, or if it is larger than 64 MB.
pub fn read_file(path: &Arc<Path>) -> Result<Option<Vec<u8>>> {
    let unreadable = |e: &std::io::Error| FileError::Unreadable { path: path.clone(), problem: e.kind().to_string() };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(&e).into()),
    };
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: path.clone(), kind: "a directory" }.into());
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes));
    read.map_err(|e| unreadable(&e))?;
    if bytes.len() as u64 > MAX_FILE_SIZE {
        return Err(FileError::TooLarge { path: path.clone(), limit: MAX_FILE_SIZE }.into());
    }
    Ok(Some(bytes))
}

/// Not known: its access control list says so, which is not read here.
pub fn file_access(_: &Path) -> Option<super::FileAccess> {
    None
}

/// The first bytes of a regular file, up to `limit`; `None` if they cannot be read.
pub fn read_start(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The path with these bytes; `None` if they are not UTF-8, because no other path has bytes here.
pub fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// A text that is another one if a file has changed or has been replaced.
pub fn file_version(metadata: &std::fs::Metadata) -> String {
    use std::os::windows::fs::MetadataExt;
    format!("{}.{}.{}", metadata.len(), metadata.last_write_time(), metadata.creation_time())
}

/// Whether another command runs in place of this process.
static RUNS_COMMAND: AtomicBool = AtomicBool::new(false);
/// The statement that makes the evaluation fail; `None` if the output is not evaluated.
static STATEMENT: Mutex<Option<&'static FailureStatement>> = Mutex::new(None);
/// Whether the function `aws-mfa` of PowerShell runs this program.
static IN_FUNCTION: AtomicBool = AtomicBool::new(false);
/// The exit status after Ctrl-C, as shells have it: 128 + SIGINT. STATUS_CONTROL_C_EXIT, which Windows itself uses,
/// does not fit into a shell's exit status.
const INTERRUPTED: u8 = 130;

/// From now on Ctrl-C or a panic prints `statement` with its status. A later call replaces the statement, once the
/// shell is known.
pub fn set_failure_statement(statement: &'static FailureStatement) {
    let mut current = STATEMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if current.replace(statement).is_none() {
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
    }
}

/// The text to write if Ctrl-C ends the process.
static LAST_NOTICE: Mutex<Option<String>> = Mutex::new(None);

/// From now on, Ctrl-C is followed by this line on standard error.
pub fn set_last_notice(line: Option<&str>) {
    static IS_HANDLED: AtomicBool = AtomicBool::new(false);
    *LAST_NOTICE.lock().unwrap_or_else(PoisonError::into_inner) = line.map(str::to_owned);
    if !IS_HANDLED.swap(true, Ordering::SeqCst) {
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
    }
}

fn show_last_notice() {
    if let Some(line) = LAST_NOTICE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = write_stderr(format!("\n{line}\n").as_bytes());
    }
}

/// Whether the shell that evaluates the output must not receive Ctrl-C. It receives it in any case.
pub fn hides_interrupt() -> bool {
    false
}

/// The function `aws-mfa` of PowerShell runs this program. From now on Ctrl-C has an exit status of its own, so that it is not
/// taken for that of a command.
pub fn set_in_function() {
    IN_FUNCTION.store(true, Ordering::SeqCst);
}

/// Whether that function runs this program.
pub fn is_in_function() -> bool {
    IN_FUNCTION.load(Ordering::SeqCst)
}

/// From now on Ctrl-C or a panic prints nothing, because the statements are about to be written.
pub fn begin_final_write() {
    *STATEMENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// For the panic hook: prints the failure statement, and exits with status 1.
pub fn exit_failed() -> ! {
    die(1)
}

/// Handles Ctrl-C, Ctrl-Break and the closed window. Windows calls it on a new thread.
unsafe extern "system" fn on_console_event(event: u32) -> BOOL {
    if parallel::report_event(event) {
        return 1;
    }
    if RUNS_COMMAND.load(Ordering::SeqCst) {
        // The command receives the event as well, and this process exits when it does.
        return 1;
    }
    if NOTES_INTERRUPT.swap(false, Ordering::SeqCst) {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        return 1;
    }
    die(if is_in_function() { INTERRUPTED_IN_FUNCTION } else { INTERRUPTED })
}

/// A signal that is to end this process. Windows has none: Ctrl-C ends it at once.
pub struct Termination(());

impl Termination {
    /// Does nothing.
    ///
    /// # Errors
    /// None.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Termination(()))
    }

    /// Waits forever.
    pub async fn received(self) -> i32 {
        std::future::pending().await
    }
}

/// Whether Ctrl-C is noted, and whether it was pressed.
static NOTES_INTERRUPT: AtomicBool = AtomicBool::new(false);
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// While this exists, the first Ctrl-C is noted instead of ending the process. The second one ends it at once.
pub struct Interruption(Wakeup);

impl Interruption {
    /// Begins to note Ctrl-C.
    ///
    /// # Errors
    /// None.
    pub fn catch() -> std::io::Result<Self> {
        NOTES_INTERRUPT.store(true, Ordering::SeqCst);
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
        waker().map(|(_, wakeup)| Interruption(wakeup))
    }

    /// Not used on Windows, where a prompt ends by itself at Ctrl-C.
    pub fn wakeup(&mut self) -> &mut Wakeup {
        &mut self.0
    }

    /// SIGINT, if Ctrl-C was pressed.
    pub fn signal() -> Option<i32> {
        IS_INTERRUPTED.load(Ordering::SeqCst).then_some(2)
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        NOTES_INTERRUPT.store(false, Ordering::SeqCst);
    }
}

/// Text on the console, which stays there: consoles need not have an alternate screen.
pub struct SecretScreen(());

impl SecretScreen {
    /// Shows the text.
    ///
    /// # Errors
    /// The console cannot be written.
    pub fn show(terminal: &Terminal, text: &str, _has_alternate_screen: bool) -> std::result::Result<Self, NoCode> {
        text.lines().try_for_each(|line| terminal.say(line))?;
        Ok(SecretScreen(()))
    }
}

/// Whether standard output is not a console.
pub fn stdout_is_pipe() -> bool {
    !std::io::IsTerminal::is_terminal(&std::io::stdout())
}

/// Does nothing: the other program waits until this one ends.
pub fn end_stdout() {}

/// Exits as after this signal.
pub fn die_of(signal: i32) -> ! {
    show_last_notice();
    std::process::exit(128 + signal)
}

/// A command that runs while this process does something for it.
pub struct Companion(std::process::Child);

impl Companion {
    /// Starts it. From now on it decides what Ctrl-C does.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start(mut command: Command) -> std::io::Result<Self> {
        RUNS_COMMAND.store(true, Ordering::SeqCst);
        command.spawn().map(Companion)
    }

    /// Waits until it exits.
    ///
    /// # Errors
    /// Its status cannot be determined.
    pub fn wait(mut self) -> std::io::Result<std::process::ExitStatus> {
        self.0.wait()
    }
}

/// Always false: Windows has no such limits.
pub fn is_exhausted(_e: &std::io::Error) -> bool {
    false
}

/// Always `None`: Windows has no signals.
pub fn ending_signal(_status: std::process::ExitStatus) -> Option<(i32, String)> {
    None
}

/// A word of a command line, with this text in place of every `from`. A word that is not Unicode stays as it is.
pub fn replace_in_word(word: &OsStr, from: &str, to: &str) -> std::ffi::OsString {
    word.to_str().map_or_else(|| word.to_owned(), |text| text.replace(from, to).into())
}

/// Does nothing: on Windows, commands go on anyway.
pub fn detach(_command: &mut Command) {}

/// Whether a connection on loopback may come from a program of this user. Not known.
pub fn may_be_own_connection(_peer: std::net::SocketAddr, _own: std::net::SocketAddr) -> bool {
    true
}

/// The exit status for the caller of this process.
pub fn exit_status_of(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

/// The file that reads as empty.
pub const NULL_DEVICE: &str = "NUL";

fn die(status: u8) -> ! {
    show_last_notice();
    if let Some(statement) = STATEMENT.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = write_stdout(statement.with_status(status).as_bytes());
    }
    std::process::exit(status.into())
}

/// The directory for caches: `LOCALAPPDATA`, if it is an absolute path.
pub fn cache_home(variables: &Variables) -> Option<PathBuf> {
    variables.os("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Always `false`: no user can write to files that are read-only.
pub fn is_root() -> bool {
    false
}

/// Always false: Windows has no sudo that keeps the home directory.
pub fn home_belongs_to_another_user(_variables: &Variables) -> bool {
    false
}

/// Always `None`: consoles have no names.
pub fn terminal_name() -> Option<String> {
    None
}

/// A directory in the user's profile. Windows lets only this user access files that are created there.
pub struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Opens the directory; `None` if it does not exist.
    ///
    /// # Errors
    /// If it is not a directory.
    pub fn open(path: &Path) -> std::result::Result<Option<Self>, DirectoryError> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(Some(PrivateDir(path.to_owned()))),
            Ok(_) => Err(DirectoryError::NotADirectory),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DirectoryError::Unusable(e.kind().to_string())),
        }
    }

    /// Opens the directory after creating it and its missing parents.
    ///
    /// # Errors
    /// If it is not a directory or cannot be created.
    pub fn create(path: &Path) -> std::result::Result<Self, DirectoryError> {
        std::fs::create_dir_all(path).map_err(|e| DirectoryError::Unusable(e.kind().to_string()))?;
        PrivateDir::open(path)?.ok_or(DirectoryError::NotADirectory)
    }

    /// The path that the directory was opened with.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The content of a file; `None` if it does not exist.
    ///
    /// # Errors
    /// If it is not a regular file or is unreadable.
    pub fn read(&self, name: &str) -> std::result::Result<Option<Vec<u8>>, DirectoryError> {
        let path = self.0.join(name);
        match std::fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Ok(metadata) if !metadata.is_file() => Err(DirectoryError::NotAFile),
            _ => std::fs::read(&path).map(Some).map_err(|e| DirectoryError::Unusable(e.kind().to_string())),
        }
    }

    /// The first bytes of a file, up to `limit`; `None` if it does not exist.
    ///
    /// # Errors
    /// As for [`PrivateDir::read`].
    pub fn read_start(&self, name: &str, limit: u64) -> std::result::Result<Option<Vec<u8>>, DirectoryError> {
        let mut start = self.read(name)?;
        if let Some(bytes) = &mut start {
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(start)
    }

    /// Writes a file, or replaces it, atomically: the content is synced to disk before the file gets its name.
    ///
    /// # Errors
    /// If the system cannot write it; no temporary file remains.
    pub fn write(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        let temporary = self.0.join(format!(".{name}.{}", std::process::id()));
        let written = (|| {
            let mut file = File::create(&temporary)?;
            file.write_all(content)?;
            file.sync_all()?;
            drop(file);
            std::fs::rename(&temporary, self.0.join(name))
        })();
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        written
    }

    /// Like [`PrivateDir::write`], for a file that nobody is to change by mistake.
    ///
    /// # Errors
    /// If the system cannot write it; no temporary file remains.
    pub fn write_read_only(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        let path = self.0.join(name);
        let set = |is_read_only| {
            let mut permissions = std::fs::metadata(&path)?.permissions();
            permissions.set_readonly(is_read_only);
            std::fs::set_permissions(&path, permissions)
        };
        // Windows replaces no file that cannot be changed.
        let _ = set(false);
        let written = self.write(name, content);
        let is_set = set(true);
        written.and(is_set)
    }

    /// Whether files can be written. Here only writing one would tell.
    ///
    /// # Errors
    /// None.
    pub fn check_writable(&self) -> std::result::Result<(), DirectoryError> {
        Ok(())
    }

    /// Writes a file if nothing has its name yet.
    ///
    /// # Errors
    /// If the system cannot write it.
    pub fn write_if_missing(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        match File::create_new(self.0.join(name)) {
            Ok(mut file) => file.write_all(content),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// Removes a file. Succeeds if it does not exist.
    ///
    /// # Errors
    /// If the system cannot remove it.
    pub fn remove(&self, name: &str) -> std::io::Result<()> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// The names of all entries that are valid Unicode; empty if the directory cannot be read.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Opens a lock file, creating it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be opened or created.
    pub fn lock_file(&self, name: &str) -> std::result::Result<File, DirectoryError> {
        let options = File::options().read(true).write(true).create(true).truncate(false).open(self.0.join(name));
        options.map_err(|e| DirectoryError::Unusable(e.kind().to_string()))
    }

    /// Always true: on Windows an open file keeps its name.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn still_names(&self, _name: &str, _file: &File) -> bool {
        true
    }
}

/// Does nothing: a wait for console input cannot be interrupted.
pub struct Waker;

/// Does nothing, like [`Waker`].
pub struct Wakeup;

/// Returns the two ends.
///
/// # Errors
/// This implementation always succeeds; on Unix it fails if the process has no file descriptors left.
pub fn waker() -> std::io::Result<(Waker, Wakeup)> {
    Ok((Waker, Wakeup))
}

impl Waker {
    /// Does nothing.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn wake(&mut self) {}
}

/// The console of this process.
pub struct Terminal;

impl Terminal {
    /// Opens the console.
    ///
    /// # Errors
    /// If there is none.
    pub fn open() -> std::result::Result<Terminal, NoCode> {
        File::open("CONIN$").map(|_| Terminal).map_err(|_| NoCode::NoTerminal)
    }

    /// Always `None`: prompts are not redrawn on Windows, so the width is not needed.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn columns(&self) -> Option<usize> {
        None
    }

    /// Always `None`: nothing is drawn on Windows.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn size(&self) -> Option<(usize, usize)> {
        None
    }

    /// Always `false`: programs on Windows do not share a console's mode with those that they call.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn is_raw(&self) -> bool {
        false
    }

    /// Prompts and reads a line. There is no timeout, and `watch` is called only once, after the line was read.
    ///
    /// # Errors
    /// If the console cannot be read or written.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn ask(&self, request: &mut PromptRequest<'_>) -> std::result::Result<Reply, NoCode> {
        let failed = |e: std::io::Error| NoCode::Terminal(e.kind().to_string());
        let prompt = (request.prompt)(None).text;
        let line = if request.echo { read_visibly(&prompt) } else { rpassword::prompt_password(&prompt) };
        let line = match line {
            Ok(line) => Zeroizing::new(line),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(Reply::Nothing),
            Err(e) => return Err(failed(e)),
        };
        match (request.watch)() {
            WatchResult::Nothing => {}
            WatchResult::Say(message) => self.say(&message)?,
            WatchResult::Stop => return Ok(Reply::Stopped),
        }
        Ok(if line.len() > MAX_REPLY { Reply::TooLong } else { Reply::Line(line) })
    }

    /// Prompts again and again, until `is_last` says that no other line is needed.
    ///
    /// # Errors
    /// As [`Terminal::ask`].
    pub fn ask_until(
        &self,
        request: &mut PromptRequest<'_>,
        is_last: &mut dyn FnMut(Reply) -> bool,
    ) -> std::result::Result<(), NoCode> {
        while !is_last(self.ask(request)?) {}
        Ok(())
    }

    /// Prints a line, between prompts.
    ///
    /// # Errors
    /// If the console cannot be written.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn say(&self, line: &str) -> std::result::Result<(), NoCode> {
        let written =
            File::options().write(true).open("CONOUT$").and_then(|mut c| c.write_all(format!("{line}\r\n").as_bytes()));
        written.map_err(|e| NoCode::Terminal(e.kind().to_string()))
    }
}

/// Returns a command that runs this command line as the AWS SDKs do, with `cmd.exe /C`. The line is passed on unquoted,
/// because `cmd.exe` parses it by its own rules.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").raw_arg(command);
    shell
}

/// Runs a command in place of this process, and returns its exit status, of which Windows keeps all 32 bits.
///
/// # Errors
/// The command cannot be started.
pub fn become_process(command: &mut Command) -> std::io::Result<i32> {
    RUNS_COMMAND.store(true, Ordering::SeqCst);
    Ok(command.status()?.code().unwrap_or(1))
}

/// The command that runs this file; on Windows, no program sees the name as which it was called.
pub fn program(file: &Path, _name: &OsStr) -> Command {
    Command::new(file)
}

/// Where programs are searched if `PATH` is not set: nowhere.
pub const DEFAULT_PATH: &str = "";

/// The name of the file of a script that runs as this program.
pub fn script_name(program: &str) -> String {
    format!("{program}.cmd")
}

/// Does nothing: Windows runs files by their extension.
///
/// # Errors
/// None.
pub fn make_executable(_file: &File) -> std::io::Result<()> {
    Ok(())
}

/// Whether the file can be executed.
///
/// # Errors
/// What prevents it.
pub fn can_execute(path: &Path) -> std::result::Result<(), ErrorKind> {
    let file = std::fs::metadata(path).map_err(|e| e.kind())?;
    if file.is_dir() { Err(ErrorKind::IsADirectory) } else { Ok(()) }
}

/// The file with each extension of `PATHEXT`; the file itself first if it has one of them.
pub fn with_program_extensions(path: &Path, variables: &Variables) -> Vec<PathBuf> {
    let extensions = variables.text("PATHEXT").ok().flatten().unwrap_or(".COM;.EXE;.BAT;.CMD");
    let extensions: Vec<&str> = extensions.split(';').filter(|extension| !extension.is_empty()).collect();
    let own = path.extension().map(|own| format!(".{}", own.to_string_lossy()));
    let has_extension = own.is_some_and(|own| extensions.iter().any(|e| e.eq_ignore_ascii_case(&own)));
    let with = |extension: &&str| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    };
    has_extension.then(|| path.to_owned()).into_iter().chain(extensions.iter().map(with)).collect()
}

/// The shell of Windows.
pub fn login_shell() -> PathBuf {
    std::env::var_os("ComSpec").map_or_else(|| "cmd.exe".into(), PathBuf::from)
}

/// Whether output may contain characters beyond ASCII, by the code page of the console.
pub fn is_utf8(_variables: &Variables) -> bool {
    const UTF_8: u32 = 65001;
    // SAFETY: reads a setting.
    unsafe { GetConsoleOutputCP() == UTF_8 }
}

/// stdin and stderr for a command that may prompt: the console. Without one, stdin is empty and stderr is inherited.
pub fn terminal_streams() -> (Stdio, Stdio) {
    match (File::open("CONIN$"), File::options().write(true).open("CONOUT$")) {
        (Ok(stdin), Ok(stderr)) => (stdin.into(), stderr.into()),
        _ => (Stdio::null(), Stdio::inherit()),
    }
}

/// Takes nothing: Ctrl-C reaches every process of a console.
pub struct OwnForeground;

impl OwnForeground {
    /// `None`: Windows has no foreground.
    pub fn take(_find: impl FnOnce() -> Option<Vec<(Ancestor, KeyEffect)>>) -> Option<Self> {
        None
    }
}

/// Hides nothing: a console echoes only what a program reads.
pub struct HiddenTyping;

impl HiddenTyping {
    /// `None`: nothing is hidden.
    pub fn while_waiting_for(_holder: &str) -> Option<Self> {
        None
    }

    /// Does nothing.
    pub fn discard(self) {}
}

/// A file that is to be replaced, as it was when it was looked at.
#[derive(Debug)]
pub struct ReplacedFile {
    path: PathBuf,
    stamp: Option<(u64, std::time::SystemTime)>,
}

impl ReplacedFile {
    /// Looks at the file, which need not exist; its folder is then created. A link is followed.
    ///
    /// # Errors
    /// The file must not be replaced, with the reason as a predicate.
    pub fn look_at(path: &Path) -> std::result::Result<Self, String> {
        let failed = |e: std::io::Error| format!("cannot be read: {}", e.kind());
        if let (Some(folder), false) = (path.parent(), path.exists()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
            return Ok(ReplacedFile { path: path.to_owned(), stamp: None });
        }
        let path = path.canonicalize().map_err(failed)?;
        let file = std::fs::metadata(&path).map_err(failed)?;
        if !file.is_file() {
            return Err("is not a regular file".to_owned());
        }
        if file.permissions().readonly() {
            return Err("is read-only".to_owned());
        }
        let stamp = file.modified().ok().map(|time| (file.len(), time));
        Ok(ReplacedFile { path, stamp })
    }

    /// The file itself, behind all links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Always `false`: Windows has no modes.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn is_open(&self) -> bool {
        false
    }

    /// Always `false`: access control lists are not examined.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn is_in_open_folder(&self) -> bool {
        false
    }

    /// The content at this time; empty if the file does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> std::io::Result<Vec<u8>> {
        if self.stamp.is_some() { std::fs::read(&self.path) } else { Ok(Vec::new()) }
    }

    /// Replaces the file. Returns `None`, and changes nothing, if it has changed since it was looked at; otherwise, the names
    /// of the attributes that it could not keep, which are not known.
    ///
    /// # Errors
    /// The system cannot write it; the file is as it was.
    pub fn replace(&self, content: &[u8], _is_secret: bool) -> std::io::Result<Option<Vec<String>>> {
        let mut file = tempfile::NamedTempFile::new_in(self.path.parent().unwrap_or(Path::new("\\")))?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        let now = std::fs::metadata(&self.path).ok().and_then(|file| Some((file.len(), file.modified().ok()?)));
        if now != self.stamp {
            return Ok(None);
        }
        file.persist(&self.path).map_err(|e| e.error)?;
        Ok(Some(Vec::new()))
    }
}

/// A running command that may use the console. Dropping it ends the command; Windows has no process groups for the
/// programs that it starts.
pub struct Job(std::process::Child);

impl Job {
    /// Starts the command.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start(mut command: Command) -> std::io::Result<Job> {
        command.spawn().map(Job)
    }

    /// The command's stdout, if it is piped and was not taken before.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.0.stdout.take()
    }

    /// The status of the command, if it has exited.
    pub fn try_wait(&mut self) -> Option<std::process::ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Ends the command. Ctrl-C reaches every process of a console, so it need not be passed on.
    pub fn end(self) {}
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Finds nothing: only the attempt to create a file there shows whether that is allowed.
///
/// # Errors
/// Never.
#[allow(clippy::unnecessary_wraps, reason = "the same call as on Unix")]
pub fn check_folder(_folder: &Path) -> std::result::Result<(), String> {
    Ok(())
}

/// Does nothing: Windows has no key that suspends a program.
pub fn ignore_suspend_key() {}

/// Does nothing: `rpassword` restores the console's settings after each prompt.
pub fn restore_terminal() {}

fn read_visibly(prompt: &str) -> std::io::Result<String> {
    File::options().write(true).open("CONOUT$")?.write_all(prompt.as_bytes())?;
    let mut line = String::new();
    let mut byte = [0];
    let mut console = File::open("CONIN$")?;
    while line.len() <= MAX_REPLY && console.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    Ok(line.trim_end_matches('\r').to_owned())
}

/// How many processors this process may run on, at least one.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

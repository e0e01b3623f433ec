//! Windows.

#![allow(unsafe_code, reason = "the process list and console events have no safe form")]

use super::{DirectoryError, LARGEST_FILE, MAX_REPLY, PromptRequest, Reply, WatchResult};
use crate::error::{FileError, NoCode, Result};
use crate::failure_statement::FailureStatement;
use crate::variables::Variables;
use std::collections::HashMap;
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

/// The shell whose dialect is used when nothing says which.
pub const DEFAULT_SHELL: &str = "powershell";

/// `HOME`, else `USERPROFILE`, else `HOMEDRIVE` and `HOMEPATH`, as the AWS SDKs look for it.
pub fn home(variables: &Variables) -> Option<PathBuf> {
    let one = variables.os("HOME").or_else(|| variables.os("USERPROFILE")).map(PathBuf::from);
    one.or_else(|| {
        let (drive, path) = (variables.os("HOMEDRIVE")?, variables.os("HOMEPATH")?);
        let mut home = drive.to_owned();
        home.push(path);
        Some(PathBuf::from(home))
    })
}

/// Windows writes no core dumps; who may debug a process may read it.
pub fn disable_core_dumps() {}

/// Names of up to four processes above this one, the parent first.
pub fn ancestors() -> impl Iterator<Item = String> {
    let processes = processes();
    let mut pid = std::process::id();
    std::iter::from_fn(move || {
        pid = processes.get(&pid)?.0;
        processes.get(&pid).map(|(_, name)| name.clone())
    })
    .take(4)
}

/// Whether no process has this number.
pub fn process_is_gone(pid: u32) -> bool {
    !processes().contains_key(&pid)
}

/// Parent and program of every process.
fn processes() -> HashMap<u32, (u32, String)> {
    let mut found = HashMap::new();
    // SAFETY: the entry says its own size, the handle is checked and closed, and names end in a zero within their field.
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

/// Seconds by which the local time of that moment is ahead of UTC.
pub fn local_offset(unix_time: i64) -> i32 {
    let moment = time::OffsetDateTime::from_unix_timestamp(unix_time).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    UtcOffset::local_offset_at(moment).map_or(0, UtcOffset::whole_seconds)
}

/// Writes `bytes` to standard output.
///
/// # Errors
/// Whatever the system says.
pub fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Standard input.
pub fn stdin() -> impl Read {
    std::io::stdin()
}

/// The content of a regular file; `None` if there is none.
///
/// # Errors
/// Anything else than a file, or one that cannot be read.
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
    let read = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|e| unreadable(&e))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(FileError::TooLarge { path: path.clone(), limit: LARGEST_FILE }.into());
    }
    Ok(Some(bytes))
}

/// Another command runs in place of this process.
static RUNS_COMMAND: AtomicBool = AtomicBool::new(false);
/// The line that makes the evaluation fail; none while nobody evaluates.
static LINE: Mutex<Option<&'static FailureStatement>> = Mutex::new(None);
/// What Windows's own handler ends a process with (STATUS_CONTROL_C_EXIT), as far as a status of a shell can say it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// From now on a death by Ctrl-C or by panic prints `line` with its status.
pub fn set_failure_statement(line: &'static FailureStatement) {
    let mut prepared = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if prepared.replace(line).is_none() {
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
    }
}

/// The statements are about to be written: a death from now on prints nothing.
pub fn begin_final_write() {
    *LINE.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// For the panic hook: prints the failing statement and ends the process with status 1.
pub fn exit_failed() -> ! {
    die(1)
}

/// Runs on a thread of its own: Ctrl-C, Ctrl-Break, the closed window.
unsafe extern "system" fn on_console_event(_event: u32) -> BOOL {
    if RUNS_COMMAND.load(Ordering::SeqCst) {
        // The command has received it too, and its end is ours.
        return 1;
    }
    die(INTERRUPTED)
}

fn die(status: u8) -> ! {
    if let Some(line) = LINE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = write_stdout(line.with(status).as_bytes());
    }
    std::process::exit(status.into())
}

/// `%LOCALAPPDATA%`.
pub fn cache_home(variables: &Variables) -> Option<PathBuf> {
    variables.os("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// There is no sudo that keeps the home.
pub fn home_belongs_to_another_user(_variables: &Variables) -> bool {
    false
}

/// Consoles have no names.
pub fn terminal_name() -> Option<String> {
    None
}

/// A directory within the user's own; Windows gives what is made there to this user alone.
pub struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Opens the directory; `None` if it does not exist.
    ///
    /// # Errors
    /// It is no directory.
    pub fn open(path: &Path) -> std::result::Result<Option<Self>, DirectoryError> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(Some(PrivateDir(path.to_owned()))),
            Ok(_) => Err(DirectoryError::NotADirectory),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DirectoryError::Unusable(e.kind().to_string())),
        }
    }

    /// # Errors
    /// It cannot be made.
    pub fn make(path: &Path) -> std::result::Result<Self, DirectoryError> {
        std::fs::create_dir_all(path).map_err(|e| DirectoryError::Unusable(e.kind().to_string()))?;
        PrivateDir::open(path)?.ok_or(DirectoryError::NotADirectory)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// # Errors
    /// It is no file, or unreadable.
    pub fn read(&self, name: &str) -> std::result::Result<Option<Vec<u8>>, DirectoryError> {
        let path = self.0.join(name);
        match std::fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Ok(metadata) if !metadata.is_file() => Err(DirectoryError::NotAFile),
            _ => std::fs::read(&path).map(Some).map_err(|e| DirectoryError::Unusable(e.kind().to_string())),
        }
    }

    /// # Errors
    /// Whatever the system says.
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

    /// # Errors
    /// Whatever the system says; that it is gone already is no error.
    pub fn remove(&self, name: &str) -> std::io::Result<()> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// # Errors
    /// It cannot be made.
    pub fn lock_file(&self, name: &str) -> std::result::Result<File, DirectoryError> {
        let options = File::options().read(true).write(true).create(true).truncate(false).open(self.0.join(name));
        options.map_err(|e| DirectoryError::Unusable(e.kind().to_string()))
    }

    /// An open file cannot lose its name here.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn is_still(&self, _name: &str, _file: &File) -> bool {
        true
    }
}

/// A bell for the reader of the terminal; the console cannot be waited for together with anything, so nobody hears it here.
pub struct Waker;
pub struct Wakeup;

/// # Errors
/// Never, on Windows.
pub fn waker() -> std::io::Result<(Waker, Wakeup)> {
    Ok((Waker, Wakeup))
}

impl Waker {
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn ring(&mut self) {}
}

/// The console of this process.
pub struct Terminal;

impl Terminal {
    /// # Errors
    /// There is none.
    pub fn open() -> std::result::Result<Terminal, NoCode> {
        File::open("CONIN$").map(|_| Terminal).map_err(|_| NoCode::NoTerminal)
    }

    /// Not asked for: nothing is painted over here.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn columns(&self) -> Option<usize> {
        None
    }

    /// Puts the ask and reads a line. The console has no timeout, and `watch` is asked once the line is there.
    ///
    /// # Errors
    /// The console fails.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn ask(&self, ask: &mut PromptRequest<'_>) -> std::result::Result<Reply, NoCode> {
        let failed = |e: std::io::Error| NoCode::Terminal(e.kind().to_string());
        let prompt = (ask.prompt)(None).text;
        let line = if ask.echo { read_visibly(&prompt) } else { rpassword::prompt_password(&prompt) };
        let line = match line {
            Ok(line) => Zeroizing::new(line),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(Reply::Nothing),
            Err(e) => return Err(failed(e)),
        };
        match (ask.watch)() {
            WatchResult::Nothing => {}
            WatchResult::Say(said) => self.say(&said)?,
            WatchResult::Stop => return Ok(Reply::Stopped),
        }
        Ok(if line.len() > MAX_REPLY { Reply::TooLong } else { Reply::Line(line) })
    }

    /// One line for the person, between questions.
    ///
    /// # Errors
    /// The console fails.
    #[allow(clippy::unused_self, reason = "the same call as on Unix")]
    pub fn say(&self, line: &str) -> std::result::Result<(), NoCode> {
        let written =
            File::options().write(true).open("CONOUT$").and_then(|mut c| c.write_all(format!("{line}\r\n").as_bytes()));
        written.map_err(|e| NoCode::Terminal(e.kind().to_string()))
    }
}

/// A command line as the AWS SDKs run one: by the system's shell, which takes it apart by rules of its own.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").raw_arg(command);
    shell
}

/// Runs a command in place of this process, and returns its status, of which Windows keeps all 32 bits.
///
/// # Errors
/// The command cannot be started.
pub fn become_process(command: &mut Command) -> std::io::Result<i32> {
    RUNS_COMMAND.store(true, Ordering::SeqCst);
    Ok(command.status()?.code().unwrap_or(1))
}

/// Whether text may contain characters beyond ASCII: what the console's code page says.
pub fn is_utf8(_variables: &Variables) -> bool {
    const UTF_8: u32 = 65001;
    // SAFETY: reads a setting.
    unsafe { GetConsoleOutputCP() == UTF_8 }
}

/// stdin and stderr of a command that may speak to the person; without a console nothing is to be read, and stderr is ours.
pub fn terminal_streams() -> (Stdio, Stdio) {
    match (File::open("CONIN$"), File::options().write(true).open("CONOUT$")) {
        (Ok(stdin), Ok(stderr)) => (stdin.into(), stderr.into()),
        _ => (Stdio::null(), Stdio::inherit()),
    }
}

/// Ctrl-C reaches all processes of a console.
pub struct ChildGuard;

pub fn kill_child_with_us(_child: u32) -> ChildGuard {
    ChildGuard
}

/// Windows has no key that stops a program.
pub fn ignore_suspend_key() {}

/// The console gets its settings back where its line is read; between prompts there is nothing to do.
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

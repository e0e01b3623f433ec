//! Windows.

#![allow(unsafe_code, reason = "the process list and console events have no safe form")]

use super::{Answer, LARGEST_FILE, LONGEST_ANSWER};
use crate::error::{FileError, NoCode, Result};
use crate::shell::Shell;
use crate::variables::Variables;
use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use time::UtcOffset;
use windows_sys::Win32::Foundation::{CloseHandle, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::core::BOOL;
use zeroize::Zeroizing;

/// The shell whose dialect is used when nothing says which.
pub const USUAL_SHELL: Shell = Shell::PowerShell;

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
pub fn hide_memory() {}

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

/// The failing statements for Ctrl-C and for a panic.
static LAST_WORDS: Mutex<Option<(String, String)>> = Mutex::new(None);
/// What Windows's own handler ends a process with (STATUS_CONTROL_C_EXIT), as far as a status of a shell can say it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// From now on a death by Ctrl-C or by panic prints `failure(status)`.
pub fn prepare_failure(failure: impl Fn(u8) -> String) {
    let mut words = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = words.is_none();
    *words = Some((failure(INTERRUPTED), failure(1)));
    if is_first {
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(on_console_event), 1) };
    }
}

/// The statements are about to be written: a death from now on prints nothing.
pub fn speak_no_more() {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// For the panic hook: prints the failing statement and ends the process with status 1.
pub fn fail_now() -> ! {
    die(|(_, by_panic)| by_panic, 1)
}

/// Runs on a thread of its own: Ctrl-C, Ctrl-Break, the closed window.
unsafe extern "system" fn on_console_event(_event: u32) -> BOOL {
    die(|(by_event, _)| by_event, i32::from(INTERRUPTED))
}

fn die(which: impl Fn((String, String)) -> String, status: i32) -> ! {
    if let Some(words) = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = write_stdout(which(words).as_bytes());
    }
    std::process::exit(status)
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

    /// Prints `prompt` and reads a line, hidden unless `echo`. The console has no timeout, and `watch` is asked once the line is there.
    ///
    /// # Errors
    /// The console fails.
    pub fn ask(
        &self,
        prompt: &str,
        echo: bool,
        _patience: Duration,
        _wakeup: Option<&mut Wakeup>,
        watch: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Answer, NoCode> {
        let failed = |e: std::io::Error| NoCode::Terminal(e.kind().to_string());
        let line = if echo { read_visibly(prompt) } else { rpassword::prompt_password(prompt) };
        let line = match line {
            Ok(line) => Zeroizing::new(line),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(Answer::Nothing),
            Err(e) => return Err(failed(e)),
        };
        if watch() {
            return Ok(Answer::Stopped);
        }
        Ok(if line.len() > LONGEST_ANSWER { Answer::TooLong } else { Answer::Line(line) })
    }
}

/// Windows has no key that stops a program.
pub fn ignore_stop_key() {}

/// The console gets its settings back where its line is read; between prompts there is nothing to do.
pub fn give_back_terminal() {}

fn read_visibly(prompt: &str) -> std::io::Result<String> {
    File::options().write(true).open("CONOUT$")?.write_all(prompt.as_bytes())?;
    let mut line = String::new();
    let mut byte = [0];
    let mut console = File::open("CONIN$")?;
    while line.len() <= LONGEST_ANSWER && console.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    Ok(line.trim_end_matches('\r').to_owned())
}

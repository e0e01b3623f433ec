//! A pseudo-terminal, the session that runs on it, and everything that it has shown.
//!
//! Waiting is event-driven: output and process exit arrive as events. A timeout only turns a hang into a failure that
//! shows what was on the screen.

use super::shells::{Shell, own_session};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, unlockpt};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Pid, getsid, tcgetpgrp};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The default timeout of every wait.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The prompt of every shell on a [`Terminal`]. For root, mksh replaces a prompt without `#` by its own.
pub const PROMPT: &str = "test-shell# ";

/// Wide enough that no line editor wraps a line that a test types or looks for.
static SIZE: libc::winsize = libc::winsize { ws_row: 50, ws_col: 500, ws_xpixel: 0, ws_ypixel: 0 };

pub struct Terminal {
    /// `None` after [`Terminal::close`]. The reader holds the only other reference.
    master: Option<Arc<PtyMaster>>,
    /// Kept open to read the settings, and so that the terminal does not hang up when one process exits.
    slave: File,
    screen: Arc<Screen>,
    reader: Option<(JoinHandle<()>, PipeWriter)>,
    /// The session leader; its pid is the session id.
    leader: Pid,
    /// The settings before anything was started.
    pub initial: Stty,
    /// How much of the output earlier `expect` calls have matched.
    matched: usize,
    /// For a shell: which one, and its empty HOME, separate from the home that the test checks.
    shell: Option<(Shell, TempDir)>,
    pub stdin: Option<ChildStdin>,
    pub stdout: Option<ChildStdout>,
    pub stderr: Option<ChildStderr>,
}

/// Standard streams that are not the terminal. A `Stdio::piped()` becomes the [`Terminal`] field of the same name.
#[derive(Default)]
pub struct Streams {
    pub stdin: Option<Stdio>,
    pub stdout: Option<Stdio>,
    pub stderr: Option<Stdio>,
    /// Columns and rows of the terminal; wide enough for any line if not set.
    pub size: Option<(u16, u16)>,
}

#[derive(Default)]
struct Screen {
    seen: Mutex<ScreenState>,
    changed: Condvar,
}

#[derive(Default)]
struct ScreenState {
    text: Vec<u8>,
    /// The terminal is closed, so no more output will come.
    closed: bool,
    exit: Option<ExitStatus>,
}

impl Terminal {
    /// Starts a command as the leader of a new session on a new terminal, which is also its standard streams.
    pub fn spawn(command: Command) -> Terminal {
        Terminal::spawn_with(command, Streams::default())
    }

    pub fn spawn_with(mut command: Command, streams: Streams) -> Terminal {
        let (master, slave) = open(streams.size).expect("a pseudo-terminal");
        let initial = Stty::of(&slave).expect("a terminal has settings");
        let or_slave = |stream: Option<Stdio>| {
            stream.unwrap_or_else(|| slave.try_clone().expect("a file can be duplicated").into())
        };
        command.stdin(or_slave(streams.stdin)).stdout(or_slave(streams.stdout)).stderr(or_slave(streams.stderr));
        own_session(&mut command);
        let terminal = slave.as_raw_fd();
        // SAFETY: between fork and exec only ioctl is called, on a file that is open until exec.
        unsafe {
            command.pre_exec(move || Ok(Errno::result(libc::ioctl(terminal, libc::TIOCSCTTY as _, 0)).map(drop)?));
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let leader = Pid::from_raw(child.id().cast_signed());
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());

        let (master, screen) = (Arc::new(master), Arc::new(Screen::default()));
        let (stopped, stop) = io::pipe().expect("a pipe");
        let reader = thread::spawn({
            let (master, screen) = (Arc::clone(&master), Arc::clone(&screen));
            move || read_all(&master, &stopped, &screen)
        });
        thread::spawn({
            let screen = Arc::clone(&screen);
            move || {
                let status = child.wait().expect("a child can be waited for");
                screen.change(|seen| seen.exit = Some(status));
            }
        });
        let (master, reader) = (Some(master), Some((reader, stop)));
        Terminal { master, slave, screen, reader, leader, initial, matched: 0, shell: None, stdin, stdout, stderr }
    }

    /// Starts an interactive shell with the given environment and waits for its prompt. HOME defaults to an empty
    /// directory. `TERM=dumb` turns off escape sequences but leaves the shell its line editor.
    pub fn shell<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        shell: Shell,
        env: impl IntoIterator<Item = (K, V)>,
        cwd: &Path,
    ) -> Terminal {
        let home = tempfile::tempdir().expect("a temporary directory");
        let mut command = shell.interactive();
        command.env("HOME", home.path()).env("TERM", "dumb").env("PS1", PROMPT).envs(env).current_dir(cwd);
        shell.set_prompt(&mut command, PROMPT);
        let mut terminal = Terminal::spawn(command);
        terminal.shell = Some((shell, home));
        terminal.expect_prompt();
        terminal
    }

    /// Types a line at the prompt and returns the output between that line and the next prompt.
    pub fn run_line(&mut self, line: &str) -> String {
        self.type_line(line);
        let shown = self.expect_prompt();
        shown.strip_suffix(PROMPT).unwrap_or(&shown).replace("\r\n", "\n")
    }

    /// Types a line at the prompt and waits until the shell has read it, so that the next `expect` cannot match the
    /// echo. Line editors redraw the prompt for every key (fish) or occasionally (ksh), but none starts a new line
    /// before Enter.
    pub fn type_line(&mut self, line: &str) {
        self.send_line(line);
        self.expect("\n");
    }

    /// Waits for the next prompt, and until the shell reads keys: ksh prompts before it starts its line editor, and
    /// text typed in between would be shown twice.
    pub fn expect_prompt(&mut self) -> String {
        let shown = self.expect(PROMPT);
        if self.shell.as_ref().is_some_and(|(shell, _)| shell.edits_lines()) {
            self.wait_until("the line editor", |stty| !stty.canonical());
        }
        shown
    }

    /// Waits until this text is shown after the last match, and returns everything shown since, up to its end.
    pub fn expect(&mut self, text: &str) -> String {
        self.expect_within(text, PATIENCE)
    }

    pub fn expect_within(&mut self, text: &str, patience: Duration) -> String {
        let from = self.matched;
        let mut searched = from;
        let mut search = |seen: &ScreenState| {
            let found = find(&seen.text[searched..], text.as_bytes()).map(|at| searched + at + text.len());
            searched = from.max(seen.text.len().saturating_sub(text.len()));
            found
        };
        let what = format!("{text:?}");
        let over = |seen: &ScreenState| seen.closed || seen.exit.is_some();
        let found = self.wait_for(&what, patience, |seen| match search(seen) {
            None if !over(seen) => None,
            found => Some(found),
        });
        let found = found.or_else(|| {
            self.drain();
            search(&self.screen.lock())
        });
        let Some(end) = found else { self.fail(&what, "before the end") };
        self.matched = end;
        String::from_utf8_lossy(&self.screen.lock().text[from..end]).into_owned()
    }

    /// Types text. The Enter key is `\r`.
    pub fn send(&mut self, text: impl AsRef<[u8]>) {
        let deadline = Instant::now() + PATIENCE;
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            let master = self.master();
            let mut writable = [PollFd::new(master.as_fd(), PollFlags::POLLOUT)];
            let left = deadline.saturating_duration_since(Instant::now());
            match poll(&mut writable, PollTimeout::try_from(left).expect("a short time")) {
                Ok(0) => self.fail("the terminal to accept input", "in time"),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => panic!("poll: {error}"),
            }
            match (&mut &*master).write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("the terminal accepts no input: {error}"),
            }
        }
        // Polling the other side makes the kernel deliver what is on its way, so that whatever happens next comes after it.
        let mut readable = [PollFd::new(self.slave.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut readable, PollTimeout::ZERO);
    }

    /// Types the same key again and again until the process exits: it discards what is typed before each prompt.
    pub fn repeat_until_exit(&mut self, key: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.send(key);
            let seen = self.screen.lock();
            let wait = Duration::from_millis(20);
            let (seen, _) = self.screen.changed.wait_timeout_while(seen, wait, |s| s.exit.is_none()).expect("no panic");
            if seen.exit.is_some() {
                return;
            }
            drop(seen);
            if Instant::now() > deadline {
                self.fail("the process to end", "in time");
            }
        }
    }

    pub fn send_line(&mut self, text: &str) {
        self.send(format!("{text}\r"));
    }

    /// Types Ctrl and a letter (or one of `[\]^_`). Expect something from the program first: until a shell's child has
    /// become that program, the shell itself handles Ctrl-C, and mksh and bash may drop it.
    pub fn send_control(&mut self, key: char) {
        let code = u8::try_from(key.to_ascii_uppercase()).expect("an ASCII key") & 0x1f;
        self.send([code]);
    }

    /// The current settings of the terminal.
    pub fn stty(&self) -> Stty {
        Stty::of(&self.slave).unwrap_or_else(|error| panic!("reading the terminal settings: {error}"))
    }

    /// Waits until the settings satisfy `is_so`. The kernel reports no change of settings, so this polls.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&Stty) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.stty()) {
            if Instant::now() > deadline {
                self.fail(what, "in time");
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The process that was started on the terminal and leads the session.
    pub fn leader(&self) -> Pid {
        self.leader
    }

    /// The foreground process group.
    pub fn foreground(&self) -> Pid {
        tcgetpgrp(self.master()).expect("the terminal has a foreground group")
    }

    /// The process in this session that runs the program of this name.
    pub fn process(&self, name: &str) -> Pid {
        let named = |pid: &Pid| {
            let pid = pid.to_string();
            let command = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok().or_else(|| {
                let output = Command::new("ps").args(["-o", "comm=", "-p", &pid]).output().ok()?;
                Some(String::from_utf8_lossy(&output.stdout).into_owned())
            });
            command.is_some_and(|path| path.trim_end().rsplit('/').next() == Some(name))
        };
        members(self.leader).into_iter().find(named).unwrap_or_else(|| self.fail(name, "in the session"))
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.leader, signal).expect("the process exists");
    }

    pub fn signal_foreground(&self, signal: Signal) {
        killpg(self.foreground(), signal).expect("the process group exists");
    }

    /// Everything shown so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().text).into_owned()
    }

    /// Waits until the process has exited and all that it wrote is in [`Terminal::output`].
    pub fn wait(&self) -> ExitStatus {
        let status = self.wait_for("the process to end", PATIENCE, |seen| seen.exit);
        self.drain();
        status
    }

    /// Closes the terminal window: the kernel hangs up the terminal and sends SIGHUP.
    pub fn close(&mut self) {
        if let Some((reader, stop)) = self.reader.take() {
            drop(stop);
            reader.join().expect("the reader does not panic");
        }
        self.master = None;
    }

    /// Output reaches the master side with a delay, but in order: once a mark written here has come through, so has
    /// everything written before it.
    fn drain(&self) {
        static MARKS: AtomicUsize = AtomicUsize::new(0);
        let mark = format!("\x1e{}\x1e", MARKS.fetch_add(1, Ordering::Relaxed));
        let written = (&self.slave).write_all(mark.as_bytes()).is_ok(); // fails after a hangup
        self.wait_for("the last output", PATIENCE, |seen| {
            let at = find(&seen.text, mark.as_bytes()).filter(|_| written);
            at.map(|at| drop(seen.text.drain(at..at + mark.len()))).or(seen.closed.then_some(()))
        });
    }

    fn master(&self) -> Arc<PtyMaster> {
        Arc::clone(self.master.as_ref().expect("the terminal was closed"))
    }

    fn wait_for<T>(&self, what: &str, patience: Duration, mut event: impl FnMut(&mut ScreenState) -> Option<T>) -> T {
        let deadline = Instant::now() + patience;
        let mut seen = self.screen.lock();
        loop {
            if let Some(value) = event(&mut seen) {
                return value;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(seen);
                self.fail(what, "in time");
            }
            seen = self.screen.changed.wait_timeout(seen, left).expect("no panic under the lock").0;
        }
    }

    fn fail(&self, what: &str, when: &str) -> ! {
        let (output, exit) = (self.output(), self.screen.lock().exit);
        let lines: String = output
            .split_inclusive('\n')
            .flat_map(|line| ["\n  ".to_owned(), line.escape_debug().to_string()])
            .collect();
        panic!("waited for {what}; not seen {when}\nexit: {exit:?}\nscreen:{lines}");
    }
}

impl Drop for Terminal {
    /// Kills the whole session: a shell's background jobs have their own process groups, so signalling one group is not
    /// enough.
    fn drop(&mut self) {
        // Repeated, because a process may start between listing and killing. A killed process may stay listed.
        let mut killed = BTreeSet::new();
        while let Some(pid) = members(self.leader).into_iter().find(|pid| !killed.contains(pid)) {
            let _ = kill(pid, Signal::SIGKILL);
            killed.insert(pid);
        }
        self.close();
        // The caller may delete the working directory next.
        let seen = self.screen.lock();
        let _ = self.screen.changed.wait_timeout_while(seen, PATIENCE, |seen| seen.exit.is_none());
    }
}

impl Screen {
    fn lock(&self) -> MutexGuard<'_, ScreenState> {
        self.seen.lock().expect("no panic under the lock")
    }

    fn change(&self, change: impl FnOnce(&mut ScreenState)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

fn open(size: Option<(u16, u16)>) -> io::Result<(PtyMaster, File)> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    // O_CLOEXEC: a master inherited by a program that another test starts would keep `close` from hanging up.
    // O_NONBLOCK: the reader and `send` poll and never block in a read or write.
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    fcntl(&master, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let slave = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name(&master)?)?;
    let size = size.map_or(SIZE, |(ws_col, ws_row)| libc::winsize { ws_row, ws_col, ..SIZE });
    // SAFETY: the file is open and `size` is a valid `winsize`.
    Errno::result(unsafe { libc::ioctl(slave.as_raw_fd(), libc::TIOCSWINSZ as _, &raw const size) })?;
    Ok((master, slave))
}

#[cfg(target_os = "linux")]
fn name(master: &PtyMaster) -> nix::Result<String> {
    nix::pty::ptsname_r(master)
}

#[cfg(not(target_os = "linux"))]
fn name(master: &PtyMaster) -> nix::Result<String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    // SAFETY: the name is in a static buffer, and the lock makes this function its only user.
    unsafe { nix::pty::ptsname(master) }
}

/// Reads the output until the terminal is closed from either side.
fn read_all(master: &PtyMaster, stopped: &PipeReader, screen: &Screen) {
    let mut buffer = [0; 4096];
    loop {
        let mut events =
            [PollFd::new(master.as_fd(), PollFlags::POLLIN), PollFd::new(stopped.as_fd(), PollFlags::POLLIN)];
        if poll(&mut events, PollTimeout::NONE) == Err(Errno::EINTR) {
            continue;
        }
        if events[1].any() != Some(false) {
            break;
        }
        match (&mut &*master).read(&mut buffer) {
            Ok(count @ 1..) => {
                screen.change(|seen| {
                    seen.text.extend(&buffer[..count]);
                    answer_query(master, &seen.text, count);
                });
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Ok(0) | Err(_) => break,
        }
    }
    screen.change(|seen| seen.closed = true);
}

/// Answers the queries of a terminal: it is a "VT100", for which fish 4.1 and later waits seconds, and its cursor is in
/// the first column, for which .NET waits.
fn answer_query(master: &PtyMaster, text: &[u8], new: usize) {
    for (query, answer) in [("\x1b[c", "\x1b[?1;2c"), ("\x1b[0c", "\x1b[?1;2c"), ("\x1b[6n", "\x1b[1;1R")] {
        let from = text.len().saturating_sub(new + query.len() - 1);
        if find(&text[from..], query.as_bytes()).is_some() {
            let _ = (&mut &*master).write(answer.as_bytes());
        }
    }
}

/// The processes of a session, in any process group.
fn members(leader: Pid) -> Vec<Pid> {
    let listed = match std::fs::read_dir("/proc") {
        Ok(entries) => entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect(),
        Err(_) => Command::new("ps").args(["-A", "-o", "pid="]).output().map_or_else(
            |_| Vec::new(),
            |list| String::from_utf8_lossy(&list.stdout).split_whitespace().map(str::to_owned).collect(),
        ),
    };
    let pids = listed.iter().filter_map(|name| name.parse().ok()).map(Pid::from_raw);
    pids.filter(|pid| getsid(Some(*pid)) == Ok(leader)).collect()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The settings of a terminal, to compare before and after.
#[derive(Clone, PartialEq, Eq)]
pub struct Stty {
    local: LocalFlags,
    /// One word per flag that is on, and one per numeric setting.
    words: BTreeSet<String>,
}

impl Stty {
    fn of(terminal: &File) -> nix::Result<Stty> {
        let settings = tcgetattr(terminal)?;
        let names = settings.input_flags.iter_names().map(|(name, _)| name.to_owned());
        let names = names.chain(settings.local_flags.iter_names().map(|(name, _)| name.to_owned()));
        let keys = settings.control_chars.iter().enumerate().map(|(index, code)| format!("key{index}={code:#x}"));
        // These words contain multi-bit fields, whose flag names say less than the number.
        let numbers = [
            format!("output={:#x}", settings.output_flags.bits()),
            format!("control={:#x}", settings.control_flags.bits()),
        ];
        Ok(Stty { local: settings.local_flags, words: names.chain(keys).chain(numbers).collect() })
    }

    pub fn echo(&self) -> bool {
        self.local.contains(LocalFlags::ECHO)
    }

    /// Whether the kernel passes whole lines to the program, not single keys.
    pub fn canonical(&self) -> bool {
        self.local.contains(LocalFlags::ICANON)
    }

    pub fn is_hidden(&self) -> bool {
        self.canonical() && !self.echo()
    }

    /// Describes how `later` differs; `None` if it does not.
    pub fn difference(&self, later: &Stty) -> Option<String> {
        let only = |a: &Stty, b: &Stty| a.words.difference(&b.words).cloned().collect::<Vec<_>>().join(" ");
        (self != later).then(|| format!("only before: {}; only after: {}", only(self, later), only(later, self)))
    }
}

impl fmt::Debug for Stty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words.iter().try_for_each(|word| write!(f, "{word} "))
    }
}

/// Panics with the differences if the settings before and after differ.
#[track_caller]
pub fn assert_same(before: &Stty, after: &Stty) {
    if let Some(difference) = before.difference(after) {
        panic!("terminal settings changed: {difference}");
    }
}

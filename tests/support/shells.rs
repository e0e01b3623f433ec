//! The shells that the tests run: where they are installed, how each runs a script, and how each evaluates what the
//! program prints.
//!
//! A script inherits nothing from the caller: no startup files, no environment except the one given, no stdin and, on
//! Unix, no terminal. So a test does the same on a developer's machine, in CI and under `nohup`.

use super::powershell_engine;
use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any script takes on a loaded machine; only turns a hang into a failure.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shell {
    Bash,
    Zsh,
    Dash,
    /// ksh93; any other shell named `ksh` counts as not installed.
    Ksh,
    Mksh,
    Busybox,
    Fish,
    Pwsh,
}

use Shell::{Bash, Busybox, Dash, Fish, Ksh, Mksh, Pwsh, Zsh};

pub const ALL: [Shell; 8] = [Bash, Zsh, Dash, Ksh, Mksh, Busybox, Fish, Pwsh];

/// A script's exit status and everything that it wrote.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// The shells found on this machine; the search runs once.
pub fn installed() -> &'static [Shell] {
    static FOUND: OnceLock<Vec<Shell>> = OnceLock::new();
    FOUND.get_or_init(|| ALL.into_iter().filter(|shell| shell.path().is_some()).collect())
}

/// The names of the shells that are not installed, for the final line that lists what was skipped.
pub fn absent() -> Vec<&'static str> {
    ALL.into_iter().filter(|shell| shell.path().is_none()).map(Shell::name).collect()
}

/// Panics if a shell named in `MFA_ENV_TEST_REQUIRE_SHELLS` (separated by spaces) is not installed. CI sets it so that
/// no shell is skipped unnoticed.
pub fn check_required() {
    let required = std::env::var("MFA_ENV_TEST_REQUIRE_SHELLS").unwrap_or_default();
    let missing: Vec<&str> =
        required.split_whitespace().filter(|name| !installed().iter().any(|shell| shell.name() == *name)).collect();
    assert!(missing.is_empty(), "required shells are not installed or not known to the tests: {missing:?}");
}

impl Shell {
    /// The executable's name, also used in test output.
    pub fn name(self) -> &'static str {
        match self {
            Bash => "bash",
            Zsh => "zsh",
            Dash => "dash",
            Ksh => "ksh",
            Mksh => "mksh",
            Busybox => "busybox",
            Fish => "fish",
            Pwsh => "pwsh",
        }
    }

    /// The name that `mfa-env --shell` accepts.
    pub fn dialect(self) -> &'static str {
        match self {
            Busybox => "ash",
            Bash | Zsh | Dash | Ksh | Mksh | Fish | Pwsh => self.name(),
        }
    }

    pub fn is_posix(self) -> bool {
        !matches!(self, Fish | Pwsh)
    }

    /// Whether an interactive shell reads keys with its own line editor, rather than lines from the kernel.
    pub fn edits_lines(self) -> bool {
        self != Dash
    }

    /// Path of the executable; `None` if it is not installed.
    pub fn path(self) -> Option<&'static Path> {
        static PATHS: OnceLock<[Option<PathBuf>; ALL.len()]> = OnceLock::new();
        PATHS.get_or_init(|| ALL.map(find))[self as usize].as_deref()
    }

    /// The documented line that evaluates the output of `program`, a command in this shell's syntax.
    pub fn eval(self, program: &str) -> String {
        match self {
            Fish => format!("{program} | source"),
            Pwsh => format!("{program} | Out-String | Invoke-Expression"),
            Bash | Zsh | Dash | Ksh | Mksh | Busybox => format!("eval \"$({program})\""),
        }
    }

    /// The same line followed by `&& next`, which must not run if the program failed.
    pub fn eval_and(self, program: &str, next: &str) -> String {
        format!("{} && {next}", self.eval(program))
    }

    /// A command that writes exactly the bytes of a variable to stdout.
    pub fn show(self, variable: &str) -> String {
        match self {
            Mksh => format!("print -rn -- \"${variable}\""), // printf is not a builtin of mksh, and PATH may be unset
            Pwsh => format!("[Console]::Out.Write($env:{variable})"),
            Bash | Zsh | Dash | Ksh | Busybox | Fish => format!("printf %s \"${variable}\""),
        }
    }

    /// Runs a script in `cwd` with only the given environment (see `program` for fish). Panics if it takes longer than
    /// a minute.
    pub fn run<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        self,
        script: &str,
        env: impl IntoIterator<Item = (K, V)>,
        cwd: &Path,
    ) -> Outcome {
        match self {
            Pwsh => powershell_engine::run(script, env, cwd),
            Bash | Zsh | Dash | Ksh | Mksh | Busybox | Fish => finish(self.command(script, env, cwd)),
        }
    }

    /// A process that runs only this script, for a test that changes it (stdin, for example) before [`finish`].
    pub fn command<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        self,
        script: &str,
        env: impl IntoIterator<Item = (K, V)>,
        cwd: &Path,
    ) -> Command {
        let mut command = self.program();
        command.args(match self {
            Bash => &["--norc", "--noprofile", "-c"][..],
            Zsh => &["-f", "-c"],
            Dash | Ksh | Mksh | Busybox => &["-c"],
            Fish => &["--no-config", "-c"],
            Pwsh => &["-NoProfile", "-NonInteractive", "-Command"],
        });
        command.arg(script).envs(env).current_dir(cwd).stdin(Stdio::null());
        command
    }

    /// An interactive shell without startup files. The caller provides a terminal and a prompt.
    pub fn interactive(self) -> Command {
        let mut command = self.program();
        command.args(match self {
            Bash => &["--norc", "--noprofile", "-i"][..],
            // By default zsh prints `%` and a line of spaces before a prompt, to mark output without a newline.
            Zsh => &["-f", "-o", "no_prompt_sp", "-i"],
            Ksh => &["-o", "emacs", "-i"], // older versions start no line editor by default
            Dash | Mksh | Busybox => &["-i"],
            Fish => &["--no-config", "-i"],
            Pwsh => &["-NoLogo", "-NoProfile"],
        });
        command
    }

    /// The name of the function `aws-mfa` in a script. Shells without hyphens in function names have `aws-mfa` as an
    /// alias, which scripts do not expand.
    pub fn function_name(self) -> &'static str {
        match self {
            Dash | Ksh | Mksh | Busybox => "aws_mfa",
            Bash | Zsh | Fish | Pwsh => "aws-mfa",
        }
    }

    /// Options from startup files that change how the shell parses text; each is tested on its own.
    pub fn parsing_options(self) -> &'static [&'static str] {
        match self {
            Bash => &[
                "",
                "set -eu; set -o pipefail",
                "set -o posix",
                "set -k",
                "set -f -H -B; IFS=:\\'; shopt -s extglob nullglob globstar dotglob; shopt -u interactive_comments",
            ],
            Zsh => &[
                "",
                "set -eu",
                "setopt extended_glob bang_hist rc_quotes interactive_comments csh_null_glob",
                "setopt ksh_arrays sh_word_split glob_subst null_glob magic_equal_subst",
                "emulate sh",
                "emulate ksh",
            ],
            Dash | Busybox => &["", "set -eu", "set -f; IFS=:\\'"],
            Ksh => &["", "set -eu", "set -f; set -o globstar; IFS=:\\'"],
            Mksh => &["", "set -eu", "set -f; set -o posix; IFS=:\\'", "set -U"],
            Fish => &["", "set -g fish_term256 0; set -g IFS :"],
            Pwsh => &["", "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"],
        }
    }

    /// Options from startup files of interactive shells; each is tested on its own.
    pub fn interactive_options(self) -> &'static [&'static str] {
        match self {
            Bash => &["set -o posix", "set -eu; shopt -u interactive_comments", "set -o noglob; set -o vi"],
            Zsh => &["setopt no_unset", "setopt sh_word_split extended_glob rc_quotes; bindkey -v", "emulate sh"],
            Dash | Ksh | Mksh | Busybox => &["set -u", "set -f", "IFS=:"],
            Fish => &["set -g fish_key_bindings fish_vi_key_bindings"],
            Pwsh => &["Set-StrictMode -Version Latest"],
        }
    }

    /// Gives an interactive shell this prompt, if the variable `PS1` does not.
    pub fn set_prompt(self, command: &mut Command, prompt: &str) {
        match self {
            Fish => {
                // A suggestion would appear in the echo of what a test types.
                let settings = "set -g fish_greeting; set -g fish_autosuggestion_enabled 0";
                command.args(["-C", &format!("{settings}; function fish_prompt; echo -n '{prompt}'; end")]);
            }
            Pwsh => {
                command.args([
                    "-NoExit",
                    "-Command",
                    &format!("Remove-Module PSReadLine; function prompt {{ '{prompt}' }}"),
                ]);
            }
            Bash | Zsh | Dash | Ksh | Mksh | Busybox => {}
        }
    }

    pub fn program(self) -> Command {
        let path = self.path().unwrap_or_else(|| panic!("{self} is not installed: test `installed()` first"));
        let mut command = Command::new(path);
        command.env_clear();
        match self {
            Busybox => {
                command.arg("sh");
            }
            Pwsh => {
                command.env("POWERSHELL_TELEMETRY_OPTOUT", "1").env("POWERSHELL_UPDATECHECK", "Off");
                // .NET programs do not start on Windows without SystemRoot.
                command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
            }
            // Without HOME, fish looks up the user's home and creates directories there.
            Fish => {
                command.env("HOME", "/dev/null");
            }
            Bash | Zsh | Dash | Ksh | Mksh => {}
        }
        command
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Outcome {
    /// The stdout of a script that exited with 0 and wrote nothing to stderr; panics otherwise.
    #[track_caller]
    pub fn ok(self) -> Vec<u8> {
        assert!(self.status.success() && self.stderr.is_empty(), "{self}");
        self.stdout
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.status, Seen { stdout: &self.stdout, stderr: &self.stderr })
    }
}

struct Seen<'a> {
    stdout: &'a [u8],
    stderr: &'a [u8],
}

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stdout: {}\nstderr: {}", self.stdout.escape_ascii(), self.stderr.escape_ascii())
    }
}

fn find(shell: Shell) -> Option<PathBuf> {
    if shell == Pwsh
        && let Some(engines) = std::env::var_os("MFA_ENV_TEST_PWSH")
    {
        return Some(Path::new(&engines).join("pwsh/pwsh"));
    }
    // On Windows `bash` may start WSL, which is a different machine; POSIX shells are not supported there.
    if cfg!(windows) && shell != Pwsh {
        return None;
    }
    let program = format!("{}{}", shell.name(), std::env::consts::EXE_SUFFIX);
    let path = std::env::split_paths(&std::env::var_os("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&program))
        .find(|path| path.is_file())?;
    (shell != Ksh || is_ksh93(&path)).then_some(path)
}

/// On Debian `ksh` may be mksh; only ksh93 has this variable.
fn is_ksh93(path: &Path) -> bool {
    let version = Command::new(path).args(["-c", "echo \"${.sh.version}\""]).stdin(Stdio::null()).output();
    version.is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"Version"))
}

pub enum Event {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    Closed,
    Ended(ExitStatus),
}

/// Runs a command until it exits. After a minute its process group is killed and the test fails with the output so far.
pub fn finish(command: Command) -> Outcome {
    start(command).finish()
}

/// A command that is running while the test continues.
pub struct Running {
    command: Command,
    pid: u32,
    inbox: Receiver<Event>,
}

/// Starts a command and collects its output.
pub fn start(mut command: Command) -> Running {
    own_session(&mut command);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let pid = child.id();
    let (events, inbox) = mpsc::channel();
    collect(child.stdout.take().expect("piped"), Event::Stdout, events.clone());
    collect(child.stderr.take().expect("piped"), Event::Stderr, events.clone());
    thread::spawn(move || {
        let status = child.wait().expect("a child can be waited for");
        let _ = events.send(Event::Ended(status));
    });
    Running { command, pid, inbox }
}

impl Running {
    /// The started process, which leads its own session.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The next output, or the end. Kills the command and panics if there is none for a minute.
    pub fn next_event(&mut self) -> Event {
        match self.inbox.recv_timeout(PATIENCE) {
            Ok(event) => event,
            Err(_) => {
                self.kill();
                panic!("nothing happened for {PATIENCE:?}: {:?}", self.command);
            }
        }
    }

    /// Kills the command and its children.
    pub fn kill(&self) {
        kill_group(self.pid);
    }

    /// Waits until the command has exited and no process holds its stdout or stderr open.
    pub fn finish(self) -> Outcome {
        let Running { command, pid, inbox } = self;
        let (mut stdout, mut stderr, mut open, mut ended) = (Vec::new(), Vec::new(), 2, None);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let (0, Some(status)) = (open, ended) {
                return Outcome { status, stdout, stderr };
            }
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Stdout(bytes)) => stdout.extend(bytes),
                Ok(Event::Stderr(bytes)) => stderr.extend(bytes),
                Ok(Event::Closed) => open -= 1,
                Ok(Event::Ended(status)) => ended = Some(status),
                Err(_) => {
                    kill_group(pid);
                    let seen = Seen { stdout: &stdout, stderr: &stderr };
                    panic!("still running after {PATIENCE:?}: {command:?}\nexit: {ended:?}\n{seen}");
                }
            }
        }
    }
}

fn collect(mut stream: impl Read + Send + 'static, event: fn(Vec<u8>) -> Event, events: Sender<Event>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let _ = events.send(event(buffer[..count].to_vec()));
        }
        let _ = events.send(Event::Closed);
    });
}

/// Runs the command in its own session, without a terminal and with default signal handling: a test run started by
/// `nohup` or with `&` would otherwise pass on that SIGHUP or SIGINT is ignored.
#[cfg(unix)]
pub fn own_session(command: &mut Command) {
    use nix::sys::signal::{SigHandler, Signal, signal};
    use std::os::unix::process::CommandExt;
    let begin = || {
        nix::unistd::setsid()?;
        for inherited in
            [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU]
        {
            // SAFETY: the default action is no handler.
            unsafe { signal(inherited, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec only setsid and sigaction are called, which are async-signal-safe.
    unsafe { command.pre_exec(begin) };
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    use nix::sys::signal::{Signal, killpg};
    let _ = killpg(nix::unistd::Pid::from_raw(leader.cast_signed()), Signal::SIGKILL);
}

#[cfg(not(unix))]
pub fn own_session(_: &mut Command) {}

#[cfg(not(unix))]
fn kill_group(leader: u32) {
    let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &leader.to_string()]).output();
}

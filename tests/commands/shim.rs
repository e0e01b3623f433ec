//! `shim`: the script that it prints, which program the script runs, and when it asks.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::shells::{self, Outcome};
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::Terminal;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

trials![
    runs_the_next_program_of_the_name_in_a_session,
    calls_the_program_by_its_place_on_path,
    never_runs_itself,
    asks_on_the_terminal,
    runs_without_a_session_where_nobody_can_be_asked,
    keeps_the_session_of_the_shell,
    installs_the_script_only_over_scripts_of_its_own,
    refuses_what_is_not_the_name_of_a_program,
];

struct Machine {
    sts: Sts,
    alice: User,
    home: Home,
    /// First on `PATH`.
    shims: PathBuf,
}

/// A machine with a program `tool` that shows its session and its arguments.
fn machine() -> Machine {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let (reader, admin) = (sts.add_role("reader", RoleSpec::default()), sts.add_role("admin", RoleSpec::default()));
    let mut home = Home::with_user(&sts, &alice, &[("admin", &admin, "")]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(
        ".aws/config",
        config + &format!("[profile plain]\nrole_arn = {reader}\nsource_profile = keys\n[profile keys]\n"),
    );
    let keys = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/credentials", keys + &credentials_section("keys", &alice));
    executable(
        &home.write("bin/tool", "#!/bin/sh\necho \"tool for ${MFA_ENV_PROFILE-nobody}:$(printf ' <%s>' \"$@\")\"\n"),
    );
    std::fs::create_dir(home.path().join("shims")).expect("a directory");
    let shims = home.path().join("shims");
    let path = format!("{}:{}:/bin:/usr/bin", shims.display(), home.path().join("bin").display());
    home.set("PATH", path);
    Machine { sts, alice, home, shims }
}

fn executable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
}

impl Machine {
    fn install(&self, arguments: &[&str]) {
        let all = ["shim", "tool"].iter().chain(arguments).chain(&["--install", "shims"]);
        Program::new(&self.home, all.copied()).writes("shims/tool").says("is in place\n").run();
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(&self.home.variables).current_dir(self.home.path());
        command
    }

    fn run(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Outcome {
        shells::finish(self.command(program, arguments))
    }
}

fn runs_the_next_program_of_the_name_in_a_session() {
    let machine = machine();
    let ran = Program::new(&machine.home, ["shim", "tool", "-p", "plain", "-r", "eu-west-1"]).run();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["#!/bin/sh", "# mfa-env shim: tool"]);
    assert_eq!(lines[2], format!("exec {} __shim tool -p plain -r eu-west-1 -- \"$0\" \"$@\"", binary().display()));
    machine.install(&["-p", "plain"]);
    let outcome = machine.run(machine.shims.join("tool"), &["a b", "", "--help", "-p", "*"]);
    assert_eq!(outcome.stdout, b"tool for plain: <a b> <> <--help> <-p> <*>\n", "{outcome}");
    assert_eq!(outcome.stderr, b"");
    let outcome = machine.run("sh", &["-c", "tool x; tool; exit 3"]);
    assert_eq!(
        (outcome.stdout.as_slice(), outcome.status.code()),
        (&b"tool for plain: <x>\ntool for plain: <>\n"[..], Some(3))
    );
}

/// A new version may be installed beside the old one, with a link that leads to it.
fn calls_the_program_by_its_place_on_path() {
    let machine = machine();
    std::fs::create_dir(machine.home.path().join("links")).expect("a directory");
    let link = machine.home.path().join("links/mfa-env");
    symlink(binary(), &link).expect("a link");
    let path = format!("{}:/bin", machine.home.path().join("links").display());
    let ran = Program::new(&machine.home, ["shim", "tool"]).env("PATH", &path).run();
    assert!(ran.stdout.contains(&format!("exec {} __shim", link.display())), "{}", ran.stdout);
    let ran = Program::new(&machine.home, ["credential-process", "admin", "--print-config"]).env("PATH", &path).run();
    assert!(ran.stdout.contains(&format!("credential_process = {} ", link.display())), "{}", ran.stdout);
    // One that leads elsewhere is not this program.
    std::fs::remove_file(&link).expect("a link");
    executable(&machine.home.write("links/mfa-env", "#!/bin/sh\n"));
    let ran = Program::new(&machine.home, ["shim", "tool"]).env("PATH", &path).run();
    assert!(ran.stdout.contains(&format!("exec {} __shim", binary().display())), "{}", ran.stdout);
}

fn never_runs_itself() {
    let machine = machine();
    machine.install(&["-p", "plain"]);
    // Linked, and copied, into directories that come before the program's.
    for (name, place) in [("links", "symlink"), ("copies", "copy"), ("hard", "hard")] {
        let directory = machine.home.path().join(name);
        std::fs::create_dir(&directory).expect("a directory");
        let (from, to) = (machine.shims.join("tool"), directory.join("tool"));
        match place {
            "symlink" => symlink(&from, &to).expect("a link"),
            "hard" => std::fs::hard_link(&from, &to).expect("a link"),
            _ => drop(std::fs::copy(&from, &to).expect("a copy")),
        }
    }
    let directories = ["links", "copies", "shims", "hard", "bin"].map(|name| machine.home.path().join(name));
    let path = std::env::join_paths(
        directories.iter().map(PathBuf::as_path).chain([Path::new("/bin"), Path::new("/usr/bin")]),
    );
    let path = path.expect("a PATH");
    for start in ["links/tool", "copies/tool", "shims/tool", "tool"] {
        let mut command = machine.command("sh", &["-c", &format!("exec {start} x")]);
        command.env("PATH", &path);
        let outcome = shells::finish(command);
        assert_eq!(outcome.stdout, b"tool for plain: <x>\n", "{start}: {outcome}");
    }
    // Without the program, it is an error, and nobody is asked.
    let only: PathBuf = machine.home.path().join("shims");
    let mut command = machine.command(only.join("tool"), &[]);
    command.env("PATH", format!("{}:/bin", only.display()));
    let outcome = shells::finish(command);
    assert_eq!(outcome.status.code(), Some(127), "{outcome}");
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("command `tool` was not found"), "{outcome}");
}

fn asks_on_the_terminal() {
    let machine = machine();
    machine.install(&["-p", "admin"]);
    let mut terminal = Terminal::spawn(machine.command("sh", &["-c", "tool x; tool y"]));
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    terminal.send_line(&machine.sts.code(&machine.alice.mfa_serial));
    terminal.expect("tool for admin: <x>");
    terminal.expect("tool for admin: <y>");
    assert!(terminal.wait().success());
    // Who was asked and gave no code gets no result.
    std::fs::remove_dir_all(machine.home.path().join(".cache")).expect("a cache");
    let mut terminal = Terminal::spawn(machine.command("sh", &["-c", "tool x; echo status $?"]));
    terminal.expect(": ");
    terminal.send_control('d');
    let shown = terminal.expect("status 5");
    assert!(!shown.contains("tool for"), "{shown}");
}

fn runs_without_a_session_where_nobody_can_be_asked() {
    let machine = machine();
    machine.install(&["-p", "admin"]);
    let says = b"mfa-env: tool runs without a session: an MFA code is needed, but nobody can be asked for it\n";
    let outcome = machine.run("tool", &["fmt"]);
    assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_slice()), (&b"tool for nobody: <fmt>\n"[..], &says[..]));
    assert!(outcome.status.success());
    // A shell that completes a command line has a terminal.
    let mut completing = machine.command("tool", &[]);
    completing.env("COMP_LINE", "tool f");
    let terminal = Terminal::spawn(completing);
    assert!(terminal.wait().success());
    assert!(terminal.output().ends_with("tool for nobody: <>\r\n"), "{}", terminal.output());
    // So has an editor, which owns it.
    let terminal = Terminal::spawn(machine.command("sh", &["-c", "stty raw -echo; tool fmt; stty sane"]));
    assert!(terminal.wait().success());
    assert!(terminal.output().contains("tool for nobody: <fmt>"), "{}", terminal.output());
    assert!(!terminal.output().contains("MFA code for"), "{}", terminal.output());
    assert_eq!(machine.sts.take_calls(), []);
}

fn keeps_the_session_of_the_shell() {
    let mut machine = machine();
    machine.install(&[]);
    let code = machine.sts.code(&machine.alice.mfa_serial);
    Program::new(&machine.home, ["admin", &code, "--format", "json", "-q"]).run().apply_to(&mut machine.home);
    machine.sts.take_calls();
    assert_eq!(machine.run("tool", &[]).stdout, b"tool for admin: <>\n");
    // With a profile, only the session of that one.
    machine.install(&["-p", "plain"]);
    assert_eq!(machine.run("tool", &[]).stdout, b"tool for plain: <>\n");
    machine.install(&["--profile", "admin"]);
    machine.sts.take_calls();
    assert_eq!(machine.run("tool", &[]).stdout, b"tool for admin: <>\n");
    assert_eq!(machine.sts.take_calls(), []);
}

fn installs_the_script_only_over_scripts_of_its_own() {
    let machine = machine();
    let install =
        |directory: &str| Program::new(&machine.home, ["shim", "tool", "-p", "plain", "--install", directory]);
    install("shims").stdout("").stderr("mfa-env: shims/tool is in place\n").writes("shims/tool").run();
    install("shims").says("is in place\n").writes("shims/tool").run();
    install("bin").fails(2).stdout("").says("mfa-env: bin/tool exists, and mfa-env did not write it\n").run();
    install("nosuch").fails(7).says("cannot be written").run();
    std::fs::create_dir(machine.home.path().join("later")).expect("a directory");
    install("later")
        .says("later/tool is in place, but PATH has ~/shims/tool first: put later before it\n")
        .writes("later/tool")
        .run();
    symlink(machine.home.path().join("bin/tool"), machine.home.path().join("later/other")).expect("a link");
    let ran = Program::new(&machine.home, ["shim", "other", "--install", "later"]);
    ran.fails(2).says("did not write it").run();
    let mode = std::fs::metadata(machine.shims.join("tool")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

fn refuses_what_is_not_the_name_of_a_program() {
    let machine = machine();
    for name in ["", "/bin/tool", "a b", "../x", ".", "-x", "ü", "a;b"] {
        let ran = Program::new(&machine.home, ["shim", "--", name]);
        ran.fails(2).stdout("").says("is not the name of a program").run();
    }
    Program::new(&machine.home, ["shim", "tool", "-d", "1s"]).fails(2).stdout("").says("--duration").run();
}

//! Which shell the statements are for without `--shell`: one found in the process tree, else one named by a variable.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{binary, path_with_program};
use crate::support::shells::{self, Shell};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

trials![
    finds_the_evaluating_shell_in_the_process_tree,
    looks_past_other_processes,
    a_script_is_run_by_its_own_shell,
    a_script_that_is_run_from_another_shell_fails,
    finds_a_shell_under_another_name,
    an_applet_of_busybox_is_not_a_shell,
    recognizes_programs_by_executable_and_arguments,
    uses_a_variable_when_no_shell_is_found,
    defaults_to_a_posix_shell_with_a_warning,
    refuses_an_unsupported_shell,
];

/// How many ancestor processes the program looks at.
const ANCESTORS: usize = 64;
const GUESS: &str =
    "the calling shell is not recognized, so the output is for sh; name yours with --shell [unknown-shell]";

fn statement(shell: Shell) -> String {
    failure_statement::of(shell.dialect(), 3)
}

/// A home whose variables name another shell than the running one.
fn home_that_names_another(shell: Shell) -> Home {
    let (name, path) = if shell == Shell::Fish { ("bash", "/bin/bash") } else { ("fish", "/usr/bin/fish") };
    let mut home = Home::with("", "");
    home.set("PATH", path_with_program()).set("MFA_ENV_SHELL", name).set("SHELL", path);
    home
}

/// The shell line that runs `command` through the processes of `child_programs::wrappers`; their paths may need quotes.
fn line_through(processes: &[String], command: &str) -> String {
    let quoted: Vec<String> = processes.iter().map(|word| format!("'{word}'")).collect();
    format!("{} {command}", quoted.join(" "))
}

// fault 6
fn finds_the_evaluating_shell_in_the_process_tree() {
    for shell in shells::installed() {
        let home = home_that_names_another(*shell);
        // With a second command the shell cannot replace itself with the program.
        let ran = shell.run("mfa-env nosuch; echo over", &home.variables, home.path());
        let stdout = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(stdout.replace("\r\n", "\n"), format!("{}over\n", statement(*shell)), "{shell}: {ran}");
        assert_eq!(String::from_utf8_lossy(&ran.stderr).lines().count(), 2, "{shell}: {ran}");
    }
}

// faults 6, 139
fn looks_past_other_processes() {
    for shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = home_that_names_another(*shell);
        for count in [1, 3, 4, 9] {
            let script = format!("{}; echo over", line_through(&child_programs::wrappers(count), "mfa-env nosuch"));
            let ran = shell.run(&script, &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert_eq!(stdout, format!("{}over\n", statement(*shell)), "{shell}, {count} between: {ran}");
        }
    }
}

/// Writes an executable script for a shell. Its name may be that of another shell.
fn write_script(home: &Home, name: &str, shell: Shell, script: &str) {
    let path = shell.path().expect("an installed shell").display();
    let applet = if shell == Shell::Busybox { " sh" } else { "" };
    let file = home.write(name, format!("#!{path}{applet}\n{script}\n"));
    fs::set_permissions(file, Permissions::from_mode(0o755)).expect("the mode");
}

// faults 139, 195
fn a_script_is_run_by_its_own_shell() {
    let names = ["deploy", "fish", "bash", "rc", "nu", "pwsh"];
    let mut cells = 0;
    for &outer in shells::installed() {
        for (i, &inner) in shells::installed().iter().filter(|inner| **inner != outer).enumerate() {
            let home = home_that_names_another(inner);
            let name = names[(outer as usize + i) % names.len()];
            write_script(&home, name, inner, "mfa-env nosuch; echo over");
            let ran = outer.run(&format!("./{name}; echo back"), &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&ran.stdout).replace("\r\n", "\n");
            assert_eq!(stdout, format!("{}over\nback\n", statement(inner)), "{inner} script {name} in {outer}: {ran}");
            cells += 1;
        }
    }
    let count = shells::installed().len();
    assert_eq!(cells, count * (count - 1));
}

// faults 139, 195: with other keys in the environment, nothing may go on
fn a_script_that_is_run_from_another_shell_fails() {
    for &outer in shells::installed() {
        for &inner in shells::installed() {
            let mut home = home_that_names_another(inner);
            home.set("AWS_ACCESS_KEY_ID", "AKIAOLD");
            write_script(&home, "fish", inner, &inner.eval_and("mfa-env nosuch", "echo WENT_ON"));
            let ran = outer.run("./fish; echo back", &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert!(stdout.contains("back") && !stdout.contains("WENT_ON"), "{inner} in {outer}: {ran}");
        }
    }
}

// fault 139: copies with a version, in a wrapper, or deleted while they run
fn finds_a_shell_under_another_name() {
    for shell in shells::installed().iter().filter(|shell| !matches!(shell, Shell::Pwsh | Shell::Busybox)) {
        let home = home_that_names_another(*shell);
        let name = shell.name();
        for copy in [format!("{name}-5.9"), format!("{name}4"), format!(".{name}-wrapped"), name.to_owned()] {
            // A process of its own copies it, because no descriptor of this one may be open for writing.
            let original = shell.path().expect("an installed shell");
            let copied = Command::new("cp").arg(original).arg(home.path().join(&copy)).status();
            assert!(copied.is_ok_and(|status| status.success()), "{copy}");
            let mut command = Command::new(home.path().join(&copy));
            command.args(["-c", &format!("rm '{copy}'; mfa-env nosuch; echo over")]);
            command.env_clear().envs(&home.variables).current_dir(home.path()).stdin(Stdio::null());
            let ran = shells::finish(command);
            assert_eq!(String::from_utf8_lossy(&ran.stdout), format!("{}over\n", statement(*shell)), "{copy}: {ran}");
        }
    }
}

// fault 139
fn an_applet_of_busybox_is_not_a_shell() {
    let Some(busybox) = Shell::Busybox.path() else { return };
    for shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = home_that_names_another(*shell);
        let script = format!("echo nosuch | {} xargs mfa-env; echo over", busybox.display());
        let ran = shell.run(&script, &home.variables, home.path());
        assert_eq!(String::from_utf8_lossy(&ran.stdout), format!("{}over\n", statement(*shell)), "{shell}: {ran}");
    }
}

// faults 139, 195
fn recognizes_programs_by_executable_and_arguments() {
    use mfa_env::shell::Shell::{Bash, Fish, PowerShell, Sh, Zsh};
    use mfa_env::shell::{Evaluating, run_by};
    let (is, not_supported) =
        (|shell| Some(Evaluating::Shell(shell)), |name: &str| Some(Evaluating::Unsupported(name.into())));
    for (executable, arguments, expected) in [
        ("/usr/bin/zsh-5.9", "", is(Zsh)),
        ("/usr/bin/bash (deleted)", "", is(Bash)),
        ("/opt/homebrew/Cellar/fish/4.0.2/bin/fish", "", is(Fish)),
        ("/nix/store/abc-fish-4.0/bin/.fish-wrapped", "", is(Fish)),
        ("/nix/store/abc/bin/..fish-wrapped-wrapped", "", is(Fish)),
        ("/usr/bin/ksh93", "", is(Sh)),
        ("/usr/bin/ksh2020", "", is(Sh)),
        ("/bin/mksh-static", "", is(Sh)),
        ("/bin/lksh", "", is(Sh)),
        ("/system/bin/sh", "", is(Sh)),
        ("/opt/microsoft/powershell/7-preview/pwsh", "", is(PowerShell)),
        ("pwsh-preview", "", is(PowerShell)),
        ("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\PowerShell.EXE", "", is(PowerShell)),
        ("pwsh.exe", "", is(PowerShell)),
        ("-zsh", "", is(Zsh)),
        ("/bin/busybox", "sh", is(Sh)),
        ("/bin/busybox", "-ash", is(Sh)),
        ("/bin/busybox", "/bin/busybox sh -c x", is(Sh)),
        ("/bin/busybox", "busybox env sh", None),
        ("/bin/busybox", "xargs sh", None),
        ("/bin/busybox", "busybox", None),
        ("/bin/busybox", "", None),
        ("/bin/toybox", "toybox sh", is(Sh)),
        ("/bin/toybox", "toybox timeout 5 sh", None),
        ("/usr/bin/dotnet", "dotnet /opt/pwsh/pwsh.dll -NoLogo", is(PowerShell)),
        ("/usr/bin/dotnet", "dotnet exec --roll-forward Major pwsh.dll", is(PowerShell)),
        ("/usr/bin/dotnet", "dotnet build.dll pwsh.dll", None),
        ("/usr/bin/dotnet", "dotnet run", None),
        ("/usr/bin/qemu-x86_64-static", "/usr/bin/qemu-x86_64-static /bin/bash ./script", is(Bash)),
        ("/usr/bin/qemu-aarch64", "qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu max /bin/dash", is(Sh)),
        ("/usr/bin/qemu-x86_64", "qemu-x86_64 /bin/busybox env bash", None),
        ("/usr/bin/qemu-x86_64", "qemu-x86_64 /bin/busybox sh", is(Sh)),
        ("/usr/bin/qemu-x86_64", "qemu-x86_64 /usr/bin/make bash", None),
        ("/usr/bin/qemu-x86_64", "qemu-x86_64 /usr/bin/qemu-x86_64 /bin/bash", None),
        ("/run/rosetta/rosetta", "rosetta /usr/bin/fish", is(Fish)),
        ("/usr/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2 /bin/zsh -l", is(Zsh)),
        ("/usr/bin/python3.11", "/usr/bin/python3 /usr/bin/xonsh", not_supported("xonsh")),
        ("/usr/bin/python3", "python -m xonsh", not_supported("xonsh")),
        ("/usr/bin/python3", "python bash", None),
        ("/usr/bin/tcsh", "", not_supported("tcsh")),
        ("/usr/bin/nu", "", not_supported("nu")),
        ("/bin/bsd-csh", "", not_supported("bsd-csh")),
        ("/usr/bin/make", "make SHELL=/bin/bash", None),
        ("/usr/sbin/sshd", "sshd: bash", None),
        ("/usr/bin/basher", "", None),
        ("/usr/bin/fisher", "", None),
        ("/usr/bin/7", "", None),
        ("", "", None),
    ] {
        let words = || arguments.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        assert_eq!(run_by(executable, &words), expected, "{executable} {arguments}");
    }
}

/// The outcome of `mfa-env nosuch` with no shell among the ancestors that the program looks at.
fn run_without_a_shell(variables: &[(&str, &str)]) -> shells::Outcome {
    let home = Home::with("", "");
    let words = child_programs::wrappers(ANCESTORS);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(binary()).arg("nosuch");
    command.env_clear().envs(&home.variables).envs(variables.iter().copied()).current_dir(home.path());
    let ran = shells::finish(command);
    assert_eq!(ran.status.code(), Some(3), "{variables:?}: {ran}");
    ran
}

// fault 6
fn uses_a_variable_when_no_shell_is_found() {
    use mfa_env::shell::Shell::{Fish, PowerShell, Sh, Zsh};
    use mfa_env::shell::detect;
    let guess = (Sh, true);
    for (variables, expected) in [
        (&[("MFA_ENV_SHELL", "fish")][..], (Fish, false)),
        (&[("MFA_ENV_SHELL", "pwsh")], (PowerShell, false)),
        (&[("MFA_ENV_SHELL", "/opt/bin/fish")], (Fish, false)),
        (&[("MFA_ENV_SHELL", "C:\\bin\\pwsh.exe")], (PowerShell, false)),
        (&[("MFA_ENV_SHELL", "fish"), ("SHELL", "/bin/bash")], (Fish, false)),
        (&[("MFA_ENV_SHELL", "nosuch"), ("SHELL", "/usr/bin/fish")], (Fish, false)),
        (&[("SHELL", "/usr/bin/fish")], (Fish, false)),
        (&[("SHELL", "/bin/zsh-5.9")], (Zsh, false)),
        (&[("SHELL", "zsh")], (Zsh, false)),
        (&[], guess),
        (&[("SHELL", "/bin/nologin")], guess),
        (&[("SHELL", "/bin/tcsh")], guess),
        (&[("SHELL", "/usr/bin/nu")], guess),
        (&[("SHELL", "")], guess),
        (&[("SHELL", "/")], guess),
        (&[("MFA_ENV_SHELL", "nosuch")], guess),
    ] {
        let variables = variables.iter().copied().collect();
        let found = detect(std::iter::empty(), &variables, Sh).expect("a shell");
        assert_eq!((found.shell, found.is_guess), expected);
    }
    let ran = run_without_a_shell(&[("SHELL", "/usr/bin/fish")]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), statement(Shell::Fish), "{ran}");
    assert!(!String::from_utf8_lossy(&ran.stderr).contains(GUESS), "{ran}");
}

// fault 6
fn defaults_to_a_posix_shell_with_a_warning() {
    let ran = run_without_a_shell(&[("SHELL", "/bin/tcsh")]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), statement(Shell::Bash), "{ran}");
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(stderr.starts_with(&format!("mfa-env: warning: {GUESS}\n")), "{ran}");
}

/// Text that is quoted for one shell can break out of its quotes in another, so an unknown shell is an error.
// fault 6
fn refuses_an_unsupported_shell() {
    let home = Home::with("", "");
    let program = std::env::current_exe().expect("the path of this program");
    // A hard link gives this program the process name of that shell.
    let dir = tempfile::tempdir_in(program.parent().expect("a directory")).expect("a directory");
    for name in ["tcsh", "csh", "nu", "elvish", "xonsh"] {
        let stand_in = dir.path().join(name);
        std::fs::hard_link(&program, &stand_in).expect("a hard link");
        let mut command = Command::new(&stand_in);
        command.args(child_programs::wrappers(1).iter().skip(1)).arg(binary()).args(["main", "123456"]);
        command.env_clear().envs(&home.variables).env("SHELL", "/bin/bash").current_dir(home.path());
        let ran = shells::finish(command);
        assert_eq!(
            (ran.status.code(), ran.stdout.as_slice()),
            (Some(2), failure_statement::of("unknown", 2).as_bytes()),
            "{name}: {ran}"
        );
        let message = format!("mfa-env: the calling shell, `{name}`, is not supported\n");
        assert!(String::from_utf8_lossy(&ran.stderr).starts_with(&message), "{name}: {ran}");
    }
}

//! The `aws-mfa` function of each shell: it signs in, passes arguments and statuses through, and shows no secret.

use crate::support::env_dump;
use crate::support::home::Home;
use crate::support::powershell::GUARD;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::stub_program;
use mfa_env::commands::{COMMANDS, Output, snippet};
use mfa_env::function_name::FunctionName;
use mfa_env::shell::Shell as Dialect;
use std::collections::BTreeSet;

trials![
    signs_in_and_out,
    the_view_comes_and_goes,
    returns_the_status_of_the_program,
    fails_when_the_program_is_killed,
    fails_when_the_program_is_missing,
    fails_when_the_evaluation_fails,
    passes_arguments_unchanged,
    evaluates_only_export_and_unset,
    shell_tracing_shows_no_secrets,
    leaves_no_variables_behind,
    the_snippets_list_every_other_command_as_not_evaluated,
    the_bash_snippet_avoids_syntax_newer_than_3_2,
    the_powershell_snippet_avoids_syntax_newer_than_5_1,
];

/// What a stub prints that changes nothing: the functions evaluate only what has a redirection, as the statements have.
const NOTHING: &str = "echo '# </dev/null'";

/// The line that loads the snippet, as its first comment says; `strict` adds `set -eu` in POSIX shells.
fn load(shell: Shell, strict: bool) -> String {
    let init = shell.eval(&format!("mfa-env init {}", Dialect::named(shell.dialect()).expect("a dialect").name()));
    match shell {
        Shell::Fish | Shell::Pwsh => init,
        _ if strict => format!("set -eu\n{init}"),
        _ => init,
    }
}

/// Runs a script after the snippet.
fn run(shell: Shell, strict: bool, script: &str, home: &Home) -> Outcome {
    shell.run(&format!("{}\n{script}", load(shell, strict)), &home.variables, home.path())
}

fn status(shell: Shell) -> &'static str {
    if shell == Shell::Fish { "$status" } else { "$?" }
}

fn with_user(sts: &Sts, user: &str) -> (Home, String) {
    let alice = sts.add_user(user);
    let role = sts.add_role(&format!("role-of-{user}"), RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(sts, &alice, &[("prod", &role, "region = eu-central-1")]);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    (home, alice.mfa_serial)
}

fn signs_in_and_out() {
    let sts = Sts::start();
    for &shell in shells::installed() {
        let (mut home, serial) = with_user(&sts, shell.name());
        let f = shell.function_name();
        let script = [
            format!("{f} prod {}", sts.code(&serial)),
            env_dump::dump("prod"),
            format!("{f} unset"),
            env_dump::dump("unset"),
        ];
        let before = env_dump::after(shell, &load(shell, true), &home.variables, home.path());
        let outcome = run(shell, true, &script.join("\n"), &home);
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
        assert!(stderr.starts_with("prod · ") && stderr.contains("@123456789012 · "), "{shell}: {outcome}");
        assert_eq!(stderr.lines().count(), 1, "{shell}: {outcome}");
        let session = sts.sessions().pop().expect("a session");
        let prod = env_dump::read(&home.path().join("prod"));
        assert_eq!(prod.get("AWS_SESSION_TOKEN"), Some(&session.session_token.into_bytes()), "{shell}");
        assert_eq!(prod.get("AWS_REGION").map(Vec::as_slice), Some(&b"eu-central-1"[..]), "{shell}");
        assert_eq!(env_dump::read(&home.path().join("unset")), before, "{shell}");

        // The code alone, for the profile in AWS_PROFILE.
        home.set("AWS_PROFILE", "prod");
        let script = [format!("{f} {}", sts.code(&serial)), env_dump::dump("code")];
        let outcome = run(shell, true, &script.join("\n"), &home);
        assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
        let session = sts.sessions().pop().expect("a session");
        let seen = env_dump::read(&home.path().join("code"));
        assert_eq!(seen.get("AWS_SESSION_TOKEN"), Some(&session.session_token.into_bytes()), "{shell}");
    }
}

/// `--all` sets the files and the profile, and no key; `unset` puts back what was there.
fn the_view_comes_and_goes() {
    for &shell in shells::installed() {
        let sts = Sts::start();
        let (mut home, device) = with_user(&sts, "alice");
        let original = home.path().join(".aws/config").display().to_string();
        home.set("AWS_CONFIG_FILE", &original).set("AWS_PROFILE", "main").set("AWS_SECRET_ACCESS_KEY", "left over");
        let f = shell.function_name();
        let script = format!(
            "{f} --all prod {} -q\n{}\n{f} unset -q\n{}",
            sts.code(&device),
            env_dump::dump("with"),
            env_dump::dump("without")
        );
        let outcome = run(shell, false, &script, &home);
        assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell}: {outcome}");
        let value = |seen: &std::collections::BTreeMap<String, Vec<u8>>, name: &str| {
            seen.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let with = env_dump::read(&home.path().join("with"));
        let cache = home.cache().display().to_string();
        for (name, end) in [("AWS_CONFIG_FILE", ".config"), ("AWS_SHARED_CREDENTIALS_FILE", ".credentials")] {
            let path = value(&with, name).unwrap_or_default();
            assert!(path.starts_with(&cache) && path.ends_with(end), "{shell}: {name}={path}");
        }
        assert_eq!(value(&with, "AWS_PROFILE").as_deref(), Some("prod"), "{shell}");
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            assert_eq!(value(&with, name), None, "{shell}: {name}");
        }
        let without = env_dump::read(&home.path().join("without"));
        assert_eq!(value(&without, "AWS_CONFIG_FILE"), Some(original), "{shell}");
        assert_eq!(value(&without, "AWS_SHARED_CREDENTIALS_FILE"), None, "{shell}");
        assert_eq!(value(&without, "AWS_PROFILE").as_deref(), Some("main"), "{shell}");
    }
}

// fault 8
fn returns_the_status_of_the_program() {
    let mut home = Home::with("[profile other]\n", "");
    home.set("PATH", path_with_program()).set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    for &shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let f = shell.function_name();
        for (words, expected) in
            [("nosuch", 3), ("--nosuch", 2), ("export nosuch", 3), ("unset --nosuch", 2), ("list --nosuch", 2)]
        {
            let script = format!(
                "{f} {words} && echo on\n{f} {words}\necho status {}\n{}",
                status(shell),
                env_dump::dump("after")
            );
            let outcome = run(shell, false, &script, &home);
            assert_eq!(
                String::from_utf8_lossy(&outcome.stdout),
                format!("status {expected}\n"),
                "{shell} {words}: {outcome}"
            );
            let after = env_dump::read(&home.path().join("after"));
            assert_eq!(
                after.get("AWS_ACCESS_KEY_ID").map(Vec::as_slice),
                Some(&b"AKIAIOSFODNN7EXAMPLE"[..]),
                "{shell}"
            );
        }
        if shell.is_posix() {
            // With `set -e` a script ends at the failure unless it handles it.
            let outcome = run(shell, true, &format!("{f} nosuch\necho on"), &home);
            assert!(outcome.status.code() == Some(3) && outcome.stdout.is_empty(), "{shell}: {outcome}");
            let caught = format!("if {f} nosuch; then echo on; fi\n{f} nosuch || echo caught {}", status(shell));
            let outcome = run(shell, true, &caught, &home);
            assert_eq!(String::from_utf8_lossy(&outcome.stdout), "caught 3\n", "{shell}: {outcome}");
        }
    }
    // PowerShell's function throws instead, and the program's status remains in a variable.
    for &shell in shells::installed().iter().filter(|shell| **shell == Shell::Pwsh) {
        for (words, expected) in [("nosuch", 3), ("--nosuch", 2), ("unset --nosuch", 2), ("list --nosuch", 2)] {
            let script = format!(
                "try {{ aws-mfa {words} && Write-Output on }} catch {{ }}\n\"status $LASTEXITCODE\"\n{}",
                env_dump::dump("after")
            );
            let outcome = run(shell, false, &script, &home);
            assert_eq!(String::from_utf8_lossy(&outcome.stdout), format!("status {expected}\n"), "{words}: {outcome}");
            let after = env_dump::read(&home.path().join("after"));
            assert_eq!(after.get("AWS_ACCESS_KEY_ID").map(Vec::as_slice), Some(&b"AKIAIOSFODNN7EXAMPLE"[..]));
            // Other commands do not end a script, as in other shells.
            let goes_on = words.starts_with("list");
            let uncaught = run(shell, false, &format!("aws-mfa {words}\n'on'"), &home);
            assert_eq!(uncaught.status.success(), goes_on, "{words}: {uncaught}");
            assert_eq!(uncaught.stdout.is_empty(), !goes_on, "{words}: {uncaught}");
        }
    }
}

/// Asserts that the function fails with one of these statuses.
fn assert_fails(shell: Shell, home: &Home, words: &str, expected: &[i32]) {
    let f = shell.function_name();
    if shell == Shell::Pwsh {
        let outcome = run(shell, false, &format!("{f} {words} && Write-Output on"), home);
        assert!(outcome.stdout.is_empty() && !outcome.status.success(), "{shell} {words}: {outcome}");
        return;
    }
    let script = format!("{f} {words} && echo on\n{f} {words}\necho status {}", status(shell));
    let outcome = run(shell, false, &script, home);
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    assert!(expected.iter().any(|code| stdout == format!("status {code}\n")), "{shell} {words}: {outcome}");
}

// fault 19
fn fails_when_the_program_is_killed() {
    for &shell in shells::installed() {
        let home = stub_program::home("kill -9 $$");
        for words in ["prod", "123456", "unset", "export prod"] {
            // ksh93 adds 256 to a signal's number; the other shells add 128.
            assert_fails(shell, &home, words, &[128 + 9, 256 + 9]);
            assert!(stub_program::take_arguments(&home).is_some(), "{shell}: the program was not started");
        }
    }
}

fn fails_when_the_program_is_missing() {
    for &shell in shells::installed() {
        let mut home = stub_program::home("");
        let path = home.variables[std::ffi::OsStr::new("PATH")].clone();
        let dirs: Vec<_> = std::env::split_paths(&path).skip(1).collect();
        home.set("PATH_WITHOUT", std::env::join_paths(dirs).expect("a PATH"));
        let without = match shell {
            Shell::Fish => "set -gx PATH (string split : $PATH_WITHOUT)",
            Shell::Pwsh => "$env:PATH = $env:PATH_WITHOUT",
            _ => "PATH=$PATH_WITHOUT",
        };
        let f = shell.function_name();
        for words in ["prod", "unset"] {
            let script = match shell {
                Shell::Pwsh => format!("{without}\n{f} {words} && Write-Output on"),
                _ => format!("{without}\n{f} {words} && echo on\n{f} {words}\necho status {}", status(shell)),
            };
            let outcome = run(shell, false, &script, &home);
            let stdout = String::from_utf8_lossy(&outcome.stdout);
            assert!(stdout == "status 127\n" || shell == Shell::Pwsh && stdout.is_empty(), "{shell}: {outcome}");
            assert_eq!(stub_program::take_arguments(&home), None, "{shell}");
        }
    }
}

/// The program succeeds, and what it printed fails.
fn fails_when_the_evaluation_fails() {
    for &shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = stub_program::home("echo 'false # </dev/null'\n");
        let f = shell.function_name();
        let script = format!("{f} prod && echo on\n{f} prod\necho status {}", status(shell));
        let outcome = run(shell, false, &script, &home);
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "status 1\n", "{shell}: {outcome}");
    }
}

/// A stub that prints a statement without effect.
fn prints_nothing_to_do(shell: Shell) -> String {
    if shell == Shell::Pwsh { format!("printf '%s\\n' '{GUARD}'") } else { NOTHING.to_owned() }
}

fn passes_arguments_unchanged() {
    let words =
        ["a b", "", "it's", "a\"b", "*", "$HOME", "a\\", "~", "--", "-d", "12h", "\u{65e5}", "a;b", "!x", "=ls", "%"];
    for &shell in shells::installed() {
        let mut home = stub_program::home(&prints_nothing_to_do(shell));
        home.set("LC_ALL", "C.UTF-8");
        let quoted: Vec<String> = words
            .iter()
            .map(|word| match shell {
                Shell::Fish => format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'")),
                Shell::Pwsh => format!("'{}'", word.replace('\'', "''")),
                _ => format!("'{}'", word.replace('\'', "'\\''")),
            })
            .collect();
        let name = Dialect::named(shell.dialect()).expect("a dialect").name();
        let sent = |own: &[&str], words: &[&str]| -> Vec<String> {
            own.iter().chain(&["--shell", name]).chain(words).map(|word| (*word).to_owned()).collect()
        };
        for (typed, own) in [("", &["export"][..]), ("export ", &["export"]), ("unset ", &["unset"])] {
            let outcome =
                run(shell, shell.is_posix(), &format!("{} {typed}{}", shell.function_name(), quoted.join(" ")), &home);
            assert!(outcome.status.success() && outcome.stderr.is_empty(), "{shell}: {outcome}");
            assert_eq!(stub_program::take_arguments(&home), Some(sent(own, &words)), "{shell} {typed}");
        }
        let outcome = run(shell, shell.is_posix(), shell.function_name(), &home);
        assert!(outcome.status.success(), "{shell}: {outcome}");
        assert_eq!(stub_program::take_arguments(&home), Some(sent(&["export"], &[])), "{shell}");
    }
}

fn evaluates_only_export_and_unset() {
    for &shell in shells::installed() {
        let home = stub_program::home("echo 'touch pwn'; exit 4");
        // The stub passes these on to the real program.
        let others = COMMANDS
            .iter()
            .filter(|command| command.output != Output::Evaluated)
            .map(|command| command.name)
            .filter(|name| !["init", "__complete", "__runs_script"].contains(name))
            .chain(["help", "--help", "-h", "--version", "-V"]);
        for word in others {
            let script = format!("{} {word} x", shell.function_name());
            let script = if shell == Shell::Pwsh { script } else { format!("{script}\necho status {}", status(shell)) };
            let outcome = run(shell, false, &script, &home);
            let expected = if shell == Shell::Pwsh { "touch pwn\n" } else { "touch pwn\nstatus 4\n" };
            assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected, "{shell} {word}: {outcome}");
            assert!(!home.path().join("pwn").exists(), "{shell}: the output of {word} was evaluated");
            let version = (word == "doctor").then(|| format!("--function={}", env!("CARGO_PKG_VERSION")));
            let passed = [word.to_owned()].into_iter().chain(version).chain(["x".to_owned()]);
            assert_eq!(stub_program::take_arguments(&home), Some(passed.collect()), "{shell}");
        }
        // `export` is evaluated, so the check above can fail. PowerShell's function evaluates only statements of ours.
        if shell == Shell::Pwsh {
            continue;
        }
        let home = stub_program::home("echo 'touch pwn # </dev/null'");
        run(shell, false, &format!("{} export x", shell.function_name()), &home);
        assert!(home.path().join("pwn").exists(), "{shell}: the output of export was not evaluated");
    }
}

// fault 136
fn shell_tracing_shows_no_secrets() {
    for &shell in shells::installed() {
        let traces: &[(&str, &str)] = match shell {
            Shell::Pwsh => &[("Set-PSDebug -Trace 2", "Set-PSDebug -Off")],
            Shell::Fish => &[("set fish_trace 1", "set -e fish_trace"), ("set -g fish_trace 1", "set -eg fish_trace")],
            Shell::Bash => &[
                ("set -x", ""),
                ("set -v", ""),
                ("set -xv", ""),
                ("set -eux", ""),
                ("exec 7>trace; BASH_XTRACEFD=7; set -x", ""),
            ],
            _ => &[("set -x", ""), ("set -v", ""), ("set -xv", ""), ("set -eux", "")],
        };
        for (on, off) in traces {
            let home = stub_program::home("cat statements");
            let secret = "Fwo/TOPSECRET+Xd==";
            let statements = Dialect::named(shell.dialect()).expect("a dialect").statements(&[
                mfa_env::environment::EnvChange::set("AWS_SECRET_ACCESS_KEY", secret),
                mfa_env::environment::EnvChange::unset("AWS_PROFILE"),
            ]);
            home.write("statements", statements.as_bytes());
            let flags = if shell.is_posix() { "case $- in *x*) echo traced ;; *v*) echo verbose ;; esac" } else { "" };
            let words = format!("{f} prod\n{f} export prod\n{f} unset\n{f} --help", f = shell.function_name());
            let script = format!("{on}\n{words}\n{flags}\n{off}\n{}", env_dump::dump("after"));
            // `set -v` shows the lines of a file, but not those of an argument.
            home.write("script", &script);
            let script = if shell.is_posix() { ". ./script" } else { script.as_str() };
            let outcome = run(shell, false, script, &home);
            assert!(outcome.status.success(), "{shell} {on}: {outcome}");
            let seen = env_dump::read(&home.path().join("after"));
            assert_eq!(seen.get("AWS_SECRET_ACCESS_KEY").map(Vec::as_slice), Some(secret.as_bytes()), "{shell} {on}");
            // Only the output of `--help`, which is not evaluated but shown, contains the secret.
            let mut visible = outcome.stdout.clone();
            visible.extend(&outcome.stderr);
            visible.extend(std::fs::read(home.path().join("trace")).unwrap_or_default());
            let visible = String::from_utf8_lossy(&visible);
            assert_eq!(visible.matches("TOPSECRET").count(), 1, "{shell} {on}: {visible}");
            // Tracing was on. ksh reads the whole file before `set -v` takes effect.
            let shown = shell != Shell::Ksh || *on != "set -v";
            assert_eq!(visible.contains("prod"), shown, "{shell} {on}: {visible}");
            if shell.is_posix() {
                // Without the function the trace contains the secret.
                let without = format!("{on}\n{}", shell.eval("mfa-env prod"));
                let bare = shell.run(&without, &home.variables, home.path());
                let seen = String::from_utf8_lossy(&bare.stderr).contains("TOPSECRET");
                assert!(seen || on.contains("BASH_XTRACEFD") || *on == "set -v", "{shell} {on}: {bare}");
                let expected = if on.contains('x') && !on.ends_with("-v") { "traced" } else { "verbose" };
                let stdout = String::from_utf8_lossy(&outcome.stdout);
                assert!(stdout.lines().any(|line| line == expected), "{shell} {on}: {outcome}");
            }
        }
    }
}

fn leaves_no_variables_behind() {
    for &shell in shells::installed() {
        let home = stub_program::home(&prints_nothing_to_do(shell));
        let list = match shell {
            Shell::Fish => "set --names",
            Shell::Pwsh => "Get-Variable | ForEach-Object Name",
            Shell::Zsh => "typeset +",
            Shell::Ksh | Shell::Mksh => "typeset | sed 's/=.*//'",
            _ => "set | sed -n 's/^\\([A-Za-z_][A-Za-z_0-9]*\\)=.*/\\1/p'",
        };
        let f = shell.function_name();
        let script = format!("{list}\necho ---\n{f} prod\n{f} unset\n{f} list\n{list}");
        let outcome = run(shell, false, &script, &home);
        let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let (before, after) = stdout.split_once("---\n").unwrap_or_else(|| panic!("{shell}: {outcome}"));
        // `list` is not evaluated, so its output is on stdout.
        let is_output = |line: &&str| line.starts_with('#') || *line == GUARD;
        let names = |text: &str| -> BTreeSet<String> {
            text.lines().filter(|line| !is_output(line)).map(str::to_owned).collect()
        };
        let new: Vec<String> = names(after).difference(&names(before)).cloned().collect();
        let own_variables =
            ["_", "PIPESTATUS", "pipestatus", "status", "LASTEXITCODE", "StackTrace", "export _AST_FEATURES"];
        let left: Vec<&String> = new.iter().filter(|name| !own_variables.contains(&name.as_str())).collect();
        assert!(left.is_empty() && names(before).len() > 5, "{shell}: {left:?}");
    }
}

const SNIPPETS: [Dialect; 5] = [Dialect::Bash, Dialect::Zsh, Dialect::Sh, Dialect::Fish, Dialect::PowerShell];

/// The first list of words in a snippet: the commands whose output is not evaluated.
fn other_commands(dialect: Dialect) -> BTreeSet<String> {
    let text = snippet(dialect, FunctionName::DEFAULT);
    let from = text.find("__complete").expect("the list");
    let start = match dialect {
        Dialect::Fish => text[..from].rfind("case ").expect("case") + 5,
        Dialect::PowerShell => text[..from].rfind("if (").expect("if") + 4,
        _ => text[..from].rfind('(').expect("(") + 1,
    };
    let end = match dialect {
        Dialect::Fish => text[from..].find("\n            return"),
        Dialect::PowerShell => text[from..].find(" -ccontains"),
        _ => text[from..].find(')'),
    };
    let separators = |c: char| c.is_whitespace() || "|\\',".contains(c);
    text[start..from + end.expect("the end of the list")]
        .split(separators)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn the_snippets_list_every_other_command_as_not_evaluated() {
    let mut expected: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert!(expected.remove("export") && expected.remove("unset"));
    for dialect in SNIPPETS {
        let words = other_commands(dialect);
        assert_eq!(words.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{dialect:?}");
    }
}

/// Searches the snippet for syntax of later versions, because only macOS still has bash 3.2 to test with.
fn the_bash_snippet_avoids_syntax_newer_than_3_2() {
    let text = snippet(Dialect::Bash, FunctionName::DEFAULT);
    let later = [
        "local -\n",
        "local - ",
        "@Q}",
        "@A}",
        "@E}",
        "mapfile",
        "readarray",
        "declare -A",
        "local -A",
        "local -n",
        "declare -n",
        "declare -g",
        ",,}",
        "^^}",
        "^}",
        "coproc",
        "|&",
        "&>>",
        ";;&",
        ";&",
        "[-1]",
        "printf -v COMPREPLY[",
        "compopt",
        "lastpipe",
        "globstar",
        "EPOCHSECONDS",
        "BASHPID",
        "wait -n",
        "read -i",
        "read -N",
        "test -v",
        "[[ -v",
        "%(",
        "{fd}",
    ];
    let found: Vec<&&str> = later.iter().filter(|word| text.contains(**word)).collect();
    assert!(found.is_empty(), "{found:?}");
    // bash 3.2 has `${x: -1}`, but no negative length; the snippet needs neither.
    assert!(!text.contains(": -"), "a negative length");
}

/// Searches the snippet for syntax of PowerShell 7, and for characters outside ASCII, which 5.1 misreads.
fn the_powershell_snippet_avoids_syntax_newer_than_5_1() {
    let text = snippet(Dialect::PowerShell, FunctionName::DEFAULT);
    assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "not ASCII");
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    for later in
        ["&&", "||", "??", "?.", "?[", "`u{", "-Parallel", "clean {", "`e", "$IsWindows", "$IsLinux", "$PSStyle"]
    {
        assert!(!code.contains(later), "{later} needs PowerShell 7");
    }
    // The ternary operator; `?` without blanks is Where-Object.
    let before_parameters = code.split("param(").next().expect("the start of the function");
    assert!(!code.contains(" ? ") && !before_parameters.contains("CmdletBinding"));
}

//! Completion of commands and profile names. A completed name is one argument, whatever characters it contains.

use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::stub_program;
use crate::support::terminal::Terminal;
use mfa_env::commands::COMMANDS;
use mfa_env::help::TOPICS;

trials![
    completes_commands_and_profiles,
    a_completed_name_is_one_argument,
    completes_the_common_prefix_of_several_names,
    bash_completes_names_with_colons_and_equals_signs,
    completes_inside_quotes_and_after_a_backslash,
    offers_only_candidates_that_fit_the_position,
    offers_no_control_or_invisible_characters,
    offers_no_profiles_when_the_files_are_unreadable,
    describes_candidates_on_request,
];

/// The installed shells whose completion can be tested; PowerShell's needs a kind of terminal that the tests lack.
fn shells_with_completion() -> impl Iterator<Item = Shell> {
    shells::installed().iter().copied().filter(|shell| matches!(shell, Shell::Bash | Shell::Zsh | Shell::Fish))
}

/// An interactive shell with the snippet loaded, in a home whose `mfa-env` records its arguments.
fn at_prompt(shell: Shell, home: &Home) -> Terminal {
    let mut variables = home.variables.clone();
    variables.insert("LC_ALL".into(), "C.UTF-8".into());
    let mut terminal = Terminal::shell(shell, &variables, home.path());
    if shell == Shell::Zsh {
        terminal.run_line("autoload -Uz compinit && compinit -u -D");
    }
    let shown = terminal.run_line(&shell.eval(&format!("mfa-env init {}", shell.name())));
    assert!(!shown.contains("rror") && !shown.contains("not found"), "{shell}: {shown}");
    terminal
}

fn with_profiles(names: &[&str]) -> Home {
    let home = stub_program::home("");
    let section = |name: &&str| match *name {
        _ if name.contains(['"', '\\']) => format!("[profile '{name}']\n"),
        _ if name.contains([' ', '\'']) => format!("[profile \"{name}\"]\n"),
        _ => format!("[profile {name}]\n"),
    };
    home.write(".aws/config", names.iter().map(section).collect::<String>());
    home
}

/// The arguments of the stub after typing `typed`, in which `\t` requests completion.
fn arguments_of(terminal: &mut Terminal, home: &Home, typed: &str) -> Vec<String> {
    terminal.run_line(typed);
    stub_program::take_arguments(home).unwrap_or_else(|| panic!("{typed:?} did not run: {}", terminal.output()))
}

fn completes_commands_and_profiles() {
    let home = with_profiles(&["production", "staging"]);
    for shell in shells_with_completion() {
        let mut terminal = at_prompt(shell, &home);
        for (typed, expected) in [
            ("mfa-env uns\t", &["unset"][..]),
            ("mfa-env prod\t", &["production"]),
            ("mfa-env export stag\t", &["export", "staging"]),
            ("mfa-env -p stag\t", &["-p", "staging"]),
            ("mfa-env --profile stag\t", &["--profile", "staging"]),
            ("mfa-env --profile=stag\t", &["--profile=staging"]),
            ("mfa-env prod\t --show --no-pre\t", &["production", "--show", "--no-preflight"]),
            ("aws-mfa prod\t", &["export", "--shell", shell.name(), "production"]),
            ("aws-mfa uns\t", &["unset", "--shell", shell.name()]),
            ("aws-mfa unset --qui\t", &["unset", "--shell", shell.name(), "--quiet"]),
            // Nothing matches, so the typed text is unchanged.
            ("mfa-env nosuch\t", &["nosuch"]),
        ] {
            assert_eq!(arguments_of(&mut terminal, &home, typed), expected, "{shell} {typed:?}");
        }
        // Under a name of the user's, and the name of the other function still completes.
        terminal.run_line(&shell.eval(&format!("mfa-env init {} --name sign-in", shell.name())));
        for name in ["sign-in", "aws-mfa"] {
            let typed = format!("{name} prod\t");
            let expected = ["export", "--shell", shell.name(), "production"];
            assert_eq!(arguments_of(&mut terminal, &home, &typed), expected, "{shell} {typed:?}");
        }
    }
}

/// A profile name and the part of it that is typed before TAB.
const NAMES: [(&str, &str); 15] = [
    ("evil$(touch pwn)", "evil"),
    ("tick`touch pwn`", "tick"),
    ("semi;touch pwn", "semi"),
    ("a:b", "a"),
    ("colon:two:three", "colon:t"),
    ("equal=sign", "equal=s"),
    ("my profile", "my"),
    ("it's", "it"),
    ("star*", "star"),
    ("quo\"te", "quo"),
    ("back\\slash", "back"),
    ("dollar$HOME", "dollar"),
    ("hash #x", "hash"),
    ("bang!!x", "bang"),
    ("tilde~{b,c}<d>|e&f", "tilde"),
];

// fault 4
fn a_completed_name_is_one_argument() {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).chain(["-dash"]).collect();
    let home = with_profiles(&names);
    for shell in shells_with_completion() {
        let mut terminal = at_prompt(shell, &home);
        for (name, typed) in NAMES {
            assert_eq!(arguments_of(&mut terminal, &home, &format!("mfa-env {typed}\t")), [name], "{shell}");
            let by_function = arguments_of(&mut terminal, &home, &format!("aws-mfa {typed}\t"));
            assert_eq!(by_function, ["export", "--shell", shell.name(), name], "{shell}");
            let by_option = arguments_of(&mut terminal, &home, &format!("mfa-env unset -p {typed}\t --show"));
            assert_eq!(by_option, ["unset", "-p", name, "--show"], "{shell}");
        }
        assert_eq!(arguments_of(&mut terminal, &home, "mfa-env -p -d\t"), ["-p", "-dash"], "{shell}");
        assert!(!home.path().join("pwn").exists(), "{shell}: a name ran");
    }
}

/// The first TAB completes the common prefix, which may end in the middle of text that needs quotes.
fn completes_the_common_prefix_of_several_names() {
    let home = with_profiles(&[
        "a:one",
        "a:two",
        "my old team",
        "my other",
        "it's one",
        "it's two",
        "$(touch pwn)1",
        "$(touch pwn)2",
    ]);
    for shell in shells_with_completion() {
        let mut terminal = at_prompt(shell, &home);
        for (typed, name) in [
            ("a\tt\t", "a:two"),
            ("my\tt\t", "my other"),
            ("'my\tl\t", "my old team"),
            ("it\tt\t", "it's two"),
            ("'$(\t2\t", "$(touch pwn)2"),
        ] {
            let got = arguments_of(&mut terminal, &home, &format!("mfa-env {typed}"));
            assert_eq!(got, [name], "{shell} {typed:?}: {}", terminal.output());
        }
        assert!(!home.path().join("pwn").exists(), "{shell}: a name ran");
    }
}

/// readline replaces only the text after the last `:` or `=`, unless these are removed from `COMP_WORDBREAKS`.
/// bash 3.2 does not split the words there, so both forms are tested.
fn bash_completes_names_with_colons_and_equals_signs() {
    let home = with_profiles(&["a:one", "a:two", "b=three"]);
    for shell in shells_with_completion().filter(|shell| *shell == Shell::Bash) {
        let mut terminal = at_prompt(shell, &home);
        let mut replies = |words: &str| {
            let complete = format!(
                "COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
                 _mfa_env_complete; echo \"<${{COMPREPLY[*]}}>\""
            );
            let shown = terminal.run_line(&complete);
            shown.trim_end().to_owned()
        };
        assert_eq!(replies("mfa-env a:t"), "<two>");
        assert_eq!(replies("mfa-env a : t"), "<two>");
        assert_eq!(replies("mfa-env a :"), "<one two>");
        assert_eq!(replies("mfa-env a:"), "<one two>");
        assert_eq!(replies("mfa-env -p b=t"), "<three>");
        assert_eq!(replies("mfa-env --profile=b=t"), "<three>");
        assert_eq!(replies("mfa-env --profile = b = t"), "<three>");
        terminal.run_line("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}");
        for (typed, name) in [("a:t\t", "a:two"), ("b\t", "b=three"), ("--profile=b\t", "--profile=b=three")] {
            assert_eq!(arguments_of(&mut terminal, &home, &format!("mfa-env {typed}")), [name], "{typed:?}");
        }
    }
}

fn completes_inside_quotes_and_after_a_backslash() {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let home = with_profiles(&names);
    for shell in shells_with_completion() {
        let mut terminal = at_prompt(shell, &home);
        for (typed, name) in [
            ("'my pr\t", "my profile"),
            ("\"my pr\t", "my profile"),
            ("my\\ pr\t", "my profile"),
            ("'evi\t", "evil$(touch pwn)"),
            ("\"evi\t", "evil$(touch pwn)"),
            ("\"tic\t", "tick`touch pwn`"),
            ("'a:\t", "a:b"),
            ("\"colon:tw\t", "colon:two:three"),
            ("'semi;\t", "semi;touch pwn"),
            ("\"quo\t", "quo\"te"),
            ("\"it'\t", "it's"),
            ("it\\'\t", "it's"),
            ("\"back\t", "back\\slash"),
        ] {
            let got = arguments_of(&mut terminal, &home, &format!("mfa-env {typed}"));
            assert_eq!(got, [name], "{shell} {typed:?}");
        }
        assert!(!home.path().join("pwn").exists(), "{shell}: a name ran");
    }
}

fn listed_commands() -> Vec<&'static str> {
    COMMANDS.iter().filter(|command| command.is_listed()).map(|command| command.name).collect()
}

/// The candidates that `__complete` prints for the last word.
fn candidates(home: &Home, words: &[&str]) -> Vec<String> {
    let index = (words.len() - 1).to_string();
    let ran = Program::new(home, ["__complete", &index].iter().chain(words).copied()).run();
    ran.stdout.lines().map(str::to_owned).collect()
}

fn offers_only_candidates_that_fit_the_position() {
    let home = Home::with("[profile one]\n[profile \"two words\"]\n[default]\n[sso-session no]\n", "[three]\n");
    let profiles = ["one", "two words", "default", "three"];
    let commands = listed_commands();
    let all: Vec<&str> = commands.iter().chain(&profiles).copied().collect();
    for program in ["mfa-env", "aws-mfa"] {
        assert_eq!(candidates(&home, &[program, ""]), all);
        for command in ["export", "explain", "logout"] {
            assert_eq!(candidates(&home, &[program, command, ""]), profiles);
        }
        assert_eq!(candidates(&home, &[program, "one", "--profile", ""]), profiles);
        assert_eq!(candidates(&home, &[program, "init", ""]), ["bash", "zsh", "sh", "fish", "powershell"]);
        assert_eq!(candidates(&home, &[program, "--shell", ""]), ["bash", "zsh", "sh", "fish", "powershell"]);
        assert_eq!(
            candidates(&home, &[program, "--format", ""]),
            ["statements", "json", "env-file", "github-env", "terragrunt", "sts"]
        );
        for command in ["unset", "list", "status"] {
            assert_eq!(candidates(&home, &[program, command, ""]), [""; 0]);
        }
        let topics = TOPICS.iter().map(|topic| topic.name);
        let helped: Vec<&str> = commands.iter().copied().chain(topics).collect();
        assert_eq!(candidates(&home, &[program, "help", ""]), helped);
        assert_eq!(candidates(&home, &[program, "unset", "-"]), ["--shell", "--show", "--quiet", "--help"]);
        assert_eq!(candidates(&home, &[program, "init", "bash", "--"]), ["--name", "--help"]);
        assert!(candidates(&home, &[program, "-"]).contains(&"--role-arn".to_owned()));
    }
    // Requests that no shell should make, but might.
    assert_eq!(candidates(&home, &["mfa-env"]), all);
    Program::new(&home, ["__complete", "99", "mfa-env"]).run();
    Program::new(&home, ["__complete"]).fails(2).stdout("").says("INDEX").run();
}

/// The shell shows candidates unescaped. A terminal would interpret control characters, and bidirectional and invisible
/// ones would make a name look like another.
// faults 31, 162
fn offers_no_control_or_invisible_characters() {
    let home = Home::with(
        "[profile good]\n[profile ü日本]\n[profile a\u{1b}[31mb]\n[profile 'a\tb']\n[profile c\u{9b}d]\n\
         [profile e\u{7}]\n[profile g\u{85}]\n[profile h\u{202e}i]\n[profile go\u{200b}od]\n[profile \u{2066}x]\n\
         [profile y\u{e0041}]\n[profile z\u{7f}]\n",
        "[good\u{feff}]\n",
    );
    let candidates = candidates(&home, &["mfa-env", "export", ""]);
    assert_eq!(candidates, ["good", "ü日本"]);
}

fn offers_no_profiles_when_the_files_are_unreadable() {
    let mut home = Home::with("[profile one\n", "");
    home.set("PATH", path_with_program());
    assert_eq!(candidates(&home, &["mfa-env", "export", ""]), [""; 0]);
    assert_eq!(candidates(&home, &["mfa-env", "un"]), listed_commands());
    home.set("AWS_CONFIG_FILE", home.path().to_owned());
    assert_eq!(candidates(&home, &["mfa-env", "export", ""]), [""; 0]);
}

/// After a tab: the role and the account of a profile, or its kind if it cannot sign in; the first line of the help of
/// commands, topics and options.
fn describes_candidates_on_request() {
    let home = Home::with(
        "[profile one]\nrole_arn = arn:aws:iam::210987654321:role/path/admin\nsource_profile = keys\n\
         [profile broken]\nrole_arn = x\nsource_profile = keys\n\
         [profile bare]\nregion = eu-west-1\n\
         [profile web]\nsso_session = x\nsso_account_id = 123456789012\nsso_role_name = x\n\
         [profile keys]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile token]\nmfa_serial = GAHT12345678\n",
        "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         [token]\naws_access_key_id = AKIAIOSFODNN7EXAMPL2\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
    );
    let described = |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let ran = Program::new(&home, ["__complete", "--describe", &index].iter().chain(words).copied()).run();
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        described(&["mfa-env", "export", ""]),
        [
            "one\tadmin@210987654321",
            "broken\tbroken",
            "bare\tsettings",
            "web\tsso",
            "keys\t123456789012",
            "token\tkeys",
        ]
    );
    assert_eq!(described(&["mfa-env", "--profile=k"])[4], "--profile=keys\t123456789012");
    assert_eq!(described(&["mfa-env", "un"])[1], "unset\tClear the session and restore what it replaced");
    assert!(
        described(&["mfa-env", "help", ""]).contains(&"shells\tSet up bash, zsh, fish, PowerShell and others".into())
    );
    let options = described(&["mfa-env", "unset", "-"]);
    assert!(options.iter().all(|option| option.contains('\t')), "{options:?}");
    assert_eq!(described(&["mfa-env", "init", ""]), ["bash", "zsh", "sh", "fish", "powershell"]);
}

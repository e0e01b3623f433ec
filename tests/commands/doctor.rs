//! `doctor`: each of its lines in each of its states, and that its advice helps.

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::proxy::Proxy;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Devices, Fault, Gate, NO_LISTENER, Policy, RoleSpec, Sts, User, UserSpec};
use crate::support::terminal::Terminal;
use crate::support::tls::Tls;
use crate::support::unprivileged;
use std::fs;
use std::os::unix::fs::PermissionsExt;

trials![
    everything_is_fine,
    json_has_the_same_lines,
    files_that_are_missing_open_or_malformed,
    files_that_the_aws_cli_rejects,
    variables_that_name_no_profile,
    lines_are_shown_as_they_are_known,
    startup_files_that_define_nothing_or_read_others,
    cache_files_that_nobody_uses,
    a_view_is_explained,
    profiles_that_cannot_sign_in,
    variables_that_hide_a_session,
    variables_of_other_tools,
    the_function_and_its_line,
    a_cache_that_cannot_be_used,
    the_way_to_aws_step_by_step,
    certificates_that_are_not_the_systems,
    clocks_that_differ,
    keys_that_aws_refuses,
    devices_that_do_not_match,
    no_code_and_no_session,
    no_secret_is_shown,
];

struct Setup {
    sts: Sts,
    alice: User,
    home: Home,
}

const PROFILE: &str = "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";

fn setup() -> Setup {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    Setup::with(sts, alice, PROFILE)
}

impl Setup {
    fn with(sts: Sts, alice: User, config: &str) -> Setup {
        let mut home = Home::with(config, &credentials_section("main", &alice));
        home.set("AWS_ENDPOINT_URL", sts.url()).set("LANG", "C.UTF-8");
        let setup = Setup { sts, alice, home };
        setup.chmod(".aws/credentials", 0o600);
        setup
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.home.path().join(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn doctor(&self, arguments: &[&str]) -> Program<'_> {
        Program::new(&self.home, ["doctor"].iter().chain(arguments).copied()).env("PATH", path_with_program())
    }

    /// What it prints about `main`, and that its status fits.
    #[track_caller]
    fn says(&self, variables: &[(&str, &str)]) -> String {
        self.says_of("main", variables)
    }

    #[track_caller]
    fn says_of(&self, profile: &str, variables: &[(&str, &str)]) -> String {
        let outcome = |status| {
            let program = self.doctor(&[profile]).fails(status);
            let program = variables.iter().fold(program, |program, (name, value)| program.env(*name, *value));
            shells::finish(program.command())
        };
        let outcome = outcome(0);
        let text = String::from_utf8(outcome.stdout.clone()).expect("text");
        let expected = i32::from(text.lines().any(|line| line.starts_with('✗')));
        assert_eq!(outcome.status.code(), Some(expected), "{outcome}");
        assert!(outcome.stderr.is_empty(), "{outcome}");
        text
    }
}

/// Asserts that a check has a line with this mark and text, and returns the advice below it.
#[track_caller]
fn line<'a>(text: &'a str, mark: char, check: &str, part: &str) -> Vec<&'a str> {
    let begins = format!("{mark} {check:<12} ");
    let mut lines = text.lines().skip_while(|line| !(line.starts_with(&begins) && line.contains(part)));
    assert!(lines.next().is_some(), "no line {begins:?} with {part:?}:\n{text}");
    lines.take_while(|line| line.starts_with("    ")).map(str::trim).collect()
}

/// The marks of the lines of a check.
fn marks(text: &str, check: &str) -> String {
    let of_check = text.lines().filter(|line| line.chars().skip(2).collect::<String>().starts_with(check));
    of_check.filter_map(|line| line.chars().next()).collect()
}

fn everything_is_fine() {
    let setup = setup();
    let text = setup.says(&[]);
    let checks: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split_whitespace().nth(1).expect("a check"))
        .collect();
    let all = "files profile environment shell cache proxy DNS TLS endpoint clock keys device";
    assert_eq!(checks.join(" "), all, "{text}");
    // The test's STS is not AWS, and the shell is that of whoever runs the tests.
    let odd = text.lines().filter(|line| line.starts_with('!') && !line.starts_with("! shell")).count();
    assert_eq!(odd, 1, "{text}");
    let advice = line(&text, '!', "endpoint", "(AWS_ENDPOINT_URL) answered in");
    let is_there = advice[0].starts_with("it does not belong to AWS, and sign-ins send the code there; ");
    assert!(is_there, "{text}");
    line(&text, '✓', "files", "~/.aws/config, ~/.aws/credentials: 1 profile");
    line(&text, '✓', "keys", "user alice in account 123456789012");
    line(&text, '✓', "device", "mfa/alice (~/.aws/config:2)");
    let plain = setup.doctor(&["main"]).env("LC_ALL", "C").run();
    assert!(plain.stdout.starts_with("+ files "), "{}", plain.stdout);
    assert!(!plain.stdout.contains(['✓', '✗']), "{}", plain.stdout);
    // With the styles of every other command.
    let styled = setup.doctor(&["main"]).env("CLICOLOR_FORCE", "1").run().stdout;
    assert!(styled.contains("\n\x1b[33m!\x1b[0m endpoint     127.0.0.1:"), "{styled}");
    let styled = setup.doctor(&["nosuch"]).env("CLICOLOR_FORCE", "1").fails(1).run().stdout;
    assert!(styled.contains("\n\x1b[31m✗\x1b[0m profile "), "{styled}");
}

fn json_has_the_same_lines() {
    let setup = setup();
    let ran = setup.doctor(&["main", "--json"]).run();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(json["version"], 1);
    let checks = json["checks"].as_array().expect("a list");
    let text = setup.says(&[]);
    assert_eq!(checks.len(), text.lines().filter(|line| !line.starts_with(' ')).count());
    let endpoint = checks.iter().find(|check| check["check"] == "endpoint").expect("the endpoint");
    assert_eq!(endpoint["state"], "warning");
    assert!(endpoint["advice"].as_str().is_some_and(|advice| advice.contains("not belong to AWS")), "{endpoint}");
    setup.doctor(&["nosuch", "--json"]).fails(1).run();
}

// FAULTS: what list and explain say about files, in one place.
fn files_that_are_missing_open_or_malformed() {
    let setup = setup();
    setup.chmod(".aws/credentials", 0o644);
    let text = setup.says(&[]);
    let advice = line(&text, '!', "files", "other users can read or change ~/.aws/credentials");
    assert_eq!(advice, ["close it to them with: chmod 600 ~/.aws/credentials"]);
    setup.chmod(".aws/credentials", 0o600);
    assert_eq!(marks(&setup.says(&[]), "files"), "✓");

    setup.home.write(".aws/config", format!("{PROFILE}[broken\nx = 1\n[profile main]\nregion = us-east-1\n"));
    let text = setup.says(&[]);
    line(
        &text,
        '✗',
        "files",
        "~/.aws/config:3: a line that is neither a header nor a setting; the AWS CLI and boto3 reject",
    );
    line(&text, '!', "profile", "[main] is defined twice");
    setup.home.write(".aws/config", [b"\xef\xbb\xbf", PROFILE.as_bytes()].concat());
    line(&setup.says(&[]), '✗', "files", "~/.aws/config:1: the file starts with a byte order mark; the AWS CLI");
    // Each warning is there once.
    assert_eq!(marks(&setup.says(&[]), "cache"), "✓");
    setup.home.write(".aws/config", PROFILE);

    let text = setup.says(&[("AWS_CONFIG_FILE", "/nonexistent/config")]);
    line(&text, '!', "files", "AWS_CONFIG_FILE names /nonexistent/config");
    fs::remove_dir_all(setup.home.path().join(".aws")).expect("the folder");
    let text = setup.says(&[]);
    assert!(!line(&text, '✗', "files", "~/.aws/config").is_empty(), "{text}");
    assert_eq!(marks(&text, "profile"), "");
}

/// Each of them makes every profile unusable for the AWS CLI (`consumers::botocore_parity` asks it).
fn files_that_the_aws_cli_rejects() {
    let setup = setup();
    for (lines, says) in [
        (
            "[profile other]\nregion = us-east-1\nregion = us-east-1\n",
            "config:5: region is set twice in its section (first ~/.aws/config:4)",
        ),
        (
            "[profile other]\nregion = a\n[profile other]\noutput = json\n",
            "config:5: [profile other] is defined twice (first ~/.aws/config:3)",
        ),
        ("[profile other]\nfoo\n", "config:4: a line that is neither a header nor a setting"),
        ("[profile other]\ns3 =\n  foo\n", "config:5: a line below a `key =` without `=`"),
        ("[sso-session x]\nA = 1\na = 2\n", "config:5: a is set twice"),
    ] {
        setup.home.write(".aws/config", format!("{PROFILE}{lines}"));
        let text = setup.says(&[]);
        line(&text, '✗', "files", says);
        assert_eq!(text.matches('✗').count(), 1, "{text}");
        // The profile itself is fine, for mfa-env.
        assert_eq!(marks(&text, "profile"), "✓", "{text}");
        if !lines.starts_with("[sso") && !lines.contains("s3 =") {
            let listed = Program::new(&setup.home, ["list"]).says("[rejected-file]").run();
            assert!(listed.stderr.contains(says), "{}", listed.stderr);
        }
    }
    setup.home.write(".aws/config", PROFILE);
    let twice = credentials_section("main", &setup.alice).repeat(2);
    setup.home.write(".aws/credentials", twice);
    let text = setup.says(&[]);
    line(&text, '✗', "files", "~/.aws/credentials:4: [main] is defined twice (first ~/.aws/credentials:1)");
    assert_eq!(marks(&text, "profile"), "✓", "{text}");
    // One profile of the way to the keys.
    setup.home.write(".aws/credentials", credentials_section("main", &setup.alice));
    setup.home.write(".aws/config", format!("{PROFILE}[profile x]\nsource_profile = main\nrole_arn = arn:aws:iam::123456789012:role/x\nmfa_maxage = 1h\n"));
    let text = setup.says_of("x", &[]);
    line(
        &text,
        '!',
        "profile",
        "~/.aws/config:6: `mfa_maxage` is not a setting; did you mean mfa_max_age? [misspelt-setting]",
    );
}

/// Variables that name no profile are a finding, as everything else is.
fn variables_that_name_no_profile() {
    use std::os::unix::ffi::OsStrExt;
    let setup = setup();
    for name in [b"a\nb".as_slice(), b"\xff"] {
        let doctor = || setup.doctor(&[]).env("AWS_PROFILE", std::ffi::OsStr::from_bytes(name)).fails(1);
        let text = shells::finish(doctor().command()).stdout;
        line(&String::from_utf8(text).expect("text"), '✗', "profile", "AWS_PROFILE");
        let ran = shells::finish(
            setup.doctor(&["--json"]).env("AWS_PROFILE", std::ffi::OsStr::from_bytes(name)).fails(1).command(),
        );
        assert_eq!((ran.status.code(), &ran.stderr[..]), (Some(1), &b""[..]), "{ran}");
        let json: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        let checks = json["checks"].as_array().expect("a list");
        let profile = checks.iter().find(|check| check["check"] == "profile").expect("the profile");
        assert_eq!(profile["state"], "error", "{json}");
        assert!(checks.iter().any(|check| check["check"] == "cache"), "{json}");
    }
}

/// A person who waits for AWS sees what is known already.
fn lines_are_shown_as_they_are_known() {
    let setup = setup();
    let gate = Gate::new();
    setup.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut terminal = Terminal::spawn(setup.doctor(&["main"]).command());
    terminal.expect("✓ files ");
    terminal.expect("cache ");
    terminal.expect("whose keys these are\r\n");
    gate.open();
    terminal.expect("✓ device ");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
    assert_eq!(terminal.output().matches(" cache ").count(), 1, "{}", terminal.output());
    // A program that reads JSON, and somebody who watches it.
    let gate = Gate::new();
    setup.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut terminal = Terminal::spawn(setup.doctor(&["main", "--json"]).command());
    terminal.expect("whose keys these are\r\n");
    gate.open();
    terminal.expect("{\"checks\":");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
}

fn startup_files_that_define_nothing_or_read_others() {
    let mut setup = setup();
    setup.home.set("PATH", path_with_program());
    let says = |text: &str| {
        setup.home.write(".bashrc", text);
        let ran = Shell::Bash.run("mfa-env doctor main\ntrue", &setup.home.variables, setup.home.path());
        String::from_utf8(ran.stdout.clone()).unwrap_or_else(|_| panic!("{ran}"))
    };
    let init = "eval \"$(mfa-env init bash)\"";
    for (text, why) in [
        ("eval \"$(mfa-env init zsh)\"", "~/.bashrc:1 does not define the function aws-mfa: it is for zsh"),
        ("true\nmfa-env init bash", "~/.bashrc:2 does not define the function aws-mfa: the shell does not evaluate"),
        (&format!("echo run: {init}"), "~/.bashrc:1 does not define the function aws-mfa: the shell does not evaluate"),
        ("alias x=y", "bash: no startup file defines the function aws-mfa"),
        (
            "for f in ~/.bashrc.d/*; do . \"$f\"; done",
            "bash: no startup file that can be followed defines the function",
        ),
        (". ~/.rc3", "bash: no startup file defines the function aws-mfa"),
    ] {
        let text = says(&format!("{text}\n"));
        let advice = line(&text, '!', "shell", why);
        assert_eq!(advice, ["add this line to ~/.bashrc:", init], "{text}");
    }
    let home = setup.home.path().display().to_string();
    setup.home.write(".rc2", format!("{init}\n"));
    setup.home.write("a b", format!("{init}\n"));
    let loop_of = format!(". ~/.bashrc\n. ~/.loop\n{init}\n");
    setup.home.write(".loop", loop_of);
    for (text, file) in [
        (init.to_owned(), ".bashrc"),
        (format!("[ -x /x ] && {init}"), ".bashrc"),
        (format!("if true; then {init}; fi"), ".bashrc"),
        (format!("case $- in *i*) {init};; esac"), ".bashrc"),
        ("source <(mfa-env init bash)".to_owned(), ".bashrc"),
        (". <(/usr/local/bin/mfa-env init bash)".to_owned(), ".bashrc"),
        ("eval \"$(command mfa-env init bash)\"".to_owned(), ".bashrc"),
        ("eval \"`mfa-env init bash`\"".to_owned(), ".bashrc"),
        ("  eval $(~/bin/mfa-env init bash --name awsp)".to_owned(), ".bashrc"),
        // Plugins evaluate it, too, and nothing is known of their commands.
        ("_evalcache mfa-env init bash".to_owned(), ".bashrc"),
        (format!("defer {init}"), ".bashrc"),
        ("mfa-env init bash >~/.init; . ~/.init".to_owned(), ".bashrc"),
        (". ~/.rc2".to_owned(), ".rc2"),
        ("[ -f ~/.rc2 ] && source \"$HOME/.rc2\"".to_owned(), ".rc2"),
        (format!("if [ -r {home}/.rc2 ]; then . '{home}/.rc2'; fi"), ".rc2"),
        (". ~/.loop".to_owned(), ".loop"),
    ] {
        line(&says(&format!("{text}\n")), '✓', "shell", &format!("bash; ~/{file} defines the function "));
    }
}

fn cache_files_that_nobody_uses() {
    let setup = setup();
    setup.says(&[]);
    let name = format!("{}.json", "a".repeat(64));
    setup.home.write(&format!(".cache/mfa-env/{name}"), "junk");
    setup.chmod(&format!(".cache/mfa-env/{name}"), 0o600);
    let text = setup.says(&[]);
    line(&text, '✓', "cache", "~/.cache/mfa-env: 0 sessions");
    line(&text, '!', "cache", &format!("a cached session is ignored: ~/.cache/mfa-env/{name} (written by another"));
    setup.chmod(&format!(".cache/mfa-env/{name}"), 0o644);
    line(&setup.says(&[]), '!', "cache", "(accessible to other users) [");
}

fn a_view_is_explained() {
    let setup = setup();
    let view = Program::new(&setup.home, ["view"]).env("PATH", path_with_program()).run().stdout;
    let text = setup.says(&[("AWS_CONFIG_FILE", view.trim())]);
    // Root can write to a file that is read-only.
    let who = if unprivileged::is_root() { "programs of root" } else { "no program" };
    let advice = line(&text, '✓', "files", &format!("which {who} can write to"));
    assert_eq!(advice, ["`aws configure` needs the files themselves; leave the view first with: aws-mfa unset"]);
    line(&text, '✓', "files", "~/.aws/config, ~/.aws/credentials: 1 profile");
}

fn profiles_that_cannot_sign_in() {
    let setup = setup();
    let text = setup.says_of("mian", &[]);
    assert_eq!(marks(&text, "profile"), "✗");
    assert!(line(&text, '✗', "profile", "profile `mian` not found").iter().any(|line| line.contains("main")), "{text}");
    // Nothing is known about its keys, so nothing is sent.
    assert!(setup.sts.calls().is_empty());
    let role = setup.sts.add_role("admin", RoleSpec::default());
    let role = format!("{PROFILE}[profile prod]\nrole_arn = {role}\nsource_profile = main\nduration_seconds = 3601\n");
    setup.home.write(".aws/config", format!("{role}[profile chained]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = prod\nduration_seconds = 7200\n"));
    line(
        &setup.says_of("prod", &[]),
        '✓',
        "profile",
        "prod: role admin in account 123456789012, with the keys of main",
    );
    line(&setup.says_of("chained", &[]), '!', "profile", "is reduced from 7200 to 3600");
}

fn variables_that_hide_a_session() {
    let setup = setup();
    line(&setup.says(&[]), '✓', "environment", "no credentials in the variables");
    let code = setup.sts.code(&setup.alice.mfa_serial);
    let exported = Program::new(&setup.home, ["main", &code, "--format", "json"]).says("main").run();
    let mut home = Home::empty();
    exported.apply_to(&mut home);
    let session: Vec<(String, String)> = serde_json::from_str::<serde_json::Value>(&exported.stdout)
        .expect("JSON")
        .as_object()
        .expect("an object")
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let session: Vec<(&str, &str)> = session.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    line(&setup.says(&session), '✓', "environment", "signed in to main");
    let without_token: Vec<(&str, &str)> =
        session.iter().filter(|(name, _)| *name != "AWS_SESSION_TOKEN").copied().collect();
    let text = setup.says(&without_token);
    let advice = line(&text, '✗', "environment", "AWS_SESSION_TOKEN is not set");
    assert_eq!(advice, ["sign in with: aws-mfa"]);
    let beside: Vec<(&str, &str)> = session.iter().copied().chain([("AWS_PROFILE", "main")]).collect();
    let text = setup.says(&beside);
    assert_eq!(
        line(&text, '!', "environment", "AWS_PROFILE is set to `main` together with keys"),
        ["remove it with: unset AWS_PROFILE"]
    );
}

fn variables_of_other_tools() {
    let setup = setup();
    let keys =
        [("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_SESSION_TOKEN", "y")];
    let with = |more: &[(&'static str, &'static str)]| setup.says(&[&keys[..], more].concat());
    line(&with(&[]), '!', "environment", "AWS_ACCESS_KEY_ID has keys that are not from mfa-env");
    for (variable, tool) in [("AWS_VAULT", "aws-vault"), ("AWSUME_PROFILE", "AWSume"), ("ASSUMED_ROLE", "assume-role")]
    {
        line(
            &with(&[(variable, "x")]),
            '!',
            "environment",
            &format!("; {tool} may have set them, as {variable} is set"),
        );
    }
    let text = setup.says(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")]);
    line(&text, '!', "environment", "AWS_WEB_IDENTITY_TOKEN_FILE is set");
}

fn the_function_and_its_line() {
    let version = env!("CARGO_PKG_VERSION");
    for &shell in shells::installed() {
        let mut setup = setup();
        let (file, shown) = match shell {
            Shell::Bash => (".bashrc", "~/.bashrc"),
            Shell::Zsh => (".zshrc", "~/.zshrc"),
            Shell::Fish => (".config/fish/config.fish", "~/.config/fish/config.fish"),
            Shell::Pwsh => (".config/powershell/Microsoft.PowerShell_profile.ps1", "$PROFILE"),
            Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Busybox => (".shrc", "~/.shrc"),
        };
        let path = setup.home.path().join(".shrc");
        setup.home.set("ENV", path).set("PATH", path_with_program()).set("PROFILE", "main");
        let run = |script: &str| {
            // A shell may become the last command of a script.
            let script = if shell == Shell::Pwsh { script.to_owned() } else { format!("{script}\ntrue") };
            let outcome = shell.run(&script, &setup.home.variables, setup.home.path());
            String::from_utf8(outcome.stdout.clone()).unwrap_or_else(|_| panic!("{outcome}"))
        };
        let text = run("mfa-env doctor main");
        let advice: Vec<String> = line(&text, '!', "shell", "no startup file defines the function aws-mfa")
            .iter()
            .map(|l| l.to_string())
            .collect();
        assert_eq!(advice[0], format!("add this line to {shown}:"), "{shell}");
        // The advice helps, but not as a comment.
        setup.home.write(file, format!("# {}\n", advice[1]));
        line(&run("mfa-env doctor main"), '!', "shell", "no startup file defines");
        let alias = if shell == Shell::Pwsh {
            "Set-Alias -Name aws-mfa -Value mfa-env"
        } else {
            "alias aws-mfa='mfa-env exec'"
        };
        setup.home.write(file, format!("{}\n{alias}\n", advice[1]));
        let text = run("mfa-env doctor main");
        line(&text, '✓', "shell", "defines the function aws-mfa (`aws-mfa doctor` checks it)");
        line(&text, '!', "shell", &format!("an alias at ~/{file}:2 may hide the function aws-mfa"));
        // The function says its version.
        let loaded = format!("{}\n{} doctor main", advice[1], shell.function_name());
        line(&run(&loaded), '✓', "shell", &format!("with the function aws-mfa {version}"));
        let text = run("mfa-env doctor --function=0.0.1 main");
        let old = line(&text, '!', "shell", &format!("aws-mfa is of version 0.0.1, the program of {version}"));
        assert_eq!(old, ["start a new shell"]);
    }
}

fn a_cache_that_cannot_be_used() {
    let setup = setup();
    line(&setup.says(&[]), '✓', "cache", "~/.cache/mfa-env: 0 sessions");
    setup.chmod(".cache/mfa-env", 0o755);
    let text = setup.says(&[]);
    line(&text, '!', "cache", "~/.cache/mfa-env cannot be used (accessible to other users)");
    let named = setup.home.path().join("named");
    line(&setup.says(&[("MFA_ENV_CACHE_DIR", named.to_str().expect("UTF-8"))]), '✓', "cache", "~/named: 0 sessions");
    let file = setup.home.write("file", "");
    let text = setup.says(&[("MFA_ENV_CACHE_DIR", file.to_str().expect("UTF-8"))]);
    line(&text, '!', "cache", "~/file cannot be used");
}

fn the_way_to_aws_step_by_step() {
    let setup = setup();
    let step = |variables: &[(&str, &str)]| setup.says(variables);
    let text = step(&[("AWS_ENDPOINT_URL_STS", "https://nowhere.invalid")]);
    line(&text, '✗', "DNS", "nowhere.invalid cannot be resolved");
    assert_eq!(marks(&text, "TLS"), "", "{text}");
    let text = step(&[("AWS_ENDPOINT_URL_STS", &format!("http://{NO_LISTENER}"))]);
    line(&text, '✓', "DNS", NO_LISTENER);
    line(&text, '✗', "endpoint", "cannot be reached");
    let proxy = format!("http://{NO_LISTENER}");
    let text = step(&[("AWS_ENDPOINT_URL_STS", "https://nowhere.invalid"), ("HTTPS_PROXY", &proxy)]);
    line(&text, '✗', "proxy", "cannot be reached");
    let page = Proxy::responding("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let text = step(&[
        ("AWS_ENDPOINT_URL_STS", "https://nowhere.invalid"),
        ("HTTPS_PROXY", &format!("http://user:secret@{}", page.address)),
    ]);
    line(&text, '✗', "proxy", "refused to connect");
    assert!(!text.contains("secret"), "{text}");
    let portal = Proxy::responding("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi");
    let text = step(&[("AWS_ENDPOINT_URL_STS", &format!("http://{}", portal.address))]);
    line(&text, '✗', "endpoint", "is not from STS");
}

fn certificates_that_are_not_the_systems() {
    let setup = setup();
    let tls = Tls::in_front_of(&setup.sts, &["127.0.0.1"]);
    let url = format!("https://{}", tls.address);
    let text = setup.says(&[("AWS_ENDPOINT_URL_STS", &url)]);
    let advice = line(&text, '✗', "TLS", "is not trusted");
    assert!(advice[0].contains("set AWS_CA_BUNDLE"), "{text}");
    // The advice helps.
    let bundle = setup.home.write("ca.pem", &tls.pem).display().to_string();
    let text = setup.says(&[("AWS_ENDPOINT_URL_STS", &url), ("AWS_CA_BUNDLE", &bundle)]);
    line(&text, '!', "TLS", "trusting ~/ca.pem (AWS_CA_BUNDLE)");
    line(&text, '✓', "keys", "user alice");
    let text = setup.says(&[("AWS_ENDPOINT_URL_STS", &url), ("AWS_CA_BUNDLE", "/nonexistent/ca.pem")]);
    line(&text, '✗', "TLS", "the CA bundle /nonexistent/ca.pem cannot be used");
}

fn clocks_that_differ() {
    let setup = setup();
    line(&setup.says(&[]), '✓', "clock", " ms ");
    setup.sts.set_clock(100);
    line(&setup.says(&[]), '!', "clock", " ms behind AWS (within ");
    setup.sts.set_clock(-100);
    line(&setup.says(&[]), '!', "clock", " ms ahead of AWS (within ");
    setup.sts.set_clock(3600);
    let text = setup.says(&[]);
    line(&text, '✗', "clock", " ms behind AWS");
    // The program corrects the time itself.
    assert_eq!(marks(&text, "keys"), "✓", "{text}");
}

fn keys_that_aws_refuses() {
    let setup = setup();
    setup.sts.remove_key(&setup.alice.access_key_id);
    let text = setup.says(&[]);
    assert!(!line(&text, '✗', "keys", "").is_empty(), "{text}");
    assert_eq!(marks(&text, "device"), "", "{text}");
    line(&text, '!', "endpoint", "answered in");
}

fn devices_that_do_not_match() {
    let with = |serials: &[&str], config: &str| {
        let sts = Sts::start();
        let devices = Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect());
        let alice = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
        Setup::with(sts, alice, config)
    };
    let (alice, phone) = ("arn:aws:iam::123456789012:mfa/alice", "arn:aws:iam::123456789012:mfa/phone");
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key";
    let plain = "[profile main]\nregion = us-east-1\n";
    let setup = with(&[phone], PROFILE);
    let text = setup.says(&[]);
    let advice = line(&text, '✗', "device", &format!("{alice} (~/.aws/config:2) is not a device of alice"));
    assert_eq!(advice, [format!("write there: mfa_serial = {phone}")]);
    // The advice helps.
    setup.home.write(".aws/config", PROFILE.replace(alice, phone));
    line(&setup.says(&[]), '✓', "device", phone);

    let setup = with(&[phone], plain);
    let text = setup.says(&[]);
    line(&text, '✓', "profile", "main: its own keys, without mfa_serial");
    let advice = line(&text, '!', "device", &format!("profile main names none; alice has {phone}"));
    assert_eq!(advice, [format!("add to [profile main]: mfa_serial = {phone}")]);
    setup.home.write(".aws/config", format!("[profile main]\nmfa_serial = {phone}\n"));
    assert_eq!(marks(&setup.says(&[]), "device"), "✓");

    let text = with(&[alice, phone], plain).says(&[]);
    assert_eq!(line(&text, '!', "device", "alice has 2"), ["add one of them as mfa_serial: mfa-env device main"]);
    let text = with(&[], plain).says(&[]);
    assert_eq!(line(&text, '!', "device", "alice has none"), ["register one: mfa-env enroll main"]);
    let text = with(&[key], plain).says(&[]);
    assert_eq!(
        line(&text, '!', "device", "only security keys"),
        ["register an authenticator app as well: mfa-env enroll main"]
    );
    let setup = with(&[alice], PROFILE);
    setup.sts.restrict(&setup.alice, Policy::denying(&["ListMFADevices"]));
    let text = setup.says(&[]);
    assert_eq!(marks(&text, "device"), "!", "{text}");
}

fn no_code_and_no_session() {
    let setup = setup();
    setup.says(&[]);
    let actions: Vec<String> = setup.sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "ListMFADevices"]);
    assert!(setup.sts.sessions().is_empty());
}

fn no_secret_is_shown() {
    let setup = setup();
    let secret = &setup.alice.secret_access_key;
    let config = format!("[profile main]\nmfa_serial = {secret}\nregion = {secret}\n");
    setup.home.write(".aws/config", config);
    for text in [setup.says(&[]), setup.doctor(&["main", "--json"]).fails(1).run().stdout] {
        assert!(!text.contains(secret.as_str()), "{text}");
    }
}

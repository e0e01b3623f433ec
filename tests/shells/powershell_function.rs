//! The function `aws-mfa` in PowerShell, whatever the user has set, defined or typed.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::home::Home;
use crate::support::powershell::GUARD;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::Sts;
use crate::support::stub_program;
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;

trials![
    works_whatever_the_user_has_set,
    statuses_of_other_commands_stop_what_follows,
    refuses_what_is_no_statement_and_does_not_show_it,
    traces_and_transcripts_show_no_secret,
    passes_words_as_they_were_typed,
    refuses_words_that_are_lost_in_powershell,
    a_parameter_of_cmdlets_signs_nobody_in,
    passes_its_input_on,
    what_follows_in_a_pipeline_is_its_own,
    reports_a_removed_alias_once,
    shows_a_failure_in_one_line_in_scripts_with_a_profile,
];

const LOAD: &str = "mfa-env init powershell | Out-String | Invoke-Expression";
const CONSTRAIN: &str = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'";

/// Whether PowerShell is missing. It is listed at the end of the run as skipped, and required by `.ci/run`.
fn is_absent() -> bool {
    !shells::installed().contains(&Shell::Pwsh)
}

/// The function is loaded, and then the script runs, in both language modes.
fn in_both_modes(home: &Home, before: &str, script: &str, check: impl Fn(&str, Outcome)) {
    for mode in ["", CONSTRAIN] {
        let whole = format!("{before}\n{mode}\n{LOAD}\n{script}");
        check(mode, Shell::Pwsh.run(&whole, &home.variables, home.path()));
    }
}

fn stdout(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout).replace("\r\n", "\n")
}

/// A stub that signs in, and fails with the status that a variable of the script names.
fn home_with_session() -> Home {
    let mut home = stub_program::home("cat \"${SHOWN-statements}\"; exit ${STATUS-0}");
    let changes = [
        EnvChange::set("AWS_ACCESS_KEY_ID", "ASIANEW"),
        EnvChange::set("AWS_SECRET_ACCESS_KEY", "NEWSECRET/aB+9"),
        EnvChange::set("MFA_ENV_PROFILE", "it's \u{2019}\u{1f600}; $env:X \" end"),
        EnvChange::unset("AWS_PROFILE"),
    ];
    home.write("statements", Dialect::PowerShell.statements(&changes).as_bytes());
    home.set("AWS_PROFILE", "old").set("LC_ALL", "C.UTF-8");
    home
}

/// Settings of a user, each of which is tested with a sign-in that succeeds and fails, and with another command.
const SETTINGS: [&str; 41] = [
    "",
    "$ErrorActionPreference = 'Stop'",
    "$ErrorActionPreference = 'SilentlyContinue'",
    "$ErrorActionPreference = 'Ignore'",
    "$ErrorActionPreference = 'Inquire'",
    "$ErrorActionPreference = 'Break'",
    "Set-StrictMode -Version Latest",
    "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'",
    "$PSNativeCommandUseErrorActionPreference = $true",
    "$PSNativeCommandUseErrorActionPreference = $true; $ErrorActionPreference = 'Stop'",
    "$PSNativeCommandArgumentPassing = 'Legacy'",
    "$WarningPreference = 'Stop'; $VerbosePreference = 'Continue'; $InformationPreference = 'Stop'",
    "$WarningPreference = $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'",
    "$WhatIfPreference = $true",
    "$ConfirmPreference = 'Low'",
    "$PSDefaultParameterValues = @{ '*:ErrorAction' = 'SilentlyContinue'; '*:OutVariable' = 'leak' }",
    "$PSDefaultParameterValues = @{ '*:Verbose' = $true; '*:Debug' = $true }",
    "$OFS = '/'; $ErrorView = 'NormalView'",
    "$MaximumHistoryCount = 1; $FormatEnumerationLimit = 0; $ErrorView = 'DetailedView'",
    "Set-Location Env:",
    "Set-PSDebug -Strict",
    "& $setCulture 'tr-TR'",
    "& $setCulture 'ar-SA'",
    "& $setCulture 'de-DE'",
    "& $setCulture 'th-TH'",
    "& $setCulture 'sv-SE'; $OFS = ','",
    "& $setOutput 'iso-8859-1'",
    "& $setOutput 'windows-1251'; $OutputEncoding = & $encoding 'windows-1251'",
    "& $setOutput 'us-ascii'; $OutputEncoding = & $encoding 'us-ascii'",
    "& $setOutput 'shift_jis'",
    "& $setOutput 'with a mark'; $OutputEncoding = & $encoding 'with a mark'",
    "$OutputEncoding = & $encoding 'utf-16'",
    "function Invoke-Expression { 'mine' }; function Write-Error { 'mine' }; function Out-String { 'mine' }",
    "function Test-Path { $false }; function Get-Command { 'mine' }; function Set-StrictMode { throw 'mine' }",
    "function Select-Object { 'mine' }; function Write-Warning { 'mine' }; function ForEach-Object { 'mine' }",
    "Set-Alias iex Write-Output; function mfa-env { 'mine' }; Set-Alias Invoke-Expression Write-Output",
    "$MfaEnvWords = 1; $mfaEnvIsPlain = $true; $mfaEnvOutput = 'x'; $Matches = @{}; $global:LASTEXITCODE = 5",
    "trap { 'mine'; continue }",
    "trap { 'mine'; break }",
    "Register-EngineEvent x -Action { 'mine' } >$null",
    "function prompt { 'mine' }; function Out-Default { 'mine' }; function Out-Null { 'mine' }",
];

/// What only full language mode can do; these blocks keep that mode.
const FULL_MODE: &str = "\
    $global:setCulture = { param($name) [cultureinfo]::CurrentCulture = [cultureinfo]::CurrentUICulture = $name }\n\
    $global:encoding = { param($name) if ($name -eq 'with a mark') { [Text.Encoding]::UTF8 } \
    else { [Text.Encoding]::GetEncoding($name) } }\n\
    $global:setOutput = { param($name) [Console]::OutputEncoding = & $encoding $name }";

// faults 199, 202, 204
fn works_whatever_the_user_has_set() {
    if is_absent() {
        return;
    }
    let home = home_with_session();
    // In child scopes, and with the environment of the beginning. `$global:line` is what each of them has to say.
    let cells: String = SETTINGS
        .iter()
        .enumerate()
        .map(|(number, settings)| {
            format!(
                "$global:line = ''\n\
                 & {{ {settings}\n\
                 $env:AWS_ACCESS_KEY_ID = 'OLD'; $env:AWS_PROFILE = 'old'; $env:STATUS = 4\n\
                 try {{ aws-mfa prod && ($global:line += 'went on ') }} catch {{ $global:line += \"$_ \" }}\n\
                 $global:line += $env:AWS_ACCESS_KEY_ID + ' '\n\
                 try {{ aws-mfa list >$null && ($global:line += 'went on ') }} catch {{ }}\n\
                 $env:STATUS = 0\n\
                 aws-mfa list >$null && ($global:line += 'listed ')\n\
                 aws-mfa prod && ($global:line += 'then ')\n\
                 $global:line += \"<$env:AWS_PROFILE>\"\n\
                 /bin/{dump}\n\
                 }} *>>$HERE/all{number}\n\
                 & $setCulture ''; & $setOutput 'utf-8'; Set-PSDebug -Off\n\
                 \"= $line\"\n",
                dump = env_dump::dump(&format!("cell{number}"))
            )
        })
        .collect();
    let script = format!("$HERE = '{}'\n{cells}", home.path().display());
    for mode in ["", CONSTRAIN] {
        // In a process of its own, because some settings are those of a process, or start its debugger.
        let whole = format!("{FULL_MODE}\n{mode}\n{LOAD}\n{script}");
        let outcome = shells::finish(Shell::Pwsh.command(&whole, &home.variables, home.path()));
        let shown = stdout(&outcome);
        // A debugger that is wanted by `Break` shows more.
        let lines: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("= ")).collect();
        assert_eq!(lines.len(), SETTINGS.len(), "{mode}: {outcome}");
        for (number, (line, settings)) in lines.iter().zip(SETTINGS).enumerate() {
            assert_eq!(*line, "aws-mfa: not signed in OLD listed then <>", "{mode} {settings}");
            let seen = env_dump::read(&home.path().join(format!("cell{number}")));
            let value = |name: &str| seen.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
            assert_eq!(value("AWS_SECRET_ACCESS_KEY").as_deref(), Some("NEWSECRET/aB+9"), "{mode} {settings}");
            assert_eq!(
                value("MFA_ENV_PROFILE").as_deref(),
                Some("it's \u{2019}\u{1f600}; $env:X \" end"),
                "{mode} {settings}"
            );
            let all = std::fs::read_to_string(home.path().join(format!("all{number}"))).unwrap_or_default();
            assert!(!all.contains("NEWSECRET"), "{mode} {settings}: {all}");
        }
    }
}

// faults 198, 204
fn statuses_of_other_commands_stop_what_follows() {
    if is_absent() {
        return;
    }
    let home = stub_program::home("echo shown; exit ${STATUS-0}");
    let script = "aws-mfa status && 'on'\n$env:STATUS = 3\naws-mfa status && 'on'\n\"$? $LASTEXITCODE\"\n\
         aws-mfa explain x || 'or'\nif (-not $?) { 'not' }\n\
         function f { aws-mfa logout x; \"in $?\" }; f\n\
         try { aws-mfa exec a b; 'on' } catch { 'caught' }\n\
         & { $ErrorActionPreference = 'SilentlyContinue'; aws-mfa --help && 'on'; \"quiet $?\" }\n\
         try { & { $ErrorActionPreference = 'Stop'; aws-mfa list; 'on' } } catch { 'stopped' }\n\
         \"no errors: $($Error.Count -eq 0)\"\n\
         & { $PSNativeCommandUseErrorActionPreference = $true; $ErrorActionPreference = 'Stop'\n\
         try { aws-mfa list; 'on' } catch { 'native' } }\n\
         $env:STATUS = 0\n$output = aws-mfa list --json; \"= $output\"";
    in_both_modes(&home, "", script, |mode, outcome| {
        // Constrained language mode has only errors to make `$?` false.
        let (in_try, with_stop, no_errors, lines) =
            if mode.is_empty() { ("on", "on", "True", 0) } else { ("caught", "stopped", "False", 3) };
        let expected = format!(
            "shown\non\nshown\nFalse 3\nshown\nor\nshown\nin False\nshown\n{in_try}\nshown\nquiet False\n\
             shown\n{with_stop}\nno errors: {no_errors}\nshown\nnative\n= shown\n"
        );
        assert_eq!(stdout(&outcome), expected, "{mode}: {outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        // One line each, for those that nothing catches.
        assert_eq!(stderr.matches("ended with status 3").count(), lines, "{mode}: {outcome}");
        assert_eq!(stderr.lines().count(), lines, "{mode}: {outcome}");
    });
    // That of Ctrl-C or Ctrl-\ ends all of it, in a process of its own.
    for (status, mode) in [(244, ""), (244, CONSTRAIN)] {
        let script = format!(
            "{mode}\n{LOAD}\n$env:STATUS = {status}\ntry {{ aws-mfa save x; 'on' }} catch {{ \"$_\" }} finally {{ 'finally' }}"
        );
        let outcome = shells::finish(Shell::Pwsh.command(&script, &home.variables, home.path()));
        assert_eq!(stdout(&outcome), "shown\nfinally\n", "{mode} {status}: {outcome}");
        assert_eq!(outcome.status.code(), Some(130), "{mode} {status}: {outcome}");
    }
    // That of a command does not.
    let script = format!("{LOAD}\n$env:STATUS = 130\naws-mfa exec x y && 'on'; \"$? $LASTEXITCODE\"");
    let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
    assert_eq!(stdout(&outcome), "shown\nFalse 130\n", "{outcome}");
    // The last command decides about the script.
    let outcome = Shell::Pwsh.run(&format!("{LOAD}\naws-mfa list"), &home.variables, home.path());
    assert!(outcome.status.success(), "{outcome}");
    let failing = format!("{LOAD}\n$env:STATUS = 3\naws-mfa list");
    assert_eq!(Shell::Pwsh.run(&failing, &home.variables, home.path()).status.code(), Some(1));
}

/// What a program may print that is not one line of statements for PowerShell; all of it is secret.
fn other_outputs() -> Vec<String> {
    let others = [
        "{\"AWS_SECRET_ACCESS_KEY\": \"NEWSECRET\"}",
        "AWS_SECRET_ACCESS_KEY=NEWSECRET",
        "export AWS_SECRET_ACCESS_KEY='NEWSECRET'",
        "$env:AWS_ACCESS_KEY_ID = 'NEWSECRET'",
        "$NEWSECRET = Set-Content pwn x",
        "NEWSECRET",
        "",
    ];
    let after_guard = [
        "; Set-Content pwn NEWSECRET",
        "; $env:A = 'NEWSECRET'; Set-Content pwn x",
        "; $env:A = \"NEWSECRET$(Set-Content pwn x)\"",
        "; $env:A = 'NEWSECRET\u{2019}; Set-Content pwn x; '",
        "; $env:A = 'NEWSECRET' + (Set-Content pwn x)",
        "; $env:A = (-join('NEWSECRET',(Set-Content pwn x)))",
        "; $env:A = (-join('NEWSECRET',[char]0x12G4))",
        "; $env:a = 'NEWSECRET'",
        "; ${env:A} = 'NEWSECRET'",
        "; $A = 'NEWSECRET'",
        "; $env:A = 'NEWSECRET",
        "; $env:A = 'NEWSECRET';",
        "; $env:A = 'NEWSECRET'\n$env:B = 'NEWSECRET'",
        "; $env:A = 'NEWSECRET'\n\n",
        " # NEWSECRET",
        "NEWSECRET",
    ];
    let guarded = after_guard.into_iter().map(|text| format!("{GUARD}{text}"));
    others.into_iter().map(str::to_owned).chain(guarded).collect()
}

// fault 199
fn refuses_what_is_no_statement_and_does_not_show_it() {
    if is_absent() {
        return;
    }
    let mut home = home_with_session();
    home.set("AWS_ACCESS_KEY_ID", "OLD");
    let outputs = other_outputs();
    for (number, output) in outputs.iter().enumerate() {
        home.write(&format!("output{number}"), format!("{output}\n"));
    }
    let tries: String = (0..outputs.len())
        .map(|number| {
            format!(
                "$env:SHOWN = 'output{number}'\n\
                 try {{ aws-mfa prod *>>all && 'on {number}' }} catch {{ \"$_\" }}\n"
            )
        })
        .collect();
    // Whatever the streams show, and a trace shows of what runs.
    for settings in [
        "$VerbosePreference = $DebugPreference = $InformationPreference = $WarningPreference = 'Continue'",
        "Set-PSDebug -Trace 1",
        "Set-PSDebug -Trace 2",
        "$ErrorView = 'DetailedView'; $PSDefaultParameterValues = @{ '*:Verbose' = $true; '*:Debug' = $true }",
    ] {
        let script = format!(
            "Start-Transcript transcript -IncludeInvocationHeader >$null; {settings}\n{tries}Set-PSDebug -Off\n\
             $Error | Format-List * -Force; Get-Error -Newest 100; Get-Variable | ForEach-Object {{ $_.Value | \
             Format-List * -Force }}; Stop-Transcript >$null; \"the key: $env:AWS_ACCESS_KEY_ID\""
        );
        in_both_modes(&home, "", &script, |mode, outcome| {
            let shown = stdout(&outcome);
            assert!(shown.ends_with("the key: OLD\n"), "{mode} {settings}: {outcome}");
            let names = ["all", "transcript"].map(|name| home.path().join(name));
            let files = names.iter().map(|path| std::fs::read(path).unwrap_or_default());
            for bytes in files.chain([outcome.stdout.clone(), outcome.stderr.clone()]) {
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains("NEWSECRET"), "{mode} {settings}: {text}");
            }
            assert!(!home.path().join("pwn").exists(), "{mode} {settings}: something ran");
            for path in names {
                let _ = std::fs::remove_file(path);
            }
        });
    }
    // Text of ours that the encoding garbles, except in constrained language mode, where it cannot be set.
    let script = format!(
        "Start-Transcript transcript >$null\n{tries}\
         $env:SHOWN = $null\n\
         $utf8 = [Console]::OutputEncoding\n\
         try {{ [Console]::OutputEncoding = [Text.Encoding]::Unicode }} catch {{ $env:SHOWN = 'output0' }}\n\
         try {{ aws-mfa prod *>>all && 'on' }} catch {{ $failure = \"$_\" }}\n\
         try {{ [Console]::OutputEncoding = $utf8 }} catch {{ }}\n\
         $failure\n\
         \"$env:AWS_ACCESS_KEY_ID$env:A\"\n\
         $Error *>>all; $Error | Format-List * -Force *>>all; Stop-Transcript >$null\n"
    );
    in_both_modes(&home, "", &script, |mode, outcome| {
        let refused = "aws-mfa: the output of mfa-env cannot be evaluated";
        let cause = if mode.is_empty() { ": [Console]::OutputEncoding is utf-16, not utf-8" } else { "" };
        let others = format!("{refused}\n").repeat(outputs.len());
        assert_eq!(stdout(&outcome), format!("{others}{refused}{cause}\nOLD\n"), "{mode}: {outcome}");
        for name in ["all", "transcript"] {
            let bytes = std::fs::read(home.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', "");
            assert!(!text.contains("SECRET"), "{mode} {name}: {text}");
        }
        assert!(!String::from_utf8_lossy(&outcome.stderr).contains("SECRET"), "{mode}: {outcome}");
        assert!(!home.path().join("pwn").exists(), "{mode}: something ran");
        for name in ["all", "transcript"] {
            let _ = std::fs::remove_file(home.path().join(name));
        }
    });
    // The formats for programs are not evaluated, and what the program prints goes to stdout.
    let home = stub_program::home("echo shown");
    let script =
        "$x = aws-mfa prod --format json; \"<$x>\"; aws-mfa export --format=env-file prod; aws-mfa prod --show";
    in_both_modes(&home, "", script, |mode, outcome| {
        assert_eq!(stdout(&outcome), "<shown>\nshown\nshown\n", "{mode}: {outcome}");
    });
}

// faults 136, 200
fn traces_and_transcripts_show_no_secret() {
    if is_absent() {
        return;
    }
    let home = home_with_session();
    let script = "Start-Transcript transcript -IncludeInvocationHeader >$null\n\
         foreach ($level in 1, 2) { Set-PSDebug -Trace $level; aws-mfa prod 5>&1; aws-mfa export prod; aws-mfa unset; Set-PSDebug -Off }\n\
         Trace-Command -Name * -FilePath trace -Expression { aws-mfa prod }\n\
         Set-PSBreakpoint -Variable AWS_SECRET_ACCESS_KEY -Action { } >$null\n\
         $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'\n\
         aws-mfa prod; aws-mfa prod -d 1h -v\n\
         Stop-Transcript >$null; Get-Variable | ForEach-Object { $_.Value | Format-List * -Force } | Out-String -Width 10000\n\
         $Error | Format-List * -Force | Out-String -Width 10000; Get-Error -Newest 100 | Out-String -Width 10000\n\
         Get-History | Out-String; $env:AWS_SECRET_ACCESS_KEY.Length";
    in_both_modes(&home, "", script, |mode, outcome| {
        assert!(stdout(&outcome).trim_end().ends_with("14"), "{mode}: {outcome}");
        for shown in [
            outcome.stdout.clone(),
            outcome.stderr.clone(),
            std::fs::read(home.path().join("transcript")).expect("a transcript"),
            std::fs::read(home.path().join("trace")).unwrap_or_default(),
        ] {
            let shown = String::from_utf8_lossy(&shown);
            assert!(!shown.contains("NEWSECRET"), "{mode}: {shown}");
        }
        for name in ["transcript", "trace"] {
            let _ = std::fs::remove_file(home.path().join(name));
        }
    });
}

// fault 201
fn passes_words_as_they_were_typed() {
    if is_absent() {
        return;
    }
    let home = stub_program::home("");
    for name in ["o", "p", "x y"] {
        home.write(name, "");
    }
    let start = "$word = 'a \"b'; $list = 'c', '-d'; Set-Alias am aws-mfa; function wrap { am @args }\n";
    for (typed, words) in [
        ("aws-mfa list '*' '?' 'o[p]' o[p] * '~' ~", &["list", "*", "?", "o[p]", "o[p]", "*", "~", "~"][..]),
        ("aws-mfa list 012345 1kb 0x10 1.50 123 456", &["list", "012345", "1kb", "0x10", "1.50", "123", "456"]),
        ("aws-mfa list -d:1h -d 1h --d:1h -d=1h --a=b", &["list", "-d:1h", "-d", "1h", "--d:1h", "-d=1h", "--a=b"]),
        ("aws-mfa list $word \"$word x\" 'tail\\' ''", &["list", "a \"b", "a \"b x", "tail\\", ""]),
        ("aws-mfa list @list -v -ea x -p y", &["list", "c", "-d", "-v", "-ea", "x", "-p", "y"]),
        ("aws-mfa exec prod -- ls -v -- x", &["exec", "prod", "--", "ls", "-v", "--", "x"]),
        ("aws-mfa exec $HOME -- sh -c 'a -- b'", &["exec", "HOME", "--", "sh", "-c", "a -- b"]),
        ("aws-mfa exec 'a -- b' -- 'c d'", &["exec", "a -- b", "--", "c d"]),
        ("aws-mfa exec `\n  --", &["exec", "--"]),
        ("aws-mfa exec prod 'x -- y' # -- no", &["exec", "prod", "x -- y"]),
        ("aws-mfa -- list", &["export", "--shell", "powershell", "--", "list"]),
        ("$null = am unset -- x; 'y -- z'", &["unset", "--shell", "powershell", "--", "x"]),
        ("wrap list 012345 '*' -d:1h", &["list", "012345", "*", "-d:1h"]),
        ("& aws-mfa exec -- ls", &["exec", "--", "ls"]),
        ("aws-mfa list $true {b c}", &["list", "True", "b c"]),
    ] {
        let script = format!("{start}try {{ {typed}\n}} catch {{ }}");
        in_both_modes(&home, "", &script, |mode, outcome| {
            let expected: Vec<String> = words
                .iter()
                .map(|word| if *word == "HOME" { home.path().display().to_string() } else { (*word).to_owned() })
                .collect();
            assert_eq!(stub_program::take_arguments(&home), Some(expected), "{mode} {typed}: {outcome}");
        });
    }
}

// fault 201
fn refuses_words_that_are_lost_in_powershell() {
    if is_absent() {
        return;
    }
    let home = stub_program::home("");
    let lines = [
        ("aws-mfa $null", "argument 1 is $null"),
        ("aws-mfa prod $undefined", "argument 2 is $null"),
        ("aws-mfa list -d:$undefined", "argument 2 is $null"),
        ("aws-mfa a,b", "argument 1 is a list; quote it, or splat it (@list)"),
        ("aws-mfa exec prod ls @('a', 'b')", "argument 4 is a list; quote it, or splat it (@list)"),
        ("aws-mfa @()", "argument 1 is a list; quote it, or splat it (@list)"),
        ("aws-mfa $('x') -- list", "PowerShell removes --; leave it out"),
        ("aws-mfa exec @list -- list", "PowerShell removes --; leave it out"),
        ("aws-mfa exec -a.b -- list", "PowerShell removes --; leave it out"),
    ];
    let script: String =
        lines.iter().map(|(line, _)| format!("try {{ {line} && 'on' }} catch {{ \"$_\" }}\n")).collect();
    in_both_modes(&home, "", &format!("$list = 'x'\n{script}"), |mode, outcome| {
        let expected: String = lines.iter().map(|(_, message)| format!("aws-mfa: {message}\n")).collect();
        assert_eq!(stdout(&outcome), expected, "{mode}: {outcome}");
        assert_eq!(stub_program::take_arguments(&home), None, "{mode}");
    });
}

/// The script must not go on with another identity.
fn a_parameter_of_cmdlets_signs_nobody_in() {
    if is_absent() {
        return;
    }
    let mut home = Home::with("[profile prod]\n", "");
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    let typed = [
        "prod -Verbose",
        "-Verbose prod",
        "prod -Verbose:$true",
        "prod -Verb",
        "prod -Version",
        "prod -ErrorAction Stop",
        "prod -source x",
        "prod -help",
        "prod -region us-east-1",
        "unset -Verbose",
    ];
    let script: String =
        typed.iter().map(|words| format!("try {{ aws-mfa {words}; 'on' }} catch {{ \"$_\" }}\n")).collect();
    in_both_modes(&home, "", &script, |mode, outcome| {
        let expected = "aws-mfa: not signed in\n".repeat(typed.len() - 1) + "aws-mfa: not signed out\n";
        assert_eq!(stdout(&outcome), expected, "{mode}: {outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(stderr.matches("is a parameter of cmdlets, not of mfa-env").count(), 6, "{mode}: {outcome}");
        assert_eq!(stderr.matches("` is not an option").count(), 3, "{mode}: {outcome}");
    });
    let script = format!("{LOAD}\naws-mfa -V; aws-mfa prod -qV; aws-mfa -h | Select-Object -First 1");
    let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
    assert_eq!(stdout(&outcome).matches("mfa-env ").count(), 2, "{outcome}");
}

// fault 201
fn passes_its_input_on() {
    if is_absent() {
        return;
    }
    let home = stub_program::home("cat >input");
    for (typed, input) in [
        ("'123456' | aws-mfa list --code -", "123456\n"),
        ("123456 | aws-mfa list", "123456\n"),
        ("'a', 'b\u{fc}' | aws-mfa list", "a\nb\u{fc}\n"),
        ("Get-Content file | aws-mfa list", "one\ntwo\n"),
        ("@() | aws-mfa list", ""),
        ("function wrap { $input | aws-mfa @args }; 'x' | wrap list", "x\n"),
        ("$OutputEncoding = [Text.Encoding]::UTF8; 'x' | aws-mfa list", "\u{feff}x\n"),
        ("$OutputEncoding = [Text.Encoding]::ASCII; 'x' | aws-mfa list", "x\n"),
    ] {
        home.write("file", "one\ntwo\n");
        in_both_modes(&home, "", typed, |mode, outcome| {
            assert!(outcome.status.success(), "{mode} {typed}: {outcome}");
            assert_eq!(std::fs::read_to_string(home.path().join("input")).expect("input"), input, "{mode} {typed}");
        });
    }
    // A code that is piped in, with the real program.
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    let script = format!("{LOAD}\n'{}' | aws-mfa main --code -\n$env:AWS_ACCESS_KEY_ID", sts.code(&alice.mfa_serial));
    let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
    assert_eq!(stdout(&outcome).trim(), sts.sessions()[0].access_key_id, "{outcome}");
    // With a byte order mark; and as text that no program expects, which is refused.
    for (encoding, is_code) in [("UTF8", true), ("ASCII", true), ("Unicode", false), ("UTF32", false)] {
        sts.advance(60);
        sts.take_calls();
        let code = sts.code(&alice.mfa_serial);
        let script = format!(
            "$OutputEncoding = [Text.Encoding]::{encoding}\n{LOAD}\n\
             '{code}' | aws-mfa main --code - --renew && 'signed ' + 'in'"
        );
        let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
        assert_eq!(stdout(&outcome).contains("signed in"), is_code, "{encoding}: {outcome}");
        let codes: Vec<_> =
            sts.take_calls().iter().filter_map(|call| call.param("TokenCode").map(str::to_owned)).collect();
        assert_eq!(codes, if is_code { vec![code] } else { Vec::new() }, "{encoding}");
    }
}

// faults 169, 202
fn reports_a_removed_alias_once() {
    if is_absent() {
        return;
    }
    let home = home_with_session();
    for (before, defined) in [
        ("Set-Alias aws-mfa Get-Date", "Get-Date"),
        ("Set-Alias aws-mfa Get-Date -Option ReadOnly; $WhatIfPreference = $true", "Get-Date"),
        ("Set-StrictMode -Version Latest; Set-Alias aws-mfa nosuch; $ConfirmPreference = 'Low'", "nosuch"),
    ] {
        // Loaded twice, silently.
        let script = format!("'loaded'\n{LOAD}\naws-mfa prod\naws-mfa prod\n$env:AWS_ACCESS_KEY_ID");
        in_both_modes(&home, before, &script, |mode, outcome| {
            let notice = format!("mfa-env: aws-mfa is a function now; this alias was removed: {defined}\n");
            let shown = stdout(&outcome).replace("\u{1b}[33;1m", "").replace("\u{1b}[0m", "");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let expected = match mode {
                "" => ("loaded\nASIANEW\n".to_owned(), notice),
                _ => (format!("loaded\nWARNING: {notice}ASIANEW\n"), String::new()),
            };
            assert_eq!((shown, stderr.into_owned()), expected, "{mode} {before}: {outcome}");
        });
    }
}

// fault 204
fn shows_a_failure_in_one_line_in_scripts_with_a_profile() {
    if is_absent() {
        return;
    }
    let mut home = Home::with("[profile other]\n", "");
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8").set("TERM", "xterm");
    home.write(".config/powershell/profile.ps1", format!("{LOAD}\n"));
    home.write("s.ps1", "$secondLine = 1\naws-mfa nosuch 123456\n'on'\n");
    let typed: [&[&str]; 2] = [
        &["-NonInteractive", "-File", "s.ps1"],
        &["-NonInteractive", "-Command", "$x = 1\naws-mfa nosuch 123456\n'on'"],
    ];
    for arguments in typed {
        let mut command = Shell::Pwsh.program();
        command.args(arguments).envs(&home.variables).current_dir(home.path()).stdin(std::process::Stdio::null());
        let outcome = shells::finish(command);
        assert_eq!(outcome.status.code(), Some(1), "{arguments:?}: {outcome}");
        assert!(outcome.stdout.is_empty(), "{arguments:?}: {outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(stderr.contains("aws-mfa: not signed in") && !stderr.contains("123456"), "{arguments:?}: {outcome}");
        assert!(!stderr.contains("Line |"), "{arguments:?}: {outcome}");
        assert_eq!(stderr.lines().filter(|line| line.contains("aws-mfa: ")).count(), 1, "{arguments:?}: {outcome}");
    }
}

/// It may need no more input, and its errors are not those of the function.
fn what_follows_in_a_pipeline_is_its_own() {
    if is_absent() {
        return;
    }
    // Where the engine does not wait for the program, its complaint would come after the end of the script.
    let mut home = stub_program::home("seq 1 100000 2>/dev/null");
    home.set("LC_ALL", "C.UTF-8");
    let script = "aws-mfa list | Select-Object -First 1\n\
        $x = aws-mfa list | Select-Object -First 2; \"two: $x\"\n\
        try { aws-mfa list | ForEach-Object { throw 'mine' } } catch { \"caught $_\" }\n\
        $ErrorActionPreference = 'Stop'; $y = aws-mfa list | Select-Object -First 1; \"after $y\"";
    in_both_modes(&home, "", script, |mode, outcome| {
        let shown = stdout(&outcome);
        // The engine may say before it that the program could not write.
        let is_right = shown.starts_with("1\ntwo: 1 2\ncaught ") && shown.ends_with("\nafter 1\n");
        assert!(is_right && shown.contains("mine"), "{mode}: {outcome}");
        assert!(outcome.status.success(), "{mode}: {outcome}");
    });
}

//! Completion in PowerShell: `TabExpansion2` is what the TAB key calls.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{RoleSpec, Sts};

trials![completes_for_every_name_and_letter_case, a_completed_name_is_one_argument, describes_profiles_and_commands];

const LOAD: &str = "mfa-env init powershell | Out-String | Invoke-Expression";
const CONSTRAIN: &str = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'";
/// Shows what the words at the end of a line are completed to, in the order of the list.
const TAB: &str = "function Tab($line) { @((TabExpansion2 $line $line.Length).CompletionMatches | \
                   ForEach-Object CompletionText) -join '|' }";

fn home(config: &str) -> Option<Home> {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    shells::installed().contains(&Shell::Pwsh).then_some(())?;
    let mut home = Home::with(config, "");
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    Some(home)
}

/// Runs a script after the snippet, in both language modes.
fn in_both_modes(home: &Home, script: &str, check: impl Fn(&str, Outcome)) {
    // In Turkish, the small letter of I is another one.
    let turkish = "[cultureinfo]::CurrentCulture = [cultureinfo]::CurrentUICulture = 'tr-TR'";
    for (mode, culture) in [("", ""), (CONSTRAIN, ""), ("", turkish), (CONSTRAIN, turkish)] {
        let before = format!("{TAB}\nSet-StrictMode -Version Latest\n{culture}\n{mode}\n{LOAD}");
        let whole = format!("{before}\n{script}\n\"errors: $Error\"");
        check(mode, Shell::Pwsh.run(&whole, &home.variables, home.path()));
    }
}

// fault 203
fn completes_for_every_name_and_letter_case() {
    let Some(home) = home("[profile prod]\n[profile Prod-Admin]\n[profile other]\n[profile \u{130}x]\n") else {
        return;
    };
    home.write("prudent", "");
    let names = ["aws-mfa", "mfa-env", "AWS-MFA", "& aws-mfa", "am", "AM", "me", "wrap", "wrapped", "with-parameter"];
    let mut script = "Set-Alias am aws-mfa; Set-Alias me mfa-env; Set-Alias wrapped wrap\n\
         function wrap { aws-mfa @args }; function with-parameter { param($p) if ($p) { aws-mfa $p } }\n\
         function other { 'aws-mfa-like' }\n"
        .to_owned();
    for name in names {
        script.push_str(&format!("Tab '{name} pr'; Tab '{name} PROD-'\n"));
    }
    // Others keep what they have.
    script.push_str("Tab 'ls pru'; Tab 'other pru'; Tab 'nosuch pru'; Tab 'no*such pru'; Tab 'aws-mfa none'\n");
    script.push_str("Tab 'aws-mfa -p PR'; Tab 'aws-mfa --profile=pro'; Tab 'aws-mfa UNS'; Tab 'aws-mfa export --sh'\n");
    in_both_modes(&home, &script, |mode, outcome| {
        let both = "prod|Prod-Admin\nProd-Admin\n".repeat(names.len());
        let others = "./prudent\n".repeat(4) + "\n";
        let rest = "prod|Prod-Admin\n'--profile=prod'|'--profile=Prod-Admin'\nunset\n--shell|--show\nerrors: \n";
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), format!("{both}{others}{rest}"), "{mode}: {outcome}");
    });
    // Under a name of the user's.
    let named = "mfa-env init powershell --name sign-in | Out-String | Invoke-Expression\nTab 'sign-in PROD-'";
    in_both_modes(&home, named, |mode, outcome| {
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "Prod-Admin\nerrors: \n", "{mode}: {outcome}");
    });
}

// faults 4, 203
fn a_completed_name_is_one_argument() {
    let names = [
        "evil$(touch pwn)",
        "tick`touch pwn`",
        "semi;touch pwn",
        "a:b",
        "my profile",
        "star*",
        "dollar$HOME",
        "hash #x",
        "o\u{2019}brien; touch pwn",
        "at@x",
        "(touch pwn)",
        "-dash",
        "{b,c}<d>|e&f",
        "caf\u{e9}",
    ];
    let sections: String = names.iter().map(|name| format!("[profile '{name}']\n")).collect();
    let Some(home) = home(&sections) else { return };
    // Each is completed after its first two letters, and then parsed.
    let script: String = names
        .iter()
        .map(|name| {
            let typed: String = name.chars().take(2).filter(char::is_ascii).collect();
            format!(
                "$line = 'Write-Output ' + (Tab ('aws-mfa -p ''{typed}'))\n\
                 Invoke-Expression $line\n"
            )
        })
        .collect();
    in_both_modes(&home, &script, |mode, outcome| {
        let expected: String = names.iter().map(|name| format!("{name}\n")).collect();
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), format!("{expected}errors: \n"), "{mode}: {outcome}");
        assert!(!home.path().join("pwn").exists(), "{mode}: a name ran");
    });
}

// fault 203
fn describes_profiles_and_commands() {
    if !shells::installed().contains(&Shell::Pwsh) {
        return;
    }
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec::default());
    let mut home = Home::with_user(
        &sts,
        &alice,
        &[
            ("prod", &admin, ""),
            ("cold", &admin, "duration_seconds = 900"),
            ("'my team'", &admin, "duration_seconds = 900"),
            ("ls", &admin, "duration_seconds = 900"),
            ("cd", &admin, "duration_seconds = 900"),
        ],
    );
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    let sign_in = format!("mfa-env prod {} 2>$null | Out-String | Invoke-Expression", sts.code(&alice.mfa_serial));
    assert!(Shell::Pwsh.run(&sign_in, &home.variables, home.path()).status.success());
    // What is described must not change what the names mean, in this scope or another.
    let script = "$lines = 'aws-mfa ', 'aws-mfa ma', 'aws-mfa CO'\n\
         foreach ($line in $lines) { (TabExpansion2 $line $line.Length).CompletionMatches | \
         ForEach-Object { \"$($_.CompletionText), $($_.ListItemText): $($_.ToolTip)\" }; '-' }\n\
         (Get-Alias ls).Definition; (Get-Alias cd).Definition; \"$(Test-Path Alias:prod)\"";
    let defaults = "Set-Alias ls Get-ChildItem; $WhatIfPreference = $true; $ConfirmPreference = 'Low'";
    in_both_modes(&home, &format!("{defaults}\n{script}"), |mode, outcome| {
        let shown = String::from_utf8_lossy(&outcome.stdout);
        let mut parts = shown.split("-\n");
        let all = parts.next().unwrap_or_default();
        for line in [
            "export, export: Sign in and print the session for your shell (the default command)",
            "prod, prod: admin@123456789012, 1 h left",
            "cold, cold: admin@123456789012",
            "main, main: 123456789012, 12 h left",
            "'my team', my team: admin@123456789012",
        ] {
            assert!(all.lines().any(|shown| shown == line), "{mode} {line}: {outcome}");
        }
        // A name that is an alias of the user, too.
        for name in ["ls", "cd"] {
            let line = if mode.is_empty() { "admin@123456789012" } else { name };
            assert!(all.lines().any(|shown| shown == format!("{name}, {name}: {line}")), "{mode} {name}: {outcome}");
        }
        let rest: Vec<&str> = parts.collect();
        let console = "console, console: Sign in and print a link that opens the AWS console, or open it";
        let expected = [
            "main, main: 123456789012, 12 h left\n".to_owned(),
            format!("{console}\ncold, cold: admin@123456789012\n"),
            "Get-ChildItem\nSet-Location\nFalse\nerrors: \n".to_owned(),
        ];
        assert_eq!(rest, expected, "{mode}: {outcome}");
    });
}

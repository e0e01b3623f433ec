//! AWS Tools for PowerShell, whose own credentials come before the environment.

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::Sts;

trials![stored_credentials_are_reported];

// fault 190
fn stored_credentials_are_reported() {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    if !shells::installed().contains(&Shell::Pwsh) {
        return;
    }
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    let load = "mfa-env init powershell | Out-String | Invoke-Expression";
    for (stored, preference, warns) in [
        ("$global:StoredAWSCredentials = 'what Set-AWSCredential leaves'", "Continue", true),
        ("$StoredAWSCredentials = 'of a script'", "Stop", true),
        ("", "Continue", false),
    ] {
        let _ = std::fs::remove_dir_all(home.cache());
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        let script = format!(
            "$WarningPreference = '{preference}'\n{stored}\n{load}\naws-mfa main {code} 2>&1 3>&1 | Out-String\n\
             \"key=\" + \"$env:AWS_ACCESS_KEY_ID\".Substring(0, 4)\naws-mfa unset 3>&1 | Out-String"
        );
        let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
        let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(outcome.status.success() && stdout.contains("key=ASIA"), "{outcome}");
        assert_eq!(
            stdout.matches("$StoredAWSCredentials instead of this session").count(),
            usize::from(warns),
            "{outcome}"
        );
        assert_eq!(stdout.contains("Clear-AWSCredential"), warns, "{outcome}");
    }
}

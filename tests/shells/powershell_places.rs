//! The function `aws-mfa` wherever PowerShell can call it.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::stub_program;
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;

trials![works_wherever_it_is_called, works_in_jobs_and_runspaces];

const LOAD: &str = "mfa-env init powershell | Out-String | Invoke-Expression";

/// Each runs `BODY`, and outputs what that does.
const PLACES: [&str; 18] = [
    "& { BODY }",
    ". { BODY }",
    "function f { BODY }; f",
    "function f { [CmdletBinding()] param() BODY }; f -ErrorAction SilentlyContinue -Verbose:$false",
    "filter f { BODY }; 1 | f",
    "function f { param([Parameter(ValueFromPipeline)] $x) begin { BODY } }; 1 | f",
    "function f { param([Parameter(ValueFromPipeline)] $x) end { BODY } }; 1 | f",
    "1 | ForEach-Object { BODY }",
    "foreach ($i in 1) { BODY }",
    "switch (1) { 1 { BODY } }",
    "try { throw 'x' } catch { BODY }",
    "try { 'x' >$null } finally { BODY }",
    "$m = New-Module { function go { BODY } }; go",
    "class C { [object[]] Go() { return @(BODY) } }; [C]::new().Go()",
    "Invoke-Command { BODY }",
    "[powershell]::Create().AddScript({ LOAD; BODY }).Invoke()",
    "Start-ThreadJob { LOAD; BODY } | Receive-Job -Wait",
    // It speaks the protocol of remote sessions with another process.
    "Start-Job { LOAD; BODY } | Receive-Job -Wait",
];

fn home() -> Home {
    let mut home = stub_program::home("cat \"$HOME/statements\"; exit $STATUS");
    let statements = Dialect::PowerShell.statements(&[EnvChange::set("AWS_ACCESS_KEY_ID", "ASIANEW")]);
    home.write("statements", statements.as_bytes());
    home.set("LC_ALL", "C.UTF-8");
    set_runtime(&mut home);
    home
}

/// The engine of the tests is not where .NET looks for its runtime.
fn set_runtime(home: &mut Home) {
    let runtime = Shell::Pwsh.path().and_then(|path| Some(path.parent()?.join("dotnet"))).filter(|path| path.is_dir());
    if let Some(runtime) = runtime {
        home.set("DOTNET_ROOT", runtime);
    }
}

fn works_wherever_it_is_called() {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    if !shells::installed().contains(&Shell::Pwsh) {
        return;
    }
    let home = home();
    let body = "$env:AWS_ACCESS_KEY_ID = 'OLD'\n\
        try { aws-mfa prod && 'then' } catch { \"$_\" -replace '.*aws-mfa: ' }\n\
        \"<$env:AWS_ACCESS_KEY_ID>\"\n\
        aws-mfa list >$null && 'listed'\n";
    let script: String = PLACES
        .iter()
        .map(|place| {
            let place = place.replace("BODY", body).replace("LOAD", LOAD);
            format!("$place = @'\n{place}\n'@\n\"= $(foreach ($s in 4, 0) {{ $env:STATUS = $s; Invoke-Expression $place }})\"\n")
        })
        .collect();
    let outcome = Shell::Pwsh.run(&format!("{LOAD}\n{script}"), &home.variables, home.path());
    let shown = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("= ")).collect();
    assert_eq!(lines.len(), PLACES.len(), "{outcome}");
    for (line, place) in lines.iter().zip(PLACES) {
        assert_eq!(*line, "= not signed in <OLD> then <ASIANEW> listed", "{place}: {outcome}");
    }
}

fn works_in_jobs_and_runspaces() {
    if !shells::installed().contains(&Shell::Pwsh) {
        return;
    }
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let roles = ["one", "two", "three"].map(|name| (name, sts.add_role(name, RoleSpec::default())));
    let profiles: Vec<_> = roles.iter().map(|(name, role)| (*name, role.as_str(), "")).collect();
    let mut home = Home::with_user(&sts, &alice, &profiles);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    set_runtime(&mut home);
    // All threads of a process share one environment, but each process of `exec` has its own.
    let script = format!(
        "{LOAD}\naws-mfa main {code} 2>$null\n$mine = $env:AWS_ACCESS_KEY_ID\n\
         $seen = 'one', 'two', 'three' | ForEach-Object -Parallel {{ \"$_ $(mfa-env exec $_ -- printenv AWSUME_PROFILE)\" }}\n\
         ($seen | Sort-Object) -join ' '\n\
         Start-ThreadJob {{ {LOAD}; aws-mfa one 2>$null; $env:MFA_ENV_PROFILE }} | Receive-Job -Wait\n\
         $env:MFA_ENV_PROFILE\n\
         Start-Job {{ {LOAD}; aws-mfa two 2>$null; $env:MFA_ENV_PROFILE }} | Receive-Job -Wait\n\
         $env:MFA_ENV_PROFILE\n",
        code = sts.code(&alice.mfa_serial)
    );
    let outcome = Shell::Pwsh.run(&script, &home.variables, home.path());
    // A thread job changes the session of the shell as well; a job is a process.
    assert_eq!(
        String::from_utf8_lossy(&outcome.stdout),
        "one one three three two two\none\none\ntwo\none\n",
        "{outcome}"
    );
}

//! PowerShell with PSReadLine, its line editor, which asks where the cursor is.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::Sts;
use crate::support::terminal::Terminal;

trials![completes_asks_and_signs_in_with_the_line_editor];

/// Waits for the prompt, and until the line editor has asked where the cursor is.
fn expect_prompt(terminal: &mut Terminal) {
    terminal.expect("PSREADY> ");
    terminal.expect("\x1b[6n");
}

// faults 197, 203
fn completes_asks_and_signs_in_with_the_line_editor() {
    // Listed at the end of the run as skipped, and required by `.ci/run`.
    if !shells::installed().contains(&Shell::Pwsh) {
        return;
    }
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8").set("TERM", "xterm");
    home.write(
        ".config/powershell/profile.ps1",
        "mfa-env init powershell | Out-String | Invoke-Expression\nfunction prompt { 'PS' + 'READY> ' }\n\
         Set-Alias am aws-mfa\n",
    );
    let mut command = Shell::Pwsh.program();
    command.args(["-NoLogo"]).envs(&home.variables).current_dir(home.path());
    let mut terminal = Terminal::spawn(command);
    expect_prompt(&mut terminal);
    for line in ["aws-mfa MAI\t --no-preflight && 'went' + 'on'", "am ma\t --no-preflight; 'went' + 'on'"] {
        terminal.send_line(line);
        terminal.expect("MFA code for alice");
        terminal.expect(": ");
        terminal.send("12");
        terminal.send_control('c');
        expect_prompt(&mut terminal);
        assert!(!terminal.output().contains("wenton"), "{}", terminal.output());
    }
    assert_eq!(sts.take_calls(), []);
    terminal.send_line("am ma\t --no-preflight && 'went' + 'on'");
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    let code = sts.code(&alice.mfa_serial);
    terminal.send_line(&code);
    terminal.expect("wenton");
    expect_prompt(&mut terminal);
    terminal.send_line("$env:AWS_ACCESS_KEY_ID + '|'");
    terminal.expect(&format!("{}|", sts.sessions()[0].access_key_id));
    expect_prompt(&mut terminal);
    let secret = &sts.sessions()[0].secret_access_key;
    assert!(!terminal.output().contains(secret.as_str()) && !terminal.output().contains(&code));
    let history = home.path().join(".local/share/powershell/PSReadLine/ConsoleHost_history.txt");
    let history = std::fs::read_to_string(history).expect("the history");
    assert!(history.contains("am main --no-preflight") && !history.contains(secret.as_str()), "{history}");
    terminal.send_line("exit");
}

//! Programs that get their session from `credential_process`, in a PowerShell script.

#![cfg(unix)]

use crate::support::consumers;
use crate::support::home::Home;
use crate::support::powershell_script::{self, ENDED, RUN, assert_ended};
use crate::support::sts::{RoleSpec, Sts};

consumer_trials![ctrl_c_at_the_prompt_ends_the_script];

// fault 197
fn ctrl_c_at_the_prompt_ends_the_script() {
    for tool in consumers::signers() {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
        let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = us-east-1\n")]);
        let backend = super::matrix::backend(&sts.url(), &sts.url(), "");
        home.write("tf/main.tf", backend);
        consumers::prepare(&mut home, &tool);
        home.set("AWS_PROFILE", "prod-process").set("AWS_SDK_LOAD_CONFIG", "1");
        let script = format!("Set-Location tf\n{} {}", tool.program, tool.arguments);
        let Some(()) = powershell_script::write(&mut home, &script) else { return };
        sts.take_calls();
        let mut terminal = powershell_script::run(&home, RUN);
        terminal.expect("MFA code for alice");
        terminal.expect(": ");
        terminal.send("12");
        terminal.send_control('c');
        assert_ended(&mut terminal, ENDED, tool.name);
        let calls = sts.take_calls();
        assert!(calls.iter().all(|call| call.action == "GetCallerIdentity"), "{}: {calls:?}", tool.name);
    }
}

//! `policy`: a policy that allows exactly what mfa-env does for a profile, made from what is known offline.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Devices, Policy, RoleSpec, Sts, User, UserSpec};
use serde_json::{Value, json};

#[cfg(unix)]
trials![everything_that_mfa_env_does_is_allowed, a_missing_action_fails];
trials![
    prints_the_policy_of_a_known_user,
    has_variables_for_a_user_that_is_not_known,
    accounts_are_those_of_the_keys,
    partitions_are_those_of_the_profile,
    devices_keep_their_names,
    roles_need_mfa_if_the_sign_in_uses_it,
    names_roles_that_need_another_policy,
    a_role_is_no_pattern,
    keys_of_a_session_have_nobody_to_manage,
    without_a_profile_it_is_that_of_the_shell,
    what_cannot_be_planned_is_an_error,
];

const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";

struct Machine {
    sts: Sts,
    user: User,
    home: Home,
}

/// A user without a device, whose keys profile `main` has. Everything that AWS is asked goes to the tests' own.
fn machine(config: &str) -> Machine {
    let sts = Sts::start();
    let user = sts.add_user_with("alice", UserSpec { devices: Devices::None, ..UserSpec::default() });
    let mut home = Home::with(config, &credentials_section("main", &user));
    home.set("AWS_ENDPOINT_URL", sts.url()).set("TERM", "xterm").set("LANG", "C.UTF-8");
    Machine { sts, user, home }
}

impl Machine {
    /// The policy, and what is said about it.
    #[track_caller]
    fn policy(&self, profile: &str) -> (Value, String) {
        let before = self.sts.connections();
        // Anything may be said.
        let ran = Program::new(&self.home, ["policy", profile]).says("").run();
        assert_eq!(self.sts.connections(), before, "AWS was asked");
        // IAM accepts it.
        let _ = Policy::document(&ran.stdout);
        (serde_json::from_str(&ran.stdout).expect("JSON"), ran.stderr)
    }

    /// The statement with this name.
    #[track_caller]
    fn statement(&self, profile: &str, name: &str) -> Option<Value> {
        let (policy, _) = self.policy(profile);
        policy["Statement"].as_array().expect("statements").iter().find(|statement| statement["Sid"] == name).cloned()
    }

    #[track_caller]
    fn resources(&self, profile: &str, name: &str) -> Vec<String> {
        let statement = self.statement(profile, name).expect("a statement");
        statement["Resource"].as_array().expect("a list").iter().map(|arn| arn.as_str().expect("text").into()).collect()
    }
}

fn mfa() -> Value {
    json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
}

fn prints_the_policy_of_a_known_user() {
    let sts = Sts::start();
    let device = "arn:aws:iam::123456789012:mfa/phone-2".to_owned();
    let spec = UserSpec { devices: Devices::Serials(vec![device.clone()]), ..UserSpec::default() };
    let user = sts.add_user_with("team/alice", spec);
    let role = sts.add_role(
        "admin",
        RoleSpec {
            account: "210987654321".into(),
            trusts: vec![user.arn.clone()],
            path: "/ops/".into(),
            ..RoleSpec::default()
        },
    );
    let home = Home::with_user(&sts, &user, &[("prod", &role, "")]);
    Program::new(&home, ["prod", &sts.code(&device), "-s", "sh"]).signs_in().run();
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "CreateOwnDevice",
      "Effect": "Allow",
      "Action": [
        "iam:CreateVirtualMFADevice",
        "iam:DeleteVirtualMFADevice"
      ],
      "Resource": [
        "arn:aws:iam::123456789012:mfa/alice",
        "arn:aws:iam::123456789012:mfa/alice-*",
        "arn:aws:iam::123456789012:mfa/phone-2",
        "arn:aws:iam::123456789012:mfa/phone-*"
      ]
    },
    {
      "Sid": "RegisterOwnDevice",
      "Effect": "Allow",
      "Action": [
        "iam:EnableMFADevice",
        "iam:ListMFADevices",
        "iam:ResyncMFADevice"
      ],
      "Resource": [
        "arn:aws:iam::123456789012:user/team/alice"
      ]
    },
    {
      "Sid": "RemoveOwnDevice",
      "Effect": "Allow",
      "Action": [
        "iam:DeactivateMFADevice"
      ],
      "Resource": [
        "arn:aws:iam::123456789012:user/team/alice"
      ],
      "Condition": {
        "Bool": {
          "aws:MultiFactorAuthPresent": "true"
        }
      }
    },
    {
      "Sid": "ReplaceOwnAccessKey",
      "Effect": "Allow",
      "Action": [
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey"
      ],
      "Resource": [
        "arn:aws:iam::123456789012:user/team/alice"
      ],
      "Condition": {
        "Bool": {
          "aws:MultiFactorAuthPresent": "true"
        }
      }
    },
    {
      "Sid": "AssumeRole",
      "Effect": "Allow",
      "Action": [
        "sts:AssumeRole"
      ],
      "Resource": [
        "arn:aws:iam::210987654321:role/ops/admin"
      ],
      "Condition": {
        "Bool": {
          "aws:MultiFactorAuthPresent": "true"
        }
      }
    }
  ]
}
"#;
    Program::new(&home, ["policy", "prod"]).stdout(expected).run();
}

fn has_variables_for_a_user_that_is_not_known() {
    let machine = machine("[profile main]\n");
    let (_, said) = machine.policy("main");
    let what = "the user of profile main is known only after a sign-in; the policy has ${aws:username} for the name";
    assert_eq!(said, format!("mfa-env: {what} and * for the account\n"));
    Program::new(&machine.home, ["policy", "main", "-q"]).run();
    let devices = ["arn:aws:iam::*:mfa/${aws:username}", "arn:aws:iam::*:mfa/${aws:username}-*"];
    assert_eq!(machine.resources("main", "CreateOwnDevice"), devices);
    // The user may have a path.
    let users = ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}"];
    assert_eq!(machine.resources("main", "RegisterOwnDevice"), users);
    // The account is that of the device.
    machine.home.write(".aws/config", format!("[profile main]\nmfa_serial = {ALICE}\n"));
    let (_, said) = machine.policy("main");
    assert_eq!(said, format!("mfa-env: {what}\n"));
    assert_eq!(machine.resources("main", "RemoveOwnDevice")[0], "arn:aws:iam::123456789012:user/${aws:username}");
}

fn accounts_are_those_of_the_keys() {
    let role = "[profile prod]\nrole_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = main\n";
    for (keys, account) in [
        // Not that of the role, which may be in another one.
        ("", "*"),
        ("aws_account_id = 111122223333\n", "111122223333"),
        ("aws_account_id = 11112222333\n", "*"),
        ("aws_account_id = ${aws:x}*\n", "*"),
        (&format!("mfa_serial = {ALICE}\n"), "123456789012"),
        ("mfa_serial = GAHT12345678\n", "*"),
        // AWS accepts only the devices of the user, but aws_account_id is about the keys.
        (&format!("mfa_serial = {ALICE}\naws_account_id = 111122223333\n"), "111122223333"),
    ] {
        let machine = machine(&format!("[profile main]\n{keys}{role}"));
        let user = format!("arn:aws:iam::{account}:user/${{aws:username}}");
        assert_eq!(machine.resources("prod", "RemoveOwnDevice")[0], user, "{keys}");
        assert_eq!(machine.resources("prod", "AssumeRole"), ["arn:aws:iam::210987654321:role/admin"]);
    }
}

fn partitions_are_those_of_the_profile() {
    for (config, partition) in [
        ("region = cn-north-1\n".to_owned(), "aws-cn"),
        ("region = us-gov-west-1\n".to_owned(), "aws-us-gov"),
        ("region = eu-west-1\n".to_owned(), "aws"),
        (ALICE.replace("aws:", "aws-us-gov:").replace("arn", "mfa_serial = arn"), "aws-us-gov"),
    ] {
        let machine = machine(&format!("[profile main]\n{config}\n"));
        for name in ["CreateOwnDevice", "RegisterOwnDevice", "RemoveOwnDevice", "ReplaceOwnAccessKey"] {
            let resources = machine.resources("main", name);
            let start = format!("arn:{partition}:iam::");
            assert!(resources.iter().all(|arn| arn.starts_with(&start)), "{config}: {resources:?}");
        }
    }
}

fn devices_keep_their_names() {
    let account = "arn:aws:iam::123456789012:mfa";
    for (device, more) in [
        ("mfa/phone", vec!["mfa/phone", "mfa/phone-*"]),
        ("mfa/phone-2", vec!["mfa/phone-2", "mfa/phone-*"]),
        ("mfa/phone-blue", vec!["mfa/phone-blue", "mfa/phone-blue-*"]),
        ("mfa/-2", vec!["mfa/-2", "mfa/-2-*"]),
        // One that replaces it has no path.
        ("mfa/team/phone", vec!["mfa/team/phone", "mfa/phone-*"]),
    ] {
        let machine = machine(&format!("[profile main]\nmfa_serial = arn:aws:iam::123456789012:{device}\n"));
        let mut expected = vec![format!("{account}/${{aws:username}}"), format!("{account}/${{aws:username}}-*")];
        expected.extend(more.iter().map(|name| format!("arn:aws:iam::123456789012:{name}")));
        assert_eq!(machine.resources("main", "CreateOwnDevice"), expected, "{device}");
    }
    // A hardware device is not created.
    let machine = machine("[profile main]\nmfa_serial = GAHT12345678\n");
    assert_eq!(machine.resources("main", "CreateOwnDevice").len(), 2);
}

fn roles_need_mfa_if_the_sign_in_uses_it() {
    let role = "role_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = main\n";
    for (role_has, keys_have, role_needs_mfa, keys_need_mfa) in [
        ("", "", false, true),
        ("", "mfa_serial = GAHT12345678\n", true, true),
        ("mfa_serial = GAHT12345678\n", "", true, true),
        // A nightly job.
        ("mfa_serial =\n", "mfa_serial = GAHT12345678\n", false, true),
        ("", "mfa_serial =\n", false, false),
    ] {
        let machine = machine(&format!("[profile main]\n{keys_have}[profile prod]\n{role}{role_has}"));
        let condition = |name| machine.statement("prod", name).expect("a statement").get("Condition").cloned();
        assert_eq!(condition("AssumeRole"), role_needs_mfa.then(mfa), "{role_has}, {keys_have}");
        assert_eq!(condition("ReplaceOwnAccessKey"), keys_need_mfa.then(mfa), "{role_has}, {keys_have}");
        assert_eq!(machine.statement("prod", "RegisterOwnDevice").is_some(), keys_need_mfa, "{role_has}, {keys_have}");
        Program::new(&machine.home, ["policy", "prod", "-q"]).env("MFA_ENV_MFA_SERIAL", "none").run();
    }
    // Where nobody names the device, it is the one that a sign-in has looked up.
    let machine = machine(&format!("[profile main]\n[profile prod]\n{role}"));
    machine.sts.add_device(ALICE, Some(&machine.user));
    assert_eq!(machine.statement("prod", "AssumeRole").expect("a statement").get("Condition"), None);
    let code = machine.sts.code(ALICE);
    Program::new(&machine.home, ["main", &code, "-s", "sh"]).signs_in().run();
    assert_eq!(machine.statement("prod", "AssumeRole").expect("a statement").get("Condition"), Some(&mfa()));
    let without = Program::new(&machine.home, ["policy", "prod", "-q"]).env("MFA_ENV_MFA_SERIAL", "none").run();
    let without: Value = serde_json::from_str(&without.stdout).expect("JSON");
    assert_eq!(without["Statement"].as_array().and_then(|all| all.last()?.get("Condition").cloned()), None);
}

fn names_roles_that_need_another_policy() {
    let machine = machine(&format!(
        "[profile main]\nmfa_serial = {ALICE}\naws_account_id = 123456789012\n\
         [profile a]\nrole_arn = arn:aws:iam::111111111111:role/a\nsource_profile = main\n\
         [profile b]\nrole_arn = arn:aws:iam::222222222222:role/b\nsource_profile = a\n\
         [profile c]\nrole_arn = arn:aws:iam::333333333333:role/c\nsource_profile = b\n"
    ));
    assert_eq!(machine.resources("c", "AssumeRole"), ["arn:aws:iam::111111111111:role/a"]);
    let (_, said) = machine.policy("c");
    let line = |role: &str, signer: &str| {
        format!(
            "mfa-env: not in this policy: {role} is assumed from another role; a policy of {signer} must allow \
             sts:AssumeRole for it\n"
        )
    };
    let [a, b, c] = ["111111111111:role/a", "222222222222:role/b", "333333333333:role/c"]
        .map(|role| format!("arn:aws:iam::{role}"));
    assert!(said.ends_with(&format!("{}{}", line(&c, &b), line(&b, &a))), "{said}");
    assert!(!machine.policy("a").1.contains("not in this policy"));
}

fn a_role_is_no_pattern() {
    for (role, pattern) in [
        ("role/*", "role/${*}"),
        ("role/a?b", "role/a${?}b"),
        ("role/${aws:username}", "role/${$}{aws:username}"),
        ("role/*/\"x\\y", "role/${*}/\"x\\y"),
    ] {
        let machine = machine(&format!(
            "[profile main]\n[profile prod]\nrole_arn = arn:aws:iam::111111111111:{role}\nsource_profile = main\n"
        ));
        assert_eq!(machine.resources("prod", "AssumeRole"), [format!("arn:aws:iam::111111111111:{pattern}")]);
    }
}

fn keys_of_a_session_have_nobody_to_manage() {
    let machine = machine("[profile prod]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = main\n");
    let keys = "[main]\naws_access_key_id = ASIAAAAAAAAAAAAAAAAA\naws_secret_access_key = x\naws_session_token = y\n";
    machine.home.write(".aws/credentials", keys);
    let (policy, said) = machine.policy("prod");
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
    assert_eq!(machine.resources("prod", "AssumeRole"), ["arn:aws:iam::111111111111:role/x"]);
    assert!(said.contains("those of a session; attach the policy to its user or role"), "{said}");
    Program::new(&machine.home, ["policy", "main"]).fails(3).says("main").run();
}

fn without_a_profile_it_is_that_of_the_shell() {
    let machine = machine("[profile main]\n[profile policy]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n");
    let of_main = Program::new(&machine.home, ["policy", "main", "-q"]).run().stdout;
    Program::new(&machine.home, ["policy", "-q"]).env("AWS_PROFILE", "main").stdout(&of_main).run();
    Program::new(&machine.home, ["policy", "-q", "-p", "policy"]).run();
    Program::new(&machine.home, ["policy", "-q"]).fails(3).says("profile `default` not found").run();
}

fn what_cannot_be_planned_is_an_error() {
    let machine = machine("[profile main]\nmfa_serial =\n[profile sso]\nsso_start_url = https://x\n");
    for (arguments, status, says) in [
        (&["policy", "other"][..], 3, "profile `other` not found"),
        (&["policy", "main"], 3, "has no MFA device"),
        (&["policy", "sso"], 3, "sso"),
        (&["policy", "main", "sso"], 2, "sso"),
        (&["policy", "123456"], 3, "default"),
    ] {
        Program::new(&machine.home, arguments.iter().copied()).fails(status).stdout("").says(says).run();
    }
    assert_eq!(machine.sts.connections(), 0);
}

#[cfg(unix)]
use on_a_terminal::{a_missing_action_fails, everything_that_mfa_env_does_is_allowed};

/// The policy allows what mfa-env does, and every one of its actions is needed.
#[cfg(unix)]
mod on_a_terminal {
    use super::{ALICE, Machine, machine};
    use crate::support::program::Program;
    use crate::support::sts::{Policy, RoleSpec};
    use crate::support::terminal::{Streams, Terminal};
    use std::collections::BTreeSet;

    const NEW: &str = "arn:aws:iam::123456789012:mfa/alice-2";
    /// What needs no permission.
    const FREE: [&str; 2] = ["GetCallerIdentity", "GetSessionToken"];

    impl Machine {
        /// Lets the user do only what the policy of profile `ops` allows.
        fn restrict(&self) {
            let policy = Program::new(&self.home, ["policy", "ops", "-q"]).run().stdout;
            self.sts.restrict(&self.user, Policy::document(&policy));
        }

        fn start(&self, arguments: &[&str]) -> Terminal {
            let command = Program::new(&self.home, arguments.iter().copied()).command();
            Terminal::spawn_with(command, Streams { size: Some((80, 24)), ..Streams::default() })
        }

        fn type_codes(&self, terminal: &mut Terminal, serial: &str) {
            terminal.expect("First code of ");
            terminal.expect(": ");
            let [first, second] = self.sts.consecutive_codes(serial);
            terminal.send_line(&first);
            terminal.expect("Next code");
            terminal.expect(": ");
            terminal.send_line(&second);
        }

        /// A code of a device whose last ones are used up.
        fn next_code(&self, serial: &str) -> String {
            self.sts.advance(60);
            self.sts.current_code(serial)
        }

        /// Everything that is done with access keys.
        fn replace_keys(&self) {
            let rotate = |more: &[&str], code: &str| {
                let arguments =
                    ["rotate", "main", "--no-input", "--code", code].into_iter().chain(more.iter().copied());
                Program::new(&self.home, arguments.collect::<Vec<_>>()).writes(".aws/credentials").says("")
            };
            rotate(&[], &self.next_code(ALICE)).run();
            rotate(&[], &self.next_code(ALICE)).fails(3).says("has two access keys").run();
            rotate(&["--delete"], &self.next_code(ALICE)).run();
            assert_eq!(self.sts.access_keys(&self.user).len(), 1);
            // Without MFA, nothing of that.
            let denied = Program::new(&self.home, ["rotate", "main", "--no-input", "--mfa-serial", "none"]).fails(4);
            denied.says("iam:").run();
        }
    }

    fn machine_with_role() -> Machine {
        let mut machine = machine("");
        let spec = RoleSpec { requires_mfa: true, max_session_duration: 7200, ..RoleSpec::default() };
        let role = machine.sts.add_role("ops", spec);
        machine
            .home
            .write(".aws/config", format!("[profile main]\n[profile ops]\nrole_arn = {role}\nsource_profile = main\n"));
        machine.home.set("AWS_REGION", "eu-west-1");
        machine
    }

    pub fn everything_that_mfa_env_does_is_allowed() {
        let machine = machine_with_role();
        machine.restrict();
        // A device that is not enabled is removed again.
        let mut terminal = machine.start(&["enroll", "main"]);
        terminal.expect("First code of ");
        terminal.send_control('c');
        terminal.wait();
        assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
        let mut terminal = machine.start(&["enroll", "main"]);
        machine.type_codes(&mut terminal, ALICE);
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
        // Now the role needs MFA.
        machine.restrict();
        Program::new(&machine.home, ["ops", &machine.next_code(ALICE), "-s", "sh"]).signs_in().run();
        Program::new(&machine.home, ["ops", "-d", "2h", &machine.next_code(ALICE), "-s", "sh"]).signs_in().run();
        // The user is known now.
        machine.restrict();
        Program::new(&machine.home, ["ops", "--renew", &machine.next_code(ALICE), "-s", "sh"]).signs_in().run();
        Program::new(&machine.home, ["device", "main"]).says("").run();
        let mut terminal = machine.start(&["device", "resync", "main"]);
        machine.sts.advance(60);
        machine.type_codes(&mut terminal, ALICE);
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
        machine.replace_keys();
        let mut terminal = machine.start(&["device", "replace", "main"]);
        // The sessions of the old key are forgotten.
        terminal.expect("MFA code for alice");
        terminal.expect(": ");
        terminal.send_line(&machine.next_code(ALICE));
        machine.type_codes(&mut terminal, NEW);
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
        assert_eq!(machine.sts.devices_of(&machine.user), [NEW]);
        machine.restrict();
        let mut terminal = machine.start(&["device", "remove", "main"]);
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        terminal.expect("MFA code for ");
        terminal.expect(": ");
        terminal.send_line(&machine.next_code(NEW));
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.output());
        assert_eq!(machine.sts.devices_of(&machine.user), Vec::<String>::new());

        let done: BTreeSet<String> =
            machine.sts.calls().into_iter().filter(|call| call.error.is_none()).map(|call| call.action).collect();
        let (policy, _) = machine.policy("ops");
        let statements = policy["Statement"].as_array().expect("statements");
        let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().expect("a list"));
        let allowed = actions.map(|action| action.as_str().and_then(|text| text.split(':').nth(1)).expect("an action"));
        let allowed: BTreeSet<String> = allowed.chain(FREE).map(str::to_owned).collect();
        assert_eq!(allowed, done);
    }

    pub fn a_missing_action_fails() {
        let machine = machine_with_role();
        let policy = Program::new(&machine.home, ["policy", "ops", "-q"]).run().stdout;
        let without = |action: &str| {
            assert!(policy.contains(action));
            machine.sts.restrict(&machine.user, Policy::document(&policy.replace(action, "iam:Nothing")));
        };
        without("iam:EnableMFADevice");
        let mut terminal = machine.start(&["enroll", "main"]);
        machine.type_codes(&mut terminal, ALICE);
        terminal.expect("to call iam:EnableMFADevice");
        terminal.expect("mfa-env policy main");
        assert_eq!(terminal.wait().code(), Some(4));
        without("iam:ListMFADevices");
        Program::new(&machine.home, ["device", "main"]).fails(4).says("to call iam:ListMFADevices").run();
        machine.sts.add_device(ALICE, Some(&machine.user));
        without("sts:AssumeRole");
        let code = machine.sts.code(ALICE);
        let refused = Program::new(&machine.home, ["ops", "--mfa-serial", ALICE, &code, "-s", "sh"]).fails(4);
        refused.says("ops").run();
        // The condition counts: without a code, no device is removed.
        Program::new(&machine.home, ["logout", "--all"]).says("").run();
        let (policy, _) = machine.policy("main");
        machine.sts.restrict(&machine.user, Policy::document(&policy.to_string()));
        let mut terminal = machine.start(&["device", "remove", "main"]);
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        terminal.expect("MFA code for ");
        terminal.send_control('c');
        terminal.wait();
        assert_eq!(machine.sts.devices_of(&machine.user), [ALICE]);
    }
}

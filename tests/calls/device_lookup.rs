//! The device that nobody has named: IAM lists it before a sign-in with keys, and after AWS has refused a role.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, Policy, RoleSpec, Sts, User, UserSpec};
use std::fs;
use std::path::PathBuf;

trials![
    uses_the_only_device_and_shows_its_line,
    remembers_the_device_for_a_day,
    says_what_a_user_without_codes_can_do,
    names_the_permission_that_is_missing,
    several_devices_are_named_if_nobody_can_be_asked,
    looks_up_nothing_if_nobody_may_be_asked,
    an_empty_setting_means_no_device,
    another_cause_is_named_first,
    a_refused_role_gets_the_users_device,
    a_role_that_is_refused_for_another_reason_stays_refused,
    forgets_a_device_that_aws_does_not_accept,
    explain_says_what_would_be_looked_up,
    errors_of_iam_are_those_of_the_sign_in,
];

const HARDWARE: &str = "GAHT12345678";
const KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key";
const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";

fn alice(sts: &Sts, serials: &[&str]) -> User {
    let devices = Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect());
    sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() })
}

/// A home whose profile `main` has the user's keys and no device.
fn home(sts: &Sts, user: &User, config: &str) -> Home {
    let mut home = Home::with(config, &credentials_section("main", user));
    home.set("AWS_ENDPOINT_URL", sts.url());
    home
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_session_calls().into_iter().map(|call| call.action).collect()
}

fn sign_in<'a>(home: &'a Home, profile: &str, code: &str) -> Program<'a> {
    Program::new(home, [profile, code, "-s", "sh"])
}

fn device_files(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.cache()).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "device")).collect()
}

fn uses_the_only_device_and_shows_its_line() {
    let sts = Sts::start();
    let user = alice(&sts, &[KEY, PHONE]);
    let home = home(&sts, &user, "[profile main]\nregion = eu-west-1\n");
    let ran = sign_in(&home, "main", &sts.code(PHONE)).signs_in_to("main").run();
    assert!(ran.stderr.contains(&format!("mfa-env: add to [profile main]: mfa_serial = {PHONE}\n")), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["ListMFADevices", "GetSessionToken"]);
    // The session is the one that the line would lead to.
    home.write(".aws/config", format!("[profile main]\nregion = eu-west-1\nmfa_serial = {PHONE}\n"));
    Program::new(&home, ["main", "-s", "sh"]).signs_in_to("main").run();
    assert!(sts.take_calls().is_empty());
}

fn remembers_the_device_for_a_day() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "");
    sign_in(&home, "main", &sts.code(PHONE)).signs_in().run();
    sts.take_calls();
    // The cached session is used, and nothing is said any more.
    let ran = Program::new(&home, ["main", "-s", "sh"]).signs_in().run();
    assert!(!ran.stderr.contains("mfa_serial"), "{}", ran.stderr);
    Program::new(&home, ["main", "--no-input", "-s", "sh"]).signs_in().run();
    assert!(sts.take_calls().is_empty());
    let listed = Program::new(&home, ["list"]).run().stdout;
    assert!(listed.contains("12 h"), "{listed}");
    Program::new(&home, ["main", "--renew", &sts.code(PHONE), "-s", "sh"]).signs_in().run();
    assert_eq!(actions(&sts), ["GetSessionToken"]);

    let files = device_files(&home);
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
    assert!(name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    let text = fs::read_to_string(file).expect("text");
    assert!(text.contains(PHONE) && !text.contains(&user.secret_access_key), "{text}");
    // A day later it is looked up again.
    let stored: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let value = stored["value"].as_str().expect("a value");
    let (at, serial) = value.split_once(' ').expect("a time");
    let day_before = at.parse::<i64>().expect("milliseconds") - 86_400_000;
    fs::write(file, text.replace(value, &format!("{day_before} {serial}"))).expect("a file");
    Program::new(&home, ["main", "--renew", &sts.code(PHONE), "-s", "sh"]).signs_in().run();
    assert_eq!(actions(&sts), ["ListMFADevices", "GetSessionToken"]);
    // Without the cache nothing is remembered.
    Program::new(&home, ["logout", "--all"]).says("").run();
    assert_eq!(device_files(&home), Vec::<PathBuf>::new());
    sts.advance(60);
    Program::new(&home, ["main", "--no-cache", &sts.code(PHONE), "-s", "sh"]).signs_in().run();
    assert_eq!(device_files(&home), Vec::<PathBuf>::new());
}

fn says_what_a_user_without_codes_can_do() {
    let sts = Sts::start();
    let user = alice(&sts, &[KEY]);
    let home = home(&sts, &user, "");
    let ran = sign_in(&home, "main", "123456").fails(3);
    ran.says("the user of profile main has only security keys or passkeys, which generate no codes")
        .says(KEY)
        .says("aws login --profile main")
        .says("mfa-env enroll main")
        .run();
    let none = alice_named(&sts, "nobody");
    home.write(".aws/credentials", credentials_section("main", &none));
    sign_in(&home, "main", "123456")
        .fails(3)
        .says("the user of profile main has no MFA device")
        .says("register an authenticator app with: mfa-env enroll main")
        .run();
    assert_eq!(actions(&sts), ["ListMFADevices", "ListMFADevices"]);
}

fn alice_named(sts: &Sts, name: &str) -> User {
    sts.add_user_with(name, UserSpec { devices: Devices::None, ..UserSpec::default() })
}

fn names_the_permission_that_is_missing() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    sts.restrict(&user, Policy::denying(&["ListMFADevices"]));
    let home = home(&sts, &user, "");
    sign_in(&home, "main", "123456")
        .fails(4)
        .says("profile main has no MFA device, and AWS does not let its user look it up")
        .says("add to [profile main]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE")
        .says("the permission iam:ListMFADevices")
        .says("AWS said: AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized")
        .run();
}

fn several_devices_are_named_if_nobody_can_be_asked() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE, HARDWARE, KEY]);
    let home = home(&sts, &user, "[default]\n");
    let ran = sign_in(&home, "main", "123456").fails(3);
    let ran = ran.says("the user of profile main has 2 MFA devices\n  add one of them to [profile main]:\n").run();
    assert!(ran.stderr.contains(&format!("  mfa_serial = {PHONE}\n    mfa_serial = {HARDWARE}\n")), "{}", ran.stderr);
    assert_eq!(device_files(&home), Vec::<PathBuf>::new());
}

fn looks_up_nothing_if_nobody_may_be_asked() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "");
    let refused = Program::new(&home, ["main", "--no-input", "-s", "sh"]).fails(3);
    refused.says("profile main has no MFA device").says("add to [profile main]: mfa_serial = ").run();
    assert!(sts.take_calls().is_empty());
    // Without a terminal, the line is all that is left.
    let lost = Program::new(&home, ["main", "-s", "sh"]).fails(5).says("there is no terminal");
    lost.says(format!("add to [profile main]: mfa_serial = {PHONE}")).run();
    assert_eq!(actions(&sts), ["ListMFADevices"]);
    // An IAM that must not be called is not called.
    Program::new(&home, ["logout", "--all"]).says("").run();
    let own = home.variables.get(std::ffi::OsStr::new("AWS_ENDPOINT_URL")).cloned().expect("a URL");
    let ran = sign_in(&home, "main", "123456").env("AWS_ENDPOINT_URL", "").env("AWS_ENDPOINT_URL_STS", own).fails(3);
    ran.any_files().says("profile main has no MFA device").run();
    assert!(actions(&sts).is_empty());
}

fn an_empty_setting_means_no_device() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "[profile main]\nmfa_serial =\n");
    sign_in(&home, "main", "123456").fails(3).says("a session without MFA cannot call IAM").run();
    let none = Program::new(&home, ["main", "123456", "--mfa-serial", "none", "-s", "sh"]).fails(3);
    none.says("a session without MFA cannot call IAM").run();
    assert!(sts.take_calls().is_empty());
}

fn another_cause_is_named_first() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, &format!("[main]\nmfa_serial = {PHONE}\n"));
    sign_in(&home, "main", "123456").fails(3).says("[main]").run();
    home.write(".aws/config", "");
    let other = sign_in(&home, "main", "123456").env("AWS_MFA_SERIAL", PHONE).fails(3);
    other.says("AWS_MFA_SERIAL is for other tools").run();
    assert!(sts.take_calls().is_empty());
}

fn a_refused_role_gets_the_users_device() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let strict = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let open = sts.add_role("open", RoleSpec::default());
    let role = |name: &str, arn: &str| format!("[profile {name}]\nrole_arn = {arn}\nsource_profile = main\n");
    let home = home(&sts, &user, &format!("{}{}", role("admin", &strict), role("open", &open)));
    // A role that needs no MFA is assumed without IAM.
    Program::new(&home, ["open", "-s", "sh"]).signs_in_to("open").run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // Nobody can be asked.
    let lost = Program::new(&home, ["admin", "-s", "sh"]).fails(4).says("cannot be assumed without MFA");
    lost.says("add to [profile main]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE").run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
    let ran = sign_in(&home, "admin", &sts.code(PHONE)).signs_in_to("admin").run();
    assert!(ran.stderr.contains(&format!("add to [profile main]: mfa_serial = {PHONE}")), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["AssumeRole", "ListMFADevices", "GetSessionToken", "AssumeRole"]);
    // Its session is found again, and that of another role needs no code.
    Program::new(&home, ["admin", "--no-input", "-s", "sh"]).signs_in_to("admin").run();
    assert!(sts.take_calls().is_empty());
    let listed = Program::new(&home, ["list"]).run().stdout;
    assert!(listed.lines().any(|line| line.starts_with("admin") && line.ends_with("1 h")), "{listed}");
    Program::new(&home, ["admin", "--no-input", "-r", "eu-west-1", "-s", "sh"]).signs_in_to("admin").run();
    let again = Program::new(&home, ["admin", "--no-input", "--role-session-name", "x-y", "-s", "sh"]);
    again.signs_in_to("admin").run();
    assert_eq!(actions(&sts), ["AssumeRole", "AssumeRole"]);
}

fn a_role_that_is_refused_for_another_reason_stays_refused() {
    let sts = Sts::start();
    let user = alice(&sts, &[KEY]);
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let config = format!("[profile admin]\nrole_arn = {role}\nsource_profile = main\n");
    let home = home(&sts, &user, &config);
    let refused = |says: &str| {
        let ran = sign_in(&home, "admin", "123456").fails(4).says("role `admin` cannot be assumed without MFA");
        ran.says(says).run();
    };
    refused("mfa-env: the user of profile main has only security keys or passkeys");
    assert_eq!(actions(&sts), ["AssumeRole", "ListMFADevices"]);
    sts.restrict(&user, Policy::denying(&["ListMFADevices"]));
    refused("mfa-env: AWS does not allow the user of profile main to call iam:ListMFADevices");
    sts.take_calls();
    // With `none`, or an empty setting, the user has decided.
    let none = Program::new(&home, ["admin", "123456", "--mfa-serial", "none", "-s", "sh"]).fails(4);
    none.says("cannot be assumed without MFA").run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
}

fn forgets_a_device_that_aws_does_not_accept() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "");
    sts.drift_device(PHONE, 9);
    let ran = sign_in(&home, "main", &sts.current_code(PHONE)).fails(4);
    ran.says("AWS cannot verify codes").run();
    assert_eq!(device_files(&home), Vec::<PathBuf>::new());
}

fn explain_says_what_would_be_looked_up() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "");
    let explained = Program::new(&home, ["explain", "--verbose", "main"]).run().stdout;
    assert!(explained.contains("device    not set; the sign-in looks it up (iam:ListMFADevices)\n"), "{explained}");
    let parameter = "SerialNumber is the user's device, which is not known yet (iam:ListMFADevices)\n";
    assert!(explained.contains(parameter), "{explained}");
    let json = |home: &Home| -> serde_json::Value {
        serde_json::from_str(&Program::new(home, ["explain", "main", "--json"]).run().stdout).expect("JSON")
    };
    assert!(json(&home)["device"].is_null());
    Program::new(&home, ["explain", "main", "--no-input"]).fails(3).says("has no MFA device").run();
    assert!(sts.take_calls().is_empty());
    sign_in(&home, "main", &sts.code(PHONE)).signs_in().run();
    let explained = Program::new(&home, ["explain", "--verbose", "main"]).run().stdout;
    assert!(explained.contains(&format!("device    {PHONE} (iam:ListMFADevices)\n")), "{explained}");
    assert_eq!(json(&home)["device"]["value"], PHONE);
}

fn errors_of_iam_are_those_of_the_sign_in() {
    let sts = Sts::start();
    let user = alice(&sts, &[PHONE]);
    let home = home(&sts, &user, "");
    sts.always(Action::ListMFADevices, Fault::Throttle);
    sign_in(&home, "main", "123456").fails(6).says("is busy (Throttling)").run();
    sts.clear_faults();
    sts.remove_key(&user.access_key_id);
    sign_in(&home, "main", "123456").fails(4).says("AWS does not recognize access key").run();
}

//! The client of IAM: what it sends, where to, and what its errors say.

use crate::support::home::Home;
use crate::support::sts::{Action, Devices, Fault, Policy, Sts, User, UserSpec};
use mfa_env::context::Context;
use mfa_env::credentials::{Keys, TokenCode};
use mfa_env::error::{Error, Result};
use mfa_env::iam::{AccessKeyStatus, DeviceKind, Iam};
use mfa_env::plan::{Overrides, Plan};
use mfa_env::profile::{AwsFiles, ProfileName};
use mfa_env::sign_in::{plan_by_name, read_aws_files};
use mfa_env::source;
use mfa_env::sts::Sts as StsClient;
use mfa_env::variables::Variables;

trials![
    registers_and_removes_a_device,
    resyncs_a_device,
    manages_access_keys,
    waits_for_an_earlier_change,
    signs_again_if_the_clock_is_wrong,
    sends_what_cannot_be_repeated_only_once,
    errors_say_what_is_missing,
    keys_for_a_custom_sts_are_not_sent_to_aws,
    names_the_kinds_of_devices,
    knows_whose_keys_they_are,
    accepts_only_the_response_to_its_own_call,
];

/// A machine whose profile `main` has the keys of a user.
struct Machine {
    sts: Sts,
    user: User,
    context: Context,
    plan: Plan,
}

impl Machine {
    fn new(devices: Devices) -> Machine {
        let sts = Sts::start();
        let user = sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
        let all = sts.url();
        Machine::of(sts, user, &[("AWS_ENDPOINT_URL", &all)])
    }

    fn of(sts: Sts, user: User, variables: &[(&str, &str)]) -> Machine {
        let mut home = Home::with_user(&sts, &user, &[]);
        home.write(".aws/config", "[profile main]\nmfa_serial = arn:aws:iam::123456789012:mfa/planned\n");
        home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL_STS"));
        for (name, value) in variables {
            home.set(*name, *value);
        }
        let context = Context::new(Vec::new(), Variables::from_iter(home.variables.clone()), 0);
        let texts = read_aws_files(&context.variables, &context.warnings).expect("AWS files");
        let name = ProfileName::parse("main").expect("a name");
        let files = AwsFiles::index(&texts);
        let plan = plan_by_name(&files, &name, &Overrides::default(), &context.variables, &context.warnings);
        Machine { sts, user, plan: plan.expect("a plan"), context }
    }

    fn iam(&self) -> Iam<'_> {
        Iam::at(&self.plan.endpoint, self.plan.call.source(), &self.context).expect("an endpoint")
    }

    fn keys(&self) -> Keys {
        source::resolve(self.plan.call.source()).expect("keys")
    }

    fn codes(&self, serial: &str) -> [TokenCode; 2] {
        self.sts.consecutive_codes(serial).map(|code| TokenCode::parse(&code).expect("a code"))
    }

    /// The operations that were sent, with the code of the error if there was one.
    fn calls(&self) -> Vec<String> {
        let shown = |call: crate::support::sts::Call| match call.error {
            Some(error) => format!("{} {error}", call.action),
            None => call.action,
        };
        self.sts.take_calls().into_iter().map(shown).collect()
    }
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(e) => format!("{}: {e}", e.exit_code()),
    }
}

fn registers_and_removes_a_device() {
    let machine = Machine::new(Devices::None);
    let (iam, keys) = (machine.iam(), machine.keys());
    assert_eq!(iam.devices(&keys).expect("a list"), []);
    let device = iam.create_device(&keys, "phone").expect("a device");
    assert_eq!(device.serial, "arn:aws:iam::123456789012:mfa/phone");
    assert_eq!(device.seed.expose(), machine.sts.seed(&device.serial));
    assert!(!format!("{:?}", device.seed).contains(device.seed.expose()));
    let [first, second] = machine.codes(&device.serial);
    let wrong = refused(iam.enable_device(&keys, "alice", &device.serial, [&second, &first]));
    assert!(wrong.starts_with("4: AWS rejected the two codes for MFA device arn:aws:iam::1234"), "{wrong}");
    iam.enable_device(&keys, "alice", &device.serial, [&first, &second]).expect("enabled");
    let listed = iam.devices(&keys).expect("a list");
    assert_eq!(listed[0].serial, device.serial);
    iam.deactivate_device(&keys, "alice", &device.serial).expect("deactivated");
    iam.delete_device(&keys, &device.serial).expect("deleted");
    let gone = refused(iam.delete_device(&keys, &device.serial));
    assert!(gone.contains("does not exist, or does not belong to the user of profile main"), "{gone}");
    assert_eq!(machine.sts.unassigned_devices(), Vec::<String>::new());
}

fn resyncs_a_device() {
    let machine = Machine::new(Devices::Virtual);
    let (iam, keys, serial) = (machine.iam(), machine.keys(), &machine.user.mfa_serial);
    machine.sts.drift_device(serial, 9);
    let [first, second] = machine.codes(serial);
    iam.resync_device(&keys, "alice", serial, [&first, &second]).expect("resynced");
    let calls = machine.sts.take_calls();
    assert_eq!(calls[0].param("AuthenticationCode2"), Some(second.expose()));
    assert!(
        refused(iam.resync_device(&keys, "alice", serial, [&first, &second])).starts_with("4: AWS rejected the two")
    );
}

fn manages_access_keys() {
    let machine = Machine::new(Devices::Virtual);
    let (iam, keys) = (machine.iam(), machine.keys());
    let new = iam.create_access_key(&keys, "alice").expect("a key");
    assert_eq!((new.user.as_str(), new.created.is_some()), ("alice", true));
    assert!(!format!("{new:?}").contains(new.keys.secret_access_key.expose()));
    let full = refused(iam.create_access_key(&keys, "alice"));
    assert!(full.contains("the access keys of the user") && full.contains("LimitExceeded"), "{full}");
    let id = &new.keys.access_key_id;
    assert_eq!(iam.access_key_last_used(&keys, id).expect("a use").at, None);
    assert_eq!(iam.user_arn(&new.keys).expect("a user"), Some(machine.user.arn.clone()));
    let used = iam.access_key_last_used(&keys, id).expect("a use");
    assert_eq!((used.at.is_some(), used.service.as_str()), (true, "iam"));
    iam.set_access_key(&keys, "alice", id, AccessKeyStatus::Inactive).expect("inactive");
    let status = |found: &str| {
        let listed = iam.access_keys(&keys).expect("a list");
        assert_eq!(listed, iam.access_keys_of(&keys, "alice").expect("a list"));
        listed.into_iter().find(|key| key.id == found).map(|key| (key.status, key.created.is_some()))
    };
    assert_eq!(status(id), Some((AccessKeyStatus::Inactive, true)));
    iam.set_access_key(&keys, "alice", id, AccessKeyStatus::Active).expect("active");
    assert_eq!(status(id), Some((AccessKeyStatus::Active, true)));
    iam.delete_access_key(&keys, "alice", id).expect("deleted");
    assert_eq!(status(id), None);
    let gone = refused(iam.delete_access_key(&keys, "alice", id));
    assert!(gone.contains("\n  somebody else may have deleted it; run the command again\n"), "{gone}");
}

fn waits_for_an_earlier_change() {
    let machine = Machine::new(Devices::Virtual);
    machine.sts.on(Action::DeactivateMFADevice, Fault::Unmodifiable);
    machine.iam().deactivate_device(&machine.keys(), "alice", &machine.user.mfa_serial).expect("deactivated");
    assert_eq!(machine.calls(), ["DeactivateMFADevice EntityTemporarilyUnmodifiable", "DeactivateMFADevice"]);
}

fn signs_again_if_the_clock_is_wrong() {
    let machine = Machine::new(Devices::None);
    machine.sts.set_clock(3600);
    let device = machine.iam().create_device(&machine.keys(), "phone").expect("a device");
    let codes = machine.codes(&device.serial);
    let iam = machine.iam();
    iam.enable_device(&machine.keys(), "alice", &device.serial, [&codes[0], &codes[1]]).expect("enabled");
    assert!(iam.clock_offset().is_some_and(|offset| (3590..=3610).contains(&offset)));
}

fn sends_what_cannot_be_repeated_only_once() {
    let machine = Machine::new(Devices::None);
    let (iam, keys) = (machine.iam(), machine.keys());
    machine.sts.on(Action::CreateVirtualMFADevice, Fault::CloseProcessed);
    assert!(refused(iam.create_device(&keys, "phone")).starts_with("6: 127.0.0.1"));
    assert_eq!(machine.calls(), ["CreateVirtualMFADevice"]);
    let serial = "arn:aws:iam::123456789012:mfa/phone";
    let [first, second] = machine.codes(serial);
    machine.sts.on(Action::EnableMFADevice, Fault::CloseProcessed);
    let lost = refused(iam.enable_device(&keys, "alice", serial, [&first, &second]));
    assert!(lost.contains("the code may have been used"), "{lost}");
    assert_eq!(machine.calls(), ["EnableMFADevice"]);
    // What changes nothing more is repeated.
    machine.sts.on(Action::ListMFADevices, Fault::CloseUnprocessed);
    assert_eq!(iam.devices(&keys).expect("a list").len(), 1);
    machine.sts.on(Action::ListMFADevices, Fault::Raw { status: 200, content_type: "text/html".into(), body: vec![] });
    let other = refused(iam.devices(&keys));
    assert!(other.contains("is not from IAM"), "{other}");
}

fn errors_say_what_is_missing() {
    let machine = Machine::new(Devices::Virtual);
    let (iam, keys) = (machine.iam(), machine.keys());
    machine.sts.restrict(&machine.user, Policy::denying(&["ListMFADevices"]));
    let denied = refused(iam.devices(&keys));
    assert!(denied.contains("AWS does not allow the user of profile main to call iam:ListMFADevices"), "{denied}");
    assert!(denied.contains("a policy denies it, perhaps because the call was made without MFA"), "{denied}");
    assert!(denied.contains("AWS said: AccessDenied: User: arn:aws:iam::123456789012:user/alice is"), "{denied}");
    let exists = refused(iam.create_device(&keys, "alice"));
    assert!(exists.contains("MFA device alice exists already"), "{exists}");
    let used = refused(iam.delete_device(&keys, &machine.user.mfa_serial));
    assert!(used.contains("belongs to a user"), "{used}");
    let wrong = Keys { access_key_id: "AKIAIOSFODNN7EXAMPLE".into(), ..keys };
    assert!(refused(iam.devices(&wrong)).contains("does not recognize access key"));
}

fn keys_for_a_custom_sts_are_not_sent_to_aws() {
    let sts = Sts::start();
    let user = sts.add_user("alice");
    let url = sts.url();
    for (variables, says) in [
        (
            vec![("AWS_ENDPOINT_URL_STS", url.as_str())],
            "3: STS has a custom endpoint (AWS_ENDPOINT_URL_STS), but IAM has none",
        ),
        (vec![("AWS_ENDPOINT_URL_IAM", "iam")], "3: AWS_ENDPOINT_URL_IAM: `iam` is not an endpoint URL"),
        (vec![("AWS_ENDPOINT_URL_IAM", "http://iam.invalid")], "3: AWS_ENDPOINT_URL_IAM: `http://iam.invalid` would"),
    ] {
        let machine = Machine::of(sts.clone(), user.clone(), &variables);
        let made = Iam::at(&machine.plan.endpoint, machine.plan.call.source(), &machine.context);
        let said = refused(made);
        assert!(said.starts_with(says), "{said}");
    }
    assert!(sts.take_calls().is_empty());
}

fn names_the_kinds_of_devices() {
    let serials =
        ["arn:aws:iam::123456789012:mfa/a/phone", "arn:aws:iam::123456789012:u2f/user/alice/key", "GAHT12345678"];
    let machine = Machine::new(Devices::Serials(serials.map(str::to_owned).to_vec()));
    let devices = machine.iam().devices(&machine.keys()).expect("a list");
    let kinds: Vec<DeviceKind> = devices.iter().map(mfa_env::iam::MfaDevice::kind).collect();
    assert_eq!(kinds, [DeviceKind::Virtual, DeviceKind::SecurityKey, DeviceKind::Hardware]);
    assert_eq!(devices.iter().map(|device| device.has_codes()).collect::<Vec<_>>(), [true, false, true]);
}

fn knows_whose_keys_they_are() {
    let machine = Machine::new(Devices::Virtual);
    let client = StsClient::at(machine.plan.endpoint.clone(), &machine.context.network);
    let source = machine.plan.call.source();
    let caller = client.caller(source, machine.keys(), |_| {}).expect("a caller");
    assert_eq!((caller.user_name(), caller.is_root(), caller.account.as_str()), (Some("alice"), false, "123456789012"));
    let root = machine.sts.add_root();
    let keys = Keys {
        access_key_id: root.access_key_id.clone(),
        secret_access_key: mfa_env::credentials::Secret::new(&*root.secret_access_key),
        session_token: None,
    };
    let caller = client.caller(source, keys, |_| {}).expect("a caller");
    assert_eq!((caller.user_name(), caller.is_root()), (None, true));
    machine.sts.remove_key(&machine.user.access_key_id);
    match client.caller(source, machine.keys(), |_| {}) {
        Err(Error::Aws(refusal)) => assert_eq!(refusal.code, "InvalidClientTokenId"),
        other => panic!("{other:?}"),
    }
}

fn accepts_only_the_response_to_its_own_call() {
    let machine = Machine::new(Devices::Virtual);
    let (iam, keys, serial) = (machine.iam(), machine.keys(), machine.user.mfa_serial.clone());
    let page = |body: &str| Fault::Raw { status: 200, content_type: "text/html".into(), body: body.into() };
    let nested = "<User>".repeat(100_000);
    for body in [
        "",
        "<html><body>Sign in to the network</body></html>",
        "<ListMFADevicesResponse></ListMFADevicesResponse>",
        "<DeactivateMFADeviceResponse>",
        &format!("<DeactivateMFADeviceResponse>{nested}</DeactivateMFADeviceResponse>"),
        "<DeactivateMFADeviceResponse>\u{0}&#0;&bad;",
    ] {
        machine.sts.on(Action::DeactivateMFADevice, page(body));
        let said = refused(iam.deactivate_device(&keys, "alice", &serial));
        assert!(said.starts_with("6: the response from 127.0.0.1"), "{body:.60}: {said}");
        assert!(said.contains("is not from IAM (status 200, text/html)"), "{said}");
    }
    assert_eq!(machine.sts.devices_of(&machine.user), std::slice::from_ref(&serial));
    // Entities and whitespace are read as XML has them.
    let device = "<Base32StringSeed>TUZSV0dZM0RQRUhQSzNQWFBKQlNXWTNEUEVIUEszUFhQ</Base32StringSeed>";
    let response = |serial: &str| {
        format!(
            "<?xml version=\"1.0\"?><CreateVirtualMFADeviceResponse>\n<CreateVirtualMFADeviceResult><VirtualMFADevice>\
             <SerialNumber>{serial}</SerialNumber>{device}</VirtualMFADevice></CreateVirtualMFADeviceResult>\
             <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></CreateVirtualMFADeviceResponse>\n"
        )
    };
    machine.sts.on(Action::CreateVirtualMFADevice, page(&response("a&amp;b&#x41;")));
    assert_eq!(iam.create_device(&keys, "x").expect("a device").serial, "a&bA");
    for seed in ["", "bm90IGJhc2UzMg==", "not base64!", "TUZSV0dZ"] {
        let changed = response("a").replace("TUZSV0dZM0RQRUhQSzNQWFBKQlNXWTNEUEVIUEszUFhQ", seed);
        machine.sts.on(Action::CreateVirtualMFADevice, page(&changed));
        let said = refused(iam.create_device(&keys, "x"));
        assert!(said.contains("it contains no device with a seed"), "{seed}: {said}");
    }
    // What is sent is encoded, and an endless response is cut off.
    let odd = "a+b=c&d é/";
    assert!(refused(iam.create_device(&keys, odd)).contains("ValidationError"));
    assert_eq!(
        machine.sts.calls().pop().and_then(|call| call.param("VirtualMFADeviceName").map(str::to_owned)).as_deref(),
        Some(odd)
    );
    machine.sts.always(Action::GetUser, page(&"x".repeat(2_000_000)));
    assert!(refused(iam.user_arn(&keys)).contains("is not from IAM (too long)"));
    machine.sts.on(Action::DeleteVirtualMFADevice, Fault::TruncatedResponse);
    assert!(refused(iam.delete_device(&keys, &serial)).starts_with("4: "), "a refusal that was cut off");
}

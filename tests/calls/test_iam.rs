//! Tests of the test IAM itself: it has AWS's limits and error texts, for requests signed by the SDK's own signer.

use crate::support::sts::{Action, Devices, Fault, Policy, Sts, User, UserSpec};
use crate::support::sts_client::Client;

trials![
    registers_a_device_with_two_codes_in_a_row,
    refuses_what_aws_refuses_about_devices,
    resyncs_a_device_that_has_drifted,
    manages_two_access_keys_at_most,
    new_keys_work_after_a_while,
    denies_what_a_policy_denies,
    sessions_call_iam_only_with_mfa,
    injects_faults_into_each_operation,
];

fn alice_without_device(sts: &Sts) -> User {
    sts.add_user_with("alice", UserSpec { devices: Devices::None, ..UserSpec::default() })
}

fn two_codes(operation: &str, serial: &str, [first, second]: &[String; 2]) -> String {
    format!("{operation}&UserName=alice&SerialNumber={serial}&AuthenticationCode1={first}&AuthenticationCode2={second}")
}

fn registers_a_device_with_two_codes_in_a_row() {
    let sts = Sts::start();
    let alice = alice_without_device(&sts);
    let client = Client::of(&sts, &alice);
    let created = client.call("CreateVirtualMFADevice&VirtualMFADeviceName=phone");
    let serial = created.element("SerialNumber");
    assert_eq!((created.status, serial.as_str()), (200, "arn:aws:iam::123456789012:mfa/phone"));
    // AWS's seed is base32 in base64.
    assert!(created.element("Base32StringSeed").len() > 64, "{}", created.body);
    assert_eq!(sts.unassigned_devices(), std::slice::from_ref(&serial));
    client.assert_refused(
        "CreateVirtualMFADevice&VirtualMFADeviceName=phone",
        "EntityAlreadyExists: MFADevice entity at the same path and name already exists.",
    );
    let [first, second] = sts.consecutive_codes(&serial);
    let invalid = "InvalidAuthenticationCode: Authentication code for device is not valid.";
    for wrong in [[&second, &first], [&first, &first]] {
        client.assert_refused(&two_codes("EnableMFADevice", &serial, &wrong.map(String::clone)), invalid);
    }
    let codes = [first, second];
    assert_eq!(client.call(&two_codes("EnableMFADevice", &serial, &codes)).status, 200);
    assert_eq!((sts.devices_of(&alice), sts.unassigned_devices()), (vec![serial.clone()], Vec::new()));
    assert_eq!(client.call("ListMFADevices").element("SerialNumber"), serial);
    // They are used up.
    let sign_in = |code: &str| format!("GetSessionToken&SerialNumber={serial}&TokenCode={code}");
    for code in &codes {
        client.assert_refused(&sign_in(code), "AccessDenied: MultiFactorAuthentication failed with invalid MFA");
    }
    sts.advance(60);
    assert_eq!(client.call(&sign_in(&sts.current_code(&serial))).status, 200);
    let shown = format!("{:?}", sts.calls());
    assert!(codes.iter().all(|code| !shown.contains(code)), "{shown}");
}

fn refuses_what_aws_refuses_about_devices() {
    let sts = Sts::start();
    let alice = alice_without_device(&sts);
    let client = Client::of(&sts, &alice);
    client.assert_refused(
        "CreateVirtualMFADevice&VirtualMFADeviceName=my%20phone",
        "ValidationError: 1 validation error detected: Value 'my phone' at 'virtualMFADeviceName' failed to satisfy",
    );
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key";
    sts.add_device(key, Some(&alice));
    for number in 0..7 {
        sts.add_device(&format!("arn:aws:iam::123456789012:mfa/phone{number}"), Some(&alice));
    }
    sts.add_device("arn:aws:iam::123456789012:mfa/ninth", None);
    let ninth = "arn:aws:iam::123456789012:mfa/ninth";
    client.assert_refused(
        &two_codes("EnableMFADevice", ninth, &sts.consecutive_codes(ninth)),
        "LimitExceeded: Cannot exceed quota for MFADevicesPerUser: 8",
    );
    let phone = "arn:aws:iam::123456789012:mfa/phone1";
    let device = |operation: &str, serial: &str| format!("{operation}&UserName=alice&SerialNumber={serial}");
    client.assert_refused(
        &device("DeleteVirtualMFADevice", phone),
        "DeleteConflict: MFA VirtualDevice in use. Must deactivate first.",
    );
    client.assert_refused(&device("DeactivateMFADevice", ninth), "NoSuchEntity: MFA Device invalid for user.");
    assert_eq!(client.call(&device("DeactivateMFADevice", phone)).status, 200);
    assert_eq!(client.call(&device("DeleteVirtualMFADevice", phone)).status, 200);
    client.assert_refused(
        &device("DeleteVirtualMFADevice", phone),
        "NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::123456789012:mfa/phone1 doesn't exist.",
    );
    sts.on(Action::DeactivateMFADevice, Fault::Unmodifiable);
    client.assert_refused(&device("DeactivateMFADevice", key), "EntityTemporarilyUnmodifiable: ");
    assert_eq!(client.call(&device("DeactivateMFADevice", key)).status, 200);
    assert!(!sts.devices_of(&alice).contains(&key.to_owned()));
    client.assert_refused(
        "ListMFADevices&UserName=bob",
        "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListMFADevices on \
         resource: user bob because no identity-based policy allows the iam:ListMFADevices action",
    );
}

fn resyncs_a_device_that_has_drifted() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let client = Client::of(&sts, &alice);
    let serial = &alice.mfa_serial;
    sts.drift_device(serial, 6);
    let sign_in = || format!("GetSessionToken&SerialNumber={serial}&TokenCode={}", sts.current_code(serial));
    client.assert_refused(&sign_in(), "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.");
    assert_eq!(client.call(&two_codes("ResyncMFADevice", serial, &sts.consecutive_codes(serial))).status, 200);
    sts.advance(60);
    assert_eq!(client.call(&sign_in()).status, 200);
}

fn manages_two_access_keys_at_most() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let client = Client::of(&sts, &alice);
    let second = client.session("CreateAccessKey");
    client.assert_refused("CreateAccessKey", "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
    let keys = [&alice.access_key_id, &second.access_key_id];
    let listed = client.call("ListAccessKeys");
    assert!(keys.iter().all(|id| listed.body.contains(*id)), "{}", listed.body);
    let of_second = |operation: &str| format!("{operation}&AccessKeyId={}", second.access_key_id);
    let used = client.call(&of_second("GetAccessKeyLastUsed"));
    assert_eq!((used.element("UserName"), used.element("ServiceName")), ("alice".into(), "N/A".into()));
    assert_eq!(client.call(&of_second("UpdateAccessKey&Status=Inactive")).status, 200);
    let second = Client { session_token: None, ..second.clone() };
    second.assert_refused("GetCallerIdentity", "InvalidClientTokenId: ");
    assert_eq!(sts.access_keys(&alice), [(keys[0].clone(), true), (keys[1].clone(), false)]);
    assert_eq!(client.call(&of_second("UpdateAccessKey&Status=Active")).status, 200);
    assert_eq!(second.call("GetUser").element("Arn"), alice.arn);
    assert_eq!(client.call(&of_second("GetAccessKeyLastUsed")).element("ServiceName"), "iam");
    assert_eq!(client.call(&of_second("DeleteAccessKey")).status, 200);
    client.assert_refused(&of_second("DeleteAccessKey"), "NoSuchEntity: The Access Key with id AKIA");
}

fn new_keys_work_after_a_while() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    sts.delay_new_keys(2);
    let second = Client::of(&sts, &sts.add_access_key(&alice));
    for _ in 0..2 {
        second.assert_refused("GetCallerIdentity", "InvalidClientTokenId: ");
    }
    assert_eq!(second.call("GetCallerIdentity").element("Arn"), alice.arn);
}

fn denies_what_a_policy_denies() {
    let sts = Sts::start();
    let alice = alice_without_device(&sts);
    let client = Client::of(&sts, &alice);
    sts.restrict(&alice, Policy::denying(&["ListMFADevices"]));
    client.assert_refused(
        "ListMFADevices",
        "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListMFADevices on \
         resource: user alice with an explicit deny in an identity-based policy",
    );
    sts.restrict(&alice, Policy::requiring_mfa());
    assert_eq!(client.call("ListMFADevices").status, 200);
    assert_eq!(client.call("CreateVirtualMFADevice&VirtualMFADeviceName=alice").status, 200);
    let delete = "DeleteVirtualMFADevice&SerialNumber=arn:aws:iam::123456789012:mfa/alice";
    client.assert_refused(delete, "AccessDenied: ");
    client.assert_refused("CreateAccessKey", "AccessDenied: ");
    sts.restrict(&alice, Policy::default());
    assert_eq!(client.call(delete).status, 200);
    let root = sts.add_root();
    assert_eq!(Client::of(&sts, &root).call("GetCallerIdentity").element("Arn"), root.arn);
}

fn sessions_call_iam_only_with_mfa() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let client = Client::of(&sts, &alice);
    client.session("GetSessionToken").assert_refused("ListMFADevices", "InvalidClientTokenId: ");
    let (serial, code) = (&alice.mfa_serial, sts.code(&alice.mfa_serial));
    let session = client.session(&format!("GetSessionToken&SerialNumber={serial}&TokenCode={code}"));
    sts.restrict(&alice, Policy::requiring_mfa());
    client.assert_refused("CreateAccessKey", "AccessDenied: ");
    assert_eq!(session.call("CreateAccessKey").status, 200);
    assert_eq!(session.call("ListMFADevices").element("SerialNumber"), *serial);
}

fn injects_faults_into_each_operation() {
    let sts = Sts::start();
    let client = Client::of(&sts, &sts.add_user("alice"));
    for (action, name) in [
        (Action::ListMFADevices, "ListMFADevices"),
        (Action::CreateVirtualMFADevice, "CreateVirtualMFADevice"),
        (Action::EnableMFADevice, "EnableMFADevice"),
        (Action::DeactivateMFADevice, "DeactivateMFADevice"),
        (Action::DeleteVirtualMFADevice, "DeleteVirtualMFADevice"),
        (Action::ResyncMFADevice, "ResyncMFADevice"),
        (Action::GetUser, "GetUser"),
        (Action::ListAccessKeys, "ListAccessKeys"),
        (Action::CreateAccessKey, "CreateAccessKey"),
        (Action::UpdateAccessKey, "UpdateAccessKey"),
        (Action::DeleteAccessKey, "DeleteAccessKey"),
        (Action::GetAccessKeyLastUsed, "GetAccessKeyLastUsed"),
    ] {
        sts.on(action, Fault::Throttle);
        client.assert_refused(name, "Throttling: Rate exceeded");
        assert_ne!(client.call(name).element("Code"), "Throttling", "{name}");
    }
}

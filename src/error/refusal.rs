//! The words of a refusal: what AWS means, what to do, and what AWS said.

use super::config::quoted;
use super::{AwsRefusal, CallDescription, KeyOwner, Message, Refusal};
use crate::clock::{ClockOffset, SET_CLOCK};
use crate::origin::{Origin, Sourced};
use crate::printable::printable;

/// In characters; AWS's texts have some hundred, and somebody else's endpoint may send a megabyte.
const LONGEST_MESSAGE: usize = 1000;

impl AwsRefusal {
    pub(super) fn message(&self) -> Message {
        let call = &self.call;
        let CallDescription { operation, host, region, signer, by_session, role, duration, .. } = call;
        let role = role.as_deref().unwrap_or("the role");
        let configure = format!("aws configure --profile {}", quoted(signer));
        let (what, advice) = match &self.reason {
            Refusal::WrongCode(offset) => ("AWS refused the MFA code".to_owned(), wrong_code(call, *offset)),
            Refusal::WrongDevice(owner) => wrong_device(call, owner),
            Refusal::MfaIncomplete => (
                "AWS asks for both the MFA device and its code".to_owned(),
                "the device is named by mfa_serial in the profile, or by --mfa-serial".to_owned(),
            ),
            Refusal::SessionCannotStartSession => (
                format!("the keys of profile {signer} are themselves a session, which cannot start another"),
                format!("use the long-term key of an IAM user (AKIA…): {configure}"),
            ),
            Refusal::RoleNotAssumable => {
                (format!("AWS does not let {signer} call {operation} for {role}"), not_assumable(role))
            }
            Refusal::Denied => (
                format!("AWS does not let {signer} call {operation}"),
                "the call needs no permission, so a policy of the user or of the organisation forbids it:\n\
                 ask who administers the account"
                    .to_owned(),
            ),
            Refusal::RootCannotAssume => (
                "the account's root user cannot assume roles".to_owned(),
                format!("use the key of an IAM user: {configure}"),
            ),
            Refusal::UnknownKey if *by_session => (
                format!("AWS does not know the kept session of profile {signer}"),
                format!("it was revoked, or its key was deleted; --renew makes new ones\n(region {region} at {host})"),
            ),
            Refusal::UnknownKey => (
                format!("AWS does not know the access key of profile {signer}"),
                format!(
                    "it was deleted or deactivated, belongs to another partition, carries a session token that is not its own,\n\
                     or is a session of the global endpoint, which this region may not take\n\
                     (region {region} at {host}); an administrator looks with: aws iam list-access-keys --user-name NAME\n\
                     write another key with: {configure}"
                ),
            ),
            Refusal::UnreadableKeyId => (
                format!("AWS cannot read the access key ID of profile {signer}"),
                format!("it may have stray characters; write the pair again with: {configure}"),
            ),
            Refusal::WrongSecret => (
                format!("the secret access key of profile {signer} is wrong or has stray characters"),
                format!("write the pair again with: {configure}"),
            ),
            Refusal::Unsigned => (
                format!("{host} got the call without its signature"),
                format!("a proxy may have taken the Authorization header away; to go past it: NO_PROXY={host}"),
            ),
            Refusal::ClockSkew(difference) => clock_skew(*difference),
            Refusal::Expired if *by_session => {
                (format!("the kept session of profile {signer} has expired"), "--renew makes new ones".to_owned())
            }
            Refusal::Expired => (
                format!("the session that profile {signer} signs with has expired"),
                format!("renew the source of its keys, or write the long-term key of an IAM user: {configure}"),
            ),
            Refusal::DurationOverRole => {
                (format!("this role allows less than {duration} s: {role}"), over_role(call, role))
            }
            Refusal::DurationOverChain => (
                format!("a role assumed from a session lasts 3600 s at most, not {duration} s: {role}"),
                "`-d 1h` always works".to_owned(),
            ),
            Refusal::InvalidParameter => (
                format!("AWS does not accept a parameter of {operation}"),
                "what is sent, and where it comes from: mfa-env explain PROFILE".to_owned(),
            ),
            Refusal::RegionDisabled => (
                format!("STS is not active in region {region} ({host})"),
                "use another region (-r), or activate it in the IAM console, Account settings".to_owned(),
            ),
            Refusal::BadScope => (
                format!("{host} does not answer for region {region}"),
                "correct the region (-r, or region in the profile) or the endpoint".to_owned(),
            ),
            Refusal::ControlCharacters => {
                let advice = format!("{host} may not be AWS; nothing of it was handed to the shell");
                return Message::new("STS returned a value with control characters").advise(advice);
            }
            Refusal::Unusable(flaw) => {
                let what = format!("unexpected answer from {host}: {flaw}");
                return Message::new(what).advise("nothing of it was handed to the shell");
            }
            Refusal::Other => return Message::new(format!("AWS refused {operation}")).advise(self.said()),
        };
        Message::new(what).advise(format!("{advice}\n{}", self.said()))
    }

    /// AWS's own code and text, escaped.
    fn said(&self) -> String {
        let code = printable(&self.code);
        let mut message = self.message.trim();
        let mut cut = "";
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            (message, cut) = (&message[..end], "…");
        }
        // Of a signature that does not fit, AWS's text is about us and no news to the person; some endpoints repeat the signed text in it.
        match message {
            "" => format!("AWS said: {code}"),
            _ if self.reason == Refusal::WrongSecret => format!("AWS said: {code}"),
            message => format!("AWS said: {code}: {}{cut}", printable(message)),
        }
    }
}

fn wrong_code(call: &CallDescription, offset: Option<i64>) -> String {
    let device = call.device.as_ref().map_or("the device", |device| &device.value);
    let usual = format!(
        "it was wrong, too old, or already used: every code works once. Wait for the next one ({})",
        printable(device)
    );
    let Some(seconds) = offset else { return usual };
    let difference = ClockOffset { seconds, now: 0 };
    format!(
        "codes computed on this machine are wrong, because its clock is {} s {} AWS's; set it: {SET_CLOCK}\n\
         a code from elsewhere: {usual}",
        seconds.unsigned_abs(),
        difference.direction()
    )
}

fn wrong_device(call: &CallDescription, owner: &KeyOwner) -> (String, String) {
    let signer = &call.signer;
    let (device, origin) = match &call.device {
        Some(device) => (device.value.as_str(), device.origin.to_string()),
        None => ("the device", "the profile".to_owned()),
    };
    let what = match &owner.arn {
        Some(user) => format!("AWS cannot check codes of {device} for {user}, the user of profile {signer}"),
        None => format!("AWS cannot check codes of {device} for the user of profile {signer}"),
    };
    let Some(devices) = &owner.devices else {
        let advice = format!(
            "the device must be this user's own, and its ARN must say :mfa/. Compare with: aws iam list-mfa-devices --profile {}\n\
             a device out of step with AWS's clock is mended in the IAM console (Resync)",
            quoted(signer)
        );
        return (what, advice);
    };
    // A security key is a device too, but it has no codes.
    let with_codes: Vec<&str> = devices.iter().map(String::as_str).filter(|serial| !serial.contains(":u2f/")).collect();
    let typed = matches!(call.device, Some(Sourced { origin: Origin::Flag(_), .. }));
    let line = |serial: &str| format!("{}{}", if typed { "" } else { "mfa_serial = " }, printable(serial));
    let advice = match with_codes.as_slice() {
        [] => "this user has no MFA device with codes; register an authenticator app in the IAM console, Security credentials".to_owned(),
        of_user if of_user.contains(&device) => {
            let user = owner.arn.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or("NAME");
            format!(
                "the device is this user's own, so it is out of step with AWS's clock. Two codes in a row mend it:\n\
                 aws iam resync-mfa-device --user-name {} --serial-number {} --authentication-code1 CODE --authentication-code2 NEXT",
                printable(&quoted(user)),
                printable(&quoted(device))
            )
        }
        [only] => format!("this user's device is another one than {origin} says; write there: {}", line(only)),
        several => {
            let lines: Vec<String> = several.iter().map(|serial| format!("  {}", line(serial))).collect();
            format!("this user's devices are others than {origin} says; write one of them there:\n{}", lines.join("\n"))
        }
    };
    (what, advice)
}

fn not_assumable(role: &str) -> String {
    let name = role.rsplit('/').next().unwrap_or("NAME");
    format!(
        "one of these is missing, and AWS does not say which:\n\
         - the user's permission sts:AssumeRole on the role\n\
         - the role's trust policy naming the user or the account\n\
         - MFA, if the trust policy asks for it (mfa_serial; it is lost from role to role)\n\
         - the external id that the trust policy asks for (external_id)\n\
         who may read the trust policy sees it with: aws iam get-role --role-name {}",
        printable(&quoted(name))
    )
}

fn over_role(call: &CallDescription, role: &str) -> String {
    let change = if call.duration_by_flag {
        "the role's own setting is"
    } else {
        "change duration_seconds of the profile, or the role's"
    };
    let name = role.rsplit('/').next().unwrap_or("NAME");
    format!(
        "`-d 1h` always works; {change} MaxSessionDuration\n\
         (aws iam update-role --role-name {} --max-session-duration {})",
        printable(&quoted(name)),
        call.duration
    )
}

fn clock_skew(difference: Option<ClockOffset>) -> (String, String) {
    let what = match difference {
        Some(difference) => difference.to_string(),
        None => "this machine's clock differs too much from AWS's".to_owned(),
    };
    (what, format!("set the clock: {SET_CLOCK}"))
}

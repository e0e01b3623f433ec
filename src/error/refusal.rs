//! The text of a rejected call: what it means, what to do, and what AWS said.

use super::config::{add_device, list_devices};
use super::{AwsRefusal, CallDescription, KeyOwner, Message, Refusal, quoted};
use crate::clock::{ClockOffset, HumanDuration, SET_CLOCK};
use crate::origin::{Origin, Sourced};
use crate::printable::printable;

/// In characters. AWS's messages have a few hundred, but another endpoint may send a megabyte.
const LONGEST_MESSAGE: usize = 1000;

impl AwsRefusal {
    pub(super) fn message(&self) -> Message {
        let call = &self.call;
        let CallDescription { operation, host, region, signer, by_session, .. } = call;
        let configure = format!("aws configure --profile {}", quoted(signer));
        let role = role_name(call);
        let duration = HumanDuration(call.duration.into());
        let (what, advice) = match &self.reason {
            Refusal::WrongCode(offset) => ("AWS rejected the MFA code".to_owned(), wrong_code(call, *offset)),
            Refusal::WrongCodeBefore => {
                return Message::new("AWS rejected the MFA code")
                    .advise(format!("{}\nthat was a moment ago, so it was not sent again", wrong_code(call, None)));
            }
            Refusal::WrongDevice(owner) => wrong_device(call, owner),
            Refusal::MfaIncomplete => (
                "AWS requires both an MFA device and its code".to_owned(),
                "set mfa_serial in the profile, or pass --mfa-serial".to_owned(),
            ),
            Refusal::SessionCannotStartSession => (
                format!("profile {signer} has temporary credentials, for which AWS does not issue an MFA session"),
                format!("configure the access key of an IAM user (AKIA…): {configure}"),
            ),
            Refusal::RoleNotAssumable => role_not_assumable(call),
            Refusal::Denied => (
                format!("AWS denied {operation} for profile {signer}"),
                "a policy of the user or the organization denies this call, which needs no permission;\n\
                 ask your AWS administrator"
                    .to_owned(),
            ),
            Refusal::RootCannotAssume => (
                "the account's root user cannot assume roles".to_owned(),
                format!("configure the access key of an IAM user: {configure}"),
            ),
            Refusal::UnknownKey => unknown_key(call),
            Refusal::UnreadableKeyId => (
                format!("AWS cannot read the access key ID of profile {signer}"),
                format!("it may contain stray characters; configure the access key again: {configure}"),
            ),
            Refusal::WrongSecret => (
                format!("the secret access key of profile {signer} does not match {}", key_id(call)),
                format!("it is wrong or contains stray characters; configure the access key again: {configure}"),
            ),
            Refusal::Unsigned => (
                format!("{host} received the call without its signature"),
                format!("a proxy may have removed the Authorization header; bypass it with: NO_PROXY={host}"),
            ),
            Refusal::ClockSkew(offset) => (
                match offset {
                    Some(offset) => offset.to_string(),
                    None => "this machine's clock differs too much from AWS's".to_owned(),
                },
                format!("set the clock with: {SET_CLOCK}"),
            ),
            Refusal::Expired if *by_session => (
                format!("AWS says that the session of profile {signer} has expired"),
                "get a new one with --renew".to_owned(),
            ),
            Refusal::Expired => (
                format!("the temporary credentials of profile {signer} have expired"),
                format!("renew them at their source, or configure the access key of an IAM user: {configure}"),
            ),
            Refusal::DurationOverRole => {
                (format!("role `{role}` does not allow sessions of {duration}"), over_role(call))
            }
            Refusal::DurationOverChain => (
                format!("role `{role}` is assumed from a session, so it lasts 1 h at most, not {duration}"),
                "use -d 1h, which always works".to_owned(),
            ),
            Refusal::InvalidParameter => (
                format!("AWS rejected a parameter of {operation}"),
                format!(
                    "see what is sent, and where it comes from: mfa-env explain {}",
                    quoted(call.role_profile.as_ref().unwrap_or(signer))
                ),
            ),
            Refusal::RegionDisabled => (
                format!("STS is not activated in region {region} ({host})"),
                "use another region (-r), or activate STS there in the IAM console (Account settings)".to_owned(),
            ),
            Refusal::BadScope => (
                format!("{host} does not serve region {region}"),
                "correct the region (-r, or region in the profile) or the endpoint URL".to_owned(),
            ),
            Refusal::OtherIdentity(arn) => {
                let expected = call.role.as_deref().unwrap_or("the role");
                return Message::new(format!(
                    "STS returned a session for {}, not for {}",
                    printable(arn),
                    printable(expected)
                ))
                .advise(discarded(call));
            }
            Refusal::OtherAccount { found, expected } => {
                return Message::new(format!(
                    "the keys of profile {signer} belong to account {}, not to {}",
                    printable(found),
                    printable(expected)
                ))
                .advise(
                    "correct aws_account_id in the profile, or configure the access key of that account".to_owned(),
                );
            }
            Refusal::Unusable(problem) => {
                return Message::new(format!("unexpected response from {host}: {problem}")).advise(discarded(call));
            }
            Refusal::Iam { reason, subject } => reason.message(subject, call, &self.message),
            Refusal::Other => {
                return Message::new(format!("AWS rejected {operation}")).advise(self.aws_said());
            }
        };
        Message::new(what).advise(format!("{advice}\n{}", self.aws_said()))
    }

    /// AWS's own error code and message, escaped.
    pub fn aws_said(&self) -> String {
        let code = printable(&self.code);
        let mut message = self.message.trim();
        let mut cut = "";
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            (message, cut) = (&message[..end], "…");
        }
        match message {
            "" => format!("AWS said: {code}"),
            // AWS's text explains signing to developers, and some endpoints repeat the signed request in it.
            _ if self.reason == Refusal::WrongSecret => format!("AWS said: {code}"),
            message => format!("AWS said: {code}: {}{cut}", printable(message)),
        }
    }
}

/// What to do about a response that was discarded after AWS accepted the call, and with it the code.
fn discarded(call: &CallDescription) -> String {
    let check = format!("check whether {} belongs to AWS; the response was discarded", printable(&call.host));
    match call.device {
        Some(_) => format!("{check}\nthe code is used up; wait for the next one"),
        None => check,
    }
}

/// The role's name without its path and account.
fn role_name(call: &CallDescription) -> &str {
    call.role.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or("NAME")
}

fn key_id(call: &CallDescription) -> String {
    format!("access key {}", call.access_key_id)
}

fn wrong_code(call: &CallDescription, offset: Option<i64>) -> String {
    let usual = "it was mistyped, has expired, or was already used; enter the next one";
    let device = match &call.device {
        Some(device) => format!("\nMFA device: {} ({})", printable(&device.value), device.origin),
        None => String::new(),
    };
    let Some(seconds) = offset else { return format!("{usual}{device}") };
    let offset = ClockOffset { seconds, now: 0 };
    format!(
        "this machine's clock is {} {} AWS's, so codes computed on it are wrong; set it with: {SET_CLOCK}\n\
         if the code is from another device, {usual}{device}",
        offset.size(),
        offset.direction()
    )
}

fn wrong_device(call: &CallDescription, owner: &KeyOwner) -> (String, String) {
    let signer = &call.signer;
    let device = call.device.as_ref().map_or("the MFA device", |device| device.value.as_str());
    let what = match &owner.arn {
        Some(user) => format!("AWS cannot verify codes from {device} for {user}, the user of profile {signer}"),
        None => format!("AWS cannot verify codes from {device} for the user of profile {signer}"),
    };
    let Some(devices) = &owner.devices else {
        let advice = format!(
            "use the ARN of this user's own MFA device (with :mfa/); find it with: {}\n\
             if it is the right one, it is out of sync with AWS; resync it with two codes in a row: {}",
            list_devices(signer),
            resync(signer)
        );
        return (what, advice);
    };
    // A security key is an MFA device too, but it does not generate codes.
    let with_codes: Vec<&str> = devices.iter().map(String::as_str).filter(|serial| !serial.contains(":u2f/")).collect();
    let advice = match with_codes.as_slice() {
        [] => format!(
            "this user has no MFA device that generates codes; register an authenticator app with: mfa-env enroll {}",
            quoted(signer)
        ),
        of_user if of_user.contains(&device) => {
            format!(
                "the device belongs to this user, so it is out of sync with AWS; resync it with two codes in a row:\n{}",
                resync(signer)
            )
        }
        [only] => format!("this user has another MFA device; {} {}", where_to_change(call), setting(call, only)),
        several => {
            let lines: Vec<String> = several.iter().map(|serial| format!("  {}", setting(call, serial))).collect();
            format!("this user has other MFA devices; {} one of:\n{}", where_to_change(call), lines.join("\n"))
        }
    };
    (what, advice)
}

/// The command that resyncs the device that a profile sets.
fn resync(profile: &str) -> String {
    format!("mfa-env device resync {}", quoted(profile))
}

/// What to do with the line of [`setting`].
fn where_to_change(call: &CallDescription) -> String {
    match &call.device {
        Some(Sourced { origin: Origin::Flag(_) | Origin::Renewed(_), .. }) => "use".to_owned(),
        Some(Sourced { origin: Origin::Variable(_) | Origin::Listed, .. }) | None => "set".to_owned(),
        Some(Sourced { origin, .. }) => format!("change {origin} to"),
    }
}

/// A device, written as the flag, variable or setting that named the current one.
fn setting(call: &CallDescription, serial: &str) -> String {
    match &call.device {
        Some(Sourced { origin: Origin::Flag(flag) | Origin::Renewed(flag), .. }) => {
            format!("{flag} {}", printable(serial))
        }
        Some(Sourced { origin: Origin::Variable(name), .. }) => format!("{name}={}", printable(serial)),
        _ => format!("mfa_serial = {}", printable(serial)),
    }
}

fn role_not_assumable(call: &CallDescription) -> (String, String) {
    let (role, signer) = (role_name(call), &call.signer);
    let arn = printable(call.role.as_deref().unwrap_or("the role")).to_string();
    let trust_policy = format!("show its trust policy with: aws iam get-role --role-name {}", printable(&quoted(role)));
    if call.lacks_device {
        let profile = call.role_profile.as_ref().unwrap_or(signer);
        let (why, setting) = match &call.no_mfa {
            Some(Origin::Flag(name) | Origin::Renewed(name)) => {
                (format!("{name} none turned MFA off"), format!("sign in without {name} none"))
            }
            Some(Origin::Variable(name)) => {
                (format!("{name} is `none`, which turned MFA off"), format!("unset {name}"))
            }
            Some(_) => ("an empty mfa_serial turned MFA off".to_owned(), "give it the ARN of your device".to_owned()),
            None if call.has_no_device => (
                format!("the user of profile {signer} has no MFA device"),
                format!("register an authenticator app with: mfa-env enroll {}", printable(&quoted(signer))),
            ),
            None => {
                let who = if profile == signer {
                    format!("profile {profile} does not set mfa_serial")
                } else {
                    format!("no profile between {profile} and its access keys sets mfa_serial")
                };
                (who, add_device(signer, &call.signer_header))
            }
        };
        let advice = format!(
            "{why}, so no code was sent\n\
             {setting}\n\
             if the role does not require MFA, check that\n\
             - the user's policies allow sts:AssumeRole on {arn}\n\
             - the role's trust policy names the user or its account, and external_id if it requires one\n\
             {trust_policy}"
        );
        return (format!("role `{role}` cannot be assumed without MFA"), advice);
    }
    if let Some((by, profile)) = &call.signed_by_role {
        let mut causes = vec![
            format!("the policies of role {by} allow sts:AssumeRole on {arn}"),
            format!("the trust policy of the role names role {by} or its account, and external_id if it requires one"),
        ];
        let chained = call.role_profile.as_ref().unwrap_or(signer);
        let mfa = format!(
            "the role does not require MFA, which AWS does not pass on from role to role; if it does, assume it\n  \
             without role {by} in between: source_profile = {signer} in profile {chained}"
        );
        causes.insert(if call.used_mfa { 0 } else { causes.len() }, mfa);
        let advice = format!("AWS does not say why; check that\n- {}\n{trust_policy}", causes.join("\n- "));
        let what = format!("AWS does not allow role {by} (profile {profile}) to assume role `{role}`");
        return (what, advice);
    }
    // A new session would not help against a limit that a session of this age exceeds.
    let age = call.mfa_age.filter(|_| call.used_mfa).filter(|age| *age >= 60);
    let age = age.map(|age| {
        let age = HumanDuration(age.unsigned_abs());
        format!("- the role accepts an MFA session that is {age} old; for a new one, sign in with --renew\n")
    });
    let name = call.guessed_name.as_ref().map(|name| {
        format!(
            "- the role accepts the session name {}; AWS did not say the user's name, which some roles require:\n  \
             set it with --role-session-name\n",
            printable(name)
        )
    });
    let advice = format!(
        "AWS does not say why; check that\n\
         {}\
         - the user's policies allow sts:AssumeRole on {arn}\n\
         - the role's trust policy names the user or its account\n\
         - external_id is the one that the trust policy requires, if any\n\
         {}{trust_policy}",
        name.unwrap_or_default(),
        age.unwrap_or_default()
    );
    (format!("AWS does not allow profile {signer} to assume role `{role}`"), advice)
}

fn unknown_key(call: &CallDescription) -> (String, String) {
    let CallDescription { host, region, signer, .. } = call;
    if call.by_session {
        let what = format!("AWS does not accept the session of profile {signer}");
        let advice = "it was revoked, or its access key was deleted; get a new one with --renew";
        return (what, format!("{advice}\n(region {region} at {host})"));
    }
    let what = format!("AWS does not recognize {} of profile {signer}", key_id(call));
    let advice = if call.access_key_id.starts_with("ASIA") {
        format!(
            "it was revoked, its session token does not match, it belongs to another partition,\n\
             or it is from the global endpoint and this region does not accept it (region {region} at {host})\n\
             renew it at its source"
        )
    } else {
        format!(
            "it was deleted or deactivated, or belongs to another partition (region {region} at {host})\n\
             ask an administrator to check it with: aws iam list-access-keys --user-name NAME\n\
             configure another access key with: aws configure --profile {}",
            quoted(signer)
        )
    };
    (what, advice)
}

fn over_role(call: &CallDescription) -> String {
    let other = if call.duration_by_flag { "" } else { " lower duration_seconds in the profile," };
    format!(
        "use -d 1h, which always works,{other} or raise the role's maximum:\n\
         aws iam update-role --role-name {} --max-session-duration {}",
        printable(&quoted(role_name(call))),
        call.duration
    )
}

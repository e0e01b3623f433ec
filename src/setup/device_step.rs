//! The MFA device: the one that the user has, or a new one.

use super::Steps;
use super::dialogue::Answer;
use super::typed_key::misplaced_secret;
use super::typed_region::in_one_line;
use crate::credentials::TokenCode;
use crate::enrollment::{DeviceName, Owner, Registration, SeedOutput};
use crate::error::{DeviceError, Error, IamRefusal, InvalidValue, Refusal, Result, device_deletion};
use crate::iam::MfaDevice;
use crate::origin::Origin;
use crate::printable::{printable, printable_path};
use crate::profile::MfaSerial;
use crate::shell::Shell;
use crate::sign_in::DeviceSetting;

impl Steps<'_> {
    /// Finds or registers the device, and writes it. If there is none, returns what a sign-in without a role would fail
    /// with.
    pub(super) fn device(&self, owner: &Owner<'_>) -> Result<Option<DeviceError>> {
        let source = owner.source();
        let profile = printable(source.profile.as_str());
        if let Some(device) = &source.mfa_serial {
            let serial = printable(device.value.as_str());
            self.dialogue.say(&format!("mfa-env: profile {profile} has MFA device {serial} ({})", device.origin))?;
            return Ok(None);
        }
        if source.has_no_device {
            self.dialogue
                .say(&format!("mfa-env: profile {profile} has an empty mfa_serial, so it is used without MFA"))?;
            return Ok(None);
        }
        let mut security_keys = Vec::new();
        let known = match owner.iam.devices_of(&owner.keys()?, &owner.user) {
            Ok(devices) => {
                let chosen = self.chosen(&devices, owner)?;
                security_keys = devices.into_iter().map(|device| device.serial).collect();
                chosen
            }
            Err(Error::Aws(refusal)) if is_not_allowed(&refusal.reason) => self.typed_device(owner)?,
            Err(e) => return Err(e),
        };
        let serial = match known {
            Some(serial) => serial,
            None => match self.registered(owner)? {
                Some(serial) => serial,
                None => return Ok(Some(no_device(owner, security_keys))),
            },
        };
        let path = DeviceSetting { source, serial: &serial }.write(self.setup.context)?;
        let shown = printable(serial.as_str());
        let line = format!("MFA device {shown} is written to profile {profile} in {}", printable_path(&path));
        self.wrote(&source.profile, "its MFA device".to_owned(), &line)?;
        Ok(None)
    }

    /// The only device with codes, or the one that the user chooses.
    fn chosen(&self, devices: &[MfaDevice], owner: &Owner<'_>) -> Result<Option<MfaSerial>> {
        let user = printable(&owner.user);
        let with_codes = devices.iter().filter(|device| device.has_codes());
        let mut usable: Vec<MfaSerial> =
            with_codes.filter_map(|device| MfaSerial::parse(&device.serial).ok()).collect();
        match usable.len() {
            0 if devices.is_empty() => self.dialogue.say(&format!("{user} has no MFA device."))?,
            0 => self.dialogue.say(&format!(
                "{user} has only security keys or passkeys, which generate no codes; an app can be registered as well."
            ))?,
            1 => return Ok(usable.pop()),
            count => {
                self.dialogue.say(&format!("{user} has {count} MFA devices:"))?;
                for (place, serial) in usable.iter().enumerate() {
                    self.dialogue.say(&format!("  {}  {}", place + 1, printable(serial.as_str())))?;
                }
                let place =
                    self.dialogue.ask(&format!("Number of the one you have at hand (1-{count})"), None, |typed| {
                        let number = typed.parse::<usize>().ok().filter(|number| (1..=count).contains(number));
                        Ok(match number {
                            Some(number) => Answer::Done(number - 1),
                            None => Answer::Again(format!("enter a number from 1 to {count}")),
                        })
                    })?;
                return Ok(Some(usable.swap_remove(place)));
            }
        }
        Ok(None)
    }

    /// The device that the user names, if AWS does not list it.
    fn typed_device(&self, owner: &Owner<'_>) -> Result<Option<MfaSerial>> {
        self.dialogue.say(&format!(
            "AWS does not let {} list MFA devices. The ARN is in the console: your name, Security credentials.",
            printable(&owner.user)
        ))?;
        self.dialogue.ask("ARN or serial number of your MFA device (Enter if you have none)", None, |typed| {
            if typed.is_empty() {
                return Ok(Answer::Done(None));
            }
            if let Some(secret) = misplaced_secret(typed) {
                return Ok(Answer::Again(format!("{secret}, not an MFA device")));
            }
            Ok(match MfaSerial::parse(typed) {
                Ok(serial) => Answer::Done(Some(serial)),
                Err(problem) => {
                    let (value, origin) = (typed.to_owned(), Origin::Flag("the device"));
                    let e = InvalidValue { setting: "mfa_serial", value, problem, origin };
                    Answer::Again(in_one_line(&e.into()))
                }
            })
        })
    }

    /// A new device, if the user wants one.
    fn registered(&self, owner: &Owner<'_>) -> Result<Option<MfaSerial>> {
        if !self.dialogue.agrees("Register an authenticator app now?")? {
            return Ok(None);
        }
        let mut name = DeviceName::parse(&owner.user)?;
        let keys = owner.keys()?;
        loop {
            let registration = Registration {
                owner,
                keys: &keys,
                name: &name,
                output: SeedOutput::Terminal,
                terminal: self.dialogue.terminal,
                context: self.setup.context,
            };
            match registration.run() {
                Ok(serial) => return Ok(Some(serial)),
                // It may be left over from an earlier attempt, or belong to somebody else.
                Err(Error::Device(DeviceError::Exists { serial, .. })) => {
                    self.dialogue.say(&format!(
                        "mfa-env: MFA device {} exists already; if it is left over from an earlier attempt, so that \
                         nobody has it, delete it later with:\n    {} --profile {}",
                        printable(&serial),
                        device_deletion(&serial),
                        printable(&Shell::Sh.word(owner.source().profile.as_str()))
                    ))?;
                    let proposed = DeviceName::after(name.as_str())?;
                    name = self.dialogue.ask("Name of the new device", Some(proposed.as_str()), |typed| {
                        if let Some(secret) = misplaced_secret(typed) {
                            return Ok(Answer::Again(format!("{secret}, not a name")));
                        }
                        // Whoever has an app with the device that exists already may take this for its question.
                        if TokenCode::parse(typed).is_some() {
                            return Ok(Answer::Again("that is a code; the new device has none yet".to_owned()));
                        }
                        Ok(match DeviceName::parse(typed) {
                            Ok(name) => Answer::Done(name),
                            Err(e) => Answer::Again(e.what()),
                        })
                    })?;
                }
                Err(e) => return Err(e),
            }
        }
    }
}

/// Why the user cannot sign in without a role, given the devices without codes.
fn no_device(owner: &Owner<'_>, security_keys: Vec<String>) -> DeviceError {
    let profile = owner.source().profile.to_string();
    if security_keys.is_empty() {
        DeviceError::NoneRegistered { profile }
    } else {
        DeviceError::OnlySecurityKeys { profile, serials: security_keys }
    }
}

fn is_not_allowed(reason: &Refusal) -> bool {
    matches!(reason, Refusal::Iam { reason: IamRefusal::NotAllowed, .. })
}

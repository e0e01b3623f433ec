//! Which device is meant.

use super::list::kind;
use crate::error::{DeviceError, Error, Result};
use crate::iam::MfaDevice;
use crate::mfa;
use crate::platform::Terminal;
use crate::printable::printable;

/// The device that was named, or else the one that the profile sets, or else the only one, or else the one that the user
/// chooses. A name is a serial number, or the part of an ARN after its last slash.
///
/// # Errors
/// There is no such device, or no choice was made.
pub(super) fn choose(
    devices: Vec<MfaDevice>,
    named: Option<&str>,
    set: Option<&str>,
    profile: &str,
    terminal: &Terminal,
) -> Result<MfaDevice> {
    let serials = || devices.iter().map(|device| device.serial.clone()).collect();
    let is_named =
        |device: &&MfaDevice, name: &str| device.serial == name || device.serial.rsplit('/').next() == Some(name);
    if let Some(name) = named {
        let found = devices.iter().find(|device| is_named(device, name)).cloned();
        return found.ok_or_else(|| {
            let (typed, profile) = (name.to_owned(), profile.to_owned());
            Error::from(DeviceError::NotFound { typed, profile, serials: serials() })
        });
    }
    if let Some(found) = set.and_then(|set| devices.iter().find(|device| device.serial == set)) {
        return Ok(found.clone());
    }
    match devices.len() {
        0 => Err(DeviceError::NoneRegistered { profile: profile.to_owned() }.into()),
        1 => Ok(devices.into_iter().next().expect("there is one")),
        count => {
            let heading = format!("The user of profile {} has {count} MFA devices:", printable(profile));
            let item = |device: &MfaDevice| format!("{} ({})", printable(&device.serial), kind(device.kind()));
            let items: Vec<String> = devices.iter().map(item).collect();
            let place = mfa::choose(terminal, &heading, &items, None)?;
            Ok(devices.into_iter().nth(place).expect("a place in the list"))
        }
    }
}

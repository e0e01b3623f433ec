//! A user's MFA devices.

use super::super::refusal::Refusal;
use super::super::success::element;
use super::super::validation::{ENTITY_NAME, SERIAL_NUMBER, TOKEN_CODE, Validation};
use super::Call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// IAM user guide, "IAM and AWS STS quotas".
const MAX_DEVICES: usize = 8;

pub fn list(call: &mut Call<'_>) -> Result<String, Refusal> {
    let target = call.target(false)?;
    let member = |serial: &String| {
        let (user, serial) = (element("UserName", &target.name), element("SerialNumber", serial));
        format!("<member>\n{user}{serial}<EnableDate>2024-05-06T07:08:09Z</EnableDate>\n</member>\n")
    };
    let members: String = call.accounts.serials_of(&target.arn).iter().map(member).collect();
    Ok(format!("<IsTruncated>false</IsTruncated>\n<MFADevices>\n{members}</MFADevices>\n"))
}

pub fn create(call: &mut Call<'_>) -> Result<String, Refusal> {
    let mut validation = Validation::of(call.params);
    let name = validation.required("VirtualMFADeviceName", &ENTITY_NAME);
    validation.finish()?;
    let (partition, account) = (&call.caller.partition, call.caller.account.clone());
    let serial = format!("arn:{partition}:iam::{account}:mfa/{name}");
    call.authorize(&serial, &serial, true)?;
    if call.accounts.device(&serial).is_some() {
        return Err(exists());
    }
    let seed = call.accounts.add_device(&serial, "", &account).seed();
    // The blobs are base64, and the seed is base32 within it.
    let (seed, png) = (STANDARD.encode(seed), STANDARD.encode("\u{89}PNG (a picture of the URI)"));
    let parts = [("SerialNumber", serial), ("Base32StringSeed", seed), ("QRCodePNG", png)];
    let device: String = parts.iter().map(|(name, value)| element(name, value)).collect();
    Ok(format!("<VirtualMFADevice>\n{device}</VirtualMFADevice>\n"))
}

pub fn enable(call: &mut Call<'_>) -> Result<String, Refusal> {
    let (serial, codes) = device_and_codes(call)?;
    let target = call.target(true)?;
    if call.accounts.serials_of(&target.arn).len() >= MAX_DEVICES {
        return Err(Refusal::limit_exceeded(&format!("Cannot exceed quota for MFADevicesPerUser: {MAX_DEVICES}")));
    }
    let (now, account) = (call.now.unix_timestamp().unsigned_abs(), &call.caller.account);
    let Some(device) = call.accounts.device_mut(&serial).filter(|device| device.account == *account) else {
        return Err(no_device(&serial));
    };
    if !device.owner.is_empty() {
        return Err(exists());
    }
    if !device.synchronize(&codes[0], &codes[1], now) {
        return Err(invalid_codes());
    }
    device.owner = target.arn;
    Ok(String::new())
}

pub fn resync(call: &mut Call<'_>) -> Result<String, Refusal> {
    let (serial, codes) = device_and_codes(call)?;
    let target = call.target(true)?;
    let now = call.now.unix_timestamp().unsigned_abs();
    let device = call.accounts.device_mut(&serial).filter(|device| device.owner == target.arn);
    let device = device.ok_or_else(not_of_user)?;
    if device.is_security_key() || !device.synchronize(&codes[0], &codes[1], now) {
        return Err(invalid_codes());
    }
    Ok(String::new())
}

pub fn deactivate(call: &mut Call<'_>) -> Result<String, Refusal> {
    let mut validation = Validation::of(call.params);
    let serial = validation.required("SerialNumber", &SERIAL_NUMBER);
    validation.finish()?;
    let target = call.target(false)?;
    let device = call.accounts.device_mut(serial).filter(|device| device.owner == target.arn);
    let device = device.ok_or_else(not_of_user)?;
    device.owner.clear();
    // A hardware device is then nobody's; only a virtual one stays in the account.
    if !device.is_virtual() {
        call.accounts.remove_device(serial);
    }
    Ok(String::new())
}

pub fn delete(call: &mut Call<'_>) -> Result<String, Refusal> {
    let mut validation = Validation::of(call.params);
    let serial = validation.required("SerialNumber", &SERIAL_NUMBER);
    validation.finish()?;
    call.authorize(serial, serial, true)?;
    let found = call.accounts.device(serial).filter(|device| device.account == call.caller.account);
    let device = found.filter(|device| device.is_virtual()).ok_or_else(|| no_device(serial))?;
    if !device.owner.is_empty() {
        return Err(Refusal::new(409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first."));
    }
    call.accounts.remove_device(serial);
    Ok(String::new())
}

/// The parameters that EnableMFADevice and ResyncMFADevice share.
fn device_and_codes(call: &Call<'_>) -> Result<(String, [String; 2]), Refusal> {
    let mut validation = Validation::of(call.params);
    let serial = validation.required("SerialNumber", &SERIAL_NUMBER).to_owned();
    let codes = ["AuthenticationCode1", "AuthenticationCode2"];
    let codes = codes.map(|name| validation.required(name, &TOKEN_CODE).to_owned());
    validation.finish()?;
    Ok((serial, codes))
}

fn exists() -> Refusal {
    Refusal::new(409, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
}

fn invalid_codes() -> Refusal {
    Refusal::new(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}

fn no_device(serial: &str) -> Refusal {
    Refusal::no_such_entity(&format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn not_of_user() -> Refusal {
    Refusal::no_such_entity("MFA Device invalid for user.")
}

//! The list of a user's devices.

use super::super::outcome::Outcome;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::enrollment::device_of;
use crate::error::Result;
use crate::iam::{DeviceKind, Iam, MfaDevice};
use crate::plan::Plan;
use crate::printable::printable;
use crate::source;

pub(super) fn run(plan: &Plan, context: &Context) -> Result<Outcome> {
    let source = plan.call.source();
    let devices = Iam::at(&plan.endpoint, source, context)?.devices(&source::resolve(source)?)?;
    let set = device_of(plan);
    let profile = printable(source.profile.as_str()).to_string();
    if devices.is_empty() {
        context.report.notice(&format!("the user of profile {profile} has no MFA device"));
    }
    Ok(Outcome::text(devices.iter().map(|device| line(device, set)).collect::<String>()))
}

/// `arn:aws:iam::123456789012:mfa/phone  authenticator app, since 2026-05-06, mfa_serial`
fn line(device: &MfaDevice, set: Option<&str>) -> String {
    let enabled = device.enabled.and_then(Expiration::from_unix).map(Expiration::rfc3339);
    let since = enabled.as_deref().and_then(|time| time.split('T').next());
    let since = since.map(|day| format!(", since {day}")).unwrap_or_default();
    let is_set = if set == Some(device.serial.as_str()) { ", set as mfa_serial" } else { "" };
    format!("{}  {}{since}{is_set}\n", printable(&device.serial), kind(device.kind()))
}

/// What a device is, for people.
pub(super) fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Virtual => "authenticator app",
        DeviceKind::SecurityKey => "security key or passkey, without codes",
        DeviceKind::Hardware => "hardware token",
    }
}

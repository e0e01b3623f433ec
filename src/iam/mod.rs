//! Calls to IAM on the network thread: the MFA devices and the access keys of the user that the keys belong to.

mod access_key;
mod calling;
mod client;
mod device;
mod refusal;
mod worker;

pub use access_key::{AccessKeyStatus, LastUse, NewAccessKey, UserAccessKey};
pub use client::serials_of_user;
pub use device::{DeviceKind, MfaDevice, NewDevice};

use crate::context::Context;
use crate::credentials::{Keys, TokenCode};
use crate::error::Result;
use crate::http::ServerClock;
use crate::network::Network;
use crate::plan::Endpoint;
use crate::profile::SourceProfile;
use crate::report::Report;
use access_key::{last_use, new_key, user_key};
use aws_sdk_iam::types::StatusType;
use client::CallSpec;
use std::cell::OnceCell;
use std::sync::Arc;
use worker::Worker;

/// IAM for the user that the keys of a profile belong to. Each call is signed with the keys that it gets: those of the
/// profile, or those of an MFA session made from them.
pub struct Iam<'a> {
    network: &'a Network,
    report: &'a Report,
    endpoint: Endpoint,
    source: Arc<SourceProfile>,
    clock: ServerClock,
    worker: OnceCell<Worker>,
}

impl<'a> Iam<'a> {
    /// IAM at the endpoint for these keys. Nothing is started before the first call.
    ///
    /// # Errors
    /// The endpoint of IAM is unusable, or STS has a custom one and IAM has none.
    pub fn at(endpoint: &Endpoint, source: &Arc<SourceProfile>, context: &'a Context) -> Result<Self> {
        endpoint.iam_url()?;
        let (network, report) = (&*context.network, &context.report);
        let (clock, worker) = (ServerClock::default(), OnceCell::new());
        Ok(Iam { network, report, endpoint: endpoint.clone(), source: source.clone(), clock, worker })
    }

    /// AWS's time minus this machine's, in seconds; `None` before the first response.
    pub fn clock_offset(&self) -> Option<i64> {
        self.clock.seconds()
    }

    /// The user's MFA devices, at most 20.
    ///
    /// # Errors
    /// As for every call: IAM rejects it, cannot be reached, or sends an unusable response.
    pub fn devices(&self, keys: &Keys) -> Result<Vec<MfaDevice>> {
        self.listed_devices(keys, None)
    }

    /// The same for a user whose name is known, which other implementations of IAM want to be told.
    ///
    /// # Errors
    /// As for every call.
    pub fn devices_of(&self, keys: &Keys, user: &str) -> Result<Vec<MfaDevice>> {
        self.listed_devices(keys, Some(user.to_owned()))
    }

    fn listed_devices(&self, keys: &Keys, user: Option<String>) -> Result<Vec<MfaDevice>> {
        let listed = self.call(keys, CallSpec::repeated("ListMFADevices"), move |client, overrides| {
            client.list_mfa_devices().set_user_name(user.clone()).customize().config_override(overrides).send()
        })?;
        Ok(device::listed(listed.mfa_devices()))
    }

    /// Creates a virtual device with this name, which belongs to nobody until it is enabled.
    ///
    /// # Errors
    /// As for every call. If there was no response, the device may exist.
    pub fn create_device(&self, keys: &Keys, name: &str) -> Result<NewDevice> {
        let (call, name) = (CallSpec::once("CreateVirtualMFADevice").about_device(name), name.to_owned());
        let created = self.call(keys, call.clone(), move |client, overrides| {
            let call = client.create_virtual_mfa_device().virtual_mfa_device_name(&name);
            call.customize().config_override(overrides).send()
        })?;
        NewDevice::from_response(created).ok_or_else(|| self.unusable(&call, "it contains no device with a seed"))
    }

    /// Enables a device for the user with two codes in a row.
    ///
    /// # Errors
    /// As for every call. The codes may be used up.
    pub fn enable_device(&self, keys: &Keys, user: &str, serial: &str, codes: [&TokenCode; 2]) -> Result<()> {
        let (first, second) = (codes[0].clone(), codes[1].clone());
        let (user, serial) = (user.to_owned(), serial.to_owned());
        let call = CallSpec::once("EnableMFADevice").about_device(&serial).with_codes();
        self.call(keys, call, move |client, overrides| {
            let call = client.enable_mfa_device().user_name(&user).serial_number(&serial);
            let call = call.authentication_code1(first.expose()).authentication_code2(second.expose());
            call.customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// Tells AWS how far the clock of a device is off, with two codes in a row.
    ///
    /// # Errors
    /// As for every call. The codes may be used up.
    pub fn resync_device(&self, keys: &Keys, user: &str, serial: &str, codes: [&TokenCode; 2]) -> Result<()> {
        let (first, second) = (codes[0].clone(), codes[1].clone());
        let (user, serial) = (user.to_owned(), serial.to_owned());
        let call = CallSpec::once("ResyncMFADevice").about_device(&serial).with_codes();
        self.call(keys, call, move |client, overrides| {
            let call = client.resync_mfa_device().user_name(&user).serial_number(&serial);
            let call = call.authentication_code1(first.expose()).authentication_code2(second.expose());
            call.customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// Takes a device away from the user. A virtual one then exists until it is deleted.
    ///
    /// # Errors
    /// As for every call.
    pub fn deactivate_device(&self, keys: &Keys, user: &str, serial: &str) -> Result<()> {
        let (user, serial) = (user.to_owned(), serial.to_owned());
        let call = CallSpec::repeated("DeactivateMFADevice").about_device(&serial);
        self.call(keys, call, move |client, overrides| {
            let call = client.deactivate_mfa_device().user_name(&user).serial_number(&serial);
            call.customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// Deletes a virtual device that belongs to nobody.
    ///
    /// # Errors
    /// As for every call.
    pub fn delete_device(&self, keys: &Keys, serial: &str) -> Result<()> {
        let call = CallSpec::repeated("DeleteVirtualMFADevice").about_device(serial);
        let serial = serial.to_owned();
        self.call(keys, call, move |client, overrides| {
            let call = client.delete_virtual_mfa_device().serial_number(&serial);
            call.customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// The user's access keys, at most two.
    ///
    /// # Errors
    /// As for every call.
    pub fn access_keys(&self, keys: &Keys) -> Result<Vec<UserAccessKey>> {
        let listed = self.call(keys, CallSpec::repeated("ListAccessKeys"), |client, overrides| {
            client.list_access_keys().customize().config_override(overrides).send()
        })?;
        Ok(listed.access_key_metadata().iter().filter_map(user_key).collect())
    }

    /// Creates an access key, which may take a few seconds to work everywhere.
    ///
    /// # Errors
    /// As for every call. If there was no response, the key may exist.
    pub fn create_access_key(&self, keys: &Keys) -> Result<NewAccessKey> {
        let call = CallSpec::once("CreateAccessKey").about("the access keys of the user".to_owned());
        let created = self.call(keys, call.clone(), |client, overrides| {
            client.create_access_key().customize().config_override(overrides).send()
        })?;
        new_key(created.access_key()).ok_or_else(|| self.unusable(&call, "it contains no usable access key"))
    }

    /// Makes an access key active or inactive.
    ///
    /// # Errors
    /// As for every call.
    pub fn set_access_key(&self, keys: &Keys, id: &str, status: AccessKeyStatus) -> Result<()> {
        let call = CallSpec::repeated("UpdateAccessKey").about_key(id);
        let status = match status {
            AccessKeyStatus::Active => StatusType::Active,
            AccessKeyStatus::Inactive => StatusType::Inactive,
        };
        let id = id.to_owned();
        self.call(keys, call, move |client, overrides| {
            let call = client.update_access_key().access_key_id(&id).status(status.clone());
            call.customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// Deletes an access key.
    ///
    /// # Errors
    /// As for every call.
    pub fn delete_access_key(&self, keys: &Keys, id: &str) -> Result<()> {
        let call = CallSpec::repeated("DeleteAccessKey").about_key(id);
        let id = id.to_owned();
        self.call(keys, call, move |client, overrides| {
            client.delete_access_key().access_key_id(&id).customize().config_override(overrides).send()
        })?;
        Ok(())
    }

    /// When an access key was last used, and for what.
    ///
    /// # Errors
    /// As for every call.
    pub fn access_key_last_used(&self, keys: &Keys, id: &str) -> Result<LastUse> {
        let call = CallSpec::repeated("GetAccessKeyLastUsed").about_key(id);
        let id = id.to_owned();
        let found = self.call(keys, call, move |client, overrides| {
            client.get_access_key_last_used().access_key_id(&id).customize().config_override(overrides).send()
        })?;
        Ok(last_use(found.access_key_last_used()))
    }

    /// The ARN of the user, from GetUser.
    ///
    /// # Errors
    /// As for every call.
    pub fn user_arn(&self, keys: &Keys) -> Result<Option<String>> {
        let found = self.call(keys, CallSpec::repeated("GetUser"), |client, overrides| {
            client.get_user().customize().config_override(overrides).send()
        })?;
        Ok(found.user().map(|user| user.arn().to_owned()))
    }
}

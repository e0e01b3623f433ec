//! Calls to IAM on the network thread: the MFA devices and the access keys of the user that the keys belong to.

mod access_key;
mod answer;
mod call;
mod calling;
mod client;
mod device;
mod exchange;
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
use call::Call;
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
        Ok(device::listed(&self.call(keys, Call::repeated("ListMFADevices"))?))
    }

    /// The same for a user whose name is known, which other implementations of IAM want to be told.
    ///
    /// # Errors
    /// As for every call.
    pub fn devices_of(&self, keys: &Keys, user: &str) -> Result<Vec<MfaDevice>> {
        Ok(device::listed(&self.call(keys, Call::repeated("ListMFADevices").with("UserName", user))?))
    }

    /// Creates a virtual device with this name, which belongs to nobody until it is enabled.
    ///
    /// # Errors
    /// As for every call. If there was no response, the device may exist.
    pub fn create_device(&self, keys: &Keys, name: &str) -> Result<NewDevice> {
        let call = Call::once("CreateVirtualMFADevice").about_device(name).with("VirtualMFADeviceName", name);
        let created = self.call(keys, call.clone())?;
        NewDevice::from_answer(&created).ok_or_else(|| self.unusable(&call, "it contains no device with a seed"))
    }

    /// Enables a device for the user with two codes in a row.
    ///
    /// # Errors
    /// As for every call. The codes may be used up.
    pub fn enable_device(&self, keys: &Keys, user: &str, serial: &str, codes: [&TokenCode; 2]) -> Result<()> {
        self.call(keys, of_device(Call::once("EnableMFADevice"), user, serial).with_codes(codes)).map(drop)
    }

    /// Tells AWS how far the clock of a device is off, with two codes in a row.
    ///
    /// # Errors
    /// As for every call. The codes may be used up.
    pub fn resync_device(&self, keys: &Keys, user: &str, serial: &str, codes: [&TokenCode; 2]) -> Result<()> {
        self.call(keys, of_device(Call::once("ResyncMFADevice"), user, serial).with_codes(codes)).map(drop)
    }

    /// Takes a device away from the user. A virtual one then exists until it is deleted.
    ///
    /// # Errors
    /// As for every call.
    pub fn deactivate_device(&self, keys: &Keys, user: &str, serial: &str) -> Result<()> {
        self.call(keys, of_device(Call::repeated("DeactivateMFADevice"), user, serial)).map(drop)
    }

    /// Deletes a virtual device that belongs to nobody.
    ///
    /// # Errors
    /// As for every call.
    pub fn delete_device(&self, keys: &Keys, serial: &str) -> Result<()> {
        let call = Call::repeated("DeleteVirtualMFADevice").about_device(serial).with("SerialNumber", serial);
        self.call(keys, call).map(drop)
    }

    /// The user's access keys, at most two.
    ///
    /// # Errors
    /// As for every call.
    pub fn access_keys(&self, keys: &Keys) -> Result<Vec<UserAccessKey>> {
        let listed = self.call(keys, Call::repeated("ListAccessKeys"))?;
        Ok(listed.members.iter().filter_map(user_key).collect())
    }

    /// The same for a user whose name is known, as in [`Iam::devices_of`].
    ///
    /// # Errors
    /// As for every call.
    pub fn access_keys_of(&self, keys: &Keys, user: &str) -> Result<Vec<UserAccessKey>> {
        let listed = self.call(keys, Call::repeated("ListAccessKeys").with("UserName", user))?;
        Ok(listed.members.iter().filter_map(user_key).collect())
    }

    /// Creates an access key for the user, which may take a few seconds to work everywhere.
    ///
    /// # Errors
    /// As for every call. If there was no response, the key may exist.
    pub fn create_access_key(&self, keys: &Keys, user: &str) -> Result<NewAccessKey> {
        let call = Call::once("CreateAccessKey").about("the access keys of the user".to_owned()).with("UserName", user);
        let created = self.call(keys, call.clone())?;
        new_key(&created).ok_or_else(|| self.unusable(&call, "it contains no usable access key"))
    }

    /// Makes an access key of the user active or inactive.
    ///
    /// # Errors
    /// As for every call.
    pub fn set_access_key(&self, keys: &Keys, user: &str, id: &str, status: AccessKeyStatus) -> Result<()> {
        let status = match status {
            AccessKeyStatus::Active => "Active",
            AccessKeyStatus::Inactive => "Inactive",
        };
        let call = of_key(Call::repeated("UpdateAccessKey"), id).with("UserName", user);
        self.call(keys, call.with("Status", status)).map(drop)
    }

    /// Deletes an access key of the user.
    ///
    /// # Errors
    /// As for every call.
    pub fn delete_access_key(&self, keys: &Keys, user: &str, id: &str) -> Result<()> {
        self.call(keys, of_key(Call::repeated("DeleteAccessKey"), id).with("UserName", user)).map(drop)
    }

    /// When an access key was last used, and for what.
    ///
    /// # Errors
    /// As for every call.
    pub fn access_key_last_used(&self, keys: &Keys, id: &str) -> Result<LastUse> {
        Ok(last_use(&self.call(keys, of_key(Call::repeated("GetAccessKeyLastUsed"), id))?))
    }

    /// The ARN of the user, from GetUser.
    ///
    /// # Errors
    /// As for every call.
    pub fn user_arn(&self, keys: &Keys) -> Result<Option<String>> {
        let found = self.call(keys, Call::repeated("GetUser"))?;
        Ok(found.text("Arn").map(str::to_owned))
    }
}

/// A call about a device of a user.
fn of_device(call: Call, user: &str, serial: &str) -> Call {
    call.about_device(serial).with("UserName", user).with("SerialNumber", serial)
}

/// A call about an access key.
fn of_key(call: Call, id: &str) -> Call {
    call.about_key(id).with("AccessKeyId", id)
}

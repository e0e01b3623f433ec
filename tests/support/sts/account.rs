//! The contents of the endpoint's accounts: users with their devices, roles, and long-term and temporary keys.

use super::device::Device;
use super::iam::Policy;
use super::key::{Caller, Key, Session, SignedWith, Token};
use super::mint::Mint;
use super::role::{Role, RoleSpec};
use super::user::{Devices, User, UserSpec};
use time::{Duration, OffsetDateTime};

pub struct Accounts {
    pub mint: Mint,
    keys: Vec<Key>,
    roles: Vec<Role>,
    devices: Vec<Device>,
    principals: Vec<Principal>,
    /// How many calls with a new access key fail.
    pub new_keys_unknown_for: u32,
}

/// A user as IAM knows it.
pub struct Principal {
    pub name: String,
    pub caller: Caller,
    pub created: OffsetDateTime,
    pub policy: Policy,
}

impl Accounts {
    pub fn new() -> Accounts {
        Accounts {
            mint: Mint::new(),
            keys: Vec::new(),
            roles: Vec::new(),
            devices: Vec::new(),
            principals: Vec::new(),
            new_keys_unknown_for: 0,
        }
    }

    pub fn add_user(&mut self, name: &str, spec: UserSpec) -> User {
        let UserSpec { partition, account, devices } = spec;
        let arn = format!("arn:{partition}:iam::{account}:user/{name}");
        self.add_principal(name, partition, account, arn, devices)
    }

    /// Adds the root user of an account, with an access key.
    pub fn add_root(&mut self, account: &str) -> User {
        let arn = format!("arn:aws:iam::{account}:root");
        self.add_principal("root", "aws".to_owned(), account.to_owned(), arn, Devices::None)
    }

    fn add_principal(&mut self, name: &str, partition: String, account: String, arn: String, devices: Devices) -> User {
        let mfa_serials = match devices {
            Devices::Virtual => vec![format!("arn:{partition}:iam::{account}:mfa/{name}")],
            Devices::None => Vec::new(),
            Devices::Serials(serials) => serials,
        };
        for serial in &mfa_serials {
            assert!(self.device(serial).is_none(), "the device {serial} is already associated");
            self.add_device(serial, &arn, &account);
        }
        let caller = Caller {
            partition,
            account: account.clone(),
            unique_id: self.mint.identifier("AIDA"),
            arn: arn.clone(),
            signed_with: SignedWith::LongTermKeys,
        };
        let created = OffsetDateTime::now_utc() - Duration::days(90);
        let (id, secret) = (self.mint.identifier("AKIA"), self.mint.secret_access_key());
        let key = Key::new(id, secret, caller.clone(), created);
        self.principals.push(Principal { name: name.into(), caller, created, policy: Policy::default() });
        let user = User {
            name: name.into(),
            account,
            arn,
            access_key_id: key.access_key_id.clone(),
            secret_access_key: key.secret_access_key.clone(),
            mfa_serial: mfa_serials.first().cloned().unwrap_or_default(),
            mfa_serials,
        };
        self.keys.push(key);
        user
    }

    pub fn add_role(&mut self, name: &str, spec: RoleSpec) -> String {
        assert!((3600..=43200).contains(&spec.max_session_duration), "IAM allows 3600 to 43200 s");
        assert!(spec.path.starts_with('/') && spec.path.ends_with('/'), "a path begins and ends with a slash");
        let arn = format!("arn:{}:iam::{}:role{}{name}", spec.partition, spec.account, spec.path);
        self.roles.push(Role { name: name.into(), arn: arn.clone(), unique_id: self.mint.identifier("AROA"), spec });
        arn
    }

    /// Issues temporary keys for `caller`.
    pub fn issue(&mut self, caller: Caller, expires: OffsetDateTime) -> Session {
        let text = self.mint.session_token();
        let (id, secret) = (self.mint.identifier("ASIA"), self.mint.secret_access_key());
        let key =
            Key { session: Some(Token { text, expires }), ..Key::new(id, secret, caller, OffsetDateTime::now_utc()) };
        let session = key.session().expect("temporary keys have a session");
        self.keys.push(key);
        session
    }

    pub fn key(&self, access_key_id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.access_key_id == access_key_id)
    }

    pub fn key_mut(&mut self, access_key_id: &str) -> Option<&mut Key> {
        self.keys.iter_mut().find(|key| key.access_key_id == access_key_id)
    }

    /// The long-term keys of a user.
    pub fn keys_of(&self, user: &str) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.is_of(user))
    }

    /// Adds a long-term key, and returns its ID.
    pub fn add_key(&mut self, caller: Caller, created: OffsetDateTime) -> String {
        let (id, secret) = (self.mint.identifier("AKIA"), self.mint.secret_access_key());
        let caller = Caller { signed_with: SignedWith::LongTermKeys, ..caller };
        let unknown_for = self.new_keys_unknown_for;
        self.keys.push(Key { unknown_for, ..Key::new(id.clone(), secret, caller, created) });
        id
    }

    pub fn principal(&self, arn: &str) -> Option<&Principal> {
        self.principals.iter().find(|principal| principal.caller.arn == arn)
    }

    pub fn principal_mut(&mut self, arn: &str) -> Option<&mut Principal> {
        self.principals.iter_mut().find(|principal| principal.caller.arn == arn)
    }

    /// The user with this name in an account.
    pub fn principal_named(&self, name: &str, account: &str) -> Option<&Principal> {
        self.principals.iter().find(|principal| principal.name == name && principal.caller.account == account)
    }

    pub fn remove_key(&mut self, access_key_id: &str) {
        self.keys.retain(|key| key.access_key_id != access_key_id);
    }

    pub fn expire_sessions(&mut self, now: OffsetDateTime) {
        for token in self.keys.iter_mut().filter_map(|key| key.session.as_mut()) {
            token.expires = token.expires.min(now);
        }
    }

    pub fn age_mfa(&mut self, by: Duration) {
        for key in &mut self.keys {
            if let SignedWith::UserSession { mfa_at: Some(at) } = &mut key.caller.signed_with {
                *at -= by;
            }
        }
    }

    pub fn sessions(&self) -> Vec<Session> {
        self.keys.iter().filter_map(Key::session).collect()
    }

    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.arn == arn)
    }

    pub fn device(&self, serial: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.serial == serial)
    }

    /// The serial numbers of a user's devices.
    pub fn serials_of(&self, owner: &str) -> Vec<String> {
        self.devices.iter().filter(|device| device.owner == owner).map(|device| device.serial.clone()).collect()
    }

    /// The serial numbers of the devices that were created and belong to no user.
    pub fn unassigned_serials(&self) -> Vec<String> {
        self.serials_of("")
    }

    /// Adds a device with a new seed, which belongs to no user if `owner` is empty.
    pub fn add_device(&mut self, serial: &str, owner: &str, account: &str) -> &Device {
        // Those of virtual devices are twice as long as RFC 4226 recommends: 64 characters in base32.
        let seed = self.mint.bytes(40);
        self.devices.push(Device::new(serial.into(), owner.into(), account.into(), seed));
        self.devices.last().expect("it was just added")
    }

    pub fn remove_device(&mut self, serial: &str) {
        self.devices.retain(|device| device.serial != serial);
    }

    pub fn device_mut(&mut self, serial: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.serial == serial)
    }
}

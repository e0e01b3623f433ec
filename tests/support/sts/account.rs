//! The contents of the endpoint's accounts: users with their devices, roles, and long-term and temporary keys.

use super::device::Device;
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
}

impl Accounts {
    pub fn new() -> Accounts {
        Accounts { mint: Mint::new(), keys: Vec::new(), roles: Vec::new(), devices: Vec::new() }
    }

    pub fn add_user(&mut self, name: &str, spec: UserSpec) -> User {
        let UserSpec { partition, account, devices } = spec;
        let arn = format!("arn:{partition}:iam::{account}:user/{name}");
        let mfa_serials = match devices {
            Devices::Virtual => vec![format!("arn:{partition}:iam::{account}:mfa/{name}")],
            Devices::None => Vec::new(),
            Devices::Serials(serials) => serials,
        };
        for serial in &mfa_serials {
            assert!(self.device(serial).is_none(), "the device {serial} is already associated");
            let seed = self.mint.bytes(20);
            self.devices.push(Device::new(serial.clone(), arn.clone(), seed));
        }
        let key = Key {
            access_key_id: self.mint.identifier("AKIA"),
            secret_access_key: self.mint.secret_access_key(),
            caller: Caller {
                partition,
                account: account.clone(),
                unique_id: self.mint.identifier("AIDA"),
                arn: arn.clone(),
                signed_with: SignedWith::LongTermKeys,
            },
            session: None,
        };
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
        let key = Key {
            access_key_id: self.mint.identifier("ASIA"),
            secret_access_key: self.mint.secret_access_key(),
            caller,
            session: Some(Token { text, expires }),
        };
        let session = key.session().expect("temporary keys have a session");
        self.keys.push(key);
        session
    }

    pub fn key(&self, access_key_id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.access_key_id == access_key_id)
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

    pub fn device_mut(&mut self, serial: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.serial == serial)
    }
}

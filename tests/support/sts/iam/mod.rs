//! IAM's operations for a user's own MFA devices and access keys.
//!
//! The checks of a call, in order: parameters, the caller, the policy, the entities. AWS does not document an order.

mod access_keys;
mod devices;
mod document;
mod policy;

pub use policy::Policy;

use super::account::Accounts;
use super::clock;
use super::key::{Caller, SignedWith};
use super::refusal::Refusal;
use super::success::{Success, element};
use super::validation::{ENTITY_NAME, Validation};
use std::collections::BTreeMap;
use time::OffsetDateTime;

pub const VERSION: &str = "2010-05-08";

type Params = BTreeMap<String, String>;

/// The operations that this IAM has.
const OPERATIONS: [&str; 12] = [
    "ListMFADevices",
    "CreateVirtualMFADevice",
    "EnableMFADevice",
    "DeactivateMFADevice",
    "DeleteVirtualMFADevice",
    "ResyncMFADevice",
    "GetUser",
    "ListAccessKeys",
    "CreateAccessKey",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "GetAccessKeyLastUsed",
];

pub fn is_operation(action: &str) -> bool {
    OPERATIONS.contains(&action)
}

/// One call, with what every operation needs.
struct Call<'a> {
    accounts: &'a mut Accounts,
    caller: &'a Caller,
    action: &'a str,
    params: &'a Params,
    now: OffsetDateTime,
}

/// The user that a call is about.
struct Target {
    name: String,
    arn: String,
}

pub fn perform(
    accounts: &mut Accounts,
    caller: &Caller,
    action: &str,
    params: &Params,
    now: OffsetDateTime,
) -> Result<Success, Refusal> {
    // A session without MFA may not call IAM.
    if matches!(caller.signed_with, SignedWith::UserSession { mfa_at: None }) {
        return Err(Refusal::invalid_token());
    }
    let mut call = Call { accounts, caller, action, params, now };
    let result = match action {
        "ListMFADevices" => devices::list(&mut call),
        "CreateVirtualMFADevice" => devices::create(&mut call),
        "EnableMFADevice" => devices::enable(&mut call),
        "DeactivateMFADevice" => devices::deactivate(&mut call),
        "DeleteVirtualMFADevice" => devices::delete(&mut call),
        "ResyncMFADevice" => devices::resync(&mut call),
        "ListAccessKeys" => access_keys::list(&mut call),
        "CreateAccessKey" => access_keys::create(&mut call),
        "UpdateAccessKey" => access_keys::update(&mut call),
        "DeleteAccessKey" => access_keys::delete(&mut call),
        "GetAccessKeyLastUsed" => access_keys::last_used(&mut call),
        _ => get_user(&mut call),
    }?;
    Ok(Success::Iam { operation: action.to_owned(), result })
}

fn get_user(call: &mut Call<'_>) -> Result<String, Refusal> {
    let target = call.target(false)?;
    let user = call.accounts.principal(&target.arn).ok_or_else(|| no_user(&target.name))?;
    let name = element("UserName", &user.name);
    let name = if user.caller.arn.ends_with(":root") { String::new() } else { name };
    let created = element("CreateDate", &clock::expiration(user.created));
    let (id, arn) = (element("UserId", &user.caller.unique_id), element("Arn", &user.caller.arn));
    Ok(format!("<User>\n<Path>/</Path>\n{name}{id}{arn}{created}</User>\n"))
}

fn no_user(name: &str) -> Refusal {
    Refusal::no_such_entity(&format!("The user with name {name} cannot be found."))
}

impl Call<'_> {
    /// The user that `UserName` names, or else the caller, once the policy allows the operation for it.
    fn target(&mut self, name_is_required: bool) -> Result<Target, Refusal> {
        let mut validation = Validation::of(self.params);
        let name = if name_is_required {
            Some(validation.required("UserName", &ENTITY_NAME))
        } else {
            validation.optional("UserName", &ENTITY_NAME)
        };
        validation.finish()?;
        let target = match name {
            None if matches!(self.caller.signed_with, SignedWith::RoleSession { .. }) => {
                return Err(Refusal::validation("Must specify userName when calling with non-User credentials"));
            }
            None => {
                let own = self.accounts.principal(&self.caller.arn).ok_or_else(|| no_user("None"))?;
                Target { name: own.name.clone(), arn: own.caller.arn.clone() }
            }
            Some(name) => {
                let found = self.accounts.principal_named(name, &self.caller.account);
                let arn = found.map_or_else(String::new, |user| user.caller.arn.clone());
                Target { name: name.to_owned(), arn }
            }
        };
        self.authorize(&format!("user {}", target.name), &target.arn, target.arn == self.caller.arn)?;
        if target.arn.is_empty() {
            return Err(no_user(&target.name));
        }
        Ok(target)
    }

    /// Whether the caller may do this with the resource of this ARN, which is `shown` so. Users may manage themselves and
    /// nobody else, and roles nobody.
    fn authorize(&self, shown: &str, arn: &str, is_own: bool) -> Result<(), Refusal> {
        let policy = self.accounts.principal(&self.caller.arn).map(|principal| &principal.policy);
        let why = match policy {
            Some(policy) if policy.denies(self.action, self.caller.has_mfa()) => {
                "with an explicit deny in an identity-based policy".to_owned()
            }
            Some(policy) if is_own && policy.allows(&format!("iam:{}", self.action), arn, self.caller) => return Ok(()),
            _ => format!("because no identity-based policy allows the iam:{} action", self.action),
        };
        Err(Refusal::access_denied(&format!(
            "User: {} is not authorized to perform: iam:{} on resource: {shown} {why}",
            self.caller.arn, self.action
        )))
    }
}

//! A user's access keys.

use super::super::clock;
use super::super::key::Key;
use super::super::refusal::Refusal;
use super::super::success::element;
use super::super::validation::{ACCESS_KEY_ID, Validation};
use super::{Call, Target};

/// IAM user guide, "IAM and AWS STS quotas".
const MAX_KEYS: usize = 2;

pub fn list(call: &mut Call<'_>) -> Result<String, Refusal> {
    let target = call.target(false)?;
    let member = |key: &Key| format!("<member>\n{}</member>\n", description(key, &target.name));
    let members: String = call.accounts.keys_of(&target.arn).map(member).collect();
    Ok(format!("<IsTruncated>false</IsTruncated>\n<AccessKeyMetadata>\n{members}</AccessKeyMetadata>\n"))
}

pub fn create(call: &mut Call<'_>) -> Result<String, Refusal> {
    let target = call.target(false)?;
    if call.accounts.keys_of(&target.arn).count() >= MAX_KEYS {
        return Err(Refusal::limit_exceeded(&format!("Cannot exceed quota for AccessKeysPerUser: {MAX_KEYS}")));
    }
    let owner = call.accounts.principal(&target.arn).expect("a target exists").caller.clone();
    let id = call.accounts.add_key(owner, call.now);
    let key = call.accounts.key(&id).expect("it was just added");
    let secret = element("SecretAccessKey", &key.secret_access_key);
    Ok(format!("<AccessKey>\n{}{secret}</AccessKey>\n", description(key, &target.name)))
}

pub fn update(call: &mut Call<'_>) -> Result<String, Refusal> {
    let id = access_key_id(call)?;
    let status = call.params.get("Status").map(String::as_str).unwrap_or_default();
    if !matches!(status, "Active" | "Inactive") {
        let problem = "Member must satisfy enum value set: [Active, Inactive]";
        let value = format!("Value '{status}' at 'status' failed to satisfy constraint: {problem}");
        return Err(Refusal::validation(&format!("1 validation error detected: {value}")));
    }
    let target = call.target(false)?;
    key_of(call, &id, &target)?.is_active = status == "Active";
    Ok(String::new())
}

pub fn delete(call: &mut Call<'_>) -> Result<String, Refusal> {
    let id = access_key_id(call)?;
    let target = call.target(false)?;
    key_of(call, &id, &target)?;
    call.accounts.remove_key(&id);
    Ok(String::new())
}

pub fn last_used(call: &mut Call<'_>) -> Result<String, Refusal> {
    let id = access_key_id(call)?;
    let found = call.accounts.key(&id).filter(|key| key.caller.account == call.caller.account);
    let owner = found.map(|key| key.caller.arn.clone()).unwrap_or_default();
    let name = call.accounts.principal(&owner).map(|user| user.name.clone()).unwrap_or_default();
    call.authorize(&format!("access key {id}"), &owner, owner == call.caller.arn)?;
    let key = call.accounts.key(&id).ok_or_else(|| no_key(&id))?;
    let last = match &key.last_used {
        Some(last) => format!(
            "{}{}{}",
            element("LastUsedDate", &clock::expiration(last.at)),
            element("ServiceName", &last.service),
            element("Region", &last.region)
        ),
        None => format!("{}{}", element("ServiceName", "N/A"), element("Region", "N/A")),
    };
    Ok(format!("{}<AccessKeyLastUsed>\n{last}</AccessKeyLastUsed>\n", element("UserName", &name)))
}

fn access_key_id(call: &Call<'_>) -> Result<String, Refusal> {
    let mut validation = Validation::of(call.params);
    let id = validation.required("AccessKeyId", &ACCESS_KEY_ID).to_owned();
    validation.finish()?;
    Ok(id)
}

fn key_of<'a>(call: &'a mut Call<'_>, id: &str, target: &Target) -> Result<&'a mut Key, Refusal> {
    let found = call.accounts.key_mut(id).filter(|key| key.is_of(&target.arn));
    found.ok_or_else(|| no_key(id))
}

fn no_key(id: &str) -> Refusal {
    Refusal::no_such_entity(&format!("The Access Key with id {id} cannot be found."))
}

fn description(key: &Key, user: &str) -> String {
    let status = if key.is_active { "Active" } else { "Inactive" };
    let created = clock::expiration(key.created);
    let parts = [("UserName", user), ("AccessKeyId", &key.access_key_id), ("Status", status), ("CreateDate", &created)];
    parts.iter().map(|(name, value)| element(name, value)).collect()
}

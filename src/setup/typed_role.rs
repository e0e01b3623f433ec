//! A role as people write it down: its ARN, its account and its name, or the console's link for switching to it.

use super::typed_key::{misplaced_secret, without_quotes};
use crate::profile::{RoleArn, is_account};
use percent_encoding::percent_decode_str;

/// In the account and the partition of the user, if nothing else is said.
pub struct RoleContext<'a> {
    /// Twelve digits.
    pub account: &'a str,
    /// `aws`, or another partition.
    pub partition: &'a str,
}

impl RoleContext<'_> {
    /// The role that is meant.
    ///
    /// # Errors
    /// It is not clear, with the reason for the message, which repeats nothing that may be a secret.
    pub fn role(&self, typed: &str) -> Result<RoleArn, String> {
        let text = without_quotes(typed);
        // A name in a whole ARN is meant.
        if let Some(secret) = misplaced_secret(text).filter(|_| !text.starts_with("arn:")) {
            return Err(format!("{secret}; a role with such a name is entered as its ARN"));
        }
        let arn = if text.starts_with("https://") {
            self.of_link(text)?
        } else if let Some(arn) = of_session(text) {
            arn
        } else if text.starts_with("arn:") {
            text.to_owned()
        } else {
            self.of_words(text)?
        };
        let role = RoleArn::parse(&arn).map_err(|_| NOT_A_ROLE.to_owned())?;
        if role.partition() != self.partition {
            return Err(format!(
                "that role is in another partition than the access key, which is in {}",
                self.partition
            ));
        }
        let is_valid =
            role.name().chars().all(is_name_character) && role.as_str().bytes().all(|b| b.is_ascii_graphic());
        if !is_valid {
            return Err("that role has a character that no role has".to_owned());
        }
        Ok(role)
    }

    fn arn(&self, account: &str, name: &str) -> Result<String, String> {
        if !is_account(account) {
            return Err("that account is not an ID of 12 digits; an alias is not enough".to_owned());
        }
        let name = name.strip_prefix("role/").unwrap_or(name);
        Ok(format!("arn:{}:iam::{account}:role/{name}", self.partition))
    }

    /// `123456789012:role/admin`, `123456789012/admin`, `admin@123456789012` or `admin`.
    fn of_words(&self, text: &str) -> Result<String, String> {
        if let Some((account, name)) = text.split_once([':', '/']).filter(|(account, _)| is_number(account)) {
            return self.arn(account, name);
        }
        if let Some((name, account)) = text.rsplit_once('@').filter(|(_, account)| is_number(account)) {
            return self.arn(account, name);
        }
        let is_name = !text.is_empty() && !is_number(text) && text.chars().all(|c| is_name_character(c) || c == '/');
        if is_name { self.arn(self.account, text) } else { Err(NOT_A_ROLE.to_owned()) }
    }

    /// `https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=admin` (IAM user guide, "Provide
    /// information to the user").
    fn of_link(&self, link: &str) -> Result<String, String> {
        let query = link.split_once("/switchrole?").map(|(_, query)| query);
        let query = query.ok_or("that link is not one for switching to a role, which has /switchrole? in it")?;
        let value = |name: &str| {
            let pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
            let found = pairs.into_iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
        };
        match (value("account"), value("roleName")) {
            (Some(account), Some(name)) => self.arn(&account, &name),
            _ => Err("that link has no account or no roleName".to_owned()),
        }
    }
}

const NOT_A_ROLE: &str =
    "that is not a role; a role looks like arn:aws:iam::123456789012:role/NAME or 123456789012:role/NAME";

/// The role of `arn:aws:sts::123456789012:assumed-role/admin/alice`, without its path, which such an ARN has not.
fn of_session(text: &str) -> Option<String> {
    let (before, after) = text.split_once(":assumed-role/")?;
    let name = after.split('/').next()?;
    Some(format!("{}:role/{name}", before.replacen(":sts:", ":iam:", 1)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Of the name of a role (IAM API reference, `RoleName`).
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

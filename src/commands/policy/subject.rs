//! Whom a policy is for: the ARNs of the user and of its MFA devices, as far as they are known without asking AWS.

use crate::enrollment::DeviceName;
use crate::plan::Plan;
use crate::profile::{MfaSerial, is_account};

/// Stands for the name of the user who makes the call (IAM user guide, "IAM policy elements: Variables and tags").
const USER_NAME: &str = "${aws:username}";
/// Stands for any account. A user can change only its own.
const ANY_ACCOUNT: &str = "*";

/// The user that the keys of a plan belong to. The texts are patterns of a policy.
pub(super) struct Subject<'a> {
    partition: String,
    account: String,
    /// Such as `/team/`; `None` if the user is not known.
    path: Option<String>,
    name: String,
    /// The MFA device, if it is known.
    device: Option<&'a MfaSerial>,
}

impl<'a> Subject<'a> {
    /// The user of a plan with this device, whose ARN an earlier sign-in may have shown.
    pub(super) fn of(plan: &Plan, device: Option<&'a MfaSerial>, arn: Option<&str>) -> Self {
        let partition = literal(&plan.partition);
        if let Some((account, path, name)) = arn.and_then(parts_of_user) {
            let (account, path, name) = (account.to_owned(), Some(literal(path)), literal(name));
            return Subject { partition, account, path, name, device };
        }
        let set = plan.chain.source.account.as_deref().filter(|account| is_account(account));
        let account = set.or(device.and_then(MfaSerial::account)).unwrap_or(ANY_ACCOUNT).to_owned();
        Subject { partition, account, path: None, name: USER_NAME.to_owned(), device }
    }

    /// What the policy has in place of what is not known, if that is so.
    pub(super) fn placeholders(&self) -> Option<String> {
        let account = if self.account == ANY_ACCOUNT { " and * for the account" } else { "" };
        self.path.is_none().then(|| format!("{USER_NAME} for the name{account}"))
    }

    /// The ARN of the user. If its path is not known, there are two patterns: no two users of an account have one name.
    pub(super) fn users(&self) -> Vec<String> {
        let arn = |path: &str| self.arn(&format!("user{path}{}", self.name));
        self.path.as_deref().map_or_else(|| vec![arn("/"), arn("/*/")], |path| vec![arn(path)])
    }

    /// The ARNs of the user's virtual devices, with the names that mfa-env gives them: that of the user, or of the
    /// device that they replace, with a number.
    pub(super) fn devices(&self) -> Vec<String> {
        let own = |name: &str| self.arn(&format!("mfa/{name}"));
        let mut arns = vec![own(&self.name), own(&format!("{}-*", self.name))];
        if let Some(device) = self.device.filter(|device| device.account().is_some()).map(MfaSerial::as_str) {
            let name = device.rsplit('/').next().unwrap_or(device);
            for arn in [literal(device), own(&format!("{}-*", literal(DeviceName::without_number(name).0)))] {
                if !arns.contains(&arn) {
                    arns.push(arn);
                }
            }
        }
        arns
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }
}

/// The account, the path and the name of `arn:PARTITION:iam::ACCOUNT:user/PATH/NAME`.
fn parts_of_user(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next()?, parts.next()?);
    let path_and_name = resource.strip_prefix("user")?;
    let slash = path_and_name.rfind('/')?;
    let (path, name) = path_and_name.split_at(slash + 1);
    let is_valid = is_account(account) && path.starts_with('/') && arn.bytes().all(|b| b.is_ascii_graphic());
    is_valid.then_some((account, path, name))
}

/// A pattern for exactly this text (IAM user guide, "IAM policy elements: Variables and tags": special characters).
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '?' | '$' => pattern.extend(["${", c.encode_utf8(&mut [0; 1]), "}"]),
            c => pattern.push(c),
        }
    }
    pattern
}

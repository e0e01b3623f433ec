//! The policy as a document (IAM user guide, "IAM JSON policy elements reference").
//!
//! GetSessionToken and GetCallerIdentity need no permission. What a user without an MFA device needs to get one is
//! allowed without MFA; so is deleting a device, which IAM refuses while anybody has it. Everything else needs MFA.

use super::subject::{Subject, literal};
use crate::plan::Plan;
use serde::Serialize;

/// Has policy variables, which the older one has not.
const VERSION: &str = "2012-10-17";

/// A policy. The order of the fields is the one that AWS's own documents have.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: &'static [&'static str],
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

/// A call needs MFA. `BoolIfExists` would also allow calls that are signed with an access key, because for those the
/// value does not exist.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    bool: MfaPresent,
}

#[derive(Serialize)]
struct MfaPresent {
    #[serde(rename = "aws:MultiFactorAuthPresent")]
    value: &'static str,
}

impl Document {
    /// The policy of a user: its own devices and keys, and the role that is assumed with its keys or its session.
    pub(super) fn of_user(subject: &Subject<'_>, plan: &Plan, role_needs_mfa: bool) -> Self {
        // A user whose profile says so has no device, and never will.
        let has_mfa = !plan.chain.source.has_no_device;
        let mut statement = Vec::new();
        if has_mfa {
            statement.extend([
                Statement::allow(
                    "CreateOwnDevice",
                    &["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"],
                    subject.devices(),
                ),
                Statement::allow(
                    "RegisterOwnDevice",
                    &["iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"],
                    subject.users(),
                ),
                Statement::allow("RemoveOwnDevice", &["iam:DeactivateMFADevice"], subject.users()).with_mfa(true),
            ]);
        }
        statement.push(
            Statement::allow(
                "ReplaceOwnAccessKey",
                &[
                    "iam:CreateAccessKey",
                    "iam:DeleteAccessKey",
                    "iam:GetAccessKeyLastUsed",
                    "iam:ListAccessKeys",
                    "iam:UpdateAccessKey",
                ],
                subject.users(),
            )
            .with_mfa(has_mfa),
        );
        statement.extend(Statement::of_role(plan).map(|role| role.with_mfa(role_needs_mfa)));
        Document { version: VERSION, statement }
    }

    /// The policy of the user or role that temporary keys belong to, which has nothing but the role.
    pub(super) fn of_session(plan: &Plan) -> Self {
        Document { version: VERSION, statement: Statement::of_role(plan).into_iter().collect() }
    }

    /// The document, indented as in the IAM console.
    pub(super) fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("text and lists are JSON");
        format!("{text}\n")
    }
}

impl Statement {
    fn allow(sid: &'static str, action: &'static [&'static str], resource: Vec<String>) -> Self {
        Statement { sid, effect: "Allow", action, resource, condition: None }
    }

    /// For the role that is assumed without the session of another role.
    fn of_role(plan: &Plan) -> Option<Self> {
        let role = literal(plan.chain.roles.last()?.role_arn.value.as_str());
        Some(Statement::allow("AssumeRole", &["sts:AssumeRole"], vec![role]))
    }

    fn with_mfa(self, is_needed: bool) -> Self {
        let condition = is_needed.then_some(Condition { bool: MfaPresent { value: "true" } });
        Statement { condition, ..self }
    }
}

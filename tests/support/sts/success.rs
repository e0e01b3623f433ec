//! A successful response, as a value and as its XML.

use super::fault::{Patch, Text};
use super::key::Session;

pub const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const IAM_NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// A successful response.
pub enum Success {
    SessionToken {
        session: Session,
    },
    AssumedRole {
        session: Session,
        unique_id: String,
        source_identity: Option<String>,
    },
    Identity {
        arn: String,
        account: String,
        unique_id: String,
    },
    /// Of an operation of IAM; the result is empty if it has none.
    Iam {
        operation: String,
        result: String,
    },
}

impl Success {
    /// Replaces every account id in the response by `other`.
    pub fn naming_account(mut self, other: &str) -> Success {
        let replaced = |arn: &str| {
            let mut parts: Vec<&str> = arn.split(':').collect();
            if let Some(account) = parts.get_mut(4) {
                *account = other;
            }
            parts.join(":")
        };
        match &mut self {
            Success::SessionToken { .. } | Success::Iam { .. } => {}
            Success::AssumedRole { session, .. } => session.arn = replaced(&session.arn),
            Success::Identity { arn, account, .. } => {
                *arn = replaced(arn);
                *account = other.into();
            }
        }
        self
    }

    pub fn to_xml(&self, request_id: &str, patch: &Patch) -> String {
        let (operation, result) = match self {
            Success::SessionToken { session } => ("GetSessionToken", credentials(session, patch)),
            Success::AssumedRole { session, unique_id, source_identity } => {
                let source = source_identity.as_deref().map(|name| element("SourceIdentity", name)).unwrap_or_default();
                let (id, arn) = (element("AssumedRoleId", unique_id), part("Arn", &session.arn, patch.arn.as_ref()));
                let assumed = format!("<AssumedRoleUser>\n{id}{arn}</AssumedRoleUser>\n");
                ("AssumeRole", format!("{source}{assumed}{}", credentials(session, patch)))
            }
            Success::Identity { arn, account, unique_id } => (
                "GetCallerIdentity",
                format!("{}{}{}", element("Arn", arn), element("UserId", unique_id), element("Account", account)),
            ),
            Success::Iam { operation, result } => (operation.as_str(), result.clone()),
        };
        let namespace = if matches!(self, Success::Iam { .. }) { IAM_NAMESPACE } else { NAMESPACE };
        let is_empty = matches!(self, Success::Iam { result, .. } if result.is_empty());
        let result = if is_empty { result } else { format!("<{operation}Result>\n{result}</{operation}Result>\n") };
        format!(
            "<{operation}Response xmlns=\"{namespace}\">\n{result}\
             <ResponseMetadata>\n<RequestId>{request_id}</RequestId>\n</ResponseMetadata>\n</{operation}Response>\n"
        )
    }
}

fn credentials(session: &Session, patch: &Patch) -> String {
    format!(
        "<Credentials>\n{}{}{}{}</Credentials>\n",
        part("AccessKeyId", &session.access_key_id, patch.access_key_id.as_ref()),
        part("SecretAccessKey", &session.secret_access_key, patch.secret_access_key.as_ref()),
        part("SessionToken", &session.session_token, patch.session_token.as_ref()),
        part("Expiration", &session.expiration, patch.expiration.as_ref()),
    )
}

/// An element with its real content, or what a patch replaces it with.
fn part(name: &str, real: &str, replaced: Option<&Text>) -> String {
    match replaced {
        None => element(name, real),
        Some(Text::Escaped(text)) => element(name, text),
        Some(Text::Raw(text)) => format!("<{name}>{text}</{name}>\n"),
        Some(Text::Absent) => String::new(),
    }
}

pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>\n", escaped(text))
}

/// Escapes markup as entities and control characters as numeric references.
///
/// XML 1.0 allows such references only for tab, line feed and carriage return. The others are written too, because a
/// hostile response tests whether the parser rejects them or passes the character through.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other if other.is_control() => out.push_str(&format!("&#{};", u32::from(other))),
            other => out.push(other),
        }
    }
    out
}

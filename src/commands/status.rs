//! `mfa-env status`: who this shell is signed in as, by its variables; the kept sessions say more where there are any.

use super::words::until;
use super::{Outcome, World, say_remarks, shown};
use crate::cli::StatusArgs;
use crate::clock;
use crate::credentials::Expiration;
use crate::error::Result;
use crate::remark::Remark;
use crate::session::{Cache, Entry};
use serde_json::json;

/// What the variables say.
struct Shell<'a> {
    profile: Option<&'a str>,
    access_key_id: Option<&'a str>,
    end: Option<Expiration>,
    /// The session in the variables is one that we keep.
    kept: Option<Entry>,
}

pub(super) fn run(args: &StatusArgs, world: &World) -> Result<Outcome> {
    let variables = &world.variables;
    let profile = match variables.text("MFA_ENV_PROFILE")? {
        Some(profile) => Some(profile),
        None => variables.text("AWSUME_PROFILE")?,
    };
    let access_key_id = variables.text("AWS_ACCESS_KEY_ID")?;
    let end = variables.text("AWS_CREDENTIAL_EXPIRATION")?.and_then(Expiration::parse_rfc3339);
    let cache = Cache::of(variables);
    let kept = cache.entries().into_iter().find(|e| access_key_id == Some(e.credentials.access_key_id.as_str()));
    let shell = Shell { profile, access_key_id, end, kept };

    let mut remarks = cache.take_remarks();
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(value) = variables.text(name)?.filter(|_| access_key_id.is_some()) {
            remarks.push(Remark::ProfileBesideKeys { variable: name, profile: value.to_owned() });
        }
    }
    let is_valid = shell.is_signed_in();
    let stdout = match (args.quiet, args.json) {
        (true, _) => String::new(),
        (_, true) => shell.json(&remarks),
        (_, false) => shell.text(),
    };
    if !args.json {
        say_remarks(&remarks, args.quiet);
    }
    Ok(Outcome { stdout: stdout.into(), status: u8::from(!is_valid) })
}

impl Shell<'_> {
    /// Keys of a session that has not ended. Keys without an end are somebody's own, not a session of ours.
    fn is_signed_in(&self) -> bool {
        self.access_key_id.is_some() && self.end.is_some_and(|end| end.unix() > clock::now())
    }

    fn identity(&self) -> Option<&str> {
        self.kept.as_ref()?.credentials.identity.as_deref()
    }

    /// The account, where the kept session names it.
    fn account(&self) -> Option<&str> {
        let device = || self.kept.as_ref().and_then(|e| e.field("device"));
        self.identity().or_else(device).and_then(|arn| arn.split(':').nth(4)).filter(|a| a.len() == 12)
    }

    fn text(&self) -> String {
        let (Some(_), Some(end)) = (self.access_key_id, self.end) else {
            return match self.access_key_id {
                None => "not signed in\n".to_owned(),
                Some(_) => "not signed in: the keys of this shell are no session\n".to_owned(),
            };
        };
        let mut text = self.profile.map_or_else(|| "a session".to_owned(), shown);
        if let Some(account) = self.account() {
            text.push_str(&format!(", account {}", shown(account)));
        }
        if let Some(name) = self.identity().and_then(|arn| arn.split_once(":assumed-role/")) {
            text.push_str(&format!(", as {}", shown(name.1)));
        }
        if self.is_signed_in() {
            format!("{text}, {}\n", until(end))
        } else {
            format!("{text}, over since {}\n", end.rfc3339())
        }
    }

    fn json(&self, remarks: &[Remark]) -> String {
        let object = json!({
            "version": 1,
            "signed_in": self.is_signed_in(),
            "profile": self.profile,
            "access_key_id": self.access_key_id,
            "account": self.account(),
            "identity": self.identity(),
            "expires": self.end.map(Expiration::rfc3339),
            "seconds_left": self.end.map(|end| (end.unix() - clock::now()).max(0)),
            "kept": self.kept.is_some(),
            "remarks": remarks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        format!("{object}\n")
    }
}

//! A user who has two access keys already: what to do with the other one, before there can be a new one.

use super::{ago, confirm, places};
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::Owner;
use crate::error::{NoCode, Result, RotationError};
use crate::iam::{AccessKeyStatus, UserAccessKey};
use crate::mfa;
use crate::plan::FactKey;
use crate::platform::Terminal;
use crate::printable::printable;
use crate::rotation::KeyFiles;
use crate::session::{Cache, KeyStage};

/// The two keys of a user.
pub(super) struct TwoKeys<'a> {
    owner: &'a Owner<'a>,
    signer: &'a Keys,
    /// The one of the profile.
    own: &'a UserAccessKey,
    other: &'a UserAccessKey,
    files: &'a KeyFiles<'a>,
    cache: &'a Cache<'a>,
}

/// What is left to do.
pub(super) enum Next {
    /// Replace the own key.
    Replace,
    Nothing,
}

/// What can be done with the other key.
#[derive(Clone, Copy)]
enum Choice {
    Deactivate,
    Delete,
    DeleteAndReplace,
    Nothing,
}

impl<'a> TwoKeys<'a> {
    /// `None` if the user has fewer keys. AWS allows no more.
    pub(super) fn of(
        owner: &'a Owner<'a>,
        signer: &'a Keys,
        listed: &'a [UserAccessKey],
        files: &'a KeyFiles<'a>,
        cache: &'a Cache<'a>,
    ) -> Option<Self> {
        let own = listed.iter().find(|key| key.id == files.keys.access_key_id)?;
        let other = listed.iter().find(|key| key.id != own.id)?;
        Some(TwoKeys { owner, signer, own, other, files, cache })
    }

    /// Lets the user choose. If nothing may be asked, only a key is deleted that an interrupted run has created and nobody
    /// can use, or, if `may_delete`, the one that the own key has replaced.
    ///
    /// # Errors
    /// A call fails, nothing was chosen, or nothing may be asked.
    pub(super) fn settle(&self, terminal: Option<&Terminal>, may_delete: bool, context: &Context) -> Result<Next> {
        let Some(terminal) = terminal else {
            if self.is_unwritten() || may_delete && self.is_replaced() {
                self.delete(context)?;
                return Ok(Next::Replace);
            }
            return Err(RotationError::TwoKeys {
                user: self.owner.user.clone(),
                profile: self.owner.source().profile.to_string(),
                keys: self.descriptions().into(),
                replaced: self.is_replaced().then(|| self.other.id.clone()),
            }
            .into());
        };
        let [own, other] = self.descriptions();
        let user = printable(&self.owner.user);
        let heading = format!("{user} has two access keys, and AWS allows no more:\n  {own}\n  {other}");
        let (own, other) = (printable(&self.own.id), printable(&self.other.id));
        let choices = [
            (Choice::Deactivate, format!("deactivate {other}, and keep {own}")),
            (Choice::Delete, format!("delete {other}, and keep {own}")),
            (Choice::DeleteAndReplace, format!("delete {other}, and replace {own} by a new key")),
            (Choice::Nothing, "change nothing".to_owned()),
        ];
        let is_active = self.other.status == AccessKeyStatus::Active;
        let is_possible = |choice: &Choice| is_active || !matches!(choice, Choice::Deactivate);
        let choices = choices.into_iter().filter(|(choice, _)| is_possible(choice));
        let (choices, texts): (Vec<Choice>, Vec<String>) = choices.unzip();
        let choice = choices[mfa::choose(terminal, &heading, &texts, None)?];
        match choice {
            Choice::Nothing => Err(NoCode::NotConfirmed.into()),
            Choice::Deactivate => {
                let Owner { iam, user, .. } = self.owner;
                iam.set_access_key(self.signer, user, &self.other.id, AccessKeyStatus::Inactive)?;
                context.report.notice(&format!("deactivated access key {other}"));
                Ok(Next::Nothing)
            }
            Choice::Delete | Choice::DeleteAndReplace => {
                if is_active {
                    let question = format!("{other} is active; what uses it stops working. Delete it?");
                    confirm(Some(terminal), &question)?;
                }
                self.delete(context)?;
                Ok(if matches!(choice, Choice::Delete) { Next::Nothing } else { Next::Replace })
            }
        }
    }

    fn delete(&self, context: &Context) -> Result<()> {
        let Owner { iam, user, .. } = self.owner;
        iam.delete_access_key(self.signer, user, &self.other.id)?;
        self.cache.forget_access_key(&FactKey::access_key(&self.other.id, &self.owner.plan));
        context.report.notice(&format!("deleted access key {}", printable(&self.other.id)));
        Ok(())
    }

    /// What is known about the keys, the own one first.
    fn descriptions(&self) -> [String; 2] {
        let own = describe(self.own, &format!("in {}", places(&self.files.profiles)), None);
        let last_use = self.owner.iam.access_key_last_used(self.signer, &self.other.id).ok();
        let last_use = last_use.map(|last| match last.at {
            Some(at) => format!("last used {} ({})", ago(at), printable(&last.service)),
            None => "never used".to_owned(),
        });
        let profiles = self.files.places_of(&self.other.id);
        let place = match profiles.as_slice() {
            [] if self.is_unwritten() => "left by an interrupted rotation".to_owned(),
            [] if self.is_replaced() => format!("replaced by {}", printable(&self.own.id)),
            [] => "not in your AWS files".to_owned(),
            profiles => format!("in {}", places(profiles)),
        };
        [own, describe(self.other, &place, last_use.as_deref())]
    }

    /// Whether the other key was created and not written.
    fn is_unwritten(&self) -> bool {
        let is_created = matches!(self.stage_of(self.other), KeyStage::Created(_));
        is_created && self.files.places_of(&self.other.id).is_empty()
    }

    /// Whether the own key has taken the place of the other one.
    fn is_replaced(&self) -> bool {
        self.stage_of(self.own).in_place_of() == Some(&self.other.id)
    }

    fn stage_of(&self, key: &UserAccessKey) -> KeyStage {
        let record = self.cache.access_key(&FactKey::access_key(&key.id, &self.owner.plan));
        record.map(|record| record.stage).unwrap_or_default()
    }
}

/// `AKIA…, inactive, created 90 days ago, last used 3 days ago (sts), not in your AWS files`
fn describe(key: &UserAccessKey, place: &str, last_use: Option<&str>) -> String {
    let status = match key.status {
        AccessKeyStatus::Active => "active",
        AccessKeyStatus::Inactive => "inactive",
    };
    let created = key.created.map(|at| format!("created {}", ago(at)));
    let id = printable(&key.id).to_string();
    let parts = [Some(id.as_str()), Some(status), created.as_deref(), last_use, Some(place)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

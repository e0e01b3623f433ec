//! The roles that the user wants to assume, each as a profile.

use super::dialogue::Answer;
use super::typed_role::RoleContext;
use super::{Steps, files, names, region_of};
use crate::enrollment::Owner;
use crate::error::Result;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, FileKind, ProfileName, Region, RoleArn};

impl Steps<'_> {
    /// Asks for roles until there are no more. Returns the profile of the first one.
    pub(super) fn roles(&self, owner: &Owner<'_>) -> Result<Option<ProfileName>> {
        let mut first = None;
        let mut question = "Role to assume, as ARN or ACCOUNT:ROLE (Enter for none)";
        let context = RoleContext { account: &owner.account, partition: &owner.partition };
        loop {
            let role = self.dialogue.ask(question, None, |typed| {
                if typed.is_empty() {
                    return Ok(Answer::Done(None));
                }
                Ok(match context.role(typed) {
                    Ok(role) => Answer::Done(Some(role)),
                    Err(why) => Answer::Again(printable(&why).to_string()),
                })
            })?;
            let Some(role) = role else { return Ok(first) };
            let name = self.profile_of(&role, owner)?;
            first.get_or_insert(name);
            question = "Another role (Enter for none)";
        }
    }

    /// The profile for a role, which is written unless there is one.
    fn profile_of(&self, role: &RoleArn, owner: &Owner<'_>) -> Result<ProfileName> {
        let texts = files::read(&self.locations)?;
        let files = AwsFiles::index(&texts).for_listing();
        let source = &owner.source().profile;
        let is_of_role = |name: &ProfileName| {
            files.profile(name).ok().flatten().is_some_and(|profile| {
                let is = |key: &str, value: &str| profile.get(key).is_some_and(|setting| setting.value == value);
                is("role_arn", role.as_str()) && is("source_profile", source.as_str())
            })
        };
        let mut all = files.names().into_iter().filter_map(|name| ProfileName::parse(name).ok());
        if let Some(name) = all.find(is_of_role) {
            self.dialogue.say(&format!("mfa-env: profile {} has that role already", printable(name.as_str())))?;
            return Ok(name);
        }
        let proposed = self.proposed_name(role, &files);
        let name = self.dialogue.ask("Name of its profile", Some(&proposed), |typed| {
            Ok(match self.new_profile(typed, &files) {
                Ok(name) => Answer::Done(name),
                Err(problem) => Answer::Again(format!("choose another name: {}", printable(&problem))),
            })
        })?;
        let region = region_of(source, &files).filter(|region| Region::parse(region).is_ok());
        let addition = self.addition(source);
        addition.write_role(&name, role, region.as_deref())?;
        let path = printable_path(addition.path(FileKind::Config)).to_string();
        let shown = printable(name.as_str());
        let line = format!("role {} is written to profile {shown} in {path}", printable(role.as_str()));
        self.wrote(source, format!("profile {shown}"), &line)?;
        Ok(name)
    }

    /// The name of the role, with its account if there is such a profile.
    fn proposed_name(&self, role: &RoleArn, files: &AwsFiles<'_>) -> String {
        let with_account = format!("{}-{}", role.name(), role.account());
        let names = [role.name(), &with_account];
        let free = names.into_iter().find(|name| self.new_profile(name, files).is_ok());
        free.unwrap_or(&with_account).to_owned()
    }

    /// The name of a profile that does not exist.
    fn new_profile(&self, typed: &str, files: &AwsFiles<'_>) -> std::result::Result<ProfileName, String> {
        let name = names::new_name(typed, self.setup.is_reserved)?;
        match files.header_origin(&name) {
            Some(origin) => Err(format!("there is a profile {name} ({origin})")),
            None => Ok(name),
        }
    }
}

//! The access key: entered, tried, and only then written.

use super::files::Key;
use super::names::Existing;
use super::typed_key::{Entered, TypedKey, is_path, without_quotes};
use super::{Steps, files, key_file, region_of, shown_user};
use crate::enrollment::{Owner, plan_of_keys};
use crate::error::{Error, NoCode, Refusal, Result, SetupError};
use crate::platform;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, FileKind, FileText, ProfileName, Region};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// How often AWS may refuse a key.
const MAX_ATTEMPTS: u32 = 3;

impl<'a> Steps<'a> {
    /// The user that the keys of the profile belong to. If it has none, they are asked for and written.
    pub(super) fn owner_of_keys(&'a self, name: &ProfileName) -> Result<Owner<'a>> {
        let texts = files::read(&self.locations)?;
        let files = AwsFiles::index(&texts).for_listing();
        let region = self.region(name, &files)?;
        if let Existing::Keys = Existing::of(name, &files) {
            return self.owner_of_existing(name, region.as_ref());
        }
        let is_config_written = region.is_some() || !has_device(name, &files);
        self.look_at_files(name, is_config_written)?;
        let (mut key, mut file) = match &self.setup.key_file {
            Some(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                (key_of_file(&path)?, Some(path))
            }
            None => (TypedKey::default(), None),
        };
        let mut attempts_left = MAX_ATTEMPTS;
        loop {
            if !key.is_complete() || attempts_left < MAX_ATTEMPTS {
                let entered_in = self.ask_for_key(&mut key)?;
                file = entered_in.or(file);
            }
            let (Some(id), Some(secret)) = (key.id.clone(), key.secret.clone()) else {
                return Err(NoCode::NoAnswer.into());
            };
            if let Some(other) = self.other_profile_with(&id, &files)? {
                return self.owner_of_existing(&other, region.as_ref().filter(|_| region_of(&other, &files).is_none()));
            }
            attempts_left -= 1;
            match self.tried(name, Key { id: &id, secret: &secret }, region.as_ref()) {
                Ok(owner) => {
                    self.write(&owner, Key { id: &id, secret: &secret }, region.as_ref(), file.as_deref())?;
                    return Ok(owner);
                }
                Err(Error::Aws(refusal)) if attempts_left > 0 && refusal.reason == Refusal::UnknownKey => {
                    self.dialogue.say(&format!(
                        "mfa-env: AWS does not recognize {id}: it was deleted or deactivated, belongs to another \
                         partition than this region, or was created a few seconds ago"
                    ))?;
                }
                Err(Error::Aws(refusal)) if attempts_left > 0 && refusal.reason == Refusal::WrongSecret => {
                    self.dialogue.say(&format!("mfa-env: AWS knows {id}, but that is not its secret"))?;
                    key.secret = None;
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// For a profile that has keys: nothing is asked.
    fn owner_of_existing(&'a self, name: &ProfileName, region: Option<&Region>) -> Result<Owner<'a>> {
        if let Some(region) = region {
            self.write_region(name, region)?;
        }
        let texts = files::read(&self.locations)?;
        let owner = self.owner(name, &texts)?;
        let (source, user) = (owner.source(), shown_user(&owner));
        let id = source.source.access_key_id().unwrap_or_default();
        let (name, id) = (printable(name.as_str()), printable(id));
        self.dialogue.say(&format!("mfa-env: profile {name} has access key {id} of {user} ({})", source.origin))?;
        Ok(owner)
    }

    fn owner(&'a self, name: &ProfileName, texts: &[FileText]) -> Result<Owner<'a>> {
        let context = self.setup.context;
        let plan = plan_of_keys(&AwsFiles::index(texts), &(self.setup.request)(name)?, context)?;
        context.show_warnings();
        if let Some(url) = plan.endpoint.url.as_ref().filter(|_| !self.has_named_endpoint.replace(true)) {
            let host = printable(&plan.endpoint.host()).to_string();
            self.dialogue.say(&format!("mfa-env: calls do not go to AWS, but to {host} ({})", url.origin))?;
        }
        Owner::of(plan, context)
    }

    /// The user of a key that is not in the files yet.
    fn tried(&'a self, name: &ProfileName, key: Key<'_>, region: Option<&Region>) -> Result<Owner<'a>> {
        let texts = self.addition(name).preview(key, region)?;
        self.owner(name, &texts)
    }

    /// Finds out whether the files can be changed, before a secret is asked for.
    fn look_at_files(&self, name: &ProfileName, is_config_written: bool) -> Result<()> {
        let addition = self.addition(name);
        addition.look_at(FileKind::Credentials)?;
        if is_config_written { addition.look_at(FileKind::Config) } else { Ok(()) }
    }

    /// Asks for what is missing of a key; if nothing is, it may be tried again. Returns the file that it was in.
    fn ask_for_key(&self, key: &mut TypedKey) -> Result<Option<PathBuf>> {
        let is_again = key.is_complete();
        if !is_again && key.id.is_none() {
            self.dialogue.say(
                "The access key is in the AWS console: your name, Security credentials, Create access key. \
                 What you enter is not shown.",
            )?;
        }
        let prompt = RefCell::new(match &key.id {
            Some(id) if is_again => format!("Access key ID, or Enter to try {id} again: "),
            id => prompt_for(id.as_deref()),
        });
        let mut entry = if is_again { TypedKey::default() } else { std::mem::take(key) };
        let mut file = None;
        let mut is_kept = false;
        self.dialogue.ask_hidden(&prompt, &mut |line| {
            if line.is_empty() && is_again && entry.id.is_none() {
                is_kept = true;
                return None;
            }
            let again = match self.enter(line, &mut entry) {
                Ok(found) => {
                    file = found.or(file.take());
                    String::new()
                }
                Err(why) => why,
            };
            if entry.is_complete() {
                return None;
            }
            prompt.replace(prompt_for(entry.id.as_deref()));
            Some(again)
        })?;
        if !is_kept {
            *key = entry;
        }
        Ok(file)
    }

    /// Takes a line. Returns the file, if it names one; or else why it cannot be used.
    fn enter(&self, line: &str, entry: &mut TypedKey) -> std::result::Result<Option<PathBuf>, String> {
        let home = platform::home(&self.setup.context.variables);
        let path_of = |typed: &str| key_file::path_of(typed, home.as_deref());
        let is_path = entry.id.is_none() && is_path(line);
        let path = is_path.then(|| path_of(without_quotes(line))).filter(|path| path.is_file());
        let path = match path {
            Some(path) => path,
            None => match entry.take(line) {
                Entered::Part => return Ok(None),
                Entered::Wrong(why) => return Err(why),
                Entered::Path(typed) => {
                    let path = path_of(&typed);
                    // It may be a secret that begins with a slash, or a part of one.
                    if is_base64(&typed) && path.symlink_metadata().is_err() {
                        return Err("that is neither an access key ID nor the path of a file".to_owned());
                    }
                    path
                }
            },
        };
        let text = key_file::read(&path).map_err(|e| e.what())?;
        match entry.take_file(&text) {
            Entered::Wrong(why) => Err(format!("{} {why}", printable_path(&path))),
            Entered::Part | Entered::Path(_) => Ok(Some(path)),
        }
    }

    /// Another profile with this key, if the user wants to go on with that.
    fn other_profile_with(&self, id: &str, files: &AwsFiles<'_>) -> Result<Option<ProfileName>> {
        for name in files.names().into_iter().filter_map(|name| ProfileName::parse(name).ok()) {
            let Ok(Some(profile)) = files.profile(&name) else { continue };
            let Some(setting) = profile.get("aws_access_key_id").filter(|setting| setting.value == id) else {
                continue;
            };
            let shown = printable(name.as_str());
            let question = format!("Profile {shown} has this key already ({}). Go on with {shown}?", setting.origin);
            return Ok(self.dialogue.agrees(&question)?.then(|| name.clone()));
        }
        Ok(None)
    }

    fn write(&self, owner: &Owner<'_>, key: Key<'_>, region: Option<&Region>, file: Option<&Path>) -> Result<()> {
        let name = &owner.source().profile;
        let addition = self.addition(name);
        addition.write_key(key)?;
        let (shown, id, user) = (printable(name.as_str()), printable(key.id), shown_user(owner));
        let path = printable_path(addition.path(FileKind::Credentials)).to_string();
        let line = format!("access key {id} of {user} is written to [{shown}] in {path}");
        self.wrote(name, format!("the access key of profile {shown}"), &line)?;
        if let Some(file) = file {
            self.dialogue.say(&format!("mfa-env: {} has the secret, too; delete it", printable_path(file)))?;
        }
        if let Some(region) = region {
            self.write_region(name, region)?;
        }
        Ok(())
    }

    fn write_region(&self, name: &ProfileName, region: &Region) -> Result<()> {
        let addition = self.addition(name);
        addition.write_region(region)?;
        let path = printable_path(addition.path(FileKind::Config)).to_string();
        let line = format!("region {region} is written to profile {} in {path}", printable(name.as_str()));
        self.wrote(name, format!("its region {region}"), &line)
    }
}

/// Whether a profile names its device, so that none is written.
fn has_device(name: &ProfileName, files: &AwsFiles<'_>) -> bool {
    files.profile(name).ok().flatten().is_some_and(|profile| profile.get("mfa_serial").is_some())
}

/// The key in a file.
fn key_of_file(path: &Path) -> Result<TypedKey> {
    let mut key = TypedKey::default();
    match key.take_file(&key_file::read(path)?) {
        Entered::Wrong(problem) => Err(SetupError::NoKeyInFile { path: path.to_owned(), problem }.into()),
        Entered::Part | Entered::Path(_) => Ok(key),
    }
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+=".contains(&b))
}

fn prompt_for(id: Option<&str>) -> String {
    match id {
        None => "Access key ID, or the path of accessKeys.csv: ".to_owned(),
        Some(id) => format!("Secret access key of {id}: "),
    }
}

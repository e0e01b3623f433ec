//! The session in a shell's environment: whether mfa-env set its keys, how it was requested, and what the variables
//! were without it.

use super::before::{ACCESS_KEY_ID, BEFORE, Before, CONFIG_FILE, Original};
use super::options::{self, OPTIONS};
use crate::plan::Overrides;
use crate::profile::ProfileName;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// The profile of the session.
pub(super) const PROFILE: &str = "MFA_ENV_PROFILE";
/// The name of the session. Starship and Powerlevel10k read it.
pub(super) const DISPLAYED: &str = "AWSUME_PROFILE";
/// direnv sets it to the directory whose environment it has loaded.
const DIRENV_DIR: &str = "DIRENV_DIR";

/// A session in the environment, as its variables describe it.
pub struct ShellSession<'a> {
    variables: &'a Variables,
    before: Option<Before>,
}

/// How the session of a shell was requested, apart from its profile.
#[derive(Debug)]
pub enum SessionOptions {
    /// Without options that change what it is.
    None,
    /// With these.
    Some(Box<Overrides>),
    /// With options that are not known: too long to be recorded, changed by somebody else, or those of a session that
    /// is no longer there.
    Unknown(&'static str),
}

impl<'a> ShellSession<'a> {
    /// Reads the variables; warns about an invalid `MFA_ENV_BEFORE`.
    pub fn read(variables: &'a Variables, warnings: &Warnings) -> Self {
        let text = variables.os(BEFORE);
        let before = text.and_then(|text| Before::parse(text.to_str()?));
        if text.is_some() && before.is_none() {
            warnings.add(Warning::BeforeIgnored);
        }
        ShellSession { variables, before }
    }

    /// Whether the keys in the environment are those of the session that mfa-env put there.
    pub fn has_our_keys(&self) -> bool {
        let key_id = self.variables.os(ACCESS_KEY_ID);
        key_id.is_some() && key_id == self.before.as_ref().and_then(Before::access_key_id).map(str::as_ref)
    }

    /// Whether the variables are those of a view, in which every profile has its own name.
    pub fn has_view(&self) -> bool {
        let is_view = self.before.as_ref().is_some_and(|before| before.access_key_id().is_none());
        is_view && self.variables.os(ACCESS_KEY_ID).is_none() && !self.is_changed(CONFIG_FILE)
    }

    /// Whether the user, or a startup file, has replaced the view since the sign-in.
    pub fn has_lost_view(&self) -> bool {
        let was_view = self.before.as_ref().is_some_and(|before| before.access_key_id().is_none());
        was_view && self.variables.os(ACCESS_KEY_ID).is_none() && self.is_changed(CONFIG_FILE)
    }

    /// Whether there are keys that mfa-env did not put there.
    pub fn has_other_keys(&self) -> bool {
        self.variables.os(ACCESS_KEY_ID).is_some() && !self.has_our_keys()
    }

    /// Whether such keys have taken the place of a session, whose other variables may still be there.
    pub fn is_replaced(&self) -> bool {
        self.has_other_keys() && self.before.is_some()
    }

    /// The options with which the session was requested.
    pub fn options(&self) -> SessionOptions {
        let Some(text) = self.variables.os(OPTIONS) else { return SessionOptions::None };
        if !self.has_our_keys() {
            return SessionOptions::Unknown("its session is no longer in this shell");
        }
        match text.to_str().map(options::parse) {
            Some(Some(overrides)) => SessionOptions::Some(Box::new(overrides)),
            Some(None) if text == options::TOO_LONG => {
                SessionOptions::Unknown("the options of this shell's session do not fit into it")
            }
            _ => SessionOptions::Unknown("it was not written by mfa-env"),
        }
    }

    /// The access key ID of the session, if mfa-env put it there for this profile.
    pub fn access_key_id_of(&self, profile: &ProfileName) -> Option<&'a str> {
        let is_of_profile = self.variables.os(PROFILE).is_some_and(|name| name == profile.as_str());
        self.variables.os(ACCESS_KEY_ID).filter(|_| is_of_profile && self.has_our_keys())?.to_str()
    }

    /// The name of the session for shell prompts, if mfa-env put the session there.
    pub fn displayed_name(&self) -> Option<String> {
        let name = self.variables.os(DISPLAYED).filter(|_| self.has_our_keys())?;
        Some(name.to_string_lossy().into_owned())
    }

    /// The record of the session. `None` if there is none, or an invalid one.
    pub(super) fn before(&self) -> Option<&Before> {
        self.before.as_ref()
    }

    /// Whether the user has set this variable since the sign-in.
    pub(super) fn is_changed(&self, name: &str) -> bool {
        let now = self.variables.os(name);
        let replaced = self.before.as_ref().and_then(|before| before.replaced().iter().find(|r| r.name == name));
        now.is_some() && replaced.is_none_or(|replaced| replaced.after.as_deref().map(str::as_ref) != now)
    }

    /// The value that a variable would have without the session. If it is still as the session set it, that is the
    /// value before; otherwise it has been changed since, so that is the present value. `None` if that is not UTF-8.
    pub(super) fn original(&self, name: &str) -> Option<Original> {
        let now = match self.variables.raw(name) {
            Some(value) => Some(value.to_str()?.to_owned()),
            None => None,
        };
        let here = || self.variables.os(DIRENV_DIR).map(|directory| directory.to_string_lossy().into_owned());
        let replaced = self.before.as_ref().and_then(|before| before.replaced().iter().find(|r| r.name == name));
        Some(match replaced {
            Some(replaced) if replaced.after == now => match &replaced.original.directory {
                // direnv has unloaded that directory's environment, so its value does not apply here.
                directory @ Some(_) if *directory != here() => Original::default(),
                _ => replaced.original.clone(),
            },
            _ => Original { directory: here(), value: now },
        })
    }
}

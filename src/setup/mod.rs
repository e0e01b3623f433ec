//! From an access key to a signed-in shell, question by question. Whatever is there already is not asked for again, so
//! running it again goes on where it was left. Nothing that exists is replaced.

mod device_step;
mod dialogue;
mod files;
mod key_file;
mod key_step;
mod names;
mod role_step;
mod typed_key;
mod typed_region;
mod typed_role;

pub use typed_key::{Entered, TypedKey, misplaced_secret};
pub use typed_region::TypedRegion;
pub use typed_role::RoleContext;

use crate::context::Context;
use crate::enrollment::Owner;
use crate::environment::{self, ShellSession};
use crate::error::{Result, SetupError};
use crate::platform::Terminal;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, FileKind, Locations, ProfileName, Region};
use crate::shell::Shell;
use crate::sign_in::{Request, SignedIn, locations, sign_in};
use crate::warning::Warnings;
use dialogue::{Answer, Dialogue};
use files::Addition;
use names::Existing;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

/// The region that is proposed if nothing else suggests one.
const PROPOSED_REGION: &str = "us-east-1";

/// What was asked for on the command line, and what the commands know.
pub struct Setup<'a> {
    /// The profile to set up.
    pub profile: Option<String>,
    /// The file with the access key.
    pub key_file: Option<PathBuf>,
    /// Whether a word is read as something other than a profile.
    pub is_reserved: &'a dyn Fn(&str) -> bool,
    /// The request to sign in to a profile.
    pub request: &'a dyn Fn(&ProfileName) -> Result<Request>,
    /// Where the questions are asked.
    pub terminal: &'a Terminal,
    /// How long a question waits for its answer.
    pub timeout: Duration,
    /// The outside world.
    pub context: &'a Context,
}

/// What setup has led to.
pub struct Finished {
    /// The profile to sign in to.
    pub profile: ProfileName,
    /// The session.
    pub signed_in: SignedIn,
}

/// The course of one run.
struct Steps<'a> {
    setup: &'a Setup<'a>,
    dialogue: Dialogue<'a>,
    locations: Locations,
    /// What has been written in this run.
    done: RefCell<Vec<String>>,
    /// Whether it has been said that calls do not go to AWS.
    has_named_endpoint: Cell<bool>,
}

impl Setup<'_> {
    /// Asks for what is missing, writes it, and signs in once. However it ends, it is said what has been done.
    ///
    /// # Errors
    /// A question is not answered, the files cannot be read or changed, or AWS refuses the key or the sign-in.
    pub fn run(&self) -> Result<Finished> {
        let dialogue = Dialogue::new(self.terminal, self.timeout, self.context);
        let (locations, done) = (locations(&self.context.variables)?, RefCell::default());
        let has_named_endpoint = Cell::new(false);
        let steps = Steps { setup: self, dialogue, locations, done, has_named_endpoint };
        steps.set_progress(None);
        let finished = steps.run();
        steps.dialogue.end();
        finished.inspect_err(|_| steps.dialogue.show_progress())
    }
}

impl Steps<'_> {
    fn run(&self) -> Result<Finished> {
        self.introduce()?;
        let name = self.name()?;
        self.set_progress(Some(&name));
        let owner = self.owner_of_keys(&name)?;
        let name = owner.source().profile.clone();
        let missing = self.device(&owner)?;
        let role = self.roles(&owner)?;
        // Some roles need no MFA, but the user's own session does.
        let profile = match (role, missing) {
            (Some(role), _) => role,
            (None, Some(missing)) => return Err(missing.into()),
            (None, None) => name,
        };
        self.dialogue.say(&format!("Signing in to {}, to show that it works.", printable(profile.as_str())))?;
        let signed_in = sign_in((self.setup.request)(&profile)?, self.setup.context)?;
        self.setup.context.show_warnings();
        Ok(Finished { profile, signed_in })
    }

    /// Says what this is, and which variables matter.
    fn introduce(&self) -> Result<()> {
        self.dialogue
            .say("Setting up a profile. Ctrl-C leaves at any question; run setup again to go on from there.")?;
        let variables = &self.setup.context.variables;
        for kind in [FileKind::Config, FileKind::Credentials] {
            let path = printable_path(files::path_of(kind, &self.locations)).to_string();
            if let Some(variable) = self.locations.variable_of(kind) {
                self.dialogue.say(&format!("mfa-env: {variable} is set, so this writes to {path}"))?;
            }
        }
        let has_keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().find(|name| variables.os(name).is_some());
        let is_ours = ShellSession::read(variables, &Warnings::default()).has_our_keys();
        if let Some(variable) = has_keys.filter(|_| !is_ours) {
            self.dialogue.say(&format!(
                "mfa-env: {variable} is set in this shell; until you sign in or unset it, other programs use that key"
            ))?;
        }
        Ok(())
    }

    /// The profile that gets the key, or has it.
    fn name(&self) -> Result<ProfileName> {
        let texts = files::read(&self.locations)?;
        // The proposal looks at every profile.
        let files = AwsFiles::index(&texts).for_listing();
        for file in files.rejected() {
            self.dialogue.say(&format!("mfa-env: {file}"))?;
        }
        if let Some(typed) = &self.setup.profile {
            let usable = self.usable_name(typed, &files);
            return usable.map_err(|problem| SetupError::NotAProfile { name: typed.clone(), problem }.into());
        }
        let proposed = names::proposed(&files, &self.setup.context.variables);
        let default = printable(proposed.as_str()).to_string();
        self.dialogue.ask("Name of the profile for your access key", Some(&default), |typed| {
            let typed = if typed == default { proposed.as_str() } else { typed };
            Ok(match self.usable_name(typed, &files) {
                Ok(name) => Answer::Done(name),
                Err(problem) => Answer::Again(format!("choose another name: {}", printable(&problem))),
            })
        })
    }

    /// The profile with this name, or the one whose keys it uses.
    ///
    /// # Errors
    /// It cannot be set up, with the reason as a clause about it.
    fn usable_name(&self, typed: &str, files: &AwsFiles<'_>) -> std::result::Result<ProfileName, String> {
        let existing = ProfileName::parse(typed).ok().filter(|name| files.header_origin(name).is_some());
        let Some(name) = existing else { return names::new_name(typed, self.setup.is_reserved) };
        match Existing::of(&name, files) {
            Existing::Nothing | Existing::Keys if names::can_be_written(&name) => Ok(name),
            Existing::Nothing | Existing::Keys => Err("not every program can read a section with that name".to_owned()),
            Existing::RoleOf(source) => {
                let (role, keys) = (printable(name.as_str()), printable(source.as_str()));
                self.setup.context.report.notice(&format!("{role} is a role; its keys are those of profile {keys}"));
                Ok(source)
            }
            Existing::Other(problem) => Err(problem),
        }
    }

    /// The region of the profile, if it has none.
    ///
    /// # Errors
    /// The one of the environment is none, or no answer is one.
    fn region(&self, name: &ProfileName, files: &AwsFiles<'_>) -> Result<Option<Region>> {
        if region_of(name, files).is_some() {
            return Ok(None);
        }
        let variables = environment::without_session(&self.setup.context.variables);
        // A sign-in would refuse it, after all the questions.
        let of_shell = environment::ambient_region(&variables)?.map(|region| region.value.to_string());
        let of_default = || ProfileName::parse("default").ok().and_then(|name| region_of(&name, files));
        let proposed = of_shell.or_else(of_default).filter(|region| Region::parse(region).is_ok());
        let mut refused = None;
        let question = "Region of your resources";
        self.dialogue.ask(question, Some(proposed.as_deref().unwrap_or(PROPOSED_REGION)), |typed| {
            Ok(match TypedRegion::parse(typed) {
                TypedRegion::Known(region) => Answer::Done(Some(region)),
                TypedRegion::Unknown { typed, .. } if refused.as_ref() == Some(&typed) => Answer::Done(Some(typed)),
                TypedRegion::Unknown { typed, similar } => {
                    let similar = similar.map(|region| format!(", but {region} is")).unwrap_or_default();
                    let why =
                        format!("{typed} is not a region that mfa-env knows{similar}; enter it again to use it anyway");
                    refused = Some(typed);
                    Answer::Again(why)
                }
                TypedRegion::Wrong(why) => Answer::Again(why),
            })
        })
    }

    /// Says what has been written, and remembers it for the end.
    fn wrote(&self, name: &ProfileName, what: String, line: &str) -> Result<()> {
        self.done.borrow_mut().push(what);
        self.set_progress(Some(name));
        self.dialogue.say(&format!("mfa-env: {line}"))
    }

    /// What is said if setup ends early.
    fn set_progress(&self, name: Option<&ProfileName>) {
        let named = name.map(ProfileName::as_str).or(self.setup.profile.as_deref());
        let argument = named.map(|name| format!(" {}", Shell::Sh.word(name))).unwrap_or_default();
        let done = match self.done.borrow().as_slice() {
            [] => "nothing has been written".to_owned(),
            done => format!("written: {}", done.join(", ")),
        };
        self.dialogue.set_progress(format!("{done}; go on with: {}", printable(&format!("mfa-env setup{argument}"))));
    }

    fn addition<'a>(&'a self, name: &'a ProfileName) -> Addition<'a> {
        Addition { name, locations: &self.locations, context: self.setup.context }
    }
}

/// The region that a profile has, as it is written there.
fn region_of(name: &ProfileName, files: &AwsFiles<'_>) -> Option<String> {
    let profile = files.profile(name).ok().flatten()?;
    profile.get("region").map(|region| region.value.to_string())
}

/// The user of keys, for the messages.
fn shown_user(owner: &Owner<'_>) -> String {
    format!("{} ({})", printable(&owner.user), printable(&owner.account))
}

//! Why a view is out of date, for a person.

use super::losses::{lost, named};
use super::originals::Originals;
use super::{is_stale, text_of};
use crate::context::Context;
use crate::error::Result;
use crate::profile::ViewHeader;
use crate::sign_in::read_aws_files;
use crate::warning::Warnings;
use std::path::Path;

const UPDATE: &str = "update it with: mfa-env view";

/// How a view differs from the files that it shows.
#[derive(Debug)]
pub(in crate::commands) struct Outdated {
    /// What is missing or wrong. `None` if no profile is concerned: the next sign-in updates the view.
    pub what: Option<String>,
    /// What to do.
    pub advice: String,
}

impl Outdated {
    /// `None` if the view at `path`, with this first line, is up to date.
    pub(in crate::commands) fn of(path: &Path, header: &ViewHeader, context: &Context) -> Option<Self> {
        is_stale(header).then(|| Outdated::found(path, header, context))
    }

    fn found(path: &Path, header: &ViewHeader, context: &Context) -> Self {
        let because = |what: String, advice: &str| Outdated { what: Some(what), advice: advice.to_owned() };
        if let Some(what) = Originals::of_view(header).lost() {
            return because(what, "restore that file, or let the view show what is left with: mfa-env view");
        }
        let new = match new_text(header, context) {
            Ok(new) => new,
            Err(e) => return because(e.what(), &format!("correct that; then {UPDATE}")),
        };
        let old = std::fs::read_to_string(path).unwrap_or_default();
        if let Some(names) = named(&lost(&new, &old)) {
            return because(format!("it lacks {names}"), UPDATE);
        }
        if let Some(names) = named(&lost(&old, &new)) {
            return because(format!("it has {names} as before your last change"), UPDATE);
        }
        Outdated { what: None, advice: UPDATE.to_owned() }
    }
}

fn new_text(header: &ViewHeader, context: &Context) -> Result<String> {
    // Whoever shows this has warned about the files.
    let texts = read_aws_files(&context.variables, &Warnings::default())?;
    text_of(header, &texts, &context.variables)
}

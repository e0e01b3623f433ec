//! `mfa-env rotate [PROFILE]`: replaces the access key of the user that the profile's keys belong to.

mod refusal;
mod two_keys;

use super::duration::duration;
use super::outcome::Outcome;
use super::request;
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::clock;
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::{Owner, plan_of_keys};
use crate::error::{Error, IamRefusal, NoCode, Refusal, Result, RotationError};
use crate::iam::UserAccessKey;
use crate::mfa;
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan};
use crate::platform::Terminal;
use crate::printable::{printable, printable_path, shown_value};
use crate::profile::{AwsFiles, DeviceChoice};
use crate::rotation::{Acceptance, KeyFiles, Rotation};
use crate::session::{Cache, KeyRecord};
use crate::sign_in::{Asking, Request, read_aws_files, sign_in_from};
use crate::source;
use crate::warning::Warning;
use clap::Args;
use two_keys::{Next, TwoKeys};

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env rotate main                        replace the access key of profile main
  mfa-env rotate main --delete               the same, and delete the old key without a question
  mfa-env rotate main --no-input --delete    do it in a script, with a cached session or --code

The old key is deactivated, so copies of it elsewhere stop working. Its cached sessions are
forgotten, so the next sign-in asks for a code.";

/// Replace the access key of a profile.
#[derive(Args, Debug)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    /// Profile, even if its name is also a command or a code
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// MFA code; `-` reads it from one line of stdin
    #[arg(short, long = "code", value_name = "CODE", id = "code_flag", allow_hyphen_values = true)]
    code: Option<String>,
    /// MFA device to use instead of the profile's mfa_serial; `none`: sign the calls with the key itself
    #[arg(long, value_name = "ARN|SERIAL")]
    mfa_serial: Option<String>,
    /// Delete the old key as well
    #[arg(long)]
    delete: bool,
    /// Ask nothing, not even whether to replace the key; fail with status 5 if a code is needed
    #[arg(long)]
    no_input: bool,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: RotateArgs, context: &Context) -> Result<Outcome> {
    let RotateArgs { words, profile, code, mfa_serial, delete, no_input, .. } = args;
    let no_input = no_input.then_some(true);
    let sign_in = SignInArgs { profile, code, mfa_serial, no_input, ..SignInArgs::default() };
    let request = request::from_arguments(words.first, words.second, &sign_in, &context.variables)?;
    let terminal = terminal(request.options.asking)?;
    let refused = |e| refusal::of_files(e, &request, &context.variables);
    let texts = read_aws_files(&context.variables, &context.warnings).map_err(refused)?;
    let files = AwsFiles::index(&texts);
    let plan = plan_of_keys(&files, &request, context).map_err(refused)?;
    refusal::check_environment(&plan, &request, &context.variables)?;
    context.show_warnings();
    let source = plan.call.source().clone();
    let keys = source::resolve(&source)?;
    let id = keys.access_key_id.clone();
    let cache = Cache::of(&context.variables, &context.warnings);
    let lock = cache.lock_access_key(&id);
    let _lock = lock.map_err(|holder| RotationError::Running { id: id.clone(), holder })?;
    // Another process may have replaced the key before this one took the lock.
    let key_files = KeyFiles::of(keys, &source.origin, context)?;
    let owner = Owner::of(plan, context).map_err(refusal::of_owner)?;
    let session = session(&owner.plan, &files, request, context)?;

    let signer = session.as_ref().unwrap_or(&key_files.keys);
    let listed = list(&owner, signer, &cache)?;
    announce(&owner, listed.as_deref(), &key_files, terminal.as_ref(), context)?;
    match listed.as_deref().and_then(|listed| TwoKeys::of(&owner, signer, listed, &key_files, &cache)) {
        Some(two_keys) => match two_keys.settle(terminal.as_ref(), delete, context)? {
            Next::Replace => {}
            Next::Nothing => return Ok(Outcome::Exit(0)),
        },
        None => confirm(terminal.as_ref(), &question(&owner, &id))?,
    }

    let acceptance = Acceptance::of(&owner, &key_files.keys, &AwsFiles::index(&texts).for_listing(), context)?;
    let listed = listed.map(|listed| listed.into_iter().map(|key| key.id).collect());
    let rotation = Rotation { owner: &owner, session, files: &key_files, listed, acceptance, context };
    let new = rotation.run()?;
    let old = printable(&id).to_string();
    // Without an answer, the key can still be deleted later.
    let wants_deletion = || terminal.as_ref().is_some_and(|terminal| asks_to_delete(terminal, &old).unwrap_or(false));
    if delete || wants_deletion() {
        let sign_in = SignInArgs { profile: Some(source.profile.to_string()), code: None, ..sign_in };
        rotation.delete_old(&new, || session_of_new_key(&owner.plan, &sign_in, context))?;
    } else {
        context.report.notice(&format!(
            "access key {old} still exists; once nothing needs it, delete it with: mfa-env rotate {}",
            printable(source.profile.as_str())
        ));
    }
    if context.variables.os("AWS_ACCESS_KEY_ID").is_some_and(|copy| copy == id.as_str()) {
        context.report.notice(&format!("AWS_ACCESS_KEY_ID in this shell is still {old}; unset it"));
    }
    let (new, profile) = (printable(&new.access_key_id), printable(source.profile.as_str()));
    context.report.result(&format!("{profile} has access key {new} in {}", printable_path(key_files.path())));
    Ok(Outcome::Exit(0))
}

/// The terminal for questions; `None` if nothing may be asked.
fn terminal(asking: Asking) -> Result<Option<Terminal>> {
    if asking == Asking::Forbidden {
        return Ok(None);
    }
    Terminal::open().map(Some).map_err(|e| match e {
        NoCode::NoTerminal => RotationError::NoTerminal.into(),
        e => e.into(),
    })
}

/// The keys of a session with MFA for the user of a plan. `None` if there is to be no MFA.
fn session(plan: &Plan, files: &AwsFiles<'_>, mut request: Request, context: &Context) -> Result<Option<Keys>> {
    let of_chain = plan.chain.device().map(|device| {
        let choice = DeviceChoice::Device(device.value.clone());
        Sourced::new(choice, device.origin.clone())
    });
    let mfa_serial = request.overrides.mfa_serial.take().or(of_chain);
    let is_without = match &mfa_serial {
        Some(device) => matches!(device.value, DeviceChoice::None),
        None => plan.chain.excludes_device(),
    };
    if is_without {
        if request.code.is_given() {
            context.warnings.add(Warning::CodeNotNeeded);
            context.show_warnings();
        }
        return Ok(None);
    }
    request.profile = Sourced::new(plan.call.source().profile.clone(), request.profile.origin);
    request.overrides = Overrides { mfa_serial, region: request.overrides.region, ..Overrides::default() };
    let signed_in = sign_in_from(files, request, context).map_err(refusal::of_sign_in)?;
    context.show_warnings();
    Ok(Some(signed_in.credentials.keys()))
}

/// The same from the files as they are now, with the new key.
fn session_of_new_key(plan: &Plan, sign_in: &SignInArgs, context: &Context) -> Result<Keys> {
    let request = request::from_arguments(None, None, sign_in, &context.variables)?;
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let session = session(plan, &AwsFiles::index(&texts), request, context)?;
    session.ok_or_else(|| Error::Unexpected("there was a session before".to_owned()))
}

/// The user's access keys, whose ages are remembered. `None` if AWS does not let the user list them.
fn list(owner: &Owner<'_>, signer: &Keys, cache: &Cache<'_>) -> Result<Option<Vec<UserAccessKey>>> {
    let listed = match owner.iam.access_keys_of(signer, &owner.user) {
        Ok(listed) => listed,
        Err(Error::Aws(refusal)) if matches!(refusal.reason, Refusal::Iam { reason: IamRefusal::NotAllowed, .. }) => {
            return Ok(None);
        }
        Err(e) => return Err(e),
    };
    for key in &listed {
        let Some(created) = key.created else { continue };
        let fact = FactKey::access_key(&key.id, &owner.plan);
        let stage = cache.access_key(&fact).map(|record| record.stage).unwrap_or_default();
        cache.add_access_key(&fact, &KeyRecord { created, stage });
    }
    Ok(Some(listed))
}

/// Says what is replaced, and what that means.
fn announce(
    owner: &Owner<'_>,
    listed: Option<&[UserAccessKey]>,
    files: &KeyFiles<'_>,
    terminal: Option<&Terminal>,
    context: &Context,
) -> Result<()> {
    let id = &files.keys.access_key_id;
    let created = listed.and_then(|listed| listed.iter().find(|key| key.id == *id)?.created);
    let age = created.map(|at| format!(", created {}", ago(at))).unwrap_or_default();
    let owner = format!("{} ({}){}", printable(&owner.user), printable(&owner.account), owner.custom_endpoint("at"));
    let lines = [
        format!("access key {} of {owner}{age}, in {}", printable(id), places(&files.profiles)),
        "copies of it elsewhere stop working when it is replaced, and the next sign-in asks for a code".to_owned(),
    ];
    for line in lines {
        match terminal {
            Some(terminal) => terminal.say(&format!("mfa-env: {line}"))?,
            None => context.report.notice(&line),
        }
    }
    Ok(())
}

fn question(owner: &Owner<'_>, id: &str) -> String {
    format!("Replace access key {} of {}{}?", printable(id), printable(&owner.user), owner.custom_endpoint("at"))
}

/// Goes on if the answer is yes, or if nothing may be asked.
fn confirm(terminal: Option<&Terminal>, question: &str) -> Result<()> {
    match terminal {
        Some(terminal) if !mfa::confirm(terminal, question)? => Err(NoCode::NotConfirmed.into()),
        _ => Ok(()),
    }
}

fn asks_to_delete(terminal: &Terminal, old: &str) -> Result<bool> {
    mfa::confirm(terminal, &format!("Delete {old}, too? It is inactive now, and can be made active again until then."))
}

/// How many places of a key are shown.
const MAX_PLACES: usize = 4;

/// `~/.aws/credentials:2 (profile main)`, for each of them.
fn places(profiles: &[(String, Origin)]) -> String {
    let shown = profiles.iter().take(MAX_PLACES);
    let mut places: Vec<String> =
        shown.map(|(name, origin)| format!("{origin} (profile {})", printable(&shown_value(name)))).collect();
    if profiles.len() > MAX_PLACES {
        places.push(format!("{} more places", profiles.len() - MAX_PLACES));
    }
    places.join(" and ")
}

/// `3 days ago`, for a time in seconds since 1970.
fn ago(at: i64) -> String {
    format!("{} ago", duration(clock::now() - at))
}

//! The pipeline that ends in a session: files, chain, plan, and then each call of the plan, kept or made.

use super::request::Request;
use super::{Context, say, say_warnings, shown};
use crate::clock;
use crate::credentials::{SessionCredentials, TokenCode};
use crate::environment;
use crate::error::{ConfigError, Error, NoCode, Refusal, Result, UsageError};
use crate::mfa::{CodeAttempts, CodeRequest, CodeSource, Progress, Question};
use crate::origin::{Origin, Sourced};
use crate::plan::{Operation, Overrides, Plan, SessionKey, Signer, StsCall, device_lock};
use crate::profile::{AwsFiles, Chain, FileText, Locations, ProfileName, SessionDuration};
use crate::session::{Cache, Entry, ReuseCriteria};
use crate::sts::{IssuedSession, Sts};
use crate::warning::Warning;
use std::cell::Cell;
use std::time::Duration;

/// A session that only signs the next call needs no more than this, in seconds.
pub(super) const MIN_TO_SIGN: u32 = 60;
/// How long another process may hold a lock that this one wants. Nobody types a code for longer; whoever does has gone to lunch.
const PATIENCE: Duration = Duration::from_mins(2);
/// A code given to many processes at once is spent by one of them; this long, in ms, the others take its session for theirs.
const SAME_CODE: i64 = 90_000;

/// A session, and the plan that it came from.
pub(super) struct SignedIn {
    pub plan: Plan,
    pub credentials: SessionCredentials,
}

/// What the files say about a profile, as a plan.
pub(super) fn plan(profile: &ProfileName, overrides: &Overrides, context: &Context) -> Result<(Plan, Vec<Warning>)> {
    let (texts, mut warnings) = aws_files(context)?;
    let plan = plan_from(&AwsFiles::index(&texts)?, profile, overrides, context)?;
    warnings.extend(plan.warnings.iter().cloned());
    Ok((plan, warnings))
}

/// The texts of the files, and which are missing.
pub(super) fn aws_files(context: &Context) -> Result<(Vec<FileText>, Vec<Warning>)> {
    let (texts, missing) = AwsFiles::read(&Locations::from(&context.variables)?)?;
    Ok((texts, missing.into_iter().map(|variable| Warning::FileMissing { variable }).collect()))
}

pub(super) fn plan_from(
    files: &AwsFiles<'_>,
    profile: &ProfileName,
    overrides: &Overrides,
    context: &Context,
) -> Result<Plan> {
    let chain = Chain::walk(files, profile, overrides.role_arn.clone())?;
    Plan::make(chain, overrides, environment::ambient_region(&context.variables)?, &context.variables)
}

/// No session can have more left than it lasts.
pub(super) fn check_min_ttl(min_ttl: u32, plan: &Plan) -> Result<()> {
    let duration = plan.call.duration.value.seconds();
    if min_ttl > duration { Err(UsageError::MinTtlTooLong { min_ttl, duration }.into()) } else { Ok(()) }
}

/// From what was asked for to a session.
pub(super) fn sign_in(request: Request, context: &Context) -> Result<SignedIn> {
    let Request { profile, may_be_code, code, overrides, min_ttl, renew, no_cache, no_preflight, quiet } = request;
    let (plan, warnings) = plan(&profile.value, &overrides, context)
        .map_err(|e| as_code(e, may_be_code, &profile.value).named_by(&profile.origin))?;
    say_warnings(&warnings, quiet);
    check_min_ttl(min_ttl, &plan)?;
    let code = code.source(&context.variables)?;
    let cache = if no_cache { Cache::none() } else { Cache::of(&context.variables) };
    let made_since = made_since(renew, matches!(code, CodeSource::Given(_)), &plan, context);
    let sts = Sts::at(plan.endpoint.clone());
    let code_spent = Cell::new(false);
    let session = SigningIn { plan: &plan, cache, sts, code, code_spent, made_since, renew, no_preflight, quiet };
    let entry = session.obtain(&plan.call, min_ttl);
    say_warnings(&session.cache.take_warnings(), quiet);
    let entry = entry?;
    if matches!(session.code, CodeSource::Given(_)) && !session.code_spent.get() {
        let needed = plan.call.device().is_some();
        say_warnings(&[if needed { Warning::CodeUnspent } else { Warning::CodeNotNeeded }], quiet);
    }
    Ok(SignedIn { plan, credentials: entry.credentials })
}

/// Since when a kept MFA session must have been made to be used: a code that is given is spent, and `--renew` wants all new.
pub(super) fn made_since(renew: bool, code_given: bool, plan: &Plan, context: &Context) -> Option<i64> {
    if renew {
        Some(context.started)
    } else {
        (code_given && plan.call.device().is_some()).then_some(context.started - SAME_CODE)
    }
}

/// The terms on which a kept session of a call is used: the one that is handed out, or one that only signs.
pub(super) fn terms(call: &StsCall, min_left: u32, made_since: Option<i64>) -> ReuseCriteria {
    ReuseCriteria { min_left: min_left.into(), made_since, duration: call.duration.value.seconds().into() }
}

/// One sign-in under way.
struct SigningIn<'a> {
    plan: &'a Plan,
    cache: Cache,
    sts: Sts,
    code: CodeSource,
    code_spent: Cell<bool>,
    made_since: Option<i64>,
    renew: bool,
    no_preflight: bool,
    quiet: bool,
}

impl SigningIn<'_> {
    /// The session of a call: kept, or made under the lock of the device whose code it takes, else under its own.
    fn obtain(&self, call: &StsCall, min_left: u32) -> Result<Entry> {
        let key = SessionKey::of(call, self.plan);
        let lock = || if call.mfa.is_some() { device_lock(call, self.plan) } else { key.digest() };
        let waiting = |holder: &str| {
            if !self.quiet {
                let what = call.mfa.as_ref().map_or("the same role", |device| device.value.name());
                say(&format!("waiting: {} is signing in with {}", shown(holder), shown(what)));
            }
        };
        let terms = self.terms(call, min_left);
        self.cache.single_flight(&key, lock, &terms, PATIENCE, waiting, || self.make(call, &key))
    }

    fn terms(&self, call: &StsCall, min_left: u32) -> ReuseCriteria {
        terms(call, min_left, self.made_since)
    }

    /// First the session of the call before it, then a code where one is needed, then the call.
    fn make(&self, call: &StsCall, key: &SessionKey) -> Result<Entry> {
        let begun = clock::now_ms();
        let mut parent = call.parent().map(|parent| self.obtain(parent, MIN_TO_SIGN)).transpose()?;
        let mut answer = match &call.mfa {
            Some(_) => self.with_code(call),
            None => self.send(call, parent.as_ref(), None),
        };
        // A kept session that AWS has ended before its time is made anew, once. One that was made just now would fare no better, and cost a code.
        if let (Err(Error::Aws(refusal)), Some(before)) = (&answer, call.parent())
            && refusal.reason == Refusal::Expired
            && parent.as_ref().is_some_and(|parent| parent.made < begun)
        {
            let key = SessionKey::of(before, self.plan);
            let ended = parent.as_ref().map(|p| p.credentials.access_key_id.as_str());
            // By now another process may have made the next one, which stays.
            self.cache.forget(|e| e.is_of(&key) && Some(e.credentials.access_key_id.as_str()) == ended);
            parent = Some(self.obtain(before, MIN_TO_SIGN)?);
            answer = self.send(call, parent.as_ref(), None);
        }
        let (answer, parent) = match answer {
            Err(Error::Aws(refusal)) if refusal.reason == Refusal::DurationOverRole && is_of_file(call) => {
                let Some((answer, from)) = self.for_an_hour(call, parent)? else { return Err(Error::Aws(refusal)) };
                (answer, from)
            }
            answer => (answer?, parent),
        };
        say_warnings(&answer.warnings, self.quiet);
        let made = clock::now_ms();
        // What has taken a code is new, even where the hour that the role allows came from an older session.
        let older = parent.filter(|_| call.mfa.is_none());
        Ok(Entry {
            key: key.text(),
            credentials: answer.credentials,
            made,
            mfa_made: older.map_or(made, |p| p.mfa_made),
        })
    }

    fn send(&self, call: &StsCall, parent: Option<&Entry>, code: Option<TokenCode>) -> Result<IssuedSession> {
        let keys = parent.map_or_else(|| call.key_source().keys.clone(), |p| p.credentials.keys());
        self.sts.call(call, keys, code, |host| {
            if !self.quiet {
                say(&format!("waiting for {}", shown(host)));
            }
        })
    }

    /// A role that refuses its profile's duration gets an hour, which every role allows, where that costs no second code: from the session or
    /// keys that signed already, or from a kept MFA session. `None` where there is none.
    fn for_an_hour(&self, call: &StsCall, parent: Option<Entry>) -> Result<Option<(IssuedSession, Option<Entry>)>> {
        let hour = Sourced::default_of(SessionDuration::ONE_HOUR);
        let (shorter, from) = if call.mfa.is_none() {
            (StsCall { duration: hour, ..call.clone() }, parent)
        } else {
            let before = mfa_session(call);
            // The code is spent by now, so an older session may serve, unless all is to be new.
            let terms = terms(&before, MIN_TO_SIGN, self.made_since.filter(|_| self.renew));
            let Some(kept) = self.cache.fetch(&SessionKey::of(&before, self.plan), &terms) else { return Ok(None) };
            (
                StsCall { duration: hour, mfa: None, signer: Signer::Session(Box::new(before)), ..call.clone() },
                Some(kept),
            )
        };
        let (profile, origin) = (self.plan.profile.to_string(), call.duration.origin.clone());
        say_warnings(&[Warning::DurationRefused { profile, origin, from: call.duration.value.seconds() }], self.quiet);
        Ok(Some((self.send(&shorter, from.as_ref(), None)?, from)))
    }

    /// Makes a call that takes a code, with one code after another until AWS takes one or no other can help.
    fn with_code(&self, call: &StsCall) -> Result<IssuedSession> {
        let device = device_lock(call, self.plan);
        let tell = |told: Progress<'_>| self.tell(&told);
        let mut answers = CodeAttempts::from(CodeRequest {
            question: Question { call, endpoint: &self.plan.endpoint },
            source: &self.code,
            process: self.plan.mfa_process.as_ref(),
            used: self.cache.used_codes(&device),
            sts: &self.sts,
            has_preflight: !self.no_preflight,
            tell: &tell,
        });
        loop {
            let code = answers.code()?;
            self.code_spent.set(true);
            match self.send(call, None, Some(code.clone())) {
                Ok(answer) => {
                    self.cache.keep_used(&device, &code);
                    return Ok(answer);
                }
                Err(e) => answers.refused(e)?,
            }
        }
    }

    fn tell(&self, told: &Progress<'_>) {
        if self.quiet {
            return;
        }
        match told {
            Progress::ProcessRuns(process) => {
                say(&format!("waiting for the mfa_process of {}", shown(process.profile.as_str())));
            }
            Progress::ProcessSaid(process, question) => {
                say(&format!("{}'s mfa_process said the {question}", shown(process.profile.as_str())));
            }
            Progress::ProcessFailed(why) => say(&format!("warning: {}", Error::from(NoCode::clone(why)).what())),
        }
    }
}

/// The MFA session that serves all roles of the keys and the device of this call.
pub(super) fn mfa_session(call: &StsCall) -> StsCall {
    let source = call.key_source();
    StsCall {
        operation: Operation::GetSessionToken,
        signer: Signer::Keys(source.clone()),
        mfa: call.mfa.clone(),
        duration: source.duration.clone().unwrap_or(Sourced::default_of(SessionDuration::LONGEST)),
    }
}

/// Whether the duration stands in a profile; one that was typed is not changed behind the person's back.
fn is_of_file(call: &StsCall) -> bool {
    matches!(call.duration.origin, Origin::File { .. })
}

/// A word of digits that is no profile was meant for a code.
pub(super) fn as_code(e: Error, may_be_code: bool, profile: &ProfileName) -> Error {
    match e {
        Error::Config(ConfigError::ProfileNotFound { .. }) if may_be_code => {
            UsageError::NotACode { typed: profile.to_string() }.into()
        }
        e => e,
    }
}

//! A call that needs a code: it is repeated with new codes until AWS accepts one or another code cannot help.

use super::execute::Execution;
use super::steps::{MaxAge, Step, has_mfa_session_beside};
use crate::clock::{self, HumanDuration};
use crate::environment::ShellSession;
use crate::error::{Error, NoCode, Refusal, Result};
use crate::mfa::{CodeAttempts, CodePrompt, CodeRequest, Progress};
use crate::plan::{DeviceLock, SessionKey, device_lock};
use crate::platform;
use crate::printable::printable;
use crate::session::{Entry, UsedCodes};
use crate::warning::Warnings;

impl Execution<'_> {
    /// Gets a code and makes the call, and repeats both while another code may help. If another process gets the session
    /// meanwhile, uses that.
    ///
    /// # Errors
    /// There is no code, or the call fails for a reason that another code cannot change.
    pub(super) fn call_with_code(&self, step: &Step<'_>) -> Result<Entry> {
        let call = step.call;
        let key = SessionKey::of(call, self.plan);
        let cached = || self.cache.fetch(&key, &step.criteria);
        let device = device_lock(DeviceLock::Calling, call, self.plan);
        let is_signed_in = || cached().is_some();
        let progress = |progress: Progress<'_>| self.report_progress(&progress);
        if let Some(MaxAge { seconds, excludes_cached: true, .. }) = step.max_age {
            self.context.report.notice(&format!(
                "the role refused a code that was {} old, and so is that of the cached session",
                HumanDuration(seconds.unsigned_abs())
            ));
        }
        let reuse = self.options.reuse(false, self.plan, self.context);
        let prompt = CodePrompt {
            call,
            role: self.plan.renewed_role(),
            has_mfa_session: has_mfa_session_beside(call, self.plan, self.cache, reuse),
            endpoint: &self.plan.endpoint,
        };
        let mut attempts = CodeAttempts::from(CodeRequest {
            profile: &self.plan.profile,
            has_view: ShellSession::read(&self.context.variables, &Warnings::default()).has_view(),
            prompt,
            device_of_role: call.mfa.as_ref().filter(|_| self.plan.has_role()).map(|device| device.origin.clone()),
            keys: Self::keys(call)?,
            source: &self.code,
            process: self.plan.mfa_process.as_ref(),
            used: self.cache.used_codes(&device),
            is_signed_in: &is_signed_in,
            sts: &self.sts,
            has_preflight: !self.options.no_preflight,
            progress: &progress,
        });
        loop {
            let Some(code) = attempts.code()? else {
                match cached() {
                    Some(entry) => {
                        self.context.report.notice("signed in from another terminal");
                        return Ok(entry);
                    }
                    // It was removed in this moment.
                    None => continue,
                }
            };
            let send = || {
                let is_rejected = |used: UsedCodes| used.contains_rejected(&code, clock::now_ms());
                if self.cache.used_codes(&device).is_some_and(is_rejected) {
                    return Err(self.sts.rejected_before(call));
                }
                self.code_used.set(true);
                // From the response until the session is cached, a signal would lose the code.
                let _hold = platform::hold_signals();
                let is_learning = self.learn_user_name(call)?;
                let issued = self.send(call, None, Some(code.clone()));
                if let Some(rejected) = issued.as_ref().map_or_else(rejected_code, |_| Some(false)) {
                    self.cache.add_used_code(&device, &code, rejected);
                }
                self.remember_user();
                let session = self.cached(call, issued?, None);
                if is_learning {
                    // Before the lock is released, so that no other process asks for it as well.
                    self.user_name(call)?;
                }
                Ok(session)
            };
            match self.send_code(step, send) {
                Ok(session) => return Ok(session),
                Err(e) => attempts.failed(e)?,
            }
        }
    }

    fn report_progress(&self, progress: &Progress<'_>) {
        let report = &self.context.report;
        match progress {
            Progress::ProcessRunning(process) => {
                report.notice(&format!("waiting for {}'s mfa_process", printable(process.profile.as_str())));
            }
            Progress::ProcessPrintedCode(process, prompt) => {
                let profile = printable(process.profile.as_str());
                report.notice(&format!("{prompt}: using the code from {profile}'s mfa_process"));
            }
            Progress::ProcessFailed(why) => {
                report.notice(&Error::from(NoCode::clone(why)).what());
            }
        }
    }
}

/// Whether AWS rejected the code of a failed call; `None` if it is not known to have looked at it.
fn rejected_code(e: &Error) -> Option<bool> {
    match e {
        Error::Aws(refusal) if refusal.reason.is_discarded_response() => Some(false),
        Error::Aws(refusal) if matches!(refusal.reason, Refusal::WrongCode(_)) => Some(true),
        _ => None,
    }
}

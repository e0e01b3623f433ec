//! A call that needs a code: it is repeated with new codes until AWS accepts one or another code cannot help.

use super::execute::Execution;
use crate::credentials::SessionCredentials;
use crate::error::{Error, NoCode, Result};
use crate::mfa::{CodeAttempts, CodePrompt, CodeRequest, Progress};
use crate::plan::{StsCall, device_lock};
use crate::printable::printable;

impl Execution<'_> {
    /// Gets a code and makes the call, and repeats both while another code may help. The caller holds the device's
    /// lock.
    ///
    /// # Errors
    /// There is no code, or the call fails for a reason that another code cannot change.
    pub(super) fn call_with_code(&self, call: &StsCall) -> Result<SessionCredentials> {
        let device = device_lock(call, self.plan);
        let progress = |progress: Progress<'_>| self.report_progress(&progress);
        let mut attempts = CodeAttempts::from(CodeRequest {
            prompt: CodePrompt { call, role: self.plan.renewed_role(), endpoint: &self.plan.endpoint },
            keys: Self::keys(call)?,
            source: &self.code,
            process: self.plan.mfa_process.as_ref(),
            used: self.cache.used_codes(&device),
            sts: &self.sts,
            has_preflight: !self.options.no_preflight,
            progress: &progress,
        });
        loop {
            let code = attempts.code()?;
            self.code_used.set(true);
            match self.send(call, None, Some(code.clone())) {
                Ok(issued) => {
                    self.cache.add_used_code(&device, &code);
                    return Ok(issued);
                }
                Err(e) => {
                    if matches!(&e, Error::Aws(refusal) if refusal.reason.is_discarded_response()) {
                        self.cache.add_used_code(&device, &code);
                    }
                    attempts.failed(e)?;
                }
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

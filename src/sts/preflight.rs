//! The preflight: a GetCallerIdentity call that checks the keys while the code is typed.

use crate::error::{Error, Refusal};
use crate::platform::Waker;
use std::sync::{Arc, Mutex, PoisonError};

/// A preflight that was started. The prompt and the network thread share it.
#[derive(Clone, Default)]
pub struct Preflight(Arc<Mutex<Option<PreflightFailure>>>);

/// Why a preflight failed.
pub enum PreflightFailure {
    /// Signing in cannot succeed: the keys are invalid, or no client can be created.
    Fatal(Error),
    /// STS could not be reached, but the call itself may succeed later.
    Unreachable(Error),
}

impl Preflight {
    /// Returns the failure, once. `None` if the preflight is still running or has succeeded.
    pub fn take_failure(&self) -> Option<PreflightFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Records the failure and wakes the prompt.
    pub(super) fn fail(&self, failure: PreflightFailure, mut waker: Waker) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        waker.wake();
    }
}

/// Whether signing in with these keys cannot succeed, or would give a session of another account.
fn is_fatal(reason: &Refusal) -> bool {
    matches!(reason, Refusal::UnknownKey | Refusal::WrongSecret | Refusal::Expired | Refusal::OtherAccount { .. })
}

impl PreflightFailure {
    /// Only keys that can never sign in are fatal. Other rejections are ignored, because the call that follows has
    /// other parameters and may succeed.
    pub(super) fn from_error(error: Error) -> Option<Self> {
        match error {
            Error::Aws(refusal) if is_fatal(&refusal.reason) => Some(PreflightFailure::Fatal(Error::Aws(refusal))),
            e @ Error::Network(_) => Some(PreflightFailure::Unreachable(e)),
            _ => None,
        }
    }
}

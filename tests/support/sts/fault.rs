//! Faults that a test can inject into the endpoint.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Which calls a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    GetSessionToken,
    AssumeRole,
    GetCallerIdentity,
    ListMFADevices,
    CreateVirtualMFADevice,
    EnableMFADevice,
    DeactivateMFADevice,
    DeleteVirtualMFADevice,
    ResyncMFADevice,
    GetUser,
    ListAccessKeys,
    CreateAccessKey,
    UpdateAccessKey,
    DeleteAccessKey,
    GetAccessKeyLastUsed,
    /// Every call, including unknown actions.
    Any,
}

impl Action {
    fn matches(self, name: &str) -> bool {
        // The variants have the names of the operations.
        self == Action::Any || format!("{self:?}") == name
    }
}

/// `Delay`, `Hold`, `CloseProcessed`, `TruncatedResponse`, `Credentials` and `Account` perform the call (a code is
/// used, a session issued); the others change nothing.
#[derive(Clone)]
pub enum Fault {
    /// Delays the response by this time, or until the endpoint stops.
    Delay(Duration),
    /// Holds the response back until the test opens the gate or the endpoint stops.
    Hold(Gate),
    Refuse {
        status: u16,
        code: String,
        message: String,
    },
    /// 400 `Throttling`.
    Throttle,
    /// 409 `EntityTemporarilyUnmodifiable`.
    Unmodifiable,
    /// Sends this body.
    Raw {
        status: u16,
        content_type: String,
        body: Vec<u8>,
    },
    /// Sends these bytes instead of an HTTP response (redirects, compressed bodies, other protocols), then closes the
    /// connection.
    Wire(Vec<u8>),
    /// Closes the connection without performing the call.
    CloseUnprocessed,
    /// Performs the call, which uses the code, and closes the connection without a response.
    CloseProcessed,
    /// Sends the head and half of the body, then closes the connection.
    TruncatedResponse,
    /// Sends a successful response with other credentials. The endpoint accepts only the ones that were replaced.
    Credentials(Patch),
    /// Sends a successful response that names this account.
    Account(String),
}

/// Replacements for issued credentials; `None` keeps the real value.
#[derive(Clone, Default)]
pub struct Patch {
    pub access_key_id: Option<Text>,
    pub secret_access_key: Option<Text>,
    pub session_token: Option<Text>,
    pub expiration: Option<Text>,
    /// `AssumedRoleUser.Arn` of AssumeRole.
    pub arn: Option<Text>,
}

#[derive(Clone)]
pub enum Text {
    /// Escaped, so that an XML parser reads exactly this.
    Escaped(String),
    /// Sent verbatim: broken markup, entities, CDATA.
    Raw(String),
    /// Omits the element.
    Absent,
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Escaped(text.into())
    }
}

/// Holds a response back until a test opens it. Clones share one gate; once open, it stays open.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn new() -> Gate {
        Gate::default()
    }

    pub fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    pub fn wait(&self) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(open, |open| !*open));
    }

    pub fn wait_at_most(&self, limit: Duration) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(open, limit, |open| !*open));
    }
}

/// The configured faults: one-shot ones, in order, and standing ones.
#[derive(Default)]
pub struct Faults {
    next: Vec<(Action, Fault)>,
    standing: Vec<(Action, Fault)>,
    /// The gates of all faults ever configured, so that stopping the endpoint can release waiting calls.
    gates: Vec<Gate>,
}

impl Faults {
    pub fn add(&mut self, action: Action, fault: Fault) {
        self.remember_gate(&fault);
        self.next.push((action, fault));
    }

    /// Replaces an earlier standing fault for the same action.
    pub fn set_standing(&mut self, action: Action, fault: Fault) {
        self.remember_gate(&fault);
        self.standing.retain(|(other, _)| *other != action);
        self.standing.push((action, fault));
    }

    pub fn clear(&mut self) {
        self.next.clear();
        self.standing.clear();
    }

    /// The fault for a call that has arrived; removes a one-shot fault.
    pub fn take(&mut self, action: &str) -> Option<Fault> {
        match self.next.iter().position(|(wanted, _)| wanted.matches(action)) {
            Some(place) => Some(self.next.remove(place).1),
            None => self.standing.iter().find(|(wanted, _)| wanted.matches(action)).map(|(_, fault)| fault.clone()),
        }
    }

    pub fn open_gates(&self) {
        self.gates.iter().for_each(Gate::open);
    }

    fn remember_gate(&mut self, fault: &Fault) {
        if let Fault::Hold(gate) = fault {
            self.gates.push(gate.clone());
        }
    }
}

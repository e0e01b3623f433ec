//! What a test can make the endpoint do instead of answering well.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    GetSessionToken,
    AssumeRole,
    GetCallerIdentity,
    ListMFADevices,
    /// Every call, actions that the endpoint does not know among them.
    Any,
}

impl Action {
    fn matches(self, name: &str) -> bool {
        match self {
            Action::GetSessionToken => name == "GetSessionToken",
            Action::AssumeRole => name == "AssumeRole",
            Action::GetCallerIdentity => name == "GetCallerIdentity",
            Action::ListMFADevices => name == "ListMFADevices",
            Action::Any => true,
        }
    }
}

/// Of these, `Delay`, `Hold`, `CloseProcessed`, `HalfAnswer`, `Credentials` and `Account` carry the call out (a code
/// is taken, a session made); the others leave everything as it was.
#[derive(Clone)]
pub enum Fault {
    /// The answer comes this much later, or when the endpoint stops.
    Delay(Duration),
    /// The answer comes when the test opens the gate, or when the endpoint stops.
    Hold(Gate),
    Refuse {
        status: u16,
        code: String,
        message: String,
    },
    /// 400 `Throttling`.
    Throttle,
    /// This body, whatever it is.
    Raw {
        status: u16,
        content_type: String,
        body: Vec<u8>,
    },
    /// These bytes in place of a whole HTTP response (redirects, compressed bodies, no HTTP at all), then the end of
    /// the connection.
    Wire(Vec<u8>),
    /// The connection ends, nothing was done.
    CloseUnprocessed,
    /// The connection ends, but the call was carried out: the code is spent.
    CloseProcessed,
    /// The head and half of the body, then the end of the connection.
    HalfAnswer,
    /// A good answer with other credentials in it. The endpoint knows only those that it replaced.
    Credentials(Patch),
    /// A good answer that names this account.
    Account(String),
}

/// Texts to put in the place of issued credentials; `None` keeps the real one.
#[derive(Clone, Default)]
pub struct Patch {
    pub access_key_id: Option<Text>,
    pub secret_access_key: Option<Text>,
    pub session_token: Option<Text>,
    pub expiration: Option<Text>,
}

#[derive(Clone)]
pub enum Text {
    /// Sent such that a reader of the XML gets exactly this.
    Escaped(String),
    /// Sent as it is: broken markup, entities, CDATA.
    Raw(String),
    /// The element is left out.
    Absent,
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Escaped(text.into())
    }
}

/// Holds an answer back until a test opens it. Clones are the same gate; an open gate stays open.
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

/// The faults that are set: for one call each, in order, and standing ones.
#[derive(Default)]
pub struct Faults {
    next: Vec<(Action, Fault)>,
    standing: Vec<(Action, Fault)>,
    /// Of all faults ever set, so that stopping can open those that a call waits at.
    gates: Vec<Gate>,
}

impl Faults {
    pub fn add(&mut self, action: Action, fault: Fault) {
        self.keep_gate(&fault);
        self.next.push((action, fault));
    }

    /// A later standing fault for the same action takes the place of the earlier one.
    pub fn set_standing(&mut self, action: Action, fault: Fault) {
        self.keep_gate(&fault);
        self.standing.retain(|(other, _)| *other != action);
        self.standing.push((action, fault));
    }

    pub fn clear(&mut self) {
        self.next.clear();
        self.standing.clear();
    }

    /// The fault for a call that has arrived; one for a single call is used up by it.
    pub fn take(&mut self, action: &str) -> Option<Fault> {
        match self.next.iter().position(|(wanted, _)| wanted.matches(action)) {
            Some(place) => Some(self.next.remove(place).1),
            None => self.standing.iter().find(|(wanted, _)| wanted.matches(action)).map(|(_, fault)| fault.clone()),
        }
    }

    pub fn open_gates(&self) {
        self.gates.iter().for_each(Gate::open);
    }

    fn keep_gate(&mut self, fault: &Fault) {
        if let Fault::Hold(gate) = fault {
            self.gates.push(gate.clone());
        }
    }
}

//! The outcome of a call: STS's own response, or what a fault turns it into.

use super::fault::{Fault, Patch};
use super::http::Response;
use super::refusal::Refusal;
use super::success::Success;
use super::{Shared, clock, lock};

/// What is sent to the client.
pub enum Reaction {
    Respond(Response),
    Truncate(Response),
    Wire(Vec<u8>),
    Close,
}

impl Reaction {
    fn truncated(self) -> Reaction {
        match self {
            Reaction::Respond(response) => Reaction::Truncate(response),
            other => other,
        }
    }
}

pub struct Outcome {
    pub reaction: Reaction,
    /// The error code that STS decided on, sent or not.
    pub error: Option<String>,
}

impl Outcome {
    fn of(shared: &Shared, result: Result<Success, Refusal>, patch: &Patch) -> Outcome {
        match result {
            Ok(success) => {
                let request_id = lock(&shared.accounts).mint.request_id();
                let xml = success.to_xml(&request_id, patch);
                let response = response(shared, 200, &request_id, "text/xml", xml.into());
                Outcome::accepted(Reaction::Respond(response))
            }
            Err(refusal) => {
                let reaction = Reaction::Respond(refused(shared, &refusal));
                Outcome { reaction, error: Some(refusal.code) }
            }
        }
    }

    fn accepted(reaction: Reaction) -> Outcome {
        Outcome { reaction, error: None }
    }
}

/// Performs the call as the fault says.
pub fn apply_fault(
    shared: &Shared,
    fault: Option<Fault>,
    perform: impl FnOnce() -> Result<Success, Refusal>,
) -> Outcome {
    let real = |result| Outcome::of(shared, result, &Patch::default());
    match fault {
        None => real(perform()),
        Some(Fault::Delay(time)) => {
            let result = perform();
            shared.stopped.wait_at_most(time);
            real(result)
        }
        Some(Fault::Hold(gate)) => {
            let result = perform();
            gate.wait();
            real(result)
        }
        Some(Fault::Refuse { status, code, message }) => real(Err(Refusal { status, code, message })),
        Some(Fault::Throttle) => real(Err(Refusal::throttled())),
        Some(Fault::Unmodifiable) => real(Err(Refusal::temporarily_unmodifiable())),
        Some(Fault::Raw { status, content_type, body }) => {
            let request_id = lock(&shared.accounts).mint.request_id();
            let response = response(shared, status, &request_id, &content_type, body);
            Outcome::accepted(Reaction::Respond(response))
        }
        Some(Fault::Wire(bytes)) => Outcome::accepted(Reaction::Wire(bytes)),
        Some(Fault::CloseUnprocessed) => Outcome::accepted(Reaction::Close),
        Some(Fault::CloseProcessed) => {
            let Outcome { error, .. } = real(perform());
            Outcome { reaction: Reaction::Close, error }
        }
        Some(Fault::TruncatedResponse) => {
            let Outcome { reaction, error } = real(perform());
            Outcome { reaction: reaction.truncated(), error }
        }
        Some(Fault::Credentials(patch)) => Outcome::of(shared, perform(), &patch),
        Some(Fault::Account(account)) => real(perform().map(|success| success.naming_account(&account))),
    }
}

pub fn refused(shared: &Shared, refusal: &Refusal) -> Response {
    let request_id = lock(&shared.accounts).mint.request_id();
    response(shared, refusal.status, &request_id, "text/xml", refusal.to_xml(&request_id).into())
}

fn response(shared: &Shared, status: u16, request_id: &str, content_type: &str, body: Vec<u8>) -> Response {
    let headers = vec![
        ("x-amzn-RequestId", request_id.to_owned()),
        ("Content-Type", content_type.to_owned()),
        ("Date", clock::http_date(shared.clock.now())),
    ];
    Response { status, headers, body }
}

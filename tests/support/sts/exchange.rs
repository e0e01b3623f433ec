//! Serves one connection: each request is recorded, authenticated, performed (or subjected to a fault), and responded
//! to.

use super::calls::Call;
use super::http::{Incoming, Request, read_request};
use super::outcome::{Reaction, apply_fault, refused};
use super::refusal::Refusal;
use super::signature::Authorization;
use super::{Shared, authentication, federation, form, lock, operations};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::TcpStream;

/// Serves `stream` until the client, a fault or stopping the endpoint closes it.
pub fn serve(shared: &Shared, mut stream: &TcpStream, connection: usize) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let request = match read_request(&mut stream, &mut buffer) {
            Incoming::Request(request) => request,
            Incoming::Bad(reason) => {
                let response = refused(shared, &Refusal::new(400, "MalformedHttpRequestException", reason));
                stream.write_all(&response.head())?;
                return stream.write_all(&response.body);
            }
            Incoming::End => return Ok(()),
        };
        match react(shared, &request, connection) {
            Reaction::Respond(response) => {
                // One write, because Nagle's algorithm and delayed ACKs would delay a second packet.
                let mut bytes = response.head();
                bytes.extend_from_slice(&response.body);
                stream.write_all(&bytes)?;
            }
            Reaction::Truncate(response) => {
                stream.write_all(&response.head())?;
                return stream.write_all(&response.body[..response.body.len() / 2]);
            }
            Reaction::Wire(bytes) => return stream.write_all(&bytes),
            Reaction::Close => return Ok(()),
        }
        if !request.keep_alive {
            return Ok(());
        }
    }
}

fn react(shared: &Shared, request: &Request, connection: usize) -> Reaction {
    let text = if request.method == "GET" { request.query.as_bytes() } else { &request.body };
    let params = form::parse(text);
    if request.path == "/federation" {
        return federation::react(shared, request, connection, &params.unwrap_or_default());
    }
    let authorization = Authorization::of(request);
    let call = describe(request, connection, params.as_ref(), authorization.as_ref().ok());
    let action = call.action.clone();
    let number = shared.calls.record(call);

    let caller = authorization.and_then(|authorization| {
        let (mut accounts, service) = (lock(&shared.accounts), operations::service_of(&action));
        authentication::authenticate(&mut accounts, request, &authorization, service, shared.clock.now())
    });
    if let Ok(caller) = &caller {
        shared.calls.complete(number, |call| call.caller = Some(caller.arn.clone()));
    }
    let perform = || {
        let params =
            params.ok_or_else(|| Refusal::new(400, "MalformedQueryString", "The query string is malformed"))?;
        operations::perform(&mut lock(&shared.accounts), &caller?, &params, shared.clock.now())
    };
    // A separate statement, so that a fault that waits does not hold the lock.
    let fault = lock(&shared.faults).take(&action);
    let outcome = apply_fault(shared, fault, perform);
    // Recorded before the response is sent, so that a test that has the response sees a complete record.
    let status = match &outcome.reaction {
        Reaction::Respond(response) | Reaction::Truncate(response) => Some(response.status),
        Reaction::Wire(_) | Reaction::Close => None,
    };
    shared.calls.complete(number, |call| {
        call.status = status;
        call.error = outcome.error;
    });
    outcome.reaction
}

pub fn describe(
    request: &Request,
    connection: usize,
    params: Option<&BTreeMap<String, String>>,
    authorization: Option<&Authorization>,
) -> Call {
    let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
    let params = params.cloned().unwrap_or_default();
    Call {
        number: 0,
        connection,
        action: params.get("Action").cloned().unwrap_or_default(),
        params,
        access_key_id: authorization.map(|parts| parts.access_key_id.clone()).unwrap_or_default(),
        region: authorization.map(|parts| parts.region.clone()).unwrap_or_default(),
        host: header("host"),
        user_agent: header("user-agent"),
        session_token_sent: request.header("x-amz-security-token").is_some(),
        caller: None,
        status: None,
        error: None,
    }
}

//! AWS Sign-In's federation endpoint (IAM user guide, "Enable custom identity broker access to the AWS console").

use super::http::{Request, Response};
use super::key::SignedWith;
use super::outcome::Reaction;
use super::{Shared, exchange, lock};
use std::collections::BTreeMap;
use time::Duration;

/// What AWS says about credentials that are not of a role.
const NOT_A_ROLE: &str =
    "Only federation tokens or assume role tokens may be used for federated login. Please contact your administrator.";
/// How long a link can be used.
const TOKEN_LIFETIME: Duration = Duration::minutes(15);

pub fn react(shared: &Shared, request: &Request, connection: usize, params: &BTreeMap<String, String>) -> Reaction {
    let call = exchange::describe(request, connection, Some(params), None);
    let action = call.action.clone();
    let number = shared.calls.record(call);
    let answered = match (request.method.as_str(), action.as_str()) {
        ("GET" | "POST", "getSigninToken") => sign_in_token(shared, params),
        ("GET", "login") => login(shared, params),
        _ => Err("Unknown action".to_owned()),
    };
    let response = answered.unwrap_or_else(|problem| {
        let page = format!("<!DOCTYPE html><html><body><h1>{problem}</h1></body></html>");
        let text = if problem == NOT_A_ROLE { problem.clone() } else { page };
        shared.calls.complete(number, |call| call.error = Some(problem));
        respond(400, vec![("Content-Type", "text/html;charset=utf-8".to_owned())], text)
    });
    shared.calls.complete(number, |call| call.status = Some(response.status));
    Reaction::Respond(response)
}

fn respond(status: u16, headers: Vec<(&'static str, String)>, body: String) -> Response {
    Response { status, headers, body: body.into_bytes() }
}

fn sign_in_token(shared: &Shared, params: &BTreeMap<String, String>) -> Result<Response, String> {
    let text = params.get("Session").ok_or("There is no Session")?;
    let session: serde_json::Value = serde_json::from_str(text).map_err(|_| "The Session is no JSON")?;
    let field = |name: &str| session[name].as_str().ok_or(format!("The Session has no {name}"));
    let (id, key, token) = (field("sessionId")?, field("sessionKey")?, field("sessionToken")?);
    let mut accounts = lock(&shared.accounts);
    let found = accounts.key(id).ok_or("The session is unknown")?;
    let issued = found.session.as_ref().ok_or(NOT_A_ROLE)?;
    if found.secret_access_key != key || issued.text != token {
        return Err("The session is wrong".to_owned());
    }
    if issued.expires <= shared.clock.now() {
        return Err("The session has expired".to_owned());
    }
    let SignedWith::RoleSession { chained, .. } = found.caller.signed_with else { return Err(NOT_A_ROLE.to_owned()) };
    if let Some(duration) = params.get("SessionDuration") {
        let seconds: u32 = duration.parse().map_err(|_| "The SessionDuration is no number")?;
        if !(900..=43200).contains(&seconds) || chained {
            return Err("The SessionDuration is not possible".to_owned());
        }
    }
    // Like AWS's, it has characters that a query must escape.
    let token = accounts.mint.session_token();
    lock(&shared.sign_in_tokens).insert(token.clone(), shared.clock.now() + TOKEN_LIFETIME);
    let body = serde_json::json!({ "SigninToken": token }).to_string();
    Ok(respond(200, vec![("Content-Type", "application/json".to_owned())], body))
}

/// Signs a browser in, and sends it to the console.
fn login(shared: &Shared, params: &BTreeMap<String, String>) -> Result<Response, String> {
    let value = |name: &str| params.get(name).filter(|value| !value.is_empty()).ok_or(format!("There is no {name}"));
    let (destination, token) = (value("Destination")?, value("SigninToken")?);
    value("Issuer")?;
    let expires = lock(&shared.sign_in_tokens).get(token).copied().ok_or("The token is unknown")?;
    if expires <= shared.clock.now() {
        return Err("The token has expired".to_owned());
    }
    Ok(respond(302, vec![("Location", destination.clone())], String::new()))
}

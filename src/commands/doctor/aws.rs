//! What a sign-in needs from the network and from AWS, as one call of GetCallerIdentity and one of ListMFADevices show it.

use super::check::Check;
use crate::clock::{self, duration};
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::plan_of_keys;
use crate::error::{Error, NetworkCause, Refusal, Result};
use crate::http;
use crate::iam::{Iam, MfaDevice};
use crate::plan::{Endpoint, Plan};
use crate::printable::printable;
use crate::profile::AwsFiles;
use crate::session::Cache;
use crate::sign_in::{Request, plan_for};
use crate::source;
use crate::sts::{CallerIdentity, Sts};
use crate::warning::Warnings;
use std::io::IsTerminal;
use std::time::Instant;

/// In milliseconds. AWS refuses signatures whose time is further off: mfa-env corrects them, but not every program does.
const REFUSED_OFFSET: i64 = 5 * 60 * 1000;
/// In milliseconds. From here on, a sign-in warns.
const NOTABLE_OFFSET: i64 = 30 * 1000;

pub(super) fn check(
    files: &AwsFiles<'_>,
    request: &Request,
    is_json: bool,
    context: &Context,
    checks: &mut Vec<Check>,
) {
    let plan = plan_of_keys(files, request, context);
    // They are those of the profile, which has its own line.
    drop(context.warnings.take());
    let plan = match plan {
        Ok(plan) => plan,
        Err(e) => return checks.push(Check::failed("keys", &e)),
    };
    let keys = match source::resolve(plan.call.source()) {
        Ok(keys) => keys,
        Err(e) => return checks.push(Check::failed("keys", &e)),
    };
    let waiting = |what: &str| {
        if !is_json && std::io::stderr().is_terminal() {
            context.report.notice(what);
        }
    };
    waiting(&format!("asking {} whose keys these are", printable(&plan.endpoint.host())));
    let (sts, started) = (Sts::at(plan.endpoint.clone(), &context.network), Instant::now());
    let caller = sts.caller(plan.call.source(), keys.clone(), |_| ());
    let elapsed = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    if !network(&plan.endpoint, &caller, elapsed, checks) {
        return;
    }
    clock(sts.clock_offset_ms(), elapsed, checks);
    let caller = match caller {
        Ok(caller) => caller,
        Err(Error::Aws(refusal)) if matches!(refusal.reason, Refusal::ClockSkew(_)) => return,
        Err(e) => return checks.push(Check::failed("keys", &e)),
    };
    checks.push(of_caller(&plan, &caller, context));
    waiting(&format!("asking {} for the MFA devices", printable(&plan.endpoint.iam_host())));
    checks.push(device(files, request, &plan, &keys, &caller, context));
}

/// Checks each part of the way to AWS, as far as the call has got. Returns whether there was a response.
fn network(endpoint: &Endpoint, caller: &Result<CallerIdentity>, elapsed: i64, checks: &mut Vec<Check>) -> bool {
    let host = printable(&endpoint.host()).to_string();
    let problem = match caller {
        Err(Error::Network(e)) => Some(&e.problem),
        Err(Error::Aws(_)) | Ok(_) => None,
        Err(e) => {
            checks.push(Check::failed("endpoint", e));
            return false;
        }
    };
    let failed = |check| caller.as_ref().err().map(|e| Check::failed(check, e));
    let proxy = http::proxy(endpoint);
    let proxied = proxy.as_deref().map(|proxy| printable(proxy).to_string());
    match problem {
        Some(NetworkCause::Proxy { .. }) => {
            checks.extend(failed("proxy"));
            return false;
        }
        _ => checks.push(Check::ok("proxy", proxied.clone().unwrap_or_else(|| "none".to_owned()))),
    }
    match problem {
        Some(NetworkCause::Dns) => {
            checks.extend(failed("DNS"));
            return false;
        }
        Some(NetworkCause::CaBundle { .. }) => {}
        _ if proxied.is_some() => checks.push(Check::ok("DNS", format!("left to the proxy: {host}"))),
        _ => checks.push(Check::ok("DNS", host.clone())),
    }
    if matches!(problem, Some(NetworkCause::Connect(_) | NetworkCause::Timeout)) {
        checks.extend(failed("endpoint"));
        return false;
    }
    let is_plain = endpoint.url.as_ref().is_some_and(|url| url.value.starts_with("http://"));
    match problem {
        Some(NetworkCause::Tls(_) | NetworkCause::CaBundle { .. }) => {
            checks.extend(failed("TLS"));
            return false;
        }
        _ if is_plain => checks.push(Check::ok("TLS", "none: the endpoint is on this machine")),
        _ => {
            let notes: Vec<String> = endpoint.trust_notes().collect();
            checks.push(if notes.is_empty() {
                Check::ok("TLS", "the certificate is trusted by the system")
            } else {
                Check::warning("TLS", notes.join(", ")).advise("whoever chose that certificate can read what is sent")
            });
        }
    }
    if problem.is_some() {
        checks.extend(failed("endpoint"));
        return false;
    }
    checks.push(match &endpoint.url {
        Some(url) => Check::warning("endpoint", format!("{host} ({}) answered in {elapsed} ms", url.origin))
            .advise("it does not belong to AWS; sign-ins send the code there"),
        None => Check::ok("endpoint", format!("{host} answered in {elapsed} ms")),
    });
    true
}

fn clock(offset: Option<i64>, elapsed: i64, checks: &mut Vec<Check>) {
    let Some(offset) = offset else { return };
    // The response names a second, and it was on its way for some of the time.
    let error = 500 + elapsed;
    let side = if offset < 0 { "ahead of" } else { "behind" };
    let message = format!("{} ms {side} AWS (within {error} ms)", offset.abs());
    let advice = "set the clock of this machine, or let it follow a time server";
    checks.push(match offset.abs() {
        REFUSED_OFFSET.. => Check::error("clock", message).advise(advice),
        NOTABLE_OFFSET.. => Check::warning("clock", message).advise(advice),
        _ => Check::ok("clock", message),
    });
}

fn of_caller(plan: &Plan, caller: &CallerIdentity, context: &Context) -> Check {
    let source = plan.call.source();
    let id = &source.source.identity().value;
    let created = Cache::of(&context.variables, &Warnings::default()).access_key_times().get(&**id).copied();
    let age = created.map(|at| format!(", {} old", duration(clock::now() - at))).unwrap_or_default();
    let id = printable(id).to_string();
    let (profile, account) = (printable(source.profile.as_str()), printable(&caller.account));
    match caller.user_name() {
        Some(user) => {
            Check::ok("keys", format!("{id} of {profile}: user {} in account {account}{age}", printable(user)))
        }
        None if caller.is_root() => {
            Check::warning("keys", format!("{id} of {profile}: the root user of account {account}"))
                .advise("create an IAM user, and delete this key: nothing limits what it may do")
        }
        None => Check::ok("keys", format!("{id} of {profile}: {}", printable(&caller.arn))),
    }
}

/// Compares the device that the profile names with those that the user has.
fn device(
    files: &AwsFiles<'_>,
    request: &Request,
    plan: &Plan,
    keys: &Keys,
    caller: &CallerIdentity,
    context: &Context,
) -> Check {
    const CHECK: &str = "device";
    let devices = match Iam::at(&plan.endpoint, plan.call.source(), context).and_then(|iam| iam.devices(keys)) {
        Ok(devices) => devices,
        Err(e) => return Check::not_needed(CHECK, &e),
    };
    let profile = printable(plan.call.source().profile.as_str()).to_string();
    let user = printable(caller.user_name().unwrap_or("the user")).to_string();
    let named = plan_for(files, request, &context.variables, &Warnings::default()).ok().and_then(|plan| plan.device);
    let with_codes: Vec<&MfaDevice> = devices.iter().filter(|device| device.has_codes()).collect();
    match (named, with_codes.as_slice()) {
        (Some(device), _) if devices.iter().any(|found| found.serial == device.value.as_str()) => {
            Check::ok(CHECK, format!("{} ({})", printable(device.value.as_str()), device.origin))
        }
        (Some(device), found) => {
            let wrong = format!("{} ({}) is not a device of {user}", printable(device.value.as_str()), device.origin);
            let advice = match found {
                [only] => format!("write there: mfa_serial = {}", printable(&only.serial)),
                [] => format!("register one: mfa-env enroll {profile}"),
                _ => format!("write one of these there: mfa-env device {profile}"),
            };
            Check::error(CHECK, wrong).advise(advice)
        }
        (None, [only]) => {
            Check::warning(CHECK, format!("profile {profile} names none; {user} has {}", printable(&only.serial)))
                .advise(format!("add to [profile {profile}]: mfa_serial = {}", printable(&only.serial)))
        }
        (None, []) if devices.is_empty() => {
            Check::warning(CHECK, format!("{user} has none")).advise(format!("register one: mfa-env enroll {profile}"))
        }
        (None, []) => {
            Check::warning(CHECK, format!("{user} has only security keys or passkeys, which work in a browser"))
                .advise(format!("register an authenticator app as well: mfa-env enroll {profile}"))
        }
        (None, several) => Check::warning(CHECK, format!("profile {profile} names none; {user} has {}", several.len()))
            .advise(format!("add one of them as mfa_serial: mfa-env device {profile}")),
    }
}

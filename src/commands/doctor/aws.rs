//! What a sign-in needs from the network and from AWS, as one call of GetCallerIdentity and one of ListMFADevices show it.

use super::advice::{DoctorAdvice, Removal};
use super::check::{Check, Checks};
use crate::clock::{self, duration};
use crate::context::Context;
use crate::credentials::Keys;
use crate::diagnosis::Typing;
use crate::enrollment::plan_of_keys;
use crate::error::{Error, NetworkCause, Refusal, Result};
use crate::http;
use crate::iam::{Iam, MfaDevice};
use crate::origin::Origin;
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

pub(super) fn check(files: &AwsFiles<'_>, request: &Request, typing: &Typing, context: &Context, checks: &mut Checks) {
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
        if std::io::stderr().is_terminal() {
            context.report.notice(what);
        }
    };
    waiting(&format!("asking {} whose keys these are", printable(&plan.endpoint.host())));
    let (sts, started) = (Sts::at(plan.endpoint.clone(), &context.network), Instant::now());
    let caller = sts.caller(plan.call.source(), keys.clone(), |_| ());
    let elapsed = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    if !network(&plan.endpoint, &caller, elapsed, typing, checks) {
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
    checks.push(device(files, request, &plan, &keys, &caller, typing, context));
}

/// Checks each part of the way to AWS, as far as the call is known to have got. Returns whether there was a response.
fn network(
    endpoint: &Endpoint,
    caller: &Result<CallerIdentity>,
    elapsed: i64,
    typing: &Typing,
    checks: &mut Checks,
) -> bool {
    let (host, proxy) = (printable(&endpoint.host()).to_string(), http::proxy(endpoint));
    let way = Way { host: &host, proxy: proxy.map(|proxy| printable(&proxy).to_string()), endpoint, typing };
    let network = match caller {
        Err(Error::Network(e)) => e,
        Err(Error::Aws(_)) | Ok(_) => {
            checks.extend([way.proxy(), way.name(), way.tls(), way.answered(elapsed)]);
            return true;
        }
        Err(e) => {
            checks.push(Check::failed("endpoint", e));
            return false;
        }
    };
    let (good, failed) = match &network.problem {
        // Nothing was tried.
        NetworkCause::CaBundle { .. } => (Vec::new(), "TLS"),
        NetworkCause::Proxy { .. } => (Vec::new(), "proxy"),
        NetworkCause::Dns => (vec![way.proxy()], "DNS"),
        NetworkCause::Tls(_) => (vec![way.proxy(), way.name()], "TLS"),
        _ if network.is_sent => (vec![way.proxy(), way.name(), way.tls()], "endpoint"),
        // A connection is opened to an address, so there was one.
        NetworkCause::Connect(_) if way.proxy.is_none() => (vec![way.proxy(), way.name()], "endpoint"),
        // Any part may be what did not respond.
        _ => (way.proxy.is_none().then(|| way.proxy()).into_iter().collect(), "endpoint"),
    };
    checks.extend(good);
    checks.extend(caller.as_ref().err().map(|e| Check::failed(failed, e)));
    false
}

/// The parts of the way to AWS, when they are known to be good.
struct Way<'a> {
    host: &'a str,
    proxy: Option<String>,
    endpoint: &'a Endpoint,
    typing: &'a Typing,
}

impl Way<'_> {
    fn proxy(&self) -> Check {
        Check::ok("proxy", self.proxy.as_deref().unwrap_or("none"))
    }

    fn name(&self) -> Check {
        match self.proxy {
            Some(_) => Check::ok("DNS", format!("left to the proxy: {}", self.host)),
            None => Check::ok("DNS", self.host),
        }
    }

    fn tls(&self) -> Check {
        if self.endpoint.url.as_ref().is_some_and(|url| !http::is_tls(Some(&url.value))) {
            return Check::ok("TLS", "none: the endpoint is on this machine");
        }
        let notes: Vec<String> = self.endpoint.trust_notes().collect();
        let Some(anchor) = self.endpoint.trust_anchors().first() else {
            return Check::ok("TLS", "the certificate is trusted by the system");
        };
        let advice = DoctorAdvice::RemoveCertificate(self.removal(&anchor.origin));
        Check::warning("TLS", notes.join(", ")).advise(&advice)
    }

    fn answered(&self, elapsed: i64) -> Check {
        let Some(url) = &self.endpoint.url else {
            return Check::ok("endpoint", format!("{} answered in {elapsed} ms", self.host));
        };
        let advice = DoctorAdvice::RemoveEndpoint(self.removal(&url.origin));
        Check::warning("endpoint", format!("{} ({}) answered in {elapsed} ms", self.host, url.origin)).advise(&advice)
    }

    fn removal(&self, origin: &Origin) -> Removal {
        match origin {
            Origin::Variable(variable) => Removal::Variable(self.typing.unset(variable)),
            other => Removal::Place(other.clone()),
        }
    }
}

fn clock(offset: Option<i64>, elapsed: i64, checks: &mut Checks) {
    let Some(offset) = offset else { return };
    // The response names a second, and it was on its way for some of the time.
    let error = 500 + elapsed;
    let side = if offset < 0 { "ahead of" } else { "behind" };
    let message = format!("{} ms {side} AWS (within {error} ms)", offset.abs());
    checks.push(match offset.abs() {
        REFUSED_OFFSET.. => Check::error("clock", message).advise(&DoctorAdvice::SetClock),
        NOTABLE_OFFSET.. => Check::warning("clock", message).advise(&DoctorAdvice::SetClock),
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
                .advise(&DoctorAdvice::CreateUser)
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
    typing: &Typing,
    context: &Context,
) -> Check {
    const CHECK: &str = "device";
    let devices = match Iam::at(&plan.endpoint, plan.call.source(), context).and_then(|iam| iam.devices(keys)) {
        Ok(devices) => devices,
        Err(e) => return Check::not_needed(CHECK, &e),
    };
    let name = plan.call.source().profile.as_str();
    let (profile, argument) = (printable(name).to_string(), printable(&typing.profile(name)).to_string());
    // These words are actions of the command.
    let listed = if matches!(name, "resync" | "remove" | "replace") { format!("-p {name}") } else { argument.clone() };
    let user = printable(caller.user_name().unwrap_or("the user")).to_string();
    let named = plan_for(files, request, &context.variables, &Warnings::default()).ok().and_then(|plan| plan.device);
    let with_codes: Vec<&MfaDevice> = devices.iter().filter(|device| device.has_codes()).collect();
    let serial_of = |device: &MfaDevice| printable(&device.serial).to_string();
    match (named, with_codes.as_slice()) {
        (Some(device), _) if devices.iter().any(|found| found.serial == device.value.as_str()) => {
            Check::ok(CHECK, format!("{} ({})", printable(device.value.as_str()), device.origin))
        }
        (Some(device), found) => {
            let wrong = format!("{} ({}) is not a device of {user}", printable(device.value.as_str()), device.origin);
            Check::error(CHECK, wrong).advise(&match found {
                [only] => DoctorAdvice::WriteDevice { serial: serial_of(only) },
                [] => DoctorAdvice::Enroll { profile: argument },
                _ => DoctorAdvice::WriteOneDevice { profile: listed },
            })
        }
        (None, [only]) => {
            let serial = serial_of(only);
            Check::warning(CHECK, format!("profile {profile} names none; {user} has {serial}")).advise(
                &DoctorAdvice::AddDevice { header: printable(&plan.call.source().config_header()).to_string(), serial },
            )
        }
        (None, []) if devices.is_empty() => {
            Check::warning(CHECK, format!("{user} has none")).advise(&DoctorAdvice::Enroll { profile: argument })
        }
        (None, []) => {
            Check::warning(CHECK, format!("{user} has only security keys or passkeys, which work in a browser"))
                .advise(&DoctorAdvice::EnrollApp { profile: argument })
        }
        (None, several) => Check::warning(CHECK, format!("profile {profile} names none; {user} has {}", several.len()))
            .advise(&DoctorAdvice::AddOneDevice { profile: listed }),
    }
}

//! Errors about regions, endpoints, the network, and what lies behind other doors: clusters and registries.

use super::{Explainer, Explanation, certain, possible, shown};
use crate::diagnosis::advice::Advice;
use crate::diagnosis::search::FoundError;
use crate::error::{is_likely_region, similar_region};
use crate::function_name::function_name;
use crate::profile::Region;

/// The variables that send calls elsewhere begin with this.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
const BUNDLES: [&str; 4] = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

/// The registry of ECR for everybody.
const ECR_PUBLIC: &str = "public.ecr.aws";

/// What programs say if a name has no address.
const OF_NAMES: [&str; 8] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "no such host",
    "No such host",
    "name resolution",
    "Name or service not known",
    "server misbehaving",
    "dial tcp: lookup ",
];

#[allow(clippy::unnecessary_wraps, reason = "the table calls them all in the same way")]
impl Explainer<'_> {
    pub(super) fn no_region(&self, found: &FoundError) -> Option<Explanation> {
        if let Some(explanation) = self.first_of(&["not-a-region"]) {
            return Some(explanation);
        }
        let [region, default] = REGIONS.map(|name| self.variables.text(name).ok().flatten());
        if let (Some(region), None) = (region, default) {
            let cause = "AWS_REGION is set, but AWS_DEFAULT_REGION is not, and boto3 reads only that";
            let line = self.typing.shell.set_line("AWS_DEFAULT_REGION", region);
            return Some(certain(cause, vec![Advice::line("set it, too", line)]));
        }
        if region.or(default).is_some() {
            let cause = format!("{}, although this shell has one", found.error.cause);
            let advice = vec![Advice::of("start the program from this shell, or give it the region with an option")];
            return Some(certain(cause, advice));
        }
        let cause = format!(
            "{}: AWS_REGION and AWS_DEFAULT_REGION are not set, nor is region in the profile",
            found.error.cause
        );
        let line = match self.profile_at_hand() {
            Some(profile) => format!("{} {} --region REGION", function_name(), self.typing.profile(profile)),
            None => self.typing.shell.set_line("AWS_DEFAULT_REGION", "REGION"),
        };
        Some(certain(cause, vec![Advice::line("set one with", line)]))
    }

    pub(super) fn region(&self, found: &FoundError) -> Option<Explanation> {
        let explanation = self.first_of(&["not-a-region", "other-partition"]);
        explanation.or_else(|| Some(self.as_it_says(found)).filter(|row| !row.advice.is_empty()))
    }

    /// AWS has said which region is the right one.
    pub(super) fn region_named(&self, found: &FoundError) -> Option<Explanation> {
        let right = found.parts.get("right").filter(|right| Region::parse(right).is_ok())?;
        let cause = format!("the bucket is in {}, and the request was signed for another region", shown(right));
        let line = self.typing.shell.set_line("AWS_REGION", right);
        let and_default = self.typing.shell.set_line("AWS_DEFAULT_REGION", right);
        let for_others = Advice::line("for the AWS CLI and boto3, also", and_default);
        Some(certain(cause, vec![Advice::line("use that region with", line), for_others]))
    }

    pub(super) fn unreachable(&self, found: &FoundError) -> Option<Explanation> {
        if let Some(explanation) = self.first_of(&["not-a-region"]) {
            return Some(explanation);
        }
        let place = found.parts.get("url").or(found.parts.get("host"))?;
        let (authority, host) = (authority(place), host(place));
        let is_it = |url: &str| self::authority(url) == authority || (authority == host && self::host(url) == host);
        let variable = self
            .variables
            .names_from(ENDPOINT)
            .find(|name| self.variables.os(name).is_some_and(|url| is_it(&url.to_string_lossy())));
        if let Some(variable) = variable {
            let cause = format!("{} sends calls to {}, which does not answer", shown(variable), shown(host));
            return Some(certain(cause, vec![Advice::line("remove it with", self.typing.shell.unset_line(variable))]));
        }
        let region = host.split('.').find(|label| Region::parse(label).is_ok());
        // One that exists is not to blame.
        let region = region.filter(|region| !is_likely_region(region));
        let is_dns = OF_NAMES.iter().any(|words| found.line.contains(words));
        let cause = if is_dns {
            format!("the name {} does not exist, or there is no name server", shown(host))
        } else {
            format!("{} did not answer", shown(host))
        };
        if host.contains(".eks.") && host.contains(".amazonaws.") {
            let possibly = "the cluster was deleted, or is private and reached only through a VPN";
            let advice = vec![
                Advice::of("connect to the VPN, if there is one"),
                Advice::line("see whether the cluster exists with", "aws eks describe-cluster --name CLUSTER"),
            ];
            return Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(cause, advice) });
        }
        let set_by = REGIONS.into_iter().find(|name| {
            let value = self.variables.text(name).ok().flatten();
            value.is_some() && value == region
        });
        let possibly = match (region, set_by) {
            (Some(region), Some(variable)) => {
                format!(
                    "there is no region {} ({variable}), or the network or the proxy is not available",
                    shown(region)
                )
            }
            (Some(region), None) => {
                let meant = similar_region(region).map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
                format!("there is no region {}{meant}, or the network or the proxy is not available", shown(region))
            }
            (None, _) => "the network or the proxy is not available".to_owned(),
        };
        let advice = match (region, set_by) {
            (Some(_), Some(variable)) => {
                vec![Advice::line("use the name of a region with", self.typing.shell.set_line(variable, "REGION"))]
            }
            (Some(_), None) => vec![Advice::of("check the network, the proxy and the region")],
            (None, _) => vec![Advice::of("check the network and the proxy")],
        };
        Some(Explanation { possibly: Some(possibly), ..certain(cause, advice) })
    }

    pub(super) fn proxy(&self, found: &FoundError) -> Option<Explanation> {
        let set = || PROXIES.into_iter().filter_map(|name| Some((name, self.variables.os(name)?.to_string_lossy())));
        // Some programs show only the address of a proxy, and not its name.
        let named = set().find(|(_, url)| !url.is_empty() && found.line.contains(authority(url)));
        let (variable, _) = named.clone().or_else(|| set().next())?;
        // Its value may have a password.
        let cause = format!("the proxy in {variable} cannot be reached");
        let advice = Advice::line("if no proxy is needed, remove it with", self.typing.shell.unset_line(variable));
        Some(Explanation { is_certain: named.is_some(), ..certain(cause, vec![advice]) })
    }

    pub(super) fn certificate(&self, found: &FoundError) -> Option<Explanation> {
        let missing = BUNDLES
            .into_iter()
            .find(|name| self.variables.os(name).is_some_and(|path| !std::path::Path::new(path).exists()));
        if let Some(variable) = missing {
            let cause = format!("{variable} names a file that does not exist, so no certificate is trusted");
            return Some(certain(cause, vec![self.typing.unset(variable)]));
        }
        let line = self.typing.shell.set_line("AWS_CA_BUNDLE", "FILE");
        let possibly = "a proxy of your network inspects connections, with a certificate of its own";
        let advice = vec![Advice::line("if that is so, name the file with that certificate", line)];
        Some(Explanation { possibly: Some(possibly.to_owned()), ..Explainer::says(found, advice) })
    }

    /// The cluster does not accept the token of this shell's session.
    pub(super) fn kubectl(&self) -> Option<Explanation> {
        const KINDS: [&str; 7] = [
            "swapped-keys",
            "expired",
            "expired-profile",
            "incomplete-keys",
            "token-with-long-term-key",
            "mixed-credentials",
            "rejected",
        ];
        if let Some(explanation) = self.first_of(&KINDS) {
            return Some(explanation);
        }
        let online = self.shell.online.identity().map(|identity| identity.arn.as_str());
        let cause = format!("the cluster does not know {}", shown(online.or(self.shell.credentials.identity())?));
        let what = "use the profile of a role that it knows, such as the one that created it";
        Some(possible(cause, vec![Advice::line(what, format!("{} PROFILE", function_name()))]))
    }

    pub(super) fn registry(&self, found: &FoundError) -> Option<Explanation> {
        let region = |host: &str| host.split('.').nth(3).map(str::to_owned);
        let (host, region) = match &found.registry {
            Some(host) if host == ECR_PUBLIC => {
                let line = format!(
                    "aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin {host}"
                );
                return Some(Explainer::says(found, vec![Advice::line("sign in to the registry with", line)]));
            }
            Some(host) if !host.contains(".dkr.ecr") => {
                let cause = format!("docker has no password for the registry {}", shown(host));
                let line = format!("docker login {}", self.typing.shell.word(host));
                return Some(certain(cause, vec![Advice::line("sign in to it with", line)]));
            }
            Some(host) => (host.clone(), region(host)?),
            None => ("ACCOUNT.dkr.ecr.REGION.amazonaws.com".to_owned(), "REGION".to_owned()),
        };
        let line = format!(
            "aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {host}"
        );
        let (what, _) = found.error.advice.first()?;
        let login = Advice::line(*what, line);
        // Without a session of AWS there is no password.
        let first = self.first_of(&["expired", "code-needed", "no-credentials"]);
        let advice = first.and_then(|first| first.advice.into_iter().next()).into_iter().chain([login]).collect();
        Some(Explainer::says(found, advice))
    }
}

/// The host of a URL, or of a host and a port.
fn host(place: &str) -> &str {
    let authority = authority(place);
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// The same with the port.
fn authority(place: &str) -> &str {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    let end = rest.find(['/', '?', '"']).unwrap_or(rest.len());
    rest[..end].rsplit('@').next().unwrap_or_default()
}

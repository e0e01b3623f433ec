//! Which STS is called: region, host, trust.

use super::partition::{Partition, partition_or_aws};
use crate::error::{ConfigError, Result};
use crate::origin::{Origin, Sourced};
use crate::profile::{Region, ServiceSettings, legacy_endpoint};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Regions whose `legacy` endpoint is the global one (botocore).
const LEGACY_REGIONS: [&str; 16] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "aws-global",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The STS that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The region that signs; `aws-global` stands for the global endpoint.
    pub region: Sourced<Region>,
    /// An endpoint that is not AWS's own.
    pub url: Option<Sourced<String>>,
    /// What asked for the FIPS endpoint, for the dual-stack one, and for the global one of old.
    pub fips: Option<Origin>,
    pub dual_stack: Option<Origin>,
    pub legacy: Option<Origin>,
    /// A file of certificates that replaces the system's.
    pub ca_bundle: Option<Sourced<String>>,
    pub iam: IamEndpoint,
}

/// The IAM that knows the devices of the keys' user; it is asked when STS does not take a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IamEndpoint {
    Aws,
    At(String),
    /// Keys of somebody else's STS are no business of AWS, and a sign-in does not fail for the URL of a service that it
    /// can do without.
    Nobody,
}

impl Endpoint {
    /// Decides by flag, profile, variables and partition, in this order for the region; variables come first for all
    /// else.
    ///
    /// # Errors
    /// A URL that is none or would carry the code unencrypted over a network, settings that exclude each other, a
    /// region of another partition than the credentials.
    pub fn decide(
        service: &ServiceSettings,
        region: Option<&Sourced<Region>>,
        ambient: Option<Sourced<Region>>,
        partition: Option<&Sourced<String>>,
        variables: &Variables,
        warnings: &Warnings,
    ) -> Result<Self> {
        let url = custom_url("AWS_ENDPOINT_URL_STS", service.endpoint_url.as_ref(), service, variables)?;
        let iam = match custom_url("AWS_ENDPOINT_URL_IAM", service.iam_endpoint_url.as_ref(), service, variables) {
            Ok(Some(url)) => IamEndpoint::At(url.value),
            Ok(None) if url.is_none() => IamEndpoint::Aws,
            Ok(None) | Err(_) => IamEndpoint::Nobody,
        };
        let fips = switch(variables, "AWS_USE_FIPS_ENDPOINT", service.use_fips_endpoint.as_ref());
        let dual_stack = switch(variables, "AWS_USE_DUALSTACK_ENDPOINT", service.use_dualstack_endpoint.as_ref());
        if let (Some(url), Some(variant)) = (&url, fips.as_ref().or(dual_stack.as_ref())) {
            return Err(
                ConfigError::EndpointWithVariants { origin: url.origin.clone(), variant: variant.clone() }.into()
            );
        }
        let by_variable = variables.text("AWS_STS_REGIONAL_ENDPOINTS")?;
        let by_variable =
            by_variable.map(|v| Sourced::new(v.to_owned(), Origin::Variable("AWS_STS_REGIONAL_ENDPOINTS")));
        let legacy = legacy_endpoint(by_variable)?.or_else(|| service.legacy_endpoint.clone());
        let mut legacy = legacy.filter(|s| s.value).map(|s| s.origin);
        let ca_bundle =
            variables.text("AWS_CA_BUNDLE")?.map(|v| Sourced::new(v.to_owned(), Origin::Variable("AWS_CA_BUNDLE")));

        let mut region = signing_region(region, ambient, partition, warnings)?;
        let is_plain = url.is_none() && fips.is_none() && dual_stack.is_none();
        legacy = legacy.filter(|_| is_plain && LEGACY_REGIONS.contains(&region.value.as_str()));
        if legacy.is_some() {
            region.value = fixed_region("aws-global");
        }
        Ok(Endpoint {
            region,
            url,
            fips,
            dual_stack,
            legacy,
            ca_bundle: ca_bundle.or_else(|| service.ca_bundle.clone()),
            iam,
        })
    }

    /// The partition of the region that signs.
    pub fn partition(&self) -> &'static str {
        partition_or_aws(&self.region.value).name
    }

    /// The host, with its port where it is not AWS's own, for a person to read.
    pub fn host(&self) -> String {
        match &self.url {
            Some(url) => authority(&url.value).unwrap_or(&url.value).to_owned(),
            None if self.region.value.as_str() == "aws-global" => "sts.amazonaws.com".to_owned(),
            None => {
                let (fips, dual_stack) = (self.fips.is_some(), self.dual_stack.is_some());
                partition_or_aws(&self.region.value).sts_host(&self.region.value, fips, dual_stack)
            }
        }
    }
}

fn signing_region(
    given: Option<&Sourced<Region>>,
    ambient: Option<Sourced<Region>>,
    partition: Option<&Sourced<String>>,
    warnings: &Warnings,
) -> Result<Sourced<Region>> {
    let foreign = |region: &Region| {
        let of_region = Partition::of_region(region)?;
        partition.filter(|p| Partition::named(&p.value).is_some_and(|p| p != of_region)).map(|p| (of_region, p))
    };
    if let Some(region) = given {
        return match foreign(&region.value) {
            None => Ok(region.clone()),
            Some((_, wanted)) => Err(ConfigError::PartitionMismatch {
                first: format!("region {}", region.value),
                first_origin: region.origin.clone(),
                second: format!("partition {}", wanted.value),
                second_origin: wanted.origin.clone(),
            }
            .into()),
        };
    }
    if let Some(region) = ambient {
        let Some((_, wanted)) = foreign(&region.value) else { return Ok(region) };
        let (region, origin, partition) = (region.value.to_string(), region.origin, wanted.value.clone());
        warnings.add(Warning::RegionIgnored { region, origin, partition });
    }
    let implicit = partition.and_then(|p| Partition::named(&p.value)).map_or("us-east-1", |p| p.implicit_region);
    Ok(Sourced::default_of(fixed_region(implicit)))
}

/// A region that stands in this program.
fn fixed_region(name: &str) -> Region {
    Region::parse(name).expect("a region name of our own table")
}

fn switch(variables: &Variables, name: &'static str, setting: Option<&Sourced<bool>>) -> Option<Origin> {
    match variables.os(name) {
        Some(_) => variables.is_true(name).then_some(Origin::Variable(name)),
        None => setting.filter(|s| s.value).map(|s| s.origin.clone()),
    }
}

/// The endpoint of one service: by its own variable, the variable for all, or what the files configure.
fn custom_url(
    variable: &'static str,
    configured: Option<&Sourced<String>>,
    service: &ServiceSettings,
    variables: &Variables,
) -> Result<Option<Sourced<String>>> {
    if variables.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") || service.ignore_configured_endpoint_urls {
        return Ok(None);
    }
    let mut url = None;
    for name in [variable, "AWS_ENDPOINT_URL"] {
        url = match url {
            None => variables.text(name)?.map(|v| Sourced::new(v.to_owned(), Origin::Variable(name))),
            some => some,
        };
    }
    let Some(url) = url.or_else(|| configured.cloned()) else { return Ok(None) };
    let (text, origin) = (url.value.clone(), url.origin.clone());
    let Some(authority) = authority(&text) else {
        return Err(ConfigError::EndpointNotUrl { url: text, origin }.into());
    };
    if text.starts_with("http://") && !is_this_machine(authority) {
        return Err(ConfigError::EndpointPlainHttp { url: text, origin }.into());
    }
    Ok(Some(url))
}

/// Host and port of an `http://` or `https://` URL. Only plain ones: a user name before `@`, or anything else that one
/// reader takes for part of the host and another does not, makes it no endpoint.
fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split_port(authority)?;
    let host_ok = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    // Rust's own parser takes `+80` too.
    let port_ok = port.is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok());
    let path_ok = path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b));
    (host_ok && port_ok && path_ok).then_some(authority)
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    match authority.rfind(']') {
        Some(end) if authority.len() == end + 1 => Some((authority, None)),
        Some(end) => Some((&authority[..=end], Some(authority[end + 1..].strip_prefix(':')?))),
        None => Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))),
    }
}

fn is_this_machine(authority: &str) -> bool {
    let Some((host, _)) = split_port(authority) else { return false };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || host.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

//! The endpoint of STS: its region, its host, and the root certificates to trust for it.

use super::endpoint_url::{authority, check_url, custom_url};
use super::partition::{Partition, partition_or_aws};
use crate::certificates::replaced_by_variables;
use crate::error::{ConfigError, Result, ValueError};
use crate::origin::{Origin, Sourced};
use crate::printable::{looks_like_secret, printable_path, shown_value};
use crate::profile::{Region, ServiceSettings, checked, legacy_endpoint};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::path::Path;

/// Regions for which `sts_regional_endpoints = legacy` means the global endpoint (botocore's
/// `LEGACY_GLOBAL_STS_REGIONS`, AWS SDK reference guide, "AWS STS Regional endpoints").
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

/// The endpoint of STS for a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The region that requests are signed for; `aws-global` for the global endpoint.
    pub region: Sourced<Region>,
    /// A custom endpoint, which may not belong to AWS.
    pub url: Option<Sourced<String>>,
    /// The setting that chose the FIPS endpoint.
    pub fips: Option<Origin>,
    /// The setting that chose the dual-stack endpoint.
    pub dual_stack: Option<Origin>,
    /// The setting that chose the global endpoint.
    pub legacy: Option<Origin>,
    /// The path of a file with root certificates, used instead of the system's.
    pub ca_bundle: Option<Sourced<String>>,
    /// The variables that replace the system's root certificates. Not used if there is a bundle.
    pub certificates: Vec<Sourced<String>>,
    /// The endpoint of IAM for the same keys.
    pub iam: IamEndpoint,
}

/// The endpoint of IAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IamEndpoint {
    /// AWS's own endpoint.
    Aws,
    /// A custom endpoint, by its URL.
    At(Sourced<String>),
    /// IAM is not called: keys for a custom STS endpoint must not be sent to AWS. An invalid URL, which this has then, must
    /// not make a sign-in fail that does not call IAM.
    NotCalled(Option<Sourced<String>>),
}

impl Endpoint {
    /// Resolves the endpoint. `region` is that of `--region` or the profile, `ambient` that of the environment, and
    /// `partition` that of the ARNs; the region is the first of them that is set. For all other settings, variables
    /// take precedence over the files.
    ///
    /// # Errors
    /// A URL is invalid or would send the code unencrypted over a network, settings exclude each other, or `region` is
    /// in another partition than the ARNs.
    pub fn resolve(
        service: &ServiceSettings,
        region: Option<&Sourced<Region>>,
        ambient: Option<Sourced<Region>>,
        partition: Option<&Sourced<String>>,
        variables: &Variables,
        warnings: &Warnings,
    ) -> Result<Self> {
        let url = custom_url("AWS_ENDPOINT_URL_STS", service.endpoint_url.as_ref(), service, variables)?;
        url.as_ref().map(check_url).transpose()?;
        let iam = match custom_url("AWS_ENDPOINT_URL_IAM", service.iam_endpoint_url.as_ref(), service, variables) {
            Ok(Some(url)) if check_url(&url).is_ok() => IamEndpoint::At(url),
            Ok(Some(url)) => IamEndpoint::NotCalled(Some(url)),
            Ok(None) if url.is_none() => IamEndpoint::Aws,
            Ok(None) | Err(_) => IamEndpoint::NotCalled(None),
        };
        let fips = enabled_by(variables, "AWS_USE_FIPS_ENDPOINT", service.use_fips_endpoint.as_ref())?;
        let dual_stack = service.use_dualstack_endpoint.as_ref();
        let dual_stack = enabled_by(variables, "AWS_USE_DUALSTACK_ENDPOINT", dual_stack)?;
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
        let ca_bundle = ca_bundle.as_ref().or(service.ca_bundle.as_ref()).map(check_ca_bundle).transpose()?;

        let mut region = signing_region(region, ambient, partition, warnings)?;
        let is_plain = url.is_none() && fips.is_none() && dual_stack.is_none();
        legacy = legacy.filter(|_| is_plain && LEGACY_REGIONS.contains(&region.value.as_str()));
        if legacy.is_some() {
            region.value = constant_region("aws-global");
        }
        Ok(Endpoint {
            region,
            url,
            fips,
            dual_stack,
            legacy,
            ca_bundle,
            certificates: replaced_by_variables(variables),
            iam,
        })
    }

    /// The root certificates that are trusted instead of the system's. Whoever chose them can read what is sent. Without
    /// TLS there are none.
    pub fn trust_anchors(&self) -> &[Sourced<String>] {
        match (&self.url, &self.ca_bundle) {
            (Some(url), _) if url.value.starts_with("http://") => &[],
            (_, Some(bundle)) => std::slice::from_ref(bundle),
            (_, None) => &self.certificates,
        }
    }

    /// `trusting ~/ca.pem (AWS_CA_BUNDLE)`, for each of the trust anchors.
    pub fn trust_notes(&self) -> impl Iterator<Item = String> {
        let note = |anchor: &Sourced<String>| {
            format!("trusting {} ({})", printable_path(Path::new(&*shown_value(&anchor.value))), anchor.origin)
        };
        self.trust_anchors().iter().map(note)
    }

    /// The name of the partition of the region.
    pub fn partition(&self) -> &'static str {
        partition_or_aws(&self.region.value).name
    }

    /// The host, to show to the user; with its port if the endpoint is custom. The text is untrusted.
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

impl Endpoint {
    /// The URL of IAM; `None` if it is AWS's own endpoint.
    ///
    /// # Errors
    /// IAM is not called.
    pub fn iam_url(&self) -> Result<Option<&Sourced<String>>> {
        match (&self.iam, &self.url) {
            (IamEndpoint::Aws, _) => Ok(None),
            (IamEndpoint::At(url), _) => Ok(Some(url)),
            (IamEndpoint::NotCalled(invalid), sts) => {
                invalid.as_ref().map_or(Ok(()), check_url)?;
                Err(ConfigError::NoIamEndpoint { sts: sts.as_ref().map(|url| url.origin.clone()) }.into())
            }
        }
    }

    /// The host of IAM, to show to the user; with its port if the endpoint is custom. The text is untrusted.
    pub fn iam_host(&self) -> String {
        match &self.iam {
            IamEndpoint::At(url) => authority(&url.value).unwrap_or(&url.value).to_owned(),
            IamEndpoint::Aws | IamEndpoint::NotCalled(_) => partition_or_aws(&self.region.value).iam_host(),
        }
    }
}

/// The region that requests are signed for. An ambient region in another partition is ignored with a warning.
fn signing_region(
    given: Option<&Sourced<Region>>,
    ambient: Option<Sourced<Region>>,
    partition: Option<&Sourced<String>>,
    warnings: &Warnings,
) -> Result<Sourced<Region>> {
    // The partition of the ARNs, if the region is in another one.
    let mismatch = |region: &Region| {
        let of_region = Partition::of_region(region)?;
        partition.filter(|p| Partition::named(&p.value).is_some_and(|p| p != of_region))
    };
    if let Some(region) = given {
        return match mismatch(&region.value) {
            None => Ok(region.clone()),
            Some(partition) => Err(ConfigError::PartitionMismatch {
                first: format!("region {}", region.value),
                first_origin: region.origin.clone(),
                second: format!("partition {}", partition.value),
                second_origin: partition.origin.clone(),
            }
            .into()),
        };
    }
    let implicit = partition.and_then(|p| Partition::named(&p.value)).map_or("us-east-1", |p| p.implicit_region);
    if let Some(region) = ambient {
        let Some(partition) = mismatch(&region.value) else { return Ok(region) };
        let (region, origin, partition) = (region.value.to_string(), region.origin, partition.value.clone());
        warnings.add(Warning::RegionIgnored { region, origin, partition, used: implicit.to_owned() });
    }
    Ok(Sourced::default_of(constant_region(implicit)))
}

/// A secret at the wrong place would be exported as a path.
fn check_ca_bundle(bundle: &Sourced<String>) -> Result<Sourced<String>> {
    let is_path = |path: &str| {
        if looks_like_secret(path.trim_matches(['"', '\''])) {
            return Err(ValueError::Characters { allowed: "the characters of a path" });
        }
        Ok(path.to_owned())
    };
    checked("ca_bundle", &bundle.value, &bundle.origin, is_path)
}

/// A region that is a constant of this program.
fn constant_region(name: &str) -> Region {
    Region::parse(name).expect("constants are valid")
}

/// What turns on a boolean setting: the variable if it is set, otherwise the setting in the files.
fn enabled_by(variables: &Variables, name: &'static str, setting: Option<&Sourced<bool>>) -> Result<Option<Origin>> {
    Ok(match variables.boolean(name)? {
        Some(is_enabled) => is_enabled.then_some(Origin::Variable(name)),
        None => setting.filter(|s| s.value).map(|s| s.origin.clone()),
    })
}

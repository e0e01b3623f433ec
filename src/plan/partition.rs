//! The partitions of AWS and their host names, from `partitions.json` and the endpoint rules of the AWS SDKs.

use crate::profile::Region;

/// A partition: a part of AWS with its own accounts, ARNs and credentials.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As in an ARN: `aws-cn`.
    pub name: &'static str,
    /// How the names of its regions begin.
    prefixes: &'static [&'static str],
    suffix: &'static str,
    dual_stack_suffix: &'static str,
    /// The region of STS if none is set (`implicitGlobalRegion`).
    pub implicit_region: &'static str,
    /// What follows `console.` and `signin.` in the names of the console and of AWS Sign-In (endpoint rules of the service
    /// `signin` in the AWS SDKs).
    console_domain: &'static str,
    /// Whether AWS Sign-In has a name without a region.
    has_global_sign_in: bool,
}

const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        prefixes: &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-east-1",
        console_domain: "aws.amazon.com",
        has_global_sign_in: true,
    },
    Partition {
        name: "aws-cn",
        prefixes: &["cn-"],
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
        implicit_region: "cn-northwest-1",
        console_domain: "amazonaws.cn",
        has_global_sign_in: true,
    },
    Partition {
        name: "aws-us-gov",
        prefixes: &["us-gov-"],
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-gov-west-1",
        console_domain: "amazonaws-us-gov.com",
        has_global_sign_in: true,
    },
    Partition {
        name: "aws-eusc",
        prefixes: &["eusc-"],
        suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
        implicit_region: "eusc-de-east-1",
        console_domain: "amazonaws-eusc.eu",
        has_global_sign_in: false,
    },
    Partition {
        name: "aws-iso",
        prefixes: &["us-iso-"],
        suffix: "c2s.ic.gov",
        dual_stack_suffix: "api.aws.ic.gov",
        implicit_region: "us-iso-east-1",
        console_domain: "c2shome.ic.gov",
        has_global_sign_in: true,
    },
    Partition {
        name: "aws-iso-b",
        prefixes: &["us-isob-"],
        suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
        implicit_region: "us-isob-east-1",
        console_domain: "sc2shome.sgov.gov",
        has_global_sign_in: true,
    },
    Partition {
        name: "aws-iso-e",
        prefixes: &["eu-isoe-"],
        suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
        implicit_region: "eu-isoe-west-1",
        console_domain: "csphome.adc-e.uk",
        has_global_sign_in: false,
    },
    Partition {
        name: "aws-iso-f",
        prefixes: &["us-isof-"],
        suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
        implicit_region: "us-isof-south-1",
        console_domain: "csphome.hci.ic.gov",
        has_global_sign_in: false,
    },
];

impl Partition {
    /// The partition with this name.
    pub fn named(name: &str) -> Option<&'static Partition> {
        PARTITIONS.iter().find(|p| p.name == name)
    }

    /// The partition of a region, by the longest matching prefix: `us-gov-` before `us-`. `None` for an unknown prefix.
    pub fn of_region(region: &Region) -> Option<&'static Partition> {
        let prefix_len =
            |p: &Partition| p.prefixes.iter().filter(|x| region.as_str().starts_with(**x)).map(|x| x.len()).max();
        PARTITIONS.iter().filter_map(|p| prefix_len(p).map(|len| (len, p))).max_by_key(|(len, _)| *len).map(|(_, p)| p)
    }

    /// The host of AWS Sign-In.
    pub fn sign_in_host(&self) -> String {
        let region = if self.has_global_sign_in { String::new() } else { format!("{}.", self.implicit_region) };
        format!("{region}signin.{}", self.console_domain)
    }

    /// The host of the console.
    pub fn console_host(&self) -> String {
        format!("console.{}", self.console_domain)
    }

    /// The host of IAM, which serves all regions of the partition (endpoint rules of IAM in the AWS SDKs).
    pub fn iam_host(&self) -> String {
        match self.name {
            "aws" => "iam.amazonaws.com".to_owned(),
            "aws-cn" => format!("iam.cn-north-1.{}", self.suffix),
            "aws-us-gov" => format!("iam.us-gov.{}", self.suffix),
            _ => format!("iam.{}.{}", self.implicit_region, self.suffix),
        }
    }

    /// The host of STS in a region of this partition. In GovCloud the plain host is the FIPS host, except for dual
    /// stack.
    pub fn sts_host(&self, region: &Region, fips: bool, dual_stack: bool) -> String {
        let service = if fips && (dual_stack || self.name != "aws-us-gov") { "sts-fips" } else { "sts" };
        let suffix = if dual_stack { self.dual_stack_suffix } else { self.suffix };
        format!("{service}.{region}.{suffix}")
    }
}

/// The partition of a region. Regions with an unknown prefix belong to `aws`, as in the SDKs.
pub fn partition_or_aws(region: &Region) -> &'static Partition {
    Partition::of_region(region).unwrap_or(&PARTITIONS[0])
}

/// The default region of a partition, if `region` is in another one, so that credentials of the partition do not work
/// there. `None` if one of the two is not known.
pub fn replacement_region(region: &str, partition: &str) -> Option<&'static str> {
    let of_region = Partition::of_region(&Region::parse(region).ok()?)?;
    Partition::named(partition).filter(|partition| *partition != of_region).map(|partition| partition.implicit_region)
}

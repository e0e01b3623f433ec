//! AWS's partitions, as far as they decide a host name (AWS SDKs' `partitions.json`).

use crate::profile::Region;

/// A part of AWS with accounts, ARNs and credentials of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    pub name: &'static str,
    prefixes: &'static [&'static str],
    suffix: &'static str,
    dual_stack_suffix: &'static str,
    /// Where STS is called when no region is named.
    pub implicit_region: &'static str,
}

const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        prefixes: &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-east-1",
    },
    Partition {
        name: "aws-cn",
        prefixes: &["cn-"],
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
        implicit_region: "cn-northwest-1",
    },
    Partition {
        name: "aws-us-gov",
        prefixes: &["us-gov-"],
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-gov-west-1",
    },
    Partition {
        name: "aws-eusc",
        prefixes: &["eusc-"],
        suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
        implicit_region: "eusc-de-east-1",
    },
    Partition {
        name: "aws-iso",
        prefixes: &["us-iso-"],
        suffix: "c2s.ic.gov",
        dual_stack_suffix: "api.aws.ic.gov",
        implicit_region: "us-iso-east-1",
    },
    Partition {
        name: "aws-iso-b",
        prefixes: &["us-isob-"],
        suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
        implicit_region: "us-isob-east-1",
    },
    Partition {
        name: "aws-iso-e",
        prefixes: &["eu-isoe-"],
        suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
        implicit_region: "eu-isoe-west-1",
    },
    Partition {
        name: "aws-iso-f",
        prefixes: &["us-isof-"],
        suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
        implicit_region: "us-isof-south-1",
    },
];

impl Partition {
    /// By the name in an ARN.
    pub fn named(name: &str) -> Option<&'static Partition> {
        PARTITIONS.iter().find(|p| p.name == name)
    }

    /// By the longest prefix of a region's name: `us-gov-` before `us-`. `None` for a region of a kind not seen yet.
    pub fn of_region(region: &Region) -> Option<&'static Partition> {
        let prefix_len =
            |p: &Partition| p.prefixes.iter().filter(|x| region.as_str().starts_with(**x)).map(|x| x.len()).max();
        PARTITIONS.iter().filter_map(|p| prefix_len(p).map(|len| (len, p))).max_by_key(|(len, _)| *len).map(|(_, p)| p)
    }

    /// The host of STS in a region of this partition. FIPS in GovCloud has no host of its own.
    pub fn sts_host(&self, region: &Region, fips: bool, dual_stack: bool) -> String {
        let service = if fips && (dual_stack || self.name != "aws-us-gov") { "sts-fips" } else { "sts" };
        let suffix = if dual_stack { self.dual_stack_suffix } else { self.suffix };
        format!("{service}.{region}.{suffix}")
    }
}

/// A region nobody has seen yet belongs to `aws`, as in the SDKs.
pub fn partition_or_aws(region: &Region) -> &'static Partition {
    Partition::of_region(region).unwrap_or(&PARTITIONS[0])
}

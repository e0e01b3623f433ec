//! Advice about quotes and endpoints; see `advice.rs`.

use super::advice::{DEVICE, KEYS, role};
use crate::support::advised::Step::Set;
use crate::support::advised::{Case, edit, run};

trials![advice_about_quotes_works, advice_about_endpoints_works,];

const ARN: &str = "arn:aws:iam::123456789012";

// fault 161
fn advice_about_quotes_works() {
    quotes().iter().for_each(Case::check_error);
}

fn advice_about_endpoints_works() {
    endpoints().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    [quotes(), endpoints()].into_iter().flatten().collect()
}

fn quotes() -> Vec<Case> {
    let in_file = "which includes the quotes\n  remove the quotes; in the AWS files they are part of the value";
    let of = |name: &str| format!("which includes the quotes\n  remove the quotes from the value of {name}");
    let device = format!("\"{ARN}:mfa/alice\"");
    let keys = |kind: &'static str| Case::of(kind, &["k"]).config(format!("[profile k]\n{DEVICE}")).credentials(KEYS);
    let url = "\"https://sts.example\"";
    vec![
        role("value Quoted", "region = \"eu-west-1\"")
            .says(format!("~/.aws/config:2: region is `\"eu-west-1\"`, {in_file}"))
            .way(&[edit("config", "\"eu-west-1\"", "eu-west-1")]),
        role("value Quoted", &format!("mfa_serial = {device}"))
            .says(format!("~/.aws/config:2: mfa_serial is `{device}`, {in_file}"))
            .way(&[edit("config", &device, device.trim_matches('"'))]),
        keys("value Quoted")
            .variable("AWS_REGION", "\"us-east-1\"")
            .says(format!("AWS_REGION is `\"us-east-1\"`, {}", of("AWS_REGION")))
            .way(&[Set("AWS_REGION", "us-east-1".into())]),
        Case::of("value Quoted", &["k", "--region", "eu-west-1"])
            .config("")
            .credentials(KEYS)
            .variable("MFA_ENV_MFA_SERIAL", "'GAHT12345678'")
            .says(format!("MFA_ENV_MFA_SERIAL is `'GAHT12345678'`, {}", of("MFA_ENV_MFA_SERIAL")))
            .fails(2)
            .way(&[Set("MFA_ENV_MFA_SERIAL", "GAHT12345678".into())]),
        keys("value Quoted")
            .variable("AWS_DEFAULT_REGION", "'us-east-1'")
            .says(format!("AWS_DEFAULT_REGION is `'us-east-1'`, {}", of("AWS_DEFAULT_REGION")))
            .way(&[Set("AWS_DEFAULT_REGION", "us-east-1".into())]),
        Case::of("value Quoted", &["k", "--region", "'us-east-1'"])
            .config(format!("[profile k]\n{DEVICE}"))
            .credentials(KEYS)
            .fails(2)
            .says(format!("--region is `'us-east-1'`, {}", of("--region")))
            .way(&[run(&["k", "--region", "us-east-1"])]),
        keys("EndpointNotUrl")
            .variable("AWS_ENDPOINT_URL_STS", url)
            .says(format!(
                "AWS_ENDPOINT_URL_STS: `{url}` is not an endpoint URL\n  \
                 remove the quotes from the value of AWS_ENDPOINT_URL_STS"
            ))
            .way(&[Set("AWS_ENDPOINT_URL_STS", url.trim_matches('"').into())]),
        role("EndpointNotUrl", &format!("endpoint_url = {url}"))
            .says(format!(
                "~/.aws/config:2: `{url}` is not an endpoint URL\n  \
                 remove the quotes; in the AWS files they are part of the value"
            ))
            .way(&[edit("config", url, url.trim_matches('"'))]),
    ]
}

fn endpoints() -> Vec<Case> {
    vec![
        Case::of("ServicesNotFound", &["k"])
            .config(format!(
                "[profile k]\nservices = labb\n{DEVICE}[services lab]\nsts =\n  endpoint_url = https://x\n"
            ))
            .credentials(KEYS)
            .says("~/.aws/config:2: there is no section [services labb]\n  did you mean lab?")
            .way(&[edit("config", "services = labb", "services = lab")]),
        role("ServicesNotFound", "services = x")
            .says(
                "~/.aws/config:2: there is no section [services x]\n  add it to the config file, or remove the setting",
            )
            .way(&[edit("config", "services = x\n", "")]),
        role("EndpointNotUrl", "endpoint_url = sts.example")
            .says("~/.aws/config:2: `sts.example` is not an endpoint URL\n  use https://sts.example")
            .way(&[edit("config", "sts.example", "https://sts.example")]),
        role("EndpointNotUrl", "endpoint_url = sts")
            .says("~/.aws/config:2: `sts` is not an endpoint URL\n  use https://HOST or https://HOST:PORT")
            .way(&[edit("config", "= sts", "= https://sts")])
            .way(&[edit("config", "= sts", "= https://sts:8443")]),
        role("EndpointPlainHttp", "endpoint_url = http://sts.example")
            .says(
                "~/.aws/config:2: `http://sts.example` would send the MFA code unencrypted\n  \
                 use https://; http:// is allowed only to this machine (localhost, 127.0.0.1, [::1])",
            )
            .way(&[edit("config", "http:", "https:")])
            .way(&[edit("config", "sts.example", "localhost")])
            .way(&[edit("config", "sts.example", "127.0.0.1")])
            .way(&[edit("config", "sts.example", "[::1]")]),
        role("EndpointWithVariants", "endpoint_url = https://sts.example\nuse_fips_endpoint = true")
            .says(
                "an endpoint URL (~/.aws/config:2) cannot be combined with FIPS or dual-stack endpoints \
                 (~/.aws/config:3)\n  remove one of the two settings",
            )
            .way(&[edit("config", "endpoint_url = https://sts.example\n", "")])
            .way(&[edit("config", "use_fips_endpoint = true\n", "")]),
    ]
}

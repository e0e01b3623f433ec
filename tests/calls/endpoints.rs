//! Which STS endpoint is called: precedence of the settings, invalid endpoints, and the host for every region.

use crate::support::failure_statement;
use crate::support::file_texts;
use crate::support::home::{Home, credentials_section};
use crate::support::no_effect;
use crate::support::planned::Planned;
use crate::support::program::Program;
use crate::support::sts::Sts;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use mfa_env::environment;
use mfa_env::error::Result;
use mfa_env::origin::{Origin, Sourced};
use mfa_env::plan::{Endpoint, IamEndpoint, Overrides};
use mfa_env::profile::{AwsFiles, Chain, ProfileName, Region};
use mfa_env::variables::Variables;
use std::future::IntoFuture;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

trials![
    uses_the_same_hosts_as_the_sdk,
    applies_endpoint_settings_in_order_of_precedence,
    ignores_configured_endpoints_on_request,
    finds_the_iam_endpoint_by_the_same_rules,
    refuses_plain_http_except_on_loopback,
    refuses_an_invalid_endpoint_url,
    refuses_fips_or_dual_stack_with_an_endpoint_url,
    applies_region_settings_in_order_of_precedence,
    ignores_a_region_set_by_an_earlier_session,
    every_partition_has_a_default_region,
    refuses_a_configured_region_of_another_partition,
    legacy_means_the_global_endpoint,
    refuses_invalid_endpoint_settings,
    names_a_custom_endpoint_in_the_summary,
];

const ROLE: &str = "arn:aws:iam::123456789012:role/admin";

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().copied().collect()
}

/// The plan for `[profile r]` with these lines, a role assumed with keys; `role` may be in any partition.
fn plan_of(lines: &str, role: &str, pairs: &[(&str, &str)]) -> Result<Planned> {
    let config = format!(
        "[services s]\nsts =\n  endpoint_url = https://services.invalid\n[profile r]\nrole_arn = {role}\n\
         source_profile = k\n{lines}\n"
    );
    let keys = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let texts = file_texts::of(&config, keys);
    let files = AwsFiles::index(&texts);
    let chain = Chain::walk(&files, &ProfileName::parse("r").expect("a name"), None)?;
    let variables = environment::without_session(&variables(pairs)).into_owned();
    Planned::make(chain, &Overrides::default(), environment::ambient_region(&variables)?, &variables)
}

fn endpoint_of(lines: &str, pairs: &[(&str, &str)]) -> Endpoint {
    plan_of(lines, ROLE, pairs).unwrap_or_else(|e| panic!("{lines} {pairs:?}: {e}")).plan.endpoint
}

/// The region and the host of the planned endpoint.
fn region_and_host(lines: &str, role: &str, pairs: &[(&str, &str)]) -> (String, String) {
    let endpoint = plan_of(lines, role, pairs).unwrap_or_else(|e| panic!("{lines} {pairs:?}: {e}")).plan.endpoint;
    (endpoint.region.value.to_string(), endpoint.host())
}

// faults 119, 121
fn uses_the_same_hosts_as_the_sdk() {
    let sdk_host = |region: &str, fips: bool, dual: bool| -> Option<String> {
        let params = Params::builder().region(region).use_fips(fips).use_dual_stack(dual).build().expect("parameters");
        let resolver = DefaultResolver::new();
        let found = match pin!(resolver.resolve_endpoint(&params).into_future())
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(found) => found.ok()?,
            Poll::Pending => panic!("the SDK's endpoint rules are waiting for something"),
        };
        Some(found.url().trim_start_matches("https://").to_owned())
    };
    let mut compared = 0;
    for region in [
        "us-east-1",
        "eu-central-1",
        "ap-southeast-7",
        "il-central-1",
        "mx-central-1",
        "me-south-1",
        "af-south-1",
        "sa-east-1",
        "ca-west-1",
        "us-gov-west-1",
        "us-gov-east-1",
        "cn-north-1",
        "cn-northwest-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-iso-west-1",
        "us-isob-east-1",
        "us-isob-west-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
        "us-isof-east-1",
        "xx-foo-1",
        "aws-global",
    ] {
        for (fips, dual) in [(false, false), (true, false), (false, true), (true, true)] {
            if region == "aws-global" && (fips || dual) {
                continue;
            }
            let endpoint = Endpoint {
                region: Sourced::default_of(Region::parse(region).expect("a region")),
                url: None,
                fips: fips.then_some(Origin::Default),
                dual_stack: dual.then_some(Origin::Default),
                legacy: None,
                ca_bundle: None,
                certificates: vec![],
                iam: IamEndpoint::Aws,
            };
            // The SDK rejects some of these; our host then only appears in its error.
            if let Some(host) = sdk_host(region, fips, dual) {
                assert_eq!(endpoint.host(), host, "{region} fips {fips} dual-stack {dual}");
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

// fault 120
fn applies_endpoint_settings_in_order_of_precedence() {
    let sts = ("AWS_ENDPOINT_URL_STS", "https://sts-variable.invalid");
    let all = ("AWS_ENDPOINT_URL", "https://variable.invalid");
    let (services, own) = ("services = s\n", "endpoint_url = https://own.invalid\n");
    let both = format!("{own}{services}");
    for (lines, pairs, host, origin) in [
        (both.as_str(), &[all, sts][..], "sts-variable.invalid", "AWS_ENDPOINT_URL_STS"),
        (&both, &[all], "variable.invalid", "AWS_ENDPOINT_URL"),
        (&both, &[all, ("AWS_ENDPOINT_URL_STS", " ")], "variable.invalid", "AWS_ENDPOINT_URL"),
        (&both, &[], "services.invalid", "/config:2"),
        (own, &[], "own.invalid", "/config:7"),
        (own, &[("AWS_ENDPOINT_URL_IAM", "https://iam.invalid")], "own.invalid", "/config:7"),
    ] {
        let endpoint = endpoint_of(lines, pairs);
        let found = (endpoint.host(), endpoint.url.expect("a custom endpoint").origin.to_string());
        assert_eq!(found, (host.to_owned(), origin.to_owned()), "{lines} {pairs:?}");
    }
    assert_eq!(endpoint_of("", &[]).url, None);
    // Nothing is inherited from the source profile.
    let own = "[profile k]\nendpoint_url = https://source.invalid\nregion = eu-west-1";
    assert_eq!(region_and_host(own, ROLE, &[]).1, "sts.us-east-1.amazonaws.com");
}

// fault 120
fn ignores_configured_endpoints_on_request() {
    let pairs = [("AWS_ENDPOINT_URL_STS", "https://a.invalid"), ("AWS_ENDPOINT_URL", "https://b.invalid")];
    for value in ["true", "True", "TRUE"] {
        let mut off = pairs.to_vec();
        off.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value));
        assert_eq!(endpoint_of("services = s\nendpoint_url = https://c.invalid", &off).url, None, "{value}");
        assert_eq!(endpoint_of(&format!("ignore_configured_endpoint_urls = {value}"), &pairs).url, None, "{value}");
    }
    for value in ["false", ""] {
        let mut on = pairs.to_vec();
        on.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value));
        assert_eq!(endpoint_of("", &on).host(), "a.invalid", "{value}");
    }
    assert_eq!(endpoint_of("ignore_configured_endpoint_urls = false", &pairs).host(), "a.invalid");
}

/// Asserts that this endpoint is refused, from a variable and from a profile, before a code is asked for.
fn assert_refused(url: &str, says: &str) {
    let keys = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let device = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let home = Home::with(&format!("[profile k]\n{device}"), keys);
    for code in [&[][..], &["123456"]] {
        let arguments = ["--profile", "k", "--shell", "sh"].iter().chain(code);
        let message = format!("mfa-env: AWS_ENDPOINT_URL_STS: {says}");
        let program = Program::new(&home, arguments.copied()).env("AWS_ENDPOINT_URL_STS", url);
        program.fails(3).stdout(failure_statement::of("sh", 3)).says(message).run();
    }
    let home = Home::with(&format!("[profile k]\n{device}endpoint_url = {url}\n"), keys);
    let message = format!("mfa-env: ~/.aws/config:3: {says}");
    Program::new(&home, ["k", "123456", "--shell", "sh"])
        .fails(3)
        .stdout(failure_statement::of("sh", 3))
        .says(message)
        .run();
}

// fault 120
fn finds_the_iam_endpoint_by_the_same_rules() {
    let (at, aws, none) = (|url: &str| url.to_owned(), "AWS".to_owned(), "not called".to_owned());
    let iam = ("AWS_ENDPOINT_URL_IAM", "https://iam-variable.invalid");
    let sts = ("AWS_ENDPOINT_URL_STS", "https://sts-variable.invalid");
    let all = ("AWS_ENDPOINT_URL", "https://variable.invalid");
    let off = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let own = "endpoint_url = https://own.invalid\n";
    let services = "services = t\n[services t]\niam =\n  endpoint_url = https://iam-services.invalid\n";
    for (lines, pairs, found) in [
        (format!("{own}{services}"), &[sts, all, iam][..], at("https://iam-variable.invalid")),
        (format!("{own}{services}"), &[sts, all], at("https://variable.invalid")),
        (format!("{own}{services}"), &[sts], at("https://iam-services.invalid")),
        (own.to_owned(), &[sts], at("https://own.invalid")),
        (format!("{own}services = s\n"), &[], at("https://own.invalid")),
        (String::new(), &[iam], at("https://iam-variable.invalid")),
        // AWS's own IAM endpoint is used only if STS is AWS's own, too.
        (String::new(), &[], aws.clone()),
        (String::new(), &[sts], none.clone()),
        ("services = s\n".to_owned(), &[], none.clone()),
        (format!("{own}{services}"), &[sts, all, iam, off], aws.clone()),
        (format!("ignore_configured_endpoint_urls = true\n{own}"), &[sts, iam], aws.clone()),
        // An invalid IAM endpoint does not stop the sign-in.
        (String::new(), &[("AWS_ENDPOINT_URL_IAM", "http://iam.invalid")], none.clone()),
        (String::new(), &[("AWS_ENDPOINT_URL_IAM", "iam.invalid")], none.clone()),
    ] {
        let used = match endpoint_of(&lines, pairs).iam {
            IamEndpoint::Aws => aws.clone(),
            IamEndpoint::At(url) => url.value,
            IamEndpoint::NotCalled(_) => none.clone(),
        };
        assert_eq!(used, found, "{lines} {pairs:?}");
    }
}

// fault 120
fn refuses_plain_http_except_on_loopback() {
    for host in [
        "sts.invalid",
        "127.0.0.1.evil.invalid",
        "localhost.evil.invalid",
        "127.0.0.1.:80",
        "127.1",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.0.1:4566",
        "2130706433",
        "0x7f.1",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "xlocalhost",
    ] {
        let url = format!("http://{host}");
        assert_refused(
            &url,
            &format!(
                "`{url}` would send the MFA code unencrypted\n  \
                 use https://; http:// is allowed only to this machine (localhost, 127.0.0.1, [::1])\n"
            ),
        );
    }
    for host in ["127.0.0.1", "127.0.0.1:1", "127.8.9.10:4566", "localhost", "LocalHost:4566", "[::1]", "[::1]:4566"] {
        let url = format!("http://{host}/");
        assert_eq!(endpoint_of("", &[("AWS_ENDPOINT_URL", &url)]).host(), host);
    }
}

// fault 120
fn refuses_an_invalid_endpoint_url() {
    for url in ["sts.invalid", "sts.invalid:8443"] {
        assert_refused(url, &format!("`{url}` is not an endpoint URL\n  use https://{url}\n"));
    }
    for url in [
        "//sts.invalid",
        "sts.invalid:",
        "sts.invalid:https",
        "ftp://sts.invalid",
        "HTTPS://sts.invalid",
        "https:/sts.invalid",
        "https://",
        "https:///path",
        "https://user@sts.invalid",
        "https://user:password@sts.invalid",
        "http://localhost:1@evil.invalid",
        "http://127.0.0.1@evil.invalid/",
        "http://127.0.0.1\\@evil.invalid/",
        "http://127.0.0.1#@evil.invalid",
        "http://127.0.0.1?@evil.invalid",
        "https://sts.invalid:",
        "https://sts.invalid:+443",
        "https://sts.invalid:65536",
        "https://sts.invalid:443:443",
        "https://sts.invalid?x=y",
        "https://sts.invalid/?x=y",
        "https://sts invalid",
        "https://sts.ínvalid",
        "https://[::1",
        "https://[sts.invalid]",
        "https://[::1]x",
        "https://%73ts.invalid",
    ] {
        // What is before the host may be a password.
        let shown = match url.split_once("://").zip(url.rsplit_once('@')) {
            Some(((scheme, _), (_, host))) => format!("{scheme}://(not shown)@{host}"),
            None => url.to_owned(),
        };
        assert_refused(url, &format!("`{shown}` is not an endpoint URL\n  use https://HOST or https://HOST:PORT\n"));
    }
}

// fault 121
fn refuses_fips_or_dual_stack_with_an_endpoint_url() {
    let url = ("AWS_ENDPOINT_URL", "https://sts.invalid");
    for (lines, pairs, variant) in [
        ("", &[url, ("AWS_USE_FIPS_ENDPOINT", "true")][..], "AWS_USE_FIPS_ENDPOINT"),
        ("", &[url, ("AWS_USE_DUALSTACK_ENDPOINT", "True")], "AWS_USE_DUALSTACK_ENDPOINT"),
        ("use_fips_endpoint = true", &[url], "/config:7"),
        ("use_dualstack_endpoint = TRUE", &[url], "/config:7"),
    ] {
        let e = plan_of(lines, ROLE, pairs).expect_err(lines);
        assert_eq!(e.exit_code(), 3);
        let message = format!(
            "an endpoint URL (AWS_ENDPOINT_URL) cannot be combined with FIPS or dual-stack endpoints ({variant})\n  \
             remove one of the two settings"
        );
        assert_eq!(e.to_string(), message);
    }
    // The variable takes precedence, even with the value `false`.
    let off = [url, ("AWS_USE_FIPS_ENDPOINT", "false"), ("AWS_USE_DUALSTACK_ENDPOINT", "false")];
    assert_eq!(endpoint_of("use_fips_endpoint = true\nuse_dualstack_endpoint = true", &off).host(), "sts.invalid");
    let fips = endpoint_of("use_fips_endpoint = true\nregion = eu-west-1", &[]);
    assert_eq!(
        (fips.host().as_str(), fips.fips.is_some(), fips.dual_stack.is_some()),
        ("sts-fips.eu-west-1.amazonaws.com", true, false)
    );
    let both = endpoint_of("use_dualstack_endpoint = true\nregion = eu-west-1", &[("AWS_USE_FIPS_ENDPOINT", "true")]);
    assert_eq!(
        (both.host().as_str(), both.fips.is_some(), both.dual_stack.is_some()),
        ("sts-fips.eu-west-1.api.aws", true, true)
    );
}

// fault 119
fn applies_region_settings_in_order_of_precedence() {
    let (first, second) = (("AWS_REGION", "eu-west-2"), ("AWS_DEFAULT_REGION", "eu-west-1"));
    for (lines, pairs, region) in [
        ("region = eu-west-3", &[first, second][..], "eu-west-3"),
        ("", &[first, second], "eu-west-2"),
        ("", &[second], "eu-west-1"),
        ("", &[("AWS_REGION", ""), second], "eu-west-1"),
        ("region =", &[second], "eu-west-1"),
        ("", &[], "us-east-1"),
        ("[default]\nregion = eu-west-3\n[profile k]\nregion = eu-west-3", &[], "us-east-1"),
    ] {
        let host = format!("sts.{region}.amazonaws.com");
        assert_eq!(region_and_host(lines, ROLE, pairs), (region.to_owned(), host), "{lines} {pairs:?}");
    }
    let e = plan_of("", ROLE, &[("AWS_REGION", "eu west 1")]).expect_err("no region");
    assert_eq!(
        (e.exit_code(), e.to_string().lines().next()),
        (2, Some("AWS_REGION is `eu west 1`, which is not a region name"))
    );
    for bad in ["a.b", "x/y", "evil.invalid#", "-x", "x-", &"x".repeat(64)] {
        let e = plan_of(&format!("region = {bad}"), ROLE, &[]).expect_err(bad);
        assert_eq!(e.exit_code(), 3, "{bad}");
    }
}

// fault 119
fn ignores_a_region_set_by_an_earlier_session() {
    let before =
        "2:AWS_ACCESS_KEY_ID=->ASIAIOSFODNN7EXAMPLE,AWS_REGION=->sa-east-1,AWS_DEFAULT_REGION=eu-north-1>sa-east-1";
    let session = [("AWS_REGION", "sa-east-1"), ("AWS_DEFAULT_REGION", "sa-east-1"), ("MFA_ENV_BEFORE", before)];
    assert_eq!(region_and_host("", ROLE, &session).0, "eu-north-1");
    // Changed by the user since then, so it is used.
    let changed = [("AWS_REGION", "eu-south-1"), ("AWS_DEFAULT_REGION", "sa-east-1"), ("MFA_ENV_BEFORE", before)];
    assert_eq!(region_and_host("", ROLE, &changed).0, "eu-south-1");
}

// fault 119
fn every_partition_has_a_default_region() {
    for (partition, region, host) in [
        ("aws", "us-east-1", "sts.us-east-1.amazonaws.com"),
        ("aws-cn", "cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ("aws-eusc", "eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"),
        ("aws-iso", "us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov"),
        ("aws-iso-b", "us-isob-east-1", "sts.us-isob-east-1.sc2s.sgov.gov"),
        ("aws-iso-e", "eu-isoe-west-1", "sts.eu-isoe-west-1.cloud.adc-e.uk"),
        ("aws-iso-f", "us-isof-south-1", "sts.us-isof-south-1.csp.hci.ic.gov"),
    ] {
        let role = ROLE.replace("arn:aws:", &format!("arn:{partition}:"));
        assert_eq!(region_and_host("", &role, &[]), (region.to_owned(), host.to_owned()));
        assert_eq!(region_and_host(&format!("region = {region}"), &role, &[]).1, host);
        // An unknown kind of region is accepted.
        assert_eq!(region_and_host("region = xx-foo-1", &role, &[]).0, "xx-foo-1");
    }
}

// faults 65, 119
fn refuses_a_configured_region_of_another_partition() {
    let china = "arn:aws-cn:iam::123456789012:role/admin";
    let e = plan_of("region = eu-west-1", china, &[]).expect_err("another partition");
    assert_eq!(e.exit_code(), 3);
    assert_eq!(
        e.to_string(),
        "region eu-west-1 (/config:7) does not match partition aws-cn (/config:5)\n  \
         correct one of them: credentials are valid in one AWS partition only"
    );
    // One from the environment is ignored with a warning.
    let plan = plan_of("", china, &[("AWS_REGION", "eu-west-1")]).expect("a plan");
    assert_eq!(plan.endpoint.host(), "sts.cn-northwest-1.amazonaws.com.cn");
    assert_eq!(
        plan.warnings,
        ["region eu-west-1 (AWS_REGION) is not in partition aws-cn, where the session works, so cn-northwest-1 is \
             used and exported instead; set region in the profile [region-replaced]"]
    );
}

// fault 119
fn legacy_means_the_global_endpoint() {
    let legacy = [("AWS_STS_REGIONAL_ENDPOINTS", "legacy")];
    let global = ("aws-global".to_owned(), "sts.amazonaws.com".to_owned());
    assert_eq!(region_and_host("region = eu-west-1", ROLE, &legacy), global);
    assert_eq!(region_and_host("region = eu-west-1\nsts_regional_endpoints = legacy", ROLE, &[]), global);
    assert_eq!(region_and_host("region = aws-global", ROLE, &[]), global);
    let regional = [("AWS_STS_REGIONAL_ENDPOINTS", "regional")];
    for (lines, pairs, host) in [
        ("region = eu-west-1\nsts_regional_endpoints = legacy", &regional[..], "sts.eu-west-1.amazonaws.com"),
        // A region that opened after the global endpoint was superseded.
        ("region = eu-south-1", &legacy, "sts.eu-south-1.amazonaws.com"),
        ("region = eu-west-1\nuse_fips_endpoint = true", &legacy, "sts-fips.eu-west-1.amazonaws.com"),
        ("region = eu-west-1\nendpoint_url = https://own.invalid", &legacy, "own.invalid"),
    ] {
        assert_eq!(region_and_host(lines, ROLE, pairs).1, host, "{lines}");
    }
    let china = "arn:aws-cn:iam::123456789012:role/admin";
    assert_eq!(region_and_host("", china, &legacy).1, "sts.cn-northwest-1.amazonaws.com.cn");
}

// faults 120, 121
fn refuses_invalid_endpoint_settings() {
    for (lines, pairs, says) in [
        (
            "use_fips_endpoint = yes",
            &[][..],
            "/config:7: use_fips_endpoint is `yes`, which is not valid\n  use true or false",
        ),
        (
            "use_dualstack_endpoint = 1",
            &[],
            "/config:7: use_dualstack_endpoint is `1`, which is not valid\n  use true or false",
        ),
        (
            "ignore_configured_endpoint_urls = x",
            &[],
            "/config:7: ignore_configured_endpoint_urls is `x`, which is not valid\n  use true or false",
        ),
        (
            "sts_regional_endpoints = global",
            &[],
            "/config:7: sts_regional_endpoints is `global`, which is not valid\n  use regional or legacy",
        ),
        (
            "",
            &[("AWS_STS_REGIONAL_ENDPOINTS", "x")],
            "AWS_STS_REGIONAL_ENDPOINTS: sts_regional_endpoints is `x`, which is not valid\n  use regional or legacy",
        ),
    ] {
        let e = plan_of(lines, ROLE, pairs).expect_err(says);
        assert_eq!((e.exit_code(), e.to_string().as_str()), (3, says));
    }
}

/// A repository's `.env` file could redirect the code, so the summary says where it was sent.
fn names_a_custom_endpoint_in_the_summary() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let host = sts.url().replace("http://", "");
    let config = format!("[profile main]\nmfa_serial = {}\nendpoint_url = {}/\n", alice.mfa_serial, sts.url());
    let home = Home::with(&config, &credentials_section("main", &alice));
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says(format!("12 h left, via {host} (~/.aws/config:3)\n"))
        .run();
    assert_eq!(sts.take_calls()[0].host, host);
    let without_credentials = Home::with("[profile main]\n", "");
    no_effect::assert_no_effect(&without_credentials, &sts, &["main"], 3, &["profile main has no credentials"]);
}

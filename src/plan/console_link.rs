//! The links of a console sign-in (IAM user guide, "Enable custom identity broker access to the AWS console").

use super::Plan;
use super::call::{Operation, Signer};
use super::endpoint_url::{check_url, custom_url};
use super::partition::{Partition, partition_or_aws};
use crate::credentials::Secret;
use crate::error::Result;
use crate::origin::Origin;
use crate::profile::{KeyLifetime, ServiceSettings};
use crate::variables::Variables;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a value in a query keeps.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Services whose place in the console has another name than their commands.
const PLACES: [(&str, &str); 8] = [
    ("dynamodb", "dynamodbv2"),
    ("logs", "cloudwatch"),
    ("ssm", "systems-manager"),
    ("stepfunctions", "states"),
    ("sso", "singlesignon"),
    ("sso-admin", "singlesignon"),
    ("elb", "ec2"),
    ("elbv2", "ec2"),
];

/// The name of a service, as in a command of the AWS CLI or in the address of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceName(String);

impl ServiceName {
    /// Parses a name: 1 to 40 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let is_valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        ((1..=40).contains(&text.len()) && text.bytes().all(is_valid)).then(|| ServiceName(text.to_owned()))
    }

    fn place(&self) -> &str {
        PLACES.iter().find(|(name, _)| *name == self.0).map_or(&self.0, |(_, place)| place)
    }
}

/// The addresses of a console sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLink {
    /// The federation endpoint, without a query.
    pub federation: String,
    /// Where that address comes from, if it is not AWS's.
    pub origin: Option<Origin>,
    /// The page of AWS Sign-In that signs out, without a query.
    sign_out: String,
    /// The page of the console to open.
    pub destination: String,
    /// How long the console may be used, in seconds. `None` if AWS does not allow choosing it: then that is as long as the
    /// session lasts.
    pub duration: Option<u32>,
}

impl ConsoleLink {
    /// The addresses for the session of a plan.
    ///
    /// # Errors
    /// A variable has an invalid endpoint for AWS Sign-In.
    pub fn of(plan: &Plan, service: Option<&ServiceName>, variables: &Variables) -> Result<Self> {
        let region = &plan.endpoint.region;
        let partition = Partition::named(&plan.partition).unwrap_or_else(|| partition_or_aws(&region.value));
        let own = custom_url("AWS_ENDPOINT_URL_SIGNIN", None, &ServiceSettings::default(), variables)?;
        own.as_ref().map(check_url).transpose()?;
        let origin = own.as_ref().map(|url| url.origin.clone());
        let sign_in = own.map_or_else(
            || format!("https://{}", partition.sign_in_host()),
            |url| url.value.trim_end_matches('/').to_owned(),
        );
        let region = plan.region.as_ref().map_or_else(
            || if region.origin.is_default() { None } else { Some(&region.value) },
            |region| Some(&region.value),
        );
        let region = region.filter(|region| region.as_str() != "aws-global");
        let place = service.map_or("console", ServiceName::place);
        let in_region = region.map_or_else(String::new, |region| format!("?region={region}"));
        Ok(ConsoleLink {
            federation: format!("{sign_in}/federation"),
            origin,
            sign_out: format!("{sign_in}/oauth"),
            destination: format!("https://{}/{place}/home{in_region}", partition.console_host()),
            duration: duration(plan),
        })
    }

    /// The link that signs in, which is a secret for the 15 min that it is valid.
    pub fn sign_in(&self, token: &Secret) -> Secret {
        let [issuer, destination, token] =
            ["mfa-env", &self.destination, token.expose()].map(|text| utf8_percent_encode(text, QUERY));
        let ConsoleLink { federation, .. } = self;
        Secret::new(format!("{federation}?Action=login&Issuer={issuer}&Destination={destination}&SigninToken={token}"))
    }

    /// A link that signs out, and then follows the other one.
    pub fn after_sign_out(&self, sign_in: &Secret) -> Secret {
        let next = utf8_percent_encode(sign_in.expose(), QUERY);
        Secret::new(format!("{}?Action=logout&redirect_uri={next}", self.sign_out))
    }
}

/// The duration of the role session, if long-term keys have assumed the role: AWS refuses a duration for a role that was
/// assumed from a session (IAM user guide, as above).
fn duration(plan: &Plan) -> Option<u32> {
    let is_direct = matches!(plan.call.operation, Operation::AssumeRole { .. })
        && matches!(plan.call.signer, Signer::Keys(_))
        && plan.call.source().source.lifetime() == KeyLifetime::LongTerm;
    is_direct.then(|| plan.call.duration.value.seconds())
}

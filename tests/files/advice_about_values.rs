//! Advice about values that break a rule; see `advice.rs`.

use super::advice::{DEVICE, KEYS, ROLE, role};
use crate::support::advised::Step::Set;
use crate::support::advised::{Case, edit, run};

trials![advice_about_values_works,];

const ARN: &str = "arn:aws:iam::123456789012";

fn advice_about_values_works() {
    values().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    values()
}

fn values() -> Vec<Case> {
    let says = |setting: &str, says: &str| format!("~/.aws/config:2: {setting} is {says}");
    let role_arn = "a role ARN looks like arn:aws:iam::123456789012:role/NAME";
    let device_arn = "an MFA device ARN looks like arn:aws:iam::123456789012:mfa/alice";
    let value = |kind, setting: &str, wrong: &str, problem: &str, advice: &str, right: &str| {
        role(kind, &format!("{setting} = {wrong}"))
            .says(says(setting, &format!("`{wrong}`, {problem}\n  {advice}")))
            .way(&[edit("config", format!("{setting} = {wrong}\n"), format!("{setting} = {right}\n"))])
    };
    let (device, arn) = (format!("{ARN}:mfa/alice"), format!("{ARN}:role/admin"));
    let digits = "write all 12 digits of the account ID, including leading zeros";
    let range = "use 900 to 43200 seconds (15 min to 12 h)";
    vec![
        role("value Empty", "external_id =")
            .says(says("external_id", "empty\n  give it a value, or remove it"))
            .way(&[edit("config", "external_id =", "external_id = x1")])
            .way(&[edit("config", "external_id =\n", "")]),
        value(
            "value Length",
            "external_id",
            "x",
            "which has fewer than 2 characters",
            "use 2 to 1224 characters",
            "x1",
        ),
        value(
            "value Characters",
            "role_session_name",
            "a b",
            "which contains a character that AWS does not allow",
            "use only letters, digits and _+=,.@-",
            "a-b",
        ),
        value(
            "value NotSeconds",
            "duration_seconds",
            "1h",
            "which is not a whole number of seconds",
            "use digits only, 900 to 43200 seconds",
            "3600",
        ),
        value("value Range", "duration_seconds", "60", "which is out of range", range, "900"),
        value("value NotARoleArn", "role_arn", "admin", "which is not a role ARN", role_arn, &arn),
        value("value UserArn", "role_arn", &format!("{ARN}:user/a"), "which is a user, not a role", role_arn, &arn),
        value(
            "value AccountDigits",
            "role_arn",
            "arn:aws:iam::12345678901:role/admin",
            "whose account ID does not have 12 digits",
            digits,
            "arn:aws:iam::012345678901:role/admin",
        ),
        value(
            "value Length",
            "mfa_serial",
            "alice",
            "which is not an ARN",
            &format!("{device_arn};\n  for a hardware token, use its serial number"),
            "GAHT12345678",
        ),
        value(
            "value NotADevice",
            "mfa_serial",
            &format!("{ARN}:role/alice"),
            "which is not an MFA device ARN",
            device_arn,
            &device,
        ),
        value(
            "value U2fDevice",
            "mfa_serial",
            &format!("{ARN}:u2f/user/alice/key"),
            "which is a security key or passkey and does not generate codes",
            "register an authenticator app as well, and use that: mfa-env enroll PROFILE",
            &device,
        ),
        value(
            "value UserAsDevice",
            "mfa_serial",
            &format!("{ARN}:user/alice"),
            "which is the user, not the user's MFA device",
            &format!("{device_arn};\n  find yours with: mfa-env device PROFILE"),
            &device,
        ),
        value(
            "value NotARegion",
            "region",
            "Frankfurt (EU)",
            "which is not a region name",
            "use eu-central-1",
            "eu-central-1",
        ),
        role("value Continued", "region = eu-west-1\n  output = json")
            .says(
                "~/.aws/config:2: region continues on an indented line\n  \
                 write it in one line, and do not indent the settings below it",
            )
            .way(&[edit("config", "  output", "output")]),
        Case::of("value Continued", &["r"])
            .config(format!(
                "[profile r]\n{ROLE}source_profile = k\nregion = eu-west-1\n  [profile other]\noutput = json\n"
            ))
            .credentials(KEYS)
            .says(
                "~/.aws/config:4: region continues on an indented line\n  \
                 the line is a section header; remove its indentation",
            )
            .way(&[edit("config", "  [profile other]", "[profile other]")]),
        Case::of("value Continued", &["r"])
            .config(format!("[profile r]\nsource_profile = k\n  {ROLE}"))
            .credentials(KEYS)
            .says(
                "~/.aws/config:2: source_profile continues on an indented line\n  \
                 write it in one line, and do not indent the settings below it",
            )
            .way(&[edit("config", "  role", "role")]),
        Case::of("value Control", &["r"])
            .config(format!("[profile r]\n{ROLE}source_profile = k\u{7f}\n"))
            .credentials(KEYS)
            .says(
                "~/.aws/config:3: source_profile is `k\\x7f`, which contains a control character\n  \
                 remove that character",
            )
            .way(&[edit("config", "\u{7f}", "")]),
        Case::of("value NotADuration", &["r", "-d", "1d"])
            .config(format!("[profile r]\n{ROLE}source_profile = k\n"))
            .credentials(KEYS)
            .fails(2)
            .says(
                "--duration is `1d`, which is not a duration\n  \
                 use a number of seconds, or a duration such as 45m or 12h",
            )
            .way(&[run(&["r", "-d", "12h"])])
            .way(&[run(&["r", "-d", "43200"])]),
        Case::of("BadSetting", &["k"])
            .config(format!("[profile k]\n{DEVICE}use_fips_endpoint = yes\n"))
            .credentials(KEYS)
            .says("~/.aws/config:3: use_fips_endpoint is `yes`, which is not valid\n  use true or false")
            .way(&[edit("config", "yes", "true")])
            .way(&[edit("config", "yes", "false")]),
        Case::of("BadSetting", &["k"])
            .config(format!("[profile k]\n{DEVICE}"))
            .credentials(KEYS)
            .variable("AWS_STS_REGIONAL_ENDPOINTS", "all")
            .says(
                "AWS_STS_REGIONAL_ENDPOINTS: sts_regional_endpoints is `all`, which is not valid\n  \
                 use regional or legacy",
            )
            .way(&[Set("AWS_STS_REGIONAL_ENDPOINTS", "regional".into())])
            .way(&[Set("AWS_STS_REGIONAL_ENDPOINTS", "legacy".into())]),
        Case::of("PartitionMismatch", &["k"])
            .config(format!("[profile k]\n{DEVICE}region = cn-north-1\n"))
            .credentials(KEYS)
            .says(
                "region cn-north-1 (~/.aws/config:3) does not match partition aws (~/.aws/config:2)\n  \
                 correct one of them: credentials are valid in one AWS partition only",
            )
            .way(&[edit("config", "cn-north-1", "eu-west-1")])
            .way(&[edit("config", "arn:aws:", "arn:aws-cn:")]),
    ]
}

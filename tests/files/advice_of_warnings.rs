//! The advice of the warnings about the AWS files makes them go away; see `advice.rs`.

use super::advice::{DEVICE, KEYS, ROLE, TEMPORARY};
use crate::support::advised::Step::{Set, Unset, Write};
use crate::support::advised::{Case, append, edit};

trials![advice_of_warnings_works,];

// faults 156, 160
fn advice_of_warnings_works() {
    warnings().iter().for_each(Case::check_warning);
}

/// Warnings about the files. Each one is the only warning of `explain`.
fn warnings() -> Vec<Case> {
    let keys = |kind: &'static str, config: String| Case::of(kind, &["k"]).config(config).credentials(KEYS);
    let plain = format!("[profile k]\n{DEVICE}");
    let twice = "the last one is used, but the AWS CLI rejects the file; remove one of them";
    vec![
        keys("duplicate-key", format!("{plain}region = eu-west-1\nregion = eu-west-2\n"))
            .says(format!("region is defined twice (~/.aws/config:3, ~/.aws/config:4): {twice}"))
            .way(&[edit("config", "region = eu-west-1\n", "")])
            .way(&[edit("config", "region = eu-west-2\n", "")]),
        keys("duplicate-section", format!("{plain}[profile k]\nregion = eu-west-1\n"))
            .says(format!("[k] is defined twice (~/.aws/config:1, ~/.aws/config:3): {twice}"))
            .way(&[edit("config", "[profile k]\nregion", "region")]),
        keys("byte-order-mark", format!("\u{feff}{plain}"))
            .says("~/.aws/config starts with a byte order mark, and the AWS CLI rejects the file; save it without one")
            .way(&[Write("config", plain.clone())]),
        keys("colon-separator", format!("{plain}region: eu-west-1\n"))
            .says(
                "~/.aws/config:3: a setting with `:` instead of `=`; the AWS CLI reads it, but the SDK for JavaScript \
                 ignores the line, and those for Java and Rust reject the file; write `=`",
            )
            .way(&[edit("config", "region:", "region =")]),
        keys("colon-separator", format!("{plain}s3 =\n  addressing_style: path\n"))
            .says(
                "~/.aws/config:4: a setting with `:` instead of `=`; mfa-env reads it, but the AWS CLI and the SDKs for \
                 Java and Rust reject the file; write `=`",
            )
            .way(&[edit("config", "addressing_style:", "addressing_style =")]),
        keys("inline-comment", format!("{plain}region = eu-west-1 # near\n"))
            .says("the AWS CLI reads the comment after region (~/.aws/config:3) as part of the value; \
                 move it to a separate line")
            .way(&[edit("config", " # near", "\n# near")]),
        keys("quoted-value", format!("{plain}aws_account_id = '123456789012'\n")).says(
            "every tool except the SDK for Go reads the quotes around aws_account_id (~/.aws/config:3) as part of the \
             value; remove them",
        )
        .way(&[edit("config", "'123456789012'", "123456789012")]),
        Case::of("missing-file", &["r"])
            .credentials(format!("{KEYS}[r]\n{ROLE}source_profile = k\n"))
            .variable("AWS_CONFIG_FILE", "~/old")
            .says("AWS_CONFIG_FILE names ~/old, which does not exist; correct or unset AWS_CONFIG_FILE")
            .way(&[Unset("AWS_CONFIG_FILE")])
            .way(&[append("config", ""), Set("AWS_CONFIG_FILE", "~/.aws/config".into())]),
        keys("stray-session-token", plain.clone())
            .file("credentials", format!("{KEYS}aws_session_token = x\n"))
            .says(
                "profile k has a session token (~/.aws/credentials:4) with a long-term access key; AWS rejects the \
                 two together, so the token is ignored: remove that line",
            )
            .way(&[edit("credentials", "aws_session_token = x\n", "")]),
        keys("device-of-other-account", format!("{plain}aws_account_id = 210987654321\n"))
            .says(
                "MFA device arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2) belongs to a different account than \
                 the access keys (210987654321); correct the device or aws_account_id",
            )
            .way(&[edit("config", "210987654321", "123456789012")])
            .way(&[edit("config", "123456789012:mfa", "210987654321:mfa")]),
        Case::of("unused-device", &["r"])
            .config(format!("{plain}[profile r]\n{ROLE}source_profile = k\n"))
            .credentials(format!("[k]\n{TEMPORARY}aws_session_token = x\n"))
            .says(
                "profile k has temporary credentials, which AWS does not accept with an MFA code, so none is asked \
                 for; remove the MFA device, or use a long-term access key",
            )
            .way(&[edit("config", DEVICE, "")])
            .way(&[Write("credentials", KEYS.into())]),
        Case::of("duration-reduced", &["s"])
            .config(format!(
                "{plain}[profile r]\n{ROLE}source_profile = k\n\
                 [profile s]\n{ROLE}source_profile = r\nduration_seconds = 7200\n"
            ))
            .credentials(KEYS)
            .says(
                "duration_seconds of profile s is reduced from 7200 to 3600 (~/.aws/config:9), the most that AWS \
                 allows for a role assumed from a session; set it to 3600",
            )
            .way(&[edit("config", "7200", "3600")]),
        keys("region-replaced", plain.clone())
            .variable("AWS_REGION", "cn-north-1")
            .says(
                "region cn-north-1 (AWS_REGION) is not in partition aws, where the session works, so us-east-1 is used \
                 and exported instead; set region in the profile",
            )
            .way(&[append("config", "region = eu-west-1\n")]),
        keys("section-read-differently", format!("[ profile k ]\n{DEVICE}"))
            .says(
                "mfa-env and the SDKs read [ profile k ] (~/.aws/config:1) as profile k, the AWS CLI does not; write \
                 [profile k]",
            )
            .way(&[edit("config", "[ profile k ]", "[profile k]")]),
        Case::of("section-read-differently", &["o'neil"])
            .config(format!("[profile o'neil]\n{DEVICE}"))
            .credentials(KEYS.replace("[k]", "[o'neil]"))
            .says(
                "mfa-env reads [profile o'neil] (~/.aws/config:1) as profile o'neil, the AWS CLI and the SDKs do not; \
                 write [profile \"o'neil\"]",
            )
            .way(&[edit("config", "[profile o'neil]", "[profile \"o'neil\"]")]),
        Case::of("section-read-differently", &["default"])
            .config(format!("[profile default]\n{DEVICE}[default]\nregion = eu-west-1\n"))
            .credentials(KEYS.replace("[k]", "[default]"))
            .says(
                "mfa-env and the SDKs use [profile default] (~/.aws/config:1), the AWS CLI [default] \
                 (~/.aws/config:3), because it comes last; remove one of them",
            )
            .way(&[edit("config", "[default]\nregion = eu-west-1\n", "")])
            .way(&[edit("config", format!("[profile default]\n{DEVICE}[default]"), format!("[default]\n{DEVICE}"))]),
        keys("section-read-differently", format!("[DEFAULT]\nregion = eu-west-1\n{plain}"))
            .says(
                "the AWS CLI applies the settings of [DEFAULT] (~/.aws/config:1) to every profile of the file, \
                 mfa-env and the SDKs do not; move them to the profiles that need them",
            )
            .way(&[edit("config", "[DEFAULT]\nregion = eu-west-1\n", ""), append("config", "region = eu-west-1\n")]),
        keys("section-read-differently", format!("{plain}  # mine\n"))
            .says(
                "mfa-env and the AWS CLI read the indented line ~/.aws/config:3 as a comment, the SDKs as part of a \
                 setting, or they reject the file; remove its indentation",
            )
            .way(&[edit("config", "  # mine", "# mine")]),
        keys("section-read-differently", format!("{plain}services = s\n[services s]\nsts =\n\t; mine\n"))
            .says(
                "mfa-env and the AWS CLI read the indented line ~/.aws/config:6 as a comment, the SDKs as part of a \
                 setting, or they reject the file; remove its indentation",
            )
            .way(&[edit("config", "\t; mine", "; mine")]),
        Case::of("section-read-differently", &["r"])
            .config(format!("[profile b]\n  [profile k]\nregion = eu-west-1\n[profile r]\n{ROLE}source_profile = k\n"))
            .credentials(KEYS)
            .says(
                "mfa-env and the AWS CLI read [profile k] (~/.aws/config:2) as a section although it is indented, but \
                 some SDKs reject the file; remove the indentation",
            )
            .way(&[edit("config", "  [profile k]", "[profile k]")]),
    ]
}

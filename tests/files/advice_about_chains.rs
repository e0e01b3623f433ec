//! Advice about role chains and the MFA device; see `advice.rs`.

use super::advice::{DEVICE, KEYS, ROLE};
use crate::support::advised::{Case, append, edit, run};
use crate::support::home::Home;
use crate::support::program::Program;

trials![advice_about_role_chains_works, advice_about_the_device_works, advised_headers_have_the_name_of_the_profile,];

// fault 159
fn advice_about_role_chains_works() {
    role_chains().iter().for_each(Case::check_error);
}

// fault 159
fn advice_about_the_device_works() {
    device().iter().for_each(Case::check_error);
}

/// Names as the credentials file may have them, in which they are not quoted.
// fault 159
fn advised_headers_have_the_name_of_the_profile() {
    for name in ["a b", "o'neil", "say \"x\"", "a\\b", "it's \"x\\y\"", "a#b", "a;b", "日本", "profile", "a\\", "'"] {
        let home = Home::with("", &KEYS.replace("[k]", &format!("[{name}]")));
        let ran = Program::new(&home, ["explain", name, "--no-input"]).fails(3).says("no MFA device").run();
        let (_, rest) = ran.stderr.split_once("\n  add to ").expect("advice");
        let (header, _) = rest.split_once(": mfa_serial = ").expect("advice");
        home.write(".aws/config", format!("{header}\n{DEVICE}"));
        let ran = Program::new(&home, ["explain", "--verbose", name]).run();
        assert!(!ran.stdout.contains("warning"), "{header}: {}", ran.stdout);
    }
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    [role_chains(), device()].into_iter().flatten().collect()
}

fn role_chains() -> Vec<Case> {
    let role = |name: &str, more: &str| format!("[profile {name}]\n{ROLE}{more}");
    let neither = "sets role_arn, but neither source_profile nor credential_source\n  ";
    let unsupported = |how: &str, advice: &str| {
        format!(
            "~/.aws/config:2: profile s gets its credentials from {how}, which this version does not support\n  \
             {advice}"
        )
    };
    let user = "use a profile with the access keys of an IAM user (aws_access_key_id, aws_secret_access_key)";
    let source = |kind, line: &str| {
        let config = format!("[profile s]\n{line}\n[profile k]\n{DEVICE}");
        Case::of(kind, &["s"]).config(config).credentials(KEYS)
    };
    let chain: String = (0..70).map(|i| role(&format!("p{i}"), &format!("source_profile = p{}\n", i + 1))).collect();
    let not_followed = "sets source_profile, but neither role_arn nor access keys\n  add the role_arn to assume, or ";
    vec![
        Case::of("SourceEmpty", &["r"])
            .config(role("r", "source_profile =\n"))
            .credentials(KEYS)
            .says(
                "~/.aws/config:3: source_profile of profile r is empty\n  \
                 set it to the profile that has the access keys",
            )
            .way(&[edit("config", "source_profile =", "source_profile = k")]),
        Case::of("SourceWithoutRole", &["s"])
            .config(format!("[profile s]\nsource_profile = k\n[profile k]\n{DEVICE}"))
            .credentials(KEYS)
            .says(format!(
                "~/.aws/config:2: profile s {not_followed}\
                 sign in to its source profile: mfa-env --profile k"
            ))
            .way(&[edit("config", "[profile s]\n", format!("[profile s]\n{ROLE}"))])
            .way(&[run(&["--profile", "k"])]),
        Case::of("SourceWithoutRole", &["r"])
            .config(format!("[profile s]\nsource_profile = k\n{}", role("r", "source_profile = s\n")))
            .credentials(KEYS)
            .says(format!("~/.aws/config:2: profile s {not_followed}set source_profile of r to k"))
            .way(&[edit("config", "[profile s]\n", format!("[profile s]\n{ROLE}"))])
            .way(&[edit("config", "source_profile = s\n", "source_profile = k\n")]),
        Case::of("RoleWithoutSource", &["r"])
            .config(role("r", ""))
            .credentials(KEYS)
            .says(format!(
                "~/.aws/config:2: profile r {neither}add to [profile r]: source_profile = k"
            ))
            .way(&[append("config", "source_profile = k\n")]),
        Case::of("RoleWithoutSource", &["r"])
            .config(role("r", ""))
            .credentials(format!("{KEYS}{}", KEYS.replace("[k]", "[other]")))
            .says(format!(
                "~/.aws/config:2: profile r {neither}\
                 add source_profile with the name of the profile that has the access keys"
            ))
            .way(&[append("config", "source_profile = k\n")]),
        Case::of("RoleWithoutSource", &["k"])
            .config(role("k", ""))
            .credentials(KEYS)
            .says(format!(
                "~/.aws/config:2: profile k {neither}\
                 to assume the role with the profile's own access keys, add: source_profile = k"
            ))
            .way(&[append("config", "source_profile = k\n")]),
        Case::of("TwoSources", &["r"])
            .config(role("r", "source_profile = k\ncredential_source = Environment\n"))
            .credentials(KEYS)
            .says(
                "profile r sets both source_profile (~/.aws/config:3) and credential_source (~/.aws/config:4)\n  \
                 remove credential_source, which this version does not support",
            )
            .way(&[edit("config", "credential_source = Environment\n", "")]),
        Case::of("Loop", &["a"])
            .config(role("a", "source_profile = b\n") + &role("b", "source_profile = a\n"))
            .credentials(KEYS)
            .says(
                "source_profile forms a loop: a → b → a\n  \
                 set source_profile of one of these profiles to the profile that has the access keys",
            )
            .way(&[edit("config", "source_profile = a", "source_profile = k")])
            .way(&[edit("config", "source_profile = b", "source_profile = k")]),
        Case::of("TooManyHops", &["p0"])
            .config(chain)
            .credentials(KEYS)
            .says("the role chain has more than 64 roles\n  shorten the chain of source_profile settings")
            .way(&[edit("config", "source_profile = p9\n", "source_profile = k\n")]),
        source("from Sso", "sso_session = x")
            .says(unsupported("IAM Identity Center (SSO)", "sign in with: aws sso login --profile s")),
        source("from Login", "login_session = x").says(unsupported("aws login", "sign in with: aws login --profile s")),
        source("from WebIdentity", "web_identity_token_file = x")
            .says(unsupported("a web identity token", user))
            .way(&[run(&["k"])]),
        source("from Process", "credential_process = x")
            .says(unsupported("credential_process", user))
            .way(&[run(&["k"])]),
        source("from MfaEnv", "credential_process = /usr/bin/mfa-env credential-process k")
            .says("~/.aws/config:2: profile s gets its credentials from mfa-env itself\n  use the profile that its credential_process names")
            .way(&[run(&["k"])]),
        source("from CredentialSource", "credential_source = Environment")
            .says(unsupported("credential_source", user))
            .way(&[run(&["k"])]),
    ]
}

fn device() -> Vec<Case> {
    let lacks = |profile: &str, header: &str, quoted: &str| {
        format!(
            "profile {profile} has no MFA device, and a session without MFA cannot call IAM\n  \
             add to {header}: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n  \
             find the ARN with: mfa-env device {quoted}"
        )
    };
    let case = |profile: &str, config: &str| {
        let keys = KEYS.replace("[k]", &format!("[{profile}]"));
        // A sign-in that may ask looks the device up instead.
        Case::of("NoDevice", &[profile, "--no-input"]).config(config).credentials(keys)
    };
    let add = |header: &str| edit("config", format!("{header}\n"), format!("{header}\n{DEVICE}"));
    vec![
        case("k", "[profile k]\nregion = eu-west-1\n").says(lacks("k", "[profile k]", "k")).way(&[add("[profile k]")]),
        case("k", "").says(lacks("k", "[profile k]", "k")).way(&[append("config", format!("[profile k]\n{DEVICE}"))]),
        case("default", "[default]\nregion = eu-west-1\n")
            .says(lacks("default", "[default]", "default"))
            .way(&[add("[default]")]),
        case("default", "[default]\nregion = eu-west-1\n[profile default]\nregion = eu-west-2\n")
            .says(lacks("default", "[profile default]", "default"))
            .way(&[add("[profile default]")]),
        case("my prof", "[profile b]\n")
            .says(lacks("my prof", "[profile 'my prof']", "'my prof'"))
            .way(&[append("config", format!("[profile 'my prof']\n{DEVICE}"))]),
        case("o'neil", "[profile b]\n")
            .says(lacks("o'neil", "[profile \"o'neil\"]", "'o'\\''neil'"))
            .way(&[append("config", format!("[profile \"o'neil\"]\n{DEVICE}"))]),
        case("k", &format!("[default]\n{DEVICE}[profile k]\nregion = eu-west-1\n"))
            .says(
                lacks("k", "[profile k]", "k")
                    + "\n  the mfa_serial of [default] (~/.aws/config:2) does not apply to other profiles",
            )
            .way(&[add("[profile k]")]),
    ]
}

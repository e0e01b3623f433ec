//! Advice about profiles that are not found, and about sections that are not read; see `advice.rs`.

use super::advice::{DEVICE, ID, KEYS, ROLE, SECRET, configure};
use crate::support::advised::Step::Set;
use crate::support::advised::{Case, append, edit, run};

trials![advice_about_missing_profiles_works, advice_about_ignored_sections_works,];

// faults 159, 161
fn advice_about_missing_profiles_works() {
    missing_profiles().iter().for_each(Case::check_error);
}

// fault 159
fn advice_about_ignored_sections_works() {
    ignored_sections().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    [missing_profiles(), ignored_sections()].into_iter().flatten().collect()
}

fn missing_profiles() -> Vec<Case> {
    let profile = |name: &str| format!("[profile {name}]\n{DEVICE}{}", KEYS.replace("[k]\n", ""));
    let role = |source: &str| format!("[profile r]\n{ROLE}source_profile = {source}\n");
    let source = |source: &str| format!("~/.aws/config:3: source_profile `{source}` of profile r does not exist\n  ");
    let loops = format!("[profile prod]\n{ROLE}source_profile = prode\n[profile prodd]\n{ROLE}source_profile = prod\n");
    vec![
        Case::of("ProfileNotFound", &["prodd"])
            .config(profile("prod"))
            .says("profile `prodd` not found\n  did you mean prod?")
            .way(&[run(&["prod"])]),
        Case::of("ProfileNotFound", &["zzzzz"])
            .config(profile("prod"))
            .says(
                "profile `zzzzz` not found\n  \
                 the AWS files contain 1 profile, with another name; list it with: mfa-env list",
            )
            .way(&[run(&["prod"])]),
        Case::of("ProfileNotFound", &["k"])
            .config("")
            .says("profile `k` not found\n  the AWS files contain no profile; create one with: mfa-env setup")
            .way(&[append("config", format!("[default]\n{DEVICE}")), configure("default"), run(&["default"])]),
        Case::of("ProfileNotFound", &[])
            .config(profile("prod"))
            .variable("AWS_PROFILE", "prodd")
            .says("profile `prodd` (from AWS_PROFILE) not found\n  did you mean prod?")
            .way(&[Set("AWS_PROFILE", "prod".into())]),
        Case::of("ProfileNotFound", &[])
            .config(profile("prod"))
            .variable("AWS_PROFILE", "\"prod\"")
            .says("profile `\"prod\"` (from AWS_PROFILE) not found\n  remove the quotes from the value of AWS_PROFILE")
            .way(&[Set("AWS_PROFILE", "prod".into())]),
        Case::of("SourceNotFound", &["r"])
            .config(role("key"))
            .credentials(KEYS.replace("[k]", "[keys]"))
            .says(source("key") + "did you mean keys?")
            .way(&[edit("config", "= key\n", "= keys\n")]),
        Case::of("SourceNotFound", &["r"])
            .config(role("\"k\""))
            .credentials(KEYS)
            .says(source("\"k\"") + "did you mean k, without the quotes?")
            .way(&[edit("config", "\"k\"", "k")]),
        Case::of("SourceNotFound", &["r"])
            .config(role("nosuch"))
            .credentials(KEYS)
            .says(source("nosuch") + "use the name of an existing profile; list them with: mfa-env list")
            .way(&[edit("config", "nosuch", "k")]),
        // The names are similar, but each would lead back to this profile.
        Case::of("SourceNotFound", &["prod"])
            .config(&loops)
            .credentials(KEYS)
            .says(
                "~/.aws/config:3: source_profile `prode` of profile prod does not exist\n  \
                 use the name of an existing profile; list them with: mfa-env list",
            )
            .way(&[edit("config", "prode", "k")]),
        Case::of("SourceNotFound", &["prod"])
            .config(&loops)
            .credentials(KEYS.replace("[k]", "[prodx]"))
            .says("~/.aws/config:3: source_profile `prode` of profile prod does not exist\n  did you mean prodx?")
            .way(&[edit("config", "prode", "prodx")]),
        // With keys of its own, a profile can be its own source.
        Case::of("SourceNotFound", &["prod"])
            .config(format!("[profile prod]\n{ROLE}source_profile = Prod\n"))
            .credentials(KEYS.replace("[k]", "[prod]"))
            .says("~/.aws/config:3: source_profile `Prod` of profile prod does not exist\n  did you mean prod?")
            .way(&[edit("config", "Prod", "prod")]),
    ]
}

/// Sections that are meant for a profile but are not read.
fn ignored_sections() -> Vec<Case> {
    let found = |name: &str, place: &str, fix: &str| format!("profile `{name}` not found\n  ~/.aws/{place} has {fix}");
    let role = format!("{ROLE}source_profile = k\n");
    let missing = |header: &str| format!("{header}\n{role}");
    let lacks = |profile: &str, fix: &str| {
        format!("profile {profile} has no MFA device, and a session without MFA cannot call IAM\n  {fix}")
    };
    let keys = |name: &str| KEYS.replace("[k]", &format!("[{name}]"));
    let not_read = |header: &str, fix: &str| {
        format!("mfa_serial (~/.aws/config:{} is in {header}, which is not read: {fix}", "2)")
    };
    vec![
        Case::of("ProfileNotFound", &["a"])
            .config(missing("[a]"))
            .credentials(KEYS)
            .says(found("a", "config:1", "[a]; in the config file, write [profile a]"))
            .way(&[edit("config", "[a]", "[profile a]")]),
        Case::of("ProfileNotFound", &["my prof"])
            .config(missing("[profile my prof]"))
            .credentials(KEYS)
            .says(found("my prof", "config:1", "[profile my prof]; in the config file, write [profile 'my prof']"))
            .way(&[edit("config", "[profile my prof]", "[profile 'my prof']")]),
        Case::of("ProfileNotFound", &["bob's prof"])
            .config(missing("[profile bob's prof]"))
            .credentials(KEYS)
            .says(found(
                "bob's prof",
                "config:1",
                "[profile bob's prof]; in the config file, write [profile \"bob's prof\"]",
            ))
            .way(&[edit("config", "[profile bob's prof]", "[profile \"bob's prof\"]")]),
        Case::of("ProfileNotFound", &["a"])
            .config(missing("[Profile a]"))
            .credentials(KEYS)
            .says(found("a", "config:1", "[Profile a]; in the config file, write [profile a]"))
            .way(&[edit("config", "[Profile a]", "[profile a]")]),
        Case::of("ProfileNotFound", &["default"])
            .config(missing("[DEFAULT]"))
            .credentials(KEYS)
            .says(found("default", "config:1", "[DEFAULT]; in the config file, write [default]"))
            .way(&[edit("config", "[DEFAULT]", "[default]")]),
        // As in the AWS CLI, it continues the setting above it.
        Case::of("ProfileNotFound", &["a"])
            .config(missing("[profile b]\nregion = eu-west-1\n\t[profile a]"))
            .credentials(KEYS)
            .says(found("a", "config:3", "[profile a], but indented; remove the indentation"))
            .way(&[edit("config", "\t[profile a]", "[profile a]")]),
        Case::of("ProfileNotFound", &["a"])
            .config("[profile b]\n")
            .credentials(keys("profile a") + DEVICE)
            .says(found("a", "credentials:1", "[profile a]; in the credentials file, write [a]"))
            .way(&[edit("credentials", "[profile a]", "[a]")]),
        Case::of("ProfileNotFound", &["a b"])
            .config("[profile b]\n")
            .credentials(keys("'a b'") + DEVICE)
            .says(found("a b", "credentials:1", "['a b']; in the credentials file, write [a b]"))
            .way(&[edit("credentials", "['a b']", "[a b]")]),
        Case::of("SourceNotFound", &["r"])
            .config(format!("[profile r]\n{ROLE}source_profile = a\n[a]\n{ID}{SECRET}"))
            .says(
                "~/.aws/config:3: source_profile `a` of profile r does not exist\n  \
                 ~/.aws/config:4 has [a]; in the config file, write [profile a]",
            )
            .way(&[edit("config", "[a]", "[profile a]")]),
        Case::of("Ignored", &["a"])
            .config(format!("[a]\n{DEVICE}"))
            .credentials(keys("a"))
            .says(lacks("a", &not_read("[a]", "in the config file, write [profile a] (~/.aws/config:1)")))
            .way(&[edit("config", "[a]", "[profile a]")]),
        Case::of("Ignored", &["a"])
            .config(format!("[a]\n{DEVICE}[profile a]\nregion = eu-west-1\n"))
            .credentials(keys("a"))
            .says(lacks("a", &not_read("[a]", "move it to [profile a] (~/.aws/config:3)")))
            .way(&[edit("config", DEVICE, ""), edit("config", "[profile a]\n", format!("[profile a]\n{DEVICE}"))]),
        Case::of("Ignored", &["default"])
            .config(format!("[default]\n{DEVICE}[profile default]\nregion = eu-west-1\n"))
            .credentials(keys("default"))
            .says(lacks("default", &not_read("[default]", "move it to [profile default] (~/.aws/config:3)")))
            .way(&[
                edit("config", DEVICE, ""),
                edit("config", "[profile default]\n", format!("[profile default]\n{DEVICE}")),
            ]),
        Case::of("Ignored", &["my prof"])
            .config(format!("[profile my prof]\n{DEVICE}"))
            .credentials(keys("my prof"))
            .says(lacks(
                "my prof",
                &not_read("[profile my prof]", "in the config file, write [profile 'my prof'] (~/.aws/config:1)"),
            ))
            .way(&[edit("config", "[profile my prof]", "[profile 'my prof']")]),
        Case::of("Ignored", &["a"])
            .config(format!("[profile b]\nregion = x\n  [profile a]\n{DEVICE}"))
            .credentials(keys("a"))
            .says(lacks(
                "a",
                "mfa_serial (~/.aws/config:4) is in [profile a], which is not read: \
                 remove the indentation of the header (~/.aws/config:3)",
            ))
            .way(&[edit("config", "  [profile a]", "[profile a]")]),
        Case::of("Ignored", &["default"])
            .config(format!("[default]\n{role}[profile default]\nregion = eu-west-1\n"))
            .credentials(KEYS)
            .says(
                "profile default has no credentials: it sets neither access keys nor role_arn\n  \
                 role_arn (~/.aws/config:2) is in [default], which is not read: \
                 move it to [profile default] (~/.aws/config:4)",
            )
            .way(&[edit("config", &role, ""), append("config", &role)]),
        Case::of("Ignored", &["a"])
            .config(format!("[profile a]\n{ROLE}[a]\nsource_profile = k\n"))
            .credentials(KEYS)
            .says(
                "~/.aws/config:2: profile a sets role_arn, but neither source_profile nor credential_source\n  \
                 source_profile (~/.aws/config:4) is in [a], which is not read: \
                 move it to [profile a] (~/.aws/config:1)",
            )
            .way(&[edit("config", "[a]\n", "")]),
        Case::of("Ignored", &["k"])
            .config(format!("[profile k]\n{DEVICE}"))
            .credentials(format!("[k]\n{ID}[profile k]\n{SECRET}"))
            .says(
                "~/.aws/credentials:2: partial credentials in profile k: aws_secret_access_key is missing\n  \
                 aws_secret_access_key (~/.aws/credentials:4) is in [profile k], which is not read: \
                 move it to [k] (~/.aws/credentials:1)",
            )
            .way(&[edit("credentials", "[profile k]\n", "")]),
    ]
}

//! Advice about access keys; see `advice.rs`.

use super::advice::{DEVICE, ID, KEYS, ROLE, SECRET, TEMPORARY, configure};
use crate::support::advised::Step::Write;
use crate::support::advised::{Case, append, edit, run};

trials![advice_about_keys_works,];

// fault 157
fn advice_about_keys_works() {
    keys().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    keys()
}

fn keys() -> Vec<Case> {
    let keys = |kind, keys: String| {
        Case::of(kind, &["k"]).config(format!("[profile k]\n{DEVICE}")).credentials(format!("[k]\n{keys}"))
    };
    let role = format!("[profile r]\n{ROLE}source_profile = k\n");
    let partial = "partial credentials in profile k: ";
    let not_an_id = "~/.aws/credentials:2: aws_access_key_id is not an access key ID (AKIA…)\n  ";
    let quotes = "remove the quotes; in the AWS files they are part of the value";
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    vec![
        keys("PartialKeys", ID.into())
            .says(format!(
                "~/.aws/credentials:2: {partial}aws_secret_access_key is missing\n  \
                 add it, or configure both with: aws configure --profile k"
            ))
            .way(&[append("credentials", SECRET)])
            .way(&[Write("credentials", KEYS.into())]),
        Case::of("PartialKeys", &["k"])
            .config(format!("[profile k]\n{DEVICE}{SECRET}"))
            .says(format!(
                "~/.aws/config:3: {partial}aws_access_key_id is missing\n  \
                 add it, or configure both with: aws configure --profile k"
            ))
            .way(&[append("config", ID)])
            .way(&[configure("k")]),
        Case::of("PartialKeys", &["k"])
            .config(format!("[profile k]\n{DEVICE}{SECRET}"))
            .credentials(format!("[k]\n{ID}"))
            .says(format!(
                "~/.aws/credentials:2: {partial}aws_secret_access_key is missing\n  \
                 ~/.aws/config:3 sets it, but keys are never combined from two files: put both in one file"
            ))
            .way(&[edit("config", SECRET, ""), append("credentials", SECRET)])
            .way(&[edit("credentials", ID, ""), append("config", ID)]),
        Case::of("TemporaryWithoutToken", &["r"])
            .config(&role)
            .credentials(format!("[k]\n{TEMPORARY}"))
            .says(format!(
                "~/.aws/credentials:2: {partial}temporary access key (ASIA…) without aws_session_token\n  \
                 add aws_session_token, or use the access key of an IAM user (AKIA…)"
            ))
            .way(&[append("credentials", "aws_session_token = x\n")])
            .way(&[edit("credentials", "ASIA", "AKIA")]),
        keys("id Swapped", format!("aws_access_key_id = {secret}\naws_secret_access_key = {id}\n"))
            .says(format!(
                "{not_an_id}it is swapped with aws_secret_access_key (~/.aws/credentials:3): \
                           exchange the two values"
            ))
            .way(&[
                edit("credentials", secret, "X"),
                edit("credentials", id, secret),
                edit("credentials", "X\n", format!("{id}\n")),
            ]),
        keys("id Quoted", format!("aws_access_key_id = \"{id}\"\n{SECRET}"))
            .says(format!("{not_an_id}{quotes}"))
            .way(&[edit("credentials", format!("\"{id}\""), id)]),
        keys("id Characters", format!("aws_access_key_id = AKIA-{id}\n{SECRET}"))
            .says(format!("{not_an_id}correct it: it has at most 128 characters, only letters, digits and _"))
            .way(&[edit("credentials", "AKIA-", "")]),
        keys("key Continued", format!("{ID}  region = eu-west-1\n{SECRET}"))
            .says(
                "~/.aws/credentials:2: aws_access_key_id continues on an indented line\n  \
                 write it in one line, and do not indent the settings below it",
            )
            .way(&[edit("credentials", "  region", "region")]),
        keys("key Continued", format!("{ID}aws_secret_access_key = wJalrXUtn\n    FEMI\n"))
            .says(
                "~/.aws/credentials:3: aws_secret_access_key continues on an indented line\n  \
                 write it in one line, and do not indent the settings below it",
            )
            .way(&[edit("credentials", "\n    FEMI", "FEMI")]),
        keys("key Continued", format!("{ID}{SECRET}  [next]\n"))
            .says(
                "~/.aws/credentials:3: aws_secret_access_key continues on an indented line\n  \
                 the line is a section header; remove its indentation",
            )
            .way(&[edit("credentials", "  [next]", "[next]")]),
        keys("key Quoted", format!("{ID}aws_secret_access_key = \"wJalr\"\n"))
            .says(format!("~/.aws/credentials:3: aws_secret_access_key is in quotes\n  {quotes}"))
            .way(&[edit("credentials", "\"wJalr\"", "wJalr")]),
        keys("Misspelled", ID.replace("aws_", "") + SECRET)
            .says(format!(
                "~/.aws/credentials:3: {partial}aws_access_key_id is missing\n  \
                 ~/.aws/credentials:2: `access_key_id` is not a setting; rename it to aws_access_key_id"
            ))
            .way(&[edit("credentials", "access_key_id", "aws_access_key_id")]),
        keys("key Character", format!("{ID}aws_secret_access_key = wJalr\u{a0}XUtn\n"))
            .says(
                "~/.aws/credentials:3: aws_secret_access_key contains a no-break space (U+00A0), \
                 which no access key contains\n  remove character 6 of the value",
            )
            .way(&[edit("credentials", "\u{a0}", "")]),
        Case::of("NoCredentials", &["k"])
            .config(format!("[profile k]\n{DEVICE}"))
            .says(
                "profile k has no credentials: it sets neither access keys nor role_arn\n  \
                 add access keys with: aws configure --profile k",
            )
            .way(&[configure("k")]),
        Case::of("NoCredentials", &["r"])
            .config(format!("[profile 'a b']\nregion = eu-west-1\n{}", role.replace("= k", "= a b")))
            .says(
                "profile a b, the source_profile of r, has no credentials\n  \
                   add access keys with: aws configure --profile 'a b'",
            )
            .way(&[configure("a b")]),
        Case::of("SessionCannotStartSession", &["k"])
            .config(format!("[profile k]\n{DEVICE}"))
            .credentials(format!("[k]\n{TEMPORARY}aws_session_token = x\n"))
            .says(
                "profile k has temporary credentials (~/.aws/credentials:2), for which AWS does not issue an MFA \
                 session\n  use the access key of an IAM user (AKIA…), or assume a role:\n  \
                 --role-arn ARN, or role_arn and source_profile = k in the profile",
            )
            .way(&[Write("credentials", KEYS.into())])
            .way(&[run(&["k", "--role-arn", "arn:aws:iam::123456789012:role/admin"])])
            .way(&[append("config", ROLE), append("config", "source_profile = k\n")]),
    ]
}

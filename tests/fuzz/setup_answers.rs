//! What is typed or pasted at the questions of `setup`.

use crate::support::fuzz::{Checked, Target, ensure};
use mfa_env::profile::is_account;
use mfa_env::setup::{Entered, RoleContext, TypedKey, TypedRegion};

trials![takes_any_answer];

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const DICTIONARY: [&str; 26] = [
    "\n",
    " ",
    ",",
    "\"",
    "'",
    "=",
    ":",
    "/",
    "@",
    "~",
    "%2F",
    "%",
    "\u{feff}",
    "\u{a0}",
    "\u{202e}",
    "\x1b[31m",
    "\0",
    ID,
    SECRET,
    "ASIA",
    "arn:aws:iam::123456789012:role/",
    ":assumed-role/",
    "https://signin.aws.amazon.com/switchrole?",
    "account=123456789012&roleName=",
    "eu-west-1",
    "aws_secret_access_key = ",
];

/// What is taken of a key is one, and no message repeats what may be a secret.
fn check_key(text: &str) -> Checked {
    let mut lines = TypedKey::default();
    let mut said: Vec<Entered> = text.lines().map(|line| lines.take(line)).collect();
    let mut file = TypedKey::default();
    said.push(file.take_file(text));
    for key in [lines, file] {
        let is_id = |id: &String| id.starts_with("AKIA") && id.bytes().all(|b| b.is_ascii_alphanumeric());
        ensure(key.id.as_ref().is_none_or(is_id), || format!("{:?}", key.id))?;
        let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+=".contains(&b));
        ensure(key.secret.as_ref().is_none_or(|secret| is_word(secret.expose())), || "a secret".to_owned())?;
    }
    let is_silent = |entered: &Entered| !matches!(entered, Entered::Wrong(why) if why.contains(&SECRET[..16]));
    ensure(said.iter().all(is_silent), || format!("{said:?}"))
}

fn check_role(text: &str) -> Checked {
    match (RoleContext { account: "123456789012", partition: "aws" }).role(text) {
        Err(why) => ensure(!why.contains(&SECRET[..16]), || why.clone()),
        Ok(role) => {
            let is_one = role.partition() == "aws" && is_account(role.account());
            ensure(is_one && role.as_str().bytes().all(|b| b.is_ascii_graphic()), || role.as_str().to_owned())
        }
    }
}

fn check_region(text: &str) -> Checked {
    let region = match TypedRegion::parse(text) {
        TypedRegion::Known(region) | TypedRegion::Unknown { typed: region, .. } => region.to_string(),
        TypedRegion::Wrong(why) => {
            return ensure(!why.contains(SECRET) && !why.contains('\x1b'), || why.clone());
        }
    };
    ensure(region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), || region.clone())
}

fn takes_any_answer() {
    let valid = [
        format!("{ID}\n{SECRET}\n"),
        format!("Access key ID,Secret access key\r\n{ID},{SECRET}\r\n"),
        format!("[main]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"),
        "arn:aws:iam::123456789012:role/team/admin".to_owned(),
        "https://signin.aws.amazon.com/switchrole?roleName=admin&account=123456789012".to_owned(),
        "admin@123456789012".to_owned(),
        "eu-central-1".to_owned(),
    ];
    let corpus = include_str!("corpus/setup_answers.txt");
    Target { corpus, valid: valid.map(String::into_bytes).into(), dictionary: &DICTIONARY }.run(|input| {
        let text = String::from_utf8_lossy(input);
        check_key(&text)?;
        check_role(&text)?;
        check_region(&text)
    });
}

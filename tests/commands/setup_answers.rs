//! What people paste at the questions of `setup`: keys, roles and regions, in every form in which they have them.

use mfa_env::setup::{Entered, RoleContext, TypedKey, TypedRegion, misplaced_secret};

trials![
    a_secret_without_a_digit_is_taken_with_its_id,
    finds_the_parts_of_a_key_in_what_is_pasted,
    takes_a_key_line_by_line,
    says_what_is_not_a_key,
    a_secret_of_another_length_is_taken_the_second_time,
    finds_the_key_of_a_file,
    tells_paths_from_secrets,
    reads_roles_in_every_form,
    says_what_is_not_a_role,
    a_secret_is_neither_a_role_nor_a_name,
    notices_misspelt_regions,
];

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn key(lines: &[&str]) -> (Option<String>, Option<String>, Vec<Entered>) {
    let mut key = TypedKey::default();
    let entered = lines.iter().map(|line| key.take(line)).collect();
    (key.id, key.secret.map(|secret| secret.expose().to_owned()), entered)
}

fn wrong(entered: &Entered) -> &str {
    match entered {
        Entered::Wrong(why) => why,
        other => panic!("{other:?}"),
    }
}

fn finds_the_parts_of_a_key_in_what_is_pasted() {
    for form in [
        "@id @secret",
        "@id\t@secret",
        "@id,@secret",
        "  @id  ,  @secret  ",
        "\"@id\",\"@secret\"",
        "\u{feff}@id,@secret\r",
        "alice,,@id,@secret,https://123456789012.signin.aws.amazon.com/console",
        "export AWS_ACCESS_KEY_ID=@id AWS_SECRET_ACCESS_KEY=@secret",
        "export AWS_ACCESS_KEY_ID=\"@id\"; export AWS_SECRET_ACCESS_KEY='@secret'",
        "{\"AccessKeyId\": \"@id\", \"SecretAccessKey\": \"@secret\"}",
        "$Env:AWS_ACCESS_KEY_ID=\"@id\"; $Env:AWS_SECRET_ACCESS_KEY=\"@secret\"",
        "@id @secret @id @secret",
    ] {
        let line = form.replace("@id", ID).replace("@secret", SECRET);
        let (id, secret, entered) = key(&[&line]);
        assert_eq!((id.as_deref(), secret.as_deref()), (Some(ID), Some(SECRET)), "{line}");
        assert_eq!(entered, [Entered::Part], "{line}");
    }
}

fn takes_a_key_line_by_line() {
    let secret_line = format!("aws_secret_access_key = {SECRET}");
    let id_line = format!("aws_access_key_id = {ID}");
    for lines in [
        &["Access key ID,Secret access key", &format!("{ID},{SECRET}")][..],
        &["[main]", &id_line, &secret_line],
        &[ID, SECRET],
        &[ID, &format!("  \"{SECRET}\",")],
        &[&format!("'{ID}'"), &secret_line],
        &[&format!("AWSAccessKeyId={ID}"), &format!("AWSSecretKey={SECRET}")],
        &[&format!("\"AccessKeyId\": \"{ID}\","), &format!("\"SecretAccessKey\": \"{SECRET}\",")],
        // The ID twice, as somebody does who did not see it.
        &[ID, ID, SECRET],
        // Another ID: its secret is another one, too.
        &["AKIAAAAAAAAAAAAAAAAA", ID, SECRET],
    ] {
        let (id, secret, entered) = key(lines);
        assert_eq!((id.as_deref(), secret.as_deref()), (Some(ID), Some(SECRET)), "{lines:?}");
        assert!(entered.iter().all(|entered| *entered == Entered::Part), "{lines:?}: {entered:?}");
    }
    // In the other order, which is said.
    let (id, secret, entered) = key(&[SECRET, ID]);
    assert_eq!((id.as_deref(), secret.as_deref()), (Some(ID), Some(SECRET)));
    assert!(wrong(&entered[0]).contains("now enter its ID"), "{entered:?}");
    // A secret without a digit does not look like one, but has its length.
    let plain = "abcdefghijABCDEFGHIJabcdefghijABCDEFGHIJ";
    assert_eq!(key(&[ID, plain]).1.as_deref(), Some(plain));
}

fn says_what_is_not_a_key() {
    for (line, why) in [
        ("", "enter an access key ID"),
        ("   ", "enter an access key ID"),
        ("alice", "begins with AKIA"),
        ("123456789012", "an account ID"),
        ("ASIAIOSFODNN7EXAMPLE", "begins with ASIA is that of a session"),
        ("ASIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "is that of a session"),
        ("AIDAIOSFODNN7EXAMPLE", "the unique ID of a user"),
        ("AROAIOSFODNN7EXAMPLE", "the unique ID of a role"),
        ("arn:aws:iam::123456789012:user/alice", "an ARN"),
        ("AKIAIOSFODNN", "not a whole access key ID"),
        ("akiaiosfodnn7example", "not a whole access key ID"),
        ("AKIAIOSFODNN7EXAMPLE AKIAAAAAAAAAAAAAAAAA", "several access keys"),
        ("\u{202e}\x1b[31m", "begins with AKIA"),
    ] {
        let (id, secret, entered) = key(&[line]);
        assert!(wrong(&entered[0]).contains(why), "{line:?}: {entered:?}");
        assert_eq!((id, secret), (None, None), "{line:?}");
    }
    for (line, why) in [
        ("", "enter the secret"),
        ("wJalrXUtnFEMI K7MDENG", "a character that no secret access key has"),
        ("wJalrXUtnFEMI\u{a0}/K7MDENG+bPxRfiCYEXAMPLEKEY", "a character that no secret access key has"),
        ("short", "that has 5 characters; a secret access key has 40"),
        (&SECRET[1..], "that has 39 characters; a secret access key has 40; enter it again"),
        (&format!("aws_secret_access_key = {}", &SECRET[1..]), "that has 39 characters"),
    ] {
        let (_, secret, entered) = key(&[ID, line]);
        assert!(wrong(&entered[1]).contains(why), "{line:?}: {entered:?}");
        assert_eq!(secret, None, "{line:?}");
        assert!(!wrong(&entered[1]).contains("wJalr"), "{entered:?}");
    }
}

fn a_secret_of_another_length_is_taken_the_second_time() {
    let short = &SECRET[1..];
    let (_, secret, entered) = key(&[ID, short, short]);
    assert_eq!(secret.as_deref(), Some(short));
    assert_eq!(entered[2], Entered::Part);
    // Not if it is another one.
    let (_, secret, _) = key(&[ID, short, &SECRET[2..]]);
    assert_eq!(secret, None);
}

fn finds_the_key_of_a_file() {
    let take = |text: &str| {
        let mut key = TypedKey::default();
        let entered = key.take_file(text);
        (key.id, key.secret.map(|secret| secret.expose().to_owned()), entered)
    };
    for text in [
        format!("\u{feff}Access key ID,Secret access key\r\n{ID},{SECRET}\r\n"),
        format!("Access key ID,Secret access key\n{ID},{SECRET}"),
        format!("Access key ID;Secret access key\r\n\"{ID}\";\"{SECRET}\"\r\n"),
        format!(
            "User name,Password,Access key ID,Secret access key,Console login link\r\nalice,Pa55w0rd!,{ID},{SECRET},\
             https://123456789012.signin.aws.amazon.com/console\r\n"
        ),
        format!("AWSAccessKeyId={ID}\r\nAWSSecretKey={SECRET}\r\n"),
        format!("[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"),
    ] {
        assert_eq!(take(&text), (Some(ID.to_owned()), Some(SECRET.to_owned()), Entered::Part), "{text}");
    }
    for (text, why) in [
        (String::new(), "has no access key ID"),
        ("Access key ID,Secret access key\r\n".to_owned(), "has no access key ID"),
        (format!("Access key ID\r\n{ID}\r\n"), "but not its secret"),
        (format!("{ID},{SECRET}\nAKIAAAAAAAAAAAAAAAAA,{SECRET}\n"), "several access keys"),
        (format!("ASIAIOSFODNN7EXAMPLE,{SECRET}"), "is that of a session"),
        (format!("\0A\0K\0I\0A,{SECRET}"), "has no access key ID"),
    ] {
        let (id, secret, entered) = take(&text);
        assert!(wrong(&entered).contains(why), "{text:?}: {entered:?}");
        assert_eq!((id, secret), (None, None), "{text:?}");
    }
}

fn tells_paths_from_secrets() {
    for (line, path) in [
        ("/home/alice/accessKeys.csv", "/home/alice/accessKeys.csv"),
        ("~/Downloads/alice_accessKeys.csv", "~/Downloads/alice_accessKeys.csv"),
        ("'/home/alice/my keys.csv'", "/home/alice/my keys.csv"),
        ("accessKeys.CSV", "accessKeys.CSV"),
        ("./keys", "./keys"),
        ("C:\\Users\\alice\\accessKeys.csv", "C:\\Users\\alice\\accessKeys.csv"),
        ("file:///home/alice/accessKeys.csv", "file:///home/alice/accessKeys.csv"),
    ] {
        assert_eq!(key(&[line]).2, [Entered::Path(path.to_owned())], "{line}");
        // Only in place of an ID.
        assert!(matches!(key(&[ID, line]).2[1], Entered::Wrong(_)), "{line}");
    }
    // Secrets may begin with a slash.
    let secret = format!("/{}", &SECRET[1..]);
    let (_, found, entered) = key(&[&secret]);
    assert_eq!(found.as_deref(), Some(secret.as_str()));
    assert!(!wrong(&entered[0]).contains(&secret));
}

const CONTEXT: RoleContext<'_> = RoleContext { account: "123456789012", partition: "aws" };

fn reads_roles_in_every_form() {
    let link = "https://signin.aws.amazon.com/switchrole";
    for (typed, role) in [
        ("arn:aws:iam::210987654321:role/admin", "210987654321:role/admin"),
        ("  \"arn:aws:iam::210987654321:role/team/admin\", ", "210987654321:role/team/admin"),
        ("arn:aws:sts::210987654321:assumed-role/admin/alice", "210987654321:role/admin"),
        ("210987654321:role/admin", "210987654321:role/admin"),
        ("210987654321:admin", "210987654321:role/admin"),
        ("210987654321/admin", "210987654321:role/admin"),
        ("210987654321:role/team/admin", "210987654321:role/team/admin"),
        ("admin@210987654321", "210987654321:role/admin"),
        ("admin", "123456789012:role/admin"),
        ("role/admin", "123456789012:role/admin"),
        ("team/admin", "123456789012:role/team/admin"),
        ("a@b", "123456789012:role/a@b"),
        (&format!("{link}?roleName=admin&account=210987654321"), "210987654321:role/admin"),
        (&format!("{link}?account=210987654321&roleName=team%2Fadmin&displayName=x"), "210987654321:role/team/admin"),
        (&format!("{link}?account=210987654321&roleName=admin#x"), "210987654321:role/admin"),
    ] {
        let found = CONTEXT.role(typed).unwrap_or_else(|why| panic!("{typed}: {why}"));
        assert_eq!(found.as_str(), format!("arn:aws:iam::{role}"), "{typed}");
    }
    let china = RoleContext { account: "123456789012", partition: "aws-cn" };
    assert_eq!(
        china.role("admin").map(|role| role.as_str().to_owned()),
        Ok("arn:aws-cn:iam::123456789012:role/admin".into())
    );
}

fn says_what_is_not_a_role() {
    for (typed, why) in [
        ("", "not a role"),
        ("arn:aws:iam::123456789012:user/alice", "not a role"),
        ("arn:aws:iam::123456789012:role/", "not a role"),
        ("arn:aws:iam::1234:role/admin", "not a role"),
        ("arn:aws-cn:iam::123456789012:role/admin", "in another partition than the access key, which is in aws"),
        ("arn:aws:iam::123456789012:role/*", "a character that no role has"),
        ("1234:role/admin", "12 digits"),
        ("admin@1234", "12 digits"),
        ("123456789012", "not a role"),
        ("my role", "not a role"),
        ("$(touch pwn)", "not a role"),
        ("role\nx", "not a role"),
        ("https://signin.aws.amazon.com/switchrole?roleName=admin&account=my-company", "an alias is not enough"),
        ("https://signin.aws.amazon.com/switchrole?account=123456789012", "no roleName"),
        ("https://console.aws.amazon.com/iam/home#/roles/details/admin", "not one for switching"),
        ("https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=a%0Ab", "not a role"),
    ] {
        let found = CONTEXT.role(typed);
        assert!(found.as_ref().is_err_and(|found| found.contains(why)), "{typed}: {found:?}");
    }
}

fn a_secret_is_neither_a_role_nor_a_name() {
    let seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let token = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDx".repeat(3);
    let link = format!("https://signin.aws.amazon.com/switchrole?account=123456789012&roleName={SECRET}");
    for (typed, what) in [
        (SECRET, "a secret access key"),
        ("abcdefghij1234567890ABCDEFGHIJ1234567890", "a secret access key"),
        // One in a thousand has no digit.
        ("abcdefghijABCDEFGHIJabcdefghijABCDEFGHIJ", "a secret access key"),
        (&SECRET[1..], "a secret access key"),
        (&format!("\"{SECRET}\","), "a secret access key"),
        (&format!("123456789012:{SECRET}"), "a secret access key"),
        (&format!("{SECRET}@123456789012"), "a secret access key"),
        (&link, "a secret access key"),
        (&token, "a session token"),
        (ID, "an access key"),
        (&format!("{ID},{SECRET}"), "an access key"),
        (&format!("{ID}={SECRET}"), "an access key"),
        (seed, "the seed of an MFA device"),
        (&seed[..32], "the seed of an MFA device"),
        (&format!("otpauth://totp/AWS:alice?secret={}", &seed[..16]), "the seed of an MFA device"),
    ] {
        let why = CONTEXT.role(typed).expect_err(typed);
        assert!(why.contains(what), "{typed}: {why}");
        assert!(!why.contains("wJalr") && !why.contains("JBSWY") && !why.contains("AKIAIOS"), "{why}");
        assert!(misplaced_secret(typed).is_some_and(|why| why.contains(what)), "{typed}");
    }
    for name in [
        "AdministratorAccessForTheWholeProduction",
        "AWSReservedSSO_AdministratorAccess_0123456789abcdef",
        "MyStack-WebServerServiceRoleABCDEF12-1A2B3C4D5E6F7",
        "aws-reserved/sso.amazonaws.com/eu-west-1/Ops",
        "mycompanyproductionadministratorrole2",
        "ADMINISTRATORACCESSFORPRODUCTIONONLY",
    ] {
        let arn = format!("arn:aws:iam::123456789012:role/{name}");
        assert_eq!(CONTEXT.role(&arn).map(|role| role.as_str().to_owned()), Ok(arn), "{name}");
        // This has the length of a secret, so that only its ARN is clear.
        let is_clear = name.len() != 40;
        assert_eq!(CONTEXT.role(name).is_ok(), is_clear, "{name}");
    }
}

fn notices_misspelt_regions() {
    for (typed, region) in
        [("eu-west-1", "eu-west-1"), (" EU-West-1 ", "eu-west-1"), ("us-gov-west-1", "us-gov-west-1")]
    {
        assert!(matches!(TypedRegion::parse(typed), TypedRegion::Known(known) if known.as_str() == region), "{typed}");
    }
    for (typed, meant) in
        [("eu-centrl-1", Some("eu-central-1")), ("us-east-9", Some("us-east-1")), ("xx-nowhere-7", None)]
    {
        let TypedRegion::Unknown { typed: region, similar } = TypedRegion::parse(typed) else { panic!("{typed}") };
        assert_eq!(region.as_str(), typed);
        assert_eq!(similar.as_ref().map(mfa_env::profile::Region::as_str), meant);
    }
    for typed in ["Ireland", "us-east-1a", "us-east", "none", "eu west 1", "-", "\u{202e}", "eu-west-1;id"] {
        assert!(matches!(TypedRegion::parse(typed), TypedRegion::Wrong(_)), "{typed}");
    }
}

/// One secret in a thousand looks like a word.
fn a_secret_without_a_digit_is_taken_with_its_id() {
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIxKxMDENGxbPxRfiCYEXAMPLEKEY");
    for line in [format!("{id} {secret}"), format!("{id},{secret}"), format!("\"{secret}\", \"{id}\"")] {
        let mut key = TypedKey::default();
        assert_eq!(key.take(&line), Entered::Part, "{line}");
        assert!(key.is_complete() && key.secret.is_some_and(|taken| taken.expose() == secret), "{line}");
        let mut key = TypedKey::default();
        assert_eq!(key.take_file(&line), Entered::Part, "{line}");
    }
    // Of two such words, neither is certain.
    let mut key = TypedKey::default();
    assert_eq!(key.take(&format!("{id} {secret} {}", secret.to_lowercase())), Entered::Part);
    assert!(!key.is_complete());
}

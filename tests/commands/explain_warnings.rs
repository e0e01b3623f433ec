//! The warnings of `explain`: lines that other programs read differently, and values that do not fit together.

use crate::support::home::Home;
use crate::support::program::Program;
use mfa_env::clock::ClockOffset;
use mfa_env::credentials::Expiration;
use mfa_env::error::MissingFile;
use mfa_env::origin::Origin;
use mfa_env::rejected_file::{RejectedFile, RejectedLine};
use mfa_env::section_difference::{SectionDifference, SectionDifferenceKind};
use mfa_env::warning::{Severity, Warning};
use std::collections::BTreeSet;

trials![
    warns_about_a_byte_order_mark,
    warns_about_a_comment_after_a_value,
    warns_about_quotes_around_a_value,
    warns_about_duplicates,
    warns_about_a_device_in_another_account,
    warns_about_a_token_next_to_long_term_keys,
    does_not_warn_about_other_profiles,
    warns_about_sections_that_the_aws_cli_reads_differently,
    escapes_untrusted_text,
    every_warning_ends_with_a_unique_name,
];

const KEYS: &str = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden-secret\n";
const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";

/// The warnings of `explain PROFILE`, which must be the same in text and JSON, with `~` for the home.
fn warnings(config: &[u8], credentials: &[u8], profile: &str) -> Vec<String> {
    let home = Home::empty();
    home.write(".aws/config", config);
    home.write(".aws/credentials", credentials);
    let text = Program::new(&home, ["explain", profile]).run().stdout;
    let json = Program::new(&home, ["explain", profile, "--json"]).run().stdout;
    assert!(!text.contains("hidden") && !json.contains("hidden"), "{text}{json}");
    let home = home.path().to_str().expect("UTF-8");
    let in_text: Vec<String> = text.lines().filter_map(|l| l.strip_prefix("warning   ")).map(str::to_owned).collect();
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let in_json: Vec<&str> = json["warnings"].as_array().expect("a list").iter().filter_map(|r| r.as_str()).collect();
    assert_eq!(in_text, in_json);
    in_text.into_iter().map(|line| line.replace(home, "~")).collect()
}

// fault 38
fn warns_about_a_byte_order_mark() {
    let config = format!("\u{feff}[profile k]\n{DEVICE}");
    let says = |file| {
        format!(
            "~/.aws/{file} starts with a byte order mark, and the AWS CLI rejects the file; save it without one \
             [byte-order-mark]"
        )
    };
    assert_eq!(warnings(config.as_bytes(), KEYS.as_bytes(), "k"), [says("config")]);
    let both = warnings(config.as_bytes(), format!("\u{feff}{KEYS}").as_bytes(), "k");
    assert_eq!(both, [says("config"), says("credentials")]);
    assert_eq!(warnings(format!("[profile k]\n{DEVICE}").as_bytes(), KEYS.as_bytes(), "k"), [""; 0]);
}

// fault 46
fn warns_about_a_comment_after_a_value() {
    let config = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/admin # prod\nsource_profile = k ; mine\n\
                  region=eu-west-1\t#here\nexternal_id = a:b@c/d\nduration_seconds = 900\n# whole\n\
                  output = json # not ours\n";
    let credentials = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden#hidden # hidden\n";
    let says = |setting: &str, place: &str| {
        format!(
            "the AWS CLI reads the comment after {setting} (~/.aws/{place}) as part of the value; move it to a \
             separate line [inline-comment]"
        )
    };
    assert_eq!(
        warnings(config.as_bytes(), credentials.as_bytes(), "r"),
        [
            says("role_arn", "config:2"),
            says("source_profile", "config:3"),
            says("region", "config:4"),
            says("aws_secret_access_key", "credentials:3"),
        ]
    );
    // Without a space before it, it is not a comment.
    let config = format!("[profile k]\n{DEVICE}");
    assert_eq!(warnings(config.as_bytes(), KEYS.replace("hidden", "hi#hidden;").as_bytes(), "k").len(), 0);
}

// fault 49
fn warns_about_quotes_around_a_value() {
    let config =
        format!("[profile k]\n{DEVICE}aws_account_id = '123456789012'\nca_bundle = \"/ca\nmfa_process = 'x'\n");
    let says = |setting: &str, place: &str| {
        format!(
            "every tool except the SDK for Go reads the quotes around {setting} (~/.aws/{place}) as part of the value; \
             remove them [quoted-value]"
        )
    };
    let found = warnings(config.as_bytes(), KEYS.as_bytes(), "k");
    assert_eq!(found[found.len() - 2..], [says("aws_account_id", "config:3"), says("mfa_process", "config:5")]);
}

// fault 43
fn warns_about_duplicates() {
    let config = format!("[profile k]\nregion = eu-west-1\nregion = eu-west-2\n[profile k]\n{DEVICE}");
    let says = |what: &str, first: u8, last: u8, name: &str| {
        format!(
            "{what} is defined twice (~/.aws/config:{first}, ~/.aws/config:{last}): the last one is used, but the \
             AWS CLI rejects the file; remove one of them [{name}]"
        )
    };
    assert_eq!(
        warnings(config.as_bytes(), KEYS.as_bytes(), "k"),
        [says("region", 2, 3, "duplicate-key"), says("[k]", 1, 4, "duplicate-section")]
    );
}

// fault 69
fn warns_about_a_device_in_another_account() {
    let config = format!("[profile k]\naws_account_id = 210987654321\n{DEVICE}");
    assert_eq!(
        warnings(config.as_bytes(), KEYS.as_bytes(), "k"),
        ["MFA device arn:aws:iam::123456789012:mfa/alice (~/.aws/config:3) belongs to a different account than \
             the access keys (210987654321); correct the device or aws_account_id [device-of-other-account]"]
    );
    let same = format!("[profile k]\naws_account_id = 123456789012\n{DEVICE}");
    assert_eq!(warnings(same.as_bytes(), KEYS.as_bytes(), "k"), [""; 0]);
}

// fault 57
fn warns_about_a_token_next_to_long_term_keys() {
    let credentials = format!("{KEYS}aws_session_token = hidden-token\n");
    let found = warnings(format!("[profile k]\n{DEVICE}").as_bytes(), credentials.as_bytes(), "k");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("profile k has a session token (~/.aws/credentials:4) with a long-term access key;"));
}

fn does_not_warn_about_other_profiles() {
    let config = format!(
        "[profile k]\n{DEVICE}[profile other]\nregion = eu-west-1 # x\nregion = eu-west-2\nrole_arn = \"x\"\n\
         [profile other]\n"
    );
    assert_eq!(warnings(config.as_bytes(), KEYS.as_bytes(), "k"), [""; 0]);
}

/// What botocore reads in each of these files was checked with botocore 1.44.
// fault 160
fn warns_about_sections_that_the_aws_cli_reads_differently() {
    let both = |written: &str, line: u8, profile: &str, write: &str| {
        format!(
            "mfa-env and the SDKs read {written} (~/.aws/config:{line}) as profile {profile}, the AWS CLI does not; \
             write {write} [section-read-differently]"
        )
    };
    let ours = |written: &str, line: u8, profile: &str, write: &str| {
        format!(
            "mfa-env reads {written} (~/.aws/config:{line}) as profile {profile}, the AWS CLI and the SDKs do not; \
             write {write} [section-read-differently]"
        )
    };
    let for_all = |file: &str, line: u8| {
        format!(
            "the AWS CLI applies the settings of [DEFAULT] (~/.aws/{file}:{line}) to every profile of the file, \
             mfa-env and the SDKs do not; move them to the profiles that need them [section-read-differently]"
        )
    };
    let last = "mfa-env and the SDKs use [profile default] (~/.aws/config:1), the AWS CLI [default] (~/.aws/config:3), \
                because it comes last; remove one of them [section-read-differently]";
    let indented = "mfa-env and the AWS CLI read [profile k] (~/.aws/config:3) as a section although it is indented, \
                    but some SDKs reject the file; remove the indentation [section-read-differently]";
    let text = |text: &str| text.to_owned();
    // The config file, to which `DEVICE` is added where `@` stands, the profile, and the warning, if there is one.
    for (config, profile, warning) in [
        ("[profile default]\n@[default]\nregion = eu-west-1\n", "default", Some(text(last))),
        ("[default]\nregion = eu-west-1\n[profile default]\n@", "default", None),
        ("[ profile k ]\n@", "k", Some(both("[ profile k ]", 1, "k", "[profile k]"))),
        ("[profile k ]\n@", "k", None),
        ("[\tprofile k]\n@", "k", Some(both("[\\x09profile k]", 1, "k", "[profile k]"))),
        ("[ default ]\n@", "default", Some(both("[ default ]", 1, "default", "[default]"))),
        ("[profile k] # [x]\n@", "k", Some(both("[profile k] # [x]", 1, "k", "[profile k]"))),
        ("[profile k] # x\n@", "k", None),
        ("[profile o'neil]\n@", "o'neil", Some(ours("[profile o'neil]", 1, "o'neil", "[profile \"o'neil\"]"))),
        ("[profile \"o'neil\"]\n@", "o'neil", None),
        ("[profile 'a b']\n@", "a b", None),
        ("[profile k]\n@[DEFAULT]\nregion = eu-west-1\n", "k", Some(for_all("config", 3))),
        ("[profile k]\n@[profile a]\n  # empty\n[profile b]\n", "k", None),
        ("[profile k]\n@[profile a]\nregion = x\n  [profile k]\n", "k", None),
        ("[profile b]\n# empty\n  [profile k]\nregion = eu-west-1\n@", "k", Some(text(indented))),
        // Once per file, also for other profiles, because the SDKs reject the file.
        (
            "[profile b]\n# empty\n  [profile k]\nregion = eu-west-1\n  [profile c]\n  x = y\n[profile d]\n@",
            "d",
            Some(text(indented)),
        ),
        // Of other profiles.
        ("[profile k]\n@[ profile b ]\n[profile c'd]\n[profile e]\nregion = x\n", "k", None),
    ] {
        let keys = KEYS.replace("[k]", &format!("[{profile}]"));
        let found = warnings(config.replace('@', DEVICE).as_bytes(), keys.as_bytes(), profile);
        assert_eq!(found, Vec::from_iter(warning), "{config}");
    }
    let config = format!("[profile k]\n{DEVICE}");
    let found = warnings(config.as_bytes(), format!("[DEFAULT]\nregion = x\n{KEYS}").as_bytes(), "k");
    assert_eq!(found, [for_all("credentials", 1)]);
    let blanks = "mfa-env and the SDKs read [ k ] (~/.aws/credentials:1) as profile k, the AWS CLI does not; write [k] \
                  [section-read-differently]";
    assert_eq!(warnings(config.as_bytes(), KEYS.replace("[k]", "[ k ]").as_bytes(), "k"), [blanks]);

    // `list` warns about all profiles.
    let config = "[ profile k ]\n[profile o'neil]\n[profile e]\n [profile f]\nregion = x\n";
    let indented = indented.replace("k] (~/.aws/config:3)", "f] (~/.aws/config:4)");
    let home = Home::with(config, KEYS);
    let mut list = Program::new(&home, ["list"]);
    for warning in [
        both("[ profile k ]", 1, "k", "[profile k]"),
        ours("[profile o'neil]", 2, "o'neil", "[profile \"o'neil\"]"),
        indented,
    ] {
        list = list.says(format!("mfa-env: warning: {warning}\n"));
    }
    assert_eq!(list.run().stderr.lines().count(), 3);
}

// fault 31
fn escapes_untrusted_text() {
    let role = "arn:aws:iam::123456789012:role/\x1b]0;pwn\x07admin";
    let config = format!(
        "[profile k]\n{DEVICE}[profile r\u{202e}]\nrole_arn = {role}\nsource_profile = k\nregion = eu-west-1\n"
    );
    let mut home = Home::with("", KEYS);
    let file = home.write("\x1b[31mconfig", config);
    home.set("AWS_CONFIG_FILE", file);
    let overview = Program::new(&home, ["explain", "r\u{202e}"]).run().stdout;
    let ran = Program::new(&home, ["explain", "r\u{202e}", "--verbose"]).run();
    assert!(
        ran.stdout.starts_with(overview.strip_suffix("(details: add --verbose)\n").expect("the hint")),
        "{overview}"
    );
    assert!(!ran.stdout.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{:?}", ran.stdout);
    for part in [
        "profile   r\\u{202e} (PROFILE)\n",
        "role_arn arn:aws:iam::123456789012:role/\\x1b]0;pwn\\x07admin (",
        "(~/\\x1b[31mconfig:4)\n",
        "chain     r\\u{202e}\n",
        "r\\u{202e}  role \\x1b]0;pwn\\x07admin, account",
        "  2  AssumeRole \\x1b]0;pwn\\x07admin  with session 1",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} {:?}", ran.stdout);
    }
    // JSON contains the unchanged name, with JSON's own escapes.
    let json = Program::new(&home, ["explain", "r\u{202e}", "--json"]).run().stdout;
    assert!(!json.contains(|c: char| c.is_control() && c != '\n'), "{json:?}");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["chain"][0]["role_arn"]["value"], role);
    assert_eq!(json["profile"]["value"], "r\u{202e}");
}

/// Users silence warnings by name, so names are unique. A warning that an attacker would want silenced is protected.
fn every_warning_ends_with_a_unique_name() {
    let (text, path) = (|| "x".to_owned(), || std::path::PathBuf::from("/x"));
    let (origin, setting) = (|| Origin::Flag("--x"), "x");
    let duplicate = |what: &str| Warning::Duplicate { what: what.into(), first: origin(), last: origin() };
    let protected = [
        Warning::DeviceOfOtherAccount { device: text(), origin: origin(), account: text() },
        Warning::IdentityReplaced { variable: "X" },
        Warning::KeysKept,
        Warning::DefaultEndpoint { origin: origin(), is_ignored: true },
        Warning::BearerToken { variable: text() },
        Warning::ProfileAndSession { variable: "X", profile: text() },
        Warning::MixedKeys { access_key_id: text(), variable: "X" },
    ];
    let others = [
        duplicate("[x]"),
        duplicate("x"),
        Warning::ByteOrderMark { path: path().into() },
        Warning::FileRejected(RejectedFile { origin: origin(), problem: RejectedLine::NotASetting }.into()),
        Warning::CommentCut { setting, origin: origin() },
        Warning::Quoted { setting, origin: origin() },
        Warning::SectionDiffers(SectionDifference {
            profile: None,
            header: text(),
            origin: origin(),
            kind: SectionDifferenceKind::ForAllProfiles,
        }),
        Warning::FileMissing(MissingFile { variable: "X", path: "file".into(), was_view: false }),
        Warning::TokenIgnored { profile: text(), origin: origin() },
        Warning::DeviceUnused { profile: text() },
        Warning::DurationCut { profile: text(), origin: origin(), from: 1 },
        Warning::DurationRefused { profile: text(), origin: origin(), from: 1 },
        Warning::RegionIgnored { region: text(), origin: origin(), partition: text(), used: text() },
        Warning::DefaultRegion { region: text(), origin: origin(), profile: text() },
        Warning::NotCarried { variable: "X".into(), origin: origin() },
        Warning::BeforeIgnored,
        Warning::NotRestorable { variable: "X".into() },
        Warning::ShellUnknown,
        Warning::HomeOfOtherUser,
        Warning::RelativeCacheDirectory { value: "x".into() },
        Warning::CacheUnusable { path: path(), reason: text() },
        Warning::EntryIgnored { path: path(), reason: text() },
        Warning::LockReplaced { path: path(), reason: text() },
        Warning::NoLock { path: path(), reason: text() },
        Warning::CacheNotWritable { path: path(), reason: text() },
        Warning::LongRole { seconds: 1, origin: origin(), is_mfa_session_cached: false },
        Warning::OtherSessionCached { profile: text(), end: Expiration::EPOCH },
        Warning::CodeNotUsed,
        Warning::CodeNotNeeded,
        Warning::KeysAsTheyAre { profile: text(), are_temporary: true },
        Warning::ClockDiffers(ClockOffset { seconds: 1, now: 0 }),
    ];
    let mut names = BTreeSet::new();
    for warning in protected.iter().chain(&others) {
        let name = warning.name();
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
        assert!(warning.to_string().ends_with(&format!(" [{name}]")), "{warning}");
        assert!(names.insert(name), "{name} is the name of two warnings");
    }
    assert!(protected.iter().all(|warning| warning.is_protected() && warning.severity() == Severity::Security));
    assert!(others.iter().all(|warning| !warning.is_protected() && warning.severity() > Severity::Security));
}

//! Files as people and generators write them: what is malformed costs only its own section, and the rest is read as the
//! AWS CLI reads it.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts};
use mfa_env::profile::{AwsFile, FileKind, FileText, ProfileName, with_setting};

trials![
    brackets_in_a_name_and_text_after_it_are_read,
    indented_settings_below_a_header_are_read,
    an_indented_first_header_is_read,
    a_file_that_is_indented_as_a_whole_is_read,
    a_setting_is_written_with_the_indentation_of_its_section,
    a_colon_separates_as_well,
    explain_says_once_per_file_that_some_sdks_reject_colons,
    one_malformed_line_costs_no_other_profile_anything,
    bytes_that_are_not_utf_8_matter_only_in_a_value,
    a_section_that_is_not_read_is_named_once,
    commands_are_read_whole,
    a_header_with_another_blank_is_named,
];

const DEVICE: &str = "mfa_serial = arn:aws:iam::111122223333:mfa/alice\n";
const KEYS: &str = "[alice]\naws_access_key_id = AKIALABALICE00000000\naws_secret_access_key = lab-secret-alice\n";

/// The profile must be planned, with this on stdout.
#[track_caller]
fn explains(config: &str, credentials: &str, profile: &str, shows: &[&str]) {
    let home = Home::with(config, credentials);
    let outcome = crate::support::shells::finish(Program::new(&home, ["explain", "--verbose", profile]).command());
    let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(outcome.status.success(), "{config}{outcome}");
    for part in shows {
        assert!(stdout.contains(part), "no {part:?}: {outcome}");
    }
}

// fault 177
fn brackets_in_a_name_and_text_after_it_are_read() {
    let role = "role_arn = arn:aws:iam::444455556666:role/admin\nsource_profile = alice\n";
    for name in ["Acme-[production]/Admin", "a]b", "[x]", "x]"] {
        let config = format!("[profile alice]\n{DEVICE}[profile {name}]\n{role}");
        explains(&config, KEYS, name, &["role/admin"]);
        explains(&config, KEYS, "alice", &["GetSessionToken"]);
        let home = Home::with(&config, KEYS);
        let listed = Program::new(&home, ["list", "--json"]).run().stdout;
        assert!(listed.contains("\"alice\"") && listed.contains(&format!("\"{name}\"")), "{listed}");
    }
    for after in [" mine", "x", " [", "\t; [b]", " # ]"] {
        explains(&format!("[profile alice]{after}\n{DEVICE}"), KEYS, "alice", &["mfa/alice"]);
        explains(
            &format!("[profile alice]\n{DEVICE}"),
            &KEYS.replacen(']', &format!("]{after}"), 1),
            "alice",
            &["AKIALAB"],
        );
    }
}

// fault 177
fn indented_settings_below_a_header_are_read() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    for indentation in ["  ", "\t", "        "] {
        let config = format!(
            "[profile alice]\n    # the keys are in the other file\n    mfa_serial = {}\n    region = eu-central-1\n\n\
             [profile team]\n    role_arn = {role}\n    source_profile = alice\n    s3 =\n        max = 5\n    region = eu-west-3\n",
            alice.mfa_serial
        );
        let section = credentials_section("alice", &alice).replace("\naws", &format!("\n{indentation}aws"));
        let mut home = Home::with(&config.replace("    ", indentation), &section);
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        sts.advance(60);
        let ran =
            Program::new(&home, ["team", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in_to("team").run();
        assert_eq!(ran.variable("AWS_REGION"), Some(Some("eu-west-3")), "{}", ran.stdout);
    }
    // Deeper lines continue, and a line that is less indented begins anew.
    explains(&format!("[profile alice]\n  region = eu-west-3\n{DEVICE}"), KEYS, "alice", &["eu-west-3", "mfa/alice"]);
    let home = Home::with(&format!("[profile alice]\n  region = eu-west-3\n      {DEVICE}"), KEYS);
    Program::new(&home, ["explain", "alice"]).fails(3).says("region continues on an indented line").run();
}

// fault 177
fn an_indented_first_header_is_read() {
    for start in ["  [profile alice]\n", "\t[profile alice]\n", "# mine\n\n   [profile alice] # x\n"] {
        explains(&format!("{start}{DEVICE}[profile b]\nregion = eu-west-3\n"), KEYS, "alice", &["mfa/alice"]);
    }
}

/// As in a file that a template with its own indentation has written.
// fault 177
fn a_file_that_is_indented_as_a_whole_is_read() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let config = format!(
        "# of the team\n[profile alice]\nmfa_serial = {}\n\n[services s]\nsts =\n    endpoint_url = {}\n\
         [profile team]\nrole_arn = {role}\nsource_profile = alice\nservices = s\nregion = eu-west-3\n",
        alice.mfa_serial,
        sts.url()
    );
    let credentials = format!("[other]\nregion = eu-west-1\n\n{}", credentials_section("alice", &alice));
    let indented = |text: &str, by: &str| {
        let lines = text.lines().map(|line| if line.is_empty() { line.to_owned() } else { format!("{by}{line}") });
        lines.collect::<Vec<_>>().join("\n")
    };
    for by in [" ", "    ", "\t", " \t "] {
        let home = Home::with(&indented(&config, by), &(indented(&credentials, by) + "\n"));
        sts.advance(60);
        let ran = Program::new(&home, ["team", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
        let ran = ran.signs_in_to("team").run();
        assert_eq!(ran.variable("AWS_REGION"), Some(Some("eu-west-3")), "{}", ran.stdout);
        // What is written has the same indentation, or no program would find the sections after it.
        let listed = Program::new(&home, ["list"]).says("although it is indented").run().stdout;
        for name in ["other", "team-mfa"] {
            Program::new(&home, ["save", "team", "--as", name, "--force"]).any_files().says(name).run();
        }
        let saved = Program::new(&home, ["list"]).says("although it is indented").run().stdout;
        for name in ["alice", "team", "other", "team-mfa"] {
            assert!(saved.contains(&format!("\n{name} ")), "{listed}{saved}");
        }
        Program::new(&home, ["logout", "team"]).any_files().says("removed").run();
        Program::new(&home, ["explain", "team"]).run();
    }
    // An indented header that follows a setting with less indentation continues it.
    let home = Home::with(&format!("[profile alice]\n{DEVICE}  [profile b]\n  region = x\n"), KEYS);
    Program::new(&home, ["explain", "alice"]).fails(3).says("mfa_serial continues on an indented line").run();
    let home = Home::with(&format!("  [profile alice]\n  {DEVICE} [profile b]\n  region = eu-west-3\n"), KEYS);
    assert!(Program::new(&home, ["explain", "alice", "--verbose"]).run().stdout.contains("mfa/alice"));
}

/// Neither what is above nor what is below a line that is written changes its meaning.
// fault 177
fn a_setting_is_written_with_the_indentation_of_its_section() {
    let device = "arn:aws:iam::111122223333:mfa/new";
    for (before, after) in [
        ("[a]\n  mfa_serial = old\n  region = x\n", "[a]\n  mfa_serial = NEW\n  region = x\n"),
        ("  [a]\n  region = x\n  [b]\n  k = v\n", "  [a]\n  region = x\n  mfa_serial = NEW\n  [b]\n  k = v\n"),
        (
            "[a]\n\tregion = x\n\n# of b\n\t[b]\n\tk = v\n",
            "[a]\n\tregion = x\n\tmfa_serial = NEW\n\n# of b\n\t[b]\n\tk = v\n",
        ),
        ("[a]\n  region = x\n[b]\n", "[a]\n  region = x\nmfa_serial = NEW\n[b]\n"),
    ] {
        let path = std::path::Path::new("/credentials");
        let text = FileText::from_bytes(FileKind::Credentials, path.into(), before.into()).expect("text");
        let name = ProfileName::parse("a").expect("a name");
        let edited = with_setting(before, &AwsFile::index(&text), "[a]", &name, ("mfa_serial", device));
        let edited = edited.expect("it can be read").expect("it is changed");
        assert_eq!(*edited, after.replace("NEW", device));
    }
}

// fault 230
fn a_colon_separates_as_well() {
    let role = "role_arn: arn:aws:iam::444455556666:role/admin\nsource_profile :alice\nexternal_id: a=b\n";
    let config = format!("[profile alice]\n{}[profile r]\n{role}", DEVICE.replace(" =", ":"));
    explains(&config, &KEYS.replace(" = ", ": "), "r", &["role/admin", "ExternalId a=b"]);
    explains(&config.replace("external_id: a=b", "external_id = a:b"), KEYS, "r", &["ExternalId a:b"]);
    // The separator is missing.
    let home = Home::with("[profile r]\nrole_arn arn:aws:iam::444455556666:role/admin\n", KEYS);
    Program::new(&home, ["explain", "r"]).fails(3).says("~/.aws/config:2: line without =").run();
}

// fault 230
fn explain_says_once_per_file_that_some_sdks_reject_colons() {
    let lines = |config: &str, credentials: &str| {
        let home = Home::with(config, credentials);
        let json = Program::new(&home, ["explain", "alice", "--json"]).run().stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let warnings: Vec<String> = serde_json::from_value(json["warnings"].clone()).expect("a list of texts");
        let text = Program::new(&home, ["explain", "--verbose", "alice"]).run().stdout;
        let ours = warnings.into_iter().filter(|warning| warning.ends_with("[colon-separator]"));
        let lines = ours.map(|warning| {
            assert!(text.contains(&warning), "no {warning:?} in {text}");
            assert!(!warning.contains("SECRET"), "{warning}");
            let (place, rest) = warning.split_once(": ").expect("a place");
            (place.trim_start_matches("~/.aws/").to_owned(), rest.contains("mfa-env reads it"))
        });
        lines.collect::<Vec<_>>()
    };
    let at = |place: &str, is_nested: bool| (place.to_owned(), is_nested);
    let alice = format!("[profile alice]\n{DEVICE}");
    // In any section, because the SDKs reject the whole file.
    for other in
        ["[profile other]\nrole_arn: SECRET\n", "[sso-session x]\nname :SECRET=\n", "[profile other]\n\n  a:\tSECRET\n"]
    {
        let line = 3 + other.lines().count();
        assert_eq!(lines(&format!("{alice}{other}"), KEYS), [at(&format!("config:{}", line - 1), false)], "{other}");
    }
    let many = format!("[profile alice]\n{}region : eu-west-1\noutput:json\n", DEVICE.replace(" =", ":"));
    assert_eq!(lines(&many, KEYS), [at("config:2", false)]);
    assert_eq!(
        lines(&many, &KEYS.replace(" = ", ": ").replace("lab-secret", "SECRET")),
        [at("config:2", false), at("credentials:2", false)]
    );
    // A nested one is worse.
    let nested = format!("{many}s3 =\n  addressing_style = path\n  max_queue_size: 5\n");
    assert_eq!(lines(&nested, KEYS), [at("config:7", true)]);
    // No separators: in a value, a comment, a header, below a value, and in a line that is not read.
    for fine in [
        "endpoint_url = https://localhost:4566\n",
        "# a: b\n  ; c: d\nregion = eu-west-1 # e: f\n",
        "s3 =\n  endpoint_url = https://x:1\n",
        "cli_history = a\n  b: c\n",
        "[profile a:b]\nregion = x\n",
        "[services s]\ns3 = \n  endpoint_url = http://localhost:1\n",
        "[profile broken]\nkey arn:aws:x\n: y\n",
    ] {
        assert_eq!(lines(&format!("{alice}{fine}"), KEYS), [], "{fine}");
    }
}

// faults 177, 41
fn one_malformed_line_costs_no_other_profile_anything() {
    for broken in [
        "[profile broken\nregion = x\n",
        "[]\nx = y\n",
        "[profile b]\n= x\nno equals sign\n  deep\n",
        "[\n",
        "[x\n[y\n",
    ] {
        for config in [
            format!("{broken}[profile alice]\n{DEVICE}"),
            format!("[profile alice]\n{DEVICE}{broken}"),
            format!("stray = 1\n[profile alice]\n{DEVICE}{broken}"),
        ] {
            explains(&config, KEYS, "alice", &["GetSessionToken"]);
            explains(&format!("[profile alice]\n{DEVICE}"), &format!("{KEYS}{broken}"), "alice", &["AKIALAB"]);
        }
    }
    let home = Home::with(&format!("stray = 1\n[profile broken\n{DEVICE}[profile alice]\n{DEVICE}"), KEYS);
    let listed = Program::new(&home, ["list"]);
    listed
        .says("warning: ~/.aws/config:1: a line above the first section; the AWS CLI and boto3 reject the whole file")
        .says("warning: ~/.aws/config:2: section header without ]; the line is not read [malformed-line]\n")
        .run();
    Program::new(&home, ["broken", "--shell", "sh"]).fails(3).says("~/.aws/config:2: section header without ]").run();
}

// faults 177, 38
fn bytes_that_are_not_utf_8_matter_only_in_a_value() {
    let shift_jis = b"# \x83\x41\x83\x8a\x83\x58\n";
    let latin_1 = b"; caf\xe9\n[profile b]\nname = M\xfcller\nregion = eu-west-3\n";
    let alice = format!("[profile alice]\n{DEVICE}");
    for config in [
        [shift_jis.as_slice(), alice.as_bytes()].concat(),
        [alice.as_bytes(), shift_jis].concat(),
        [latin_1.as_slice(), alice.as_bytes()].concat(),
        [alice.as_bytes(), latin_1].concat(),
    ] {
        let home = Home::with("", KEYS);
        home.write(".aws/config", &config);
        Program::new(&home, ["explain", "--verbose", "alice"]).run();
        assert!(Program::new(&home, ["list"]).run().stdout.contains("alice"));
        if config.windows(7).any(|bytes| bytes == b"M\xfcller\n") {
            let line = config.split(|b| *b == b'\n').position(|line| line.starts_with(b"name")).expect("a line") + 1;
            let says = format!("~/.aws/config:{line}: not valid UTF-8");
            Program::new(&home, ["explain", "b"]).fails(3).says(says).run();
        }
        // What cannot be read is not rewritten either.
        home.write(".aws/credentials", [KEYS.as_bytes(), b"# \xe9\n"].concat());
        let ran = Program::new(&home, ["save", "alice", "-c", "123456"]).fails(7);
        ran.says("~/.aws/credentials is not valid UTF-8").any_files();
    }
}

// fault 188
fn a_section_that_is_not_read_is_named_once() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let keys = credentials_section("alice", &alice);
    let device = format!("mfa_serial = {}\n", alice.mfa_serial);
    for (config, credentials, says) in [
        (
            "[alice]\nregion = eu-west-1\n".to_owned(),
            format!("{keys}{device}"),
            "~/.aws/config:1 has [alice]; in the config file, write [profile alice]",
        ),
        ("[Profile alice]\nregion = eu-west-1\n".to_owned(), format!("{keys}{device}"), "write [profile alice]"),
        (
            format!("[profile alice]\n{device}"),
            format!("{keys}[profile alice]\nregion = eu-west-1\n"),
            "has [profile alice]; move its settings to [alice] (~/.aws/credentials:1)",
        ),
    ] {
        let mut home = Home::with(&config, &credentials);
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        let ran = Program::new(&home, ["alice", &code, "--shell", "sh"]).says(says).says("[section-not-read]").run();
        assert_eq!(ran.stderr.matches("section-not-read").count(), 1, "{}", ran.stderr);
        assert_eq!(ran.variable("AWS_REGION"), None);
        let quiet = Program::new(&home, ["alice", "--shell", "sh"]).env("MFA_ENV_SILENCE", "section-not-read");
        assert!(!quiet.signs_in().run().stderr.contains("section-not-read"));
        let changed = config.replace("[alice]", "[profile alice]").replace("[Profile", "[profile");
        if changed != config {
            home.write(".aws/config", changed);
            assert!(!Program::new(&home, ["alice", "--shell", "sh"]).signs_in().run().stderr.contains("not read"));
        }
    }
    // An empty one, and one of a profile that is not needed, say nothing.
    let mut home = Home::with("[alice]\n[other]\nregion = eu-west-1\n", &format!("{keys}{device}"));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    assert!(!Program::new(&home, ["explain", "--verbose", "alice"]).run().stdout.contains("section-not-read"));
}

// fault 185
fn commands_are_read_whole() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for command in [
        "item=\"AWS #2\" ; printenv LAB_CODE",
        "printf '%s\\n' \"$LAB_CODE\" # the code",
        "true ; # nothing\tmore ; printenv LAB_CODE",
        "x='a ; b'; printenv LAB_CODE ;",
    ] {
        let config = format!("[profile alice]\nmfa_serial = {}\nmfa_process = {command}\n", alice.mfa_serial);
        let mut home = Home::with(&config, &credentials_section("alice", &alice));
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        sts.advance(60);
        home.set("LAB_CODE", sts.code(&alice.mfa_serial));
        let outcome = crate::support::shells::finish(Program::new(&home, ["alice", "--shell", "sh"]).command());
        // The third one prints nothing: everything after the `#` is a comment of the shell.
        let is_comment = command.contains("# nothing");
        assert_eq!(outcome.status.success(), !is_comment, "{command}: {outcome}");
    }
}

// fault 177
fn a_header_with_another_blank_is_named() {
    for (blank, shown) in [("\u{a0}", "\\u{00a0}"), ("\u{3000}", "\u{3000}"), ("\u{2003}", "\u{2003}")] {
        let config = format!("[profile{blank}dev]\nregion = eu-west-1\n[profile alice]\n{DEVICE}");
        let mut home = Home::with(&config, KEYS);
        home.set("LC_ALL", "C.UTF-8");
        let ran = Program::new(&home, ["dev", "-s", "sh"]).fails(3).says("profile `dev` not found\n");
        ran.says(format!("~/.aws/config:1 has [profile{shown}dev]; in the config file, write [profile dev]\n")).run();
        Program::new(&home, ["explain", "--verbose", "alice"]).run();
    }
}

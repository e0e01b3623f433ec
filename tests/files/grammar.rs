//! The grammar of the AWS files: how lines are parsed, and how malformed lines are reported without showing secrets.

use crate::support::file_texts::{names, value};
use crate::support::home::{Home, credentials_section};
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![
    suggests_similar_names_for_a_missing_profile,
    merges_a_profile_from_both_files,
    skips_a_byte_order_mark,
    refuses_other_encodings,
    a_nul_byte_costs_its_own_line,
    strips_line_endings_and_spaces_from_values,
    locates_a_malformed_line_without_showing_it,
    ignores_malformed_lines_in_other_sections,
    reads_headers_in_every_spelling,
    the_last_duplicate_wins_with_a_warning,
    profile_default_wins_over_default,
    hints_at_sections_in_the_wrong_form,
    strips_comments,
    indented_comments_are_comments,
    signs_in_with_indented_comments_in_the_files,
    skips_nested_blocks_and_unrelated_sections,
    ignores_the_case_of_keys,
    keeps_quotes_as_part_of_the_value,
];

// fault 36
fn suggests_similar_names_for_a_missing_profile() {
    let sts = Sts::start();
    let home = Home::with("[profile prodb]\n[profile prode]\n[profile prodc]\n[profile prod]\n[profile other]\n", "");
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["prodd"],
        3,
        &["mfa-env: profile `prodd` not found\n  did you mean prod or prodb or prodc?\n"],
    );
    no_effect::assert_no_effect(
        &home,
        &sts,
        &["zzzzzz"],
        3,
        &["the AWS files contain 5 profiles, none with a similar name; list them with: mfa-env list\n"],
    );
    let one = Home::with("[default]\n", "");
    no_effect::assert_no_effect(
        &one,
        &sts,
        &["zzzzzz"],
        3,
        &["the AWS files contain 1 profile, with another name; list it with: mfa-env list\n"],
    );
    // A name that would have to be escaped cannot be typed.
    for hostile in ["prod\u{1b}[31m", "prod\u{202e}"] {
        let home = Home::with(&format!("[profile {hostile}]\n"), "");
        no_effect::assert_no_effect(&home, &sts, &["prod"], 3, &["1 profile, with another name"]);
    }
}

// fault 37
fn merges_a_profile_from_both_files() {
    let (config, credentials) = (
        "[profile a]\nregion = eu-west-1\noutput = json\n[profile only]\nregion = eu-west-2\n",
        "[a]\nregion = eu-central-1\n[keys]\naws_access_key_id = x\n",
    );
    assert_eq!(names(config, credentials), ["a", "keys", "only"]);
    assert_eq!(value(config, credentials, "a", "region").as_deref(), Some("eu-central-1"));
    assert_eq!(value(config, credentials, "a", "output").as_deref(), Some("json"));
    assert_eq!(value(config, credentials, "only", "region").as_deref(), Some("eu-west-2"));
    assert_eq!(value(config, credentials, "keys", "aws_access_key_id").as_deref(), Some("x"));
    assert_eq!(value(config, credentials, "none", "region"), None);
}

// fault 38
fn skips_a_byte_order_mark() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let config = format!("\u{feff}[profile main]\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&config, &format!("\u{feff}{}", credentials_section("main", &alice)));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["main", &code, "--shell", "sh"]).signs_in_to("main").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("main")));
    // Elsewhere it is an ordinary character.
    assert_eq!(value("[profile a]\nkey = \u{feff}x\n", "", "a", "key").as_deref(), Some("\u{feff}x"));
}

// fault 39
fn refuses_other_encodings() {
    let sts = Sts::start();
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let text = "[profile main]\naws_secret_access_key = TOPSECRET\n".encode_utf16().flat_map(bytes);
        mark.into_iter().chain(text).collect::<Vec<u8>>()
    };
    let cases: [(Vec<u8>, usize); 5] = [
        (utf16([0xff, 0xfe], u16::to_le_bytes), 1),
        (utf16([0xfe, 0xff], u16::to_be_bytes), 1),
        (b"[profile main]\n# caf\xe9\nregion = TOPSECRET\xe9\n".to_vec(), 3),
        (b"[profile main]\nregion = TOPSECRET\nx = \0\n".to_vec(), 3),
        (b"[profile main]\r\nregion = TOPSECRET\r\nx = \xc3\x28\r\n".to_vec(), 3),
    ];
    for (bytes, line) in cases {
        for file in ["config", "credentials"] {
            let home = Home::empty();
            let credentials = bytes.strip_prefix(b"[profile ").map(|rest| [b"[", rest].concat());
            let bytes = credentials.filter(|_| file == "credentials").unwrap_or_else(|| bytes.clone());
            home.write(&format!(".aws/{file}"), &bytes);
            let message = format!("mfa-env: ~/.aws/{file}:{line}: not valid UTF-8");
            no_effect::assert_no_effect(&home, &sts, &["main"], 3, &[&message]);
            let ran = Program::new(&home, ["main", "--shell", "sh"]).fails(3).says(message).run();
            assert!(!ran.stderr.contains("TOPSECRET") && ran.stderr.is_ascii(), "{}", ran.stderr);
        }
    }
}

/// A single NUL byte costs only the line that has it, and only if that is needed.
fn a_nul_byte_costs_its_own_line() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for broken in ["# a\0comment", "[profile other]\nregion = a\0b", "[profile o\0ther]\nregion = x", "unread = \0"] {
        let home = Home::with_user(&sts, &alice, &[]);
        let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
        home.write(".aws/config", config + broken + "\n");
        let expected = if broken.starts_with("unread") { 3 } else { 5 };
        let outcome = crate::support::shells::finish(Program::new(&home, ["main", "-s", "sh"]).command());
        assert_eq!(outcome.status.code(), Some(expected), "{broken:?}: {outcome}");
        assert!(Program::new(&home, ["list", "--json"]).run().stdout.contains("\"main\""), "{broken:?}");
    }
}

// fault 40
fn strips_line_endings_and_spaces_from_values() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["[profile a]", "region\t =  eu-west-1 \t", "  ", "\t", "secret = a b", "last=x"].join(end);
        for text in [text.clone(), text + end] {
            assert_eq!(value(&text, "", "a", "region").as_deref(), Some("eu-west-1"), "{text:?}");
            assert_eq!(value(&text, "", "a", "secret").as_deref(), Some("a b"), "{text:?}");
            assert_eq!(value(&text, "", "a", "last").as_deref(), Some("x"), "{text:?}");
        }
    }
    // A CR left in the secret would make the signature invalid.
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for end in ["\r\n", "\r", " \t\n"] {
        let config = format!("[profile main]\nmfa_serial = {}\n", alice.mfa_serial).replace('\n', end);
        let mut home =
            Home::with(&config, credentials_section("main", &alice).replace('\n', end).trim_end_matches(['\r', '\n']));
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in_to("main").run();
    }
}

// fault 41
fn locates_a_malformed_line_without_showing_it() {
    let sts = Sts::start();
    let cases = [
        ("[profile main\naws_secret_access_key = TOPSECRET\n", 1, "section header without ]"),
        ("# x\n\naws_secret_access_key = TOPSECRET\n[profile main]\n", 3, "setting before the first section"),
        ("[profile main]\n= TOPSECRET\n", 2, "setting without a name before ="),
        ("[profile main]\nregion = eu-west-1\n\naws_secret_access_key TOPSECRET\n", 4, "line without ="),
        ("[profile main]\n  TOPSECRET\n", 2, "line without ="),
        ("[profile main]\ns3 =\n  TOPSECRET\n", 3, "nested line without ="),
        ("[profile main]\ns3 =\n  = TOPSECRET\n", 3, "nested setting without a name before ="),
        ("[profile main]\n <<<<<<< HEAD TOPSECRET\n", 2, "line without ="),
        ("[profile main]\r\nregion = eu-west-1\r\nTOPSECRET\r\n", 3, "line without ="),
    ];
    for (config, line, what) in cases {
        let home = Home::with(config, "");
        let place = format!("~/.aws/config:{line}: {what}\n");
        no_effect::assert_no_effect(&home, &sts, &["main"], 3, &[&place]);
        let ran = Program::new(&home, ["main", "--shell", "sh"]).fails(3).says(&place).run();
        assert!(!ran.stderr.contains("TOPSECRET"), "{}", ran.stderr);
    }
    let home = Home::with("", "[main]\naws_secret_access_key TOP:SECRET\n");
    let place = "~/.aws/credentials:2: line without =\n  write key = value, or start a comment with #\n";
    no_effect::assert_no_effect(&home, &sts, &["main"], 3, &[place]);
}

// fault 41
fn ignores_malformed_lines_in_other_sections() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("the config file");
    home.write(".aws/config", format!("[profile broken]\nno equals sign\n{config}[sso-session y]\nneither here\n"));
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in_to("main").run();
}

// fault 42
fn reads_headers_in_every_spelling() {
    let cases = [
        ("[profile foo]", Some("foo")),
        ("[ profile foo ]", Some("foo")),
        ("[\tprofile\t foo\t]", Some("foo")),
        ("[profile\tfoo]", Some("foo")),
        ("[profile foo] # why", Some("foo")),
        ("[profile foo];why", Some("foo")),
        ("[profile foo]  ", Some("foo")),
        ("[profile \"a b\"]", Some("a b")),
        ("[profile 'a b']", Some("a b")),
        ("[profile 'a]b']", Some("a]b")),
        ("[profile 'it'\"'\"'s']", Some("it's")),
        ("[profile \"say \\\"x\\\"\"]", Some("say \"x\"")),
        ("[profile a\\ b]", Some("a b")),
        ("[profile it's]", Some("it's")),
        ("[profile ü]", Some("ü")),
        ("[profile 日本]", Some("日本")),
        ("[profile a/b.c%d@e:f+g-h_1]", Some("a/b.c%d@e:f+g-h_1")),
        ("[default]", Some("default")),
        ("[ default\t]", Some("default")),
        ("[profile default]", Some("default")),
        ("[Profile foo]", None),
        ("[PROFILE foo]", None),
        ("[profilefoo]", None),
        ("[foo]", None),
        ("[profile a b]", None),
        ("[profile ]", None),
        ("[profile '']", None),
        ("[]", None),
        ("[sso-session foo]", None),
        ("[services foo]", None),
        ("[preview]", None),
        ("[plugins]", None),
    ];
    for (header, name) in cases {
        let found = names(&format!("{header}\nregion = eu-west-1\n"), "");
        assert_eq!(found, Vec::from_iter(name), "{header}");
        if let Some(name) = name {
            let region = value(&format!("{header}\nregion = eu-west-1\n"), "", name, "region");
            assert_eq!(region.as_deref(), Some("eu-west-1"), "{header}");
        }
    }
    let in_credentials =
        [("[foo]", "foo"), ("[ foo ]", "foo"), ("[a b]", "a b"), ("[default]", "default"), ("['a b']", "'a b'")];
    for (header, name) in in_credentials {
        assert_eq!(names("", &format!("{header}\nkey = x\n")), [name], "{header}");
    }
    assert_eq!(names("", "[profile foo]\n[]\n"), Vec::<String>::new());
}

// fault 43
fn the_last_duplicate_wins_with_a_warning() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let other = sts.add_user("bob");
    let config = format!(
        "[profile main]\nregion = eu-west-1\nmfa_serial = {}\n[profile other]\n\
         [profile main]\nREGION = eu-west-2\nmfa_serial = {}\nmfa_serial = {}\n",
        other.mfa_serial, other.mfa_serial, alice.mfa_serial
    );
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let message = "the last one is used, but the AWS CLI rejects the file; remove one of them";
    let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .says(format!(
            "mfa-env: warning: [main] is defined twice (~/.aws/config:1, ~/.aws/config:5): {message} \
             [duplicate-section]\n"
        ))
        .says(format!(
            "mfa-env: warning: mfa_serial is defined twice (~/.aws/config:7, ~/.aws/config:8): {message} \
             [duplicate-key]\n"
        ))
        .run();
    assert_eq!(ran.variable("AWS_REGION"), Some(Some("eu-west-2")));
    assert_eq!(ran.stderr.matches("warning").count(), 2, "{}", ran.stderr);
    assert_eq!(sts.calls()[0].param("SerialNumber"), Some(alice.mfa_serial.as_str()));

    // One warning per name, however often it is repeated, and none for a key in both files, which AWS intends.
    let config = "[profile a]\nregion = x\nregion = y\nregion = eu-west-1\n[profile a]\n[profile a]\n";
    let texts = crate::support::file_texts::of(config, "[a]\nregion = eu-west-2\n");
    let files = mfa_env::profile::AwsFiles::index(&texts);
    let name = mfa_env::profile::ProfileName::parse("a").expect("a name");
    let profile = files.profile(&name).expect("lines").expect("a profile");
    let duplicates: Vec<String> =
        profile.duplicates.iter().map(|d| format!("{} {} {}", d.what, d.first, d.last)).collect();
    assert_eq!(duplicates, ["region /config:2 /config:4", "[a] /config:1 /config:6"]);
}

// fault 44
fn profile_default_wins_over_default() {
    for (first, second) in [("[default]", "[profile default]"), ("[profile default]", "[default]")] {
        let prefixed = |header: &str| if header == "[default]" { "bare" } else { "prefixed" };
        let config = format!(
            "{first}\nregion = {}\n{}_only = x\n{second}\nregion = {}\n{}_only = x\n",
            prefixed(first),
            prefixed(first),
            prefixed(second),
            prefixed(second)
        );
        assert_eq!(value(&config, "", "default", "region").as_deref(), Some("prefixed"), "{config}");
        assert_eq!(value(&config, "", "default", "prefixed_only").as_deref(), Some("x"), "{config}");
        assert_eq!(value(&config, "", "default", "bare_only"), None, "{config}");
        // The credentials file has only one spelling, and wins as always.
        assert_eq!(value(&config, "[default]\nregion = c\n", "default", "region").as_deref(), Some("c"));
    }
}

// fault 45
fn hints_at_sections_in_the_wrong_form() {
    let sts = Sts::start();
    let home = Home::with("\n[prod]\nregion = eu-west-1\n", "[profile dev]\naws_access_key_id = AKIAX\n");
    let bare = "profile `prod` not found\n  ~/.aws/config:2 has [prod]; in the config file, write [profile prod]\n";
    no_effect::assert_no_effect(&home, &sts, &["prod"], 3, &[bare]);
    let prefixed = "~/.aws/credentials:1 has [profile dev]; in the credentials file, write [dev]\n";
    no_effect::assert_no_effect(&home, &sts, &["dev"], 3, &["profile `dev` not found\n", prefixed]);
    assert_eq!(names("[prod]\n", "[profile dev]\n"), Vec::<String>::new());
}

// fault 46
fn strips_comments() {
    let cases = [
        ("key = x # comment", "x"),
        ("key = x ; comment", "x"),
        ("key = x\t#comment", "x"),
        ("key = x #", "x"),
        ("key = # comment", ""),
        ("key =# no", "# no"),
        ("key = x#y", "x#y"),
        ("key = x;y", "x;y"),
        ("key = a=b#c=d", "a=b#c=d"),
        ("key = aGVsbG8/+==", "aGVsbG8/+=="),
    ];
    for (line, expected) in cases {
        let text = format!("[profile a]\n{line}\n");
        assert_eq!(value(&text, "", "a", "key").as_deref(), Some(expected), "{line}");
    }
    assert_eq!(value("[profile a]\n#key = x\n;key = y\n", "", "a", "key"), None);
}

/// botocore reads all of these lines as comments.
// fault 156
fn indented_comments_are_comments() {
    for comment in ["  # y", "\t; y", " #", "  ;key = y", "    # key = y # z"] {
        let plain = ["[profile a]", "key = x", "s3 =", "  region = y", "last = z", ""].join("\n");
        for key in ["key", "s3", "last"] {
            let expected = value(&plain, "", "a", key);
            assert!(expected.is_some(), "{key}");
            // Above the header, below it, below a value, in a nested block, and at the end.
            for line in plain.match_indices('\n').map(|(at, _)| at + 1).chain([0]) {
                let text = format!("{}{comment}\n{}", &plain[..line], &plain[line..]);
                assert_eq!(value(&text, "", "a", key), expected, "{key} in {text}");
            }
        }
    }
    // A comment between two lines of a value leaves them together.
    let continued = value("[profile a]\nkey = x\n  # y\n  z\n", "", "a", "key");
    assert_eq!(continued.as_deref(), Some("x\nz"));
    // A comment after the text of a continuation is part of the value, as in the SDKs.
    let continued = value("[profile a]\nkey = x\n  y # z\n", "", "a", "key");
    assert_eq!(continued.as_deref(), Some("x\ny # z"));
}

// fault 156
fn signs_in_with_indented_comments_in_the_files() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let config = format!(
        "  # mine\n[profile main]\n  # the phone\nmfa_serial = {}\n  # mfa_serial = {}2\nregion = eu-west-1\n\t; home\n\
         services = local\n[services local]\n  # the test server\nsts =\n  # endpoint_url = https://old.example\n  \
         endpoint_url = {}\n  ; the last line\n",
        alice.mfa_serial,
        alice.mfa_serial,
        sts.url()
    );
    let keys = credentials_section("main", &alice).replace('\n', "\n    # from IAM\n");
    let home = Home::with(&config, &keys);
    let ran = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in_to("main").run();
    assert_eq!(ran.variable("AWS_REGION"), Some(Some("eu-west-1")));
    assert_eq!(sts.calls().len(), 1);
}

// fault 47
fn skips_nested_blocks_and_unrelated_sections() {
    let config = "\
[sso-session s]
sso_region = eu-west-1
[services v]
sts =
  endpoint_url = https://sts.invalid

[profile a]
s3 =
  region = nested
  max_concurrent_requests = 20
region = eu-west-1
unknown = x
odd key! = y
[plugins]
cli = z
";
    assert_eq!(names(config, ""), ["a"]);
    assert_eq!(value(config, "", "a", "region").as_deref(), Some("eu-west-1"));
    assert_eq!(value(config, "", "a", "max_concurrent_requests"), None);
    assert_eq!(value(config, "", "a", "s3").as_deref(), Some("\nregion = nested\nmax_concurrent_requests = 20"));
    assert_eq!(value(config, "", "a", "unknown").as_deref(), Some("x"));
    assert_eq!(value(config, "", "a", "odd key!"), None, "a key that no SDK accepts");
}

// fault 48
fn ignores_the_case_of_keys() {
    let config = "[profile a]\nRegion = eu-west-1\nMFA_SERIAL = x\n";
    assert_eq!(value(config, "", "a", "region").as_deref(), Some("eu-west-1"));
    assert_eq!(value(config, "", "a", "mfa_serial").as_deref(), Some("x"));
    // Profile names are case-sensitive.
    assert_eq!(value(config, "", "A", "region"), None);
}

// fault 49
fn keeps_quotes_as_part_of_the_value() {
    let sts = Sts::start();
    for (key, text) in [
        ("region", "\"us-west-2\""),
        ("role_arn", "'arn:aws:iam::123456789012:role/x'"),
        ("mfa_serial", "\"arn:aws:iam::123456789012:mfa/alice\""),
    ] {
        let home = Home::with(
            &format!("[profile a]\nsource_profile = b\n{key} = {text}\n"),
            "[b]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n",
        );
        let message = format!("~/.aws/config:3: {key} is `{text}`, which includes the quotes\n  remove the quotes");
        let role = ["a", "--role-arn", "arn:aws:iam::123456789012:role/other"];
        no_effect::assert_no_effect(&home, &sts, if key == "role_arn" { &["a"] } else { &role }, 3, &[&message]);
    }
    assert_eq!(value("[profile a]\nexternal_id = \"x\"\n", "", "a", "external_id").as_deref(), Some("\"x\""));
}

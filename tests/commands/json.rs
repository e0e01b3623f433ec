//! What `--json` prints, field by field: the topic `json` describes it, and programs depend on it.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::schema::Shape::{Array, Bool, Nullable, Number, Object, OneOf, Text};
use crate::support::schema::{Shape, assert_matches};
use crate::support::sts::{RoleSpec, Sts, User};
use serde_json::{Value, json};

trials![
    explain_has_exactly_these_fields,
    explain_matches_the_text,
    list_has_exactly_these_fields,
    status_has_exactly_these_fields,
    why_has_exactly_these_fields,
    the_topic_documents_every_field,
    escapes_characters_that_a_terminal_does_not_show,
];

const SOURCED: Shape = Object(&[("value", Text), ("origin", Text)]);
const SETTING: Shape = Nullable(&Object(&[("value", Text), ("origin", Text), ("used", Bool)]));

const MAX_AGE: Shape = Object(&[("seconds", Number), ("origin", Nullable(&Text))]);
const EXPLAIN: Shape = Object(&[
    ("version", Number),
    ("profile", SOURCED),
    (
        "chain",
        Array(&Object(&[
            ("profile", Text),
            ("role_arn", SETTING),
            ("source_profile", SETTING),
            ("external_id", SETTING),
            ("role_session_name", SETTING),
            ("duration_seconds", SETTING),
            ("mfa_max_age", SETTING),
            ("mfa_serial", SETTING),
            ("aws_account_id", SETTING),
            ("region", SETTING),
            ("aws_access_key_id", Nullable(&Object(&[("value", Text), ("origin", Text), ("temporary", Bool)]))),
        ])),
    ),
    ("device", Nullable(&SOURCED)),
    (
        "endpoint",
        Object(&[
            ("host", Text),
            ("region", SOURCED),
            ("url", Nullable(&SOURCED)),
            ("ca_bundle", Nullable(&SOURCED)),
            ("proxy", Nullable(&Text)),
            ("trust_anchors", Array(&SOURCED)),
            ("fips", Nullable(&Text)),
            ("dual_stack", Nullable(&Text)),
            ("global", Nullable(&Text)),
        ]),
    ),
    ("region", Nullable(&SOURCED)),
    (
        "calls",
        Array(&Object(&[
            ("operation", OneOf(&["GetSessionToken", "AssumeRole"])),
            ("signed_with", Object(&[("keys_of", Nullable(&Text)), ("session_of", Nullable(&Text))])),
            ("parameters", Array(&Object(&[("name", Text), ("value", Nullable(&Text)), ("origin", Text)]))),
            ("with_code", Bool),
            ("why", Text),
            ("state", OneOf(&["to make", "cached", "not needed"])),
            ("cached_until", Nullable(&Text)),
            ("max_age", Nullable(&MAX_AGE)),
            ("mfa_age_seconds", Nullable(&Number)),
        ])),
    ),
    ("code", OneOf(&["asked", "process", "given", "not needed"])),
    ("left_behind", Array(&Object(&[("name", Text), ("origin", Text), ("variable", Nullable(&Text))]))),
    ("mfa_process", Nullable(&Object(&[("profile", Text), ("origin", Text)]))),
    ("set", Array(&Text)),
    ("unset", Array(&Text)),
    ("warnings", Array(&Text)),
]);

const KINDS: &[&str] = &[
    "keys",
    "role",
    "chain",
    "session",
    "sso",
    "login",
    "web identity",
    "process",
    "credential source",
    "settings",
    "broken",
];

const LIST: Shape = Object(&[
    ("version", Number),
    (
        "profiles",
        Array(&Object(&[
            ("profile", Text),
            ("access_key_created", Nullable(&Text)),
            ("kind", OneOf(KINDS)),
            ("source", Nullable(&Text)),
            ("mfa_serial", Nullable(&Text)),
            ("region", Nullable(&Text)),
            ("seconds_left", Nullable(&Number)),
            ("problem", Nullable(&Text)),
            ("account", Nullable(&Text)),
            ("current", Bool),
            ("role_arn", Nullable(&Text)),
            ("user", Nullable(&Text)),
        ])),
    ),
    (
        "sessions",
        Array(&Object(&[
            ("access_key_id", Text),
            ("account", Nullable(&Text)),
            ("current", Bool),
            ("mfa_serial", Nullable(&Text)),
            ("role_arn", Nullable(&Text)),
            ("seconds_left", Number),
            ("user", Nullable(&Text)),
        ])),
    ),
]);

const STATUS: Shape = Object(&[
    ("version", Number),
    ("signed_in", Bool),
    ("profile", Nullable(&Text)),
    ("region", Nullable(&Text)),
    ("user", Nullable(&Text)),
    ("access_key_id", Nullable(&Text)),
    ("account", Nullable(&Text)),
    ("identity", Nullable(&Text)),
    ("mfa_age_seconds", Nullable(&Number)),
    ("view", Nullable(&Object(&[("path", Text), ("stale", Bool)]))),
    ("expires", Nullable(&Text)),
    ("seconds_left", Nullable(&Number)),
    ("cached", Bool),
    ("other_expires", Nullable(&Text)),
    ("warnings", Array(&Text)),
]);

const ADVICE: Shape = Array(&Object(&[("what", Text), ("line", Nullable(&Text))]));

const WHY: Shape = Object(&[
    ("version", Number),
    (
        "causes",
        Array(&Object(&[
            ("error", Nullable(&Text)),
            ("text", Nullable(&Text)),
            ("cause", Text),
            ("certain", Bool),
            ("possibly", Nullable(&Text)),
            ("problem", Nullable(&Text)),
            ("advice", ADVICE),
        ])),
    ),
    ("not_asked", Nullable(&Text)),
    ("problems", Array(&Object(&[("problem", Text), ("cause", Text), ("advice", ADVICE)]))),
    (
        "shell",
        Object(&[
            ("source", OneOf(&["variables", "view", "profile", "workload", "nowhere"])),
            ("selected_profile", Nullable(&Text)),
            ("profile", Nullable(&Text)),
            ("access_key_id", Nullable(&Text)),
            ("keys", Nullable(&OneOf(&["long-term", "session", "other"]))),
            ("account", Nullable(&Text)),
            ("identity", Nullable(&Text)),
            ("region", Nullable(&Text)),
            ("expires", Nullable(&Text)),
            ("seconds_left", Nullable(&Number)),
            ("mfa_age_seconds", Nullable(&Number)),
        ]),
    ),
]);

/// One profile of every kind. Profile `main` has alice's keys, and `temp` has temporary keys.
fn home_with_every_kind() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { max_session_duration: 7200, ..RoleSpec::default() });
    let mut config = format!("[profile main]\nmfa_serial = {}\naws_account_id = 1\n", alice.mfa_serial);
    for (name, source, more) in [
        ("short", "main", "region = eu-west-1\nrole_session_name = me\n"),
        ("long", "main", "duration_seconds = 7200\n"),
        ("chained", "short", "external_id = id-1\nuse_fips_endpoint = false\n"),
        ("bare", "plain", ""),
        ("of-temp", "temp", ""),
    ] {
        config.push_str(&format!("[profile {name}]\nrole_arn = {role}\nsource_profile = {source}\n{more}"));
    }
    config.push_str(&format!("[profile own]\nrole_arn = {role}\nsource_profile = own\nmfa_serial = GAHT12345678\n"));
    config.push_str(&format!("[profile printed]\nrole_arn = {role}\nsource_profile = main\nmfa_process = op SEED\n"));
    let temporary =
        "[temp]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n";
    let credentials = credentials_section("main", &alice)
        + &credentials_section("plain", &alice)
        + &credentials_section("own", &alice)
        + temporary;
    let mut home = Home::with(&config, &credentials);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    (sts, alice, home)
}

fn explained(home: &Home, arguments: &[&str]) -> Value {
    let ran = Program::new(home, ["explain", "--json"].iter().chain(arguments).copied()).run();
    let value = assert_matches(&ran.stdout, &EXPLAIN);
    assert_eq!(value["version"], 1);
    value
}

fn explain_has_exactly_these_fields() {
    let (sts, alice, mut home) = home_with_every_kind();
    let profiles = ["main", "short", "long", "chained", "bare", "own", "of-temp"];
    for profile in profiles {
        explained(&home, &[profile]);
        explained(&home, &[profile, "--renew", "-r", "eu-west-3", "-c", "123456"]);
    }
    Program::new(&home, ["short", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    let cached = explained(&home, &["short"]);
    assert_eq!([&cached["calls"][0]["state"], &cached["calls"][1]["state"]], ["not needed", "cached"]);
    assert_eq!(cached["calls"][1]["cached_until"], sts.sessions()[1].expiration.as_str());
    assert_eq!((cached["code"].as_str(), cached["calls"][0]["cached_until"].is_null()), (Some("not needed"), true));
    home.variables.remove("AWS_ENDPOINT_URL_STS".as_ref() as &std::ffi::OsStr);
    home.set("AWS_USE_FIPS_ENDPOINT", "true").set("AWS_CA_BUNDLE", "/ca.pem");
    for profile in profiles {
        let endpoint = explained(&home, &[profile])["endpoint"].take();
        assert_eq!(endpoint["fips"], "AWS_USE_FIPS_ENDPOINT");
        assert_eq!(endpoint["ca_bundle"], json!({ "value": "/ca.pem", "origin": "AWS_CA_BUNDLE" }));
    }
}

fn explain_matches_the_text() {
    let (_sts, alice, home) = home_with_every_kind();
    let config = home.path().join(".aws/config").to_str().expect("UTF-8").to_owned();
    let found = explained(&home, &["long", "-d", "2h"]);
    assert_eq!(found["profile"], json!({ "value": "long", "origin": "PROFILE" }));
    assert_eq!(found["code"], "asked");
    assert_eq!(found["chain"][0]["profile"], "long");
    assert_eq!(
        found["chain"][0]["duration_seconds"],
        json!({ "value": "7200", "origin": format!("{config}:12"), "used": false })
    );
    let credentials = config.replace("config", "credentials");
    assert_eq!(
        found["chain"][1]["aws_access_key_id"],
        json!({ "value": alice.access_key_id, "origin": format!("{credentials}:2"), "temporary": false })
    );
    let call = &found["calls"][0];
    assert_eq!((&call["operation"], &call["with_code"]), (&json!("AssumeRole"), &json!(true)));
    assert_eq!(call["signed_with"], json!({ "keys_of": "main", "session_of": null }));
    let names: Vec<&str> =
        call["parameters"].as_array().expect("a list").iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, ["RoleArn", "RoleSessionName", "DurationSeconds", "SerialNumber"]);
    assert_eq!(call["parameters"][2], json!({ "name": "DurationSeconds", "value": "7200", "origin": "--duration" }));
    let region = &found["endpoint"]["region"];
    assert_eq!(region, &json!({ "value": "us-east-1", "origin": "the device's partition" }));
    assert_eq!(found["region"], Value::Null);
}

fn list_has_exactly_these_fields() {
    let (sts, alice, home) = home_with_every_kind();
    Program::new(&home, ["short", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in().run();
    home.write(
        ".aws/credentials",
        std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file") + "[broken]\nx\n",
    );
    let found = assert_matches(
        &Program::new(&home, ["list", "--json"]).env("MFA_ENV_SILENCE", "rejected-file").run().stdout,
        &LIST,
    );
    assert_eq!(found["version"], 1);
    let all = found["profiles"].as_array().expect("a list");
    assert_eq!(all.len(), 11, "{found:#}");
    assert_eq!((&all[1]["profile"], &all[1]["source"]), (&json!("short"), &json!("main")));
    let left = |row: &Value| row["seconds_left"].as_i64();
    assert!(left(&all[1]).is_some_and(|left| (3500..=3600).contains(&left)), "{found:#}");
    assert!(left(&all[0]).is_some_and(|left| (43_100..=43_200).contains(&left)), "{found:#}");
    let broken = &all[10];
    assert_eq!((&broken["kind"], broken["problem"].is_string()), (&json!("broken"), true));
    let problems: Vec<&Value> = all[..10].iter().filter(|row| !row["problem"].is_null()).collect();
    assert_eq!(problems.len(), 1, "{found:#}");
    assert_eq!((&problems[0]["profile"], &problems[0]["kind"]), (&json!("temp"), &json!("session")));
    let (account, role) = (&all[1]["account"], &all[1]["role_arn"]);
    assert_eq!((account, role), (&json!("123456789012"), &json!("arn:aws:iam::123456789012:role/admin")));
    assert_eq!(found["sessions"], json!([]));
    // A session that a sign-in with an option has made.
    let other = sts.add_role(
        "other",
        RoleSpec {
            account: "210987654321".into(),
            trusts: vec!["arn:aws:iam::123456789012:root".into()],
            ..RoleSpec::default()
        },
    );
    Program::new(&home, ["short", "--role-arn", &other, "--shell", "sh"]).signs_in().run();
    let found = assert_matches(
        &Program::new(&home, ["list", "--json"]).env("MFA_ENV_SILENCE", "rejected-file").run().stdout,
        &LIST,
    );
    let sessions = found["sessions"].as_array().expect("a list");
    assert_eq!(sessions.len(), 1, "{found:#}");
    assert_eq!((&sessions[0]["account"], &sessions[0]["role_arn"]), (&json!("210987654321"), &json!(other)));
    assert_eq!(sessions[0]["mfa_serial"], alice.mfa_serial.as_str());
}

fn status_has_exactly_these_fields() {
    let (sts, alice, home) = home_with_every_kind();
    let none = assert_matches(&Program::new(&home, ["status", "--json"]).fails(1).run().stdout, &STATUS);
    assert_eq!((&none["signed_in"], &none["version"]), (&json!(false), &json!(1)));
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["short", &code, "--format", "json"]).signs_in().run();
    let changes: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let mut program = Program::new(&home, ["status", "--json"]).env("AWS_DEFAULT_PROFILE", "x");
    for (name, value) in changes.as_object().expect("an object") {
        program = match value.as_str() {
            Some(value) if name != "AWS_DEFAULT_PROFILE" => program.env(name, value),
            _ => program,
        };
    }
    let found = assert_matches(&program.run().stdout, &STATUS);
    let session = &sts.sessions()[1];
    assert_eq!(found["signed_in"], true);
    assert_eq!(found["cached"], true);
    assert_eq!(found["profile"], "short");
    assert_eq!(found["access_key_id"], session.access_key_id.as_str());
    assert_eq!(found["expires"], session.expiration.as_str());
    assert_eq!(found["identity"], "arn:aws:sts::123456789012:assumed-role/admin/me");
    assert_eq!(found["account"], "123456789012");
    assert!(found["seconds_left"].as_i64().is_some_and(|left| (3500..=3600).contains(&left)), "{found:#}");
    assert_eq!(found["other_expires"], Value::Null);
    assert_eq!(found["warnings"].as_array().map(Vec::len), Some(1));
}

fn why_has_exactly_these_fields() {
    let (sts, alice, home) = home_with_every_kind();
    let text = "Unable to locate credentials\n";
    let found = assert_matches(&Program::new(&home, ["why", "--json"]).stdin(text).run().stdout, &WHY);
    assert_eq!((&found["version"], &found["shell"]["source"]), (&json!(1), &json!("nowhere")));
    assert_eq!(found["causes"][0]["error"], "no-credentials");
    assert_eq!(found["causes"][0]["problem"], found["problems"][0]["problem"]);
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["short", &code, "--format", "json"]).signs_in().run();
    let mut signed_in = home;
    ran.apply_to(&mut signed_in);
    let ran = Program::new(&signed_in, ["why", "--json"]).stdin("").fails(1).run();
    let found = assert_matches(&ran.stdout, &WHY);
    let (shell, session) = (&found["shell"], &sts.sessions()[1]);
    assert_eq!((&found["causes"], &found["problems"]), (&json!([]), &json!([])));
    assert_eq!(shell["access_key_id"], session.access_key_id.as_str());
    assert_eq!(
        (&shell["source"], &shell["keys"], &shell["profile"]),
        (&json!("variables"), &json!("session"), &json!("short"))
    );
    assert_eq!((&shell["expires"], &shell["region"]), (&json!(session.expiration.as_str()), &json!("eu-west-1")));
    assert_eq!(shell["identity"], "arn:aws:sts::123456789012:assumed-role/admin/me");
    assert_eq!(shell["account"], "123456789012");
    // A second may have begun since.
    assert!(shell["mfa_age_seconds"].as_i64().is_some_and(|age| (0..60).contains(&age)), "{shell}");
}

fn the_topic_documents_every_field() {
    let text = mfa_env::help::topic("json").expect("a topic").text;
    let (rest, why) = text.split_once("\n## why\n").expect("a part about why");
    let (rest, _) = rest.split_once("\n## doctor\n").expect("a part about doctor");
    let (rest, status) = rest.split_once("\n## status\n").expect("a part about status");
    let (rest, list) = rest.split_once("\n## list\n").expect("a part about list");
    let (_, explain) = rest.split_once("\n## explain\n").expect("a part about explain");
    for (shape, text) in [(EXPLAIN, explain), (LIST, list), (STATUS, status), (WHY, why)] {
        // `version` is described once, above them all.
        for name in names(&shape).into_iter().filter(|name| *name != "version") {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            assert!(words.into_iter().any(|word| word == name), "{name} is not in the topic");
        }
    }
}

fn names(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Object(fields) => fields.iter().flat_map(|(name, shape)| [*name].into_iter().chain(names(shape))).collect(),
        Nullable(shape) | Array(shape) => names(shape),
        _ => Vec::new(),
    }
}

/// People pipe the output to a terminal. Programs read the same values as before.
// fault 162
fn escapes_characters_that_a_terminal_does_not_show() {
    let hostile = "a\u{85}b\u{9b}31mc\u{7f}d\u{202e}e\u{2066}f\u{200b}g\u{feff}h\u{ad}i\u{e0041}j\u{1b}k";
    let escaped = "a\\u0085b\\u009b31mc\\u007fd\\u202ee\\u2066f\\u200bg\\ufeffh\\u00adi\\udb40\\udc41j\\u001bk";
    let config = format!(
        "[profile k]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\naws_account_id = {hostile}\n\
         [profile ü日本]\n[profile {hostile}]\n"
    );
    let home = Home::with(&config, "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    let json = |arguments: &[&str]| {
        let program = Program::new(&home, arguments.iter().copied()).env("MFA_ENV_PROFILE", hostile);
        let program = program.env("AWS_ACCESS_KEY_ID", "ASIA1").env("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIA1");
        let ran = if arguments[0] == "status" { program.fails(1) } else { program }.run();
        let is_shown = |c: char| c == '\n' || matches!(c, ' '..='~' | 'ü' | '日' | '本');
        assert!(ran.stdout.chars().all(is_shown), "{:?}", ran.stdout);
        assert!(ran.stdout.contains(&format!("\"{escaped}\"")), "{:?}", ran.stdout);
        serde_json::from_str::<Value>(&ran.stdout).expect("JSON")
    };
    let profiles = json(&["list", "--json"])["profiles"].clone();
    assert_eq!(profiles[1]["profile"], "ü日本");
    assert_eq!(profiles[2]["profile"], hostile);
    assert_eq!(json(&["status", "--json"])["profile"], hostile);
    assert_eq!(json(&["explain", "k", "--json"])["chain"][0]["aws_account_id"]["value"], hostile);
}

//! Values that landed in the wrong place or are damaged: found before a code is asked for, and never shown if they could
//! be secrets.

use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![
    a_secret_in_another_setting_is_never_shown,
    a_secret_in_a_section_header_is_never_shown,
    a_long_name_in_an_arn_is_shown,
    a_secret_that_is_damaged_or_long_is_never_shown,
    a_password_in_a_url_is_never_shown,
    a_secret_in_place_of_a_file_or_a_proxy_is_never_shown,
    a_path_is_not_taken_for_a_secret,
    a_secret_that_was_typed_at_the_wrong_place_is_not_repeated,
    quoted_keys_are_found,
    a_misspelt_setting_is_named,
    a_misspelt_setting_that_nothing_needs_is_named,
    damaged_devices_are_found,
    what_cannot_be_a_region_is_refused_with_a_guess,
    new_regions_are_read,
    booleans_in_variables_are_true_or_false,
    a_services_section_must_exist,
];

const SECRET: &str = "Lab0Secret1/Lab2Secret3+Lab4Secret5Lab6S";
const PLAIN_SECRET: &str = "Lab0Secret1xLab2Secret3yLab4Secret5Lab6S";
const DEVICE: &str = "mfa_serial = arn:aws:iam::111122223333:mfa/alice\n";
const KEYS: &str = "aws_access_key_id = AKIALABALICE00000000\naws_secret_access_key = lab-secret-alice\n";

fn home(config: &str) -> Home {
    Home::with(config, &format!("[k]\n{KEYS}"))
}

// fault 178
fn a_secret_in_another_setting_is_never_shown() {
    for secret in [SECRET, PLAIN_SECRET, &format!("\"{SECRET}\"")] {
        for setting in [
            "region",
            "mfa_serial",
            "role_arn",
            "source_profile",
            "duration_seconds",
            "role_session_name",
            "external_id",
            "endpoint_url",
            "services",
            "use_fips_endpoint",
            "sts_regional_endpoints",
            "include_profile",
            "ca_bundle",
            "output",
            "aws_account_id",
        ] {
            // A role, so that every setting is read; the setting replaces the right one.
            let right = "role_arn = arn:aws:iam::444455556666:role/admin\nsource_profile = k\n";
            let kept: String = right.lines().filter(|l| !l.starts_with(setting)).map(|l| format!("{l}\n")).collect();
            let home = home(&format!("[profile p]\n{kept}{setting} = {secret}\n[profile k]\n{DEVICE}"));
            for words in
                [&["p", "123456", "--shell", "sh"][..], &["explain", "--verbose", "p"], &["explain", "p", "--json"]]
            {
                // Some of these texts are valid in some settings.
                let outcome = crate::support::shells::finish(Program::new(&home, words).command());
                let (stdout, stderr) =
                    (String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
                let is_id = ["external_id", "role_session_name", "include_profile", "output", "aws_account_id"]
                    .contains(&setting);
                assert!(is_id || outcome.status.code() == Some(3), "{setting} {words:?}: {outcome}");
                let may_show = setting == "external_id" || setting == "role_session_name";
                assert!(
                    may_show || !(stdout.contains("Lab0Secret1") || stderr.contains("Lab0Secret1")),
                    "{setting}: {outcome}"
                );
                assert!(is_id || stderr.contains("~/.aws/config:"), "{setting}: {outcome}");
            }
            let listed = Program::new(&home, ["list", "--json"]).run();
            assert!(
                !listed.stdout.contains("Lab0Secret1") && !listed.stderr.contains("Lab0Secret1"),
                "{}",
                listed.stdout
            );
        }
    }
    // In a variable.
    for name in ["AWS_REGION", "AWS_USE_FIPS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"] {
        let home = home(&format!("[profile k]\n{DEVICE}"));
        let ran = Program::new(&home, ["explain", "--verbose", "k"]).env(name, SECRET);
        let outcome = crate::support::shells::finish(ran.command());
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(!stderr.contains("Lab0Secret1") && stderr.contains(name), "{stderr}");
        assert!(matches!(outcome.status.code(), Some(2 | 3)), "{outcome}");
    }
    // As a header, from a paste at the wrong place.
    let home = home(&format!("[profile {SECRET}]\n[profile k]\n{DEVICE}"));
    for words in [&["list"][..], &["list", "--json"], &["explain", "--all"]] {
        let listed = Program::new(&home, words).run().stdout;
        assert!(!listed.contains("Lab0Secret1") && listed.contains("characters, not shown)"), "{listed}");
    }
    for file in [".aws/config", ".aws/credentials"] {
        let text = std::fs::read_to_string(home.path().join(file)).expect("text");
        home.write(file, format!("{text}[{SECRET}]\n[sso-session {SECRET}]\nsso_region = x\n"));
        let completed = Program::new(&home, ["__complete", "2", "mfa-env", "explain", ""]).run().stdout;
        assert!(!completed.contains("Lab0Secret1") && completed.contains("k\n"), "{completed}");
        let view = Program::new(&home, ["view"]).run().stdout;
        let view = std::fs::read_to_string(view.trim_end()).expect("text");
        assert!(!view.contains("Lab0Secret1") && view.contains("[profile k]\n"), "{view}");
    }
    // The id in the secret, and no id at all.
    let home = Home::with(&format!("[profile k]\n{DEVICE}"), "[k]\naws_secret_access_key = AKIALABALICE00000000\n");
    Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3).says("aws_access_key_id is missing").run();
}

/// Whatever is said about the profile, in text and in JSON.
fn a_secret_in_a_section_header_is_never_shown() {
    let role = format!("[profile r]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = {SECRET}\n");
    let config = format!("[profile {SECRET}]\n{DEVICE}{role}");
    let broken = format!("[{SECRET}]\nregion = us-east-1\naws_access_key_id = AKIALABALICE00000000\n");
    for credentials in [&broken, &format!("{broken}aws_secret_access_key = lab-secret-alice\n")] {
        let mut home = Home::with(&config, credentials);
        home.set("PATH", std::env::var_os("PATH").expect("PATH"));
        let commands: &[&[&str]] = &[
            &["each", "*", "--", "true"],
            &["each", "*", "-c", "-", "--", "true"],
            &["list"],
            &["list", "--json"],
            &["explain", "--all"],
            &["explain", "--verbose", SECRET],
            &["explain", "--json", SECRET],
            &["explain", "--json", "r"],
            &["explain", "r"],
            &["doctor"],
            &["doctor", "--json"],
            &["status"],
            &["status", "--json"],
            &["policy", SECRET],
            &["policy", "r"],
            &["rotate", SECRET],
            &["device", SECRET],
            &["enroll", SECRET],
            &["setup", SECRET],
            &["save", SECRET, "--as", "new"],
            &["save", "r", "--as", SECRET],
            &["console", SECRET],
            &["console", "r"],
            &["credential-process", SECRET],
            &["exec", SECRET, "--", "true"],
            &["export", SECRET, "--shell", "sh"],
            &["export", "r", "--shell", "sh"],
            &["logout", SECRET],
            &["serve", SECRET],
            &["why", "--json"],
            &["why"],
        ];
        let is_shown = |words: &[&str], variables: &[(&str, &str)]| {
            let mut run = Program::new(&home, words).command();
            run.envs(variables.iter().copied());
            let outcome = crate::support::shells::finish(run);
            let shown = [outcome.stdout, outcome.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
            assert!(!shown.concat().contains("Lab0Secret1"), "{words:?} {variables:?}: {shown:?}");
            shown.concat().contains("(40 characters, not shown)")
        };
        let session = [
            ("MFA_ENV_PROFILE", SECRET),
            ("AWS_ACCESS_KEY_ID", "ASIALABALICE00000000"),
            ("AWS_SECRET_ACCESS_KEY", "lab"),
            ("AWS_SESSION_TOKEN", "lab"),
        ];
        let mut count = 0;
        for words in commands {
            for variables in [&[][..], &[("AWS_PROFILE", SECRET)], &session] {
                count += usize::from(is_shown(words, variables));
            }
        }
        // Most of them say something about it.
        assert!(count > commands.len(), "{count}");
    }
}

fn a_long_name_in_an_arn_is_shown() {
    let name = "Lab0Role1/Lab2Role3/Lab4Role5/Lab6Role7/x8";
    for name in [&name[..34], &name[..35], &name[..36], &name.repeat(3)] {
        let role = format!("arn:aws:iam::444455556666:role/{name}");
        let home = home(&format!("[profile r]\nrole_arn = {role}\nsource_profile = k\n[profile k]\n{DEVICE}"));
        for words in [&["explain", "--verbose", "r"][..], &["policy", "r"]] {
            let outcome = crate::support::shells::finish(Program::new(&home, words).command());
            assert!(String::from_utf8_lossy(&outcome.stdout).contains(&role), "{words:?}: {outcome}");
        }
    }
}

// fault 178
/// One character lost or doubled in copying, a whole line of the credentials file, and a session token. None of them is
/// a device, a region or an account, whether or not a sign-in uses the setting.
fn a_secret_that_is_damaged_or_long_is_never_shown() {
    let token = "IQoJb3JpZ2luX2Vj".repeat(20);
    let line = format!("aws_secret_access_key={SECRET}");
    for secret in [&SECRET[1..], &format!("{SECRET}x"), &token, &line] {
        for setting in ["region", "mfa_serial", "aws_account_id"] {
            let kept = if setting == "mfa_serial" { "" } else { DEVICE };
            let home = home(&format!(
                "[profile r]\nrole_arn = arn:aws:iam::444455556666:role/admin\nsource_profile = k\n\
                 [profile k]\n{kept}{setting} = {secret}\n"
            ));
            for words in [
                &["explain", "--verbose", "r"][..],
                &["explain", "k", "--json"],
                &["list"],
                &["list", "--json"],
                &["k", "-s", "sh"],
            ] {
                let outcome = crate::support::shells::finish(Program::new(&home, words).command());
                let shown = [outcome.stdout.as_slice(), &outcome.stderr].concat();
                let shown = String::from_utf8_lossy(&shown);
                let part = &secret[secret.len() - 30..];
                assert!(!shown.contains(part), "{setting} {words:?}: {shown}");
            }
            let outcome = crate::support::shells::finish(Program::new(&home, ["k", "123456", "-s", "sh"]).command());
            assert!(setting == "aws_account_id" || outcome.status.code() == Some(3), "{setting}: {outcome}");
        }
    }
    // As a code, or as the id of a key.
    let home = home(&format!("[profile k]\n{DEVICE}"));
    for words in [["k", SECRET, "-s", "sh"], ["k", "-s", "sh", &format!("--code={SECRET}")]] {
        let ran = Program::new(&home, words).fails(2).stdout(crate::support::failure_statement::of("sh", 2));
        assert!(!ran.says("is not an MFA code").run().stderr.contains("Lab0Secret1"));
    }
    let ran = Program::new(&home, ["status", "--json"]).env("AWS_ACCESS_KEY_ID", SECRET).fails(1).run();
    assert!(!ran.stdout.contains("Lab0Secret1"), "{}", ran.stdout);
}

/// Everything that shows a profile or a variable.
#[track_caller]
fn is_never_shown(home: &Home, variables: &[(&str, &str)], secret: &str) {
    for words in [
        &["k", "123456", "-s", "sh"][..],
        &["explain", "--verbose", "k"],
        &["explain", "k", "--json"],
        &["list"],
        &["list", "--json"],
        &["status"],
        &["policy", "k"],
        &["device", "k"],
        &["view"],
        // Of no profile, so that it does not wait for the endpoint.
        &["doctor"],
    ] {
        let mut command = Program::new(home, words).command();
        // Nothing listens there.
        command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").envs(variables.iter().copied());
        let outcome = crate::support::shells::finish(command);
        for shown in [&outcome.stdout, &outcome.stderr] {
            assert!(!String::from_utf8_lossy(shown).contains(secret), "{variables:?} {words:?}: {outcome}");
        }
    }
}

// fault 178
fn a_password_in_a_url_is_never_shown() {
    let urls = [
        "https://u:Lab0Password@h/",
        "http://u:Lab0Password/x@127.0.0.1:9",
        "see https://u:a@Lab0Password@h",
        "https://u:a b\"Lab0Password@h",
    ];
    let settings = ["region", "mfa_serial", "role_arn", "endpoint_url", "ca_bundle", "aws_account_id", "services"];
    for (setting, url) in settings.into_iter().zip(urls.into_iter().cycle()) {
        let home = home(&format!("[profile k]\n{setting} = {url}\n"));
        is_never_shown(&home, &[], "Lab0Password");
    }
    let home = home(&format!("[profile k]\n{DEVICE}"));
    let names = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_PROFILE"];
    for (name, url) in names.into_iter().zip(urls.into_iter().cycle()) {
        is_never_shown(&home, &[(name, url)], "Lab0Password");
    }
}

// fault 178
fn a_secret_in_place_of_a_file_or_a_proxy_is_never_shown() {
    let token = "IQoJb3JpZ2luX2Vj".repeat(20) + "==";
    let home = home(&format!("[profile k]\n{DEVICE}"));
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        is_never_shown(&home, &[(name, SECRET)], "Lab0Secret1");
        is_never_shown(&home, &[(name, &token)], "IQoJb3JpZ2luX2Vj");
    }
    // A proxy is used for other machines only.
    let endpoint = ("AWS_ENDPOINT_URL", "https://127.0.0.2:9");
    for name in ["HTTPS_PROXY", "ALL_PROXY"] {
        is_never_shown(&home, &[endpoint, (name, SECRET)], "Lab0Secret1");
        is_never_shown(&home, &[endpoint, (name, &token)], "IQoJb3JpZ2luX2Vj");
    }
}

// fault 178
fn a_path_is_not_taken_for_a_secret() {
    for path in ["/Users/JohnDoe/Infra2/certs/company/root", "/Users/JohnDoe/Infra2/tools/bin/print/aws"] {
        assert!((39..=41).contains(&path.len()), "as long as a secret");
        let home =
            home(&format!("[profile k]\n{DEVICE}ca_bundle = {path}\n[profile p]\ncredential_process = {path}\n"));
        let explained = Program::new(&home, ["explain", "k"]).run().stdout;
        assert!(explained.contains(&format!("trusting {path} ")), "{explained}");
        let view = Program::new(&home, ["view"]).run().stdout;
        let view = std::fs::read_to_string(view.trim_end()).expect("text");
        assert!(view.contains(&format!("\ncredential_process = {path}\n")), "{view}");
    }
}

/// Pasted in place of another word of the command line, where the shell has it already.
// fault 178
fn a_secret_that_was_typed_at_the_wrong_place_is_not_repeated() {
    let home = home(&format!("[profile k]\n{DEVICE}"));
    for words in [
        &["each", SECRET, "--", "true"][..],
        &["help", SECRET],
        &["init", SECRET],
        &["shim", SECRET, "-p", "k"],
        &["unset", SECRET],
        &["list", SECRET],
        &["k", "--shell", SECRET],
        &["k", "--format", SECRET],
        &["k", "--jobs", SECRET],
        &["k", &format!("--{SECRET}")],
        &["--mfa-serial", SECRET, "k"],
        &["explain", SECRET],
        &["logout", SECRET],
        &["save", "k", "--as", SECRET, "--no-input"],
        &["setup", SECRET],
        &["rotate", SECRET],
        &["device", SECRET],
        &["policy", SECRET],
    ] {
        let outcome = crate::support::shells::finish(Program::new(&home, words).env("MFA_ENV_SHELL", "sh").command());
        let shown = [outcome.stdout.as_slice(), &outcome.stderr].concat();
        let shown = String::from_utf8_lossy(&shown);
        assert!(!outcome.status.success() && !shown.contains("Lab0Secret1"), "{words:?}: {shown}");
    }
}

// faults 178, 49
fn quoted_keys_are_found() {
    for (id, secret, says) in [
        ("\"AKIALABALICE00000000\"", "\"lab-secret-alice\"", "~/.aws/credentials:"),
        ("AKIALABALICE00000000", "\"lab-secret-alice\"", "~/.aws/credentials:3: aws_secret_access_key is in quotes"),
        ("AKIALABALICE00000000", "'lab-secret-alice'", "~/.aws/credentials:3: aws_secret_access_key is in quotes"),
        ("'AKIALABALICE00000000'", "lab-secret-alice", "~/.aws/credentials:2: "),
    ] {
        let keys = format!("[k]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        let home = Home::with(&format!("[profile k]\n{DEVICE}"), &keys);
        let ran = Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3).says(says).says("quotes").run();
        assert!(!ran.stderr.contains("lab-secret") && !ran.stderr.contains("swapped"), "{}", ran.stderr);
    }
    // A token in quotes, of a session.
    let keys = "[k]\naws_access_key_id = ASIALABALICE00000000\naws_secret_access_key = s\naws_session_token = \"t\"\n";
    let home = Home::with("[profile r]\nrole_arn = arn:aws:iam::444455556666:role/admin\nsource_profile = k\n", keys);
    Program::new(&home, ["explain", "r"]).fails(3).says("aws_session_token is in quotes").run();
}

// fault 178
fn a_misspelt_setting_is_named() {
    let device = DEVICE.trim_end();
    for (config, keys, says) in [
        (
            DEVICE,
            KEYS.replace("aws_access", "access"),
            "`access_key_id` is not a setting; rename it to aws_access_key_id",
        ),
        (DEVICE, KEYS.replace("aws_secret_access_key", "aws_secret_key"), "aws_secret_access_key is missing"),
        (
            &device.replace("mfa_serial", "mfa_serail"),
            KEYS.to_owned(),
            "`mfa_serail` is not a setting; rename it to mfa_serial",
        ),
        (
            &device.replace("mfa_serial", "mfa-serial"),
            KEYS.to_owned(),
            "`mfa-serial` is not a setting; rename it to mfa_serial",
        ),
        (DEVICE, KEYS.replace("aws_access_key_id", "aws_access_keyid"), "rename it to aws_access_key_id"),
    ] {
        let home = Home::with(&format!("[profile k]\n{config}\n"), &format!("[k]\n{keys}"));
        Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3).says(says).run();
    }
    let home = home("[profile r]\nrole_arn = arn:aws:iam::444455556666:role/admin\nsource-profile = k\n");
    Program::new(&home, ["explain", "r"]).fails(3).says("`source-profile` is not a setting").run();
}

/// What the profile does without, such as a limit, would be lost silently. Settings of the AWS CLI and of other tools are
/// not taken for ours.
// fault 178
fn a_misspelt_setting_that_nothing_needs_is_named() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let keys = credentials_section("k", &alice);
    let device = format!("mfa_serial = {}\n", alice.mfa_serial);
    let others = "output = json\nsource_identity = a\nsso_region = x\nversion = 2\ncli_pager =\n\
                  aws_mfa_serial = y\nmax_attempts = 3\nrole_duration = 1h\nretry_mode = standard\nmfa_serial_nr = z\n";
    let warning = |line: usize, key: &str, meant: &str| {
        format!("warning: ~/.aws/config:{line}: `{key}` is not a setting; did you mean {meant}? [misspelt-setting]\n")
    };
    for (key, meant) in [
        ("mfa_maxage", "mfa_max_age"),
        ("mfa-max-age", "mfa_max_age"),
        ("duration_second", "duration_seconds"),
        ("aws_region", "region"),
        ("regoin", "region"),
        ("ca_bundel", "ca_bundle"),
    ] {
        let mut home = Home::with(&format!("[profile k]\n{device}{key} = 1h\n{others}"), &keys);
        home.set("AWS_ENDPOINT_URL", sts.url());
        let explained = Program::new(&home, ["explain", "--verbose", "k"]).run().stdout;
        let text = format!("`{key}` is not a setting; did you mean {meant}? [misspelt-setting]");
        assert_eq!(explained.matches("is not a setting").count(), 1, "{explained}");
        assert!(explained.contains(&text), "{explained}");
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        let signed_in =
            Program::new(&home, ["k", &code, "-s", "sh"]).signs_in_to("k").says(warning(3, key, meant)).run();
        assert_eq!(signed_in.stderr.matches("is not a setting").count(), 1, "{}", signed_in.stderr);
        // Said with each code, not with each use of the session.
        let cached = Program::new(&home, ["k", "-s", "sh"]).signs_in_to("k").run();
        assert!(!cached.stderr.contains("is not a setting"), "{}", cached.stderr);
    }
    // The right name is there as well: a leftover.
    let home = Home::with(&format!("[profile k]\n{device}mfa_max_age = 1h\nmfa_maxage = 2h\n"), &keys);
    let explained = Program::new(&home, ["explain", "--verbose", "k"]).run().stdout;
    assert!(!explained.contains("is not a setting"), "{explained}");
}

// fault 178
fn damaged_devices_are_found() {
    let arn = "arn:aws:iam::111122223333:mfa/alice";
    for damaged in [
        &arn[..arn.len() - 10],
        &format!("{arn}{arn}"),
        &format!("{arn}\u{200b}"),
        &format!("{arn} {arn}"),
        "arn:aws:iam::11112222333:mfa/alice",
        "arn:aws:iam::111122223333:mfa/",
    ] {
        let home = home(&format!("[profile k]\nmfa_serial = {damaged}\n"));
        let ran = Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3);
        ran.says("~/.aws/config:2: mfa_serial is `").run();
    }
}

// fault 179
fn what_cannot_be_a_region_is_refused_with_a_guess() {
    for (value, says) in [
        ("us-east-1a", "use us-east-1"),
        ("EU-CENTRAL-1", "use eu-central-1"),
        ("ap-southeast-2c", "use ap-southeast-2"),
        ("None", "remove it, or use the name of a region"),
        ("null", "remove it, or use the name of a region"),
        ("Ireland", "use eu-west-1"),
        ("EU (Frankfurt)", "use eu-central-1"),
        ("us-east", "a region name looks like eu-central-1"),
        ("eu", "a region name looks like eu-central-1"),
        ("us_east_1", "a region name looks like eu-central-1"),
    ] {
        let home = home(&format!("[profile k]\nregion = {value}\n{DEVICE}"));
        let what = format!("~/.aws/config:2: region is `{value}`");
        Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3).says(what).says(says).run();
        let home = self::home(&format!("[profile k]\n{DEVICE}"));
        let ran = Program::new(&home, ["explain", "k"]).env("AWS_REGION", value).fails(2);
        ran.says(format!("AWS_REGION is `{value}`")).says(says).run();
    }
}

// fault 119
fn new_regions_are_read() {
    for region in
        ["xx-newplace-7", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-12", "mx-central-1"]
    {
        let home = home(&format!("[profile k]\nregion = {region}\n"));
        let ran = Program::new(&home, ["list"]).run();
        assert!(ran.stdout.contains(region), "{}", ran.stdout);
    }
}

// fault 179
fn booleans_in_variables_are_true_or_false() {
    let home = home(&format!("[profile k]\n{DEVICE}"));
    for name in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] {
        for value in ["1", "yes", "on", "0", "truee"] {
            let ran = Program::new(&home, ["explain", "k"]).env(name, value).fails(2);
            ran.says(format!("{name} is `{value}`, which is neither true nor false")).run();
        }
        for value in ["true", "TRUE", "False", " "] {
            Program::new(&home, ["explain", "--verbose", "k"]).env(name, value).run();
        }
    }
}

// fault 179
fn a_services_section_must_exist() {
    let with = |name: &str| {
        format!("[profile k]\nservices = {name}\n{DEVICE}[services lab]\nsts =\n  endpoint_url = http://127.0.0.1:9\n")
    };
    for (name, says) in
        [("labb", "did you mean lab?"), ("other", "add it to the config file"), ("LAB", "did you mean lab?")]
    {
        let home = home(&with(name));
        let ran = Program::new(&home, ["k", "123456", "--shell", "sh"]).fails(3);
        ran.says(format!("~/.aws/config:2: there is no section [services {name}]")).says(says).run();
    }
    Program::new(&home(&with("lab")), ["explain", "--verbose", "k"]).run();
}

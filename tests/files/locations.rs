//! AWS files that are missing, very large, or in another place.

use crate::support::cpu_time::ratio;
use crate::support::file_texts;
use crate::support::home::{Home, credentials_section};
use crate::support::no_effect;
use crate::support::program::Program;
use crate::support::sts::Sts;
use mfa_env::error::{ConfigError, Error};
use mfa_env::profile::{AwsFiles, ProfileName};
use std::time::{Duration, Instant};

trials![
    fails_without_any_file,
    reads_a_large_file_in_reasonable_time,
    parsing_time_is_linear_in_the_file_size,
    reads_the_files_that_variables_name,
    expands_the_paths_in_variables_as_botocore_does,
    an_error_names_the_missing_file_of_a_variable,
    warns_if_a_variable_names_a_missing_file,
];

// fault 35
fn fails_without_any_file() {
    let sts = Sts::start();
    let home = Home::empty();
    let message =
        "mfa-env: no AWS config found at ~/.aws/config or ~/.aws/credentials\n  create one with: mfa-env setup\n";
    no_effect::assert_no_effect(&home, &sts, &["main"], 3, &[message]);
    no_effect::assert_no_effect(&home, &sts, &[], 3, &[message]);
}

// fault 50
fn reads_a_large_file_in_reasonable_time() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let many: String = (0..100_000)
        .map(|i| {
            format!(
                "[profile team-{i:06}]\nrole_arn = arn:aws:iam::123456789012:role/r{i:06}\n\
                 source_profile = team-{:06}\nregion = eu-west-1\n",
                i + 1
            )
        })
        .collect();
    assert!(many.len() > 10_000_000, "{}", many.len());
    let long_line = format!("[profile long]\nvalue = {}\n", "x ".repeat(500_000));
    let config = format!("{many}{long_line}[profile main]\nmfa_serial = {}\n", alice.mfa_serial);
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    // Far more than needed, so that only superlinear time exceeds it.
    let limit = Duration::from_secs(20);
    let start = Instant::now();
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]).signs_in_to("main").run();
    Program::new(&home, ["long", "--shell", "sh"]).fails(3).says("profile long has no credentials").run();
    Program::new(&home, ["team-00001", "--shell", "sh"]).fails(3).says("did you mean team-000001 or ").run();
    // A chain of 100,000 roles.
    Program::new(&home, ["team-000000", "--shell", "sh"]).fails(3).says("the role chain has more than 64 roles").run();
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());

    // Larger than any real AWS file.
    let path = home.path().join(".aws/config");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("the config file");
    file.set_len(64_000_001).expect("a sparse file");
    drop(file);
    let message = "~/.aws/config is larger than 64 MB\n  \
                   replace it with the right file, or correct the variable or setting that names it\n";
    no_effect::assert_no_effect(&home, &Sts::start(), &["main"], 7, &[message]);
}

// fault 50
fn parsing_time_is_linear_in_the_file_size() {
    type Shape = (&'static str, &'static str, fn(usize) -> String, &'static str);
    let shapes: [Shape; 9] = [
        ("profiles", "", |i| format!("[profile p{i}]\nregion = x\n"), ""),
        ("quoted profiles", "", |i| format!("[profile \"p{i}\"]\n"), ""),
        ("keys", "[profile p]\n", |i| format!("key{i} = x\n"), ""),
        ("the same key", "[profile p]\n", |_| "key = x\n".into(), ""),
        ("the same section", "", |i| format!("[profile p]\nkey{i} = x\n"), ""),
        ("continuations", "[profile p]\nkey = x\n", |_| " more\n".into(), ""),
        ("nested lines", "[profile p]\nkey =\n", |_| " more = x\n".into(), ""),
        ("one line", "[profile p]\nkey = x", |_| "#;x".into(), "\n"),
        ("quotes", "[profile '", |_| "\"'".into(), "]\n"),
    ];
    for (what, first, each, last) in shapes {
        let text = |count: usize| format!("{first}{}{last}", (0..count).map(each).collect::<String>());
        // Both sizes are multiples of three: every third pair closes the quotes, so both texts end in the same state.
        let (small, large) = (file_texts::of(&text(6_000), ""), file_texts::of(&text(48_000), ""));
        let look_up = |texts: &[mfa_env::profile::FileText]| {
            let files = AwsFiles::index(texts);
            for name in ["p", "nosuch"] {
                let found = files.existing_profile(&ProfileName::parse(name).expect("a name"));
                if let Err(e) = found {
                    assert!(matches!(e, Error::Config(ConfigError::ProfileNotFound { .. })), "{e}");
                }
            }
        };
        // For eight times the input, linear time is 8 times as long and quadratic time 64 times.
        let ratio = ratio(|| look_up(&small), || look_up(&large));
        assert!(ratio < 24.0, "{what}: {ratio}");
    }
}

// fault 52
fn reads_the_files_that_variables_name() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::empty();
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let config = format!("[profile main]\nmfa_serial = {}\n", alice.mfa_serial);
    home.write("elsewhere/config", &config);
    home.write("elsewhere/keys", credentials_section("main", &alice));
    let absolute = |name: &str| home.path().join(name).display().to_string();
    // Relative paths work because the program runs in the home directory.
    let cases = [
        (absolute("elsewhere/config"), absolute("elsewhere/keys")),
        ("elsewhere/config".into(), "./elsewhere/keys".into()),
        ("~/elsewhere/config".into(), "~/elsewhere/keys".into()),
    ];
    for (config, keys) in cases {
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        Program::new(&home, ["main", &code, "--shell", "sh", "-q"])
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", &keys)
            .run();
    }
    // A blank variable counts as unset.
    home.write(".aws/config", "[profile usual]\n");
    for blank in ["", " ", "\t"] {
        Program::new(&home, ["usual", "--shell", "sh"])
            .env("AWS_CONFIG_FILE", blank)
            .env("AWS_SHARED_CREDENTIALS_FILE", blank)
            .fails(3)
            .says("mfa-env: profile usual has no credentials: it sets neither access keys nor role_arn\n")
            .run();
    }
}

/// The expected paths are those of `os.path.expanduser(os.path.expandvars(path))`, which botocore uses.
// fault 158
fn expands_the_paths_in_variables_as_botocore_does() {
    let mut home = Home::empty();
    let config = home.write("sub dir/config", "[profile a]\nregion = eu-west-1\n");
    let directory = config.parent().expect("a parent").to_owned();
    home.set("DIR", &directory);
    home.set("DIR_", "nosuch");
    home.set("TILDE", "~");
    home.set("DOLLAR", "$DIR");
    home.set("EMPTY", "");
    for path in [
        "~/sub dir/config",
        "~//sub dir/config",
        "$HOME/sub dir/config",
        "${HOME}/sub dir/config",
        "$DIR/config",
        "${DIR}/config",
        "$DIR/con${EMPTY}fig",
        "$EMPTY$DIR/config",
        "$TILDE/sub dir/config",
        "${DIR}/../sub dir/config",
    ] {
        let ran = Program::new(&home, ["list"]).env("AWS_CONFIG_FILE", path).run();
        assert!(ran.stdout.contains("eu-west-1"), "{path}: {}", ran.stdout);
    }
    // Not expanded: what is not set, values of variables, users that do not exist, and a tilde elsewhere.
    for (path, shown) in [
        ("$NOSUCH/config", "$NOSUCH/config"),
        ("${NOSUCH}/config", "${NOSUCH}/config"),
        ("${DIR/config", "${DIR/config"),
        ("$/config", "$/config"),
        ("x$", "x$"),
        ("$DIR_/config", "nosuch/config"),
        ("$DOLLAR/config", "$DIR/config"),
        ("~no-such-user/config", "~no-such-user/config"),
        ("./~/config", "./~/config"),
        ("%HOME%/config", "%HOME%/config"),
    ] {
        Program::new(&home, ["list"])
            .env("AWS_CONFIG_FILE", path)
            .fails(3)
            .says(format!(
                "mfa-env: no AWS config found at {shown} or ~/.aws/credentials\n  \
                 AWS_CONFIG_FILE names {shown}, which does not exist; correct or unset AWS_CONFIG_FILE\n  \
                 create one with: mfa-env setup\n"
            ))
            .run();
    }
    // A directory.
    Program::new(&home, ["list"]).env("AWS_CONFIG_FILE", "~").fails(7).says("~ is a directory, not a file\n").run();
}

// fault 158
fn an_error_names_the_missing_file_of_a_variable() {
    let keys = "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let role = "role_arn = arn:aws:iam::123456789012:role/admin\n";
    let config = format!("[profile k]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n[profile r]\n{role}");
    let config = format!("{config}source_profile = k\n[profile s]\n{role}");
    let home = Home::with(&config, keys);
    let named =
        |variable| format!("\n  {variable} names ~/old/aws, which does not exist; correct or unset {variable}\n  ");
    let (no_config, no_keys) = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE");
    for (variable, profile, what) in [
        (no_config, "k", "profile k has no MFA device, and a session without MFA cannot call IAM"),
        (no_config, "r", "profile `r` not found"),
        (no_keys, "k", "profile k has no credentials: it sets neither access keys nor role_arn"),
        (no_keys, "r", "profile k, the source_profile of r, has no credentials"),
        (no_keys, "s", "profile s sets role_arn, but neither source_profile nor credential_source"),
    ] {
        for command in [&[][..], &["explain"]] {
            let arguments = command.iter().chain([&profile]);
            let arguments = arguments.chain(if command.is_empty() { &["--shell", "sh"][..] } else { &[] });
            let ran = Program::new(&home, arguments.copied())
                .env(variable, "~/old/aws")
                .fails(3)
                .says(format!("{what}{}", named(variable)))
                .run();
            assert_eq!(ran.stderr.matches("mfa-env: ").count(), 1, "{}", ran.stderr);
        }
    }
    // An error that has nothing to do with it does not mention it.
    home.write(".aws/credentials", "[k\n");
    let ran = Program::new(&home, ["explain", "k"]).env(no_config, "nosuch").fails(3).says("header without ]").run();
    assert!(!ran.stderr.contains(no_config), "{}", ran.stderr);
}

// fault 52
fn warns_if_a_variable_names_a_missing_file() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with("", &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let arguments = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh", "--mfa-serial", &alice.mfa_serial];
    let ran = Program::new(&home, arguments)
        .env("AWS_CONFIG_FILE", "nosuch")
        .says(
            "mfa-env: warning: AWS_CONFIG_FILE names nosuch, which does not exist; correct or unset \
            AWS_CONFIG_FILE [missing-file]\n",
        )
        .signs_in_to("main")
        .run();
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    // Conversely, with everything in the config file and a missing credentials file.
    let bob = sts.add_user("bob");
    let keys = credentials_section("profile main", &bob) + &format!("mfa_serial = {}\n", bob.mfa_serial);
    let mut home = Home::with(&keys, "");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let ran = Program::new(&home, ["main", &sts.code(&bob.mfa_serial), "--shell", "sh"])
        .env("AWS_SHARED_CREDENTIALS_FILE", "nosuch")
        .says(
            "mfa-env: warning: AWS_SHARED_CREDENTIALS_FILE names nosuch, which does not exist; correct or unset \
            AWS_SHARED_CREDENTIALS_FILE [missing-file]\n",
        )
        .signs_in_to("main")
        .run();
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    let mut neither = Home::empty();
    neither.set("AWS_CONFIG_FILE", "nosuch");
    let message = "no AWS config found at nosuch or ~/.aws/credentials\n  AWS_CONFIG_FILE names nosuch, which";
    no_effect::assert_no_effect(&neither, &Sts::start(), &["main"], 3, &[message]);
}

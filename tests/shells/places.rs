//! Where calls of other programs go after a sign-in: the endpoints and regions of the profile, of `[default]` and of the
//! user, in every shell; and that the next sign-in reads the environment as if no session were in it.

use crate::support::env_dump::{self, Exported};
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use std::ffi::OsStr;

trials![
    exports_the_endpoint_settings_of_the_profile_and_puts_them_back,
    leaves_alone_what_the_user_set,
    does_not_inherit_settings_from_the_source_profile,
    refuses_a_service_that_no_variable_can_name,
    signs_in_to_the_next_profile_as_if_there_were_no_session,
    handles_or_reports_an_endpoint_of_default,
    reports_a_region_that_only_default_has,
    replaces_a_region_of_another_partition,
    a_renewal_leaves_a_region_alone_that_the_user_has_set,
    says_that_aws_profile_selects_another_profile,
    an_env_file_has_the_region_that_was_used,
    warns_about_bearer_tokens,
];

/// Profiles with the same role, which needs no code, each with these lines; and what `[default]` says.
fn home(sts: &Sts, profiles: &[(&str, &str)], default: &str) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let mut config = format!("{default}[profile keys]\nuse_fips_endpoint = false\n");
    for (name, lines) in profiles {
        config += &format!("[profile {name}]\nrole_arn = {role}\nsource_profile = keys\n{lines}\n");
    }
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("PATH", path_with_program());
    home
}

fn sign_in(shell: Shell, arguments: &str) -> String {
    shell.eval(&format!("mfa-env {arguments} -q --shell {}", shell.dialect()))
}

fn text<'a>(seen: &'a Exported, name: &str) -> Option<&'a str> {
    seen.get(name).map(|value| std::str::from_utf8(value).expect("UTF-8"))
}

/// Signs in to these profiles one after another, in each shell; calls `check` with what is exported after the last
/// one, and asserts that `unset` then brings back the environment from before.
fn after_sign_ins(home: &Home, profiles: &[&str], check: impl Fn(Shell, &Exported)) {
    for &shell in shells::installed() {
        let before = env_dump::after(shell, "", &home.variables, home.path());
        let mut script: Vec<String> = profiles.iter().map(|profile| sign_in(shell, profile)).collect();
        script.push(env_dump::dump("within"));
        script.push(sign_in(shell, "unset"));
        let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
        check(shell, &env_dump::read(&home.path().join("within")));
        assert_eq!(before, after, "{shell} after {profiles:?}");
    }
}

/// A profile with every setting that a variable can carry.
fn full_profile(sts: &Sts) -> String {
    format!(
        "endpoint_url = {}\nservices = mine\nuse_fips_endpoint = false\n\
         use_dualstack_endpoint = False\nsts_regional_endpoints = Legacy\n\
         [services mine]\ns3 =\n  endpoint_url = http://minio.lan:9000\nelastic_beanstalk =\n  \
         endpoint_url = https://eb.lan/x y\nempty =\n  other = 1",
        sts.url()
    )
}

// faults 175, 176, 232
fn exports_the_endpoint_settings_of_the_profile_and_puts_them_back() {
    let sts = Sts::start();
    let home = home(&sts, &[("full", &full_profile(&sts)), ("plain", ""), ("fips", "use_fips_endpoint = true")], "");
    let url = sts.url();
    let expected = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ENDPOINT_URL_S3", "http://minio.lan:9000"),
        ("AWS_USE_FIPS_ENDPOINT", "false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
    ];
    after_sign_ins(&home, &["full"], |shell, within| {
        for (name, value) in expected {
            assert_eq!(text(within, name), Some(value), "{name} in {shell}");
        }
        // It is not a URL that `unset` could recognize.
        assert_eq!(text(within, "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK"), None, "{shell}");
    });
    let not_exported = "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK (~/.aws/config:";
    Program::new(&home, ["full", "--shell", "sh"]).says(not_exported).says("[not-exported]").signs_in().run();
    // A bundle is exported as well; without HTTPS, it is not read here.
    let home = self::home(&Sts::start(), &[("p", "ca_bundle = /b.pem")], "");
    let explained = Program::new(&home, ["explain", "--verbose", "p"]).run().stdout;
    assert!(explained.contains(" AWS_CA_BUNDLE "), "{explained}");
}

// fault 176
fn leaves_alone_what_the_user_set() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("full", &full_profile(&sts)), ("s3", "services = mine")], "");
    // A variable for all services takes precedence over those of the profile for one.
    home.set("AWS_ENDPOINT_URL", sts.url()).set("AWS_USE_FIPS_ENDPOINT", "");
    for profile in ["full", "s3"] {
        after_sign_ins(&home, &[profile], |shell, within| {
            assert_eq!(text(within, "AWS_ENDPOINT_URL"), Some(sts.url().as_str()), "{shell}");
            assert_eq!(text(within, "AWS_ENDPOINT_URL_S3"), None, "{shell}");
            let fips = if profile == "full" { Some("false") } else { text(within, "AWS_USE_FIPS_ENDPOINT") };
            assert_eq!(text(within, "AWS_USE_FIPS_ENDPOINT"), fips, "{shell}");
        });
    }
    // If the user ignores endpoints, that holds for those of the profile, too.
    home.variables.remove(OsStr::new("AWS_ENDPOINT_URL"));
    home.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
    let found = Program::new(&home, ["explain", "full", "--json"]).run().stdout;
    assert!(!found.contains("\"AWS_ENDPOINT_URL"), "{found}");
}

// fault 176
fn does_not_inherit_settings_from_the_source_profile() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("plain", "")], "");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    after_sign_ins(&home, &["plain"], |shell, within| {
        assert_eq!(text(within, "AWS_USE_FIPS_ENDPOINT"), None, "{shell}");
        assert_eq!(text(within, "AWS_ENDPOINT_URL"), None, "{shell}");
    });
}

// fault 176
fn refuses_a_service_that_no_variable_can_name() {
    for name in ["s3.x", "s3/x", &"s".repeat(41)] {
        let sts = Sts::start();
        let services = format!("services = mine\n[services mine]\n{name} =\n  endpoint_url = https://x\n");
        let home = home(&sts, &[("p", &services)], "");
        let ran = Program::new(&home, ["explain", "p"]).fails(3);
        ran.says("services is `").says("the identifier of a service, such as s3 or elastic_beanstalk").run();
    }
}

// fault 223
fn signs_in_to_the_next_profile_as_if_there_were_no_session() {
    let sts = Sts::start();
    // Two names of one STS, which sees by which of them it was called.
    let (url, other) = (sts.url(), sts.url().replace("127.0.0.1", "localhost"));
    let local = format!("endpoint_url = {url}\nregion = eu-north-1");
    let next = format!("endpoint_url = {other}\nregion = us-west-2");
    let mut home = home(&sts, &[("local", &local), ("next", &next)], "");
    after_sign_ins(&home, &["local", "next"], |shell, within| {
        assert_eq!(text(within, "AWS_ENDPOINT_URL"), Some(other.as_str()), "{shell}");
        assert_eq!(text(within, "AWS_REGION"), Some("us-west-2"), "{shell}");
    });
    let hosts: Vec<String> = sts.take_session_calls().iter().map(|call| call.host.clone()).collect();
    assert_eq!(hosts, [&url, &other].map(|url| url.trim_start_matches("http://").to_owned()));
    // `explain` says the same as in a fresh shell.
    let fresh = Program::new(&home, ["explain", "--verbose", "next"]).run().stdout;
    Program::new(&home, ["local", "--format", "json"]).signs_in().run().apply_to(&mut home);
    let within = Program::new(&home, ["explain", "--verbose", "next"]).run().stdout;
    let endpoint = |text: &str| -> Vec<String> {
        text.lines().skip_while(|line| !line.starts_with("endpoint")).take(2).map(str::to_owned).collect()
    };
    assert_eq!(endpoint(&fresh), endpoint(&within));
}

// fault 176
fn handles_or_reports_an_endpoint_of_default() {
    let own = "endpoint_url = http://localhost:4567";
    let in_default = "[default]\nregion = us-east-1\nendpoint_url = http://localhost:4566\n";
    let of_service = "[default]\nservices = d\n[services d]\ns3 =\n  endpoint_url = http://localhost:4566\n";
    let ignored = "so AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true is set; move it to the profiles that need it";
    let reported = "and other programs use it for this session; move it to the profiles that need it";
    for (default, line) in [(in_default, 3), (of_service, 4)] {
        let at = format!("[default] sets endpoint_url (~/.aws/config:{line}), ");
        // Only [default] has one, so it can be ignored. Nothing is called here, because STS's own would be AWS's.
        let home = self::home(&Sts::start(), &[("plain", "region = eu-west-1"), ("own", "")], default);
        let explained = Program::new(&home, ["explain", "--verbose", "plain"]).run().stdout;
        assert!(explained.contains(&at) && explained.contains(ignored), "{explained}");
        assert!(explained.contains(" AWS_IGNORE_CONFIGURED_ENDPOINT_URLS "), "{explained}");
        // Another profile has one as well, which would be ignored, too.
        let home = self::home(&Sts::start(), &[("plain", "region = eu-west-1"), ("own", own)], default);
        let explained = Program::new(&home, ["explain", "--verbose", "plain"]).run().stdout;
        assert!(explained.contains(&at) && explained.contains(reported), "{explained}");
        assert!(!explained.contains(" AWS_IGNORE_CONFIGURED_ENDPOINT_URLS "), "{explained}");
        // The endpoint of the profile itself takes precedence, and so does that of the user.
        let explained = Program::new(&home, ["explain", "--verbose", "own"]).run().stdout;
        assert!(!explained.contains("default-endpoint"), "{explained}");
        let explained = Program::new(&home, ["explain", "--verbose", "plain"])
            .env("AWS_ENDPOINT_URL", "http://localhost:1")
            .run()
            .stdout;
        assert!(!explained.contains("default-endpoint"), "{explained}");
    }
    // The variable is cleared with the session.
    let mut home = self::home(&Sts::start(), &[("plain", "region = eu-west-1")], in_default);
    home.set("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIA1,AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=->true");
    home.set("AWS_ACCESS_KEY_ID", "ASIA1").set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    for &shell in shells::installed() {
        let after = env_dump::after(shell, &sign_in(shell, "unset"), &home.variables, home.path());
        assert_eq!(text(&after, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), None, "{shell}");
    }
}

// fault 183
fn reports_a_region_that_only_default_has() {
    let sts = Sts::start();
    let default = "[default]\nregion = us-east-2\n";
    let mut home = home(&sts, &[("plain", ""), ("own", "region = eu-west-1")], default);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let warning = "[default] sets region us-east-2 (~/.aws/config:2), and other programs use it for this session; set \
                   region in profile plain [default-region]";
    Program::new(&home, ["plain", "--shell", "sh"]).says(warning).signs_in().run();
    for quiet in [&["own"][..], &["plain", "-r", "eu-west-1"]] {
        let ran = Program::new(&home, quiet.iter().chain(&["--shell", "sh"]).copied()).signs_in().run();
        assert!(!ran.stderr.contains("default-region"), "{}", ran.stderr);
    }
    let ran = Program::new(&home, ["plain", "--shell", "sh"]).env("AWS_DEFAULT_REGION", "eu-west-1").signs_in().run();
    assert!(!ran.stderr.contains("default-region"), "{}", ran.stderr);
}

// fault 183
fn replaces_a_region_of_another_partition() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    for (partition, before, expected) in [
        ("aws-us-gov", "us-east-1", Some("us-gov-west-1")),
        ("aws-cn", "eu-west-1", Some("cn-northwest-1")),
        ("aws", "us-gov-east-1", Some("us-east-1")),
        ("aws-us-gov", "us-gov-east-1", Some("us-gov-east-1")),
        ("aws", "xx-new-1", Some("xx-new-1")),
    ] {
        let spec = RoleSpec { partition: partition.into(), ..RoleSpec::default() };
        let role = sts.add_role(&format!("in-{partition}"), spec);
        let config = format!("[profile p]\nrole_arn = {role}\nsource_profile = keys\n");
        let mut home = Home::with(&config, &credentials_section("keys", &alice));
        home.set("PATH", path_with_program()).set("AWS_REGION", before);
        home.set("AWS_DEFAULT_REGION", before);
        let shown = Program::new(&home, ["explain", "p", "--json"]).run().stdout;
        let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        let is_set = json["set"].as_array().expect("a list").contains(&"AWS_REGION".into());
        assert_eq!(is_set, expected != Some(before), "{partition} {before}: {shown}");
        let warning = format!("so {} is used and exported instead", expected.expect("a region"));
        assert_eq!(shown.contains(&warning), is_set, "{shown}");
    }
    // In the shell, it comes back.
    let role = sts.add_role("commercial", RoleSpec::default());
    let mut home = Home::with(
        &format!("[profile p]\nrole_arn = {role}\nsource_profile = keys\n"),
        &credentials_section("keys", &alice),
    );
    home.set("PATH", path_with_program()).set("AWS_ENDPOINT_URL_STS", sts.url());
    home.set("AWS_REGION", "us-gov-east-1").set("AWS_DEFAULT_REGION", "eu-west-1");
    after_sign_ins(&home, &["p", "p"], |shell, within| {
        assert_eq!(text(within, "AWS_REGION"), Some("us-east-1"), "{shell}");
        assert_eq!(text(within, "AWS_DEFAULT_REGION"), Some("eu-west-1"), "{shell}");
    });
}

// fault 181
fn a_renewal_leaves_a_region_alone_that_the_user_has_set() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("p", "region = eu-central-1"), ("q", "")], "");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let set = |shell: Shell, value: &str| match shell {
        Shell::Fish => format!("set -gx AWS_REGION {value}; set -gx AWS_DEFAULT_REGION {value}"),
        Shell::Pwsh => format!("$env:AWS_REGION = '{value}'; $env:AWS_DEFAULT_REGION = '{value}'"),
        _ => format!("export AWS_REGION={value} AWS_DEFAULT_REGION={value}"),
    };
    for &shell in shells::installed() {
        for (first, again, expected) in [
            ("p", "", "us-west-2"),
            ("p", "--renew", "us-west-2"),
            ("p -r eu-north-1", "", "us-west-2"),
            ("q", "", "us-west-2"),
            // A profile or a region that is typed decides.
            ("p", "p", "eu-central-1"),
            ("p", "-r eu-west-3", "eu-west-3"),
        ] {
            let script = [sign_in(shell, first), set(shell, "us-west-2"), sign_in(shell, again), sign_in(shell, again)];
            let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
            for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
                assert_eq!(text(&after, name), Some(expected), "{shell}: {first}, then {again:?}");
            }
            let script = [&script[..], &[sign_in(shell, "unset")]].concat();
            let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
            assert_eq!(text(&after, "AWS_REGION"), Some("us-west-2"), "{shell}: {first}, then {again:?}");
        }
    }
    // The summary names the region that the shell has.
    Program::new(&home, ["p", "--format", "json"]).signs_in().run().apply_to(&mut home);
    home.set("AWS_REGION", "us-west-2");
    Program::new(&home, ["--shell", "sh"]).says("p, reader@123456789012, us-west-2, 1 h left").run();
}

// fault 181
fn says_that_aws_profile_selects_another_profile() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("p", ""), ("q", "")], "");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    Program::new(&home, ["p", "--format", "json"]).signs_in().run().apply_to(&mut home);
    let says = "mfa-env: AWS_PROFILE selects q; this replaces the session of p\n";
    let with = |profile: &str| Program::new(&home, ["--shell", "sh"]).env("AWS_PROFILE", profile);
    with("q").says(says).signs_in().run();
    for (program, why) in [
        (with("p"), "the same profile"),
        (with("q").env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), "the session is gone"),
        (Program::new(&home, ["q", "--shell", "sh"]), "the profile was typed"),
    ] {
        let ran = program.signs_in().run();
        assert!(!ran.stderr.contains("this replaces"), "{why}: {}", ran.stderr);
    }
}

// fault 183
fn an_env_file_has_the_region_that_was_used() {
    let sts = Sts::start();
    let mut home = home(&sts, &[("plain", ""), ("own", "region = eu-west-1")], "");
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let regions = |arguments: &[&str], region: Option<&str>| -> Vec<String> {
        let mut program = Program::new(&home, arguments.iter().chain(&["--format", "env-file"]).copied());
        if let Some(region) = region {
            program = program.env("AWS_DEFAULT_REGION", region);
        }
        program.signs_in().run().stdout.lines().filter(|line| line.contains("REGION=")).map(str::to_owned).collect()
    };
    let both = |region: &str| vec![format!("AWS_REGION={region}"), format!("AWS_DEFAULT_REGION={region}")];
    assert_eq!(regions(&["plain"], Some("eu-north-1")), both("eu-north-1"));
    assert_eq!(regions(&["own"], Some("eu-north-1")), both("eu-west-1"));
    assert_eq!(regions(&["plain", "-r", "sa-east-1"], None), both("sa-east-1"));
    assert_eq!(regions(&["plain"], None), Vec::<String>::new());
}

/// Its value is a secret, and it cannot be restored, so it stays.
fn warns_about_bearer_tokens() {
    for name in ["AWS_BEARER_TOKEN_BEDROCK", "AWS_BEARER_TOKEN_OTHER_2"] {
        let sts = Sts::start();
        let mut home = home(&sts, &[("p", "")], "");
        home.set("AWS_ENDPOINT_URL_STS", sts.url()).set(name, "hidden-token");
        let says =
            format!("{name} is set, and its service uses that token instead of the session; unset it [bearer-token]");
        let ran = Program::new(&home, ["p", "--format", "json"]).says(&says).signs_in().run();
        assert!(!ran.stderr.contains("hidden-token") && !ran.stdout.contains("BEARER"), "{}", ran.stderr);
        ran.apply_to(&mut home);
        Program::new(&home, ["status"]).says(&says).run();
        let ran = Program::new(&home, ["p", "--shell", "sh"]).env(name, " ").signs_in().run();
        assert!(!ran.stderr.contains("bearer"), "{}", ran.stderr);
    }
}

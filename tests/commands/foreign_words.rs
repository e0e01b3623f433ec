//! Words as they come: dashes from web pages, options of other tools, codes in two parts, and line ends of Windows.

use crate::support::env_dump;
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::shells;
use crate::support::sts::{Sts, User};

trials![
    a_dash_that_is_none_is_named,
    a_long_name_after_one_dash_is_answered_with_two,
    letters_after_one_dash_stay_what_they_are,
    options_of_other_tools_are_answered_with_ours,
    commands_of_other_tools_and_misspelled_ones_are_answered_with_ours,
    the_name_of_a_profile_is_never_another_tools_command,
    a_code_may_be_typed_in_two_parts,
    a_code_in_two_parts_is_not_taken_for_one_if_a_profile_has_the_name,
    three_digits_that_are_not_part_of_a_code_stay_what_they_are,
    line_ends_and_blanks_around_values_are_ignored,
    a_longer_name_is_never_taken_for_a_removed_profile,
];

fn home() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

// fault 219
fn a_dash_that_is_none_is_named() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    for (words, character, meant) in [
        (&["\u{2013}profile", "main", &code][..], "U+2013", "--profile"),
        (&["main", "\u{2014}code", &code], "U+2014", "--code"),
        (&["main", &code, "\u{2212}q"], "U+2212", "-q"),
        (&["exec", "\u{2013}\u{2013}profile", "main", "true"], "U+2013", "--profile"),
        (&["main", "\u{2013}-region=eu-west-1", &code], "U+2013", "--region=eu-west-1"),
    ] {
        let ran = Program::new(&home, words).fails(2);
        ran.says(format!("begins with {character}, which is not a hyphen"))
            .says(format!("type it with hyphens: {meant}\n"))
            .run();
    }
    assert!(sts.take_calls().is_empty());
    // In the words of a command, and in a value, they mean what they mean.
    Program::new(&home, ["main", &code, "-s", "sh"]).signs_in().run();
    Program::new(&home, ["exec", "-q", "main", "--", "printf", "%s", "\u{2013}x"]).stdout("\u{2013}x").run();
}

fn a_long_name_after_one_dash_is_answered_with_two() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    for (words, typed, meant) in [
        (&["main", "-region", "us-east-1"][..], "-region", "type --region\n"),
        (&["main", "-region:us-east-1", &code], "-region", "type --region\n"),
        (&["-Region", "us-east-1", "main"], "-Region", "type --region\n"),
        (&["-reg", "us-east-1", "main"], "-reg", "type --region\n"),
        (&["main", "-profile", "x"], "-profile", "type --profile\n"),
        (&["-Profile", "x"], "-Profile", "type --profile\n"),
        (&["main", "-renew"], "-renew", "type --renew\n"),
        (&["main", "-role", "x"], "-role", "type --role-arn or --role-session-name\n"),
        (&["main", "-no-session"], "-no-session", "type --no-session\n"),
        (&["main", "-token", &code], "-token", "type --code\n"),
        (&[&format!("-code={code}")], "-code", "type --code\n"),
        (&["main", "-version"], "-version", "type --version\n"),
        (&["main", "-Version"], "-Version", "type --version\n"),
        (&["main", "-help"], "-help", "type --help\n"),
        (&["status", "-json"], "-json", "type --json\n"),
        (&["exec", "-region", "us-east-1", "main", "true"], "-region", "type --region\n"),
        (&["exec", "main", "-Verbose", "true"], "-Verbose", "leave it out"),
        (&["each", "*", "-Verbose", "--", "true"], "-Verbose", "leave it out"),
        (&["credential-process", "main", "-Verbose"], "-Verbose", "leave it out"),
        (&["-Verbose", "main"], "-Verbose", "leave it out"),
        (&["main", "-Verb"], "-Verb", "leave it out"),
        (&["main", "-Verbose:true"], "-Verbose", "leave it out"),
        (&["main", "-Debug"], "-Debug", "leave it out"),
        (&["main", "-ErrorAction", "Stop"], "-ErrorAction", "leave it out"),
        (&["main", "-ea", "Stop"], "-ea", "leave it out"),
        (&["main", "-WhatIf"], "-WhatIf", "leave it out"),
        (&["main", "-Confirm"], "-Confirm", "leave it out"),
        (&["main", "-OutVariable", "x"], "-OutVariable", "leave it out"),
        (&["main", "-PipelineVariable", "x"], "-PipelineVariable", "leave it out"),
        (&["main", "-Vx"], "-Vx", "for help, type -h"),
        (&["main", "-hlep"], "-hlep", "for help, type -h"),
        (&["main", "-qVx"], "-qVx", "for help, type -h"),
    ] {
        for shell in [&["--shell", "bash"][..], &[]] {
            // Where a command follows, the option would be its word.
            let is_export = words[0].starts_with('-') || words[0] == "main";
            let words: Vec<&str> = if is_export { [words, shell].concat() } else { words.to_vec() };
            let ran = Program::new(&home, &words).fails(2).says(format!("mfa-env: `{typed}` is ")).says(meant).run();
            assert!(!ran.stderr.contains(&code), "{words:?}: {}", ran.stderr);
        }
    }
    assert!(sts.take_calls().is_empty());
}

fn letters_after_one_dash_stay_what_they_are() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["-pmain", &format!("-c{code}"), "-d1h", "-reu-west-1", "-ssh"]).signs_in().run();
    let outcome = shells::finish(Program::new(&home, ["-qrus-east-1", "main", "-d1h", "-s=sh"]).command());
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("AWS_REGION='us-east-1'"), "{outcome}");
    for words in [&["-h"][..], &["-V"], &["-qV"], &["-qh"], &["-hq"], &["main", "-V"], &["status", "-h"]] {
        let outcome = shells::finish(Program::new(&home, words).command());
        assert!(outcome.status.success() && !outcome.stdout.is_empty(), "{words:?}: {outcome}");
    }
    // Names that begin like options, and the words of a command.
    for words in [&["-pverbose", "-s", "sh"][..], &["-pprofile", "-s", "sh"]] {
        Program::new(&home, words).fails(3).says("profile `").says("not found").run();
    }
    for words in [
        &["exec", "-qd1h", "main", "printf", "%s,", "-Verbose", "-region"][..],
        &["exec", "-qd1h", "main", "--", "printf", "%s,", "-Verbose", "-region"],
    ] {
        Program::new(&home, words).stdout("-Verbose,-region,").run();
    }
    Program::new(&home, ["--", "-Verbose"]).env("MFA_ENV_SHELL", "sh").fails(3).says("profile `-Verbose`").run();
}

// fault 187
fn options_of_other_tools_are_answered_with_ours() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    for (words, says) in [
        (&["--profile", "main", "--device", &alice.mfa_serial, "--token", &code][..], "--mfa-serial"),
        (&["main", "--mfa-token", &code], "instead of --mfa-token, use --code"),
        (&["main", "--role=x"], "instead of --role, use --role-arn"),
        (&["main", "--exec", "x"], "instead of --exec, use exec"),
        (&["exec", "main", "--session-duration", "1h", "true"], "instead of --session-duration, use --duration"),
        (&["credential-process", "main", "--force-refresh"], "instead of --force-refresh, use --renew"),
    ] {
        Program::new(&home, words).fails(2).says(says).says("of another tool; nothing was sent").run();
    }
    let both = Program::new(&home, ["main", "--device", "x", "--token", &code]).fails(2);
    both.says("instead of --device, use --mfa-serial\n  instead of --token, use --code").run();
    assert!(sts.take_calls().is_empty());
    // An option that nobody has.
    let ran = Program::new(&home, ["main", "--tokem", "x"]).fails(2).says("--tokem").run();
    assert!(!ran.stderr.contains("another tool"), "{}", ran.stderr);
}

fn commands_of_other_tools_and_misspelled_ones_are_answered_with_ours() {
    let (sts, alice, home) = home();
    for (word, says) in [
        ("login", "to sign in, leave out this word: aws-mfa"),
        ("Login", "to sign in, leave out this word: aws-mfa"),
        ("ls", "to list the profiles: mfa-env list"),
        ("whoami", "to see who this shell is: mfa-env status"),
        ("renew", "to renew this shell's session: aws-mfa"),
        ("clear", "to end the session: aws-mfa unset"),
        ("assume", "to sign in, leave out this word: aws-mfa"),
        ("stauts", "for the command status: mfa-env status"),
        ("unser", "for the command unset: aws-mfa unset"),
        ("credential-proces", "for the command credential-process: mfa-env credential-process"),
    ] {
        let not_found = format!("mfa-env: profile `{word}` not found\n  {says}\n");
        Program::new(&home, [word, "--shell", "bash"]).fails(3).stderr(&not_found).run();
        Program::new(&home, ["--shell=bash", word]).fails(3).says("not found").run();
    }
    let two = Program::new(&home, ["login", "main", "--shell", "bash"]).fails(2);
    two.says("`main` is not an MFA code").says("to sign in, leave out this word: aws-mfa\n").run();
    // Something else is meant, or nothing is known.
    for words in [&["prod"][..], &["li"], &["--profile", "ls"], &["main", "ls"], &["explain", "whoami"]] {
        let status = if words.len() == 2 && words[0] == "main" { 2 } else { 3 };
        let ran =
            Program::new(&home, words.iter().chain(&["--format", "json"][..2 * usize::from(words[0] != "explain")]));
        let ran = ran.fails(status).says("mfa-env: ").run();
        assert!(!ran.stderr.contains("to list") && !ran.stderr.contains("for the command"), "{}", ran.stderr);
    }
    let selected = Program::new(&home, ["--shell", "bash"]).env("AWS_PROFILE", "ls").fails(3);
    let ran = selected.says("profile `ls` (from AWS_PROFILE) not found").run();
    assert!(!ran.stderr.contains("mfa-env list\n  "), "{}", ran.stderr);
    assert!(sts.take_calls().is_empty());
    drop(alice);
}

fn the_name_of_a_profile_is_never_another_tools_command() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).unwrap();
    let role = "[profile whoami]\nsource_profile = main\nrole_arn = arn:aws:iam::123456789012:role/none\n";
    home.write(".aws/config", config + role);
    let refused = Program::new(&home, ["whoami", &code, "--shell", "bash"]).fails(4).says("role `none`").run();
    assert!(!refused.stderr.contains("mfa-env status"), "{}", refused.stderr);
    // A similar profile comes first.
    let ran = Program::new(&home, ["whoam", "--shell", "bash"]).fails(3);
    ran.says("not found\n  did you mean whoami?\n").run();
    let ran = Program::new(&home, ["who", "--shell", "bash"]).fails(3);
    ran.says("not found\n  did you mean whoami?\n  to see who this shell is: mfa-env status\n").run();
}

// fault 229
fn a_code_may_be_typed_in_two_parts() {
    let (sts, alice, home) = home();
    let parts = || {
        sts.advance(60);
        let code = sts.code(&alice.mfa_serial);
        (code[..3].to_owned(), code[3..].to_owned())
    };
    for shape in [
        &["main", "1", "2", "-s", "sh"][..],
        &["1", "2", "main", "-s", "sh"],
        &["export", "main", "1", "2", "-s", "sh"],
        &["export", "1", "2", "-p", "main", "-s", "sh"],
        // As the shell functions pass them on.
        &["export", "--shell", "sh", "main", "1", "2"],
        &["export", "--shell", "sh", "1", "2", "main", "-d", "900"],
        &["export", "-ssh", "-d", "900", "main", "1", "2", "-q"],
        &["main", "1", "--shell", "sh", "2"],
        &["--min-ttl", "300", "main", "1", "2", "-s", "sh"],
        &["exec", "-d", "900", "main", "1", "2", "true"],
        &["save", "--no-preflight", "main", "1", "2", "--as", "saved"],
        &["credential-process", "main", "1", "2"],
    ] {
        let (first, second) = parts();
        let words = shape.iter().map(|word| match *word {
            "1" => first.clone(),
            "2" => second.clone(),
            word => word.to_owned(),
        });
        sts.take_calls();
        let _ = std::fs::remove_dir_all(home.cache());
        let outcome = shells::finish(Program::new(&home, words).command());
        assert!(outcome.status.success(), "{shape:?}: {outcome}");
        let calls = sts.take_calls();
        let sent = calls.iter().find(|call| call.action == "GetSessionToken").expect("a call");
        assert_eq!(sent.params["TokenCode"], format!("{first}{second}"), "{shape:?}");
    }
    // In the functions, which pass the shell on before them.
    for &shell in shells::installed() {
        let (first, second) = parts();
        let _ = std::fs::remove_dir_all(home.cache());
        let mut variables = home.variables.clone();
        variables.insert("PATH".into(), path_with_program());
        let name = mfa_env::shell::Shell::named(shell.dialect()).expect("a dialect").name();
        let load = shell.eval(&format!("mfa-env init {name}"));
        let script = format!("{load}\n{} main {first} {second} -q", shell.function_name());
        let seen = env_dump::after(shell, &script, &variables, home.path());
        assert!(seen.contains_key("AWS_SESSION_TOKEN"), "{shell}");
    }
    // Not in the words of a command, and not if they are no two halves.
    Program::new(&home, ["exec", "-q", "main", "--", "printf", "%s,", "123", "456"]).stdout("123,456,").run();
    Program::new(&home, ["exec", "main", "-q", "printf", "%s,", "123", "456"]).stdout("123,456,").run();
    Program::new(&home, ["main", "123", "45", "-s", "sh"]).fails(2).says("unexpected argument '45'").run();
}

// fault 229
fn a_code_in_two_parts_is_not_taken_for_one_if_a_profile_has_the_name() {
    let (sts, alice, home) = home();
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let same =
        config.split_once("[profile main]").expect("the profile").1.split('[').next().unwrap_or_default().to_owned();
    let keys = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    let same_keys = keys.split_once("[main]").expect("the profile").1.split('[').next().unwrap_or_default().to_owned();
    let forms: [&[&str]; 8] = [
        &["1", "2"],
        &["export", "1", "2"],
        &["12"],
        &["main", "1", "2"],
        &["1", "2", "main"],
        &["export", "1", "2", "main"],
        &["-p", "main", "12"],
        &["credential-process", "main", "1", "2"],
    ];
    for (first_exists, second_exists) in [(false, false), (true, false), (false, true), (true, true)] {
        for form in forms {
            sts.advance(60);
            let code = sts.code(&alice.mfa_serial);
            let (first, second) = code.split_at(3);
            let (mut config, mut keys) = (config.clone(), keys.clone());
            for (name, exists) in [(first, first_exists), (second, second_exists)] {
                if exists && !config.contains(&format!("[profile {name}]")) {
                    config += &format!("[profile {name}]{same}");
                    keys += &format!("[{name}]{same_keys}");
                }
            }
            home.write(".aws/config", &config);
            home.write(".aws/credentials", &keys);
            let both = format!("{first} {second}");
            let words = form.iter().map(|word| match *word {
                "1" => first,
                "2" => second,
                "12" => &both,
                word => word,
            });
            let _ = std::fs::remove_dir_all(home.cache());
            sts.take_calls();
            let mut program = Program::new(&home, words.chain(["-q"])).env("AWS_PROFILE", "main");
            if form[0] != "credential-process" {
                program = program.env("MFA_ENV_SHELL", "sh");
            }
            let outcome = shells::finish(program.command());
            let calls = sts.take_calls();
            if first_exists && !form.contains(&"main") {
                assert_eq!(outcome.status.code(), Some(2), "{form:?}: {outcome}");
                let says = format!(
                    "mfa-env: `{first}` is a profile, and may also be the first half of the MFA code\n  for the code, type \
                     its six digits as one word; for the profile, use --profile {first}\n"
                );
                assert_eq!(String::from_utf8_lossy(&outcome.stderr), says, "{form:?}");
                assert_eq!(calls, []);
            } else {
                assert!(outcome.status.success(), "{form:?}: {outcome}");
                let sent = calls.iter().find(|call| call.action == "GetSessionToken").expect("a call");
                assert_eq!(sent.params["TokenCode"], code, "{form:?}");
            }
        }
    }
}

fn three_digits_that_are_not_part_of_a_code_stay_what_they_are() {
    let (_sts, _alice, home) = home();
    // Behind dashes is a profile, and behind an option its value.
    for (words, word) in [
        (&["--", "123", "456"][..], "456"),
        (&["export", "--", "123", "456"], "456"),
        (&["-p", "123", "456"], "456"),
        (&["export", "--profile", "123", "456"], "456"),
        (&["--min-ttl", "300", "123", "-p", "main"], "123"),
    ] {
        let says = format!("mfa-env: `{word}` is not an MFA code: a code has six digits, 0 to 9\n");
        Program::new(&home, words).env("MFA_ENV_SHELL", "sh").fails(2).says(says).run();
    }
    Program::new(&home, ["main", "123", "456", "789", "-s", "sh"]).fails(2).says("unexpected argument '789'").run();
}

// fault 180
fn line_ends_and_blanks_around_values_are_ignored() {
    let (sts, alice, mut home) = home();
    for end in ["\r", " ", "\t", "\r\n", " \r"] {
        sts.advance(60);
        let _ = std::fs::remove_dir_all(home.cache());
        let code = format!("{}{end}", sts.code(&alice.mfa_serial));
        let ran = Program::new(&home, ["export", "-c", &code, "-s", "sh"]).signs_in_to("main");
        let ran = ran.env("AWS_PROFILE", format!("main{end}")).env("AWS_REGION", format!("eu-west-1{end}"));
        ran.run();
    }
    sts.advance(60);
    home.write("code", format!("{}\r\n", sts.code(&alice.mfa_serial)));
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let process = format!("mfa_process = cat '{}'\n", home.path().join("code").display());
    home.write(".aws/config", config + &process);
    Program::new(&home, ["main", "--renew", "-s", "sh"]).signs_in_to("main").says("mfa_process").run();
    // Quotes belong to the value, and are shown.
    home.set("AWS_PROFILE", "\"main\"");
    Program::new(&home, ["export", "-s", "sh"]).fails(3).says("profile `\"main\"`").says("remove the quotes").run();
}

// fault 224
fn a_longer_name_is_never_taken_for_a_removed_profile() {
    let (sts, _, home) = home();
    for words in [
        &["mai", "-s", "sh"][..],
        &["-p", "mai", "-s", "sh"],
        &["exec", "mai", "true"],
        &["mai", "--no-input", "-s", "sh"],
    ] {
        Program::new(&home, words).fails(3).says("profile `mai` not found").says("did you mean main?").run();
    }
    Program::new(&home, ["export", "-s", "sh"])
        .env("AWS_PROFILE", "mai")
        .fails(3)
        .says("(from AWS_PROFILE) not found")
        .run();
    assert!(sts.take_calls().is_empty());
}

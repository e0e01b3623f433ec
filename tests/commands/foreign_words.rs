//! Words as they come: dashes from web pages, options of other tools, codes in two parts, and line ends of Windows.

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{Sts, User};

trials![
    a_dash_that_is_none_is_named,
    options_of_other_tools_are_answered_with_ours,
    a_code_may_be_typed_in_two_parts,
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
        let outcome = crate::support::shells::finish(Program::new(&home, words).command());
        assert!(outcome.status.success(), "{shape:?}: {outcome}");
        let calls = sts.take_calls();
        let sent = calls.iter().find(|call| call.action == "GetSessionToken").expect("a call");
        assert_eq!(sent.params["TokenCode"], format!("{first}{second}"), "{shape:?}");
    }
    // Not in the words of a command, and not if they are no two halves.
    Program::new(&home, ["exec", "-q", "main", "--", "printf", "%s,", "123", "456"]).stdout("123,456,").run();
    Program::new(&home, ["exec", "main", "-q", "printf", "%s,", "123", "456"]).stdout("123,456,").run();
    Program::new(&home, ["main", "123", "45", "-s", "sh"]).fails(2).says("unexpected argument '45'").run();
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

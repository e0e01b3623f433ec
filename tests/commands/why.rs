//! `why`: which errors it knows, in which texts it finds them, and what it says about this shell.

use crate::support::cpu_time::ratio;
use crate::support::home::Home;
use crate::support::program::Program;
use mfa_env::clock::now;
use mfa_env::credentials::Expiration;
use mfa_env::diagnosis::{Explainer, FoundError, Search, ShellState, Typing, known_errors};
use mfa_env::shell::Shell;
use mfa_env::variables::Variables;
use serde_json::Value;
use std::collections::BTreeSet;

trials![
    the_table_has_no_gaps,
    every_row_has_a_text_of_a_program_and_is_found_in_it,
    no_advice_of_the_table_shows_a_placeholder,
    finds_errors_in_every_encoding,
    finds_errors_behind_what_programs_draw,
    finds_errors_in_wrapped_lines,
    finds_errors_among_other_text,
    finds_no_error_that_is_only_named,
    an_error_that_is_quoted_is_only_possible,
    names_no_role_that_a_line_break_cuts,
    names_a_host_alone,
    names_the_registry_that_the_text_names,
    reads_the_prefixes_of_terragrunt,
    the_last_error_comes_first,
    an_error_that_follows_from_another_is_left_out,
    an_error_that_is_repeated_is_shown_once,
    shows_the_line_of_the_error,
    repeats_no_secret,
    repeats_no_secret_that_a_line_break_divides,
    repeats_no_login_of_a_url,
    repeats_no_encoded_secret,
    repeats_no_value_of_an_option_for_secrets,
    repeats_no_token_over_several_lines,
    repeats_no_secret_that_is_taken_for_a_file,
    escapes_what_a_terminal_would_interpret,
    says_that_no_error_is_known,
    says_that_nothing_is_wrong,
    says_that_there_was_no_text,
    reads_a_file,
    names_a_file_that_cannot_be_read,
    the_status_says_whether_a_cause_was_found,
    reads_a_text_of_any_length,
    beginnings_of_errors_do_not_take_long,
    odd_bytes_do_no_harm,
];

const SAMPLES: &str = include_str!("../fixtures/known_errors.txt");
const EXPIRED: &str = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the \
     request is expired";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A text that a program has printed.
struct Sample {
    row: &'static str,
    /// The program, or the address of a page that quotes it.
    source: &'static str,
    text: &'static str,
}

fn samples() -> Vec<Sample> {
    let parts = SAMPLES.split("\n== ").skip(1);
    let sample = |part: &'static str| {
        let (header, text) = part.split_once('\n').expect("a text");
        let (row, source) = header.split_once(" | ").expect("a source");
        Sample { row, source, text: text.trim_end_matches('\n') }
    };
    parts.map(sample).collect()
}

fn search(bytes: impl AsRef<[u8]>) -> Vec<FoundError> {
    let mut search = Search::default();
    search.push(bytes);
    search.finish().errors
}

fn names(bytes: impl AsRef<[u8]>) -> Vec<&'static str> {
    search(bytes).iter().map(|found| found.error.name).collect()
}

/// The explanation of a text in a shell.
fn explained(home: &Home, text: impl AsRef<[u8]>) -> String {
    Program::new(home, ["why"]).stdin(text).run().stdout
}

fn the_table_has_no_gaps() {
    let rows = known_errors();
    assert!(rows.len() >= 70, "{}", rows.len());
    let mut names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len(), "two rows have the same name");
    for row in &rows {
        let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(is_name(row.name), "{}", row.name);
        // A row that says nothing by itself is explained by the shell alone.
        assert_eq!(row.cause.is_empty(), row.name == "process-missing", "{}", row.name);
        for text in [row.cause].into_iter().chain(row.possibly) {
            assert!(!text.ends_with('.') && text.len() < 160, "{}", row.name);
        }
        for (what, _) in &row.advice {
            assert!(what.starts_with(|c: char| c.is_ascii_lowercase()) && !what.ends_with('.'), "{}: {what}", row.name);
        }
    }
}

fn every_row_has_a_text_of_a_program_and_is_found_in_it() {
    let mut without: BTreeSet<&str> = known_errors().iter().map(|row| row.name).collect();
    for Sample { row, source, text } in samples() {
        let found = names(text);
        assert_eq!(found.first(), Some(&row), "{source}: {found:?}\n{text}");
        without.remove(row);
    }
    assert_eq!(without, BTreeSet::new(), "rows without a text");
}

/// Whatever the shell is like: without files, with a profile, with keys.
fn no_advice_of_the_table_shows_a_placeholder() {
    let config = "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n\
                  mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let keys = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let profile = || Home::with(config, keys);
    let mut with_keys = profile();
    with_keys.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x");
    with_keys.set("AWS_SESSION_TOKEN", "y");
    let mut selected = profile();
    selected.set("AWS_PROFILE", "prod");
    for home in [Home::empty(), profile(), with_keys, selected] {
        let variables: Variables = home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let shell = ShellState::read(&variables).expect("UTF-8");
        let typing = Typing { shell: Shell::Bash, is_command: |_| false };
        let explainer = Explainer::of(&shell, &variables, typing);
        for Sample { row, text, .. } in samples() {
            for explanation in explainer.explain_all(&search(text)) {
                let advice: Vec<String> = explanation.advice.iter().map(ToString::to_string).collect();
                let all = format!("{} {:?} {advice:?}", explanation.cause, explanation.possibly);
                assert!(!explanation.cause.is_empty() && !all.contains(['{', '}']), "{row}: {all}");
                assert!(!explanation.advice.is_empty(), "{row}: {all}");
            }
        }
    }
}

fn finds_errors_in_every_encoding() {
    let text = format!("日本語 ü │ before\r\n{EXPIRED}\r\nafter\r\n");
    let units = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let (little, big) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    let ascii: Vec<u8> = EXPIRED.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = [b"caf\xe9: ".as_slice(), EXPIRED.as_bytes(), b" \xff\xfe"].concat();
    let with_zeros: Vec<u8> = EXPIRED.bytes().flat_map(|b| [b, 0]).collect();
    let texts: [Vec<u8>; 9] = [
        text.clone().into_bytes(),
        marked(b"\xef\xbb\xbf", text.as_bytes()),
        marked(b"\xff\xfe", &little),
        marked(b"\xfe\xff", &big),
        ascii,
        // The program wrote ASCII, and then the shell UTF-16.
        [b"first line, longer than what is looked at to recognize the encoding\n".as_slice(), &with_zeros].concat(),
        latin,
        text.replace("\r\n", "\r").into_bytes(),
        text.replace('\n', "\0\n\0").into_bytes(),
    ];
    for bytes in texts {
        assert_eq!(names(&bytes), ["expired-session"], "{:?}", String::from_utf8_lossy(&bytes));
        // In parts of any size.
        for size in [1, 3, 7, 64] {
            let mut search = Search::default();
            bytes.chunks(size).for_each(|part| search.push(part));
            let found = search.finish().errors;
            assert_eq!(found.len(), 1, "{size}: {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

fn finds_errors_behind_what_programs_draw() {
    let colored = "\u{1b}[31m╷\u{1b}[0m\n\u{1b}[31m│\u{1b}[0m \u{1b}[1mError: \u{1b}[0massume role with MFA enabled, but \
                   AssumeRoleTokenProvider\n\u{1b}[31m│\u{1b}[0m session option not set.\u{1b}[31m╵\u{1b}[0m\n";
    for text in [
        colored,
        // What Windows PowerShell makes of it.
        "?\n? Error: assume role with MFA enabled, but AssumeRoleTokenProvider\n? session option not set.\n",
        "web-1  | Error: assume role with MFA enabled, but AssumeRoleTokenProvider\nweb-1  | session option not set.\n",
        "2026-11-27T10:15:00.1234567Z │ Error: assume role with MFA enabled, but\n\
         2026-11-27T10:15:00.2234567Z │ AssumeRoleTokenProvider session option not set.\n",
        "> > assume role with MFA enabled, but AssumeRoleTokenProvider session\n> > option not set.\n",
        "\u{1b}]0;terraform\u{7}assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.",
        "assume role with MFA enabled, but \u{1b}[4mAssumeRoleTokenProvider\u{1b}(B\u{1b}[m session option not set.",
        "\u{9b}1massume role with MFA enabled, but AssumeRoleTokenProvider session option not set.",
    ] {
        assert_eq!(names(text), ["terraform-cannot-ask"], "{text:?}");
    }
    // A stray escape character does not hide what follows.
    for stray in ["\u{1b}", "\u{1b}]", "\u{1b}P title that never ends", "\u{1b}[", "\u{9b}"] {
        assert_eq!(names(format!("{stray}\n{EXPIRED}")), ["expired-session"], "{stray:?}");
    }
}

fn finds_errors_in_wrapped_lines() {
    for Sample { row, text, .. } in samples() {
        // A word that is broken may be a name in the text, but not one in a pattern.
        for width in [40, 77, 120] {
            let by_word = textwrap_at(text, width);
            assert_eq!(names(&by_word).first(), Some(&row), "{width}: {by_word}");
        }
    }
    for width in [20, 33, 47, 80] {
        let within_words: Vec<String> =
            EXPIRED.as_bytes().chunks(width).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        for line_end in ["\n", "\r\n", "\n  │ "] {
            let text = within_words.join(line_end);
            assert_eq!(names(&text), ["expired-session"], "{width}: {text:?}");
        }
    }
}

/// Breaks lines at blanks.
fn textwrap_at(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            if length > 0 && length + word.len() + 1 > width {
                wrapped.push('\n');
                length = 0;
            } else if length > 0 {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
            length += word.len() + 1;
        }
        wrapped.push('\n');
    }
    wrapped
}

fn finds_errors_among_other_text() {
    // What Windows PowerShell makes of stderr.
    let powershell = format!(
        "aws : {EXPIRED}\r\nAu caractère Ligne:1 : 1\r\n+ aws sts get-caller-identity 2>&1 | mfa-env why\r\n\
         + ~~~~~~~~~~~~~~~~~~~~~~~~\r\n    + CategoryInfo          : NotSpecified: (An error occurr...st is \
         expired:String) [], RemoteException\r\n"
    );
    let json = format!("{{\"level\":\"error\",\"msg\":\"{}\"}}", EXPIRED.replace('"', "\\\""));
    for text in [powershell, json, format!("错误: {EXPIRED} 请重试"), format!("Ошибка: {EXPIRED}")] {
        assert_eq!(names(&text), ["expired-session"], "{text}");
    }
    for text in ["", "\n\n", "all is well", "ExpiredTokens are not what AWS says", "MyExpiredToken"] {
        assert_eq!(names(text), [""; 0], "{text:?}");
    }
}

fn finds_no_error_that_is_only_named() {
    for text in [
        "error_document = \"ExpiredToken\"",
        "      + error_document = \"ExpiredToken\"\nApply complete! Resources: 1 added",
        "if code == \"ExpiredToken\":",
        "        if e.response[\"Error\"][\"Code\"] == \"ExpiredToken\":\n            refresh()",
        "if (err.code != 'InvalidClientTokenId') {",
        "src/auth.go:12:\tcase \"InvalidClientTokenId\": return errAuth",
        "src/x.py:3: # Unable to locate credentials",
        "# An error occurred (ExpiredToken) when calling the X operation",
        "// Unable to locate credentials",
        "- Fixed ExpiredTokenException on refresh",
        "- SignatureDoesNotMatch, Throttling and RequestExpired are retried",
        "  + metric_filter = \"{ ($.errorCode = \\\"*UnauthorizedOperation\\\") || ($.errorCode = \\\"AccessDenied*\\\") }\"",
        "  + metric_filter = \"{ ($.errorCode = \\\"UnauthorizedOperation\\\") }\"",
        "except client.exceptions.ExpiredTokenException:",
        "--- PASS: TestThrottling/OptInRequired (0.00s)",
        "log.Fatal(\"Unable to locate credentials\")",
        "retryable_errors = [\"RequestLimitExceeded\", \"Throttling\"]",
        "catch (AuthFailure) {",
        "see errors.md#ExpiredToken",
        "errorCode = 'ExpiredToken'",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
    // What programs report is found in each of their forms.
    for text in [
        "An error occurred (ExpiredToken) when calling the X operation: Somebody said so",
        "operation error STS: X, https response error StatusCode: 403, RequestID: 1, api error ExpiredToken: So",
        "operation error X: Y, https response error StatusCode: 400, RequestID: 1, ExpiredTokenException: It is over now",
        "<Error><Code>ExpiredToken</Code><Message>It is over</Message></Error>",
        "{\"Error\":{\"Code\": \"ExpiredToken\"}}",
        "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\"}",
        "ErrorMetadata { code: Some(\"ExpiredToken\"), message: None }",
        "Error Code: ExpiredToken; Request ID: 1",
        "  name: 'ExpiredToken',",
        "ExpiredToken: It is over now",
        "Error: ExpiredToken: token is over",
        "An error occurred (ExpiredToken)",
        "Error: error refreshing state: ExpiredToken: It is over now",
        "Aws::STS::Errors::ExpiredToken (It is over)",
        "{\"msg\":\"An error occurred (ExpiredToken) when calling the X operation\"}",
        "level=error msg=\"An error occurred (ExpiredToken) when calling the X operation\"",
    ] {
        let found = search(text);
        assert!(
            found.len() == 1 && found[0].error.name == "expired-session" && !found[0].is_doubtful,
            "{text}: {found:?}"
        );
    }
}

fn an_error_that_is_quoted_is_only_possible() {
    let home = Home::empty();
    for text in [
        "The test for \"An error occurred (ExpiredToken) when calling\" passed.",
        "- An error occurred (ExpiredToken) when calling the X operation",
        "+ An error occurred (ExpiredToken) when calling the X operation",
        "src/x_test.go:12: An error occurred (ExpiredToken) when calling the X operation",
        "The program says `The security token included in the request is expired`",
    ] {
        let shown = explained(&home, text);
        assert!(shown.contains("\npossible cause: "), "{text}: {shown}");
        // What is reported is better, wherever it is.
        for text in [format!("{text}\n{EXPIRED}"), format!("{EXPIRED}\n{text}")] {
            assert!(!explained(&home, &text).contains("possible cause: "), "{text}");
        }
    }
}

/// Breaks lines wherever they are full, as `fold` does.
fn folded(text: &str, width: usize) -> String {
    let lines = text.as_bytes().chunks(width).map(|part| String::from_utf8_lossy(part).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn names_no_role_that_a_line_break_cuts() {
    let text = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: \
                arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: \
                arn:aws:iam::123456789012:role/admin";
    let config = "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n";
    let keys = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    for after in ["", "\n", "\nmake: *** [plan] Error 1\n", "\nError 1\n"] {
        for width in 20..130 {
            for home in [Home::empty(), Home::with(config, keys)] {
                let shown = explained(&home, folded(text, width) + after);
                let cause =
                    shown.lines().find(|line| line.contains("may not assume")).unwrap_or_else(|| panic!("{shown}"));
                let is_whole = cause.ends_with("may not assume role admin");
                assert!(is_whole || cause.ends_with("may not assume the role"), "{width}: {cause}");
                assert!(cause.starts_with("user alice (123456789012) "), "{width}: {cause}");
            }
        }
    }
    // A name that this shell's files know is known.
    let home = Home::with(config, keys);
    for width in [40, 77, 100] {
        let shown = explained(&home, folded(text, width) + "\nmake: *** [plan] Error 1\n");
        assert!(
            shown.contains("may not assume role admin\n") && shown.contains("sign in to it with: aws-mfa x\n"),
            "{shown}"
        );
    }
    // So is one that no line break cuts.
    let shown = explained(&Home::empty(), format!("{text}\nError: it failed\n"));
    assert!(shown.contains("may not assume role admin\n"), "{shown}");
}

fn names_a_host_alone() {
    let host = "sts.eu-nowhere-1.amazonaws.com";
    for text in [
        format!("dial tcp: lookup {host} on 10.255.255.53:53: no such host"),
        format!("dial tcp: lookup {host}: no such host"),
        format!("dial tcp: lookup {host}\non 10.255.255.53:53: no such host"),
        format!("dial tcp: lookup {host} on 10.255.255.53:53: server misbehaving"),
        format!("dial tcp: lookup {host} on [::1]:53: read udp [::1]:4->[::1]:53: i/o timeout"),
        format!("dial tcp: lookup {host}: i/o timeout"),
        format!("dial tcp: lookup {host}: Temporary failure in name resolution"),
        format!("dial tcp: lookup {host}: getaddrinfow: No such host is known."),
        format!("getaddrinfo ENOTFOUND {host}"),
        format!("getaddrinfo EAI_AGAIN {host}"),
    ] {
        let text = format!(
            "Error: operation error STS: GetCallerIdentity, request send failed, Post \"https://{host}/\": {text}"
        );
        for text in [text.clone(), text.split_once(": dial").map_or(text.clone(), |(_, rest)| format!("dial{rest}"))] {
            let shown = explained(&Home::empty(), &text);
            assert!(shown.contains(&format!("\nthe name {host} does not exist, or ")), "{text}: {shown}");
            assert!(shown.contains("possible reason: there is no region eu-nowhere-1"), "{text}: {shown}");
        }
    }
    // A region that exists is not to blame.
    for region in ["eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-7", "il-central-1", "mx-central-1"] {
        let shown = explained(
            &Home::empty(),
            format!("dial tcp: lookup sts.{region}.amazonaws.com on 1.1.1.1:53: no such host"),
        );
        assert!(!shown.contains("no region") && shown.contains("the network"), "{shown}");
    }
    let shown = explained(&Home::empty(), "dial tcp: lookup sts.eu-centrall-1.amazonaws.com: no such host");
    assert!(shown.contains("there is no region eu-centrall-1") && shown.contains("eu-central-1?"), "{shown}");
    let proxy = "Post \"https://sts.eu-central-1.amazonaws.com/\": proxyconnect tcp: dial tcp: lookup proxy.corp on 1.1.1.1:53: no such host";
    assert_eq!(names(proxy), ["proxy"]);
    // A cluster is more often deleted, or private.
    let cluster = "dial tcp: lookup 0A1B2C.gr7.eu-central-1.eks.amazonaws.com on 1.1.1.1:53: no such host";
    let shown = explained(&Home::empty(), format!("Unable to connect to the server: {cluster}"));
    assert!(shown.contains("the cluster was deleted, or is private") && shown.contains("VPN"), "{shown}");
    assert!(!shown.contains("no region"), "{shown}");
}

fn names_the_registry_that_the_text_names() {
    for (text, line) in [
        ("failed to push: no basic auth credentials for gcr.io/x/y", "docker login gcr.io"),
        ("no basic auth credentials for registry.corp:5000/x:v1", "docker login registry.corp:5000"),
        (
            "no basic auth credentials for public.ecr.aws/x/y",
            "aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws",
        ),
        (
            "The push refers to repository [123456789012.dkr.ecr.eu-central-1.amazonaws.com/app]\nno basic auth credentials",
            "aws ecr get-login-password --region eu-central-1 | docker login --username AWS --password-stdin \
             123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        ),
        (
            "no basic auth credentials for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app",
            "aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin \
             123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        ),
        (
            "no basic auth credentials for evil.com;touch${IFS}x",
            "--region REGION | docker login --username AWS --password-stdin ACCOUNT.",
        ),
    ] {
        let shown = explained(&signed_in(3600), text);
        assert!(shown.contains(line), "{text}: {shown}");
        assert_eq!(line.starts_with("docker login "), !shown.contains("aws ecr"), "{text}: {shown}");
    }
}

fn reads_the_prefixes_of_terragrunt() {
    for prefix in [
        "02:10:11.123 STDERR [vpc] terraform: │ ",
        "02:10:11.123 STDERR terraform: │ ",
        "02:10:11.123 ERROR  [live/vpc] tofu: ",
        "[live/vpc] │ ",
        "02:10:11 STDOUT [vpc] │ ",
    ] {
        let text = format!(
            "{prefix}Error: assume role with MFA enabled, but\n{prefix}AssumeRoleTokenProvider session option\n{prefix}not set.\n"
        );
        assert_eq!(names(&text), ["terraform-cannot-ask"], "{prefix}");
        assert!(!search(&text)[0].line.contains("STDERR") && !search(&text)[0].line.contains("vpc"), "{prefix}");
    }
}

fn the_last_error_comes_first() {
    let first = "The config profile (old) could not be found\n";
    let noise = "working\n".repeat(20_000);
    let last = "The config profile (new) could not be found\n";
    let found = search(format!("{first}{EXPIRED}\n{noise}{last}"));
    assert_eq!(
        found.iter().map(|found| found.error.name).collect::<Vec<_>>(),
        ["profile-not-found", "expired-session"]
    );
    assert_eq!(found[0].parts["profile"], "new");
    let home = Home::empty();
    let text = explained(&home, format!("{first}{EXPIRED}\n{noise}{last}"));
    let (newest, older) = text.split_once("\nbefore that:\n").expect("two errors");
    assert!(newest.contains("(new)") && older.contains("ExpiredToken"), "{text}");
}

fn an_error_that_follows_from_another_is_left_out() {
    let terraform = "Error: No valid credential sources found\n\nPlease see https://example.com\n\n\
                     Error: failed to refresh cached credentials, operation error STS: AssumeRole, api error ExpiredToken: \
                     The security token included in the request is expired\n";
    assert_eq!(names(terraform), ["expired-session"]);
    // Who was refused is more than that somebody was.
    let ec2 = "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to \
               perform this operation. User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
               ec2:RunInstances on resource: arn:aws:ec2:eu-central-1:123456789012:instance/* with an explicit deny";
    assert_eq!(names(ec2), ["denied-explicitly"]);
    assert_eq!(names(ec2.replace(" with an explicit deny", "")), ["denied"]);
    // The code was typed, and was wrong.
    let typed = "Enter MFA code for arn:aws:iam::123456789012:mfa/alice: \nAn error occurred (AccessDenied) when calling the \
                 AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.";
    assert_eq!(names(typed), ["wrong-code"]);
    // Far away, it is another one.
    let far = format!("{EXPIRED}\n{}Unable to locate credentials\n", "working\n".repeat(1000));
    assert_eq!(names(&far), ["no-credentials", "expired-session"]);
}

fn an_error_that_is_repeated_is_shown_once() {
    let home = Home::empty();
    let text = explained(&home, format!("{EXPIRED}\n").repeat(50));
    assert_eq!(text.matches("ExpiredToken").count(), 1, "{text}");
}

fn shows_the_line_of_the_error() {
    let line = |text: &str| search(text)[0].line.clone();
    assert_eq!(line(&format!("before\n{EXPIRED}\nafter")), EXPIRED);
    let wrapped = "working\n\n╷\n│ Error: failed to refresh cached credentials, no EC2\n│ IMDS role found, operation error \
                   ec2imds: GetMetadata\n╵\n\nbye\n";
    let joined =
        "Error: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata";
    assert_eq!(line(wrapped), joined);
    let long = format!("{}{EXPIRED}{}", "before ".repeat(1000), " after".repeat(1000));
    let shown = line(&long);
    assert!(
        shown.len() < 700 && shown.starts_with("… ") && shown.ends_with(" …") && shown.contains(EXPIRED),
        "{shown}"
    );
}

fn repeats_no_secret() {
    let token = format!("IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJH{}", "Abc1/+".repeat(100));
    let home = Home::empty();
    let lines = [
        format!("key {SECRET} {EXPIRED}"),
        format!("AWS_SECRET_ACCESS_KEY={SECRET} AWS_SESSION_TOKEN={token} {EXPIRED}"),
        format!("{{\"SecretAccessKey\":\"{SECRET}\",\"SessionToken\": \"{token}\"}} {EXPIRED}"),
        format!("<SecretAccessKey>{SECRET}</SecretAccessKey> {EXPIRED}"),
        format!("aws_secret_access_key = {SECRET}. {EXPIRED}"),
        format!("https://s3.amazonaws.com/?X-Amz-Security-Token={} {EXPIRED}", token.replace('/', "%2F")),
        format!("password: hunter2-{} {EXPIRED}", &SECRET[..20]),
        format!("{EXPIRED} {SECRET}"),
        format!("({SECRET}) {EXPIRED}: x={SECRET};"),
        format!("x{SECRET}/{SECRET} {EXPIRED}"),
    ];
    for line in lines {
        for json in [false, true] {
            let arguments: &[&str] = if json { &["why", "--json"] } else { &["why"] };
            let shown = Program::new(&home, arguments.iter().copied()).stdin(&line).run().stdout;
            let is_part = |secret: &str| (0..secret.len() - 12).any(|at| shown.contains(&secret[at..at + 12]));
            assert!(!is_part(SECRET) && !is_part(&token) && !shown.contains("hunter2"), "{line}\n{shown}");
            assert!(shown.contains("ExpiredToken") && shown.contains("not shown"), "{line}\n{shown}");
        }
    }
    // What people need stays.
    let needed = "User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess/alice is not authorized to \
                  perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/deploy-prod";
    assert!(explained(&home, needed).starts_with(&format!("> {needed}\n")));
    let request = "request id: 27db932f-e5be-41a1-8262-a698d82df933, AKIAIOSFODNN7EXAMPLE";
    assert!(explained(&home, format!("{EXPIRED} {request}")).contains(request));
}

fn repeats_no_secret_that_a_line_break_divides() {
    let home = Home::empty();
    for at in [5, 20, 37] {
        let (before, after) = SECRET.split_at(at);
        for line_end in ["\n", "\r\n", "\n│ "] {
            // The error is on both lines.
            let text = format!("The security token included in the {before}{line_end}{after} request is expired");
            let text = text.replace("in the ", "in the request is expired, key ") + "\nThe config profile (a";
            let text = format!("{text}{line_end}{before}{line_end}{after}) could not be found");
            let shown = explained(&home, &text);
            let longer = if at > 20 { before } else { after };
            assert!(!shown.contains(longer) && !shown.contains(SECRET), "{text:?}\n{shown}");
        }
    }
}

/// Asserts that neither form of the explanation has any of these, or a part of one.
#[track_caller]
fn assert_hidden(text: &str, secrets: &[&str]) {
    let mut home = Home::empty();
    home.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x");
    for arguments in [&["why"][..], &["why", "--json"]] {
        let shown = Program::new(&home, arguments.iter().copied()).stdin(text).run().stdout;
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret} of {text:?}\n{shown}");
        }
    }
}

fn repeats_no_login_of_a_url() {
    for login in ["user:hunter2", "us%40er:hunter2", "user:hunter2/x", "token-hunter2", ":hunter2"] {
        for text in [
            format!("Failed to connect to proxy URL: \"http://{login}@proxy.corp:3128\""),
            format!("Could not connect to the endpoint URL: \"https://{login}@sts.eu-west-1.amazonaws.com/\""),
            format!("Error: request send failed, Post \"https://{login}@sts.eu-west-1.amazonaws.com/\": EOF"),
            format!("Error: request send failed, Post \\\"https://{login}@sts.amazonaws.com/\\\": EOF {EXPIRED}"),
            format!("{{\"proxy\":\"http://{login}@proxy:3128/\",\"error\":\"{EXPIRED}\"}}"),
            format!("{EXPIRED} (via http://{login}@[::1]:3128)"),
        ] {
            assert_hidden(&text, &["hunter2"]);
        }
    }
    for text in [
        format!("{EXPIRED} HTTPS_PROXY=user:hunter2@proxy:3128"),
        "Failed to connect to proxy URL: \"user:hunter2@proxy:3128\"".to_owned(),
        format!("{EXPIRED} http://user:hun\nter2hunter2@proxy:3128 {EXPIRED}"),
    ] {
        assert_hidden(&text, &["hunter2", "ter2hunter2"]);
    }
    // The host stays, and the explanation with it.
    let home = Home::empty();
    let text = "Could not connect to the endpoint URL: \"https://user:hunter2@sts.eu-west-1.amazonaws.com/\"";
    assert!(explained(&home, text).contains("\nsts.eu-west-1.amazonaws.com did not answer\n"));
    // What is no login stays.
    for kept in [
        "arn:aws:sts::123456789012:assumed-role/admin/alice@example.com",
        "https://proxy.golang.org/github.com/x/y/@v/v1.0.0.mod",
        "https://localhost:8788/x@y",
        "alice@example.com",
        "ssh://git@github.com/x",
    ] {
        let shown = explained(&home, format!("{EXPIRED} {kept} x"));
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
}

fn repeats_no_encoded_secret() {
    let slashes = SECRET.replace('/', "\\/");
    let unicode = SECRET.replace('/', "\\u002F");
    let (url, lower) = (SECRET.replace('/', "%2F"), SECRET.replace('/', "%2f"));
    let plus = "wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY";
    let encoded_plus = plus.replace('+', "%2B");
    for secret in [&slashes, &unicode, &url, &lower, &encoded_plus] {
        for text in
            [format!("{EXPIRED} {secret}"), format!("x={secret}&y=1 {EXPIRED}"), format!("\"{secret}\" {EXPIRED}")]
        {
            assert_hidden(&text, &[secret, &secret[..12], &secret[secret.len() - 12..]]);
        }
    }
}

fn repeats_no_value_of_an_option_for_secrets() {
    for (option, value) in [
        ("--password ", "hunter2"),
        ("--password=", "hunter2"),
        ("--password '", "hunter2'"),
        ("--db-password ", "hunter2"),
        ("TokenCode=", "123456"),
        ("\"TokenCode\": \"", "123456\""),
        ("--token-code ", "123456"),
        ("Authorization: Bearer ", "Hunter2Hunter2"),
        ("Authorization: Basic ", "aHVudGVyMjpodW50ZXI="),
        ("client_secret = ", "hunter2"),
    ] {
        let value = value.trim_matches(['\'', '"']);
        assert_hidden(&format!("aws x {option}{value} -y; {EXPIRED}"), &[value]);
        assert_hidden(&format!("{EXPIRED} {option}{value}"), &[value]);
    }
    let home = Home::empty();
    for kept in
        ["--password-stdin registry", "no basic authentication needed", "the password is wrong", "--password --x"]
    {
        assert!(explained(&home, format!("{EXPIRED} {kept}")).contains(kept), "{kept}");
    }
}

fn repeats_no_token_over_several_lines() {
    let token = format!("IQoJb3JpZ2luX2VjEMr{}", "AbcdEfgh1/".repeat(16));
    for width in [40, 60, 78] {
        let parts: Vec<&str> =
            (0..token.len()).step_by(width).map(|at| &token[at..token.len().min(at + width)]).collect();
        for between in ["\n", "\n│ "] {
            let text = format!("│ Error: ExpiredToken: token {} is expired; {EXPIRED}", parts.join(between));
            assert_hidden(&text, &parts);
            let text = format!("{EXPIRED}\nThe config profile (x{}{between}) could not be found", parts.join(between));
            assert_hidden(&text, &parts);
        }
    }
}

fn repeats_no_secret_that_is_taken_for_a_file() {
    let home = Home::empty();
    for argument in [
        SECRET.to_owned(),
        format!("{EXPIRED} {SECRET}"),
        format!("x --password hunter2{}", &SECRET[..20]),
        format!("AWS_SECRET_ACCESS_KEY={SECRET}"),
        format!("https://user:{}@proxy", &SECRET[..20]),
    ] {
        let ran = Program::new(&home, ["why", argument.as_str()]).fails(7).says("cannot be read").run();
        assert!(!ran.stderr.contains(&SECRET[..12]), "{}", ran.stderr);
        if argument.contains(SECRET) {
            let ran = Program::new(&home, ["why", "x", argument.as_str()]).fails(2).says("unexpected argument").run();
            assert!(!ran.stderr.contains(&SECRET[..12]), "{}", ran.stderr);
        }
    }
}

fn escapes_what_a_terminal_would_interpret() {
    let hostile = "The config profile (a\u{202e}b\u{200b}c\u{7f}d) could not be found";
    let home = Home::empty();
    let shown = explained(&home, hostile);
    assert!(shown.contains("a\\u{202e}b\\u{200b}c") && !shown.contains('\u{202e}'), "{shown}");
    let found = search(hostile);
    assert_eq!(found[0].parts["profile"], "a\u{202e}b\u{200b}cd");
    let line = "Unable to connect: getaddrinfo ENOTFOUND evil.example\u{2066}.com";
    assert!(!explained(&home, line).contains('\u{2066}'));
}

fn says_that_no_error_is_known() {
    let (home, text) = (signed_in(3600), "make: *** [all] Error 2\n");
    let ran = Program::new(&home, ["why"]).stdin(text).fails(1).run();
    assert!(
        ran.stdout.starts_with("no known error was found in the text\nnothing is wrong with this shell: "),
        "{}",
        ran.stdout
    );
    // A problem of the shell is shown whatever the text says, but it is not the cause of what the text says.
    let home = signed_in(-300);
    let shown = Program::new(&home, ["why"]).stdin(text).fails(1).run().stdout;
    assert!(
        shown.starts_with("no known error was found in the text\n\nthis shell's session of prod expired at "),
        "{shown}"
    );
}

/// A shell with a session of mfa-env that has so many seconds left.
fn signed_in(seconds: i64) -> Home {
    let mut home = Home::empty();
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "hidden");
    home.set("AWS_SESSION_TOKEN", "hidden").set("MFA_ENV_PROFILE", "prod").set("AWSUME_PROFILE", "prod");
    home.set("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIAIOSFODNN7EXAMPLE");
    let at = Expiration::from_unix(now() + seconds).expect("a time");
    home.set("AWS_CREDENTIAL_EXPIRATION", at.rfc3339());
    home
}

fn says_that_nothing_is_wrong() {
    let ran = Program::new(&signed_in(3600), ["why", "/dev/null"]).fails(1).run();
    assert!(ran.stdout.contains("\nnothing is wrong with this shell: prod, "), "{}", ran.stdout);
}

fn says_that_there_was_no_text() {
    for text in ["", "\n \r\n\0", "\u{feff}"] {
        let ran = Program::new(&signed_in(3600), ["why"]).stdin(text).fails(1).run();
        let hint = "there was no text; errors are on stderr, which a pipe gets with: COMMAND 2>&1 | mfa-env why\n";
        assert!(ran.stdout.starts_with(hint), "{text:?}: {}", ran.stdout);
    }
}

fn reads_a_file() {
    let home = Home::empty();
    home.write("build.log", format!("{EXPIRED}\n"));
    for name in ["build.log", "./build.log"] {
        let shown = Program::new(&home, ["why", name]).run().stdout;
        assert!(shown.starts_with(&format!("> {EXPIRED}\n")), "{shown}");
    }
    let shown = Program::new(&home, ["why", "-"]).stdin(EXPIRED).run().stdout;
    assert!(shown.starts_with(&format!("> {EXPIRED}\n")), "{shown}");
}

fn names_a_file_that_cannot_be_read() {
    let home = Home::empty();
    let advice = "  name a file, or pass the output of a program with: COMMAND 2>&1 | mfa-env why\n";
    let missing = format!("mfa-env: nosuch.log cannot be read: it does not exist\n{advice}");
    Program::new(&home, ["why", "nosuch.log"]).fails(7).stdout("").stderr(missing).run();
    Program::new(&home, ["why", "."]).fails(7).stdout("").says("mfa-env: . cannot be read").run();
    // People pass the text itself.
    Program::new(&home, ["why", EXPIRED]).fails(7).stdout("").says(advice).run();
    Program::new(&home, ["why", "a", "b"]).fails(2).stdout("").says("unexpected argument").run();
}

fn the_status_says_whether_a_cause_was_found() {
    Program::new(&signed_in(3600), ["why"]).stdin(EXPIRED).run();
    Program::new(&signed_in(-1), ["why"]).run();
    Program::new(&signed_in(3600), ["why"]).stdin("x").fails(1).run();
    let ran = Program::new(&signed_in(3600), ["why", "--json"]).stdin("x").fails(1).run();
    let json: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&json["causes"], &json["problems"]), (&Value::Array(Vec::new()), &Value::Array(Vec::new())));
}

fn reads_a_text_of_any_length() {
    let mut search = Search::default();
    search.push(format!("{EXPIRED}\n"));
    // Without a line end, of the first letters of errors, and with characters that are cut in two.
    let (line, long, wide) =
        ("The The security token An error Unable\n".repeat(2000), "x".repeat(80_000), "日".repeat(3333));
    for _ in 0..20 {
        search.push(&line);
        search.push(&long);
        search.push(&wide.as_bytes()[..wide.len() - 1]);
    }
    search.push(" Unable to locate credentials");
    let found = search.finish().errors;
    assert_eq!(found.iter().map(|found| found.error.name).collect::<Vec<_>>(), ["no-credentials", "expired-session"]);
}

/// Each could be that of a dozen errors, of which the end would be far away.
fn beginnings_of_errors_do_not_take_long() {
    let (plain, hostile) = ("Abcd: x ".repeat(40_000), "User: x ".repeat(40_000));
    let ratio = ratio(|| assert!(search(&plain).is_empty()), || assert!(search(&hostile).is_empty()));
    assert!(ratio < 40.0, "{ratio}");
}

fn odd_bytes_do_no_harm() {
    let home = Home::empty();
    for bytes in [
        vec![0xff; 5000],
        vec![0; 5000],
        b"\xff\xfe".to_vec(),
        b"\xff\xfe\xd8".to_vec(),
        vec![0x1b; 5000],
        vec![b'\r'; 500],
    ] {
        for text in [bytes.clone(), [bytes.as_slice(), b"\n", EXPIRED.as_bytes()].concat()] {
            let mut search = Search::default();
            search.push(&text);
            let findings = search.finish();
            // Without a text, the shell's own problem is the cause.
            let is_explained = findings.is_blank || !findings.errors.is_empty();
            let program = Program::new(&home, ["why"]).stdin(&text);
            let shown = if is_explained { program } else { program.fails(1) }.run().stdout;
            assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        }
    }
}

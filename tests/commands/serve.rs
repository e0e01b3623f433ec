//! `serve`: who gets credentials from the endpoint and who does not, how they are renewed, and the command beside it.

#![cfg(unix)]

use crate::support::cached;
use crate::support::endpoint::{Endpoint, Serving};
use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::prompted_run::PromptedRun;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts, User};
use crate::support::terminal::Terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

trials![
    hands_out_the_session_to_whoever_has_the_token,
    refuses_every_other_request,
    survives_slow_and_broken_clients,
    the_token_is_in_no_list_of_processes_and_in_no_log,
    renews_a_role_session_without_a_code,
    many_requests_cause_one_call,
    hands_out_the_current_session_while_sts_is_slow,
    hands_out_the_current_session_while_sts_fails,
    without_a_session_a_request_fails_at_once,
    asks_once_before_the_mfa_session_expires,
    a_process_that_prints_codes_replaces_the_mfa_session,
    declining_the_code_keeps_the_current_session,
    without_a_terminal_it_says_how_to_renew,
    a_signal_ends_it_after_the_requests_it_has,
    a_killed_server_leaves_nothing_for_long,
    the_command_gets_the_endpoint_and_no_keys,
    the_command_cannot_use_the_keys_of_default,
    the_status_is_that_of_the_command,
    signals_reach_the_command_once,
    the_keys_of_the_terminal_reach_the_command_once,
    the_command_can_be_stopped_and_continued,
    what_is_wrong_is_found_before_a_code_is_asked_for,
    prints_the_lines_for_another_machine,
    the_endpoint_ends_with_the_command,
];

/// alice's profile `main`, the role `prod`, and an MFA session with this many seconds left.
fn home(left: i64) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-3\n")]);
    home.set("PATH", std::env::var_os("PATH").expect("PATH"));
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "prod", &code, "-q", "-s", "sh"]).run();
    cached::only(&home.cache(), "mfa").expires_in(left);
    sts.take_calls();
    (sts, alice, home)
}

const DAY: i64 = 40_000;

fn tokens(home: &Home) -> Vec<String> {
    cached::names(&home.cache()).into_iter().filter(|name| name.rsplit('.').next() == Some("token")).collect()
}

fn hands_out_the_session_to_whoever_has_the_token() {
    let (sts, _, home) = home(DAY);
    let serving = Serving::start(&home, &["serve", "prod"]);
    let Endpoint { port, token_file, token } = serving.endpoint.clone();
    assert_eq!(fs::metadata(&token_file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(token.len(), 64);
    let response = serving.endpoint.get();
    assert_eq!(response.status, 200, "{response:?}");
    for header in ["content-type: application/json", "cache-control: no-store"] {
        assert!(response.head.contains(header), "{response:?}");
    }
    let session = cached::only(&home.cache(), "role");
    for (name, value) in [
        ("AccessKeyId", session.fields["access_key_id"].as_str()),
        ("SecretAccessKey", session.fields["secret_access_key"].as_str()),
        ("Token", session.fields["session_token"].as_str()),
        ("AccountId", Some("123456789012")),
    ] {
        assert_eq!(Some(response.field(name).as_str()), value, "{name}");
    }
    assert!(response.field("Expiration").ends_with('Z'));
    // Every name of this machine, with any port: a tunnel may have another one at its other end.
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:80", "[::1]", "[::1]:9"] {
        let headers = [("Host", host), ("Authorization", token.as_str())];
        assert_eq!(serving.endpoint.request("GET /credentials?x=1 HTTP/1.1", &headers).status, 200, "{host}");
    }
    assert!(sts.take_calls().is_empty());
    // Only loopback.
    let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    if let Ok(own) = own {
        assert!(std::net::TcpStream::connect((own.ip(), port)).is_err(), "{own} is served");
    }
    serving.end_by(Signal::SIGTERM);
}

/// A status, a code, the first line of a request, and its headers.
type Case<'a> = (u16, &'a str, &'a str, &'a [(&'a str, &'a str)]);

fn refuses_every_other_request() {
    let (_sts, _, home) = home(DAY);
    let mut serving = Serving::start(&home, &["serve", "prod"]);
    let token = serving.endpoint.token.clone();
    let token = token.as_str();
    let wrong = "0".repeat(64);
    let get = "GET /credentials HTTP/1.1";
    let own = ("Host", "127.0.0.1");
    let with = ("Authorization", token);
    let bearer = format!("Bearer {token}");
    let absolute = "GET http://evil.example/credentials HTTP/1.1";
    let cases: &[Case<'_>] = &[
        (401, "TokenMissing", get, &[own]),
        (403, "TokenInvalid", get, &[own, ("Authorization", &wrong)]),
        (403, "TokenInvalid", get, &[own, ("Authorization", "")]),
        (403, "TokenInvalid", get, &[own, ("Authorization", &bearer)]),
        (403, "TokenInvalid", get, &[own, ("Authorization", &token[..63])]),
        (403, "TokenInvalid", get, &[own, with, ("Authorization", &wrong)]),
        (403, "HostNotAllowed", get, &[("Host", "evil.example"), with]),
        (403, "HostNotAllowed", get, &[("Host", "127.0.0.1.evil.example"), with]),
        (403, "HostNotAllowed", get, &[("Host", "localhost.evil.example:80"), with]),
        (403, "HostNotAllowed", get, &[("Host", "127.0.0.1@evil.example"), with]),
        (403, "HostNotAllowed", get, &[("Host", "169.254.170.2"), with]),
        (403, "HostNotAllowed", get, &[("Host", "0.0.0.0"), with]),
        (403, "HostNotAllowed", get, &[("Host", ""), with]),
        (403, "HostNotAllowed", get, &[with]),
        (403, "HostNotAllowed", get, &[own, ("Host", "evil.example"), with]),
        (403, "HostNotAllowed", absolute, &[own, with]),
        (403, "OriginNotAllowed", get, &[own, with, ("Origin", "http://127.0.0.1")]),
        (403, "OriginNotAllowed", get, &[own, with, ("Origin", "null")]),
        (403, "OriginNotAllowed", get, &[own, with, ("Sec-Fetch-Site", "same-origin")]),
        (405, "MethodNotAllowed", "POST /credentials HTTP/1.1", &[own, with]),
        (405, "MethodNotAllowed", "OPTIONS /credentials HTTP/1.1", &[own, with]),
        (404, "NotFound", "GET / HTTP/1.1", &[own, with]),
        (404, "NotFound", "GET /credentials/x HTTP/1.1", &[own, with]),
        (404, "NotFound", "GET /../credentials HTTP/1.1", &[own, with]),
        // Without the token, nobody learns what there is.
        (401, "TokenMissing", "GET /x HTTP/1.1", &[own]),
    ];
    for (status, code, first, headers) in cases {
        let response = serving.endpoint.request(first, headers);
        assert_eq!((response.status, response.field("code").as_str()), (*status, *code), "{first} {headers:?}");
        assert!(!response.field("message").is_empty());
        assert!(!response.body.contains("ASIA") && !response.head.contains("access-control"), "{response:?}");
    }
    serving.says("refused a request from a web page");
    assert_eq!(serving.endpoint.get().status, 200);
    let (_, stderr) = serving.end_by(Signal::SIGTERM);
    // A flood of the same is one line.
    assert_eq!(stderr.matches("for another host").count(), 1, "{stderr}");
}

fn survives_slow_and_broken_clients() {
    let (_sts, _, home) = home(DAY);
    let serving = Serving::start(&home, &["serve", "prod"]);
    let endpoint = serving.endpoint.clone();
    // Connections that never send anything, more than the server talks to at a time.
    let idle: Vec<_> =
        (0..300).map(|_| std::net::TcpStream::connect(("127.0.0.1", endpoint.port)).expect("a port")).collect();
    let long = format!("GET /credentials HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let garbage: [&[u8]; 6] =
        [b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET", long.as_bytes(), b"GET / HTTP/9.9\r\n\r\n"];
    drop(idle);
    for bytes in garbage {
        let stream = std::net::TcpStream::connect(("127.0.0.1", endpoint.port)).expect("a port");
        std::io::Write::write_all(&mut &stream, bytes).expect("bytes");
        stream.shutdown(std::net::Shutdown::Write).expect("an end");
        let mut answer = String::new();
        let _ = std::io::Read::read_to_string(&mut &stream, &mut answer);
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    assert_eq!(endpoint.get().status, 200);
    let (outcome, stderr) = serving.end_by(Signal::SIGTERM);
    assert_eq!(outcome.status.signal(), Some(Signal::SIGTERM as i32), "{stderr}");
}

fn the_token_is_in_no_list_of_processes_and_in_no_log() {
    let (_sts, _, home) = home(DAY);
    let mut serving = Serving::start(&home, &["serve", "prod"]);
    let token = serving.endpoint.token.clone();
    assert_eq!(serving.endpoint.get().status, 200);
    let host = ("Host", "127.0.0.1");
    let agents = [("aws-cli/2.9 more", 200), ("\u{202e}x", 200), ("x\u{1b}[31m", 400)];
    for (agent, status) in agents {
        let headers = [host, ("Authorization", &token), ("User-Agent", agent)];
        assert_eq!(serving.endpoint.request("GET /credentials HTTP/1.1", &headers).status, status, "{agent:?}");
    }
    serving.endpoint.request("GET /credentials HTTP/1.1", &[host, ("Authorization", &format!("x{token}"))]);
    serving.says("credentials for a program");
    serving.says("credentials for aws-cli/2.9, ");
    serving.says("refused a request with a wrong token");
    let (_, stderr) = serving.end_by(Signal::SIGTERM);
    let session = cached::only(&home.cache(), "role");
    let secrets = ["secret_access_key", "session_token"].map(|name| session.fields[name].as_str().expect("text"));
    for secret in secrets.into_iter().chain([token.as_str(), "\u{1b}", "\u{202e}"]) {
        assert!(!stderr.contains(secret), "{stderr}");
    }
    // The name of its file says nothing about it either.
    assert!(!stderr.contains(&token[..8]), "{stderr}");
}

fn renews_a_role_session_without_a_code() {
    let (sts, _, home) = home(DAY);
    cached::only(&home.cache(), "role").expires_in(310);
    let serving = Serving::start(&home, &["serve", "prod"]);
    assert!(sts.take_calls().is_empty());
    let old = cached::only(&home.cache(), "role");
    let response = serving.endpoint.get();
    assert_eq!(response.status, 200, "{response:?}");
    assert_ne!(Some(response.field("AccessKeyId").as_str()), old.fields["access_key_id"].as_str());
    assert_eq!(sts.take_calls().iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
    assert_eq!(serving.endpoint.get().field("AccessKeyId"), response.field("AccessKeyId"));
    assert!(sts.take_calls().is_empty());
    serving.end_by(Signal::SIGTERM);
}

fn many_requests_cause_one_call() {
    let (sts, _, home) = home(DAY);
    cached::only(&home.cache(), "role").expires_in(310);
    let serving = Serving::start(&home, &["serve", "prod"]);
    let gate = Gate::new();
    sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let endpoint = serving.endpoint.clone();
            std::thread::spawn(move || endpoint.get())
        })
        .collect();
    assert!(sts.wait_for_calls(1, Duration::from_secs(20)));
    gate.open();
    for request in requests {
        assert_eq!(request.join().expect("a response").status, 200);
    }
    assert_eq!(sts.take_calls().len(), 1);
    serving.end_by(Signal::SIGTERM);
}

fn hands_out_the_current_session_while_sts_is_slow() {
    let (sts, _, home) = home(DAY);
    cached::only(&home.cache(), "role").expires_in(310);
    let old = cached::only(&home.cache(), "role").fields["access_key_id"].as_str().expect("a key").to_owned();
    let serving = Serving::start(&home, &["serve", "prod"]);
    let gate = Gate::new();
    sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
    // SDKs wait two seconds for an answer.
    assert_eq!(serving.endpoint.get().field("AccessKeyId"), old);
    assert_eq!(serving.endpoint.get().field("AccessKeyId"), old);
    gate.open();
    let start = Instant::now();
    while serving.endpoint.get().field("AccessKeyId") == old {
        assert!(start.elapsed() < Duration::from_secs(20), "the new session is never handed out");
    }
    serving.end_by(Signal::SIGTERM);
}

fn hands_out_the_current_session_while_sts_fails() {
    let (sts, _, home) = home(DAY);
    cached::only(&home.cache(), "role").expires_in(310);
    let old = cached::only(&home.cache(), "role").fields["access_key_id"].as_str().expect("a key").to_owned();
    let serving = Serving::start(&home, &["serve", "prod"]);
    sts.stop();
    assert_eq!(serving.endpoint.get().field("AccessKeyId"), old);
    serving.end_by(Signal::SIGTERM);
}

fn without_a_session_a_request_fails_at_once() {
    let (sts, alice, home) = home(3);
    let mut serving = Serving::start(&home, &["serve", "main", "--min-ttl", "1"]);
    let response = serving.endpoint.get_until(503);
    assert_eq!(response.field("code"), "NoSession");
    assert_eq!(response.field("message"), "no session for main; run aws-mfa main in a terminal");
    serving.says("main has no session any more, and programs get none; run in another terminal: aws-mfa main");
    for _ in 0..3 {
        assert_eq!(serving.endpoint.get().status, 503);
    }
    assert!(sts.take_calls().is_empty());
    // Somebody follows the advice.
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "main", &code, "-q", "-s", "sh"]).run();
    let response = serving.endpoint.get();
    assert_eq!(response.status, 200, "{response:?}");
    let (_, stderr) = serving.end_by(Signal::SIGTERM);
    assert_eq!(stderr.matches("has no session").count(), 1, "{stderr}");
}

fn on_terminal(home: &Home, arguments: &[&str]) -> Terminal {
    Terminal::spawn(Program::new(home, arguments.iter().copied()).command())
}

/// The endpoint that the terminal shows.
fn shown_on(terminal: &mut Terminal) -> Endpoint {
    terminal.expect("TOKEN_FILE=");
    terminal.expect(".token");
    Endpoint::announced(&terminal.output().replace('\r', "")).expect("an endpoint")
}

fn asks_once_before_the_mfa_session_expires() {
    let (sts, alice, home) = home(600);
    let old = cached::only(&home.cache(), "mfa").fields["access_key_id"].as_str().expect("a key").to_owned();
    let mut terminal = on_terminal(&home, &["serve", "prod"]);
    let endpoint = shown_on(&mut terminal);
    terminal.expect("MFA code for alice (123456789012), 12 h session for all roles");
    terminal.expect("; the current one has 10 min left: ");
    let role = endpoint.get();
    assert_eq!(role.status, 200, "{role:?}");
    sts.advance(60);
    terminal.send_line(&sts.code(&alice.mfa_serial));
    terminal.expect("prod, admin@123456789012");
    let new = cached::only(&home.cache(), "mfa").fields["access_key_id"].as_str().expect("a key").to_owned();
    assert_ne!(new, old);
    let renewed = endpoint.get();
    assert_ne!(renewed.field("AccessKeyId"), role.field("AccessKeyId"));
    terminal.send_control('c');
    let status = terminal.wait();
    assert_eq!(status.signal(), Some(Signal::SIGINT as i32), "{}", terminal.output());
    assert_eq!(terminal.output().matches("MFA code").count(), 1, "{}", terminal.output());
    assert!(tokens(&home).is_empty());
}

fn a_process_that_prints_codes_replaces_the_mfa_session() {
    for command in [&[][..], &["--", "sh", "-c", "while [ ! -e stop ]; do sleep 0.05; done"]] {
        let (sts, alice, home) = home(600);
        let old = cached::only(&home.cache(), "mfa").fields["access_key_id"].clone();
        sts.advance(60);
        home.write("code", sts.code(&alice.mfa_serial));
        let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        let process = format!("cat '{}'", home.path().join("code").display());
        home.write(
            ".aws/config",
            config.replace("[profile main]", &format!("[profile main]\nmfa_process = {process}")),
        );
        let running = shells::start(Program::new(&home, [&["serve", "main"], command].concat()).command());
        let start = Instant::now();
        while cached::only(&home.cache(), "mfa").fields["access_key_id"] == old {
            assert!(start.elapsed() < Duration::from_secs(20), "{command:?}: the MFA session is not replaced");
            std::thread::sleep(Duration::from_millis(50));
        }
        home.write("stop", "");
        running.kill();
    }
}

fn declining_the_code_keeps_the_current_session() {
    let (sts, _, home) = home(600);
    let mut terminal = on_terminal(&home, &["serve", "main"]);
    let endpoint = shown_on(&mut terminal);
    terminal.expect("min left: ");
    let old = endpoint.get().field("AccessKeyId");
    terminal.send_control('d');
    terminal.expect("to go on after that, run in another terminal: aws-mfa main --renew");
    assert_eq!(endpoint.get().field("AccessKeyId"), old);
    assert!(sts.take_calls().iter().all(|call| call.action == "GetCallerIdentity"));
    // The prompt's terminal is as it was, and it is not asked again.
    assert!(terminal.stty().echo());
    terminal.send_control('c');
    terminal.wait();
    assert_eq!(terminal.output().matches("MFA code").count(), 1, "{}", terminal.output());
}

fn without_a_terminal_it_says_how_to_renew() {
    let (sts, alice, home) = home(600);
    let mut serving = Serving::start(&home, &["serve", "main"]);
    serving.says("; to go on after that, run in another terminal: aws-mfa main --renew");
    let old = serving.endpoint.get().field("AccessKeyId");
    sts.advance(60);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "main", "--renew", &code, "-q", "-s", "sh"]).run();
    assert_ne!(serving.endpoint.get().field("AccessKeyId"), old);
    serving.end_by(Signal::SIGTERM);
}

fn a_signal_ends_it_after_the_requests_it_has() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let (sts, _, home) = home(DAY);
        cached::only(&home.cache(), "role").expires_in(310);
        let serving = Serving::start(&home, &["serve", "prod"]);
        let gate = Gate::new();
        sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
        let endpoint = serving.endpoint.clone();
        let request = std::thread::spawn(move || endpoint.get());
        assert!(sts.wait_for_calls(1, Duration::from_secs(20)));
        let port = serving.endpoint.port;
        let (outcome, _) = serving.end_by(signal);
        // It got the current session meanwhile.
        assert_eq!(request.join().expect("a response").status, 200);
        assert_eq!(outcome.status.signal(), Some(signal as i32), "{outcome}");
        assert!(tokens(&home).is_empty());
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

fn a_killed_server_leaves_nothing_for_long() {
    let (_sts, _, home) = home(DAY);
    let living = Serving::start(&home, &["serve", "prod"]);
    let serving = Serving::start(&home, &["serve", "prod"]);
    assert_eq!(tokens(&home).len(), 2);
    serving.end_by(Signal::SIGKILL);
    assert_eq!(tokens(&home).len(), 2);
    // The next one removes it, but not that of a server that lives.
    Program::new(&home, ["serve", "prod", "-q", "--", "true"]).run();
    let kept: Vec<PathBuf> = tokens(&home).iter().map(|name| home.cache().join(name)).collect();
    assert_eq!(kept, std::slice::from_ref(&living.endpoint.token_file));
    assert_eq!(living.endpoint.get().status, 200);
    living.end_by(Signal::SIGTERM);
}

/// The environment of a command of `serve`.
fn environment(home: &Home, options: &[&str]) -> std::collections::BTreeMap<String, String> {
    let dump = env_dump::dump("dump");
    let arguments = [&["serve", "prod", "-q"], options, &["--", "sh", "-c", &dump]].concat();
    let outcome = shells::finish(Program::new(home, arguments).command());
    assert!(outcome.status.success(), "{outcome}");
    let exported = env_dump::read(&home.path().join("dump")).into_iter();
    exported.map(|(name, value)| (name, String::from_utf8(value).expect("text"))).collect()
}

fn the_command_gets_the_endpoint_and_no_keys() {
    let (_sts, _, mut home) = home(DAY);
    home.set("AWS_ACCESS_KEY_ID", "AKIAOLD").set("AWS_SECRET_ACCESS_KEY", "old").set("AWS_PROFILE", "other");
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/old").set("AWS_WEB_IDENTITY_TOKEN_FILE", "/old");
    home.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/old").set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "old");
    let variables = environment(&home, &[]);
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_PROFILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "MFA_ENV_PROFILE",
        "MFA_ENV_BEFORE",
        // There is no [default].
        "AWS_CONFIG_FILE",
    ] {
        assert!(!variables.contains_key(name), "{name}");
    }
    assert!(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].ends_with("/credentials"));
    assert_eq!(variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"].len(), 64);
    assert_eq!(variables["AWS_REGION"], "eu-west-3");
    assert_eq!(variables["AWSUME_PROFILE"], "prod");
    // In a session of this shell as well.
    Program::new(&home, ["export", "prod", "-q", "--format", "json"]).run().apply_to(&mut home);
    home.variables.remove(std::ffi::OsStr::new("AWS_PROFILE"));
    assert!(home.variables.contains_key(std::ffi::OsStr::new("MFA_ENV_BEFORE")));
    assert!(!environment(&home, &[]).contains_key("AWS_ACCESS_KEY_ID"));
}

// fault 192
fn the_command_cannot_use_the_keys_of_default() {
    let (_sts, alice, home) = home(DAY);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let keys = fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    let region = config.replace("region = eu-west-3", "") + "[default]\nregion = ap-south-1\n";
    let cases: [(&str, String, String); 5] = [
        ("aws_access_key_id", config.clone(), keys.clone() + &credentials_section("default", &alice)),
        ("credential_process", format!("{config}[default]\ncredential_process = /bin/false\n"), keys.clone()),
        ("sso_session", format!("{config}[profile default]\nsso_session = x\n"), keys.clone()),
        ("role_arn", format!("{config}[default]\nrole_arn = x\nsource_profile = main\n"), keys.clone()),
        ("aws_access_key_id", region, keys.clone() + &credentials_section("default", &alice)),
    ];
    for (setting, config, keys) in cases {
        home.write(".aws/config", &config);
        home.write(".aws/credentials", keys);
        let script = "echo \"$AWS_CONFIG_FILE $AWS_SHARED_CREDENTIALS_FILE $AWS_REGION\"";
        let ran = Program::new(&home, ["serve", "prod", "--", "sh", "-c", script]).any_files();
        let ran = ran.says(format!("[default] has {setting} (~/.aws/c")).run();
        let expected = if config.contains("eu-west-3") { "eu-west-3" } else { "" };
        assert_eq!(ran.stdout, format!("/dev/null /dev/null {expected}\n"), "{setting}");
        assert!(ran.stderr.contains("the command sees no AWS files"), "{}", ran.stderr);
        let ran = Program::new(&home, ["serve", "prod", "--with-profiles", "--", "sh", "-c", script]).any_files();
        let ran = ran.says("[default-credentials]").says(format!("has {setting} (~/.aws/c")).run();
        assert!(ran.stdout.starts_with("  "), "{}", ran.stdout);
    }
    // Only a region: nothing to hide.
    home.write(".aws/config", config + "[default]\nregion = ap-south-1\n");
    home.write(".aws/credentials", keys);
    let ran = Program::new(&home, ["serve", "prod", "-q", "--", "sh", "-c", "echo \"${AWS_CONFIG_FILE-none}\""]);
    ran.stdout("none\n").run();
}

fn the_status_is_that_of_the_command() {
    let (_sts, _, home) = home(DAY);
    for status in [0, 1, 42, 255] {
        Program::new(&home, ["serve", "prod", "-q", "sh", "-c", &format!("exit {status}")]).fails(status).run();
    }
    for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGINT, Signal::SIGSEGV] {
        let script = format!("kill -{} $$", signal as i32);
        let outcome = shells::finish(Program::new(&home, ["serve", "prod", "-q", "--", "sh", "-c", &script]).command());
        assert_eq!(outcome.status.signal(), Some(signal as i32), "{outcome}");
    }
    assert!(tokens(&home).is_empty());
}

fn signals_reach_the_command_once() {
    let (_sts, _, home) = home(DAY);
    let script = "for s in HUP INT QUIT TERM USR1 USR2; do trap \"echo $s\" $s; done; echo up; \
                  while :; do sleep 0.05; done";
    let command = || Program::new(&home, ["serve", "prod", "-q", "--", "sh", "-c", script]).command();
    let mut running = shells::start(command());
    let mut stdout = String::new();
    let mut wait_for = |running: &mut shells::Running, text: &str| {
        while !stdout.contains(text) {
            match running.next_event() {
                shells::Event::Stdout(bytes) => stdout.push_str(&String::from_utf8_lossy(&bytes)),
                shells::Event::Stderr(_) => {}
                _ => panic!("it has ended before {text}: {stdout}"),
            }
        }
        stdout.clone()
    };
    wait_for(&mut running, "up\n");
    let server = Pid::from_raw(running.pid().cast_signed());
    for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"] {
        kill(server, format!("SIG{signal}").parse::<Signal>().expect("a signal")).expect("the server is there");
        wait_for(&mut running, &format!("{signal}\n"));
    }
    let seen = wait_for(&mut running, "USR2\n");
    assert_eq!(seen, "up\nHUP\nINT\nQUIT\nTERM\nUSR1\nUSR2\n");
    running.kill();
    // `timeout` sends to its child, and then to the group, in which the command is as well.
    let script = "trap 'echo INT >>got' INT; echo up; sleep 3 & wait $!; wait $!";
    let mut timeout = Command::new("timeout");
    timeout.args(["-s", "INT", "1"]).arg(binary()).args(["serve", "prod", "-q", "--", "sh", "-c", script]);
    timeout.env_clear().envs(&home.variables).current_dir(home.path());
    shells::finish(timeout);
    assert_eq!(fs::read_to_string(home.path().join("got")).expect("a file"), "INT\n");
}

fn the_keys_of_the_terminal_reach_the_command_once() {
    let (_sts, _, home) = home(DAY);
    let script = "trap 'echo got-INT' INT; echo up; while [ ! -e stop ]; do sleep 0.05; done; exit 7";
    let mut terminal = on_terminal(&home, &["serve", "prod", "-q", "--", "sh", "-c", script]);
    terminal.expect("up");
    terminal.send_control('c');
    terminal.expect("got-INT");
    home.write("stop", "");
    assert_eq!(terminal.wait().code(), Some(7));
    assert_eq!(terminal.output().matches("got-INT").count(), 1, "{}", terminal.output());
    // A command that Ctrl-C ends: the caller sees it.
    let mut terminal = on_terminal(&home, &["serve", "prod", "-q", "--", "sh", "-c", "echo up; exec sleep 60"]);
    terminal.expect("up");
    terminal.send_control('c');
    assert_eq!(terminal.wait().signal(), Some(Signal::SIGINT as i32));
    assert!(tokens(&home).is_empty());
}

fn the_command_can_be_stopped_and_continued() {
    if Shell::Bash.path().is_none() {
        return;
    }
    let (_sts, _, home) = home(DAY);
    let mut terminal = Terminal::shell(Shell::Bash, &home.variables, home.path());
    let script = "echo up; read line; echo \"got $line\"; exit 3";
    terminal.type_line(&format!("'{}' serve prod -q -- sh -c '{script}'", binary().display()));
    terminal.expect("up\r\n");
    terminal.send_control('z');
    terminal.expect("Stopped");
    terminal.expect_prompt();
    // The shell waits for its own child only; the command could still read what is typed until it has stopped.
    let command = terminal.process("sh").to_string();
    let start = Instant::now();
    while !fs::read_to_string(format!("/proc/{command}/stat")).is_ok_and(|stat| stat.contains(") T ")) {
        assert!(start.elapsed() < Duration::from_secs(20), "the command does not stop");
        std::thread::sleep(Duration::from_millis(5));
    }
    terminal.type_line("fg");
    terminal.expect("serve");
    terminal.send_line("words");
    terminal.expect("got words");
    terminal.expect_prompt();
    assert!(terminal.run_line("echo $?").contains('3'));
}

fn what_is_wrong_is_found_before_a_code_is_asked_for() {
    let (sts, _, home) = home(1);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let on_port = Program::new(&home, ["serve", "prod", "--port", &port]).fails(7);
    on_port
        .says(format!("port {port} on 127.0.0.1 cannot be used"))
        .says("omit --port for a free one")
        .any_files()
        .run();
    Program::new(&home, ["serve", "prod", "--port", "70000"]).fails(2).says("70000").run();
    Program::new(&home, ["serve", "prod", "--", "no-such-command"]).fails(127).says("no-such-command").run();
    let both = Program::new(&home, ["serve", "prod", "--print-env", "--", "true"]).fails(2);
    both.says("--print-env cannot be used with a command").run();
    Program::new(&home, ["serve", "prdo"]).fails(3).says("did you mean prod?").any_files().run();
    // Ctrl-C at the prompt leaves nothing.
    let mut terminal = on_terminal(&home, &["serve", "main"]);
    terminal.expect("MFA code");
    terminal.send_control('c');
    terminal.wait();
    assert!(tokens(&home).is_empty());
    sts.take_calls();
    // Without a directory for the token, a command has it in its environment.
    let mut other = Home::empty();
    other.variables.clone_from(&home.variables);
    other.set("MFA_ENV_CACHE_DIR", "/dev/null/x");
    Program::new(&other, ["serve", "prod"]).fails(7).says("name a directory of your own with MFA_ENV_CACHE_DIR").run();
    assert!(sts.take_calls().is_empty());
    assert!(tokens(&home).is_empty());
}

fn prints_the_lines_for_another_machine() {
    let (_sts, _, home) = home(DAY);
    let mut running = shells::start(Program::new(&home, ["serve", "prod", "--print-env"]).command());
    let mut text = String::new();
    while !text.ends_with("export AWS_CONTAINER_AUTHORIZATION_TOKEN\n") {
        match running.next_event() {
            shells::Event::Stdout(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            shells::Event::Stderr(_) => {}
            _ => panic!("it has ended: {text}"),
        }
    }
    let token = fs::read_to_string(home.cache().join(&tokens(&home)[0])).expect("a token");
    let port = text.split_once("-R 127.0.0.1:").expect("a port").1.split(':').next().expect("a port").to_owned();
    let tunnel = format!("ssh -o ExitOnForwardFailure=yes -R 127.0.0.1:{port}:127.0.0.1:{port} HOST\n");
    assert!(text.contains(&tunnel), "{text}");
    assert!(!text.contains(&token) && !text.contains("ASIA"), "{text}");
    // The lines for the other machine, typed there; the token is pasted.
    let there: String =
        text.split_once("# there").expect("lines").1.lines().skip(1).map(|l| l.to_owned() + "\n").collect();
    home.write(
        "there.sh",
        format!("{there}echo \"got ${{#AWS_CONTAINER_AUTHORIZATION_TOKEN}} $AWS_REGION\"\nenv >seen\n"),
    );
    let mut other = Command::new("sh");
    other.arg("-u").arg("there.sh").env_clear().env("PATH", std::env::var_os("PATH").expect("PATH"));
    other.env("AWS_ACCESS_KEY_ID", "AKIAOTHER").current_dir(home.path());
    let mut terminal = Terminal::spawn(other);
    terminal.wait_until("echo is off", |stty| !stty.echo());
    terminal.send_line(&token);
    terminal.expect("got 64 eu-west-3");
    terminal.wait();
    assert!(!terminal.output().contains(&token), "{}", terminal.output());
    let seen = fs::read_to_string(home.path().join("seen")).expect("a file");
    assert!(seen.contains(&format!("http://127.0.0.1:{port}/credentials\n")) && !seen.contains("AKIAOTHER"), "{seen}");
    running.kill();
}

fn the_endpoint_ends_with_the_command() {
    let (sts, alice, home) = home(1);
    // A code is asked for before the command starts, and not by anything else meanwhile.
    let script = "echo \"$AWS_CONTAINER_CREDENTIALS_FULL_URI\"; sleep 60 >/dev/null 2>&1 & exit 0";
    let command = Program::new(&home, ["serve", "main", "--", "sh", "-c", script]).command();
    let run = PromptedRun::start_with(&home, command, Stdio::null());
    sts.advance(60);
    let outcome = run.answer(&sts.code(&alice.mfa_serial));
    assert!(outcome.status.success(), "{outcome:?}");
    let port: u16 = outcome.stdout.split([':', '/']).nth(4).and_then(|port| port.parse().ok()).expect("a port");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(tokens(&home).is_empty());
}

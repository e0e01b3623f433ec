//! `console`: the link, what opens it, and who may not have one.

#![cfg(unix)]

use crate::support::cached;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::shells;
use crate::support::sts::{RoleSpec, Sts, User};
use crate::support::terminal::Terminal;
use crate::support::tls::Tls;
use crate::support::unprivileged;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

trials![
    prints_a_link_that_signs_in,
    a_role_of_long_term_keys_may_choose_its_duration,
    the_service_and_the_region_are_in_the_link,
    signs_out_first_only_if_asked_to,
    every_partition_has_its_own_addresses,
    a_profile_without_a_role_is_refused_before_a_code_is_asked_for,
    opens_the_link_without_showing_it,
    the_page_redirects_once,
    an_opener_that_fails_is_followed_by_the_next,
    without_an_opener_it_fails_before_a_code_is_asked_for,
    refusals_and_other_answers_are_explained,
];

/// alice's profile `main`, the role `prod`, which needs MFA, and the role `plain`, which does not.
fn home() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = RoleSpec { requires_mfa: true, max_session_duration: 7200, ..RoleSpec::default() };
    let role = sts.add_role("admin", role);
    let plain = sts.add_role("plain", RoleSpec::default());
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-3\n")]);
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let more = format!(
        "[profile plain]\nrole_arn = {plain}\nsource_profile = keys\n[profile keys]\n\
         [profile long]\nrole_arn = {role}\nsource_profile = main\nduration_seconds = 7200\n"
    );
    home.write(".aws/config", config + &more);
    let keys = fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/credentials", keys.clone() + &keys.replace("[main]", "[keys]"));
    home.set("AWS_ENDPOINT_URL_SIGNIN", sts.url());
    home.set("PATH", std::env::var_os("PATH").expect("PATH"));
    (sts, alice, home)
}

/// A GET that a browser would make: status and `Location`.
fn visit(url: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the server");
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let location = answer
        .lines()
        .find_map(|line| line.to_ascii_lowercase().starts_with("location: ").then(|| line[10..].to_owned()));
    (status, location.unwrap_or_default())
}

fn prints_a_link_that_signs_in() {
    let (sts, alice, home) = home();
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["console", "prod", &code]).signs_in_to("prod");
    let host = sts.url().replace("http://", "");
    let ran = ran.says(format!("mfa-env: sending the session to {host} (AWS_ENDPOINT_URL_SIGNIN)\n")).run();
    let link = ran.stdout.strip_suffix('\n').expect("a line");
    assert!(!link.contains('\n') && !link.contains(' '), "{link}");
    let calls = sts.take_session_calls();
    let actions: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    assert_eq!(actions, ["GetSessionToken", "AssumeRole", "getSigninToken"]);
    // A role that was assumed from a session: AWS refuses a duration.
    let call = &calls[2];
    assert_eq!(call.params.keys().collect::<Vec<_>>(), ["Action", "Session"]);
    let key = cached::only(&home.cache(), "role").fields["secret_access_key"].as_str().expect("text").to_owned();
    assert!(!ran.stderr.contains(link) && !ran.stderr.contains(&key) && !link.contains(&key));
    let (status, location) = visit(link);
    assert_eq!((status, location.as_str()), (302, "https://console.aws.amazon.com/console/home?region=eu-west-3"));
    // The link is not cached, the sessions are.
    let again = Program::new(&home, ["console", "prod", "-q"]).run();
    assert_ne!(again.stdout, ran.stdout);
    assert_eq!(
        sts.take_calls().iter().map(|call| call.action.clone()).collect::<Vec<_>>(),
        ["login", "getSigninToken"]
    );
    sts.advance(16 * 60);
    assert_eq!(visit(link).0, 400);
}

fn a_role_of_long_term_keys_may_choose_its_duration() {
    let (sts, alice, home) = home();
    Program::new(&home, ["console", "plain", "-q"]).run();
    let calls = sts.take_session_calls();
    assert_eq!(calls[1].params.get("SessionDuration").map(String::as_str), Some("3600"));
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["console", "long", &code, "-q"]).run();
    let calls = sts.take_calls();
    assert_eq!(calls.iter().map(|call| call.action.clone()).collect::<Vec<_>>(), ["AssumeRole", "getSigninToken"]);
    assert_eq!(calls[1].params.get("SessionDuration").map(String::as_str), Some("7200"));
}

fn the_service_and_the_region_are_in_the_link() {
    let (_sts, _, home) = home();
    for (options, destination) in [
        (&["--service", "s3"][..], "https://console.aws.amazon.com/s3/home"),
        (
            &["--service", "dynamodb", "-r", "eu-north-1"],
            "https://console.aws.amazon.com/dynamodbv2/home?region=eu-north-1",
        ),
        (&["--service", "ec2", "-r", "us-east-1"], "https://console.aws.amazon.com/ec2/home?region=us-east-1"),
        (&[], "https://console.aws.amazon.com/console/home"),
    ] {
        let ran = Program::new(&home, [&["console", "plain", "-q"], options].concat()).run();
        assert_eq!(visit(ran.stdout.trim_end()), (302, destination.to_owned()));
    }
    let ran = Program::new(&home, ["console", "plain", "-q"]).env("AWS_REGION", "ap-south-1").run();
    assert!(visit(ran.stdout.trim_end()).1.ends_with("?region=ap-south-1"));
    for name in ["S3", "s3/../x", "", "a b", "x?y", &"x".repeat(41)] {
        let ran = Program::new(&home, ["console", "plain", "--service", name]).fails(2);
        ran.says("is not the name of a service").says("use its name in the AWS CLI").run();
    }
}

fn signs_out_first_only_if_asked_to() {
    let (sts, _, home) = home();
    let ran = Program::new(&home, ["console", "plain", "-q"]).run();
    assert!(
        ran.stdout.starts_with(&format!("{}/federation?Action=login&Issuer=mfa-env&", sts.url())),
        "{}",
        ran.stdout
    );
    let ran = Program::new(&home, ["console", "plain", "-q", "--sign-out"]).run();
    let next = ran.stdout.trim_end().strip_prefix(&format!("{}/oauth?Action=logout&redirect_uri=", sts.url()));
    let next =
        percent_encoding::percent_decode_str(next.expect("the page that signs out")).decode_utf8().expect("text");
    assert_eq!(visit(&next).0, 302);
}

fn every_partition_has_its_own_addresses() {
    for (partition, region, sign_in, console) in [
        ("aws", "eu-west-1", "signin.aws.amazon.com", "console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "signin.amazonaws.cn", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-east-1", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"),
        ("aws-iso", "us-iso-west-1", "signin.c2shome.ic.gov", "console.c2shome.ic.gov"),
        ("aws-iso-b", "us-isob-east-1", "signin.sc2shome.sgov.gov", "console.sc2shome.sgov.gov"),
        ("aws-iso-e", "eu-isoe-west-1", "eu-isoe-west-1.signin.csphome.adc-e.uk", "console.csphome.adc-e.uk"),
        ("aws-iso-f", "us-isof-east-1", "us-isof-south-1.signin.csphome.hci.ic.gov", "console.csphome.hci.ic.gov"),
    ] {
        let sts = Sts::start();
        let user = crate::support::sts::UserSpec { partition: partition.to_owned(), ..Default::default() };
        let alice = sts.add_user_with("alice", user);
        let role = sts.add_role("r", RoleSpec { partition: partition.to_owned(), ..RoleSpec::default() });
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.write(
            ".aws/config",
            format!("[profile r]\nrole_arn = {role}\nsource_profile = main\nregion = {region}\n"),
        );
        // The real name, through a proxy that leads to the tests' endpoint, with a certificate for that name only.
        let tls = Tls::in_front_of(&sts, &[sign_in]);
        let proxy = Proxy::to(tls.address);
        home.set("AWS_CA_BUNDLE", home.write("ca.pem", &tls.pem))
            .set("HTTPS_PROXY", format!("http://{}", proxy.address));
        let ran = Program::new(&home, ["console", "r"]).signs_in_to("r").run();
        let destination = format!("https%3A%2F%2F{console}%2Fconsole%2Fhome%3Fregion%3D{region}");
        let start =
            format!("https://{sign_in}/federation?Action=login&Issuer=mfa-env&Destination={destination}&SigninToken=");
        assert!(ran.stdout.starts_with(&start), "{}", ran.stdout);
        let heads = proxy.heads();
        assert!(
            heads.iter().all(|head| head.starts_with(&format!("CONNECT {sign_in}:443 "))) && !heads.is_empty(),
            "{heads:?}"
        );
    }
}

fn a_profile_without_a_role_is_refused_before_a_code_is_asked_for() {
    let (sts, _, home) = home();
    let ran = Program::new(&home, ["console", "main"]).fails(3);
    ran.stderr(
        "mfa-env: profile main has no role, and an MFA session cannot open the console\n  \
         use a role of these keys: prod, plain, long\n  for example: mfa-env console prod\n",
    )
    .run();
    let alone = Home::with(
        "[profile x]\nmfa_serial = arn:aws:iam::123456789012:mfa/x\n",
        "[x]\naws_access_key_id = AKIAXXXXXXXXXXXXXXXX\naws_secret_access_key = x/x+x/x+x/x+x/x+x/x+x/x+x/x+x/x+x/x+x/x+\n",
    );
    Program::new(&alone, ["console", "x"]).fails(3).says("add a profile with role_arn and source_profile = x").run();
    assert!(sts.take_calls().is_empty());
}

/// A program in a folder that is searched first.
fn put(home: &Home, name: &str, script: &str) {
    let path = home.write(&format!("bin/{name}"), format!("#!/bin/bash\n{script}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// Only these programs can be found.
fn with_openers(home: &mut Home, openers: &[(&str, &str)]) {
    for (name, script) in openers {
        put(home, name, script);
    }
    let path = home.path().join("bin");
    home.set("PATH", path);
}

/// A browser that visits the page twice.
const BROWSER: &str = "echo \"$@\" >>$HOME/opened; \
     page=${1#http://}; port=${page#*:}; port=${port%%/*}; \
     for visit in 1 2; do \
       { exec 3<>/dev/tcp/127.0.0.1/$port; } 2>/dev/null || { echo gone; continue; }; \
       printf 'GET /%s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' \"${page#*/}\" >&3; \
       while read -r line <&3; do case $line in HTTP*|location*) echo \"$line\" ;; esac; done; \
     done | /usr/bin/tr -d '\\r' >$HOME/visited.new; /bin/mv $HOME/visited.new $HOME/visited";

/// The content of a file, once it is there.
fn written(home: &Home, name: &str) -> String {
    let start = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(home.path().join(name)) {
            return text;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "nobody has written {name}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn opens_the_link_without_showing_it() {
    let (sts, alice, mut home) = home();
    with_openers(&mut home, &[("xdg-open", BROWSER)]);
    let code = sts.code(&alice.mfa_serial);
    let ran = Program::new(&home, ["console", "prod", &code, "--open", "--service", "s3"]).any_files();
    let ran = ran.says("opening the console in your browser").signs_in_to("prod").stdout("").run();
    let opened = fs::read_to_string(home.path().join("opened")).expect("a file");
    assert!(opened.starts_with("http://127.0.0.1:") && opened.trim_end().len() < 60, "{opened}");
    let visited = written(&home, "visited");
    let mut lines = visited.lines();
    assert_eq!(lines.next(), Some("HTTP/1.1 302 Found"), "{visited}");
    let link = lines.next().and_then(|line| line.strip_prefix("location: ")).expect("a redirect");
    assert!(!ran.stderr.contains(link));
    assert_eq!(visit(link), (302, "https://console.aws.amazon.com/s3/home?region=eu-west-3".to_owned()));
    // The second visit found nothing: the page, or even the port, is gone.
    assert!(matches!(lines.next(), Some("gone" | "HTTP/1.1 404 Not Found") | None), "{visited}");
    // Neither the link nor a key is in a file.
    for (path, content) in home.files() {
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(path.ends_with("visited") || !content.contains("SigninToken="), "{}", path.display());
    }
}

fn the_page_redirects_once() {
    let (_sts, _, mut home) = home();
    // The opener only says where the page is.
    with_openers(
        &mut home,
        &[("xdg-open", "echo \"$1\" >$HOME/page.new; /bin/mv $HOME/page.new $HOME/page; exec /bin/sleep 60")],
    );
    let running = shells::start(Program::new(&home, ["console", "plain", "--open"]).command());
    let page = written(&home, "page").trim_end().to_owned();
    let (port, _) = page.rsplit_once('/').expect("a path");
    // A guess, and a page that was not asked for.
    assert_eq!(visit(&format!("{port}/")).0, 404);
    assert_eq!(visit(&format!("{port}/favicon.ico")).0, 404);
    if unprivileged::is_root() {
        // Another user who has seen the address in the list of processes.
        let (port, path) = page["http://127.0.0.1:".len()..].split_once('/').expect("a path");
        let script = format!(
            "exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET /{path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3; head -1 <&3"
        );
        let mut other = Command::new("bash");
        let output = other.uid(unprivileged::UID).current_dir("/").args(["-c", &script]).output().expect("bash");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "HTTP/1.1 404 Not Found\r\n");
    }
    let (status, location) = visit(&page);
    assert_eq!(status, 302);
    assert!(location.contains("Action=login"), "{location}");
    running.kill();
}

fn an_opener_that_fails_is_followed_by_the_next() {
    let (_sts, _, mut home) = home();
    with_openers(&mut home, &[("xdg-open", "exit 3"), ("gio", &format!("echo \"$1\" >$HOME/how; shift; {BROWSER}"))]);
    Program::new(&home, ["console", "plain", "--open", "-q"]).any_files().run();
    let opened = fs::read_to_string(home.path().join("opened")).expect("a file");
    assert!(opened.starts_with("http://127.0.0.1:"), "{opened}");
    assert_eq!(written(&home, "how"), "open\n");
    // The user's own choice comes first.
    put(&home, "my-browser", BROWSER);
    fs::remove_file(home.path().join("opened")).expect("a file");
    Program::new(&home, ["console", "plain", "--open", "-q"]).env("BROWSER", "my-browser:other").any_files().run();
    let opened = fs::read_to_string(home.path().join("opened")).expect("a file");
    assert!(opened.starts_with("http://127.0.0.1:"), "{opened}");
    with_openers(&mut home, &[("gio", "exit 1"), ("xdg-open", "exit 4")]);
    let ran = Program::new(&home, ["console", "plain", "--open", "-q"]).fails(7).any_files();
    ran.says("the browser could not be opened").says("omit --open to get the link").run();
}

fn without_an_opener_it_fails_before_a_code_is_asked_for() {
    let (sts, _, mut home) = home();
    with_openers(&mut home, &[]);
    let terminal = Terminal::spawn(Program::new(&home, ["console", "prod", "--open"]).command());
    assert_eq!(terminal.wait().code(), Some(7));
    assert!(terminal.output().contains("the browser cannot be opened: none of xdg-open, "), "{}", terminal.output());
    assert!(sts.take_calls().is_empty());
}

fn refusals_and_other_answers_are_explained() {
    let (sts, _, home) = home();
    // A session that AWS has ended: its answer is a page.
    Program::new(&home, ["console", "plain", "-q"]).run();
    sts.expire_sessions();
    let ran = Program::new(&home, ["console", "plain", "-q"]).fails(4);
    ran.says("refused the session: status 400").says("--renew").run();
    let mut home = home;
    for (response, status, says) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<hi>",
            6,
            "is not from AWS Sign-In (status 200, text/html)",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://portal/\r\nContent-Length: 0\r\n\r\n",
            6,
            "redirects to http://portal/",
        ),
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 6, "(status 500)"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 6, "(incomplete)"),
        ("HTTP/1.1 400 Bad\r\nContent-Length: 8\r\n\r\nno \u{1b}[31m", 4, "refused the session: no \\x1b[31m"),
        ("SSH-2.0-x\r\n", 6, "is not from AWS Sign-In (not HTTP)"),
    ] {
        let server = Proxy::responding(response);
        home.set("AWS_ENDPOINT_URL_SIGNIN", format!("http://{}", server.address));
        let ran = Program::new(&home, ["console", "plain", "--renew", "-q"]).fails(status).says(says).run();
        assert_eq!(ran.stdout, "");
    }
    home.set("AWS_ENDPOINT_URL_SIGNIN", "http://203.0.113.1");
    Program::new(&home, ["console", "plain"]).fails(3).says("AWS_ENDPOINT_URL_SIGNIN").run();
}

//! Root certificates that are not the system's: whoever chose them can read the code and the session.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::{Program, Ran};
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Sts, User};
use crate::support::tls::Tls;

trials![
    names_other_certificates_than_the_systems,
    names_them_in_the_prompt,
    a_session_made_with_them_is_not_found_without_them,
    plain_http_has_no_trust_anchor,
    uses_the_systems_certificates_if_a_variable_names_nothing,
    explain_shows_the_proxy_without_its_password,
];

struct Setup {
    sts: Sts,
    alice: User,
    home: Home,
}

/// STS behind a certificate that only `~/ca.pem` and the folder `~/my certs` contain.
fn setup() -> Setup {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let tls = Tls::in_front_of(&sts, &["127.0.0.1"]);
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("AWS_ENDPOINT_URL_STS", format!("https://{}", tls.address));
    home.write("ca.pem", &tls.pem);
    // OpenSSL's folders of certificates have files that are named after a hash.
    home.write("my certs/0a1b2c3d.0", &tls.pem);
    Setup { sts, alice, home }
}

impl Setup {
    fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }

    fn sign_in(&self, variable: &str, path: &str) -> Ran {
        let code = self.sts.code(&self.alice.mfa_serial);
        Program::new(&self.home, ["main", &code, "--shell", "sh"]).env(variable, path).signs_in_to("main").run()
    }
}

const CHOICES: [(&str, &str); 3] =
    [("AWS_CA_BUNDLE", "ca.pem"), ("SSL_CERT_FILE", "ca.pem"), ("SSL_CERT_DIR", "my certs")];

// fault 149
fn names_other_certificates_than_the_systems() {
    let setup = setup();
    for (variable, name) in CHOICES {
        let ran = setup.sign_in(variable, &setup.path(name));
        let note = format!("trusting ~/{name} ({variable})");
        assert!(ran.stderr.trim_end().ends_with(&note), "{}", ran.stderr);
        let explained =
            Program::new(&setup.home, ["explain", "--verbose", "main"]).env(variable, setup.path(name)).run().stdout;
        assert!(explained.lines().any(|line| line.trim() == note), "{explained}");
        let json =
            Program::new(&setup.home, ["explain", "main", "--json"]).env(variable, setup.path(name)).run().stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let expected = serde_json::json!([{ "origin": variable, "value": setup.path(name) }]);
        assert_eq!(json["endpoint"]["trust_anchors"], expected);
    }
    // These are the system's own.
    for (variable, path) in
        [("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"), ("SSL_CERT_DIR", "/etc/ssl/certs/")]
    {
        let explained = Program::new(&setup.home, ["explain", "--verbose", "main"]).env(variable, path).run().stdout;
        assert!(!explained.contains("trusting"), "{explained}");
    }
}

// fault 149
fn names_them_in_the_prompt() {
    for (variable, name) in CHOICES {
        let setup = setup();
        let command = Program::new(&setup.home, ["main", "--shell", "sh"]).env(variable, setup.path(name)).command();
        let run = PromptedRun::start_with(&setup.home, command, std::process::Stdio::null());
        assert!(run.prompt.ends_with(&format!(", trusting ~/{name} ({variable}): ")), "{}", run.prompt);
        run.answer(&setup.sts.code(&setup.alice.mfa_serial)).signs_in();
    }
}

// fault 149
fn a_session_made_with_them_is_not_found_without_them() {
    let setup = setup();
    setup.sign_in("AWS_CA_BUNDLE", &setup.path("ca.pem"));
    let run = |variables: &[(&str, &str)], status: i32| {
        let program = Program::new(&setup.home, ["main", "--shell", "sh"]);
        let program = variables.iter().fold(program, |program, (name, value)| program.env(*name, *value));
        if status == 0 { program.signs_in().run() } else { program.fails(status).says("an MFA code is needed").run() }
    };
    let (bundle, copy) = (setup.path("ca.pem"), setup.path("copy.pem"));
    setup.home.write("copy.pem", std::fs::read(&bundle).expect("a certificate"));
    run(&[("AWS_CA_BUNDLE", &bundle)], 0);
    // The same file, however it is named.
    run(&[("AWS_CA_BUNDLE", "ca.pem")], 0);
    run(&[("SSL_CERT_FILE", &bundle)], 0);
    for other in [&[][..], &[("AWS_CA_BUNDLE", copy.as_str())], &[("SSL_CERT_DIR", &setup.path("my certs"))]] {
        run(other, 5);
    }
    assert_eq!(setup.sts.take_calls().len(), 1);
}

// fault 149
fn plain_http_has_no_trust_anchor() {
    let mut setup = setup();
    let url = setup.sts.url();
    setup.home.set("AWS_ENDPOINT_URL_STS", url);
    let ran = setup.sign_in("AWS_CA_BUNDLE", &setup.path("ca.pem"));
    assert!(!ran.stderr.contains("trusting"), "{}", ran.stderr);
    Program::new(&setup.home, ["main", "--shell", "sh"]).signs_in().run();
}

// fault 149
fn uses_the_systems_certificates_if_a_variable_names_nothing() {
    let setup = setup();
    for (variable, path) in [("SSL_CERT_FILE", setup.path("nosuch.pem")), ("SSL_CERT_DIR", setup.path("nosuch"))] {
        let ran = Program::new(&setup.home, ["main", &setup.sts.code(&setup.alice.mfa_serial), "--shell", "sh"])
            .env(variable, path)
            .fails(6)
            .says("is not trusted: ")
            .run();
        let warning = format!("mfa-env: warning: {variable} names ~/nosuch");
        assert!(ran.stderr.contains(&warning) && ran.stderr.contains("[missing-certificates]"), "{}", ran.stderr);
    }
    // An empty one is unset.
    let ran = Program::new(&setup.home, ["explain", "--verbose", "main"]).env("SSL_CERT_FILE", "").run();
    assert!(!ran.stdout.contains("trusting"), "{}", ran.stdout);
}

// fault 149
fn explain_shows_the_proxy_without_its_password() {
    let setup = setup();
    for (variable, shown) in [("HTTPS_PROXY", "proxy.invalid:3128"), ("all_proxy", "proxy.invalid:3128")] {
        let url = "http://user:pass-word@proxy.invalid:3128";
        let text = Program::new(&setup.home, ["explain", "--verbose", "main"]).env(variable, url).run().stdout;
        assert!(text.lines().any(|line| line.trim() == format!("proxy {shown}")), "{text}");
        let json = Program::new(&setup.home, ["explain", "main", "--json"]).env(variable, url).run().stdout;
        assert!(json.contains(&format!("\"proxy\":\"{shown}\"")), "{json}");
        assert!(!text.contains("pass-word") && !json.contains("pass-word"), "{text}{json}");
    }
}

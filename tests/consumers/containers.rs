//! Programs that pass a session on to others: docker-compose, podman and kubectl.

#![cfg(unix)]

use crate::support::consumers::{self, Tool};
use crate::support::home::Home;
use crate::support::sts::{RoleSpec, Sts};
use base64::Engine;
use std::process::{Command, Stdio};

consumer_trials![compose_passes_the_session_on, podman_passes_the_session_on, kubectl_gets_a_token_of_the_session];

const KEYS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// The profile `prod` of a user who has typed a code.
fn machine(program: &'static str, script: String) -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "region = us-east-1\n")]);
    consumers::prepare(&mut home, &Tool::of(program, script));
    consumers::run_with_code(&home, "mfa-env exec prod true", &sts, &alice.mfa_serial);
    (sts, home)
}

/// The ways in which the variables reach a program that is called like this.
fn ways(program: &str) -> [String; 3] {
    [
        format!("eval \"$(mfa-env prod -q)\"; {program}"),
        format!("mfa-env exec prod {program}"),
        format!("PATH=$HOME/shims:$PATH; {program}"),
    ]
}

/// The values in lines `NAME=value` or `NAME: value`.
fn values(text: &[u8]) -> [String; 3] {
    let text = String::from_utf8_lossy(text).into_owned();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name))?;
        Some(line.trim_start_matches([':', '=', ' ']).trim_matches(['\'', '"']).to_owned())
    };
    KEYS.map(|name| value(name).unwrap_or_default())
}

fn session(sts: &Sts) -> [String; 3] {
    let session = sts.sessions().pop().expect("a session");
    [session.access_key_id, session.secret_access_key, session.session_token]
}

fn compose_passes_the_session_on() {
    let (sts, home) = machine("docker-compose", "exec /usr/bin/docker-compose \"$@\"".to_owned());
    let service = |more: &str| format!("version: '3'\nservices:\n  app:\n    image: busybox\n{more}");
    let names: String = KEYS.iter().map(|name| format!("      - {name}\n")).collect();
    home.write("docker-compose.yml", service(&format!("    environment:\n{names}")));
    for line in ways("docker-compose config") {
        let outcome = consumers::run(&home, &line);
        assert_eq!(values(&outcome.stdout), session(&sts), "{line}: {outcome}");
    }
    home.write("docker-compose.yml", service("    env_file: session.env\n"));
    let outcome = consumers::run(&home, "mfa-env prod -q --format env-file >session.env && docker-compose config");
    assert_eq!(values(&outcome.stdout), session(&sts), "{outcome}");
}

fn podman_passes_the_session_on() {
    let podman = "exec podman --root \"$HOME/s\" --runroot \"$HOME/r\" --storage-driver vfs --cgroup-manager cgroupfs \
                  --runtime /usr/sbin/runc \"$@\"";
    let (sts, home) = machine("containers", podman.to_owned());
    let image = consumers::installed("image.tar");
    let imported = consumers::run(&home, &format!("containers import -q '{}' box", image.display()));
    assert!(imported.status.success(), "{imported}");
    let run = "containers run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=1000:1000";
    let names = KEYS.map(|name| format!("-e {name}")).join(" ");
    for line in ways(&format!("{run} {names} box /bin/busybox env")) {
        let outcome = consumers::run(&home, &line);
        assert_eq!(values(&outcome.stdout), session(&sts), "{line}: {outcome}");
    }
    let line =
        format!("mfa-env prod -q --format env-file >session.env && {run} --env-file session.env box /bin/busybox env");
    let outcome = consumers::run(&home, &line);
    assert_eq!(values(&outcome.stdout), session(&sts), "{outcome}");
}

/// The home's `PATH`, and then the one of the tests, where kubectl is.
fn path_with_kubectl(home: &Home) -> std::ffi::OsString {
    let own = home.variables[std::ffi::OsStr::new("PATH")].clone();
    let all = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::env::split_paths(&own).chain(std::env::split_paths(&all))).expect("a PATH")
}

/// A server that writes the header with the token to a file, and answers everything.
const SERVER: &str = "
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[3], 'a').write(self.headers.get('Authorization', '') + '\\n')
        self.send_response(200); self.send_header('Content-Type', 'application/json'); self.end_headers()
        self.wfile.write(b'{}')
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

fn kubectl_gets_a_token_of_the_session() {
    let (sts, home) = machine("aws", format!("exec '{}' \"$@\"", consumers::installed("bin/aws").display()));
    if !consumers::has_kubectl() {
        return; // the last line of the run says so
    }
    let mut home = home;
    home.set("PATH", path_with_kubectl(&home));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (cert, key) =
        (home.write("cert.pem", made.cert.pem()), home.write("key.pem", made.signing_key.serialize_pem()));
    let seen = home.path().join("seen");
    let mut server = Command::new(consumers::installed("bin/python"));
    server.args(["-c", SERVER]).args([&cert, &key, &seen]).stdout(Stdio::piped());
    let mut server = server.spawn().expect("python");
    let mut port = String::new();
    let mut stdout = std::io::BufReader::new(server.stdout.take().expect("piped"));
    std::io::BufRead::read_line(&mut stdout, &mut port).expect("a port");
    for (interactive, command) in [("Never", "mfa-env"), ("IfAvailable", "mfa-env")] {
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster:\n    \
             server: https://127.0.0.1:{}\n    insecure-skip-tls-verify: true\ncontexts:\n- name: c\n  \
             context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user:\n    exec:\n      \
             apiVersion: client.authentication.k8s.io/v1beta1\n      interactiveMode: {interactive}\n      \
             command: {command}\n      args: [exec, prod, --, aws, eks, get-token, --cluster-name, c, --region, us-east-1]\n",
            port.trim()
        );
        home.write("kubeconfig", config);
        let outcome = consumers::run(&home, "kubectl --kubeconfig kubeconfig get --raw /version");
        assert!(outcome.status.success(), "{outcome}");
    }
    let _ = server.kill();
    let _ = server.wait();
    let headers = std::fs::read_to_string(&seen).expect("a file");
    let tokens: Vec<&str> = headers.lines().filter_map(|line| line.strip_prefix("Bearer k8s-aws-v1.")).collect();
    assert!(tokens.len() >= 2, "{headers}");
    for token in tokens {
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).expect("base64");
        let url = String::from_utf8(url).expect("UTF-8");
        assert!(url.contains(&format!("X-Amz-Credential={}", session(&sts)[0])), "{url}");
    }
}

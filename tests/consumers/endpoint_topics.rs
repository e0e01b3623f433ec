//! The topics `endpoint`, `browser` and `files`: their lines, run as they are, the containers in a real podman, and the other
//! machine behind a real sshd.

#![cfg(unix)]

use crate::support::consumers::{self, Tool};
use crate::support::endpoint::Endpoint;
use crate::support::home::Home;
use crate::support::shells::{self, Event};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::stub_program::BROWSER;
use mfa_env::help::topic;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

consumer_trials![
    the_lines_about_console_and_save_work,
    the_lines_about_serve_work,
    a_container_with_the_network_of_the_host_gets_credentials,
    another_machine_gets_credentials_through_ssh,
];

/// The profile `prod` of a user who has typed a code, and `long`, whose role is assumed with long-term keys.
fn machine(tools: &[(&'static str, String)]) -> (Sts, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { requires_mfa: true, max_session_duration: 14_400, ..RoleSpec::default() };
    let role = sts.add_role("admin", spec);
    let roles = [("prod", &*role, "region = us-east-1\n"), ("long", &role, "duration_seconds = 14400\n")];
    let mut home = Home::with_user(&sts, &alice, &roles);
    home.set("AWS_ENDPOINT_URL_SIGNIN", sts.url());
    // It also puts mfa-env on the PATH.
    consumers::prepare_tool(&mut home, &Tool::of("nothing", String::new()));
    for (program, script) in tools {
        consumers::prepare_tool(&mut home, &Tool::of(program, script.clone()));
    }
    consumers::run_with_code(&home, "mfa-env exec prod true", &sts, &alice.mfa_serial);
    sts.advance(60);
    consumers::run_with_code(&home, "mfa-env exec long true", &sts, &alice.mfa_serial);
    (sts, home)
}

/// The command lines of a topic, and the file that it shows.
fn lines_and_file(name: &str) -> (Vec<String>, String) {
    let blocks = topic(name).expect("a topic").text.split("\n\n");
    let code: Vec<&str> = blocks.filter(|block| block.starts_with("    ")).collect();
    let (files, lines): (Vec<&str>, Vec<&str>) = code.into_iter().partition(|block| block.starts_with("    # "));
    let lines = lines.iter().flat_map(|block| block.lines()).map(|line| line.trim_start().to_owned()).collect();
    (lines, files.first().map_or_else(String::new, |file| file.replace("\n    ", "\n").trim_start().to_owned() + "\n"))
}

fn the_lines_about_console_and_save_work() {
    let aws =
        format!("exec '{}' --endpoint-url \"$AWS_ENDPOINT_URL_STS\" \"$@\"", consumers::installed("bin/aws").display());
    // The S3 of these tests is another server; here the profile matters.
    let aws = format!("[ \"$1\" = s3 ] && shift 2 && set -- sts get-caller-identity \"$@\"; {aws}");
    let (sts, home) = machine(&[("aws", aws), ("xdg-open", BROWSER.to_owned())]);
    for name in ["browser", "files"] {
        let (lines, _) = lines_and_file(name);
        assert!(lines.len() >= 3, "{name}: {lines:?}");
        for line in lines {
            let outcome = consumers::run(&home, &line);
            assert!(outcome.status.success(), "{name}: {line}: {outcome}");
            let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
            let is_link =
                stdout.starts_with(&sts.url()) && stdout.contains("Action%3Dlogin") || stdout.contains("Action=login");
            let prints_link = line.contains("console") && !line.contains("--open");
            assert_eq!(is_link, prints_link, "{name}: {line}: {outcome}");
            assert!(!line.starts_with("aws") || stdout.contains("assumed-role/admin"), "{name}: {line}: {outcome}");
        }
    }
    // As the topic says: the duration is chosen where AWS allows that.
    let durations: Vec<Option<String>> = sts
        .calls()
        .iter()
        .filter(|call| call.action == "getSigninToken")
        .map(|call| call.params.get("SessionDuration").cloned())
        .collect();
    assert_eq!(durations, [None, None, Some("14400".to_owned()), None]);
}

/// Starts a line that serves until it is ended, and waits until it has printed this.
fn serve(home: &Home, line: &str, until: impl Fn(&str) -> bool) -> (shells::Running, String) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec {line}")]).env_clear().envs(&home.variables).current_dir(home.path());
    let mut running = shells::start(command);
    let mut text = String::new();
    while !until(&text) {
        match running.next_event() {
            Event::Stdout(bytes) | Event::Stderr(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            Event::Closed | Event::Ended(_) => panic!("{line}: {text}"),
        }
    }
    (running, text)
}

fn the_lines_about_serve_work() {
    let python = "import boto3; print(boto3.client('sts', endpoint_url='{}').get_caller_identity()['Arn'])";
    let (sts, home) = machine(&[]);
    let backup = format!(
        "#!/bin/sh\nexec '{}' -c \"{}\"\n",
        consumers::installed("bin/python").display(),
        python.replace("{}", &sts.url())
    );
    let path = home.write("backup.sh", backup);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    let (lines, _) = lines_and_file("endpoint");
    let [backup, port, compose, print] = lines.as_slice() else { panic!("other lines: {lines:?}") };
    let outcome = consumers::run(&home, backup);
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("assumed-role/admin/"), "{outcome}");
    let (running, text) = serve(&home, port, |text| Endpoint::announced(text).is_some());
    let endpoint = Endpoint::announced(&text).expect("an endpoint");
    assert_eq!((endpoint.port, endpoint.get().status), (9911, 200));
    running.kill();
    let (running, text) = serve(&home, print, |text| text.ends_with("export AWS_CONTAINER_AUTHORIZATION_TOKEN\n"));
    assert!(text.contains("ssh -o ExitOnForwardFailure=yes -R 127.0.0.1:"), "{text}");
    running.kill();
    // Run below, with a compose that talks to podman.
    assert_eq!(compose, "mfa-env serve prod -- docker compose up");
}

/// A process that is ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn a_container_with_the_network_of_the_host_gets_credentials() {
    let podman = "podman --root \"$HOME/s\" --runroot \"$HOME/r\" --storage-driver vfs --cgroup-manager cgroupfs \
                  --runtime /usr/sbin/runc";
    let docker = "case $1 in (compose) shift; exec docker-compose --no-ansi \"$@\" --no-color ;; esac".to_owned();
    let (_sts, mut home) = machine(&[("docker", docker)]);
    let limits = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1000:1000\"]\n";
    home.set("CONTAINERS_CONF", home.write("containers.conf", limits));
    home.set("DOCKER_HOST", format!("unix://{}/podman.sock", home.path().display()));
    let import =
        consumers::run(&home, &format!("{podman} import -q '{}' box", consumers::installed("image.tar").display()));
    assert!(import.status.success(), "{import}");
    let mut service = Command::new("/bin/sh");
    service.args(["-c", &format!("exec {podman} system service --time=0 \"$DOCKER_HOST\"")]);
    service.env_clear().envs(&home.variables).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _service = Server(service.spawn().expect("podman"));
    let start = std::time::Instant::now();
    while !home.path().join("podman.sock").exists() {
        assert!(start.elapsed().as_secs() < 20, "podman does not listen");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let (lines, file) = lines_and_file("endpoint");
    // What the image runs; the rest is as in the topic.
    let fetch = "/bin/busybox wget -q -O - --header \"Authorization: $$AWS_CONTAINER_AUTHORIZATION_TOKEN\" \
                 $$AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let command = format!("image: box\n    command: [/bin/busybox, sh, -c, '{fetch}']");
    home.write("docker-compose.yml", format!("version: '3'\n{}", file.replace("image: IMAGE", &command)));
    let line = lines.iter().find(|line| line.contains("docker compose")).expect("a line");
    let outcome = consumers::run(&home, line);
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let key = consumers::cached_key(&home, "prod");
    assert!(outcome.status.success() && text.contains(&format!("\"AccessKeyId\":\"{key}\"")), "{outcome}");
    // Without the network of the host, the endpoint is out of reach.
    home.write(
        "docker-compose.yml",
        format!("version: '3'\n{}", file.replace("image: IMAGE", &command)).replace("host", "none"),
    );
    let outcome = consumers::run(&home, line);
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains(&key), "{outcome}");
}

fn another_machine_gets_credentials_through_ssh() {
    let (sts, home) = machine(&[]);
    let keys =
        consumers::run(&home, "mkdir -m 700 ssh && ssh-keygen -q -N '' -f ssh/host && ssh-keygen -q -N '' -f ssh/user");
    assert!(keys.status.success(), "{keys}");
    let folder = home.path().join("ssh").display().to_string();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let mut sshd = Command::new("/usr/sbin/sshd");
    // Its own environment is that of nobody's shell; with -D it stays in the foreground.
    sshd.args(["-D", "-e", "-f", "/dev/null", "-o", &format!("Port={free}"), "-o", "ListenAddress=127.0.0.1"]);
    sshd.args(["-o", &format!("HostKey={folder}/host"), "-o", &format!("AuthorizedKeysFile={folder}/user.pub")]);
    sshd.args(["-o", "StrictModes=no", "-o", "UsePAM=no", "-o", "PidFile=none", "-o", "PermitRootLogin=yes"]);
    let _ = fs::create_dir("/run/sshd");
    let _sshd = Server(sshd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sshd"));
    let start = std::time::Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", free)).is_err() {
        assert!(start.elapsed().as_secs() < 20, "sshd does not listen");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let (running, text) = serve(&home, "mfa-env serve prod --print-env", |text| {
        text.ends_with("export AWS_CONTAINER_AUTHORIZATION_TOKEN\n")
    });
    let tunnel = text.lines().find(|line| line.starts_with("ssh ")).expect("a line");
    let port = tunnel.split(':').nth(1).expect("a port");
    // Both machines are this one, so the port is taken at the other end: there it gets another number.
    let other = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let options = format!(
        "-i {folder}/user -p {free} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \
         -o IdentitiesOnly=yes -o LogLevel=ERROR"
    );
    let tunnel = tunnel.replacen("127.0.0.1:", &format!("127.0.0.1:{other}/"), 1).replacen(&format!("/{port}"), "", 1);
    let tunnel = tunnel.replace("ssh ", &format!("ssh {options} ")).replace("HOST", "127.0.0.1");
    let there: String =
        text.split_once("# there").expect("lines").1.lines().skip(1).map(|line| format!("{line}\n")).collect();
    // stdin is no terminal there, and has the token.
    let there = there
        .replace(&format!(":{port}/"), &format!(":{other}/"))
        .replace("stty -echo; ", "")
        .replace("; stty echo", "");
    let identity = format!(
        "'{}' -c 'import boto3; print(boto3.client(\"sts\", endpoint_url=\"{}\").get_caller_identity()[\"Arn\"])'",
        consumers::installed("bin/python").display(),
        sts.url()
    );
    home.write("there.sh", format!("{there}export HOME=/nonexistent\n{identity}\n"));
    let token = text.lines().find_map(|line| line.strip_prefix("# there; the token to paste is in ")).expect("a file");
    let token = token.trim_end_matches(", here:");
    let line = format!("{tunnel} \"$(cat there.sh)\" <{token}");
    let outcome = consumers::run(&home, &line);
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("assumed-role/admin/"), "{line}: {outcome}");
    // A wrong token.
    let outcome = consumers::run(&home, &format!("echo x | {tunnel} \"$(cat there.sh)\""));
    assert!(!outcome.status.success(), "{outcome}");
    // A port that is in use there: ssh fails before anything is typed.
    let taken = tunnel.replace(&format!("127.0.0.1:{other}:"), &format!("127.0.0.1:{port}:"));
    let outcome = consumers::run(&home, &format!("{taken} true"));
    assert!(!outcome.status.success() && String::from_utf8_lossy(&outcome.stderr).contains("forwarding"), "{outcome}");
    running.kill();
}

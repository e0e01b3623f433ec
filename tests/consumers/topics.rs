//! Every command line of the README and the topics about other programs, run as it is.

#![cfg(unix)]

use super::matrix::backend;
use crate::support::consumers::{self, Moto, Tool};
use crate::support::home::{Home, credentials_section};
use crate::support::sts::{RoleSpec, Sts};
use mfa_env::help::topic;

consumer_trials![the_lines_of_the_topics_work];

/// The programs that the lines call, as scripts: those that exist here run, the others show the session that they got.
fn programs() -> Vec<(&'static str, String)> {
    let path = |name: &str| consumers::installed(name).display().to_string();
    let podman = "exec podman --root \"$HOME/s\" --runroot \"$HOME/r\" --storage-driver vfs --cgroup-manager cgroupfs \
                  --runtime /usr/sbin/runc";
    let show = "echo \"$0 $* in ${AWS_ACCESS_KEY_ID-no session}\"".to_owned();
    let python = format!(
        "exec '{}' -c 'import boto3; print(\"app in\", boto3.client(\"sts\").get_caller_identity()[\"Arn\"])'",
        path("bin/python")
    );
    vec![
        ("terraform", format!("exec '{}' \"$@\" -no-color", path("bin/terraform"))),
        // Not in any registry: what it does with the command.
        ("terragrunt", "shift 2; sh -c \"$1\" | grep -o '\"ACCESS_KEY_ID\":\"[A-Z0-9]*'".to_owned()),
        (
            "docker",
            format!(
                "case $1 in (compose) exec docker-compose config ;; esac; shift; {podman} run --rm --network host \
                 --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \"$@\" /bin/busybox env"
            ),
        ),
        ("python3", python),
        ("make", show.clone()),
        ("AGENT", show.clone()),
        ("SERVER", show),
        ("aws", format!("exec '{}' \"$@\"", path("bin/aws"))),
    ]
}

/// Those lines of the README that call other programs, without their comments.
fn lines_of_readme() -> Vec<String> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    let commands = readme.lines().filter_map(|line| line.strip_prefix("    mfa-env "));
    let commands = commands.map(|line| format!("mfa-env {}", line.split("   ").next().unwrap_or_default()));
    commands.filter(|line| line.contains(" terraform ") || line.contains(" aws ")).collect()
}

/// The command lines of a topic, one block after another; a line that ends in a backslash goes on.
fn lines(name: &str) -> Vec<String> {
    let text = topic(name).expect("a topic").text.replace("\\\n      ", "").replace("\\\n", "");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    lines.map(|line| line.replace("IMAGE", "box").replace("CLUSTER", "c")).collect()
}

fn the_lines_of_the_topics_work() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let deploy = sts.add_role("deploy", RoleSpec::default());
    let roles = [("prod", &*role, "region = us-east-1\n"), ("prod-eu", &role, "region = us-east-1\n")];
    let mut home = Home::with_user(&sts, &alice, &roles);
    home.set("AWS_ENDPOINT_URL_S3", moto.url.clone());
    for (program, script) in programs() {
        consumers::prepare_tool(&mut home, &Tool::of(program, script));
    }
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    let of_deploy = format!("[profile deploy]\nrole_arn = {deploy}\nsource_profile = keys\n[profile keys]\n");
    home.write(".aws/config", config + &of_deploy);
    let keys = std::fs::read_to_string(home.path().join(".aws/credentials")).expect("a file");
    home.write(".aws/credentials", keys + &credentials_section("keys", &alice));
    home.write("main.tf", backend(&sts.url(), &moto.url, ""));
    home.write(
        "docker-compose.yml",
        "version: '3'\nservices:\n  app:\n    image: box\n    environment: [AWS_ACCESS_KEY_ID]\n",
    );
    let github = home.write("github", "");
    home.set("GITHUB_ENV", github.to_str().expect("UTF-8")).set("KUBECONFIG", "kubeconfig");
    let image = consumers::installed("image.tar");
    let ready = consumers::run(
        &home,
        &format!(
            "mkdir -p ~/.local/bin; podman --root ~/s --runroot ~/r \
        --storage-driver vfs import -q '{}' box",
            image.display()
        ),
    );
    assert!(ready.status.success(), "{ready}");
    consumers::run_with_code(&home, "mfa-env exec prod -q terraform init -input=false", &sts, &alice.mfa_serial);
    let key = consumers::cached_key(&home, "prod");
    let has_kubectl = consumers::run(&home, "command -v kubectl").status.success();
    assert!(has_kubectl || !consumers::has_kubectl(), "kubectl is not on the PATH of the home");
    for name in ["README", "terraform", "docker", "sdks", "ci", "kubectl", "agents"] {
        // Each topic begins with the files as they were.
        let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("a file");
        let lines = if name == "README" { lines_of_readme() } else { lines(name) };
        assert!(!lines.is_empty() && (name != "README" || lines.len() == 2), "{name}: {lines:?}");
        for line in lines.iter().filter(|line| has_kubectl || !line.starts_with("kubectl")) {
            let script = format!("eval \"$(mfa-env init bash)\"; {line}");
            let outcome = consumers::run_in(&home, "bash", &script);
            assert!(outcome.status.success(), "{name}: {line}: {outcome}");
            let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
            let shows_key = ["docker run", "docker compose", "AGENT", "SERVER", "terragrunt"]
                .iter()
                .any(|part| line.contains(part));
            if line.contains("--all") {
                let set = |line: &str| line.starts_with("AWS_CONFIG_FILE=") && line.ends_with(".config");
                assert!(stdout.lines().any(set) && stdout.contains("AWS_PROFILE=prod\n"), "{line}: {outcome}");
                continue;
            }
            assert!(!shows_key || stdout.contains(&key), "{name}: {line}: {outcome}");
            if line.ends_with("| mfa-env why") {
                assert!(stdout.contains("this shell has no credentials"), "{name}: {line}: {outcome}");
                continue;
            }
            assert!(!line.contains("terraform plan") || stdout.contains("No changes"), "{name}: {line}: {outcome}");
            assert!(!line.contains("aws s3 ls") || stdout.contains("tfstate"), "{name}: {line}: {outcome}");
            assert!(!line.contains("python3") || stdout.contains("assumed-role/admin/"), "{name}: {line}: {outcome}");
        }
        home.write(".aws/config", config);
    }
    assert!(std::fs::read_to_string(github).expect("a file").contains("AWS_SESSION_TOKEN="));
    assert!(home.path().join(".local/bin/terraform").is_file());
}

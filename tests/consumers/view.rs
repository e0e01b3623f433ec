//! Programs that use profiles by their own names, in a shell with the view. STS sees which key signed.

#![cfg(unix)]

use super::matrix::backend;
use crate::support::cached;
use crate::support::consumers::{self, Moto, Tool};
use crate::support::home::Home;
use crate::support::sts::{Action, Call, Fault, Gate, RoleSpec, Sts, User};
use crate::support::unprivileged;
use mfa_env::help::topic;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

consumer_trials![
    terraform_uses_the_profile_in_its_configuration,
    workspaces_of_terraform_use_different_roles_at_the_same_time,
    twenty_processes_for_ten_profiles_need_one_code,
    boto3_renews_a_session_within_a_process,
    a_container_uses_profiles_with_the_view_mounted,
    botocore_reads_the_view_as_it_reads_the_files,
    the_aws_cli_says_what_the_topic_explains,
    the_lines_of_the_topic_work,
];

const ROLES: [&str; 10] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"];

/// Alice with ten roles that need MFA, in a home whose variables are those of a view, and this program.
fn machine(program: &str) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let arns = ROLES.map(|name| sts.add_role(name, RoleSpec { requires_mfa: true, ..RoleSpec::default() }));
    let more = format!("region = us-east-1\nmfa_serial = {}\n", alice.mfa_serial);
    let profiles: Vec<_> = ROLES.iter().zip(&arns).map(|(name, arn)| (*name, arn.as_str(), more.as_str())).collect();
    let mut home = Home::with_user(&sts, &alice, &profiles);
    let is_tool = |tool: &Tool| tool.program == program;
    consumers::prepare_tool(&mut home, &consumers::signers().into_iter().find(is_tool).expect("a tool"));
    let code = sts.code(&alice.mfa_serial);
    let outcome = consumers::run(&home, &format!("mfa-env --all {code} --format json"));
    assert!(outcome.status.success(), "{outcome}");
    let changes: serde_json::Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
    for (name, value) in changes.as_object().expect("an object") {
        match value.as_str() {
            Some(value) => drop(home.variables.insert(name.into(), value.into())),
            None => drop(home.variables.remove(name.as_ref() as &std::ffi::OsStr)),
        }
    }
    sts.take_calls();
    (sts, alice, home)
}

fn terraform_uses_the_profile_in_its_configuration() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let (sts, _, home) = machine("terraform");
    // Two at once, with different roles.
    let start = |name: &str| {
        home.write(&format!("{name}/main.tf"), backend(&sts.url(), &moto.url, &format!("profile = \"{name}\"")));
        let line = format!("cd {name} && exec terraform init -input=false -no-color -reconfigure 2>&1");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear().envs(&home.variables).current_dir(home.path());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a shell")
    };
    let runs: Vec<Child> = ["r1", "r2"].map(start).into();
    for run in runs {
        let output = run.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let calls = sts.take_calls();
    for name in ["r1", "r2"] {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{name}/alice");
        let key = consumers::cached_key(&home, name);
        let signed = |call: &&Call| call.access_key_id == key && call.caller.as_deref() == Some(&arn);
        assert!(calls.iter().any(|call| signed(&call)), "{name}: {calls:?}");
    }
    assert!(calls.iter().all(|call| call.param("TokenCode").is_none()), "{calls:?}");
}

/// What a configuration with a profile for each workspace and one for all of them looks like: with the AWS provider, these
/// would be `provider` blocks with an `alias`.
fn configuration(sts: &str, s3: &str) -> String {
    let state = |name: &str, profile: &str| {
        let settings = backend(sts, s3, &format!("profile = {profile}"));
        let (_, settings) = settings.split_once("backend \"s3\" {").expect("a backend");
        let settings = settings.trim_end().strip_suffix("}\n}").expect("two blocks");
        format!("data \"terraform_remote_state\" \"{name}\" {{\n  backend = \"s3\"\n  config = {{{settings}}}\n}}\n")
    };
    let output = "output \"all\" {\n  value = [data.terraform_remote_state.own.outputs.word,\n\
                  data.terraform_remote_state.shared.outputs.word]\n}\n";
    state("own", "terraform.workspace") + &state("shared", "\"r3\"") + output
}

const STATE: &str = r#"{"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "x", "resources": [],
    "outputs": {"word": {"value": "read from the bucket", "type": "string"}}}"#;

/// Both runs have called STS before either gets an answer.
fn workspaces_of_terraform_use_different_roles_at_the_same_time() {
    let moto = Moto::start();
    let (sts, _, home) = machine("terraform");
    let state = home.write("state", STATE);
    moto.aws("s3 mb s3://tfstate");
    moto.aws(&format!("s3 cp '{}' s3://tfstate/state", state.display()));
    home.write("tf/main.tf", configuration(&sts.url(), &moto.url));
    let prepare = "cd tf && terraform init -input=false -no-color && terraform workspace new r1 && \
                   terraform workspace new r2 && terraform workspace list";
    let outcome = consumers::run(&home, prepare);
    assert!(outcome.status.success() && String::from_utf8_lossy(&outcome.stdout).contains("* r2"), "{outcome}");
    assert_eq!(sts.take_calls(), []);
    // From now on the user's name is known, for which mfa-env asks once.
    consumers::cached_key(&home, "r0");
    sts.take_calls();
    let gate = Gate::new();
    sts.always(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let start = |workspace: &str| {
        let line = "cd tf && exec terraform apply -auto-approve -input=false -no-color 2>&1";
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line]).env_clear().envs(&home.variables).env("TF_WORKSPACE", workspace);
        shell.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a shell")
    };
    let runs = ["r1", "r2"].map(start);
    // Three roles are assumed, and each run uses two of them.
    assert!(sts.wait_for_calls(7, Duration::from_mins(1)), "{:?}", sts.calls());
    gate.open();
    for (run, workspace) in runs.into_iter().zip(["r1", "r2"]) {
        let output = run.wait_with_output().expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && stdout.matches("\"read from the bucket\",").count() > 1, "{stdout}");
        assert!(home.path().join(format!("tf/terraform.tfstate.d/{workspace}/terraform.tfstate")).is_file());
    }
    let calls = sts.take_calls();
    let first: Vec<&Call> = calls.iter().take(7).filter(|call| call.action == "GetCallerIdentity").collect();
    for (name, count) in [("r1", 1), ("r2", 1), ("r3", 2)] {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{name}/alice");
        let key = consumers::cached_key(&home, name);
        let signed = first.iter().filter(|call| call.access_key_id == key && call.caller.as_deref() == Some(&arn));
        assert_eq!(signed.count(), count, "{name}: {calls:?}");
    }
    assert!(calls.iter().all(|call| call.action != "GetSessionToken"), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| call.action == "AssumeRole").count(), 3, "{calls:?}");
}

fn twenty_processes_for_ten_profiles_need_one_code() {
    let (sts, _, home) = machine("boto3");
    let start = |number: usize| {
        let line = format!("AWS_PROFILE={} exec boto3", ROLES[number % ROLES.len()]);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear().envs(&home.variables).current_dir(home.path());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell")
    };
    let runs: Vec<Child> = (0..20).map(start).collect();
    for (number, run) in runs.into_iter().enumerate() {
        let output = run.wait_with_output().expect("it ends");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(stdout.contains(&format!("assumed-role/{}/alice", ROLES[number % 10])), "{number}: {stdout}{stderr}");
    }
    let calls = sts.take_calls();
    assert_eq!(calls.iter().filter(|call| call.action == "AssumeRole").count(), ROLES.len());
    for role in ROLES {
        let key = consumers::cached_key(&home, role);
        let signed = calls.iter().filter(|call| call.action == "GetCallerIdentity" && call.access_key_id == key);
        assert_eq!(signed.count(), 2, "{role}: {calls:?}");
    }
    assert!(calls.iter().all(|call| call.action != "GetSessionToken"), "{calls:?}");
}

/// boto3 asks the command again when the session has less than 15 min left, which a session of 15 min always has.
fn boto3_renews_a_session_within_a_process() {
    let (sts, _, home) = machine("boto3");
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
    home.write(".aws/config", config.replacen("[profile r1]\n", "[profile r1]\nduration_seconds = 900\n", 1));
    let script = "import boto3, sys\n\
        client = boto3.Session(profile_name='r1').client('sts')\n\
        for line in sys.stdin:\n    print(client.get_caller_identity()['Arn'], flush=True)\n";
    let mut python = Command::new(consumers::installed("bin/python"));
    python.args(["-c", script]).env_clear().envs(&home.variables).current_dir(home.path());
    let mut python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    let mut input = python.stdin.take().expect("piped");
    let mut lines = BufReader::new(python.stdout.take().expect("piped")).lines();
    let mut keys = Vec::new();
    for _ in 0..2 {
        input.write_all(b"call\n").expect("it reads");
        let arn = lines.next().expect("a line").expect("text");
        assert!(arn.ends_with("assumed-role/r1/alice"), "{arn}");
        let call = sts.take_calls().pop().expect("a call");
        assert_eq!((call.action.as_str(), call.status), ("GetCallerIdentity", Some(200)));
        assert_eq!(call.access_key_id, consumers::cached_key(&home, "r1"));
        keys.push(call.access_key_id);
        for mut session in cached::of_kind(&home.cache(), "role") {
            session.expires_in(10);
        }
    }
    drop(input);
    assert!(python.wait().expect("it ends").success());
    assert_ne!(keys[0], keys[1], "the second call needed a new session");
}

/// What `docker-compose config` prints, as arguments of podman: there is no daemon here.
const PODMAN_ARGUMENTS: &str = "import shlex, sys, yaml\n\
    app = yaml.safe_load(sys.stdin)['services']['app']\n\
    words = ['--user', str(app['user'])]\n\
    for name, value in app['environment'].items(): words += ['-e', f'{name}={value}']\n\
    for volume in app['volumes']: words += ['-v', volume]\n\
    print(shlex.join(words + [app['image']]))";

/// The container has the mounts of the topic; the libraries and Python come from this machine.
fn a_container_uses_profiles_with_the_view_mounted() {
    let (sts, _, mut home) = machine("boto3");
    let podman = "exec podman --root \"$HOME/s\" --runroot \"$HOME/r\" --storage-driver vfs --cgroup-manager cgroupfs \
                  --runtime /usr/sbin/runc \"$@\"";
    consumers::prepare_tool(&mut home, &Tool::of("containers", podman.to_owned()));
    let image = consumers::installed("image.tar");
    let imported = consumers::run(&home, &format!("containers import -q '{}' box", image.display()));
    assert!(imported.status.success(), "{imported}");
    home.write(
        "docker-compose.yml",
        "version: '3'\nservices:\n  app:\n    image: box\n    user: \"${ID}\"\n    environment:\n      - HOME\n      \
         - AWS_CONFIG_FILE\n      - AWS_SHARED_CREDENTIALS_FILE\n      - AWS_PROFILE\n      - AWS_ENDPOINT_URL_STS\n    \
         volumes:\n      - ${HOME}/.aws:${HOME}/.aws:ro\n      - ${HOME}/.cache/mfa-env:${HOME}/.cache/mfa-env\n      \
         - ${MFA_ENV}:${MFA_ENV}:ro\n",
    );
    let python = consumers::installed("bin/python").display().to_string();
    home.write("arguments.py", PODMAN_ARGUMENTS);
    home.write("who.py", "import boto3\nprint(boto3.client('sts').get_caller_identity()['Arn'])\n");
    // What a program here needs: libraries, and Python with its packages.
    let base = consumers::run(&home, &format!("'{python}' -c 'import sys; print(sys.base_prefix)'")).stdout;
    let base = String::from_utf8(base).expect("a path").trim_end().to_owned();
    let folder = consumers::installed("bin").parent().expect("a folder").display().to_string();
    let folders = ["/usr", "/lib", "/lib64", &folder, &base]
        .into_iter()
        .filter(|path| *path == "/usr" || !path.starts_with("/usr"));
    let system: String = folders.map(|path| format!("-v '{path}:{path}:ro' ")).collect();
    let line = |profile: &str| {
        format!(
            "ID=$(id -u) MFA_ENV=$(command -v mfa-env) AWS_PROFILE={profile} docker-compose config >resolved &&
             eval \"set -- $('{python}' arguments.py <resolved)\" && unset AWS_CONFIG_FILE AWS_PROFILE &&
             containers run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \
               {system} -v ./who.py:/who.py:ro \
               \"$@\" '{python}' /who.py"
        )
    };
    for profile in ["r1", "r2"] {
        let outcome = consumers::run(&home, &line(profile));
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{profile}/alice");
        assert_eq!(String::from_utf8_lossy(&outcome.stdout).trim_end(), arn, "{outcome}");
        let calls = sts.take_calls();
        // The last call is that of Python, with the session that is in the cache of the user.
        let last = calls.last().expect("a call");
        assert_eq!(last.access_key_id, consumers::cached_key(&home, profile), "{calls:?}");
        assert_eq!(last.caller.as_deref(), Some(arn.as_str()), "{calls:?}");
        assert!(calls.iter().all(|call| call.action != "GetSessionToken"), "{calls:?}");
    }
}

/// `aws configure` in a shell with the view, by a user who is not root, and a view whose program was removed.
fn the_aws_cli_says_what_the_topic_explains() {
    let (_sts, _, home) = machine("aws2");
    let topic = topic("names").expect("a topic").text;
    let view = home.variables[std::ffi::OsStr::new("AWS_CONFIG_FILE")].clone();
    let before = std::fs::read_to_string(&view).expect("text");
    let cached = || std::fs::read_dir(home.cache()).expect("a directory").flatten().map(|entry| entry.path());
    for path in home.files().into_keys().chain([home.path().to_owned(), home.cache(), home.path().join(".aws")]) {
        unprivileged::give(&path);
    }
    // The view belongs to this user, too.
    cached().for_each(|path| unprivileged::give(&path));
    unprivileged::give(home.cache().parent().expect("a folder"));
    let aws = |arguments: &str, input: &str| {
        let mut command = Command::new("/usr/bin/aws");
        command.args(arguments.split(' ')).env_clear().envs(&home.variables).current_dir("/");
        unprivileged::drop_privileges(&mut command);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("aws");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(!output.status.success(), "{arguments}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let denied = "[Errno 13] Permission denied: '";
    for (arguments, input) in [
        ("configure set region us-east-2 --profile r1", ""),
        ("configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE --profile new", ""),
        ("configure --profile r1", "AKIAIOSFODNN7EXAMPLE\nsecret\nus-east-2\njson\n"),
    ] {
        let said = aws(arguments, input);
        assert!(said.contains(denied) && topic.contains(denied), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&view).expect("text"), before);
    // Without a session, and a terminal on which to ask; the line leaves the view where it is.
    for entry in cached().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
        std::fs::remove_file(entry).expect("an entry");
    }
    let said = aws("sts get-caller-identity --profile r1", "");
    assert!(said.contains("an MFA code is needed") && topic.contains("`an MFA code is needed`"), "{said}");
    assert!(said.contains("sign in first, in a terminal: aws-mfa --all r1"), "{said}");
    // Now with a program that is not there.
    let program = crate::support::program::binary().display().to_string();
    let gone = home.path().join("gone/mfa-env").display().to_string();
    std::fs::remove_file(&view).expect("a file");
    std::fs::write(&view, before.replace(&format!("= {program} "), &format!("= {gone} "))).expect("a file");
    unprivileged::give(std::path::Path::new(&view));
    let said = aws("sts get-caller-identity --profile r1", "");
    assert!(said.contains(&format!("[Errno 2] No such file or directory: '{gone}'")), "{said}");
    assert!(topic.contains("[Errno 2] No such file or directory: '…/mfa-env'"));
}

/// Every setting of every profile, apart from those that give credentials, is the same for botocore.
fn botocore_reads_the_view_as_it_reads_the_files() {
    let home = Home::with(
        "[default]\nregion = eu-west-1\nS3 =\n  max_concurrent_requests = 5\n  nested = yes\n\
         [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x/#a\n\
         [profile sso]\nsso_session = corp\nsso_role_name = a # b\nsso_account_id = 123456789012\n\
         [profile 'with blank']\noutput = text\ncli_history = enabled\n\
         [profile \"ü\"]\nregion=us-west-2\nendpoint_url = http://127.0.0.1:1/?a=b;c\n\
         [services s]\ns3 =\n  endpoint_url = http://127.0.0.1:2\n\
         [profile empty]\n[profile both]\nregion = a\noutput = json\nservices = s\n",
        "[both]\nregion = us-east-2\n[only]\ncli_pager =\nmax_attempts = 7\n",
    );
    let script = "import botocore.session, json, os\n\
        full = botocore.session.Session().full_config\n\
        print(json.dumps({k: full[k] for k in ('profiles', 'sso_sessions', 'services') if k in full}, sort_keys=True))\n";
    let read = |config: &std::path::Path, credentials: &std::path::Path| {
        let mut python = Command::new(consumers::installed("bin/python"));
        python.args(["-c", script]).env_clear().envs(&home.variables).env("LC_ALL", "C.UTF-8");
        python.env("AWS_CONFIG_FILE", config).env("AWS_SHARED_CREDENTIALS_FILE", credentials);
        let output = python.output().expect("python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("JSON")
    };
    let view = |more: &str| {
        let mut program = Command::new(crate::support::program::binary());
        let output = program.args(["view"]).args(more.split_whitespace()).env_clear().envs(&home.variables).output();
        std::path::PathBuf::from(String::from_utf8(output.expect("it runs").stdout).expect("a path").trim_end())
    };
    let aws = home.path().join(".aws");
    let lower = |text: String| text.replace("\"S3\"", "\"s3\"");
    let files = lower(read(&aws.join("config"), &aws.join("credentials")));
    // What follows ` #` is a comment for everybody but botocore; the view has what the others read.
    let files = files.replace("\"a # b\"", "\"a\"");
    assert_eq!(read(&view(""), &view("--credentials")), files);
}

fn the_lines_of_the_topic_work() {
    let moto = Moto::start();
    moto.aws("s3 mb s3://tfstate");
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let [prod, audit] = ["prod", "audit"].map(|name| sts.add_role(name, RoleSpec::default()));
    let roles = [("prod", prod.as_str(), "region = us-east-1"), ("audit", audit.as_str(), "region = us-east-1")];
    let mut home = Home::with_user(&sts, &alice, &roles);
    let path = |name: &str| consumers::installed(name).display().to_string();
    consumers::prepare_tool(&mut home, &Tool::of("aws", format!("exec '{}' \"$@\"", path("bin/aws"))));
    consumers::prepare_tool(
        &mut home,
        &Tool::of("terraform", format!("exec '{}' \"$@\" -no-color", path("bin/terraform"))),
    );
    home.set("AWS_ENDPOINT_URL_S3", moto.url.clone());
    home.write("main.tf", backend(&sts.url(), &moto.url, "profile = \"audit\""));
    consumers::run_with_code(&home, "mfa-env prod -q --shell sh >/dev/null", &sts, &alice.mfa_serial);
    let text = topic("names").expect("a topic").text;
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let script = lines.join("\n").replace("terraform plan", "terraform init -input=false\nterraform plan");
    let check = "test -z \"$AWS_CONFIG_FILE\"\n";
    let script = script.replace("aws-mfa unset\n", &format!("aws-mfa unset\n{check}"));
    assert!(lines.len() == 6 && script.contains(check), "{script}");
    let outcome = consumers::run_in(
        &home,
        "bash",
        &format!("set -e\neval \"$(mfa-env init bash)\"\n{script}\ncat $AWS_CONFIG_FILE"),
    );
    let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(outcome.status.success() && stdout.contains("tfstate") && stdout.contains("No changes"), "{outcome}");
    assert!(stdout.contains("[profile audit]\n"), "{outcome}");
}

//! Programs of others that use sessions: SDKs, Terraform, containers. `.ci/run` installs them, and
//! `MFA_ENV_TEST_CONSUMERS` names their folder.

use super::home::Home;
use super::program::binary;
use super::shells::{self, Outcome};
use super::sts::Sts;
use super::terminal::Terminal;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "MFA_ENV_TEST_CONSUMERS";

/// What the last line of a test run names as skipped. kubectl is in no registry, so it is used only where it is
/// installed.
pub fn absent() -> Option<&'static str> {
    match () {
        () if std::env::var_os(FOLDER).is_none() => Some("boto3, the AWS CLI, SDKs, Terraform and containers"),
        () if !has_kubectl() => Some("kubectl"),
        () => None,
    }
}

/// Whether the programs that `.ci/run` installs are there.
pub fn are_installed() -> bool {
    std::env::var_os(FOLDER).is_some()
}

pub fn has_kubectl() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("kubectl").is_file())
}

/// A file in the folder of the programs.
pub fn installed(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(FOLDER).expect("these tests are listed only if it is set")).join(name)
}

/// A program that signs a call with the session, or shows it.
pub struct Tool {
    /// Its name in the table.
    pub name: &'static str,
    /// What a user types.
    pub program: &'static str,
    /// What it is called with.
    pub arguments: &'static str,
    /// The words that select the profile `prod`; empty if that is done by AWS_PROFILE.
    selection: &'static str,
    /// The script of that name, where the program itself needs more than its name.
    script: String,
}

impl Tool {
    /// A program that is called by this name.
    pub fn of(program: &'static str, script: String) -> Tool {
        Tool { name: program, program, arguments: "", selection: "", script }
    }
}

/// With an argument, it is the profile.
const BOTO3: &str = "import boto3, sys; session = boto3.Session(profile_name=sys.argv[1] if sys.argv[1:] else None); \
     print(session.client(\"sts\").get_caller_identity()[\"Arn\"])";
/// The same.
const JAVASCRIPT: &str = "const { STSClient, GetCallerIdentityCommand } = require(\"@aws-sdk/client-sts\"); \
     new STSClient({ profile: process.argv[1] }).send(new GetCallerIdentityCommand({})).then(answer => console.log(answer.Arn))";

/// Those that sign a call to STS.
pub fn signers() -> Vec<Tool> {
    let path = |name: &str| installed(name).display().to_string();
    let tool =
        |name, program, arguments, selection, script: String| Tool { name, program, arguments, selection, script };
    vec![
        tool(
            "AWS CLI v1",
            "aws1",
            "sts get-caller-identity",
            "--profile prod",
            format!("exec '{}' --endpoint-url \"$AWS_ENDPOINT_URL_STS\" \"$@\"", path("bin/aws")),
        ),
        tool(
            "AWS CLI v2",
            "aws2",
            "sts get-caller-identity",
            "--profile prod",
            // This version goes to AWS without the option.
            "AWS_PAGER= exec /usr/bin/aws --endpoint-url \"$AWS_ENDPOINT_URL_STS\" \"$@\"".to_owned(),
        ),
        tool("boto3", "boto3", "", "prod", format!("exec '{}' -c '{BOTO3}' \"$@\"", path("bin/python"))),
        tool(
            "SDK for JavaScript",
            "javascript",
            "",
            "prod",
            format!("NODE_PATH='{}' exec '{}' -e '{JAVASCRIPT}' \"$@\"", path("js/node_modules"), path("bin/node")),
        ),
        tool("SDK for Go", "go", "", "", format!("exec '{}'", path("go/who"))),
        tool("SDK for Rust", "rust", "", "", format!("exec '{}'", path("rust/debug/rust-sdk"))),
        tool(
            "Terraform",
            "terraform",
            "init -input=false -no-color -reconfigure",
            "",
            format!("exec '{}' \"$@\"", path("bin/terraform")),
        ),
    ]
}

/// How a program gets the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a shell that has evaluated the statements.
    Eval,
    /// From `mfa-env exec`.
    Exec,
    /// From a script of `mfa-env shim` with its name.
    Shim,
    /// By calling `mfa-env credential-process`, which asks for the code on the terminal.
    Process,
    /// From the profile that `mfa-env save` has written.
    Save,
    /// From the endpoint of `mfa-env serve`.
    Serve,
    /// By the profile's own name, in a shell with the view of all profiles.
    All,
}

impl Way {
    pub const ALL: [Way; 7] = [Way::Eval, Way::Exec, Way::Shim, Way::Process, Way::Save, Way::Serve, Way::All];

    pub fn name(self) -> &'static str {
        match self {
            Way::Eval => "`eval`",
            Way::Exec => "`exec`",
            Way::Shim => "`shim`",
            Way::Process => "`credential_process`",
            Way::Save => "`save`",
            Way::Serve => "`serve`",
            Way::All => "`--all`",
        }
    }

    /// The line that runs the program this way for the profile `prod`.
    pub fn line(self, tool: &Tool) -> String {
        let words = format!("{} {}", tool.program, tool.arguments);
        match self {
            Way::Eval => format!("eval \"$(mfa-env prod -q)\" && {words}"),
            Way::Exec => format!("mfa-env exec prod {words}"),
            Way::Shim => format!("PATH=$HOME/shims:$PATH; {words}"),
            Way::Process => format!("AWS_PROFILE=prod-process {words}"),
            Way::Serve => format!("mfa-env serve prod -q -- {words}"),
            Way::All if tool.selection.is_empty() => {
                format!("eval \"$(mfa-env --all main -q)\" && AWS_PROFILE=prod {words}")
            }
            Way::All => format!("eval \"$(mfa-env --all main -q)\" && {words} {}", tool.selection),
            Way::Save => format!("mfa-env save prod --with-region -q && AWS_PROFILE=prod-mfa {words}"),
        }
    }
}

/// Puts the program into a home, first on the `PATH` of its lines.
pub fn prepare_tool(home: &mut Home, tool: &Tool) {
    let program = home.write(&format!("tools/{}", tool.program), format!("#!/bin/sh\n{}\n", tool.script));
    make_executable(&program);
    let folders = [binary().parent().expect("a folder").to_owned(), home.path().join("tools")];
    let system = ["/usr/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    home.set("PATH", std::env::join_paths(folders.iter().chain(&system)).expect("a PATH"));
    home.set("LC_ALL", "C.UTF-8").set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("TF_CLI_CONFIG_FILE", "/dev/null").set("CHECKPOINT_DISABLE", "1");
}

/// Puts the program into a home, with its shim, and the profile that calls `credential-process`.
pub fn prepare(home: &mut Home, tool: &Tool) {
    prepare_tool(home, tool);
    let shim = run(home, &format!("mfa-env shim {} -p prod", tool.program));
    assert!(shim.status.success(), "{shim}");
    make_executable(&home.write(&format!("shims/{}", tool.program), &shim.stdout));
    let printed = run(home, "mfa-env credential-process prod --print-config");
    assert!(printed.status.success(), "{printed}");
    let config = fs::read_to_string(home.path().join(".aws/config")).expect("a file");
    home.write(".aws/config", config + &String::from_utf8_lossy(&printed.stdout));
}

fn make_executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn shell(home: &Home, shell: &str, line: &str) -> Command {
    let mut shell = Command::new(shell);
    shell.args(["-c", line]).env_clear().envs(&home.variables).current_dir(home.path());
    shell
}

/// Runs a line of a POSIX shell in the home, without a terminal.
pub fn run(home: &Home, line: &str) -> Outcome {
    run_in(home, "/bin/sh", line)
}

/// Runs a line of this shell in the home, without a terminal.
pub fn run_in(home: &Home, shell: &str, line: &str) -> Outcome {
    shells::finish(self::shell(home, shell, line))
}

/// Runs a line on a terminal and types the code at the prompt. Returns what the terminal showed; the line must succeed.
#[track_caller]
pub fn run_with_code(home: &Home, line: &str, sts: &Sts, device: &str) -> String {
    let mut terminal = Terminal::spawn(shell(home, "/bin/sh", &format!("{line}; echo \"status $?.\"")));
    terminal.expect("MFA code for alice");
    terminal.expect(": ");
    terminal.send_line(&sts.code(device));
    terminal.expect("status 0.");
    terminal.wait();
    terminal.output()
}

/// The access key of the session that is cached for a profile.
pub fn cached_key(home: &Home, profile: &str) -> String {
    let outcome = run(home, &format!("mfa-env credential-process {profile} --no-input"));
    let object: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome}"));
    object["AccessKeyId"].as_str().expect("a key").to_owned()
}

/// moto: a server that speaks STS, IAM and S3, and was written by others.
pub struct Moto {
    server: Child,
    pub url: String,
}

impl Moto {
    pub fn start() -> Moto {
        let mut server = Command::new(installed("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto");
        let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.split_once("Running on ").map(|(_, url)| url.trim().to_owned()));
        // The rest must be read, or the server would block.
        std::thread::spawn(move || lines.for_each(drop));
        Moto { server, url: url.expect("moto has started") }
    }

    /// Runs the AWS CLI with its endpoint and any keys.
    pub fn aws(&self, arguments: &str) -> String {
        let aws = installed("bin/aws").display().to_string();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("'{aws}' --endpoint-url '{}' {arguments}", self.url)]).env_clear();
        for (name, value) in
            [("AWS_ACCESS_KEY_ID", "AKIAANY"), ("AWS_SECRET_ACCESS_KEY", "any"), ("AWS_DEFAULT_REGION", "us-east-1")]
        {
            shell.env(name, value);
        }
        shell.env("PATH", "/usr/bin:/bin");
        let outcome = shells::finish(shell);
        assert!(outcome.status.success(), "{arguments}: {outcome}");
        String::from_utf8_lossy(&outcome.stdout).into_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

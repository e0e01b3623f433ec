//! Whoever does what `doctor` says is rid of the finding: each piece of its own advice is followed as it is printed, and
//! then the line has a ✓. What it says about variables and about the network is in `doctor_variables` and
//! `doctor_network`, and its advice about the AWS files is that of a sign-in, which `files::advice` follows.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::doctor::{Machine, advised, findings, line_of};
use crate::support::home::Home;
use crate::support::program::{Program, binary, path_with_program};
use crate::support::proxy::Proxy;
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{Devices, Sts, UserSpec};
use crate::support::terminal::Terminal;
use crate::support::tls::Tls;
use crate::support::typed_lines::{bash, stand_in};
use crate::support::unprivileged;
use mfa_env::clock::SET_CLOCK;
use mfa_env::commands::{DoctorAdvice, Removal};
use mfa_env::diagnosis::Advice;
use mfa_env::shell::Shell as Dialect;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

trials![
    a_clock_that_is_wrong,
    a_credentials_file_that_others_can_read,
    files_that_others_can_change,
    a_view,
    a_view_that_is_out_of_date,
    keys_of_another_tool,
    an_old_function,
    no_function,
    an_alias_in_front_of_the_function,
    a_shell_without_a_function,
    a_cache_that_others_can_read,
    a_cache_in_a_wrong_place,
    a_cache_that_is_somebody_elses,
    a_cache_that_cannot_be_written,
    an_endpoint_that_is_not_aws,
    keys_of_the_root_user,
    a_device_of_somebody_else,
    a_profile_without_a_device,
    a_user_without_a_device,
    what_it_says_about_the_files_is_what_a_sign_in_says,
];

#[cfg(target_os = "linux")]
read_only_trials![a_certificate_that_is_not_the_systems];

const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";
const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";

/// The test that follows it. A new piece of advice needs one.
fn test_of(advice: &DoctorAdvice) -> Option<fn()> {
    use DoctorAdvice as A;
    Some(match advice {
        A::SetClock => a_clock_that_is_wrong,
        A::CloseFile { .. } => a_credentials_file_that_others_can_read,
        A::OwnFile { .. } => files_that_others_can_change,
        A::LeaveView => a_view,
        A::UpdateView(_) => a_view_that_is_out_of_date,
        A::SignInInstead(_) => keys_of_another_tool,
        A::StartNewShell => an_old_function,
        A::AddLine { .. } => no_function,
        A::RemoveAlias => an_alias_in_front_of_the_function,
        A::UseExec { .. } => a_shell_without_a_function,
        A::CloseCache { .. } => a_cache_that_others_can_read,
        A::UseUsualCache { .. } => a_cache_in_a_wrong_place,
        A::MoveCache { .. } => a_cache_that_is_somebody_elses,
        A::UseOtherCache { .. } => a_cache_that_cannot_be_written,
        A::RemoveCertificate(_) => a_certificate_that_is_not_the_systems,
        A::RemoveEndpoint(_) => an_endpoint_that_is_not_aws,
        A::CreateUser => keys_of_the_root_user,
        A::WriteDevice { .. } | A::WriteOneDevice { .. } => a_device_of_somebody_else,
        A::AddDevice { .. } | A::AddOneDevice { .. } => a_profile_without_a_device,
        A::Enroll { .. } | A::EnrollApp { .. } => a_user_without_a_device,
        // `doctor_variables` and `doctor_network` have lists of their own.
        A::OfProblem(_) | A::OfError(_) => return None,
    })
}

/// A piece of advice that this test follows.
#[track_caller]
fn of(test: fn(), advice: DoctorAdvice) -> DoctorAdvice {
    let expected = test_of(&advice).unwrap_or_else(|| panic!("{advice}"));
    assert!(std::ptr::fn_addr_eq(expected, test), "another test follows: {advice}");
    advice
}

/// The line sets the clock of the machine, so the programs in it are stand-ins, and the tests' AWS sees their effect.
fn a_clock_that_is_wrong() {
    for (seconds, mark, says) in [(3600, '✗', " ms behind AWS"), (100, '!', " ms behind"), (-100, '!', " ms ahead of")]
    {
        let mut m = Machine::start();
        m.sts.set_clock(seconds);
        let advice = m.advises((mark, "clock", says), &of(a_clock_that_is_wrong, DoctorAdvice::SetClock));
        assert_eq!(line_of(&advice), SET_CLOCK);
        stand_in(&mut m.home, "sudo", "exec \"$@\"");
        for name in ["timedatectl", "sntp"] {
            stand_in(&mut m.home, name, "touch \"$HOME/clock-set\"");
        }
        m.follow(line_of(&advice));
        assert!(m.home.path().join("clock-set").exists());
        m.sts.set_clock(0);
        m.is_good("clock");
    }
}

fn a_credentials_file_that_others_can_read() {
    let mut m = Machine::start();
    let chmod = |path: &std::path::Path| fs::set_permissions(path, Permissions::from_mode(0o644)).expect("a mode");
    let path = m.home.path().join(".aws/credentials");
    chmod(&path);
    let line = "chmod 600 ~/.aws/credentials".to_owned();
    let says = "other users can read or change ~/.aws/credentials";
    let advice =
        m.advises(('!', "files", says), &of(a_credentials_file_that_others_can_read, DoctorAdvice::CloseFile { line }));
    m.follow(line_of(&advice));
    m.is_good("files");
    // The shell must read the name as one word.
    let text = fs::read(&path).expect("the keys");
    let other = m.home.write("it's my key/creds (1) \"x\"", text);
    chmod(&other);
    m.set("AWS_SHARED_CREDENTIALS_FILE", other);
    let advice = m.finds(('!', "files", "other users can read or change ~/it's my key/creds (1) \"x\""));
    m.follow(line_of(&advice));
    m.is_good("files");
    // In any shell.
    chmod(&m.home.path().join("it's my key/creds (1) \"x\""));
    for &shell in shells::installed() {
        let path = m.home.path().join("it's my key/creds (1) \"x\"");
        chmod(&path);
        let run = |script: &str| shell.run(script, &m.home.variables, m.home.path());
        let ran = run("mfa-env doctor main\ntrue");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let line = text.lines().find(|line| line.contains("chmod 600 ")).unwrap_or_else(|| panic!("{shell}: {ran}"));
        let ran = run(line_of(line));
        assert!(ran.status.success(), "{shell}: {line}: {ran}");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600, "{shell}: {line}");
    }
}

/// The config file decides what a sign-in runs, and the folder which files there are.
fn files_that_others_can_change() {
    let mut m = Machine::start();
    let chmod = |m: &Machine, name: &str, mode| {
        fs::set_permissions(m.home.path().join(name), Permissions::from_mode(mode)).expect("a mode");
    };
    for (name, mode, says) in [
        (".aws/config", 0o666, "other users can change ~/.aws/config, and so what a sign-in runs"),
        (".aws/config", 0o646, "other users can change ~/.aws/config, and so what a sign-in runs"),
        (".aws", 0o777, "other users can replace the files in ~/.aws"),
    ] {
        chmod(&m, name, mode);
        let line = format!("chmod go-w ~/{name}");
        let advice = m.advises(
            ('!', "files", says),
            &of(a_credentials_file_that_others_can_read, DoctorAdvice::CloseFile { line }),
        );
        m.follow(line_of(&advice));
        m.is_good("files");
    }
    // Everybody may read it, and its group may change it if only this user is in it.
    chmod(&m, ".aws/config", 0o644);
    m.is_good("files");
    // Only root can give a file away.
    if unprivileged::is_root() {
        unprivileged::give(&m.home.path().join(".aws/credentials"));
        let line = "cp ~/.aws/credentials ~/.aws/credentials.copy && \
                    mv -f ~/.aws/credentials.copy ~/.aws/credentials && chmod 600 ~/.aws/credentials";
        let advice = of(files_that_others_can_change, DoctorAdvice::OwnFile { line: line.to_owned() });
        let says = "~/.aws/credentials belongs to another user, who can change it";
        let printed = m.advises(('!', "files", says), &advice);
        m.follow(line_of(&printed));
        m.is_good("files");
        unprivileged::give(&m.home.path().join(".aws/config"));
        let printed = m.finds(('!', "files", "~/.aws/config belongs to another user, who can change it"));
        m.follow(line_of(&printed));
        m.is_good("files");
    }
}

fn a_view() {
    let mut m = Machine::start();
    m.follow("aws-mfa --all");
    // Root can write to a file that is read-only.
    let who = if unprivileged::is_root() { "programs of root" } else { "no program" };
    let shown = format!("which {who} can write to");
    let advice = m.advises(('✓', "files", &shown), &of(a_view, DoctorAdvice::LeaveView));
    let (_, line) = advice.rsplit_once(": ").expect("a line");
    m.follow(line);
    let files: Vec<String> = m.findings().into_iter().filter(|f| f.check == "files").map(|f| f.message).collect();
    assert_eq!(files, ["~/.aws/config, ~/.aws/credentials: 1 profile"]);
}

fn a_view_that_is_out_of_date() {
    let mut m = Machine::start();
    m.follow("aws-mfa --all");
    let aws = m.home.path().join(".aws");
    let config = fs::read_to_string(aws.join("config")).expect("text");
    m.config(&format!("{config}[profile late]\nregion = eu-west-1\n"));
    let update = DoctorAdvice::UpdateView("update it with: mfa-env view".to_owned());
    let lacks = ('!', "files", "the view is out of date: it lacks late");
    let advice = m.advises(lacks, &of(a_view_that_is_out_of_date, update));
    m.follow(line_of(&advice));
    m.is_good("files");
    fs::rename(aws.join("config"), aws.join("away")).expect("a file");
    let restore = "restore that file, or let the view show what is left with: mfa-env view".to_owned();
    let lost = ('!', "files", "the view is out of date: ~/.aws/config is missing");
    let advice = m.advises(lost, &of(a_view_that_is_out_of_date, DoctorAdvice::UpdateView(restore)));
    m.follow(line_of(&advice));
    assert!(m.findings().iter().all(|finding| !finding.message.contains("out of date")));
    // Its profiles are back with their file.
    fs::rename(aws.join("away"), aws.join("config")).expect("a file");
    m.follow("mfa-env list");
    m.is_good("files");
}

fn keys_of_another_tool() {
    let keys =
        [("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_SESSION_TOKEN", "y")];
    let workload = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")];
    for (variables, says, what) in [
        (&keys[..], "AWS_ACCESS_KEY_ID has keys that are not from mfa-env; programs use them", "replace them with"),
        (&workload[..], "AWS_WEB_IDENTITY_TOKEN_FILE is set", "replace it with"),
    ] {
        let mut m = Machine::start();
        for (name, value) in variables {
            m.set(name, *value);
        }
        let advice = of(keys_of_another_tool, DoctorAdvice::SignInInstead(Advice::line(what, "aws-mfa main")));
        let advice = m.advises(('!', "environment", says), &advice);
        m.follow(line_of(&advice));
        m.is_good("environment");
    }
}

/// What a new terminal shows, which runs the startup files.
fn in_new_shell(m: &Machine, line: &str) -> Outcome {
    let mut command = Command::new(Shell::Bash.path().expect("bash"));
    command.args(["-ic", line]).env_clear().envs(&m.home.variables).current_dir(m.home.path());
    let mut outcome = shells::finish(command);
    // Without a terminal, an interactive bash says that it has no job control.
    outcome.stderr.clear();
    outcome
}

fn an_old_function() {
    let m = Machine::start();
    let (line, version) = (Dialect::Bash.init_line(), env!("CARGO_PKG_VERSION"));
    m.home.write(".bashrc", format!("{line}\n"));
    let old =
        format!("eval \"$(mfa-env init bash | sed 's/--function={version}/--function=0.0.1/')\"; aws-mfa doctor main");
    let found = findings(&in_new_shell(&m, &old), &m.alice);
    let says = format!("bash: the function aws-mfa is of version 0.0.1, the program of {version}");
    advised(&found, ('!', "shell", &says), &of(an_old_function, DoctorAdvice::StartNewShell));
    let found = findings(&in_new_shell(&m, "aws-mfa doctor main"), &m.alice);
    advised_nothing(&found, "shell", &format!("bash, with the function aws-mfa {version}"));
}

/// Asserts that a check has one line, with a ✓ and this text.
#[track_caller]
fn advised_nothing(found: &[crate::support::doctor::Finding], check: &str, says: &str) {
    let lines: Vec<_> = found.iter().filter(|finding| finding.check == check).collect();
    let [line] = lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.mark, &line.message[..], &line.advice[..]), ('✓', says, ""));
}

/// `commands::doctor` does this in every shell.
fn no_function() {
    let m = Machine::start();
    let found = findings(&in_new_shell(&m, "mfa-env doctor main; exit"), &m.alice);
    let advice =
        of(no_function, DoctorAdvice::AddLine { file: "~/.bashrc".to_owned(), line: Dialect::Bash.init_line() });
    let advice = advised(&found, ('!', "shell", "bash: no startup file defines the function aws-mfa"), &advice);
    let (file, line) = advice.split_once(":\n").expect("a file and a line");
    assert_eq!(file, "add this line to ~/.bashrc");
    m.home.write(".bashrc", format!("{line}\n"));
    let found = findings(&in_new_shell(&m, "aws-mfa doctor main"), &m.alice);
    advised_nothing(&found, "shell", &format!("bash, with the function aws-mfa {}", env!("CARGO_PKG_VERSION")));
}

fn an_alias_in_front_of_the_function() {
    let m = Machine::start();
    let line = Dialect::Bash.init_line();
    let alias = "alias aws-mfa='mfa-env'";
    // The alias takes the place of the function, so nothing tells `doctor` that there is one.
    m.home.write(".bashrc", format!("{line}\n{alias}\n"));
    let found = findings(&in_new_shell(&m, "aws-mfa doctor main"), &m.alice);
    let says = "an alias at ~/.bashrc:2 may hide the function aws-mfa";
    advised(&found, ('!', "shell", says), &of(an_alias_in_front_of_the_function, DoctorAdvice::RemoveAlias));
    m.home.write(".bashrc", format!("{line}\n"));
    let with_function = format!("bash, with the function aws-mfa {}", env!("CARGO_PKG_VERSION"));
    advised_nothing(&findings(&in_new_shell(&m, "aws-mfa doctor main"), &m.alice), "shell", &with_function);
    // The function removes an earlier one, and it runs behind one that only adds options.
    let aliases = [
        format!("{alias}\n{line}\n"),
        format!("{line}\nalias aws-mfa='aws-mfa '\n"),
        format!("{line}\nalias aws-mfa-prod=x\n"),
    ];
    for text in aliases {
        m.home.write(".bashrc", &text);
        let found = findings(&in_new_shell(&m, "aws-mfa doctor main"), &m.alice);
        advised_nothing(&found, "shell", &with_function);
    }
}

/// A user of such a shell is not rid of the finding, but the line works there.
fn a_shell_without_a_function() {
    let m = Machine::start();
    let program = std::env::current_exe().expect("the path of this program");
    // A hard link gives this program the process name of that shell.
    let folder = tempfile::tempdir_in(program.parent().expect("a directory")).expect("a directory");
    for name in ["tcsh", "nu", "xonsh"] {
        let shell = folder.path().join(name);
        fs::hard_link(&program, &shell).expect("a hard link");
        let run = |words: &[&str]| {
            let mut command = Command::new(&shell);
            command.args(child_programs::wrappers(1).iter().skip(1)).args(words);
            command.env_clear().envs(&m.home.variables).current_dir(m.home.path());
            shells::finish(command)
        };
        let program = binary().display().to_string();
        let found = findings(&run(&[&program, "doctor", "main"]), &m.alice);
        let advice = of(a_shell_without_a_function, DoctorAdvice::UseExec { profile: "main".to_owned() });
        let says = format!("the calling shell, `{name}`, is not supported");
        let advice = advised(&found, ('!', "shell", &says), &advice);
        let line = line_or_after_colon(&advice).replace("COMMAND", "env");
        let mut words: Vec<&str> = line.split(' ').collect();
        words[0] = &program;
        let ran = run(&words);
        assert!(String::from_utf8_lossy(&ran.stdout).contains("\nAWS_SESSION_TOKEN="), "{name}: {ran}");
    }
}

/// The line in `register one: LINE`.
#[track_caller]
fn line_or_after_colon(advice: &str) -> String {
    advice.split_once(": ").expect("a line").1.to_owned()
}

fn a_cache_that_others_can_read() {
    let mut m = Machine::start();
    fs::set_permissions(m.home.cache(), Permissions::from_mode(0o755)).expect("a mode");
    let says = "~/.cache/mfa-env cannot be used (accessible to other users), so every sign-in needs a code";
    let line = "chmod 700 ~/.cache/mfa-env".to_owned();
    let advice = m.advises(('!', "cache", says), &of(a_cache_that_others_can_read, DoctorAdvice::CloseCache { line }));
    m.follow(line_of(&advice));
    m.is_good("cache");
    // The sessions are still there.
    m.follow("aws-mfa main");
}

fn a_cache_in_a_wrong_place() {
    let mut m = Machine::start();
    let file = m.home.write("file", "");
    let ignored = "which is not an absolute path, so it is ignored";
    for (wrong, says) in [
        (file, "cannot be used"),
        ("/proc/nowhere".into(), "cannot be used"),
        ("cache".into(), ignored),
        ("./cache".into(), ignored),
    ] {
        m.set("MFA_ENV_CACHE_DIR", wrong);
        let line = "unset MFA_ENV_CACHE_DIR".to_owned();
        let advice =
            m.advises(('!', "cache", says), &of(a_cache_in_a_wrong_place, DoctorAdvice::UseUsualCache { line }));
        m.follow(line_of(&advice));
        m.is_good("cache");
    }
    // A shell does not always expand it.
    m.set("MFA_ENV_CACHE_DIR", "~/elsewhere/cache");
    m.finds(('✓', "cache", "~/elsewhere/cache: 0 sessions"));
}

fn a_cache_that_is_somebody_elses() {
    let mut m = Machine::start();
    let cache = m.home.cache();
    fs::remove_dir_all(&cache).expect("the cache");
    let line = "mv ~/.cache/mfa-env ~/.cache/mfa-env.old".to_owned();
    let advice = of(a_cache_that_is_somebody_elses, DoctorAdvice::MoveCache { line });
    m.home.write(".cache/mfa-env", "");
    let printed = m.advises(('!', "cache", "(not a directory)"), &advice);
    m.follow(line_of(&printed));
    m.is_good("cache");
    // A link, whatever it leads to.
    fs::remove_dir_all(&cache).expect("the cache");
    std::os::unix::fs::symlink("/tmp", &cache).expect("a link");
    fs::remove_file(m.home.path().join(".cache/mfa-env.old")).expect("the file");
    let printed = m.advises(('!', "cache", "(not a directory)"), &advice);
    m.follow(line_of(&printed));
    m.is_good("cache");
    // Only root can give a directory away.
    if unprivileged::is_root() {
        unprivileged::give(&cache);
        fs::remove_file(m.home.path().join(".cache/mfa-env.old")).expect("the link");
        let printed = m.advises(('!', "cache", "(owned by another user)"), &advice);
        m.follow(line_of(&printed));
        m.is_good("cache");
    }
}

fn a_cache_that_cannot_be_written() {
    let mut m = Machine::start();
    let folder = m.home.path().join("tmp");
    fs::create_dir(&folder).expect("a folder");
    m.set("TMPDIR", &folder);
    // Not even root can write there; and then something is in the way of the parent.
    let file = m.home.write("file", "");
    for wrong in [std::path::PathBuf::from("/proc/nowhere"), file] {
        m.set("XDG_CACHE_HOME", wrong);
        let line = format!("export MFA_ENV_CACHE_DIR={}", folder.join("mfa-env").display());
        let advice = m.advises(
            ('!', "cache", "cannot be used"),
            &of(a_cache_that_cannot_be_written, DoctorAdvice::UseOtherCache { line }),
        );
        m.follow(line_of(&advice));
        m.is_good("cache");
        m.unset("MFA_ENV_CACHE_DIR");
    }
}

/// Without the setting, calls go to AWS: here to the tests' STS, through a proxy.
fn an_endpoint_that_is_not_aws() {
    let mut m = Machine::start();
    let tls = Tls::in_front_of(&m.sts, &["sts.us-east-1.amazonaws.com", "iam.amazonaws.com"]);
    let bundle = m.home.write("ca.pem", &tls.pem);
    m.set("HTTPS_PROXY", format!("http://{}", Proxy::to(tls.address).address)).set("AWS_CA_BUNDLE", bundle);
    m.set("AWS_REGION", "us-east-1");
    let removal = Removal::Variable(Advice::line("remove it with", "unset AWS_ENDPOINT_URL"));
    let says = "(AWS_ENDPOINT_URL) answered in";
    let advice =
        m.advises(('!', "endpoint", says), &of(an_endpoint_that_is_not_aws, DoctorAdvice::RemoveEndpoint(removal)));
    m.follow(line_of(&advice));
    m.is_good("endpoint");
    m.config(&format!("[profile main]\nmfa_serial = {ALICE}\nendpoint_url = {}\n", m.sts.url()));
    let advice = m.finds(('!', "endpoint", "(~/.aws/config:3) answered in"));
    assert!(advice.ends_with("; if it is not meant, remove ~/.aws/config:3"), "{advice}");
    m.config(&format!("[profile main]\nmfa_serial = {ALICE}\n"));
    m.is_good("endpoint");
}

/// The system's certificates are replaced for one program, so that the system trusts the tests' STS.
fn a_certificate_that_is_not_the_systems() {
    let mut m = Machine::start();
    let tls = Tls::in_front_of(&m.sts, &["127.0.0.1"]);
    let bundle = m.home.write("ca.pem", &tls.pem).display().to_string();
    m.set("AWS_ENDPOINT_URL", format!("https://{}", tls.address));
    let found = |m: &Machine| {
        let mut command = Command::new("unshare");
        let own: &[&str] = if unprivileged::is_root() { &[] } else { &["--user", "--map-root-user"] };
        let mount = "mount --bind \"$1\" /etc/ssl/certs/ca-certificates.crt && mfa-env doctor main";
        command.args(own).args(["--mount", "bash", "-c", mount, "bash", &bundle]);
        command.env_clear().envs(&m.home.variables).current_dir(m.home.path());
        findings(&shells::finish(command), &m.alice)
    };
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        m.set(variable, &bundle);
        let line = format!("unset {variable}");
        let advice = of(
            a_certificate_that_is_not_the_systems,
            DoctorAdvice::RemoveCertificate(Removal::Variable(Advice::line("remove it with", line))),
        );
        let says = format!("trusting ~/ca.pem ({variable})");
        let advice = advised(&found(&m), ('!', "TLS", &says), &advice);
        m.follow(line_of(&advice));
        advised_nothing(&found(&m), "TLS", "the certificate is trusted by the system");
    }
}

/// An administrator creates the user; here it is alice.
fn keys_of_the_root_user() {
    let m = Machine::start();
    m.keys_of(&m.sts.add_root());
    m.advises(
        ('!', "keys", "the root user of account 123456789012"),
        &of(keys_of_the_root_user, DoctorAdvice::CreateUser),
    );
    m.keys_of(&m.alice);
    m.is_good("keys");
}

/// A machine whose user has these devices, and whose profile has these lines.
fn with_devices(serials: &[&str], lines: &str) -> Machine {
    let mut m = Machine::start();
    m.sts = Sts::start();
    let devices = Devices::Serials(serials.iter().map(|serial| (*serial).to_owned()).collect());
    m.alice = m.sts.add_user_with("alice", UserSpec { devices, ..UserSpec::default() });
    m.keys_of(&m.alice);
    m.config(&format!("[profile main]\n{lines}"));
    m.home.set("AWS_ENDPOINT_URL", m.sts.url());
    m
}

fn a_device_of_somebody_else() {
    let own = format!("mfa_serial = {ALICE}\n");
    let m = with_devices(&[PHONE], &own);
    let says = format!("{ALICE} (~/.aws/config:2) is not a device of alice");
    let advice = m.advises(
        ('✗', "device", &says),
        &of(a_device_of_somebody_else, DoctorAdvice::WriteDevice { serial: PHONE.to_owned() }),
    );
    m.config(&format!("[profile main]\n{}\n", line_or_after_colon(&advice)));
    m.is_good("device");
    let mut m = with_devices(&[PHONE, "GAHT12345678"], &own);
    let advice = of(a_device_of_somebody_else, DoctorAdvice::WriteOneDevice { profile: "main".to_owned() });
    let advice = m.advises(('✗', "device", &says), &advice);
    let listed = m.follow(&line_or_after_colon(&advice));
    assert!(listed.contains(PHONE), "{listed}");
    m.config(&format!("[profile main]\nmfa_serial = {PHONE}\n"));
    m.is_good("device");
}

fn a_profile_without_a_device() {
    let m = with_devices(&[PHONE], "");
    let header = "[profile main]".to_owned();
    let advice = of(a_profile_without_a_device, DoctorAdvice::AddDevice { header, serial: PHONE.to_owned() });
    let advice = m.advises(('!', "device", &format!("profile main names none; alice has {PHONE}")), &advice);
    let (header, line) = advice.strip_prefix("add to ").and_then(|rest| rest.split_once(": ")).expect("a line");
    m.config(&format!("{header}\n{line}\n"));
    m.is_good("device");
    let mut m = with_devices(&[PHONE, ALICE], "");
    let advice = of(a_profile_without_a_device, DoctorAdvice::AddOneDevice { profile: "main".to_owned() });
    let advice = m.advises(('!', "device", "profile main names none; alice has 2"), &advice);
    let listed = m.follow(&line_or_after_colon(&advice));
    assert!(listed.contains(PHONE) && listed.contains(ALICE), "{listed}");
    m.config(&format!("[profile main]\nmfa_serial = {PHONE}\n"));
    m.is_good("device");
}

fn a_user_without_a_device() {
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key";
    let (enroll, app) = (
        of(a_user_without_a_device, DoctorAdvice::Enroll { profile: "main".into() }),
        of(a_user_without_a_device, DoctorAdvice::EnrollApp { profile: "main".into() }),
    );
    let stale = format!("mfa_serial = {PHONE}\n");
    for (serials, lines, mark, says, advice) in [
        (&[][..], "", '!', "alice has none", &enroll),
        (&[key][..], "", '!', "alice has only security keys or passkeys", &app),
        (&[][..], &stale[..], '✗', "is not a device of alice", &enroll),
    ] {
        let m = with_devices(serials, lines);
        let advice = m.advises((mark, "device", says), advice);
        let mut terminal = Terminal::shell(Shell::Bash, &m.home.variables, m.home.path());
        terminal.type_line(&line_or_after_colon(&advice));
        terminal.expect("First code of ");
        terminal.expect(": ");
        let [first, second] = m.sts.consecutive_codes(ALICE);
        terminal.send_line(&first);
        terminal.expect("Next code");
        terminal.expect(": ");
        terminal.send_line(&second);
        terminal.expect("[y/N] ");
        terminal.send_line("y");
        let shown = terminal.expect_prompt();
        if !lines.is_empty() {
            // The device that the file names is not replaced without asking.
            m.config(&format!("[profile main]\nmfa_serial = {ALICE}\n"));
        }
        let config = fs::read_to_string(m.home.path().join(".aws/config")).expect("the file");
        assert!(config.contains(ALICE), "{shown}");
        m.is_good("device");
    }
}

/// So it need not be followed once more.
fn what_it_says_about_the_files_is_what_a_sign_in_says() {
    let home = |config: &str, credentials: &str| {
        let mut home = Home::with(config, credentials);
        home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home
    };
    let keys = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let mut without_files = home("", "");
    fs::remove_dir_all(without_files.path().join(".aws")).expect("the files");
    let mut relative = home("", keys);
    relative.set("HOME", "somewhere");
    without_files.set("AWS_CONFIG_FILE", "/nonexistent/config");
    for (home, check) in [
        (without_files, "files"),
        (relative, "files"),
        (home("[profile mian]\nregion = x\n", ""), "profile"),
        (home("[profile main]\nrole_arn = admin\nsource_profile = other\n", keys), "profile"),
        (home("[profile main]\nmfa_serial = alice\n", keys), "profile"),
        (home("[profile main]\nsource_profile = main\nrole_arn = arn:aws:iam::123456789012:role/x\n", ""), "profile"),
        (home("[profile main]\n", "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"), "profile"),
        (home("[profile main]\n = x\n", keys), "profile"),
    ] {
        let explained = Program::new(&home, ["explain", "main"]).command();
        let explained = shells::finish(explained);
        let said = String::from_utf8_lossy(&explained.stderr).into_owned();
        assert!(!explained.status.success() && said.starts_with("mfa-env: "), "{explained}");
        let ran = bash(&home, "mfa-env doctor main; exit");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let mut lines = said.lines();
        let what = lines.next().expect("a line").strip_prefix("mfa-env: ").expect("a message");
        let mut shown = text.lines().skip_while(|line| *line != format!("✗ {check:<12} {what}"));
        assert!(shown.next().is_some(), "{what}\n{text}");
        for line in lines {
            assert_eq!(shown.next().map(str::trim), Some(line.trim()), "{text}");
        }
    }
}

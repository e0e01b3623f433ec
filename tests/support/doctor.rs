//! What `doctor` says in a bash with the function `aws-mfa`, and whether its advice helps.

use super::home::{Home, credentials_section};
use super::program::{Program, path_with_program};
use super::shells;
use super::sts::{Sts, User};
use super::typed_lines;
use mfa_env::commands::DoctorAdvice;

/// The states of each line. The others cannot be: the function and the cache only save work, so nothing about them makes a
/// sign-in fail; and the way to a proxy or a name either works or does not.
const STATES: &str = "files ✓!✗ profile ✓!✗ environment ✓!✗ shell ✓! cache ✓! proxy ✓✗ DNS ✓✗ TLS ✓!✗ endpoint ✓!✗ \
                      clock ✓!✗ keys ✓!✗ device ✓!✗";

/// A machine with the profile `main`, whose keys and device are alice's. A code was entered already, so that no sign-in
/// asks.
pub struct Machine {
    pub sts: Sts,
    pub alice: User,
    pub home: Home,
}

/// One line of `doctor`.
#[derive(Debug)]
pub struct Finding {
    pub mark: char,
    pub check: String,
    pub message: String,
    /// As it is printed, without the indentation.
    pub advice: String,
}

impl Machine {
    pub fn start() -> Machine {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.set("AWS_ENDPOINT_URL", sts.url()).set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
        home.variables.remove(std::ffi::OsStr::new("AWS_ENDPOINT_URL_STS"));
        let machine = Machine { sts, alice, home };
        machine.close_credentials();
        let code = machine.sts.code(&machine.alice.mfa_serial);
        Program::new(&machine.home, ["main", "--code", &code, "--shell", "sh"]).signs_in().run();
        machine
    }

    pub fn set(&mut self, name: &str, value: impl Into<std::ffi::OsString>) -> &mut Self {
        self.home.set(name, value);
        self
    }

    pub fn unset(&mut self, name: &str) {
        self.home.variables.remove(std::ffi::OsStr::new(name));
    }

    /// Writes `~/.aws/config`.
    pub fn config(&self, text: &str) {
        self.home.write(".aws/config", text);
    }

    /// Gives the profile `main` the keys of a user.
    pub fn keys_of(&self, user: &User) {
        self.home.write(".aws/credentials", credentials_section("main", user));
        self.close_credentials();
    }

    fn close_credentials(&self) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.path().join(".aws/credentials");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// Types a line, which must succeed.
    #[track_caller]
    pub fn follow(&mut self, line: &str) -> String {
        typed_lines::follow(&mut self.home, line)
    }

    /// What `aws-mfa doctor main` finds.
    #[track_caller]
    pub fn findings(&self) -> Vec<Finding> {
        findings(&typed_lines::bash(&self.home, "aws-mfa doctor main"), &self.alice)
    }

    /// Asserts that a line has this mark and text, and this advice, whose case is `test`. Returns the advice.
    #[track_caller]
    pub fn advises(&self, line: (char, &str, &str), advice: &DoctorAdvice) -> String {
        advised(&self.findings(), line, advice)
    }

    /// The same, if the advice is that of an error or a problem, whose texts have tests of their own.
    #[track_caller]
    pub fn finds(&self, line: (char, &str, &str)) -> String {
        finding(&self.findings(), line).advice
    }

    /// Asserts that every line of a check has a ✓.
    #[track_caller]
    pub fn is_good(&self, check: &str) {
        let findings = self.findings();
        let of_check: Vec<&Finding> = findings.iter().filter(|finding| finding.check == check).collect();
        assert!(!of_check.is_empty() && of_check.iter().all(|finding| finding.mark == '✓'), "{check}: {findings:#?}");
    }

    /// Asserts that the lines from the proxy on are these: `✓ proxy, ✗ DNS`. Returns the last one.
    #[track_caller]
    pub fn shows(&self, lines: &str) -> Finding {
        let mut found: Vec<Finding> = self.findings().into_iter().filter(|found| is_of_network(&found.check)).collect();
        let shown: Vec<String> = found.iter().map(|finding| format!("{} {}", finding.mark, finding.check)).collect();
        assert_eq!(shown.join(", "), lines, "{found:#?}");
        found.pop().expect("a line")
    }
}

fn is_of_network(check: &str) -> bool {
    ["proxy", "DNS", "TLS", "endpoint", "clock", "keys", "device"].contains(&check)
}

/// Reads what `doctor` has printed.
#[track_caller]
pub fn findings(ran: &shells::Outcome, user: &User) -> Vec<Finding> {
    let text = String::from_utf8(ran.stdout.clone()).expect("text");
    assert!(!text.contains(&user.secret_access_key), "{text}");
    let mut findings: Vec<Finding> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("               "), findings.last_mut()) {
            (Some(advice), Some(finding)) => {
                finding.advice.push_str(if finding.advice.is_empty() { "" } else { "\n" });
                finding.advice.push_str(advice);
            }
            _ => {
                let mut words = line.splitn(3, ' ');
                let (mark, check) = (words.next().expect("a mark"), words.next().expect("a check"));
                let (mark, message) = (mark.chars().next().expect("a mark"), words.next().unwrap_or_default().trim());
                let (check, message, advice) = (check.to_owned(), message.to_owned(), String::new());
                findings.push(Finding { mark, check, message, advice });
            }
        }
    }
    let states: Vec<&str> = STATES.split(' ').collect();
    let is_state =
        |found: &Finding| states.chunks(2).any(|line| line[0] == found.check && line[1].contains(found.mark));
    assert!(findings.iter().all(is_state), "{text}");
    let status = i32::from(findings.iter().any(|finding| finding.mark == '✗'));
    assert_eq!((ran.status.code(), ran.stderr.len()), (Some(status), 0), "{ran}");
    findings
}

/// Asserts that a line is there with this advice, and returns the advice.
#[track_caller]
pub fn advised(findings: &[Finding], line: (char, &str, &str), advice: &DoctorAdvice) -> String {
    let printed = finding(findings, line).advice;
    assert_eq!(printed, advice.to_string());
    printed
}

#[track_caller]
fn finding(findings: &[Finding], (mark, check, part): (char, &str, &str)) -> Finding {
    let is_meant =
        |finding: &&Finding| (finding.mark, &finding.check[..]) == (mark, check) && finding.message.contains(part);
    let found = findings.iter().find(is_meant).unwrap_or_else(|| panic!("{mark} {check} {part:?}: {findings:#?}"));
    let Finding { mark, check, message, advice } = found;
    Finding { mark: *mark, check: check.clone(), message: message.clone(), advice: advice.clone() }
}

/// The line to type in `set the clock with: LINE`.
#[track_caller]
pub fn line_of(advice: &str) -> &str {
    let first = advice.lines().find_map(|line| line.split_once("with: "));
    first.unwrap_or_else(|| panic!("no line: {advice}")).1
}

//! No code, files, devices, and what single commands refuse.

use crate::support::messages::{Case, DEVICE, SECOND_DEVICE, SECURITY_KEY, USER, case, config, credentials, path};
use mfa_env::error::{
    ConsoleError, DeviceError, Error, FileError, NoCode, NoMatch, SaveError, SetupError, UnexpectedResponse,
};
use std::io::ErrorKind;

pub fn cases() -> Vec<Case> {
    [codes(), files(), devices(), saved(), consoles(), patterns(), setups()].into_iter().flatten().collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn codes() -> Vec<Case> {
    let no_input = |has_view, device| NoCode::NoInput { profile: text("prod"), has_view, device };
    let process = |problem: &str| NoCode::Process { profile: text("main"), origin: config(3), problem: text(problem) };
    vec![
        case("no terminal", NoCode::NoTerminal),
        case("no terminal, for a role", NoCode::NoTerminalForRole { device: config(2) }),
        case("in the background", NoCode::Background),
        case("nobody may be asked", no_input(false, None)),
        case("nobody may be asked, for a role", no_input(false, Some(config(2)))),
        case("nobody may be asked, with a view", no_input(true, None)),
        case("a program owns the terminal", NoCode::TerminalInUse { profile: text("prod"), has_view: false }),
        case("nothing entered", NoCode::NothingEntered),
        case("something else entered", NoCode::NotSixDigits),
        case("nothing on stdin", NoCode::StdinEmpty),
        case("a broken terminal", NoCode::Terminal(text("input/output error"))),
        case("too late", NoCode::TimedOut { seconds: 600 }),
        case("a used code", NoCode::UsedAlready { next_in: 17 }),
        case("a used code of `mfa_process`", NoCode::ProcessUsedAlready { profile: text("main"), next_in: 17 }),
        case("no code of `mfa_process`", process("printed nothing")),
        case("a question without an answer", NoCode::NoAnswer),
        case("a question with another answer than yes", NoCode::NotConfirmed),
        case("another process is asking", NoCode::LockHeld { seconds: 0 }),
        case("another process is asking for long", NoCode::LockHeld { seconds: 600 }),
        case("a defect", Error::Unexpected(text("the plan has no call"))),
    ]
}

fn files() -> Vec<Case> {
    let denied = || text("permission denied");
    let full = || text("no space left on device");
    let started = |problem| FileError::NotStarted { program: text("terraform"), problem };
    vec![
        case("a file that cannot be read", FileError::Unreadable { path: path("config"), problem: denied() }),
        case("a directory", FileError::NotAFile { path: path("config"), kind: "a directory" }),
        case("a huge file", FileError::TooLarge { path: path("config"), limit: 16_000_000 }),
        case("a file that cannot be written", FileError::NotWritten { path: path("credentials"), problem: full() }),
        case(
            "a file that must not be replaced",
            FileError::NotReplaced {
                path: path("credentials"),
                variable: "AWS_SHARED_CREDENTIALS_FILE",
                problem: text("is a hard link, of which another name exists"),
            },
        ),
        case("a limit", FileError::Exhausted(text("too many open files"))),
        case("stdout", FileError::Stdout(full())),
        case("stdin", FileError::Stdin(text("input/output error"))),
        case("stdin of `why`", FileError::TextNotRead(text("input/output error"))),
        case("a file for `why`", FileError::TextUnreadable { path: "plan.log".into(), problem: denied() }),
        case("a command that does not exist", started(ErrorKind::NotFound)),
        case("a command without permission", started(ErrorKind::PermissionDenied)),
        case("the output of `each`", FileError::NotStored(full())),
        case("the token of `serve`", FileError::NoTokenFile { problem: denied() }),
        case("the view", FileError::NoView { problem: denied() }),
        case("a variable that could not be restored", FileError::NotRestorable { variable: "AWS_CONFIG_FILE" }),
        case("a port", FileError::NotListening { port: 9911, problem: ErrorKind::AddrInUse }),
        case("nobody reads stdout (not shown)", FileError::StdoutClosed),
        case("the caller is gone", FileError::CallerGone),
    ]
}

fn devices() -> Vec<Case> {
    let (profile, header) = (|| text("main"), || text("[profile main]"));
    let said = || text("AWS said: AccessDenied: no identity-based policy allows it");
    let serials = |serials: &[&str]| serials.iter().map(|serial| (*serial).to_owned()).collect::<Vec<_>>();
    let not_found = |serials| DeviceError::NotFound { typed: text("phone"), profile: profile(), serials };
    vec![
        case("no device", DeviceError::NoneRegistered { profile: profile() }),
        case(
            "only security keys",
            DeviceError::OnlySecurityKeys { profile: profile(), serials: serials(&[SECURITY_KEY]) },
        ),
        case(
            "several devices",
            DeviceError::Several { profile: profile(), header: header(), serials: serials(&[DEVICE, SECOND_DEVICE]) },
        ),
        case("no device of this name", not_found(serials(&[DEVICE]))),
        case("no device of this name, nor any other", not_found(serials(&[]))),
        case("a device without codes", DeviceError::NoCodes { serial: text(SECURITY_KEY) }),
        case("the root user", DeviceError::RootUser { profile: profile() }),
        case(
            "a role's keys",
            DeviceError::NotAUser {
                profile: profile(),
                arn: text("arn:aws:sts::123456789012:assumed-role/admin/alice"),
            },
        ),
        case("an odd ARN", DeviceError::UnusableSerial { serial: text("alice") }),
        case(
            "the name is taken",
            DeviceError::Exists {
                serial: text(DEVICE),
                name: text("alice"),
                said: text("AWS said: EntityAlreadyExists: MFADevice entity at the same path and name already exists."),
            },
        ),
        case(
            "a device was left",
            DeviceError::LeftBehind { serial: text(DEVICE), why: text("iam.amazonaws.com did not respond in time") },
        ),
        case("a device was perhaps created", DeviceError::PerhapsCreated { serial: text(DEVICE) }),
        case(
            "the devices may not be listed",
            DeviceError::NotListed { profile: profile(), header: header(), said: said() },
        ),
    ]
}

fn saved() -> Vec<Case> {
    let name = || text("prod");
    vec![
        case("`save` over keys", SaveError::LongTermKeys { name: name(), origin: credentials(2) }),
        case("`save` over settings", SaveError::NotOurs { name: name(), origin: credentials(2) }),
        case("`save` over several sections", SaveError::SeveralSections { name: name(), origin: credentials(1) }),
        case(
            "`save` beside another source",
            SaveError::OtherSource { name: name(), setting: text("credential_process"), origin: config(4) },
        ),
        case(
            "`save --with-region` beside a region",
            SaveError::OtherRegion { name: name(), region: text("us-east-1"), origin: config(5) },
        ),
    ]
}

fn consoles() -> Vec<Case> {
    let host = || text("signin.aws.amazon.com");
    let no_role = |roles: &[&str]| ConsoleError::NoRole {
        profile: text("main"),
        roles: roles.iter().map(|name| (*name).to_owned()).collect(),
    };
    let refused = |message: &str| ConsoleError::Refused { host: host(), status: 400, message: text(message) };
    let page = UnexpectedResponse::Page { status: 200, content_type: Some(text("text/html")) };
    vec![
        case("`console` without a role", no_role(&[])),
        case("`console` without a role, with others", no_role(&["audit", "prod"])),
        case("`console` without a role, with many", no_role(&["a", "b", "c", "d", "e", "f", "g"])),
        case("`console` is refused", refused("Token is invalid")),
        case("`console` is refused by a page", refused("")),
        case("`console` gets a page", ConsoleError::NotAnswered { host: host(), response: page }),
        case("`console` without a browser", ConsoleError::NotOpened { problem: text("could not be opened") }),
    ]
}

fn patterns() -> Vec<Case> {
    let pattern = |similar: &[&str], is_file| NoMatch::Pattern {
        pattern: text("prd-*"),
        similar: similar.iter().map(|name| (*name).to_owned()).collect(),
        is_file,
    };
    let account = |others: &[&str]| NoMatch::Account {
        account: text("123456789012"),
        others: others.iter().map(|id| (*id).to_owned()).collect(),
    };
    vec![
        case("no profile matches", pattern(&[], false)),
        case("no profile matches, but similar ones", pattern(&["prod-a", "prod-b"], false)),
        case("no profile matches the name of a file", pattern(&[], true)),
        case("none in the account", account(&["210987654321"])),
        case("none in the account, and none is known", account(&[])),
    ]
}

fn setups() -> Vec<Case> {
    let nobody = |name: Option<&str>| SetupError::NobodyToAsk { name: name.map(str::to_owned) };
    vec![
        case("`setup` without a terminal", nobody(None)),
        case("`setup` of a profile without a terminal", nobody(Some("my main"))),
        case("`setup` in a pipe", SetupError::StdoutNotTerminal),
        case(
            "`setup` of a role",
            SetupError::NotAProfile { name: text("prod"), problem: text("it assumes a role (~/.aws/config:5)") },
        ),
        case("`setup`, and somebody else was faster", SetupError::Taken { name: text("main"), origin: config(1) }),
        case(
            "`setup --csv` of another file",
            SetupError::NoKeyInFile { path: "keys.csv".into(), problem: text("has no access key") },
        ),
        case(
            "`setup` with the keys of a user that IAM does not name",
            DeviceError::NotAUser { profile: text("main"), arn: USER.replace("user/", "federated-user/") },
        ),
    ]
}

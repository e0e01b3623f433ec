//! Every command line in the README and the help topics is run, in a shell, in the order of the page.
//!
//! A block of lines begins in a shell that is signed in to `prod`, on a terminal, in a home of its own with the
//! profiles that the pages speak of. Whatever is not as on the page is in [`EXCEPTIONS`].

#![cfg(unix)]

use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, binary};
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::stub_program::{BROWSER, write_script};
use crate::support::terminal::Terminal;
use mfa_env::commands::COMMANDS;
use mfa_env::help::TOPICS;
use std::collections::BTreeSet;
use std::path::PathBuf;

trials![
    every_line_of_the_pages_works,
    every_command_in_the_text_exists,
    a_line_that_does_not_work_is_found,
    lines_are_told_from_files_and_output
];

/// What is not as on the page.
#[derive(Clone, Copy)]
enum Exception {
    /// These parts of the line are others here.
    Instead(&'static [(&'static str, &'static str)]),
    /// This is asked, and answered; `CODE` stands for a code.
    Asked(&'static [(&'static str, &'static str)]),
    /// It runs in this shell if that is installed, without the others of its block.
    In(Shell),
    /// It is run by the tests in this file, which contains that text.
    Elsewhere(&'static str, &'static str),
    /// It cannot be run by a test, for this reason.
    Never(&'static str),
}

use Exception::{Asked, Elsewhere, In, Instead, Never};

const ENDPOINT: &str = "tests/consumers/endpoint_topics.rs";
const ROTATE: &[(&str, &str)] = &[("Replace access key", "y"), ("elete", "y")];

/// Lines as on the pages, without the comment. All others run as they are, with the code for `123456`.
const EXCEPTIONS: &[(&str, Exception)] = &[
    ("cargo install --path .", Never("it compiles the program for minutes; `.ci/run` compiles it, too")),
    ("cargo test", Never("it is what runs this test")),
    ("mfa-env prod | source", In(Shell::Fish)),
    ("mfa-env prod | Out-String | Invoke-Expression", In(Shell::Pwsh)),
    ("terraform plan 2>&1 | mfa-env why", Instead(&[("terraform plan", "cat build.log")])),
    ("mfa-env setup", Elsewhere("tests/commands/setup.rs", "[\"setup\"]")),
    ("mfa-env enroll main", Elsewhere("tests/commands/enroll.rs", "[\"enroll\", \"main\"]")),
    ("mfa-env enroll main --otpauth | pass otp insert aws/main", Elsewhere("tests/commands/enroll.rs", "--otpauth")),
    ("mfa-env device resync main", Elsewhere("tests/commands/device.rs", "[\"device\", \"resync\", \"main\"]")),
    ("mfa-env device replace main", Elsewhere("tests/commands/device.rs", "[\"device\", \"replace\", \"main\"]")),
    ("mfa-env device remove main", Elsewhere("tests/commands/device.rs", "[\"device\", \"remove\", \"main\"]")),
    ("mfa-env rotate main", Asked(ROTATE)),
    ("mfa-env serve prod --port 9911", Elsewhere(ENDPOINT, "9911")),
    ("mfa-env serve prod --print-env", Elsewhere(ENDPOINT, "--print-env")),
    ("mfa-env serve prod -- docker compose up", Elsewhere(ENDPOINT, "mfa-env serve prod -- docker compose up")),
];

/// Programs of others. Here they only say whether they have a session; `tests/consumers` runs lines with the real ones.
const PROGRAMS: [&str; 8] = ["terraform", "aws", "docker", "python3", "make", "kubectl", "AGENT", "SERVER"];
const NEEDS_SESSION: &str = "case ${AWS_ACCESS_KEY_ID-}${AWS_PROFILE-}${AWS_CONTAINER_CREDENTIALS_FULL_URI-} in \
                             ('') echo no session >&2; exit 9 ;; esac";

struct Page {
    name: &'static str,
    text: String,
}

fn pages() -> Vec<Page> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = Page { name: "README.md", text: std::fs::read_to_string(readme).expect("a README") };
    let topics = TOPICS.iter().map(|topic| Page { name: topic.name, text: topic.text.to_owned() });
    std::iter::once(readme).chain(topics).collect()
}

/// The blocks of command lines of a page, without comments; a line that ends in a backslash goes on. The error is a line
/// that is neither a command nor part of a file or of output.
fn blocks(page: &Page) -> Result<Vec<Vec<String>>, String> {
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    for line in page.text.lines() {
        match line.strip_prefix("    ") {
            Some(code) => blocks.last_mut().expect("a block").push(code),
            // A blank line belongs to the code around it.
            None if line.is_empty() => {}
            None => blocks.push(Vec::new()),
        }
    }
    let starts = ["mfa-env ", "aws-mfa", "eval ", "(umask", "AWS_", "cargo ", "aws ", "kubectl ", "docker ", "terra"];
    let is_command = |line: &str| starts.iter().any(|start| line.starts_with(start));
    let mut found = Vec::new();
    for block in blocks.into_iter().filter(|block| !block.is_empty()) {
        // A file with its name, a section, JSON, or what a program printed; after it may come the command that uses it.
        let is_shown = block[0].starts_with(['#', '[', '{', '>']);
        let shown = if is_shown { block.iter().take_while(|line| !is_command(line)).count() } else { 0 };
        let lines = block[shown..].join("\n").replace("\\\n  ", "");
        if let Some(line) = lines.lines().find(|line| !is_command(line)) {
            return Err(format!("{}: neither a command nor a file: {line}", page.name));
        }
        found.push(lines.lines().map(|line| without_comment(line).to_owned()).collect());
    }
    found.retain(|lines: &Vec<String>| !lines.is_empty());
    Ok(found)
}

/// The command of a line; a comment follows after three blanks.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    line.split_once("   ").map_or(line, |(command, _)| command).trim_end()
}

/// What the pages speak of.
struct World {
    sts: Sts,
    device: String,
    home: Home,
}

impl World {
    fn new() -> World {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let spec = || RoleSpec { requires_mfa: true, max_session_duration: 14_400, ..RoleSpec::default() };
        let admin = sts.add_role("admin", spec());
        let audit = sts.add_role("audit", spec());
        let deploy = sts.add_role("deploy", RoleSpec::default());
        let roles = [
            ("prod", &*admin, "region = eu-central-1"),
            ("audit", &audit, "region = us-east-1"),
            ("prod-eu", &admin, "region = eu-central-1"),
            ("prod-us", &admin, "region = us-east-1"),
            ("long", &admin, "duration_seconds = 14400"),
        ];
        let mut home = Home::with_user(&sts, &alice, &roles);
        let file = |name: &str| std::fs::read_to_string(home.path().join(".aws").join(name)).expect("a file");
        let of_deploy = format!("[profile deploy]\nrole_arn = {deploy}\nsource_profile = keys\n[profile keys]\n");
        home.write(".aws/config", file("config") + &of_deploy);
        home.write(".aws/credentials", file("credentials") + &credentials_section("keys", &alice));
        home.write(
            "build.log",
            "Error: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.\n",
        );
        home.write(".local/bin/.keep", "");
        for program in PROGRAMS {
            write_script(&home, &format!("tools/{program}"), NEEDS_SESSION);
        }
        write_script(&home, "tools/terragrunt", "shift 2; sh -c \"$1\" | grep -q ACCESS_KEY_ID");
        write_script(&home, "tools/xdg-open", BROWSER);
        write_script(&home, "backup.sh", NEEDS_SESSION);
        let folders = [binary().parent().expect("a folder").to_owned(), home.path().join("tools")];
        let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
        home.set("PATH", std::env::join_paths(folders.iter().chain(&system)).expect("a PATH"));
        home.set("LC_ALL", "C.UTF-8").set("AWS_ENDPOINT_URL_IAM", sts.url()).set("AWS_ENDPOINT_URL_SIGNIN", sts.url());
        let github = home.write("github", "");
        home.set("GITHUB_ENV", github).set("DISPLAY", ":0");
        let code = sts.code(&alice.mfa_serial);
        Program::new(&home, ["exec", "prod", "-q", "--code", &code, "--", "true"]).run();
        let code = sts.code(&alice.mfa_serial);
        Program::new(&home, ["exec", "long", "-q", "--code", &code, "--", "true"]).run();
        World { sts, device: alice.mfa_serial, home }
    }

    fn shell(&self, shell: Shell) -> Terminal {
        let mut terminal = Terminal::shell(shell, &self.home.variables, self.home.path());
        terminal.run_line("eval \"$(mfa-env init bash)\"");
        terminal.run_line("aws-mfa prod");
        terminal
    }
}

fn exception(line: &str) -> Option<Exception> {
    EXCEPTIONS.iter().find(|(other, _)| *other == line).map(|(_, exception)| *exception)
}

/// Runs the lines of a block; the error says which one failed, and what the terminal showed.
fn run_block(lines: &[String]) -> Result<(), String> {
    let world = World::new();
    let mut terminal = None;
    for line in lines {
        let (mut typed, mut asked) = (line.clone(), &[][..]);
        match exception(line) {
            None => {}
            Some(Instead(parts)) => parts.iter().for_each(|(on_page, here)| typed = typed.replace(on_page, here)),
            Some(Asked(questions)) => asked = questions,
            Some(In(shell)) => {
                run_in(shell, line)?;
                continue;
            }
            Some(Elsewhere(file, text)) => {
                let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
                let source = std::fs::read_to_string(path).expect("the file of the tests");
                if !source.contains(text) {
                    return Err(format!("{line}: {file} does not contain {text}"));
                }
                continue;
            }
            Some(Never(reason)) => {
                assert!(reason.len() > 10);
                continue;
            }
        }
        let terminal = terminal.get_or_insert_with(|| world.shell(Shell::Bash));
        if typed.contains("123456") {
            // Three codes are valid at any moment, and lines before may have used them.
            world.sts.advance(90);
            typed = typed.replace("123456", &world.sts.code(&world.device));
        }
        if typed.contains("< file") {
            world.sts.advance(90);
            world.home.write("file", world.sts.code(&world.device) + "\n");
        }
        terminal.type_line(&format!("{typed}; echo \"status\" $?."));
        for (question, answer) in asked {
            terminal.expect(question);
            terminal.send_line(answer);
        }
        terminal.expect("status ");
        let status = terminal.expect(".");
        if status != "0." {
            return Err(format!("{line}: status {status}\n{}", terminal.output()));
        }
        terminal.expect_prompt();
    }
    Ok(())
}

/// Runs a line that evaluates the session in another shell, if it is installed.
fn run_in(shell: Shell, line: &str) -> Result<(), String> {
    if !shells::installed().contains(&shell) {
        return Ok(());
    }
    let world = World::new();
    let outcome =
        shell.run(&format!("{line}\n{}", shell.show("AWS_ACCESS_KEY_ID")), &world.home.variables, world.home.path());
    let is_signed_in = outcome.status.success() && outcome.stdout.starts_with(b"ASIA");
    if is_signed_in { Ok(()) } else { Err(format!("{line}: {outcome}")) }
}

fn every_line_of_the_pages_works() {
    let all = pages()
        .into_iter()
        .flat_map(|page| blocks(&page).expect("commands and files").into_iter().map(move |block| (page.name, block)));
    let blocks: Vec<(&str, Vec<String>)> = all.collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let run = |(name, block): &(&str, Vec<String>)| Some(format!("{name}: {}", run_block(block).err()?));
        let threads: Vec<_> = blocks.iter().map(|block| scope.spawn(move || run(block))).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("no panic")).collect()
    });
    let seen: BTreeSet<String> = blocks.into_iter().flat_map(|(_, block)| block).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(seen.len() > 60, "{seen:?}");
    let gone: Vec<&str> = EXCEPTIONS.iter().map(|(line, _)| *line).filter(|line| !seen.contains(*line)).collect();
    assert!(gone.is_empty(), "these lines are on no page: {gone:?}");
}

/// The commands in backticks outside of blocks: their names and options.
fn every_command_in_the_text_exists() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages() {
        let text: Vec<&str> = page.text.lines().filter(|line| !line.starts_with("    ")).collect();
        for span in text.join(" ").split('`').skip(1).step_by(2) {
            let Some(words) = span.strip_prefix("mfa-env ").or_else(|| span.strip_prefix("aws-mfa ")) else { continue };
            count += 1;
            if let Err(problem) = check_words(words.split('\\').next().unwrap_or_default()) {
                wrong.push(format!("{}: `{span}`: {problem}", page.name));
            }
        }
    }
    assert!(wrong.is_empty() && count > 80, "{count}\n{}", wrong.join("\n"));
    for words in ["nosuch", "list --nosuch", "exec prod --nosuch make", "help nosuch"] {
        assert!(check_words(words).is_err(), "{words}");
    }
}

/// Whether a command line can be parsed, and its first word is a command, an option, a code or a profile of the pages.
fn check_words(words: &str) -> Result<(), String> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion, MissingRequiredArgument};
    let words: Vec<&str> = words.split_whitespace().collect();
    let is_command = |word: &str| COMMANDS.iter().any(|command| command.is_listed() && command.name == word);
    let is_placeholder = |word: &str| word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match words.as_slice() {
        ["help", topic] if !is_command(topic) && !is_placeholder(topic) && mfa_env::help::topic(topic).is_none() => {
            return Err("no such topic".to_owned());
        }
        [first, ..] if is_command(first) || is_placeholder(first) || first.starts_with('-') => {}
        ["prod" | "main" | "deploy", ..] => {}
        _ => return Err("neither a command nor a profile of the pages".to_owned()),
    }
    let typed = std::iter::once("mfa-env").chain(words.iter().copied());
    match mfa_env::commands::clap_program().try_get_matches_from(typed) {
        Err(e) if matches!(e.kind(), DisplayHelp | DisplayVersion) => Ok(()),
        // The name of a command alone stands for the command.
        Err(e) if e.kind() == MissingRequiredArgument && words.len() == 1 => Ok(()),
        Err(e) => Err(e.to_string().lines().next().unwrap_or_default().to_owned()),
        Ok(_) => Ok(()),
    }
}

fn a_line_that_does_not_work_is_found() {
    for line in ["mfa-env explain nosuch", "aws-mfa prod --nosuch", "eval \"$(mfa-env nosuch)\" && terraform apply"] {
        let problem = run_block(&[line.to_owned()]).expect_err(line);
        assert!(problem.starts_with(line), "{problem}");
    }
}

fn lines_are_told_from_files_and_output() {
    let page = |text: &str| Page { name: "page", text: text.to_owned() };
    let text = "Text:\n\n    # file\n    services:\n      app:\n\n    mfa-env list      a comment\n    docker run \\\n\
                \x20     -e X\n\nMore:\n\n    [profile a]\n    x = y\n\n    [b]\n    x = y\n";
    assert_eq!(blocks(&page(text)), Ok(vec![vec!["mfa-env list".to_owned(), "docker run -e X".to_owned()]]));
    let unknown = "page: neither a command nor a file: nosuch command".to_owned();
    assert_eq!(blocks(&page("Text:\n\n    nosuch command\n")), Err(unknown));
}

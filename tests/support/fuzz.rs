//! Fuzzing: the inputs of a target are its corpus, which holds whatever has failed before, and then mutations of valid
//! inputs. The mutations are the same in every run with the same seed.

use super::shells::{self, Outcome};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

/// The number of mutations for each target, if `MFA_ENV_TEST_FUZZ_CASES` does not set it.
const CASES: u32 = 40;
/// The seed, if `MFA_ENV_TEST_FUZZ_SEED` does not set it.
const SEED: u64 = 1;
/// The program must end within this time when it is not waiting for a response.
const LIMIT: Duration = Duration::from_secs(2);
/// The exit statuses that an input may lead to. 1 would be a bug.
const STATUSES: [i32; 7] = [0, 2, 3, 4, 5, 6, 7];

/// A target: what is mutated, and how.
pub struct Target {
    /// The inputs that have failed before: one on each line, escaped as in a byte string. `#` begins a comment.
    pub corpus: &'static str,
    /// The inputs that are mutated.
    pub valid: Vec<Vec<u8>>,
    /// Text that mutations insert.
    pub dictionary: &'static [&'static str],
}

/// The result of a check; an error is the reason why the input failed.
pub type Checked = Result<(), String>;

impl Target {
    /// Checks every input. Panics with the smallest failing one, in the form of a line of the corpus.
    pub fn run(self, check: impl Fn(&[u8]) -> Checked) {
        for line in self.corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            check(&unescape(line)).unwrap_or_else(|reason| panic!("input of the corpus: {line}\n{reason}"));
        }
        for input in &self.valid {
            check(input).unwrap_or_else(|reason| panic!("valid input: {}\n{reason}", input.escape_ascii()));
        }
        let cases = number("MFA_ENV_TEST_FUZZ_CASES", CASES.into()).try_into().expect("a number of cases");
        let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number("MFA_ENV_TEST_FUZZ_SEED", SEED).to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let run =
            runner.run(&mutations(self.valid, self.dictionary), |input| check(&input.0).map_err(TestCaseError::fail));
        run.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Runs the program, and checks what holds for every input: no panic, no hang, and an exit status of the table.
pub fn outcome(command: impl Fn() -> Command) -> Result<Outcome, String> {
    outcome_or(&[], command)
}

/// The same, for arguments that may also lead to other exit statuses.
pub fn outcome_or(also: &[i32], command: impl Fn() -> Command) -> Result<Outcome, String> {
    // A loaded machine can delay any process once; a hang happens every time.
    let mut attempts = (0..3).map(|_| {
        let start = Instant::now();
        (shells::finish(command()), start.elapsed())
    });
    let (outcome, elapsed) =
        attempts.find(|(_, elapsed)| *elapsed < LIMIT).ok_or("took longer than 2 s three times")?;
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let problem = match outcome.status.code() {
        _ if stderr.contains("a bug in mfa-env") => "a panic",
        Some(code) if STATUSES.contains(&code) || also.contains(&code) => return printable(&stderr).map(|()| outcome),
        _ => "an exit status that is not in the table",
    };
    Err(format!("{problem} after {elapsed:?}: {outcome}"))
}

/// No untrusted text reaches the terminal unescaped.
fn printable(stderr: &str) -> Checked {
    let is_allowed = |c: char| c == '\n' || c == '\t' || !(c.is_control() || "\u{202e}\u{2066}\u{200f}".contains(c));
    if stderr.chars().all(is_allowed) { Ok(()) } else { Err(format!("control characters on stderr: {stderr:?}")) }
}

/// Checks stdout against the exit status: on failure, it is nothing but the failure statement of `--shell sh`.
pub fn no_statements_on_failure(outcome: &Outcome) -> Checked {
    let status = outcome.status.code().unwrap_or_default();
    let is_right = status == 0 || outcome.stdout == super::failure_statement::of("sh", status).as_bytes();
    if is_right { Ok(()) } else { Err(format!("not the failure statement: {outcome}")) }
}

/// Checks the session in the text for `--shell sh`: its values need no quoting in any shell.
pub fn session_needs_no_quotes(outcome: &Outcome) -> Checked {
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    let value = |name: &str| stdout.split_once(&format!(" {name}='")).and_then(|(_, rest)| rest.split_once('\''));
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"] {
        let is_safe = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+=_.:~%@,-".contains(&b));
        let value = value(name).map(|(value, _)| value);
        let is_right = !outcome.status.success() || value.is_some_and(|text| !text.is_empty() && is_safe(text));
        ensure(is_right, || format!("{name} is {value:?}: {outcome}"))?;
    }
    Ok(())
}

/// An error with this text unless a condition holds.
pub fn ensure(condition: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if condition { Ok(()) } else { Err(otherwise()) }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")))
}

/// Valid inputs after up to five edits.
fn mutations(valid: Vec<Vec<u8>>, dictionary: &'static [&'static str]) -> impl Strategy<Value = Input> {
    let token = prop_oneof![
        4 => select(dictionary).prop_map(|text| text.as_bytes().to_vec()),
        2 => super::hostile::strings().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    let edit = prop_oneof![
        4 => (any::<Index>(), token).prop_map(|(at, text)| Edit::Insert(at, text)),
        2 => (any::<Index>(), 1..12_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (any::<Index>(), 1..80_usize, 2..9_usize).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        1 => any::<Index>().prop_map(Edit::Truncate),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
    ];
    (select(valid), prop::collection::vec(edit, 1..6))
        .prop_map(|(input, edits)| Input(edits.into_iter().fold(input, |input, edit| edit.apply(input))))
}

/// Shown as a line of the corpus.
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// One change of an input.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Truncate(Index),
    Replace(Index, u8),
}

impl Edit {
    fn apply(self, mut input: Vec<u8>) -> Vec<u8> {
        let place = |at: Index| at.index(input.len() + 1);
        match self {
            Edit::Insert(at, text) => drop(input.splice(place(at)..place(at), text)),
            Edit::Remove(at, length) => {
                let start = place(at);
                drop(input.drain(start..(start + length).min(input.len())));
            }
            Edit::Repeat(at, length, times) => {
                let start = place(at);
                let part = input[start..(start + length).min(input.len())].repeat(times);
                input.splice(start..start, part);
            }
            Edit::Truncate(at) => input.truncate(place(at)),
            Edit::Replace(at, byte) => {
                let at = place(at);
                input.get_mut(at).into_iter().for_each(|old| *old = byte);
            }
        }
        input
    }
}

/// Reads what `escape_ascii` writes.
fn unescape(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'\\' {
            escaped(&mut rest).unwrap_or_else(|| panic!("an escape in {line}"))
        } else {
            byte
        });
    }
    bytes
}

/// The byte that an escape without its backslash stands for.
fn escaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match rest.next()? {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        byte @ (b'\\' | b'\'' | b'"') => Some(byte),
        b'x' => {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
        }
        _ => None,
    }
}

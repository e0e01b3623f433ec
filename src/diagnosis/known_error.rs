//! The table of known errors, and how a text is compared with one.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("known_errors.txt");

/// In bytes. A part of a text that stands for something is not longer.
const LONGEST_PART: usize = 300;

/// The part that is a line to type, of several words.
const LINE: &str = "line";

/// The parts that contain no blank.
const WORDS: [&str; 4] = ["host", "server", "arn", "action"];

/// A row of the table.
#[derive(Clone, Debug)]
pub struct KnownError {
    /// Its name, for programs.
    pub name: &'static str,
    /// Which facts about a shell explain it.
    pub kind: Kind,
    /// How many reasons programs may have to say it: 0 for one.
    pub breadth: u8,
    /// What is certain, whatever the shell is like; empty if the row says nothing by itself.
    pub cause: &'static str,
    /// A possible reason for the cause.
    pub possibly: Option<&'static str>,
    /// What to do, and the line to type, with names in braces.
    pub advice: Vec<(&'static str, Option<&'static str>)>,
    /// What programs print.
    pub(super) patterns: Vec<Pattern>,
}

/// The kinds of errors that are explained by the same facts about a shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The row says all.
    #[default]
    AsItSays,
    /// A session has expired.
    Expired,
    /// AWS does not accept the access key or the token.
    UnknownKey,
    /// The signature is wrong.
    WrongSecret,
    /// The time of the request is wrong.
    Clock,
    /// A program found no credentials.
    NoCredentials,
    /// A program cannot ask for a code.
    CodeNeeded,
    /// A profile does not exist.
    ProfileNotFound,
    /// A profile is wrong.
    ProfileBroken,
    /// A policy does not allow a call.
    Denied,
    /// A role cannot be assumed.
    RoleRefused,
    /// IAM Identity Center needs a sign-in.
    Sso,
    /// `aws login` is needed.
    Login,
    /// mfa-env itself has said what to type.
    OwnLine,
    /// A `credential_process` failed.
    Process,
    /// A file does not exist, which may be that of a `credential_process`.
    ProcessMissing,
    /// There is no region.
    NoRegion,
    /// The region is wrong.
    Region,
    /// The region is wrong, and AWS names the right one.
    RegionNamed,
    /// There is no connection to an endpoint.
    Unreachable,
    /// There is no connection to the proxy.
    Proxy,
    /// A certificate is not trusted.
    Certificate,
    /// A Kubernetes cluster does not accept a token.
    Kubectl,
    /// A registry does not accept a password.
    Registry,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "expired" => Kind::Expired,
            "unknown-key" => Kind::UnknownKey,
            "wrong-secret" => Kind::WrongSecret,
            "clock" => Kind::Clock,
            "no-credentials" => Kind::NoCredentials,
            "code-needed" => Kind::CodeNeeded,
            "profile-not-found" => Kind::ProfileNotFound,
            "profile-broken" => Kind::ProfileBroken,
            "denied" => Kind::Denied,
            "role-refused" => Kind::RoleRefused,
            "sso" => Kind::Sso,
            "login" => Kind::Login,
            "own-line" => Kind::OwnLine,
            "process" => Kind::Process,
            "process-missing" => Kind::ProcessMissing,
            "no-region" => Kind::NoRegion,
            "region" => Kind::Region,
            "region-named" => Kind::RegionNamed,
            "unreachable" => Kind::Unreachable,
            "proxy" => Kind::Proxy,
            "certificate" => Kind::Certificate,
            "kubectl" => Kind::Kubectl,
            "registry" => Kind::Registry,
            _ => return None,
        })
    }
}

/// The rows, in the order of the table.
///
/// # Panics
/// If the table is malformed, which a test excludes.
pub fn known_errors() -> Vec<KnownError> {
    let mut rows: Vec<KnownError> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            rows.push(KnownError {
                name,
                kind: Kind::default(),
                breadth: 0,
                cause: "",
                possibly: None,
                advice: Vec::new(),
                patterns: Vec::new(),
            });
            continue;
        }
        let row = rows.last_mut().expect("a row begins with its name");
        match line.split_once(": ") {
            Some(("text", text)) => row.patterns.push(Pattern::of(text, false)),
            Some(("code", code)) => row.patterns.push(Pattern::of(code, true)),
            Some(("kind", kind)) => row.kind = Kind::named(kind).expect("a kind"),
            Some(("broad", breadth)) => row.breadth = breadth.parse().expect("a number"),
            Some(("cause", cause)) => row.cause = cause,
            Some(("maybe", reason)) => row.possibly = Some(reason),
            Some(("do", advice)) => row.advice.push(match advice.split_once(" | ") {
                Some((what, line)) => (what, Some(line)),
                None => (advice, None),
            }),
            _ => panic!("`{line}` is not a line of the table"),
        }
    }
    rows
}

/// A text with parts that differ.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    /// Whether it is only the code of an error, which must be a word of its own.
    pub(super) is_word: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(&'static str),
    Part(&'static str),
}

/// What a pattern has matched: where it ends, and its parts.
pub(super) struct Match {
    pub(super) end: usize,
    pub(super) parts: BTreeMap<&'static str, String>,
    /// The last part, if it may go on in the next line, and what it would be with one, two or more lines.
    pub(super) cut: Option<CutPart>,
}

/// A part that a line break may have cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CutPart {
    pub(super) name: &'static str,
    /// What it may be, the shortest first.
    pub(super) candidates: Vec<String>,
}

/// In bytes. Nobody has a wider terminal.
const WIDEST_LINE: usize = 200;

impl Pattern {
    fn of(text: &'static str, is_word: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            // A brace of the text itself.
            let Some((name, end)) = after.split_once('}').filter(|(name, _)| is_name(name)) else { break };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal));
            }
            pieces.push(Piece::Part(name));
            rest = end;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest));
        }
        Pattern { pieces, is_word }
    }

    /// The first two bytes of every text that it matches, if no line is broken between them. Patterns begin with a
    /// literal, so that they can be looked up by it.
    pub(super) fn first_bytes(&self) -> [u8; 2] {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => [text.as_bytes()[0], text.as_bytes()[1]],
            _ => panic!("a pattern begins with a literal"),
        }
    }

    /// The first eight bytes of every text that it matches, if no line is broken within them.
    pub(super) fn prefix(&self) -> Option<[u8; 8]> {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text.as_bytes().first_chunk().copied(),
            Some(Piece::Part(_)) | None => None,
        }
    }

    /// The match that begins at `start`. In the text, a line break may stand for a blank, or be within a word, because
    /// programs and terminals wrap lines.
    pub(super) fn matches(&self, text: &str, start: usize) -> Option<Match> {
        let bytes = text.as_bytes();
        let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if self.is_word && start > 0 && is_word(bytes.get(start - 1)) {
            return None;
        }
        let mut parts = BTreeMap::new();
        let mut cut = None;
        let mut end = start;
        let mut width = None;
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(literal) => {
                    let mut broken = None;
                    end = literal_at(bytes, end, literal.as_bytes(), &mut broken)?;
                    width = width.max(broken.map(|at| at - line_start(text, at)));
                }
                Piece::Part(name) => {
                    let next = match pieces.peek() {
                        Some(Piece::Literal(literal)) => {
                            literal_after(bytes, end, literal.as_bytes(), WORDS.contains(name))?
                        }
                        Some(Piece::Part(_)) => return None,
                        None if *name == LINE => line_end(text, end),
                        None => word_end(text, end),
                    };
                    let mut next = next;
                    let is_last = pieces.peek().is_none();
                    if is_last && let Some(width) = width {
                        next = end_of_broken(text, end, next, width);
                    }
                    let part = text.get(end..next)?.replace('\n', "").trim_end_matches(['.', ':']).to_owned();
                    // A line that is broken at a blank, or begins with one, is shown without it.
                    let is_full = width.is_none_or(|width| next - line_start(text, next) + 2 >= width);
                    if is_last && is_full {
                        cut = cut_part(name, text, end, next);
                    }
                    // A name that occurs twice stands for the same.
                    if parts.get(name).is_some_and(|before| *before != part) {
                        return None;
                    }
                    parts.insert(*name, part);
                    end = next;
                }
            }
        }
        let is_match = !(self.is_word && is_word(bytes.get(end)));
        is_match.then_some(Match { end, parts, cut })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// The end of the literal that begins at `at`. `broken` becomes the place of a line break within a word.
fn literal_at(text: &[u8], mut at: usize, literal: &[u8], broken: &mut Option<usize>) -> Option<usize> {
    let is_blank = |at: usize| matches!(text.get(at), Some(b' ' | b'\n'));
    for (i, byte) in literal.iter().enumerate() {
        if *byte == b' ' {
            if !is_blank(at) {
                return None;
            }
            while is_blank(at) {
                at += 1;
            }
            continue;
        }
        while i > 0 && text.get(at) == Some(&b'\n') {
            *broken = Some(at);
            at += 1;
        }
        if text.get(at) != Some(byte) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Where the literal begins that follows a part which begins at `start`, and is a word if `is_word`.
fn literal_after(text: &[u8], start: usize, literal: &[u8], is_word: bool) -> Option<usize> {
    let mut last = text.len().min(start + LONGEST_PART);
    // Beyond the end of the word, a long text would be looked through at each of its places.
    if is_word && let Some(blank) = text[start..last].iter().position(|b| *b == b' ') {
        last = start + blank + 1;
    }
    let is_first = |byte: u8| byte == literal[0] || (literal[0] == b' ' && byte == b'\n');
    (start..last).find(|at| is_first(text[*at]) && literal_at(text, *at, literal, &mut None).is_some())
}

/// The end of the word that begins at `start`.
fn word_end(text: &str, start: usize) -> usize {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>,;()[]{}".contains(c);
    start + part_length(&text[start..], is_end)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The end of a word that goes on in the next line if its line is as wide as the text is broken at.
fn end_of_broken(text: &str, start: usize, mut end: usize, width: usize) -> usize {
    while text[end..].starts_with('\n') && end - line_start(text, end) >= width && end - start < LONGEST_PART {
        let next = word_end(text, end + 1);
        if next == end + 1 {
            break;
        }
        end = next;
    }
    end
}

/// What the part from `start` to `end` may be, if its line may have been broken within it.
fn cut_part(name: &'static str, text: &str, start: usize, mut end: usize) -> Option<CutPart> {
    let part = |end: usize| text[start..end].replace('\n', "").trim_end_matches(['.', ':']).to_owned();
    let mut candidates = vec![part(end)];
    while text[end..].starts_with('\n')
        && end - line_start(text, end) <= WIDEST_LINE
        && end - start < LONGEST_PART
        && text[end + 1..]
            .starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/.+=,@:".contains(c))
    {
        end = word_end(text, end + 1);
        candidates.push(part(end));
    }
    (candidates.len() > 1).then_some(CutPart { name, candidates })
}

/// The end of the line, or of the string that it is in.
fn line_end(text: &str, start: usize) -> usize {
    start + part_length(&text[start..], |c| matches!(c, '\n' | '"' | '\\'))
}

fn part_length(text: &str, is_end: impl Fn(char) -> bool) -> usize {
    let end = text.char_indices().find(|(at, c)| is_end(*c) || *at >= LONGEST_PART);
    end.map_or(text.len(), |(at, _)| at)
}

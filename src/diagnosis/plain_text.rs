//! The output of a program as plain lines: decoded, without colours, cursor movements, and what programs draw beside
//! their text. It is read in parts of any size, and the memory that it takes is bounded.

/// In bytes. A longer line is handed on in parts.
const LONGEST_LINE: usize = 8192;
/// In bytes. So much is looked at to recognize the encoding.
const START: usize = 64;
/// In characters. A longer escape sequence is none, but text after a stray escape character.
const LONGEST_ESCAPE: usize = 1000;

/// Turns bytes into lines.
#[derive(Default)]
pub(super) struct PlainText {
    encoding: Encoding,
    /// Bytes that are not decoded yet: the start of the text, or an incomplete character.
    pending: Vec<u8>,
    escape: Escape,
    line: String,
    /// Whether the line began in an earlier part.
    is_continued: bool,
    was_carriage_return: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Unknown,
    Utf8,
    /// What Windows PowerShell writes into a file.
    Utf16 {
        is_big_endian: bool,
    },
}

/// Where in an escape sequence the text is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// After ESC.
    Begun,
    /// After ESC and a character that another one follows.
    Short,
    /// In a control sequence, such as a colour.
    Control(usize),
    /// In a string, such as the title of a window; `true` after ESC, which may end it.
    String(usize, bool),
}

impl PlainText {
    /// Adds bytes. `on_line` gets each line, or a part of one, and whether the line ends there.
    pub(super) fn push(&mut self, bytes: &[u8], on_line: &mut impl FnMut(&str, bool)) {
        self.pending.extend_from_slice(bytes);
        if self.encoding == Encoding::Unknown {
            if self.pending.len() < START {
                return;
            }
            self.encoding = Encoding::of(&self.pending);
        }
        self.decode(false, on_line);
    }

    /// Ends the text.
    pub(super) fn finish(mut self, on_line: &mut impl FnMut(&str, bool)) {
        if self.encoding == Encoding::Unknown {
            self.encoding = Encoding::of(&self.pending);
        }
        self.decode(true, on_line);
        self.end_line(true, on_line);
    }

    fn decode(&mut self, is_end: bool, on_line: &mut impl FnMut(&str, bool)) {
        let bytes = std::mem::take(&mut self.pending);
        let decoded = match self.encoding {
            Encoding::Utf16 { is_big_endian } => decode_utf16(&bytes, is_big_endian, is_end, &mut self.pending),
            Encoding::Utf8 | Encoding::Unknown => decode_utf8(&bytes, is_end, &mut self.pending),
        };
        let mut rest = decoded.as_str();
        while let Some(c) = rest.chars().next() {
            // Most of every text is added at once.
            let room = LONGEST_LINE.saturating_sub(self.line.len());
            let plain = rest.bytes().take(room).position(|b| !matches!(b, b' '..=b'~')).unwrap_or(room.min(rest.len()));
            if plain > 0 && self.escape == Escape::None {
                self.line.push_str(&rest[..plain]);
                self.was_carriage_return = false;
                rest = &rest[plain..];
                if self.line.len() >= LONGEST_LINE {
                    self.end_line(false, on_line);
                }
                continue;
            }
            self.add(c, on_line);
            rest = &rest[c.len_utf8()..];
        }
    }

    fn add(&mut self, c: char, on_line: &mut impl FnMut(&str, bool)) {
        let is_line_end = matches!(c, '\n' | '\r');
        if !is_line_end && self.escape.continues_with(c) {
            return;
        }
        if is_line_end {
            self.escape = Escape::None;
            // A line that ends in CR LF is one.
            if !(c == '\n' && self.was_carriage_return) {
                self.end_line(true, on_line);
            }
        } else if c == '\t' || c == '\u{a0}' {
            self.line.push(' ');
        } else if !c.is_control() && c != '\u{feff}' {
            self.line.push(c);
        }
        self.was_carriage_return = c == '\r';
        if self.line.len() >= LONGEST_LINE {
            self.end_line(false, on_line);
        }
    }

    fn end_line(&mut self, is_end: bool, on_line: &mut impl FnMut(&str, bool)) {
        let text = if self.is_continued { &self.line } else { without_decoration(&self.line) };
        on_line(text, is_end);
        self.line.clear();
        self.is_continued = !is_end;
    }
}

impl Encoding {
    /// By a byte order mark, or by the zeros in the ASCII characters of UTF-16.
    fn of(text: &[u8]) -> Self {
        let start = &text[..text.len().min(START)];
        let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
        let is_frequent = |count: usize| count > 1 && count * 4 >= start.len();
        match start {
            [0xff, 0xfe, ..] => Encoding::Utf16 { is_big_endian: false },
            [0xfe, 0xff, ..] => Encoding::Utf16 { is_big_endian: true },
            _ if is_frequent(zeros(1)) && zeros(0) == 0 => Encoding::Utf16 { is_big_endian: false },
            _ if is_frequent(zeros(0)) && zeros(1) == 0 => Encoding::Utf16 { is_big_endian: true },
            _ => Encoding::Utf8,
        }
    }
}

impl Escape {
    /// Whether the character belongs to an escape sequence.
    fn continues_with(&mut self, c: char) -> bool {
        let next = match (*self, c) {
            (Escape::None, '\u{1b}') => Escape::Begun,
            (Escape::None, '\u{9b}') | (Escape::Begun, '[') => Escape::Control(0),
            (Escape::None, _) => return false,
            (Escape::Begun, ']' | 'P' | 'X' | '^' | '_') => Escape::String(0, false),
            (Escape::Begun, ' '..='/') => Escape::Short,
            (Escape::Begun | Escape::Short, _)
            | (Escape::Control(_), '@'..='~')
            | (Escape::String(_, true), '\\')
            | (Escape::String(..), '\u{7}') => Escape::None,
            (Escape::Control(length), _) if length < LONGEST_ESCAPE => Escape::Control(length + 1),
            (Escape::String(length, _), c) if length < LONGEST_ESCAPE => Escape::String(length + 1, c == '\u{1b}'),
            (Escape::Control(_) | Escape::String(..), _) => Escape::None,
        };
        *self = next;
        true
    }
}

/// Decodes UTF-8. Bytes that are none become U+FFFD, and an incomplete character goes to `rest` unless this is the end.
fn decode_utf8(mut bytes: &[u8], is_end: bool, rest: &mut Vec<u8>) -> String {
    let mut text = String::with_capacity(bytes.len());
    while !bytes.is_empty() {
        match std::str::from_utf8(bytes) {
            Ok(valid) => {
                text.push_str(valid);
                break;
            }
            Err(e) => {
                let (valid, invalid) = bytes.split_at(e.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                let Some(length) = e.error_len().or(is_end.then_some(invalid.len())) else {
                    rest.extend_from_slice(invalid);
                    break;
                };
                text.push(char::REPLACEMENT_CHARACTER);
                bytes = &invalid[length..];
            }
        }
    }
    text
}

/// Decodes UTF-16. The first half of a character goes to `rest` unless this is the end.
fn decode_utf16(bytes: &[u8], is_big_endian: bool, is_end: bool, rest: &mut Vec<u8>) -> String {
    let mut pairs = bytes.chunks_exact(2);
    let unit = |pair: &[u8]| {
        if is_big_endian { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) }
    };
    let mut units: Vec<u16> = pairs.by_ref().map(unit).collect();
    if let Some(half) = units.pop_if(|unit| !is_end && (0xd800..0xdc00).contains(unit)) {
        rest.extend_from_slice(&if is_big_endian { half.to_be_bytes() } else { half.to_le_bytes() });
    }
    rest.extend_from_slice(pairs.remainder());
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The line without the lines of a box around it, quote marks, the time, and the names of a program or of a container
/// before it.
fn without_decoration(line: &str) -> &str {
    // Windows PowerShell passes on `│` as `?`.
    let is_drawn = |c: char| c == ' ' || matches!(c, '\u{2500}'..='\u{257f}' | '|' | '>' | '?');
    let mut rest = line.trim_start_matches(is_drawn);
    for without in [without_time, without_unit, without_name] {
        rest = without(rest).trim_start_matches(is_drawn);
    }
    rest.trim_end()
}

/// Without `2026-11-27T10:15:00.1234567Z `.
fn without_time(line: &str) -> &str {
    let is_time = |word: &str| {
        word.len() >= 19
            && word.len() <= 40
            && word.bytes().zip(*b"0000-00-00T00:00:00").all(|(b, form)| match form {
                b'0' => b.is_ascii_digit(),
                other => b == other,
            })
    };
    match line.split_once(' ') {
        Some((word, rest)) if is_time(word) => rest,
        _ => line,
    }
}

/// Without `02:10:11.123 STDERR [vpc] terraform: `, as Terragrunt begins each line.
fn without_unit(line: &str) -> &str {
    let is_time = |word: &str| {
        (8..=12).contains(&word.len())
            && word
                .bytes()
                .zip(*b"00:00:00.000")
                .all(|(b, form)| if form == b'0' { b.is_ascii_digit() } else { b == form })
    };
    let mut rest = line;
    if let Some((word, after)) = rest.split_once(' ').filter(|(word, _)| is_time(word)) {
        let (level, after) = after.split_once(' ').unwrap_or((after, ""));
        if !["STDERR", "STDOUT", "ERROR", "WARN", "INFO", "DEBUG"].contains(&level) {
            return &line[word.len() + 1..];
        }
        rest = after.trim_start();
    }
    let is_timed = rest.len() < line.len();
    let unit = rest.strip_prefix('[').and_then(|after| after.split_once("] "));
    // Without a time, brackets may be those of a log.
    if let Some((name, after)) = unit
        && !name.contains(' ')
        && (is_timed || after.starts_with(['│', '╷', '╵']))
    {
        rest = after.trim_start();
    }
    let program = ["terraform: ", "tofu: "].iter().find_map(|program| rest.strip_prefix(program));
    program.filter(|_| is_timed).unwrap_or(rest)
}

/// Without `web-1  | `, as docker compose begins each line.
fn without_name(line: &str) -> &str {
    let is_name = |text: &str| {
        let name = text.trim_end_matches(' ');
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        name.len() < text.len() && (1..=60).contains(&name.len()) && name.bytes().all(is_word)
    };
    match line.split_once("| ") {
        Some((name, rest)) if is_name(name) => rest,
        _ => line,
    }
}

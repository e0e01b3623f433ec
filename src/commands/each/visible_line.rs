//! What a terminal shows of a line in the end, without what would change other lines: moving the cursor, erasing them, the
//! alternate screen, titles. Colors are kept. A carriage return begins the line anew, as progress bars do.

/// Older sequences are forgotten.
const MOST_COLORS: usize = 16;
/// In bytes.
const LONGEST_COLOR: usize = 64;
const RESET: &[u8] = b"\x1b[0m";

const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const ESCAPE: u8 = 0x1b;

/// The sequences for colors that a stream has set and not reset. Each line sets them again, because lines of others are in
/// between.
#[derive(Default)]
pub(super) struct Colors(Vec<Vec<u8>>);

/// A line as it is shown so far.
struct VisibleLine<'a> {
    text: Vec<u8>,
    colors: &'a mut Colors,
    /// Whether the last color of the text is the current one.
    is_painted: bool,
    /// Whether the text ends in a color.
    is_colored: bool,
    /// Where text that a backspace can delete begins.
    deletable_from: usize,
    /// Whether the cursor is at the start of the line, so that what follows replaces it.
    is_at_start: bool,
}

impl Colors {
    /// What is visible of a line in the end, without a newline.
    pub(super) fn show(&mut self, line: &[u8]) -> Vec<u8> {
        let mut shown = VisibleLine {
            text: Vec::with_capacity(line.len()),
            colors: self,
            is_painted: false,
            is_colored: false,
            deletable_from: 0,
            is_at_start: false,
        };
        let mut rest = line;
        while let Some(&first) = rest.first() {
            let length = match first {
                ESCAPE => shown.take_sequence(rest),
                b'\t' | b' '..=b'~' => shown.take_text(&rest[..1]),
                0x80.. => shown.take_character(rest),
                _ => shown.take_control(first),
            };
            rest = &rest[length..];
        }
        shown.end()
    }

    fn change(&mut self, sequence: &[u8], parameters: &[u8]) {
        let first = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
        if first.iter().all(|byte| *byte == b'0') {
            self.0.clear();
        }
        let is_reset = parameters.iter().all(|byte| matches!(byte, b'0' | b';'));
        if !is_reset && sequence.len() <= LONGEST_COLOR {
            self.0.retain(|earlier| earlier != sequence);
            self.0.push(sequence.to_vec());
            self.0.drain(..self.0.len().saturating_sub(MOST_COLORS));
        }
    }
}

impl VisibleLine<'_> {
    fn take_text(&mut self, text: &[u8]) -> usize {
        if self.is_at_start {
            self.erase();
        }
        if !self.is_painted {
            self.end_color();
            self.colors.0.iter().for_each(|color| self.text.extend_from_slice(color));
            self.is_colored = !self.colors.0.is_empty();
            self.is_painted = true;
            self.deletable_from = self.text.len();
        }
        self.text.extend_from_slice(text);
        text.len()
    }

    /// A character that is not ASCII. The control characters among them may begin sequences, too; what is not UTF-8 may be
    /// the text of another encoding.
    fn take_character(&mut self, rest: &[u8]) -> usize {
        let lengths = 2..=rest.len().min(4);
        let character = lengths.map(|length| &rest[..length]).find_map(|bytes| str::from_utf8(bytes).ok());
        match character {
            Some(text) if text.chars().any(char::is_control) => text.len(),
            Some(text) => self.take_text(text.as_bytes()),
            None if rest[0] < 0xa0 => 1,
            None => self.take_text(&rest[..1]),
        }
    }

    fn take_control(&mut self, control: u8) -> usize {
        match control {
            b'\r' => self.is_at_start = true,
            BACKSPACE if !self.is_at_start && self.text.len() > self.deletable_from => {
                // All bytes of a character in UTF-8.
                while self.text.len() > self.deletable_from && self.text.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {
                }
            }
            _ => {}
        }
        1
    }

    /// A sequence that begins with ESC. One that does not end in this line is not shown.
    fn take_sequence(&mut self, rest: &[u8]) -> usize {
        match rest.get(1) {
            Some(b'[') => {
                let parameters = run(&rest[2..], b'0'..=b'?');
                let end = 2 + parameters + run(&rest[2 + parameters..], b' '..=b'/');
                let Some(last @ b'@'..=b'~') = rest.get(end) else { return end };
                let sequence = &rest[..=end];
                self.apply(sequence, &rest[2..2 + parameters], *last);
                sequence.len()
            }
            // Texts for the terminal, such as a title.
            Some(b']' | b'P' | b'X' | b'^' | b'_') => {
                let end = rest.iter().skip(2).position(|byte| matches!(*byte, BELL | ESCAPE));
                match end.map(|at| at + 2) {
                    Some(at) if rest[at] == BELL => at + 1,
                    Some(at) if rest.get(at + 1) == Some(&b'\\') => at + 2,
                    Some(at) => at,
                    None => rest.len(),
                }
            }
            Some(_) => {
                let end = 1 + run(&rest[1..], b' '..=b'/');
                end + usize::from(matches!(rest.get(end), Some(b'0'..=b'~')))
            }
            None => 1,
        }
    }

    fn apply(&mut self, sequence: &[u8], parameters: &[u8], last: u8) {
        let has_only_parameters = sequence.len() == parameters.len() + 3;
        match (last, parameters) {
            (b'm', _) if has_only_parameters && parameters.iter().all(|byte| matches!(byte, b'0'..=b';')) => {
                self.colors.change(sequence, parameters);
                self.is_painted = false;
            }
            // The line is erased.
            (b'K', b"1" | b"2") => self.erase(),
            (b'K', b"" | b"0") if self.is_at_start => self.erase(),
            // To the first column.
            (b'G', b"" | b"0" | b"1") => self.is_at_start = true,
            _ => {}
        }
    }

    fn erase(&mut self) {
        self.text.clear();
        self.deletable_from = 0;
        self.is_at_start = false;
        (self.is_painted, self.is_colored) = (false, false);
    }

    fn end_color(&mut self) {
        if self.is_colored {
            self.text.extend_from_slice(RESET);
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.end_color();
        self.text
    }
}

/// The length of the run of such bytes with which a text begins.
fn run(text: &[u8], bytes: std::ops::RangeInclusive<u8>) -> usize {
    text.iter().take_while(|byte| bytes.contains(byte)).count()
}

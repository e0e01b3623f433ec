//! How text for people looks on a terminal: the styles, each with one meaning, and what a stream can show.

use crate::platform;
use crate::variables::Variables;
use std::fmt::{self, Display, Formatter};
use std::io::IsTerminal;

/// The styles. Each has the same meaning in every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Everything else.
    Plain,
    /// What something is called: a profile, an operation, a heading. Bold.
    Name,
    /// Where a value comes from, and what cannot be used. Dim.
    Aside,
    /// What needs attention: a warning, or a session that expires soon. Yellow.
    Attention,
    /// What stops the user. Red.
    Stop,
}

impl Style {
    /// The parameter of "Select Graphic Rendition" (ECMA-48, 8.3.117); empty for none.
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Name => "1",
            Style::Aside => "2",
            Style::Attention => "33",
            Style::Stop => "31",
        }
    }
}

/// A standard stream that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What a stream can show. A pipe or a file gets neither styles nor shortened text, because a program may read it.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// The width of the terminal; `None` if it is not one, or has no known width.
    pub columns: Option<usize>,
    /// Whether it is a terminal.
    pub is_terminal: bool,
    /// Stands for what is left out.
    pub ellipsis: &'static str,
    is_styled: bool,
}

impl Screen {
    /// Neither a terminal nor styles.
    pub const PLAIN: Screen = Screen { columns: None, is_terminal: false, ellipsis: "..", is_styled: false };

    /// What a stream can show.
    pub fn of(stream: Stream, variables: &Variables) -> Self {
        let is_terminal = match stream {
            Stream::Stdout => std::io::stdout().is_terminal(),
            Stream::Stderr => std::io::stderr().is_terminal(),
        };
        Screen {
            is_terminal,
            columns: if is_terminal { columns(stream, variables) } else { None },
            ellipsis: if platform::is_utf8(variables) { "…" } else { ".." },
            // Programs that start this one pass on what it writes to stderr.
            is_styled: (is_terminal || stream == Stream::Stdout) && is_styled(is_terminal, variables),
        }
    }

    /// Adds text in a style, as [`Screen::paint`], which takes more instructions.
    pub fn push(&self, to: &mut String, style: Style, text: &str) {
        let code = if self.is_styled { style.code() } else { "" };
        if code.is_empty() {
            to.push_str(text);
        } else {
            to.extend(["\x1b[", code, "m", text, "\x1b[0m"]);
        }
    }

    /// The text in a style, which must not contain others.
    pub fn paint<T: Display>(&self, style: Style, text: T) -> Painted<T> {
        Painted { code: if self.is_styled { style.code() } else { "" }, text }
    }
}

/// The result of [`Screen::paint`].
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    code: &'static str,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.code {
            "" => self.text.fmt(f),
            code => write!(f, "\x1b[{code}m{}\x1b[0m", self.text),
        }
    }
}

/// A terminal that does not know its own width, such as a serial line, may have it in `COLUMNS`. It is not asked first,
/// because a shell may have exported it before the window was resized.
fn columns(stream: Stream, variables: &Variables) -> Option<usize> {
    let size = match stream {
        Stream::Stdout => terminal_size::terminal_size_of(std::io::stdout()),
        Stream::Stderr => terminal_size::terminal_size_of(std::io::stderr()),
    };
    let stated = || variables.os("COLUMNS")?.to_str()?.trim().parse().ok();
    size.map(|(columns, _)| columns.0.into()).or_else(stated).filter(|columns| *columns > 0)
}

/// `NO_COLOR` (no-color.org) decides, then `CLICOLOR_FORCE` and `CLICOLOR` (bixense.com/clicolors), then whether it is a
/// terminal that knows colors. Some CI jobs have a terminal.
fn is_styled(is_terminal: bool, variables: &Variables) -> bool {
    let is_set = |name| variables.raw(name).is_some_and(|value| !value.is_empty());
    let is_zero = |name| variables.raw(name).is_some_and(|value| value == "0");
    if is_set("NO_COLOR") {
        return false;
    }
    if is_set("CLICOLOR_FORCE") && !is_zero("CLICOLOR_FORCE") {
        return true;
    }
    is_terminal && !is_zero("CLICOLOR") && !is_set("CI") && variables.os("TERM").is_some_and(|term| term != "dumb")
}

//! Help topics: what the README only summarizes. A topic is plain Markdown, one file each, and is laid out here for a
//! terminal.
//!
//! A new topic is its file and its row in [`TOPICS`].

mod table;

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

/// One topic, as `mfa-env help NAME` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// What the user types after `mfa-env help`.
    pub name: &'static str,
    /// One line for the list of topics.
    pub summary: &'static str,
    /// Markdown.
    pub text: &'static str,
}

/// All topics, in the order in which they are listed.
pub const TOPICS: &[Topic] = &[
    Topic { name: "shells", summary: "Set up bash, zsh, fish, PowerShell and others", text: include_str!("shells.md") },
    Topic { name: "profiles", summary: "What mfa-env reads from the AWS files", text: include_str!("profiles.md") },
    Topic { name: "calls", summary: "Which calls are made to AWS, and why", text: include_str!("calls.md") },
    Topic { name: "code", summary: "Enter the MFA code, or let a command print it", text: include_str!("code.md") },
    Topic { name: "devices", summary: "Register, find and replace MFA devices", text: include_str!("devices.md") },
    Topic {
        name: "rotation",
        summary: "Replace an access key, and what that changes",
        text: include_str!("rotation.md"),
    },
    Topic {
        name: "cache",
        summary: "Where sessions are cached and when they are reused",
        text: include_str!("cache.md"),
    },
    Topic {
        name: "environment",
        summary: "The variables that are set, cleared and restored",
        text: include_str!("environment.md"),
    },
    Topic {
        name: "failure",
        summary: "Exit codes, and what a failed sign-in leaves behind",
        text: include_str!("failure.md"),
    },
    Topic { name: "errors", summary: "Explain the errors of other programs", text: include_str!("errors.md") },
    Topic {
        name: "terraform",
        summary: "Use a session in Terraform and Terragrunt",
        text: include_str!("terraform.md"),
    },
    Topic { name: "docker", summary: "Pass a session on to containers", text: include_str!("docker.md") },
    Topic { name: "sdks", summary: "Use a session in SDKs, IDEs and scripts", text: include_str!("sdks.md") },
    Topic { name: "names", summary: "Use every profile by its own name", text: include_str!("names.md") },
    Topic { name: "files", summary: "Write a session to the AWS files as a profile", text: include_str!("files.md") },
    Topic { name: "endpoint", summary: "Run programs longer than a session lasts", text: include_str!("endpoint.md") },
    Topic { name: "browser", summary: "Open the AWS console with a role", text: include_str!("browser.md") },
    Topic { name: "ci", summary: "Sign in where nobody can be asked", text: include_str!("ci.md") },
    Topic { name: "kubectl", summary: "Get tokens for EKS", text: include_str!("kubectl.md") },
    Topic { name: "agents", summary: "Start agents and MCP servers in a session", text: include_str!("agents.md") },
    Topic { name: "json", summary: "The output for programs, field by field", text: include_str!("json.md") },
    Topic { name: "network", summary: "Regions, endpoints, proxies and timeouts", text: include_str!("network.md") },
    Topic { name: "safety", summary: "What is stored, and what is never shown", text: include_str!("safety.md") },
];

/// The topic of that name.
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// In fewer columns, nearly every word would be cut; the terminal can wrap the lines itself.
const NARROWEST: usize = 20;

/// Lays out Markdown for a terminal that is `columns` wide: wraps paragraphs and list items, turns tables into columns,
/// and leaves indented code unchanged, however long its lines are. Below 20 columns, lines are 20 wide.
pub fn wrapped(text: &str, columns: usize) -> String {
    let columns = columns.max(NARROWEST);
    let mut out = String::with_capacity(text.len() * 2);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let kind = Kind::of(line);
        let mut block = vec![line];
        while let Some(next) = lines.next_if(|next| kind.continues_with(Kind::of(next))) {
            block.push(next);
        }
        match kind {
            Kind::Blank | Kind::Code => out.extend(block.into_iter().flat_map(|line| [line, "\n"])),
            Kind::Table => out.push_str(&table::laid_out(&block, columns)),
            Kind::Heading | Kind::Paragraph => push_wrapped(&mut out, &block, "", columns),
            Kind::Item { marker } => {
                block[0] = &line[marker.len()..];
                push_wrapped(&mut out, &block, marker, columns);
            }
        }
    }
    out
}

/// What a line begins or continues.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Blank,
    /// Indented by four spaces.
    Code,
    Table,
    Heading,
    /// A list item; `marker` includes the space after it.
    Item {
        marker: &'a str,
    },
    Paragraph,
}

impl<'a> Kind<'a> {
    fn of(line: &'a str) -> Self {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if line.trim().is_empty() {
            Kind::Blank
        } else if line.starts_with("    ") {
            Kind::Code
        } else if line.starts_with('|') {
            Kind::Table
        } else if line.starts_with('#') {
            Kind::Heading
        } else if line.starts_with("- ") {
            Kind::Item { marker: &line[..2] }
        } else if digits > 0 && line[digits..].starts_with(". ") {
            Kind::Item { marker: &line[..digits + 2] }
        } else {
            Kind::Paragraph
        }
    }

    /// Whether a line of kind `next` belongs to the block that a line of this kind began. The further lines of a list
    /// item count as paragraph lines.
    fn continues_with(self, next: Kind<'_>) -> bool {
        match self {
            Kind::Blank | Kind::Heading => false,
            Kind::Code => next == Kind::Code,
            Kind::Table => next == Kind::Table,
            Kind::Item { .. } | Kind::Paragraph => next == Kind::Paragraph,
        }
    }
}

fn push_wrapped(out: &mut String, block: &[&str], marker: &str, columns: usize) {
    let text = block.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    for line in lines_of(&text, columns, marker, &" ".repeat(marker.len())) {
        out.push_str(&line);
        out.push('\n');
    }
}

/// Wraps one paragraph. Lines do not break at hyphens, which would split `--no-cache`, or inside code spans, so that
/// commands can be copied.
fn lines_of(text: &str, columns: usize, first_indent: &str, indent: &str) -> Vec<String> {
    let options = Options::new(columns)
        .initial_indent(first_indent)
        .subsequent_indent(indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let text = with_whole_code(text, columns.saturating_sub(indent.len()));
    textwrap::wrap(&text, options).into_iter().map(|line| line.replace(NO_BREAK, " ")).collect()
}

/// A space at which textwrap does not break lines.
const NO_BREAK: char = '\u{a0}';

/// Makes each code span one word, unless it is wider than a line.
fn with_whole_code(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        let is_code = number % 2 == 1;
        if is_code && display_width(part) + 2 <= columns {
            out.extend(part.chars().map(|c| if c == ' ' { NO_BREAK } else { c }));
        } else {
            out.push_str(part);
        }
    }
    out
}

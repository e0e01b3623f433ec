//! The man pages, from the commands as clap knows them and from the help topics.

use clap_mangen::Man;
use mfa_env::commands::clap_program;
use mfa_env::help::{TOPICS, Topic};
use std::iter::Peekable;

/// One page.
pub struct Page {
    pub name: String,
    pub section: u8,
    pub text: String,
}

impl Page {
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }
}

/// `mfa-env(1)`, a page for each command, and one for each topic.
pub fn all(date: &str) -> Vec<Page> {
    let mut program = clap_program().disable_help_subcommand(true);
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    let of_commands: Vec<Page> = commands.map(|command| command_page(command.clone(), date)).collect();
    let topics = TOPICS.iter().map(|topic| topic_page(topic, date));
    std::iter::once(command_page(program.clone(), date)).chain(of_commands).chain(topics).collect()
}

fn command_page(command: clap::Command, date: &str) -> Page {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let version = concat!("mfa-env ", env!("CARGO_PKG_VERSION"));
    let command = command.disable_version_flag(true).name(&*name.clone().leak());
    let man = Man::new(command).title(name.to_uppercase()).section("1").date(date).source(version).manual("mfa-env");
    let mut bytes = Vec::new();
    man.render(&mut bytes).expect("a Vec can be written");
    let text = String::from_utf8(bytes).expect("the page is text");
    Page { name, section: 1, text: without_what_lint_rejects(&text) }
}

/// Blanks at the end of lines, and empty paragraphs.
fn without_what_lint_rejects(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let is_break = |line: &str| matches!(line, ".PP" | ".br" | "");
        if line.is_empty()
            || (is_break(line) && lines.last().is_some_and(|last| is_break(last) || last.starts_with(".SH")))
        {
            continue;
        }
        lines.push(line);
    }
    wrapped(&lines.join("\n"))
}

/// Wraps the lines of text, which lint wants to be short; those of code stay as they are.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code = match line {
            ".nf" => true,
            ".fi" => false,
            _ => is_code,
        };
        if is_code || line.starts_with('.') {
            out.push_str(&format!("{line}\n"));
            continue;
        }
        let options = textwrap::Options::new(80)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for part in textwrap::wrap(line, options) {
            out.push_str(&format!("{}\n", protected(&part)));
        }
    }
    out
}

/// The pages about files are in section 5, the others in 7.
fn topic_page(topic: &Topic, date: &str) -> Page {
    let section = if matches!(topic.name, "profiles" | "files" | "json") { 5 } else { 7 };
    let name = format!("mfa-env-{}", topic.name);
    let mut text = format!(
        ".TH {} {section} {date} \"mfa-env {}\" \"mfa-env\"\n.SH NAME\n{} \\- {}\n.SH DESCRIPTION\n",
        name.to_uppercase(),
        env!("CARGO_PKG_VERSION"),
        escaped(&name),
        escaped(topic.summary)
    );
    // The title is the name of the page.
    push_markdown(&mut text, topic.text.lines().skip(1).skip_while(|line| line.is_empty()));
    Page { name, section, text: wrapped(&text) }
}

fn push_markdown<'a>(out: &mut String, lines: impl Iterator<Item = &'a str>) {
    let mut lines = lines.peekable();
    let mut is_first = true;
    while let Some(line) = lines.next() {
        if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')) {
            out.push_str(&format!(".SH {}\n", escaped(heading)));
            is_first = true;
            continue;
        }
        if line.is_empty() {
            continue;
        }
        if line.starts_with("    ") {
            if !is_first {
                out.push_str(".PP\n");
            }
            push_code(out, line, &mut lines);
        } else if line.starts_with('|') {
            push_table(out, line, &mut lines);
        } else {
            let marker = line.split(' ').next().filter(|word| *word == "-" || is_number(word));
            let words = line[marker.map_or(0, |marker| marker.len() + 1)..].to_owned();
            let text = paragraph(words, &mut lines);
            match marker {
                Some("-") => out.push_str(&format!(".IP \\(bu 2\n{text}\n")),
                Some(number) => out.push_str(&format!(".IP {number} 4\n{text}\n")),
                None if is_first => out.push_str(&format!("{text}\n")),
                None => out.push_str(&format!(".PP\n{text}\n")),
            }
        }
        is_first = false;
    }
}

fn is_number(word: &str) -> bool {
    word.strip_suffix('.').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The lines of a paragraph or a list item as one.
fn paragraph<'a>(mut text: String, lines: &mut Peekable<impl Iterator<Item = &'a str>>) -> String {
    let begins_another = |line: &str| {
        let word = line.split(' ').next().unwrap_or_default();
        line.is_empty() || line.starts_with(['|', '#']) || line.starts_with("    ") || word == "-" || is_number(word)
    };
    while let Some(line) = lines.next_if(|line| !begins_another(line)) {
        text.push(' ');
        text.push_str(line.trim());
    }
    inline(&text)
}

fn push_code<'a>(out: &mut String, first: &str, lines: &mut Peekable<impl Iterator<Item = &'a str>>) {
    out.push_str(".RS 4\n.nf\n");
    let mut code = vec![first];
    while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
        code.push(line);
    }
    for line in code {
        out.push_str(&protected(&escaped(&line[4..])));
        out.push('\n');
    }
    out.push_str(".fi\n.RE\n");
}

/// Each row as an entry: its first cell, and the others below it.
fn push_table<'a>(out: &mut String, header: &str, lines: &mut Peekable<impl Iterator<Item = &'a str>>) {
    let header = cells(header);
    while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
        let cells = cells(line);
        if cells.iter().all(|cell| cell.bytes().all(|b| b"-:".contains(&b))) {
            continue;
        }
        let Some((first, others)) = cells.split_first() else { continue };
        let others = others.iter().zip(&header[1..]).filter(|(cell, _)| !cell.is_empty());
        let texts: Vec<String> = others
            .map(|(cell, name)| if header.len() > 2 { format!("{name}: {cell}") } else { cell.clone() })
            .collect();
        out.push_str(&format!(".TP\n{}\n{}\n", inline(first), inline(&texts.join("; "))));
    }
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_matches('|').replace("\\|", "\0");
    line.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// Code in bold.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let text: String = parts
        .map(|(number, part)| if number % 2 == 1 { format!("\\fB{}\\fR", escaped(part)) } else { escaped(part) })
        .collect();
    protected(&text)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// A line that begins with a period or an apostrophe would be a request.
fn protected(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

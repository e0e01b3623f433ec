//! The startup files of a shell: whether a line in them defines the function. A file that another one reads is followed
//! where its name is written out.

use crate::function_name::FunctionName;
use crate::platform;
use crate::shell::Shell;
use crate::variables::Variables;
use std::path::{Path, PathBuf};

/// Longer startup files are not read.
const MAX_FILE: u64 = 1 << 20;
/// More files than this are not followed.
const MAX_FILES: usize = 40;

/// What the startup files of a shell say about the function.
pub(super) struct Startup {
    /// Where people write the line of `init`, most likely first.
    pub files: Vec<PathBuf>,
    /// The files that there are, with those that they read.
    texts: Vec<(PathBuf, String)>,
    /// Whether they read others, whose names only the shell knows.
    pub has_unknown: bool,
    shell: Shell,
}

/// A line that defines the function.
pub(super) struct Definition<'a> {
    pub path: &'a Path,
    pub name: FunctionName<'a>,
}

/// A line that looks as if it defined the function, but does not.
pub(super) struct Useless<'a> {
    pub path: &'a Path,
    /// Counted from 1.
    pub line: usize,
    /// Why not, as a clause.
    pub why: String,
}

impl Startup {
    /// Reads the files.
    pub(super) fn read(shell: Shell, variables: &Variables) -> Self {
        let files = startup_files(shell, variables);
        let home = platform::home(variables);
        let (mut texts, mut has_unknown) = (Vec::<(PathBuf, String)>::new(), false);
        let mut waiting: Vec<PathBuf> = files.iter().rev().cloned().collect();
        while let Some(path) = waiting.pop() {
            if texts.len() == MAX_FILES || texts.iter().any(|(known, _)| *known == path) {
                continue;
            }
            let Some(bytes) = platform::read_start(&path, MAX_FILE) else { continue };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for line in text.lines() {
                match sourced(line, home.as_deref()) {
                    Sourced::Nothing => {}
                    Sourced::Unknown => has_unknown = true,
                    Sourced::File(file) => waiting.push(file),
                }
            }
            texts.push((path, text));
        }
        Startup { files, texts, has_unknown, shell }
    }

    /// The first line that defines the function.
    pub(super) fn definition(&self) -> Option<Definition<'_>> {
        self.texts.iter().find_map(|(path, text)| {
            let name = text.lines().find_map(|line| Line::read(line, self.shell)?.defined())?;
            Some(Definition { path, name })
        })
    }

    /// The first line that was meant to define it.
    pub(super) fn useless_line(&self) -> Option<Useless<'_>> {
        self.texts.iter().find_map(|(path, text)| {
            let mut lines = (1..).zip(text.lines());
            let (line, why) = lines.find_map(|(number, line)| {
                Some(match Line::read(line, self.shell)? {
                    Line::Defines(_) => return None,
                    Line::OtherShell(other) => (number, format!("it is for {}", other.name())),
                    Line::OnlyPrints => (number, "the shell does not evaluate what it prints".to_owned()),
                })
            })?;
            Some(Useless { path, line, why })
        })
    }

    /// The lines with an alias that is defined after the function, which removes the earlier ones.
    pub(super) fn hiding_aliases<'a>(&'a self, name: &str) -> Vec<(&'a Path, usize)> {
        let alias = |(path, text): &'a (PathBuf, String)| Some((&**path, hiding_alias(text, name, self.shell)?));
        self.texts.iter().filter_map(alias).collect()
    }
}

fn hiding_alias(text: &str, name: &str, shell: Shell) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let is_alias = |line: &str| {
        let line = line.trim_start().to_ascii_lowercase();
        let words = ["alias ", "set-alias -name ", "set-alias "];
        let rest = words.iter().find_map(|word| line.strip_prefix(word)?.trim_start().strip_prefix(&*name));
        rest.is_some_and(|rest| rest.starts_with(['=', ' ', '\t']))
    };
    let defines = |line: &str| Line::read(line, shell).is_some_and(|line| line.defined().is_some());
    let loaded = text.lines().position(defines).unwrap_or(0);
    text.lines().enumerate().skip(loaded).find(|(_, line)| is_alias(line)).map(|(number, _)| number + 1)
}

/// A line that runs `mfa-env init`.
enum Line<'a> {
    Defines(FunctionName<'a>),
    OtherShell(Shell),
    OnlyPrints,
}

impl<'a> Line<'a> {
    fn read(line: &'a str, shell: Shell) -> Option<Self> {
        const INIT: &str = "mfa-env init ";
        if line.trim_start().starts_with('#') {
            return None;
        }
        let (before, after) = line.split_once(INIT)?;
        let arguments = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let words: Vec<&str> = arguments.filter(|word| !word.is_empty()).collect();
        // A variable may name the shell.
        let named = words.first().filter(|_| !after.trim_start().starts_with('$')).and_then(|word| Shell::named(word));
        if is_only_shown(before, after) {
            return Some(Line::OnlyPrints);
        }
        if let Some(other) = named.filter(|named| *named != shell) {
            return Some(Line::OtherShell(other));
        }
        let name = words.windows(2).find(|pair| pair[0] == "--name").and_then(|pair| FunctionName::parse(pair[1]));
        Some(Line::Defines(name.unwrap_or(FunctionName::DEFAULT)))
    }

    fn defined(self) -> Option<FunctionName<'a>> {
        match self {
            Line::Defines(name) => Some(name),
            Line::OtherShell(_) | Line::OnlyPrints => None,
        }
    }
}

/// Whether the output of a command is only shown, given the line before and after its name. Any other command around it may
/// evaluate it: `eval`, `source`, or one of a plugin that defers or caches that.
fn is_only_shown(before: &str, after: &str) -> bool {
    // `mfa-env init fish | source`, or a file that is read later.
    if after.contains(['|', '>']) {
        return false;
    }
    // Without the folder of the program.
    let before = before.trim_end_matches(|c: char| !c.is_whitespace() && !"(`&;|".contains(c));
    let is_within = before.trim_end().ends_with(['(', '`']);
    let words: Vec<&str> = before.split_whitespace().collect();
    let is_end = |word: &&str| matches!(*word, "then" | "do" | "else" | "{" | "&&" | "||" | "|") || word.ends_with(';');
    let start = words.iter().rposition(is_end).map_or(0, |at| at + 1);
    let command = words[start..].iter().find(|word| !matches!(**word, "builtin" | "command"));
    match command {
        Some(word) => matches!(&*word.to_ascii_lowercase(), "echo" | "printf" | "print" | "alias" | "write-host"),
        None => !is_within,
    }
}

/// What a line reads.
enum Sourced {
    Nothing,
    File(PathBuf),
    /// A file whose name only the shell knows.
    Unknown,
}

fn sourced(line: &str, home: Option<&Path>) -> Sourced {
    if line.trim_start().starts_with('#') {
        return Sourced::Nothing;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_first = |word: &str| matches!(word, "then" | "do" | "else" | "builtin" | "{") || word.ends_with([';', '&']);
    let place = (0..words.len()).find(|&at| {
        matches!(words[at], "source" | ".") && at.checked_sub(1).is_none_or(|before| is_first(words[before]))
    });
    let Some(word) = place.and_then(|at| words.get(at + 1)) else { return Sourced::Nothing };
    let word = word.trim_end_matches([';', '&']);
    // The output of a program is none of these files.
    if word.starts_with('<') || word.starts_with('(') {
        return Sourced::Nothing;
    }
    let word = word.trim_matches(['"', '\'']);
    let in_home = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|start| word.strip_prefix(start));
    let path = match (in_home, home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(word),
    };
    let is_known = path.is_absolute() && !path.to_string_lossy().contains(['$', '*', '?', '[', '`', '"', '\'', '\\']);
    if is_known { Sourced::File(path) } else { Sourced::Unknown }
}

fn startup_files(shell: Shell, variables: &Variables) -> Vec<PathBuf> {
    let Some(home) = platform::home(variables) else { return Vec::new() };
    let in_home = |names: &[&str]| names.iter().map(|name| home.join(name)).collect();
    let directory = |name: &str| variables.os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match shell {
        Shell::Bash => in_home(&[".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases"]),
        Shell::Zsh => {
            let home = directory("ZDOTDIR").unwrap_or(home);
            [".zshrc", ".zprofile", ".zshenv"].map(|name| home.join(name)).into()
        }
        Shell::Fish => {
            let config = directory("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")).join("fish");
            let parts = std::fs::read_dir(config.join("conf.d")).into_iter().flatten().flatten();
            let parts =
                parts.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "fish"));
            std::iter::once(config.join("config.fish")).chain(parts).collect()
        }
        Shell::Sh => directory("ENV").into_iter().collect(),
        Shell::PowerShell => {
            let names = ["Microsoft.PowerShell_profile.ps1", "profile.ps1"];
            let folder =
                if cfg!(windows) { Path::new("Documents/PowerShell") } else { Path::new(".config/powershell") };
            names.map(|name| home.join(folder).join(name)).into()
        }
    }
}

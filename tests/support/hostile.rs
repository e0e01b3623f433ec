//! Values that break shell code that is not quoted, or quoted by the wrong rule.
//!
//! A value that tries to run a command creates a file named `pwn`, so that a test can check that nothing ran.

use proptest::prelude::*;
use proptest::sample::select;

/// A description, since many values are invisible, and the value.
const VALUES: &[(&str, &str)] = &[
    ("empty", ""),
    ("a space", " "),
    ("spaces", "   "),
    ("leading and trailing spaces", "  a  "),
    ("inner spaces", "a  b   c"),
    ("a single quote", "'"),
    ("single quotes", "''"),
    ("ends in a single quote", "x'"),
    ("a double quote", "\""),
    ("an open double quote", "a\"b"),
    ("quotes of both kinds", "\"'\"\"''"),
    ("a backtick", "`"),
    ("a backslash", "\\"),
    ("ends in a backslash", "C:\\dir\\"),
    ("ends in two backslashes", "x\\\\"),
    ("three backslashes", "\\\\\\"),
    ("a quote after a backslash", "\\'"),
    ("a quote after two backslashes", "\\\\'"),
    ("a quote before a backslash", "'\\"),
    ("the POSIX form of a quote", "'\\''"),
    ("the other POSIX form of a quote", "'\"'\"'"),
    ("the fish form of quote and backslash", "\\\\\\'"),
    ("fish escapes", "\\x41\\u0041\\n\\cA"),
    ("dollar quotes", "$'\\x41\\n'"),
    ("a backslash before a newline", "a\\\nb"),
    ("a newline", "\n"),
    ("newlines inside and at the end", "a\n\nb\n"),
    ("a carriage return", "a\rb"),
    ("CRLF", "a\r\nb\r\n"),
    ("a tab", "\ta\tb\t"),
    ("a command", "$(touch pwn)"),
    ("a command in backticks", "`touch pwn`"),
    ("a command after a single quote", "'; touch pwn; '"),
    ("a command after a double quote", "\"; touch pwn; \""),
    ("a command after a semicolon", "x; touch pwn"),
    ("a command after a newline", "x\ntouch pwn\n"),
    ("a command after a pipe", "x | touch pwn"),
    ("a command after &&", "x && touch pwn || touch pwn &"),
    ("a fish command", "(touch pwn)"),
    ("a PowerShell command", "'; New-Item pwn; '"),
    ("a PowerShell subexpression", "$(New-Item pwn) @(New-Item pwn)"),
    ("a command after U+2018", "\u{2018}; New-Item pwn; \u{2018}"),
    ("a command after U+2019", "\u{2019}; New-Item pwn; \u{2019}"),
    ("a command after U+201C", "\u{201c}; New-Item pwn; \u{201c}"),
    ("process substitution", "<(touch pwn) >(touch pwn) =(touch pwn)"),
    ("arithmetic that runs a command", "$((x[$(touch pwn)]))"),
    ("a redirection", "a > pwn"),
    ("redirections", "< << <<< > >> >| 2>&1"),
    ("a semicolon", ";"),
    ("semicolons", ";;&"),
    ("an ampersand", "&"),
    ("a pipe", "|"),
    ("a variable", "$HOME"),
    ("a variable in braces", "${HOME}"),
    ("field separators", "${IFS}$IFS$9"),
    ("an assignment", "${x:=y}"),
    ("bash indirection", "${!HOME}"),
    ("special parameters", "$$ $! $? $@ $* $# $0 $-"),
    ("a cmd.exe variable", "%PATH% !PATH! ^&"),
    ("a PowerShell variable", "$env:PATH ${env:PATH} $null"),
    ("an exclamation mark", "!"),
    ("history expansion", "!! !$ !touch ^a^b"),
    ("an equals sign at the start", "=ls"),
    ("an assignment in a word", "A=b;B=c"),
    ("a tilde", "~"),
    ("a home directory", "~root"),
    ("a tilde after a colon", "a:~:~root"),
    ("a star", "*"),
    ("stars and question marks", "/* ?? **/*"),
    ("a character class", "[a-z]"),
    ("braces", "{a,b} {1..3}"),
    ("extended patterns", "@(a|b) !(x) a^b a~b (#i)x"),
    ("a comment", "#x"),
    ("a comment after a space", "a #x"),
    ("an option", "-n"),
    ("an echo option", "-e \\n"),
    ("two dashes", "--"),
    ("a percent sign", "%s%n%1 %%"),
    ("a PowerShell here-string", "@'\na\n'@"),
    ("the PowerShell stop-parsing token", "--% a"),
    ("a whole statement", "export A='b'; unset A"),
    ("the end of a here-document", "EOF\ntouch pwn\n"),
    ("base64", "Fwo/GXIvY+Xd=="),
    ("ARN", "arn:aws:iam::123456789012:mfa/j@example.com"),
    ("U+2018", "a\u{2018}b"),
    ("U+2019", "a\u{2019}b"),
    ("U+201A", "a\u{201a}b"),
    ("U+201B", "a\u{201b}b"),
    ("U+201C", "a\u{201c}b"),
    ("U+201D", "a\u{201d}b"),
    ("U+201E", "a\u{201e}b"),
    ("U+201F", "a\u{201f}b"),
    ("PowerShell quotes in pairs", "\u{2018}\u{2019}'\u{201a}\u{201b}\u{2019}\u{2019}"),
    ("ends in U+2019", "a\u{2019}"),
    ("a no-break space", "a\u{a0}b\u{a0}"),
    ("other spaces", "\u{2003}a\u{3000}b\u{200b}"),
    ("a line separator", "a\u{2028}b\u{2029}"),
    ("next line", "a\u{85}b"),
    ("bidi marks", "\u{202e}a\u{202c}\u{2066}b\u{2069}\u{200f}"),
    ("U+0151, a quote in code page 1250", "\u{151}'"),
    ("U+0412, a quote in code page 1251", "\u{412}; New-Item pwn; \u{412}"),
    ("Latin-1 letters", "\u{fc}\u{df}\u{ff}"),
    ("Japanese", "\u{65e5}\u{672c}"),
    ("emoji of several characters", "\u{1f468}\u{200d}\u{1f4bb}\u{1f600}"),
    ("a combining mark alone", "\u{301}"),
    ("a byte order mark", "\u{feff}a"),
    ("private use", "\u{e000}\u{f8ff}\u{10fffd}"),
    // fish uses these ranges internally for bytes that are not UTF-8 and for glob characters.
    ("private use characters of fish", "\u{f600}\u{f641}\u{f6ff}\u{fdd0}\u{fdef}"),
    ("noncharacters", "\u{ffff}\u{fffe}\u{10ffff}"),
    ("the edges of the surrogates", "\u{d7ff}\u{e000}\u{fffd}\u{10000}"),
    ("a colour", "\u{1b}[31mred\u{1b}[0m"),
    ("a window title", "\u{1b}]0;title\u{7}"),
    ("terminal control keys", "\u{3}\u{4}\u{11}\u{13}\u{15}\u{1a}\u{7f}\u{8}"),
    ("U+0001", "\u{1}"),
    ("U+009B, a single-character escape", "a\u{9b}31mb"),
];

/// Every hostile value. None contains NUL, which no environment variable can contain.
pub fn values() -> Vec<String> {
    let table = VALUES.iter().map(|&(_, value)| value.to_owned());
    let mixed: String = "'\"`\\'$\u{2019}\"\\\\".chars().cycle().take(4096).collect();
    table.chain([('\u{1}'..='\u{ff}').collect(), mixed]).collect()
}

/// Strings that mix hostile characters and fragments with each other and with anything else, without NUL.
pub fn strings() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = VALUES.iter().map(|(_, value)| *value).filter(|value| value.len() <= 8).collect();
    let special: Vec<char> =
        "'\"`\\$!;&|<>()[]{}*?~#=%^@:,+-\n\r\t \u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{a0}\u{1b}"
            .chars()
            .collect();
    let part = prop_oneof![
        6 => select(special).prop_map(String::from),
        2 => select(pieces).prop_map(str::to_owned),
        2 => "[a-z0-9]{1,3}",
        1 => any::<char>().prop_filter("NUL", |c| *c != '\0').prop_map(String::from),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

//! The tests' parser for PowerShell statements, compared with PowerShell 7.6.5 (`fixtures/pwsh-literals.json`).

use crate::support::hostile;
use crate::support::powershell::{GUARD, Statement, read, read_statements};
use crate::support::shells::{self, Shell};
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;
use serde_json::Value;

trials![
    the_engine_reads_the_same,
    parses_nothing_differently_from_powershell,
    parses_every_form_that_the_program_prints,
    parses_a_line_of_statements,
    rejects_everything_else,
];

const RECORDED: &str = include_str!("../fixtures/pwsh-literals.json");

struct Case {
    text: String,
    /// The value that PowerShell read; `None` if the text did not parse, was no constant, or broke out of its quotes.
    reads: Option<String>,
}

/// If the parser accepted what PowerShell reads differently, the other tests would accept wrong output.
fn parses_nothing_differently_from_powershell() {
    let mut parsed = 0;
    for case in cases() {
        let Ok(statements) = read_statements(&case.text).or_else(|_| read(&case.text)) else {
            continue;
        };
        let expected = match case.reads {
            Some(value) => vec![set("X", &value)],
            None => statements_of_other_texts(&case.text),
        };
        assert_eq!(statements, expected, "{:?}", case.text);
        parsed += 1;
    }
    assert!(parsed >= 856, "only {parsed} of the recorded texts were parsed");
}

/// What the engine makes of the program's statements, if it is installed.
fn the_engine_reads_the_same() {
    let Some(&shell) = shells::installed().iter().find(|shell| **shell == Shell::Pwsh) else { return };
    let cwd = tempfile::tempdir().expect("a directory");
    let values = hostile::values();
    let mut script = String::new();
    for (i, value) in values.iter().enumerate() {
        let line = Dialect::PowerShell.statements(&[EnvChange::set("X", value.as_str())]);
        let line = line.trim_end_matches('\n');
        // An empty value unsets the variable in some versions.
        let read = read(line).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read, [set("X", value)]);
        std::fs::write(cwd.path().join(format!("line{i}")), line).expect("a file");
        script.push_str(&format!("Invoke-Expression (cat line{i}); [IO.File]::WriteAllText('value{i}', $env:X)\n"));
    }
    let path = std::env::var_os("PATH").expect("PATH");
    let outcome = shell.run(&script, [("PATH", path), ("LC_ALL", "C.UTF-8".into())], cwd.path());
    assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome}");
    for (i, value) in values.iter().enumerate() {
        let seen = std::fs::read_to_string(cwd.path().join(format!("value{i}"))).expect("a value");
        assert_eq!(&seen, value);
    }
}

/// A parser that rejected everything would pass the test above.
fn parses_every_form_that_the_program_prints() {
    let (mut plain, mut joined) = (0, 0);
    for Case { text, reads } in cases() {
        let Some(value) = reads else { continue };
        if text == format!("$env:X = '{}'", value.replace('\'', "''")) && value.bytes().all(is_printable) {
            plain += 1;
        } else if is_join(&text) {
            joined += 1;
        } else {
            continue;
        }
        assert_eq!(read_statements(&text), Ok(vec![set("X", &value)]), "{text:?}");
    }
    assert!(plain >= 250 && joined >= 603, "{plain} plain, {joined} joined");
}

fn parses_a_line_of_statements() {
    let statements = "$env:AWS_PROFILE = $null; $env:A = ''; $env:B = 'it''s; $env:C = ''x'''; \
                $env:D = (-join([char]0xD83D,[char]0xDE00,' '))\n";
    let unset = Statement::Unset { name: "AWS_PROFILE".into() };
    assert_eq!(read(&format!("{GUARD}\n")), Ok(Vec::new()));
    assert_eq!(
        read(&format!("{GUARD}; {statements}")),
        Ok(vec![unset, set("A", ""), set("B", "it's; $env:C = 'x'"), set("D", "😀 ")])
    );
    let message = "not 'signed' in".to_owned();
    assert_eq!(read(&failure("not ''signed'' in")), Ok(vec![Statement::Fail { message }]));
}

fn rejects_everything_else() {
    let failure = failure("m");
    let refused = [
        "",
        "\n",
        "$env:A = 'x'\n\n",
        "$env:A = 'x'\r\n",
        " $env:A = 'x'",
        "$env:A = 'x' ",
        "$env:A = 'x';",
        "$env:A = 'x'; ",
        "$env:A = 'x' $env:B = 'y'",
        "$env:A = 'x';$env:B = 'y'",
        "$env:A = 'x';  $env:B = 'y'",
        "$env:A = 'x'\n$env:B = 'y'",
        "$env:A = 'x' # why",
        "$env:A  = 'x'",
        "$env:A=\t'x'",
        "$env:A='x'",
        "$env:a = 'x'",
        "$env: = 'x'",
        "${env:A} = 'x'",
        "$Env:A = 'x'",
        "$A = 'x'",
        "$env:A = 'x",
        "$env:A = 'x''",
        "$env:A = 'x'y'",
        "$env:A = 'ő'",
        "$env:A = 'x’",
        "$env:A = \"x\"",
        "$env:A = x",
        "$env:A = $nul",
        "$env:A = $NULL",
        "$env:A = $null;",
        "$env:A = (-join())",
        "$env:A = (-join('a',))",
        "$env:A = (-join('a', 'b'))",
        "$env:A = (-join('a' 'b'))",
        "$env:A = (-join('a')",
        "$env:A = -join('a')",
        "$env:A = (-Join('a'))",
        "$env:A = (-join([char]0x201))",
        "$env:A = (-join([char]0x02019))",
        "$env:A = (-join([char]0X2019))",
        "$env:A = (-join([char]0x201f))",
        "$env:A = (-join([char]0x+041))",
        "$env:A = (-join([char]0x0000))",
        "$env:A = (-join([Char]0x2019))",
        "$env:A = (-join([char]8217))",
        "$env:A = (-join([char]0xD83D))",
        "$env:A = (-join([char]0xDE00,[char]0xD83D))",
        "Write-Error 'm'",
        "Write-Error -CategoryActivity 'mfa-env' -Message '' -ErrorAction Stop",
        "Write-Error -CategoryActivity 'mfa-env' -Message 'm'",
        "Write-Error -CategoryActivity 'aws-mfa' -Message 'm' -ErrorAction Stop",
        "Write-Error -CategoryActivity 'mfa-env' -Message (-join('m')) -ErrorAction Stop",
        &format!("{failure}; $env:A = 'x'"),
        &format!("$env:A = 'x'; {failure}"),
        &format!("{failure}; {failure}"),
        &format!("{failure};"),
        &format!("{GUARD};"),
        &format!("{GUARD}$env:A = 'x'"),
        "$env:A = 'x\"y'",
    ];
    for text in refused {
        assert!(read(text).is_err(), "parsed as {:?}: {text:?}", read(text));
        let guarded = format!("{GUARD}; {text}");
        assert!(read(&guarded).is_err(), "parsed as {:?}: {text:?}", read(&guarded));
    }
    assert!(read("$env:A = 'x'").is_err(), "no guard");
}

/// Valid texts that are not a single assignment of a constant, so no value is recorded for them.
fn statements_of_other_texts(text: &str) -> Vec<Statement> {
    let unset = |name: &str| Statement::Unset { name: name.into() };
    match text {
        "$env:X = $null" => vec![unset("X")],
        "$env:X = 'a'; $env:Y = 'b'" => vec![set("X", "a"), set("Y", "b")],
        "$env:X = 'a'; $env:Y = $null; $env:Z = (-join('a',[char]0x2019,'b'))" => {
            vec![set("X", "a"), unset("Y"), set("Z", "a\u{2019}b")]
        }
        _ => panic!("PowerShell rejects it, or it breaks out of its quotes: {text:?}"),
    }
}

fn cases() -> Vec<Case> {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).expect("the fixture is JSON");
    assert_eq!(recorded.len(), 1959);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    recorded.iter().map(|case| Case { text: text(&case["text"]).expect("text"), reads: text(&case["reads"]) }).collect()
}

fn set(name: &str, value: &str) -> Statement {
    Statement::Set { name: name.into(), value: value.into() }
}

fn failure(quoted: &str) -> String {
    format!("Write-Error -CategoryActivity 'mfa-env' -Message '{quoted}' -ErrorAction Stop")
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// Whether the text is a `-join` of literals and characters. Unlike the parser, this has no grammar: it only checks
/// that everything outside the quotes is a comma, or `[char]0x` and four capital hex digits.
fn is_join(text: &str) -> bool {
    let parts = text.strip_prefix("$env:X = (-join(").and_then(|rest| rest.strip_suffix("))"));
    let outside: String = parts.unwrap_or_default().replace("''", "").split('\'').step_by(2).collect();
    let is_unit = |part: &str| {
        part.strip_prefix("[char]0x").is_some_and(|digits| {
            digits.len() == 4 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        })
    };
    // A comma needs a part on both sides: `(-join(,'a'))` is a nested array.
    let is_complete = parts.is_some_and(|parts| !parts.starts_with(',') && !parts.ends_with(','));
    is_complete && text.bytes().all(is_printable) && outside.split(',').all(|part| part.is_empty() || is_unit(part))
}

//! A strict parser of the PowerShell that the program prints.
//!
//! PowerShell is not installed on every machine, so this parses its text, accepting only the few forms that the program
//! is meant to print. `tests/shells/powershell_reader.rs` compares it with what Microsoft's engine made of 1,959 texts.
//! It shares no code with the program, so a bug in one cannot hide a bug in the other.
//!
//! ```text
//! line      = guard *( "; " statement ) | fail, with or without a trailing newline
//! guard     = the commands that fail in other shells
//! statement = "$env:" NAME " = " ( literal | joined | "$null" )
//! literal   = "'" *( printable ASCII but ' | "''" ) "'"
//! joined    = "(-join(" part *( "," part ) "))"
//! part      = literal | "[char]0x" 4 × ( 0-9 | A-F )
//! fail      = "Write-Error -CategoryActivity 'mfa-env' -Message " literal " -ErrorAction Stop"
//! NAME      = 1*( A-Z | 0-9 | "_" )
//! ```

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    Set {
        name: String,
        value: String,
    },
    Unset {
        name: String,
    },
    /// Always alone, because it stops the script.
    Fail {
        message: String,
    },
}

/// What makes the line fail in other shells.
pub const GUARD: &str = r#"echo "\" |Out-Null; echo " >/dev/null; false #" |Out-Null"#;

/// Parses one line; an error says what was expected, and where.
///
/// Stricter than the engine where its leniency would hide a bug: exactly one space, upper-case hex digits, no empty
/// text, no empty message, and no NUL (an environment variable cannot contain it). After the guard there is no `"`,
/// which would end the string that it opens in some shells.
pub fn read(text: &str) -> Result<Vec<Statement>, String> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if let Some(message) = line.strip_prefix("Write-Error -CategoryActivity 'mfa-env' -Message ") {
        let mut parser = Parser::new(message)?;
        let message = parser.literal()?;
        parser.expect(" -ErrorAction Stop")?;
        if message.is_empty() || !parser.rest.is_empty() {
            return Err(parser.expected("a message, and nothing after the failure"));
        }
        return Ok(vec![Statement::Fail { message }]);
    }
    match line.strip_prefix(GUARD) {
        None => Err(format!("no guard in {line:?}")),
        Some("") => Ok(Vec::new()),
        Some(rest) if rest.contains('"') => Err(format!("a double quote in {rest:?}")),
        Some(rest) => {
            let statements = rest.strip_prefix("; ").ok_or_else(|| format!("no semicolon before {rest:?}"))?;
            read_statements(statements)
        }
    }
}

/// Parses the statements after the guard.
pub fn read_statements(line: &str) -> Result<Vec<Statement>, String> {
    let mut parser = Parser::new(line)?;
    let mut statements = vec![parser.statement()?];
    while !parser.rest.is_empty() {
        parser.expect("; ")?;
        statements.push(parser.statement()?);
    }
    Ok(statements)
}

struct Parser<'a> {
    line: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn new(line: &'a str) -> Result<Self, String> {
        match line.bytes().position(|byte| !(b' '..=b'~').contains(&byte)) {
            Some(at) => Err(format!("not printable ASCII at byte {at} of {line:?}")),
            None => Ok(Parser { line, rest: line }),
        }
    }

    fn statement(&mut self) -> Result<Statement, String> {
        self.expect("$env:")?;
        let length = self.rest.bytes().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')).count();
        let (name, rest) = self.rest.split_at(length);
        if name.is_empty() {
            return Err(self.expected("a name of A-Z, 0-9 and _"));
        }
        self.rest = rest;
        let name = name.to_owned();
        self.expect(" = ")?;
        if self.take("$null") {
            return Ok(Statement::Unset { name });
        }
        let value = if self.take("(-join(") { self.joined()? } else { self.literal()? };
        Ok(Statement::Set { name, value })
    }

    /// The parts up to the closing parentheses. Each `[char]` is one UTF-16 unit, so a character above U+FFFF takes
    /// two.
    fn joined(&mut self) -> Result<String, String> {
        let mut units = Vec::new();
        loop {
            if self.take("[char]0x") {
                units.push(self.unit()?);
            } else {
                units.extend(self.literal()?.encode_utf16());
            }
            if self.take("))") {
                return String::from_utf16(&units).map_err(|_| self.expected("no lone surrogate"));
            }
            self.expect(",")?;
        }
    }

    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.rest.get(..4).unwrap_or_default();
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        match u16::from_str_radix(digits, 16) {
            Ok(unit @ 1..) if digits.bytes().all(is_digit) => {
                self.rest = &self.rest[4..];
                Ok(unit)
            }
            _ => Err(self.expected("four hex digits, not all zero")),
        }
    }

    fn literal(&mut self) -> Result<String, String> {
        self.expect("'")?;
        let mut value = String::new();
        loop {
            let Some((plain, rest)) = self.rest.split_once('\'') else {
                return Err(self.expected("a closing quote"));
            };
            value.push_str(plain);
            self.rest = rest;
            if !self.take("'") {
                return Ok(value);
            }
            value.push('\'');
        }
    }

    fn take(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        if self.take(expected) { Ok(()) } else { Err(self.expected(&format!("{expected:?}"))) }
    }

    fn expected(&self, what: &str) -> String {
        format!("expected {what} at byte {} of {:?}", self.line.len() - self.rest.len(), self.line)
    }
}

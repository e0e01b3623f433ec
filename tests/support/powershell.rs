//! A strict parser of the PowerShell that the program prints.
//!
//! PowerShell is not installed on every machine, so this parses its text, accepting only the few forms that the program
//! is meant to print. `tests/shells/powershell_reader.rs` compares it with what Microsoft's engine made of 1,959 texts.
//! It shares no code with the program, so a bug in one cannot hide a bug in the other.
//!
//! ```text
//! line      = statement *( "; " statement ) | fail, with or without a trailing newline
//! statement = "$env:" NAME " = " ( literal | joined | "$null" )
//! literal   = "'" *( printable ASCII but ' | "''" ) "'"
//! joined    = "(-join(" part *( "," part ) "))"
//! part      = literal | "[char]0x" 4 × ( 0-9 | A-F )
//! fail      = "Write-Error -CategoryActivity 'mfa-env' -Message " literal " -ErrorAction Stop"
//! NAME      = 1*( A-Z | "_" )
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

/// Parses one line; an error says what was expected, and where.
///
/// Stricter than the engine where its leniency would hide a bug: exactly one space, upper-case hex digits, no empty
/// text, no empty message, and no NUL (an environment variable cannot contain it).
pub fn read(text: &str) -> Result<Vec<Statement>, String> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if let Some(at) = line.bytes().position(|byte| !(b' '..=b'~').contains(&byte)) {
        return Err(format!("not printable ASCII at byte {at} of {text:?}"));
    }
    let mut parser = Parser { line, rest: line };
    if parser.take("Write-Error -CategoryActivity 'mfa-env' -Message ") {
        let message = parser.literal()?;
        parser.expect(" -ErrorAction Stop")?;
        if message.is_empty() || !parser.rest.is_empty() {
            return Err(parser.expected("a message, and nothing after the failure"));
        }
        return Ok(vec![Statement::Fail { message }]);
    }
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

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, String> {
        self.expect("$env:")?;
        let length = self.rest.bytes().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'_')).count();
        let (name, rest) = self.rest.split_at(length);
        if name.is_empty() {
            return Err(self.expected("a name of A-Z and _"));
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

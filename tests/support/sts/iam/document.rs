//! An identity-based policy as JSON, evaluated as IAM does (IAM user guide, "Policy evaluation logic"). Anything that
//! this does not know, or that IAM would not accept, is a panic.

use super::super::key::Caller;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The size of a policy that is embedded in a user, in characters that are not blanks (IAM user guide, "IAM and AWS STS
/// quotas").
const MAX_SIZE: usize = 2048;

#[derive(Clone, Debug)]
pub struct Document {
    statements: Vec<Statement>,
}

/// A statement that allows something.
#[derive(Clone, Debug)]
struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    needs_mfa: bool,
}

impl Document {
    pub fn parse(json: &str) -> Document {
        assert!(json.chars().filter(|c| !c.is_whitespace()).count() <= MAX_SIZE, "too long: {json}");
        let document: Map<String, Value> = serde_json::from_str(json).expect("a JSON object");
        let names: Vec<&str> = document.keys().map(String::as_str).collect();
        assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(["Version", "Statement"]));
        // Only this version has variables.
        assert_eq!(document["Version"], "2012-10-17");
        let statements = document["Statement"].as_array().expect("a list of statements");
        let names: BTreeSet<&str> = statements.iter().filter_map(|statement| statement["Sid"].as_str()).collect();
        assert_eq!(names.len(), statements.len(), "each statement needs a name of its own: {json}");
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric())), "{names:?}");
        Document { statements: statements.iter().map(Statement::parse).collect() }
    }

    pub fn allows(&self, action: &str, resource: &str, caller: &Caller) -> bool {
        self.statements.iter().any(|statement| statement.allows(action, resource, caller))
    }
}

impl Statement {
    fn parse(statement: &Value) -> Statement {
        let fields = statement.as_object().expect("a statement is an object");
        for name in fields.keys() {
            assert!(["Sid", "Effect", "Action", "Resource", "Condition"].contains(&name.as_str()), "{name}");
        }
        assert_eq!(statement["Effect"], "Allow");
        let needs_mfa = match fields.get("Condition") {
            None => false,
            Some(condition) => {
                assert_eq!(*condition, serde_json::json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
                true
            }
        };
        let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
        assert!(actions.iter().all(|action| action.contains(':')), "{actions:?}");
        assert!(resources.iter().all(|arn| arn.starts_with("arn:") && arn.split(':').count() >= 6), "{resources:?}");
        Statement { actions, resources, needs_mfa }
    }

    fn allows(&self, action: &str, resource: &str, caller: &Caller) -> bool {
        let name = caller.arn.rsplit('/').next().unwrap_or_default();
        self.actions.iter().any(|allowed| allowed == action)
            && self.resources.iter().any(|pattern| matches(&tokens(pattern, name), resource))
            && (!self.needs_mfa || caller.has_mfa())
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().expect("a list").iter().map(|text| text.as_str().expect("text").to_owned());
    let texts: Vec<String> = texts.collect();
    assert!(!texts.is_empty());
    texts
}

/// A part of a pattern.
enum Token {
    Char(char),
    AnyChar,
    AnyText,
}

/// The pattern with the values of its variables.
fn tokens(pattern: &str, user_name: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some((variable, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            let value = match variable {
                "aws:username" => user_name,
                "*" | "?" | "$" => variable,
                other => panic!("an unknown variable {other} in {pattern}"),
            };
            tokens.extend(value.chars().map(Token::Char));
            rest = after;
            continue;
        }
        assert_ne!(first, '$', "{pattern}");
        tokens.push(match first {
            '*' => Token::AnyText,
            '?' => Token::AnyChar,
            c => Token::Char(c),
        });
        rest = &rest[first.len_utf8()..];
    }
    tokens
}

fn matches(tokens: &[Token], text: &str) -> bool {
    let mut chars = text.chars();
    match tokens.split_first() {
        None => text.is_empty(),
        Some((Token::Char(c), rest)) => chars.next() == Some(*c) && matches(rest, chars.as_str()),
        Some((Token::AnyChar, rest)) => chars.next().is_some() && matches(rest, chars.as_str()),
        Some((Token::AnyText, rest)) => {
            text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
        }
    }
}

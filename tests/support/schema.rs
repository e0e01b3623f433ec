//! Checks that a JSON document has exactly the described fields and types, in a stable order.

use serde_json::Value;

/// What a JSON value may be.
pub enum Shape {
    Text,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    Number,
    Bool,
    /// The shape, or null.
    Nullable(&'static Shape),
    Array(&'static Shape),
    Object(&'static [(&'static str, Shape)]),
}

/// Panics unless the document is one line, has this shape, and its fields are in alphabetical order.
#[track_caller]
pub fn assert_matches(text: &str, shape: &Shape) -> Value {
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "one line: {text:?}");
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    if let Err(problem) = check(&value, shape) {
        panic!("{problem}\n{value:#}");
    }
    assert_eq!(sorted(&value), text.trim_end(), "fields are not in alphabetical order");
    value
}

fn check(value: &Value, shape: &Shape) -> Result<(), String> {
    match (shape, value) {
        (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) | (Shape::Nullable(_), Value::Null) => Ok(()),
        (Shape::Number, Value::Number(number)) if number.is_i64() => Ok(()),
        (Shape::OneOf(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (Shape::Nullable(shape), value) => check(value, shape),
        (Shape::Array(shape), Value::Array(all)) => {
            all.iter().enumerate().try_for_each(|(i, v)| check(v, shape).map_err(|problem| format!("{i}: {problem}")))
        }
        (Shape::Object(fields), Value::Object(object)) => {
            if let Some(name) = object.keys().find(|name| fields.iter().all(|(known, _)| known != name)) {
                return Err(format!("{name} is not in the schema"));
            }
            fields.iter().try_for_each(|(name, shape)| {
                let value = object.get(*name).ok_or_else(|| format!("{name} is missing"))?;
                check(value, shape).map_err(|problem| format!("{name}: {problem}"))
            })
        }
        (_, value) => Err(format!("{value} has the wrong type")),
    }
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields: Vec<String> =
                fields.into_iter().map(|(name, v)| format!("{}:{}", Value::from(name.as_str()), sorted(v))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(all) => format!("[{}]", all.iter().map(sorted).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

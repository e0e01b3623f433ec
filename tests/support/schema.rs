//! The shape of a JSON object: every field with its type, and no others, in a stable order.

use serde_json::Value;

/// What may stand in a place.
pub enum Shape {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Number,
    Truth,
    /// That, or null.
    Maybe(&'static Shape),
    Each(&'static Shape),
    Fields(&'static [(&'static str, Shape)]),
}

/// Holds a document against its shape, the order of its fields included.
#[track_caller]
pub fn hold(text: &str, shape: &Shape) -> Value {
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "one line: {text:?}");
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    if let Err(flaw) = check(&value, shape) {
        panic!("{flaw}\n{value:#}");
    }
    // Written again with sorted fields it is the same text.
    assert_eq!(sorted(&value), text.trim_end(), "the fields stand in alphabetical order");
    value
}

fn check(value: &Value, shape: &Shape) -> Result<(), String> {
    match (shape, value) {
        (Shape::Text, Value::String(_)) | (Shape::Truth, Value::Bool(_)) | (Shape::Maybe(_), Value::Null) => Ok(()),
        (Shape::Number, Value::Number(number)) if number.is_i64() => Ok(()),
        (Shape::Word(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (Shape::Maybe(shape), value) => check(value, shape),
        (Shape::Each(shape), Value::Array(all)) => {
            all.iter().enumerate().try_for_each(|(i, v)| check(v, shape).map_err(|flaw| format!("{i}: {flaw}")))
        }
        (Shape::Fields(fields), Value::Object(object)) => {
            if let Some(name) = object.keys().find(|name| fields.iter().all(|(known, _)| known != name)) {
                return Err(format!("{name} is not described"));
            }
            fields.iter().try_for_each(|(name, shape)| {
                let value = object.get(*name).ok_or_else(|| format!("{name} is missing"))?;
                check(value, shape).map_err(|flaw| format!("{name}: {flaw}"))
            })
        }
        (_, value) => Err(format!("{value} is of another type")),
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

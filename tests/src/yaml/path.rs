//! Paths into answers, variables, and whether what stands there is what was expected.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values that were remembered, by name.
pub(super) type Variables = BTreeMap<String, Value>;

/// What stands at a dotted path. An escaped dot belongs to a name; `$body` is the answer itself; a variable at the front
/// is the root if it is no text.
pub(super) fn at<'a>(root: &'a Value, path: &str, variables: &'a Variables) -> Option<&'a Value> {
    let mut segments = split(path);
    let mut value = root;
    if let Some(name) = segments.first().and_then(|first| first.strip_prefix('$')) {
        let name = name.trim_start_matches('{').trim_end_matches('}');
        match variables.get(name) {
            Some(Value::String(text)) => segments[0] = text.clone(),
            Some(other) => {
                value = other;
                segments.remove(0);
            }
            None if name == "body" => drop(segments.remove(0)),
            None => return None,
        }
    }
    for segment in segments.iter().filter(|segment| !segment.is_empty()) {
        value = match value {
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?)?,
            Value::Object(members) => members.get(&*filled(segment, variables))?,
            _ => return None,
        };
    }
    Some(value)
}

/// Puts variables into texts. A text that is nothing but a variable becomes its value.
pub(super) fn fill(value: &Value, variables: &Variables) -> Value {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
            match name.and_then(|name| variables.get(name)) {
                Some(value) => value.clone(),
                None => Value::String(filled(text, variables)),
            }
        }
        Value::Array(items) => items.iter().map(|item| fill(item, variables)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (filled(name, variables), fill(value, variables)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// Whether two values are equal; numbers by value.
pub(super) fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(left), Value::Number(right)) => {
            crate::conform::compare::same_number(&left.to_string(), &right.to_string())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let is_same = |(name, value)| right.get(name).is_some_and(|other| same(value, other));
            left.len() == right.len() && left.iter().all(is_same)
        }
        _ => expected == found,
    }
}

/// Whether a value counts as true: it is there and neither false, zero, empty text nor null.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

/// The longest name first, so that `$id` does not take the front of `$id2`.
fn filled(text: &str, variables: &Variables) -> String {
    let mut names: Vec<&String> = variables.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut text = text.to_owned();
    for name in names {
        if text.contains('$') {
            let value = &variables[name];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("${{{name}}}"), &value).replace(&format!("${name}"), &value);
        }
    }
    text
}

fn split(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut escaped = false;
    for c in path.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '.' if !escaped => segments.push(String::new()),
            c => {
                segments.last_mut().into_iter().for_each(|last| last.push(c));
                escaped = false;
            }
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths() {
        let root = json!({"a": [{"b.c": 1}], "x": {"k": 2}, "elastic/fleet-server": {"r": 3}});
        let variables = Variables::from([("key".to_owned(), json!("k")), ("saved".to_owned(), json!({"n": [4]}))]);
        for (path, expected) in [
            (r"a.0.b\.c", Some(json!(1))),
            ("a.1", None),
            ("a.b", None),
            ("x.$key", Some(json!(2))),
            ("elastic/fleet-server.r", Some(json!(3))),
            ("$saved.n.0", Some(json!(4))),
            ("$unknown.n", None),
            ("$body.x.k", Some(json!(2))),
            ("", Some(root.clone())),
        ] {
            assert_eq!(at(&root, path, &variables), expected.as_ref(), "{path}");
        }
    }

    #[test]
    fn variables_stand_in_texts() {
        let variables = Variables::from([("id".to_owned(), json!("x")), ("id2".to_owned(), json!(7))]);
        let filled =
            fill(&json!({"a": "$id", "b": ["$id2", "{\"ids\":[\"$id\"],\"n\":$id2}", "${id}y", "$no"]}), &variables);
        assert_eq!(filled, json!({"a": "x", "b": [7, "{\"ids\":[\"x\"],\"n\":7}", "xy", "$no"]}));
    }

    #[test]
    fn equality() {
        assert!(same(&json!({"a": [1, null]}), &json!({"a": [1.0, null]})));
        assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!same(&json!(1), &json!("1")));
        assert!(is_true(Some(&json!([]))) && !is_true(Some(&json!(""))) && !is_true(None) && !is_true(Some(&json!(0))));
    }
}

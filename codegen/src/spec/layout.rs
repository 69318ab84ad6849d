//! JSON text for people: what fits on a line stands on one line, everything else is indented. The text depends on the value
//! alone, so printing is deterministic.

use super::model::Json;

/// A JSON value to be printed; objects keep the order they were built in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    /// Printed as it stands.
    Scalar(Json),
    /// An array.
    Array(Vec<Out>),
    /// An object.
    Object(Vec<(String, Out)>),
    /// An object that always stands on several lines.
    Tall(Vec<(String, Out)>),
}

/// The longest line, in characters.
const WIDTH: usize = 120;

/// The whole text of a file.
pub(crate) fn to_text(out: &Out) -> String {
    let mut text = String::new();
    write(out, 0, 0, &mut text);
    text.push('\n');
    text
}

impl From<&str> for Out {
    fn from(text: &str) -> Self {
        Self::Scalar(text.into())
    }
}

impl From<String> for Out {
    fn from(text: String) -> Self {
        Self::Scalar(text.into())
    }
}

impl From<bool> for Out {
    fn from(value: bool) -> Self {
        Self::Scalar(value.into())
    }
}

impl From<&[String]> for Out {
    fn from(items: &[String]) -> Self {
        Self::Array(items.iter().map(|item| item.as_str().into()).collect())
    }
}

impl From<&Json> for Out {
    fn from(value: &Json) -> Self {
        match value {
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
            scalar => Self::Scalar(scalar.clone()),
        }
    }
}

/// `column` is where the value starts; a comma may follow it.
fn write(out: &Out, indent: usize, column: usize, text: &mut String) {
    let mut line = String::new();
    if flat(out, WIDTH.saturating_sub(column + 1), &mut line).is_some() {
        text.push_str(&line);
        return;
    }
    let inner = indent + 2;
    match out {
        Out::Scalar(value) => text.push_str(&value.to_string()),
        Out::Array(items) => {
            text.push('[');
            let mut at = usize::MAX;
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                // Scalars fill the line; anything else gets a line of its own.
                let wide = scalar_width(item).filter(|width| at.saturating_add(width + 2) < WIDTH);
                if let Some(width) = wide {
                    text.push(' ');
                    at += width + 2;
                } else {
                    new_line(inner, text);
                    at = scalar_width(item).map_or(usize::MAX, |width| inner + width + 1);
                }
                write(item, inner, inner, text);
            }
            new_line(indent, text);
            text.push(']');
        }
        Out::Object(entries) | Out::Tall(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                new_line(inner, text);
                let key = Json::from(key.as_str()).to_string();
                text.push_str(&key);
                text.push_str(": ");
                write(value, inner, inner + key.chars().count() + 2, text);
            }
            if !entries.is_empty() {
                new_line(indent, text);
            }
            text.push('}');
        }
    }
}

/// The value on one line, when it has at most `room` characters; stops early when it has more.
fn flat(out: &Out, room: usize, line: &mut String) -> Option<()> {
    match out {
        Out::Scalar(value) => line.push_str(&value.to_string()),
        Out::Array(items) => {
            line.push('[');
            for (index, item) in items.iter().enumerate() {
                line.push_str(if index > 0 { ", " } else { "" });
                flat(item, room, line)?;
            }
            line.push(']');
        }
        Out::Object(entries) if entries.is_empty() => line.push_str("{}"),
        Out::Object(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                line.push_str(if index > 0 { ", " } else { "{ " });
                line.push_str(&Json::from(key.as_str()).to_string());
                line.push_str(": ");
                flat(value, room, line)?;
            }
            line.push_str(" }");
        }
        Out::Tall(_) => return None,
    }
    // Bytes bound characters from above, so most values are measured by their length alone.
    (line.len() <= room || line.chars().count() <= room).then_some(())
}

fn scalar_width(out: &Out) -> Option<usize> {
    if let Out::Scalar(value) = out { Some(value.to_string().chars().count()) } else { None }
}

fn new_line(indent: usize, text: &mut String) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', indent));
}

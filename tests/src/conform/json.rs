//! JSON as it was written: numbers keep their digits, members their order, and two members of one name are an error.
//! What serde_json rounds or merges would hide what a client loses.

use std::fmt;

use serde_json::value::RawValue;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, without its escapes.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object; no two members have one name.
    Object(Vec<(String, Tree)>),
}

/// Deeper values are refused, so that nothing that walks them overflows its stack.
const MAX_DEPTH: usize = 200;

impl Tree {
    /// Parses one complete text.
    ///
    /// # Errors
    /// When it is not JSON, an object has two members of one name, or it is nested too deeply.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let tree = parser.value()?;
        parser.space();
        if parser.at < text.len() { Err(parser.wrong("text behind the value")) } else { Ok(tree) }
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string it is.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// What people call its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Compact JSON.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => write_string(f, text),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    write_string(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Tree, String> {
        self.space();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Tree::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Tree::Bool(true)),
            Some(b'f') => self.word("false", Tree::Bool(false)),
            Some(b'n') => self.word("null", Tree::Null),
            Some(_) => Err(self.wrong("no JSON value")),
            None => Err(self.wrong("the text ends too early")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Tree, String>) -> Result<Tree, String> {
        if self.depth == MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        self.depth += 1;
        self.at += 1;
        let tree = read(self)?;
        self.depth -= 1;
        Ok(tree)
    }

    fn object(&mut self) -> Result<Tree, String> {
        let mut members: Vec<(String, Tree)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        if self.take(b'}') {
            return Ok(Tree::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a member name is missing"));
            }
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(self.wrong(&format!("two members are named `{name}`")));
            }
            if !self.take(b':') {
                return Err(self.wrong("`:` is missing"));
            }
            members.push((name, self.value()?));
            if self.take(b'}') {
                return Ok(Tree::Object(members));
            }
            if !self.take(b',') {
                return Err(self.wrong("`,` or `}` is missing"));
            }
        }
    }

    fn array(&mut self) -> Result<Tree, String> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Tree::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(b']') {
                return Ok(Tree::Array(items));
            }
            if !self.take(b',') {
                return Err(self.wrong("`,` or `]` is missing"));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let quoted = self.text.get(start..=end).ok_or_else(|| self.wrong("a string has no end"))?;
        let text = serde_json::from_str(quoted).map_err(|_| self.wrong("a string is no JSON string"))?;
        self.at = end + 1;
        Ok(text)
    }

    fn number(&mut self) -> Result<Tree, String> {
        let rest = &self.text[self.at..];
        let part_of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let number = &rest[..rest.find(|c| !part_of_number(c)).unwrap_or(rest.len())];
        // As raw text, so that the grammar is checked and not the range.
        if serde_json::from_str::<&RawValue>(number).is_err() {
            return Err(self.wrong("a number is no JSON number"));
        }
        self.at += number.len();
        Ok(Tree::Number(number.to_owned()))
    }

    fn word(&mut self, word: &str, tree: Tree) -> Result<Tree, String> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong("no JSON value"));
        }
        self.at += word.len();
        Ok(tree)
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what} at byte {}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json() {
        for text in [
            "null",
            "true",
            r#"{"a":[1,-2.50,3e+7,12345678901234567890123],"b":{},"c":[],"é\n\"":"\u0001"}"#,
            r#""\ud83d\ude00""#,
        ] {
            let tree = Tree::parse(text).unwrap();
            assert_eq!(Tree::parse(&tree.to_string()).unwrap(), tree);
            let ours: serde_json::Value = serde_json::from_str(&tree.to_string()).unwrap();
            assert_eq!(ours, serde_json::from_str::<serde_json::Value>(text).unwrap());
        }
        assert_eq!(Tree::parse(" [ 1.50 , 1E400 ] ").unwrap().to_string(), "[1.50,1E400]");
    }

    #[test]
    fn what_is_none() {
        for (text, why) in [
            ("", "ends too early at byte 0"),
            ("{", "a member name is missing"),
            ("[1,", "ends too early"),
            ("[1 2]", "`,` or `]` is missing"),
            (r#"{"a":1"#, "`,` or `}` is missing"),
            (r#"{"a" 1}"#, "`:` is missing"),
            (r#"{"a":1,"\u0061":2}"#, "two members are named `a`"),
            (r#"{"a":1,}"#, "a member name is missing"),
            ("01", "a number is no JSON number"),
            ("1.", "a number is no JSON number"),
            ("tru", "no JSON value"),
            ("nul", "no JSON value"),
            ("é", "no JSON value"),
            ("1 1", "text behind the value"),
            (r#""a"#, "a string has no end"),
            ("\"\\", "a string has no end"),
            (r#""\ud800""#, "no JSON string"),
            ("\"\n\"", "no JSON string"),
        ] {
            let error = Tree::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Tree::parse(&"[".repeat(100_000)).unwrap_err().contains("nested too deeply"));
    }
}

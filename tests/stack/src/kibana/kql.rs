//! Kibana's query language as far as filters of objects need it: `field: value` with wildcards, comparisons, `and`, `or`,
//! `not` and parentheses. Knows no object: the caller says what a field holds.

use serde_json::Value;

/// A filter that was read.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A field has such a value.
    Has(String, Wanted),
    /// A field compares with a number or a text: the operator, and with what.
    Is(String, &'static str, String),
}

/// Which value.
#[derive(Debug)]
pub(super) enum Wanted {
    Any,
    /// What was quoted, in any case.
    Text(String),
    /// Words, in which `*` stands for any text.
    Like(String),
}

/// The longest first: `>=` begins with `>`.
const COMPARISONS: [&str; 4] = [">=", "<=", ">", "<"];

/// Parentheses deeper than this are refused.
const DEPTH: usize = 64;

impl Filter {
    /// Reads a filter; says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        if reader.tokens.is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let filter = reader.any(None)?;
        match reader.tokens.get(reader.at) {
            None => Ok(filter),
            Some(token) => Err(format!("Expected end of input but \"{}\" found.", token.text())),
        }
    }

    /// Tells whether an object fits, of which `field` tells the values by their path.
    pub(super) fn fits(&self, field: &dyn Fn(&str) -> Vec<Value>) -> bool {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.fits(field)),
            Self::Any(filters) => filters.iter().any(|filter| filter.fits(field)),
            Self::Not(filter) => !filter.fits(field),
            Self::Has(name, wanted) => field(name).iter().any(|value| match wanted {
                Wanted::Any => !value.is_null(),
                Wanted::Text(wanted) => text(value).to_lowercase() == wanted.to_lowercase(),
                Wanted::Like(wanted) => like(&wanted.to_lowercase(), &text(value).to_lowercase()),
            }),
            Self::Is(name, operator, wanted) => field(name).iter().any(|value| {
                let order = match (value.as_f64(), wanted.parse::<f64>()) {
                    (Some(value), Ok(wanted)) => value.partial_cmp(&wanted),
                    _ => Some(text(value).as_str().cmp(wanted)),
                };
                order.is_some_and(|order| match *operator {
                    ">=" => order.is_ge(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_lt(),
                })
            }),
        }
    }
}

/// Whether a text is one that a pattern with `*` stands for.
fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(tail)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) => text,
            Self::Sign(sign) => sign,
        }
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(wanted))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let signs = COMPARISONS.iter().chain(&["(", ")", ":"]);
        if let Some(sign) = signs.copied().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '"' {
            let (quoted, after) = quoted(&rest[1..])?;
            tokens.push(Token::Quoted(quoted));
            rest = after;
        } else {
            let (word, after) = word(rest);
            tokens.push(Token::Word(word));
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str) -> Result<(String, &str), String> {
    let (mut out, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return Ok((out, &text[at + 1..])),
            '\\' if !escaped => escaped = true,
            c => {
                out.push(c);
                escaped = false;
            }
        }
    }
    Err("Expected \"\\\"\" but end of input found.".to_owned())
}

fn word(text: &str) -> (String, &str) {
    let (mut out, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            c if !escaped && (c.is_whitespace() || "():<>\"".contains(c)) => return (out, &text[at..]),
            c => {
                out.push(c);
                escaped = false;
            }
        }
    }
    (out, "")
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    /// Filters joined by `or`; inside `field: (...)` they are values of that field.
    fn any(&mut self, field: Option<&str>) -> Result<Filter, String> {
        let mut filters = vec![self.all(field)?];
        while self.takes_word("or") {
            filters.push(self.all(field)?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn all(&mut self, field: Option<&str>) -> Result<Filter, String> {
        let mut filters = vec![self.one(field)?];
        while self.takes_word("and") {
            filters.push(self.one(field)?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
    }

    fn one(&mut self, field: Option<&str>) -> Result<Filter, String> {
        if self.takes_word("not") {
            self.deeper()?;
            let filter = self.one(field);
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(filter?)));
        }
        if self.takes("(") {
            self.deeper()?;
            let filter = self.any(field);
            self.depth -= 1;
            let filter = filter?;
            return if self.takes(")") { Ok(filter) } else { Err(self.unexpected("\")\"")) };
        }
        let name = match self.tokens.get(self.at) {
            Some(Token::Word(text) | Token::Quoted(text)) => text.clone(),
            _ => return Err(self.unexpected("a field or a value")),
        };
        if let Some(field) = field {
            let value = self.value()?;
            return Ok(Filter::Has(field.to_owned(), value));
        }
        self.at += 1;
        if self.takes(":") {
            return match self.tokens.get(self.at) {
                Some(Token::Sign("(")) => self.one(Some(&name)),
                _ => Ok(Filter::Has(name, self.value()?)),
            };
        }
        for operator in COMPARISONS {
            if self.takes(operator) {
                let value = self.tokens.get(self.at).map(|token| token.text().to_owned());
                self.at += 1;
                let value = value.ok_or("Expected a value but end of input found.")?;
                return Ok(Filter::Is(name, operator, value));
            }
        }
        Err(self.unexpected("\":\""))
    }

    /// A value: words that follow one another are one text.
    fn value(&mut self) -> Result<Wanted, String> {
        let mut words: Vec<String> = Vec::new();
        let mut quoted = false;
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Word(_) if token.is_word("and") || token.is_word("or") => break,
                Token::Word(word) if !quoted => words.push(word.clone()),
                // What is quoted stands as it is.
                Token::Quoted(text) if words.is_empty() => {
                    words.push(text.clone());
                    quoted = true;
                }
                _ => break,
            }
            self.at += 1;
        }
        match words.join(" ") {
            text if text.is_empty() && !quoted => Err(self.unexpected("a value")),
            text if quoted => Ok(Wanted::Text(text)),
            text if text == "*" => Ok(Wanted::Any),
            text => Ok(Wanted::Like(text)),
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is_word(word));
        self.at += usize::from(found);
        found
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH { Err("The filter is nested too deeply.".to_owned()) } else { Ok(()) }
    }

    fn unexpected(&self, expected: &str) -> String {
        let found = self.tokens.get(self.at).map_or("end of input".to_owned(), |token| format!("\"{}\"", token.text()));
        format!("Expected {expected} but {found} found.")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Filter;

    #[test]
    fn filters_fit_what_they_say() {
        let object = json!({ "name": "My rule", "tags": ["a", "b c"], "size": 5, "on": true });
        let field = |name: &str| match object.get(name) {
            Some(Value::Array(all)) => all.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        for (text, fits) in [
            ("", true),
            ("name: \"My rule\"", true),
            ("name: my rule", true),
            ("name: my*", true),
            ("name: rule", false),
            ("tags: a", true),
            ("tags: (x or \"b c\")", true),
            ("tags: (a and x)", false),
            ("not tags: x", true),
            ("NOT name: My* OR size >= 5", true),
            ("size > 5", false),
            ("size < 6 and on: true", true),
            ("(name: x or on: true) and not (size <= 4)", true),
            ("missing: *", false),
            ("name: *", true),
            ("name: \"*\"", false),
            ("name: *y*u*", true),
            ("name: *y*x*", false),
            ("na\\me: my\\ rule", true),
        ] {
            assert_eq!(Filter::read(text).map(|filter| filter.fits(&field)), Ok(fits), "{text}");
        }
        for text in [
            "name",
            "name:",
            ":",
            "(name: a",
            "name: \"a",
            "name: a)",
            "and",
            "size >",
            &"(".repeat(99),
            &"not ".repeat(99),
        ] {
            assert!(Filter::read(text).is_err(), "{text}");
        }
    }
}

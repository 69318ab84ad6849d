//! Type expressions: `map<string, security.RoleDescriptor>[] | null`. Parsing and printing are inverse: what `print` gives,
//! `parse` reads as the same schema. Neither panics or recurses deeper than `MAX_DEPTH`.

use super::json::{Span, number};
use super::model::{Json, Scalar, Schema, Union};

/// What a type expression says.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The schema.
    pub schema: Schema,
    /// Whether a `?` stands at its end.
    pub optional: bool,
    /// The types it names, in order of appearance.
    pub refs: Vec<Use>,
}

/// A type named in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The name.
    pub name: String,
    /// How many arguments it is given.
    pub args: usize,
    /// Byte offsets in the expression.
    pub span: Span,
}

/// Why a text is not a type expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Byte offsets in the expression.
    pub span: Span,
    /// Why.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How deep an expression may nest.
pub const MAX_DEPTH: usize = 32;

/// Parses a type expression.
pub fn parse(text: &str) -> Result<Expr, Error> {
    let mut parser = Parser { text, at: 0, depth: 0, refs: Vec::new() };
    let schema = parser.union()?;
    let optional = parser.eat("?");
    parser.space();
    if parser.at < text.len() {
        let help = "a type ends here; write `A | B` for a choice, `A[]` for a list, `?` at the very end for optional";
        return Err(parser.error("unexpected text after the type", Some(help)));
    }
    Ok(Expr { schema, optional, refs: parser.refs })
}

/// The expression that reads as `schema`; nothing when only a structural schema can say it.
pub fn print(schema: &Schema) -> Option<String> {
    let mut out = String::new();
    write(schema, &mut out, 0)?;
    Some(out)
}

/// The expression of a type, for messages and ids.
pub fn print_type(schema: &Schema) -> String {
    print(schema).unwrap_or_else(|| "an inline type".to_owned())
}

/// The schema of a member's type, and whether the member is required.
///
/// # Errors
/// When the text is no type expression.
pub fn parse_member_type(text: &str) -> Result<(Schema, bool), String> {
    let expr = parse(text).map_err(|error| format!("`{text}`: {}", error.message))?;
    Ok((expr.schema, !expr.optional))
}

/// The name of a scalar in expressions.
pub fn scalar_name(scalar: Scalar) -> &'static str {
    SCALARS.iter().find(|(_, known)| *known == scalar).map_or("any", |(name, _)| name)
}

/// Whether a name can stand in an expression as the id of a type.
pub fn is_type_name(name: &str) -> bool {
    let mut segments = name.split('.');
    segments.all(is_segment) && !is_reserved(name)
}

/// Scalars by name.
pub(crate) const SCALARS: [(&str, Scalar); 11] = [
    ("string", Scalar::String),
    ("boolean", Scalar::Boolean),
    ("int32", Scalar::Int32),
    ("int64", Scalar::Int64),
    ("uint32", Scalar::Uint32),
    ("uint64", Scalar::Uint64),
    ("float32", Scalar::Float32),
    ("float64", Scalar::Float64),
    ("number", Scalar::Number),
    ("binary", Scalar::Binary),
    ("null", Scalar::Null),
];

fn is_reserved(name: &str) -> bool {
    matches!(name, "any" | "true" | "false" | "map" | "pair") || SCALARS.iter().any(|(scalar, _)| *scalar == name)
}

fn is_segment(segment: &str) -> bool {
    let first = segment.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && segment.bytes().all(is_word)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn write(schema: &Schema, out: &mut String, depth: usize) -> Option<()> {
    if depth >= MAX_DEPTH {
        return None;
    }
    match schema {
        Schema::Any => out.push_str("any"),
        Schema::Scalar(scalar) => out.push_str(scalar_name(*scalar)),
        Schema::Literal(Json::String(text)) => {
            out.push('\'');
            out.push_str(&text.replace('\\', "\\\\").replace('\'', "\\'"));
            out.push('\'');
        }
        Schema::Literal(value @ (Json::Number(_) | Json::Bool(_))) => out.push_str(&value.to_string()),
        Schema::Ref { name, args } => {
            if !is_type_name(name) {
                return None;
            }
            out.push_str(name);
            if !args.is_empty() {
                write_args(args, out, depth)?;
            }
        }
        Schema::List(item) => {
            let group = matches!(**item, Schema::Union(_));
            out.push_str(if group { "(" } else { "" });
            write(item, out, depth + 1)?;
            out.push_str(if group { ")[]" } else { "[]" });
        }
        Schema::Map(key, value) => {
            out.push_str("map");
            write_args([&**key, value], out, depth)?;
        }
        Schema::Pair(key, value) => {
            out.push_str("pair");
            write_args([&**key, value], out, depth)?;
        }
        Schema::Union(Union { of, names, tag: None, open: false }) if names.is_empty() && of.len() > 1 => {
            for (index, schema) in of.iter().enumerate() {
                out.push_str(if index > 0 { " | " } else { "" });
                let group = matches!(schema, Schema::Union(_));
                out.push_str(if group { "(" } else { "" });
                write(schema, out, depth + 1)?;
                out.push_str(if group { ")" } else { "" });
            }
        }
        Schema::Literal(_) | Schema::Union(_) | Schema::Object(_) | Schema::Enum(_) => return None,
    }
    Some(())
}

fn write_args<'a>(args: impl IntoIterator<Item = &'a Schema>, out: &mut String, depth: usize) -> Option<()> {
    for (index, schema) in args.into_iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "<" });
        write(schema, out, depth + 1)?;
    }
    out.push('>');
    Some(())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    refs: Vec<Use>,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(' ').len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn error(&self, message: &str, help: Option<&str>) -> Error {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        Error { span: (self.at, self.at + width), message: message.to_owned(), help: help.map(str::to_owned) }
    }

    fn expect(&mut self, token: &str) -> Result<(), Error> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("expected `{token}`"), None)) }
    }

    fn union(&mut self) -> Result<Schema, Error> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(&format!("a type nests deeper than {MAX_DEPTH} levels"), None));
        }
        self.depth += 1;
        let mut of = vec![self.postfix()?];
        while self.eat("|") {
            of.push(self.postfix()?);
        }
        self.depth -= 1;
        if of.len() > 1 {
            return Ok(Schema::Union(Union { of, ..Union::default() }));
        }
        Ok(of.swap_remove(0))
    }

    fn postfix(&mut self) -> Result<Schema, Error> {
        let mut schema = self.primary()?;
        let mut lists = 0;
        while self.eat("[") {
            self.expect("]")?;
            lists += 1;
            if lists + self.depth > MAX_DEPTH {
                return Err(self.error(&format!("a type nests deeper than {MAX_DEPTH} levels"), None));
            }
            schema = Schema::List(Box::new(schema));
        }
        Ok(schema)
    }

    fn primary(&mut self) -> Result<Schema, Error> {
        if self.eat("(") {
            let schema = self.union()?;
            self.expect(")")?;
            return Ok(schema);
        }
        match self.rest().bytes().next() {
            Some(b'\'') => self.literal_string(),
            Some(b'-' | b'0'..=b'9') => self.literal_number(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.named(),
            _ => {
                Err(self
                    .error("expected a type", Some("for example `string`, `int64[]`, `map<string, any>` or `'text'`")))
            }
        }
    }

    fn literal_string(&mut self) -> Result<Schema, Error> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '\'' => {
                    self.at = start + offset + 1;
                    return Ok(Schema::Literal(out.into()));
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('\'' | '\\'))) => out.push(escaped),
                    _ => {
                        let span = (start + offset, start + offset + 1);
                        let help = Some("only \\' and \\\\ are escapes in a constant".to_owned());
                        return Err(Error { span, message: "unknown escape".to_owned(), help });
                    }
                },
                _ => out.push(c),
            }
        }
        let span = (start, self.text.len());
        Err(Error { span, message: "expected the closing `'` of a constant".to_owned(), help: None })
    }

    fn literal_number(&mut self) -> Result<Schema, Error> {
        let start = self.at;
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let text = &self.rest()[..self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len())];
        let (value, end) = (number(text), start + text.len());
        if !value.is_number() {
            let message = format!("`{text}` is not a number");
            return Err(Error { span: (start, end), message, help: None });
        }
        self.at = end;
        Ok(Schema::Literal(value))
    }

    fn named(&mut self) -> Result<Schema, Error> {
        let start = self.at;
        let is_part = |c: char| c == '.' || c.is_ascii() && is_word(c as u8);
        let end = start + self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let name = self.text.get(start..end).unwrap_or_default().to_owned();
        self.at = end;
        let args_at = self.at;
        let index = self.refs.len();
        self.refs.push(Use { name: name.clone(), args: 0, span: (start, end) });
        let mut args = if self.eat("<") { self.args()? } else { Vec::new() };
        let count = args.len();
        if !is_reserved(&name) {
            if !name.split('.').all(is_segment) {
                let message = format!("`{name}` is not the name of a type");
                return Err(Error { span: (start, end), message, help: None });
            }
            self.refs[index].args = count;
            return Ok(Schema::Ref { name, args });
        }
        self.refs.remove(index);
        let wanted = if matches!(name.as_str(), "map" | "pair") { 2 } else { 0 };
        if count != wanted {
            let help = (wanted == 2).then(|| format!("write `{name}<string, any>`: the keys, then the values"));
            let message = format!("`{name}` takes {wanted} arguments, not {count}");
            return Err(Error { span: (start, self.at.max(args_at)), message, help });
        }
        if let (Some(value), Some(key)) = (args.pop(), args.pop()) {
            let (key, value) = (Box::new(key), Box::new(value));
            return Ok(if name == "map" { Schema::Map(key, value) } else { Schema::Pair(key, value) });
        }
        Ok(match name.as_str() {
            "true" => Schema::Literal(true.into()),
            "false" => Schema::Literal(false.into()),
            _ => SCALARS.iter().find(|(known, _)| *known == name).map_or(Schema::Any, |(_, s)| Schema::Scalar(*s)),
        })
    }

    fn args(&mut self) -> Result<Vec<Schema>, Error> {
        let mut args = vec![self.union()?];
        while self.eat(",") {
            args.push(self.union()?);
        }
        if !self.eat(">") {
            return Err(self.error("expected `,` or `>`", None));
        }
        Ok(args)
    }
}

//! Whether two JSON values say the same: members in any order, numbers by value, second names for first ones. Nothing
//! else is forgiven.

use super::json::Tree;

/// Second names, as pairs of the main one and the other one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aliases {
    /// Of members.
    pub members: &'static [(&'static str, &'static str)],
    /// Of enum values.
    pub values: &'static [(&'static str, &'static str)],
}

impl Aliases {
    /// Those of everything that is generated.
    pub const ALL: Self = Self {
        members: crate::generated::elasticsearch::ALIASES,
        values: crate::generated::elasticsearch::VALUE_ALIASES,
    };
}

/// Says where `output` first differs from `input`, and how.
pub fn difference(input: &Tree, output: &Tree, aliases: Aliases) -> Option<String> {
    Comparison { aliases, pointer: String::new() }.compare(input, output)
}

/// Whether two numbers have one value. Integers are exact; what has a fraction or an exponent has the value that every
/// JSON reader gives it.
pub fn same_number(left: &str, right: &str) -> bool {
    let fractional = |text: &str| text.contains(['.', 'e', 'E']);
    let float = |text: &str| text.parse::<f64>().ok();
    exact(left) == exact(right) || (fractional(left) && fractional(right) && float(left) == float(right))
}

struct Comparison {
    aliases: Aliases,
    pointer: String,
}

impl Comparison {
    fn compare(&mut self, input: &Tree, output: &Tree) -> Option<String> {
        match (input, output) {
            (Tree::Null, Tree::Null) => None,
            (Tree::Bool(left), Tree::Bool(right)) if left == right => None,
            (Tree::Number(left), Tree::Number(right)) if same_number(left, right) => None,
            (Tree::String(left), Tree::String(right)) if left == right || self.is_value_alias(right, left) => None,
            (Tree::Array(left), Tree::Array(right)) => self.arrays(left, right),
            (Tree::Object(left), Tree::Object(right)) => self.objects(left, right),
            _ => Some(self.differs(&format!("{} became {}", shown(input), shown(output)))),
        }
    }

    fn arrays(&mut self, left: &[Tree], right: &[Tree]) -> Option<String> {
        for (index, (left, right)) in left.iter().zip(right).enumerate() {
            let found = self.inside(&index.to_string(), |inside| inside.compare(left, right));
            if found.is_some() {
                return found;
            }
        }
        let (before, after) = (left.len(), right.len());
        (before != after).then(|| self.differs(&format!("an array of {before} items became one of {after}")))
    }

    fn objects(&mut self, input: &[(String, Tree)], output: &[(String, Tree)]) -> Option<String> {
        let has = |members: &[(String, Tree)], name: &str| members.iter().any(|(known, _)| known == name);
        let mut expected: Vec<&str> = Vec::new();
        for (name, value) in input {
            // Renamed only where the output really has the main name in its place.
            let main = match has(output, name) {
                true => name.as_str(),
                false => self
                    .main_name(name, |main| has(output, main) && !has(input, main) && !expected.contains(&main))
                    .unwrap_or(name),
            };
            let Some((_, found)) = output.iter().find(|(known, _)| known == main) else {
                return self.inside(name, |inside| Some(inside.differs(&format!("{} was lost", shown(value)))));
            };
            expected.push(main);
            let found = self.inside(name, |inside| inside.compare(value, found));
            if found.is_some() {
                return found;
            }
        }
        let (name, value) = output.iter().find(|(name, _)| !expected.contains(&name.as_str()))?;
        self.inside(name, |inside| Some(inside.differs(&format!("{} was invented", shown(value)))))
    }

    fn main_name(&self, alias: &str, is_there: impl Fn(&str) -> bool) -> Option<&'static str> {
        self.aliases.members.iter().find(|(main, other)| *other == alias && is_there(main)).map(|(main, _)| *main)
    }

    fn is_value_alias(&self, main: &str, alias: &str) -> bool {
        self.aliases.values.contains(&(main, alias))
    }

    fn inside<R>(&mut self, name: &str, compare: impl FnOnce(&mut Self) -> R) -> R {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let result = compare(self);
        self.pointer.truncate(length);
        result
    }

    fn differs(&self, what: &str) -> String {
        format!("`{}`: {what}", self.pointer)
    }
}

/// Kind and text; what is tested is test data, but it may be long.
fn shown(tree: &Tree) -> String {
    const LONGEST: usize = 80;
    let text = tree.to_string();
    match (tree, text.char_indices().nth(LONGEST)) {
        (Tree::Null, _) => text,
        (_, None) => format!("{} ({text})", tree.kind()),
        (_, Some((cut, _))) => format!("{} ({}...)", tree.kind(), &text[..cut]),
    }
}

/// Sign, digits without zeros at either end, and the power of ten of the last one. None when the exponent is absurd.
fn exact(number: &str) -> Option<(bool, String, i64)> {
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let trimmed = i64::try_from(all.len() - digits.len()).ok()?;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some((false, String::new(), 0));
    }
    let exponent: i64 = exponent.parse().ok()?;
    let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(trimmed)?;
    Some((negative, digits.to_owned(), power))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIASES: Aliases = Aliases {
        members: &[("indices", "index"), ("locale", "lang"), ("locale", "language")],
        values: &[("and", "AND")],
    };

    #[track_caller]
    fn check(input: &str, output: &str, expected: Option<&str>) {
        let found = difference(&Tree::parse(input).unwrap(), &Tree::parse(output).unwrap(), ALIASES);
        assert_eq!(found.as_deref(), expected, "{input} {output}");
    }

    #[test]
    fn numbers() {
        for (left, right) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("0", "-0.0"),
            ("100", "1e2"),
            ("0.10", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("0.1000000000000000055", "0.1"),
            ("1e999999999999999999999", "1e999999999999999999999"),
        ] {
            assert!(same_number(left, right), "{left} {right}");
        }
        for (left, right) in [
            ("9007199254740993", "9007199254740992"),
            ("12345678901234567890123", "1.2345678901234568e22"),
            ("1", "-1"),
            ("0.1", "0.2"),
            ("1", "10"),
        ] {
            assert!(!same_number(left, right), "{left} {right}");
        }
    }

    #[test]
    fn what_differs() {
        check(r#"{"a":1,"b":[null,true,"x"]}"#, r#"{"b":[null,true,"x"],"a":1.0}"#, None);
        check(r#"{"a":{"b~/":1}}"#, r#"{"a":{"b~/":"1"}}"#, Some("`/a/b~0~1`: a number (1) became a string (\"1\")"));
        check(r#"{"a":null}"#, "{}", Some("`/a`: null was lost"));
        check("{}", r#"{"a":[]}"#, Some("`/a`: an array ([]) was invented"));
        check("[1,2]", "[1]", Some("``: an array of 2 items became one of 1"));
        check("[[1,2]]", "[[1,3]]", Some("`/0/1`: a number (2) became a number (3)"));
        check("null", "{}", Some("``: null became an object ({})"));
    }

    #[test]
    fn second_names() {
        check(r#"{"index":[1]}"#, r#"{"indices":[1]}"#, None);
        check(r#"{"index":[1]}"#, r#"{"index":[1]}"#, None);
        check(r#"{"indices":[1]}"#, r#"{"index":[1]}"#, Some("`/indices`: an array ([1]) was lost"));
        check(r#"{"language":1}"#, r#"{"locale":1}"#, None);
        check(r#"{"index":1,"indices":2}"#, r#"{"indices":2}"#, Some("`/index`: a number (1) was lost"));
        check(r#"{"lang":1,"language":1}"#, r#"{"locale":1}"#, Some("`/language`: a number (1) was lost"));
        check(r#"["AND"]"#, r#"["and"]"#, None);
        check(r#"["and"]"#, r#"["AND"]"#, Some("`/0`: a string (\"and\") became a string (\"AND\")"));
    }
}

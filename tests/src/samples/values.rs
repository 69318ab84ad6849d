//! Random scalars, the awkward ones among them.

use serde_json::{Value, json};

use super::table::Scalar;

/// A small seeded generator (SplitMix64): the same numbers on every machine.
pub(super) struct Random(u64);

const WORDS: [&str; 14] = [
    "name",
    "a b",
    "",
    "ünï\u{1F980}",
    "quote\"back\\slash",
    "line\nfeed\ttab",
    "\u{0}\u{1f}",
    "null",
    "true",
    "12",
    "1e5",
    "{\"a\":1}",
    "2024-01-01T00:00:00.000Z",
    "30s",
];

const SEGMENTS: [&str; 10] = ["name", "a%20b", "%C3%BC", "a%2Fb", "a%2Cb", "%25", "x*y", "_all", "...", "a+b~c"];

const INTEGERS: [i64; 8] = [0, 1, -1, 42, 127, i32::MAX as i64, i32::MIN as i64, 65_536];

/// A text of each format.
const FORMATS: [(&str, &str); 6] = [
    ("date", "2024-01-01"),
    ("date-math", "now-1d"),
    ("date-time", "2024-01-01T00:00:00.000Z"),
    ("nonempty", "name"),
    ("uri", "https://localhost/a?b=c"),
    ("uuid", "6f1d2c3b-0a4e-4c55-9f4e-0d2f6a7b8c9d"),
];

/// A text of each pattern.
const PATTERNS: [(&str, &str); 4] =
    [("[smdh]$", "30s"), ("^[A-Z]$", "Q"), (r"^[1-9]\d*[smh]$", "5m"), (r"^[1-9]\d*[smhd]$", "5m")];

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        // The remainder is below a usize.
        (self.next() % limit as u64) as usize
    }

    /// True once in `times`.
    pub(super) fn chance(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    /// An encoded segment of a path.
    pub(super) fn segment(&mut self) -> String {
        format!("{}{}", SEGMENTS[self.below(SEGMENTS.len())], self.below(100))
    }

    pub(super) fn scalar(&mut self, name: &str) -> Value {
        match name {
            "null" => Value::Null,
            "boolean" => json!(self.chance(2)),
            "int32" => json!(INTEGERS[self.below(INTEGERS.len())]),
            "uint32" => json!([0, 1, u32::MAX][self.below(3)]),
            "int64" => match self.below(3) {
                0 => json!([i64::MAX, i64::MIN, 9_007_199_254_740_993][self.below(3)]),
                _ => json!(INTEGERS[self.below(INTEGERS.len())]),
            },
            "uint64" => json!([0, 7, u64::MAX, i64::MAX as u64 + 1][self.below(4)]),
            "float32" | "float64" | "number" => match self.below(5) {
                0 => json!(INTEGERS[self.below(INTEGERS.len())]),
                1 => json!([0.1, 1.2345678, 0.30000000000000004, 1e-7][self.below(4)]),
                2 => json!([1.5e300, -2.5e-300, 3.4e38][self.below(3)]),
                3 => json!(self.below(1_000_000) as f64 / 1000.0),
                _ => json!(self.below(1000) as f64 * 0.25),
            },
            "binary" => json!("aGVsbG8="),
            _ => json!(self.word()),
        }
    }

    /// A scalar that keeps its limits and has its format.
    pub(super) fn within(&mut self, scalar: &Scalar) -> Value {
        match scalar.name.as_str() {
            "null" | "boolean" | "binary" => self.scalar(&scalar.name),
            "string" => json!(self.text_within(scalar)),
            name => {
                if !scalar.one_of.is_empty() {
                    return scalar.one_of[self.below(scalar.one_of.len())].clone();
                }
                let drawn = self.scalar(name);
                let step = |excluded: bool| {
                    if !excluded {
                        0.0
                    } else if name.contains("int") {
                        1.0
                    } else {
                        0.001
                    }
                };
                let low = scalar.min.unwrap_or(f64::NEG_INFINITY) + step(scalar.above_min);
                let high = scalar.max.unwrap_or(f64::INFINITY) - step(scalar.below_max);
                match drawn.as_f64() {
                    Some(number) if number < low => whole_or(low, name),
                    Some(number) if number > high => whole_or(high, name),
                    _ => drawn,
                }
            }
        }
    }

    fn text_within(&mut self, scalar: &Scalar) -> String {
        let known = |pattern: &str| PATTERNS.iter().any(|row| row.0 == pattern);
        if let Some(pattern) = scalar.pattern.as_deref().filter(|pattern| !known(pattern)) {
            panic!("no text is known that matches `{pattern}`");
        }
        let formatted = scalar.format.as_deref().and_then(|format| FORMATS.iter().find(|row| row.0 == format));
        let patterned = scalar.pattern.as_deref().and_then(|pattern| PATTERNS.iter().find(|row| row.0 == pattern));
        if let Some((_, text)) = formatted.or(patterned) {
            return (*text).to_owned();
        }
        let word = self.word();
        let length = word.chars().count();
        let wanted = scalar.length.closest(length);
        word.chars().chain(std::iter::repeat('x')).take(wanted).collect()
    }

    /// Any JSON.
    pub(super) fn any(&mut self) -> Value {
        match self.below(9) {
            0 => Value::Null,
            1 => json!(true),
            2 => self.scalar("int64"),
            3 => self.scalar("float64"),
            4 => json!([1, "a", null, [], {}]),
            5 => json!({ "a": { "b.c": [null, { "": 0 }] }, "index": 1, "aggs": 2 }),
            6 => json!({}),
            _ => json!(self.word()),
        }
    }
}

fn whole_or(number: f64, name: &str) -> Value {
    // Limits of whole numbers are small ones.
    if name.contains("int") || number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}

//! What is wrong with an input, where, and what to do about it. A whole run is collected: one mistake never hides another.

mod locate;
mod remedy;

use std::collections::BTreeMap;
use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

pub(crate) use locate::{Places, toml_problem};

/// How much a problem matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be made of the input.
    #[default]
    Error,
    /// Code can be made, but somebody should look.
    Warning,
}

/// One problem in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The file, as the caller named it.
    pub file: String,
    /// Byte offsets in the file.
    pub span: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What upstream calls the place, and the documents that have it.
    pub upstream: Option<String>,
    /// What to do about it; where an overlay entry does it, the entry as it is to be pasted.
    pub help: Option<String>,
}

/// Problems of a whole run, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a problem.
    pub fn add(&mut self, file: &str, span: (usize, usize), message: impl Into<String>, help: Option<String>) {
        let (file, message) = (file.to_owned(), message.into());
        self.0.push(Diagnostic { file, span, message, help, ..Diagnostic::default() });
    }

    /// Takes in the problems of another run.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Orders by file and place.
    pub fn sort(&mut self) {
        self.0.sort();
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` when nothing is wrong.
    pub fn result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Puts `folder/` before every file name.
    pub fn in_folder(mut self, folder: &str) -> Self {
        for diagnostic in self.0.iter_mut().filter(|_| !folder.is_empty()) {
            diagnostic.file = format!("{folder}/{}", diagnostic.file);
        }
        self
    }

    /// All problems as a compiler prints them: place, excerpt, help. `sources` maps file names to their texts; a file
    /// without a text gets no excerpt.
    pub fn render(&self, sources: &BTreeMap<String, String>) -> String {
        let renderer = Renderer::plain();
        let mut out = String::new();
        for diagnostic in &self.0 {
            out.push_str(&diagnostic.render(&renderer, sources.get(&diagnostic.file).map(String::as_str)));
            out.push_str("\n\n");
        }
        let count = self.0.len();
        out.push_str(&format!("{count} problem{}\n", if count == 1 { "" } else { "s" }));
        out
    }
}

impl Diagnostic {
    /// `file:line:column: message`, with the place counted in `text`.
    pub fn line(&self, text: &str) -> String {
        let (line, column) = position(text, self.span.0);
        format!("{}:{line}:{column}: {}", self.file, self.message)
    }

    fn render(&self, renderer: &Renderer, text: Option<&str>) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&self.message);
        let mut group = Group::with_title(title);
        let window = text.map(|text| Window::around(text, self.span));
        if let Some(window) = &window {
            let annotation = AnnotationKind::Primary.span(window.span.0..window.span.1);
            group = group.element(
                Snippet::source(window.text).path(&self.file).line_start(window.first_line).annotation(annotation),
            );
        } else {
            group = group.element(annotate_snippets::Origin::path(&self.file));
        }
        if let Some(upstream) = &self.upstream {
            group = group.element(Level::NOTE.message(format!("upstream: {upstream}")));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: byte {}: {}", self.file, self.span.0, self.message)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.0 {
            writeln!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Line and column, counted from 1, of a byte offset; columns count characters.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    // Continuation bytes belong to the character before them.
    let column = 1 + before[line_start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    (line, column)
}

/// The candidate that `wrong` was most likely meant to be.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(1);
    let lower = lower_case(wrong);
    let last_segment = |name: &'a str| name.rsplit('.').next().unwrap_or(name);
    let mut best: Option<(usize, &str)> = None;
    for name in candidates {
        let limit = best.map_or(limit, |(distance, _)| distance);
        // A type named without its namespace is a likely slip.
        let distance = if last_segment(name) == wrong { Some(0) } else { edit_distance(&lower, name, limit) };
        if let Some(distance) = distance.filter(|distance| best.is_none_or(|best| (*distance, name) < best)) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

fn lower_case(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// The distance of a word in lower case from another one, up to a limit. There may be thousands of others, so most are given up
/// early.
fn edit_distance(left: &[char], right: &str, limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.chars().count()) > limit {
        return None;
    }
    let right = lower_case(right);
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.iter().enumerate() {
        // Farther from the diagonal than the limit nothing counts.
        let (start, end) = (i.saturating_sub(limit), right.len().min(i + limit + 1));
        let mut diagonal = row[start];
        row[start] = if start == 0 { i + 1 } else { limit + 1 };
        for j in start..end {
            let replaced = diagonal + usize::from(*from != right[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
        if row[start..=end].iter().all(|distance| *distance > limit) {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

/// The lines of a text around a span: a machine-written file may hold megabytes on one line.
struct Window<'a> {
    text: &'a str,
    first_line: usize,
    span: (usize, usize),
}

impl<'a> Window<'a> {
    const REACH: usize = 200;

    fn around(text: &'a str, span: (usize, usize)) -> Self {
        let start = floor(text, span.0);
        let end = floor(text, span.1).max(start);
        // A value of many lines is shown by its first.
        let end = text[start..end].find('\n').map_or(end, |at| start + at);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let from = if start - line_start > Self::REACH { floor(text, start - Self::REACH) } else { line_start };
        let end = if end - start > Self::REACH { floor(text, start + Self::REACH) } else { end };
        let to = if line_end - end > Self::REACH { floor(text, end + Self::REACH) } else { line_end };
        let first_line = position(text, start).0;
        Self { text: &text[from..to], first_line, span: (start - from, end - from) }
    }
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed() {
        let known = ["security.get_user", "security.get_users", "security.put_user", "cases.get", "Duration"];
        let rows = [
            ("security.get_user", Some("security.get_user")),
            ("security.gte_user", Some("security.get_user")),
            ("Security.PUT_users", Some("security.put_user")),
            ("get_users", Some("security.get_users")),
            ("security.user_get", None),
            ("case.get", Some("cases.get")),
            ("Duratoin", Some("Duration")),
            ("x", None),
            ("", None),
        ];
        for (wrong, near) in rows {
            assert_eq!(did_you_mean(wrong, known), near, "{wrong}");
        }
    }

    #[test]
    fn what_is_given_up_early_is_too_far() {
        let words = ["", "a", "ab", "ba", "abc", "cab", "kitten", "sitting", "get_user", "put_users", "user_get"];
        for left in words {
            for right in words {
                let exact = edit_distance(&lower_case(left), right, 20).unwrap();
                for limit in 0..12 {
                    let found = edit_distance(&lower_case(left), right, limit);
                    assert_eq!(found, (exact <= limit).then_some(exact), "{left} {right} {limit}");
                }
            }
        }
        assert_eq!(edit_distance(&lower_case("kitten"), "Sitting", 3), Some(3));
    }
}

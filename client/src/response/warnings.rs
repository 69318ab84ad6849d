//! `Warning` headers, by RFC 7234. What is not of that form is left out.

use http::HeaderMap;

/// The texts of `Warning: 299 agent "text" "date"`.
pub(super) fn warnings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(http::header::WARNING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(warning_texts).collect()
}

fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim_start();
    // One header may hold several warnings; a date may follow each text.
    while let Some(warning) = rest.strip_prefix("299 ") {
        let Some((_, quoted)) = warning.split_once('"') else {
            break;
        };
        let (text, after) = unquote(quoted);
        texts.push(text);
        rest = after.trim_start();
        if let Some(date) = rest.strip_prefix('"') {
            rest = unquote(date).1.trim_start();
        }
        rest = rest.trim_start_matches([',', ' ']);
    }
    texts
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => text.push(character),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: &[&str]) {
        let mut headers = HeaderMap::new();
        headers.insert("warning", header.parse().unwrap());
        assert_eq!(warnings(&headers), expected, "{header}");
    }

    #[test]
    fn warning_headers() {
        check(r#"299 Elasticsearch-9.0.0-abc "[x] is deprecated""#, &["[x] is deprecated"]);
        check(r#"299 E "a \"b\" \\c" "Mon, 02 Jan 2023 00:00:00 GMT""#, &[r#"a "b" \c"#]);
        check(r#"299 E "a, b" "date", 299 E "c""#, &["a, b", "c"]);
        check(r#"110 E "stale""#, &[]);
        check(r#"299 E "open"#, &["open"]);
        check("299 E", &[]);
    }
}

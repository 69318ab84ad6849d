//! Wildcards as Elasticsearch's privileges use them: `*` any text, `?` one character. No regular expressions.

/// Tells whether `text` is one of the texts that `pattern` stands for.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    run(pattern, text, Reading::Text)
}

/// Tells whether every text that `asked` stands for is one that `pattern` stands for.
pub(crate) fn covers(pattern: &str, asked: &str) -> bool {
    run(pattern, asked, Reading::Pattern)
}

#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Text,
    /// A `*` in the text is only met by a `*` in the pattern.
    Pattern,
}

fn run(pattern: &str, text: &str, reading: Reading) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if fits(c, text[t], reading) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p.min(pattern.len())..].iter().all(|c| *c == '*')
}

fn fits(pattern: char, text: char, reading: Reading) -> bool {
    match reading {
        Reading::Text => pattern == '?' || pattern == text,
        Reading::Pattern => text != '*' && (pattern == '?' || pattern == text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_texts() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("logs-*-x", "logs-a-b-x", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_cover_patterns() {
        for (pattern, asked, expected) in [
            ("*", "*", true),
            ("logs-*", "logs-app-*", true),
            ("logs-app-*", "logs-*", false),
            ("logs-?", "logs-*", false),
            ("logs-1", "logs-1", true),
        ] {
            assert_eq!(covers(pattern, asked), expected, "{pattern} {asked}");
        }
    }
}

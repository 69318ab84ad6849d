//! "Did you mean": which known names are near one that nobody knows, as Elasticsearch adds it to refusals.

/// The known names that are near, the nearest first; none is less than half alike.
fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(usize, &str)> = Vec::new();
    for candidate in known {
        let longest = name.chars().count().max(candidate.chars().count());
        let distance = distance(name, candidate);
        // More than half alike.
        if longest > 0 && distance * 2 < longest {
            scored.push((distance * 1_000 / longest, candidate));
        }
    }
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().map(|(_, name)| name).collect()
}

/// ` did you mean [x]?` or ` did you mean any of [x, y]?`; nothing when nothing is near.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match near(name, known).as_slice() {
        [] => String::new(),
        [one] => format!(" did you mean [{one}]?"),
        several => format!(" did you mean any of [{}]?", several.join(", ")),
    }
}

/// Levenshtein's distance. Names that no operation would have are not compared: the table would grow with their square.
fn distance(a: &str, b: &str) -> usize {
    const MOST: usize = 64;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > MOST || b.len() > MOST {
        return usize::MAX / 2_000;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near_are_told() {
        let known = ["refresh", "expiration", "name", "names"];
        for (name, expected) in [
            ("refrsh", " did you mean [refresh]?"),
            ("nam", " did you mean any of [name, names]?"),
            ("foo", ""),
            ("", ""),
            (&"x".repeat(1_000_000), ""),
        ] {
            assert_eq!(did_you_mean(name, known.into_iter()), expected);
        }
    }
}

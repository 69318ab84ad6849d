//! Elasticsearch's time units.

use super::error::Refusal;

/// Reads a duration such as `90d` into milliseconds.
pub(crate) fn millis(setting: &str, text: &str) -> Result<u64, Refusal> {
    let refused = |why: &str| {
        Refusal::illegal(format!("failed to parse setting [{setting}] with value [{text}] as a time value: {why}"))
    };
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    if text.starts_with('-') {
        return Err(refused("negative durations are not supported"));
    }
    let factor = match unit.to_ascii_lowercase().as_str() {
        "d" => 86_400_000,
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1_000,
        "ms" | "micros" | "nanos" => 1,
        _ => return Err(refused("unit is missing or unrecognized")),
    };
    let number: u64 = number.parse().map_err(|_| refused("not a number"))?;
    let number = match unit.to_ascii_lowercase().as_str() {
        "micros" => number / 1_000,
        "nanos" => number / 1_000_000,
        _ => number,
    };
    number.checked_mul(factor).ok_or_else(|| refused("too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, expected) in [
            ("90d", Some(7_776_000_000)),
            ("1h", Some(3_600_000)),
            ("5ms", Some(5)),
            ("2000micros", Some(2)),
            ("1w", None),
            ("d", None),
            ("-1", None),
            ("1.5h", None),
            ("", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(millis("expiration", text).ok(), expected, "{text}");
        }
    }
}

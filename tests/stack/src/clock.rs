//! The stack's only source of time. Nothing else in this crate reads the system clock, so expiry never needs a sleep.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the stack what time it is.
///
/// Clones share one clock: advance the one you kept, and the stack that got the other sees keys and tokens expire.
///
/// ```
/// use std::time::Duration;
/// use elkit_stack::Clock;
///
/// let clock = Clock::manual();
/// let before = clock.now_millis();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now_millis(), before + 60_000);
/// ```
#[derive(Clone)]
pub struct Clock {
    source: Source,
    ahead: Arc<AtomicU64>,
}

/// Milliseconds since the Unix epoch as `2026-01-01T00:00:00Z`: later texts are later times.
pub(crate) fn iso(millis: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same as certificates have it: `20260101000000Z`.
pub(crate) fn utc(millis: u64) -> String {
    iso(millis).replace(['-', ':', 'T'], "")
}

fn parts(millis: u64) -> (u64, u64, u64, u64, u64, u64) {
    let seconds = millis / 1000;
    // Counted from the first of March of the year 0, leap days come last.
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

#[derive(Clone, Copy)]
enum Source {
    System,
    Fixed(u64),
}

/// Where a manual clock starts: 2026-01-01T00:00:00Z.
const MANUAL_START: u64 = 1_767_225_600_000;

impl Clock {
    /// Returns a clock that follows the system's.
    pub fn system() -> Self {
        Self::with(Source::System)
    }

    /// Returns a clock that stands still at 2026-01-01T00:00:00Z until it is advanced.
    pub fn manual() -> Self {
        Self::with(Source::Fixed(MANUAL_START))
    }

    /// Returns a clock that stands still at the given milliseconds since the Unix epoch until it is advanced.
    pub fn manual_at(unix_millis: u64) -> Self {
        Self::with(Source::Fixed(unix_millis))
    }

    /// Moves the clock forward; a system clock stays ahead by as much.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX / 4);
        self.ahead.fetch_add(millis, Ordering::SeqCst);
    }

    /// Returns milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> u64 {
        let base = match self.source {
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0)),
            Source::Fixed(at) => at,
        };
        base.saturating_add(self.ahead.load(Ordering::SeqCst))
    }

    fn with(source: Source) -> Self {
        Self { source, ahead: Arc::new(AtomicU64::new(0)) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now_millis()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_calendars_have_them() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (MANUAL_START, "2026-01-01T00:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso(millis), expected);
        }
        assert_eq!(utc(MANUAL_START), "20260101000000Z");
    }
}

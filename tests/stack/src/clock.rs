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

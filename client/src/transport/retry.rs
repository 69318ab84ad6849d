//! Whether, and after how long, a failed attempt is repeated. A request that may have been executed is repeated only
//! if its operation is idempotent.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use crate::http::{HttpError, HttpErrorKind};

/// The defaults, in one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) first_delay: Duration,
    pub(crate) longest_delay: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 3,
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// A random delay up to the exponential bound ("full jitter"), so that clients do not come back together.
    pub(crate) fn delay(&self, retry: u32) -> Duration {
        let bound = self.first_delay.saturating_mul(2_u32.saturating_pow(retry)).min(self.longest_delay);
        bound.mul_f64(fastrand::f64())
    }
}

/// How an attempt failed, as far as retrying cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server answered with this status.
    Status(StatusCode),
    /// The server saw nothing of it.
    NotSent,
    /// The server may have executed it.
    Lost,
    /// Another attempt would fail the same way.
    Final,
}

impl Failure {
    pub(crate) fn of(error: &HttpError) -> Self {
        match error.kind() {
            // A certificate, a malformed request or a large answer does not get better.
            HttpErrorKind::Tls | HttpErrorKind::Request | HttpErrorKind::TooLarge => Self::Final,
            _ if error.nothing_was_sent() => Self::NotSent,
            _ => Self::Lost,
        }
    }

    /// Whether another attempt may help and can't do harm.
    pub(crate) fn may_retry(self, idempotent: bool) -> bool {
        match self {
            // Refused before it was executed.
            Self::Status(StatusCode::TOO_MANY_REQUESTS) | Self::NotSent => true,
            Self::Status(status) => idempotent && matches!(status.as_u16(), 502..=504),
            Self::Lost => idempotent,
            Self::Final => false,
        }
    }

    /// Whether the node, rather than the request, is the likely cause.
    pub(crate) fn blames_node(self) -> bool {
        match self {
            Self::Status(status) => matches!(status.as_u16(), 502..=504),
            Self::NotSent | Self::Lost => true,
            Self::Final => false,
        }
    }
}

/// Keeps retries at a fifth of the calls, so that clients do not finish a struggling server. Short bursts are allowed.
pub(crate) struct RetryBudget(AtomicI32);

/// One retry in the budget's unit.
const RETRY: i32 = 5;
const FULL: i32 = 20 * RETRY;

impl RetryBudget {
    pub(crate) const fn new() -> Self {
        Self(AtomicI32::new(FULL))
    }

    /// Notes a call.
    pub(crate) fn deposit(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left < FULL).then_some(left + 1));
    }

    /// Takes one retry, if there is one.
    pub(crate) fn withdraw(&self) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left >= RETRY).then_some(left - RETRY))
            .is_ok()
    }
}

/// How long the server asks to wait: seconds, or a date. A date is read against the server's own clock where it says
/// one, so a wrong clock on either side does no harm.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let now = text(DATE).and_then(http_date).or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    })?;
    let seconds = http_date(value)?.saturating_sub(now);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that senders may use.
fn http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: i64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
    let year: i64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<i64>().ok().filter(|n| (0..=60).contains(n)));
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") || words.next().is_some() {
        return None;
    }
    // Howard Hinnant's days_from_civil, with years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions() {
        let status = |code| Failure::Status(StatusCode::from_u16(code).unwrap());
        // failure, retried when idempotent, retried otherwise, node to blame
        let table = [
            (status(429), true, true, false),
            (status(502), true, false, true),
            (status(503), true, false, true),
            (status(504), true, false, true),
            (status(500), false, false, false),
            (status(501), false, false, false),
            (status(408), false, false, false),
            (status(409), false, false, false),
            (status(404), false, false, false),
            (Failure::NotSent, true, true, true),
            (Failure::Lost, true, false, true),
            (Failure::Final, false, false, false),
        ];
        for (failure, idempotent, other, node) in table {
            assert_eq!(failure.may_retry(true), idempotent, "{failure:?}");
            assert_eq!(failure.may_retry(false), other, "{failure:?}");
            assert_eq!(failure.blames_node(), node, "{failure:?}");
        }
    }

    #[test]
    fn failures_by_http_error() {
        let table = [
            (HttpErrorKind::Connect, Failure::NotSent),
            (HttpErrorKind::ConnectTimeout, Failure::NotSent),
            (HttpErrorKind::Tls, Failure::Final),
            (HttpErrorKind::Request, Failure::Final),
            (HttpErrorKind::TooLarge, Failure::Final),
            (HttpErrorKind::Broken, Failure::Lost),
            (HttpErrorKind::Timeout, Failure::Lost),
            (HttpErrorKind::Body, Failure::Lost),
        ];
        for (kind, failure) in table {
            assert_eq!(Failure::of(&HttpError::new(kind, "x")), failure, "{kind:?}");
        }
    }

    #[test]
    fn delays_are_bounded() {
        let policy = RetryPolicy::default();
        for retry in 0..200 {
            let bound = Duration::from_millis(100).saturating_mul(2_u32.saturating_pow(retry));
            assert!(policy.delay(retry) <= bound.min(policy.longest_delay));
        }
    }

    #[test]
    fn the_budget_allows_a_fifth() {
        let budget = RetryBudget::new();
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 20, "a burst");
        let retries = (0..1000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert_eq!(retries.count(), 200);
    }

    #[track_caller]
    fn check(value: &str, date: Option<&str>, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        check("7", now, Some(7));
        check("0", None, Some(0));
        check("Sun, 06 Nov 1994 08:50:07 GMT", now, Some(30));
        check("Sun, 06 Nov 1994 08:00:00 GMT", now, Some(0));
        check("Mon, 07 Nov 1994 08:49:37 GMT", now, Some(86_400));
        check("Sun, 06 Nov 1994 08:49:37 GMT", None, Some(0));
        for odd in ["-1", "1.5", "soon", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", ""] {
            check(odd, now, None);
        }
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
    }
}

//! The clocks of the embedded cloud and the date forms its services write and read.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Where the embedded cloud takes its time from. Phases and creation times follow the world clock, which
/// [`crate::sim::Sim::advance_ms`] moves; dates in headers follow the wire clock, which clients compare
/// with their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SimClock {
    /// Both clocks are the machine's.
    #[default]
    Real,
    /// The world clock stands at `start_ms` (Unix ms) until it is advanced; the wire clock is the machine's.
    Stepped {
        /// Where the world clock begins.
        start_ms: i64,
    },
    /// Both clocks stand at `start_ms` (Unix ms) until they are advanced.
    Fixed {
        /// Where both clocks begin.
        start_ms: i64,
    },
}

impl SimClock {
    /// Readings of the wire and the world clock after `offset_ms` of advance.
    pub(super) fn read(self, offset_ms: i64) -> (i64, i64) {
        let machine = Timestamp::now().as_millisecond();
        match self {
            Self::Real => (machine, machine.saturating_add(offset_ms)),
            Self::Stepped { start_ms } => (machine, start_ms.saturating_add(offset_ms)),
            Self::Fixed { start_ms } => {
                let at = start_ms.saturating_add(offset_ms);
                (at, at)
            }
        }
    }
}

/// How far apart the clocks of client and service may be (Alibaba Cloud services: 15 minutes).
pub(super) const MAX_SKEW_MS: i64 = 15 * 60 * 1000;

/// Whether `date_ms` is within the allowed skew of `now_ms`.
pub(super) fn is_fresh(date_ms: i64, now_ms: i64) -> bool {
    date_ms.abs_diff(now_ms) <= MAX_SKEW_MS.unsigned_abs()
}

/// `2026-11-20T21:16:29.123Z`
pub(super) fn iso_millis(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// `2026-11-20T21:16:29Z`
pub(super) fn iso_seconds(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%SZ")
}

/// `2026-11-20T21:16:29.000Z`: OSS shows whole seconds only, and `oss2` reads nothing else.
pub(super) fn iso_zero_millis(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%S.000Z")
}

/// `Fri, 20 Nov 2026 21:16:29 GMT`
pub(super) fn http_date(ms: i64) -> String {
    format(ms, "%a, %d %b %Y %H:%M:%S GMT")
}

/// `20261120T211629Z`
pub(super) fn basic(ms: i64) -> String {
    format(ms, "%Y%m%dT%H%M%SZ")
}

/// Unix ms of an ISO 8601 UTC date with a fraction of any length or none: the Go SDK of Tablestore sends
/// three to six digits.
pub(super) fn parse_iso(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Unix ms of `20261120T211629Z`.
pub(super) fn parse_basic(text: &str) -> Option<i64> {
    parse_civil("%Y%m%dT%H%M%SZ", text)
}

/// Unix ms of an HTTP date in GMT.
pub(super) fn parse_http_date(text: &str) -> Option<i64> {
    parse_civil("%a, %d %b %Y %H:%M:%S GMT", text)
}

fn parse_civil(form: &str, text: &str) -> Option<i64> {
    let civil = DateTime::strptime(form, text).ok()?;
    let at = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

fn format(ms: i64, form: &str) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime(form)
        .to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_sdks_are_read() {
        let want = parse_iso("2026-11-20T21:16:29Z").unwrap();
        assert_eq!(parse_basic("20261120T211629Z"), Some(want));
        assert_eq!(parse_http_date("Fri, 20 Nov 2026 21:16:29 GMT"), Some(want));
        assert_eq!(parse_iso("2026-11-20T21:16:29.11209Z"), Some(want + 112));
        assert_eq!(iso_millis(want + 7), "2026-11-20T21:16:29.007Z");
        assert_eq!(iso_zero_millis(want + 7), "2026-11-20T21:16:29.000Z");
        assert_eq!(iso_seconds(want), "2026-11-20T21:16:29Z");
        assert_eq!(http_date(want), "Fri, 20 Nov 2026 21:16:29 GMT");
        assert_eq!(parse_iso("yesterday"), None);
    }
}

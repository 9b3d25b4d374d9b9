//! Moments on the command line: so long from now, or a date.

use hippocrypt::minutes;

use crate::failure::{Code, Failure};

/// Until when something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Seconds from now.
    After(u64),
    /// Seconds since 1970.
    At(u64),
}

impl Until {
    /// Seconds since 1970.
    pub fn from(self, now: u64) -> Result<u64, Failure> {
        let moment = match self {
            Until::After(seconds) => now.checked_add(seconds),
            Until::At(moment) => Some(moment),
        };
        moment.ok_or_else(|| Failure::new(Code::Usage, "this is further away than time goes"))
    }
}

/// Reads `90s`, `10m`, `12h`, `1d` or `2026-12-01T08:00Z`.
pub fn until(text: &str) -> Result<Until, String> {
    let advice =
        || "give a time from now such as 10m, 12h, 1d, or a date such as 2026-12-01T08:00Z".to_owned();
    if let (Ok(minute), Ok(first)) = (minutes(text), minutes("1970-01-01T00:00Z")) {
        return minute.checked_sub(first).map(|minute| Until::At(minute * 60)).ok_or_else(advice);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(advice()),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.map(Until::After).ok_or_else(advice)
}

/// `2026-12-01T08:00Z`, of seconds since 1970.
pub fn date(seconds: u64) -> String {
    let first = minutes("1970-01-01T00:00Z").unwrap_or_default();
    hippocrypt::date(first.saturating_add(seconds / 60))
}

/// The same, of a moment that may lie before 1970.
pub fn signed_date(seconds: i64) -> String {
    let first = minutes("1970-01-01T00:00Z").unwrap_or_default();
    hippocrypt::date(first.saturating_add_signed(seconds.div_euclid(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_dates_are_read() {
        assert_eq!(until("90s"), Ok(Until::After(90)));
        assert_eq!((until("10m"), until("10min")), (Ok(Until::After(600)), Ok(Until::After(600))));
        assert_eq!((until("12h"), until("1d")), (Ok(Until::After(43_200)), Ok(Until::After(86_400))));
        assert_eq!(until("2001-09-09T01:46Z"), Ok(Until::At(999_999_960)));
        for wrong in ["", "m", "10", "10x", "-1h", "2026-12-01", "1969-12-31T00:00Z", "99999999999999999999s"]
        {
            assert!(until(wrong).is_err(), "{wrong}");
        }
        assert_eq!(date(999_999_999), "2001-09-09T01:46Z");
        assert_eq!(
            (signed_date(999_999_999), signed_date(-1)),
            (date(999_999_999), "1969-12-31T23:59Z".into())
        );
        assert!(Until::After(u64::MAX).from(1).is_err());
        assert_eq!(Until::After(5).from(10).unwrap(), 15);
    }
}

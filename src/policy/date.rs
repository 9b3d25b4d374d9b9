//! Dates: minutes since 1900-01-01T00:00Z in the proleptic Gregorian calendar. (SPEC `[POL-2]`)

use core::fmt;

/// Minutes of a day; leap seconds do not exist here.
pub(crate) const MINUTES_PER_DAY: u64 = 24 * 60;
/// 1900-01-01 as a count of days since 0000-03-01.
const EPOCH_DAYS: u64 = 693_901;
const DAYS_PER_ERA: u64 = 146_097;
const YEARS_PER_ERA: u64 = 400;

/// A minute of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime {
    year: u64,
    month: u64,
    day: u64,
    minute_of_day: u64,
}

/// Days from 0000-03-01 to a valid date. Years are counted from March, so that the leap day is last.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let (era, year_of_era) = (year / YEARS_PER_ERA, year % YEARS_PER_ERA);
    era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
}

fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * YEARS_PER_ERA + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

impl DateTime {
    pub(crate) fn from_minutes(minutes: u64) -> Self {
        let (year, month, day) = civil_from_days(EPOCH_DAYS + minutes / MINUTES_PER_DAY);
        Self { year, month, day, minute_of_day: minutes % MINUTES_PER_DAY }
    }

    /// Writes the day alone.
    pub(crate) fn write_day(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// `2026-12-01T08:00Z`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_day(f)?;
        write!(f, "T{:02}:{:02}Z", self.minute_of_day / 60, self.minute_of_day % 60)
    }
}

/// Whether `lo..=hi` is one day from its first to its last minute.
pub(crate) fn is_whole_day(lo: u64, hi: u64) -> bool {
    lo.is_multiple_of(MINUTES_PER_DAY) && hi.checked_sub(lo) == Some(MINUTES_PER_DAY - 1)
}

/// Parses `2026-12-01` or `2026-12-01T08:00Z` into its first and last minute.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse(text: &str) -> Result<(u64, u64), &'static str> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let first = parse_day(day)? * MINUTES_PER_DAY;
    let (first, last) = match time {
        None => (first, first + MINUTES_PER_DAY - 1),
        Some(time) => {
            let minute = first + parse_time(time)?;
            (minute, minute)
        }
    };
    let max = u64::from(u32::MAX);
    if first > max { Err("dates end in the year 10066") } else { Ok((first, last.min(max))) }
}

fn digits(text: &str, lengths: core::ops::RangeInclusive<usize>) -> Option<u64> {
    let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Days since 1900-01-01.
fn parse_day(text: &str) -> Result<u64, &'static str> {
    const FORM: &str = "write a date as 2026-12-01 or 2026-12-01T08:00Z";
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(FORM);
    };
    let (Some(year), Some(month), Some(day)) =
        (digits(year, 4..=5), digits(month, 2..=2), digits(day, 2..=2))
    else {
        return Err(FORM);
    };
    // One spelling for every date: a fifth digit only where it is needed.
    if text.len() > 10 && year < 10_000 {
        return Err(FORM);
    }
    if year < 1900 {
        return Err("dates begin in the year 1900");
    }
    if !(1..=12).contains(&month) {
        return Err("there is no such month");
    }
    let days = days_from_civil(year, month, day.max(1));
    if civil_from_days(days) != (year, month, day) {
        return Err("this month has no such day");
    }
    days.checked_sub(EPOCH_DAYS).ok_or(FORM)
}

/// Minutes since midnight.
fn parse_time(text: &str) -> Result<u64, &'static str> {
    const FORM: &str = "write the time of day as T08:00Z";
    let Some(clock) = text.strip_suffix('Z') else {
        return Err("end the time with Z: all times are in UTC");
    };
    let mut parts = clock.split(':');
    let (Some(hours), Some(minutes)) = (parts.next(), parts.next()) else { return Err(FORM) };
    if parts.next().is_some() {
        return Err("leave out the seconds: dates count minutes");
    }
    let (Some(hours), Some(minutes)) = (digits(hours, 2..=2), digits(minutes, 2..=2)) else {
        return Err(FORM);
    };
    if hours > 23 || minutes > 59 {
        return Err("the time of day runs from 00:00 to 23:59");
    }
    Ok(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(parse("1900-01-01T00:00Z"), Ok((0, 0)));
        assert_eq!(parse("1900-01-01"), Ok((0, 1439)));
        assert_eq!(parse("1900-03-01T00:01Z"), Ok((59 * 1440 + 1, 59 * 1440 + 1)));
        // 1970-01-01 is 25,567 days after 1900-01-01 (17 leap years).
        assert_eq!(parse("1970-01-01T00:00Z").unwrap().0, 25_567 * 1440);
        assert_eq!(parse("2026-12-01T08:00Z").unwrap().0, (25_567 * 1440) + 1_796_112_000 / 60);
        let last = DateTime::from_minutes(u32::MAX.into()).to_string();
        assert_eq!(last, "10066-02-15T04:15Z");
        assert_eq!(parse(&last), Ok((u32::MAX.into(), u32::MAX.into())));
        assert_eq!(parse("10066-02-15").unwrap().1, u64::from(u32::MAX));
    }

    #[test]
    fn days_follow_one_another_for_eight_thousand_years() {
        let (mut year, mut month, mut day) = (1900, 1, 1);
        for days in 0..=u64::from(u32::MAX) / MINUTES_PER_DAY {
            let text = format!("{year:04}-{month:02}-{day:02}");
            assert_eq!(parse(&text).map(|(first, _)| first), Ok(days * MINUTES_PER_DAY), "{text}");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!(year, 10_066);
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "2026",
            "2026-12",
            "2026-1-01",
            "26-12-01",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "2026-01-00",
            "1899-12-31",
            "10067-01-01",
            "02026-12-01",
            "2026-12-01T",
            "2026-12-01T08:00",
            "2026-12-01T08:00:00Z",
            "2026-12-01T24:00Z",
            "2026-12-01T08:60Z",
            "2026-12-01T8:00Z",
            "2026-12-01t08:00Z",
            "2026-12-01T08:00z",
            "2026-12-01T08Z",
            "+026-12-01",
            "2026-12-01-01",
            "10066-02-15T04:16Z",
            "2026-12-01T+8:00Z",
            "2026-12-01T08:00+01:00",
            "２026-12-01",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("2024-02-29").is_ok());
        assert!(parse("2000-02-29").is_ok());
        assert!(parse("1900-02-29").is_err());
    }
}

//! Dates and times of FHIR, in seconds since 1970.

const SECONDS_OF_DAY: i64 = 86_400;

/// The first second of a FHIR `date`, `dateTime` or `instant`.
///
/// What is given as a year, a month or a day begins with it, in UTC: `2018` is 2018-01-01T00:00Z. A time has a zone;
/// fractions of seconds are cut off, and a leap second is the one after it.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |month| number(month, 2))?;
    let day = parts.next().map_or(Some(1), |day| number(day, 2))?;
    let whole = date.len() == "2018-01-01".len();
    if parts.next().is_some() || year == 0 || !(1..=days_of(year, month)?).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * SECONDS_OF_DAY;
    match time {
        None => Some(midnight),
        Some(time) if whole => Some(midnight + time_of_day(time)?),
        Some(_) => None,
    }
}

/// `hh:mm[:ss[.fraction]]` and a zone, in seconds of the day in UTC.
fn time_of_day(text: &str) -> Option<i64> {
    let zone_at = text.find(['Z', '+', '-'])?;
    let (time, zone) = text.split_at_checked(zone_at)?;
    let mut parts = time.split(':');
    let hour = at_most(number(parts.next()?, 2)?, 23)?;
    let minute = at_most(number(parts.next()?, 2)?, 59)?;
    let second = match parts.next() {
        None => 0,
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            number(fraction, fraction.len().clamp(1, 18))?;
            at_most(number(whole, 2)?, 60)?
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some(hour * 3600 + minute * 60 + second - zone_offset(zone)?)
}

/// Seconds east of Greenwich.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, offset) = match zone.split_at_checked(1)? {
        ("+", offset) => (1, offset),
        ("-", offset) => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = offset.split_once(':')?;
    let hours = at_most(number(hours, 2)?, 14)?;
    Some(sign * (hours * 3600 + at_most(number(minutes, 2)?, 59)? * 60))
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn at_most(value: i64, max: i64) -> Option<i64> {
    (value <= max).then_some(value)
}

fn days_of(year: i64, month: i64) -> Option<i64> {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// Days of the Gregorian calendar since 1970-01-01.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + leap_days + day_of_year - 719_468
}

/// The day of a moment in UTC, as `2018-09-14`: what tests show.
#[cfg(test)]
pub(super) fn date(seconds: i64) -> alloc::string::String {
    // The inverse of `days_since_1970`: eras of 400 years, years that begin in March.
    let days = seconds.div_euclid(SECONDS_OF_DAY) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (next, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    alloc::format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use super::{SECONDS_OF_DAY, date, seconds};

    #[test]
    fn every_day_is_written_as_it_is_read() {
        let (mut at, end) = (seconds("1896-02-27").unwrap(), seconds("2101-03-02").unwrap());
        let mut before = date(at - 1);
        while at < end {
            let text = date(at);
            assert_eq!(seconds(&text), Some(at));
            assert!(before < text && date(at + SECONDS_OF_DAY - 1) == text);
            (before, at) = (text, at + SECONDS_OF_DAY);
        }
        for text in ["0001-01-01", "1582-10-15", "2000-02-29", "9999-12-31"] {
            assert_eq!(date(seconds(text).unwrap()), text);
        }
    }

    #[test]
    fn dates_and_times_are_read() {
        for (text, expected) in [
            ("1970", 0),
            ("1970-01-01", 0),
            ("1970-02", 31 * 86_400),
            ("2000-02-29", 951_782_400),
            ("1969-12-31T23:59:59Z", -1),
            ("2018-09-14T06:30:00+02:00", 1_536_899_400),
            ("2018-09-14T04:30Z", 1_536_899_400),
            ("2015-02-07T13:28:17.239-05:00", 1_423_333_697),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("1900-03-01", -2_203_891_200),
            ("9999-12-31T23:59:59.999999999+14:00", 253_402_300_799 - 14 * 3600),
            ("0001-01-01", -62_135_596_800),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0000",
            "18",
            "2018-1",
            "2018-13",
            "2018-00",
            "2019-02-29",
            "1900-02-29",
            "2018-01-32",
            "2018-01-01-01",
            "2018-01-01T",
            "2018-01-01T10",
            "2018-01-01T10:00",
            "2018-01-01T24:00Z",
            "2018-01-01T10:60Z",
            "2018-01-01T10:00:61Z",
            "2018-01-01T10:00:00.Z",
            "2018-01-01T10:00:00.1aZ",
            "2018-01-01T10:00:00+15:00",
            "2018-01-01T10:00:00+0200",
            "2018-01T10:00Z",
            "+201-01-01",
            "2018-01-01T10:00:00.99999999999999999999Z",
            "\u{661}970",
            "2018-01-01T\u{e9}Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

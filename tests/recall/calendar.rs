//! Days, counted as astronomers do.

/// From the first day to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub first: i64,
    pub last: i64,
}

impl Days {
    pub fn touch(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The number of a day, by Fliegel and Van Flandern (1968).
fn number(year: i64, month: i64, day: i64) -> i64 {
    let a = (month - 14) / 12;
    day - 32_075 + 1461 * (year + 4800 + a) / 4 + 367 * (month - 2 - a * 12) / 12
        - 3 * ((year + 4900 + a) / 100) / 4
}

/// The days of a date of FHIR: of a year, a month, a day; of a time the day that is written.
pub fn days(text: &str) -> Option<Days> {
    let date = text.split('T').next().unwrap();
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (first, last) = match *parts.as_slice() {
        [year] => (number(year, 1, 1), number(year, 12, 31)),
        [year, 12] => (number(year, 12, 1), number(year, 12, 31)),
        [year, month] => (number(year, month, 1), number(year, month + 1, 1) - 1),
        [year, month, day] => (number(year, month, day), number(year, month, day)),
        _ => return None,
    };
    Some(Days { first, last })
}

/// From the beginning of one date to the end of another; an empty text is open.
pub fn between(from: &str, to: &str) -> Option<Days> {
    let first = if from.is_empty() { i64::MIN } else { days(from)?.first };
    let last = if to.is_empty() { i64::MAX } else { days(to)?.last };
    Some(Days { first, last })
}

#[test]
fn days_follow_each_other() {
    let first = |text| days(text).unwrap().first;
    assert_eq!(first("2000-01-01"), 2_451_545);
    assert_eq!(first("1970-01-01"), 2_440_588);
    assert_eq!(first("2000-03-01") - first("2000-02-28"), 2);
    assert_eq!(first("1900-03-01") - first("1900-02-28"), 1);
    let february = days("2024-02").unwrap();
    assert_eq!(february.last - february.first, 28);
    let year = days("2023").unwrap();
    assert_eq!(year.last - year.first, 364);
    assert_eq!(days("2023-05-14T23:30:00-02:00"), days("2023-05-14"));
}

//! Days, and the calendar's pieces as keywords. `[TEXT-5]`
//!
//! Time is cut into pieces of seven sizes: days, thirds of months, months, quarters, years, decades, eras. A record is written under the pieces that it touches;
//! a question asks for the fewest pieces that fill the days it is about.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::field::Field;
use super::sheet::Sheet;

/// Days, from the first to the last of them: numbered from 1970-01-01, which is 0. `[TEXT-5.1]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    first: i32,
    last: i32,
}

/// Why something is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// It is written in another way.
    #[error("no date; write a year, a month or a day: 2026, 2026-05 or 2026-05-14")]
    Form,
    /// There is no such day.
    #[error("no such day in the calendar")]
    NoSuchDay,
    /// It ends before it begins.
    #[error("ends before it begins; write the earlier date first")]
    Backwards,
}

/// The sizes of pieces that a field is written in. The finest say how exactly it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Fineness {
    /// All seven.
    Days,
    /// From months on: for fields that are asked for less.
    Months,
}

/// The pieces that fill a span of days, at least, and those that lie within it; the former are the latter if the field is fine enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::search) struct Cover {
    /// Every day of the span lies in one of these.
    pub(in crate::search) outer: Vec<String>,
    /// All days of these lie in the span.
    pub(in crate::search) inner: Vec<String>,
    /// What lasts, and was going on when the span began, is marked with one of these.
    pub(in crate::search) lasting: Vec<String>,
}

/// The sizes, from the coarsest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Era,
    Decade,
    Year,
    Quarter,
    Month,
    Third,
    Day,
}

const SIZES: [Size; 7] =
    [Size::Era, Size::Decade, Size::Year, Size::Quarter, Size::Month, Size::Third, Size::Day];
/// The last years of all eras but the last.
const ERAS: [i32; 4] = [1899, 1949, 1999, 2049];
/// A record that touches more pieces of a size than these is not written in that size.
const MAX_TOUCHED: usize = 2;
/// What lasts is marked with pieces of the finest size of which it touches no more than these.
const MAX_LASTING: usize = 4;
/// Days are asked for by so many pieces at most. Between 1900 and 2049 none need so many; before and after, eras stand for what would.
const MAX_PIECES: usize = 64;

impl Fineness {
    /// That of a field.
    pub(in crate::search) fn of(field: &str) -> Self {
        if matches!(field, "date" | "birthdate") { Self::Days } else { Self::Months }
    }

    fn sizes(self) -> &'static [Size] {
        match self {
            Self::Days => &SIZES,
            Self::Months => SIZES.get(..5).unwrap_or_default(),
        }
    }

    /// The sizes of the marks of what lasts, from the coarsest on.
    fn lasting(self) -> &'static [Size] {
        match self {
            Self::Days => SIZES.get(..5).unwrap_or_default(),
            Self::Months => SIZES.get(..4).unwrap_or_default(),
        }
    }
}

impl Span {
    /// The first day that can be written: 0001-01-01.
    const FIRST: i32 = -719_162;
    /// The last: 9999-12-31.
    const LAST: i32 = 2_932_896;
    /// All days.
    pub const ALWAYS: Self = Self { first: Self::FIRST, last: Self::LAST };

    /// From the first day of one span to the last day of another.
    ///
    /// # Errors
    /// [`DateError::Backwards`].
    pub fn between(from: Self, to: Self) -> Result<Self, DateError> {
        if from.first > to.last {
            Err(DateError::Backwards)
        } else {
            Ok(Self { first: from.first, last: to.last })
        }
    }

    /// This and all days after it.
    #[must_use]
    pub fn or_later(self) -> Self {
        Self { last: Self::LAST, ..self }
    }

    /// This and all days before it.
    #[must_use]
    pub fn or_earlier(self) -> Self {
        Self { first: Self::FIRST, ..self }
    }

    /// All days after it; `None` if there are none.
    pub fn later(self) -> Option<Self> {
        (self.last < Self::LAST).then(|| Self { first: self.last + 1, last: Self::LAST })
    }

    /// All days before it; `None` if there are none.
    pub fn earlier(self) -> Option<Self> {
        (self.first > Self::FIRST).then(|| Self { first: Self::FIRST, last: self.first - 1 })
    }

    /// The days of a year, a month, a day, or of a time of day: `2026`, `2026-05`, `2026-05-14`, `2026-05-14T23:30:00-02:00`. The day is that which is written,
    /// in the zone in which it is written: the day on which it happened for those who were there.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let text = text.trim();
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = parts.next().and_then(|year| digits(year, 4)).ok_or(DateError::Form)?;
        let month = parts.next().map(|month| digits(month, 2).ok_or(DateError::Form)).transpose()?;
        let day = parts.next().map(|day| digits(day, 2).ok_or(DateError::Form)).transpose()?;
        if parts.next().is_some() || (time.is_some() && (day.is_none() || !is_time(time.unwrap_or_default())))
        {
            return Err(DateError::Form);
        }
        if year == 0 || month.is_some_and(|month| !(1..=12).contains(&month)) {
            return Err(DateError::NoSuchDay);
        }
        match (month, day) {
            (None, _) => Ok(Self { first: day_number(year, 1, 1), last: day_number(year + 1, 1, 1) - 1 }),
            (Some(month), None) => {
                Ok(Self { first: day_number(year, month, 1), last: month_end(year, month) })
            }
            (Some(month), Some(day)) => {
                let at = day_number(year, month, day);
                let exists = day >= 1 && at <= month_end(year, month);
                if exists { Ok(Self { first: at, last: at }) } else { Err(DateError::NoSuchDay) }
            }
        }
    }

    /// One day, by its number; `None` of one that cannot be written.
    pub fn day(number: i32) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&number).then_some(Self { first: number, last: number })
    }

    /// The first of its days.
    pub fn first(self) -> i32 {
        self.first
    }

    /// The last of its days.
    pub fn last(self) -> i32 {
        self.last
    }

    /// Whether some day is in both.
    pub fn touches(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// As a question asks for it: `2026`, `2026-05`, `2026-05-14`, `2026-05-14..2026-06-30`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for size in [Size::Year, Size::Month, Size::Day] {
            let (name, piece) = piece(size, self.first);
            if piece == *self {
                return f.write_str(&name);
            }
        }
        write!(f, "{}..{}", piece(Size::Day, self.first).0, piece(Size::Day, self.last).0)
    }
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i32> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Whether something looks like a time of day: it says nothing here, but what is no time at all is no date either.
fn is_time(text: &str) -> bool {
    text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte))
}

/// The number of a day in the Gregorian calendar.
fn day_number(year: i32, month: i32, day: i32) -> i32 {
    // Years that begin with March: the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn month_end(year: i32, month: i32) -> i32 {
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    day_number(year, month, 1) - 1
}

/// Year, month and day of a number.
fn civil(number: i32) -> (i32, i32, i32) {
    let number = number + 719_468;
    let (era, of_era) = (number.div_euclid(146_097), number.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400, if month < 10 { month + 3 } else { month - 9 });
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The piece of a size that a day lies in: its name, and its days.
fn piece(size: Size, day: i32) -> (String, Span) {
    let (year, month, of_month) = civil(day);
    let years =
        |from: i32, to: i32| Span { first: day_number(from, 1, 1), last: day_number(to + 1, 1, 1) - 1 };
    match size {
        Size::Era => {
            let at = ERAS.iter().position(|last| year <= *last).unwrap_or(ERAS.len());
            let last = ERAS.get(at).copied();
            let first = at.checked_sub(1).and_then(|before| ERAS.get(before)).map(|before| before + 1);
            let name = match (first, last) {
                (Some(first), Some(last)) => format!("{first}..{last}"),
                (Some(first), None) => format!("{first}.."),
                (None, last) => format!("..{}", last.unwrap_or_default()),
            };
            let first = first.map_or(Span::FIRST, |year| day_number(year, 1, 1));
            (name, Span { first, last: last.map_or(Span::LAST, |year| day_number(year + 1, 1, 1) - 1) })
        }
        Size::Decade => {
            let first = year / 10 * 10;
            (format!("{:03}x", year / 10), years(first.max(1), first + 9))
        }
        Size::Year => (format!("{year:04}"), years(year, year)),
        Size::Quarter => {
            let quarter = (month - 1) / 3;
            let (first, last) = (quarter * 3 + 1, quarter * 3 + 3);
            let span = Span { first: day_number(year, first, 1), last: month_end(year, last) };
            (format!("{year:04}-q{}", quarter + 1), span)
        }
        Size::Month => (
            month_name(year, month),
            Span { first: day_number(year, month, 1), last: month_end(year, month) },
        ),
        Size::Third => {
            let third = ((of_month - 1) / 10).min(2);
            let first = day_number(year, month, third * 10 + 1);
            let last = if third == 2 { month_end(year, month) } else { first + 9 };
            (format!("{year:04}-{month:02}-{}0s", third), Span { first, last })
        }
        Size::Day => (format!("{year:04}-{month:02}-{of_month:02}"), Span { first: day, last: day }),
    }
}

fn month_name(year: i32, month: i32) -> String {
    format!("{year:04}-{month:02}")
}

/// The pieces of a size that a span touches, unless there are more than `most`.
fn touched(size: Size, span: Span, most: usize) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut at = span.first;
    while at <= span.last {
        if names.len() == most {
            return None;
        }
        let (name, piece) = piece(size, at);
        names.push(name);
        at = piece.last + 1;
    }
    Some(names)
}

/// What is written for days. `[TEXT-5.2]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Written {
    /// Of what touches two pieces of the finest size at most, all pieces that it touches; of what lasts longer, those of its first day.
    pub(super) pieces: Vec<String>,
    /// Of what lasts longer, the pieces of one size that it touches: few, so coarse ones where they must be.
    pub(super) lasting: Vec<String>,
}

/// What is written for a span.
pub(super) fn written(span: Span, fineness: Fineness) -> Written {
    let finest = fineness.sizes().last().copied().unwrap_or(Size::Day);
    if touched(finest, span, MAX_TOUCHED).is_some() {
        let pieces = fineness.sizes().iter().filter_map(|size| touched(*size, span, MAX_TOUCHED));
        return Written { pieces: pieces.flatten().collect(), lasting: Vec::new() };
    }
    let pieces = fineness.sizes().iter().map(|size| piece(*size, span.first).0).collect();
    let lasting = fineness.lasting().iter().rev().find_map(|size| touched(*size, span, MAX_LASTING));
    // There are five eras in all.
    let lasting = lasting.or_else(|| touched(Size::Era, span, usize::MAX)).unwrap_or_default();
    Written { pieces, lasting }
}

/// Writes pieces into the room of a field, and of what lasts marks that say when.
pub(super) fn write(field: &Field, span: Span, sheet: &mut Sheet) {
    let Some(room) = field.rooms.own else { return };
    let Written { pieces, lasting } = written(span, Fineness::of(field.name));
    pieces.iter().for_each(|piece| sheet.put(room, piece));
    lasting.iter().for_each(|piece| sheet.mark(room, piece));
}

/// What is asked for days: the fewest pieces that fill them, at most [`MAX_PIECES`]. `[TEXT-5.3]`
pub(in crate::search) fn cover(span: Span, fineness: Fineness) -> Cover {
    let (outer, inner) = match fineness {
        Fineness::Days => (span, Some(span)),
        Fineness::Months => whole_months(span),
    };
    // What lasts longer touches the days asked if it begins on one of them, or if it is going on on the first of them.
    let lasting = fineness.lasting().iter().map(|size| piece(*size, outer.first).0).collect();
    Cover {
        lasting,
        outer: fill(outer, fineness).unwrap_or_else(|| fill(open_ended(outer), fineness).unwrap_or_default()),
        inner: inner.and_then(|inner| fill(inner, fineness)).unwrap_or_default(),
    }
}

/// The months that a span touches, and those that lie within it.
fn whole_months(span: Span) -> (Span, Option<Span>) {
    let (first, last) = (piece(Size::Month, span.first).1, piece(Size::Month, span.last).1);
    let from = if first.first == span.first { first.first } else { first.last + 1 };
    let to = if last.last == span.last { last.last } else { last.first - 1 };
    let inner = (from <= to).then_some(Span { first: from, last: to });
    (Span { first: first.first, last: last.last }, inner)
}

/// With all of the first era and of the last one, if it begins or ends there: they are not counted out decade by decade.
fn open_ended(span: Span) -> Span {
    let (first, last) = (piece(Size::Era, Span::FIRST).1, piece(Size::Era, Span::LAST).1);
    Span {
        first: if span.first <= first.last { Span::FIRST } else { span.first.min(last.first) },
        last: if span.last >= last.first { Span::LAST } else { span.last.max(first.last) },
    }
}

/// The fewest pieces that make up a span whose ends are ends of the finest pieces; `None` if they are more than [`MAX_PIECES`].
fn fill(span: Span, fineness: Fineness) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut at = span.first;
    while at <= span.last {
        if names.len() == MAX_PIECES {
            return None;
        }
        let mut pieces = fineness.sizes().iter().map(|size| piece(*size, at));
        let (name, piece) = pieces.find(|(_, piece)| piece.first == at && piece.last <= span.last)?;
        names.push(name);
        at = piece.last + 1;
    }
    Some(names)
}

#[cfg(test)]
#[path = "date_tests.rs"]
mod tests;

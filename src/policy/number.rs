//! Declared numbers, and the ranges that policies ask of them. (SPEC `[POL-2]`, `[POL-3]`)

use alloc::vec::Vec;
use core::fmt::{self, Display as _};

use super::attribute::{Label, Name};
use super::date::{self, DateTime};
use crate::codec::{Decoder, Encoder};
use crate::dyadic;
use crate::error::{DecodeError, DecodeReason};

const TAG_UINT: u8 = 1;
const TAG_DATE: u8 = 2;

/// What a declared name holds: an unsigned integer of 1 to 64 bits, or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberType {
    tag: u8,
    bits: u8,
}

impl NumberType {
    /// Minutes since 1900-01-01T00:00Z, 32 bits: until the year 10066.
    pub const DATE: Self = Self { tag: TAG_DATE, bits: 32 };

    /// An unsigned integer of `bits` bits; `None` unless `bits` is 1 to 64.
    ///
    /// A key carries `bits` + 1 components for it, a comparison up to 2·`bits` − 2 rows: declare no
    /// more bits than the number needs.
    pub fn uint(bits: u8) -> Option<Self> {
        (1..=dyadic::MAX_BITS).contains(&bits).then_some(Self { tag: TAG_UINT, bits })
    }

    /// Whether it is a date.
    pub fn is_date(self) -> bool {
        self.tag == TAG_DATE
    }

    /// Width in bits.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// The largest value.
    pub fn max_value(self) -> u64 {
        dyadic::max_value(self.bits)
    }

    /// Tag and width: two bytes.
    pub(crate) fn encode(self, encoder: &mut Encoder) {
        encoder.u8(self.tag);
        encoder.u8(self.bits);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let at = decoder.position();
        let tag = decoder.u8("number type")?;
        Decoder::checked(tag.into(), at, "number type", TAG_UINT.into(), TAG_DATE.into())?;
        let (min, max): (u8, u8) = if tag == TAG_DATE { (32, 32) } else { (1, dyadic::MAX_BITS) };
        let at = decoder.position();
        let bits = decoder.u8("number width")?;
        Decoder::checked(bits.into(), at, "number width", min.into(), max.into())?;
        Ok(Self { tag, bits })
    }

    /// Writes `value` as policies and attribute lists spell it.
    pub(crate) fn write_value(self, f: &mut fmt::Formatter<'_>, value: u64) -> fmt::Result {
        if self.is_date() { DateTime::from_minutes(value).fmt(f) } else { value.fmt(f) }
    }
}

/// `uint(8)` or `date`, as schemas spell it.
impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_date() { f.write_str("date") } else { write!(f, "uint({})", self.bits) }
    }
}

/// The comparisons of a policy, all in one form: a number within `lo..=hi`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range {
    name: Name,
    number: NumberType,
    lo: u64,
    hi: u64,
}

impl Range {
    /// The number `name` within `lo..=hi`; `None` if no number of the type lies there.
    pub fn new(name: Name, number: NumberType, lo: u64, hi: u64) -> Option<Self> {
        (lo <= hi && hi <= number.max_value()).then_some(Self { name, number, lo, hi })
    }

    /// The name of the number.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its type.
    pub fn number(&self) -> NumberType {
        self.number
    }

    /// Least and greatest value allowed.
    pub fn bounds(&self) -> (u64, u64) {
        (self.lo, self.hi)
    }

    /// Whether `value` lies within.
    pub fn contains(&self, value: u64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    fn cover(&self) -> Vec<dyadic::Node> {
        dyadic::cover(self.lo, self.hi, self.number.bits)
    }

    /// How many rows it takes: 1 to 2·bits − 2.
    pub fn leaves(&self) -> usize {
        self.cover().len()
    }

    /// The labels of its cover: a number lies within iff its key holds exactly one of them.
    pub fn labels(&self) -> Vec<Label> {
        let label = |node| Label::numeric(&self.name, self.number, node);
        self.cover().into_iter().map(label).collect()
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.name.encode(encoder);
        self.number.encode(encoder);
        encoder.u64(self.lo);
        encoder.u64(self.hi);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let name = Name::decode(decoder)?;
        let number = NumberType::decode(decoder)?;
        let at = decoder.position();
        let lo = decoder.u64("lower bound")?;
        Decoder::checked(lo, at, "lower bound", 0, number.max_value())?;
        let at = decoder.position();
        let hi = decoder.u64("upper bound")?;
        let empty = DecodeReason::OutOfRange { value: hi, min: lo, max: number.max_value() };
        Self::new(name, number, lo, hi).ok_or(Decoder::error_at(at, "upper bound", empty))
    }
}

/// `clearance >= 3`, `year in 5..9`; for dates, bare days where the bound is a whole day.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, number, lo, hi } = self;
        let at = |value: u64, end_of_day: bool| Bound { number: *number, value, end_of_day };
        if number.is_date() && date::is_whole_day(*lo, *hi) {
            write!(f, "{name} = {}", at(*lo, false))
        } else if lo == hi {
            write!(f, "{name} = ")?;
            number.write_value(f, *lo)
        } else if *hi == number.max_value() {
            write!(f, "{name} >= {}", at(*lo, false))
        } else if *lo == 0 {
            write!(f, "{name} <= {}", at(*hi, true))
        } else {
            write!(f, "{name} in {}..{}", at(*lo, false), at(*hi, true))
        }
    }
}

/// One end of a range: a day stands for its first minute below and its last minute above.
struct Bound {
    number: NumberType,
    value: u64,
    end_of_day: bool,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number.is_date() {
            let minute_that_means_day = if self.end_of_day { date::MINUTES_PER_DAY - 1 } else { 0 };
            if self.value % date::MINUTES_PER_DAY == minute_that_means_day {
                return DateTime::from_minutes(self.value).write_day(f);
            }
        }
        self.number.write_value(f, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::AttributeSet;
    use super::super::strategies;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths() {
        assert_eq!(NumberType::uint(0), None);
        assert_eq!(NumberType::uint(65), None);
        assert_eq!(NumberType::uint(64).unwrap().max_value(), u64::MAX);
        let name = Name::new("n").unwrap();
        let byte = NumberType::uint(8).unwrap();
        assert_eq!(Range::new(name.clone(), byte, 3, 2), None);
        assert_eq!(Range::new(name.clone(), byte, 3, 256), None);
        assert_eq!(Range::new(name.clone(), byte, 0, 255).unwrap().leaves(), 1);
        assert_eq!(Range::new(name, byte, 1, 254).unwrap().leaves(), 14);
    }

    proptest! {
        /// A key's labels and a comparison's rows meet in exactly one label, or in none.
        #[test]
        fn exactly_one_label_matches(range in strategies::range(), value: u64, inside: bool) {
            let (lo, hi) = range.bounds();
            let max = range.number().max_value();
            let value = match (inside, hi.checked_sub(lo).and_then(|span| span.checked_add(1))) {
                (true, Some(span)) => lo + value % span,
                _ => value & max,
            };
            let mut key = AttributeSet::new();
            key.insert_typed(range.name().clone(), range.number(), value).unwrap();
            let held = key.labels();
            let matches = range.labels().iter().filter(|label| held.contains(label)).count();
            prop_assert_eq!(matches, usize::from(lo <= value && value <= hi));
        }

        /// A number of the same name with another width or type matches nothing.
        #[test]
        fn another_type_never_matches(range in strategies::range(), value: u64, other in strategies::number_type()) {
            prop_assume!(other != range.number());
            let mut key = AttributeSet::new();
            key.insert_typed(range.name().clone(), other, value & other.max_value()).unwrap();
            let held = key.labels();
            prop_assert!(!range.labels().iter().any(|label| held.contains(label)));
        }
    }
}

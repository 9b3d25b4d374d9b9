//! Numbers, and intervals of them as keywords. `[TEXT-6]`
//!
//! Numbers are ordered as their sign, their power of two and the next six bits say: 13 bits, and two numbers with the same 13 differ by 1.6 % at most. The
//! pieces are all numbers that begin with the same 3, 5, .. 13 of these bits. A record is written under the six pieces that its number lies in, a question asks for the fewest pieces that fill an interval.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::code;
use super::field;
use super::sheet::Sheet;
use super::unit;

/// Bits of a place in the order.
const BITS: u8 = 13;
/// Bits of a fraction that count.
const FRACTION_BITS: u32 = 6;
/// Powers of two that are told apart: what is nearer to zero is zero, what is larger is the largest.
const EXPONENTS: (i32, i32) = (-23, 39);
/// How many first bits make a piece, from the coarsest on.
const LENGTHS: [u8; 6] = [3, 5, 7, 9, 11, 13];
const CODE_VALUE: u8 = field::at("code+value");
/// A record whose number is not known exactly is not written under more pieces of a size than these.
const MAX_TOUCHED: usize = 2;

/// How much was measured: one number, or all between two when it is not known better (`< 5`). `[TEXT-6.1]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    low: f64,
    high: f64,
}

impl Amount {
    /// A number; `None` if it is none.
    pub fn exactly(number: f64) -> Option<Self> {
        Self::between(number, number)
    }

    /// Everything from `low` to `high`, both included; `None` if there is nothing.
    pub fn between(low: f64, high: f64) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// What is less than a number.
    pub fn below(number: f64) -> Option<Self> {
        Self::between(f64::NEG_INFINITY, number.next_down()).filter(|_| number != f64::NEG_INFINITY)
    }

    /// What is greater than a number.
    pub fn above(number: f64) -> Option<Self> {
        Self::between(number.next_up(), f64::INFINITY).filter(|_| number != f64::INFINITY)
    }

    /// A number or less.
    pub fn at_most(number: f64) -> Option<Self> {
        Self::between(f64::NEG_INFINITY, number)
    }

    /// A number or more.
    pub fn at_least(number: f64) -> Option<Self> {
        Self::between(number, f64::INFINITY)
    }

    /// The least that it may be.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The most that it may be.
    pub fn high(self) -> f64 {
        self.high
    }

    /// Whether some number is in both.
    pub fn touches(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The pieces that an interval touches, at least, and those that lie within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::search) struct Cover {
    /// Every number of the interval lies in one of these.
    pub(in crate::search) outer: Vec<String>,
    /// All numbers of these lie in the interval.
    pub(in crate::search) inner: Vec<String>,
}

/// The place of a number in the order.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded right before
fn place(number: f64) -> u64 {
    let half = 1u64 << (BITS - 1);
    let magnitude = number.abs();
    let (least, greatest) = (2f64.powi(EXPONENTS.0), 2f64.powi(EXPONENTS.1 + 1));
    let steps = 1u64 << FRACTION_BITS;
    let of_magnitude = if magnitude < least {
        0
    } else if magnitude >= greatest {
        half - 1
    } else {
        let bits = magnitude.to_bits();
        // Biased by 1023 in the format; the least power has the number 1 here.
        let power = (bits >> 52) as i32 - 1023 - EXPONENTS.0 + 1;
        let fraction = (bits >> (52 - FRACTION_BITS)) & (steps - 1);
        power as u64 * steps + fraction
    };
    if number < 0.0 { half - 1 - of_magnitude } else { half + of_magnitude }
}

/// All numbers at a place: the least and the greatest.
fn numbers_at(place: u64) -> Amount {
    let half = 1u64 << (BITS - 1);
    let (negative, of_magnitude) =
        if place < half { (true, half - 1 - place) } else { (false, place - half) };
    let beyond = boundary(of_magnitude + 1);
    // The greatest place has all that is greater, infinity too.
    let (low, high) = (boundary(of_magnitude), if beyond.is_finite() { beyond.next_down() } else { beyond });
    match negative {
        true => Amount { low: -high, high: -low },
        false => Amount { low, high },
    }
}

/// The least magnitude at a place among magnitudes.
#[allow(clippy::cast_possible_truncation)] // powers are few
fn boundary(of_magnitude: u64) -> f64 {
    let steps = 1u64 << FRACTION_BITS;
    let (power, fraction) = (of_magnitude / steps, of_magnitude % steps);
    if power == 0 {
        return if of_magnitude == 0 { 0.0 } else { 2f64.powi(EXPONENTS.0) };
    }
    if of_magnitude >= 1 << (BITS - 1) {
        return f64::INFINITY;
    }
    let power = power as i32 - 1 + EXPONENTS.0;
    // Both are small: exact.
    2f64.powi(power) * (1.0 + fraction as f64 / steps as f64)
}

fn name(length: u8, prefix: u64) -> String {
    format!("{length}.{prefix:x}")
}

/// The value of a keyword: code, piece, unit.
pub(in crate::search) fn keyword(of: &str, piece: &str, unit: &str) -> String {
    code::pair(&code::bare(of), &code::pair(piece, &self::unit(unit)))
}

/// A unit as it is compared. `[TEXT-6.3]`
pub(in crate::search) fn unit(unit: &str) -> String {
    unit::ucum(unit)
}

/// What is written for a number: its pieces; and a mark if it is not known well enough. `[TEXT-6.2]`
pub(super) fn write(of: &str, amount: Amount, unit: &str, sheet: &mut Sheet) {
    let (of, unit) = (code::bare(of), self::unit(unit));
    let (first, last) = (place(amount.low), place(amount.high));
    for length in LENGTHS {
        let free = u32::from(BITS - length);
        let (first, last) = (first >> free, last >> free);
        if usize::try_from(last - first).is_ok_and(|more| more < MAX_TOUCHED) {
            for prefix in first..=last {
                sheet.put(CODE_VALUE, &code::pair(&of, &code::pair(&name(length, prefix), &unit)));
            }
        } else {
            sheet.refuse(CODE_VALUE);
        }
    }
}

/// What is asked for an interval: 36 pieces at most. `[TEXT-6.2]`
pub(in crate::search) fn cover(amount: Amount) -> Cover {
    let (first, last) = (place(amount.low), place(amount.high));
    let outer = fill(first, last);
    let whole = |place: u64| {
        let numbers = numbers_at(place);
        amount.low <= numbers.low && numbers.high <= amount.high
    };
    let from = if whole(first) { first } else { first + 1 };
    let to = if whole(last) { Some(last) } else { last.checked_sub(1) };
    let inner = to.filter(|to| from <= *to).map(|to| fill(from, to)).unwrap_or_default();
    Cover { outer, inner }
}

/// The fewest pieces that make up the places from `first` to `last`.
fn fill(first: u64, last: u64) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = first;
    while at <= last {
        let fits = |length: &&u8| {
            let size = 1u64 << (BITS - **length);
            at.is_multiple_of(size) && at + (size - 1) <= last
        };
        let Some(length) = LENGTHS.iter().find(fits) else { break };
        names.push(name(*length, at >> (BITS - length)));
        at += 1 << (BITS - length);
    }
    names
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;

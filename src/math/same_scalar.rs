//! One secret scalar, many bases that have no table: the cold rows of a key or a ciphertext.
//! (SPEC `[MATH-14]`)
//!
//! The scalar is split over the endomorphism into two halves of 128 bits, and recoded into 26 odd
//! digits of five bits each, once for all bases. The odd multiples P, 3P, .., 31P of all bases are formed in step, by
//! batched affine additions: the tables are affine, and an addition of one of their entries is cheaper than
//! that of a Jacobian point. Doublings stay Jacobian, since batching does not make them cheaper.

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::backend::Backend;
use super::base_x::{ABS_X, digits_base_x};
use super::tree::add_pairs;

/// Bits of a digit.
const WIDTH: usize = 5;
/// Odd multiples up to 2^WIDTH - 1.
const MULTIPLES: usize = 1 << (WIDTH - 1);
/// Digits of a half, which has 128 bits.
const DIGITS: usize = 26;

/// An odd digit, ±(2·index + 1).
#[derive(Clone, Copy, Default, Zeroize)]
struct Digit {
    index: u64,
    negative: u64,
}

/// A half of the scalar, made odd by adding `even`.
struct Half {
    digits: [Digit; DIGITS],
    even: u64,
}

impl Half {
    /// Signs for all places, five at a time, as in the combs.
    fn new(half: u128) -> Self {
        #[allow(clippy::cast_possible_truncation)] // one bit
        let even = 1 ^ (half as u64 & 1);
        // (h + 2^130 - 1)/2, whose bit 129 is set and whose bit 128 is not.
        let signs = half.wrapping_add(u128::from(even)) >> 1;
        let mut digits = [Digit::default(); DIGITS];
        for (number, digit) in digits.iter_mut().enumerate() {
            #[allow(clippy::cast_possible_truncation)] // five bits
            let low = signs.checked_shr((number * WIDTH) as u32).unwrap_or(0) as u64;
            let top = if number == DIGITS - 1 { 1 << (WIDTH - 1) } else { 0 };
            let bits = (low | top) & ((1 << WIDTH) - 1);
            digit.negative = 1 ^ (bits >> (WIDTH - 1));
            digit.index = (bits ^ digit.negative.wrapping_neg()) & (MULTIPLES as u64 - 1);
        }
        Self { digits, even }
    }
}

/// base^k for all bases, which are points of order p; constant time. `k` has 32 bytes, big-endian.
pub(super) fn pow_all<B: Backend>(bases: &[B::A1], k: &[u8; 32]) -> Zeroizing<Vec<B::P1>> {
    // k = d₀ + d₁|x| + (d₂ + d₃|x|)x², and x²·P = -φ(P).
    let mut base_x = digits_base_x(k);
    let [d0, d1, d2, d3] = base_x.map(u128::from);
    let join = |low: u128, high: u128| high.wrapping_mul(u128::from(ABS_X)).wrapping_add(low);
    let (mut low, mut high) = (Half::new(join(d0, d1)), Half::new(join(d2, d3)));
    base_x.zeroize();
    let tables = odd_multiples::<B>(bases);
    let mut powers = Zeroizing::new(Vec::with_capacity(bases.len()));
    for (base, table) in bases.iter().zip(tables.chunks_exact(MULTIPLES)) {
        let entry = |digit: &Digit| B::a1_lookup(table, digit.index, digit.negative);
        let image = |digit: &Digit| {
            B::a1_endomorphism(&B::a1_lookup(table, digit.index, digit.negative ^ 1))
        };
        let mut sum = B::p1_identity();
        for (place, (l, h)) in low.digits.iter().zip(&high.digits).enumerate().rev() {
            if place == DIGITS - 1 {
                sum = B::p1_from_affine(&entry(l));
            } else {
                (0..WIDTH).for_each(|_| sum = B::p1_double(&sum));
                sum = B::p1_add_affine(&sum, &entry(l));
            }
            sum = B::p1_add_affine(&sum, &image(h));
        }
        // What was added to make the halves odd: P and -φ(P).
        sum = B::p1_select(&sum, &B::p1_add_affine(&sum, &B::a1_neg(base)), low.even);
        sum = B::p1_select(&sum, &B::p1_add_affine(&sum, &B::a1_endomorphism(base)), high.even);
        powers.push(sum);
        sum.zeroize();
    }
    for half in [&mut low, &mut high] {
        half.digits.zeroize();
        half.even.zeroize();
    }
    powers
}

/// P, 3P, .., 31P for each base. No addition here is exceptional: 2P and an odd multiple below 31P are
/// never equal or opposite for a P of order p.
fn odd_multiples<B: Backend>(bases: &[B::A1]) -> Vec<B::A1> {
    let doubles: Vec<B::P1> = bases.iter().map(|base| B::p1_double(&B::p1_from_affine(base))).collect();
    let doubles = B::p1_batch_to_affine(&doubles);
    let mut levels: Vec<Zeroizing<Vec<B::A1>>> = alloc::vec![Zeroizing::new(bases.to_vec())];
    for _ in 1..MULTIPLES {
        let last = levels.last().map_or(bases, |level| level.as_slice());
        let pairs: Vec<(B::A1, B::A1)> = last.iter().copied().zip(doubles.iter().copied()).collect();
        levels.push(add_pairs::<B>(&pairs).0);
    }
    let mut levels: Vec<_> = levels.iter().map(|level| level.iter()).collect();
    bases.iter().flat_map(|_| levels.iter_mut().filter_map(Iterator::next).copied().collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests;

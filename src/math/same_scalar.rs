//! One secret scalar, many bases that have no table: the cold rows of a key or a ciphertext.
//! (SPEC `[MATH-14]`)
//!
//! The scalar is split over the endomorphism into two halves of 128 bits, and recoded into 26 odd
//! digits of five bits each, once for all bases. The odd multiples P, 3P, .., 31P of all bases are
//! formed in step, by batched affine additions. Many bases go on in step, digit by digit, which makes
//! additions cheap; for few, whose share of the inversions would outweigh that, the sums are Jacobian.

use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::base_x::{ABS_X, digits_base_x};
use super::group::G1;
use super::scalar::Scalar;
use super::tree::Batch;
use crate::secret::Secret;

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
#[derive(Zeroize, ZeroizeOnDrop)]
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

/// From this many bases on they go in step: the 180 inversions are then cheaper than what they save.
const IN_STEP_FROM: usize = 20;
/// Bases that go in step: as many as have their tables in the processor's cache.
const BLOCK: usize = 256;

/// base^k for each base, in constant time; no base is the identity, and how many there are is public. (SPEC `[MATH-10]`, `[MATH-14]`)
pub fn powers(bases: &[G1], k: &Secret<Scalar>) -> Vec<G1> {
    let plain: Vec<_> = bases.iter().map(|base| base.0).collect();
    let bytes = Secret::new(k.expose_secret().to_bytes());
    match pow_all::<Active>(&plain, bytes.expose_secret()) {
        Some(powers) => powers.iter().copied().map(G1).collect(),
        None => bases.iter().map(|base| base.pow(k)).collect(),
    }
}

/// base^k for all bases, which are points of order p; constant time. `k` has 32 bytes, big-endian.
///
/// `None` in the exceptional cases: a power is the identity, or two points met.
pub(super) fn pow_all<B: Backend>(bases: &[B::A1], k: &[u8; 32]) -> Option<Zeroizing<Vec<B::A1>>> {
    let halves = Halves::new(k);
    let mut powers = Zeroizing::new(Vec::with_capacity(bases.len()));
    for bases in bases.chunks(BLOCK) {
        let tables = odd_multiples::<B>(bases);
        let block = if bases.len() < IN_STEP_FROM {
            one_by_one::<B>(bases, &tables, &halves)
        } else {
            in_step::<B>(bases, &tables, &halves)
        };
        powers.extend_from_slice(&block?);
    }
    Some(powers)
}

/// k = low + high·x², each half made odd.
struct Halves {
    low: Half,
    high: Half,
}

impl Halves {
    fn new(k: &[u8; 32]) -> Self {
        // k = d₀ + d₁|x| + (d₂ + d₃|x|)x².
        let mut base_x = digits_base_x(k);
        let [d0, d1, d2, d3] = base_x.map(u128::from);
        base_x.zeroize();
        let join = |low: u128, high: u128| high.wrapping_mul(u128::from(ABS_X)).wrapping_add(low);
        Self { low: Half::new(join(d0, d1)), high: Half::new(join(d2, d3)) }
    }

    /// The digits of both halves, the most significant first.
    fn digits(&self) -> impl Iterator<Item = (&Digit, &Digit)> {
        self.low.digits.iter().zip(&self.high.digits).rev()
    }
}

/// ±(2·index + 1)·P.
fn multiple<B: Backend>(table: &[B::A1], digit: &Digit) -> B::A1 {
    B::a1_lookup(table, digit.index, digit.negative)
}

/// ±(2·index + 1)·x²·P: x²·P = -φ(P).
fn image<B: Backend>(table: &[B::A1], digit: &Digit) -> B::A1 {
    B::a1_endomorphism(&B::a1_lookup(table, digit.index, digit.negative ^ 1))
}

/// Jacobian sums, complete additions.
fn one_by_one<B: Backend>(
    bases: &[B::A1],
    tables: &[B::A1],
    halves: &Halves,
) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut sums = Zeroizing::new(Vec::with_capacity(bases.len()));
    for (base, table) in bases.iter().zip(tables.chunks_exact(MULTIPLES)) {
        let mut sum = B::p1_identity();
        for (low, high) in halves.digits() {
            (0..WIDTH).for_each(|_| sum = B::p1_double(&sum));
            sum = B::p1_add_affine(&sum, &multiple::<B>(table, low));
            sum = B::p1_add_affine(&sum, &image::<B>(table, high));
        }
        // What was added to make the halves odd: P and -φ(P).
        sum = B::p1_select(&sum, &B::p1_add_affine(&sum, &B::a1_neg(base)), halves.low.even);
        sum = B::p1_select(&sum, &B::p1_add_affine(&sum, &B::a1_endomorphism(base)), halves.high.even);
        sums.push(sum);
        sum.zeroize();
    }
    let powers = Zeroizing::new(B::p1_batch_to_affine(&sums));
    let identity = powers.iter().fold(false, |any, power| any | B::a1_is_identity(power));
    (!identity).then_some(powers)
}

/// Affine sums, all bases in step.
fn in_step<B: Backend>(bases: &[B::A1], tables: &[B::A1], halves: &Halves) -> Option<Zeroizing<Vec<B::A1>>> {
    let tables = || tables.chunks_exact(MULTIPLES);
    let mut batch = Batch::<B>::new(bases.len());
    let mut sums = Zeroizing::new(Vec::with_capacity(bases.len()));
    let mut addends = Zeroizing::new(Vec::with_capacity(bases.len()));
    for (low, high) in halves.digits() {
        if sums.is_empty() {
            sums.extend(tables().map(|table| multiple::<B>(table, low)));
        } else {
            (0..WIDTH).for_each(|_| batch.double(&mut sums));
            addends.clear();
            addends.extend(tables().map(|table| multiple::<B>(table, low)));
            batch.add(&mut sums, addends.iter());
        }
        addends.clear();
        addends.extend(tables().map(|table| image::<B>(table, high)));
        batch.add(&mut sums, addends.iter());
    }
    // What was added to make the halves odd: P and -φ(P). That a sum which is not taken may be
    // exceptional does not matter.
    for (is_low, even) in [(true, halves.low.even), (false, halves.high.even)] {
        let correction = |base| if is_low { B::a1_neg(base) } else { B::a1_endomorphism(base) };
        addends.clear();
        addends.extend(bases.iter().map(correction));
        let mut corrected = sums.clone();
        batch.add(&mut corrected, addends.iter());
        for (sum, corrected) in sums.iter_mut().zip(corrected.iter()) {
            *sum = B::a1_select(sum, corrected, even);
        }
    }
    batch.is_right().then_some(sums)
}

/// P, 3P, .., 31P for each base. No addition here is exceptional: 2P and an odd multiple below 31P are
/// never equal or opposite for a P of order p.
fn odd_multiples<B: Backend>(bases: &[B::A1]) -> Vec<B::A1> {
    let mut batch = Batch::<B>::new(bases.len());
    let mut doubles = bases.to_vec();
    batch.double(&mut doubles);
    let mut levels = Vec::with_capacity(MULTIPLES);
    let mut level = bases.to_vec();
    for _ in 1..MULTIPLES {
        levels.push(level.clone());
        batch.add(&mut level, doubles.iter());
    }
    levels.push(level);
    let mut levels: Vec<_> = levels.iter().map(|level| level.iter()).collect();
    let mut tables = Vec::with_capacity(bases.len() * MULTIPLES);
    for _ in bases {
        tables.extend(levels.iter_mut().filter_map(Iterator::next));
    }
    tables
}

#[cfg(test)]
mod tests;

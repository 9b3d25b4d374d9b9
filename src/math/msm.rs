//! Sums and linear combinations in G1 with public coefficients. (SPEC `[MATH-9]`, `[MATH-10]`)
//!
//! One chain of doublings for all points and signed digits of five bits; what is to be added at each
//! place goes through one tree of affine additions. Few points, and those that are an exceptional case of the tree,
//! are added by complete formulas. blst's own multi-scalar multiplication is not used: it is
//! made for points of the subgroup, and with 2 to 31 points it goes wrong when one has order 3.

use alloc::vec::Vec;
use core::borrow::Borrow;

use zeroize::{Zeroize, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::group::G1;
use super::scalar::Scalar;
use super::tree::{Batch, sum_groups};

/// Σ pointᵢ.
pub fn sum_vartime(points: &[G1]) -> G1 {
    let sum = sum_points::<Active>(Zeroizing::new(points.iter().map(|point| point.0).collect()));
    G1(Active::p1_to_affine(&sum))
}

/// Σ γᵢ·pointᵢ for public γ (the points may be parts of a key; their values steer nothing).
///
/// Surplus points or coefficients are ignored.
pub fn linear_combination_vartime<P: Borrow<G1>>(points: &[P], coefficients: &[Scalar]) -> G1 {
    let points = points.iter().map(|point| &point.borrow().0);
    G1(Active::p1_to_affine(&combine_vartime::<Active>(points, coefficients)))
}

/// Trees that a sum is cut into, at most.
const TREES: usize = 8;
/// From this many points on trees are cheaper than Jacobian additions.
const TREE_FROM: usize = 16;

/// The sum of points of any order.
fn sum_points<B: Backend>(points: Zeroizing<Vec<B::A1>>) -> B::P1 {
    let plainly =
        |points: &[B::A1]| points.iter().fold(B::p1_identity(), |sum, point| B::p1_add_affine(&sum, point));
    // The identity has no coordinates. The points may be secret: they are asked all together.
    let identities = points.iter().fold(false, |any, point| any | B::a1_is_identity(point));
    if points.len() < TREE_FROM || identities {
        return plainly(&points);
    }
    // The inversion of a level is dearer than the additions of the last levels: up to eight trees.
    let size = points.len().div_ceil(TREES).next_power_of_two();
    match sum_groups::<B>(points.clone(), points.chunks(size).map(<[_]>::len).collect()) {
        Some(sums) => plainly(&sums),
        None => plainly(&points),
    }
}

/// Bits taken at a time.
const WIDTH: usize = 5;
/// The odd multiples 1, 3, ..., 15 of a point.
const MULTIPLES: usize = 1 << (WIDTH - 2);
/// Places of a coefficient: 255 bits and a carry.
const PLACES: usize = 256;

/// Bits `from .. from + width` of a big-endian number.
fn bits(bytes: &[u8; 32], from: usize, width: usize) -> usize {
    (0..width).rev().fold(0, |value, offset| {
        let bit = from + offset;
        let byte = 31usize.checked_sub(bit / 8).and_then(|index| bytes.get(index)).copied().unwrap_or(0);
        (value << 1) | usize::from((byte >> (bit % 8)) & 1)
    })
}

/// Σ γᵢ·pointᵢ, for points of any order.
///
/// Coefficients 1 and -1, which is what every `and` and `or` of a policy gives, cost one addition.
pub(crate) fn combine_vartime<'a, B: Backend>(
    points: impl IntoIterator<Item = &'a B::A1>,
    coefficients: &[Scalar],
) -> B::P1 {
    let one = Scalar::one();
    let minus_one = -one;
    let mut units = Zeroizing::new(Vec::with_capacity(coefficients.len()));
    let mut general: Zeroizing<Vec<B::A1>> = Zeroizing::new(Vec::with_capacity(coefficients.len()));
    let mut digits: Vec<Digits> = Vec::new();
    for (point, coefficient) in points.into_iter().zip(coefficients) {
        if *coefficient == one {
            units.push(*point);
        } else if *coefficient == minus_one {
            units.push(B::a1_neg(point));
        } else if !coefficient.is_zero() {
            general.push(*point);
            digits.push(signed_digits(&coefficient.to_bytes()));
        }
    }
    let mut sum = sum_points::<B>(units);
    for (points, digits) in general.chunks(BLOCK).zip(digits.chunks(BLOCK)) {
        let in_trees = if points.len() < TREE_FROM { None } else { combine_in_trees::<B>(points, digits) };
        let block = in_trees.unwrap_or_else(|| combine_one_by_one::<B>(points, digits));
        sum = B::p1_add(&sum, &block);
    }
    sum
}

/// Points that share one chain of doublings: as many as have their entries in the processor's cache.
const BLOCK: usize = 128;

/// The entries of each place are the groups of one tree. `None` if a point is the identity, or in the
/// exceptional case.
fn combine_in_trees<B: Backend>(points: &[B::A1], digits: &[Digits]) -> Option<B::P1> {
    if points.iter().fold(false, |any, point| any | B::a1_is_identity(point)) {
        return None;
    }
    let mut batch = Batch::<B>::new(points.len());
    let mut doubles = Zeroizing::new(points.to_vec());
    batch.double(&mut doubles);
    let mut multiples = Zeroizing::new(Vec::with_capacity(points.len() * MULTIPLES));
    let mut multiple = Zeroizing::new(points.to_vec());
    for number in 0..MULTIPLES {
        if number > 0 {
            batch.add(&mut multiple, doubles.iter());
        }
        multiples.extend_from_slice(&multiple);
    }
    // The digits that are not zero, and how many of them each place has.
    let used = digits.iter().flatten().flatten().count();
    let mut entries = Zeroizing::new(Vec::with_capacity(used));
    let mut lengths = Vec::with_capacity(PLACES);
    let mut places = [false; PLACES];
    for (place, any) in places.iter_mut().enumerate() {
        let before = entries.len();
        for (index, digits) in digits.iter().enumerate() {
            if let Some(Digit { half, negative }) = digits.get(place).copied().flatten() {
                let entry = multiples.get(half * points.len() + index)?;
                entries.push(if negative { B::a1_neg(entry) } else { *entry });
            }
        }
        *any = entries.len() > before;
        if *any {
            lengths.push(entries.len() - before);
        }
    }
    let sums = sum_groups::<B>(entries, lengths)?;
    let mut sums = sums.iter().rev();
    let mut sum = B::p1_identity();
    for any in places.iter().rev() {
        sum = B::p1_double(&sum);
        if *any {
            sum = B::p1_add_affine(&sum, sums.next()?);
        }
    }
    batch.is_right().then_some(sum)
}

/// By complete additions.
fn combine_one_by_one<B: Backend>(points: &[B::A1], digits: &[Digits]) -> B::P1 {
    let mut sum = B::p1_identity();
    let mut tables: Vec<_> = points.iter().map(odd_multiples::<B>).collect();
    for place in (0..PLACES).rev() {
        sum = B::p1_double(&sum);
        for (table, digits) in tables.iter().zip(digits) {
            if let Some(Digit { half, negative }) = digits.get(place).copied().flatten()
                && let Some(multiple) = table.get(half)
            {
                sum = B::p1_add(&sum, &if negative { B::p1_neg(multiple) } else { *multiple });
            }
        }
    }
    // They may be multiples of parts of a key.
    tables.zeroize();
    sum
}

/// P, 3P, 5P, ..., 15P.
fn odd_multiples<B: Backend>(point: &B::A1) -> [B::P1; MULTIPLES] {
    let mut next = B::p1_from_affine(point);
    let double = B::p1_double(&next);
    core::array::from_fn(|_| {
        let multiple = next;
        next = B::p1_add(&next, &double);
        multiple
    })
}

/// A digit or zero for each place.
type Digits = [Option<Digit>; PLACES];

/// The digit ±(2·half + 1).
#[derive(Clone, Copy)]
struct Digit {
    half: usize,
    negative: bool,
}

/// The non-adjacent form of width five: odd digits below 16 in size, at least four zeros after each.
fn signed_digits(coefficient: &[u8; 32]) -> Digits {
    let mut digits = [None; PLACES];
    let mut carry = 0;
    let mut next = 0;
    for (place, digit) in digits.iter_mut().enumerate() {
        if place < next || bits(coefficient, place, 1) == carry {
            continue;
        }
        let window = bits(coefficient, place, WIDTH) + carry;
        let negative = window > 1 << (WIDTH - 1);
        carry = usize::from(negative);
        let size = if negative { (1 << WIDTH) - window } else { window };
        *digit = Some(Digit { half: size / 2, negative });
        next = place + WIDTH;
    }
    digits
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;
    use crate::secret::Secret;

    /// Sums through a tree: random points, equal and opposite neighbours, identities, and a sum of 0.
    #[test]
    fn many_points_add_up_in_every_case() {
        let point = |k: u64| G1::generator().pow(&Secret::new(Scalar::from_u64(k)));
        let distinct: Vec<u64> = (1..40u64).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8).collect();
        let repeated = [[5u64; 20].as_slice(), &distinct].concat();
        let with_zero = [distinct.as_slice(), &[0, 0, 7]].concat();
        for factors in [&distinct[..15], &distinct[..16], &distinct, &repeated, &with_zero] {
            let points: Vec<G1> = factors.iter().map(|k| point(*k)).collect();
            assert!(sum_vartime(&points) == point(factors.iter().sum()));
            let opposite: Vec<G1> = points.iter().flat_map(|point| [*point, -*point]).collect();
            assert!(sum_vartime(&opposite).is_identity());
            let signs = [Scalar::one(), -Scalar::one()].repeat(points.len());
            let twice = linear_combination_vartime(&opposite, &signs);
            assert!(twice == point(2 * factors.iter().sum::<u64>()));
        }
    }

    /// The same through coefficients of all sizes, and with points that are exceptional cases.
    #[test]
    fn many_coefficients_combine_in_every_case() {
        let base = G1::generator();
        let mut k = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
        for count in [TREE_FROM - 1, TREE_FROM, BLOCK + TREE_FROM + 3] {
            for special in [None, Some(Scalar::zero()), Some(Scalar::one())] {
                let (mut points, mut coefficients, mut expected) = (Vec::new(), Vec::new(), Scalar::zero());
                for index in 0..count {
                    k = k * k + Scalar::one();
                    // Every other point is the identity, or the same.
                    let factor = special.filter(|_| index % 2 == 0).unwrap_or(k);
                    let coefficient =
                        if index % 7 == 0 { Scalar::from_u64(index as u64) } else { k + factor };
                    points.push(base.pow(&Secret::new(factor)));
                    coefficients.push(coefficient);
                    expected = expected + factor * coefficient;
                }
                assert!(
                    linear_combination_vartime(&points, &coefficients) == base.pow(&Secret::new(expected))
                );
            }
        }
    }

    #[test]
    fn signed_digits_sum_to_the_coefficient() {
        let mut k = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
        let edges = [Scalar::one(), -Scalar::one(), -Scalar::from_u64(16), Scalar::from_u64(u64::MAX)];
        for coefficient in edges.into_iter().chain((0..100).map(|_| {
            k = k * k + Scalar::one();
            k
        })) {
            let bytes = coefficient.to_bytes();
            let digits = signed_digits(&bytes);
            let sum = digits.iter().rev().fold(BigInt::from(0), |sum, digit| {
                let size = digit.map_or(0, |digit| 2 * digit.half + 1);
                assert!(size < 16);
                let negative = digit.is_some_and(|digit| digit.negative);
                sum * 2 + if negative { -BigInt::from(size) } else { BigInt::from(size) }
            });
            assert_eq!(sum, BigInt::from_bytes_be(num_bigint::Sign::Plus, &bytes));
            let places: Vec<_> = (0..PLACES).filter(|place| digits[*place].is_some()).collect();
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= WIDTH));
        }
    }
}

//! Sums and linear combinations in G1 with public coefficients. (SPEC `[MATH-9]`, `[MATH-10]`)
//!
//! One chain of doublings for all points, signed digits of five bits, complete additions; and one tree for the many
//! coefficients 1 and -1, whose exceptional case is noticed. blst's own multi-scalar multiplication is
//! not used: it is made for points of the subgroup, and with 2 to 31 points it goes wrong when one has order 3.

use alloc::vec::Vec;
use core::borrow::Borrow;

use zeroize::{Zeroize, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::group::G1;
use super::scalar::Scalar;
use super::tree::sum_groups;

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

/// From this many points on a tree is cheaper than Jacobian additions.
const TREE_FROM: usize = 16;

/// The sum of points of any order.
fn sum_points<B: Backend>(points: Zeroizing<Vec<B::A1>>) -> B::P1 {
    let plainly = |points: &[B::A1]| points.iter().fold(B::p1_identity(), |sum, point| B::p1_add_affine(&sum, point));
    // The identity has no coordinates. The points may be secret: they are asked all together.
    let identities = points.iter().fold(false, |any, point| any | B::a1_is_identity(point));
    if points.len() < TREE_FROM || identities {
        return plainly(&points);
    }
    let length = points.len();
    match sum_groups::<B>(points.clone(), alloc::vec![length]) {
        Some(sum) => sum.first().map_or_else(B::p1_identity, B::p1_from_affine),
        None => plainly(&points),
    }
}

/// Bits taken at a time. Buckets would overtake this method at about 500 points.
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
    let mut general: Vec<(&B::A1, [u8; 32])> = Vec::new();
    for (point, coefficient) in points.into_iter().zip(coefficients) {
        if *coefficient == one {
            units.push(*point);
        } else if *coefficient == minus_one {
            units.push(B::a1_neg(point));
        } else if !coefficient.is_zero() {
            general.push((point, coefficient.to_bytes()));
        }
    }
    let mut sum = B::p1_identity();
    if !general.is_empty() {
        let mut tables: Vec<_> = general.iter().map(|(point, _)| odd_multiples::<B>(point)).collect();
        let digits: Vec<_> = general.iter().map(|(_, coefficient)| signed_digits(coefficient)).collect();
        for place in (0..PLACES).rev() {
            sum = B::p1_double(&sum);
            for (table, digits) in tables.iter().zip(&digits) {
                if let Some(Digit { half, negative }) = digits.get(place).copied().flatten()
                    && let Some(multiple) = table.get(half)
                {
                    sum = B::p1_add(&sum, &if negative { B::p1_neg(multiple) } else { *multiple });
                }
            }
        }
        // They may be multiples of parts of a key.
        tables.zeroize();
    }
    B::p1_add(&sum_points::<B>(units), &sum)
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

/// The digit ±(2·half + 1).
#[derive(Clone, Copy)]
struct Digit {
    half: usize,
    negative: bool,
}

/// The non-adjacent form of width five: odd digits below 16 in size, at least four zeros after each.
fn signed_digits(coefficient: &[u8; 32]) -> [Option<Digit>; PLACES] {
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

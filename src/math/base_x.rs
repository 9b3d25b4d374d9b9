//! Scalars in base |x|, where x is the parameter of the curve. (SPEC `[MATH-8]`)
//!
//! p = x⁴ - x² + 1, so that every scalar has four digits below 2^64. A map that acts as x on a group of
//! order p turns one exponentiation by 255 bits into four by 64 bits: the Frobenius map on GT, and the
//! endomorphisms of the curves in the portable backend.

use zeroize::Zeroize;

use super::mask;

/// |x| of the curve parameter x = -0xd201000000010000. Its top bit is set.
pub(super) const ABS_X: u64 = 0xd201_0000_0001_0000;

/// The four digits of k < 2^255 in base |x|, least significant first; constant time.
pub(super) fn digits_base_x(k: &[u8; 32]) -> [u64; 4] {
    // From the most significant limb down.
    let mut limbs = [0u64; 4];
    for (limb, bytes) in limbs.iter_mut().zip(k.chunks_exact(8)) {
        *limb = bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
    }
    let mut digits = [0u64; 4];
    for digit in &mut digits {
        let mut remainder = 0;
        for limb in &mut limbs {
            (*limb, remainder) = divide_by_x(remainder, *limb);
        }
        *digit = remainder;
    }
    limbs.zeroize();
    digits
}

/// floor((2^128 - 1) / |x|) - 2^64.
#[allow(clippy::cast_possible_truncation)] // the quotient lies between 2^64 and 2^65
const RECIPROCAL: u64 = (u128::MAX / ABS_X as u128) as u64;

/// (high·2^64 + low) divided by |x|, for high < |x|: quotient and remainder.
///
/// Möller and Granlund, "Improved division by invariant integers" (2011), algorithm 4, with masks in
/// place of its two branches: the machine's division instruction takes secret-dependent time.
#[allow(clippy::cast_possible_truncation)] // halves of 128-bit products
fn divide_by_x(high: u64, low: u64) -> (u64, u64) {
    // Below 2^128; wrapping, because a check for overflow is a branch.
    let estimate = u128::from(RECIPROCAL)
        .wrapping_mul(u128::from(high))
        .wrapping_add((u128::from(high) << 64) | u128::from(low));
    let fraction = estimate as u64;
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(ABS_X));
    let too_large = less_than(fraction, remainder);
    quotient = quotient.wrapping_sub(too_large);
    remainder = remainder.wrapping_add(ABS_X & mask::from_bit(too_large));
    let too_small = 1 ^ less_than(remainder, ABS_X);
    quotient = quotient.wrapping_add(too_small);
    remainder = remainder.wrapping_sub(ABS_X & mask::from_bit(too_small));
    (quotient, remainder)
}

/// 1 if a < b, else 0, without a branch.
#[allow(clippy::cast_possible_truncation)] // the borrow is one bit
fn less_than(a: u64, b: u64) -> u64 {
    ((u128::from(a).wrapping_sub(u128::from(b))) >> 127) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Scalar;

    #[test]
    fn division_by_x_matches_the_machine() {
        let mut high = 1u64;
        for low in [0, 1, ABS_X - 1, ABS_X, ABS_X + 1, u64::MAX, 0x1234_5678_9abc_def0] {
            for _ in 0..200 {
                high = high.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                for h in [high % ABS_X, 0, 1, ABS_X - 1] {
                    let n = (u128::from(h) << 64) | u128::from(low);
                    let x = u128::from(ABS_X);
                    assert_eq!(
                        divide_by_x(h, low),
                        (u64::try_from(n / x).unwrap(), u64::try_from(n % x).unwrap())
                    );
                }
            }
        }
    }

    #[test]
    fn digits_sum_to_the_scalar() {
        let order = Scalar::zero() - Scalar::one();
        let x = Scalar::from_u64(ABS_X);
        for k in [Scalar::zero(), Scalar::one(), x, x * x - Scalar::one(), x * x, order, order - x] {
            let digits = digits_base_x(&k.to_bytes());
            assert!(digits.iter().all(|digit| *digit < ABS_X));
            assert!(digits.iter().rev().fold(Scalar::zero(), |sum, d| sum * x + Scalar::from_u64(*d)) == k);
        }
    }
}

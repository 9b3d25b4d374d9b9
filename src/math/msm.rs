//! Sums and linear combinations in G1 with public coefficients. (SPEC `[MATH-9]`, `[MATH-10]`)
//!
//! Bucket method over complete additions. blst's own multi-scalar multiplication is not used: it is
//! made for points of the subgroup, and with 2 to 31 points it goes wrong when one has order 3.

use alloc::vec;
use alloc::vec::Vec;

use super::Active;
use super::backend::Backend;
use super::group::G1;
use super::scalar::Scalar;

/// Σ pointᵢ.
pub fn sum_vartime(points: &[G1]) -> G1 {
    let sum = points.iter().fold(Active::p1_identity(), |sum, point| Active::p1_add_affine(&sum, &point.0));
    G1(Active::p1_to_affine(&sum))
}

/// Σ γᵢ·pointᵢ for public γ (the points may be parts of a key; their values steer nothing).
///
/// Surplus points or coefficients are ignored.
pub fn linear_combination_vartime(points: &[G1], coefficients: &[Scalar]) -> G1 {
    let points: Vec<_> = points.iter().map(|point| point.0).collect();
    G1(Active::p1_to_affine(&combine_vartime::<Active>(&points, coefficients)))
}

/// The number of bits taken at a time; found by measuring, and flat around its minimum.
fn window_bits(points: usize) -> usize {
    match points {
        0..=3 => 3,
        4..=11 => 4,
        12..=39 => 5,
        40..=119 => 6,
        120..=399 => 7,
        _ => 8,
    }
}

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
pub(crate) fn combine_vartime<B: Backend>(points: &[B::A1], coefficients: &[Scalar]) -> B::P1 {
    let one = Scalar::one();
    let minus_one = -one;
    let mut total = B::p1_identity();
    let mut general: Vec<(&B::A1, [u8; 32])> = Vec::new();
    for (point, coefficient) in points.iter().zip(coefficients) {
        if *coefficient == one {
            total = B::p1_add_affine(&total, point);
        } else if *coefficient == minus_one {
            total = B::p1_add_affine(&total, &B::a1_neg(point));
        } else if !coefficient.is_zero() {
            general.push((point, coefficient.to_bytes()));
        }
    }
    if general.is_empty() {
        return total;
    }
    let width = window_bits(general.len());
    let windows = 255usize.div_ceil(width);
    let mut sum = B::p1_identity();
    for window in (0..windows).rev() {
        for _ in 0..width {
            sum = B::p1_double(&sum);
        }
        let mut buckets = vec![B::p1_identity(); (1 << width) - 1];
        for (point, scalar) in &general {
            let digit = bits(scalar, window * width, width);
            if let Some(bucket) = digit.checked_sub(1).and_then(|index| buckets.get_mut(index)) {
                *bucket = B::p1_add_affine(bucket, point);
            }
        }
        // Σ digit · bucket, as the sum of the running sums from the top.
        let mut running = B::p1_identity();
        for bucket in buckets.iter().rev() {
            running = B::p1_add(&running, bucket);
            sum = B::p1_add(&sum, &running);
        }
    }
    B::p1_add(&total, &sum)
}

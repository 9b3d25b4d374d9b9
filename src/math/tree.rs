//! Sums of many points of G1 at once, in affine coordinates. (SPEC `[MATH-13]`)
//!
//! An affine addition takes an inversion and three products. Montgomery's trick replaces the
//! inversions of many additions by one and three products each, which makes an addition about half
//! as dear as a Jacobian one. So all sums are formed in step: a tree of pairs over all groups, one
//! inversion a level.
//!
//! *Exceptional case.* Two points with the same x: their difference is 0, and so is the product of
//! all. It is noticed once, at the end, and the caller takes the plain way; with secret random scalars that
//! has probability below 2^-240, so that the branch says nothing.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::backend::Backend;

/// The sums of pairs of points other than the identity, and 1 if two points of a pair have the same
/// x (the sums are wrong then), else 0.
pub(super) fn add_pairs<B: Backend>(pairs: &[(B::A1, B::A1)]) -> (Zeroizing<Vec<B::A1>>, u64) {
    // The differences of x, and the products of those before each.
    let mut product = B::fq_one();
    let mut chain = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for (a, b) in pairs {
        let difference = B::fq_sub(&B::a1_coordinates(b).0, &B::a1_coordinates(a).0);
        chain.push((difference, product));
        product = B::fq_mul(&product, &difference);
    }
    let exceptional = B::fq_is_zero(&product);
    let mut inverse = B::fq_inverse(&product);
    let mut sums = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for ((a, b), (difference, before)) in pairs.iter().zip(chain.iter()).rev() {
        let reciprocal = B::fq_mul(&inverse, before);
        inverse = B::fq_mul(&inverse, difference);
        let ((x1, y1), (x2, y2)) = (B::a1_coordinates(a), B::a1_coordinates(b));
        let slope = B::fq_mul(&B::fq_sub(&y2, &y1), &reciprocal);
        let x = B::fq_sub(&B::fq_sub(&B::fq_square(&slope), &x1), &x2);
        let y = B::fq_sub(&B::fq_mul(&slope, &B::fq_sub(&x1, &x)), &y1);
        sums.push(B::a1_from_coordinates(&x, &y));
    }
    sums.reverse();
    (sums, exceptional)
}

/// The sum of each group: `lengths` says how many points of `points` belong to each (one or more).
///
/// `None` in the exceptional case.
pub(super) fn sum_groups<B: Backend>(
    mut points: Zeroizing<Vec<B::A1>>,
    mut lengths: Vec<usize>,
) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut exceptional = 0;
    while lengths.iter().any(|length| *length > 1) {
        let mut pairs = Zeroizing::new(Vec::with_capacity(points.len() / 2));
        let mut rest = points.as_slice();
        for length in &lengths {
            let (group, after) = rest.split_at_checked(*length)?;
            pairs.extend(group.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))));
            rest = after;
        }
        let (sums, exception) = add_pairs::<B>(&pairs);
        exceptional |= exception;
        let mut sums = sums.iter();
        let mut next = Zeroizing::new(Vec::with_capacity(points.len() / 2 + lengths.len()));
        let mut rest = points.as_slice();
        for length in &mut lengths {
            let (group, after) = rest.split_at_checked(*length)?;
            next.extend(sums.by_ref().take(*length / 2).chain(group.chunks_exact(2).remainder()));
            rest = after;
            *length = length.div_ceil(2);
        }
        points = next;
    }
    (exceptional == 0).then_some(points)
}

#[cfg(test)]
mod tests;

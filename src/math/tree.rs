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

/// Replaces each value by its inverse: one inversion, and three products for each value. Returns 1 if one
/// of them is 0 (the results are wrong then), else 0.
fn invert_all<B: Backend>(values: &mut [B::Fq]) -> u64 {
    let mut product = B::fq_one();
    let mut before = Zeroizing::new(Vec::with_capacity(values.len()));
    for value in values.iter() {
        before.push(product);
        product = B::fq_mul(&product, value);
    }
    let mut inverse = B::fq_inverse(&product);
    for (value, before) in values.iter_mut().zip(before.iter()).rev() {
        let reciprocal = B::fq_mul(&inverse, before);
        inverse = B::fq_mul(&inverse, value);
        *value = reciprocal;
    }
    B::fq_is_zero(&product)
}

/// The sums of pairs of points other than the identity, and 1 if two points of a pair have the same
/// x (the sums are wrong then), else 0.
pub(super) fn add_pairs<B: Backend>(pairs: &[(B::A1, B::A1)]) -> (Zeroizing<Vec<B::A1>>, u64) {
    let run = |(a, b): &(B::A1, B::A1)| B::fq_sub(&B::a1_coordinates(b).0, &B::a1_coordinates(a).0);
    let mut runs: Zeroizing<Vec<B::Fq>> = Zeroizing::new(pairs.iter().map(run).collect());
    let exceptional = invert_all::<B>(&mut runs);
    let sum = |((a, b), reciprocal): (&(B::A1, B::A1), &B::Fq)| {
        let ((x1, y1), (x2, y2)) = (B::a1_coordinates(a), B::a1_coordinates(b));
        let slope = B::fq_mul(&B::fq_sub(&y2, &y1), reciprocal);
        let x = B::fq_sub(&B::fq_sub(&B::fq_square(&slope), &x1), &x2);
        let y = B::fq_sub(&B::fq_mul(&slope, &B::fq_sub(&x1, &x)), &y1);
        B::a1_from_coordinates(&x, &y)
    };
    (Zeroizing::new(pairs.iter().zip(runs.iter()).map(sum).collect()), exceptional)
}

/// The doubles of points other than the identity. No point of E(Fq) has order 2, which would be the
/// exceptional case.
pub(super) fn double_all<B: Backend>(points: &[B::A1]) -> Zeroizing<Vec<B::A1>> {
    let run = |point: &B::A1| B::fq_add(&B::a1_coordinates(point).1, &B::a1_coordinates(point).1);
    let mut runs: Zeroizing<Vec<B::Fq>> = Zeroizing::new(points.iter().map(run).collect());
    invert_all::<B>(&mut runs);
    let double = |(point, reciprocal): (&B::A1, &B::Fq)| {
        let (x1, y1) = B::a1_coordinates(point);
        let square = B::fq_square(&x1);
        let slope = B::fq_mul(&B::fq_add(&B::fq_add(&square, &square), &square), reciprocal);
        let x = B::fq_sub(&B::fq_sub(&B::fq_square(&slope), &x1), &x1);
        let y = B::fq_sub(&B::fq_mul(&slope, &B::fq_sub(&x1, &x)), &y1);
        B::a1_from_coordinates(&x, &y)
    };
    Zeroizing::new(points.iter().zip(runs.iter()).map(double).collect())
}

/// From this many rows on, joining levels in step is cheaper than in Jacobian coordinates.
const JOIN_IN_STEP_FROM: usize = 24;

/// Σ 2^l·S_l for each row, in Jacobian coordinates. As `join_levels`.
fn join_levels_jacobian<B: Backend>(groups: &[B::A1], levels: &[usize]) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut rest = groups;
    let mut sums = Zeroizing::new(Vec::with_capacity(levels.len()));
    for count in levels {
        let (row, after) = rest.split_at_checked(*count)?;
        let (first, others) = row.split_first()?;
        let next = |sum: B::P1, group| B::p1_add_affine(&B::p1_double(&sum), group);
        sums.push(others.iter().fold(B::p1_from_affine(first), next));
        rest = after;
    }
    Some(Zeroizing::new(B::p1_batch_to_affine(&sums)))
}

/// Σ 2^l·S_l for each row, all rows in step. `groups` holds the S_l of row after row, the highest
/// level first; `levels` says how many each row has.
///
/// `None` in the exceptional case.
pub(super) fn join_levels<B: Backend>(groups: &[B::A1], levels: &[usize]) -> Option<Zeroizing<Vec<B::A1>>> {
    if levels.len() < JOIN_IN_STEP_FROM {
        return join_levels_jacobian::<B>(groups, levels);
    }
    let mut rest = groups;
    let mut rows = Vec::with_capacity(levels.len());
    let mut sums = Zeroizing::new(Vec::with_capacity(levels.len()));
    for count in levels {
        let (row, after) = rest.split_at_checked(*count)?;
        let (first, others) = row.split_first()?;
        sums.push(*first);
        rows.push(others.iter());
        rest = after;
    }
    let mut exceptional = 0;
    for _ in 1..levels.iter().copied().max().unwrap_or(0) {
        // The rows that have a level left, and their next one.
        let active = sums.iter_mut().zip(&mut rows).filter_map(|(sum, row)| Some((sum, row.next()?)));
        let (mut active, next): (Vec<&mut B::A1>, Vec<&B::A1>) = active.unzip();
        let doubles = Zeroizing::new(active.iter().map(|sum| **sum).collect::<Vec<_>>());
        let doubles = double_all::<B>(&doubles);
        let pairs = doubles.iter().zip(next).map(|(double, next)| (*double, *next));
        let (added, exception) = add_pairs::<B>(&Zeroizing::new(pairs.collect::<Vec<_>>()));
        exceptional |= exception;
        for (sum, added) in active.iter_mut().zip(added.iter()) {
            **sum = *added;
        }
    }
    (exceptional == 0).then_some(sums)
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

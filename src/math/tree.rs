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

/// Points in affine coordinates and what their sums need, reused from step to step and wiped at the end.
pub(super) struct Batch<B: Backend> {
    /// Denominators of slopes, and then their inverses.
    runs: Zeroizing<Vec<B::Fq>>,
    /// The product of the denominators before each.
    before: Zeroizing<Vec<B::Fq>>,
    exceptional: u64,
}

impl<B: Backend> Batch<B> {
    /// For `size` additions at a time: more would leave copies behind.
    pub(super) fn new(size: usize) -> Self {
        let room = || Zeroizing::new(Vec::with_capacity(size));
        Self { runs: room(), before: room(), exceptional: 0 }
    }

    /// Adds to each point its addend; neither is the identity.
    pub(super) fn add<'a>(&mut self, points: &mut [B::A1], addends: impl Iterator<Item = &'a B::A1> + Clone) {
        self.runs.clear();
        self.runs.extend(points.iter().zip(addends.clone()).map(|(a, b)| run::<B>(a, b)));
        self.invert();
        for ((point, addend), reciprocal) in points.iter_mut().zip(addends).zip(self.runs.iter()) {
            *point = sum::<B>(point, addend, reciprocal);
        }
    }

    /// Doubles each point, which is not the identity. No point of E(Fq) has order 2, which would be
    /// the exceptional case.
    pub(super) fn double(&mut self, points: &mut [B::A1]) {
        self.runs.clear();
        self.runs.extend(points.iter().map(|point| {
            let (_, y) = B::a1_coordinates(point);
            B::fq_add(&y, &y)
        }));
        self.invert();
        for (point, reciprocal) in points.iter_mut().zip(self.runs.iter()) {
            let (x, y) = B::a1_coordinates(point);
            let square = B::fq_square(&x);
            let slope = B::fq_mul(&B::fq_add(&B::fq_add(&square, &square), &square), reciprocal);
            *point = third::<B>(&slope, &x, &x, &y);
        }
    }

    /// Replaces the sums of pairs of neighbours for the pairs: one level of the trees of all groups.
    fn halve(&mut self, points: &[B::A1], lengths: &mut [usize], next: &mut Vec<B::A1>) -> Option<()> {
        self.runs.clear();
        next.clear();
        let mut rest = points;
        for length in lengths.iter() {
            let (group, after) = rest.split_at_checked(*length)?;
            self.runs.extend(group.chunks_exact(2).filter_map(|pair| Some(run::<B>(pair.first()?, pair.last()?))));
            rest = after;
        }
        self.invert();
        let mut reciprocals = self.runs.iter();
        rest = points;
        for length in lengths {
            let (group, after) = rest.split_at_checked(*length)?;
            let pairs = group.chunks_exact(2);
            let odd = pairs.remainder();
            next.extend(
                pairs.zip(&mut reciprocals).filter_map(|(pair, r)| Some(sum::<B>(pair.first()?, pair.last()?, r))),
            );
            next.extend_from_slice(odd);
            rest = after;
            *length = length.div_ceil(2);
        }
        Some(())
    }

    /// Whether all sums so far are right; asked once, at the end.
    pub(super) fn is_right(&self) -> bool {
        self.exceptional == 0
    }

    /// One inversion, and three products for each value (Montgomery).
    fn invert(&mut self) {
        let mut product = B::fq_one();
        self.before.clear();
        for run in self.runs.iter() {
            self.before.push(product);
            product = B::fq_mul(&product, run);
        }
        self.exceptional |= B::fq_is_zero(&product);
        let mut inverse = B::fq_inverse(&product);
        for (run, before) in self.runs.iter_mut().zip(self.before.iter()).rev() {
            let reciprocal = B::fq_mul(&inverse, before);
            inverse = B::fq_mul(&inverse, run);
            *run = reciprocal;
        }
    }
}

/// x₂ - x₁, the denominator of the slope.
fn run<B: Backend>(a: &B::A1, b: &B::A1) -> B::Fq {
    B::fq_sub(&B::a1_coordinates(b).0, &B::a1_coordinates(a).0)
}

/// a + b, from 1/(x₂ - x₁).
fn sum<B: Backend>(a: &B::A1, b: &B::A1, reciprocal: &B::Fq) -> B::A1 {
    let ((x1, y1), (x2, y2)) = (B::a1_coordinates(a), B::a1_coordinates(b));
    third::<B>(&B::fq_mul(&B::fq_sub(&y2, &y1), reciprocal), &x1, &x2, &y1)
}

/// The sum of two points at x₁ (with y₁) and x₂ on a line of this slope.
fn third<B: Backend>(slope: &B::Fq, x1: &B::Fq, x2: &B::Fq, y1: &B::Fq) -> B::A1 {
    let x = B::fq_sub(&B::fq_sub(&B::fq_square(slope), x1), x2);
    let y = B::fq_sub(&B::fq_mul(slope, &B::fq_sub(x1, &x)), y1);
    B::a1_from_coordinates(&x, &y)
}

/// The sum of each group: `lengths` says how many points of `points` belong to each (one or more).
///
/// `None` in the exceptional case.
pub(super) fn sum_groups<B: Backend>(
    mut points: Zeroizing<Vec<B::A1>>,
    mut lengths: Vec<usize>,
) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut batch = Batch::<B>::new(points.len() / 2);
    let mut next = Zeroizing::new(Vec::with_capacity(points.len()));
    while lengths.iter().any(|length| *length > 1) {
        batch.halve(&points, &mut lengths, &mut next)?;
        core::mem::swap(&mut points, &mut next);
    }
    batch.is_right().then_some(points)
}

/// From this many rows on, joining levels in step is cheaper than in Jacobian coordinates.
const JOIN_IN_STEP_FROM: usize = 24;

/// Σ 2^l·S_l for each row. `groups` holds the S_l of row after row, the highest level first; `levels`
/// says how many each row has (one or more).
///
/// `None` in the exceptional case.
pub(super) fn join_levels<B: Backend>(groups: &[B::A1], levels: &[usize]) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut rest = groups;
    let mut rows = Vec::with_capacity(levels.len());
    for count in levels {
        let (row, after) = rest.split_at_checked(*count)?;
        rows.push(row.split_first()?);
        rest = after;
    }
    if rows.len() >= JOIN_IN_STEP_FROM {
        return join_in_step::<B>(rows);
    }
    let mut sums = Zeroizing::new(Vec::with_capacity(rows.len()));
    for (first, others) in rows {
        let next = |sum: B::P1, group: &B::A1| B::p1_add_affine(&B::p1_double(&sum), group);
        sums.push(others.iter().fold(B::p1_from_affine(first), next));
    }
    Some(Zeroizing::new(B::p1_batch_to_affine(&sums)))
}

/// Rows with most levels first, so that those that have one left are always the first ones.
fn join_in_step<B: Backend>(rows: Vec<(&B::A1, &[B::A1])>) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| rows.get(*index).map(|(_, others)| core::cmp::Reverse(others.len())));
    let mut ordered: Vec<_> = order.iter().filter_map(|index| rows.get(*index)).map(|(_, others)| others.iter()).collect();
    let mut sums: Zeroizing<Vec<B::A1>> =
        Zeroizing::new(order.iter().filter_map(|index| rows.get(*index)).map(|(first, _)| **first).collect());
    let mut batch = Batch::<B>::new(rows.len());
    loop {
        let next: Vec<&B::A1> = ordered.iter_mut().map_while(Iterator::next).collect();
        if next.is_empty() {
            break;
        }
        let active = sums.get_mut(..next.len())?;
        batch.double(active);
        batch.add(active, next.iter().copied());
    }
    let mut joined = Zeroizing::new(sums.to_vec());
    for (index, sum) in order.into_iter().zip(sums.iter()) {
        *joined.get_mut(index)? = *sum;
    }
    batch.is_right().then_some(joined)
}

#[cfg(test)]
mod tests;

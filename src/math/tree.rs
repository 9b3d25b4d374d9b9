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

/// What batched additions work with, reused from step to step and wiped at the end.
pub(super) struct Batch<B: Backend> {
    /// The denominators of slopes.
    runs: Zeroizing<Vec<B::Fq>>,
    /// The product of the denominators before each, and then the inverse of each.
    reciprocals: Zeroizing<Vec<B::Fq>>,
    scratch: Scratch<B>,
    exceptional: u64,
}

/// What one addition works with.
struct Scratch<B: Backend> {
    slope: Zeroizing<B::Fq>,
    x: Zeroizing<B::Fq>,
}

impl<B: Backend> Batch<B> {
    /// For `size` additions at a time: more would leave copies behind.
    pub(super) fn new(size: usize) -> Self {
        let room = || Zeroizing::new(Vec::with_capacity(size));
        let scratch = Scratch { slope: Zeroizing::new(B::fq_one()), x: Zeroizing::new(B::fq_one()) };
        Self { runs: room(), reciprocals: room(), scratch, exceptional: 0 }
    }

    /// Adds to each point its addend; neither is the identity.
    pub(super) fn add<'a>(&mut self, points: &mut [B::A1], addends: impl Iterator<Item = &'a B::A1> + Clone) {
        self.runs.clear();
        points.iter().zip(addends.clone()).for_each(|(a, b)| self.push_run(a, b));
        self.invert();
        for ((point, addend), reciprocal) in points.iter_mut().zip(addends).zip(self.reciprocals.iter()) {
            self.scratch.sum(point, addend, reciprocal);
        }
    }

    /// Doubles each point, which is not the identity. No point of E(Fq) has order 2, which would be
    /// the exceptional case.
    pub(super) fn double(&mut self, points: &mut [B::A1]) {
        self.runs.clear();
        for point in points.iter() {
            let (_, y) = B::a1_coordinates(point);
            self.runs.push(*y);
            if let Some(run) = self.runs.last_mut() {
                B::fq_add_assign(run, y);
            }
        }
        self.invert();
        for (point, reciprocal) in points.iter_mut().zip(self.reciprocals.iter()) {
            self.scratch.double(point, reciprocal);
        }
    }

    /// Writes the sums of pairs of neighbours to `next`: one level of the trees of all groups.
    fn halve(&mut self, points: &[B::A1], lengths: &mut [usize], next: &mut Vec<B::A1>) -> Option<()> {
        self.runs.clear();
        next.clear();
        let mut rest = points;
        for length in lengths.iter() {
            let (group, after) = rest.split_at_checked(*length)?;
            for pair in group.chunks_exact(2) {
                self.push_run(pair.first()?, pair.last()?);
            }
            rest = after;
        }
        self.invert();
        let mut unused = self.reciprocals.iter();
        rest = points;
        for length in lengths {
            let (group, after) = rest.split_at_checked(*length)?;
            let pairs = group.chunks_exact(2);
            let odd = pairs.remainder();
            for pair in pairs {
                next.push(*pair.first()?);
                self.scratch.sum(next.last_mut()?, pair.last()?, unused.next()?);
            }
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

    /// x₂ - x₁, the denominator of a slope.
    fn push_run(&mut self, a: &B::A1, b: &B::A1) {
        self.runs.push(*B::a1_coordinates(b).0);
        if let Some(run) = self.runs.last_mut() {
            B::fq_sub_assign(run, B::a1_coordinates(a).0);
        }
    }

    /// One inversion, and three products for each value (Montgomery).
    fn invert(&mut self) {
        let mut product = B::fq_one();
        self.reciprocals.clear();
        for run in self.runs.iter() {
            self.reciprocals.push(product);
            B::fq_mul_assign(&mut product, run);
        }
        self.exceptional |= B::fq_is_zero(&product);
        let mut inverse = B::fq_inverse(&product);
        for (run, reciprocal) in self.runs.iter().zip(self.reciprocals.iter_mut()).rev() {
            B::fq_mul_assign(reciprocal, &inverse);
            B::fq_mul_assign(&mut inverse, run);
        }
    }
}

impl<B: Backend> Scratch<B> {
    /// Doubles `point`; `reciprocal` is 1/2y.
    fn double(&mut self, point: &mut B::A1, reciprocal: &B::Fq) {
        let (x, _) = B::a1_coordinates(point);
        B::fq_square_to(&mut self.x, x);
        *self.slope = *self.x;
        B::fq_add_assign(&mut self.slope, &self.x);
        B::fq_add_assign(&mut self.slope, &self.x);
        B::fq_mul_assign(&mut self.slope, reciprocal);
        let x = *x;
        self.third(point, &x);
    }

    /// Adds `addend` to `point`; `reciprocal` is 1/(x₂ - x₁).
    fn sum(&mut self, point: &mut B::A1, addend: &B::A1, reciprocal: &B::Fq) {
        let ((_, y1), (x2, y2)) = (B::a1_coordinates(point), B::a1_coordinates(addend));
        B::fq_sub_to(&mut self.slope, y2, y1);
        B::fq_mul_assign(&mut self.slope, reciprocal);
        self.third(point, x2);
    }

    /// Replaces `point` by its sum with the other point, at x₂, on the line of `slope` through it:
    /// x₃ = slope² - x₁ - x₂, y₃ = slope·(x₁ - x₃) - y₁.
    fn third(&mut self, point: &mut B::A1, x2: &B::Fq) {
        let (x, y) = B::a1_coordinates_mut(point);
        B::fq_square_to(&mut self.x, &self.slope);
        B::fq_sub_assign(&mut self.x, x);
        B::fq_sub_assign(&mut self.x, x2);
        B::fq_sub_assign(x, &self.x);
        B::fq_mul_assign(x, &self.slope);
        B::fq_sub_assign(x, y);
        *y = *x;
        *x = *self.x;
    }
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
    if levels.iter().all(|count| *count == 1) {
        return Some(Zeroizing::new(groups.to_vec()));
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
    let mut ordered: Vec<_> =
        order.iter().filter_map(|index| rows.get(*index)).map(|(_, others)| others.iter()).collect();
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

//! Weighted sums of many points: buckets (Pippenger). (SPEC `[MATH-16]`)
//!
//! A weight is written in signed digits of a few bits. For each place, the points go into the bucket of their
//! digit, and each bucket is summed; then Σ b·S_b takes two additions for each bucket, however many points there
//! are. In G1 the buckets of a place are the groups of one tree of affine additions.
//!
//! blst's own multi-scalar multiplication is not used: it goes wrong for some points.

use alloc::vec::Vec;
use core::borrow::Borrow;

use zeroize::{Zeroize, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::fixed::comb::Group;
use super::fixed::{Column, OnG1, OnG2};
use super::group::{G1, G2};
use super::msm::combine_vartime;
use super::scalar::Scalar;
use super::tree::sum_groups;
use super::weight::{Digit, Weight, windows};

/// Σ wᵢ·pointᵢ in G1; the points may be secret. (SPEC `[MATH-10]`)
///
/// Surplus points or weights are ignored.
pub fn weighted_sum_vartime<P: Borrow<G1>>(points: &[P], weights: &[Weight]) -> G1 {
    let points: Zeroizing<Vec<_>> = Zeroizing::new(points.iter().map(|point| point.borrow().0).collect());
    G1(Active::p1_to_affine(&sum_in_g1::<Active>(&points, weights)))
}

/// Σ wᵢ·pointᵢ in G2, for public points.
///
/// Surplus points or weights are ignored.
pub fn weighted_sum_g2_vartime<P: Borrow<G2>>(points: &[P], weights: &[Weight]) -> G2 {
    let points: Zeroizing<Vec<_>> = Zeroizing::new(points.iter().map(|point| point.borrow().0).collect());
    G2(Active::p2_to_affine(&sum_in_g2::<Active>(&points, weights)))
}

/// Points that go through one set of buckets: as many as the processor's cache holds.
const BLOCK: usize = 8192;
/// In G1, below this many points the odd multiples of each take less than buckets.
const BUCKETS_FROM: usize = 256;

/// How many additions to a bucket are as dear as what is then done with its sum: in affine trees, where they are cheap,
/// and by complete formulas.
const IN_TREES: usize = 4;
const COMPLETE: usize = 3;

fn sum_in_g1<B: Backend>(points: &[B::A1], weights: &[Weight]) -> B::P1 {
    let mut sum = B::p1_identity();
    for (points, weights) in points.chunks(BLOCK).zip(weights.chunks(BLOCK)) {
        let by_buckets = if points.len().min(weights.len()) < BUCKETS_FROM {
            None
        } else {
            combine::<OnG1<B>, B::P1>(points, weights, IN_TREES, in_trees::<B>)
        };
        let block = by_buckets.unwrap_or_else(|| {
            let weights: Vec<Scalar> = weights.iter().copied().map(Scalar::from).collect();
            combine_vartime::<B>(points, &weights)
        });
        sum = B::p1_add(&sum, &block);
    }
    sum
}

fn sum_in_g2<B: Backend>(points: &[B::A2], weights: &[Weight]) -> B::P2 {
    let mut sum = B::p2_identity();
    for (points, weights) in points.chunks(BLOCK).zip(weights.chunks(BLOCK)) {
        if let Some(block) = combine::<OnG2<B>, B::P2>(points, weights, COMPLETE, one_by_one::<OnG2<B>>) {
            sum = B::p2_add(&sum, &block);
        }
    }
    sum
}

/// A point for a bucket.
struct Assigned<'a, G: Group> {
    bucket: usize,
    point: &'a G::Entry,
    negative: bool,
}

impl<G: Group> Assigned<'_, G> {
    fn value(&self) -> G::Entry {
        let column = Column { index: 0, negative: u64::from(self.negative) };
        G::lookup(core::slice::from_ref(self.point), column)
    }
}

/// The sums of the buckets that have points.
type Sums<G> = Zeroizing<Vec<<G as Group>::Sum>>;

/// The width that makes the fewest additions, where the work for a bucket is worth `bucket` of them.
fn best_width(points: usize, bucket: usize) -> usize {
    (2..=12).min_by_key(|width| windows(*width) * (points + (bucket << (width - 1)))).unwrap_or(2)
}

/// Σ wᵢ·pointᵢ; `sum_each` sums the buckets of a place, which are neighbours in what it is given. `None` if it
/// gives up, or if there is nothing to add.
fn combine<G: Group<Element = P, Sum = P>, P: Copy + Zeroize>(
    points: &[G::Entry],
    weights: &[Weight],
    bucket_cost: usize,
    sum_each: fn(&[Assigned<'_, G>]) -> Option<Sums<G>>,
) -> Option<P> {
    let width = best_width(points.len().min(weights.len()), bucket_cost);
    let places = windows(width);
    let digits: Vec<Digit> = weights.iter().flat_map(|weight| weight.signed_digits(width)).collect();
    let mut sum: Option<P> = None;
    for place in (0..places).rev() {
        if let Some(sum) = &mut sum {
            (0..width).for_each(|_| G::double_sum(sum));
        }
        let mut assigned: Vec<Assigned<'_, G>> = Vec::with_capacity(points.len());
        let of_place = digits.iter().skip(place).step_by(places);
        assigned.extend(
            points.iter().zip(of_place).filter(|(_, digit)| digit.size > 0).map(
                |(point, Digit { size, negative })| Assigned { bucket: *size, point, negative: *negative },
            ),
        );
        assigned.sort_unstable_by_key(|assigned| assigned.bucket);
        let sums = sum_each(&assigned)?;
        let buckets = assigned.chunk_by(|a, b| a.bucket == b.bucket).filter_map(<[_]>::first);
        let buckets: Vec<usize> = buckets.map(|first| first.bucket).collect();
        if let Some(of_place) = weigh::<G, P>(buckets.into_iter(), &sums) {
            sum = Some(sum.map_or(of_place, |sum| G::add(&sum, &of_place)));
        }
    }
    sum
}

/// Σ b·S_b, for buckets in ascending order. From the highest bucket down, what was summed so far is added once for each
/// number that is passed.
fn weigh<G: Group<Element = P, Sum = P>, P: Copy + Zeroize>(
    buckets: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator,
    sums: &[P],
) -> Option<P> {
    let mut descending = buckets.zip(sums).rev();
    let (mut above, highest) = descending.next()?;
    let mut running = *highest;
    let mut total = *highest;
    for (bucket, sum) in descending {
        (bucket + 1..above).for_each(|_| total = G::add(&total, &running));
        running = G::add(&running, sum);
        total = G::add(&total, &running);
        above = bucket;
    }
    (1..above).for_each(|_| total = G::add(&total, &running));
    running.zeroize();
    Some(total)
}

/// By complete additions.
fn one_by_one<G: Group>(assigned: &[Assigned<'_, G>]) -> Option<Sums<G>> {
    let mut sums = Zeroizing::new(Vec::with_capacity(assigned.len()));
    for group in assigned.chunk_by(|a, b| a.bucket == b.bucket) {
        let (first, rest) = group.split_first()?;
        let mut sum = G::start(&first.value());
        rest.iter().for_each(|assigned| G::add_entry(&mut sum, &assigned.value()));
        sums.push(sum);
    }
    Some(sums)
}

/// All buckets of a place in one tree. `None` in the exceptional case, or if a point is the identity.
fn in_trees<B: Backend>(assigned: &[Assigned<'_, OnG1<B>>]) -> Option<Sums<OnG1<B>>> {
    // It has no coordinates. The points may be secret: they are asked all together.
    if assigned.iter().fold(false, |any, assigned| any | B::a1_is_identity(assigned.point)) {
        return None;
    }
    let lengths = assigned.chunk_by(|a, b| a.bucket == b.bucket).map(<[_]>::len).collect();
    let values = Zeroizing::new(assigned.iter().map(Assigned::value).collect());
    let sums = sum_groups::<B>(values, lengths)?;
    Some(Zeroizing::new(sums.iter().map(B::p1_from_affine).collect()))
}

#[cfg(test)]
mod tests;

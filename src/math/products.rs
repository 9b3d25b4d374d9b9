//! Products of powers of fixed bases, many at once: the rows of a key or a ciphertext.
//! (SPEC `[MATH-13]`, `[MATH-14]`)
//!
//! Each row is a product Π baseᵢ^kᵢ. Bases with a table contribute its entries, and all entries of
//! all rows are added in one tree; bases without one are raised together where they share the scalar. Which bases
//! have tables, which rows share a scalar and how many rows there are is public.

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::fixed::comb::Comb;
use super::fixed::{self, FixedG1, OnG1};
use super::group::G1;
use super::same_scalar::pow_all;
use super::scalar::Scalar;
use super::tree::sum_groups;
use crate::secret::Secret;

/// A factor base^k; k is secret.
pub type Power<'a> = (&'a FixedG1, &'a Secret<Scalar>);

/// Rows that go through one tree: enough to make its inversions cheap, few enough for the cache.
const BLOCK: usize = 64;
/// Below this many rows a tree's inversions cost more than it saves.
const TREE_FROM: usize = 4;
/// Below this many bases the tables of a common scalar cost more than they save.
const SAME_SCALAR_FROM: usize = 4;

type P1 = <Active as Backend>::P1;
type A1 = <Active as Backend>::A1;

/// A factor, and the table of its base if there is one: looked up once, since another thread may make it meanwhile.
#[derive(Clone, Copy)]
struct Factor<'a> {
    base: &'a G1,
    k: &'a Secret<Scalar>,
    comb: Option<&'a Comb<OnG1<Active>>>,
}

impl<'a> Factor<'a> {
    fn new((base, k): &Power<'a>) -> Self {
        Self { base: base.point(), k, comb: base.comb() }
    }

    fn plain(&self) -> P1 {
        Active::p1_mul(&Active::p1_from_affine(&self.base.0), &self.k.expose_secret().0)
    }
}

/// Π baseᵢ^kᵢ for each row, in constant time. (SPEC `[MATH-10]`)
pub fn products<const N: usize>(rows: &[[Power<'_>; N]]) -> Vec<G1> {
    let mut products = Vec::with_capacity(rows.len());
    for block in rows.chunks(BLOCK) {
        let block: Vec<[Factor<'_>; N]> = block.iter().map(|row| row.each_ref().map(Factor::new)).collect();
        let mut sums = without_tables(&block);
        if !with_tables(&block, &mut sums) {
            sums = Zeroizing::new(block.iter().map(plain).collect());
        }
        products.extend(Active::p1_batch_to_affine(&sums).into_iter().map(G1));
    }
    products
}

/// The row by complete additions, for the exceptional case of the tree.
fn plain<const N: usize>(row: &[Factor<'_>; N]) -> P1 {
    row.iter().fold(Active::p1_identity(), |sum, factor| Active::p1_add(&sum, &factor.plain()))
}

/// The parts of the rows whose bases have no table.
fn without_tables<const N: usize>(rows: &[[Factor<'_>; N]]) -> Zeroizing<Vec<P1>> {
    let mut sums = Zeroizing::new(alloc::vec![Active::p1_identity(); rows.len()]);
    // The rows and bases of each scalar.
    let mut scalars: Vec<(&Secret<Scalar>, Vec<usize>, Vec<A1>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        for Factor { base, k, .. } in row.iter().filter(|factor| factor.comb.is_none()) {
            match scalars.iter_mut().find(|(scalar, ..)| core::ptr::eq(*scalar, *k)) {
                Some((_, indices, points)) => {
                    indices.push(index);
                    points.push(base.0);
                }
                None => scalars.push((k, alloc::vec![index], alloc::vec![base.0])),
            }
        }
    }
    for (k, indices, points) in &scalars {
        let powers = if points.len() < SAME_SCALAR_FROM {
            let power = |point| Active::p1_mul(&Active::p1_from_affine(point), &k.expose_secret().0);
            Zeroizing::new(points.iter().map(power).collect())
        } else {
            let bytes = Secret::new(k.expose_secret().to_bytes());
            pow_all::<Active>(points, bytes.expose_secret())
        };
        for (index, power) in indices.iter().zip(powers.iter()) {
            if let Some(sum) = sums.get_mut(*index) {
                *sum = Active::p1_add(sum, power);
            }
        }
    }
    sums
}

/// Adds the parts of the rows whose bases have a table. `false` in the exceptional case.
fn with_tables<const N: usize>(rows: &[[Factor<'_>; N]], sums: &mut [P1]) -> bool {
    if rows.len() < TREE_FROM {
        for (row, sum) in rows.iter().zip(sums) {
            for Factor { k, comb, .. } in row {
                if let Some(comb) = comb
                    && let Some(mut power) = comb.pow(&fixed::digits(k, comb))
                {
                    *sum = Active::p1_add(sum, &power);
                    power.zeroize();
                }
            }
        }
        return true;
    }
    // One group of entries for each level of doublings of each row, the highest level first.
    let combs = || rows.iter().flatten().filter_map(|factor| factor.comb);
    let size = combs().map(|comb| comb.shape().spacing()).sum();
    let mut entries = Zeroizing::new(Vec::with_capacity(size));
    let mut lengths = Vec::new();
    let mut levels = Vec::with_capacity(rows.len());
    for row in rows {
        let tables = row.iter().filter_map(|factor| Some((factor.comb?, factor.k)));
        let tables: Vec<_> = tables.map(|(comb, k)| (comb, fixed::digits(k, comb))).collect();
        let highest = tables.iter().map(|(comb, _)| comb.shape().spread).max().unwrap_or(0);
        for level in (0..highest).rev() {
            let before = entries.len();
            for (comb, digits) in tables.iter().filter(|(comb, _)| level < comb.shape().spread) {
                entries.extend(comb.level(digits, level));
            }
            lengths.push(entries.len() - before);
        }
        levels.push(highest);
    }
    let Some(groups) = sum_groups::<Active>(entries, lengths) else { return false };
    let mut groups = groups.iter();
    for (highest, sum) in levels.into_iter().zip(sums) {
        let mut power = Active::p1_identity();
        for (number, group) in groups.by_ref().take(highest).enumerate() {
            power = match number {
                0 => Active::p1_from_affine(group),
                _ => Active::p1_add_affine(&Active::p1_double(&power), group),
            };
        }
        *sum = Active::p1_add(sum, &power);
        power.zeroize();
    }
    true
}

#[cfg(test)]
mod tests;

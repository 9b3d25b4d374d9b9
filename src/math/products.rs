//! Products of powers of fixed bases, many at once: the rows of a key or a ciphertext.
//! (SPEC `[MATH-13]`, `[MATH-14]`)
//!
//! Each row is a product Π baseᵢ^kᵢ. A base with a table contributes its entries, one without its power as
//! a whole, formed together with those of the other bases that share the scalar; and everything is added in one
//! tree over many rows. Which bases have tables, which rows share a scalar and how many rows there are is public.

use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::Active;
use super::backend::Backend;
use super::fixed::comb::Comb;
use super::fixed::{self, FixedG1, OnG1};
use super::group::G1;
use super::same_scalar::pow_all;
use super::scalar::Scalar;
use super::tree::{join_levels, sum_groups};
use crate::secret::Secret;

/// A factor base^k; k is secret.
pub type Power<'a> = (&'a FixedG1, &'a Secret<Scalar>);

/// Rows that go through one tree: enough to make its inversions cheap, few enough for the processor's cache.
const BLOCK: usize = 128;
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
}

/// Π baseᵢ^kᵢ for each row, in constant time. (SPEC `[MATH-10]`)
pub fn products<const N: usize>(rows: &[[Power<'_>; N]]) -> Vec<G1> {
    let rows: Vec<[Factor<'_>; N]> = rows.iter().map(|row| row.each_ref().map(Factor::new)).collect();
    let points = if rows.len() < TREE_FROM { None } else { by_trees(&rows) };
    let points = points.unwrap_or_else(|| one_by_one(&rows));
    points.iter().copied().map(G1).collect()
}

/// By complete additions: for few rows, and in the exceptional cases of the trees.
fn one_by_one<const N: usize>(rows: &[[Factor<'_>; N]]) -> Zeroizing<Vec<A1>> {
    let power = |Factor { base, k, comb }: &Factor<'_>| {
        let of_table = comb.and_then(|comb| comb.pow(&fixed::digits(k, comb)));
        of_table.unwrap_or_else(|| Active::p1_mul(&Active::p1_from_affine(&base.0), &k.expose_secret().0))
    };
    let mut sums = Zeroizing::new(Vec::with_capacity(rows.len()));
    for row in rows {
        let mut sum = Active::p1_identity();
        for factor in row {
            let mut power = power(factor);
            sum = Active::p1_add(&sum, &power);
            power.zeroize();
        }
        sums.push(sum);
    }
    Zeroizing::new(Active::p1_batch_to_affine(&sums))
}

/// `None` in an exceptional case.
fn by_trees<const N: usize>(rows: &[[Factor<'_>; N]]) -> Option<Zeroizing<Vec<A1>>> {
    let cold = without_tables(rows)?;
    let mut points = Zeroizing::new(Vec::with_capacity(rows.len()));
    for (rows, cold) in rows.chunks(BLOCK).zip(cold.chunks(BLOCK)) {
        points.extend_from_slice(&tree(rows, cold)?);
    }
    Some(points)
}

/// The bases that are raised to one scalar, and where: row and position in the row.
struct SameScalar<'a> {
    k: &'a Secret<Scalar>,
    places: Vec<(usize, usize)>,
    points: Vec<A1>,
}

/// The powers of the bases that have no table; `None` if one of them is the identity.
fn without_tables<const N: usize>(rows: &[[Factor<'_>; N]]) -> Option<Zeroizing<Vec<[Option<A1>; N]>>> {
    let mut scalars: Vec<SameScalar<'_>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        for (position, Factor { base, k, .. }) in
            row.iter().enumerate().filter(|(_, factor)| factor.comb.is_none())
        {
            let place = (index, position);
            match scalars.iter_mut().find(|same| core::ptr::eq(same.k, *k)) {
                Some(same) => {
                    same.places.push(place);
                    same.points.push(base.0);
                }
                None => {
                    scalars.push(SameScalar { k, places: alloc::vec![place], points: alloc::vec![base.0] })
                }
            }
        }
    }
    let mut powers = Zeroizing::new(alloc::vec![[None; N]; rows.len()]);
    for SameScalar { k, places, points } in &scalars {
        let these = if points.len() < SAME_SCALAR_FROM {
            let power = |point| Active::p1_mul(&Active::p1_from_affine(point), &k.expose_secret().0);
            let sums: Zeroizing<Vec<P1>> = Zeroizing::new(points.iter().map(power).collect());
            let these = Zeroizing::new(Active::p1_batch_to_affine(&sums));
            let identities = these.iter().fold(false, |any, point| any | Active::a1_is_identity(point));
            if identities {
                return None;
            }
            these
        } else {
            let bytes = Secret::new(k.expose_secret().to_bytes());
            pow_all::<Active>(points, bytes.expose_secret())?
        };
        for ((index, position), power) in places.iter().zip(these.iter()) {
            if let Some(place) = powers.get_mut(*index).and_then(|row| row.get_mut(*position)) {
                *place = Some(*power);
            }
        }
    }
    Some(powers)
}

/// The sums of the rows of a block, out of tables and `cold` powers. `None` in the exceptional case.
fn tree<const N: usize>(rows: &[[Factor<'_>; N]], cold: &[[Option<A1>; N]]) -> Option<Zeroizing<Vec<A1>>> {
    let combs = || rows.iter().flatten().filter_map(|factor| factor.comb);
    let size = combs().map(|comb| comb.shape().spacing()).sum::<usize>() + N * rows.len();
    let mut entries = Zeroizing::new(Vec::with_capacity(size));
    let mut lengths = Vec::new();
    let mut levels = Vec::with_capacity(rows.len());
    // One group of entries for each level of doublings of each row, the highest level first.
    for (row, cold) in rows.iter().zip(cold) {
        let tables = row.iter().filter_map(|factor| Some((factor.comb?, factor.k)));
        let tables: Vec<_> = tables.map(|(comb, k)| (comb, fixed::digits(k, comb))).collect();
        let highest = tables.iter().map(|(comb, _)| comb.shape().spread).max().unwrap_or(1);
        for level in (0..highest).rev() {
            let before = entries.len();
            for (comb, digits) in tables.iter().filter(|(comb, _)| level < comb.shape().spread) {
                entries.extend(comb.level(digits, level));
            }
            if level == 0 {
                entries.extend(cold.iter().flatten());
            }
            lengths.push(entries.len() - before);
        }
        levels.push(highest);
    }
    join_levels::<Active>(&sum_groups::<Active>(entries, lengths)?, &levels)
}

#[cfg(test)]
mod tests;

//! Many secret scalars, one base that has a table: what a refresh of all readers takes.
//! (SPEC `[MATH-15]`)
//!
//! All powers go in step. The first table of the comb is looked up for all scalars, then the second, and
//! so on, and what was found is added to all sums at once. So one table after the other stays in the
//! processor's nearest cache, next to the sums.

use alloc::vec::Vec;
use core::borrow::Borrow;

use zeroize::Zeroizing;

use super::Active;
use super::backend::Backend;
use super::fixed::comb::{Comb, Group};
use super::fixed::{self, Digits, FixedG1, OnG1};
use super::group::G1;
use super::products::products;
use super::scalar::Scalar;
use super::tree::Batch;
use crate::secret::Secret;

/// Powers that go in step: the inversion of a step is then a hundredth of it, and all fits in the second cache.
const BLOCK: usize = 1024;
/// Below this many powers the inversions, one for each table, outweigh those of a tree.
const IN_STEP_FROM: usize = 64;

impl FixedG1 {
    /// base^k for each k, in constant time: for 64 scalars or more at less than half of what [`FixedG1::pow`] takes.
    /// (SPEC `[MATH-10]`, `[MATH-15]`)
    ///
    /// A base that makes its table itself makes it at the first call with two dozen scalars.
    pub fn pow_each<K: Borrow<Secret<Scalar>>>(&self, scalars: &[K]) -> Vec<G1> {
        let comb = self.comb_for(scalars.len());
        let mut powers = Vec::with_capacity(scalars.len());
        for scalars in scalars.chunks(BLOCK) {
            let table = comb.filter(|_| scalars.len() >= IN_STEP_FROM);
            let in_step = table.and_then(|comb| {
                let digits: Vec<Digits> = scalars.iter().map(|k| fixed::digits(k.borrow(), comb)).collect();
                in_step::<Active>(comb, &digits)
            });
            match in_step {
                Some(block) => powers.extend(block.iter().copied().map(G1)),
                None => {
                    let rows: Vec<_> = scalars.iter().map(|k| [(self, k.borrow())]).collect();
                    powers.extend(products(&rows));
                }
            }
        }
        powers
    }
}

/// The powers of a block. `None` in the exceptional case.
fn in_step<B: Backend>(comb: &Comb<OnG1<B>>, digits: &[Digits]) -> Option<Zeroizing<Vec<B::A1>>> {
    let mut batch = Batch::<B>::new(digits.len());
    let mut sums = Zeroizing::new(Vec::with_capacity(digits.len()));
    let mut addends = Zeroizing::new(Vec::with_capacity(digits.len()));
    for level in (0..comb.shape().spread).rev() {
        // At the highest level there is nothing to double yet.
        batch.double(&mut sums);
        for (table, column) in comb.look_ups(level) {
            let entries = digits.iter().map(|digits| OnG1::<B>::lookup(table, digits.column(column)));
            if sums.is_empty() {
                sums.extend(entries);
            } else {
                addends.clear();
                addends.extend(entries);
                batch.add(&mut sums, addends.iter());
            }
        }
    }
    batch.is_right().then_some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::fixed::comb::Shape;
    use crate::math::{ark::Ark, edge_scalars};

    const SHAPES: [Shape; 3] = [
        Shape { teeth: 6, tables: 43, spread: 1 },
        Shape { teeth: 7, tables: 37, spread: 1 },
        Shape { teeth: 6, tables: 11, spread: 4 },
    ];

    fn steps_are_right<B: Backend>() {
        for shape in SHAPES {
            let base = B::p1_double(&B::p1_generator());
            let comb = Comb::<OnG1<B>>::new(&base, shape);
            let scalars = edge_scalars(20).split_off(11);
            let digits: Vec<_> = scalars.iter().map(|k| Digits::new(&k.to_bytes(), shape)).collect();
            let powers = in_step::<B>(&comb, &digits).unwrap();
            assert_eq!(powers.len(), scalars.len());
            for (k, power) in scalars.iter().zip(powers.iter()) {
                let plain = B::p1_mul(&base, &B::fr_from_canonical(&k.to_bytes()).unwrap());
                assert_eq!(B::a1_compress(power), B::a1_compress(&B::p1_to_affine(&plain)));
            }
            // The power 0 is noticed, wherever it stands.
            for place in [0, 7, scalars.len() - 1] {
                let mut digits: Vec<_> = scalars.iter().map(|k| Digits::new(&k.to_bytes(), shape)).collect();
                digits[place] = Digits::new(&[0; 32], shape);
                assert!(in_step::<B>(&comb, &digits).is_none());
            }
        }
    }

    #[test]
    fn in_every_backend() {
        steps_are_right::<Active>();
        steps_are_right::<Ark>();
    }

    /// Full blocks and what is left of them, with and without exceptional scalars, with every kind of base.
    #[test]
    fn each_power_is_the_power() {
        let point = G1::generator().pow(&Secret::new(Scalar::from_u64(77)));
        let random: Vec<_> = edge_scalars(BLOCK + 59).split_off(11);
        let prepared = FixedG1::compact(point);
        prepared.prepare();
        for base in [FixedG1::new(point), FixedG1::wide(point), FixedG1::compact(point), prepared] {
            for (count, edges) in [(0, 0), (3, 11), (IN_STEP_FROM, 0), (BLOCK + IN_STEP_FROM - 9, 5)] {
                let scalars =
                    edge_scalars(0).into_iter().take(edges).chain(random.iter().copied().take(count));
                let scalars: Vec<_> = scalars.map(Secret::new).collect();
                let powers = base.pow_each(&scalars);
                assert_eq!(powers.len(), scalars.len());
                // The first, the last, and some between.
                for (number, (k, power)) in scalars.iter().zip(&powers).enumerate() {
                    if number < 16 || number % 41 == 0 || number + 1 == scalars.len() {
                        assert!(*power == point.pow(k));
                    }
                }
                let references: Vec<&Secret<Scalar>> = scalars.iter().collect();
                assert!(base.pow_each(&references[..count.min(5)]) == powers[..count.min(5)]);
            }
        }
    }

    #[test]
    fn a_table_is_made_for_many_powers_and_only_where_the_base_makes_it() {
        let scalars: Vec<_> = edge_scalars(20).into_iter().map(Secret::new).collect();
        let (wide, compact) = (FixedG1::wide(G1::generator()), FixedG1::compact(G1::generator()));
        let _ = (wide.pow_each(&scalars[..9]), compact.pow_each(&scalars));
        assert_eq!((wide.table_bytes(), compact.table_bytes()), (0, 0));
        let _ = wide.pow_each(&scalars);
        assert_eq!(wide.table_bytes(), 37 * 64 * 96);
    }
}

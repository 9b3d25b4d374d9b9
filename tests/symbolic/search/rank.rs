//! Whether an exponent vector lies in the span of others, over the rational numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::monomial::Monomial;
use crate::field::Scalar;

/// A vector of whole numbers without a common factor; its first entry is the pivot.
type Row = BTreeMap<String, i128>;

/// The span over Q of exponent vectors, in echelon form: for each pivot one row.
///
/// Elimination multiplies rows with each other instead of dividing by the pivot, so that all
/// numbers stay whole; overflow is an error, never a wrong verdict.
#[derive(Clone, Default)]
pub struct Lattice(BTreeMap<String, Row>);

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The row without the pivot of the other one: row · other[pivot] - other · row[pivot].
fn eliminate(row: &Row, other: &Row, pivot: &str) -> Row {
    let (mine, theirs) = (row[pivot], other[pivot]);
    let mut rest = Row::new();
    for name in row.keys().chain(other.keys()) {
        let part = |row: &Row, factor: i128| row.get(name).unwrap_or(&0).checked_mul(factor);
        let value = part(row, theirs).zip(part(other, mine)).and_then(|(a, b)| a.checked_sub(b));
        rest.insert(name.clone(), value.expect("exponents are small"));
    }
    let content = rest.values().fold(0, |content, value| gcd(content, *value)).abs();
    rest.retain(|_, value| *value != 0);
    rest.values_mut().for_each(|value| *value /= content);
    rest
}

impl Lattice {
    pub fn of<'a>(monomials: impl IntoIterator<Item = &'a Monomial>) -> Self {
        let mut lattice = Self::default();
        monomials.into_iter().for_each(|monomial| lattice.insert(monomial));
        lattice
    }

    /// Eliminates until the first entry is the pivot of no row: empty if and only if the vector
    /// is in the span.
    fn remainder(&self, monomial: &Monomial) -> Row {
        let mut rest: Row = monomial.exponents().map(|(name, value)| (name.clone(), value.into())).collect();
        while let Some(pivot) = rest.keys().next()
            && let Some(row) = self.0.get(pivot)
        {
            rest = eliminate(&rest, row, &pivot.clone());
        }
        rest
    }

    pub fn insert(&mut self, monomial: &Monomial) {
        let rest = self.remainder(monomial);
        if let Some(pivot) = rest.keys().next() {
            self.0.insert(pivot.clone(), rest);
        }
    }

    pub fn contains(&self, monomial: &Monomial) -> bool {
        self.remainder(monomial).is_empty()
    }

    pub fn rank(&self) -> usize {
        self.0.len()
    }
}

/// The rank by other means, to check the first: a dense matrix modulo 2^61 - 1. Minors of the
/// small exponents used here are smaller than the modulus, so the two ranks are equal.
pub fn rank_modulo_a_prime(monomials: &[&Monomial]) -> usize {
    let names: BTreeSet<&String> =
        monomials.iter().flat_map(|monomial| monomial.exponents().map(|(name, _)| name)).collect();
    let column: BTreeMap<&String, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut matrix = vec![vec![Scalar::ZERO; names.len()]; monomials.len()];
    for (row, monomial) in matrix.iter_mut().zip(monomials) {
        for (name, exponent) in monomial.exponents() {
            let size = Scalar::from(exponent.unsigned_abs());
            row[column[name]] = if exponent < 0 { -size } else { size };
        }
    }
    let mut rank = 0;
    for column in 0..names.len() {
        let Some(found) = (rank..matrix.len()).find(|row| matrix[*row][column] != Scalar::ZERO) else {
            continue;
        };
        matrix.swap(rank, found);
        let pivot = matrix[rank].clone();
        let scale = pivot[column].inverse();
        for row in &mut matrix[rank + 1..] {
            let factor = row[column] * scale;
            row.iter_mut().zip(&pivot).for_each(|(entry, above)| *entry = *entry - factor * *above);
        }
        rank += 1;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::monomial::{one, unknown};

    #[test]
    fn products_quotients_and_roots_are_in_the_span() {
        let [a, b, c] = ["a", "b", "c"].map(unknown);
        let lattice = Lattice::of([&(&a * &a), &(&b / &c)]);
        assert!(lattice.contains(&a) && lattice.contains(&one()) && lattice.contains(&(&c / &b * &a)));
        assert!(!lattice.contains(&b) && !lattice.contains(&c) && !lattice.contains(&(&b * &c)));
        assert!(Lattice::default().contains(&one()) && !Lattice::default().contains(&a));
    }

    #[test]
    fn ranks_count_independent_vectors() {
        let [a, b, c] = ["a", "b", "c"].map(unknown);
        let vectors = [&a / &b, &b / &c, &c / &a, &a * &b * &c.power(-2), one()];
        assert_eq!(Lattice::of(&vectors).rank(), 2);
        assert_eq!(rank_modulo_a_prime(&vectors.each_ref()), 2);
        // A determinant of 7.
        let vectors = [a.power(2) * &b, a.power(-1) * b.power(3)];
        assert_eq!(Lattice::of(&vectors).rank(), 2);
        assert_eq!(rank_modulo_a_prime(&vectors.each_ref()), 2);
    }
}

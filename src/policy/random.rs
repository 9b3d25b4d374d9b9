//! Uniformly random coefficients over all rows, for the public check of a ciphertext. (SPEC `[POL-11]`)

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::satisfy::invert_all;
use super::span::{Gate, SpanProgram};
use crate::math::Scalar;

impl SpanProgram {
    /// Uniformly random γ over **all** rows with Σ γ_i·M_i = (1,0,..,0).
    ///
    /// Whatever subset of rows a reader combines, an error in a row shows with all but negligible
    /// probability. Linear time for `and` and `or`; n²/2 additions for a `k of n`.
    pub fn random_reconstruction(&self, rng: &mut impl CryptoRng) -> Vec<Scalar> {
        let mut coefficients = Vec::with_capacity(self.len());
        spread(&self.root, Scalar::one(), rng, &mut coefficients);
        coefficients
    }
}

/// Appends random coefficients of the rows below `gate` that add up to `total` times its secret.
fn spread(gate: &Gate, total: Scalar, rng: &mut impl CryptoRng, out: &mut Vec<Scalar>) {
    match gate {
        Gate::Row => out.push(total),
        Gate::And(children) => {
            for child in children {
                spread(child, total, rng, out);
            }
        }
        Gate::Or(children) => {
            let mut rest = total;
            let Some((last, others)) = children.split_last() else { return };
            for child in others {
                let part = Scalar::random_public(rng);
                rest = rest - part;
                spread(child, part, rng, out);
            }
            spread(last, rest, rng, out);
        }
        Gate::Threshold(k, children) => {
            let parts = spread_threshold(*k, children.len(), total, rng);
            for (child, part) in children.iter().zip(parts) {
                spread(child, part, rng, out);
            }
        }
    }
}

/// Uniformly random γ_1, .., γ_n with Σ γ_i·f(i) = `total`·f(0) for all f of degree below k.
///
/// With γ_0 = −total this says that (γ_0, .., γ_n) is in the dual of the Reed-Solomon code over the
/// points 0..n. Its words are γ_i = (−1)^i·C(n,i)·g(i) for the polynomials g of degree at most n − k; so
/// g(0) = −total, its values at 1, .., n−k are free, and the others follow by finite differences.
fn spread_threshold(k: usize, n: usize, total: Scalar, rng: &mut impl CryptoRng) -> Vec<Scalar> {
    let degree = n - k;
    let mut g = Differences::new(-total, degree);
    let mut values = Vec::with_capacity(n);
    values.extend((0..degree).map(|_| g.append(Scalar::random_public(rng))));
    values.extend((degree..n).map(|_| g.next()));
    values.iter().zip(signed_binomials(n)).map(|(value, weight)| *value * weight).collect()
}

/// The last value of a sequence and its backward differences, lowest order first.
struct Differences(Vec<Scalar>);

impl Differences {
    fn new(first: Scalar, degree: usize) -> Self {
        let mut differences = Vec::with_capacity(degree + 1);
        differences.push(first);
        Self(differences)
    }

    /// Appends a value of free choice: the degree rises by one.
    fn append(&mut self, value: Scalar) -> Scalar {
        let mut new = value;
        for difference in &mut self.0 {
            let higher = new - *difference;
            *difference = new;
            new = higher;
        }
        self.0.push(new);
        value
    }

    /// Appends and returns the value that the polynomial takes next.
    fn next(&mut self) -> Scalar {
        let mut higher = Scalar::zero();
        for difference in self.0.iter_mut().rev() {
            higher = higher + *difference;
            *difference = higher;
        }
        higher
    }
}

/// (−1)^i·C(n,i) for i = 1, .., n.
fn signed_binomials(n: usize) -> Vec<Scalar> {
    let n = n as u64;
    let numbers: Vec<Scalar> = (1..=n).map(Scalar::from_u64).collect();
    let inverses = invert_all(&numbers);
    let mut binomial = Scalar::one();
    // C(n,i) = C(n,i−1)·(n−i+1)/i
    let next = |(inverse, falling): (Scalar, &Scalar)| {
        binomial = -(binomial * *falling * inverse);
        binomial
    };
    inverses.into_iter().zip(numbers.iter().rev()).map(next).collect()
}

//! What an adversary holds, and whether a target lies in the span of it.

use std::collections::HashMap;

use crate::field::Scalar;
use crate::polynomial::{Monomial, Polynomial, one};

/// A linear space of polynomials in echelon form: for each leading monomial one row, scaled to 1.
#[derive(Default)]
pub struct Span(HashMap<Monomial, Polynomial>);

impl Span {
    pub fn of(mut generators: Vec<Polynomial>) -> Self {
        // Short rows first: they stay short, and what they eliminate never spreads.
        generators.sort_by_key(Polynomial::len);
        let mut span = Self::default();
        for generator in &generators {
            span.insert(generator);
        }
        span
    }

    /// Subtracts rows until the leading monomial is that of no row: zero if and only if the
    /// polynomial is in the space.
    fn remainder(&self, polynomial: &Polynomial) -> Polynomial {
        let mut rest = polynomial.clone();
        while let Some((monomial, value)) = rest.leading() {
            let Some(row) = self.0.get(&monomial) else { break };
            rest = rest.plus_multiple(-value, row);
        }
        rest
    }

    /// Adds a generator; whether the space grew.
    pub fn insert(&mut self, generator: &Polynomial) -> bool {
        let rest = self.remainder(generator);
        let Some((monomial, value)) = rest.leading() else { return false };
        self.0.insert(monomial, rest.scaled(value.inverse()));
        true
    }

    pub fn contains(&self, target: &Polynomial) -> bool {
        self.remainder(target).is_zero()
    }
}

/// The exponents of all group elements an adversary holds.
#[derive(Clone, Default)]
pub struct Holdings {
    g1: Vec<Polynomial>,
    g2: Vec<Polynomial>,
    gt: Vec<Polynomial>,
}

/// Something that travels, as a bundle of group elements.
pub trait Travels {
    fn reveal(&self, to: &mut Holdings);
}

fn add(elements: &mut Vec<Polynomial>, element: &Polynomial) {
    if !elements.contains(element) {
        elements.push(element.clone());
    }
}

impl Holdings {
    /// The generators, and nothing else.
    pub fn generators() -> Self {
        Self { g1: vec![one()], g2: vec![one()], gt: Vec::new() }
    }

    pub fn learns(&mut self, something: &impl Travels) {
        something.reveal(self);
    }

    pub fn learns_g1(&mut self, exponent: &Polynomial) {
        // Everybody can hash: with an element come the points that occur in it.
        for point in exponent.points() {
            add(&mut self.g1, &point);
        }
        add(&mut self.g1, exponent);
    }

    pub fn learns_g2(&mut self, exponent: &Polynomial) {
        add(&mut self.g2, exponent);
    }

    pub fn learns_gt(&mut self, exponent: &Polynomial) {
        add(&mut self.gt, exponent);
    }

    /// The number of products of G1 and G2: the size of the elimination.
    pub fn pairings(&self) -> usize {
        self.g1.len() * self.g2.len()
    }

    /// Everything that can be computed in GT.
    pub fn span(&self) -> Span {
        let products = self.g1.iter().flat_map(|a| self.g2.iter().map(move |b| a * b));
        Span::of(products.chain(self.gt.iter().cloned()).collect())
    }

    /// Whether the target in GT can be computed.
    pub fn reaches(&self, target: &Polynomial) -> bool {
        self.span().contains(target)
    }

    /// Whether the target in G1 can be computed.
    pub fn reaches_g1(&self, target: &Polynomial) -> bool {
        Span::of(self.g1.clone()).contains(target)
    }

    /// Whether any combination of the targets in GT can be computed: enough to tell them from
    /// random elements. The targets must be independent.
    pub fn relates(&self, targets: &[Polynomial]) -> bool {
        let mut span = self.span();
        targets.iter().any(|target| !span.insert(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polynomial::{constant, known, point, secret, zero};

    #[test]
    fn a_pairing_multiplies_across_the_groups_only() {
        let (a, b) = (secret("a"), secret("b"));
        let mut across = Holdings::generators();
        across.learns_g1(&a);
        across.learns_g2(&b);
        assert!(across.reaches(&(&a * &b)) && across.reaches(&a) && across.reaches(&one()));
        assert!(across.reaches_g1(&a) && !across.reaches_g1(&b) && !across.reaches_g1(&(&a * &b)));
        let mut within = Holdings::generators();
        within.learns_g1(&a);
        within.learns_g1(&b);
        assert!(!within.reaches(&(&a * &b)) && !within.reaches(&(&a * &a)));
    }

    #[test]
    fn known_scalars_can_be_used_and_even_inverted() {
        let (s, y) = (secret("s"), known("y"));
        let mut holdings = Holdings::generators();
        holdings.learns_gt(&(&s * &y + &y * &y));
        assert!(holdings.reaches(&s) && holdings.reaches(&(&s * known("z"))));
        assert!(!holdings.reaches(&secret("t")) && holdings.reaches(&zero()));
    }

    #[test]
    fn everybody_can_hash() {
        let (h, r, s) = (point("h"), secret("r"), secret("s"));
        let mut holdings = Holdings::generators();
        holdings.learns_g1(&(&h * &r));
        holdings.learns_g2(&s);
        assert!(holdings.reaches(&(&h * &s)) && holdings.reaches(&(&h * &r * &s)));
        assert!(!holdings.reaches(&(&r * &s)) && !holdings.reaches_g1(&r));
    }

    #[test]
    fn elimination_needs_the_right_coefficients() {
        let (a, b, c) = (secret("a"), secret("b"), secret("c"));
        let three = constant(Scalar::from(3));
        let mut holdings = Holdings::generators();
        holdings.learns_gt(&(&a + &b));
        holdings.learns_gt(&(&b + &c));
        holdings.learns_gt(&(&a + &three * &c));
        assert!(holdings.reaches(&(&a - &c)) && holdings.reaches(&c) && holdings.reaches(&b));
        let mut singular = Holdings::generators();
        singular.learns_gt(&(&a + &b));
        singular.learns_gt(&(&b + &c));
        singular.learns_gt(&(&a - &c));
        assert!(singular.reaches(&(&a - &c)) && !singular.reaches(&c));
        assert!(singular.relates(&[b.clone(), c.clone()]) && !singular.relates(&[b]));
    }
}

//! Square roots in GF(q) and GF(q²), in variable time.
//!
//! q ≡ 3 modulo 4, so that with t = a^((q-3)/4) the product a·t is a root of a or of -a, and ±t its
//! inverse. Everything below spends one such power where arkworks spends two.

use ark_bls12_381::{Fq, Fq2};
use ark_ff::{AdditiveGroup, Field, MontFp, PrimeField};

/// The square root that belongs to u/v, for v ≠ 0.
pub(super) enum RatioRoot {
    /// √(u/v).
    Square(Fq),
    /// √(Z·u/v), where u/v is not a square.
    NonSquare(Fq),
}

/// Z of the simplified SWU map to G1. (RFC 9380, section 8.8.1)
pub(super) const Z: Fq = MontFp!("11");
/// √-Z.
const ROOT_OF_MINUS_Z: Fq = MontFp!(
    "674008237974212438248723729577393239183484355108025529917084410198223800758598092373770506194640977045288353413059"
);

/// `sqrt_ratio_3mod4` of RFC 9380, appendix F.2.1.2.
pub(super) fn sqrt_ratio(u: &Fq, v: &Fq) -> RatioRoot {
    let product = *u * v;
    let root = quarter_power(&(product * v.square())) * product;
    if root.square() * v == *u {
        RatioRoot::Square(root)
    } else {
        RatioRoot::NonSquare(root * ROOT_OF_MINUS_Z)
    }
}

/// A square root, where there is one.
pub(super) trait Root: Field {
    fn root(&self) -> Option<Self>;
}

impl Root for Fq {
    fn root(&self) -> Option<Self> {
        let root = quarter_power(self) * self;
        (root.square() == *self).then_some(root)
    }
}

impl Root for Fq2 {
    /// A root (r₀, r₁) of (a₀, a₁) has r₀² - r₁² = a₀, 2r₀r₁ = a₁ and r₀² + r₁² = ±n, n the root of
    /// a₀² + a₁². So one of r₀, r₁ is the root of ±d, d = (a₀ + n)/2, and the other follows.
    fn root(&self) -> Option<Self> {
        let (a0, half_a1) = (self.c0, self.c1 * HALF);
        let norm_root = (a0.square() + self.c1.square()).root()?;
        let mut d = (a0 + norm_root) * HALF;
        if d == Fq::ZERO {
            // Then a₁ = 0 and n = -a₀; the other root of the norm gives a₀.
            d = a0;
        }
        let inverse = quarter_power(&d);
        let (first, second) = (d * inverse, half_a1 * inverse);
        // first² = ±d, and 1/first = ±inverse with the same sign.
        let root = if first.square() == d { Self::new(first, second) } else { Self::new(-second, first) };
        (root.square() == *self).then_some(root)
    }
}

/// 1/2.
const HALF: Fq = MontFp!(
    "2001204777610833696708894912867952078278441409969503942666029068062015825245418932221343814564507832018947136279894"
);

/// Bits of the exponent taken at a time.
const WIDTH: usize = 5;
const PLACES: usize = 379;

/// (q - 3)/4, which is q without its two lowest bits, in odd digits: at least four zeros after each.
#[allow(clippy::indexing_slicing)] // run by the compiler alone
const EXPONENT: [u8; PLACES] = {
    let mut digits = [0; PLACES];
    let mut place = 0;
    while place < PLACES {
        let mut taken = 0;
        while taken < WIDTH && bit_of_q(place + 2) == 1 {
            digits[place] |= bit_of_q(place + 2 + taken) << taken;
            taken += 1;
        }
        place += if taken == 0 { 1 } else { taken };
    }
    digits
};

#[allow(clippy::indexing_slicing)] // run by the compiler alone
const fn bit_of_q(at: usize) -> u8 {
    if at < 384 { ((Fq::MODULUS.0[at / 64] >> (at % 64)) & 1) as u8 } else { 0 }
}

/// a^((q-3)/4).
fn quarter_power(a: &Fq) -> Fq {
    let square = a.square();
    let mut next = *a;
    // a, a³, a⁵, ..., a³¹.
    let table: [Fq; 1 << (WIDTH - 1)] = core::array::from_fn(|_| {
        let power = next;
        next *= square;
        power
    });
    let mut power = Fq::ONE;
    for digit in EXPONENT.into_iter().rev() {
        power.square_in_place();
        if let Some(factor) = table.get(usize::from(digit / 2)).filter(|_| digit != 0) {
            power *= factor;
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> impl Iterator<Item = Fq> {
        let mut a = Fq::from(0x9e37_79b9_7f4a_7c15_u64);
        core::iter::repeat_with(move || {
            a = a.square() + Fq::ONE;
            a
        })
    }

    #[test]
    fn constants() {
        assert_eq!(ROOT_OF_MINUS_Z.square(), -Z);
        assert_eq!(HALF.double(), Fq::ONE);
        assert!(Z.legendre().is_qnr());
        let a = Fq::from(3u64);
        assert_eq!(quarter_power(&a).square().square() * a.square() * a, a.pow(Fq::MODULUS));
    }

    #[test]
    fn roots_in_the_prime_field() {
        assert_eq!(Fq::ZERO.root(), Some(Fq::ZERO));
        for a in stream().take(200) {
            assert_eq!(a.root(), a.sqrt());
            let root = a.square().root().unwrap();
            assert!(root == a || root == -a);
        }
    }

    #[test]
    fn roots_in_the_extension() {
        let (mut parts, zero) = (stream(), Fq::ZERO);
        let mut part = || parts.next().unwrap();
        let mut elements = alloc::vec![Fq2::ZERO, Fq2::ONE, -Fq2::ONE];
        for _ in 0..100 {
            elements.extend([Fq2::new(part(), part()), Fq2::new(part(), zero), Fq2::new(zero, part())]);
        }
        for a in elements {
            assert_eq!(a.root().is_some(), a.sqrt().is_some());
            assert!(a.root().is_none_or(|root| root.square() == a));
            let root = a.square().root().unwrap();
            assert!(root == a || root == -a);
        }
    }

    #[test]
    fn roots_of_ratios() {
        for (u, v) in stream().zip(stream().skip(7)).take(100).chain([(Fq::ZERO, Z)]) {
            match sqrt_ratio(&u, &v) {
                RatioRoot::Square(root) => assert_eq!(root.square() * v, u),
                RatioRoot::NonSquare(root) => {
                    assert!((u / v).legendre().is_qnr());
                    assert_eq!(root.square() * v, Z * u);
                }
            }
        }
    }
}

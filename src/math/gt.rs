//! The target group GT. (SPEC `[MATH-4]`)

use core::ops::Mul;

use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use super::base_x::{ABS_X, digits_base_x};
use super::scalar::Scalar;
use crate::secret::{Secret, opaque_debug};

/// Bytes of an encoded element of GT: twelve base-field elements of 48 bytes.
pub const GT_BYTES: usize = 576;

/// An element of GT, the subgroup of order p of GF(q^12)*. The identity is possible.
#[derive(Clone, Copy)]
pub struct Gt(pub(crate) <Active as Backend>::F12);

impl Gt {
    /// The neutral element.
    pub fn one() -> Self {
        Self(Active::f12_one())
    }

    /// self^k, constant time: four-dimensional GLS. (SPEC `[MATH-8]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> Self {
        let mut digits = digits_base_x(&k.expose_secret().to_bytes());
        let power = Self(pow_gls::<Active>(&self.0, &digits));
        digits.zeroize();
        power
    }

    /// Whether this is the neutral element. For public elements.
    pub fn is_one(&self) -> bool {
        *self == Self::one()
    }

    /// Twelve coordinates, big-endian, in the order of the tower; each below q.
    pub fn to_bytes(&self) -> [u8; GT_BYTES] {
        Active::f12_to_bytes(&self.0)
    }

    /// Decodes a canonical encoding of an element of GT other than the identity.
    pub fn from_bytes(bytes: &[u8; GT_BYTES]) -> Option<Self> {
        let element = Active::f12_from_bytes(bytes)?;
        let identity = Active::f12_eq(&element, &Active::f12_one());
        (!identity && is_in_gt::<Active>(&element)).then_some(Self(element))
    }

    /// Equality that reveals its result and nothing else.
    pub fn ct_eq(&self, other: &Self) -> bool {
        Active::f12_eq(&self.0, &other.0)
    }
}

impl Mul for Gt {
    type Output = Gt;
    fn mul(self, other: Gt) -> Gt {
        Gt(Active::f12_mul(&self.0, &other.0))
    }
}

impl PartialEq for Gt {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other)
    }
}

impl Zeroize for Gt {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

// A session key is an element, too.
opaque_debug!(Gt);

/// Membership in GT by Frobenius maps instead of an exponentiation by p. (SPEC `[MATH-7]`)
///
/// An f ≠ 0 with f^(q⁴)·f = f^(q²) lies in the cyclotomic subgroup, of order q⁴ - q² + 1; there,
/// f^q = f^x holds exactly for the elements of order dividing gcd(q⁴ - q² + 1, q - x) = p. With x
/// negative the second equation reads f^q · f^|x| = 1, which 0 does not satisfy.
pub(crate) fn is_in_gt<B: Backend>(f: &B::F12) -> bool {
    let f2 = B::f12_frobenius(f, 2);
    let f4 = B::f12_frobenius(&f2, 2);
    B::f12_eq(&B::f12_mul(&f4, f), &f2) && {
        let mut power = *f;
        for bit in (0..63).rev() {
            power = B::f12_cyclotomic_square(&power);
            if (ABS_X >> bit) & 1 == 1 {
                power = B::f12_mul(&power, f);
            }
        }
        B::f12_eq(&B::f12_mul(&power, &B::f12_frobenius(f, 1)), &B::f12_one())
    }
}

/// f^k for f in GT and k = Σ dᵢ|x|ⁱ: four-dimensional GLS, constant time. (SPEC `[MATH-8]`)
///
/// On GT the Frobenius map is the power x, so that f^(|x|ⁱ) is a Frobenius power of f, conjugated
/// for odd i. Recoding after Faz-Hernández, Longa and Sánchez ("Efficient and secure algorithms for
/// GLV-based scalar multiplication", 2015, algorithm 1): with d₀ made odd, every column has a sign
/// (that of d₀'s digit ±1) and one of eight table entries.
pub(crate) fn pow_gls<B: Backend>(f: &B::F12, digits: &[u64; 4]) -> B::F12 {
    const COLUMNS: usize = 65;
    let [d0, d1, d2, d3] = *digits;
    let f1 = B::f12_conjugate(&B::f12_frobenius(f, 1));
    let f2 = B::f12_frobenius(f, 2);
    let f3 = B::f12_conjugate(&B::f12_frobenius(f, 3));
    let t2 = B::f12_mul(f, &f2);
    let t3 = B::f12_mul(&B::f12_mul(f, &f1), &f2);
    let mut table = [*f, B::f12_mul(f, &f1), t2, t3, *f, *f, *f, *f];
    let (low, high) = table.split_at_mut(4);
    for (entry, base) in high.iter_mut().zip(low) {
        *entry = B::f12_mul(base, &f3);
    }
    // d₀ < 2^64 - 1, so that adding one to an even d₀ cannot overflow; undone by a division by f.
    let even = (d0 & 1) ^ 1;
    let odd = d0 | 1;
    let mut columns = [(0u64, 0u64); COLUMNS];
    let mut rest = [u128::from(d1), u128::from(d2), u128::from(d3)];
    for (i, (index, negative)) in (0u32..).zip(&mut columns) {
        // The digit of column i of an odd number is +1 if its bit i + 1 is set, else -1; the last is +1.
        let positive =
            if i as usize == COLUMNS - 1 { 1 } else { u64::from(i < 63) & (odd >> ((i + 1) & 63)) & 1 };
        *negative = positive ^ 1;
        for (j, digit) in (0u32..).zip(&mut rest) {
            let bit = *digit & 1;
            *index |= low_word(bit) << j;
            *digit = (*digit >> 1).wrapping_add(bit & u128::from(*negative));
        }
    }
    let entry = |(index, negative): (u64, u64)| {
        let value = B::f12_lookup(&table, index);
        B::f12_select(&value, &B::f12_conjugate(&value), negative)
    };
    let mut columns_down = columns.iter().rev();
    let mut power = columns_down.next().map_or_else(B::f12_one, |column| entry(*column));
    for column in columns_down {
        power = B::f12_mul(&B::f12_cyclotomic_square(&power), &entry(*column));
    }
    let divided = B::f12_mul(&power, &B::f12_conjugate(f));
    let result = B::f12_select(&power, &divided, even);
    columns.zeroize();
    rest.zeroize();
    table.zeroize();
    power.zeroize();
    result
}

#[allow(clippy::cast_possible_truncation)] // used on single bits
fn low_word(value: u128) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{G1, G2, pairing_product};

    fn e(p: G1, q: G2) -> Gt {
        pairing_product(&[(p.into(), q)])
    }

    #[test]
    fn gls_power_is_the_pairing_of_the_power() {
        let base = e(G1::generator(), G2::generator());
        let edge = [
            Scalar::zero(),
            Scalar::one(),
            Scalar::from_u64(2),
            Scalar::from_u64(ABS_X),
            Scalar::from_u64(ABS_X) * Scalar::from_u64(ABS_X) - Scalar::one(),
            -Scalar::one(),
            -Scalar::from_u64(2),
            Scalar::from_u64(u64::MAX),
        ];
        let mut random = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
        for k in edge.into_iter().chain((0..40).map(|_| {
            random = random * random + Scalar::one();
            random
        })) {
            let secret = Secret::new(k);
            assert!(base.pow(&secret) == e(G1::generator().pow(&secret), G2::generator()));
        }
    }
}

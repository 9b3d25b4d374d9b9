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
        let mut base = CheckedGt { rungs: rungs::<Active>(&self.0) };
        let power = base.pow(k);
        base.rungs.zeroize();
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
        CheckedGt::from_bytes(bytes).map(|checked| checked.element())
    }

    /// Equality that reveals its result and nothing else.
    pub fn ct_eq(&self, other: &Self) -> bool {
        Active::f12_eq(&self.0, &other.0)
    }
}

/// A public element of GT as it was decoded, with what its check computed: 2.3 KB.
///
/// A power of it shares 48 squarings with the check.
#[derive(Clone)]
pub struct CheckedGt {
    rungs: Rungs<Active>,
}

impl CheckedGt {
    /// Decodes a canonical encoding of an element of GT other than the identity.
    pub fn from_bytes(bytes: &[u8; GT_BYTES]) -> Option<Self> {
        let element = Active::f12_from_bytes(bytes)?;
        let rungs = rungs::<Active>(&element);
        let identity = Active::f12_eq(&element, &Active::f12_one());
        (!identity && is_in_gt::<Active>(&rungs)).then_some(Self { rungs })
    }

    /// The element.
    pub fn element(&self) -> Gt {
        let [element, ..] = self.rungs;
        Gt(element)
    }

    /// As [`Gt::pow`].
    pub fn pow(&self, k: &Secret<Scalar>) -> Gt {
        let signs = Secret::new(signs(k));
        Gt(pow_gls::<Active>(&self.rungs, signs.expose_secret()))
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
opaque_debug!(Gt, CheckedGt);

/// Places between one rung and the next: a quarter of a digit in base |x|.
const RUNG: usize = 16;

/// f^(2^(16i)) for i = 0..3, if f is in the cyclotomic subgroup.
pub(crate) type Rungs<B> = [<B as Backend>::F12; 4];

pub(crate) fn rungs<B: Backend>(f: &B::F12) -> Rungs<B> {
    let climb = |f: &B::F12| (0..RUNG).fold(*f, |power, _| B::f12_cyclotomic_square(&power));
    let f16 = climb(f);
    let f32 = climb(&f16);
    [*f, f16, f32, climb(&f32)]
}

/// Membership in GT by Frobenius maps instead of an exponentiation by p. (SPEC `[MATH-7]`)
///
/// An f ≠ 0 with f^(q⁴)·f = f^(q²) lies in the cyclotomic subgroup, of order q⁴ - q² + 1; there,
/// f^q = f^x holds exactly for the elements of order dividing gcd(q⁴ - q² + 1, q - x) = p. With x
/// negative the second equation reads f^q · f^|x| = 1, which 0 does not satisfy.
pub(crate) fn is_in_gt<B: Backend>(rungs: &Rungs<B>) -> bool {
    // |x| = top·2^48 + 2^16.
    const TOP: u64 = ABS_X >> (3 * RUNG);
    const _: () = assert!(ABS_X == (TOP << (3 * RUNG)) + (1 << RUNG));
    let [f, f16, _, f48] = rungs;
    let f2 = B::f12_frobenius(f, 2);
    let f4 = B::f12_frobenius(&f2, 2);
    B::f12_eq(&B::f12_mul(&f4, f), &f2) && {
        let mut power = *f48;
        for bit in (0..RUNG - 1).rev() {
            power = B::f12_cyclotomic_square(&power);
            if (TOP >> bit) & 1 == 1 {
                power = B::f12_mul(&power, f48);
            }
        }
        let power = B::f12_mul(&power, f16);
        B::f12_eq(&B::f12_mul(&power, &B::f12_frobenius(f, 1)), &B::f12_one())
    }
}

/// 1/2, big-endian.
const HALF: [u8; 48] =
    wide([0x39f6_d3a9_94ce_bea4, 0x199c_ec04_04d0_ec02, 0xa9de_d201_7fff_2dff, 0x7fff_ffff_8000_0001]);
/// (2^64 - 1)·(1 + |x| + |x|² + |x|³)/2, big-endian.
const ALL_PLUS_HALF: [u8; 48] =
    wide([0x0cb2_12bd_a632_c3c4, 0x6bde_7f96_7b2f_e395, 0xf2fd_dbfd_44fe_ffff, 0x96fe_ffff_ffff_7fff]);

/// The bytes of a number below 2^256, the most significant limb first.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // evaluated by the compiler
const fn wide(limbs: [u64; 4]) -> [u8; 48] {
    let mut bytes = [0; 48];
    let mut at = 0;
    while at < 32 {
        bytes[16 + at] = (limbs[at / 8] >> (56 - 8 * (at % 8))) as u8;
        at += 1;
    }
    bytes
}

/// The signs of k: four words cⱼ with k = Σⱼ |x|ʲ·Σᵢ ±2ⁱ, plus where bit i of cⱼ is 1. (SPEC `[MATH-8]`)
///
/// Σᵢ ±2ⁱ = 2·cⱼ - (2^64 - 1), so that the cⱼ are the digits of (k + (2^64 - 1)·Σⱼ |x|ʲ)/2.
pub(crate) fn signs(k: &Secret<Scalar>) -> [u64; 4] {
    let shifted = *k.expose_secret() * Scalar::from_wide(&HALF) + Scalar::from_wide(&ALL_PLUS_HALF);
    let bytes = Secret::new(Secret::new(shifted).expose_secret().to_bytes());
    digits_base_x(bytes.expose_secret())
}

/// f^k for f in GT and the signs of k, constant time: four-dimensional GLS as a comb. (SPEC `[MATH-8]`)
///
/// On GT the Frobenius map is the power x, so that f^(|x|ʲ) is a Frobenius power of f, conjugated for odd j. Each
/// word of signs is a comb of four teeth over the rungs of its power of f, and the tables of three of them are
/// Frobenius images of the first.
pub(crate) fn pow_gls<B: Backend>(rungs: &Rungs<B>, signs: &[u64; 4]) -> B::F12 {
    let table = signed_products::<B>(rungs);
    let mut tables = [table; 4];
    for (power, table) in tables.iter_mut().enumerate().skip(1) {
        for entry in table {
            *entry = B::f12_frobenius(entry, power);
        }
    }
    let mut power = B::f12_one();
    for column in (0..RUNG).rev() {
        if column < RUNG - 1 {
            power = B::f12_cyclotomic_square(&power);
        }
        for ((table, signs), odd) in tables.iter().zip(signs).zip([0, 1, 0, 1]) {
            let sign = |tooth: usize| (signs >> (RUNG * tooth + column)) & 1;
            // The table holds the products whose last sign is plus.
            let negative = sign(3) ^ 1;
            let index = (sign(0) | sign(1) << 1 | sign(2) << 2) ^ (negative.wrapping_neg() & 7);
            let entry = B::f12_lookup(table, index);
            power = B::f12_mul(&power, &B::f12_select(&entry, &B::f12_conjugate(&entry), negative ^ odd));
        }
    }
    tables.zeroize();
    power
}

/// r₀^±1·r₁^±1·r₂^±1·r₃ for unitary rᵢ: bit i of an index is 1 where the exponent of rᵢ is 1.
fn signed_products<B: Backend>([r0, r1, r2, r3]: &Rungs<B>) -> [B::F12; 8] {
    let over = |a: &B::F12, b: &B::F12| B::f12_mul(a, &B::f12_conjugate(b));
    let (product, quotient) = (B::f12_mul(r1, r0), over(r1, r0));
    let (minus, plus) = (over(r3, r2), B::f12_mul(r3, r2));
    let four = |last: &B::F12| {
        [over(last, &product), over(last, &quotient), B::f12_mul(last, &quotient), B::f12_mul(last, &product)]
    };
    let ([a, b, c, d], [e, f, g, h]) = (four(&minus), four(&plus));
    [a, b, c, d, e, f, g, h]
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

//! Inversion in the prime fields and in GF(q²), in variable time.
//!
//! arkworks shifts and subtracts bit by bit, which takes as long as 250 multiplications. The division
//! steps of Bernstein and Yang ("Fast constant-time gcd computation and modular inversion", 2019)
//! depend on the lowest bits of their numbers alone, so that 62 of them are one matrix of 64-bit
//! numbers, applied to the long numbers at once.

use ark_bls12_381::{Fq, Fq2, Fr};
use ark_ff::{AdditiveGroup, BigInt, Field, Fp, MontBackend, MontConfig};

/// 1/self, and 0 for 0.
pub(super) trait Invert: Field {
    fn invert(&self) -> Self;
}

impl Invert for Fq {
    fn invert(&self) -> Self {
        inverse::<_, 6, 7>(self)
    }
}

impl Invert for Fr {
    fn invert(&self) -> Self {
        inverse::<_, 4, 5>(self)
    }
}

impl Invert for Fq2 {
    fn invert(&self) -> Self {
        let norm = (self.c0.square() + self.c1.square()).invert();
        Self::new(self.c0 * norm, -self.c1 * norm)
    }
}

/// Division steps in a matrix, and bits in a limb.
const STEPS: u32 = 62;
const LIMB: i128 = (1 << STEPS) - 1;

/// Two's complement, little-endian: limbs of 62 bits, the last one with the sign.
#[derive(Clone, Copy, PartialEq)]
struct Long<const L: usize>([i64; L]);

impl<const L: usize> Long<L> {
    fn new(limbs: &[u64]) -> Self {
        let word = |at: usize| limbs.get(at).copied().map_or(0, i128::from);
        Self(core::array::from_fn(|limb| {
            let bit = 62 * limb;
            low(((word(bit / 64 + 1) << 64) | word(bit / 64)) >> (bit % 64))
        }))
    }

    fn lowest(&self) -> i64 {
        self.0.first().copied().unwrap_or(0)
    }

    fn is_negative(&self) -> bool {
        self.0.last().is_some_and(|limb| *limb < 0)
    }

    /// (a·self + b·other) / 2^62, where the division leaves no remainder.
    fn combine(&self, a: i64, other: &Self, b: i64) -> Self {
        let mut result = Self([0; L]);
        let mut carry = 0;
        // The lowest limb is zero and falls away: every other one moves down by one place.
        let mut to = core::iter::once(None).chain(result.0.iter_mut().map(Some));
        for (x, y) in self.0.iter().zip(&other.0) {
            carry += i128::from(a) * i128::from(*x) + i128::from(b) * i128::from(*y);
            if let Some(Some(limb)) = to.next() {
                *limb = low(carry);
            }
            carry >>= STEPS;
        }
        if let Some(Some(limb)) = to.next() {
            *limb = i64::try_from(carry).unwrap_or(0);
        }
        result
    }
}

#[allow(clippy::cast_possible_truncation)] // masked to 62 bits
fn low(value: i128) -> i64 {
    (value & LIMB) as i64
}

/// (f, g) ↦ (u·f + v·g, q·f + r·g) / 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

/// 62 division steps, from the lowest bits of f (odd) and g; `delta` is that of the paper.
#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)] // residues modulo 2^64
fn division_steps(delta: &mut i64, f: i64, g: i64) -> Matrix {
    let (mut f, mut g) = (f as u64, g as u64);
    let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
    let mut left = STEPS;
    loop {
        // A step with an even g halves it; in place of halves, u and v are doubled.
        let zeros = g.trailing_zeros().min(left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *delta += i64::from(zeros);
        left -= zeros;
        if left == 0 {
            return Matrix { u: u as i64, v: v as i64, q: q as i64, r: r as i64 };
        }
        if *delta > 0 {
            *delta = -*delta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // The next 1 - delta steps do not swap: together they add the multiple of f that clears as
        // many bits of g. Up to six bits of 1/f cost two products.
        let bits = (1 - *delta).min(i64::from(left)).min(6);
        let multiple = f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)) & ((1 << bits) - 1);
        g = g.wrapping_add(f.wrapping_mul(multiple));
        q = q.wrapping_add(u.wrapping_mul(multiple));
        r = r.wrapping_add(v.wrapping_mul(multiple));
    }
}

/// f and g go from (modulus, a) to (±1, 0); d and e are kept with f = d·a and g = e·a modulo the
/// modulus.
///
/// d and e are elements of the field. The matrix acts on them by products in Montgomery form, which
/// divide by R in place of 2^62; that is made good in the end.
fn inverse<C: MontConfig<N>, const N: usize, const L: usize>(
    a: &Fp<MontBackend<C, N>, N>,
) -> Fp<MontBackend<C, N>, N> {
    type Element<C, const N: usize> = Fp<MontBackend<C, N>, N>;
    let raw = |value: i64| {
        let size = Element::<C, N>::new_unchecked(BigInt::from(value.unsigned_abs()));
        if value < 0 { -size } else { size }
    };
    let (mut f, mut g) = (Long::<L>::new(&C::MODULUS.0), Long::new(&a.0.0));
    // a stands as a·R, so that its inverse wants R².
    let (mut d, mut e) = (Element::<C, N>::ZERO, Element::new_unchecked(C::R2));
    let mut delta = 1;
    let mut rounds = 0u64;
    while g != Long([0; L]) {
        let Matrix { u, v, q, r } = division_steps(&mut delta, f.lowest(), g.lowest());
        (f, g) = (f.combine(u, &g, v), f.combine(q, &g, r));
        let [u, v, q, r] = [u, v, q, r].map(raw);
        (d, e) = (Fp::sum_of_products(&[u, v], &[d, e]), Fp::sum_of_products(&[q, r], &[d, e]));
        rounds += 1;
    }
    // R / 2^62.
    let mut factor = BigInt::zero();
    if let Some(limb) = factor.0.last_mut() {
        *limb = 4;
    }
    let inverse = d * Fp::new(factor).pow([rounds]);
    if f.is_negative() { -inverse } else { inverse }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<F: Invert>(random: F) {
        let mut elements = alloc::vec![F::ONE, -F::ONE, F::ONE.double(), -F::ONE.double(), random];
        for bits in [61, 62, 63, 64, 123, 124, 125, 186, 248] {
            let power = F::ONE.double().pow([bits]);
            elements.extend([power, -power, power - F::ONE, power + F::ONE]);
        }
        let mut element = random;
        elements.extend((0..2000).map(|_| {
            element = element.square() + random;
            element
        }));
        for element in elements {
            assert_eq!(element.invert(), element.inverse().unwrap());
        }
        assert_eq!(F::ZERO.invert(), F::ZERO);
    }

    #[test]
    fn inverses() {
        check(Fr::from(0x9e37_79b9_7f4a_7c15_u64));
        check(Fq::from(0x9e37_79b9_7f4a_7c15_u64));
        check(Fq2::new(Fq::from(0x9e37_79b9_7f4a_7c15_u64), Fq::from(5u64)));
    }
}

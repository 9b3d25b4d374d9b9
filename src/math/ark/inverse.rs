//! Inversion in the prime fields and in GF(q²), in variable time.
//!
//! arkworks shifts and subtracts bit by bit, which takes as long as 250 multiplications; this takes as
//! long as 50. The division steps of Bernstein and Yang ("Fast constant-time gcd computation and
//! modular inversion", 2019) depend on the lowest bits of their numbers alone, so that 62 of them are one
//! matrix of 64-bit numbers, applied to the long numbers at once.

use ark_bls12_381::{Fq, Fq2, Fr};
use ark_ff::{BigInt, Field, Fp, MontBackend, MontConfig};

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
    const ZERO: Self = Self([0; L]);

    fn new(words: &[u64]) -> Self {
        let word = |at: usize| words.get(at).copied().map_or(0, i128::from);
        Self(core::array::from_fn(|limb| {
            let bit = 62 * limb;
            low(((word(bit / 64 + 1) << 64) | word(bit / 64)) >> (bit % 64))
        }))
    }

    /// The words of a number that is not negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the lowest 64 bits
    fn words<const N: usize>(&self) -> BigInt<N> {
        let limb = |at: usize| self.0.get(at).copied().map_or(0, i128::from);
        BigInt::new(core::array::from_fn(|word| {
            let bit = 64 * word;
            (((limb(bit / 62 + 1) << 62) | limb(bit / 62)) >> (bit % 62)) as u64
        }))
    }

    fn lowest(&self) -> i64 {
        self.0.first().copied().unwrap_or(0)
    }

    fn is_negative(&self) -> bool {
        self.0.last().is_some_and(|limb| *limb < 0)
    }

    /// self + sign·other.
    fn plus(&self, sign: i64, other: &Self) -> Self {
        let mut sum = *self;
        let mut carry = 0;
        for (limb, other) in sum.0.iter_mut().zip(&other.0) {
            carry += i128::from(*limb) + i128::from(sign) * i128::from(*other);
            *limb = low(carry);
            carry >>= STEPS;
        }
        // The last limb keeps the sign.
        if let Some(limb) = sum.0.last_mut() {
            *limb |= i64::try_from(carry << STEPS).unwrap_or(0);
        }
        sum
    }

    /// (a·x + b·y + c·z) / 2^62, where the division leaves no remainder.
    fn combine([a, b, c]: [i64; 3], [x, y, z]: [&Self; 3]) -> Self {
        let [a, b, c] = [a, b, c].map(i128::from);
        let mut result = Self::ZERO;
        let mut carry = 0;
        // The lowest limb is zero and falls away: every other one moves down by one place.
        for (at, ((x, y), z)) in x.0.iter().zip(&y.0).zip(&z.0).enumerate() {
            carry += a * i128::from(*x) + b * i128::from(*y) + c * i128::from(*z);
            if let Some(limb) = at.checked_sub(1).and_then(|at| result.0.get_mut(at)) {
                *limb = low(carry);
            }
            carry >>= STEPS;
        }
        if let Some(limb) = result.0.last_mut() {
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

/// f and g go from (modulus, a) to (±1, 0), while f ≡ d·a and g ≡ e·a.
///
/// To let d and e be divided by 2^62, the multiple of the modulus that clears their lowest bits is added.
/// Each of fewer than 20 rounds so adds at most once the modulus to their size, for which there is room.
fn inverse<C: MontConfig<N>, const N: usize, const L: usize>(
    a: &Fp<MontBackend<C, N>, N>,
) -> Fp<MontBackend<C, N>, N> {
    let modulus = Long::<L>::new(&C::MODULUS.0);
    let (mut f, mut g) = (modulus, Long::new(&a.0.0));
    // a is given as a·R, and 1/a wanted as R/a: hence R² in the place of 1.
    let (mut d, mut e) = (Long::ZERO, Long::new(&C::R2.0));
    let mut delta = 1;
    while g != Long::ZERO {
        let Matrix { u, v, q, r } = division_steps(&mut delta, f.lowest(), g.lowest());
        let clearing = |a: i64, b: i64| {
            let lowest = a.wrapping_mul(d.lowest()).wrapping_add(b.wrapping_mul(e.lowest()));
            low(i128::from(lowest) * i128::from(C::INV))
        };
        let (m, n) = (clearing(u, v), clearing(q, r));
        (d, e) = (Long::combine([u, v, m], [&d, &e, &modulus]), Long::combine([q, r, n], [&d, &e, &modulus]));
        (f, g) = (Long::combine([u, v, 0], [&f, &g, &modulus]), Long::combine([q, r, 0], [&f, &g, &modulus]));
    }
    let mut inverse = if f.is_negative() { Long::ZERO.plus(-1, &d) } else { d };
    while inverse.is_negative() {
        inverse = inverse.plus(1, &modulus);
    }
    loop {
        let less = inverse.plus(-1, &modulus);
        if less.is_negative() {
            return Fp::new_unchecked(inverse.words());
        }
        inverse = less;
    }
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

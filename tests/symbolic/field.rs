//! The prime field of 2^61 - 1 elements.
//!
//! The verdicts are ranks of matrices whose entries are small integers and random constants.
//! Over this field a rank differs from the generic one only if a minor vanishes by accident. A
//! minor has degree below 2^15 in the constants (6,000 rows, degree 4 each), so by Schwartz and
//! Zippel that happens with probability below 2^-46 for each verdict, and below 2^-30 in a whole
//! run. The group order of BLS12-381 would make that smaller still, and multiplication slower.

use std::ops::{Add, Mul, Neg, Sub};

const MODULUS: u64 = (1 << 61) - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar(u64);

impl Scalar {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(1);

    pub fn power(self, mut exponent: u64) -> Self {
        let (mut base, mut result) = (self, Self::ONE);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base;
            }
            base = base * base;
            exponent >>= 1;
        }
        result
    }

    pub fn inverse(self) -> Self {
        assert_ne!(self, Self::ZERO, "0 has no inverse");
        self.power(MODULUS - 2)
    }
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        Self(value % MODULUS)
    }
}

impl Add for Scalar {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from(self.0 + other.0)
    }
}

impl Neg for Scalar {
    type Output = Self;
    fn neg(self) -> Self {
        Self::from(MODULUS - self.0)
    }
}

impl Sub for Scalar {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Scalar {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        // 2^61 = 1: the high bits of the product are added to the low ones.
        let product = u128::from(self.0) * u128::from(other.0);
        let low = (product & u128::from(MODULUS)) as u64;
        Self::from(low + (product >> 61) as u64)
    }
}

/// The generator splitmix64: constants and random instances that are the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound` (bounds are small: the bias does not matter).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub fn scalar(&mut self) -> Scalar {
        Scalar::from(self.next())
    }
}

#[test]
fn inverses_and_signs() {
    let mut random = Random::new(1);
    for _ in 0..100 {
        let x = random.scalar();
        assert_eq!(x * x.inverse(), Scalar::ONE);
        assert_eq!(x + -x, Scalar::ZERO);
    }
    assert_eq!(-Scalar::ZERO, Scalar::ZERO);
    assert_eq!(Scalar::from(MODULUS - 1) * Scalar::from(MODULUS - 1), Scalar::ONE);
}

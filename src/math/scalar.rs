//! The scalar field Fr, of the prime order p of the groups. (SPEC `[MATH-2]`)

use core::ops::{Add, Mul, Neg, Sub};

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use crate::hash::Xof;
use crate::secret::{Secret, opaque_debug};

/// Bytes of an encoded scalar.
pub const SCALAR_BYTES: usize = 32;

/// An integer modulo p. Public unless it is wrapped in a [`Secret`].
#[derive(Clone, Copy, PartialEq)]
pub struct Scalar(pub(crate) <Active as Backend>::Fr);

impl Scalar {
    /// The scalar `value`.
    pub fn from_u64(value: u64) -> Self {
        Self(Active::fr_from_u64(value))
    }

    /// 0.
    pub fn zero() -> Self {
        Self::from_u64(0)
    }

    /// 1.
    pub fn one() -> Self {
        Self::from_u64(1)
    }

    /// 48 bytes, big-endian, reduced modulo p: from uniform bytes, uniform up to 2^-129.
    pub fn from_wide(bytes: &[u8; 48]) -> Self {
        Self(Active::fr_from_wide(bytes))
    }

    /// 32 bytes, big-endian; `None` unless below p.
    pub fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        Active::fr_from_canonical(bytes).map(Self)
    }

    /// 32 bytes, big-endian, below p.
    pub fn to_bytes(&self) -> [u8; 32] {
        Active::fr_to_bytes(&self.0)
    }

    /// A uniform public scalar (a verifier's random weight).
    pub fn random_public(rng: &mut impl CryptoRng) -> Self {
        let mut wide = [0u8; 48];
        rng.fill_bytes(&mut wide);
        Self::from_wide(&wide)
    }

    /// 1/self, and 0 for 0; constant time in the fast backend.
    pub fn invert(&self) -> Self {
        Self(Active::fr_inverse(&self.0))
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        *self == Self::zero()
    }
}

impl Secret<Scalar> {
    /// Uniform in 1..p. (48 bytes; where 0 comes out, the next 48.)
    pub fn random_nonzero(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut wide = Secret::new([0u8; 48]);
            rng.fill_bytes(wide.expose_secret_mut());
            let scalar = Secret::new(Scalar::from_wide(wide.expose_secret()));
            if !scalar.expose_secret().is_zero() {
                return scalar;
            }
        }
    }

    /// The next scalar of a stream: its next 48 bytes.
    pub(crate) fn next(xof: &mut Xof) -> Self {
        Secret::new(Scalar::from_wide(xof.take::<48>().expose_secret()))
    }

    /// The next scalar of a stream that is not 0.
    pub(crate) fn next_nonzero(xof: &mut Xof) -> Self {
        loop {
            let scalar = Self::next(xof);
            if !scalar.expose_secret().is_zero() {
                return scalar;
            }
        }
    }
}

impl Add for Scalar {
    type Output = Scalar;
    fn add(self, other: Scalar) -> Scalar {
        Scalar(Active::fr_add(&self.0, &other.0))
    }
}

impl Sub for Scalar {
    type Output = Scalar;
    fn sub(self, other: Scalar) -> Scalar {
        Scalar(Active::fr_sub(&self.0, &other.0))
    }
}

impl Mul for Scalar {
    type Output = Scalar;
    fn mul(self, other: Scalar) -> Scalar {
        Scalar(Active::fr_mul(&self.0, &other.0))
    }
}

impl Neg for Scalar {
    type Output = Scalar;
    fn neg(self) -> Scalar {
        Scalar::zero() - self
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

// A scalar that is public here may have been computed from one that is not.
opaque_debug!(Scalar);

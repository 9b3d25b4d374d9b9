//! The source groups G1 and G2. (SPEC `[MATH-1]`, `[MATH-3]`)

use core::ops::{Add, Neg};

use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use super::row::FIELD_MODULUS;
use super::scalar::Scalar;
use crate::secret::{Secret, opaque_debug};

/// Bytes of a compressed element of G1 (ZCash encoding).
pub const G1_BYTES: usize = 48;
/// Bytes of a compressed element of G2 (ZCash encoding).
pub const G2_BYTES: usize = 96;

/// An element of G1, the subgroup of order p of E(Fq). The identity is possible.
#[derive(Clone, Copy)]
pub struct G1(pub(crate) <Active as Backend>::A1);

/// An element of G2, the subgroup of order p of E'(Fq²). The identity is possible.
#[derive(Clone, Copy)]
pub struct G2(pub(crate) <Active as Backend>::A2);

impl G1 {
    /// The generator g1 of the standard.
    pub fn generator() -> Self {
        Self(Active::p1_to_affine(&Active::p1_generator()))
    }

    /// The neutral element.
    pub fn identity() -> Self {
        Self(Active::p1_to_affine(&Active::p1_identity()))
    }

    /// self^k, constant time. (SPEC `[MATH-10]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> Self {
        Self(Active::p1_to_affine(&Active::p1_mul(&Active::p1_from_affine(&self.0), &k.expose_secret().0)))
    }

    /// self^a · other^b, constant time; the common shape of a key part or a ciphertext row.
    pub fn pow_product(&self, a: &Secret<Scalar>, other: &G1, b: &Secret<Scalar>) -> Self {
        let left = Active::p1_mul(&Active::p1_from_affine(&self.0), &a.expose_secret().0);
        let right = Active::p1_mul(&Active::p1_from_affine(&other.0), &b.expose_secret().0);
        Self(Active::p1_to_affine(&Active::p1_add(&left, &right)))
    }

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        Active::a1_is_identity(&self.0)
    }

    /// The compressed encoding.
    pub fn to_bytes(&self) -> [u8; G1_BYTES] {
        Active::a1_compress(&self.0)
    }

    /// Decodes a canonical encoding of an element of G1 other than the identity.
    pub fn from_bytes(bytes: &[u8; G1_BYTES]) -> Option<Self> {
        Active::a1_decompress_on_curve(bytes).filter(Active::a1_in_subgroup).map(Self)
    }
}

impl G2 {
    /// The generator g2 of the standard.
    pub fn generator() -> Self {
        Self(Active::p2_to_affine(&Active::p2_generator()))
    }

    /// The neutral element.
    pub fn identity() -> Self {
        Self(Active::p2_to_affine(&Active::p2_identity()))
    }

    /// self^k, constant time. (SPEC `[MATH-10]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> Self {
        Self(Active::p2_to_affine(&Active::p2_mul(&Active::p2_from_affine(&self.0), &k.expose_secret().0)))
    }

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        Active::a2_is_identity(&self.0)
    }

    /// The compressed encoding.
    pub fn to_bytes(&self) -> [u8; G2_BYTES] {
        Active::a2_compress(&self.0)
    }

    /// Decodes a canonical encoding of an element of G2 other than the identity.
    pub fn from_bytes(bytes: &[u8; G2_BYTES]) -> Option<Self> {
        Active::a2_decompress_on_curve(bytes).filter(Active::a2_in_subgroup).map(Self)
    }
}

/// An element of G2 as it came: canonical in form (flags, coordinates below q), not known to be one. It can be hashed
/// and compared; whoever computes with it decodes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncodedG2([u8; G2_BYTES]);

impl EncodedG2 {
    /// `None` unless the flags are those of a finite compressed point and both coordinates of x are below q.
    pub fn from_bytes(bytes: &[u8; G2_BYTES]) -> Option<Self> {
        let mut x = *bytes;
        let flags = x.first_mut()?;
        let finite = *flags & 0xc0 == 0x80;
        *flags &= 0x1f;
        let below_q = x.chunks(G1_BYTES).all(|coordinate| *coordinate < FIELD_MODULUS[..]);
        (finite && below_q).then_some(Self(*bytes))
    }

    /// The bytes as they came.
    pub fn to_bytes(&self) -> [u8; G2_BYTES] {
        self.0
    }

    /// The element, if it is one.
    pub fn decode(&self) -> Option<G2> {
        G2::from_bytes(&self.0)
    }
}

impl From<G2> for EncodedG2 {
    fn from(element: G2) -> Self {
        Self(element.to_bytes())
    }
}

opaque_debug!(EncodedG2);

impl Add for G1 {
    type Output = G1;
    fn add(self, other: G1) -> G1 {
        G1(Active::p1_to_affine(&Active::p1_add_affine(&Active::p1_from_affine(&self.0), &other.0)))
    }
}

impl Neg for G1 {
    type Output = G1;
    fn neg(self) -> G1 {
        G1(Active::a1_neg(&self.0))
    }
}

impl Add for G2 {
    type Output = G2;
    fn add(self, other: G2) -> G2 {
        let sum = Active::p2_add(&Active::p2_from_affine(&self.0), &Active::p2_from_affine(&other.0));
        G2(Active::p2_to_affine(&sum))
    }
}

macro_rules! common {
    ($name:ident, $eq:ident) => {
        /// Not constant time in its result: for public elements.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Active::$eq(&self.0, &other.0)
            }
        }

        impl Zeroize for $name {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }

        // Key parts are elements, too.
        opaque_debug!($name);
    };
}
common!(G1, a1_eq);
common!(G2, a2_eq);

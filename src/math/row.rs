//! Ciphertext rows whose subgroup check is left out, and the little that may be done with them.
//! (SPEC `[MATH-9]`)
//!
//! The pairing of Q in G2 with a point P of E(Fq) depends on P modulo r·E(Fq) alone, so that a
//! component of small order in a row pairs to 1 (SPEC `[ABE-6]`). That holds under conditions which
//! this file enforces by type: a row is canonical, on the curve, not the identity, with x ≠ 0; it
//! meets public scalars and complete additions only; and the sum goes into a pairing and nowhere
//! else. The partner in the pairing is a [`super::G2`], which is always subgroup-checked.

use alloc::vec::Vec;

use super::Active;
use super::backend::Backend;
use super::group::{G1, G1_BYTES};
use super::msm::combine_vartime;
use super::scalar::Scalar;

/// A point of E(Fq) of any order, neither the identity nor (0, ±2).
#[derive(Clone, Copy)]
pub struct UncheckedRow(<Active as Backend>::A1);

/// A linear combination of rows: it can be paired, and that is all.
#[derive(Clone, Copy)]
pub struct RowSum(pub(crate) <Active as Backend>::A1);

impl UncheckedRow {
    /// Decodes a canonical encoding of a point of the curve with x ≠ 0; its order is not checked.
    pub fn from_bytes(bytes: &[u8; G1_BYTES]) -> Option<Self> {
        Active::a1_decompress_on_curve(bytes).map(Self)
    }
}

/// Σ γᵢ·rowᵢ for public γ, by complete additions.
pub fn combine_rows_vartime(rows: &[UncheckedRow], coefficients: &[Scalar]) -> RowSum {
    let points: Vec<_> = rows.iter().map(|row| row.0).collect();
    RowSum(Active::p1_to_affine(&combine_vartime::<Active>(&points, coefficients)))
}

impl From<G1> for RowSum {
    fn from(point: G1) -> Self {
        Self(point.0)
    }
}

impl RowSum {
    /// The inverse, for a division in a pairing product.
    pub fn neg(&self) -> Self {
        Self(Active::a1_neg(&self.0))
    }
}

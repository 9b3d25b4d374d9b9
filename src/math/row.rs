//! Ciphertext rows whose subgroup check is left out, and the little that may be done with them.
//! (SPEC `[MATH-9]`)
//!
//! The pairing of Q in G2 with a point P of E(Fq) depends on P modulo r·E(Fq) alone, so that a
//! component of small order in a row pairs to 1 (SPEC `[ABE-6]`). That holds under conditions which
//! this file enforces by type: a row is canonical, on the curve, not the identity, with x ≠ 0; it
//! meets public scalars and complete additions only; and the sum goes into a pairing and nowhere
//! else. The partner in the pairing is a [`super::G2`], which is always subgroup-checked.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use super::group::{G1, G1_BYTES};
use super::msm::combine_vartime;
use super::scalar::Scalar;
use crate::secret::opaque_debug;

/// A point of E(Fq) of any order, neither the identity nor (0, ±2).
#[derive(Clone, Copy)]
pub struct UncheckedRow(<Active as Backend>::A1);

/// A linear combination of rows: it can be paired, and that is all.
#[derive(Clone, Copy)]
pub struct RowSum(pub(crate) <Active as Backend>::A1);

opaque_debug!(UncheckedRow, RowSum, EncodedRow);

impl UncheckedRow {
    /// Decodes a canonical encoding of a point of the curve with x ≠ 0; its order is not checked.
    pub fn from_bytes(bytes: &[u8; G1_BYTES]) -> Option<Self> {
        Active::a1_decompress_on_curve(bytes).map(Self)
    }

    /// A point of the group as a row, unless it is the identity (x = 0 no point of the group has): what decoding its
    /// encoding yields, without the square root.
    pub fn from_point(point: &G1) -> Option<Self> {
        is_row(&point.0).then_some(Self(point.0))
    }
}

/// Whether the encoding of a point of the curve is one of a row.
fn is_row(point: &<Active as Backend>::A1) -> bool {
    EncodedRow::from_bytes(&Active::a1_compress(point)).is_some()
}

/// A row as it came: canonical (flags, 0 < x < q), not yet known to be on the curve.
///
/// Whether it is costs a square root, and a reader uses few of the rows of a large policy: so that
/// is settled by [`EncodedRow::decode`], for the rows that are used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncodedRow([u8; G1_BYTES]);

impl EncodedRow {
    /// `None` unless the flags are those of a finite compressed point and 0 < x < q.
    pub fn from_bytes(bytes: &[u8; G1_BYTES]) -> Option<Self> {
        let mut x = *bytes;
        let flags = x.first_mut()?;
        let finite = *flags & 0xc0 == 0x80;
        *flags &= 0x1f;
        (finite && x != [0; G1_BYTES] && x < FIELD_MODULUS).then_some(Self(*bytes))
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8; G1_BYTES] {
        &self.0
    }

    /// The point, if there is one.
    pub fn decode(&self) -> Option<UncheckedRow> {
        UncheckedRow::from_bytes(&self.0)
    }
}

impl From<UncheckedRow> for EncodedRow {
    fn from(row: UncheckedRow) -> Self {
        Self(Active::a1_compress(&row.0))
    }
}

impl From<G1> for EncodedRow {
    fn from(point: G1) -> Self {
        Self(point.to_bytes())
    }
}

/// q, big-endian.
pub(super) const FIELD_MODULUS: [u8; G1_BYTES] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64,
    0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab,
    0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

/// Σ γᵢ·rowᵢ for public γ, by complete additions.
pub fn combine_rows_vartime(rows: &[UncheckedRow], coefficients: &[Scalar]) -> RowSum {
    let points = rows.iter().map(|row| &row.0);
    RowSum(Active::p1_to_affine(&combine_vartime::<Active>(points, coefficients)))
}

/// Each row times the element: what a seal does to the rows of time. By complete additions, in constant time.
///
/// `None` if a product is no row: the identity, or (0, ±2), which no honest row comes to.
pub fn shift_rows(rows: &[UncheckedRow], by: &G1) -> Option<Vec<UncheckedRow>> {
    let sums: Vec<_> =
        rows.iter().map(|row| Active::p1_add_affine(&Active::p1_from_affine(&row.0), &by.0)).collect();
    let rows = Active::p1_batch_to_affine(&sums);
    rows.iter().all(is_row).then(|| rows.into_iter().map(UncheckedRow).collect())
}

impl From<G1> for RowSum {
    fn from(point: G1) -> Self {
        Self(point.0)
    }
}

impl Zeroize for RowSum {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl RowSum {
    /// The inverse, for a division in a pairing product.
    pub fn neg(&self) -> Self {
        Self(Active::a1_neg(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_point_as_a_row_is_what_its_encoding_decodes_to() {
        let generator = G1::generator();
        for k in [Scalar::one(), Scalar::from_u64(77), -Scalar::one()] {
            let point = generator.pow(&Secret::new(k));
            let row = UncheckedRow::from_point(&point).unwrap();
            let decoded = UncheckedRow::from_bytes(&point.to_bytes()).unwrap();
            assert!(G1(row.0) == G1(decoded.0));
        }
        let identity = generator.pow(&Secret::new(Scalar::zero()));
        assert!(UncheckedRow::from_point(&identity).is_none());
        assert!(UncheckedRow::from_bytes(&identity.to_bytes()).is_none());
    }
}

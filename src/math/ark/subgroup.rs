//! Into the subgroups of order p, and whether a point is in one.

use core::ops::AddAssign;

use ark_bls12_381::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AdditiveGroup;

use super::endomorphism::{times_abs_x, times_x_squared};
use crate::math::base_x::ABS_X;

/// [|x|]P for a point of any order: 63 doublings and 5 additions.
fn ladder<G: AdditiveGroup + From<P> + AddAssign<P>, P: Copy>(point: P) -> G {
    let mut multiple = G::from(point);
    for bit in (0..63).rev() {
        multiple.double_in_place();
        if (ABS_X >> bit) & 1 == 1 {
            multiple += point;
        }
    }
    multiple
}

/// [1 - x]P, which is in G1. (RFC 9380, section 8.8.1)
pub(super) fn clear_cofactor(point: &G1Projective) -> G1Projective {
    ladder::<G1Projective, _>(*point) + point
}

/// Whether a point of E is in G1: φ(P) = [-x²]P. (Scott, "A note on group membership tests for G1, G2
/// and GT on BLS pairing-friendly curves", 2021)
///
/// φ² + φ + 1 = 0 then gives [x⁴ - x² + 1]P = 0, and x⁴ - x² + 1 is p.
pub(super) fn is_in_g1(point: &G1Affine) -> bool {
    let once: G1Projective = ladder(*point);
    ladder::<G1Projective, _>(once) == times_x_squared(point)
}

/// Whether a point of E' is in G2: ψ(Q) = [x]Q. (ibid.)
///
/// ψ² - [x + 1]ψ + [q] = 0 then gives [q - x]Q = 0, and p is the greatest common divisor of q - x = p·h1
/// and the order of E'(GF(q²)).
pub(super) fn is_in_g2(point: &G2Affine) -> bool {
    ladder::<G2Projective, _>(*point) == times_abs_x(point)
}

//! From Jacobian coordinates (X/Z², Y/Z³) to affine ones.

use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::{AdditiveGroup, Field};

use super::inverse::{Invert, invert_all};

/// The affine form of any point.
pub(super) fn to_affine<C: SWCurveConfig>(point: &Projective<C>) -> Affine<C>
where
    C::BaseField: Invert,
{
    if point.z == C::BaseField::ZERO {
        Affine::identity()
    } else if point.z == C::BaseField::ONE {
        Affine::new_unchecked(point.x, point.y)
    } else {
        scaled(point, point.z.invert())
    }
}

/// The affine forms of points none of which is the identity, with one inversion.
pub(super) fn to_affine_all<C: SWCurveConfig, const N: usize>(points: &[Projective<C>; N]) -> [Affine<C>; N]
where
    C::BaseField: Invert,
{
    let inverses = invert_all(&points.map(|point| point.z));
    let mut affine = [Affine::identity(); N];
    for ((affine, point), inverse) in affine.iter_mut().zip(points).zip(inverses) {
        *affine = scaled(point, inverse);
    }
    affine
}

fn scaled<C: SWCurveConfig>(point: &Projective<C>, inverse: C::BaseField) -> Affine<C> {
    let square = inverse.square();
    Affine::new_unchecked(point.x * square, point.y * square * inverse)
}

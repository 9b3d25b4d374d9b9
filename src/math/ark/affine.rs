//! From Jacobian coordinates (X/Z², Y/Z³) to affine ones.

use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::{AdditiveGroup, Field};

use super::inverse::Invert;

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

/// The affine forms of all points, with one inversion.
pub(super) fn to_affine_all<'a, C: SWCurveConfig, I>(points: I, affine: &mut [Affine<C>])
where
    C::BaseField: Invert,
    I: DoubleEndedIterator<Item = &'a Projective<C>> + ExactSizeIterator + Clone,
{
    // On the way up x holds the product of the Z before; on the way down that gives 1/Z.
    let mut product = C::BaseField::ONE;
    for (affine, point) in
        affine.iter_mut().zip(points.clone()).filter(|(_, point)| point.z != C::BaseField::ZERO)
    {
        affine.x = product;
        product *= point.z;
    }
    let mut inverse = product.invert();
    for (affine, point) in affine.iter_mut().zip(points).rev() {
        if point.z == C::BaseField::ZERO {
            *affine = Affine::identity();
        } else {
            *affine = scaled(point, affine.x * inverse);
            inverse *= point.z;
        }
    }
}

fn scaled<C: SWCurveConfig>(point: &Projective<C>, inverse: C::BaseField) -> Affine<C> {
    let square = inverse.square();
    Affine::new_unchecked(point.x * square, point.y * square * inverse)
}

#[cfg(test)]
mod tests {
    use ark_bls12_381::{Fr, G1Projective, G2Projective};
    use ark_ec::{CurveGroup, PrimeGroup};

    use super::*;

    fn check<C: SWCurveConfig>(generator: Projective<C>)
    where
        C::BaseField: Invert,
    {
        let mut points = alloc::vec![generator, Projective::ZERO];
        points.extend((2..9u64).map(|k| generator * C::ScalarField::from(k)));
        points.extend([Projective::ZERO, -generator, Projective::ZERO]);
        let expected: alloc::vec::Vec<_> = points.iter().map(|point| point.into_affine()).collect();
        assert!(points.iter().map(to_affine).eq(expected.iter().copied()));
        for length in 0..points.len() {
            let mut affine = alloc::vec![expected[0]; length];
            to_affine_all(points[..length].iter(), &mut affine);
            assert_eq!(affine, expected[..length]);
        }
    }

    #[test]
    fn agrees_with_arkworks() {
        check(G1Projective::generator());
        check(G2Projective::generator() * Fr::from(5u64));
    }
}

//! Multiplication in G1 and G2 by way of the curves' endomorphisms, in variable time.
//!
//! Where [x²]P costs one product, a scalar of 255 bits becomes two of 128 bits; where [x]Q does, four
//! of 64 bits; and all of them share one chain of doublings. arkworks has the first, for G1 and bit by
//! bit, and nothing for G2. Correct in the groups of order p only.

use ark_bls12_381::g1::BETA;
use ark_bls12_381::{Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AdditiveGroup, AffineRepr};
use ark_ff::MontFp;
use zeroize::Zeroize;

use super::affine::to_affine_all;
use super::inverse::Invert;
use crate::math::base_x::{ABS_X, digits_base_x};

/// A square root of -1/2.
const ROOT: Fq = MontFp!(
    "2973677408986561043442465346520108879172042883009249989176415018091420807192182638567116318576472649347015917690530"
);

/// [x²]P for P in G1: (x, y) ↦ (βx, -y), where β³ = 1.
pub(super) fn times_x_squared(point: &G1Affine) -> G1Affine {
    point.xy().map_or(G1Affine::identity(), |(x, y)| G1Affine::new_unchecked(BETA * x, -y))
}

/// [|x|]Q for Q in G2: to E over GF(q¹²), the Frobenius map, back to E', and negated since x < 0.
///
/// The way there and back multiplies the conjugates of x and y by 1/(1 + u)^((q-1)/3) = -βu and
/// 1/(1 + u)^((q-1)/2) = s(1 - u), s² = -1/2.
pub(super) fn times_abs_x(point: &G2Affine) -> G2Affine {
    point.xy().map_or(G2Affine::identity(), |(x, y)| {
        let x = Fq2::new(-BETA * x.c1, -BETA * x.c0);
        let y = Fq2::new(ROOT * (y.c1 - y.c0), ROOT * (y.c0 + y.c1));
        G2Affine::new_unchecked(x, y)
    })
}

/// [k]P for P in G1 and k < p in 32 bytes, big-endian.
pub(super) fn multiply_g1(point: &G1Projective, k: &[u8; 32]) -> G1Projective {
    let mut digits = digits_base_x(k);
    let [d0, d1, d2, d3] = digits.map(u128::from);
    let x = u128::from(ABS_X);
    let low = odd_multiples(point);
    let high = low.map(|multiple| times_x_squared(&multiple));
    let product = interleave([low, high], [d0 + d1 * x, d2 + d3 * x]);
    digits.zeroize();
    product
}

/// [k]Q for Q in G2 and k < p in 32 bytes, big-endian.
pub(super) fn multiply_g2(point: &G2Projective, k: &[u8; 32]) -> G2Projective {
    let mut digits = digits_base_x(k);
    let t0 = odd_multiples(point);
    let t1 = t0.map(|multiple| times_abs_x(&multiple));
    let t2 = t1.map(|multiple| times_abs_x(&multiple));
    let t3 = t2.map(|multiple| times_abs_x(&multiple));
    let product = interleave([t0, t1, t2, t3], digits.map(u128::from));
    digits.zeroize();
    product
}

/// Bits taken at a time.
const WIDTH: usize = 5;
/// P, 3P, 5P, ..., 15P.
const MULTIPLES: usize = 1 << (WIDTH - 2);
type Multiples<C> = [Affine<C>; MULTIPLES];

fn odd_multiples<C: SWCurveConfig>(point: &Projective<C>) -> Multiples<C>
where
    C::BaseField: Invert,
{
    let mut next = *point;
    let double = next.double();
    let mut projective: [_; MULTIPLES] = core::array::from_fn(|_| {
        let multiple = next;
        next += double;
        multiple
    });
    // The cheaper additions of points with Z = 1 outweigh the inversion.
    let mut affine = [Affine::identity(); MULTIPLES];
    to_affine_all(projective.iter(), &mut affine);
    projective.zeroize();
    affine
}

/// Places of a number below x² < 2^128, and a carry.
const PLACES: usize = 129;

/// Σ scalarᵢ·pointᵢ, from the odd multiples of the points.
fn interleave<C: SWCurveConfig, const N: usize>(
    mut tables: [Multiples<C>; N],
    mut scalars: [u128; N],
) -> Projective<C> {
    let mut digits = scalars.map(signed_digits);
    let mut sum = Projective::<C>::ZERO;
    for place in (0..PLACES).rev() {
        sum.double_in_place();
        for (table, digits) in tables.iter().zip(&digits) {
            let digit = digits.get(place).copied().unwrap_or(0);
            if let Some(multiple) = table.get(usize::from(digit.unsigned_abs() / 2)).filter(|_| digit != 0) {
                if digit < 0 {
                    sum -= multiple;
                } else {
                    sum += multiple;
                }
            }
        }
    }
    digits.zeroize();
    scalars.zeroize();
    // Multiples of what may be a part of a key.
    tables.zeroize();
    sum
}

/// The non-adjacent form of width five: odd digits below 16 in size, at least four zeros after each.
fn signed_digits(mut k: u128) -> [i8; PLACES] {
    const MODULUS: u128 = 1 << WIDTH;
    core::array::from_fn(|_| {
        let mut digit = 0;
        if k % 2 == 1 {
            let residue = k % MODULUS;
            k -= residue;
            digit = i8::try_from(residue).unwrap_or(0);
            if residue > MODULUS / 2 {
                digit -= 1 << WIDTH;
                k += MODULUS;
            }
        }
        k /= 2;
        digit
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use ark_bls12_381::Fr;
    use ark_ec::PrimeGroup;
    use ark_ff::{BigInteger, Field, PrimeField};

    use super::*;

    fn bytes(k: Fr) -> [u8; 32] {
        k.into_bigint().to_bytes_be().try_into().unwrap()
    }

    fn x() -> Fr {
        Fr::from(ABS_X)
    }

    #[test]
    fn signed_digits_sum_to_the_number() {
        let mut numbers =
            alloc::vec![0, 1, 2, 15, 16, 17, 31, 32, u128::from(u64::MAX), u128::from(ABS_X).pow(2) - 1];
        numbers.extend((0..100).map(|i| 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128.rotate_left(i) >> 1));
        for number in numbers {
            let digits = signed_digits(number);
            let sum = digits.iter().rev().fold(Fr::ZERO, |sum, digit| sum.double() + Fr::from(*digit));
            assert_eq!(sum, Fr::from(number));
            let places: Vec<_> = (0..PLACES).filter(|place| digits[*place] != 0).collect();
            assert!(places.iter().all(|place| digits[*place] % 2 != 0 && digits[*place].unsigned_abs() < 16));
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= WIDTH));
        }
    }

    #[test]
    fn endomorphisms_are_multiplications() {
        assert_eq!(ROOT.square().double(), -Fq::ONE);
        for k in [Fr::ONE, x(), Fr::from(7u64).pow([99])] {
            let (p, q) = ((G1Projective::generator() * k).into(), (G2Projective::generator() * k).into());
            assert_eq!(times_x_squared(&p), p * x().square());
            assert_eq!(times_abs_x(&q), q * x());
        }
        assert_eq!(times_x_squared(&G1Affine::identity()), G1Affine::identity());
        assert_eq!(times_abs_x(&G2Affine::identity()), G2Affine::identity());
    }

    #[test]
    fn multiples_are_those_of_arkworks() {
        let mut scalars = alloc::vec![Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(2u64), -Fr::from(2u64)];
        for power in 1..4 {
            let power = x().pow([power]);
            scalars.extend([power - Fr::ONE, power, power + Fr::ONE, -power]);
        }
        let mut random = Fr::from(0x9e37_79b9_7f4a_7c15_u64);
        scalars.extend((0..50).map(|_| {
            random = random.square() + Fr::ONE;
            random
        }));
        let (g1, g2) = (G1Projective::generator(), G2Projective::generator());
        for k in scalars {
            for (p, q) in [(g1, g2), (g1 * random, g2 * random), (G1Projective::ZERO, G2Projective::ZERO)] {
                assert_eq!(multiply_g1(&p, &bytes(k)), p * k);
                assert_eq!(multiply_g2(&q, &bytes(k)), q * k);
            }
        }
    }
}

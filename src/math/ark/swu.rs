//! From two field elements to a point of G1: RFC 9380, sections 6.6.3 and 8.8.1. (SPEC `[MATH-6]`)
//!
//! The isogeny from the curve E'' of the simplified SWU map to E is a homomorphism, so that the two
//! images are added on E'' and mapped once. Nothing is inverted on the way: fractions go into Z.

use ark_bls12_381::g1::Config;
use ark_bls12_381::{Fq, G1Projective};
use ark_ec::AdditiveGroup;
use ark_ec::hashing::curve_maps::wb::{IsogenyMap, WBConfig};
use ark_ec::short_weierstrass::{Projective, SWCurveConfig};
use ark_ff::{BigInteger, Field, PrimeField};

use super::root::{RatioRoot, Z, sqrt_ratio};
use super::subgroup::clear_cofactor;

type Isogenous = <Config as WBConfig>::IsogenousCurve;

/// `clear_cofactor(map_to_curve(u) + map_to_curve(v))`; the cofactor in use is 1 - x.
pub(super) fn map_to_g1(u: &Fq, v: &Fq) -> G1Projective {
    clear_cofactor(&isogeny(&(simplified_swu(u) + simplified_swu(v))))
}

/// `map_to_curve_simple_swu` of RFC 9380, appendix F.2.
fn simplified_swu(u: &Fq) -> Projective<Isogenous> {
    let (a, b) = (Isogenous::COEFF_A, Isogenous::COEFF_B);
    let zu2 = Z * u.square();
    let tv2 = zu2.square() + zu2;
    // x₁ = numerator / denominator, and x₂ = Z·u²·x₁.
    let numerator = b * (tv2 + Fq::ONE);
    let denominator = a * if tv2 == Fq::ZERO { Z } else { -tv2 };
    // g(x₁) = value / denominator³.
    let square = denominator.square();
    let cube = square * denominator;
    let value = (numerator.square() + a * square) * numerator + b * cube;
    let (numerator, y) = match sqrt_ratio(&value, &cube) {
        RatioRoot::Square(root) => (numerator, root),
        RatioRoot::NonSquare(root) => (zu2 * numerator, zu2 * u * root),
    };
    let y = if is_odd(&y) == is_odd(u) { y } else { -y };
    Projective::new_unchecked(numerator * denominator, y * cube, denominator)
}

/// `sgn0` of RFC 9380, section 4.1.
fn is_odd(a: &Fq) -> bool {
    a.into_bigint().is_odd()
}

/// `iso_map` of RFC 9380, appendix E.2: (x, y) ↦ (f(x)/g(x), y·h(x)/k(x)) with polynomials of degree
/// 11, 10, 15 and 15.
fn isogeny(point: &Projective<Isogenous>) -> G1Projective {
    const DEGREE: usize = 15;
    let IsogenyMap { x_map_numerator, x_map_denominator, y_map_numerator, y_map_denominator } =
        Config::ISOGENY_MAP;
    let w = point.z.square();
    let mut next = Fq::ONE;
    let powers: [Fq; DEGREE + 1] = core::array::from_fn(|_| {
        let power = next;
        next *= w;
        power
    });
    // A polynomial at x = X/w, times w to its degree.
    let evaluate = |coefficients: &[Fq]| {
        coefficients.iter().rev().zip(&powers).fold(Fq::ZERO, |sum, (coefficient, power)| {
            Fq::sum_of_products(&[sum, *coefficient], &[point.x, *power])
        })
    };
    let [f, g, h, k] = [x_map_numerator, x_map_denominator, y_map_numerator, y_map_denominator].map(evaluate);
    // x = f/(w·g), y = Y/Z³ · h/k. With Z·g·k in the place of Z the denominators cancel, and the kernel
    // and the identity go to the identity.
    let k2 = k.square();
    let g2 = g.square();
    Projective::new_unchecked(f * g * k2, point.y * h * g2 * g * k2, point.z * g * k)
}

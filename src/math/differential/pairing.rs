//! GF(q^12), the pairing, and exponentiation in GT.

use super::*;
use crate::math::base_x::digits_base_x;
use crate::math::gt::{pow_gls, rungs, signs};
use crate::math::{Scalar, base_x::ABS_X};
use crate::secret::Secret;

/// Π e(Pᵢ, Qᵢ), encoded.
pub(super) fn product<B: Backend>(pairs: &[(Point48, Point96)]) -> Field576 {
    let pairs: Vec<_> = pairs.iter().map(|(p, q)| (a1::<B>(p), twist::a2::<B>(q))).collect();
    B::f12_to_bytes(&B::pairing_product(&pairs))
}

fn one<B: Backend>() -> Field576 {
    B::f12_to_bytes(&B::f12_one())
}

pub(super) fn mul<B: Backend>(a: &Field576, b: &Field576) -> Field576 {
    B::f12_to_bytes(&B::f12_mul(&f12::<B>(a), &f12::<B>(b)))
}

fn cyclotomic_square<B: Backend>(a: &Field576) -> Field576 {
    B::f12_to_bytes(&B::f12_cyclotomic_square(&f12::<B>(a)))
}

fn conjugate<B: Backend>(a: &Field576) -> Field576 {
    B::f12_to_bytes(&B::f12_conjugate(&f12::<B>(a)))
}

fn frobenius<B: Backend>(a: &Field576, power: usize) -> Field576 {
    B::f12_to_bytes(&B::f12_frobenius(&f12::<B>(a), power))
}

fn select<B: Backend>(a: &Field576, b: &Field576, choice: u64) -> Field576 {
    B::f12_to_bytes(&B::f12_select(&f12::<B>(a), &f12::<B>(b), choice))
}

fn lookup<B: Backend>(table: &[Field576], index: u64) -> Field576 {
    let table: Vec<_> = table.iter().map(f12::<B>).collect();
    B::f12_to_bytes(&B::f12_lookup(&table, index))
}

fn equal<B: Backend>(a: &Field576, b: &Field576) -> bool {
    B::f12_eq(&f12::<B>(a), &f12::<B>(b))
}

/// a^k, k by its digits in base |x|.
fn gls<B: Backend>(a: &Field576, digits: &[u64; 4]) -> Field576 {
    let x = Scalar::from_u64(ABS_X);
    let k = digits.iter().rev().fold(Scalar::zero(), |sum, digit| sum * x + Scalar::from_u64(*digit));
    B::f12_to_bytes(&pow_gls::<B>(&rungs::<B>(&f12::<B>(a)), &signs(&Secret::new(k))))
}

fn affine_multiple<B: Backend>(k: &Scalar32) -> Point48 {
    encode1::<B>(&B::p1_mul(&B::p1_generator(), &fr::<B>(k)))
}

/// a^e by squaring with the general multiplication: right for every element.
pub(super) fn power<B: Backend>(a: &Field576, exponent: &BigUint) -> Field576 {
    let a = f12::<B>(a);
    let mut result = B::f12_one();
    for bit in (0..exponent.bits()).rev() {
        result = B::f12_mul(&result, &result);
        if exponent.bit(bit) {
            result = B::f12_mul(&result, &a);
        }
    }
    B::f12_to_bytes(&result)
}

/// e(g1, g2) and e(h, g2) for a random h.
pub(super) fn gt_elements() -> [Field576; 2] {
    let g2 = twist::subgroup_points()[1];
    let k = *scalars(1).last().unwrap();
    [padded(&BigUint::from(1u8)), k].map(|k| both!(product(&[(both!(affine_multiple(&k)), g2)])))
}

#[test]
fn field_operations() {
    let mut stream = Stream::new("f12");
    let mut elements: Vec<Field576> = (0..6).map(|_| random_f12(&mut stream)).collect();
    elements.extend([[0; 576], both!(one())]);
    // One coordinate alone: each place of the tower, with 1 and with q - 1.
    for at in 0..12 {
        let mut element = [0; 576];
        let value = if at % 2 == 0 { BigUint::from(1u8) } else { q() - 1u8 };
        element[48 * at..48 * (at + 1)].copy_from_slice(&padded::<48>(&value));
        elements.push(element);
    }
    elements.extend(gt_elements());
    for a in &elements {
        both!(conjugate(a));
        for power in 1..=3 {
            both!(frobenius(a, power));
        }
        for b in &elements {
            both!(mul(a, b));
            assert_eq!(both!(equal(a, b)), a == b);
            assert_eq!(both!(select(a, b, 0)), *a);
            assert_eq!(both!(select(a, b, 1)), *b);
        }
    }
    // The Frobenius map is the power q, and conjugation the power q^6.
    let a = &elements[0];
    assert_eq!(power::<crate::math::fast::Blst>(a, &q()), both!(frobenius(a, 1)));
    assert_eq!(power::<crate::math::fast::Blst>(a, &q().pow(6)), both!(conjugate(a)));
    assert_eq!(both!(frobenius(&both!(frobenius(a, 1)), 2)), both!(frobenius(a, 3)));
    for (index, entry) in (0..).zip(&elements[..8]) {
        assert_eq!(both!(lookup(&elements[..8], index)), *entry);
    }
    assert_eq!(both!(lookup(&elements[..8], 8)), [0; 576]);
    assert_eq!(both!(lookup(&elements[..8], u64::MAX)), [0; 576]);
}

#[test]
fn cyclotomic_squares() {
    for a in gt_elements().iter().chain(&membership::cyclotomic_elements()).chain([&both!(one())]) {
        assert_eq!(both!(cyclotomic_square(a)), both!(mul(a, a)));
        assert_eq!(both!(mul(a, &both!(conjugate(a)))), both!(one()));
    }
}

#[test]
fn products_of_pairings() {
    let one = both!(one());
    let g2s = twist::subgroup_points();
    let g1s: Vec<_> =
        scalars(2).iter().rev().take(5).chain(&[[0; 32]]).map(|k| both!(affine_multiple(k))).collect();
    assert_eq!(g1s[5], IDENTITY_48);
    assert_eq!(both!(product(&[])), one);
    let mut pairs = Vec::new();
    let mut expected = one;
    for (i, p) in g1s.iter().chain(&g1s).enumerate() {
        // The identity of G2 stands at place 0, that of G1 at place 5 and 11.
        let pair = (*p, g2s[i % g2s.len()]);
        let single = both!(product(&[pair]));
        let with_identity = i % g2s.len() == 0 || *p == IDENTITY_48;
        assert_eq!(single == one, with_identity, "degenerate at {i}");
        expected = both!(mul(&expected, &single));
        pairs.push(pair);
        assert_eq!(both!(product(&pairs)), expected);
    }
}

#[test]
fn powers_in_gt() {
    let elements = gt_elements();
    for (i, k) in scalars(10).iter().enumerate() {
        let expected = power::<crate::math::fast::Blst>(&elements[i % 2], &BigUint::from_bytes_be(k));
        assert_eq!(both!(gls(&elements[i % 2], &digits_base_x(k))), expected);
    }
    // The corners of the digits' range, alike and mixed.
    let x = 0xd201_0000_0001_0000_u64;
    let corners = [0, 1, 2, x - 2, x - 1];
    for i in 0..corners.len() {
        for j in 0..corners.len() {
            let digits = [corners[i], corners[j], corners[(i + j) % 5], corners[(2 * i + j) % 5]];
            let exponent = digits.iter().rev().fold(BigUint::default(), |sum, digit| sum * x + *digit);
            assert_eq!(
                both!(gls(&elements[0], &digits)),
                power::<crate::math::fast::Blst>(&elements[0], &exponent)
            );
        }
    }
    // Not only where e(aP, Q) says so: the power of the identity.
    assert_eq!(both!(gls(&both!(one()), &[5, 6, 7, 8])), both!(one()));
}

#[test]
fn the_digits_of_a_scalar() {
    let x = BigUint::from(0xd201_0000_0001_0000_u64);
    for k in scalars(200) {
        let digits = digits_base_x(&k);
        let value = digits.iter().rev().fold(BigUint::default(), |sum, digit| sum * &x + *digit);
        assert_eq!(padded::<32>(&value), k);
        assert!(digits.iter().all(|digit| BigUint::from(*digit) < x));
    }
}

//! E(Fq): the group law over points of every kind, multiplication in G1, the map to the curve.

use super::*;
use crate::math::hash_to_curve::hash_to_p1;

/// How a point reaches an operation in projective form: Z = 1, or a Z that is anything.
fn projective<B: Backend>(bytes: &Point48, scaled: bool) -> B::P1 {
    let point = p1::<B>(bytes);
    if !scaled {
        return point;
    }
    let detour = B::p1_double(&B::p1_generator());
    let back = B::a1_neg(&B::p1_to_affine(&detour));
    B::p1_add_affine(&B::p1_add(&point, &detour), &back)
}

fn generator<B: Backend>() -> Point48 {
    encode1::<B>(&B::p1_generator())
}

fn identity<B: Backend>() -> Point48 {
    encode1::<B>(&B::p1_identity())
}

fn add<B: Backend>(a: &Point48, b: &Point48, scaled: (bool, bool)) -> Point48 {
    encode1::<B>(&B::p1_add(&projective::<B>(a, scaled.0), &projective::<B>(b, scaled.1)))
}

fn add_affine<B: Backend>(a: &Point48, b: &Point48, scaled: bool) -> Point48 {
    encode1::<B>(&B::p1_add_affine(&projective::<B>(a, scaled), &a1::<B>(b)))
}

fn double<B: Backend>(a: &Point48, scaled: bool) -> Point48 {
    encode1::<B>(&B::p1_double(&projective::<B>(a, scaled)))
}

fn neg_projective<B: Backend>(a: &Point48, scaled: bool) -> Point48 {
    encode1::<B>(&B::p1_neg(&projective::<B>(a, scaled)))
}

fn neg<B: Backend>(a: &Point48) -> Point48 {
    B::a1_compress(&B::a1_neg(&a1::<B>(a)))
}

fn affine_and_back<B: Backend>(a: &Point48, scaled: bool) -> Point48 {
    B::a1_compress(&B::p1_to_affine(&projective::<B>(a, scaled)))
}

fn is_identity<B: Backend>(a: &Point48) -> (bool, bool) {
    (B::a1_is_identity(&a1::<B>(a)), B::a1_is_identity(&B::a1_neg(&a1::<B>(a))))
}

fn equal<B: Backend>(a: &Point48, b: &Point48) -> bool {
    B::a1_eq(&a1::<B>(a), &a1::<B>(b))
}

fn in_subgroup<B: Backend>(a: &Point48) -> bool {
    B::a1_in_subgroup(&a1::<B>(a))
}

fn mul<B: Backend>(a: &Point48, k: &Scalar32, scaled: bool) -> Point48 {
    encode1::<B>(&B::p1_mul(&projective::<B>(a, scaled), &fr::<B>(k)))
}

fn map<B: Backend>(u: &[u8; 64], v: &[u8; 64]) -> Point48 {
    encode1::<B>(&B::map_to_p1(u, v))
}

fn hash<B: Backend>(message: &[u8], tag: &[u8]) -> Point48 {
    encode1::<B>(&hash_to_p1::<B>(message, tag))
}

/// The identity, the generator and its neighbours, random points of G1.
fn subgroup_points() -> Vec<Point48> {
    let g = both!(generator());
    let mut points = alloc::vec![IDENTITY_48, g, both!(neg(&g)), both!(double(&g, false))];
    points.extend((0u8..3).map(|i| both!(hash(&[i], b"points"))));
    points
}

/// Subgroup points, points of full order, and the negatives of some.
fn all_points() -> Vec<Point48> {
    let mut points = subgroup_points();
    points.extend(curve_points("curve", 4));
    let last = *points.last().unwrap();
    points.push(both!(neg(&last)));
    points.extend(torsion::points().iter().flat_map(|(_, point)| point));
    points
}

#[test]
fn constants() {
    both!(generator());
    assert_eq!(both!(identity()), IDENTITY_48);
}

#[test]
fn unary_operations() {
    for a in all_points() {
        for scaled in [false, true] {
            assert_eq!(both!(affine_and_back(&a, scaled)), a);
            let negative = both!(neg(&a));
            assert_eq!(both!(neg_projective(&a, scaled)), negative);
            assert_eq!(both!(double(&a, scaled)), both!(add(&a, &a, (scaled, false))));
            assert_eq!(both!(add(&a, &negative, (scaled, scaled))), IDENTITY_48);
        }
        assert_eq!(both!(is_identity(&a)), (a == IDENTITY_48, a == IDENTITY_48));
        both!(in_subgroup(&a));
    }
    assert!(subgroup_points().iter().all(|a| both!(in_subgroup(a))));
    assert!(curve_points("curve", 4).iter().all(|a| !both!(in_subgroup(a))));
}

#[test]
fn addition_is_complete() {
    let points = all_points();
    for a in &points {
        for b in &points {
            assert_eq!(both!(equal(a, b)), a == b);
            let sum = both!(add(a, b, (false, false)));
            for scaled in [(true, false), (false, true), (true, true)] {
                assert_eq!(both!(add(a, b, scaled)), sum);
            }
            for scaled in [false, true] {
                assert_eq!(both!(add_affine(a, b, scaled)), sum);
            }
            let minus_b = both!(neg(b));
            if sum[0] & 0x40 != 0 {
                assert_eq!(*a, minus_b);
            } else if sum != torsion::zero_two(false) && sum != torsion::zero_two(true) {
                assert_eq!(both!(add(&sum, &minus_b, (false, false))), *a, "(a + b) - b = a");
            }
        }
    }
}

#[test]
fn multiplication() {
    fn ladder<B: Backend>(a: &Point48, k: &Scalar32) -> Point48 {
        encode1::<B>(&multiple::<B>(&p1::<B>(a), &BigUint::from_bytes_be(k)))
    }
    let points = subgroup_points();
    for (i, k) in scalars(12).iter().enumerate() {
        for a in &points[..if i < 5 { points.len() } else { 5 }] {
            assert_eq!(both!(mul(a, k, i % 2 == 0)), both!(ladder(a, k)));
        }
    }
}

#[test]
fn map_to_the_curve() {
    let mut stream = Stream::new("map");
    let of = |value: &BigUint| padded::<64>(value);
    let zero = [0; 64];
    // Random elements, 0 in several guises, and the largest input.
    let mut inputs: Vec<[u8; 64]> = (0..20).map(|_| stream.bytes()).collect();
    inputs.extend([zero, of(&BigUint::from(1u8)), of(&(q() - 1u8)), of(&q()), of(&(q() + 1u8)), [0xff; 64]]);
    for at in [0, 15, 16, 17, 63] {
        let mut bytes = zero;
        bytes[at..].fill(0xff);
        inputs.push(bytes);
    }
    for u in &inputs {
        for v in [&inputs[0], u, &zero] {
            assert!(both!(in_subgroup(&both!(map(u, v)))));
        }
        // u and -u map to opposite points: an addition that meets the identity.
        let minus: [u8; 64] = of(&((q() - BigUint::from_bytes_be(u) % q()) % q()));
        let reduced_to_zero = BigUint::from_bytes_be(u) % q() == BigUint::default();
        assert_eq!(both!(map(u, &minus)) == IDENTITY_48, !reduced_to_zero);
    }
}

#[test]
fn hash_to_the_curve() {
    for length in [0, 1, 31, 32, 135, 136, 137, 300] {
        for tag in [0, 1, 63, 255, 256, 400] {
            both!(hash(&alloc::vec![0x61; length], &alloc::vec![0x74; tag]));
        }
    }
}

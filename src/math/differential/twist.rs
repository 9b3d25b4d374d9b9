//! E'(Fq²): the group law, multiplication in G2.

use super::*;

const IDENTITY: Point96 = {
    let mut bytes = [0; 96];
    bytes[0] = 0xc0;
    bytes
};

pub(super) fn a2<B: Backend>(bytes: &Point96) -> B::A2 {
    if *bytes == IDENTITY {
        return B::p2_to_affine(&B::p2_identity());
    }
    B::a2_decompress_on_curve(bytes).unwrap()
}

fn p2<B: Backend>(bytes: &Point96, scaled: bool) -> B::P2 {
    let point = B::p2_from_affine(&a2::<B>(bytes));
    if !scaled {
        return point;
    }
    let minus_one = B::fr_sub(&B::fr_from_u64(0), &B::fr_from_u64(1));
    let detour = B::p2_add(&B::p2_generator(), &B::p2_generator());
    B::p2_add(&B::p2_add(&point, &detour), &B::p2_mul(&detour, &minus_one))
}

fn encode2<B: Backend>(point: &B::P2) -> Point96 {
    B::a2_compress(&B::p2_to_affine(point))
}

fn generator<B: Backend>() -> Point96 {
    encode2::<B>(&B::p2_generator())
}

fn add<B: Backend>(a: &Point96, b: &Point96, scaled: (bool, bool)) -> Point96 {
    encode2::<B>(&B::p2_add(&p2::<B>(a, scaled.0), &p2::<B>(b, scaled.1)))
}

fn mul<B: Backend>(a: &Point96, k: &Scalar32, scaled: bool) -> Point96 {
    encode2::<B>(&B::p2_mul(&p2::<B>(a, scaled), &fr::<B>(k)))
}

fn affine_and_back<B: Backend>(a: &Point96, scaled: bool) -> Point96 {
    B::a2_compress(&B::p2_to_affine(&p2::<B>(a, scaled)))
}

fn is_identity<B: Backend>(a: &Point96) -> bool {
    B::a2_is_identity(&a2::<B>(a))
}

fn equal<B: Backend>(a: &Point96, b: &Point96) -> bool {
    B::a2_eq(&a2::<B>(a), &a2::<B>(b))
}

fn in_subgroup<B: Backend>(a: &Point96) -> bool {
    B::a2_in_subgroup(&a2::<B>(a))
}

/// Random points of E'(Fq²), almost surely outside G2.
pub(super) fn twist_points(count: usize) -> Vec<Point96> {
    let mut stream = Stream::new("twist");
    let mut random = || {
        let mut coordinate = || padded::<48>(&(BigUint::from_bytes_be(&stream.bytes::<64>()) % q()));
        let mut bytes = [0; 96];
        bytes[..48].copy_from_slice(&coordinate());
        bytes[48..].copy_from_slice(&coordinate());
        bytes[0] |= 0x80 | (stream.bytes::<1>()[0] & 0x20);
        bytes
    };
    let on_curve = |bytes: &Point96| crate::math::fast::Blst::a2_decompress_on_curve(bytes).is_some();
    core::iter::repeat_with(&mut random).filter(on_curve).take(count).collect()
}

/// The identity, the generator, its negative and double, random points of G2.
pub(super) fn subgroup_points() -> Vec<Point96> {
    let g = both!(generator());
    let mut points = alloc::vec![IDENTITY, g];
    points.extend(scalars(3).iter().rev().take(3).map(|k| both!(mul(&g, k, false))));
    points.push(both!(mul(&g, &padded(&(p() - 1u8)), false)));
    points.push(both!(mul(&g, &padded(&BigUint::from(2u8)), false)));
    points
}

#[test]
fn group_law() {
    let mut points = subgroup_points();
    points.extend(twist_points(3));
    for a in &points {
        assert_eq!(both!(affine_and_back(a, true)), *a);
        assert_eq!(both!(affine_and_back(a, false)), *a);
        assert_eq!(both!(is_identity(a)), *a == IDENTITY);
        both!(in_subgroup(a));
        for b in &points {
            assert_eq!(both!(equal(a, b)), a == b);
            let sum = both!(add(a, b, (false, false)));
            for scaled in [(true, false), (false, true), (true, true)] {
                assert_eq!(both!(add(a, b, scaled)), sum);
            }
        }
    }
    assert!(subgroup_points().iter().all(|a| both!(in_subgroup(a))));
    assert!(twist_points(3).iter().all(|a| !both!(in_subgroup(a))));
}

#[test]
fn multiplication() {
    fn double_and_add<B: Backend>(a: &Point96, k: &Scalar32) -> Point96 {
        let k = BigUint::from_bytes_be(k);
        let mut sum = p2::<B>(&IDENTITY, false);
        for bit in (0..k.bits()).rev() {
            sum = B::p2_add(&sum, &sum);
            if k.bit(bit) {
                sum = B::p2_add(&sum, &p2::<B>(a, false));
            }
        }
        encode2::<B>(&sum)
    }
    let points = subgroup_points();
    for (i, k) in scalars(8).iter().enumerate() {
        for a in &points[..if i < 5 { points.len() } else { 3 }] {
            assert_eq!(both!(mul(a, k, i % 2 == 0)), both!(double_and_add(a, k)));
        }
    }
}

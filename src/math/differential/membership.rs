//! Who is in GT: elements of other orders, non-canonical encodings. (SPEC `[MATH-7]`)

use super::pairing::{gt_elements, mul, power};
use super::*;
use crate::math::Gt;
use crate::math::fast::Blst;
use crate::math::gt::{is_in_gt, rungs};

/// q^12 - 1, the order of GF(q^12)*.
fn field_order() -> BigUint {
    q().pow(12) - 1u8
}

/// q^4 - q^2 + 1, the order of the cyclotomic subgroup.
fn cyclotomic_order() -> BigUint {
    q().pow(4) + 1u8 - q().pow(2)
}

fn one() -> Field576 {
    let mut bytes = [0; 576];
    bytes[47] = 1;
    bytes
}

/// An element of prime order `order`.
fn of_order(order: u32) -> Field576 {
    let mut stream = Stream::new("order");
    let cofactor = field_order() / order;
    let element = loop {
        let element = power::<Blst>(&random_f12(&mut stream), &cofactor);
        if element != one() {
            break element;
        }
    };
    assert_eq!(power::<Blst>(&element, &BigUint::from(order)), one());
    element
}

/// Elements of the cyclotomic subgroup outside GT: of order 4513 and of almost its full order.
pub(super) fn cyclotomic_elements() -> [Field576; 2] {
    let random = random_f12(&mut Stream::new("cyclotomic"));
    [of_order(4513), power::<Blst>(&random, &(field_order() / cyclotomic_order()))]
}

fn member<B: Backend>(a: &Field576) -> bool {
    is_in_gt::<B>(&rungs::<B>(&f12::<B>(a)))
}

fn decodes<B: Backend>(bytes: &Field576) -> bool {
    B::f12_from_bytes(bytes).is_some_and(|f| B::f12_to_bytes(&f) == *bytes)
}

/// f^q and f^|x|, the second by general multiplications.
fn sides<B: Backend>(a: &Field576) -> (B::F12, B::F12) {
    let power = power::<B>(a, &BigUint::from(0xd201_0000_0001_0000_u64));
    (B::f12_frobenius(&f12::<B>(a), 1), f12::<B>(&power))
}

/// Weakened twin: f^q = f^x alone, without the cyclotomic condition.
fn twin_without_cyclotomic<B: Backend>(a: &Field576) -> bool {
    let (left, right) = sides::<B>(a);
    B::f12_eq(&B::f12_mul(&left, &right), &B::f12_one())
}

/// Weakened twin: the cyclotomic condition alone, which is all that conjugation as inverse needs.
fn twin_cyclotomic_only<B: Backend>(a: &Field576) -> bool {
    let f = f12::<B>(a);
    let f2 = B::f12_frobenius(&f, 2);
    B::f12_eq(&B::f12_mul(&B::f12_frobenius(&f2, 2), &f), &f2)
}

/// Weakened twin: both conditions, the second as f^q = conjugate of f^|x|, and no test for zero.
fn twin_with_conjugate<B: Backend>(a: &Field576) -> bool {
    let (left, right) = sides::<B>(a);
    twin_cyclotomic_only::<B>(a) && B::f12_eq(&left, &B::f12_conjugate(&right))
}

#[test]
fn only_gt_is_accepted() {
    let mut stream = Stream::new("field");
    let [e, f] = gt_elements();
    // The definition: f^p = 1.
    for member_of_gt in [e, f, both!(mul(&e, &f)), one()] {
        assert_eq!(power::<Blst>(&member_of_gt, &p()), one());
        assert!(both!(member(&member_of_gt)));
    }
    assert!(Gt::from_bytes(&e).is_some() && Gt::from_bytes(&one()).is_none());

    let mut outside = alloc::vec![[0; 576]];
    let alone: Vec<_> =
        [2, 3, 11, 13, 4513, 10177].map(of_order).into_iter().chain(cyclotomic_elements()).collect();
    outside.extend(alone.iter().map(|a| both!(mul(a, &e))));
    outside.extend(alone);
    outside.extend((0..20).map(|_| random_f12(&mut stream)));
    // One bit away from a member.
    for at in (7..576).step_by(17) {
        let mut near = e;
        near[at] ^= 1;
        if both!(decodes(&near)) {
            outside.push(near);
        }
    }
    for element in outside {
        assert!(!both!(member(&element)));
        assert!(Gt::from_bytes(&element).is_none());
        if element != [0; 576] {
            assert_ne!(power::<Blst>(&element, &p()), one());
        }
    }
}

#[test]
fn weaker_checks_accept_strangers() {
    for order in [3, 11, 10177] {
        let stranger = of_order(order);
        assert!(both!(twin_without_cyclotomic(&stranger)) && !both!(member(&stranger)));
    }
    for stranger in cyclotomic_elements() {
        assert!(both!(twin_cyclotomic_only(&stranger)) && !both!(member(&stranger)));
    }
    assert!(both!(twin_with_conjugate(&[0; 576])) && !both!(member(&[0; 576])));
    let [e, _] = gt_elements();
    assert!(
        both!(twin_without_cyclotomic(&e))
            && both!(twin_cyclotomic_only(&e))
            && both!(twin_with_conjugate(&e))
    );
}

#[test]
fn every_coordinate_is_below_q() {
    let [e, _] = gt_elements();
    for at in 0..12 {
        let place = 48 * at..48 * (at + 1);
        let coordinate = BigUint::from_bytes_be(&e[place.clone()]);
        let mut wrong = Vec::new();
        for multiple in 1u8..=8 {
            wrong.push(&coordinate + q() * multiple);
        }
        wrong.extend([q(), (BigUint::from(1u8) << 384) - 1u8]);
        for value in wrong {
            let mut bytes = e;
            bytes[place.clone()].copy_from_slice(&padded::<48>(&value));
            assert!(!both!(decodes(&bytes)) && Gt::from_bytes(&bytes).is_none());
        }
        let mut largest = e;
        largest[place].copy_from_slice(&padded::<48>(&(q() - 1u8)));
        assert!(both!(decodes(&largest)));
    }
}

//! Attacks 10 and 11: a proxy that sends something else than T.

use alloc::vec::Vec;

use num_bigint::BigUint;

use super::{Reader, World};
use crate::abe::kem::{self, Commitment};
use crate::error::{DecodeReason, OpenError};
use crate::hash::{Label, hash, kdf};
use crate::math::backend::Backend;
use crate::math::{Active, G1, G2, G2_BYTES, GT_BYTES, Gt, Scalar, pairing_product};
use crate::outsource::{ReaderSeed, TransformedHeader};
use crate::secret::Secret;

type F12 = <Active as Backend>::F12;

/// The modulus of the base field.
fn q() -> BigUint {
    let x = BigUint::from(0xd201_0000_0001_0000_u64);
    // q = (x - 1)²·(x⁴ - x² + 1)/3 + x for x = -|x|.
    (&x + 1u8).pow(2) * (x.pow(4) - x.pow(2) + 1u8) / 3u8 - x
}

/// By general multiplications: right for every element of the field.
fn power(a: &F12, exponent: &BigUint) -> F12 {
    (0..exponent.bits()).rev().fold(Active::f12_one(), |product, bit| {
        let square = Active::f12_mul(&product, &product);
        if exponent.bit(bit) { Active::f12_mul(&square, a) } else { square }
    })
}

/// An element of prime order `order`.
fn of_order(order: u32) -> F12 {
    (1u8..)
        .find_map(|seed| {
            let mut bytes = [0u8; GT_BYTES];
            for (at, byte) in bytes.iter_mut().enumerate() {
                // Below q in every coordinate.
                *byte = if at % 48 == 0 { 0 } else { seed.wrapping_mul(u8::try_from(at % 251).unwrap()) };
            }
            let element = power(&Active::f12_from_bytes(&bytes)?, &((q().pow(12) - 1u8) / order));
            (!Active::f12_eq(&element, &Active::f12_one())).then_some(element)
        })
        .unwrap()
}

/// What the proxy would send, with other bytes for T.
fn with_t(transformed: &TransformedHeader, t: &[u8; GT_BYTES]) -> Vec<u8> {
    let mut bytes = transformed.to_bytes();
    let at = bytes.len() - GT_BYTES;
    bytes[at..].copy_from_slice(t);
    bytes
}

fn scene() -> (World, Reader, TransformedHeader) {
    let mut world = World::new("lies");
    let reader = world.reader("a, b");
    let transformed = reader.key.transform(&world.header("a and b")).unwrap();
    (world, reader, transformed)
}

#[test]
fn elements_outside_gt_are_refused_before_a_secret_is_used() {
    let (_, _, transformed) = scene();
    let t = transformed.clone().into_parts().1;
    let mut hostile = alloc::vec![[0; GT_BYTES], Active::f12_to_bytes(&Active::f12_one())];
    for order in [2, 3, 13, 4513] {
        let element = of_order(order);
        hostile.push(Active::f12_to_bytes(&element));
        hostile.push(Active::f12_to_bytes(&Active::f12_mul(&element, &t.0)));
    }
    for t in hostile {
        let error = TransformedHeader::from_bytes(&with_t(&transformed, &t)).unwrap_err();
        assert_eq!((error.field, error.reason), ("T", DecodeReason::InvalidTargetElement));
    }
    assert!(TransformedHeader::from_bytes(&with_t(&transformed, &t.to_bytes())).is_ok());
}

/// Finish without the check of membership.
fn finish_without_membership(world: &World, seed: &ReaderSeed, core: &Commitment, t: &F12) -> bool {
    let inverse = BigUint::from_bytes_be(&seed.retrieval_key().inverse_of_y.expose_secret().to_bytes());
    kem::open(world.parameters.bases().e(), core, &Secret::new(Gt(power(t, &inverse))), false).is_ok()
}

/// Why: a proxy that multiplies T by -1 would learn from success or failure whether 1/y is even.
#[test]
fn without_membership_a_bit_of_the_retrieval_key_is_known() {
    let mut world = World::new("parity");
    let header = world.header("a");
    let mut parities = [0, 0];
    while parities.contains(&0) {
        let reader = world.reader("a");
        let transformed = reader.key.transform(&header).unwrap();
        let (core, t) = transformed.clone().into_parts();
        let shifted = Active::f12_mul(&t.0, &of_order(2));
        let odd = reader.seed.retrieval_key().inverse_of_y.expose_secret().to_bytes()[31] & 1;
        // The twin tells; the real decoder lets nothing through, whatever the parity.
        assert_eq!(finish_without_membership(&world, &reader.seed, &core, &shifted), odd == 0);
        assert!(
            TransformedHeader::from_bytes(&with_t(&transformed, &Active::f12_to_bytes(&shifted))).is_err()
        );
        parities[usize::from(odd)] += 1;
    }
}

/// Finish without the check in GT: whatever comes out of the mask is believed.
fn finish_believing(seed: &ReaderSeed, core: &Commitment, t: &Gt) -> Secret<[u8; 32]> {
    let k = super::super::scheme::finish(t, &seed.retrieval_key().inverse_of_y);
    let hdr_hash = hash(Label::HeaderFields, &[core.hdr_bytes()]);
    let mask = kdf::<32>(Label::Mask, &[&k.expose_secret().to_bytes(), &core.c1.to_bytes(), &hdr_hash]);
    let mut m = [0; 32];
    for ((m, c), mask) in m.iter_mut().zip(core.c_m).zip(mask.expose_secret()) {
        *m = c ^ mask;
    }
    kdf(Label::Dem, &[&m, &core.c1.to_bytes(), &core.c_m, &hdr_hash])
}

#[test]
fn every_wrong_t_is_refused() {
    let (mut world, reader, transformed) = scene();
    let (core, t) = transformed.clone().into_parts();
    let other_record = reader.key.transform(&world.header("a and b")).unwrap().into_parts().1;
    let stranger = world.reader("a, b");
    // The same reader's, under another policy and under another key id.
    let other_policy = reader.key.transform(&world.header("a or b")).unwrap().into_parts().1;
    let header = world.header("a and b");
    let others = stranger.key.transform(&header).unwrap().into_parts().1;
    let two = Secret::new(Scalar::from_u64(2));
    let e = *world.parameters.bases().e().element();
    let wrong = [
        t.pow(&two),
        t.pow(&Secret::new(-Scalar::one())),
        t * e,
        e,
        t * pairing_product(&[(G1::generator().into(), G2::generator())]),
        other_record,
        other_policy,
        others,
        t * other_record,
        scheme_k(&reader, &t),
    ];
    let retrieval = reader.seed.retrieval_key();
    let right = retrieval.finish(&world.parameters, &transformed, core.id(), b"context");
    assert!(right.is_ok());
    let k = finish_believing(&reader.seed, &core, &t);
    for t in wrong {
        let lie = TransformedHeader::from_bytes(&TransformedHeader::new(core.clone(), t).to_bytes()).unwrap();
        assert_eq!(retrieval.finish(&world.parameters, &lie, core.id(), b"context").err(), Some(OpenError));
        // The twin yields a key, and another one.
        assert!(!finish_believing(&reader.seed, &core, &t).ct_eq(&k));
    }
}

/// K itself: what a reader who forgot to raise T to 1/y would believe.
fn scheme_k(reader: &Reader, t: &Gt) -> Gt {
    *super::super::scheme::finish(t, &reader.seed.retrieval_key().inverse_of_y).expose_secret()
}

/// The proxy answers with another record, in one piece: its core and its T fit each other.
#[test]
fn another_record_than_the_one_asked_for_is_refused() {
    let (mut world, reader, transformed) = scene();
    let other = reader.key.transform(&world.header("a and b")).unwrap();
    let retrieval = reader.seed.retrieval_key();
    let finish = |transformed: &TransformedHeader, asked_for: &[u8; 32], context: &[u8]| {
        retrieval.finish(&world.parameters, transformed, asked_for, context).is_ok()
    };
    assert!(finish(&transformed, transformed.core_id(), b"context"));
    assert!(!finish(&other, transformed.core_id(), b"context"));
    // The twin asks the answer what it was asked for.
    assert!(finish(&other, other.core_id(), b"context"));
    assert!(!finish(&transformed, transformed.core_id(), b"another context"));
    let elsewhere = World::new("elsewhere").parameters;
    assert!(retrieval.finish(&elsewhere, &transformed, transformed.core_id(), b"context").is_err());
}

/// T of a header for one reader, in the hands of every other.
#[test]
fn a_transformed_header_is_of_use_to_its_reader_alone() {
    let (mut world, reader, transformed) = scene();
    let stranger = world.reader("a, b");
    let finish = |reader: &Reader| {
        let retrieval = reader.seed.retrieval_key();
        retrieval.finish(&world.parameters, &transformed, transformed.core_id(), b"context").is_ok()
    };
    assert!(finish(&reader));
    assert!(!finish(&stranger));
}

/// C1 is only hashed: of its encoding the form is checked, and any other C1 is another core.
#[test]
fn another_c1_is_another_core() {
    let (world, reader, transformed) = scene();
    let bytes = transformed.to_bytes();
    let at = bytes.len() - GT_BYTES - G2_BYTES;
    let with_c1 = |c1: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + c1.len()].copy_from_slice(c1);
        TransformedHeader::from_bytes(&changed)
    };
    let mut infinity = [0; G2_BYTES];
    infinity[0] = 0xc0;
    let (uncompressed, mut large) = ([bytes[at] & 0x7f], [0x9f; G2_BYTES]);
    large[G2_BYTES / 2..].fill(0);
    let mut large_second = [0; G2_BYTES];
    large_second[0] = 0x80;
    large_second[G2_BYTES / 2] = 0x1b;
    for c1 in [&infinity[..], &uncompressed, &large, &large_second] {
        assert_eq!(with_c1(c1).unwrap_err().position, at);
    }
    // In form, and perhaps no point at all.
    let other = with_c1(&[bytes[at] ^ 0x20]).unwrap();
    let retrieval = reader.seed.retrieval_key();
    for core_id in [transformed.core_id(), other.core_id()] {
        assert!(retrieval.finish(&world.parameters, &other, core_id, b"context").is_err());
    }
}

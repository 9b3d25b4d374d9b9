//! Attacks 12, 13 and 15a: proxies and readers pool what they hold.

use alloc::vec::Vec;

use super::pool::{Pool, Pooled, Target};
use crate::abe::attacks::{Realm, policy, set};
use crate::abe::scheme::{Ciphertext, public_element};
use crate::math::{G1, Gt, Scalar};
use crate::outsource::scheme::{blind, issue, randomizer, retrieval_point};
use crate::policy::SpanProgram;
use crate::secret::Secret;

fn pool(keys: &[Pooled], program: &SpanProgram, ciphertext: &Ciphertext, k: &Gt) -> bool {
    let pool = Pool::of(keys.iter().cloned());
    pool.opens(&Target::new(program, ciphertext, k, |label| pool.holds(label)))
}

/// What goes into r: all of it, or less in a twin.
#[derive(Clone, Copy, PartialEq)]
enum Randomness {
    Real,
    WithoutY,
    WithoutKeyId,
    OneForAll,
}

fn r(randomness: Randomness, key_id: u8, y_point: &G1) -> Secret<Scalar> {
    let (key_id, y_point) = match randomness {
        Randomness::Real => (key_id, *y_point),
        Randomness::WithoutY => (key_id, G1::generator()),
        Randomness::WithoutKeyId => (0, *y_point),
        Randomness::OneForAll => (0, G1::generator()),
    };
    randomizer(&Secret::new([3; 32]), &[1; 32], &[key_id; 16], b"user", &y_point.to_bytes())
}

/// Readers' keys, as an authority makes them, or one that leaves something out of r.
fn keys(
    realm: &mut Realm,
    randomness: Randomness,
    sets: &[(&str, usize)],
    readers: &[Secret<Scalar>],
    known: bool,
) -> Vec<Pooled> {
    let mut pooled = Vec::new();
    for (key_id, (attributes, reader)) in (1u8..).zip(sets) {
        let y = &readers[*reader];
        let y_point = retrieval_point(y);
        let h = realm.bases.points(&set(attributes).labels());
        let key = issue(&realm.alpha, &y_point, &r(randomness, key_id, &y_point), &h);
        pooled.push(Pooled::new(set(attributes).labels(), &key, known.then_some(*y.expose_secret())));
    }
    pooled
}

const CASES: [(&str, [(&str, usize); 2]); 3] = [
    ("a and b", [("a", 0), ("b", 1)]),
    ("2 of (a, b, c)", [("a", 0), ("b", 1)]),
    ("a and (a or b) and c", [("a, b", 0), ("c", 1)]),
];

fn opened(text: &str, randomness: Randomness, sets: &[(&str, usize)], known: bool) -> bool {
    let mut realm = Realm::new(text);
    let program = policy(text).span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    let readers = [0; 2].map(|_| Secret::random_nonzero(&mut realm.rng));
    let keys = keys(&mut realm, randomness, sets, &readers, known);
    pool(&keys, &program, &ciphertext, k.expose_secret())
}

/// The proxy with readers none of whom satisfies the policy; and readers who have got hold of their transform keys.
#[test]
fn unsatisfying_readers_and_their_proxy_open_nothing() {
    for (text, sets) in CASES {
        assert!(!opened(text, Randomness::Real, &sets, true), "{text}");
    }
}

/// The twin: one r for all keys.
#[test]
fn with_one_r_for_all_they_open_everything() {
    for (text, sets) in CASES {
        assert!(opened(text, Randomness::OneForAll, &sets, true), "{text}");
    }
}

/// Attributes that were taken away and others that came: a reader's old key id and his new one.
#[test]
fn old_and_new_key_ids_of_one_reader_open_nothing_together() {
    let sets = [("a", 0), ("b", 0)];
    assert!(!opened("a and b", Randomness::Real, &sets, true));
    assert!(opened("a and b", Randomness::WithoutKeyId, &sets, true));
}

/// The proxy alone has a key that satisfies the policy, and Y of its reader, and those of others.
#[test]
fn the_proxy_alone_opens_nothing() {
    let sets = [("a, b", 0), ("a, b", 1)];
    assert!(!opened("a and b", Randomness::Real, &sets, false));
    // The twins: a reader who is in league with it, or has enrolled with y = 1.
    assert!(opened("a and b", Randomness::Real, &sets, true));
    let mut realm = Realm::new("y = 1");
    let program = policy("a and b").span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    let readers = [Secret::new(Scalar::one())];
    let weak = keys(&mut realm, Randomness::Real, &[("a, b", 0)], &readers, false);
    assert!(pool(&weak, &program, &ciphertext, k.expose_secret()));
}

/// Attack 13: K2/K2' of two readers with one r is (Y/Y')^α.
#[test]
fn one_r_for_two_readers_gives_the_master_secret_away() {
    let mut realm = Realm::new("one r");
    let readers = [0; 2].map(|_| Secret::random_nonzero(&mut realm.rng));
    let e = *realm.bases.e().element();
    let attack = |randomness| {
        // The same key id twice: an authority restored from a copy.
        let k2: Vec<G1> = readers
            .iter()
            .map(|y| {
                let y_point = retrieval_point(y);
                *issue(&realm.alpha, &y_point, &r(randomness, 1, &y_point), &[]).elements().1
            })
            .collect();
        let difference = *readers[0].expose_secret() - *readers[1].expose_secret();
        let candidate = (k2[0] + -k2[1]).pow(&Secret::new(difference.invert()));
        let found = public_element(&Secret::new(candidate)) == e;
        // And r with y gives it, too: why k_r is as secret as α.
        let y_point = retrieval_point(&readers[0]);
        let b_r = crate::abe::scheme::base().pow(&r(randomness, 1, &y_point));
        let known = (k2[0] + -b_r).pow(&Secret::new(readers[0].expose_secret().invert()));
        assert!(public_element(&Secret::new(known)) == e);
        found
    };
    assert!(!attack(Randomness::Real));
    assert!(attack(Randomness::WithoutY));
}

/// r is another one for another realm, key id, user or Y.
#[test]
fn everything_goes_into_r() {
    let (one, two) = (G1::generator(), G1::generator() + G1::generator());
    let k_r = |byte| Secret::new([byte; 32]);
    let all = [
        randomizer(&k_r(1), &[1; 32], &[1; 16], b"u", &one.to_bytes()),
        randomizer(&k_r(2), &[1; 32], &[1; 16], b"u", &one.to_bytes()),
        randomizer(&k_r(1), &[2; 32], &[1; 16], b"u", &one.to_bytes()),
        randomizer(&k_r(1), &[1; 32], &[2; 16], b"u", &one.to_bytes()),
        randomizer(&k_r(1), &[1; 32], &[1; 16], b"v", &one.to_bytes()),
        randomizer(&k_r(1), &[1; 32], &[1; 16], b"u", &two.to_bytes()),
    ];
    for (at, r) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| r.expose_secret() != other.expose_secret()));
    }
}

/// Keys that readers made of full keys, pooled with each other and with keys of the authority.
#[test]
fn own_transform_keys_cannot_be_pooled_either() {
    let mut realm = Realm::new("own");
    let program = policy("a and b").span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    let y = Secret::random_nonzero(&mut realm.rng);
    let full = [realm.key(&set("a")), realm.key(&set("b"))];
    let y_known = Some(*y.expose_secret());
    let pooled = [
        Pooled::new(set("a").labels(), &blind(&full[0].key, &y), y_known),
        Pooled::new(set("b").labels(), &blind(&full[1].key, &y), y_known),
    ];
    assert!(!pool(&pooled, &program, &ciphertext, k.expose_secret()));
    // Each alone works for what it has.
    let program = policy("a").span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    assert!(pool(&pooled, &program, &ciphertext, k.expose_secret()));
}

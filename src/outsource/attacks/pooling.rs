//! Attacks 12, 13 and 15a: proxies and readers pool what they hold.

use alloc::vec::Vec;

use crate::abe::attacks::{Realm, decrypt_by_hand, policy, set};
use crate::abe::scheme::{Ciphertext, public_element};
use crate::math::{G1, G2, Gt, Scalar};
use crate::outsource::scheme::{BlindedKey, blind, issue, randomizer, retrieval_point};
use crate::policy::{Label, SpanProgram};
use crate::secret::Secret;

/// What the proxy holds of a reader, and y if the reader is in league with it.
struct Pooled {
    labels: Vec<Label>,
    k1: G2,
    k2: G1,
    k3: Vec<G1>,
    y: Option<Scalar>,
}

impl Pooled {
    fn new(attributes: &str, key: &BlindedKey, y: Option<Scalar>) -> Self {
        let (k1, k2, k3) = key.elements();
        Self { labels: set(attributes).labels(), k1: *k1, k2: *k2, k3: k3.to_vec(), y }
    }

    fn component(&self, label: &Label) -> Option<G1> {
        self.k3.get(self.labels.iter().position(|own| own == label)?).copied()
    }

    /// The same key with every element to the power 1/y, if y is known: a full key.
    fn unblinded(&self) -> Option<Self> {
        let inverse = Secret::new(self.y?.invert());
        Some(Self {
            labels: self.labels.clone(),
            k1: self.k1.pow(&inverse),
            k2: self.k2.pow(&inverse),
            k3: self.k3.iter().map(|k3| k3.pow(&inverse)).collect(),
            y: Some(Scalar::one()),
        })
    }
}

/// Mixes the keys, as they are and unblinded where y is known, in every combination: K1 of one, K2 of
/// another, each K3 of whoever has it; raises what comes out to the inverse of every y and of every product of
/// two; and divides one result by another.
fn pool(keys: &[Pooled], program: &SpanProgram, ciphertext: &Ciphertext, k: &Gt) -> bool {
    let Ciphertext { c1, c2, c3 } = ciphertext;
    let unblinded: Vec<Pooled> = keys.iter().filter_map(Pooled::unblinded).collect();
    let all: Vec<&Pooled> = keys.iter().chain(&unblinded).collect();
    let anyone = |label: &Label| all.iter().any(|key| key.component(label).is_some());
    let selection = program.reconstruct(anyone).expect("together they have all attributes");
    let mut mixes: Vec<Vec<(usize, Scalar, G1)>> = alloc::vec![Vec::new()];
    for (row, gamma) in &selection.rows {
        let label = &program.labels()[program.rows()[*row].label];
        let owned: Vec<G1> = all.iter().filter_map(|key| key.component(label)).collect();
        mixes = mixes
            .iter()
            .flat_map(|mix| owned.iter().map(|k3| [&mix[..], &[(*row, *gamma, *k3)]].concat()))
            .collect();
    }
    let mut exponents = alloc::vec![Scalar::one()];
    let known: Vec<Scalar> = keys.iter().filter_map(|key| key.y).map(|y| y.invert()).collect();
    exponents.extend(&known);
    exponents.extend(known.iter().flat_map(|a| known.iter().map(|b| *a * *b)));
    let results: Vec<Gt> = all
        .iter()
        .flat_map(|first| all.iter().map(move |second| (first.k1, second.k2)))
        .flat_map(|(k1, k2)| mixes.iter().map(move |rows| (k1, k2, rows)))
        .map(|(k1, k2, rows)| decrypt_by_hand(k1, k2, rows, program, c1, c2, c3))
        .collect();
    let finished = |t: &Gt| exponents.iter().any(|inverse| t.pow(&Secret::new(*inverse)).ct_eq(k));
    // Quotients of the first few: each with each would take minutes.
    let minus_one = Secret::new(-Scalar::one());
    let few = &results[..results.len().min(6)];
    results.iter().any(finished)
        || few.iter().any(|a| few.iter().any(|b| finished(&(*a * b.pow(&minus_one)))))
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
        pooled.push(Pooled::new(attributes, &key, known.then_some(*y.expose_secret())));
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
        Pooled::new("a", &blind(&full[0].key, &y), y_known),
        Pooled::new("b", &blind(&full[1].key, &y), y_known),
    ];
    assert!(!pool(&pooled, &program, &ciphertext, k.expose_secret()));
    // Each alone works for what it has.
    let program = policy("a").span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    assert!(pool(&pooled, &program, &ciphertext, k.expose_secret()));
}

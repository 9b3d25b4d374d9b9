//! Attack 3: several readers pool what they hold. Delegates of one key do, too.

use alloc::vec::Vec;

use super::{Holding, Realm, decrypt_by_hand, policy, set};
use crate::abe::scheme::{self, Ciphertext, SecretKey};
use crate::math::{G1, G2, Gt, Scalar};
use crate::policy::{Label, SpanProgram};
use crate::secret::Secret;

/// Mixes the components of the keys in every combination: K1 of one, K2 of another, each K3 of
/// whoever has it.
fn pool(keys: &[Holding], program: &SpanProgram, ciphertext: &Ciphertext, k: &Gt) -> bool {
    let Ciphertext { c1, c2, c3 } = ciphertext;
    let owners_of = |row: usize| -> Vec<G1> {
        let label = &program.labels()[program.rows()[row].label];
        keys.iter().filter_map(|key| key.component(label)).collect()
    };
    let anyone = |label: &Label| keys.iter().any(|key| key.component(label).is_some());
    let selection = program.reconstruct(anyone).expect("together they have all attributes");
    let mut mixes: Vec<Vec<(usize, Scalar, G1)>> = alloc::vec![Vec::new()];
    for (row, gamma) in &selection.rows {
        mixes = mixes
            .into_iter()
            .flat_map(|mix| {
                owners_of(*row).into_iter().map(move |k3| {
                    let mut longer = mix.clone();
                    longer.push((*row, *gamma, k3));
                    longer
                })
            })
            .collect();
    }
    keys.iter().any(|first| {
        keys.iter().any(|second| {
            mixes
                .iter()
                .any(|rows| decrypt_by_hand(first.key.k1, second.key.k2, rows, program, c1, c2, c3).ct_eq(k))
        })
    })
}

const CASES: [(&str, [&str; 2]); 5] = [
    ("a and b", ["a", "b"]),
    ("a and b and c", ["a, b", "b, c"]),
    ("2 of (a, b, c)", ["a", "b"]),
    ("(a or b) and (c or d)", ["a, b", "c, d"]),
    ("a and (a or b) and c", ["a, b", "c"]),
];

#[test]
fn pooled_keys_open_nothing() {
    for (text, sets) in CASES {
        let mut realm = Realm::new(text);
        let program = policy(text).span_program();
        let (k, ciphertext) = realm.encrypt(&program);
        let keys = sets.map(|attributes| realm.key(&set(attributes)));
        assert!(!pool(&keys, &program, &ciphertext, k.expose_secret()), "{text}");
    }
}

/// The twin of key generation: the same r for every reader.
#[test]
fn pooled_keys_with_one_r_open_everything() {
    for (text, sets) in CASES {
        let mut realm = Realm::new(text);
        let program = policy(text).span_program();
        let (k, ciphertext) = realm.encrypt(&program);
        let r = Secret::random_nonzero(&mut realm.rng);
        let keys = sets.map(|attributes| {
            let labels = set(attributes).labels();
            let key = SecretKey::new(
                G2::generator().pow(&r),
                G1::generator().pow_product(&realm.alpha, scheme::base().point(), &r),
                labels.iter().map(|x| scheme::attribute_point(x).pow(&r)).collect(),
            );
            Holding { labels, key }
        });
        assert!(pool(&keys, &program, &ciphertext, k.expose_secret()), "{text}");
    }
}

/// A key cut down to some labels, with fresh randomness or (the twin) without.
fn delegate(realm: &mut Realm, parent: &Holding, attributes: &str, fresh: bool) -> Holding {
    let labels = set(attributes).labels();
    let position = |label: &Label| parent.labels.iter().position(|own| own == label).unwrap();
    let kept: Vec<(usize, &Label)> = labels.iter().map(|label| (position(label), label)).collect();
    let key = if fresh {
        scheme::delegate(&parent.key, &kept, &mut realm.rng)
    } else {
        let k3 = kept.iter().map(|(index, _)| parent.key.k3[*index]).collect();
        SecretKey::new(parent.key.k1, parent.key.k2, k3)
    };
    Holding { labels, key }
}

#[test]
fn delegates_can_pool_only_without_fresh_randomness() {
    for (text, sets) in CASES {
        for fresh in [true, false] {
            let mut realm = Realm::new(text);
            let program = policy(text).span_program();
            let (k, ciphertext) = realm.encrypt(&program);
            let parent = realm.key(&set("a, b, c, d"));
            let keys = sets.map(|attributes| delegate(&mut realm, &parent, attributes, fresh));
            let opened = pool(&keys, &program, &ciphertext, k.expose_secret());
            assert_eq!(opened, !fresh, "{text}, fresh randomness: {fresh}");
            // Each alone is a good key for what it has.
            for holding in &keys {
                let h = realm.bases.points(&holding.labels);
                let e = realm.bases.e().element();
                assert!(scheme::key_is_valid(e, &holding.key, &h, &mut realm.rng));
            }
        }
    }
}

//! The formulas fit together: identities between polynomials, so they hold for all secrets.

use crate::field::Random;
use crate::policy::{Policy, all, any, labels};
use crate::polynomial::{Polynomial, constant, one, secret, zero};
use crate::scheme::{Header, Realm, base, encrypt};
use crate::world::*;

/// Repeated labels, and a gate that needs Shamir's sharing.
fn policies() -> [Policy; 3] {
    let two_of = Policy::Threshold(2, vec!["physician".into(), all(["nurse", "cardiology"]), "night".into()]);
    [
        physician_in_cardiology(),
        all([any(["nurse", "physician"]), any(["cardiology", "physician"]), "cardiology".into()]),
        all([two_of, any(["night", "cardiology"])]),
    ]
}

const NIGHT: &[&str] = &["physician", "cardiology", "night"];

#[test]
fn transform_gives_k_to_the_power_y_unsealed_sealed_and_sealed_again() {
    let realm = Realm::setup("realm");
    let reader = honest("alice");
    let key = realm.issue(&reader, "key 1", NIGHT, [1, 6]);
    let r = secret("r of a self-made key");
    let own = realm.key(&r, &labels(NIGHT, TREE.tokens([6])));
    for policy in policies() {
        let header = encrypt("record", &policy, &cover(2));
        let sealed = header.seal("serial", 4, &cover(4));
        let again = sealed.seal("serial", 6, &cover(6));
        let fresh = header.seal("serial", 6, &cover(6));
        assert!(again.time_rows.iter().zip(&fresh.time_rows).all(|(a, b)| a.c3 == b.c3));
        for header in [&header, &sealed, &again] {
            let k = header.session_key(&realm);
            assert!(header.transform(&key) == &k * &reader.y);
            assert!(header.transform(&own) == k);
            assert!(header.transform(&own.blind(&reader.y)) == &k * &reader.y);
            let fewer = labels(NIGHT, TREE.path(6));
            assert!(header.transform(&own.delegate(&fewer, &secret("r'"))) == k);
        }
    }
}

/// e(Π C3^γ, g2) = e(B, C1) Π e(Π H^γ, C2_j) for random γ over all rows, the seal as one more
/// share of λ_T.
fn publicly_valid(header: &Header, random: &mut Random) -> bool {
    let affine = |n: usize, random: &mut Random| {
        Policy::Threshold(1, vec!["any".into(); n.max(1)]).random_combination(random)
    };
    let (mut left, mut right): (Polynomial, Polynomial) = (zero(), base() * &header.c1);
    let gamma = header.policy.random_combination(random);
    let time = affine(header.time_rows.len(), random);
    for (row, weight) in header.rows.iter().zip(gamma).chain(header.time_rows.iter().zip(time)) {
        left = left + &row.c3 * constant(weight);
        right = right + row.label.hash() * &header.c2[row.index - 1] * constant(weight);
    }
    if let Some(seal) = &header.seal {
        for ((label, e), weight) in seal.e.iter().zip(affine(seal.e.len(), random)) {
            left = left + e * &constant(weight);
            right = right + label.hash() * &seal.c * constant(weight);
        }
    }
    left == right
}

#[test]
fn the_public_check_accepts_what_is_well_formed_and_names_every_altered_element() {
    let mut random = Random::new(3);
    for policy in policies() {
        let header = encrypt("record", &policy, &cover(2));
        for header in [header.seal("serial", 4, &cover(4)), header] {
            assert!(publicly_valid(&header, &mut random));
            let alterations: [fn(&mut Header, usize) -> Option<&mut Polynomial>; 5] = [
                |header, i| header.rows.get_mut(i).map(|row| &mut row.c3),
                |header, i| header.time_rows.get_mut(i).map(|row| &mut row.c3),
                |header, i| header.c2.get_mut(i),
                |header, i| header.seal.as_mut()?.e.values_mut().nth(i),
                |header, i| (i == 0).then_some(&mut header.c1),
            ];
            for place in alterations {
                for i in 0.. {
                    let mut altered = header.clone();
                    let Some(element) = place(&mut altered, i) else { break };
                    *element = &*element + one();
                    assert!(!publicly_valid(&altered, &mut random), "element {i} of {policy:?}");
                }
            }
        }
    }
}

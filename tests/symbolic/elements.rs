//! Every kind of element that travels, given to an adversary who lacks an attribute: it opens
//! nothing, and the twin names what must not travel with it or in its place.

use crate::policy::{Label, labels};
use crate::polynomial::{Polynomial, known, point, secret, zero};
use crate::scheme::{Header, Realm, base, encrypt_rows, occurrence};
use crate::span::Holdings;
use crate::world::*;

/// The adversary of this file: a physician without cardiology, with a record of epoch 2. The
/// element goes to him; whether the record opens.
fn opens(element: impl FnOnce(&Realm, &Header, &mut Holdings)) -> bool {
    let realm = Realm::setup("realm");
    let mut adversary = realm.outsider();
    let record = record("record", 2);
    adversary.learns(&realm.issue(&corrupt("bob"), "key of bob", PHYSICIAN, ALWAYS));
    adversary.learns(&record);
    element(&realm, &record, &mut adversary);
    adversary.reaches(&record.session_key(&realm))
}

/// Alice keeps y secret and has both attributes; r is that of her key id.
fn alice(realm: &Realm) -> (Reader, Polynomial) {
    let alice = honest("alice");
    let r = realm.randomness("key of alice", alice.name, &alice.y);
    (alice, r)
}

#[test]
fn public_key_e_is_in_gt() {
    // Already held by every outsider. As g2^alpha it would do no harm, as g1^alpha it opens all.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| match twin {
            Twin::Design => adversary.learns_g2(&realm.alpha),
            Twin::Weakened => adversary.learns_g1(&realm.alpha),
        })
    });
}

#[test]
fn y_and_its_proof_of_possession() {
    // Schnorr: challenge c and answer z are numbers, the commitment is g1^{z - c y}.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let (alice, r) = alice(realm);
            adversary.learns(&alice);
            adversary.learns(&realm.transform_key(&alice.y, &r, &labels(BOTH, TREE.path(3))));
            for proof in ["first", "second"] {
                let [c, z] = ["challenge", "answer"].map(|name| known(&format!("{name} of the {proof}")));
                adversary.learns_g1(&(z - c * &alice.y));
            }
            // The twin repeats the nonce over two challenges, which gives y.
            if twin == Twin::Weakened {
                let y = known("y from two answers under one nonce");
                adversary.learns(&realm.transform_key(&y, &r, &labels(BOTH, TREE.path(3))));
            }
        })
    });
}

#[test]
fn k1_of_another_key_pasted_to_own_parts() {
    // r in G2 is public to the proxy; as a number it gives g1^alpha to whoever knows y.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let r = twin.pick(secret("r of carol"), known("r of carol"));
            adversary.learns(&realm.transform_key(&corrupt("carol").y, &r, &labels(NURSE, TREE.path(3))));
            assert_eq!(adversary.reaches_g1(&realm.alpha), twin == Twin::Weakened);
        })
    });
}

#[test]
fn k2_needs_its_mask() {
    // r = 0 is refused: K2 would be Y^alpha, and for a known y that is g1^alpha.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let r = twin.pick(secret("r of carol"), zero());
            let key = realm.transform_key(&corrupt("carol").y, &r, &labels(NURSE, []));
            adversary.learns_g2(&key.k1);
            adversary.learns_g1(&key.k2);
        })
    });
}

#[test]
fn k3_granted_to_another_key_id() {
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let bob = corrupt("bob");
            let of = twin.pick("another key of bob", "key of bob");
            let r = realm.randomness(of, bob.name, &bob.y);
            adversary.learns_g2(&r);
            let grant = realm.transform_key(&bob.y, &r, &labels(CARDIOLOGY, [])).k3;
            grant.values().for_each(|part| adversary.learns_g1(part));
        })
    });
}

#[test]
fn time_tokens_of_another_key_id() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let (bob, carol) = (corrupt("bob"), corrupt("carol"));
        let mut adversary = realm.outsider();
        adversary.learns(&realm.issue(&bob, "key of bob", BOTH, UNTIL_3));
        // Carol lives on without attributes. The twin's tokens are for the wrong key id.
        let r = match twin {
            Twin::Design => realm.randomness("key of carol", carol.name, &carol.y),
            Twin::Weakened => realm.randomness("key of bob", bob.name, &bob.y),
        };
        adversary.learns(&realm.transform_key(&carol.y, &r, &labels(&[], TREE.tokens(4..8))));
        let later = record("later", 5);
        adversary.learns(&later);
        adversary.reaches(&later.session_key(&realm))
    });
}

#[test]
fn a_transform_key_under_y_is_harmless_to_all_but_its_own_reader() {
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let (alice, r) = alice(realm);
            let y = twin.pick(alice.y, known("y of alice"));
            adversary.learns(&realm.transform_key(&y, &r, &labels(BOTH, TREE.tokens(ALWAYS))));
        })
    });
}

#[test]
fn a_transform_key_made_by_its_reader_from_his_full_key() {
    // Two such keys of one full key, for two proxies; the twin leaves the second one unblinded.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let full = realm.key(&secret("r"), &labels(BOTH, TREE.tokens(ALWAYS)));
            adversary.learns(&full.blind(&secret("y for one proxy")));
            adversary.learns(&full.blind(&twin.pick(secret("y for another"), known("y for another"))));
        })
    });
}

#[test]
fn one_full_key_blinded_for_two_proxies_one_of_whom_learns_his_y() {
    // The parts under the known y lack an attribute; those under the secret one do not mix in.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let r = secret("r");
            let all = realm.key(&r, &labels(BOTH, TREE.tokens(ALWAYS)));
            let few = realm.key(&r, &labels(NURSE, TREE.tokens(ALWAYS)));
            adversary.learns(&all.blind(&twin.pick(secret("y secret"), known("y also known"))));
            adversary.learns(&few.blind(&known("y known")));
        })
    });
}

#[test]
fn c1_and_c2_of_other_records() {
    // The twin repeats s1 in a record that the adversary may open.
    only_the_twin_breaks(|twin| {
        opens(|_, record, adversary| {
            let s1 = twin.pick(secret("another s1"), record.c1.clone());
            let other = encrypt_rows(&s1, "other", &"physician".into(), &cover(2), occurrence);
            adversary.learns(&other);
        })
    });
}

#[test]
fn c3_rows_of_the_same_policy_in_other_records() {
    // The twin keeps s' and v under a multiple of s1: the last rows differ by a power of B^{s1}.
    only_the_twin_breaks(|twin| {
        opens(|_, record, adversary| {
            let s1 = twin.pick(record.c1.clone(), &record.c1 * &known("factor"));
            let tag = twin.pick("other rows", "record");
            adversary.learns(&encrypt_rows(&s1, tag, &record.policy, &cover(2), occurrence));
        })
    });
}

#[test]
fn time_rows_and_seals_of_a_record_the_adversary_is_no_reader_of() {
    only_the_twin_breaks(|twin| {
        opens(|_, record, adversary| {
            for epoch in 3..8 {
                let sealed = record.seal("serial", epoch, &cover(epoch));
                adversary.learns(&sealed);
                // A seal does not stand in for an attribute, even if w is known.
                adversary.learns_g1(&(base() * &sealed.seal.as_ref().unwrap().w));
            }
            // The twin shows the share of the policy in place of the share of the clause.
            let lambda = secret("lambda of record");
            let share = twin.pick(lambda.clone(), &record.c1 - &lambda);
            adversary.learns_g1(&(base() * share));
        })
    });
}

#[test]
fn answers_of_the_proxy_for_other_readers() {
    // T = K^y in GT, overheard; and T of the same reader for other records.
    only_the_twin_breaks(|twin| {
        opens(|realm, header, adversary| {
            let (alice, r) = alice(realm);
            adversary.learns(&alice);
            let y = twin.pick(alice.y, known("y of alice"));
            let key = realm.transform_key(&y, &r, &labels(BOTH, TREE.tokens(ALWAYS)));
            adversary.learns_gt(&header.transform(&key));
            adversary.learns_gt(&record("another record", 1).transform(&key));
        })
    });
}

#[test]
fn session_keys_of_other_records() {
    only_the_twin_breaks(|twin| {
        opens(|realm, header, adversary| {
            let other = record("another record", 1);
            adversary.learns(&other);
            adversary.learns_gt(&twin.pick(&other, header).session_key(realm));
        })
    });
}

/// What travels in the keyword index without the gate: X = g2^x, Y_u = g2^{y_u} with its proof,
/// headers, and trapdoors D_w = H_kw(w)^x in the hands of readers.
#[test]
fn public_keys_and_trapdoors_of_the_index() {
    // A lab's tags for a keyword hang on e(H_kw(w), X)^{y_u}: the trapdoor of that keyword, or y_u.
    for give_y in [false, true] {
        only_the_twin_breaks(|twin| {
            let [x, lab, other_lab] = ["x", "y of lab", "y of another lab"].map(secret);
            let [guessed, other] = ["keyword guessed", "keyword other"].map(point);
            let mut cloud = Holdings::generators();
            cloud.learns_g2(&x);
            cloud.learns_g2(&lab);
            cloud.learns_g2(&other_lab);
            cloud.learns_g1(&(&other * &x));
            cloud.learns_g1(&guessed);
            cloud.learns_gt(&(&guessed * &x * &other_lab));
            if twin == Twin::Weakened && give_y {
                cloud.learns_g1(&(&guessed * &lab));
            } else if twin == Twin::Weakened {
                cloud.learns_g1(&(&guessed * &x));
            }
            cloud.reaches(&(&guessed * &x * &lab))
        });
    }
}

#[test]
fn a_trapdoor_is_no_key_part() {
    // Even if keywords and attributes were hashed alike: H(x)^x_i is not H(x)^r, unless x_i = r.
    only_the_twin_breaks(|twin| {
        opens(|realm, _, adversary| {
            let bob = corrupt("bob");
            let r = realm.randomness("key of bob", bob.name, &bob.y);
            let x = twin.pick(secret("x"), r);
            adversary.learns_g2(&x);
            adversary.learns_g1(&(Label::attribute("cardiology").hash() * x));
        })
    });
}

//! Encryption and seals: collusion, several headers under one secret, several seals of one header.

use crate::policy::{Label, Policy, all, any, labels};
use crate::polynomial::{Polynomial, point, secret};
use crate::scheme::{Header, Realm, base, encrypt, encrypt_rows, occurrence};
use crate::span::Holdings;
use crate::world::*;

/// An outsider with the key of a reader revoked after epoch 3, and of a physician of all epochs.
fn revoked_and_physician(realm: &Realm) -> Holdings {
    let mut pool = realm.outsider();
    pool.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, UNTIL_3));
    pool.learns(&realm.issue(&corrupt("bob"), "key 2", PHYSICIAN, ALWAYS));
    pool
}

#[test]
fn rows_of_one_label_under_one_s_prime_open_to_the_wrong_key() {
    // A and (A or B) is opened by a key for B alone if both rows of A share s'.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let policy = all(["physician".into(), any(["physician", "cardiology"])]);
        let rho = twin.pick(occurrence as fn(usize) -> usize, |_| 1);
        let header = encrypt_rows(&secret("s1"), "record", &policy, &[], rho);
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("bob"), "key 1", CARDIOLOGY, ALWAYS));
        reader.learns(&header);
        reader.reaches(&header.session_key(&realm))
    });
}

#[test]
fn rows_of_one_label_under_one_s_prime_show_the_difference_of_their_shares() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let policy = all([all(["physician", "cardiology"]), any(["physician", "nurse"])]);
        let rho = twin.pick(occurrence as fn(usize) -> usize, |_| 1);
        let header = encrypt_rows(&secret("s1"), "record", &policy, &[], rho);
        let mut reader = realm.outsider();
        reader.learns(&header);
        let physician = Label::attribute("physician");
        let shares = policy.share(&secret("s1"), "record").into_iter();
        let shares: Vec<_> =
            shares.filter(|(label, _)| *label == physician).map(|(_, share)| share).collect();
        reader.reaches_g1(&(base() * (&shares[0] - &shares[1])))
    });
}

#[test]
fn shares_must_not_be_known_in_g1() {
    // As powers of g2 (for a public check, say) they help nobody; as powers of B they open.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let header = record("record", 2);
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("bob"), "key 1", PHYSICIAN, ALWAYS));
        reader.learns(&header);
        let w_p = &header.c1 - &secret("lambda of record");
        for (_, share) in header.policy.share(&w_p, "record") {
            reader.learns_g2(&share);
            if twin == Twin::Weakened {
                reader.learns_g1(&(base() * share));
            }
        }
        reader.reaches(&header.session_key(&realm))
    });
}

#[test]
fn the_share_of_the_time_clause_must_not_be_known_in_g1() {
    // B^{λ_T} is computed once for all time rows: it must not stay in the header.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let later = record("later", 5);
        let mut pool = revoked_and_physician(&realm);
        pool.learns(&later);
        let lambda = secret("lambda of later");
        pool.learns_g1(&(base() * twin.pick(secret("lambda of another record"), lambda)));
        pool.reaches(&later.session_key(&realm))
    });
}

#[test]
fn coins_must_depend_on_the_header() {
    // The same message under two policies: s1 = XOF(m ‖ hdr), or the wider policy opens the other.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let coins =
            twin.pick(["m for nurses", "m for both"], ["m", "m"]).map(|input| secret(format!("XOF {input}")));
        let wide = encrypt_rows(&coins[0], "wide", &"nurse".into(), &cover(2), occurrence);
        let narrow = encrypt_rows(&coins[1], "narrow", &physician_in_cardiology(), &cover(2), occurrence);
        let mut nurse = realm.outsider();
        nurse.learns(&realm.issue(&corrupt("nina"), "key 1", NURSE, ALWAYS));
        nurse.learns(&wide);
        nurse.learns(&narrow);
        nurse.reaches(&narrow.session_key(&realm))
    });
}

#[test]
fn refreshed_rows_of_one_header_add_nothing_under_the_same_policy() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let s1 = secret("s1");
        let both = physician_in_cardiology();
        let policy = twin.pick(both.clone(), any([both.clone(), "physician".into()]));
        let first = encrypt_rows(&s1, "first rows", &both, &cover(2), occurrence);
        let second = encrypt_rows(&s1, "second rows", &policy, &cover(2), occurrence);
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("bob"), "key 1", PHYSICIAN, ALWAYS));
        reader.learns(&first);
        reader.learns(&second);
        reader.reaches(&first.session_key(&realm))
    });
}

#[test]
fn a_sealed_header_opens_to_keys_of_its_seal_epoch_only() {
    only_the_given_reads(|refreshed| {
        let realm = Realm::setup("realm");
        let mut reader = realm.outsider();
        let until = if refreshed { 5 } else { 4 };
        reader.learns(&realm.issue(&corrupt("bob"), "key 1", BOTH, 1..=until));
        let header = record("record", 2).seal("serial", 5, &cover(5));
        reader.learns(&header);
        reader.reaches(&header.session_key(&realm))
    });
}

/// Header sealed at 4 and again at 6.
fn sealed_twice() -> [Header; 2] {
    let first = record("record", 2).seal("serial", 4, &cover(4));
    let second = first.seal("serial", 6, &cover(6));
    [first, second]
}

#[test]
fn two_seals_of_one_header_open_to_nobody_whom_the_first_excludes() {
    // A reader of epoch 4 opens the first version if somebody kept it: that is why it is not kept.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, twin.pick(1..4, 1..5)));
        let versions = sealed_twice();
        versions.iter().for_each(|version| reader.learns(version));
        reader.reaches(&versions[0].session_key(&realm))
    });
}

#[test]
fn a_step_from_seal_to_seal_shows_the_difference_of_two_w_and_no_w() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut pool = revoked_and_physician(&realm);
        let versions = sealed_twice();
        pool.learns(&versions[1]);
        let w = |version: &Header| version.seal.as_ref().unwrap().w.clone();
        // The twin hands out the first step, in which w_old = 0.
        let former = twin.pick(w(&versions[0]), w(&versions[1]) - w(&versions[1]));
        pool.learns_g1(&(base() * (former - w(&versions[1]))));
        pool.reaches(&versions[1].session_key(&realm))
    });
}

/// A victim's header and an uploader's own one, of which he has the version before the seal.
fn uploads_his_own(realm: &Realm, seal: impl Fn(&Header, &str) -> Header, policy: &Policy) -> bool {
    let mut uploader = revoked_and_physician(realm);
    let own = encrypt("own", policy, &cover(2));
    let victim = record("victim", 2);
    uploader.learns(&own);
    uploader.learns(&seal(&own, "own"));
    uploader.learns(&seal(&victim, "victim"));
    uploader.reaches(&victim.session_key(realm))
}

#[test]
fn a_serial_must_not_repeat_over_two_headers() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let seal = |header: &Header, name: &str| header.seal(twin.pick(name, "same serial"), 5, &cover(5));
        uploads_his_own(&realm, seal, &"nurse".into())
    });
}

#[test]
fn the_randomness_of_a_seal_must_depend_on_the_serial_too() {
    // With distinct w but one s'' per epoch, one's own header shows H(θ)^{s''} and so all w.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let seal = |header: &Header, name: &str| {
            let s = secret(format!("s'' of {}", twin.pick(name, "epoch 5")));
            header.seal_with(&secret(format!("w of {name}")), &s, &cover(5))
        };
        uploads_his_own(&realm, seal, &"nurse".into())
    });
}

#[test]
fn the_secrets_of_a_seal_must_depend_on_the_epoch_too() {
    // The rows of the former version are gone, but somebody kept its C_seal and E.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, 1..5));
        let header = record("record", 2);
        let former = header.seal("serial", twin.pick(4, 6), &cover(4));
        reader.learns(&former.seal.unwrap());
        reader.learns(&header.seal("serial", 6, &cover(6)));
        reader.reaches(&header.session_key(&realm))
    });
}

#[test]
fn a_seal_of_another_record_pasted_onto_a_header_opens_nothing() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut pool = revoked_and_physician(&realm);
        let sealed = record("record", 2).seal("serial", 5, &cover(5));
        // A seal at epoch 3 that the revoked reader can open, of another serial or of the same w.
        let w = twin.pick(secret("another w"), sealed.seal.as_ref().unwrap().w.clone());
        let other = record("other", 2).seal_with(&w, &secret("another s''"), &cover(3));
        pool.learns(&sealed);
        pool.learns(&other);
        pool.reaches(&sealed.session_key(&realm))
    });
}

#[test]
fn epoch_0_would_exclude_nobody() {
    // Cover(0) is the root, for which every key holds a token: headers and seals refuse it.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, UNTIL_3));
        let header = record("record", 2).seal("serial", 5, &cover(twin.pick(5, 0)));
        reader.learns(&header);
        reader.reaches(&header.session_key(&realm))
    });
}

#[test]
fn an_attribute_must_not_hash_to_the_base_point() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut held = labels(NURSE, TREE.path(2));
        held.insert(twin.pick(Label::attribute("base"), Label::base()));
        let bob = corrupt("bob");
        let mut reader = realm.outsider();
        reader.learns(&realm.transform_key(&bob.y, &secret("r"), &held));
        reader.reaches_g1(&realm.alpha)
    });
}

#[test]
fn a_time_node_must_not_be_an_attribute() {
    // An attribute that hashes to a node of later epochs would be a token for it.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let held = labels(BOTH, TREE.tokens(UNTIL_3));
        let hash: Polynomial =
            twin.pick(point("attribute named like a node"), Label::time(cover(4)[0]).hash());
        let bob = corrupt("bob");
        let mut reader = realm.outsider();
        let r = secret("r");
        reader.learns(&realm.transform_key(&bob.y, &r, &held));
        reader.learns_g1(&(hash * &r));
        let later = record("later", 4);
        reader.learns(&later);
        reader.reaches(&later.session_key(&realm))
    });
}

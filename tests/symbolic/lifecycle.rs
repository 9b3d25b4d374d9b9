//! Keys over time: key ids and realms, issuing again, hostile values of Y, delegation.

use crate::policy::{Label, all, labels};
use crate::polynomial::{Polynomial, known, one, prf, secret, zero};
use crate::scheme::{Header, Key, Realm, base, encrypt};
use crate::span::Holdings;
use crate::world::*;

/// r derived from the key id alone: what the design must not do.
fn from_key_id_alone(key_id: &str) -> Polynomial {
    prf("k_r", &[key_id])
}

#[test]
fn one_key_id_for_two_corrupt_readers_must_not_give_the_master_key() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut pool = realm.outsider();
        for reader in [corrupt("bob"), corrupt("carol")] {
            let r = twin.pick(realm.randomness("key 1", reader.name, &reader.y), from_key_id_alone("key 1"));
            pool.learns(&realm.transform_key(&reader.y, &r, &labels(NURSE, TREE.path(1))));
        }
        pool.reaches_g1(&realm.alpha)
    });
}

#[test]
fn one_key_id_for_an_honest_and_a_corrupt_reader() {
    // The proxy swaps parts; g1^alpha stays out of reach even then.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut proxy = realm.outsider();
        for (reader, attributes) in [(honest("alice"), BOTH), (corrupt("carol"), NURSE)] {
            proxy.learns(&reader);
            let r = twin.pick(realm.randomness("key 1", reader.name, &reader.y), from_key_id_alone("key 1"));
            proxy.learns(&realm.transform_key(&reader.y, &r, &labels(attributes, TREE.tokens(ALWAYS))));
        }
        let record = record("record", 5);
        proxy.learns(&record);
        assert!(!proxy.reaches_g1(&realm.alpha));
        proxy.reaches(&record.session_key(&realm))
    });
}

#[test]
fn one_key_id_issued_again_with_other_attributes() {
    // r does not depend on the attributes, so the registry of key ids refuses the second issue.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let bob = corrupt("bob");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&bob, "key 1", PHYSICIAN, [1]));
        reader.learns(&realm.issue(&bob, twin.pick("key 2", "key 1"), CARDIOLOGY, [1]));
        let record = record("record", 1);
        reader.learns(&record);
        reader.reaches(&record.session_key(&realm))
    });
}

#[test]
fn a_revoked_attribute_needs_a_new_key_id() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let bob = corrupt("bob");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&bob, "key 1", BOTH, UNTIL_3));
        reader.learns(&realm.issue(&bob, twin.pick("key 2", "key 1"), PHYSICIAN, 4..8));
        let later = record("later", 5);
        reader.learns(&later);
        reader.reaches(&later.session_key(&realm))
    });
}

#[test]
fn a_changed_number_needs_a_new_key_id() {
    // clearance >= 2 and clearance < 2, over two bits: prefixes 1* and 0*.
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let bob = corrupt("bob");
        let prefixes = [
            ["clearance/2:*", "clearance/2:0*", "clearance/2:01"],
            ["clearance/2:*", "clearance/2:1*", "clearance/2:10"],
        ];
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&bob, "key 1", &prefixes[0], ALWAYS));
        reader.learns(&realm.issue(&bob, twin.pick("key 2", "key 1"), &prefixes[1], ALWAYS));
        let header = encrypt("record", &all(["clearance/2:1*", "clearance/2:0*"]), &cover(2));
        reader.learns(&header);
        reader.reaches(&header.session_key(&realm))
    });
}

#[test]
fn two_realms_under_one_k_r() {
    only_the_twin_breaks(|twin| {
        let (first, second) = (Realm::setup("first"), Realm::setup("second"));
        let bob = corrupt("bob");
        let mut reader = first.outsider();
        reader.learns_gt(&second.alpha);
        // The twin does not bind the realm.
        let r = |realm: &Realm| {
            let name = Realm::setup(twin.pick(realm.name, "any"));
            name.randomness("key 1", bob.name, &bob.y)
        };
        for (realm, attributes) in [(&first, PHYSICIAN), (&second, CARDIOLOGY)] {
            reader.learns(&realm.transform_key(&bob.y, &r(realm), &labels(attributes, TREE.path(1))));
        }
        let record = record("record", 1);
        reader.learns(&record);
        reader.reaches(&record.session_key(&first))
    });
}

#[test]
fn a_rogue_second_realm_that_issues_to_the_same_y() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let rogue = Realm { name: "rogue", alpha: known("alpha of rogue") };
        let alice = honest("alice");
        let mut proxy = realm.outsider();
        proxy.learns(&alice);
        proxy.learns(&realm.issue(&alice, "key 1", BOTH, ALWAYS));
        // With k_r of the realm, the twin's rogue gives g1^{y alpha} B^r for the same r.
        let r = realm.randomness(twin.pick("key 2", "key 1"), alice.name, &alice.y);
        proxy.learns(&rogue.transform_key(&alice.y, &r, &labels(BOTH, [])));
        let record = record("record", 1);
        proxy.learns(&record);
        // The difference of the two K2 is Y^{alpha - alpha'}: Y^alpha, though not g1^alpha.
        assert!(!proxy.reaches(&record.session_key(&realm)));
        proxy.reaches_g1(&(&alice.y * &realm.alpha))
    });
}

/// Alice's key, her Y and a record travel; a rogue registers a Y made from what he saw, without
/// proof of possession, and gets a key for it.
fn rogue(
    y: impl Fn(&Reader, &Key, &Header) -> Polynomial,
    attributes: &[&str],
    alice_id: &str,
) -> (Realm, Holdings, Header, Polynomial) {
    let realm = Realm::setup("realm");
    let alice = honest("alice");
    let key = realm.issue(&alice, "key 1", BOTH, ALWAYS);
    let record = record("record", 2);
    let mut pool = realm.outsider();
    pool.learns(&alice);
    pool.learns(&key);
    pool.learns(&record);
    let y = y(&alice, &key, &record);
    let r = match alice_id {
        "" => realm.randomness("key 2", "rogue", &y),
        id => realm.randomness(id, alice.name, &alice.y),
    };
    pool.learns(&realm.transform_key(&y, &r, &labels(attributes, TREE.path(5))));
    (realm, pool, record, y)
}

/// Y as a function of an honest reader's Y and key, and of a record.
type FromWhatTravels = fn(&Reader, &Key, &Header) -> Polynomial;

/// Hostile values of Y, all without a known exponent.
const HOSTILE: [(&str, FromWhatTravels); 8] = [
    ("identity", |_, _, _| zero()),
    ("B", |_, _, _| base()),
    ("point of an attribute", |_, _, _| Label::attribute("physician").hash()),
    ("Y of alice", |alice, _, _| alice.y.clone()),
    ("power and multiple of Y", |alice, _, _| &alice.y * known("c") + known("d")),
    ("K2 of alice", |_, key, _| key.k2.clone()),
    ("K3 of alice", |_, key, _| key.k3.values().next().unwrap().clone()),
    ("a row", |_, _, record| record.rows[0].c3.clone()),
];

#[test]
fn hostile_values_of_y_open_nothing_to_who_lacks_an_attribute() {
    for (name, y) in HOSTILE {
        for attributes in [NURSE, PHYSICIAN] {
            let (realm, pool, record, _) = rogue(y, attributes, "");
            let k = record.session_key(&realm);
            assert!(!pool.reaches(&k), "{name}: K");
            assert!(!pool.reaches_g1(&realm.alpha), "{name}: master key");
            assert!(!pool.relates(&[k.clone(), &k * &realm.alpha]), "{name}: K combined");
        }
    }
    // The weakened twin: the rogue gets alice's key id, r bound to nothing else; Y = g1.
    let (realm, pool, record, _) = rogue(|_, _, _| one(), NURSE, "key 1");
    assert!(pool.reaches(&record.session_key(&realm)));
}

#[test]
fn a_hostile_y_gives_even_the_entitled_only_a_power_to_invert() {
    for (name, y) in HOSTILE {
        let (realm, pool, record, y) = rogue(y, BOTH, "");
        // From K^{cy + d} and alice's K^y he gets K^d; but then he satisfies the policy.
        let reads = name == "power and multiple of Y";
        assert_eq!(pool.reaches(&record.session_key(&realm)), reads, "{name}");
        assert!(pool.reaches(&(record.session_key(&realm) * y)), "{name}");
    }
    let (realm, pool, record, _) = rogue(|_, _, _| known("y"), BOTH, "");
    assert!(pool.reaches(&record.session_key(&realm)));
}

#[test]
fn delegates_of_one_parent_must_be_randomised_again() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let parent = realm.key(&secret("r"), &labels(BOTH, TREE.tokens(ALWAYS)));
        let mut pool = realm.outsider();
        for attributes in [PHYSICIAN, CARDIOLOGY] {
            let fresh = twin.pick(secret(format!("r' of {attributes:?}")), zero());
            pool.learns(&parent.delegate(&labels(attributes, TREE.tokens(ALWAYS)), &fresh));
        }
        let record = record("record", 2);
        pool.learns(&record);
        pool.reaches(&record.session_key(&realm))
    });
}

#[test]
fn a_delegate_of_a_delegate_gets_no_more() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let parent = realm.key(&secret("r"), &labels(BOTH, TREE.tokens(ALWAYS)));
        let child = parent.delegate(&labels(twin.pick(PHYSICIAN, BOTH), TREE.path(3)), &secret("r'"));
        let mut pool = realm.outsider();
        pool.learns(&child);
        pool.learns(&child.delegate(&child.labels(), &known("r'' that the child chose")));
        let record = record("record", 2);
        pool.learns(&record);
        pool.reaches(&record.session_key(&realm))
    });
}

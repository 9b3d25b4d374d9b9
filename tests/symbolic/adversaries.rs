//! Who gets what: each row of the table of claims is a scenario with its twin.

use crate::policy::labels;
use crate::polynomial::{known, one, prf};
use crate::scheme::{Realm, base, encrypt};
use crate::world::*;

#[test]
fn readers_who_do_not_satisfy_the_policy_pool_everything_old_and_new_key_ids_mixed() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let (alice, bob) = (corrupt("alice"), corrupt("bob"));
        let mut pool = realm.outsider();
        // Alice lost "cardiology" after epoch 3: new key id, same Y. Bob never was a physician.
        pool.learns(&realm.issue(&alice, "key 1", BOTH, UNTIL_3));
        let new_id = twin.pick("key 2", "key 1");
        pool.learns(&realm.issue(&alice, new_id, PHYSICIAN, 4..8));
        pool.learns(&realm.issue(&bob, "key 3", CARDIOLOGY, ALWAYS));
        let records = [record("first", 5), record("second", 6)];
        records.iter().for_each(|record| pool.learns(record));
        records.iter().any(|record| pool.reaches(&record.session_key(&realm)))
            || pool.relates(&records.map(|record| record.session_key(&realm)))
    });
}

#[test]
fn the_proxy_alone_with_every_key_token_and_ciphertext_of_all_epochs_and_every_y() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut proxy = realm.outsider();
        for reader in [honest("alice"), honest("bob")] {
            proxy.learns(&reader);
            // The twin does not blind: K2 = g1^alpha B^r.
            let y = twin.pick(reader.y.clone(), one());
            let r = realm.randomness("key", reader.name, &y);
            proxy.learns(&realm.transform_key(&y, &r, &labels(BOTH, TREE.tokens(ALWAYS))));
        }
        let records = ALWAYS.map(|epoch| record(&format!("record of {epoch}"), epoch));
        let mut keys = Vec::new();
        for record in records {
            proxy.learns(&record);
            proxy.learns(&record.seal("serial of an earlier record", 7, &cover(7)));
            keys.push(record.session_key(&realm));
        }
        proxy.relates(&keys)
    });
}

#[test]
fn the_proxy_with_readers_none_of_whom_satisfies_the_policy() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut proxy = realm.outsider();
        let readers = [(honest("alice"), BOTH), (corrupt("bob"), PHYSICIAN), (corrupt("carol"), CARDIOLOGY)];
        for (reader, attributes) in readers {
            proxy.learns(&reader);
            // The twin derives r from the key id alone, and the key id repeats.
            let r = twin.pick(realm.randomness("key", reader.name, &reader.y), prf("k_r", &["key"]));
            proxy.learns(&realm.transform_key(&reader.y, &r, &labels(attributes, TREE.tokens(ALWAYS))));
        }
        let record = record("record", 2);
        proxy.learns(&record);
        proxy.reaches(&record.session_key(&realm))
    });
}

#[test]
fn a_dishonest_proxy_that_deletes_nothing_with_a_revoked_reader_on_later_records() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut proxy = realm.outsider();
        let alice = honest("alice");
        proxy.learns(&alice);
        proxy.learns(&realm.issue(&alice, "key 1", BOTH, ALWAYS));
        proxy.learns(&realm.issue(&corrupt("revoked"), "key 2", BOTH, UNTIL_3));
        proxy.learns(&realm.issue(&corrupt("bob"), "key 3", PHYSICIAN, ALWAYS));
        // The twin encrypts without a time clause.
        let clause = twin.pick(cover(4), vec![]);
        let later = encrypt("later", &physician_in_cardiology(), &clause);
        proxy.learns(&later);
        proxy.learns(&record("earlier", 2));
        proxy.reaches(&later.session_key(&realm))
    });
}

#[test]
fn a_revoked_reader_who_kept_only_y_with_the_stolen_store_of_a_dutiful_proxy() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let (alice, revoked) = (honest("alice"), corrupt("revoked"));
        let mut thief = realm.outsider();
        thief.learns(&alice);
        thief.learns(&realm.issue(&alice, "key 1", BOTH, ALWAYS));
        // The twin's proxy did not delete the key of the revoked reader.
        if twin == Twin::Weakened {
            thief.learns(&realm.issue(&revoked, "key 2", BOTH, UNTIL_3));
        }
        thief.learns_g1(&revoked.y);
        let earlier = record("earlier", 2);
        thief.learns(&earlier);
        thief.reaches(&earlier.session_key(&realm))
    });
}

#[test]
fn a_revoked_reader_who_kept_key_and_tokens_with_the_stolen_sealed_store() {
    // Two twins: the version before the seal was kept; k_seal was not held apart.
    for stolen_seal_key in [false, true] {
        only_the_twin_breaks(|twin| {
            let realm = Realm::setup("realm");
            let mut thief = realm.outsider();
            thief.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, UNTIL_3));
            thief.learns(&realm.issue(&corrupt("bob"), "key 2", PHYSICIAN, ALWAYS));
            let earlier = record("earlier", 2);
            let sealed = earlier.seal("serial", 4, &cover(4));
            thief.learns(&sealed);
            match twin.pick(None, Some(stolen_seal_key)) {
                None => {}
                Some(false) => thief.learns(&earlier),
                Some(true) => thief.learns_g1(&(base() * &sealed.seal.as_ref().unwrap().w)),
            }
            thief.reaches(&earlier.session_key(&realm))
        });
    }
}

#[test]
fn a_dishonest_proxy_that_kept_key_and_ciphertext_reads_with_the_revoked_what_he_was_entitled_to() {
    // No scheme can prevent it; a record of a later epoch stays closed.
    only_the_given_reads(|of_his_time| {
        let realm = Realm::setup("realm");
        let mut proxy = realm.outsider();
        proxy.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, UNTIL_3));
        let record = record("record", if of_his_time { 2 } else { 4 });
        proxy.learns(&record);
        proxy.reaches(&record.session_key(&realm))
    });
}

#[test]
fn a_cached_session_key_opens_its_compartment_and_no_other() {
    only_the_given_reads(|still_open| {
        let realm = Realm::setup("realm");
        let mut reader = realm.outsider();
        reader.learns(&realm.issue(&corrupt("revoked"), "key 1", NURSE, ALWAYS));
        let (open, next) = (record("compartment", 2), record("next compartment", 2));
        reader.learns(&open);
        reader.learns(&next);
        reader.learns_gt(&open.session_key(&realm));
        reader.reaches(&if still_open { &open } else { &next }.session_key(&realm))
    });
}

#[test]
fn whoever_may_query_the_seal_service_with_serials_of_his_choice_could_unseal() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut caller = realm.outsider();
        caller.learns(&realm.issue(&corrupt("revoked"), "key 1", BOTH, UNTIL_3));
        let earlier = record("earlier", 2);
        caller.learns(&earlier.seal("serial of the record", 5, &cover(5)));
        // He asks for a seal on rows that he made up; the service takes no serial from callers.
        let serial = twin.pick("serial drawn at acceptance", "serial of the record");
        let mut made_up = record("made up", 2);
        made_up.time_rows.iter_mut().for_each(|row| row.c3 = known("made up"));
        caller.learns(&made_up.seal(serial, 5, &cover(5)));
        caller.reaches(&earlier.session_key(&realm))
    });
}

#[test]
fn a_reader_who_joins_late_opens_all_matching_earlier_records_sealed_or_not() {
    only_the_given_reads(|matching| {
        let realm = Realm::setup("realm");
        let mut late = realm.outsider();
        let attributes = if matching { BOTH } else { PHYSICIAN };
        late.learns(&realm.issue(&corrupt("late"), "key 1", attributes, [6]));
        let records = ALWAYS.take(6).map(|epoch| record(&format!("record of {epoch}"), epoch));
        let sealed = |record: crate::scheme::Header| record.seal("serial", 6, &cover(6));
        let mut opens = false;
        for record in records.flat_map(|record| [record.clone(), sealed(record)]) {
            let mut holdings = late.clone();
            holdings.learns(&record);
            let reached = holdings.reaches(&record.session_key(&realm));
            assert_eq!(reached, matching);
            opens |= reached;
        }
        opens
    });
}

#[test]
fn who_steals_the_master_key_reads_everything() {
    // alpha itself, or k_r, which gives r: with one known y it gives g1^alpha.
    for only_k_r in [false, true] {
        only_the_given_reads(|stolen| {
            let realm = Realm::setup("realm");
            let mut thief = realm.outsider();
            let bob = corrupt("bob");
            let key = realm.issue(&bob, "key 1", NURSE, ALWAYS);
            thief.learns(&key);
            if stolen && only_k_r {
                thief.learns_g1(&(base() * &key.k1));
            } else if stolen {
                thief.learns_g1(&realm.alpha);
            }
            let record = record("record", 7);
            thief.learns(&record);
            let reads = thief.reaches(&record.session_key(&realm));
            assert_eq!(reads, thief.reaches_g1(&realm.alpha));
            reads
        });
    }
}

//! Attack 20: whoever is revoked keeps his key and every token, a proxy deletes nothing, and they have the header of a new seed.

use alloc::vec::Vec;

use super::SeedHeader;
use super::house::{CONTEXT, House, NOW, unproved};
use crate::abe::attacks::{policy, set};
use crate::outsource::attacks::pool::Pool;
use crate::outsource::{ReaderSeed, StoredHeader};
use crate::revoke::KeyRegistry;
use crate::revoke::attacks::{Side, Twin, only_the_twin_breaks};

/// A header that wraps a seed: in a later epoch, or, in the twin, in the epoch of the revocation.
fn wrapped(house: &mut House, text: &str, twin: Twin) -> (StoredHeader, Vec<u8>, crate::Secret<[u8; 32]>) {
    let (header, seed) = match twin {
        Twin::Real => {
            house.advance();
            house.wrap(text)
        }
        Twin::Weakened => {
            // The one check that is left out: any current epoch is taken for a later one.
            let later = unproved(house.epochs.current(NOW).unwrap());
            let (parameters, rng) = (&house.world.parameters, &mut house.world.rng);
            let (header, seed) = SeedHeader::wrap(parameters, later, &policy(text), CONTEXT, rng).unwrap();
            (header.to_bytes(), seed)
        }
    };
    (house.stored(&header), header, seed)
}

/// They go around the check of satisfaction and of tokens: every element of every colluder in every place.
#[test]
fn a_revoked_reader_and_a_proxy_that_deletes_nothing_do_not_get_a_later_seed() {
    only_the_twin_breaks(|twin| {
        let mut house = House::begin("kept tokens");
        let mut revoked = house.world.reader("revoked", "a, b", 1);
        house.advance();
        house.advance();
        // Key and tokens of epochs 1 to 3, all that he ever got; and readers who do not satisfy the policy, with later tokens.
        let pool = Pool::of([
            house.world.keep_all(&mut revoked, 3, Side::Colludes),
            house.world.all_tokens("noor", "a", 1..=9, Side::Colludes),
            house.world.all_tokens("honest", "a, b", 1..=9, Side::Honest),
        ]);
        house.revoke("revoked");
        let (stored, _, _) = wrapped(&mut house, "a and b", twin);
        house.world.colluders_open(&pool, &stored)
    });
}

/// The same with what a dishonest proxy runs as it is, and up to the seed.
#[test]
fn the_kept_key_opens_the_header_of_the_epoch_of_the_revocation() {
    only_the_twin_breaks(|twin| {
        let mut house = House::begin("kept key");
        let revoked = house.world.reader("revoked", "a, b", 1);
        house.revoke("revoked");
        let (stored, bytes, owners) = wrapped(&mut house, "a and b", twin);
        // Without a permit: no update is looked at.
        let Ok(transformed) = revoked.key.apply_to_stored(&stored) else { return false };
        let header = SeedHeader::from_bytes(&bytes).unwrap();
        let key = revoked.seed.retrieval_key();
        let opened = header.open(&house.world.parameters, &key, &transformed, CONTEXT);
        opened.is_ok_and(|seed| seed.ct_eq(&owners))
    });
}

/// A key that has only lost attributes gets tokens of later epochs: an advance does not help, so that the type asks for the death of the key.
#[test]
fn an_advance_alone_does_not_bind_withdrawn_attributes() {
    only_the_twin_breaks(|twin| {
        let mut house = House::begin("withdrawn attributes");
        let mut reader = house.world.reader("reader", "a, b", 1);
        let withdrawn = set("b");
        let update = house.authority.revoke_attributes(reader.key.id(), &withdrawn, NOW).unwrap();
        house.publish(update);
        if !twin.is_weakened() {
            assert!(house.revocations.later_epoch(&house.epochs, NOW).is_err());
            let update = house.authority.revoke_key(reader.key.id(), NOW).unwrap();
            house.publish(update);
        }
        house.advance();
        // Tokens of epoch 2 for a key that is alive; the proxy has not deleted the component of b.
        let until = if twin.is_weakened() { 2 } else { 1 };
        let pool = Pool::of([house.world.keep_all(&mut reader, until, Side::Colludes)]);
        let later = match twin {
            Twin::Real => house.revocations.later_epoch(&house.epochs, NOW).unwrap(),
            Twin::Weakened => unproved(house.epochs.current(NOW).unwrap()),
        };
        let (parameters, rng) = (&house.world.parameters, &mut house.world.rng);
        let (header, _) = SeedHeader::wrap(parameters, later, &policy("a and b"), CONTEXT, rng).unwrap();
        let stored = house.stored(&header.to_bytes());
        house.world.colluders_open(&pool, &stored)
    });
}

/// A proxy that names an epoch to come, when an authority that was restored asks until when its keys are good, would get tokens with
/// which a key outlives its revocation.
#[test]
fn nothing_is_issued_for_an_epoch_that_has_not_begun() {
    let mut house = House::begin("ahead");
    house.advance();
    let seed = ReaderSeed::generate(&mut house.world.rng);
    let key = house.issue("reader", &seed, "a");
    let (id, now, last) = (*key.id(), house.authority.epoch(), house.world.tree.last());
    assert!(house.authority.reconcile(&mut house.registry, [(id, last)], NOW).unwrap().is_empty());
    let entry = |house: &House| house.registry.get(&id).unwrap().unwrap();
    assert_eq!(entry(&house).refreshed(), now);
    // Nor if the registry itself says so.
    let mut ahead = entry(&house);
    ahead.refresh(last);
    house.registry.replace(ahead).unwrap();
    let again = house.authority.issue_again(&id, &house.registry).unwrap();
    let again = again.accept(&house.world.parameters, &mut house.world.rng).unwrap();
    assert_eq!(again.tokens_until(), Some(now));
}

//! What goes on from epoch to epoch: keys, tokens, records, seals.

use super::World;
use crate::abe::types::PublicParameters;
use crate::outsource::{ProxyKey, StoredHeader, TransformError};
use crate::revoke::{SealError, SealKeeper, SealKey, SealRequest, SealStep};

/// For every pair of epochs: a key opens what was made in its epoch or before, and nothing later.
#[test]
fn a_key_opens_what_was_made_until_its_epoch() {
    let mut world = World::new("pairs", 3);
    let records: Vec<StoredHeader> = (1..8).map(|epoch| world.stored("a or b", epoch)).collect();
    for until in 1..8 {
        let reader = world.reader("r", "a", until);
        for (record, made) in records.iter().zip(1..) {
            assert_eq!(world.opens(&reader, record), made <= until, "made in {made}, key until {until}");
            if made > until {
                let (until, needed) = (world.epoch(until), world.epoch(made));
                let error = reader.key.apply_to_stored(record).unwrap_err();
                assert_eq!(error, TransformError::Tokens { until, needed });
            }
        }
    }
}

/// Refreshed from every epoch to every later one, at once and step by step; and reloaded in between.
#[test]
fn a_refreshed_key_is_one_issued_later() {
    let mut world = World::new("refresh", 3);
    let records: Vec<StoredHeader> = (1..8).map(|epoch| world.stored("a", epoch)).collect();
    let mut stepwise = world.reader("stepwise", "a", 1);
    for until in 1..8u64 {
        if until > 1 {
            world.refresh(&mut stepwise, until);
            stepwise.key = ProxyKey::from_bytes(&stepwise.key.to_bytes()).unwrap();
        }
        let mut idle = world.reader("idle", "a", 1);
        if until > 1 {
            world.refresh(&mut idle, until);
        }
        for (record, made) in records.iter().zip(1..) {
            assert_eq!(world.opens(&stepwise, record), made <= until);
            assert_eq!(world.opens(&idle, record), made <= until);
        }
        assert_eq!(idle.key.tokens_until(), Some(world.epoch(until)));
    }
}

/// Sealed in every epoch, once and again: opens with keys that are good until then, and never changes what it holds.
#[test]
fn a_sealed_record_asks_for_the_epoch_of_its_seal() {
    let mut world = World::new("seal", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let readers: Vec<_> = (1..8).map(|until| world.reader("r", "a, b", until)).collect();
    for text in ["a", "a and b", "a and (a or b)", "2 of (a, b, c)"] {
        for first in 1..8 {
            let mut record = world.stored(text, first);
            for seal in first..8 {
                let to = world.epoch(seal);
                let sealed = record.seal(&world.parameters, to, &keeper).unwrap();
                assert_eq!(sealed.is_some(), seal > first);
                if let Some(sealed) = sealed {
                    assert_eq!(sealed.serial(), record.serial());
                    assert_eq!(sealed.header().core_id(), record.header().core_id());
                    record = StoredHeader::from_bytes(&sealed.to_bytes()).unwrap();
                    assert_eq!(record.to_bytes(), sealed.to_bytes());
                    let again = record.seal(&world.parameters, to, &keeper).unwrap();
                    assert!(again.is_none(), "sealed twice in {seal}");
                    let back = record.seal(&world.parameters, world.epoch(1), &keeper).unwrap_err();
                    assert_eq!(back, SealError::RolledBack { sealed: to, wanted: world.epoch(1) });
                    let other = SealKey::generate(&mut world.rng);
                    if seal < 7 {
                        let next = world.epoch(7);
                        let lost = record.seal(&world.parameters, next, &other).unwrap_err();
                        assert_eq!(lost, SealError::OtherKey);
                    }
                }
                for (reader, until) in readers.iter().zip(1..) {
                    assert_eq!(
                        world.opens(reader, &record),
                        until >= seal,
                        "{text}: {first}, {seal}, {until}"
                    );
                }
            }
        }
    }
}

/// A keeper in another process.
struct Far(SealKey);

impl SealKeeper for Far {
    type Error = SealError;

    fn id(&self) -> crate::SealKeyId {
        self.0.id()
    }

    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
        let request = SealRequest::from_bytes(&request.to_bytes()).unwrap();
        Ok(SealStep::from_bytes(self.0.step(parameters, request)?.to_bytes().expose_secret()).unwrap())
    }
}

#[test]
fn a_keeper_in_another_process_seals_as_one_at_hand() {
    let mut world = World::new("far", 3);
    let near = SealKey::generate(&mut world.rng);
    let far = Far(SealKey::from_bytes(near.to_bytes().expose_secret()).unwrap());
    let (mut here, mut there) = (world.stored("a", 1), None::<StoredHeader>);
    for epoch in [2, 3, 7] {
        let to = world.epoch(epoch);
        let sealed = there.as_ref().unwrap_or(&here).seal(&world.parameters, to, &far).unwrap().unwrap();
        here = here.seal(&world.parameters, to, &near).unwrap().unwrap();
        assert_eq!(sealed.to_bytes(), here.to_bytes());
        there = Some(sealed);
    }
    // Of another realm's store.
    let mut other = World::new("another", 3);
    let record = other.stored("a", 1);
    let refused = record.seal(&world.parameters, world.epoch(2), &far).unwrap_err();
    assert_eq!(refused, SealError::OtherRealm);
}

#[test]
fn a_header_without_its_seal_does_not_open() {
    let mut world = World::new("bare", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let reader = world.reader("r", "a", 7);
    let record = world.stored("a", 2);
    let sealed = record.seal(&world.parameters, world.epoch(4), &keeper).unwrap().unwrap();
    assert!(world.opens(&reader, &sealed) && world.opens(&reader, &record));
    let finish = |header: &crate::Header| {
        let transformed = reader.key.apply_to_header(header).unwrap();
        let id = header.core_id();
        reader.seed.retrieval_key().finish(&world.parameters, &transformed, id, super::CONTEXT).is_ok()
    };
    assert!(!finish(sealed.header()) && finish(record.header()));
}

//! What can be read, as it must be or as no scheme can prevent: the other rows of the table of `[REV-1]`.

use alloc::vec::Vec;

use super::{CONTEXT, Reader, Side, World, b_w, set, unsealed_by};
use crate::ContentKey;
use crate::RecordName;
use crate::abe::kem;
use crate::abe::scheme::{base, public_element};
use crate::abe::types::Header;
use crate::outsource::StoredHeader;
use crate::outsource::attacks::pool::{Pool, Pooled};
use crate::revoke::SealKey;
use crate::secret::Secret;

/// No scheme can prevent it: the proxy kept everything, and the reader was entitled to the record then.
#[test]
fn a_dishonest_proxy_reads_with_a_revoked_reader_what_he_was_entitled_to() {
    let mut world = World::new("entitled then", 3);
    let reader = world.reader("revoked", "a, b", 3);
    let [of_his_time, later] = [2, 4].map(|epoch| world.stored("a and b", epoch));
    let keeper = SealKey::generate(&mut world.rng);
    let sealed = world.sealed(&of_his_time, 4, &keeper);
    assert!(world.opens(&reader, &of_his_time));
    assert!(!world.opens(&reader, &sealed) && !world.opens(&reader, &later));
    let y = Some(*reader.seed.exponent().expose_secret());
    let pool = Pool::of([Pooled::of(&reader.key, y)]);
    assert!(world.colluders_open(&pool, &of_his_time));
    assert!(!world.colluders_open(&pool, &sealed) && !world.colluders_open(&pool, &later));
}

/// Why compartments close when a reader of theirs is revoked.
#[test]
fn a_cached_content_key_opens_what_its_compartment_gets_later_and_no_other() {
    let mut world = World::new("cached", 3);
    let reader = world.reader("revoked", "a", 3);
    let (header, written_with) = world.header("a", 2);
    let stored =
        StoredHeader::accept_at(world.current(2), header, &world.parameters, &mut world.rng).unwrap();
    let cached = finished(&world, &reader, &stored).unwrap();
    let (_, next) = world.header("a", 2);
    let keeper = SealKey::generate(&mut world.rng);
    let sealed = world.sealed(&stored, 4, &keeper);
    assert!(finished(&world, &reader, &sealed).is_none());
    // Epoch 4: another record in either compartment.
    let name = RecordName::random(&mut world.rng);
    let (same, other) =
        (written_with.seal(&name, b"later", &mut world.rng), next.seal(&name, b"later", &mut world.rng));
    assert_eq!(cached.open(&name, &same).unwrap(), b"later");
    assert!(cached.open(&name, &other).is_err());
}

fn finished(world: &World, reader: &Reader, stored: &StoredHeader) -> Option<ContentKey> {
    let transformed = reader.key.apply_to_stored(stored).ok()?;
    let core_id = stored.header().core_id();
    reader.seed.retrieval_key().finish(&world.parameters, &transformed, core_id, CONTEXT).ok()
}

/// A keeper that answers about serials of the caller's choice: the caller unseals. That there is no such call is
/// shown at [`SealRequest`](crate::revoke::SealRequest).
#[test]
fn whoever_may_name_serials_to_the_keeper_unseals() {
    let mut world = World::new("serials of his choice", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let caller = Pool::of([world.all_tokens("revoked", "a, b", 1..=3, Side::Colludes)]);
    let record = world.stored("a and b", 2);
    let other = world.stored("a and b", 2);
    let sealed = world.sealed(&record, 5, &keeper);
    let answer_for = |serial: &[u8; 32], t: u32| {
        let mut target = world.target(&sealed, &caller);
        target.time.extend(unsealed_by(b_w(&keeper, serial, t), &target.time));
        caller.opens(&target)
    };
    assert!(answer_for(sealed.serial().as_bytes(), 5));
    // Of another header, or of another epoch of this one, the answer is worth nothing.
    assert!(!answer_for(sealed.serial().as_bytes(), 6));
    assert!(!answer_for(other.serial().as_bytes(), 5));
}

/// By design.
#[test]
fn a_reader_who_joins_late_opens_all_matching_earlier_records() {
    let mut world = World::new("late", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let records: Vec<StoredHeader> = (1..=7).map(|epoch| world.stored("a and b", epoch)).collect();
    let (late, half) = (world.reader("late", "a, b", 6), world.reader("half", "a", 6));
    for (record, made) in records.iter().zip(1..) {
        assert_eq!(world.opens(&late, record), made <= 6, "made in {made}");
        assert!(!world.opens(&half, record));
        if made < 6 {
            let sealed = world.sealed(record, 6, &keeper);
            assert!(world.opens(&late, &sealed) && !world.opens(&half, &sealed));
        }
    }
}

/// K from α, without any row; or from k_r, which gives r, and so g1^α with the y of any reader.
#[test]
fn whoever_has_the_master_secret_opens_everything() {
    let mut world = World::new("master", 3);
    let keeper = SealKey::generate(&mut world.rng);
    for text in ["a", "a and b", "2 of (a, b, c)"] {
        let record = world.stored(text, 7);
        let opens = |header: &Header, k| {
            kem::open(world.parameters.bases().e(), header.core(), &Secret::new(k), true).is_ok()
        };
        assert!(opens(record.header(), world.session_key(record.header())));
        assert!(!opens(record.header(), *world.parameters.bases().e().element()));
    }
    let early = world.stored("a", 1);
    let sealed = world.sealed(&early, 7, &keeper);
    let k = Secret::new(world.session_key(sealed.header()));
    assert!(kem::open(world.parameters.bases().e(), sealed.header().core(), &k, true).is_ok());

    let nurse = world.reader("nurse", "nurse", 1);
    assert_eq!(*nurse.key.attributes(), set("nurse"));
    let r = world.master.randomizer(nurse.key.id(), &nurse.enrolled);
    let (_, k2, _) = nurse.key.blinded().elements();
    let inverse = Secret::new(nurse.seed.exponent().expose_secret().invert());
    let found = |r: &Secret<_>| {
        let g1_alpha = (*k2 + -base().pow(r)).pow(&inverse);
        public_element(&Secret::new(g1_alpha)) == *world.parameters.bases().e().element()
    };
    assert!(found(&r));
    assert!(!found(&inverse));
}

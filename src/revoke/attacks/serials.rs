//! Attack 15b: two headers under one serial.

use alloc::vec::Vec;

use super::{Side, Twin, World, only_the_twin_breaks, unsealed_by};
use crate::PROLOGUE_BYTES;
use crate::outsource::StoredHeader;
use crate::outsource::attacks::pool::Pool;
use crate::revoke::{HeaderStore, MemoryHeaderStore, MemoryStoreError, SealKey};

/// The header under another serial: what [`StoredHeader::accept_at`] never makes.
fn under_serial_of(stored: &StoredHeader, other: &StoredHeader) -> StoredHeader {
    let mut bytes = stored.to_bytes();
    bytes[PROLOGUE_BYTES..PROLOGUE_BYTES + 32].copy_from_slice(other.serial().as_bytes());
    StoredHeader::from_bytes(&bytes).unwrap()
}

/// An uploader has his own header before and after it was sealed: that shows B^w, and unseals a header of the same serial
/// and epoch. Twin: his header is stored under the victim's serial.
#[test]
fn an_uploaders_own_header_under_the_serial_of_a_victim_would_unseal_it() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("one serial", 3);
        let keeper = SealKey::generate(&mut world.rng);
        let uploader = Pool::of([world.all_tokens("revoked", "a, b", 1..=3, Side::Colludes)]);
        let victim = world.stored("a and b", 2);
        let mut own = world.stored("c", 2);
        if twin == Twin::Weakened {
            own = under_serial_of(&own, &victim);
        }
        let time = |stored: &StoredHeader| world.target(stored, &uploader).time;
        let b_w = time(&own)[0].c3 + -time(&world.sealed(&own, 5, &keeper))[0].c3;
        let mut target = world.target(&world.sealed(&victim, 5, &keeper), &uploader);
        target.time.extend(unsealed_by(b_w, &target.time));
        uploader.opens(&target)
    });
}

/// So every acceptance draws another serial, also for the same header again.
#[test]
fn serials_never_repeat() {
    let mut world = World::new("fresh serials", 3);
    let (header, _) = world.header("a", 2);
    let serials: Vec<_> = (0..8)
        .map(|_| {
            let current = world.current(2);
            let stored = StoredHeader::accept_at(current, header.clone(), &world.parameters, &mut world.rng);
            *stored.unwrap().serial()
        })
        .collect();
    assert!((1..8).all(|at| !serials[..at].contains(&serials[at])));
}

/// And should a generator repeat itself, the store refuses.
#[test]
fn the_store_refuses_a_second_header_under_one_serial() {
    let mut world = World::new("refused", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let mut store = MemoryHeaderStore::new();
    let victim = world.stored("a and b", 2);
    let own = under_serial_of(&world.stored("c", 2), &victim);
    assert_eq!(store.insert(&victim), Ok(true));
    let before: Vec<Vec<u8>> = store.encodings().map(<[u8]>::to_vec).collect();
    let sealed = world.sealed(&victim, 5, &keeper);
    for header in [&own, &victim, &sealed, &world.sealed(&own, 5, &keeper)] {
        assert_eq!(store.insert(header), Ok(false));
    }
    // Nor can it come in as a newer version.
    for header in [&own, &world.sealed(&own, 5, &keeper)] {
        assert_eq!(store.replace(header), Err(MemoryStoreError::OtherHeader(*victim.serial())));
    }
    assert!(store.encodings().eq(before.iter().map(Vec::as_slice)));
    assert_eq!((store.replace(&sealed), store.len()), (Ok(()), 1));
}

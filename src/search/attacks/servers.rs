//! Attacks 19 and 20 on a server, and what becomes of an upload or a merge that is interrupted.

use alloc::vec::Vec;

use super::*;
use crate::search::server::Accepted;
use crate::store::{Entry as Row, Table};

pub(super) fn segments_of(writer: &IndexWriter) -> Vec<Vec<u8>> {
    writer.outbox().map(|(_, bytes)| bytes.to_vec()).collect()
}

impl World {
    fn append(&mut self, bytes: &[u8]) -> Result<Accepted, IndexError> {
        let (accepted, batch) = server::append(&self.store, &self.head, bytes)?;
        self.store.commit(&batch).unwrap();
        Ok(accepted)
    }
}

/// Rows of the table of segments.
pub(super) fn rows(store: &MemoryStore) -> Vec<Row> {
    store.page(Table::Segment, &[], None, usize::MAX).unwrap()
}

#[test]
fn segments_out_of_order_of_others_and_changed() {
    let mut world = World::new("append");
    let (mut device, mut lab) = (world.device(), world.lab());
    let segments: Vec<Segment> = (0..3).map(|_| world.seal(&mut device, &["F32"])).collect();
    let foreign = world.seal(&mut lab, &["F32"]);
    let bytes: Vec<Vec<u8>> = segments.iter().map(Segment::to_bytes).collect();
    assert!(matches!(world.append(&bytes[1]), Err(IndexError::Gap { expected: 0, found: 1, .. })));
    assert_eq!(world.append(&bytes[0]).unwrap(), Accepted::New);
    assert!(matches!(world.append(&bytes[2]), Err(IndexError::Gap { expected: 1, found: 2, .. })));
    assert_eq!(world.append(&bytes[0]).unwrap(), Accepted::Known);
    let before = rows(&world.store);
    // A lab's segment under the device's name, the device's under the lab's.
    for (segment, writer) in [(&foreign, device.id()), (&segments[1], lab.id())] {
        let mut renamed = segment.clone();
        renamed.signed.header.writer = *writer;
        assert!(matches!(world.append(&renamed.to_bytes()), Err(IndexError::Signature { .. })));
    }
    let mut elsewhere = segments[1].clone();
    elsewhere.signed.header.context.domain = Domain::new("other").unwrap();
    assert!(matches!(world.append(&elsewhere.to_bytes()), Err(IndexError::EpochClosed { .. })));
    elsewhere.signed.header.context = World::new("elsewhere").context();
    assert!(matches!(world.append(&elsewhere.to_bytes()), Err(IndexError::NoCollection)));
    let mut unknown = segments[1].clone();
    unknown.signed.header.writer = WriterId::from_bytes([9; 16]);
    assert!(matches!(world.append(&unknown.to_bytes()), Err(IndexError::NotInHead { .. })));
    // Any bit.
    for at in 0..bytes[1].len() {
        let mut changed = bytes[1].clone();
        changed[at] ^= 0x10;
        assert!(world.append(&changed).is_err(), "{at}");
    }
    for length in 0..bytes[1].len() {
        assert!(world.append(&bytes[1][..length]).is_err());
    }
    assert_eq!(rows(&world.store), before);
    assert_eq!(world.append(&bytes[1]).unwrap(), Accepted::New);
    assert_eq!(world.append(&foreign.to_bytes()).unwrap(), Accepted::New);
}

#[test]
fn heads_that_are_old_forked_or_of_others() {
    let mut world = World::new("heads");
    let first = world.head.clone();
    let lab = world.lab();
    let fork = world.owner.sign(world.head.version(), NOW, NOW + 999, world.contents.clone()).unwrap();
    let before = rows(&world.store);
    let rolled = server::install(&world.store, &first.to_bytes()).map(drop);
    assert!(matches!(rolled, Err(IndexError::Head(HeadError::RolledBack { found: 1, seen: 2 }))));
    let forked = server::install(&world.store, &fork.to_bytes()).map(drop);
    assert!(matches!(forked, Err(IndexError::Head(HeadError::Fork { version: 2 }))));
    let (known, batch, _) = server::install(&world.store, &world.head.to_bytes()).unwrap();
    assert_eq!((known, batch.len()), (Accepted::Known, 0));
    // The same for a reader, who also minds the time; a refused head changes nothing.
    let mut heads = Heads::new(*world.owner.collection());
    assert_eq!(heads.current(NOW), Err(HeadError::NoneSeen));
    heads.observe(&world.head.to_bytes(), NOW).unwrap();
    assert!(matches!(heads.observe(&first.to_bytes(), NOW), Err(HeadError::RolledBack { .. })));
    assert!(matches!(heads.observe(&fork.to_bytes(), NOW), Err(HeadError::Fork { .. })));
    let next = world.owner.sign(3, NOW, NOW + 1000, world.contents.clone()).unwrap().to_bytes();
    for now in [NOW - 1000, NOW + 1001, u64::MAX, 0] {
        assert!(matches!(heads.observe(&next, now), Err(HeadError::Expired { .. })));
        assert!(matches!(heads.current(now), Err(HeadError::Expired { .. })));
    }
    let other = World::new("elsewhere");
    assert!(matches!(heads.observe(&other.head.to_bytes(), NOW), Err(HeadError::OtherCollection { .. })));
    for at in 0..next.len() {
        let mut changed = next.clone();
        changed[at] ^= 1;
        assert!(heads.observe(&changed, NOW).is_err(), "{at}");
    }
    assert_eq!(heads.current(NOW).unwrap().version(), 2);
    assert_eq!(rows(&world.store), before);
    assert_eq!(lab.waiting(), 0);
}

/// Every prefix of the outbox is sent, once or twice, confirmed or not; the writer is read back from what was saved. Then all is there once.
#[test]
fn an_interrupted_upload_is_resumed_and_never_doubled() {
    for (sent, confirmed) in (0..=4).flat_map(|sent| (0..=sent).map(move |confirmed| (sent, confirmed))) {
        for again in [false, true] {
            let mut world = World::new("interrupted");
            let mut device = world.device();
            for _ in 0..4 {
                world.seal(&mut device, &["F32", "F32"]);
            }
            let all = segments_of(&device);
            let mut saved = device.to_bytes();
            for _ in 0..if again { 2 } else { 1 } {
                let mut device = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
                for (number, bytes) in all.iter().take(sent).enumerate() {
                    assert!(world.append(bytes).is_ok());
                    if number < confirmed {
                        device.confirm(number as u64);
                        saved = device.to_bytes();
                    }
                }
            }
            let mut device = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
            assert_eq!(segments_of(&device), all[confirmed..]);
            world.upload(&mut device);
            assert_eq!(world.mirror().size().0, 4);
            let found = world.find(&world.mirror(), "F32").unwrap();
            assert_eq!(found.len(), 8);
            world.write(&mut device, &["F32"]);
            assert_eq!(world.find(&world.mirror(), "F32").unwrap().len(), 9);
        }
    }
}

/// A writer that was not saved before it sent: the server says so, and loses nothing.
#[test]
fn a_writer_that_forgot_is_named() {
    let mut world = World::new("forgot");
    let mut device = world.device();
    let saved = device.to_bytes();
    world.write(&mut device, &["F32"]);
    let mut old = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
    let other = world.seal(&mut old, &["E11"]);
    assert!(matches!(world.append(&other.to_bytes()), Err(IndexError::Fork { sequence: 0, .. })));
    assert_eq!(world.find(&world.mirror(), "F32").unwrap().len(), 1);
}

/// A merge into three segments, some of which have arrived: the findings are what they were, for old mirrors and new ones.
#[test]
fn an_interrupted_merge_loses_and_doubles_nothing() {
    let profile = LeakageProfile { smallest: 8, largest: 8, fullness: 1, ..LeakageProfile::lean() };
    for sent in 0..=3 {
        let mut world = World::new("merge");
        let (mut device, mut lab) = (world.device(), world.lab());
        for _ in 0..10 {
            world.write(&mut device, &["F32", "E11"]);
        }
        world.write(&mut lab, &["F32"]);
        let expected = world.find(&world.mirror(), "F32").unwrap();
        assert_eq!(expected.len(), 11);
        let mut early = world.mirror();
        let trapdoors = world.owner.trapdoors(&world.context(), &[word("F32"), word("E11")]);
        let mirror = world.mirror();
        assert_eq!(mirror.merge(&world.head, &mut device, &trapdoors, &profile, &mut world.rng), Ok(3));
        let outbox = segments_of(&device);
        for bytes in outbox.iter().take(sent) {
            world.append(bytes).unwrap();
            assert_eq!(world.find(&world.mirror(), "F32").unwrap(), expected);
            let page = world.page(&early, usize::MAX);
            world.take(&mut early, &page).unwrap();
            assert_eq!(world.find(&early, "F32").unwrap(), expected);
        }
        assert_eq!(world.mirror().size().0, if sent == 3 { 4 } else { 11 + sent });
        // Nothing can be merged on top of what has not arrived.
        let again = mirror.merge(&world.head, &mut device, &trapdoors, &profile, &mut world.rng);
        assert!(matches!(again, Err(WriteError::Unconfirmed(3))));
        let mut device = IndexWriter::from_bytes(device.to_bytes().expose_secret()).unwrap();
        world.upload(&mut device);
        assert_eq!(world.mirror().size().0, 4);
        assert_eq!(world.find(&world.mirror(), "F32").unwrap(), expected);
        // An old segment, sent once more, is known; the chain does not go back.
        let old = world.append(&outbox[0]).unwrap();
        assert_eq!(old, Accepted::Known);
        assert_eq!(world.mirror().size().0, 4);
        // And once more, from the merged ones.
        let mirror = world.mirror();
        assert_eq!(mirror.merge(&world.head, &mut device, &trapdoors, &profile, &mut world.rng), Ok(3));
        world.upload(&mut device);
        assert_eq!(world.find(&world.mirror(), "F32").unwrap(), expected);
    }
}

/// What the owner has deleted stays deleted when she merges, whoever has added it or adds it again.
#[test]
fn a_merge_brings_nothing_back() {
    let mut world = World::new("tombstones");
    let (mut device, mut second, mut lab) = (world.device(), world.device(), world.lab());
    let handle = Handle::random(&mut world.rng);
    for writer in [&mut device, &mut second, &mut lab] {
        writer.add(handle, [0; 3], &[word("F32")]);
        world.write(writer, &["E11"]);
    }
    device.delete(handle, &[word("F32")]);
    world.write(&mut device, &["E11"]);
    assert_eq!(world.find(&world.mirror(), "F32").unwrap(), []);
    let trapdoors = world.owner.trapdoors(&world.context(), &[word("F32"), word("E11")]);
    let mirror = world.mirror();
    let profile = LeakageProfile::lean();
    mirror.merge(&world.head, &mut device, &trapdoors, &profile, &mut world.rng).unwrap();
    world.upload(&mut device);
    assert_eq!(world.find(&world.mirror(), "F32").unwrap(), []);
    lab.add(handle, [0; 3], &[word("F32")]);
    world.write(&mut lab, &["E11"]);
    assert_eq!(world.find(&world.mirror(), "F32").unwrap(), []);
    assert_eq!(world.find(&world.mirror(), "E11").unwrap().len(), 5);
}

/// When an epoch is closed its rows go: of every writer, also of one that a head has left out in the meantime.
#[test]
fn a_closed_epoch_leaves_no_row() {
    let mut world = World::new("closed");
    let (mut device, mut lab) = (world.device(), world.lab());
    world.write(&mut device, &["F32"]);
    let last = world.write(&mut lab, &["F32"]);
    world.contents.writers.retain(|entry| entry.writer != *lab.id());
    world.sign_head();
    assert!(matches!(world.append(&last.to_bytes()), Err(IndexError::NotInHead { .. })));
    world.contents.scopes = [world.owner.scope(&world.domain, IndexEpoch::new(2).unwrap(), 1)].into();
    world.contents.writers.clear();
    world.sign_head();
    let left = rows(&world.store);
    assert_eq!(left.len(), 1, "the head alone");
    assert!(matches!(world.append(&last.to_bytes()), Err(IndexError::EpochClosed { epoch: 1, .. })));
    assert!(matches!(lab.finish(&world.head, &LeakageProfile::lean(), &mut world.rng), Ok(0)));
    lab.add(Handle::random(&mut world.rng), [0; 3], &[word("F32")]);
    let late = lab.finish(&world.head, &LeakageProfile::lean(), &mut world.rng);
    assert_eq!(late, Err(WriteError::EpochClosed { epoch: 1 }));
}

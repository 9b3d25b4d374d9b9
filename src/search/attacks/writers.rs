//! Attacks 18 and 19 on a writer's state: cloned generators, cloned writers, saved bytes.

use alloc::collections::BTreeSet;

use super::*;

fn record(byte: u8) -> Handle {
    Handle::from_bytes([byte; 16])
}

fn sealed(writer: &mut IndexWriter, head: &Head, seed: &str, record: Handle, value: &str) -> Segment {
    writer.add(record, [0; 3], &[word(value)]);
    writer.finish(head, &LeakageProfile::lean(), &mut TestRng::new(seed)).unwrap();
    Segment::from_bytes(writer.outbox().last().unwrap().1).unwrap()
}

fn copy(writer: &IndexWriter) -> IndexWriter {
    IndexWriter::from_bytes(writer.to_bytes().expose_secret()).unwrap()
}

/// Two copies of a writer with two copies of its generator: one segment for the same contents; for others another nonce, so that no
/// keystream is used twice.
#[test]
fn a_cloned_writer_with_a_cloned_generator() {
    let mut world = World::new("clone");
    for mut writer in [world.device(), world.lab()] {
        world.write(&mut writer, &["F32"]);
        let make = |record, value| sealed(&mut copy(&writer), &world.head, "cloned", record, value);
        let first = make(record(1), "F32");
        assert_eq!(make(record(1), "F32"), first);
        // Another record, another keyword, another order of two.
        let other = [make(record(2), "F32"), make(record(1), "E11")];
        let nonces: BTreeSet<_> = other.iter().chain([&first]).map(|s| s.header().nonce).collect();
        assert_eq!(nonces.len(), 3);
        // The twin's nonce is the generator's alone: then the difference of two slots is that of two entries.
        let key = &world.entry_keys("F32").keys[writer.id()];
        let entry = |byte| Entry { handle: record(byte), op: Op::Add, meta: [0; 3] };
        let leaks = |one: &[u8; 12], other: &[u8; 12]| {
            let [one, other] = [key.seal(one, 0, entry(1)), key.seal(other, 0, entry(2))];
            one[8..24].iter().zip(&other[8..24]).all(|(a, b)| a ^ b == 1 ^ 2)
        };
        assert!(leaks(&first.header().nonce, &first.header().nonce));
        assert!(!leaks(&first.header().nonce, &other[0].header().nonce));
        assert!(slot::find(&first.slots, &key.tag(&first.header().nonce, 0)).is_some());
        // A place later in the chain is another place.
        let mut later = copy(&writer);
        sealed(&mut later, &world.head, "other", record(3), "I10");
        let later = sealed(&mut later, &world.head, "cloned", record(1), "F32");
        assert_ne!(later.header().nonce, first.header().nonce);
    }
}

/// Occurrences of a word in one segment, and two segments of one copy: no block serves twice.
#[test]
fn no_block_serves_twice() {
    let mut world = World::new("blocks");
    let mut writer = world.device();
    let segments = [world.write(&mut writer, &["F32"; 6]), world.write(&mut writer, &["F32"; 6])];
    let key = world.entry_keys("F32");
    let key = &key.keys[writer.id()];
    let zero = Entry { handle: record(0), op: Op::Add, meta: [0; 3] };
    let mut seen = BTreeSet::new();
    for segment in &segments {
        for occurrence in 0..6 {
            let keystream = key.seal(&segment.header().nonce, occurrence, zero);
            assert!(slot::find(&segment.slots, keystream.first_chunk().unwrap()).is_some());
            // tag, first block, what is taken of the second.
            for part in [&keystream[..8], &keystream[8..16], &keystream[16..24]] {
                assert!(seen.insert(part.to_vec()));
            }
        }
    }
}

/// Two writers that a cloned generator has made are one writer: no fork goes unseen, and no nonce is repeated for other contents.
#[test]
fn two_writers_of_one_generator() {
    let mut world = World::new("twins");
    let context = world.context();
    let [(mut one, entry), (mut two, again)] =
        [(); 2].map(|()| world.owner.writer(&context, &mut TestRng::new("cloned")));
    assert_eq!(entry, again);
    world.contents.writers.push(entry);
    world.sign_head();
    let one = sealed(&mut one, &world.head, "cloned", record(1), "F32");
    let two = sealed(&mut two, &world.head, "cloned", record(2), "F32");
    assert_ne!(one.header().nonce, two.header().nonce);
    let (_, batch) = server::append(&world.store, &world.head, &one.to_bytes()).unwrap();
    world.store.commit(&batch).unwrap();
    let refused = server::append(&world.store, &world.head, &two.to_bytes());
    assert!(matches!(refused, Err(IndexError::Fork { sequence: 0, .. })));
    // A lab's cards of one generator are equal: no two proofs of one commitment.
    let card = |seed: &str| IndexWriter::lab(&world.head, &context, &mut TestRng::new(seed)).unwrap().1;
    assert_eq!(card("cloned"), card("cloned"));
    assert_ne!(card("cloned"), card("other"));
}

/// A writer whose saved bytes were changed or cut is refused or goes on; it never panics.
#[test]
fn saved_writers_that_were_changed() {
    let mut world = World::new("saved");
    let mut writer = world.lab();
    world.seal(&mut writer, &["F32"]);
    writer.add(record(1), [0; 3], &[word("E11")]);
    let saved = writer.to_bytes();
    let saved = saved.expose_secret();
    for length in 0..saved.len() {
        assert!(IndexWriter::from_bytes(&saved[..length]).is_err());
    }
    // Prologue, context, id, seeds, kind, exponent, X.
    let next = 7 + 16 + 2 + 7 + 4 + 2 + 16 + 64 + 1 + 32 + 96;
    let numbers = [0, 1, 2, u64::MAX - 1, u64::MAX];
    for at in [next, next + 8, next + 48] {
        for number in numbers {
            let mut changed = saved.to_vec();
            changed[at..at + 8].copy_from_slice(&number.to_be_bytes());
            if let Ok(mut writer) = IndexWriter::from_bytes(&changed) {
                let _ = writer.finish(&world.head, &LeakageProfile::lean(), &mut world.rng);
                writer.add(record(2), [0; 3], &[word("F32")]);
                let _ = writer.finish(&world.head, &LeakageProfile::lean(), &mut world.rng);
                assert!(writer.outbox().count() <= 3);
            }
        }
    }
    for at in 0..saved.len() {
        let mut changed = saved.to_vec();
        changed[at] ^= 0x80;
        let _ = IndexWriter::from_bytes(&changed);
    }
}

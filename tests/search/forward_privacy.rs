//! Attack 18: the whole view of a server, that of two worlds which differ in the keyword that is written after a search.

use std::collections::BTreeSet;

use hippocrypt::search::server::Shelf;
use hippocrypt::search::*;
use hippocrypt::store::{MemoryStore, Store, Table};

use crate::house::{GATE, House, NOW, code};

/// Everything that a server has and was sent, and what it could take from the gate.
#[derive(Default)]
struct View {
    bytes: Vec<Vec<u8>>,
}

impl View {
    fn stored(&mut self, store: &MemoryStore) {
        for table in Table::ALL {
            for (key, value) in store.page(table, &[], None, usize::MAX).unwrap() {
                self.bytes.extend([key, value]);
            }
        }
    }

    /// All runs of eight bytes.
    fn windows(&self) -> BTreeSet<&[u8]> {
        self.bytes.iter().flat_map(|bytes| bytes.windows(8)).collect()
    }
}

/// Segments of two devices and a lab; a search for `code|a`, with the gate and with the server; then segments of `later`.
struct World {
    before: View,
    /// Segments that were written afterwards.
    after: Vec<Segment>,
    /// The next search for the same keyword.
    again: Vec<u8>,
}

fn world(later: &str) -> World {
    let mut house = House::new("forward privacy");
    let mut writers = [house.device(), house.device(), house.lab()];
    for writer in &mut writers {
        for _ in 0..20 {
            house.add(writer, &[code("a"), code("b")]);
        }
        house.send(writer);
    }
    let mut before = View::default();
    let context = house.context();
    let keys = ContextKeys::new(&house.head, &context).unwrap();
    let public = house.reader.public_bytes();
    let search = |house: &mut House, view: &mut View| {
        let key = house.search_key();
        let asked = key.ask(&[code("a")], GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
        view.bytes.push(asked.request().to_vec());
        let answer = house.gate.serve(asked.request(), NOW, |_| Some(public)).unwrap();
        view.bytes.push(answer.clone());
        let trapdoors = asked.finish(&answer, &keys, &mut house.rng).unwrap();
        let entry_keys = trapdoors[0].entry_keys(&keys).unwrap();
        let mut shelf = Shelf::default();
        shelf.load(&house.store, &house.head, &context).unwrap();
        let mut search = RemoteSearch::new(&entry_keys, &shelf.outline());
        loop {
            let answer = shelf.answer(search.query()).unwrap();
            view.bytes.extend([search.query().to_vec(), answer.clone()]);
            match search.read(&house.head, &answer).unwrap() {
                Remote::More(next) => search = next,
                Remote::Done(hits) => return hits.len(),
            }
        }
    };
    assert_eq!(search(&mut house, &mut before), 60);
    before.stored(&house.store);
    let mut after = Vec::new();
    for writer in &mut writers {
        for _ in 0..20 {
            house.add(writer, &[code(later), code("b")]);
        }
        writer.finish(&house.head, &LeakageProfile::standard(), &mut house.rng).unwrap();
        after.extend(writer.outbox().map(|(_, bytes)| Segment::from_bytes(bytes).unwrap()));
        house.upload(writer);
    }
    let mut view = View::default();
    assert_eq!(search(&mut house, &mut view), if later == "a" { 120 } else { 60 });
    World { before, after, again: view.bytes.concat() }
}

/// The slots of a segment: what is left when header and signature are cut off.
fn slots(segment: &Segment) -> Vec<u8> {
    let bytes = segment.to_bytes();
    let count = segment.header().slots() as usize * SLOT_BYTES;
    bytes[bytes.len() - 64 - count..bytes.len() - 64].to_vec()
}

#[test]
fn nothing_that_was_seen_comes_again() {
    for later in ["a", "c"] {
        let world = world(later);
        let seen = world.before.windows();
        for segment in &world.after {
            let slots = slots(segment);
            let known = slots.windows(8).filter(|window| seen.contains(window)).count();
            assert_eq!(known, 0, "{later}");
            // The nonce is new as well; the rest of a header is public: index, domain, epoch, writer, number, and the segment before.
            let bytes = segment.to_bytes();
            let nonce = bytes.len() - 64 - slots.len() - 4 - 12;
            assert!(bytes[nonce..nonce + 12].windows(8).all(|window| !seen.contains(window)));
        }
        // The control: the search after it does find what it should, and so the tags are there to be seen.
        let all: Vec<Vec<u8>> = world.after.iter().map(slots).collect();
        let asked: BTreeSet<&[u8]> = world.again.windows(8).collect();
        let found =
            all.iter().flat_map(|slots| slots.chunks(SLOT_BYTES)).filter(|slot| asked.contains(&slot[..8]));
        assert_eq!(found.count(), if later == "a" { 60 } else { 0 });
    }
}

#[test]
fn the_two_worlds_have_the_same_sizes() {
    let [one, other] = ["a", "c"].map(world);
    let lengths = |world: &World| world.after.iter().map(|s| s.to_bytes().len()).collect::<Vec<_>>();
    assert_eq!(lengths(&one), lengths(&other));
    // One generator has made both: its padding is the same in both, 24 slots of 64, and nothing else is.
    for (one, other) in one.after.iter().zip(&other.after) {
        let (one, other) = (slots(one), slots(other));
        let [one, other] = [&one, &other].map(|slots| slots.chunks(SLOT_BYTES).collect::<BTreeSet<&[u8]>>());
        assert_eq!((one.len(), one.intersection(&other).count()), (64, 24));
        let windows = |a: &BTreeSet<&[u8]>, b: &BTreeSet<&[u8]>| -> BTreeSet<Vec<u8>> {
            a.difference(b).flat_map(|slot| slot.windows(8)).map(<[u8]>::to_vec).collect()
        };
        assert!(windows(&one, &other).is_disjoint(&windows(&other, &one)));
    }
}

/// χ² of the bytes, against equal frequencies: 255 degrees of freedom, so 255 on average and a deviation of 22.6.
fn chi_square(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let expected = bytes.len() as f64 / 256.0;
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

/// Entries look as padding does: in every column of a slot but the ordered first bytes, and in the bits.
#[test]
fn entries_and_padding_look_alike() {
    let mut house = House::new("statistics");
    let mut writer = house.device();
    let profile = LeakageProfile { smallest: 4096, largest: 4096, ..LeakageProfile::standard() };
    let full = |house: &mut House, writer: &mut IndexWriter, entries: usize| {
        for _ in 0..entries {
            house.add(writer, &[code("the same")]);
        }
        writer.finish(&house.head, &profile, &mut house.rng).unwrap();
        slots(&Segment::from_bytes(writer.outbox().last().unwrap().1).unwrap())
    };
    for entries in [4096, 1] {
        let bytes = full(&mut house, &mut writer, entries);
        assert_eq!(bytes.len(), 4096 * SLOT_BYTES);
        let statistic = chi_square(&bytes);
        assert!((140.0..400.0).contains(&statistic), "{entries}: {statistic}");
        for column in 1..SLOT_BYTES {
            let column: Vec<u8> = bytes.iter().skip(column).step_by(SLOT_BYTES).copied().collect();
            let statistic = chi_square(&column);
            assert!((140.0..400.0).contains(&statistic), "{entries}: {statistic}");
        }
        let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        assert!(ones.abs_diff(4096 * 28 * 4) < 3000, "{ones}");
    }
    // The twin writes entries as they are: op and meta stand out.
    let mut clear = full(&mut house, &mut writer, 4096);
    clear.iter_mut().skip(24).step_by(SLOT_BYTES).for_each(|op| *op = 1);
    assert!(chi_square(&clear) > 400.0);
}

//! Attack 18: what a server that has watched a search makes of what is written afterwards. The whole view is in tests/search; here is
//! the twin.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::*;
use crate::search::slot::Tag;

/// What a server sees: the slots of two segments, and the tags that a reader asked for in between.
struct View {
    before: Vec<[u8; SLOT_BYTES]>,
    asked: Vec<Tag>,
    after: Vec<[u8; SLOT_BYTES]>,
}

/// Three entries of one word; a search; one entry of the same word, or of another.
fn view(twin: Twin, later: &str) -> View {
    let mut world = World::new("forward");
    let writer = world.device();
    let mut nonces = [[0; 12]; 2];
    // The twin counts each keyword through, and has no nonces.
    if !twin.is_weakened() {
        nonces.iter_mut().for_each(|nonce| rand_core::Rng::fill_bytes(&mut world.rng, nonce));
    }
    let begin = |value: &str| if twin.is_weakened() && value == "F32" { 3 } else { 0 };
    let mut fill = |value: &str, nonce: &[u8; 12], occurrences: core::ops::Range<u32>| {
        let keys = world.entry_keys(value);
        let mut slots = alloc::vec![[0; SLOT_BYTES]; 5];
        slots.iter_mut().for_each(|slot| rand_core::Rng::fill_bytes(&mut world.rng, slot));
        for occurrence in occurrences {
            let entry = Entry { handle: Handle::random(&mut world.rng), op: Op::Add, meta: [0; 3] };
            slots.push(keys.keys[writer.id()].seal(nonce, occurrence, entry));
        }
        slots
    };
    let before = fill("F32", &nonces[0], 0..3);
    let after = fill(later, &nonces[1], begin(later)..begin(later) + 1);
    // Until nothing is found, and one more.
    let key = &world.entry_keys("F32").keys[writer.id()];
    let asked = (0..5).map(|occurrence| key.tag(&nonces[0], occurrence)).collect();
    View { before, asked, after }
}

/// Whether anything in the second segment was seen before.
fn links(view: &View) -> bool {
    let old =
        view.before.iter().flat_map(|slot| slot.windows(8)).chain(view.asked.iter().map(|tag| &tag[..]));
    let old: BTreeSet<&[u8]> = old.collect();
    view.after.iter().flat_map(|slot| slot.windows(8)).any(|window| old.contains(window))
}

#[test]
fn a_later_segment_is_not_linked_to_an_earlier_search() {
    only_the_twin_breaks(|twin| links(&view(twin, "F32")));
    assert!(!links(&view(Twin::Weakened, "I10")) && !links(&view(Twin::Real, "I10")));
}

//! Attack 19 on what a mirror vouches for: chains that were cut, were never synced, or were forgotten.

use super::mirrors::{scene, scene_of_another, shown};
use super::*;

/// A lab may not declare what it has written superseded: neither to the server nor past it.
#[test]
fn a_lab_supersedes_nothing() {
    let mut scene = scene("first");
    let mut header = scene.foreign.header().clone();
    (header.sequence, header.first, header.previous) = (1, 1, header.id());
    let saved = scene.lab.to_bytes();
    let saved = saved.expose_secret();
    // Prologue, context, id, and the seed of the signing key.
    let at = 7 + 16 + 2 + 7 + 4 + 2 + 16;
    let key = crate::sign::SigningKey::from_seed(&Secret::new(*saved[at..].first_chunk().unwrap()));
    let forged = Segment::sign(header, scene.foreign.slots.clone(), &key);
    let refused = server::append(&scene.world.store, &scene.world.head, &forged.to_bytes());
    assert!(matches!(refused, Err(IndexError::NotOwner { .. })));
    for mut mirror in [scene.mirror(5), Mirror::new(*scene.world.owner.collection())] {
        let known = scene.world.find(&scene.mirror(5), "F32");
        let mut page = scene.world.page(&mirror, usize::MAX);
        let part = page.parts.iter_mut().find(|part| part.writer == *scene.lab.id()).unwrap();
        (part.tip, part.segments) = (Some(forged.signed.clone()), [forged.to_bytes()].into());
        let before = shown(&mirror);
        let said = scene.world.take(&mut mirror, &page);
        assert_eq!(
            said,
            Err(SyncError::Broken { writer: *scene.lab.id(), expected: 0, found: 1 }),
            "{known:?}"
        );
        assert_eq!(shown(&mirror), before);
    }
    scene.world.write(&mut scene.lab, &["F32"]);
    assert_eq!(scene.world.find(&scene.world.mirror(), "F32").unwrap().len(), 7);
}

/// A mirror that has never heard of a writer does not call its findings complete.
#[test]
fn nothing_is_complete_that_was_not_synced() {
    let mut scene = scene("unsynced");
    let mut mirror = Mirror::new(*scene.world.owner.collection());
    assert!(matches!(scene.world.find(&mirror, "F32"), Err(QueryError::Incomplete(_))));
    assert!(mirror.is_complete(&scene.world.head, &scene.world.context()).is_err());
    mirror = scene.world.mirror();
    assert_eq!(scene.world.find(&mirror, "F32").unwrap().len(), 6);
    // Nor when a writer is added.
    scene.world.lab();
    assert!(matches!(scene.world.find(&mirror, "F32"), Err(QueryError::Incomplete(_))));
    let page = scene.world.page(&mirror, usize::MAX);
    assert_eq!(scene.world.take(&mut mirror, &page), Ok(Progress::Complete));
    assert_eq!(scene.world.find(&mirror, "F32").unwrap().len(), 6);
    // Nor with the head of another index.
    let other = scene_of_another("unsynced");
    assert!(matches!(other.world.find(&mirror, "F32"), Err(QueryError::Incomplete(_))));
}

/// What an owner notes of a chain goes up alone, also from a mirror that lags, or is new.
#[test]
fn what_the_owner_has_seen_is_not_forgotten() {
    let scene = scene("seen");
    let mut entry =
        scene.world.contents.writers.iter().find(|e| e.writer == *scene.device.id()).unwrap().clone();
    scene.world.mirror().note_in(&mut entry);
    assert_eq!((entry.segments_seen(), entry.seen), (5, scene.device.tip()));
    scene.mirror(2).note_in(&mut entry);
    Mirror::new(*scene.world.owner.collection()).note_in(&mut entry);
    assert_eq!(entry.seen, scene.device.tip());
}

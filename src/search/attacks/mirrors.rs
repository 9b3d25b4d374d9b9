//! Attack 19 on a mirror: a server that drops, cuts, reorders, repeats, swaps, forges, rolls back and forks.

use alloc::format;
use alloc::string::String;

use super::*;
use crate::search::segment::SignedHeader;

/// A chain of five segments of a device, and one of a lab.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) device: IndexWriter,
    pub(super) lab: IndexWriter,
    chain: Vec<Segment>,
    pub(super) foreign: Segment,
}

pub(super) fn scene(name: &str) -> Scene {
    let mut world = World::new(name);
    let (mut device, mut lab) = (world.device(), world.lab());
    let chain = (0..5).map(|_| world.write(&mut device, &["F32", "E11"])).collect();
    let foreign = world.write(&mut lab, &["F32"]);
    Scene { world, device, lab, chain, foreign }
}

impl Scene {
    /// A mirror that has so many of the device's segments, and the lab's.
    pub(super) fn mirror(&self, segments: usize) -> Mirror {
        let mut mirror = Mirror::new(*self.world.owner.collection());
        let chain: Vec<&Segment> = self.chain[..segments].iter().collect();
        let page = self.page(&chain, Some(&self.chain[4]));
        let _ = self.world.take(&mut mirror, &page).unwrap();
        mirror
    }

    /// The lab's segment, and these of the device.
    fn page(&self, segments: &[&Segment], tip: Option<&Segment>) -> Page {
        let mut page = page_of(&self.world.context(), segments, tip, self.device.id());
        let lab = page_of(&self.world.context(), &[&self.foreign], Some(&self.foreign), self.lab.id());
        page.parts.extend(lab.parts);
        page
    }

    /// What a mirror that has `segments` says to a page; it is what it was if it refuses.
    fn says(&self, segments: usize, page: &Page) -> Result<Progress, SyncError> {
        let mut mirror = self.mirror(segments);
        let (before, found) = (shown(&mirror), self.world.find(&mirror, "F32"));
        let said = self.world.take(&mut mirror, page);
        if said.is_err() {
            assert_eq!(shown(&mirror), before);
            assert_eq!(self.world.find(&mirror, "F32"), found);
        }
        said
    }

    /// .. when the device's part is changed, on the way to a mirror that has two segments.
    fn says_to(&self, change: impl FnOnce(&mut Part)) -> Result<Progress, SyncError> {
        let mut page = self.page(&[&self.chain[2], &self.chain[3], &self.chain[4]], Some(&self.chain[4]));
        // The lab's segment is there already.
        page.parts[1].segments.clear();
        change(&mut page.parts[0]);
        self.says(2, &page)
    }
}

pub(super) fn shown(mirror: &Mirror) -> String {
    format!("{mirror:?}")
}

#[test]
fn the_honest_page_is_taken() {
    let scene = scene("honest");
    assert_eq!(scene.says_to(|_| ()), Ok(Progress::Complete));
    assert_eq!(scene.says_to(|part| part.segments.truncate(1)), Ok(Progress::More));
}

#[test]
fn dropped_repeated_and_reordered_segments_in_every_place() {
    let scene = scene("order");
    for at in 0..2 {
        let dropped = scene.says_to(|part| drop(part.segments.remove(at)));
        assert!(matches!(dropped, Err(SyncError::Broken { .. })), "{at}: {dropped:?}");
    }
    let cut = scene.says_to(|part| part.segments.clear());
    assert!(matches!(cut, Err(SyncError::Truncated { found: 2, known: 5, .. })), "{cut:?}");
    for at in 0..3 {
        let repeated = scene.says_to(|part| part.segments.insert(at, part.segments[at].clone()));
        assert!(matches!(repeated, Err(SyncError::Broken { .. })), "{at}: {repeated:?}");
    }
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let swapped = scene.says_to(|part| part.segments.swap(one, other));
        assert!(matches!(swapped, Err(SyncError::Broken { .. })), "{swapped:?}");
    }
    // From the beginning once more, and with one that the mirror has.
    for begin in [0, 1] {
        let again: Vec<&Segment> = scene.chain[begin..].iter().collect();
        let again = scene.says(2, &scene.page(&again, Some(&scene.chain[4])));
        assert!(matches!(again, Err(SyncError::Broken { .. })), "{again:?}");
    }
}

#[test]
fn foreign_and_changed_segments_in_every_place() {
    let scene = scene("foreign");
    let context = scene.world.context();
    // Of the lab, of a writer whom nobody knows, of the device in another index.
    let mut stranger = scene_of_another("foreign");
    let unknown = stranger.world.write(&mut stranger.device, &["F32"]);
    for at in 0..3 {
        for foreign in [&scene.foreign, &unknown] {
            let said = scene.says_to(|part| part.segments[at] = foreign.to_bytes());
            assert!(matches!(said, Err(SyncError::Foreign { .. })), "{said:?}");
        }
        // One byte of the nonce, or of a slot: the writer is not to blame.
        let length = scene.chain[2].to_bytes().len();
        for byte in [7 + 16 + 2 + 7 + 4 + 2 + 16 + 8 + 8 + 32, length - 70, length - 200] {
            let changed = scene.says_to(|part| part.segments[at][byte] ^= 1);
            let seen = matches!(
                changed,
                Err(SyncError::Broken { .. } | SyncError::Signature { .. } | SyncError::Malformed(_))
            );
            assert!(seen, "{at} {byte}: {changed:?}");
        }
        for length in [0, 1, 100, length - 1] {
            let cut = scene.says_to(|part| part.segments[at].truncate(length));
            assert!(matches!(cut, Err(SyncError::Malformed(_))));
        }
        let longer = scene.says_to(|part| part.segments[at].push(0));
        assert!(matches!(longer, Err(SyncError::Malformed(_))));
    }
    let signature = scene.says_to(|part| *part.segments[2].last_mut().unwrap() ^= 1);
    assert!(matches!(signature, Err(SyncError::Signature { sequence: 4, .. })), "{signature:?}");
    // A part of a writer whom the head does not name, twice the same, none, and pages of another context.
    let honest = || scene.page(&[&scene.chain[2]], Some(&scene.chain[4]));
    let mut page = page_of(&context, &[&unknown], Some(&unknown), unknown.header().writer());
    page.parts.extend(honest().parts);
    assert!(matches!(scene.says(2, &page), Err(SyncError::Foreign { .. })));
    let mut page = honest();
    page.parts[1].segments.clear();
    page.parts.extend(page_of(&context, &[], Some(&scene.chain[4]), scene.device.id()).parts);
    assert_eq!(scene.says(2, &page), Err(SyncError::NotAsked));
    for missing in [0, 1] {
        let mut page = honest();
        page.parts[1].segments.clear();
        page.parts.remove(missing);
        assert_eq!(scene.says(2, &page), Err(SyncError::NotAsked));
    }
    let mut page = honest();
    page.context = World::new("elsewhere").context();
    assert_eq!(scene.says(2, &page), Err(SyncError::NotAsked));
    page.context = scene.world.owner.context(&scene.world.domain, IndexEpoch::new(2).unwrap(), 1);
    assert_eq!(scene.says(2, &page), Err(SyncError::NotAsked));
}

pub(super) fn scene_of_another(name: &str) -> Scene {
    scene(&format!("{name} elsewhere"))
}

#[test]
fn false_tips() {
    let scene = scene("tips");
    let tip = |segment: &Segment| Some(segment.signed.clone());
    // An old one, none, a stranger's, one that is not signed.
    for (old, found) in [(0, 1), (3, 4)] {
        let said = scene.says_to(|part| {
            part.tip = tip(&scene.chain[old]);
            part.segments.clear();
        });
        assert!(
            matches!(said, Err(SyncError::Truncated { known: 5, found: f, .. }) if f == found),
            "{said:?}"
        );
    }
    let none = scene.says_to(|part| part.tip = None);
    assert!(matches!(none, Err(SyncError::Truncated { .. })));
    let foreign = scene.says_to(|part| part.tip = tip(&scene.foreign));
    assert!(matches!(foreign, Err(SyncError::Foreign { .. })));
    let forge = |change: &dyn Fn(&mut SignedHeader)| {
        scene.says_to(|part| change(part.tip.as_mut().unwrap())).unwrap_err()
    };
    let forged: [&dyn Fn(&mut SignedHeader); 5] = [
        &|tip| tip.signature[0] ^= 1,
        &|tip| tip.header.sequence += 1,
        &|tip| tip.header.first = 4,
        &|tip| tip.header.root[0] ^= 1,
        &|tip| tip.header.count += 1,
    ];
    for change in forged {
        assert!(matches!(forge(change), SyncError::Signature { .. }));
    }
    // A mirror that was never told how far the chain goes cannot know; the owner's head tells it.
    let mut fresh = Mirror::new(*scene.world.owner.collection());
    let short = scene.page(&[&scene.chain[0], &scene.chain[1]], Some(&scene.chain[1]));
    assert_eq!(scene.world.take(&mut fresh.clone(), &short), Ok(Progress::Complete));
    // More than the tip says there is.
    let long = scene.page(&[&scene.chain[0], &scene.chain[1], &scene.chain[2]], Some(&scene.chain[1]));
    let said = scene.world.take(&mut fresh.clone(), &long);
    assert_eq!(said, Err(SyncError::Broken { writer: *scene.device.id(), expected: 1, found: 3 }));
    let Scene { mut world, device, .. } = scene;
    let (count, last) = device.tip();
    world
        .contents
        .writers
        .iter_mut()
        .find(|entry| entry.writer == *device.id())
        .unwrap()
        .note_seen(count, last);
    world.sign_head();
    let said = world.take(&mut fresh, &short);
    assert_eq!(said, Err(SyncError::Truncated { writer: *device.id(), found: 2, known: 5 }));
    // .. and that the last of five is another.
    world
        .contents
        .writers
        .iter_mut()
        .find(|entry| entry.writer == *device.id())
        .unwrap()
        .note_seen(5, [7; 32]);
    world.sign_head();
    let whole = world.page(&fresh, usize::MAX);
    assert_eq!(world.take(&mut fresh, &whole), Err(SyncError::Fork { writer: *device.id(), sequence: 4 }));
}

/// Two copies of a writer's state, and a server that shows each reader, or one reader in turn, another chain.
#[test]
fn forked_chains() {
    let mut scene = scene("forks");
    let saved = scene.device.to_bytes();
    let mut clone = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
    let ours: Vec<Segment> = (0..3).map(|_| scene.world.write(&mut scene.device, &["I10"])).collect();
    let theirs: Vec<Segment> = (0..4).map(|_| scene.world.seal(&mut clone, &["F32"])).collect();
    let writer = *scene.device.id();
    let here = |segments: &[&Segment], tip: &Segment| {
        let mut page = scene.page(segments, Some(tip));
        page.parts[1].segments.clear();
        page
    };
    // The server names the fork to whoever brings the second.
    let refused = server::append(&scene.world.store, &scene.world.head, &theirs[0].to_bytes());
    assert!(matches!(refused, Err(IndexError::Fork { sequence: 5, .. })));
    // .. and to whoever goes on where the first ends.
    let refused = server::append(&scene.world.store, &scene.world.head, &theirs[3].to_bytes());
    assert!(matches!(refused, Err(IndexError::Fork { sequence: 8, .. })));
    // A mirror that has the one, and is shown the other's tip, or what comes after it.
    let mut mirror = scene.mirror(5);
    scene.world.take(&mut mirror, &here(&[&ours[0]], &ours[0])).unwrap();
    let before = shown(&mirror);
    let said = scene.world.take(&mut mirror, &here(&[], &theirs[0]));
    assert_eq!(said, Err(SyncError::Fork { writer, sequence: 5 }));
    let said = scene.world.take(&mut mirror, &here(&[&theirs[1]], &theirs[1]));
    assert_eq!(said, Err(SyncError::Fork { writer, sequence: 5 }));
    // One chain's segments under the other's tip.
    for (segments, tip) in [([&ours[1], &ours[2]], &theirs[2]), ([&theirs[1], &theirs[2]], &ours[2])] {
        let said = scene.world.take(&mut mirror, &here(&segments, tip));
        assert!(matches!(said, Err(SyncError::Fork { .. })), "{said:?}");
    }
    assert_eq!(shown(&mirror), before);
    // A tip that was shown once binds, although its segments come later: then another chain of that length, or of more, is a fork.
    for whole in [2, 3] {
        let mut mirror = scene.mirror(5);
        scene.world.take(&mut mirror, &here(&[&ours[0]], &ours[1])).unwrap();
        let theirs: Vec<&Segment> = theirs[..whole].iter().collect();
        let mut other = scene.mirror(5);
        assert_eq!(scene.world.take(&mut other, &here(&theirs, theirs[whole - 1])), Ok(Progress::Complete));
        let said = scene.world.take(&mut mirror, &here(&theirs[1..], theirs[whole - 1]));
        assert!(matches!(said, Err(SyncError::Fork { .. })), "{said:?}");
    }
    let mut mirror = Mirror::new(*scene.world.owner.collection());
    let all: Vec<&Segment> = scene.chain.iter().chain(&ours).collect();
    let other: Vec<&Segment> = scene.chain.iter().chain(&theirs[..3]).collect();
    scene.world.take(&mut mirror, &scene.page(&all[..4], Some(&ours[2]))).unwrap();
    let said = scene.world.take(&mut mirror, &here(&other[4..], &theirs[2]));
    assert_eq!(said, Err(SyncError::Fork { writer, sequence: 7 }));
}

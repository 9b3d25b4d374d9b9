//! Attack 19 on a remote search: slots that were not written, not there, not asked for; and queries that are to bring a server down.

use super::*;
use crate::search::remote::{Match, RemoteAnswer, RemoteQuery, Run};
use crate::search::server::Shelf;

struct Scene {
    world: World,
    device: IndexWriter,
    other: IndexWriter,
    shelf: Shelf,
}

/// Two devices, with two segments each; five entries of one word in the first.
fn scene(name: &str) -> Scene {
    let mut world = World::new(name);
    let (mut device, mut other) = (world.device(), world.device());
    for writer in [&mut device, &mut other] {
        world.write(writer, &["F32", "F32", "F32", "F32", "F32", "E11"]);
        world.write(writer, &["F32", "I10"]);
    }
    let mut shelf = Shelf::default();
    shelf.load(&world.store, &world.head, &world.context()).unwrap();
    Scene { world, device, other, shelf }
}

impl Scene {
    /// The first answer to a search, changed.
    fn lie(&self, change: impl FnOnce(&mut Vec<Match>)) -> Result<usize, SyncError> {
        let keys = self.world.entry_keys("F32");
        let search = RemoteSearch::new(&keys, &self.shelf.outline());
        let mut answer = self.answer(search.query());
        answer.matches.sort_by_key(|found| {
            (found.segment.header.writer != *self.device.id(), found.segment.header.sequence)
        });
        assert_eq!(answer.matches.len(), 4);
        change(&mut answer.matches);
        self.finish(search.read(&self.world.head, &answer.to_bytes())?)
    }

    fn answer(&self, query: &[u8]) -> RemoteAnswer {
        RemoteAnswer::from_bytes(&self.shelf.answer(query).unwrap()).unwrap()
    }

    fn finish(&self, mut remote: Remote<'_>) -> Result<usize, SyncError> {
        loop {
            match remote {
                Remote::Done(hits) => return Ok(hits.len()),
                Remote::More(search) => {
                    let answer = self.answer(search.query());
                    remote = search.read(&self.world.head, &answer.to_bytes())?;
                }
            }
        }
    }
}

#[test]
fn an_honest_answer_and_one_that_leaves_out() {
    let scene = scene("honest");
    assert_eq!(scene.lie(|_| ()), Ok(12));
    // Sound, and no more: that is what its type says.
    assert_eq!(scene.lie(|matches| matches.truncate(1)), Ok(5));
    assert_eq!(scene.lie(Vec::clear), Ok(0));
}

#[test]
fn slots_that_were_not_written() {
    let scene = scene("forged");
    let (device, other) = (*scene.device.id(), *scene.other.id());
    let proof = |sequence| Err(SyncError::Proof { writer: device, sequence });
    // Another entry under the same tag: a reader in league with the cloud knows the tag and the keystream.
    assert_eq!(scene.lie(|m| m[0].slot[8] ^= 1), proof(0));
    assert_eq!(scene.lie(|m| m[0].slot[27] ^= 1), proof(0));
    assert_eq!(scene.lie(|m| m[0].slot[0] ^= 1), Err(SyncError::NotAsked));
    // Another place, another path, of another slot, none, too long.
    assert_eq!(scene.lie(|m| m[0].place ^= 1), proof(0));
    assert_eq!(scene.lie(|m| m[0].place = u32::MAX), proof(0));
    assert_eq!(scene.lie(|m| m[0].path[0][0] ^= 1), proof(0));
    assert_eq!(scene.lie(|m| m[0].path.swap(0, 1)), proof(0));
    assert_eq!(scene.lie(|m| m[0].path = m[1].path.clone()), proof(0));
    assert_eq!(scene.lie(|m| m[0].path.clear()), proof(0));
    assert_eq!(scene.lie(|m| m[0].path.push([0; 32])), proof(0));
    assert!(matches!(scene.lie(|m| m[0].path = alloc::vec![[0; 32]; 17]), Err(SyncError::Malformed(_))));
    // Under a header that says something else: not signed.
    let unsigned = Err(SyncError::Signature { writer: device, sequence: 0 });
    assert_eq!(scene.lie(|m| m[0].segment.header.root[0] ^= 1), unsigned);
    assert_eq!(scene.lie(|m| m[0].segment.header.count -= 1), unsigned);
    assert_eq!(scene.lie(|m| m[0].segment.header.nonce[0] ^= 1), unsigned);
    assert_eq!(scene.lie(|m| m[0].segment.signature[0] ^= 1), unsigned);
    // Under another header of the same writer, of another writer, of a stranger, of another context.
    assert_eq!(scene.lie(|m| m[0].segment = m[1].segment.clone()), Err(SyncError::NotAsked));
    assert_eq!(scene.lie(|m| m[0].segment = m[2].segment.clone()), Err(SyncError::NotAsked));
    assert_eq!(
        scene.lie(|m| m[0].segment.signature = m[1].segment.signature),
        Err(SyncError::Signature { writer: device, sequence: 0 })
    );
    assert_eq!(scene.lie(|m| m[0].segment.header.writer = other), Err(SyncError::NotAsked));
    let stranger = WriterId::from_bytes([7; 16]);
    assert_eq!(
        scene.lie(|m| m[0].segment.header.writer = stranger),
        Err(SyncError::Foreign { writer: stranger })
    );
    let elsewhere = World::new("elsewhere").context();
    assert_eq!(
        scene.lie(|m| m[0].segment.header.context = elsewhere),
        Err(SyncError::Foreign { writer: device })
    );
    // The same twice, and one that was not asked for: a genuine slot of another word.
    assert_eq!(scene.lie(|m| m.push(m[0].clone())), Err(SyncError::NotAsked));
    let keys = scene.world.entry_keys("E11");
    let unasked = scene.answer(RemoteSearch::new(&keys, &scene.shelf.outline()).query()).matches;
    assert!(!unasked.is_empty());
    assert_eq!(scene.lie(|m| m.extend(unasked)), Err(SyncError::NotAsked));
}

#[test]
fn answers_of_before_and_of_others() {
    let scene = scene("replay");
    let keys = ["F32", "E11"].map(|value| scene.world.entry_keys(value));
    let [first, second] = [0, 1].map(|i| RemoteSearch::new(&keys[i], &scene.shelf.outline()));
    let answers = [&first, &second].map(|search| scene.shelf.answer(search.query()).unwrap());
    assert_eq!(first.read(&scene.world.head, &answers[1]).unwrap_err(), SyncError::NotAsked);
    let Remote::More(next) = second.read(&scene.world.head, &answers[1]).unwrap() else { panic!() };
    // The answer to the first query again, to the second.
    assert_eq!(next.read(&scene.world.head, &answers[1]).unwrap_err(), SyncError::NotAsked);
    // A head that does not name the writer any more.
    let search = RemoteSearch::new(&keys[1], &scene.shelf.outline());
    let mut world = scene.world;
    world.contents.writers.retain(|entry| entry.writer != *scene.device.id());
    world.sign_head();
    let said = search.read(&world.head, &answers[1]).unwrap_err();
    assert_eq!(said, SyncError::Foreign { writer: *scene.device.id() });
}

/// A server that makes the outline up: nonces of its own, of other segments, of other writers. The tags open nothing, and nothing false is found.
#[test]
fn a_false_outline() {
    let scene = scene("outline");
    let keys = scene.world.entry_keys("F32");
    let honest = scene.shelf.outline();
    let (one, two) = (*scene.device.id(), *scene.other.id());
    let mut moved = honest.clone();
    moved.chains.get_mut(&one).unwrap().1.swap(0, 1);
    let mut crossed = honest.clone();
    crossed.chains.insert(one, honest.chains[&two].clone());
    let mut numbered = honest.clone();
    numbered.chains.get_mut(&one).unwrap().0 = u64::MAX;
    let mut repeated = honest.clone();
    let nonces = &mut repeated.chains.get_mut(&one).unwrap().1;
    *nonces = alloc::vec![nonces[0]; 4];
    for outline in [moved, crossed, numbered, repeated] {
        let search = RemoteSearch::new(&keys, &outline);
        let answer = scene.answer(search.query());
        let said = search.read(&scene.world.head, &answer.to_bytes());
        // The other writer's two segments, and what is still right of this one's.
        assert!(matches!(said.and_then(|remote| scene.finish(remote)), Ok(6..=11)));
        // A slot of a segment whose nonce was another's when it was asked for.
        let search = RemoteSearch::new(&keys, &outline);
        let query = RemoteQuery::from_bytes(search.query()).unwrap();
        let tags: Vec<_> = query.runs.iter().flat_map(|run| &run.tags).copied().collect();
        let mut all = scene.answer(RemoteSearch::new(&keys, &honest).query()).matches;
        all.retain(|found| {
            found.segment.header.writer == one && tags.contains(found.slot.first_chunk().unwrap())
        });
        for found in all.iter_mut() {
            found.segment.header.sequence ^= 1;
        }
        if !all.is_empty() {
            let said = search.read(&scene.world.head, &RemoteAnswer { matches: all }.to_bytes());
            assert!(said.is_err());
        }
    }
    // All that a tag ever tells is the first block of the nonce that was named: no keystream.
    let key = &keys.keys[&one];
    let nonce = honest.chains[&one].1[0];
    let entry = Entry { handle: Handle::from_bytes([0; 16]), op: Op::Add, meta: [0; 3] };
    for occurrence in 0..8 {
        let keystream = key.seal(&nonce, 0, entry);
        assert!(!keystream[8..].windows(8).any(|window| window == key.tag(&nonce, occurrence)));
    }
}

/// Queries at the end of the numbers, of writers who are none, and with no tags.
#[test]
fn queries_that_are_out_of_range() {
    let scene = scene("range");
    let writer = *scene.device.id();
    for start in [2, 3, u64::MAX - 1, u64::MAX] {
        let run = Run { writer, start, tags: alloc::vec![[0; 8]; 3] };
        let query = RemoteQuery { context: scene.world.context(), runs: [run].into() };
        assert!(scene.answer(&query.to_bytes()).matches.is_empty());
    }
    let nobody = Run { writer: WriterId::from_bytes([0; 16]), start: 0, tags: [[0; 8]].into() };
    let nothing = Run { writer, start: 0, tags: Vec::new() };
    let query = RemoteQuery { context: scene.world.context(), runs: [nobody, nothing].into() };
    assert!(scene.answer(&query.to_bytes()).matches.is_empty());
}

/// Whoever has a copy of a segment knows its tags, and may ask for all of them, again and again. A proof costs as much as the segment is
/// long: so a query gets a few of each segment, which is all that a reader ever asks for.
#[test]
fn a_query_cannot_have_a_server_prove_a_segment_over_and_over() {
    let mut world = World::new("amplification");
    let mut device = world.device();
    let segment = world.write(&mut device, &["F32"; 32]);
    let mut shelf = Shelf::default();
    shelf.load(&world.store, &world.head, &world.context()).unwrap();
    let run =
        |slot: &[u8; 28]| Run { writer: *device.id(), start: 0, tags: [*slot.first_chunk().unwrap()].into() };
    for runs in [segment.slots.iter().map(run).collect(), alloc::vec![run(&segment.slots[0]); 100]] {
        let query = RemoteQuery { context: world.context(), runs };
        let answer = RemoteAnswer::from_bytes(&shelf.answer(&query.to_bytes()).unwrap()).unwrap();
        assert!((1..=4).contains(&answer.matches.len()), "{}", answer.matches.len());
    }
}

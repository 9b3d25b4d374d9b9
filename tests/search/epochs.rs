//! R2: the next index epoch. Both live, entries carried over, the old one closed; what the old keys open then.

use hippocrypt::search::server::{self, IndexStore};
use hippocrypt::search::*;
use hippocrypt::store::{Store, Table};

use crate::house::{GATE, House, NOW, code, copy, sorted};

fn second() -> IndexEpoch {
    IndexEpoch::new(2).unwrap()
}

/// Opens the second epoch beside the first: scope, policy, share.
fn open_second(house: &mut House) -> Context {
    house.contents.scopes.push(house.owner.scope(&house.domain, second(), 1));
    let seed = PolicySeed::random(&mut house.rng);
    let context = house.owner.context(&house.domain, second(), 1);
    let share = house.owner.share(&context, &house.policy, 1, copy(&seed));
    house.gate.install(share.expose_secret()).unwrap();
    house.seed = seed;
    let mut policy = house.contents.policies[0].clone();
    policy.epoch = second();
    house.contents.policies.push(policy);
    house.sign_head();
    context
}

fn close_first(house: &mut House) {
    house.contents.scopes.retain(|scope| scope.epoch() == second());
    house.contents.writers.retain(|writer| writer.epoch() == second());
    house.contents.policies.retain(|policy| policy.epoch == second());
    house.sign_head();
}

fn sync(house: &House, mirror: &mut Mirror, context: &Context) {
    loop {
        let positions = mirror.positions(&house.head, context);
        let page = server::page(&house.store, &house.head, context, &positions, 4000).unwrap();
        if mirror.extend(&house.head, context, &page).unwrap() == Progress::Complete {
            return;
        }
    }
}

fn keys(house: &House, context: &Context, keyword: &Keyword) -> EntryKeys {
    let keys = ContextKeys::new(&house.head, context).unwrap();
    house.owner.trapdoors(context, std::slice::from_ref(keyword))[0].entry_keys(&keys).unwrap()
}

#[test]
fn entries_are_carried_over_and_the_old_epoch_is_closed() {
    let mut house = House::new("next epoch");
    let first = house.context();
    let (mut device, mut lab) = (house.device(), house.lab());
    let words = [code("a"), code("b")];
    let (one, two) = (house.add(&mut device, &words), house.add(&mut lab, &words[..1]));
    let gone = house.add(&mut lab, &words);
    device.delete(gone, &words);
    house.send(&mut device);
    house.send(&mut lab);
    // What a reader has who is revoked then: seed, trapdoor, keys of entries.
    let (old_seed, old_search) = (copy(&house.seed), house.search_key());
    let old_trapdoors = house.trapdoors(&words).unwrap();
    let unsent = {
        house.add(&mut lab, &words);
        lab.finish(&house.head, &LeakageProfile::standard(), &mut house.rng).unwrap();
        lab.outbox().next().unwrap().1.to_vec()
    };

    let context = open_second(&mut house);
    let mut device = house.device();
    let mut mirror = Mirror::new(*house.owner.collection());
    sync(&house, &mut mirror, &first);
    let first_keys = ContextKeys::new(&house.head, &first).unwrap();
    let trapdoors = house.owner.trapdoors(&first, &words);
    let recovered = mirror.recover(&house.head, &first_keys, &trapdoors).unwrap();
    assert_eq!(recovered.iter().map(|(_, hits)| hits.len()).collect::<Vec<_>>(), [2, 1]);
    for (keyword, hits) in &recovered {
        for hit in hits.iter() {
            device.add(hit.handle, hit.meta, std::slice::from_ref(keyword));
        }
    }
    house.send(&mut device);
    assert_eq!(house.find(&words[0]), sorted(vec![one, two]));
    assert_eq!(house.find(&words[1]), [one]);

    close_first(&mut house);
    // Not a row of the old epoch is left, and none comes in.
    let late = server::append(&house.store, &house.head, &unsent);
    assert!(matches!(late, Err(IndexError::EpochClosed { epoch: 1, .. })));
    let rows = house.store.read_page(b"", None, usize::MAX).unwrap();
    assert_eq!(rows.len(), 3, "head, tip and segment of the new one");
    assert_eq!(house.gate.close(&first).unwrap(), 1);
    mirror.retain_live(&house.head);
    assert_eq!(mirror.size(), (0, 0));
    assert!(ContextKeys::new(&house.head, &first).is_none());
    assert!(matches!(
        lab.finish(&house.head, &LeakageProfile::standard(), &mut house.rng),
        Ok(0) | Err(WriteError::EpochClosed { .. })
    ));

    // The old trapdoors are of another context; the old seed asks for a share that is gone, and is wrong for the new one.
    let new_keys = ContextKeys::new(&house.head, &context).unwrap();
    assert!(old_trapdoors.iter().all(|trapdoor| trapdoor.entry_keys(&new_keys).is_none()));
    let public = house.reader.public_bytes();
    let asked = old_search.ask(&words, GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
    let refused = house.gate.serve(asked.request(), NOW, |_| vec![public]);
    assert!(matches!(refused, Err(GateError::Refused)));
    let entry = house.head.policies(&context).next().unwrap().clone();
    let guess = SearchKey::new(&old_seed, &context, &entry);
    let asked = guess.ask(&words, GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
    let answer = house.gate.serve(asked.request(), NOW, |_| vec![public]).unwrap();
    assert!(matches!(asked.finish(&answer, &new_keys, &mut house.rng), Err(GateError::WrongAnswer)));
    assert_eq!(house.find(&words[1]), [one]);
}

/// A trapdoor of the old epoch, its context rewritten to the new one, opens nothing there.
#[test]
fn a_relabelled_trapdoor_opens_nothing() {
    let mut house = House::new("relabelled");
    let first = house.context();
    let context = open_second(&mut house);
    let mut device = house.device();
    let word = code("a");
    house.add(&mut device, std::slice::from_ref(&word));
    house.send(&mut device);
    let mut mirror = Mirror::new(*house.owner.collection());
    sync(&house, &mut mirror, &context);
    let keys = ContextKeys::new(&house.head, &context).unwrap();
    let find = |from: &Context| {
        let saved = Trapdoor::all_to_bytes(&house.owner.trapdoors(from, std::slice::from_ref(&word)));
        let mut saved = saved.expose_secret().to_vec();
        // Prologue, count, collection, domain; then the epoch.
        let epoch = 7 + 4 + 16 + 2 + 7;
        assert_eq!(saved[epoch..epoch + 4], from.epoch.number().to_be_bytes());
        saved[epoch..epoch + 4].copy_from_slice(&2u32.to_be_bytes());
        let trapdoor = Trapdoor::all_from_bytes(&saved).unwrap().remove(0);
        mirror.search(&house.head, &trapdoor.entry_keys(&keys).unwrap()).unwrap().len()
    };
    assert_eq!((find(&first), find(&context)), (0, 1));
}

/// What the owner deletes in the new epoch was added in the old one. Together the two tell; each alone does not.
#[test]
fn a_deletion_reaches_the_other_epoch() {
    let mut house = House::new("deletes over epochs");
    let first = house.context();
    let (mut old, mut lab) = (house.device(), house.lab());
    let word = code("a");
    let words = std::slice::from_ref(&word);
    let (kept, gone) = (house.add(&mut old, words), house.add(&mut lab, words));
    house.send(&mut old);
    house.send(&mut lab);
    let context = open_second(&mut house);
    let (mut new, mut new_lab) = (house.device(), house.lab());
    new.delete(gone, words);
    // A lab deletes what it has itself written in this epoch, and no more.
    new_lab.delete(kept, words);
    let later = house.add(&mut new_lab, words);
    house.send(&mut new);
    house.send(&mut new_lab);
    let mut mirror = Mirror::new(*house.owner.collection());
    let both = [keys(&house, &first, &word), keys(&house, &context, &word)];
    // Both must have been synced.
    sync(&house, &mut mirror, &first);
    assert!(matches!(mirror.search_epochs(&house.head, &both), Err(QueryError::Incomplete(_))));
    sync(&house, &mut mirror, &context);
    let found: Vec<Handle> = mirror.search_epochs(&house.head, &both).unwrap().handles().collect();
    assert_eq!(found, sorted(vec![kept, later]));
    let alone = mirror.search(&house.head, &both[0]).unwrap();
    assert!(alone.contains(&gone));
    assert_eq!(mirror.search_epochs::<EntryKeys>(&house.head, &[]), Err(QueryError::Empty));
    let other = [keys(&house, &first, &word), keys(&house, &context, &code("b"))];
    assert!(matches!(mirror.search_epochs(&house.head, &other), Err(QueryError::NoTrapdoor { .. })));
}

/// Segments of one epoch, domain or index under another: refused by server and mirror.
#[test]
fn segments_belong_where_they_were_made() {
    let mut house = House::new("places");
    let mut device = house.device();
    house.add(&mut device, &[code("a")]);
    device.finish(&house.head, &LeakageProfile::standard(), &mut house.rng).unwrap();
    let segment = device.outbox().next().unwrap().1.to_vec();
    open_second(&mut house);
    let mut relabelled = segment.clone();
    relabelled[7 + 16 + 2 + 7 + 3] = 2;
    assert!(Segment::from_bytes(&relabelled).is_ok());
    let refused = server::append(&house.store, &house.head, &relabelled);
    assert!(matches!(refused, Err(IndexError::NotInHead { .. })));
    let other = House::new("other places");
    let refused = server::append(&other.store, &other.head, &segment);
    assert!(matches!(refused, Err(IndexError::NoCollection)));
    let (_, batch) = server::append(&house.store, &house.head, &segment).unwrap();
    house.store.commit(&batch).unwrap();
    assert!(house.store.get(Table::Segment, b"").unwrap().is_none());
}

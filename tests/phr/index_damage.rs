//! Indexes on disks that fail, in clouds that are asked by many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hippocrypt::RecordName;
use hippocrypt::phr::audit::{AuditEntry, AuditEvent};
use hippocrypt::phr::index::{FindError, IndexReader, handle_of};
use hippocrypt::phr::{Cloud, CloudError, Limits};
use hippocrypt::search::server::Accepted;
use hippocrypt::search::{Heads, IndexError, IndexWriter, LeakageProfile};
use hippocrypt::store::{Batch, MemoryBlobs, Store, Table};
use hippocrypt::testing::TestRng;

use crate::faults::{FaultyLog, entries};
use crate::house::NOW;
use crate::ward::{Ward, query, word};

/// Whatever row of an index is lost, changed or put in the place of another: the check finds it.
#[test]
fn every_damage_to_an_index_is_found() {
    let mut ward = Ward::new("index-fsck");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    for _ in 0..3 {
        let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
        writer.add(handle, meta, &[word("a")]);
        ward.send(&mut writer, &head);
    }
    let rows = ward.house.cloud.with_store(|store| store.page(Table::Segment, &[], None, 99).unwrap());
    let kinds: String = rows.iter().map(|(key, _)| char::from(key[0])).collect();
    assert_eq!(kinds, "hopssstw");
    let check = |change: &dyn Fn(&mut Batch)| {
        let mut store = ward.house.cloud.with_store(Clone::clone);
        let mut batch = Batch::new();
        change(&mut batch);
        store.commit(&batch).unwrap();
        let (realm, name) = (ward.house.authority.realm().clone(), ward.house.cloud.name());
        let cloud =
            Cloud::open(realm, name, store, MemoryBlobs::new(), ward.house.scribe(), Limits::default(), NOW)
                .unwrap();
        cloud.fsck(|_| ()).unwrap().problems
    };
    assert_eq!(check(&|_| ()), Vec::<String>::new());
    for (n, (key, value)) in rows.iter().enumerate() {
        let what = format!("{n}, {}", char::from(key[0]));
        assert!(!check(&|batch| batch.remove(Table::Segment, key.clone())).is_empty(), "{what} lost");
        for at in [0, value.len() / 2, value.len() - 1] {
            let mut changed = value.clone();
            changed[at] ^= 1;
            let found = check(&|batch| batch.put(Table::Segment, key.clone(), changed.clone()));
            assert!(!found.is_empty(), "{what} changed at {at}");
        }
        for (_, other) in rows.iter().filter(|(other, _)| other != key) {
            let found = check(&|batch| batch.put(Table::Segment, key.clone(), other.clone()));
            assert!(!found.is_empty(), "{what} replaced");
        }
        let mut elsewhere = key.clone();
        elsewhere[1] ^= 1;
        let found = check(&|batch| batch.put(Table::Segment, elsewhere.clone(), value.clone()));
        // Another index of hers, that has no head yet, is none.
        assert_eq!(found.is_empty(), key[0] == b'o', "{what} doubled");
    }
    // A segment of a chain that no head names.
    let (key, value) = rows.iter().find(|(key, _)| key[0] == b's').unwrap();
    let mut foreign = key.clone();
    let writer = foreign.len() - 9;
    foreign[writer] ^= 1;
    assert!(!check(&|batch| batch.put(Table::Segment, foreign.clone(), value.clone())).is_empty());
}

/// Nothing is stored, and nothing leaves, before it is written down.
#[test]
fn without_its_entry_nothing_of_an_index_changes_or_leaves() {
    let broken = Arc::new(AtomicBool::new(false));
    let mut ward = Ward::over("index-sinks", FaultyLog::new(broken.clone()));
    let last = |ward: &Ward<FaultyLog>| -> AuditEntry { ward.house.cloud.with_store(entries).pop().unwrap() };
    assert_eq!(last(&ward).event, AuditEvent::Indexed);
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let (domain, patient) = (ward.domain.clone(), *ward.anna.patient());
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.index.head(NOW, NOW + 60).unwrap();
    let announcement = ward.index.announcement(&ward.anna, 2);
    let rows = |ward: &Ward<FaultyLog>| {
        ward.house.cloud.with_store(|store| store.page(Table::Segment, &[], None, 99).unwrap())
    };
    let before = rows(&ward);
    for message in [&head, &announcement] {
        broken.store(true, Ordering::SeqCst);
        let outcome = ward.house.cloud.index(message, NOW, &mut ward.rng);
        assert!(matches!(outcome, Err(CloudError::Store(_))), "{outcome:?}");
        assert!(rows(&ward) == before);
    }
    broken.store(false, Ordering::SeqCst);
    assert_eq!(ward.house.cloud.index(&head, NOW, &mut ward.rng).unwrap(), Accepted::New);
    assert_eq!((last(&ward).event, last(&ward).evidence), (AuditEvent::Indexed, head.clone()));
    assert_eq!(last(&ward).patient, Some(patient));
    let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    ward.send(&mut writer, &head);

    // Every question of a sync, and of a remote search, one after the other; then the gate.
    let mut search = IndexReader::new(&chen, &patient, &domain);
    let cloud = &ward.house.cloud;
    let mut released = 0;
    let mut answer = |question: &[u8]| {
        broken.store(true, Ordering::SeqCst);
        assert!(matches!(cloud.answer(question, NOW), Err(CloudError::Store(_))));
        broken.store(false, Ordering::SeqCst);
        Err(question.len().to_string().into())
    };
    assert!(matches!(
        search.sync(&cloud.name(), NOW, &mut ward.rng, &mut answer),
        Err(FindError::Transport(_))
    ));
    // The same question is remembered; a fresh one is answered.
    for stop in 0..3 {
        let mut asked = 0;
        let outcome = search.sync(&cloud.name(), NOW, &mut ward.rng, |question| {
            asked += 1;
            if asked > stop {
                return answer(question);
            }
            let answer = cloud.answer(question, NOW).map_err(|error| error.to_string())?;
            released += 1;
            let entry = cloud.with_store(entries).pop().unwrap();
            assert_eq!((entry.event, entry.evidence), (AuditEvent::Searched, question.to_vec()));
            assert_eq!(entry.user.unwrap().as_str(), "dr-chen");
            Ok(answer)
        });
        assert!(matches!(outcome, Err(FindError::Transport(_))), "{stop}");
    }
    assert!(released >= 2, "{released}");
    ward.sync(&mut search).unwrap();
    let (cloud, gate) = (&ward.house.cloud, &ward.gate);
    let refused = search.find(&query("a"), crate::ward::GATE, NOW, &mut ward.rng, |request| {
        broken.store(true, Ordering::SeqCst);
        let outcome = cloud.gate(gate, request, NOW);
        broken.store(false, Ordering::SeqCst);
        assert!(matches!(outcome, Err(CloudError::Store(_))));
        Err("not written down".into())
    });
    assert!(matches!(refused, Err(FindError::Transport(_))));
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 1);
    let entry = last(&ward);
    assert_eq!((entry.event, entry.patient), (AuditEvent::Searched, Some(patient)));
}

/// Many bring the same segments, and two devices have the same key: each number of a chain is stored once.
#[test]
fn two_at_one_chain_do_not_tear_it() {
    let mut ward = Ward::new("index-threads");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let head = Heads::new(*ward.index.collection()).observe(&head, NOW).unwrap();
    let mut rng = TestRng::new("segments");
    let mut copies = [(); 2].map(|()| IndexWriter::from_bytes(writer.to_bytes().expose_secret()).unwrap());
    for _ in 0..40 {
        let (handle, meta) = handle_of(&RecordName::random(&mut rng));
        writer.add(handle, meta, &[word("a")]);
        writer.finish(&head, &LeakageProfile::lean(), &mut rng).unwrap();
    }
    let segments: Vec<Vec<u8>> = writer.outbox().map(|(_, bytes)| bytes.to_vec()).collect();
    let cloud = &ward.house.cloud;
    let news: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let segments = &segments;
                scope.spawn(move || {
                    let mut rng = TestRng::new(&format!("thread {n}"));
                    let outcomes =
                        segments.iter().map(|segment| cloud.index(segment, NOW, &mut rng).unwrap());
                    outcomes.filter(|accepted| *accepted == Accepted::New).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!((news, cloud.stats().unwrap().segments), (40, 40));

    // A device that was restored from an old copy, twice.
    for copy in &mut copies {
        let (handle, meta) = handle_of(&RecordName::random(&mut rng));
        copy.add(handle, meta, &[word("b")]);
        copy.finish(&head, &LeakageProfile::lean(), &mut rng).unwrap();
        let segment = copy.outbox().next().unwrap().1.to_vec();
        let outcome = cloud.index(&segment, NOW, &mut rng);
        assert!(matches!(outcome, Err(CloudError::Index(IndexError::Fork { sequence: 0, .. }))));
    }
    // .. and two at an empty chain, side by side: one of them comes first.
    let mut fresh = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let head = Heads::new(*ward.index.collection()).observe(&head, NOW).unwrap();
    let mut twins = [(); 2].map(|()| IndexWriter::from_bytes(fresh.to_bytes().expose_secret()).unwrap());
    for twin in &mut twins {
        let (handle, meta) = handle_of(&RecordName::random(&mut rng));
        twin.add(handle, meta, &[word("b")]);
        twin.finish(&head, &LeakageProfile::lean(), &mut rng).unwrap();
    }
    fresh.forget_keywords();
    let cloud = &ward.house.cloud;
    let first = std::thread::scope(|scope| {
        let sent = twins.each_ref().map(|twin| {
            let segment = twin.outbox().next().unwrap().1.to_vec();
            scope.spawn(move || cloud.index(&segment, NOW, &mut TestRng::new("twin")))
        });
        let outcomes = sent.map(|thread| thread.join().unwrap());
        let forks = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(CloudError::Index(IndexError::Fork { .. }))))
            .count();
        assert_eq!(forks, 1, "{outcomes:?}");
        outcomes.iter().filter(|outcome| matches!(outcome, Ok(Accepted::New))).count()
    });
    assert_eq!((first, cloud.stats().unwrap().segments), (1, 41));
    assert_eq!(cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

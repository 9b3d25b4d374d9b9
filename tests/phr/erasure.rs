//! Erasure: all that a cloud has of a patient goes, and the ledger verifies as before. `[PHR-11.5]`

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hippocrypt::ledger::{Finality, LogKeys, Replay, TransactionKind, Verifier};
use hippocrypt::phr::audit::{AuditEntry, AuditEvent};
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex, handle_of};
use hippocrypt::phr::*;
use hippocrypt::search::IndexOwner;
use hippocrypt::store::{BlobStore, ChunkId, MemoryStore, Store, Table};
use hippocrypt::testing::TestRng;
use hippocrypt::{AuthorKey, ReaderSeed, RecordName, UserId};

use crate::forge::Rogue;
use crate::house::{HOUR, House, NOW, described};
use crate::ledger::{account, bytes_of, contains, said};
use crate::ward::{GATE, Ward, query, word};

const DAY: u64 = 24 * HOUR;

/// Rows that have these bytes in their key or value.
fn rows_with(store: &MemoryStore, bytes: &[u8]) -> Vec<(Table, Vec<u8>)> {
    let rows = Table::ALL.into_iter().flat_map(|table| {
        let rows = store.page(table, &[], None, usize::MAX).unwrap();
        rows.into_iter().map(move |(key, value)| (table, key, value))
    });
    rows.filter(|(_, key, value)| contains(key, bytes) || contains(value, bytes))
        .map(|(table, key, _)| (table, key))
        .collect()
}

/// The ledger from its first leaf on, believed in nothing.
fn replayed(house: &House) -> u64 {
    let key = house.cloud.ledger_key().unwrap();
    let mut replay = Replay::new(&Verifier::new(LogKeys::new(key).unwrap(), Finality::Local));
    house.cloud.with_ledger(|book| {
        let mut checkpoints = book.checkpoints(0, usize::MAX).unwrap().into_iter().peekable();
        for entry in book.entries(0, usize::MAX, true).unwrap() {
            replay.entry(&entry).unwrap();
            if let Some(checkpoint) = checkpoints.next_if(|one| one.head().size == replay.leaves()) {
                replay.checkpoint(&checkpoint).unwrap();
            }
        }
    });
    replay.leaves()
}

struct Scene {
    ward: Ward,
    berta: Owner,
    chen: Reader,
    lab: Writer,
    /// Anna's records; the last one is by herself.
    names: Vec<RecordName>,
    /// One that is in a record of each, and one that is in two of Anna's.
    chunks: [ChunkId; 2],
    /// The names of Anna's indexes.
    indexes: Vec<[u8; 16]>,
}

/// Anna with all that a cloud can have of a patient: records of several writers, one her own, attachments, two indexes, a consent, a ledger.
fn scene(seed: &str) -> Scene {
    let mut ward = Ward::new(seed);
    let berta = ward.house.patient("berta");
    let chen = ward.house.reader("dr-chen", "role:physician");
    let roe = ward.house.reader("dr-roe", "role:radiologist");
    let domain = ward.domain.clone();
    // An index, and another one after it.
    let mut indexes = Vec::new();
    for number in [1, 2] {
        if number == 2 {
            ward.index = PatientIndex::new(IndexOwner::generate(&mut ward.rng));
            ward.index.open_domain(&domain, 1);
            let announcement = ward.index.announcement(&ward.anna, 2);
            ward.house.cloud.index(&announcement, NOW, &mut ward.rng).unwrap();
        }
        indexes.push(*ward.index.collection().as_bytes());
        ward.grant("role:physician").unwrap();
        let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
        let head = ward.publish();
        let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
        writer.add(handle, meta, &[word("a")]);
        ward.send(&mut writer, &head);
    }
    let anna = *ward.anna.patient();
    let house = &mut ward.house;
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    let mut names = Vec::new();
    for of in [&anna, berta.patient()] {
        names.push(lab.write(of, &note, b"x", NOW, &mut house.rng).unwrap());
    }
    names.pop();
    house.send(&mut lab).unwrap();
    // Chunks that several records name.
    let rogue = Rogue::new(house, "scanner", None);
    let chunks = [b"in records of both".to_vec(), b"in two records of hers".to_vec()];
    let (shared, own) = (ChunkId::of(&chunks[0]), ChunkId::of(&chunks[1]));
    let (mut compartments, mut records) = (Vec::new(), Vec::new());
    for (of, chunks) in [(&anna, vec![shared, own]), (&anna, vec![own]), (berta.patient(), vec![shared])] {
        let (compartment, _, key) = rogue.fair(house, of);
        let name = RecordName::random(&mut house.rng);
        let mut record = rogue.record(house, &key, &name, b"with a chunk");
        record.2 = chunks.iter().map(|id| *id.as_bytes()).collect();
        if *of == anna {
            names.push(name);
        }
        compartments.push(compartment);
        records.push(record);
    }
    let mut upload = rogue.upload(compartments, records);
    upload.chunks = chunks.to_vec();
    house.cloud.upload(&upload.sign(&rogue.key), NOW, &mut house.rng).unwrap();
    names.push(ward.anna.writer().write(&anna, &note, b"by herself", NOW, &mut house.rng).unwrap());
    house.send(ward.anna.writer()).unwrap();
    let share = ward.anna.share(roe.user(), [RecordCategory::Note], [], NOW).unwrap();
    let messages = house.authority.consent(&share, NOW, &mut house.rng).unwrap();
    house.tell(&messages);
    for (reader, records) in [(&chen, 4), (&roe, 2)] {
        assert_eq!(house.read(reader, &anna).unwrap().records.len(), records);
    }
    let mut search = IndexReader::new(&chen, &anna, &domain);
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 1);
    drop(search);
    Scene { ward, berta, chen, lab, names, chunks: [shared, own], indexes }
}

#[test]
fn nothing_of_her_stays_and_the_ledger_verifies_as_before() {
    let mut scene = scene("erasure");
    let Scene { ward, berta, chen, lab, names, indexes, .. } = &mut scene;
    let (anna, domain) = (*ward.anna.patient(), ward.domain.clone());
    let house = &mut ward.house;
    assert_eq!(house.read(berta.reader(), berta.patient()).unwrap().records.len(), 2);
    let checkpoint = house.cloud.close_block().unwrap();
    let (_, before) = account(house, ward.anna.reader(), &anna);
    assert_eq!(before.transactions.len(), said(&before).len());
    let leaves = |house: &House| {
        let entries = house.cloud.with_ledger(|book| book.entries(0, usize::MAX, false)).unwrap();
        entries.into_iter().map(|entry| entry.leaf).collect::<Vec<_>>()
    };
    let (former, of_berta) = (leaves(house), said(&account(house, berta.reader(), berta.patient()).1));
    let traces = |house: &House, secret: &[u8]| house.cloud.with_store(|store| rows_with(store, secret));
    let mut secrets: Vec<Vec<u8>> = names.iter().map(bytes_of).collect();
    secrets.extend(indexes.iter().map(|name| name.to_vec()).chain([anna.as_bytes().to_vec()]));
    for secret in &secrets {
        assert!(!traces(house, secret).is_empty());
    }

    let order = ward.anna.erase(NOW);
    let receipt = house.cloud.erase(&order, NOW).unwrap();
    let [erased] = receipt.entries.as_slice() else { panic!("{receipt:?}") };
    assert!(receipt.is_genuine(&house.cloud.ledger_key().unwrap()));
    let says = AuditEntry::of(erased).unwrap();
    assert_eq!((erased.leaf.kind, says.event), (TransactionKind::Erasure, AuditEvent::Erased));
    assert_eq!((says.patient, says.evidence), (Some(anna), order.clone()));

    // No row has her handle, her records or her index.
    for secret in &secrets {
        assert_eq!(traces(house, secret), []);
    }
    // In words her handle is in keys alone, which are the authority's to take, and in what says who was given them.
    let words = anna.to_string().into_bytes();
    let nobodys = |(table, key): &(Table, Vec<u8>)| match table {
        Table::Key => true,
        Table::Audit => key.starts_with(&[&b"T"[..], &[0; 16]].concat()),
        _ => false,
    };
    assert!(traces(house, &words).iter().all(nobodys), "{:?}", traces(house, &words));
    let findings = house.cloud.fsck(|_| ()).unwrap();
    assert_eq!((findings.problems, findings.orphans), (Vec::new(), 0));
    let stats = house.cloud.stats().unwrap();
    assert_eq!((stats.patients, stats.records, stats.chunks, stats.indexes, stats.segments), (1, 2, 1, 0, 0));

    // The leaves are those of before, and one more; blocks go on.
    let later = leaves(house);
    assert_eq!(later[..former.len()], former);
    assert_eq!(later.last(), Some(&erased.leaf));
    house.cloud.close_block().unwrap();
    assert_eq!(replayed(house), later.len() as u64 + 1);
    let consistent = house.cloud.with_ledger(|book| {
        let (old, new) = (checkpoint.head(), book.checkpoint().unwrap().unwrap());
        let proof = book.prove_consistency(old.size, new.head().size).unwrap().unwrap();
        proof.holds(&old.root, &new.head().root)
    });
    assert!(consistent);

    // Who could read her has nothing to read, and is told what he would be told of somebody who never was.
    let asked = chen.open_all(&anna, None, &house.cloud.name(), NOW, &mut house.rng);
    assert!(matches!(house.cloud.answer(asked.question(), NOW), Err(CloudError::Denied)));
    let asked = chen.open(names.clone(), &house.cloud.name(), NOW, &mut house.rng);
    assert!(matches!(house.cloud.answer(asked.question(), NOW), Err(CloudError::Denied)));
    let mut search = IndexReader::new(chen, &anna, &domain);
    assert!(matches!(ward.sync(&mut search), Err(FindError::Transport(_))));
    drop(search);

    // Her account has everything, and says nothing.
    let house = &mut ward.house;
    let (_, after) = account(house, ward.anna.reader(), &anna);
    assert_eq!(after.transactions.len(), before.transactions.len() + 2);
    assert!(said(&after).is_empty());
    // Berta has lost nothing.
    assert_eq!(house.read(berta.reader(), berta.patient()).unwrap().records.len(), 2);
    let now_of_berta = said(&account(house, berta.reader(), berta.patient()).1);
    assert_eq!(now_of_berta[..of_berta.len()], of_berta);

    // She can begin anew: a compartment of before is gone, and so is closed for whoever has written into it.
    let note = described(RecordCategory::Note);
    lab.write(&anna, &note, b"too late", NOW, &mut house.rng).unwrap();
    assert!(matches!(house.send(lab), Err(CloudError::Missing(_))));
    ward.anna.writer().write(&anna, &note, b"anew", NOW, &mut house.rng).unwrap();
    house.send(ward.anna.writer()).unwrap();
    let read = house.read(chen, &anna).unwrap();
    assert_eq!(read.records.iter().map(|record| &record.content[..]).collect::<Vec<_>>(), [b"anew"]);
    let anew: Vec<_> =
        said(&account(house, ward.anna.reader(), &anna).1).iter().map(|entry| entry.event).collect();
    assert_eq!(anew, [AuditEvent::Audited, AuditEvent::Stored, AuditEvent::Opened]);
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());

    // The order is carried out once: it does not destroy what came after it. A new one does.
    assert!(matches!(house.cloud.erase(&order, NOW), Err(CloudError::Erasure)));
    assert_eq!(house.read(chen, &anna).unwrap().records.len(), 1);
    house.cloud.erase(&ward.anna.erase(NOW + 1), NOW + 1).unwrap();
    assert!(matches!(house.cloud.erase(&ward.anna.erase(NOW + 2), NOW + 2), Err(CloudError::Denied)));
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
    // Chunks: the one that a record of Berta's needs is there.
    let (_, blobs, _) = scene.ward.house.cloud.into_parts();
    assert_eq!(scene.chunks.map(|chunk| blobs.has(&chunk).unwrap()), [true, false]);
}

/// Answers that are being made when her order comes are written down before it, or not given: nothing is said of her records after it.
#[test]
fn nothing_is_written_down_of_her_records_after_she_was_erased() {
    let mut house = House::new("erased among many");
    let mut anna = house.patient("anna");
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    let names = [(); 3].map(|()| lab.write(anna.patient(), &note, b"x", NOW, &mut house.rng).unwrap());
    house.send(&mut lab).unwrap();
    let readers: Vec<Reader> = (0..4).map(|n| house.reader(&format!("dr-{n}"), "role:physician")).collect();
    let (patient, order) = (*anna.patient(), anna.erase(NOW));
    let (answered, erased) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (cloud, name) = (&house.cloud, house.cloud.name());
    std::thread::scope(|scope| {
        for (n, reader) in readers.iter().enumerate() {
            let (answered, erased, name) = (&answered, &erased, &name);
            scope.spawn(move || {
                let mut rng = TestRng::new(&format!("thread {n}"));
                loop {
                    let asked = reader.open_all(&patient, None, name, NOW, &mut rng);
                    let late = erased.load(Ordering::SeqCst);
                    match cloud.answer(asked.question(), NOW) {
                        Ok(_) if late => panic!("answered after she was erased"),
                        Ok(_) => answered.fetch_add(1, Ordering::SeqCst),
                        Err(CloudError::Denied) => return,
                        Err(other) => panic!("{other}"),
                    };
                }
            });
        }
        let (answered, erased, order) = (&answered, &erased, &order);
        scope.spawn(move || {
            while answered.load(Ordering::SeqCst) < 8 {
                std::thread::yield_now();
            }
            cloud.erase(order, NOW).unwrap();
            erased.store(true, Ordering::SeqCst);
        });
    });
    for name in names {
        assert_eq!(house.cloud.with_store(|store| rows_with(store, &bytes_of(&name))), []);
    }
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

/// Whoever looks for something without a mirror is answered from segments that the cloud keeps in memory: those of an index that was erased are not found when
/// it is announced again.
#[test]
fn an_index_that_was_erased_is_empty_when_it_is_announced_again() {
    let Scene { mut ward, chen, .. } = scene("erased index");
    let (anna, domain) = (*ward.anna.patient(), ward.domain.clone());
    let found = |ward: &mut Ward, rng: &str| {
        let (cloud, gate) = (&ward.house.cloud, &ward.gate);
        let (name, mut rng) = (cloud.name(), TestRng::new(rng));
        let mut search = IndexReader::new(&chen, &anna, &domain);
        let ask = |question: &[u8]| cloud.answer(question, NOW).map_err(|error| error.to_string().into());
        let ask_gate =
            |request: &[u8]| cloud.gate(gate, request, NOW).map_err(|error| error.to_string().into());
        search.refresh(&name, NOW, &mut rng, ask)?;
        let hits = search.find_remotely(&word("a"), &name, GATE, NOW, &mut rng, ask, ask_gate)?;
        Ok::<_, FindError>(hits.iter().count())
    };
    assert_eq!(found(&mut ward, "before").unwrap(), 1);
    ward.house.cloud.erase(&ward.anna.erase(NOW), NOW).unwrap();
    assert!(matches!(found(&mut ward, "after"), Err(FindError::Transport(_))));
    // She announces the same index again: nothing is in it.
    let announcement = ward.index.announcement(&ward.anna, 1);
    ward.house.cloud.index(&announcement, NOW, &mut ward.rng).unwrap();
    ward.publish();
    assert_eq!(found(&mut ward, "anew").unwrap(), 0);
    assert_eq!(ward.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn an_order_that_is_not_hers_and_of_today_erases_nothing() {
    let mut house = House::new("orders");
    let (mut anna, mut berta) = (house.patient("anna"), house.patient("berta"));
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    for of in [&anna, &berta] {
        lab.write(of.patient(), &note, b"x", NOW, &mut house.rng).unwrap();
    }
    house.send(&mut lab).unwrap();
    let before = house.cloud.stats().unwrap();
    let good = anna.erase(NOW);
    let refused = |house: &House, order: &[u8], now: u64| house.cloud.erase(order, now).unwrap_err();
    for at in 7..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let refused = refused(&house, &changed, NOW);
        assert!(matches!(refused, CloudError::Erasure | CloudError::Malformed(_)), "{at}: {refused}");
    }
    // Berta's words under Anna's credential.
    let theirs = berta.erase(NOW);
    let end = |order: &[u8]| 9 + usize::from(u16::from_be_bytes([order[7], order[8]]));
    let mixed = [&good[..end(&good)], &theirs[end(&theirs)..]].concat();
    assert!(matches!(refused(&house, &mixed, NOW), CloudError::Erasure));
    // Of another realm; a consent instead of it.
    let foreign = House::new("elsewhere").patient("anna").erase(NOW);
    assert!(matches!(refused(&house, &foreign, NOW), CloudError::Erasure));
    let consent = anna.share(berta.reader().user(), [RecordCategory::Note], [], NOW).unwrap();
    assert!(matches!(refused(&house, &consent, NOW), CloudError::Malformed(_)));
    // Of another day.
    for now in [NOW + DAY + 1, NOW - DAY - 1] {
        assert!(matches!(refused(&house, &good, now), CloudError::Erasure), "{now}");
    }

    // A device of hers, which does not speak for her; a credential that is over; and one of somebody who was dismissed.
    let sign = |house: &mut House, user: &str, categories: &[RecordCategory]| {
        let (user, key) = (UserId::new(user).unwrap(), AuthorKey::generate(&mut house.rng));
        let categories = categories.iter().copied();
        let of = Some(anna.patient());
        let credential = house.authority.credential(&user, &key.id(), categories, of, NOW + HOUR).unwrap();
        let (realm, seed) = (house.authority.realm().clone(), ReaderSeed::generate(&mut house.rng));
        Owner::new(realm, user, seed, key, &credential).unwrap().erase(NOW)
    };
    let device = sign(&mut house, "watch", &[RecordCategory::VitalSign, RecordCategory::Note]);
    assert!(matches!(refused(&house, &device, NOW), CloudError::Erasure));
    let guardian = sign(&mut house, "guardian", &[RecordCategory::Consent]);
    assert!(matches!(refused(&house, &guardian, NOW + HOUR + 1), CloudError::Erasure));
    let former = sign(&mut house, "former-guardian", &[RecordCategory::Consent]);
    let update = house.authority.revoke(&UserId::new("former-guardian").unwrap(), NOW).unwrap();
    house.tell(&[update]);
    assert!(matches!(refused(&house, &former, NOW), CloudError::Dismissed(_)));
    let after = house.cloud.stats().unwrap();
    assert_eq!((after.records, after.compartments), (before.records, before.compartments));
    assert_eq!(after.transactions, before.transactions + 1);

    // A guardian's is good, to the last second; then there is nothing left, and nothing of others is gone.
    house.cloud.erase(&guardian, NOW + HOUR).unwrap();
    for order in [&guardian, &good] {
        assert!(matches!(refused(&house, order, NOW + HOUR), CloudError::Denied));
    }
    assert_eq!(house.cloud.stats().unwrap().records, 1);
    assert_eq!(house.read(berta.reader(), berta.patient()).unwrap().records.len(), 1);
    // Of whom there never was anything.
    let mut dora = house.patient("dora");
    assert!(matches!(refused(&house, &dora.erase(NOW), NOW), CloudError::Denied));
    let mut rng = TestRng::new("rows");
    assert_eq!(
        house.cloud.with_store(|store| rows_with(store, PatientHandle::random(&mut rng).as_bytes())),
        []
    );
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

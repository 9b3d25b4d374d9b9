//! A store that fails at every place where it can, or takes nothing into its ledger: nothing is released, and the call can be repeated.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use hippocrypt::ledger::{Book, Subject};
use hippocrypt::phr::audit::{AuditEntry, AuditEvent};
use hippocrypt::phr::*;
use hippocrypt::store::{Batch, Change, Entry, MemoryBlobs, MemoryStore, Store, StoreError, Table};
use hippocrypt::testing::TestRng;
use hippocrypt::{EnrolmentNonce, EpochTree, ReaderSeed, Schema, SealKey, UserId, setup_with_epochs};

use crate::house::{House, NOW, described};

/// A store whose n-th operation from now on fails; negative: none does.
#[derive(Clone)]
struct Faulty {
    store: MemoryStore,
    commits: Arc<AtomicI64>,
    reads: Arc<AtomicI64>,
}

impl Faulty {
    fn new() -> Self {
        let never = || Arc::new(AtomicI64::new(-1));
        Self { store: MemoryStore::new(), commits: never(), reads: never() }
    }
}

fn strikes(countdown: &AtomicI64) -> Result<(), StoreError> {
    let left = countdown.load(Ordering::SeqCst);
    if left >= 0 {
        countdown.store(left - 1, Ordering::SeqCst);
    }
    if left == 0 { Err(StoreError::Full) } else { Ok(()) }
}

impl Store for Faulty {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        strikes(&self.reads)?;
        self.store.get(table, key)
    }
    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        strikes(&self.reads)?;
        self.store.page(table, prefix, after, limit)
    }
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        strikes(&self.commits)?;
        self.store.commit(batch)
    }
}

/// The log of an authority, which is the only one that a cloud accepts: numbers without a gap, each naming the one before.
fn is_unbroken(authority: &Authority<Faulty>) -> bool {
    let realm = authority.realm().parameters().clone();
    let mut state = hippocrypt::RevocationState::new(&realm).unwrap();
    let updates = authority.updates(0).unwrap();
    let applied = updates.iter().all(|update| {
        let update = hippocrypt::AuthorityUpdate::from_bytes(update).unwrap();
        state.apply(&update, &realm).is_ok()
    });
    applied && updates.len() as u64 == authority.number()
}

#[test]
fn an_authority_whose_store_fails_has_done_nothing() {
    let mut rng = TestRng::new("faults of an authority");
    let (_, master) = setup_with_epochs("st-marys", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
    let store = Faulty::new();
    let (commits, reads) = (store.commits.clone(), store.reads.clone());
    let mut authority = Authority::begin(master, &Schema::empty(), rules, store, NOW).unwrap();
    let patient = PatientHandle::random(&mut rng);
    let key = hippocrypt::AuthorKey::generate(&mut rng);
    let anna = UserId::new("anna").unwrap();
    let all = RecordCategory::ALL;
    let credential = authority.credential(&anna, &key.id(), all, Some(&patient), NOW + 99).unwrap();
    let seed = ReaderSeed::generate(&mut rng);
    let owner = Owner::new(authority.realm().clone(), anna, seed, key, &credential).unwrap();
    let users: Vec<UserId> = (0..4).map(|n| UserId::new(&format!("u{n}")).unwrap()).collect();
    for user in &users {
        let seed = ReaderSeed::generate(&mut rng);
        let reader = Reader::new(authority.realm().clone(), user.clone(), seed);
        let enrolment = reader.enrol(&EnrolmentNonce::from_bytes([7; 32]), &mut rng);
        // Enrolling, too.
        commits.store(0, Ordering::SeqCst);
        let nonce = || EnrolmentNonce::from_bytes([7; 32]);
        assert!(authority.enrol(user, &enrolment, nonce(), "role:nurse, x:1, y:1", &mut rng).is_err());
        authority.enrol(user, &enrolment, nonce(), "role:nurse, x:1, y:1", &mut rng).unwrap();
    }
    let note = [RecordCategory::Note];
    let (share, unshare) = (
        owner.share(&users[0], note, [], NOW).unwrap(),
        owner.unshare(&users[0], note, [], NOW + 1).unwrap(),
    );
    let unknown = hippocrypt::KeyId::from_bytes([9; 16]);
    let unknown_too = hippocrypt::KeyId::from_bytes([10; 16]);
    let first = hippocrypt::EpochTree::new(10).unwrap().epoch(1).unwrap();
    type Call<'a> = Box<dyn FnMut(&mut Authority<Faulty>, &mut TestRng) -> Result<usize, RoleError> + 'a>;
    let calls: Vec<(&str, Call<'_>)> = vec![
        ("consent gives", Box::new(|authority, rng| Ok(authority.consent(&share, NOW, rng)?.len()))),
        ("consent takes", Box::new(|authority, rng| Ok(authority.consent(&unshare, NOW + 1, rng)?.len()))),
        ("grant", Box::new(|authority, _| Ok(authority.grant(&users[1], "role:physician")?.len()))),
        ("withdraw", Box::new(|authority, rng| Ok(authority.withdraw(&users[1], "x:1", NOW, rng)?.len()))),
        ("revoke", Box::new(|authority, _| Ok(authority.revoke(&users[2], NOW)?.len()))),
        ("advance", Box::new(|authority, _| Ok(authority.advance(NOW)?.len()))),
        (
            "reconcile",
            Box::new(|authority, _| {
                Ok(authority.reconcile([(unknown, first), (unknown_too, first)], NOW)?.len())
            }),
        ),
        ("refresh", Box::new(|authority, _| Ok(authority.refresh(|_| Ok(()))? as usize))),
        (
            "rules",
            Box::new(|authority, _| {
                let rules = AccessRules::parse("", &Schema::empty())?;
                Ok(authority.change_rules(rules)?.number() as usize)
            }),
        ),
    ];
    for (what, mut call) in calls {
        let mut failures = 0;
        // First every read, and the first commit behind it; then every commit, until it comes through.
        let mut failing_reads = true;
        let mut strike = -1;
        loop {
            strike += 1;
            assert!(strike < 40, "{what} goes on for ever");
            let before = (authority.number(), authority.updates(0).unwrap(), authority.realm().number());
            reads.store(if failing_reads { strike } else { -1 }, Ordering::SeqCst);
            commits.store(if failing_reads { 0 } else { strike }, Ordering::SeqCst);
            let outcome = call(&mut authority, &mut rng);
            let read = reads.swap(-1, Ordering::SeqCst) < 0;
            let committed = commits.swap(-1, Ordering::SeqCst) >= 0;
            if !failing_reads && committed {
                outcome.unwrap();
                assert!(is_unbroken(&authority), "{what}");
                break;
            }
            failures += 1;
            assert!(outcome.is_err(), "{what} {strike}");
            let after = (authority.number(), authority.updates(0).unwrap(), authority.realm().number());
            assert!(before == after, "{what} {strike}: the log has changed");
            if failing_reads && !read {
                (failing_reads, strike) = (false, -1);
            }
        }
        assert!(failures > 0, "{what}");
    }
}

/// A store that can be made to refuse whatever belongs to the ledger.
#[derive(Clone)]
pub struct FaultyLog(MemoryStore, Arc<AtomicBool>);

impl FaultyLog {
    pub fn new(broken: Arc<AtomicBool>) -> Self {
        Self(MemoryStore::new(), broken)
    }
}

impl Store for FaultyLog {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }

    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.0.page(table, prefix, after, limit)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let of_ledger = |change: &Change| matches!(change, Change::Insert(table, ..) | Change::Put(table, ..) if *table == Table::Audit);
        if self.1.load(Ordering::SeqCst) && batch.changes().iter().any(of_ledger) {
            return Err(StoreError::ReadOnly);
        }
        self.0.commit(batch)
    }
}

/// What all transactions of the ledger say.
pub fn entries(store: &impl Store) -> Vec<AuditEntry> {
    let entries = Book::of(store).entries(0, usize::MAX, true).unwrap();
    entries.iter().filter_map(AuditEntry::of).collect()
}

#[test]
fn without_its_entry_nothing_is_stored_and_nothing_leaves() {
    let broken = Arc::new(AtomicBool::new(false));
    let store = FaultyLog::new(broken.clone());
    let mut house = House::over("sinks", store, MemoryBlobs::new(), Limits::default());
    let anna = house.patient("anna");
    let reader = house.reader("chen", "role:physician");
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    lab.write(anna.patient(), &note, b"a note", NOW, &mut house.rng).unwrap();
    let upload = lab.upload().unwrap();
    let rows = |house: &House<FaultyLog>| house.cloud.stats().unwrap();
    let before = rows(&house);
    broken.store(true, Ordering::SeqCst);
    assert!(matches!(house.cloud.upload(&upload, NOW, &mut house.rng), Err(CloudError::Store(_))));
    assert_eq!(rows(&house), before);
    broken.store(false, Ordering::SeqCst);
    house.cloud.upload(&upload, NOW, &mut house.rng).unwrap();
    assert_eq!(house.cloud.with_store(entries).last().unwrap().event, AuditEvent::Stored);

    // Questions of all sorts: answers and refusals.
    let cloud = house.cloud.name();
    let stranger = PatientHandle::random(&mut house.rng);
    broken.store(true, Ordering::SeqCst);
    for asked in [
        reader.open_all(anna.patient(), None, &cloud, NOW, &mut house.rng),
        reader.list(anna.patient(), None, &cloud, NOW, &mut house.rng),
        reader.list(&stranger, None, &cloud, NOW, &mut house.rng),
    ] {
        assert!(matches!(house.cloud.answer(asked.question(), NOW), Err(CloudError::Store(_))));
    }
    assert_eq!(rows(&house).transactions, before.transactions + 1);
    broken.store(false, Ordering::SeqCst);
    for (asked, event) in [
        (reader.open_all(anna.patient(), None, &cloud, NOW, &mut house.rng), AuditEvent::Opened),
        (reader.list(anna.patient(), None, &cloud, NOW, &mut house.rng), AuditEvent::Listed),
        (reader.list(&stranger, None, &cloud, NOW, &mut house.rng), AuditEvent::Denied),
    ] {
        let _ = house.cloud.answer(asked.question(), NOW);
        let entry = house.cloud.with_store(entries).pop().unwrap();
        assert_eq!((entry.event, entry.evidence), (event, asked.question().to_vec()));
        assert_eq!(entry.user.unwrap().as_str(), "chen");
    }

    // An update: it counts at once, and is written down before anything else is.
    let update = house.authority.revoke(&UserId::new("chen").unwrap(), NOW).unwrap();
    broken.store(true, Ordering::SeqCst);
    assert!(matches!(house.cloud.take(&update, NOW, &mut house.rng), Err(CloudError::Store(_))));
    assert_eq!((rows(&house).updates, rows(&house).keys), (1, 2));
    let asked = reader.list(anna.patient(), None, &cloud, NOW, &mut house.rng);
    assert!(house.cloud.answer(asked.question(), NOW).is_err());
    let next = house.authority.advance(NOW).unwrap();
    assert!(matches!(house.cloud.take(&next, NOW, &mut house.rng), Err(CloudError::Store(_))));
    broken.store(false, Ordering::SeqCst);
    house.cloud.take(&next, NOW, &mut house.rng).unwrap();
    house.cloud.take(&update, NOW, &mut house.rng).unwrap();
    assert_eq!((rows(&house).updates, rows(&house).keys), (3, 1));
    let written = house.cloud.with_store(entries);
    let updated: Vec<_> = written
        .iter()
        .filter(|entry| matches!(entry.event, AuditEvent::Advanced | AuditEvent::Revoked))
        .map(|entry| &entry.evidence)
        .collect();
    assert_eq!(updated[1..], [&update, &next]);
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());

    // A seal.
    house.tell(&[]);
    let keeper = SealKey::generate(&mut house.rng);
    broken.store(true, Ordering::SeqCst);
    assert!(matches!(house.cloud.seal(&keeper, NOW, |_| ()), Err(CloudError::Store(_))));
    assert_eq!(rows(&house).sealed, 0);
    broken.store(false, Ordering::SeqCst);
    house.cloud.seal(&keeper, NOW, |_| ()).unwrap();
    assert_eq!(rows(&house).sealed, 1);
    assert_eq!(house.cloud.with_store(entries).last().unwrap().event, AuditEvent::Sealed);
}

/// An update of the authority when every read and every write of the store fails in its turn.
#[test]
fn an_update_is_carried_out_whenever_the_store_fails() {
    for reads in [false, true] {
        for strike in 0.. {
            let store = Faulty::new();
            let (commits, count) = (store.commits.clone(), store.reads.clone());
            let countdown = if reads { count } else { commits };
            let limits = Limits::default();
            let mut house = House::over("update", store, MemoryBlobs::new(), limits);
            house.reader("chen", "role:physician");
            let update = house.authority.revoke(&UserId::new("chen").unwrap(), NOW).unwrap();
            countdown.store(strike, Ordering::SeqCst);
            let first = house.cloud.take(&update, NOW, &mut house.rng);
            let struck = countdown.swap(-1, Ordering::SeqCst) < 0;
            assert_eq!(first.is_err(), struck, "{reads} {strike}");
            // A second key, issued since, is not the one that was revoked.
            house.reader("chen", "role:physician");
            house.cloud.take(&update, NOW, &mut house.rng).unwrap();
            let stats = house.cloud.stats().unwrap();
            assert_eq!((stats.keys, stats.updates, stats.transactions), (1, 2, 4), "{reads} {strike}");
            assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
            if !struck {
                assert!(strike > 0);
                break;
            }
        }
    }
}

/// Whatever is changed of the rows of the ledger, the whole check of the store says so.
#[test]
fn changed_rows_of_the_ledger_are_found() {
    let mut house = House::new("chain");
    let anna = house.patient("anna");
    let mut lab = house.writer("laboratory");
    lab.write(anna.patient(), &described(RecordCategory::Note), b"x", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    house.cloud.close_block().unwrap();
    let receipt = house.read(anna.reader(), anna.patient()).unwrap().receipt;
    let [entry] = receipt.entries.as_slice() else { panic!("{receipt:?}") };
    let hers = Subject::of("cloud.example/ledger", anna.patient().as_bytes());
    assert_eq!((entry.leaf.subject, entry.leaf.number), (hers, 2));
    house.cloud.close_block().unwrap();
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
    let rows = house.cloud.with_store(|store| store.page(Table::Audit, &[], None, 99).unwrap());
    let check = |what: &str, change: &dyn Fn(&mut Batch)| {
        let mut store = house.cloud.with_store(Clone::clone);
        let mut batch = Batch::new();
        change(&mut batch);
        store.commit(&batch).unwrap();
        let (realm, name) = (house.authority.realm().clone(), house.cloud.name());
        let blobs = MemoryBlobs::new();
        let cloud = Cloud::open(realm, name, store, blobs, house.scribe(), Limits::default(), NOW).unwrap();
        assert!(!cloud.fsck(|_| ()).unwrap().problems.is_empty(), "{what}");
    };
    for (key, value) in &rows {
        let what = format!("{} of {}", char::from(key[0]), key.len());
        check(&format!("{what} lost"), &|batch| batch.remove(Table::Audit, key.clone()));
        for at in [0, value.len() / 2, value.len().saturating_sub(1)] {
            let mut changed = value.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
                check(&format!("{what} changed at {at}"), &|batch| {
                    batch.put(Table::Audit, key.clone(), changed.clone());
                });
            }
        }
    }
}

/// A store that fails in the middle of sealing loses nothing, and what is sealed opens for keys of now alone.
#[test]
fn sealing_is_taken_up_and_does_not_go_back() {
    let store = Faulty::new();
    let commits = store.commits.clone();
    let mut house = House::over("seal", store, MemoryBlobs::new(), Limits::default());
    let anna = house.patient("anna");
    let chen = house.reader("chen", "role:physician");
    let mut lab = house.writer("laboratory");
    for category in RecordCategory::ALL {
        lab.write(anna.patient(), &described(category), b"x", NOW, &mut house.rng).unwrap();
    }
    house.send(&mut lab).unwrap();
    house.read(&chen, anna.patient()).unwrap();
    let update = house.authority.advance(NOW).unwrap();
    house.tell(&[update]);
    // Without tokens a reader reads what is not sealed yet.
    let before = house.cloud.stats().unwrap().compartments;
    house.read(&chen, anna.patient()).unwrap();
    let keeper = SealKey::generate(&mut house.rng);
    commits.store(0, Ordering::SeqCst);
    assert!(house.cloud.seal(&keeper, NOW, |_| ()).is_err());
    assert_eq!(house.cloud.stats().unwrap().sealed, 0);
    let steps = Rc::new(Cell::new(0));
    let count = steps.clone();
    house.cloud.seal(&keeper, NOW, move |_| count.set(count.get() + 1)).unwrap();
    assert_eq!((house.cloud.stats().unwrap().sealed, steps.get()), (before, before));
    // The former versions are gone, from the cache, too.
    assert!(matches!(house.read(&chen, anna.patient()), Err(CloudError::Denied)));
    let mut batches = Vec::new();
    house
        .authority
        .refresh(|batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
    house.tell(&batches);
    assert!(!house.read(&chen, anna.patient()).unwrap().records.is_empty());
    // Another keeper's seal over it, which would be lost, is refused.
    let update = house.authority.advance(NOW).unwrap();
    house.tell(&[update]);
    let other = SealKey::generate(&mut house.rng);
    assert!(matches!(house.cloud.seal(&other, NOW, |_| ()), Err(CloudError::Seal(_))));
    // A thief's: a cloud without a lease seals nothing.
    assert!(matches!(house.cloud.seal(&keeper, NOW + 9999, |_| ()), Err(CloudError::Duty(_))));
}

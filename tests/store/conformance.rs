//! Every store does what a map in memory does.

use std::collections::BTreeMap;
use std::path::Path;

use hippocrypt::store::{Batch, Change, Entry, MemoryStore, RedbStore, Store, StoreError, Table};
use proptest::prelude::*;

/// The model: everything in one map, copied for every batch.
#[derive(Clone, Default)]
struct Model(BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Model {
    fn commit(&mut self, batch: &Batch) -> Result<(), Table> {
        let mut next = self.0.clone();
        for change in batch.changes() {
            match change.clone() {
                Change::Insert(table, key, value) => {
                    if next.insert((table, key), value).is_some() {
                        return Err(table);
                    }
                }
                Change::Put(table, key, value) => drop(next.insert((table, key), value)),
                Change::Remove(table, key) => drop(next.remove(&(table, key))),
                _ => unreachable!(),
            }
        }
        self.0 = next;
        Ok(())
    }

    fn page(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<Entry> {
        let in_page = |key: &[u8]| key.starts_with(prefix) && after.is_none_or(|after| key > after);
        let found = self.0.iter().filter(|((of, key), _)| *of == table && in_page(key));
        found.take(limit).map(|((_, key), value)| (key.clone(), value.clone())).collect()
    }
}

/// Short keys over few bytes, so that they meet, are prefixes of each other, and end in 0xff.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 0x7f, 0xfe, 0xff]), 0..4)
}

fn table() -> impl Strategy<Value = Table> {
    prop::sample::select(vec![Table::Record, Table::Chunk, Table::Patient, Table::Audit])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..4),
        1 => prop::collection::vec(any::<u8>(), 3000..9000),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    let change = prop_oneof![
        2 => (table(), key(), value()).prop_map(|(table, key, value)| (0, table, key, value)),
        2 => (table(), key(), value()).prop_map(|(table, key, value)| (1, table, key, value)),
        1 => (table(), key()).prop_map(|(table, key)| (2, table, key, Vec::new())),
    ];
    prop::collection::vec(change, 0..8).prop_map(|changes| {
        let mut batch = Batch::new();
        for (kind, table, key, value) in changes {
            match kind {
                0 => batch.insert(table, key, value),
                1 => batch.put(table, key, value),
                _ => batch.remove(table, key),
            }
        }
        batch
    })
}

type Question = (Table, Vec<u8>, Option<Vec<u8>>, usize);

fn question() -> impl Strategy<Value = Question> {
    (table(), key(), prop::option::of(key()), 0usize..6)
}

fn same(store: &impl Store, model: &Model, questions: &[Question]) -> Result<(), TestCaseError> {
    for (table, prefix, after, limit) in questions {
        let expected = model.page(*table, prefix, after.as_deref(), *limit);
        prop_assert_eq!(store.page(*table, prefix, after.as_deref(), *limit).unwrap(), expected);
        let expected = model.0.get(&(*table, prefix.clone())).cloned();
        prop_assert_eq!(store.get(*table, prefix).unwrap(), expected);
    }
    Ok(())
}

fn run(
    mut store: impl Store,
    model: &mut Model,
    batches: &[Batch],
    questions: &[Question],
) -> Result<(), TestCaseError> {
    for batch in batches {
        match (model.commit(batch), store.commit(batch)) {
            (Ok(()), Ok(())) => {}
            (Err(table), Err(StoreError::Conflict(found))) => prop_assert_eq!(table, found),
            (expected, found) => prop_assert!(false, "{expected:?}, {found:?}"),
        }
        same(&store, model, questions)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn both_stores_do_what_the_model_does(
        batches in prop::collection::vec(batch(), 1..8),
        questions in prop::collection::vec(question(), 12),
    ) {
        let mut model = Model::default();
        run(MemoryStore::new(), &mut model, &batches, &questions)?;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let mut again = Model::default();
        run(RedbStore::create(&path).unwrap(), &mut again, &batches, &questions)?;
        same(&RedbStore::open(&path).unwrap(), &model, &questions)?;
        same(&RedbStore::open_read_only(&path).unwrap(), &model, &questions)?;
    }
}

fn create(folder: &Path) -> RedbStore {
    RedbStore::create(folder.join("deep/store.redb")).unwrap()
}

#[test]
fn a_batch_with_a_conflict_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path());
    let mut batch = Batch::new();
    batch.insert(Table::Header, b"serial", b"first");
    store.commit(&batch).unwrap();
    let mut batch = Batch::new();
    batch.put(Table::Patient, b"patient", b"");
    batch.insert(Table::Header, b"serial", b"second");
    batch.put(Table::Record, b"record", b"");
    assert!(matches!(store.commit(&batch), Err(StoreError::Conflict(Table::Header))));
    assert_eq!(store.get(Table::Header, b"serial").unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(store.get(Table::Patient, b"patient").unwrap(), None);
    assert_eq!(store.get(Table::Record, b"record").unwrap(), None);
}

#[test]
fn every_table_is_one_of_its_own_and_a_large_batch_is_one_batch() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path());
    let mut batch = Batch::new();
    for table in Table::ALL {
        for number in 0..2000u32 {
            batch.insert(table, number.to_be_bytes(), table.name().as_bytes());
        }
    }
    batch.put(Table::Record, b"large", vec![7; 20 << 20]);
    store.commit(&batch).unwrap();
    for table in Table::ALL {
        let page = store.page(table, &[], None, 3000).unwrap();
        let of_meta = usize::from(table == Table::Meta);
        assert_eq!(page.len(), 2000 + of_meta + usize::from(table == Table::Record));
        let numbered = page.iter().filter(|(key, _)| key.len() == 4);
        assert!(numbered.map(|(_, value)| value).all(|value| value == table.name().as_bytes()));
    }
    assert_eq!(store.get(Table::Record, b"large").unwrap(), Some(vec![7; 20 << 20]));
    assert!(store.check().unwrap());
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = create(folder.path());
    let put = |store: &mut RedbStore, value: &[u8]| {
        let mut batch = Batch::new();
        batch.put(Table::Record, b"record", value);
        store.commit(&batch).unwrap();
    };
    put(&mut store, b"then");
    let mut snapshot = store.snapshot().unwrap();
    (0..50u8).for_each(|n| put(&mut store, &[n; 5000]));
    assert_eq!(snapshot.get(Table::Record, b"record").unwrap().as_deref(), Some(&b"then"[..]));
    assert_eq!(snapshot.page(Table::Record, b"", None, 9).unwrap().len(), 1);
    assert!(matches!(snapshot.commit(&Batch::new()), Err(StoreError::ReadOnly)));
    assert_eq!(store.get(Table::Record, b"record").unwrap(), Some(vec![49; 5000]));
}

#[test]
fn threads_may_share_a_store() {
    const fn shared<T: Send + Sync>() {}
    shared::<RedbStore>();
    shared::<hippocrypt::store::RedbSnapshot>();
    shared::<hippocrypt::store::FolderBlobs>();
    shared::<hippocrypt::store::Journal>();
    shared::<StoreError>();
}

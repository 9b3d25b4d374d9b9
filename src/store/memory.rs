//! A store in memory: for tests, for small services, and as the model of a durable one.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Slot;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;

use super::batch::{Batch, Change};
use super::{Entry, Store, StoreError, Table};

/// A [`Store`] in memory. It is gone with the process.
#[derive(Clone, Default)]
pub struct MemoryStore {
    tables: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

/// What a batch would change, before anything is changed: `None` is a removal.
type Staged<'b> = BTreeMap<(Table, &'b [u8]), Option<&'b [u8]>>;

impl MemoryStore {
    fn staged<'b>(&self, batch: &'b Batch) -> Result<Staged<'b>, StoreError> {
        let mut staged = Staged::new();
        for change in batch.changes() {
            match change {
                Change::Insert(table, key, value) => match staged.entry((*table, key)) {
                    Slot::Occupied(slot) if slot.get().is_some() => return Err(StoreError::Conflict(*table)),
                    Slot::Occupied(mut slot) => drop(slot.insert(Some(value))),
                    Slot::Vacant(_) if self.has(*table, key) => return Err(StoreError::Conflict(*table)),
                    Slot::Vacant(slot) => drop(slot.insert(Some(value))),
                },
                Change::Put(table, key, value) => drop(staged.insert((*table, key), Some(value))),
                Change::Remove(table, key) => drop(staged.insert((*table, key), None)),
            }
        }
        Ok(staged)
    }

    fn has(&self, table: Table, key: &[u8]) -> bool {
        self.tables.get(&table).is_some_and(|entries| entries.contains_key(key))
    }
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables.get(&table).and_then(|entries| entries.get(key)).cloned())
    }

    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let Some(entries) = self.tables.get(&table) else { return Ok(Vec::new()) };
        let first = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let found = entries.range::<[u8], _>((first, Bound::Unbounded));
        let found = found.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for ((table, key), value) in self.staged(batch)? {
            let entries = self.tables.entry(table).or_default();
            match value {
                Some(value) => drop(entries.insert(key.to_vec(), value.to_vec())),
                None => drop(entries.remove(key)),
            }
        }
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.tables.iter().map(|(table, entries)| (table.name(), entries.len()));
        f.debug_map().entries(sizes).finish()
    }
}

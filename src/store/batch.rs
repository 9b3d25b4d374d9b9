//! Changes that belong together.

use alloc::vec::Vec;
use core::fmt;

use super::Table;

/// One change of a [`Batch`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Puts a value under a key that is not there; if it is, the batch fails.
    Insert(Table, Vec<u8>, Vec<u8>),
    /// Puts a value under a key, in the place of what is there.
    Put(Table, Vec<u8>, Vec<u8>),
    /// Removes what is under a key, if anything is.
    Remove(Table, Vec<u8>),
}

/// Changes that are made all or not at all, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a batch does nothing until a store commits it"]
pub struct Batch(Vec<Change>);

impl Batch {
    /// Without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry that must not be there yet, not even by an earlier change of this batch.
    pub fn insert(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.0.push(Change::Insert(table, key.into(), value.into()));
    }

    /// Adds an entry, or replaces it.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.0.push(Change::Put(table, key.into(), value.into()));
    }

    /// Removes an entry.
    pub fn remove(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.0.push(Change::Remove(table, key.into()));
    }

    /// Adds the changes of another batch after its own.
    pub fn append(&mut self, mut other: Batch) {
        self.0.append(&mut other.0);
    }

    /// The changes, in their order.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, table, value) = match self {
            Change::Insert(table, _, value) => ("Insert", table, Some(value.len())),
            Change::Put(table, _, value) => ("Put", table, Some(value.len())),
            Change::Remove(table, _) => ("Remove", table, None),
        };
        f.debug_tuple(name).field(table).field(&value).finish()
    }
}

//! Reading the log: what stands where, and the proof of it. `[LEDGER-3]` `[LEDGER-4]`

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::checkpoint::{Checkpoint, TreeHead};
use super::entry::Entry;
use super::heads::{Branch, HeadProof, way};
use super::leaf::{Leaf, Subject};
use super::proof::{ConsistencyProof, InclusionProof, PatientAccount};
use super::rows::{self, End, StoredNodes};
use super::tile::{TILE_WIDTH, TileName, bundle, tile};
use crate::merkle::{Hash, consistency_path, inclusion_path, root_at};
use crate::store::{Store, StoreError, Table};

/// The log in a store, to read.
#[derive(Clone, Copy)]
pub struct Book<'s> {
    store: &'s dyn Store,
}

impl<'s> Book<'s> {
    /// The log in this store.
    pub fn of(store: &'s dyn Store) -> Self {
        Self { store }
    }

    pub(super) fn store(&self) -> &'s dyn Store {
        self.store
    }

    /// How many leaves there are.
    ///
    /// # Errors
    /// [`StoreError`], as of everything here: then the store has failed, or its rows contradict one another.
    pub fn size(&self) -> Result<u64, StoreError> {
        Ok(End::read(self.store)?.map_or(0, |end| end.tree.leaves()))
    }

    /// The root over the first `size` leaves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn root(&self, size: u64) -> Result<Hash, StoreError> {
        root_at(&mut StoredNodes(self.store), size)
    }

    /// A leaf.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leaf(&self, index: u64) -> Result<Option<Leaf>, StoreError> {
        rows::leaf(self.store, index)
    }

    /// Leaves from a place on, with what is kept of the transactions if `opened`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries(&self, from: u64, limit: usize, opened: bool) -> Result<Vec<Entry>, StoreError> {
        let after = from.checked_sub(1).map(rows::leaf_key);
        let rows = self.store.page(Table::Audit, &[rows::LEAF], after.as_deref(), limit)?;
        let mut entries = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let index = key.get(1..).and_then(|index| index.try_into().ok()).map(u64::from_be_bytes);
            let (Some(index), Some(leaf)) = (index, rows::leaf_in(&row)) else {
                return Err(rows::damaged("a leaf's row"));
            };
            let mut entry = Entry { index, leaf, opening: None };
            if opened {
                let row = self.store.get(Table::Audit, &rows::transaction_key(index, &leaf))?;
                let kept = row.ok_or_else(|| rows::damaged(&format!("what leaf {index} says is missing")))?;
                let kept = rows::entry_in(&kept)?;
                if (kept.index, kept.leaf) != (index, leaf) {
                    return Err(rows::damaged(&format!("leaf {index} and its transaction differ")));
                }
                entry.opening = kept.opening;
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// A transaction, with what is kept of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entry(&self, index: u64) -> Result<Option<Entry>, StoreError> {
        Ok(self.entries(index, 1, true)?.pop().filter(|entry| entry.index == index))
    }

    /// A patient's transactions, from number `from` (from 1) on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_patient(&self, subject: &Subject, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = rows::key(rows::TRANSACTION, &[subject.as_bytes()]);
        let after = from.checked_sub(1).map(|before| [prefix.as_slice(), &before.to_be_bytes()].concat());
        let rows = self.store.page(Table::Audit, &prefix, after.as_deref(), limit)?;
        let transactions = rows.iter().filter(|(key, _)| !rows::is_patient(key));
        transactions.map(|(_, row)| rows::entry_in(row)).collect()
    }

    /// The proof that a leaf stands in the tree of the first `size`; none if it does not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<Option<InclusionProof>, StoreError> {
        if size > self.size()? {
            return Ok(None);
        }
        let path = inclusion_path(&mut StoredNodes(self.store), index, size)?;
        Ok(path.map(|path| InclusionProof { index, size, path }))
    }

    /// The proof that the first `old` leaves are the beginning of the first `new`; none if there are not so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Option<ConsistencyProof>, StoreError> {
        if new > self.size()? || old > new {
            return Ok(None);
        }
        let path = match old {
            0 => Some(Vec::new()),
            _ => consistency_path(&mut StoredNodes(self.store), old, new)?,
        };
        Ok(path.map(|path| ConsistencyProof { old, new, path }))
    }

    /// The newest checkpoint, if a block was closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        match End::read(self.store)?.and_then(|end| end.checkpoint) {
            None => Ok(None),
            Some((size, _)) => rows::checkpoint(self.store, size)?
                .map(Some)
                .ok_or_else(|| rows::damaged("the last checkpoint")),
        }
    }

    /// The checkpoint over this many leaves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoint_at(&self, size: u64) -> Result<Option<Checkpoint>, StoreError> {
        rows::checkpoint(self.store, size)
    }

    /// The checkpoints over more than `after` leaves, ascending: the ends of the blocks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Checkpoint>, StoreError> {
        let after = rows::key(rows::CHECKPOINT, &[&after.to_be_bytes()]);
        let rows = self.store.page(Table::Audit, &[rows::CHECKPOINT], Some(&after), limit)?;
        rows.iter().map(|(_, row)| rows::checkpoint_in(row)).collect()
    }

    /// All of a patient's transactions up to the newest checkpoint, with the proof that they are all; none if no block was closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account(&self, subject: &Subject) -> Result<Option<PatientAccount>, StoreError> {
        let Some((size, _)) = End::read(self.store)?.and_then(|end| end.checkpoint) else { return Ok(None) };
        let index = size.saturating_sub(1);
        let leaf = self.leaf(index)?.ok_or_else(|| rows::damaged("the last leaf of a block is missing"))?;
        let heads = Entry { index, leaf, opening: None };
        let inclusion = self.prove_inclusion(index, size)?.ok_or_else(|| rows::damaged("the last block"))?;
        let head = self.head(subject)?;
        let count = head.head.filter(|head| head.subject == *subject).map_or(0, |head| head.number);
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        let entries = if limit == 0 { Vec::new() } else { self.of_patient(subject, 1, limit)? };
        Ok(Some(PatientAccount { subject: *subject, entries, head, heads, inclusion }))
    }

    /// What the trie of the last block says of a name.
    fn head(&self, subject: &Subject) -> Result<HeadProof, StoreError> {
        let storeys = rows::branches(self.store, rows::STOREY, &[])?;
        let Some(((storey, _), top)) = way(&storeys, subject) else { return Ok(HeadProof::default()) };
        let first = storey.as_bytes().get(..1).unwrap_or_default();
        let groups = rows::branches(self.store, rows::GROUP, first)?;
        let Some(((group, _), middle)) = way(&groups, subject) else {
            return Err(rows::damaged("patients' heads"));
        };
        let first = group.as_bytes().get(..2).unwrap_or_default();
        let patients = rows::covered(self.store, first)?;
        let branches: Vec<Branch> = patients.iter().map(|head| (head.subject, head.hash())).collect();
        let Some(((name, _), steps)) = way(&branches, subject) else {
            return Err(rows::damaged("patients' heads"));
        };
        let head = patients.into_iter().find(|head| head.subject == name);
        Ok(HeadProof { head, steps: [steps, middle, top].concat() })
    }

    /// The bytes of a tile of hashes, for a mirror; none if the log does not have so many leaves under its newest checkpoint. `[LEDGER-5.5]`
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Option<Vec<u8>>, StoreError> {
        let size = self.published()?;
        match TileName::hashes(level, index, width).filter(|name| name.is_within(size)) {
            Some(_) => tile(&mut StoredNodes(self.store), level, index, width).map(Some),
            None => Ok(None),
        }
    }

    /// The bytes of an entry bundle, for a mirror: the leaves, without what they say. None if the log does not have so many under its newest checkpoint. `[LEDGER-5.5]`
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bundle(&self, index: u64, width: u16) -> Result<Option<Vec<u8>>, StoreError> {
        let size = self.published()?;
        let Some(name) = TileName::entries(index, width).filter(|name| name.is_within(size)) else {
            return Ok(None);
        };
        let first = index.saturating_mul(TILE_WIDTH.into());
        let entries = self.entries(first, name.width().into(), false)?;
        Ok(Some(bundle(entries.iter().map(|entry| &entry.leaf))))
    }

    /// Leaves under the newest checkpoint.
    fn published(&self) -> Result<u64, StoreError> {
        Ok(End::read(self.store)?.and_then(|end| end.checkpoint).map_or(0, |(size, _)| size))
    }

    /// Size and root of the whole log as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tree_head(&self, log: &str) -> Result<TreeHead, StoreError> {
        let end = End::read(self.store)?;
        let (size, root) = match end {
            Some(end) => (end.tree.leaves(), end.tree.root()),
            None => (0, self.root(0)?),
        };
        Ok(TreeHead { origin: log.into(), size, root })
    }
}

impl fmt::Debug for Book<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

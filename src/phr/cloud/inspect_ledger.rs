//! Whether the ledger keeps its own rules, and its rows agree with one another.
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Cloud, CloudError};
use crate::ledger::{Book, Entry, Finality, KeyType, Leaf, LogKeys, NoteKey, Replay, TransactionKind, Verifier};
use crate::store::{BlobStore, Store, StoreError};

/// Leaves that are read at a time.
const PAGE: usize = 1024;

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Reads the whole ledger again, as an auditor does who believes nothing of it; and what only its keeper can see: that transactions are
    /// kept under the leaves that they belong to, and patients are as far as their chains.
    pub(super) fn check_ledger(
        &self,
        problems: &mut Vec<String>,
        step: &mut impl FnMut(u64),
    ) -> Result<(), CloudError> {
        let Some(first) = self.first_key()? else { return Ok(()) };
        let keys = LogKeys::new(first).map_err(|_| StoreError::Damaged("the ledger: its first key".into()))?;
        let mut replay = Replay::new(&Verifier::new(keys, Finality::Local));
        let mut blocks = self.with_ledger(|book| book.checkpoints(0, usize::MAX))?.into_iter().peekable();
        loop {
            let entries = match self.with_ledger(|book| book.entries(replay.leaves(), PAGE, true)) {
                Ok(entries) => entries,
                Err(error) => {
                    problems.push(format!("{error}"));
                    return Ok(());
                }
            };
            let size = self.with_ledger(|book| book.size())?;
            if entries.is_empty() && replay.leaves() != size {
                problems.push(format!("the ledger says that it has {size} leaves, and {} are there", replay.leaves()));
            }
            if entries.is_empty() {
                break;
            }
            step(entries.len() as u64);
            for entry in entries {
                if let Err(fault) = replay.entry(&entry) {
                    problems.push(format!("the ledger: {fault}"));
                    return Ok(());
                }
                if let Some(block) = blocks.next_if(|block| block.head().size == replay.leaves())
                    && let Err(fault) = replay.checkpoint(&block)
                {
                    problems.push(format!("the ledger: {fault}"));
                    return Ok(());
                }
            }
        }
        if blocks.next().is_some() {
            problems.push(String::from("the ledger has a checkpoint over leaves that are not there"));
        }
        let end = self.with_ledger(|book| book.tree_head(""))?;
        if end.root != replay.root() {
            problems.push(String::from("the ledger does not end where it should: leaves were changed or removed"));
        }
        Ok(())
    }

    /// The key that the ledger began with: the one that the first rotation names, or, without one, the current one.
    fn first_key(&self) -> Result<Option<NoteKey>, CloudError> {
        let rotation = self.with_ledger(first_rotation)?;
        let Some(rotation) = rotation else {
            return Ok(if self.with_ledger(|book| book.size())? == 0 { None } else { Some(self.ledger_key()?) });
        };
        let text = rotation.body().and_then(|body| core::str::from_utf8(body.split(|byte| *byte == b'\n').next()?).ok());
        let key = text.and_then(|text| NoteKey::parse(text).ok()).filter(|key| key.kind() == KeyType::Ed25519);
        Ok(Some(key.ok_or_else(|| StoreError::Damaged("the ledger: its first rotation".into()))?))
    }
}

/// The first rotation of the log's keys.
fn first_rotation(book: Book<'_>) -> Result<Option<Entry>, StoreError> {
    // Nobody's transactions by their place: a page of rows at a time, which is little beside all that is read afterwards.
    let mut from = 0;
    loop {
        let leaves = book.entries(from, PAGE, false)?;
        let Some(last) = leaves.last() else { return Ok(None) };
        from = last.index + 1;
        let is_rotation = |leaf: &Leaf| leaf.kind == TransactionKind::KeyRotation;
        if let Some(found) = leaves.iter().find(|entry| is_rotation(&entry.leaf)) {
            return book.entry(found.index);
        }
    }
}

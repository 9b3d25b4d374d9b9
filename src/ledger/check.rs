//! Whether a log keeps its own rules, and its rows agree with one another: for who keeps it. `[LEDGER-7.1]`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::book::Book;
use super::finality::Finality;
use super::heads::Heads;
use super::leaf::{LEAF_BYTES, Subject, TransactionKind};
use super::note::NoteKey;
use super::replay::Replay;
use super::rows::{self, End};
use super::verify::{LogKeys, Verifier};
use crate::merkle::{MerkleTree, leaf_hash};
use crate::store::{Entry as Row, StoreError, Table};

/// Rows that are read at a time.
const PAGE: usize = 1024;

impl Book<'_> {
    /// Reads the whole log again, as an auditor does who believes nothing of it; and what only its keeper can see: that transactions are kept under
    /// the leaves that they belong to, and patients are where their chains are. What is wrong, in words; nothing if all is well. `key` is the current one;
    /// `progress` gets the number of rows looked at.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read at all.
    pub fn check(&self, key: &NoteKey, mut progress: impl FnMut(u64)) -> Result<Vec<String>, StoreError> {
        let mut problems = Vec::new();
        let end = match End::read(self.store()) {
            Ok(Some(end)) => end,
            Ok(None) => {
                let rows = self.store().page(Table::Audit, &[], None, 1)?;
                problems.extend(rows.first().map(|_| String::from("the ledger has rows and no end")));
                return Ok(problems);
            }
            Err(error) => return Ok(Vec::from([format!("{error}")])),
        };
        if let Err(problem) = self.check_all(&end, key, &mut progress) {
            match problem {
                Problem::Found(text) => problems.push(text),
                Problem::Store(StoreError::Damaged(text)) => problems.push(text.into()),
                Problem::Store(other) => return Err(other),
            }
        }
        Ok(problems)
    }

    fn check_all(&self, end: &End, key: &NoteKey, progress: &mut impl FnMut(u64)) -> Result<(), Problem> {
        let replay = self.replay(end, key, progress)?;
        self.check_roots(progress)?;
        self.check_transactions(end, &replay, progress)?;
        self.check_last_block(end)
    }

    /// Every leaf with what is kept of it, every checkpoint, and the end.
    fn replay(&self, end: &End, key: &NoteKey, progress: &mut impl FnMut(u64)) -> Result<Replay, Problem> {
        let keys = LogKeys::new(self.first_key(key)?).map_err(|fault| found(&format!("{fault}")))?;
        let mut replay = Replay::new(&Verifier::new(keys, Finality::Local));
        let mut blocks = self.checkpoints(0, usize::MAX)?.into_iter().peekable();
        let mut last = None;
        loop {
            let entries = self.entries(replay.leaves(), PAGE, true)?;
            if entries.is_empty() {
                break;
            }
            progress(entries.len() as u64);
            for entry in entries {
                replay.entry(&entry).map_err(|fault| found(&format!("the ledger: {fault}")))?;
                if let Some(block) = blocks.next_if(|block| block.head().size == replay.leaves()) {
                    replay.checkpoint(&block).map_err(|fault| found(&format!("the ledger: {fault}")))?;
                    last = Some((block.head().size, block.hash()));
                }
            }
        }
        let agrees = replay.leaves() == end.tree.leaves() && replay.root() == end.tree.root();
        if !agrees || blocks.next().is_some() || last != end.checkpoint {
            return Err(found("the ledger does not end where it should: leaves or checkpoints were removed"));
        }
        Ok(replay)
    }

    /// The key that the log began with: the one that the first rotation names, or, without one, the current one.
    pub fn first_key(&self, current: &NoteKey) -> Result<NoteKey, StoreError> {
        let mut from = 0;
        loop {
            let entries = self.entries(from, PAGE, false)?;
            let Some(last) = entries.last() else { return Ok(current.clone()) };
            from = last.index + 1;
            let rotation = entries.iter().find(|entry| entry.leaf.kind == TransactionKind::KeyRotation);
            let Some(rotation) = rotation else { continue };
            let rotation = self.entry(rotation.index)?;
            let body = rotation.as_ref().and_then(|rotation| rotation.body()).unwrap_or_default();
            let line =
                body.split(|byte| *byte == b'\n').next().and_then(|line| core::str::from_utf8(line).ok());
            let key = line.and_then(|line| NoteKey::parse(line).ok());
            return key.ok_or_else(|| rows::damaged("the first rotation of its keys"));
        }
    }

    /// The roots that are kept with the leaves, out of which proofs are made.
    fn check_roots(&self, progress: &mut impl FnMut(u64)) -> Result<(), Problem> {
        let mut tree = MerkleTree::new();
        self.each(rows::LEAF, progress, |(_, row)| {
            let (leaf, above) =
                row.split_at_checked(LEAF_BYTES).ok_or_else(|| found("the ledger: a leaf's row"))?;
            let mut roots = Vec::new();
            tree.push_with(leaf_hash(&[leaf]), |root| roots.push(*root));
            let is_kept = above == roots.get(1..).unwrap_or_default().as_flattened();
            let at = tree.leaves().saturating_sub(1);
            if is_kept {
                Ok(())
            } else {
                Err(found(&format!("the ledger: the roots above leaf {at} are wrong")))
            }
        })
    }

    /// What is kept of each transaction, and each patient's head beside them: as many as there are leaves and patients, and the heads where the chains end.
    fn check_transactions(
        &self,
        end: &End,
        replay: &Replay,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Problem> {
        let (mut transactions, mut patients) = (0, 0);
        self.each(rows::TRANSACTION, progress, |(key, _)| {
            if !rows::is_patient(key) {
                transactions += 1;
                return Ok(());
            }
            patients += 1;
            let subject = name_in(key).ok_or_else(|| found("the ledger: a patient's row"))?;
            let head = rows::patient(self.store(), &subject)?;
            if head.is_some() && head.as_ref() == replay.head(&subject) {
                return Ok(());
            }
            Err(found(&format!("the ledger: patient {subject} is not where her chain is")))
        })?;
        if (transactions, patients) != (end.tree.leaves(), replay.patients()) {
            return Err(found(
                "the ledger has rows of transactions or patients that are in no leaf, or lacks some",
            ));
        }
        Ok(())
    }

    /// The trie of patients' heads is the one of the last block.
    fn check_last_block(&self, end: &End) -> Result<(), Problem> {
        let patients = rows::covered(self.store(), &[])?;
        let mut heads = Heads::default();
        patients.iter().for_each(|head| heads.set(*head));
        let root = heads.root();
        let (groups, storeys) = heads.branches();
        let same = |kind, kept: BTreeMap<Subject, [u8; 32]>| {
            let there = rows::branches(self.store(), kind, &[])?;
            Ok::<_, StoreError>(there.into_iter().collect::<BTreeMap<_, _>>() == kept)
        };
        let last = match end.checkpoint {
            None => patients.is_empty(),
            Some((size, _)) => {
                let leaf = self.leaf(size.saturating_sub(1))?;
                leaf.is_some_and(|leaf| leaf.kind == TransactionKind::PatientHeads && leaf.commitment == root)
            }
        };
        if last && same(rows::GROUP, groups)? && same(rows::STOREY, storeys)? {
            Ok(())
        } else {
            Err(found("the ledger: patients' heads are not those of the last block"))
        }
    }

    fn each(
        &self,
        kind: u8,
        progress: &mut impl FnMut(u64),
        mut row: impl FnMut(&Row) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store().page(Table::Audit, &[kind], after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            progress(page.len() as u64);
            page.iter().try_for_each(&mut row)?;
        }
    }
}

fn name_in(key: &[u8]) -> Option<Subject> {
    key.get(1..17)?.try_into().ok().map(Subject::from_bytes)
}

/// What is wrong with a log, or with the store.
enum Problem {
    Found(String),
    Store(StoreError),
}

fn found(text: &str) -> Problem {
    Problem::Found(text.into())
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

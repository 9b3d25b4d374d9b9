//! The rows that an append adds, and those that a closed block changes. `[LEDGER-2]` `[LEDGER-4]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::ledger::entry::{Entry, Opening};
use crate::ledger::heads::{PatientHead, group_of, root_of};
use crate::ledger::leaf::{Leaf, Subject, TransactionKind, commitment};
use crate::ledger::rows::{self, End};
use crate::merkle::Hash;
use crate::store::{Batch, Store, StoreError, Table};

/// Leaves that are being added.
pub(super) struct Work<'s> {
    store: &'s dyn Store,
    pub(super) end: End,
    pub(super) batch: Batch,
    /// How far the transactions of patients who have new ones go now.
    patients: BTreeMap<Subject, PatientHead>,
}

impl<'s> Work<'s> {
    pub(super) fn begin(store: &'s dyn Store, end: End) -> Self {
        Self { store, end, batch: Batch::new(), patients: BTreeMap::new() }
    }

    /// The first leaf of a block. `[LEDGER-5.3]`
    pub(super) fn link(&mut self) {
        if let Some((size, hash)) = self.end.checkpoint
            && size == self.end.tree.leaves()
        {
            self.push_of_log(TransactionKind::CheckpointLink, hash);
        }
    }

    pub(super) fn push_of_log(&mut self, kind: TransactionKind, commitment: Hash) {
        let leaf = Leaf { kind, subject: Subject::NOBODY, number: 0, previous: [0; 32], commitment };
        self.put(Entry { index: self.end.tree.leaves(), leaf, opening: None });
    }

    pub(super) fn push(
        &mut self,
        kind: TransactionKind,
        subject: Subject,
        opening: Option<Opening>,
    ) -> Result<Entry, StoreError> {
        let hash = opening.as_ref().map(|Opening { salt, body }| commitment(kind, salt, body));
        self.push_committed(kind, subject, hash.unwrap_or_default(), opening)
    }

    pub(super) fn push_committed(
        &mut self,
        kind: TransactionKind,
        subject: Subject,
        commitment: Hash,
        opening: Option<Opening>,
    ) -> Result<Entry, StoreError> {
        let index = self.end.tree.leaves();
        let mut leaf = Leaf { kind, subject, number: 0, previous: [0; 32], commitment };
        if !subject.is_nobody() {
            let before = match self.patients.get(&subject) {
                Some(before) => Some(*before),
                None => rows::patient(self.store, &subject)?,
            };
            if let Some(before) = before {
                (leaf.number, leaf.previous) = (before.number, before.last);
            }
            leaf.number += 1;
            let head = PatientHead { subject, number: leaf.number, last: leaf.hash() };
            self.patients.insert(subject, head);
        }
        let entry = Entry { index, leaf, opening };
        self.put(entry.clone());
        Ok(entry)
    }

    /// The rows of an entry.
    fn put(&mut self, entry: Entry) {
        let bytes = entry.leaf.to_bytes();
        let mut roots = Vec::new();
        self.end.tree.push_with(crate::merkle::leaf_hash(&[&bytes]), |root| roots.push(*root));
        let above = roots.get(1..).unwrap_or_default();
        self.batch.insert(Table::Audit, rows::leaf_key(entry.index), rows::leaf_row(&bytes, above));
        let key = rows::transaction_key(entry.index, &entry.leaf);
        self.batch.insert(Table::Audit, key, rows::transaction_row(&entry));
    }

    pub(super) fn finish(mut self, batch: &mut Batch) {
        for (subject, head) in &self.patients {
            self.batch.put(Table::Audit, rows::patient_key(subject), rows::head_row(head));
        }
        let (table, key, value) = self.end.row();
        self.batch.put(table, key, value);
        batch.append(self.batch);
    }
}

/// Leaves that are read at a time.
const PAGE: usize = 4096;

/// The patients whose leaves stand in the log from a place on.
fn patients_since(store: &dyn Store, from: u64) -> Result<BTreeSet<Subject>, StoreError> {
    let mut patients = BTreeSet::new();
    let mut after = from.checked_sub(1).map(rows::leaf_key);
    loop {
        let page = store.page(Table::Audit, &[rows::LEAF], after.as_deref(), PAGE)?;
        for (_, row) in &page {
            let leaf = rows::leaf_in(row).ok_or_else(|| rows::damaged("a leaf's row"))?;
            if !leaf.subject.is_nobody() {
                patients.insert(leaf.subject);
            }
        }
        match page.into_iter().next_back() {
            Some((last, _)) => after = Some(last),
            None => return Ok(patients),
        }
    }
}

/// Brings the trie of patients' heads up to date with the leaves from a place on; its root. `[LEDGER-4.1]`
pub(super) fn heads(store: &dyn Store, since: u64, batch: &mut Batch) -> Result<Hash, StoreError> {
    let mut groups: BTreeMap<[u8; 2], BTreeMap<Subject, PatientHead>> = BTreeMap::new();
    for subject in patients_since(store, since)? {
        let head =
            rows::patient(store, &subject)?.ok_or_else(|| rows::damaged("a patient's row is missing"))?;
        batch.put(Table::Audit, rows::key(rows::COVERED, &[subject.as_bytes()]), rows::head_row(&head));
        groups.entry(group_of(&subject)).or_default().insert(subject, head);
    }
    let mut storeys: BTreeMap<u8, BTreeMap<Subject, Hash>> = BTreeMap::new();
    for (group, mut patients) in groups {
        for head in rows::covered(store, &group)? {
            patients.entry(head.subject).or_insert(head);
        }
        let root = root_of(patients.values().map(|head| (head.subject, head.hash())));
        batch.put(Table::Audit, rows::key(rows::GROUP, &[&group]), root);
        let storey = group.first().copied().unwrap_or_default();
        storeys.entry(storey).or_default().insert(rows::filled(&group), root);
    }
    let mut all = BTreeMap::new();
    for (storey, mut groups) in storeys {
        for (name, root) in rows::branches(store, rows::GROUP, &[storey])? {
            groups.entry(name).or_insert(root);
        }
        let root = root_of(groups);
        batch.put(Table::Audit, rows::key(rows::STOREY, &[&[storey]]), root);
        all.insert(rows::filled(&[storey]), root);
    }
    let touched: BTreeSet<Subject> = all.keys().copied().collect();
    let others = rows::branches(store, rows::STOREY, &[])?;
    all.extend(others.into_iter().filter(|(name, _)| !touched.contains(name)));
    Ok(root_of(all))
}

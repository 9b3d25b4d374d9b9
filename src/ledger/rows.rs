//! How the log lies in a store: rows of the table `audit`, each under a letter. `[LEDGER-7]`
//!
//! | row | key | value |
//! |---|---|---|
//! | leaf | `L` index | leaf, roots of the complete subtrees that end with it, above the leaf |
//! | transaction | `T` subject n, of nobody's its index | index, leaf, and salt and body until they are erased |
//! | patient | `T` subject, eight bytes of ones | how many transactions, the last one's hash |
//! | patient in the last block | `Q` subject | how many, the last one's hash |
//! | patients by two bytes, by one | `R`, `S` and the bytes | the root over them, as of the last block |
//! | checkpoint | `C` size | its text with signatures |
//!
//! And one row of the table `meta`: [`End`].
//!
//! A patient's row stands right behind her last transaction: whoever appends one touches one page for the two, and pages that are written
//! are what a commit costs. Who has changed since the last block is told by the leaves since then.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::checkpoint::Checkpoint;
use super::entry::{Entry, Opening};
use super::heads::{Branch, PatientHead};
use super::leaf::{LEAF_BYTES, Leaf, Subject, TransactionKind};
use crate::merkle::{Hash, MerkleTree, Nodes};
use crate::store::{Store, StoreError, Table};

const END: &[u8] = b"ledger";

pub(super) const LEAF: u8 = b'L';
pub(super) const TRANSACTION: u8 = b'T';
pub(super) const COVERED: u8 = b'Q';
pub(super) const GROUP: u8 = b'R';
pub(super) const STOREY: u8 = b'S';
pub(super) const CHECKPOINT: u8 = b'C';

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(Box::from(format!("the ledger: {what}")))
}

pub(super) fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(25);
    key.push(kind);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn leaf_key(index: u64) -> Vec<u8> {
    key(LEAF, &[&index.to_be_bytes()])
}

/// The key of a transaction's row.
pub(super) fn transaction_key(index: u64, leaf: &Leaf) -> Vec<u8> {
    let number = if leaf.subject.is_nobody() { index } else { leaf.number };
    key(TRANSACTION, &[leaf.subject.as_bytes(), &number.to_be_bytes()])
}

/// Where the log ends, and who signs it.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) tree: MerkleTree,
    /// The last checkpoint: over how many leaves, and the hash of its text.
    pub(super) checkpoint: Option<(u64, Hash)>,
    /// The key that signs.
    pub(super) key: [u8; 32],
    /// The one before, which signs one more checkpoint.
    pub(super) former: Option<[u8; 32]>,
}

impl End {
    /// The end of the log in a store; none if there is no log.
    pub(super) fn read(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = store.get(Table::Meta, END)? else { return Ok(None) };
        Self::from_bytes(&bytes).map(Some).ok_or_else(|| damaged("its end"))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (checkpoint, rest) = rest.split_first_chunk()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (key, rest) = rest.split_first_chunk::<32>()?;
        let (former, peaks) = rest.split_first_chunk::<32>()?;
        let (peaks, []) = peaks.as_chunks::<32>() else { return None };
        let checkpoint = u64::from_be_bytes(*checkpoint);
        Some(Self {
            tree: MerkleTree::from_peaks(u64::from_be_bytes(*size), peaks)?,
            checkpoint: (checkpoint > 0).then_some((checkpoint, *hash)),
            key: *key,
            former: Some(*former).filter(|key| *key != [0; 32]),
        })
    }

    pub(super) fn row(&self) -> (Table, Vec<u8>, Vec<u8>) {
        let (size, hash) = self.checkpoint.unwrap_or_default();
        let mut value = Vec::with_capacity(112 + 32 * self.tree.peaks().len());
        value.extend_from_slice(&self.tree.leaves().to_be_bytes());
        value.extend_from_slice(&size.to_be_bytes());
        value.extend_from_slice(&hash);
        value.extend_from_slice(&self.key);
        value.extend_from_slice(&self.former.unwrap_or_default());
        self.tree.peaks().iter().for_each(|peak| value.extend_from_slice(peak));
        (Table::Meta, END.to_vec(), value)
    }
}

/// The value of a leaf's row: the leaf, and the roots above it that it completes.
pub(super) fn leaf_row(leaf: &[u8; LEAF_BYTES], above: &[Hash]) -> Vec<u8> {
    let mut value = Vec::with_capacity(LEAF_BYTES + 32 * above.len());
    value.extend_from_slice(leaf);
    above.iter().for_each(|root| value.extend_from_slice(root));
    value
}

/// Leaves and complete subtrees out of the leaves' rows.
pub(super) struct StoredNodes<'a>(pub(super) &'a dyn Store);

impl Nodes for StoredNodes<'_> {
    type Error = StoreError;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, StoreError> {
        // Kept with the last of its leaves.
        let last = ((index + 1) << level) - 1;
        let row = self.0.get(Table::Audit, &leaf_key(last))?.ok_or_else(|| damaged("a leaf is missing"))?;
        let (leaf, above) = row.split_at_checked(LEAF_BYTES).ok_or_else(|| damaged("a leaf's row"))?;
        match level.checked_sub(1) {
            None => Ok(crate::merkle::leaf_hash(&[leaf])),
            Some(level) => {
                let (roots, _) = above.as_chunks::<32>();
                roots.get(usize::from(level)).copied().ok_or_else(|| damaged("a leaf's row"))
            }
        }
    }
}

pub(super) fn leaf(store: &dyn Store, index: u64) -> Result<Option<Leaf>, StoreError> {
    let Some(row) = store.get(Table::Audit, &leaf_key(index))? else { return Ok(None) };
    leaf_in(&row).map(Some).ok_or_else(|| damaged(&format!("leaf {index}")))
}

/// The leaf in its row.
pub(super) fn leaf_in(row: &[u8]) -> Option<Leaf> {
    Leaf::from_bytes(row.get(..LEAF_BYTES)?).ok()
}

/// The value of a transaction's row.
pub(super) fn transaction_row(entry: &Entry) -> Vec<u8> {
    let body = entry.opening.as_ref().map_or(0, |opening| 32 + opening.body.len());
    let mut value = Vec::with_capacity(8 + LEAF_BYTES + body);
    value.extend_from_slice(&entry.index.to_be_bytes());
    value.extend_from_slice(&entry.leaf.to_bytes());
    if let Some(Opening { salt, body }) = &entry.opening {
        value.extend_from_slice(salt);
        value.extend_from_slice(body);
    }
    value
}

pub(super) fn entry_in(row: &[u8]) -> Result<Entry, StoreError> {
    let entry = || {
        let (index, rest) = row.split_first_chunk()?;
        let (leaf, rest) = rest.split_at_checked(LEAF_BYTES)?;
        let opening = match rest.split_first_chunk() {
            Some((salt, body)) => Some(Opening { salt: *salt, body: body.to_vec() }),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Entry { index: u64::from_be_bytes(*index), leaf: Leaf::from_bytes(leaf).ok()?, opening })
    };
    entry().ok_or_else(|| damaged("a transaction's row"))
}

/// The key of a patient's row: behind all of her transactions, none of which has the number of eight bytes of ones.
pub(super) fn patient_key(subject: &Subject) -> Vec<u8> {
    key(TRANSACTION, &[subject.as_bytes(), &u64::MAX.to_be_bytes()])
}

/// Whether the key of a row is that of a patient, among those of transactions.
pub(super) fn is_patient(key: &[u8]) -> bool {
    key.ends_with(&u64::MAX.to_be_bytes())
}

/// How far a patient's transactions go.
pub(super) fn patient(store: &dyn Store, subject: &Subject) -> Result<Option<PatientHead>, StoreError> {
    let Some(row) = store.get(Table::Audit, &patient_key(subject))? else { return Ok(None) };
    head_in(*subject, &row).map(Some).ok_or_else(|| damaged("a patient's row"))
}

pub(super) fn head_row(head: &PatientHead) -> Vec<u8> {
    [head.number.to_be_bytes().as_slice(), &head.last].concat()
}

fn head_in(subject: Subject, row: &[u8]) -> Option<PatientHead> {
    let (number, last) = row.split_first_chunk()?;
    Some(PatientHead { subject, number: u64::from_be_bytes(*number), last: last.try_into().ok()? })
}

/// The patients of the last block whose names begin so, ascending.
pub(super) fn covered(store: &dyn Store, first: &[u8]) -> Result<Vec<PatientHead>, StoreError> {
    let rows = store.page(Table::Audit, &key(COVERED, &[first]), None, usize::MAX)?;
    let head = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let subject = Subject::from_bytes(key.get(1..)?.try_into().ok()?);
        head_in(subject, value)
    };
    rows.iter().map(|row| head(row).ok_or_else(|| damaged("a patient of the last block"))).collect()
}

/// Groups of patients in the last block, ascending; their names in the trie are filled up with zeros.
pub(super) fn branches(store: &dyn Store, kind: u8, first: &[u8]) -> Result<Vec<Branch>, StoreError> {
    let rows = store.page(Table::Audit, &key(kind, &[first]), None, usize::MAX)?;
    let branch =
        |(key, value): &(Vec<u8>, Vec<u8>)| Some((filled(key.get(1..)?), value.as_slice().try_into().ok()?));
    rows.iter().map(|row| branch(row).ok_or_else(|| damaged("a group of patients"))).collect()
}

/// The least name that begins so.
pub(super) fn filled(first: &[u8]) -> Subject {
    let mut name = [0; 16];
    name.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
    Subject::from_bytes(name)
}

pub(super) fn checkpoint(store: &dyn Store, size: u64) -> Result<Option<Checkpoint>, StoreError> {
    let row = store.get(Table::Audit, &key(CHECKPOINT, &[&size.to_be_bytes()]))?;
    row.map(|row| checkpoint_in(&row)).transpose()
}

pub(super) fn checkpoint_in(row: &[u8]) -> Result<Checkpoint, StoreError> {
    Checkpoint::parse(row).map_err(|_| damaged("a checkpoint"))
}

/// What a kind of transaction of the log itself says in its leaf, without a body.
pub(super) fn says_all_in_the_leaf(kind: TransactionKind) -> bool {
    matches!(kind, TransactionKind::PatientHeads | TransactionKind::CheckpointLink)
}

/// What the former and the next key of a log say together. `[LEDGER-5.4]`
pub(super) fn rotation_text(former: &str, next: &str) -> String {
    format!("{former}\n{next}\n")
}

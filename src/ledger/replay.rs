//! A whole log, read again from its first leaf. `[LEDGER-6.6]`

use super::checkpoint::Checkpoint;
use super::entry::{Entry, Opening};
use super::heads::{Heads, PatientHead};
use super::leaf::{Leaf, TransactionKind};
use super::verify::{Accepted, Fault, LogKeys, Verifier, is_a_leaf};
use crate::merkle::{Hash, MerkleTree};

/// An auditor who reads every leaf and every checkpoint of a log in their order, and believes none of them: he recomputes the tree, each patient's chain, the root
/// over all patients' heads, the links between blocks and who signs. He needs memory for each patient, and none for leaves.
///
/// What he is given after a [`Fault`] is judged as if the faulty thing had not come: so the right one may be given in its place.
///
/// ```
/// # use hippocrypt::ledger::{Finality, KeyType, LogKeys, NoteSigner, Replay, Verifier, Fault};
/// # let seed = hippocrypt::Secret::new([7; 32]);
/// # let log = NoteSigner::new("log.example", KeyType::Ed25519, &seed).unwrap();
/// let verifier = Verifier::new(LogKeys::new(log.public().clone())?, Finality::Local);
/// let mut replay = Replay::new(&verifier);
/// assert!(replay.leaf(b"no leaf", None).is_err());
/// assert_eq!(replay.leaves(), 0);
/// # Ok::<(), Fault>(())
/// ```
#[derive(Debug, Clone)]
pub struct Replay {
    verifier: Verifier,
    tree: MerkleTree,
    heads: Heads,
    /// The last checkpoint, by its size and hash.
    last: Option<(u64, Hash)>,
    /// The rotation in the block that is open.
    rotation: Option<Entry>,
    /// Whether the last leaf was the one that ends a block.
    is_closed: bool,
}

impl Replay {
    /// From the beginning of the log that a verifier is for. Of its keys the first one is used; the others are found in the log.
    pub fn new(verifier: &Verifier) -> Self {
        Self {
            verifier: verifier.anew(),
            tree: MerkleTree::new(),
            heads: Heads::default(),
            last: None,
            rotation: None,
            is_closed: false,
        }
    }

    /// How many leaves were read.
    pub fn leaves(&self) -> u64 {
        self.tree.leaves()
    }

    /// How many patients they are about.
    pub fn patients(&self) -> usize {
        self.heads.len()
    }

    /// The root over the leaves read so far.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The log's keys, as far as its rotations were read.
    pub fn keys(&self) -> &LogKeys {
        self.verifier.keys()
    }

    /// Reads the next leaf as it stands in an entry bundle. Key rotations must be opened, others may be.
    ///
    /// # Errors
    /// [`Fault`], with the number of the leaf.
    pub fn leaf(&mut self, bytes: &[u8], opening: Option<&Opening>) -> Result<(), Fault> {
        let index = self.leaves();
        let leaf = Leaf::from_bytes(bytes).map_err(|reason| Fault::Leaf { index, reason })?;
        self.entry(&Entry { index, leaf, opening: opening.cloned() })
    }

    /// Reads the next transaction. Key rotations must be opened, others may be.
    ///
    /// # Errors
    /// [`Fault`], with the number of the leaf at which something does not fit: that one, or one before it that it is chained to, was changed.
    pub fn entry(&mut self, entry: &Entry) -> Result<(), Fault> {
        let (index, leaf) = (self.leaves(), &entry.leaf);
        if entry.index != index {
            return Err(Fault::Sequence { expected: index, found: entry.index });
        }
        is_a_leaf(index, leaf)?;
        self.place(index, leaf)?;
        if !entry.is_opened_rightly() {
            return Err(Fault::Opening { index });
        }
        let mut rotation = None;
        match leaf.kind {
            TransactionKind::PatientHeads if self.heads.root() != leaf.commitment => {
                return Err(Fault::Heads { index });
            }
            TransactionKind::KeyRotation => {
                // Whether it can be followed; its checkpoint will come.
                self.keys().rotated(entry, u64::MAX)?;
                rotation = Some(entry.clone());
            }
            _ => {}
        }
        if !leaf.subject.is_nobody() {
            self.chain(index, leaf)?;
        }
        self.rotation = rotation.or(self.rotation.take());
        self.is_closed = leaf.kind == TransactionKind::PatientHeads;
        self.tree.push(leaf.hash());
        Ok(())
    }

    /// Whether a block may go on, begin or end with this leaf.
    fn place(&self, index: u64, leaf: &Leaf) -> Result<(), Fault> {
        let kind = leaf.kind;
        if self.is_closed {
            return Err(Fault::NoCheckpoint { size: index });
        }
        let begins = self.last.filter(|(size, _)| *size == index);
        match (begins, kind == TransactionKind::CheckpointLink) {
            (Some((_, hash)), true) if leaf.commitment == hash => Ok(()),
            (Some(_), _) => Err(Fault::Link { index }),
            (None, true) => Err(Fault::Misplaced { index, kind }),
            // Each has to be in a checkpoint that both its keys sign.
            (None, false) if kind == TransactionKind::KeyRotation && self.rotation.is_some() => {
                Err(Fault::Misplaced { index, kind })
            }
            (None, false) => Ok(()),
        }
    }

    /// Whether it continues its patient's chain; then the chain is longer by it.
    fn chain(&mut self, index: u64, leaf: &Leaf) -> Result<(), Fault> {
        let head = self.heads.get(&leaf.subject);
        let (before, last) = head.map_or((0, [0; 32]), |head| (head.number, head.last));
        let number = leaf.number;
        if number <= before {
            return Err(Fault::Repeated { index, number });
        }
        if number != before + 1 {
            return Err(Fault::Gap { index, expected: before + 1, number });
        }
        if leaf.previous != last {
            return Err(Fault::Chain { index, number });
        }
        self.heads.set(PatientHead { subject: leaf.subject, number, last: leaf.hash() });
        Ok(())
    }

    /// Reads the checkpoint that ends a block: where a block ends, with the root that was recomputed, signed by the log's key for its size, and by both keys
    /// if a rotation is in the block. Cosignatures are not asked for: see [`conclude`](Self::conclude).
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let (size, leaves) = (checkpoint.head().size, self.leaves());
        let keys = match &self.rotation {
            Some(rotation) => self.keys().rotated(rotation, leaves)?,
            None => self.keys().clone(),
        };
        keys.signed(checkpoint)?;
        if size != leaves || !self.is_closed {
            return Err(Fault::Unexpected { size, leaves });
        }
        if checkpoint.head().root != self.tree.root() {
            return Err(Fault::Root { size });
        }
        self.verifier.replace_keys(keys);
        self.last = Some((size, checkpoint.hash()));
        (self.rotation, self.is_closed) = (None, false);
        Ok(())
    }

    /// Accepts the checkpoint that was read last: the whole log up to it keeps the rules, and it is final. `now`: seconds since 1970.
    ///
    /// # Errors
    /// [`Fault::Unexpected`] if it is another one; others of [`Verifier::checkpoint`].
    pub fn conclude(&self, checkpoint: &Checkpoint, now: u64) -> Result<Accepted, Fault> {
        let accepted = self.verifier.checkpoint(checkpoint, now)?;
        let (size, leaves) = (accepted.size(), self.leaves());
        if self.last == Some((size, *accepted.hash())) && size == leaves {
            Ok(accepted)
        } else {
            Err(Fault::Unexpected { size, leaves })
        }
    }
}

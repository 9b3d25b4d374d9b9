//! The offline verifier: nothing but what it is given, no store, no network, no clock. `[LEDGER-6]`
//!
//! ```text
//! checkpoint  ─►  Accepted  ─►  entry, account, receipt: against it
//!                    │
//!                    └── extends: that the one before is its beginning
//! ```
//! What is not accepted is named by a [`Fault`]. Whoever looks at a log more than once keeps a [`Follower`], which remembers the last checkpoint.

mod account;
mod fault;
mod follower;
mod keys;

pub use fault::Fault;
pub use follower::Follower;
pub use keys::LogKeys;

use super::checkpoint::{Checkpoint, TreeHead};
use super::entry::Entry;
use super::finality::Finality;
use super::leaf::Leaf;
use super::proof::{ConsistencyProof, InclusionProof};
use super::receipt::Receipt;
use crate::merkle::{Hash, MerkleTree};

/// By how many seconds clocks may differ, and a cosignature be older than the one before, if nobody says otherwise: five minutes.
pub const DEFAULT_SKEW: u64 = 300;

/// Size and root of a log, for which its signature, and those of the witnesses, were verified. It comes from [`Verifier::checkpoint`] and nowhere else, so what is
/// proved against it is proved against what the log has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    head: TreeHead,
    hash: Hash,
    time: Option<u64>,
}

impl Accepted {
    /// Size and root.
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// Leaves.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// The root over them.
    pub fn root(&self) -> &Hash {
        &self.head.root
    }

    /// The hash of the checkpoint's text: see [`Checkpoint::hash`].
    pub fn hash(&self) -> &Hash {
        &self.hash
    }

    /// The time (seconds since 1970) for which witnesses vouch: k of them saw it then or later (see [`Quorum`](super::Quorum)). `None` with
    /// [`Finality::Local`]: the times in a log are what the log says, and nobody vouches for them.
    ///
    /// So a transaction of this checkpoint that the one before does not have was appended between their two times, give or take the skew.
    pub fn time(&self) -> Option<u64> {
        self.time
    }
}

/// Verifies what one log shows. `[LEDGER-6.1]`
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: LogKeys,
    finality: Finality,
    skew: u64,
}

impl Verifier {
    /// A verifier of the log with these keys, for which a checkpoint counts when it is final in this way. Clocks may differ by [`DEFAULT_SKEW`].
    pub fn new(keys: LogKeys, finality: Finality) -> Self {
        Self { keys, finality, skew: DEFAULT_SKEW }
    }

    /// The same with another limit to how far clocks may differ, in seconds. It must cover the time that a checkpoint takes to all its witnesses.
    #[must_use]
    pub fn with_skew(self, seconds: u64) -> Self {
        Self { skew: seconds, ..self }
    }

    /// The name of the log.
    pub fn log(&self) -> &str {
        self.keys.log()
    }

    /// The keys of the log that are known.
    pub fn keys(&self) -> &LogKeys {
        &self.keys
    }

    /// When a checkpoint counts.
    pub fn finality(&self) -> &Finality {
        &self.finality
    }

    /// The same with the log's first key alone, for whoever reads it from the beginning.
    pub(super) fn anew(&self) -> Self {
        let keys = LogKeys::new(self.keys.first().clone()).unwrap_or_else(|_| self.keys.clone());
        Self { keys, ..self.clone() }
    }

    pub(super) fn replace_keys(&mut self, keys: LogKeys) {
        self.keys = keys;
    }

    /// Accepts a checkpoint: signed with the log's key for its size, by both keys if it is the first after a rotation, and final. `now`: seconds since 1970; a
    /// cosignature of a later time, beyond the skew, does not count.
    ///
    /// # Errors
    /// [`Fault`]: of the log's signature, of the witnesses.
    pub fn checkpoint(&self, checkpoint: &Checkpoint, now: u64) -> Result<Accepted, Fault> {
        self.keys.signed(checkpoint)?;
        let head = checkpoint.head().clone();
        if head.size == 0 && head.root != MerkleTree::new().root() {
            return Err(Fault::Root { size: 0 });
        }
        let time = match &self.finality {
            Finality::Local => None,
            Finality::Witnessed(quorum) => {
                Some(quorum.time(checkpoint, |key| self.keys.has(key), now, self.skew)?)
            }
        };
        Ok(Accepted { head, hash: checkpoint.hash(), time })
    }

    /// Learns the log's next key: from the rotation, opened, the proof that it stands in the log, and the first checkpoint after it, which both keys have signed
    /// and which is final as every other. Then accepts that checkpoint. A rotation that is known already changes nothing.
    ///
    /// # Errors
    /// [`Fault`]; then nothing was learned.
    pub fn learn(
        &mut self,
        rotation: &Entry,
        inclusion: &InclusionProof,
        checkpoint: &Checkpoint,
        now: u64,
    ) -> Result<Accepted, Fault> {
        let keys = self.keys.rotated(rotation, checkpoint.head().size)?;
        let later = Self { keys, ..self.clone() };
        let accepted = later.checkpoint(checkpoint, now)?;
        later.entry(rotation, inclusion, &accepted)?;
        self.keys = later.keys;
        Ok(accepted)
    }

    /// Whether a transaction stands in the log at its place, and says, if it is opened, what it commits to.
    ///
    /// # Errors
    /// [`Fault::Leaf`], [`Fault::NotIncluded`], [`Fault::Opening`].
    pub fn entry(&self, entry: &Entry, inclusion: &InclusionProof, accepted: &Accepted) -> Result<(), Fault> {
        self.same_log(&accepted.head.origin)?;
        let (index, size) = (entry.index, accepted.size());
        is_a_leaf(index, &entry.leaf)?;
        let is_for_it = inclusion.index == index && inclusion.size == size;
        if !is_for_it || !inclusion.holds(&entry.leaf.hash(), accepted.root()) {
            return Err(Fault::NotIncluded { index, size });
        }
        if entry.is_opened_rightly() { Ok(()) } else { Err(Fault::Opening { index }) }
    }

    /// Whether the earlier of two checkpoints is the beginning of the later one, in the tree and in time.
    ///
    /// # Errors
    /// [`Fault::Older`], [`Fault::Fork`] (which proves that the log has lied), [`Fault::Inconsistent`], [`Fault::TimeWentBack`].
    pub fn extends(
        &self,
        earlier: &Accepted,
        later: &Accepted,
        consistency: &ConsistencyProof,
    ) -> Result<(), Fault> {
        self.same_log(&earlier.head.origin)?;
        self.same_log(&later.head.origin)?;
        let (old, new) = (earlier.size(), later.size());
        if new < old {
            return Err(Fault::Older { known: old, size: new });
        }
        if new == old && earlier.root() != later.root() {
            return Err(Fault::Fork { size: new });
        }
        let is_for_them = consistency.old == old && consistency.new == new;
        if !is_for_them || !consistency.holds(earlier.root(), later.root()) {
            return Err(Fault::Inconsistent { old, new });
        }
        match (earlier.time, later.time) {
            (Some(before), Some(time)) if time.saturating_add(self.skew) < before => {
                Err(Fault::TimeWentBack { size: new, before, time })
            }
            _ => Ok(()),
        }
    }

    /// Whether the log has given a receipt: to be asked before what it is for is used, and the receipt to be kept.
    ///
    /// A key that was replaced does not sign for leaves that came after: receipts of a key that was stolen later prove nothing about them.
    ///
    /// # Errors
    /// [`Fault::OtherLog`], [`Fault::Leaf`], [`Fault::Opening`], [`Fault::Receipt`].
    pub fn receipt(&self, receipt: &Receipt) -> Result<(), Fault> {
        self.same_log(&receipt.log)?;
        for entry in &receipt.entries {
            is_a_leaf(entry.index, &entry.leaf)?;
            if entry.body().is_none() {
                return Err(Fault::Opening { index: entry.index });
            }
        }
        let last = receipt.entries.iter().map(|entry| entry.index).max().ok_or(Fault::Receipt)?;
        if self.keys.after(last).any(|key| receipt.is_genuine(key)) { Ok(()) } else { Err(Fault::Receipt) }
    }

    /// Whether the log has kept its word: what stands at the places of a receipt, each with its proof of inclusion, is what the receipt says. `found` is in the order
    /// of the receipt's entries, as the log tells it; what it says needs not be opened.
    ///
    /// # Errors
    /// Those of [`receipt`](Self::receipt); [`Fault::NotYet`]; [`Fault::NotIncluded`] if what was found is not proved to stand there;
    /// [`Fault::ReceiptBroken`] if it is and is something else: receipt, checkpoint, leaf and proof together convict the log.
    pub fn receipt_kept(
        &self,
        receipt: &Receipt,
        found: &[(Leaf, InclusionProof)],
        accepted: &Accepted,
    ) -> Result<(), Fault> {
        self.receipt(receipt)?;
        let size = accepted.size();
        let mut found = found.iter();
        for entry in &receipt.entries {
            let index = entry.index;
            if index >= size {
                return Err(Fault::NotYet { index, size });
            }
            let (leaf, inclusion) = found.next().ok_or(Fault::NotIncluded { index, size })?;
            let stands = Entry { index, leaf: *leaf, opening: None };
            self.entry(&stands, inclusion, accepted)?;
            if *leaf != entry.leaf {
                return Err(Fault::ReceiptBroken { index });
            }
        }
        Ok(())
    }

    fn same_log(&self, found: &str) -> Result<(), Fault> {
        if found == self.log() {
            Ok(())
        } else {
            Err(Fault::OtherLog { expected: self.log().into(), found: found.into() })
        }
    }
}

/// Whether what somebody has put together is a leaf at all.
pub(super) fn is_a_leaf(index: u64, leaf: &Leaf) -> Result<(), Fault> {
    match Leaf::from_bytes(&leaf.to_bytes()) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Fault::Leaf { index, reason }),
    }
}

//! What is wrong with what a log, or somebody in its name, has shown. `[LEDGER-6.5]`

use alloc::string::String;

use crate::ledger::leaf::{LeafError, Subject, TransactionKind};

/// The exact reason why something of a log is not accepted: which leaf, which of the patient's transactions, which checkpoint.
///
/// Most of them may also come from a damaged copy or a careless courier. Those for which [`is_proof_of_misbehaviour`](Self::is_proof_of_misbehaviour)
/// is true may not: they hold two things that the log has signed and that contradict each other. Keep both and show them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    // Keys and signatures.
    /// A key that signs no checkpoints of a log.
    #[error("`{key}` is no key of a log: its signatures are those of a witness")]
    NoLogKey {
        /// The name of the key.
        key: String,
    },
    /// A checkpoint or a receipt of another log.
    #[error("this is of the log `{found}` and says nothing of `{expected}`, which was asked about")]
    OtherLog {
        /// The log in question.
        expected: String,
        /// The log that it names.
        found: String,
    },
    /// A checkpoint without the log's signature.
    #[error(
        "the checkpoint over {size} leaves bears no signature of the log's key for that size: nobody answers for it; if the log has changed its key, \
         ask for its key rotations first"
    )]
    Unsigned {
        /// Leaves under the checkpoint.
        size: u64,
    },
    /// The first checkpoint after a key rotation, with one of two signatures.
    #[error(
        "the checkpoint over {size} leaves is the first after a key rotation and lacks the signature of one of the two keys: the log has not passed \
         itself on"
    )]
    HalfSigned {
        /// Leaves under the checkpoint.
        size: u64,
    },
    /// A signature of a known key that does not hold.
    #[error(
        "the signature of `{signer}` under the checkpoint over {size} leaves does not hold: the checkpoint was changed, or somebody signs in that name"
    )]
    Signature {
        /// Leaves under the checkpoint.
        size: u64,
        /// Whose signature.
        signer: String,
    },
    /// A key rotation that passes nothing on.
    #[error(
        "leaf {index} is no key rotation that can be followed: {reason}; the key before it stays the last one that is known"
    )]
    Rotation {
        /// The leaf.
        index: u64,
        /// What is wrong with it.
        reason: &'static str,
    },

    // Finality and time.
    /// Not enough witnesses.
    #[error(
        "{found} of the {needed} witnesses that are needed have cosigned the checkpoint over {size} leaves: others may be shown another log; wait, or ask \
         more of them"
    )]
    Witnesses {
        /// Leaves under the checkpoint.
        size: u64,
        /// Witnesses whose cosignature counts.
        found: usize,
        /// Witnesses that are needed.
        needed: usize,
    },
    /// A cosignature from the future, and not enough others.
    #[error(
        "`{witness}` says that it cosigned at {time}, and it is {now} (seconds since 1970): its clock or this one is wrong by more than is allowed"
    )]
    Future {
        /// The witness.
        witness: String,
        /// What it says.
        time: u64,
        /// What the caller says.
        now: u64,
    },
    /// A later checkpoint from an earlier time.
    #[error(
        "the checkpoint over {size} leaves is from {time}, and an earlier one from {before} (seconds since 1970): one of the two times is not true"
    )]
    TimeWentBack {
        /// Leaves under the later checkpoint.
        size: u64,
        /// The time of the earlier one.
        before: u64,
        /// Its own.
        time: u64,
    },

    // Two checkpoints.
    /// Fewer leaves than before.
    #[error(
        "the checkpoint over {size} leaves is older than the one over {known}, which was accepted before: leaves were cut off, or an old copy is shown"
    )]
    Older {
        /// Leaves under the one that was accepted.
        known: u64,
        /// Leaves under this one.
        size: u64,
    },
    /// Two roots over as many leaves.
    #[error(
        "there are two checkpoints over {size} leaves with different roots, both signed: the log shows different people different pasts; keep both, they \
         prove it"
    )]
    Fork {
        /// Leaves.
        size: u64,
    },
    /// No proof that one tree is the beginning of the other.
    #[error(
        "it is not proved that the {old} leaves accepted before are the first of the {new} of this checkpoint: the past was rewritten, or the proof is not \
         for these two"
    )]
    Inconsistent {
        /// Leaves of the earlier tree.
        old: u64,
        /// Leaves of the later tree.
        new: u64,
    },
    /// A root that its leaves do not have.
    #[error(
        "the checkpoint over {size} leaves signs another root than these leaves have: one of them was changed, added or left out"
    )]
    Root {
        /// Leaves under the checkpoint.
        size: u64,
    },

    // Leaves.
    /// No leaf.
    #[error("leaf {index}: {reason}")]
    Leaf {
        /// Its place.
        index: u64,
        /// Why it is none.
        reason: LeafError,
    },
    /// A leaf in another's place.
    #[error(
        "leaf {expected} should follow and leaf {found} does: leaves were left out, inserted or put in another order"
    )]
    Sequence {
        /// The next place.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// No proof that a leaf stands in the tree.
    #[error(
        "it is not proved that leaf {index} stands among the {size} leaves of the checkpoint: it was changed or is not in the log, or the proof is not for it"
    )]
    NotIncluded {
        /// The leaf.
        index: u64,
        /// Leaves under the checkpoint.
        size: u64,
    },
    /// A body that is not what the leaf commits to.
    #[error(
        "what leaf {index} is said to say is not what it commits to: its text was changed; the leaf itself may be genuine"
    )]
    Opening {
        /// The leaf.
        index: u64,
    },
    /// A kind in a place where it may not stand.
    #[error(
        "leaf {index} is of kind {kind}, which may not stand there: a block begins with the hash of the checkpoint before and ends with patients' heads"
    )]
    Misplaced {
        /// The leaf.
        index: u64,
        /// Its kind.
        kind: TransactionKind,
    },
    /// A block without the hash of the checkpoint before.
    #[error(
        "leaf {index} begins a block and does not hold the hash of the checkpoint before: the block belongs to another past"
    )]
    Link {
        /// The leaf.
        index: u64,
    },
    /// Patients' heads that are not those of the leaves before.
    #[error(
        "leaf {index} holds another root over the patients' last transactions than the leaves before it have: some patient's account would not be complete"
    )]
    Heads {
        /// The leaf.
        index: u64,
    },
    /// A block without its checkpoint.
    #[error(
        "the checkpoint over {size} leaves is missing: a block ends there, and the next one holds its hash"
    )]
    NoCheckpoint {
        /// Leaves under it.
        size: u64,
    },
    /// A checkpoint where no block ends.
    #[error("the checkpoint over {size} leaves stands where no block ends, after {leaves} leaves were read")]
    Unexpected {
        /// Leaves under it.
        size: u64,
        /// Leaves so far.
        leaves: u64,
    },

    // Patients.
    /// An account of somebody else, or of nobody.
    #[error("this is the account of {found}, not of {expected}, who was asked about")]
    OtherPatient {
        /// Who was asked about.
        expected: Subject,
        /// Whose it is.
        found: Subject,
    },
    /// It is not proved how many transactions a patient has.
    #[error(
        "it is not proved how many transactions {subject} has: the way to the root over all patients' heads does not hold, so some may be kept back"
    )]
    Head {
        /// The patient.
        subject: Subject,
    },
    /// One of the patient's transactions is missing.
    #[error(
        "number {number} of the patient's transactions was left out: somebody does not want it to be seen, or the copy is not complete"
    )]
    Omitted {
        /// Which of hers.
        number: u64,
    },
    /// Two transactions with the same number.
    #[error(
        "leaf {index} is number {number} of its patient's transactions once more: of two with the same number one could be shown to each reader"
    )]
    Repeated {
        /// The leaf.
        index: u64,
        /// Which of hers.
        number: u64,
    },
    /// A number that skips others.
    #[error(
        "leaf {index} is number {number} of its patient's transactions and should be number {expected}: one of them was left out"
    )]
    Gap {
        /// The leaf.
        index: u64,
        /// Which of hers it should be.
        expected: u64,
        /// Which of hers it says it is.
        number: u64,
    },
    /// One more than the patient has.
    #[error(
        "leaf {index}, number {number} of the patient's transactions, is more than the log says she has: it was added, or comes after this checkpoint"
    )]
    Surplus {
        /// The leaf.
        index: u64,
        /// Which of hers.
        number: u64,
    },
    /// Transactions in another order.
    #[error(
        "leaf {index}, number {number} of the patient's transactions, stands in another place than the log has it"
    )]
    Reordered {
        /// The leaf.
        index: u64,
        /// Which of hers.
        number: u64,
    },
    /// A broken chain.
    #[error(
        "leaf {index}, number {number} of the patient's transactions, is not the one that what comes after it, or before it, is chained to: it was changed"
    )]
    Chain {
        /// The leaf.
        index: u64,
        /// Which of hers.
        number: u64,
    },
    /// A body that is kept back.
    #[error(
        "what number {number} of the patient's transactions (leaf {index}) says is kept back: no later transaction says that it was erased"
    )]
    Withheld {
        /// The leaf.
        index: u64,
        /// Which of hers.
        number: u64,
    },

    // Receipts.
    /// A receipt that the log has not given.
    #[error(
        "the receipt is not signed by a key of the log that signed at its places, or says other things than its leaves commit to: it proves nothing"
    )]
    Receipt,
    /// A receipt for places that the checkpoint does not cover.
    #[error(
        "the receipt is for leaf {index}, and the checkpoint is over {size} leaves: ask again when there is a later one"
    )]
    NotYet {
        /// The leaf.
        index: u64,
        /// Leaves under the checkpoint.
        size: u64,
    },
    /// A receipt for what does not stand there.
    #[error(
        "the log has signed that a transaction stands at {index}, and a checkpoint under which another does: it was rewritten; keep both, they prove it"
    )]
    ReceiptBroken {
        /// The leaf.
        index: u64,
    },

    // Tiles.
    /// A tile that is missing or is not of this tree.
    #[error("{path} is missing or is no tile of the tree under the checkpoint: get it from somewhere else")]
    Tile {
        /// Its path.
        path: String,
    },
}

impl Fault {
    /// Whether it convicts the log: it holds things that contradict each other and that the log has signed.
    pub fn is_proof_of_misbehaviour(&self) -> bool {
        matches!(self, Self::Fork { .. } | Self::ReceiptBroken { .. })
    }

    /// The leaf at which it shows, if it is one leaf.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Rotation { index, .. }
            | Self::Leaf { index, .. }
            | Self::Sequence { expected: index, .. }
            | Self::NotIncluded { index, .. }
            | Self::Opening { index }
            | Self::Misplaced { index, .. }
            | Self::Link { index }
            | Self::Heads { index }
            | Self::Repeated { index, .. }
            | Self::Gap { index, .. }
            | Self::Surplus { index, .. }
            | Self::Reordered { index, .. }
            | Self::Chain { index, .. }
            | Self::Withheld { index, .. }
            | Self::NotYet { index, .. }
            | Self::ReceiptBroken { index } => Some(*index),
            _ => None,
        }
    }

    /// Which of a patient's transactions it is about, if it is one of them.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Omitted { number }
            | Self::Repeated { number, .. }
            | Self::Gap { expected: number, .. }
            | Self::Surplus { number, .. }
            | Self::Reordered { number, .. }
            | Self::Chain { number, .. }
            | Self::Withheld { number, .. } => Some(*number),
            _ => None,
        }
    }
}

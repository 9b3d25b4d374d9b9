//! What stands in the log: one leaf for each transaction. `[LEDGER-2]`

use core::fmt;

use sha2::{Digest, Sha256};

use crate::hash::{Label, hash};
use crate::merkle::{Hash, leaf_hash};

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 90;
/// The version of the form of a leaf.
const VERSION: u8 = 1;
/// The first byte of what a leaf commits to. Leaves (0) and nodes (1) of the log, patients (2) and forks (3) among patients' heads have others.
const BODY: u8 = 4;

/// What kind of transaction it is. `[LEDGER-2.1]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TransactionKind {
    /// Records of the patient were stored.
    RecordPut = 1,
    /// Somebody was given something of the patient's: names, records, chunks, what a search needs.
    Access = 2,
    /// Somebody asked for what does not exist or is not for him.
    Denied = 3,
    /// Somebody was given a right.
    Grant = 4,
    /// Somebody lost a right.
    Revoke = 5,
    /// The patient has changed what she consents to.
    ConsentChange = 6,
    /// Somebody has broken the glass.
    BreakGlass = 7,
    /// The patient's index has a new head.
    HeadChange = 8,
    /// What bodies of the patient's transactions say was destroyed.
    Erasure = 9,
    /// The realm has entered another epoch.
    EpochAdvance = 64,
    /// The root over all patients' last transactions.
    PatientHeads = 65,
    /// The checkpoint before: the first leaf of a block.
    CheckpointLink = 66,
    /// The log has another key.
    KeyRotation = 67,
}

use TransactionKind::{
    Access, BreakGlass, CheckpointLink, ConsentChange, Denied, EpochAdvance, Erasure, Grant, HeadChange,
    KeyRotation, PatientHeads, RecordPut, Revoke,
};

impl TransactionKind {
    /// Every kind.
    pub const ALL: [TransactionKind; 13] = [
        RecordPut,
        Access,
        Denied,
        Grant,
        Revoke,
        ConsentChange,
        BreakGlass,
        HeadChange,
        Erasure,
        EpochAdvance,
        PatientHeads,
        CheckpointLink,
        KeyRotation,
    ];

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Whether it is about the log or the realm, and never about a patient.
    pub const fn is_of_log(self) -> bool {
        matches!(self, EpochAdvance | PatientHeads | CheckpointLink | KeyRotation)
    }

    /// Whether it is always about a patient.
    pub const fn is_of_patient(self) -> bool {
        matches!(self, RecordPut | ConsentChange | BreakGlass | HeadChange | Erasure)
    }
}

impl fmt::Display for TransactionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordPut => "record-put",
            Access => "access",
            Denied => "denied",
            Grant => "grant",
            Revoke => "revoke",
            ConsentChange => "consent-change",
            BreakGlass => "break-glass",
            HeadChange => "head-change",
            Erasure => "erasure",
            EpochAdvance => "epoch-advance",
            PatientHeads => "patient-heads",
            CheckpointLink => "checkpoint-link",
            KeyRotation => "key-rotation",
        })
    }
}

/// By what name a patient stands in the log: 16 bytes that lead to her handle nobody who does not know it, and are others in every log. All zeros:
/// nobody's. `[LEDGER-2.4]`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject([u8; 16]);

impl Subject {
    /// Nobody: transactions of the log itself, of the realm, of somebody who asked for nothing of anybody.
    pub const NOBODY: Self = Self([0; 16]);

    /// The name of the patient with this handle, 16 random bytes, in the log of this name.
    pub fn of(log: &str, handle: &[u8; 16]) -> Self {
        let hash = hash(Label::LedgerSubject, &[log.as_bytes(), handle]);
        Self(hash.first_chunk().copied().unwrap_or_default())
    }

    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether it is nobody.
    pub fn is_nobody(&self) -> bool {
        *self == Self::NOBODY
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::codec::Hex(&self.0))
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({self})")
    }
}

/// A leaf: what everybody may see of a transaction. What it says in detail is its body, which is kept elsewhere and can be destroyed. `[LEDGER-2.2]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// What it is.
    pub kind: TransactionKind,
    /// Whose it is.
    pub subject: Subject,
    /// Which of hers, from 1 on; 0 of nobody's.
    pub number: u64,
    /// The hash of her leaf before; zeros of the first one, and of nobody's.
    pub previous: Hash,
    /// What it commits to: see [`commitment`]; of what the log says itself, the thing.
    pub commitment: Hash,
}

/// Why bytes are no leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeafError {
    /// Another length or version.
    #[error("no leaf of a ledger: it has {LEAF_BYTES} bytes, of which the first is 1")]
    Form,
    /// A kind that does not exist.
    #[error("transactions of kind {0} do not exist; a newer version of the program may know them")]
    Kind(u8),
    /// Subject, number and hash before do not go together.
    #[error("a leaf of kind {0} whose subject, number and leaf before do not go together")]
    Place(TransactionKind),
}

impl Leaf {
    /// The bytes: version, kind, subject, number, previous, commitment.
    pub fn to_bytes(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [0; LEAF_BYTES];
        let parts: [&[u8]; 6] = [
            &[VERSION],
            &[self.kind as u8],
            &self.subject.0,
            &self.number.to_be_bytes(),
            &self.previous,
            &self.commitment,
        ];
        let mut rest = bytes.as_mut_slice();
        for part in parts {
            if let Some((place, after)) = core::mem::take(&mut rest).split_at_mut_checked(part.len()) {
                place.copy_from_slice(part);
                rest = after;
            }
        }
        bytes
    }

    /// Decodes a leaf.
    ///
    /// # Errors
    /// [`LeafError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let bytes: &[u8; LEAF_BYTES] = bytes.try_into().map_err(|_| LeafError::Form)?;
        let ([version, kind], rest) = bytes.split_first_chunk::<2>().ok_or(LeafError::Form)?;
        let (subject, rest) = rest.split_first_chunk::<16>().ok_or(LeafError::Form)?;
        let (number, rest) = rest.split_first_chunk::<8>().ok_or(LeafError::Form)?;
        let (previous, rest) = rest.split_first_chunk::<32>().ok_or(LeafError::Form)?;
        let commitment = rest.try_into().map_err(|_| LeafError::Form)?;
        if *version != VERSION {
            return Err(LeafError::Form);
        }
        let kind = TransactionKind::of(*kind).ok_or(LeafError::Kind(*kind))?;
        let (subject, number) = (Subject(*subject), u64::from_be_bytes(*number));
        let leaf = Self { kind, subject, number, previous: *previous, commitment };
        if leaf.is_placed() { Ok(leaf) } else { Err(LeafError::Place(kind)) }
    }

    /// Whether subject, number and previous leaf go together.
    fn is_placed(&self) -> bool {
        let nobody = self.subject == Subject::NOBODY;
        let first = self.previous == [0; 32];
        let fits = match self.number {
            0 => nobody && first,
            1 => !nobody && first,
            _ => !nobody && !first,
        };
        fits && !(nobody && self.kind.is_of_patient()) && (nobody || !self.kind.is_of_log())
    }

    /// The hash of the leaf, as it stands in the tree.
    pub fn hash(&self) -> Hash {
        leaf_hash(&[&self.to_bytes()])
    }
}

/// What a leaf commits to: its kind and its body, under a salt of 32 random bytes. Without the salt nobody can try bodies; when it is destroyed the
/// leaf says nothing more than its kind. SHA-256, as in the tree, which CPUs have instructions for; its first byte is no other hash's. `[LEDGER-2.3]`
pub fn commitment(kind: TransactionKind, salt: &[u8; 32], body: &[u8]) -> Hash {
    let mut state = Sha256::new_with_prefix([BODY, kind as u8]);
    state.update(salt);
    state.update(body);
    state.finalize().into()
}

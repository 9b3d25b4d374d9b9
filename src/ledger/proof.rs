//! Proofs as they travel. `[LEDGER-3]` `[LEDGER-4]`

use alloc::vec::Vec;

use super::entry::Entry;
use super::heads::{HeadProof, PatientHead};
use super::leaf::Subject;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::merkle::{Hash, verify_consistency, verify_inclusion};

/// More levels than any log has.
const MAX_PATH: usize = 64;
/// More forks than there are bits in a name.
const MAX_STEPS: usize = 128;

/// The way from a leaf to the root over the first `size` leaves. (RFC 9162, section 2.1.3)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The number of the leaf.
    pub index: u64,
    /// Leaves under the root.
    pub size: u64,
    /// Hashes, lowest first.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Whether it leads from the leaf with this hash to this root.
    pub fn holds(&self, leaf: &Hash, root: &Hash) -> bool {
        verify_inclusion(root, leaf, self.index, self.size, &self.path)
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.u64(self.index);
        encoder.u64(self.size);
        encode_path(encoder, &self.path);
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let (index, size) = (decoder.u64("number in the log")?, decoder.u64("size of the log")?);
        Ok(Self { index, size, path: decode_path(decoder)? })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::InclusionProof, 20 + 32 * self.path.len());
        self.encode(&mut encoder);
        encoder.finish()
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::InclusionProof)?;
        let proof = Self::decode(&mut decoder)?;
        decoder.finish()?;
        Ok(proof)
    }
}

/// That the tree over the first `old` leaves is the beginning of the one over the first `new`. (RFC 9162, section 2.1.4)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves of the earlier tree.
    pub old: u64,
    /// Leaves of the later one.
    pub new: u64,
    /// Hashes, lowest first.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Whether it holds for these two roots. Every tree begins with the empty one.
    pub fn holds(&self, old_root: &Hash, new_root: &Hash) -> bool {
        match self.old {
            0 => self.path.is_empty(),
            old => verify_consistency(old, old_root, self.new, new_root, &self.path),
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::ConsistencyProof, 20 + 32 * self.path.len());
        encoder.u64(self.old);
        encoder.u64(self.new);
        encode_path(&mut encoder, &self.path);
        encoder.finish()
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::ConsistencyProof)?;
        let (old, new) = (decoder.u64("earlier size")?, decoder.u64("later size")?);
        let proof = Self { old, new, path: decode_path(&mut decoder)? };
        decoder.finish()?;
        Ok(proof)
    }
}

/// All transactions of a patient up to a checkpoint, and the proof that they are all: the checkpoint's last leaf has the root over all patients' heads, and that has
/// hers. `[LEDGER-4.3]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientAccount {
    /// Whose.
    pub subject: Subject,
    /// Her transactions, the first one first.
    pub entries: Vec<Entry>,
    /// How many they are, and the last one's hash: under the root that `heads` has.
    pub head: HeadProof,
    /// The leaf with the root over all patients' heads: the last one before the checkpoint.
    pub heads: Entry,
    /// That it stands there.
    pub inclusion: InclusionProof,
}

impl PatientAccount {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bodies: usize = self
            .entries
            .iter()
            .map(|entry| 140 + entry.opening.as_ref().map_or(0, |opening| opening.body.len()))
            .sum();
        let mut encoder = Encoder::object(Kind::PatientAccount, 4096 + bodies);
        encoder.raw(self.subject.as_bytes());
        encoder.count(self.entries.len());
        self.entries.iter().for_each(|entry| entry.encode(&mut encoder));
        encoder.u8(u8::from(self.head.head.is_some()));
        if let Some(head) = &self.head.head {
            encoder.raw(head.subject.as_bytes());
            encoder.u64(head.number);
            encoder.raw(&head.last);
        }
        encoder.count(self.head.steps.len());
        for (at, other) in &self.head.steps {
            encoder.u8(*at);
            encoder.raw(other);
        }
        self.heads.encode(&mut encoder);
        self.inclusion.encode(&mut encoder);
        encoder.finish()
    }

    /// Decodes an account; nothing of it is verified.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::PatientAccount)?;
        let subject = Subject::from_bytes(decoder.array("patient's name in the log")?);
        let count = decoder.count(99, "number of transactions")?;
        let entries = (0..count).map(|_| Entry::decode(&mut decoder)).collect::<Result<_, _>>()?;
        let at = decoder.position();
        let head = match Decoder::checked(decoder.u8("head")?.into(), at, "head", 0, 1)? {
            0 => None,
            _ => Some(PatientHead {
                subject: Subject::from_bytes(decoder.array("name in the log")?),
                number: decoder.u64("number of transactions")?,
                last: decoder.array("last transaction")?,
            }),
        };
        let at = decoder.position();
        let count = decoder.count(33, "number of forks")?;
        Decoder::checked(count as u64, at, "number of forks", 0, MAX_STEPS as u64)?;
        let mut steps = Vec::new();
        for _ in 0..count {
            let at = decoder.position();
            let bit = decoder.u8("fork")?;
            Decoder::checked(bit.into(), at, "fork", 0, 127)?;
            steps.push((bit, decoder.array("other side of a fork")?));
        }
        let heads = Entry::decode(&mut decoder)?;
        let inclusion = InclusionProof::decode(&mut decoder)?;
        decoder.finish()?;
        Ok(Self { subject, entries, head: HeadProof { head, steps }, heads, inclusion })
    }
}

fn encode_path(encoder: &mut Encoder, path: &[Hash]) {
    encoder.count(path.len());
    path.iter().for_each(|hash| encoder.raw(hash));
}

fn decode_path(decoder: &mut Decoder<'_>) -> Result<Vec<Hash>, DecodeError> {
    let at = decoder.position();
    let count = decoder.count(32, "length of the path")?;
    if count > MAX_PATH {
        let reason = DecodeReason::OutOfRange { value: count as u64, min: 0, max: MAX_PATH as u64 };
        return Err(Decoder::error_at(at, "length of the path", reason));
    }
    (0..count).map(|_| decoder.array("hash")).collect()
}

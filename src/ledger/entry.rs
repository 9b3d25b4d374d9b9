//! Transactions: what is appended, and what is kept of it. `[LEDGER-2]`

use alloc::vec::Vec;
use core::fmt;

use super::leaf::{LEAF_BYTES, Leaf, Subject, TransactionKind, commitment};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};

/// Most bytes of a body.
pub(super) const MAX_BODY_BYTES: usize = 1 << 24;

/// What is to be appended.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What kind of transaction it is.
    pub kind: TransactionKind,
    /// Whose it is: [`Subject::NOBODY`] if it is about no patient.
    pub subject: Subject,
    /// What it says, at most 16 MiB. The log commits to it and does not show it.
    pub body: Vec<u8>,
}

/// A transaction that stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the log, from 0 on.
    pub index: u64,
    /// What everybody may see of it.
    pub leaf: Leaf,
    /// What opens its commitment; none after it was erased, and of transactions that say all in the leaf.
    pub opening: Option<Opening>,
}

/// Salt and body: what a leaf commits to. `[LEDGER-2.3]`
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// 32 random bytes.
    pub salt: [u8; 32],
    /// What the transaction says.
    pub body: Vec<u8>,
}

/// Of the body the length alone: it says who has read what of whom.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("kind", &self.kind)
            .field("subject", &self.subject)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// Of the body the length alone, and nothing of the salt.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Entry {
    /// Whether the opening, if there is one, is the one that the leaf commits to.
    pub fn is_opened_rightly(&self) -> bool {
        self.opening.as_ref().is_none_or(|Opening { salt, body }| {
            commitment(self.leaf.kind, salt, body) == self.leaf.commitment
        })
    }

    /// What the transaction says, if that is kept and is what the leaf commits to.
    pub fn body(&self) -> Option<&[u8]> {
        let opening = self.opening.as_ref()?;
        self.is_opened_rightly().then_some(opening.body.as_slice())
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.u64(self.index);
        encoder.raw(&self.leaf.to_bytes());
        encoder.u8(u8::from(self.opening.is_some()));
        if let Some(Opening { salt, body }) = &self.opening {
            encoder.raw(salt);
            encoder.long_bytes(body);
        }
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let index = decoder.u64("number in the log")?;
        let at = decoder.position();
        let leaf = Leaf::from_bytes(decoder.raw(LEAF_BYTES, "leaf")?)
            .map_err(|_| Decoder::error_at(at, "leaf", DecodeReason::NotCanonical("a leaf of a ledger")))?;
        let at = decoder.position();
        let opening =
            match Decoder::checked(decoder.u8("whether it is open")?.into(), at, "whether it is open", 0, 1)?
            {
                0 => None,
                _ => {
                    let salt = decoder.array("salt")?;
                    Some(Opening { salt, body: decoder.long_bytes(MAX_BODY_BYTES, "body")?.to_vec() })
                }
            };
        Ok(Self { index, leaf, opening })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.opening.as_ref().map_or(0, |opening| 36 + opening.body.len());
        let mut encoder = Encoder::object(Kind::LedgerEntry, 99 + body);
        self.encode(&mut encoder);
        encoder.finish()
    }

    /// Decodes an entry. That it stands in a log, and is opened rightly, is not verified.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::LedgerEntry)?;
        let entry = Self::decode(&mut decoder)?;
        decoder.finish()?;
        Ok(entry)
    }
}

//! The word of a log that transactions stand in it, before it is published. `[LEDGER-6.8]`

use alloc::string::String;
use alloc::vec::Vec;

use super::entry::Entry;
use super::note::{KeyType, NoteKey, NoteSigner};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::sign::SIGNATURE_BYTES;

/// Most bytes of the name of a log.
const MAX_NAME_BYTES: usize = 255;

/// Transactions that a log has promised to hold at their places: durable when this was signed, and in the next checkpoint. To be kept by whoever gets it.
///
/// If a checkpoint over these places has other leaves there, this and the checkpoint together prove that the log was rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The name of the log.
    pub log: String,
    /// The transactions, with what they say.
    pub entries: Vec<Entry>,
    signature: [u8; SIGNATURE_BYTES],
}

impl Receipt {
    pub(super) fn sign(signer: &NoteSigner, entries: Vec<Entry>) -> Self {
        let log = String::from(signer.public().name());
        let signature = signer.sign_as(Label::ReceiptSignature, &[log.as_bytes(), &places(&entries)]);
        Self { log, entries, signature }
    }

    /// From its parts: what [`Scribe::receipt`](super::Scribe::receipt) has signed, with its signature.
    pub fn from_parts(log: &str, entries: Vec<Entry>, signature: [u8; SIGNATURE_BYTES]) -> Self {
        Self { log: String::from(log), entries, signature }
    }

    /// The signature, 64 bytes (Ed25519).
    pub fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// Whether the log with this key has signed it, and each transaction says what its leaf commits to.
    pub fn is_genuine(&self, key: &NoteKey) -> bool {
        key.kind() == KeyType::Ed25519
            && key.name() == self.log
            && self.entries.iter().all(|entry| entry.body().is_some())
            && key.verifies_as(
                Label::ReceiptSignature,
                &[self.log.as_bytes(), &places(&self.entries)],
                &self.signature,
            )
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::Receipt, 512);
        encoder.short_bytes(self.log.as_bytes());
        encoder.count(self.entries.len());
        self.entries.iter().for_each(|entry| encoder.long_bytes(&entry.to_bytes()));
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a receipt; [`is_genuine`](Self::is_genuine) verifies it.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Receipt)?;
        let log = String::from(decoder.short_text(MAX_NAME_BYTES, "name of the log")?);
        let at = decoder.position();
        let count = decoder.count(4, "number of transactions")?;
        if count == 0 {
            return Err(Decoder::error_at(
                at,
                "number of transactions",
                DecodeReason::NotCanonical("one or more"),
            ));
        }
        let entry = |decoder: &mut Decoder<'_>| {
            Entry::from_bytes(decoder.long_bytes(super::entry::MAX_BODY_BYTES + 256, "transaction")?)
        };
        let entries = (0..count).map(|_| entry(&mut decoder)).collect::<Result<_, DecodeError>>()?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { log, entries, signature })
    }
}

/// What is signed: each place, and the hash of what stands there.
fn places(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40 * entries.len());
    for entry in entries {
        bytes.extend_from_slice(&entry.index.to_be_bytes());
        bytes.extend_from_slice(&entry.leaf.hash());
    }
    bytes
}

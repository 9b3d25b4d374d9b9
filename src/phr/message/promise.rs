//! The ledger's receipt on its way with an answer. `[PHR-8.1]`

use alloc::vec::Vec;

use super::super::audit::AuditEntry;
use crate::codec::{Decoder, Encoder};
use crate::error::{DecodeError, DecodeReason};
use crate::ledger::{Entry, LEAF_BYTES, Leaf, Opening, Receipt};
use crate::sign::SIGNATURE_BYTES;

/// Most bytes of a certificate.
const MAX_CERTIFICATE_BYTES: usize = 2048;
/// Bytes of a place.
const PLACE_BYTES: usize = 8 + LEAF_BYTES + 32;

/// A receipt without what whoever has asked knows himself: who, what, whose, which records. The bodies that it commits to he makes
/// of what he was given, so that it holds for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::phr) struct Promise {
    /// Whose ledger it is, by the authority.
    pub(in crate::phr) certificate: Vec<u8>,
    /// When, by the clock of the cloud.
    pub(in crate::phr) time: u64,
    places: Vec<Place>,
    signature: [u8; SIGNATURE_BYTES],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    index: u64,
    leaf: Leaf,
    salt: [u8; 32],
}

impl Promise {
    pub(in crate::phr) fn of(receipt: &Receipt, certificate: Vec<u8>, time: u64) -> Self {
        let salt = |entry: &Entry| entry.opening.as_ref().map_or([0; 32], |opening| opening.salt);
        let place = |entry: &Entry| Place { index: entry.index, leaf: entry.leaf, salt: salt(entry) };
        let places = receipt.entries.iter().map(place).collect();
        Self { certificate, time, places, signature: *receipt.signature() }
    }

    /// The receipt over these transactions, if there are as many as places.
    pub(in crate::phr) fn receipt(&self, log: &str, said: &[AuditEntry]) -> Option<Receipt> {
        if said.len() != self.places.len() || said.is_empty() {
            return None;
        }
        let entry = |(place, said): (&Place, &AuditEntry)| Entry {
            index: place.index,
            leaf: place.leaf,
            opening: Some(Opening { salt: place.salt, body: said.to_bytes() }),
        };
        let entries = self.places.iter().zip(said).map(entry).collect();
        Some(Receipt::from_parts(log, entries, self.signature))
    }

    pub(super) fn encode(promise: Option<&Self>, encoder: &mut Encoder) {
        encoder.u8(u8::from(promise.is_some()));
        let Some(Self { certificate, time, places, signature }) = promise else { return };
        encoder.short_bytes(certificate);
        encoder.u64(*time);
        encoder.count(places.len());
        for Place { index, leaf, salt } in places {
            encoder.u64(*index);
            encoder.raw(&leaf.to_bytes());
            encoder.raw(salt);
        }
        encoder.raw(signature);
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Option<Self>, DecodeError> {
        let at = decoder.position();
        if Decoder::checked(decoder.u8("receipt")?.into(), at, "receipt", 0, 1)? == 0 {
            return Ok(None);
        }
        let certificate = decoder.short_bytes(MAX_CERTIFICATE_BYTES, "certificate of the ledger")?.to_vec();
        let time = decoder.u64("time")?;
        let mut places = Vec::new();
        for _ in 0..decoder.count(PLACE_BYTES, "number of transactions")? {
            let index = decoder.u64("number in the ledger")?;
            let at = decoder.position();
            let leaf = Leaf::from_bytes(decoder.raw(LEAF_BYTES, "leaf")?);
            let reason = DecodeReason::NotCanonical("a leaf of a ledger");
            let leaf = leaf.map_err(|_| Decoder::error_at(at, "leaf", reason))?;
            places.push(Place { index, leaf, salt: decoder.array("salt")? });
        }
        Ok(Some(Self { certificate, time, places, signature: decoder.array("signature")? }))
    }

    /// Bytes of the encoding, roughly.
    pub(super) fn size(&self) -> usize {
        96 + self.certificate.len() + PLACE_BYTES * self.places.len()
    }
}

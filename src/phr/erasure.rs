//! A patient's word that all that a cloud has of her is to be destroyed. `[PHR-11.4]`

use alloc::vec::Vec;
use core::fmt;

use super::credential::Credential;
use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory};
use crate::abe::types::AuthorKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::Label;
use crate::sign::SIGNATURE_BYTES;

/// An order to erase: signed by the patient, with a credential that lets her say who may read her records.
#[derive(Clone, PartialEq, Eq)]
pub struct ErasureOrder {
    credential: Credential,
    time: u64,
    signature: [u8; SIGNATURE_BYTES],
}

impl ErasureOrder {
    pub(super) fn sign(key: &AuthorKey, credential: &Credential, time: u64) -> Self {
        let mut order = Self { credential: credential.clone(), time, signature: [0; SIGNATURE_BYTES] };
        order.signature = key.sign_as(Label::ErasureSignature, &[&order.body()]);
        order
    }

    /// The patient, if it is hers: her own credential, genuine, not over, for consents, and signed with its key.
    pub fn patient(&self, realm: &Realm, now: u64) -> Option<&PatientHandle> {
        let credential = &self.credential;
        let signed = credential.author().verifies(Label::ErasureSignature, &[&self.body()], &self.signature);
        let good = credential.is_genuine(realm) && now <= credential.not_after();
        credential
            .patient()
            .filter(|patient| signed && good && credential.covers(patient, RecordCategory::Consent))
    }

    /// The patient's credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// When it was signed, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(512);
        encoder.short_bytes(&self.credential.to_bytes());
        encoder.u64(self.time);
        encoder.finish()
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::ErasureOrder, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes an order; whether it is the patient's, [`patient`](Self::patient) says.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::ErasureOrder)?;
        let credential = Credential::from_bytes(decoder.short_bytes(1024, "credential")?)?;
        let order = Self { credential, time: decoder.u64("time")?, signature: decoder.array("signature")? };
        decoder.finish()?;
        Ok(order)
    }
}

impl fmt::Debug for ErasureOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasureOrder")
            .field("credential", &self.credential)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

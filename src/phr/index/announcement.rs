//! Whose an index is: the patient's word for it. `[PHR-15.1]`

use alloc::vec::Vec;

use crate::abe::types::AuthorKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::Label;
use crate::phr::credential::Credential;
use crate::phr::realm::Realm;
use crate::phr::record::PatientHandle;
use crate::search::CollectionId;
use crate::sign::SIGNATURE_BYTES;

/// "The index with this name is mine": signed with the key that the authority has certified for the patient.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::phr) struct Announcement {
    credential: Credential,
    collection: CollectionId,
    /// 1, 2, ..: if a patient loses her index and makes another one, the later announcement counts.
    number: u64,
    signature: [u8; SIGNATURE_BYTES],
}

impl Announcement {
    pub(in crate::phr) fn sign(key: &AuthorKey, credential: &Credential, collection: &CollectionId, number: u64) -> Self {
        let (credential, collection) = (credential.clone(), *collection);
        let mut announcement = Self { credential, collection, number, signature: [0; SIGNATURE_BYTES] };
        announcement.signature = key.sign_as(Label::IndexAnnouncementSignature, &[&announcement.body()]);
        announcement
    }

    /// The patient, if it is hers: a genuine credential of a patient's own, and signed with its key.
    pub(in crate::phr) fn patient(&self, realm: &Realm) -> Option<&PatientHandle> {
        let author = self.credential.author();
        let signed = author.verifies(Label::IndexAnnouncementSignature, &[&self.body()], &self.signature);
        if signed && self.credential.is_genuine(realm) { self.credential.patient() } else { None }
    }

    pub(in crate::phr) fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(in crate::phr) fn collection(&self) -> &CollectionId {
        &self.collection
    }

    pub(in crate::phr) fn number(&self) -> u64 {
        self.number
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(320);
        encoder.short_bytes(&self.credential.to_bytes());
        encoder.raw(self.collection.as_bytes());
        encoder.u64(self.number);
        encoder.finish()
    }

    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::IndexAnnouncement, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexAnnouncement)?;
        let credential = Credential::from_bytes(decoder.short_bytes(1024, "credential")?)?;
        let collection = CollectionId::from_bytes(decoder.array("index")?);
        let number = decoder.u64("number")?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { credential, collection, number, signature })
    }
}

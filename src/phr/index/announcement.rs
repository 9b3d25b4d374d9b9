//! Whose an index is: the patient's word for it. `[PHR-15.1]`

use alloc::vec::Vec;

use crate::abe::types::AuthorKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::phr::credential::Credential;
use crate::phr::realm::Realm;
use crate::phr::record::PatientHandle;
use crate::search::{CollectionId, IndexOwner};
use crate::sign::{SIGNATURE_BYTES, VerifyingKey};

/// "This index is mine": signed with the key that the authority has certified for the patient, and with the key of the index: nobody
/// else claims it, and she claims nobody else's.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::phr) struct Announcement {
    credential: Credential,
    owner: VerifyingKey,
    collection: CollectionId,
    /// 1, 2, ..: if a patient loses her index and makes another one, the later announcement counts.
    number: u64,
    signature: [u8; SIGNATURE_BYTES],
    owner_signature: [u8; SIGNATURE_BYTES],
}

impl Announcement {
    pub(in crate::phr) fn sign(
        key: &AuthorKey,
        credential: &Credential,
        index: &IndexOwner,
        number: u64,
    ) -> Self {
        let label = Label::IndexAnnouncementSignature;
        let credential_bytes = credential.to_bytes();
        let parts: [&[u8]; 3] = [&credential_bytes, index.collection().as_bytes(), &number.to_be_bytes()];
        let (owner, owner_signature) = index.sign_as(label, &parts);
        let signature = key.sign_as(label, &parts);
        let (credential, collection) = (credential.clone(), *index.collection());
        Self { credential, owner, collection, number, signature, owner_signature }
    }

    /// The patient, if it is hers: a genuine credential of a patient's own, and signed with its key and with that of the index.
    pub(in crate::phr) fn patient(&self, realm: &Realm) -> Option<&PatientHandle> {
        let label = Label::IndexAnnouncementSignature;
        let credential_bytes = self.credential.to_bytes();
        let parts: [&[u8]; 3] = [&credential_bytes, self.collection.as_bytes(), &self.number.to_be_bytes()];
        let signed = self.credential.author().verifies(label, &parts, &self.signature)
            && self.owner.verifies(label, &parts, &self.owner_signature);
        if signed && self.credential.is_genuine(realm) { self.credential.patient() } else { None }
    }

    /// For the cloud, which there is with `std` alone.
    #[cfg(feature = "std")]
    pub(in crate::phr) fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(in crate::phr) fn collection(&self) -> &CollectionId {
        &self.collection
    }

    pub(in crate::phr) fn number(&self) -> u64 {
        self.number
    }

    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::IndexAnnouncement, 512);
        encoder.short_bytes(&self.credential.to_bytes());
        encoder.raw(&self.owner.to_bytes());
        encoder.u64(self.number);
        encoder.raw(&self.signature);
        encoder.raw(&self.owner_signature);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexAnnouncement)?;
        let credential = Credential::from_bytes(decoder.short_bytes(1024, "credential")?)?;
        let at = decoder.position();
        let owner = VerifyingKey::from_bytes(&decoder.array("owner's key")?);
        let owner = owner.ok_or(Decoder::error_at(at, "owner's key", DecodeReason::InvalidVerifyingKey))?;
        let number = decoder.u64("number")?;
        let (signature, owner_signature) = (decoder.array("signature")?, decoder.array("owner's signature")?);
        decoder.finish()?;
        Ok(Self {
            credential,
            owner,
            collection: CollectionId::of(&owner),
            number,
            signature,
            owner_signature,
        })
    }
}

//! The right to write records. `[PHR-3]`

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory};
use crate::abe::types::{AuthorId, MasterKey};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::outsource::UserId;
use crate::sign::SIGNATURE_BYTES;

/// The right of a lab, a device, a clinician or a patient to write records: who it is, with which signing key, of which
/// categories, for which patient. Signed by the authority, public, and sent along with what is written.
///
/// A writer encrypts and signs; to read anything, even his own, takes a reader's key. After its end a credential
/// admits no uploads; what was written under it stays genuine.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    realm: [u8; 32],
    user: UserId,
    author: AuthorId,
    categories: BTreeSet<RecordCategory>,
    patient: Option<PatientHandle>,
    issued_at: u64,
    not_after: u64,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a credential says, before it is signed.
pub(super) struct Terms {
    pub(super) user: UserId,
    pub(super) author: AuthorId,
    pub(super) categories: BTreeSet<RecordCategory>,
    pub(super) patient: Option<PatientHandle>,
    /// The newest update when it was issued.
    pub(super) issued_at: u64,
    pub(super) not_after: u64,
}

impl Credential {
    pub(super) fn sign(master: &MasterKey, terms: Terms) -> Self {
        let Terms { user, author, categories, patient, issued_at, not_after } = terms;
        let realm = *master.public_parameters().id();
        let signature = [0; SIGNATURE_BYTES];
        let mut credential =
            Self { realm, user, author, categories, patient, issued_at, not_after, signature };
        credential.signature = master.sign(Label::CredentialSignature, &[&credential.body()]);
        credential
    }

    /// Who writes: the name that the authority knows him by, and by which it dismisses him.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// With which signing key.
    pub fn author(&self) -> &AuthorId {
        &self.author
    }

    /// Of which categories.
    pub fn categories(&self) -> &BTreeSet<RecordCategory> {
        &self.categories
    }

    /// For this patient alone; `None`: for any.
    pub fn patient(&self) -> Option<&PatientHandle> {
        self.patient.as_ref()
    }

    /// The authority's newest update when it was issued: a dismissal after it ends it.
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// The last second in which it admits uploads, since 1970.
    pub fn not_after(&self) -> u64 {
        self.not_after
    }

    /// Whether it is of this realm and by its authority.
    pub fn is_genuine(&self, realm: &Realm) -> bool {
        let key = realm.parameters().verifying_key();
        self.realm == *realm.id()
            && key.verifies(Label::CredentialSignature, &[&self.body()], &self.signature)
    }

    /// Whether it lets its holder write this category for this patient.
    pub fn covers(&self, patient: &PatientHandle, category: RecordCategory) -> bool {
        self.patient.is_none_or(|only| only == *patient) && self.categories.contains(&category)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(256);
        encoder.raw(&self.realm);
        self.user.encode(&mut encoder);
        encoder.raw(&self.author.as_bytes());
        encoder.u16(self.categories.iter().fold(0, |bits, category| bits | bit(*category)));
        match &self.patient {
            None => encoder.u8(0),
            Some(patient) => {
                encoder.u8(1);
                encoder.raw(patient.as_bytes());
            }
        }
        encoder.u64(self.issued_at);
        encoder.u64(self.not_after);
        encoder.finish()
    }

    /// The encoding: 156 bytes and the name, and 16 bytes for a patient. `[PHR-3.1]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Credential, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a credential; whether it is genuine, [`Credential::is_genuine`] says.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Credential)?;
        let realm = decoder.array("realm id")?;
        let user = UserId::decode(&mut decoder)?;
        let author = AuthorId::decode(&mut decoder)?;
        let at = decoder.position();
        let bits = decoder.u16("categories")?;
        let categories: BTreeSet<_> =
            RecordCategory::ALL.into_iter().filter(|category| bits & bit(*category) != 0).collect();
        if categories.is_empty() || categories.iter().fold(0, |all, category| all | bit(*category)) != bits {
            return Err(Decoder::error_at(
                at,
                "categories",
                DecodeReason::NotCanonical("known categories alone"),
            ));
        }
        let at = decoder.position();
        let patient = match decoder.u8("patient")? {
            0 => None,
            1 => Some(PatientHandle::from_bytes(decoder.array("patient")?)),
            other => {
                let reason = DecodeReason::OutOfRange { value: other.into(), min: 0, max: 1 };
                return Err(Decoder::error_at(at, "patient", reason));
            }
        };
        let issued_at = decoder.u64("update number")?;
        let not_after = decoder.u64("end")?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, user, author, categories, patient, issued_at, not_after, signature })
    }
}

/// The bit of a category: that of its number less one.
fn bit(category: RecordCategory) -> u16 {
    1 << (category as u16 - 1)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("user", &self.user)
            .field("categories", &self.categories)
            .field("patient", &self.patient)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

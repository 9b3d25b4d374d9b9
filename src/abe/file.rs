//! Whole files and messages in one call: a header, one record, perhaps a signature. `[ABE-5.5]`

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::error::{DecryptError, EncryptError};
use super::kem::{self, Hdr};
use super::payload::{ContentKey, ExpectedName, RecordName};
use super::types::{AttributeKey, Encryptor, Header, PublicParameters};
use crate::policy::Policy;

impl Encryptor<'_> {
    /// Opens a compartment: a header under `policy`, and the content key for its records.
    /// `[PAY-0]`
    ///
    /// Records that the same people may read share a compartment, for a header (332 bytes and 48 for
    /// each row of the policy) outweighs most of them. `context` is the caller's, and whoever opens
    /// the header must give the same: a collection and a compartment, for instance. It is bound, not
    /// stored; its hash is public, so that a guess at it can be tested.
    pub fn compartment(
        &self,
        policy: &Policy,
        context: &[u8],
        rng: &mut impl CryptoRng,
    ) -> (Header, ContentKey) {
        let hdr = Hdr {
            realm: *self.parameters.id(),
            policy: policy.clone(),
            context: kem::context_id(context),
            clause: self.clause,
        };
        let (core, ciphertext, k) = kem::encapsulate(self.parameters.bases(), hdr, rng);
        let content_key = ContentKey::new(k, *core.id());
        (Header::new(core, ciphertext), content_key)
    }

    /// Encrypts one message under a policy: a header and a record, in one byte string.
    ///
    /// The record gets a random id and version 0, and no context; for files that do not fit into
    /// memory, for signatures and contexts there is `encrypt_to`.
    pub fn encrypt(&self, policy: &Policy, plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let (header, content_key) = self.compartment(policy, b"", rng);
        let name = RecordName::random(rng);
        let mut bytes = header.to_bytes();
        content_key.seal_into(&name, plaintext, rng, &mut bytes);
        bytes
    }
}

impl PublicParameters {
    /// Opens a compartment in a realm without epochs: see [`Encryptor::compartment`]. `[PAY-0]`
    ///
    /// # Errors
    /// [`EncryptError::NeedsEpoch`] in a realm with epochs.
    pub fn compartment(
        &self,
        policy: &Policy,
        context: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Header, ContentKey), EncryptError> {
        Ok(self.without_epoch()?.compartment(policy, context, rng))
    }

    /// Encrypts one message under a policy, in a realm without epochs: see [`Encryptor::encrypt`].
    ///
    /// # Errors
    /// [`EncryptError::NeedsEpoch`] in a realm with epochs.
    ///
    /// ```
    /// use hippocrypt::{AttributeSet, Policy, Schema, os_rng, setup};
    ///
    /// let (parameters, master) = setup("st-marys", &mut os_rng())?;
    /// let policy = Policy::parse("role:cardiologist or patient:4711", &Schema::empty())?;
    /// let sealed = parameters.encrypt(&policy, b"sinus rhythm", &mut os_rng())?;
    ///
    /// let key = master.issue(&AttributeSet::parse("role:cardiologist", &Schema::empty())?, &mut os_rng())?;
    /// assert_eq!(key.decrypt(&parameters, &sealed)?, b"sinus rhythm");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encrypt(
        &self,
        policy: &Policy,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, EncryptError> {
        Ok(self.without_epoch()?.encrypt(policy, plaintext, rng))
    }
}

impl AttributeKey {
    /// Decrypts what [`PublicParameters::encrypt`] made, or `encrypt_to` without a context.
    ///
    /// A signature must be right if there is one; by whom it is, and whether there is one, tell
    /// `decrypt_from` and [`ContentKey::open_from`].
    ///
    /// # Errors
    /// [`DecryptError`] says what public data shows: that the input is no encrypted record, that it
    /// is of another realm, which attributes are missing. Everything else is [`crate::OpenError`].
    pub fn decrypt(&self, parameters: &PublicParameters, bytes: &[u8]) -> Result<Vec<u8>, DecryptError> {
        let (header, record) = Header::split_from(bytes)?;
        let content_key = self.admitted(parameters, &header)?.open(parameters, &header, b"")?;
        let opened = content_key.open_record(ExpectedName::Any, record)?;
        match opened.claim {
            Some(claim) if claim.author(content_key.core_id(), &opened.name).is_none() => {
                Err(DecryptError::Signature)
            }
            _ => Ok(opened.plaintext),
        }
    }

    /// This key, if what is public does not rule out that it opens `header`.
    pub(crate) fn admitted(
        &self,
        parameters: &PublicParameters,
        header: &Header,
    ) -> Result<&Self, DecryptError> {
        if header.realm_id() != self.realm_id() || self.realm_id() != parameters.id() {
            return Err(DecryptError::WrongRealm);
        }
        match self.missing(header) {
            Some(missing) => Err(DecryptError::NotSatisfied(missing)),
            None => Ok(self),
        }
    }
}

//! Who wrote a record: anyone with the public parameters can make a valid ciphertext, so that origin
//! is the work of a signature. `[ABE-7]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::abe::payload::{AUTHOR_SIGNATURE_BYTES, AuthorClaim, ContentKey, RecordDigest, RecordName};
use crate::codec::{Decoder, Encoder, Hex, Kind, PROLOGUE_BYTES};
use crate::error::{DecodeError, DecodeReason, OpenError};
use crate::hash::Label;
use crate::secret::{Secret, SecretBytes};
use crate::sign::{SIGNATURE_BYTES, SigningKey, VERIFYING_KEY_BYTES, VerifyingKey};

/// An author's signing key (Ed25519).
pub struct AuthorKey(SigningKey);

/// An author's public key: 32 bytes. Readers keep the list of those they believe.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorId(VerifyingKey);

/// An author's signature over one record: H(core) ‖ record id ‖ version ‖ digest of the payload.
///
/// Rows are not signed, so that a store may refresh them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorSignature {
    author: AuthorId,
    signature: [u8; SIGNATURE_BYTES],
}

impl AuthorKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Secret::new([0; 32]);
        rng.fill_bytes(seed.expose_secret_mut());
        Self(SigningKey::from_seed(&seed))
    }

    /// The public key.
    pub fn id(&self) -> AuthorId {
        AuthorId(self.0.verifying_key())
    }

    /// Signs a record of the compartment named by `core_id`. `[ABE-7.1]`
    pub fn sign(&self, core_id: &[u8; 32], name: &RecordName, digest: &RecordDigest) -> AuthorSignature {
        let version = name.version.to_be_bytes();
        let parts: [&[u8]; 4] = [core_id, name.id.as_bytes(), &version, digest.as_bytes()];
        AuthorSignature { author: self.id(), signature: self.0.sign(Label::RecordSignature, &parts) }
    }

    /// Signs something that is no record.
    pub(crate) fn sign_as(&self, label: Label, parts: &[&[u8]]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(label, parts)
    }

    /// The encoding: a secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::AuthorKey, 32);
        encoder.raw(self.0.seed().expose_secret());
        encoder.finish_secret()
    }

    /// Decodes a key.
    ///
    /// # Errors
    /// [`DecodeError`] unless `bytes` are exactly a prologue and 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AuthorKey)?;
        let seed = decoder.secret("seed")?;
        decoder.finish()?;
        Ok(Self(SigningKey::from_seed(&seed)))
    }
}

impl AuthorId {
    /// The 32 bytes of the key.
    pub fn as_bytes(&self) -> [u8; VERIFYING_KEY_BYTES] {
        self.0.to_bytes()
    }

    /// Whether the author has signed this, which is no record.
    pub(crate) fn verifies(&self, label: Label, parts: &[&[u8]], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0.verifies(label, parts, signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::AuthorId, VERIFYING_KEY_BYTES);
        encoder.raw(&self.0.to_bytes());
        encoder.finish()
    }

    /// Decodes a public key.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not a usable Ed25519 key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AuthorId)?;
        let id = Self::decode(&mut decoder)?;
        decoder.finish()?;
        Ok(id)
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let at = decoder.position();
        let key = VerifyingKey::from_bytes(&decoder.array("author")?).ok_or(Decoder::error_at(
            at,
            "author",
            DecodeReason::InvalidVerifyingKey,
        ))?;
        Ok(Self(key))
    }
}

impl AuthorSignature {
    /// Who claims to have signed; believe it after [`AuthorSignature::verifies`], if you believe them.
    pub fn author(&self) -> &AuthorId {
        &self.author
    }

    /// Whether the author signed this record of this compartment.
    pub fn verifies(&self, core_id: &[u8; 32], name: &RecordName, digest: &RecordDigest) -> bool {
        let version = name.version.to_be_bytes();
        let parts: [&[u8]; 4] = [core_id, name.id.as_bytes(), &version, digest.as_bytes()];
        self.author.0.verifies(Label::RecordSignature, &parts, &self.signature)
    }

    /// The encoding as an array, which is what follows a signed record.
    pub fn to_array(&self) -> [u8; AUTHOR_SIGNATURE_BYTES] {
        let mut bytes = [0; AUTHOR_SIGNATURE_BYTES];
        for (to, from) in bytes.iter_mut().zip(self.to_bytes()) {
            *to = from;
        }
        bytes
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::AuthorSignature, AUTHOR_SIGNATURE_BYTES - PROLOGUE_BYTES);
        encoder.raw(&self.author.as_bytes());
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a signature; says nothing about whether it is one.
    ///
    /// # Errors
    /// [`DecodeError`] if the author's key is not usable or the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AuthorSignature)?;
        let author = AuthorId::decode(&mut decoder)?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { author, signature })
    }
}

impl ContentKey {
    /// Seals `plaintext` as the record `name`, signed by its author; otherwise like
    /// [`ContentKey::seal`]. `[ABE-7.1]`
    pub fn seal_by(
        &self,
        author: &AuthorKey,
        name: &RecordName,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        self.seal_signed(name, plaintext, rng, |digest| author.sign(self.core_id(), name, digest).to_array())
    }

    /// Opens the record `name` if one of `authors` has signed it; returns the payload and who it was.
    ///
    /// Anyone who can open a compartment can also write into it, and anyone with the public parameters can
    /// make another: this is the way to read records on whose origin something depends.
    ///
    /// ```
    /// # use hippocrypt::*;
    /// # let (parameters, _) = setup("st-marys", &mut os_rng())?;
    /// # let policy = Policy::parse("role:physician", &Schema::empty())?;
    /// let laboratory = AuthorKey::generate(&mut os_rng());
    /// let (header, content_key) = parameters.compartment(&policy, b"patient 4711", &mut os_rng())?;
    /// let name = RecordName::random(&mut os_rng());
    /// let sealed = content_key.seal_by(&laboratory, &name, b"HbA1c 9.2 %", &mut os_rng());
    ///
    /// let (plaintext, author) = content_key.open_from(&[laboratory.id()], &name, &sealed)?;
    /// assert_eq!((&plaintext[..], author), (&b"HbA1c 9.2 %"[..], laboratory.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OpenError`] if it is not a genuine record of this name, is not signed, or is signed by
    /// somebody else.
    pub fn open_from(
        &self,
        authors: &[AuthorId],
        name: &RecordName,
        record: &[u8],
    ) -> Result<(Vec<u8>, AuthorId), OpenError> {
        let opened = self.open_record(name, record)?;
        let author = opened.claim.and_then(|claim| claim.author(self.core_id(), name));
        match author {
            Some(author) if authors.contains(&author) => Ok((opened.plaintext, author)),
            _ => Err(OpenError),
        }
    }
}

impl AuthorClaim {
    /// The author, if the signature is his and of this record of this compartment.
    pub fn author(&self, core_id: &[u8; 32], name: &RecordName) -> Option<AuthorId> {
        let signature = AuthorSignature::from_bytes(&self.signature).ok()?;
        signature.verifies(core_id, name, &self.digest).then_some(signature.author)
    }
}

impl fmt::Display for AuthorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.as_bytes()).fmt(f)
    }
}

impl fmt::Debug for AuthorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorId({self})")
    }
}

impl fmt::Debug for AuthorSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorSignature").field("author", &self.author).finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

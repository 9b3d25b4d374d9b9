//! What somebody keeps, in one object. `[PHR-13]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::error::RoleError;
use super::owner::Owner;
use super::reader::Reader;
use super::realm::Realm;
use super::writer::Writer;
use crate::abe::types::{AuthorId, AuthorKey};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::outsource::{ReaderSeed, UserId};
use crate::revoke::ProxyName;
use crate::secret::SecretBytes;

/// What a reader, a writer or a patient keeps: the realm's id, who they are, which cloud they ask, 32 secret bytes to read with, 32 to
/// sign with, and the credential. A secret of a few hundred bytes: for a file, a phone's key store, or a card.
///
/// The id of the realm is what everything else is checked against: a [`Realm`] may come from anybody.
pub struct RoleKey {
    realm: [u8; 32],
    user: UserId,
    cloud: ProxyName,
    seed: ReaderSeed,
    author: AuthorKey,
    credential: Vec<u8>,
}

/// Largest encoded credential, in bytes.
const MAX_CREDENTIAL_BYTES: usize = 1024;

impl RoleKey {
    /// Fresh secrets, for a realm whose id its authority has told in person.
    pub fn generate(realm: &Realm, user: UserId, cloud: ProxyName, rng: &mut impl CryptoRng) -> Self {
        let (seed, author) = (ReaderSeed::generate(rng), AuthorKey::generate(rng));
        Self { realm: *realm.id(), user, cloud, seed, author, credential: Vec::new() }
    }

    /// This key with the credential that the authority has issued for it.
    #[must_use]
    pub fn with_credential(self, credential: Vec<u8>) -> Self {
        Self { credential, ..self }
    }

    /// Who they are.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The cloud that they ask.
    pub fn cloud(&self) -> &ProxyName {
        &self.cloud
    }

    /// What their signatures are verified with: for the authority, which issues a credential for it.
    pub fn author_id(&self) -> AuthorId {
        self.author.id()
    }

    /// Whether there is a credential.
    pub fn may_write(&self) -> bool {
        !self.credential.is_empty()
    }

    /// The reader.
    ///
    /// # Errors
    /// [`RoleError::OtherRealm`] unless it is the realm whose id is kept.
    pub fn reader(&self, realm: &Realm) -> Result<Reader, RoleError> {
        self.check(realm)?;
        Ok(Reader::new(realm.clone(), self.user.clone(), self.seed_copy()?))
    }

    /// The writer.
    ///
    /// # Errors
    /// [`RoleError::OtherRealm`], [`RoleError::Credential`] without a good credential.
    pub fn writer(&self, realm: &Realm) -> Result<Writer, RoleError> {
        self.check(realm)?;
        Writer::new(realm.clone(), self.author_copy()?, self.credential()?)
    }

    /// The patient.
    ///
    /// # Errors
    /// [`RoleError::OtherRealm`], [`RoleError::Credential`] unless the credential is a patient's.
    pub fn owner(&self, realm: &Realm) -> Result<Owner, RoleError> {
        self.check(realm)?;
        let (seed, author) = (self.seed_copy()?, self.author_copy()?);
        Owner::new(realm.clone(), self.user.clone(), seed, author, self.credential()?)
    }

    fn check(&self, realm: &Realm) -> Result<(), RoleError> {
        if *realm.id() == self.realm { Ok(()) } else { Err(RoleError::OtherRealm) }
    }

    fn credential(&self) -> Result<&[u8], RoleError> {
        if self.credential.is_empty() { Err(RoleError::Credential) } else { Ok(&self.credential) }
    }

    // Secrets are not `Clone`: a role gets its own through the encoding, which is wiped.

    fn seed_copy(&self) -> Result<ReaderSeed, RoleError> {
        Ok(ReaderSeed::from_bytes(self.seed.to_bytes().expose_secret())?)
    }

    fn author_copy(&self) -> Result<AuthorKey, RoleError> {
        Ok(AuthorKey::from_bytes(self.author.to_bytes().expose_secret())?)
    }

    /// The encoding: a secret. `[PHR-13.1]`
    pub fn to_bytes(&self) -> SecretBytes {
        let (seed, author) = (self.seed.to_bytes(), self.author.to_bytes());
        let cloud = self.cloud.as_str().as_bytes();
        let fixed = 32 + self.user.encoded_len() + 2 + cloud.len() + 2 + self.credential.len() + 4;
        let secrets = seed.expose_secret().len() + author.expose_secret().len();
        let mut encoder = Encoder::object(Kind::RoleKey, fixed + secrets);
        encoder.raw(&self.realm);
        self.user.encode(&mut encoder);
        encoder.short_bytes(cloud);
        encoder.short_bytes(&self.credential);
        encoder.short_bytes(seed.expose_secret());
        encoder.short_bytes(author.expose_secret());
        encoder.finish_secret()
    }

    /// Decodes what [`to_bytes`](Self::to_bytes) made.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::RoleKey)?;
        let realm = decoder.array("realm id")?;
        let user = UserId::decode(&mut decoder)?;
        let cloud = ProxyName::decode(&mut decoder)?;
        let at = decoder.position();
        let credential = decoder.short_bytes(MAX_CREDENTIAL_BYTES, "credential")?.to_vec();
        if !credential.is_empty() && super::credential::Credential::from_bytes(&credential).is_err() {
            let reason = DecodeReason::NotCanonical("a credential, or none");
            return Err(Decoder::error_at(at, "credential", reason));
        }
        let seed = ReaderSeed::from_bytes(decoder.short_bytes(64, "seed")?)?;
        let author = AuthorKey::from_bytes(decoder.short_bytes(64, "signing key")?)?;
        decoder.finish()?;
        Ok(Self { realm, user, cloud, seed, author, credential })
    }
}

/// Nothing secret.
impl fmt::Debug for RoleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleKey")
            .field("user", &self.user)
            .field("cloud", &self.cloud)
            .finish_non_exhaustive()
    }
}

//! The header that wraps a seed. `[PHR-14.3]`

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::later::LaterEpoch;
use crate::abe::error::EncryptError;
use crate::abe::payload::ContentKey;
use crate::abe::types::{Header, PublicParameters};
use crate::error::{DecodeError, OpenError};
use crate::hash::Label;
use crate::outsource::{RetrievalKey, TransformedHeader};
use crate::policy::Policy;
use crate::secret::Secret;

/// A header that wraps a seed of 32 bytes under a policy. Public. `[PHR-14.3]`
///
/// It is a header like any other: a store accepts it, a proxy transforms it. What makes it the owner's is that the bytes stand in what
/// she has signed.
#[derive(Debug, Clone)]
pub struct SeedHeader(Header);

impl SeedHeader {
    /// Makes a fresh seed, and wraps it for whoever satisfies `policy` and is not revoked by now.
    ///
    /// `context` says what the seed is for: collection (16 bytes), domain, policy and version of the share, each of a fixed length or
    /// with its length. The header opens in no other.
    ///
    /// A reader whom the authority revokes later keeps the seed, if he has opened the header: then make another one.
    ///
    /// # Errors
    /// [`EncryptError::OtherRealm`] if the epoch is not one of this realm.
    pub fn wrap(
        parameters: &PublicParameters,
        later: LaterEpoch<'_>,
        policy: &Policy,
        context: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Secret<[u8; 32]>), EncryptError> {
        let encryptor = parameters.at(later.current)?;
        let (header, key) = encryptor.compartment(policy, &compartment_context(context), rng);
        Ok((Self(header), seed(&key, context)))
    }

    /// Opens what a proxy has transformed: the seed, if the proxy has transformed this header and nothing else. Constant time in the seed.
    ///
    /// This header is decoded from the bytes that the owner has signed; what the cloud says about a header is not asked for.
    ///
    /// # Errors
    /// [`OpenError`], whatever the reason.
    pub fn open(
        &self,
        parameters: &PublicParameters,
        key: &RetrievalKey,
        transformed: &TransformedHeader,
        context: &[u8],
    ) -> Result<Secret<[u8; 32]>, OpenError> {
        let opened = key.finish(parameters, transformed, self.0.core_id(), &compartment_context(context))?;
        Ok(seed(&opened, context))
    }

    /// The header itself, with its policy, its epoch and its core id, which a request names.
    pub fn header(&self) -> &Header {
        &self.0
    }

    /// The encoding, that of a header: for the owner's head, and for the cloud.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Decodes a header, from bytes that the owner has signed.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Header::from_bytes(bytes).map(Self)
    }
}

/// The context of the compartment, which no compartment of records has.
fn compartment_context(context: &[u8]) -> Vec<u8> {
    [Label::IndexSeed.as_str().as_bytes(), context].concat()
}

fn seed(key: &ContentKey, context: &[u8]) -> Secret<[u8; 32]> {
    key.export(Label::IndexSeed, context)
}

//! More attributes for a key that a proxy holds. `[REV-4.4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use crate::abe::types::{PublicParameters, decode_g1};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label as HashLabel;
use crate::math::{G1, G1_BYTES};
use crate::outsource::{KeyId, ProxyKey};
use crate::policy::{AttributeError, AttributeSet};
use crate::sign::SIGNATURE_BYTES;

/// K3_x = H_attr(x)^r for attributes that a key has not had so far, signed by the authority.
///
/// It touches nobody else's key, and nothing else of this one. Like the transform key it goes to the proxy over a
/// confidential channel. Nothing in it is to be believed before a [`Proxy`](super::Proxy::grant) has applied it.
#[derive(Clone)]
pub struct Grant {
    realm: [u8; 32],
    key: KeyId,
    attributes: AttributeSet,
    components: Vec<G1>,
    signature: [u8; SIGNATURE_BYTES],
}

/// A grant that a proxy must refuse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GrantError {
    /// It is for a realm with other public parameters.
    #[error("the grant is for another realm than the public parameters")]
    OtherRealm,
    /// It is for another key than this one.
    #[error("the grant is for key {granted}, not for key {held}")]
    OtherKey {
        /// The key that it names.
        granted: KeyId,
        /// The key at hand.
        held: KeyId,
    },
    /// The authority has not signed it.
    #[error("the signature of the grant does not verify: take it from the authority")]
    Signature,
    /// The key has some of its attributes, or they were withdrawn from it.
    #[error("the key has {0}, or has lost it: what was withdrawn comes back with another key")]
    Held(AttributeSet),
    /// They do not go together with those that the key has.
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    /// Its elements are not powers that belong to the key.
    #[error("the elements of the grant do not fit the key: ask for another one")]
    Elements,
}

impl Grant {
    /// `components` are in the order of the labels of `attributes`.
    pub(super) fn new(
        realm: [u8; 32],
        key: KeyId,
        attributes: AttributeSet,
        components: Vec<G1>,
        sign: impl FnOnce(HashLabel, &[&[u8]]) -> [u8; SIGNATURE_BYTES],
    ) -> Self {
        let mut grant = Self { realm, key, attributes, components, signature: [0; SIGNATURE_BYTES] };
        grant.signature = sign(HashLabel::GrantSignature, &[&grant.body()]);
        grant
    }

    /// The key that it is for.
    pub fn key_id(&self) -> &KeyId {
        &self.key
    }

    /// What it grants.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }

    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Adds the attributes to the key, if the grant is the authority's and fits it. A proxy applies it through
    /// [`Proxy::grant`](super::Proxy::grant), which also remembers what was withdrawn.
    ///
    /// # Errors
    /// [`GrantError`] says why not; then nothing is changed.
    pub(super) fn apply(
        &self,
        key: &mut ProxyKey,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<(), GrantError> {
        if self.realm != *parameters.id() || self.realm != *key.realm_id() {
            return Err(GrantError::OtherRealm);
        }
        if self.key != *key.id() {
            return Err(GrantError::OtherKey { granted: self.key, held: *key.id() });
        }
        if !parameters.verifying_key().verifies(HashLabel::GrantSignature, &[&self.body()], &self.signature) {
            return Err(GrantError::Signature);
        }
        let union = key.attributes().union(&self.attributes)?;
        if union.label_count() != key.attributes().label_count() + self.attributes.label_count() {
            return Err(GrantError::Held(self.attributes.clone()));
        }
        let labels = self.attributes.labels();
        let h = parameters.bases().points(&labels);
        if !crate::outsource::scheme::components_are_consistent(key.blinded(), &self.components, &h, rng) {
            return Err(GrantError::Elements);
        }
        key.extend(union, &labels, &self.components);
        Ok(())
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(256 + G1_BYTES * self.components.len());
        encoder.raw(&self.realm);
        encoder.raw(self.key.as_bytes());
        self.attributes.encode(&mut encoder);
        for component in &self.components {
            encoder.raw(&component.to_bytes());
        }
        encoder.finish()
    }

    /// The encoding: about 120 bytes, 48 for each label, and the names.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Grant, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a grant. Every element is checked to lie in its group; that it is genuine, when it is applied.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Grant)?;
        let realm = decoder.array("realm id")?;
        let key = KeyId::from_bytes(decoder.array("key id")?);
        let at = decoder.position();
        let attributes = AttributeSet::decode(&mut decoder)?;
        if attributes.is_empty() {
            let reason = DecodeReason::NotCanonical("at least one attribute");
            return Err(Decoder::error_at(at, "attributes", reason));
        }
        let mut components = Vec::new();
        for _ in 0..attributes.label_count() {
            components.push(decode_g1(&mut decoder, "K3")?);
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, key, attributes, components, signature })
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("realm", &Hex(&self.realm))
            .field("key", &self.key)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

//! A reader's request to the proxy, signed. `[OUT-6]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::reader::RequestKey;
use super::transform_key::KeyId;
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::sign::{SIGNATURE_BYTES, VerifyingKey};

/// What a reader asks for. A request for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The transformation of a header.
    Transform = 1,
}

/// A reader's request: which key, which header, what for, and a fresh nonce; signed by his request key. Public. `[OUT-6.1]`
#[derive(Clone, PartialEq, Eq)]
pub struct TransformRequest {
    realm: [u8; 32],
    key: KeyId,
    nonce: [u8; 32],
    purpose: Purpose,
    core: [u8; 32],
    signature: [u8; SIGNATURE_BYTES],
}

impl RequestKey {
    /// Asks the proxy to transform the header `core_id` with the transform key `key`.
    pub fn ask(
        &self,
        parameters: &PublicParameters,
        key: &KeyId,
        core_id: &[u8; 32],
        rng: &mut impl CryptoRng,
    ) -> TransformRequest {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let purpose = Purpose::Transform;
        let (realm, core) = (*parameters.id(), *core_id);
        let mut request =
            TransformRequest { realm, key: *key, nonce, purpose, core, signature: [0; SIGNATURE_BYTES] };
        request.signature = self.0.sign(Label::RequestSignature, &[&request.body()]);
        request
    }
}

impl TransformRequest {
    /// H(mpk) of the realm of key and header.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The transform key to use.
    pub fn key_id(&self) -> &KeyId {
        &self.key
    }

    /// H(core) of the header to transform.
    pub fn core_id(&self) -> &[u8; 32] {
        &self.core
    }

    /// What is asked for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Fresh in every request. A proxy remembers those of each key for as long as it wants to tell a request
    /// that was sent again from a new one: whoever replays one gets what its reader got, which he cannot use, but he
    /// makes the proxy work and its log count.
    pub fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Whether the holder of this request key has signed it.
    pub(super) fn is_signed_by(&self, key: VerifyingKey) -> bool {
        key.verifies(Label::RequestSignature, &[&self.body()], &self.signature)
    }

    /// Everything that is signed.
    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + 16 + 32 + 1 + 32);
        encoder.raw(&self.realm);
        encoder.raw(self.key.as_bytes());
        encoder.raw(&self.nonce);
        encoder.u8(self.purpose as u8);
        encoder.raw(&self.core);
        encoder.finish()
    }

    /// The encoding, 184 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::TransformRequest, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a request; says nothing about who signed it.
    ///
    /// # Errors
    /// [`DecodeError`] if the length is wrong or the purpose unknown.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::TransformRequest)?;
        let realm = decoder.array("realm id")?;
        let key = KeyId::from_bytes(decoder.array("key id")?);
        let nonce = decoder.array("nonce")?;
        let at = decoder.position();
        let purpose = match decoder.u8("purpose")? {
            1 => Purpose::Transform,
            other => {
                let reason = DecodeReason::OutOfRange { value: u64::from(other), min: 1, max: 1 };
                return Err(Decoder::error_at(at, "purpose", reason));
            }
        };
        let core = decoder.array("core id")?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, key, nonce, purpose, core, signature })
    }
}

impl fmt::Debug for TransformRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransformRequest")
            .field("key", &self.key)
            .field("purpose", &self.purpose)
            .field("core", &Hex(&self.core))
            .finish_non_exhaustive()
    }
}

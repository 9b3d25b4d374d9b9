//! A reader's request to the proxy, signed. `[OUT-6]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::enrolment::UserId;
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::sign::{RequestKey, SIGNATURE_BYTES, VerifyingKey};

/// What a reader asks for. A request for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The transformation of a header.
    Transform = 1,
}

/// A reader's request: who asks, when, for which header and what for, and a fresh nonce; signed by his request key. Public. `[OUT-6.1]`
///
/// It names no transform key: which of a reader's keys serves him is the proxy's business, and may change.
#[derive(Clone, PartialEq, Eq)]
pub struct TransformRequest {
    realm: [u8; 32],
    user: UserId,
    time: u64,
    nonce: [u8; 32],
    purpose: Purpose,
    core: [u8; 32],
    signature: [u8; SIGNATURE_BYTES],
}

impl RequestKey {
    /// Asks the proxy, as `user`, to transform the header `core_id`. `now` is in seconds since 1970.
    pub fn ask(
        &self,
        parameters: &PublicParameters,
        user: &UserId,
        core_id: &[u8; 32],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> TransformRequest {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let purpose = Purpose::Transform;
        let (realm, core) = (*parameters.id(), *core_id);
        let mut request = TransformRequest {
            realm,
            user: user.clone(),
            time: now,
            nonce,
            purpose,
            core,
            signature: [0; SIGNATURE_BYTES],
        };
        request.signature = self.0.sign(Label::RequestSignature, &[&request.body()]);
        request
    }
}

impl TransformRequest {
    /// H(mpk) of the realm of key and header.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Who asks.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// When he asked, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// H(core) of the header to transform.
    pub fn core_id(&self) -> &[u8; 32] {
        &self.core
    }

    /// What is asked for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Fresh in every request. A proxy remembers those of the last minutes, to tell a request that was sent again
    /// from a new one: whoever replays one gets what its reader got, which he cannot use, but he makes the proxy work and
    /// its log count.
    pub fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Whether the holder of this request key has signed it.
    pub(super) fn is_signed_by(&self, key: VerifyingKey) -> bool {
        key.verifies(Label::RequestSignature, &[&self.body()], &self.signature)
    }

    /// Everything that is signed.
    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + self.user.encoded_len() + 8 + 32 + 1 + 32);
        encoder.raw(&self.realm);
        self.user.encode(&mut encoder);
        encoder.u64(self.time);
        encoder.raw(&self.nonce);
        encoder.u8(self.purpose as u8);
        encoder.raw(&self.core);
        encoder.finish()
    }

    /// The encoding: 178 bytes and the user id.
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
        let user = UserId::decode(&mut decoder)?;
        let time = decoder.u64("time")?;
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
        Ok(Self { realm, user, time, nonce, purpose, core, signature })
    }
}

impl fmt::Debug for TransformRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransformRequest")
            .field("user", &self.user)
            .field("purpose", &self.purpose)
            .field("core", &Hex(&self.core))
            .finish_non_exhaustive()
    }
}

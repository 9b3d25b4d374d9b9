//! How a reader becomes known to the authority: Y, and the proof that he knows y. `[OUT-2]`

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::scheme::{self, Proof};
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::math::{G1, G1_BYTES, SCALAR_BYTES, Scalar};
use crate::sign::{VERIFYING_KEY_BYTES, VerifyingKey};

/// Longest name of a user or a proxy, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Who a reader is to his authority: a name in normalization form C, 1 to 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Box<str>);

/// 32 bytes that the authority draws for one enrolment, so that none can be replayed.
///
/// Remember which are open; verifying consumes it.
pub struct EnrolmentNonce([u8; 32]);

/// A reader's public key for outsourced decryption, his request key, and the proof that Y is his. Public.
///
/// Nothing in it is to be believed before [`Enrolment::verify`].
#[derive(Clone)]
pub struct Enrolment {
    pub(super) realm: [u8; 32],
    pub(super) user: UserId,
    pub(super) nonce: [u8; 32],
    pub(super) request_key: VerifyingKey,
    pub(super) y_point: G1,
    pub(super) proof: Proof,
}

/// A reader whose enrolment was verified: to be had from [`Enrolment::verify`] alone, and the only thing that
/// transform keys are issued to.
///
/// ```compile_fail,E0308
/// # use hippocrypt::*;
/// fn unverified(master: &MasterKey, enrolment: &Enrolment, set: &AttributeSet) {
///     let _ = master.issue_transform_key(enrolment, set, &mut os_rng()); // verify it first
/// }
/// ```
#[derive(Clone)]
pub struct EnrolledReader {
    pub(crate) realm: [u8; 32],
    pub(crate) user: UserId,
    pub(crate) request_key: VerifyingKey,
    pub(crate) y_point: G1,
}

/// An enrolment that must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The user id is empty or too long.
    #[error("the user id has {bytes} bytes: give it 1 to 255, such as `dr-chen`")]
    UserId {
        /// Its length in normalization form C.
        bytes: usize,
    },
    /// It is for another authority.
    #[error("the enrolment is for another realm: ask for the public parameters of this one")]
    OtherRealm,
    /// It names another user than the one who sent it.
    #[error("the enrolment names another user than the one it comes from: refuse it")]
    OtherUser,
    /// It answers another nonce: perhaps an old enrolment, sent again.
    #[error("the enrolment answers another nonce: give the reader a fresh one, and let him enrol again")]
    OtherNonce,
    /// The proof does not show that its sender knows the secret of Y.
    #[error("the proof of possession does not verify: the key belongs to somebody else, or is damaged")]
    Proof,
}

/// A name in normalization form C, or the number of its bytes if that is not 1 to 255.
pub(crate) fn normalized_name(text: &str) -> Result<Box<str>, usize> {
    // Normalization shrinks text to a third at most.
    if text.len() > 3 * MAX_NAME_BYTES {
        return Err(text.len());
    }
    let text: String = text.nfc().collect();
    if (1..=MAX_NAME_BYTES).contains(&text.len()) { Ok(text.into()) } else { Err(text.len()) }
}

/// Such a name, as short text.
pub(crate) fn decode_name(decoder: &mut Decoder<'_>, field: &'static str) -> Result<Box<str>, DecodeError> {
    let at = decoder.position();
    let text = decoder.short_text(MAX_NAME_BYTES, field)?;
    Decoder::checked(text.len() as u64, at, field, 1, MAX_NAME_BYTES as u64)?;
    Ok(text.into())
}

impl UserId {
    /// Normalizes `text` to form C.
    ///
    /// # Errors
    /// [`EnrolError::UserId`] unless it then has 1 to 255 bytes.
    pub fn new(text: &str) -> Result<Self, EnrolError> {
        normalized_name(text).map(Self).map_err(|bytes| EnrolError::UserId { bytes })
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Bytes of the encoding.
    pub(crate) fn encoded_len(&self) -> usize {
        2 + self.0.len()
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.short_bytes(self.0.as_bytes());
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decode_name(decoder, "user id").map(Self)
    }
}

impl EnrolmentNonce {
    /// A fresh nonce, for one reader's enrolment.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        Self(nonce)
    }

    /// The nonce of these bytes: as the reader receives it, or as the authority has kept it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Enrolment {
    /// The reader, if everything is in order: the realm is that of `parameters`, the user is the one whom the
    /// authority has talked to (and identified by its own means), the nonce is the one it gave him, and he knows
    /// the secret of Y. `[OUT-2.3]`
    ///
    /// An authority that keeps the enrolment can ask again later, with the nonce it accepted then.
    ///
    /// # Errors
    /// [`EnrolError`] says what is wrong.
    pub fn verify(
        &self,
        parameters: &PublicParameters,
        user: &UserId,
        nonce: EnrolmentNonce,
    ) -> Result<EnrolledReader, EnrolError> {
        if self.realm != *parameters.id() {
            return Err(EnrolError::OtherRealm);
        }
        if self.user != *user {
            return Err(EnrolError::OtherUser);
        }
        if self.nonce != nonce.0 {
            return Err(EnrolError::OtherNonce);
        }
        let request_key = self.request_key.to_bytes();
        let statement: [&[u8]; 4] = [&self.realm, self.user.0.as_bytes(), &self.nonce, &request_key];
        // Y is in the group and not 1: the decoder has seen to the one, and a reader's y is not 0.
        if self.y_point.is_identity() || !scheme::proof_is_valid(&self.proof, &self.y_point, &statement) {
            return Err(EnrolError::Proof);
        }
        Ok(EnrolledReader {
            realm: self.realm,
            user: self.user.clone(),
            request_key: self.request_key,
            y_point: self.y_point,
        })
    }

    /// The user that it names.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The nonce that it answers.
    pub fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// The encoding: 217 bytes and the user id.
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = 64 + self.user.encoded_len() + VERIFYING_KEY_BYTES + G1_BYTES + 2 * SCALAR_BYTES;
        let mut encoder = Encoder::object(Kind::Enrolment, size);
        encoder.raw(&self.realm);
        self.user.encode(&mut encoder);
        encoder.raw(&self.nonce);
        encoder.raw(&self.request_key.to_bytes());
        encoder.raw(&self.y_point.to_bytes());
        encoder.raw(&self.proof.c.to_bytes());
        encoder.raw(&self.proof.z.to_bytes());
        encoder.finish()
    }

    /// Decodes an enrolment. Y is checked to lie in its group and not to be 1; the proof, by
    /// [`Enrolment::verify`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Enrolment)?;
        let realm = decoder.array("realm id")?;
        let user = UserId::decode(&mut decoder)?;
        let nonce = decoder.array("nonce")?;
        let request_key = decode_request_key(&mut decoder)?;
        let at = decoder.position();
        let y_point = G1::from_bytes(&decoder.array("Y")?).ok_or(Decoder::error_at(
            at,
            "Y",
            DecodeReason::InvalidPoint,
        ))?;
        let mut scalar = |field| {
            let at = decoder.position();
            Scalar::from_canonical(&decoder.array(field)?).ok_or(Decoder::error_at(
                at,
                field,
                DecodeReason::InvalidScalar,
            ))
        };
        let proof = Proof { c: scalar("c")?, z: scalar("z")? };
        decoder.finish()?;
        Ok(Self { realm, user, nonce, request_key, y_point, proof })
    }
}

pub(super) fn decode_request_key(decoder: &mut Decoder<'_>) -> Result<VerifyingKey, DecodeError> {
    let at = decoder.position();
    VerifyingKey::from_bytes(&decoder.array("request key")?).ok_or(Decoder::error_at(
        at,
        "request key",
        DecodeReason::InvalidVerifyingKey,
    ))
}

impl EnrolledReader {
    /// Who it is.
    pub fn user(&self) -> &UserId {
        &self.user
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EnrolmentNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentNonce({})", Hex(&self.0))
    }
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for EnrolledReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolledReader").field("user", &self.user).finish_non_exhaustive()
    }
}

//! What a proxy holds for a reader. `[OUT-3]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use super::enrolment::{UserId, decode_request_key};
use super::scheme::{self, BlindedKey};
use crate::abe::types::{PublicParameters, decode_elements};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label as HashLabel;
use crate::math::{G1_BYTES, G2_BYTES};
use crate::policy::{AttributeSet, Label, Missing, Policy};
use crate::sign::{SIGNATURE_BYTES, VERIFYING_KEY_BYTES, VerifyingKey};

/// The name of a transform key: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 16]);

/// Who made a transform key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Maker {
    /// The authority, for a reader who never had a full key.
    Authority = 1,
    /// The reader himself, out of his full key.
    Reader = 2,
}

/// What a proxy transforms headers with, for one reader: a key for his attributes, raised to his y.
///
/// It opens nothing. To outsiders, and to the proxy itself, it is harmless, even together with the public Y and
/// with other transform keys. But it **must not reach its own reader**: with his seed it makes a full key, which no
/// proxy can take back any more. So it goes to the proxy alone, over a confidential channel, and there is no
/// function that takes it together with a retrieval key.
///
/// ```compile_fail,E0308
/// fn copy(key: &hippocrypt::TransformKey) -> hippocrypt::TransformKey {
///     key.clone() // whoever deletes the one there is, has taken it back
/// }
/// ```
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn open(key: &TransformKey, parameters: &PublicParameters, header: &Header) {
///     let _ = key.open(parameters, header, b""); // it transforms, and opens nothing
/// }
/// ```
pub struct TransformKey {
    /// All but the elements and the signature.
    pub(super) facts: Facts,
    /// The labels of the attributes, in the order of K3.
    labels: Vec<Label>,
    key: BlindedKey,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a transform key says about itself.
#[derive(Clone)]
pub(super) struct Facts {
    pub(super) realm: [u8; 32],
    pub(super) id: KeyId,
    pub(super) user: UserId,
    pub(super) request_key: VerifyingKey,
    pub(super) maker: Maker,
    pub(super) attributes: AttributeSet,
}

/// A transform key that a proxy must refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransformKeyError {
    /// It is for a realm with other public parameters.
    #[error("the transform key is for another realm than the public parameters")]
    OtherRealm,
    /// Neither the authority nor, for a key he made himself, the reader has signed it.
    #[error(
        "the signature of the transform key does not verify: take it from the authority, or from the reader whose it is"
    )]
    Signature,
    /// Its elements contradict each other.
    #[error("the elements of the transform key contradict each other: ask for another one")]
    Elements,
}

impl KeyId {
    /// A fresh name.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }

    /// The name of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Maker {
    /// What its signature stands under.
    fn label(self) -> HashLabel {
        match self {
            Maker::Authority => HashLabel::TransformKeySignature,
            Maker::Reader => HashLabel::OwnTransformKeySignature,
        }
    }
}

impl TransformKey {
    /// A key, signed by its maker.
    pub(super) fn new(
        facts: Facts,
        labels: Vec<Label>,
        key: BlindedKey,
        sign: impl FnOnce(HashLabel, &[&[u8]]) -> [u8; SIGNATURE_BYTES],
    ) -> Self {
        let signature = sign(facts.maker.label(), &[&body(&facts, &key)]);
        Self { facts, labels, key, signature }
    }

    /// Its name.
    pub fn id(&self) -> &KeyId {
        &self.facts.id
    }

    /// Whose it is.
    pub fn user(&self) -> &UserId {
        &self.facts.user
    }

    /// What it is for.
    pub fn attributes(&self) -> &AttributeSet {
        &self.facts.attributes
    }

    /// H(mpk) of its realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.facts.realm
    }

    /// Who made it.
    pub fn maker(&self) -> Maker {
        self.facts.maker
    }

    /// Whether a proxy may use it: signed by the authority of `parameters` (or, if he made it himself, by the reader),
    /// and with components that fit each other. Ask once, when it arrives. `[OUT-3.3]`
    ///
    /// That K2 belongs to α and Y nobody can check who knows neither α nor y: for that the signature stands.
    ///
    /// # Errors
    /// [`TransformKeyError`] says why to refuse it.
    pub fn verify(
        &self,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<(), TransformKeyError> {
        if self.facts.realm != *parameters.id() {
            return Err(TransformKeyError::OtherRealm);
        }
        let signer = match self.facts.maker {
            Maker::Authority => parameters.verifying_key(),
            Maker::Reader => self.facts.request_key,
        };
        if !signer.verifies(self.facts.maker.label(), &[&body(&self.facts, &self.key)], &self.signature) {
            return Err(TransformKeyError::Signature);
        }
        if !scheme::key_is_consistent(&self.key, &parameters.bases().points(&self.labels), rng) {
            return Err(TransformKeyError::Elements);
        }
        Ok(())
    }

    /// The attributes that it lacks for `policy`, or `None` if it satisfies it.
    pub fn missing(&self, policy: &Policy) -> Option<Missing> {
        policy.missing(&self.facts.attributes)
    }

    pub(super) fn position(&self, label: &Label) -> Option<usize> {
        self.labels.binary_search(label).ok()
    }

    /// Whether this is the label at a position.
    pub(super) fn has_at(&self, position: usize, label: &Label) -> bool {
        self.labels.get(position) == Some(label)
    }

    pub(super) fn blinded(&self) -> &BlindedKey {
        &self.key
    }

    /// The encoding: to be kept from the reader it serves. About 330 bytes, 48 for each label, and the names.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = body(&self.facts, &self.key);
        let mut encoder = Encoder::object(Kind::TransformKey, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a transform key. Every element is checked to lie in its group; whether the key is genuine is asked
    /// with [`TransformKey::verify`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::TransformKey)?;
        let facts = Facts::decode(&mut decoder)?;
        let labels = facts.attributes.labels();
        let key = BlindedKey::from(decode_elements(&mut decoder, labels.len())?);
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { facts, labels, key, signature })
    }
}

impl Facts {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(&self.realm);
        encoder.raw(&self.id.0);
        self.user.encode(encoder);
        encoder.raw(&self.request_key.to_bytes());
        encoder.u8(self.maker as u8);
        // No epochs.
        encoder.u8(0);
        self.attributes.encode(encoder);
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let realm = decoder.array("realm id")?;
        let id = KeyId(decoder.array("key id")?);
        let user = UserId::decode(decoder)?;
        let request_key = decode_request_key(decoder)?;
        let at = decoder.position();
        let maker = match decoder.u8("maker")? {
            1 => Maker::Authority,
            2 => Maker::Reader,
            other => {
                let reason = DecodeReason::OutOfRange { value: u64::from(other), min: 1, max: 2 };
                return Err(Decoder::error_at(at, "maker", reason));
            }
        };
        let at = decoder.position();
        let epochs = decoder.u8("epochs")?;
        Decoder::checked(u64::from(epochs), at, "epochs", 0, 0)?;
        let at = decoder.position();
        let attributes = AttributeSet::decode(decoder)?;
        if attributes.is_empty() {
            return Err(Decoder::error_at(
                at,
                "attributes",
                DecodeReason::NotCanonical("at least one attribute"),
            ));
        }
        Ok(Self { realm, id, user, request_key, maker, attributes })
    }
}

/// Everything that is signed.
fn body(facts: &Facts, key: &BlindedKey) -> Vec<u8> {
    let (k1, k2, k3) = key.elements();
    let fixed = 32 + 16 + facts.user.encoded_len() + VERIFYING_KEY_BYTES + 2;
    let mut encoder = Encoder::bare(fixed + G2_BYTES + G1_BYTES * (1 + k3.len()));
    facts.encode(&mut encoder);
    encoder.raw(&k1.to_bytes());
    encoder.raw(&k2.to_bytes());
    for k3 in k3 {
        encoder.raw(&k3.to_bytes());
    }
    encoder.finish()
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Debug for TransformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransformKey")
            .field("id", &self.facts.id)
            .field("user", &self.facts.user)
            .field("attributes", &self.facts.attributes)
            .finish_non_exhaustive()
    }
}

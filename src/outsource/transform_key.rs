//! What an authority sends to a proxy, for a reader. `[OUT-3]`

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use super::enrolment::{UserId, decode_request_key};
use super::proxy_key::ProxyKey;
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::epoch::{Epoch, EpochTree};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label as HashLabel;
use crate::policy::AttributeSet;
use crate::sign::{SIGNATURE_BYTES, VerifyingKey};

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

/// A transform key on its way to a proxy, which makes a [`ProxyKey`] of it: a key for a reader's attributes, raised
/// to his y.
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
///     let _ = key.open(parameters, header, b""); // it opens nothing
/// }
/// ```
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn transform(key: &TransformKey, header: &Header) {
///     let _ = key.transform(header); // accept it first
/// }
/// ```
pub struct TransformKey {
    /// As it will be when it is accepted.
    key: ProxyKey,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a transform key says about itself.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) realm: [u8; 32],
    pub(crate) id: KeyId,
    pub(crate) user: UserId,
    pub(crate) request_key: VerifyingKey,
    pub(crate) maker: Maker,
    /// In a realm with epochs.
    pub(crate) issued: Option<Issued>,
    pub(crate) attributes: AttributeSet,
}

/// When a key was issued, in a realm with epochs. `[REV-4.1]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) tree: EpochTree,
    /// The number of the authority's newest update.
    pub(crate) update: u64,
    pub(crate) epoch: Epoch,
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
    /// It was made for other epochs than those of the realm, or for none.
    #[error("the epochs of the transform key are not those of its realm: ask for another one")]
    Epochs,
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
        key: ProxyKey,
        sign: impl FnOnce(HashLabel, &[&[u8]]) -> [u8; SIGNATURE_BYTES],
    ) -> Self {
        let signature = sign(key.facts.maker.label(), &[&key.body()]);
        Self { key, signature }
    }

    /// Its name.
    pub fn id(&self) -> &KeyId {
        &self.key.facts.id
    }

    /// Whose it is.
    pub fn user(&self) -> &UserId {
        &self.key.facts.user
    }

    /// What it is for.
    pub fn attributes(&self) -> &AttributeSet {
        &self.key.facts.attributes
    }

    /// H(mpk) of its realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.key.facts.realm
    }

    /// Who made it.
    pub fn maker(&self) -> Maker {
        self.key.facts.maker
    }

    /// What a proxy makes of it when it arrives, if it may be used: signed by the authority of `parameters` (or, if he
    /// made it himself, by the reader), and with components that fit each other. `[OUT-3.3]`
    ///
    /// That K2 belongs to α and Y nobody can check who knows neither α nor y: for that the signature stands.
    ///
    /// # Errors
    /// [`TransformKeyError`] says why to refuse it.
    pub fn accept(
        self,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<ProxyKey, TransformKeyError> {
        let facts = &self.key.facts;
        if facts.realm != *parameters.id() {
            return Err(TransformKeyError::OtherRealm);
        }
        let signer = match facts.maker {
            Maker::Authority => parameters.verifying_key(),
            Maker::Reader => facts.request_key,
        };
        if !signer.verifies(facts.maker.label(), &[&self.key.body()], &self.signature) {
            return Err(TransformKeyError::Signature);
        }
        if facts.issued.map(|issued| issued.tree) != parameters.epochs() {
            return Err(TransformKeyError::Epochs);
        }
        if !self.key.is_consistent(parameters, rng) {
            return Err(TransformKeyError::Elements);
        }
        Ok(self.key)
    }

    /// What a proxy makes of it that believes where it comes from.
    #[cfg(feature = "hazmat")]
    pub(crate) fn into_unchecked(self) -> ProxyKey {
        self.key
    }

    /// The encoding: to be kept from the reader it serves. About 330 bytes, 48 for each label, and the names; in a realm
    /// with epochs 16 bytes more, and 48 for each of D + 1 tokens.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.key.body();
        let mut encoder = Encoder::object(Kind::TransformKey, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a transform key. Every element is checked to lie in its group; whether the key is genuine is asked
    /// with [`TransformKey::accept`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::TransformKey)?;
        let key = ProxyKey::decode_body(&mut decoder)?;
        if key.tokens_until() != key.facts.issued.map(|issued| issued.epoch) {
            let reason = DecodeReason::NotCanonical("the tokens of the epoch in which the key was issued");
            return Err(decoder.error("tokens", reason));
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { key, signature })
    }
}

impl Facts {
    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(&self.realm);
        encoder.raw(&self.id.0);
        self.user.encode(encoder);
        encoder.raw(&self.request_key.to_bytes());
        encoder.u8(self.maker as u8);
        EpochTree::encode(self.issued.map(|issued| issued.tree), encoder);
        if let Some(issued) = self.issued {
            encoder.u64(issued.update);
            encoder.u32(issued.epoch.number());
        }
        self.attributes.encode(encoder);
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
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
        let issued = match EpochTree::decode(decoder)? {
            None => None,
            Some(tree) => {
                let at = decoder.position();
                let update = decoder.u64("number of the update")?;
                Decoder::checked(update, at, "number of the update", 1, u64::MAX)?;
                Some(Issued { tree, update, epoch: tree.decode_epoch(decoder, "epoch of issue")? })
            }
        };
        let at = decoder.position();
        let attributes = AttributeSet::decode(decoder)?;
        if attributes.is_empty() {
            return Err(Decoder::error_at(
                at,
                "attributes",
                DecodeReason::NotCanonical("at least one attribute"),
            ));
        }
        Ok(Self { realm, id, user, request_key, maker, issued, attributes })
    }
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
        f.debug_tuple("TransformKey").field(&self.key).finish()
    }
}

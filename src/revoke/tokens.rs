//! Tokens on their way from the authority to a proxy: the refresh of keys for a new epoch. `[REV-4.2]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use super::scheme;
use crate::abe::types::{PublicParameters, decode_g1};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::epoch::{Epoch, EpochTree};
use crate::error::{DecodeError, DecodeReason};
use crate::math::{G1, G1_BYTES, G2};
use crate::outsource::{KeyId, ProxyKey};

/// The most keys that one [`TokenBatch`] refreshes.
pub const MAX_BATCH: usize = 65_536;

/// Tokens for one key or for many, all of which were good until the same epoch before and are good until the same
/// epoch then: H_time(θ)^r for θ ∈ Path(to) \ Path(from).
///
/// Public: without the key that they belong to they are worth nothing. Nothing in it is to be believed before
/// [`TokenBatch::verify`].
#[derive(Clone)]
pub struct TokenBatch {
    pub(super) realm: [u8; 32],
    pub(super) tree: EpochTree,
    pub(super) from: Epoch,
    pub(super) to: Epoch,
    /// Ascending.
    pub(super) keys: Vec<KeyId>,
    /// As many for each key as [`EpochTree::refresh`] has nodes.
    pub(super) elements: Vec<G1>,
}

/// Tokens that were verified: to be had from [`TokenBatch::verify`] alone, and what [`VerifiedTokens::refresh`] puts into
/// keys.
///
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn unverified(batch: &TokenBatch, key: &mut ProxyKey) {
///     let _ = batch.refresh(key); // verify it first
/// }
/// ```
#[derive(Debug)]
pub struct VerifiedTokens(TokenBatch);

/// Tokens that a proxy must refuse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// They are for a realm with other public parameters, or with other epochs.
    #[error("the tokens are for another realm than the public parameters")]
    OtherRealm,
    /// The proxy has no key of this name.
    #[error("the tokens are for key {0}, which the proxy does not hold: it may have been revoked")]
    UnknownKey(KeyId),
    /// They are for a key that was good until another epoch before.
    #[error(
        "the tokens lead key {key} from epoch {from} on, and it is good until epoch {until}: ask for those from {until} on"
    )]
    OtherEpoch {
        /// The key.
        key: KeyId,
        /// The epoch that the tokens start from.
        from: Epoch,
        /// The epoch that the key's own tokens reach.
        until: Epoch,
    },
    /// They are not those of this key.
    #[error("the tokens of key {0} are wrong: forged, damaged, or made for another key")]
    Wrong(KeyId),
}

impl TokenBatch {
    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Until when the keys were good before.
    pub fn from(&self) -> Epoch {
        self.from
    }

    /// Until when they are good then.
    pub fn to(&self) -> Epoch {
        self.to
    }

    /// The keys that it refreshes, ascending.
    pub fn keys(&self) -> &[KeyId] {
        &self.keys
    }

    /// Tokens for each key: two from one epoch to the next, in the mean.
    pub fn tokens_per_key(&self) -> usize {
        self.tree.refresh(Some(self.from), self.to).len()
    }

    /// The tokens of each key.
    fn by_key(&self) -> impl Iterator<Item = (&KeyId, &[G1])> {
        self.keys.iter().zip(self.elements.chunks(self.tokens_per_key().max(1)))
    }

    /// Leaves out the tokens of keys that are not `wanted`: of those that this proxy does not hold, or has deleted since, or has
    /// refreshed already. What is left is to be verified.
    pub fn retain(&mut self, wanted: impl Fn(&KeyId) -> bool) {
        let mut of_key = self.elements.chunks(self.tokens_per_key().max(1));
        let (mut keys, mut elements) = (Vec::new(), Vec::new());
        for key in &self.keys {
            let tokens = of_key.next().unwrap_or_default();
            if wanted(key) {
                keys.push(*key);
                elements.extend_from_slice(tokens);
            }
        }
        (self.keys, self.elements) = (keys, elements);
    }

    /// Checks all tokens at once, as signatures of the spans of time under each key's K1. `[REV-4.3]`
    ///
    /// `key` finds what the proxy holds under a name. Batches of a thousand or more are checked fastest.
    ///
    /// # Errors
    /// [`TokenError`] names the first key that something is wrong with; then nothing is refreshed.
    pub fn verify<'k>(
        self,
        parameters: &PublicParameters,
        key: impl Fn(&KeyId) -> Option<&'k ProxyKey>,
        rng: &mut impl CryptoRng,
    ) -> Result<VerifiedTokens, TokenError> {
        if self.realm != *parameters.id() || parameters.epochs() != Some(self.tree) {
            return Err(TokenError::OtherRealm);
        }
        let mut k1 = Vec::with_capacity(self.keys.len());
        for id in &self.keys {
            let key = key(id).ok_or(TokenError::UnknownKey(*id))?;
            self.fits(key)?;
            k1.push(key.blinded().elements().0);
        }
        let tokens: Vec<&[G1]> = self.by_key().map(|(_, tokens)| tokens).collect();
        let nodes = self.tree.refresh(Some(self.from), self.to);
        let h = parameters.bases().points(&self.tree.labels(&nodes));
        let h: Vec<&G1> = h.iter().map(|h| h.point()).collect();
        match first_wrong(&k1, &tokens, &h, rng) {
            None => Ok(VerifiedTokens(self)),
            Some(index) => {
                Err(TokenError::Wrong(self.keys.get(index).copied().unwrap_or(KeyId::from_bytes([0; 16]))))
            }
        }
    }

    /// Whether the key stands where the tokens start.
    fn fits(&self, key: &ProxyKey) -> Result<(), TokenError> {
        match key.tokens_until() {
            Some(until) if until == self.from && *key.realm_id() == self.realm => Ok(()),
            Some(until) if *key.realm_id() == self.realm => {
                Err(TokenError::OtherEpoch { key: *key.id(), from: self.from, until })
            }
            _ => Err(TokenError::OtherRealm),
        }
    }

    /// The encoding: 52 bytes, and for each key 16 and 48 for each token.
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = 32 + 1 + 4 + 4 + 4 + 16 * self.keys.len() + G1_BYTES * self.elements.len();
        let mut encoder = Encoder::object(Kind::TokenBatch, size);
        encoder.raw(&self.realm);
        encoder.u8(self.tree.depth());
        encoder.u32(self.from.number());
        encoder.u32(self.to.number());
        encoder.u32(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        for (key, tokens) in self.by_key() {
            encoder.raw(key.as_bytes());
            for token in tokens {
                encoder.raw(&token.to_bytes());
            }
        }
        encoder.finish()
    }

    /// Decodes tokens. Every element is checked to lie in its group; that they are right, by [`TokenBatch::verify`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::TokenBatch)?;
        let realm = decoder.array("realm id")?;
        let tree = EpochTree::decode_some(&mut decoder)?;
        let from = tree.decode_epoch(&mut decoder, "first epoch")?;
        let at = decoder.position();
        let to = tree.decode_epoch(&mut decoder, "last epoch")?;
        if to <= from {
            let reason = DecodeReason::NotCanonical("an epoch after the one that the tokens start from");
            return Err(Decoder::error_at(at, "last epoch", reason));
        }
        let at = decoder.position();
        let count = decoder.u32("number of keys")?;
        Decoder::checked(count.into(), at, "number of keys", 1, MAX_BATCH as u64)?;
        let per_key = tree.refresh(Some(from), to).len();
        let (mut keys, mut elements) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let at = decoder.position();
            let key = KeyId::from_bytes(decoder.array("key id")?);
            if keys.last().is_some_and(|last| *last >= key) {
                return Err(Decoder::error_at(at, "key id", DecodeReason::NotAscending));
            }
            keys.push(key);
            for _ in 0..per_key {
                elements.push(decode_g1(&mut decoder, "token")?);
            }
        }
        decoder.finish()?;
        Ok(Self { realm, tree, from, to, keys, elements })
    }
}

impl VerifiedTokens {
    /// The keys that it refreshes, ascending.
    pub fn keys(&self) -> &[KeyId] {
        &self.0.keys
    }

    /// Until when they are good then.
    pub fn to(&self) -> Epoch {
        self.0.to
    }

    /// Puts the tokens of this key in, and drops those of spans that are over.
    ///
    /// # Errors
    /// [`TokenError`] if the key is not one of those, or has changed since they were verified; then nothing is changed.
    pub fn refresh(&self, key: &mut ProxyKey) -> Result<(), TokenError> {
        let index = self.0.keys.binary_search(key.id()).map_err(|_| TokenError::UnknownKey(*key.id()))?;
        self.0.fits(key)?;
        let (_, tokens) = self.0.by_key().nth(index).ok_or(TokenError::UnknownKey(*key.id()))?;
        key.refresh(self.0.to, tokens).ok_or(TokenError::Wrong(*key.id()))
    }
}

/// The first key whose tokens are wrong: all at once, and by halves where something is.
fn first_wrong(k1: &[&G2], tokens: &[&[G1]], h: &[&G1], rng: &mut impl CryptoRng) -> Option<usize> {
    if scheme::tokens_are_valid(k1, tokens, h, rng) {
        return None;
    }
    let (mut first, mut count) = (0, k1.len());
    while count > 1 {
        let half = count / 2;
        let (k1, tokens) = (k1.get(first..first + half)?, tokens.get(first..first + half)?);
        if scheme::tokens_are_valid(k1, tokens, h, rng) {
            first += half;
            count -= half;
        } else {
            count = half;
        }
    }
    Some(first)
}

impl fmt::Debug for TokenBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBatch")
            .field("realm", &Hex(&self.realm))
            .field("from", &self.from)
            .field("to", &self.to)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

//! What a proxy holds for a reader, from accepting a transform key to deleting it. `[OUT-3]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::enrolment::UserId;
use super::scheme::{self, BlindedKey};
use super::transform_key::{Facts, KeyId, Maker};
use crate::abe::types::{PublicParameters, decode_elements, decode_g1};
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::{Epoch, EpochTree};
use crate::error::DecodeError;
use crate::math::{G1, G1_BYTES, G2_BYTES};
use crate::policy::{AttributeSet, Label, Missing, Policy};

/// An accepted transform key, as its proxy holds it and keeps it up to date.
///
/// Deleting it takes its reader's access back at once. It is as confidential as the transform key it was: see there.
/// Its encoding is for the proxy's own storage, and bears no signature: components come and go.
///
/// ```compile_fail,E0308
/// fn copy(key: &hippocrypt::ProxyKey) -> hippocrypt::ProxyKey {
///     key.clone() // whoever deletes the one there is, has taken it back
/// }
/// ```
/// ```compile_fail,E0308
/// # use hippocrypt::*;
/// fn hand_out(key: ProxyKey) -> TransformKey {
///     key // a proxy does not send it anywhere
/// }
/// ```
pub struct ProxyKey {
    /// All but the elements.
    pub(crate) facts: Facts,
    /// The labels of the attributes, in the order of K3.
    labels: Vec<Label>,
    key: BlindedKey,
    /// In a realm with epochs.
    tokens: Option<Tokens>,
}

/// H_time(θ)^r for θ ∈ Path(t), root first. `[REV-4.1]`
struct Tokens {
    tree: EpochTree,
    /// t.
    until: Epoch,
    elements: Vec<G1>,
    /// Of Path(t), ascending.
    labels: Vec<Label>,
}

impl Tokens {
    fn new(tree: EpochTree, until: Epoch, elements: Vec<G1>) -> Self {
        Self { tree, until, elements, labels: tree.labels(&tree.path(until)) }
    }
}

impl ProxyKey {
    /// `elements` holds K3 in the order of the labels of the attributes and then, in a realm with epochs, the
    /// tokens of Path(t), t being the epoch of issue.
    pub(super) fn new(facts: Facts, labels: Vec<Label>, mut key: BlindedKey) -> Self {
        let tokens = key.split_off(labels.len());
        let tokens = facts.issued.map(|issued| Tokens::new(issued.tree, issued.epoch, tokens));
        Self { facts, labels, key, tokens }
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

    /// The number of the authority's newest update when the key was issued; 0 in a realm without epochs.
    pub fn issued_at_update(&self) -> u64 {
        self.facts.issued.map_or(0, |issued| issued.update)
    }

    /// The epoch until which it transforms; `None` in a realm without epochs.
    pub fn tokens_until(&self) -> Option<Epoch> {
        self.tokens.as_ref().map(|tokens| tokens.until)
    }

    /// The attributes that it lacks for `policy`, or `None` if it satisfies it.
    pub fn missing(&self, policy: &Policy) -> Option<Missing> {
        policy.missing(&self.facts.attributes)
    }

    /// Puts the tokens of `nodes`, which end the path of `until`, in their places, and drops what is not on that path:
    /// `None`, and no change, if some of the path are missing then. `[REV-4.2]`
    pub(crate) fn refresh(&mut self, until: Epoch, fresh: &[G1]) -> Option<()> {
        let tokens = self.tokens.as_mut()?;
        let path = tokens.tree.path(until);
        let kept = path.len().checked_sub(fresh.len())?;
        if tokens.tree.path(tokens.until).get(..kept)? != path.get(..kept)? {
            return None;
        }
        let elements = tokens.elements.get(..kept)?.iter().chain(fresh).copied().collect();
        *tokens = Tokens::new(tokens.tree, until, elements);
        Some(())
    }

    /// Adds components for more attributes. `[REV-4.4]`
    pub(crate) fn extend(&mut self, attributes: AttributeSet, labels: &[Label], components: &[G1]) {
        for (label, component) in labels.iter().zip(components) {
            if let Err(position) = self.labels.binary_search(label) {
                self.labels.insert(position, label.clone());
                self.key.insert(position, *component);
            }
        }
        self.facts.attributes = attributes;
    }

    /// Deletes the components of `attributes`: the reader has lost them, at once. `[REV-7]`
    ///
    /// The authority issues another key without them, which cannot be pooled with this one; until it comes, this
    /// one serves for what is left. A key that would have no attributes left must be deleted instead: then nothing
    /// is changed, and `false` returned.
    pub fn withdraw(&mut self, attributes: &AttributeSet) -> bool {
        let left = self.facts.attributes.without(attributes);
        if left.is_empty() {
            return false;
        }
        let labels = left.labels();
        for position in (0..self.labels.len()).rev() {
            if self.labels.get(position).is_some_and(|label| labels.binary_search(label).is_err()) {
                self.labels.remove(position);
                self.key.remove(position);
            }
        }
        self.facts.attributes = left;
        true
    }

    /// The component for a label: K3, or a token.
    pub(crate) fn component(&self, label: &Label) -> Option<&G1> {
        self.find(label).map(|(_, component)| component)
    }

    /// The same, with its place; tokens come after attributes.
    pub(super) fn find(&self, label: &Label) -> Option<(usize, &G1)> {
        if let Ok(position) = self.labels.binary_search(label) {
            return Some((position, self.key.elements().2.get(position)?));
        }
        let tokens = self.tokens.as_ref()?;
        let position = tokens.labels.binary_search(label).ok()?;
        Some((self.labels.len() + position, tokens.elements.get(position)?))
    }

    /// The component for an attribute's label, if its place is this one.
    pub(super) fn component_at(&self, place: usize, label: &Label) -> Option<&G1> {
        self.labels.get(place).filter(|there| *there == label)?;
        self.key.elements().2.get(place)
    }

    /// Everything that [`ProxyKey::component`] finds.
    #[cfg(test)]
    pub(crate) fn components(&self) -> impl Iterator<Item = (Label, G1)> {
        let tokens = self.tokens.iter().flat_map(|tokens| tokens.labels.iter().zip(&tokens.elements));
        let all = self.labels.iter().zip(self.key.elements().2).chain(tokens);
        all.map(|(label, component)| (label.clone(), *component))
    }

    pub(crate) fn blinded(&self) -> &BlindedKey {
        &self.key
    }

    /// Whether K3 and tokens are powers of their points as K1 is of g2.
    pub(super) fn is_consistent(&self, parameters: &PublicParameters, rng: &mut impl CryptoRng) -> bool {
        let mut points = parameters.bases().points(&self.labels);
        let mut elements = self.key.elements().2.to_vec();
        if let Some(tokens) = &self.tokens {
            points.extend(parameters.bases().points(&tokens.labels));
            elements.extend_from_slice(&tokens.elements);
        }
        scheme::components_are_consistent(&self.key, &elements, &points, rng)
    }

    /// The encoding, for the proxy's own storage: as that of the transform key, without a signature. `[OUT-3.5]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::ProxyKey, body.len());
        encoder.raw(&body);
        encoder.finish()
    }

    /// Decodes what [`ProxyKey::to_bytes`] made, out of the proxy's own storage. Every element is checked to lie in its
    /// group; that the proxy has accepted it is believed.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::ProxyKey)?;
        let key = Self::decode_body(&mut decoder)?;
        decoder.finish()?;
        Ok(key)
    }

    /// Everything; what the maker of a transform key signs.
    pub(super) fn body(&self) -> Vec<u8> {
        let (k1, k2, k3) = self.key.elements();
        let tokens = self.tokens.as_ref().map_or(0, |tokens| tokens.elements.len());
        let mut encoder = Encoder::bare(256 + G2_BYTES + G1_BYTES * (1 + k3.len() + tokens));
        self.facts.encode(&mut encoder);
        encoder.raw(&k1.to_bytes());
        encoder.raw(&k2.to_bytes());
        for k3 in k3 {
            encoder.raw(&k3.to_bytes());
        }
        if let Some(tokens) = &self.tokens {
            encoder.u32(tokens.until.number());
            for token in &tokens.elements {
                encoder.raw(&token.to_bytes());
            }
        }
        encoder.finish()
    }

    pub(super) fn decode_body(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let facts = Facts::decode(decoder)?;
        let labels = facts.attributes.labels();
        let key = BlindedKey::from(decode_elements(decoder, labels.len())?);
        let tokens = match facts.issued {
            None => None,
            Some(issued) => {
                let until = issued.tree.decode_epoch(decoder, "epoch of the tokens")?;
                let count = usize::from(issued.tree.depth()) + 1;
                let elements = (0..count).map(|_| decode_g1(decoder, "token")).collect::<Result<_, _>>()?;
                Some(Tokens::new(issued.tree, until, elements))
            }
        };
        Ok(Self { facts, labels, key, tokens })
    }
}

impl fmt::Debug for ProxyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyKey")
            .field("id", &self.facts.id)
            .field("user", &self.facts.user)
            .field("attributes", &self.facts.attributes)
            .field("tokens_until", &self.tokens_until())
            .finish_non_exhaustive()
    }
}

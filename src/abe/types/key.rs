//! A reader's key. `[ABE-5.2]`

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::header::Header;
use super::parameters::PublicParameters;
use crate::abe::error::IssueError;
use crate::abe::kem;
use crate::abe::payload::ContentKey;
use crate::abe::scheme::{self, Received, SecretKey};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason, OpenError};
use crate::math::{G1, G1_BYTES, G2, G2_BYTES, UncheckedRow};
use crate::policy::{AttributeSet, Label, Missing};
use crate::secret::SecretBytes;

/// A decryption key for a set of attributes: K1, K2 and one K3 for each label of the set.
///
/// It opens every header of its realm whose policy its attributes satisfy, for ever; keys of two
/// readers cannot be combined.
///
/// ```compile_fail
/// fn copy(key: &hippocrypt::AttributeKey) -> hippocrypt::AttributeKey {
///     key.clone() // a key is not Clone: delegate it instead
/// }
/// ```
pub struct AttributeKey {
    realm: [u8; 32],
    attributes: AttributeSet,
    /// The labels of the attributes, in the order of K3.
    labels: Vec<Label>,
    key: SecretKey,
}

impl AttributeKey {
    pub(crate) fn new(realm: [u8; 32], attributes: AttributeSet, labels: Vec<Label>, key: SecretKey) -> Self {
        Self { realm, attributes, labels, key }
    }

    /// What the key is for.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }

    /// H(mpk) of the realm that issued it.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Whether the key is genuine: exactly what the authority of `parameters` makes for these
    /// attributes. Ask once, when a key arrives. `[ABE-3.6]`
    pub fn verify(&self, parameters: &PublicParameters, rng: &mut impl CryptoRng) -> bool {
        self.realm == *parameters.id()
            && scheme::key_is_valid(
                parameters.bases().e().element(),
                &self.key,
                &parameters.bases().points(&self.labels),
                rng,
            )
    }

    /// A key for some of these attributes, for somebody else; fresh randomness makes it
    /// independent of this one. `[ABE-3.5]`
    ///
    /// # Errors
    /// [`IssueError::NoAttributes`] for an empty set, [`IssueError::NotHeld`] if `attributes` has one
    /// that this key has not.
    pub fn delegate(
        &self,
        attributes: &AttributeSet,
        rng: &mut impl CryptoRng,
    ) -> Result<AttributeKey, IssueError> {
        if attributes.is_empty() {
            return Err(IssueError::NoAttributes);
        }
        if !attributes.is_subset(&self.attributes) {
            return Err(IssueError::NotHeld {
                wanted: attributes.to_string(),
                held: self.attributes.to_string(),
            });
        }
        let labels = attributes.labels();
        let kept: Vec<(usize, &Label)> =
            labels.iter().filter_map(|label| Some((self.position(label)?, label))).collect();
        let key = scheme::delegate(&self.key, &kept, rng);
        Ok(Self::new(self.realm, attributes.clone(), labels, key))
    }

    /// The attributes that this key lacks for `header`, or `None` if it satisfies the policy.
    pub fn missing(&self, header: &Header) -> Option<Missing> {
        header.policy().missing(&self.attributes)
    }

    /// Opens a header that was made for the same `context`. `[ABE-4.4]`
    ///
    /// # Errors
    /// [`OpenError`], whatever the reason: ask [`AttributeKey::missing`] beforehand.
    pub fn open(
        &self,
        parameters: &PublicParameters,
        header: &Header,
        context: &[u8],
    ) -> Result<ContentKey, OpenError> {
        self.open_with(parameters, header, context, false)
    }

    /// Opens a header and makes sure that every authorised key opens it to the same content key:
    /// for archives. Costs a check of all rows. `[ABE-4.5]`
    ///
    /// # Errors
    /// [`OpenError`], whatever the reason.
    pub fn open_strict(
        &self,
        parameters: &PublicParameters,
        header: &Header,
        context: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<ContentKey, OpenError> {
        header.validate(parameters, rng).map_err(|_| OpenError)?;
        self.open_with(parameters, header, context, true)
    }

    fn open_with(
        &self,
        parameters: &PublicParameters,
        header: &Header,
        context: &[u8],
        strict: bool,
    ) -> Result<ContentKey, OpenError> {
        let core = header.core();
        let realms_agree = core.hdr.realm == self.realm && self.realm == *parameters.id();
        if !realms_agree || core.hdr.context != kem::context_id(context) {
            return Err(OpenError);
        }
        let program = core.hdr.span_program();
        let selection = program.reconstruct(|label| self.position(label).is_some()).ok_or(OpenError)?;
        let c3: Option<Vec<UncheckedRow>> =
            selection.rows.iter().map(|(row, _)| header.rows().get(*row)?.decode()).collect();
        let received = Received { lines: &header.lines(), c3: &c3.ok_or(OpenError)?, seal: None };
        let k = scheme::decrypt(&self.key, |label| self.component(label), &program, &selection, &received)
            .ok_or(OpenError)?;
        let content_key = kem::open(parameters.bases().e(), core, &k, strict)?;
        Ok(ContentKey::new(content_key, *core.id()))
    }

    /// The elements, and the labels of K3.
    pub(crate) fn elements(&self) -> (&SecretKey, &[Label]) {
        (&self.key, &self.labels)
    }

    /// The bare elements, for tests that put them where they do not belong.
    #[cfg(test)]
    pub(crate) fn into_elements(self) -> SecretKey {
        self.key
    }

    fn position(&self, label: &Label) -> Option<usize> {
        self.labels.binary_search(label).ok()
    }

    fn component(&self, label: &Label) -> Option<&G1> {
        self.key.k3.get(self.position(label)?)
    }

    /// The encoding: a secret of 183 bytes, 48 for each label, and the names.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut names = Encoder::bare(0);
        self.attributes.encode(&mut names);
        let names = names.finish();
        let size = 32 + names.len() + G2_BYTES + G1_BYTES * (1 + self.labels.len());
        let mut encoder = Encoder::object(Kind::AttributeKey, size);
        encoder.raw(&self.realm);
        encoder.raw(&names);
        encoder.raw(&self.key.k1.to_bytes());
        encoder.raw(&self.key.k2.to_bytes());
        for k3 in &self.key.k3 {
            encoder.raw(&k3.to_bytes());
        }
        encoder.finish_secret()
    }

    /// Decodes a key. Every element is checked to lie in its group; whether the key is genuine is
    /// asked with [`AttributeKey::verify`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AttributeKey)?;
        let realm = decoder.array("realm id")?;
        let at = decoder.position();
        let attributes = AttributeSet::decode(&mut decoder)?;
        if attributes.is_empty() {
            return Err(Decoder::error_at(
                at,
                "attributes",
                DecodeReason::NotCanonical("at least one attribute"),
            ));
        }
        let labels = attributes.labels();
        let key = decode_elements(&mut decoder, labels.len())?;
        decoder.finish()?;
        Ok(Self::new(realm, attributes, labels, key))
    }
}

/// K1, K2 and this many K3, each in its group; wiped on every way out.
pub(crate) fn decode_elements(
    decoder: &mut Decoder<'_>,
    components: usize,
) -> Result<SecretKey, DecodeError> {
    let invalid = |at, field| Decoder::error_at(at, field, DecodeReason::InvalidPoint);
    let at = decoder.position();
    let k1 = G2::from_bytes(&decoder.array("K1")?).ok_or(invalid(at, "K1"))?;
    let mut key = SecretKey::new(k1, decode_g1(decoder, "K2")?, Vec::with_capacity(components));
    for _ in 0..components {
        key.k3.push(decode_g1(decoder, "K3")?);
    }
    Ok(key)
}

/// An element of G1.
pub(crate) fn decode_g1(decoder: &mut Decoder<'_>, field: &'static str) -> Result<G1, DecodeError> {
    let at = decoder.position();
    G1::from_bytes(&decoder.array(field)?).ok_or(Decoder::error_at(at, field, DecodeReason::InvalidPoint))
}

impl fmt::Debug for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributeKey")
            .field("realm", &Hex(&self.realm))
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

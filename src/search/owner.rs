//! The owner of an index: one seed, from which everything of hers comes. `[SRCH-3.2]` `[SRCH-6]`

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::card::WriterCard;
use super::context::{CollectionId, Context, Domain, IndexEpoch, PolicyId};
use super::error::{HeadError, WriteError};
use super::gate::GateShare;
use super::head::{Head, HeadContents, Scope, WriterEntry};
use super::keyword::Keyword;
use super::scheme;
use super::trapdoor::Trapdoor;
use super::writer::IndexWriter;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::{Label, kdf};
use crate::math::Scalar;
use crate::merkle::Hash;
use crate::secret::{Secret, SecretBytes, opaque_debug};
use crate::sign::{SIGNATURE_BYTES, SigningKey, VerifyingKey};

/// The owner of an index: a patient, on her own device. 32 secret bytes, for good.
pub struct IndexOwner {
    seed: Secret<[u8; 32]>,
    key: SigningKey,
    collection: CollectionId,
}

/// The seed of a policy: who has it may ask the gate. Wrapped under the policy by whoever can; fresh for every version. `[SRCH-3.2]`
pub struct PolicySeed(pub(super) Secret<[u8; 32]>);

opaque_debug!(IndexOwner, PolicySeed);

impl PolicySeed {
    /// A fresh seed.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Secret::new([0; 32]);
        rng.fill_bytes(seed.expose_secret_mut());
        Self(seed)
    }

    /// The seed of these bytes, as a wrapping yields it.
    pub fn new(seed: Secret<[u8; 32]>) -> Self {
        Self(seed)
    }

    /// The bytes, to be wrapped.
    pub fn expose_secret(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl IndexOwner {
    /// A new index.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Secret::new([0; 32]);
        rng.fill_bytes(seed.expose_secret_mut());
        Self::from_seed(seed)
    }

    /// The index of a seed: the same seed, the same index.
    pub fn from_seed(seed: Secret<[u8; 32]>) -> Self {
        let key = SigningKey::from_seed(&kdf(Label::IndexOwnerSigningKey, &[seed.expose_secret()]));
        let collection = CollectionId::of(&key.verifying_key());
        Self { seed, key, collection }
    }

    /// The name of the index.
    pub fn collection(&self) -> &CollectionId {
        &self.collection
    }

    /// Signs what names the index outside of it, with the public key that verifies it.
    pub(crate) fn sign_as(&self, label: Label, parts: &[&[u8]]) -> (VerifyingKey, [u8; SIGNATURE_BYTES]) {
        (self.key.verifying_key(), self.key.sign(label, parts))
    }

    /// A context of this index.
    pub fn context(&self, domain: &Domain, epoch: IndexEpoch, pipeline: u16) -> Context {
        Context { collection: self.collection, domain: domain.clone(), epoch, pipeline }
    }

    fn exponent(&self, context: &Context) -> Secret<Scalar> {
        // Of another index's context this yields keys of nobody's.
        scheme::owner_exponent(&self.seed, context)
    }

    /// A live epoch for a head, with its public key.
    pub fn scope(&self, domain: &Domain, epoch: IndexEpoch, pipeline: u16) -> Scope {
        let x_point = scheme::public_point(&self.exponent(&self.context(domain, epoch, pipeline)));
        Scope { domain: domain.clone(), epoch, pipeline, x_point }
    }

    /// A writer on a device of the owner's, and what a head says of it.
    pub fn writer(&self, context: &Context, rng: &mut impl CryptoRng) -> (IndexWriter, WriterEntry) {
        let writer = IndexWriter::of_owner(context.clone(), self.exponent(context), rng);
        let entry = WriterEntry {
            domain: context.domain.clone(),
            epoch: context.epoch,
            writer: *writer.id(),
            key: writer.verifying_key(),
            y_point: None,
            seen: (0, Hash::default()),
        };
        (writer, entry)
    }

    /// What a head says of a lab that has sent this card, if the card proves itself for this context.
    ///
    /// # Errors
    /// [`WriteError::Malformed`], [`WriteError::Card`].
    pub fn admit(&self, card: &[u8], context: &Context) -> Result<WriterEntry, WriteError> {
        let card = WriterCard::from_bytes(card)?;
        if context.collection != self.collection || !card.is_for(context) {
            return Err(WriteError::Card);
        }
        Ok(WriterEntry {
            domain: context.domain.clone(),
            epoch: context.epoch,
            writer: *card.writer(),
            key: *card.key(),
            y_point: Some(*card.y_point()),
            seen: (0, Hash::default()),
        })
    }

    /// Signs a head: `version` counts from 1, `now` and `not_after` are seconds since 1970.
    ///
    /// # Errors
    /// [`HeadError::Contents`] says what is wrong with them.
    pub fn sign(
        &self,
        version: u64,
        now: u64,
        not_after: u64,
        contents: HeadContents,
    ) -> Result<Head, HeadError> {
        Head::sign(&self.key, version, now, not_after, contents)
    }

    /// The gate's half of the key whose other half comes from `seed`: a secret, for the gate alone. `[SRCH-3.3]`
    ///
    /// It takes the seed: one seed serves one policy in one context and one version, since whoever has it would have the halves of all. Keep
    /// what comes out until the gate has it: sent again it changes nothing. After a revocation the next `version`, with a fresh seed, takes its place.
    pub fn share(&self, context: &Context, policy: &PolicyId, version: u32, seed: PolicySeed) -> SecretBytes {
        let a = scheme::reader_exponent(&seed.0, context);
        let b = scheme::gate_exponent(&self.exponent(context), &a);
        GateShare::sign(&self.key, context, policy, version, b).to_bytes()
    }

    /// Trapdoors without a gate.
    pub fn trapdoors(&self, context: &Context, keywords: &[Keyword]) -> Vec<Trapdoor> {
        let references: Vec<&Keyword> = keywords.iter().collect();
        let h = scheme::hash_keywords(context, &references);
        let d = scheme::own_trapdoors(h.expose_secret(), &self.exponent(context));
        let of = |(keyword, d): (&Keyword, _)| Trapdoor::new(context.clone(), keyword.clone(), d);
        keywords.iter().zip(d.expose_secret().iter().copied()).map(of).collect()
    }

    /// The encoding, 39 bytes: a secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::IndexOwner, 32);
        encoder.raw(self.seed.expose_secret());
        encoder.finish_secret()
    }

    /// Decodes an owner.
    ///
    /// # Errors
    /// [`DecodeError`] unless `bytes` are exactly a prologue and 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexOwner)?;
        let seed = decoder.secret("seed")?;
        decoder.finish()?;
        Ok(Self::from_seed(seed))
    }
}

impl WriterEntry {
    /// Notes how far the owner has seen the chain of this writer: from the next head on no server can hide that much. Less than was noted
    /// before, by a device that lags, changes nothing.
    pub fn note_seen(&mut self, segments: u64, last: Hash) {
        if segments >= self.seen.0 {
            self.seen = (segments, last);
        }
    }
}

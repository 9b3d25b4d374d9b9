//! The head of an index: what its owner says of it, signed, and good for a while. `[SRCH-6]`

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::context::{
    CollectionId, Context, Domain, IndexEpoch, PolicyId, WriterId, decode_scope, encode_scope,
};
use super::error::HeadError;
use crate::codec::{Decoder, Encoder, Kind, PROLOGUE_BYTES};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, hash};
use crate::math::{G2, G2_BYTES};
use crate::merkle::Hash;
use crate::sign::{SIGNATURE_BYTES, SigningKey, VerifyingKey};

/// Epochs of a domain that are live at a time: the newest is written into, the one before it is still read.
pub const MAX_LIVE_EPOCHS: usize = 2;
/// Domains of an index.
const MAX_DOMAINS: usize = 64;
/// Writers that a head names, over all domains and epochs.
const MAX_WRITERS: usize = 4096;
/// Policies that a head names, over all domains and epochs.
const MAX_POLICIES: usize = 1024;
/// Bytes of a wrapped seed.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// A clock may be this much ahead, in seconds.
const SKEW: u64 = 300;

/// A live epoch of a domain, with its public key X.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    pub(super) domain: Domain,
    pub(super) epoch: IndexEpoch,
    pub(super) pipeline: u16,
    /// X = g2^x.
    pub(super) x_point: G2,
}

/// A writer whom the owner lets write into a domain, in an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct WriterEntry {
    pub(super) domain: Domain,
    pub(super) epoch: IndexEpoch,
    pub(super) writer: WriterId,
    pub(super) key: VerifyingKey,
    /// Y of a lab; none of a device of the owner's.
    pub(super) y_point: Option<G2>,
    /// How many segments of it the owner has seen, and the id of the last: no server can hide them any more.
    pub(super) seen: (u64, Hash),
}

/// A policy whose readers get the seed of an epoch of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyEntry {
    /// The domain.
    pub domain: Domain,
    /// The epoch.
    pub epoch: IndexEpoch,
    /// The policy, by a name of the owner's.
    pub policy: PolicyId,
    /// 1, 2, .. : each revocation gives the policy a fresh seed, and the gate a fresh share.
    pub version: u32,
    /// The seed, wrapped under the policy. Whoever wraps seeds knows what this is.
    pub header: Vec<u8>,
}

/// What a head says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeadContents {
    /// Live epochs: two of a domain at most, by domain and epoch.
    pub scopes: Vec<Scope>,
    /// Writers.
    pub writers: Vec<WriterEntry>,
    /// Policies.
    pub policies: Vec<PolicyEntry>,
}

/// The head of an index, whose signature and contents were checked. Public. `[SRCH-6.1]`
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    owner: VerifyingKey,
    collection: CollectionId,
    version: u64,
    signed_at: u64,
    not_after: u64,
    contents: HeadContents,
    signature: [u8; SIGNATURE_BYTES],
}

impl Scope {
    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The epoch.
    pub fn epoch(&self) -> IndexEpoch {
        self.epoch
    }

    /// The version of the keyword pipeline.
    pub fn pipeline(&self) -> u16 {
        self.pipeline
    }
}

impl WriterEntry {
    /// The writer.
    pub fn writer(&self) -> &WriterId {
        &self.writer
    }

    /// The domain that it may write into.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The epoch in which.
    pub fn epoch(&self) -> IndexEpoch {
        self.epoch
    }

    /// Whether it is a device of the owner's.
    pub fn is_owner(&self) -> bool {
        self.y_point.is_none()
    }

    /// Segments that exist at least.
    pub fn segments_seen(&self) -> u64 {
        self.seen.0
    }

    fn key_of(&self) -> (&Domain, IndexEpoch, &WriterId) {
        (&self.domain, self.epoch, &self.writer)
    }
}

impl HeadContents {
    /// In canonical order and without contradictions.
    fn check(&self) -> Result<(), &'static str> {
        let scope_of = |domain: &Domain, epoch: IndexEpoch| {
            self.scopes.iter().any(|scope| scope.domain == *domain && scope.epoch == epoch)
        };
        if !self.scopes.is_sorted_by(|a, b| (&a.domain, a.epoch) < (&b.domain, b.epoch)) {
            return Err("live epochs must be ascending by domain and epoch, without repetition");
        }
        let live = |domain: &Domain| self.scopes.iter().filter(|scope| scope.domain == *domain).count();
        if self.scopes.iter().any(|scope| live(&scope.domain) > MAX_LIVE_EPOCHS) {
            return Err("a domain has two live epochs at most: close the oldest first");
        }
        let consecutive = |a: &Scope, b: &Scope| a.domain != b.domain || a.epoch.next() == Some(b.epoch);
        if !self.scopes.is_sorted_by(consecutive) {
            return Err("the live epochs of a domain must be consecutive");
        }
        if self.scopes.len() > MAX_LIVE_EPOCHS * MAX_DOMAINS || self.writers.len() > MAX_WRITERS {
            return Err("an index has 64 domains and 4,096 writers at most");
        }
        if self.policies.len() > MAX_POLICIES
            || self.policies.iter().any(|p| p.header.len() > MAX_HEADER_BYTES)
        {
            return Err("an index has 1,024 policies at most, each wrapped in at most 1 MiB");
        }
        if !self.writers.is_sorted_by(|a, b| a.key_of() < b.key_of()) {
            return Err("writers must be ascending by domain, epoch and id, without repetition");
        }
        let key = |p: &PolicyEntry| (p.domain.clone(), p.epoch, p.policy);
        if !self.policies.is_sorted_by(|a, b| key(a) < key(b)) {
            return Err("policies must be ascending by domain, epoch and id, without repetition");
        }
        let known = self.writers.iter().all(|writer| scope_of(&writer.domain, writer.epoch))
            && self.policies.iter().all(|policy| scope_of(&policy.domain, policy.epoch));
        if !known {
            return Err("a writer or a policy belongs to an epoch that is not live");
        }
        if self.policies.iter().any(|policy| policy.version == 0) {
            return Err("the versions of a policy count from 1");
        }
        Ok(())
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.count(self.scopes.len());
        for scope in &self.scopes {
            encode_scope(encoder, &scope.domain, scope.epoch);
            encoder.u16(scope.pipeline);
            encoder.raw(&scope.x_point.to_bytes());
        }
        encoder.count(self.writers.len());
        for writer in &self.writers {
            encode_scope(encoder, &writer.domain, writer.epoch);
            encoder.raw(writer.writer.as_bytes());
            encoder.raw(&writer.key.to_bytes());
            encoder.u8(writer.y_point.is_some().into());
            if let Some(y_point) = &writer.y_point {
                encoder.raw(&y_point.to_bytes());
            }
            encoder.u64(writer.seen.0);
            encoder.raw(&writer.seen.1);
        }
        encoder.count(self.policies.len());
        for policy in &self.policies {
            encode_scope(encoder, &policy.domain, policy.epoch);
            encoder.raw(policy.policy.as_bytes());
            encoder.u32(policy.version);
            encoder.long_bytes(&policy.header);
        }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut contents = Self::default();
        for _ in 0..decoder.count(8 + G2_BYTES, "number of live epochs")? {
            let (domain, epoch) = decode_scope(decoder)?;
            let pipeline = decoder.u16("pipeline version")?;
            contents.scopes.push(Scope { domain, epoch, pipeline, x_point: decode_g2(decoder, "X")? });
        }
        for _ in 0..decoder.count(95, "number of writers")? {
            let (domain, epoch) = decode_scope(decoder)?;
            let writer = WriterId::from_bytes(decoder.array("writer")?);
            let key = decode_key(decoder, "writer's key")?;
            let at = decoder.position();
            let lab = Decoder::checked(decoder.u8("kind of writer")?.into(), at, "kind of writer", 0, 1)?;
            let y_point = if lab == 1 { Some(decode_g2(decoder, "Y")?) } else { None };
            let seen = (decoder.u64("segments seen")?, decoder.array("last segment seen")?);
            contents.writers.push(WriterEntry { domain, epoch, writer, key, y_point, seen });
        }
        for _ in 0..decoder.count(31, "number of policies")? {
            let (domain, epoch) = decode_scope(decoder)?;
            let policy = PolicyId::from_bytes(decoder.array("policy")?);
            let version = decoder.u32("version of the share")?;
            let header = decoder.long_bytes(MAX_HEADER_BYTES, "wrapped seed")?.to_vec();
            contents.policies.push(PolicyEntry { domain, epoch, policy, version, header });
        }
        Ok(contents)
    }
}

pub(super) fn decode_g2(decoder: &mut Decoder<'_>, field: &'static str) -> Result<G2, DecodeError> {
    let at = decoder.position();
    let element = G2::from_bytes(&decoder.array::<G2_BYTES>(field)?);
    element.ok_or(Decoder::error_at(at, field, DecodeReason::InvalidPoint))
}

pub(super) fn decode_key(
    decoder: &mut Decoder<'_>,
    field: &'static str,
) -> Result<VerifyingKey, DecodeError> {
    let at = decoder.position();
    let key = VerifyingKey::from_bytes(&decoder.array(field)?);
    key.ok_or(Decoder::error_at(at, field, DecodeReason::InvalidVerifyingKey))
}

impl Head {
    pub(super) fn sign(
        key: &SigningKey,
        version: u64,
        signed_at: u64,
        not_after: u64,
        mut contents: HeadContents,
    ) -> Result<Self, HeadError> {
        contents.scopes.sort_by(|a, b| (&a.domain, a.epoch).cmp(&(&b.domain, b.epoch)));
        contents.writers.sort_by(|a, b| a.key_of().cmp(&b.key_of()));
        contents.policies.sort_by(|a, b| (&a.domain, a.epoch, a.policy).cmp(&(&b.domain, b.epoch, b.policy)));
        contents.check().map_err(HeadError::Contents)?;
        if version == 0 || not_after < signed_at {
            return Err(HeadError::Contents("versions count from 1, and a head ends after it begins"));
        }
        let owner = key.verifying_key();
        let collection = CollectionId::of(&owner);
        let mut head = Self {
            owner,
            collection,
            version,
            signed_at,
            not_after,
            contents,
            signature: [0; SIGNATURE_BYTES],
        };
        head.signature = key.sign(Label::IndexHeadSignature, &[&head.body()]);
        Ok(head)
    }

    /// The index.
    pub fn collection(&self) -> &CollectionId {
        &self.collection
    }

    /// 1, 2, ..
    pub fn version(&self) -> u64 {
        self.version
    }

    /// From when until when it is good, in seconds since 1970.
    pub fn validity(&self) -> (u64, u64) {
        (self.signed_at, self.not_after)
    }

    /// What it says.
    pub fn contents(&self) -> &HeadContents {
        &self.contents
    }

    /// Its hash: for the audit ledger.
    pub fn id(&self) -> [u8; 32] {
        hash(Label::IndexHeadId, &[&self.to_bytes()])
    }

    /// The live epochs of a domain, ascending.
    pub fn epochs<'h>(&'h self, domain: &Domain) -> impl Iterator<Item = Context> + use<'h> {
        let domain = domain.clone();
        let collection = self.collection;
        let scopes = self.contents.scopes.iter().filter(move |scope| scope.domain == domain);
        scopes.map(move |scope| Context {
            collection,
            domain: scope.domain.clone(),
            epoch: scope.epoch,
            pipeline: scope.pipeline,
        })
    }

    /// The newest epoch of a domain: the one to write into.
    pub fn newest(&self, domain: &Domain) -> Option<Context> {
        self.epochs(domain).last()
    }

    /// X of a context; `None` unless its epoch is live.
    pub(super) fn scope(&self, context: &Context) -> Option<&Scope> {
        self.contents.scopes.iter().find(|scope| {
            context.collection == self.collection
                && scope.domain == context.domain
                && scope.epoch == context.epoch
                && scope.pipeline == context.pipeline
        })
    }

    /// A writer of a context.
    pub(super) fn writer(&self, context: &Context, id: &WriterId) -> Option<&WriterEntry> {
        self.scope(context)?;
        let wanted = (&context.domain, context.epoch, id);
        self.contents.writers.iter().find(|writer| writer.key_of() == wanted)
    }

    /// The writers of a context.
    pub fn writers<'h>(&'h self, context: &'h Context) -> impl Iterator<Item = &'h WriterEntry> {
        let of = |writer: &&WriterEntry| writer.domain == context.domain && writer.epoch == context.epoch;
        self.contents.writers.iter().filter(of)
    }

    /// The wrapped seeds of a context.
    pub fn policies<'h>(&'h self, context: &'h Context) -> impl Iterator<Item = &'h PolicyEntry> {
        let of = |policy: &&PolicyEntry| policy.domain == context.domain && policy.epoch == context.epoch;
        self.contents.policies.iter().filter(of)
    }

    fn body(&self) -> Vec<u8> {
        let policies: usize = self.contents.policies.iter().map(|policy| 64 + policy.header.len()).sum();
        let lists = 160 * self.contents.scopes.len() + 256 * self.contents.writers.len() + policies;
        let mut encoder = Encoder::bare(128 + lists);
        encoder.raw(&self.owner.to_bytes());
        encoder.u64(self.version);
        encoder.u64(self.signed_at);
        encoder.u64(self.not_after);
        self.contents.encode(&mut encoder);
        encoder.finish()
    }

    /// The encoding: about 130 bytes, 110 to 140 for each live epoch, 110 to 210 for each writer, and the wrapped seeds.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::IndexHead, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes the head of the index `collection`, and verifies its signature. Whether it is the newest is for [`Heads`].
    ///
    /// # Errors
    /// [`HeadError::Malformed`], [`HeadError::OtherCollection`], [`HeadError::Signature`].
    pub fn from_bytes(bytes: &[u8], collection: &CollectionId) -> Result<Self, HeadError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexHead)?;
        let at = decoder.position();
        let owner = decode_key(&mut decoder, "owner's key")?;
        let found = CollectionId::of(&owner);
        if found != *collection {
            return Err(HeadError::OtherCollection { expected: *collection, found });
        }
        // The signature first: to check the points of a forged head would take a while.
        let signed = bytes.get(PROLOGUE_BYTES..).and_then(|body| body.split_last_chunk::<SIGNATURE_BYTES>());
        let (body, signature) = signed.unwrap_or((&[], &[0; SIGNATURE_BYTES]));
        if !owner.verifies(Label::IndexHeadSignature, &[body], signature) {
            return Err(HeadError::Signature);
        }
        let version = decoder.u64("version")?;
        let (signed_at, not_after) = (decoder.u64("time")?, decoder.u64("end")?);
        let contents = HeadContents::decode(&mut decoder)?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        let head = Self { owner, collection: found, version, signed_at, not_after, contents, signature };
        let canonical = |reason| Decoder::error_at(at, "contents", DecodeReason::NotCanonical(reason));
        head.contents.check().map_err(canonical)?;
        if version == 0 || not_after < signed_at {
            return Err(canonical("versions count from 1, and a head ends after it begins").into());
        }
        Ok(head)
    }

    /// The index of an encoded head, before anything of it is believed.
    pub(super) fn claimed_collection(bytes: &[u8]) -> Result<CollectionId, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexHead)?;
        Ok(CollectionId::of(&decode_key(&mut decoder, "owner's key")?))
    }

    /// Whether this one may follow `before`: newer, or the very same.
    pub(super) fn may_follow(&self, before: &Head) -> Result<(), HeadError> {
        if self.version < before.version {
            return Err(HeadError::RolledBack { found: self.version, seen: before.version });
        }
        if self.version == before.version && self != before {
            return Err(HeadError::Fork { version: self.version });
        }
        for scope in &self.contents.scopes {
            let same = |other: &&Scope| (&other.domain, other.epoch) == (&scope.domain, scope.epoch);
            if before.contents.scopes.iter().find(same).is_some_and(|former| former != scope) {
                let (domain, epoch) = (scope.domain.as_str().into(), scope.epoch.number());
                return Err(HeadError::KeyChanged { domain, epoch });
            }
        }
        Ok(())
    }
}

/// What somebody knows of an index: the newest head that was seen. `[SRCH-6.2]`
///
/// Keep the newest head over a restart: who forgets can be shown an old one that has not expired.
#[derive(Debug, Clone)]
pub struct Heads {
    collection: CollectionId,
    newest: Option<Arc<Head>>,
}

impl Heads {
    /// Nothing seen yet of this index.
    pub fn new(collection: CollectionId) -> Self {
        Self { collection, newest: None }
    }

    /// The index.
    pub fn collection(&self) -> &CollectionId {
        &self.collection
    }

    /// Takes note of a head, whoever brings it.
    ///
    /// # Errors
    /// [`HeadError`] says why to refuse it: then the one that was seen before stays.
    pub fn observe(&mut self, head: &[u8], now: u64) -> Result<Arc<Head>, HeadError> {
        let head = Head::from_bytes(head, &self.collection)?;
        if let Some(before) = &self.newest {
            head.may_follow(before)?;
        }
        good_at(&head, now)?;
        let head = Arc::new(head);
        self.newest = Some(Arc::clone(&head));
        Ok(head)
    }

    /// The newest head that was seen, also when it has expired: to keep.
    pub fn newest(&self) -> Option<&Arc<Head>> {
        self.newest.as_ref()
    }

    /// The newest head, if it is good now.
    ///
    /// # Errors
    /// [`HeadError::NoneSeen`], [`HeadError::Expired`].
    pub fn current(&self, now: u64) -> Result<Arc<Head>, HeadError> {
        let head = self.newest.as_ref().ok_or(HeadError::NoneSeen)?;
        good_at(head, now)?;
        Ok(Arc::clone(head))
    }
}

fn good_at(head: &Head, now: u64) -> Result<(), HeadError> {
    let (signed_at, not_after) = head.validity();
    if now.saturating_add(SKEW) < signed_at || now > not_after {
        return Err(HeadError::Expired { signed_at, not_after, now });
    }
    Ok(())
}

//! The server: takes heads and segments, hands them out, looks up tags. It knows no key. `[SRCH-9]`
//!
//! Nothing in this file is secret. Everything is a function over an [`IndexStore`]; what is to be changed comes back as a [`Batch`], for the caller
//! to commit together with what else belongs to it (an entry in a log, say).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::chain::Chain;
use super::context::{CollectionId, Context, Domain, IndexEpoch, WriterId, encode_scope};
use super::error::IndexError;
use super::head::{Head, WriterEntry};
use super::page::{Page, Part};
use super::remote::{Outline, RemoteQuery, look_up};
use super::segment::{Segment, SignedHeader};
use crate::codec::Encoder;
use crate::store::{Batch, Entry, Store, StoreError, Table};

/// What a server of indexes needs of a database: three functions. Every [`Store`] has them (`MemoryStore`, `RedbStore`).
pub trait IndexStore {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` entries whose keys begin with `prefix` and come after `after`, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_page(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError>;
}

impl<S: Store + ?Sized> IndexStore for S {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(Table::Segment, key)
    }

    fn read_page(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.page(Table::Segment, prefix, after, limit)
    }
}

const HEAD: u8 = b'h';
const TIP: u8 = b't';
const SEGMENT: u8 = b's';

fn head_key(collection: &CollectionId) -> Vec<u8> {
    [&[HEAD][..], collection.as_bytes()].concat()
}

/// Kind, index, domain, epoch: what the keys of all chains of a context begin with.
fn scope_key(kind: u8, collection: &CollectionId, domain: &Domain, epoch: IndexEpoch) -> Vec<u8> {
    let mut encoder = Encoder::bare(96);
    encoder.u8(kind);
    encoder.raw(collection.as_bytes());
    encode_scope(&mut encoder, domain, epoch);
    encoder.finish()
}

/// .. and the writer.
fn chain_key(
    kind: u8,
    collection: &CollectionId,
    domain: &Domain,
    epoch: IndexEpoch,
    writer: &WriterId,
) -> Vec<u8> {
    let mut key = scope_key(kind, collection, domain, epoch);
    key.extend_from_slice(writer.as_bytes());
    key
}

fn tip_key(context: &Context, writer: &WriterId) -> Vec<u8> {
    chain_key(TIP, &context.collection, &context.domain, context.epoch, writer)
}

fn segment_key(context: &Context, writer: &WriterId, sequence: u64) -> Vec<u8> {
    let mut key = chain_key(SEGMENT, &context.collection, &context.domain, context.epoch, writer);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// What has become of something that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored when the batch is committed.
    New,
    /// It was here already, byte for byte: nothing to do.
    Known,
}

/// The head of an index, as it is stored.
///
/// # Errors
/// [`IndexError::Store`], [`IndexError::Head`] if it is damaged.
pub fn head(
    store: &(impl IndexStore + ?Sized),
    collection: &CollectionId,
) -> Result<Option<Head>, IndexError> {
    let Some(bytes) = store.read(&head_key(collection))? else { return Ok(None) };
    Ok(Some(Head::from_bytes(&bytes, collection)?))
}

/// Takes a head, which brings an index into being or succeeds its former head. Chains of epochs that are not live any more go. `[SRCH-9.1]`
///
/// Whose index it is, the caller decides: a head proves no more than that it is signed by the owner of the index it names.
///
/// # Errors
/// [`IndexError::Head`] if it is not genuine, or rolled back, or a fork.
pub fn install(
    store: &(impl IndexStore + ?Sized),
    bytes: &[u8],
) -> Result<(Accepted, Batch, Head), IndexError> {
    let collection = Head::claimed_collection(bytes)?;
    let new = Head::from_bytes(bytes, &collection)?;
    let mut batch = Batch::new();
    if let Some(before) = head(store, &collection)? {
        new.may_follow(&before)?;
        if new == before {
            return Ok((Accepted::Known, batch, new));
        }
        let live = |domain: &Domain, epoch| {
            new.contents().scopes.iter().any(|scope| scope.domain == *domain && scope.epoch == epoch)
        };
        // Of every writer: also of one whom a head has left out in the meantime.
        for scope in before.contents().scopes.iter().filter(|scope| !live(&scope.domain, scope.epoch)) {
            for kind in [TIP, SEGMENT] {
                let prefix = scope_key(kind, &collection, &scope.domain, scope.epoch);
                remove_all(store, &prefix, None, &mut batch)?;
            }
        }
    }
    batch.put(Table::Segment, head_key(&collection), bytes);
    Ok((Accepted::New, batch, new))
}

fn remove_all(
    store: &(impl IndexStore + ?Sized),
    prefix: &[u8],
    until: Option<&[u8]>,
    batch: &mut Batch,
) -> Result<(), IndexError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.read_page(prefix, after.as_deref(), 256)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (key, _) in page {
            if until.is_some_and(|until| key.as_slice() >= until) {
                return Ok(());
            }
            batch.remove(Table::Segment, key);
        }
    }
}

/// The header of the newest segment of a chain.
fn tip(
    store: &(impl IndexStore + ?Sized),
    context: &Context,
    writer: &WriterId,
) -> Result<Option<SignedHeader>, IndexError> {
    let Some(bytes) = store.read(&tip_key(context, writer))? else { return Ok(None) };
    let mut decoder = crate::codec::Decoder::new(&bytes);
    let tip = SignedHeader::decode(&mut decoder)?;
    decoder.finish()?;
    Ok(Some(tip))
}

/// Takes a segment: the next of its writer's chain, or one that is here already. `[SRCH-9.2]`
///
/// # Errors
/// [`IndexError`] says why not; [`IndexError::Fork`] is to be told to the owner.
pub fn append(
    store: &(impl IndexStore + ?Sized),
    head: &Head,
    bytes: &[u8],
) -> Result<(Accepted, Batch), IndexError> {
    let segment = Segment::from_bytes(bytes)?;
    let header = segment.header();
    let (context, writer) = (&header.context, header.writer);
    if context.collection != *head.collection() {
        return Err(IndexError::NoCollection);
    }
    if head.scope(context).is_none() {
        let (domain, epoch) = (context.domain.as_str().into(), context.epoch.number());
        return Err(IndexError::EpochClosed { domain, epoch });
    }
    let entry = head.writer(context, &writer).ok_or(IndexError::NotInHead { writer })?;
    if !segment.signed.is_signed_by(&entry.key) {
        return Err(IndexError::Signature { writer });
    }
    let tip = tip(store, context, &writer)?;
    let (expected, previous, first) = match &tip {
        Some(tip) => (tip.header.sequence.saturating_add(1), tip.header.id(), tip.header.first),
        None => (0, [0; 32], 0),
    };
    let (sequence, batch) = (header.sequence, Batch::new());
    if sequence < expected {
        return match store.read(&segment_key(context, &writer, sequence))? {
            Some(known) if known == bytes => Ok((Accepted::Known, batch)),
            // What was merged away cannot be compared any more; nobody needs it.
            None if sequence < first => Ok((Accepted::Known, batch)),
            _ => Err(IndexError::Fork { writer, sequence }),
        };
    }
    if sequence > expected {
        return Err(IndexError::Gap { writer, expected, found: sequence });
    }
    if header.previous != previous || header.first < first {
        return Err(IndexError::Fork { writer, sequence });
    }
    let mut batch = batch;
    if header.first > first {
        if !entry.is_owner() {
            return Err(IndexError::NotOwner { writer });
        }
        let prefix = chain_key(SEGMENT, &context.collection, &context.domain, context.epoch, &writer);
        remove_all(store, &prefix, Some(&segment_key(context, &writer, header.first)), &mut batch)?;
    }
    let mut encoder = Encoder::bare(320);
    segment.signed.encode(&mut encoder);
    batch.put(Table::Segment, tip_key(context, &writer), encoder.finish());
    batch.insert(Table::Segment, segment_key(context, &writer, sequence), bytes);
    Ok((Accepted::New, batch))
}

/// Segments of a context from the given positions on, about `limit` bytes of them, for [`Mirror::extend`](super::Mirror::extend). `[SRCH-9.3]`
///
/// # Errors
/// [`IndexError::Store`]; [`IndexError::Damaged`] if a segment is missing.
pub fn page(
    store: &(impl IndexStore + ?Sized),
    head: &Head,
    context: &Context,
    positions: &[(WriterId, u64)],
    limit: usize,
) -> Result<Vec<u8>, IndexError> {
    let positions: BTreeMap<&WriterId, u64> =
        positions.iter().map(|(writer, next)| (writer, *next)).collect();
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for WriterEntry { writer, .. } in head.writers(context) {
        let tip = tip(store, context, writer)?;
        let mut segments = Vec::new();
        if let Some(tip) = &tip {
            let mut next = positions.get(writer).copied().unwrap_or(0).max(tip.header.first);
            while next <= tip.header.sequence && bytes < limit {
                let segment = store.read(&segment_key(context, writer, next))?;
                let segment = segment
                    .ok_or(IndexError::Damaged("a segment of a chain is missing: restore a backup"))?;
                bytes += segment.len();
                segments.push(segment);
                next += 1;
            }
        }
        parts.push(Part { writer: *writer, tip, segments });
    }
    Ok(Page { context: context.clone(), parts }.to_bytes())
}

/// Looks all chains of an index over: how many segments there are, and their bytes. Changes nothing. `[SRCH-9.6]`
///
/// # Errors
/// [`IndexError::Damaged`], [`IndexError::Signature`] or [`IndexError::Malformed`] names the first thing that is wrong.
pub fn check(store: &(impl IndexStore + ?Sized), head: &Head) -> Result<(u64, u64), IndexError> {
    let (mut segments, mut bytes) = (0, 0);
    for scope in &head.contents().scopes {
        let context = Context {
            collection: *head.collection(),
            domain: scope.domain.clone(),
            epoch: scope.epoch,
            pipeline: scope.pipeline,
        };
        for entry in head.writers(&context) {
            let prefix =
                chain_key(SEGMENT, &context.collection, &context.domain, context.epoch, &entry.writer);
            let Some(tip) = tip(store, &context, &entry.writer)? else {
                if !store.read_page(&prefix, None, 1)?.is_empty() {
                    return Err(IndexError::Damaged("a chain has segments and no end: restore a backup"));
                }
                continue;
            };
            let (mut expected, mut last): (u64, Option<SignedHeader>) = (tip.header.first, None);
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = store.read_page(&prefix, after.as_deref(), 256)?;
                let Some((key, _)) = page.last() else { break };
                after = Some(key.clone());
                for (key, value) in &page {
                    let segment = Segment::from_bytes(value)?;
                    let header = segment.header();
                    let follows = last.as_ref().is_none_or(|last| last.header.id() == header.previous)
                        && header.sequence == expected;
                    if !follows
                        || *key != segment_key(&header.context, &header.writer, expected)
                        || header.context != context
                    {
                        return Err(IndexError::Damaged(
                            "a chain has a gap, or a segment of another chain: restore a backup",
                        ));
                    }
                    if !segment.signed.is_signed_by(&entry.key) {
                        return Err(IndexError::Signature { writer: entry.writer });
                    }
                    last = Some(segment.signed);
                    expected = expected.saturating_add(1);
                    (segments, bytes) = (segments + 1, bytes + value.len() as u64);
                }
            }
            if last.as_ref() != Some(&tip) {
                return Err(IndexError::Damaged("a chain does not end where it should: restore a backup"));
            }
        }
    }
    Ok((segments, bytes))
}

/// The chains of a context in memory, for a server that looks up tags. `[SRCH-9.4]`
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    chains: BTreeMap<WriterId, Chain>,
}

impl Shelf {
    /// Loads what is stored of a context, or what is new since it was loaded.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn load(
        &mut self,
        store: &(impl IndexStore + ?Sized),
        head: &Head,
        context: &Context,
    ) -> Result<(), IndexError> {
        for WriterEntry { writer, .. } in head.writers(context) {
            let Some(tip) = tip(store, context, writer)? else { continue };
            let chain = self.chains.entry(*writer).or_default();
            if chain.next() < tip.header.first {
                *chain = Chain::default();
            }
            let mut next = chain.next().max(tip.header.first);
            while next <= tip.header.sequence {
                let bytes = store.read(&segment_key(context, writer, next))?;
                let bytes =
                    bytes.ok_or(IndexError::Damaged("a segment of a chain is missing: restore a backup"))?;
                chain.push(&Segment::from_bytes(&bytes)?);
                next += 1;
            }
            chain.drop_before(tip.header.first);
        }
        Ok(())
    }

    /// What it holds, in bytes, roughly.
    pub fn bytes(&self) -> usize {
        self.chains.values().map(|chain| 28 * chain.slots() + 320 * chain.len()).sum()
    }

    /// The nonces of all segments, for a reader who has none.
    pub fn outline(&self) -> Outline {
        let of = |(writer, chain): (&WriterId, &Chain)| (*writer, (chain.first(), chain.nonces().to_vec()));
        Outline { chains: self.chains.iter().map(of).collect() }
    }

    /// Looks up the tags of a query.
    ///
    /// # Errors
    /// [`IndexError::Malformed`].
    pub fn answer(&self, query: &[u8]) -> Result<Vec<u8>, IndexError> {
        Ok(look_up(&self.chains, &RemoteQuery::from_bytes(query)?).to_bytes())
    }
}

/// The context that a query is about.
///
/// # Errors
/// [`IndexError::Malformed`].
pub fn context_of(query: &[u8]) -> Result<Context, IndexError> {
    Ok(RemoteQuery::from_bytes(query)?.context)
}

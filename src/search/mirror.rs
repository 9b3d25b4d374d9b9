//! A reader's mirror of an index: all segments, verified as they come; searched without asking anybody. `[SRCH-7.3]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::borrow::Borrow;

use rand_core::CryptoRng;

use super::chain::Chain;
use super::context::{CollectionId, Context, Domain, Handle, IndexEpoch, WriterId};
use super::error::{QueryError, SyncError, WriteError};
use super::head::{Head, WriterEntry};
use super::hits::{Complete, Found, Hits};
use super::keyword::Keyword;
use super::page::Page;
use super::profile::LeakageProfile;
use super::segment::{Segment, SignedHeader};
use super::slot::{Entry, Op};
use super::trapdoor::{ContextKeys, EntryKeys, Trapdoor};
use super::writer::IndexWriter;
use crate::merkle::Hash;

/// Where a chain belongs.
pub(super) type ChainId = (Domain, IndexEpoch, WriterId);

pub(super) fn chain_id(context: &Context, writer: &WriterId) -> ChainId {
    (context.domain.clone(), context.epoch, *writer)
}

/// Where the mirror of a chain ends, and how far it is known to go.
#[derive(Debug, Clone, Default)]
struct Mirrored {
    chain: Chain,
    /// Segments that are known to exist, by the last signed tip, and the id of the last of them.
    known: (u64, Hash),
}

/// How far a mirror has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Everything that is known to exist is here.
    Complete,
    /// There is more: ask again.
    More,
}

/// All segments of an index, as far as they were synced. Holds nothing secret.
///
/// What comes in was checked against the head: chains without gaps, hashes, signatures. So what is *not* found in it is not there: an empty
/// answer is as good as another. Two things no mirror can know: segments that were written after the head was signed, by writers of whom
/// the server shows nothing newer; and what the server itself has not been sent yet.
#[derive(Debug, Clone)]
pub struct Mirror {
    collection: CollectionId,
    chains: BTreeMap<ChainId, Mirrored>,
}

impl Mirror {
    /// An empty mirror.
    pub fn new(collection: CollectionId) -> Self {
        Self { collection, chains: BTreeMap::new() }
    }

    /// The index.
    pub fn collection(&self) -> &CollectionId {
        &self.collection
    }

    /// Segments and slots that are here, padding included.
    pub fn size(&self) -> (usize, usize) {
        let chains = self.chains.values().map(|mirrored| &mirrored.chain);
        chains.fold((0, 0), |(segments, slots), chain| (segments + chain.len(), slots + chain.slots()))
    }

    /// What to ask the server for: every writer of the context, and the number of the segment that is wanted next.
    pub fn positions(&self, head: &Head, context: &Context) -> Vec<(WriterId, u64)> {
        let next = |writer: &WriterEntry| {
            self.chains.get(&chain_id(context, &writer.writer)).map_or(0, |mirrored| mirrored.chain.next())
        };
        head.writers(context).map(|writer| (writer.writer, next(writer))).collect()
    }

    /// Takes a page of segments that a server has sent; all of it or nothing. `[SRCH-7.3]`
    ///
    /// # Errors
    /// [`SyncError`] says what the server has lost, changed or made up. The mirror is what it was before.
    pub fn extend(&mut self, head: &Head, context: &Context, page: &[u8]) -> Result<Progress, SyncError> {
        let page = Page::from_bytes(page)?;
        if page.context != *context || *head.collection() != self.collection || head.scope(context).is_none()
        {
            return Err(SyncError::NotAsked);
        }
        // All of it is verified before any of it is taken.
        let none = Mirrored::default();
        let mut steps = BTreeMap::new();
        for part in page.parts {
            let entry =
                head.writer(context, &part.writer).ok_or(SyncError::Foreign { writer: part.writer })?;
            let id = chain_id(context, &part.writer);
            let segments = part.segments.iter().map(|bytes| Segment::from_bytes(bytes));
            let segments: Vec<Segment> = segments.collect::<Result<_, _>>()?;
            let mirrored = self.chains.get(&id).unwrap_or(&none);
            let step = Step::verified(mirrored, entry, context, part.tip.as_ref(), segments)?;
            if steps.insert(id, step).is_some() {
                return Err(SyncError::NotAsked);
            }
        }
        // Silence about a writer is no news: that nothing of it exists must be said.
        if head.writers(context).any(|entry| !steps.contains_key(&chain_id(context, &entry.writer))) {
            return Err(SyncError::NotAsked);
        }
        let lagging = steps.iter().find(|(_, step)| step.next < step.known.0);
        let progress = if lagging.is_some() { Progress::More } else { Progress::Complete };
        if let Some(((_, _, writer), step)) = lagging
            && steps.values().all(|step| step.segments.is_empty())
        {
            return Err(SyncError::Truncated { writer: *writer, found: step.next, known: step.known.0 });
        }
        for (id, step) in steps {
            step.apply(self.chains.entry(id).or_default());
        }
        Ok(progress)
    }

    /// Whether there are segments of a writer here: without them no key of his entries is needed.
    pub fn has_written(&self, context: &Context, writer: &WriterId) -> bool {
        self.written(context, writer).is_some()
    }

    /// What a writer has written, if anything.
    fn written(&self, context: &Context, writer: &WriterId) -> Option<&Chain> {
        let chain = &self.chains.get(&chain_id(context, writer))?.chain;
        (chain.len() > 0).then_some(chain)
    }

    /// Forgets what is of no live epoch any more.
    pub fn retain_live(&mut self, head: &Head) {
        self.chains.retain(|(domain, epoch, _), _| {
            head.contents().scopes.iter().any(|scope| scope.domain == *domain && scope.epoch == *epoch)
        });
    }

    /// Whether everything that is known to exist in this context is here: by the head, and by the signed tips that the server has shown.
    ///
    /// # Errors
    /// [`SyncError::NeverSynced`], [`SyncError::Truncated`] or [`SyncError::Fork`] names the writer.
    pub fn is_complete(&self, head: &Head, context: &Context) -> Result<(), SyncError> {
        for entry in head.writers(context) {
            let mirrored = self.chains.get(&chain_id(context, &entry.writer));
            let mirrored = mirrored.ok_or(SyncError::NeverSynced { writer: entry.writer })?;
            check_seen(mirrored, entry)?;
            let (found, known) = (mirrored.chain.next(), mirrored.known.0.max(entry.seen.0));
            if found < known {
                return Err(SyncError::Truncated { writer: entry.writer, found, known });
            }
        }
        Ok(())
    }

    /// What is found under a keyword in one context: complete. `[SRCH-7.4]`
    ///
    /// # Errors
    /// [`QueryError::Incomplete`] if segments are missing, or keys of a writer whom the head names.
    pub fn search(&self, head: &Head, keys: &EntryKeys) -> Result<Hits<Complete>, QueryError> {
        self.search_epochs(head, core::slice::from_ref(keys))
    }

    /// What is found under a keyword in the live epochs of one domain together: what the owner has deleted in one of them is deleted in the
    /// other, too, which is not so if the findings of each are joined. `[SRCH-7.4]`
    ///
    /// # Errors
    /// As [`search`](Self::search); [`QueryError::NoTrapdoor`] if `keys` are not all of one keyword and domain, [`QueryError::Empty`] if
    /// there are none.
    pub fn search_epochs<K: Borrow<EntryKeys>>(
        &self,
        head: &Head,
        keys: &[K],
    ) -> Result<Hits<Complete>, QueryError> {
        let keys: Vec<&EntryKeys> = keys.iter().map(Borrow::borrow).collect();
        if keys.is_empty() {
            return Err(QueryError::Empty);
        }
        let mut found = Found::default();
        for one in &keys {
            let context = &one.context;
            let same = |other: &&EntryKeys| {
                (&other.keyword, &other.context.domain) == (&one.keyword, &context.domain)
            };
            if !keys.iter().all(same) {
                let (field, epoch) = (one.keyword.field().into(), context.epoch.number());
                return Err(QueryError::NoTrapdoor { field, epoch });
            }
            let incomplete = || QueryError::Incomplete(super::context::shown(context));
            if head.scope(context).is_none() || self.is_complete(head, context).is_err() {
                return Err(incomplete());
            }
            for entry in head.writers(context) {
                let Some(chain) = self.written(context, &entry.writer) else { continue };
                let key = one.keys.get(&entry.writer).ok_or_else(incomplete)?;
                found.writer(entry);
                chain.search(key, |entry| found.add(entry));
            }
        }
        Ok(found.hits())
    }

    /// All entries that one writer has made under these keywords, deletions included.
    fn entries_of(
        &self,
        context: &Context,
        writer: &WriterId,
        trapdoors: &[Trapdoor],
        keys: &ContextKeys,
    ) -> Vec<(Keyword, Vec<Entry>)> {
        let Some(mirrored) = self.chains.get(&chain_id(context, writer)) else { return Vec::new() };
        let mut found = Vec::new();
        for trapdoor in trapdoors {
            let entry_keys = trapdoor.entry_keys(keys);
            let mut entries = Vec::new();
            if let Some(key) = entry_keys.as_ref().and_then(|keys| keys.keys.get(writer)) {
                mirrored.chain.search(key, |entry| entries.push(entry));
            }
            found.push((trapdoor.keyword().clone(), entries));
        }
        found
    }

    /// Replaces all segments of one of the owner's devices by as few as the profile allows. `[SRCH-9.5]`
    ///
    /// `trapdoors` are those of all keywords that the device has ever written: every entry must be recovered, or nothing is done. What was
    /// added and deleted on the same device is left out; that it was deleted is not. Save the writer, send the new segments; the server drops the old ones with the last of them.
    /// How many segments there are now.
    ///
    /// # Errors
    /// [`WriteError::NotOwner`], [`WriteError::Unconfirmed`], [`WriteError::NotMirrored`], [`WriteError::KeywordsMissing`], and those of
    /// [`IndexWriter::flush`].
    pub fn merge(
        &self,
        head: &Head,
        writer: &mut IndexWriter,
        trapdoors: &[Trapdoor],
        profile: &LeakageProfile,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, WriteError> {
        let context = writer.context().clone();
        if head.writer(&context, writer.id()).is_some_and(|entry| !entry.is_owner()) {
            return Err(WriteError::NotOwner);
        }
        if writer.unconfirmed() > 0 || writer.waiting() > 0 {
            return Err(WriteError::Unconfirmed(writer.unconfirmed().max(1)));
        }
        let closed = WriteError::EpochClosed { epoch: context.epoch.number() };
        let keys = ContextKeys::new(head, &context).ok_or(closed)?;
        let chain = self.chains.get(&chain_id(&context, writer.id())).map(|mirrored| &mirrored.chain);
        let mirrored =
            chain.is_some_and(|chain| chain.next() == writer.segments() && chain.first() == writer.first());
        if !mirrored {
            return Err(WriteError::NotMirrored);
        }
        let unique: BTreeMap<&Keyword, &Trapdoor> =
            trapdoors.iter().filter(|t| *t.context() == context).map(|t| (t.keyword(), t)).collect();
        let mut entries = Vec::new();
        for trapdoor in unique.into_values() {
            entries.extend(self.entries_of(&context, writer.id(), core::slice::from_ref(trapdoor), &keys));
        }
        let (found, written) = (entries.iter().map(|(_, e)| e.len() as u64).sum(), writer.entries_written());
        if found != written {
            return Err(WriteError::KeywordsMissing { found, written });
        }
        for (_, entries) in &mut entries {
            drop_deleted(entries);
        }
        writer.supersede(head, entries, profile, rng)
    }

    /// All that stands in a context under these keywords, whoever wrote it: for the owner, who carries it over into the next epoch
    /// before she closes this one. Keywords without a finding are left out. `[SRCH-10]`
    ///
    /// # Errors
    /// [`QueryError::Incomplete`]; [`QueryError::NoTrapdoor`] for a trapdoor of another context: nothing is left out in silence.
    pub fn recover(
        &self,
        head: &Head,
        keys: &ContextKeys,
        trapdoors: &[Trapdoor],
    ) -> Result<Vec<(Keyword, Hits<Complete>)>, QueryError> {
        let mut recovered = Vec::new();
        for trapdoor in trapdoors {
            let other = || QueryError::NoTrapdoor {
                field: trapdoor.keyword().field().into(),
                epoch: keys.context().epoch.number(),
            };
            let entry_keys = trapdoor.entry_keys(keys).ok_or_else(other)?;
            let hits = self.search(head, &entry_keys)?;
            if !hits.is_empty() {
                recovered.push((trapdoor.keyword().clone(), hits));
            }
        }
        Ok(recovered)
    }

    /// How far each writer of a context has come here: segments, and the id of the last. For the owner's next head.
    pub fn note_in(&self, entry: &mut WriterEntry) {
        let id = (entry.domain.clone(), entry.epoch, entry.writer);
        let chain = self.chains.get(&id).map(|mirrored| &mirrored.chain);
        if let Some((chain, last)) = chain.and_then(|chain| Some((chain, chain.last()?))) {
            entry.note_seen(chain.next(), last.header.id());
        }
    }
}

/// Additions that were deleted by the same writer go. The deletions stay, each once: they count for what others have added, or will.
fn drop_deleted(entries: &mut Vec<Entry>) {
    let deleted: BTreeSet<Handle> =
        entries.iter().filter(|entry| entry.op == Op::Delete).map(|entry| entry.handle).collect();
    let mut kept = BTreeSet::new();
    entries.retain(|entry| match entry.op {
        Op::Add => !deleted.contains(&entry.handle),
        Op::Delete => kept.insert(entry.handle),
    });
}

/// What a server has sent of a chain, verified.
struct Step {
    segments: Vec<Segment>,
    /// The former segments are not needed: these begin after them.
    restart: bool,
    /// Where the chain ends then.
    next: u64,
    /// Segments that are known to exist, and the id of the last.
    known: (u64, Hash),
    /// Segments before this one are not needed.
    first: u64,
}

impl Step {
    fn verified(
        mirrored: &Mirrored,
        entry: &WriterEntry,
        context: &Context,
        tip: Option<&SignedHeader>,
        segments: Vec<Segment>,
    ) -> Result<Self, SyncError> {
        let writer = entry.writer;
        let chain = &mirrored.chain;
        let known = mirrored.known.0.max(entry.seen.0);
        let Some(tip) = tip else {
            // It is said that there is nothing.
            if known > 0 || !segments.is_empty() {
                return Err(SyncError::Truncated { writer, found: 0, known });
            }
            return Ok(Self { segments, restart: false, next: 0, known: (0, Hash::default()), first: 0 });
        };
        let header = &tip.header;
        if header.writer != writer || header.context != *context {
            return Err(SyncError::Foreign { writer: header.writer });
        }
        if !tip.is_signed_by(&entry.key) {
            return Err(SyncError::Signature { writer, sequence: header.sequence });
        }
        // What a lab has written stays: with a server's help it could hide it otherwise.
        if header.first > 0 && !entry.is_owner() {
            return Err(SyncError::Broken { writer, expected: 0, found: header.first });
        }
        let count = header.sequence.saturating_add(1);
        if count < known {
            return Err(SyncError::Truncated { writer, found: count, known });
        }
        // Nobody but the owner supersedes segments.
        if header.first > 0 && !entry.is_owner() {
            return Err(SyncError::Broken { writer, expected: 0, found: header.first });
        }
        // What the tip says is not needed may be left out.
        let restart = !segments.is_empty() && header.first > chain.next();
        let begins = if restart { header.first } else { chain.next() };
        chain.check(&segments, context, &writer, &entry.key, begins)?;
        let next = begins.saturating_add(segments.len() as u64);
        if next > count {
            return Err(SyncError::Broken { writer, expected: header.sequence, found: next });
        }
        let last = segments.last().map(|segment| &segment.signed).or(chain.last());
        if next == count && last != Some(tip) {
            return Err(SyncError::Fork { writer, sequence: header.sequence });
        }
        // What the owner has seen, and what a signed tip has shown before, holds when its segments come, or another tip in its place.
        let tip_id = (count, header.id());
        for (count, expected) in [entry.seen, mirrored.known] {
            let Some(sequence) = count.checked_sub(1) else { continue };
            let of = |segment: &&Segment| segment.header().sequence == sequence;
            let id = segments.iter().find(of).map(|segment| segment.header().id()).or(chain.id(sequence));
            let id = id.or((tip_id.0 == count).then_some(tip_id.1));
            if id.is_some_and(|id| id != expected) {
                return Err(SyncError::Fork { writer, sequence });
            }
        }
        let first = if next == count { header.first } else { 0 };
        Ok(Self { segments, restart, next, known: tip_id, first })
    }

    fn apply(self, mirrored: &mut Mirrored) {
        if self.restart {
            mirrored.chain = Chain::default();
        }
        self.segments.iter().for_each(|segment| mirrored.chain.push(segment));
        mirrored.chain.drop_before(self.first);
        mirrored.known = self.known;
    }
}

/// The segment that the owner has seen last must be the one that is here.
fn check_seen(mirrored: &Mirrored, entry: &WriterEntry) -> Result<(), SyncError> {
    let (count, id) = entry.seen;
    let Some(sequence) = count.checked_sub(1) else { return Ok(()) };
    match mirrored.chain.id(sequence) {
        Some(here) if here != id => Err(SyncError::Fork { writer: entry.writer, sequence }),
        _ => Ok(()),
    }
}

//! Search by a server: it looks up tags, and proves that what it returns was written; not that it has returned everything. `[SRCH-7.5]`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::chain::Chain;
use super::context::{Context, WriterId};
use super::error::SyncError;
use super::head::Head;
use super::hits::{Found, Hits, Sound};
use super::segment::{MAX_SLOTS, SignedHeader, path_of};
use super::slot::{Entry, NONCE_BYTES, Nonce, SLOT_BYTES, Slot, TAG_BYTES, Tag};
use super::trapdoor::EntryKeys;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::merkle::{Hash, leaf_hash, verify_inclusion};

/// Occurrences that are asked for at once, in a segment that has the first.
const FURTHER: u32 = 4;

/// What a phone needs to know of a context before it asks: the nonces of its segments, 12 bytes each. Nothing of it is proved. `[SRCH-7.5]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// For each writer the number of the first segment, and the nonces from there on.
    pub(super) chains: BTreeMap<WriterId, (u64, Vec<Nonce>)>,
}

/// Tags to look up: for each run the writer, the number of a segment, and tags of that one and those after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteQuery {
    pub(super) context: Context,
    pub(super) runs: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) writer: WriterId,
    pub(super) start: u64,
    pub(super) tags: Vec<Tag>,
}

/// What a server has found: slots, where they stand, and the path to the root that the writer has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteAnswer {
    pub(super) matches: Vec<Match>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) segment: SignedHeader,
    pub(super) place: u32,
    pub(super) slot: Slot,
    pub(super) path: Vec<Hash>,
}

impl Outline {
    /// Segments that it names.
    pub fn segments(&self) -> usize {
        self.chains.values().map(|(_, nonces)| nonces.len()).sum()
    }

    /// The encoding: 28 bytes for each writer, 12 for each segment.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(4 + 28 * self.chains.len() + NONCE_BYTES * self.segments());
        encoder.count(self.chains.len());
        for (writer, (first, nonces)) in &self.chains {
            encoder.raw(writer.as_bytes());
            encoder.u64(*first);
            encoder.count(nonces.len());
            nonces.iter().for_each(|nonce| encoder.raw(nonce));
        }
        encoder.finish()
    }

    /// Decodes an outline.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::new(bytes);
        let mut chains = BTreeMap::new();
        for _ in 0..decoder.count(28, "number of writers")? {
            let at = decoder.position();
            let writer = WriterId::from_bytes(decoder.array("writer")?);
            if chains.last_key_value().is_some_and(|(last, _)| *last >= writer) {
                return Err(Decoder::error_at(at, "writer", crate::error::DecodeReason::NotAscending));
            }
            let first = decoder.u64("first segment")?;
            let count = decoder.count(NONCE_BYTES, "number of segments")?;
            let nonces = (0..count).map(|_| decoder.array("nonce")).collect::<Result<_, _>>()?;
            chains.insert(writer, (first, nonces));
        }
        decoder.finish()?;
        Ok(Self { chains })
    }
}

impl RemoteQuery {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let tags: usize = self.runs.iter().map(|run| 28 + TAG_BYTES * run.tags.len()).sum();
        let mut encoder = Encoder::object(Kind::RemoteQuery, 80 + tags);
        self.context.encode(&mut encoder);
        encoder.count(self.runs.len());
        for run in &self.runs {
            encoder.raw(run.writer.as_bytes());
            encoder.u64(run.start);
            encoder.count(run.tags.len());
            run.tags.iter().for_each(|tag| encoder.raw(tag));
        }
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::RemoteQuery)?;
        let context = Context::decode(&mut decoder)?;
        let mut runs = Vec::new();
        for _ in 0..decoder.count(28, "number of runs")? {
            let writer = WriterId::from_bytes(decoder.array("writer")?);
            let start = decoder.u64("segment")?;
            let count = decoder.count(TAG_BYTES, "number of tags")?;
            let tags = (0..count).map(|_| decoder.array("tag")).collect::<Result<_, _>>()?;
            runs.push(Run { writer, start, tags });
        }
        decoder.finish()?;
        Ok(Self { context, runs })
    }
}

impl RemoteAnswer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let size: usize = self.matches.iter().map(|found| 350 + 32 * found.path.len()).sum();
        let mut encoder = Encoder::object(Kind::RemoteAnswer, 4 + size);
        encoder.count(self.matches.len());
        for found in &self.matches {
            found.segment.encode(&mut encoder);
            encoder.u32(found.place);
            encoder.raw(&found.slot);
            encoder.u8(u8::try_from(found.path.len()).unwrap_or(u8::MAX));
            found.path.iter().for_each(|hash| encoder.raw(hash));
        }
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::RemoteAnswer)?;
        let mut matches = Vec::new();
        for _ in 0..decoder.count(200, "number of slots")? {
            let segment = SignedHeader::decode(&mut decoder)?;
            let place = decoder.u32("place")?;
            let slot = decoder.array::<SLOT_BYTES>("slot")?;
            let at = decoder.position();
            let levels =
                Decoder::checked(decoder.u8("length of the path")?.into(), at, "length of the path", 0, 16)?;
            let path = (0..levels).map(|_| decoder.array("hash")).collect::<Result<_, _>>()?;
            matches.push(Match { segment, place, slot, path });
        }
        decoder.finish()?;
        Ok(Self { matches })
    }
}

/// The server's part: 60 ns a tag, and the proofs of what is found.
pub(super) fn look_up(chains: &BTreeMap<WriterId, Chain>, query: &RemoteQuery) -> RemoteAnswer {
    let mut matches = Vec::new();
    for run in &query.runs {
        let Some(chain) = chains.get(&run.writer) else { continue };
        for (sequence, tag) in (run.start..).zip(&run.tags) {
            let Some(index) = chain.index(sequence) else { continue };
            let Some(place) = chain.find(index, tag) else { continue };
            let slots = chain.slots_of(index);
            let proof = chain.header(index).zip(slots.get(place)).zip(path_of(slots, place));
            if let Some(((segment, slot), path)) = proof {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                matches.push(Match { segment: segment.clone(), place, slot: *slot, path });
            }
        }
    }
    RemoteAnswer { matches }
}

/// A remote search that is under way: ask, read, and ask again for further occurrences, until it is done. `[SRCH-7.5]`
#[must_use = "send the query, and read the answer"]
pub struct RemoteSearch<'k> {
    keys: &'k EntryKeys,
    query: Vec<u8>,
    /// Where the tags that were asked for belong: writer, segment, occurrence.
    asked: BTreeMap<(WriterId, u64, Tag), u32>,
    found: BTreeMap<WriterId, Vec<Entry>>,
}

/// What an answer has led to.
#[derive(Debug)]
pub enum Remote<'k> {
    /// There may be further occurrences: send the next query.
    More(RemoteSearch<'k>),
    /// All of the server's answers are in.
    Done(Hits<Sound>),
}

impl core::fmt::Debug for RemoteSearch<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RemoteSearch(..)")
    }
}

impl<'k> RemoteSearch<'k> {
    /// Begins: one tag of 8 bytes for every segment that exists.
    pub fn new(keys: &'k EntryKeys, outline: &Outline) -> Self {
        let (mut runs, mut asked) = (Vec::new(), BTreeMap::new());
        for (writer, (first, nonces)) in &outline.chains {
            let Some(key) = keys.keys.get(writer) else { continue };
            let mut tags = Vec::with_capacity(nonces.len());
            key.tags(nonces, |index, tag| {
                asked.insert((*writer, first.saturating_add(index as u64), tag), 0);
                tags.push(tag);
            });
            if !tags.is_empty() {
                runs.push(Run { writer: *writer, start: *first, tags });
            }
        }
        let query = RemoteQuery { context: keys.context.clone(), runs }.to_bytes();
        Self { keys, query, asked, found: BTreeMap::new() }
    }

    /// The bytes for the server.
    pub fn query(&self) -> &[u8] {
        &self.query
    }

    /// Reads an answer: verifies each slot up to the signature of its writer, whom the head must name.
    ///
    /// # Errors
    /// [`SyncError`] names the lie. Then nothing was found.
    pub fn read(mut self, head: &Head, answer: &[u8]) -> Result<Remote<'k>, SyncError> {
        let answer = RemoteAnswer::from_bytes(answer)?;
        let context = &self.keys.context;
        let (mut runs, mut next) = (Vec::new(), BTreeMap::new());
        for found in &answer.matches {
            let header = &found.segment.header;
            let (writer, sequence) = (header.writer, header.sequence);
            let foreign = SyncError::Foreign { writer };
            if header.context != *context {
                return Err(foreign);
            }
            let entry = head.writer(context, &writer).ok_or(foreign)?;
            let key = self.keys.keys.get(&writer).ok_or(SyncError::Foreign { writer })?;
            let (tag, _) = found.slot.split_first_chunk::<TAG_BYTES>().ok_or(SyncError::NotAsked)?;
            let occurrence = self.asked.remove(&(writer, sequence, *tag)).ok_or(SyncError::NotAsked)?;
            if !found.segment.is_signed_by(&entry.key) {
                return Err(SyncError::Signature { writer, sequence });
            }
            let leaf = leaf_hash(&[&found.slot]);
            let (place, count) = (found.place.into(), header.count.into());
            let proved = verify_inclusion(&header.root, &leaf, place, count, &found.path);
            // With another nonce it would be the tag of something else.
            if !proved || key.tag(&header.nonce, occurrence) != *tag {
                return Err(SyncError::Proof { writer, sequence });
            }
            if let Some(entry) = key.open(&header.nonce, occurrence, &found.slot) {
                self.found.entry(writer).or_default().push(entry);
            }
            // After the last occurrence that was asked for, there may be more.
            if occurrence % FURTHER == 0 {
                for further in 1..=FURTHER {
                    let tag = key.tag(&header.nonce, occurrence + further);
                    next.insert((writer, sequence, tag), occurrence + further);
                    runs.push(Run { writer, start: sequence, tags: alloc::vec![tag] });
                }
            }
        }
        if runs.is_empty() {
            let mut found = Found::default();
            for entry in head.writers(context) {
                found.writer(entry);
                self.found.remove(&entry.writer).into_iter().flatten().for_each(|entry| found.add(entry));
            }
            return Ok(Remote::Done(found.hits()));
        }
        let query = RemoteQuery { context: context.clone(), runs }.to_bytes();
        Ok(Remote::More(Self { query, asked: next, ..self }))
    }
}

const _: () = assert!(MAX_SLOTS <= 1 << 16); // a path has 16 hashes at most

//! The chain of one writer in one context: segments without a gap, each naming the one before. `[SRCH-5.3]`

use alloc::vec::Vec;

use super::context::{Context, WriterId};
use super::error::SyncError;
use super::segment::{Segment, SignedHeader};
use super::slot::{Entry, EntryKey, Nonce, OPENED, Print, Slot, TAG_BYTES, Tag, find, has_print, print_of};
use crate::merkle::Hash;
use crate::sign::VerifyingKey;

/// In segments of more slots than this a tag is looked for where it should be, and not among all prints.
const MOST_PRINTS: usize = 256;

/// Segments of a chain from `first` on, whose order and contents were checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    first: u64,
    headers: Vec<SignedHeader>,
    /// Apart from the rest: a search looks at all of them, one after the other.
    nonces: Vec<Nonce>,
    slots: Vec<Slot>,
    /// The beginnings of their tags.
    prints: Vec<Print>,
    /// Where the slots of a segment begin; one more than there are segments.
    starts: Vec<usize>,
}

impl Chain {
    /// The number of the segment that comes next.
    pub(super) fn next(&self) -> u64 {
        self.first.saturating_add(self.headers.len() as u64)
    }

    /// The number of the oldest segment that is here.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn len(&self) -> usize {
        self.headers.len()
    }

    /// All slots, padding included.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn last(&self) -> Option<&SignedHeader> {
        self.headers.last()
    }

    pub(super) fn nonces(&self) -> &[Nonce] {
        &self.nonces
    }

    /// The id of a segment that is here.
    pub(super) fn id(&self, sequence: u64) -> Option<Hash> {
        Some(self.header(self.index(sequence)?)?.header.id())
    }

    pub(super) fn header(&self, index: usize) -> Option<&SignedHeader> {
        self.headers.get(index)
    }

    pub(super) fn index(&self, sequence: u64) -> Option<usize> {
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        (index < self.headers.len()).then_some(index)
    }

    /// The slots of segment number `index` of those that are here.
    pub(super) fn slots_of(&self, index: usize) -> &[Slot] {
        let bounds = self.starts.get(index).zip(self.starts.get(index + 1));
        bounds.and_then(|(start, end)| self.slots.get(*start..*end)).unwrap_or_default()
    }

    /// Where a tag stands among the slots of segment number `index`.
    pub(super) fn find(&self, index: usize, tag: &Tag) -> Option<usize> {
        let (start, end) = self.starts.get(index).zip(self.starts.get(index + 1))?;
        let prints = self.prints.get(*start..*end)?;
        if prints.len() <= MOST_PRINTS && !has_print(prints, print_of(tag)) {
            return None;
        }
        find(self.slots.get(*start..*end)?, tag)
    }

    /// Adds a segment that was checked.
    pub(super) fn push(&mut self, segment: &Segment) {
        if self.headers.is_empty() {
            self.first = segment.header().sequence;
            self.starts = alloc::vec![0];
            self.slots.clear();
            self.prints.clear();
            self.nonces.clear();
        }
        self.nonces.push(segment.header().nonce);
        self.headers.push(segment.signed.clone());
        self.slots.extend_from_slice(&segment.slots);
        let print = |slot: &Slot| slot.first_chunk::<TAG_BYTES>().map_or(0, print_of);
        self.prints.extend(segment.slots.iter().map(print));
        self.starts.push(self.slots.len());
    }

    /// Leaves out what lies before segment `first`: later ones have taken its place.
    pub(super) fn drop_before(&mut self, first: u64) {
        let Some(count) = first.checked_sub(self.first).and_then(|count| usize::try_from(count).ok()) else {
            return;
        };
        let count = count.min(self.headers.len());
        let Some(&start) = self.starts.get(count) else { return };
        self.headers.drain(..count);
        self.nonces.drain(..count);
        self.slots.drain(..start);
        self.prints.drain(..start);
        self.starts.drain(..count);
        self.starts.iter_mut().for_each(|place| *place -= start);
        self.first = first;
    }

    /// Checks that `segments` go on where this chain ends, that they are of this writer and context, and that the last of them is signed:
    /// which vouches for all before it, by their hashes. `[SRCH-5.3]`
    ///
    /// They begin at number `begins`: where this chain ends, or after segments that are not needed any more.
    pub(super) fn check(
        &self,
        segments: &[Segment],
        context: &Context,
        writer: &WriterId,
        key: &VerifyingKey,
        begins: u64,
    ) -> Result<(), SyncError> {
        let mut expected = begins;
        // Of a segment that is not needed any more, nothing is known.
        let mut previous =
            if begins == self.next() { self.last().map(|last| last.header.id()) } else { None };
        for segment in segments {
            let header = segment.header();
            if header.writer != *writer || header.context != *context {
                return Err(SyncError::Foreign { writer: header.writer });
            }
            let follows = previous.is_none_or(|previous| previous == header.previous);
            if header.sequence != expected || !follows {
                // The same number, and another segment before it: the writer's doing, if he has signed both.
                if header.sequence == expected && !follows && segment.signed.is_signed_by(key) {
                    return Err(SyncError::Fork { writer: *writer, sequence: expected.saturating_sub(1) });
                }
                return Err(SyncError::Broken { writer: *writer, expected, found: header.sequence });
            }
            previous = Some(header.id());
            expected = expected.saturating_add(1);
        }
        match segments.last() {
            Some(last) if !last.signed.is_signed_by(key) => {
                Err(SyncError::Signature { writer: *writer, sequence: last.header().sequence })
            }
            _ => Ok(()),
        }
    }

    /// Everything that `key` opens: the first occurrences in all segments, then the second ones, .. `[SRCH-4.2]`
    pub(super) fn search(&self, key: &EntryKey, mut each: impl FnMut(Entry)) {
        let (mut wanted, mut occurrence) = (Vec::new(), 0);
        key.tags(&self.nonces, |index, tag| self.candidates(index, tag, &mut wanted));
        let mut slots = Vec::with_capacity(OPENED);
        while !wanted.is_empty() {
            let mut next = Vec::new();
            for some in wanted.chunks(OPENED) {
                // Each lies somewhere else in memory: all are fetched before one is used.
                let fetch = |candidate: &Candidate| {
                    Some((*self.nonces.get(candidate.index)?, *self.slots.get(candidate.place)?))
                };
                slots.clear();
                slots.extend(some.iter().filter_map(fetch));
                key.open_all(occurrence, &slots, |number, entry, tag| {
                    let found = some.get(number).zip(slots.get(number));
                    let found = found.filter(|(candidate, (_, slot))| slot.starts_with(&candidate.tag));
                    let Some((candidate, _)) = found else { return };
                    // A tag of 64 bits that happens to be another slot's opens to nonsense, if to anything.
                    entry.into_iter().for_each(&mut each);
                    self.candidates(candidate.index, tag, &mut next);
                });
            }
            (wanted, occurrence) = (next, occurrence + 1);
        }
    }

    /// Slots of segment number `index` that may begin with a tag: their prints are the same.
    fn candidates(&self, index: usize, tag: Tag, found: &mut Vec<Candidate>) {
        let Some((start, end)) = self.starts.get(index).zip(self.starts.get(index + 1)) else { return };
        let Some(prints) = self.prints.get(*start..*end) else { return };
        if prints.len() > MOST_PRINTS {
            found.extend(self.find(index, &tag).map(|place| Candidate { index, place: start + place, tag }));
            return;
        }
        let print = print_of(&tag);
        if has_print(prints, print) {
            let same = (*start..).zip(prints).filter(|(_, other)| **other == print);
            found.extend(same.map(|(place, _)| Candidate { index, place, tag }));
        }
    }
}

/// A slot that may be wanted: its segment, its place among all slots, and the tag that it should begin with.
struct Candidate {
    index: usize,
    place: usize,
    tag: Tag,
}

//! The chain of one writer in one context: segments without a gap, each naming the one before. `[SRCH-5.3]`

use alloc::vec::Vec;

use super::context::{Context, WriterId};
use super::error::SyncError;
use super::segment::{Segment, SignedHeader};
use super::slot::{Entry, EntryKey, Nonce, Slot, find};
use crate::merkle::Hash;
use crate::sign::VerifyingKey;

/// Segments of a chain from `first` on, whose order and contents were checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    first: u64,
    headers: Vec<SignedHeader>,
    /// Apart from the rest: a search looks at all of them, one after the other.
    nonces: Vec<Nonce>,
    slots: Vec<Slot>,
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

    /// Adds a segment that was checked.
    pub(super) fn push(&mut self, segment: &Segment) {
        if self.headers.is_empty() {
            self.first = segment.header().sequence;
            self.starts = alloc::vec![0];
            self.slots.clear();
            self.nonces.clear();
        }
        self.nonces.push(segment.header().nonce);
        self.headers.push(segment.signed.clone());
        self.slots.extend_from_slice(&segment.slots);
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
        let mut before: Option<&Segment> = None;
        for segment in segments {
            let header = segment.header();
            if header.writer != *writer || header.context != *context {
                return Err(SyncError::Foreign { writer: header.writer });
            }
            let follows = previous.is_none_or(|previous| previous == header.previous);
            if header.sequence != expected || !follows {
                // The same number, and another segment before it: the writer's doing, if he has signed both; else the server's.
                let signed = |segment: &Segment| segment.signed.is_signed_by(key);
                if header.sequence == expected && !follows && signed(segment) && before.is_none_or(signed) {
                    return Err(SyncError::Fork { writer: *writer, sequence: expected.saturating_sub(1) });
                }
                return Err(SyncError::Broken { writer: *writer, expected, found: header.sequence });
            }
            (previous, before) = (Some(header.id()), Some(segment));
            expected = expected.saturating_add(1);
        }
        match segments.last() {
            Some(last) if !last.signed.is_signed_by(key) => {
                Err(SyncError::Signature { writer: *writer, sequence: last.header().sequence })
            }
            _ => Ok(()),
        }
    }

    /// Everything that `key` opens, segment by segment. `[SRCH-4.2]`
    pub(super) fn search(&self, key: &EntryKey, mut each: impl FnMut(Entry)) {
        key.tags(&self.nonces, |index, tag| {
            let slots = self.slots_of(index);
            let Some(nonce) = self.nonces.get(index) else { return };
            let (mut tag, mut occurrence) = (tag, 0);
            while let Some(place) = find(slots, &tag) {
                // A tag of 64 bits that happens to be another slot's opens to nonsense, if to anything.
                if let Some(entry) = slots.get(place).and_then(|slot| key.open(nonce, occurrence, slot)) {
                    each(entry);
                }
                occurrence += 1;
                tag = key.tag(nonce, occurrence);
            }
        });
    }
}

//! What was found, and what is proved about it. `[SRCH-7.4]`

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::context::{Handle, WriterId};
use super::head::WriterEntry;
use super::slot::{Entry, Op};

/// Nothing is forged, and nothing is missing that was known to exist: matched by the reader, over whole chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complete {}

/// Nothing is forged; a server may have held something back: findings, and also deletions, so that a record may be shown that was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {}

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The record.
    pub handle: Handle,
    /// Whether a lab has written the entry, and no device of the owner's. If both have, what the owner has written counts.
    pub by_lab: bool,
    /// What its writer has written beside it.
    pub meta: [u8; 3],
    /// Who has written the entry.
    pub writer: WriterId,
}

/// Records that were found: each once, by handle. `P` says what is proved: [`Complete`] or [`Sound`].
///
/// ```compile_fail,E0308
/// # use hippocrypt::search::{Complete, Hits, Sound};
/// fn show_all(sound: Hits<Sound>) -> Hits<Complete> {
///     sound // a server may have held something back
/// }
/// ```
/// ```compile_fail,E0308
/// # use hippocrypt::search::{Hits, Sound};
/// fn without(found: Hits<Sound>, others: &Hits<Sound>) -> Hits<Sound> {
///     found.minus(others) // what is missing in `others` would be found
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits<P> {
    hits: Vec<Hit>,
    proved: PhantomData<P>,
}

impl<P> Hits<P> {
    /// Sorted by handle, each once.
    pub(super) fn new(mut hits: Vec<Hit>) -> Self {
        // Handles are compared as numbers, which is faster, and in the same order.
        let number = |hit: &Hit| u128::from_be_bytes(*hit.handle.as_bytes());
        hits.sort_unstable_by(|one, next| number(one).cmp(&number(next)).then_with(|| one.cmp(next)));
        hits.dedup_by_key(|hit| hit.handle);
        Self { hits, proved: PhantomData }
    }

    /// The records, ascending by handle.
    pub fn iter(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter()
    }

    /// The handles, ascending.
    pub fn handles(&self) -> impl Iterator<Item = Handle> {
        self.hits.iter().map(|hit| hit.handle)
    }

    /// How many records were found.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// Whether a record was found.
    pub fn contains(&self, handle: &Handle) -> bool {
        self.hits.binary_search_by_key(handle, |hit| hit.handle).is_ok()
    }

    /// Records in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.hits.retain(|hit| other.contains(&hit.handle));
        self
    }

    /// Records in either.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.hits.extend_from_slice(&other.hits);
        Self::new(self.hits)
    }

    /// Records here that are not among `other`, of which nothing may be missing.
    #[must_use]
    pub fn minus(mut self, other: &Hits<Complete>) -> Self {
        self.hits.retain(|hit| !other.contains(&hit.handle));
        self
    }
}

impl From<Hits<Complete>> for Hits<Sound> {
    /// What is complete is sound.
    fn from(complete: Hits<Complete>) -> Self {
        Self { hits: complete.hits, proved: PhantomData }
    }
}

/// Entries as they are found, writer by writer.
#[derive(Default)]
pub(super) struct Found {
    writer: Option<(WriterId, bool)>,
    added: Vec<Hit>,
    /// By whom; by the owner's devices it counts for all.
    deleted: BTreeSet<(Handle, Option<WriterId>)>,
}

impl Found {
    /// What is added from now on is of this writer.
    pub(super) fn writer(&mut self, entry: &WriterEntry) {
        self.writer = Some((entry.writer, entry.is_owner()));
    }

    pub(super) fn add(&mut self, entry: Entry) {
        let Some((writer, owner)) = self.writer else { return };
        let Entry { handle, op, meta } = entry;
        match op {
            Op::Add => self.added.push(Hit { handle, by_lab: !owner, meta, writer }),
            Op::Delete => {
                self.deleted.insert((handle, (!owner).then_some(writer)));
            }
        }
    }

    /// Additions that neither their writer nor the owner has deleted. `[SRCH-4.3]`
    pub(super) fn hits<P>(mut self) -> Hits<P> {
        if !self.deleted.is_empty() {
            let deleted = self.deleted;
            self.added.retain(|hit| {
                !deleted.contains(&(hit.handle, None)) && !deleted.contains(&(hit.handle, Some(hit.writer)))
            });
        }
        Hits::new(self.added)
    }
}

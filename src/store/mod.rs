//! Where everything is kept: tables of bytes with atomic batches, and chunks of large payloads beside them.
//!
//! | | trait | embedded | in memory |
//! |---|---|---|---|
//! | headers, records, index segments, keys, authority updates, audit | [`Store`] | `RedbStore` (feature `redb`) | [`MemoryStore`] |
//! | large payloads | [`BlobStore`] | `FolderBlobs` | [`MemoryBlobs`] |
//!
//! A store knows bytes and tables, and nothing of what they mean: to put another database in its place takes
//! three functions. What stands in which table is the business of the roles in [`crate::phr`].
//!
//! - A chunk is durable before the row that names it is committed. What a crash leaves between is named by nothing, and
//!   [`sweep`] removes it.
//! - `backup` writes everything to one stream, and `restore` makes a store of any kind from it: that is also the way from one
//!   kind to another.
//! - A `Journal` is a file that entries are only added to, each chained to the one before: for an audit that lies beside the store.
//! - A durable store has a format, `STORE_FORMAT`. An older one is brought to it when it is opened, a newer one is refused.
//!
//! The durable half needs the feature `std`.
//!
//! Nothing in this module is secret: a store holds ciphertext and what is public anyway, but for
//! [`Table::Key`] and [`Table::Share`], which say so.

#[cfg(feature = "std")]
mod backup;
mod batch;
mod blobs;
mod error;
#[cfg(feature = "std")]
mod files;
#[cfg(feature = "std")]
mod folder;
#[cfg(feature = "std")]
mod format;
#[cfg(feature = "std")]
mod journal;
mod memory;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "redb")]
mod redb_error;
mod sweep;

use alloc::vec::Vec;

#[cfg(feature = "std")]
pub use backup::{Summary, backup, restore};
pub use batch::{Batch, Change};
pub use blobs::{BlobStore, ChunkId, MAX_CHUNK_BYTES, MemoryBlobs, StoredChunk};
pub use error::StoreError;
#[cfg(feature = "std")]
pub use folder::FolderBlobs;
#[cfg(feature = "std")]
pub use format::STORE_FORMAT;
#[cfg(feature = "std")]
pub use journal::{Journal, JournalEntries, JournalEntry, MAX_JOURNAL_ENTRY_BYTES, Position, Verified};
pub use memory::MemoryStore;
#[cfg(feature = "redb")]
pub use redb::{RedbSnapshot, RedbStore};
pub use sweep::{Swept, sweep};

/// The tables of a store. Each is a map from bytes to bytes in the order of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// What there is once: the state of a proxy, its lease, the newest statement of the epoch.
    Meta,
    /// Stored headers, by serial.
    Header,
    /// What belongs to a header, by its core id.
    Compartment,
    /// The compartments of a patient: handle and core id, without a value.
    Patient,
    /// Encrypted records, by core id and record name.
    Record,
    /// The compartment of a record, by the record's name.
    Place,
    /// Which record needs a chunk: chunk id and record name, without a value.
    Chunk,
    /// Segments of the search index.
    Segment,
    /// Updates of the authority, by number.
    Update,
    /// Keys of a proxy, by key id. Confidential: a reader who gets his own has a full key.
    Key,
    /// The keys of a user: user and key id, without a value.
    User,
    /// Credentials of writers, by author id.
    Writer,
    /// The authority's registry of the keys that it has issued.
    Registry,
    /// Audit entries, by number.
    Audit,
    /// Shares of a gate, by context and policy. Confidential to the gate.
    Share,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 15] = [
        Table::Meta,
        Table::Header,
        Table::Compartment,
        Table::Patient,
        Table::Record,
        Table::Place,
        Table::Chunk,
        Table::Segment,
        Table::Update,
        Table::Key,
        Table::User,
        Table::Writer,
        Table::Registry,
        Table::Audit,
        Table::Share,
    ];

    /// Its name, which never changes: `meta`, `header`, ..
    pub const fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Header => "header",
            Table::Compartment => "compartment",
            Table::Patient => "patient",
            Table::Record => "record",
            Table::Place => "place",
            Table::Chunk => "chunk",
            Table::Segment => "segment",
            Table::Update => "update",
            Table::Key => "key",
            Table::User => "user",
            Table::Writer => "writer",
            Table::Registry => "registry",
            Table::Audit => "audit",
            Table::Share => "share",
        }
    }
}

/// Tables of bytes, changed in atomic batches.
///
/// What an implementation promises, and a role relies on:
/// - [`commit`](Store::commit) does all of a batch or nothing, whatever happens, a cut of power included; when it has returned
///   `Ok`, the batch survives that, too.
/// - Reads see whole batches: all that were committed, none that was not.
/// - There is one writer at a time; a second process that opens the same store gets [`StoreError::InUse`].
pub trait Store {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` entries whose keys begin with `prefix` and come after `after` (the whole key, prefix included),
    /// ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Makes every change of `batch`, durably, or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an entry that was to be new is there already; others of the store. Then nothing is changed.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError>;
}

/// Key and value of an entry.
pub type Entry = (Vec<u8>, Vec<u8>);

impl<S: Store + ?Sized> Store for &mut S {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        (**self).page(table, prefix, after, limit)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        (**self).commit(batch)
    }
}

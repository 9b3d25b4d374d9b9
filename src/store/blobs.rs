//! Chunks of large payloads, each under the hash of its bytes.
//!
//! A payload that does not fit into a row is cut into chunks, which are durable before the record that names them is
//! committed. Whatever happens between leaves chunks that no record names, and [`BlobStore::page`] is how they are
//! found and swept.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;

use sha2::{Digest, Sha256};

use super::StoreError;
use crate::codec::Hex;

/// The largest chunk, in bytes: 8 MiB.
pub const MAX_CHUNK_BYTES: usize = 8 << 20;

/// The name of a chunk: the SHA-256 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId([u8; 32]);

/// A chunk that a store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredChunk {
    /// Its name.
    pub id: ChunkId,
    /// Its size.
    pub bytes: u64,
    /// When it was written, in seconds since 1970 by the clock of the store; 0 if it does not know.
    pub written: u64,
}

/// Where chunks are kept, each under the hash of its bytes. Chunks are ciphertext.
pub trait BlobStore {
    /// Stores a chunk of at most [`MAX_CHUNK_BYTES`], durably. A chunk that is there already is not written again, but
    /// its time is that of now.
    ///
    /// # Errors
    /// [`StoreError`]; then it is not there, or it was before.
    fn put(&mut self, chunk: &[u8]) -> Result<ChunkId, StoreError>;

    /// The bytes of a chunk, which are what its name says.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they are not; others of the store.
    fn get(&self, id: &ChunkId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether there is a chunk of this name. Its bytes are not read.
    ///
    /// # Errors
    /// [`StoreError`].
    fn has(&self, id: &ChunkId) -> Result<bool, StoreError>;

    /// Up to `limit` chunks after `after`, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn page(&self, after: Option<&ChunkId>, limit: usize) -> Result<Vec<StoredChunk>, StoreError>;

    /// Removes a chunk, if it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, id: &ChunkId) -> Result<(), StoreError>;
}

impl ChunkId {
    /// The name of these bytes.
    pub fn of(chunk: &[u8]) -> Self {
        Self(Sha256::digest(chunk).into())
    }

    /// A name that was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkId({self})")
    }
}

/// A [`BlobStore`] in memory.
#[derive(Clone, Default)]
pub struct MemoryBlobs(BTreeMap<ChunkId, Vec<u8>>);

impl MemoryBlobs {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

pub(super) fn check_size(chunk: &[u8]) -> Result<(), StoreError> {
    if chunk.len() > MAX_CHUNK_BYTES {
        let (bytes, max) = (chunk.len() as u64, MAX_CHUNK_BYTES as u64);
        return Err(StoreError::TooLarge { what: "a chunk", bytes, max });
    }
    Ok(())
}

impl BlobStore for MemoryBlobs {
    fn put(&mut self, chunk: &[u8]) -> Result<ChunkId, StoreError> {
        check_size(chunk)?;
        let id = ChunkId::of(chunk);
        self.0.entry(id).or_insert_with(|| chunk.to_vec());
        Ok(id)
    }

    fn get(&self, id: &ChunkId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(id).cloned())
    }

    fn has(&self, id: &ChunkId) -> Result<bool, StoreError> {
        Ok(self.0.contains_key(id))
    }

    fn page(&self, after: Option<&ChunkId>, limit: usize) -> Result<Vec<StoredChunk>, StoreError> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.0.range((first, Bound::Unbounded)).take(limit);
        Ok(found.map(|(id, chunk)| StoredChunk { id: *id, bytes: chunk.len() as u64, written: 0 }).collect())
    }

    fn remove(&mut self, id: &ChunkId) -> Result<(), StoreError> {
        self.0.remove(id);
        Ok(())
    }
}

impl fmt::Debug for MemoryBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryBlobs({} chunks)", self.0.len())
    }
}

//! Stored headers in memory: for tests, for small stores, and as the model of a durable one. `[REV-6.4]`

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;

use thiserror::Error;
use zeroize::Zeroize;

use super::seal_all::HeaderStore;
use crate::error::DecodeError;
use crate::outsource::{Serial, StoredHeader};

/// A [`HeaderStore`] in memory: the encoding of each header under its serial.
///
/// It shows what a store has to refuse: a second header under one serial, and a former version in the place of a newer
/// one.
#[derive(Clone, Default)]
pub struct MemoryHeaderStore(BTreeMap<[u8; 32], Vec<u8>>);

/// What a [`MemoryHeaderStore`] refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MemoryStoreError {
    /// There is no former version of the header.
    #[error("the store has no header {0:?}: insert it first, or leave it deleted")]
    NotThere(Serial),
    /// It is another header than the one that has this serial.
    #[error("header {0:?} is another one than its former version: a serial is never used again")]
    OtherHeader(Serial),
    /// Its seal is not of a later epoch than that of the version which the store has.
    #[error("the store has header {0:?} with a seal of this epoch or of a later one: seals never go back")]
    NotNewer(Serial),
    /// What is stored is no header.
    #[error(transparent)]
    Damaged(#[from] DecodeError),
}

impl MemoryHeaderStore {
    /// A store without headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many headers it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The encodings of all headers, in the order of their serials.
    pub fn encodings(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(Vec::as_slice)
    }

    /// Deletes a header, and says whether it was there.
    pub fn remove(&mut self, serial: &Serial) -> bool {
        self.0.remove(serial.as_bytes()).is_some()
    }
}

impl HeaderStore for MemoryHeaderStore {
    type Error = MemoryStoreError;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, MemoryStoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.0.range((start, Bound::Unbounded)).take(limit).map(|(serial, _)| *serial).collect())
    }

    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, MemoryStoreError> {
        Ok(self.0.get(&serial).map(|bytes| StoredHeader::from_bytes(bytes)).transpose()?)
    }

    fn insert(&mut self, header: &StoredHeader) -> Result<bool, MemoryStoreError> {
        match self.0.entry(*header.serial().as_bytes()) {
            Entry::Occupied(_) => Ok(false),
            Entry::Vacant(place) => {
                place.insert(header.to_bytes());
                Ok(true)
            }
        }
    }

    fn replace(&mut self, header: &StoredHeader) -> Result<(), MemoryStoreError> {
        let serial = *header.serial();
        let former = self.0.get_mut(serial.as_bytes()).ok_or(MemoryStoreError::NotThere(serial))?;
        let stored = StoredHeader::from_bytes(former)?;
        if stored.header().core_id() != header.header().core_id() {
            return Err(MemoryStoreError::OtherHeader(serial));
        }
        let mut newer = header.to_bytes();
        // The same version again is what a caller writes who was interrupted.
        if header.sealed_in() <= stored.sealed_in() && newer != *former {
            return Err(MemoryStoreError::NotNewer(serial));
        }
        core::mem::swap(former, &mut newer);
        newer.zeroize();
        Ok(())
    }
}

impl fmt::Debug for MemoryHeaderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryHeaderStore").field(&self.len()).finish()
    }
}

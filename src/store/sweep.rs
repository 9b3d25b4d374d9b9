//! The end of chunks that no record names.

use super::{BlobStore, Store, StoreError, Table};

/// How many chunks are looked at between two calls of a progress function.
const PAGE: usize = 256;

/// What a [`sweep`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Chunks that were removed.
    pub removed: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Chunks that stay: a record names them, or they are young.
    pub kept: u64,
}

/// Removes the chunks that were written before `written_before` (seconds since 1970, by the clock of the blob store) and that
/// no row of [`Table::Chunk`] names.
///
/// A chunk is there before the row that names it. Let `written_before` lie further back than any import takes from its
/// first chunk to its commit: an hour is much. `progress` is told from time to time what was done.
///
/// # Errors
/// [`StoreError`] of either store. What was removed until then was named by nothing, and the sweep may be repeated.
pub fn sweep(
    store: &impl Store,
    blobs: &mut impl BlobStore,
    written_before: u64,
    mut progress: impl FnMut(&Swept),
) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    let mut after = None;
    loop {
        let chunks = blobs.page(after.as_ref(), PAGE)?;
        let Some(last) = chunks.last() else { return Ok(swept) };
        after = Some(last.id);
        for chunk in chunks {
            let named =
                || store.page(Table::Chunk, chunk.id.as_bytes(), None, 1).map(|rows| !rows.is_empty());
            if chunk.written >= written_before || named()? {
                swept.kept = swept.kept.saturating_add(1);
                continue;
            }
            blobs.remove(&chunk.id)?;
            swept.removed = swept.removed.saturating_add(1);
            swept.bytes = swept.bytes.saturating_add(chunk.bytes);
        }
        progress(&swept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Batch, ChunkId, MemoryBlobs, MemoryStore};
    use alloc::vec::Vec;

    #[test]
    fn what_no_row_names_goes_and_the_rest_stays() {
        let (mut store, mut blobs) = (MemoryStore::new(), MemoryBlobs::new());
        let ids: Vec<ChunkId> = (0..600u32).map(|number| blobs.put(&number.to_be_bytes()).unwrap()).collect();
        let mut batch = Batch::new();
        for id in ids.iter().step_by(3) {
            batch.insert(Table::Chunk, [id.as_bytes().as_slice(), b"record"].concat(), []);
        }
        store.commit(&batch).unwrap();
        // Memory does not know when: everything is of 1970.
        assert_eq!(sweep(&store, &mut blobs, 0, |_| ()).unwrap(), Swept { kept: 600, ..Swept::default() });
        let mut calls = 0;
        let swept = sweep(&store, &mut blobs, 1, |_| calls += 1).unwrap();
        assert_eq!((swept, calls), (Swept { removed: 400, bytes: 1600, kept: 200 }, 3));
        for (number, id) in ids.iter().enumerate() {
            assert_eq!(blobs.get(id).unwrap().is_some(), number % 3 == 0);
        }
    }
}

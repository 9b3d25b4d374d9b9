//! Everything of a store in one stream of bytes, from which another store of any kind is made.
//!
//! ```text
//! backup = "hippocrypt backup\0" version:u8=1 format:u32 table* chunk* end      big-endian
//! table  = 'T' length:u8 name entry*            in the order of Table::ALL; "share" if it is not empty
//! entry  = 'E' length:u32 key length:u32 value  in the order of the keys
//! chunk  = 'C' length:u32 bytes                 in the order of their names
//! end    = 'Z' entries:u64 chunks:u64 hash:[32] SHA-256 of everything before the hash
//! ```
//!
//! The stream is as confidential as the store: with [`Table::Key`] it holds the keys of a proxy. Its hash finds accidents; whoever
//! can change the stream can also change the hash, so keep it where only you write, or keep [`Summary::digest`] elsewhere.

use std::fmt;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::vec::Vec;

use sha2::{Digest, Sha256};

use super::{Batch, BlobStore, ChunkId, MAX_CHUNK_BYTES, Store, StoreError, Table, format};
use crate::codec::Hex;

const HEADER: &[u8; 19] = b"hippocrypt backup\0\x01";
const MAGIC_BYTES: usize = 18;

/// [`MAX_CHUNK_BYTES`], as it is written.
const MAX_CHUNK: u32 = 8 << 20;
const _: () = assert!(MAX_CHUNK as usize == MAX_CHUNK_BYTES);

/// How many entries are read from a store at a time.
const PAGE: usize = 64;
/// How much of a backup is committed at a time, in bytes and in entries.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_ENTRIES: usize = 4096;

/// What a backup holds.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Entries of all tables.
    pub entries: u64,
    /// Chunks.
    pub chunks: u64,
    /// The size of the stream so far; at the end, of all of it.
    pub bytes: u64,
    /// The SHA-256 of the stream, but for its last 32 bytes, which are it.
    pub digest: [u8; 32],
}

/// Writes everything of `store`, and the chunks that it names, to `out`, in bounded memory.
///
/// While `store` is borrowed nobody changes it. To back up a store that is in use, give a
/// `RedbStore::snapshot` of it; there must be no [`sweep`](super::sweep) meanwhile. `progress` is told from time to time how far
/// it is.
///
/// # Errors
/// [`StoreError::Damaged`] if a chunk is missing; others of the stores and of the writer. Then what was written is not a backup.
pub fn backup(
    store: &impl Store,
    blobs: &impl BlobStore,
    out: &mut impl Write,
    mut progress: impl FnMut(&Summary),
) -> Result<Summary, StoreError> {
    let mut out = Out { out: BufWriter::new(out), hash: Sha256::new(), summary: Summary::default() };
    out.write(HEADER)?;
    out.write(&format::format_of(store)?.unwrap_or(format::STORE_FORMAT).to_be_bytes())?;
    for table in Table::ALL {
        let mut after = None;
        loop {
            let page = store.page(table, &[], after.as_deref(), PAGE)?;
            // Earlier versions do not know this table: it is named where there is something in it.
            if after.is_none() && (table != Table::Share || !page.is_empty()) {
                let name = table.name().as_bytes();
                out.write(&[b'T', u8::try_from(name.len()).unwrap_or(u8::MAX)])?;
                out.write(name)?;
            }
            for (key, value) in &page {
                if table == Table::Meta && format::OWN_KEYS.contains(&key.as_slice()) {
                    continue;
                }
                out.write(b"E")?;
                out.field(key)?;
                out.field(value)?;
                out.summary.entries = out.summary.entries.saturating_add(1);
            }
            progress(&out.summary);
            let Some((last, _)) = page.into_iter().last() else { break };
            after = Some(last);
        }
    }
    let mut after = None::<[u8; 32]>;
    while let Some(id) = next_chunk(store, after)? {
        let missing = || StoreError::Damaged(format!("chunk {id} is missing").into());
        let chunk = blobs.get(&id)?.ok_or_else(missing)?;
        out.write(b"C")?;
        out.field(&chunk)?;
        out.summary.chunks = out.summary.chunks.saturating_add(1);
        progress(&out.summary);
        after = Some(*id.as_bytes());
    }
    out.finish()
}

/// The first chunk after `after` that a row names.
fn next_chunk(store: &impl Store, after: Option<[u8; 32]>) -> Result<Option<ChunkId>, StoreError> {
    // Over most rows of that chunk at once; the rest are stepped over.
    let mut after = after.map(|id| [id.as_slice(), &[0xff; 64]].concat());
    while let Some((key, _)) = store.page(Table::Chunk, &[], after.as_deref(), 1)?.pop() {
        let short = || StoreError::Damaged("a row of the table `chunk` names no chunk".into());
        let id = ChunkId::from_bytes(*key.first_chunk().ok_or_else(short)?);
        if after.as_ref().is_none_or(|after| !after.starts_with(id.as_bytes())) {
            return Ok(Some(id));
        }
        after = Some(key);
    }
    Ok(None)
}

/// Fills an empty store with a backup, and `blobs` with its chunks; an old format is brought to the current one. `progress` is told from time to
/// time how far it is.
///
/// Until it has ended without an error the store carries a mark with which it cannot be opened again
/// ([`StoreError::Incomplete`]): remove a store whose restore has failed.
///
/// # Errors
/// [`StoreError::AlreadyThere`] if the store is not empty; then nothing is changed. [`StoreError::NotABackup`], [`StoreError::TooNew`],
/// [`StoreError::Damaged`] if the stream ends early or has changed; others of the stores and of the reader.
pub fn restore(
    input: &mut impl Read,
    store: &mut impl Store,
    blobs: &mut impl BlobStore,
    mut progress: impl FnMut(&Summary),
) -> Result<Summary, StoreError> {
    for table in Table::ALL {
        let mut first = store.page(table, &[], None, 2)?;
        first.retain(|(key, _)| table != Table::Meta || !format::is_format(key));
        if !first.is_empty() {
            return Err(StoreError::AlreadyThere);
        }
    }
    let mut input = In { input: BufReader::new(input), hash: Sha256::new(), summary: Summary::default() };
    let found = input.header()?;
    let mut batch = Batch::new();
    format::begin_restore(&mut batch);
    store.commit(&batch)?;

    let mut filling = Filling { store, batch: Batch::new(), bytes: 0 };
    let mut table = None;
    loop {
        match input.array()? {
            [b'T'] => table = Some(input.table()?),
            [b'E'] => {
                let (key, value) = (input.field(u32::MAX)?, input.field(u32::MAX)?);
                let own = table == Some(Table::Meta) && format::OWN_KEYS.contains(&key.as_slice());
                let table = table.filter(|_| !own).ok_or_else(|| damaged("it has a strange entry"))?;
                input.summary.entries = input.summary.entries.saturating_add(1);
                if filling.insert(table, key, value)? {
                    progress(&input.summary);
                }
            }
            [b'C'] => {
                blobs.put(&input.field(MAX_CHUNK)?)?;
                input.summary.chunks = input.summary.chunks.saturating_add(1);
                progress(&input.summary);
            }
            [b'Z'] => break,
            _ => return Err(damaged("it has a strange part")),
        }
    }
    let summary = input.finish()?;
    format::end_restore(&mut filling.batch, found);
    filling.flush()?;
    format::migrate(store)?;
    Ok(summary)
}

/// A stream that is hashed as it is written.
struct Out<W: Write> {
    out: BufWriter<W>,
    hash: Sha256,
    summary: Summary,
}

impl<W: Write> Out<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        self.summary.bytes = self.summary.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn field(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let large = |_| StoreError::TooLarge {
            what: "an entry of a backup",
            bytes: bytes.len() as u64,
            max: u32::MAX.into(),
        };
        self.write(&u32::try_from(bytes.len()).map_err(large)?.to_be_bytes())?;
        self.write(bytes)
    }

    fn finish(mut self) -> Result<Summary, StoreError> {
        let Summary { entries, chunks, .. } = self.summary;
        self.write(b"Z")?;
        self.write(&entries.to_be_bytes())?;
        self.write(&chunks.to_be_bytes())?;
        self.summary.digest = self.hash.clone().finalize().into();
        let digest = self.summary.digest;
        self.write(&digest)?;
        self.out.flush()?;
        Ok(self.summary)
    }
}

/// A stream that is hashed as it is read.
struct In<R: Read> {
    input: BufReader<R>,
    hash: Sha256,
    summary: Summary,
}

impl<R: Read> In<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => damaged("it ends early"),
            _ => error.into(),
        })?;
        self.count(&bytes);
        Ok(bytes)
    }

    fn field(&mut self, max: u32) -> Result<Vec<u8>, StoreError> {
        let length = u32::from_be_bytes(self.array()?);
        if length > max {
            return Err(damaged("a part is too large"));
        }
        // What is claimed is not reserved before it is there.
        let mut bytes = Vec::new();
        Read::by_ref(&mut self.input).take(length.into()).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(damaged("it ends early"));
        }
        self.count(&bytes);
        Ok(bytes)
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.summary.bytes = self.summary.bytes.saturating_add(bytes.len() as u64);
    }

    /// The format of the store that was backed up.
    fn header(&mut self) -> Result<u32, StoreError> {
        let magic: [u8; MAGIC_BYTES] = self.array().map_err(|_| StoreError::NotABackup)?;
        let [version] = self.array().map_err(|_| StoreError::NotABackup)?;
        if !HEADER.starts_with(&magic) {
            return Err(StoreError::NotABackup);
        }
        let found = u32::from_be_bytes(self.array()?);
        if !HEADER.ends_with(&[version]) {
            return Err(StoreError::TooNew { found: version.into(), known: 1 });
        }
        match found {
            0 => Err(damaged("it has no format")),
            found if found > format::STORE_FORMAT => {
                Err(StoreError::TooNew { found, known: format::STORE_FORMAT })
            }
            found => Ok(found),
        }
    }

    fn table(&mut self) -> Result<Table, StoreError> {
        let [length] = self.array()?;
        let mut name = Vec::new();
        for _ in 0..length {
            name.extend(self.array::<1>()?);
        }
        let table = Table::ALL.into_iter().find(|table| table.name().as_bytes() == name);
        table.ok_or_else(|| damaged("it has a strange table"))
    }

    /// Everything was read, and is what was written.
    fn finish(mut self) -> Result<Summary, StoreError> {
        let (entries, chunks) = (u64::from_be_bytes(self.array()?), u64::from_be_bytes(self.array()?));
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        let counted = (entries, chunks) == (self.summary.entries, self.summary.chunks);
        if !counted || self.array::<32>()? != digest {
            return Err(damaged("it was changed"));
        }
        if self.input.read(&mut [0])? != 0 {
            return Err(damaged("there is something behind its end"));
        }
        Ok(Summary { digest, ..self.summary })
    }
}

/// A store that is being filled, a batch at a time.
struct Filling<'s, S: Store> {
    store: &'s mut S,
    batch: Batch,
    bytes: usize,
}

impl<S: Store> Filling<'_, S> {
    /// Whether something was committed.
    fn insert(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) -> Result<bool, StoreError> {
        self.bytes = self.bytes.saturating_add(key.len()).saturating_add(value.len());
        self.batch.insert(table, key, value);
        let full = self.bytes >= BATCH_BYTES || self.batch.len() >= BATCH_ENTRIES;
        if full {
            self.flush()?;
        }
        Ok(full)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.bytes = 0;
        self.store.commit(&std::mem::take(&mut self.batch)).map_err(|error| match error {
            StoreError::Conflict(_) => damaged("it has an entry twice"),
            error => error,
        })
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("the backup: {what}").into())
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, chunks, bytes, digest } = self;
        write!(f, "Summary({entries} entries, {chunks} chunks, {bytes} bytes, {})", Hex(digest))
    }
}

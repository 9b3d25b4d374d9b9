//! The embedded store: every table in one file.
//!
//! # What is durable, and at what price
//! A commit is one transaction of the database. It writes the changed pages beside the old ones, waits for the disk, flips
//! one byte, and waits for the disk again (two-phase commit): at every moment the file holds the state before or the
//! state after. It also writes which pages are free (`quick_repair`): without that, opening after a crash reads the whole
//! file, which takes seconds for a million records; with it, it takes milliseconds.
//!
//! # What is noticed
//! The database keeps a checksum of every page, and compares it when it repairs a file, and in [`RedbStore::check`]; not when it
//! reads. A file that something else has changed may therefore be opened and return changed bytes, until `check` is
//! run. Records, headers and updates are protected by their own tags and signatures, whatever the store does.
//! Where the database finds itself in a state that its own files cannot have, it panics in some places; here that is
//! [`StoreError::Damaged`], and the store refuses everything from then on.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::string::ToString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec::Vec;

use ::redb::{
    Builder, Database, Durability, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase,
    TableDefinition, TableError, WriteTransaction,
};

use super::{Batch, Change, Entry, Store, StoreError, Table, files, format};

/// The most memory that a store takes for pages of its file, in bytes: 32 MiB.
const CACHE_BYTES: usize = 32 << 20;

/// A [`Store`] in one file, with transactions that survive a cut of power (feature `redb`).
///
/// ```
/// use hippocrypt::store::{Batch, RedbStore, Store, Table};
///
/// # let folder = std::env::temp_dir().join(format!("hippocrypt-doc-{}", std::process::id()));
/// # let path = folder.join("store.redb");
/// let mut store = RedbStore::create(&path)?;
/// let mut batch = Batch::new();
/// batch.insert(Table::Header, b"serial", b"header");
/// batch.insert(Table::Patient, b"patient 4711", b"");
/// store.commit(&batch)?; // both, or neither; durable now
/// drop(store);
///
/// let store = RedbStore::open(&path)?;
/// assert_eq!(store.get(Table::Header, b"serial")?.as_deref(), Some(&b"header"[..]));
/// # drop(store);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RedbStore {
    file: File,
    broken: AtomicBool,
}

/// A [`RedbStore`] as it was at one moment, for reading, while the store itself goes on.
///
/// Pages of the file that it needs are not used again before it is dropped.
pub struct RedbSnapshot(ReadTransaction);

enum File {
    Writable(Database),
    ReadOnly(ReadOnlyDatabase),
    /// After a panic of the database, and in `drop`.
    Closed,
}

impl RedbStore {
    /// Makes a new store in the file `path`, and opens it. Folders above it are made, too, where they are missing. Only the owner
    /// may read either. The file is there whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] if there is anything at `path`, [`StoreError::ReadOnly`], [`StoreError::Full`], others of the
    /// system.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let folder = files::folder_of(path);
        files::create_folder(&folder)?;
        if path.symlink_metadata().is_ok() {
            return Err(StoreError::AlreadyThere);
        }
        let unpublished = folder.join(files::unused_name("store"));
        files::write_new(&unpublished, &[])?;
        let made = Self::make(&unpublished).and_then(|()| files::publish(&unpublished, path));
        if made.is_err() {
            let _ = std::fs::remove_file(&unpublished);
        }
        made?;
        Self::open(path)
    }

    /// Opens the store in the file `path`, for reading and writing, and brings it to the current format.
    ///
    /// # Errors
    /// [`StoreError::NotThere`], [`StoreError::NotAStore`], [`StoreError::InUse`], [`StoreError::TooNew`], [`StoreError::Damaged`],
    /// [`StoreError::Incomplete`], [`StoreError::ReadOnly`], others of the system. What is there is not overwritten.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let database = guarded(|| Ok(builder().open(path.as_ref())?))?;
        let mut store = Self::new(File::Writable(database));
        format::migrate(&mut store)?;
        Ok(store)
    }

    /// Opens the store in the file `path` for reading alone. Any number of processes may, while none has it open for writing.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`StoreError::NeedsMigration`] if it has an old format, [`StoreError::NotClosed`] if the process that
    /// wrote to it last was killed.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let database = guarded(|| Ok(builder().open_read_only(path.as_ref())?))?;
        let store = Self::new(File::ReadOnly(database));
        format::check(&store)?;
        Ok(store)
    }

    /// Reads the whole file and compares every checksum. `true` if nothing was wrong; `false` if something was, and
    /// could be repaired from what is there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it cannot be repaired: restore a backup. [`StoreError::ReadOnly`] if the store is not open for
    /// writing.
    pub fn check(&mut self) -> Result<bool, StoreError> {
        let Self { file, broken } = self;
        let sound = guarded(|| match file {
            File::Writable(database) => Ok(database.check_integrity()?),
            File::ReadOnly(_) => Err(StoreError::ReadOnly),
            File::Closed => Err(StoreError::FailedBefore),
        });
        broken.fetch_or(matches!(sound, Err(StoreError::Damaged(_))), Ordering::Relaxed);
        sound
    }

    /// The store as it is now, for reading, while this one is read and written: for a backup of a store in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn snapshot(&self) -> Result<RedbSnapshot, StoreError> {
        self.guarded(|| self.read()).map(RedbSnapshot)
    }

    const fn new(file: File) -> Self {
        Self { file, broken: AtomicBool::new(false) }
    }

    fn make(path: &Path) -> Result<(), StoreError> {
        let mut store = Self::new(File::Writable(guarded(|| Ok(builder().create(path)?))?));
        let mut batch = Batch::new();
        format::stamp(&mut batch, format::STORE_FORMAT);
        store.commit(&batch)
    }

    fn read(&self) -> Result<ReadTransaction, StoreError> {
        match &self.file {
            File::Writable(database) => Ok(database.begin_read()?),
            File::ReadOnly(database) => Ok(database.begin_read()?),
            File::Closed => Err(StoreError::FailedBefore),
        }
    }

    fn write(&self) -> Result<WriteTransaction, StoreError> {
        let mut transaction = match &self.file {
            File::Writable(database) => database.begin_write()?,
            File::ReadOnly(_) => return Err(StoreError::ReadOnly),
            File::Closed => return Err(StoreError::FailedBefore),
        };
        let durable = transaction.set_durability(Durability::Immediate);
        durable.map_err(|error| StoreError::Other(error.to_string().into()))?;
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    fn guarded<T>(&self, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::FailedBefore);
        }
        let done = guarded(run);
        self.broken.fetch_or(matches!(done, Err(StoreError::Damaged(_))), Ordering::Relaxed);
        done
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// A panic of the database is damage of its file; see the module.
fn guarded<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason");
        Err(StoreError::Damaged(format!("the database gave up: {said}").into()))
    })
}

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

type BytesTable = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A table; `None` if nothing was ever written to it.
fn table_of(transaction: &ReadTransaction, table: Table) -> Result<Option<BytesTable>, StoreError> {
    match transaction.open_table(definition(table)) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        table => Ok(Some(table?)),
    }
}

fn get(transaction: &ReadTransaction, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(table) = table_of(transaction, table)? else { return Ok(None) };
    Ok(table.get(key)?.map(|value| value.value().to_vec()))
}

fn page(
    transaction: &ReadTransaction,
    table: Table,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let Some(table) = table_of(transaction, table)? else { return Ok(Vec::new()) };
    let first = match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    let mut found = Vec::new();
    for entry in table.range::<&[u8]>((first, Bound::Unbounded))?.take(limit) {
        let (key, value) = entry?;
        if !key.value().starts_with(prefix) {
            break;
        }
        found.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(found)
}

fn apply(transaction: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    let mut tables = BTreeMap::new();
    for change in batch.changes() {
        let (Change::Insert(name, ..) | Change::Put(name, ..) | Change::Remove(name, _)) = change;
        let table = match tables.entry(*name) {
            std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(transaction.open_table(definition(*name))?)
            }
        };
        match change {
            Change::Insert(_, key, value) => {
                if table.insert(key.as_slice(), value.as_slice())?.is_some() {
                    return Err(StoreError::Conflict(*name));
                }
            }
            Change::Put(_, key, value) => drop(table.insert(key.as_slice(), value.as_slice())?),
            Change::Remove(_, key) => drop(table.remove(key.as_slice())?),
        }
    }
    Ok(())
}

impl Store for RedbStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.guarded(|| get(&self.read()?, table, key))
    }

    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.guarded(|| page(&self.read()?, table, prefix, after, limit))
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.guarded(|| {
            let transaction = self.write()?;
            match apply(&transaction, batch) {
                Ok(()) => Ok(transaction.commit()?),
                Err(refused) => {
                    // What stopped the batch is the news; an abort that fails keeps the old state, too.
                    let _ = transaction.abort();
                    Err(refused)
                }
            }
        })
    }
}

impl Store for RedbSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| get(&self.0, table, key))
    }

    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        guarded(|| page(&self.0, table, prefix, after, limit))
    }

    /// Refused.
    fn commit(&mut self, _: &Batch) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly)
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        // Closing writes, and what it finds may be damaged.
        let file = std::mem::replace(&mut self.file, File::Closed);
        let _ = guarded(|| {
            drop(file);
            Ok(())
        });
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.file {
            File::Writable(_) => "RedbStore(writable)",
            File::ReadOnly(_) => "RedbStore(read-only)",
            File::Closed => "RedbStore(closed)",
        })
    }
}

impl fmt::Debug for RedbSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedbSnapshot")
    }
}

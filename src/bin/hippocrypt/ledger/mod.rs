//! The folder of a log:
//!
//! | | |
//! |---|---|
//! | `ledger.redb` | leaves, transactions, checkpoints |
//! | `ledger.key` | the scribe: the key that signs. A secret |
//! | `ledger.vkey` | the public key of the log, a line of text |
//!
//! In a vault the log is in the cloud's store, and the key in `ledger/ledger.hpcr`; its cloud alone appends to it.

pub mod trust;

use std::path::{Path, PathBuf};

use hippocrypt::ledger::{Book, Checkpoint, LogKeys, Scribe};
use hippocrypt::os_rng;
use hippocrypt::store::{RedbStore, StoreError};

use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::warn_if_exposed;
use crate::store::lock::{self, Lock};
use crate::store::{get, object};
use crate::vault::{Vault, in_folder};

const KEY: &str = "ledger.key";
const VKEY: &str = "ledger.vkey";
const STORE: &str = "ledger.redb";

/// Where a log has its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub store: PathBuf,
    /// The scribe.
    pub key: PathBuf,
    /// The public key; a vault has none, and is asked for the scribe.
    pub vkey: PathBuf,
    lock: PathBuf,
    is_of_vault: bool,
}

impl Places {
    /// The files of a new log in a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            store: folder.join(STORE),
            key: folder.join(KEY),
            vkey: folder.join(VKEY),
            lock: folder.join(".lock"),
            is_of_vault: false,
        }
    }

    /// Where the log of a folder is: of a vault in the store of its cloud.
    pub fn find(folder: &Path) -> Result<Self, Failure> {
        let own = Self::new(folder);
        if own.store.exists() {
            return Ok(own);
        }
        if Vault::realm_path(folder).exists() {
            let (store, key) =
                (folder.join("cloud").join("cloud.redb"), folder.join("ledger").join("ledger.hpcr"));
            return Ok(Self { store, key, is_of_vault: true, ..own });
        }
        let message = format!("{} holds no ledger", folder.display());
        Err(Failure::new(Code::InputOutput, message).hint("`hippocrypt ledger create` begins one"))
    }
}

/// A log that this run alone has open.
pub struct Ledger {
    pub places: Places,
    pub store: RedbStore,
    _lock: Option<Lock>,
}

impl Ledger {
    /// Opens a log to write; waits until no other run has it open.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let places = Places::find(folder)?;
        let lock = lock::wait(&places.lock)?;
        let store = in_folder(RedbStore::open(&places.store), &places.store)?;
        Ok(Self { places, store, _lock: Some(lock) })
    }

    /// Opens a log to append to it: not a vault's, whose transactions say what its cloud has done, in the cloud's own words.
    pub fn open_to_append(folder: &Path) -> Result<Self, Failure> {
        let ledger = Self::open(folder)?;
        if ledger.places.is_of_vault {
            let message =
                format!("{} is a vault: its cloud alone writes down what it does", folder.display());
            return Err(Failure::new(Code::Refused, message)
                .hint("`hippocrypt ledger create` begins a log of your own"));
        }
        Ok(ledger)
    }

    /// Opens a log to look at it; it may be read-only.
    pub fn look(folder: &Path) -> Result<Self, Failure> {
        let places = Places::find(folder)?;
        let lock = lock::wait(&places.lock).ok();
        let store = match RedbStore::open(&places.store) {
            Err(StoreError::ReadOnly) => RedbStore::open_read_only(&places.store),
            other => other,
        };
        let store = in_folder(store, &places.store)?;
        Ok(Self { places, store, _lock: lock })
    }

    /// Who signs the log.
    pub fn scribe(&self, console: &Console) -> Result<Scribe, Failure> {
        let path = &self.places.key;
        warn_if_exposed(console, path);
        let scribe = object(path, |bytes| Scribe::from_bytes(bytes, &mut os_rng()))?;
        scribe.ok_or_else(|| {
            let message = format!("{} is not there: this is not where the log is written", path.display());
            Failure::new(Code::InputOutput, message)
                .hint("give the command where the key of the log is, or bring it back from a copy")
        })
    }

    /// The public keys of the log.
    pub fn keys(&self, console: &Console) -> Result<LogKeys, Failure> {
        let path = &self.places.vkey;
        match get(path)? {
            Some(text) => {
                let text = String::from_utf8_lossy(text.expose_secret());
                trust::keys(&text).map_err(|failure| failure.in_file(&path.display().to_string()))
            }
            None => Ok(LogKeys::new(self.scribe(console)?.key(&self.store)?.clone())?),
        }
    }

    pub fn book(&self) -> Book<'_> {
        Book::of(&self.store)
    }

    /// The newest checkpoint, which proofs are for.
    pub fn newest(&self) -> Result<Checkpoint, Failure> {
        self.book().checkpoint()?.ok_or_else(|| {
            Failure::new(Code::Refused, "no block was closed yet, so that nothing is signed")
                .hint("`hippocrypt ledger checkpoint` closes one")
        })
    }

    /// The checkpoint over so many leaves; the newest one if that is not said.
    pub fn checkpoint(&self, size: Option<u64>) -> Result<Checkpoint, Failure> {
        let Some(size) = size else { return self.newest() };
        self.book().checkpoint_at(size)?.ok_or_else(|| {
            Failure::new(Code::NotSatisfied, format!("no block ends after {size} leaves"))
                .hint("`hippocrypt ledger blocks` tells where blocks end")
        })
    }
}

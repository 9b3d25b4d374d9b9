//! The folder of a stand-alone index, which stands for several machines. Each subfolder is what one of them would have:
//!
//! | | machine | |
//! |---|---|---|
//! | `owner/` | the patient's own device | the seed of the index, the seed of the readers, her newest head |
//! | `writers/` | her device, labs | a store for each: its state, what it has written |
//! | `server/` | the cloud | heads and segments |
//! | `gate/` | the gate | shares, and the request keys of readers |
//! | `readers/` | each reader | what he was handed, and the newest head that he has seen |
//!
//! Readers' key files lie where they say.

pub mod office;
pub mod reader;
pub mod writer;

use std::path::{Path, PathBuf};

use hippocrypt::search::{Domain, Gate, GateLimits, LeakageProfile};
use hippocrypt::store::RedbStore;

use crate::args::index::Profile;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::report::unhex;
use crate::store::lock::{self, Lock};
use crate::store::{damaged, get, names};
use crate::vault::in_folder;

/// The name of the gate in requests.
pub const GATE: &str = "gate";
/// The writer that is the owner's.
pub const DEVICE: &str = "device";
/// How long a head is good, in seconds: this folder has its owner at hand.
pub const HEAD_SECONDS: u64 = 366 * 86_400;
/// Bytes of a page of segments.
pub const PAGE: usize = 1 << 20;

/// An index that this run alone has open.
pub struct Index {
    pub folder: PathBuf,
    _lock: Lock,
}

/// The part of the index that is used here: all of it.
pub fn domain() -> Result<Domain, Failure> {
    Domain::new("general").map_err(|error| Failure::new(Code::WrongResult, error.to_string()))
}

impl Index {
    /// Opens an index; waits until no other run has it open.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        if !Self::is_one(folder) {
            let message = format!("{} is no index", folder.display());
            return Err(Failure::new(Code::InputOutput, message).hint("`hippocrypt index create` makes one"));
        }
        let lock = lock::wait(&folder.join(".lock"))?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    fn is_one(folder: &Path) -> bool {
        server_path(folder).exists()
    }

    /// Where a machine has its files.
    pub fn machine(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn server(&self) -> Result<RedbStore, Failure> {
        let path = server_path(&self.folder);
        in_folder(RedbStore::open(&path), &path)
    }

    pub fn gate(&self) -> Result<Gate<RedbStore>, Failure> {
        let path = self.machine("gate").join("gate.redb");
        let store = in_folder(RedbStore::open(&path), &path)?;
        Ok(Gate::open(GATE, store, GateLimits::default()))
    }

    /// Where the gate has the request key of a reader, as long as he may ask.
    pub fn admission(&self, reader: &str) -> PathBuf {
        self.machine("gate").join("readers").join(reader)
    }

    /// Those who may ask the gate, ascending.
    pub fn admitted(&self) -> Result<Vec<String>, Failure> {
        names(&self.machine("gate").join("readers"))
    }

    /// The request key of a reader, if the gate admits him.
    pub fn request_key(&self, reader: &str) -> Result<Option<[u8; 32]>, Failure> {
        let path = self.admission(reader);
        let Some(text) = get(&path)? else { return Ok(None) };
        let key = std::str::from_utf8(text.expose_secret()).ok().and_then(|text| unhex(text.trim()));
        key.map(Some).ok_or_else(|| damaged(&path, "this is no request key"))
    }

    /// The profile that the index was made with.
    pub fn profile(&self) -> Result<LeakageProfile, Failure> {
        let path = self.machine("owner").join("profile");
        let name = get(&path)?.map(|text| String::from_utf8_lossy(text.expose_secret()).trim().to_owned());
        let profile = name.as_deref().and_then(Profile::named).map(Profile::profile);
        profile.ok_or_else(|| damaged(&path, "this is no leakage profile"))
    }

    /// The names of all writers, ascending.
    pub fn writers(&self) -> Result<Vec<String>, Failure> {
        let files = names(&self.machine("writers"))?;
        Ok(files.iter().filter_map(|name| name.strip_suffix(".redb")).map(str::to_owned).collect())
    }
}

pub fn server_path(folder: &Path) -> PathBuf {
    folder.join("server").join("index.redb")
}

/// Says what a run that was killed may have left undone.
pub fn note(console: &Console, resumed: usize) {
    if resumed > 0 {
        console.note(&format!("an upload that was broken off is completed: {resumed} segments"));
    }
}

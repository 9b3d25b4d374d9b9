//! The folder of a vault, which stands for the machines of a house. Each subfolder is what one of them would have:
//!
//! | | machine | |
//! |---|---|---|
//! | `realm.hpcr` | all | what everybody knows |
//! | `authority/` | the key office of the house | master key, registry of issued keys; which handle is which patient, what was imported |
//! | `cloud/` | the cloud | ciphertext, transform keys, the ledger: nothing that opens anything |
//! | `ledger/` | the cloud | the key that its ledger is signed with, which is in no backup of the cloud |
//! | `seal/` | whoever keeps the seal key | the seal key |
//! | `index/` | whoever keeps the search indexes of patients | their secrets |
//! | `gate/` | the gate of searches | its shares: worth nothing without a reader's key, or what a reader has without it |
//!
//! Key files belong to people, and lie where they say.

pub mod imports;
pub mod indexes;
pub mod office;
pub mod patients;

use std::path::{Path, PathBuf};

use hippocrypt::ledger::{Book, Scribe};
use hippocrypt::phr::{Cloud, Limits, PatientHandle, Realm, RoleKey};
use hippocrypt::store::{FolderBlobs, RedbStore, StoreError};
use hippocrypt::{ProxyName, RequestMemory, os_rng};

use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::store::lock::{self, Lock};
use crate::store::{get, make_folder, put};
use patients::Patients;

/// The name of the cloud in leases and questions.
pub const CLOUD: &str = "cloud";
/// What every role knows.
const REALM: &str = "realm.hpcr";

/// A cloud over the files of a vault.
pub type VaultCloud = Cloud<RedbStore, FolderBlobs>;

/// A vault that this run alone has open.
pub struct Vault {
    pub folder: PathBuf,
    pub realm: Realm,
    _lock: Option<Lock>,
}

impl Vault {
    /// Opens a vault to work in it; waits until no other run does.
    pub fn open(console: &Console, folder: &Path) -> Result<Self, Failure> {
        let realm = realm_of(console, folder)?;
        let lock = lock::wait(&folder.join(".lock"))?;
        Ok(Self { folder: folder.to_owned(), realm, _lock: Some(lock) })
    }

    /// Opens a vault to look at it; it may be read-only.
    pub fn look(console: &Console, folder: &Path) -> Result<Self, Failure> {
        let realm = realm_of(console, folder)?;
        let lock = lock::wait(&folder.join(".lock")).ok();
        Ok(Self { folder: folder.to_owned(), realm, _lock: lock })
    }

    pub fn realm_path(folder: &Path) -> PathBuf {
        folder.join(REALM)
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority")
    }

    pub fn cloud_folder(&self) -> PathBuf {
        self.folder.join("cloud")
    }

    /// The seal key.
    pub fn seal_key(&self) -> PathBuf {
        self.folder.join("seal").join("seal.hpcr")
    }

    pub fn cloud_store(&self) -> PathBuf {
        self.cloud_folder().join("cloud.redb")
    }

    /// The key of the cloud's ledger.
    pub fn ledger_key(&self) -> PathBuf {
        self.folder.join("ledger").join("ledger.hpcr")
    }

    /// Who writes the ledger of the cloud; for the first time with a new key.
    fn scribe(&self, store: &RedbStore) -> Result<Scribe, Failure> {
        let path = self.ledger_key();
        if let Some(bytes) = get(&path)? {
            let scribe = Scribe::from_bytes(bytes.expose_secret(), &mut os_rng());
            return scribe.map_err(|error| Failure::decode(error).in_file(&path.display().to_string()));
        }
        if in_folder(Book::of(store).size(), &self.cloud_store())? > 0 {
            return Err(Failure::new(Code::InputOutput, "the key of the ledger is not here")
                .in_file(&path.display().to_string())
                .hint("bring it back from a copy: without it the cloud can write nothing down, and so does nothing"));
        }
        let log = format!("{}/{CLOUD}", self.realm.parameters().realm());
        let scribe = Scribe::generate(&log.replace([' ', '+'], "-"), &mut os_rng());
        let scribe = scribe.map_err(|error| Failure::new(Code::Usage, error.to_string()))?;
        // To look at an empty cloud no key is needed.
        if self._lock.is_some() {
            make_folder(path.parent().unwrap_or(&path))?;
            put(&path, scribe.to_bytes().expose_secret())?;
        }
        Ok(scribe)
    }

    /// What the keeper of indexes has.
    pub fn index_store(&self) -> PathBuf {
        self.folder.join("index").join("index.redb")
    }

    /// What the gate has.
    pub fn gate_store(&self) -> PathBuf {
        self.folder.join("gate").join("gate.redb")
    }

    pub fn chunks(&self) -> PathBuf {
        self.cloud_folder().join("chunks")
    }

    /// The cloud comes up.
    pub fn cloud(&self, console: &Console) -> Result<VaultCloud, Failure> {
        let store = in_folder(RedbStore::open(self.cloud_store()), &self.cloud_store())?;
        let blobs = in_folder(FolderBlobs::open(self.chunks()), &self.chunks())?;
        self.cloud_over(console, store, blobs)
    }

    /// The cloud, to look at: nothing need be written.
    pub fn cloud_to_look_at(&self, console: &Console) -> Result<VaultCloud, Failure> {
        let path = self.cloud_store();
        let store = match RedbStore::open(&path) {
            Err(StoreError::ReadOnly) => RedbStore::open_read_only(&path),
            other => other,
        };
        let blobs = match FolderBlobs::open(self.chunks()) {
            Err(StoreError::ReadOnly) => FolderBlobs::open_read_only(self.chunks()),
            other => other,
        };
        self.cloud_over(console, in_folder(store, &path)?, in_folder(blobs, &self.chunks())?)
    }

    /// The cloud over these stores.
    pub fn cloud_over(
        &self,
        console: &Console,
        store: RedbStore,
        blobs: FolderBlobs,
    ) -> Result<VaultCloud, Failure> {
        // Whoever asks sits at this keyboard, and could start the program as often as he likes.
        let limits = Limits {
            questions_per_minute: u32::MAX,
            transforms_per_minute: u32::MAX,
            denials_per_minute: u32::MAX,
            ..Limits::default()
        };
        let name = ProxyName::new(CLOUD)?;
        let scribe = self.scribe(&store)?;
        let cloud = Cloud::open(self.realm.clone(), name, store, blobs, scribe, limits, console.now())?;
        // Questions are made and answered within one run: none can come from before it.
        Ok(cloud.with_requests(RequestMemory::new()))
    }

    /// The patient whom a text means: her handle, or the name that files have for her.
    pub fn patient(&self, text: &str) -> Result<PatientHandle, Failure> {
        if let Ok(handle) = text.parse() {
            return Ok(handle);
        }
        let path = self.authority().join(patients::FILE);
        let unknown = || {
            Failure::new(Code::NotSatisfied, format!("no patient is called `{text}` here")).hint(
                "give a handle, or a name as `hippocrypt vault import --json` and `vault enroll` tell it",
            )
        };
        if !path.exists() {
            return Err(unknown());
        }
        Patients::open(&path)?.find(text).ok_or_else(unknown)
    }

    /// The patient whom a reader means; himself if he names none.
    pub fn patient_or_own(&self, text: Option<&str>, key: &RoleKey) -> Result<PatientHandle, Failure> {
        match text {
            Some(text) => self.patient(text),
            None => match key.owner(&self.realm) {
                Ok(owner) => Ok(*owner.patient()),
                Err(_) => Err(Failure::new(Code::Usage, "whose records? the key is not a patient's")
                    .hint("name the patient: a handle, or the name that files have for her")),
            },
        }
    }
}

/// The realm of a vault, which tells that there is one.
fn realm_of(console: &Console, folder: &Path) -> Result<Realm, Failure> {
    let path = folder.join(REALM);
    if !path.exists() {
        let message = format!("{} is no vault", folder.display());
        return Err(Failure::new(Code::InputOutput, message)
            .hint("`hippocrypt vault init` makes one; --vault or HIPPOCRYPT_VAULT names another folder"));
    }
    input::realm(console, &path)
}

/// A hidden folder in `parent` for its owner alone, to be moved to its place when all of it is there; until then it vanishes with the
/// run.
pub fn unpublished(parent: &Path, prefix: &str) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// What a store says, with its place.
pub fn in_folder<T>(outcome: Result<T, StoreError>, path: &Path) -> Result<T, Failure> {
    outcome.map_err(|error| Failure::from(error).in_file(&path.display().to_string()))
}

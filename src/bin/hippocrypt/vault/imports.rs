//! What was imported, so that nothing is imported twice: an entry for each file, or batch of NDJSON, after the cloud has confirmed all of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use hippocrypt::phr::PatientHandle;
use hippocrypt::store::Journal;
use sha2::{Digest, Sha256};

use super::in_folder;
use crate::failure::Failure;
use crate::store::damaged;

/// The file in the folder of the authority.
pub const FILE: &str = "imports";

/// What stands for an imported file: whose it is, where it is from, and its SHA-256.
pub type ImportId = [u8; 32];

pub fn import_id(patient: Option<&PatientHandle>, source: Option<&str>, sha256: &[u8]) -> ImportId {
    let source: [u8; 32] = Sha256::digest(source.unwrap_or_default()).into();
    let (is_given, patient) =
        (patient.is_some(), patient.map(|patient| *patient.as_bytes()).unwrap_or_default());
    Sha256::new()
        .chain_update([u8::from(is_given)])
        .chain_update(patient)
        .chain_update(source)
        .chain_update(sha256)
        .finalize()
        .into()
}

/// The journal, to be added to.
pub struct Imports {
    path: PathBuf,
    journal: Journal,
}

impl Imports {
    /// The journal, and what is in it.
    pub fn open(path: &Path) -> Result<(Self, HashSet<ImportId>), Failure> {
        let journal = in_folder(Journal::open(path), path)?;
        let mut known = HashSet::new();
        for entry in in_folder(journal.entries(), path)? {
            let id = ImportId::try_from(in_folder(entry, path)?.bytes.as_slice());
            known.insert(id.map_err(|_| damaged(path, "an entry is not an import's"))?);
        }
        Ok((Self { path: path.to_owned(), journal }, known))
    }

    /// Adds imports, and waits for the disk once.
    pub fn add(&mut self, ids: &[ImportId]) -> Result<(), Failure> {
        let ids: Vec<&[u8]> = ids.iter().map(<[u8; 32]>::as_slice).collect();
        in_folder(self.journal.append_all(&ids), &self.path).map(drop)
    }
}

//! Which handle is which patient: the one place where the two stand together. It is personal data, and never goes to a cloud.
//!
//! A journal with an entry for each name: the handle, and the name that files have for the patient. One handle may have several names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hippocrypt::os_rng;
use hippocrypt::phr::PatientHandle;
use hippocrypt::store::Journal;

use super::in_folder;
use crate::failure::Failure;
use crate::store::damaged;

/// The file in the folder of the authority.
pub const FILE: &str = "patients";
/// The handle of what is about no patient, or about several.
pub const HOUSE: &str = "house";

pub struct Patients {
    path: PathBuf,
    journal: Journal,
    handles: HashMap<String, PatientHandle>,
    /// Entries that are not on the disk yet.
    unsaved: Vec<Vec<u8>>,
}

impl Patients {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let journal = in_folder(Journal::open(path), path)?;
        let mut handles = HashMap::new();
        for entry in in_folder(journal.entries(), path)? {
            let bytes = in_folder(entry, path)?.bytes;
            let parts = bytes.split_first_chunk::<16>();
            let parts = parts.and_then(|(handle, name)| Some((*handle, std::str::from_utf8(name).ok()?)));
            let (handle, name) = parts.ok_or_else(|| damaged(path, "an entry is not a patient's"))?;
            handles.insert(name.to_owned(), PatientHandle::from_bytes(handle));
        }
        Ok(Self { path: path.to_owned(), journal, handles, unsaved: Vec::new() })
    }

    pub fn find(&self, name: &str) -> Option<PatientHandle> {
        self.handles.get(name).copied()
    }

    /// The handle of the house.
    pub fn house(&mut self) -> Result<PatientHandle, Failure> {
        self.enter([HOUSE]);
        self.save()?;
        self.find(HOUSE).ok_or_else(|| damaged(&self.path, "it has no house"))
    }

    /// Gives each name that has none a handle. Nothing of theirs is sent before [`save`](Self::save).
    pub fn enter<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if !self.handles.contains_key(name) {
                let handle = PatientHandle::random(&mut os_rng());
                self.unsaved.push([handle.as_bytes().as_slice(), name.as_bytes()].concat());
                self.handles.insert(name.to_owned(), handle);
            }
        }
    }

    /// Makes what was entered durable.
    pub fn save(&mut self) -> Result<(), Failure> {
        if !self.unsaved.is_empty() {
            let entries: Vec<&[u8]> = self.unsaved.iter().map(Vec::as_slice).collect();
            in_folder(self.journal.append_all(&entries), &self.path)?;
            self.unsaved.clear();
        }
        Ok(())
    }
}

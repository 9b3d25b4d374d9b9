//! The cloud's store: a folder of headers, each under its serial, and one of compartments, each under its
//! core id. It sees ciphertext alone.

use std::io;
use std::path::{Path, PathBuf};

use hippocrypt::{HeaderStore, StoredHeader};

use crate::folder;
use crate::wire::{Message, Verb};

pub struct FolderStore {
    folder: PathBuf,
}

/// A compartment without its header: where it belongs, and its sealed records.
pub struct Compartment {
    /// The serial of its header.
    serial: [u8; 32],
    /// Whose records of which category, as the writer has named it.
    pub place: Vec<u8>,
    pub records: Vec<Vec<u8>>,
}

impl FolderStore {
    pub fn open(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn header_path(&self, serial: &[u8; 32]) -> PathBuf {
        self.folder.join("headers").join(format!("{}.hpcr", folder::hex(serial)))
    }

    fn compartment_path(&self, core_id: &[u8; 32]) -> PathBuf {
        self.folder.join("compartments").join(format!("{}.hpcr", folder::hex(core_id)))
    }

    /// Stores an accepted upload, the header first: what is listed is whole.
    pub fn add(&mut self, header: &StoredHeader, place: &[u8], records: &[Vec<u8>]) -> io::Result<()> {
        let mut parts = vec![header.serial().as_bytes().to_vec(), place.to_vec()];
        parts.extend_from_slice(records);
        let path = self.compartment_path(header.header().core_id());
        if path.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the compartment is there already"));
        }
        self.insert(header)?;
        folder::write(&path, &Message::new(Verb::Upload, parts).to_bytes())
    }

    /// The compartment under this core id.
    pub fn compartment(&self, core_id: &[u8; 32]) -> io::Result<Option<Compartment>> {
        let Some(bytes) = folder::read(&self.compartment_path(core_id))? else { return Ok(None) };
        let message = Message::from_bytes(&bytes)?;
        let serial = message.part(0)?.try_into().map_err(|_| damaged("a serial has 32 bytes"))?;
        let place = message.part(1)?.to_vec();
        Ok(Some(Compartment { serial, place, records: message.parts.into_iter().skip(2).collect() }))
    }

    /// The header of a compartment. It is read anew for every request: the keeper of the seal key may have
    /// sealed it meanwhile.
    pub fn header_of(&self, compartment: &Compartment) -> io::Result<Option<StoredHeader>> {
        self.load(compartment.serial)
    }

    /// The core id of every compartment.
    pub fn core_ids(&self) -> io::Result<Vec<[u8; 32]>> {
        names(&self.folder.join("compartments"))
    }
}

impl HeaderStore for FolderStore {
    type Error = io::Error;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> io::Result<Vec<[u8; 32]>> {
        let serials = names(&self.folder.join("headers"))?.into_iter();
        Ok(serials.filter(|serial| after.is_none_or(|after| *serial > after)).take(limit).collect())
    }

    fn load(&self, serial: [u8; 32]) -> io::Result<Option<StoredHeader>> {
        let bytes = folder::read(&self.header_path(&serial))?;
        let header = bytes.map(|bytes| StoredHeader::from_bytes(&bytes)).transpose();
        header.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
    }

    fn insert(&mut self, header: &StoredHeader) -> io::Result<bool> {
        let path = self.header_path(header.serial().as_bytes());
        if path.exists() {
            return Ok(false);
        }
        folder::write(&path, &header.to_bytes())?;
        Ok(true)
    }

    fn replace(&mut self, header: &StoredHeader) -> io::Result<()> {
        folder::write(&self.header_path(header.serial().as_bytes()), &header.to_bytes())
    }
}

/// What the files of a folder are called, ascending.
fn names(folder: &Path) -> io::Result<Vec<[u8; 32]>> {
    let name = |path: PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(folder::unhex);
        stem.ok_or_else(|| damaged("the store has a file that is none of its own"))
    };
    folder::list(folder)?.into_iter().map(name).collect()
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

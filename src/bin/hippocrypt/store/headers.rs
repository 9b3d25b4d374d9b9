//! A proxy's store: headers under their serials, records under the ids of their headers.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hippocrypt::{HeaderStore, StoredHeader};

use super::shards::Shards;
use super::{at, object};
use crate::failure::Failure;
use crate::output::{Access, sync_directory, temporary_beside};
use crate::report::{hex, unhex};

/// `headers/SERIAL`, `cores/HEADER-ID` with the serial in it, `records/HEADER-ID`.
#[derive(Debug)]
pub struct FileHeaders {
    headers: Shards<32>,
    cores: Shards<32>,
    records: Shards<32>,
}

impl FileHeaders {
    /// Those of a proxy's folder.
    pub fn of(parent: &Path) -> Self {
        let shards = |name: &str| Shards::new(parent.join(name));
        Self { headers: shards("headers"), cores: shards("cores"), records: shards("records") }
    }

    pub fn count(&self) -> Result<u64, Failure> {
        self.headers.count()
    }

    /// Deletes what killed runs have left behind.
    pub fn sweep(&self) -> Result<(), Failure> {
        [&self.headers, &self.cores, &self.records].into_iter().try_for_each(Shards::sweep)
    }

    /// The header of this id.
    pub fn find(&self, core_id: &[u8; 32]) -> Result<Option<StoredHeader>, Failure> {
        let Some(serial) = self.cores.get(core_id)? else { return Ok(None) };
        let serial = std::str::from_utf8(serial.expose_secret()).ok().and_then(unhex);
        let header = serial.map(|serial| self.load(serial)).transpose()?.flatten();
        Ok(header.filter(|header| header.header().core_id() == core_id))
    }

    /// Files a new header. Its id comes first: one that leads nowhere is passed over, and a header without one would not
    /// be found.
    pub fn file(&mut self, header: &StoredHeader) -> Result<bool, Failure> {
        self.cores.put(header.header().core_id(), hex(header.serial().as_bytes()).as_bytes())?;
        self.insert(header)
    }

    /// Keeps what follows a header in its file.
    pub fn keep_record(&self, core_id: &[u8; 32], mut input: impl Read) -> Result<u64, Failure> {
        let path = self.records.place(core_id)?;
        let fail = |error| at("write", &path, error);
        let mut temporary = temporary_beside(&path, Access::Owner).map_err(fail)?;
        let bytes = io::copy(&mut input, &mut temporary)?;
        temporary.flush().map_err(fail)?;
        temporary.as_file().sync_all().map_err(fail)?;
        temporary.persist(&path).map_err(|error| at("write", &path, error.error))?;
        sync_directory(&path);
        Ok(bytes)
    }

    /// Where the record of a header stands.
    pub fn record(&self, core_id: &[u8; 32]) -> PathBuf {
        self.records.path(core_id)
    }
}

impl HeaderStore for FileHeaders {
    type Error = Failure;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, Failure> {
        self.headers.page(after, limit)
    }

    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, Failure> {
        object(&self.headers.path(&serial), StoredHeader::from_bytes)
    }

    fn insert(&mut self, header: &StoredHeader) -> Result<bool, Failure> {
        self.headers.put_new(header.serial().as_bytes(), &header.to_bytes())
    }

    fn replace(&mut self, header: &StoredHeader) -> Result<(), Failure> {
        self.headers.put(header.serial().as_bytes(), &header.to_bytes())
    }
}

//! Chunks in a folder, each a file.
//!
//! The chunk `abcdef..` is the file `ab/cdef..`. It is written in the folder `new`, made durable, and renamed: under its name a
//! chunk is whole. The folder is locked by whoever may write to it, so that what is in `new` when it is opened is
//! left over from a process that has ended.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::time::SystemTime;
use std::vec::Vec;

use super::blobs::check_size;
use super::{BlobStore, ChunkId, MAX_CHUNK_BYTES, StoreError, StoredChunk, files};

/// Chunks that are being written.
const NEW: &str = "new";
/// The file whose lock is that of the folder.
const LOCK: &str = "lock";

/// A [`BlobStore`] in a folder: one file for each chunk, durable when [`put`](BlobStore::put) returns.
///
/// One process at a time may write to it; any number may read.
pub struct FolderBlobs {
    root: PathBuf,
    /// Held for as long as this lives; `None` for reading alone.
    lock: Option<File>,
}

impl FolderBlobs {
    /// Opens the folder `root`, which is made if it is not there, and removes what unfinished writes have left. Only the owner may
    /// read what is made.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::ReadOnly`], others of the system.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = root.as_ref().to_owned();
        let new = root.join(NEW);
        files::create_folder(&new)?;
        let lock = files::private().write(true).create(true).truncate(false).open(root.join(LOCK))?;
        files::lock(&lock)?;
        for unfinished in fs::read_dir(&new)? {
            fs::remove_file(unfinished?.path())?;
        }
        Ok(Self { root, lock: Some(lock) })
    }

    /// Opens the folder `root` for reading alone, whoever else has it open.
    ///
    /// # Errors
    /// [`StoreError::NotThere`], others of the system.
    pub fn open_read_only(root: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = root.as_ref().to_owned();
        fs::read_dir(&root)?;
        Ok(Self { root, lock: None })
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.lock.as_ref().map(drop).ok_or(StoreError::ReadOnly)
    }

    /// The folder and the file of a chunk.
    fn place(&self, id: &ChunkId) -> (PathBuf, PathBuf) {
        let name = id.to_string();
        let (folder, file) = name.split_at(2);
        let folder = self.root.join(folder);
        let file = folder.join(file);
        (folder, file)
    }

    /// Whether a chunk is there in its full size; then its time is now.
    fn touch(file: &Path, bytes: usize) -> Result<bool, StoreError> {
        match fs::symlink_metadata(file) {
            Ok(found) if found.is_file() && found.len() == bytes as u64 => {
                files::private().write(true).open(file)?.set_modified(SystemTime::now())?;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of two or 62 hexadecimal digits in a folder, ascending; whatever else is there is not a chunk's.
    fn names(folder: &Path, digits: usize) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if name.len() == digits && name.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

impl BlobStore for FolderBlobs {
    fn put(&mut self, chunk: &[u8]) -> Result<ChunkId, StoreError> {
        self.writable()?;
        check_size(chunk)?;
        let id = ChunkId::of(chunk);
        let (folder, file) = self.place(&id);
        if !Self::touch(&file, chunk.len())? {
            let new = self.root.join(NEW).join(files::unused_name("chunk"));
            files::write_new(&new, chunk)?;
            let moved = files::create_folder(&folder).and_then(|()| fs::rename(&new, &file));
            if moved.is_err() {
                let _ = fs::remove_file(&new);
            }
            moved?;
        }
        // Also for one that was there: whoever put it may have been killed before this.
        files::sync_folder(&folder)?;
        Ok(id)
    }

    fn get(&self, id: &ChunkId) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match File::open(self.place(id).1) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut chunk = Vec::new();
        file.take(MAX_CHUNK_BYTES as u64 + 1).read_to_end(&mut chunk)?;
        if ChunkId::of(&chunk) != *id {
            return Err(StoreError::Damaged(format!("chunk {id} has other bytes").into()));
        }
        Ok(Some(chunk))
    }

    fn has(&self, id: &ChunkId) -> Result<bool, StoreError> {
        match fs::symlink_metadata(self.place(id).1) {
            Ok(found) => Ok(found.is_file()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn page(&self, after: Option<&ChunkId>, limit: usize) -> Result<Vec<StoredChunk>, StoreError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let mut found = Vec::new();
        for folder in Self::names(&self.root, 2)? {
            if found.len() == limit {
                break;
            }
            if after.get(..2).is_some_and(|passed| folder.as_str() < passed) {
                continue;
            }
            for file in Self::names(&self.root.join(&folder), 62)? {
                let name = format!("{folder}{file}");
                if name <= after || found.len() == limit {
                    continue;
                }
                let about = match fs::symlink_metadata(self.root.join(&folder).join(&file)) {
                    // Removed since the folder was listed.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    about => about?,
                };
                let Some(id) = chunk_id(&name) else { continue };
                let written = files::seconds(about.modified()?);
                found.push(StoredChunk { id, bytes: about.len(), written });
            }
        }
        Ok(found)
    }

    fn remove(&mut self, id: &ChunkId) -> Result<(), StoreError> {
        self.writable()?;
        match fs::remove_file(self.place(id).1) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => Ok(removed?),
        }
    }
}

/// The chunk of 64 hexadecimal digits.
fn chunk_id(name: &str) -> Option<ChunkId> {
    let mut id = [0; 32];
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(name.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(ChunkId::from_bytes(id))
}

impl fmt::Debug for FolderBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FolderBlobs({})", self.root.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn what_was_put_is_there_in_order_after_reopening() {
        let folder = folder();
        let root = folder.path().join("deep/blobs");
        let mut blobs = FolderBlobs::open(&root).unwrap();
        let chunks: Vec<Vec<u8>> = (0..50u8).map(|n| vec![n; usize::from(n) * 100]).collect();
        let mut ids: Vec<ChunkId> = chunks.iter().map(|chunk| blobs.put(chunk).unwrap()).collect();
        assert!(matches!(FolderBlobs::open(&root), Err(StoreError::InUse)));
        drop(blobs);
        let mut blobs = FolderBlobs::open(&root).unwrap();
        for (id, chunk) in ids.iter().zip(&chunks) {
            assert_eq!(blobs.get(id).unwrap().as_ref(), Some(chunk));
        }
        ids.sort();
        for limit in [1, 7, 50, 100] {
            let (mut paged, mut after) = (Vec::new(), None);
            while let page = blobs.page(after.as_ref(), limit).unwrap()
                && let Some(last) = page.last()
            {
                assert!(page.len() <= limit);
                after = Some(last.id);
                paged.extend(page.iter().map(|chunk| chunk.id));
            }
            assert_eq!(paged, ids, "{limit}");
        }
        assert!(blobs.page(None, 0).unwrap().is_empty());
        blobs.remove(&ids[3]).unwrap();
        blobs.remove(&ids[3]).unwrap();
        assert_eq!(blobs.get(&ids[3]).unwrap(), None);
    }

    #[test]
    fn a_chunk_of_another_size_is_written_again_and_one_of_other_bytes_is_not_returned() {
        let folder = folder();
        let mut blobs = FolderBlobs::open(folder.path()).unwrap();
        let id = blobs.put(b"chunk").unwrap();
        let (_, file) = blobs.place(&id);
        for damage in [&b"chu"[..], b"", b"chunks", b"chonk"] {
            fs::write(&file, damage).unwrap();
            assert!(matches!(blobs.get(&id), Err(StoreError::Damaged(_))));
            if damage.len() != 5 {
                blobs.put(b"chunk").unwrap();
                assert_eq!(blobs.get(&id).unwrap().as_deref(), Some(&b"chunk"[..]));
            }
        }
    }

    #[test]
    fn putting_again_makes_it_young_again() {
        let folder = folder();
        let mut blobs = FolderBlobs::open(folder.path()).unwrap();
        let id = blobs.put(b"chunk").unwrap();
        let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000);
        File::options().write(true).open(blobs.place(&id).1).unwrap().set_modified(old).unwrap();
        assert_eq!(blobs.page(None, 9).unwrap()[0].written, 1000);
        blobs.put(b"chunk").unwrap();
        assert!(blobs.page(None, 9).unwrap()[0].written.abs_diff(files::now()) < 60);
    }

    #[test]
    fn what_an_unfinished_write_left_is_removed_and_strange_files_are_left_alone() {
        let folder = folder();
        let mut blobs = FolderBlobs::open(folder.path()).unwrap();
        let id = blobs.put(b"chunk").unwrap();
        drop(blobs);
        fs::write(folder.path().join("new/.chunk.1"), b"half").unwrap();
        fs::write(folder.path().join("README"), b"of the owner").unwrap();
        fs::create_dir(folder.path().join("ZZ")).unwrap();
        let blobs = FolderBlobs::open(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
        assert_eq!(blobs.page(None, 9).unwrap().iter().map(|chunk| chunk.id).collect::<Vec<_>>(), [id]);
        assert!(folder.path().join("README").exists());
    }

    #[test]
    fn reading_alone_writes_nothing() {
        let folder = folder();
        assert!(matches!(FolderBlobs::open_read_only(folder.path().join("none")), Err(StoreError::NotThere)));
        let mut writer = FolderBlobs::open(folder.path()).unwrap();
        let id = writer.put(b"chunk").unwrap();
        let mut reader = FolderBlobs::open_read_only(folder.path()).unwrap();
        assert_eq!(reader.get(&id).unwrap().as_deref(), Some(&b"chunk"[..]));
        assert!(matches!(reader.put(b"other"), Err(StoreError::ReadOnly)));
        assert!(matches!(reader.remove(&id), Err(StoreError::ReadOnly)));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let mut blobs = FolderBlobs::open(folder.path().join("blobs")).unwrap();
        let id = blobs.put(b"chunk").unwrap();
        let (folder, file) = blobs.place(&id);
        for (path, mode) in [(&blobs.root, 0o700), (&folder, 0o700), (&file, 0o600)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
        }
    }
}

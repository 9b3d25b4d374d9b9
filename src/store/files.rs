//! Files that are there whole after a cut of power, and that nobody else may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::StoreError;

/// Options for files of a store: on unix only the owner may read or write what they create.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder and those above it, for the owner alone, and durably. It may be there already.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let above = folder_of(path);
    create_folder(&above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.and_then(|()| sync_folder(&above)),
    }
}

/// Makes what was created, renamed or removed in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and the file system orders such changes itself.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A name that no other call of this process has, nor one of another process that lives now.
pub(super) fn unused_name(what: &str) -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    format!(".{what}.{}.{}.{call}", std::process::id(), now())
}

/// Writes a file that must not be there yet, and does not return before it is durable; its name is not, before
/// [`sync_folder`].
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = private().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Gives a complete, closed file its name, unless there is something of that name.
#[cfg(feature = "redb")]
pub(super) fn publish(unpublished: &Path, path: &Path) -> Result<(), StoreError> {
    let linked = match fs::hard_link(unpublished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(StoreError::AlreadyThere),
        // A file system without hard links cannot exclude another process between these two steps.
        Err(_) if path.try_exists()? => Err(StoreError::AlreadyThere),
        Err(_) => fs::rename(unpublished, path).map_err(StoreError::from),
        Ok(()) => Ok(()),
    };
    let _ = fs::remove_file(unpublished);
    linked?;
    Ok(sync_folder(&folder_of(path))?)
}

/// A lock that another holder refuses.
pub(super) fn lock(file: &File) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Seconds since 1970, of the clock of this machine.
pub(super) fn now() -> u64 {
    seconds(SystemTime::now())
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

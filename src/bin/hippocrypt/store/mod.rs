//! Folders of small files that survive a crash: what a call has written is on the disk, whole, when it returns.

pub mod headers;
pub mod keys;
pub mod lock;
pub mod log;
pub mod registry;
pub mod requests;
pub mod shards;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use hippocrypt::{DecodeError, Secret, SecretBytes};

use crate::failure::{Code, Failure, named};
use crate::output::{Access, sync_directory, temporary_beside};

/// Makes a folder that its owner alone may enter, if it is not there.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| at("make", path, error))?;
    sync_directory(path);
    Ok(())
}

/// Writes a file, in the place of the one that may be there: at once or not at all, and of that one nothing is kept.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let temporary = temporary(path, bytes)?;
    temporary.persist(path).map_err(|error| at("write", path, error.error))?;
    sync_directory(path);
    Ok(())
}

/// Writes a file under a name that is free; `false`, and no change, if it is taken.
pub fn put_new(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    match temporary(path, bytes)?.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(at("write", path, error.error)),
    }
    sync_directory(path);
    Ok(true)
}

fn temporary(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Failure> {
    let fail = |error| at("write", path, error);
    let mut temporary = temporary_beside(path, Access::Owner).map_err(fail)?;
    temporary.write_all(bytes).map_err(fail)?;
    temporary.as_file().sync_all().map_err(fail)?;
    Ok(temporary)
}

/// What a file holds, if it is there.
pub fn get(path: &Path) -> Result<Option<SecretBytes>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Secret::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at("read", path, error)),
    }
}

/// The object that a file is, if it is there.
pub fn object<T>(
    path: &Path,
    decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
) -> Result<Option<T>, Failure> {
    let Some(bytes) = get(path)? else { return Ok(None) };
    let decoded = decode(bytes.expose_secret());
    decoded.map(Some).map_err(|error| Failure::decode(error).in_file(&path.display().to_string()))
}

/// Deletes a file; `false` if it was not there.
pub fn remove(path: &Path) -> Result<bool, Failure> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(at("delete", path, error)),
    }
    sync_directory(path);
    Ok(true)
}

/// The names in a folder, ascending, without hidden ones; none if there is no such folder.
pub fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let fail = |error| at("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // What is not text was not written by this program.
        if let Ok(name) = entry.map_err(fail)?.file_name().into_string() {
            names.push(name);
        }
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    Ok(names)
}

/// Deletes what runs that were killed have left behind in a folder: files that never were whole.
pub fn sweep(folder: &Path) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let left = name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".part"));
        if left {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// An error with the name of the file.
pub fn at(action: &'static str, path: &Path, error: io::Error) -> Failure {
    named(action, &path.display().to_string(), error).into()
}

/// A folder whose files contradict each other.
pub fn damaged(path: &Path, why: &str) -> Failure {
    let name = path.display().to_string();
    Failure::new(Code::Malformed, why).hint("do not change files in it by hand").in_file(&name)
}

//! The authority's registry of the keys it issued: a file for each.

use std::io;
use std::path::{Path, PathBuf};

use hippocrypt::{IssuedKey, KeyId, KeyRegistry, RegistryError, UserId};

use crate::folder;

pub struct FolderRegistry {
    folder: PathBuf,
}

type Outcome<T> = Result<T, RegistryError<io::Error>>;

impl FolderRegistry {
    pub fn open(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self, id: &KeyId) -> PathBuf {
        self.folder.join(format!("{}.hpcr", folder::hex(id.as_bytes())))
    }

    /// Every key that was ever issued, ascending by id.
    pub fn all(&self) -> Outcome<Vec<IssuedKey>> {
        let files = folder::list(&self.folder).map_err(RegistryError::Storage)?;
        files.iter().filter_map(|path| load(path).transpose()).collect()
    }
}

fn load(path: &Path) -> Outcome<Option<IssuedKey>> {
    let bytes = folder::read(path).map_err(RegistryError::Storage)?;
    let key = bytes.map(|bytes| IssuedKey::from_bytes(&bytes)).transpose();
    key.map_err(|error| RegistryError::Storage(io::Error::new(io::ErrorKind::InvalidData, error.to_string())))
}

impl KeyRegistry for FolderRegistry {
    type Error = io::Error;

    fn insert_new(&mut self, key: IssuedKey) -> Outcome<()> {
        let path = self.path(key.id());
        if path.exists() {
            return Err(RegistryError::Repeated(*key.id()));
        }
        folder::write(&path, &key.to_bytes()).map_err(RegistryError::Storage)
    }

    fn get(&self, id: &KeyId) -> Outcome<Option<IssuedKey>> {
        load(&self.path(id))
    }

    fn replace(&mut self, key: IssuedKey) -> Outcome<()> {
        let path = self.path(key.id());
        if !path.exists() {
            return Err(RegistryError::Unknown(*key.id()));
        }
        folder::write(&path, &key.to_bytes()).map_err(RegistryError::Storage)
    }

    fn keys_of(&self, user: &UserId) -> Outcome<Vec<KeyId>> {
        Ok(self.all()?.iter().filter(|key| key.user() == user).map(|key| *key.id()).collect())
    }

    fn page(&self, after: Option<&KeyId>, limit: usize) -> Outcome<Vec<IssuedKey>> {
        let keys = self.all()?.into_iter();
        Ok(keys.filter(|key| after.is_none_or(|after| key.id() > after)).take(limit).collect())
    }
}

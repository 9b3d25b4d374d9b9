//! Objects under the ids of keys, and the ids of each user's.

use std::fs;
use std::path::{Path, PathBuf};

use hippocrypt::{KeyId, UserId};
use sha2::{Digest, Sha256};

use super::shards::Shards;
use super::{make_folder, names, put, remove};
use crate::failure::Failure;
use crate::report::{hex, unhex};

/// `keys/3f/3fa2..` holds an object, `users/HASH/3fa2..` says whose it is.
#[derive(Debug)]
pub struct KeyFiles {
    objects: Shards<16>,
    users: PathBuf,
}

impl KeyFiles {
    /// Those of an authority's or a proxy's folder.
    pub fn of(parent: &Path) -> Self {
        Self { objects: Shards::new(parent.join("keys")), users: parent.join("users") }
    }

    fn user(&self, user: &UserId) -> PathBuf {
        self.users.join(file_name(user))
    }

    /// Adds an object; `false`, and no change, if the id is taken.
    pub fn insert_new(&self, user: &UserId, id: &KeyId, bytes: &[u8]) -> Result<bool, Failure> {
        if self.path(id).exists() {
            return Ok(false);
        }
        // Whose it is comes first: a name without an object is passed over, an object without one would not be found.
        make_folder(&self.users)?;
        make_folder(&self.user(user))?;
        put(&self.user(user).join(hex(id.as_bytes())), &[])?;
        self.objects.put_new(id.as_bytes(), bytes)
    }

    /// Puts an object in the place of the former one.
    pub fn replace(&self, id: &KeyId, bytes: &[u8]) -> Result<(), Failure> {
        self.objects.put(id.as_bytes(), bytes)
    }

    pub fn remove(&self, user: &UserId, id: &KeyId) -> Result<bool, Failure> {
        let removed = self.objects.remove(id.as_bytes())?;
        remove(&self.user(user).join(hex(id.as_bytes())))?;
        // Refused while there are others.
        let _ = fs::remove_dir(self.user(user));
        Ok(removed)
    }

    /// The ids of a user's, ascending.
    pub fn ids_of(&self, user: &UserId) -> Result<Vec<KeyId>, Failure> {
        let ids = names(&self.user(user))?.into_iter().filter_map(|name| unhex(&name));
        let held: Vec<[u8; 16]> = ids.filter(|id| self.objects.path(id).exists()).collect();
        Ok(held.into_iter().map(KeyId::from_bytes).collect())
    }

    /// Up to `limit` ids after `after`, ascending.
    pub fn page(&self, after: Option<&KeyId>, limit: usize) -> Result<Vec<KeyId>, Failure> {
        let page = self.objects.page(after.map(|id| *id.as_bytes()), limit)?;
        Ok(page.into_iter().map(KeyId::from_bytes).collect())
    }

    pub fn path(&self, id: &KeyId) -> PathBuf {
        self.objects.path(id.as_bytes())
    }

    /// Deletes what killed runs have left behind: whole keys, perhaps, that were never put in their places.
    pub fn sweep(&self) -> Result<(), Failure> {
        self.objects.sweep()
    }

    pub fn count(&self) -> Result<u64, Failure> {
        self.objects.count()
    }
}

/// A name of a user for a file, which his own may be too long or too strange for.
pub fn file_name(user: &UserId) -> String {
    let digest = Sha256::digest(user.as_str().as_bytes());
    hex(digest.get(..16).unwrap_or(&digest))
}

//! Many small files named by random bytes, in 256 folders by the first of them.

use std::path::PathBuf;

use hippocrypt::SecretBytes;

use super::{get, make_folder, names, put, put_new, remove, sweep};
use crate::failure::Failure;
use crate::report::{hex, unhex};

/// Files that are named by N bytes, in hexadecimal: `3f/3fa2..`.
#[derive(Debug)]
pub struct Shards<const N: usize> {
    root: PathBuf,
}

impl<const N: usize> Shards<N> {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn shard(&self, first: u8) -> PathBuf {
        self.root.join(format!("{first:02x}"))
    }

    pub fn path(&self, id: &[u8; N]) -> PathBuf {
        self.shard(id.first().copied().unwrap_or(0)).join(hex(id))
    }

    /// The path of a file that is about to be written.
    pub fn place(&self, id: &[u8; N]) -> Result<PathBuf, Failure> {
        let path = self.path(id);
        make_folder(&self.root)?;
        path.parent().map_or(Ok(()), make_folder)?;
        Ok(path)
    }

    pub fn get(&self, id: &[u8; N]) -> Result<Option<SecretBytes>, Failure> {
        get(&self.path(id))
    }

    pub fn put(&self, id: &[u8; N], bytes: &[u8]) -> Result<(), Failure> {
        put(&self.place(id)?, bytes)
    }

    /// `false`, and no change, if there is one.
    pub fn put_new(&self, id: &[u8; N], bytes: &[u8]) -> Result<bool, Failure> {
        put_new(&self.place(id)?, bytes)
    }

    pub fn remove(&self, id: &[u8; N]) -> Result<bool, Failure> {
        remove(&self.path(id))
    }

    /// Up to `limit` ids after `after`, ascending.
    pub fn page(&self, after: Option<[u8; N]>, limit: usize) -> Result<Vec<[u8; N]>, Failure> {
        let mut page = Vec::new();
        let first = after.and_then(|id| id.first().copied()).unwrap_or(0);
        for shard in first..=u8::MAX {
            let ids = names(&self.shard(shard))?;
            let ids = ids.iter().filter_map(|name| unhex(name)).filter(|id| after.is_none_or(|a| *id > a));
            page.extend(ids);
            if page.len() >= limit {
                break;
            }
        }
        page.truncate(limit);
        Ok(page)
    }

    /// How many there are.
    pub fn count(&self) -> Result<u64, Failure> {
        let mut count = 0;
        for shard in 0..=u8::MAX {
            count += names(&self.shard(shard))?.len() as u64;
        }
        Ok(count)
    }

    /// Deletes what killed runs have left behind.
    pub fn sweep(&self) -> Result<(), Failure> {
        (0..=u8::MAX).try_for_each(|shard| sweep(&self.shard(shard)))
    }
}

//! The log of an authority's updates: a folder with a file for each, `0000000001.hpcr` and so on.
//!
//! A file is what is sent to a proxy, and what `inspect` reads. None is ever changed; none stands there that is not on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use hippocrypt::{AuthorityUpdate, DecodeError};

use super::{at, damaged, make_folder, names, object, put_new};
use crate::failure::{Code, Failure};
use crate::output::sync_directory;

#[derive(Debug)]
pub struct UpdateLog {
    folder: PathBuf,
}

/// What an authority's folder and a proxy's call it.
pub const FOLDER: &str = "updates";

impl UpdateLog {
    /// The log of an authority's or a proxy's folder.
    pub fn of(parent: &Path) -> Self {
        Self { folder: parent.join(FOLDER) }
    }

    pub fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:010}.hpcr"))
    }

    /// The next log, while it is being written.
    fn draft(&self) -> PathBuf {
        self.folder.with_extension("new")
    }

    /// Finishes, or undoes, a replacement that was interrupted.
    pub fn recover(&self) -> Result<(), Failure> {
        let draft = self.draft();
        if !draft.exists() {
            return Ok(());
        }
        if self.folder.exists() {
            return fs::remove_dir_all(&draft).map_err(|error| at("delete", &draft, error));
        }
        self.switch(&draft)
    }

    /// All of it, from update 1 on, without a gap.
    pub fn read(&self) -> Result<Vec<AuthorityUpdate>, Failure> {
        let updates = read_folder(&self.folder)?;
        match updates.iter().zip(1..).find(|(update, number)| update.number() != *number) {
            None => Ok(updates),
            Some((_, number)) => {
                let why = format!("update {number} is missing, or its file has another name");
                Err(damaged(&self.folder, &why))
            }
        }
    }

    /// Adds an update at the end; where it stands now.
    pub fn append(&self, update: &AuthorityUpdate) -> Result<PathBuf, Failure> {
        make_folder(&self.folder)?;
        let path = self.path(update.number());
        if !put_new(&path, &update.to_bytes())? && self.get(update.number())?.as_ref() != Some(update) {
            return Err(Failure::new(
                Code::Refused,
                format!("the log has another update {} already", update.number()),
            )
            .hint("two copies of the authority are at work: stop one of them")
            .in_file(&path.display().to_string()));
        }
        Ok(path)
    }

    pub fn get(&self, number: u64) -> Result<Option<AuthorityUpdate>, Failure> {
        object(&self.path(number), AuthorityUpdate::from_bytes)
    }

    /// Puts another log in the place of this one, in one step; this one stays beside it, under another name.
    pub fn replace(&self, updates: &[AuthorityUpdate]) -> Result<(), Failure> {
        let draft = self.draft();
        let next = Self { folder: draft.clone() };
        make_folder(&draft)?;
        updates.iter().try_for_each(|update| next.append(update).map(drop))?;
        if self.folder.exists() {
            let old = (1..).map(|n| self.folder.with_extension(format!("old-{n}"))).find(|old| !old.exists());
            let old = old.unwrap_or_else(|| self.folder.with_extension("old"));
            fs::rename(&self.folder, &old).map_err(|error| at("rename", &self.folder, error))?;
            sync_directory(&self.folder);
        }
        self.switch(&draft)
    }

    fn switch(&self, draft: &Path) -> Result<(), Failure> {
        fs::rename(draft, &self.folder).map_err(|error| at("rename", draft, error))?;
        sync_directory(&self.folder);
        Ok(())
    }
}

/// The updates in a folder, by their names.
pub fn read_folder(folder: &Path) -> Result<Vec<AuthorityUpdate>, Failure> {
    let decode = |bytes: &[u8]| -> Result<_, DecodeError> { AuthorityUpdate::from_bytes(bytes) };
    let updates = names(folder)?.into_iter().map(|name| object(&folder.join(name), decode));
    updates.filter_map(Result::transpose).collect()
}

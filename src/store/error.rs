//! What can go wrong with a store.

use alloc::boxed::Box;

use thiserror::Error;

use super::Table;

/// A store has failed, or refuses. Nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An entry that was to be new is there already.
    #[error("the store has this entry of the table `{}` already: it was written by somebody else, or before", .0.name())]
    Conflict(Table),
    /// Another process has the store open.
    #[error("the store is in use by another process: stop that one, or ask it")]
    InUse,
    /// The store cannot be written to.
    #[error(
        "the store cannot be written to: check the permissions of its folder, and how its disk is mounted"
    )]
    ReadOnly,
    /// The disk is full.
    #[error("the disk of the store is full: make room, then do it again; nothing was changed")]
    Full,
    /// There is no store.
    #[error("there is no store at this place: create one first, or correct the path")]
    NotThere,
    /// What is at this place is something else.
    #[error(
        "what is at this place is not a store of this library, or its first bytes are damaged: correct the path, or restore a backup"
    )]
    NotAStore,
    /// The process that wrote to it was stopped, and it was opened in a way that does not change it.
    #[error(
        "the store was not closed by the process that wrote to it last: open it for writing once, which puts it in order"
    )]
    NotClosed,
    /// What was to be restored is something else.
    #[error("this is not a backup of a store: correct the path")]
    NotABackup,
    /// A restore into this store has not come to its end.
    #[error(
        "the store is half of a backup whose restore was interrupted: remove it, and restore into a new one"
    )]
    Incomplete,
    /// An earlier write failed, and what is on the disk is not certain before it is read again.
    #[error("an earlier write to the store failed: close it and open it again, and mend what that says")]
    FailedBefore,
    /// There is a store where a new one was to be.
    #[error("there is a store at this place already: open it, or choose another place")]
    AlreadyThere,
    /// It was written by a later version of this library.
    #[error(
        "the store has format {found}, and this version of the library knows up to {known}: install a newer one"
    )]
    TooNew {
        /// The format of the store.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// It has an old format, and was opened in a way that does not change it.
    #[error(
        "the store has the old format {found}: open it for writing once, which brings it to format {known}"
    )]
    NeedsMigration {
        /// The format of the store.
        found: u32,
        /// The current format.
        known: u32,
    },
    /// What is on the disk is not what was written.
    #[error("the store is damaged ({0}): run fsck, and restore a backup if it says so; do not write to it")]
    Damaged(Box<str>),
    /// More than the store takes at a time.
    #[error("{what} has {bytes} bytes, and the store takes {max}")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The largest size.
        max: u64,
    },
    /// Anything else that the system or the database says.
    #[error("the store failed: {0}")]
    Other(Box<str>),
}

#[cfg(feature = "std")]
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use alloc::string::ToString;
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            ErrorKind::NotFound => Self::NotThere,
            _ => Self::Other(error.to_string().into()),
        }
    }
}

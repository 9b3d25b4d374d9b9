//! What the database says, in the words of a store.

use std::io::ErrorKind;
use std::string::ToString;

use ::redb::Error;

use super::StoreError;

/// The version of the database's own file format that this library writes.
const FILE_FORMAT: u32 = 3;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => Self::InUse,
            Error::Corrupted(what) => Self::Damaged(what.into()),
            Error::Io(error) => match error.kind() {
                ErrorKind::InvalidData | ErrorKind::IsADirectory => Self::NotAStore,
                ErrorKind::UnexpectedEof => Self::Damaged("the file has lost its end".into()),
                _ => error.into(),
            },
            Error::UpgradeRequired(found) => Self::TooNew { found: found.into(), known: FILE_FORMAT },
            Error::PreviousIo | Error::DatabaseClosed | Error::LockPoisoned(_) => Self::FailedBefore,
            Error::RepairAborted => Self::NotClosed,
            Error::ValueTooLarge(bytes) => {
                Self::TooLarge { what: "an entry", bytes: bytes as u64, max: 3 << 30 }
            }
            other => Self::Other(other.to_string().into()),
        }
    }
}

/// Every operation of the database has an error type of its own, and all of them are an [`Error`].
macro_rules! from_each {
    ($($name:ident),*) => {$(
        impl From<::redb::$name> for StoreError {
            fn from(error: ::redb::$name) -> Self {
                Error::from(error).into()
            }
        }
    )*};
}

from_each!(CommitError, DatabaseError, StorageError, TableError, TransactionError);

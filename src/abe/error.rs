//! Errors of issuing keys and of the one-call functions.

use alloc::string::String;

use thiserror::Error;

use crate::error::{DecodeError, OpenError};
use crate::policy::Missing;

/// A realm could not be set up, or a key not issued or delegated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The name of a realm is empty or too long.
    #[error("the name of the realm has {bytes} bytes: give it 1 to 255, such as `st-marys`")]
    RealmName {
        /// Its length in normalization form C.
        bytes: usize,
    },
    /// A key without attributes opens nothing.
    #[error("no attribute is given: a key needs at least one, for instance `role:physician`")]
    NoAttributes,
    /// A key can be delegated for attributes it has.
    #[error(
        "the key holds ({held}), which does not include all of ({wanted}): delegate some of its own attributes, or ask the authority"
    )]
    NotHeld {
        /// What was asked for.
        wanted: String,
        /// What the key has.
        held: String,
    },
    /// The reader has enrolled with another authority.
    #[error("the reader is enrolled in another realm: let him enrol in this one")]
    OtherRealm,
    /// In a realm with epochs nobody holds a whole key.
    #[error(
        "the realm has epochs, in which keys are made for proxies and kept in a registry: issue with its `Authority`"
    )]
    HasEpochs,
}

/// Nothing was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// In a realm with epochs every record is made in one.
    #[error("the realm has epochs: say in which one, with `parameters.at(epochs.current(now)?)`")]
    NeedsEpoch,
    /// The epoch is one of another realm.
    #[error("the epoch is one of another realm than the public parameters")]
    OtherRealm,
}

/// A record could not be decrypted.
///
/// All but the last variant speak of public data, which anybody can read off the file and the name
/// of the key; what goes wrong with secrets is the one [`OpenError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The header is not one.
    #[error("this is not a readable encrypted record: {0}")]
    Header(#[from] DecodeError),
    /// Encrypted for another realm than the key's.
    #[error(
        "the record belongs to another realm than the key or the public parameters: use those of its own realm"
    )]
    WrongRealm,
    /// The attributes of the key do not satisfy the policy.
    #[error("the key does not satisfy the policy of the record: {0}")]
    NotSatisfied(Missing),
    /// The record is genuine, but its signature is not by the author it names.
    #[error("the signature is not by the author it names: the record can be read, but nobody vouches for it")]
    Signature,
    /// Anything else.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file could not be read.
    #[cfg(feature = "std")]
    #[error("reading failed: {0}")]
    Io(std::io::Error),
}

/// What a reader of records wraps into an [`std::io::Error`] comes out as what it is.
#[cfg(feature = "std")]
impl From<std::io::Error> for DecryptError {
    fn from(error: std::io::Error) -> Self {
        match error.get_ref() {
            Some(inner) if inner.is::<OpenError>() => DecryptError::Open(OpenError),
            _ => DecryptError::Io(error),
        }
    }
}

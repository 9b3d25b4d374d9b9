//! What an authority and its proxies refuse. All of it is public.

use thiserror::Error;

use super::validity::ValidityError;
use crate::epoch::EpochError;
use crate::outsource::KeyId;
use crate::policy::AttributeError;

/// Why a key is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Revoked {
    /// Its user was revoked after it was issued.
    #[error("the user was revoked by update {0}")]
    User(u64),
    /// It was revoked itself.
    #[error("the key was revoked by update {0}")]
    Key(u64),
}

/// An update that is not applied. The state stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The realm has no epochs.
    #[error("the realm has no epochs, and nothing is revoked in it")]
    NoEpochs,
    /// It is for another realm.
    #[error("the update belongs to another realm")]
    OtherRealm,
    /// The authority has not signed it.
    #[error(
        "update {number} is not signed by the authority of the realm: refuse it, and ask where it comes from"
    )]
    Signature {
        /// The number that it claims.
        number: u64,
    },
    /// It is the newest one, again.
    #[error("update {number} was applied before")]
    Replayed {
        /// Its number.
        number: u64,
    },
    /// It lies behind the newest one.
    #[error("update {number} is over: {applied} were applied before")]
    RolledBack {
        /// Its number.
        number: u64,
        /// The number of the newest one.
        applied: u64,
    },
    /// Some before it are missing.
    #[error("update {missing} is missing: get it, and apply {number} after it")]
    Gap {
        /// Its number.
        number: u64,
        /// The first that is missing.
        missing: u64,
    },
    /// It contradicts what was applied before.
    #[error(
        "update {number} does not continue the updates applied before: the authority was restored from an old copy, or its key is \
         stolen. Stop serving, and ask it"
    )]
    Fork {
        /// Its number.
        number: u64,
    },
    /// The first update is the beginning, and no other.
    #[error("update {number}: the first update begins the realm, in epoch 1, and no other does")]
    Begin {
        /// Its number.
        number: u64,
    },
    /// An advance leads to a later epoch, and nothing else changes it.
    #[error("update {number} leads from epoch {from} to {to}: epochs rise, and only when they are advanced")]
    Epoch {
        /// Its number.
        number: u64,
        /// The epoch before.
        from: u32,
        /// The epoch that it names.
        to: u32,
    },
    /// It names an epoch that the realm does not have.
    #[error(transparent)]
    OutOfRange(#[from] EpochError),
    /// Its key was revoked before.
    #[error("key {key} was revoked by update {by} already")]
    KeyIsRevoked {
        /// The key.
        key: KeyId,
        /// The number of the update that has revoked it.
        by: u64,
    },
    /// The attributes withdrawn from one key do not fit together.
    #[error("key {key} cannot have held these attributes with those withdrawn before: {reason}")]
    Attributes {
        /// The key.
        key: KeyId,
        /// What is wrong.
        reason: AttributeError,
    },
}

/// What an authority does not do, or a log that it does not come back from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The update would not be applied, by itself or by any proxy.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// There is no such epoch: the last one has come, or the one asked for is not later than this one.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// What would be signed expires before it is valid.
    #[error("what is asked for would never be valid: {0}")]
    Validity(#[from] ValidityError),
    /// Nothing is withdrawn.
    #[error("no attribute is given: name those to withdraw, or revoke the whole key")]
    NoAttributes,
    /// The authority's own log is not one.
    #[error("the authority's own log is damaged or incomplete: {0}")]
    Log(UpdateError),
    /// A witness, or an update to catch up with, is not one of this authority.
    #[error(
        "update {number}, which a proxy or the ledger is said to hold, is not by this authority: do not use it"
    )]
    Witness {
        /// The number that it claims.
        number: u64,
    },
    /// An update to catch up with does not follow.
    #[error("update {missing} is missing: catch up from there")]
    Gap {
        /// The first that is missing.
        missing: u64,
    },
    /// Proxies hold updates that the restored authority does not know.
    #[error(
        "update {number} is known to proxies and not to the authority: catch up with their updates first"
    )]
    Behind {
        /// The highest of them.
        number: u64,
    },
    /// Neither log nor witnesses hold a single update.
    #[error("nothing is known of this realm: find the log of a proxy; `Authority::begin` is for new realms")]
    NothingKnown,
}

//! Why a search does not come to an end.

use alloc::boxed::Box;

use thiserror::Error;

use crate::error::{DecodeError, OpenError};
use crate::phr::audit::ReceiptError;
use crate::search::{GateError, HeadError, QueryError, SyncError};

/// A patient's index cannot be read, or searched. What was known before stays.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FindError {
    /// It is no answer.
    #[error("the cloud's answer cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// It answers something else than was asked.
    #[error("the cloud has answered something that was not asked: do not believe it")]
    NotAsked,
    /// The way to the cloud or the gate has failed, or it refuses.
    #[error("no answer from the cloud, or from the gate: {0}")]
    Transport(Box<str>),
    /// The access does not stand in the ledger of the cloud, or of the gate.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The index is not announced by the patient.
    #[error(
        "the index is not announced by the patient whose records are searched, or the announcement is older than one seen before: do not believe the cloud"
    )]
    Announcement,
    /// The head is refused.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// No policy of the domain is satisfied, in one of its live epochs at least.
    #[error("no seed of this domain is for you: ask the patient to grant it under a policy that you satisfy")]
    NotGranted,
    /// A seed did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Segments are missing, changed or made up.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The gate refuses, or answers wrongly.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The query cannot be evaluated.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Nothing was synced yet.
    #[error("nothing of the index is here: sync first")]
    NotSynced,
}

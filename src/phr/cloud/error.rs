//! Why a cloud does not do what it is asked.

use thiserror::Error;

use crate::abe::types::HeaderError;
use crate::codec::Kind;
use crate::error::DecodeError;
use crate::ledger::ScribeError;
use crate::revoke::{
    AcceptError, DutyError, EpochStatementError, GrantError, LeaseError, ReplayError, Revoked, TokenError,
    UpdateError,
};
use crate::search::{GateError, IndexError};
use crate::store::StoreError;

/// A cloud refuses, or has failed. Nothing was stored, and nothing was released. Its words may be sent to whoever asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CloudError {
    /// Bytes are not what they should be.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// It is no message for a cloud.
    #[error(
        "this is {0}, which a cloud does not take here: updates, leases, statements, keys, grants and tokens come with `take`, uploads with `upload`, what belongs to an index with `index`, questions with `answer`"
    )]
    OtherKind(Kind),
    /// It is larger than the cloud's limit.
    #[error("{bytes} bytes are more than the {most} that this cloud takes at a time: send less")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// More compartments than the cloud opens for one question.
    #[error(
        "the records lie in more than the {most} compartments that this cloud opens at a time: ask for less"
    )]
    TooMuch {
        /// How many there are, at least.
        compartments: usize,
        /// The limit.
        most: usize,
    },
    /// It is of another realm.
    #[error("this belongs to another realm than the cloud's")]
    OtherRealm,
    /// It is for another cloud.
    #[error("this question is for another cloud: ask that one, or ask anew")]
    OtherCloud,
    /// There is no such thing, or it is not for this reader. The two have one answer.
    #[error("there is no such record, or it is not for you")]
    Denied,
    /// The cloud holds no key of the reader's, or he has not signed.
    #[error(
        "the cloud has no key of the reader who asks: he is not enrolled here, was dismissed, or has not signed with his own request key"
    )]
    NoKey,
    /// The cloud itself must not serve: its lease is over, or it lacks updates.
    #[error(transparent)]
    Duty(#[from] DutyError),
    /// The question is old, or was asked before.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The reader asks too often.
    #[error("more than this cloud does for one reader in a minute: wait, and ask again")]
    TooMany,
    /// A writer's credential is not good.
    #[error("the credential is not genuine, or has expired: ask the authority for another one")]
    Credential,
    /// A writer was dismissed.
    #[error("the writer was dismissed: {0}")]
    Dismissed(#[from] Revoked),
    /// An upload is not signed by the holder of the credential it bears.
    #[error(
        "the upload is not signed by the holder of its credential, or was changed on the way: send it again"
    )]
    Signature,
    /// A header is not good.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The patient could not read her own record.
    #[error(
        "the patient whose record it is could not open it: encrypt under a policy that has her in it, and name her"
    )]
    NotThePatients,
    /// The compartment takes no more records.
    #[error(
        "the compartment is closed, full, or somebody else's: observe the newest statement of the epoch, and write the records again"
    )]
    Closed,
    /// A record names a compartment or a chunk that the cloud does not have.
    #[error("the {0} that a record names is not here: send it first")]
    Missing(&'static str),
    /// There is another record of this name.
    #[error("there is another record of this name and version: give the amendment the next version")]
    Exists,
    /// Another index was announced.
    #[error(
        "the patient has announced an index with this number or a later one, or the index is another patient's: announce with a higher number"
    )]
    Announced,
    /// An update of the authority cannot be applied.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// A lease is not good.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// A statement of the epoch is not good.
    #[error(transparent)]
    Statement(#[from] EpochStatementError),
    /// A key is not good.
    #[error(transparent)]
    Key(#[from] AcceptError),
    /// A grant is not good.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// Tokens are not good.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// A header cannot be sealed.
    #[error("sealing has stopped: {0}")]
    Seal(alloc::boxed::Box<str>),
    /// A head or a segment of an index is not taken.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A gate refuses.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The authority has not certified the key of the ledger.
    #[error(
        "the authority has not certified the key that this cloud's ledger is signed with: have it certified (`certify_ledger`), and `take` the certificate"
    )]
    NotCertified,
    /// A certificate of a ledger is not good.
    #[error("the certificate is not by the authority, or for another cloud's ledger or another key")]
    Certificate,
    /// An order to erase is not good.
    #[error(
        "the order to erase is not the patient's own, with a credential that is good now and covers her consents, or it is of another day: have her sign anew"
    )]
    Erasure,
    /// Nothing can be written into the ledger.
    #[error(transparent)]
    Ledger(ScribeError),
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ScribeError> for CloudError {
    fn from(error: ScribeError) -> Self {
        match error {
            ScribeError::Store(error) => Self::Store(error),
            other => Self::Ledger(other),
        }
    }
}

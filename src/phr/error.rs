//! What can go wrong in a role, and what to do then.

use alloc::boxed::Box;

use thiserror::Error;

use super::record::RecordCategory;
use crate::abe::error::{EncryptError, IssueError};
use crate::error::{DecodeError, OpenError};
use crate::outsource::EnrolError;
use crate::policy::{PolicyError, PolicyReason};
use crate::revoke::{AuthorityError, EpochStatementError, KeyError, RegistryError};
use crate::search::{HeadError, WriteError};
use crate::store::StoreError;

/// An authority, a writer or a patient cannot do what was asked. Nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RoleError {
    /// Bytes that were handed in are not what they should be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A text is no security label.
    #[error("a security label has 1 to 32 of A-Z, 0-9, `-` and `_`, and begins with a letter")]
    Label,
    /// A text is no patient's handle.
    #[error("a patient's handle has 32 hexadecimal digits")]
    Handle,
    /// A line is neither `CATEGORY: POLICY` nor `label LABEL: POLICY`.
    #[error(
        "line {line} of the rules: write `CATEGORY: POLICY` or `label LABEL: POLICY`; categories are {categories}"
    )]
    RuleLine {
        /// The line, from 1.
        line: usize,
        /// The names of all categories.
        categories: Box<str>,
    },
    /// A category or label has two rules.
    #[error("line {line} of the rules: there is a rule for this before; join the two with `or` or `and`")]
    RuleTwice {
        /// The line, from 1.
        line: usize,
    },
    /// The policy of a rule does not parse.
    #[error("line {line} of the rules: {error}")]
    Rule {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: PolicyError,
    },
    /// The policy of a record would be larger than a policy may be: fewer labels on a record, or shorter rules.
    #[error("the policy of this record is not possible: {0}")]
    Policy(#[from] PolicyReason),
    /// Attributes do not parse.
    #[error(transparent)]
    Attributes(#[from] PolicyError),
    /// The epoch is not known: ask the cloud, or the authority, for a newer statement.
    #[error("{0}: observe a newer statement of the epoch first")]
    Epoch(#[from] EpochStatementError),
    /// Encryption is not possible.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// A credential is not genuine, or of another realm or key.
    #[error("the credential is not one of this realm for this signing key: ask the authority for one")]
    Credential,
    /// The credential does not cover the record.
    #[error(
        "the credential does not let you write `{category}` records for this patient: ask the authority for another one"
    )]
    NotCovered {
        /// The category of the record.
        category: RecordCategory,
    },
    /// A record is larger than fits into one piece, or its description is.
    #[error("{what} is {found}, and {most} is the most: {hint}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The largest size.
        most: u64,
        /// What to do instead.
        hint: &'static str,
    },
    /// The realm is not the one that is known, or an older version of it.
    #[error(
        "this is not a newer version of the realm that you know: compare the ids, and keep the one you have"
    )]
    OtherRealm,
    /// A consent is not the patient's own.
    #[error(
        "the consent is not signed by the patient whom it is about, with a credential that is good now: do nothing"
    )]
    Consent,
    /// A consent is of the future.
    #[error("the consent is of {time}, and it is {now}: set the patient's clock, and sign anew")]
    ConsentTime {
        /// Its time, in seconds since 1970.
        time: u64,
        /// The authority's time.
        now: u64,
    },
    /// The user has no key that is alive.
    #[error("`{0}` has no key: enrol first")]
    NoKey(Box<str>),
    /// The authority refuses.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// An enrolment is refused.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// A key cannot be issued, or changed.
    #[error(transparent)]
    Key(#[from] KeyError<StoreError>),
    /// The head of an index is not good.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// A writer of an index is not admitted.
    #[error(transparent)]
    IndexWrite(#[from] WriteError),
    /// An index has no such domain.
    #[error("the index has no such domain: open it first")]
    NoDomain,
    /// A domain has two live epochs already.
    #[error("the domain has two live epochs: carry over what is to be found, and close the older one first")]
    NotClosed,
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Input or output has failed.
    #[error("{0}")]
    Io(Box<str>),
}

impl From<IssueError> for RoleError {
    fn from(error: IssueError) -> Self {
        Self::Key(error.into())
    }
}

impl From<RegistryError<StoreError>> for RoleError {
    fn from(error: RegistryError<StoreError>) -> Self {
        Self::Key(error.into())
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for RoleError {
    fn from(error: std::io::Error) -> Self {
        use alloc::string::ToString;
        Self::Io(error.to_string().into())
    }
}

/// An answer without a good receipt of the cloud's ledger. Nothing of it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// There is none.
    #[error("the cloud gives no receipt: it may have answered without writing it down; nothing was opened")]
    Missing,
    /// The ledger is not one that the authority knows.
    #[error(
        "the receipt is of a ledger that the authority has not certified for this cloud: do not believe it; nothing was opened"
    )]
    Certificate,
    /// It is of another time.
    #[error(
        "the receipt is of {said}, and it is {now}: set the clock, or do not believe the cloud; nothing was opened"
    )]
    Time {
        /// Its time, in seconds since 1970.
        said: u64,
        /// The reader's.
        now: u64,
    },
    /// It is for something else.
    #[error(
        "the receipt is not for what was asked and given, or is not signed by the cloud's ledger: do not believe it; nothing was opened"
    )]
    Other,
}

/// A reader does not take what the cloud has answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no answer.
    #[error("the cloud's answer cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// It answers something else, or more than was asked.
    #[error("the cloud has answered something that was not asked: do not believe it")]
    NotAsked,
    /// The access does not stand in the cloud's ledger.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// An account of what happened to a patient's records does not hold.
    #[error("the account of what happened does not hold: {0}")]
    Account(Box<str>),
    /// It does not open, or is not genuine. The same for all that can be wrong with it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An attachment is not as long as its record says.
    #[error("the attachment ends early, or is damaged: what was written of it is not to be used")]
    Incomplete,
    /// The way to the cloud has failed, or the cloud refuses.
    #[error("the cloud does not answer: {0}")]
    Transport(Box<str>),
    /// Output has failed.
    #[error("the attachment could not be written: {0}")]
    Output(Box<str>),
}

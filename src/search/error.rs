//! What can go wrong with an index, and what to do then.

use alloc::boxed::Box;

use thiserror::Error;

use super::context::{CollectionId, WriterId};
use crate::error::DecodeError;
use crate::store::StoreError;

/// A text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// An identifier has 32 hexadecimal digits.
    #[error("an identifier has 32 hexadecimal digits")]
    Identifier,
    /// A domain has another form.
    #[error("a domain has 1 to 32 of a-z, 0-9 and `-`, such as `general`")]
    Domain,
}

/// A text is no keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeywordError {
    /// The field has another form.
    #[error("the field of a keyword has 1 to 64 of a-z, 0-9, `-` and `+`, such as `code` or `code+status`")]
    Field,
    /// The field is the library's own.
    #[error("fields that begin with `_` are reserved: choose another name")]
    Reserved,
    /// There is no value.
    #[error("a keyword has a value: leave the keyword out where there is none")]
    Empty,
    /// The value is too long.
    #[error("the value has {bytes} bytes, and 512 is the most: index its words, or a hash of it")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A control character.
    #[error("the value has a control character: remove it when the keyword is made, on both sides")]
    Control,
    /// Text that is not in normalization form C.
    #[error(
        "the value is not in Unicode normalization form C: normalize it when the keyword is made, on both sides"
    )]
    NotNormalized,
}

/// A head is refused. Go on with the one that is known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeadError {
    /// It is no head.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// It is another index's.
    #[error("this is the head of the index {found}, not of {expected}: ask where it comes from")]
    OtherCollection {
        /// The index that was meant.
        expected: CollectionId,
        /// The one that it belongs to.
        found: CollectionId,
    },
    /// Its owner has not signed it.
    #[error("the head is not signed by the owner of the index: refuse it, and ask where it comes from")]
    Signature,
    /// It has expired, or is of the future.
    #[error(
        "the head was good from {signed_at} to {not_after}, and it is {now}: ask the owner for a newer one"
    )]
    Expired {
        /// When it was signed, in seconds since 1970.
        signed_at: u64,
        /// Its last second.
        not_after: u64,
        /// The time.
        now: u64,
    },
    /// A newer one was seen.
    #[error("the head has version {found}, and version {seen} was seen before: mistrust who has sent it")]
    RolledBack {
        /// Its version.
        found: u64,
        /// The highest version seen.
        seen: u64,
    },
    /// Two heads of one version.
    #[error(
        "two heads have version {version}: the owner was restored from an old copy, or her key is stolen"
    )]
    Fork {
        /// The version.
        version: u64,
    },
    /// A live epoch has another key than before.
    #[error(
        "the key of {domain} in index epoch {epoch} is not the one of the head before: a live epoch keeps its key, a new one gets another"
    )]
    KeyChanged {
        /// The domain.
        domain: Box<str>,
        /// The epoch.
        epoch: u32,
    },
    /// Nothing was seen yet.
    #[error("no head of the index was seen: get one from the cloud, and observe it")]
    NoneSeen,
    /// The contents of a new head contradict themselves.
    #[error("the head cannot be signed: {0}")]
    Contents(&'static str),
}

/// A writer, or the owner, cannot do what was asked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Bytes that were handed in are not what they should be.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The head does not let it write here.
    #[error(
        "the head of the index does not name this writer for {domain} in epoch {epoch}: send the owner a card, and wait for her next head"
    )]
    NotInHead {
        /// The domain.
        domain: Box<str>,
        /// The index epoch.
        epoch: u32,
    },
    /// The epoch of the writer is closed.
    #[error(
        "index epoch {epoch} is closed: make a writer for the newest epoch, and write what was not confirmed again"
    )]
    EpochClosed {
        /// The epoch.
        epoch: u32,
    },
    /// A card's proof is wrong.
    #[error(
        "the card does not prove that its sender knows the key in it, for this index, domain and epoch: ask for another one"
    )]
    Card,
    /// A lab merges nothing.
    #[error("only the owner of an index merges segments, and only her own")]
    NotOwner,
    /// Not everything that was written has been recovered.
    #[error(
        "{found} of {written} entries were recovered: give all keywords that were ever written, or leave the segments as they are"
    )]
    KeywordsMissing {
        /// Entries that the keywords have found.
        found: u64,
        /// Entries that were written.
        written: u64,
    },
    /// There are segments that were not confirmed.
    #[error("{0} segments were not confirmed yet: upload them first")]
    Unconfirmed(usize),
    /// What the server has is not what this writer has written.
    #[error(
        "the mirror does not have this writer's own chain as far as it was written: sync it first, and mistrust the server if that does not help"
    )]
    NotMirrored,
}

/// What a server has sent contradicts the head, or itself: it has lost data, or it lies.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SyncError {
    /// Bytes are not what they should be.
    #[error("the server has sent something that is no segment: {0}")]
    Malformed(#[from] DecodeError),
    /// A segment of a writer whom the head does not name, or of another context.
    #[error(
        "the server has sent a segment of writer {writer}, whom the head does not name for it: foreign, or of a closed epoch"
    )]
    Foreign {
        /// The writer that it names.
        writer: WriterId,
    },
    /// A signature does not verify.
    #[error(
        "the segments of writer {writer} up to number {sequence} are not signed by it: the server has changed them"
    )]
    Signature {
        /// The writer.
        writer: WriterId,
        /// The segment whose signature is wrong.
        sequence: u64,
    },
    /// A segment is missing, repeated, out of order, or not the successor of the one before.
    #[error(
        "segment {found} of writer {writer} came where {expected} belongs, or does not follow the one before: the server has dropped, repeated or reordered segments"
    )]
    Broken {
        /// The writer.
        writer: WriterId,
        /// The number that belongs there.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The chain ends before the place that is known to exist.
    #[error(
        "the chain of writer {writer} ends at {found} segments, and {known} are known to exist: the server holds back the rest"
    )]
    Truncated {
        /// The writer.
        writer: WriterId,
        /// Segments that came.
        found: u64,
        /// Segments that exist.
        known: u64,
    },
    /// The server has never said anything about a writer.
    #[error(
        "nothing was ever synced of writer {writer}, whom the head names: ask the server for its segments"
    )]
    NeverSynced {
        /// The writer.
        writer: WriterId,
    },
    /// Two segments with one number.
    #[error(
        "writer {writer} has two segments {sequence}: it was restored from an old copy, its key is stolen, or it shows different chains to different readers"
    )]
    Fork {
        /// The writer.
        writer: WriterId,
        /// The number.
        sequence: u64,
    },
    /// What was asked for is not in the answer, or the answer has what was not asked for.
    #[error("the server has answered something that was not asked: do not believe it")]
    NotAsked,
    /// A slot is not one of the segment it is said to be of.
    #[error("the server has sent a slot that segment {sequence} of writer {writer} does not have: it lies")]
    Proof {
        /// The writer.
        writer: WriterId,
        /// The segment.
        sequence: u64,
    },
}

/// A search cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A mirror lacks segments.
    #[error("the mirror lacks segments of {0}: sync it first")]
    Incomplete(Box<str>),
    /// A trapdoor of a keyword is missing.
    #[error(
        "there is no trapdoor for a keyword of field `{field}` in index epoch {epoch}: ask the gate for it"
    )]
    NoTrapdoor {
        /// The field of the keyword.
        field: Box<str>,
        /// The epoch.
        epoch: u32,
    },
    /// A negation that stands alone.
    #[error("`not` needs something positive beside it: write `a and not b`")]
    OnlyNegative,
    /// A negation over what a server has found.
    #[error(
        "`not` over what a server has found is refused, for what it holds back would appear: search at home"
    )]
    NegatedSound,
    /// An empty formula.
    #[error("`and` and `or` need at least one term")]
    Empty,
    /// The formula is too deep.
    #[error("the formula is nested more than {0} deep: simplify it")]
    TooDeep(usize),
}

/// A gate refuses, or its answer is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GateError {
    /// Bytes are not what they should be. A point outside of its group and the identity belong here.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A share is not signed by the owner of its index.
    #[error("the share is not signed by the owner of its index: refuse it, and ask where it comes from")]
    Signature,
    /// A share is older than the one that the gate has.
    #[error("the share has version {found}, and the gate has version {known} already")]
    RolledBack {
        /// Its version.
        found: u32,
        /// The version that is there.
        known: u32,
    },
    /// Two shares with one version.
    #[error("another share has version {version}: give the new one the next version")]
    Fork {
        /// The version.
        version: u32,
    },
    /// The request is for another gate.
    #[error("the request is for another gate: ask that one, or ask anew")]
    OtherGate,
    /// There is no such share, the version is over, or the reader is none. One answer for all.
    #[error(
        "there is no such share, or not for you: get the newest head of the index, and its seed, and ask anew"
    )]
    Refused,
    /// The request is too old, of the future, or was made before.
    #[error("the request is not of now, or was made before: ask anew, with the right time")]
    Replay,
    /// More points than allowed.
    #[error("more than {most} points {of}: {hint}")]
    TooMany {
        /// The cap.
        most: u32,
        /// Of what.
        of: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The gate's points are not the right powers.
    #[error(
        "the gate's answer is wrong: it has another share, or it lies; get the newest head and ask again, then ask the owner"
    )]
    WrongAnswer,
    /// The answer does not fit the request.
    #[error("the gate has answered something that was not asked: do not believe it")]
    NotAsked,
    /// A request for nothing, or for more than fits.
    #[error("a request has 1 to {0} keywords: ask in parts")]
    Count(usize),
    /// The store of the gate has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A server does not take a segment or a head. Nothing was stored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// Bytes are not what they should be.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A head is refused.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// There is no such index.
    #[error("there is no such index here: its owner sends its head first")]
    NoCollection,
    /// The epoch is not one of the head's.
    #[error(
        "index epoch {epoch} of {domain} is closed: get the newest head, and write into the newest epoch"
    )]
    EpochClosed {
        /// The domain.
        domain: Box<str>,
        /// The epoch.
        epoch: u32,
    },
    /// The writer is not named by the head.
    #[error("the head of the index does not name writer {writer} for this domain and epoch")]
    NotInHead {
        /// The writer.
        writer: WriterId,
    },
    /// The signature is wrong.
    #[error("the segment is not signed by writer {writer}, or was changed on the way: send it again")]
    Signature {
        /// The writer.
        writer: WriterId,
    },
    /// The same number with other contents.
    #[error(
        "writer {writer} has another segment {sequence} already: it was restored from an old copy, or its key is stolen. Tell the owner"
    )]
    Fork {
        /// The writer.
        writer: WriterId,
        /// The number.
        sequence: u64,
    },
    /// A segment between is missing.
    #[error(
        "segment {found} of writer {writer} comes after {expected}, which is not here: send that one first"
    )]
    Gap {
        /// The writer.
        writer: WriterId,
        /// The number that is missing.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// A lab declares segments superseded.
    #[error("writer {writer} is no device of the owner, and may not supersede segments")]
    NotOwner {
        /// The writer.
        writer: WriterId,
    },
    /// What is in the store does not fit together.
    #[error("the index is damaged: {0}")]
    Damaged(&'static str),
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

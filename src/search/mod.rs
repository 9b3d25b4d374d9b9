//! The encrypted keyword index: searching without telling the cloud a word. (SPEC `[SRCH-1]` to `[SRCH-11]`, below)
//!
//! An index belongs to one patient. It is made of immutable segments, which her devices and her labs append, each in a chain of its own;
//! one trapdoor for a keyword opens what all of them wrote under it. The cloud has no way to try keywords, a segment that is written after a
//! search shows it nothing, and a reader is locked out without touching a byte of the index.
//!
//! | who | has | does | here |
//! |---|---|---|---|
//! | owner | a seed of 32 bytes | signs the head, gives seeds to policies and shares to the gate | [`IndexOwner`], [`Head`] |
//! | writer | a key of one epoch | adds; reads nothing back but its own | [`IndexWriter`] |
//! | reader | the seed of his policy | asks the gate for trapdoors, mirrors, searches | [`SearchKey`], [`Trapdoor`], [`Mirror`], [`RemoteSearch`] |
//! | gate | shares | raises blinded points for readers who are not revoked, within caps | [`Gate`] |
//! | server | segments | stores, checks, hands out, looks up tags | [`server`] |
//!
//! This part of the library uses the groups and the hashes, and nothing of the encryption of records: who gets a seed is somebody else's
//! business.
#![doc = include_str!("SPEC.md")]

#[cfg(feature = "text")]
pub mod ask;
#[cfg(test)]
mod attacks;
mod card;
mod chain;
mod context;
mod error;
mod gate;
mod head;
mod hits;
mod keyword;
mod mirror;
mod owner;
mod page;
mod plan;
mod profile;
mod query;
mod remote;
mod segment;
pub mod server;
mod slot;
#[cfg(feature = "text")]
pub mod text;
mod trapdoor;
#[cfg(test)]
mod vectors;
mod writer;

hazmat! {
    scheme;
}

#[doc = include_str!("LEAKAGE.md")]
pub mod leakage {}

pub use context::{CollectionId, Context, Domain, Handle, IndexEpoch, MAX_DOMAIN_BYTES, PolicyId, WriterId};
pub use error::{
    GateError, HeadError, IndexError, KeywordError, NameError, QueryError, SyncError, WriteError,
};
pub use gate::{Admitted, Gate, GateLimits, MAX_POINTS, asker};
pub use head::{Head, HeadContents, Heads, MAX_LIVE_EPOCHS, PolicyEntry, Scope, WriterEntry};
pub use hits::{Complete, Hit, Hits, Sound};
pub use keyword::{Keyword, MAX_FIELD_BYTES, MAX_VALUE_BYTES};
pub use mirror::{Mirror, Progress};
pub use owner::{IndexOwner, PolicySeed};
pub use plan::{Plan, PlanError, Spread, plan};
pub use profile::LeakageProfile;
pub use query::Query;
pub use remote::{Outline, Remote, RemoteSearch};
pub use segment::{MAX_SLOTS, Segment, SegmentHeader, SignedHeader};
pub use slot::{Entry, Op, SLOT_BYTES, TAG_BYTES};
pub use trapdoor::{Answered, AskedGate, ContextKeys, EntryKeys, SearchKey, Trapdoor};
pub use writer::IndexWriter;

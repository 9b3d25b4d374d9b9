//! A patient's search index in a house: whose it is, who may search it, and the way there and back. `[PHR-15]`
//!
//! | who | does | here |
//! |---|---|---|
//! | patient | owns the index: announces it, grants domains of it under policies, lets labs write, renews after a revocation | [`PatientIndex`] |
//! | reader | gets the head and his seed, mirrors, asks the gate, finds | [`IndexReader`] |
//! | cloud | takes heads and segments, hands them to readers who satisfy a policy | [`Cloud::index`](super::Cloud::index), [`Cloud::answer`](super::Cloud::answer) |
//! | gate | raises blinded points for readers whose keys are live | [`Cloud::gate`](super::Cloud::gate), [`search::Gate`](crate::search::Gate) |
//!
//! The index itself is the business of [`crate::search`], which knows nothing of policies; the seeds are wrapped in [`super::grant`].

mod announcement;
mod error;
mod owner;
mod reader;
#[cfg(test)]
#[cfg(feature = "std")]
mod tests;

pub(in crate::phr) use announcement::Announcement;
pub use error::FindError;
pub use owner::PatientIndex;
pub use reader::IndexReader;

use alloc::vec::Vec;

use crate::abe::payload::{RecordId, RecordName};
use crate::codec::Encoder;
use crate::search::{CollectionId, Handle, Hit, PolicyEntry};

/// What stands in the index for a record: its id is the handle, its version the three bytes beside it. `[PHR-15.6]`
///
/// An amended record is another record to the index: delete the former version when the next one is added. Versions beyond 2^24 - 1 count as that.
pub fn handle_of(name: &RecordName) -> (Handle, [u8; 3]) {
    let version = u32::try_from(name.version).unwrap_or(u32::MAX).min(0xff_ffff);
    let [_, meta @ ..] = version.to_be_bytes();
    (Handle::from_bytes(*name.id.as_bytes()), meta)
}

/// The record that was found.
pub fn record_of(hit: &Hit) -> RecordName {
    let [high, middle, low] = hit.meta;
    let version = u32::from_be_bytes([0, high, middle, low]);
    RecordName { id: RecordId::from_bytes(*hit.handle.as_bytes()), version: version.into() }
}

/// What a seed is for: index, domain, index epoch, policy and version. `[PHR-15.2]`
fn seed_context(collection: &CollectionId, entry: &PolicyEntry) -> Vec<u8> {
    let mut encoder = Encoder::bare(80);
    encoder.raw(collection.as_bytes());
    encoder.short_bytes(entry.domain.as_str().as_bytes());
    encoder.u32(entry.epoch.number());
    encoder.raw(entry.policy.as_bytes());
    encoder.u32(entry.version);
    encoder.finish()
}

//! Payload encryption: records of any size under the key of an opened compartment. (SPEC `[PAY-0]`)
//!
//! A compartment is one header (a policy and an encapsulated key) with many records. Opening the
//! header gives a [`ContentKey`]; it seals and opens records:
//!
//! | record | to seal | to open |
//! |---|---|---|
//! | in memory | [`ContentKey::seal`], [`ContentKey::seal_by`] | [`ContentKey::open`], [`ContentKey::open_from`] |
//! | in a buffer that is there | [`ContentKey::seal_into`] | |
//! | in its own memory, the fastest | [`ContentKey::seal_in_place`] | [`ContentKey::open_in_place`] |
//! | a stream | [`ContentKey::writer`] | [`ContentKey::reader`] |
//! | parts of a file | | [`ContentKey::seekable`] |
//!
//! All make and read the same bytes, in constant memory where they stream. No byte of plaintext is
//! handed out before its chunk is verified, and no end of file before the last chunk has proved that
//! the payload is complete. Each failure to open is the one [`OpenError`].
//!
//! AES-256-GCM hides everything about a payload but its length, of which every byte shows.

mod buffer;
mod chunk;
mod cipher;
mod digest;
mod in_place;
mod layout;
mod memory;
mod record;

#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "std")]
mod seek;
#[cfg(feature = "std")]
mod source;
#[cfg(feature = "std")]
mod writer;

#[cfg(test)]
#[cfg(feature = "std")]
mod tests;

use core::fmt;

pub use cipher::TAG_BYTES;
pub use digest::{AuthorClaim, RecordDigest, RecordSummary};
pub use memory::OpenedRecord;
#[cfg(feature = "std")]
pub use reader::{FinishedRecord, RecordReader};
pub use record::{
    AUTHOR_SIGNATURE_BYTES, ChunkSize, ParseRecordIdError, RECORD_HEADER_BYTES, RecordHeader, RecordId,
    RecordName, RecordOptions,
};
#[cfg(feature = "std")]
pub use seek::RecordSeeker;
#[cfg(feature = "std")]
pub use writer::RecordWriter;

use crate::error::OpenError;
use crate::hash::{Label, kdf};
use crate::secret::Secret;

/// The key of an opened compartment: it opens every record in it, and seals new ones.
///
/// It is wiped on drop and has no encoding. Whoever holds it keeps access to the compartment, also to
/// what is added later.
///
/// ```compile_fail,E0599
/// # use hippocrypt::ContentKey;
/// fn copy(key: &ContentKey) -> ContentKey {
///     key.clone() // a key is not Clone
/// }
/// ```
pub struct ContentKey {
    k: Secret<[u8; 32]>,
    core: [u8; 32],
}

impl ContentKey {
    /// The key `k` that the header with the core id `core` = H(hdr, C1, c_m) encapsulates.
    pub(crate) fn new(k: Secret<[u8; 32]>, core: [u8; 32]) -> Self {
        Self { k, core }
    }

    /// H(core) of the compartment's header, which every record of the compartment is bound to.
    pub fn core_id(&self) -> &[u8; 32] {
        &self.core
    }

    /// Another key from this one, for something that is not a record: 32 bytes for each label and context, of which none
    /// tells anything about another, or about records. `[PAY-7]`
    pub(crate) fn export(&self, label: Label, context: &[u8]) -> Secret<[u8; 32]> {
        kdf(label, &[self.k.expose_secret(), &self.core, context])
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// Which record a reader will accept.
///
/// Everything that takes one also takes a [`RecordName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedName {
    /// The record of this name and no other: what the caller asked the store for.
    This(RecordName),
    /// Whatever the record is called. Its name is authenticated, but nothing shows that it is the
    /// record, or the version, that was meant: a store could answer with another one.
    Any,
}

impl ExpectedName {
    fn check(&self, found: &RecordName) -> Result<(), OpenError> {
        match self {
            ExpectedName::This(name) if name != found => Err(OpenError),
            _ => Ok(()),
        }
    }
}

impl From<RecordName> for ExpectedName {
    fn from(name: RecordName) -> Self {
        ExpectedName::This(name)
    }
}

impl From<&RecordName> for ExpectedName {
    fn from(name: &RecordName) -> Self {
        ExpectedName::This(*name)
    }
}

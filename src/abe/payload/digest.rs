//! The digest of a record, which an author signs. (SPEC `[PAY-5]`)
//!
//! ```text
//! digest = MTH(header ‖ H(core), chunk_0, chunk_1, ..)     the Merkle tree of RFC 6962
//! ```
//! It covers the ciphertext, so that whoever stores a record can check its author's signature
//! without a key. It costs a pass of SHA-256 and is made only for signed records, or when asked for.

use core::fmt;

use super::layout::Parts;
use super::record::{AUTHOR_SIGNATURE_BYTES, RecordHeader};
use crate::codec::Hex;
use crate::error::DecodeError;
use crate::merkle::{MerkleTree, leaf_hash};

/// The digest of a record: the root of a Merkle tree over its header, its compartment and its chunks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordDigest([u8; 32]);

impl RecordDigest {
    /// The 32 bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordDigest({self})")
    }
}

/// The signature object at the end of a signed record, and the digest it must be a signature of.
///
/// Nothing here has been verified: that is for whoever knows which authors may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a signature that nobody verifies proves nothing"]
pub struct AuthorClaim {
    /// The digest of the record as it was read.
    pub digest: RecordDigest,
    /// The signature object as it was read.
    pub signature: [u8; AUTHOR_SIGNATURE_BYTES],
}

/// What can be known about a record without a key: enough to check its author's signature.
///
/// The header, the length and the digest are those of the bytes at hand. Only opening the record, or
/// a verified signature over the digest, proves that they are the writer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordSummary {
    /// The header at the beginning of the record.
    pub header: RecordHeader,
    /// Bytes of the payload.
    pub plaintext_bytes: u64,
    /// The digest of header, compartment and chunks.
    pub digest: RecordDigest,
    /// The signature object at the end of a signed record, not verified.
    pub signature: Option<[u8; AUTHOR_SIGNATURE_BYTES]>,
}

impl RecordSummary {
    /// The summary of a record in memory, which belongs to the compartment with the core `core`.
    ///
    /// # Errors
    /// [`DecodeError`] if `record` cannot be a whole record.
    pub fn of(core: &[u8; 32], record: &[u8]) -> Result<Self, DecodeError> {
        let parts = Parts::of(record)?;
        let mut digest = DigestBuilder::new(core, &parts.header);
        parts.chunks().for_each(|chunk| digest.chunk(chunk.bytes));
        Ok(Self {
            header: parts.header,
            plaintext_bytes: parts.extent.plaintext_len(),
            digest: digest.finish(),
            signature: parts.signature,
        })
    }
}

/// Makes a digest chunk by chunk.
pub(super) struct DigestBuilder(MerkleTree);

impl DigestBuilder {
    pub(super) fn new(core: &[u8; 32], header: &RecordHeader) -> Self {
        let mut tree = MerkleTree::new();
        tree.push(leaf_hash(&[&header.to_bytes(), core]));
        Self(tree)
    }

    /// Adds a chunk with its tag.
    pub(super) fn chunk(&mut self, sealed: &[u8]) {
        self.0.push(leaf_hash(&[sealed]));
    }

    pub(super) fn finish(&self) -> RecordDigest {
        RecordDigest(self.0.root())
    }
}

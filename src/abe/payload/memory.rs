//! Whole records in memory, without an operating system.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::buffer::Buffer;
use super::chunk::ChunkCipher;
use super::cipher::TAG_BYTES;
use super::digest::{AuthorClaim, DigestBuilder, RecordDigest};
use super::layout::Parts;
use super::record::{AUTHOR_SIGNATURE_BYTES, RECORD_HEADER_BYTES, RecordHeader, RecordName, RecordOptions};
use super::{ContentKey, ExpectedName};
use crate::error::OpenError;

/// A record that was opened in memory.
pub struct OpenedRecord {
    /// The authenticated name of the record.
    pub name: RecordName,
    /// The payload.
    pub plaintext: Vec<u8>,
    /// What the author of a signed record claims, still to be verified.
    pub claim: Option<AuthorClaim>,
}

/// Without the plaintext.
impl core::fmt::Debug for OpenedRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut output = f.debug_struct("OpenedRecord");
        output.field("name", &self.name).field("claim", &self.claim).finish_non_exhaustive()
    }
}

impl ContentKey {
    /// Seals `plaintext` as the record `name`: the whole record, in chunks of 64 KiB.
    ///
    /// A record is 68 bytes longer than its payload, and 16 more for every further chunk. Sealing a
    /// name twice is safe; readers cannot tell which of the two was meant, so an amendment gets a
    /// version of its own.
    pub fn seal(&self, name: &RecordName, plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let header = RecordHeader::new(name, RecordOptions::default(), rng);
        self.seal_chunks(&header, plaintext, None)
    }

    /// Seals `plaintext` like [`seal`](Self::seal), and ends the record with the author's signature
    /// object, which `sign` makes over the digest.
    pub(crate) fn seal_signed(
        &self,
        name: &RecordName,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
        sign: impl FnOnce(&RecordDigest) -> [u8; AUTHOR_SIGNATURE_BYTES],
    ) -> Vec<u8> {
        let options = RecordOptions { signed: true, ..RecordOptions::default() };
        let header = RecordHeader::new(name, options, rng);
        let mut digest = DigestBuilder::new(&self.core, &header);
        let mut record = self.seal_chunks(&header, plaintext, Some(&mut digest));
        record.extend_from_slice(&sign(&digest.finish()));
        record
    }

    pub(super) fn seal_chunks(
        &self,
        header: &RecordHeader,
        plaintext: &[u8],
        mut digest: Option<&mut DigestBuilder>,
    ) -> Vec<u8> {
        let cipher = ChunkCipher::new(self, header);
        let chunk_size = header.chunk_size.len();
        // Exactly what is needed: a growing buffer would leave plaintext behind.
        let tags = plaintext.len().div_ceil(chunk_size).max(1).saturating_mul(TAG_BYTES);
        let overhead = (RECORD_HEADER_BYTES + header.trailer_len()).saturating_add(tags);
        let mut record = header.encode(plaintext.len().saturating_add(overhead));

        let mut rest = plaintext;
        // The counter cannot run out: 2^32 chunks of 64 KiB do not fit into any memory.
        for index in 0..=u32::MAX {
            let (chunk, after) = rest.split_at_checked(chunk_size).unwrap_or((rest, &[]));
            let last = after.is_empty();
            let start = record.len();
            record.extend_from_slice(chunk);
            let tag = cipher.seal(index, last, record.get_mut(start..).unwrap_or_default());
            record.extend_from_slice(&tag);
            if let Some(digest) = &mut digest {
                digest.chunk(record.get(start..).unwrap_or_default());
            }
            if last {
                break;
            }
            rest = after;
        }
        record
    }

    /// Opens the record `name`.
    ///
    /// The signature of a signed record is left out of account; see [`open_from`](Self::open_from).
    ///
    /// # Errors
    /// [`OpenError`] if `record` is not, bit for bit, a record that was sealed in this compartment
    /// under this name.
    pub fn open(&self, name: &RecordName, record: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.open_record(name, record).map(|opened| opened.plaintext)
    }

    /// Opens a record and returns all it says: its name, payload and author's claim.
    ///
    /// # Errors
    /// [`OpenError`] if `record` is not, bit for bit (the signature object apart), a record that was
    /// sealed in this compartment, or not the one that is expected.
    pub fn open_record(
        &self,
        expected: impl Into<ExpectedName>,
        record: &[u8],
    ) -> Result<OpenedRecord, OpenError> {
        let parts = Parts::of(record).map_err(|_| OpenError)?;
        let header = &parts.header;
        expected.into().check(&header.name)?;

        let cipher = ChunkCipher::new(self, header);
        let mut digest = header.signed.then(|| DigestBuilder::new(&self.core, header));
        // Shorter than the record, so that a forged length allocates nothing; wiped on every way out.
        let length = usize::try_from(parts.extent.plaintext_len()).map_err(|_| OpenError)?;
        let mut plaintext = Buffer::with_capacity(length);
        for chunk in parts.chunks() {
            if let Some(digest) = &mut digest {
                digest.chunk(chunk.bytes);
            }
            let (ciphertext, tag) = chunk.bytes.split_last_chunk().ok_or(OpenError)?;
            let start = plaintext.len();
            plaintext.extend_from_slice(ciphertext);
            cipher.open(chunk.index, chunk.last, plaintext.get_mut(start..).unwrap_or_default(), tag)?;
        }
        let claim = digest
            .zip(parts.signature)
            .map(|(digest, signature)| AuthorClaim { digest: digest.finish(), signature });
        Ok(OpenedRecord { name: header.name, plaintext: plaintext.release(), claim })
    }
}

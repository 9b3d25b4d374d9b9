//! Whole records in memory, without an operating system.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::buffer::Buffer;
use super::chunk::ChunkCipher;
use super::digest::{AuthorClaim, DigestBuilder, RecordDigest};
use super::layout::Parts;
use super::record::{AUTHOR_SIGNATURE_BYTES, RecordHeader, RecordName, RecordOptions};
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

    /// Seals `plaintext` like [`seal`](Self::seal), and appends the record to `output`.
    ///
    /// For many records in one piece of memory, or one after the other in a buffer that is cleared in
    /// between: memory that is there already costs nothing, memory that is new up to as much as the
    /// cipher.
    ///
    /// ```
    /// # use hippocrypt::{Policy, RecordName, Schema, os_rng, setup};
    /// # let (parameters, _) = setup("st-marys", &mut os_rng())?;
    /// # let policy = Policy::parse("role:nurse", &Schema::empty())?;
    /// let (header, key) = parameters.compartment(&policy, b"", &mut os_rng())?;
    /// let name = RecordName::random(&mut os_rng());
    /// let mut file = header.to_bytes();
    /// key.seal_into(&name, b"36.6", &mut os_rng(), &mut file);
    /// assert_eq!(key.open(&name, &file[header.to_bytes().len()..])?, b"36.6");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal_into(
        &self,
        name: &RecordName,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
        output: &mut Vec<u8>,
    ) {
        let header = RecordHeader::new(name, RecordOptions::default(), rng);
        output.reserve(header.record_len(plaintext.len()));
        self.append_chunks(&header, plaintext, None, output);
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
        digest: Option<&mut DigestBuilder>,
    ) -> Vec<u8> {
        let mut record = Vec::with_capacity(header.record_len(plaintext.len()));
        self.append_chunks(header, plaintext, digest, &mut record);
        record
    }

    /// Appends a record to `record`, which has room for it: a buffer that grows while there is a chunk
    /// in it that has not been sealed yet would leave plaintext behind.
    fn append_chunks(
        &self,
        header: &RecordHeader,
        plaintext: &[u8],
        mut digest: Option<&mut DigestBuilder>,
        record: &mut Vec<u8>,
    ) {
        let cipher = ChunkCipher::new(self, header);
        let chunk_size = header.chunk_size.len();
        record.extend_from_slice(&header.to_bytes());
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
    }

    /// Opens the record `name`.
    ///
    /// The signature of a signed record is left out of account; see [`open_from`](Self::open_from). Who
    /// has no further use for the record opens it faster [in place](Self::open_in_place).
    ///
    /// # Errors
    /// [`OpenError`] if `record` is not, bit for bit (the signature object apart), a record that was
    /// sealed in this compartment under this name.
    pub fn open(&self, name: &RecordName, record: &[u8]) -> Result<Vec<u8>, OpenError> {
        let parts = expected_parts(name.into(), record)?;
        self.open_chunks(&parts, None)
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
        let parts = expected_parts(expected.into(), record)?;
        let mut digest = parts.header.signed.then(|| DigestBuilder::new(&self.core, &parts.header));
        let plaintext = self.open_chunks(&parts, digest.as_mut())?;
        let claim = digest
            .zip(parts.signature)
            .map(|(digest, signature)| AuthorClaim { digest: digest.finish(), signature });
        Ok(OpenedRecord { name: parts.header.name, plaintext, claim })
    }

    fn open_chunks(
        &self,
        parts: &Parts<'_>,
        mut digest: Option<&mut DigestBuilder>,
    ) -> Result<Vec<u8>, OpenError> {
        let cipher = ChunkCipher::new(self, &parts.header);
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
        Ok(plaintext.release())
    }
}

/// The parts of a record, if its header is the one that is expected.
pub(super) fn expected_parts(expected: ExpectedName, record: &[u8]) -> Result<Parts<'_>, OpenError> {
    let parts = Parts::of(record).map_err(|_| OpenError)?;
    expected.check(&parts.header.name)?;
    Ok(parts)
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::tests::{Counting, NAME, content_key, payload};

    #[test]
    fn a_record_is_appended_to_what_is_there() {
        for length in [0, 1, 65_536, 65_537, 200_000] {
            let record = content_key().seal(&NAME, &payload(length), &mut Counting(0));
            assert_eq!(record.capacity(), record.len());
            let mut output = b"header".to_vec();
            content_key().seal_into(&NAME, &payload(length), &mut Counting(0), &mut output);
            assert!(output == [b"header", &record[..]].concat(), "{length}");
        }
    }
}

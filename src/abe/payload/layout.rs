//! Where the chunks of a record lie: arithmetic alone, without a key. (SPEC `[PAY-4]`)
//!
//! All chunks but the last are full. The last one holds what is left, and is empty only if the whole
//! payload is. So the length of a record determines the length of its payload, and the other way
//! round: a payload has one division into chunks.

use super::cipher::TAG_BYTES;
use super::record::{AUTHOR_SIGNATURE_BYTES, RECORD_HEADER_BYTES, RecordHeader, RecordOptions};
use crate::codec::Decoder;
use crate::error::{DecodeError, DecodeReason};

/// The counter has 32 bits.
pub(super) const MAX_CHUNKS: u64 = 1 << 32;
const TAG: u64 = TAG_BYTES as u64;
const HEADER: u64 = RECORD_HEADER_BYTES as u64;

impl RecordOptions {
    /// The greatest payload that a record with these options can hold: 2^32 chunks.
    pub fn max_plaintext_bytes(&self) -> u64 {
        MAX_CHUNKS * u64::from(self.chunk_size.bytes())
    }

    /// The length of the whole record (header, chunks, and the signature object if there is one) over
    /// a payload of `plaintext` bytes; `None` if that is more than [`Self::max_plaintext_bytes`].
    pub fn record_bytes(&self, plaintext: u64) -> Option<u64> {
        if plaintext > self.max_plaintext_bytes() {
            return None;
        }
        let chunks = plaintext.div_ceil(u64::from(self.chunk_size.bytes())).max(1);
        let trailer = if self.signed { AUTHOR_SIGNATURE_BYTES as u64 } else { 0 };
        Some(HEADER + plaintext + chunks * TAG + trailer)
    }
}

impl RecordHeader {
    /// Bytes of the payload of a record of `record_bytes` bytes that begins with this header: the
    /// inverse of [`RecordOptions::record_bytes`].
    ///
    /// # Errors
    /// [`DecodeError`] if no record with this header has that length.
    pub fn plaintext_bytes(&self, record_bytes: u64) -> Result<u64, DecodeError> {
        Extent::measure(self, record_bytes.saturating_sub(HEADER)).map(|extent| extent.plaintext_len())
    }
}

impl RecordHeader {
    /// Bytes of the record over a payload that lies in memory, for allocating.
    pub(super) fn record_len(&self, plaintext: usize) -> usize {
        let tags = plaintext.div_ceil(self.chunk_size.len()).max(1).saturating_mul(TAG_BYTES);
        let overhead = (RECORD_HEADER_BYTES + self.trailer_len()).saturating_add(tags);
        plaintext.saturating_add(overhead)
    }
}

/// The division of a record into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Bytes of every chunk but the last, with its tag.
    stride: u64,
    /// Number of chunks, 1 to 2^32.
    pub(super) chunks: u64,
    /// Bytes of the last chunk, with its tag.
    last: u64,
}

impl Extent {
    /// The division of the `body` bytes that follow the header.
    pub(super) fn measure(header: &RecordHeader, body: u64) -> Result<Self, DecodeError> {
        let stride = u64::from(header.chunk_size.bytes()) + TAG;
        let trailer = header.trailer_len() as u64;
        let needed = TAG + trailer;
        if body < needed {
            let (needed, left) = (saturate(needed), saturate(body));
            return Err(refuse(HEADER, DecodeReason::Truncated { needed, left }));
        }
        let sealed = body - trailer;
        let chunks = sealed.div_ceil(stride);
        let last = sealed - (chunks - 1) * stride;
        let extent = Self { stride, chunks, last };
        check_count(chunks)?;
        check_last(chunks - 1, last).map_err(|reason| refuse(HEADER + extent.offset(chunks - 1), reason))?;
        Ok(extent)
    }

    /// Where chunk `index` begins, counted from the end of the header.
    pub(super) fn offset(&self, index: u64) -> u64 {
        index * self.stride
    }

    /// Bytes of chunk `index`, with its tag.
    pub(super) fn sealed_len(&self, index: u64) -> u64 {
        if index + 1 == self.chunks { self.last } else { self.stride }
    }

    /// Bytes of the payload.
    pub(super) fn plaintext_len(&self) -> u64 {
        (self.chunks - 1) * (self.stride - TAG) + (self.last - TAG)
    }
}

fn check_count(chunks: u64) -> Result<(), DecodeError> {
    Decoder::checked(chunks, RECORD_HEADER_BYTES, "number of chunks", 1, MAX_CHUNKS).map(|_| ())
}

/// Whether the last chunk, number `index`, may have `sealed` bytes with its tag.
pub(super) fn check_last(index: u64, sealed: u64) -> Result<(), DecodeReason> {
    if sealed < TAG {
        Err(DecodeReason::Truncated { needed: TAG_BYTES, left: saturate(sealed) })
    } else if sealed == TAG && index > 0 {
        Err(DecodeReason::NotCanonical("the last chunk is empty only if the whole payload is"))
    } else {
        Ok(())
    }
}

fn refuse(position: u64, reason: DecodeReason) -> DecodeError {
    Decoder::error_at(saturate(position), "last chunk", reason)
}

pub(super) fn saturate(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A record in memory, taken apart.
pub(super) struct Parts<'a> {
    pub(super) header: RecordHeader,
    pub(super) extent: Extent,
    chunks: &'a [u8],
    pub(super) signature: Option<[u8; AUTHOR_SIGNATURE_BYTES]>,
}

/// A chunk with its tag, and its place.
pub(super) struct Sealed<B> {
    pub(super) index: u32,
    pub(super) last: bool,
    pub(super) bytes: B,
}

impl<'a> Parts<'a> {
    pub(super) fn of(record: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, body) = RecordHeader::decode(record)?;
        let extent = Extent::measure(&header, body.len() as u64)?;
        let (chunks, signature) = match body.split_last_chunk() {
            Some((chunks, signature)) if header.signed => (chunks, Some(*signature)),
            _ => (body, None),
        };
        Ok(Self { header, extent, chunks, signature })
    }

    /// The chunks in order.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Sealed<&'a [u8]>> {
        let last = self.extent.chunks - 1;
        let chunks = self.chunks.chunks(self.header.chunk_size.len() + TAG_BYTES);
        (0..=u32::MAX).zip(chunks).map(move |(index, bytes)| Sealed {
            index,
            last: u64::from(index) == last,
            bytes,
        })
    }
}

//! Cuts a stream into chunks, holding back what ends it.

use std::io::{self, Read};

use super::buffer::{Buffer, wipe};
use super::cipher::TAG_BYTES;
use super::layout::{Sealed, check_last, saturate};
use super::record::{AUTHOR_SIGNATURE_BYTES, RECORD_HEADER_BYTES, RecordHeader};
use crate::codec::Decoder;
use crate::error::{DecodeError, DecodeReason};

/// Memory taken before any data has arrived: enough for most records (4 KiB, a tag, a signature object
/// and a byte), little to wipe.
const FIRST_BUFFER: usize = 4096 + 128;
/// By how much memory may outgrow the data: a chunk of 64 KiB takes one step.
const GROWTH: usize = 16;

/// The chunks of a record that comes as a stream, one at a time in one buffer.
///
/// Whether a chunk is the last one shows only in what follows it: so the buffer has room for a chunk,
/// the signature object, and one byte more. If that byte comes, the chunk was not the last.
pub(super) struct ChunkSource<R> {
    input: R,
    /// Bytes of a full chunk with its tag.
    stride: usize,
    /// Bytes that follow the last chunk.
    trailer: usize,
    /// A chunk, and the beginning of what follows it. Whoever opens the chunk opens it here.
    buffer: Buffer,
    /// Bytes of the buffer that hold input.
    filled: usize,
    /// Bytes of the current chunk, at the beginning of the buffer.
    current: usize,
    /// The number of the next chunk.
    index: u64,
}

/// Why there is no next chunk.
pub(super) enum Fault {
    /// The input failed; it may be asked again.
    Input(io::Error),
    /// The input is not a record.
    Malformed(DecodeError),
}

impl<R: Read> ChunkSource<R> {
    /// The chunks of a record, of which `input` has yielded the header.
    pub(super) fn new(input: R, header: &RecordHeader) -> Self {
        Self {
            input,
            stride: header.chunk_size.len() + TAG_BYTES,
            trailer: header.trailer_len(),
            buffer: Buffer::zeroed(FIRST_BUFFER),
            filled: 0,
            current: 0,
            index: 0,
        }
    }

    /// The next chunk with its tag. Must not be called after the last one.
    pub(super) fn next(&mut self) -> Result<Sealed<&mut [u8]>, Fault> {
        // What was read beyond the current chunk begins the next one.
        self.buffer.copy_within(self.current..self.filled, 0);
        self.filled -= self.current;
        self.current = 0;

        let last = self.fill(self.stride + self.trailer + 1).map_err(Fault::Input)?;
        let length = if last { self.filled.saturating_sub(self.trailer) } else { self.stride };
        let position = saturate(RECORD_HEADER_BYTES as u64 + self.index * self.stride as u64);
        let malformed = |reason| Fault::Malformed(Decoder::error_at(position, "last chunk", reason));
        if last {
            check_last(self.index, length as u64).map_err(malformed)?;
        }
        let index = u32::try_from(self.index).ok().filter(|index| last || *index < u32::MAX);
        let index = index.ok_or_else(|| malformed(DecodeReason::TrailingBytes(self.trailer + 1)))?;
        self.current = length;
        self.index += 1;
        let bytes = self.buffer.get_mut(..length).unwrap_or_default();
        Ok(Sealed { index, last, bytes })
    }

    /// Reads until the buffer holds `needed` bytes or the input ends; tells whether it ended.
    fn fill(&mut self, needed: usize) -> io::Result<bool> {
        let buffer = &mut self.buffer;
        while self.filled < needed {
            if self.filled == buffer.len() {
                // A chunk size is a claim: memory grows with the data that bear it out. This
                // happens in the first chunk alone, and no plaintext has been in the buffer yet.
                let larger = needed.min(GROWTH * buffer.len());
                buffer.resize(larger, 0);
            }
            let end = needed.min(buffer.len());
            let room = buffer.get_mut(self.filled..end).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => return Ok(true),
                Ok(count) if count <= room.len() => self.filled += count,
                Ok(_) => {
                    return Err(io::Error::other(
                        "a reader claims to have read more than there was room for",
                    ));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// The buffer, which begins with the current chunk.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The buffer for overwriting.
    pub(super) fn wipe(&mut self) {
        wipe(&mut self.buffer);
    }

    /// The input, and what followed the last chunk.
    pub(super) fn finish(self) -> (R, Option<[u8; AUTHOR_SIGNATURE_BYTES]>) {
        let rest = self.buffer.get(self.current..self.filled);
        let signature = rest.and_then(|rest| rest.try_into().ok());
        (self.input, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::ChunkSize;
    use super::super::tests::{Counting, NAME, options, record};
    use super::*;

    fn source(chunk_size: u32, input: &[u8]) -> ChunkSource<&[u8]> {
        let header = RecordHeader::new(&NAME, options(chunk_size, false), &mut Counting(0));
        ChunkSource::new(input, &header)
    }

    #[test]
    fn a_claimed_chunk_size_takes_no_memory() {
        let mut source = source(ChunkSize::MAX.bytes(), &[0; 100]);
        assert!(source.next().is_ok_and(|chunk| chunk.last && chunk.bytes.len() == 100));
        assert_eq!(source.buffer().len(), FIRST_BUFFER);
    }

    #[test]
    fn a_large_chunk_grows_the_buffer_to_what_it_needs_and_no_further() {
        let input = vec![1; (1 << 20) * 3 + 100];
        let mut source = source(1 << 20, &input);
        let mut sizes = Vec::new();
        while sizes.len() < 4 {
            sizes.push(source.next().map(|chunk| chunk.bytes.len()).unwrap_or_default());
            assert_eq!(source.buffer().len(), (1 << 20) + TAG_BYTES + 1);
        }
        assert_eq!(sizes, [(1 << 20) + 16, (1 << 20) + 16, (1 << 20) + 16, 52]);
    }

    #[test]
    fn the_counter_ends_with_the_last_chunk() {
        let body = record(1024, false, 1025).split_off(RECORD_HEADER_BYTES);
        let mut source = source(1024, &body);
        source.index = u64::from(u32::MAX) - 1;
        assert!(source.next().is_ok_and(|chunk| !chunk.last));
        assert!(source.next().is_ok_and(|chunk| chunk.last && chunk.index == u32::MAX));

        let mut source = super::tests::source(1024, &body);
        source.index = u64::from(u32::MAX);
        assert!(matches!(source.next(), Err(Fault::Malformed(_))));
    }
}

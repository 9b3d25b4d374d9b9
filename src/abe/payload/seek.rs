//! Opening parts of a record: one image out of a study. (SPEC `[PAY-6]`)

use std::io::{self, Read, Seek, SeekFrom};

use super::buffer::Buffer;
use super::chunk::ChunkCipher;
use super::layout::Extent;
use super::reader::{expected_header, refused};
use super::record::{ChunkSize, RecordHeader, RecordName};
use super::{ContentKey, ExpectedName, RECORD_HEADER_BYTES};

/// Random access to the payload of a record, chunk by chunk.
///
/// Opening it verifies the last chunk, and with it the length. Every byte it yields is verified. But a
/// chunk proves only itself: that the *other* chunks are there and intact shows when they are read.
/// Who must know that a record is whole reads it through a [`RecordReader`](super::RecordReader).
///
/// The record begins where the underlying reader stands and goes on to its end. Also a
/// [`Read`] and [`Seek`] over the payload, for parsers that want them; the last chunk read is kept.
pub struct RecordSeeker<R> {
    input: R,
    /// Where in the input the first chunk begins.
    start: u64,
    header: RecordHeader,
    extent: Extent,
    cipher: ChunkCipher,
    buffer: Buffer,
    /// The number of the chunk whose plaintext is in the buffer, and its length.
    loaded: Option<(u64, usize)>,
    /// The position in the payload of [`Read`] and [`Seek`].
    position: u64,
}

impl ContentKey {
    /// Opens the record that begins where `input` stands and ends where `input` ends, for random access.
    ///
    /// # Errors
    /// Errors of `input`, and `InvalidData` with an [`OpenError`](crate::OpenError) inside if the header
    /// is not that of the expected record or the last chunk cannot be opened.
    pub fn seekable<R: Read + Seek>(
        &self,
        expected: impl Into<ExpectedName>,
        mut input: R,
    ) -> io::Result<RecordSeeker<R>> {
        let begin = input.stream_position()?;
        let header = expected_header(expected.into(), &mut input)?;
        let end = input.seek(SeekFrom::End(0))?;
        let start = begin.checked_add(RECORD_HEADER_BYTES as u64).ok_or_else(refused)?;
        let body = end.checked_sub(start).ok_or_else(refused)?;
        let extent = Extent::measure(&header, body).map_err(|_| refused())?;
        let cipher = ChunkCipher::new(self, &header);
        let buffer = Buffer::zeroed(0);
        let mut seeker =
            RecordSeeker { input, start, header, extent, cipher, buffer, loaded: None, position: 0 };
        seeker.read_chunk(extent.chunks - 1)?;
        Ok(seeker)
    }
}

impl<R: Read + Seek> RecordSeeker<R> {
    /// The authenticated name of the record.
    pub fn name(&self) -> &RecordName {
        &self.header.name
    }

    /// Plaintext bytes of every chunk but the last.
    pub fn chunk_size(&self) -> ChunkSize {
        self.header.chunk_size
    }

    /// Number of chunks, 1 to 2^32. Verified.
    pub fn chunk_count(&self) -> u64 {
        self.extent.chunks
    }

    /// Bytes of the payload. Verified.
    pub fn plaintext_bytes(&self) -> u64 {
        self.extent.plaintext_len()
    }

    /// The plaintext of chunk `index`, counted from 0.
    ///
    /// # Errors
    /// `InvalidInput` if there is no such chunk, `InvalidData` with an [`OpenError`](crate::OpenError)
    /// inside if it cannot be opened, and errors of the underlying reader.
    pub fn read_chunk(&mut self, index: u64) -> io::Result<&[u8]> {
        let length = match self.loaded {
            Some((loaded, length)) if loaded == index => length,
            _ => self.load(index)?,
        };
        Ok(self.buffer.get(..length).unwrap_or_default())
    }

    /// Fills `output` with the payload from byte `offset` on; returns how much there was, which is less
    /// than asked for only at the end of the payload.
    ///
    /// # Errors
    /// `InvalidData` with an [`OpenError`](crate::OpenError) inside if one of the chunks cannot be
    /// opened, and errors of the underlying reader.
    pub fn read_at(&mut self, offset: u64, output: &mut [u8]) -> io::Result<usize> {
        let chunk_size = u64::from(self.header.chunk_size.bytes());
        let mut done = 0;
        while let Some(rest) = output.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let from = offset.saturating_add(done as u64);
            if from >= self.plaintext_bytes() {
                break;
            }
            let within = usize::try_from(from % chunk_size).unwrap_or_default();
            let mut chunk = self.read_chunk(from / chunk_size)?.get(within..).unwrap_or_default();
            done += chunk.read(rest)?;
        }
        Ok(done)
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.input
    }

    fn load(&mut self, index: u64) -> io::Result<usize> {
        if index >= self.extent.chunks {
            let reason = "the record has fewer chunks";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let last = index + 1 == self.extent.chunks;
        let sealed = usize::try_from(self.extent.sealed_len(index)).map_err(|_| refused())?;
        let counter = u32::try_from(index).map_err(|_| refused())?;
        let offset = self.start.checked_add(self.extent.offset(index)).ok_or_else(refused)?;
        self.input.seek(SeekFrom::Start(offset))?;

        self.loaded = None;
        if self.buffer.len() < sealed {
            // A new buffer, because a growing one would leave plaintext behind.
            self.buffer = Buffer::zeroed(sealed);
        }
        let chunk = self.buffer.get_mut(..sealed).unwrap_or_default();
        self.input.read_exact(chunk).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refused(),
            _ => error,
        })?;
        let length = self.cipher.open_sealed(counter, last, chunk).map_err(|_| refused())?;
        self.loaded = Some((index, length));
        Ok(length)
    }
}

impl<R: Read + Seek> Read for RecordSeeker<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(self.position, output)?;
        self.position = self.position.saturating_add(count as u64);
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for RecordSeeker<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.plaintext_bytes().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the position is before the payload begins")
        })?;
        Ok(self.position)
    }
}

impl<R> std::fmt::Debug for RecordSeeker<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordSeeker").field("name", &self.header.name).finish_non_exhaustive()
    }
}

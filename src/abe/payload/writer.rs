//! Sealing a record as a stream.

use std::io::{self, Write};

use rand_core::CryptoRng;

use super::ContentKey;
use super::buffer::Buffer;
use super::chunk::ChunkCipher;
use super::cipher::TAG_BYTES;
use super::digest::{DigestBuilder, RecordDigest};
use super::record::{RecordHeader, RecordName, RecordOptions};

/// Writes a record in constant memory: one chunk.
///
/// A record is complete only after [`finish`](Self::finish). A writer that is dropped before leaves a
/// truncated record, which every reader refuses. After an error of the underlying writer nobody knows
/// how much of a chunk has arrived, so every later call fails as well: begin the record anew.
#[must_use = "a record that is not finished cannot be opened"]
pub struct RecordWriter<W> {
    output: W,
    cipher: ChunkCipher,
    chunk_size: usize,
    /// Plaintext that waits for its chunk to fill, with room for the tag. What was here before has been
    /// sealed in place: beyond the length there is ciphertext, and nothing to wipe.
    buffer: Buffer,
    /// The number of the chunk in the buffer.
    index: u64,
    digest: Option<DigestBuilder>,
    broken: bool,
}

impl ContentKey {
    /// Begins to write the record `name` to `output`, which gets the header at once and then every
    /// chunk in one piece: it needs no buffer of its own.
    ///
    /// ```no_run
    /// # use std::{fs::File, io};
    /// # use hippocrypt::{ContentKey, RecordName, RecordOptions};
    /// # use rand_core::CryptoRng;
    /// # fn example(key: ContentKey, name: RecordName, rng: &mut impl CryptoRng) -> io::Result<()> {
    /// let output = File::create("scan.hpcr")?;
    /// let mut writer = key.writer(&name, RecordOptions::default(), rng, output)?;
    /// io::copy(&mut File::open("scan.dcm")?, &mut writer)?;
    /// let (output, _) = writer.finish()?; // without this nobody can open the record
    /// output.sync_all()
    /// # }
    /// ```
    ///
    /// # Errors
    /// Errors of `output`.
    pub fn writer<W: Write>(
        &self,
        name: &RecordName,
        options: RecordOptions,
        rng: &mut impl CryptoRng,
        mut output: W,
    ) -> io::Result<RecordWriter<W>> {
        let header = RecordHeader::new(name, options, rng);
        output.write_all(&header.to_bytes())?;
        let chunk_size = header.chunk_size.len();
        Ok(RecordWriter {
            output,
            cipher: ChunkCipher::new(self, &header),
            chunk_size,
            // Never grows: a growing buffer would leave plaintext behind.
            buffer: Buffer::with_capacity(chunk_size + TAG_BYTES),
            index: 0,
            digest: header.signed.then(|| DigestBuilder::new(&self.core, &header)),
            broken: false,
        })
    }
}

impl<W: Write> RecordWriter<W> {
    /// Seals the last chunk, flushes, and returns the underlying writer; for a signed record also the
    /// digest.
    ///
    /// Whoever has promised a signature in the options appends the author's signature object over this
    /// digest. Until then the record cannot be opened.
    ///
    /// # Errors
    /// Errors of the underlying writer, now or before.
    pub fn finish(mut self) -> io::Result<(W, Option<RecordDigest>)> {
        self.seal_chunk(true)?;
        self.output.flush()?;
        Ok((self.output, self.digest.map(|digest| digest.finish())))
    }

    /// Seals and writes the chunk in the buffer.
    fn seal_chunk(&mut self, last: bool) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the record is broken: an earlier write failed; begin it anew"));
        }
        // Whatever goes wrong from here on, no nonce is used again.
        self.broken = true;
        let index = u32::try_from(self.index).ok().filter(|index| last || *index < u32::MAX);
        let index = index.ok_or_else(|| {
            let reason = "a record has at most 2^32 chunks: begin it anew with a larger chunk size";
            io::Error::new(io::ErrorKind::FileTooLarge, reason)
        })?;
        let buffer = &mut self.buffer;
        let tag = self.cipher.seal(index, last, buffer);
        buffer.extend_from_slice(&tag);
        if let Some(digest) = &mut self.digest {
            digest.chunk(buffer);
        }
        self.output.write_all(buffer)?;
        buffer.clear();
        self.index += 1;
        self.broken = false;
        Ok(())
    }
}

impl<W: Write> Write for RecordWriter<W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        // A full chunk waits for more to come, because the last chunk is sealed as such.
        if !input.is_empty() && (self.broken || self.buffer.len() == self.chunk_size) {
            self.seal_chunk(false)?;
        }
        let buffer = &mut self.buffer;
        let room = self.chunk_size - buffer.len();
        let fitting = input.get(..room).unwrap_or(input);
        buffer.extend_from_slice(fitting);
        Ok(fitting.len())
    }

    /// Flushes the underlying writer. A chunk that is not full stays here: it has one place in the
    /// record and cannot be written in parts.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl<W> std::fmt::Debug for RecordWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordWriter").field("chunks", &self.index).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Counting, NAME, content_key, options};
    use super::*;

    fn writer_at(index: u64) -> RecordWriter<Vec<u8>> {
        let mut writer =
            content_key().writer(&NAME, options(1024, false), &mut Counting(0), Vec::new()).unwrap();
        writer.index = index;
        writer
    }

    #[test]
    fn the_counter_ends_with_the_last_chunk() {
        let last = u64::from(u32::MAX);
        let mut writer = writer_at(last);
        writer.write_all(&[0; 1024]).unwrap();
        assert!(writer.finish().is_ok());

        let mut writer = writer_at(last);
        let error = writer.write_all(&[0; 1025]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(writer.write(&[0]).is_err() && writer.finish().is_err());

        let mut writer = writer_at(last - 1);
        writer.write_all(&[0; 2048]).unwrap();
        assert!(writer.finish().is_ok());
    }

    #[test]
    fn the_buffer_never_moves() {
        let mut writer = writer_at(0);
        let place = writer.buffer.as_ptr();
        for _ in 0..100 {
            writer.write_all(&[7; 333]).unwrap();
            assert_eq!(writer.buffer.as_ptr(), place);
        }
    }
}

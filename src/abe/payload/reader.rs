//! Opening a record as a stream.

use std::io::{self, BufRead, Read, Write};
use std::ops::Range;

use super::chunk::ChunkCipher;
use super::digest::{AuthorClaim, DigestBuilder, RecordSummary};
use super::record::{RecordHeader, RecordName};
use super::source::{ChunkSource, Fault};
use super::{ContentKey, ExpectedName};
use crate::error::{DecodeError, OpenError};

/// Reads the payload of a record in constant memory: one chunk and a little more.
///
/// Every byte it yields is verified. End of file means that the last chunk was verified, too: the
/// payload is complete. If anything is wrong the reader fails with `InvalidData` and an [`OpenError`]
/// inside, then and on every later call, and what was read so far must not be taken for the whole.
/// Errors of the underlying reader are passed on; the call may be repeated.
///
/// The record must be the last thing in the underlying stream; else give the reader a
/// [`Read::take`] of it. Through [`BufRead`] a chunk is handed over without copying.
pub struct RecordReader<R> {
    source: ChunkSource<R>,
    cipher: ChunkCipher,
    name: RecordName,
    digest: Option<DigestBuilder>,
    state: State,
    /// Where in the source's buffer the plaintext lies that has not been read yet.
    pending: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// More chunks are to come.
    Reading,
    /// The last chunk has been verified.
    Complete,
    /// A chunk was refused.
    Refused,
}

/// What a [`RecordReader`] knows when the whole record has been verified.
#[derive(Debug)]
pub struct FinishedRecord<R> {
    /// The underlying reader, at its end.
    pub input: R,
    /// The authenticated name of the record.
    pub name: RecordName,
    /// What the author of a signed record claims, still to be verified.
    pub claim: Option<AuthorClaim>,
}

impl ContentKey {
    /// Opens the record that `input` yields.
    ///
    /// ```no_run
    /// # use std::{fs::File, io};
    /// # fn example(key: hippocrypt::ContentKey, name: hippocrypt::RecordName) -> io::Result<()> {
    /// let mut reader = key.reader(name, File::open("scan.hpcr")?)?;
    /// reader.copy_to(&mut File::create("scan.dcm.part")?)?;
    /// // Only now is the file complete.
    /// std::fs::rename("scan.dcm.part", "scan.dcm")
    /// # }
    /// ```
    ///
    /// # Errors
    /// Errors of `input`, and `InvalidData` with an [`OpenError`] inside if the header is not that of the
    /// expected record.
    pub fn reader<R: Read>(
        &self,
        expected: impl Into<ExpectedName>,
        mut input: R,
    ) -> io::Result<RecordReader<R>> {
        let header = expected_header(expected.into(), &mut input)?;
        Ok(RecordReader {
            cipher: ChunkCipher::new(self, &header),
            name: header.name,
            digest: header.signed.then(|| DigestBuilder::new(&self.core, &header)),
            source: ChunkSource::new(input, &header),
            state: State::Reading,
            pending: 0..0,
        })
    }
}

/// Reads the header of the expected record.
pub(super) fn expected_header(expected: ExpectedName, input: &mut impl Read) -> io::Result<RecordHeader> {
    // What is wrong with a header is no secret, but opening has one error only.
    let header = RecordHeader::read_from(input).map_err(|error| {
        let malformed = error.get_ref().is_some_and(|inner| inner.is::<DecodeError>());
        if malformed { refused() } else { error }
    })?;
    expected.check(&header.name).map_err(|_| refused())?;
    Ok(header)
}

/// The error of everything that cannot be opened.
pub(super) fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, OpenError)
}

impl<R: Read> RecordReader<R> {
    /// The name of the record: authenticated as soon as the first byte or the end has been read.
    pub fn name(&self) -> &RecordName {
        &self.name
    }

    /// Whether an author's signature ends the record; the claim of a header, proved like its name.
    pub fn is_signed(&self) -> bool {
        self.digest.is_some()
    }

    /// Writes everything that is left to `output`; returns the number of bytes.
    ///
    /// # Errors
    /// Errors of both sides, and `InvalidData` with an [`OpenError`] inside. After an error `output` may
    /// have got a part of the payload.
    pub fn copy_to(&mut self, output: &mut impl Write) -> io::Result<u64> {
        let mut total = 0;
        loop {
            let chunk = self.fill_buf()?;
            let length = chunk.len();
            if length == 0 {
                return Ok(total);
            }
            output.write_all(chunk)?;
            self.consume(length);
            total += length as u64;
        }
    }

    /// Verifies what has not been read yet, and returns what is known of the whole record.
    ///
    /// # Errors
    /// As those of reading.
    pub fn finish(mut self) -> io::Result<FinishedRecord<R>> {
        while self.state == State::Reading {
            self.advance()?;
        }
        if self.state == State::Refused {
            return Err(refused());
        }
        let (input, signature) = self.source.finish();
        let claim = self
            .digest
            .zip(signature)
            .map(|(digest, signature)| AuthorClaim { digest: digest.finish(), signature });
        Ok(FinishedRecord { input, name: self.name, claim })
    }

    /// Opens the next chunk.
    fn advance(&mut self) -> io::Result<()> {
        self.pending = 0..0;
        let opened = match self.source.next() {
            Err(Fault::Input(error)) => return Err(error),
            Err(Fault::Malformed(_)) => Err(OpenError),
            Ok(chunk) => {
                if let Some(digest) = &mut self.digest {
                    digest.chunk(chunk.bytes);
                }
                let opened = self.cipher.open_sealed(chunk.index, chunk.last, chunk.bytes);
                opened.map(|length| (length, chunk.last))
            }
        };
        match opened {
            Ok((length, last)) => {
                self.pending = 0..length;
                self.state = if last { State::Complete } else { State::Reading };
                Ok(())
            }
            Err(OpenError) => {
                self.state = State::Refused;
                self.source.wipe();
                Err(refused())
            }
        }
    }
}

impl<R: Read> BufRead for RecordReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.pending.is_empty() && self.state == State::Reading {
            self.advance()?;
        }
        if self.state == State::Refused {
            return Err(refused());
        }
        Ok(self.source.buffer().get(self.pending.clone()).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.pending.start = self.pending.end.min(self.pending.start.saturating_add(amount));
    }
}

impl<R: Read> Read for RecordReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(output)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R> std::fmt::Debug for RecordReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl RecordSummary {
    /// The summary of the record that `input` yields, which belongs to the compartment with the core
    /// `core`. Takes constant memory; the record must be the last thing in the stream.
    ///
    /// # Errors
    /// Errors of `input`, and `InvalidData` with a [`DecodeError`] inside if this cannot be a whole
    /// record.
    pub fn read_from(core: &[u8; 32], mut input: impl Read) -> io::Result<Self> {
        let header = RecordHeader::read_from(&mut input)?;
        let mut digest = DigestBuilder::new(core, &header);
        let mut source = ChunkSource::new(input, &header);
        let mut plaintext_bytes = 0;
        loop {
            let chunk = source.next().map_err(|fault| match fault {
                Fault::Input(error) => error,
                Fault::Malformed(error) => io::Error::new(io::ErrorKind::InvalidData, error),
            })?;
            digest.chunk(chunk.bytes);
            plaintext_bytes += chunk.bytes.len().saturating_sub(super::TAG_BYTES) as u64;
            if chunk.last {
                break;
            }
        }
        let (_, signature) = source.finish();
        let signature = signature.filter(|_| header.signed);
        Ok(Self { header, plaintext_bytes, digest: digest.finish(), signature })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NAME, content_key, record};
    use super::*;

    #[test]
    fn a_refused_chunk_leaves_nothing_in_memory() {
        let mut record = record(1024, false, 2048);
        *record.last_mut().unwrap() ^= 1;
        let mut reader = content_key().reader(NAME, &record[..]).unwrap();
        reader.read_exact(&mut [0; 1024]).unwrap();
        assert!(reader.source.buffer().iter().any(|byte| *byte != 0));
        assert!(reader.read(&mut [0]).is_err());
        assert_eq!(reader.state, State::Refused);
        assert!(reader.source.buffer().iter().all(|byte| *byte == 0));
    }
}

//! Reading an attachment chunk by chunk. `[PHR-9]`

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use std::io::{self, Read, Write};

use super::error::ReadError;
use super::record::Attachment;

/// Chunks that are fetched at a time.
const CHUNKS_AT_A_TIME: u32 = 2;

/// Opens the stream that `chunks(first, count)` yields, and writes it to `output`.
pub(super) fn fetch(
    attachment: &Attachment,
    output: &mut impl Write,
    chunks: impl FnMut(u32, u32) -> Result<Vec<Vec<u8>>, ReadError>,
) -> Result<u64, ReadError> {
    let mut source = Source {
        fetch: chunks,
        next: 0,
        left: attachment.chunks,
        waiting: VecDeque::new(),
        current: io::Cursor::new(Vec::new()),
        failed: None,
    };
    let outcome = copy(attachment, &mut source, output);
    // What the cloud or the way to it has done wrong says more than the error of the stream.
    if let Some(error) = source.failed { Err(error) } else { outcome }
}

fn copy(attachment: &Attachment, source: &mut impl Read, output: &mut impl Write) -> Result<u64, ReadError> {
    let mut reader = attachment.key.reader(attachment.stream, source).map_err(|_| ReadError::Incomplete)?;
    let mut written = 0;
    loop {
        let chunk = io::BufRead::fill_buf(&mut reader).map_err(|_| ReadError::Incomplete)?;
        let length = chunk.len();
        if length == 0 {
            break;
        }
        output.write_all(chunk).map_err(|error| ReadError::Output(error.to_string().into()))?;
        io::BufRead::consume(&mut reader, length);
        written += length as u64;
    }
    let finished = reader.finish().map_err(|_| ReadError::Incomplete)?;
    let author = finished.claim.and_then(|claim| claim.author(attachment.key.core_id(), &attachment.stream));
    if author != Some(attachment.author) || written != attachment.bytes {
        return Err(ReadError::Incomplete);
    }
    output.flush().map_err(|error| ReadError::Output(error.to_string().into()))?;
    Ok(written)
}

/// The chunks of an attachment as one stream of bytes.
struct Source<F> {
    fetch: F,
    next: u32,
    left: u32,
    waiting: VecDeque<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
    failed: Option<ReadError>,
}

impl<F: FnMut(u32, u32) -> Result<Vec<Vec<u8>>, ReadError>> Source<F> {
    /// Fetches the next chunks; whether there were any.
    fn more(&mut self) -> io::Result<bool> {
        let count = self.left.min(CHUNKS_AT_A_TIME);
        if count == 0 {
            return Ok(false);
        }
        let stop = |source: &mut Self, error| {
            source.failed = Some(error);
            Err(io::Error::other("the chunks could not be fetched"))
        };
        match (self.fetch)(self.next, count) {
            Ok(chunks) if chunks.is_empty() => stop(self, ReadError::Incomplete),
            Ok(chunks) => {
                let got = u32::try_from(chunks.len()).unwrap_or(count).min(count);
                self.next = self.next.saturating_add(got);
                self.left -= got;
                self.waiting = chunks.into();
                Ok(true)
            }
            Err(error) => stop(self, error),
        }
    }
}

impl<F: FnMut(u32, u32) -> Result<Vec<Vec<u8>>, ReadError>> Read for Source<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.waiting.pop_front() {
                Some(chunk) => self.current = io::Cursor::new(chunk),
                None if self.more()? => {}
                None => return Ok(0),
            }
        }
    }
}

//! Tests of the record format as a whole. Those of one file alone are in that file.

mod attacks;
mod big;
mod stream;
mod twin;
mod vectors;

use core::convert::Infallible;
use std::io::{self, Cursor, Read, Write};

use rand_core::{TryCryptoRng, TryRng};

use super::*;

/// "Random" bytes that count: 0, 1, 2, ..
pub(super) struct Counting(pub(super) u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

pub(super) const K: [u8; 32] = [0x4b; 32];
pub(super) const CORE: [u8; 32] = [0xc0; 32];
pub(super) const NAME: RecordName = RecordName { id: RecordId::from_bytes([0x1d; 16]), version: 3 };
/// Stands for an author's signature object.
pub(super) const SIGNATURE: [u8; AUTHOR_SIGNATURE_BYTES] = [0x5a; AUTHOR_SIGNATURE_BYTES];
const KIB: usize = 1024;

pub(super) fn content_key() -> ContentKey {
    ContentKey::new(Secret::new(K), CORE)
}

pub(super) fn options(chunk_size: u32, signed: bool) -> RecordOptions {
    RecordOptions { chunk_size: ChunkSize::new(chunk_size).unwrap(), signed }
}

/// A payload in which no two chunks are alike.
pub(super) fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from((7 * i + i / 256) % 256).unwrap()).collect()
}

/// A record written as a stream, with its signature object if it has one.
pub(super) fn written(options: RecordOptions, plaintext: &[u8]) -> (Vec<u8>, Option<RecordDigest>) {
    let mut writer = content_key().writer(&NAME, options, &mut Counting(0), Vec::new()).unwrap();
    writer.write_all(plaintext).unwrap();
    let (mut record, digest) = writer.finish().unwrap();
    if options.signed {
        record.extend_from_slice(&SIGNATURE);
    }
    (record, digest)
}

/// What [`written`] would write.
pub(super) fn record(chunk_size: usize, signed: bool, length: usize) -> Vec<u8> {
    written(options(u32::try_from(chunk_size).unwrap(), signed), &payload(length)).0
}

/// Opens a record by every way there is; they must agree.
pub(super) fn opened(
    key: &ContentKey,
    expected: ExpectedName,
    record: &[u8],
) -> Result<OpenedRecord, OpenError> {
    let in_memory = key.open_record(expected, record);
    let streamed = streamed(key, expected, record);
    let by_chunks = key.seekable(expected, Cursor::new(record)).and_then(|mut seeker| {
        let mut plaintext = Vec::new();
        seeker.read_to_end(&mut plaintext)?;
        assert_eq!(seeker.plaintext_bytes(), plaintext.len() as u64);
        Ok((*seeker.name(), plaintext))
    });
    let name = match expected {
        ExpectedName::This(name) => name,
        ExpectedName::Any => RecordHeader::of(record).map_or(NAME, |header| *header.name()),
    };
    let plaintext = in_memory.as_ref().map(|opened| opened.plaintext.clone()).map_err(|error| *error);
    assert_eq!(key.open(&name, record), plaintext);
    assert_eq!(key.open_in_place(&name, record.to_vec()), plaintext);
    match &in_memory {
        Ok(opened) => {
            assert_eq!(by_chunks.unwrap(), (opened.name, opened.plaintext.clone()));
            assert_eq!(streamed.unwrap(), (opened.name, opened.plaintext.clone(), opened.claim));
        }
        Err(OpenError) => {
            assert!(is_open_error(&by_chunks.unwrap_err()));
            assert!(is_open_error(&streamed.unwrap_err()));
        }
    }
    in_memory
}

type Streamed = (RecordName, Vec<u8>, Option<AuthorClaim>);

pub(super) fn streamed(key: &ContentKey, expected: ExpectedName, input: impl Read) -> io::Result<Streamed> {
    let mut reader = key.reader(expected, input)?;
    let mut plaintext = Vec::new();
    reader.read_to_end(&mut plaintext)?;
    let finished = reader.finish()?;
    Ok((finished.name, plaintext, finished.claim))
}

pub(super) fn is_open_error(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData && error.get_ref().is_some_and(|inner| inner.is::<OpenError>())
}

#[test]
fn a_content_key_prints_nothing() {
    assert_eq!(format!("{:?}", content_key()), "ContentKey(..)");
    let opened = content_key().open_record(NAME, &record(KIB, false, 3)).unwrap();
    assert!(!format!("{opened:?}").contains("plaintext"));
}

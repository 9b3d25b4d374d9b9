//! The 4 GiB boundary and the end of the counter, by calculation: nothing large is written.

use std::io::{Seek, SeekFrom};

use super::super::chunk::ChunkCipher;
use super::super::layout::{Extent, MAX_CHUNKS};
use super::*;
use crate::error::DecodeReason;

const STRIDE: u64 = (1 << 16) + TAG_BYTES as u64;

/// A record of `chunks` full chunks and ten bytes more, whose chunks are made when they are read.
/// Every byte of the payload is the low byte of its chunk's number.
struct Virtual {
    header: RecordHeader,
    cipher: ChunkCipher,
    chunks: u64,
    position: u64,
}

impl Virtual {
    fn new(chunks: u64) -> Self {
        let header = RecordHeader::new(&NAME, RecordOptions::default(), &mut Counting(0));
        Self { header, cipher: ChunkCipher::new(&content_key(), &header), chunks, position: 0 }
    }

    fn len(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + self.chunks * STRIDE + 10 + TAG_BYTES as u64
    }
}

impl Read for Virtual {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let Some(body) = self.position.checked_sub(RECORD_HEADER_BYTES as u64) else {
            let header = self.header.to_bytes();
            let count = (&header[usize::try_from(self.position).unwrap()..]).read(output)?;
            self.position += count as u64;
            return Ok(count);
        };
        let (index, within) = (body / STRIDE, usize::try_from(body % STRIDE).unwrap());
        if self.position >= self.len() {
            return Ok(0);
        }
        let last = index == self.chunks;
        let mut chunk = vec![index.to_le_bytes()[0]; if last { 10 } else { 1 << 16 }];
        let tag = self.cipher.seal(u32::try_from(index).unwrap(), last, &mut chunk);
        chunk.extend_from_slice(&tag);
        let count = (&chunk[within..]).read(output)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Virtual {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::End(offset) => self.len().checked_add_signed(offset).unwrap(),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset).unwrap(),
        };
        Ok(self.position)
    }
}

#[test]
fn random_access_goes_beyond_4_gib_and_to_the_last_chunk() {
    for chunks in [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, MAX_CHUNKS - 1] {
        let mut seeker = content_key().seekable(NAME, Virtual::new(chunks)).unwrap();
        assert_eq!(seeker.plaintext_bytes(), (chunks << 16) + 10);
        assert_eq!(seeker.chunk_count(), chunks + 1);
        for boundary in [1 << 16, 1 << 32, chunks << 16] {
            let mut around = [0; 4];
            if seeker.read_at(boundary - 2, &mut around).unwrap() == 4 {
                let chunk = (boundary >> 16).to_le_bytes()[0];
                assert_eq!(around, [chunk.wrapping_sub(1), chunk.wrapping_sub(1), chunk, chunk]);
            } else {
                assert!(boundary > chunks << 16);
            }
        }
    }
    // One chunk more has no number.
    assert!(is_open_error(&content_key().seekable(NAME, Virtual::new(MAX_CHUNKS)).unwrap_err()));
}

#[test]
fn lengths_and_layouts_are_inverse_up_to_the_limit() {
    for log in [10, 16, 24] {
        for signed in [false, true] {
            let options = options(1 << log, signed);
            let header = RecordHeader::new(&NAME, options, &mut Counting(0));
            let max = options.max_plaintext_bytes();
            assert_eq!(max, 1 << (32 + log));
            let near = |x: u64| [x.saturating_sub(1), x, x + 1];
            let lengths = [0, 1 << log, 1 << 31, 1 << 32, 1 << 40, max - (1 << log)].map(near).concat();
            for length in lengths.into_iter().chain([max - 1, max]) {
                let body = options.record_bytes(length).unwrap() - RECORD_HEADER_BYTES as u64;
                let extent = Extent::measure(&header, body).unwrap();
                assert_eq!(extent.plaintext_len(), length);
                assert_eq!(extent.chunks, length.div_ceil(1 << log).max(1));
                let last = extent.chunks - 1;
                let end = extent.offset(last) + extent.sealed_len(last);
                assert_eq!(end + header.trailer_len() as u64, body);
            }
            assert_eq!(options.record_bytes(max + 1), None);
            assert_eq!(options.record_bytes(u64::MAX), None);
            let body = options.record_bytes(max).unwrap() - RECORD_HEADER_BYTES as u64;
            for more in [17, 1 << 20, u64::MAX - body] {
                let error = Extent::measure(&header, body + more).unwrap_err();
                assert!(matches!(error.reason, DecodeReason::OutOfRange { .. }), "{error}");
            }
        }
    }
}

#[test]
fn every_length_is_a_layout_of_one_payload_or_an_error() {
    for signed in [false, true] {
        let options = options(1024, signed);
        let header = RecordHeader::new(&NAME, options, &mut Counting(0));
        let mut expected = 0;
        for body in 0..5000 {
            if let Ok(extent) = Extent::measure(&header, body) {
                assert_eq!(extent.plaintext_len(), expected);
                let length = options.record_bytes(expected).unwrap();
                assert_eq!(length, body + RECORD_HEADER_BYTES as u64);
                expected += 1;
            }
        }
        assert!(expected > 4800 - 103);
    }
}

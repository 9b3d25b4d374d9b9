//! Whole records in the memory that is there: nothing is copied to another place, nothing is allocated.
//!
//! A record is longer than its payload, by the header and a tag for each chunk. So sealing moves the
//! chunks up, the last one first, and opening moves them down, the first one first: no chunk is in the
//! way of another.
//!
//! ```text
//! payload             chunk_0 ‖ chunk_1 ‖ ..                      chunk i at i · chunk size
//! record     header ‖ chunk_0 ‖ tag_0 ‖ chunk_1 ‖ tag_1 ‖ ..      chunk i at 52 + i · (chunk size + 16)
//! ```

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::ContentKey;
use super::buffer::Buffer;
use super::chunk::ChunkCipher;
use super::cipher::TAG_BYTES;
use super::memory::expected_parts;
use super::record::{RECORD_HEADER_BYTES, RecordHeader, RecordName, RecordOptions};
use crate::error::OpenError;

impl ContentKey {
    /// Seals a payload like [`seal`](Self::seal), in its own memory: the record takes its place, and no
    /// plaintext stays behind.
    ///
    /// This needs room in `plaintext` for the whole record, [`RecordOptions::record_bytes`]. If there is
    /// less, the record gets memory of its own, and that of `plaintext` is wiped.
    ///
    /// ```
    /// # use hippocrypt::{Policy, RecordName, RecordOptions, Schema, os_rng, setup};
    /// # use std::io::Read;
    /// # let (parameters, _) = setup("st-marys", &mut os_rng())?;
    /// # let (_, key) = parameters.compartment(&Policy::parse("a", &Schema::empty())?, b"", &mut os_rng())?;
    /// # let (scan, length) = (&[7u8; 100_000][..], 100_000);
    /// # let name = RecordName::random(&mut os_rng());
    /// let room = RecordOptions::default().record_bytes(length).ok_or("too long")?;
    /// let mut plaintext = Vec::with_capacity(usize::try_from(room)?);
    /// scan.take(length).read_to_end(&mut plaintext)?;
    /// let record = key.seal_in_place(&name, plaintext, &mut os_rng());
    /// # assert_eq!(key.open_in_place(&name, record)?, [7; 100_000]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal_in_place(&self, name: &RecordName, plaintext: Vec<u8>, rng: &mut impl CryptoRng) -> Vec<u8> {
        let header = RecordHeader::new(name, RecordOptions::default(), rng);
        self.seal_chunks_in_place(&header, plaintext)
    }

    pub(super) fn seal_chunks_in_place(&self, header: &RecordHeader, plaintext: Vec<u8>) -> Vec<u8> {
        let (length, room) = (plaintext.len(), header.record_len(plaintext.len()));
        let mut record = Buffer::from(plaintext);
        if record.capacity() < room {
            return self.seal_chunks(header, &record, None);
        }
        record.resize(room, 0);
        let cipher = ChunkCipher::new(self, header);
        let chunk_size = header.chunk_size.len();
        // The counter cannot run out: 2^32 chunks do not fit into any memory.
        let last = u32::try_from(length.div_ceil(chunk_size).saturating_sub(1)).unwrap_or(u32::MAX);
        for index in (0..=last).rev() {
            let place = index as usize;
            let start = place * chunk_size;
            let end = length.min(start + chunk_size);
            let to = RECORD_HEADER_BYTES + place * (chunk_size + TAG_BYTES);
            // Sealed first and then moved: the cipher hides the way from memory to the cache.
            let tag = cipher.seal(index, index == last, record.get_mut(start..end).unwrap_or_default());
            record.copy_within(start..end, to);
            let behind = to + (end - start);
            if let Some(place) = record.get_mut(behind..behind + TAG_BYTES) {
                place.copy_from_slice(&tag);
            }
        }
        if let Some(start) = record.get_mut(..RECORD_HEADER_BYTES) {
            start.copy_from_slice(&header.to_bytes());
        }
        record.release()
    }

    /// Opens the record `name` like [`open`](Self::open), in its own memory: the payload takes its
    /// place. Faster than `open` by the copying and by the memory, which for long records is the half.
    ///
    /// # Errors
    /// As those of [`open`](Self::open). The memory of a record that is refused has been wiped.
    pub fn open_in_place(&self, name: &RecordName, record: Vec<u8>) -> Result<Vec<u8>, OpenError> {
        let mut buffer = Buffer::from(record);
        let parts = expected_parts(name.into(), &buffer)?;
        let (header, extent) = (parts.header, parts.extent);
        let length = usize::try_from(extent.plaintext_len()).map_err(|_| OpenError)?;

        let cipher = ChunkCipher::new(self, &header);
        let chunk_size = header.chunk_size.len();
        let mut to = 0;
        for index in 0..extent.chunks {
            let counter = u32::try_from(index).map_err(|_| OpenError)?;
            let sealed = usize::try_from(extent.sealed_len(index)).map_err(|_| OpenError)?;
            let offset = usize::try_from(extent.offset(index)).map_err(|_| OpenError)?;
            let from = RECORD_HEADER_BYTES + offset;
            let both = buffer.get_mut(to..from + sealed).ok_or(OpenError)?;
            cipher.open_down(counter, index + 1 == extent.chunks, both, from - to)?;
            to += chunk_size;
        }
        // Behind the payload there is ciphertext alone.
        buffer.truncate(length);
        Ok(buffer.release())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::tests::{Counting, NAME, content_key, options, payload};
    use super::*;

    const LENGTHS: [usize; 12] = [0, 1, 15, 52, 1023, 1024, 1025, 2047, 2048, 2049, 10_000, 70_000];

    fn with_room(bytes: &[u8], room: usize) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(room);
        buffer.extend_from_slice(bytes);
        buffer
    }

    #[test]
    fn it_makes_the_same_record_with_room_and_without() {
        for (chunk_size, length) in [1024, 4096].into_iter().flat_map(|size| LENGTHS.map(|at| (size, at))) {
            let header = RecordHeader::new(&NAME, options(chunk_size, false), &mut Counting(0));
            let expected = content_key().seal_chunks(&header, &payload(length), None);
            for room in [length, expected.len() - 1, expected.len(), expected.len() + 1000] {
                let plaintext = with_room(&payload(length), room);
                let record = content_key().seal_chunks_in_place(&header, plaintext);
                assert!(record == expected, "{length} bytes in chunks of {chunk_size}, room for {room}");
            }
        }
    }

    #[test]
    fn neither_way_leaves_its_memory() {
        let room = RecordOptions::default().record_bytes(200_000).unwrap();
        let plaintext = with_room(&payload(200_000), usize::try_from(room).unwrap());
        let place = plaintext.as_ptr();
        let record = content_key().seal_in_place(&NAME, plaintext, &mut Counting(0));
        assert_eq!((record.as_ptr(), record.len() as u64), (place, room));
        assert!(record == content_key().seal(&NAME, &payload(200_000), &mut Counting(0)));
        let opened = content_key().open_in_place(&NAME, record).unwrap();
        assert_eq!(opened.as_ptr(), place);
        assert!(opened == payload(200_000));
    }
}

//! The same format once more, in a form that can be weakened: each flag that is off leaves out one
//! line of the specification. An attack that the library withstands must break the twin that lacks
//! the line that it withstands it by; else the attack shows nothing.

use super::super::cipher::portable::Aes256Gcm;
use super::super::layout::Parts;
use super::*;
use crate::hash::{Label, Xof};

/// Something that seals and opens records.
pub(super) trait Scheme {
    fn seal(&self, core: &[u8; 32], header: &RecordHeader, plaintext: &[u8]) -> Vec<u8>;
    fn accepts(&self, core: &[u8; 32], record: &[u8]) -> bool;
}

pub(super) struct Library;

impl Scheme for Library {
    fn seal(&self, core: &[u8; 32], header: &RecordHeader, plaintext: &[u8]) -> Vec<u8> {
        let mut record = ContentKey::new(Secret::new(K), *core).seal_chunks(header, plaintext, None);
        record.extend_from_slice(&SIGNATURE[..header.trailer_len()]);
        record
    }

    fn accepts(&self, core: &[u8; 32], record: &[u8]) -> bool {
        opened(&ContentKey::new(Secret::new(K), *core), ExpectedName::Any, record).is_ok()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Twin {
    pub(super) last_chunk_byte: bool,
    pub(super) counter: bool,
    pub(super) core: bool,
    pub(super) name: bool,
    pub(super) salt: bool,
    pub(super) chunk_size: bool,
    pub(super) flags: bool,
}

impl Twin {
    /// The specification in full.
    pub(super) const WHOLE: Self = Self {
        last_chunk_byte: true,
        counter: true,
        core: true,
        name: true,
        salt: true,
        chunk_size: true,
        flags: true,
    };

    fn cipher(&self, header: &RecordHeader) -> (Aes256Gcm, [u8; 7]) {
        let (id, version) = (header.name.id.as_bytes().to_vec(), header.name.version.to_be_bytes().to_vec());
        let id = if self.name { id } else { Vec::new() };
        let version = if self.name { version } else { Vec::new() };
        let salt = if self.salt { header.salt.to_vec() } else { Vec::new() };
        let mut stream = Xof::new(Label::Payload, &[&K, &id, &version, &salt]);
        let key = stream.take();
        (Aes256Gcm::new(&key), *stream.take().expose_secret())
    }

    fn context(&self, core: &[u8; 32], header: &RecordHeader) -> Vec<u8> {
        let mut context = Vec::new();
        if self.core {
            context.extend_from_slice(core);
        }
        if self.name {
            context.extend_from_slice(header.name.id.as_bytes());
            context.extend_from_slice(&header.name.version.to_be_bytes());
        }
        if self.chunk_size {
            context.extend_from_slice(&header.chunk_size.bytes().to_be_bytes());
        }
        if self.flags {
            context.push(u8::from(header.signed));
        }
        context
    }

    fn nonce(&self, prefix: [u8; 7], index: u32, last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&prefix);
        if self.counter {
            nonce[7..11].copy_from_slice(&index.to_be_bytes());
        }
        if self.last_chunk_byte {
            nonce[11] = u8::from(last);
        }
        nonce
    }
}

impl Scheme for Twin {
    fn seal(&self, core: &[u8; 32], header: &RecordHeader, plaintext: &[u8]) -> Vec<u8> {
        let ((cipher, prefix), context) = (self.cipher(header), self.context(core, header));
        let mut record = header.to_bytes();
        let size = header.chunk_size.len();
        let count = plaintext.len().div_ceil(size).max(1);
        for index in 0..count {
            let end = plaintext.len().min((index + 1) * size);
            let mut chunk = plaintext[index * size..end].to_vec();
            let nonce = self.nonce(prefix, u32::try_from(index).unwrap(), index + 1 == count);
            let tag = cipher.seal(&nonce, &context, &mut chunk);
            record.extend_from_slice(&chunk);
            record.extend_from_slice(&tag);
        }
        record.extend_from_slice(&SIGNATURE[..header.trailer_len()]);
        record
    }

    fn accepts(&self, core: &[u8; 32], record: &[u8]) -> bool {
        let Ok(parts) = Parts::of(record) else { return false };
        let ((cipher, prefix), context) = (self.cipher(&parts.header), self.context(core, &parts.header));
        parts.chunks().all(|sealed| {
            let (chunk, tag) = sealed.bytes.split_last_chunk().unwrap();
            let nonce = self.nonce(prefix, sealed.index, sealed.last);
            cipher.open(&nonce, &context, &mut chunk.to_vec(), 0, tag).is_ok()
        })
    }
}

#[test]
fn the_twin_with_all_its_lines_is_the_library() {
    for (length, signed) in [(0, false), (1, true), (KIB, false), (KIB + 1, true), (5 * KIB, false)] {
        let header = RecordHeader::new(&NAME, options(1024, signed), &mut Counting(7));
        let plaintext = payload(length);
        let record = Library.seal(&CORE, &header, &plaintext);
        assert!(Twin::WHOLE.seal(&CORE, &header, &plaintext) == record);
        assert!(Library.accepts(&CORE, &record) && Twin::WHOLE.accepts(&CORE, &record));
    }
}

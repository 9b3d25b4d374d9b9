//! The AEAD under the payload cipher, without anything of this project around it: what records are
//! held against.

use super::super::Wrong;

pub const TAG_BYTES: usize = 16;
/// A record's chunk.
pub const CHUNK_BYTES: usize = 1 << 16;

type Tag = [u8; TAG_BYTES];
type NonceBytes = [u8; 12];

/// The implementation of the payload cipher in this build.
pub const CIPHER: &str =
    if cfg!(feature = "ring") { "AES-256-GCM of ring" } else { "AES-256-GCM of RustCrypto" };

/// A key, expanded and ready.
pub struct BareKey(native::Key);

pub fn bare_key(key: &[u8]) -> Result<BareKey, Wrong> {
    native::key(key).map(BareKey)
}

impl BareKey {
    /// Encrypts `data` in place, in chunks.
    pub fn seal(&self, data: &mut [u8]) -> Result<Vec<Tag>, Wrong> {
        let mut tags = Vec::with_capacity(data.len().div_ceil(CHUNK_BYTES));
        for (index, chunk) in (0u32..).zip(data.chunks_mut(CHUNK_BYTES)) {
            tags.push(native::seal(&self.0, nonce(index), chunk)?);
        }
        Ok(tags)
    }

    /// Appends `data` to `record` chunk by chunk, encrypts each there, and its tag follows it.
    pub fn seal_copy(&self, data: &[u8], record: &mut Vec<u8>) -> Result<(), Wrong> {
        for (index, chunk) in (0u32..).zip(data.chunks(CHUNK_BYTES)) {
            let start = record.len();
            record.extend_from_slice(chunk);
            let tag = native::seal(&self.0, nonce(index), record.get_mut(start..).unwrap_or_default())?;
            record.extend_from_slice(&tag);
        }
        Ok(())
    }

    /// Makes the same record through a chunk buffer.
    pub fn seal_stream(&self, data: &[u8], record: &mut Vec<u8>) -> Result<(), Wrong> {
        let mut buffer = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
        for (index, chunk) in (0u32..).zip(data.chunks(CHUNK_BYTES)) {
            buffer.clear();
            buffer.extend_from_slice(chunk);
            let tag = native::seal(&self.0, nonce(index), &mut buffer)?;
            buffer.extend_from_slice(&tag);
            record.extend_from_slice(&buffer);
        }
        Ok(())
    }

    /// Decrypts what [`Self::seal_copy`] has made.
    pub fn open_copy(&self, record: &[u8]) -> Result<Vec<u8>, Wrong> {
        let (mut data, mut tags) = (Vec::new(), Vec::new());
        for sealed in record.chunks(CHUNK_BYTES + TAG_BYTES) {
            let (chunk, tag) = sealed.split_last_chunk().ok_or_else(|| broken(()))?;
            data.extend_from_slice(chunk);
            tags.push(*tag);
        }
        self.open(data, &tags)
    }

    /// Decrypts what [`Self::seal`] has made.
    pub fn open(&self, mut data: Vec<u8>, tags: &[Tag]) -> Result<Vec<u8>, Wrong> {
        let chunks = data.chunks_mut(CHUNK_BYTES).zip(tags);
        for (index, (chunk, tag)) in (0u32..).zip(chunks) {
            native::open(&self.0, nonce(index), chunk, tag)?;
        }
        Ok(data)
    }
}

fn nonce(index: u32) -> NonceBytes {
    let mut nonce = [0; 12];
    let [.., a, b, c, d] = &mut nonce;
    [*a, *b, *c, *d] = index.to_be_bytes();
    nonce
}

fn broken<E>(_: E) -> Wrong {
    Wrong::new("the bare cipher refuses its input")
}

#[cfg(feature = "ring")]
mod native {
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    use super::{NonceBytes, Tag, Wrong, broken};

    pub type Key = LessSafeKey;

    pub fn key(key: &[u8]) -> Result<Key, Wrong> {
        UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(broken)
    }

    pub fn seal(key: &Key, nonce: NonceBytes, data: &mut [u8]) -> Result<Tag, Wrong> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), data).map_err(broken)?;
        tag.as_ref().try_into().map_err(broken)
    }

    pub fn open(key: &Key, nonce: NonceBytes, data: &mut [u8], tag: &Tag) -> Result<(), Wrong> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = key.open_in_place_separate_tag(nonce, Aad::empty(), (*tag).into(), data, 0..);
        opened.map(drop).map_err(broken)
    }
}

#[cfg(not(feature = "ring"))]
mod native {
    use aes_gcm::aead::AeadInOut;
    use aes_gcm::{Aes256Gcm, KeyInit};

    use super::{NonceBytes, Tag, Wrong, broken};

    pub type Key = Aes256Gcm;

    pub fn key(key: &[u8]) -> Result<Key, Wrong> {
        Aes256Gcm::new_from_slice(key).map_err(broken)
    }

    pub fn seal(key: &Key, nonce: NonceBytes, data: &mut [u8]) -> Result<Tag, Wrong> {
        key.encrypt_inout_detached((&nonce).into(), b"", data.into()).map(Into::into).map_err(broken)
    }

    pub fn open(key: &Key, nonce: NonceBytes, data: &mut [u8], tag: &Tag) -> Result<(), Wrong> {
        key.decrypt_inout_detached((&nonce).into(), b"", data.into(), tag.into()).map_err(broken)
    }
}

//! The STREAM construction over AES-256-GCM. (SPEC `[PAY-2]`, `[PAY-3]`)
//!
//! ```text
//! key(32) ‖ prefix(7) = KDF(k, record id, version, salt)
//! nonce_i             = prefix ‖ i(4) ‖ last(1)                  last = 1 for the last chunk, else 0
//! context             = H(core) ‖ record id ‖ version ‖ chunk size ‖ flags
//! chunk_i             = AES-256-GCM(key, nonce_i, context, plaintext_i)
//! ```
//! The counter makes reordering fail, the last-chunk byte truncation and extension. The salt gives
//! every sealing a key of its own, so that sealing one name twice never repeats a nonce.
//! (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance", CRYPTO 2015: construction STREAM, proved secure as nOAE.)

use alloc::vec::Vec;

use super::ContentKey;
use super::cipher::{Aes256Gcm, KEY_BYTES, NONCE_BYTES, TAG_BYTES};
use super::record::RecordHeader;
use crate::codec::Encoder;
use crate::error::OpenError;
use crate::hash::{Label, Xof};
use crate::secret::Secret;

const PREFIX_BYTES: usize = 7;
const CONTEXT_BYTES: usize = 32 + 16 + 8 + 4 + 1;

/// The cipher of one record.
pub(super) struct ChunkCipher {
    cipher: Aes256Gcm,
    prefix: Secret<[u8; PREFIX_BYTES]>,
    context: Vec<u8>,
}

impl ChunkCipher {
    pub(super) fn new(content_key: &ContentKey, header: &RecordHeader) -> Self {
        let (id, version) = (header.name.id.as_bytes(), header.name.version.to_be_bytes());
        let k = content_key.k.expose_secret();
        let mut stream = Xof::new(Label::Payload, &[k, id, &version, &header.salt]);
        let key = stream.take::<KEY_BYTES>();
        let prefix = stream.take();

        let mut context = Encoder::bare(CONTEXT_BYTES);
        context.raw(&content_key.core);
        context.raw(id);
        context.raw(&version);
        context.u32(header.chunk_size.bytes());
        context.u8(header.flags());
        Self { cipher: Aes256Gcm::new(&key), prefix, context: context.finish() }
    }

    /// Encrypts chunk `index` in place.
    pub(super) fn seal(&self, index: u32, last: bool, chunk: &mut [u8]) -> [u8; TAG_BYTES] {
        self.cipher.seal(&self.nonce(index, last), &self.context, chunk)
    }

    /// Decrypts chunk `index` in place; on failure it is wiped.
    pub(super) fn open(
        &self,
        index: u32,
        last: bool,
        chunk: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError> {
        self.cipher.open(&self.nonce(index, last), &self.context, chunk, 0, tag)
    }

    /// Decrypts a chunk that is followed by its tag; returns the length of the plaintext.
    #[cfg(feature = "std")]
    pub(super) fn open_sealed(&self, index: u32, last: bool, sealed: &mut [u8]) -> Result<usize, OpenError> {
        let (chunk, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>().ok_or(OpenError)?;
        self.open(index, last, chunk, tag)?;
        Ok(chunk.len())
    }

    /// Decrypts the chunk, with its tag behind it, in `buffer[from..]` to the beginning of `buffer`: the
    /// plaintext moves down while it is decrypted.
    pub(super) fn open_down(
        &self,
        index: u32,
        last: bool,
        buffer: &mut [u8],
        from: usize,
    ) -> Result<(), OpenError> {
        let (buffer, tag) = buffer.split_last_chunk_mut::<TAG_BYTES>().ok_or(OpenError)?;
        self.cipher.open(&self.nonce(index, last), &self.context, buffer, from, tag)
    }

    fn nonce(&self, index: u32, last: bool) -> [u8; NONCE_BYTES] {
        let [a, b, c, d, e, f, g] = *self.prefix.expose_secret();
        let [h, i, j, k] = index.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, u8::from(last)]
    }
}

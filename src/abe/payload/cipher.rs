//! AES-256-GCM in place: ring if the feature `ring` is on, RustCrypto otherwise, the same bytes.
//!
//! No length in a record comes near the limits of GCM (2^36 - 32 bytes per message): a chunk has at
//! most 2^24.

use super::buffer::wipe;
use crate::error::OpenError;
use crate::secret::Secret;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 12;
/// Bytes that the authentication tag adds to a chunk.
pub const TAG_BYTES: usize = 16;

#[cfg(feature = "ring")]
pub(super) use native::Aes256Gcm;
#[cfg(not(feature = "ring"))]
pub(super) use portable::Aes256Gcm;

#[cfg(any(test, not(feature = "ring")))]
pub(super) mod portable {
    use super::{KEY_BYTES, NONCE_BYTES, OpenError, Secret, TAG_BYTES};
    use aes_gcm::aead::AeadInOut;
    use aes_gcm::{Aes256Gcm as Cipher, KeyInit};

    /// AES-256-GCM of RustCrypto. Its expanded key is wiped on drop.
    pub(in super::super) struct Aes256Gcm(Cipher);

    impl Aes256Gcm {
        pub(in super::super) fn new(key: &Secret<[u8; KEY_BYTES]>) -> Self {
            Self(Cipher::new(key.expose_secret().into()))
        }

        /// Encrypts `data` in place.
        pub(in super::super) fn seal(
            &self,
            nonce: &[u8; NONCE_BYTES],
            context: &[u8],
            data: &mut [u8],
        ) -> [u8; TAG_BYTES] {
            match self.0.encrypt_inout_detached(nonce.into(), context, (&mut *data).into()) {
                Ok(tag) => tag.into(),
                Err(_) => super::too_long(data),
            }
        }

        /// Decrypts `data[from..]` to the beginning of `data`; on failure all of `data` is wiped.
        pub(in super::super) fn open(
            &self,
            nonce: &[u8; NONCE_BYTES],
            context: &[u8],
            data: &mut [u8],
            from: usize,
            tag: &[u8; TAG_BYTES],
        ) -> Result<(), OpenError> {
            let length = data.len().checked_sub(from).ok_or(OpenError)?;
            data.copy_within(from.., 0);
            let text = data.get_mut(..length).unwrap_or_default();
            let opened = self.0.decrypt_inout_detached(nonce.into(), context, text.into(), tag.into());
            opened.map_err(|_| {
                super::wipe(data);
                OpenError
            })
        }
    }
}

#[cfg(feature = "ring")]
pub(super) mod native {
    use super::{KEY_BYTES, NONCE_BYTES, OpenError, Secret, TAG_BYTES};
    use alloc::boxed::Box;
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};

    /// AES-256-GCM of ring.
    ///
    /// On the heap, because ring does not wipe an expanded key, and a key that never moves leaves
    /// nothing behind but the place that [`wipe`](Self::wipe) overwrites.
    pub(in super::super) struct Aes256Gcm(Option<Box<LessSafeKey>>);

    impl Aes256Gcm {
        pub(in super::super) fn new(key: &Secret<[u8; KEY_BYTES]>) -> Self {
            Self(expand(key.expose_secret()).map(Box::new))
        }

        /// Encrypts `data` in place.
        pub(in super::super) fn seal(
            &self,
            nonce: &[u8; NONCE_BYTES],
            context: &[u8],
            data: &mut [u8],
        ) -> [u8; TAG_BYTES] {
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let tag = self
                .0
                .as_ref()
                .and_then(|key| key.seal_in_place_separate_tag(nonce, Aad::from(context), data).ok())
                .and_then(|tag| tag.as_ref().try_into().ok());
            tag.unwrap_or_else(|| super::too_long(data))
        }

        /// Decrypts `data[from..]` to the beginning of `data`; on failure all of `data` is wiped.
        pub(in super::super) fn open(
            &self,
            nonce: &[u8; NONCE_BYTES],
            context: &[u8],
            data: &mut [u8],
            from: usize,
            tag: &[u8; TAG_BYTES],
        ) -> Result<(), OpenError> {
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = self.0.as_ref().is_some_and(|key| {
                let (context, tag) = (Aad::from(context), Tag::from(*tag));
                key.open_in_place_separate_tag(nonce, context, tag, data, from..).is_ok()
            });
            if opened {
                return Ok(());
            }
            super::wipe(data);
            Err(OpenError)
        }

        /// Overwrites the expanded key with that of an all-zero key.
        pub(super) fn wipe(&mut self) {
            if let (Some(key), Some(nothing)) = (self.0.as_mut(), expand(&[0; KEY_BYTES])) {
                **key = nothing;
                // Whoever may look at the memory keeps the compiler from leaving the writing out.
                core::hint::black_box(&**key);
            }
        }
    }

    impl Drop for Aes256Gcm {
        fn drop(&mut self) {
            self.wipe();
        }
    }

    /// `None` never happens: the key has the length that the algorithm wants.
    fn expand(key: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
    }
}

/// Never called, see the module's documentation. If it were: no plaintext leaves, and no reader
/// accepts the tag.
#[cold]
fn too_long(data: &mut [u8]) -> [u8; TAG_BYTES] {
    debug_assert!(false, "a chunk is far shorter than the limit of GCM");
    wipe(data);
    [0; TAG_BYTES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const NONCE: [u8; NONCE_BYTES] = [3; NONCE_BYTES];

    fn key(byte: u8) -> Secret<[u8; KEY_BYTES]> {
        Secret::new([byte; KEY_BYTES])
    }

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega).
    #[test]
    fn the_published_vector_holds() {
        let key = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let cipher = Aes256Gcm::new(&Secret::new(key.try_into().unwrap()));
        let nonce = unhex("cafebabefacedbaddecaf888").try_into().unwrap();
        let context = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let mut data = unhex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ));
        let tag = cipher.seal(&nonce, &context, &mut data);
        let expected = unhex(concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        ));
        assert_eq!((data, tag.to_vec()), (expected, unhex("76fc6ece0f4e1768cddf8853bb2d551b")));
    }

    #[cfg(feature = "ring")]
    #[test]
    fn both_implementations_make_and_open_the_same_bytes() {
        let (native, portable) = (native::Aes256Gcm::new(&key(1)), portable::Aes256Gcm::new(&key(1)));
        let lengths = (0..300).chain([1023, 1024, 1025, 65_535, 65_536, 65_537, 1 << 20]);
        for length in lengths {
            let plaintext: Vec<u8> = (0..=255).cycle().take(length).collect();
            let context = &plaintext[..length.min(61)];
            let (mut fast, mut slow) = (plaintext.clone(), plaintext.clone());
            let tag = native.seal(&NONCE, context, &mut fast);
            assert_eq!(tag, portable.seal(&NONCE, context, &mut slow));
            assert_eq!(fast, slow);
            native.open(&NONCE, context, &mut fast, 0, &tag).unwrap();
            portable.open(&NONCE, context, &mut slow, 0, &tag).unwrap();
            assert!(fast == plaintext && slow == plaintext);
        }
    }

    /// What both implementations must do when the tag does not fit.
    macro_rules! refuses_and_wipes {
        ($cipher:expr) => {
            let cipher = $cipher;
            let mut sealed = b"attack at dawn".to_vec();
            let tag = cipher.seal(&NONCE, b"context", &mut sealed);
            for bit in 0..128 {
                let (mut data, mut tag) = (sealed.clone(), tag);
                tag[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(cipher.open(&NONCE, b"context", &mut data, 0, &tag), Err(OpenError));
                assert!(data.iter().all(|byte| *byte == 0));
            }
            let mut data = sealed.clone();
            assert_eq!(cipher.open(&NONCE, b"contexT", &mut data, 0, &tag), Err(OpenError));
            let mut data = sealed.clone();
            assert_eq!(cipher.open(&[4; NONCE_BYTES], b"context", &mut data, 0, &tag), Err(OpenError));
        };
    }

    /// Opening to the beginning of a buffer, wherever the ciphertext lies in it.
    macro_rules! shifts {
        ($cipher:expr) => {
            let cipher = $cipher;
            for length in [0, 1, 15, 16, 100, 1024, 5000, 65_536] {
                let plaintext: Vec<u8> = (0..=255).cycle().take(length).collect();
                let mut sealed = plaintext.clone();
                let tag = cipher.seal(&NONCE, b"context", &mut sealed);
                for from in [0, 1, 16, 52, 68, 4096, 70_000] {
                    let mut data = alloc::vec![9; from];
                    data.extend_from_slice(&sealed);
                    cipher.open(&NONCE, b"context", &mut data, from, &tag).unwrap();
                    assert!(data[..length] == plaintext, "{length} bytes from {from}");
                }
            }
            assert_eq!(cipher.open(&NONCE, b"", &mut [0; 3], 4, &[0; TAG_BYTES]), Err(OpenError));
        };
    }

    #[test]
    fn a_ciphertext_opens_to_the_beginning_of_its_buffer() {
        shifts!(portable::Aes256Gcm::new(&key(1)));
        #[cfg(feature = "ring")]
        shifts!(native::Aes256Gcm::new(&key(1)));
    }

    #[test]
    fn a_wrong_tag_context_or_nonce_is_refused_and_the_data_wiped() {
        refuses_and_wipes!(portable::Aes256Gcm::new(&key(1)));
        #[cfg(feature = "ring")]
        refuses_and_wipes!(native::Aes256Gcm::new(&key(1)));
    }

    #[cfg(feature = "ring")]
    #[test]
    fn wiping_replaces_the_expanded_key() {
        let mut cipher = native::Aes256Gcm::new(&key(1));
        let zero = native::Aes256Gcm::new(&key(0));
        let sealed = |cipher: &native::Aes256Gcm| cipher.seal(&NONCE, b"", &mut [7; 20]);
        assert_ne!(sealed(&cipher), sealed(&zero));
        cipher.wipe();
        assert_eq!(sealed(&cipher), sealed(&zero));
    }
}

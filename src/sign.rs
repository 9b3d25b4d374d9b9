//! Ed25519 signatures over framed, labelled messages. (SPEC `[SIGN-1]`)
//!
//! What is signed begins with a [`Label`] of its own use, and every part is length-prefixed, so that
//! a signature made for one purpose never verifies for another. Verification is strict (RFC 8032
//! with canonical encodings and no small-order keys), so that a signature has one encoding.

use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::Signer;

use crate::codec::Hex;
use crate::hash::{Label, frame};
use crate::secret::{Secret, opaque_debug};

/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;
/// Bytes of a public key.
pub(crate) const VERIFYING_KEY_BYTES: usize = 32;

/// A signing key: a 32-byte seed, expanded.
pub(crate) struct SigningKey(ed25519_dalek::SigningKey);

/// What a reader signs his requests with: to a proxy, to a cloud, to the gate of an index. They answer to nobody else.
pub struct RequestKey(pub(crate) SigningKey);

opaque_debug!(RequestKey);

impl RequestKey {
    /// Signs under a label of its own.
    pub(crate) fn sign_as(&self, label: Label, parts: &[&[u8]]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(label, parts)
    }

    /// The public key that answers are given to, 32 bytes (Ed25519).
    pub fn public_bytes(&self) -> [u8; VERIFYING_KEY_BYTES] {
        self.0.verifying_key().to_bytes()
    }
}

/// A public key, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl SigningKey {
    pub(crate) fn from_seed(seed: &Secret<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose_secret()))
    }

    pub(crate) fn seed(&self) -> Secret<[u8; 32]> {
        Secret::new(self.0.to_bytes())
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, label: Label, parts: &[&[u8]]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(&framed(label, parts)).to_bytes()
    }

    /// Signs a text whose form somebody else has defined. No frame of this library is such a text: its lengths are no printed characters.
    pub(crate) fn sign_text(&self, text: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(text).to_bytes()
    }
}

impl VerifyingKey {
    /// `None` unless the bytes are the canonical encoding of a point that is not of small order.
    pub(crate) fn from_bytes(bytes: &[u8; VERIFYING_KEY_BYTES]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        let canonical = key.to_edwards().compress().as_bytes() == bytes;
        (canonical && !key.is_weak()).then_some(Self(key))
    }

    pub(crate) fn to_bytes(self) -> [u8; VERIFYING_KEY_BYTES] {
        self.0.to_bytes()
    }

    pub(crate) fn verifies(self, label: Label, parts: &[&[u8]], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(&framed(label, parts), &signature).is_ok()
    }

    /// Whether it has signed a text: see [`SigningKey::sign_text`].
    pub(crate) fn verifies_text(self, text: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0.verify_strict(text, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", Hex(&self.to_bytes()))
    }
}

fn framed(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    frame(label, parts, |bytes| message.extend_from_slice(bytes));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_label_parts_and_key_alone() {
        let key = SigningKey::from_seed(&Secret::new([1; 32]));
        let other = SigningKey::from_seed(&Secret::new([2; 32])).verifying_key();
        let signature = key.sign(Label::SchemaSignature, &[b"ab", b"c"]);
        let verify = |label, parts: &[&[u8]]| key.verifying_key().verifies(label, parts, &signature);
        assert!(verify(Label::SchemaSignature, &[b"ab", b"c"]));
        assert!(!verify(Label::RecordSignature, &[b"ab", b"c"]));
        assert!(!verify(Label::SchemaSignature, &[b"a", b"bc"]));
        assert!(!other.verifies(Label::SchemaSignature, &[b"ab", b"c"], &signature));
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(VerifyingKey::from_bytes(&identity).is_none());
        // y = p + 1, which decompresses to the identity without being its encoding.
        let mut large = [0xff; 32];
        large[0] = 0xee;
        large[31] = 0x7f;
        assert!(VerifyingKey::from_bytes(&large).is_none());
    }
}

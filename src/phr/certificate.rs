//! Whose ledger a cloud keeps. `[PHR-11.2]`

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::realm::Realm;
use crate::abe::types::MasterKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::ledger::{KeyType, NoteKey};
use crate::revoke::ProxyName;
use crate::sign::SIGNATURE_BYTES;

/// Most bytes of a key as it is written.
const MAX_KEY_BYTES: usize = 512;

/// The key that a cloud's ledger is signed with, from a place on. Signed by the authority, public; the cloud sends it with every receipt, and whoever
/// gets one believes no other key.
#[derive(Clone, PartialEq, Eq)]
pub struct LedgerCertificate {
    realm: [u8; 32],
    cloud: ProxyName,
    key: NoteKey,
    from: u64,
    signature: [u8; SIGNATURE_BYTES],
}

impl LedgerCertificate {
    pub(super) fn sign(master: &MasterKey, cloud: &ProxyName, key: &NoteKey, from: u64) -> Self {
        let realm = *master.public_parameters().id();
        let (cloud, key) = (cloud.clone(), key.clone());
        let mut certificate = Self { realm, cloud, key, from, signature: [0; SIGNATURE_BYTES] };
        certificate.signature = master.sign(Label::LedgerCertificateSignature, &[&certificate.body()]);
        certificate
    }

    /// Whose ledger: what the authority calls the cloud.
    pub fn cloud(&self) -> &ProxyName {
        &self.cloud
    }

    /// The key. Its name is that of the log.
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// The first transaction whose receipt it signs.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Whether it is of this realm and by its authority.
    pub fn is_genuine(&self, realm: &Realm) -> bool {
        let key = realm.parameters().verifying_key();
        self.realm == *realm.id()
            && key.verifies(Label::LedgerCertificateSignature, &[&self.body()], &self.signature)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(256);
        encoder.raw(&self.realm);
        encoder.short_bytes(self.cloud.as_str().as_bytes());
        encoder.short_bytes(self.key.to_string().as_bytes());
        encoder.u64(self.from);
        encoder.finish()
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::LedgerCertificate, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a certificate; whether it is genuine, [`is_genuine`](Self::is_genuine) says.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::LedgerCertificate)?;
        let realm = decoder.array("realm id")?;
        let cloud = ProxyName::decode(&mut decoder)?;
        let at = decoder.position();
        let text = String::from(decoder.short_text(MAX_KEY_BYTES, "key of the ledger")?);
        let key = NoteKey::parse(&text)
            .ok()
            .filter(|key| key.kind() == KeyType::Ed25519 && key.to_string() == text);
        let reason = DecodeReason::NotCanonical("NAME+HASH+KEY of an Ed25519 key");
        let key = key.ok_or_else(|| Decoder::error_at(at, "key of the ledger", reason))?;
        let from = decoder.u64("first transaction")?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, cloud, key, from, signature })
    }
}

impl fmt::Debug for LedgerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerCertificate")
            .field("cloud", &self.cloud)
            .field("key", &self.key)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

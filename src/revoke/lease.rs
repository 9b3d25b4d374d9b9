//! The right of one proxy to serve, for a short time. `[REV-5.4]`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use super::statement::decode_number;
use super::validity::Validity;
use crate::abe::types::{MasterKey, PublicParameters};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::Label;
use crate::outsource::enrolment::{decode_name, normalized_name};
use crate::sign::SIGNATURE_BYTES;

/// What a proxy, or a replica of one, is called: a name in normalization form C, 1 to 255 bytes.
///
/// No two machines share a name: a lease is for all that bear it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyName(Box<str>);

/// Not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the name of the proxy has {bytes} bytes: give it 1 to 255, such as `proxy-2`")]
pub struct ProxyNameError {
    /// Its length in normalization form C.
    pub bytes: usize,
}

/// An authority's permission for one proxy to serve until a time, once it has applied an update. Public.
///
/// Without it a proxy that is cut off from its authority, or restored from an old copy, would go on serving readers who
/// were revoked: the time of a lease is the longest that this can last. A few minutes to an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    realm: [u8; 32],
    proxy: ProxyName,
    number: u64,
    pub(super) validity: Validity,
    signature: [u8; SIGNATURE_BYTES],
}

impl ProxyName {
    /// Normalizes `text` to form C.
    ///
    /// # Errors
    /// [`ProxyNameError`] unless it then has 1 to 255 bytes.
    pub fn new(text: &str) -> Result<Self, ProxyNameError> {
        normalized_name(text).map(Self).map_err(|bytes| ProxyNameError { bytes })
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decode_name(decoder, "proxy name").map(Self)
    }
}

impl Lease {
    pub(super) fn sign(master: &MasterKey, proxy: ProxyName, number: u64, validity: Validity) -> Self {
        let realm = *master.public_parameters().id();
        let mut lease = Self { realm, proxy, number, validity, signature: [0; SIGNATURE_BYTES] };
        lease.signature = master.sign(Label::LeaseSignature, &[&lease.body()]);
        lease
    }

    /// H(mpk) of its realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Whose it is.
    pub fn proxy(&self) -> &ProxyName {
        &self.proxy
    }

    /// The update that the proxy must have applied before it serves.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The first and the last second of its time.
    pub fn validity(&self) -> (u64, u64) {
        (self.validity.not_before, self.validity.not_after)
    }

    /// Whether the authority of `parameters` has signed it.
    pub fn is_genuine(&self, parameters: &PublicParameters) -> bool {
        let key = parameters.verifying_key();
        self.realm == *parameters.id()
            && key.verifies(Label::LeaseSignature, &[&self.body()], &self.signature)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + 2 + self.proxy.0.len() + 8 + Validity::BYTES);
        encoder.raw(&self.realm);
        encoder.short_bytes(self.proxy.0.as_bytes());
        encoder.u64(self.number);
        self.validity.encode(&mut encoder);
        encoder.finish()
    }

    /// The encoding: 129 bytes and the name.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Lease, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a lease; whether it holds, [`Proxy::renew`](super::Proxy::renew) says.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Lease)?;
        let realm = decoder.array("realm id")?;
        let proxy = ProxyName::decode(&mut decoder)?;
        let number = decode_number(&mut decoder, "update number")?;
        let validity = Validity::decode(&mut decoder)?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, proxy, number, validity, signature })
    }
}

impl fmt::Display for ProxyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

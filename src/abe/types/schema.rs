//! The schema of a realm, signed by its authority. `[ABE-5.4]`

use alloc::vec::Vec;

use super::parameters::PublicParameters;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::policy::Schema;
use crate::sign::{SIGNATURE_BYTES, SigningKey};

/// A schema as it travels: with the realm it belongs to and its authority's signature.
///
/// Whoever could exchange the schema could change what `clearance >= 3` means: the schema inside is
/// to be had through [`SignedSchema::verify`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedSchema {
    realm: [u8; 32],
    schema: Schema,
    signature: [u8; SIGNATURE_BYTES],
}

impl SignedSchema {
    pub(crate) fn sign(schema: Schema, realm: &[u8; 32], key: &SigningKey) -> Self {
        let signature = key.sign(Label::SchemaSignature, &[realm, &body(&schema)]);
        Self { realm: *realm, schema, signature }
    }

    /// H(mpk) of the realm that it names. Claimed until it is verified.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The schema, if the authority of `parameters` has signed it.
    ///
    /// # Errors
    /// [`DecodeReason::BadSignature`] if it has not.
    pub fn verify(&self, parameters: &PublicParameters) -> Result<&Schema, DecodeError> {
        let parts: [&[u8]; 2] = [&self.realm, &body(&self.schema)];
        let signed = parameters.verifying_key().verifies(Label::SchemaSignature, &parts, &self.signature);
        if signed && self.realm == *parameters.id() {
            Ok(&self.schema)
        } else {
            Err(Decoder::error_at(
                0,
                "signature",
                DecodeReason::BadSignature("the realm's authority on this schema"),
            ))
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = body(&self.schema);
        let mut encoder = Encoder::object(Kind::Schema, 32 + body.len() + SIGNATURE_BYTES);
        encoder.raw(&self.realm);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a signed schema; its signature is checked by [`SignedSchema::verify`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Schema)?;
        let realm = decoder.array("realm id")?;
        let schema = Schema::decode_body(&mut decoder)?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, schema, signature })
    }
}

fn body(schema: &Schema) -> Vec<u8> {
    let mut encoder = Encoder::bare(0);
    schema.encode_body(&mut encoder);
    encoder.finish()
}

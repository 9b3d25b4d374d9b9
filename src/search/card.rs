//! A lab's card: who wants to write into an index, with which keys, and the proof that they are its own. `[SRCH-3.7]`

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::context::{Context, WriterId};
use super::head::{decode_g2, decode_key};
use super::scheme::{self, Proof};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, Xof};
use crate::math::{G2, G2_BYTES, SCALAR_BYTES, Scalar};
use crate::secret::Secret;
use crate::sign::{SIGNATURE_BYTES, SigningKey, VerifyingKey};

/// A card. Public; nothing in it is believed before [`WriterCard::is_for`].
pub(super) struct WriterCard {
    context: Context,
    writer: WriterId,
    key: VerifyingKey,
    y_point: G2,
    proof: Proof,
    signature: [u8; SIGNATURE_BYTES],
}

impl WriterCard {
    pub(super) fn make(
        context: &Context,
        writer: &WriterId,
        key: &SigningKey,
        y: &Secret<Scalar>,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let y_point = scheme::public_point(y);
        let statement = statement(context, writer, &key.verifying_key());
        // Two proofs with one k would give y away: k comes from y and the statement too, not from the generator alone.
        let mut fresh = Secret::new([0u8; 32]);
        rng.fill_bytes(fresh.expose_secret_mut());
        let y_bytes = Secret::new(y.expose_secret().to_bytes());
        let parts: [&[u8]; 3] = [y_bytes.expose_secret(), fresh.expose_secret(), &statement];
        let k = Secret::next_nonzero(&mut Xof::new(Label::WriterCommitment, &parts));
        let proof = scheme::prove(y, &y_point, &statement, &k);
        let mut card = Self {
            context: context.clone(),
            writer: *writer,
            key: key.verifying_key(),
            y_point,
            proof,
            signature: [0; SIGNATURE_BYTES],
        };
        card.signature = key.sign(Label::WriterCardSignature, &[&card.body()]);
        card
    }

    /// Whether it is for this context, and proves that its sender knows y and the signing key.
    pub(super) fn is_for(&self, context: &Context) -> bool {
        let statement = statement(&self.context, &self.writer, &self.key);
        self.context == *context
            && !self.y_point.is_identity()
            && self.key.verifies(Label::WriterCardSignature, &[&self.body()], &self.signature)
            && scheme::proof_is_valid(&self.proof, &self.y_point, &statement)
    }

    pub(super) fn writer(&self) -> &WriterId {
        &self.writer
    }

    pub(super) fn key(&self) -> &VerifyingKey {
        &self.key
    }

    pub(super) fn y_point(&self) -> &G2 {
        &self.y_point
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(160 + G2_BYTES + 2 * SCALAR_BYTES);
        self.context.encode(&mut encoder);
        encoder.raw(self.writer.as_bytes());
        encoder.raw(&self.key.to_bytes());
        encoder.raw(&self.y_point.to_bytes());
        encoder.raw(&self.proof.c.to_bytes());
        encoder.raw(&self.proof.z.to_bytes());
        encoder.finish()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::WriterCard, 400);
        encoder.raw(&self.body());
        encoder.raw(&self.signature);
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::WriterCard)?;
        let context = Context::decode(&mut decoder)?;
        let writer = WriterId::from_bytes(decoder.array("writer")?);
        let key = decode_key(&mut decoder, "writer's key")?;
        let y_point = decode_g2(&mut decoder, "Y")?;
        let proof = Proof { c: decode_scalar(&mut decoder, "c")?, z: decode_scalar(&mut decoder, "z")? };
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { context, writer, key, y_point, proof, signature })
    }
}

pub(super) fn decode_scalar(decoder: &mut Decoder<'_>, field: &'static str) -> Result<Scalar, DecodeError> {
    let at = decoder.position();
    let scalar = Scalar::from_canonical(&decoder.array(field)?);
    scalar.ok_or(Decoder::error_at(at, field, DecodeReason::InvalidScalar))
}

/// What the proof is bound to: context, writer, signing key.
fn statement(context: &Context, writer: &WriterId, key: &VerifyingKey) -> Vec<u8> {
    let mut encoder = Encoder::bare(128);
    encoder.short_bytes(&context.to_bytes());
    encoder.raw(writer.as_bytes());
    encoder.raw(&key.to_bytes());
    encoder.finish()
}

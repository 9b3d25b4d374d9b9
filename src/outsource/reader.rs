//! What a reader keeps: one seed of 32 bytes, and the two keys that come from it. `[OUT-2.1]`

use rand_core::CryptoRng;

use super::enrolment::{Enrolment, EnrolmentNonce, UserId};
use super::scheme;
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::{Label, Xof, kdf};
use crate::math::Scalar;
use crate::secret::{Secret, SecretBytes, opaque_debug};
use crate::sign::{RequestKey, SigningKey};

/// The one secret of a reader whose decryption is outsourced: 32 bytes, kept for good.
///
/// His [`RetrievalKey`] and [`RequestKey`] come from it. It stays the same when the authority gives the proxy
/// another transform key.
///
/// ```compile_fail,E0308
/// fn copy(seed: &hippocrypt::ReaderSeed) -> hippocrypt::ReaderSeed {
///     seed.clone() // a seed is not Clone
/// }
/// ```
pub struct ReaderSeed(Secret<[u8; 32]>);

/// 1/y: it finishes what a proxy has transformed for this reader, and nothing else.
///
/// It has no encoding; the [`ReaderSeed`] has one. Nor is there a way to join it with the transform key, which
/// would make a full key out of the two:
///
/// ```compile_fail,E0308
/// fn copy(key: &hippocrypt::RetrievalKey) -> hippocrypt::RetrievalKey {
///     key.clone() // a retrieval key is not Clone
/// }
/// ```
/// ```compile_fail,E0599
/// fn store(key: &hippocrypt::RetrievalKey) -> Vec<u8> {
///     key.to_bytes() // it has no encoding
/// }
/// ```
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn join(transform: &TransformKey, retrieval: &RetrievalKey) -> AttributeKey {
///     transform.unblind(retrieval) // there is no such thing
/// }
/// ```
/// ```compile_fail,E0277
/// fn send(key: &hippocrypt::RetrievalKey) -> Vec<u8> {
///     format!("{key}").into() // nor does it print
/// }
/// ```
pub struct RetrievalKey {
    pub(super) inverse_of_y: Secret<Scalar>,
}

opaque_debug!(ReaderSeed, RetrievalKey);

impl ReaderSeed {
    /// A fresh seed.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Secret::new([0; 32]);
        rng.fill_bytes(seed.expose_secret_mut());
        Self(seed)
    }

    /// y.
    pub(crate) fn exponent(&self) -> Secret<Scalar> {
        scheme::retrieval_exponent(&self.0)
    }

    /// The key that finishes. Derive it once: it holds the inverse of y.
    pub fn retrieval_key(&self) -> RetrievalKey {
        RetrievalKey { inverse_of_y: Secret::new(self.exponent().expose_secret().invert()) }
    }

    /// The key that signs requests.
    pub fn request_key(&self) -> RequestKey {
        RequestKey(SigningKey::from_seed(&kdf(Label::RequestKey, &[self.0.expose_secret()])))
    }

    /// Asks the authority of `parameters` to be served, as `user`: the public Y = g1^y with the proof that its
    /// sender knows y. `[OUT-2.2]`
    ///
    /// `nonce` comes from the authority, for this one enrolment.
    pub fn enrol(
        &self,
        parameters: &PublicParameters,
        user: &UserId,
        nonce: &EnrolmentNonce,
        rng: &mut impl CryptoRng,
    ) -> Enrolment {
        let y = self.exponent();
        let request_key = self.request_key().0.verifying_key();
        let request_key_bytes = request_key.to_bytes();
        let statement: [&[u8]; 4] =
            [parameters.id(), user.as_str().as_bytes(), nonce.as_bytes(), &request_key_bytes];
        // Two proofs with one k would give y away: k comes from the seed and the statement too, not from the
        // generator alone.
        let mut fresh = Secret::new([0u8; 32]);
        rng.fill_bytes(fresh.expose_secret_mut());
        let [realm, user_bytes, nonce_bytes, key] = statement;
        let parts: [&[u8]; 6] =
            [self.0.expose_secret(), fresh.expose_secret(), realm, user_bytes, nonce_bytes, key];
        let k = Secret::next_nonzero(&mut Xof::new(Label::EnrolmentCommitment, &parts));
        let proof = scheme::prove(&y, &statement, &k);
        Enrolment {
            realm: *parameters.id(),
            user: user.clone(),
            nonce: *nonce.as_bytes(),
            request_key,
            y_point: scheme::retrieval_point(&y),
            proof,
        }
    }

    /// The encoding, 39 bytes: a secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::ReaderSeed, 32);
        encoder.raw(self.0.expose_secret());
        encoder.finish_secret()
    }

    /// Decodes a seed.
    ///
    /// # Errors
    /// [`DecodeError`] unless `bytes` are exactly a prologue and 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::ReaderSeed)?;
        let seed = decoder.secret("seed")?;
        decoder.finish()?;
        Ok(Self(seed))
    }
}

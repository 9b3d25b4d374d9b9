//! Outsourced decryption for FABEO, after Green, Hohenberger and Waters (USENIX Security 2011), top to
//! bottom. `[OUT-2]`
//!
//! The letters are those of [`crate::abe::scheme`]; y is the reader's retrieval key and Y = g1^y. There is no
//! new algebra: what the proxy holds is a FABEO key to the power y, and what it computes is Decrypt.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::abe::scheme::{self, Received, SecretKey, base, components_are_valid};
use crate::hash::{Label as HashLabel, Xof};
use crate::math::{
    CheckedGt, FixedG1, FixedG2, G1, G1_BYTES, G2, Gt, PreparedG2, Scalar, linear_combination_vartime,
    products,
};
use crate::policy::{Label, Selection, SpanProgram};
use crate::secret::{Secret, opaque_debug};

/// y, from a reader's seed: the first scalar of the stream that is not 0. `[OUT-2.1]`
pub fn retrieval_exponent(seed: &Secret<[u8; 32]>) -> Secret<Scalar> {
    Secret::next_nonzero(&mut Xof::new(HashLabel::RetrievalKey, &[seed.expose_secret()]))
}

/// Y = g1^y.
pub fn retrieval_point(y: &Secret<Scalar>) -> G1 {
    G1::generator().pow(y)
}

/// A proof of knowledge of y (Schnorr), bound to a statement. `[OUT-2.2]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proof {
    /// c = H(statement, Y, g1^k).
    pub c: Scalar,
    /// z = k + c·y.
    pub z: Scalar,
}

/// Proves knowledge of y; k is fresh, uniform and for this statement alone.
pub fn prove(y: &Secret<Scalar>, statement: &[&[u8]], k: &Secret<Scalar>) -> Proof {
    let c = challenge(statement, &retrieval_point(y), &G1::generator().pow(k));
    Proof { c, z: *k.expose_secret() + c * *y.expose_secret() }
}

/// Whether who made the proof knows the y of Y: c = H(statement, Y, g1^z · Y^-c).
pub fn proof_is_valid(proof: &Proof, y_point: &G1, statement: &[&[u8]]) -> bool {
    let commitment = linear_combination_vartime(&[G1::generator(), *y_point], &[proof.z, -proof.c]);
    challenge(statement, y_point, &commitment) == proof.c
}

fn challenge(statement: &[&[u8]], y_point: &G1, commitment: &G1) -> Scalar {
    let (y_point, commitment) = (y_point.to_bytes(), commitment.to_bytes());
    let parts: Vec<&[u8]> = statement.iter().copied().chain([&y_point[..], &commitment]).collect();
    *Secret::<Scalar>::next(&mut Xof::new(HashLabel::EnrolmentChallenge, &parts)).expose_secret()
}

/// r of a transform key: a function of everything that makes the key another one. `[OUT-3.1]`
///
/// One r for two different Y would give g1^α away; as Y and the realm go into it, that cannot happen even if
/// a key id comes a second time (a restored authority, a cloned random generator).
pub fn randomizer(
    k_r: &Secret<[u8; 32]>,
    realm: &[u8; 32],
    key_id: &[u8; 16],
    user: &[u8],
    y_point: &[u8; G1_BYTES],
) -> Secret<Scalar> {
    let parts: [&[u8]; 5] = [k_r.expose_secret(), realm, key_id, user, y_point];
    Secret::next_nonzero(&mut Xof::new(HashLabel::Randomizer, &parts))
}

/// A FABEO key whose every element is raised to a y that its holder does not know.
///
/// To everybody but the reader who knows y it is worth nothing; together with y it is a full key.
pub struct BlindedKey(SecretKey);

opaque_debug!(BlindedKey);

impl From<SecretKey> for BlindedKey {
    fn from(key: SecretKey) -> Self {
        Self(key)
    }
}

impl BlindedKey {
    /// A key of these elements.
    pub fn new(k1: G2, k2: G1, k3: Vec<G1>) -> Self {
        Self(SecretKey::new(k1, k2, k3))
    }

    /// K1, K2, and K3_x in the order of the labels.
    pub fn elements(&self) -> (&G2, &G1, &[G1]) {
        (&self.0.k1, &self.0.k2, &self.0.k3)
    }

    /// Inserts a component before the one at `at`.
    pub(super) fn insert(&mut self, at: usize, component: G1) {
        let mut components = Vec::with_capacity(self.0.k3.len() + 1);
        components.extend_from_slice(self.0.k3.get(..at).unwrap_or(&self.0.k3));
        components.push(component);
        components.extend_from_slice(self.0.k3.get(at..).unwrap_or_default());
        self.0.k3.zeroize();
        self.0.k3 = components;
    }

    /// Deletes the component at `at`.
    pub(super) fn remove(&mut self, at: usize) {
        if at < self.0.k3.len() {
            self.0.k3.remove(at).zeroize();
        }
    }

    /// Takes the components from `at` on away: tokens, which are kept apart from those of attributes.
    pub(super) fn split_off(&mut self, at: usize) -> Vec<G1> {
        self.0.k3.split_off(at.min(self.0.k3.len()))
    }
}

/// Issue: K1 = g2^r, K2 = Y^α · B^r, K3_x = H(x)^r for x ∈ S. `[OUT-3.2]`
///
/// With r = r'·y it is the y-th power of a key with randomness r'. `h` holds H(x) for x ∈ S, and H_time(θ) for
/// θ ∈ Path(t) in a realm with epochs.
pub fn issue(alpha: &Secret<Scalar>, y_point: &G1, r: &Secret<Scalar>, h: &[Arc<FixedG1>]) -> BlindedKey {
    BlindedKey::new(
        FixedG2::generator().pow(r),
        y_point.pow(alpha) + base().pow(r),
        products(&h.iter().map(|h| [(&**h, r)]).collect::<Vec<_>>()),
    )
}

/// The same out of a full key, by its owner: every element to the power y. `[OUT-3.4]`
pub fn blind(key: &SecretKey, y: &Secret<Scalar>) -> BlindedKey {
    BlindedKey::new(key.k1.pow(y), key.k2.pow(y), key.k3.iter().map(|k3| k3.pow(y)).collect())
}

/// What can be checked of a blinded key without a secret: that components fit K1. `[OUT-3.3]`
pub fn components_are_consistent(
    key: &BlindedKey,
    components: &[G1],
    h: &[Arc<FixedG1>],
    rng: &mut impl CryptoRng,
) -> bool {
    components_are_valid(components, &PreparedG2::new(&key.0.k1), h, rng)
}

/// Transform: T = K^y, by the equation of Decrypt. `[OUT-4.1]`
///
/// `component` yields the K3 or the token for a label.
pub fn transform<'k>(
    key: &BlindedKey,
    component: impl Fn(&Label) -> Option<&'k G1>,
    program: &SpanProgram,
    selection: &Selection,
    received: &Received<'_>,
) -> Option<Gt> {
    // K^y is no secret: it goes to whoever asks, and is of use to the reader alone.
    Some(*scheme::decrypt(&key.0, component, program, selection, received)?.expose_secret())
}

/// Finish: K* = T^(1/y), for T in GT. `[OUT-5.1]`
pub fn finish(t: &Gt, inverse_of_y: &Secret<Scalar>) -> Secret<Gt> {
    Secret::new(t.pow(inverse_of_y))
}

/// The same for a T that was decoded, whose check has done a part of the work.
pub fn finish_decoded(t: &CheckedGt, inverse_of_y: &Secret<Scalar>) -> Secret<Gt> {
    Secret::new(t.pow(inverse_of_y))
}

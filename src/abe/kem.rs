//! The key encapsulation: replayable chosen-ciphertext security by a check in GT. `[ABE-4]`
//!
//! After Green, Hohenberger and Waters (USENIX Security 2011): the coins of the encryption are a
//! hash of a random message m, which the reader recovers and from which he recomputes E^s1. Rows may
//! be refreshed or resealed without anybody's key; the *core* (hdr, C1, c_m) may not, and commits to m.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::bases::Bases;
use super::scheme::{self, Ciphertext};
use crate::codec::{Encoder, SUITE};
use crate::epoch::TimeClause;
use crate::error::OpenError;
use crate::hash::{Label, Xof, hash, kdf};
use crate::math::{EncodedG2, FixedG2, FixedGt, Gt, Scalar};
use crate::policy::{Policy, SpanProgram};
use crate::secret::Secret;

/// hdr: everything the encapsulation binds besides itself. `[ABE-4.1]`
#[derive(Clone, PartialEq)]
pub(crate) struct Hdr {
    /// H(mpk).
    pub(crate) realm: [u8; 32],
    /// The policy; canonical. It carries H(schema) of the schema that it was written under.
    pub(crate) policy: Policy,
    /// H(context) of the caller's context.
    pub(crate) context: [u8; 32],
    /// D and t0, in a realm with epochs.
    pub(crate) clause: Option<TimeClause>,
}

impl Hdr {
    /// The span program of the time clause and the policy.
    pub(crate) fn span_program(&self) -> SpanProgram {
        self.policy.span_program_with(self.clause.map(TimeClause::labels).unwrap_or_default())
    }

    /// The bytes that are hashed.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.with_policy_bytes(&self.policy.canonical_bytes())
    }

    /// The same, with the canonical bytes of the policy at hand.
    fn with_policy_bytes(&self, policy: &[u8]) -> Vec<u8> {
        let mut encoder = Encoder::bare(101 + TimeClause::MAX_BYTES + policy.len());
        encoder.u8(SUITE);
        encoder.raw(&self.realm);
        encoder.raw(self.policy.schema_id());
        encoder.raw(&self.context);
        TimeClause::encode(self.clause, &mut encoder);
        encoder.u32(u32::try_from(policy.len()).unwrap_or(u32::MAX));
        encoder.raw(policy);
        encoder.finish()
    }
}

/// H(context).
pub(crate) fn context_id(context: &[u8]) -> [u8; 32] {
    hash(Label::Context, &[context])
}

/// The core (hdr, C1, c_m), with the hashes that are needed again and again. `[ABE-4.2]`
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) hdr: Hdr,
    /// C1, which is only hashed here.
    pub(crate) c1: EncodedG2,
    pub(crate) c_m: [u8; 32],
    hdr_bytes: Vec<u8>,
    hdr_hash: [u8; 32],
    id: [u8; 32],
}

impl Core {
    /// A core of any parts.
    #[cfg(test)]
    pub(crate) fn new(hdr: Hdr, c1: impl Into<EncodedG2>, c_m: [u8; 32]) -> Self {
        let policy = hdr.policy.canonical_bytes();
        Self::decoded(hdr, &policy, c1.into(), c_m)
    }

    /// A core that was decoded; these canonical bytes of its policy came with it.
    pub(crate) fn decoded(hdr: Hdr, policy: &[u8], c1: EncodedG2, c_m: [u8; 32]) -> Self {
        let hdr_bytes = hdr.with_policy_bytes(policy);
        let hdr_hash = hash(Label::HeaderFields, &[&hdr_bytes]);
        Self::of_parts(hdr, hdr_bytes, hdr_hash, c1, c_m)
    }

    /// With the encoding and the hash of `hdr`, which whoever encapsulates has already.
    fn of_parts(hdr: Hdr, hdr_bytes: Vec<u8>, hdr_hash: [u8; 32], c1: EncodedG2, c_m: [u8; 32]) -> Self {
        let id = hash(Label::CoreId, &[&hdr_hash, &c1.to_bytes(), &c_m]);
        Self { hdr, c1, c_m, hdr_bytes, hdr_hash, id }
    }

    /// H(core).
    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

/// Encaps: a fresh content key k under the policy of `hdr`. `[ABE-4.3]`
pub(crate) fn encapsulate(
    bases: &Bases,
    hdr: Hdr,
    rng: &mut impl CryptoRng,
) -> (Core, Ciphertext, Secret<[u8; 32]>) {
    let mut m = Secret::new([0u8; 32]);
    rng.fill_bytes(m.expose_secret_mut());
    encapsulate_message(bases, hdr, &m)
}

/// Encaps with a given m; deterministic. Vectors use it, nobody else: an m is for one header.
pub(crate) fn encapsulate_message(
    bases: &Bases,
    hdr: Hdr,
    m: &Secret<[u8; 32]>,
) -> (Core, Ciphertext, Secret<[u8; 32]>) {
    let program = hdr.span_program();
    let hdr_bytes = hdr.to_bytes();
    let mut coins = Xof::new(Label::Coins, &[m.expose_secret(), &hdr_bytes]);
    let h = bases.points(program.labels());
    let (k, ciphertext) = scheme::encrypt(bases.e(), &program, &h, &mut coins);
    let hdr_hash = hash(Label::HeaderFields, &[&hdr_bytes]);
    let c1 = EncodedG2::from(ciphertext.c1);
    let c_m = masked(m, &mask(&k, &c1, &hdr_hash));
    let core = Core::of_parts(hdr, hdr_bytes, hdr_hash, c1, *c_m.expose_secret());
    let content_key = content_key(m, &core);
    (core, ciphertext, content_key)
}

/// Open(K*): the content key, if K* is the K that the core commits to. `[ABE-4.4]`
///
/// Strict opening asks in addition that C1 = g2^s1.
pub(crate) fn open(
    e: &FixedGt,
    core: &Core,
    k: &Secret<Gt>,
    strict: bool,
) -> Result<Secret<[u8; 32]>, OpenError> {
    let m = masked(&Secret::new(core.c_m), &mask(k, &core.c1, &core.hdr_hash));
    let mut coins = Xof::new(Label::Coins, &[m.expose_secret(), &core.hdr_bytes]);
    let s1: Secret<Scalar> = Secret::next_nonzero(&mut coins);
    let mut accepted = e.power_is(&s1, k.expose_secret());
    if strict {
        accepted &= EncodedG2::from(FixedG2::generator().pow(&s1)) == core.c1;
    }
    if accepted { Ok(content_key(&m, core)) } else { Err(OpenError) }
}

/// KDF(label_mask ‖ K ‖ C1 ‖ H(hdr)).
fn mask(k: &Secret<Gt>, c1: &EncodedG2, hdr_hash: &[u8; 32]) -> Secret<[u8; 32]> {
    let mut k_bytes = k.expose_secret().to_bytes();
    let mask = kdf(Label::Mask, &[&k_bytes, &c1.to_bytes(), hdr_hash]);
    k_bytes.zeroize();
    mask
}

/// k = KDF(label_dem ‖ m ‖ C1 ‖ c_m ‖ H(hdr)).
fn content_key(m: &Secret<[u8; 32]>, core: &Core) -> Secret<[u8; 32]> {
    kdf(Label::Dem, &[m.expose_secret(), &core.c1.to_bytes(), &core.c_m, &core.hdr_hash])
}

/// a ⊕ b.
fn masked(a: &Secret<[u8; 32]>, b: &Secret<[u8; 32]>) -> Secret<[u8; 32]> {
    let mut out = Secret::new(*a.expose_secret());
    for (x, y) in out.expose_secret_mut().iter_mut().zip(b.expose_secret()) {
        *x ^= y;
    }
    out
}

//! The key encapsulation: replayable chosen-ciphertext security by a check in GT. `[ABE-4]`
//!
//! After Green, Hohenberger and Waters (USENIX Security 2011): the coins of the encryption are a
//! hash of a random message m, which the reader recovers and from which he recomputes E^s1. Rows may
//! be refreshed or resealed without anybody's key; the *core* (hdr, C1, c_m) may not, and commits to m.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::bases::Bases;
use super::scheme::{self, Ciphertext};
use crate::codec::{Decoder, Encoder, SUITE};
use crate::epoch::TimeClause;
use crate::error::{DecodeError, DecodeReason, OpenError};
use crate::hash::{Label, Xof, hash, kdf};
use crate::math::{EncodedG2, FixedG2, FixedGt, G2_BYTES, Gt, Scalar};
use crate::policy::{MAX_CANONICAL_BYTES, Policy, SpanProgram};
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
        let policy = self.policy.canonical_bytes();
        let mut encoder = Encoder::bare(101 + TimeClause::MAX_BYTES + policy.len());
        encoder.u8(SUITE);
        encoder.raw(&self.realm);
        encoder.raw(self.policy.schema_id());
        encoder.raw(&self.context);
        TimeClause::encode(self.clause, &mut encoder);
        encoder.u32(u32::try_from(policy.len()).unwrap_or(u32::MAX));
        encoder.raw(&policy);
        encoder.finish()
    }
}

/// H(context).
pub(crate) fn context_id(context: &[u8]) -> [u8; 32] {
    hash(Label::Context, &[context])
}

/// The core (hdr, C1, c_m) as bytes and hashes: all that opening takes. `[ABE-4.2]`
///
/// Its policy was not necessarily looked into.
#[derive(Clone)]
pub(crate) struct Commitment {
    hdr_bytes: Vec<u8>,
    hdr_hash: [u8; 32],
    realm: [u8; 32],
    /// C1, which is only hashed here.
    pub(crate) c1: EncodedG2,
    pub(crate) c_m: [u8; 32],
    id: [u8; 32],
}

impl Commitment {
    fn new(hdr_bytes: Vec<u8>, c1: EncodedG2, c_m: [u8; 32]) -> Self {
        let hdr_hash = hash(Label::HeaderFields, &[&hdr_bytes]);
        Self::of_parts(hdr_bytes, hdr_hash, c1, c_m)
    }

    /// With the hash of `hdr`, which whoever encapsulates has already.
    fn of_parts(hdr_bytes: Vec<u8>, hdr_hash: [u8; 32], c1: EncodedG2, c_m: [u8; 32]) -> Self {
        let id = hash(Label::CoreId, &[&hdr_hash, &c1.to_bytes(), &c_m]);
        let mut realm = [0; 32];
        realm.iter_mut().zip(hdr_bytes.iter().skip(1)).for_each(|(to, from)| *to = *from);
        Self { hdr_bytes, hdr_hash, realm, c1, c_m, id }
    }

    /// H(mpk).
    pub(crate) fn realm(&self) -> &[u8; 32] {
        &self.realm
    }

    /// H(core).
    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// What is hashed of the header.
    #[cfg(test)]
    pub(crate) fn hdr_bytes(&self) -> &[u8] {
        &self.hdr_bytes
    }

    /// hdr without the suite, which is in every prologue, c_m and C1: the beginning of a header, and of what a proxy
    /// makes of it. `[ABE-5.3]`
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(self.hdr_bytes.get(1..).unwrap_or_default());
        encoder.raw(&self.c_m);
        encoder.raw(&self.c1.to_bytes());
    }

    /// Bytes of [`Commitment::encode`].
    pub(crate) fn encoded_len(&self) -> usize {
        self.hdr_bytes.len() - 1 + 32 + G2_BYTES
    }

    /// The length of the policy is checked, not the policy. Of C1 the form is checked: whoever computes with it decodes it.
    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut hdr = Encoder::bare(256);
        hdr.u8(SUITE);
        hdr.raw(decoder.raw(3 * 32, "realm, schema and context")?);
        TimeClause::encode(TimeClause::decode(decoder)?, &mut hdr);
        let length = policy_length(decoder)?;
        hdr.u32(u32::try_from(length).unwrap_or(u32::MAX));
        hdr.raw(decoder.raw(length, "policy")?);
        let c_m = decoder.array("c_m")?;
        let at = decoder.position();
        let c1 = EncodedG2::from_bytes(&decoder.array("C1")?);
        let c1 = c1.ok_or(Decoder::error_at(at, "C1", DecodeReason::InvalidPoint))?;
        Ok(Self::new(hdr.finish(), c1, c_m))
    }

    /// hdr, with its policy; positions of errors are those in the encoding of hdr.
    pub(crate) fn hdr(&self) -> Result<Hdr, DecodeError> {
        let mut decoder = Decoder::new(&self.hdr_bytes);
        decoder.u8("suite")?;
        let (realm, schema) = (decoder.array("realm id")?, decoder.array("schema id")?);
        let context = decoder.array("context id")?;
        let clause = TimeClause::decode(&mut decoder)?;
        policy_length(&mut decoder)?;
        let at = decoder.position();
        let policy = Policy::from_canonical_bytes(decoder.rest(), schema)
            .map_err(|error| DecodeError { position: at + error.position, ..error })?;
        Ok(Hdr { realm, policy, context, clause })
    }

    /// Whether H(mpk) and H(context) are these.
    pub(crate) fn is_of(&self, realm: &[u8; 32], context: &[u8; 32]) -> bool {
        self.realm == *realm && self.hdr_bytes.get(65..97) == Some(context)
    }
}

/// The length of a canonical policy.
pub(crate) fn policy_length(decoder: &mut Decoder<'_>) -> Result<usize, DecodeError> {
    let at = decoder.position();
    let length = decoder.u32("policy length")?;
    Decoder::checked(u64::from(length), at, "policy length", 1, MAX_CANONICAL_BYTES as u64)?;
    // At most 64 KiB.
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

/// A core whose header was looked into.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) hdr: Hdr,
    commitment: Arc<Commitment>,
}

impl Core {
    /// A core of any parts.
    #[cfg(test)]
    pub(crate) fn new(hdr: Hdr, c1: impl Into<EncodedG2>, c_m: [u8; 32]) -> Self {
        let commitment = Commitment::new(hdr.to_bytes(), c1.into(), c_m);
        Self { hdr, commitment: Arc::new(commitment) }
    }

    /// Decodes a core with its policy.
    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let at = decoder.position();
        let commitment = Commitment::decode(decoder)?;
        // hdr begins with the suite, which is not repeated on the wire.
        let hdr =
            commitment.hdr().map_err(|error| DecodeError { position: at + error.position - 1, ..error })?;
        Ok(Self { hdr, commitment: Arc::new(commitment) })
    }

    /// What opening takes of it.
    pub(crate) fn commitment(&self) -> Arc<Commitment> {
        Arc::clone(&self.commitment)
    }
}

impl Deref for Core {
    type Target = Commitment;

    fn deref(&self) -> &Commitment {
        &self.commitment
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
    let commitment = Commitment::of_parts(hdr_bytes, hdr_hash, c1, *c_m.expose_secret());
    let core = Core { hdr, commitment: Arc::new(commitment) };
    let content_key = content_key(m, &core);
    (core, ciphertext, content_key)
}

/// Open(K*): the content key, if K* is the K that the core commits to. `[ABE-4.4]`
///
/// Strict opening asks in addition that C1 = g2^s1.
pub(crate) fn open(
    e: &FixedGt,
    core: &Commitment,
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
fn content_key(m: &Secret<[u8; 32]>, core: &Commitment) -> Secret<[u8; 32]> {
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

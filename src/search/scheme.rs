//! The algebra of the index, in the letters of the specification. `[SRCH-3]`
//!
//! ```text
//! h   = H_kw(ctx ‖ w)
//! D_w = h^x                                 the trapdoor of w: opens what everybody wrote under w
//! M   = h^{aρ}      Z = M^b = h^{xρ}        reader and gate, x = a·b; ρ fresh
//! D_w = Z^{1/ρ}     e(D_w, g2) = e(h, X)    the reader checks the gate
//! T   = KDF("own", .., D_w)                 key of the entries that the owner writes
//! T   = KDF("lab", .., e(h, X)^y)           .. that a lab writes: e(h, X^y) to the lab, e(D_w, Y) to a reader
//! ```

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::context::{Context, WriterId};
use super::keyword::Keyword;
use crate::codec::Encoder;
use crate::hash::{Label, Xof, hash, kdf};
use crate::math::{
    FixedG2, G1, G2, HashDomain, PreparedG2, RowSum, Scalar, Weight, hash_all_to_g1,
    pairing_product_prepared, powers, weighted_sum_vartime,
};
use crate::secret::{Secret, SecretBytes};

/// h = H_kw(ctx ‖ w), of many keywords. `[SRCH-3.1]`
pub fn hash_keywords(context: &Context, keywords: &[&Keyword]) -> Secret<Vec<G1>> {
    let context = context.to_bytes();
    let messages: Vec<SecretBytes> = keywords
        .iter()
        .map(|keyword| {
            let mut encoder = Encoder::bare(2 + context.len() + keyword.as_bytes().len());
            encoder.short_bytes(&context);
            encoder.raw(keyword.as_bytes());
            encoder.finish_secret()
        })
        .collect();
    let messages = messages.iter().map(|message| (HashDomain::Keyword, message.expose_secret().as_slice()));
    Secret::new(hash_all_to_g1(messages))
}

/// x of a context, from the owner's seed: independent in every context. `[SRCH-3.2]`
pub fn owner_exponent(seed: &Secret<[u8; 32]>, context: &Context) -> Secret<Scalar> {
    Secret::next_nonzero(&mut Xof::new(
        Label::IndexOwnerExponent,
        &[seed.expose_secret(), &context.to_bytes()],
    ))
}

/// a of a context, from the seed of a policy: independent in every context. `[SRCH-3.2]`
pub fn reader_exponent(seed: &Secret<[u8; 32]>, context: &Context) -> Secret<Scalar> {
    Secret::next_nonzero(&mut Xof::new(
        Label::IndexReaderExponent,
        &[seed.expose_secret(), &context.to_bytes()],
    ))
}

/// g2^x, g2^y.
pub fn public_point(exponent: &Secret<Scalar>) -> G2 {
    FixedG2::generator().pow(exponent)
}

/// b = x / a. `[SRCH-3.3]`
pub fn gate_exponent(x: &Secret<Scalar>, a: &Secret<Scalar>) -> Secret<Scalar> {
    let inverse = Secret::new(a.expose_secret().invert());
    Secret::new(*x.expose_secret() * *inverse.expose_secret())
}

/// M = h^{aρ}. `[SRCH-3.4]`
pub fn blind(h: &G1, a: &Secret<Scalar>, rho: &Secret<Scalar>) -> G1 {
    h.pow(&Secret::new(*a.expose_secret() * *rho.expose_secret()))
}

/// Z = M^b: all that the gate does. `[SRCH-3.4]`
pub fn raise(m: &G1, b: &Secret<Scalar>) -> G1 {
    m.pow(b)
}

/// D_w = Z^{1/ρ}. `[SRCH-3.4]`
pub fn unblind(z: &G1, rho: &Secret<Scalar>) -> G1 {
    z.pow(&Secret::new(rho.expose_secret().invert()))
}

/// Trapdoors of one context: D_w and h of each keyword, and the lines of X.
pub struct Raised<'k> {
    /// D_w.
    pub d: &'k [G1],
    /// h.
    pub h: &'k [G1],
    /// The lines of X.
    pub x_lines: &'k PreparedG2,
}

impl fmt::Debug for Raised<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raised").finish_non_exhaustive()
    }
}

/// e(D_w, g2) = e(h, X) for every keyword of every context, of several with random weights: wrong with probability 2^-128. `[SRCH-3.4]`
pub fn trapdoors_are_right(contexts: &[Raised<'_>], rng: &mut impl CryptoRng) -> bool {
    if let [Raised { d: [d], h: [h], x_lines }] = contexts {
        let pairs = [((*d).into(), PreparedG2::generator()), ((-*h).into(), *x_lines)];
        return pairing_product_prepared(&pairs).is_one();
    }
    let count = contexts.iter().map(|raised| raised.d.len()).sum();
    let (mut all, mut weights) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut pairs: Vec<(RowSum, &PreparedG2)> = Vec::with_capacity(contexts.len() + 1);
    for Raised { d, h, x_lines } in contexts {
        let own: Vec<Weight> = d.iter().map(|_| Weight::random(rng)).collect();
        pairs.push(((-weighted_sum_vartime(h, &own)).into(), *x_lines));
        all.extend_from_slice(d);
        weights.extend(own);
    }
    let all = Secret::new(all);
    pairs.push((weighted_sum_vartime(all.expose_secret(), &weights).into(), PreparedG2::generator()));
    pairing_product_prepared(&pairs).is_one()
}

/// D_w = h^x for many keywords: the owner's own way. `[SRCH-3.5]`
pub fn own_trapdoors(h: &[G1], x: &Secret<Scalar>) -> Secret<Vec<G1>> {
    Secret::new(powers(h, x))
}

/// T of what the owner writes. `[SRCH-3.5]`
pub fn own_entry_key(context: &[u8], writer: &WriterId, keyword: &Keyword, d: &G1) -> Secret<[u8; 32]> {
    let d = Secret::new(d.to_bytes());
    kdf(Label::IndexOwnEntryKey, &[context, writer.as_bytes(), keyword.as_bytes(), d.expose_secret()])
}

/// T of what a lab writes. `point` and `lines` are h and X^y to the lab, D_w and Y to a reader. `[SRCH-3.6]`
pub fn lab_entry_key(
    lab: &LabKeys<'_>,
    keyword: &Keyword,
    point: &G1,
    lines: &PreparedG2,
) -> Secret<[u8; 32]> {
    let shared = Secret::new(pairing_product_prepared(&[((*point).into(), lines)]));
    let shared = Secret::new(shared.expose_secret().to_bytes());
    let LabKeys { context, writer, y_point, x_point } = lab;
    let parts: [&[u8]; 6] =
        [context, writer.as_bytes(), *y_point, *x_point, keyword.as_bytes(), shared.expose_secret()];
    kdf(Label::IndexLabEntryKey, &parts)
}

/// What the keys of a lab's entries are bound to.
#[derive(Debug, Clone, Copy)]
pub struct LabKeys<'a> {
    /// ctx.
    pub context: &'a [u8],
    /// The lab.
    pub writer: &'a WriterId,
    /// Y, encoded.
    pub y_point: &'a [u8; 96],
    /// X, encoded.
    pub x_point: &'a [u8; 96],
}

/// A Schnorr proof that somebody knows y of Y = g2^y. `[SRCH-3.7]`
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// The challenge.
    pub c: Scalar,
    /// k + c·y.
    pub z: Scalar,
}

/// k at random, R = g2^k, c = H(statement, Y, R), z = k + c·y. `[SRCH-3.7]`
pub fn prove(y: &Secret<Scalar>, y_point: &G2, statement: &[u8], k: &Secret<Scalar>) -> Proof {
    let c = challenge(statement, y_point, &public_point(k));
    let product = Secret::new(c * *y.expose_secret());
    Proof { c, z: *k.expose_secret() + *product.expose_secret() }
}

/// c = H(statement, Y, g2^z · Y^-c). `[SRCH-3.7]`
pub fn proof_is_valid(proof: &Proof, y_point: &G2, statement: &[u8]) -> bool {
    let (z, minus_c) = (Secret::new(proof.z), Secret::new(-proof.c));
    challenge(statement, y_point, &(public_point(&z) + y_point.pow(&minus_c))) == proof.c
}

fn challenge(statement: &[u8], y_point: &G2, commitment: &G2) -> Scalar {
    let parts: [&[u8]; 3] = [statement, &y_point.to_bytes(), &commitment.to_bytes()];
    let mut wide = [0; 48];
    let (head, tail) = wide.split_at_mut(16);
    head.fill(0);
    tail.copy_from_slice(&hash(Label::WriterChallenge, &parts));
    Scalar::from_wide(&wide)
}

//! FABEO ciphertext-policy ABE (Riepel, Wee, CCS 2022, eprint 2022/1415), top to bottom. `[ABE-3]`
//!
//! The letters are the paper's, the groups written multiplicatively: α is the master secret,
//! E = e(g1, g2)^α, B = H_base(), H = H_attr. Everything here is algebra on elements that other
//! files have decoded and checked; whether a key may open a ciphertext is decided by nothing but
//! the elements themselves.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::hash::Xof;
use crate::math::{
    FixedG1, FixedG2, FixedGt, G1, G2, Gt, HashDomain, Power, PreparedG2, RowSum, Scalar, UncheckedRow,
    add_to_each, combine_rows_vartime, hash_all_to_g1, hash_to_g1, linear_combination_vartime,
    pairing_product, pairing_product_prepared, products,
};
use crate::policy::{Label, Selection, SpanProgram};
use crate::secret::{Secret, opaque_debug};

/// B = H_base(): a point nobody knows the discrete logarithm of, in a hash domain of its own.
pub fn base() -> &'static FixedG1 {
    static BASE: OnceBox<FixedG1> = OnceBox::new();
    BASE.get_or_init(|| Box::new(FixedG1::new(hash_to_g1(HashDomain::Base, b""))))
}

/// H(x): H_attr for attributes, H_time for spans of epochs.
pub fn attribute_point(x: &Label) -> G1 {
    hash_to_g1(x.domain(), x.as_bytes())
}

/// H(x) as a base of powers, for each label.
pub fn attribute_points<'a>(labels: impl IntoIterator<Item = &'a Label>) -> Vec<Arc<FixedG1>> {
    let points = hash_all_to_g1(labels.into_iter().map(|x| (x.domain(), x.as_bytes())));
    points.into_iter().map(|point| Arc::new(FixedG1::compact(point))).collect()
}

/// E = e(g1, g2)^α, from g1^α.
pub fn public_element(g1_alpha: &Secret<G1>) -> Gt {
    pairing_product(&[((*g1_alpha.expose_secret()).into(), G2::generator())])
}

/// A key for a set S: K1 = g2^r, K2 = g1^α · B^r, K3_x = H(x)^r for x ∈ S.
pub struct SecretKey {
    /// K1.
    pub k1: G2,
    /// K2.
    pub k2: G1,
    /// K3_x, in the order of the labels.
    pub k3: Vec<G1>,
    /// The lines through K1, from the first decryption on.
    lines: OnceBox<PreparedG2>,
}

opaque_debug!(SecretKey);

impl SecretKey {
    /// A key of these elements.
    pub fn new(k1: G2, k2: G1, k3: Vec<G1>) -> Self {
        Self { k1, k2, k3, lines: OnceBox::new() }
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.k1.zeroize();
        self.k2.zeroize();
        self.k3.zeroize();
    }
}

/// KeyGen(S): one fresh r for the whole key. `[ABE-3.2]`
///
/// `h` holds H(x) for x ∈ S.
pub fn keygen(g1_alpha: &Secret<G1>, h: &[Arc<FixedG1>], rng: &mut impl CryptoRng) -> SecretKey {
    let r = Secret::random_nonzero(rng);
    SecretKey::new(
        FixedG2::generator().pow(&r),
        *g1_alpha.expose_secret() + base().pow(&r),
        products(&h.iter().map(|h| [(&**h, &r)]).collect::<Vec<_>>()),
    )
}

/// A key for the labels at `kept`, re-randomised by a fresh r'. `[ABE-3.5]`
///
/// K1·g2^r', K2·B^r', K3_x·H(x)^r'. Without r' two delegates of one key could pool what they hold.
pub fn delegate(key: &SecretKey, kept: &[(usize, &Label)], rng: &mut impl CryptoRng) -> SecretKey {
    let r = Secret::random_nonzero(rng);
    let h = attribute_points(kept.iter().map(|(_, x)| *x));
    let mut delegated = SecretKey::new(
        key.k1 + FixedG2::generator().pow(&r),
        key.k2 + base().pow(&r),
        products(&h.iter().map(|h| [(&**h, &r)]).collect::<Vec<_>>()),
    );
    for (delegated, (index, _)) in delegated.k3.iter_mut().zip(kept) {
        if let Some(k3) = key.k3.get(*index) {
            *delegated = *k3 + *delegated;
        }
    }
    delegated
}

/// Whether a key is what KeyGen makes for the labels of these points. `[ABE-3.6]`
///
/// e(K2, g2) = E · e(B, K1), and the components are those of K1.
pub fn key_is_valid(e: &Gt, key: &SecretKey, h: &[Arc<FixedG1>], rng: &mut impl CryptoRng) -> bool {
    let b = RowSum::from(*base().point());
    let k1 = PreparedG2::new(&key.k1);
    pairing_product_prepared(&[(key.k2.into(), PreparedG2::generator()), (b.neg(), &k1)]) == *e
        && components_are_valid(&key.k3, &k1, h, rng)
}

/// Whether components are the powers of these points that K1 is of g2.
///
/// e(Π K3_x^w_x, g2) = e(Π H(x)^w_x, K1) for random w.
pub fn components_are_valid(
    k3: &[G1],
    k1: &PreparedG2,
    h: &[Arc<FixedG1>],
    rng: &mut impl CryptoRng,
) -> bool {
    let weights: Vec<Scalar> = h.iter().map(|_| Scalar::random_public(rng)).collect();
    let points: Vec<&G1> = h.iter().map(|h| h.point()).collect();
    let k3_w: RowSum = linear_combination_vartime(k3, &weights).into();
    let h_w: RowSum = linear_combination_vartime(&points, &weights).into();
    k3.len() == h.len()
        && pairing_product_prepared(&[(k3_w, PreparedG2::generator()), (h_w.neg(), k1)]).is_one()
}

/// What Encrypt yields besides K: C1 = g2^s1, C2_j = g2^s'_j, and the rows C3_i.
#[derive(Debug)]
pub struct Ciphertext {
    /// C1.
    pub c1: G2,
    /// C2_j for j = 1..τ.
    pub c2: Vec<G2>,
    /// C3_i = B^λ_i · H(π(i))^s'_ρ(i), one for each row of the span program.
    pub c3: Vec<G1>,
}

/// Encrypt: K = E^s1 and the ciphertext for a policy, from a stream of coins. `[ABE-3.3]`
///
/// The coins are, in this order: s1 ≠ 0, s'_1..s'_τ, then v as the span program draws it. `h` holds
/// H(x) for the labels of the span program, H_time(θ) for those of its time clause.
pub fn encrypt(
    e: &FixedGt,
    program: &SpanProgram,
    h: &[Arc<FixedG1>],
    coins: &mut Xof,
) -> (Secret<Gt>, Ciphertext) {
    let s1 = Secret::next_nonzero(coins);
    let s_prime: Vec<Secret<Scalar>> = (0..program.tau()).map(|_| Secret::next(coins)).collect();
    let lambda = program.share(&s1, &mut || Secret::next(coins));
    let (b, g2) = (base(), FixedG2::generator());
    // The rows of a time clause have one share, and B^λ_T is computed once.
    let time = program.time_rows();
    let s_prime_1 = s_prime.first().filter(|_| time > 0);
    let mut c3: Vec<G1> = match (s_prime_1, lambda.first()) {
        (Some(s_prime_1), Some(lambda_t)) => {
            let rows = program.rows().iter().take(time);
            let rows = rows.filter_map(|row| Some([(&**h.get(row.label)?, s_prime_1)]));
            let mut rows = products(&rows.collect::<Vec<[Power<'_>; 1]>>());
            // With it anybody could make a row of time for a span of his choice.
            let b_lambda_t = Secret::new(b.pow(lambda_t));
            add_to_each(&mut rows, b_lambda_t.expose_secret());
            rows
        }
        _ => Vec::new(),
    };
    let rows =
        program.rows().iter().zip(&lambda).skip(time).filter_map(|(row, lambda)| -> Option<[Power<'_>; 2]> {
            // Rows that bear one label take different s': with one s' for both, `A and (A or B)` would
            // be open to a key for {B}.
            let s_prime = s_prime.get(row.occurrence.checked_sub(1)?)?;
            Some([(b, lambda), (&**h.get(row.label)?, s_prime)])
        });
    c3.extend(products(&rows.collect::<Vec<_>>()));
    let ciphertext =
        Ciphertext { c3, c1: g2.pow(&s1), c2: s_prime.iter().map(|s_prime| g2.pow(s_prime)).collect() };
    (Secret::new(e.pow(&s1)), ciphertext)
}

/// C1 and C2_j with the lines of their pairings: 20 KB for each.
#[derive(Debug)]
pub struct Lines {
    c1: PreparedG2,
    c2: Vec<PreparedG2>,
}

impl Lines {
    /// The lines through C1 and C2.
    pub fn new(c1: &G2, c2: &[G2]) -> Self {
        Self { c1: PreparedG2::new(c1), c2: c2.iter().map(PreparedG2::new).collect() }
    }
}

/// The part of a ciphertext that a reader uses: the rows of I, in the order of the selection.
#[derive(Debug)]
pub struct Received<'a> {
    /// C1 and C2_j for j = 1..τ.
    pub lines: &'a Lines,
    /// C3_i for i ∈ I.
    pub c3: &'a [UncheckedRow],
    /// What a seal adds.
    pub seal: Option<ReceivedSeal<'a>>,
}

/// The part of a seal that a reader uses: one row more, with an exponent of its own. `[REV-6]`
#[derive(Debug)]
pub struct ReceivedSeal<'a> {
    /// C_seal.
    pub c: &'a PreparedG2,
    /// E_θ', γ being 1.
    pub row: UncheckedRow,
    /// The key's component for θ'.
    pub k3: &'a G1,
}

/// Decrypt: K, from γ with Σ γ_i M_i = (1, 0, .., 0). `[ABE-3.4]`
///
/// `k3` yields the key's component for a label of the span program; `None` if a row of the selection
/// has no component.
///
/// K = e(K2, C1) · Π_j e(Π_{i∈I, ρ(i)=j} K3_π(i)^γ_i, C2_j) / e(Π_{i∈I} C3_i^γ_i, K1)
///
/// A seal is one row and one C2 more (`[REV-6]`): e(K3_θ', C_seal) above, E_θ' below.
///
/// For a key all of whose elements are raised to y it is K^y (`[OUT-4.1]`).
pub fn decrypt<'k>(
    key: &SecretKey,
    k3: impl Fn(&Label) -> Option<&'k G1>,
    program: &SpanProgram,
    selection: &Selection,
    received: &Received<'_>,
) -> Option<Secret<Gt>> {
    // The components of the key and their γ, gathered by ρ.
    let mut by_occurrence: Vec<(Vec<&G1>, Vec<Scalar>)> = vec![Default::default(); received.lines.c2.len()];
    let mut gamma = Vec::with_capacity(selection.rows.len());
    for (i, gamma_i) in &selection.rows {
        let row = program.rows().get(*i)?;
        let (points, coefficients) = by_occurrence.get_mut(row.occurrence.checked_sub(1)?)?;
        points.push(k3(program.labels().get(row.label)?)?);
        coefficients.push(*gamma_i);
        gamma.push(*gamma_i);
    }
    let mut c3 = received.c3.to_vec();
    let mut c2: Vec<&PreparedG2> = received.lines.c2.iter().collect();
    if let Some(seal) = &received.seal {
        by_occurrence.push((vec![seal.k3], vec![Scalar::one()]));
        gamma.push(Scalar::one());
        c3.push(seal.row);
        c2.push(seal.c);
    }
    let k1 = key.lines.get_or_init(|| Box::new(PreparedG2::new(&key.k1)));
    let mut pairs = Vec::with_capacity(2 + c2.len());
    pairs.push((RowSum::from(key.k2), &received.lines.c1));
    pairs.push((combine_rows_vartime(&c3, &gamma).neg(), k1));
    for ((points, coefficients), c2) in by_occurrence.iter().zip(c2) {
        if !points.is_empty() {
            pairs.push((linear_combination_vartime(points, coefficients).into(), c2));
        }
    }
    let value = Secret::new(pairing_product_prepared(&pairs));
    for (p, _) in &mut pairs {
        p.zeroize();
    }
    Some(value)
}

/// The public validity check: whether every authorised set recovers the same K. `[ABE-3.7]`
///
/// For a uniformly random γ over *all* rows with γM = (1, 0, .., 0):
/// e(Π C3_i^γ_i, g2) = e(B, C1) · Π_j e(Π_{ρ(i)=j} H(π(i))^γ_i, C2_j).
pub fn ciphertext_is_valid(
    program: &SpanProgram,
    h: &[Arc<FixedG1>],
    received: &Received<'_>,
    rng: &mut impl CryptoRng,
) -> bool {
    let gamma = program.random_reconstruction(rng);
    if received.c3.len() != gamma.len()
        || received.lines.c2.len() != program.tau()
        || h.len() != program.labels().len()
    {
        return false;
    }
    let mut by_occurrence: Vec<(Vec<&G1>, Vec<Scalar>)> = vec![Default::default(); received.lines.c2.len()];
    for (row, gamma_i) in program.rows().iter().zip(&gamma) {
        let slot = row.occurrence.checked_sub(1).and_then(|j| by_occurrence.get_mut(j));
        if let (Some((points, coefficients)), Some(h)) = (slot, h.get(row.label)) {
            points.push(h.point());
            coefficients.push(*gamma_i);
        }
    }
    let mut pairs = vec![
        (RowSum::from(*base().point()), &received.lines.c1),
        (combine_rows_vartime(received.c3, &gamma).neg(), PreparedG2::generator()),
    ];
    for ((points, coefficients), c2) in by_occurrence.iter().zip(&received.lines.c2) {
        pairs.push((linear_combination_vartime(points, coefficients).into(), c2));
    }
    pairing_product_prepared(&pairs).is_one()
}

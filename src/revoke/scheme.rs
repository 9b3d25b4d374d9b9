//! Epochs for FABEO: tokens and seals, top to bottom. `[REV-4]`
//!
//! The letters are those of [`crate::abe::scheme`] and [`crate::outsource::scheme`]. There is no new algebra: a token
//! is one more component of a key, a seal one more row of a ciphertext.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::abe::scheme::base;
use crate::hash::{Label, Xof};
use crate::math::{
    FixedG1, FixedG2, G1, G2, PreparedG2, RowSum, Scalar, Weight, add_to_each, pairing_product_prepared,
    products, weighted_sum_g2_vartime, weighted_sum_vartime,
};
use crate::secret::{Secret, opaque_debug};

/// Refresh, or Grant, of one key: H(θ)^r for each θ. `[REV-4.2]`
pub fn tokens(r: &Secret<Scalar>, h: &[Arc<FixedG1>]) -> Vec<G1> {
    products(&h.iter().map(|h| [(&**h, r)]).collect::<Vec<_>>())
}

/// Refresh of many keys: for each r, H(θ)^r for each θ, one key after the other. `[REV-4.2]`
pub fn tokens_of_many(r: &[Secret<Scalar>], h: &[FixedG1]) -> Vec<G1> {
    let by_node: Vec<Vec<G1>> = h.iter().map(|h| h.pow_each(r)).collect();
    (0..r.len()).flat_map(|key| by_node.iter().filter_map(move |powers| powers.get(key).copied())).collect()
}

/// Whether the tokens of each key are H(θ)^r, r being the exponent of its K1 = g2^r. `[REV-4.3]`
///
/// Each token is a signature of θ under K1 (Boneh, Lynn, Shacham); all are checked at once, with random weights w for keys and v
/// for nodes: e(Π token_iθ^(w_i·v_θ), g2) = e(Π H(θ)^v_θ, Π K1_i^w_i). `h` holds H(θ), and every key has as many tokens.
pub fn tokens_are_valid(k1: &[&G2], tokens: &[&[G1]], h: &[&G1], rng: &mut impl CryptoRng) -> bool {
    if tokens.len() != k1.len() || tokens.iter().any(|tokens| tokens.len() != h.len()) {
        return false;
    }
    let mut weights = |count: usize| (0..count).map(|_| Weight::random(rng)).collect::<Vec<_>>();
    let (w, v) = (weights(k1.len()), weights(h.len()));
    let of_node = |node: usize| {
        let column: Vec<&G1> = tokens.iter().filter_map(|tokens| tokens.get(node)).collect();
        weighted_sum_vartime(&column, &w)
    };
    let by_node: Vec<G1> = (0..h.len()).map(of_node).collect();
    let left: RowSum = weighted_sum_vartime(&by_node, &v).into();
    let right: RowSum = weighted_sum_vartime(h, &v).into();
    let k1 = PreparedG2::new(&weighted_sum_g2_vartime(k1, &w));
    pairing_product_prepared(&[(left, PreparedG2::generator()), (right.neg(), &k1)]).is_one()
}

/// The exponents w and s'' of one seal. `[REV-6.2]`
pub struct SealExponents {
    w: Secret<Scalar>,
    s: Secret<Scalar>,
}

opaque_debug!(SealExponents);

/// w, s'' = PRF(k_seal, serial ‖ t).
///
/// Both go with the serial and with t. With one s'' for two seals E_θ/E'_θ = B^(w-w') would show the difference of
/// their w, and with one w for two headers or two times the one would unseal the other.
pub fn seal_exponents(k_seal: &Secret<[u8; 32]>, serial: &[u8; 32], t: u32) -> SealExponents {
    let mut stream = Xof::new(Label::SealExponents, &[k_seal.expose_secret(), serial, &t.to_be_bytes()]);
    SealExponents { w: Secret::next_nonzero(&mut stream), s: Secret::next_nonzero(&mut stream) }
}

/// What Seal(t) does to a header: a factor for its time rows, and new elements.
pub struct SealStep {
    /// B^(w_old - w), w_old = 0 if the header was not sealed.
    pub shift: G1,
    /// C_seal = g2^s''.
    pub c_seal: G2,
    /// E_θ = B^w · H(θ)^s'' for θ ∈ Cover(t).
    pub e: Vec<G1>,
}

opaque_debug!(SealStep);

impl Drop for SealStep {
    /// Whoever has the factor and the sealed header has the header as it was.
    fn drop(&mut self) {
        self.shift.zeroize();
    }
}

/// Seal(t). `[REV-6.2]`
///
/// C3 ← C3 · B^(w_old - w) for the time rows, C_seal and E_θ new: every row of time is worth B^λ_T / B^w until it is
/// joined with one of the E. `h` holds H_time(θ) for θ ∈ Cover(t).
pub fn seal(old: Option<&SealExponents>, new: &SealExponents, h: &[Arc<FixedG1>]) -> SealStep {
    let w = new.w.expose_secret();
    let difference = Secret::new(match old {
        Some(old) => *old.w.expose_secret() - *w,
        None => -*w,
    });
    let mut e = tokens(&new.s, h);
    let b_w = Secret::new(base().pow(&new.w));
    add_to_each(&mut e, b_w.expose_secret());
    SealStep { shift: base().pow(&difference), c_seal: FixedG2::generator().pow(&new.s), e }
}

//! The scheme on exponents: every formula once, as in the design. Products of group elements are
//! sums here, powers and pairings are products.

use std::collections::{BTreeMap, BTreeSet};

use crate::field::Scalar;
use crate::policy::{Label, Policy};
use crate::polynomial::{Polynomial, constant, one, prf, secret, zero};
use crate::span::{Holdings, Travels};
use crate::tree::Node;

/// The base point B.
pub fn base() -> Polynomial {
    Label::base().hash()
}

/// One authority.
pub struct Realm {
    pub name: &'static str,
    pub alpha: Polynomial,
}

/// A key, plain or blinded, or tokens for one: K1 in G2, K2 and K3 in G1.
#[derive(Clone)]
pub struct Key {
    pub k1: Polynomial,
    pub k2: Polynomial,
    pub k3: BTreeMap<Label, Polynomial>,
}

impl Realm {
    /// Setup.
    pub fn setup(name: &'static str) -> Self {
        Self { name, alpha: secret(format!("alpha of {name}")) }
    }

    /// What everybody holds: the generators and E = e(g1, g2)^alpha.
    pub fn outsider(&self) -> Holdings {
        let mut outsider = Holdings::generators();
        outsider.learns_gt(&self.alpha);
        outsider
    }

    /// r = PRF(k_r, realm, key id, user id, Y).
    pub fn randomness(&self, key_id: &str, user: &str, y: &Polynomial) -> Polynomial {
        prf("k_r", &[self.name, key_id, user, &y.to_string()])
    }

    /// KeyGen: a key for a reader who decrypts alone, which is one for Y = g1.
    pub fn key(&self, r: &Polynomial, labels: &BTreeSet<Label>) -> Key {
        self.transform_key(&one(), r, labels)
    }

    /// Issue: K1 = g2^r, K2 = Y^alpha B^r, K3_x = H(x)^r, tokens H(θ)^r. `y` is the exponent of Y.
    pub fn transform_key(&self, y: &Polynomial, r: &Polynomial, labels: &BTreeSet<Label>) -> Key {
        let k3 = labels.iter().map(|label| (label.clone(), key_part(label, r)));
        Key { k1: r.clone(), k2: y * &self.alpha + base() * r, k3: k3.collect() }
    }
}

/// H(x)^r: a component of a key, a grant, or a time token.
fn key_part(label: &Label, r: &Polynomial) -> Polynomial {
    label.hash() * r
}

impl Key {
    pub fn labels(&self) -> BTreeSet<Label> {
        self.k3.keys().cloned().collect()
    }

    /// Delegate: fewer labels, and always a fresh r'.
    pub fn delegate(&self, labels: &BTreeSet<Label>, fresh: &Polynomial) -> Self {
        let kept = self.k3.iter().filter(|(label, _)| labels.contains(label));
        Self {
            k1: &self.k1 + fresh,
            k2: &self.k2 + &(base() * fresh),
            k3: kept.map(|(label, part)| (label.clone(), part + &key_part(label, fresh))).collect(),
        }
    }

    /// The proxy's key made by a reader from his full key: every component to the power y.
    pub fn blind(&self, y: &Polynomial) -> Self {
        let k3 = self.k3.iter().map(|(label, part)| (label.clone(), part * y));
        Self { k1: &self.k1 * y, k2: &self.k2 * y, k3: k3.collect() }
    }
}

impl Travels for Key {
    fn reveal(&self, to: &mut Holdings) {
        to.learns_g2(&self.k1);
        to.learns_g1(&self.k2);
        self.k3.values().for_each(|part| to.learns_g1(part));
    }
}

/// A row of the span program: C3_i in G1, under s'_j with j = ρ(i).
#[derive(Clone)]
pub struct Row {
    pub label: Label,
    pub index: usize,
    pub c3: Polynomial,
}

/// A seal: C_seal in G2, E_θ in G1; w is the store's secret.
#[derive(Clone)]
pub struct Seal {
    pub w: Polynomial,
    pub c: Polynomial,
    pub e: BTreeMap<Label, Polynomial>,
}

/// The group elements of a header: C1, C2_j in G2, C3_i in G1.
#[derive(Clone)]
pub struct Header {
    pub c1: Polynomial,
    pub c2: Vec<Polynomial>,
    pub time_rows: Vec<Row>,
    pub rows: Vec<Row>,
    pub seal: Option<Seal>,
    pub policy: Policy,
}

/// The number of the s' of a row: how many rows up to this one bear its label.
pub fn occurrence(count: usize) -> usize {
    count
}

/// Encaps of `policy`, with the time clause of these nodes (none: no clause). `tag` names the
/// encryption: equal tags are equal coins.
pub fn encrypt(tag: &str, policy: &Policy, cover: &[Node]) -> Header {
    encrypt_rows(&secret(format!("s1 of {tag}")), tag, policy, cover, occurrence)
}

/// Encaps with the given s1, and ρ as a function of the count of the label.
pub fn encrypt_rows(
    s1: &Polynomial,
    tag: &str,
    policy: &Policy,
    cover: &[Node],
    rho: fn(usize) -> usize,
) -> Header {
    // s1 = λ_T + w_P : every time row carries λ_T, the policy shares w_P.
    let lambda = if cover.is_empty() { zero() } else { secret(format!("lambda of {tag}")) };
    let mut count: BTreeMap<Label, usize> = BTreeMap::new();
    let s_prime = |index: usize| secret(format!("s'{index} of {tag}"));
    // C3_i = B^{λ_i} H(π(i))^{s'_ρ(i)}
    let mut row = |label: Label, share: &Polynomial| {
        let seen = count.entry(label.clone()).or_default();
        *seen += 1;
        let index = rho(*seen);
        Row { c3: base() * share + label.hash() * s_prime(index), label, index }
    };
    let time_rows: Vec<_> = cover.iter().map(|&node| row(Label::time(node), &lambda)).collect();
    let shares = policy.share(&(s1 - &lambda), tag);
    let rows: Vec<_> = shares.into_iter().map(|(label, share)| row(label, &share)).collect();
    let tau = rows.iter().chain(&time_rows).map(|row| row.index).max().unwrap_or(0);
    Header {
        c1: s1.clone(),
        c2: (1..=tau).map(s_prime).collect(),
        time_rows,
        rows,
        seal: None,
        policy: policy.clone(),
    }
}

impl Header {
    /// K = E^{s1}.
    pub fn session_key(&self, realm: &Realm) -> Polynomial {
        &realm.alpha * &self.c1
    }

    /// Seal(t): w, s'' = PRF(k_seal, serial ‖ t).
    pub fn seal(&self, serial: &str, epoch: u32, cover: &[Node]) -> Self {
        let input = [serial, &epoch.to_string()];
        self.seal_with(&prf("k_seal w", &input), &prf("k_seal s''", &input), cover)
    }

    /// C3 ← C3 B^{w_old - w} in the time rows; C_seal = g2^{s''}, E_θ = B^w H(θ)^{s''}.
    pub fn seal_with(&self, w: &Polynomial, s: &Polynomial, cover: &[Node]) -> Self {
        let former = self.seal.as_ref().map_or_else(zero, |seal| seal.w.clone());
        let time_rows =
            self.time_rows.iter().map(|row| Row { c3: &row.c3 + &(base() * (&former - w)), ..row.clone() });
        let nodes = cover.iter().map(|&node| Label::time(node));
        let e = nodes.map(|label| (label.clone(), base() * w + label.hash() * s)).collect();
        Self {
            time_rows: time_rows.collect(),
            seal: Some(Seal { w: w.clone(), c: s.clone(), e }),
            ..self.clone()
        }
    }

    /// Transform: T = e(K2, C1) Π e(Π K3^γ, C2_j) e(K3_θ', C_seal) / e(Π C3^γ C3_θ E_θ', K1).
    /// With a plain key this is Decrypt. The labels of the key satisfy policy and clauses.
    pub fn transform(&self, key: &Key) -> Polynomial {
        let held = key.labels();
        let gamma = self.policy.reconstruct(&held);
        let time = self.time_rows.iter().find(|row| held.contains(&row.label));
        let used = self.rows.iter().zip(gamma).filter(|&(_, gamma)| gamma != Scalar::ZERO);
        let used = used.chain(time.map(|row| (row, Scalar::ONE)));
        let (mut answer, mut rows) = (&key.k2 * &self.c1, zero());
        for (row, gamma) in used {
            answer = answer + &key.k3[&row.label] * &self.c2[row.index - 1] * constant(gamma);
            rows = rows + &row.c3 * constant(gamma);
        }
        if let Some(seal) = &self.seal {
            let (label, e) = seal.e.iter().find(|(label, _)| held.contains(label)).unwrap();
            answer = answer + &key.k3[label] * &seal.c;
            rows = rows + e;
        }
        answer - rows * &key.k1
    }
}

impl Travels for Seal {
    fn reveal(&self, to: &mut Holdings) {
        to.learns_g2(&self.c);
        self.e.values().for_each(|e| to.learns_g1(e));
    }
}

impl Travels for Header {
    fn reveal(&self, to: &mut Holdings) {
        to.learns_g2(&self.c1);
        self.c2.iter().for_each(|c2| to.learns_g2(c2));
        self.time_rows.iter().chain(&self.rows).for_each(|row| to.learns_g1(&row.c3));
        self.seal.iter().for_each(|seal| seal.reveal(to));
    }
}

//! Attacks on the algebra, each with a weakened twin that falls to it.
//!
//! A check such as "does this key satisfy this policy" hides broken algebra from every functional
//! test. So the attacks here hold the real group elements and go around every check. Each one runs
//! twice: on the real scheme, where it must fail, and on a twin that differs in one line, where it
//! must succeed, which shows that the attack is one.

mod cheater;
mod collusion;
mod encapsulation;
mod headers;
mod multi_use;
pub(crate) mod torsion;
mod validity;

use alloc::string::ToString;
use alloc::vec::Vec;

use super::bases::Bases;
use super::scheme::{self, Ciphertext, Received, SecretKey};
use crate::hash::{Label as HashLabel, Xof};
use crate::math::{G1, G2, Gt, RowSum, Scalar, linear_combination_vartime, pairing_product};
use crate::policy::{AttributeSet, Label, Policy, Schema, SpanProgram};
use crate::secret::Secret;
use crate::testing::TestRng;

/// The policies that the attacks on single policies run over: every gate, nesting, multi-use.
pub(crate) const POLICIES: [&str; 12] = [
    "a and b",
    "a and b and c",
    "a and (b or c)",
    "(a and b) or (c and d)",
    "(a or b) and (c or d)",
    "2 of (a, b, c)",
    "3 of (a, b, c, d)",
    "a and 2 of (b, c, d)",
    "2 of (a and b, c, d and e)",
    "a and (a or b)",
    "(a and b) or (a and c)",
    "2 of (a, a and b, b and c)",
];

pub(crate) fn policy(text: &str) -> Policy {
    Policy::parse(text, &Schema::empty()).unwrap()
}

pub(crate) fn set(text: &str) -> AttributeSet {
    AttributeSet::parse(text, &Schema::empty()).unwrap()
}

/// Every non-empty set over the first `n` of the letters a, b, c, ..
pub(crate) fn all_sets(n: usize) -> Vec<AttributeSet> {
    (1u32..1 << n)
        .map(|mask| {
            let letters: Vec<_> = (0..n)
                .filter(|i| mask >> i & 1 == 1)
                .map(|i| char::from(b'a' + u8::try_from(i).unwrap()).to_string())
                .collect();
            set(&letters.join(", "))
        })
        .collect()
}

/// The master secret and its public element, bare.
pub(crate) struct Realm {
    pub(crate) alpha: Secret<Scalar>,
    pub(crate) g1_alpha: Secret<G1>,
    pub(crate) bases: Bases,
    pub(crate) rng: TestRng,
}

impl Realm {
    pub(crate) fn new(seed: &str) -> Self {
        let mut rng = TestRng::new(seed);
        let alpha = Secret::random_nonzero(&mut rng);
        let g1_alpha = Secret::new(G1::generator().pow(&alpha));
        let bases = Bases::new(scheme::public_element(&g1_alpha));
        Self { alpha, g1_alpha, bases, rng }
    }

    /// A real key.
    pub(crate) fn key(&mut self, attributes: &AttributeSet) -> Holding {
        let labels = attributes.labels();
        let key = scheme::keygen(&self.g1_alpha, &self.bases.points(&labels), &mut self.rng);
        Holding { labels, key }
    }

    /// A real ciphertext, and the K inside.
    pub(crate) fn encrypt(&mut self, program: &SpanProgram) -> (Secret<Gt>, Ciphertext) {
        let seed = Secret::<Scalar>::random_nonzero(&mut self.rng);
        let mut coins = Xof::new(HashLabel::Coins, &[&seed.expose_secret().to_bytes()]);
        scheme::encrypt(self.bases.e(), program, &self.bases.points(program.labels()), &mut coins)
    }
}

/// A key with its labels, as an attacker holds it.
pub(crate) struct Holding {
    pub(crate) labels: Vec<Label>,
    pub(crate) key: SecretKey,
}

impl Holding {
    pub(crate) fn component(&self, label: &Label) -> Option<G1> {
        let position = self.labels.iter().position(|own| own == label)?;
        self.key.k3.get(position).copied()
    }
}

/// Decryption by hand: the equation of `[ABE-3.4]` with any elements in any places.
///
/// `rows` are (row, γ, K3); the attacker puts in what he likes.
pub(crate) fn decrypt_by_hand(
    k1: G2,
    k2: G1,
    rows: &[(usize, Scalar, G1)],
    program: &SpanProgram,
    c1: &G2,
    c2: &[G2],
    c3: &[G1],
) -> Gt {
    let gamma: Vec<Scalar> = rows.iter().map(|row| row.1).collect();
    let used: Vec<G1> = rows.iter().map(|row| c3[row.0]).collect();
    let mut pairs = Vec::from([
        (RowSum::from(k2), *c1),
        (RowSum::from(linear_combination_vartime(&used, &gamma)).neg(), k1),
    ]);
    for (j, c2) in c2.iter().enumerate() {
        let here: Vec<_> = rows.iter().filter(|row| program.rows()[row.0].occurrence == j + 1).collect();
        let points: Vec<G1> = here.iter().map(|row| row.2).collect();
        let coefficients: Vec<Scalar> = here.iter().map(|row| row.1).collect();
        pairs.push((linear_combination_vartime(&points, &coefficients).into(), *c2));
    }
    pairing_product(&pairs)
}

/// Decryption by a holder, with every check left out but what the algebra needs.
pub(crate) fn decrypt(holding: &Holding, program: &SpanProgram, ciphertext: &Ciphertext) -> Option<Gt> {
    let selection = program.reconstruct(|label| holding.component(label).is_some())?;
    let rows: Option<Vec<_>> = selection
        .rows
        .iter()
        .map(|(i, gamma)| {
            let label = &program.labels()[program.rows()[*i].label];
            Some((*i, *gamma, holding.component(label)?))
        })
        .collect();
    let Ciphertext { c1, c2, c3 } = ciphertext;
    Some(decrypt_by_hand(holding.key.k1, holding.key.k2, &rows?, program, c1, c2, c3))
}

/// The rows of a ciphertext as a reader receives them.
pub(crate) fn received_rows(ciphertext: &Ciphertext) -> Vec<crate::math::UncheckedRow> {
    ciphertext.c3.iter().map(|row| crate::math::UncheckedRow::from_bytes(&row.to_bytes()).unwrap()).collect()
}

#[test]
fn entitled_keys_decrypt_by_hand_and_by_the_scheme() {
    for text in POLICIES {
        let mut realm = Realm::new(text);
        let program = policy(text).span_program();
        let (k, ciphertext) = realm.encrypt(&program);
        let mut opened = 0;
        for attributes in all_sets(5) {
            let holding = realm.key(&attributes);
            let by_hand = decrypt(&holding, &program, &ciphertext);
            assert_eq!(by_hand.is_some(), policy(text).is_satisfied_by(&attributes));
            let Some(by_hand) = by_hand else { continue };
            assert!(by_hand.ct_eq(k.expose_secret()), "{text} by {attributes}");
            let selection = program.reconstruct(|label| holding.component(label).is_some()).unwrap();
            let rows = received_rows(&ciphertext);
            let c3: Vec<_> = selection.rows.iter().map(|(i, _)| rows[*i]).collect();
            let received =
                Received { lines: &scheme::Lines::new(&ciphertext.c1, &ciphertext.c2), c3: &c3, seal: None };
            let component = |label: &Label| {
                let position = holding.labels.iter().position(|own| own == label)?;
                holding.key.k3.get(position)
            };
            let by_scheme =
                scheme::decrypt(&holding.key, component, &program, &selection, &received).unwrap();
            assert!(by_scheme.expose_secret().ct_eq(k.expose_secret()));
            opened += 1;
        }
        assert!(opened > 0);
    }
}

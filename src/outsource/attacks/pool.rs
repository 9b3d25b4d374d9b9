//! What colluders do with what they hold: they mix it in every way, and go around every check.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::abe::scheme::{Ciphertext, attribute_point};
use crate::math::{G1, G2, Gt, HashDomain, RowSum, Scalar, pairing_product};
use crate::outsource::ProxyKey;
use crate::outsource::scheme::BlindedKey;
use crate::policy::{Label, SpanProgram};
use crate::secret::Secret;

/// What somebody holds of a reader's key and tokens, and y if the reader is in league with him.
#[derive(Clone)]
pub(crate) struct Pooled {
    labels: Vec<Label>,
    k1: G2,
    k2: G1,
    k3: Vec<G1>,
    y: Option<Scalar>,
}

impl Pooled {
    /// The components are those of `labels`.
    pub(crate) fn new(labels: Vec<Label>, key: &BlindedKey, y: Option<Scalar>) -> Self {
        let (k1, k2, k3) = key.elements();
        Self { labels, k1: *k1, k2: *k2, k3: k3.to_vec(), y }
    }

    /// What a proxy holds.
    pub(crate) fn of(key: &ProxyKey, y: Option<Scalar>) -> Self {
        let (k1, k2, _) = key.blinded().elements();
        let mut held = Self { labels: Vec::new(), k1: *k1, k2: *k2, k3: Vec::new(), y };
        held.keep(key);
        held
    }

    /// Keeps what came to the same key later, beside what it had before.
    pub(crate) fn keep(&mut self, key: &ProxyKey) {
        let (labels, components): (Vec<_>, Vec<_>) = key.components().unzip();
        self.labels.extend(labels);
        self.k3.extend(components);
    }

    fn component(&self, label: &Label) -> Option<G1> {
        self.k3.get(self.labels.iter().position(|own| own == label)?).copied()
    }

    /// The same key with every element to the power 1/y, if y is known: a full key.
    fn unblinded(&self) -> Option<Self> {
        let inverse = Secret::new(self.y?.invert());
        Some(Self {
            labels: self.labels.clone(),
            k1: self.k1.pow(&inverse),
            k2: self.k2.pow(&inverse),
            k3: self.k3.iter().map(|k3| k3.pow(&inverse)).collect(),
            y: Some(Scalar::one()),
        })
    }
}

/// A row of a ciphertext or of a seal with all that goes with it: its C2, its γ, and the label of its component.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) label: Label,
    pub(crate) gamma: Scalar,
    pub(crate) c3: G1,
    pub(crate) c2: G2,
}

/// A ciphertext, taken apart.
#[derive(Clone)]
pub(crate) struct Target {
    k: Gt,
    c1: G2,
    /// The rows that are used of the policy.
    rows: Vec<Part>,
    /// Rows of which one is used: those of the time clause, and whatever may stand in for them.
    pub(crate) time: Vec<Part>,
    /// Rows of which one is used: those of a seal.
    pub(crate) seal: Vec<Part>,
}

impl Target {
    /// `held` says which labels the colluders have components for: it decides which rows of the policy they try.
    pub(crate) fn new(
        program: &SpanProgram,
        ciphertext: &Ciphertext,
        k: &Gt,
        held: impl Fn(&Label) -> bool,
    ) -> Self {
        let held = |label: &Label| label.domain() == HashDomain::Time || held(label);
        let part = |index: usize, gamma: Scalar| {
            let row = program.rows()[index];
            let (label, c2) = (program.labels()[row.label].clone(), ciphertext.c2[row.occurrence - 1]);
            Part { label, gamma, c3: ciphertext.c3[index], c2 }
        };
        let selection = program.reconstruct(held).or_else(|| program.reconstruct(|_| true)).unwrap().rows;
        let time = program.time_rows();
        let rows = selection.into_iter().filter(|(index, _)| *index >= time);
        Self {
            k: *k,
            c1: ciphertext.c1,
            rows: rows.map(|(index, gamma)| part(index, gamma)).collect(),
            time: (0..time).map(|index| part(index, Scalar::one())).collect(),
            seal: Vec::new(),
        }
    }

    /// Sets of rows: of each, one or none is used.
    fn slots(&self) -> Vec<&[Part]> {
        let clauses = [&self.time[..], &self.seal].into_iter().filter(|parts| !parts.is_empty());
        self.rows.iter().map(core::slice::from_ref).chain(clauses).collect()
    }
}

/// Colluders.
#[derive(Default)]
pub(crate) struct Pool {
    pub(crate) keys: Vec<Pooled>,
    /// Other elements of G1 that they have, to be tried in every place.
    pub(crate) elements: Vec<G1>,
    /// Exponents that they know besides the y of the keys.
    pub(crate) exponents: Vec<Scalar>,
}

impl Pool {
    pub(crate) fn of(keys: impl IntoIterator<Item = Pooled>) -> Self {
        Self { keys: keys.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn holds(&self, label: &Label) -> bool {
        self.keys.iter().any(|key| key.component(label).is_some())
    }

    /// Mixes the keys, as they are and unblinded where y is known, in every combination: K1 of one, K2 of another, for
    /// each row the component of whoever has it, or something else, or the row is left out; compares what comes out with
    /// K to the power of every exponent that can be undone; and divides one result by another.
    pub(crate) fn opens(&self, target: &Target) -> bool {
        let unblinded: Vec<Pooled> = self.keys.iter().filter_map(Pooled::unblinded).collect();
        let all: Vec<&Pooled> = self.keys.iter().chain(&unblinded).collect();
        let k2: Vec<G1> = all.iter().map(|key| key.k2).chain(self.elements.iter().copied()).collect();
        let k2: Vec<Gt> = k2.into_iter().map(|k2| e(k2, target.c1)).collect();
        let aims: Vec<Gt> =
            self.undone().into_iter().map(|exponent| target.k.pow(&Secret::new(exponent))).collect();
        let slots = target.slots();
        // Meet in the middle: K2 and the first slots on one side, the other slots and the aims on the other.
        let (near, far) = slots.split_at(slots.len() / 2);
        let above = |slots: &[&[Part]], sign: Scalar| -> Vec<Vec<(Part, Gt)>> {
            slots
                .iter()
                .map(|slot| slot.iter().flat_map(|part| self.above(&all, part, sign)).collect())
                .collect()
        };
        let (near, far) = (above(near, Scalar::one()), above(far, -Scalar::one()));
        all.iter().any(|key| {
            let near = products(&k2, &near, key.k1, Scalar::one());
            let far = products(&aims, &far, key.k1, -Scalar::one());
            let near: BTreeSet<_> = near.iter().map(Gt::to_bytes).collect();
            far.iter().any(|product| near.contains(&product.to_bytes()))
        }) || self.quotients(&all, &slots, &aims, &k2)
    }

    /// e(component, C2)^(±γ) for every component that may go with a row.
    fn above(&self, all: &[&Pooled], part: &Part, sign: Scalar) -> Vec<(Part, Gt)> {
        let mut components: Vec<G1> = all.iter().filter_map(|key| key.component(&part.label)).collect();
        if components.is_empty() {
            components.extend(all.iter().filter_map(|key| key.k3.last()));
        }
        components.extend([G1::identity(), attribute_point(&part.label)]);
        components.extend(&self.elements);
        let power = Secret::new(part.gamma * sign);
        components.into_iter().map(|c| (part.clone(), e(c.pow(&power), part.c2))).collect()
    }

    /// Exponents that colluders can undo: known ones, their inverses, products and quotients of two, and differences.
    fn undone(&self) -> Vec<Scalar> {
        let mut known = self.exponents.clone();
        known.extend(self.keys.iter().filter_map(|key| key.y));
        known.extend(known.clone().iter().map(Scalar::invert));
        let mut exponents = alloc::vec![Scalar::one()];
        exponents.extend(&known);
        for (index, a) in known.iter().enumerate() {
            exponents.extend(known.iter().skip(index).map(|b| *a * *b));
            exponents.extend(known.iter().skip(index + 1).map(|b| *a - *b));
        }
        // Two keys of one reader: their difference is nothing that could be undone.
        exponents.retain(|exponent| !exponent.is_zero());
        exponents
    }

    /// One result divided by another, for results that use every slot.
    fn quotients(&self, all: &[&Pooled], slots: &[&[Part]], aims: &[Gt], k2: &[Gt]) -> bool {
        let whole = |key: &&Pooled| {
            slots.iter().try_fold(Gt::one(), |product, slot| {
                let part = slot.iter().find(|part| self.holds(&part.label))?;
                let own = all.iter().chain([key]).rev().find_map(|key| key.component(&part.label))?;
                let gamma = Secret::new(part.gamma);
                Some(product * e(own.pow(&gamma), part.c2) * e((-part.c3).pow(&gamma), key.k1))
            })
        };
        let few: Vec<Gt> = all.iter().filter_map(whole).take(3).collect();
        let results: Vec<Gt> =
            few.iter().flat_map(|product| k2.iter().take(4).map(move |k2| *k2 * *product)).collect();
        let minus_one = Secret::new(-Scalar::one());
        let inverses: Vec<Gt> = results.iter().map(|result| result.pow(&minus_one)).collect();
        results.iter().any(|a| inverses.iter().any(|b| aims.contains(&(*a * *b))))
    }
}

fn e(p: G1, q: G2) -> Gt {
    pairing_product(&[(RowSum::from(p), q)])
}

/// Every product of one of `start` and, of each slot, one factor or none. A factor is what stands above, divided by
/// e(C3, K1)^(±γ).
fn products(start: &[Gt], slots: &[Vec<(Part, Gt)>], k1: G2, sign: Scalar) -> Vec<Gt> {
    let mut products = start.to_vec();
    for slot in slots {
        let mut below: Option<(G1, Gt)> = None;
        let mut longer = products.clone();
        for (part, above) in slot {
            let row = (-part.c3).pow(&Secret::new(part.gamma * sign));
            let divisor = match below {
                Some((same, divisor)) if same == row => divisor,
                _ => e(row, k1),
            };
            below = Some((row, divisor));
            let factor = *above * divisor;
            longer.extend(products.iter().map(|product| *product * factor));
        }
        products = longer;
    }
    products
}

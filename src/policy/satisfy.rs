//! Which rows a reader combines, and with which coefficients. (SPEC `[POL-10]`)
//!
//! Every distinct ρ among the rows costs a pairing, every row an addition in G1. All of this is
//! public: it depends on the policy and on which attributes the key has.

use alloc::vec::Vec;

use super::attribute::Label;
use super::span::{Gate, SpanProgram};
use crate::math::Scalar;

/// Rows and coefficients γ with Σ γ_i·M_i = (1,0,..,0).
#[derive(Debug, Clone)]
pub struct Selection {
    /// Row numbers, ascending, each with its coefficient: exactly one outside of `k of n`.
    pub rows: Vec<(usize, Scalar)>,
}

/// As many distinct ρ as are searched exhaustively.
const EXACT: usize = 4;

impl SpanProgram {
    /// Rows whose labels are `owned`, and coefficients, that combine to the secret; `None` if what
    /// is owned does not satisfy the policy.
    ///
    /// The choice has the fewest distinct ρ, and among those the fewest rows: exactly so if the
    /// owned rows have at most four distinct ρ. Otherwise (the general problem is NP-hard and the
    /// policy may be hostile) one ρ after the other is given up, the largest first, while the rest
    /// suffices; that takes at most τ walks over the tree.
    pub fn reconstruct(&self, owned: impl Fn(&Label) -> bool) -> Option<Selection> {
        let owned: Vec<bool> = self.labels().iter().map(owned).collect();
        // ρ of the rows that can be used, 0 of the others.
        let usable: Vec<usize> = self
            .rows()
            .iter()
            .map(|row| if owned.get(row.label).copied().unwrap_or_default() { row.occurrence } else { 0 })
            .collect();
        let mut distinct: Vec<usize> = usable.iter().copied().filter(|rho| *rho > 0).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let allowed = if distinct.len() <= EXACT {
            fewest(&self.root, &usable, &distinct)?
        } else {
            enough(&self.root, &usable, distinct, self.tau())?
        };
        let plan = Plan::make(&self.root, &mut usable.iter().map(|rho| allows(&allowed, *rho)))?;
        let mut rows = Vec::with_capacity(plan.rows);
        plan.coefficients(&self.root, 0, Scalar::one(), &mut rows);
        Some(Selection { rows })
    }
}

fn allows(allowed: &[usize], rho: usize) -> bool {
    rho > 0 && allowed.binary_search(&rho).is_ok()
}

/// The subset of `distinct` with the fewest members, then rows, that satisfies the gate.
fn fewest(root: &Gate, usable: &[usize], distinct: &[usize]) -> Option<Vec<usize>> {
    let subsets = (0u32..1 << distinct.len()).filter_map(|mask| {
        let members = distinct.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
        let allowed: Vec<usize> = members.map(|(_, rho)| *rho).collect();
        let rows = least_rows(root, &mut usable.iter().map(|rho| allows(&allowed, *rho)))?;
        Some((allowed.len(), rows, allowed))
    });
    subsets.min().map(|(_, _, allowed)| allowed)
}

/// A subset of `distinct` that satisfies the gate and that no member can be taken from.
fn enough(root: &Gate, usable: &[usize], mut distinct: Vec<usize>, tau: usize) -> Option<Vec<usize>> {
    let mut keep = alloc::vec![false; tau + 1];
    for rho in &distinct {
        if let Some(kept) = keep.get_mut(*rho) {
            *kept = true;
        }
    }
    let satisfied = |keep: &[bool]| {
        least_rows(
            root,
            &mut usable.iter().map(|rho| *rho > 0 && keep.get(*rho).copied().unwrap_or_default()),
        )
        .is_some()
    };
    if !satisfied(&keep) {
        return None;
    }
    for rho in distinct.iter().rev() {
        let Some(kept) = keep.get_mut(*rho) else { continue };
        *kept = false;
        if !satisfied(&keep)
            && let Some(kept) = keep.get_mut(*rho)
        {
            *kept = true;
        }
    }
    distinct.retain(|rho| keep.get(*rho).copied().unwrap_or_default());
    Some(distinct)
}

/// How many rows the gate takes at least; `None` if it is not satisfied.
fn least_rows(gate: &Gate, rows: &mut impl Iterator<Item = bool>) -> Option<usize> {
    // No short cuts: every row below the gate must be taken off the iterator.
    match gate {
        Gate::Row => rows.next()?.then_some(1),
        Gate::And(children) => {
            let mut sum = Some(0);
            for child in children {
                let child = least_rows(child, rows);
                sum = sum.zip(child).map(|(sum, rows)| sum + rows);
            }
            sum
        }
        Gate::Or(children) => children.iter().filter_map(|child| least_rows(child, rows)).min(),
        Gate::Threshold(k, children) => {
            let mut counts: Vec<usize> =
                children.iter().filter_map(|child| least_rows(child, rows)).collect();
            counts.sort_unstable();
            (counts.len() >= *k).then(|| counts.iter().take(*k).sum())
        }
    }
}

/// The cheapest way to satisfy a gate.
struct Plan {
    /// Rows it takes.
    rows: usize,
    /// The children it takes, by index and ascending; empty for a row.
    children: Vec<(usize, Plan)>,
}

impl Plan {
    /// As [`least_rows`], remembering the choice; of equally cheap children the first.
    fn make(gate: &Gate, rows: &mut impl Iterator<Item = bool>) -> Option<Self> {
        let (needed, children) = match gate {
            Gate::Row => return rows.next()?.then_some(Plan { rows: 1, children: Vec::new() }),
            Gate::And(children) => (children.len(), children),
            Gate::Or(children) => (1, children),
            Gate::Threshold(k, children) => (*k, children),
        };
        let plans = children.iter().map(|child| Self::make(child, rows)).enumerate();
        let mut plans: Vec<_> = plans.filter_map(|(index, plan)| plan.map(|plan| (index, plan))).collect();
        if plans.len() < needed {
            return None;
        }
        plans.sort_by_key(|(_, plan)| plan.rows);
        plans.truncate(needed);
        plans.sort_unstable_by_key(|(index, _)| *index);
        Some(Self { rows: plans.iter().map(|(_, plan)| plan.rows).sum(), children: plans })
    }

    /// Appends the rows of the plan, the first row of the gate being `first`, with coefficients that
    /// add up to `factor` times the gate's secret.
    fn coefficients(&self, gate: &Gate, first: usize, factor: Scalar, rows: &mut Vec<(usize, Scalar)>) {
        let (children, weights) = match gate {
            Gate::Row => {
                rows.push((first, factor));
                return;
            }
            Gate::And(children) | Gate::Or(children) => (children, None),
            Gate::Threshold(_, children) => {
                let points: Vec<u32> = self
                    .children
                    .iter()
                    .map(|(index, _)| u32::try_from(index + 1).unwrap_or(u32::MAX))
                    .collect();
                (children, Some(lagrange_at_zero(&points)))
            }
        };
        let mut first = first;
        let mut weights = weights.map(Vec::into_iter);
        let mut chosen = self.children.iter().peekable();
        for (index, child) in children.iter().enumerate() {
            if let Some((_, plan)) = chosen.next_if(|(chosen, _)| *chosen == index) {
                let factor = match weights.as_mut().and_then(Iterator::next) {
                    Some(weight) => factor * weight,
                    None => factor,
                };
                plan.coefficients(child, first, factor, rows);
            }
            first += child.rows();
        }
    }
}

impl Gate {
    /// Rows below the gate.
    pub(super) fn rows(&self) -> usize {
        match self {
            Gate::Row => 1,
            Gate::And(children) | Gate::Or(children) | Gate::Threshold(_, children) => {
                children.iter().map(Gate::rows).sum()
            }
        }
    }
}

/// The Lagrange coefficients at 0 of distinct positive points: ℓ_i = Π_{j≠i} x_j / (x_j − x_i).
pub(super) fn lagrange_at_zero(points: &[u32]) -> Vec<Scalar> {
    let product =
        points.iter().fold(Product::default(), |product, x| product.times(u64::from(*x), false)).value();
    // The denominators x_i·Π_{j≠i} (x_j − x_i), as products of small integers.
    let denominators: Vec<Scalar> = points
        .iter()
        .map(|x| {
            let others = points.iter().filter(|other| *other != x);
            let start = Product::default().times(u64::from(*x), false);
            others
                .fold(start, |product, other| product.times(u64::from(x.abs_diff(*other)), other < x))
                .value()
        })
        .collect();
    invert_all(&denominators).into_iter().map(|inverse| product * inverse).collect()
}

/// A product of small integers: multiplied as machine words while they last.
struct Product {
    scalar: Scalar,
    word: u64,
    negative: bool,
}

impl Default for Product {
    fn default() -> Self {
        Self { scalar: Scalar::one(), word: 1, negative: false }
    }
}

impl Product {
    fn times(self, factor: u64, negative: bool) -> Self {
        let negative = self.negative ^ negative;
        match self.word.checked_mul(factor) {
            Some(word) => Self { word, negative, ..self },
            None => Self { scalar: self.scalar * Scalar::from_u64(self.word), word: factor, negative },
        }
    }

    fn value(self) -> Scalar {
        let value = self.scalar * Scalar::from_u64(self.word);
        if self.negative { -value } else { value }
    }
}

/// The inverses of values that are not 0, by one inversion and three multiplications each.
pub(super) fn invert_all(values: &[Scalar]) -> Vec<Scalar> {
    let mut running = Scalar::one();
    let mut before: Vec<Scalar> = Vec::with_capacity(values.len());
    for value in values {
        before.push(running);
        running = running * *value;
    }
    let mut inverse = running.invert();
    for (slot, value) in before.iter_mut().zip(values).rev() {
        *slot = inverse * *slot;
        inverse = inverse * *value;
    }
    before
}

//! Labels, policies, and how a policy shares a secret among its leaves.

use std::collections::BTreeSet;

use crate::field::{Random, Scalar};
use crate::polynomial::{Polynomial, constant, point, secret, zero};
use crate::tree::Node;

/// The string hashed to a point of G1. Attributes and time nodes are separate domains, and
/// neither meets the base point B.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    pub fn attribute(name: &str) -> Self {
        Self(format!("attribute {name}"))
    }

    pub fn time(node: Node) -> Self {
        Self(format!("time {node:?}"))
    }

    /// The base point; as an attribute only where domains are not kept apart.
    pub fn base() -> Self {
        Self("base".into())
    }

    /// The hashed point of this label.
    pub fn hash(&self) -> Polynomial {
        point(&*self.0)
    }
}

/// The labels of a key: attributes and time nodes.
pub fn labels(attributes: &[&str], nodes: impl IntoIterator<Item = Node>) -> BTreeSet<Label> {
    let attributes = attributes.iter().map(|name| Label::attribute(name));
    attributes.chain(nodes.into_iter().map(Label::time)).collect()
}

#[derive(Clone, Debug)]
pub enum Policy {
    Leaf(Label),
    All(Vec<Policy>),
    Any(Vec<Policy>),
    Threshold(usize, Vec<Policy>),
}

impl From<&str> for Policy {
    fn from(attribute: &str) -> Self {
        Self::Leaf(Label::attribute(attribute))
    }
}

pub fn all<const N: usize>(children: [impl Into<Policy>; N]) -> Policy {
    Policy::All(children.map(Into::into).into())
}

pub fn any<const N: usize>(children: [impl Into<Policy>; N]) -> Policy {
    Policy::Any(children.map(Into::into).into())
}

/// A gate of a policy: `needed` of the children.
struct Gate<'a> {
    children: &'a [Policy],
    needed: usize,
    shamir: bool,
}

impl Gate<'_> {
    /// The weight of each child when exactly the chosen ones (counted from 1) are used.
    fn weights(&self, chosen: &[usize]) -> Vec<Scalar> {
        assert_eq!(chosen.len(), self.needed);
        let field = |i: usize| Scalar::from(i as u64);
        let lagrange = |i: usize| {
            let others = chosen.iter().filter(|&&j| j != i);
            others.fold(Scalar::ONE, |product, &j| product * field(j) * (field(j) - field(i)).inverse())
        };
        let weight = |i: usize| match chosen.contains(&i) {
            false => Scalar::ZERO,
            true if self.shamir => lagrange(i),
            true => Scalar::ONE,
        };
        (1..=self.children.len()).map(weight).collect()
    }
}

impl Policy {
    /// The rows of the monotone span program: label and share, as a linear form in the secret
    /// and in fresh secrets named after `tag`.
    pub fn share(&self, value: &Polynomial, tag: &str) -> Vec<(Label, Polynomial)> {
        let mut rows = Vec::new();
        let mut drawn = 0;
        let mut draw = || {
            drawn += 1;
            secret(format!("v{drawn} of {tag}"))
        };
        self.share_into(value, &mut draw, &mut rows);
        rows
    }

    fn share_into(
        &self,
        value: &Polynomial,
        draw: &mut impl FnMut() -> Polynomial,
        rows: &mut Vec<(Label, Polynomial)>,
    ) {
        match self {
            Self::Leaf(label) => rows.push((label.clone(), value.clone())),
            Self::Any(children) => children.iter().for_each(|child| child.share_into(value, draw, rows)),
            Self::All(children) => {
                let (last, others) = children.split_last().unwrap();
                let mut rest = value.clone();
                for child in others {
                    let share = draw();
                    rest = rest - &share;
                    child.share_into(&share, draw, rows);
                }
                last.share_into(&rest, draw, rows);
            }
            Self::Threshold(k, children) => {
                // Shamir: child i gets the value at i of a polynomial of degree k - 1.
                let coefficients: Vec<_> = (1..*k).map(|_| draw()).collect();
                for (i, child) in (1..).zip(children) {
                    let powers = (1..).map(|power| constant(Scalar::from(i).power(power)));
                    let terms = coefficients.iter().zip(powers).map(|(coefficient, x)| coefficient * x);
                    child.share_into(&(value + &terms.sum()), draw, rows);
                }
            }
        }
    }

    /// Plain logic, apart from all algebra.
    pub fn satisfied_by(&self, held: &BTreeSet<Label>) -> bool {
        let satisfied = |child: &Self| child.satisfied_by(held);
        match self {
            Self::Leaf(label) => held.contains(label),
            Self::All(children) => children.iter().all(satisfied),
            Self::Any(children) => children.iter().any(satisfied),
            Self::Threshold(k, children) => children.iter().filter(|child| satisfied(child)).count() >= *k,
        }
    }

    /// One coefficient per row, 0 on rows not used, such that the shares add up to the secret.
    pub fn reconstruct(&self, held: &BTreeSet<Label>) -> Vec<Scalar> {
        let mut gamma = Vec::new();
        self.spread(Scalar::ONE, &mut gamma, &mut |gate| {
            let satisfied = (1..=gate.children.len()).filter(|&i| gate.children[i - 1].satisfied_by(held));
            let chosen: Vec<_> = satisfied.take(gate.needed).collect();
            // Below a child that is not used, any choice will do: its weight is 0.
            if chosen.len() == gate.needed {
                gate.weights(&chosen)
            } else {
                vec![Scalar::ZERO; gate.children.len()]
            }
        });
        gamma
    }

    /// Random coefficients over all rows such that the shares add up to the secret.
    pub fn random_combination(&self, random: &mut Random) -> Vec<Scalar> {
        let mut gamma = Vec::new();
        self.spread(Scalar::ONE, &mut gamma, &mut |gate| {
            // A random affine combination of all the choices of neighbouring children.
            let mut weights = vec![Scalar::ZERO; gate.children.len()];
            let mut rest = Scalar::ONE;
            for first in (1..=gate.children.len() + 1 - gate.needed).rev() {
                let part = if first == 1 { rest } else { random.scalar() };
                rest = rest - part;
                let chosen: Vec<_> = (first..first + gate.needed).collect();
                for (sum, weight) in weights.iter_mut().zip(gate.weights(&chosen)) {
                    *sum = *sum + part * weight;
                }
            }
            weights
        });
        gamma
    }

    /// Hands `weight` down to the leaves; `choose` gives the weights of the children of a gate.
    fn spread(&self, weight: Scalar, gamma: &mut Vec<Scalar>, choose: &mut impl FnMut(&Gate) -> Vec<Scalar>) {
        let (children, needed, shamir) = match self {
            Self::Leaf(_) => return gamma.push(weight),
            Self::All(children) => (children, children.len(), false),
            Self::Any(children) => (children, 1, false),
            Self::Threshold(k, children) => (children, *k, true),
        };
        for (child, part) in children.iter().zip(choose(&Gate { children, needed, shamir })) {
            child.spread(weight * part, gamma, choose);
        }
    }
}

#[test]
fn shares_add_up_to_the_secret() {
    let policy = Policy::Threshold(
        2,
        vec![
            "A".into(),
            all(["B", "C"]),
            any(["A", "D"]),
            Policy::Threshold(1, vec!["E".into(), "B".into()]),
        ],
    );
    let value = secret("s");
    let rows = policy.share(&value, "test");
    let add_up = |gamma: Vec<Scalar>| -> Polynomial {
        assert_eq!(gamma.len(), rows.len());
        rows.iter().zip(gamma).map(|((_, share), weight)| share * constant(weight)).sum()
    };
    let mut random = Random::new(2);
    for subset in 0..32_u32 {
        let held = ["A", "B", "C", "D", "E"].into_iter().enumerate();
        let held: Vec<_> = held.filter(|(i, _)| subset >> i & 1 == 1).map(|(_, name)| name).collect();
        let held = labels(&held, []);
        if policy.satisfied_by(&held) {
            let gamma = policy.reconstruct(&held);
            let owned =
                rows.iter().zip(&gamma).all(|((label, _), &g)| g == Scalar::ZERO || held.contains(label));
            assert!(owned && add_up(gamma) == value);
        }
        assert!(add_up(policy.random_combination(&mut random)) == value);
    }
    assert!(add_up(vec![Scalar::ONE; rows.len()]) != value && !value.is_zero() && zero().is_zero());
}

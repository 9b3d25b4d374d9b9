//! Policies of n leaves, and attributes that satisfy them.
//!
//! | shape | policy | the reader uses |
//! |---|---|---|
//! | and | all of n attributes | n rows |
//! | or | any of n attributes | 1 row |
//! | k-of-n | ⌈n/2⌉ of n attributes | ⌈n/2⌉ rows |
//! | mixed | a tree of `and`, `or` and `2 of 3` in turn, over n attributes | what suffices |
//! | comparison | all of some comparisons of 8-bit numbers, which expand to n leaves | a row of each |
//!
//! Whatever the shape, a policy has n leaves and its ciphertext n rows, no two with the same label;
//! and the key holds every attribute, or number, that the policy names.

use hippocrypt::{AttributeSet, Policy, Schema};

use super::Wrong;
use super::grid::Shape;

/// Bits of the numbers that are compared.
const BITS: usize = 8;
const MAX: usize = (1 << BITS) - 1;

/// A policy of this shape with n leaves, and a set that satisfies it.
pub fn policy(shape: Shape, n: usize) -> Result<(Policy, AttributeSet), Wrong> {
    if shape == Shape::Comparison {
        return comparisons(n);
    }
    let names: Vec<String> = (0..n).map(|i| format!("attribute-{i}")).collect();
    let text = match shape {
        Shape::Or => names.join(" or "),
        Shape::KOfN => format!("{} of ({})", n.div_ceil(2), names.join(", ")),
        Shape::Mixed => tree(&names, &mut [Gate::And, Gate::Or, Gate::TwoOfThree].into_iter().cycle()),
        Shape::And | Shape::Comparison => names.join(" and "),
    };
    let schema = Schema::empty();
    Ok((Policy::parse(&text, &schema)?, AttributeSet::parse(&names.join(", "), &schema)?))
}

#[derive(Debug, Clone, Copy)]
enum Gate {
    And,
    Or,
    TwoOfThree,
}

/// A tree over `names` of at most three branches a gate; the levels take their gates in turn.
fn tree(names: &[String], gates: &mut (impl Iterator<Item = Gate> + Clone)) -> String {
    if let [name] = names {
        return name.clone();
    }
    let gate = gates.next().unwrap_or(Gate::And);
    let branches = names.chunks(names.len().div_ceil(3)).map(|part| tree(part, &mut gates.clone()));
    let branches: Vec<String> = branches.collect();
    match gate {
        Gate::And => format!("({})", branches.join(" and ")),
        Gate::Or => format!("({})", branches.join(" or ")),
        Gate::TwoOfThree => format!("2 of ({})", branches.join(", ")),
    }
}

/// Comparisons of numbers x0, x1, .. joined by `and`, which expand to n leaves in all.
///
/// `x in 1..254` has 14 leaves, `x >= 1` and `x <= 254` have 8 each; the last has what is missing.
fn comparisons(n: usize) -> Result<(Policy, AttributeSet), Wrong> {
    let (mut declared, mut compared, mut held) = (Vec::new(), Vec::new(), Vec::new());
    let mut missing = n;
    for number in 0.. {
        let (comparison, value, leaves) = match (number % 3, missing) {
            (_, 0) => break,
            (0, 2..) => between(missing.min(2 * BITS - 2)),
            (1, _) => at_most(missing.min(BITS)),
            _ => at_least(missing.min(BITS)),
        };
        declared.push(format!("x{number}: uint({BITS})"));
        compared.push(format!("x{number} {comparison}"));
        held.push(format!("x{number} = {value}"));
        missing = missing.saturating_sub(leaves);
    }
    let schema = Schema::parse(&declared.join(", "))?;
    let policy = Policy::parse(&compared.join(" and "), &schema)?;
    Ok((policy, AttributeSet::parse(&held.join(", "), &schema)?))
}

/// A comparison, a value that satisfies it, and its leaves, 1 to 8: of the nodes above 0, the highest.
fn at_least(leaves: usize) -> (String, usize, usize) {
    let least = 1 << (BITS - leaves);
    (format!(">= {least}"), least, leaves)
}

/// The mirror image.
fn at_most(leaves: usize) -> (String, usize, usize) {
    let most = MAX - (1 << (BITS - leaves));
    (format!("<= {most}"), most, leaves)
}

/// 2 to 14 leaves, one half of them (or one more) below the middle and one half above.
fn between(leaves: usize) -> (String, usize, usize) {
    let (below, above) = (leaves.div_ceil(2), leaves / 2);
    let least = 1 << (BITS - 1 - below);
    let most = MAX - (1 << (BITS - 1 - above));
    (format!("in {least}..{most}"), least, leaves)
}

#[cfg(test)]
mod tests {
    use super::super::grid::{MAX_SIZE, SHAPES, SIZES};
    use super::*;

    #[test]
    fn every_policy_has_n_leaves_and_a_reader() {
        for shape in SHAPES {
            for n in (1..60).chain(SIZES).chain([MAX_SIZE - 1, MAX_SIZE]) {
                let (policy, attributes) = policy(shape, n).unwrap();
                assert_eq!(policy.leaves(), n, "{shape:?}: {policy}");
                assert!(policy.is_satisfied_by(&attributes), "{policy}");
                // No label twice: a repetition would cost a pairing.
                assert_eq!(policy.span_program().tau(), 1, "{policy}");
                let mentioned = policy.mentions().count();
                assert_eq!(attributes.len(), mentioned);
            }
        }
    }

    #[test]
    fn shapes_look_as_described() {
        let text = |shape, n| policy(shape, n).unwrap().0.to_string().replace("attribute-", "a");
        assert_eq!(text(Shape::And, 3), "a0 and a1 and a2");
        assert_eq!(text(Shape::Or, 3), "a0 or a1 or a2");
        assert_eq!(text(Shape::KOfN, 5), "3 of (a0, a1, a2, a3, a4)");
        assert_eq!(text(Shape::Mixed, 4), "(a0 or a1) and (a2 or a3)");
        let large = text(Shape::Mixed, 27);
        for gate in [" and ", " or ", "2 of ("] {
            assert!(large.contains(gate), "{large}");
        }
        assert_eq!(text(Shape::Comparison, 24), "x0 in 1..254 and x1 <= 254 and x2 >= 64");
    }
}

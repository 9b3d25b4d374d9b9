//! What a key lacks to satisfy a policy. Public information: it depends on the policy and the
//! key's attributes, not on any secret. (SPEC `[POL-8]`)

use alloc::vec::Vec;
use core::fmt::{self, Display as _};

use super::attribute::Attribute;
use super::number::{NumberType, Range};
use super::set::AttributeSet;
use super::tree::Node;

/// The smallest help: what to add to a key so that it satisfies a policy.
///
/// Printed, it reads like `role:physician and 2 more of (a, b, c)`. Alternatives that need more than
/// the least number of additions are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// This attribute.
    Attribute(Attribute),
    /// A number within this range.
    Number {
        /// The range asked for.
        range: Range,
        /// What the key holds instead, of whatever type. It cannot be added to: a number that
        /// changes means a new key.
        held: Option<(NumberType, u64)>,
    },
    /// Each of these.
    All(Vec<Missing>),
    /// Any `count` of these; each alone may be worth more than one attribute.
    AtLeast {
        /// How many; below the number of alternatives.
        count: usize,
        /// The alternatives, cheapest first.
        of: Vec<Missing>,
    },
}

impl Missing {
    /// How many attributes and numbers must be added at least, an attribute that is asked for twice
    /// counted twice.
    pub fn count(&self) -> usize {
        match self {
            Missing::Attribute(_) | Missing::Number { .. } => 1,
            Missing::All(parts) => parts.iter().map(Missing::count).sum(),
            Missing::AtLeast { count, of } => of.iter().take(*count).map(Missing::count).sum(),
        }
    }

    /// What `node` needs that `set` does not have; `None` if it is satisfied.
    pub(crate) fn find(node: &Node, set: &AttributeSet) -> Option<Self> {
        Self::weigh(node, set).map(|(_, missing)| missing)
    }

    /// The same with its [`Self::count`].
    fn weigh(node: &Node, set: &AttributeSet) -> Option<(usize, Self)> {
        let needed = match node {
            Node::Attribute(_) | Node::Range(_) if node.is_satisfied_by(set) => return None,
            Node::Attribute(attribute) => return Some((1, Missing::Attribute(attribute.clone()))),
            Node::Range(range) => {
                let held = set.number(range.name());
                return Some((1, Missing::Number { range: range.clone(), held }));
            }
            Node::And(children) => children.len(),
            Node::Or(_) => 1,
            Node::Threshold(k, _) => usize::from(*k),
        };
        let mut parts: Vec<_> = node.children().iter().filter_map(|child| Self::weigh(child, set)).collect();
        let satisfied = node.children().len() - parts.len();
        let count = needed.checked_sub(satisfied).filter(|count| *count > 0)?;
        if count == parts.len() {
            return Some((parts.iter().map(|(weight, _)| weight).sum(), Self::all(parts)));
        }
        // Only alternatives that some smallest choice contains.
        parts.sort_by_key(|(weight, _)| *weight);
        let dearest = count.checked_sub(1).and_then(|last| parts.get(last)).map_or(0, |(weight, _)| *weight);
        parts.retain(|(weight, _)| *weight <= dearest);
        let weight = parts.iter().take(count).map(|(weight, _)| weight).sum();
        if parts.len() == count {
            return Some((weight, Self::all(parts)));
        }
        let of = parts.into_iter().map(|(_, part)| part).collect();
        Some((weight, Missing::AtLeast { count, of }))
    }

    fn all(mut parts: Vec<(usize, Self)>) -> Self {
        match parts.pop() {
            Some((_, only)) if parts.is_empty() => only,
            last => Missing::All(parts.into_iter().chain(last).map(|(_, part)| part).collect()),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Attribute(attribute) => attribute.fmt(f),
            Missing::Number { range, held: None } => range.fmt(f),
            Missing::Number { range, held: Some((number, value)) } => {
                write!(f, "{range} [the key holds ")?;
                number.write_value(f, *value)?;
                if *number != range.number() {
                    write!(f, " as {number}, not as {}", range.number())?;
                }
                f.write_str("]")
            }
            Missing::All(parts) => join(f, parts, " and "),
            Missing::AtLeast { count, of } => {
                write!(f, "{count} more of (")?;
                join(f, of, ", ")?;
                f.write_str(")")
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Missing], separator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

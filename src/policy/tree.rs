//! The canonical form: one tree for all policies that say the same in other order or spacing.
//! (SPEC `[POL-6]`)

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::{self, Display as _};

use super::attribute::Attribute;
use super::number::Range;
use super::set::AttributeSet;

/// A node of a policy in canonical form. The order is that of the canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    Attribute(Attribute),
    Range(Range),
    /// At least two children, none of them an `And`, strictly ascending.
    And(Children),
    /// At least two children, none of them an `Or`, strictly ascending.
    Or(Children),
    /// `k` of the children, 1 < k < n, ascending; a child may be repeated.
    Threshold(u16, Children),
}

/// The children of a gate, ordered like their bytes: count first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Children(Vec<Node>);

impl Children {
    pub(crate) fn new(nodes: Vec<Node>) -> Self {
        Self(nodes)
    }

    pub(crate) fn iter(&self) -> core::slice::Iter<'_, Node> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Ord for Children {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Children {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Node {
    /// All of `nodes`, which must not be empty.
    pub(crate) fn all_of(nodes: Vec<Node>) -> Self {
        let parts = |node| match node {
            Node::And(children) => children.0,
            node => alloc::vec![node],
        };
        Self::gate(nodes.into_iter().flat_map(parts).collect(), Node::And)
    }

    /// One of `nodes`, which must not be empty.
    pub(crate) fn any_of(nodes: Vec<Node>) -> Self {
        let parts = |node| match node {
            Node::Or(children) => children.0,
            node => alloc::vec![node],
        };
        Self::gate(nodes.into_iter().flat_map(parts).collect(), Node::Or)
    }

    /// Sorts, removes duplicates, and unwraps a single child.
    fn gate(mut nodes: Vec<Node>, gate: fn(Children) -> Node) -> Self {
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.pop() {
            Some(only) if nodes.is_empty() => only,
            last => {
                nodes.extend(last);
                gate(Children(nodes))
            }
        }
    }

    /// `k` of `nodes`, 1 ≤ k ≤ n.
    pub(crate) fn at_least(k: u16, mut nodes: Vec<Node>) -> Self {
        match usize::from(k) {
            1 => Self::any_of(nodes),
            k if k == nodes.len() => Self::all_of(nodes),
            _ => {
                nodes.sort_unstable();
                Node::Threshold(k, Children(nodes))
            }
        }
    }

    /// The children of a gate.
    pub(crate) fn children(&self) -> &[Node] {
        match self {
            Node::Attribute(_) | Node::Range(_) => &[],
            Node::And(children) | Node::Or(children) | Node::Threshold(_, children) => &children.0,
        }
    }

    /// Gates above the deepest leaf.
    pub(crate) fn depth(&self) -> usize {
        self.children().iter().map(|child| child.depth() + 1).max().unwrap_or(0)
    }

    /// Leaves after the expansion of comparisons.
    pub(crate) fn leaves(&self) -> usize {
        match self {
            Node::Attribute(_) => 1,
            Node::Range(range) => range.leaves(),
            gate => gate.children().iter().map(Node::leaves).sum(),
        }
    }

    /// Plain boolean evaluation.
    pub(crate) fn is_satisfied_by(&self, set: &AttributeSet) -> bool {
        match self {
            Node::Attribute(attribute) => set.contains(attribute),
            Node::Range(range) => match set.number(range.name()) {
                Some((number, value)) => number == range.number() && range.contains(value),
                None => false,
            },
            Node::And(children) => children.iter().all(|child| child.is_satisfied_by(set)),
            Node::Or(children) => children.iter().any(|child| child.is_satisfied_by(set)),
            Node::Threshold(k, children) => {
                let satisfied = children.iter().filter(|child| child.is_satisfied_by(set));
                satisfied.count() >= usize::from(*k)
            }
        }
    }

    /// Whether some `and` below asks for ranges of one number without a common value.
    pub(crate) fn is_contradictory(&self) -> bool {
        self.contradiction().is_some() || self.children().iter().any(Node::is_contradictory)
    }

    /// Two ranges of one number that this `and` asks for and that have no value in common.
    pub(crate) fn contradiction(&self) -> Option<(&Range, &Range)> {
        let Node::And(children) = self else { return None };
        let ranges = || {
            children
                .iter()
                .filter_map(|child| if let Node::Range(range) = child { Some(range) } else { None })
        };
        // Ranges of one number lie side by side, by lower bound: compare each with the one that ends first.
        let mut first_to_end: Option<&Range> = None;
        for range in ranges() {
            let before = first_to_end
                .filter(|before| before.name() == range.name() && before.number() == range.number());
            match before {
                Some(before) if before.bounds().1 < range.bounds().0 => return Some((before, range)),
                Some(before) if before.bounds().1 <= range.bounds().1 => {}
                _ => first_to_end = Some(range),
            }
        }
        None
    }
}

/// The canonical text: as few parentheses as possible.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Attribute(attribute) => attribute.fmt(f),
            Node::Range(range) => range.fmt(f),
            Node::And(children) => join(f, children, " and "),
            Node::Or(children) => join(f, children, " or "),
            Node::Threshold(k, children) => {
                write!(f, "{k} of (")?;
                join(f, children, ", ")?;
                f.write_str(")")
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, children: &Children, separator: &str) -> fmt::Result {
    for (index, child) in children.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        // `and` binds tighter than `or`; commas bind least.
        if separator == " and " && matches!(child, Node::Or(_)) {
            write!(f, "({child})")?;
        } else {
            child.fmt(f)?;
        }
    }
    Ok(())
}

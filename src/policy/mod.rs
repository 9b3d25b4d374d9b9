#![doc = include_str!("SPEC.md")]

mod attribute;
mod cursor;
mod date;
mod error;
mod lexer;
mod missing;
mod number;
mod parse;
mod random;
mod satisfy;
mod schema;
mod set;
mod span;
#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod wire;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

pub use attribute::{Attribute, Component, Label, Name};
pub use error::{AttributeError, PolicyError, PolicyReason};
pub use missing::Missing;
pub use number::{NumberType, Range};
pub use satisfy::Selection;
pub use schema::Schema;
pub use set::AttributeSet;
pub use span::{Row, SpanProgram};

use crate::codec::Decoder;
use crate::error::DecodeError;
use tree::Node;

/// Bytes of a namespace, name or value, in normalization form C. (SPEC `[POL-1]`)
pub const MAX_COMPONENT_BYTES: usize = 256;
/// Groups within groups, and open parentheses. (SPEC `[POL-7]`)
pub const MAX_NESTING: usize = 64;
/// Leaves of a policy after the expansion of its comparisons: rows of a ciphertext.
pub const MAX_LEAVES: usize = 1_024;
/// Bytes of the text of a policy, as given and in canonical form.
pub const MAX_TEXT_BYTES: usize = 64 * 1_024;
/// Bytes of the canonical form of a policy.
pub const MAX_CANONICAL_BYTES: usize = 64 * 1_024;
/// Labels of an attribute set: components of a key.
pub const MAX_LABELS: usize = 1_024;
/// Names that a schema declares.
pub const MAX_DECLARATIONS: usize = 1_024;
/// Bytes of the text of an attribute set or schema: whatever they can hold, escaped, is shorter.
pub const MAX_LIST_BYTES: usize = 8 * 1_024 * 1_024;

/// Who may read: a condition on the attributes of keys, in canonical form.
///
/// Policies that differ only in spacing, order, superfluous parentheses or the case of keywords are
/// equal, and so are their canonical bytes. The text form parses back to the same policy.
///
/// ```
/// use hippocrypt::{AttributeSet, Policy, Schema};
///
/// let schema = Schema::parse("clearance: uint(4)")?;
/// let policy = Policy::parse("role:physician AND (dept:cardiology or clearance >= 3)", &schema)?;
/// assert_eq!(policy, Policy::parse("(clearance > 2 or dept:cardiology) and role:physician", &schema)?);
///
/// let key = AttributeSet::parse("role:physician, clearance = 1", &schema)?;
/// assert!(!policy.is_satisfied_by(&key));
/// let missing = policy.missing(&key).map(|missing| missing.to_string());
/// assert_eq!(missing.as_deref(), Some("1 more of (dept:cardiology, clearance >= 3 [the key holds 1])"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    root: Node,
    leaves: usize,
    /// H(schema) of the schema it was written under.
    schema: [u8; 32],
}

/// What a policy asks for at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// A plain attribute.
    Attribute(&'a Attribute),
    /// A number within a range.
    Range(&'a Range),
}

impl Policy {
    /// The policy that asks for one attribute.
    ///
    /// # Errors
    /// [`AttributeError::Declared`] if `schema` declares the name as a number.
    pub fn attribute(attribute: Attribute, schema: &Schema) -> Result<Self, PolicyReason> {
        if schema.number_type(attribute.name()).is_some() {
            return Err(AttributeError::Declared(attribute.name().to_string()).into());
        }
        Ok(Self { root: Node::Attribute(attribute), leaves: 1, schema: schema.id() })
    }

    /// The policy that asks for a number within `lo..=hi` (dates in [`minutes`]).
    ///
    /// # Errors
    /// [`AttributeError::Undeclared`], [`AttributeError::TooWide`], or
    /// [`PolicyReason::NeverSatisfiable`] if `lo > hi`.
    pub fn range(name: Name, lo: u64, hi: u64, schema: &Schema) -> Result<Self, PolicyReason> {
        let Some(number) = schema.number_type(&name) else {
            return Err(AttributeError::Undeclared(name.to_string()).into());
        };
        let max = number.max_value();
        if hi > max {
            return Err(AttributeError::TooWide { name: name.to_string(), value: hi, max }.into());
        }
        let range = Range::new(name, number, lo, hi).ok_or(PolicyReason::NeverSatisfiable)?;
        Ok(Self { leaves: range.leaves(), root: Node::Range(range), schema: schema.id() })
    }

    /// Reads a policy; `schema` says which names are numbers.
    ///
    /// # Errors
    /// [`PolicyError`] with place, reason and hint.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, PolicyError> {
        let root = parse::parse(text, schema)?;
        Self::within_limits(root, schema.id()).map_err(|reason| PolicyError::new(text, 0, reason, ""))
    }

    /// All of `policies`.
    ///
    /// # Errors
    /// [`PolicyReason`] if there are none, if they were written under different schemas, or if a limit
    /// of SPEC `[POL-7]` is passed.
    pub fn all_of(policies: impl IntoIterator<Item = Policy>) -> Result<Self, PolicyReason> {
        let (nodes, schema) = parts(policies)?;
        Self::within_limits(Node::all_of(nodes), schema)
    }

    /// At least `k` of `policies`; with k = 1 any of them.
    ///
    /// # Errors
    /// [`PolicyReason`] if k is 0 or above their number, if they were written under different
    /// schemas, or if a limit of SPEC `[POL-7]` is passed.
    pub fn at_least(k: usize, policies: impl IntoIterator<Item = Policy>) -> Result<Self, PolicyReason> {
        let (nodes, schema) = parts(policies)?;
        let n = nodes.len();
        match u16::try_from(k) {
            Ok(small) if (1..=n).contains(&k) => Self::within_limits(Node::at_least(small, nodes), schema),
            _ => Err(PolicyReason::ImpossibleThreshold { k: k as u64, n }),
        }
    }

    fn within_limits(root: Node, schema: [u8; 32]) -> Result<Self, PolicyReason> {
        if root.depth() > MAX_NESTING {
            return Err(PolicyReason::TooDeep);
        }
        let leaves = root.leaves();
        if leaves > MAX_LEAVES {
            return Err(PolicyReason::TooManyLeaves { leaves });
        }
        if root.is_contradictory() {
            return Err(PolicyReason::NeverSatisfiable);
        }
        // The canonical text is bounded too, so that it can always be parsed back.
        let bytes = wire::encode(&root).len().max(text_length(&root));
        if bytes > MAX_CANONICAL_BYTES {
            return Err(PolicyReason::TooLarge { bytes });
        }
        Ok(Self { root, leaves, schema })
    }

    /// H(schema) of the schema that it was written under; ciphertexts carry it beside the policy.
    pub fn schema_id(&self) -> &[u8; 32] {
        &self.schema
    }

    /// The canonical bytes (SPEC `[POL-7]`), at most 64 KiB: what ciphertexts carry and hash.
    ///
    /// They are complete in themselves: comparisons carry the type of their number, no schema is
    /// needed to read them.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        wire::encode(&self.root)
    }

    /// Reads canonical bytes of a policy that was written under the schema of this id.
    ///
    /// # Errors
    /// [`DecodeError`] for anything but the very bytes that [`Self::canonical_bytes`] returns for
    /// some policy within the limits.
    pub fn from_canonical_bytes(bytes: &[u8], schema_id: [u8; 32]) -> Result<Self, DecodeError> {
        let root = wire::decode(bytes)?;
        // The text need not be counted where it cannot be too long.
        if bytes.len() > MAX_TEXT_BYTES / TEXT_PER_BYTE {
            Decoder::checked(text_length(&root) as u64, 0, "policy text length", 1, MAX_TEXT_BYTES as u64)?;
        }
        let leaves = root.leaves();
        Ok(Self { root, leaves, schema: schema_id })
    }

    /// Whether a key with the attributes of `set` satisfies the policy, by boolean evaluation.
    pub fn is_satisfied_by(&self, set: &AttributeSet) -> bool {
        self.root.is_satisfied_by(set)
    }

    /// What `set` lacks; `None` if it satisfies the policy.
    pub fn missing(&self, set: &AttributeSet) -> Option<Missing> {
        Missing::find(&self.root, set)
    }

    /// Leaves after the expansion of comparisons: the rows of a ciphertext. 1 to 1,024.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// The attributes and ranges mentioned, in canonical order, as often as they are.
    pub fn mentions(&self) -> impl Iterator<Item = Leaf<'_>> {
        let mut stack = Vec::from([&self.root]);
        core::iter::from_fn(move || {
            loop {
                match stack.pop()? {
                    Node::Attribute(attribute) => return Some(Leaf::Attribute(attribute)),
                    Node::Range(range) => return Some(Leaf::Range(range)),
                    gate => stack.extend(gate.children().iter().rev()),
                }
            }
        })
    }

    /// The policy taken apart: what it consists of, and how many of these parts it asks for (all of an
    /// `and`, one of an `or`); `None` for an attribute or a comparison.
    ///
    /// The inverse of [`Self::at_least`]. For whoever draws a policy, or explains it part by part.
    ///
    /// ```
    /// use hippocrypt::{Policy, Schema};
    ///
    /// let policy = Policy::parse("2 of (a, b and c, d)", &Schema::empty())?;
    /// let (k, parts) = policy.split().ok_or("a gate")?;
    /// assert_eq!((k, parts.len()), (2, 3));
    /// assert_eq!(Policy::at_least(k, parts)?, policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split(&self) -> Option<(usize, Vec<Policy>)> {
        let k = match &self.root {
            Node::Attribute(_) | Node::Range(_) => return None,
            Node::And(children) => children.len(),
            Node::Or(_) => 1,
            Node::Threshold(k, _) => usize::from(*k),
        };
        let part = |node: &Node| Self { root: node.clone(), leaves: node.leaves(), schema: self.schema };
        Some((k, self.root.children().iter().map(part).collect()))
    }

    /// The monotone span program of the policy (SPEC `[POL-9]`).
    pub fn span_program(&self) -> SpanProgram {
        SpanProgram::new(Vec::new(), &self.root)
    }

    /// The span program of this policy and one of `time`. (SPEC `[REV-3]`)
    pub(crate) fn span_program_with(&self, time: Vec<Label>) -> SpanProgram {
        SpanProgram::new(time, &self.root)
    }
}

/// The canonical text.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({self})")
    }
}

/// The roots of `policies`, at least one, and their common schema.
fn parts(policies: impl IntoIterator<Item = Policy>) -> Result<(Vec<Node>, [u8; 32]), PolicyReason> {
    let policies: Vec<Policy> = policies.into_iter().collect();
    let Some(schema) = policies.first().map(|policy| policy.schema) else {
        return Err(PolicyReason::ImpossibleThreshold { k: 0, n: 0 });
    };
    if policies.iter().any(|policy| policy.schema != schema) {
        return Err(PolicyReason::DifferentSchemas);
    }
    Ok((policies.into_iter().map(|policy| policy.root).collect(), schema))
}

/// A canonical text is at most so many times as long as the canonical bytes: what grows most is a control
/// character, of which the text makes `\u{7f}`.
const TEXT_PER_BYTE: usize = 6;

/// Bytes of the canonical text, counted without keeping it.
fn text_length(node: &Node) -> usize {
    struct Counter(usize);
    impl fmt::Write for Counter {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = fmt::write(&mut counter, format_args!("{node}"));
    counter.0
}

/// The minute that a text such as `2026-12-01T08:00Z` names, since 1900-01-01T00:00Z.
///
/// # Errors
/// [`PolicyReason::NotADate`] for anything else, a bare day included.
pub fn minutes(text: &str) -> Result<u64, PolicyReason> {
    let not_a_date = |why| PolicyReason::NotADate { text: text.to_string(), why };
    match date::parse(text) {
        Ok((first, last)) if first == last => Ok(first),
        Ok(_) => Err(not_a_date("add a time of day, such as T08:00Z")),
        Err(why) => Err(not_a_date(why)),
    }
}

/// The moment at which this minute begins, as [`minutes`] reads it: `2026-12-01T08:00Z`.
///
/// ```
/// assert_eq!(hippocrypt::date(hippocrypt::minutes("2026-12-01T08:00Z")?), "2026-12-01T08:00Z");
/// # Ok::<(), hippocrypt::PolicyReason>(())
/// ```
pub fn date(minutes: u64) -> String {
    date::DateTime::from_minutes(minutes).to_string()
}

//! The canonical bytes of a policy. (SPEC `[POL-7]`)

use alloc::vec::Vec;

use super::attribute::Attribute;
use super::number::Range;
use super::tree::{Children, Node};
use super::{MAX_CANONICAL_BYTES, MAX_LEAVES, MAX_NESTING};
use crate::codec::{Decoder, Encoder};
use crate::error::{DecodeError, DecodeReason};

const TAG_ATTRIBUTE: u8 = 1;
const TAG_RANGE: u8 = 2;
const TAG_AND: u8 = 3;
const TAG_OR: u8 = 4;
const TAG_THRESHOLD: u8 = 5;

/// A short attribute: its tag, and three parts of which it has one.
const LEAF_BYTES: usize = 8;

/// The bytes of a tree whose limits hold.
pub(crate) fn encode(node: &Node) -> Vec<u8> {
    let mut encoder = Encoder::bare(256);
    encode_node(node, &mut encoder);
    encoder.finish()
}

fn encode_node(node: &Node, encoder: &mut Encoder) {
    match node {
        Node::Attribute(attribute) => {
            encoder.u8(TAG_ATTRIBUTE);
            attribute.encode(encoder);
        }
        Node::Range(range) => {
            encoder.u8(TAG_RANGE);
            range.encode(encoder);
        }
        Node::And(children) => encode_gate(TAG_AND, children, encoder),
        Node::Or(children) => encode_gate(TAG_OR, children, encoder),
        Node::Threshold(k, children) => {
            encoder.u8(TAG_THRESHOLD);
            encoder.u16(*k);
            encode_children(children, encoder);
        }
    }
}

fn encode_gate(tag: u8, children: &Children, encoder: &mut Encoder) {
    encoder.u8(tag);
    encode_children(children, encoder);
}

fn encode_children(children: &Children, encoder: &mut Encoder) {
    encoder.u16(u16::try_from(children.len()).unwrap_or(u16::MAX));
    for child in children.iter() {
        encode_node(child, encoder);
    }
}

/// Reads a tree; accepts its canonical bytes only.
pub(crate) fn decode(bytes: &[u8]) -> Result<Node, DecodeError> {
    Decoder::checked(bytes.len() as u64, 0, "policy length", 0, MAX_CANONICAL_BYTES as u64)?;
    let mut reader = Reader { decoder: Decoder::new(bytes), leaves: 0 };
    let node = reader.node(0)?;
    reader.decoder.finish()?;
    Ok(node)
}

struct Reader<'a> {
    decoder: Decoder<'a>,
    /// Leaves read so far, with comparisons expanded.
    leaves: usize,
}

impl Reader<'_> {
    fn node(&mut self, depth: usize) -> Result<Node, DecodeError> {
        let at = self.decoder.position();
        Decoder::checked(depth as u64, at, "policy nesting", 0, MAX_NESTING as u64)?;
        let tag = self.decoder.u8("policy node")?;
        match tag {
            TAG_ATTRIBUTE => {
                let attribute = Attribute::decode(&mut self.decoder)?;
                self.add_leaves(1, at)?;
                Ok(Node::Attribute(attribute))
            }
            TAG_RANGE => {
                let range = Range::decode(&mut self.decoder)?;
                self.add_leaves(range.leaves(), at)?;
                Ok(Node::Range(range))
            }
            TAG_AND => {
                let all = Node::And(self.set(depth, |child| matches!(child, Node::And(_)))?);
                match all.contradiction() {
                    None => Ok(all),
                    Some(_) => {
                        let reason = DecodeReason::NotCanonical(
                            "ranges of one number that exclude each other are refused",
                        );
                        Err(Decoder::error_at(at, "policy node", reason))
                    }
                }
            }
            TAG_OR => Ok(Node::Or(self.set(depth, |child| matches!(child, Node::Or(_)))?)),
            TAG_THRESHOLD => {
                let at = self.decoder.position();
                let k = self.decoder.u16("threshold")?;
                let n = self.count(3)?;
                // 1 of n is an `or`, n of n an `and`.
                Decoder::checked(k.into(), at, "threshold", 2, n as u64 - 1)?;
                Ok(Node::Threshold(k, self.children(n, depth, |last, next| last <= next, |_| false)?))
            }
            other => {
                let (value, min, max) = (other.into(), TAG_ATTRIBUTE.into(), TAG_THRESHOLD.into());
                Err(Decoder::error_at(at, "policy node", DecodeReason::OutOfRange { value, min, max }))
            }
        }
    }

    fn add_leaves(&mut self, leaves: usize, at: usize) -> Result<(), DecodeError> {
        self.leaves += leaves;
        Decoder::checked(self.leaves as u64, at, "policy leaves", 1, MAX_LEAVES as u64).map(|_| ())
    }

    fn count(&mut self, min: u64) -> Result<usize, DecodeError> {
        let at = self.decoder.position();
        let count = self.decoder.u16("number of children")?;
        Decoder::checked(count.into(), at, "number of children", min, MAX_LEAVES as u64)?;
        Ok(count.into())
    }

    /// The children of an `and` or `or`: strictly ascending, none of the gate's own kind.
    fn set(&mut self, depth: usize, same_gate: fn(&Node) -> bool) -> Result<Children, DecodeError> {
        let count = self.count(2)?;
        self.children(count, depth, |last, next| last < next, same_gate)
    }

    fn children(
        &mut self,
        count: usize,
        depth: usize,
        ordered: fn(&Node, &Node) -> bool,
        same_gate: fn(&Node) -> bool,
    ) -> Result<Children, DecodeError> {
        // As many as there may be, if there are bytes for so many attributes.
        let mut children: Vec<Node> = Vec::with_capacity(count.min(self.decoder.rest().len() / LEAF_BYTES));
        for _ in 0..count {
            let at = self.decoder.position();
            let child = self.node(depth + 1)?;
            let refused = |reason| Err(Decoder::error_at(at, "policy node", reason));
            if same_gate(&child) {
                return refused(DecodeReason::NotCanonical(
                    "a gate within one of its own kind is merged with it",
                ));
            }
            if children.last().is_some_and(|last| !ordered(last, &child)) {
                return refused(DecodeReason::NotAscending);
            }
            children.push(child);
        }
        Ok(Children::new(children))
    }
}

//! Epochs: the time of a realm, as a tree of spans. `[REV-2]`
//!
//! A realm with epochs counts 1, 2, .. up to 2^D - 1, a day each for instance; D = 16 gives 179 years of days. A
//! *node* of the tree over the D-bit numbers is a span of epochs. A key that is good until epoch t holds the D + 1 nodes
//! of [`EpochTree::path`]`(t)`, a ciphertext of epoch t0 asks for one of the nodes of [`EpochTree::cover`]`(t0)`, and the two
//! have exactly one node in common if t >= t0, and none otherwise. Epoch 0 does not exist: its cover would be the
//! root, which every key holds.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::codec::{Decoder, Encoder};
use crate::dyadic::{self, Node};
use crate::error::{DecodeError, DecodeReason};
use crate::policy::Label;

/// An epoch of a realm: 1, 2, .. up to the last one of its [`EpochTree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(u32);

/// The epochs that a realm has: 1 to 2^D - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EpochTree {
    depth: u8,
}

/// time >= t0: what a ciphertext of a realm with epochs asks for besides its policy. `[REV-3]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeClause {
    /// The epochs of the realm.
    pub tree: EpochTree,
    /// t0, the first epoch that a key must be good until.
    pub since: Epoch,
}

/// A number that is no epoch, or a depth that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EpochError {
    /// The depth of a tree is 1 to 32.
    #[error("a tree of epochs has a depth of 1 to 32, not {0}: 16 counts days for 179 years")]
    Depth(u8),
    /// The number is not an epoch of the realm.
    #[error("there is no epoch {number}: this realm counts from 1 to {last}")]
    OutOfRange {
        /// The number.
        number: u64,
        /// The last epoch.
        last: u32,
    },
    /// An embargo ends in the future.
    #[error("epoch {number} is over: the realm is in epoch {current}")]
    BeforeCurrent {
        /// The number.
        number: u64,
        /// The current epoch.
        current: u32,
    },
}

impl Epoch {
    /// The first one.
    pub const FIRST: Epoch = Epoch(1);

    /// Its number, from 1.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// A four-byte epoch of some realm; whether this one has it is asked of its tree.
    pub(crate) fn decode(decoder: &mut Decoder<'_>, field: &'static str) -> Result<Self, DecodeError> {
        EpochTree { depth: 32 }.decode_epoch(decoder, field)
    }
}

impl Default for EpochTree {
    /// D = 16: 65,535 epochs.
    fn default() -> Self {
        Self { depth: 16 }
    }
}

impl EpochTree {
    /// The epochs 1 to 2^`depth` - 1.
    ///
    /// A proxy keeps `depth` + 1 elements of 48 bytes for each reader, a header has half as many in the mean.
    ///
    /// # Errors
    /// [`EpochError::Depth`] unless `depth` is 1 to 32.
    pub const fn new(depth: u8) -> Result<Self, EpochError> {
        if depth >= 1 && depth <= 32 { Ok(Self { depth }) } else { Err(EpochError::Depth(depth)) }
    }

    /// D.
    pub const fn depth(self) -> u8 {
        self.depth
    }

    /// The last epoch, 2^D - 1.
    pub fn last(self) -> Epoch {
        Epoch(u32::MAX >> (32 - u32::from(self.depth)))
    }

    /// The epoch of this number.
    ///
    /// # Errors
    /// [`EpochError::OutOfRange`] for 0 and beyond the last.
    pub fn epoch(self, number: u64) -> Result<Epoch, EpochError> {
        let last = self.last();
        match u32::try_from(number) {
            Ok(number) if (1..=last.0).contains(&number) => Ok(Epoch(number)),
            _ => Err(EpochError::OutOfRange { number, last: last.0 }),
        }
    }

    /// The epoch after `epoch`.
    ///
    /// # Errors
    /// [`EpochError::OutOfRange`] after the last.
    pub fn after(self, epoch: Epoch) -> Result<Epoch, EpochError> {
        self.epoch(u64::from(epoch.0) + 1)
    }

    /// Path(t): the D + 1 nodes above t, root first. What a key holds that is good until t. `[REV-2.1]`
    pub fn path(self, t: Epoch) -> Vec<Node> {
        dyadic::path(u64::from(t.0), self.depth)
    }

    /// Cover(t): the fewest nodes that fill t..=last, ascending; half of D in the mean, D at most. What a ciphertext of
    /// epoch t asks for. `[REV-2.1]`
    pub fn cover(self, t: Epoch) -> Vec<Node> {
        dyadic::cover(u64::from(t.0), u64::from(self.last().0), self.depth)
    }

    /// Path(to) \ Path(from), root first: what a key that was good until `from` lacks to be good until `to`; all of
    /// Path(to) for a key that was good never.
    ///
    /// From one epoch to the next they are two in the mean.
    pub fn refresh(self, from: Option<Epoch>, to: Epoch) -> Vec<Node> {
        let mut nodes = self.path(to);
        if let Some(from) = from {
            let held = self.path(from);
            nodes.retain(|node| !held.contains(node));
        }
        nodes
    }

    /// The labels of nodes, which are hashed by H_time. `[REV-2.2]`
    pub(crate) fn labels(self, nodes: &[Node]) -> Vec<Label> {
        nodes.iter().map(|node| Label::time(self.depth, *node)).collect()
    }

    /// The byte that says which epochs an object knows: D, or 0 for none.
    pub(crate) fn encode(tree: Option<Self>, encoder: &mut Encoder) {
        encoder.u8(tree.map_or(0, Self::depth));
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Option<Self>, DecodeError> {
        let at = decoder.position();
        let depth = decoder.u8("depth of epochs")?;
        Decoder::checked(u64::from(depth), at, "depth of epochs", 0, 32)?;
        Ok(Self::new(depth).ok())
    }

    /// The same where there must be epochs.
    pub(crate) fn decode_some(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let none = DecodeReason::OutOfRange { value: 0, min: 1, max: 32 };
        let at = decoder.position();
        Self::decode(decoder)?.ok_or(Decoder::error_at(at, "depth of epochs", none))
    }

    /// A four-byte epoch of this tree.
    pub(crate) fn decode_epoch(
        self,
        decoder: &mut Decoder<'_>,
        field: &'static str,
    ) -> Result<Epoch, DecodeError> {
        let at = decoder.position();
        let number = decoder.u32(field)?;
        Decoder::checked(u64::from(number), at, field, 1, u64::from(self.last().0))?;
        Ok(Epoch(number))
    }
}

impl TimeClause {
    /// Cover(t0), as labels.
    pub(crate) fn labels(self) -> Vec<Label> {
        self.tree.labels(&self.tree.cover(self.since))
    }

    /// D and t0, or a zero byte for a realm without epochs: at most [`TimeClause::MAX_BYTES`].
    pub(crate) fn encode(clause: Option<Self>, encoder: &mut Encoder) {
        EpochTree::encode(clause.map(|clause| clause.tree), encoder);
        if let Some(clause) = clause {
            encoder.u32(clause.since.0);
        }
    }

    pub(crate) const MAX_BYTES: usize = 5;

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Option<Self>, DecodeError> {
        let Some(tree) = EpochTree::decode(decoder)? else { return Ok(None) };
        Ok(Some(Self { tree, since: tree.decode_epoch(decoder, "epoch")? }))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one fact that revocation stands on, for every pair of epochs of small trees.
    #[test]
    fn path_and_cover_meet_once_if_the_key_is_good_and_never_otherwise() {
        for depth in 1..=8u8 {
            let tree = EpochTree::new(depth).unwrap();
            let epochs: Vec<Epoch> = (1..=tree.last().0).map(Epoch).collect();
            for t0 in &epochs {
                let cover = tree.cover(*t0);
                assert!(cover.len() <= usize::from(depth));
                for t in &epochs {
                    let path = tree.path(*t);
                    let common = cover.iter().filter(|node| path.contains(node)).count();
                    assert_eq!(common, usize::from(t >= t0), "cover of {t0}, path of {t}, depth {depth}");
                }
            }
        }
    }

    /// Weakened twin: epoch 0 is covered by the root, which is on every path.
    #[test]
    fn epoch_0_would_be_open_to_everybody() {
        let tree = EpochTree::new(5).unwrap();
        let of_zero = tree.cover(Epoch(0));
        assert!((1..=31).all(|t| tree.path(Epoch(t)).contains(&of_zero[0])));
        assert_eq!(tree.epoch(0), Err(EpochError::OutOfRange { number: 0, last: 31 }));
    }

    #[test]
    fn epochs_end() {
        let tree = EpochTree::new(4).unwrap();
        assert_eq!(tree.last().number(), 15);
        assert_eq!(tree.epoch(15).unwrap(), tree.last());
        assert_eq!(tree.epoch(16), Err(EpochError::OutOfRange { number: 16, last: 15 }));
        assert_eq!(tree.after(tree.last()), Err(EpochError::OutOfRange { number: 16, last: 15 }));
        assert_eq!(EpochTree::new(32).unwrap().last().number(), u32::MAX);
        assert_eq!(EpochTree::default().last().number(), 65_535);
        assert_eq!([0, 33, 255].map(EpochTree::new), [0, 33, 255].map(|depth| Err(EpochError::Depth(depth))));
        assert_eq!(tree.epoch(u64::MAX), Err(EpochError::OutOfRange { number: u64::MAX, last: 15 }));
    }

    #[test]
    fn refreshing_from_epoch_to_epoch_takes_two_nodes_in_the_mean_and_misses_none() {
        let tree = EpochTree::new(10).unwrap();
        let (mut held, mut fresh) = (tree.refresh(None, Epoch::FIRST), 0);
        assert_eq!(held, tree.path(Epoch::FIRST));
        for t in 2..=tree.last().0 {
            let nodes = tree.refresh(Some(Epoch(t - 1)), Epoch(t));
            fresh += nodes.len();
            held.retain(|node| tree.path(Epoch(t)).contains(node));
            held.extend(nodes);
            held.sort_unstable();
            assert_eq!(held, tree.path(Epoch(t)));
        }
        assert!((1.9..2.1).contains(&(fresh as f64 / 1022.0)));
        assert!(tree.refresh(Some(Epoch(5)), Epoch(5)).is_empty());
    }
}

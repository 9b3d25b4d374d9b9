//! What the scenarios share: readers, a small epoch tree, one policy, and the twins.

use crate::policy::{Policy, all, labels};
use crate::polynomial::{Polynomial, known, secret};
use crate::scheme::{Header, Key, Realm, encrypt};
use crate::span::{Holdings, Travels};
use crate::tree::{Node, Tree};

/// Eight epochs are enough for every order of events.
pub const TREE: Tree = Tree { depth: 3 };

/// All epochs in which keys are issued (0 is refused: every key would hold its cover).
pub const ALWAYS: std::ops::Range<u32> = 1..8;

/// The reader below is revoked at the end of epoch 3.
pub const UNTIL_3: std::ops::Range<u32> = 1..4;

/// A reader: his name and the exponent y of his Y = g1^y.
pub struct Reader {
    pub name: &'static str,
    pub y: Polynomial,
}

/// One who keeps y to himself. Y is public: everybody who meets him learns it.
pub fn honest(name: &'static str) -> Reader {
    Reader { name, y: secret(format!("y of {name}")) }
}

/// One who is part of the adversary: y is known.
pub fn corrupt(name: &'static str) -> Reader {
    Reader { name, y: known(name) }
}

impl Travels for Reader {
    fn reveal(&self, to: &mut Holdings) {
        to.learns_g1(&self.y);
    }
}

impl Realm {
    /// A transform key with the tokens of these epochs.
    pub fn issue(
        &self,
        reader: &Reader,
        key_id: &str,
        attributes: &[&str],
        epochs: impl IntoIterator<Item = u32>,
    ) -> Key {
        let r = self.randomness(key_id, reader.name, &reader.y);
        self.transform_key(&reader.y, &r, &labels(attributes, TREE.tokens(epochs)))
    }
}

pub fn cover(epoch: u32) -> Vec<Node> {
    TREE.cover(epoch)
}

/// The policy of most scenarios.
pub fn physician_in_cardiology() -> Policy {
    all(["physician", "cardiology"])
}

pub const BOTH: &[&str] = &["physician", "cardiology"];
pub const PHYSICIAN: &[&str] = &["physician"];
pub const CARDIOLOGY: &[&str] = &["cardiology"];
pub const NURSE: &[&str] = &["nurse"];

/// A record for physicians in cardiology, encrypted in the given epoch.
pub fn record(tag: &str, epoch: u32) -> Header {
    encrypt(tag, &physician_in_cardiology(), &cover(epoch))
}

/// The scheme as designed, or with one named weakness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    Design,
    Weakened,
}

impl Twin {
    /// The one line in which the twins differ.
    pub fn pick<T>(self, design: T, weakened: T) -> T {
        match self {
            Self::Design => design,
            Self::Weakened => weakened,
        }
    }
}

/// The attack fails on the design and succeeds on its weakened twin.
pub fn only_the_twin_breaks(attack: impl Fn(Twin) -> bool) {
    assert!(!attack(Twin::Design), "the attack succeeds on the design");
    assert!(attack(Twin::Weakened), "the attack fails on the weakened twin, too: it shows nothing");
}

/// Readable with what is given, as it must be or as no scheme can prevent, and not without it.
pub fn only_the_given_reads(reads: impl Fn(bool) -> bool) {
    assert!(reads(true), "not readable, though it should be");
    assert!(!reads(false), "readable without what was given");
}

//! The log as tiles: files that never change, for whoever mirrors it. (C2SP `tlog-tiles`) `[LEDGER-5.5]`
//!
//! A tile of level L and number N has the roots of 256 complete subtrees of 256^L leaves each, from leaf number N · 256^(L+1) on; at the right edge of the tree
//! it has fewer, and its name says how many. An entry bundle has the leaves themselves under the same numbers as the tiles of level 0.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::leaf::{LEAF_BYTES, Leaf};
use super::verify::{Accepted, Fault};
use crate::merkle::{Hash, MerkleTree, Nodes, leaf_hash, root_at};

/// Levels of the tree in one tile.
const HEIGHT: u8 = 8;
/// Hashes, or leaves, of a full tile.
pub const TILE_WIDTH: u16 = 1 << HEIGHT;
/// The highest level that C2SP's paths can name.
const MAX_LEVEL: u8 = 63;

/// Which tile: its path, as everybody who mirrors logs knows it. `tile/0/x001/234.p/5` is the one of level 0 with the number 1234, as long as it has 5 hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileName {
    level: Option<u8>,
    index: u64,
    width: u16,
}

impl TileName {
    /// A tile of hashes. `None` unless it is of a level up to 63 and has 1 to 256 hashes.
    pub fn hashes(level: u8, index: u64, width: u16) -> Option<Self> {
        let is_one = level <= MAX_LEVEL && (1..=TILE_WIDTH).contains(&width);
        is_one.then_some(Self { level: Some(level), index, width })
    }

    /// A bundle of leaves. `None` unless it has 1 to 256.
    pub fn entries(index: u64, width: u16) -> Option<Self> {
        (1..=TILE_WIDTH).contains(&width).then_some(Self { level: None, index, width })
    }

    /// Its level; `None` of a bundle of leaves.
    pub fn level(&self) -> Option<u8> {
        self.level
    }

    /// Its number within the level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or leaves it has.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether a tree of this size has it: a full one forever, a partial one as long as it is at the right edge, or later, if somebody kept it.
    pub fn is_within(&self, size: u64) -> bool {
        let level = u32::from(self.level.unwrap_or(0)) * u32::from(HEIGHT);
        let complete = size.checked_shr(level).unwrap_or(0);
        let end = self.index.checked_mul(TILE_WIDTH.into()).and_then(|at| at.checked_add(self.width.into()));
        end.is_some_and(|end| end <= complete)
    }

    /// Reads a path, as [`Display`](fmt::Display) writes it, and in no other way.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (level, rest) = rest.split_once('/')?;
        let level = if level == "entries" { None } else { Some(level.parse().ok()?) };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((number, width)) => (number, width.parse().ok()?),
        };
        let mut index = 0u64;
        for digits in number.split('/') {
            let digits: u64 = digits.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        let name = match level {
            None => Self::entries(index, width),
            Some(level) => Self::hashes(level, index, width),
        }?;
        // Leading zeros, signs, places of `x`: all are right only in what is written here.
        (name.to_string() == path).then_some(name)
    }

    /// The tile above that has the root of this one, if this one is full, and at which place.
    fn parent(&self, size: u64) -> Option<(Self, usize)> {
        let level = self.level?.checked_add(1)?;
        let index = self.index / u64::from(TILE_WIDTH);
        let place = usize::try_from(self.index % u64::from(TILE_WIDTH)).ok()?;
        Some((Self::at(level, index, size)?, place))
    }

    /// The tile with this number in a tree of a size, as wide as it is there.
    fn at(level: u8, index: u64, size: u64) -> Option<Self> {
        let complete = size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0);
        let left = complete.checked_sub(index.checked_mul(TILE_WIDTH.into())?)?;
        let width = u16::try_from(left).map_or(TILE_WIDTH, |left| left.min(TILE_WIDTH));
        Self::hashes(level, index, width)
    }

    /// Every tile of a tree of a size, and its bundles, in the order of their names: what a mirror has to hold.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let of_level = move |level: u8| {
            let names = (0u64..).map_while(move |index| Self::at(level, index, size));
            let bundles = (level == 0).then(|| (0u64..).map_while(move |index| Self::at(0, index, size)));
            bundles.into_iter().flatten().map(|name| Self { level: None, ..name }).chain(names)
        };
        (0..HEIGHT).flat_map(of_level)
    }
}

/// The path.
impl fmt::Display for TileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => f.write_str("tile/entries/")?,
        }
        let mut digits = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            digits = format!("x{:03}/{digits}", rest % 1000);
            rest /= 1000;
        }
        f.write_str(&digits)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// The bytes of a tile of hashes, out of the nodes of a tree that has it (see [`TileName::is_within`]).
///
/// # Errors
/// Those of `nodes`.
pub(super) fn tile<N: Nodes>(nodes: &mut N, level: u8, index: u64, width: u16) -> Result<Vec<u8>, N::Error> {
    let mut bytes = Vec::with_capacity(32 * usize::from(width));
    let first = index.saturating_mul(TILE_WIDTH.into());
    for at in 0..u64::from(width) {
        bytes.extend_from_slice(&nodes.node(level.saturating_mul(HEIGHT), first.saturating_add(at))?);
    }
    Ok(bytes)
}

/// The bytes of a bundle: before each leaf its length, two bytes.
pub(super) fn bundle<'l>(leaves: impl IntoIterator<Item = &'l Leaf>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        let leaf = leaf.to_bytes();
        bytes.extend_from_slice(&u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(&leaf);
    }
    bytes
}

/// The leaves of a bundle, each as its bytes; `None` if it is none of 90-byte leaves, or not of so many.
fn leaves_in(bytes: &[u8], width: u16) -> Option<Vec<[u8; LEAF_BYTES]>> {
    let (leaves, rest) = bytes.as_chunks::<{ LEAF_BYTES + 2 }>();
    let leaf = |bytes: &[u8; LEAF_BYTES + 2]| {
        let (length, leaf) = bytes.split_first_chunk::<2>()?;
        (usize::from(u16::from_be_bytes(*length)) == LEAF_BYTES).then_some(())?;
        leaf.try_into().ok()
    };
    if !rest.is_empty() || leaves.len() != usize::from(width) {
        return None;
    }
    leaves.iter().map(leaf).collect()
}

/// Tiles from somebody who is not trusted, each verified against a checkpoint before it is given out.
///
/// The tiles at the right edge make up the root that the checkpoint has signed; every other one has its own root in the tile above.
pub struct Tiles<F> {
    size: u64,
    fetch: F,
    /// Those that were verified, but for level 0.
    known: BTreeMap<TileName, Vec<Hash>>,
}

impl<F> fmt::Debug for Tiles<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiles").field("size", &self.size).finish_non_exhaustive()
    }
}

impl<F: FnMut(&TileName) -> Option<Vec<u8>>> Tiles<F> {
    /// The tiles under a checkpoint, by the path of each. Fetches those at the right edge of the tree: at most eight.
    ///
    /// # Errors
    /// [`Fault::Tile`] if one is missing; [`Fault::Root`] if they do not make up the checkpoint's root.
    pub fn open(accepted: &Accepted, fetch: F) -> Result<Self, Fault> {
        let size = accepted.size();
        let mut tiles = Self { size, fetch, known: BTreeMap::new() };
        for level in 0..HEIGHT {
            let complete = size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0);
            let width = u16::try_from(complete % u64::from(TILE_WIDTH)).unwrap_or(0);
            if let Some(name) = TileName::hashes(level, complete / u64::from(TILE_WIDTH), width) {
                let hashes = tiles.fetch(&name)?;
                tiles.known.insert(name, hashes);
            }
        }
        let root = root_at(&mut Edge(&tiles.known), size).map_err(|()| Fault::Root { size })?;
        if root == *accepted.root() { Ok(tiles) } else { Err(Fault::Root { size }) }
    }

    fn fetch(&mut self, name: &TileName) -> Result<Vec<Hash>, Fault> {
        let bytes = (self.fetch)(name).unwrap_or_default();
        let (hashes, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() && hashes.len() == usize::from(name.width) {
            Ok(hashes.to_vec())
        } else {
            Err(no_tile(name))
        }
    }

    /// The hashes of a tile, verified.
    ///
    /// # Errors
    /// [`Fault::Tile`] names the one that is missing or wrong.
    pub fn hashes(&mut self, level: u8, index: u64) -> Result<Vec<Hash>, Fault> {
        let missing = || Fault::Tile { path: format!("tile/{level}/{index}") };
        let mut name = TileName::at(level, index, self.size).ok_or_else(missing)?;
        // Up to one that is known; then down again, each by its place in the one above.
        let mut below = Vec::new();
        while !self.known.contains_key(&name) {
            let (parent, place) = name.parent(self.size).ok_or_else(missing)?;
            below.push((name, place));
            name = parent;
        }
        let mut hashes = self.known.get(&name).cloned().ok_or_else(missing)?;
        while let Some((name, place)) = below.pop() {
            let expected = hashes.get(place).copied();
            hashes = self.fetch(&name)?;
            if expected != Some(root_over(&hashes)) {
                return Err(no_tile(&name));
            }
            if name.level != Some(0) {
                self.known.insert(name, hashes.clone());
            }
        }
        Ok(hashes)
    }

    /// The leaves of a bundle, verified against its tile.
    ///
    /// # Errors
    /// [`Fault::Tile`]; [`Fault::NotIncluded`] names the leaf that is another.
    pub fn leaves(&mut self, index: u64) -> Result<Vec<[u8; LEAF_BYTES]>, Fault> {
        let hashes = self.hashes(0, index)?;
        let width = u16::try_from(hashes.len()).unwrap_or(0);
        let name = TileName { level: None, index, width };
        let leaves = (self.fetch)(&name).and_then(|bytes| leaves_in(&bytes, width));
        let leaves = leaves.ok_or_else(|| no_tile(&name))?;
        let first = index.saturating_mul(TILE_WIDTH.into());
        for ((at, leaf), hash) in (first..).zip(&leaves).zip(&hashes) {
            if leaf_hash(&[leaf]) != *hash {
                return Err(Fault::NotIncluded { index: at, size: self.size });
            }
        }
        Ok(leaves)
    }
}

fn no_tile(name: &TileName) -> Fault {
    Fault::Tile { path: name.to_string() }
}

fn root_over(hashes: &[Hash]) -> Hash {
    let mut tree = MerkleTree::new();
    hashes.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}

/// The complete subtrees at the right edge of a tree, out of its partial tiles.
struct Edge<'t>(&'t BTreeMap<TileName, Vec<Hash>>);

impl Nodes for Edge<'_> {
    type Error = ();

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
        let (tile_level, within) = (level / HEIGHT, level % HEIGHT);
        // The first hash of the tile's that is under the node.
        let first = index << within;
        let of_node = |(name, _): &(&TileName, &Vec<Hash>)| {
            name.level == Some(tile_level) && name.index == first / u64::from(TILE_WIDTH)
        };
        let (_, hashes) = self.0.iter().find(of_node).ok_or(())?;
        let place = usize::try_from(first % u64::from(TILE_WIDTH)).map_err(|_| ())?;
        hashes.get(place..place + (1 << within)).map(root_over).ok_or(())
    }
}

//! The Merkle tree of RFC 6962 (and RFC 9162) over SHA-256. (SPEC `[HASH-2]`)
//!
//! ```text
//! MTH()        = SHA-256("")
//! MTH(d)       = SHA-256(0x00 ‖ d)
//! MTH(d0..dn)  = SHA-256(0x01 ‖ MTH(d0..dk) ‖ MTH(dk..dn))     k: the largest power of two below n
//! ```
//! The first byte separates leaves from nodes, so a root determines the number, the order and the
//! content of its leaves. SHA-256 and not SHA3: the leaves are bulk data, and CPUs have SHA-256
//! instructions.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// The hash of a leaf, of a node, or of a whole tree.
pub type Hash = [u8; 32];

const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// The hash of the leaf whose content is the concatenation of `parts`.
pub fn leaf_hash(parts: &[&[u8]]) -> Hash {
    let mut state = Sha256::new_with_prefix(LEAF);
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut state = Sha256::new_with_prefix(NODE);
    state.update(left);
    state.update(right);
    state.finalize().into()
}

/// A tree that grows to the right and remembers one hash per level: memory for 2^n leaves is n hashes.
#[derive(Debug, Clone, Default)]
pub struct MerkleTree {
    leaves: u64,
    /// The roots of the complete subtrees, largest first: one for every bit that is set in `leaves`.
    peaks: Vec<Hash>,
}

impl MerkleTree {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree as it was: its number of leaves, and its [`peaks`](Self::peaks). `None` if the two do not go together.
    pub fn from_peaks(leaves: u64, peaks: &[Hash]) -> Option<Self> {
        let count = usize::try_from(leaves.count_ones()).ok()?;
        (peaks.len() == count).then(|| Self { leaves, peaks: peaks.into() })
    }

    /// The roots of the complete subtrees, largest first: one for every bit that is set in the number of leaves.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf, given by its [`leaf_hash`].
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_| ());
    }

    /// Appends a leaf, and tells the roots of the complete subtrees that end with it, the leaf first: level 0, 1, ..
    pub fn push_with(&mut self, leaf: Hash, mut complete: impl FnMut(&Hash)) {
        let mut node = leaf;
        complete(&node);
        // Adding one carries over every low bit that is set; each carry joins two subtrees.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
                complete(&node);
            }
        }
        self.peaks.push(node);
        self.leaves += 1;
    }

    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The hash of the tree as it stands.
    pub fn root(&self) -> Hash {
        let from_the_right = self.peaks.iter().rev().copied();
        from_the_right
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// The hashes that lead from leaf `index` to the root of the tree over `leaves`, lowest first.
///
/// `None` if there is no such leaf. Takes time linear in the number of leaves.
pub fn prove_inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    leaves.get(index)?;
    let (mut subtree, mut index) = (leaves, index);
    let mut path = Vec::new();
    while subtree.len() > 1 {
        let (left, right) = subtree.split_at_checked(split(subtree.len()))?;
        let sibling;
        (subtree, sibling) = if index < left.len() {
            (left, right)
        } else {
            index -= left.len();
            (right, left)
        };
        path.push(root_of(sibling));
    }
    path.reverse();
    Some(path)
}

/// Whether `path` proves that `leaf` is number `index` of the `size` leaves under `root`.
/// (RFC 9162, section 2.1.3.2)
pub fn verify_inclusion(root: &Hash, leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    // The numbers of the node and of the last node on the current level.
    let (mut number, mut last) = (index, size - 1);
    let mut node = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if number & 1 == 1 || number == last {
            node = node_hash(sibling, &node);
            // A last node without a sibling rises unchanged to the level where it is a right child.
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// The complete subtrees of a tree, wherever they are kept: the root of the `2^level` leaves from number `index · 2^level` on.
pub trait Nodes {
    /// What can go wrong.
    type Error;

    /// The root of a complete subtree.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The root over the first `size` leaves.
///
/// # Errors
/// Those of `nodes`.
pub fn root_at<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(Sha256::digest([]).into()) } else { range_root(nodes, 0, size) }
}

/// The hashes that lead from leaf `index` to the root over the first `size` leaves, lowest first. `None` if there is no such leaf.
///
/// # Errors
/// Those of `nodes`.
pub fn inclusion_path<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split_at(to - from);
        if index < middle {
            path.push(range_root(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The hashes that prove that the tree over the first `old` leaves is the beginning of the one over the first `new`. (RFC 9162, section 2.1.4.1)
/// `None` unless `0 < old <= new`.
///
/// # Errors
/// Those of `nodes`.
pub fn consistency_path<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if old == 0 || old > new {
        return Ok(None);
    }
    let (mut from, mut to, mut is_known) = (0, new, true);
    let mut path = Vec::new();
    while old != to {
        let middle = from + split_at(to - from);
        if old <= middle {
            path.push(range_root(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(nodes, from, middle)?);
            (from, is_known) = (middle, false);
        }
    }
    if !is_known {
        path.push(range_root(nodes, from, to)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Whether `path` proves that the tree of `old` leaves under `old_root` is the beginning of the one of `new` leaves under `new_root`.
/// (RFC 9162, section 2.1.4.2)
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    let mut path = path.iter();
    let (mut number, mut last) = (old - 1, new - 1);
    while number & 1 == 1 {
        number >>= 1;
        last >>= 1;
    }
    // A tree that is a complete subtree of the other needs not be told.
    let first = if number == 0 { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut old_node, mut new_node) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if number & 1 == 1 || number == last {
            old_node = node_hash(sibling, &old_node);
            new_node = node_hash(sibling, &new_node);
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            new_node = node_hash(&new_node, sibling);
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && old_node == *old_root && new_node == *new_root
}

/// The root over the leaves `from..to`, of which `from` is a multiple of the largest power of two below their number.
fn range_root<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<Hash, N::Error> {
    // The complete subtrees, largest first.
    let mut peaks = Vec::new();
    let mut at = from;
    while at < to {
        let level = (to - at).ilog2();
        peaks.push(nodes.node(u8::try_from(level).unwrap_or(u8::MAX), at >> level)?);
        at += 1 << level;
    }
    let root = peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    Ok(root.unwrap_or_default())
}

/// The largest power of two below a number of leaves, which is at least 2.
fn split_at(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut tree = MerkleTree::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// The largest power of two below `leaves`, which is at least 2.
fn split(leaves: usize) -> usize {
    1 << (leaves - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;

    /// The test tree of Certificate Transparency (google/certificate-transparency, merkletree tests;
    /// recomputed from the definition with Python's hashlib).
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    /// Inclusion of leaf 5 in the tree of 8 leaves, made by the same Python program.
    const PATH_5_OF_8: [&str; 3] = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn numbered(count: u32) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&[&i.to_be_bytes()])).collect()
    }

    /// The definition, word for word.
    fn specification(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&specification(left), &specification(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let mut tree = MerkleTree::new();
        assert_eq!(hex(&tree.root()), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf_hash(&[leaf]));
            assert_eq!(hex(&tree.root()), *root);
        }
        assert_eq!(tree.leaves(), 8);
        let leaves: Vec<_> = LEAVES.iter().map(|leaf| leaf_hash(&[leaf])).collect();
        let path = prove_inclusion(&leaves, 5).unwrap();
        assert_eq!(path.iter().map(hex).collect::<Vec<_>>(), PATH_5_OF_8);
    }

    #[test]
    fn streaming_equals_the_definition() {
        let leaves = numbered(200);
        let mut tree = MerkleTree::new();
        for count in 0..leaves.len() {
            assert_eq!(tree.root(), specification(&leaves[..count]));
            assert!(tree.peaks.len() <= 8);
            tree.push(leaves[count]);
        }
    }

    #[test]
    fn a_leaf_may_come_in_parts() {
        assert_eq!(leaf_hash(&[b"ab", b"", b"c"]), leaf_hash(&[b"abc"]));
        assert_ne!(leaf_hash(&[b"abc"]), leaf_hash(&[b"\x00abc"]));
    }

    #[test]
    fn a_proof_holds_for_its_leaf_place_and_tree_alone() {
        for size in 1..=33u64 {
            let leaves = numbered(u32::try_from(size).unwrap());
            let root = specification(&leaves);
            for (index, leaf) in (0u64..).zip(&leaves) {
                let path = prove_inclusion(&leaves, usize::try_from(index).unwrap()).unwrap();
                assert!(verify_inclusion(&root, leaf, index, size, &path));
                let elsewhere = (0..size + 2).filter(|other| *other != index);
                assert!(elsewhere.into_iter().all(|i| !verify_inclusion(&root, leaf, i, size, &path)));
                let other_leaf = leaf_hash(&[b"other"]);
                assert!(!verify_inclusion(&root, &other_leaf, index, size, &path));
                for level in 0..path.len() {
                    let mut damaged = path.clone();
                    damaged[level][31] ^= 1;
                    assert!(!verify_inclusion(&root, leaf, index, size, &damaged));
                }
                let longer = [path.as_slice(), &[[0; 32]]].concat();
                assert!(!verify_inclusion(&root, leaf, index, size, &longer));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!verify_inclusion(&root, leaf, index, size, shorter));
                }
            }
        }
    }

    /// All complete subtrees, by level.
    struct Kept(Vec<Vec<Hash>>);

    impl Kept {
        fn of(leaves: &[Hash]) -> Self {
            let (mut tree, mut kept) = (MerkleTree::new(), vec![Vec::new(); 16]);
            for leaf in leaves {
                let mut level = 0;
                tree.push_with(*leaf, |node| {
                    kept[level].push(*node);
                    level += 1;
                });
            }
            Self(kept)
        }
    }

    impl Nodes for Kept {
        type Error = (u8, u64);

        fn node(&mut self, level: u8, index: u64) -> Result<Hash, (u8, u64)> {
            let row = self.0.get(usize::from(level)).ok_or((level, index))?;
            row.get(usize::try_from(index).unwrap()).copied().ok_or((level, index))
        }
    }

    #[test]
    fn kept_nodes_give_the_same_roots_and_paths() {
        let leaves = numbered(130);
        let mut kept = Kept::of(&leaves);
        for size in 0..=130usize {
            assert_eq!(root_at(&mut kept, size as u64).unwrap(), specification(&leaves[..size]));
            for index in [0, 1, size / 2, size.saturating_sub(1), size] {
                let path = inclusion_path(&mut kept, index as u64, size as u64).unwrap();
                assert_eq!(path, prove_inclusion(&leaves[..size], index), "{index} of {size}");
            }
        }
        assert_eq!(inclusion_path(&mut kept, 0, 200).unwrap_err(), (6, 2));
    }

    #[test]
    fn a_beginning_is_proved_and_nothing_else_is() {
        let leaves = numbered(40);
        let mut kept = Kept::of(&leaves);
        let roots: Vec<Hash> = (0..=40).map(|size| specification(&leaves[..size])).collect();
        for new in 1..=40u64 {
            for old in 1..=new {
                let path = consistency_path(&mut kept, old, new).unwrap().unwrap();
                let root = |size: u64| &roots[usize::try_from(size).unwrap()];
                let holds = |old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]| {
                    verify_consistency(old, old_root, new, new_root, path)
                };
                assert!(holds(old, root(old), new, root(new), &path), "{old} of {new}");
                assert!(!holds(old, root(old - 1), new, root(new), &path));
                assert!(!holds(old, root(old), new, root(new - 1), &path));
                for level in 0..path.len() {
                    let mut damaged = path.clone();
                    damaged[level][0] ^= 1;
                    assert!(!holds(old, root(old), new, root(new), &damaged));
                }
                let longer = [path.as_slice(), &[[0; 32]]].concat();
                assert!(!holds(old, root(old), new, root(new), &longer));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!holds(old, root(old), new, root(new), shorter));
                }
            }
        }
        assert!(consistency_path(&mut kept, 0, 4).unwrap().is_none());
        assert!(consistency_path(&mut kept, 5, 4).unwrap().is_none());
        assert!(!verify_consistency(0, &roots[0], 4, &roots[4], &[]));
    }

    #[test]
    fn there_is_no_proof_without_a_leaf() {
        assert!(prove_inclusion(&[], 0).is_none());
        assert!(prove_inclusion(&numbered(3), 3).is_none());
        let leaf = leaf_hash(&[]);
        assert!(!verify_inclusion(&leaf, &leaf, 0, 0, &[]));
        assert!(verify_inclusion(&leaf, &leaf, 0, 1, &[]));
        assert!(!verify_inclusion(&leaf, &leaf, u64::MAX, u64::MAX, &[]));
    }
}

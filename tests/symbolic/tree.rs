//! The epoch tree: a key of epoch t' opens what was encrypted since epoch t if and only if t' >= t.

use std::collections::BTreeSet;

/// A node: the first `length` bits of the epochs below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    length: u32,
    bits: u32,
}

impl Node {
    fn parent(self) -> Self {
        Self { length: self.length - 1, bits: self.bits >> 1 }
    }

    fn sibling(self) -> Self {
        Self { length: self.length, bits: self.bits ^ 1 }
    }
}

/// Epochs 0 .. 2^depth.
#[derive(Clone, Copy)]
pub struct Tree {
    pub depth: u32,
}

impl Tree {
    pub fn epochs(self) -> u32 {
        1 << self.depth
    }

    /// The prefixes of the epoch: the nodes for which a key of that epoch holds tokens.
    pub fn path(self, epoch: u32) -> Vec<Node> {
        (0..=self.depth).map(|length| Node { length, bits: epoch >> (self.depth - length) }).collect()
    }

    /// All tokens of a key that lived through these epochs.
    pub fn tokens(self, epochs: impl IntoIterator<Item = u32>) -> BTreeSet<Node> {
        epochs.into_iter().flat_map(|epoch| self.path(epoch)).collect()
    }

    /// The minimal nodes above exactly the epochs `since` and later: `since` without its trailing
    /// zeros, and b_1..b_i 1 above it for every b_{i+1} = 0.
    pub fn cover(self, since: u32) -> Vec<Node> {
        let length = self.depth - since.trailing_zeros().min(self.depth);
        let last = Node { length, bits: since >> (self.depth - length) };
        let above = (1..=length).map(|i| Node { length: i, bits: last.bits >> (length - i) });
        let right = above.filter(|node| node.bits & 1 == 0).map(Node::sibling);
        right.chain([last]).collect()
    }
}

/// The same cover another way: all leaves, siblings merged while there are any.
fn cover_by_merging(tree: Tree, since: u32) -> BTreeSet<Node> {
    let leaf = |epoch| Node { length: tree.depth, bits: epoch };
    let mut nodes: BTreeSet<Node> = (since..tree.epochs()).map(leaf).collect();
    loop {
        let twins = |node: &&Node| node.length > 0 && nodes.contains(&node.sibling());
        let Some(&node) = nodes.iter().find(twins) else { return nodes };
        nodes.remove(&node);
        nodes.remove(&node.sibling());
        nodes.insert(node.parent());
    }
}

/// The trees that are searched completely.
fn small_trees() -> impl Iterator<Item = Tree> {
    (0..=10).map(|depth| Tree { depth })
}

#[test]
fn a_path_meets_a_cover_once_or_never() {
    for tree in small_trees() {
        let covers: Vec<_> = (0..tree.epochs()).map(|since| tree.cover(since)).collect();
        let mut ever_held = BTreeSet::new();
        for now in 0..tree.epochs() {
            let path = tree.path(now);
            ever_held.extend(path.iter().copied());
            for (since, cover) in (0..).zip(&covers) {
                let entitled = now >= since;
                let common = cover.iter().filter(|node| path.contains(node)).count();
                assert_eq!(common, usize::from(entitled), "depth {} {now} {since}", tree.depth);
                // Tokens that were kept from earlier epochs add nothing.
                assert_eq!(cover.iter().any(|node| ever_held.contains(node)), entitled);
            }
        }
    }
}

#[test]
fn the_cover_is_minimal_and_at_most_as_long_as_the_tree_is_deep() {
    for tree in small_trees() {
        for since in 0..tree.epochs() {
            let cover = tree.cover(since);
            assert_eq!(cover.len(), cover.iter().collect::<BTreeSet<_>>().len());
            assert_eq!(BTreeSet::from_iter(cover.iter().copied()), cover_by_merging(tree, since));
            assert!(cover.len() <= tree.depth.max(1) as usize);
            // Only epoch 0 is covered by the root, which every key holds: hence it is refused.
            assert_eq!(cover == [Node { length: 0, bits: 0 }], since == 0);
        }
    }
}

#[test]
fn an_idle_reader_is_refreshed_since_his_last_epoch_not_since_the_last_one() {
    let tree = Tree { depth: 5 };
    let lost = |refresh: &dyn Fn(u32, u32) -> BTreeSet<Node>| {
        let mut lost = 0;
        for last in 0..tree.epochs() {
            for now in last + 1..tree.epochs() {
                let mut tokens = tree.tokens([last]);
                tokens.extend(refresh(last, now));
                let opens = |since: &u32| tree.cover(*since).iter().any(|node| tokens.contains(node));
                lost += (0..=now).filter(|since| !opens(since)).count();
            }
        }
        lost
    };
    let new_nodes = |since, now| &tree.tokens([now]) - &tree.tokens([since]);
    assert_eq!(lost(&|last, now| new_nodes(last, now)), 0);
    assert!(lost(&|_, now| new_nodes(now - 1, now)) > 0, "the weakened twin");
}

#[test]
fn a_refresh_costs_two_tokens_on_average() {
    let tree = Tree { depth: 10 };
    let new_tokens = |epoch| (&tree.tokens([epoch]) - &tree.tokens([epoch - 1])).len();
    let total: usize = (1..tree.epochs()).map(new_tokens).sum();
    assert!(total < 2 * tree.epochs() as usize);
}

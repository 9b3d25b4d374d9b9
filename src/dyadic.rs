//! Dyadic intervals: comparisons, and spans of time, as equality of a few prefixes. (SPEC `[POL-3]`)
//!
//! The n-bit numbers are the leaves of a binary tree. A node at depth ℓ is the set of all numbers
//! that begin with the same ℓ bits. Whoever holds a number holds the n+1 nodes on its path from the
//! root; an interval is cut into the fewest nodes that fill it. A number lies in the interval if and
//! only if **exactly one** node of the cover lies on its path.

use alloc::vec::Vec;

/// The largest number of bits of a number.
pub const MAX_BITS: u8 = 64;

/// All numbers that begin with the same bits: a node of the binary tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// How many leading bits are fixed: 0 for the root, the full width for a single number.
    pub length: u8,
    /// The fixed bits, as a number below 2^length.
    pub prefix: u64,
}

impl Node {
    /// The node at depth `length` above the `bits`-bit number `value`.
    fn above(value: u64, length: u8, bits: u8) -> Self {
        let free = u32::from(bits - length);
        Self { length, prefix: value.checked_shr(free).unwrap_or(0) }
    }
}

/// The largest number of `bits` bits (at most 64).
pub fn max_value(bits: u8) -> u64 {
    u64::MAX.checked_shr(u32::from(MAX_BITS.saturating_sub(bits))).unwrap_or(0)
}

/// The `bits` + 1 nodes above `value`, root first.
///
/// `bits` is 1 to 64 (more counts as 64) and `value` at most [`max_value`] (more counts as that).
///
/// ```
/// # #[cfg(feature = "hazmat")] {
/// let path = hippocrypt::dyadic::path(5, 3); // 5 = 101
/// let prefixes: Vec<_> = path.iter().map(|node| (node.length, node.prefix)).collect();
/// assert_eq!(prefixes, [(0, 0), (1, 0b1), (2, 0b10), (3, 0b101)]);
/// # }
/// ```
pub fn path(value: u64, bits: u8) -> Vec<Node> {
    let bits = bits.min(MAX_BITS);
    let value = value.min(max_value(bits));
    (0..=bits).map(|length| Node::above(value, length, bits)).collect()
}

/// The fewest nodes whose disjoint union is `lo..=hi`, ascending.
///
/// At most `bits` nodes if the interval touches either end, 2·`bits` − 2 otherwise (and one for
/// everything). Empty if `lo > hi`; `hi` beyond [`max_value`] counts as that.
pub fn cover(lo: u64, hi: u64, bits: u8) -> Vec<Node> {
    let bits = bits.min(MAX_BITS);
    let hi = hi.min(max_value(bits));
    let mut nodes = Vec::new();
    let mut next = Some(lo);
    // The largest aligned block that starts at `lo` and does not pass `hi`, again and again.
    while let Some(lo) = next.filter(|lo| *lo <= hi) {
        let aligned = lo.trailing_zeros();
        let fits = (hi - lo).checked_add(1).map_or(u64::BITS, u64::ilog2);
        let free = u8::try_from(aligned.min(fits)).map_or(bits, |free| free.min(bits));
        nodes.push(Node::above(lo, bits - free, bits));
        next = lo.checked_add(max_value(free)).and_then(|last| last.checked_add(1));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// First and last number of a node, computed apart from the code under test.
    fn interval(node: Node, bits: u8) -> (u128, u128) {
        let size = 1u128 << (bits - node.length);
        let first = u128::from(node.prefix) * size;
        (first, first + size - 1)
    }

    fn on_path(cover: &[Node], value: u64, bits: u8) -> usize {
        let path = path(value, bits);
        cover.iter().filter(|node| path.contains(node)).count()
    }

    /// The cover fills the interval from left to right without gap or overlap, and no two
    /// neighbours are halves of one node; a tiling without such neighbours is the smallest.
    fn check_cover(lo: u64, hi: u64, bits: u8) {
        let cover = cover(lo, hi, bits);
        let mut next = u128::from(lo);
        for node in &cover {
            let (first, last) = interval(*node, bits);
            assert_eq!(first, next, "{lo}..={hi} of {bits} bits");
            next = last + 1;
        }
        assert_eq!(next, u128::from(hi) + 1);
        for pair in cover.windows(2) {
            let halves = pair[0].length == pair[1].length
                && pair[0].prefix % 2 == 0
                && pair[0].prefix + 1 == pair[1].prefix;
            assert!(!halves, "{pair:?} are one node");
        }
        let limit = match (lo == 0, hi == max_value(bits)) {
            (true, true) => 1,
            (false, false) => (2 * usize::from(bits)).saturating_sub(2),
            _ => usize::from(bits),
        };
        assert!(cover.len() <= limit, "{} > {limit}", cover.len());
    }

    /// Size of the smallest cover, by the recursive definition.
    fn smallest(lo: u64, hi: u64, first: u64, bits: u8) -> usize {
        let last = first + max_value(bits);
        if hi < first || last < lo {
            return 0;
        }
        if lo <= first && last <= hi {
            return 1;
        }
        let half = 1u64 << (bits - 1);
        smallest(lo, hi, first, bits - 1) + smallest(lo, hi, first + half, bits - 1)
    }

    #[test]
    fn every_interval_of_small_numbers() {
        for bits in 1..=6u8 {
            for lo in 0..=max_value(bits) {
                for hi in lo..=max_value(bits) {
                    check_cover(lo, hi, bits);
                    let nodes = cover(lo, hi, bits);
                    assert_eq!(nodes.len(), smallest(lo, hi, 0, bits));
                    for value in 0..=max_value(bits) {
                        let inside = usize::from(lo <= value && value <= hi);
                        assert_eq!(on_path(&nodes, value, bits), inside, "{value} in {lo}..={hi}");
                    }
                }
            }
        }
    }

    #[test]
    fn boundaries() {
        assert_eq!(max_value(1), 1);
        assert_eq!(max_value(64), u64::MAX);
        assert_eq!(cover(0, u64::MAX, 64), [Node { length: 0, prefix: 0 }]);
        assert_eq!(cover(u64::MAX, u64::MAX, 64), [Node { length: 64, prefix: u64::MAX }]);
        assert_eq!(cover(0, 0, 64), [Node { length: 64, prefix: 0 }]);
        assert_eq!(cover(1, u64::MAX - 1, 64).len(), 126);
        assert_eq!(cover(1, u64::MAX, 64).len(), 64);
        assert_eq!(cover(0, u64::MAX - 1, 64).len(), 64);
        assert_eq!(cover(9, 3, 8), []);
        assert_eq!(cover(300, 400, 8), []);
        assert_eq!(cover(255, 400, 8), [Node { length: 8, prefix: 255 }]);
        assert_eq!(path(u64::MAX, 64).len(), 65);
        assert_eq!(path(300, 8), path(255, 8));
    }

    /// Weakened twin: with the root left off the path, an interval of all numbers matches nobody.
    #[test]
    fn a_path_without_root_misses() {
        let everything = cover(0, 255, 8);
        assert_eq!(on_path(&everything, 77, 8), 1);
        let without_root = &path(77, 8)[1..];
        assert!(!everything.iter().any(|node| without_root.contains(node)));
    }

    proptest! {
        #[test]
        fn exactly_one_node_matches(bits in 1..=64u8, a: u64, b: u64, v: u64, near in 0..3u64) {
            let mask = max_value(bits);
            let (lo, hi) = ((a & mask).min(b & mask), (a & mask).max(b & mask));
            check_cover(lo, hi, bits);
            let nodes = cover(lo, hi, bits);
            let beside = [lo.saturating_sub(near), lo.saturating_add(near), hi.saturating_sub(near), hi.saturating_add(near)];
            for value in beside.into_iter().chain([v]).map(|value| value & mask) {
                let inside = usize::from(lo <= value && value <= hi);
                prop_assert_eq!(on_path(&nodes, value, bits), inside);
            }
        }
    }
}

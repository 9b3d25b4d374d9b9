//! Attack 22 on the canonical bytes: what is not canonical is refused.

use proptest::prelude::*;

use super::super::strategies;
use super::super::*;
use crate::error::DecodeReason;

fn read(bytes: &[u8]) -> Result<Policy, DecodeError> {
    Policy::from_canonical_bytes(bytes, strategies::small_schema().id())
}

/// 01 0000 0001 name 0000
fn attribute(name: u8) -> Vec<u8> {
    [1, 0, 0, 0, 1, name, 0, 0].to_vec()
}

fn range(number: u8, bits: u8, lo: u64, hi: u64) -> Vec<u8> {
    [&[2, 0, 0, 0, 1, b'x', number, bits][..], &lo.to_be_bytes(), &hi.to_be_bytes()].concat()
}

fn gate(tag: u8, children: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0, children.len() as u8][..], &children.concat()].concat()
}

fn threshold(k: u8, children: &[&[u8]]) -> Vec<u8> {
    [&[5, 0, k, 0, children.len() as u8][..], &children.concat()].concat()
}

fn reason(bytes: &[u8]) -> DecodeReason {
    read(bytes).unwrap_err().reason
}

fn accepts(bytes: &[u8]) -> Policy {
    let policy = read(bytes).unwrap();
    assert_eq!(policy.canonical_bytes(), bytes);
    policy
}

#[test]
fn bytes_as_specified() {
    let schema = Schema::parse("x: uint(8)").unwrap();
    let [a, b, c] = [b'a', b'b', b'c'].map(attribute);
    let parse = |text| Policy::parse(text, &schema).unwrap();
    assert_eq!(accepts(&a).root, parse("a").root);
    assert_eq!(accepts(&range(1, 8, 3, 255)).root, parse("x >= 3").root);
    assert_eq!(accepts(&gate(3, &[&a, &b])).root, parse("b and a").root);
    assert_eq!(accepts(&gate(4, &[&a, &b])).root, parse("b or a").root);
    assert_eq!(accepts(&threshold(2, &[&a, &b, &c])).root, parse("2 of (c, b, a)").root);
    assert_eq!(accepts(&threshold(2, &[&a, &a, &c])).root, parse("2 of (c, a, a)").root);
    assert_eq!(accepts(&gate(4, &[&c, &gate(3, &[&a, &b])])).root, parse("a and b or c").root);
    let full = [&[1][..], &[0, 1, b'n'], &[0, 1, b'a'], &[0, 1, b'v']].concat();
    assert_eq!(accepts(&full).root, parse("n/a:v").root);
}

#[test]
fn refuses_what_is_not_canonical() {
    let [a, b, c] = [b'a', b'b', b'c'].map(attribute);
    let out_of_range = |bytes: &[u8]| matches!(reason(bytes), DecodeReason::OutOfRange { .. });
    // Order and duplicates.
    assert_eq!(reason(&gate(3, &[&b, &a])), DecodeReason::NotAscending);
    assert_eq!(reason(&gate(3, &[&a, &a])), DecodeReason::NotAscending);
    assert_eq!(reason(&gate(4, &[&a, &a])), DecodeReason::NotAscending);
    assert_eq!(reason(&threshold(2, &[&a, &c, &b])), DecodeReason::NotAscending);
    // Shape.
    let merged = DecodeReason::NotCanonical("a gate within one of its own kind is merged with it");
    assert_eq!(reason(&gate(3, &[&a, &gate(3, &[&b, &c])])), merged);
    assert_eq!(reason(&gate(4, &[&a, &gate(4, &[&b, &c])])), merged);
    assert!(out_of_range(&gate(3, &[])));
    assert!(out_of_range(&gate(3, &[&a])));
    assert!(out_of_range(&gate(4, &[&a])));
    assert!(out_of_range(&threshold(0, &[&a, &b, &c])));
    assert!(out_of_range(&threshold(1, &[&a, &b, &c])));
    assert!(out_of_range(&threshold(3, &[&a, &b, &c])));
    assert!(out_of_range(&threshold(4, &[&a, &b, &c])));
    assert!(out_of_range(&threshold(2, &[&a, &b])));
    // Ranges.
    assert!(out_of_range(&range(1, 8, 4, 3)));
    assert!(out_of_range(&range(1, 8, 0, 256)));
    assert!(out_of_range(&range(1, 8, 256, 256)));
    assert!(out_of_range(&range(1, 0, 0, 0)));
    assert!(out_of_range(&range(1, 65, 0, 1)));
    assert!(out_of_range(&range(2, 31, 0, 1)));
    assert!(out_of_range(&range(3, 8, 0, 1)));
    accepts(&range(2, 32, 0, 1));
    accepts(&range(1, 64, 1, u64::MAX));
    // Contradiction.
    let contradiction =
        DecodeReason::NotCanonical("ranges of one number that exclude each other are refused");
    assert_eq!(reason(&gate(3, &[&range(1, 8, 0, 3), &range(1, 8, 4, 9)])), contradiction);
    accepts(&gate(3, &[&range(1, 8, 0, 4), &range(1, 8, 4, 9)]));
    accepts(&gate(4, &[&range(1, 8, 0, 3), &range(1, 8, 4, 9)]));
    // Tags and components.
    assert!(out_of_range(&[0]));
    assert!(out_of_range(&[6]));
    assert!(out_of_range(&[1, 0, 0, 0, 0, 0, 0]));
    assert!(out_of_range(&[1, 0, 0, 1, 1]));
    assert_eq!(reason(&[1, 0, 0, 0, 1, 0xff, 0, 0]), DecodeReason::NotNormalized);
    assert_eq!(
        reason(&[&[1, 0, 0, 0, 3][..], "e\u{301}".as_bytes(), &[0, 0]].concat()),
        DecodeReason::NotNormalized
    );
    assert!(matches!(reason(&[]), DecodeReason::Truncated { .. }));
    assert_eq!(reason(&[&a[..], &b].concat()), DecodeReason::TrailingBytes(a.len()));
}

/// `depth` gates above the deepest leaf: `and` and `or` in turn.
fn ladder(depth: usize) -> Vec<u8> {
    (0..depth).fold(attribute(b'a'), |inner, level| gate(3 + (level % 2) as u8, &[&attribute(b'b'), &inner]))
}

#[test]
fn depth_and_counts_are_bounded() {
    // The innermost pair is (b, a); exchange it.
    let ordered = |depth: usize| {
        let mut bytes = ladder(depth);
        let (first, second) = (bytes.len() - 11, bytes.len() - 3);
        bytes.swap(first, second);
        bytes
    };
    accepts(&ordered(64));
    let error = read(&ordered(65)).unwrap_err();
    assert_eq!(
        (error.field, error.reason),
        ("policy nesting", DecodeReason::OutOfRange { value: 65, min: 0, max: 64 })
    );
    // 20,000 opening gates do not overflow the stack.
    let deep: Vec<u8> = [3, 0, 2].into_iter().cycle().take(60_000).collect();
    assert_eq!(read(&deep).unwrap_err().field, "policy nesting");
    // Counts beyond the limit, and counts that the input does not hold.
    assert!(matches!(reason(&[3, 4, 1]), DecodeReason::OutOfRange { value: 1025, .. }));
    assert!(matches!(reason(&[3, 0xff, 0xff]), DecodeReason::OutOfRange { .. }));
    assert!(matches!(reason(&[3, 4, 0]), DecodeReason::Truncated { .. }));
    assert_eq!(read(&[0; MAX_CANONICAL_BYTES + 1]).unwrap_err().field, "policy length");
    // 1,025 leaves: nine ranges of at most 126, and of four bits to fill up.
    let ranges: Vec<Vec<u8>> = (0..9).map(|index| range(1, 64, 1, u64::MAX - 17 + index)).collect();
    let leaves: usize = ranges.iter().map(|bytes| accepts(bytes).leaves()).sum();
    assert!(leaves > 1024, "{leaves}");
    let refs: Vec<&[u8]> = ranges.iter().map(Vec::as_slice).collect();
    assert_eq!(read(&gate(4, &refs)).unwrap_err().field, "policy leaves");
    accepts(&gate(4, &refs[..8]));
}

#[test]
fn exactly_1024_leaves() {
    let many = |count: usize| {
        let name = |index: usize| {
            [b'a' + (index / 676) as u8, b'a' + (index / 26 % 26) as u8, b'a' + (index % 26) as u8]
        };
        let mut bytes = [&[4][..], &(count as u16).to_be_bytes()].concat();
        for index in 0..count {
            bytes.extend([&[1, 0, 0, 0, 3][..], &name(index), &[0, 0]].concat());
        }
        bytes
    };
    assert_eq!(accepts(&many(1024)).leaves(), 1024);
    assert!(matches!(reason(&many(1025)), DecodeReason::OutOfRange { value: 1025, .. }));
    // No gate has more than 1,024 children here, the tree has 1,025 leaves.
    let mut all = many(1024);
    all[0] = 3;
    let error = read(&gate(4, &[&attribute(b'a'), &all])).unwrap_err();
    assert_eq!(
        (error.field, error.reason),
        ("policy leaves", DecodeReason::OutOfRange { value: 1025, min: 1, max: 1024 })
    );
}

proptest! {
    #[test]
    fn round_trips((_, policy) in strategies::schema_and_policy()) {
        let bytes = policy.canonical_bytes();
        prop_assert_eq!(&Policy::from_canonical_bytes(&bytes, policy.schema).unwrap(), &policy);
        prop_assert!(read(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn order_is_that_of_the_bytes(a in strategies::small_policy(), b in strategies::small_policy()) {
        prop_assert_eq!(a.root.cmp(&b.root), a.canonical_bytes().cmp(&b.canonical_bytes()));
    }

    #[test]
    fn texts_are_at_most_six_times_as_long((_, policy) in strategies::schema_and_policy()) {
        let bytes = policy.canonical_bytes();
        prop_assert!(text_length(&policy.root) <= TEXT_PER_BYTE * bytes.len());
    }

    #[test]
    fn truncations_fail(policy in strategies::small_policy()) {
        let bytes = policy.canonical_bytes();
        for end in 0..bytes.len() {
            prop_assert!(read(&bytes[..end]).is_err());
        }
    }

    /// What decodes, encodes to the same; so no change of a byte goes unnoticed.
    #[test]
    fn changes_fail_or_change_the_policy((_, policy) in strategies::schema_and_policy(), at: prop::sample::Index, flip in 1..=255u8) {
        let mut bytes = policy.canonical_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = read(&bytes) {
            prop_assert_eq!(other.canonical_bytes(), bytes);
            prop_assert_ne!(other.root, policy.root);
        }
    }

    #[test]
    fn random_bytes(bytes in prop::collection::vec(prop_oneof![0..6u8, any::<u8>()], 0..60)) {
        if let Ok(policy) = read(&bytes) {
            prop_assert_eq!(policy.canonical_bytes(), bytes);
        }
    }
}

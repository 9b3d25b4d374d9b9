use super::*;
use crate::math::{Active, Scalar, ark::Ark};

fn multiples<B: Backend>(factors: impl IntoIterator<Item = u64>) -> Vec<B::A1> {
    let times = |factor| {
        let k = B::fr_from_canonical(&Scalar::from_u64(factor).to_bytes()).unwrap();
        B::p1_to_affine(&B::p1_mul(&B::p1_generator(), &k))
    };
    factors.into_iter().map(times).collect()
}

fn tree<B: Backend>(points: Vec<B::A1>, lengths: &[usize]) -> Option<Vec<[u8; 48]>> {
    let sums = sum_groups::<B>(Zeroizing::new(points), lengths.to_vec())?;
    Some(sums.iter().map(B::a1_compress).collect())
}

fn sums_are_right<B: Backend>() {
    for lengths in [&[1][..], &[2], &[3, 1, 2], &[7, 64, 1, 5, 33], &[47; 9]] {
        // Factors so far apart that no partial sum meets another.
        let mut factor = 1u64;
        let factors: Vec<u64> = lengths
            .iter()
            .flat_map(|length| 0..*length)
            .map(|_| {
                factor =
                    factor.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                factor >> 8
            })
            .collect();
        let mut rest = factors.as_slice();
        let expected: Vec<u64> = lengths
            .iter()
            .map(|length| {
                let (group, after) = rest.split_at(*length);
                rest = after;
                group.iter().sum()
            })
            .collect();
        let expected = multiples::<B>(expected).iter().map(B::a1_compress).collect();
        assert_eq!(tree::<B>(multiples::<B>(factors), lengths), Some(expected));
    }
}

/// Equal or opposite points anywhere in the tree, at its first level or at a later one.
fn exceptions_are_noticed<B: Backend>() {
    assert_eq!(tree::<B>(multiples::<B>([5, 5, 7]), &[2, 1]), None);
    assert_eq!(tree::<B>(multiples::<B>([5, 6, 8, 3, 1]), &[4, 1]), None);
    let [five, seven] = multiples::<B>([5, 7])[..] else { unreachable!() };
    assert_eq!(tree::<B>(alloc::vec![seven, five, B::a1_neg(&five)], &[1, 2]), None);
    assert!(tree::<B>(alloc::vec![five, seven, B::a1_neg(&five)], &[2, 1]).is_some());
}

#[test]
fn in_every_backend() {
    sums_are_right::<Active>();
    sums_are_right::<Ark>();
    exceptions_are_noticed::<Active>();
    exceptions_are_noticed::<Ark>();
}

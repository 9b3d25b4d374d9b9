use super::*;
use crate::math::ark::Ark;
use crate::secret::Secret;
use crate::testing::TestRng;

/// Weights that try the digits, and random ones.
fn weights(count: usize) -> Vec<Weight> {
    let mut rng = TestRng::new("buckets");
    let edges = [1, 2, 64, 127, 128, 1 << 127, u128::MAX, u128::MAX / 3];
    let edges = edges.iter().filter_map(|edge: &u128| Weight::from_bytes(&edge.to_be_bytes()));
    edges.chain(core::iter::repeat_with(move || Weight::random(&mut rng))).take(count).collect()
}

/// What the points are powers of g1 or g2 with: different numbers, or every third of them the same.
fn factors(count: usize, special: Option<Scalar>) -> Vec<Scalar> {
    let mut k = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
    let next = |number| {
        k = k * k + Scalar::one();
        special.filter(|_| number % 3 == 1).unwrap_or(k)
    };
    (0..count).map(next).collect()
}

fn sum(factors: &[Scalar], weights: &[Weight]) -> Scalar {
    let products = factors.iter().zip(weights).map(|(factor, weight)| *factor * Scalar::from(*weight));
    products.fold(Scalar::zero(), |sum, product| sum + product)
}

/// Both ways in both groups, for points that differ, repeat, are opposite or the identity.
fn sums_are_right<B: Backend>() {
    let fr = |k: &Scalar| B::fr_from_canonical(&k.to_bytes()).unwrap();
    let in_g1 = |k: &Scalar| B::p1_to_affine(&B::p1_mul(&B::p1_generator(), &fr(k)));
    let in_g2 = |k: &Scalar| B::p2_to_affine(&B::p2_mul(&B::p2_generator(), &fr(k)));
    for count in [0, 1, 2, 7, 40] {
        for special in [None, Some(Scalar::zero()), Some(Scalar::from_u64(5))] {
            let (mut factors, mut weights) = (factors(count, special), weights(count));
            if special.is_some() && count > 2 {
                // The same weight for opposite points, next to each other in a bucket.
                (factors[count - 1], weights[count - 1]) = (-factors[count - 2], weights[count - 2]);
            }
            let expected = sum(&factors, &weights);
            let g1: Vec<_> = factors.iter().map(in_g1).collect();
            let g2: Vec<_> = factors.iter().map(in_g2).collect();
            let in_first = B::a1_compress(&in_g1(&expected));
            let in_second = B::a2_compress(&in_g2(&expected));
            assert_eq!(B::a2_compress(&B::p2_to_affine(&sum_in_g2::<B>(&g2, &weights))), in_second);
            assert_eq!(B::a1_compress(&B::p1_to_affine(&sum_in_g1::<B>(&g1, &weights))), in_first);
            let trees = combine::<OnG1<B>, B::P1>(&g1, &weights, IN_TREES, in_trees::<B>);
            let exceptional = special.is_some_and(|k| count > if k.is_zero() { 1 } else { 2 });
            assert_eq!(trees.is_none(), count == 0 || exceptional);
            let plain = combine::<OnG1<B>, B::P1>(&g1, &weights, COMPLETE, one_by_one::<OnG1<B>>);
            assert_eq!(plain.is_none(), count == 0);
            for found in [trees, plain].into_iter().flatten() {
                assert_eq!(B::a1_compress(&B::p1_to_affine(&found)), in_first);
            }
        }
    }
}

#[test]
fn in_every_backend() {
    sums_are_right::<Active>();
    sums_are_right::<Ark>();
}

/// Enough points for buckets in G1 and for more than one block, in both groups, with and without exceptional cases.
#[test]
fn many_points() {
    let step = |k: u64| Secret::new(Scalar::from_u64(k));
    let (g1, g2) = (G1::generator().pow(&step(3)), G2::generator().pow(&step(3)));
    for count in [BUCKETS_FROM - 1, BUCKETS_FROM, BLOCK + 5] {
        // 3, 6, 9, ..
        let mut in_g1 = alloc::vec![g1];
        let mut in_g2 = alloc::vec![g2];
        for number in 1..count {
            in_g1.push(in_g1[number - 1] + g1);
            in_g2.push(in_g2[number - 1] + g2);
        }
        let mut factors: Vec<_> = (1u64..).take(count).map(|number| Scalar::from_u64(3 * number)).collect();
        let weights = weights(count + 1);
        for exceptional in [false, true] {
            if exceptional {
                in_g1[7] = G1::identity();
                in_g2[7] = G2::identity();
                factors[7] = Scalar::zero();
            }
            let expected = Secret::new(sum(&factors, &weights));
            assert!(weighted_sum_vartime(&in_g1, &weights) == G1::generator().pow(&expected));
            assert!(weighted_sum_g2_vartime(&in_g2, &weights) == G2::generator().pow(&expected));
        }
    }
}

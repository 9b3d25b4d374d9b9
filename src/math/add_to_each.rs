//! One point added to many. (SPEC `[MATH-15]`)

use core::iter::repeat_n;

use zeroize::Zeroizing;

use alloc::vec::Vec;

use super::Active;
use super::backend::Backend;
use super::group::G1;
use super::tree::Batch;

/// Points that share an inversion: enough to make it cheap, few enough for the processor's cache.
const BLOCK: usize = 1024;
/// Below this many points their share of the inversion outweighs what it saves.
const IN_STEP_FROM: usize = 4;

/// Replaces each point by its sum with `addend`, in constant time; all of them may be secret. (SPEC `[MATH-10]`)
///
/// Right for all points: equal to the addend, opposite, the identity. These take three times as long, for a block of
/// 1,024 points in which there is one.
pub fn add_to_each(points: &mut [G1], addend: &G1) {
    for block in points.chunks_mut(BLOCK) {
        let before: Zeroizing<Vec<_>> = Zeroizing::new(block.iter().map(|point| point.0).collect());
        let in_step = if block.len() < IN_STEP_FROM { None } else { in_step::<Active>(&before, &addend.0) };
        let sums = in_step.unwrap_or_else(|| one_by_one::<Active>(&before, &addend.0));
        for (point, sum) in block.iter_mut().zip(sums.iter()) {
            point.0 = *sum;
        }
    }
}

/// Affine sums with one inversion. `None` in the exceptional cases.
fn in_step<B: Backend>(points: &[B::A1], addend: &B::A1) -> Option<Zeroizing<Vec<B::A1>>> {
    // The identity has no coordinates. The points may be secret: they are asked all together.
    let identity = points.iter().fold(B::a1_is_identity(addend), |any, point| any | B::a1_is_identity(point));
    if identity {
        return None;
    }
    let mut sums = Zeroizing::new(points.to_vec());
    let mut batch = Batch::<B>::new(points.len());
    batch.add(&mut sums, repeat_n(addend, points.len()));
    batch.is_right().then_some(sums)
}

/// By complete additions.
fn one_by_one<B: Backend>(points: &[B::A1], addend: &B::A1) -> Zeroizing<Vec<B::A1>> {
    let sum = |point| B::p1_add_affine(&B::p1_from_affine(point), addend);
    let sums: Zeroizing<Vec<_>> = Zeroizing::new(points.iter().map(sum).collect());
    Zeroizing::new(B::p1_batch_to_affine(&sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Scalar, ark::Ark};
    use crate::secret::Secret;

    fn multiple<B: Backend>(factor: u64) -> B::A1 {
        let k = B::fr_from_canonical(&Scalar::from_u64(factor).to_bytes()).unwrap();
        B::p1_to_affine(&B::p1_mul(&B::p1_generator(), &k))
    }

    fn sums_are_right<B: Backend>() {
        let encodings = |points: &[B::A1]| points.iter().map(B::a1_compress).collect::<Vec<_>>();
        for (factors, exceptional) in [
            (&[1, 2, 4, 5, 9][..], false),
            (&[1, 2, 3, 4], true),
            (&[1, 2, 0, 4], true),
            (&[7], false),
            (&[], false),
        ] {
            let points: Vec<_> = factors.iter().map(|factor| multiple::<B>(*factor)).collect();
            let expected: Vec<_> = factors.iter().map(|factor| multiple::<B>(factor + 3)).collect();
            let addend = multiple::<B>(3);
            assert_eq!(encodings(&one_by_one::<B>(&points, &addend)), encodings(&expected));
            let in_step = in_step::<B>(&points, &addend);
            assert_eq!(in_step.is_none(), exceptional);
            if let Some(sums) = in_step {
                assert_eq!(encodings(&sums), encodings(&expected));
            }
            // The addend is the identity, or the opposite of a point.
            let zero = multiple::<B>(0);
            assert!(super::in_step::<B>(&points, &zero).is_none());
            assert_eq!(encodings(&one_by_one::<B>(&points, &zero)), encodings(&points));
            if let Some(first) = points.first() {
                assert!(super::in_step::<B>(&points, &B::a1_neg(first)).is_none());
            }
        }
    }

    #[test]
    fn in_every_backend() {
        sums_are_right::<Active>();
        sums_are_right::<Ark>();
    }

    /// Several blocks, with exceptional points in two of them, against single additions.
    #[test]
    fn each_sum_is_the_sum() {
        let point = |k: u64| G1::generator().pow(&Secret::new(Scalar::from_u64(k)));
        let addend = point(1 << 40);
        let mut next = point(3);
        let mut points: Vec<G1> = core::iter::repeat_with(|| {
            next = next + G1::generator();
            next
        })
        .take(2 * BLOCK + 5)
        .collect();
        points[BLOCK + 7] = addend;
        points[BLOCK + 8] = -addend;
        points[9] = G1::identity();
        for count in [0, 1, IN_STEP_FROM, points.len()] {
            for addend in [addend, -addend, G1::identity()] {
                let mut sums = points[..count].to_vec();
                add_to_each(&mut sums, &addend);
                assert!(sums.iter().zip(&points).all(|(sum, point)| *sum == *point + addend));
            }
        }
    }
}

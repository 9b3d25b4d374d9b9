use super::*;
use crate::math::{Active, Scalar, ark::Ark, edge_scalars};

fn powers_are_right<B: Backend>() {
    for count in [1, 5, IN_STEP_FROM as u64 + 1] {
        let bases: Vec<B::A1> = (0..count)
            .map(|number| {
                let k = B::fr_from_canonical(&Scalar::from_u64(7 + 3 * number).invert().to_bytes()).unwrap();
                B::p1_to_affine(&B::p1_mul(&B::p1_generator(), &k))
            })
            .collect();
        let mut exceptional = 0;
        for k in edge_scalars(4) {
            let Some(powers) = pow_all::<B>(&bases, &k.to_bytes()) else {
                exceptional += 1;
                continue;
            };
            let k = B::fr_from_canonical(&k.to_bytes()).unwrap();
            for (base, power) in bases.iter().zip(powers.iter()) {
                let plain = B::p1_mul(&B::p1_from_affine(base), &k);
                assert_eq!(B::a1_compress(power), B::a1_compress(&B::p1_to_affine(&plain)));
            }
            assert_eq!(powers.len(), bases.len());
        }
        // 0 gives the identity; a small scalar may meet a multiple on its way in affine coordinates.
        assert!(
            if count < IN_STEP_FROM as u64 { exceptional == 1 } else { (1..=8).contains(&exceptional) },
            "{exceptional}"
        );
    }
}

#[test]
fn in_every_backend() {
    powers_are_right::<Active>();
    powers_are_right::<Ark>();
}

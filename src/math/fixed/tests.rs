use super::*;
use crate::math::{ark::Ark, edge_scalars, pairing_product};

const SHAPES: [Shape; 7] = [
    LARGE,
    WIDE,
    COMPACT,
    TARGET,
    Shape { teeth: 2, tables: 1, spread: 128 },
    Shape { teeth: 5, tables: 51, spread: 1 },
    Shape { teeth: 7, tables: 5, spread: 8 },
];

/// Combs of a backend against its own multiplications, as encodings.
fn combs_match_plain_powers<B: Backend>() {
    let (g1, g2) = (B::p1_generator(), B::p2_generator());
    let gt = B::pairing_product(&[(B::p1_to_affine(&g1), B::p2_to_affine(&g2))]);
    for shape in SHAPES {
        assert!((255..=320).contains(&shape.places()));
        let combs = (
            Comb::<OnG1<B>>::new(&g1, shape),
            Comb::<OnG2<B>>::new(&g2, shape),
            Comb::<OnGt<B>>::new(&gt, shape),
        );
        for k in edge_scalars(3) {
            let bytes = k.to_bytes();
            let k = B::fr_from_canonical(&bytes).unwrap();
            let digits = Digits::new(&bytes, shape);
            let in_g1 = combs.0.pow(&digits).unwrap();
            let plain = B::p1_mul(&g1, &k);
            assert_eq!(B::a1_compress(&B::p1_to_affine(&in_g1)), B::a1_compress(&B::p1_to_affine(&plain)));
            let in_g2 = combs.1.pow(&digits).unwrap();
            let plain_g2 = B::p2_mul(&g2, &k);
            assert_eq!(B::a2_compress(&B::p2_to_affine(&in_g2)), B::a2_compress(&B::p2_to_affine(&plain_g2)));
            let in_gt = combs.2.pow(&digits).unwrap();
            let expected = B::pairing_product(&[(B::p1_to_affine(&plain), B::p2_to_affine(&g2))]);
            assert_eq!(B::f12_to_bytes(&in_gt.to_field()), B::f12_to_bytes(&expected));
            assert!(in_gt.is(&expected) && !in_gt.is(&B::f12_mul(&expected, &gt)));
        }
    }
}

#[test]
fn combs_match_plain_powers_in_every_backend() {
    combs_match_plain_powers::<Active>();
    combs_match_plain_powers::<Ark>();
}

#[test]
fn a_table_changes_no_power() {
    let k = Secret::new(edge_scalars(1).pop().unwrap());
    let point = G1::generator().pow(&Secret::new(Scalar::from_u64(5)));
    let (g1, compact) = (FixedG1::new(point), FixedG1::compact(point));
    let g2 = FixedG2::new(G2::generator());
    let gt = FixedGt::new(pairing_product(&[(point.into(), G2::generator())]));
    let before = (g1.pow(&k), compact.pow(&k), g2.pow(&k), gt.pow(&k));
    assert!(before.0 == point.pow(&k));
    let is_known = |gt: &FixedGt| gt.power_is(&k, &before.3) && !gt.power_is(&k, gt.element());
    assert!(is_known(&gt));
    assert_eq!((g1.table_bytes(), compact.table_bytes()), (0, 0));
    g1.prepare();
    compact.prepare();
    g2.prepare();
    gt.prepare();
    assert!(is_known(&gt));
    assert!(before.0 == g1.pow(&k) && before.1 == compact.pow(&k));
    assert!(before.2 == g2.pow(&k) && before.3 == gt.pow(&k));
    assert!(g1.table_bytes() > 128 << 10 && compact.table_bytes() < 35 << 10);
}

#[test]
fn a_table_comes_by_itself_where_it_pays_and_only_there() {
    let k = Secret::new(Scalar::from_u64(9));
    let (counting, waiting) = (FixedG1::new(G1::generator()), FixedG1::compact(G1::generator()));
    for _ in 0..USES_BEFORE_TABLE {
        assert_eq!(counting.table_bytes(), 0);
        let _ = (counting.pow(&k), waiting.pow(&k));
    }
    let _ = (counting.pow(&k), waiting.pow(&k));
    assert!(counting.table_bytes() > 0);
    assert_eq!(waiting.table_bytes(), 0);
}

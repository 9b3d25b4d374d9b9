use super::*;
use crate::math::{HashDomain, edge_scalars, hash_to_g1};

fn base(number: usize, prepared: bool) -> FixedG1 {
    let base = FixedG1::compact(hash_to_g1(HashDomain::Attribute, &number.to_be_bytes()));
    if prepared {
        base.prepare();
    }
    base
}

/// Rows B^λ · H^s with every mixture of tables, against two powers and an addition.
#[test]
fn products_are_what_powers_and_additions_give() {
    let scalars: Vec<Secret<Scalar>> = edge_scalars(70).into_iter().map(Secret::new).collect();
    let b = FixedG1::new(hash_to_g1(HashDomain::Base, b""));
    for with_table in [false, true] {
        if with_table {
            b.prepare();
        }
        for count in [0, 1, 3, 4, 13, 70] {
            // No tables, all, every third.
            for warm in [|_: usize| false, |_| true, |number| number % 3 == 0] {
                let h: Vec<FixedG1> = (0..count).map(|number| base(number, warm(number))).collect();
                // Two scalars in turn, so that rows share them and some are alone.
                let s = |number: usize| &scalars[11 + usize::from(number.is_multiple_of(5))];
                let rows: Vec<[Power<'_>; 2]> = h
                    .iter()
                    .enumerate()
                    .map(|(number, h)| [(&b, &scalars[number]), (h, s(number))])
                    .collect();
                let products = products(&rows);
                assert_eq!(products.len(), count);
                for ([(b, l), (h, s)], product) in rows.iter().zip(&products) {
                    assert!(*product == b.point().pow_product(l, h.point(), s));
                }
            }
        }
    }
}

/// Rows whose sum is the identity, or whose parts meet, go the plain way.
#[test]
fn exceptional_rows_are_right() {
    let (zero, one) = (Secret::new(Scalar::zero()), Secret::new(Scalar::one()));
    let minus_one = Secret::new(-Scalar::one());
    for prepared in [false, true] {
        let h = base(1, prepared);
        for [k, l] in [[&zero, &zero], [&one, &minus_one], [&one, &one], [&zero, &one]] {
            let sum = Secret::new(*k.expose_secret() + *l.expose_secret());
            for row in products(&[[(&h, k), (&h, l)]; 5]) {
                assert!(row == h.point().pow(&sum));
            }
        }
    }
}

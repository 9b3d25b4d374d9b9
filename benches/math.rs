//! The operations of `math`, named as paths.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hippocrypt::Secret;
use hippocrypt::math::{BACKEND, G1, G2, Gt, HashDomain, RowSum, Scalar, UncheckedRow, Weight};
use hippocrypt::math::{
    FixedG1, FixedG2, FixedGt, PreparedG2, add_to_each, combine_rows_vartime, hash_to_g1,
    linear_combination_vartime, pairing_product, pairing_product_prepared, products, sum_vartime,
    weighted_sum_g2_vartime, weighted_sum_vartime,
};

/// Scalars that look random and are the same in every run.
fn scalar(number: u64) -> Scalar {
    let seed = Scalar::from_u64(0x9e37_79b9_7f4a_7c15) + Scalar::from_u64(number);
    (seed * seed).invert()
}

fn weight(number: u64) -> Option<Weight> {
    Weight::from_bytes(scalar(number).to_bytes().last_chunk()?)
}

fn points(count: u64) -> Vec<G1> {
    (0..count).map(|number| G1::generator().pow(&Secret::new(scalar(number)))).collect()
}

fn math(c: &mut Criterion) {
    println!("backend: {BACKEND}");
    let k = Secret::new(scalar(1));
    let l = Secret::new(scalar(2));
    let (g1, g2) = (points(1)[0], G2::generator().pow(&k));
    let gt = pairing_product(&[(g1.into(), g2)]);
    let (g1_bytes, g2_bytes, gt_bytes) = (g1.to_bytes(), g2.to_bytes(), gt.to_bytes());
    let wide = [0xa7; 48];
    let (fixed_g1, compact) = (FixedG1::new(g1), FixedG1::compact(g1));
    let (fixed_g2, fixed_gt) = (FixedG2::new(g2), FixedGt::new(gt));
    fixed_g1.prepare();
    compact.prepare();
    fixed_g2.prepare();
    fixed_gt.prepare();

    let mut group = c.benchmark_group("math");
    let mut bench = |name: &str, operation: &mut dyn FnMut()| {
        group.bench_function(name, |b| b.iter(&mut *operation));
    };
    macro_rules! bench {
        ($($name:expr => $value:expr;)*) => {
            $(bench($name, &mut || { black_box($value); });)*
        };
    }
    bench! {
        "scalar/mul" => *black_box(&k).expose_secret() * *l.expose_secret();
        "scalar/invert" => black_box(&k).expose_secret().invert();
        "scalar/from_wide" => Scalar::from_wide(black_box(&wide));
        "g1/add" => black_box(g1) + g1;
        "g1/pow" => black_box(g1).pow(&k);
        "g1/pow_product" => black_box(g1).pow_product(&k, &g1, &l);
        "g1/to_bytes" => black_box(g1).to_bytes();
        "g1/from_bytes" => G1::from_bytes(black_box(&g1_bytes));
        "row/from_bytes" => UncheckedRow::from_bytes(black_box(&g1_bytes));
        "g2/pow" => black_box(g2).pow(&k);
        "g2/to_bytes" => black_box(g2).to_bytes();
        "g2/from_bytes" => G2::from_bytes(black_box(&g2_bytes));
        "gt/mul" => black_box(gt) * gt;
        "gt/pow" => black_box(gt).pow(&k);
        "gt/to_bytes" => black_box(gt).to_bytes();
        "gt/from_bytes" => Gt::from_bytes(black_box(&gt_bytes));
        "fixed_g1/pow" => black_box(&fixed_g1).pow(&k);
        "fixed_g1/pow_compact" => black_box(&compact).pow(&k);
        "fixed_g2/pow" => black_box(&fixed_g2).pow(&k);
        "fixed_gt/pow" => black_box(&fixed_gt).pow(&k);
        "fixed_g1/prepare_compact" => FixedG1::compact(black_box(g1)).prepare();
        "prepared_g2" => PreparedG2::new(black_box(&g2));
        "hash_to_g1" => hash_to_g1(HashDomain::Attribute, black_box(b"role:cardiologist"));
    }
    for count in [1, 2, 3, 4] {
        let pairs: Vec<(RowSum, G2)> = points(count).into_iter().map(|point| (point.into(), g2)).collect();
        let name = if count == 1 { "pairing".into() } else { format!("pairing_product/{count}") };
        bench! { &name => pairing_product(black_box(&pairs)); }
    }
    let prepared = PreparedG2::new(&g2);
    bench! { "pairing_product_prepared/3" => pairing_product_prepared(black_box(&[(g1.into(), &prepared); 3])); }
    for count in [1, 5, 10, 20, 50, 100, 500] {
        let bases: Vec<FixedG1> = points(count).into_iter().map(FixedG1::compact).collect();
        for state in ["cold", "warm"] {
            if state == "warm" {
                bases.iter().for_each(FixedG1::prepare);
            }
            let key: Vec<_> = bases.iter().map(|base| [(base, &k)]).collect();
            let ciphertext: Vec<_> = bases.iter().map(|base| [(&fixed_g1, &l), (base, &k)]).collect();
            bench! {
                &format!("products/key/{count}/{state}") => products(black_box(&key));
                &format!("products/ciphertext/{count}/{state}") => products(black_box(&ciphertext));
            }
        }
    }
    let wide = FixedG1::wide(g1);
    wide.prepare();
    for count in [16, 32, 64, 128, 1024] {
        let scalars: Vec<_> = (0..count).map(|number| Secret::new(scalar(number))).collect();
        let rows: Vec<_> = scalars.iter().map(|k| [(&fixed_g1, k)]).collect();
        bench! { &format!("products/one_base/{count}") => products(black_box(&rows)); }
        bench! {
            &format!("pow_each/{count}") => fixed_g1.pow_each(black_box(&scalars));
            &format!("pow_each/wide/{count}") => wide.pow_each(black_box(&scalars));
        }
    }
    for count in [1, 4, 1024] {
        let mut sums = points(count);
        bench! { &format!("add_to_each/{count}") => add_to_each(black_box(&mut sums), &g1); }
    }
    for count in [1, 10, 100, 256, 1000, 10_000] {
        let in_g1 = points(count);
        let in_g2: Vec<G2> = (0..count).map(|number| fixed_g2.pow(&Secret::new(scalar(number)))).collect();
        let weights: Vec<Weight> = (0..count).filter_map(weight).collect();
        bench! {
            &format!("weighted_sum/{count}") => weighted_sum_vartime(black_box(&in_g1), &weights);
            &format!("weighted_sum_g2/{count}") => weighted_sum_g2_vartime(black_box(&in_g2), &weights);
        }
    }
    for count in [1, 2, 5, 10, 20, 50, 100, 500, 1000] {
        let points = points(count);
        let coefficients: Vec<Scalar> = (0..count).map(|number| scalar(number + 7)).collect();
        let short: Vec<Scalar> = (0..count).filter_map(weight).map(Scalar::from).collect();
        let ones = vec![Scalar::one(); points.len()];
        let rows: Vec<_> =
            points.iter().filter_map(|point| UncheckedRow::from_bytes(&point.to_bytes())).collect();
        bench! {
            &format!("sum/{count}") => sum_vartime(black_box(&points));
            &format!("linear_combination/{count}") => linear_combination_vartime(black_box(&points), &coefficients);
            &format!("linear_combination/short/{count}") => linear_combination_vartime(black_box(&points), &short);
            &format!("combine_rows/ones/{count}") => combine_rows_vartime(black_box(&rows), &ones);
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800));
    targets = math
}
criterion_main!(benches);

//! The scheme over policy shapes and sizes: `abe/OPERATION/SHAPE/N`. Cost grows linearly with N.
//!
//! `cargo bench --bench abe`; sizes are printed once for each shape and N.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use hippocrypt::{AttributeSet, Header, Policy, Schema, os_rng, setup};

const SIZES: [usize; 7] = [1, 5, 10, 20, 50, 100, 1_000];
const SHAPES: [&str; 3] = ["and", "or", "half"];

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("attribute-{i}")).collect()
}

/// n leaves: all of them, any of them, or half of them.
fn policy(shape: &str, n: usize) -> Policy {
    let names = names(n);
    let text = match shape {
        "and" => names.join(" and "),
        "or" => names.join(" or "),
        _ => format!("{} of ({})", n.div_ceil(2), names.join(", ")),
    };
    Policy::parse(&text, &Schema::empty()).expect("a policy within the limits")
}

fn benches(criterion: &mut Criterion) {
    let schema = Schema::empty();
    let (parameters, master) = setup("bench", &mut os_rng()).expect("a realm");
    let mut group = criterion.benchmark_group("abe");
    group.sample_size(10);
    for n in SIZES {
        let set = AttributeSet::parse(&names(n).join(", "), &schema).expect("a set within the limits");
        let key = master.issue(&set, &mut os_rng()).expect("a key");
        let key_bytes = key.to_bytes().expose_secret().len();
        group.bench_with_input(BenchmarkId::new("keygen", n), &set, |bencher, set| {
            bencher.iter(|| master.issue(set, &mut os_rng()));
        });
        for shape in SHAPES {
            let policy = policy(shape, n);
            let sealed = parameters.encrypt(&policy, &[0; 32], &mut os_rng());
            let (header, _) = Header::split_from(&sealed).expect("a header");
            println!("abe/{shape}/{n}: ciphertext {} bytes, key {key_bytes} bytes", sealed.len());
            group.bench_with_input(
                BenchmarkId::new(format!("encrypt/{shape}"), n),
                &policy,
                |bencher, policy| {
                    bencher.iter(|| parameters.encrypt(policy, &[0; 32], &mut os_rng()));
                },
            );
            group.bench_with_input(
                BenchmarkId::new(format!("decrypt/{shape}"), n),
                &sealed,
                |bencher, sealed| {
                    bencher.iter(|| key.decrypt(&parameters, sealed).expect("it opens"));
                },
            );
            group.bench_with_input(
                BenchmarkId::new(format!("validate/{shape}"), n),
                &header,
                |bencher, header| {
                    bencher.iter(|| header.validate(&parameters, &mut os_rng()).expect("it is valid"));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);

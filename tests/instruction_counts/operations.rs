//! What is counted: the main operations, over AND policies of 1, 10 and 100 attributes.
//!
//! Everything random comes from fixed generators. Cold means attributes never seen before; warm
//! means that the cache holds their tables. The tables that all realms share are made beforehand.

use std::hint::black_box;

use hippocrypt::math::{G1, G2, pairing_product};
use hippocrypt::testing::TestRng;
use hippocrypt::{AttributeCache, AttributeSet, Header, Policy, RecordName, Schema, setup};

use crate::valgrind;

pub const SIZES: [usize; 3] = [1, 10, 100];
const RECORD_BYTES: usize = 1 << 16;
/// Uses of an attribute after which the cache has its table.
const USES_BEFORE_A_TABLE: usize = 5;

pub fn rng() -> TestRng {
    TestRng::new("instruction counts")
}

/// Counts `operation` at its second run, so that what is computed once for all is not counted.
pub fn count<T>(label: &str, mut operation: impl FnMut() -> T) {
    black_box(operation());
    valgrind::count(label, || drop(black_box(operation())));
}

/// Counts `operation` with an empty cache, and with one that has the tables of what it uses.
pub fn count_cold_and_warm<T>(label: &str, cache: &AttributeCache, mut operation: impl FnMut() -> T) {
    black_box(operation());
    cache.clear();
    valgrind::count(&format!("{label}/cold"), || drop(black_box(operation())));
    for _ in 0..USES_BEFORE_A_TABLE {
        black_box(operation());
    }
    valgrind::count(&format!("{label}/warm"), || drop(black_box(operation())));
}

/// Runs everything, under callgrind.
pub fn count_all() {
    // The first dump holds what came before it.
    valgrind::count("start", || ());
    let (parameters, master) = setup("realm", &mut rng()).unwrap();
    parameters.prepare();
    count("setup", || setup("realm", &mut rng()));
    count("pairing", || pairing_product(&[(G1::generator().into(), G2::generator())]));
    for n in SIZES {
        let names: Vec<String> = (0..n).map(|i| format!("attribute-{i}")).collect();
        let policy = Policy::parse(&names.join(" and "), &Schema::empty()).unwrap();
        let attributes = AttributeSet::parse(&names.join(", "), &Schema::empty()).unwrap();
        let cache = parameters.attribute_cache();

        let key = master.issue(&attributes, &mut rng()).unwrap();
        let sealed = parameters.encrypt(&policy, &[0; 32], &mut rng()).unwrap();
        let (header, _) = parameters.compartment(&policy, b"", &mut rng()).unwrap();
        let encoded = header.to_bytes();

        count_cold_and_warm(&format!("keygen/{n}"), cache, || master.issue(&attributes, &mut rng()));
        count(&format!("delegate/{n}"), || key.delegate(&attributes, &mut rng()));
        count_cold_and_warm(&format!("encrypt/{n}"), cache, || {
            parameters.encrypt(&policy, &[0; 32], &mut rng()).unwrap()
        });
        count(&format!("decrypt/{n}"), || key.decrypt(&parameters, &sealed).unwrap());
        count(&format!("decapsulate/{n}"), || {
            let header = Header::from_bytes(&encoded).unwrap();
            key.open(&parameters, &header, b"").unwrap()
        });
        count_cold_and_warm(&format!("validate/{n}"), cache, || {
            header.validate(&parameters, &mut rng()).unwrap();
        });
    }
    let policy = Policy::parse("a", &Schema::empty()).unwrap();
    let (_, content_key) = parameters.compartment(&policy, b"", &mut rng()).unwrap();
    let (name, plaintext) = (RecordName::random(&mut rng()), vec![0x5a; RECORD_BYTES]);
    let record = content_key.seal(&name, &plaintext, &mut rng());
    count("seal/64KiB", || content_key.seal(&name, &plaintext, &mut rng()));
    count("open/64KiB", || content_key.open(&name, &record).unwrap());
    crate::epochs::count_all();
    crate::search::count_all();
}

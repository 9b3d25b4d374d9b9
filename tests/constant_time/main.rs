//! No operation on secrets, of `math` or of the scheme, branches on them, indexes by them, or executes another number
//! of instructions for another secret. (SPEC `[MATH-10]`)
//!
//! Both tests run this program again under valgrind. They need it installed and the backend blst;
//! where either is missing they print a line and pass. `CONSTANT_TIME_SECRETS=200` counts
//! instructions over that many random secrets in place of three. The compiler decides what a mask
//! becomes, so that `cargo test --release` is a test of its own.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

mod operations;
#[path = "../common/valgrind.rs"]
mod valgrind;

use std::collections::BTreeMap;

use hippocrypt::math::{CONSTANT_TIME, G1, G2, Scalar, UncheckedRow, pairing_product};

use hippocrypt::Secret;

use operations::{ALGORITHMS, Inputs, LEAKY, OPERATIONS};

fn inputs(a: Scalar, b: Scalar) -> Inputs {
    let (g1, g2) = (G1::generator(), G2::generator());
    let gt = pairing_product(&[(g1.into(), g2)]);
    let mut wide = [0; 48];
    wide[16..].copy_from_slice(&a.to_bytes());
    let (a, b) = (Secret::new(a), Secret::new(b));
    Inputs {
        point: g1.pow(&b),
        element: gt.pow(&b),
        row: UncheckedRow::from_bytes(&g1.to_bytes()).unwrap(),
        coefficients: [Scalar::from_u64(3), -Scalar::one(), Scalar::from_u64(0xdead_beef)],
        uniform: operations::shake(&wide),
        a,
        b,
        wide,
        g1,
        g2,
        gt,
    }
}

/// Inputs whose secret parts memcheck watches.
fn classified() -> Inputs {
    let (mut a, mut b) = (random(0), random(1));
    let mut inputs = inputs(a, b);
    valgrind::classify(&mut a);
    valgrind::classify(&mut b);
    (inputs.a, inputs.b) = (Secret::new(a), Secret::new(b));
    valgrind::classify(&mut inputs.wide);
    valgrind::classify(&mut inputs.uniform);
    valgrind::classify(&mut inputs.point);
    valgrind::classify(&mut inputs.element);
    inputs
}

fn random(number: u64) -> Scalar {
    Scalar::from_wide(&operations::shake(&number.to_be_bytes()))
}

/// The uniform bytes of the classified inputs, in clear.
pub(crate) fn uniform() -> [u8; 48] {
    inputs(random(0), random(1)).uniform
}

fn can_run() -> bool {
    if !CONSTANT_TIME {
        println!("skipped: the backend of this build promises no constant time");
        return false;
    }
    if !valgrind::is_installed() {
        println!("skipped: valgrind is not installed");
        return false;
    }
    true
}

#[test]
fn no_branch_or_index_depends_on_a_secret() {
    const NAME: &str = "no_branch_or_index_depends_on_a_secret";
    if valgrind::is_child(NAME) {
        assert!(valgrind::is_running());
        let inputs = classified();
        for operation in OPERATIONS.iter().chain(ALGORITHMS).chain(LEAKY) {
            eprintln!("reports below belong to {}", operation.name);
            let before = valgrind::errors();
            (operation.run)(&inputs);
            println!("\nerrors {} {}", operation.name, valgrind::errors() - before);
        }
        return;
    }
    if !can_run() {
        return;
    }
    let log = valgrind::log(&valgrind::rerun(&["--error-limit=no".into()], NAME));
    let errors: BTreeMap<&str, usize> = log
        .lines()
        .filter_map(|line| line.strip_prefix("errors ")?.split_once(' '))
        .map(|(name, count)| (name, count.parse().unwrap()))
        .collect();
    let count = |name: &str| *errors.get(name).unwrap_or_else(|| panic!("{name} did not run:\n{log}"));
    for operation in OPERATIONS.iter().chain(ALGORITHMS) {
        let (found, allowed) = (count(operation.name), operation.reveals);
        println!("{}: {found} reports, {allowed} allowed", operation.name);
        assert!(found <= allowed, "{}: {found} reports, {allowed} allowed\n{log}", operation.name);
    }
    for operation in LEAKY {
        assert!(count(operation.name) > 0, "{} went unnoticed", operation.name);
    }
}

/// The ends of the range, scalars with long runs of zeros and ones, and random ones.
fn secrets() -> Vec<Scalar> {
    let x = Scalar::from_u64(0xd201_0000_0001_0000);
    let mut secrets = vec![Scalar::one(), Scalar::from_u64(2), -Scalar::one(), x, x * x - Scalar::one()];
    let random_secrets = std::env::var("CONSTANT_TIME_SECRETS").map_or(3, |count| count.parse().unwrap());
    secrets.extend((0..random_secrets).map(random));
    secrets
}

#[test]
fn the_number_of_instructions_does_not_depend_on_secrets() {
    const NAME: &str = "the_number_of_instructions_does_not_depend_on_secrets";
    if valgrind::is_child(NAME) {
        // Zero is an exponent as any other; for points it is the identity, which is told apart.
        let secrets = secrets();
        let exponents = secrets.iter().copied().chain([Scalar::zero()]);
        // One place in memory for all: copying takes another path where the alignment differs.
        let mut place = Box::new(inputs(Scalar::one(), Scalar::one()));
        // Some times before counting, until the allocator does the same in every round.
        for _ in 0..8 {
            *place = inputs(Scalar::one(), Scalar::one());
            OPERATIONS.iter().for_each(|operation| (operation.run)(&place));
        }
        // The first dump holds what came before it.
        valgrind::count("start", || ());
        for (a, b) in exponents.zip(secrets.iter().rev().cycle()) {
            *place = inputs(a, *b);
            for operation in OPERATIONS.iter().chain(LEAKY) {
                valgrind::count(operation.name, || (operation.run)(&place));
            }
        }
        return;
    }
    if !can_run() {
        return;
    }
    let (counts, log) = valgrind::rerun_counting(NAME);
    let equal = |name: &str| {
        let counts = counts.get(name).unwrap_or_else(|| panic!("{name} was not counted:\n{log}"));
        assert_eq!(counts.len(), secrets().len() + 1);
        println!("{name}: {:?}", (counts.iter().min(), counts.iter().max()));
        counts.iter().min() == counts.iter().max()
    };
    for operation in OPERATIONS {
        assert!(equal(operation.name), "{}: {:?}", operation.name, counts[operation.name]);
    }
    assert!(!equal("leaky/branch"), "the leaky operation went unnoticed");
}

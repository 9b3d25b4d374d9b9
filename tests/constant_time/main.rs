//! No operation on secrets in `math` branches on them, indexes by them, or executes another number
//! of instructions for another secret. (SPEC `[MATH-10]`)
//!
//! Both tests run this program again under valgrind. They need it installed and the backend blst;
//! where either is missing they print a line and pass. `CONSTANT_TIME_SECRETS=200` counts
//! instructions over that many random secrets in place of two.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod operations;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod valgrind;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod suite {
    use hippocrypt::Secret;
    use hippocrypt::math::{G1, G2, Scalar, UncheckedRow, pairing_product};

    use crate::operations::{Inputs, OPERATIONS, Operation};
    use crate::valgrind;

    /// Operations that leak, to prove that a leak is noticed.
    const LEAKY: &[Operation] = &[
        Operation {
            name: "leaky/branch",
            run: |i| {
                let mut product = i.g1;
                for byte in i.a.expose_secret().to_bytes() {
                    if byte & 1 == 1 {
                        product = product + i.g1;
                    }
                }
                std::hint::black_box(product);
            },
        },
        Operation {
            name: "leaky/index",
            run: |i| {
                let table: [u8; 256] = core::array::from_fn(|n| n as u8 ^ 0x5a);
                let byte = i.a.expose_secret().to_bytes()[31];
                std::hint::black_box(std::hint::black_box(table)[usize::from(byte)]);
            },
        },
    ];

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
            a,
            b,
            wide,
            g1,
            g2,
            gt,
        }
    }

    fn classified() -> Inputs {
        let (mut a, mut b) = (Scalar::from_wide(&[0x35; 48]), Scalar::from_wide(&[0xca; 48]));
        let mut inputs = inputs(a, b);
        valgrind::classify(&mut a);
        valgrind::classify(&mut b);
        (inputs.a, inputs.b) = (Secret::new(a), Secret::new(b));
        valgrind::classify(&mut inputs.wide);
        valgrind::classify(&mut inputs.point);
        valgrind::classify(&mut inputs.element);
        inputs
    }

    #[test]
    fn no_branch_or_index_depends_on_a_secret() {
        const NAME: &str = "suite::no_branch_or_index_depends_on_a_secret";
        if valgrind::is_child(NAME) {
            assert!(valgrind::is_running());
            let inputs = classified();
            for operation in OPERATIONS.iter().chain(LEAKY) {
                let before = valgrind::errors();
                (operation.run)(&inputs);
                println!("errors {} {}", operation.name, valgrind::errors() - before);
                eprintln!("=== {}", operation.name);
            }
            return;
        }
        let output = valgrind::rerun(&["--error-limit=no".into()], NAME);
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
    }
}

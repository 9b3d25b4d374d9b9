//! The main operations execute no more instructions than they did: a check of speed that gives the
//! same answer on a busy machine and on an idle one.
//!
//! `cargo test --release --features hazmat,test-util --test instruction_counts -- --nocapture` runs
//! this program again under valgrind's callgrind and compares with baseline.json. After a change that
//! is meant to cost or to save, `HIPPOCRYPT_BLESS=1` records what is counted now. Counts depend on the
//! backend, the architecture, the compiler and the CPU that valgrind emulates; where no baseline fits,
//! the test prints what it counted and passes.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

mod baseline;
mod epochs;
mod operations;
mod search;
#[allow(dead_code)] // memcheck's part
#[path = "../common/valgrind.rs"]
mod valgrind;

use std::fmt::Write;
use std::process::Command;

use hippocrypt::math::BACKEND;

use baseline::{Build, Counts};

/// Room for the allocator, hash maps and the C library.
const TOLERANCE: f64 = 0.03;

/// Marks the line in which the program under valgrind names the extensions of its CPU.
const CPU: &str = "cpu extensions: ";

macro_rules! extensions {
    ($detected:ident: $($name:tt)*) => {
        [$(($name, std::arch::$detected!($name))),*]
    };
}

fn cpu_extensions() -> String {
    #[cfg(target_arch = "x86_64")]
    let extensions = extensions!(is_x86_feature_detected:
        "adx" "aes" "avx" "avx2" "avx512f" "bmi1" "bmi2" "pclmulqdq" "sha" "sse4.1" "ssse3" "vaes");
    #[cfg(target_arch = "aarch64")]
    let extensions = extensions!(is_aarch64_feature_detected: "aes" "neon" "pmull" "sha2" "sha3");
    let present: Vec<&str> =
        extensions.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect();
    present.join(" ")
}

fn build(log: &str) -> Build {
    let rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-V").output();
    let cpu = log.lines().find_map(|line| Some(line.split_once(CPU)?.1));
    Build {
        name: format!(
            "{} {BACKEND}{}",
            std::env::consts::ARCH,
            if cfg!(feature = "ring") { " ring" } else { "" }
        ),
        rustc: rustc
            .map_or_else(|_| "unknown".into(), |out| String::from_utf8_lossy(&out.stdout).trim().into()),
        cpu: cpu.unwrap_or_default().trim().into(),
    }
}

fn ratio(new: u64, old: u64) -> f64 {
    new as f64 / old as f64
}

/// A table of the operations that `keep` picks by their ratio.
fn table(old: &Counts, new: &Counts, keep: impl Fn(f64) -> bool) -> String {
    let mut table = String::new();
    for (name, old) in old {
        let Some(new) = new.get(name) else { continue };
        if keep(ratio(*new, *old)) {
            writeln!(table, "{name:20} {old:>13} -> {new:>13}  {:.3}", ratio(*new, *old)).unwrap();
        }
    }
    table
}

#[test]
fn no_operation_executes_more_instructions_than_before() {
    const NAME: &str = "no_operation_executes_more_instructions_than_before";
    if valgrind::is_child(NAME) {
        println!("\n{CPU}{}", cpu_extensions());
        operations::count_all();
        return;
    }
    if cfg!(debug_assertions) {
        println!("skipped: counts of a debug build say nothing");
        return;
    }
    if !valgrind::is_installed() {
        println!("skipped: valgrind is not installed");
        return;
    }
    let (mut counted, log) = valgrind::rerun_counting(NAME);
    counted.remove("start");
    assert!(!counted.is_empty(), "nothing was counted:\n{log}");
    let counts: Counts = counted.into_iter().map(|(name, runs)| (name, runs.into_iter().sum())).collect();
    let build = build(&log);
    if std::env::var_os("HIPPOCRYPT_BLESS").is_some() {
        baseline::store(&build, &counts);
        println!("recorded {} counts for {}", counts.len(), build.name);
        return;
    }
    let Some(old) = baseline::load(&build) else {
        println!("no baseline for {}, {}, {}; counted:", build.name, build.rustc, build.cpu);
        counts.iter().for_each(|(name, count)| println!("{name:20} {count:>13}"));
        return;
    };
    print!("{}", table(&old, &counts, |_| true));
    let slower = table(&old, &counts, |ratio| ratio > 1.0 + TOLERANCE);
    assert!(
        slower.is_empty(),
        "more instructions than in the baseline (HIPPOCRYPT_BLESS=1 accepts them):\n{slower}"
    );
    let missing: Vec<_> = old.keys().filter(|name| !counts.contains_key(*name)).collect();
    assert!(missing.is_empty(), "in the baseline, but not counted: {missing:?}\n{log}");
    let fewer = table(&old, &counts, |ratio| ratio < 1.0 - TOLERANCE);
    let unknown: Vec<_> = counts.keys().filter(|name| !old.contains_key(*name)).collect();
    if !fewer.is_empty() || !unknown.is_empty() {
        println!(
            "run again with HIPPOCRYPT_BLESS=1 to record what was gained, and new operations {unknown:?}:\n{fewer}"
        );
    }
}

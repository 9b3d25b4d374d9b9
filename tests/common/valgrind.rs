//! Talking to valgrind from inside the program it runs: a fixed sequence of instructions that does
//! nothing on a real machine (valgrind's `valgrind.h`, `memcheck.h`, `callgrind.h`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_MEM_UNDEFINED: usize = tool(b'M', b'C') + 1;
const MAKE_MEM_DEFINED: usize = tool(b'M', b'C') + 2;
const ZERO_STATS: usize = tool(b'C', b'T') + 1;
const DUMP_STATS_AT: usize = tool(b'C', b'T') + 3;

const fn tool(a: u8, b: u8) -> usize {
    (a as usize) << 24 | (b as usize) << 16
}

#[cfg(target_arch = "x86_64")]
fn request(code: usize, a: usize, b: usize) -> usize {
    let arguments = [code, a, b, 0, 0, 0];
    let mut result = 0usize;
    // SAFETY: the rotations of rdi add up to 128 bits and leave it as it was; outside valgrind the
    // sequence has no effect, inside it reads the six words behind rax and writes rdx.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(), inout("rdx") result, in("rdi") 0usize,
        );
    }
    result
}

#[cfg(target_arch = "aarch64")]
fn request(code: usize, a: usize, b: usize) -> usize {
    let arguments = [code, a, b, 0, 0, 0];
    let mut result = 0usize;
    // SAFETY: as on x86-64, with x12, x4 and x3.
    unsafe {
        core::arch::asm!(
            "ror x12, x12, #3", "ror x12, x12, #13", "ror x12, x12, #51", "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") arguments.as_ptr(), inout("x3") result, in("x12") 0usize,
        );
    }
    result
}

pub fn is_running() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}

/// From here on memcheck reports whatever branches on these bytes or addresses memory by them.
pub fn classify<T: ?Sized>(value: &mut T) {
    request(MAKE_MEM_UNDEFINED, core::ptr::from_mut(value).cast::<u8>() as usize, size_of_val(value));
}

/// The value may be known from here on.
pub fn declassify<T: ?Sized>(value: &mut T) {
    request(MAKE_MEM_DEFINED, core::ptr::from_mut(value).cast::<u8>() as usize, size_of_val(value));
}

/// The errors that memcheck has reported so far, repeated ones included, suppressed ones not.
pub fn errors() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

/// Runs `operation` and has callgrind write the number of instructions under `label`.
pub fn count(label: &str, operation: impl FnOnce()) {
    let label = format!("{label}\0");
    request(ZERO_STATS, 0, 0);
    operation();
    request(DUMP_STATS_AT, label.as_ptr() as usize, 0);
}

/// Whether the program `valgrind` can be started.
pub fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs one test of this very program under valgrind, telling it so in `VALGRIND_CHILD`.
pub fn rerun(tool: &[String], test: &str) -> Output {
    Command::new("valgrind")
        .args(tool)
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("VALGRIND_CHILD", test)
        // Symbols are bound before the first measurement, not during it.
        .env("LD_BIND_NOW", "1")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap()
}

/// Whether this process is the one that [`rerun`] started for `test`.
pub fn is_child(test: &str) -> bool {
    std::env::var("VALGRIND_CHILD").is_ok_and(|name| name == test)
}

/// Runs one test of this program under callgrind: what it counted under each label, and what it printed.
pub fn rerun_counting(test: &str) -> (BTreeMap<String, Vec<u64>>, String) {
    let directory = scratch(test);
    let out = format!("--callgrind-out-file={}", directory.join("out").display());
    let log = log(&rerun(&["--tool=callgrind".into(), out], test));
    let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let field = |key| text.lines().find_map(|line| line.strip_prefix(key));
        if let Some(label) = field("desc: Trigger: Client Request: ") {
            let count = field("summary: ").or(field("totals: ")).unwrap();
            counts.entry(label.into()).or_default().push(count.trim().parse().unwrap());
        }
    }
    (counts, log)
}

/// All that a program printed.
pub fn log(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A directory of this test run, empty.
fn scratch(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

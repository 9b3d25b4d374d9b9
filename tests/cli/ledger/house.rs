//! A log with patients, and a clock that the tests set.

use serde_json::Value;

use crate::clinic::{Answer, Clinic};
use crate::manual::words;

pub const NOW: u64 = 1_800_000_000;
pub const ANNA: &str = "0f0e0d0c0b0a09080706050403020100";
pub const BORIS: &str = "ffeeddccbbaa99887766554433221100";
/// Nobody of whom the log has anything.
pub const STRANGER: &str = "00000000000000000000000000000001";
pub const LOG: &str = "hospital.example/audit";

pub struct House {
    pub clinic: Clinic,
}

impl House {
    /// An empty log `audit`.
    pub fn new() -> Self {
        let house = Self { clinic: Clinic::empty() };
        house.ok(&format!("create audit --log {LOG}"));
        house
    }

    /// The same with two blocks: 300 transactions, 100 of them Anna's, and 8 more, 4 of them hers.
    pub fn open() -> Self {
        let house = Self::new();
        house.append(300, "first");
        house.ok("checkpoint audit --out one");
        house.append(8, "second");
        house.ok("checkpoint audit --out two");
        house
    }

    /// Appends transactions: every third one is Anna's in the first batch, every second in the other.
    pub fn append(&self, count: usize, name: &str) -> Value {
        let line = |number: usize| {
            let (kind, whose) = match number % 3 {
                0 => ("access", format!("\"patient\":\"{ANNA}\",")),
                1 => ("grant", format!("\"patient\":\"{BORIS}\",")),
                _ => ("denied", String::new()),
            };
            format!("{{\"kind\":\"{kind}\",{whose}\"body\":\"{name} {number}\"}}\n")
        };
        let lines: String = (0..count).map(line).collect();
        self.clinic.write("lines.ndjson", lines.as_bytes());
        self.json("append audit --lines --input lines.ndjson")
    }

    pub fn run(&self, line: &str) -> Answer {
        self.run_with(&[], line)
    }

    fn run_with(&self, first: &[&str], line: &str) -> Answer {
        let now = NOW.to_string();
        let line = words(line);
        let mut args = vec!["--now", now.as_str()];
        args.extend(first);
        args.push("ledger");
        args.extend(line.iter().map(String::as_str));
        self.clinic.run(&args)
    }

    pub fn ok(&self, line: &str) -> Answer {
        let answer = self.run(line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        answer
    }

    /// Runs what must fail with `code`, and say `why` and no panic.
    pub fn fails(&self, code: i32, line: &str, why: &str) {
        let answer = self.run(line);
        assert_eq!(answer.code, code, "{line}: {}", answer.stderr);
        let told = answer.stderr.contains(why) && !answer.stderr.contains("panicked");
        assert!(told, "{line}: {}", answer.stderr);
    }

    pub fn json(&self, line: &str) -> Value {
        let answer = self.run_with(&["--json"], line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        answer.json()
    }
}

//! A vault with people, and a clock that the tests set.

use std::cell::Cell;

use sha2::{Digest, Sha256};

use crate::clinic::{Answer, Clinic};
use crate::manual::words;

pub const NOW: u64 = 1_800_000_000;
pub const BUNDLE: &[u8] = include_bytes!("../../../examples/data/clinic-bundle.json");
/// The name of the first patient of the bundle in it.
pub const MARTA: &str = "Patient/patient-4711";

pub struct House {
    pub clinic: Clinic,
    pub clock: Cell<u64>,
}

impl House {
    /// A vault, `bundle.json`, and nobody in it.
    pub fn new() -> Self {
        let house = Self { clinic: Clinic::empty(), clock: Cell::new(NOW) };
        house.clinic.write("bundle.json", BUNDLE);
        house.ok("init --realm st-marys --epochs 8");
        house
    }

    /// A laboratory, a physician with all clearances, a radiologist, a patient; and the bundle imported.
    pub fn open() -> Self {
        let house = Self::new();
        house.ok("enroll laboratory --writes all --out lab.key");
        house.ok("enroll dr-chen -a \"role:physician, clearance:mental-health, clearance:restricted, clearance:substance-use, clearance:infectious-disease\" --out chen.key");
        house.ok("enroll dr-roe -a role:radiologist --out roe.key");
        house.ok(&format!("enroll marta --patient {MARTA} --out marta.key"));
        house.ok("import --key lab.key bundle.json");
        house
    }

    pub fn run(&self, line: &str) -> Answer {
        self.run_with(&[], line)
    }

    fn run_with(&self, first: &[&str], line: &str) -> Answer {
        let now = self.clock.get().to_string();
        let line = words(line);
        let mut args = vec!["--now", now.as_str()];
        args.extend(first);
        args.push("vault");
        args.extend(line.iter().map(String::as_str));
        self.clinic.run(&args)
    }

    /// Runs what must succeed.
    pub fn ok(&self, line: &str) -> Answer {
        let answer = self.run(line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        answer
    }

    /// Runs what must fail with `code`, and say `why` and no panic.
    pub fn fails(&self, code: i32, line: &str, why: &str) -> Answer {
        let answer = self.run(line);
        assert_eq!(answer.code, code, "{line}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(why) && !answer.stderr.contains("panicked"),
            "{line}: {}",
            answer.stderr
        );
        answer
    }

    pub fn json(&self, line: &str) -> serde_json::Value {
        let answer = self.run_with(&["--json"], line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        answer.json()
    }

    /// How many records open.
    pub fn opens(&self, line: &str) -> u64 {
        self.json(&format!("read {line}"))["opened"].as_u64().unwrap()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

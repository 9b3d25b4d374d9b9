//! An index with people, and a clock that the tests set.

use std::cell::Cell;

use serde_json::Value;

use crate::clinic::{Answer, Clinic};
use crate::manual::words;

pub const NOW: u64 = 1_800_000_000;
pub const BUNDLE: &[u8] = include_bytes!("../../../examples/data/clinic-bundle.json");

pub struct House {
    pub clinic: Clinic,
    pub clock: Cell<u64>,
}

/// An observation of this id with this LOINC code, in May 2026.
pub fn observation(id: &str, code: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","effectiveDateTime":"2026-05-14","subject":{{"reference":"Patient/anna"}},"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}}}}"#
    )
}

impl House {
    /// An empty index `anna`, and a reader with `chen.key`.
    pub fn open() -> Self {
        let house = Self { clinic: Clinic::empty(), clock: Cell::new(NOW) };
        house.ok("create anna");
        house.ok("grant anna dr-chen --out chen.key");
        house
    }

    /// Writes a file of observations with these ids and codes, one a line.
    pub fn observations(&self, name: &str, all: &[(&str, &str)]) {
        let lines: Vec<String> = all.iter().map(|(id, code)| observation(id, code) + "\n").collect();
        self.clinic.write(name, lines.concat().as_bytes());
    }

    pub fn run(&self, line: &str) -> Answer {
        self.run_with(&[], line)
    }

    fn run_with(&self, first: &[&str], line: &str) -> Answer {
        let now = self.clock.get().to_string();
        let line = words(line);
        let mut args = vec!["--now", now.as_str()];
        args.extend(first);
        args.push("index");
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

    /// The names of the resources that a search finds, ascending.
    pub fn finds(&self, line: &str) -> Vec<String> {
        let found = self.json(&format!("search anna --reader chen.key {line}"));
        let records = found["records"].as_array().unwrap();
        assert_eq!(found["found"], records.len());
        assert_eq!(found["complete"], !line.contains("--remote"));
        let mut names: Vec<String> =
            records.iter().map(|record| record["resource"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

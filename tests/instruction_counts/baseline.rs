//! The recorded counts, one set for each kind of build: baseline.json.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

pub type Counts = BTreeMap<String, u64>;

/// What else decides how many instructions are executed.
#[derive(PartialEq)]
pub struct Build {
    /// Architecture and backends: the name of the set.
    pub name: String,
    pub rustc: String,
    /// The extensions of the CPU that valgrind emulates; libraries choose their code by them.
    pub cpu: String,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/instruction_counts/baseline.json")
}

fn all() -> Map<String, Value> {
    let text = std::fs::read_to_string(path()).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).expect("baseline.json is JSON")
}

/// The counts of exactly this build.
pub fn load(build: &Build) -> Option<Counts> {
    let all = all();
    let set = all.get(&build.name)?;
    let same = set["rustc"] == build.rustc.as_str() && set["cpu"] == build.cpu.as_str();
    same.then(|| serde_json::from_value(set["counts"].clone()).expect("counts are whole numbers"))
}

/// Replaces the set of this build, and leaves the others as they are.
pub fn store(build: &Build, counts: &Counts) {
    let mut all = all();
    let set = json!({ "rustc": build.rustc, "cpu": build.cpu, "counts": counts });
    all.insert(build.name.clone(), set);
    let text = serde_json::to_string_pretty(&all).expect("a map of strings and numbers");
    std::fs::write(path(), text + "\n").expect("baseline.json is writable");
}

//! All of Synthea and of the official examples.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hippocrypt::fhir::{self, Form, Import, LabelTable, Limits, Problem, ProblemKind};
use sha2::{Digest, Sha256};

use super::round_trip;

/// The files of a folder of shared test data, if there is one.
pub fn shared(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/data", "../../shared/data"].map(|place| folder.join(place).join(name));
    let Some(folder) = places.into_iter().find(|place| place.is_dir()) else {
        println!("skipped: there is no folder ../shared/data/{name}");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub fn read<'a>(path: &Path, bytes: &'a [u8]) -> Import<'a> {
    Import::read(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Counts of (category, labels) and of problems over all files; every file comes back, in all forms.
fn take_in(folder: &str) -> (BTreeMap<String, usize>, BTreeMap<ProblemKind, usize>) {
    let (mut counts, mut problems) = (BTreeMap::new(), BTreeMap::new());
    for path in shared(folder) {
        let bytes = fs::read(&path).unwrap();
        let import = read(&path, &bytes);
        assert_eq!(Sha256::digest(round_trip(&import)), Sha256::digest(&bytes), "{}", path.display());
        for resource in import.resources() {
            *counts.entry(resource.description().category.to_string()).or_default() += 1;
            for label in &resource.description().labels {
                *counts.entry(label.to_string()).or_default() += 1;
            }
            let person =
                matches!(resource.kind(), "Patient" | "Observation" | "Condition" | "Encounter" | "Claim");
            let told = import.problems().iter().any(|problem| problem.position == resource.position());
            if person && folder == "synthea-r4" {
                assert!(resource.subject().is_some() && !told, "{}: {resource:?}", path.display());
            }
        }
        for Problem { kind, .. } in import.problems() {
            *problems.entry(*kind).or_default() += 1;
        }
        other_forms(&import);
    }
    (counts, problems)
}

fn other_forms(import: &Import<'_>) {
    let bodies: Vec<&[u8]> = import.resources().iter().map(|resource| resource.bytes()).collect();
    let bundle = fhir::collection(&bodies).unwrap();
    let again = Import::read(&bundle, &Limits::default()).unwrap();
    assert_eq!((again.form(), again.bundle_type()), (Form::Bundle, Some("collection")));
    assert!(again.resources().iter().map(|resource| resource.bytes()).eq(bodies.iter().copied()));
    assert_eq!(round_trip(&again), bundle);

    let (lines, changed) = fhir::ndjson(&bodies).unwrap();
    if bodies.is_empty() {
        return assert_eq!(lines, b"");
    }
    let again = Import::read(&lines, &Limits::default()).unwrap();
    assert_eq!(again.resources().len(), bodies.len());
    for (index, (line, body)) in again.resources().iter().zip(&bodies).enumerate() {
        assert_eq!(line.bytes() != *body, changed.contains(&index));
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(line.bytes()).unwrap(),
            serde_json::from_slice::<serde_json::Value>(body).unwrap()
        );
    }
    assert_eq!(round_trip(&again), lines);
}

#[test]
fn synthea_comes_back() {
    let (counts, problems) = take_in("synthea-r4");
    println!("{counts:?}\n{problems:?}");
    if !counts.is_empty() {
        assert_eq!(problems, BTreeMap::new());
        assert_eq!(counts["medication"], 263);
        assert_eq!(counts["immunization"], 807);
        assert_eq!(counts["condition"], 307);
        assert_eq!(counts["allergy"], 58);
        assert!(counts["vital-sign"] > 1000 && counts["lab-result"] > 1000);
        assert!(counts["HIV"] >= 11 && counts["OPIOIDUD"] >= 6 && counts["SEX"] > 30);
    }
}

#[test]
fn the_official_examples_come_back() {
    let (counts, problems) = take_in("fhir-r4b-official");
    println!("{counts:?}\n{problems:?}");
    if !counts.is_empty() {
        assert!(counts["consent"] >= 9 && counts["lab-result"] > 20, "{counts:?}");
    }
}

/// `cargo test --release --features fhir --test fhir speed -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn speed() {
    let files: Vec<(PathBuf, Vec<u8>)> =
        shared("synthea-r4").into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let (table, limits) = (LabelTable::pcf(), Limits::default());
    for _ in 0..5 {
        let start = Instant::now();
        let imports: Vec<_> =
            files.iter().map(|(_, bytes)| Import::read_with(bytes, &limits, &table).unwrap()).collect();
        let reading = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let envelopes: Vec<_> = imports.iter().map(|import| import.envelope(super::id)).collect();
        let hashing = start.elapsed().as_secs_f64();
        let start = Instant::now();
        for (import, envelope) in imports.iter().zip(&envelopes) {
            envelope.export(|id| Some(import.resources()[super::index(id)].bytes())).unwrap();
        }
        let writing = start.elapsed().as_secs_f64();
        let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
        let resources: usize = imports.iter().map(|import| import.resources().len()).sum();
        println!(
            "{bytes} bytes, {resources} resources: read {:.0} MB/s, envelope {:.0} MB/s, export {:.0} MB/s",
            rate(reading),
            rate(hashing),
            rate(writing)
        );
    }
}

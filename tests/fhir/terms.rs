//! What resources say, over all shared data: enough keywords, not too many, the same alone and within a bundle, and no panic whatever they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Instant;

use hippocrypt::fhir::{self, Import, LabelTable, Limits};
use hippocrypt::search::LeakageProfile;
use hippocrypt::search::text::Terms;

use super::files::{read, shared};

/// Types of which a patient has many, and which are looked for.
const CLINICAL: &[&str] = &[
    "AllergyIntolerance",
    "CarePlan",
    "Claim",
    "Condition",
    "DiagnosticReport",
    "Encounter",
    "ExplanationOfBenefit",
    "ImagingStudy",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
];

/// At most so many of the official examples have fewer than five keywords: Bundles without entries, bare ends of references, and what says all in
/// its narrative or in contained resources.
const SILENT: usize = 6;

fn shown(terms: &Terms<'_>) -> Vec<String> {
    terms.values().map(|(field, value)| format!("{}: {value:?}", field.name)).collect()
}

/// Keywords of a record: least, median, most.
fn spread(counts: &mut [usize]) -> [usize; 3] {
    counts.sort_unstable();
    [counts[0], counts[counts.len() / 2], counts[counts.len() - 1]]
}

#[test]
fn every_resource_has_keywords_and_few_have_many() {
    let budget = LeakageProfile::standard().budget();
    for folder in ["synthea-r4", "fhir-r4b-official"] {
        let mut counts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut silent = Vec::new();
        let (mut pairs, mut rooms, mut patients) = (0, BTreeMap::<String, usize>::new(), Vec::new());
        for path in shared(folder) {
            let bytes = fs::read(&path).unwrap();
            let mut distinct = BTreeSet::new();
            for resource in read(&path, &bytes).resources() {
                let keywords = fhir::keywords(resource, budget);
                let kind = resource.kind();
                if keywords.len() < 5 {
                    silent.push((keywords.len(), kind.to_owned(), resource.bytes().len()));
                }
                assert!(
                    keywords.iter().all(|keyword| !(keyword.field() == "cut" && keyword.value() == "all"))
                );
                counts.entry(kind.to_owned()).or_default().push(keywords.len());
                pairs += keywords.len();
                for keyword in &keywords {
                    let cut = keyword.field() == "cut";
                    let room =
                        if cut { format!("cut:{}", keyword.value()) } else { keyword.field().to_owned() };
                    *rooms.entry(room).or_default() += 1;
                }
                distinct.extend(keywords);
            }
            patients.push(distinct.len());
        }
        if patients.is_empty() {
            continue;
        }
        println!(
            "{folder}: {pairs} pairs; distinct keywords of a file: {:?}\n{rooms:?}",
            spread(&mut patients)
        );
        println!("fewer than five keywords (keywords, type, bytes): {silent:?}");
        assert!(silent.len() <= if folder == "synthea-r4" { 0 } else { SILENT });
        for (kind, counts) in &mut counts {
            let number = counts.len();
            let [least, median, most] = spread(counts);
            println!("  {kind}: {number} records, {least} / {median} / {most}");
            if CLINICAL.contains(&kind.as_str()) && folder == "synthea-r4" {
                assert!((15..=40).contains(&median), "{kind}: {median}");
            }
        }
    }
}

#[test]
fn a_resource_says_the_same_alone_and_within_a_bundle() {
    for path in shared("synthea-r4").into_iter().step_by(16).chain(shared("fhir-r4b-official")) {
        let bytes = fs::read(&path).unwrap();
        for resource in read(&path, &bytes).resources() {
            let alone = read(&path, resource.bytes());
            // A Bundle that was kept whole is taken apart when it is alone.
            let [alone] = alone.resources() else { continue };
            assert_eq!(shown(&fhir::terms(resource)), shown(&fhir::terms(alone)), "{}", path.display());
        }
    }
}

/// Changes a few bytes, or moves a piece of the text elsewhere.
fn mutated(bytes: &[u8], mut seed: u64) -> Vec<u8> {
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    let mut mutant = bytes.to_vec();
    for _ in 0..=next(3) {
        let at = next(mutant.len());
        match next(4) {
            0 => mutant[at] = b"\"{}[]:,\\0-9eT.|# tnu\xc3"[next(21)],
            1 => drop(mutant.splice(at..at, *b"null")),
            2 => drop(mutant.splice(at..(at + next(40)).min(bytes.len().min(mutant.len())).max(at), [])),
            _ => {
                let from = next(bytes.len());
                let piece = bytes[from..(from + next(200)).min(bytes.len())].to_vec();
                mutant.splice(at..at, piece);
            }
        }
    }
    mutant
}

/// Values where others are expected, which leave the JSON what it is.
fn swapped(text: &str, seed: usize) -> String {
    const ODD: [&str; 12] = [
        "null",
        "[]",
        "{}",
        "[null]",
        "[[{}]]",
        "1e999",
        "-0.0",
        "true",
        "\"\\ud800\"",
        "\"\"",
        "\"9999-99\"",
        "{\"coding\":7}",
    ];
    let colons: Vec<usize> = text.match_indices("\": ").map(|(at, found)| at + found.len()).collect();
    let Some(at) = colons.get(seed % colons.len().max(1)) else { return text.to_owned() };
    let end = text[*at..].find(['\n', ',']).map_or(text.len(), |length| at + length);
    let single = !text[*at..end].contains(['{', '[']);
    let rest = if single { &text[end..] } else { return text.to_owned() };
    format!("{}{}{rest}", &text[..*at], ODD[seed % ODD.len()])
}

#[test]
fn nothing_that_a_resource_says_makes_a_panic() {
    let budget = LeakageProfile::standard().budget();
    let (mut read, mut odd) = (0, 0);
    for (number, path) in shared("fhir-r4b-official").iter().enumerate() {
        let bytes = fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for round in 0..40 {
            let mutants = [
                mutated(&bytes, (number * 1000 + round) as u64),
                swapped(&text, number * 1000 + round * 37).into_bytes(),
            ];
            for (kind, mutant) in mutants.iter().enumerate() {
                let Ok(import) = Import::read(mutant, &Limits::default()) else { continue };
                for resource in import.resources() {
                    let keywords = fhir::keywords(resource, budget);
                    assert!(keywords.len() <= 1100);
                    let terms = fhir::terms(resource);
                    assert!(terms.values().all(|(_, value)| !format!("{value:?}").contains("inf\"")));
                    *(if kind == 0 { &mut read } else { &mut odd }) += 1;
                }
            }
        }
    }
    println!("{read} mutants and {odd} odd ones were read");
    assert!(read + odd == 0 || (read > 500 && odd > 2000), "{read} {odd}");
}

/// `cargo test --release --features fhir --test fhir rate -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn rate() {
    let files: Vec<Vec<u8>> = shared("synthea-r4").iter().map(|path| fs::read(path).unwrap()).collect();
    let (table, limits) = (LabelTable::pcf(), Limits::default());
    let budget = LeakageProfile::standard().budget();
    let all = || files.iter().map(|bytes| Import::read_with(bytes, &limits, &table).unwrap());
    for _ in 0..5 {
        let start = Instant::now();
        let imports: Vec<_> = all().collect();
        let reading = start.elapsed().as_secs_f64();
        let resources = imports.iter().flat_map(|import| import.resources());
        let start = Instant::now();
        let terms: Vec<Terms<'_>> = resources.map(fhir::terms).collect();
        let saying = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let keywords: usize = terms.iter().map(|terms| terms.keywords(budget).len()).sum();
        let making = start.elapsed().as_secs_f64();
        let each = |seconds: f64| seconds * 1e6 / terms.len() as f64;
        println!(
            "{} resources, {keywords} keywords: read {:.1} µs, terms {:.1} µs, keywords {:.1} µs each: {:.0} a second, with reading {:.0}",
            terms.len(),
            each(reading),
            each(saying),
            each(making),
            1e6 / each(saying + making),
            1e6 / each(reading + saying + making)
        );
    }
}

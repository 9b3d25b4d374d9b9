//! `index plan`: what an index would cost and give away, profile by profile.

use std::collections::{BTreeMap, BTreeSet};

use hippocrypt::fhir::{self, Import};
use hippocrypt::os_rng;
use hippocrypt::search::{self, Keyword, LeakageProfile, Spread};
use serde_json::{Value, json};

use super::corpus;
use crate::args::index::Plan;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::progress;
use crate::report::{Report, grouped};
use crate::speed::cpu_time;
use crate::table;

/// The keywords of each record, patient by patient.
type Patients = BTreeMap<String, Vec<Vec<Keyword>>>;

/// What was read.
struct Corpus {
    /// Each profile has a budget of its own.
    profiles: Vec<(LeakageProfile, Patients)>,
    /// Resources about nobody, or about several.
    of_nobody: u64,
    passed_over: u64,
}

impl Corpus {
    fn new(profiles: Vec<LeakageProfile>) -> Self {
        let profiles = profiles.into_iter().map(|profile| (profile, Patients::new())).collect();
        Self { profiles, of_nobody: 0, passed_over: 0 }
    }

    /// In a file about one patient all of it is hers.
    fn add(&mut self, import: &Import<'_>) {
        let subjects: BTreeSet<&str> =
            import.resources().iter().filter_map(|resource| resource.subject()).collect();
        let only = subjects.first().copied().filter(|_| subjects.len() == 1);
        for resource in import.resources() {
            match resource.subject().or(only) {
                Some(subject) => {
                    let terms = fhir::terms(resource);
                    for (profile, patients) in &mut self.profiles {
                        let records = patients.entry(subject.to_owned()).or_default();
                        records.push(terms.keywords(profile.budget()));
                    }
                }
                None => self.of_nobody += 1,
            }
        }
    }
}

pub fn run(console: &Console, args: &Plan) -> Result<Report, Failure> {
    let files = corpus::find(&args.input)?;
    let mut corpus = Corpus::new(match args.profile.as_slice() {
        [] => LeakageProfile::all().into(),
        named => named.iter().map(|profile| profile.profile()).collect(),
    });
    let bar = progress::steps(console, files.iter().filter_map(|file| file.bytes).sum());
    for file in &files {
        let is_fhir = corpus::read(console, file, &bar, &mut |import| {
            corpus.add(import);
            Ok(())
        })?;
        corpus.passed_over += u64::from(!is_fhir);
    }
    bar.finish_and_clear();
    if corpus.profiles.iter().all(|(_, patients)| patients.is_empty()) {
        return Err(Failure::new(Code::Malformed, "no resource in the files is about a patient")
            .hint("an index is of a patient: give files whose resources have a subject"));
    }

    let steps = corpus.profiles.iter().map(|(_, patients)| patients.len() as u64).sum();
    let bar = progress::steps(console, steps);
    let mut plans = Vec::new();
    for (profile, patients) in &corpus.profiles {
        let patients = patients.values().map(|records| {
            bar.inc(1);
            records.as_slice()
        });
        let clock = || u64::try_from(cpu_time().as_nanos()).unwrap_or(u64::MAX);
        plans.push(search::plan(profile, patients, clock, &mut os_rng())?);
    }
    bar.finish_and_clear();

    let mut report = Report::answer("index plan");
    report.row("files", files.len() as u64 - corpus.passed_over);
    report.row("passed over", corpus.passed_over);
    report.row("of no patient", corpus.of_nobody);
    if let Some(plan) = plans.first() {
        report.row("patients", plan.patients);
        report.row("records", plan.records);
        if let Some((keyword, count)) = &plan.most_frequent {
            let text = format!("{}:{}", keyword.field(), keyword.value());
            let shown = format!("{text}, {} records of one patient", grouped(&count.to_string()));
            report.row_as("most frequent", json!({ "keyword": text, "records": count }), shown);
        }
    }
    report.draw(drawing(&plans));
    report.field("profiles", plans.iter().map(to_json).collect::<Value>());
    Ok(report)
}

fn spread(spread: &Spread) -> Value {
    json!({ "min": spread.min, "median": spread.median, "max": spread.max })
}

fn to_json(plan: &search::Plan) -> Value {
    let rate = |time: u64, count: u64| {
        let micros = time as f64 / 1e3;
        if count == 0 { 0.0 } else { rounded(micros / count as f64, 1e3) }
    };
    json!({
        "profile": plan.profile.name,
        "keywords_per_record": plan.profile.keywords_per_record,
        "pairs": plan.pairs,
        "keywords": plan.distinct_keywords,
        "segments": plan.segments,
        "slots": plan.slots,
        "bytes": plan.bytes,
        "bytes_per_pair": rounded(plan.bytes_per_pair(), 1e2),
        "padding": rounded(plan.padding(), 1e4),
        "mirror_bytes": plan.mirror_bytes(),
        "new_keywords": plan.new_keywords,
        "cold_ms": rounded(plan.cold_time as f64 / 1e6, 1e3),
        "cold_us_per_keyword": rate(plan.cold_time, plan.new_keywords),
        "warm_ms": rounded(plan.warm_time as f64 / 1e6, 1e3),
        "warm_us_per_pair": rate(plan.warm_time, plan.pairs),
        "segments_of_patient": spread(&plan.segments_of_patient),
        "slots_of_patient": spread(&plan.slots_of_patient),
        "alike": plan.alike,
        "repeats": rounded(plan.repeats, 1e4),
        "volume": plan.most_frequent.as_ref().map_or(0, |(_, count)| *count),
        "remote_search": plan.profile.remote_search,
    })
}

fn rounded(value: f64, places: f64) -> f64 {
    (value * places).round() / places
}

fn drawing(plans: &[search::Plan]) -> String {
    let three = |spread: &Spread| format!("{} / {} / {}", spread.min, spread.median, spread.max);
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let row = |plan: &search::Plan| {
        let mut row = to_json(plan);
        let texts = [
            ("pairs_text", grouped(&plan.pairs.to_string())),
            ("keywords_text", grouped(&plan.distinct_keywords.to_string())),
            ("segments_text", grouped(&plan.segments.to_string())),
            ("per_pair", format!("{:.1}", plan.bytes_per_pair())),
            ("padding_text", percent(plan.padding())),
            ("mirror", grouped(&plan.mirror_bytes().to_string())),
            ("sizes", three(&plan.slots_of_patient)),
            ("counts", three(&plan.segments_of_patient)),
            ("alike_text", format!("{} of {}", plan.alike, plan.patients)),
            (
                "repeats_text",
                if plan.profile.remote_search { percent(plan.repeats) } else { "no remote".into() },
            ),
        ];
        if let Some(object) = row.as_object_mut() {
            object.extend(texts.map(|(name, text)| (name.to_owned(), text.into())));
        }
        row
    };
    let rows: Vec<Value> = plans.iter().map(row).collect();
    let cost = [
        ("profile", "profile"),
        ("keywords_per_record", "a record"),
        ("pairs_text", "pairs"),
        ("keywords_text", "keywords"),
        ("segments_text", "segments"),
        ("per_pair", "bytes a pair"),
        ("padding_text", "padding"),
        ("mirror", "mirror bytes"),
        ("cold_ms", "cold ms"),
        ("cold_us_per_keyword", "µs a keyword"),
        ("warm_ms", "warm ms"),
        ("warm_us_per_pair", "µs a pair"),
    ];
    let seen = [
        ("profile", "profile"),
        ("counts", "segments of a patient"),
        ("sizes", "slots (min / median / max)"),
        ("alike_text", "alike"),
        ("repeats_text", "repeats"),
        ("volume", "volume"),
    ];
    let bars: Vec<(String, u64)> =
        plans.iter().map(|plan| (plan.profile.name.to_string(), plan.bytes)).collect();
    format!(
        "bytes of the index\n{}\nwhat it costs\n{}\nwhat the server sees\n{}",
        table::bars(&bars),
        table::of(&rows, &cost),
        table::of(&rows, &seen)
    )
}

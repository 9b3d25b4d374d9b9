//! What an import has come to.

use std::collections::BTreeMap;
use std::time::Duration;

use hippocrypt::fhir::{Problem, Resource};
use hippocrypt::phr::{Description, PatientHandle, RecordCategory};
use serde_json::{Map, Value, json};

use crate::console::Console;
use crate::failure::Failure;
use crate::report::{Report, grouped};
use crate::table;
use crate::vault::indexes::Indexed;

/// Patients that people are shown.
const SHOWN: usize = 10;

#[derive(Default)]
pub struct Totals {
    pub files: u64,
    pub imported_before: u64,
    pub records: u64,
    pub bytes: u64,
    pub envelopes: u64,
    /// Files whose envelope the key may not write.
    pub without_envelope: u64,
    pub refused: Vec<Failure>,
    resources: u64,
    other_files: u64,
    by_category: BTreeMap<RecordCategory, u64>,
    labels: BTreeMap<String, u64>,
    problems: BTreeMap<String, u64>,
    patients: BTreeMap<PatientHandle, Patient>,
}

#[derive(Default)]
struct Patient {
    name: Option<String>,
    records: u64,
}

impl Totals {
    pub fn named(&mut self, patient: PatientHandle, name: &str) {
        self.patients.entry(patient).or_default().name = Some(name.to_owned());
    }

    pub fn resource(&mut self, patient: &PatientHandle, resource: &Resource<'_>) {
        self.resources += 1;
        self.record(patient, resource.description());
    }

    pub fn other(&mut self, patient: &PatientHandle, description: &Description) {
        self.other_files += 1;
        self.record(patient, description);
    }

    fn record(&mut self, patient: &PatientHandle, description: &Description) {
        self.patients.entry(*patient).or_default().records += 1;
        *self.by_category.entry(description.category).or_default() += 1;
        for label in &description.labels {
            *self.labels.entry(label.to_string()).or_default() += 1;
        }
    }

    pub fn problems(&mut self, problems: &[Problem]) {
        for problem in problems {
            *self.problems.entry(problem.kind.to_string()).or_default() += 1;
        }
    }

    pub fn report(self, console: &Console, uploads: u64, indexed: Option<Indexed>, time: Duration) -> Report {
        let mut report = Report::new("vault import");
        report.row("files", self.files);
        if self.imported_before > 0 {
            report.row("imported before", self.imported_before);
        }
        report.row("resources", self.resources);
        report.row("other files", self.other_files);
        report.row("records", self.records);
        report.bytes("bytes", self.bytes);
        report.row("uploads", uploads);
        if let Some(Indexed { records, segments, indexes, domains }) = indexed {
            report.row("records indexed", records);
            report.row("segments", segments);
            report.row("new indexes", indexes);
            report.row("new domains", domains);
        }
        report.field("envelopes", self.envelopes);
        counts(&mut report, "labels", &self.labels);
        counts(&mut report, "problems", &self.problems);
        let seconds = time.as_secs_f64();
        let rate = if seconds > 0.0 { (self.resources + self.other_files) as f64 / seconds } else { 0.0 };
        report.row_as("seconds", json!((seconds * 1000.0).round() / 1000.0), format!("{seconds:.2}"));
        report.row_as("per second", json!(rate.round()), grouped(&format!("{rate:.0}")));
        report.row("refused", self.refused.len());

        let categories = self.by_category.iter().map(|(category, count)| (category.name(), *count));
        let bars: Vec<(String, u64)> = categories.map(|(name, count)| (name.to_owned(), count)).collect();
        let by_category: Map<String, Value> =
            bars.iter().map(|(name, count)| (name.clone(), (*count).into())).collect();
        report.field("by_category", by_category);
        let rows: Vec<Value> = self
            .patients
            .iter()
            .map(|(handle, patient)| {
                json!({ "patient": handle.to_string(), "name": patient.name, "records": patient.records })
            })
            .collect();
        let mut drawing = table::bars(&bars);
        if rows.len() <= SHOWN && !rows.is_empty() {
            drawing.push('\n');
            drawing.push_str(&table::of(
                &rows,
                &[("patient", "patient"), ("name", "name in the files"), ("records", "records")],
            ));
        } else {
            report.row_as(
                "patients",
                rows.len(),
                format!("{} (--json lists them)", grouped(&rows.len().to_string())),
            );
        }
        report.field("patients", rows);
        report.draw(drawing);

        if self.without_envelope > 0 {
            console.warn(&format!(
                "{} files cannot be exported as they came in: the key may not write `other`, of which the rest of a file is",
                self.without_envelope
            ));
        }
        let mut refused = self.refused.into_iter();
        let first = refused.next();
        refused.for_each(|failure| console.warn(&failure.to_string()));
        if let Some(failure) = first {
            report.condemn(failure);
        }
        report
    }
}

/// How often each was met; machines get an object.
fn counts(report: &mut Report, label: &str, counts: &BTreeMap<String, u64>) {
    let all: Map<String, Value> =
        counts.iter().map(|(name, count)| (name.clone(), (*count).into())).collect();
    if counts.is_empty() {
        report.field(label, all);
        return;
    }
    let text: Vec<String> = counts.iter().map(|(name, count)| format!("{count} x {name}")).collect();
    report.row_as(label, all, text.join(", "));
}

//! FHIR in: records and their indexes, and an imaging study.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hippocrypt::phr::{Description, PatientHandle, RecordCategory};

use super::{Outcome, Story, laboratory};
use crate::clinic::Role;
use crate::index::SEARCHERS;
use crate::table::{Table, bytes, counted, each, grouped, time};
use crate::told::Says;

impl Story {
    pub(super) fn import(&mut self) -> Outcome<()> {
        self.told.heading(
            "2. FHIR records are imported: encrypted under their rules, signed, and sent to the cloud",
        );
        let size: usize = self.sources.iter().map(|source| source.bytes.len()).sum();
        let (start, mut resources) = (Instant::now(), 0);
        for source in &self.sources {
            resources += self.clinic.import(&source.bytes)?;
        }
        let elapsed = start.elapsed();
        self.enrol_patients()?;
        self.kinds_of_records();
        let (patients, per_second) =
            (self.clinic.ledger.handles.len(), resources as f64 / elapsed.as_secs_f64());
        println!(
            "   {}, {}, {} of {}: in {}, {} resources/s",
            counted(self.sources.len(), "file"),
            counted(resources, "resource"),
            bytes(size as u64),
            counted(patients, "patient"),
            time(elapsed),
            grouped(per_second as usize)
        );
        self.times.push((
            "import: read FHIR, encrypt, sign, upload, store",
            format!(
                "{} a resource, {} resources/s",
                time(each(elapsed, resources)),
                grouped(per_second as usize)
            ),
        ));

        let result = laboratory::result("2026-05-14", "9.2").into_bytes();
        let outcome = self.writes("lab-technician", RecordCategory::LabResult, &result);
        self.told.attempt(
            "The lab technician writes a lab result",
            outcome.map(|_| "stored"),
            Says::Succeeds,
        );
        let outcome = self.writes("lab-technician", RecordCategory::Note, &result);
        let outcome = outcome.map(|_| "stored");
        self.told.attempt("The lab technician writes a note", outcome, Says::Fails("does not let you write"));
        self.imaging()?;
        self.indexing()
    }

    /// The radiologist's study: larger than memory should have to hold.
    fn imaging(&mut self) -> Outcome<()> {
        let study = std::mem::take(&mut self.study.0);
        let (patient, start) = (self.patient, Instant::now());
        let description = Description::new(RecordCategory::Imaging, "application/dicom");
        let outcome = self.clinic.write("radiologist", &patient, &description, &study);
        let outcome = outcome.and_then(|name| self.clinic.send("radiologist").map(|()| name));
        let (name, elapsed) = (outcome?, start.elapsed());
        let rate =
            |elapsed: Duration| format!("{}/s", bytes((study.len() as f64 / elapsed.as_secs_f64()) as u64));
        self.told.attempt(
            "The radiologist streams an imaging study, chunk by chunk",
            Ok::<_, String>(format!("{} stored, {}", bytes(study.len() as u64), rate(elapsed))),
            Says::Succeeds,
        );
        let upload = rate(elapsed);
        let start = Instant::now();
        let outcome = self.clinic.read("physician", &[name]).map_err(|failure| failure.to_string());
        let outcome = outcome.and_then(|mut reading| {
            let record = reading.opened.records.pop().ok_or("nothing")?;
            let now = self.clinic.now();
            let phone = &self.clinic.phones["physician"];
            let content =
                phone.content(&mut self.clinic.cloud, record, now).map_err(|failure| failure.to_string())?;
            let rate = rate(start.elapsed());
            if content == study { Ok(rate) } else { Err("other bytes".to_owned()) }
        });
        self.times.push((
            "imaging study: encrypt and store; fetch, verify, decrypt",
            format!("{upload}; {}", outcome.clone().unwrap_or_default()),
        ));
        let outcome = outcome.map(|rate| format!("every byte as it was, {rate}"));
        self.told.attempt("The physician fetches it", outcome, Says::Succeeds);
        self.study = (study, Some(name));
        Ok(())
    }

    /// Every patient's phone indexes what is hers, by codes and dates.
    fn indexing(&mut self) -> Outcome<()> {
        let start = Instant::now();
        let indexed = self.clinic.index_everything()?;
        let elapsed = start.elapsed();
        let outcome = Ok::<_, String>(format!(
            "{} under {}, {} in {}, {}",
            counted(indexed.records, "record"),
            counted(indexed.keywords, "keyword"),
            bytes(indexed.bytes as u64),
            counted(indexed.segments, "segment"),
            time(elapsed)
        ));
        self.told.attempt("Every patient's phone indexes her records", outcome, Says::Succeeds);
        self.told.note(format!(
            "Codes, dates, months, categories; what bears a sensitive label is left out. Each lets search: {} (and herself).",
            SEARCHERS
        ));
        self.times.push((
            "index: keywords, encrypted entries, for each record; an index made, granted, announced",
            format!("{} a record with all that", time(each(elapsed, indexed.records))),
        ));
        Ok(())
    }

    /// Every patient gets a phone; the one with the most records is the patient of the story.
    fn enrol_patients(&mut self) -> Outcome<()> {
        let mut counts: BTreeMap<PatientHandle, usize> = BTreeMap::new();
        self.clinic
            .ledger
            .records
            .values()
            .for_each(|written| *counts.entry(written.patient).or_default() += 1);
        let mut patients: Vec<PatientHandle> = self.clinic.ledger.handles.values().copied().collect();
        patients.sort_by_key(|patient| std::cmp::Reverse(counts.get(patient).copied()));
        self.patient = *patients.first().ok_or("there is no patient in these records")?;
        for (index, patient) in patients.into_iter().enumerate() {
            let who = if index == 0 { "patient".to_owned() } else { format!("patient-{}", index + 1) };
            self.clinic.enrol(&who, &Role::Patient(patient))?;
        }
        Ok(())
    }

    fn kinds_of_records(&self) {
        let (mut kinds, mut labels) =
            (BTreeMap::<_, (usize, u64, usize)>::new(), BTreeMap::<_, usize>::new());
        for written in self.clinic.ledger.records.values() {
            let (records, bytes, labelled) = kinds.entry(written.category).or_default();
            *records += 1;
            *bytes += written.content.len() as u64;
            *labelled += usize::from(!written.labels.is_empty());
            written.labels.iter().for_each(|label| *labels.entry(label.as_str()).or_default() += 1);
        }
        let mut table = Table::new(self.told.style, ["category", "records", "size", "with sensitive labels"]);
        for (category, (records, size, labelled)) in kinds {
            let labelled = if labelled == 0 { String::new() } else { grouped(labelled) };
            table.row([category.name().to_owned(), grouped(records), bytes(size), labelled]);
        }
        println!("{table}");
        let labels: Vec<String> =
            labels.into_iter().map(|(label, count)| format!("{label} {}", grouped(count))).collect();
        if !labels.is_empty() {
            self.told.note(format!("Labels, from the codes in the resources: {}", labels.join(", ")));
        }
    }
}

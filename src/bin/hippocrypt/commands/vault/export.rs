//! `vault export`: a patient's records as FHIR, or as the files that they came in.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use hippocrypt::fhir::{self, ENVELOPE_TYPE, Envelope, RESOURCE_TYPE};
use hippocrypt::phr::Record;
use hippocrypt::{RecordId, RecordName};
use serde_json::{Value, json};

use super::reading::{self, Reading};
use crate::args::vault::{Export, Form};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::is_dash;
use crate::output::Output;
use crate::report::{Report, hex};
use crate::store::make_folder;
use crate::table;
use crate::vault::Vault;

pub fn run(console: &Console, folder: &Path, args: &Export) -> Result<Report, Failure> {
    if args.sha256.is_some() && args.form != Form::Original {
        return Err(Failure::new(Code::Usage, "--sha256 chooses among imported files: add --as original"));
    }
    let vault = Vault::open(console, folder)?;
    let reading = Reading::open(console, &vault, &args.key, args.patient.as_deref())?;
    let records = gather(&reading)?;
    if !is_dash(&args.out) {
        make_folder(&args.out)?;
    }
    let mut report = Report::new("vault export");
    report.row("patient", reading.patient.to_string());
    match args.form {
        Form::Collection => {
            let resources = || records.resources.iter().map(|(_, bytes)| bytes);
            let file = single(console, args, "collection.json", |out| {
                Ok(fhir::write_collection(out, resources())?)
            })?;
            report.row("file", file);
        }
        Form::Ndjson => {
            let mut changed = 0;
            let resources = records.resources.iter().map(|(_, bytes)| bytes);
            let file = single(console, args, "records.ndjson", |out| {
                changed = fhir::write_ndjson(out, resources)?.len();
                Ok(())
            })?;
            report.row("file", file);
            report.row("line breaks taken out of", changed);
        }
        Form::Original => originals(console, args, &reading, &records, &mut report)?,
    }
    if args.form != Form::Original {
        report.row("resources", records.resources.len());
        report.row("left out, not FHIR", records.others);
    }
    if let Some(failure) = reading::refused(records.refused) {
        report.condemn(failure);
    }
    Ok(report)
}

/// What a reader may read of a patient, sorted.
struct Records {
    /// In the order of their times; those without one come first.
    resources: Vec<(RecordId, Vec<u8>)>,
    envelopes: Vec<Envelope>,
    others: u64,
    refused: usize,
}

fn gather(reading: &Reading) -> Result<Records, Failure> {
    let mut timed: BTreeMap<(Option<i64>, RecordId), Vec<u8>> = BTreeMap::new();
    let mut records = Records { resources: Vec::new(), envelopes: Vec::new(), others: 0, refused: 0 };
    reading.all(|opened| {
        records.refused += opened.refused;
        for record in &opened.records {
            match record.description.content_type.as_ref() {
                RESOURCE_TYPE => {
                    timed.insert((time(record), record.name.id), reading.content(record)?);
                }
                ENVELOPE_TYPE => {
                    let envelope =
                        Envelope::from_bytes(&reading.content(record)?).map_err(Failure::decode)?;
                    records.envelopes.push(envelope);
                }
                _ => records.others += 1,
            }
        }
        Ok(())
    })?;
    records.resources = timed.into_iter().map(|((_, id), bytes)| (id, bytes)).collect();
    Ok(records)
}

fn time(record: &Record) -> Option<i64> {
    record.description.occurred.or(record.description.recorded)
}

/// One file in the folder, or standard output.
fn single(
    console: &Console,
    args: &Export,
    name: &str,
    write: impl FnOnce(&mut Output) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let path = if is_dash(&args.out) { args.out.clone() } else { args.out.join(name) };
    let mut output = Output::create_plain(console, &path, args.overwrite.force)?;
    write(&mut output)?;
    output.flush()?;
    output.commit()?;
    Ok(path.display().to_string())
}

/// The files as they were imported; each is known by its SHA-256, and is compared with it.
fn originals(
    console: &Console,
    args: &Export,
    reading: &Reading,
    records: &Records,
    report: &mut Report,
) -> Result<(), Failure> {
    let bodies: HashMap<&[u8; 16], &Vec<u8>> =
        records.resources.iter().map(|(id, bytes)| (id.as_bytes(), bytes)).collect();
    let chosen = |envelope: &&Envelope| {
        args.sha256.as_ref().is_none_or(|wanted| hex(envelope.sha256()).starts_with(&wanted.to_lowercase()))
    };
    // A file that was imported twice, from two sources perhaps, comes once.
    let mut files: BTreeMap<&[u8; 32], Vec<&Envelope>> = BTreeMap::new();
    for envelope in records.envelopes.iter().filter(chosen) {
        files.entry(envelope.sha256()).or_default().push(envelope);
    }
    if files.is_empty() {
        return Err(Failure::new(Code::NotSatisfied, "no imported file of this patient is for you").hint(
            "files about several patients belong to `house`; `--as collection` gives what you may read",
        ));
    }
    if is_dash(&args.out) && files.len() > 1 {
        let all: Vec<String> = files.keys().map(|sha256| hex(*sha256)).collect();
        let message = format!("{} files were imported, and standard output takes one", all.len());
        return Err(
            Failure::new(Code::Usage, message).hint(format!("choose one with --sha256: {}", all.join(", ")))
        );
    }
    let mut rows: Vec<Value> = Vec::new();
    for (sha256, envelopes) in files {
        let sha256 = hex(sha256);
        let is_lines = envelopes.iter().any(|envelope| envelope.form() == fhir::Form::Ndjson);
        let extension = if is_lines { "ndjson" } else { "json" };
        let name = format!("{}.{extension}", sha256.get(..16).unwrap_or(&sha256));
        // All of it is verified before a byte flows.
        let mut whole = Err(Failure::new(Code::NotOpened, "it has no envelope"));
        for envelope in &envelopes {
            whole = file_of(reading, envelope, &bodies);
            if whole.is_ok() {
                break;
            }
        }
        let written = whole.and_then(|bytes| single(console, args, &name, |out| Ok(out.write_all(&bytes)?)));
        let resources = envelopes.first().map_or(0, |envelope| envelope.records().len());
        match written {
            Ok(file) => rows.push(json!({ "file": file, "sha256": sha256, "resources": resources })),
            Err(failure) => report.condemn(failure.in_file_if_unnamed(&name)),
        }
    }
    report.row("files", rows.len());
    report.draw(table::of(&rows, &[("file", "file"), ("resources", "resources"), ("sha256", "SHA-256")]));
    report.field("originals", rows);
    Ok(())
}

/// A file as it was; `bodies` are the patient's own records, by id. In a file about several patients most are others'.
fn file_of(
    reading: &Reading,
    envelope: &Envelope,
    bodies: &HashMap<&[u8; 16], &Vec<u8>>,
) -> Result<Vec<u8>, Failure> {
    let theirs = envelope.records().filter(|id| !bodies.contains_key(id.as_bytes()));
    let names: Vec<RecordName> = theirs.map(|id| RecordName { id: *id, version: 0 }).collect();
    let mut found: HashMap<[u8; 16], Vec<u8>> = HashMap::new();
    reading.named(&names, |opened| {
        for record in &opened.records {
            found.insert(*record.name.id.as_bytes(), reading.content(record)?);
        }
        Ok(())
    })?;
    Ok(envelope.export(|id| bodies.get(id.as_bytes()).copied().or(found.get(id.as_bytes())))?)
}

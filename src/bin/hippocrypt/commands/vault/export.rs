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
    let envelopes: Vec<&Envelope> = records.envelopes.iter().filter(chosen).collect();
    if envelopes.is_empty() {
        return Err(Failure::new(Code::NotSatisfied, "no imported file of this patient is for you").hint(
            "files about several patients belong to `house`; `--as collection` gives what you may read",
        ));
    }
    if is_dash(&args.out) && envelopes.len() > 1 {
        let all: Vec<String> = envelopes.iter().map(|envelope| hex(envelope.sha256())).collect();
        let message = format!("{} files were imported, and standard output takes one", all.len());
        return Err(
            Failure::new(Code::Usage, message).hint(format!("choose one with --sha256: {}", all.join(", ")))
        );
    }
    let mut rows: Vec<Value> = Vec::new();
    for envelope in envelopes {
        let sha256 = hex(envelope.sha256());
        let extension = if envelope.form() == fhir::Form::Ndjson { "ndjson" } else { "json" };
        let name = format!("{}.{extension}", sha256.get(..16).unwrap_or(&sha256));
        // In a file about several patients, most of it is theirs.
        let theirs = of_others(reading, envelope.records().filter(|id| !bodies.contains_key(id.as_bytes())))?;
        // All of it is verified before a byte flows.
        let verified = envelope.export(|id| bodies.get(id.as_bytes()).copied().or(theirs.get(id.as_bytes())));
        let outcome = verified
            .map_err(Failure::from)
            .and_then(|bytes| single(console, args, &name, |out| Ok(out.write_all(&bytes)?)));
        match outcome {
            Ok(file) => {
                rows.push(json!({ "file": file, "sha256": sha256, "resources": envelope.records().len() }))
            }
            Err(failure) => report.condemn(failure.in_file_if_unnamed(&name)),
        }
    }
    report.row("files", rows.len());
    report.draw(table::of(&rows, &[("file", "file"), ("resources", "resources"), ("sha256", "SHA-256")]));
    report.field("originals", rows);
    Ok(())
}

/// Those of the records that the reader may read, whoever's they are.
fn of_others<'i>(
    reading: &Reading,
    ids: impl Iterator<Item = &'i RecordId>,
) -> Result<HashMap<[u8; 16], Vec<u8>>, Failure> {
    let names: Vec<RecordName> = ids.map(|id| RecordName { id: *id, version: 0 }).collect();
    let mut found = HashMap::new();
    reading.named(&names, |opened| {
        for record in &opened.records {
            found.insert(*record.name.id.as_bytes(), reading.content(record)?);
        }
        Ok(())
    })?;
    Ok(found)
}

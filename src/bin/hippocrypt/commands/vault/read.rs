//! `vault read`: what a reader may read of a patient, as a table, and as files.

use std::path::Path;

use hippocrypt::fhir::{self, ENVELOPE_TYPE, RESOURCE_TYPE};
use hippocrypt::phr::{Opened, Record};
use serde_json::{Value, json};

use super::reading::{self, Reading};
use crate::args::vault::Read;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::moments::signed_date;
use crate::output::{Access, Output};
use crate::report::{Report, grouped};
use crate::store::make_folder;
use crate::table;
use crate::vault::Vault;

pub fn run(console: &Console, folder: &Path, args: &Read) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let reading = Reading::open(console, &vault, &args.key, args.patient.as_deref())?;
    if let Some(out) = &args.out {
        make_folder(out)?;
    }
    let force = args.overwrite.force;
    let mut ndjson = match &args.ndjson {
        Some(path) => Some(Output::create_plain(console, path, force)?),
        None => None,
    };
    let (mut rows, mut refused, mut others, mut written) = (Vec::new(), 0, 0u64, 0u64);
    let take = |opened: Opened| -> Result<(), Failure> {
        refused += opened.refused;
        for record in &opened.records {
            if !args.category.is_empty() && !args.category.contains(&record.description.category) {
                others += 1;
                continue;
            }
            rows.push(row(record));
            if let Some(lines) = &mut ndjson
                && record.description.content_type.as_ref() == RESOURCE_TYPE
            {
                fhir::write_ndjson(lines, [reading.content(record)?])?;
            }
            if let Some(out) = &args.out {
                let path = out.join(file_name(record));
                let mut file = Output::create(console, &path, Access::Owner, force)?;
                reading.write(record, &mut file)?;
                file.commit()?;
                written += 1;
            }
        }
        Ok(())
    };
    let missing = if args.record.is_empty() {
        reading.all(take)?;
        0
    } else {
        reading.some(&args.record, take)?
    };
    if let Some(lines) = ndjson {
        lines.commit()?;
    }
    rows.sort_by(|a, b| when(a).cmp(&when(b)));
    let mut report = Report::answer("vault read");
    report.row("patient", reading.patient.to_string());
    report.row("opened", rows.len());
    if others > 0 {
        report.row("of other categories", others);
    }
    report.row("refused", refused);
    if let Some(out) = &args.out {
        report.field("files", written);
        report.file("written to", out, &format!("{} files", grouped(&written.to_string())));
    }
    let columns = [
        ("record", "record"),
        ("category", "category"),
        ("when", "when"),
        ("writer", "writer"),
        ("size", "bytes"),
        ("type", "type"),
        ("labels_text", "labels"),
    ];
    report.draw(table::of(&rows, &columns));
    report.field("records", rows);
    if missing > 0 {
        let message = format!("{missing} of the records that were named do not exist, or are not for you");
        report.condemn(Failure::new(Code::NotSatisfied, message));
    }
    if let Some(failure) = reading::refused(refused) {
        report.condemn(failure);
    }
    Ok(report)
}

/// Dates sort like text; what has none comes first.
pub fn when(row: &Value) -> Option<&str> {
    row.get("when").and_then(Value::as_str)
}

pub fn row(record: &Record) -> Value {
    let description = &record.description;
    let labels: Vec<&str> = description.labels.iter().map(|label| label.as_str()).collect();
    let when = description.occurred.or(description.recorded).map(signed_date);
    json!({
        "record": record.name.id.to_string(),
        "version": record.name.version,
        "category": description.category.name(),
        "type": description.content_type.as_ref(),
        "labels": labels,
        "labels_text": labels.join(" "),
        "occurred": description.occurred,
        "recorded": description.recorded,
        "when": when,
        "writer": record.writer.as_str(),
        "size": reading::size(record),
        "attached": record.attachment.is_some(),
    })
}

/// Its id, its version if it is not the first, and what its media type is called in names of files.
fn file_name(record: &Record) -> String {
    let name = record.name;
    let version = if name.version == 0 { String::new() } else { format!(".v{}", name.version) };
    let extension = match record.description.content_type.as_ref() {
        RESOURCE_TYPE => "json",
        ENVELOPE_TYPE => "envelope",
        "application/dicom" => "dcm",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "text/plain" => "txt",
        _ => "bin",
    };
    format!("{}{version}.{extension}", name.id)
}

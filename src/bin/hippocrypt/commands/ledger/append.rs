//! `ledger append`: transactions into the log, durable when the command returns.

use std::io::Read;

use hippocrypt::ledger::{Entry, Scribe, Subject, Transaction};
use hippocrypt::phr::PatientHandle;
use hippocrypt::store::{Batch, Store};

use super::lines;
use crate::args::ledger::Append;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::ledger::Ledger;
use crate::output::{Access, Output, write_all};
use crate::report::{Report, hex};

/// Most bytes of what a transaction says: 16 MiB, as the log takes them.
const MAX_BODY: u64 = 1 << 24;

pub fn run(console: &Console, args: &Append) -> Result<Report, Failure> {
    let Some(kind) = args.kind else { return lines::run(console, args) };
    // A receipt that has no place is told before anything is appended.
    if let Some(path) = &args.receipt {
        Output::create(console, path, Access::Owner, args.overwrite.force)?;
    }
    let body = body(console, args)?;
    let mut ledger = Ledger::open_to_append(&args.folder)?;
    let mut scribe = ledger.scribe(console)?;
    let transaction = Transaction { kind, subject: subject(&scribe, args.patient), body };
    let entries = commit(&mut ledger, &mut scribe, vec![transaction])?;
    let receipt = scribe.receipt(&ledger.store, entries.clone())?;
    let mut report = Report::new("ledger append");
    report.row("log", scribe.log());
    for entry in &entries {
        report.row("index", entry.index);
        report.row("kind", entry.leaf.kind.to_string());
        if args.patient.is_some() {
            report.row_as("number", entry.leaf.number, format!("{} of hers", entry.leaf.number));
        }
        report.row("leaf", hex(&entry.leaf.hash()));
    }
    if let Some(path) = &args.receipt {
        write_all(console, &[(path, &receipt.to_bytes(), Access::Owner)], args.overwrite.force)?;
        report.file("receipt", path, "keep it: the log is bound to it");
    }
    Ok(report)
}

fn body(console: &Console, args: &Append) -> Result<Vec<u8>, Failure> {
    let mut source = Source::open(console, &args.input)?;
    let mut body = Vec::new();
    source.by_ref().take(MAX_BODY + 1).read_to_end(&mut body)?;
    if body.len() as u64 > MAX_BODY {
        let message = "more than 16 MiB, which is more than a transaction can say";
        return Err(Failure::new(Code::Malformed, message)
            .hint("append its hash, and keep the thing itself elsewhere")
            .in_file(&source.name));
    }
    Ok(body)
}

/// The name of a patient in the log of this scribe.
pub fn subject(scribe: &Scribe, patient: Option<PatientHandle>) -> Subject {
    patient.map_or(Subject::NOBODY, |handle| Subject::of(scribe.log(), handle.as_bytes()))
}

/// Appends transactions in one go: all or none, durable when this returns.
pub fn commit(
    ledger: &mut Ledger,
    scribe: &mut Scribe,
    transactions: Vec<Transaction>,
) -> Result<Vec<Entry>, Failure> {
    let mut batch = Batch::new();
    let entries = scribe.append(&ledger.store, &mut batch, transactions)?;
    ledger.store.commit(&batch)?;
    Ok(entries)
}

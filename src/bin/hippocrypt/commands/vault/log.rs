//! `vault log`: what the cloud's ledger says, for people.

use std::collections::VecDeque;
use std::path::Path;

use hippocrypt::ledger::Entry;
use hippocrypt::phr::audit::{AuditEntry, subject};
use serde_json::{Value, json};

use crate::args::vault::Log;
use crate::console::Console;
use crate::failure::Failure;
use crate::moments;
use crate::report::Report;
use crate::table;
use crate::vault::{Vault, VaultCloud};

/// Transactions that are read at a time.
const PAGE: usize = 1024;

pub fn run(console: &Console, folder: &Path, args: &Log) -> Result<Report, Failure> {
    let vault = Vault::look(console, folder)?;
    let patient = args.patient.as_deref().map(|text| vault.patient(text)).transpose()?;
    let cloud = vault.cloud_to_look_at(console)?;
    let mut rows: VecDeque<Value> = VecDeque::new();
    let mut take = |entry: &Entry| {
        let said = AuditEntry::of(entry);
        let user = said.as_ref().and_then(|said| said.user.as_ref());
        if args.user.is_none() || user == args.user.as_ref() {
            rows.push_back(row(entry, said.as_ref()));
            if args.last.is_some_and(|last| rows.len() > last) {
                rows.pop_front();
            }
        }
    };
    match patient {
        None => each(&cloud, &mut take)?,
        Some(patient) => {
            let log = cloud.ledger_key()?;
            let hers = subject(log.name(), &patient);
            let entries = cloud.with_ledger(|book| book.of_patient(&hers, 1, usize::MAX))?;
            entries.iter().for_each(&mut take);
        }
    }
    let rows = Vec::from(rows);
    let mut report = Report::answer("vault log");
    report.field("patient", patient.map(|patient| patient.to_string()));
    let columns = [
        ("number", "no."),
        ("when", "when"),
        ("event", "what"),
        ("user", "who"),
        ("patient", "patient"),
        ("count", "records"),
    ];
    report.draw(table::of(&rows, &columns));
    report.field("entries", rows);
    Ok(report)
}

/// A transaction; of one that was erased, and of those of the log itself, what its leaf shows.
fn row(entry: &Entry, said: Option<&AuditEntry>) -> Value {
    let Some(said) = said else {
        return json!({ "number": entry.index, "event": entry.leaf.kind.to_string(), "kind": entry.leaf.kind.to_string() });
    };
    let records: Vec<String> = said.records.iter().map(|name| name.id.to_string()).collect();
    json!({
        "number": entry.index,
        "time": said.time,
        "when": moments::date(said.time),
        "event": said.event.to_string(),
        "kind": entry.leaf.kind.to_string(),
        "user": said.user.as_ref().map(|user| user.as_str()),
        "patient": said.patient.map(|patient| patient.to_string()),
        "count": records.len(),
        "records": records,
    })
}

/// Every transaction.
pub fn each(cloud: &VaultCloud, mut take: impl FnMut(&Entry)) -> Result<(), Failure> {
    let mut from = 0;
    loop {
        let page = cloud.with_ledger(|book| book.entries(from, PAGE, true))?;
        let Some(last) = page.last() else { return Ok(()) };
        from = last.index + 1;
        page.iter().for_each(&mut take);
    }
}
